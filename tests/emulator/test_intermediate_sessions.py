"""Logins that are not complete: how long they live, and what ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .password_calls import (
    NEW,
    OLD,
    authenticate,
    by_session as reset_by_session,
    discover,
    exchange as reset_by_existing,
    reset as reset_by_email,
    reset_discovery,
    sent,
    sent_discovery,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from stytch_b2b.emulator import Member

    from .conftest import Api, Reply

ADA = "ada@example.com"
B2B = "/sdk/v1/b2b"
GONE = (404, "intermediate_session_not_found")
SPENT = (401, "unable_to_auth_password_reset_token")


@pytest.fixture
def ada(api: Api) -> Member:
    """
    Ada is a member of Acme with a password; Acme wants a second factor; the clock stands still.
    """
    api.emulator.clock.freeze()
    acme = api.emulator.create_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    return api.emulator.create_member(acme, ADA, password=OLD)


def go_on(api: Api, begun: Any, organization_id: str = "acme") -> Reply:
    """
    Go on with a login at an organization.
    """
    body = {
        "intermediate_session_token": begun["intermediate_session_token"],
        "organization_id": organization_id,
    }
    return api.post(f"{B2B}/discovery/intermediate_sessions/exchange", body)


def test_going_on_buys_no_time(api: Api, ada: Member) -> None:
    """
    A login in which nothing new is proved ends when it would have.
    """
    begun = go_on(api, discover(api).data).data
    api.emulator.clock.advance(minutes=9)
    begun = go_on(api, begun).data
    api.emulator.clock.advance(minutes=1)

    assert go_on(api, begun).error == GONE


def test_a_new_proof_buys_time(api: Api, ada: Member) -> None:
    """
    A login in which something was proved lives for ten minutes from then on.
    """
    begun = go_on(api, discover(api).data).data
    api.emulator.clock.advance(minutes=9)
    token = begun["intermediate_session_token"]
    begun = authenticate(api, intermediate_session_token=token).data
    api.emulator.clock.advance(minutes=9)

    assert go_on(api, begun).status == 200


def by_link(api: Api) -> Reply:
    """
    Change the password by a link of Acme's.
    """
    return reset_by_email(api, sent(api).token)


def by_discovery_link(api: Api) -> Reply:
    """
    Change the password by a link that names no organization.
    """
    return reset_discovery(api, sent_discovery(api).token)


def by_session(api: Api) -> Reply:
    """
    Change the password in a session.
    """
    (member,) = (each for each in api.emulator._store.members.values())
    return reset_by_session(api, api.emulator.create_session(member).session_token)


CHANGES = [by_link, by_discovery_link, by_session, reset_by_existing]


@pytest.mark.parametrize("change", CHANGES)
def test_a_new_password_ends_logins_with_the_old_one(
    api: Api, ada: Member, change: Callable[[Api], Reply]
) -> None:
    """
    Who knew the old password does not go on with it, here or before a choice.
    """
    chosen, unchosen = authenticate(api).data, discover(api).data

    assert change(api).status == 200
    assert go_on(api, chosen).error == GONE
    assert go_on(api, unchosen).error == GONE
    assert discover(api, NEW).status == 200


@pytest.mark.parametrize("change", CHANGES)
def test_a_new_password_closes_other_reset_links(
    api: Api, ada: Member, change: Callable[[Api], Reply]
) -> None:
    """
    A link asked for before does not undo the change.
    """
    older, elsewhere = sent(api).token, sent_discovery(api).token

    assert change(api).status == 200
    assert reset_by_email(api, older, "another.good.one.88").error == SPENT
    assert reset_discovery(api, elsewhere, "another.good.one.88").error == SPENT


def test_the_login_that_changes_the_password_goes_on(api: Api, ada: Member) -> None:
    """
    Whoever sets the password and still lacks a second factor is not put out by it.
    """
    begun = by_link(api).data

    assert begun["mfa_required"] is not None
    assert go_on(api, begun).status == 200


def test_a_new_password_leaves_other_people_alone(api: Api, ada: Member) -> None:
    """
    Neither logins nor links of somebody else end, nor a login without the password.
    """
    bob = "bob@example.com"
    api.emulator.create_member("Acme", bob, password=OLD)
    begun, link = discover(api, email_address=bob).data, sent(api, bob).token
    api.post(f"{B2B}/otps/email/discovery/send", {"email_address": ADA})
    body = {"email_address": ADA, "code": api.emulator.outbox.last(to=ADA).code}
    by_code = api.post(f"{B2B}/otps/email/discovery/authenticate", body).data
    by_link(api)

    assert go_on(api, begun).status == 200
    assert reset_by_email(api, link).status == 200
    assert go_on(api, by_code).status == 200


def test_a_new_password_of_one_organization(api: Api) -> None:
    """
    Where every organization has passwords of its own, only its own logins and links end.
    """
    api.emulator.set_cross_organization_passwords(False)
    for name in ("Acme", "Other"):
        organization = api.emulator.create_organization(name, mfa_policy="REQUIRED_FOR_ALL")
        api.emulator.create_member(organization, ADA, password=OLD)
    here, there = (authenticate(api, organization_id=slug).data for slug in ("acme", "other"))
    link = sent(api, organization_id="other").token
    by_link(api)

    assert go_on(api, here).error == GONE
    assert go_on(api, there, "other").status == 200
    assert reset_by_email(api, link).status == 200


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("otps/sms/send", {}),
        ("otps/sms/authenticate", {"code": "123456"}),
        ("totp", {}),
        ("totp/authenticate", {"code": "123456"}),
        ("recovery_codes/recover", {"recovery_code": "aaaa-bbbb-cccc"}),
    ],
)
def test_strangers_learn_nothing(api: Api, ada: Member, path: str, fields: dict[str, str]) -> None:
    """
    Who has begun no login gets the same answer, whether what they name is there or not.
    """
    named = [("acme", ada.member_id), ("acme", "nobody"), ("nowhere", ada.member_id)]
    bodies = [{"organization_id": where, "member_id": who, **fields} for where, who in named]
    without = [api.post(f"{B2B}/{path}", body).error for body in bodies]
    made_up = [
        api.post(f"{B2B}/{path}", {**body, "intermediate_session_token": "x"}).error
        for body in bodies
    ]

    assert [(401, "user_unauthenticated")] * 3 == without
    assert [GONE] * 3 == made_up
