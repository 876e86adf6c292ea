"""SCIM connections, the rotation of their bearer tokens, and their groups."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from datetime import timedelta

from attrs import frozen

from ..errors import (
    ActiveScimConnectionExistsError,
    BadRequestError,
    CannotAssignDefaultRoleError,
    InvalidRbacRoleIdError,
    InvalidScimIdpError,
    NoActiveScimConnectionError,
    ScimConnectionNotRotatingTokenError,
    ScimGroupDoesNotExistError,
    ScimGroupIdMissingError,
)
from ..policy import MEMBER_ROLE
from ..store import BearerToken, Member, Organization, ScimConnection, ScimGroup, Store
from . import roles

IDENTITY_PROVIDERS = frozenset(
    {
        "classlink",
        "cyberark",
        "duo",
        "generic",
        "google-workspace",
        "jumpcloud",
        "keycloak",
        "microsoft-entra",
        "miniorange",
        "okta",
        "onelogin",
        "pingfederate",
        "rippling",
        "salesforce",
        "shibboleth",
    }
)
TOKEN_LIFETIME = timedelta(days=365)


@frozen(kw_only=True)
class GroupPage:
    """Some groups, and where the next ones begin."""

    groups: Sequence[ScimGroup]
    next_cursor: str | None


def create(
    store: Store, organization: Organization, *, display_name: str, identity_provider: str
) -> ScimConnection:
    """
    Create the connection of an organization.

    Raises:
        ActiveScimConnectionExistsError: It has one.
        InvalidScimIdpError: The identity provider is unknown.
    """
    _check_identity_provider(identity_provider)
    if active(store, organization) is not None:
        raise ActiveScimConnectionExistsError
    connection = ScimConnection(
        connection_id=store.ids.id("scim-connection"),
        organization_id=organization.organization_id,
        display_name=display_name,
        identity_provider=identity_provider,
        bearer_token=_new_token(store),
    )
    store.scim_connections[connection.connection_id] = connection
    return connection


def active(store: Store, organization: Organization) -> ScimConnection | None:
    """Return the connection that an organization uses, if it uses one."""
    for connection in store.scim_connections.values():
        if connection.organization_id != organization.organization_id:
            continue
        if connection.status == "active":
            return connection
    return None


def get(
    store: Store, organization: Organization, connection_id: str | None = None
) -> ScimConnection:
    """
    Find the active connection of an organization.

    Args:
        store: Where.

        organization: Whose.

        connection_id: The active connection must have this id.

    Raises:
        NoActiveScimConnectionError: There is none, or it has another id.
    """
    connection = active(store, organization)
    if connection is None or connection_id not in (None, connection.connection_id):
        raise NoActiveScimConnectionError
    return connection


def update(
    store: Store,
    organization: Organization,
    connection_id: str,
    *,
    display_name: str | None,
    identity_provider: str | None,
    role_assignments: Iterable[dict[str, str]] | None,
) -> ScimConnection:
    """
    Change a connection; what is not given stays.

    Raises:
        NoActiveScimConnectionError: The organization has no such connection.
        ApiError: The identity provider, a role or a group does not exist. Nothing is changed then.
    """
    connection = get(store, organization, connection_id)
    if identity_provider is not None:
        _check_identity_provider(identity_provider)
    if role_assignments is not None:
        role_assignments = [
            _checked_assignment(store, organization, connection, assignment)
            for assignment in role_assignments
        ]

    if display_name is not None:
        connection.display_name = display_name
    if identity_provider is not None:
        connection.identity_provider = identity_provider
    if role_assignments is not None:
        connection.role_assignments = role_assignments
    return connection


def delete(store: Store, organization: Organization, connection_id: str) -> ScimConnection:
    """
    Delete a connection; the roles that its groups gave end with it.

    Raises:
        NoActiveScimConnectionError: The organization has no such connection.
    """
    connection = get(store, organization, connection_id)
    connection.status = "deleted"
    return connection


def rotate_start(
    store: Store, organization: Organization, connection_id: str
) -> tuple[ScimConnection, BearerToken]:
    """
    Make the bearer token that is to follow; until completion both are good.

    Starting again replaces the token that was to follow.

    Raises:
        NoActiveScimConnectionError: The organization has no such connection.
    """
    connection = get(store, organization, connection_id)
    following = connection.next_bearer_token = _new_token(store)
    return connection, following


def rotate_complete(store: Store, organization: Organization, connection_id: str) -> ScimConnection:
    """
    Put the next bearer token in the place of the old one.

    Raises:
        NoActiveScimConnectionError: The organization has no such connection.
        ScimConnectionNotRotatingTokenError: No rotation was started.
    """
    connection = get(store, organization, connection_id)
    if connection.next_bearer_token is None:
        raise ScimConnectionNotRotatingTokenError
    connection.bearer_token = connection.next_bearer_token
    connection.next_bearer_token = None
    return connection


def rotate_cancel(store: Store, organization: Organization, connection_id: str) -> ScimConnection:
    """
    Keep the old bearer token and forget the next one.

    Raises:
        NoActiveScimConnectionError: The organization has no such connection.
        ScimConnectionNotRotatingTokenError: No rotation was started.
    """
    connection = get(store, organization, connection_id)
    if connection.next_bearer_token is None:
        raise ScimConnectionNotRotatingTokenError
    connection.next_bearer_token = None
    return connection


def groups(
    store: Store, organization: Organization, *, cursor: str | None, limit: int
) -> GroupPage:
    """
    Return a page of the groups of the active connection.

    Args:
        store: Where.

        organization: Whose.

        cursor: Where the page begins, from the page before.

        limit: Most groups on the page.

    Raises:
        NoActiveScimConnectionError: The organization has no connection.
        BadRequestError: The cursor is none of ours.
    """
    connection = get(store, organization)
    everything = list(connection.groups.values())
    first = 0 if not cursor else _position(cursor, connection)
    last = first + limit
    following = _cursor(connection, last) if last < len(everything) else None
    return GroupPage(groups=everything[first:last], next_cursor=following)


def forget(store: Store, member: Member) -> None:
    """Forget what identity providers have told of a member, and in which groups it is."""
    for connection in store.scim_connections.values():
        connection.registrations.pop(member.member_id, None)
        for group in connection.groups.values():
            if member.member_id in group.member_ids:
                group.member_ids.remove(member.member_id)
                group.updated_at = store.clock.now()


def _new_token(store: Store) -> BearerToken:
    return BearerToken(value=store.ids.token(), expires_at=store.clock.now() + TOKEN_LIFETIME)


def _check_identity_provider(identity_provider: str) -> None:
    if identity_provider not in IDENTITY_PROVIDERS:
        raise InvalidScimIdpError


def _checked_assignment(
    store: Store,
    organization: Organization,
    connection: ScimConnection,
    assignment: dict[str, str],
) -> dict[str, str]:
    role_id, group_id = assignment["role_id"], assignment["group_id"]
    if not group_id:
        raise ScimGroupIdMissingError
    if group_id not in connection.groups:
        raise ScimGroupDoesNotExistError
    if role_id == MEMBER_ROLE:
        raise CannotAssignDefaultRoleError
    if role_id not in {role["role_id"] for role in roles.existing(store, organization)}:
        raise InvalidRbacRoleIdError
    return {"role_id": role_id, "group_id": group_id}


def _cursor(connection: ScimConnection, position: int) -> str:
    text = f"{connection.connection_id}:{position}"
    return base64.urlsafe_b64encode(text.encode()).decode("ascii")


def _position(cursor: str, connection: ScimConnection) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor.encode()).decode()
        connection_id, _, position = text.rpartition(":")
        if connection_id == connection.connection_id:
            return int(position)
    except (binascii.Error, ValueError):
        pass
    message = "The cursor is invalid."
    raise BadRequestError(message)
