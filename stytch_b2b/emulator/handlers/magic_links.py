"""E-mail magic links."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import magic_links
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
    "magic_links.email.invite",
    email_address=Field("string", required=True),
    invite_redirect_url=Field("string"),
    invite_template_id=Field("string"),
    name=Field("string"),
    untrusted_metadata=Field("object"),
    locale=Field("string"),
    roles=Field("array", items=Field("string")),
    invite_expiration_minutes=Field("integer"),
)
def invite(call: Call) -> dict[str, Any]:
    """Send a link that makes somebody a member of the caller's organization."""
    body = call.body
    ours = ("name", "untrusted_metadata", "roles")
    member = magic_links.invite(
        call.store,
        call.organization,
        email_address=body["email_address"],
        letter=magic_links.Letter(
            redirect_url=body.get("invite_redirect_url"),
            expiration_minutes=body.get("invite_expiration_minutes"),
        ),
        settings={name: body[name] for name in ours if name in body},
    )
    return {
        "member_id": member.member_id,
        "member": shapes.member(call.store, member),
        "organization": shapes.organization(call.store, call.organization),
    }


@operation(
    "magic_links.email.discovery.send",
    email_address=Field("string", required=True),
    discovery_redirect_url=Field("string"),
    pkce_code_challenge=Field("string"),
    login_template_id=Field("string"),
    locale=Field("string"),
    discovery_expiration_minutes=Field("integer"),
)
def send_discovery(call: Call) -> dict[str, Any]:
    """Send a link to somebody who will choose an organization later."""
    body = call.body
    magic_links.send_discovery(
        call.store,
        email_address=body["email_address"],
        letter=magic_links.Letter(
            redirect_url=body.get("discovery_redirect_url"),
            expiration_minutes=body.get("discovery_expiration_minutes"),
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
    intermediate_session_token=Field("string"),
)
def authenticate(call: Call) -> dict[str, Any]:
    """Log in with the token of a link."""
    body = call.body
    login = magic_links.authenticate(
        call.store,
        token=body["magic_links_token"],
        pkce_code_verifier=body.get("pkce_code_verifier"),
        duration_minutes=call.duration_minutes,
        earlier=call.earlier,
    )
    return {
        **shapes.login(call.store, login),
        "method_id": login.member.email_id,
        "reset_sessions": False,
    }


@operation(
    "magic_links.discovery.authenticate",
    discovery_magic_links_token=Field("string", required=True),
    pkce_code_verifier=Field("string"),
)
def authenticate_discovery(call: Call) -> dict[str, Any]:
    """Begin a login with the token of a discovery link."""
    found = magic_links.authenticate_discovery(
        call.store,
        token=call.body["discovery_magic_links_token"],
        pkce_code_verifier=call.body.get("pkce_code_verifier"),
    )
    return shapes.discovery(call.store, found)
