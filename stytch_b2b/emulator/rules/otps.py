"""Logging in with a passcode from an e-mail, and second factors from a phone."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import timedelta

from ..errors import (
    ActionAvailableOnlyForActiveMembersError,
    DuplicateMemberPhoneNumberForMemberError,
    InvalidExpirationOtpError,
    InvalidPhoneNumberError,
    MemberPhoneNumberNotFoundError,
    OtpCodeNotFoundError,
    UnableToAuthOtpCodeError,
)
from ..outbox import Message
from ..store import Member, MemberSession, Passcode, Store, Stranger
from . import (
    admission,
    discovery,
    email_addresses,
    factors,
    lockout,
    logins,
    members,
    organizations,
    passcodes,
    proofs,
    second_factors,
)

SHORTEST_EXPIRATION_MINUTES = 2
LONGEST_EXPIRATION_MINUTES = 15

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def send_email(
    store: Store,
    *,
    email_address: str,
    organization_id: str,
    login_expiration_minutes: int | None,
    signup_expiration_minutes: int | None,
) -> Message:
    """
    Send a passcode to a member, or to somebody whom the organization lets in.

    Args:
        store: Where everything is.

        email_address: To whom.

        organization_id: Id, slug or external id.

        login_expiration_minutes: Counts if the address belongs to an active member.

        signup_expiration_minutes: Counts otherwise.

    Raises:
        OrganizationNotFoundError: There is no such organization.
        EmailJitProvisioningNotAllowedError: The address is new, and the organization lets in
            nobody by it.
        ApiError: Any other argument does not fit.
    """
    organization = organizations.get(store, organization_id)
    email_address = members.normal_email(email_address)
    login_lifetime = _email_lifetime(login_expiration_minutes)
    signup_lifetime = _email_lifetime(signup_expiration_minutes)
    member = admission.admit(store, organization, email_address, method="email_otp")
    return passcodes.send(
        store,
        to=email_address,
        member=member,
        lifetime=login_lifetime if member.status == "active" else signup_lifetime,
    )


def authenticate_email(
    store: Store,
    *,
    email_address: str,
    organization_id: str,
    code: str,
    duration_minutes: int,
    earlier: proofs.Earlier,
) -> logins.Login:
    """
    Log in with a passcode from an e-mail; one sent to a new address makes it the member's own.

    Args:
        store: Where everything is.

        email_address: To whom it was sent.

        organization_id: Id, slug or external id.

        code: What was typed.

        duration_minutes: Life of the session.

        earlier: What the caller had proved before.

    Raises:
        OrganizationNotFoundError: There is no such organization.
        OtpCodeNotFoundError: No passcode was sent to the address for this organization.
        UnableToAuthOtpCodeError: It is another one, was used before, or has expired.
        UserLockLimitReachedError: The member is locked.
        ApiError: The duration or the intermediate session does not fit, or the member was
            deactivated.
    """
    organization = organizations.get(store, organization_id)
    to = members.normal_email(email_address)
    member = members.find_by_email(store, organization, to)
    if member is None or member.status == "deleted":
        member = email_addresses.updating(store, organization, to) or member
    if member is None:
        raise OtpCodeNotFoundError
    if member.status == "deleted":
        raise ActionAvailableOnlyForActiveMembersError
    passcode = _checked_code(store, code, to=to, member=member, on_account_of=[member])
    email_id = email_addresses.check_proved(store, member, to)
    factor = factors.email_otp(store, email_id=email_id, email_address=to)
    login = logins.complete(
        store, member, proved=[factor], duration_minutes=duration_minutes, earlier=earlier
    )
    passcode.used = True
    email_addresses.finish_update(store, member, to, begun=login.intermediate)
    return login


def send_discovery_email(
    store: Store, *, email_address: str, expiration_minutes: int | None
) -> Message:
    """
    Send a passcode to somebody who has not chosen an organization yet.

    Raises:
        InvalidEmailError: The address is none.
        InvalidExpirationOtpError: The lifetime is outside of what the API allows.
    """
    return passcodes.send(
        store,
        to=members.normal_email(email_address),
        member=None,
        lifetime=_email_lifetime(expiration_minutes),
    )


def authenticate_discovery_email(
    store: Store, *, email_address: str, code: str
) -> discovery.Discovery:
    """
    Find the organizations of somebody who types a passcode from an e-mail.

    Raises:
        OtpCodeNotFoundError: No passcode was sent to the address for discovery.
        UnableToAuthOtpCodeError: It is another one, was used before, or has expired.
        UserLockLimitReachedError: A member with the address is locked, or the address itself.
    """
    email_address = members.normal_email(email_address)
    guessed = lockout.guessed(store, email_address)
    passcode = _checked_code(store, code, to=email_address, member=None, on_account_of=guessed)
    passcode.used = True
    factor = factors.email_otp(store, email_id=store.ids.id("email"), email_address=email_address)
    return discovery.begin(store, email_address=email_address, proved=[factor])


def send_sms(
    store: Store, member: Member, *, phone_number: str | None, earlier: proofs.Earlier
) -> Message:
    """
    Send a passcode to a member's phone.

    Args:
        store: Where everything is.

        member: Whose phone.

        phone_number: Becomes the member's own; it is verified once a passcode has come back.
            Without it the passcode goes to the number that the member has.

        earlier: A second factor strengthens a session or a login that has begun.

    Raises:
        InvalidPhoneNumberError: The number is none.
        DuplicateMemberPhoneNumberForMemberError: The member has verified another number.
        MemberPhoneNumberNotFoundError: No number was given and the member has none.
        ApiError: The member may not use a phone now, for a reason of `second_factors.check`.
    """
    is_new = not member.mfa_phone_number_verified
    second_factors.check(store, member, "sms_otp", earlier=earlier, is_new=is_new)
    if phone_number is not None:
        link_phone(store, member, phone_number)
    if not member.mfa_phone_number:
        raise MemberPhoneNumberNotFoundError
    return passcodes.send(
        store, to=member.mfa_phone_number, member=member, lifetime=passcodes.SMS_LIFETIME
    )


def authenticate_sms(
    store: Store,
    member: Member,
    *,
    code: str,
    duration_minutes: int,
    earlier: proofs.Earlier,
    set_mfa_enrollment: second_factors.MFAEnrollment | None,
) -> MemberSession:
    """
    Prove the second factor with a passcode from a phone, which verifies its number.

    Args:
        store: Where everything is.

        member: Whose phone.

        code: What was typed.

        duration_minutes: Life of the session from now on.

        earlier: The session to strengthen, or the login to complete.

        set_mfa_enrollment: As `second_factors.complete` has it.

    Raises:
        OtpCodeNotFoundError: No passcode was sent to the member's phone.
        UnableToAuthOtpCodeError: It is another one, was used before, or has expired.
        UserLockLimitReachedError: The member is locked.
        InvalidSessionDurationError: The duration is outside of what the API allows.
        ApiError: The member may not use a phone now, for a reason of `second_factors.check`.
    """
    is_new = not member.mfa_phone_number_verified
    second_factors.check(store, member, "sms_otp", earlier=earlier, is_new=is_new)
    to = member.mfa_phone_number
    passcode = _checked_code(store, code, to=to, member=member, on_account_of=[member])
    session = second_factors.complete(
        store,
        member,
        factors.sms_otp(
            store,
            phone_id=_phone_id(member),
            phone_number=member.mfa_phone_number,
            organization_id=member.organization_id,
        ),
        duration_minutes=duration_minutes,
        earlier=earlier,
        set_mfa_enrollment=set_mfa_enrollment,
    )
    passcode.used = True
    members.update(store, member, {"mfa_phone_number_verified": True})
    return session


def check_phone_number(phone_number: str) -> None:
    """
    Check a phone number.

    Raises:
        InvalidPhoneNumberError: It is not in E.164 format.
    """
    if not _E164.fullmatch(phone_number):
        raise InvalidPhoneNumberError


def link_phone(store: Store, member: Member, phone_number: str) -> None:
    """
    Make a number the member's own, unless another has been verified.

    Raises:
        InvalidPhoneNumberError: It is not in E.164 format.
        DuplicateMemberPhoneNumberForMemberError: The member has verified another number.
    """
    check_phone_number(phone_number)
    check_phone_may_change(member, phone_number)
    if phone_number != member.mfa_phone_number:
        members.update(store, member, {"mfa_phone_number": phone_number})


def check_phone_may_change(member: Member, phone_number: str) -> None:
    """
    Check that a number may become the member's own.

    Raises:
        DuplicateMemberPhoneNumberForMemberError: The member has verified another number.
    """
    # One that nobody has verified may be a slip of the fingers; it must not bar the way.
    if member.mfa_phone_number_verified and phone_number != member.mfa_phone_number:
        raise DuplicateMemberPhoneNumberForMemberError


def _checked_code(
    store: Store,
    code: str,
    *,
    to: str,
    member: Member | None,
    on_account_of: Sequence[Member | Stranger],
) -> Passcode:
    """Find the passcode that was typed; a wrong one counts for everybody whom it would let in."""
    for each in on_account_of:
        lockout.check(store, each)
    try:
        return passcodes.check(store, code, to=to, member=member)
    except UnableToAuthOtpCodeError:
        for each in on_account_of:
            lockout.note_failure(store, each)
        raise


def _email_lifetime(minutes: int | None) -> timedelta:
    if minutes is None:
        return passcodes.EMAIL_LIFETIME
    if not SHORTEST_EXPIRATION_MINUTES <= minutes <= LONGEST_EXPIRATION_MINUTES:
        raise InvalidExpirationOtpError
    return timedelta(minutes=minutes)


def _phone_id(member: Member) -> str:
    """Return the id of a member's phone number: the same for the same number."""
    number = uuid.uuid5(uuid.NAMESPACE_URL, f"{member.member_id}/{member.mfa_phone_number}")
    return f"phone-number-test-{number}"
