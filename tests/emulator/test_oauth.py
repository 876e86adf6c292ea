"""Logging in with an account at an OAuth provider: starting, coming back, and being let in."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest

from stytch_b2b.emulator import LoginRefusedError

if TYPE_CHECKING:
    from stytch_b2b.emulator import Emulator, Member

    from .conftest import Api, Reply

AUTHENTICATE = "/sdk/v1/b2b/oauth/authenticate"
DISCOVERY_AUTHENTICATE = "/sdk/v1/b2b/oauth/discovery/authenticate"
EXCHANGE = "/sdk/v1/b2b/discovery/intermediate_sessions/exchange"
VERIFIER = "a" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]
ADA = "ada@example.com"
PROVIDERS = {
    "github": "GitHub",
    "google": "Google",
    "hubspot": "HubSpot",
    "microsoft": "Microsoft",
    "slack": "Slack",
}


def start_url(emulator: Emulator, provider: str = "google", **query: str) -> str:
    """
    Return where a login at Acme starts; what is empty is left out.
    """
    given = {"public_token": emulator.public_token, "slug": "acme", **query}
    encoded = urlencode({name: value for name, value in given.items() if value})
    return f"/v1/b2b/public/oauth/{provider}/start?{encoded}"


def discovery_url(emulator: Emulator, provider: str = "google", **query: str) -> str:
    """
    Return where a login starts whose organization is chosen afterwards.
    """
    given = {"public_token": emulator.public_token, **query}
    return f"/v1/b2b/public/oauth/{provider}/discovery/start?{urlencode(given)}"


def query_of(url: str) -> dict[str, list[str]]:
    """
    Return the query of a URL.
    """
    return parse_qs(urlsplit(url).query)


def token(api: Api, email_address: str = ADA, provider: str = "google", **options: Any) -> str:
    """
    Log in at a provider, and return the token that comes back.
    """
    person = {
        name: options.pop(name)
        for name in ("name", "tenant_id", "email_verified")
        if name in options
    }
    url = api.emulator.browser_login(
        start_url(api.emulator, provider, **options), email_address, **person
    )
    return query_of(url)["token"][0]


def discovery_token(api: Api, email_address: str = ADA, **person: Any) -> str:
    """
    Log in at Slack without an organization, and return the token that comes back.
    """
    url = api.emulator.browser_login(discovery_url(api.emulator, "slack"), email_address, **person)
    return query_of(url)["token"][0]


def authenticate(api: Api, token: str, *, session: str | None = None, **fields: Any) -> Reply:
    """
    Log in with a token.
    """
    return api.post(AUTHENTICATE, {"oauth_token": token, **fields}, token=session)


def discover(api: Api, token: str, **fields: Any) -> Reply:
    """
    Find what a token opens.
    """
    return api.post(DISCOVERY_AUTHENTICATE, {"discovery_oauth_token": token, **fields})


def refusal(emulator: Emulator, url: str) -> tuple[int, str]:
    """
    Return why a login cannot start.
    """
    with pytest.raises(LoginRefusedError) as caught:
        emulator.browser_login(url, ADA)
    return caught.value.status, caught.value.error_type


@pytest.fixture(autouse=True)
def ada(api: Api) -> Member:
    """
    Acme has one member, Ada.
    """
    api.emulator.create_organization("Acme")
    return api.emulator.create_member("Acme", ADA, name="Ada Lovelace")


# --- Starting -----------------------------------------------------------------------------------


def test_a_member_is_led_to_the_login_url(api: Api) -> None:
    """
    The redirect says what its token is for, and at which organization.
    """
    api.emulator.register_redirect_url("https://app.example.com/in?next=%2Fhome", "login")
    url = api.emulator.browser_login(
        start_url(api.emulator, login_redirect_url="https://app.example.com/in?next=%2Fhome"), ADA
    )
    query = query_of(url)

    assert url.startswith("https://app.example.com/in?")
    assert query.keys() == {"next", "slug", "stytch_token_type", "token"}
    assert query["next"] == ["/home"]
    assert query["slug"] == ["acme"]
    assert query["stytch_token_type"] == ["oauth"]
    assert len(query["token"][0]) == 44


@pytest.mark.parametrize("status", [None, "pending", "invited"])
def test_who_is_not_active_yet_is_led_to_the_signup_url(api: Api, status: str | None) -> None:
    """
    Newcomers may have another page to come back to.
    """
    api.emulator.register_redirect_url("https://app.example.com/up", "signup")
    if status:
        api.emulator.create_member("Acme", "bob@example.com", status=status)
    url = api.emulator.browser_login(
        start_url(api.emulator, signup_redirect_url="https://app.example.com/up"),
        "bob@example.com",
    )

    assert url.startswith("https://app.example.com/up?")


@pytest.mark.parametrize("locator", ["organization_id", "slug", "external"])
def test_an_organization_is_named_in_several_ways(api: Api, locator: str) -> None:
    """
    Its id, its slug and its external id are all good.
    """
    organization = api.emulator.create_organization("Other", organization_external_id="42")
    given = {
        "organization_id": {"organization_id": organization.organization_id, "slug": ""},
        "slug": {"slug": "other"},
        "external": {"organization_id": "42", "slug": ""},
    }[locator]
    url = api.emulator.browser_login(start_url(api.emulator, **given), ADA)

    assert query_of(url)["slug"] == ["other"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"public_token": ""}, (400, "public_token_required")),
        ({"public_token": "x"}, (404, "public_token_not_found")),
        ({"slug": ""}, (400, "missing_oauth_organization_locator")),
        ({"organization_id": "acme"}, (400, "too_many_oauth_organization_locators")),
        ({"slug": "none"}, (404, "organization_not_found")),
        ({"login_redirect_url": "/in"}, (400, "invalid_login_redirect_url")),
        ({"signup_redirect_url": "/up"}, (400, "invalid_signup_redirect_url")),
        ({"login_redirect_url": "https://evil.example"}, (400, "no_match_for_provided_oauth_url")),
        ({"signup_redirect_url": "https://evil.example"}, (400, "no_match_for_provided_oauth_url")),
        ({"pkce_code_challenge": "short"}, (400, "invalid_pkce_code_challenge")),
    ],
    ids=str,
)
def test_a_login_that_cannot_start(
    api: Api, query: dict[str, str], expected: tuple[int, str]
) -> None:
    """
    What does not fit is told before anybody has logged in anywhere.
    """
    assert expected == refusal(api.emulator, start_url(api.emulator, **query))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"public_token": "x"}, (404, "public_token_not_found")),
        ({"discovery_redirect_url": "/in"}, (400, "invalid_discovery_redirect_url")),
        (
            {"discovery_redirect_url": "https://evil.example"},
            (400, "no_match_for_provided_oauth_url"),
        ),
        ({"pkce_code_challenge": "short"}, (400, "invalid_pkce_code_challenge")),
    ],
    ids=str,
)
def test_a_discovery_that_cannot_start(
    api: Api, query: dict[str, str], expected: tuple[int, str]
) -> None:
    """
    A login without organization is as strict.
    """
    assert expected == refusal(api.emulator, discovery_url(api.emulator, **query))


@pytest.mark.parametrize("make_url", [start_url, discovery_url])
def test_an_unknown_provider(api: Api, make_url: Any) -> None:
    """
    There are five providers.
    """
    assert refusal(api.emulator, make_url(api.emulator, "apple")) == (400, "invalid_oauth_provider")


def test_redirect_urls_are_registered_by_type(api: Api) -> None:
    """
    A URL that members may be led to is none for newcomers.
    """
    url = "https://app.example.com/in"
    api.emulator.register_redirect_url(url, "login")

    assert refusal(api.emulator, start_url(api.emulator, signup_redirect_url=url)) == (
        400,
        "no_match_for_provided_oauth_url",
    )


@pytest.mark.parametrize("make_url", [start_url, discovery_url])
def test_pkce_can_be_required(api: Api, make_url: Any) -> None:
    """
    If the project demands PKCE, no login starts without.
    """
    api.emulator.set_bootstrap(pkce_required_for_oauth=True)

    assert refusal(api.emulator, make_url(api.emulator)) == (400, "invalid_pkce_code_challenge")
    assert api.emulator.browser_login(make_url(api.emulator, pkce_code_challenge=CHALLENGE), ADA)


def test_a_custom_scheme_demands_pkce(api: Api) -> None:
    """
    Any app can claim a custom scheme, so a login that leads to one needs a challenge.
    """
    api.emulator.register_redirect_url("myapp://auth", "login")
    bare = start_url(api.emulator, login_redirect_url="myapp://auth")
    url = api.emulator.browser_login(f"{bare}&pkce_code_challenge={CHALLENGE}", ADA)

    assert refusal(api.emulator, bare) == (400, "pkce_required_for_native_callback")
    assert url.startswith("myapp://auth?slug=acme&stytch_token_type=oauth&token=")


# --- Coming back --------------------------------------------------------------------------------


@pytest.mark.parametrize(("provider", "provider_type"), PROVIDERS.items())
def test_every_provider_starts_a_session(
    api: Api, ada: Member, provider: str, provider_type: str
) -> None:
    """
    The answer has the session, the account that it rests on, and the provider's own tokens.
    """
    data = authenticate(api, token(api, provider=provider)).data
    (factor,) = data["member_session"]["authentication_factors"]
    (registration,) = data["member"]["oauth_registrations"]

    assert data["member_authenticated"] is True
    assert data["reset_sessions"] is False
    assert data["member_device"] is None
    assert data["provider_type"] == provider_type
    assert data["provider_subject"].isdecimal()
    assert factor["type"] == "oauth"
    assert factor["delivery_method"] == f"oauth_{provider}"
    assert factor["sequence_order"] == "PRIMARY"
    assert factor[f"{provider}_oauth_factor"] == {
        "id": registration["member_oauth_registration_id"],
        "provider_subject": data["provider_subject"],
        "email_id": ada.email_id,
    }
    assert registration == {
        "provider_type": provider_type,
        "provider_subject": data["provider_subject"],
        "member_oauth_registration_id": registration["member_oauth_registration_id"],
        "profile_picture_url": None,
        "locale": None,
        "provider_tenants": [],
    }


def test_providers_hand_over_tokens(api: Api) -> None:
    """
    Google's are good for an hour, for the scopes that were asked for, and say who the person is.
    """
    api.emulator.clock.freeze()
    now = api.emulator.clock.now().replace(microsecond=0)
    data = authenticate(api, token(api, custom_scopes="calendar email")).data
    values = data["provider_values"]
    claims = jwt.decode(values["id_token"], options={"verify_signature": False})

    assert values["scopes"] == ["openid", "email", "profile", "calendar"]
    assert len({values["access_token"], values["refresh_token"], data["session_token"]}) == 3
    assert values["expires_at"] > now.isoformat()
    assert claims["iss"] == "https://accounts.google.com"
    assert claims["sub"] == data["provider_subject"]
    assert claims["email"] == ADA
    assert claims["email_verified"] is True
    assert claims["name"] == "Ada Lovelace"
    assert claims["exp"] - claims["iat"] == 3600


def test_some_providers_hand_over_less(api: Api) -> None:
    """
    GitHub's tokens do not expire, and it is no OpenID Connect provider.
    """
    values = authenticate(api, token(api, provider="github")).data["provider_values"]

    assert values["access_token"]
    assert values["refresh_token"] == ""
    assert values["id_token"] == ""
    assert values["expires_at"] is None
    assert values["scopes"] == ["read:user", "user:email"]


def test_a_token_works_once(api: Api) -> None:
    """
    The second time a token is not found.
    """
    used = token(api)
    authenticate(api, used)

    assert authenticate(api, used).error == (404, "oauth_token_not_found")


def test_a_token_expires(api: Api) -> None:
    """
    After five minutes a token is worth nothing.
    """
    old = token(api)
    api.emulator.clock.advance(minutes=5)

    assert authenticate(api, old).error == (404, "oauth_token_not_found")


def test_a_token_is_for_one_operation(api: Api) -> None:
    """
    A token for discovery logs nobody in, and a token for a login discovers nothing.
    """
    here, there = token(api), discovery_token(api)

    assert authenticate(api, there).error == (404, "oauth_token_not_found")
    assert discover(api, here).error == (404, "oauth_token_not_found")
    assert authenticate(api, here).status == 200
    assert discover(api, there).status == 200


@pytest.mark.parametrize("finish", [authenticate, discover])
def test_an_unknown_token(api: Api, finish: Any) -> None:
    """
    A token that nobody was given is not found.
    """
    assert finish(api, "x").error == (404, "oauth_token_not_found")


def test_a_wrong_verifier_does_not_use_the_token_up(api: Api) -> None:
    """
    A login that was started with a challenge ends with the verifier, and with no other.
    """
    protected = token(api, pkce_code_challenge=CHALLENGE)

    assert authenticate(api, protected).error == (400, "pkce_expected_code_verifier")
    wrong = authenticate(api, protected, pkce_code_verifier="b" * 64)
    assert wrong.error == (400, "pkce_mismatch")
    assert authenticate(api, protected, pkce_code_verifier=VERIFIER).status == 200


def test_a_verifier_nobody_expects(api: Api) -> None:
    """
    A login that was started without challenge takes no verifier.
    """
    reply = authenticate(api, token(api), pkce_code_verifier=VERIFIER)

    assert reply.error == (400, "pkce_did_not_expect_code_verifier")


def test_a_wrong_duration_changes_nothing(api: Api) -> None:
    """
    A duration out of range is refused before the token is used up or anybody let in.
    """
    api.emulator.update_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    fresh = token(api, "bob@example.com")
    wrong = authenticate(api, fresh, session_duration_minutes=4)
    api.emulator.update_organization("Acme", email_jit_provisioning="NOT_ALLOWED")
    closed = authenticate(api, fresh, session_duration_minutes=5)
    api.emulator.update_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    right = authenticate(api, fresh, session_duration_minutes=5)

    assert wrong.error == (400, "invalid_session_duration_minutes")
    assert closed.error == (400, "email_jit_provisioning_not_allowed")
    assert right.status == 200


def test_an_account_is_registered_once(api: Api) -> None:
    """
    Logging in again with the same account adds nothing; another provider adds another account.
    """
    first = authenticate(api, token(api)).data["member"]["oauth_registrations"]
    again = authenticate(api, token(api)).data["member"]["oauth_registrations"]
    other = authenticate(api, token(api, provider="slack")).data["member"]["oauth_registrations"]

    assert first == again
    assert [one["provider_type"] for one in other] == ["Google", "Slack"]


def test_an_account_finds_its_member(api: Api) -> None:
    """
    Who has logged in with an account stays its member, though the address has changed.
    """
    member_id = authenticate(api, token(api)).data["member_id"]
    api.emulator.update_member(member_id, email_address="ada@new.example")
    api.emulator.register_redirect_url("https://app.example.com/in", "login")
    url = api.emulator.browser_login(
        start_url(api.emulator, login_redirect_url="https://app.example.com/in"),
        ADA,
        email_verified=False,
    )
    data = authenticate(api, query_of(url)["token"][0]).data

    assert url.startswith("https://app.example.com/in?")
    assert data["member_id"] == member_id
    assert data["member"]["email_address"] == "ada@new.example"


def test_a_deactivated_member_stays_outside(api: Api) -> None:
    """
    Who was deactivated cannot come back by another door.
    """
    bob = api.emulator.create_member("Acme", "bob@example.com", status="deleted")
    reply = authenticate(api, token(api, "bob@example.com"))

    assert reply.error == (400, "action_available_only_for_active_members")
    assert bob.oauth_registrations == []


def test_an_account_strengthens_the_session(api: Api) -> None:
    """
    Logged in already, a member proves more; the same account counts once.
    """
    ada = api.emulator.sign_in(ADA, "Acme")
    authenticate(api, token(api), session=ada.session_token)
    data = authenticate(api, token(api), session=ada.session_token).data

    assert data["session_token"] == ada.session_token
    assert [one["type"] for one in data["member_session"]["authentication_factors"]] == [
        "magic_link",
        "oauth",
    ]


def test_an_organization_can_refuse_providers(api: Api) -> None:
    """
    Where only some methods are allowed, another provider is not enough.
    """
    api.emulator.update_organization(
        "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["google_oauth"]
    )
    microsoft = authenticate(api, token(api, provider="microsoft")).data
    intermediate = microsoft["intermediate_session_token"]
    google = authenticate(api, token(api), intermediate_session_token=intermediate).data

    assert microsoft["member_authenticated"] is False
    assert microsoft["primary_required"] == {"allowed_auth_methods": ["google_oauth"]}
    assert google["member_authenticated"] is True
    assert len(google["member_session"]["authentication_factors"]) == 2


def test_a_second_factor_may_be_missing(api: Api) -> None:
    """
    An account is a first factor, however many checks the provider has made.
    """
    api.emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    data = authenticate(api, token(api)).data

    assert data["member_session"] is None
    assert data["mfa_required"] is not None
    assert data["provider_values"]["access_token"]


# --- Being let in -------------------------------------------------------------------------------


def test_strangers_are_kept_out(api: Api) -> None:
    """
    By default an organization lets nobody in, and the refusal leaves no member behind.
    """
    reply = authenticate(api, token(api, "eve@example.com"))
    api.emulator.update_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    later = authenticate(api, token(api, "eve@example.com")).data

    assert reply.error == (400, "email_jit_provisioning_not_allowed")
    assert later["member"]["created_at"] == later["member_session"]["started_at"]


@pytest.mark.parametrize(
    ("settings", "person", "expected"),
    [
        ({"email_jit_provisioning": "ALL_ALLOWED"}, {}, None),
        ({"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": ["new.com"]}, {}, None),
        (
            {"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": ["old.com"]},
            {},
            (400, "invalid_email_for_jit_provisioning"),
        ),
        (
            {"email_jit_provisioning": "ALL_ALLOWED"},
            {"email_verified": False},
            (400, "oauth_unverified_email"),
        ),
        (
            {
                "oauth_tenant_jit_provisioning": "RESTRICTED",
                "allowed_oauth_tenants": {"slack": ["T1", "T2"]},
            },
            {"tenant_id": "T2"},
            None,
        ),
        (
            {
                "oauth_tenant_jit_provisioning": "RESTRICTED",
                "allowed_oauth_tenants": {"slack": ["T1"]},
            },
            {"tenant_id": "T2"},
            (400, "invalid_oauth_tenant_for_jit_provisioning"),
        ),
        (
            {
                "oauth_tenant_jit_provisioning": "RESTRICTED",
                "allowed_oauth_tenants": {"hubspot": ["T1"]},
            },
            {"tenant_id": "T1"},
            (400, "invalid_oauth_tenant_for_jit_provisioning"),
        ),
        (
            {
                "oauth_tenant_jit_provisioning": "RESTRICTED",
                "allowed_oauth_tenants": {"slack": ["T1"]},
            },
            {},
            (400, "email_jit_provisioning_not_allowed"),
        ),
        (
            {"allowed_oauth_tenants": {"slack": ["T1"]}},
            {"tenant_id": "T1"},
            (400, "email_jit_provisioning_not_allowed"),
        ),
        (
            {
                "oauth_tenant_jit_provisioning": "RESTRICTED",
                "allowed_oauth_tenants": {"slack": ["T1"]},
                "email_jit_provisioning": "ALL_ALLOWED",
            },
            {"tenant_id": "T2"},
            None,
        ),
    ],
    ids=str,
)
def test_who_may_sign_up(
    api: Api, settings: dict[str, Any], person: dict[str, Any], expected: tuple[int, str] | None
) -> None:
    """
    Newcomers are let in by the domain of a verified address, or by their tenant.
    """
    api.emulator.update_organization("Acme", **settings)
    reply = authenticate(api, token(api, "bob@new.com", "slack", name="Bob", **person))

    if expected is not None:
        assert reply.error == expected
    else:
        assert reply.data["member"]["status"] == "active"
        assert reply.data["member"]["name"] == "Bob"
        assert reply.data["member"]["email_address_verified"] is True


def test_an_unverified_address_proves_nothing(api: Api) -> None:
    """
    Who has opened an account in a member's name does not become that member.
    """
    reply = authenticate(api, token(api, email_verified=False))

    assert reply.error == (400, "oauth_unverified_email")


@pytest.mark.parametrize(
    ("provider", "tenant"),
    [
        ("github", {"provider_tenant_ids": ["T1"]}),
        ("hubspot", {"provider_tenant_id": "T1"}),
        ("slack", {"provider_tenant_id": "T1"}),
    ],
)
def test_tenants_are_told(api: Api, provider: str, tenant: dict[str, Any]) -> None:
    """
    Factor and registration say where the person belongs.
    """
    data = authenticate(api, token(api, provider=provider, tenant_id="T1")).data
    (factor,) = data["member_session"]["authentication_factors"]
    (registration,) = data["member"]["oauth_registrations"]

    assert tenant.items() <= factor[f"{provider}_oauth_factor"].items()
    assert registration["provider_tenants"] == [{"tenant_id": "T1", "tenant_name": "T1"}]


def test_tenants_add_up(api: Api) -> None:
    """
    Who comes from another tenant with the same account belongs to both.
    """
    for tenant in ("T1", "T2", "T1"):
        last = authenticate(api, token(api, provider="github", tenant_id=tenant))
    (registration,) = last.data["member"]["oauth_registrations"]

    assert [one["tenant_id"] for one in registration["provider_tenants"]] == ["T1", "T2"]


def test_some_providers_have_no_tenants(api: Api) -> None:
    """
    Google knows of none, whatever is posted to its page.
    """
    data = authenticate(api, token(api, tenant_id="T1")).data
    (factor,) = data["member_session"]["authentication_factors"]

    assert factor["google_oauth_factor"].keys() == {"id", "provider_subject", "email_id"}
    assert data["member"]["oauth_registrations"][0]["provider_tenants"] == []


# --- Discovery ----------------------------------------------------------------------------------


def test_discovery_finds_organizations(api: Api) -> None:
    """
    An account shows what its address opens; the redirect names no organization.
    """
    url = api.emulator.browser_login(
        discovery_url(api.emulator, "slack"), ADA, name="Ada", tenant_id="T1"
    )
    query = query_of(url)
    data = discover(api, query["token"][0]).data

    assert query.keys() == {"stytch_token_type", "token"}
    assert query["stytch_token_type"] == ["discovery_oauth"]
    assert data["email_address"] == ADA
    assert data["full_name"] == "Ada"
    assert data["provider_type"] == "Slack"
    assert data["provider_tenant_id"] == "T1"
    assert len(data["intermediate_session_token"]) == 44
    (found,) = data["discovered_organizations"]
    assert found["organization"]["organization_slug"] == "acme"
    assert found["member_authenticated"] is True


def test_discovery_knows_the_names_of_members(api: Api) -> None:
    """
    Who picks a member on the page has that member's name; who has no tenant has an empty one.
    """
    data = discover(api, discovery_token(api)).data

    assert data["full_name"] == "Ada Lovelace"
    assert data["provider_tenant_id"] == ""


def test_discovery_leads_to_a_session(api: Api) -> None:
    """
    The account that was proved before the organization was chosen is registered there.
    """
    intermediate = discover(api, discovery_token(api, tenant_id="T1")).data
    body = {
        "intermediate_session_token": intermediate["intermediate_session_token"],
        "organization_id": "acme",
    }
    data = api.post(EXCHANGE, body).data
    (factor,) = data["member_session"]["authentication_factors"]
    (registration,) = data["member"]["oauth_registrations"]

    assert factor["delivery_method"] == "oauth_slack"
    assert factor["slack_oauth_factor"]["id"] == registration["member_oauth_registration_id"]
    assert factor["slack_oauth_factor"]["email_id"].startswith("email-test-")
    assert registration["provider_tenants"] == [{"tenant_id": "T1", "tenant_name": "T1"}]


def test_discovery_by_tenant(api: Api) -> None:
    """
    A tenant opens organizations that the address alone does not.
    """
    api.emulator.update_organization(
        "Acme",
        oauth_tenant_jit_provisioning="RESTRICTED",
        allowed_oauth_tenants={"slack": ["T1"]},
    )
    near = discover(api, discovery_token(api, "bob@new.com", tenant_id="T1")).data
    far = discover(api, discovery_token(api, "bob@new.com", tenant_id="T2")).data
    (found,) = near["discovered_organizations"]

    assert found["membership"]["type"] == "eligible_to_join_by_oauth_tenant"
    assert far["discovered_organizations"] == []


def test_discovery_wants_a_verified_address(api: Api) -> None:
    """
    What an address opens is told only to those who own it.
    """
    unverified = discovery_token(api, email_verified=False)

    assert discover(api, unverified).error == (400, "oauth_unverified_email")


def test_a_discovery_token_works_once(api: Api) -> None:
    """
    The second time a token is not found.
    """
    used = discovery_token(api)
    discover(api, used)

    assert discover(api, used).error == (404, "oauth_token_not_found")


def test_a_discovery_token_expires(api: Api) -> None:
    """
    After five minutes a token is worth nothing.
    """
    old = discovery_token(api)
    api.emulator.clock.advance(minutes=5)

    assert discover(api, old).error == (404, "oauth_token_not_found")


def test_discovery_with_pkce(api: Api) -> None:
    """
    A discovery that was started with a challenge ends with the verifier.
    """
    url = api.emulator.browser_login(
        discovery_url(api.emulator, pkce_code_challenge=CHALLENGE), ADA
    )
    protected = query_of(url)["token"][0]

    assert discover(api, protected).error == (400, "pkce_expected_code_verifier")
    wrong = discover(api, protected, pkce_code_verifier="b" * 64)
    assert wrong.error == (400, "pkce_mismatch")
    assert discover(api, protected, pkce_code_verifier=VERIFIER).status == 200


def test_cancelling_discovery_leads_back(api: Api) -> None:
    """
    Who cancels comes back to the discovery redirect URL, without a token.
    """
    api.emulator.register_redirect_url("https://app.example.com/find", "discovery")
    url = api.emulator.browser_cancel(
        discovery_url(api.emulator, discovery_redirect_url="https://app.example.com/find")
    )

    assert url.startswith("https://app.example.com/find?error=access_denied&")
    assert "token" not in query_of(url)
