"""Second factors: what a login lacks, how it goes on, and what becomes of the state meanwhile."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Awaitable
from datetime import timedelta
from operator import attrgetter
from typing import Any

import anyio
import pyotp
import pytest
from attrs import frozen

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    CaptchaRequiredError,
    LoggedIn,
    NeedsMFA,
    NeedsPrimaryFactor,
    NoSessionError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    ServerError,
    SessionState,
    StytchError,
    StytchOutcomeUnknownError,
    StytchResponseError,
)
from stytch_b2b.emulator import Emulator, Member, TOTPRegistration
from tests.api.support import (
    Refusal,
    hold,
    logged,
    printed,
    refused,
    release,
    sent_as,
    until,
)

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
BOB = "bob@acme.example"
PHONE = "+12025550162"
LIFETIME = timedelta(minutes=10)


@frozen
class SecondFactor:
    """
    One way to prove a second factor.
    """

    operation: str
    argument: str
    factor: tuple[str, str]
    wrong: str
    error_type: str
    """What the API calls a wrong code."""

    async def code(self, client: Any, emulator: Emulator, ada: Member) -> str:
        """
        Return a code of Ada's that is good now.
        """
        if self.argument == "recovery_code":
            return ada.recovery_codes[0]
        if self.operation == "totp.authenticate":
            return emulator.totp_code(ada)
        await client.otps.sms.send(organization_id="acme", member_id=ada.member_id)
        return emulator.outbox.last(to=PHONE).code

    def prove(self, client: Any, member: Member, code: str, **options: Any) -> Any:
        """
        Prove the factor with a code.
        """
        arguments = {
            "organization_id": "acme",
            "member_id": member.member_id,
            "session_duration_minutes": 60,
            self.argument: code,
            **options,
        }
        return attrgetter(self.operation)(client)(**arguments)


FACTORS = {
    "phone": SecondFactor(
        "otps.sms.authenticate", "code", ("otp", "sms"), "nope", "unable_to_auth_otp_code"
    ),
    "app": SecondFactor(
        "totp.authenticate",
        "code",
        ("totp", "authenticator_app"),
        "",
        "unable_to_authenticate_totp",
    ),
    "recovery code": SecondFactor(
        "recovery_codes.recover",
        "recovery_code",
        ("recovery_codes", "recovery_code"),
        "aaaa-bbbb-cccc",
        "unable_to_authenticate_recovery_code",
    ),
}

every_factor = pytest.mark.parametrize("factor", FACTORS.values(), ids=FACTORS)
enrolling_factor = pytest.mark.parametrize(
    "factor", [FACTORS["phone"], FACTORS["app"]], ids=["phone", "app"]
)


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has an account and nothing set up; time stands still.
    """
    emulator.clock.freeze()
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"])


@pytest.fixture
def app(emulator: Emulator, ada: Member) -> TOTPRegistration:
    """
    Have Ada's phone and then her app set up: she needs a second factor at every login.
    """
    emulator.enroll_phone(ada, PHONE)
    return emulator.enroll_totp(ada)


@pytest.fixture
def mfa(emulator: Emulator) -> None:
    """
    Have the Organization demand a second factor of everybody.
    """
    emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")


@pytest.fixture
async def known(admin: AsyncStytchB2BClient) -> AsyncStytchB2BClient:
    """
    A client that acts as Ada and knows who she is.
    """
    await admin.session.authenticate()
    return admin


async def log_in(client: Any, emulator: Emulator, email_address: str = ADA, **options: Any) -> Any:
    """
    Log in with a passcode from an e-mail.
    """
    whose = {"organization_id": "acme", "email_address": email_address}
    await client.otps.email.login_or_signup(**whose)
    code = emulator.outbox.last(to=email_address).code
    return await client.otps.email.authenticate(
        **whose, code=code, session_duration_minutes=60, **options
    )


@pytest.fixture
async def begun(
    client: AsyncStytchB2BClient, emulator: Emulator, app: TOTPRegistration
) -> AsyncStytchB2BClient:
    """
    A client whose login as Ada lacks the second factor.
    """
    assert isinstance((await log_in(client, emulator)).outcome, NeedsMFA)
    return client


def wrong_code(factor: SecondFactor, emulator: Emulator, app: TOTPRegistration) -> str:
    """
    Return a code that proves nothing.
    """
    now = int(emulator.clock.now().timestamp())
    right = {pyotp.TOTP(app.secret).at(now, counter_offset=steps) for steps in (-1, 0, 1)}
    digits = next(code for code in ("000000", "111111", "222222", "333333") if code not in right)
    return factor.wrong or digits


def holding(response: Any) -> SessionState:
    """
    Return the state of a client that holds the session of an answer, and nothing else.
    """
    return SessionState(
        member_session=response.member_session,
        member=response.member,
        organization=response.organization,
        session_token=response.session_token,
        session_jwt=response.session_jwt,
    )


def waiting(token: str, emulator: Emulator) -> SessionState:
    """
    Return the state of a client that was given an intermediate session now, and nothing else.
    """
    return SessionState(
        intermediate_session_token=token,
        intermediate_session_token_expires_at=emulator.clock.now() + LIFETIME,
    )


class TestCompletingALogin:
    """
    From the first factor to the stored session.
    """

    @every_factor
    async def test_from_start_to_session(self, client, emulator, ada, app, factor) -> None:
        """
        The login ends in an intermediate session, and the second factor turns it into a session.
        """
        first = await log_in(client, emulator)
        lacking = client.state
        code = await factor.code(client, emulator, ada)
        unchanged = client.state
        response = await factor.prove(client, ada, code)
        (request,) = logged(emulator, factor.operation)
        primary, secondary = response.member_session.authentication_factors

        assert not first.member_authenticated
        assert (None, "", "") == (first.member_session, first.session_token, first.session_jwt)
        assert waiting(first.intermediate_session_token, emulator) == lacking
        assert lacking is unchanged
        assert first.intermediate_session_token == request.json()["intermediate_session_token"]
        assert emulator.public_token == sent_as(request)
        assert isinstance(response.outcome, LoggedIn)
        assert holding(response) == client.state
        assert ("email_otp", "PRIMARY") == (primary.type, primary.sequence_order)
        assert (*factor.factor, "SECONDARY") == (
            secondary.type,
            secondary.delivery_method,
            secondary.sequence_order,
        )
        assert ada.member_id == (await client.self.get()).member.member_id

    @every_factor
    async def test_by_discovery(self, client, emulator, ada, app, factor) -> None:
        """
        Where the Organization is chosen after the first factor, the second follows the choice.
        """
        await client.otps.email.discovery.send(email_address=ADA)
        found = await client.otps.email.discovery.authenticate(
            email_address=ADA, code=emulator.outbox[-1].code
        )
        chosen = await client.discovery.intermediate_sessions.exchange(
            organization_id="acme", session_duration_minutes=60
        )
        lacking = client.state
        code = await factor.code(client, emulator, ada)
        response = await factor.prove(client, ada, code)

        assert isinstance(chosen.outcome, NeedsMFA)
        assert found.intermediate_session_token != chosen.intermediate_session_token
        assert waiting(chosen.intermediate_session_token, emulator) == lacking
        assert holding(response) == client.state
        assert 2 == len(response.member_session.authentication_factors)

    @every_factor
    async def test_drops_the_old_session(self, known, emulator, ada, app, factor) -> None:
        """
        A login that lacks a factor forgets the session before it; listeners are told of each step.
        """
        held, changes = known.state, []
        stranger = known.with_state(SessionState())
        known.session.on_change(lambda *change: changes.append(change))
        emulator.create_member("Acme", BOB, mfa_enrolled=True)
        first = await log_in(known, emulator, BOB)
        lacking = known.state
        # Another login takes the place of the one that lacks something, and ends with a session.
        second = await log_in(stranger, emulator)
        response = await factor.prove(
            known,
            ada,
            await factor.code(stranger, emulator, ada),
            intermediate_session_token=second.intermediate_session_token,
        )

        assert waiting(first.intermediate_session_token, emulator) == lacking
        assert holding(response) == known.state
        assert [
            (held.member_session, None),
            (None, response.member_session),
        ] == changes

    async def test_passcode_is_on_its_way(self, client, emulator, ada) -> None:
        """
        Whose phone comes first has got a passcode with the login, and need not ask for one.
        """
        emulator.enroll_phone(ada, PHONE)
        first = await log_in(client, emulator, locale="fr")
        code = emulator.outbox.last(to=PHONE).code
        response = await FACTORS["phone"].prove(client, ada, code)

        assert first.outcome.passcode_sent
        assert ("sms_otp",) == first.outcome.enrolled
        assert "fr" == logged(emulator, "otps.email.authenticate")[0].json()["locale"]
        assert [] == logged(emulator, "otps.sms.send")
        assert holding(response) == client.state

    async def test_primary_factor_comes_first(self, client, emulator, ada, app) -> None:
        """
        Where the first way does not do, another must follow before the second factor counts.
        """
        whose = {"organization_id": "acme", "email_address": ADA}
        await client.otps.email.login_or_signup(**whose)
        code = emulator.outbox.last(to=ADA).code
        emulator.update_organization(
            "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["magic_link"]
        )
        first = await client.otps.email.authenticate(
            **whose, code=code, session_duration_minutes=60
        )
        too_early = await refused(
            client, FACTORS["app"].prove(client, ada, emulator.totp_code(ada))
        )
        await client.magic_links.email.login_or_signup(**whose)
        second = await client.magic_links.authenticate(
            magic_links_token=emulator.outbox.last(kind="login").token, session_duration_minutes=60
        )
        sent = logged(emulator, "magic_links.authenticate")[0].json()
        response = await FACTORS["app"].prove(client, ada, emulator.totp_code(ada))

        assert isinstance(first.outcome, NeedsPrimaryFactor)
        assert ("magic_link",) == first.outcome.allowed_auth_methods
        assert first.mfa_required is None
        assert (AuthenticationError, 401, "insufficient_factors") == too_early
        assert first.intermediate_session_token == sent["intermediate_session_token"]
        assert isinstance(second.outcome, NeedsMFA)
        assert ["email_otp", "magic_link", "totp"] == [
            each.type for each in response.member_session.authentication_factors
        ]
        assert holding(response) == client.state

    @every_factor
    async def test_step_up(self, known, emulator, ada, app, factor, admin_session) -> None:
        """
        A session keeps its ID and token and gains the factor; listeners are told once.
        """
        before, changes = known.state, []
        known.session.on_change(lambda *change: changes.append(change))
        code = await factor.code(known, emulator, ada)
        emulator.clock.advance(seconds=1)
        response = await factor.prove(known, ada, code)
        (request,) = logged(emulator, factor.operation)

        assert admin_session.session_token == sent_as(request)
        assert "intermediate_session_token" not in request.json()
        assert admin_session.member_session_id == response.member_session.member_session_id
        assert ["magic_link", factor.factor[0]] == [
            each.type for each in response.member_session.authentication_factors
        ]
        assert before.session_token == response.session_token
        assert before.session_jwt != response.session_jwt
        assert holding(response) == known.state
        assert [(before.member_session, response.member_session)] == changes


class TestWhatIsOffered:
    """
    What a login without second factor says about how it can go on.
    """

    @pytest.mark.parametrize(
        ("has", "settings", "enrolled", "enrollable", "passcode_sent"),
        [
            ([], {}, (), ("totp", "sms_otp"), False),
            (["app"], {}, ("totp",), ("sms_otp",), False),
            (["phone"], {}, ("sms_otp",), ("totp",), True),
            (["app", "phone"], {}, ("totp", "sms_otp"), (), False),
            (["phone", "app"], {}, ("sms_otp", "totp"), (), True),
            ([], {"allowed_mfa_methods": ["totp"]}, (), ("totp",), False),
            (["phone"], {"allowed_mfa_methods": ["totp"]}, (), ("totp",), False),
            (["phone", "app"], {"allowed_mfa_methods": ["totp"]}, ("totp",), (), False),
            (["app"], {"allowed_mfa_methods": ["sms_otp"]}, (), ("sms_otp",), False),
            (["app", "phone"], {"allowed_mfa_methods": ["sms_otp"]}, ("sms_otp",), (), True),
        ],
    )
    async def test_methods(
        self, client, emulator, ada, mfa, has, settings, enrolled, enrollable, passcode_sent
    ) -> None:
        """
        The Member's default stands in front; what the Organization does not accept is left out.
        """
        for method in has:
            if method == "phone":
                emulator.enroll_phone(ada, PHONE)
            else:
                emulator.enroll_totp(ada)
        if settings:
            emulator.update_organization("Acme", mfa_methods="RESTRICTED", **settings)

        outcome = (await log_in(client, emulator)).outcome

        assert isinstance(outcome, NeedsMFA)
        assert (enrolled, enrollable) == (outcome.enrolled, outcome.enrollable)
        assert (ada.organization_id, ada.member_id) == (outcome.organization_id, outcome.member_id)
        assert passcode_sent is outcome.passcode_sent
        assert passcode_sent is (1 == sum(each.to == PHONE for each in emulator.outbox))

    async def test_nobody_asks(self, client, emulator) -> None:
        """
        Without policy and enrolment one factor is enough.
        """
        response = await log_in(client, emulator)

        assert isinstance(response.outcome, LoggedIn)
        assert response.mfa_required is None


class TestEnrolling:
    """
    Setting a second factor up, and choosing when and which one is asked for.
    """

    async def test_app_during_a_login(self, client, emulator, ada, mfa) -> None:
        """
        Who has nothing sets an app up while logging in, and is asked for it from then on.
        """
        first = await log_in(client, emulator)
        lacking = client.state
        created = await client.totp.create(organization_id="acme", member_id=ada.member_id)
        between = client.state
        response = await FACTORS["app"].prove(
            client, ada, pyotp.TOTP(created.secret).at(int(emulator.clock.now().timestamp()))
        )
        sent = [logged(emulator, name)[0].json() for name in ("totp.create", "totp.authenticate")]
        again = await log_in(client.with_state(SessionState()), emulator)

        assert () == first.outcome.enrolled
        assert lacking is between
        assert {first.intermediate_session_token} == {
            each["intermediate_session_token"] for each in sent
        }
        assert holding(response) == client.state
        assert (True, "totp", created.totp_registration_id) == (
            client.state.member.mfa_enrolled,
            client.state.member.default_mfa_method,
            client.state.member.totp_registration_id,
        )
        assert (("totp",), False) == (again.outcome.enrolled, again.outcome.passcode_sent)

    async def test_phone_during_a_login(self, client, emulator, ada, mfa) -> None:
        """
        Who has nothing sets a phone up while logging in, and gets passcodes from then on.
        """
        first = await log_in(client, emulator)
        lacking = client.state
        await client.otps.sms.send(
            organization_id="acme", member_id=ada.member_id, mfa_phone_number=PHONE
        )
        between = client.state
        code = emulator.outbox.last(to=PHONE).code
        response = await FACTORS["phone"].prove(client, ada, code)
        sent = logged(emulator, "otps.sms.send")[0].json()
        again = await log_in(client.with_state(SessionState()), emulator)

        assert (("totp", "sms_otp"), False) == (
            first.outcome.enrollable,
            first.outcome.passcode_sent,
        )
        assert lacking is between
        assert first.intermediate_session_token == sent["intermediate_session_token"]
        assert holding(response) == client.state
        assert (True, "sms_otp", PHONE, True) == (
            client.state.member.mfa_enrolled,
            client.state.member.default_mfa_method,
            client.state.member.mfa_phone_number,
            client.state.member.mfa_phone_number_verified,
        )
        assert (("sms_otp",), True) == (again.outcome.enrolled, again.outcome.passcode_sent)

    @enrolling_factor
    @pytest.mark.parametrize("policy", ["OPTIONAL", "REQUIRED_FOR_ALL"])
    async def test_set_mfa_enrollment(self, known, emulator, ada, app, factor, policy: str) -> None:
        """
        Where it is optional the Member chooses whether a login needs a second factor.
        """
        emulator.update_organization("Acme", mfa_policy=policy)
        enrolled: list[bool] = []
        outcomes: list[type] = []
        for choice in ("unenroll", None, "enroll", None):
            emulator.clock.advance(seconds=30)
            code = await factor.code(known, emulator, ada)
            await factor.prove(known, ada, code, set_mfa_enrollment=choice)
            enrolled.append(known.state.member.mfa_enrolled)
            response = await log_in(known.with_state(SessionState()), emulator)
            outcomes.append(type(response.outcome))
        sent = [request.json() for request in logged(emulator, factor.operation)]

        is_required = policy == "REQUIRED_FOR_ALL"
        one_is_enough = NeedsMFA if is_required else LoggedIn
        assert [is_required, is_required, True, True] == enrolled
        assert [one_is_enough, one_is_enough, NeedsMFA, NeedsMFA] == outcomes
        assert ["unenroll", None, "enroll", None] == [
            each.get("set_mfa_enrollment") for each in sent
        ]

    async def test_set_default_mfa(self, known, emulator, ada, app) -> None:
        """
        The app is asked for first once the Member says so, and not before.
        """
        seen = []
        for choice in (False, None, True):
            emulator.clock.advance(seconds=30)
            code = emulator.totp_code(ada)
            await FACTORS["app"].prove(known, ada, code, set_default_mfa=choice)
            outcome = (await log_in(known.with_state(SessionState()), emulator)).outcome
            default = known.state.member.default_mfa_method
            seen.append((default, outcome.enrolled, outcome.passcode_sent))
        sent = [request.json() for request in logged(emulator, "totp.authenticate")]

        assert [
            ("sms_otp", ("sms_otp", "totp"), True),
            ("sms_otp", ("sms_otp", "totp"), True),
            ("totp", ("totp", "sms_otp"), False),
        ] == seen
        assert [False, None, True] == [each.get("set_default_mfa") for each in sent]

    async def test_another_factor_needs_the_first(self, begun, emulator, ada, app) -> None:
        """
        A stolen first factor is not enough to add a second one.
        """
        emulator.update_member(ada, mfa_phone_number="", mfa_phone_number_verified=False)
        adding = begun.otps.sms.send(
            organization_id="acme", member_id=ada.member_id, mfa_phone_number=PHONE
        )

        assert (AuthenticationError, 401, "insufficient_factors") == await refused(begun, adding)


CALLS: dict[str, dict[str, Any]] = {
    "otps.sms.send": {},
    "otps.sms.authenticate": {"code": "123456", "session_duration_minutes": 60},
    "totp.create": {},
    "totp.authenticate": {"code": "123456", "session_duration_minutes": 60},
    "recovery_codes.recover": {
        "recovery_code": "aaaa-bbbb-cccc",
        "session_duration_minutes": 60,
    },
}
"""The calls on second factors, each with the arguments that do not say whose it is."""

every_call = pytest.mark.parametrize("operation", CALLS)


def call(client: Any, operation: str, member: Member, **options: Any) -> Awaitable[Any]:
    """
    Make a call on a Member's second factor.
    """
    whose = {"organization_id": "acme", "member_id": member.member_id}
    made: Awaitable[Any] = attrgetter(operation)(client)(**{**whose, **CALLS[operation], **options})
    return made


class TestIntermediateSession:
    """
    Ten minutes, by the emulator's clock, in which the login can go on.
    """

    @every_call
    async def test_expired(self, begun, emulator, ada, make_client, operation: str) -> None:
        """
        Who restores the state gets no fresh ten minutes; after them nothing is sent.
        """
        restored = make_client().with_state(SessionState.from_json(begun.state.to_json()))
        emulator.clock.advance(minutes=10)
        kept, already = restored.state, len(emulator.requests)
        for acting in (begun, restored):
            with pytest.raises(NoSessionError, match="an intermediate session") as caught:
                await call(acting, operation, ada)
            assert operation == caught.value.endpoint

        assert begun.state == restored.state
        assert kept is restored.state
        assert already == len(emulator.requests)

    @pytest.mark.parametrize(
        ("operation", "arguments"),
        [
            ("discovery.organizations.list", {}),
            ("discovery.organizations.create", {"session_duration_minutes": 60}),
            (
                "discovery.intermediate_sessions.exchange",
                {"organization_id": "acme", "session_duration_minutes": 60},
            ),
        ],
    )
    async def test_expired_discovery(self, client, emulator, operation: str, arguments) -> None:
        """
        The same holds for what follows on discovery.
        """
        await client.otps.email.discovery.send(email_address=ADA)
        await client.otps.email.discovery.authenticate(
            email_address=ADA, code=emulator.outbox[-1].code
        )
        restored = client.with_state(SessionState.from_json(client.state.to_json()))
        emulator.clock.advance(minutes=10)
        already = len(emulator.requests)

        with pytest.raises(NoSessionError) as caught:
            await attrgetter(operation)(restored)(**arguments)

        assert operation == caught.value.endpoint
        assert client.state == restored.state
        assert already == len(emulator.requests)

    @every_factor
    async def test_last_moment(self, begun, emulator, ada, make_client, factor) -> None:
        """
        A second before the end the login goes on, in another client that was given the state.
        """
        restored = make_client().with_state(SessionState.from_json(begun.state.to_json()))
        emulator.clock.advance(minutes=10, seconds=-1)

        code = await factor.code(restored, emulator, ada)
        response = await factor.prove(restored, ada, code)

        assert holding(response) == restored.state
        assert begun.state.intermediate_session_token is not None

    @every_factor
    async def test_expired_beside_a_session(self, known, emulator, ada, app, factor) -> None:
        """
        A session is enough: an intermediate token that has expired stays at home.
        """
        state = known.state
        acting = known.with_state(
            SessionState(
                session_token=state.session_token,
                session_jwt=state.session_jwt,
                intermediate_session_token="expired",
                intermediate_session_token_expires_at=emulator.clock.now(),
            )
        )

        code = await factor.code(acting, emulator, ada)
        response = await factor.prove(acting, ada, code)

        assert "intermediate_session_token" not in logged(emulator, factor.operation)[0].json()
        assert holding(response) == acting.state

    @every_factor
    @pytest.mark.parametrize("holds", ["another", "an expired one", "nothing"])
    async def test_callers_own(self, begun, emulator, ada, factor, holds: str) -> None:
        """
        The token that the caller gives goes before the one that the client holds.
        """
        stranger = begun.with_state(SessionState())
        code = await factor.code(begun, emulator, ada)
        if holds == "another":
            # A passcode goes with a login; the one of the other login must not void the code.
            emulator.update_member(ada, default_mfa_method="totp")
            await log_in(stranger, emulator)
        elif holds == "an expired one":
            stranger = begun.with_state(
                SessionState(
                    intermediate_session_token="expired",
                    intermediate_session_token_expires_at=emulator.clock.now(),
                )
            )
        own = begun.state.intermediate_session_token
        response = await factor.prove(stranger, ada, code, intermediate_session_token=own)

        assert own == logged(emulator, factor.operation)[0].json()["intermediate_session_token"]
        assert holding(response) == stranger.state

    @every_factor
    async def test_used(self, begun, emulator, ada, factor) -> None:
        """
        A login ends once: a client that still holds its token cannot end it again.
        """
        other = begun.with_state(begun.state)
        await factor.prove(other, ada, await factor.code(other, emulator, ada))

        with pytest.raises(NotFoundError) as caught:
            await factor.prove(begun, ada, factor.wrong)

        assert (404, "intermediate_session_not_found") == (
            caught.value.status_code,
            caught.value.error_type,
        )
        assert begun.state.session_token is None


async def unknown_organization(client: Any, emulator: Emulator, ada: Member) -> dict[str, Any]:
    """
    Name an Organization that is none.
    """
    return {"organization_id": "nobody"}


async def another_organization(client: Any, emulator: Emulator, ada: Member) -> dict[str, Any]:
    """
    Name an Organization where Ada is no Member.
    """
    return {"organization_id": emulator.create_organization("Other").organization_id}


async def unknown_member(client: Any, emulator: Emulator, ada: Member) -> dict[str, Any]:
    """
    Name a Member who is none.
    """
    return {"member_id": "nobody"}


async def another_member(client: Any, emulator: Emulator, ada: Member) -> dict[str, Any]:
    """
    Name a Member whom the login does not belong to.
    """
    return {"member_id": emulator.create_member("Acme", BOB).member_id}


async def unknown_token(client: Any, emulator: Emulator, ada: Member) -> dict[str, Any]:
    """
    Give an intermediate session that is none.
    """
    return {"intermediate_session_token": "own"}


async def another_persons_login(client: Any, emulator: Emulator, ada: Member) -> dict[str, Any]:
    """
    Give the intermediate session of somebody else.
    """
    emulator.create_member("Acme", BOB, mfa_enrolled=True)
    response = await log_in(client.with_state(SessionState()), emulator, BOB)
    return {"intermediate_session_token": response.intermediate_session_token}


async def deactivation(client: Any, emulator: Emulator, ada: Member) -> dict[str, Any]:
    """
    Deactivate Ada.
    """
    emulator.update_member(ada, status="deleted")
    return {}


SITUATIONS: dict[Any, Refusal] = {
    unknown_organization: (NotFoundError, 404, "organization_not_found"),
    another_organization: (NotFoundError, 404, "member_not_found"),
    unknown_member: (NotFoundError, 404, "member_not_found"),
    another_member: (
        BadRequestError,
        400,
        "invalid_intermediate_session_token_for_organization",
    ),
    unknown_token: (NotFoundError, 404, "intermediate_session_not_found"),
    another_persons_login: (
        BadRequestError,
        400,
        "invalid_intermediate_session_token_for_organization",
    ),
    deactivation: (BadRequestError, 400, "action_available_only_for_active_members"),
}


class TestRefusals:
    """
    What the API refuses for every second factor alike.
    """

    @every_call
    @pytest.mark.parametrize("situation", SITUATIONS)
    async def test_wrong_login(self, begun, emulator, ada, operation: str, situation) -> None:
        """
        What does not fit the login that has begun is refused, and the login goes on.
        """
        options = await situation(begun, emulator, ada)

        assert SITUATIONS[situation] == await refused(begun, call(begun, operation, ada, **options))

    @every_call
    async def test_other_member_than_the_sessions(
        self, known, emulator, app, operation: str
    ) -> None:
        """
        A session proves nothing about somebody else.
        """
        bob = emulator.create_member("Acme", BOB)

        assert (
            BadRequestError,
            400,
            "member_session_member_id_mismatch",
        ) == await refused(known, call(known, operation, bob))

    @every_call
    async def test_session_has_ended(self, known, emulator, ada, app, operation: str) -> None:
        """
        A session that has ended counts as none; what to do about it is left to the caller.
        """
        emulator.clock.advance(hours=2)

        assert (AuthenticationError, 401, "user_unauthenticated") == await refused(
            known, call(known, operation, ada)
        )

    @every_call
    async def test_primary_factor_is_missing(self, begun, emulator, ada, operation: str) -> None:
        """
        Before the first factor is what the Organization accepts no second one is taken.
        """
        emulator.update_organization(
            "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["sso"]
        )

        assert (AuthenticationError, 401, "insufficient_factors") == await refused(
            begun, call(begun, operation, ada)
        )

    @every_call
    async def test_method_is_not_accepted(self, known, emulator, ada, app, operation: str) -> None:
        """
        A second factor that the Organization does not accept is forbidden, for no permission.
        """
        accepted = "totp" if operation.startswith("otps") else "sms_otp"
        emulator.update_organization(
            "Acme", mfa_methods="RESTRICTED", allowed_mfa_methods=[accepted]
        )
        before = known.state

        with pytest.raises(PermissionDeniedError) as caught:
            await call(known, operation, ada)

        assert (403, "operation_restricted_by_organization_mfa_methods") == (
            caught.value.status_code,
            caught.value.error_type,
        )
        assert ((), ()) == (caught.value.missing_permissions, caught.value.required_permissions)
        assert before is known.state

    @every_call
    @pytest.mark.parametrize(
        "error",
        [
            "AuthenticationError",
            "BadRequestError",
            "CaptchaRequiredError",
            "NoSessionError",
            "NotFoundError",
            "PermissionDeniedError",
            "StytchOutcomeUnknownError",
        ],
    )
    async def test_documented(self, client, operation: str, error: str) -> None:
        """
        The docstring of the call names each error that the tests of this class meet.
        """
        text = inspect.getdoc(attrgetter(operation)(client)) or ""

        assert error in re.findall(r"^ {4}(\w+): ", text, re.MULTILINE)


@every_factor
@pytest.mark.parametrize("holds", ["an intermediate session", "a session"])
async def test_wrong_code(known, begun, emulator, ada, app, factor, holds: str) -> None:
    """
    A wrong code is an error of its own, after which the right one still is right.
    """
    acting = known if holds == "a session" else begun
    code = await factor.code(acting, emulator, ada)
    wrong = wrong_code(factor, emulator, app)

    assert (AuthenticationError, 401, factor.error_type) == await refused(
        acting, factor.prove(acting, ada, wrong)
    )
    assert holding(await factor.prove(acting, ada, code)) == acting.state


@every_factor
async def test_lockout(begun, emulator, ada, app, factor) -> None:
    """
    Too many wrong codes lock Ada: the right one is refused until the lock ends, and not repeated.
    """
    # Should it be repeated after all, the wait must come to an end.
    emulator.clock.unfreeze()
    emulator.set_lock_policy(attempts=3, minutes=5)
    wrong = wrong_code(factor, emulator, app)
    errors = [await refused(begun, factor.prove(begun, ada, wrong)) for _ in range(3)]
    code = await factor.code(begun, emulator, ada)
    before, already = begun.state, len(logged(emulator, factor.operation))
    with pytest.raises(RateLimitedError) as caught:
        await factor.prove(begun, ada, code)
    locked, sent = begun.state, len(logged(emulator, factor.operation))
    emulator.clock.advance(minutes=5)
    response = await factor.prove(begun, ada, await factor.code(begun, emulator, ada))

    assert [(AuthenticationError, 401, factor.error_type)] * 3 == errors
    assert (429, "user_lock_limit_reached") == (caught.value.status_code, caught.value.error_type)
    assert (1, already + 1) == (caught.value.attempts, sent)
    assert before is locked
    assert holding(response) == begun.state


FAILURES: dict[str, tuple[dict[str, Any], type[StytchError]]] = {
    "bad request": ({"status": 400}, BadRequestError),
    "unauthorized": ({"status": 401}, AuthenticationError),
    "session gone": (
        {"status": 404, "body": {"error_type": "session_not_found", "error_message": "m"}},
        AuthenticationError,
    ),
    "forbidden": ({"status": 403}, PermissionDeniedError),
    "captcha": ({"status": 403, "body": "Captcha required"}, CaptchaRequiredError),
    "server error": ({"status": 500}, ServerError),
    "unavailable": ({"status": 503}, ServerError),
    "dropped": ({"drop": "before_read"}, StytchOutcomeUnknownError),
    "lost": ({"drop": "after_read"}, StytchOutcomeUnknownError),
    "cut": ({"cut_body": True}, StytchOutcomeUnknownError),
    "no JSON": ({"status": 200, "body": "<p>"}, StytchResponseError),
    "redirect": ({"status": 302}, StytchResponseError),
}


@pytest.mark.parametrize("failure", FAILURES)
@every_call
@pytest.mark.parametrize("holds", ["an intermediate session", "a session"])
async def test_failure_logs_nobody_out(
    known, begun, emulator, ada, operation: str, failure: str, holds: str
) -> None:
    """
    However a call fails, the state stays exactly what it was, and nothing is sent twice.
    """
    acting = known if holds == "a session" else begun
    fault, expected = FAILURES[failure]
    before, changes = acting.state, []
    acting.session.on_change(lambda *change: changes.append(change))
    # Should it be repeated after all, the wait must come to an end.
    emulator.clock.unfreeze()
    emulator.faults.add(operation=operation, **fault)

    with pytest.raises(StytchError) as caught:
        await call(acting, operation, ada)

    assert expected is type(caught.value)
    assert operation == caught.value.endpoint
    assert before is acting.state
    assert [] == changes
    assert 1 == len(logged(emulator, operation))


@every_factor
async def test_lost_answer_of_a_login(begun, emulator, ada, factor) -> None:
    """
    A login whose last answer was lost can be begun again by the same client, once that is known.
    """
    code = await factor.code(begun, emulator, ada)
    before = begun.state
    emulator.faults.add(operation=factor.operation, drop="after_read", handle=True)

    with pytest.raises(StytchOutcomeUnknownError, match="may have taken effect"):
        await factor.prove(begun, ada, code)
    kept = begun.state
    with pytest.raises(NotFoundError) as caught:
        await factor.prove(begun, ada, code)
    again = await log_in(begun, emulator)

    assert before is kept
    assert (404, "intermediate_session_not_found") == (
        caught.value.status_code,
        caught.value.error_type,
    )
    assert isinstance(again.outcome, NeedsMFA)


@every_factor
async def test_answer_after_a_new_login(begun, emulator, ada, app, factor) -> None:
    """
    A session that comes late for a login that was given up does not replace the newer one.
    """
    emulator.update_member(ada, default_mfa_method="totp")
    code = await factor.code(begun, emulator, ada)
    late: list[Any] = []

    async def prove() -> None:
        late.append(await factor.prove(begun, ada, code))

    async with anyio.create_task_group() as group:
        hold(emulator, factor.operation)
        group.start_soon(prove)
        await until(lambda: logged(emulator, factor.operation))
        await begun.otps.email.discovery.send(email_address=ADA)
        newer = await begun.otps.email.discovery.authenticate(
            email_address=ADA, code=emulator.outbox.last(to=ADA).code
        )
        state = begun.state
        release(emulator)

    assert newer.intermediate_session_token == state.intermediate_session_token
    assert state is begun.state
    assert isinstance(late[0].outcome, LoggedIn)


class TestSecrets:
    """
    What neither objects nor errors nor the log show.
    """

    async def test_objects(self, client, emulator, ada, mfa, records) -> None:
        """
        Secret, QR code, recovery codes and tokens are in no response, state or client.
        """
        first = await log_in(client, emulator)
        between = client.state
        created = await client.totp.create(organization_id="acme", member_id=ada.member_id)
        proved = await FACTORS["app"].prove(client, ada, emulator.totp_code(ada))
        read = await client.recovery_codes.get()
        rotated = await client.recovery_codes.rotate()
        recovered = await FACTORS["recovery code"].prove(client, ada, rotated.recovery_codes[0])
        await client.otps.email.discovery.send(email_address=ADA)
        found = await client.with_state(SessionState()).otps.email.discovery.authenticate(
            email_address=ADA, code=emulator.outbox[-1].code
        )
        secrets = {
            first.intermediate_session_token,
            found.intermediate_session_token,
            created.secret,
            created.qr_code,
            created.qr_code[-32:],
            *created.recovery_codes,
            *rotated.recovery_codes,
            *(proved.session_token, proved.session_jwt, recovered.session_jwt),
        }
        objects = [
            *(first, created, proved, read, rotated, recovered, found),
            *(first.outcome, proved.outcome, recovered.outcome, found.outcome, created.meta),
            *(client, client.state, between, client.totp, client.recovery_codes, client.otps.sms),
        ]
        shown = "".join(f"{each!r}{each}" for each in objects) + repr(objects) + records()

        assert 28 == len(secrets)
        assert set() == {secret for secret in secrets if secret in shown}

    @every_call
    @pytest.mark.parametrize(
        "fault",
        [
            {"status": 400, "body": "<p>{}"},
            {"status": 401, "body": {"error_type": ["{}"], "error_details": {"code": "{}"}}},
            {"status": 429, "body": "{}"},
            {"status": 500, "body": "{}"},
            {"status": 200, "body": "{}"},
            {"status": 302, "headers": {"Location": "/?{}"}},
            {"drop": "after_read"},
            {"cut_body": True},
        ],
        ids=json.dumps,
    )
    async def test_failures(self, begun, emulator, ada, records, operation: str, fault) -> None:
        """
        However a call fails, its error and the log keep codes and tokens, though the answer has.
        """
        code, token = "canary-code-0123456789", "canary-token-0123456789"
        given = {"intermediate_session_token": token}
        given |= {name: code for name in CALLS[operation] if name.endswith("code")}
        emulator.faults.add(**json.loads(json.dumps(fault).replace("{}", f"{code} {token}")))

        with pytest.raises(StytchError) as caught:
            await call(begun, operation, ada, **given)
        shown = printed(caught.value) + records() + repr(begun)

        assert operation in shown
        assert token == logged(emulator, operation)[0].json()["intermediate_session_token"]
        assert "canary" not in shown
