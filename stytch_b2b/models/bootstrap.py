"""The project's settings, as every client may read them."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from ._response import APIResponse
from .rbac import RBACPolicy


@frozen(kw_only=True)
class CaptchaSettings:
    """Whether and by which provider the project asks for a CAPTCHA."""

    enabled: bool
    site_key: str | None = field(default=None, metadata={"wire_name": "siteKey"})
    """The public key that the provider's widget is shown with."""
    provider_type: str | None = field(default=None, metadata={"wire_name": "providerType"})


@frozen(kw_only=True)
class PasswordConfig:
    """What a password needs where the project judges by lower, upper, digit, symbol."""

    luds_complexity: int
    """How many kinds of characters a password must have."""
    luds_minimum_count: int
    """How many characters a password must have."""


@frozen(kw_only=True)
class BootstrapResponse(APIResponse):
    """The project's settings and its RBAC policy."""

    disable_sdk_watermark: bool
    email_domains: tuple[str, ...]
    """Domains the project's e-mails are sent from."""
    pkce_required_for_email_magic_links: bool
    pkce_required_for_password_resets: bool
    pkce_required_for_oauth: bool
    pkce_required_for_sso: bool
    create_organization_enabled: bool
    """Whether a discovery login may create an Organization."""
    dfp_protected_auth_enabled: bool
    """Whether authentication needs a device fingerprint."""
    siwe_required_for_crypto_wallets: bool
    opaque_errors: bool
    """Whether errors hide if a Member exists."""
    project_name: str
    cname_domain: str | None = None
    """The project's own domain for the API."""
    captcha_settings: CaptchaSettings | None = None
    slug_pattern: str | None = None
    """Regular expression that slugs of Organizations match."""
    password_config: PasswordConfig | None = None
    dfp_protected_auth_mode: Literal["OBSERVATION", "DECISIONING"] | str | None = None
    """Whether a suspicious device is only recorded, or refused."""
    rbac_policy: RBACPolicy | None = None
    vertical: Literal["ALL", "CONSUMER", "B2B"] | str | None = None
    """What the project was made for."""
