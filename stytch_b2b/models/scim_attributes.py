"""What an identity provider tells about a Member over SCIM (RFC 7643)."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class SCIMValue:
    """One of several values of an attribute: an e-mail address, a phone number, a photo."""

    value: str
    type: str
    """What the value is for, such as ``work``."""
    primary: bool
    """Whether it is the preferred one of its attribute."""


@frozen(kw_only=True)
class SCIMAddress:
    """A postal address, in parts and as one text."""

    formatted: str
    street_address: str
    locality: str
    region: str
    postal_code: str
    country: str
    type: str
    """What the address is for, such as ``work``."""
    primary: bool


@frozen(kw_only=True)
class SCIMName:
    """A person's name, in parts and as one text."""

    formatted: str
    family_name: str
    given_name: str
    middle_name: str
    honorific_prefix: str
    honorific_suffix: str


@frozen(kw_only=True)
class SCIMUserGroup:
    """A group of the identity provider that the person is in."""

    value: str
    """ID of the group."""
    display: str
    """Name of the group."""


@frozen(kw_only=True)
class SCIMManager:
    """The person's superior."""

    value: str
    """ID of the superior in the identity provider."""
    ref: str
    """URI of the superior's SCIM resource."""
    display_name: str


@frozen(kw_only=True)
class SCIMEnterpriseExtension:
    """Attributes of people in a company."""

    employee_number: str
    cost_center: str
    division: str
    department: str
    organization: str
    manager: SCIMManager | None = None


@frozen(kw_only=True)
class SCIMAttributes:
    """All that the identity provider tells about a person."""

    user_name: str
    id: str
    external_id: str
    """ID of the person in the identity provider."""
    active: bool
    groups: tuple[SCIMUserGroup, ...]
    display_name: str
    nick_name: str
    profile_url: str
    user_type: str
    title: str
    preferred_language: str
    locale: str
    timezone: str
    emails: tuple[SCIMValue, ...]
    phone_numbers: tuple[SCIMValue, ...]
    addresses: tuple[SCIMAddress, ...]
    ims: tuple[SCIMValue, ...]
    """Addresses for instant messages."""
    photos: tuple[SCIMValue, ...]
    entitlements: tuple[SCIMValue, ...]
    roles: tuple[SCIMValue, ...]
    """Roles in the identity provider, not of this project's policy."""
    x509certificates: tuple[SCIMValue, ...]
    name: SCIMName | None = None
    enterprise_extension: SCIMEnterpriseExtension | None = None
