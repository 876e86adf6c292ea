"""Members: created, deleted and reactivated, each with a permission of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .member_calls import DENIED, MEMBER_ACTIONS, MEMBERS, ORGANIZATION, SELF, permitted, remove

if TYPE_CHECKING:
    from stytch_b2b.emulator import SignedIn

    from .conftest import Api, Reply


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


def create(api: Api, caller: SignedIn, email_address: str, **body: Any) -> Reply:
    """
    Create a member.
    """
    body = {"email_address": email_address, **body}
    return api.post(MEMBERS, body, token=caller.session_token)


def reactivate(api: Api, caller: SignedIn, member_id: str) -> Reply:
    """
    Make a deleted member active again.
    """
    return api.call("PUT", f"{MEMBERS}/{member_id}/reactivate", {}, token=caller.session_token)


@pytest.mark.parametrize(
    ("method", "path", "body", "action"),
    [
        ("POST", MEMBERS, {"email_address": "new@example.com"}, "create"),
        ("POST", f"{ORGANIZATION}/members/search", {}, "search"),
        ("DELETE", f"{MEMBERS}/ID", None, "delete"),
        ("PUT", f"{MEMBERS}/ID/reactivate", {}, "create"),
        ("DELETE", f"{MEMBERS}/passwords/PASSWORD", None, "update.info.delete.password"),
        ("DELETE", f"{MEMBERS}/mfa_phone_numbers/ID", None, "update.info.delete.mfa-phone"),
        ("DELETE", f"{MEMBERS}/totp/ID", None, "update.info.delete.mfa-totp"),
        (
            "POST",
            f"{MEMBERS}/ID/unlink_retired_email",
            {"email_address": "old@example.com"},
            "update.info.unlink.retired-email",
        ),
        (
            "POST",
            f"{MEMBERS}/ID/start_email_update",
            {"email_address": "new@example.com"},
            "update.info.email",
        ),
        ("GET", f"{MEMBERS}/ID/connected_apps", None, "get.connected-apps"),
        ("POST", f"{MEMBERS}/ID/connected_apps/APP/revoke", {}, "revoke.connected-app"),
    ],
)
def test_each_call_needs_its_permission(
    api: Api, method: str, path: str, body: object, action: str
) -> None:
    """
    With the permission of the call it is answered, with all others of the resource it is not.
    """
    api.emulator.set_cross_organization_passwords(False)
    member = api.emulator.create_member(
        api.emulator.create_organization("Acme"), "bob@example.com", password="a good password"
    )
    api.emulator.enroll_phone(member, "+12025550162")
    api.emulator.enroll_totp(member)
    app = api.emulator.create_connected_app()
    api.emulator.create_access_token(member, app=app)
    if path.endswith("reactivate"):
        api.emulator.update_member(member, status="deleted")
    if path.endswith("unlink_retired_email"):
        admin = api.emulator.sign_in("ada@example.com", "Acme")
        for address in ("old@example.com", "bob@example.com"):
            changed = {"email_address": address}
            url = f"{MEMBERS}/{member.member_id}"
            api.call("PUT", url, changed, token=admin.session_token)
    assert member.password is not None
    for name, value in (
        ("ID", member.member_id),
        ("PASSWORD", member.password.password_id),
        ("APP", app.client_id),
    ):
        path = path.replace(name, value)

    others = [("stytch.member", other) for other in MEMBER_ACTIONS if other != action]
    without = permitted(api, "eve@example.com", *others).session_token
    denied = api.call(method, path, body, token=without)
    granted = permitted(api, "eve@example.com", ("stytch.member", action)).session_token
    allowed = api.call(method, path, body, token=granted)

    assert denied.error == DENIED
    assert f"perform {action} on stytch.member" in denied.json["error_message"]
    assert allowed.status == 200, allowed.body


def test_create(api: Api, ada: SignedIn) -> None:
    """
    A new member is active, and nobody has proved the address.
    """
    settings = {
        "name": "Eve",
        "is_breakglass": True,
        "roles": ["stytch_admin"],
        "mfa_enrolled": True,
        "mfa_phone_number": "+12025550162",
        "untrusted_metadata": {"team": "blue"},
    }
    data = create(api, ada, "Eve@Example.com", **settings).data
    member = data["member"]

    assert set(data) == {"request_id", "status_code", "member_id", "member", "organization"}
    assert member["member_id"] == data["member_id"]
    assert data["organization"]["organization_id"] == ada.organization_id
    assert (member["email_address"], member["status"]) == ("eve@example.com", "active")
    assert not member["email_address_verified"]
    assert not member["mfa_phone_number_verified"]
    assert [role["role_id"] for role in member["roles"]] == ["stytch_member", "stytch_admin"]
    del settings["roles"]
    assert settings == {name: member[name] for name in settings}


def test_create_sends_nothing(api: Api, ada: SignedIn) -> None:
    """
    The person hears of it from whoever calls.
    """
    create(api, ada, "eve@example.com")

    assert len(api.emulator.outbox) == 0


def test_create_as_pending(api: Api, ada: SignedIn) -> None:
    """
    A pending member becomes active with the first login.
    """
    member = create(api, ada, "eve@example.com", create_member_as_pending=True).data["member"]
    body = {"email_address": "eve@example.com", "organization_id": ada.organization_id}
    api.post("/sdk/v1/b2b/magic_links/email/login_or_signup", body)
    link = api.emulator.outbox.last()
    opened = {"magic_links_token": link.token}
    login = api.post("/sdk/v1/b2b/magic_links/authenticate", opened).data

    assert (member["status"], link.kind) == ("pending", "signup")
    assert login["member_id"] == member["member_id"]
    assert login["member"]["status"] == "active"
    assert login["member"]["email_address_verified"]


def test_new_members_need_no_roles(api: Api, ada: SignedIn) -> None:
    """
    Everything but the address may be left out.
    """
    member = create(api, ada, "eve@example.com").data["member"]

    assert [role["role_id"] for role in member["roles"]] == ["stytch_member"]
    assert (member["name"], member["mfa_phone_number"]) == ("", "")
    assert not member["is_breakglass"]
    assert not member["mfa_enrolled"]


@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        ({"email_address": "nobody"}, "invalid_email"),
        ({"email_address": "BOB@example.com"}, "duplicate_member_email"),
        ({"roles": ["king"]}, "invalid_rbac_role_id"),
        ({"roles": ["stytch_member"]}, "cannot_assign_default_rbac_role_id"),
        ({"mfa_phone_number": "555"}, "invalid_phone_number"),
        ({"mfa_phone_number": "+12025550162"}, "duplicate_member_phone_number"),
        ({"untrusted_metadata": {str(n): n for n in range(21)}}, "metadata_too_many_keys"),
        ({"untrusted_metadata": {"much": "x" * 5000}}, "metadata_too_large"),
    ],
)
def test_members_that_are_refused(
    api: Api, ada: SignedIn, bob: SignedIn, body: dict[str, Any], error_type: str
) -> None:
    """
    A member who does not fit is not created.
    """
    api.emulator.enroll_phone(bob.member_id, "+12025550162")
    reply = create(api, ada, **{"email_address": "eve@example.com", **body})
    found = api.post(f"{ORGANIZATION}/members/search", {}, token=ada.session_token).data

    assert reply.error == (400, error_type)
    assert found["results_metadata"]["total"] == 2


def test_other_organizations_are_others(api: Api, ada: SignedIn) -> None:
    """
    Address and phone number may be a member's elsewhere, and roles elsewhere do not exist.
    """
    other = api.emulator.create_organization("Other", custom_roles=[{"role_id": "king"}])
    member = api.emulator.create_member(other, "eve@example.com")
    api.emulator.enroll_phone(member, "+12025550162")
    created = create(api, ada, "eve@example.com", mfa_phone_number="+12025550162")
    crowned = create(api, ada, "may@example.com", roles=["king"])

    assert created.status == 200
    assert crowned.error == (400, "invalid_rbac_role_id")


def test_roles_of_the_organization_can_be_assigned(api: Api, ada: SignedIn) -> None:
    """
    Its custom roles exist as those of the project do; naming one twice says no more.
    """
    api.emulator.set_custom_roles("Acme", [{"role_id": "king"}])
    member = create(api, ada, "eve@example.com", roles=["king", "king"]).data["member"]

    assert [role["role_id"] for role in member["roles"]] == ["stytch_member", "king"]


def test_nobody_of_another_organization_is_found(api: Api, ada: SignedIn) -> None:
    """
    Ids of other organizations are as unknown as invented ones.
    """
    stranger = api.emulator.sign_in("eve@example.com", "Other")

    for member_id in (stranger.member_id, "member-test-nobody"):
        assert remove(api, ada, member_id).error == (404, "member_not_found")
    assert api.get(SELF, token=stranger.session_token).status == 200


def test_an_external_id_is_as_good(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Members go by the project's own ids, too.
    """
    api.emulator.update_member(bob.member_id, external_id="bob")

    assert remove(api, ada, "bob").data["member_id"] == bob.member_id


def test_delete(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Who is deleted acts no more: sessions end, and nothing that was sent lets them in.
    """
    body = {"email_address": "bob@example.com", "organization_id": ada.organization_id}
    api.post("/sdk/v1/b2b/magic_links/email/login_or_signup", body)
    link = {"magic_links_token": api.emulator.outbox.last().token}
    data = remove(api, ada, bob.member_id).data
    acting = api.get(SELF, token=bob.session_token)
    opening = api.post("/sdk/v1/b2b/magic_links/authenticate", link)
    sending = api.post("/sdk/v1/b2b/magic_links/email/login_or_signup", body)

    assert {"member_id": bob.member_id}.items() <= data.items()
    assert "member" not in data
    assert acting.error == (404, "session_not_found")
    assert opening.error == (404, "magic_link_not_found")
    assert sending.error == (400, "action_available_only_for_active_members")


def test_delete_ends_what_others_vouch_for(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Registrations with identity providers, groups and what apps were granted go, too.
    """
    connection = api.emulator.create_scim_connection("Acme")
    group = api.emulator.create_scim_group(connection, "Engineers", [bob.member_id])
    token = api.emulator.create_access_token(bob.member_id)
    remove(api, ada, bob.member_id)
    restored = reactivate(api, ada, bob.member_id).data["member"]
    exchanged = api.post("/sdk/v1/b2b/sessions/exchange_access_token", {"access_token": token})

    assert group.member_ids == []
    assert restored["scim_registration"] is None
    assert exchanged.error == (401, "connected_app_consent_revoked")


def test_deleted_members_cannot_be_changed(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    There is nothing to do about a deleted member but to reactivate it.
    """
    remove(api, ada, bob.member_id)
    again = remove(api, ada, bob.member_id)
    path = f"{MEMBERS}/{bob.member_id}"
    renamed = api.call("PUT", path, {"name": "Bob"}, token=ada.session_token)

    for reply in (again, renamed):
        assert reply.error == (400, "action_available_only_for_active_members")


def test_reactivate(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    A member is active again, but has to log in anew.
    """
    remove(api, ada, bob.member_id)
    data = reactivate(api, ada, bob.member_id).data

    assert (data["member_id"], data["member"]["status"]) == (bob.member_id, "active")
    assert api.get(SELF, token=bob.session_token).error == (404, "session_not_found")
    assert api.emulator.sign_in("bob@example.com", "Acme").member_id == bob.member_id


def test_only_deleted_members_are_reactivated(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Who was not deleted cannot come back.
    """
    reply = reactivate(api, ada, bob.member_id)

    assert reply.error == (400, "no_deleted_member_found_for_reactivation")


def test_only_proved_members_are_reactivated(api: Api, ada: SignedIn) -> None:
    """
    Somebody who has never been there is to be invited, or created, anew.
    """
    member_id = create(api, ada, "eve@example.com").data["member_id"]
    remove(api, ada, member_id)
    reply = reactivate(api, ada, member_id)

    assert reply.error == (400, "email_unverified_for_reactivation")


def test_a_deleted_member_leaves_the_address(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Somebody else may have it, and then the first cannot come back.
    """
    remove(api, ada, bob.member_id)
    second = create(api, ada, "bob@example.com").data
    barred = reactivate(api, ada, bob.member_id)
    remove(api, ada, second["member_id"])
    back = reactivate(api, ada, bob.member_id)

    assert second["member_id"] != bob.member_id
    assert barred.error == (400, "reactivation_email_belongs_to_another_member")
    assert back.status == 200


def test_the_last_admin_stays(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Nobody takes the last admin away, but one of two may go.
    """
    alone = remove(api, ada, ada.member_id)
    api.emulator.update_member(bob.member_id, roles=["stytch_admin"], status="invited")
    with_an_invited_one = remove(api, ada, ada.member_id)
    api.emulator.update_member(bob.member_id, status="active")
    with_another = remove(api, ada, ada.member_id)

    assert alone.error == (400, "bad_request")
    assert "administers" in alone.json["error_message"]
    assert with_an_invited_one.error == (400, "bad_request")
    assert with_another.status == 200
    assert api.get(SELF, token=ada.session_token).error == (404, "session_not_found")
