"""What the API accepts as settings of an organization; tests may arrange anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ..errors import (
    ActionNotAllowedEmailDomainIsClaimedError,
    AllowedAuthMethodsRequiredForRestrictedError,
    AllowedMfaMethodsRequiredForRestrictedError,
    ApiError,
    EmptyRbacRoleIdError,
    InvalidConnectedAppTypeError,
    InvalidOauthAllowedTenantsFormatError,
    InvalidOrganizationAllowedAuthMethodsError,
    InvalidOrganizationAllowedMfaMethodsError,
    InvalidOrganizationExternalIdError,
    InvalidOrganizationNameError,
    InvalidOrganizationSlugError,
    InvalidRestrictedEmailSettingError,
    InvalidRestrictedOauthTenantsSettingError,
    InvalidRestrictedSsoSettingError,
    OrganizationExternalIdAlreadyUsedError,
    OrganizationLogoUrlTooLongError,
    OrganizationNameMissingError,
    OrganizationSettingsDisposableDomainError,
    OrganizationSettingsDomainTooCommonError,
    OrganizationSettingsDuplicateDomainError,
    OrganizationSettingsInvalidDomainError,
    OrganizationSlugAlreadyUsedError,
    RbacDomainTooCommonError,
    RbacInvalidDomainError,
    SsoConnectionNotFoundError,
    SsoConnectionOrganizationMismatchError,
)
from ..store import Organization, Store
from . import connected_apps, organizations, roles
from .second_factors import MFA_METHODS

LONGEST_NAME = 128
LONGEST_EXTERNAL_ID = 128
LONGEST_LOGO_URL = 2048
"""The API documents no length; what no browser takes is too long."""

# Only these providers tell which company somebody belongs to.
TENANT_PROVIDERS = frozenset({"github", "hubspot", "slack"})

COMMON_DOMAINS = frozenset(
    {
        "aol.com",
        "gmail.com",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "yahoo.com",
    }
)
"""Where everybody can have an address, so that a domain says nothing about its owner."""

DISPOSABLE_DOMAINS = frozenset(
    {
        "10minutemail.com",
        "dispostable.com",
        "guerrillamail.com",
        "mailinator.com",
        "maildrop.cc",
        "temp-mail.org",
        "trashmail.com",
        "yopmail.com",
    }
)
"""Where an address is anybody's, for as long as they like."""

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.IGNORECASE)

# What restricts something, what has to say to what then, and the error if it says nothing.
_RESTRICTIONS: Sequence[tuple[str, str, type[ApiError]]] = (
    ("auth_methods", "allowed_auth_methods", AllowedAuthMethodsRequiredForRestrictedError),
    ("mfa_methods", "allowed_mfa_methods", AllowedMfaMethodsRequiredForRestrictedError),
    ("email_jit_provisioning", "email_allowed_domains", InvalidRestrictedEmailSettingError),
    ("email_invites", "email_allowed_domains", InvalidRestrictedEmailSettingError),
    (
        "sso_jit_provisioning",
        "sso_jit_provisioning_allowed_connections",
        InvalidRestrictedSsoSettingError,
    ),
    (
        "oauth_tenant_jit_provisioning",
        "allowed_oauth_tenants",
        InvalidRestrictedOauthTenantsSettingError,
    ),
)


def check(
    store: Store, settings: Mapping[str, Any], *, organization: Organization | None = None
) -> None:
    """
    Check the settings that somebody gives an organization through the API.

    Args:
        store: Where the others are.

        settings: Under their API names; only those that are given.

        organization: Whose they are to be, or nothing if it is to be founded.

    Raises:
        OrganizationNameMissingError: The name is empty.
        InvalidOrganizationNameError: The name is too long.
        InvalidOrganizationSlugError: The slug has other characters, or is too short or too long.
        OrganizationSlugAlreadyUsedError: The slug is another organization's.
        OrganizationExternalIdAlreadyUsedError: So is the external id.
        ActionNotAllowedEmailDomainIsClaimedError: So is an e-mail domain.
        ApiError: A list has what does not exist, or something is restricted to nothing.
    """
    _check_names(store, settings, organization)
    _check_external_id(store, settings.get("organization_external_id"), organization)
    _check_methods(settings)
    _check_domains(settings.get("email_allowed_domains", ()))
    _check_claims(store, settings.get("email_allowed_domains", ()), organization)
    _check_tenants(settings.get("allowed_oauth_tenants", {}))
    _check_connected_apps(store, settings)
    if organization is not None:
        _check_sso_connections(store, settings, organization)
        assignments = settings.get("rbac_email_implicit_role_assignments", ())
        _check_role_assignments(store, assignments, organization)

    def held(name: str) -> Any:
        return settings.get(name, getattr(organization, name, None))

    for restricting, allowed, error in _RESTRICTIONS:
        # Only what is given can be wrong: the rest was arranged before.
        is_given = restricting in settings or allowed in settings
        if is_given and held(restricting) == "RESTRICTED" and not held(allowed):
            raise error


def _check_names(
    store: Store, settings: Mapping[str, Any], organization: Organization | None
) -> None:
    name = settings.get("organization_name")
    if name is not None and not name.strip():
        raise OrganizationNameMissingError
    if name is not None and len(name) > LONGEST_NAME:
        raise InvalidOrganizationNameError
    if len(settings.get("organization_logo_url", "")) > LONGEST_LOGO_URL:
        raise OrganizationLogoUrlTooLongError
    slug = settings.get("organization_slug")
    if slug is None:
        return
    if not organizations.SLUG.fullmatch(slug):
        raise InvalidOrganizationSlugError
    for other in store.organizations.values():
        if other is not organization and other.organization_slug == slug:
            raise OrganizationSlugAlreadyUsedError


def _check_external_id(
    store: Store, external_id: str | None, organization: Organization | None
) -> None:
    if external_id is None:
        return
    if not 1 <= len(external_id) <= LONGEST_EXTERNAL_ID:
        raise InvalidOrganizationExternalIdError
    for other in store.organizations.values():
        if other is not organization and other.organization_external_id == external_id:
            raise OrganizationExternalIdAlreadyUsedError


def _check_methods(settings: Mapping[str, Any]) -> None:
    if not set(organizations.AUTH_METHODS).issuperset(settings.get("allowed_auth_methods", ())):
        raise InvalidOrganizationAllowedAuthMethodsError
    if not set(MFA_METHODS).issuperset(settings.get("allowed_mfa_methods", ())):
        raise InvalidOrganizationAllowedMfaMethodsError


def _check_domains(domains: Sequence[str]) -> None:
    normal = [domain.lower() for domain in domains]
    if not all(_DOMAIN.fullmatch(domain) for domain in normal):
        raise OrganizationSettingsInvalidDomainError
    if not COMMON_DOMAINS.isdisjoint(normal):
        raise OrganizationSettingsDomainTooCommonError
    if not DISPOSABLE_DOMAINS.isdisjoint(normal):
        raise OrganizationSettingsDisposableDomainError
    if len(set(normal)) < len(normal):
        raise OrganizationSettingsDuplicateDomainError


def _check_claims(store: Store, domains: Sequence[str], organization: Organization | None) -> None:
    # Who has proved to own a domain decides where its people may go.
    wanted = {domain.lower() for domain in domains}
    for other in store.organizations.values():
        claimed = {domain.lower() for domain in other.claimed_email_domains}
        if other is not organization and not claimed.isdisjoint(wanted):
            raise ActionNotAllowedEmailDomainIsClaimedError


def _check_sso_connections(
    store: Store, settings: Mapping[str, Any], organization: Organization
) -> None:
    default = settings.get("sso_default_connection_id")
    allowed = settings.get("sso_jit_provisioning_allowed_connections", ())
    for connection_id in (*allowed, *([] if default is None else [default])):
        connection = store.sso_connections.get(connection_id)
        if connection is None or connection.status == "deleted":
            raise SsoConnectionNotFoundError
        if connection.organization_id != organization.organization_id:
            raise SsoConnectionOrganizationMismatchError
    if default is not None and store.sso_connections[default].status != "active":
        raise SsoConnectionNotFoundError


def _check_role_assignments(
    store: Store, assignments: Sequence[Mapping[str, str]], organization: Organization
) -> None:
    for assignment in assignments:
        domain = assignment["domain"].lower()
        if not _DOMAIN.fullmatch(domain):
            raise RbacInvalidDomainError
        if domain in COMMON_DOMAINS:
            raise RbacDomainTooCommonError
        if not assignment["role_id"]:
            raise EmptyRbacRoleIdError
        roles.check_assignable(store, organization, [assignment["role_id"]])


def _check_connected_apps(store: Store, settings: Mapping[str, Any]) -> None:
    for name, is_first_party in (
        ("allowed_first_party_connected_apps", True),
        ("allowed_third_party_connected_apps", False),
    ):
        for client_id in settings.get(name, ()):
            if connected_apps.get(store, client_id).is_first_party is not is_first_party:
                raise InvalidConnectedAppTypeError


def _check_tenants(tenants: Mapping[str, object]) -> None:
    if not TENANT_PROVIDERS.issuperset(tenants):
        raise InvalidOauthAllowedTenantsFormatError
    for of_provider in tenants.values():
        if not isinstance(of_provider, list):
            raise InvalidOauthAllowedTenantsFormatError
        if not all(isinstance(tenant, str) for tenant in cast("list[object]", of_provider)):
            raise InvalidOauthAllowedTenantsFormatError
