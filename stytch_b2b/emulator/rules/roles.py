"""Which roles a member holds and why, and what they permit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from ..errors import (
    CannotAssignDefaultRoleError,
    InvalidRbacRoleIdError,
    SessionAuthorizationError,
)
from ..policy import MEMBER_ROLE, allows
from ..routes import Permission, Route
from ..store import Member, MemberSession, Organization, Store
from . import registrations

Source = dict[str, Any]


def existing(store: Store, organization: Organization) -> list[dict[str, Any]]:
    """Return the roles of the project's policy, then the organization's own ones."""
    return [*store.project.policy["roles"], *organization.custom_roles]


def held(
    store: Store, member: Member, *, session: MemberSession | None = None
) -> dict[str, list[Source]]:
    """
    Return the ids of the roles that a member holds, each with every reason for it.

    Everyone holds the member role; others are assigned to the member, to the domain of the
    e-mail address, to an SSO connection or a group there, or to a SCIM group.

    Args:
        store: Where everything is.

        member: Whose roles.

        session: What the member acts in. A role by an SSO connection then counts only if the
            session rests on a login by it; without a session whoever has logged in by it counts.
    """
    sources: dict[str, list[Source]] = {MEMBER_ROLE: [_source("direct_assignment")]}

    for role_id in member.roles:
        if role_id != MEMBER_ROLE:
            sources.setdefault(role_id, []).append(_source("direct_assignment"))

    organization = store.organizations[member.organization_id]
    domain = member.email_address.rpartition("@")[2]
    for assignment in organization.rbac_email_implicit_role_assignments:
        # Only an address that somebody proved to own says anything about its owner.
        if member.email_address_verified and assignment["domain"].lower() == domain:
            reason = _source("email_assignment", email_domain=assignment["domain"])
            sources.setdefault(assignment["role_id"], []).append(reason)

    for role_id, reason in _by_sso(store, member, session):
        sources.setdefault(role_id, []).append(reason)

    for connection in store.scim_connections.values():
        if connection.organization_id != member.organization_id or connection.status != "active":
            continue
        for assignment in connection.role_assignments:
            group = connection.groups[assignment["group_id"]]
            if member.member_id in group.member_ids:
                reason = _source(
                    "scim_connection_group",
                    connection_id=connection.connection_id,
                    group_id=group.group_id,
                )
                sources.setdefault(assignment["role_id"], []).append(reason)
    return sources


def check_assignable(store: Store, organization: Organization, role_ids: Iterable[str]) -> None:
    """
    Check that roles may be assigned to a member.

    Raises:
        CannotAssignDefaultRoleError: The member role belongs to everyone already.
        InvalidRbacRoleIdError: There is no such role.
    """
    known = {role["role_id"] for role in existing(store, organization)}
    for role_id in role_ids:
        if role_id == MEMBER_ROLE:
            raise CannotAssignDefaultRoleError
        if role_id not in known:
            raise InvalidRbacRoleIdError


def authorize(
    store: Store,
    member: Member,
    route: Route,
    *,
    given: Collection[str] = (),
    target_member_id: str | None = None,
    session: MemberSession | None = None,
) -> None:
    """
    Check that a member may make a call.

    Args:
        store: Where the roles are.

        member: Who calls.

        route: What is called.

        given: Names of the fields in the call's body. A field with a permission of its own needs
            that one; the call's permission is needed if there is any other field, or none.

        target_member_id: The member that the call is about, if it is about one.

        session: What the member calls with.

    Raises:
        SessionAuthorizationError: A permission is missing.
    """
    needed = [route.field_permissions[name] for name in given if name in route.field_permissions]
    if route.permission is not None and (not needed or len(needed) < len(given)):
        needed.append(route.permission)

    organization = store.organizations[member.organization_id]
    roles = existing(store, organization)
    ids = held(store, member, session=session)

    def permits(permission: Permission) -> bool:
        if allows(roles, ids, resource=permission.resource, action=permission.action):
            return True
        is_self = target_member_id == member.member_id
        return is_self and permission.or_if_self is not None and permits(permission.or_if_self)

    for permission in needed:
        if not permits(permission):
            message = (
                f"The member session is not authorized to perform {permission.action} "
                f"on {permission.resource}."
            )
            raise SessionAuthorizationError(message)


def _by_sso(
    store: Store, member: Member, session: MemberSession | None
) -> Iterator[tuple[str, Source]]:
    for registration in member.sso_registrations:
        connection = store.sso_connections[registration.connection_id]
        if connection.status != "active":
            continue
        connection_id = connection.connection_id
        if session is not None and connection_id not in map(
            registrations.connection_of, session.factors
        ):
            continue
        for assignment in connection.role_assignments:
            reason = _source("sso_connection", connection_id=connection_id)
            yield assignment["role_id"], reason
        for assignment in connection.group_role_assignments:
            if assignment["group"] in registration.sso_attributes.get("groups", ()):
                reason = _source(
                    "sso_connection_group", connection_id=connection_id, group=assignment["group"]
                )
                yield assignment["role_id"], reason


def _source(kind: str, **details: str) -> Source:
    return {"type": kind, "details": details}
