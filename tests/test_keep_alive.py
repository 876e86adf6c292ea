"""When a session that is kept alive is refreshed, by values alone."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest
from hypothesis import given, strategies as st

from stytch_b2b import (
    AuthenticationError,
    BadRequestError,
    ClientClosedError,
    NoSessionError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    ServerError,
    StytchConnectionError,
    StytchError,
    StytchOutcomeUnknownError,
    StytchResponseError,
    StytchTimeoutError,
)
from stytch_b2b._keep_alive import (
    EXPIRY_MARGIN,
    FIRST_BACKOFF,
    INTERVAL,
    SHORTEST_PAUSE,
    Schedule,
    may_pass,
)

times = st.integers(0, 10**9).map(float)
lifetimes = st.integers(-(10**6), 527_040 * 60).map(float)
shares = st.floats(0.5, 1)
pauses = st.integers(0, 10**6).map(float)


@given(times, lifetimes)
def test_after_an_answer(at: float, lifetime: float) -> None:
    """
    What comes sooner decides: three minutes, or the margin before the session's end.
    """
    due = Schedule().confirmed(at, lifetime=lifetime).due_at

    assert min(at + INTERVAL, at + lifetime - EXPIRY_MARGIN) == due


@given(times, pauses, lifetimes)
def test_never_soon_after_a_try(at: float, pause: float, lifetime: float) -> None:
    """
    However soon a session ends, there is a pause between two refreshes.
    """
    schedule = Schedule().tried(at).confirmed(at + pause, lifetime=lifetime)

    assert schedule.due_at >= at + SHORTEST_PAUSE


def test_unknown_session_is_due_at_once() -> None:
    """
    What the server has not confirmed yet is refreshed without delay.
    """
    assert -inf == Schedule().due_at
    assert -inf == Schedule(expires_at=500.0).due_at


@given(times, shares, st.integers(0, 3000))
def test_backoff(at: float, share: float, failures: int) -> None:
    """
    The pause doubles with each failure up to that of the regular plan, less a random share.
    """
    schedule = Schedule(failures=failures).tried(at).failed(at, share=share)
    longest = min(INTERVAL, int(FIRST_BACKOFF) * 2**failures)

    assert pytest.approx(share * longest, abs=1e-5) == schedule.due_at - at
    assert failures + 1 == schedule.failures


@given(times, shares, pauses)
def test_word_of_the_server(at: float, share: float, retry_after: float) -> None:
    """
    The pause is not shorter than the server asks for, nor than it would be without a word.
    """
    schedule = Schedule().failed(at, share=share, retry_after=retry_after)

    assert at + max(share * FIRST_BACKOFF, retry_after) == schedule.due_at


@given(times, shares, st.none() | pauses, lifetimes)
def test_last_chance(at: float, share: float, retry_after: float | None, lifetime: float) -> None:
    """
    No pause goes on beyond the last moment at which the session can be saved, while that is ahead.
    """
    schedule = Schedule().confirmed(at, lifetime=lifetime)
    unlimited = Schedule().failed(at, share=share, retry_after=retry_after).due_at

    due = schedule.failed(at, share=share, retry_after=retry_after).due_at

    last_chance = at + lifetime - EXPIRY_MARGIN
    assert (min(unlimited, last_chance) if last_chance > at else unlimited) == due


@given(times, shares)
def test_an_answer_ends_the_backoff(at: float, share: float) -> None:
    """
    Whoever got the answer, what failed before is forgotten.
    """
    failed = Schedule().failed(at, share=share).failed(at, share=share)

    assert at + INTERVAL == failed.confirmed(at, lifetime=3600.0).due_at
    assert 0 == failed.confirmed(at, lifetime=3600.0).failures


def facts(status_code: int, error_type: str, body: bytes = b"{}") -> dict[str, Any]:
    """
    Return what an error of the API is made of.
    """
    return {
        "endpoint": "session.authenticate",
        "status_code": status_code,
        "error_type": error_type,
        "error_message": "m",
        "body": body,
    }


LOST: dict[str, Any] = {"endpoint": "session.authenticate", "reason": "r", "attempts": 1}
ANSWERED: dict[str, Any] = {
    "endpoint": "session.authenticate",
    "status_code": 200,
    "headers": {},
    "body": b"",
}

PASSING: dict[str, StytchError] = {
    "no connection": StytchConnectionError(**LOST),
    "no answer": StytchOutcomeUnknownError(**LOST, timed_out=True),
    "timeout": StytchTimeoutError(**LOST),
    "unreadable": StytchResponseError(**ANSWERED),
    "rate limit": RateLimitedError(**facts(429, "too_many_requests"), retry_after=3.0),
    "500": ServerError(**facts(500, "internal_server_error")),
    "503": ServerError(**facts(503, "unknown_error", b"<html>")),
    "page of a network": PermissionDeniedError(**facts(403, "unknown_error", b"<html>")),
}
FINAL: dict[str, StytchError] = {
    "session gone": AuthenticationError(**facts(404, "session_not_found")),
    "session gone, by a broken gateway": AuthenticationError(**facts(500, "session_not_found")),
    "refused": AuthenticationError(**facts(401, "unauthorized_credentials")),
    "bad request": BadRequestError(**facts(400, "bad_request")),
    "forbidden": PermissionDeniedError(**facts(403, "unauthorized_action")),
    "not found": NotFoundError(**facts(404, "organization_not_found")),
    "closed": ClientClosedError("closed"),
    "logged out": NoSessionError(endpoint="session.authenticate", needs="a session"),
}


@pytest.mark.parametrize("name", PASSING)
def test_failures_that_may_pass(name: str) -> None:
    """
    The network, the server's own trouble and its rate limits say nothing about the session.
    """
    assert may_pass(PASSING[name])


@pytest.mark.parametrize("name", FINAL)
def test_failures_that_stay(name: str) -> None:
    """
    What the API refuses in its own words it will refuse again.
    """
    assert not may_pass(FINAL[name])
