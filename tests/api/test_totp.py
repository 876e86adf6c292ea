"""Authenticator apps: setting one up, and proving a second factor by its codes."""

from __future__ import annotations

import base64
import inspect
import re
from collections.abc import Awaitable
from typing import Any

import anyio
import pyotp
import pytest
from attrs import evolve

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InvalidArgumentError,
    LoggedIn,
    NoSessionError,
    NotFoundError,
    SessionState,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import Emulator, Member, SignedIn
from tests.api.support import Refusal, logged, operations, refused, sent_as

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
BOB = "bob@acme.example"
STEP = 30

WRONG: Refusal = (AuthenticationError, 401, "unable_to_authenticate_totp")


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has an account; time stands still in the middle of a step.
    """
    emulator.clock.freeze()
    into_the_step = emulator.clock.now().timestamp() % STEP
    emulator.clock.advance(seconds=STEP - into_the_step + 15)
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"])


@pytest.fixture
async def known(admin: AsyncStytchB2BClient) -> AsyncStytchB2BClient:
    """
    A client that acts as Ada and knows who she is.
    """
    await admin.session.authenticate()
    return admin


def create(client: Any, member: Member, **options: Any) -> Awaitable[Any]:
    """
    Begin to set up an app.
    """
    return client.totp.create(organization_id="acme", member_id=member.member_id, **options)


def prove(client: Any, member: Member, code: str, **options: Any) -> Awaitable[Any]:
    """
    Prove an app with a code.
    """
    return client.totp.authenticate(
        organization_id="acme",
        member_id=member.member_id,
        code=code,
        session_duration_minutes=60,
        **options,
    )


def code_at(emulator: Emulator, secret: str, steps: int = 0) -> str:
    """
    Return what an app shows so many steps from now.
    """
    return pyotp.TOTP(secret).at(int(emulator.clock.now().timestamp()) + steps * STEP)


def wrong_code(emulator: Emulator, secret: str) -> str:
    """
    Return six digits that no app near this time shows.
    """
    right = {code_at(emulator, secret, steps) for steps in (-1, 0, 1)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in right)


class TestCreating:
    """
    What beginning to set an app up does.
    """

    async def test_response(self, known, emulator, ada) -> None:
        """
        It holds all that an app needs, shown this once, and is sent by the session.
        """
        response = await create(known, ada, expiration_minutes=5)
        (request,) = logged(emulator, "totp.create")
        head, _, image = response.qr_code.partition(",")

        assert {
            "organization_id": "acme",
            "member_id": ada.member_id,
            "expiration_minutes": 5,
        } == request.json()
        assert known.state.session_token == sent_as(request)
        assert ada.member_id == response.member_id == response.member.member_id
        assert "Acme" == response.organization.organization_name
        assert response.totp_registration_id
        assert 20 == len(base64.b32decode(response.secret))
        assert 10 == len(set(response.recovery_codes))
        assert "data:image/png;base64" == head
        assert base64.b64decode(image).startswith(b"\x89PNG")

    async def test_updates_the_cached_member(self, known, emulator, ada) -> None:
        """
        Of the state only the Member changes, to what the answer says; no listener is told.
        """
        before, changes = known.state, []
        known.session.on_change(lambda *change: changes.append(change))
        emulator.update_member(ada, name="Ada L.")

        response = await create(known, ada)

        assert evolve(before, member=response.member) == known.state
        assert ("Ada", "Ada L.") == (before.member.name, known.state.member.name)
        assert [] == changes

    async def test_leaves_the_state_of_who_knows_nobody(self, admin, ada) -> None:
        """
        A client that holds tokens alone holds no more afterwards.
        """
        before = admin.state

        await create(admin, ada)

        assert before is admin.state
        assert admin.state.member is None

    async def test_about_somebody_else(self, known, emulator) -> None:
        """
        An app for another Member, by that Member's own login, leaves the cached one alone.
        """
        emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
        bob = emulator.create_member("Acme", BOB)
        stranger = known.with_state(SessionState())
        await stranger.otps.email.login_or_signup(organization_id="acme", email_address=BOB)
        begun = await stranger.otps.email.authenticate(
            organization_id="acme",
            email_address=BOB,
            code=emulator.outbox[-1].code,
            session_duration_minutes=60,
        )
        before = known.state

        response = await create(
            known, bob, intermediate_session_token=begun.intermediate_session_token
        )

        assert bob.member_id == response.member.member_id
        assert before is known.state
        assert ADA == known.state.member.email_address

    async def test_member_has_one(self, known, emulator, ada) -> None:
        """
        Who has an app that works gets no second one, which is a conflict.
        """
        registration = emulator.enroll_totp(ada)
        await prove(known, ada, emulator.totp_code(ada))
        existing = (ConflictError, 400, "active_totp_exists")

        assert existing == await refused(known, create(known, ada))
        assert registration.registration_id == known.state.member.totp_registration_id

    async def test_begins_again(self, known, emulator, ada) -> None:
        """
        Who lost sight of the secret gets another; the first is good no longer.
        """
        first = await create(known, ada)
        second = await create(known, ada)
        response = await prove(known, ada, code_at(emulator, second.secret))

        assert first.secret != second.secret
        assert set(first.recovery_codes).isdisjoint(second.recovery_codes)
        assert second.totp_registration_id == response.member.totp_registration_id

    @pytest.mark.parametrize("minutes", [4, 1441])
    async def test_limits(self, known, ada, minutes: int) -> None:
        """
        Less than five minutes and more than a day are a bad request.
        """
        assert (BadRequestError, 400, "invalid_expiration") == await refused(
            known, create(known, ada, expiration_minutes=minutes)
        )

    @pytest.mark.parametrize(("options", "minutes"), [({}, 60), ({"expiration_minutes": 5}, 5)])
    async def test_setup_expires(self, known, emulator, ada, options, minutes: int) -> None:
        """
        The first code must come in time: an hour, unless another time was asked for.
        """
        await known.session.authenticate(session_duration_minutes=1440)
        in_time = await create(known, ada, **options)
        emulator.clock.advance(minutes=minutes)
        late = await refused(known, prove(known, ada, code_at(emulator, in_time.secret)))
        again = await create(known, ada, **options)
        emulator.clock.advance(minutes=minutes, seconds=-1)

        assert (AuthenticationError, 401, "expired_totp") == late
        await prove(known, ada, code_at(emulator, again.secret))
        assert again.totp_registration_id == known.state.member.totp_registration_id

    async def test_documented_default(self, known) -> None:
        """
        The docstring tells the hour that a setup may take unless another time is asked for.
        """
        text = " ".join((inspect.getdoc(known.totp.create) or "").split())
        told = re.search(r"expiration_minutes: .*?Default: (\d+)\.", text)

        assert told is not None
        assert 60 == int(told[1])

    async def test_lost_answer(self, known, emulator, ada) -> None:
        """
        A secret that was lost is not asked for twice; the caller may begin again.
        """
        before = known.state
        emulator.faults.add(drop="after_read", handle=True)

        with pytest.raises(StytchOutcomeUnknownError, match="may have taken effect") as caught:
            await create(known, ada)
        kept = known.state
        response = await create(known, ada)

        assert ("totp.create", 1) == (caught.value.endpoint, caught.value.attempts)
        assert before is kept
        assert response.secret == ada.totp.secret


class TestAuthenticating:
    """
    What a code of an app does.
    """

    async def test_first_code(self, known, emulator, ada) -> None:
        """
        It ends the setup and strengthens the session, of which listeners are told once.
        """
        created = await create(known, ada)
        before, changes = known.state, []
        known.session.on_change(lambda *change: changes.append(change))

        response = await prove(known, ada, code_at(emulator, created.secret))
        factor = response.member_session.authentication_factors[1]

        assert created.totp_registration_id == known.state.member.totp_registration_id
        assert ("totp", False) == (
            known.state.member.default_mfa_method,
            known.state.member.mfa_enrolled,
        )
        assert ("totp", "authenticator_app", "SECONDARY") == (
            factor.type,
            factor.delivery_method,
            factor.sequence_order,
        )
        assert created.totp_registration_id == factor.authenticator_app_factor.totp_id
        assert before.session_token == known.state.session_token
        assert [(before.member_session, response.member_session)] == changes

    @pytest.mark.parametrize("steps", [-1, 0, 1])
    async def test_drift(self, known, emulator, ada, steps: int) -> None:
        """
        A clock may be one step off, either way.
        """
        secret = emulator.enroll_totp(ada).secret

        response = await prove(known, ada, code_at(emulator, secret, steps))

        assert 2 == len(response.member_session.authentication_factors)

    async def test_wrong_then_right(self, known, emulator, ada) -> None:
        """
        Who mistypes keeps the session, and may try again.
        """
        secret = emulator.enroll_totp(ada).secret

        assert WRONG == await refused(known, prove(known, ada, wrong_code(emulator, secret)))
        assert isinstance((await prove(known, ada, code_at(emulator, secret))).outcome, LoggedIn)

    async def test_used(self, known, emulator, ada) -> None:
        """
        Neither a code nor one from before it works again; the next one does.
        """
        secret = emulator.enroll_totp(ada).secret
        code, earlier = code_at(emulator, secret), code_at(emulator, secret, -1)
        await prove(known, ada, code)
        errors = [await refused(known, prove(known, ada, used)) for used in (code, earlier)]
        emulator.clock.advance(seconds=STEP)
        response = await prove(known, ada, code_at(emulator, secret))

        assert [(AuthenticationError, 401, "totp_code_already_authenticated")] * 2 == errors
        assert response.member_session == known.state.member_session

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("", (BadRequestError, 400, "invalid_totp_code")),
            ("12345", (BadRequestError, 400, "invalid_totp_code")),
            ("aaaa-bbbb-cccc", (BadRequestError, 400, "recovery_code_used_as_totp_code")),
        ],
    )
    async def test_no_code(self, known, emulator, ada, code: str, expected: Refusal) -> None:
        """
        What cannot be a code of an app is a bad request, and counts for no lock.
        """
        emulator.set_lock_policy(attempts=1)
        emulator.enroll_totp(ada)

        assert expected == await refused(known, prove(known, ada, code))
        assert isinstance((await prove(known, ada, emulator.totp_code(ada))).outcome, LoggedIn)

    async def test_no_app(self, known, ada) -> None:
        """
        A Member without an app has no codes.
        """
        assert (NotFoundError, 404, "totp_not_found") == await refused(
            known, prove(known, ada, "123456")
        )

    async def test_lost_answer(self, known, emulator, ada, admin_session: SignedIn) -> None:
        """
        A code whose answer was lost may be used up; the session is asked what became of it.
        """
        emulator.enroll_totp(ada)
        code = emulator.totp_code(ada)
        before = known.state
        emulator.faults.add(operation="totp.authenticate", cut_body=True, handle=True)

        with pytest.raises(StytchOutcomeUnknownError):
            await prove(known, ada, code)
        kept = known.state
        used = await refused(known, prove(known, ada, code))
        response = await known.session.authenticate()

        assert before is kept
        assert (AuthenticationError, 401, "totp_code_already_authenticated") == used
        assert 2 == len(response.member_session.authentication_factors)
        assert admin_session.member_session_id == response.member_session.member_session_id

    async def test_one_code_twice_at_once(self, known, emulator, ada) -> None:
        """
        Of two calls with one code one succeeds; what the other meets changes nothing.
        """
        emulator.enroll_totp(ada)
        code = emulator.totp_code(ada)
        responses, errors = [], []

        async def attempt() -> None:
            try:
                responses.append(await prove(known, ada, code))
            except AuthenticationError as error:
                errors.append(error.error_type)

        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(attempt)

        assert ["totp_code_already_authenticated"] == errors
        assert [known.state.session_jwt] == [each.session_jwt for each in responses]

    async def test_without_a_login(self, client, emulator, ada) -> None:
        """
        Who has not begun to log in is told so before anything is sent.
        """
        with pytest.raises(NoSessionError) as creating:
            await create(client, ada)
        with pytest.raises(NoSessionError) as proving:
            await prove(client, ada, "123456")

        assert "totp.create" == creating.value.endpoint
        assert "totp.authenticate" == proving.value.endpoint
        assert [] == operations(emulator)

    @pytest.mark.parametrize(
        ("options", "argument"),
        [
            ({"set_mfa_enrollment": "maybe"}, "set_mfa_enrollment"),
            ({"set_default_mfa": "yes"}, "set_default_mfa"),
        ],
    )
    async def test_arguments(self, known, emulator, ada, options, argument: str) -> None:
        """
        What cannot be right is found out before anything is sent.
        """
        already = operations(emulator)
        with pytest.raises(InvalidArgumentError) as caught:
            await prove(known, ada, "123456", **options)

        assert {argument} == set(caught.value.problems)
        assert already == operations(emulator)


def test_sync(sync_admin: Any, emulator: Emulator, ada: Member) -> None:
    """
    The blocking client sets an app up in the same way, and knows the Member afterwards.
    """
    sync_admin.session.authenticate()
    created = sync_admin.totp.create(organization_id="acme", member_id=ada.member_id)
    response = sync_admin.totp.authenticate(
        organization_id="acme",
        member_id=ada.member_id,
        code=code_at(emulator, created.secret),
        session_duration_minutes=60,
    )

    assert created.totp_registration_id == sync_admin.state.member.totp_registration_id
    assert response.member_session == sync_admin.state.member_session
