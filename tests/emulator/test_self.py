"""What members do about themselves, and what they may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .member_calls import DENIED, MEMBER_ACTIONS, MEMBERS, me, permitted, update

if TYPE_CHECKING:
    from stytch_b2b.emulator import SignedIn

    from .conftest import Api, Reply

PHONE = "+12025550162"


@pytest.fixture
def bob(api: Api) -> SignedIn:
    """
    Bob is a member of Acme without any role, and logged in.
    """
    return api.emulator.sign_in("bob@example.com", "Acme", roles=())


def update_self(api: Api, caller: SignedIn, **body: Any) -> Reply:
    """
    Change the caller.
    """
    return api.call("PUT", f"{MEMBERS}/update", body, token=caller.session_token)


def delete(api: Api, caller: SignedIn, what: str) -> Reply:
    """
    Delete something of the caller's.
    """
    return api.call("DELETE", f"{MEMBERS}/{what}", token=caller.session_token)


FIELDS: dict[str, tuple[object, str]] = {
    "name": ("Robert", "update.info.name"),
    "untrusted_metadata": ({"team": "blue"}, "update.info.untrusted-metadata"),
    "mfa_phone_number": (PHONE, "update.info.mfa-phone"),
    "mfa_enrolled": (False, "update.settings.mfa-enrolled"),
    "default_mfa_method": ("totp", "update.settings.default-mfa-method"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_has_a_permission_of_its_own(api: Api, bob: SignedIn, name: str) -> None:
    """
    A field changes with its permission, and not with all the others, nor with those of admins.
    """
    api.emulator.enroll_totp(bob.member_id)
    value, action = FIELDS[name]
    others = [("stytch.self", other) for other in MEMBER_ACTIONS if other != action]
    of_admins = [("stytch.member", every) for every in MEMBER_ACTIONS]
    denied = update_self(
        api, permitted(api, "bob@example.com", *others, *of_admins), **{name: value}
    )
    allowed = update_self(
        api, permitted(api, "bob@example.com", ("stytch.self", action)), **{name: value}
    )

    assert denied.error == DENIED
    assert f"perform {action} on stytch.self" in denied.json["error_message"]
    assert value == allowed.data["member"][name]


def test_a_field_too_many_is_denied(api: Api, bob: SignedIn) -> None:
    """
    Every field needs its permission, or nothing changes.
    """
    caller = permitted(api, "bob@example.com", ("stytch.self", "update.info.name"))
    reply = update_self(api, caller, name="Robert", mfa_enrolled=True)

    assert reply.error == DENIED
    assert me(api, caller)["name"] == ""


def test_members_may_change_themselves(api: Api, bob: SignedIn) -> None:
    """
    The role of everybody is enough.
    """
    data = update_self(api, bob, name="Robert", mfa_phone_number=PHONE).data

    assert set(data) == {"request_id", "status_code", "member_id", "member", "organization"}
    assert data["member_id"] == bob.member_id
    assert data["member"] == me(api, bob)
    assert (data["member"]["name"], data["member"]["mfa_phone_number"]) == ("Robert", PHONE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("roles", ["stytch_admin"]),
        ("is_breakglass", True),
        ("email_address", "robert@example.com"),
        ("status", "pending"),
        ("trusted_metadata", {"plan": "free"}),
    ],
)
def test_what_only_others_change(api: Api, bob: SignedIn, name: str, value: object) -> None:
    """
    A field that the call does not know changes nothing.
    """
    before = me(api, bob)
    member = update_self(api, bob, **{name: value}).data["member"]

    assert before[name] == member[name]
    assert before["roles"] == member["roles"]


@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        ({"mfa_phone_number": "555"}, "invalid_phone_number"),
        ({"mfa_phone_number": PHONE}, "duplicate_member_phone_number"),
        ({"default_mfa_method": "totp"}, "default_mfa_member_missing_factor"),
        ({"untrusted_metadata": {"much": "x" * 5000}}, "metadata_too_large"),
    ],
)
def test_changes_that_are_refused(
    api: Api, bob: SignedIn, body: dict[str, Any], error_type: str
) -> None:
    """
    The rules are those for admins.
    """
    api.emulator.enroll_phone(api.emulator.create_member("Acme", "eve@example.com"), PHONE)

    assert update_self(api, bob, **body).error == (400, error_type)


def test_another_member_is_not_oneself(api: Api, bob: SignedIn) -> None:
    """
    Who may change all of oneself may change nothing of others.
    """
    eve = api.emulator.sign_in("eve@example.com", "Acme", roles=())

    assert update(api, bob, bob, name="Robert").status == 200
    assert update(api, bob, eve, name="Robert").error == DENIED


@pytest.mark.parametrize(
    ("method", "path", "body", "action"),
    [
        ("DELETE", "deletePhoneNumber", None, "update.info.delete.mfa-phone"),
        ("DELETE", "deleteTOTP", None, "update.info.delete.mfa-totp"),
        (
            "POST",
            "unlink_retired_email",
            {"email_address": "old@example.com"},
            "update.info.unlink.retired-email",
        ),
        ("POST", "start_email_update", {"email_address": "new@example.com"}, "update.info.email"),
        ("GET", "connected_apps", None, "get.connected-apps"),
        ("POST", "connected_apps/APP/revoke", {}, "revoke.connected-app"),
    ],
)
def test_each_call_needs_its_permission(
    api: Api, bob: SignedIn, method: str, path: str, body: object, action: str
) -> None:
    """
    With the permission of the call it is answered, with all others it is not.
    """
    admin = api.emulator.sign_in("ada@example.com", "Acme")
    for address in ("old@example.com", "bob@example.com"):
        update(api, admin, bob, email_address=address)
    api.emulator.update_member(bob.member_id, email_address_verified=True)
    api.emulator.enroll_phone(bob.member_id, PHONE)
    api.emulator.enroll_totp(bob.member_id)
    app = api.emulator.create_connected_app()
    api.emulator.create_access_token(bob.member_id, app=app)
    path = f"{MEMBERS}/{path.replace('APP', app.client_id)}"
    others = [("stytch.self", other) for other in MEMBER_ACTIONS if other != action]
    of_admins = [("stytch.member", every) for every in MEMBER_ACTIONS]
    without = permitted(api, "bob@example.com", *others, *of_admins).session_token
    denied = api.call(method, path, body, token=without)
    granted = permitted(api, "bob@example.com", ("stytch.self", action)).session_token
    allowed = api.call(method, path, body, token=granted)

    assert denied.error == DENIED
    assert f"perform {action} on stytch.self" in denied.json["error_message"]
    assert allowed.status == 200, allowed.body


def test_delete_phone_number(api: Api, bob: SignedIn) -> None:
    """
    One deletes a number that is there.
    """
    api.emulator.enroll_phone(bob.member_id, PHONE)
    data = delete(api, bob, "deletePhoneNumber").data
    again = delete(api, bob, "deletePhoneNumber")

    assert (data["member_id"], data["member"]["mfa_phone_number"]) == (bob.member_id, "")
    assert again.error == (404, "member_phone_number_not_found")


def test_delete_totp(api: Api, bob: SignedIn) -> None:
    """
    One deletes an app that is there, also one that was never used.
    """
    body = {"organization_id": bob.organization_id, "member_id": bob.member_id}
    api.post("/sdk/v1/b2b/totp", body, token=bob.session_token)
    data = delete(api, bob, "deleteTOTP").data
    again = delete(api, bob, "deleteTOTP")

    assert (data["member_id"], data["member"]["totp_registration_id"]) == (bob.member_id, "")
    assert again.error == (404, "totp_not_found")


@pytest.mark.parametrize("path", ["update", "deletePhoneNumber", "deleteTOTP", "passwords/x"])
def test_nobody_is_nobody(api: Api, path: str) -> None:
    """
    Without a session there is no oneself.
    """
    method = "PUT" if path == "update" else "DELETE"

    assert api.call(method, f"{MEMBERS}/{path}").error == (401, "user_unauthenticated")
