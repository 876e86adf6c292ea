"""E-mail magic links."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import magic_links, sessions
from ..schema import Field
from .operation import Call, operation


@operation(
    "magic_links.email.login_or_signup",
    email_address=Field("string", required=True),
    organization_id=Field("string", required=True),
    login_redirect_url=Field("string"),
    signup_redirect_url=Field("string"),
    pkce_code_challenge=Field("string"),
    login_template_id=Field("string"),
    signup_template_id=Field("string"),
    locale=Field("string"),
    login_expiration_minutes=Field("integer"),
    signup_expiration_minutes=Field("integer"),
)
def login_or_signup(call: Call) -> dict[str, Any]:
    """Send a link that logs in a member or signs up somebody new."""
    body = call.body
    magic_links.login_or_signup(
        call.store,
        email_address=body["email_address"],
        organization_id=body["organization_id"],
        login=magic_links.Letter(
            redirect_url=body.get("login_redirect_url"),
            expiration_minutes=body.get("login_expiration_minutes"),
        ),
        signup=magic_links.Letter(
            redirect_url=body.get("signup_redirect_url"),
            expiration_minutes=body.get("signup_expiration_minutes"),
        ),
        pkce_code_challenge=body.get("pkce_code_challenge"),
    )
    return {}


@operation(
    "magic_links.authenticate",
    magic_links_token=Field("string", required=True),
    session_duration_minutes=Field("integer"),
    pkce_code_verifier=Field("string"),
    locale=Field("string"),
    dfp_telemetry_id=Field("string"),
    captcha_token=Field("string"),
    intermediate_session_token=Field("string"),
)
def authenticate(call: Call) -> dict[str, Any]:
    """Log in with the token of a link."""
    body = call.body
    opened = magic_links.authenticate(
        call.store,
        token=body["magic_links_token"],
        pkce_code_verifier=body.get("pkce_code_verifier"),
        duration_minutes=body.get("session_duration_minutes", sessions.DEFAULT_DURATION_MINUTES),
        session=call.session,
        intermediate_session_token=body.get("intermediate_session_token"),
    )
    return {
        **shapes.login(call.store, opened.login),
        "organization_id": opened.link.organization_id,
        "method_id": opened.link.method_id,
        "reset_sessions": False,
        "member_device": None,
    }
