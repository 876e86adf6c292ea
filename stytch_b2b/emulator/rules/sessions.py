"""Sessions and intermediate sessions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from ..errors import (
    IntermediateSessionForOtherOrganizationError,
    IntermediateSessionNotFoundError,
    InvalidSessionDurationError,
    SessionNotFoundError,
)
from ..store import Factor, IntermediateSession, Member, MemberSession, Store

DEFAULT_DURATION_MINUTES = 60
SHORTEST_DURATION_MINUTES = 5
LONGEST_DURATION_MINUTES = 527040
INTERMEDIATE_LIFETIME = timedelta(minutes=10)


def check_duration(minutes: int) -> None:
    """
    Check a session duration.

    Raises:
        InvalidSessionDurationError: It is outside of what the API allows.
    """
    if not SHORTEST_DURATION_MINUTES <= minutes <= LONGEST_DURATION_MINUTES:
        raise InvalidSessionDurationError


def start(
    store: Store, member: Member, *, factors: Iterable[Factor], duration_minutes: int
) -> MemberSession:
    """
    Start a session.

    Raises:
        InvalidSessionDurationError: The duration is outside of what the API allows.
    """
    check_duration(duration_minutes)
    now = store.clock.now()
    session = MemberSession(
        member_session_id=store.ids.id("member-session"),
        member_id=member.member_id,
        organization_id=member.organization_id,
        token=store.ids.token(),
        started_at=now,
        last_accessed_at=now,
        expires_at=now + timedelta(minutes=duration_minutes),
        factors=list(factors),
    )
    store.sessions[session.token] = session
    return session


def get(store: Store, token: str) -> MemberSession:
    """
    Find a session that still stands.

    Raises:
        SessionNotFoundError: The token is unknown, or the session was revoked or has
            expired, or its member is no longer active.
    """
    session = store.sessions.get(token)
    if session is None or session.expires_at <= store.clock.now():
        raise SessionNotFoundError
    if store.members[session.member_id].status != "active":
        raise SessionNotFoundError
    return session


def touch(store: Store, session: MemberSession, *, duration_minutes: int | None) -> None:
    """
    Note that a session was used.

    Args:
        store: Where the session is.

        session: Which one.

        duration_minutes: New life from now on; without it the session ends when it would have.

    Raises:
        InvalidSessionDurationError: The duration is outside of what the API allows.
    """
    now = store.clock.now()
    if duration_minutes is not None:
        check_duration(duration_minutes)
        session.expires_at = now + timedelta(minutes=duration_minutes)
    session.last_accessed_at = now


def revoke(store: Store, session: MemberSession) -> None:
    """End a session."""
    del store.sessions[session.token]


def start_intermediate(
    store: Store, member: Member, *, factors: Iterable[Factor]
) -> IntermediateSession:
    """Keep what a member has proved so far, until the login is complete."""
    intermediate = IntermediateSession(
        token=store.ids.token(),
        member_id=member.member_id,
        organization_id=member.organization_id,
        expires_at=store.clock.now() + INTERMEDIATE_LIFETIME,
        factors=list(factors),
    )
    store.intermediate_sessions[intermediate.token] = intermediate
    return intermediate


def take_intermediate(store: Store, token: str, member: Member) -> IntermediateSession:
    """
    Find a member's intermediate session, and end it: what comes next replaces it.

    Raises:
        IntermediateSessionNotFoundError: The token is unknown, used or expired.
        IntermediateSessionForOtherOrganizationError: It is not this member's.
    """
    intermediate = store.intermediate_sessions.get(token)
    if intermediate is None or intermediate.expires_at <= store.clock.now():
        raise IntermediateSessionNotFoundError
    if intermediate.member_id != member.member_id:
        raise IntermediateSessionForOtherOrganizationError
    del store.intermediate_sessions[token]
    return intermediate
