"""Logging in with an account at an OAuth provider; browsers do the beginning."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import oauth, one_tap
from ..schema import Field
from .operation import Call, operation


@operation(
    "oauth.authenticate",
    oauth_token=Field("string", required=True),
    session_duration_minutes=Field("integer"),
    locale=Field("string"),
    pkce_code_verifier=Field("string"),
    intermediate_session_token=Field("string"),
)
def authenticate(call: Call) -> dict[str, Any]:
    """Log in with the token in a redirect URL."""
    done = oauth.authenticate(
        call.store,
        token=call.body["oauth_token"],
        pkce_code_verifier=call.body.get("pkce_code_verifier"),
        duration_minutes=call.duration_minutes,
        earlier=call.earlier,
    )
    return {
        **shapes.login(call.store, done.login),
        "provider_subject": done.identity.subject,
        "provider_type": done.provider.display_name,
        "provider_values": shapes.provider_values(done.values),
        "reset_sessions": False,
    }


@operation(
    "oauth.discovery.authenticate",
    discovery_oauth_token=Field("string", required=True),
    pkce_code_verifier=Field("string"),
)
def authenticate_discovery(call: Call) -> dict[str, Any]:
    """Find the organizations that an account opens."""
    done = oauth.authenticate_discovery(
        call.store,
        token=call.body["discovery_oauth_token"],
        pkce_code_verifier=call.body.get("pkce_code_verifier"),
    )
    return {
        **shapes.discovery(call.store, done.discovery),
        "provider_type": done.provider.display_name,
        "provider_tenant_id": done.identity.tenant_id,
        "full_name": done.identity.name,
    }


@operation("oauth.google_one_tap.get_client_id")
def get_client_id(call: Call) -> dict[str, Any]:
    """Answer with what Google's script is set up with."""
    return {"google_client_id": call.store.project.google_client_id}


@operation(
    "oauth.google_one_tap.start",
    id_token=Field("string", required=True),
    organization_id=Field("string", required=True),
    login_redirect_url=Field("string"),
    signup_redirect_url=Field("string"),
    pkce_code_challenge=Field("string"),
)
def start_one_tap(call: Call) -> dict[str, Any]:
    """Make a login at an organization of an ID token."""
    url = one_tap.start(
        call.store,
        id_token=call.body["id_token"],
        organization_id=call.body["organization_id"],
        login_redirect_url=call.body.get("login_redirect_url"),
        signup_redirect_url=call.body.get("signup_redirect_url"),
        pkce_code_challenge=call.body.get("pkce_code_challenge"),
    )
    return {"redirect_url": url}


@operation(
    "oauth.google_one_tap.discovery.start",
    id_token=Field("string", required=True),
    discovery_redirect_url=Field("string"),
    pkce_code_challenge=Field("string"),
)
def start_one_tap_discovery(call: Call) -> dict[str, Any]:
    """Make a login whose organization is chosen afterwards of an ID token."""
    url = one_tap.start_discovery(
        call.store,
        id_token=call.body["id_token"],
        discovery_redirect_url=call.body.get("discovery_redirect_url"),
        pkce_code_challenge=call.body.get("pkce_code_challenge"),
    )
    return {"redirect_url": url}
