"""The policy of a project: which role grants which actions."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class RBACPermission:
    """Actions granted on a resource."""

    resource_id: str
    actions: tuple[str, ...]
    """Names of the actions; ``*`` stands for all of them."""


@frozen(kw_only=True)
class RBACPolicyRole:
    """A role, of the project or of one Organization, and what it grants."""

    role_id: str
    description: str
    permissions: tuple[RBACPermission, ...]


@frozen(kw_only=True)
class RBACPolicyResource:
    """A resource and the actions it knows."""

    resource_id: str
    description: str
    actions: tuple[str, ...]


@frozen(kw_only=True)
class RBACPolicyScope:
    """A scope that connected apps ask for, and what it grants."""

    scope: str
    description: str
    permissions: tuple[RBACPermission, ...]


@frozen(kw_only=True)
class RBACPolicy:
    """The roles, resources and scopes of a project."""

    roles: tuple[RBACPolicyRole, ...]
    resources: tuple[RBACPolicyResource, ...]
    scopes: tuple[RBACPolicyScope, ...]
