"""Answers of the calls on SSO."""

from __future__ import annotations

from attrs import frozen

from ._response import APIResponse
from .device import DeviceInfo
from .login import LoginResponse
from .organization import SSOActiveConnection


@frozen(kw_only=True)
class SSOAuthenticateResponse(LoginResponse):
    """A session from a login at an identity provider, or what the Member still lacks for one."""

    organization_id: str
    reset_session: bool
    """Whether all other sessions of the Member were revoked, because the address was new."""
    member_device: DeviceInfo | None = None


@frozen(kw_only=True)
class SSODiscoverConnectionsResponse(APIResponse):
    """The SSO connections that a person can log in with."""

    connections: tuple[SSOActiveConnection, ...]
