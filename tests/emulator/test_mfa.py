"""Second factors: when one is wanted, which will do, and what a login offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stytch_b2b.emulator import Emulator
from stytch_b2b.emulator.errors import InvalidPhoneNumberError

if TYPE_CHECKING:
    from stytch_b2b.emulator import Member

    from .conftest import Api, Reply

PHONE = "+12025550162"
EMAIL = "/sdk/v1/b2b/otps/email"
SMS = "/sdk/v1/b2b/otps/sms"
TOTP = "/sdk/v1/b2b/totp"


@pytest.fixture
def ada(api: Api) -> Member:
    """
    Ada is a member of Acme; the clock stands still.
    """
    api.emulator.clock.freeze()
    return api.emulator.create_member(api.emulator.create_organization("Acme"), "ada@example.com")


def log_in(api: Api, organization_id: str = "acme") -> Any:
    """
    Log Ada in with a passcode from an e-mail, and return the answer.
    """
    whose = {"email_address": "ada@example.com", "organization_id": organization_id}
    api.post(f"{EMAIL}/login_or_signup", whose)
    code = api.emulator.outbox.last(to="ada@example.com").code
    return api.post(f"{EMAIL}/authenticate", {**whose, "code": code}).data


def go_on(api: Api, ada: Member, path: str, begun: Any, **fields: Any) -> Reply:
    """
    Call an operation on a login that has begun.
    """
    body = {
        "organization_id": ada.organization_id,
        "member_id": ada.member_id,
        "intermediate_session_token": begun["intermediate_session_token"],
        **fields,
    }
    return api.post(path, body)


def texts(api: Api) -> list[str]:
    """
    Return the passcodes sent to Ada's phone.
    """
    return [message.code for message in api.emulator.outbox if message.to == PHONE]


def test_nobody_asks(api: Api, ada: Member) -> None:
    """
    Without a policy and without enrolment one factor is enough.
    """
    assert log_in(api)["member_authenticated"] is True


def test_nothing_is_set_up(api: Api, ada: Member) -> None:
    """
    Who has no second factor yet has no options, and is to set one up.
    """
    api.emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    data = log_in(api)

    assert data["member_session"] is None
    assert data["mfa_required"] == {"member_options": None, "secondary_auth_initiated": None}


def test_the_options_are_what_is_set_up(api: Api, ada: Member) -> None:
    """
    An app that has shown its first code and a phone that was verified can be used.
    """
    registration = api.emulator.enroll_totp(ada)
    api.emulator.enroll_phone(ada, PHONE)
    options = log_in(api)["mfa_required"]["member_options"]

    assert options == {
        "mfa_phone_number": PHONE,
        "totp_registration_id": registration.registration_id,
    }


def test_what_is_half_set_up_is_no_option(api: Api, ada: Member) -> None:
    """
    Neither an app without its first code nor a number without its passcode counts.
    """
    api.emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    begun = log_in(api)
    go_on(api, ada, TOTP, begun)
    go_on(api, ada, f"{SMS}/send", begun, mfa_phone_number=PHONE)

    assert log_in(api)["mfa_required"] == {
        "member_options": None,
        "secondary_auth_initiated": None,
    }


@pytest.mark.parametrize(
    ("enrolled", "default", "is_sent"),
    [
        (["phone"], "sms_otp", True),
        (["phone", "totp"], "sms_otp", True),
        (["totp", "phone"], "totp", False),
        (["totp"], "totp", False),
    ],
)
def test_a_passcode_is_sent_to_who_will_use_it(
    api: Api, ada: Member, enrolled: list[str], default: str, is_sent: bool
) -> None:
    """
    Whose default is the phone gets a passcode at once, and the answer says so.
    """
    for method in enrolled:
        if method == "phone":
            api.emulator.enroll_phone(ada, PHONE)
        else:
            api.emulator.enroll_totp(ada)
    data = log_in(api)

    assert default == data["member"]["default_mfa_method"]
    initiated = data["mfa_required"]["secondary_auth_initiated"]
    assert ("sms_otp" if is_sent else None) == initiated
    assert is_sent == (len(texts(api)) == 1)


def test_the_passcode_sent_completes_the_login(api: Api, ada: Member) -> None:
    """
    Nobody has to ask for it again.
    """
    api.emulator.enroll_phone(ada, PHONE)
    begun = log_in(api)
    (code,) = texts(api)
    data = go_on(api, ada, f"{SMS}/authenticate", begun, code=code).data

    assert ["PRIMARY", "SECONDARY"] == [
        factor["sequence_order"] for factor in data["member_session"]["authentication_factors"]
    ]
    assert data["member"]["mfa_enrolled"] is True


def test_an_app_completes_the_login(api: Api, ada: Member) -> None:
    """
    What it shows is enough, once.
    """
    api.emulator.enroll_totp(ada)
    first, second = log_in(api), log_in(api)
    code = api.emulator.totp_code(ada)
    done = go_on(api, ada, f"{TOTP}/authenticate", first, code=code)
    again = go_on(api, ada, f"{TOTP}/authenticate", second, code=code)

    assert done.data["session_token"]
    assert again.error == (401, "totp_code_already_authenticated")


def test_a_wrong_code_does_not_end_the_login(api: Api, ada: Member) -> None:
    """
    The intermediate session stays until a code is right.
    """
    api.emulator.enroll_phone(ada, PHONE)
    begun = log_in(api)
    (code,) = texts(api)
    wrong = go_on(api, ada, f"{SMS}/authenticate", begun, code="nope")

    assert wrong.error == (401, "unable_to_auth_otp_code")
    assert go_on(api, ada, f"{SMS}/authenticate", begun, code=code).status == 200


def test_a_login_waits_ten_minutes(api: Api, ada: Member) -> None:
    """
    Who takes longer for the second factor begins again.
    """
    api.emulator.enroll_totp(ada)
    begun = log_in(api)
    api.emulator.clock.advance(minutes=10)
    code = api.emulator.totp_code(ada)
    late = go_on(api, ada, f"{TOTP}/authenticate", begun, code=code)

    assert late.error == (404, "intermediate_session_not_found")


def test_an_app_can_be_set_up_during_a_login(api: Api, ada: Member) -> None:
    """
    Where everybody needs a second factor, the first login sets one up and enrols.
    """
    api.emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    begun = log_in(api)
    created = go_on(api, ada, TOTP, begun).data
    code = api.emulator.totp_code(ada)
    done = go_on(api, ada, f"{TOTP}/authenticate", begun, code=code).data

    assert created["totp_registration_id"] == done["member"]["totp_registration_id"]
    assert done["member"]["mfa_enrolled"] is True
    assert done["member"]["default_mfa_method"] == "totp"


@pytest.mark.parametrize("policy", ["OPTIONAL", "REQUIRED_FOR_ALL"])
def test_enrolment_can_be_chosen(api: Api, ada: Member, policy: str) -> None:
    """
    Where it is optional the member enrols or not; where it is required there is no choice.
    """
    api.emulator.update_organization("Acme", mfa_policy=policy)
    api.emulator.enroll_totp(ada)

    def after(**wanted: str) -> bool:
        api.emulator.clock.advance(seconds=30)
        code = api.emulator.totp_code(ada)
        session = api.emulator.create_session(ada)
        body = {"organization_id": "acme", "member_id": ada.member_id, "code": code, **wanted}
        reply = api.post(f"{TOTP}/authenticate", body, token=session.session_token)
        enrolled: bool = reply.data["member"]["mfa_enrolled"]
        return enrolled

    is_required = policy == "REQUIRED_FOR_ALL"
    assert is_required == after(set_mfa_enrollment="unenroll")
    assert is_required == after()
    assert after(set_mfa_enrollment="enroll") is True
    assert after() is True


@pytest.mark.parametrize("path", [f"{SMS}/authenticate", f"{TOTP}/authenticate"])
def test_enrolment_has_two_values(api: Api, ada: Member, path: str) -> None:
    """
    What is neither does not fit the schema.
    """
    body = {"organization_id": "acme", "member_id": ada.member_id, "code": "123456"}
    (issue,) = api.post(path, {**body, "set_mfa_enrollment": "maybe"}).json["body"]

    assert issue["keyword"] == "enum"
    assert issue["dataPath"] == ".set_mfa_enrollment"
    assert issue["params"] == {"allowedValues": ["enroll", "unenroll"]}


def test_a_factor_that_is_not_accepted_does_not_count(api: Api, ada: Member) -> None:
    """
    Where only apps are accepted a phone is neither asked nor enough.
    """
    api.emulator.enroll_phone(ada, PHONE)
    api.emulator.update_organization(
        "Acme",
        mfa_policy="REQUIRED_FOR_ALL",
        mfa_methods="RESTRICTED",
        allowed_mfa_methods=["totp"],
    )
    begun = log_in(api)
    reply = go_on(api, ada, f"{SMS}/send", begun)

    assert begun["mfa_required"]["secondary_auth_initiated"] is None
    assert texts(api) == []
    assert reply.error == (403, "operation_restricted_by_organization_mfa_methods")


def test_a_password_is_not_enough_to_add_a_factor(api: Api, ada: Member) -> None:
    """
    Who has a second factor must have proved it before another is added.
    """
    api.emulator.enroll_phone(ada, PHONE)
    begun = log_in(api)
    stolen = go_on(api, ada, TOTP, begun)
    (code,) = texts(api)
    session = go_on(api, ada, f"{SMS}/authenticate", begun, code=code).data["session_token"]
    body = {"organization_id": "acme", "member_id": ada.member_id}

    assert stolen.error == (401, "insufficient_factors")
    assert api.post(TOTP, body, token=session).status == 200


def test_a_setup_begun_before_cannot_be_finished_without_the_factor(api: Api, ada: Member) -> None:
    """
    The first code of an app needs the second factor that came in between.
    """
    api.emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    begun = log_in(api)
    go_on(api, ada, TOTP, begun)
    api.emulator.enroll_phone(ada, PHONE)
    code = api.emulator.totp_code(ada)
    reply = go_on(api, ada, f"{TOTP}/authenticate", begun, code=code)

    assert reply.error == (401, "insufficient_factors")


def test_a_phone_is_not_added_without_the_app(api: Api, ada: Member) -> None:
    """
    The same holds for a number that is new.
    """
    api.emulator.enroll_totp(ada)
    reply = go_on(api, ada, f"{SMS}/send", log_in(api), mfa_phone_number=PHONE)

    assert reply.error == (401, "insufficient_factors")


def test_the_first_factor_comes_first(api: Api, ada: Member) -> None:
    """
    A login that still needs another primary method takes no second factor.
    """
    api.emulator.enroll_totp(ada)
    whose = {"email_address": "ada@example.com", "organization_id": "acme"}
    api.post(f"{EMAIL}/login_or_signup", whose)
    code = api.emulator.outbox.last().code
    api.emulator.update_organization(
        "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["sso"]
    )
    begun = api.post(f"{EMAIL}/authenticate", {**whose, "code": code}).data
    app_code = api.emulator.totp_code(ada)
    reply = go_on(api, ada, f"{TOTP}/authenticate", begun, code=app_code)

    assert begun["mfa_required"] is None
    assert begun["primary_required"] == {"allowed_auth_methods": ["sso"]}
    assert reply.error == (401, "insufficient_factors")


def test_discovery_sends_nothing(api: Api, ada: Member) -> None:
    """
    Before an organization is chosen no second factor begins; its choice begins it.
    """
    api.emulator.enroll_phone(ada, PHONE)
    api.post(f"{EMAIL}/discovery/send", {"email_address": "ada@example.com"})
    code = api.emulator.outbox.last().code
    body = {"email_address": "ada@example.com", "code": code}
    found = api.post(f"{EMAIL}/discovery/authenticate", body).data
    (one,) = found["discovered_organizations"]
    before = len(texts(api))
    exchanged = api.post(
        "/sdk/v1/b2b/discovery/intermediate_sessions/exchange",
        {
            "intermediate_session_token": found["intermediate_session_token"],
            "organization_id": "acme",
            "session_duration_minutes": 60,
        },
    ).data

    assert one["mfa_required"]["secondary_auth_initiated"] is None
    assert before == 0
    assert exchanged["mfa_required"]["secondary_auth_initiated"] == "sms_otp"
    (code,) = texts(api)
    assert go_on(api, ada, f"{SMS}/authenticate", exchanged, code=code).status == 200


def test_a_phone_can_be_seeded_over_http(api: Api, ada: Member) -> None:
    """
    Programs in other languages can seed a phone, too.
    """
    reply = api.post("/_emulator/phones", {"member": ada.member_id, "phone_number": PHONE})

    assert reply.status == 200
    assert log_in(api)["mfa_required"]["secondary_auth_initiated"] == "sms_otp"


def test_a_phone_that_is_none() -> None:
    """
    Seeding checks numbers as the API does.
    """
    quiet = Emulator()
    ada = quiet.create_member(quiet.create_organization("Acme"), "ada@example.com")

    with pytest.raises(InvalidPhoneNumberError):
        quiet.enroll_phone(ada, "555")
