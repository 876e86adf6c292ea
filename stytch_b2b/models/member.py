"""A Member: a person's account in one Organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import frozen

from ._response import APIResponse
from ._types import JSONObject, Timestamp
from .authentication import MFAMethod
from .organization import Organization
from .scim_attributes import SCIMAttributes

MemberStatus: TypeAlias = Literal["pending", "invited", "active", "deleted"] | str
"""Where a Member stands; only active ones can log in."""

MemberRoleSourceType: TypeAlias = (
    Literal[
        "direct_assignment",
        "email_assignment",
        "sso_connection",
        "sso_connection_group",
        "scim_connection_group",
    ]
    | str
)
"""What assigns a role to a Member."""


@frozen(kw_only=True)
class MemberRoleSource:
    """A reason why a Member has a role."""

    type: MemberRoleSourceType
    details: JSONObject | None = None
    """The domain, connection or group that assigns the role."""


@frozen(kw_only=True)
class MemberRole:
    """A role that a Member has, and why."""

    role_id: str
    sources: tuple[MemberRoleSource, ...]


@frozen(kw_only=True)
class OAuthProviderTenant:
    """A tenant of an OAuth provider that the Member belongs to there."""

    tenant_id: str
    tenant_name: str


@frozen(kw_only=True)
class OAuthRegistration:
    """An account at an OAuth provider that the Member has logged in with."""

    provider_type: str
    """The provider, such as ``Google``."""
    provider_subject: str
    """ID of the account at the provider."""
    member_oauth_registration_id: str
    profile_picture_url: str | None = None
    locale: str | None = None
    provider_tenants: tuple[OAuthProviderTenant, ...] | None = None


@frozen(kw_only=True)
class SSORegistration:
    """An account at an SSO identity provider that the Member has logged in with."""

    connection_id: str
    external_id: str
    """ID of the account at the identity provider."""
    registration_id: str
    sso_attributes: JSONObject | None = None
    """What the identity provider told at the last login."""


@frozen(kw_only=True)
class SCIMRegistration:
    """The Member as the Organization's SCIM connection provisions it."""

    connection_id: str
    registration_id: str
    external_id: str | None = None
    """ID of the person in the identity provider."""
    scim_attributes: SCIMAttributes | None = None


@frozen(kw_only=True)
class RetiredEmailAddress:
    """An e-mail address that the Member had and that others may not take yet."""

    email_id: str
    email_address: str


@frozen(kw_only=True)
class Member:
    """A person's account in one Organization: who it is, how it logs in, what it may do."""

    organization_id: str
    member_id: str
    email_address: str
    status: MemberStatus
    name: str
    sso_registrations: tuple[SSORegistration, ...]
    is_breakglass: bool
    """Whether the Member may log in by any method, whatever the Organization restricts."""
    member_password_id: str
    """ID of the password, or an empty string."""
    oauth_registrations: tuple[OAuthRegistration, ...]
    email_address_verified: bool
    mfa_phone_number_verified: bool
    is_admin: bool
    """Whether the Member has the role ``stytch_admin``."""
    totp_registration_id: str
    """ID of the authenticator app's registration, or an empty string."""
    retired_email_addresses: tuple[RetiredEmailAddress, ...]
    is_locked: bool
    """Whether too many failures have locked the Member out, until `lock_expires_at`."""
    mfa_enrolled: bool
    """Whether the Member is asked for a second factor even where it is optional."""
    mfa_phone_number: str
    """Phone number that passcodes go to, or an empty string."""
    default_mfa_method: MFAMethod
    roles: tuple[MemberRole, ...]
    trusted_metadata: JSONObject | None = None
    """Facts about the Member that only the project's backend may write."""
    untrusted_metadata: JSONObject | None = None
    """Facts about the Member that it may write itself: never base a decision on them."""
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None
    scim_registration: SCIMRegistration | None = None
    external_id: str | None = None
    """The project's own ID for the Member."""
    lock_created_at: Timestamp | None = None
    lock_expires_at: Timestamp | None = None


@frozen(kw_only=True)
class MemberResponse(APIResponse):
    """An answer that holds one Member."""

    member: Member


@frozen(kw_only=True)
class MemberDeletedResponse(APIResponse):
    """Which Member was deleted."""

    member_id: str


@frozen(kw_only=True)
class MemberChangedResponse(APIResponse):
    """An answer that holds the Member that the call made or changed, as it is now."""

    member_id: str
    member: Member
    organization: Organization


@frozen(kw_only=True)
class ResultsMetadata:
    """How much a search found, and where it goes on."""

    total: int
    """How many there are on all pages, or -1 if nobody counted."""
    next_cursor: str | None = None
    """What to ask the next page with; nothing on the last one."""


@frozen(kw_only=True)
class MemberSearchResponse(APIResponse):
    """One page of the Members that a search found."""

    members: tuple[Member, ...]
    organizations: Mapping[str, Organization]
    """The Organizations of these Members, by their IDs."""
    results_metadata: ResultsMetadata
