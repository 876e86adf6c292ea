"""Changing members: field by field, by admins and by themselves, and what does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from .member_calls import DENIED, MEMBER_ACTIONS, MEMBERS, SELF, me, permitted, remove, update

if TYPE_CHECKING:
    from stytch_b2b.emulator import Member, SignedIn

    from .conftest import Api, Reply

PHONE = "+12025550162"
OTHER_PHONE = "+12025550163"


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


FIELDS: dict[str, tuple[object, str]] = {
    "name": ("Robert", "update.info.name"),
    "untrusted_metadata": ({"team": "blue"}, "update.info.untrusted-metadata"),
    "is_breakglass": (True, "update.settings.is-breakglass"),
    "mfa_phone_number": (OTHER_PHONE, "update.info.mfa-phone"),
    "mfa_enrolled": (False, "update.settings.mfa-enrolled"),
    "roles": (["custom"], "update.settings.roles"),
    "default_mfa_method": ("totp", "update.settings.default-mfa-method"),
    "email_address": ("robert@example.com", "update.info.email"),
}
ALSO_ABOUT_ONESELF = {
    "name",
    "untrusted_metadata",
    "mfa_phone_number",
    "mfa_enrolled",
    "default_mfa_method",
}


@pytest.fixture
def target(api: Api) -> Member:
    """
    Acme has a member whom every field can be changed of.
    """
    member = api.emulator.create_member(api.emulator.create_organization("Acme"), "bob@example.com")
    api.emulator.enroll_totp(member)
    return member


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_has_a_permission_of_its_own(api: Api, target: Member, name: str) -> None:
    """
    A field of another member changes with its permission, and not with all the others.
    """
    value, action = FIELDS[name]
    others = [("stytch.member", other) for other in MEMBER_ACTIONS if other != action]
    about_oneself = [("stytch.self", every) for every in MEMBER_ACTIONS]
    without = permitted(api, "eve@example.com", *others, *about_oneself)
    denied = update(api, without, target, **{name: value})
    allowed = update(
        api, permitted(api, "eve@example.com", ("stytch.member", action)), target, **{name: value}
    )

    assert denied.error == DENIED
    assert f"perform {action} on stytch.member" in denied.json["error_message"]
    if name == "roles":
        held = [role["role_id"] for role in allowed.data["member"]["roles"]]
        assert held == ["stytch_member", "custom"]
    else:
        assert value == allowed.data["member"][name]


@pytest.mark.parametrize("name", FIELDS)
def test_what_members_may_change_of_themselves(api: Api, target: Member, name: str) -> None:
    """
    For some fields the permission about oneself is enough, for others it never is.
    """
    value, action = FIELDS[name]
    caller = permitted(api, "bob@example.com", ("stytch.self", action))
    reply = update(api, caller, target, **{name: value})

    assert caller.member_id == target.member_id
    if name in ALSO_ABOUT_ONESELF:
        assert value == reply.data["member"][name]
    else:
        assert reply.error == DENIED


def test_oneself_by_an_external_id(api: Api, target: Member) -> None:
    """
    A member is itself by whatever id it is called.
    """
    api.emulator.update_member(target, external_id="bob")
    caller = permitted(api, "bob@example.com", ("stytch.self", "update.info.name"))
    path = f"{MEMBERS}/bob"
    data = api.call("PUT", path, {"name": "Robert"}, token=caller.session_token).data

    assert data["member_id"] == target.member_id


def test_a_field_too_many_is_denied(api: Api, target: Member) -> None:
    """
    Every field needs its permission, or nothing changes.
    """
    caller = permitted(api, "eve@example.com", ("stytch.member", "update.info.name"))
    reply = update(api, caller, target, name="Robert", is_breakglass=True)

    assert reply.error == DENIED
    assert target.name == ""


def test_answer(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    The answer has the member as it is now; what was not given stays.
    """
    before = me(api, bob)
    api.emulator.clock.advance(seconds=5)
    data = update(api, ada, bob, name="Robert", roles=None).data
    after = data["member"]

    assert set(data) == {"request_id", "status_code", "member_id", "member", "organization"}
    assert after == me(api, bob)
    assert {name for name in before if before[name] != after[name]} == {"name", "updated_at"}


@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        ({"email_address": "nobody"}, "invalid_email"),
        ({"email_address": "ada@EXAMPLE.com"}, "duplicate_member_email"),
        ({"roles": ["king"]}, "invalid_rbac_role_id"),
        ({"roles": ["stytch_member"]}, "cannot_assign_default_rbac_role_id"),
        ({"mfa_phone_number": "555"}, "invalid_phone_number"),
        ({"mfa_phone_number": PHONE}, "duplicate_member_phone_number"),
        ({"default_mfa_method": "fax"}, "invalid_mfa_default_method"),
        ({"default_mfa_method": "totp"}, "default_mfa_member_missing_factor"),
        ({"default_mfa_method": "sms_otp"}, "default_mfa_member_missing_factor"),
        ({"untrusted_metadata": {str(n): n for n in range(21)}}, "metadata_too_many_keys"),
        ({"untrusted_metadata": {"much": "x" * 5000}}, "metadata_too_large"),
    ],
)
def test_changes_that_are_refused(
    api: Api, ada: SignedIn, bob: SignedIn, body: dict[str, Any], error_type: str
) -> None:
    """
    A change that does not fit is refused, and what came with it does not happen either.
    """
    api.emulator.enroll_phone(ada.member_id, PHONE)
    before = me(api, bob)
    reply = update(api, ada, bob, **{"name": "Robert", **body})

    assert reply.error == (400, error_type)
    assert before == me(api, bob)


def test_nobody_else_is_found(api: Api, ada: SignedIn) -> None:
    """
    Members of other organizations are as unknown as invented ones.
    """
    stranger = api.emulator.sign_in("eve@example.com", "Other")

    assert update(api, ada, stranger, name="Eve").error == (404, "member_not_found")


def test_metadata_is_merged(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Keys that are given are replaced, null takes one out, and the others stay.
    """
    update(api, ada, bob, untrusted_metadata={"team": "blue", "desk": 1, "cup": {"size": "L"}})
    update(api, ada, bob, untrusted_metadata={"team": "red", "desk": None})

    assert me(api, bob)["untrusted_metadata"] == {"team": "red", "cup": {"size": "L"}}


def test_a_phone_number_is_proved_anew(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    A number that an admin has typed is not verified, and can be corrected.
    """
    update(api, ada, bob, mfa_phone_number=OTHER_PHONE)
    update(api, ada, bob, mfa_phone_number=PHONE)
    member = me(api, bob)

    assert (member["mfa_phone_number"], member["mfa_phone_number_verified"]) == (PHONE, False)


def test_a_verified_phone_number_has_to_go_first(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Only a deletion makes room for another number; the same one may be said again.
    """
    api.emulator.enroll_phone(bob.member_id, PHONE)
    same = update(api, ada, bob, mfa_phone_number=PHONE)
    other = update(api, ada, bob, mfa_phone_number=OTHER_PHONE)
    remove(api, ada, f"mfa_phone_numbers/{bob.member_id}")
    after = update(api, ada, bob, mfa_phone_number=OTHER_PHONE)

    assert same.data["member"]["mfa_phone_number_verified"]
    assert other.error == (400, "duplicate_member_phone_number_for_member")
    assert after.data["member"]["mfa_phone_number"] == OTHER_PHONE


def test_a_deleted_member_leaves_the_phone_number(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Somebody else may have it.
    """
    api.emulator.enroll_phone(bob.member_id, PHONE)
    remove(api, ada, bob.member_id)

    assert update(api, ada, ada, mfa_phone_number=PHONE).status == 200


@pytest.mark.parametrize("method", ["totp", "sms_otp"])
def test_the_default_method_is_one_of_those_set_up(
    api: Api, ada: SignedIn, bob: SignedIn, method: str
) -> None:
    """
    A second factor that the member has may be asked for first.
    """
    api.emulator.enroll_phone(bob.member_id, PHONE)
    api.emulator.enroll_totp(bob.member_id)

    assert (
        method
        == update(api, ada, bob, default_mfa_method=method).data["member"]["default_mfa_method"]
    )


def test_enrollment_counts_at_the_next_login(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Who is enrolled needs a second factor to log in, but not to go on.
    """
    update(api, ada, bob, mfa_enrolled=True)
    body = {"email_address": "bob@example.com", "organization_id": ada.organization_id}
    api.post("/sdk/v1/b2b/magic_links/email/login_or_signup", body)
    link = {"magic_links_token": api.emulator.outbox.last().token}
    login = api.post("/sdk/v1/b2b/magic_links/authenticate", link).data

    assert login["mfa_required"] is not None
    assert me(api, bob)["mfa_enrolled"]


def test_roles_are_replaced(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    The roles given are all that are assigned; they count at once.
    """
    update(api, ada, bob, roles=["stytch_admin"])
    as_admin = update(api, bob, bob, is_breakglass=True)
    update(api, ada, bob, roles=[])
    as_member = update(api, bob, bob, is_breakglass=False)

    assert as_admin.status == 200
    assert as_member.error == DENIED


def test_the_last_admin_stays_one(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    The role can be taken from one of two admins, but not from the last one.
    """
    alone = update(api, ada, ada, roles=[])
    renamed = update(api, ada, ada, name="Ada", roles=["stytch_admin"])
    update(api, ada, bob, roles=["stytch_admin"])
    with_another = update(api, ada, ada, roles=[])

    assert alone.error == (400, "bad_request")
    assert renamed.status == 200
    assert with_another.status == 200
    assert not me(api, ada)["is_admin"]


def test_an_admin_by_domain_is_one(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Implicit roles count: with one the assigned role can go, and with it the address cannot.
    """
    assignments = [{"domain": "example.com", "role_id": "stytch_admin"}]
    api.emulator.update_member(bob.member_id, email_address="bob@other.com")
    api.emulator.update_organization("Acme", rbac_email_implicit_role_assignments=assignments)
    unassigned = update(api, ada, ada, roles=[])
    moved = update(api, ada, ada, email_address="ada@other.com")

    assert unassigned.data["member"]["is_admin"]
    assert moved.error == (400, "bad_request")


@pytest.mark.parametrize(
    ("revoked", "preserve", "by_sso", "by_email"),
    [
        ("stytch_admin", None, 404, 200),
        ("stytch_admin", False, 404, 200),
        ("stytch_admin", True, 200, 200),
        ("king", None, 200, 200),
    ],
)
def test_sessions_that_still_have_a_revoked_role(
    api: Api, ada: SignedIn, revoked: str, preserve: bool | None, by_sso: int, by_email: int
) -> None:
    """
    A role that a connection gives as well ends with the sessions by it, unless they are preserved.
    """
    connection = api.emulator.create_sso_connection("Acme")
    connection.role_assignments.append({"role_id": "stytch_admin"})
    api.emulator.set_custom_roles("Acme", [{"role_id": "king"}])
    eve = api.emulator.sign_in("eve@example.com", "Acme", roles=["stytch_admin", "king"])
    query = urlencode(
        {"public_token": api.emulator.public_token, "connection_id": connection.connection_id}
    )
    url = api.emulator.browser_login(f"/v1/public/sso/start?{query}", "eve@example.com")
    body = {"sso_token": parse_qs(urlsplit(url).query)["token"][0]}
    login = api.post("/sdk/v1/b2b/sso/authenticate", body).data
    kept = {"stytch_admin", "king"} - {revoked}
    update(api, ada, eve, roles=[*kept], preserve_existing_sessions=preserve)

    assert by_sso == api.get(SELF, token=login["session_token"]).status
    assert by_email == api.get(SELF, token=eve.session_token).status


@pytest.fixture
def with_password(api: Api) -> Member:
    """
    Acme has a member with a password of its own.
    """
    api.emulator.set_cross_organization_passwords(False)
    organization = api.emulator.create_organization("Acme")
    return api.emulator.create_member(organization, "bob@example.com", password="swordfish 7!")


def password_path(member: Member) -> str:
    """
    Return what is below the members for a password.
    """
    assert member.password is not None
    return f"passwords/{member.password.password_id}"


def test_delete_password(api: Api, with_password: Member) -> None:
    """
    Without a password one logs in by something else; sessions stay.
    """
    ada = api.emulator.sign_in("ada@example.com", "Acme")
    bob = api.emulator.sign_in("bob@example.com", "Acme")
    path = password_path(with_password)
    data = remove(api, ada, path).data
    body = {
        "organization_id": bob.organization_id,
        "email_address": "bob@example.com",
        "password": "swordfish 7!",
    }

    assert (data["member_id"], data["member"]["member_password_id"]) == (bob.member_id, "")
    assert me(api, bob)["member_password_id"] == ""
    assert api.post("/sdk/v1/b2b/passwords/authenticate", body).error == (
        404,
        "member_password_not_found",
    )
    assert remove(api, ada, path).error == (404, "member_password_not_found")


DELETE_PASSWORD = "update.info.delete.password"


@pytest.mark.parametrize(
    ("permission", "caller", "status"),
    [
        (("stytch.self", DELETE_PASSWORD), "bob@example.com", 200),
        (("stytch.self", DELETE_PASSWORD), "eve@example.com", 403),
        (("stytch.member", DELETE_PASSWORD), "eve@example.com", 200),
        (("stytch.member", DELETE_PASSWORD), "bob@example.com", 200),
        (("stytch.self", "update.info.name"), "bob@example.com", 403),
    ],
)
def test_who_deletes_a_password(
    api: Api, with_password: Member, permission: tuple[str, str], caller: str, status: int
) -> None:
    """
    Admins and the member itself use one route; the permission about oneself opens it to oneself.
    """
    somebody = permitted(api, caller, permission)

    assert status == remove(api, somebody, password_path(with_password)).status


def test_a_password_that_is_not_there(api: Api, with_password: Member) -> None:
    """
    Who may delete only the own password is not told which others there are.
    """
    ada = api.emulator.sign_in("ada@example.com", "Acme")
    eve = api.emulator.sign_in("eve@example.com", "Acme", roles=())
    stranger = api.emulator.sign_in("ada@example.com", "Other")

    for somebody in (ada, stranger):
        path = "passwords/nothing" if somebody is ada else password_path(with_password)
        assert remove(api, somebody, path).error == (404, "member_password_not_found")
    assert remove(api, eve, "passwords/nothing").error == DENIED


def test_a_password_for_every_organization_is_not_deleted(
    api: Api, ada: SignedIn, bob: SignedIn
) -> None:
    """
    It is not the organization's to delete.
    """
    api.emulator.set_password(bob.member_id, "swordfish 7!")
    password_id = me(api, bob)["member_password_id"]
    reply = remove(api, ada, f"passwords/{password_id}")

    assert reply.error == (400, "cross_org_passwords_enabled")
    assert password_id == me(api, bob)["member_password_id"]


def test_delete_phone_number(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    What is left is asked for first from now on; sessions stay.
    """
    api.emulator.enroll_phone(bob.member_id, PHONE)
    api.emulator.enroll_totp(bob.member_id)
    data = remove(api, ada, f"mfa_phone_numbers/{bob.member_id}").data
    member = data["member"]
    again = remove(api, ada, f"mfa_phone_numbers/{bob.member_id}")

    assert data["member_id"] == bob.member_id
    assert (member["mfa_phone_number"], member["mfa_phone_number_verified"]) == ("", False)
    assert member["default_mfa_method"] == "totp"
    assert member["mfa_enrolled"]
    assert member == me(api, bob)
    assert again.error == (404, "member_phone_number_not_found")


def test_delete_totp(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    The recovery codes go with the app; another can be set up then.
    """
    api.emulator.enroll_phone(bob.member_id, PHONE)
    api.emulator.enroll_totp(bob.member_id)
    api.emulator.update_member(bob.member_id, default_mfa_method="totp")
    member = remove(api, ada, f"totp/{bob.member_id}").data["member"]
    codes = api.get("/sdk/v1/b2b/recovery_codes", token=bob.session_token)
    again = remove(api, ada, f"totp/{bob.member_id}")

    assert (member["totp_registration_id"], member["default_mfa_method"]) == ("", "sms_otp")
    assert codes.error == (404, "recovery_codes_not_found")
    assert again.error == (404, "totp_not_found")


def test_without_any_second_factor_there_is_no_default(
    api: Api, ada: SignedIn, bob: SignedIn
) -> None:
    """
    The last second factor leaves nothing to ask for first.
    """
    api.emulator.enroll_totp(bob.member_id)
    member = remove(api, ada, f"totp/{bob.member_id}").data["member"]

    assert member["default_mfa_method"] == ""


def change_address(
    api: Api, caller: SignedIn, member: SignedIn, address: str, **body: Any
) -> Reply:
    """
    Give a member another address.
    """
    return update(api, caller, member, email_address=address, **body)


def test_a_new_address_retires_the_old_one(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Nobody has proved the new address, and the old one is kept from others.
    """
    member = change_address(api, ada, bob, "Robert@example.com").data["member"]
    taken = api.post(MEMBERS, {"email_address": "bob@example.com"}, token=ada.session_token)
    claimed = change_address(api, ada, ada, "bob@example.com")

    assert (member["email_address"], member["email_address_verified"]) == (
        "robert@example.com",
        False,
    )
    assert [one["email_address"] for one in member["retired_email_addresses"]] == [
        "bob@example.com"
    ]
    assert taken.error == claimed.error == (400, "retired_member_email")
    assert me(api, bob) == member


def test_one_may_go_back_to_an_old_address(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    It is the same address as before, and the other is the retired one now.
    """
    change_address(api, ada, bob, "robert@example.com")
    (retired,) = me(api, bob)["retired_email_addresses"]
    change_address(api, ada, bob, "bob@example.com")
    change_address(api, ada, bob, "robert@example.com")

    assert me(api, bob)["retired_email_addresses"] == [retired]


def test_unlinked_the_old_address_is_free(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    With `unlink_email` somebody else may have the old address at once.
    """
    member = change_address(api, ada, bob, "robert@example.com", unlink_email=True).data["member"]
    taken = api.post(MEMBERS, {"email_address": "bob@example.com"}, token=ada.session_token)

    assert member["retired_email_addresses"] == []
    assert taken.status == 200


def test_unlink_alone_does_nothing(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Without a new address there is nothing to unlink.
    """
    for body in ({"unlink_email": True}, {"email_address": "bob@example.com"}):
        member = update(api, ada, bob, **body).data["member"]

        assert member["email_address"] == "bob@example.com"
        assert member["email_address_verified"]
        assert member["retired_email_addresses"] == []


def test_mail_to_the_old_address_is_worthless(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Whoever reads the old mailbox does not get in any more.
    """
    body = {"email_address": "bob@example.com", "organization_id": ada.organization_id}
    api.post("/sdk/v1/b2b/magic_links/email/login_or_signup", body)
    link = {"magic_links_token": api.emulator.outbox.last().token}
    api.post("/sdk/v1/b2b/otps/email/login_or_signup", body)
    code = api.emulator.outbox.last().code
    change_address(api, ada, bob, "robert@example.com")
    opened = api.post("/sdk/v1/b2b/magic_links/authenticate", link)
    typed = api.post("/sdk/v1/b2b/otps/email/authenticate", {**body, "code": code})

    assert opened.error == (404, "magic_link_not_found")
    assert typed.error == (404, "otp_code_not_found")


def test_an_address_that_was_only_given_opens_nothing_else(
    api: Api, ada: SignedIn, bob: SignedIn
) -> None:
    """
    An admin cannot make a member of the own organization somebody else's elsewhere.
    """
    other = api.emulator.create_organization("Other")
    api.emulator.create_member(other, "victim@example.com")
    change_address(api, ada, bob, "victim@example.com")
    body = {"organization_id": other.organization_id, "session_duration_minutes": 60}
    exchanged = api.post("/sdk/v1/b2b/sessions/exchange", body, token=bob.session_token)
    listed = api.post("/sdk/v1/b2b/discovery/organizations", {}, token=bob.session_token).data

    assert exchanged.error == (400, "email_verification_required")
    assert [
        found["organization"]["organization_name"] for found in listed["discovered_organizations"]
    ] == ["Acme"]


def log_in(api: Api, organization_id: str, email_address: str) -> Reply:
    """
    Log in with the password of these tests.
    """
    body = {
        "organization_id": organization_id,
        "email_address": email_address,
        "password": "swordfish 7!",
    }
    return api.post("/sdk/v1/b2b/passwords/authenticate", body)


def test_the_password_follows_the_person(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    One who is nowhere else keeps the password for every organization under the new address.
    """
    api.emulator.set_password(bob.member_id, "swordfish 7!")
    change_address(api, ada, bob, "robert@example.com")

    assert log_in(api, ada.organization_id, "robert@example.com").status == 200
    assert log_in(api, ada.organization_id, "bob@example.com").error == (
        404,
        "member_password_not_found",
    )


def test_the_password_stays_with_the_person(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Where the old address is still somebody's elsewhere, the password is, too.
    """
    api.emulator.set_password(bob.member_id, "swordfish 7!")
    other = api.emulator.create_organization("Other")
    api.emulator.create_member(other, "bob@example.com")
    change_address(api, ada, bob, "robert@example.com")

    assert log_in(api, other.organization_id, "bob@example.com").status == 200
    assert log_in(api, ada.organization_id, "robert@example.com").error == (
        404,
        "member_password_not_found",
    )


def test_no_password_is_given_to_a_stranger(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Where the new address is somebody's elsewhere, the old password does not open it.
    """
    api.emulator.set_password(bob.member_id, "swordfish 7!")
    other = api.emulator.create_organization("Other")
    api.emulator.create_member(other, "victim@example.com")
    change_address(api, ada, bob, "victim@example.com")

    assert log_in(api, other.organization_id, "victim@example.com").error == (
        404,
        "member_password_not_found",
    )
