"""Connected apps: what they may ask for, what members grant, and where browsers are sent."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stytch_b2b.emulator import tokens

if TYPE_CHECKING:
    from stytch_b2b.emulator import ConnectedApp, SignedIn

    from .conftest import Api, Reply

START = "/sdk/v1/idp/b2b/oauth/authorize/start"
SUBMIT = "/sdk/v1/idp/b2b/oauth/authorize/submit"
LOGOUT = "/sdk/v1/b2b/oauth/logout/start"
CALLBACK = "http://localhost:3000/callback"
AFTER_LOGOUT = "http://localhost:3000/logout"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(b"verifier").digest()).decode()[:43]


@pytest.fixture
def ada(api: Api) -> SignedIn:
    """
    Ada is signed in to Acme, and is no admin; the clock stands still.
    """
    api.emulator.clock.freeze()
    return api.emulator.sign_in("ada@example.com", "Acme", roles=[])


@pytest.fixture
def app(api: Api) -> ConnectedApp:
    """
    An app of others, which can keep a secret.
    """
    return api.emulator.create_connected_app("Notes", "third_party", client_description="Takes it.")


def asked(app: ConnectedApp, *scopes: str, **fields: Any) -> dict[str, Any]:
    """
    Return what an app asks for.
    """
    return {
        "client_id": app.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scopes": list(scopes) or ["openid"],
        **fields,
    }


def start(api: Api, ada: SignedIn, app: ConnectedApp, *scopes: str, **fields: Any) -> Reply:
    """
    Ask what to show the member.
    """
    return api.post(START, asked(app, *scopes, **fields), token=ada.session_token)


def submit(api: Api, ada: SignedIn, app: ConnectedApp, *scopes: str, **fields: Any) -> Reply:
    """
    Send the member's decision, which is yes unless it is given.
    """
    body = asked(app, *scopes, **{"consent_granted": True, **fields})
    return api.post(SUBMIT, body, token=ada.session_token)


def query(url: str) -> dict[str, list[str]]:
    """
    Return what is in the query of a URL at the app.
    """
    parts = urlsplit(url)
    assert parts._replace(query="").geturl() in (CALLBACK, AFTER_LOGOUT)
    return parse_qs(parts.query)


def test_what_the_member_is_shown(api: Api, ada: SignedIn, app: ConnectedApp) -> None:
    """
    The answer tells who asks, for what, and that the member has to be asked.
    """
    data = start(api, ada, app, "openid", "email", "openid").data

    assert data["consent_required"] is True
    assert data["client"] == {
        "client_id": app.client_id,
        "client_name": "Notes",
        "client_description": "Takes it.",
        "client_type": "third_party",
        "logo_url": None,
    }
    assert [(each["scope"], each["is_grantable"]) for each in data["scope_results"]] == [
        ("openid", True),
        ("email", True),
    ]
    assert all(each["description"] for each in data["scope_results"])


def test_consent_leads_back_with_a_code(api: Api, ada: SignedIn, app: ConnectedApp) -> None:
    """
    The code is in the URL and beside it, the state is handed back, and the code is remembered.
    """
    data = submit(api, ada, app, "openid", state="s t", nonce="n", code_challenge=CHALLENGE).data
    code = api.emulator._store.authorization_codes[data["authorization_code"]]

    assert query(data["redirect_uri"]) == {"code": [code.code], "state": ["s t"]}
    assert (code.member_id, code.client_id) == (ada.member_id, app.client_id)
    assert (code.scopes, code.nonce, code.code_challenge) == (("openid",), "n", CHALLENGE)
    assert code.code not in repr(code)


def test_refusal_leads_back_with_an_error(api: Api, ada: SignedIn, app: ConnectedApp) -> None:
    """
    The app learns that the member said no, and gets nothing.
    """
    data = submit(api, ada, app, consent_granted=False, state="s").data

    assert data["authorization_code"] is None
    assert query(data["redirect_uri"]) == {"error": ["access_denied"], "state": ["s"]}
    assert start(api, ada, app).data["consent_required"] is True


def test_consent_is_remembered(api: Api, ada: SignedIn, app: ConnectedApp) -> None:
    """
    The member is asked again for other scopes, for other apps, or because the app wants it.
    """
    submit(api, ada, app, "openid", "email")
    other = api.emulator.create_connected_app("Other", "third_party")

    assert start(api, ada, app, "openid").data["consent_required"] is False
    assert start(api, ada, app, "openid", prompt="consent").data["consent_required"] is True
    assert start(api, ada, app, "openid", "phone").data["consent_required"] is True
    assert start(api, ada, other, "openid").data["consent_required"] is True
    bob = api.emulator.sign_in("bob@example.com", "Acme")
    assert start(api, bob, app, "openid").data["consent_required"] is True


def test_an_app_that_wants_little_has_to_ask_too(
    api: Api, ada: SignedIn, app: ConnectedApp
) -> None:
    """
    To know that somebody is a member is something, even without a scope.
    """
    bare: dict[str, Any] = {"scopes": []}

    assert start(api, ada, app, **bare).data["consent_required"] is True
    assert submit(api, ada, app, **bare).data["authorization_code"]
    assert start(api, ada, app, **bare).data["consent_required"] is False


def test_own_apps_need_no_consent(api: Api, ada: SignedIn) -> None:
    """
    But for acting while the member is away, unless the project has waived that too.
    """
    own = api.emulator.create_connected_app()
    waived = api.emulator.create_connected_app(bypass_consent_for_offline_access=True)
    both = ("openid", "offline_access")

    assert start(api, ada, own, "openid").data["consent_required"] is False
    assert start(api, ada, own, *both).data["consent_required"] is True
    assert start(api, ada, waived, *both).data["consent_required"] is False
    submit(api, ada, own, *both)
    assert start(api, ada, own, *both).data["consent_required"] is False


@pytest.mark.parametrize("client_type", ["first_party_public", "third_party_public"])
def test_public_apps_need_a_challenge(api: Api, ada: SignedIn, client_type: Any) -> None:
    """
    An app that keeps no secret could not prove that the code is its own.
    """
    app = api.emulator.create_connected_app("Terminal", client_type)

    assert submit(api, ada, app).error == (400, "pkce_required_for_idp_authorization_flow")
    assert submit(api, ada, app, code_challenge="x").error == (400, "invalid_pkce_code_challenge")
    assert submit(api, ada, app, code_challenge=CHALLENGE).status == 200


def test_scopes_of_the_policy(api: Api, ada: SignedIn, app: ConnectedApp) -> None:
    """
    A member can grant what the member's roles permit, and the code is for no more than that.
    """
    api.emulator.set_policy(
        {
            "roles": [
                {
                    "role_id": "stytch_member",
                    "permissions": [{"resource_id": "documents", "actions": ["read"]}],
                }
            ],
            "scopes": [
                {
                    "scope": f"{action}:documents",
                    "description": f"May {action}.",
                    "permissions": [{"resource_id": "documents", "actions": [action]}],
                }
                for action in ("read", "write")
            ],
        }
    )
    wanted = ("read:documents", "write:documents")
    shown = start(api, ada, app, *wanted).data["scope_results"]
    code = submit(api, ada, app, *wanted).data["authorization_code"]

    assert shown == [
        {"scope": "read:documents", "description": "May read.", "is_grantable": True},
        {"scope": "write:documents", "description": "May write.", "is_grantable": False},
    ]
    assert api.emulator._store.authorization_codes[code].scopes == ("read:documents",)
    assert submit(api, ada, app, "write:documents").error == (400, "oauth_invalid_scope_requested")


def test_unknown_scopes(api: Api, ada: SignedIn, app: ConnectedApp) -> None:
    """
    A scope that does not exist is refused at both steps.
    """
    assert start(api, ada, app, "everything").error == (400, "oauth_invalid_scope_requested")
    assert submit(api, ada, app, "everything").error == (400, "oauth_invalid_scope_requested")


def test_full_access(api: Api, ada: SignedIn, app: ConnectedApp) -> None:
    """
    Only an own app that may have full access can ask for it.
    """
    own = api.emulator.create_connected_app()
    trusted = api.emulator.create_connected_app(full_access_allowed=True)

    assert start(api, ada, app, "full_access").error == (
        400,
        "third_party_clients_cannot_use_full_access",
    )
    assert start(api, ada, own, "full_access").error == (400, "oauth_invalid_scope_requested")
    assert start(api, ada, trusted, "full_access").data["scope_results"][0]["is_grantable"]


def test_the_app_has_to_be_known(api: Api, ada: SignedIn, app: ConnectedApp) -> None:
    """
    Neither an unknown app nor a URL that the app has not registered gets anything.
    """
    elsewhere = {"redirect_uri": f"{CALLBACK}/"}
    unregistered = (401, "connected_app_supplied_redirect_url_not_found_in_client")

    for send in (start, submit):
        assert send(api, ada, app, client_id="nothing").error == (404, "connected_app_not_found")
        assert send(api, ada, app, **elsewhere).error == unregistered


def test_the_organization_may_refuse_apps(api: Api, ada: SignedIn, app: ConnectedApp) -> None:
    """
    Apps of both kinds can be forbidden, or allowed one by one.
    """
    own = api.emulator.create_connected_app()
    refused = (403, "connected_app_not_allowed_for_org")
    api.emulator.update_organization(
        "Acme",
        first_party_connected_apps_allowed_type="NOT_ALLOWED",
        third_party_connected_apps_allowed_type="RESTRICTED",
    )
    before = [start(api, ada, each) for each in (own, app)]
    api.emulator.update_organization("Acme", allowed_third_party_connected_apps=[app.client_id])

    assert [reply.error for reply in before] == [refused, refused]
    assert start(api, ada, app).status == 200


def test_only_codes_are_given_out(api: Api, ada: SignedIn, app: ConnectedApp) -> None:
    """
    Any other response type does not have the shape of the request.
    """
    reply = start(api, ada, app, response_type="token")
    (issue,) = reply.json["body"]

    assert reply.status == 400
    assert (issue["keyword"], issue["dataPath"]) == ("enum", ".response_type")


@pytest.mark.parametrize("path", [START, SUBMIT, LOGOUT])
def test_the_member_has_to_be_logged_in(api: Api, path: str) -> None:
    """
    Without a session there is nobody to ask.
    """
    assert api.post(path).error == (401, "user_unauthenticated")


def test_apps_of_others_get_no_privileges(api: Api) -> None:
    """
    A slip in the seeding does not pass in silence.
    """
    with pytest.raises(ValueError, match="only a first-party app"):
        api.emulator.create_connected_app("X", "third_party", full_access_allowed=True)
    with pytest.raises(ValueError, match="a client type is one of first_party"):
        api.emulator.create_connected_app("X", "fourth_party")  # type: ignore[arg-type]


# --- Logout -----------------------------------------------------------------------------------


def logout(api: Api, ada: SignedIn, app: ConnectedApp, **fields: Any) -> Reply:
    """
    Ask where logging out for an app leads.
    """
    body = {
        "client_id": app.client_id,
        "post_logout_redirect_uri": AFTER_LOGOUT,
        "state": "s",
        **fields,
    }
    return api.post(LOGOUT, body, token=ada.session_token)


def test_logging_out_asks_the_member(api: Api, ada: SignedIn, app: ConnectedApp) -> None:
    """
    Without a hint anybody could have made the request; the session goes on.
    """
    data = logout(api, ada, app).data

    assert data["consent_required"] is True
    assert query(data["redirect_uri"]) == {"state": ["s"]}
    assert api.get("/sdk/v1/b2b/organizations/me", token=ada.session_token).status == 200


def test_an_id_token_of_the_member_makes_asking_needless(
    api: Api, ada: SignedIn, app: ConnectedApp
) -> None:
    """
    Also an old one; but not that of another member, of another app, or one that is forged.
    """
    bob = api.emulator.create_member("Acme", "bob@example.com")
    other = api.emulator.create_connected_app()
    own = api.emulator.create_id_token(ada.member_id, app)
    hints = [
        own,
        api.emulator.create_id_token(bob, app),
        api.emulator.create_id_token(ada.member_id, other),
        own[:-4],
        tokens.sign({"aud": app.client_id}, issued_at=api.emulator.clock.now()),
    ]
    api.emulator.clock.advance(minutes=30)
    ada = api.emulator.create_session(ada.member_id, 600)
    api.emulator.clock.advance(hours=3)

    assert [
        logout(api, ada, app, id_token_hint=hint).data["consent_required"] for hint in hints
    ] == [False, True, True, True, True]


def test_logging_out_leads_to_registered_urls_only(
    api: Api, ada: SignedIn, app: ConnectedApp
) -> None:
    """
    Where the app gets its codes is no place for that.
    """
    assert logout(api, ada, app, post_logout_redirect_uri=CALLBACK).error == (
        401,
        "connected_app_supplied_redirect_url_not_found_in_client",
    )
    assert logout(api, ada, app, client_id="nothing").error == (404, "connected_app_not_found")
