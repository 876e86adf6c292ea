"""Members of organizations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from ..errors import InvalidEmailError, MemberNotFoundError, RetiredMemberEmailError
from ..store import Member, Organization, Store
from . import roles as role_rules

_FIXED = {
    "member_id",
    "organization_id",
    "email_id",
    "created_at",
    "updated_at",
    "totp",
    "recovery_codes",
    "password",
    "oauth_registrations",
    "sso_registrations",
    "retired_email_addresses",
    "failed_attempts",
    "locked_at",
    "lock_expires_at",
}
SETTINGS = frozenset(field.name for field in attrs.fields(Member)) - _FIXED

LONGEST_EMAIL = 254
# No part takes a dot that ends another, so that there is one way to match and no way back.
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")


def normal_email(email_address: str) -> str:
    """
    Return an e-mail address as members are found by it.

    Raises:
        InvalidEmailError: It is none.
    """
    if len(email_address) > LONGEST_EMAIL or not _EMAIL.fullmatch(email_address):
        raise InvalidEmailError
    return email_address.lower()


def create(
    store: Store, organization: Organization, *, email_address: str, settings: Mapping[str, Any]
) -> Member:
    """
    Create a member.

    Args:
        store: Where.

        organization: Whose member.

        email_address: At most one member of an organization has it, but for deleted ones.

        settings: Any other field, under its API name.

    Raises:
        ValueError: A setting or role is unknown, or the address is taken.
        InvalidEmailError: The address is none.
        RetiredMemberEmailError: Another member had the address.
    """
    _check_settings(store, organization, settings)
    email_address = normal_email(email_address)
    found = find_by_email(store, organization, email_address)
    if found is not None and found.status != "deleted":
        msg = f"{organization.organization_name} already has a member {email_address}"
        raise ValueError(msg)
    if retired_by(store, organization, email_address) is not None:
        raise RetiredMemberEmailError

    now = store.clock.now()
    member = Member(
        member_id=store.ids.id("member"),
        organization_id=organization.organization_id,
        email_id=store.ids.id("email"),
        email_address=email_address,
        created_at=now,
        updated_at=now,
    )
    _apply(member, settings)
    store.members[member.member_id] = member
    return member


def create_pending(
    store: Store, organization: Organization, *, email_address: str, name: str = ""
) -> Member:
    """
    Create a member for somebody who is about to log in.

    The login makes the member active, and says whether it has verified the address.
    """
    settings = {"name": name, "status": "pending", "email_address_verified": False}
    return create(store, organization, email_address=email_address, settings=settings)


def update(store: Store, member: Member, settings: Mapping[str, Any]) -> None:
    """
    Change fields of a member; those not named stay.

    Raises:
        ValueError: A field or role is unknown.
    """
    _check_settings(store, store.organizations[member.organization_id], settings)
    _apply(member, settings)
    member.updated_at = store.clock.now()


def find_by_email(store: Store, organization: Organization, email_address: str) -> Member | None:
    """Return the member with this normal address, or else a deactivated one."""
    deactivated = None
    for member in store.members_of(organization.organization_id):
        if member.email_address == email_address:
            if member.status != "deleted":
                return member
            deactivated = member
    return deactivated


def retired_by(store: Store, organization: Organization, email_address: str) -> Member | None:
    """Return the member who keeps this normal address from others, having had it before."""
    for member in store.members_of(organization.organization_id):
        for retired in member.retired_email_addresses:
            if retired.email_address == email_address and member.status != "deleted":
                return member
    return None


def get(store: Store, organization: Organization, reference: str) -> Member:
    """
    Find a member of an organization by its id or external id, deactivated or not.

    Raises:
        MemberNotFoundError: The organization has no such member.
    """
    for member in store.members_of(organization.organization_id):
        if reference in (member.member_id, member.external_id):
            return member
    raise MemberNotFoundError


def of_person(store: Store, email_address: str) -> list[Member]:
    """Return whoever a person with this normal address is, in all organizations."""
    return [
        member
        for member in store.members.values()
        if member.email_address == email_address and member.status != "deleted"
    ]


def get_living_by_email(store: Store, organization: Organization, email_address: str) -> Member:
    """
    Find a member who is not deactivated.

    Raises:
        MemberNotFoundError: The organization has none with this address.
    """
    member = find_by_email(store, organization, email_address)
    if member is None or member.status == "deleted":
        raise MemberNotFoundError
    return member


def activate(store: Store, member: Member, *, proves_address: bool) -> None:
    """
    Make a pending or invited member active.

    Args:
        store: Where the member is.

        member: Who has logged in.

        proves_address: Whether the login has shown the address to be the member's. Passwords and
            identity providers of organizations do not: they go by whatever address they were given.
    """
    changes: dict[str, object] = {}
    if member.status != "active":
        changes["status"] = "active"
    if proves_address and not member.email_address_verified:
        changes["email_address_verified"] = True
    if changes:
        update(store, member, changes)


def _check_settings(store: Store, organization: Organization, settings: Mapping[str, Any]) -> None:
    unknown = sorted(set(settings) - SETTINGS)
    if unknown:
        msg = f"a member has no {', '.join(unknown)}"
        raise ValueError(msg)
    known = {role["role_id"] for role in role_rules.existing(store, organization)}
    strangers = sorted(set(settings.get("roles", ())) - known)
    if strangers:
        msg = f"there is no role {', '.join(strangers)}; there are {', '.join(sorted(known))}"
        raise ValueError(msg)


def _apply(member: Member, settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        setattr(member, name, list(value) if name == "roles" else value)
