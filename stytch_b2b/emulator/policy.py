"""Who may do what: the emulator's own reading of Stytch's RBAC documentation."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

MEMBER_ROLE = "stytch_member"
"""Held by every member, and assignable to none."""

ADMIN_ROLE = "stytch_admin"

ANY_ACTION = "*"

_ORGANIZATION_ACTIONS = (
    "update.info.name",
    "update.info.slug",
    "update.info.logo-url",
    "update.settings.allowed-auth-methods",
    "update.settings.allowed-mfa-methods",
    "update.settings.email-jit-provisioning",
    "update.settings.email-invites",
    "update.settings.allowed-domains",
    "update.settings.default-sso-connection",
    "update.settings.sso-jit-provisioning",
    "update.settings.mfa-policy",
    "update.settings.implicit-roles",
    "update.settings.oauth-tenant-jit-provisioning",
    "update.settings.allowed-oauth-tenants",
    "delete",
)

_SELF_ACTIONS = (
    "update.info.name",
    "update.info.untrusted-metadata",
    "update.info.mfa-phone",
    "update.info.delete.mfa-phone",
    "update.info.delete.password",
    "update.info.delete.mfa-totp",
    "update.settings.mfa-enrolled",
    "update.settings.default-mfa-method",
    "delete",
    "revoke-sessions",
    "update.info.unlink.retired-email",
    "update.info.email",
    "get.connected-apps",
    "revoke.connected-app",
)

_MEMBER_ACTIONS = (
    "create",
    "search",
    *_SELF_ACTIONS,
    "update.settings.is-breakglass",
    "update.settings.roles",
)

_CONNECTION_ACTIONS = ("create", "get", "update", "delete")


def default_policy() -> dict[str, Any]:
    """Return the policy of a project whose RBAC settings nobody has touched."""
    return {
        "roles": [
            _role(MEMBER_ROLE, "Granted to every Member.", ["stytch.self"]),
            _role(
                ADMIN_ROLE,
                "Granted to Members who create an Organization.",
                ["stytch.organization", "stytch.member", "stytch.sso", "stytch.scim"],
            ),
        ],
        "resources": [
            _resource("stytch.organization", "The Organization.", _ORGANIZATION_ACTIONS),
            _resource("stytch.member", "All Members of the Organization.", _MEMBER_ACTIONS),
            _resource("stytch.self", "The calling Member.", _SELF_ACTIONS),
            _resource("stytch.sso", "SSO connections.", _CONNECTION_ACTIONS),
            _resource("stytch.scim", "SCIM connections.", _CONNECTION_ACTIONS),
            _resource("stytch.custom-org-roles", "Custom roles.", _CONNECTION_ACTIONS),
        ],
        "scopes": [],
    }


def checked_policy(policy: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a copy of a policy in the shape of bootstrap's ``rbac_policy``.

    Args:
        policy: With ``roles``, and if wanted ``resources`` and ``scopes``.

    Raises:
        ValueError: The mapping has other keys, so it is probably no policy.
    """
    unknown = sorted(set(policy) - {"roles", "resources", "scopes"})
    if unknown:
        msg = f"a policy has roles, resources and scopes, but got {', '.join(unknown)}"
        raise ValueError(msg)
    return {
        "roles": checked_roles(policy.get("roles", ())),
        "resources": copy.deepcopy(list(policy.get("resources", ()))),
        "scopes": copy.deepcopy(list(policy.get("scopes", ()))),
    }


def checked_roles(roles: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """
    Return copies of roles, complete in every field.

    Args:
        roles: Each with ``role_id``, and if wanted ``description`` and ``permissions``.
    """
    return [
        {
            "role_id": role["role_id"],
            "description": role.get("description", ""),
            "permissions": [
                {"resource_id": grant["resource_id"], "actions": list(grant["actions"])}
                for grant in role.get("permissions", ())
            ],
        }
        for role in roles
    ]


def allows(
    roles: Iterable[Mapping[str, Any]], held: Iterable[str], *, resource: str, action: str
) -> bool:
    """
    Tell whether any role held grants an action on a resource.

    Args:
        roles: Every role there is; of two with one id the later one counts.

        held: Ids of the roles held. Unknown ids grant nothing.

        resource: Id of the resource.

        action: The action; a grant of ``*`` covers it too.
    """
    by_id = {role["role_id"]: role for role in roles}
    return any(
        grant["resource_id"] == resource and not {action, ANY_ACTION}.isdisjoint(grant["actions"])
        for role_id in held
        for grant in by_id.get(role_id, {}).get("permissions", ())
    )


def _role(role_id: str, description: str, resources: list[str]) -> dict[str, Any]:
    grants = [{"resource_id": resource, "actions": [ANY_ACTION]} for resource in resources]
    return {"role_id": role_id, "description": description, "permissions": grants}


def _resource(resource_id: str, description: str, actions: tuple[str, ...]) -> dict[str, Any]:
    return {"resource_id": resource_id, "description": description, "actions": list(actions)}
