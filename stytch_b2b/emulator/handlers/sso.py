"""Logging in by SSO; browsers do the beginning."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import sso
from ..schema import Field
from .operation import Call, operation


@operation(
    "sso.authenticate",
    sso_token=Field("string", required=True),
    session_duration_minutes=Field("integer"),
    pkce_code_verifier=Field("string"),
    locale=Field("string"),
    intermediate_session_token=Field("string"),
)
def authenticate(call: Call) -> dict[str, Any]:
    """Log in with the token in a redirect URL."""
    login = sso.authenticate(
        call.store,
        token=call.body["sso_token"],
        pkce_code_verifier=call.body.get("pkce_code_verifier"),
        duration_minutes=call.duration_minutes,
        earlier=call.earlier,
    )
    return {**shapes.login(call.store, login), "reset_session": False}


@operation("sso.discover_connections", email_address=Field("string", required=True))
def discover_connections(call: Call) -> dict[str, Any]:
    """Find the connections by which the owner of an address may log in."""
    found = sso.discover(call.store, call.body["email_address"])
    return {"connections": [shapes.active_sso_connection(each) for each in found]}
