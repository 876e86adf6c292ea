"""
Locks: whoever guesses too often has to wait, even with the right code.

Whatever can be guessed is looked at between `check` and one of the two notes.
"""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve

from ..errors import UserLockLimitReachedError
from ..store import Member, Store

FEWEST_ATTEMPTS = 1
MOST_ATTEMPTS = 100
SHORTEST_LOCK = timedelta(minutes=5)
LONGEST_LOCK = timedelta(days=7)


def check(store: Store, member: Member) -> None:
    """
    Refuse a member who is locked; a lock that has expired ends, and so does its count.

    Raises:
        UserLockLimitReachedError: The member is locked.
    """
    if member.lock_expires_at is None:
        return
    if member.lock_expires_at > store.clock.now():
        raise UserLockLimitReachedError
    member.locked_at = member.lock_expires_at = None
    member.failed_attempts = 0


def note_failure(store: Store, member: Member) -> None:
    """
    Count a wrong code or password; the last one that is allowed locks the member.

    What it changes stays, although the caller answers the request with an error.
    """
    member.failed_attempts += 1
    if member.failed_attempts >= store.project.lock_policy.attempts:
        member.locked_at = store.clock.now()
        member.lock_expires_at = member.locked_at + store.project.lock_policy.lifetime


def note_success(store: Store, member: Member) -> None:
    """Forget the wrong codes and passwords before a right one."""
    member.failed_attempts = 0


def set_policy(store: Store, *, attempts: int | None, minutes: float | None) -> None:
    """
    Change when members are locked and for how long, as the dashboard does it.

    Locks that are there already end when they would have.

    Raises:
        ValueError: A value is outside of what the API allows.
    """
    policy = store.project.lock_policy
    if attempts is not None:
        if not FEWEST_ATTEMPTS <= attempts <= MOST_ATTEMPTS:
            msg = f"attempts must be {FEWEST_ATTEMPTS} to {MOST_ATTEMPTS}, but got {attempts}"
            raise ValueError(msg)
        policy = evolve(policy, attempts=attempts)
    if minutes is not None:
        lifetime = timedelta(minutes=minutes)
        if not SHORTEST_LOCK <= lifetime <= LONGEST_LOCK:
            msg = f"a lock lasts 5 minutes to 7 days, but got {minutes} minutes"
            raise ValueError(msg)
        policy = evolve(policy, lifetime=lifetime)
    store.project.lock_policy = policy
