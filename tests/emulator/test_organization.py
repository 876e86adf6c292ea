"""The organization: found by its slug, changed field by field, deleted, and suspended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .member_calls import DENIED, ORGANIZATION, permitted

if TYPE_CHECKING:
    from stytch_b2b.emulator import SignedIn

    from .conftest import Api, Reply

BY_SLUG = "/sdk/v1/b2b/organizations/search"
SEND = "/sdk/v1/b2b/magic_links/email/login_or_signup"


@pytest.fixture
def ada(api: Api) -> SignedIn:
    """
    Ada administers Acme.
    """
    return api.emulator.sign_in("ada@example.com", "Acme")


def change(api: Api, caller: SignedIn, **settings: Any) -> Reply:
    """
    Change the caller's organization.
    """
    return api.call("PUT", ORGANIZATION, settings, token=caller.session_token)


def current(api: Api, caller: SignedIn) -> dict[str, Any]:
    """
    Return the caller's organization.
    """
    found: dict[str, Any] = api.get(ORGANIZATION, token=caller.session_token).data["organization"]
    return found


def test_by_slug(api: Api) -> None:
    """
    Anybody may know how one logs in to an organization, and nothing else of it.
    """
    acme = api.emulator.create_organization("Acme", "acme", email_allowed_domains=["acme.com"])
    connection = api.emulator.create_sso_connection(acme)
    found = api.post(BY_SLUG, {"organization_slug": "acme"}).data["organization"]

    assert found == {
        "organization_id": acme.organization_id,
        "organization_name": "Acme",
        "organization_logo_url": "",
        "organization_slug": "acme",
        "sso_active_connections": [
            {
                "connection_id": connection.connection_id,
                "display_name": "SSO",
                "identity_provider": "okta",
            }
        ],
        "sso_default_connection_id": connection.connection_id,
        "email_jit_provisioning": "NOT_ALLOWED",
        "email_allowed_domains": ["acme.com"],
        "auth_methods": "ALL_ALLOWED",
        "allowed_auth_methods": [],
        "mfa_policy": "OPTIONAL",
        "oauth_tenant_jit_provisioning": "NOT_ALLOWED",
        "allowed_oauth_tenants": {},
    }


@pytest.mark.parametrize("reference", ["nobody", "Acme", "ID", "external"])
def test_by_slug_takes_nothing_but_slugs(api: Api, reference: str) -> None:
    """
    Where nothing matches there is no organization, and that is no error.
    """
    acme = api.emulator.create_organization("Acme", "acme", organization_external_id="external")
    reference = acme.organization_id if reference == "ID" else reference
    data = api.post(BY_SLUG, {"organization_slug": reference}).data

    assert data["organization"] is None


def test_by_slug_needs_a_slug(api: Api) -> None:
    """
    A search for nothing has the wrong shape.
    """
    assert api.post(BY_SLUG, {}).status == 400


FIELDS: dict[str, tuple[object, str]] = {
    "organization_name": ("Acme Inc.", "update.info.name"),
    "organization_slug": ("acme-inc", "update.info.slug"),
    "organization_logo_url": ("https://acme.com/logo.png", "update.info.logo-url"),
    "sso_default_connection_id": ("SSO", "update.settings.default-sso-connection"),
    "sso_jit_provisioning": ("NOT_ALLOWED", "update.settings.sso-jit-provisioning"),
    "sso_jit_provisioning_allowed_connections": (
        ["SSO"],
        "update.settings.sso-jit-provisioning",
    ),
    "email_allowed_domains": (["acme.com"], "update.settings.allowed-domains"),
    "email_jit_provisioning": ("ALL_ALLOWED", "update.settings.email-jit-provisioning"),
    "email_invites": ("NOT_ALLOWED", "update.settings.email-invites"),
    "auth_methods": ("ALL_ALLOWED", "update.settings.allowed-auth-methods"),
    "allowed_auth_methods": (["sso"], "update.settings.allowed-auth-methods"),
    "mfa_policy": ("REQUIRED_FOR_ALL", "update.settings.mfa-policy"),
    "rbac_email_implicit_role_assignments": (
        [{"domain": "acme.com", "role_id": "custom"}],
        "update.settings.implicit-roles",
    ),
    "mfa_methods": ("ALL_ALLOWED", "update.settings.allowed-mfa-methods"),
    "allowed_mfa_methods": (["totp"], "update.settings.allowed-mfa-methods"),
    "oauth_tenant_jit_provisioning": (
        "NOT_ALLOWED",
        "update.settings.oauth-tenant-jit-provisioning",
    ),
    "allowed_oauth_tenants": ({"slack": ["T1"]}, "update.settings.allowed-oauth-tenants"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_has_a_permission_of_its_own(api: Api, ada: SignedIn, name: str) -> None:
    """
    A field changes with its permission, and not with all the others.
    """
    connection = api.emulator.create_sso_connection("Acme").connection_id
    value, action = FIELDS[name]
    if name.startswith("sso_") and value in ("SSO", ["SSO"]):
        value = connection if value == "SSO" else [connection]
    others = {other for _, other in FIELDS.values()} - {action}
    without = permitted(
        api, "bob@example.com", *(("stytch.organization", other) for other in others)
    )
    denied = change(api, without, **{name: value})
    allowed = change(
        api, permitted(api, "eve@example.com", ("stytch.organization", action)), **{name: value}
    )

    assert denied.error == DENIED
    assert f"perform {action} on stytch.organization" in denied.json["error_message"]
    assert value == allowed.data["organization"][name]


def test_a_field_too_many_is_denied(api: Api, ada: SignedIn) -> None:
    """
    Every field needs its permission, or nothing changes.
    """
    bob = permitted(api, "bob@example.com", ("stytch.organization", "update.info.name"))
    reply = change(api, bob, organization_name="Other", organization_slug="other")

    assert reply.error == DENIED
    assert current(api, bob)["organization_name"] == "Acme"


def test_connected_app_settings_and_external_id(api: Api, ada: SignedIn) -> None:
    """
    The five fields that only the API's own description knows can be set.
    """
    ours = api.emulator.create_connected_app("Ours", "first_party").client_id
    theirs = api.emulator.create_connected_app("Theirs", "third_party").client_id
    settings = {
        "organization_external_id": "customer-1",
        "first_party_connected_apps_allowed_type": "RESTRICTED",
        "allowed_first_party_connected_apps": [ours],
        "third_party_connected_apps_allowed_type": "RESTRICTED",
        "allowed_third_party_connected_apps": [theirs],
    }
    change(api, ada, **settings)

    assert settings == {name: current(api, ada)[name] for name in settings}


def test_what_is_not_given_stays(api: Api, ada: SignedIn) -> None:
    """
    An update says what differs; null says nothing.
    """
    before = current(api, ada)
    api.emulator.clock.advance(seconds=5)
    change(api, ada, mfa_policy="REQUIRED_FOR_ALL", organization_name=None)
    after = current(api, ada)

    assert {name for name in before if before[name] != after[name]} == {"mfa_policy", "updated_at"}


@pytest.mark.parametrize(
    ("settings", "status", "error_type"),
    [
        ({"organization_name": " "}, 400, "organization_name_missing"),
        ({"organization_name": "x" * 129}, 400, "invalid_organization_name"),
        ({"organization_slug": "A"}, 400, "invalid_organization_slug"),
        ({"organization_slug": "other"}, 400, "organization_slug_already_used"),
        ({"organization_logo_url": "x" * 2049}, 400, "organization_logo_url_too_long"),
        ({"organization_external_id": ""}, 400, "invalid_organization_external_id"),
        ({"organization_external_id": "x" * 129}, 400, "invalid_organization_external_id"),
        ({"organization_external_id": "taken"}, 400, "organization_external_id_already_used"),
        ({"allowed_auth_methods": ["fax"]}, 400, "invalid_organization_allowed_auth_methods"),
        ({"auth_methods": "RESTRICTED"}, 400, "allowed_auth_methods_required_for_restricted"),
        ({"allowed_mfa_methods": ["fax"]}, 400, "invalid_organization_allowed_mfa_methods"),
        ({"mfa_methods": "RESTRICTED"}, 400, "allowed_mfa_methods_required_for_restricted"),
        ({"email_invites": "RESTRICTED"}, 400, "invalid_restricted_email_setting"),
        ({"email_jit_provisioning": "RESTRICTED"}, 400, "invalid_restricted_email_setting"),
        ({"sso_jit_provisioning": "RESTRICTED"}, 400, "invalid_restricted_sso_setting"),
        (
            {"oauth_tenant_jit_provisioning": "RESTRICTED"},
            400,
            "invalid_restricted_oauth_tenants_setting",
        ),
        ({"allowed_oauth_tenants": {"fax": []}}, 400, "invalid_oauth_allowed_tenants_format"),
        ({"email_allowed_domains": ["acme"]}, 400, "organization_settings_invalid_domain"),
        ({"email_allowed_domains": ["Gmail.com"]}, 400, "organization_settings_domain_too_common"),
        (
            {"email_allowed_domains": ["mailinator.com"]},
            400,
            "organization_settings_disposable_domain",
        ),
        (
            {"email_allowed_domains": ["acme.com", "ACME.com"]},
            400,
            "organization_settings_duplicate_domain",
        ),
        (
            {"email_allowed_domains": ["claimed.com"]},
            400,
            "action_not_allowed_email_domain_is_claimed",
        ),
        ({"sso_default_connection_id": "nothing"}, 404, "sso_connection_not_found"),
        ({"sso_default_connection_id": "OTHER"}, 400, "sso_connection_organization_mismatch"),
        ({"sso_default_connection_id": "PENDING"}, 404, "sso_connection_not_found"),
        (
            {"sso_jit_provisioning_allowed_connections": ["nothing"]},
            404,
            "sso_connection_not_found",
        ),
        (
            {"rbac_email_implicit_role_assignments": [{"domain": "a", "role_id": "stytch_admin"}]},
            400,
            "rbac_invalid_domain",
        ),
        (
            {
                "rbac_email_implicit_role_assignments": [
                    {"domain": "gmail.com", "role_id": "stytch_admin"}
                ]
            },
            400,
            "rbac_domain_too_common",
        ),
        (
            {"rbac_email_implicit_role_assignments": [{"domain": "acme.com", "role_id": ""}]},
            400,
            "empty_rbac_role_id",
        ),
        (
            {"rbac_email_implicit_role_assignments": [{"domain": "acme.com", "role_id": "king"}]},
            400,
            "invalid_rbac_role_id",
        ),
        (
            {
                "rbac_email_implicit_role_assignments": [
                    {"domain": "acme.com", "role_id": "stytch_member"}
                ]
            },
            400,
            "cannot_assign_default_rbac_role_id",
        ),
        ({"allowed_first_party_connected_apps": ["nothing"]}, 404, "connected_app_not_found"),
        ({"allowed_first_party_connected_apps": ["APP"]}, 400, "invalid_connected_app_type"),
    ],
)
def test_settings_that_are_refused(
    api: Api, ada: SignedIn, settings: dict[str, Any], status: int, error_type: str
) -> None:
    """
    A setting that does not fit is refused, and what came with it does not change either.
    """
    other = api.emulator.create_organization(
        "Other",
        "other",
        claimed_email_domains=["Claimed.com"],
        organization_external_id="taken",
    )
    ids = {
        "OTHER": api.emulator.create_sso_connection(other).connection_id,
        "PENDING": api.emulator.create_sso_connection("Acme", status="pending").connection_id,
        "APP": api.emulator.create_connected_app("Theirs", "third_party").client_id,
    }
    text = json.dumps({"email_invites": "NOT_ALLOWED", **settings})
    for name, value in ids.items():
        text = text.replace(f'"{name}"', json.dumps(value))
    before = current(api, ada)
    reply = change(api, ada, **json.loads(text))

    assert reply.error == (status, error_type)
    assert before == current(api, ada)


def test_own_values_are_no_duplicates(api: Api, ada: SignedIn) -> None:
    """
    Slug, external id and claimed domain may be said again by the organization they belong to.
    """
    api.emulator.update_organization("Acme", claimed_email_domains=["acme.com"])
    settings = {
        "organization_slug": "acme",
        "organization_external_id": "customer-1",
        "email_allowed_domains": ["acme.com"],
    }
    first = change(api, ada, **settings)
    second = change(api, ada, **settings)

    assert (first.status, second.status) == (200, 200)


def test_an_unknown_choice_has_the_wrong_shape(api: Api, ada: SignedIn) -> None:
    """
    A setting with choices takes no others.
    """
    reply = change(api, ada, mfa_policy="SOMETIMES")

    assert reply.status == 400
    assert reply.json["body"][0]["keyword"] == "enum"


def test_a_setting_counts_at_once(api: Api, ada: SignedIn) -> None:
    """
    Whoever logs in after the change meets it.
    """
    change(api, ada, auth_methods="RESTRICTED", allowed_auth_methods=["password"])
    body = {"email_address": "ada@example.com", "organization_id": ada.organization_id}
    reply = api.post(SEND, body)

    assert reply.error == (400, "operation_restricted_by_organization_auth_methods")


def test_delete_needs_its_permission(api: Api, ada: SignedIn) -> None:
    """
    Without it nothing is deleted.
    """
    bob = permitted(api, "bob@example.com", ("stytch.organization", "update.info.name"))
    reply = api.call("DELETE", ORGANIZATION, token=bob.session_token)

    assert reply.error == DENIED
    assert current(api, bob)["organization_id"] == ada.organization_id


def test_delete(api: Api, ada: SignedIn) -> None:
    """
    With an organization everything of it goes, and its slug is free again.
    """
    bob = api.emulator.sign_in("bob@example.com", "Acme", roles=())
    connection = api.emulator.create_sso_connection("Acme")
    api.emulator.create_scim_connection("Acme")
    token = api.emulator.create_access_token(bob.member_id)
    body = {"email_address": "bob@example.com", "organization_id": ada.organization_id}
    api.post(SEND, body)
    link = api.emulator.outbox.last(to="bob@example.com")
    data = api.call("DELETE", ORGANIZATION, token=ada.session_token).data
    opened = api.post("/sdk/v1/b2b/magic_links/authenticate", {"magic_links_token": link.token})
    exchanged = api.post("/sdk/v1/b2b/sessions/exchange_access_token", {"access_token": token})

    assert {"organization_id": ada.organization_id}.items() <= data.items()
    for somebody in (ada, bob):
        ended = api.get(ORGANIZATION, token=somebody.session_token)
        assert ended.error == (404, "session_not_found")
    assert opened.error == (404, "magic_link_not_found")
    assert exchanged.error == (404, "idp_access_token_not_found")
    assert api.post(SEND, body).error == (404, "organization_not_found")
    assert api.post(BY_SLUG, {"organization_slug": "acme"}).data["organization"] is None
    assert api.emulator.create_organization("Acme").organization_slug == "acme"
    assert connection.connection_id not in api.emulator._store.sso_connections


def test_delete_leaves_others_alone(api: Api, ada: SignedIn) -> None:
    """
    The same person goes on in another organization, with the password for all of them.
    """
    api.emulator.set_password(ada.member_id, "swordfish 7!")
    elsewhere = api.emulator.sign_in("ada@example.com", "Other")
    api.call("DELETE", ORGANIZATION, token=ada.session_token)
    body = {
        "organization_id": elsewhere.organization_id,
        "email_address": "ada@example.com",
        "password": "swordfish 7!",
    }

    assert current(api, elsewhere)["organization_name"] == "Other"
    assert api.post("/sdk/v1/b2b/passwords/authenticate", body).status == 200


def test_a_suspended_organization(api: Api, ada: SignedIn) -> None:
    """
    Nobody acts in it or logs in to it, until the project lets them again.
    """
    suspended = (403, "organization_suspended")
    body = {"email_address": "ada@example.com", "organization_id": ada.organization_id}
    api.post(SEND, body)
    link = {"magic_links_token": api.emulator.outbox.last().token}
    api.emulator.update_organization("Acme", is_suspended=True)
    acting = api.get(ORGANIZATION, token=ada.session_token)
    sending = api.post(SEND, body)
    opening = api.post("/sdk/v1/b2b/magic_links/authenticate", link)
    api.emulator.update_organization("Acme", is_suspended=False)

    assert suspended == acting.error == sending.error == opening.error
    assert "is_suspended" not in current(api, ada)
    assert api.post("/sdk/v1/b2b/magic_links/authenticate", link).status == 200


def test_who_is_suspended_may_log_in_elsewhere(api: Api, ada: SignedIn) -> None:
    """
    The session of a suspended organization does not bar the way to another.
    """
    elsewhere = api.emulator.create_organization("Other")
    api.emulator.create_member(elsewhere, "ada@example.com")
    body = {"email_address": "ada@example.com", "organization_id": elsewhere.organization_id}
    api.post(SEND, body)
    api.emulator.update_organization("Acme", is_suspended=True)
    link = {"magic_links_token": api.emulator.outbox.last().token}
    path = "/sdk/v1/b2b/magic_links/authenticate"
    data = api.post(path, link, token=ada.session_token).data

    assert data["organization_id"] == elsewhere.organization_id
