"""
When a call is sent again, and how long the wait before it is.

What decides is what repeating the call would do (`Retry`) and how far the failed attempt came.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias, cast

from ._clock import Clock
from ._endpoint import Retry
from ._wire import Response, SendFailure, json_object, retry_after

if TYPE_CHECKING:
    from tenacity import Future, RetryCallState

Outcome: TypeAlias = Response | SendFailure
"""What an attempt brings: an answer, of whatever status, or the reason why there is none."""

_FIRST_CAP = 0.5
_LAST_CAP = 8.0

_UNAVAILABLE = frozenset({502, 503, 504})

_PASSING_RATE_LIMITS = frozenset({"too_many_requests"})
"""Any other 429 means a locked account or a failed CAPTCHA, which repeating makes worse."""


def is_worth_repeating(outcome: Outcome, retry: Retry) -> bool:
    """Return whether a call of class *retry* may and should be sent again after *outcome*."""
    if isinstance(outcome, SendFailure):
        return not outcome.is_final and (retry.is_repeatable or not outcome.maybe_sent)
    if outcome.status == 429:
        # The server refused before it did anything, so this holds for every class.
        parsed = json_object(outcome.body) or {}
        return parsed.get("error_type") in _PASSING_RATE_LIMITS
    return retry.is_repeatable and outcome.status in _UNAVAILABLE


def backoff(repeats: int, outcome: Outcome, clock: Clock) -> float:
    """
    Return the seconds to wait after *repeats* repeats that brought *outcome*.

    The server's own word counts; else a random part of a cap that doubles each time, so that
    clients which failed together do not come back together.
    """
    if isinstance(outcome, Response):
        asked = retry_after(outcome.headers, now=clock.now())
        if asked is not None:
            return asked
    return random.uniform(0, min(_LAST_CAP, _FIRST_CAP * 2 ** min(repeats, 10)))


async def repeat(
    first: Outcome,
    attempt: Callable[[], Awaitable[Outcome]],
    *,
    retry: Retry,
    retries: int,
    clock: Clock,
    deadline: float,
) -> Outcome:
    """
    Return the outcome of the last attempt of a call whose *first* attempt failed.

    Args:
        first: How the first attempt ended.
        attempt: Makes another attempt.
        retry: What repeating the call would do.
        retries: How many more attempts there may be.
        clock: What to wait on.
        deadline: Monotonic time of *clock*. A wait that would reach it is not begun.
    """
    # Most programs never come here, and it takes 10 ms.
    from tenacity import AsyncRetrying, retry_if_result  # noqa: PLC0415

    outcomes = [first]

    async def next_outcome() -> Outcome:
        # tenacity wants to make the first attempt; around every call it would halve throughput.
        return outcomes.pop() if outcomes else await attempt()

    def wait(state: RetryCallState) -> float:
        return backoff(state.attempt_number - 1, _outcome(state), clock)

    def stop(state: RetryCallState) -> bool:
        too_late = clock.monotonic() + state.upcoming_sleep >= deadline
        return too_late or state.attempt_number > retries

    return await AsyncRetrying(
        sleep=clock.sleep,
        wait=wait,
        stop=stop,
        retry=retry_if_result(lambda outcome: is_worth_repeating(outcome, retry)),
        retry_error_callback=_outcome,
    )(next_outcome)


def _outcome(state: RetryCallState) -> Outcome:
    # tenacity asks only after an attempt, so there is one.
    return cast("Outcome", cast("Future", state.outcome).result())
