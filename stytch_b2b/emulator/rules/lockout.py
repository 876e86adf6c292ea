"""
Locks: whoever guesses too often has to wait, even with the right code.

Whatever can be guessed is looked at between `check` and one of the two notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from attrs import evolve

from ..errors import UserLockLimitReachedError
from ..store import Member, Store, Stranger
from . import members

FEWEST_ATTEMPTS = 1
MOST_ATTEMPTS = 100
SHORTEST_LOCK = timedelta(minutes=5)
LONGEST_LOCK = timedelta(days=7)


def guessed(store: Store, email_address: str) -> Sequence[Member | Stranger]:
    """
    Return on whose account somebody guesses who has chosen no organization yet.

    It is that of everybody whom a right code or password would log in; and where it would log in
    nobody, that of the address itself, for even then there is an organization to be founded.
    """
    people = members.of_person(store, email_address)
    return people or [store.strangers.setdefault(email_address, Stranger())]


def check(store: Store, whom: Member | Stranger) -> None:
    """
    Refuse whom is locked; a lock that has expired ends, and so does its count.

    Raises:
        UserLockLimitReachedError: The member, or the address without any, is locked.
    """
    if whom.lock_expires_at is None:
        return
    if whom.lock_expires_at > store.clock.now():
        raise UserLockLimitReachedError
    whom.locked_at = whom.lock_expires_at = None
    whom.failed_attempts = 0


def note_failure(store: Store, whom: Member | Stranger) -> None:
    """
    Count a wrong code or password; the last one that is allowed locks.

    What it changes stays, although the caller answers the request with an error.
    """
    whom.failed_attempts += 1
    if whom.failed_attempts >= store.project.lock_policy.attempts:
        whom.locked_at = store.clock.now()
        whom.lock_expires_at = whom.locked_at + store.project.lock_policy.lifetime


def note_success(store: Store, member: Member) -> None:
    """Forget the wrong codes and passwords before a login, also from before there was a member."""
    member.failed_attempts = 0
    store.strangers.pop(member.email_address, None)


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
