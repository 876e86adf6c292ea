"""One-time passcodes: logging in by e-mail, discovery by e-mail, and the Member's phone."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from operator import attrgetter
from typing import Any

import anyio
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    CaptchaRequiredError,
    ChooseOrganization,
    ConflictError,
    InvalidArgumentError,
    LoggedIn,
    NeedsPrimaryFactor,
    NoSessionError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    SessionState,
    StytchError,
    StytchOutcomeUnknownError,
    StytchResponseError,
)
from stytch_b2b.emulator import Emulator, Member
from tests.api.support import Refusal, logged, operations, refused, sent_as

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
EVE = "eve@acme.example"
PHONE = "+12025550162"
OTHER_PHONE = "+12025550163"
NEVER_SENT = "nope"
LIFETIME = timedelta(minutes=10)

WRONG: Refusal = (AuthenticationError, 401, "unable_to_auth_otp_code")


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has an account; time stands still.
    """
    emulator.clock.freeze()
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"])


@pytest.fixture
async def known(admin: AsyncStytchB2BClient) -> AsyncStytchB2BClient:
    """
    A client that acts as Ada and knows who she is.
    """
    await admin.session.authenticate()
    return admin


async def send(client: Any, emulator: Emulator, to: str = ADA, **options: Any) -> str:
    """
    Ask for a passcode that logs in, and read it.
    """
    await client.otps.email.login_or_signup(organization_id="acme", email_address=to, **options)
    return emulator.outbox.last(to=to).code


def log_in(client: Any, code: str, **options: Any) -> Awaitable[Any]:
    """
    Log in with a passcode from an e-mail.
    """
    return client.otps.email.authenticate(
        **{"organization_id": "acme", "email_address": ADA, **options},
        code=code,
        session_duration_minutes=60,
    )


async def send_discovery(client: Any, emulator: Emulator, to: str = ADA, **options: Any) -> str:
    """
    Ask for a passcode for discovery, and read it.
    """
    await client.otps.email.discovery.send(email_address=to, **options)
    return emulator.outbox.last(to=to).code


def discover(client: Any, code: str, email_address: str = ADA) -> Awaitable[Any]:
    """
    Discover Organizations with a passcode from an e-mail.
    """
    return client.otps.email.discovery.authenticate(email_address=email_address, code=code)


async def text(client: Any, emulator: Emulator, ada: Member, **options: Any) -> str:
    """
    Ask for a passcode on Ada's phone, and read it.
    """
    await client.otps.sms.send(organization_id="acme", member_id=ada.member_id, **options)
    return emulator.outbox[-1].code


def prove(client: Any, ada: Member, code: str, **options: Any) -> Awaitable[Any]:
    """
    Prove Ada's phone with a passcode.
    """
    return client.otps.sms.authenticate(
        organization_id="acme",
        member_id=ada.member_id,
        code=code,
        session_duration_minutes=60,
        **options,
    )


def documented(method: Callable[..., Any]) -> set[str]:
    """
    Return the errors that the docstring of a method names.
    """
    return set(re.findall(r"^ {4}(\w+Error): ", inspect.getdoc(method) or "", re.MULTILINE))


class TestSending:
    """
    What asking for a passcode by e-mail does.
    """

    async def test_login(self, client, emulator) -> None:
        """
        What was given is sent, by nobody's session, and the state stays what it was.
        """
        before = client.state
        options = {
            "organization_id": "acme",
            "email_address": ADA,
            "login_template_id": "login",
            "signup_template_id": "signup",
            "locale": "pt-br",
            "login_expiration_minutes": 5,
            "signup_expiration_minutes": 6,
        }
        response = await client.otps.email.login_or_signup(**options)
        (request,) = logged(emulator, "otps.email.login_or_signup")

        assert options == request.json()
        assert emulator.public_token == sent_as(request)
        assert ("passcode", ADA) == (emulator.outbox[-1].kind, emulator.outbox[-1].to)
        assert (200, 1) == (response.status_code, response.meta.attempts)
        assert before is client.state

    async def test_discovery(self, client, emulator) -> None:
        """
        The same holds for discovery, whose passcode belongs to no Organization.
        """
        before = client.state
        options = {
            "email_address": ADA,
            "login_template_id": "login",
            "locale": "fr",
            "discovery_expiration_minutes": 5,
        }
        response = await client.otps.email.discovery.send(**options)
        (request,) = logged(emulator, "otps.email.discovery.send")

        assert options == request.json()
        assert ("passcode", ADA) == (emulator.outbox[-1].kind, emulator.outbox[-1].to)
        assert "" == emulator.outbox[-1].organization_id
        assert 200 == response.status_code
        assert before is client.state

    @pytest.mark.parametrize("sending", [send, send_discovery])
    async def test_session_stays(self, known, emulator, sending) -> None:
        """
        A session that is held stays, and nobody who listens is told anything.
        """
        before, changes = known.state, []
        known.session.on_change(lambda *change: changes.append(change))

        await sending(known, emulator)

        assert before is known.state
        assert [] == changes

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ({"organization_id": "nobody"}, (NotFoundError, 404, "organization_not_found")),
            (
                {"email_address": "eve@evil.example"},
                (BadRequestError, 400, "email_jit_provisioning_not_allowed"),
            ),
            ({"email_address": "ada"}, (BadRequestError, 400, "invalid_email")),
            ({"login_expiration_minutes": 1}, (BadRequestError, 400, "invalid_expiration_otp")),
            ({"signup_expiration_minutes": 16}, (BadRequestError, 400, "invalid_expiration_otp")),
        ],
    )
    async def test_login_refused(self, client, emulator, options, expected: Refusal) -> None:
        """
        Who cannot be let in, and how, is said by an error that the docstring names.
        """
        method = client.otps.email.login_or_signup
        call = method(**{"organization_id": "acme", "email_address": ADA, **options})

        assert expected == await refused(client, call)
        assert expected[0].__name__ in documented(method)
        assert 0 == len(emulator.outbox)

    @pytest.mark.parametrize(
        ("options", "error_type"),
        [
            ({"email_address": "ada"}, "invalid_email"),
            ({"discovery_expiration_minutes": 16}, "invalid_expiration_otp"),
        ],
    )
    async def test_discovery_refused(self, client, emulator, options, error_type: str) -> None:
        """
        What cannot be sent for discovery is a bad request, and the docstring says so.
        """
        method = client.otps.email.discovery.send
        call = method(**{"email_address": ADA, **options})

        assert (BadRequestError, 400, error_type) == await refused(client, call)
        assert "BadRequestError" in documented(method)
        assert 0 == len(emulator.outbox)

    async def test_organization_takes_no_passcodes(self, client, emulator) -> None:
        """
        Where passcodes by e-mail are not accepted none is sent.
        """
        emulator.update_organization(
            "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["magic_link"]
        )

        assert (
            BadRequestError,
            400,
            "operation_restricted_by_organization_auth_methods",
        ) == await refused(client, send(client, emulator))

    async def test_deactivated_member(self, client, emulator, ada) -> None:
        """
        Who was deactivated gets no passcode.
        """
        emulator.update_member(ada, status="deleted")

        assert (
            BadRequestError,
            400,
            "action_available_only_for_active_members",
        ) == await refused(client, send(client, emulator))

    @pytest.mark.parametrize(
        ("sending", "authenticating"), [(send, log_in), (send_discovery, discover)]
    )
    async def test_lost_answer(self, client, emulator, sending, authenticating) -> None:
        """
        A message is never asked for twice: that would void the code that is on its way.
        """
        emulator.faults.add(drop="after_read", handle=True)

        with pytest.raises(StytchOutcomeUnknownError, match="may have taken effect"):
            await sending(client, emulator)
        (message,) = emulator.outbox
        await authenticating(client, message.code)

        assert ADA == message.to

    @pytest.mark.parametrize(
        ("sending", "option"),
        [
            (send, "login_expiration_minutes"),
            (send, "signup_expiration_minutes"),
            (send_discovery, "discovery_expiration_minutes"),
        ],
    )
    async def test_arguments(self, client, emulator, sending, option: str) -> None:
        """
        What cannot be right is found out before anything is sent.
        """
        with pytest.raises(InvalidArgumentError) as caught:
            await sending(client, emulator, to=7, locale=None, **{option: -1})

        assert {"email_address", option} == set(caught.value.problems)
        assert [] == operations(emulator)


class TestLoggingIn:
    """
    What a passcode from an e-mail does at an Organization.
    """

    async def test_from_start_to_session(self, client, emulator, ada) -> None:
        """
        The client holds the session, the Member, the Organization and both tokens.
        """
        response = await log_in(client, await send(client, emulator), locale="it")
        (factor,) = response.member_session.authentication_factors

        assert isinstance(response.outcome, LoggedIn)
        assert (True, "") == (response.member_authenticated, response.intermediate_session_token)
        assert response.organization.organization_id == response.organization_id
        assert factor.email_factor.email_id == response.method_id == ada.email_id
        assert ("email_otp", "email", "PRIMARY") == (
            factor.type,
            factor.delivery_method,
            factor.sequence_order,
        )
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
        assert ada.member_id == (await client.self.get()).member.member_id
        assert "it" == logged(emulator, "otps.email.authenticate")[0].json()["locale"]

    async def test_signs_up(self, client, emulator) -> None:
        """
        A newcomer whom the Organization admits is an active Member afterwards.
        """
        emulator.update_organization("Acme", email_jit_provisioning="ALL_ALLOWED")

        response = await log_in(client, await send(client, emulator, EVE), email_address=EVE)

        assert ("active", EVE) == (client.state.member.status, client.state.member.email_address)
        assert response.member.email_address_verified

    async def test_another_client_finishes(self, client, emulator) -> None:
        """
        A passcode is tied to no client, so it logs another one in.
        """
        code = await send(client, emulator)
        stranger = client.with_state(SessionState())

        await log_in(stranger, code)

        assert ADA == stranger.state.member.email_address
        assert client.state == SessionState()

    async def test_pairs_of_other_flows_stay(self, client, emulator) -> None:
        """
        A link that is on its way is not forgotten by the login, which is another flow.
        """
        await client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")
        pairs = client.state.pkce_pairs

        await log_in(client, await send(client, emulator))

        assert ["magic_links"] == list(pairs)
        assert pairs == client.state.pkce_pairs

    async def test_gains_a_factor(self, known, emulator, admin_session) -> None:
        """
        A session of the same Member is sent along, survives, and is told of once.
        """
        before, changes = known.state, []
        known.session.on_change(lambda *change: changes.append(change))

        response = await log_in(known, await send(known, emulator))
        types = [each.type for each in response.member_session.authentication_factors]

        assert ["magic_link", "email_otp"] == types
        assert admin_session.session_token == sent_as(
            logged(emulator, "otps.email.authenticate")[0]
        )
        assert admin_session.member_session_id == known.state.member_session.member_session_id
        assert before.session_token == known.state.session_token
        assert [(before.member_session, response.member_session)] == changes

    async def test_another_member_takes_over(self, known, emulator, admin_session) -> None:
        """
        Whoever logs in takes the place of the Member before, with everything that is known.
        """
        emulator.create_member("Acme", EVE)

        response = await log_in(known, await send(known, emulator, EVE), email_address=EVE)

        assert admin_session.session_token != known.state.session_token
        assert EVE == known.state.member.email_address
        assert response.member_session == known.state.member_session

    async def test_dead_session_is_no_obstacle(self, known, emulator) -> None:
        """
        Who still holds a session that has ended can log in all the same.
        """
        emulator.clock.advance(hours=2)

        response = await log_in(known, await send(known, emulator))

        assert response.session_token == known.state.session_token
        assert 1 == len(response.member_session.authentication_factors)

    async def test_primary_required(self, known, emulator) -> None:
        """
        Where another way is demanded the session is gone and an intermediate one is held.
        """
        code = await send(known, emulator)
        emulator.update_organization(
            "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["sso"]
        )
        stranger = known.with_state(SessionState())

        response = await log_in(stranger, code)

        assert isinstance(response.outcome, NeedsPrimaryFactor)
        assert ("sso",) == response.outcome.allowed_auth_methods
        assert (
            SessionState(
                intermediate_session_token=response.intermediate_session_token,
                intermediate_session_token_expires_at=emulator.clock.now() + LIFETIME,
            )
            == stranger.state
        )

    @pytest.mark.parametrize("holds", ["nothing", "a session"])
    async def test_wrong_then_right(self, client, known, emulator, holds: str) -> None:
        """
        Who mistypes keeps what they have, and may try again.
        """
        acting = known if holds == "a session" else client
        code = await send(acting, emulator)

        assert WRONG == await refused(acting, log_in(acting, NEVER_SENT))
        assert isinstance((await log_in(acting, code)).outcome, LoggedIn)

    async def test_used(self, client, emulator) -> None:
        """
        A passcode works once; the second try leaves the session of the first alone.
        """
        code = await send(client, emulator)
        await log_in(client, code)

        assert WRONG == await refused(client, log_in(client, code))

    @pytest.mark.parametrize(
        ("options", "minutes"), [({}, 10), ({"login_expiration_minutes": 2}, 2)]
    )
    async def test_expired(self, client, emulator, options, minutes: int) -> None:
        """
        A passcode that is too old does not log in; a moment before it would have.
        """
        late = await send(client, emulator, **options)
        emulator.clock.advance(minutes=minutes)
        too_late = await refused(client, log_in(client, late))
        in_time = await send(client, emulator, **options)
        emulator.clock.advance(minutes=minutes, seconds=-1)

        assert WRONG == too_late
        assert isinstance((await log_in(client, in_time)).outcome, LoggedIn)

    async def test_replaced(self, client, emulator) -> None:
        """
        Of two passcodes to one address only the newer one works.
        """
        first = await send(client, emulator)
        second = await send(client, emulator)
        while first == second:
            second = await send(client, emulator)

        assert WRONG == await refused(client, log_in(client, first))
        assert isinstance((await log_in(client, second)).outcome, LoggedIn)

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ({"organization_id": "other"}, (NotFoundError, 404, "otp_code_not_found")),
            ({"organization_id": "nobody"}, (NotFoundError, 404, "organization_not_found")),
            ({"email_address": EVE}, (NotFoundError, 404, "otp_code_not_found")),
            ({"email_address": "ada"}, (BadRequestError, 400, "invalid_email")),
            (
                {"intermediate_session_token": "own"},
                (NotFoundError, 404, "intermediate_session_not_found"),
            ),
        ],
    )
    async def test_for_somebody_else(self, known, emulator, options, expected: Refusal) -> None:
        """
        A passcode is good for one person in one Organization, and stays good for them.
        """
        emulator.create_member(emulator.create_organization("Other", slug="other"), ADA)
        code = await send(known, emulator)

        assert expected == await refused(known, log_in(known, code, **options))
        assert expected[0].__name__ in documented(known.otps.email.authenticate)
        assert isinstance((await log_in(known, code)).outcome, LoggedIn)

    async def test_deactivated(self, client, emulator, ada) -> None:
        """
        Who was deactivated meanwhile is kept out.
        """
        code = await send(client, emulator)
        emulator.update_member(ada, status="deleted")

        assert (
            BadRequestError,
            400,
            "action_available_only_for_active_members",
        ) == await refused(client, log_in(client, code))

    @pytest.mark.parametrize(
        ("options", "argument"),
        [
            ({"session_duration_minutes": 4}, "session_duration_minutes"),
            ({"session_duration_minutes": 527_041}, "session_duration_minutes"),
            ({"code": 123456}, "code"),
        ],
    )
    async def test_arguments(self, client, emulator, options, argument: str) -> None:
        """
        What cannot be right is found out before anything is sent, and not quoted.
        """
        arguments = {"code": "123456", "session_duration_minutes": 60, **options}
        with pytest.raises(InvalidArgumentError) as caught:
            await client.otps.email.authenticate(
                organization_id="acme", email_address=ADA, **arguments
            )

        assert {argument} == set(caught.value.problems)
        assert "123456" not in str(caught.value)
        assert [] == operations(emulator)


class TestDiscovering:
    """
    What a passcode from an e-mail does where no Organization is chosen yet.
    """

    async def test_from_start_to_session(self, client, emulator, ada) -> None:
        """
        The passcode opens the list, the list an Organization, and that is a session.
        """
        found = await discover(client, await send_discovery(client, emulator))
        waiting = client.state
        (one,) = found.discovered_organizations
        response = await client.discovery.intermediate_sessions.exchange(
            organization_id=one.organization.organization_id, session_duration_minutes=60
        )

        assert ChooseOrganization(
            email_address=ADA, discovered_organizations=found.discovered_organizations
        ) == (found.outcome)
        assert ("active_member", ada.member_id) == (
            one.membership.type,
            one.membership.member.member_id,
        )
        assert (
            SessionState(
                intermediate_session_token=found.intermediate_session_token,
                intermediate_session_token_expires_at=emulator.clock.now() + LIFETIME,
            )
            == waiting
        )
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
        assert ["email_otp"] == [
            each.type for each in response.member_session.authentication_factors
        ]

    async def test_drops_the_session(self, known, emulator) -> None:
        """
        A session held before is gone, and who listens is told so once.
        """
        held, changes = known.state.member_session, []
        known.session.on_change(lambda *change: changes.append(change))

        found = await discover(known, await send_discovery(known, emulator))

        assert (
            SessionState(
                intermediate_session_token=found.intermediate_session_token,
                intermediate_session_token_expires_at=emulator.clock.now() + LIFETIME,
            )
            == known.state
        )
        assert [(held, None)] == changes

    async def test_person_without_organizations(self, client, emulator) -> None:
        """
        Somebody whom nobody knows has proved an address, and can found an Organization.
        """
        found = await discover(client, await send_discovery(client, emulator, EVE), EVE)
        response = await client.discovery.organizations.create(
            session_duration_minutes=60, organization_name="Eve's"
        )

        assert () == found.discovered_organizations
        assert EVE == response.member.email_address == client.state.member.email_address
        assert "Eve's" == client.state.organization.organization_name

    async def test_wrong_used_and_expired(self, known, emulator) -> None:
        """
        Only a fresh passcode opens the list; the others leave the session alone.
        """
        code = await send_discovery(known, emulator)
        wrong = await refused(known, discover(known, NEVER_SENT))
        other = known.with_state(SessionState())
        await discover(other, code)
        used = await refused(known, discover(known, code))
        late = await send_discovery(known, emulator, discovery_expiration_minutes=2)
        emulator.clock.advance(minutes=2)
        expired = await refused(known, discover(known, late))

        assert [WRONG] * 3 == [wrong, used, expired]
        assert "AuthenticationError" in documented(known.otps.email.discovery.authenticate)

    async def test_somebody_elses(self, client, emulator) -> None:
        """
        A passcode belongs to the address that it was sent to.
        """
        code = await send_discovery(client, emulator)

        assert (NotFoundError, 404, "otp_code_not_found") == await refused(
            client, discover(client, code, EVE)
        )
        assert "NotFoundError" in documented(client.otps.email.discovery.authenticate)

    async def test_two_kinds_of_passcodes(self, client, emulator) -> None:
        """
        A passcode for an Organization does not discover, and one for discovery does not log in.
        """
        login_code = await send(client, emulator)
        missing = (NotFoundError, 404, "otp_code_not_found")

        assert missing == await refused(client, discover(client, login_code))
        await log_in(client, login_code)
        discovery_code = await send_discovery(client, emulator, EVE)
        assert missing == await refused(client, log_in(client, discovery_code, email_address=EVE))


FAILURES: dict[str, tuple[dict[str, Any], type[StytchError]]] = {
    "bad request": ({"status": 400}, BadRequestError),
    "unauthorized": ({"status": 401}, AuthenticationError),
    "session gone": (
        {"status": 404, "body": {"error_type": "session_not_found", "error_message": "m"}},
        AuthenticationError,
    ),
    "captcha": ({"status": 403, "body": "Captcha required"}, CaptchaRequiredError),
    "server error": ({"status": 500}, ServerError),
    "unavailable": ({"status": 503}, ServerError),
    "dropped": ({"drop": "before_read"}, StytchOutcomeUnknownError),
    "lost": ({"drop": "after_read", "handle": True}, StytchOutcomeUnknownError),
    "cut": ({"cut_body": True, "handle": True}, StytchOutcomeUnknownError),
    "no JSON": ({"status": 200, "body": "<p>"}, StytchResponseError),
    "redirect": ({"status": 302}, StytchResponseError),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(
    ("sending", "authenticating"), [(send, log_in), (send_discovery, discover)]
)
async def test_failure_logs_nobody_out(
    known, emulator, sending, authenticating, failure: str
) -> None:
    """
    However a login fails, the session held before stays as it was, and nothing is sent twice.
    """
    fault, expected = FAILURES[failure]
    code = await sending(known, emulator)
    before, changes = known.state, []
    known.session.on_change(lambda *change: changes.append(change))
    # Should it be repeated after all, the wait must come to an end.
    emulator.clock.unfreeze()
    emulator.faults.add(**fault)
    already = len(emulator.requests)

    with pytest.raises(expected) as caught:
        await authenticating(known, code)

    assert expected is type(caught.value)
    assert before is known.state
    assert [] == changes
    assert already + 1 == len(emulator.requests)


@pytest.mark.parametrize(
    ("sending", "authenticating"), [(send, log_in), (send_discovery, discover)]
)
async def test_lockout(known, emulator, sending, authenticating) -> None:
    """
    Too many wrong passcodes lock Ada: the right one is refused, once, until the lock has ended.
    """
    # Should it be repeated after all, the wait must come to an end.
    emulator.clock.unfreeze()
    emulator.set_lock_policy(attempts=2, minutes=5)
    for _ in range(2):
        await sending(known, emulator)
        assert WRONG == await refused(known, authenticating(known, NEVER_SENT))
    code = await sending(known, emulator)
    before = known.state
    with pytest.raises(RateLimitedError) as caught:
        await authenticating(known, code)
    locked = known.state
    emulator.clock.advance(minutes=5)
    await authenticating(known, code)

    assert (429, "user_lock_limit_reached") == (caught.value.status_code, caught.value.error_type)
    assert (1, None) == (caught.value.attempts, caught.value.retry_after)
    assert before is locked
    assert "RateLimitedError" in documented(attrgetter(caught.value.endpoint)(known))


async def test_one_passcode_twice_at_once(client, emulator) -> None:
    """
    Of two logins by one passcode one succeeds, and the client holds its session.
    """
    code = await send(client, emulator)
    responses, errors = [], []

    async def attempt() -> None:
        try:
            responses.append(await log_in(client, code))
        except AuthenticationError as error:
            errors.append(error.error_type)

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(attempt)

    assert ["unable_to_auth_otp_code"] == errors
    assert [client.state.session_token] == [each.session_token for each in responses]


class TestPhone:
    """
    Passcodes by SMS: setting a phone up, and what is refused.
    """

    async def test_sets_a_phone_up(self, known, emulator, ada) -> None:
        """
        The first passcode verifies the number, and the Member that the client knows says so.
        """
        before = known.state
        code = await text(known, emulator, ada, mfa_phone_number=PHONE, locale="es")
        sent = known.state
        response = await prove(known, ada, code)
        (request,) = logged(emulator, "otps.sms.send")
        factor = response.member_session.authentication_factors[1]

        assert {
            "organization_id": "acme",
            "member_id": ada.member_id,
            "mfa_phone_number": PHONE,
            "locale": "es",
        } == request.json()
        assert PHONE == emulator.outbox[-1].to
        assert before is sent
        assert ("", False) == (
            before.member.mfa_phone_number,
            before.member.mfa_phone_number_verified,
        )
        assert (PHONE, True, "sms_otp") == (
            known.state.member.mfa_phone_number,
            known.state.member.mfa_phone_number_verified,
            known.state.member.default_mfa_method,
        )
        assert ("otp", "sms", PHONE) == (
            factor.type,
            factor.delivery_method,
            factor.phone_number_factor.phone_number,
        )

    async def test_number_that_nobody_verified_can_be_corrected(self, known, emulator, ada) -> None:
        """
        A slip of the fingers bars nobody; the passcode to the wrong number is void.
        """
        first = await text(known, emulator, ada, mfa_phone_number=OTHER_PHONE)
        second = await text(known, emulator, ada, mfa_phone_number=PHONE)
        while first == second:
            second = await text(known, emulator, ada)

        assert WRONG == await refused(known, prove(known, ada, first))
        await prove(known, ada, second)
        assert PHONE == known.state.member.mfa_phone_number

    async def test_wrong_used_and_expired(self, known, emulator, ada) -> None:
        """
        Only a passcode of the last two minutes proves the phone, and only once.
        """
        emulator.enroll_phone(ada, PHONE)
        code = await text(known, emulator, ada)
        wrong = await refused(known, prove(known, ada, NEVER_SENT))
        await prove(known, ada, code)
        used = await refused(known, prove(known, ada, code))
        late = await text(known, emulator, ada)
        emulator.clock.advance(minutes=2)
        expired = await refused(known, prove(known, ada, late))
        in_time = await text(known, emulator, ada)
        emulator.clock.advance(minutes=2, seconds=-1)

        assert [WRONG] * 3 == [wrong, used, expired]
        assert isinstance((await prove(known, ada, in_time)).outcome, LoggedIn)

    async def test_nothing_was_sent(self, known, ada) -> None:
        """
        Without a passcode there is none to prove.
        """
        assert (NotFoundError, 404, "otp_code_not_found") == await refused(
            known, prove(known, ada, "123456")
        )

    async def test_lost_answer_sends_once(self, known, emulator, ada) -> None:
        """
        A message costs money and voids the one before, so it is never asked for again.
        """
        emulator.enroll_phone(ada, PHONE)
        before = known.state
        emulator.faults.add(drop="after_read", handle=True)

        with pytest.raises(StytchOutcomeUnknownError) as caught:
            await text(known, emulator, ada)
        (message,) = emulator.outbox
        kept = known.state
        await prove(known, ada, message.code)

        assert ("otps.sms.send", 1) == (caught.value.endpoint, caught.value.attempts)
        assert before is kept

    @pytest.mark.parametrize(
        ("has", "options", "expected"),
        [
            (None, {}, (NotFoundError, 404, "member_phone_number_not_found")),
            (
                None,
                {"mfa_phone_number": "555"},
                (BadRequestError, 400, "invalid_phone_number"),
            ),
            (
                PHONE,
                {"mfa_phone_number": OTHER_PHONE},
                (ConflictError, 400, "duplicate_member_phone_number_for_member"),
            ),
        ],
    )
    async def test_numbers_refused(
        self, known, emulator, ada, has: str | None, options, expected: Refusal
    ) -> None:
        """
        A number that is missing, that is none, or not the Member's gets no passcode.
        """
        if has is not None:
            emulator.enroll_phone(ada, has)

        assert expected == await refused(known, text(known, emulator, ada, **options))
        assert 0 == len(emulator.outbox)

    @pytest.mark.parametrize("error", ["NotFoundError", "BadRequestError", "ConflictError"])
    async def test_numbers_refused_are_documented(self, client, error: str) -> None:
        """
        The docstring names each error about a number.
        """
        assert error in documented(client.otps.sms.send)

    async def test_without_a_login(self, client, emulator, ada) -> None:
        """
        Who has not begun to log in is told so, and nothing is sent.
        """
        with pytest.raises(NoSessionError, match="a session or an intermediate session") as sending:
            await text(client, emulator, ada)
        with pytest.raises(NoSessionError) as proving:
            await prove(client, ada, "123456")

        assert "otps.sms.send" == sending.value.endpoint
        assert "otps.sms.authenticate" == proving.value.endpoint
        assert [] == operations(emulator)
        assert "123456" not in str(proving.value)


def test_sync(sync_client: Any, emulator: Emulator, ada: Member) -> None:
    """
    The blocking client logs in by e-mail and discovers in the same way.
    """
    email = sync_client.otps.email
    email.discovery.send(email_address=ADA)
    found = email.discovery.authenticate(email_address=ADA, code=emulator.outbox[-1].code)
    waiting = sync_client.state
    email.login_or_signup(organization_id="acme", email_address=ADA)
    response = email.authenticate(
        organization_id="acme",
        email_address=ADA,
        code=emulator.outbox[-1].code,
        session_duration_minutes=60,
    )

    assert found.intermediate_session_token == waiting.intermediate_session_token
    assert ada.member_id == sync_client.state.member.member_id
    assert response.session_token == sync_client.state.session_token
    assert sync_client.state.intermediate_session_token is None
