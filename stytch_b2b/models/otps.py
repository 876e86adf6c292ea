"""Answers of the calls on one-time passcodes."""

from __future__ import annotations

from attrs import frozen

from .device import DeviceInfo
from .login import LoginResponse


@frozen(kw_only=True)
class OTPsEmailAuthenticateResponse(LoginResponse):
    """A session from a passcode sent by e-mail, or what the Member still lacks for one."""

    organization_id: str
    method_id: str
    """ID of the e-mail address that the passcode was sent to."""
    member_device: DeviceInfo | None = None
