"""Sessions and intermediate sessions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from ..errors import (
    IntermediateSessionForOtherOrganizationError,
    IntermediateSessionNotFoundError,
    InvalidSessionDurationError,
    OrganizationSuspendedError,
    SessionNotFoundError,
    SessionNotMutableError,
)
from ..store import Factor, IntermediateSession, Member, MemberSession, Store

DEFAULT_DURATION_MINUTES = 60
SHORTEST_DURATION_MINUTES = 5
LONGEST_DURATION_MINUTES = 527040
INTERMEDIATE_LIFETIME = timedelta(minutes=10)
IMPERSONATION_LIFETIME = timedelta(hours=1)


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
    proved = list(factors)
    session = MemberSession(
        member_session_id=store.ids.id("member-session"),
        member_id=member.member_id,
        organization_id=member.organization_id,
        token=store.ids.token(),
        started_at=now,
        last_accessed_at=now,
        expires_at=_end(store, proved, duration_minutes),
        factors=proved,
    )
    store.sessions[session.token] = session
    return session


def get(store: Store, token: str) -> MemberSession:
    """
    Find a session that still stands.

    Raises:
        SessionNotFoundError: The token is unknown, or the session was revoked or has
            expired, or its member is no longer active.
        OrganizationSuspendedError: Its organization is suspended.
    """
    session = store.sessions.get(token)
    if session is None or session.expires_at <= store.clock.now():
        raise SessionNotFoundError
    if store.members[session.member_id].status != "active":
        raise SessionNotFoundError
    if store.organizations[session.organization_id].is_suspended:
        raise OrganizationSuspendedError
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
        session.expires_at = _end(store, session.factors, duration_minutes)
    session.last_accessed_at = now


def check_mutable(proved: Iterable[Factor]) -> None:
    """
    Check that a session may change what its member logs in with.

    Impersonation ends after an hour, and what it leaves behind would not.

    Raises:
        SessionNotMutableError: It rests on an impersonation.
    """
    if any(factor.type == "impersonated" for factor in proved):
        raise SessionNotMutableError


def revoke(store: Store, session: MemberSession) -> None:
    """End a session."""
    del store.sessions[session.token]


def start_intermediate(
    store: Store,
    *,
    email_address: str,
    organization_id: str | None,
    factors: Iterable[Factor],
    oauth_tenants: Mapping[str, str] | None = None,
    expires_at: datetime | None = None,
) -> IntermediateSession:
    """
    Keep what a person has proved so far, until the login is complete.

    Args:
        store: Where.

        email_address: Whose login it is.

        organization_id: Where it goes on, or nothing while that is to be chosen.

        factors: What was proved.

        oauth_tenants: Tenants that OAuth providers have vouched for, by provider.

        expires_at: The end of the login that it goes on with, unless there is a new proof.
    """
    intermediate = IntermediateSession(
        token=store.ids.token(),
        email_address=email_address,
        organization_id=organization_id,
        expires_at=expires_at or store.clock.now() + INTERMEDIATE_LIFETIME,
        factors=list(factors),
        oauth_tenants=dict(oauth_tenants or {}),
    )
    store.intermediate_sessions[intermediate.token] = intermediate
    return intermediate


def get_intermediate(store: Store, token: str) -> IntermediateSession:
    """
    Find an intermediate session that still stands.

    Raises:
        IntermediateSessionNotFoundError: The token is unknown, used or expired.
    """
    intermediate = store.intermediate_sessions.get(token)
    if intermediate is None or intermediate.expires_at <= store.clock.now():
        raise IntermediateSessionNotFoundError
    return intermediate


def get_intermediate_of(store: Store, token: str, member: Member) -> IntermediateSession:
    """
    Find an intermediate session that a member may go on with.

    Raises:
        IntermediateSessionNotFoundError: The token is unknown, used or expired.
        IntermediateSessionForOtherOrganizationError: It is another person's, or goes on elsewhere.
    """
    intermediate = get_intermediate(store, token)
    check_goes_on(intermediate, member.organization_id, member.email_address)
    return intermediate


def check_goes_on(
    intermediate: IntermediateSession, organization_id: str, email_address: str
) -> None:
    """
    Check that an intermediate session is a person's, and may go on at an organization.

    Raises:
        IntermediateSessionForOtherOrganizationError: It is another person's, or goes on elsewhere.
    """
    is_elsewhere = intermediate.organization_id not in (None, organization_id)
    if is_elsewhere or intermediate.email_address != email_address:
        raise IntermediateSessionForOtherOrganizationError


def end_intermediate(store: Store, intermediate: IntermediateSession) -> None:
    """End an intermediate session: what comes next has taken its place."""
    store.intermediate_sessions.pop(intermediate.token, None)


def revoke_all_of(store: Store, member: Member, *, but: MemberSession | None = None) -> None:
    """End every session of a member, or every other one."""
    for session in [s for s in store.sessions.values() if s.member_id == member.member_id]:
        if session is not but:
            revoke(store, session)


def _end(store: Store, factors: Iterable[Factor], minutes: int) -> datetime:
    """Return when a session ends that is to live on; impersonation cannot be made longer."""
    ends = [store.clock.now() + timedelta(minutes=minutes)]
    ends += [
        factor.created_at + IMPERSONATION_LIFETIME
        for factor in factors
        if factor.type == "impersonated"
    ]
    return min(ends)
