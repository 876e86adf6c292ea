"""Answers of the calls on magic links."""

from __future__ import annotations

from attrs import field, frozen

from ._response import APIResponse
from ._types import redacted
from .authentication import MFARequired, PrimaryRequired
from .device import DeviceInfo
from .member import Member
from .member_session import MemberSession
from .organization import Organization


@frozen(kw_only=True)
class MagicLinksAuthenticateResponse(APIResponse):
    """A session from a magic link, or what the Member still lacks for one."""

    member_id: str
    method_id: str
    """ID of the e-mail address that the link was sent to."""
    reset_sessions: bool
    """Whether all other sessions of the Member were revoked, because the address was new."""
    organization_id: str
    member: Member
    session_token: str = field(repr=redacted)
    """The session's token, or an empty string while something is lacking."""
    session_jwt: str = field(repr=redacted)
    """The session's JWT, or an empty string while something is lacking."""
    organization: Organization
    intermediate_session_token: str = field(repr=redacted)
    """What proves the login so far, or an empty string once the Member is logged in."""
    member_authenticated: bool
    """Whether the Member is logged in, with nothing lacking."""
    member_session: MemberSession | None = None
    mfa_required: MFARequired | None = None
    primary_required: PrimaryRequired | None = None
    member_device: DeviceInfo | None = None
