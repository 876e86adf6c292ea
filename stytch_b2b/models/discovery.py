"""The Organizations that an e-mail address opens, and answers of the calls that find them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

from ._response import APIResponse
from ._types import JSONObject
from .authentication import MFARequired, PrimaryRequired
from .member import Member
from .organization import Organization

MembershipType: TypeAlias = (
    Literal[
        "active_member",
        "pending_member",
        "invited_member",
        "eligible_to_join_by_email_domain",
        "eligible_to_join_by_oauth_tenant",
    ]
    | str
)
"""How a person stands to an Organization."""


@frozen(kw_only=True)
class DiscoveredMembership:
    """How the person stands to a discovered Organization."""

    type: MembershipType
    details: JSONObject | None = None
    """What makes the person eligible to join: the e-mail domain, or the OAuth tenant."""
    member: Member | None = None
    """The Member that the person is, or nothing while they are only eligible."""


@frozen(kw_only=True)
class DiscoveredOrganization:
    """An Organization that the person belongs to, is invited to, or may join."""

    organization: Organization
    membership: DiscoveredMembership
    member_authenticated: bool
    """Whether what was proved is enough for a session of this Organization."""
    primary_required: PrimaryRequired | None = None
    mfa_required: MFARequired | None = None


@frozen(kw_only=True)
class DiscoveredOrganizationsResponse(APIResponse):
    """The Organizations that the person behind a session or a login belongs to or may join."""

    email_address: str
    discovered_organizations: tuple[DiscoveredOrganization, ...]
    organization_id_hint: str | None = None
    """The Organization to offer first, if the login began with one in mind."""
