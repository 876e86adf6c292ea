"""Organizations and their settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from ..errors import OrganizationNotFoundError
from ..policy import checked_roles
from ..store import Organization, Store

# What create() and update() are not free to set: identity and times are the store's own.
_FIXED = {"organization_id", "created_at", "updated_at"}
SETTINGS = frozenset(field.name for field in attrs.fields(Organization)) - _FIXED


def create(
    store: Store, *, name: str, slug: str | None = None, settings: Mapping[str, Any]
) -> Organization:
    """
    Create an organization.

    Args:
        store: Where.

        name: Display name.

        slug: Made from the name if not given.

        settings: Any other field, under its API name.

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
        organization_id=store.ids.id("organization"),
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


def lets_in_by_email(organization: Organization, email_address: str) -> bool:
    """Tell whether somebody with this address may become a member without an invitation."""
    if organization.email_jit_provisioning == "RESTRICTED":
        domain = email_address.rpartition("@")[2]
        return domain in {allowed.lower() for allowed in organization.email_allowed_domains}
    return organization.email_jit_provisioning == "ALL_ALLOWED"


def allows_auth_method(organization: Organization, method: str) -> bool:
    """Tell whether members may log in by a method, such as ``magic_link``."""
    if organization.auth_methods != "RESTRICTED":
        return True
    return method in organization.allowed_auth_methods


def _check_settings(settings: Mapping[str, Any]) -> None:
    unknown = sorted(set(settings) - SETTINGS)
    if unknown:
        msg = f"an organization has no {', '.join(unknown)}"
        raise ValueError(msg)


def _apply(organization: Organization, settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        setattr(organization, name, checked_roles(value) if name == "custom_roles" else value)


def _free_slug(store: Store, name: str) -> str:
    wanted = re.sub(r"[^a-z0-9._~-]+", "-", name.lower()).strip("-") or "organization"
    taken = {other.organization_slug for other in store.organizations.values()}
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate
