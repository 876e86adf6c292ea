"""
When a session that is kept alive is refreshed, and which failures pass: values in, values out.

All times are seconds of one clock that never goes back.
"""

from __future__ import annotations

from math import inf

from attrs import evolve, frozen

from ._wire import UNRECOVERABLE_ERROR_TYPES, json_object
from .errors import (
    StytchAPIError,
    StytchConnectionError,
    StytchError,
    StytchResponseError,
    StytchTimeoutError,
)

INTERVAL = 180.0
"""Seconds from an answer to the next refresh; also the longest pause after failures."""

EXPIRY_MARGIN = 10.0
"""Seconds before its end at which a session is refreshed in any case."""

SHORTEST_PAUSE = 10.0
"""Seconds between two refreshes of a session, however soon it ends."""

FIRST_BACKOFF = 4.0
"""Longest pause after the first failure; it doubles with each further one."""


@frozen(kw_only=True)
class Schedule:
    """What has become of a session so far, as far as it decides when the next refresh is due."""

    confirmed_at: float = -inf
    """When the server last answered with the session; long ago if storage alone vouches for it."""
    expires_at: float = inf
    tried_at: float = -inf
    """When the last refresh was begun."""
    failures: int = 0
    """How many refreshes have failed since an answer."""
    retry_at: float = -inf
    """When the next one is due after a failure."""

    @property
    def due_at(self) -> float:
        """When the session is to be refreshed, unless something happens before."""
        if self.failures:
            return self.retry_at
        planned = min(self.confirmed_at + INTERVAL, self.expires_at - EXPIRY_MARGIN)
        return max(planned, self.tried_at + SHORTEST_PAUSE)

    def confirmed(self, at: float, *, lifetime: float) -> Schedule:
        """Return the schedule after the server answered with a session that has *lifetime* left."""
        return Schedule(confirmed_at=at, expires_at=at + lifetime, tried_at=self.tried_at)

    def tried(self, at: float) -> Schedule:
        """Return the schedule after a refresh was begun."""
        return evolve(self, tried_at=at)

    def failed(self, at: float, *, share: float, retry_after: float | None = None) -> Schedule:
        """
        Return the schedule after a refresh failed for a reason that may pass.

        Args:
            at: When.
            share: How much of the longest pause is taken, so that clients which failed together
                do not come back together.
            retry_after: Seconds to wait at least, by the server's own word.
        """
        # A power beyond the eighth changes nothing but may not fit a float.
        longest = min(INTERVAL, FIRST_BACKOFF * 2.0 ** min(self.failures, 8))
        retry_at = at + max(share * longest, retry_after or 0.0)
        last_chance = self.expires_at - EXPIRY_MARGIN
        if at < last_chance:
            retry_at = min(retry_at, last_chance)
        return evolve(self, failures=self.failures + 1, retry_at=retry_at)


def may_pass(error: StytchError) -> bool:
    """
    Return whether *error* says nothing about the session, so that a later refresh may succeed.

    A refusal that is no JSON was not written by the API but on the way to it, such as by the page
    of a network that wants a login of its own.
    """
    if isinstance(error, StytchAPIError):
        if error.error_type in UNRECOVERABLE_ERROR_TYPES:
            return False
        is_passing = error.status_code == 429 or error.status_code >= 500
        return is_passing or json_object(error.body) is None
    return isinstance(error, (StytchConnectionError, StytchTimeoutError, StytchResponseError))
