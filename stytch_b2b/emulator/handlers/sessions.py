"""Sessions of the calling member."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import access_tokens, logins, members, sessions, trusted_tokens
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


@operation("session.revoke_for_member")
def revoke_for_member(call: Call) -> dict[str, Any]:
    """End every session of a member of the caller's organization."""
    member = members.get(call.store, call.organization, call.parameters["member_id"])
    sessions.revoke_all_of(call.store, member)
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
        duration_minutes=call.duration_minutes,
    )
    return shapes.login(call.store, login)


@operation(
    "session.exchange_access_token",
    access_token=Field("string", required=True),
    session_duration_minutes=Field("integer"),
)
def exchange_access_token(call: Call) -> dict[str, Any]:
    """Log in with the access token of a connected app."""
    session = access_tokens.exchange(
        call.store, call.body["access_token"], duration_minutes=call.duration_minutes
    )
    return {"member_id": session.member_id, **shapes.session_tokens(call.store, session)}


@operation(
    "session.attest",
    profile_id=Field("string", required=True),
    token=Field("string", required=True),
    organization_id=Field("string"),
    session_duration_minutes=Field("integer"),
)
def attest(call: Call) -> dict[str, Any]:
    """Log in with a JWT of an issuer that the project trusts."""
    session = trusted_tokens.attest(
        call.store,
        profile_id=call.body["profile_id"],
        token=call.body["token"],
        organization_id=call.body.get("organization_id"),
        duration_minutes=call.body.get("session_duration_minutes"),
        session=call.session,
    )
    return {"member_id": session.member_id, **shapes.session_tokens(call.store, session)}
