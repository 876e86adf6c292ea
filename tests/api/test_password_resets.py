"""Passwords that are replaced: by a link, by the present one, or by whoever is logged in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    InvalidArgumentError,
    NeedsMFA,
    NoSessionError,
    NotFoundError,
    SessionState,
    StytchAPIError,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import Emulator, SignedIn
from tests.api.support import logged, operations, printed, sent_as

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
OLD = "violet-tundra-92-kite"
NEW = "seven.brass.lanterns.hum"
START = "passwords.reset_by_email_start"
FINISH = "passwords.reset_by_email"
DISCOVERY_START = "passwords.discovery.reset_by_email_start"
BY_SESSION = "passwords.reset_by_session"

Client = AsyncStytchB2BClient
Reset = Callable[[Client, Emulator, str], Awaitable[Any]]


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Any:
    """
    Ada, who has a password.
    """
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"], password=OLD)


def ask(client: Client, **options: Any) -> Awaitable[Any]:
    """
    Ask for a reset at Acme.
    """
    arguments = {"organization_id": "acme", "email_address": ADA, **options}
    return client.passwords.reset_by_email_start(**arguments)


async def by_email(client: Client, emulator: Emulator, password: str = NEW) -> Any:
    """
    Set a password by the newest link, for which is asked if there is none.
    """
    if not emulator.outbox:
        await ask(client)
    return await client.passwords.reset_by_email(
        password_reset_token=emulator.outbox.last().token,
        password=password,
        session_duration_minutes=60,
    )


async def by_email_everywhere(client: Client, emulator: Emulator, password: str = NEW) -> Any:
    """
    Set a password by the newest link before an Organization is chosen; likewise.
    """
    if not emulator.outbox:
        await client.passwords.discovery.reset_by_email_start(email_address=ADA)
    return await client.passwords.discovery.reset_by_email(
        password_reset_token=emulator.outbox.last().token, password=password
    )


async def by_existing(client: Client, emulator: Emulator, password: str = NEW) -> Any:
    """
    Set a password by means of the present one.
    """
    return await client.passwords.reset_by_existing_password(
        organization_id="acme",
        email_address=ADA,
        existing_password=OLD,
        new_password=password,
        session_duration_minutes=60,
    )


async def by_session(client: Client, emulator: Emulator, password: str = NEW) -> Any:
    """
    Set a password by the session, with which a client that is logged out begins.
    """
    if client.state.session_token is None:
        client.session.update_session(session_token=emulator.sign_in(ADA, "Acme").session_token)
    return await client.passwords.reset_by_session(password=password)


RESETS: dict[str, Reset] = {
    FINISH: by_email,
    "passwords.discovery.reset_by_email": by_email_everywhere,
    "passwords.reset_by_existing_password": by_existing,
    BY_SESSION: by_session,
}

every_reset = pytest.mark.parametrize(("name", "reset"), RESETS.items(), ids=RESETS)


def facts(error: StytchAPIError) -> tuple[type[StytchAPIError], int, str, str]:
    """
    Return what programs look at in an error of the API.
    """
    return type(error), error.status_code, error.error_type, error.endpoint


async def opens(make_client: Callable[..., Client], password: str) -> bool:
    """
    Tell whether *password* is Ada's.
    """
    try:
        await make_client().passwords.authenticate(
            organization_id="acme",
            email_address=ADA,
            password=password,
            session_duration_minutes=60,
        )
    except AuthenticationError:
        return False
    return True


@every_reset
class TestEveryReset:
    """
    What all four ways to a new password have in common.
    """

    async def test_takes_effect(
        self, client, make_client, emulator, name: str, reset: Reset
    ) -> None:
        """
        The new password counts and the old one does not; the client goes on with the answer.
        """
        response = await reset(client, emulator, NEW)
        held = client.state.session_token, client.state.intermediate_session_token

        assert name == operations(emulator)[-1]
        assert await opens(make_client, NEW)
        assert not await opens(make_client, OLD)
        assert held in (
            (getattr(response, "session_token", None), None),
            (None, getattr(response, "intermediate_session_token", None)),
        )

    async def test_ends_other_sessions(
        self, client, make_client, emulator, member_session, name: str, reset: Reset
    ) -> None:
        """
        The person's other clients are logged out when they ask; other Members' are not.
        """
        other, bob = (
            make_client().with_session(session_token=session.session_token)
            for session in (emulator.sign_in(ADA, "Acme"), member_session)
        )
        await other.session.authenticate()
        changes: list[Any] = []
        other.session.on_change(lambda old, new: changes.append((old, new)))
        before = other.state
        await reset(client, emulator, NEW)

        with pytest.raises(AuthenticationError) as caught:
            await other.self.get()
        unasked = other.state
        with pytest.raises(AuthenticationError) as asked:
            await other.session.authenticate()

        assert (404, "session_not_found") == facts(caught.value)[1:3] == facts(asked.value)[1:3]
        assert before is unasked
        assert SessionState() == other.state
        assert [(before.member_session, None)] == changes
        assert bob.state.session_token == (await bob.session.authenticate()).session_token
        if client.state.session_token is not None:
            assert client.state.session_token == (await client.session.authenticate()).session_token

    @pytest.mark.parametrize(
        ("password", "error_type"),
        [
            ("zebra", "weak_password"),
            ("", "weak_password"),
            (ADA, "weak_password"),
            ("correct horse battery staple", "breached_password"),
            (OLD, "cannot_reset_password_with_existing_password"),
        ],
        ids=["weak", "empty", "the address", "breached", "reused"],
    )
    async def test_unfit(
        self,
        client,
        make_client,
        emulator,
        name: str,
        reset: Reset,
        password: str,
        error_type: str,
    ) -> None:
        """
        A password that is refused changes nothing, here or there; a better one can follow.
        """
        alive = emulator.sign_in(ADA, "Acme").session_token

        with pytest.raises(BadRequestError) as caught:
            await reset(client, emulator, password)
        refused = client.state
        alive_after = await client.with_session(session_token=alive).session.authenticate()
        old_opens = await opens(make_client, OLD)
        await reset(client, emulator, NEW)

        assert (BadRequestError, 400, error_type, name) == facts(caught.value)
        assert refused.intermediate_session_token is None
        assert (name == BY_SESSION) is (refused.session_token is not None)
        assert alive == alive_after.session_token
        assert old_opens
        assert await opens(make_client, NEW)

    async def test_kinds_of_characters(self, client, emulator, name: str, reset: Reset) -> None:
        """
        Where the project counts characters, that decides, and leaks still do.
        """
        emulator.set_bootstrap(password_config={"luds_complexity": 3, "luds_minimum_count": 8})
        refused = []
        for password in ("abcdefghijk", "Password1!"):
            with pytest.raises(BadRequestError) as caught:
                await reset(client, emulator, password)
            refused.append(facts(caught.value)[2])
        await reset(client, emulator, "Abcdefg1")

        assert ["weak_password", "breached_password"] == refused

    async def test_lost_answer(
        self, client, make_client, emulator, name: str, reset: Reset
    ) -> None:
        """
        If the answer is lost the password may be set; the client knows nothing of it, nor repeats.
        """
        emulator.faults.add(operation=name, drop="after_read", handle=True)

        with pytest.raises(StytchOutcomeUnknownError) as caught:
            await reset(client, emulator, NEW)

        assert (name, 1) == (caught.value.endpoint, caught.value.attempts)
        assert 1 == len(logged(emulator, name))
        assert await opens(make_client, NEW)
        assert (name == BY_SESSION) is (client.state.session_token is not None)
        assert client.state.intermediate_session_token is None
        assert ("email" in name) is ("passwords" in client.state.pkce_pairs)

    @pytest.mark.parametrize("password", ["zebra-canary", "correct horse battery staple", OLD])
    async def test_not_shown(
        self, client, emulator, caplog, name: str, reset: Reset, password: str
    ) -> None:
        """
        Neither a password that is refused nor one that is set is in a text.
        """
        emulator.set_bootstrap(password_config={"luds_complexity": 4, "luds_minimum_count": 8})
        with caplog.at_level("DEBUG"):
            with pytest.raises(BadRequestError) as caught:
                await reset(client, emulator, password)
            emulator.set_bootstrap(password_config=None)
            response = await reset(client, emulator, NEW)
        shown = f"{printed(caught.value)}{response!r}{response}{response.outcome!r}{client!r}"
        said = "".join(f"{record.getMessage()}{record.__dict__!r}" for record in caplog.records)

        assert name in shown
        assert set() == {each for each in (password, NEW, OLD) if each in shown + said}


class TestStart:
    """
    What asking for a link does.
    """

    async def test_everything_is_sent(self, client, emulator) -> None:
        """
        The e-mail has two links, each to where it was asked to lead.
        """
        emulator.register_redirect_url("https://acme.example/in", "login")
        emulator.register_redirect_url("https://acme.example/reset", "reset_password")
        response = await ask(
            client,
            login_redirect_url="https://acme.example/in",
            reset_password_redirect_url="https://acme.example/reset",
            reset_password_expiration_minutes=60,
            reset_password_template_id="reset",
            verify_email_template_id="verify",
            locale="pt-br",
        )
        (request,) = logged(emulator, START)
        message = emulator.outbox.last()

        assert {
            "organization_id": "acme",
            "email_address": ADA,
            "login_redirect_url": "https://acme.example/in",
            "reset_password_redirect_url": "https://acme.example/reset",
            "reset_password_expiration_minutes": 60,
            "reset_password_template_id": "reset",
            "verify_email_template_id": "verify",
            "locale": "pt-br",
            "code_challenge": client.state.pkce_pairs["passwords"].code_challenge,
        } == request.json()
        assert emulator.public_token == sent_as(request)
        assert ("reset_password", ADA) == (message.kind, message.to)
        assert message.url.startswith("https://acme.example/reset?")
        assert message.login_url.startswith("https://acme.example/in?")
        assert ["multi_tenant_passwords"] == parse_qs(urlsplit(message.url).query)[
            "stytch_token_type"
        ]
        assert (200, 1) == (response.status_code, response.meta.attempts)

    async def test_everything_is_sent_for_discovery(self, client, emulator) -> None:
        """
        So it has before an Organization is chosen; there the wire calls the challenge otherwise.
        """
        emulator.register_redirect_url("https://acme.example/choose", "discovery")
        emulator.register_redirect_url("https://acme.example/reset", "reset_password")
        await client.passwords.discovery.reset_by_email_start(
            email_address=ADA,
            discovery_redirect_url="https://acme.example/choose",
            reset_password_redirect_url="https://acme.example/reset",
            reset_password_expiration_minutes=60,
            reset_password_template_id="reset",
            verify_email_template_id="verify",
            locale="fr",
        )
        (request,) = logged(emulator, DISCOVERY_START)
        message = emulator.outbox.last()

        assert {
            "email_address": ADA,
            "discovery_redirect_url": "https://acme.example/choose",
            "reset_password_redirect_url": "https://acme.example/reset",
            "reset_password_expiration_minutes": 60,
            "reset_password_template_id": "reset",
            "verify_email_template_id": "verify",
            "locale": "fr",
            "pkce_code_challenge": client.state.pkce_pairs["passwords"].code_challenge,
        } == request.json()
        assert message.url.startswith("https://acme.example/reset?")
        assert message.login_url.startswith("https://acme.example/choose?")
        assert ["discovery"] == parse_qs(urlsplit(message.url).query)["stytch_token_type"]

    @pytest.mark.parametrize(
        ("options", "refusal"),
        [
            ({"organization_id": "nobody"}, (NotFoundError, 404, "organization_not_found")),
            ({"email_address": "eve@evil.example"}, (NotFoundError, 404, "member_not_found")),
            ({"email_address": "ada"}, (BadRequestError, 400, "invalid_email")),
            (
                {"email_address": "gone@acme.example"},
                (BadRequestError, 400, "action_available_only_for_active_members"),
            ),
            (
                {"login_redirect_url": "in"},
                (BadRequestError, 400, "invalid_login_redirect_url"),
            ),
            (
                {"reset_password_redirect_url": "reset"},
                (BadRequestError, 400, "invalid_password_reset_redirect_url"),
            ),
            (
                {"reset_password_redirect_url": "https://elsewhere.example"},
                (BadRequestError, 400, "no_match_for_provided_magic_link_url"),
            ),
            (
                {"reset_password_expiration_minutes": 4},
                (BadRequestError, 400, "invalid_expiration"),
            ),
        ],
        ids=lambda one: "-".join(map(str, one)) if isinstance(one, dict) else one[-1],
    )
    async def test_refused(
        self, client, emulator, options: dict[str, Any], refusal: tuple[Any, ...]
    ) -> None:
        """
        Who or what the API does not accept is refused, and no mail goes out.
        """
        emulator.create_member("Acme", "gone@acme.example", status="deleted")

        with pytest.raises(StytchAPIError) as caught:
            await ask(client, **options)

        assert (*refusal, START) == facts(caught.value)
        assert 0 == len(emulator.outbox)

    async def test_passwords_not_allowed(self, client, emulator) -> None:
        """
        Where the Organization accepts no passwords, none can be set.
        """
        emulator.update_organization(
            "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["sso"]
        )
        error_type = "operation_restricted_by_organization_auth_methods"

        with pytest.raises(BadRequestError) as caught:
            await ask(client)
        with pytest.raises(BadRequestError) as logged_in:
            await by_session(client, emulator)

        assert (BadRequestError, 400, error_type, START) == facts(caught.value)
        assert (BadRequestError, 400, error_type, BY_SESSION) == facts(logged_in.value)
        assert 0 == len(emulator.outbox)

    async def test_password_for_each_organization(self) -> None:
        """
        A project with a password for each Organization has none to set before one is chosen.
        """
        with Emulator() as emulator:
            emulator.set_cross_organization_passwords(False)
            async with AsyncStytchB2BClient(
                emulator.public_token, base_url=emulator.url, clock=emulator.clock
            ) as client:
                with pytest.raises(BadRequestError) as caught:
                    await client.passwords.discovery.reset_by_email_start(email_address=ADA)

        assert (BadRequestError, 400, "cross_org_passwords_not_enabled", DISCOVERY_START) == facts(
            caught.value
        )

    @pytest.mark.parametrize("start", [START, DISCOVERY_START])
    async def test_newcomer(self, client, emulator, start: str) -> None:
        """
        Who has no password yet gets the first one the same way, and is active afterwards.
        """
        emulator.create_member("Acme", "bob@acme.example", status="invited")
        if start == START:
            await ask(client, email_address="bob@acme.example")
            await by_email(client, emulator)
        else:
            await client.passwords.discovery.reset_by_email_start(email_address="bob@acme.example")
            await by_email_everywhere(client, emulator)
            await client.discovery.intermediate_sessions.exchange(
                organization_id="acme", session_duration_minutes=60
            )

        assert ("bob@acme.example", "active") == (
            client.state.member.email_address,
            client.state.member.status,
        )


class TestByEmail:
    """
    Setting a password by the link in an e-mail.
    """

    async def test_logs_in(self, client, emulator) -> None:
        """
        The link brings a session, and says which address it was sent to.
        """
        response = await by_email(client, emulator)
        (factor,) = response.member_session.authentication_factors

        assert response.member_authenticated
        assert response.member_email_id
        assert "password" == factor.type
        assert {
            "password_reset_token",
            "password",
            "session_duration_minutes",
            "code_verifier",
        } == set(logged(emulator, FINISH)[0].json())
        assert response.session_token == client.state.session_token
        assert ADA == (await client.self.get()).member.email_address

    async def test_own_session(self, admin, emulator, admin_session: SignedIn) -> None:
        """
        Who is logged in gets another session: the one before ends like all the others.
        """
        await by_email(admin, emulator)
        before = admin.with_session(session_token=admin_session.session_token)

        with pytest.raises(AuthenticationError):
            await before.session.authenticate()
        assert admin_session.session_token == sent_as(logged(emulator, FINISH)[0])
        assert admin_session.session_token != admin.state.session_token
        assert admin.state.session_token == (await admin.session.authenticate()).session_token

    async def test_second_factor(self, admin, emulator, ada) -> None:
        """
        The password is set though a second factor is missing, which then completes the login.
        """
        emulator.enroll_totp(ada)
        outcome = (await by_email(admin, emulator)).outcome
        pending = admin.state
        assert isinstance(outcome, NeedsMFA)
        await admin.totp.authenticate(
            organization_id=outcome.organization_id,
            member_id=outcome.member_id,
            code=emulator.totp_code(ada),
            session_duration_minutes=60,
        )

        assert (None, None) == (pending.session_token, pending.member_session)
        assert {} == dict(pending.pkce_pairs)
        assert {"password", "totp"} == {
            each.type for each in admin.state.member_session.authentication_factors
        }

    @pytest.mark.parametrize("reset", [by_email, by_email_everywhere])
    async def test_earlier_login(self, client, emulator, reset: Reset) -> None:
        """
        The intermediate session of a login that was begun is sent along.
        """
        await client.passwords.discovery.authenticate(email_address=ADA, password=OLD)
        begun = client.state.intermediate_session_token
        await reset(client, emulator, NEW)

        assert begun == emulator.requests[-1].json()["intermediate_session_token"]
        assert begun != client.state.intermediate_session_token

    @pytest.mark.parametrize("minutes", [None, 5, 10_080])
    async def test_lifetime(self, client, emulator, minutes: int | None) -> None:
        """
        A link works half an hour, or as long as it was asked to.
        """
        for just_in_time in (True, False):
            emulator.outbox.clear()
            await ask(client, reset_password_expiration_minutes=minutes)
            emulator.clock.advance(minutes=(minutes or 30) - (0.5 if just_in_time else 0))
            if just_in_time:
                await by_email(client, emulator)
        held = client.state

        with pytest.raises(AuthenticationError) as caught:
            await by_email(client, emulator, "another.brass.lantern.hums")

        assert (401, "unable_to_auth_password_reset_token") == facts(caught.value)[1:3]
        assert held is client.state

    @pytest.mark.parametrize("minutes", [4, 527_041])
    async def test_duration(self, client, emulator, minutes: int) -> None:
        """
        A session duration outside of the API's range is refused before anything is sent.
        """
        with pytest.raises(InvalidArgumentError, match="session_duration_minutes"):
            await client.passwords.reset_by_email(
                password_reset_token="token", password=NEW, session_duration_minutes=minutes
            )

        assert [] == operations(emulator)

    async def test_everywhere(self, client, make_client, emulator) -> None:
        """
        The password set before an Organization is chosen counts in all, and ends sessions there.
        """
        emulator.create_organization("Beta", slug="beta")
        session = emulator.sign_in(ADA, "Beta")
        other = make_client().with_session(session_token=session.session_token)
        response = await by_email_everywhere(client, emulator)

        with pytest.raises(AuthenticationError):
            await other.session.authenticate()
        assert {"Acme", "Beta"} == {
            each.organization.organization_name for each in response.discovered_organizations
        }
        assert await opens(make_client, NEW)


class TestByExistingPassword:
    """
    Setting a password by means of the present one.
    """

    async def test_logs_in(self, client, emulator) -> None:
        """
        Nobody need be logged in before; afterwards Ada is.
        """
        response = await by_existing(client, emulator)
        (request,) = logged(emulator, "passwords.reset_by_existing_password")

        assert {
            "organization_id": "acme",
            "email_address": ADA,
            "existing_password": OLD,
            "new_password": NEW,
            "session_duration_minutes": 60,
        } == request.json()
        assert response.session_token == client.state.session_token
        assert ADA == client.state.member.email_address

    async def test_second_factor(self, admin, emulator, ada, make_client) -> None:
        """
        The password is set though a second factor is missing; the old session is gone.
        """
        emulator.enroll_totp(ada)
        response = await by_existing(admin, emulator)

        assert isinstance(response.outcome, NeedsMFA)
        assert response.intermediate_session_token == admin.state.intermediate_session_token
        assert admin.state.session_token is None
        assert await opens(make_client, NEW)


class TestBySession:
    """
    Setting a password by the session.
    """

    async def test_keeps_the_session(self, admin, emulator, admin_session: SignedIn) -> None:
        """
        Who sets it stays logged in, by the same session.
        """
        response = await by_session(admin, emulator)
        (request,) = logged(emulator, BY_SESSION)

        assert {"password": NEW} == request.json()
        assert admin_session.session_token == sent_as(request)
        assert admin_session.session_token == admin.state.session_token
        assert response.member_session == admin.state.member_session
        assert response.member == admin.state.member

    async def test_nobody(self, client, emulator) -> None:
        """
        Without a session nothing is sent.
        """
        with pytest.raises(NoSessionError) as caught:
            await client.passwords.reset_by_session(password=NEW)

        assert BY_SESSION == caught.value.endpoint
        assert [] == operations(emulator)

    async def test_too_old(self, make_client, emulator) -> None:
        """
        A factor must have been proved within five minutes; logging in again by one is enough.
        """
        emulator.clock.freeze()
        client = make_client()
        await client.passwords.authenticate(
            organization_id="acme", email_address=ADA, password=OLD, session_duration_minutes=60
        )
        emulator.clock.advance(minutes=5, seconds=1)
        before = client.state

        with pytest.raises(BadRequestError) as caught:
            await by_session(client, emulator)
        kept = client.state
        await client.passwords.authenticate(
            organization_id="acme", email_address=ADA, password=OLD, session_duration_minutes=60
        )
        await by_session(client, emulator)

        assert (BadRequestError, 400, "session_too_old_to_reset_password", BY_SESSION) == facts(
            caught.value
        )
        assert before is kept
        assert before.session_token == client.state.session_token

    async def test_session_that_ended(self, admin, emulator) -> None:
        """
        A session that has ended sets nothing; the client finds out when it asks about it.
        """
        await admin.session.authenticate()
        before = admin.state
        emulator.clock.advance(hours=1)

        with pytest.raises(AuthenticationError) as caught:
            await by_session(admin, emulator)
        kept = admin.state
        with pytest.raises(AuthenticationError):
            await admin.session.authenticate()

        assert (AuthenticationError, 404, "session_not_found", BY_SESSION) == facts(caught.value)
        assert before is kept
        assert SessionState() == admin.state
