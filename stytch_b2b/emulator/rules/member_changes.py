"""What admins change about members, and members about themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import (
    ActionAvailableOnlyForActiveMembersError,
    BadRequestError,
    DefaultMfaMemberMissingFactorError,
    DuplicateMemberPhoneNumberError,
    EmailUnverifiedForReactivationError,
    InvalidMfaDefaultMethodError,
    MemberNotFoundError,
    MemberPasswordNotFoundError,
    MemberPhoneNumberNotFoundError,
    MetadataTooLargeError,
    MetadataTooManyKeysError,
    NoDeletedMemberFoundForReactivationError,
    ReactivationEmailBelongsToAnotherMemberError,
    TotpNotFoundError,
)
from ..policy import ADMIN_ROLE
from ..store import Member, Organization, Store
from . import (
    consents,
    email_addresses,
    members,
    otps,
    passwords,
    registrations,
    roles as role_rules,
    scim,
    second_factors,
    sessions,
)

MOST_METADATA_KEYS = 20
MOST_METADATA_BYTES = 4096


def named(store: Store, organization: Organization, parameters: Mapping[str, str]) -> Member | None:
    """Return the member whom a path is about: by an id, or by the id of a password."""
    try:
        if "member_id" in parameters:
            return members.get(store, organization, parameters["member_id"])
        if "member_password_id" in parameters:
            return with_password(store, organization, parameters["member_password_id"])
    except (MemberNotFoundError, MemberPasswordNotFoundError):
        pass
    return None


def with_password(store: Store, organization: Organization, password_id: str) -> Member:
    """
    Find the member who has a password.

    Raises:
        MemberPasswordNotFoundError: Nobody in the organization has it.
    """
    for member in store.members_of(organization.organization_id):
        password = passwords.of(store, member)
        if password is not None and password.password_id == password_id:
            return member
    raise MemberPasswordNotFoundError


def create(
    store: Store,
    organization: Organization,
    *,
    email_address: str,
    is_pending: bool,
    settings: Mapping[str, Any],
) -> Member:
    """
    Create a member, without any mail to the person.

    Args:
        store: Where.

        organization: Whose member.

        email_address: Nobody has proved to read its mail.

        is_pending: Whether the member becomes active with the first login only.

        settings: Any of ``name``, ``roles``, ``is_breakglass``, ``mfa_enrolled``,
            ``mfa_phone_number`` and ``untrusted_metadata``.

    Raises:
        InvalidEmailError: The address is none.
        DuplicateMemberEmailError: Another member has it.
        RetiredMemberEmailError: Another member had it.
        ApiError: A role, the phone number or the metadata does not fit.
    """
    email_address = members.normal_email(email_address)
    email_addresses.check_free(store, organization, email_address, taker=None)
    role_rules.check_assignable(store, organization, settings.get("roles", ()))
    if "mfa_phone_number" in settings:
        _check_phone_number(store, organization, settings["mfa_phone_number"], taker=None)
    metadata = _merged_metadata({}, settings.get("untrusted_metadata", {}))
    return members.create(
        store,
        organization,
        email_address=email_address,
        settings={
            **settings,
            "roles": [*dict.fromkeys(settings.get("roles", ()))],
            "untrusted_metadata": metadata,
            "status": "pending" if is_pending else "active",
            "email_address_verified": False,
        },
    )


def update(
    store: Store,
    member: Member,
    settings: Mapping[str, Any],
    *,
    unlink_email: bool = False,
    preserve_existing_sessions: bool = False,
) -> Member:
    """
    Change a member; what is not given stays, and if anything does not fit nothing changes.

    Args:
        store: Where everything is.

        member: Whom.

        settings: Any of ``name``, ``roles``, ``is_breakglass``, ``mfa_enrolled``,
            ``mfa_phone_number``, ``default_mfa_method``, ``email_address`` and
            ``untrusted_metadata``, whose keys are replaced one by one.

        unlink_email: Leave the old address to others, instead of retiring it.

        preserve_existing_sessions: Keep sessions by an SSO connection that gives the member a role
            which is no longer assigned.

    Raises:
        ActionAvailableOnlyForActiveMembersError: The member is deactivated.
        DefaultMfaMemberMissingFactorError: The member has not set up the second factor.
        BadRequestError: Nobody would be left to administer the organization.
        ApiError: The address, a role, the phone number or the metadata does not fit.
    """
    _check_not_deleted(member)
    organization = store.organizations[member.organization_id]
    changes = dict(settings)
    new_address = changes.pop("email_address", None)
    phone_number = changes.pop("mfa_phone_number", None)
    if new_address is not None:
        new_address = members.normal_email(new_address)
        email_addresses.check_free(store, organization, new_address, taker=member)
    if phone_number is not None:
        _check_phone_number(store, organization, phone_number, taker=member)
    if "default_mfa_method" in changes:
        _check_default_mfa_method(member, changes["default_mfa_method"])
    if "untrusted_metadata" in changes:
        changes["untrusted_metadata"] = _merged_metadata(
            member.untrusted_metadata, changes["untrusted_metadata"]
        )
    if "roles" in changes:
        role_rules.check_assignable(store, organization, changes["roles"])
        changes["roles"] = [*dict.fromkeys(changes["roles"])]
    if not _stays_admin(store, member, changes.get("roles"), new_address):
        check_other_admin(store, member)

    if phone_number is not None:
        otps.link_phone(store, member, phone_number)
    revoked = set(member.roles) - set(changes.get("roles", member.roles))
    members.update(store, member, changes)
    if new_address not in (None, member.email_address):
        email_addresses.change(store, member, new_address, is_verified=False, unlink=unlink_email)
    if not preserve_existing_sessions:
        _end_sessions_by_sso(store, member, revoked)
    return member


def delete(store: Store, member: Member) -> None:
    """
    Delete a member, as an admin does it.

    Raises:
        ActionAvailableOnlyForActiveMembersError: The member is deactivated already.
        BadRequestError: Nobody would be left to administer the organization.
    """
    _check_not_deleted(member)
    check_other_admin(store, member)
    scim.forget(store, member)
    deactivate(store, member)


def deactivate(store: Store, member: Member) -> None:
    """
    Make a member deleted, whoever is left: nobody acts as the member any more.

    The accounts at identity providers go, but for that of a SCIM connection, which may want the
    member back; a password and second factors wait for a reactivation.
    """
    sessions.revoke_all_of(store, member)
    email_addresses.forget_mail(store, member)
    store.email_updates.pop(member.member_id, None)
    consents.withdraw_all(store, member)
    member.oauth_registrations.clear()
    member.sso_registrations.clear()
    members.update(store, member, {"status": "deleted"})


def reactivate(store: Store, member: Member) -> None:
    """
    Make a deleted member active again.

    Raises:
        NoDeletedMemberFoundForReactivationError: The member is not deleted.
        EmailUnverifiedForReactivationError: Nobody has ever proved the address.
        ReactivationEmailBelongsToAnotherMemberError: Somebody else has it now, or had it.
    """
    if member.status != "deleted":
        raise NoDeletedMemberFoundForReactivationError
    if not member.email_address_verified:
        raise EmailUnverifiedForReactivationError
    organization = store.organizations[member.organization_id]
    holder = members.find_by_email(store, organization, member.email_address)
    retired_by = members.retired_by(store, organization, member.email_address)
    if (holder is not None and holder.status != "deleted") or retired_by is not None:
        raise ReactivationEmailBelongsToAnotherMemberError
    # Others may have taken what the member had before; those addresses stay theirs.
    member.retired_email_addresses = [
        retired
        for retired in member.retired_email_addresses
        if _is_free(store, organization, retired.email_address)
    ]
    members.update(store, member, {"status": "active"})


def delete_password(store: Store, member: Member) -> None:
    """
    Delete a member's password; sessions stay.

    Raises:
        ActionAvailableOnlyForActiveMembersError: The member is deactivated.
        CrossOrgPasswordsEnabledError: It is the person's in every organization.
    """
    _check_not_deleted(member)
    passwords.delete(store, member)
    member.updated_at = store.clock.now()


def delete_phone_number(store: Store, member: Member) -> None:
    """
    Delete the phone number that a member's passcodes go to; sessions stay.

    Raises:
        ActionAvailableOnlyForActiveMembersError: The member is deactivated.
        MemberPhoneNumberNotFoundError: There is none.
    """
    _check_not_deleted(member)
    if not member.mfa_phone_number:
        raise MemberPhoneNumberNotFoundError
    email_addresses.forget_mail(store, member, to=member.mfa_phone_number)
    members.update(store, member, {"mfa_phone_number": "", "mfa_phone_number_verified": False})
    _choose_other_default(store, member, "sms_otp")


def delete_totp(store: Store, member: Member) -> None:
    """
    Delete a member's authenticator app and the recovery codes that came with it; sessions stay.

    Raises:
        ActionAvailableOnlyForActiveMembersError: The member is deactivated.
        TotpNotFoundError: There is none.
    """
    _check_not_deleted(member)
    if member.totp is None:
        raise TotpNotFoundError
    member.totp = None
    member.recovery_codes.clear()
    member.updated_at = store.clock.now()
    _choose_other_default(store, member, "totp")


def check_other_admin(store: Store, member: Member) -> None:
    """
    Check that an organization does not lose its last administrator with a member.

    Stytch's vocabulary has no type for that: its admin portal only warns people before they lock
    themselves out.

    Raises:
        BadRequestError: It does.
    """
    if not _is_admin(store, member):
        return
    others = (one for one in store.members_of(member.organization_id) if one is not member)
    if not any(_is_admin(store, other) for other in others):
        message = "The organization would be left without an active member who administers it."
        raise BadRequestError(message)


def _check_not_deleted(member: Member) -> None:
    if member.status == "deleted":
        raise ActionAvailableOnlyForActiveMembersError


def _check_phone_number(
    store: Store, organization: Organization, phone_number: str, *, taker: Member | None
) -> None:
    otps.check_phone_number(phone_number)
    if taker is not None:
        otps.check_phone_may_change(taker, phone_number)
    for other in store.members_of(organization.organization_id):
        if other is taker or other.status == "deleted":
            continue
        if other.mfa_phone_number == phone_number:
            raise DuplicateMemberPhoneNumberError


def _check_default_mfa_method(member: Member, method: str) -> None:
    has_it = {"totp": second_factors.has_totp(member), "sms_otp": member.mfa_phone_number_verified}
    if method not in has_it:
        raise InvalidMfaDefaultMethodError
    if not has_it[method]:
        raise DefaultMfaMemberMissingFactorError


def _merged_metadata(present: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata with the keys given replaced, and those that are null taken out."""
    merged = {key: value for key, value in {**present, **given}.items() if value is not None}
    if len(merged) > MOST_METADATA_KEYS:
        raise MetadataTooManyKeysError
    if len(json.dumps(merged).encode()) > MOST_METADATA_BYTES:
        raise MetadataTooLargeError
    return merged


def _is_admin(store: Store, member: Member) -> bool:
    return member.status == "active" and ADMIN_ROLE in role_rules.held(store, member)


def _stays_admin(
    store: Store, member: Member, roles: Iterable[str] | None, new_address: str | None
) -> bool:
    """Tell whether nothing in a change can take the admin's role from a member."""
    sources = {source["type"] for source in role_rules.held(store, member).get(ADMIN_ROLE, ())}
    if roles is not None:
        sources.discard("direct_assignment")
        sources |= {"direct_assignment"} if ADMIN_ROLE in roles else set()
    if new_address not in (None, member.email_address):
        # Nobody has proved the new address yet, so its domain gives no role.
        sources.discard("email_assignment")
    return bool(sources)


def _end_sessions_by_sso(store: Store, member: Member, revoked: Iterable[str]) -> None:
    """End the sessions by connections that go on giving a member the roles just taken away."""
    held = role_rules.held(store, member)
    connection_ids = {
        source["details"]["connection_id"]
        for role_id in revoked
        for source in held.get(role_id, ())
        if source["type"] in ("sso_connection", "sso_connection_group")
    }
    for session in [*store.sessions.values()]:
        used = map(registrations.connection_of, session.factors)
        if session.member_id == member.member_id and not connection_ids.isdisjoint(used):
            sessions.revoke(store, session)


def _choose_other_default(store: Store, member: Member, lost: second_factors.MFAMethod) -> None:
    if member.default_mfa_method != lost:
        return
    other = ""
    if lost == "totp" and member.mfa_phone_number_verified:
        other = "sms_otp"
    elif lost == "sms_otp" and second_factors.has_totp(member):
        other = "totp"
    members.update(store, member, {"default_mfa_method": other})


def _is_free(store: Store, organization: Organization, email_address: str) -> bool:
    holder = members.find_by_email(store, organization, email_address)
    if holder is not None and holder.status != "deleted":
        return False
    return members.retired_by(store, organization, email_address) is None
