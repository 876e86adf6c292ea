"""
What an identity provider does by SCIM to the members of an organization and to their groups.

A user is a member with a registration: its id is the member's. What identity providers tell comes
here as `scim2.values.read` leaves it.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Any, cast

from ..errors import DuplicateMemberEmailError, InvalidEmailError, RetiredMemberEmailError
from ..scim2.errors import (
    ConnectionNotFoundError,
    InvalidValueError,
    ResourceNotFoundError,
    UnauthorizedError,
    UniquenessError,
)
from ..store import Member, Organization, ScimConnection, ScimGroup, ScimRegistration, Store
from . import email_addresses, member_changes, members, scim

Json = Mapping[str, Any]


def authenticate(store: Store, connection_id: str, bearer_token: str) -> ScimConnection:
    """
    Return the connection that an identity provider may use; in a rotation both tokens are good.

    Raises:
        ConnectionNotFoundError: There is none, or it was deleted.
        UnauthorizedError: The token is not one of its own, or has expired.
    """
    connection = store.scim_connections.get(connection_id)
    if connection is None or connection.status != "active":
        raise ConnectionNotFoundError
    for token in (connection.bearer_token, connection.next_bearer_token):
        if token is None or token.expires_at <= store.clock.now():
            continue
        # A header may hold octets that are no text, which come as lone surrogates.
        sent = bearer_token.encode(errors="surrogateescape")
        if hmac.compare_digest(token.value.encode(), sent):
            return connection
    raise UnauthorizedError


def get_user(connection: ScimConnection, user_id: str) -> ScimRegistration:
    """
    Find a user.

    Raises:
        ResourceNotFoundError: The connection has no such user.
    """
    if user_id not in connection.registrations:
        raise ResourceNotFoundError(user_id)
    return connection.registrations[user_id]


def create_user(store: Store, connection: ScimConnection, user: Json) -> ScimRegistration:
    """
    Provision a user: a new member, or one who has had the e-mail address all along.

    Raises:
        InvalidValueError: There is no e-mail address, and a member has to have one.
        UniquenessError: Another user has the name or the address.
    """
    _check_user_name(connection, user, None)
    address = _email_address(user)
    if address is None:
        msg = "A member needs an e-mail address, in emails or as userName."
        raise InvalidValueError(msg)
    organization = store.organizations[connection.organization_id]
    member = members.find_by_email(store, organization, address)
    if member is not None and member.member_id in connection.registrations:
        msg = f"There is a user with the e-mail address {address}."
        raise UniquenessError(msg)
    _check_free(store, organization, address, taker=member)
    if member is None:
        member = members.create(store, organization, email_address=address, settings={})
    registration = _register(store, connection, member)
    _update(store, registration, user, is_active=user.get("active", True))
    return registration


def replace_user(
    store: Store, connection: ScimConnection, registration: ScimRegistration, user: Json
) -> None:
    """
    Put what is told now in the place of what was told before.

    The member stays what it is where nothing is told: active or not, with its address and name.

    Raises:
        InvalidValueError: The e-mail address is none.
        UniquenessError: Another user, or another member, has the name or the address.
    """
    _check_user_name(connection, user, registration)
    member = store.members[registration.member_id]
    address = _email_address(user) or member.email_address
    returns = member.status == "deleted" and user.get("active", False)
    if returns or address != member.email_address:
        # While a member is gone, somebody else may have got the address.
        organization = store.organizations[connection.organization_id]
        _check_free(store, organization, address, taker=member)
    _update(store, registration, user, is_active=user.get("active"))


def delete_user(store: Store, registration: ScimRegistration) -> None:
    """Deprovision a user, and forget what the identity provider has told of it."""
    member = store.members[registration.member_id]
    scim.forget(store, member)
    _deactivate(store, member)


def ensure_user(store: Store, connection: ScimConnection, member: Member) -> ScimRegistration:
    """Return the user that a member is; one that is none yet becomes one."""
    if member.member_id in connection.registrations:
        return connection.registrations[member.member_id]
    user = {
        "userName": member.email_address,
        "active": member.status != "deleted",
        "emails": [{"value": member.email_address, "type": "work", "primary": True}],
        **({"displayName": member.name} if member.name else {}),
    }
    return create_user(store, connection, user)


def is_active(store: Store, registration: ScimRegistration) -> bool:
    """Return whether a user can log in, as far as the identity provider has a say."""
    return store.members[registration.member_id].status != "deleted"


def get_group(connection: ScimConnection, group_id: str) -> ScimGroup:
    """
    Find a group.

    Raises:
        ResourceNotFoundError: The connection has no such group.
    """
    if group_id not in connection.groups:
        raise ResourceNotFoundError(group_id)
    return connection.groups[group_id]


def groups_of(connection: ScimConnection, member_id: str) -> list[ScimGroup]:
    """Return the groups that a user is in."""
    return [group for group in connection.groups.values() if member_id in group.member_ids]


def create_group(store: Store, connection: ScimConnection, group: Json) -> ScimGroup:
    """
    Keep a group.

    Raises:
        InvalidValueError: One of its members is no user of the connection.
    """
    member_ids = _member_ids(connection, group)
    now = store.clock.now()
    created = ScimGroup(
        group_id=store.ids.id("scim-group"),
        group_name=group["displayName"],
        organization_id=connection.organization_id,
        connection_id=connection.connection_id,
        created_at=now,
        updated_at=now,
        external_id=group.get("externalId"),
        member_ids=member_ids,
    )
    connection.groups[created.group_id] = created
    return created


def replace_group(store: Store, connection: ScimConnection, it: ScimGroup, group: Json) -> None:
    """
    Put what is told now in the place of what was told before; roles follow at once.

    Raises:
        InvalidValueError: One of its members is no user of the connection.
    """
    it.member_ids = _member_ids(connection, group)
    it.group_name = group["displayName"]
    it.external_id = group.get("externalId")
    it.updated_at = store.clock.now()


def delete_group(connection: ScimConnection, group: ScimGroup) -> None:
    """Forget a group, and with it the roles that it gave."""
    del connection.groups[group.group_id]
    connection.role_assignments = [
        each for each in connection.role_assignments if each["group_id"] != group.group_id
    ]


def _register(store: Store, connection: ScimConnection, member: Member) -> ScimRegistration:
    now = store.clock.now()
    registration = ScimRegistration(
        registration_id=store.ids.id("scim-registration"),
        member_id=member.member_id,
        created_at=now,
        updated_at=now,
    )
    connection.registrations[member.member_id] = registration
    return registration


def _update(
    store: Store, registration: ScimRegistration, user: Json, *, is_active: bool | None
) -> None:
    member = store.members[registration.member_id]
    registration.user = {name: value for name, value in user.items() if name != "active"}
    registration.updated_at = store.clock.now()
    address = _email_address(user)
    if address not in (None, member.email_address):
        email_addresses.change(store, member, address, is_verified=True)
    # The company answers for the addresses that it hands out.
    changes = {"name": _name(user) or member.name, "email_address_verified": True}
    members.update(store, member, changes)
    if is_active and member.status == "deleted":
        member_changes.reactivate(store, member)
    elif is_active:
        members.update(store, member, {"status": "active"})
    elif is_active is False:
        _deactivate(store, member)


def _deactivate(store: Store, member: Member) -> None:
    # Whoever comes back has to be given the roles anew; those of groups come back by themselves.
    members.update(store, member, {"roles": []})
    if member.status != "deleted":
        member_changes.deactivate(store, member)


def _check_free(
    store: Store, organization: Organization, address: str, *, taker: Member | None
) -> None:
    try:
        email_addresses.check_free(store, organization, address, taker=taker)
    except (DuplicateMemberEmailError, RetiredMemberEmailError) as exc:
        raise UniquenessError(str(exc)) from None


def _check_user_name(connection: ScimConnection, user: Json, but: ScimRegistration | None) -> None:
    name = user["userName"].lower()
    for registration in connection.registrations.values():
        if registration is not but and registration.user["userName"].lower() == name:
            msg = f"There is a user with the userName {user['userName']}."
            raise UniquenessError(msg)


def _email_address(user: Json) -> str | None:
    """Return the address that a member is to have: the primary one, one for work, or the first."""
    emails = [each for each in user.get("emails", ()) if each.get("value")]
    emails.sort(key=lambda each: (not each.get("primary"), each.get("type") != "work"))
    try:
        if emails:
            return members.normal_email(emails[0]["value"])
        return members.normal_email(user["userName"])
    except InvalidEmailError:
        if emails:
            msg = f"{emails[0]['value']} is no e-mail address."
            raise InvalidValueError(msg) from None
        return None


def _name(user: Json) -> str:
    name = cast("Mapping[str, str]", user.get("name", {}))
    parts: Iterable[str] = filter(None, (name.get("givenName"), name.get("familyName")))
    return user.get("displayName") or name.get("formatted") or " ".join(parts)


def _member_ids(connection: ScimConnection, group: Json) -> list[str]:
    # Each once, in the order they came.
    member_ids = list(dict.fromkeys(each.get("value", "") for each in group.get("members", ())))
    for member_id in member_ids:
        if member_id not in connection.registrations:
            msg = f"There is no user {member_id}."
            raise InvalidValueError(msg)
    return member_ids
