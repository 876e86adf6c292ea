"""The last step of every login: is what the person has proved enough for a session?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from ..errors import EmailVerificationRequiredError
from ..store import Factor, IntermediateSession, Member, MemberSession, Organization, Store
from . import lockout, members, organizations, proofs, second_factors, sessions


@frozen(kw_only=True)
class Login:
    """How a login ended: with a session, or with what is still missing."""

    member: Member
    organization: Organization
    session: MemberSession | None = None
    intermediate: IntermediateSession | None = None
    mfa_required: bool = False
    primary_required: Sequence[str] | None = None
    """The methods that the organization allows, none of which was used."""
    passcode_sent: bool = False
    """Whether a passcode for the second factor is on its way."""


def complete(
    store: Store,
    member: Member,
    *,
    proved: Iterable[Factor],
    duration_minutes: int,
    earlier: proofs.Earlier,
) -> Login:
    """
    Start or strengthen a session, if the organization asks for no more proof.

    A member whom the organization knows for who they are becomes active, also if a second factor
    is missing yet. A method that it does not accept leaves a member as it was.

    Args:
        store: Where everything is.

        member: Who logs in.

        proved: What the member has proved now.

        duration_minutes: Life of the session from now on.

        earlier: What the caller had proved before. A session of the same member gets the factors;
            the factors of an unfinished login count too, and it ends. If nothing was proved now,
            what takes its place ends when it would have.

    Raises:
        InvalidSessionDurationError: The duration is outside of what the API allows.
        ActionAvailableOnlyForActiveMembersError: The member is deactivated.
        OrganizationSuspendedError: The organization is suspended.
        UserLockLimitReachedError: The member is locked.
        IntermediateSessionNotFoundError: The intermediate session is unknown, used or expired.
        IntermediateSessionForOtherOrganizationError: It is another person's, or goes on elsewhere.
    """
    sessions.check_duration(duration_minutes)
    proofs.check_admissible(store, member)
    lockout.check(store, member)
    organization = store.organizations[member.organization_id]
    proved_now = [*proved]
    begun = proofs.begun(store, member, earlier)
    all_proved = proofs.take_up(store, member, earlier, proved_now)

    primary_missing = proofs.lacks_primary(organization, member, all_proved)
    mfa_missing = second_factors.is_missing(organization, member, all_proved)
    if not primary_missing:
        members.activate(store, member, proves_address=proofs.prove_address(member, all_proved))
    if primary_missing or mfa_missing:
        return Login(
            member=member,
            organization=organization,
            intermediate=sessions.start_intermediate(
                store,
                email_address=member.email_address,
                organization_id=organization.organization_id,
                factors=all_proved,
                expires_at=None if begun is None or proved_now else begun.expires_at,
            ),
            mfa_required=mfa_missing and not primary_missing,
            primary_required=organizations.allowed_auth_methods(organization)
            if primary_missing
            else None,
            passcode_sent=not primary_missing and second_factors.begin(store, organization, member),
        )

    session = proofs.enter(
        store, member, all_proved, duration_minutes=duration_minutes, earlier=earlier
    )
    return Login(member=member, organization=organization, session=session)


def complete_vouched(
    store: Store,
    member: Member,
    factor: Factor,
    *,
    duration_minutes: int | None,
    session: MemberSession | None = None,
) -> MemberSession:
    """
    Start or strengthen a session of somebody for whom somebody else vouches: nothing is missing.

    Args:
        store: Where everything is.

        member: Who logs in.

        factor: Who vouches, and how.

        duration_minutes: Life of the session from now on. Without it a session that is there ends
            when it would have, and a new one has the usual life.

        session: The caller's. If it is the same member's, it gets the factor.

    Raises:
        InvalidSessionDurationError: The duration is outside of what the API allows.
        ActionAvailableOnlyForActiveMembersError: The member is deactivated.
        OrganizationSuspendedError: The organization is suspended.
        UserLockLimitReachedError: The member is locked.
    """
    if duration_minutes is not None:
        sessions.check_duration(duration_minutes)
    proofs.check_admissible(store, member)
    lockout.check(store, member)
    earlier = proofs.Earlier(session=session)
    proved = proofs.take_up(store, member, earlier, [factor])
    members.activate(store, member, proves_address=proofs.prove_address(member, proved))
    return proofs.enter(store, member, proved, duration_minutes=duration_minutes, earlier=earlier)


def check_earlier(
    store: Store, organization: Organization, email_address: str, earlier: proofs.Earlier
) -> None:
    """
    Check that a person may go on with an unfinished login, before they become a member.

    Whoever becomes one stays one, also if the login is refused.

    Raises:
        IntermediateSessionNotFoundError: The intermediate session is unknown, used or expired.
        IntermediateSessionForOtherOrganizationError: It is another person's, or goes on elsewhere.
    """
    if earlier.intermediate_session_token:
        begun = sessions.get_intermediate(store, earlier.intermediate_session_token)
        sessions.check_goes_on(begun, organization.organization_id, email_address)


def exchange(
    store: Store, session: MemberSession, organization_id: str, *, duration_minutes: int
) -> Login:
    """
    Log the person behind a session in to another organization.

    Both members have the same e-mail address; what was proved counts for both, unless it was
    proved to the first organization alone. The session exchanged stays as it is.

    Raises:
        EmailVerificationRequiredError: An admin has given the member the address, which says
            nothing about whose it is elsewhere.
        OrganizationNotFoundError: There is no such organization.
        MemberNotFoundError: It has no member with the address.
        InvalidSessionDurationError: The duration is outside of what the API allows.
    """
    organization = organizations.get(store, organization_id)
    caller = store.members[session.member_id]
    if not caller.email_address_verified:
        raise EmailVerificationRequiredError
    member = members.get_living_by_email(store, organization, caller.email_address)
    carried = [
        evolve(factor) for factor in session.factors if proofs.counts_at(organization, factor)
    ]
    return complete(
        store, member, proved=carried, duration_minutes=duration_minutes, earlier=proofs.Earlier()
    )
