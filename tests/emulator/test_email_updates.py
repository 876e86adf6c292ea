"""Changing an address by proving the new one, and giving up those that one had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .member_calls import DENIED, MEMBERS, me, permitted, remove, update

if TYPE_CHECKING:
    from stytch_b2b.emulator import SignedIn

    from .conftest import Api, Reply

OPEN = "/sdk/v1/b2b/magic_links/authenticate"
TYPE = "/sdk/v1/b2b/otps/email/authenticate"
NEW = "robert@example.com"
OLD = "bob@example.com"


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
    return api.emulator.sign_in(OLD, "Acme", roles=())


def start(api: Api, caller: SignedIn, address: str = NEW, **body: Any) -> Reply:
    """
    Begin to change the caller's own address.
    """
    path = f"{MEMBERS}/start_email_update"
    return api.post(path, {"email_address": address, **body}, token=caller.session_token)


def start_for(
    api: Api, caller: SignedIn, member: SignedIn, address: str = NEW, **body: Any
) -> Reply:
    """
    Begin to change a member's address.
    """
    path = f"{MEMBERS}/{member.member_id}/start_email_update"
    return api.post(path, {"email_address": address, **body}, token=caller.session_token)


def open_link(api: Api, **options: Any) -> Reply:
    """
    Open the newest link that was sent.
    """
    return api.post(OPEN, {"magic_links_token": api.emulator.outbox.last().token}, **options)


def type_code(api: Api, organization_id: str, address: str = NEW, code: str = "") -> Reply:
    """
    Type a passcode, the newest one if none is given.
    """
    body = {
        "email_address": address,
        "organization_id": organization_id,
        "code": code or api.emulator.outbox.last().code,
    }
    return api.post(TYPE, body)


def unlink(api: Api, caller: SignedIn, member: SignedIn | None = None, **body: str) -> Reply:
    """
    Give up an address that a member had; the caller, if no other is named.
    """
    path = "" if member is None else f"/{member.member_id}"
    return api.post(f"{MEMBERS}{path}/unlink_retired_email", body, token=caller.session_token)


def test_starting_changes_nothing_yet(api: Api, bob: SignedIn) -> None:
    """
    The answer has the member as it is, and the mail goes to the new address.
    """
    before = me(api, bob)
    data = start(api, bob).data
    message = api.emulator.outbox.last()

    assert set(data) == {"request_id", "status_code", "member_id", "member", "organization"}
    assert before == data["member"]
    assert before == me(api, bob)
    assert (message.kind, message.to, len(api.emulator.outbox)) == ("verify_email", NEW, 1)
    assert message.url.startswith("http://localhost:3000/authenticate?")
    assert "stytch_token_type=multi_tenant_magic_links" in message.url


def test_by_magic_link(api: Api, bob: SignedIn) -> None:
    """
    Opening the link logs in, under the new address; the old one is retired.
    """
    old_id = api.emulator._store.members[bob.member_id].email_id
    start(api, bob)
    login = open_link(api).data
    factor = login["member_session"]["authentication_factors"][0]["email_factor"]
    member = me(api, bob)

    assert login["member_id"] == bob.member_id
    assert login["member"] == member
    assert (member["email_address"], member["email_address_verified"]) == (NEW, True)
    assert member["retired_email_addresses"] == [{"email_id": old_id, "email_address": OLD}]
    assert factor == {"email_id": login["method_id"], "email_address": NEW}
    assert old_id != login["method_id"]


def test_by_passcode(api: Api, bob: SignedIn) -> None:
    """
    So does typing the passcode.
    """
    start(api, bob, delivery_method="EMAIL_OTP")
    message = api.emulator.outbox.last()
    login = type_code(api, bob.organization_id).data

    assert (message.kind, message.to) == ("passcode", NEW)
    assert login["member"]["email_address"] == NEW
    assert [one["email_address"] for one in me(api, bob)["retired_email_addresses"]] == [OLD]


def test_it_strengthens_the_session(api: Api, bob: SignedIn) -> None:
    """
    Who is logged in stays in the same session.
    """
    start(api, bob)
    login = open_link(api, token=bob.session_token).data

    assert login["session_token"] == bob.session_token


def test_a_login_that_has_to_go_on(api: Api, bob: SignedIn) -> None:
    """
    Where a second factor is missing, it completes the login under the new address.
    """
    api.emulator.enroll_totp(bob.member_id)
    start(api, bob)
    login = open_link(api).data
    body = {
        "organization_id": bob.organization_id,
        "member_id": bob.member_id,
        "code": api.emulator.totp_code(bob.member_id),
        "intermediate_session_token": login["intermediate_session_token"],
    }
    completed = api.post("/sdk/v1/b2b/totp/authenticate", body).data

    assert login["member_session"] is None
    assert completed["member"]["email_address"] == NEW


def test_the_address_is_changed_once(api: Api, bob: SignedIn) -> None:
    """
    The link is used up, as every other.
    """
    start(api, bob)
    open_link(api)

    assert open_link(api).error == (401, "unable_to_auth_magic_link")


@pytest.mark.parametrize(
    ("method", "minutes", "status"),
    [
        ("EMAIL_MAGIC_LINK", 4.9, 200),
        ("EMAIL_MAGIC_LINK", 5, 401),
        ("EMAIL_OTP", 9.9, 200),
        ("EMAIL_OTP", 10, 404),
    ],
)
def test_time_runs_out(api: Api, bob: SignedIn, method: str, minutes: float, status: int) -> None:
    """
    A link lives for 5 minutes and a passcode for 10; then the address stays as it was.
    """
    start(api, bob, delivery_method=method)
    api.emulator.clock.advance(minutes=minutes)
    reply = open_link(api) if method == "EMAIL_MAGIC_LINK" else type_code(api, bob.organization_id)

    assert status == reply.status
    assert me(api, bob)["email_address"] == (NEW if status == 200 else OLD)


def test_a_wrong_passcode(api: Api, bob: SignedIn) -> None:
    """
    It changes nothing, and the right one is good still.
    """
    start(api, bob, delivery_method="EMAIL_OTP")
    wrong = "000000" if api.emulator.outbox.last().code != "000000" else "111111"
    refused = type_code(api, bob.organization_id, code=wrong)
    address = me(api, bob)["email_address"]

    assert refused.error == (401, "unable_to_auth_otp_code")
    assert address == OLD
    assert type_code(api, bob.organization_id).status == 200


def test_the_newest_update_counts(api: Api, bob: SignedIn) -> None:
    """
    Beginning again gives up what was begun before.
    """
    start(api, bob, "first@example.com")
    first = {"magic_links_token": api.emulator.outbox.last().token}
    start(api, bob, "second@example.com")

    assert api.post(OPEN, first).error == (404, "magic_link_not_found")
    assert open_link(api).data["member"]["email_address"] == "second@example.com"


def test_admins_start_it_for_others(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    The owner of the new address still has to prove it.
    """
    data = start_for(api, ada, bob, delivery_method="EMAIL_OTP").data
    login = type_code(api, bob.organization_id).data

    assert data["member_id"] == login["member_id"] == bob.member_id
    assert login["member"]["email_address"] == NEW


def test_permissions(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    The permission about oneself opens the call about oneself, and that about members the other.
    """
    about_oneself = permitted(api, OLD, ("stytch.self", "update.info.email"))
    denied = start_for(api, about_oneself, ada)
    allowed = start(api, about_oneself)
    about_members = permitted(api, OLD, ("stytch.member", "update.info.email"))

    assert denied.error == DENIED
    assert allowed.status == 200
    assert start(api, about_members).error == DENIED
    assert start_for(api, about_members, ada, "other@example.com").status == 200


@pytest.mark.parametrize(
    ("address", "error_type"),
    [
        ("nobody", "invalid_email"),
        (OLD, "duplicate_member_email"),
        ("ADA@example.com", "duplicate_member_email"),
        ("had@example.com", "desired_email_deactivated_by_different_member"),
        ("wanted@example.com", "desired_email_updating_for_different_member"),
    ],
)
def test_addresses_that_are_refused(
    api: Api, ada: SignedIn, bob: SignedIn, address: str, error_type: str
) -> None:
    """
    Nobody gets an address that another member has, had, or is about to have.
    """
    eve = api.emulator.sign_in("had@example.com", "Acme")
    update(api, ada, eve, email_address="eve@example.com")
    start(api, ada, "wanted@example.com")
    sent = len(api.emulator.outbox)
    reply = start(api, bob, address)

    assert reply.error == (400, error_type)
    assert sent == len(api.emulator.outbox)


def test_an_address_is_kept_while_it_may_be_proved(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    After that others may have it.
    """
    start(api, ada)
    api.emulator.clock.advance(minutes=5)

    assert start(api, bob).status == 200


def test_a_redirect_url_that_is_not_registered(api: Api, bob: SignedIn) -> None:
    """
    The link leads where links of logins may lead.
    """
    reply = start(api, bob, login_redirect_url="https://evil.example.com")

    assert reply.error == (400, "no_match_for_provided_magic_link_url")


def test_an_unknown_delivery_method(api: Api, bob: SignedIn) -> None:
    """
    There are two of them.
    """
    assert start(api, bob, delivery_method="FAX").json["body"][0]["keyword"] == "enum"


@pytest.mark.parametrize(
    ("settings", "error_type"),
    [
        ({"status": "pending"}, "email_updates_available_only_for_active_members"),
        ({"status": "deleted"}, "email_updates_available_only_for_active_members"),
        ({"email_address_verified": False}, "member_has_no_active_verified_email"),
    ],
)
def test_members_who_cannot_update(
    api: Api, ada: SignedIn, bob: SignedIn, settings: dict[str, Any], error_type: str
) -> None:
    """
    Only an active member who has proved the present address can prove another.
    """
    api.emulator.update_member(bob.member_id, **settings)

    assert start_for(api, ada, bob).error == (400, error_type)


def test_somebody_was_faster(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    An address that somebody else has got meanwhile is not taken away.
    """
    start(api, bob)
    link = {"magic_links_token": api.emulator.outbox.last().token}
    api.emulator.create_member("Acme", NEW)
    reply = api.post(OPEN, link)

    assert reply.error == (400, "unable_to_verify_member_email_update")
    assert me(api, bob)["email_address"] == OLD


def test_the_password_follows(api: Api, bob: SignedIn) -> None:
    """
    The password for every organization is kept under the address that its owner has now.
    """
    api.emulator.set_password(bob.member_id, "swordfish 7!")
    start(api, bob)
    open_link(api)
    body = {
        "organization_id": bob.organization_id,
        "email_address": NEW,
        "password": "swordfish 7!",
    }

    assert api.post("/sdk/v1/b2b/passwords/authenticate", body).status == 200


def test_a_deleted_member_wants_no_address(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    With the member goes the update, and the link.
    """
    start(api, bob)
    remove(api, ada, bob.member_id)

    assert open_link(api).error == (404, "magic_link_not_found")
    assert start(api, ada).status == 200


def test_what_a_deleted_member_had(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Who comes back has the retired addresses again, but for those that others have taken.
    """
    for address in (NEW, "third@example.com"):
        start(api, bob, address)
        open_link(api)
    remove(api, ada, bob.member_id)
    api.emulator.create_member("Acme", OLD)
    path = f"{MEMBERS}/{bob.member_id}/reactivate"
    member = api.call("PUT", path, {}, token=ada.session_token).data["member"]

    assert member["email_address"] == "third@example.com"
    assert [one["email_address"] for one in member["retired_email_addresses"]] == [NEW]


def test_a_link_to_an_address_that_is_no_more(api: Api, bob: SignedIn) -> None:
    """
    A link proves the address that it was sent to, and no other.
    """
    body = {"email_address": OLD, "organization_id": bob.organization_id}
    api.post("/sdk/v1/b2b/magic_links/email/login_or_signup", body)
    api.emulator.update_member(bob.member_id, email_address=NEW)

    assert open_link(api).error == (400, "unable_to_verify_member_email_update")


def test_the_new_address_of_a_deleted_member(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    An address that a deleted member has left can be proved by passcode, too.
    """
    eve = api.emulator.sign_in(NEW, "Acme")
    remove(api, ada, eve.member_id)
    start(api, bob, delivery_method="EMAIL_OTP")

    assert type_code(api, bob.organization_id).data["member_id"] == bob.member_id


@pytest.mark.parametrize("by", ["email_id", "email_address", "both"])
def test_unlink(api: Api, ada: SignedIn, bob: SignedIn, by: str) -> None:
    """
    An address that one had is left to the others, by its id, by itself, or by both.
    """
    update(api, ada, bob, email_address=NEW)
    (retired,) = me(api, bob)["retired_email_addresses"]
    data = unlink(api, bob, **(retired if by == "both" else {by: retired[by]})).data
    taken = update(api, ada, ada, email_address=OLD)

    assert (data["member_id"], data["member"]["retired_email_addresses"]) == (bob.member_id, [])
    assert taken.status == 200


def test_unlink_for_others(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    Admins give up addresses of members.
    """
    update(api, ada, bob, email_address=NEW)

    assert unlink(api, ada, bob, email_address=OLD.upper()).data["member_id"] == bob.member_id
    assert me(api, bob)["retired_email_addresses"] == []


@pytest.mark.parametrize(
    ("body", "status", "error_type"),
    [
        ({}, 400, "retired_email_missing_email_identifiers"),
        ({"email_address": ""}, 400, "retired_email_missing_email_identifiers"),
        ({"email_id": "nothing"}, 404, "email_not_found"),
        ({"email_address": NEW}, 404, "email_not_found"),
        ({"email_address": "ada@example.com"}, 404, "email_not_found"),
        ({"email_address": OLD, "email_id": "nothing"}, 404, "email_not_found"),
    ],
)
def test_addresses_that_are_not_retired(
    api: Api, ada: SignedIn, bob: SignedIn, body: dict[str, str], status: int, error_type: str
) -> None:
    """
    Only an address that the member had can be given up.
    """
    update(api, ada, bob, email_address=NEW)
    reply = unlink(api, ada, bob, **body)

    assert reply.error == (status, error_type)
    assert len(me(api, bob)["retired_email_addresses"]) == 1


def test_nobody_signs_up_with_a_retired_address(api: Api, ada: SignedIn, bob: SignedIn) -> None:
    """
    An open organization does not let in a second person by it, nor is one invited.
    """
    api.emulator.update_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    update(api, ada, bob, email_address=NEW)
    body = {"email_address": OLD, "organization_id": bob.organization_id}
    signed_up = api.post("/sdk/v1/b2b/magic_links/email/login_or_signup", body)
    invited = api.post(
        "/sdk/v1/b2b/magic_links/email/invite", {"email_address": OLD}, token=ada.session_token
    )

    assert signed_up.error == invited.error == (400, "retired_member_email")
