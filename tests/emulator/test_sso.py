"""Logging in by SSO: connections, the way through them, and who is let in."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from stytch_b2b.emulator import LoginRefusedError, SSOConnection

if TYPE_CHECKING:
    from .conftest import Api, Reply

AUTHENTICATE = "/sdk/v1/b2b/sso/authenticate"
DISCOVER = "/sdk/v1/b2b/sso/discovery/connections"
VERIFIER = "a" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]
ADA = "ada@example.com"
EVE = "eve@example.com"


def start_url(api: Api, **query: str) -> str:
    """
    Return where a login starts; what is empty is left out.
    """
    given = {"public_token": api.emulator.public_token, **query}
    encoded = urlencode({name: value for name, value in given.items() if value})
    return f"/v1/public/sso/start?{encoded}"


def query_of(url: str) -> dict[str, list[str]]:
    """
    Return the query of a URL.
    """
    return parse_qs(urlsplit(url).query)


def token(
    api: Api, connection: SSOConnection, email_address: str = ADA, name: str = "", **query: str
) -> str:
    """
    Log in by a connection, and return the token that comes back.
    """
    start = start_url(api, connection_id=connection.connection_id, **query)
    return query_of(api.emulator.browser_login(start, email_address, name=name))["token"][0]


def authenticate(api: Api, token: str, *, session: str | None = None, **fields: Any) -> Reply:
    """
    Log in with a token.
    """
    body = {"sso_token": token, "session_duration_minutes": 60, **fields}
    return api.post(AUTHENTICATE, body, token=session)


def refusal(api: Api, **query: str) -> tuple[int, str]:
    """
    Return why a login cannot start.
    """
    with pytest.raises(LoginRefusedError) as caught:
        api.emulator.browser_login(start_url(api, **query), ADA)
    return caught.value.status, caught.value.error_type


def organization(api: Api) -> Any:
    """
    Return Acme, as Ada sees it.
    """
    ada = api.emulator.sign_in(ADA, "Acme")
    return api.get("/sdk/v1/b2b/organizations/me", token=ada.session_token).data["organization"]


@pytest.fixture(autouse=True)
def okta(api: Api) -> SSOConnection:
    """
    Acme has one member, Ada, and one connection.
    """
    api.emulator.create_organization("Acme")
    api.emulator.create_member("Acme", ADA)
    return api.emulator.create_sso_connection("Acme", "Acme's Okta")


# --- Connections --------------------------------------------------------------------------------


def test_an_organization_shows_its_active_connections(api: Api, okta: SSOConnection) -> None:
    """
    The first one is the default; one that nobody has configured yet does not show.
    """
    entra = api.emulator.create_sso_connection(
        "Acme", "Entra", protocol="oidc", identity_provider="microsoft-entra"
    )
    api.emulator.create_sso_connection("Acme", "Later", status="pending")
    shape = organization(api)

    assert shape["sso_default_connection_id"] == okta.connection_id
    assert shape["sso_active_connections"] == [
        {
            "connection_id": okta.connection_id,
            "display_name": "Acme's Okta",
            "identity_provider": "okta",
        },
        {
            "connection_id": entra.connection_id,
            "display_name": "Entra",
            "identity_provider": "microsoft-entra",
        },
    ]


def test_a_pending_connection_is_no_default(api: Api) -> None:
    """
    What nobody can log in by yet is not what everybody logs in by.
    """
    created = api.emulator.create_organization("Other")
    api.emulator.create_sso_connection("Other", status="pending")

    assert created.sso_default_connection_id is None


@pytest.mark.parametrize("missing", ["organization", "connection"])
def test_seeding_finds_what_it_names(api: Api, okta: SSOConnection, missing: str) -> None:
    """
    Connections are made for organizations that exist, and borrowed from connections that do.
    """
    borrowed = "none" if missing == "connection" else okta.connection_id
    place = "None" if missing == "organization" else "Acme"

    with pytest.raises(LookupError, match=r"there is no (organization 'None'|SSO connection none)"):
        api.emulator.create_external_sso_connection(place, borrowed)


def test_other_programs_can_create_connections(api: Api) -> None:
    """
    The control plane connects an organization as seeding does.
    """
    body = {"organization": "acme", "display_name": "Entra", "protocol": "oidc"}
    created = api.post("/_emulator/sso_connections", body).json

    assert (
        created["connection_id"] == organization(api)["sso_active_connections"][1]["connection_id"]
    )
    assert created["organization_id"] == organization(api)["organization_id"]
    assert created["display_name"] == "Entra"


# --- Starting -----------------------------------------------------------------------------------


def test_a_member_is_led_to_the_login_url(api: Api, okta: SSOConnection) -> None:
    """
    The redirect says what its token is for, and at which organization.
    """
    api.emulator.register_redirect_url("https://app.example.com/in", "login")
    url = api.emulator.browser_login(
        start_url(
            api,
            connection_id=okta.connection_id,
            login_redirect_url="https://app.example.com/in",
        ),
        ADA,
    )
    query = query_of(url)

    assert url.startswith("https://app.example.com/in?")
    assert query.keys() == {"slug", "stytch_token_type", "token"}
    assert query["slug"] == ["acme"]
    assert query["stytch_token_type"] == ["sso"]


def test_a_newcomer_is_led_to_the_signup_url(api: Api, okta: SSOConnection) -> None:
    """
    Who is no member yet may have another page to come back to.
    """
    api.emulator.register_redirect_url("https://app.example.com/up", "signup")
    url = api.emulator.browser_login(
        start_url(
            api,
            connection_id=okta.connection_id,
            signup_redirect_url="https://app.example.com/up",
        ),
        EVE,
    )

    assert url.startswith("https://app.example.com/up?")


def test_who_cancels_comes_back_without_a_token(api: Api, okta: SSOConnection) -> None:
    """
    The application is told that nobody logged in.
    """
    url = api.emulator.browser_cancel(start_url(api, connection_id=okta.connection_id))

    assert query_of(url)["error"] == ["access_denied"]
    assert query_of(url).keys().isdisjoint({"token", "stytch_token_type"})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"public_token": ""}, (400, "public_token_required")),
        ({"public_token": "x"}, (404, "public_token_not_found")),
        ({"connection_id": ""}, (400, "missing_sso_connection_locator")),
        ({"organization_id": "acme"}, (400, "too_many_sso_connection_locators")),
        ({"connection_id": "x"}, (404, "sso_connection_not_found")),
        ({"login_redirect_url": "/in"}, (400, "invalid_login_redirect_url")),
        ({"signup_redirect_url": "/up"}, (400, "invalid_signup_redirect_url")),
        ({"login_redirect_url": "https://evil.example"}, (400, "no_match_for_provided_sso_url")),
        ({"signup_redirect_url": "https://evil.example"}, (400, "no_match_for_provided_sso_url")),
        ({"pkce_code_challenge": "short"}, (400, "invalid_pkce_code_challenge")),
    ],
    ids=str,
)
def test_a_login_that_cannot_start(
    api: Api, okta: SSOConnection, query: dict[str, str], expected: tuple[int, str]
) -> None:
    """
    What does not fit is told before anybody has logged in anywhere.
    """
    assert expected == refusal(api, **{"connection_id": okta.connection_id, **query})


def test_a_pending_connection_logs_nobody_in(api: Api) -> None:
    """
    As long as nobody has configured it, a connection leads nowhere.
    """
    pending = api.emulator.create_sso_connection("Acme", status="pending")

    assert refusal(api, connection_id=pending.connection_id) == (404, "sso_connection_not_found")


def test_the_only_connection_need_not_be_named(api: Api, okta: SSOConnection) -> None:
    """
    An organization with one connection has no other to choose.
    """
    api.emulator.update_organization("Acme", sso_default_connection_id=None)
    url = api.emulator.browser_login(start_url(api, organization_id="acme"), ADA)
    data = authenticate(api, query_of(url)["token"][0]).data

    assert data["member"]["sso_registrations"][0]["connection_id"] == okta.connection_id


def test_the_default_connection_need_not_be_named(api: Api) -> None:
    """
    Of several connections the organization's default is taken.
    """
    second = api.emulator.create_sso_connection("Acme", "Second", protocol="oidc")
    api.emulator.update_organization("Acme", sso_default_connection_id=second.connection_id)
    url = api.emulator.browser_login(start_url(api, organization_id="acme"), ADA)
    data = authenticate(api, query_of(url)["token"][0]).data

    assert data["member"]["sso_registrations"][0]["connection_id"] == second.connection_id


def test_no_default_connection(api: Api) -> None:
    """
    Without a default nobody can tell which of several connections is meant.
    """
    api.emulator.create_sso_connection("Acme", "Second")
    api.emulator.update_organization("Acme", sso_default_connection_id=None)

    assert refusal(api, organization_id="acme") == (
        400,
        "indeterminate_sso_connection_for_organization",
    )


def test_no_connection_at_all(api: Api) -> None:
    """
    An organization without SSO has nobody to ask.
    """
    api.emulator.create_organization("Other")

    assert refusal(api, organization_id="other") == (
        404,
        "no_sso_connection_exists_for_organization",
    )
    assert refusal(api, organization_id="none") == (404, "organization_not_found")


def test_pkce_can_be_required(api: Api, okta: SSOConnection) -> None:
    """
    If the project demands PKCE, no login starts without.
    """
    api.emulator.set_bootstrap(pkce_required_for_sso=True)

    assert refusal(api, connection_id=okta.connection_id) == (400, "invalid_pkce_code_challenge")
    assert token(api, okta, pkce_code_challenge=CHALLENGE)


# --- Coming back --------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["saml", "oidc"])
def test_a_login_starts_a_session(api: Api, protocol: Any) -> None:
    """
    The answer has the session, and the account at the connection that it rests on.
    """
    connection = api.emulator.create_sso_connection("Acme", protocol=protocol)
    data = authenticate(api, token(api, connection, name="Ada")).data
    (factor,) = data["member_session"]["authentication_factors"]
    (registration,) = data["member"]["sso_registrations"]

    assert connection.connection_id.startswith(f"{protocol}-connection-test-")
    assert data["member_authenticated"] is True
    assert data["reset_session"] is False
    assert data["member_device"] is None
    assert factor["type"] == "sso"
    assert factor["delivery_method"] == f"sso_{protocol}"
    assert factor["sequence_order"] == "PRIMARY"
    assert factor[f"{protocol}_sso_factor"] == {
        "id": registration["registration_id"],
        "provider_id": connection.connection_id,
        "external_id": registration["external_id"],
    }
    assert registration["connection_id"] == connection.connection_id
    assert registration["sso_attributes"] == {"email": ADA, "name": "Ada"}


def test_a_token_works_once(api: Api, okta: SSOConnection) -> None:
    """
    The second time a token is not found.
    """
    used = token(api, okta)
    authenticate(api, used)

    assert authenticate(api, used).error == (404, "sso_token_not_found")


def test_a_token_expires(api: Api, okta: SSOConnection) -> None:
    """
    After five minutes a token is worth nothing.
    """
    old = token(api, okta)
    api.emulator.clock.advance(minutes=5)

    assert authenticate(api, old).error == (404, "sso_token_not_found")


def test_an_unknown_token(api: Api, okta: SSOConnection) -> None:
    """
    A token that nobody was given is not found, nor is one that another operation takes.
    """
    oauth = api.post("/sdk/v1/b2b/oauth/authenticate", {"oauth_token": token(api, okta)})

    assert authenticate(api, "x").error == (404, "sso_token_not_found")
    assert oauth.error == (404, "oauth_token_not_found")


def test_a_wrong_verifier_does_not_use_the_token_up(api: Api, okta: SSOConnection) -> None:
    """
    A login that was started with a challenge ends with the verifier, and with no other.
    """
    protected = token(api, okta, pkce_code_challenge=CHALLENGE)

    assert authenticate(api, protected).error == (400, "pkce_expected_code_verifier")
    wrong = authenticate(api, protected, pkce_code_verifier="b" * 64)
    assert wrong.error == (400, "pkce_mismatch")
    assert authenticate(api, protected, pkce_code_verifier=VERIFIER).status == 200


def test_a_verifier_nobody_expects(api: Api, okta: SSOConnection) -> None:
    """
    A login that was started without challenge takes no verifier.
    """
    reply = authenticate(api, token(api, okta), pkce_code_verifier=VERIFIER)

    assert reply.error == (400, "pkce_did_not_expect_code_verifier")


def test_a_wrong_duration_changes_nothing(api: Api, okta: SSOConnection) -> None:
    """
    A duration out of range is refused before the token is used up or anybody let in.
    """
    fresh = token(api, okta, EVE)
    wrong = authenticate(api, fresh, session_duration_minutes=4)
    api.emulator.update_organization("Acme", sso_jit_provisioning="NOT_ALLOWED")
    closed = authenticate(api, fresh)
    api.emulator.update_organization("Acme", sso_jit_provisioning="ALL_ALLOWED")
    right = authenticate(api, fresh)

    assert wrong.error == (400, "invalid_session_duration_minutes")
    assert closed.error == (400, "invalid_connection_for_jit_provisioning")
    assert right.status == 200


def test_an_account_is_registered_once(api: Api, okta: SSOConnection) -> None:
    """
    Logging in again by the same connection adds nothing; another one adds another account.
    """
    second = api.emulator.create_sso_connection("Acme", "Second")
    first = authenticate(api, token(api, okta)).data["member"]["sso_registrations"]
    again = authenticate(api, token(api, okta)).data["member"]["sso_registrations"]
    other = authenticate(api, token(api, second)).data["member"]["sso_registrations"]

    assert first == again
    assert [one["connection_id"] for one in other] == [okta.connection_id, second.connection_id]


def test_an_account_finds_its_member(api: Api, okta: SSOConnection) -> None:
    """
    Who has logged in by a connection stays its member, though the address has changed.
    """
    member_id = authenticate(api, token(api, okta)).data["member_id"]
    api.emulator.update_member(member_id, email_address="ada@new.example")
    api.emulator.register_redirect_url("https://app.example.com/in", "login")
    start = start_url(
        api, connection_id=okta.connection_id, login_redirect_url="https://app.example.com/in"
    )
    url = api.emulator.browser_login(start, ADA)
    data = authenticate(api, query_of(url)["token"][0]).data

    assert url.startswith("https://app.example.com/in?")
    assert data["member_id"] == member_id


def test_an_account_strengthens_the_session(api: Api, okta: SSOConnection) -> None:
    """
    Logged in already, a member proves more; the same account counts once.
    """
    ada = api.emulator.sign_in(ADA, "Acme")
    authenticate(api, token(api, okta), session=ada.session_token)
    data = authenticate(api, token(api, okta), session=ada.session_token).data

    assert data["session_token"] == ada.session_token
    assert [one["type"] for one in data["member_session"]["authentication_factors"]] == [
        "magic_link",
        "sso",
    ]


def test_an_organization_can_demand_sso(api: Api, okta: SSOConnection) -> None:
    """
    Where SSO alone is allowed, an account elsewhere is a beginning.
    """
    api.emulator.update_organization(
        "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["sso"]
    )
    start = f"/v1/b2b/public/oauth/google/start?public_token={api.emulator.public_token}&slug=acme"
    google = query_of(api.emulator.browser_login(start, ADA))["token"][0]
    begun = api.post("/sdk/v1/b2b/oauth/authenticate", {"oauth_token": google}).data
    intermediate = begun["intermediate_session_token"]
    data = authenticate(api, token(api, okta), intermediate_session_token=intermediate).data

    assert begun["primary_required"] == {"allowed_auth_methods": ["sso"]}
    assert data["member_authenticated"] is True


def test_a_second_factor_may_be_missing(api: Api, okta: SSOConnection) -> None:
    """
    SSO is a first factor, however many checks the identity provider has made.
    """
    api.emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    data = authenticate(api, token(api, okta)).data

    assert data["member_session"] is None
    assert data["mfa_required"] is not None


def test_a_deactivated_member_stays_outside(api: Api, okta: SSOConnection) -> None:
    """
    Who was deactivated cannot come back by another door.
    """
    bob = api.emulator.create_member("Acme", "bob@example.com", status="deleted")
    reply = authenticate(api, token(api, okta, "bob@example.com"))

    assert reply.error == (400, "action_available_only_for_active_members")
    assert bob.sso_registrations == []


# --- Other organizations ------------------------------------------------------------------------


def test_sso_counts_at_its_own_organization(api: Api, okta: SSOConnection) -> None:
    """
    One organization's identity provider says nothing to another that demands SSO.
    """
    api.emulator.create_organization(
        "Other", auth_methods="RESTRICTED", allowed_auth_methods=["sso"]
    )
    api.emulator.create_member("Other", ADA)
    session = authenticate(api, token(api, okta)).data["session_token"]
    listed = api.post("/sdk/v1/b2b/discovery/organizations", token=session).data
    exchanged = api.post(
        "/sdk/v1/b2b/sessions/exchange", {"organization_id": "other"}, token=session
    ).data
    (here,) = listed["discovered_organizations"]

    assert here["organization"]["organization_slug"] == "acme"
    assert exchanged["primary_required"] == {"allowed_auth_methods": ["sso"]}
    assert exchanged["member"]["sso_registrations"] == []


def test_an_external_connection_borrows_another(api: Api, okta: SSOConnection) -> None:
    """
    The members of one organization log in at the identity provider of another.
    """
    api.emulator.create_organization("Other")
    external = api.emulator.create_external_sso_connection("Other", okta)
    data = authenticate(api, token(api, external, EVE)).data
    (factor,) = data["member_session"]["authentication_factors"]

    assert external.connection_id.startswith("external-connection-test-")
    assert external.external_organization_id == okta.organization_id
    assert external.external_connection_id == okta.connection_id
    assert data["organization"]["organization_slug"] == "other"
    assert factor["delivery_method"] == "sso_saml"
    assert factor["saml_sso_factor"]["provider_id"] == external.connection_id


def test_an_external_connection_needs_the_other(api: Api) -> None:
    """
    What is borrowed and not there leads nowhere.
    """
    api.emulator.create_organization("Other")
    pending = api.emulator.create_sso_connection("Acme", status="pending")
    external = api.emulator.create_external_sso_connection("Other", pending.connection_id)
    reply = api.get(start_url(api, connection_id=external.connection_id))

    assert reply.error == (404, "sso_connection_not_found")


# --- Being let in -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "is_allowed", "is_let_in"),
    [
        ("ALL_ALLOWED", False, True),
        ("RESTRICTED", True, True),
        ("RESTRICTED", False, False),
        ("NOT_ALLOWED", True, False),
    ],
)
def test_who_may_sign_up(
    api: Api, okta: SSOConnection, setting: str, is_allowed: bool, is_let_in: bool
) -> None:
    """
    Newcomers are let in by every connection, by some, or by none.
    """
    api.emulator.update_organization(
        "Acme",
        sso_jit_provisioning=setting,
        sso_jit_provisioning_allowed_connections=[okta.connection_id] if is_allowed else [],
    )
    reply = authenticate(api, token(api, okta, EVE, name="Eve"))

    if is_let_in:
        assert reply.data["member"]["status"] == "active"
        assert reply.data["member"]["name"] == "Eve"
        assert reply.data["member"]["email_address_verified"] is False
    else:
        assert reply.error == (400, "invalid_connection_for_jit_provisioning")


def test_members_need_no_provisioning(api: Api, okta: SSOConnection) -> None:
    """
    Who was invited, or is a member, is let in however closed the organization is.
    """
    api.emulator.update_organization("Acme", sso_jit_provisioning="NOT_ALLOWED")
    api.emulator.create_member("Acme", EVE, status="invited")

    assert authenticate(api, token(api, okta)).status == 200
    assert authenticate(api, token(api, okta, EVE)).data["member"]["status"] == "active"


# --- Discovering connections --------------------------------------------------------------------


def found(api: Api, email_address: str) -> list[str]:
    """
    Return the names of the connections that somebody may log in by.
    """
    connections = api.get(f"{DISCOVER}?{urlencode({'email_address': email_address})}").data
    return [one["display_name"] for one in connections["connections"]]


def test_connections_are_discovered_by_address(api: Api, okta: SSOConnection) -> None:
    """
    They are those of the organizations of a member, or else of those that have the domain.
    """
    for name, settings in {
        "Allowed": {"email_allowed_domains": ["Example.com"]},
        "Claimed": {"claimed_email_domains": ["example.com"]},
        "Closed": {
            "claimed_email_domains": ["example.com"],
            "sso_jit_provisioning": "NOT_ALLOWED",
        },
        "Neither": {"email_allowed_domains": ["example.org"]},
    }.items():
        api.emulator.create_organization(name, **settings)
        api.emulator.create_sso_connection(name, name)
        api.emulator.create_sso_connection(name, "Later", status="pending")
    api.emulator.create_member("Neither", "gone@else.com", status="deleted")
    shape = api.get(f"{DISCOVER}?email_address=ada@example.com").data["connections"][0]

    assert found(api, "Ada@Example.com") == ["Acme's Okta"]
    assert found(api, EVE) == ["Allowed", "Claimed"]
    assert found(api, "gone@else.com") == []
    assert shape == {
        "connection_id": okta.connection_id,
        "display_name": "Acme's Okta",
        "identity_provider": "okta",
    }


def test_discovery_wants_an_address(api: Api) -> None:
    """
    The query is checked like a body is.
    """
    missing = api.get(DISCOVER)

    assert missing.status == 400
    assert [issue["keyword"] for issue in missing.json["query"]] == ["required"]
    assert api.get(f"{DISCOVER}?email_address=ada").error == (400, "invalid_email")
