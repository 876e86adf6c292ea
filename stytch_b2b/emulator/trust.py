"""Who speaks for members beside themselves: connected apps, trusted issuers, impersonators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import define, field, frozen

ClientType = Literal["first_party", "first_party_public", "third_party", "third_party_public"]
"""Whose a connected app is, and whether it is public: unable to keep a secret."""

TrustedAttribute = Literal["email", "organization_id", "token_id"]
"""What a trusted token has to say."""

TRUSTED_CLAIMS: Mapping[TrustedAttribute, str] = {
    "email": "email",
    "organization_id": "organization_id",
    "token_id": "jti",
}


@define(kw_only=True, eq=False)
class ConnectedApp:
    """An application that acts for members, as an OAuth client of the project."""

    client_id: str
    client_name: str
    client_description: str
    client_type: ClientType
    redirect_urls: list[str]
    post_logout_redirect_urls: list[str]
    full_access_allowed: bool
    """Whether it may act as the member in everything; only a first-party app may."""
    bypass_consent_for_offline_access: bool
    logo_url: str | None = None

    @property
    def is_first_party(self) -> bool:
        """Whether the app and the project have the same owner."""
        return self.client_type.startswith("first_party")

    @property
    def is_public(self) -> bool:
        """Whether the app can keep no secret."""
        return self.client_type.endswith("_public")


@frozen(kw_only=True)
class AuthorizationCode:
    """What a connected app gets its tokens for."""

    code: str = field(repr=False)
    client_id: str
    member_id: str
    scopes: tuple[str, ...]
    redirect_uri: str
    nonce: str | None = field(repr=False)
    code_challenge: str | None = field(repr=False)
    expires_at: datetime


@define(kw_only=True, eq=False)
class AccessToken:
    """What a connected app acts for a member with."""

    token: str = field(repr=False)
    client_id: str
    member_id: str
    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    is_exchanged: bool = False
    is_revoked: bool = False
    """Whether the member has withdrawn what was granted."""


@define(kw_only=True, eq=False)
class TrustedTokenProfile:
    """An issuer of JWTs that the project trusts to say who a member is."""

    profile_id: str
    name: str
    issuer: str
    audience: str
    public_key: Any = field(repr=False)
    private_key: Any = field(repr=False)
    """Signs tokens for tests; None if the issuer's own public key was registered."""
    claims: dict[TrustedAttribute, str]
    """Where in a token is what it has to say."""
    can_jit_provision: bool
    """Whether somebody new becomes a member."""
    used_token_ids: set[str] = field(factory=set[str])


@define(kw_only=True, eq=False)
class ImpersonationToken:
    """Lets one of the project's own staff act in a member's place."""

    token: str = field(repr=False)
    member_id: str
    impersonator_id: str
    impersonator_email_address: str
    expires_at: datetime
    used: bool = False
