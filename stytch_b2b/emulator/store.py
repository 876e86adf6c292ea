"""All state of the emulator, in one place, with the clock and the id source it is made from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from attrs import define, field, frozen

from .clock import Clock
from .federation import OIDCSettings, SAMLSettings
from .ids import IdSource
from .outbox import Outbox
from .policy import default_policy
from .trust import (
    AccessToken,
    AuthorizationCode,
    ConnectedApp,
    ImpersonationToken,
    TrustedTokenProfile,
)

MemberStatus = Literal["pending", "invited", "active", "deleted"]
RedirectType = Literal["login", "signup", "invite", "reset_password", "discovery"]
"""What a registered redirect URL may be used for."""
AuthorizationFlow = Literal["oauth", "discovery_oauth", "sso"]
"""What a login at an identity provider is for, as ``stytch_token_type`` names it."""
Protocol = Literal["saml", "oidc", "external"]
"""How an SSO connection works; an external one is the connection of another organization."""

Verdict = Literal["ALLOW", "CHALLENGE", "BLOCK"]
"""What is thought of the device behind a telemetry id."""

CaptchaChallenge = Literal["json", "text"]

DEFAULT_REDIRECT_URL = "http://localhost:3000/authenticate"


def _default_redirect_urls() -> dict[RedirectType, list[str]]:
    return {kind: [DEFAULT_REDIRECT_URL] for kind in get_args(RedirectType)}


@frozen(kw_only=True)
class LockPolicy:
    """When a member is locked, and for how long; the defaults are those of a new project."""

    attempts: int = 10
    """Wrong codes and passwords in a row."""
    lifetime: timedelta = timedelta(hours=1)


@define(kw_only=True)
class Project:
    """What the dashboard of a project configures."""

    project_id: str
    public_token: str
    secret: str = field(repr=False)
    policy: dict[str, Any] = field(factory=default_policy, repr=False)
    bootstrap: dict[str, Any] = field(factory=dict[str, Any], repr=False)
    """Flags that differ from the defaults of the bootstrap answer."""
    redirect_urls: dict[RedirectType, list[str]] = field(factory=_default_redirect_urls)
    """Where flows may lead; the first of each type is its default."""
    google_client_id: str = ""
    """What Google knows the project by; without it there is no One Tap."""
    cross_organization_passwords: bool = True
    """Whether a person has one password for every organization, or one for each."""
    accepts_sandbox_values: bool = False
    lock_policy: LockPolicy = field(factory=LockPolicy)
    captcha_challenge: CaptchaChallenge = "json"
    """How a CAPTCHA is demanded: the API has been seen to do both."""


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
    is_suspended: bool = False
    """Whether the project has shut its members out; no answer shows it."""


@define(kw_only=True, eq=False)
class TOTPRegistration:
    """An authenticator app."""

    registration_id: str
    secret: str = field(repr=False)
    """In base 32, as the app wants it."""
    expires_at: datetime
    """Until when the first code must have come."""
    is_verified: bool = False
    last_step: int = -1
    """The time step of the last code that was accepted: none before it is any more."""


@define(kw_only=True, eq=False)
class OAuthRegistration:
    """An account at an OAuth provider that a member has logged in with."""

    registration_id: str
    provider: str
    """As paths have it."""
    provider_subject: str
    """Who the member is at the provider."""
    tenant_ids: tuple[str, ...] = ()


@define(kw_only=True, eq=False)
class SSORegistration:
    """An account at an identity provider that a member has logged in with."""

    registration_id: str
    connection_id: str
    external_id: str
    """Who the member is at the identity provider."""
    sso_attributes: dict[str, Any] = field(factory=dict[str, Any])
    """What the identity provider said at the last login."""


@frozen(kw_only=True)
class Password:
    """What a person knows."""

    password_id: str
    value: str = field(repr=False)


@frozen(kw_only=True)
class RetiredEmail:
    """An address that a member had; no other member of the organization can have it."""

    email_id: str
    email_address: str


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
    retired_email_addresses: list[RetiredEmail] = field(factory=list[RetiredEmail])
    roles: list[str] = field(factory=list[str])
    """Ids of the roles assigned to the member itself; implicit ones come on top."""
    external_id: str | None = None
    is_breakglass: bool = False
    mfa_enrolled: bool = False
    mfa_phone_number: str = ""
    mfa_phone_number_verified: bool = False
    default_mfa_method: str = ""
    totp: TOTPRegistration | None = None
    recovery_codes: list[str] = field(factory=list[str], repr=False)
    """Those not used yet."""
    password: Password | None = None
    oauth_registrations: list[OAuthRegistration] = field(factory=list[OAuthRegistration])
    sso_registrations: list[SSORegistration] = field(factory=list[SSORegistration])
    failed_attempts: int = 0
    """Wrong codes and passwords in a row."""
    locked_at: datetime | None = None
    lock_expires_at: datetime | None = None
    trusted_metadata: dict[str, Any] = field(factory=dict[str, Any])
    untrusted_metadata: dict[str, Any] = field(factory=dict[str, Any])


@define(kw_only=True, eq=False)
class Stranger:
    """An e-mail address that belongs to no member yet."""

    failed_attempts: int = 0
    """Wrong codes and passwords in a row."""
    locked_at: datetime | None = None
    lock_expires_at: datetime | None = None


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
    organization_id: str | None = None
    """Where alone it counts: an SSO connection vouches for people to its own organization."""
    proved_address: str | None = None
    """The e-mail address that it has shown to be the person's, if it has."""


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
    email_address: str
    """Whose it is: in every organization the same person has the same address."""
    organization_id: str | None
    """Where the login goes on, or nothing while the organization is to be chosen."""
    expires_at: datetime
    factors: list[Factor]
    oauth_tenants: dict[str, str] = field(factory=dict[str, str])
    """Tenants that OAuth providers have vouched for, by provider."""


@define(kw_only=True, eq=False)
class MagicLink:
    """A link in somebody's mailbox."""

    token: str = field(repr=False)
    email_address: str
    member_id: str | None
    """Whom it logs in, or nothing where the organization is to be chosen."""
    pkce_code_challenge: str | None = field(repr=False)
    expires_at: datetime
    used: bool = False


@define(kw_only=True, eq=False)
class Passcode:
    """A code in somebody's mailbox, or on somebody's phone."""

    code: str = field(repr=False)
    to: str
    """The e-mail address, or the phone number."""
    member_id: str | None
    """Whom it is for, or nothing where the organization is to be chosen."""
    expires_at: datetime
    used: bool = False


@frozen(kw_only=True)
class EmailUpdate:
    """An address that is to become a member's own, once somebody has proved to read its mail."""

    member_id: str
    email_id: str
    email_address: str
    expires_at: datetime


@define(kw_only=True, eq=False)
class SSOConnection:
    """A connection of an organization to its identity provider."""

    connection_id: str
    organization_id: str
    display_name: str
    protocol: Protocol
    identity_provider: str
    status: Literal["pending", "active", "deleted"] = "active"
    external_organization_id: str | None = None
    """Whose connection an external one borrows."""
    external_connection_id: str | None = None
    """Which connection an external one borrows."""
    saml: SAMLSettings = field(factory=SAMLSettings)
    """What matters to a SAML connection alone."""
    oidc: OIDCSettings = field(factory=OIDCSettings)
    """What matters to an OpenID Connect connection alone."""
    role_assignments: list[dict[str, str]] = field(factory=list[dict[str, str]])
    """Roles of everybody who logs in by the connection."""
    group_role_assignments: list[dict[str, str]] = field(factory=list[dict[str, str]])
    """Roles of those among them whom the identity provider has in a group."""


@frozen(kw_only=True)
class Identity:
    """Somebody as an identity provider knows them."""

    subject: str
    """The provider's own name for the person, which stays when the address changes."""
    email_address: str
    name: str = ""
    email_verified: bool = True
    tenant_id: str = ""
    """The workspace or company at the provider, for those that have such."""
    groups: tuple[str, ...] = ()
    """Names of the groups that an SSO identity provider has the person in."""


@define(kw_only=True, eq=False)
class AuthorizationRequest:
    """A login that a browser has taken to an identity provider, and not brought back yet."""

    state: str = field(repr=False)
    flow: AuthorizationFlow
    provider: str | None = None
    """The OAuth provider, or nothing for SSO."""
    connection_id: str | None = None
    """The SSO connection, or nothing for OAuth."""
    organization_id: str | None = None
    """Where the person logs in, or nothing while the organization is to be chosen."""
    login_redirect_url: str
    """Where the browser is led; newcomers to an organization go to the next."""
    signup_redirect_url: str
    pkce_code_challenge: str | None = field(repr=False)
    scopes: tuple[str, ...] = ()
    """Asked for beyond what logging in takes."""
    login_hint: str = ""
    """Who it will probably be."""
    expires_at: datetime
    used: bool = False


@define(kw_only=True, eq=False)
class Assertion:
    """What an identity provider has said; a token in a redirect URL stands for it."""

    token: str = field(repr=False)
    request: AuthorizationRequest
    identity: Identity
    expires_at: datetime
    used: bool = False


@define(kw_only=True, eq=False)
class ScimGroup:
    """A group that the identity provider has pushed."""

    group_id: str
    group_name: str
    organization_id: str
    connection_id: str
    created_at: datetime
    updated_at: datetime
    external_id: str | None = None
    """What the identity provider knows it by."""
    member_ids: list[str] = field(factory=list[str])


@define(kw_only=True, eq=False)
class ScimRegistration:
    """A member as the identity provider sees it."""

    registration_id: str
    member_id: str
    created_at: datetime
    updated_at: datetime
    user: dict[str, Any] = field(factory=dict[str, Any], repr=False)
    """What the identity provider has told of it, but for ``active``: that is the status."""


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
    registrations: dict[str, ScimRegistration] = field(factory=dict[str, ScimRegistration])
    """Whom the identity provider provisions, by member id."""


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
    password_resets: dict[str, MagicLink] = field(factory=dict[str, MagicLink])
    """Links that lead to a new password, by token."""
    passwords: dict[str, Password] = field(factory=dict[str, Password], repr=False)
    """By e-mail address, where a person has one password for every organization."""
    passcodes: list[Passcode] = field(factory=list[Passcode])
    email_updates: dict[str, EmailUpdate] = field(factory=dict[str, EmailUpdate])
    """By member id: a member has one at a time."""
    strangers: dict[str, Stranger] = field(factory=dict[str, Stranger])
    """Whoever guesses at the secrets of no member, by e-mail address."""
    spent_id_tokens: set[str] = field(factory=set[str], repr=False)
    """What One Tap was used with, without the signatures."""
    authorization_requests: dict[str, AuthorizationRequest] = field(
        factory=dict[str, AuthorizationRequest]
    )
    """By state."""
    assertions: dict[str, Assertion] = field(factory=dict[str, Assertion])
    """By token."""
    sso_connections: dict[str, SSOConnection] = field(factory=dict[str, SSOConnection])
    scim_connections: dict[str, ScimConnection] = field(factory=dict[str, ScimConnection])
    connected_apps: dict[str, ConnectedApp] = field(factory=dict[str, ConnectedApp])
    """By client id."""
    consents: dict[tuple[str, str], set[str]] = field(factory=dict[tuple[str, str], set[str]])
    """Scopes that members have granted to connected apps, by member id and client id."""
    authorization_codes: dict[str, AuthorizationCode] = field(
        factory=dict[str, AuthorizationCode], repr=False
    )
    """By code. Nothing redeems them: the emulator has no token endpoint for connected apps yet."""
    access_tokens: dict[str, AccessToken] = field(factory=dict[str, AccessToken], repr=False)
    trusted_token_profiles: dict[str, TrustedTokenProfile] = field(
        factory=dict[str, TrustedTokenProfile]
    )
    impersonation_tokens: dict[str, ImpersonationToken] = field(
        factory=dict[str, ImpersonationToken], repr=False
    )
    telemetry_ids: dict[str, Verdict] = field(factory=dict[str, Verdict])
    """Those that nobody has used yet."""
    captcha_tokens: set[str] = field(factory=set[str], repr=False)
    """Those that nobody has used yet."""

    def __repr__(self) -> str:
        return f"<Store {len(self.organizations)} organizations, {len(self.members)} members>"

    def reset(self) -> None:
        """Forget everything but the project's own identity."""
        self.project.policy = default_policy()
        self.project.bootstrap = {}
        self.project.redirect_urls = _default_redirect_urls()
        self.project.google_client_id = ""
        self.project.cross_organization_passwords = True
        self.project.accepts_sandbox_values = False
        self.project.lock_policy = LockPolicy()
        self.project.captcha_challenge = "json"
        for table in (
            self.organizations,
            self.members,
            self.sessions,
            self.intermediate_sessions,
            self.magic_links,
            self.password_resets,
            self.passwords,
            self.passcodes,
            self.email_updates,
            self.strangers,
            self.spent_id_tokens,
            self.authorization_requests,
            self.assertions,
            self.sso_connections,
            self.scim_connections,
            self.connected_apps,
            self.consents,
            self.authorization_codes,
            self.access_tokens,
            self.trusted_token_profiles,
            self.impersonation_tokens,
            self.telemetry_ids,
            self.captcha_tokens,
        ):
            table.clear()
        self.outbox.clear()

    def members_of(self, organization_id: str) -> Iterator[Member]:
        """Iterate over the members of an organization, in the order they came."""
        return (m for m in self.members.values() if m.organization_id == organization_id)
