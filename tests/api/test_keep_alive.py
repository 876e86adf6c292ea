"""Keeping a session alive: when it is refreshed, what is borne, what ends it, how it is left."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from contextvars import Context
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

import anyio
import pytest
from attrs import evolve

from stytch_b2b import (
    AsyncKeepAlive,
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    ClientClosedError,
    EventHooks,
    InvalidArgumentError,
    ResponseEvent,
    SessionState,
    StytchError,
    Timeout,
)
from stytch_b2b._portal import in_daemon_thread
from stytch_b2b.emulator import Emulator, SignedIn
from tests.api.support import hold, logged, operations, release, sent_as, until
from tests.clocks import MovedClock

pytestmark = pytest.mark.anyio

AUTHENTICATE = "session.authenticate"
ADA = "ada@acme.example"
PASSWORD = "a long and winding pass phrase"
INTERVAL = pytest.approx(180)


def about(seconds: float) -> Any:
    """
    Compare with times of the API, which have no fractions.
    """
    return pytest.approx(seconds, abs=1)


def refreshes(emulator: Emulator) -> int:
    """
    Return how many refreshes reached the server.
    """
    return len(logged(emulator, AUTHENTICATE))


async def end_of(kept: AsyncKeepAlive) -> StytchError | None:
    """
    Return why the session is kept alive no longer, once it has ended.
    """
    with anyio.fail_after(10):
        return await kept.wait_stopped()


@pytest.fixture
def clock(emulator: Emulator) -> MovedClock:
    """
    The emulator's clock, standing still.
    """
    return MovedClock(emulator)


@pytest.fixture
def base(
    make_client: Callable[..., AsyncStytchB2BClient], clock: MovedClock
) -> AsyncStytchB2BClient:
    """
    A client that is logged out, and makes each call once.
    """
    return make_client(clock=clock, retries=0)


@pytest.fixture
def ada(base: AsyncStytchB2BClient, admin_session: SignedIn) -> AsyncStytchB2BClient:
    """
    A client that holds the tokens of Ada's session, which ends in an hour, and nothing else.
    """
    return base.with_session(session_token=admin_session.session_token)


async def log_in(client: AsyncStytchB2BClient, emulator: Emulator, minutes: int = 60) -> None:
    """
    Log in by a password.
    """
    emulator.set_password(emulator.create_member("Acme", f"{minutes}@acme.example"), PASSWORD)
    await client.passwords.authenticate(
        organization_id="acme",
        email_address=f"{minutes}@acme.example",
        password=PASSWORD,
        session_duration_minutes=minutes,
    )


def seconds_left(client: AsyncStytchB2BClient, clock: MovedClock) -> float:
    """
    Return how long the session lives on by what the client knows.
    """
    session = client.session.get_sync()
    assert session is not None
    return (session.expires_at - clock.now()).total_seconds()


class TestSchedule:
    """
    When the session is refreshed.
    """

    async def test_tokens_alone(self, ada, emulator, clock) -> None:
        """
        A session of which only the tokens are known is refreshed at once, then every 3 minutes.
        """
        async with ada.session.keep_alive():
            await clock.wait_number(1)
            for _ in range(3):
                await clock.pass_wait()

        assert [INTERVAL] * 4 == clock.waits
        assert [AUTHENTICATE] * 4 == operations(emulator)

    async def test_from_cache(self, ada, emulator, clock) -> None:
        """
        A session from storage is refreshed at once, however long it lives.
        """
        await ada.session.authenticate()
        stored = ada.with_state(evolve(ada.state, from_cache=True))

        async with stored.session.keep_alive():
            await clock.wait_number(1)

        assert 2 == refreshes(emulator)
        assert not stored.state.from_cache

    async def test_confirmed_just_now(self, base, emulator, clock) -> None:
        """
        A session that the server has just given waits for its turn.
        """
        await log_in(base, emulator)
        clock.move(100)

        async with base.session.keep_alive():
            assert about(80) == await clock.wait_number(1)
            assert 0 == refreshes(emulator)

    async def test_confirmed_long_ago(self, base, emulator, clock) -> None:
        """
        A session that the server has not confirmed for three minutes is refreshed at once.
        """
        await log_in(base, emulator)
        clock.move(181)

        async with base.session.keep_alive():
            assert INTERVAL == await clock.wait_number(1)

        assert 1 == refreshes(emulator)

    async def test_extend(self, ada, emulator, clock) -> None:
        """
        With a new lifetime each refresh moves the session's end, and it outlives the first one.
        """
        async with ada.session.keep_alive(extend=5) as kept:
            await clock.wait_number(1)
            for _ in range(25):
                assert about(300) == seconds_left(ada, clock)
                await clock.pass_wait()

        assert {5} == {
            each.json()["session_duration_minutes"] for each in logged(emulator, AUTHENTICATE)
        }
        assert 26 == refreshes(emulator)
        assert kept.error is None

    async def test_without_extend(self, base, emulator, clock, caplog) -> None:
        """
        Else the end stays: it is looked at shortly before, and once it has come everybody is told.
        """
        told: list[object] = []
        base.session.on_change(lambda old, new: told.append(new))

        async with base.session.keep_alive() as kept:
            await log_in(base, emulator, minutes=5)
            ends = base.session.get_sync().expires_at
            await clock.wait_number(1)
            await clock.pass_wait()
            await clock.pass_wait()
            still = base.session.get_sync().expires_at
            clock.move(10)
            error = await end_of(kept)

        assert ends == still
        assert [about(each) for each in (180, 110, 10)] == clock.waits
        assert isinstance(error, AuthenticationError)
        assert "session_not_found" == error.error_type
        assert error is kept.error
        assert SessionState() == base.state
        assert told[-1] is None
        (record,) = (each for each in caplog.records if each.levelno == logging.WARNING)
        assert "the session is no longer kept alive: session_not_found" in record.getMessage()

    async def test_short_session_is_saved(self, base, emulator, clock) -> None:
        """
        A session that ends within three minutes is refreshed before, and lives on.
        """
        short = emulator.sign_in(ADA, "Acme", duration_minutes=5)
        clock.move(240)
        client = base.with_session(session_token=short.session_token)
        await client.session.authenticate()

        async with client.session.keep_alive(extend=60):
            assert about(50) == await clock.wait_number(1)
            await clock.pass_wait()

        assert about(3600) == seconds_left(client, clock)

    @pytest.mark.parametrize("hours", [-12, 12])
    async def test_wrong_clock(
        self, make_client, admin_session, emulator, clock, hours: int
    ) -> None:
        """
        A machine whose time of day is wrong makes as many requests as any other.
        """
        clock.now = lambda: emulator.clock.now() + timedelta(hours=hours)
        client = make_client(clock=clock).with_session(session_token=admin_session.session_token)

        async with client.session.keep_alive():
            await clock.wait_number(1)
            for _ in range(3):
                await clock.pass_wait()

        assert [INTERVAL] * 4 == clock.waits

    async def test_refresh_by_the_program(self, ada, emulator, clock) -> None:
        """
        A refresh by somebody else counts: the next one is three minutes after it.
        """
        async with ada.session.keep_alive():
            await clock.wait_number(1)
            clock.move(100)
            await ada.session.authenticate()
            await clock.wait_number(2)
            await clock.pass_wait()

        assert [INTERVAL] * 3 == clock.waits
        assert 3 == refreshes(emulator)

    async def test_login_by_the_program(self, ada, emulator, clock) -> None:
        """
        A login that takes the session's place counts too.
        """
        async with ada.session.keep_alive():
            await clock.wait_number(1)
            clock.move(100)
            await log_in(ada, emulator)
            await clock.wait_number(2)
            await clock.pass_wait()

        first, second = logged(emulator, AUTHENTICATE)
        assert [INTERVAL] * 3 == clock.waits
        assert sent_as(first) != sent_as(second) == ada.state.session_token

    async def test_other_answers(self, ada, emulator, clock) -> None:
        """
        What says nothing about the session moves nothing.
        """
        async with ada.session.keep_alive():
            await clock.wait_number(1)
            clock.move(100)
            await ada.self.update(name="Ada")
            ada.session.update_session(
                session_token=ada.state.session_token, session_jwt=ada.state.session_jwt
            )
            await until(lambda: clock.waits[-1] < 100)

        assert about(80) == clock.waits[-1]
        assert 1 == refreshes(emulator)

    async def test_session_taken_over(self, ada, emulator, clock, member_session) -> None:
        """
        Another session that was taken over is confirmed at once, soon after a refresh or not.
        """
        async with ada.session.keep_alive():
            await clock.wait_number(1)
            clock.move(3)
            ada.session.update_session(session_token=member_session.session_token)
            await clock.wait_number(2)

        assert member_session.member_id == ada.state.member_id
        assert 2 == refreshes(emulator)

    async def test_logged_out(self, base, emulator, clock) -> None:
        """
        A client without a session is left alone until it logs in, again and again.
        """
        async with base.session.keep_alive() as kept:
            for count in (1, 2):
                clock.move(3600)
                await anyio.wait_all_tasks_blocked()
                await log_in(base, emulator, minutes=60 + count)
                await clock.wait_number(2 * count - 1)
                assert INTERVAL == await clock.pass_wait()
                assert count == refreshes(emulator)
                await base.session.revoke()
            assert kept.is_running

        assert kept.error is None

    async def test_many(self, base, emulator, clock) -> None:
        """
        Two hundred Members' sessions are kept alive at once, each by requests of its own.
        """
        sessions = [emulator.sign_in(f"{number}@acme.example", "Acme") for number in range(200)]
        async with AsyncExitStack() as stack:
            for each in sessions:
                client = base.with_session(session_token=each.session_token)
                await stack.enter_async_context(client.session.keep_alive(extend=60))
            await clock.wait_number(200)
            clock.move(180)
            await clock.wait_number(400)

        tokens = sorted(sent_as(request) for request in logged(emulator, AUTHENTICATE))
        assert sorted(2 * [each.session_token for each in sessions]) == tokens
        assert [INTERVAL] * 400 == clock.waits


def error_body(error_type: str) -> dict[str, Any]:
    """
    Return the body of an error of a type.
    """
    return {"status_code": 400, "error_type": error_type, "error_message": "m"}


PASSING: dict[str, dict[str, Any]] = {
    "server error": {"status": 500},
    "bad gateway": {"status": 502},
    "page of a proxy": {"status": 503, "body": "<html>later</html>"},
    "page of a network": {"status": 403, "body": "<html>accept the terms first</html>"},
    "redirect": {"status": 302, "headers": {"Location": "/terms"}},
    "no JSON": {"status": 200, "body": "fine"},
    "cut": {"cut_body": True, "handle": True},
    "dropped unread": {"drop": "before_read"},
    "dropped read": {"drop": "after_read"},
    "rate limit": {"status": 429},
    "rate limit of a lock": {"status": 429, "body": error_body("user_lock_limit_reached")},
}


class TestPassingFailures:
    """
    The network fails, the server has its troubles: nobody is logged out for that.
    """

    @pytest.mark.parametrize("failure", PASSING)
    async def test_backoff(self, ada, emulator, clock, failure: str) -> None:
        """
        Pauses grow with each failure, within bounds, and the first answer ends them.
        """
        emulator.faults.add(operation=AUTHENTICATE, times=4, **PASSING[failure])

        async with ada.session.keep_alive() as kept:
            await clock.wait_number(1)
            for _ in range(3):
                await clock.pass_wait()
                assert kept.is_running
            emulator.faults.clear()
            assert INTERVAL == await clock.pass_wait()

        for longest, wait in zip([4, 8, 16, 32], clock.waits, strict=False):
            assert longest / 2 <= wait <= longest
        assert 5 == len(clock.waits)
        assert kept.error is None
        assert ada.session.get_sync() is not None

    async def test_pauses_differ(self, base, emulator, clock, admin_session) -> None:
        """
        Clients that failed together do not come back together.
        """
        emulator.faults.add(operation=AUTHENTICATE, times=20, status=500)
        async with AsyncExitStack() as stack:
            for _ in range(20):
                client = base.with_session(session_token=admin_session.session_token)
                await stack.enter_async_context(client.session.keep_alive())
            await clock.wait_number(20)

        assert len(set(clock.waits)) > 1

    async def test_longest_pause(self, ada, emulator, clock) -> None:
        """
        The pause grows to three minutes and no further.
        """
        emulator.faults.add(operation=AUTHENTICATE, times=99, status=500)

        async with ada.session.keep_alive():
            await clock.wait_number(1)
            for _ in range(9):
                await clock.pass_wait()

        assert all(90 <= wait <= 180 for wait in clock.waits[6:])

    async def test_silence(self, make_client, emulator, clock, admin_session) -> None:
        """
        A server that does not answer is tried again as well.
        """
        client = make_client(clock=clock, retries=0, timeout=Timeout(read=0.15))
        client.session.update_session(session_token=admin_session.session_token)
        emulator.faults.add(operation=AUTHENTICATE, delay=3600)

        async with client.session.keep_alive() as kept:
            assert 2 <= await clock.wait_number(1) <= 4
            assert INTERVAL == await clock.pass_wait()

        assert kept.error is None

    async def test_no_network(self, make_client, clock) -> None:
        """
        Without a network the session is kept, and tried again and again.
        """
        client = make_client(clock=clock, retries=0, base_url="http://127.0.0.1:9")
        client.session.update_session(session_token="token")

        async with client.session.keep_alive() as kept:
            await clock.wait_number(1)
            await clock.pass_wait()
            assert kept.is_running

        assert "token" == client.state.session_token

    async def test_retries_of_the_client(self, make_client, emulator, clock, admin_session) -> None:
        """
        What the client itself tries again is no failure yet.
        """
        client = make_client(clock=clock)
        client.session.update_session(session_token=admin_session.session_token)
        emulator.faults.add(operation=AUTHENTICATE, status=503)

        async with client.session.keep_alive():
            await clock.wait_number(1)
            assert INTERVAL == await clock.pass_wait()

        assert 2 == refreshes(emulator)

    @pytest.mark.parametrize("form", ["seconds", "date"])
    async def test_retry_after(self, ada, emulator, clock, form: str) -> None:
        """
        A rate limit that says how long to wait is waited for.
        """
        date = format_datetime(clock.now() + timedelta(seconds=77), usegmt=True)
        value = "77" if form == "seconds" else date
        emulator.faults.add(operation=AUTHENTICATE, status=429, headers={"Retry-After": value})

        async with ada.session.keep_alive():
            assert about(77) == await clock.wait_number(1)
            assert INTERVAL == await clock.pass_wait()

    async def test_retry_at_once(self, ada, emulator, clock) -> None:
        """
        A server that asks for no pause is given one all the same.
        """
        emulator.faults.add(operation=AUTHENTICATE, status=429, headers={"Retry-After": "0"})

        async with ada.session.keep_alive():
            assert 2 <= await clock.wait_number(1) <= 4

    @pytest.mark.parametrize("from_cache", [False, True], ids=["confirmed", "from_cache"])
    async def test_last_chance(self, base, emulator, clock, from_cache: bool) -> None:
        """
        However long a pause was asked for, the session is tried before it ends, and is saved.
        """
        await log_in(base, emulator, minutes=5)
        client = base.with_state(evolve(base.state, from_cache=from_cache))
        clock.move(180)
        emulator.faults.add(operation=AUTHENTICATE, status=429, headers={"Retry-After": "3600"})

        async with client.session.keep_alive(extend=60):
            assert about(110) == await clock.wait_number(1)
            assert INTERVAL == await clock.pass_wait()

        assert about(3600) == seconds_left(client, clock)

    async def test_somebody_else_succeeds(self, ada, emulator, clock) -> None:
        """
        Whoever gets an answer meanwhile ends the backoff for everybody.
        """
        emulator.faults.add(operation=AUTHENTICATE, status=500)

        async with ada.session.keep_alive():
            await clock.wait_number(1)
            await ada.session.authenticate()
            assert INTERVAL == await clock.wait_number(2)

    async def test_somebody_else_succeeds_meanwhile(self, ada, emulator, clock) -> None:
        """
        Also while the refresh that fails is on its way.
        """
        emulator.faults.add(operation=AUTHENTICATE, status=500, delay=20)

        async with ada.session.keep_alive(extend=60):
            await until(lambda: refreshes(emulator) == 1)
            await ada.session.authenticate()
            release(emulator)
            assert INTERVAL == await clock.wait_number(1)


UNRECOVERABLE = (
    "invalid_secret_authentication",
    "session_not_found",
    "unauthorized_credentials",
    "user_unauthenticated",
)


class TestEnds:
    """
    What no patience helps against ends it, and says so; the block goes on.
    """

    async def test_revoked(self, ada, emulator, clock, admin_session, records) -> None:
        """
        A session that was revoked at the server is gone, and why is there to be read.
        """
        async with ada.session.keep_alive() as kept:
            await clock.wait_number(1)
            elsewhere = ada.with_session(session_token=admin_session.session_token)
            await elsewhere.session.revoke()
            running = kept.is_running
            clock.move(180)
            error = await end_of(kept)
            clock.move(3600)
            await anyio.wait_all_tasks_blocked()

        assert (True, False) == (running, kept.is_running)
        assert isinstance(error, AuthenticationError)
        assert "session_not_found" == error.error_type
        assert SessionState() == ada.state
        assert 2 == refreshes(emulator)
        assert admin_session.session_token not in records()

    @pytest.mark.parametrize("error_type", UNRECOVERABLE)
    async def test_unrecoverable(self, ada, emulator, error_type: str) -> None:
        """
        Each error that means the end of the session means the end here.
        """
        emulator.faults.add(operation=AUTHENTICATE, status=401, body=error_body(error_type))

        async with ada.session.keep_alive() as kept:
            error = await end_of(kept)

        assert isinstance(error, AuthenticationError)
        assert SessionState() == ada.state

    async def test_bad_request(self, ada, emulator, admin_session) -> None:
        """
        A refusal that is not about the session ends it too, and the session stays.
        """
        body = error_body("session_duration_too_long")
        emulator.faults.add(operation=AUTHENTICATE, status=400, body=body)

        async with ada.session.keep_alive(extend=527_040) as kept:
            error = await end_of(kept)

        assert isinstance(error, BadRequestError)
        assert admin_session.session_token == ada.state.session_token

    async def test_client_closed(self, base, ada, clock) -> None:
        """
        A client that is closed under it cannot refresh any more.
        """
        async with ada.session.keep_alive() as kept:
            await clock.wait_number(1)
            await base.aclose()
            clock.move(180)
            error = await end_of(kept)

        assert isinstance(error, ClientClosedError)
        assert ada.session.get_sync() is not None

    async def test_client_closed_in_mid_request(self, base, ada, emulator, clock) -> None:
        """
        A refresh that the closing cuts off is tried again, and then it is known.
        """
        emulator.faults.add(operation=AUTHENTICATE, delay=3600)

        async with ada.session.keep_alive() as kept:
            await until(lambda: refreshes(emulator) == 1)
            await base.aclose()
            await clock.wait_number(1)
            clock.move(4)
            error = await end_of(kept)

        assert isinstance(error, ClientClosedError)

    async def test_everybody_waits(self, ada, emulator) -> None:
        """
        Any number of tasks can wait for the end, before it and after it.
        """
        errors: list[object] = []
        emulator.faults.add(operation=AUTHENTICATE, status=400, delay=20)

        async with ada.session.keep_alive() as kept, anyio.create_task_group() as tasks:

            async def wait() -> None:
                errors.append(await kept.wait_stopped())

            for _ in range(3):
                tasks.start_soon(wait)
            await until(lambda: refreshes(emulator) == 1)
            release(emulator)
        await wait()

        assert [kept.error] * 4 == errors

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    async def test_waited_for_in_another_loop(self, ada, emulator, backend: str) -> None:
        """
        Whoever waits in another event loop is told too, and is no burden to this one.
        """
        errors: list[object] = []
        waits = threading.Event()
        emulator.faults.add(operation=AUTHENTICATE, status=400, delay=20)

        async def wait() -> None:
            async with anyio.create_task_group() as tasks:

                @tasks.start_soon
                async def wait_stopped() -> None:
                    errors.append(await kept.wait_stopped())

                await anyio.wait_all_tasks_blocked()
                waits.set()

        async with ada.session.keep_alive() as kept, anyio.create_task_group() as tasks:
            run = partial(Context().run, partial(anyio.run, wait, backend=backend))
            tasks.start_soon(in_daemon_thread, run)
            await until(lambda: waits.is_set() and refreshes(emulator) == 1)
            release(emulator)
            await end_of(kept)

        assert kept.error is not None
        assert [kept.error] == errors

    async def test_unforeseen(self, ada, clock) -> None:
        """
        A failure that nobody foresaw is raised from the block, as itself.
        """
        mistake = RuntimeError("the clock is broken")

        async def broken(seconds: float) -> None:
            raise mistake

        clock.sleep = broken
        kept = ada.session.keep_alive()

        async def wait() -> None:
            async with kept:
                await anyio.sleep_forever()

        with pytest.raises(RuntimeError) as caught:
            await wait()

        assert mistake is caught.value
        assert (False, None) == (kept.is_running, kept.error)


class TestRaces:
    """
    The session changes while a refresh is on its way.
    """

    async def test_replaced(self, ada, emulator, clock, admin_session, member_session) -> None:
        """
        An answer about a session that was replaced is thrown away, and the new one is asked about.
        """
        hold(emulator, AUTHENTICATE)

        async with ada.session.keep_alive():
            await until(lambda: refreshes(emulator) == 1)
            ada.session.update_session(session_token=member_session.session_token)
            release(emulator)
            assert INTERVAL == await clock.wait_number(1)

        assert [admin_session.session_token, member_session.session_token] == [
            sent_as(request) for request in logged(emulator, AUTHENTICATE)
        ]
        assert member_session.member_id == ada.state.member_id

    async def test_replaced_twice(self, ada, emulator, clock, member_session) -> None:
        """
        The refusal of a session that nobody holds any more ends nothing.
        """
        third = emulator.sign_in("third@acme.example", "Acme")
        hold(emulator, AUTHENTICATE)
        gone = error_body("session_not_found")
        emulator.faults.add(operation=AUTHENTICATE, status=404, body=gone, delay=20)

        async with ada.session.keep_alive() as kept:
            await until(lambda: refreshes(emulator) == 1)
            ada.session.update_session(session_token=member_session.session_token)
            release(emulator)
            await until(lambda: refreshes(emulator) == 2)
            ada.session.update_session(session_token=third.session_token)
            release(emulator)
            assert INTERVAL == await clock.wait_number(1)

        assert kept.error is None
        assert third.member_id == ada.state.member_id

    @pytest.mark.parametrize("is_refused", [False, True], ids=["confirmed", "refused"])
    async def test_logged_out(
        self, make_client, emulator, clock, admin_session, is_refused: bool
    ) -> None:
        """
        Who logs out while the answer is on its way, whatever it says, is waited for to log in.
        """
        answered: list[ResponseEvent] = []
        client = make_client(clock=clock, event_hooks=[EventHooks(response=answered.append)])
        client.session.update_session(session_token=admin_session.session_token)
        gone = {"status": 404, "body": error_body("session_not_found")} if is_refused else {}
        emulator.faults.add(operation=AUTHENTICATE, delay=20, **gone)

        async with client.session.keep_alive() as kept:
            await until(lambda: refreshes(emulator) == 1)
            await client.session.revoke()
            release(emulator)
            await until(lambda: AUTHENTICATE in [event.request.call for event in answered])
            between = client.state
            await log_in(client, emulator)
            assert INTERVAL == await clock.wait_number(1)
            assert kept.is_running

        assert SessionState() == between
        assert 1 == refreshes(emulator)


class TestBlock:
    """
    It begins and ends with its block.
    """

    @pytest.fixture
    def held(self, ada: AsyncStytchB2BClient, emulator: Emulator) -> AsyncStytchB2BClient:
        """
        A client whose refresh is answered in an hour.
        """
        emulator.faults.add(operation=AUTHENTICATE, delay=3600)
        return ada

    async def test_left_in_mid_request(self, held, emulator) -> None:
        """
        Leaving ends it at once, whatever it waits for, and leaves no task.
        """
        before = len(anyio.get_running_tasks())
        async with held.session.keep_alive() as kept:
            await until(lambda: refreshes(emulator) == 1)

        assert before == len(anyio.get_running_tasks())
        assert not kept.is_running
        assert await kept.wait_stopped() is None

    async def test_left_before_it_began(self, ada, emulator) -> None:
        """
        A block without a checkpoint sends nothing.
        """
        async with ada.session.keep_alive():
            pass

        assert [] == operations(emulator)

    async def test_exceptions(self, held, emulator) -> None:
        """
        What is raised in the block leaves it as it is, in no group and with no history.
        """
        mistake = LookupError("own")

        async def fail() -> None:
            async with held.session.keep_alive():
                await until(lambda: refreshes(emulator) == 1)
                raise mistake

        with pytest.raises(LookupError) as caught:
            await fail()

        assert mistake is caught.value
        assert mistake.__context__ is None

    async def test_cancelled(self, held, emulator) -> None:
        """
        Who is cancelled in the block leaves it like any other.
        """
        with anyio.CancelScope() as scope:
            async with held.session.keep_alive() as kept:
                await until(lambda: refreshes(emulator) == 1)
                scope.cancel()
                await anyio.sleep_forever()

        assert scope.cancelled_caught
        assert not kept.is_running

    async def test_one_at_a_time(self, ada) -> None:
        """
        A second one for the same state is refused, and the first goes on.
        """
        async with ada.session.keep_alive() as kept:
            for client in (ada, ada.with_options(timeout=3)):
                with pytest.raises(RuntimeError, match="kept alive already"):
                    await client.session.keep_alive().__aenter__()
            assert kept.is_running

    async def test_one_after_the_other(self, ada, emulator) -> None:
        """
        After the first has ended, by itself or with its block, there may be another.
        """
        emulator.faults.add(operation=AUTHENTICATE, status=400)
        async with ada.session.keep_alive() as ended:
            await end_of(ended)
            async with ada.session.keep_alive() as second:
                await until(ada.session.get_sync)
                assert (False, True) == (ended.is_running, second.is_running)
        async with ada.session.keep_alive() as third:
            assert third.is_running

    async def test_entered_twice(self, ada) -> None:
        """
        Each is for one block; one that was not entered yet has no end to wait for.
        """
        kept = ada.session.keep_alive()
        with pytest.raises(RuntimeError, match="enter the block first"):
            await kept.wait_stopped()
        async with kept:
            pass

        with pytest.raises(RuntimeError, match="entered before"):
            await kept.__aenter__()

    @pytest.mark.parametrize("extend", [4, 527_041, "60", True, 7.5])
    async def test_extend_is_checked(self, ada, emulator, extend: Any) -> None:
        """
        A lifetime that cannot be is refused before there is anything to enter.
        """
        with pytest.raises(InvalidArgumentError, match="extend") as caught:
            ada.session.keep_alive(extend=extend)

        assert ["extend"] == list(caught.value.problems)
        assert "session.keep_alive" == caught.value.endpoint
        assert caught.value.__cause__ is None


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_cancelled_by_asyncio(ada, emulator) -> None:
    """
    A task that asyncio cancels ends as cancelled, and owes its canceller nothing.
    """
    emulator.faults.add(operation=AUTHENTICATE, delay=3600)

    async def keep() -> None:
        async with ada.session.keep_alive():
            await asyncio.Event().wait()

    task = asyncio.create_task(keep())
    await until(lambda: refreshes(emulator) == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert task.cancelled()


def test_every_way_to_run(emulator, admin_session) -> None:
    """
    A client made at module level keeps its session alive in one loop after the other.
    """
    client = AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url)
    view = client.with_session(session_token=admin_session.session_token)

    async def keep() -> None:
        async with view.session.keep_alive() as kept:
            count = refreshes(emulator)
            await view.session.authenticate()
            assert kept.is_running
        assert refreshes(emulator) > count

    for backend in ("asyncio", "trio", "asyncio"):
        anyio.run(keep, backend=backend)
    asyncio.run(client.aclose())


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("delay", [0, 3600], ids=["at_rest", "in_mid_request"])
def test_exit_in_the_block(emulator, admin_session, backend: str, delay: int) -> None:
    """
    A program that exits in the block ends at once, with its status and without a word.
    """
    emulator.faults.add(operation=AUTHENTICATE, delay=delay)
    program = f"""
import anyio, sys
from stytch_b2b import AsyncStytchB2BClient
client = AsyncStytchB2BClient({emulator.public_token!r}, base_url={emulator.url!r})
client.session.update_session(session_token={admin_session.session_token!r})
async def main():
    async with client.session.keep_alive():
        await anyio.sleep(0.01)
        sys.exit(0)
anyio.run(main, backend={backend!r})
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
