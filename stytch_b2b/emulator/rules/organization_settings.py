"""What the API accepts as settings of an organization; tests may arrange anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ..errors import (
    AllowedAuthMethodsRequiredForRestrictedError,
    AllowedMfaMethodsRequiredForRestrictedError,
    ApiError,
    InvalidOauthAllowedTenantsFormatError,
    InvalidOrganizationAllowedAuthMethodsError,
    InvalidOrganizationAllowedMfaMethodsError,
    InvalidOrganizationNameError,
    InvalidOrganizationSlugError,
    InvalidRestrictedEmailSettingError,
    InvalidRestrictedOauthTenantsSettingError,
    InvalidRestrictedSsoSettingError,
    OrganizationNameMissingError,
    OrganizationSettingsDomainTooCommonError,
    OrganizationSettingsDuplicateDomainError,
    OrganizationSettingsInvalidDomainError,
    OrganizationSlugAlreadyUsedError,
)
from ..store import Organization, Store
from . import organizations
from .second_factors import MFA_METHODS

LONGEST_NAME = 128

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
        ApiError: A list has what does not exist, or something is restricted to nothing.
    """
    _check_names(store, settings, organization)
    _check_methods(settings)
    _check_domains(settings.get("email_allowed_domains", ()))
    _check_tenants(settings.get("allowed_oauth_tenants", {}))

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
    slug = settings.get("organization_slug")
    if slug is None:
        return
    if not organizations.SLUG.fullmatch(slug):
        raise InvalidOrganizationSlugError
    for other in store.organizations.values():
        if other is not organization and other.organization_slug == slug:
            raise OrganizationSlugAlreadyUsedError


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
    if len(set(normal)) < len(normal):
        raise OrganizationSettingsDuplicateDomainError


def _check_tenants(tenants: Mapping[str, object]) -> None:
    if not TENANT_PROVIDERS.issuperset(tenants):
        raise InvalidOauthAllowedTenantsFormatError
    for of_provider in tenants.values():
        if not isinstance(of_provider, list):
            raise InvalidOauthAllowedTenantsFormatError
        if not all(isinstance(tenant, str) for tenant in cast("list[object]", of_provider)):
            raise InvalidOauthAllowedTenantsFormatError
