"""Answers of the calls on a Member's session."""

from __future__ import annotations

from attrs import field, frozen

from ._response import APIResponse
from ._types import redacted
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
