"""The session of a Member."""

from __future__ import annotations

from attrs import frozen

from ._types import JSONObject, Timestamp
from .factors import AuthenticationFactor


@frozen(kw_only=True)
class MemberSession:
    """A Member's session: by what it was authenticated, until when, and in which roles."""

    member_session_id: str
    member_id: str
    started_at: Timestamp
    last_accessed_at: Timestamp
    expires_at: Timestamp
    authentication_factors: tuple[AuthenticationFactor, ...]
    organization_id: str
    roles: tuple[str, ...]
    """IDs of the Member's roles when the session was last authenticated."""
    organization_slug: str
    custom_claims: JSONObject | None = None
    """Claims of the project's own, also in the session's JWT."""
