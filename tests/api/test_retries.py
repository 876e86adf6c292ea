"""When a call is sent again: by what repeating it would do, and by how far it came."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import trustme

from stytch_b2b import (
    AsyncStytchB2BClient,
    RateLimitedError,
    ServerError,
    StytchB2BClient,
    StytchConnectionError,
    StytchOutcomeUnknownError,
    StytchResponseError,
    StytchTimeoutError,
    Timeout,
)
from stytch_b2b.emulator import Emulator
from tests.api.support import StillClock, chain, logged, operations, sent_as

pytestmark = pytest.mark.anyio

ATTEMPTS = 3
"""One, and the two repeats that a client makes unless told otherwise."""

CALLS: dict[str, tuple[str, Any]] = {
    "READ": ("scim.get_connection", lambda c: c.scim.get_connection()),
    "READ by POST": ("scim.get_connection_groups", lambda c: c.scim.get_connection_groups()),
    "IDEMPOTENT": ("scim.update_connection", lambda c: c.scim.update_connection("id")),
    "IDEMPOTENT by POST": ("session.authenticate", lambda c: c.session.authenticate()),
    "CREATES": ("scim.create_connection", lambda c: c.scim.create_connection(display_name="x")),
    "ENDS": ("scim.delete_connection", lambda c: c.scim.delete_connection("id")),
    "ENDS by POST": ("session.revoke", lambda c: c.session.revoke()),
    "SENDS_MESSAGE": (
        "magic_links.email.login_or_signup",
        lambda c: c.magic_links.email.login_or_signup(email_address="a@b.c", organization_id="o"),
    ),
    "CONSUMES_TOKEN": (
        "magic_links.authenticate",
        lambda c: c.magic_links.authenticate(magic_links_token="t", session_duration_minutes=60),
    ),
}
"""A call of each class, by what repeating it would do."""

REPEATABLE = [name for name in CALLS if name.startswith(("READ", "IDEMPOTENT"))]
OTHERS = [name for name in CALLS if name not in REPEATABLE]

LOST: dict[str, dict[str, Any]] = {
    "dropped unread": {"drop": "before_read"},
    "dropped read": {"drop": "after_read"},
    "dropped handled": {"drop": "after_read", "handle": True},
    "cut": {"cut_body": True},
    "cut error": {"status": 400, "cut_body": True},
}
"""Ways to lose an answer after a connection was handed out."""


def rate_limit(error_type: str, **headers: str) -> dict[str, Any]:
    """
    Return the fault of a 429 of a type.
    """
    body = {"status_code": 429, "error_type": error_type, "error_message": "m"}
    return {"status": 429, "body": body, "headers": headers}


@pytest.fixture
def retrying(
    make_client: Callable[..., AsyncStytchB2BClient], clock: StillClock, admin_session: Any
) -> AsyncStytchB2BClient:
    """
    A client of Ada's whose waits take no time.
    """
    return make_client(clock=clock).with_session(session_token=admin_session.session_token)


@pytest.fixture(scope="module")
def full() -> Iterator[str]:
    """
    The URL of a server whose queue of connections is full.
    """
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        with suppress(TimeoutError):
            while True:
                waiting = stack.enter_context(socket.socket())
                waiting.settimeout(0.05)
                waiting.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


class TestLostAnswers:
    """
    The server may have acted: only what does no harm twice is sent again.
    """

    @pytest.mark.parametrize("name", REPEATABLE)
    @pytest.mark.parametrize("fault", LOST)
    async def test_repeatable(self, retrying, emulator, clock, name: str, fault: str) -> None:
        """
        Calls that change nothing, or the same, are sent again until the attempts are used up.
        """
        operation, call = CALLS[name]
        emulator.faults.add(times=9, **LOST[fault])

        with pytest.raises(StytchConnectionError) as caught:
            await call(retrying)

        assert StytchConnectionError is type(caught.value)
        assert [operation] * ATTEMPTS == operations(emulator)
        assert (ATTEMPTS, operation) == (caught.value.attempts, caught.value.endpoint)
        assert ATTEMPTS - 1 == len(clock.waits)

    @pytest.mark.parametrize("name", OTHERS)
    @pytest.mark.parametrize("fault", LOST)
    async def test_others(self, retrying, emulator, clock, name: str, fault: str) -> None:
        """
        All other calls are sent once, and the error says that the outcome is unknown.
        """
        operation, call = CALLS[name]
        emulator.faults.add(times=9, **LOST[fault])

        with pytest.raises(StytchOutcomeUnknownError, match="may have taken effect") as caught:
            await call(retrying)

        assert [operation] == operations(emulator)
        assert (1, False) == (caught.value.attempts, caught.value.timed_out)
        assert [] == clock.waits

    @pytest.mark.parametrize("name", REPEATABLE)
    async def test_silence_of_repeatable(self, make_client, emulator, name: str) -> None:
        """
        Silence is a lost answer: calls that do no harm are sent again, then time out.
        """
        operation, call = CALLS[name]
        clock = StillClock()
        client = make_client(clock=clock, timeout=Timeout(read=0.15)).with_session(
            session_token="token"
        )
        emulator.faults.add(times=9, delay=600)

        with pytest.raises(StytchTimeoutError) as caught:
            await call(client)

        assert [operation] * ATTEMPTS == operations(emulator)
        assert ATTEMPTS == caught.value.attempts
        assert isinstance(caught.value, TimeoutError)

    @pytest.mark.parametrize("name", OTHERS)
    async def test_silence_of_others(self, make_client, emulator, name: str) -> None:
        """
        Silence after any other call is an unknown outcome that says so.
        """
        operation, call = CALLS[name]
        client = make_client(clock=StillClock(), timeout=Timeout(read=0.15)).with_session(
            session_token="token"
        )
        emulator.faults.add(times=9, delay=600)

        with pytest.raises(StytchOutcomeUnknownError) as caught:
            await call(client)

        assert [operation] == operations(emulator)
        assert (1, True) == (caught.value.attempts, caught.value.timed_out)

    async def test_second_attempt_succeeds(self, admin, emulator, retrying, clock) -> None:
        """
        A repeat that is answered is a success like any other, and says how many it took.
        """
        emulator.create_scim_connection("Acme")
        emulator.faults.add(drop="after_read")
        emulator.faults.add(status=503)

        response = await retrying.scim.get_connection()

        assert ATTEMPTS == response.meta.attempts
        assert pytest.approx(sum(clock.waits)) == response.meta.elapsed

    async def test_repeat_meets_a_refusal(self, retrying, emulator) -> None:
        """
        What the last attempt brings is what the caller gets.
        """
        emulator.faults.add(drop="after_read")

        with pytest.raises(Exception, match="no_active_scim_connection") as caught:
            await retrying.scim.get_connection()

        assert 2 == caught.value.attempts


class TestNoConnection:
    """
    The server saw nothing: every call may be sent again.
    """

    @pytest.mark.parametrize("name", CALLS)
    async def test_refused(self, make_client, clock, name: str) -> None:
        """
        Where nobody listens every class is tried again, and certainly nothing happened.
        """
        client = make_client(base_url="http://127.0.0.1:9", clock=clock).with_session(
            session_token="token"
        )

        with pytest.raises(StytchConnectionError) as caught:
            await CALLS[name][1](client)

        assert StytchConnectionError is type(caught.value)
        assert (ATTEMPTS, ATTEMPTS - 1) == (caught.value.attempts, len(clock.waits))

    @pytest.mark.parametrize("name", CALLS)
    async def test_no_answer_to_connecting(self, make_client, clock, full, name: str) -> None:
        """
        Where nobody accepts the same holds, and it is a timeout.
        """
        timeout = Timeout(connect=0.03)
        client = make_client(base_url=full, clock=clock, timeout=timeout).with_session(
            session_token="token"
        )

        with pytest.raises(StytchTimeoutError) as caught:
            await CALLS[name][1](client)

        assert ATTEMPTS == caught.value.attempts

    async def test_comes_back(self, make_client, emulator, admin_session) -> None:
        """
        A server that is there at the second attempt gets the call once.
        """

        class Restarting(StillClock):
            async def sleep(self, seconds: float) -> None:
                emulator.start()
                await super().sleep(seconds)

        connection = emulator.create_scim_connection("Acme")
        client = make_client(clock=Restarting()).with_session(
            session_token=admin_session.session_token
        )
        emulator.stop()

        response = await client.scim.delete_connection(connection.connection_id)

        assert 2 == response.meta.attempts
        assert ["scim.delete_connection"] == operations(emulator)

    @pytest.mark.parametrize("name", ["READ", "CREATES"])
    async def test_certificate(self, make_client, clock, name: str) -> None:
        """
        A server that cannot prove who it is, is not asked again.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
        with Emulator(ssl_context=context) as secured:
            client = make_client(base_url=secured.url, clock=clock)

            with pytest.raises(StytchConnectionError, match="certificate") as caught:
                await CALLS[name][1](client.with_session(session_token="token"))

        assert StytchConnectionError is type(caught.value)
        assert (1, []) == (caught.value.attempts, clock.waits)


class TestAnswers:
    """
    The server answered, and says whether it makes sense to come back.
    """

    @pytest.mark.parametrize("name", CALLS)
    @pytest.mark.parametrize("status", [502, 503, 504])
    async def test_unavailable(self, retrying, emulator, name: str, status: int) -> None:
        """
        A gateway that had no answer may have passed the call on: only harmless ones go again.
        """
        operation, call = CALLS[name]
        emulator.faults.add(times=9, status=status, body="<html>sorry</html>")

        with pytest.raises(ServerError) as caught:
            await call(retrying)

        expected = ATTEMPTS if name in REPEATABLE else 1
        assert [operation] * expected == operations(emulator)
        assert (expected, status) == (caught.value.attempts, caught.value.status_code)

    @pytest.mark.parametrize("name", CALLS)
    @pytest.mark.parametrize("status", [500, 501, 400, 404, 409])
    async def test_final(self, retrying, emulator, name: str, status: int) -> None:
        """
        Any other error is the answer, and nothing is sent again.
        """
        operation, call = CALLS[name]
        emulator.faults.add(times=9, status=status)

        with pytest.raises(Exception, match=operation) as caught:
            await call(retrying)

        assert [operation] == operations(emulator)
        assert 1 == caught.value.attempts

    @pytest.mark.parametrize("name", CALLS)
    async def test_too_many_requests(self, retrying, emulator, clock, name: str) -> None:
        """
        A server that was asked too often did nothing yet, so every class is sent again.
        """
        operation, call = CALLS[name]
        emulator.faults.add(times=9, **rate_limit("too_many_requests"))

        with pytest.raises(RateLimitedError) as caught:
            await call(retrying)

        assert [operation] * ATTEMPTS == operations(emulator)
        assert (ATTEMPTS, None) == (caught.value.attempts, caught.value.retry_after)
        assert ATTEMPTS - 1 == len(clock.waits)

    @pytest.mark.parametrize("name", ["READ", "CONSUMES_TOKEN"])
    @pytest.mark.parametrize(
        "error_type", ["user_lock_limit_reached", "captcha_failed", "brand_new"]
    )
    async def test_other_rate_limits(self, retrying, emulator, name: str, error_type: str) -> None:
        """
        A lock, a failed CAPTCHA and what nobody knows yet are made worse by repeating.
        """
        operation, call = CALLS[name]
        emulator.faults.add(times=9, **rate_limit(error_type, **{"Retry-After": "1"}))

        with pytest.raises(RateLimitedError) as caught:
            await call(retrying)

        assert [operation] == operations(emulator)
        assert (error_type, 1.0) == (caught.value.error_type, caught.value.retry_after)

    async def test_unreadable_rate_limit(self, retrying, emulator) -> None:
        """
        A 429 that says nothing is not known to be harmless either.
        """
        emulator.faults.add(times=9, status=429, body="slow down")

        with pytest.raises(RateLimitedError):
            await retrying.scim.get_connection()

        assert 1 == len(emulator.requests)

    @pytest.mark.parametrize("fault", [{"status": 200, "body": "fine"}, {"status": 302}])
    async def test_unreadable_answers(self, retrying, emulator, fault: dict[str, Any]) -> None:
        """
        An answer that nobody can read is an answer, and not asked for again.
        """
        emulator.faults.add(times=9, **fault)

        with pytest.raises(StytchResponseError):
            await retrying.scim.get_connection()

        assert 1 == len(emulator.requests)


class TestWaits:
    """
    How long the wait is, and when there is none.
    """

    async def test_seconds(self, retrying, emulator, clock) -> None:
        """
        ``Retry-After`` in seconds is waited for, to the second.
        """
        emulator.create_scim_connection("Acme")
        emulator.faults.add(**rate_limit("too_many_requests", **{"Retry-After": "7"}))
        emulator.faults.add(status=503, headers={"Retry-After": "2"})

        await retrying.scim.get_connection()

        assert [7.0, 2.0] == clock.waits

    async def test_date(self, retrying, emulator, clock) -> None:
        """
        ``Retry-After`` as a date is waited for by the client's own clock.
        """
        emulator.create_scim_connection("Acme")
        date = format_datetime(clock.now() + timedelta(seconds=11), usegmt=True)
        emulator.faults.add(**rate_limit("too_many_requests", **{"Retry-After": date}))

        await retrying.scim.get_connection()

        assert [11.0] == clock.waits

    @pytest.mark.parametrize("value", ["soon", "-1", "1.5", "", "Thu, 99 Xyz 2026 00:00:00 GMT"])
    async def test_nonsense(self, retrying, emulator, clock, value: str) -> None:
        """
        A ``Retry-After`` that says nothing is as good as none.
        """
        emulator.create_scim_connection("Acme")
        emulator.faults.add(**rate_limit("too_many_requests", **{"Retry-After": value}))

        await retrying.scim.get_connection()

        assert 1 == len(clock.waits)
        assert 0 <= clock.waits[0] <= 0.5

    async def test_past_date(self, retrying, emulator, clock) -> None:
        """
        A date that has passed means at once.
        """
        emulator.create_scim_connection("Acme")
        date = format_datetime(clock.now() - timedelta(days=1), usegmt=True)
        emulator.faults.add(**rate_limit("too_many_requests", **{"Retry-After": date}))

        await retrying.scim.get_connection()

        assert [0.0] == clock.waits

    @pytest.mark.parametrize("value", ["31", "30", "9" * 400])
    async def test_beyond_the_deadline(self, retrying, emulator, clock, value: str) -> None:
        """
        A wait that would reach the deadline is not begun: the refusal comes at once.
        """
        emulator.faults.add(times=9, **rate_limit("too_many_requests", **{"Retry-After": value}))

        with pytest.raises(RateLimitedError) as caught:
            await retrying.scim.get_connection()

        assert float(value) == caught.value.retry_after
        assert ([], 1) == (clock.waits, len(emulator.requests))

    async def test_deadline_covers_the_waits(self, retrying, emulator, clock) -> None:
        """
        Waits add up: the second that would pass the deadline is not begun.
        """
        emulator.faults.add(times=9, **rate_limit("too_many_requests", **{"Retry-After": "20"}))

        with pytest.raises(RateLimitedError) as caught:
            await retrying.scim.get_connection()

        assert ([20.0], 2, 2) == (clock.waits, len(emulator.requests), caught.value.attempts)

    async def test_deadline_covers_the_attempts(self, make_client, emulator, admin_session) -> None:
        """
        Time that attempts take is not there for waits.
        """

        class Slow(StillClock):
            def now(self) -> Any:
                # Asked once for each attempt: each takes nine seconds.
                self._elapsed += 9
                return super().now()

        clock = Slow()
        client = make_client(clock=clock, retries=9, timeout=20).with_session(
            session_token=admin_session.session_token
        )
        emulator.faults.add(times=99, drop="after_read")

        with pytest.raises((StytchConnectionError, StytchTimeoutError)):
            await client.scim.get_connection()

        assert 2 == len(emulator.requests)

    async def test_growing(self, make_client, emulator, clock, admin_session) -> None:
        """
        Without the server's word the wait is random, below a cap that doubles.
        """
        client = make_client(clock=clock, retries=6, timeout=100).with_session(
            session_token=admin_session.session_token
        )
        emulator.faults.add(times=99, status=503)

        with pytest.raises(ServerError):
            await client.scim.get_connection()

        assert 6 == len(clock.waits)
        assert all(
            0 <= wait <= cap for wait, cap in zip(clock.waits, (0.5, 1, 2, 4, 8, 8), strict=True)
        )
        assert 6 == len(set(clock.waits))

    @pytest.mark.parametrize("retries", [0, 1, 5])
    async def test_number(self, retrying, emulator, retries: int) -> None:
        """
        The number of repeats can be set for each client.
        """
        emulator.faults.add(times=99, status=503)

        with pytest.raises(ServerError) as caught:
            await retrying.with_options(retries=retries).scim.get_connection()

        assert retries + 1 == len(emulator.requests) == caught.value.attempts

    async def test_session_is_the_one_it_began_with(
        self, make_client, emulator, admin_session, member_session
    ) -> None:
        """
        A repeat acts as the Member who made the call, whoever logged in during the wait.
        """

        class Interrupting(StillClock):
            async def sleep(self, seconds: float) -> None:
                client.session.update_session(session_token=member_session.session_token)

        client = make_client(clock=Interrupting())
        client.session.update_session(session_token=admin_session.session_token)
        emulator.faults.add(status=503)

        await client.self.get()

        assert [admin_session.session_token] * 2 == [
            sent_as(request) for request in emulator.requests
        ]

    async def test_event_ids_differ(self, retrying, emulator) -> None:
        """
        Each attempt introduces itself anew.
        """
        emulator.faults.add(times=9, status=503)

        with pytest.raises(ServerError):
            await retrying.scim.get_connection()

        assert ATTEMPTS == len({each.headers["X-SDK-Client"] for each in emulator.requests})


async def test_causes_are_kept(retrying, emulator) -> None:
    """
    The error for a lost answer was raised from what the transport met.
    """
    emulator.faults.add(times=9, drop="after_read")

    with pytest.raises(StytchConnectionError) as caught:
        await retrying.scim.get_connection()

    assert len(list(chain(caught.value))) > 1


@pytest.mark.parametrize("name", CALLS)
def test_sync(emulator: Emulator, clock: StillClock, admin_session: Any, name: str) -> None:
    """
    The blocking client repeats the same calls.
    """
    operation, call = CALLS[name]
    emulator.faults.add(times=9, drop="after_read")
    with (
        StytchB2BClient(emulator.public_token, base_url=emulator.url, clock=clock) as client,
        pytest.raises(StytchConnectionError) as caught,
    ):
        call(client.with_session(session_token=admin_session.session_token))

    repeatable = name in REPEATABLE
    assert (ATTEMPTS if repeatable else 1) == len(logged(emulator, operation))
    assert repeatable == (type(caught.value) is StytchConnectionError)
