"""One-time passcodes: logging in by e-mail, and the second factor on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stytch_b2b.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stytch_b2b.emulator import SignedIn

    from .conftest import Api, Reply

EMAIL = "/sdk/v1/b2b/otps/email"
SMS = "/sdk/v1/b2b/otps/sms"
PHONE = "+12025550162"
OTHER_PHONE = "+12025550163"
NEVER_SENT = "nope"


def send(api: Api, email_address: str = "ada@example.com", **fields: Any) -> Reply:
    """
    Ask for a passcode to the organization Acme.
    """
    body = {"email_address": email_address, "organization_id": "acme", **fields}
    return api.post(f"{EMAIL}/login_or_signup", body)


def sent(api: Api, email_address: str = "ada@example.com", **fields: Any) -> str:
    """
    Ask for a passcode and read it.
    """
    assert set(send(api, email_address, **fields).data) == {"request_id", "status_code"}
    return api.emulator.outbox.last(to=email_address.lower(), kind="passcode").code


def authenticate(
    api: Api,
    code: str,
    email_address: str = "ada@example.com",
    *,
    session: str | None = None,
    **fields: Any,
) -> Reply:
    """
    Type a passcode from an e-mail.
    """
    body = {"email_address": email_address, "organization_id": "acme", "code": code, **fields}
    return api.post(f"{EMAIL}/authenticate", body, token=session)


def discovered(api: Api, code: str, email_address: str = "ada@example.com") -> Reply:
    """
    Type a passcode for discovery.
    """
    body = {"email_address": email_address, "code": code}
    return api.post(f"{EMAIL}/discovery/authenticate", body)


def send_discovery(api: Api, email_address: str = "ada@example.com", **fields: Any) -> Reply:
    """
    Ask for a passcode for discovery.
    """
    return api.post(f"{EMAIL}/discovery/send", {"email_address": email_address, **fields})


def send_sms(api: Api, ada: SignedIn, token: str | None = None, **fields: Any) -> Reply:
    """
    Ask for a passcode on Ada's phone, in her session unless another is given.
    """
    body = {"organization_id": ada.organization_id, "member_id": ada.member_id, **fields}
    return api.post(f"{SMS}/send", body, token=ada.session_token if token is None else token)


def sms(api: Api, ada: SignedIn, phone_number: str = PHONE, **fields: Any) -> str:
    """
    Ask for a passcode on a phone of Ada's and read it.
    """
    assert send_sms(api, ada, mfa_phone_number=phone_number, **fields).status == 200
    message = api.emulator.outbox.last(to=phone_number)
    assert ada.organization_id == message.organization_id
    assert message.code not in repr(message)
    return message.code


def authenticate_sms(
    api: Api, ada: SignedIn, code: str, token: str | None = None, **fields: Any
) -> Reply:
    """
    Type a passcode from Ada's phone, in her session unless another is given.
    """
    body = {
        "organization_id": ada.organization_id,
        "member_id": ada.member_id,
        "code": code,
        "session_duration_minutes": 60,
        **fields,
    }
    token = ada.session_token if token is None else token
    return api.post(f"{SMS}/authenticate", body, token=token)


def begun(api: Api, **organization: Any) -> str:
    """
    Begin to log in where everybody needs a second factor, and return the intermediate token.
    """
    api.emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL", **organization)
    token: str = authenticate(api, sent(api)).data["intermediate_session_token"]
    return token


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """
    An emulator whose passcodes are the same in every run, and none like another.
    """
    with Emulator(seed="passcodes") as running:
        yield running


@pytest.fixture(autouse=True)
def ada(api: Api) -> SignedIn:
    """
    Acme has one member, Ada, who is signed in.
    """
    return api.emulator.sign_in("ada@example.com", "Acme", roles=())


# --- By e-mail, to an organization ------------------------------------------------------------


def test_a_passcode_starts_a_session(api: Api) -> None:
    """
    The answer has the session, both tokens, the member and the organization.
    """
    data = authenticate(api, sent(api)).data
    (factor,) = data["member_session"]["authentication_factors"]

    assert data["member_authenticated"] is True
    assert data["intermediate_session_token"] == ""
    assert (data["mfa_required"], data["primary_required"]) == (None, None)
    assert data["member_device"] is None
    assert data["method_id"].startswith("email-test-")
    assert data["member_id"] == data["member"]["member_id"]
    assert data["organization_id"] == data["organization"]["organization_id"]
    assert (factor["type"], factor["delivery_method"]) == ("email_otp", "email")
    assert factor["sequence_order"] == "PRIMARY"
    assert factor["email_factor"] == {
        "email_id": data["method_id"],
        "email_address": "ada@example.com",
    }
    me = api.get("/sdk/v1/b2b/organizations/members/me", token=data["session_token"]).data
    assert me["member"] == data["member"]


def test_a_passcode_is_six_digits(api: Api) -> None:
    """
    People can type it.
    """
    code = sent(api)

    assert len(code) == 6
    assert code.isdecimal()


def test_addresses_do_not_mind_case(api: Api) -> None:
    """
    A member is found however the address was typed, both times.
    """
    code = sent(api, "ADA@example.com")

    assert authenticate(api, code, "Ada@Example.com").status == 200


def test_a_passcode_works_once(api: Api) -> None:
    """
    The second time it is refused.
    """
    code = sent(api)
    authenticate(api, code)

    assert authenticate(api, code).error == (401, "unable_to_auth_otp_code")


def test_a_wrong_passcode_leaves_the_right_one(api: Api) -> None:
    """
    Who mistypes may try again.
    """
    code = sent(api)

    assert authenticate(api, NEVER_SENT).error == (401, "unable_to_auth_otp_code")
    assert authenticate(api, code).status == 200


def test_a_passcode_expires(api: Api) -> None:
    """
    After ten minutes it is worth nothing.
    """
    api.emulator.clock.freeze()
    code = sent(api)
    api.emulator.clock.advance(minutes=10)

    assert authenticate(api, code).error == (401, "unable_to_auth_otp_code")


@pytest.mark.parametrize(
    ("field", "email_address"),
    [
        ("login_expiration_minutes", "ada@example.com"),
        ("signup_expiration_minutes", "eve@example.com"),
    ],
)
def test_the_lifetime_can_be_chosen(api: Api, field: str, email_address: str) -> None:
    """
    Members and newcomers have lifetimes of their own.
    """
    api.emulator.update_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    api.emulator.clock.freeze()
    code = sent(api, email_address, **{field: 15})
    api.emulator.clock.advance(minutes=14)

    assert authenticate(api, code, email_address).status == 200


@pytest.mark.parametrize("minutes", [1, 16])
@pytest.mark.parametrize("field", ["login_expiration_minutes", "signup_expiration_minutes"])
def test_the_lifetime_has_limits(api: Api, field: str, minutes: int) -> None:
    """
    Less than two minutes and more than fifteen are refused, and nothing is sent.
    """
    assert send(api, **{field: minutes}).error == (400, "invalid_expiration_otp")
    assert len(api.emulator.outbox) == 0


def test_a_new_passcode_replaces_the_old(api: Api) -> None:
    """
    Only the passcode sent last is good.
    """
    first = sent(api)
    second = sent(api)

    assert first != second
    assert authenticate(api, first).error == (401, "unable_to_auth_otp_code")
    assert authenticate(api, second).status == 200


def test_nothing_was_sent(api: Api) -> None:
    """
    Without a passcode none is found, for members as for strangers.
    """
    assert authenticate(api, "123456").error == (404, "otp_code_not_found")
    assert authenticate(api, "123456", "eve@example.com").error == (404, "otp_code_not_found")


def test_a_passcode_is_for_one_organization(api: Api) -> None:
    """
    Another organization does not know it, though the same person is a member there.
    """
    api.emulator.create_member(api.emulator.create_organization("Other"), "ada@example.com")
    code = sent(api)

    assert authenticate(api, code, organization_id="other").error == (404, "otp_code_not_found")
    assert authenticate(api, code, organization_id="x").error == (404, "organization_not_found")
    assert send(api, organization_id="x").error == (404, "organization_not_found")


def test_a_refused_session_leaves_the_passcode(api: Api) -> None:
    """
    A duration out of range, or an unknown intermediate session, does not use the passcode up.
    """
    code = sent(api)
    short = authenticate(api, code, session_duration_minutes=4)
    unknown = authenticate(api, code, intermediate_session_token="x")

    assert short.error == (400, "invalid_session_duration_minutes")
    assert unknown.error == (404, "intermediate_session_not_found")
    assert authenticate(api, code).status == 200


def test_signing_up(api: Api) -> None:
    """
    A newcomer is pending until the passcode is typed, and an active member then.
    """
    api.emulator.update_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    sent(api, "eve@example.com")
    *_, eve = api.emulator._store.members.values()
    before = (eve.status, eve.email_address_verified)
    data = authenticate(api, sent(api, "eve@example.com"), "eve@example.com").data

    assert before == ("pending", False)
    assert eve.member_id == data["member_id"]
    assert data["member"]["status"] == "active"
    assert data["member"]["email_address_verified"] is True


def test_strangers_are_kept_out(api: Api) -> None:
    """
    By default an organization lets nobody in by e-mail address, or only those of its domains.
    """
    closed = send(api, "eve@example.com")
    api.emulator.update_organization(
        "Acme", email_jit_provisioning="RESTRICTED", email_allowed_domains=["acme.com"]
    )
    restricted = send(api, "eve@example.com")

    assert closed.error == (400, "email_jit_provisioning_not_allowed")
    assert restricted.error == (400, "invalid_email_for_jit_provisioning")
    assert len(api.emulator.outbox) == 0
    assert send(api, "eve@acme.com").status == 200


def test_a_deactivated_member(api: Api, ada: SignedIn) -> None:
    """
    Who was deactivated gets no passcode, and cannot use one that came before.
    """
    code = sent(api)
    api.emulator.update_member(ada.member_id, status="deleted")
    error = (400, "action_available_only_for_active_members")

    assert error == send(api).error
    assert error == authenticate(api, code).error


def test_an_organization_can_refuse_passcodes(api: Api) -> None:
    """
    Where e-mail OTP is not allowed none is sent, except to breakglass members.
    """
    settings = {"auth_methods": "RESTRICTED", "allowed_auth_methods": ["magic_link"]}
    api.emulator.update_organization("Acme", **settings)
    api.emulator.create_member("Acme", "boss@example.com", is_breakglass=True)

    assert send(api).error == (400, "operation_restricted_by_organization_auth_methods")
    code = sent(api, "boss@example.com")
    assert authenticate(api, code, "boss@example.com").data["member_authenticated"] is True


def test_primary_required(api: Api) -> None:
    """
    A passcode sent before the organization closed that way does not suffice any more.
    """
    code = sent(api)
    settings = {"auth_methods": "RESTRICTED", "allowed_auth_methods": ["sso"]}
    api.emulator.update_organization("Acme", **settings)
    data = authenticate(api, code).data

    assert data["member_session"] is None
    assert data["primary_required"] == {"allowed_auth_methods": ["sso"]}
    assert len(data["intermediate_session_token"]) == 44


def test_a_passcode_strengthens_the_session(api: Api, ada: SignedIn) -> None:
    """
    In a session the factor is added, and the session stays the same.
    """
    data = authenticate(api, sent(api), session=ada.session_token).data
    factors = data["member_session"]["authentication_factors"]

    assert ada.member_session_id == data["member_session"]["member_session_id"]
    assert ada.session_token == data["session_token"]
    assert ["magic_link", "email_otp"] == [factor["type"] for factor in factors]


@pytest.mark.parametrize("operation", ["login_or_signup", "authenticate", "discovery/send"])
def test_what_is_no_address(api: Api, operation: str) -> None:
    """
    Passcodes go to addresses only.
    """
    body = {"email_address": "ada", "organization_id": "acme", "code": "123456"}

    assert api.post(f"{EMAIL}/{operation}", body).error == (400, "invalid_email")


# --- By e-mail, for discovery -----------------------------------------------------------------


def test_discovery(api: Api, ada: SignedIn) -> None:
    """
    A passcode for discovery opens the list of organizations, and then one of them.
    """
    reply = send_discovery(api)
    message = api.emulator.outbox.last()
    data = discovered(api, message.code).data
    (found,) = data["discovered_organizations"]

    assert set(reply.data) == {"request_id", "status_code"}
    assert (message.kind, message.to) == ("passcode", "ada@example.com")
    assert message.organization_id == ""
    assert data["email_address"] == "ada@example.com"
    assert ada.organization_id == found["organization"]["organization_id"]
    assert found["membership"]["type"] == "active_member"
    exchanged = api.post(
        "/sdk/v1/b2b/discovery/intermediate_sessions/exchange",
        {
            "intermediate_session_token": data["intermediate_session_token"],
            "organization_id": ada.organization_id,
            "session_duration_minutes": 60,
        },
    ).data
    (factor,) = exchanged["member_session"]["authentication_factors"]
    assert ada.member_id == exchanged["member_id"]
    assert factor["type"] == "email_otp"


def test_anybody_may_discover(api: Api) -> None:
    """
    Somebody without any organization gets a passcode too, and an empty list.
    """
    send_discovery(api, "Eve@example.com")
    code = api.emulator.outbox.last(to="eve@example.com").code

    assert discovered(api, code, "eve@example.com").data["discovered_organizations"] == []


def test_discovery_has_passcodes_of_its_own(api: Api) -> None:
    """
    A passcode for discovery logs in nowhere, and one for an organization discovers nothing.
    """
    send_discovery(api)
    code = api.emulator.outbox.last().code

    assert authenticate(api, code).error == (404, "otp_code_not_found")
    assert discovered(api, sent(api)).error == (401, "unable_to_auth_otp_code")
    assert discovered(api, code).status == 200


def test_wrong_passcodes_for_discovery(api: Api) -> None:
    """
    One never sent, a wrong one, a used one and an old one are refused.
    """
    api.emulator.clock.freeze()
    none = discovered(api, "123456")
    send_discovery(api)
    wrong = discovered(api, NEVER_SENT)
    code = api.emulator.outbox.last().code
    discovered(api, code)
    used = discovered(api, code)
    send_discovery(api, discovery_expiration_minutes=2)
    code = api.emulator.outbox.last().code
    api.emulator.clock.advance(minutes=2)
    late = discovered(api, code)

    assert none.error == (404, "otp_code_not_found")
    assert [(401, "unable_to_auth_otp_code")] * 3 == [wrong.error, used.error, late.error]


@pytest.mark.parametrize("minutes", [1, 16])
def test_the_lifetime_for_discovery_has_limits(api: Api, minutes: int) -> None:
    """
    Discovery has the same limits.
    """
    reply = send_discovery(api, discovery_expiration_minutes=minutes)

    assert reply.error == (400, "invalid_expiration_otp")


# --- By text message --------------------------------------------------------------------------


def test_a_phone_is_added_to_a_session(api: Api, ada: SignedIn) -> None:
    """
    The passcode verifies the number and strengthens the session, which stays the same.
    """
    data = authenticate_sms(api, ada, sms(api, ada)).data
    factors = data["member_session"]["authentication_factors"]

    assert set(data) == {
        "request_id",
        "status_code",
        "member_id",
        "member",
        "organization",
        "member_session",
        "session_token",
        "session_jwt",
        "member_device",
    }
    assert ada.session_token == data["session_token"]
    assert ada.member_session_id == data["member_session"]["member_session_id"]
    assert data["member"]["mfa_phone_number"] == PHONE
    assert data["member"]["mfa_phone_number_verified"] is True
    assert data["member"]["default_mfa_method"] == "sms_otp"
    assert data["member"]["mfa_enrolled"] is False
    assert ["PRIMARY", "SECONDARY"] == [factor["sequence_order"] for factor in factors]
    assert (factors[1]["type"], factors[1]["delivery_method"]) == ("otp", "sms")
    assert factors[1]["phone_number_factor"]["phone_number"] == PHONE
    assert factors[1]["phone_number_factor"]["phone_id"].startswith("phone-number-test-")


def test_a_number_is_not_verified_before_its_passcode(api: Api, ada: SignedIn) -> None:
    """
    Sending links the number with the member, and no more.
    """
    sms(api, ada)
    me = api.get("/sdk/v1/b2b/organizations/members/me", token=ada.session_token).data["member"]

    assert (me["mfa_phone_number"], me["mfa_phone_number_verified"]) == (PHONE, False)
    assert me["default_mfa_method"] == ""


def test_a_second_passcode_counts_for_the_same_factor(api: Api, ada: SignedIn) -> None:
    """
    The phone proved again is one factor, proved later.
    """
    api.emulator.clock.freeze()
    first = authenticate_sms(api, ada, sms(api, ada)).data["member_session"]
    api.emulator.clock.advance(minutes=1)
    second = authenticate_sms(api, ada, sms(api, ada)).data["member_session"]
    before, after = (one["authentication_factors"][1] for one in (first, second))

    assert len(second["authentication_factors"]) == 2
    assert before["created_at"] == after["created_at"]
    assert before["last_authenticated_at"] < after["last_authenticated_at"]


def test_a_phone_completes_a_login(api: Api, ada: SignedIn) -> None:
    """
    With an intermediate session the passcode leads to a session, and the token is used up.
    """
    token = begun(api)
    code = sms(api, ada, token="", intermediate_session_token=token)
    done = authenticate_sms(api, ada, code, token="", intermediate_session_token=token)
    again = send_sms(api, ada, token="", intermediate_session_token=token)
    factors = done.data["member_session"]["authentication_factors"]

    assert ["email_otp", "otp"] == [factor["type"] for factor in factors]
    assert done.data["member"]["mfa_enrolled"] is True
    assert again.error == (404, "intermediate_session_not_found")


def test_the_number_on_file_is_used(api: Api, ada: SignedIn) -> None:
    """
    A member who has a phone need not name its number, but may.
    """
    api.emulator.enroll_phone(ada.member_id, PHONE)

    assert send_sms(api, ada).status == 200
    assert authenticate_sms(api, ada, api.emulator.outbox.last(to=PHONE).code).status == 200
    assert send_sms(api, ada, mfa_phone_number=PHONE).status == 200


def test_there_is_no_number(api: Api, ada: SignedIn) -> None:
    """
    Without a number there is nowhere to send to, and nothing to type.
    """
    assert send_sms(api, ada).error == (404, "member_phone_number_not_found")
    assert authenticate_sms(api, ada, "123456").error == (404, "otp_code_not_found")


def test_a_verified_number_is_not_replaced(api: Api, ada: SignedIn) -> None:
    """
    Another number is refused, in a session and with an intermediate session.
    """
    api.emulator.enroll_phone(ada.member_id, PHONE)
    token = begun(api)
    in_session = send_sms(api, ada, mfa_phone_number=OTHER_PHONE)
    in_login = send_sms(
        api, ada, token="", mfa_phone_number=OTHER_PHONE, intermediate_session_token=token
    )
    error = (400, "duplicate_member_phone_number_for_member")

    assert error == in_session.error
    assert error == in_login.error
    assert api.emulator._store.members[ada.member_id].mfa_phone_number == PHONE


def test_a_slip_of_the_fingers_can_be_mended(api: Api, ada: SignedIn) -> None:
    """
    A number that nobody has verified is replaced, and its passcode is good no longer.
    """
    first = sms(api, ada, OTHER_PHONE)
    second = sms(api, ada, PHONE)

    assert authenticate_sms(api, ada, first).error == (401, "unable_to_auth_otp_code")
    assert authenticate_sms(api, ada, second).data["member"]["mfa_phone_number"] == PHONE


@pytest.mark.parametrize(
    "number",
    [
        "",
        "2025550162",
        "+0202555016",
        "+1 202 555 0162",
        "+12",
        "+1\u0662\u0660\u0662\u0665\u0665\u0665",
    ],
)
def test_what_is_no_phone_number(api: Api, ada: SignedIn, number: str) -> None:
    """
    Numbers are in E.164 format.
    """
    reply = send_sms(api, ada, mfa_phone_number=number)

    assert reply.error == (400, "invalid_phone_number")


def test_wrong_passcodes_on_a_phone(api: Api, ada: SignedIn) -> None:
    """
    A wrong one, a used one, an old one and one that was replaced are refused.
    """
    api.emulator.clock.freeze()
    replaced = sms(api, ada)
    code = sms(api, ada)
    errors = [authenticate_sms(api, ada, bad).error for bad in (NEVER_SENT, replaced)]
    authenticate_sms(api, ada, code)
    errors.append(authenticate_sms(api, ada, code).error)
    code = sms(api, ada)
    api.emulator.clock.advance(minutes=2)
    errors.append(authenticate_sms(api, ada, code).error)

    assert [(401, "unable_to_auth_otp_code")] * 4 == errors


def test_a_refused_session_leaves_the_passcode_on_the_phone(api: Api, ada: SignedIn) -> None:
    """
    A duration out of range does not use the passcode up, nor verify the number.
    """
    code = sms(api, ada)
    reply = authenticate_sms(api, ada, code, session_duration_minutes=4)

    assert reply.error == (400, "invalid_session_duration_minutes")
    assert api.emulator._store.members[ada.member_id].mfa_phone_number_verified is False
    assert authenticate_sms(api, ada, code).status == 200


@pytest.mark.parametrize("call", [send_sms, authenticate_sms])
def test_who_is_meant_must_be_right(api: Api, ada: SignedIn, call: Any) -> None:
    """
    Another organization, another member, and nobody's session are refused.
    """
    bob = api.emulator.create_member("Acme", "bob@example.com", external_id="bob-1")
    api.emulator.create_organization("Other")
    code = {"code": "123456"}

    def error(**fields: Any) -> tuple[int, str]:
        reply = api.post(
            f"{SMS}/{'send' if call is send_sms else 'authenticate'}",
            {"organization_id": "acme", "member_id": ada.member_id, **code, **fields},
            token=fields.pop("token", ada.session_token),
        )
        return reply.error

    assert error(organization_id="x") == (404, "organization_not_found")
    assert error(organization_id="other") == (404, "member_not_found")
    assert error(member_id="x") == (404, "member_not_found")
    assert error(member_id=bob.member_id) == (400, "member_session_member_id_mismatch")
    assert error(member_id="bob-1") == (400, "member_session_member_id_mismatch")
    assert error(token="") == (401, "user_unauthenticated")
    assert error(intermediate_session_token="x") == (404, "intermediate_session_not_found")
    assert error(intermediate_session_token=begun(api), member_id=bob.member_id) == (
        400,
        "invalid_intermediate_session_token_for_organization",
    )


def test_a_member_who_was_deactivated_in_between(api: Api, ada: SignedIn) -> None:
    """
    A login that has begun goes no further.
    """
    token = begun(api)
    api.emulator.update_member(ada.member_id, status="deleted")
    reply = send_sms(api, ada, token="", intermediate_session_token=token, mfa_phone_number=PHONE)

    assert reply.error == (400, "action_available_only_for_active_members")


def test_an_organization_can_refuse_text_messages(api: Api, ada: SignedIn) -> None:
    """
    Where only authenticator apps are accepted no phone is added.
    """
    code = sms(api, ada)
    api.emulator.update_organization("Acme", mfa_methods="RESTRICTED", allowed_mfa_methods=["totp"])
    error = (403, "operation_restricted_by_organization_mfa_methods")

    assert error == send_sms(api, ada).error
    assert error == authenticate_sms(api, ada, code).error


def test_autofill_makes_no_difference(api: Api, ada: SignedIn) -> None:
    """
    What mobile systems do with the message is no matter of the API.
    """
    reply = send_sms(
        api,
        ada,
        mfa_phone_number=PHONE,
        enable_autofill=True,
        autofill_session_duration_minutes=5,
    )

    assert reply.status == 200
