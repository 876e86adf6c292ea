"""The last step of every login: is what the person has proved enough for a session?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from attrs import evolve, field, frozen

from ..errors import (
    ActionAvailableOnlyForActiveMembersError,
    InsufficientFactorsError,
    MemberSessionMemberIdMismatchError,
    OperationRestrictedByOrganizationMfaMethodsError,
    UserUnauthenticatedError,
)
from ..store import Factor, IntermediateSession, Member, MemberSession, Organization, Store
from . import factors, lockout, members, organizations, passcodes, registrations, sessions

MFAMethod = Literal["totp", "sms_otp"]
MFA_METHODS: tuple[MFAMethod, ...] = ("totp", "sms_otp")

# Somebody else vouches for the person: how they would log in themselves does not matter then, and
# they are asked for nothing more.
_VOUCHED_FOR = ("impersonation", "trusted_token_exchange", "oauth_access_token_exchange")

MFAEnrollment = Literal["enroll", "unenroll"]


@frozen(kw_only=True)
class Earlier:
    """What the caller had proved before this call: a session, an unfinished login, or nothing."""

    session: MemberSession | None = None
    intermediate_session_token: str | None = field(default=None, repr=False)


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
    earlier: Earlier,
) -> Login:
    """
    Start or strengthen a session, if the organization asks for no more proof.

    The member becomes active: whoever gets here has proved the address.

    Args:
        store: Where everything is.

        member: Who logs in.

        proved: What the member has proved now.

        duration_minutes: Life of the session from now on.

        earlier: What the caller had proved before. A session of the same member gets the factors;
            the factors of an unfinished login count too, and it ends.

    Raises:
        InvalidSessionDurationError: The duration is outside of what the API allows.
        ActionAvailableOnlyForActiveMembersError: The member is deactivated.
        UserLockLimitReachedError: The member is locked.
        IntermediateSessionNotFoundError: The intermediate session is unknown, used or expired.
        IntermediateSessionForOtherOrganizationError: It is another person's, or goes on elsewhere.
    """
    sessions.check_duration(duration_minutes)
    if member.status == "deleted":
        raise ActionAvailableOnlyForActiveMembersError
    lockout.check(store, member)
    organization = store.organizations[member.organization_id]
    all_proved = _take_up(store, member, earlier, proved)
    members.activate(store, member)

    primary_missing = lacks_primary(organization, member, all_proved)
    mfa_missing = lacks_mfa(organization, member, all_proved)
    if primary_missing or mfa_missing:
        return Login(
            member=member,
            organization=organization,
            intermediate=sessions.start_intermediate(
                store,
                email_address=member.email_address,
                organization_id=organization.organization_id,
                factors=all_proved,
            ),
            mfa_required=mfa_missing and not primary_missing,
            primary_required=organization.allowed_auth_methods if primary_missing else None,
            passcode_sent=not primary_missing and _begin_second_factor(store, organization, member),
        )

    session = _enter(store, member, all_proved, duration_minutes=duration_minutes, earlier=earlier)
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
        UserLockLimitReachedError: The member is locked.
    """
    if duration_minutes is not None:
        sessions.check_duration(duration_minutes)
    if member.status == "deleted":
        raise ActionAvailableOnlyForActiveMembersError
    lockout.check(store, member)
    earlier = Earlier(session=session)
    proved = _take_up(store, member, earlier, [factor])
    members.activate(store, member)
    return _enter(store, member, proved, duration_minutes=duration_minutes, earlier=earlier)


def check_earlier(
    store: Store, organization: Organization, email_address: str, earlier: Earlier
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


def check_second_factor(
    store: Store, member: Member, method: MFAMethod, *, earlier: Earlier, is_new: bool = False
) -> None:
    """
    Check that a member may prove, or set up, a second factor now.

    Args:
        store: Where everything is.

        member: Whose factor.

        method: How.

        earlier: A second factor strengthens a session or a login that has begun.

        is_new: Whether the member sets it up. Who has a second factor must have proved it for
            that, or else a stolen password would be enough to add another.

    Raises:
        ActionAvailableOnlyForActiveMembersError: The member is deactivated.
        UserUnauthenticatedError: There is neither a session nor a login that has begun.
        MemberSessionMemberIdMismatchError: The session is another member's.
        IntermediateSessionNotFoundError: The intermediate session is unknown, used or expired.
        IntermediateSessionForOtherOrganizationError: It is another person's, or goes on elsewhere.
        OperationRestrictedByOrganizationMfaMethodsError: The organization does not accept it.
        InsufficientFactorsError: Something else has to be proved before.
    """
    if member.status == "deleted":
        raise ActionAvailableOnlyForActiveMembersError
    if not earlier.intermediate_session_token:
        if earlier.session is None:
            raise UserUnauthenticatedError
        if earlier.session.member_id != member.member_id:
            raise MemberSessionMemberIdMismatchError
    proved = _proved_before(store, member, earlier)
    organization = store.organizations[member.organization_id]
    if method not in accepted_mfa_methods(organization):
        raise OperationRestrictedByOrganizationMfaMethodsError
    lacks_second = not any(factor.sequence_order == "SECONDARY" for factor in proved)
    if lacks_primary(organization, member, proved) or (
        is_new and lacks_second and has_second_factor(member)
    ):
        raise InsufficientFactorsError


def complete_second_factor(
    store: Store,
    member: Member,
    factor: Factor,
    *,
    duration_minutes: int,
    earlier: Earlier,
    set_mfa_enrollment: MFAEnrollment | None = None,
) -> MemberSession:
    """
    Add a second factor that `check_second_factor` let through: after it nothing is missing.

    Args:
        store: Where everything is.

        member: Whose factor.

        factor: What the member has proved now.

        duration_minutes: Life of the session from now on.

        earlier: The session to strengthen, or the login to complete.

        set_mfa_enrollment: Whether the member has to give a second factor at every login from
            now on. Where the organization asks everybody, it is always so.

    Raises:
        InvalidSessionDurationError: The duration is outside of what the API allows.
    """
    sessions.check_duration(duration_minutes)
    all_proved = _take_up(store, member, earlier, [factor])
    members.activate(store, member)
    lockout.note_success(store, member)
    changes: dict[str, object] = {}
    if not member.default_mfa_method:
        changes["default_mfa_method"] = factors.mfa_method(factor)
    if store.organizations[member.organization_id].mfa_policy == "REQUIRED_FOR_ALL":
        changes["mfa_enrolled"] = True
    elif set_mfa_enrollment is not None:
        changes["mfa_enrolled"] = set_mfa_enrollment == "enroll"
    members.update(store, member, changes)
    return _enter(store, member, all_proved, duration_minutes=duration_minutes, earlier=earlier)


def exchange(
    store: Store, session: MemberSession, organization_id: str, *, duration_minutes: int
) -> Login:
    """
    Log the person behind a session in to another organization.

    Both members have the same e-mail address; what was proved counts for both, unless it was
    proved to the first organization alone. The session exchanged stays as it is.

    Raises:
        OrganizationNotFoundError: There is no such organization.
        MemberNotFoundError: It has no member with the address.
        InvalidSessionDurationError: The duration is outside of what the API allows.
    """
    organization = organizations.get(store, organization_id)
    email_address = store.members[session.member_id].email_address
    member = members.get_living_by_email(store, organization, email_address)
    carried = [evolve(factor) for factor in session.factors if _counts_at(organization, factor)]
    return complete(
        store, member, proved=carried, duration_minutes=duration_minutes, earlier=Earlier()
    )


def lacks_primary(
    organization: Organization, member: Member | None, proved: Iterable[Factor]
) -> bool:
    """Tell whether the organization accepts none of the ways in which somebody authenticated."""
    if member is not None and member.is_breakglass:
        return False
    return not any(
        factor.delivery_method in _VOUCHED_FOR
        or organizations.allows_auth_method(organization, factors.auth_method(factor))
        for factor in proved
        if factor.sequence_order == "PRIMARY" and _counts_at(organization, factor)
    )


def lacks_mfa(organization: Organization, member: Member | None, proved: Iterable[Factor]) -> bool:
    """Tell whether a second factor is wanted and none that the organization accepts is there."""
    is_wanted = organization.mfa_policy == "REQUIRED_FOR_ALL" or (
        member is not None and member.mfa_enrolled
    )
    accepted = accepted_mfa_methods(organization)
    return is_wanted and not any(
        factor.delivery_method in _VOUCHED_FOR
        or (factor.sequence_order == "SECONDARY" and factors.mfa_method(factor) in accepted)
        for factor in proved
    )


def has_second_factor(member: Member) -> bool:
    """Tell whether a member has set up a second factor."""
    return has_totp(member) or member.mfa_phone_number_verified


def has_totp(member: Member) -> bool:
    """Tell whether a member has an authenticator app, which counts from its first code on."""
    return member.totp is not None and member.totp.is_verified


def accepted_mfa_methods(organization: Organization) -> Sequence[str]:
    """Return the second factors that an organization accepts."""
    if organization.mfa_methods == "RESTRICTED":
        return organization.allowed_mfa_methods
    return MFA_METHODS


def _begin_second_factor(store: Store, organization: Organization, member: Member) -> bool:
    """Send a passcode to the phone of whoever will want one."""
    accepted = accepted_mfa_methods(organization)
    has_app = has_totp(member) and "totp" in accepted
    prefers_phone = member.default_mfa_method == "sms_otp" or not has_app
    if not (prefers_phone and member.mfa_phone_number_verified and "sms_otp" in accepted):
        return False
    passcodes.send(
        store, to=member.mfa_phone_number, member=member, lifetime=passcodes.SMS_LIFETIME
    )
    return True


def _proved_before(store: Store, member: Member, earlier: Earlier) -> list[Factor]:
    """Return what a member has proved already, in a session or in a login that has begun."""
    session = _own_session(member, earlier)
    proved = [] if session is None else [*session.factors]
    if earlier.intermediate_session_token:
        token = earlier.intermediate_session_token
        proved += sessions.get_intermediate_of(store, token, member).factors
    return proved


def _take_up(
    store: Store, member: Member, earlier: Earlier, proved: Iterable[Factor]
) -> list[Factor]:
    """Return what was proved, before and now; a login that had begun ends."""
    before = _proved_before(store, member, earlier)
    if earlier.intermediate_session_token:
        begun = sessions.get_intermediate(store, earlier.intermediate_session_token)
        sessions.end_intermediate(store, begun)
    return _merged(registrations.attach(store, member, each) for each in (*before, *proved))


def _own_session(member: Member, earlier: Earlier) -> MemberSession | None:
    session = earlier.session
    return session if session is not None and session.member_id == member.member_id else None


def _enter(
    store: Store,
    member: Member,
    proved: Sequence[Factor],
    *,
    duration_minutes: int | None,
    earlier: Earlier,
) -> MemberSession:
    """Strengthen the member's own session, or start one."""
    session = _own_session(member, earlier)
    if session is None:
        if duration_minutes is None:
            duration_minutes = sessions.DEFAULT_DURATION_MINUTES
        return sessions.start(store, member, factors=proved, duration_minutes=duration_minutes)
    session.factors = [*proved]
    sessions.touch(store, session, duration_minutes=duration_minutes)
    return session


def _counts_at(organization: Organization, factor: Factor) -> bool:
    return factor.organization_id in (None, organization.organization_id)


def _merged(proved: Iterable[Factor]) -> list[Factor]:
    """Return the factors with those proved again only once, as last proved."""
    merged: list[Factor] = []
    for factor in proved:
        for index, earlier in enumerate(merged):
            if _identity(earlier) == _identity(factor):
                merged[index] = evolve(factor, created_at=earlier.created_at)
                break
        else:
            merged.append(factor)
    return merged


def _identity(factor: Factor) -> tuple[object, ...]:
    return (factor.type, factor.delivery_method, factor.details)
