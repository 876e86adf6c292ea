"""All state of the emulator, in one place, with the clock and the id source it is made from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from attrs import define, field, frozen

from .clock import Clock
from .ids import IdSource
from .outbox import Outbox
from .policy import default_policy

MemberStatus = Literal["pending", "invited", "active", "deleted"]
DEFAULT_REDIRECT_URL = "http://localhost:3000/authenticate"


@define(kw_only=True)
class Project:
    """What the dashboard of a project configures."""

    project_id: str
    public_token: str
    secret: str = field(repr=False)
    policy: dict[str, Any] = field(factory=default_policy, repr=False)
    bootstrap: dict[str, Any] = field(factory=dict[str, Any], repr=False)
    """Flags that differ from the defaults of the bootstrap answer."""


@define(kw_only=True, eq=False)
class Organization:
    """An organization and its settings, under the names that the API uses."""

    organization_id: str
    organization_name: str
    organization_slug: str
    created_at: datetime
    updated_at: datetime
    organization_logo_url: str = ""
    organization_external_id: str | None = None
    trusted_metadata: dict[str, Any] = field(factory=dict[str, Any])
    sso_jit_provisioning: str = "ALL_ALLOWED"
    sso_jit_provisioning_allowed_connections: list[str] = field(factory=list[str])
    sso_default_connection_id: str | None = None
    email_allowed_domains: list[str] = field(factory=list[str])
    email_jit_provisioning: str = "NOT_ALLOWED"
    email_invites: str = "ALL_ALLOWED"
    auth_methods: str = "ALL_ALLOWED"
    allowed_auth_methods: list[str] = field(factory=list[str])
    mfa_policy: str = "OPTIONAL"
    mfa_methods: str = "ALL_ALLOWED"
    allowed_mfa_methods: list[str] = field(factory=list[str])
    oauth_tenant_jit_provisioning: str = "NOT_ALLOWED"
    allowed_oauth_tenants: dict[str, list[str]] = field(factory=dict[str, list[str]])
    claimed_email_domains: list[str] = field(factory=list[str])
    first_party_connected_apps_allowed_type: str = "ALL_ALLOWED"
    allowed_first_party_connected_apps: list[str] = field(factory=list[str])
    third_party_connected_apps_allowed_type: str = "ALL_ALLOWED"
    allowed_third_party_connected_apps: list[str] = field(factory=list[str])
    rbac_email_implicit_role_assignments: list[dict[str, str]] = field(factory=list[dict[str, str]])
    custom_roles: list[dict[str, Any]] = field(factory=list[dict[str, Any]])


@define(kw_only=True, eq=False)
class Member:
    """A person in one organization."""

    member_id: str
    organization_id: str
    email_id: str
    email_address: str
    created_at: datetime
    updated_at: datetime
    status: MemberStatus = "active"
    name: str = ""
    email_address_verified: bool = True
    roles: list[str] = field(factory=list[str])
    """Ids of the roles assigned to the member itself; implicit ones come on top."""
    external_id: str | None = None
    is_breakglass: bool = False
    mfa_enrolled: bool = False
    mfa_phone_number: str = ""
    mfa_phone_number_verified: bool = False
    default_mfa_method: str = ""
    totp_registration_id: str = ""
    trusted_metadata: dict[str, Any] = field(factory=dict[str, Any])
    untrusted_metadata: dict[str, Any] = field(factory=dict[str, Any])


@define(kw_only=True, eq=False)
class Factor:
    """One proof of identity that a session rests on."""

    type: str
    delivery_method: str
    sequence_order: Literal["PRIMARY", "SECONDARY"]
    created_at: datetime
    updated_at: datetime
    last_authenticated_at: datetime
    details: dict[str, dict[str, Any]] = field(factory=dict[str, dict[str, Any]])
    """What the type adds, under its wire name: ``{"email_factor": {...}}``."""


@define(kw_only=True, eq=False)
class MemberSession:
    """A session; it ends at ``expires_at`` by the emulator's clock."""

    member_session_id: str
    member_id: str
    organization_id: str
    token: str = field(repr=False)
    started_at: datetime
    last_accessed_at: datetime
    expires_at: datetime
    factors: list[Factor]
    custom_claims: dict[str, Any] = field(factory=dict[str, Any], repr=False)


@define(kw_only=True, eq=False)
class IntermediateSession:
    """A login that is not complete; it lives for ten minutes."""

    token: str = field(repr=False)
    member_id: str
    organization_id: str
    expires_at: datetime
    factors: list[Factor]


@define(kw_only=True, eq=False)
class MagicLink:
    """A link in somebody's mailbox."""

    token: str = field(repr=False)
    method_id: str
    member_id: str
    organization_id: str
    pkce_code_challenge: str | None = field(repr=False)
    expires_at: datetime
    used: bool = False


@define(kw_only=True, eq=False)
class ScimGroup:
    """A group that the identity provider has pushed."""

    group_id: str
    group_name: str
    organization_id: str
    connection_id: str
    member_ids: list[str] = field(factory=list[str])


@frozen(kw_only=True)
class BearerToken:
    """What an identity provider authenticates itself with."""

    value: str = field(repr=False)
    expires_at: datetime


@define(kw_only=True, eq=False)
class ScimConnection:
    """A connection to an identity provider's user directory."""

    connection_id: str
    organization_id: str
    display_name: str
    identity_provider: str
    bearer_token: BearerToken
    next_bearer_token: BearerToken | None = None
    """While a rotation is under way."""
    status: Literal["active", "deleted"] = "active"
    role_assignments: list[dict[str, str]] = field(factory=list[dict[str, str]])
    groups: dict[str, ScimGroup] = field(factory=dict[str, ScimGroup])
    registration_ids: dict[str, str] = field(factory=dict[str, str])
    """Ids of the members' registrations with this connection, by member id."""


@define(kw_only=True, eq=False)
class Store:
    """
    Everything the emulator knows.

    Whoever reads or writes it holds `lock`: the server for as long as it handles one request,
    the control from other threads for as long as it changes something.
    """

    project: Project
    clock: Clock
    ids: IdSource
    outbox: Outbox
    lock: threading.RLock = field(init=False, factory=threading.RLock, repr=False)
    organizations: dict[str, Organization] = field(factory=dict[str, Organization])
    members: dict[str, Member] = field(factory=dict[str, Member])
    sessions: dict[str, MemberSession] = field(factory=dict[str, MemberSession])
    """By session token."""
    intermediate_sessions: dict[str, IntermediateSession] = field(
        factory=dict[str, IntermediateSession]
    )
    """By token."""
    magic_links: dict[str, MagicLink] = field(factory=dict[str, MagicLink])
    """By token."""
    scim_connections: dict[str, ScimConnection] = field(factory=dict[str, ScimConnection])

    def __repr__(self) -> str:
        return f"<Store {len(self.organizations)} organizations, {len(self.members)} members>"

    def reset(self) -> None:
        """Forget everything but the project's own identity."""
        self.project.policy = default_policy()
        self.project.bootstrap = {}
        for table in (
            self.organizations,
            self.members,
            self.sessions,
            self.intermediate_sessions,
            self.magic_links,
            self.scim_connections,
        ):
            table.clear()
        self.outbox.clear()

    def members_of(self, organization_id: str) -> Iterator[Member]:
        """Iterate over the members of an organization, in the order they came."""
        return (m for m in self.members.values() if m.organization_id == organization_id)
