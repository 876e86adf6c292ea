"""The identity provider that a project is to its connected apps."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import connected_apps
from ..schema import Field
from .operation import Call, operation

_REQUEST = {
    "client_id": Field("string", required=True),
    "redirect_uri": Field("string", required=True),
    "response_type": Field("string", required=True, choices=("code",)),
    "scopes": Field("array", required=True, items=Field("string")),
    "prompt": Field("string"),
}


@operation("idp.oauth_authorize_start", **_REQUEST)
def oauth_authorize_start(call: Call) -> dict[str, Any]:
    """Tell what an app asks the member for, and whether the member has to be asked."""
    request = _begin(call)
    return {
        "consent_required": request.consent_required,
        "client": shapes.connected_app(request.app),
        "scope_results": [shapes.scope_result(each) for each in request.scope_results],
    }


@operation(
    "idp.oauth_authorize_submit",
    **_REQUEST,
    consent_granted=Field("boolean", required=True),
    state=Field("string"),
    nonce=Field("string"),
    code_challenge=Field("string"),
)
def oauth_authorize_submit(call: Call) -> dict[str, Any]:
    """Send the browser back to the app with the member's decision."""
    decision = connected_apps.decide(
        call.store,
        call.member,
        _begin(call),
        redirect_uri=call.body["redirect_uri"],
        consent_granted=call.body["consent_granted"],
        state=call.body.get("state"),
        nonce=call.body.get("nonce"),
        code_challenge=call.body.get("code_challenge"),
    )
    return {"redirect_uri": decision.redirect_uri, "authorization_code": decision.code}


@operation(
    "idp.oauth_logout_start",
    client_id=Field("string", required=True),
    post_logout_redirect_uri=Field("string", required=True),
    state=Field("string", required=True),
    id_token_hint=Field("string"),
)
def oauth_logout_start(call: Call) -> dict[str, Any]:
    """Tell where logging out for an app leads, and whether the member has to be asked."""
    consent_required, redirect_uri = connected_apps.begin_logout(
        call.store,
        call.member,
        client_id=call.body["client_id"],
        post_logout_redirect_uri=call.body["post_logout_redirect_uri"],
        state=call.body["state"],
        id_token_hint=call.body.get("id_token_hint"),
    )
    return {"consent_required": consent_required, "redirect_uri": redirect_uri}


def _begin(call: Call) -> connected_apps.Request:
    return connected_apps.begin(
        call.store,
        call.member,
        client_id=call.body["client_id"],
        redirect_uri=call.body["redirect_uri"],
        scopes=call.body["scopes"],
        prompt=call.body.get("prompt"),
    )
