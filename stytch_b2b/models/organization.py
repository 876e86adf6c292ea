"""An Organization: its settings and what it is connected to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import frozen

from ._response import APIResponse
from ._types import JSONObject, Timestamp
from .authentication import AuthMethod, MFAMethod
from .rbac import RBACPolicyRole

Admission: TypeAlias = Literal["ALL_ALLOWED", "RESTRICTED", "NOT_ALLOWED"] | str
"""Whether all are let in, those on the list that goes with the setting, or nobody."""

MethodRestriction: TypeAlias = Literal["ALL_ALLOWED", "RESTRICTED"] | str
"""Whether all methods may be used, or those on the list that goes with the setting."""

MFAPolicy: TypeAlias = Literal["OPTIONAL", "REQUIRED_FOR_ALL"] | str
"""Whether Members choose for themselves if a second factor is asked for, or it always is."""

OAuthTenantAdmission: TypeAlias = Literal["RESTRICTED", "NOT_ALLOWED"] | str
"""Whether users of the tenants on the list that goes with the setting are let in, or nobody."""


@frozen(kw_only=True)
class SSOActiveConnection:
    """An SSO connection that Members can log in with."""

    connection_id: str
    display_name: str
    identity_provider: str
    """The provider, such as ``okta``, or ``generic``."""


@frozen(kw_only=True)
class SCIMActiveConnection:
    """The SCIM connection that provisions the Organization's Members."""

    connection_id: str
    display_name: str
    bearer_token_last_four: str
    bearer_token_expires_at: Timestamp | None = None


@frozen(kw_only=True)
class EmailImplicitRoleAssignment:
    """A role that every Member with an e-mail address of a domain has."""

    domain: str
    role_id: str


@frozen(kw_only=True)
class Organization:
    """A customer of the project: its Members, and how they may log in."""

    organization_id: str
    organization_name: str
    organization_logo_url: str
    organization_slug: str
    """Name for URLs, unique in the project."""
    sso_jit_provisioning: Admission
    """Whether a login by SSO creates a Member."""
    sso_jit_provisioning_allowed_connections: tuple[str, ...]
    """IDs of the connections that may, where it is restricted."""
    sso_active_connections: tuple[SSOActiveConnection, ...]
    email_allowed_domains: tuple[str, ...]
    """Domains of e-mail addresses that restricted invites and provisioning accept."""
    email_jit_provisioning: Admission
    """Whether a login by e-mail creates a Member."""
    email_invites: Admission
    """Who may be invited by e-mail."""
    auth_methods: MethodRestriction
    allowed_auth_methods: tuple[AuthMethod, ...]
    """The primary methods, where they are restricted."""
    mfa_policy: MFAPolicy
    rbac_email_implicit_role_assignments: tuple[EmailImplicitRoleAssignment, ...]
    mfa_methods: MethodRestriction
    allowed_mfa_methods: tuple[MFAMethod, ...]
    """The second factors, where they are restricted."""
    oauth_tenant_jit_provisioning: OAuthTenantAdmission
    """Whether a login by OAuth from an allowed tenant creates a Member."""
    claimed_email_domains: tuple[str, ...]
    """Domains the Organization has proved to own."""
    first_party_connected_apps_allowed_type: Admission
    allowed_first_party_connected_apps: tuple[str, ...]
    """Client IDs of the apps, where they are restricted."""
    third_party_connected_apps_allowed_type: Admission
    allowed_third_party_connected_apps: tuple[str, ...]
    """Client IDs of the apps, where they are restricted."""
    custom_roles: tuple[RBACPolicyRole, ...]
    """Roles that exist in this Organization only."""
    trusted_metadata: JSONObject | None = None
    """Facts about the Organization that only the project's backend may write."""
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None
    organization_external_id: str | None = None
    """The project's own ID for the Organization."""
    sso_default_connection_id: str | None = None
    """The connection used where a login names none."""
    scim_active_connection: SCIMActiveConnection | None = None
    allowed_oauth_tenants: Mapping[str, tuple[str, ...]] | None = None
    """By provider, the tenants whose users may become Members."""


@frozen(kw_only=True)
class PublicOrganization:
    """What anybody may know of an Organization: who it is, and how one logs in to it."""

    organization_name: str
    organization_logo_url: str
    organization_id: str
    sso_active_connections: tuple[SSOActiveConnection, ...]
    email_jit_provisioning: Admission
    """Whether a login by e-mail creates a Member."""
    email_allowed_domains: tuple[str, ...]
    """Domains of e-mail addresses that restricted invites and provisioning accept."""
    auth_methods: MethodRestriction
    allowed_auth_methods: tuple[AuthMethod, ...]
    """The primary methods, where they are restricted."""
    mfa_policy: MFAPolicy
    organization_slug: str
    """Name for URLs, unique in the project."""
    sso_default_connection_id: str | None = None
    """The connection used where a login names none."""
    allowed_oauth_tenants: Mapping[str, tuple[str, ...]] | None = None
    """By provider, the tenants whose users may become Members."""
    oauth_tenant_jit_provisioning: OAuthTenantAdmission | None = None
    """Whether a login by OAuth from an allowed tenant creates a Member."""


@frozen(kw_only=True)
class OrganizationResponse(APIResponse):
    """An answer that holds one Organization."""

    organization: Organization


@frozen(kw_only=True)
class OrganizationBySlugResponse(APIResponse):
    """What anybody may know of the Organization with a slug."""

    organization: PublicOrganization | None = None
    """The Organization, or nothing if none has the slug."""


@frozen(kw_only=True)
class OrganizationDeletedResponse(APIResponse):
    """Which Organization was deleted."""

    organization_id: str
