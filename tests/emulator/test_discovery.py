"""Discovery: which organizations an e-mail address opens, entering one, and founding one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stytch_b2b.emulator.errors import ApiError
from stytch_b2b.emulator.rules import discovery, factors, organization_settings

if TYPE_CHECKING:
    from .conftest import Api, Reply

SEND = "/sdk/v1/b2b/otps/email/discovery/send"
AUTHENTICATE = "/sdk/v1/b2b/otps/email/discovery/authenticate"
LOGIN = "/sdk/v1/b2b/magic_links/email/login_or_signup"
OPEN = "/sdk/v1/b2b/magic_links/authenticate"
LIST = "/sdk/v1/b2b/discovery/organizations"
CREATE = "/sdk/v1/b2b/discovery/organizations/create"
EXCHANGE = "/sdk/v1/b2b/discovery/intermediate_sessions/exchange"
SESSION = "/sdk/v1/b2b/sessions/authenticate"


@pytest.fixture(autouse=True)
def stopped(api: Api) -> None:
    """
    The clock stands still.
    """
    api.emulator.clock.freeze()


def proved(api: Api, email_address: str = "ada@example.com") -> dict[str, Any]:
    """
    Prove an e-mail address without choosing an organization.
    """
    assert api.post(SEND, {"email_address": email_address}).status == 200
    code = api.emulator.outbox.last(to=email_address).code
    found: dict[str, Any] = api.post(
        AUTHENTICATE, {"email_address": email_address, "code": code}
    ).data
    return found


def token_of(api: Api, email_address: str = "ada@example.com") -> str:
    """
    Return the intermediate session token of somebody who has proved an e-mail address.
    """
    token: str = proved(api, email_address)["intermediate_session_token"]
    return token


def exchange(api: Api, token: str, organization_id: str = "acme", **fields: Any) -> Reply:
    """
    Choose an organization.
    """
    body = {
        "intermediate_session_token": token,
        "organization_id": organization_id,
        "session_duration_minutes": 60,
        **fields,
    }
    return api.post(EXCHANGE, body)


def create(api: Api, token: str, **fields: Any) -> Reply:
    """
    Found an organization.
    """
    body = {"intermediate_session_token": token, "session_duration_minutes": 60, **fields}
    return api.post(CREATE, body)


def memberships(data: dict[str, Any]) -> dict[str, str]:
    """
    Return the kind of membership in each organization found, by slug.
    """
    return {
        each["organization"]["organization_slug"]: each["membership"]["type"]
        for each in data["discovered_organizations"]
    }


# --- Which organizations there are ------------------------------------------------------------


def test_every_organization_of_the_person_is_found(api: Api) -> None:
    """
    Memberships count while they last; open doors count only where they are meant for few.
    """
    for status in ("active", "pending", "invited", "deleted"):
        api.emulator.create_organization(status)
        api.emulator.create_member(status, "ada@example.com", status=status)
    api.emulator.create_organization("strangers")
    api.emulator.create_organization(
        "domain", email_jit_provisioning="RESTRICTED", email_allowed_domains=["Example.com"]
    )
    api.emulator.create_organization(
        "other", email_jit_provisioning="RESTRICTED", email_allowed_domains=["example.org"]
    )
    api.emulator.create_organization("everybody", email_jit_provisioning="ALL_ALLOWED")

    assert memberships(proved(api)) == {
        "active": "active_member",
        "pending": "pending_member",
        "invited": "invited_member",
        "domain": "eligible_to_join_by_email_domain",
    }


def test_what_is_said_of_an_organization(api: Api) -> None:
    """
    The entry has the member, and why somebody who is none may become one.
    """
    api.emulator.create_organization("Acme")
    ada = api.emulator.create_member("Acme", "ada@example.com")
    api.emulator.create_organization(
        "Open", email_jit_provisioning="RESTRICTED", email_allowed_domains=["example.com"]
    )
    data = proved(api)
    mine, theirs = data["discovered_organizations"]

    assert data["email_address"] == "ada@example.com"
    assert mine["membership"]["member"]["member_id"] == ada.member_id
    assert mine["membership"]["details"] is None
    assert (mine["member_authenticated"], mine["mfa_required"]) == (True, None)
    assert theirs["membership"]["member"] is None
    assert theirs["membership"]["details"] == {"domain": "example.com"}


def test_what_an_organization_will_ask_for(api: Api) -> None:
    """
    Another way of logging in goes before a second factor.
    """
    api.emulator.create_organization("MFA", mfa_policy="REQUIRED_FOR_ALL")
    api.emulator.create_organization(
        "SSO",
        mfa_policy="REQUIRED_FOR_ALL",
        auth_methods="RESTRICTED",
        allowed_auth_methods=["sso"],
    )
    for name in ("MFA", "SSO"):
        api.emulator.create_member(name, "ada@example.com")
    mfa, sso = proved(api)["discovered_organizations"]

    assert mfa["member_authenticated"] is False
    assert mfa["primary_required"] is None
    assert mfa["mfa_required"] == {"member_options": None, "secondary_auth_initiated": None}
    assert sso["primary_required"] == {"allowed_auth_methods": ["sso"]}
    assert sso["mfa_required"] is None


def test_who_would_join_is_asked_for_mfa_too(api: Api) -> None:
    """
    Somebody who is no member yet has no second factor set up.
    """
    api.emulator.create_organization(
        "Open",
        email_jit_provisioning="RESTRICTED",
        email_allowed_domains=["example.com"],
        mfa_policy="REQUIRED_FOR_ALL",
    )
    (found,) = proved(api)["discovered_organizations"]

    assert found["mfa_required"] == {"member_options": None, "secondary_auth_initiated": None}


def test_the_list_can_be_read_again(api: Api) -> None:
    """
    With the intermediate session, which goes on, and sees what has changed.
    """
    data = proved(api)
    api.emulator.create_member(api.emulator.create_organization("Acme"), "ada@example.com")
    again = api.post(LIST, {"intermediate_session_token": data["intermediate_session_token"]}).data

    assert data["discovered_organizations"] == []
    assert memberships(again) == {"acme": "active_member"}
    assert again["email_address"] == "ada@example.com"
    assert again["organization_id_hint"] is None
    assert exchange(api, data["intermediate_session_token"]).status == 200


def test_the_list_of_a_session(api: Api) -> None:
    """
    Who is logged in needs no intermediate session; the empty one of mobile clients is none.
    """
    ada = api.emulator.sign_in("ada@example.com", "Acme")
    data = api.post(LIST, {"intermediate_session_token": ""}, token=ada.session_token).data

    assert data["email_address"] == "ada@example.com"
    assert memberships(data) == {"acme": "active_member"}


def test_an_intermediate_session_wins_over_a_session(api: Api) -> None:
    """
    The list is that of the login that is under way.
    """
    ada = api.emulator.sign_in("ada@example.com", "Acme")
    body = {"intermediate_session_token": token_of(api, "bob@example.com")}

    assert api.post(LIST, body, token=ada.session_token).data["email_address"] == "bob@example.com"


def test_nobody_gets_no_list(api: Api) -> None:
    """
    Neither nobody, nor who has a token that was never given out or has expired.
    """
    token = token_of(api)
    api.emulator.clock.advance(minutes=10)

    assert api.post(LIST).error == (401, "user_unauthenticated")
    for gone in (token, "x"):
        assert api.post(LIST, {"intermediate_session_token": gone}).error == (
            404,
            "intermediate_session_not_found",
        )


# --- Entering one -----------------------------------------------------------------------------


def test_exchange(api: Api) -> None:
    """
    The member gets a session with what was proved, and the intermediate session ends.
    """
    api.emulator.create_organization("Acme")
    ada = api.emulator.create_member("Acme", "ada@example.com")
    token = token_of(api)
    data = exchange(api, token).data
    (factor,) = data["member_session"]["authentication_factors"]

    assert data["member_id"] == ada.member_id
    assert (data["member_authenticated"], data["intermediate_session_token"]) == (True, "")
    assert factor["type"] == "email_otp"
    assert api.post(SESSION, token=data["session_token"]).status == 200
    assert exchange(api, token).error == (404, "intermediate_session_not_found")


@pytest.mark.parametrize("status", ["pending", "invited"])
def test_an_exchange_accepts_an_invitation(api: Api, status: str) -> None:
    """
    Who was invited, or has begun to sign up, becomes active.
    """
    api.emulator.create_organization("Acme")
    api.emulator.create_member(
        "Acme", "ada@example.com", status=status, email_address_verified=False
    )
    member = exchange(api, token_of(api)).data["member"]

    assert (member["status"], member["email_address_verified"]) == ("active", True)


@pytest.mark.parametrize(
    "settings",
    [
        {"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": ["example.com"]},
        {"email_jit_provisioning": "ALL_ALLOWED"},
    ],
    ids=["domain", "everybody"],
)
def test_an_exchange_provisions_who_may_join(api: Api, settings: dict[str, Any]) -> None:
    """
    Who is eligible becomes a member, without any role.
    """
    organization = api.emulator.create_organization("Acme", **settings)
    data = exchange(api, token_of(api), organization.organization_id).data

    assert data["member_authenticated"] is True
    assert data["member"]["email_address"] == "ada@example.com"
    assert data["member_session"]["roles"] == ["stytch_member"]


def test_an_exchange_provisions_by_tenant(api: Api) -> None:
    """
    A tenant that an OAuth provider has vouched for opens an organization, too.
    """
    api.emulator.create_organization(
        "Acme",
        oauth_tenant_jit_provisioning="RESTRICTED",
        allowed_oauth_tenants={"slack": ["T1"]},
    )
    store = api.emulator._store
    who = {"provider_subject": "U1"}
    factor = factors.oauth(store, "slack", who, proved_address="ada@example.com")

    def begin(tenant: str) -> discovery.Discovery:
        with store.lock:
            return discovery.begin(
                store,
                email_address="ada@example.com",
                proved=[factor],
                oauth_tenants={"slack": tenant},
            )

    (found,) = begin("T1").found
    stranger = exchange(api, begin("T2").intermediate.token)

    assert found.membership_type == "eligible_to_join_by_oauth_tenant"
    assert found.details == {"provider": "slack", "tenant": "T1"}
    assert begin("T2").found == ()
    assert stranger.error == (400, "email_jit_provisioning_not_allowed")
    assert exchange(api, begin("T1").intermediate.token).status == 200


def test_who_may_not_join_stays_out(api: Api) -> None:
    """
    Closed organizations, those for other domains, and none at all; the login can go elsewhere.
    """
    api.emulator.create_organization("Closed")
    api.emulator.create_organization(
        "Other", email_jit_provisioning="RESTRICTED", email_allowed_domains=["example.org"]
    )
    api.emulator.create_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    token = token_of(api)

    assert exchange(api, token, "closed").error == (400, "email_jit_provisioning_not_allowed")
    assert exchange(api, token, "other").error == (400, "invalid_email_for_jit_provisioning")
    assert exchange(api, token, "nowhere").error == (404, "organization_not_found")
    assert exchange(api, token, "acme").status == 200


def test_a_deactivated_member_stays_out(api: Api) -> None:
    """
    The organization has seen the person, and does not provision anew.
    """
    api.emulator.create_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    api.emulator.create_member("Acme", "ada@example.com", status="deleted")

    assert exchange(api, token_of(api)).error == (400, "action_available_only_for_active_members")


def test_an_exchange_may_end_in_mfa(api: Api) -> None:
    """
    The next intermediate session goes on at the organization chosen, and nowhere else.
    """
    api.emulator.create_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    api.emulator.create_organization("Other", email_jit_provisioning="ALL_ALLOWED")
    api.emulator.create_member("Acme", "ada@example.com")
    first = token_of(api)
    data = exchange(api, first).data
    second = data["intermediate_session_token"]
    elsewhere = exchange(api, second, "other")

    assert (data["member_authenticated"], data["member_session"]) == (False, None)
    assert data["mfa_required"] is not None
    assert second not in ("", first)
    assert elsewhere.error == (400, "invalid_intermediate_session_token_for_organization")
    assert create(api, second).error == (
        400,
        "invalid_intermediate_session_token_for_organization",
    )
    assert [m.email_address for m in api.emulator._store.members.values()] == ["ada@example.com"]
    assert exchange(api, second).data["mfa_required"] is not None


def test_an_exchange_may_ask_for_another_login(api: Api) -> None:
    """
    The organization accepts none of what was proved.
    """
    api.emulator.create_organization(
        "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["sso", "password"]
    )
    api.emulator.create_member("Acme", "ada@example.com")
    data = exchange(api, token_of(api)).data

    assert data["primary_required"] == {"allowed_auth_methods": ["sso", "password"]}
    assert (data["member_session"], data["mfa_required"]) == (None, None)


def test_what_was_proved_adds_up(api: Api) -> None:
    """
    The intermediate session can be taken along to another login of the same person.
    """
    api.emulator.create_organization("Acme")
    api.emulator.create_member("Acme", "ada@example.com")
    token = token_of(api)
    api.post(LOGIN, {"email_address": "ada@example.com", "organization_id": "acme"})
    link = api.emulator.outbox.last(kind="login").token
    data = api.post(OPEN, {"magic_links_token": link, "intermediate_session_token": token}).data

    assert [factor["type"] for factor in data["member_session"]["authentication_factors"]] == [
        "email_otp",
        "magic_link",
    ]


def test_another_persons_intermediate_session(api: Api) -> None:
    """
    What somebody else has proved counts for nobody.
    """
    api.emulator.create_organization("Acme")
    api.emulator.create_member("Acme", "ada@example.com")
    token = token_of(api, "bob@example.com")
    api.post(LOGIN, {"email_address": "ada@example.com", "organization_id": "acme"})
    link = api.emulator.outbox.last(kind="login").token
    reply = api.post(OPEN, {"magic_links_token": link, "intermediate_session_token": token})

    assert reply.error == (400, "invalid_intermediate_session_token_for_organization")


@pytest.mark.parametrize("call", [exchange, create])
def test_intermediate_sessions_live_for_ten_minutes(api: Api, call: Any) -> None:
    """
    From the moment of its end on one is not found; nor is one that never was.
    """
    api.emulator.create_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    early, late = token_of(api), token_of(api)
    api.emulator.clock.advance(minutes=9, seconds=59)
    in_time = call(api, early)
    api.emulator.clock.advance(seconds=1)

    assert in_time.status == 200
    for gone in (late, "x", ""):
        assert call(api, gone).error == (404, "intermediate_session_not_found")


@pytest.mark.parametrize("call", [exchange, create])
def test_durations_have_limits(api: Api, call: Any) -> None:
    """
    A wrong duration leaves the intermediate session as it is.
    """
    api.emulator.create_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    token = token_of(api)

    assert call(api, token, session_duration_minutes=4).error == (
        400,
        "invalid_session_duration_minutes",
    )
    assert call(api, token).status == 200


# --- Founding one -----------------------------------------------------------------------------


def test_create(api: Api) -> None:
    """
    The founder is the admin of an organization with the settings asked for.
    """
    token = token_of(api)
    data = create(
        api,
        token,
        organization_name="Grün",
        organization_slug="green",
        organization_logo_url="https://example.com/logo.png",
        email_allowed_domains=["example.com"],
        email_jit_provisioning="RESTRICTED",
        mfa_methods="RESTRICTED",
        allowed_mfa_methods=["totp"],
        oauth_tenant_jit_provisioning="RESTRICTED",
        allowed_oauth_tenants={"slack": ["T1"]},
    ).data
    organization = data["organization"]

    assert data["member_authenticated"] is True
    assert data["member_session"]["roles"] == ["stytch_member", "stytch_admin"]
    assert data["member"]["email_address"] == "ada@example.com"
    assert (organization["organization_name"], organization["organization_slug"]) == (
        "Grün",
        "green",
    )
    assert organization["organization_logo_url"] == "https://example.com/logo.png"
    assert organization["email_jit_provisioning"] == "RESTRICTED"
    assert organization["allowed_mfa_methods"] == ["totp"]
    assert organization["allowed_oauth_tenants"] == {"slack": ["T1"]}
    assert memberships(proved(api)) == {"green": "active_member"}
    assert create(api, token).error == (404, "intermediate_session_not_found")


@pytest.mark.parametrize(
    ("email_address", "name"),
    [
        ("ada@acme.example.com", "acme"),
        ("ada@gmail.com", "ada"),
        ("ada@university.edu", "ada"),
    ],
)
def test_names_come_from_the_address(api: Api, email_address: str, name: str) -> None:
    """
    A company's domain says more than a person's name, and a common provider's less.
    """
    organization = create(api, token_of(api, email_address)).data["organization"]

    assert (organization["organization_name"], organization["organization_slug"]) == (name, name)


@pytest.mark.parametrize(
    ("name", "slug"), [("q", "organization"), ("\u00dc", "organization"), ("a" * 128, "a" * 120)]
)
def test_slugs_come_from_the_name(api: Api, name: str, slug: str) -> None:
    """
    What is made of a name is what the API would take, also if there are two of the name.
    """
    made = [
        create(api, token_of(api), organization_name=name).data["organization"]["organization_slug"]
        for _ in range(2)
    ]

    assert made == [slug, f"{slug}-2"]


def test_a_new_organization_may_demand_mfa(api: Api) -> None:
    """
    Its own policy holds for the founder, too.
    """
    data = create(api, token_of(api), mfa_policy="REQUIRED_FOR_ALL").data

    assert (data["member_authenticated"], data["session_token"]) == (False, "")
    assert data["mfa_required"] is not None
    assert data["intermediate_session_token"]


def test_claimed_domains(api: Api) -> None:
    """
    Whoever has an address at a claimed domain founds nothing.
    """
    api.emulator.create_organization("Acme", claimed_email_domains=["Example.com"])

    assert create(api, token_of(api)).error == (400, "action_not_allowed_email_domain_is_claimed")
    assert create(api, token_of(api, "ada@example.org")).status == 200


def test_founding_can_be_switched_off(api: Api) -> None:
    """
    Bootstrap tells clients so, and the API holds to it.
    """
    api.emulator.set_bootstrap(create_organization_enabled=False)

    assert create(api, token_of(api)).error == (401, "endpoint_not_authorized_for_sdk")


def test_slugs_are_taken(api: Api) -> None:
    """
    A slug that another organization has is refused, and the login can try another one.
    """
    api.emulator.create_organization("Acme")
    token = token_of(api)

    assert create(api, token, organization_slug="acme").error == (
        400,
        "organization_slug_already_used",
    )
    assert create(api, token, organization_slug="acme-2").status == 200


@pytest.mark.parametrize(
    ("settings", "error_type"),
    [
        ({"organization_name": " "}, "organization_name_missing"),
        ({"organization_name": "x" * 129}, "invalid_organization_name"),
        ({"organization_slug": "A b"}, "invalid_organization_slug"),
        ({"organization_slug": "x"}, "invalid_organization_slug"),
        ({"auth_methods": "RESTRICTED"}, "allowed_auth_methods_required_for_restricted"),
        (
            {"auth_methods": "RESTRICTED", "allowed_auth_methods": []},
            "allowed_auth_methods_required_for_restricted",
        ),
        ({"mfa_methods": "RESTRICTED"}, "allowed_mfa_methods_required_for_restricted"),
        ({"allowed_auth_methods": ["fax"]}, "invalid_organization_allowed_auth_methods"),
        ({"allowed_mfa_methods": ["fax"]}, "invalid_organization_allowed_mfa_methods"),
        ({"email_jit_provisioning": "RESTRICTED"}, "invalid_restricted_email_setting"),
        ({"email_invites": "RESTRICTED"}, "invalid_restricted_email_setting"),
        ({"sso_jit_provisioning": "RESTRICTED"}, "invalid_restricted_sso_setting"),
        (
            {"oauth_tenant_jit_provisioning": "RESTRICTED"},
            "invalid_restricted_oauth_tenants_setting",
        ),
        ({"allowed_oauth_tenants": {"google": ["x"]}}, "invalid_oauth_allowed_tenants_format"),
        ({"allowed_oauth_tenants": {"slack": "T1"}}, "invalid_oauth_allowed_tenants_format"),
        ({"allowed_oauth_tenants": {"slack": [1]}}, "invalid_oauth_allowed_tenants_format"),
        ({"email_allowed_domains": ["no domain"]}, "organization_settings_invalid_domain"),
        ({"email_allowed_domains": ["Gmail.com"]}, "organization_settings_domain_too_common"),
        (
            {"email_allowed_domains": ["example.com", "EXAMPLE.com"]},
            "organization_settings_duplicate_domain",
        ),
    ],
)
def test_settings_that_the_api_refuses(api: Api, settings: dict[str, Any], error_type: str) -> None:
    """
    Each has an error type of its own; nothing is founded, and the login goes on.
    """
    token = token_of(api)
    reply = create(api, token, **settings)

    assert reply.error == (400, error_type)
    assert api.emulator._store.organizations == {}
    assert create(api, token).status == 200


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("sso_jit_provisioning", ["ALL_ALLOWED", "RESTRICTED", "NOT_ALLOWED"]),
        ("email_jit_provisioning", ["ALL_ALLOWED", "RESTRICTED", "NOT_ALLOWED"]),
        ("email_invites", ["ALL_ALLOWED", "RESTRICTED", "NOT_ALLOWED"]),
        ("auth_methods", ["ALL_ALLOWED", "RESTRICTED"]),
        ("mfa_methods", ["ALL_ALLOWED", "RESTRICTED"]),
        ("mfa_policy", ["OPTIONAL", "REQUIRED_FOR_ALL"]),
        ("oauth_tenant_jit_provisioning", ["RESTRICTED", "NOT_ALLOWED"]),
    ],
)
def test_settings_have_closed_values(api: Api, name: str, allowed: list[str]) -> None:
    """
    Any other value is an issue of the body, which says what there is.
    """
    reply = create(api, "x", **{name: "SOMETIMES"})

    assert reply.status == 400
    assert reply.json["body"] == [
        {
            "keyword": "enum",
            "dataPath": f".{name}",
            "schemaPath": f"#/properties/{name}/enum",
            "params": {"allowedValues": allowed},
            "message": "should be equal to one of the allowed values",
        }
    ]


def test_settings_of_an_organization_that_is_there(api: Api) -> None:
    """
    What is held counts beside what is given, and nothing that is left alone is wrong.
    """
    store = api.emulator._store
    acme = api.emulator.create_organization("Acme", allowed_auth_methods=["sso"])
    odd = api.emulator.create_organization("Odd", mfa_methods="RESTRICTED")
    organization_settings.check(
        store, {"auth_methods": "RESTRICTED", "organization_slug": "acme"}, organization=acme
    )
    organization_settings.check(store, {"organization_name": "Even"}, organization=odd)

    with pytest.raises(ApiError, match="mfa_methods is RESTRICTED"):
        organization_settings.check(store, {"allowed_mfa_methods": []}, organization=odd)
    with pytest.raises(ApiError, match="already in use"):
        organization_settings.check(store, {"organization_slug": "acme"}, organization=odd)
