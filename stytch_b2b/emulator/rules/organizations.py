"""Organizations and their settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from ..errors import (
    AuthMethodNotAllowedError,
    EmailJitProvisioningNotAllowedError,
    InvalidEmailForInvitesError,
    InvalidEmailForJitProvisioningError,
    OrganizationNotFoundError,
    OrganizationSuspendedError,
)
from ..policy import checked_roles
from ..store import Member, Organization, Store

# What create() and update() are not free to set: identity and times are the store's own.
_FIXED = {"organization_id", "created_at", "updated_at"}
SETTINGS = frozenset(field.name for field in attrs.fields(Organization)) - _FIXED

AUTH_METHODS = (
    "sso",
    "magic_link",
    "email_otp",
    "password",
    "google_oauth",
    "microsoft_oauth",
    "hubspot_oauth",
    "slack_oauth",
    "github_oauth",
)

SLUG = re.compile(r"[a-z0-9._~-]{2,128}")
_SLUG_WITHOUT_NUMBER = 120


def create(
    store: Store,
    *,
    name: str,
    slug: str | None = None,
    settings: Mapping[str, Any],
    organization_id: str | None = None,
) -> Organization:
    """
    Create an organization.

    Args:
        store: Where.

        name: Display name.

        slug: Made from the name if not given.

        settings: Any other field, under its API name.

        organization_id: A random one if not given.

    Raises:
        ValueError: A setting is unknown, or the slug is taken.
    """
    _check_settings(settings)
    if slug is None:
        slug = _free_slug(store, name)
    elif slug in {other.organization_slug for other in store.organizations.values()}:
        msg = f"the slug {slug!r} belongs to another organization"
        raise ValueError(msg)

    now = store.clock.now()
    organization = Organization(
        organization_id=organization_id or store.ids.id("organization"),
        organization_name=name,
        organization_slug=slug,
        created_at=now,
        updated_at=now,
    )
    _apply(organization, settings)
    store.organizations[organization.organization_id] = organization
    return organization


def update(store: Store, organization: Organization, settings: Mapping[str, Any]) -> None:
    """
    Change settings of an organization; those not named stay.

    Raises:
        ValueError: A setting is unknown.
    """
    _check_settings(settings)
    _apply(organization, settings)
    organization.updated_at = store.clock.now()


def get(store: Store, reference: str) -> Organization:
    """
    Find an organization by its id, slug or external id.

    Raises:
        OrganizationNotFoundError: There is none.
    """
    if reference in store.organizations:
        return store.organizations[reference]
    for organization in store.organizations.values():
        if reference in (organization.organization_slug, organization.organization_external_id):
            return organization
    raise OrganizationNotFoundError


def find_by_slug(store: Store, slug: str) -> Organization | None:
    """Return the organization with a slug, if there is one."""
    for organization in store.organizations.values():
        if organization.organization_slug == slug:
            return organization
    return None


def check_not_suspended(organization: Organization) -> None:
    """
    Check that the project lets anybody act in an organization.

    Raises:
        OrganizationSuspendedError: It does not.
    """
    if organization.is_suspended:
        raise OrganizationSuspendedError


def delete(store: Store, organization: Organization) -> None:
    """
    Delete an organization and everything that belongs to it.

    What persons have beyond it stays: other memberships, and a password for every organization.
    """
    organization_id = organization.organization_id
    gone = {member.member_id for member in store.members_of(organization_id)}
    tables: tuple[dict[str, Any], ...] = (
        store.members,
        store.sessions,
        store.intermediate_sessions,
        store.magic_links,
        store.password_resets,
        store.email_updates,
        store.sso_connections,
        store.scim_connections,
        store.authorization_requests,
        store.authorization_codes,
        store.access_tokens,
        store.impersonation_tokens,
    )
    for table in tables:
        for key, value in [*table.items()]:
            owner = getattr(value, "organization_id", None)
            if owner == organization_id or getattr(value, "member_id", None) in gone:
                del table[key]
    for consent in [consent for consent in store.consents if consent[0] in gone]:
        del store.consents[consent]
    store.passcodes[:] = [code for code in store.passcodes if code.member_id not in gone]
    del store.organizations[organization_id]


def lets_in_by_email(organization: Organization, email_address: str) -> bool:
    """Tell whether somebody with this address may become a member without an invitation."""
    if organization.email_jit_provisioning == "RESTRICTED":
        return _has_allowed_domain(organization, email_address)
    return organization.email_jit_provisioning == "ALL_ALLOWED"


def check_lets_in_by_email(organization: Organization, email_address: str) -> None:
    """
    Check that somebody with this address may become a member without an invitation.

    Raises:
        EmailJitProvisioningNotAllowedError: The organization lets in nobody like that.
        InvalidEmailForJitProvisioningError: It lets in other domains only.
    """
    if lets_in_by_email(organization, email_address):
        return
    if organization.email_jit_provisioning == "RESTRICTED":
        raise InvalidEmailForJitProvisioningError
    raise EmailJitProvisioningNotAllowedError


def lets_in_by_tenant(organization: Organization, provider: str, tenant_id: str) -> bool:
    """Tell whether somebody from a tenant of an OAuth provider may become a member."""
    if organization.oauth_tenant_jit_provisioning != "RESTRICTED":
        return False
    return tenant_id in organization.allowed_oauth_tenants.get(provider, ())


def lets_in_by_sso(organization: Organization, connection_id: str) -> bool:
    """Tell whether somebody whom an SSO connection knows may become a member."""
    if organization.sso_jit_provisioning == "RESTRICTED":
        return connection_id in organization.sso_jit_provisioning_allowed_connections
    return organization.sso_jit_provisioning == "ALL_ALLOWED"


def check_invites(organization: Organization, email_address: str) -> None:
    """
    Check that somebody with this address may be invited.

    Raises:
        InvalidEmailForInvitesError: The organization invites nobody, or other domains only.
    """
    if organization.email_invites == "ALL_ALLOWED":
        return
    if organization.email_invites == "RESTRICTED" and _has_allowed_domain(
        organization, email_address
    ):
        return
    raise InvalidEmailForInvitesError


def allowed_auth_methods(organization: Organization) -> Sequence[str]:
    """Return the methods by which members may log in, such as ``magic_link``."""
    if organization.auth_methods == "RESTRICTED":
        return organization.allowed_auth_methods
    return AUTH_METHODS


def may_use(organization: Organization, member: Member | None, method: str) -> bool:
    """Tell whether a member, or nobody yet, may log in by a method; breakglass opens them all."""
    is_breakglass = member is not None and member.is_breakglass
    return is_breakglass or method in allowed_auth_methods(organization)


def check_may_use(organization: Organization, member: Member | None, method: str) -> None:
    """
    Check that a member, or nobody yet, may log in by a method.

    Raises:
        AuthMethodNotAllowedError: The organization does not allow it.
    """
    if not may_use(organization, member, method):
        raise AuthMethodNotAllowedError


def _has_allowed_domain(organization: Organization, email_address: str) -> bool:
    domain = email_address.rpartition("@")[2]
    return domain in {allowed.lower() for allowed in organization.email_allowed_domains}


def _check_settings(settings: Mapping[str, Any]) -> None:
    unknown = sorted(set(settings) - SETTINGS)
    if unknown:
        msg = f"an organization has no {', '.join(unknown)}"
        raise ValueError(msg)


def _apply(organization: Organization, settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        setattr(organization, name, checked_roles(value) if name == "custom_roles" else value)


def _free_slug(store: Store, name: str) -> str:
    wanted = re.sub(r"[^a-z0-9._~-]+", "-", name.lower()).strip("-")[:_SLUG_WITHOUT_NUMBER]
    if not SLUG.fullmatch(wanted):
        wanted = "organization"
    taken = {other.organization_slug for other in store.organizations.values()}
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate
