"""Answers of the calls on magic links."""

from __future__ import annotations

from attrs import frozen

from .device import DeviceInfo
from .login import LoginResponse


@frozen(kw_only=True)
class MagicLinksAuthenticateResponse(LoginResponse):
    """A session from a magic link, or what the Member still lacks for one."""

    organization_id: str
    method_id: str
    """ID of the e-mail address that the link was sent to."""
    reset_sessions: bool
    """Whether all other sessions of the Member were revoked, because the address was new."""
    member_device: DeviceInfo | None = None
