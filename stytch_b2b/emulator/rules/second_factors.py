"""Second factors: when one is wanted, which will do, and how one is added to a login."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from ..errors import (
    InsufficientFactorsError,
    MemberSessionMemberIdMismatchError,
    OperationRestrictedByOrganizationMfaMethodsError,
)
from ..store import Factor, Member, MemberSession, Organization, Store
from . import factors, members, passcodes, proofs, sessions

MFAMethod = Literal["totp", "sms_otp"]
MFA_METHODS: tuple[MFAMethod, ...] = ("totp", "sms_otp")

MFAEnrollment = Literal["enroll", "unenroll"]


def check(
    store: Store,
    member: Member,
    method: MFAMethod,
    *,
    earlier: proofs.Earlier,
    is_new: bool = False,
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
        UserUnauthenticatedError: There is neither a session nor a login that has begun.
        IntermediateSessionNotFoundError: The intermediate session is unknown, used or expired.
        ActionAvailableOnlyForActiveMembersError: The member is deactivated.
        OrganizationSuspendedError: The organization is suspended.
        MemberSessionMemberIdMismatchError: The session is another member's.
        IntermediateSessionForOtherOrganizationError: It is another person's, or goes on elsewhere.
        SessionNotMutableError: It is to be set up, by somebody who acts in the member's place.
        OperationRestrictedByOrganizationMfaMethodsError: The organization does not accept it.
        InsufficientFactorsError: Something else has to be proved before.
    """
    proofs.check_begun(store, earlier)
    proofs.check_admissible(store, member)
    session = None if earlier.intermediate_session_token else earlier.session
    if session is not None and session.member_id != member.member_id:
        raise MemberSessionMemberIdMismatchError
    proved = proofs.before(store, member, earlier)
    if is_new:
        sessions.check_mutable(proved)
    organization = store.organizations[member.organization_id]
    if method not in accepted_methods(organization):
        raise OperationRestrictedByOrganizationMfaMethodsError
    lacks_second = not any(factor.sequence_order == "SECONDARY" for factor in proved)
    if proofs.lacks_primary(organization, member, proved) or (
        is_new and lacks_second and has_any(member)
    ):
        raise InsufficientFactorsError


def complete(
    store: Store,
    member: Member,
    factor: Factor,
    *,
    duration_minutes: int,
    earlier: proofs.Earlier,
    set_mfa_enrollment: MFAEnrollment | None = None,
) -> MemberSession:
    """
    Add a second factor that `check` let through: after it nothing is missing.

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
    all_proved = proofs.take_up(store, member, earlier, [factor])
    members.activate(store, member, proves_address=proofs.prove_address(member, all_proved))
    changes: dict[str, object] = {}
    if not member.default_mfa_method:
        changes["default_mfa_method"] = factors.mfa_method(factor)
    if store.organizations[member.organization_id].mfa_policy == "REQUIRED_FOR_ALL":
        changes["mfa_enrolled"] = True
    elif set_mfa_enrollment is not None:
        changes["mfa_enrolled"] = set_mfa_enrollment == "enroll"
    members.update(store, member, changes)
    return proofs.enter(
        store, member, all_proved, duration_minutes=duration_minutes, earlier=earlier
    )


def is_missing(organization: Organization, member: Member | None, proved: Iterable[Factor]) -> bool:
    """Tell whether a second factor is wanted and none that the organization accepts is there."""
    is_wanted = organization.mfa_policy == "REQUIRED_FOR_ALL" or (
        member is not None and member.mfa_enrolled
    )
    accepted = accepted_methods(organization)
    return is_wanted and not any(
        proofs.is_vouched(factor)
        or (factor.sequence_order == "SECONDARY" and factors.mfa_method(factor) in accepted)
        for factor in proved
        if proofs.counts_at(organization, factor)
    )


def begin(store: Store, organization: Organization, member: Member) -> bool:
    """Send a passcode to the phone of whoever will want one; return whether it was sent."""
    accepted = accepted_methods(organization)
    has_app = has_totp(member) and "totp" in accepted
    prefers_phone = member.default_mfa_method == "sms_otp" or not has_app
    if not (prefers_phone and member.mfa_phone_number_verified and "sms_otp" in accepted):
        return False
    passcodes.send(
        store, to=member.mfa_phone_number, member=member, lifetime=passcodes.SMS_LIFETIME
    )
    return True


def accepted_methods(organization: Organization) -> Sequence[str]:
    """Return the second factors that an organization accepts."""
    if organization.mfa_methods == "RESTRICTED":
        return organization.allowed_mfa_methods
    return MFA_METHODS


def has_any(member: Member) -> bool:
    """Tell whether a member has set up a second factor."""
    return has_totp(member) or member.mfa_phone_number_verified


def has_totp(member: Member) -> bool:
    """Tell whether a member has an authenticator app, which counts from its first code on."""
    return member.totp is not None and member.totp.is_verified
