"""Answers of the calls on a Member's session."""

from __future__ import annotations

from attrs import field, frozen

from ._response import APIResponse
from ._types import redacted
from .authentication import MFARequired, PrimaryRequired
from .member import Member
from .member_session import MemberSession
from .organization import Organization


@frozen(kw_only=True)
class AuthorizationVerdict:
    """Whether the Member may do what the call asked about."""

    authorized: bool
    granting_roles: tuple[str, ...]
    """IDs of the Member's roles that grant it."""


@frozen(kw_only=True)
class SessionAuthenticateResponse(APIResponse):
    """The session, refreshed, with the Member and the Organization as they are now."""

    member_session: MemberSession
    session_token: str = field(repr=redacted)
    session_jwt: str = field(repr=redacted)
    member: Member
    organization: Organization
    verdict: AuthorizationVerdict | None = None
    """Present where the call asked for a permission check."""


@frozen(kw_only=True)
class SessionExchangeResponse(APIResponse):
    """A session in another Organization, or what the Member still lacks for one."""

    member_id: str
    session_token: str = field(repr=redacted)
    """The session's token, or an empty string while something is lacking."""
    session_jwt: str = field(repr=redacted)
    """The session's JWT, or an empty string while something is lacking."""
    member: Member
    organization: Organization
    member_authenticated: bool
    """Whether the Member is logged in, with nothing lacking."""
    intermediate_session_token: str = field(repr=redacted)
    """What proves the login so far, or an empty string once the Member is logged in."""
    member_session: MemberSession | None = None
    mfa_required: MFARequired | None = None
    primary_required: PrimaryRequired | None = None
