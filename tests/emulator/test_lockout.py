"""Locks: who is locked out, by what, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyotp
import pytest

from stytch_b2b.emulator import Emulator

if TYPE_CHECKING:
    from stytch_b2b.emulator import SignedIn

    from .conftest import Api, Reply

LOCKED = (429, "user_lock_limit_reached")
PHONE = "+12025550162"

Attempt = Callable[["Api", "SignedIn", bool], "Reply"]


@pytest.fixture
def ada(api: Api) -> SignedIn:
    """
    Ada is signed in to Acme with every second factor; three wrong codes lock her.
    """
    api.emulator.clock.freeze()
    api.emulator.set_lock_policy(attempts=3)
    signed_in = api.emulator.sign_in("ada@example.com", "Acme", roles=())
    api.emulator.enroll_totp(signed_in.member_id)
    api.emulator.enroll_phone(signed_in.member_id, PHONE)
    api.emulator.update_member(signed_in.member_id, mfa_enrolled=False)
    return signed_in


def about(ada: SignedIn, **fields: Any) -> dict[str, Any]:
    """
    Return a body that names Ada.
    """
    return {"organization_id": ada.organization_id, "member_id": ada.member_id, **fields}


def by_email(api: Api, ada: SignedIn, is_right: bool) -> Reply:
    """
    Type a passcode from an e-mail.
    """
    whose = {"email_address": "ada@example.com", "organization_id": ada.organization_id}
    api.post("/sdk/v1/b2b/otps/email/login_or_signup", whose)
    code = api.emulator.outbox.last(to="ada@example.com").code if is_right else "nope"
    return api.post("/sdk/v1/b2b/otps/email/authenticate", {**whose, "code": code})


def by_discovery(api: Api, ada: SignedIn, is_right: bool) -> Reply:
    """
    Type a passcode for discovery.
    """
    whose = {"email_address": "ada@example.com"}
    api.post("/sdk/v1/b2b/otps/email/discovery/send", whose)
    code = api.emulator.outbox.last(to="ada@example.com").code if is_right else "nope"
    return api.post("/sdk/v1/b2b/otps/email/discovery/authenticate", {**whose, "code": code})


def by_phone(api: Api, ada: SignedIn, is_right: bool) -> Reply:
    """
    Type a passcode from a phone.
    """
    api.post("/sdk/v1/b2b/otps/sms/send", about(ada), token=ada.session_token)
    code = api.emulator.outbox.last(to=PHONE).code if is_right else "nope"
    body = about(ada, code=code)
    return api.post("/sdk/v1/b2b/otps/sms/authenticate", body, token=ada.session_token)


def by_app(api: Api, ada: SignedIn, is_right: bool) -> Reply:
    """
    Type what the app shows, or what it does not.
    """
    api.emulator.clock.advance(seconds=90)
    registration = api.emulator._store.members[ada.member_id].totp
    assert registration is not None
    app, now = pyotp.TOTP(registration.secret), int(api.emulator.clock.now().timestamp())
    right = {app.at(now, counter_offset=steps) for steps in (-1, 0, 1)}
    wrong = next(code for code in ("000000", "111111", "222222", "333333") if code not in right)
    body = about(ada, code=app.at(now) if is_right else wrong)
    return api.post("/sdk/v1/b2b/totp/authenticate", body, token=ada.session_token)


def by_recovery_code(api: Api, ada: SignedIn, is_right: bool) -> Reply:
    """
    Type a recovery code.
    """
    path = "/sdk/v1/b2b/recovery_codes"
    codes = api.get(path, token=ada.session_token).data["recovery_codes"]
    body = about(ada, recovery_code=codes[0] if is_right else "aaaa-bbbb-cccc")
    return api.post(f"{path}/recover", body, token=ada.session_token)


ATTEMPTS = [by_email, by_discovery, by_phone, by_app, by_recovery_code]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_too_many_wrong_codes(api: Api, ada: SignedIn, attempt: Attempt) -> None:
    """
    After the last attempt even the right code is refused; when the lock has ended it is good.
    """
    wrong = [attempt(api, ada, False).status for _ in range(3)]
    locked = attempt(api, ada, True)
    api.emulator.clock.advance(minutes=60)
    # The session that the attempts belong to has ended with the hour.
    later = api.emulator.create_session(ada.member_id)

    assert [401, 401, 401] == wrong
    assert locked.error == LOCKED
    assert attempt(api, later, True).status == 200


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_right_code_begins_a_new_count(api: Api, ada: SignedIn, attempt: Attempt) -> None:
    """
    Only wrong codes in a row count.
    """
    statuses = [
        attempt(api, ada, is_right).status for is_right in (False, False, True, False, False, True)
    ]

    assert [401, 401, 200, 401, 401, 200] == statuses


def test_all_ways_count_together(api: Api, ada: SignedIn) -> None:
    """
    Who guesses in different places is locked as well, and everywhere.
    """
    for attempt in (by_email, by_phone, by_recovery_code):
        attempt(api, ada, False)

    assert [LOCKED] * 5 == [attempt(api, ada, True).error for attempt in ATTEMPTS]


def test_a_lock_shows(api: Api, ada: SignedIn) -> None:
    """
    The member says that it is locked, since when and until when, as long as it is.
    """

    def shown() -> tuple[bool, str | None, str | None]:
        path = "/sdk/v1/b2b/organizations/members/me"
        member = api.get(path, token=ada.session_token).data["member"]
        return member["is_locked"], member["lock_created_at"], member["lock_expires_at"]

    api.emulator.set_lock_policy(minutes=30)
    before = shown()
    for _ in range(3):
        by_email(api, ada, False)
    since = api.emulator.clock.now()
    during = shown()
    api.emulator.clock.advance(minutes=30)

    assert before == (False, None, None)
    assert during[:2] == (True, f"{since:%Y-%m-%dT%H:%M:%SZ}")
    assert during[2] == f"{api.emulator.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    assert shown() == (False, None, None)


def test_a_session_outlives_a_lock(api: Api, ada: SignedIn) -> None:
    """
    A lock is about proving who one is; who has proved it before is not put out.
    """
    for _ in range(3):
        by_email(api, ada, False)
    reply = api.post("/sdk/v1/b2b/sessions/authenticate", token=ada.session_token)

    assert reply.status == 200


def test_a_lock_holds_for_every_login(api: Api, ada: SignedIn) -> None:
    """
    Also a login without anything to guess is refused, and can be repeated later.
    """
    path = "/sdk/v1/b2b/magic_links"
    whose = {"email_address": "ada@example.com", "organization_id": ada.organization_id}
    api.post(f"{path}/email/login_or_signup", whose)
    body = {"magic_links_token": api.emulator.outbox.last().token}
    api.emulator.set_lock_policy(minutes=5)
    for _ in range(3):
        by_email(api, ada, False)
    locked = api.post(f"{path}/authenticate", body)
    api.emulator.clock.advance(minutes=5)

    assert locked.error == LOCKED
    assert api.post(f"{path}/authenticate", body).status == 200


def test_the_count_begins_anew_after_a_lock(api: Api, ada: SignedIn) -> None:
    """
    One wrong code after the end of a lock does not lock again.
    """
    api.emulator.set_lock_policy(minutes=5)
    for _ in range(3):
        by_email(api, ada, False)
    api.emulator.clock.advance(minutes=5)
    by_email(api, ada, False)

    assert by_email(api, ada, True).status == 200


def test_a_lock_is_one_members(api: Api, ada: SignedIn) -> None:
    """
    The same person in another organization is another member.
    """
    other = api.emulator.create_organization("Other")
    bob = api.emulator.create_session(api.emulator.create_member(other, "ada@example.com"))
    for _ in range(3):
        by_email(api, ada, False)

    assert by_email(api, bob, True).status == 200


def test_the_defaults(api: Api) -> None:
    """
    A new project locks after ten attempts.
    """
    ada = api.emulator.sign_in("ada@example.com", "Acme")
    wrong = [by_email(api, ada, False).status for _ in range(10)]

    assert [401] * 10 == wrong
    assert by_email(api, ada, True).error == LOCKED


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"attempts": 0}, "attempts must be 1 to 100, but got 0"),
        ({"attempts": 101}, "attempts must be 1 to 100, but got 101"),
        ({"minutes": 4}, "5 minutes to 7 days, but got 4 minutes"),
        ({"minutes": 7 * 24 * 60 + 1}, "5 minutes to 7 days, but got 10081 minutes"),
    ],
)
def test_the_policy_has_limits(policy: dict[str, int], message: str) -> None:
    """
    A project cannot be configured otherwise, here as there.
    """
    with pytest.raises(ValueError, match=message):
        Emulator().set_lock_policy(**policy)


def test_the_policy_is_forgotten_with_the_rest(api: Api, ada: SignedIn) -> None:
    """
    A reset brings the defaults back; the policy can be set over HTTP, too.
    """
    api.post("/_emulator/lock_policy", {"attempts": 1})
    by_email(api, ada, False)
    locked = by_email(api, ada, True)
    api.emulator.reset()
    ada = api.emulator.sign_in("ada@example.com", "Acme")
    by_email(api, ada, False)

    assert locked.error == LOCKED
    assert by_email(api, ada, True).status == 200
