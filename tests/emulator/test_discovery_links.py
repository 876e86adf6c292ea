"""Discovery links, which log in before an organization is chosen, and the sandbox values."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from stytch_b2b.emulator import Message

    from .conftest import Api, Reply

ROOT = "/sdk/v1/b2b/magic_links"
ADA = "ada@example.com"
VERIFIER = "a" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]

SANDBOX_ADDRESS = "sandbox@stytch.com"
SANDBOX_ORGANIZATION = "organization-test-007d9d4a-deac-4a87-ba0a-e6e8afba4d4b"
GOOD_TOKEN = "DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU94="
SPENT_TOKEN = "3pzjQpgksDlGKWEwUq2Up--hCHC_0oamfLHyfspKDFU="
UNKNOWN_TOKEN = "CprTtwhnRNiMBiUS2jSLcWYrfuO2POeBNdo5HhW6qTM="


def send(api: Api, email_address: str = ADA, **fields: Any) -> Reply:
    """
    Ask for a link.
    """
    return api.post(f"{ROOT}/email/discovery/send", {"email_address": email_address, **fields})


def sent(api: Api, email_address: str = ADA, **fields: Any) -> Message:
    """
    Ask for a link and return the message that has it.
    """
    assert send(api, email_address, **fields).status == 200
    return api.emulator.outbox.last(to=email_address.lower(), kind="discovery")


def discover(api: Api, token: str, **fields: Any) -> Reply:
    """
    Open a link.
    """
    body = {"discovery_magic_links_token": token, **fields}
    return api.post(f"{ROOT}/discovery/authenticate", body)


def authenticate(api: Api, token: str) -> Reply:
    """
    Open a link as if it were one to an organization.
    """
    body = {"magic_links_token": token, "session_duration_minutes": 60}
    return api.post(f"{ROOT}/authenticate", body)


@pytest.fixture(autouse=True)
def acme(api: Api) -> None:
    """
    Acme has one member, Ada.
    """
    api.emulator.create_organization("Acme")
    api.emulator.create_member("Acme", ADA)


def test_the_link_names_no_organization(api: Api) -> None:
    """
    The message leads to the discovery redirect URL.
    """
    reply = send(api, "Ada@Example.com")
    message = api.emulator.outbox.last()
    url = urlsplit(message.url)

    assert set(reply.data) == {"request_id", "status_code"}
    assert (message.kind, message.to, message.organization_id) == ("discovery", ADA, "")
    assert url._replace(query="").geturl() == "http://localhost:3000/authenticate"
    assert parse_qs(url.query) == {"stytch_token_type": ["discovery"], "token": [message.token]}


def test_opening_a_link_finds_the_organizations(api: Api) -> None:
    """
    The answer has what the address opens, and a token to go on with, but no session.
    """
    data = discover(api, sent(api).token).data
    (found,) = data["discovered_organizations"]
    token = data["intermediate_session_token"]
    session = api.post(
        "/sdk/v1/b2b/discovery/intermediate_sessions/exchange",
        {"intermediate_session_token": token, "organization_id": "acme"},
    ).data

    assert "session_token" not in data
    assert data["email_address"] == ADA
    assert found["membership"]["type"] == "active_member"
    assert found["organization"]["organization_slug"] == "acme"
    assert session["member"]["email_address"] == ADA
    (factor,) = session["member_session"]["authentication_factors"]
    assert (factor["type"], factor["email_factor"]["email_address"]) == ("magic_link", ADA)


def test_strangers_get_a_link_too(api: Api) -> None:
    """
    Whether somebody is a member cannot be told from the answer; the list is empty then.
    """
    data = discover(api, sent(api, "eve@example.com").token).data

    assert data["discovered_organizations"] == []
    assert len(data["intermediate_session_token"]) == 44


def test_a_link_opens_once(api: Api) -> None:
    """
    The second time a token is refused.
    """
    token = sent(api).token
    discover(api, token)

    assert discover(api, token).error == (401, "unable_to_auth_magic_link")


def test_a_link_expires(api: Api) -> None:
    """
    After an hour a link is worth nothing.
    """
    token = sent(api).token
    api.emulator.clock.advance(minutes=60)

    assert discover(api, token).error == (401, "unable_to_auth_magic_link")


def test_the_lifetime_of_a_link_can_be_chosen(api: Api) -> None:
    """
    A link lives as long as it was asked to, and not out of range.
    """
    token = sent(api, discovery_expiration_minutes=120).token
    api.emulator.clock.advance(minutes=119)

    assert discover(api, token).status == 200
    assert send(api, discovery_expiration_minutes=4).error == (400, "invalid_expiration")


def test_an_unknown_token(api: Api) -> None:
    """
    A token that no link has is not found.
    """
    assert discover(api, "x").error == (404, "magic_link_not_found")


def test_links_are_not_exchangeable(api: Api) -> None:
    """
    A link to an organization does not discover, and a discovery link does not log in.
    """
    token = sent(api).token
    api.post(f"{ROOT}/email/login_or_signup", {"email_address": ADA, "organization_id": "acme"})
    other = api.emulator.outbox.last().token

    assert authenticate(api, token).error == (404, "magic_link_not_found")
    assert discover(api, other).error == (404, "magic_link_not_found")
    assert discover(api, token).status == 200
    assert authenticate(api, other).status == 200


def test_pkce(api: Api) -> None:
    """
    A wrong or missing verifier does not use the link up; the right one opens it.
    """
    token = sent(api, pkce_code_challenge=CHALLENGE).token

    assert discover(api, token).error == (400, "pkce_expected_code_verifier")
    assert discover(api, token, pkce_code_verifier="b" * 64).error == (400, "pkce_mismatch")
    assert discover(api, token, pkce_code_verifier=VERIFIER).status == 200


def test_a_verifier_nobody_expects(api: Api) -> None:
    """
    A link that was asked for without challenge takes no verifier.
    """
    reply = discover(api, sent(api).token, pkce_code_verifier=VERIFIER)

    assert reply.error == (400, "pkce_did_not_expect_code_verifier")


def test_pkce_can_be_required(api: Api) -> None:
    """
    If the project demands PKCE, a link without challenge is not sent.
    """
    api.emulator.set_bootstrap(pkce_required_for_email_magic_links=True)

    assert send(api).error == (400, "invalid_pkce_code_challenge")
    assert send(api, pkce_code_challenge=CHALLENGE).status == 200


def test_what_is_no_address(api: Api) -> None:
    """
    Mail is sent to addresses only.
    """
    assert send(api, "ada").error == (400, "invalid_email")


def test_sandbox_values_have_to_be_asked_for(api: Api) -> None:
    """
    Stytch does not take them from member clients, so they mean nothing at first.
    """
    assert authenticate(api, GOOD_TOKEN).error == (404, "magic_link_not_found")
    api.emulator.enable_sandbox_values()
    assert authenticate(api, GOOD_TOKEN).status == 200
    api.emulator.reset()
    assert authenticate(api, GOOD_TOKEN).error == (404, "magic_link_not_found")


def test_sandbox_tokens(api: Api) -> None:
    """
    Each token has the outcome that is documented for it, however often it is used.
    """
    api.emulator.enable_sandbox_values()
    api.emulator.enable_sandbox_values()
    for _ in range(2):
        data = authenticate(api, GOOD_TOKEN).data

        assert data["member"]["email_address"] == SANDBOX_ADDRESS
        assert data["organization_id"] == SANDBOX_ORGANIZATION
        assert discover(api, GOOD_TOKEN).data["email_address"] == SANDBOX_ADDRESS
    for open_link in (authenticate, discover):
        assert open_link(api, SPENT_TOKEN).error == (401, "unable_to_auth_magic_link")
        assert open_link(api, UNKNOWN_TOKEN).error == (404, "magic_link_not_found")
    assert sent(api).token not in (GOOD_TOKEN, SPENT_TOKEN)


def test_sandbox_address(api: Api) -> None:
    """
    Links can be asked for with the documented address and organization.
    """
    api.emulator.enable_sandbox_values()
    body = {"email_address": SANDBOX_ADDRESS, "organization_id": SANDBOX_ORGANIZATION}

    assert api.post(f"{ROOT}/email/login_or_signup", body).status == 200
    assert send(api, SANDBOX_ADDRESS).status == 200
