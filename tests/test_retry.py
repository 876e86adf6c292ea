"""When a call is sent again, and how long the wait before it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given, strategies as st

from stytch_b2b._clock import SystemClock
from stytch_b2b._endpoint import Retry
from stytch_b2b._headers import Headers
from stytch_b2b._retry import Outcome, backoff, is_worth_repeating, repeat
from stytch_b2b._wire import Response, SendFailure

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=timezone.utc)

REPEATABLE = {Retry.READ, Retry.IDEMPOTENT}


class RecordingClock:
    """
    A clock whose sleep returns at once, moves the time and records how far.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


def response(status: int, error_type: str = "", wait: str | None = None) -> Response:
    """
    Return an answer.
    """
    body = json.dumps({"error_type": error_type}).encode() if error_type else b"<html></html>"
    return Response(status, Headers({} if wait is None else {"retry-after": wait}), body)


def failure(*, maybe_sent: bool, timed_out: bool = False) -> SendFailure:
    """
    Return a failure to get an answer.
    """
    return SendFailure("it broke", maybe_sent=maybe_sent, timed_out=timed_out)


NEVER: set[Retry] = set()
ALWAYS = set(Retry)


@pytest.mark.parametrize(
    ("outcome", "repeated"),
    [
        # Nothing was sent.
        (failure(maybe_sent=False), ALWAYS),
        (failure(maybe_sent=False, timed_out=True), ALWAYS),
        # The answer was lost.
        (failure(maybe_sent=True), REPEATABLE),
        (failure(maybe_sent=True, timed_out=True), REPEATABLE),
        # Somebody else answers, or the client is closed.
        (SendFailure("not trusted", maybe_sent=False, is_final=True), NEVER),
        # The server is not there for the moment.
        (response(502), REPEATABLE),
        (response(503), REPEATABLE),
        (response(504), REPEATABLE),
        (response(503, "internal_server_error"), REPEATABLE),
        # The server refused before it did anything.
        (response(429, "too_many_requests"), ALWAYS),
        # A locked account and a failed CAPTCHA are rate limits by their number only.
        (response(429, "user_lock_limit_reached"), NEVER),
        (response(429, "captcha_failed"), NEVER),
        (response(429, "too_few_tokens_authenticated"), NEVER),
        (response(429, "heard_of_never"), NEVER),
        (response(429), NEVER),
        (Response(429, {}, b"[" * 100_000), NEVER),
        (Response(429, {}, b'"too_many_requests"'), NEVER),
        # Everything else would end the same way.
        (response(200), NEVER),
        (response(302), NEVER),
        (response(400, "bad_request"), NEVER),
        (response(401, "too_many_requests"), NEVER),
        (response(403), NEVER),
        (response(404), NEVER),
        (response(500), NEVER),
        (response(501), NEVER),
    ],
)
def test_what_is_repeated(outcome: Outcome, repeated: set[Retry]) -> None:
    """
    What repeating would do, and how far the attempt came, decide together.
    """
    assert repeated == {one for one in Retry if is_worth_repeating(outcome, one)}


def test_repeatable_classes() -> None:
    """
    Only what changes nothing, or the same twice, may be repeated after it may have happened.
    """
    assert {one for one in Retry if one.is_repeatable} == REPEATABLE


@given(st.integers(0, 5000))
@example(0)
@example(1023)
@example(1024)
@example(1025)
def test_backoff(repeats: int) -> None:
    """
    The wait is random, below half a second first, below twice as much each time, up to eight.
    """
    wait = backoff(repeats, failure(maybe_sent=False), RecordingClock())

    assert 0 <= wait <= min(8, 0.5 * 2 ** min(repeats, 10))


def test_backoff_spreads() -> None:
    """
    Clients that failed together come back apart, over the whole span.
    """
    waits = [backoff(4, failure(maybe_sent=False), RecordingClock()) for _ in range(200)]

    assert min(waits) < 2
    assert max(waits) > 6
    assert len(set(waits)) > 100


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [("0", 0.0), ("7", 7.0), ("Mon, 23 Nov 2026 12:00:20 GMT", 20.0), ("1000000", 1e6)],
)
def test_backoff_by_the_server(wait: str, seconds: float) -> None:
    """
    A wait that the server asks for is kept to the second, in either form.
    """
    assert seconds == backoff(0, response(503, wait=wait), RecordingClock())


@pytest.mark.parametrize("wait", ["soon", "", "-5", "0.5"])
def test_backoff_by_a_confused_server(wait: str) -> None:
    """
    What nobody can read counts for nothing.
    """
    assert 0 <= backoff(0, response(503, wait=wait), RecordingClock()) <= 0.5


async def repeated(
    outcomes: Iterable[Outcome],
    clock: RecordingClock,
    *,
    retry: Retry = Retry.READ,
    retries: int = 2,
    deadline: float = 30,
    on_attempt: Callable[[], object] = lambda: None,
) -> tuple[Outcome, list[Outcome]]:
    """
    Repeat a call whose attempts end like this; return the outcome and the attempts not made.
    """
    first, *left = outcomes

    async def attempt() -> Outcome:
        on_attempt()
        return left.pop(0)

    last = await repeat(
        first, attempt, retry=retry, retries=retries, clock=clock, deadline=deadline
    )
    return last, left


@pytest.mark.anyio
async def test_until_it_works() -> None:
    """
    A call is sent until it works, after waits that grow.
    """
    clock = RecordingClock()
    outcomes = [response(503), failure(maybe_sent=True), response(200), response(200)]
    last, left = await repeated(outcomes, clock)

    assert outcomes[2] is last
    assert outcomes[3:] == left
    assert 2 == len(clock.slept)
    assert 0 <= clock.slept[0] <= 0.5
    assert 0 <= clock.slept[1] <= 1


@pytest.mark.anyio
async def test_until_it_is_hopeless() -> None:
    """
    An answer that would be the same again ends the repeating.
    """
    clock = RecordingClock()
    outcomes: list[Outcome] = [response(503), response(404), response(200)]
    last, left = await repeated(outcomes, clock, retries=5)

    assert outcomes[1] is last
    assert outcomes[2:] == left


@pytest.mark.anyio
@pytest.mark.parametrize("retries", [1, 2, 5])
async def test_until_enough(retries: int) -> None:
    """
    There are as many repeats as allowed, the last outcome counts, and nobody waits after it.
    """
    clock = RecordingClock()
    outcomes: list[Outcome] = [response(503) for _ in range(10)]
    last, left = await repeated(outcomes, clock, retries=retries)

    assert outcomes[retries] is last
    assert retries == len(clock.slept) == 10 - 1 - len(left)


@pytest.mark.anyio
async def test_class_counts_each_time() -> None:
    """
    What may not be repeated is not, also if it was only the second attempt that came through.
    """
    clock = RecordingClock()
    outcomes: list[Outcome] = [
        failure(maybe_sent=False),
        failure(maybe_sent=True),
        response(200),
    ]
    last, left = await repeated(outcomes, clock, retry=Retry.SENDS_MESSAGE)

    assert outcomes[1] is last
    assert outcomes[2:] == left


@pytest.mark.anyio
async def test_server_says_when() -> None:
    """
    Each wait is as long as the answer before it asked for.
    """
    clock = RecordingClock()
    await repeated(
        [
            response(429, "too_many_requests", "3"),
            response(503, wait="Mon, 23 Nov 2026 12:00:10 GMT"),
            response(200),
        ],
        clock,
    )

    # The date is ten seconds from the start, three of which have passed.
    assert [3, 7] == clock.slept


@pytest.mark.anyio
@pytest.mark.parametrize("wait", ["30", "31", "1000000", "9" * 400])
async def test_wait_beyond_the_deadline(wait: str) -> None:
    """
    A wait that would reach the deadline is not begun: the caller hears the outcome at once.
    """
    clock = RecordingClock()
    outcomes: list[Outcome] = [response(503, wait=wait), response(200)]
    last, left = await repeated(outcomes, clock)

    assert outcomes[0] is last
    assert outcomes[1:] == left
    assert [] == clock.slept


@pytest.mark.anyio
async def test_wait_just_before_the_deadline() -> None:
    """
    A wait that ends before the deadline is made.
    """
    clock = RecordingClock()
    outcomes: list[Outcome] = [response(503, wait="29"), response(200)]
    last, _ = await repeated(outcomes, clock)

    assert outcomes[1] is last
    assert [29] == clock.slept


@pytest.mark.anyio
async def test_slow_attempts_use_up_the_deadline() -> None:
    """
    The deadline counts the attempts, not only the waits between them.
    """
    clock = RecordingClock()

    def take_time() -> None:
        clock.seconds += 20

    outcomes: list[Outcome] = [response(503, wait="9") for _ in range(5)]
    last, left = await repeated(outcomes, clock, retries=4, on_attempt=take_time)

    assert outcomes[1] is last
    assert outcomes[2:] == left
    assert [9] == clock.slept


@pytest.mark.anyio
async def test_system_clock() -> None:
    """
    The time of this machine is aware, in UTC, and never goes back while somebody waits.
    """
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0)

    assert before <= clock.monotonic()
    assert clock.now().tzinfo is timezone.utc
    assert abs(clock.now() - datetime.now(timezone.utc)) < timedelta(minutes=1)
