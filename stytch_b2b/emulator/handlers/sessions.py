"""Sessions of the calling member."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import logins, sessions
from ..schema import Field
from .operation import Call, operation


@operation("session.authenticate", session_duration_minutes=Field("integer"))
def authenticate(call: Call) -> dict[str, Any]:
    """Renew the JWT of the session; extend the session only if a duration is given."""
    minutes = call.body.get("session_duration_minutes")
    sessions.touch(call.store, call.member_session, duration_minutes=minutes)
    return shapes.session_tokens(call.store, call.member_session)


@operation("session.revoke")
def revoke(call: Call) -> dict[str, Any]:
    """End the session."""
    sessions.revoke(call.store, call.member_session)
    return {}


@operation(
    "session.exchange",
    organization_id=Field("string", required=True),
    session_duration_minutes=Field("integer"),
    locale=Field("string"),
)
def exchange(call: Call) -> dict[str, Any]:
    """Log the same person in to another organization."""
    login = logins.exchange(
        call.store,
        call.member_session,
        call.body["organization_id"],
        duration_minutes=call.body.get(
            "session_duration_minutes", sessions.DEFAULT_DURATION_MINUTES
        ),
    )
    return shapes.login(call.store, login)
