"""What somebody has proved, before a call and with it, and whether it will do for a login."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import evolve, field, frozen

from ..errors import ActionAvailableOnlyForActiveMembersError, UserUnauthenticatedError
from ..store import Factor, IntermediateSession, Member, MemberSession, Organization, Store
from . import factors, lockout, organizations, registrations, sessions

# Somebody else vouches for the person: how they would log in themselves does not matter then, and
# they are asked for nothing more.
_VOUCHED_FOR = ("impersonation", "trusted_token_exchange", "oauth_access_token_exchange")


@frozen(kw_only=True)
class Earlier:
    """What the caller had proved before this call: a session, an unfinished login, or nothing."""

    session: MemberSession | None = None
    intermediate_session_token: str | None = field(default=None, repr=False)


def check_admissible(store: Store, member: Member) -> None:
    """
    Check that a member may log in at all.

    Raises:
        ActionAvailableOnlyForActiveMembersError: The member is deactivated.
        OrganizationSuspendedError: The organization is suspended.
    """
    if member.status == "deleted":
        raise ActionAvailableOnlyForActiveMembersError
    organizations.check_not_suspended(store.organizations[member.organization_id])


def check_begun(store: Store, earlier: Earlier) -> None:
    """
    Check that the caller is somebody, before anything is said about whom the call names.

    Raises:
        UserUnauthenticatedError: There is neither a session nor a login that has begun.
        IntermediateSessionNotFoundError: The intermediate session is unknown, used or expired.
    """
    if earlier.intermediate_session_token:
        sessions.get_intermediate(store, earlier.intermediate_session_token)
    elif earlier.session is None:
        raise UserUnauthenticatedError


def begun(store: Store, member: Member, earlier: Earlier) -> IntermediateSession | None:
    """
    Return the unfinished login that the caller goes on with, if there is one.

    Raises:
        IntermediateSessionNotFoundError: The intermediate session is unknown, used or expired.
        IntermediateSessionForOtherOrganizationError: It is another person's, or goes on elsewhere.
    """
    if not earlier.intermediate_session_token:
        return None
    return sessions.get_intermediate_of(store, earlier.intermediate_session_token, member)


def before(store: Store, member: Member, earlier: Earlier) -> list[Factor]:
    """
    Return what a member has proved already, in a session or in a login that has begun.

    Raises:
        IntermediateSessionNotFoundError: The intermediate session is unknown, used or expired.
        IntermediateSessionForOtherOrganizationError: It is another person's, or goes on elsewhere.
    """
    session, unfinished = _own_session(member, earlier), begun(store, member, earlier)
    return [
        *([] if session is None else session.factors),
        *([] if unfinished is None else unfinished.factors),
    ]


def take_up(
    store: Store, member: Member, earlier: Earlier, proved: Iterable[Factor]
) -> list[Factor]:
    """Return what was proved, before and now; a login that had begun ends."""
    known = before(store, member, earlier)
    unfinished = begun(store, member, earlier)
    if unfinished is not None:
        sessions.end_intermediate(store, unfinished)
    return _merged(registrations.attach(store, member, each) for each in (*known, *proved))


def enter(
    store: Store,
    member: Member,
    proved: Sequence[Factor],
    *,
    duration_minutes: int | None,
    earlier: Earlier,
) -> MemberSession:
    """
    Strengthen the member's own session, or start one; it forgets the wrong codes before it.

    Nothing less does: a right password must not buy more guesses at the second factor. Nor does
    somebody who vouches, and knows nothing of who has been guessing.
    """
    if not any(is_vouched(factor) for factor in proved):
        lockout.note_success(store, member)
    session = _own_session(member, earlier)
    if session is None:
        if duration_minutes is None:
            duration_minutes = sessions.DEFAULT_DURATION_MINUTES
        return sessions.start(store, member, factors=proved, duration_minutes=duration_minutes)
    session.factors = [*proved]
    sessions.touch(store, session, duration_minutes=duration_minutes)
    return session


def counts_at(organization: Organization, factor: Factor) -> bool:
    """Tell whether a factor says anything to an organization."""
    return factor.organization_id in (None, organization.organization_id)


def is_vouched(factor: Factor) -> bool:
    """Tell whether a factor is somebody else's word for the person."""
    return factor.delivery_method in _VOUCHED_FOR


def is_known_at(organization: Organization, proved: Iterable[Factor]) -> bool:
    """Tell whether somebody has proved to an organization who they are, by whatever method."""
    return any(
        factor.sequence_order == "PRIMARY" and counts_at(organization, factor) for factor in proved
    )


def is_known_everywhere(proved: Iterable[Factor]) -> bool:
    """Tell whether somebody has proved who they are to every organization."""
    return any(
        factor.sequence_order == "PRIMARY" and factor.organization_id is None for factor in proved
    )


def lacks_primary(
    organization: Organization, member: Member | None, proved: Iterable[Factor]
) -> bool:
    """Tell whether the organization accepts none of the ways in which somebody authenticated."""
    return not any(
        is_vouched(factor)
        or organizations.may_use(organization, member, factors.auth_method(factor))
        for factor in proved
        if factor.sequence_order == "PRIMARY" and counts_at(organization, factor)
    )


def prove_address(member: Member, proved: Iterable[Factor]) -> bool:
    """Tell whether somebody has proved that the member's e-mail address, as it is, is theirs."""
    return any(factor.proved_address == member.email_address for factor in proved)


def _own_session(member: Member, earlier: Earlier) -> MemberSession | None:
    session = earlier.session
    return session if session is not None and session.member_id == member.member_id else None


def _merged(proved: Iterable[Factor]) -> list[Factor]:
    """Return the factors with those proved again only once, as last proved."""
    merged: list[Factor] = []
    for factor in proved:
        for index, earlier in enumerate(merged):
            if _identity(earlier) == _identity(factor):
                merged[index] = evolve(
                    factor,
                    created_at=earlier.created_at,
                    # A password chosen by e-mail does not lose that by being typed.
                    proved_address=factor.proved_address or earlier.proved_address,
                )
                break
        else:
            merged.append(factor)
    return merged


def _identity(factor: Factor) -> tuple[object, ...]:
    return (factor.type, factor.delivery_method, factor.details)
