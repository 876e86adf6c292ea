"""Answers of the calls on OAuth, and what a provider hands over."""

from __future__ import annotations

from attrs import field, frozen

from ._response import APIResponse
from ._types import Timestamp, redacted
from .device import DeviceInfo
from .login import DiscoveryResponse, LoginResponse


@frozen(kw_only=True)
class OAuthProviderValues:
    """What the provider handed over, to act there in the person's name."""

    scopes: tuple[str, ...]
    """What the person allowed."""
    access_token: str | None = field(default=None, repr=redacted)
    """What the provider's API is called with."""
    refresh_token: str | None = field(default=None, repr=redacted)
    """What a new access token is had with, if the provider gives one."""
    id_token: str | None = field(default=None, repr=redacted)
    """Who the person is, as an OpenID Connect provider says it."""
    expires_at: Timestamp | None = None
    """When the access token stops working."""


@frozen(kw_only=True)
class OAuthAuthenticateResponse(LoginResponse):
    """A session from a login at an OAuth provider, or what the Member still lacks for one."""

    organization_id: str
    provider_subject: str
    """ID of the person at the provider."""
    provider_type: str
    """The provider, such as ``Google``."""
    reset_sessions: bool
    """Whether all other sessions of the Member were revoked, because the address was new."""
    provider_values: OAuthProviderValues | None = None
    member_device: DeviceInfo | None = None


@frozen(kw_only=True)
class OAuthDiscoveryAuthenticateResponse(DiscoveryResponse):
    """A person who logged in at an OAuth provider, and the Organizations that this opens."""

    provider_type: str
    """The provider, such as ``Google``."""
    provider_tenant_id: str
    """ID of the tenant that the person belongs to at the provider, or an empty string."""
    full_name: str
    """The person's name at the provider, or an empty string."""


@frozen(kw_only=True)
class GoogleOneTapClientIDResponse(APIResponse):
    """An answer that holds what Google knows the project by."""

    google_client_id: str
    """What Google's script is set up with, or an empty string where One Tap is not set up."""


@frozen(kw_only=True)
class GoogleOneTapStartResponse(APIResponse):
    """An answer that holds where a login by Google One Tap goes on."""

    # The token in it logs the person in.
    redirect_url: str = field(repr=redacted)
    """A redirect URL of the project, with the token that ends the login."""
