"""Connected apps that members use: who uses which, and an end to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .member_calls import MEMBERS

if TYPE_CHECKING:
    from stytch_b2b.emulator import ConnectedApp, SignedIn

    from .conftest import Api, Reply

APPS = "/sdk/v1/b2b/organizations/connected_apps"
EXCHANGE = "/sdk/v1/b2b/sessions/exchange_access_token"
NOT_FOUND = (404, "connected_app_not_found")


@pytest.fixture
def ada(api: Api) -> SignedIn:
    """
    Ada administers Acme.
    """
    return api.emulator.sign_in("ada@example.com", "Acme")


@pytest.fixture
def bob(api: Api, ada: SignedIn) -> SignedIn:
    """
    Bob is a member of Acme without any role, and logged in.
    """
    return api.emulator.sign_in("bob@example.com", "Acme", roles=())


@pytest.fixture
def app(api: Api) -> ConnectedApp:
    """
    There is an app.
    """
    return api.emulator.create_connected_app(
        "Calendar",
        full_access_allowed=True,
        client_description="Plans days",
        logo_url="https://example.com/calendar.png",
    )


def described(app: ConnectedApp, **more: Any) -> dict[str, Any]:
    """
    Return how an app looks to those who use it.
    """
    return {
        "connected_app_id": app.client_id,
        "name": "Calendar",
        "description": "Plans days",
        "client_type": "first_party",
        "logo_url": "https://example.com/calendar.png",
        **more,
    }


def apps_of(api: Api, caller: SignedIn, path: str) -> list[dict[str, Any]]:
    """
    Return a list of apps.
    """
    found: list[dict[str, Any]] = api.get(path, token=caller.session_token).data["connected_apps"]
    return found


def revoke(api: Api, caller: SignedIn, app: ConnectedApp, member_id: str = "") -> Reply:
    """
    Withdraw what an app was granted, by the caller if no other member is named.
    """
    path = f"{MEMBERS}/{member_id}" if member_id else MEMBERS
    return api.post(f"{path}/connected_apps/{app.client_id}/revoke", token=caller.session_token)


def test_apps_of_oneself(api: Api, bob: SignedIn, app: ConnectedApp) -> None:
    """
    An app is a member's from the first consent on, with all scopes that were granted since.
    """
    before = apps_of(api, bob, f"{MEMBERS}/connected_apps")
    api.emulator.create_access_token(bob.member_id, ["openid"], app)
    api.emulator.create_access_token(bob.member_id, ["email", "openid"], app)

    assert before == []
    assert apps_of(api, bob, f"{MEMBERS}/connected_apps") == [
        described(app, scopes_granted="email openid")
    ]


def test_apps_of_another_member(api: Api, ada: SignedIn, bob: SignedIn, app: ConnectedApp) -> None:
    """
    Admins see what members use.
    """
    api.emulator.create_access_token(bob.member_id, ["openid"], app)

    assert apps_of(api, ada, f"{MEMBERS}/{bob.member_id}/connected_apps") == [
        described(app, scopes_granted="openid")
    ]
    assert apps_of(api, ada, f"{MEMBERS}/{ada.member_id}/connected_apps") == []


def test_apps_of_the_organization(
    api: Api, ada: SignedIn, bob: SignedIn, app: ConnectedApp
) -> None:
    """
    Every member sees the apps that any member uses, each once, and who uses it.
    """
    api.emulator.create_connected_app("Unused")
    for member in (ada, bob):
        api.emulator.create_access_token(member.member_id, ["openid"], app)
    data = api.get(f"{APPS}/{app.client_id}", token=bob.session_token).data
    members = [
        {"member_id": member.member_id, "granted_scopes": ["openid"]} for member in (ada, bob)
    ]

    assert apps_of(api, bob, APPS) == [described(app)]
    assert described(app, active_members=members).items() <= data.items()


def test_others_use_what_they_like(api: Api, ada: SignedIn, app: ConnectedApp) -> None:
    """
    What members of another organization use does not show.
    """
    stranger = api.emulator.sign_in("eve@example.com", "Other")
    api.emulator.create_access_token(stranger.member_id, ["openid"], app)

    assert apps_of(api, ada, APPS) == []
    for client_id in (app.client_id, "nothing"):
        assert api.get(f"{APPS}/{client_id}", token=ada.session_token).error == NOT_FOUND


def test_a_consent_on_the_page_counts(api: Api, bob: SignedIn, app: ConnectedApp) -> None:
    """
    What a member grants when the app asks for it is what shows.
    """
    body = {
        "client_id": app.client_id,
        "redirect_uri": app.redirect_urls[0],
        "response_type": "code",
        "scopes": ["openid", "profile"],
        "consent_granted": True,
    }
    path = "/sdk/v1/idp/b2b/oauth/authorize/submit"
    submitted = api.post(path, body, token=bob.session_token)

    assert submitted.status == 200, submitted.body
    assert apps_of(api, bob, f"{MEMBERS}/connected_apps") == [
        described(app, scopes_granted="openid profile")
    ]


@pytest.mark.parametrize("by", ["self", "admin"])
def test_revoke(api: Api, ada: SignedIn, bob: SignedIn, app: ConnectedApp, by: str) -> None:
    """
    The app is the member's no more, and its tokens for the member are worthless.
    """
    token = api.emulator.create_access_token(bob.member_id, app=app)
    kept = api.emulator.create_access_token(ada.member_id, app=app)
    other = api.emulator.create_access_token(bob.member_id)

    def step() -> Reply:
        return revoke(api, bob, app) if by == "self" else revoke(api, ada, app, bob.member_id)

    data = step().data
    again = step()

    assert set(data) == {"request_id", "status_code"}
    assert again.error == NOT_FOUND
    assert app.client_id not in {
        each["connected_app_id"] for each in apps_of(api, bob, f"{MEMBERS}/connected_apps")
    }
    assert api.post(EXCHANGE, {"access_token": token}).error == (
        401,
        "connected_app_consent_revoked",
    )
    assert api.post(EXCHANGE, {"access_token": kept}).status == 200
    assert api.post(EXCHANGE, {"access_token": other}).status == 200


def test_revoked_a_code_is_worthless(
    api: Api, ada: SignedIn, bob: SignedIn, app: ConnectedApp
) -> None:
    """
    An app that has not fetched its tokens yet gets none; what others granted it stays.
    """
    body = {
        "client_id": app.client_id,
        "redirect_uri": app.redirect_urls[0],
        "response_type": "code",
        "scopes": ["openid"],
        "consent_granted": True,
    }
    for member in (ada, bob):
        api.post("/sdk/v1/idp/b2b/oauth/authorize/submit", body, token=member.session_token)
    revoke(api, bob, app)
    codes = api.emulator._store.authorization_codes.values()

    assert [code.member_id for code in codes] == [ada.member_id]


def test_revoked_the_app_has_to_ask_again(api: Api, bob: SignedIn) -> None:
    """
    A member who has changed their mind is asked anew.
    """
    app = api.emulator.create_connected_app("Theirs", "third_party")
    api.emulator.create_access_token(bob.member_id, ["openid"], app)
    body = {
        "client_id": app.client_id,
        "redirect_uri": app.redirect_urls[0],
        "response_type": "code",
        "scopes": ["openid"],
    }
    path = "/sdk/v1/idp/b2b/oauth/authorize/start"
    before = api.post(path, body, token=bob.session_token).data
    revoke(api, bob, app)
    after = api.post(path, body, token=bob.session_token).data

    assert not before["consent_required"]
    assert after["consent_required"]


def test_nobody_of_another_organization(api: Api, ada: SignedIn, app: ConnectedApp) -> None:
    """
    Members elsewhere are unknown here.
    """
    stranger = api.emulator.sign_in("eve@example.com", "Other")
    api.emulator.create_access_token(stranger.member_id, app=app)
    path = f"{MEMBERS}/{stranger.member_id}/connected_apps"

    assert api.get(path, token=ada.session_token).error == (404, "member_not_found")
    assert revoke(api, ada, app, stranger.member_id).error == (404, "member_not_found")
