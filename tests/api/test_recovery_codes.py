"""Recovery codes: seeing them, replacing them, and proving a second factor by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    LoggedIn,
    NoSessionError,
    NotFoundError,
    RateLimitedError,
    SessionState,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import Emulator, Member
from tests.api.support import Refusal, StillClock, logged, operations, refused, sent_as

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
NEVER_MADE = "aaaa-bbbb-cccc"

WRONG: Refusal = (AuthenticationError, 401, "unable_to_authenticate_recovery_code")


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has an account and an authenticator app; time stands still.
    """
    emulator.clock.freeze()
    member = emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"])
    emulator.enroll_totp(member)
    return member


@pytest.fixture
async def known(admin: AsyncStytchB2BClient) -> AsyncStytchB2BClient:
    """
    A client that acts as Ada and knows who she is.
    """
    await admin.session.authenticate()
    return admin


def recover(client: Any, ada: Member, code: str, **options: Any) -> Awaitable[Any]:
    """
    Prove Ada's second factor with a recovery code.
    """
    return client.recovery_codes.recover(
        organization_id="acme",
        member_id=ada.member_id,
        recovery_code=code,
        session_duration_minutes=60,
        **options,
    )


class TestSeeing:
    """
    Reading and replacing the codes.
    """

    async def test_get(self, known, emulator, ada) -> None:
        """
        The codes that are left, in order, by the session; the state stays what it was.
        """
        before = known.state

        response = await known.recovery_codes.get()

        assert tuple(ada.recovery_codes) == response.recovery_codes
        assert 10 == len(response.recovery_codes)
        assert ada.member_id == response.member_id == response.member.member_id
        assert "Acme" == response.organization.organization_name
        assert before.session_token == sent_as(logged(emulator, "recovery_codes.get")[0])
        assert before is known.state

    async def test_rotate(self, known, ada) -> None:
        """
        New codes take the place of all others, which prove nothing any more.
        """
        old = (await known.recovery_codes.get()).recovery_codes
        before = known.state
        rotated = (await known.recovery_codes.rotate()).recovery_codes
        after = known.state

        assert set(old).isdisjoint(rotated)
        assert rotated == (await known.recovery_codes.get()).recovery_codes
        assert before is after
        assert WRONG == await refused(known, recover(known, ada, old[0]))
        assert isinstance((await recover(known, ada, rotated[0])).outcome, LoggedIn)

    @pytest.mark.parametrize("name", ["get", "rotate"])
    async def test_no_app(self, member, emulator, name: str) -> None:
        """
        Who has no authenticator app has no codes either.
        """
        call = getattr(member.recovery_codes, name)()

        assert (NotFoundError, 404, "recovery_codes_not_found") == await refused(member, call)

    @pytest.mark.parametrize("name", ["get", "rotate"])
    @pytest.mark.parametrize("holds", ["nothing", "an intermediate session"])
    async def test_needs_a_session(self, client, emulator, name: str, holds: str) -> None:
        """
        Without a session nothing is sent: a login that is not complete shows no codes.
        """
        acting = client
        if holds == "an intermediate session":
            acting = client.with_state(SessionState(intermediate_session_token="token"))

        with pytest.raises(NoSessionError, match="needs a session") as caught:
            await getattr(acting.recovery_codes, name)()

        assert f"recovery_codes.{name}" == caught.value.endpoint
        assert [] == operations(emulator)

    @pytest.mark.parametrize("name", ["get", "rotate"])
    async def test_session_has_ended(self, known, emulator, name: str) -> None:
        """
        An expired session is an error, and what to do about it is left to the caller.
        """
        emulator.clock.advance(hours=2)
        call = getattr(known.recovery_codes, name)()

        assert (AuthenticationError, 404, "session_not_found") == await refused(known, call)

    async def test_reading_is_repeated(self, make_client, emulator, admin_session) -> None:
        """
        A server that is not there for a moment is asked again: reading changes nothing.
        """
        client = make_client(clock=StillClock()).with_session(
            session_token=admin_session.session_token
        )
        emulator.faults.add(status=503)
        emulator.faults.add(drop="after_read")

        response = await client.recovery_codes.get()

        assert 3 == response.meta.attempts
        assert 10 == len(response.recovery_codes)

    async def test_replacing_is_not_repeated(self, known, emulator) -> None:
        """
        Codes that were replaced while the answer was lost are told by reading them.
        """
        old = (await known.recovery_codes.get()).recovery_codes
        before = known.state
        emulator.faults.add(drop="after_read", handle=True)

        with pytest.raises(StytchOutcomeUnknownError, match="may have taken effect") as caught:
            await known.recovery_codes.rotate()
        response = await known.recovery_codes.get()

        assert ("recovery_codes.rotate", 1) == (caught.value.endpoint, caught.value.attempts)
        assert set(old).isdisjoint(response.recovery_codes)
        assert before is known.state


class TestRecovering:
    """
    What a recovery code does.
    """

    async def test_stands_in_for_the_app(self, known, emulator, ada) -> None:
        """
        The session gains the factor, and the answer tells how many codes are left.
        """
        before, changes = known.state, []
        known.session.on_change(lambda *change: changes.append(change))

        response = await recover(known, ada, ada.recovery_codes[3])
        factor = response.member_session.authentication_factors[1]

        assert 9 == response.recovery_codes_remaining == len(ada.recovery_codes)
        assert isinstance(response.outcome, LoggedIn)
        assert ("recovery_codes", "recovery_code", "SECONDARY") == (
            factor.type,
            factor.delivery_method,
            factor.sequence_order,
        )
        assert factor.recovery_code_factor.totp_recovery_code_id
        assert (
            SessionState(
                member_session=response.member_session,
                member=response.member,
                organization=response.organization,
                session_token=before.session_token,
                session_jwt=response.session_jwt,
            )
            == known.state
        )
        assert [(before.member_session, response.member_session)] == changes

    async def test_each_works_once(self, known, emulator, ada) -> None:
        """
        Code after code is used up, and none works again.
        """
        codes = list(ada.recovery_codes)
        remaining = [(await recover(known, ada, code)).recovery_codes_remaining for code in codes]

        assert list(range(9, -1, -1)) == remaining
        assert () == (await known.recovery_codes.get()).recovery_codes
        assert WRONG == await refused(known, recover(known, ada, codes[0]))

    async def test_wrong(self, known, emulator, ada) -> None:
        """
        A code that was never made uses up none, and leaves the session alone.
        """
        assert WRONG == await refused(known, recover(known, ada, NEVER_MADE))
        assert 10 == len((await known.recovery_codes.get()).recovery_codes)

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("123456", (BadRequestError, 400, "totp_code_used_as_recovery_code")),
            ("", (BadRequestError, 400, "invalid_recovery_code")),
            ("aaaabbbbcccc", (BadRequestError, 400, "invalid_recovery_code")),
        ],
    )
    async def test_no_code(self, known, emulator, ada, code: str, expected: Refusal) -> None:
        """
        What cannot be a recovery code is a bad request, and counts for no lock.
        """
        emulator.set_lock_policy(attempts=1)

        assert expected == await refused(known, recover(known, ada, code))
        assert isinstance((await recover(known, ada, ada.recovery_codes[0])).outcome, LoggedIn)

    async def test_somebody_elses(self, known, emulator, ada) -> None:
        """
        The codes of one Member prove nothing for another.
        """
        bob = emulator.create_member("Acme", "bob@acme.example")
        emulator.enroll_totp(bob)

        assert WRONG == await refused(known, recover(known, ada, bob.recovery_codes[0]))
        assert 10 == len(bob.recovery_codes)

    async def test_no_app(self, client, emulator) -> None:
        """
        Who has no authenticator app has nothing to recover from.
        """
        bob = emulator.create_member("Acme", "bob@acme.example")
        session = emulator.create_session(bob)
        acting = client.with_session(session_token=session.session_token)

        assert (NotFoundError, 404, "recovery_codes_not_found") == await refused(
            acting, recover(acting, bob, NEVER_MADE)
        )

    async def test_lost_answer(self, known, emulator, ada) -> None:
        """
        A code whose answer was lost is not sent again; reading tells that it is used up.
        """
        code = ada.recovery_codes[0]
        before = known.state
        emulator.faults.add(drop="after_read", handle=True)

        with pytest.raises(StytchOutcomeUnknownError) as caught:
            await recover(known, ada, code)
        left = (await known.recovery_codes.get()).recovery_codes

        assert ("recovery_codes.recover", 1) == (caught.value.endpoint, caught.value.attempts)
        assert before is known.state
        assert code not in left
        assert 9 == len(left)

    async def test_lock_keeps_nobody_from_reading(self, known, emulator, ada) -> None:
        """
        A lock is about proving who one is: the session of a locked Member goes on.
        """
        # Should it be repeated after all, the wait must come to an end.
        emulator.clock.unfreeze()
        emulator.set_lock_policy(attempts=1)
        await refused(known, recover(known, ada, NEVER_MADE))

        assert (RateLimitedError, 429, "user_lock_limit_reached") == await refused(
            known, recover(known, ada, ada.recovery_codes[0])
        )
        assert 10 == len((await known.recovery_codes.get()).recovery_codes)


CALLS: dict[str, Callable[[Any, Member], Any]] = {
    "get": lambda client, ada: client.recovery_codes.get(),
    "rotate": lambda client, ada: client.recovery_codes.rotate(),
    "recover": lambda client, ada: recover(client, ada, ada.recovery_codes[0]),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 400}, "BadRequestError"),
        ({"status": 401}, "AuthenticationError"),
        ({"status": 500}, "ServerError"),
        ({"status": 200, "body": "<p>"}, "StytchResponseError"),
    ],
)
async def test_failure_logs_nobody_out(known, emulator, ada, name: str, fault, expected) -> None:
    """
    However a call on recovery codes fails, session and Member stay what they were.
    """
    before = known.state
    # Should it be repeated after all, the wait must come to an end.
    emulator.clock.unfreeze()
    emulator.faults.add(**fault)

    with pytest.raises(Exception, match=f"recovery_codes.{name}") as caught:
        await CALLS[name](known, ada)

    assert expected == type(caught.value).__name__
    assert before is known.state


def test_sync(sync_admin: Any, emulator: Emulator, ada: Member) -> None:
    """
    The blocking client reads, replaces and uses the codes in the same way.
    """
    old = sync_admin.recovery_codes.get().recovery_codes
    rotated = sync_admin.recovery_codes.rotate().recovery_codes
    response = sync_admin.recovery_codes.recover(
        organization_id="acme",
        member_id=ada.member_id,
        recovery_code=rotated[0],
        session_duration_minutes=60,
    )

    assert set(old).isdisjoint(rotated)
    assert 9 == response.recovery_codes_remaining
    assert response.member_session == sync_admin.state.member_session
