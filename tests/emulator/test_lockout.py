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
PASSWORD = "violet-tundra-92-kite"
NEWCOMER = "new@example.com"

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
    Type a passcode for discovery, and choose the organization.
    """
    whose = {"email_address": "ada@example.com"}
    api.post("/sdk/v1/b2b/otps/email/discovery/send", whose)
    code = api.emulator.outbox.last(to="ada@example.com").code if is_right else "nope"
    path = "/sdk/v1/b2b/otps/email/discovery/authenticate"
    found = api.post(path, {**whose, "code": code})
    if found.status != 200:
        return found
    # The login counts as a right one only when a session has come of it.
    body = {
        "intermediate_session_token": found.data["intermediate_session_token"],
        "organization_id": ada.organization_id,
    }
    return api.post("/sdk/v1/b2b/discovery/intermediate_sessions/exchange", body)


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


def begin(api: Api, ada: SignedIn) -> Reply:
    """
    Begin a login with a password, which lacks the second factor.
    """
    api.emulator.update_member(ada.member_id, mfa_enrolled=True)
    body = {
        "organization_id": ada.organization_id,
        "email_address": "ada@example.com",
        "password": PASSWORD,
    }
    return api.post("/sdk/v1/b2b/passwords/authenticate", body)


def test_a_right_password_forgets_no_wrong_codes(api: Api, ada: SignedIn) -> None:
    """
    Who knows the password may not guess the second factor for ever.
    """
    api.emulator.set_password(ada.member_id, PASSWORD)
    for _ in range(3):
        token = begin(api, ada).data["intermediate_session_token"]
        body = about(ada, recovery_code="aaaa-bbbb-cccc", intermediate_session_token=token)
        api.post("/sdk/v1/b2b/recovery_codes/recover", body)

    assert begin(api, ada).error == LOCKED


def test_a_right_code_from_an_email_forgets_none_either(api: Api, ada: SignedIn) -> None:
    """
    Only a session ends the count, by whatever method its first factor was proved.
    """
    api.emulator.update_member(ada.member_id, mfa_enrolled=True)
    for _ in range(3):
        token = by_email(api, ada, True).data["intermediate_session_token"]
        body = about(ada, recovery_code="aaaa-bbbb-cccc", intermediate_session_token=token)
        api.post("/sdk/v1/b2b/recovery_codes/recover", body)

    assert by_email(api, ada, True).error == LOCKED


def test_who_is_vouched_for_keeps_the_count(api: Api, ada: SignedIn) -> None:
    """
    An issuer and an impersonator know nothing of who has been guessing.
    """
    profile = api.emulator.create_trusted_token_profile()
    token = api.emulator.trusted_token(profile, "ada@example.com", organization="Acme")
    by_phone(api, ada, False)
    api.post("/sdk/v1/b2b/sessions/attest", {"profile_id": profile.profile_id, "token": token})
    by_phone(api, ada, False)
    impersonation = {"impersonation_token": api.emulator.create_impersonation_token(ada.member_id)}
    api.post("/sdk/v1/b2b/impersonation/authenticate", impersonation)
    by_phone(api, ada, False)

    assert by_phone(api, ada, True).error == LOCKED


def guess_code(api: Api, is_right: bool) -> Reply:
    """
    Type the passcode that somebody new was sent, or another one.
    """
    right = api.emulator.outbox.last(to=NEWCOMER).code
    body = {"email_address": NEWCOMER, "code": right if is_right else "nope"}
    return api.post("/sdk/v1/b2b/otps/email/discovery/authenticate", body)


def guess_password(api: Api, is_right: bool) -> Reply:
    """
    Type the password of somebody new, or another one.
    """
    body = {"email_address": NEWCOMER, "password": PASSWORD if is_right else "nope"}
    return api.post("/sdk/v1/b2b/passwords/discovery/authenticate", body)


@pytest.fixture
def newcomer(api: Api) -> None:
    """
    Somebody who is no member of anything has a passcode and a password; three guesses lock.
    """
    api.emulator.clock.freeze()
    api.emulator.set_lock_policy(attempts=3, minutes=5)
    root, whose = "/sdk/v1/b2b/passwords/discovery/reset", {"email_address": NEWCOMER}
    api.post(f"{root}/start", whose)
    reset = api.emulator.outbox.last(to=NEWCOMER).token
    api.post(root, {"password_reset_token": reset, "password": PASSWORD})
    api.post("/sdk/v1/b2b/otps/email/discovery/send", whose)


@pytest.mark.usefixtures("newcomer")
@pytest.mark.parametrize("guess", [guess_code, guess_password])
def test_nobodys_secrets_are_not_guessed_either(
    api: Api, guess: Callable[[Api, bool], Reply]
) -> None:
    """
    An address without any member is locked as a member is, and as long.
    """
    wrong = [guess(api, False).status for _ in range(3)]
    locked = [guess_code(api, True), guess_password(api, True)]
    api.emulator.clock.advance(minutes=5)

    assert [401, 401, 401] == wrong
    assert [LOCKED, LOCKED] == [reply.error for reply in locked]
    assert guess(api, True).status == 200


@pytest.mark.usefixtures("newcomer")
def test_a_locked_address_sets_no_password(api: Api) -> None:
    """
    Its open link for a new password waits for the end of the lock.
    """
    root = "/sdk/v1/b2b/passwords/discovery/reset"
    api.post(f"{root}/start", {"email_address": NEWCOMER})
    token = api.emulator.outbox.last(to=NEWCOMER).token
    body = {"password_reset_token": token, "password": "seven.brass.lanterns.hum"}
    for _ in range(3):
        guess_password(api, False)
    locked = api.post(root, body)
    api.emulator.clock.advance(minutes=5)

    assert locked.error == LOCKED
    assert api.post(root, body).status == 200


@pytest.mark.usefixtures("newcomer")
def test_a_session_ends_the_count_of_an_address(api: Api) -> None:
    """
    Who has founded an organization and left it again begins anew.
    """
    for _ in range(2):
        guess_password(api, False)
    token = guess_password(api, True).data["intermediate_session_token"]
    body = {"intermediate_session_token": token, "organization_name": "Acme"}
    founded = api.post("/sdk/v1/b2b/discovery/organizations/create", body).data
    api.emulator.update_member(founded["member_id"], status="deleted")
    guess_password(api, False)

    assert guess_password(api, True).status == 200


@pytest.mark.usefixtures("newcomer")
def test_a_reset_forgets_locked_addresses(api: Api) -> None:
    """
    Nothing of one test is left for the next.
    """
    for _ in range(3):
        guess_password(api, False)
    api.emulator.reset()
    api.post("/sdk/v1/b2b/otps/email/discovery/send", {"email_address": NEWCOMER})

    assert guess_code(api, True).status == 200


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
