"""
Permissions of Stytch's RBAC: an action on a resource.

Pure data. The resources below are the ones Stytch defines for every project; resources of your
own are plain strings, as in ``Permission("documents", "read")``. What the roles of a project
grant stands in its policy, which only the server knows for certain.
"""

from __future__ import annotations

from enum import Enum

from attrs import evolve, field, frozen


@frozen
class Permission:
    """An *action* on a *resource*, as RBAC policies name them."""

    resource: str
    action: str
    or_if_self: Permission | None = field(default=None, kw_only=True, eq=False, repr=False)
    """What is enough as well where the call is about the Member who makes it."""

    def __str__(self) -> str:
        if self.or_if_self is None:
            return f"{self.action} on {self.resource}"
        return f"{self.action} on {self.resource}, or on {self.or_if_self.resource} about oneself"

    @property
    def or_self(self) -> Permission:
        """This permission, or else the same action on ``stytch.self`` about oneself."""
        return evolve(self, or_if_self=SELF[self.action])


class Undocumented(Enum):
    """The kind of `UNDOCUMENTED`, so that type checkers can tell it apart."""

    UNDOCUMENTED = "undocumented"

    def __repr__(self) -> str:
        return self.name


UNDOCUMENTED = Undocumented.UNDOCUMENTED
"""Stytch's documentation does not say which permission a call needs, if any."""


@frozen
class Resource:
    """
    A resource and the actions known for it.

    ``SCIM["update"]`` is a `Permission`; an action that is not in the catalogue is a `KeyError`,
    so a slip in a declaration fails at import.
    """

    resource_id: str
    actions: frozenset[str]

    def __getitem__(self, action: str) -> Permission:
        if action not in self.actions:
            msg = f"{self.resource_id} has no action {action!r}; known: {sorted(self.actions)}"
            raise KeyError(msg)
        return Permission(self.resource_id, action)


ORGANIZATION = Resource(
    "stytch.organization",
    frozenset(
        {
            "delete",
            "update.info.logo-url",
            "update.info.name",
            "update.info.slug",
            "update.settings.allowed-auth-methods",
            "update.settings.allowed-domains",
            "update.settings.allowed-mfa-methods",
            "update.settings.allowed-oauth-tenants",
            "update.settings.default-sso-connection",
            "update.settings.email-invites",
            "update.settings.email-jit-provisioning",
            "update.settings.implicit-roles",
            "update.settings.mfa-policy",
            "update.settings.oauth-tenant-jit-provisioning",
            "update.settings.sso-jit-provisioning",
        }
    ),
)

MEMBER = Resource(
    "stytch.member",
    frozenset(
        {
            "create",
            "delete",
            "get.connected-apps",
            "revoke-sessions",
            "revoke.connected-app",
            "search",
            "update.info.delete.mfa-phone",
            "update.info.delete.mfa-totp",
            "update.info.delete.password",
            "update.info.email",
            "update.info.mfa-phone",
            "update.info.name",
            "update.info.unlink.retired-email",
            "update.info.untrusted-metadata",
            "update.settings.default-mfa-method",
            "update.settings.is-breakglass",
            "update.settings.mfa-enrolled",
            "update.settings.roles",
        }
    ),
)

SELF = Resource(
    "stytch.self",
    frozenset(
        {
            "delete",
            "get.connected-apps",
            "revoke-sessions",
            "revoke.connected-app",
            "update.info.delete.mfa-phone",
            "update.info.delete.mfa-totp",
            "update.info.delete.password",
            "update.info.email",
            "update.info.mfa-phone",
            "update.info.name",
            "update.info.unlink.retired-email",
            "update.info.untrusted-metadata",
            "update.settings.default-mfa-method",
            "update.settings.mfa-enrolled",
        }
    ),
)

SSO = Resource("stytch.sso", frozenset({"create", "delete", "get", "update"}))

SCIM = Resource("stytch.scim", frozenset({"create", "delete", "get", "update"}))

CUSTOM_ORG_ROLES = Resource(
    "stytch.custom-org-roles", frozenset({"create", "delete", "get", "update"})
)

RESOURCES = (ORGANIZATION, MEMBER, SELF, SSO, SCIM, CUSTOM_ORG_ROLES)
"""Every resource Stytch defines."""
