"""Recovery codes: seeing them, replacing them, and using one up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from stytch_b2b.emulator import SignedIn

    from .conftest import Api, Reply

CODES = "/sdk/v1/b2b/recovery_codes"


@pytest.fixture
def ada(api: Api) -> SignedIn:
    """
    Ada is signed in to Acme and has an authenticator app.
    """
    signed_in = api.emulator.sign_in("ada@example.com", "Acme", roles=())
    api.emulator.enroll_totp(signed_in.member_id)
    return signed_in


def codes(api: Api, ada: SignedIn) -> list[str]:
    """
    Return the codes that Ada has left.
    """
    left: list[str] = api.get(CODES, token=ada.session_token).data["recovery_codes"]
    return left


def recover(api: Api, ada: SignedIn, code: str, token: str | None = None, **fields: Any) -> Reply:
    """
    Type a recovery code.
    """
    body = {
        "organization_id": ada.organization_id,
        "member_id": ada.member_id,
        "recovery_code": code,
        "session_duration_minutes": 60,
        **fields,
    }
    token = ada.session_token if token is None else token
    return api.post(f"{CODES}/recover", body, token=token)


def test_getting_them(api: Api, ada: SignedIn) -> None:
    """
    The calling member sees ten codes that people can type.
    """
    data = api.get(CODES, token=ada.session_token).data

    assert set(data) == {
        "request_id",
        "status_code",
        "member_id",
        "member",
        "organization",
        "recovery_codes",
    }
    assert ada.member_id == data["member_id"] == data["member"]["member_id"]
    assert ada.organization_id == data["organization"]["organization_id"]
    assert len(set(data["recovery_codes"])) == 10
    assert all(re.fullmatch(r"\w{4}-\w{4}-\w{4}", code) for code in data["recovery_codes"])


def test_rotating_them(api: Api, ada: SignedIn) -> None:
    """
    New codes take the place of all others, which are good no longer.
    """
    before = codes(api, ada)
    rotated = api.post(f"{CODES}/rotate", token=ada.session_token).data["recovery_codes"]
    old = recover(api, ada, before[0])

    assert set(before).isdisjoint(rotated)
    assert len(rotated) == 10
    assert rotated == codes(api, ada)
    assert old.error == (401, "unable_to_authenticate_recovery_code")


def test_recovering_strengthens_the_session(api: Api, ada: SignedIn) -> None:
    """
    A code is a second factor on the session, which stays the same.
    """
    data = recover(api, ada, codes(api, ada)[3]).data
    factors = data["member_session"]["authentication_factors"]

    assert ada.session_token == data["session_token"]
    assert ada.member_session_id == data["member_session"]["member_session_id"]
    assert data["recovery_codes_remaining"] == 9
    assert data["member_device"] is None
    assert ["PRIMARY", "SECONDARY"] == [factor["sequence_order"] for factor in factors]
    assert (factors[1]["type"], factors[1]["delivery_method"]) == (
        "recovery_codes",
        "recovery_code",
    )
    (detail,) = factors[1]["recovery_code_factor"].values()
    assert detail.startswith("member-recovery-code-test-")


def test_recovering_completes_a_login(api: Api, ada: SignedIn) -> None:
    """
    A code stands in for the app that was lost.
    """
    api.post(
        "/sdk/v1/b2b/otps/email/login_or_signup",
        {"email_address": "ada@example.com", "organization_id": "acme"},
    )
    begun = api.post(
        "/sdk/v1/b2b/otps/email/authenticate",
        {
            "email_address": "ada@example.com",
            "organization_id": "acme",
            "code": api.emulator.outbox.last().code,
        },
    ).data
    code = codes(api, ada)[0]
    token = begun["intermediate_session_token"]
    data = recover(api, ada, code, token="", intermediate_session_token=token).data

    assert begun["member_authenticated"] is False
    assert data["session_token"] != ada.session_token
    assert len(data["member_session"]["authentication_factors"]) == 2


def test_a_code_works_once(api: Api, ada: SignedIn) -> None:
    """
    The second time it is refused; the others stay.
    """
    first, *others = codes(api, ada)
    recover(api, ada, first)

    assert recover(api, ada, first).error == (401, "unable_to_authenticate_recovery_code")
    assert others == codes(api, ada)


def test_all_codes_can_be_used(api: Api, ada: SignedIn) -> None:
    """
    The last one leaves none, which is no error; rotating makes new ones.
    """
    remaining = [
        recover(api, ada, code).data["recovery_codes_remaining"] for code in codes(api, ada)
    ]

    assert list(range(9, -1, -1)) == remaining
    assert codes(api, ada) == []
    assert recover(api, ada, "aaaa-bbbb-cccc").error == (
        401,
        "unable_to_authenticate_recovery_code",
    )
    assert api.post(f"{CODES}/rotate", token=ada.session_token).status == 200
    assert len(codes(api, ada)) == 10


def test_a_wrong_code(api: Api, ada: SignedIn) -> None:
    """
    What is none of the codes uses up none.
    """
    reply = recover(api, ada, "aaaa-bbbb-cccc")

    assert reply.error == (401, "unable_to_authenticate_recovery_code")
    assert len(codes(api, ada)) == 10


@pytest.mark.parametrize("code", ["", "aaaa-bbbb", "aaaabbbbcccc", "AAAA-BBBB-CCCC"])
def test_what_is_no_code(api: Api, ada: SignedIn, code: str) -> None:
    """
    Codes have one form.
    """
    assert recover(api, ada, code).error == (400, "invalid_recovery_code")


def test_a_code_of_the_app_is_no_code(api: Api, ada: SignedIn) -> None:
    """
    Who mixes them up is told so.
    """
    code = api.emulator.totp_code(ada.member_id)

    assert recover(api, ada, code).error == (400, "totp_code_used_as_recovery_code")


def test_without_an_app_there_are_no_codes(api: Api) -> None:
    """
    They come with an authenticator app, and count from its first code on.
    """
    bob = api.emulator.sign_in("bob@example.com", "Acme", roles=())
    body = {"organization_id": bob.organization_id, "member_id": bob.member_id}
    api.post("/sdk/v1/b2b/totp", body, token=bob.session_token)
    error = (404, "recovery_codes_not_found")

    assert error == api.get(CODES, token=bob.session_token).error
    assert error == api.post(f"{CODES}/rotate", token=bob.session_token).error
    assert error == recover(api, bob, "aaaa-bbbb-cccc").error


def test_a_refused_session_leaves_the_code(api: Api, ada: SignedIn) -> None:
    """
    A duration out of range does not use the code up.
    """
    code = codes(api, ada)[0]
    reply = recover(api, ada, code, session_duration_minutes=4)

    assert reply.error == (400, "invalid_session_duration_minutes")
    assert recover(api, ada, code).status == 200


def test_who_is_meant_must_be_right(api: Api, ada: SignedIn) -> None:
    """
    Another organization, another member, and nobody's session are refused.
    """
    bob = api.emulator.create_member("Acme", "bob@example.com")
    api.emulator.create_organization("Other")
    code = codes(api, ada)[0]

    def error(**fields: Any) -> tuple[int, str]:
        return recover(api, ada, code, **fields).error

    assert error(organization_id="x") == (404, "organization_not_found")
    assert error(organization_id="other") == (404, "member_not_found")
    assert error(member_id="x") == (404, "member_not_found")
    assert error(member_id=bob.member_id) == (400, "member_session_member_id_mismatch")
    assert error(token="") == (401, "user_unauthenticated")
    assert error(intermediate_session_token="x") == (404, "intermediate_session_not_found")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_seeing_them_needs_a_session(api: Api, method: str) -> None:
    """
    Nobody sees the codes of a login that is not complete.
    """
    path = CODES if method == "GET" else f"{CODES}/rotate"
    body = None if method == "GET" else {}

    assert api.call(method, path, body).error == (401, "user_unauthenticated")


def test_an_organization_can_refuse_them(api: Api, ada: SignedIn) -> None:
    """
    They stand in for the app: where it is not accepted, neither are they.
    """
    code = codes(api, ada)[0]
    api.emulator.update_organization(
        "Acme", mfa_methods="RESTRICTED", allowed_mfa_methods=["sms_otp"]
    )

    assert recover(api, ada, code).error == (
        403,
        "operation_restricted_by_organization_mfa_methods",
    )
