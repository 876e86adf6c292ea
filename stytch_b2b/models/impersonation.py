"""Answers of the calls on impersonation."""

from __future__ import annotations

from attrs import frozen

from .login import LoginResponse


@frozen(kw_only=True)
class ImpersonationAuthenticateResponse(LoginResponse):
    """A session for someone who acts as a Member, or what is still lacking for one."""

    organization_id: str
