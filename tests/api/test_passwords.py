"""Logging in by a password, and how good one is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    ChooseOrganization,
    InvalidArgumentError,
    LoggedIn,
    NeedsMFA,
    NeedsPrimaryFactor,
    NotFoundError,
    PKCEPair,
    RateLimitedError,
    SessionState,
    StytchAPIError,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import Emulator
from stytch_b2b.models.passwords import LUDSFeedback, ZxcvbnFeedback
from tests.api.support import StillClock, logged, operations, printed, sent_as

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
BOB = "bob@acme.example"
PASSWORD = "violet-tundra-92-kite"
GUESS = "guess-canary-0123456789"
BREACHED = "correct horse battery staple"
AUTHENTICATE = "passwords.authenticate"
DISCOVER = "passwords.discovery.authenticate"
CHECK = "passwords.strength_check"

Client = AsyncStytchB2BClient
Login = Callable[..., Awaitable[Any]]


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Any:
    """
    Ada, who has a password.
    """
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"], password=PASSWORD)


def log_in(
    client: Client, password: str = PASSWORD, email_address: str = ADA, **options: Any
) -> Awaitable[Any]:
    """
    Log in to Acme.
    """
    arguments = {"organization_id": "acme", "session_duration_minutes": 60, **options}
    return client.passwords.authenticate(
        email_address=email_address, password=password, **arguments
    )


def discover(client: Client, password: str = PASSWORD, email_address: str = ADA) -> Awaitable[Any]:
    """
    Log in before an Organization is chosen.
    """
    return client.passwords.discovery.authenticate(email_address=email_address, password=password)


def exchange(client: Client, password: str = PASSWORD, email_address: str = ADA) -> Awaitable[Any]:
    """
    Replace a password by means of itself, which needs the same proof as logging in by it.
    """
    return client.passwords.reset_by_existing_password(
        organization_id="acme",
        email_address=email_address,
        existing_password=password,
        new_password="seven.brass.lanterns.hum",
        session_duration_minutes=60,
    )


PROOFS: dict[str, Login] = {
    AUTHENTICATE: log_in,
    "passwords.reset_by_existing_password": exchange,
    DISCOVER: discover,
}
"""The calls that are given the present password."""

every_proof = pytest.mark.parametrize(("name", "login"), PROOFS.items(), ids=PROOFS)


def facts(error: StytchAPIError) -> tuple[type[StytchAPIError], int, str, str]:
    """
    Return what programs look at in an error of the API.
    """
    return type(error), error.status_code, error.error_type, error.endpoint


class TestAuthenticate:
    """
    Logging in at an Organization.
    """

    async def test_logs_in(self, client, emulator) -> None:
        """
        The client holds session, Member, Organization and both tokens, and acts with them.
        """
        response = await log_in(client, locale="en")
        (request,) = logged(emulator, AUTHENTICATE)
        (factor,) = response.member_session.authentication_factors

        assert emulator.public_token == sent_as(request)
        assert {
            "organization_id": "acme",
            "email_address": ADA,
            "password": PASSWORD,
            "session_duration_minutes": 60,
            "locale": "en",
        } == request.json()
        assert isinstance(response.outcome, LoggedIn)
        assert response.member_authenticated
        assert "password" == factor.type
        assert (
            SessionState(
                member_session=response.member_session,
                member=response.member,
                organization=response.organization,
                session_token=response.session_token,
                session_jwt=response.session_jwt,
            )
            == client.state
        )
        assert response.organization_id == client.state.organization.organization_id
        assert response.member_id == (await client.self.get()).member.member_id

    async def test_needs_no_verifier(self, client, emulator) -> None:
        """
        Pairs of flows that wait, of a reset too, are neither sent nor forgotten.
        """
        names = ("magic_links", "oauth", "passwords", "sso")
        pairs = {name: PKCEPair.generate() for name in names}
        acting = client.with_state(SessionState(pkce_pairs=pairs))
        await log_in(acting)
        await discover(acting)
        sent = {
            name
            for operation in (AUTHENTICATE, DISCOVER)
            for request in logged(emulator, operation)
            for name in request.json()
        }

        assert {"pkce_code_verifier", "code_verifier"}.isdisjoint(sent)
        assert pairs == acting.state.pkce_pairs

    async def test_gains_a_factor(self, admin, emulator, admin_session) -> None:
        """
        The Member's own session is sent along and gains the password.
        """
        response = await log_in(admin)
        factors = {each.type for each in response.member_session.authentication_factors}

        assert admin_session.session_token == sent_as(logged(emulator, AUTHENTICATE)[0])
        assert {"magic_link", "password"} == factors
        assert admin_session.session_token == admin.state.session_token
        assert admin_session.member_session_id == admin.state.member_session.member_session_id

    async def test_other_member(self, member, member_session) -> None:
        """
        Somebody else's session is replaced whole.
        """
        await member.session.authenticate()
        await log_in(member)

        assert member_session.session_token != member.state.session_token
        assert ADA == member.state.member.email_address
        assert member.state.member_session.member_id == member.state.member.member_id

    async def test_session_that_ended(self, admin, emulator, admin_session) -> None:
        """
        A session that has ended is in nobody's way.
        """
        emulator.clock.advance(hours=1)
        await log_in(admin)

        assert admin_session.session_token == sent_as(logged(emulator, AUTHENTICATE)[0])
        assert admin_session.session_token != admin.state.session_token
        assert admin.state.session_token == (await admin.session.authenticate()).session_token

    @pytest.mark.parametrize("minutes", [4, 527_041])
    async def test_duration(self, client, emulator, minutes: int) -> None:
        """
        A session duration outside of the API's range is refused before anything is sent.
        """
        with pytest.raises(InvalidArgumentError, match="session_duration_minutes"):
            await log_in(client, session_duration_minutes=minutes)

        assert [] == operations(emulator)

    async def test_unknown_organization(self, client) -> None:
        """
        An Organization that nobody knows is not found.
        """
        with pytest.raises(NotFoundError) as caught:
            await log_in(client, organization_id="nobody")

        assert (NotFoundError, 404, "organization_not_found", AUTHENTICATE) == facts(caught.value)

    async def test_wrong_address(self, client) -> None:
        """
        An address that is none is a bad request.
        """
        with pytest.raises(BadRequestError) as caught:
            await log_in(client, email_address="ada")

        assert (BadRequestError, 400, "invalid_email", AUTHENTICATE) == facts(caught.value)

    async def test_deactivated(self, client, emulator, ada) -> None:
        """
        A Member who was deactivated has no password any more.
        """
        emulator.update_member(ada, status="deleted")

        with pytest.raises(NotFoundError) as caught:
            await log_in(client)

        assert "member_password_not_found" == caught.value.error_type

    async def test_password_of_each_organization(self, client, emulator) -> None:
        """
        A person has one password everywhere.
        """
        emulator.create_organization("Beta", slug="beta")
        emulator.create_member("Beta", ADA)
        await log_in(client, organization_id="beta")

        assert "Beta" == client.state.organization.organization_name


class TestNotEnough:
    """
    A password alone does not always log in.
    """

    async def test_second_factor(self, client, emulator, ada) -> None:
        """
        A code of the Member's app completes the login that the password began.
        """
        emulator.enroll_totp(ada)
        begun = await log_in(client)
        outcome = begun.outcome
        pending = client.state
        assert isinstance(outcome, NeedsMFA)
        response = await client.totp.authenticate(
            organization_id=outcome.organization_id,
            member_id=outcome.member_id,
            code=emulator.totp_code(ada),
            session_duration_minutes=60,
        )
        (request,) = logged(emulator, "totp.authenticate")

        assert (("totp",), False) == (outcome.enrolled, outcome.passcode_sent)
        assert begun.intermediate_session_token == pending.intermediate_session_token
        assert pending.intermediate_session_token == request.json()["intermediate_session_token"]
        assert (None, None) == (pending.session_token, pending.member)
        assert response.session_token == client.state.session_token
        assert client.state.intermediate_session_token is None
        assert {"password", "totp"} == {
            each.type for each in client.state.member_session.authentication_factors
        }

    async def test_passcode(self, client, emulator, ada) -> None:
        """
        A passcode is on its way to the Member's phone already.
        """
        emulator.enroll_phone(ada, "+15005550006")
        outcome = (await log_in(client)).outcome

        assert isinstance(outcome, NeedsMFA)
        assert (("sms_otp",), True) == (outcome.enrolled, outcome.passcode_sent)
        assert "+15005550006" == emulator.outbox.last(kind="passcode").to

    async def test_second_factor_drops_the_session(self, member, emulator, ada) -> None:
        """
        Whoever was logged in is not any more, and whoever listens is told; the session lives on.
        """
        emulator.enroll_totp(ada)
        await member.session.authenticate()
        before = member.state
        changes: list[Any] = []
        member.session.on_change(lambda old, new: changes.append((old, new)))
        await log_in(member)

        assert [(before.member_session, None)] == changes
        assert member.state.session_token is None
        renewed = await member.with_state(before).session.authenticate()
        assert before.session_token == renewed.session_token

    async def test_passwords_not_allowed(self, client, emulator) -> None:
        """
        Where the Organization accepts no passwords, another factor must follow; both then count.
        """
        emulator.update_organization(
            "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["magic_link"]
        )
        outcome = (await log_in(client)).outcome
        pending = client.state
        await client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")
        await client.magic_links.authenticate(
            magic_links_token=emulator.outbox.last().token, session_duration_minutes=60
        )
        (request,) = logged(emulator, "magic_links.authenticate")

        assert isinstance(outcome, NeedsPrimaryFactor)
        assert ("magic_link",) == outcome.allowed_auth_methods
        assert pending.session_token is None
        assert pending.intermediate_session_token == request.json()["intermediate_session_token"]
        assert {"password", "magic_link"} == {
            each.type for each in client.state.member_session.authentication_factors
        }

    async def test_continues_another_login(self, client, emulator) -> None:
        """
        The intermediate session of a login that was begun otherwise is sent, and completed.
        """
        emulator.update_organization(
            "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["password"]
        )
        await client.magic_links.email.discovery.send(email_address=ADA)
        await client.magic_links.discovery.authenticate(
            discovery_magic_links_token=emulator.outbox.last().token
        )
        begun = client.state.intermediate_session_token
        await log_in(client)

        assert begun == logged(emulator, AUTHENTICATE)[0].json()["intermediate_session_token"]
        assert client.state.intermediate_session_token is None
        assert {"magic_link", "password"} == {
            each.type for each in client.state.member_session.authentication_factors
        }

    async def test_where_passwords_are_not_allowed_none_is_replaced(self, client, emulator) -> None:
        """
        Who knows a password that is of no use is told so, instead of replacing it.
        """
        emulator.update_organization(
            "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["sso"]
        )

        with pytest.raises(BadRequestError) as caught:
            await exchange(client)

        assert (400, "operation_restricted_by_organization_auth_methods") == facts(caught.value)[
            1:3
        ]
        assert SessionState() == client.state


class TestDiscovery:
    """
    Logging in before an Organization is chosen.
    """

    async def test_logs_in(self, client, emulator) -> None:
        """
        The password opens the person's Organizations, and one of them is chosen.
        """
        emulator.create_organization("Beta", slug="beta")
        emulator.create_member("Beta", ADA, status="invited")
        response = await discover(client)
        (request,) = logged(emulator, DISCOVER)
        pending = client.state
        await client.discovery.intermediate_sessions.exchange(
            organization_id="beta", session_duration_minutes=60
        )

        assert isinstance(response.outcome, ChooseOrganization)
        assert {"Acme", "Beta"} == {
            each.organization.organization_name for each in response.discovered_organizations
        }
        assert {"email_address": ADA, "password": PASSWORD} == request.json()
        assert response.intermediate_session_token == pending.intermediate_session_token
        assert pending.session_token is None
        assert "Beta" == client.state.organization.organization_name
        assert client.state.intermediate_session_token is None

    async def test_password_for_each_organization(self) -> None:
        """
        A project with a password for each Organization has none to discover them by.
        """
        with Emulator() as emulator:
            emulator.set_cross_organization_passwords(False)
            emulator.create_organization("Acme", slug="acme")
            emulator.create_member("Acme", ADA, password=PASSWORD)
            async with AsyncStytchB2BClient(
                emulator.public_token, base_url=emulator.url, clock=emulator.clock
            ) as other:
                with pytest.raises(BadRequestError) as caught:
                    await discover(other)
                await log_in(other)

        assert (BadRequestError, 400, "cross_org_passwords_not_enabled", DISCOVER) == facts(
            caught.value
        )
        assert ADA == other.state.member.email_address


@every_proof
class TestWrongPassword:
    """
    Whoever does not know the password gets nowhere, and nobody is logged out by trying.
    """

    async def test_nobody(self, client, emulator, name: str, login: Login) -> None:
        """
        It is an authentication error, and is asked once.
        """
        with pytest.raises(AuthenticationError) as caught:
            await login(client, GUESS)

        assert (AuthenticationError, 401, "unauthorized_credentials", name) == facts(caught.value)
        assert [name] == operations(emulator)
        assert SessionState() == client.state

    @pytest.mark.parametrize("whose", [ADA, BOB], ids=["own", "another's"])
    async def test_a_member(
        self, admin, emulator, member_session, name: str, login: Login, whose: str
    ) -> None:
        """
        Who is logged in stays so, though the same answer to `session.authenticate` ends a session.
        """
        emulator.set_password(member_session.member_id, PASSWORD)
        await admin.session.authenticate()
        before = admin.state
        changes: list[Any] = []
        admin.session.on_change(lambda old, new: changes.append((old, new)))

        with pytest.raises(AuthenticationError) as caught:
            await login(admin, GUESS, whose)

        assert "unauthorized_credentials" == caught.value.error_type
        assert before is admin.state
        assert [] == changes
        assert ADA == (await admin.self.get()).member.email_address

    async def test_no_password(self, client, emulator, name: str, login: Login) -> None:
        """
        A stranger and a Member without password get the same answer.
        """
        emulator.create_member("Acme", BOB)
        refused = []
        for email_address in (BOB, "eve@evil.example"):
            with pytest.raises(NotFoundError) as caught:
                await login(client, PASSWORD, email_address)
            refused.append(facts(caught.value))

        assert [(NotFoundError, 404, "member_password_not_found", name)] * 2 == refused
        assert SessionState() == client.state

    async def test_locked(self, make_client, emulator, name: str, login: Login) -> None:
        """
        Who guessed too often has to wait even with the right password; the client does not insist.
        """
        waiting = StillClock()
        client = make_client(clock=waiting)
        emulator.set_lock_policy(attempts=2, minutes=5)
        for _ in range(2):
            with pytest.raises(AuthenticationError):
                await login(client, GUESS)
        with pytest.raises(RateLimitedError) as caught:
            await login(client)
        locked = len(logged(emulator, name))
        emulator.clock.advance(minutes=5)
        await login(client)

        assert (RateLimitedError, 429, "user_lock_limit_reached", name) == facts(caught.value)
        assert caught.value.retry_after is None
        assert (3, 1) == (locked, caught.value.attempts)
        assert [] == waiting.waits
        assert client.state.session_token or client.state.intermediate_session_token

    async def test_locked_member_stays_logged_in(
        self, admin, emulator, name: str, login: Login
    ) -> None:
        """
        A lock keeps nobody from a session that is there.
        """
        emulator.set_lock_policy(attempts=1)
        await admin.session.authenticate()
        before = admin.state
        for password in (GUESS, PASSWORD):
            with pytest.raises(StytchAPIError) as caught:
                await login(admin, password)

        assert "user_lock_limit_reached" == caught.value.error_type
        assert before is admin.state
        assert admin.state.session_token == (await admin.session.authenticate()).session_token

    async def test_breached(self, client, emulator, ada, name: str, login: Login) -> None:
        """
        A password that has leaked meanwhile logs nobody in: a reset by e-mail must come first.
        """
        emulator.set_password(ada, BREACHED)

        with pytest.raises(BadRequestError) as caught:
            await login(client, BREACHED)
        refused = client.state
        await client.passwords.reset_by_email_start(email_address=ADA, organization_id="acme")
        await client.passwords.reset_by_email(
            password_reset_token=emulator.outbox.last().token,
            password=PASSWORD,
            session_duration_minutes=60,
        )
        await login(client)

        assert (BadRequestError, 400, "member_reset_password", name) == facts(caught.value)
        assert SessionState() == refused

    async def test_not_shown(self, client, caplog, name: str, login: Login) -> None:
        """
        The guess is in no error and in no log.
        """
        with caplog.at_level("DEBUG"), pytest.raises(AuthenticationError) as caught:
            await login(client, GUESS)
        said = "".join(f"{record.getMessage()}{record.__dict__!r}" for record in caplog.records)

        assert name in printed(caught.value)
        assert GUESS not in printed(caught.value)
        assert GUESS not in said

    @pytest.mark.parametrize("password", [None, 7, b"guess-canary-0123456789", "guess\ud800"])
    async def test_no_text(self, client, emulator, name: str, login: Login, password: Any) -> None:
        """
        What is no text is refused before it is sent, and not quoted.
        """
        with pytest.raises(InvalidArgumentError, match="password") as caught:
            await login(client, password)

        assert name == caught.value.endpoint
        assert "guess" not in printed(caught.value)
        assert [] == operations(emulator)

    async def test_lost_answer(self, client, emulator, name: str, login: Login) -> None:
        """
        A login whose answer was lost is not repeated: there may be a session already.
        """
        emulator.faults.add(operation=name, drop="after_read", handle=True)

        with pytest.raises(StytchOutcomeUnknownError) as caught:
            await login(client)

        assert (name, 1, False) == (
            caught.value.endpoint,
            caught.value.attempts,
            caught.value.timed_out,
        )
        assert 1 == len(logged(emulator, name))
        assert SessionState() == client.state


class TestStrengthCheck:
    """
    Whether the project would accept a password.
    """

    async def test_good(self, client, emulator) -> None:
        """
        What is hard to guess is good, and there is nothing to say about it.
        """
        response = await client.passwords.strength_check(
            password="seven.brass.lanterns.hum", email_address=ADA
        )
        (request,) = logged(emulator, CHECK)

        assert {"password": "seven.brass.lanterns.hum", "email_address": ADA} == request.json()
        assert (True, False, 4, "zxcvbn", True) == (
            response.valid_password,
            response.breached_password,
            response.score,
            response.strength_policy,
            response.breach_detection_on_create,
        )
        assert ZxcvbnFeedback(warning="", suggestions=()) == response.zxcvbn_feedback
        assert response.luds_feedback is None

    async def test_weak(self, client) -> None:
        """
        What is easy to guess is not, and the answer, which is a success, says why.
        """
        response = await client.passwords.strength_check(password="zebra")
        feedback = response.zxcvbn_feedback

        assert (200, False, False) == (
            response.status_code,
            response.valid_password,
            response.breached_password,
        )
        assert response.score < 3
        assert feedback is not None
        assert feedback.warning
        assert feedback.suggestions
        assert all(isinstance(each, str) for each in feedback.suggestions)

    async def test_breached(self, client) -> None:
        """
        What is known from a breach is not, however hard to guess.
        """
        response = await client.passwords.strength_check(password=BREACHED)

        assert (False, True, 4) == (
            response.valid_password,
            response.breached_password,
            response.score,
        )

    async def test_address(self, client) -> None:
        """
        What resembles the person's address is weaker for that person.
        """
        password = "wilhelmina.zacharias"
        anybody = await client.passwords.strength_check(password=password)
        owner = await client.passwords.strength_check(
            password=password, email_address=f"{password}@acme.example"
        )

        assert owner.score < anybody.score

    @pytest.mark.parametrize(
        ("password", "is_valid", "feedback"),
        [
            ("abc", False, (True, False, False, False, 2, 5)),
            ("Abc-123", False, (True, True, True, True, 0, 1)),
            ("Abcdefg1", True, (True, True, True, False, 0, 0)),
            ("Password1!", False, (True, True, True, True, 0, 0)),
        ],
        ids=["too little", "too short", "good", "breached"],
    )
    async def test_kinds_of_characters(
        self, client, emulator, password: str, is_valid: bool, feedback: tuple[Any, ...]
    ) -> None:
        """
        A project that counts characters says what there is and what is missing.
        """
        emulator.set_bootstrap(password_config={"luds_complexity": 3, "luds_minimum_count": 8})
        response = await client.passwords.strength_check(password=password)
        names = ("has_lower_case", "has_upper_case", "has_digit", "has_symbol")
        missing = ("missing_complexity", "missing_characters")

        assert (is_valid, "luds") == (response.valid_password, response.strength_policy)
        assert LUDSFeedback(**dict(zip((*names, *missing), feedback, strict=True))) == (
            response.luds_feedback
        )
        assert response.zxcvbn_feedback is None

    async def test_empty(self, client) -> None:
        """
        An empty password is a weak one.
        """
        response = await client.passwords.strength_check(password="")

        assert (False, 0) == (response.valid_password, response.score)

    @pytest.mark.parametrize("fault", [{"status": 503}, {"drop": "after_read"}])
    async def test_is_repeated(self, make_client, emulator, fault: dict[str, Any]) -> None:
        """
        A check changes nothing, so it is asked again where the answer was lost.
        """
        emulator.faults.add(operation=CHECK, **fault)

        response = await make_client(clock=StillClock()).passwords.strength_check(password=PASSWORD)

        assert (True, 2) == (response.valid_password, response.meta.attempts)

    async def test_too_many(self, make_client, emulator) -> None:
        """
        Who checks too often is told after the retries, and logged out by none of it.
        """
        emulator.faults.add(operation=CHECK, status=429, times=9)
        client = make_client(clock=StillClock(), retries=1)

        with pytest.raises(RateLimitedError) as caught:
            await client.passwords.strength_check(password=PASSWORD)

        assert (RateLimitedError, 429, "too_many_requests", CHECK) == facts(caught.value)
        assert 2 == caught.value.attempts

    async def test_not_shown(self, client) -> None:
        """
        The answer does not quote what was checked.
        """
        response = await client.passwords.strength_check(password=GUESS)

        assert GUESS not in f"{response!r}{response}{response.meta!r}"
