"""What no honest client sends: refused before anything changes, and never a failure."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jwt
import pytest

from stytch_b2b.emulator.answers import Answer

if TYPE_CHECKING:
    from .conftest import Api

ROOT = "/sdk/v1/b2b"
INVITE = f"{ROOT}/magic_links/email/invite"
ANONYMOUS = {"Authorization": None, "Content-Type": None}
FORM = {**ANONYMOUS, "Content-Type": "application/x-www-form-urlencoded"}

LONE_SURROGATE = b'{"email_address": "eve@example.com", "name": "\\ud800"}'
LONE_SURROGATE_AS_NAME = (
    b'{"email_address": "eve@example.com", "untrusted_metadata": {"\\udfff": 1}}'
)


def metadata(value: str) -> bytes:
    """
    Return an invitation with some metadata.
    """
    body = f'{{"email_address": "eve@example.com", "untrusted_metadata": {{"a": {value}}}}}'
    return body.encode()


@pytest.mark.parametrize(
    "body",
    [
        LONE_SURROGATE,
        LONE_SURROGATE_AS_NAME,
        metadata("NaN"),
        metadata("-Infinity"),
        metadata("1e999"),
        metadata("9" * 5000),
        metadata("[" * 500 + "]" * 500),
        metadata('{"b":' * 500 + "1" + "}" * 500),
        metadata("[" * 100_000),
        b'{"email_address": "\xed\xa0\x80@example.com"}',
    ],
    ids=[
        "surrogate",
        "surrogate as name",
        "NaN",
        "infinity",
        "overflow",
        "long number",
        "deep list",
        "deep object",
        "very deep",
        "no UTF-8",
    ],
)
def test_what_could_not_be_answered_is_not_taken(api: Api, body: bytes) -> None:
    """
    Values that JSON cannot carry back are refused, and nobody is invited.
    """
    ada = api.emulator.sign_in("ada@example.com")
    reply = api.post(INVITE, body, token=ada.session_token)
    control = api.post("/_emulator/sessions", body, headers=ANONYMOUS)

    assert reply.error == (400, "bad_request")
    assert control.error == (400, "bad_request")
    assert [one.email_address for one in api.emulator._store.members.values()] == [
        "ada@example.com"
    ]


@pytest.mark.parametrize("value", ["[" * 50 + "]" * 50, '"\\ud83d\\ude00"', "1e308", "9" * 400])
def test_what_is_unusual_is_taken(api: Api, value: str) -> None:
    """
    Pairs of surrogates, large numbers and nested values are JSON like any other.
    """
    ada = api.emulator.sign_in("ada@example.com")

    assert api.post(INVITE, metadata(value), token=ada.session_token).status == 200


def test_an_answer_is_json() -> None:
    """
    What is no JSON is not sent as if it were.
    """
    with pytest.raises(ValueError, match="not JSON compliant"):
        Answer.of_json({"a": float("nan")})


@pytest.mark.parametrize("encoded", ["%ED%A0%80", "%FF", "%C3", "a%80"])
def test_what_is_no_text_in_urls(api: Api, encoded: str) -> None:
    """
    What a path, a query or a form encodes has to be UTF-8.
    """
    start = f"/v1/b2b/public/oauth/google/discovery/start?public_token={api.emulator.public_token}"
    ada = api.emulator.sign_in("ada@example.com")
    page = api.get(start, headers=ANONYMOUS).headers["Location"]
    state = page.partition("state=")[2]

    for reply in (
        api.get(f"/sdk/v1/projects/bootstrap/{encoded}"),
        api.get(f"{ROOT}/scim?x={encoded}", token=ada.session_token),
        api.get(f"{start}&provider_login_hint={encoded}", headers=ANONYMOUS),
        api.post("/identity_provider", f"state={state}&name={encoded}".encode(), headers=FORM),
    ):
        assert reply.error == (400, "bad_request")


@pytest.mark.parametrize("name", [b"\xff", b"\xc3%A9"])
def test_raw_bytes_in_forms(api: Api, name: bytes) -> None:
    """
    A form is text, before its escapes are read and afterwards.
    """
    reply = api.post("/identity_provider", b"state=x&name=" + name, headers=FORM)

    assert reply.error == (400, "bad_request")


@pytest.mark.parametrize(
    ("line", "header"),
    [
        (b"GET /sdk/v1/projects/bootstrap/\xff HTTP/1.1", b"Authorization: Basic eA=="),
        (b"GET /sdk/v1/b2b/scim?x=\xc3 HTTP/1.1", b"Authorization: Basic eA=="),
        (b"GET /sdk/v1/b2b/scim HTTP/1.1", b"Authorization: Basic \xff"),
        (b"GET /sdk/v1/b2b/scim HTTP/1.1", b"Authorization: Basic \xc3\xa9"),
    ],
)
def test_raw_bytes_where_only_text_may_be(api: Api, line: bytes, header: bytes) -> None:
    """
    What is not even ASCII in the head of a request is the caller's mistake.
    """
    address = urlsplit(api.emulator.url)
    with socket.create_connection((address.hostname, address.port), 10) as connection:
        connection.sendall(line + b"\r\nHost: localhost\r\n" + header + b"\r\n\r\n")
        answer = connection.recv(4096)

    assert answer.split()[1] == b"400"


@pytest.mark.parametrize(
    "claims",
    [{"exp": 10**400}, {"nbf": 10**400}, {"email": "\ud800@example.com"}, {"jti": "\udfff"}],
    ids=["exp", "nbf", "email", "jti"],
)
def test_hostile_claims(api: Api, claims: dict[str, Any]) -> None:
    """
    A trusted issuer may sign nonsense.
    """
    ada = api.emulator.sign_in("ada@example.com")
    profile = api.emulator.create_trusted_token_profile(can_jit_provision=True)
    usual = jwt.decode(
        api.emulator.trusted_token(profile, "ada@example.com"), options={"verify_signature": False}
    )
    token = jwt.encode({**usual, **claims}, profile.private_key, algorithm="ES256")
    body = {
        "profile_id": profile.profile_id,
        "token": token,
        "organization_id": ada.organization_id,
    }

    assert api.post(f"{ROOT}/sessions/attest", body).error == (401, "invalid_trusted_auth_token")


def test_a_qr_code_holds_every_name(api: Api) -> None:
    """
    The longest names fit, for only their beginning is shown.
    """
    organization = api.emulator.create_organization("\N{GRINNING FACE}" * 200, slug="smile")
    address = "\N{GRINNING FACE}" * 200 + "@example.com"
    ada = api.emulator.create_member(organization, "ada@example.com")
    ada.email_address = address
    session = api.emulator.create_session(ada)
    body = {"organization_id": organization.organization_id, "member_id": ada.member_id}

    reply = api.post(f"{ROOT}/totp", body, token=session.session_token)

    assert reply.data["qr_code"].startswith("data:image/png;base64,")


def test_what_cannot_be_drawn_is_not_registered(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A member whose QR code fails has no authenticator app, and the recovery codes of before.
    """
    monkeypatch.setitem(__import__("sys").modules, "segno", None)
    ada = api.emulator.sign_in("ada@example.com")
    body = {"organization_id": ada.organization_id, "member_id": ada.member_id}
    reply = api.post(f"{ROOT}/totp", body, token=ada.session_token)
    member = api.emulator._store.members[ada.member_id]

    assert reply.error == (500, "internal_server_error")
    assert member.totp is None
    assert member.recovery_codes == []


@pytest.mark.parametrize(
    "flags",
    [
        {"password_config": {"luds_complexity": 3}},
        {"password_config": {"luds_complexity": 3, "luds_minimum_count": "8"}},
        {"password_config": 8},
        {"captcha_settings": None},
        {"captcha_settings": {"enabled": "no"}},
        {"captcha_settings": {"enabled": True, "siteKey": 1}},
        {"email_domains": None},
        {"email_domains": "stytch.com"},
        {"email_domains": [1]},
        {"project_name": None},
        {"pkce_required_for_sso": "false"},
        {"slug_pattern": 1},
        {"rbac_policy": []},
    ],
    ids=str,
)
def test_bootstrap_fields_keep_their_shape(api: Api, flags: dict[str, Any]) -> None:
    """
    A project that could not work is refused at once, and stays as it was.
    """
    (flag,) = flags
    with pytest.raises(ValueError, match=f"{flag} of bootstrap cannot be"):
        api.emulator.set_bootstrap(**{"project_name": "Mine", **flags})

    assert api.emulator._store.project.bootstrap == {}
