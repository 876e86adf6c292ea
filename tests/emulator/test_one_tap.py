"""Google One Tap: an ID token is as good as a visit to the page, if Google made it for us."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from stytch_b2b.emulator.errors import InvalidEmailError

if TYPE_CHECKING:
    from .conftest import Api, Reply

CLIENT_ID = "/sdk/v1/b2b/oauth/google/onetap/start"
SUBMIT = "/sdk/v1/b2b/oauth/google/onetap/submit"
DISCOVERY_SUBMIT = "/sdk/v1/b2b/oauth/google/onetap/discovery/submit"
AUTHENTICATE = "/sdk/v1/b2b/oauth/authenticate"
DISCOVERY_AUTHENTICATE = "/sdk/v1/b2b/oauth/discovery/authenticate"
VERIFIER = "a" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]
ADA = "ada@example.com"
URL = "https://app.example.com/tap"


def submit(api: Api, id_token: str, **fields: Any) -> Reply:
    """
    Hand over an ID token for Acme.
    """
    return api.post(SUBMIT, {"id_token": id_token, "organization_id": "acme", **fields})


def discover(api: Api, id_token: str, **fields: Any) -> Reply:
    """
    Hand over an ID token for no organization.
    """
    return api.post(DISCOVERY_SUBMIT, {"id_token": id_token, **fields})


def query_of(reply: Reply) -> dict[str, list[str]]:
    """
    Return the query of the URL that the browser is led to.
    """
    return parse_qs(urlsplit(reply.data["redirect_url"]).query)


@pytest.fixture(autouse=True)
def acme(api: Api) -> None:
    """
    Acme has one member, and the project is set up for One Tap.
    """
    api.emulator.create_organization("Acme")
    api.emulator.create_member("Acme", ADA)
    api.emulator.set_google_client_id("ours.apps.example.com")


def test_the_client_id_is_told(api: Api) -> None:
    """
    Google's script needs it; it is empty where One Tap is not set up.
    """
    configured = api.get(CLIENT_ID).data["google_client_id"]
    api.emulator.reset()

    assert configured == "ours.apps.example.com"
    assert api.get(CLIENT_ID).data["google_client_id"] == ""


def test_an_id_token_logs_in(api: Api) -> None:
    """
    The redirect URL carries a token like any other login's, for the same account.
    """
    query = query_of(submit(api, api.emulator.google_id_token(ADA)))
    data = api.post(AUTHENTICATE, {"oauth_token": query["token"][0]}).data
    start = f"/v1/b2b/public/oauth/google/start?public_token={api.emulator.public_token}&slug=acme"
    page = parse_qs(urlsplit(api.emulator.browser_login(start, ADA)).query)
    again = api.post(AUTHENTICATE, {"oauth_token": page["token"][0]}).data

    assert query["stytch_token_type"] == ["oauth"]
    assert query["slug"] == ["acme"]
    assert data["member"]["email_address"] == ADA
    assert data["provider_type"] == "Google"
    assert data["provider_subject"] == again["provider_subject"]
    assert data["provider_values"]["id_token"]


def test_an_id_token_discovers(api: Api) -> None:
    """
    Without organization the token is one for discovery.
    """
    query = query_of(discover(api, api.emulator.google_id_token(ADA, "Ada")))
    data = api.post(DISCOVERY_AUTHENTICATE, {"discovery_oauth_token": query["token"][0]}).data

    assert query.keys() == {"stytch_token_type", "token"}
    assert query["stytch_token_type"] == ["discovery_oauth"]
    assert data["email_address"] == ADA
    assert data["full_name"] == "Ada"


def test_redirect_urls_can_be_chosen(api: Api) -> None:
    """
    Members, newcomers and those who have yet to choose may be led to different pages.
    """
    api.emulator.register_redirect_url(f"{URL}/in", "login")
    api.emulator.register_redirect_url(f"{URL}/up", "signup")
    api.emulator.register_redirect_url(f"{URL}/find", "discovery")
    urls = {"login_redirect_url": f"{URL}/in", "signup_redirect_url": f"{URL}/up"}
    known = submit(api, api.emulator.google_id_token(ADA), **urls)
    unknown = submit(api, api.emulator.google_id_token("new@example.com"), **urls)
    open_ = discover(api, api.emulator.google_id_token(ADA), discovery_redirect_url=f"{URL}/find")

    assert known.data["redirect_url"].startswith(f"{URL}/in?")
    assert unknown.data["redirect_url"].startswith(f"{URL}/up?")
    assert open_.data["redirect_url"].startswith(f"{URL}/find?")


def test_pkce(api: Api) -> None:
    """
    A challenge given with the ID token asks for its verifier later.
    """
    id_token = api.emulator.google_id_token(ADA)
    query = query_of(submit(api, id_token, pkce_code_challenge=CHALLENGE))
    body = {"oauth_token": query["token"][0]}
    wrong = api.post(AUTHENTICATE, {**body, "pkce_code_verifier": "b" * 64})
    right = api.post(AUTHENTICATE, {**body, "pkce_code_verifier": VERIFIER})

    assert wrong.error == (400, "pkce_mismatch")
    assert right.status == 200


def test_an_unverified_address_proves_nothing(api: Api) -> None:
    """
    What Google does not vouch for does not count.
    """
    id_token = api.emulator.google_id_token(ADA, email_verified=False)
    query = query_of(submit(api, id_token))
    reply = api.post(AUTHENTICATE, {"oauth_token": query["token"][0]})

    assert reply.error == (400, "oauth_unverified_email")


@pytest.mark.parametrize("hand_over", [submit, discover])
def test_not_set_up(api: Api, hand_over: Any) -> None:
    """
    Without client id there is no One Tap.
    """
    id_token = api.emulator.google_id_token(ADA)
    api.emulator.set_google_client_id("")

    assert hand_over(api, id_token).error == (404, "oauth_config_not_found")


@pytest.mark.parametrize("hand_over", [submit, discover])
def test_an_id_token_for_another_application(api: Api, hand_over: Any) -> None:
    """
    What Google has told somebody else about a person is not for us.
    """
    id_token = api.emulator.google_id_token(ADA, client_id="theirs.apps.example.com")

    assert hand_over(api, id_token).error == (400, "id_token_incorrect_audience")


@pytest.mark.parametrize("hand_over", [submit, discover])
def test_an_id_token_expires(api: Api, hand_over: Any) -> None:
    """
    After an hour an ID token says nothing any more.
    """
    id_token = api.emulator.google_id_token(ADA)
    api.emulator.clock.advance(minutes=60)

    assert hand_over(api, id_token).error == (400, "id_token_expired")


@pytest.mark.parametrize("hand_over", [submit, discover])
def test_a_forged_id_token(api: Api, hand_over: Any) -> None:
    """
    A token that says the right things and was signed by somebody else is none.
    """
    claims = jwt.decode(api.emulator.google_id_token(ADA), options={"verify_signature": False})
    forged = jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256")
    unsigned = jwt.encode(claims, None, algorithm="none")

    assert hand_over(api, forged).error == (400, "id_token_invalid")
    assert hand_over(api, unsigned).error == (400, "id_token_invalid")
    assert hand_over(api, "x").error == (400, "id_token_invalid")


def test_tokens_of_others_are_no_id_tokens_of_google(api: Api) -> None:
    """
    Neither a session JWT nor another provider's ID token will do.
    """
    api.emulator.set_google_client_id(api.emulator.project_id)
    start = f"/v1/b2b/public/oauth/slack/start?public_token={api.emulator.public_token}&slug=acme"
    query = parse_qs(urlsplit(api.emulator.browser_login(start, ADA)).query)
    data = api.post(AUTHENTICATE, {"oauth_token": query["token"][0]}).data

    assert submit(api, data["session_jwt"]).error == (400, "id_token_invalid")
    assert submit(api, data["provider_values"]["id_token"]).error == (400, "id_token_invalid")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"organization_id": "none"}, (404, "organization_not_found")),
        ({"login_redirect_url": URL}, (400, "no_match_for_provided_oauth_url")),
        ({"signup_redirect_url": URL}, (400, "no_match_for_provided_oauth_url")),
        ({"pkce_code_challenge": "short"}, (400, "invalid_pkce_code_challenge")),
    ],
    ids=str,
)
def test_a_login_that_cannot_start(
    api: Api, fields: dict[str, str], expected: tuple[int, str]
) -> None:
    """
    A good ID token does not make up for the rest.
    """
    reply = submit(api, api.emulator.google_id_token(ADA), **fields)

    assert reply.error == expected


def test_pkce_can_be_required(api: Api) -> None:
    """
    One Tap is a login by OAuth, and what is demanded of those is demanded of it.
    """
    api.emulator.set_bootstrap(pkce_required_for_oauth=True)
    id_token = api.emulator.google_id_token(ADA)

    assert submit(api, id_token).error == (400, "invalid_pkce_code_challenge")
    assert discover(api, id_token).error == (400, "invalid_pkce_code_challenge")


def test_an_id_token_has_an_address(api: Api) -> None:
    """
    Google has no accounts without one.
    """
    with pytest.raises(InvalidEmailError):
        api.emulator.google_id_token("ada")


@pytest.mark.parametrize("again", [submit, discover])
def test_an_id_token_is_good_once(api: Api, again: Any) -> None:
    """
    Whoever finds a token that was handed over logs in with it nowhere.
    """
    id_token = api.emulator.google_id_token(ADA)
    first = submit(api, id_token)

    assert first.status == 200
    assert again(api, id_token).error == (400, "id_token_invalid")


def test_another_spelling_is_the_same_id_token(api: Api) -> None:
    """
    A signature can be written in more than one way; that makes no other token of it.
    """
    id_token = api.emulator.google_id_token(ADA)
    # The last character carries four bits more than the signature has.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    respelt = id_token[:-1] + alphabet[alphabet.index(id_token[-1]) + 1]
    submit(api, id_token)

    assert respelt != id_token
    assert submit(api, respelt).error == (400, "id_token_invalid")
    assert submit(api, api.emulator.google_id_token(ADA)).status == 200


def test_id_tokens_of_one_second_are_two(api: Api) -> None:
    """
    Who logs in twice at the same time gets in twice.
    """
    api.emulator.clock.freeze()
    tokens = [api.emulator.google_id_token(ADA) for _ in range(2)]

    assert [200, 200] == [submit(api, id_token).status for id_token in tokens]


def test_a_refused_login_does_not_use_an_id_token_up(api: Api) -> None:
    """
    It is the other argument that was wrong.
    """
    id_token = api.emulator.google_id_token(ADA)
    refused = submit(api, id_token, login_redirect_url="https://else.example.com")

    assert refused.status == 400
    assert submit(api, id_token).status == 200


def test_a_reset_forgets_the_id_tokens(api: Api) -> None:
    """
    Nothing that was used up in one test is known in the next.
    """
    submit(api, api.emulator.google_id_token(ADA))
    api.emulator.reset()

    assert api.emulator._store.spent_id_tokens == set()
