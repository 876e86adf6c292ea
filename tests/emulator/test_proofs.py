"""What a proof is good for: at which organization, for which address, and what it makes of whom."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from stytch_b2b.emulator import Member, SSOConnection

    from .conftest import Api, Reply

ADA = "ada@example.com"
PASSWORD = "violet-tundra-92-kite"
PHONE = "+12025550162"
B2B = "/sdk/v1/b2b"
ALL_METHODS = {
    "email_otp",
    "github_oauth",
    "google_oauth",
    "hubspot_oauth",
    "magic_link",
    "microsoft_oauth",
    "password",
    "slack_oauth",
    "sso",
}


@pytest.fixture
def ada(api: Api) -> Member:
    """
    Ada is a member of Acme; the clock stands still.
    """
    api.emulator.clock.freeze()
    return api.emulator.create_member(api.emulator.create_organization("Acme"), ADA)


def token_of(url: str) -> str:
    """
    Return the token in a redirect URL.
    """
    return parse_qs(urlsplit(url).query)["token"][0]


def by_sso(api: Api, connection: SSOConnection, email_address: str = ADA, **fields: str) -> Reply:
    """
    Log in by an SSO connection.
    """
    start = f"/v1/public/sso/start?public_token={api.emulator.public_token}"
    url = api.emulator.browser_login(
        f"{start}&connection_id={connection.connection_id}", email_address
    )
    return api.post(f"{B2B}/sso/authenticate", {"sso_token": token_of(url), **fields})


def by_google(api: Api, email_address: str = ADA, **fields: str) -> Reply:
    """
    Log in to Acme with an account at Google.
    """
    start = f"/v1/b2b/public/oauth/google/start?public_token={api.emulator.public_token}"
    url = api.emulator.browser_login(f"{start}&slug=acme", email_address)
    return api.post(f"{B2B}/oauth/authenticate", {"oauth_token": token_of(url), **fields})


def by_link(api: Api, email_address: str = ADA) -> Reply:
    """
    Log in to Acme by a link in an e-mail.
    """
    body = {"organization_id": "acme", "email_address": email_address}
    api.post(f"{B2B}/magic_links/email/login_or_signup", body)
    token = api.emulator.outbox.last(to=email_address).token
    return api.post(f"{B2B}/magic_links/authenticate", {"magic_links_token": token})


def by_code(api: Api, email_address: str = ADA) -> Reply:
    """
    Log in to Acme with a passcode from an e-mail.
    """
    body = {"organization_id": "acme", "email_address": email_address}
    api.post(f"{B2B}/otps/email/login_or_signup", body)
    code = api.emulator.outbox.last(to=email_address).code
    return api.post(f"{B2B}/otps/email/authenticate", {**body, "code": code})


def by_reset(api: Api, email_address: str = ADA) -> Reply:
    """
    Log in to Acme with a new password.
    """
    body = {"organization_id": "acme", "email_address": email_address}
    api.post(f"{B2B}/passwords/email/reset/start", body)
    token = api.emulator.outbox.last(to=email_address).token
    body = {"password_reset_token": token, "password": "seven.brass.lanterns.hum"}
    return api.post(f"{B2B}/passwords/email/reset", body)


def by_password(api: Api, email_address: str = ADA) -> Reply:
    """
    Log in to Acme with a password.
    """
    body = {"organization_id": "acme", "email_address": email_address, "password": PASSWORD}
    return api.post(f"{B2B}/passwords/authenticate", body)


def found_by_link(api: Api, email_address: str = ADA) -> Any:
    """
    Begin a login by a link, before an organization is chosen.
    """
    api.post(f"{B2B}/magic_links/email/discovery/send", {"email_address": email_address})
    body = {"discovery_magic_links_token": api.emulator.outbox.last(to=email_address).token}
    return api.post(f"{B2B}/magic_links/discovery/authenticate", body).data


def go_on(api: Api, begun: Any, organization_id: str = "acme") -> Reply:
    """
    Go on with a login at an organization.
    """
    body = {
        "intermediate_session_token": begun["intermediate_session_token"],
        "organization_id": organization_id,
    }
    return api.post(f"{B2B}/discovery/intermediate_sessions/exchange", body)


def exchange(api: Api, session_token: str, organization_id: str) -> Reply:
    """
    Exchange a session for one at another organization.
    """
    body = {"organization_id": organization_id}
    return api.post(f"{B2B}/sessions/exchange", body, token=session_token)


def prove_app(api: Api, member: Member, session_token: str) -> None:
    """
    Strengthen a session with an authenticator app.
    """
    body = {
        "organization_id": member.organization_id,
        "member_id": member.member_id,
        "code": api.emulator.totp_code(member),
    }
    assert api.post(f"{B2B}/totp/authenticate", body, token=session_token).status == 200


def listed(api: Api, session_token: str) -> list[str]:
    """
    Return the names of the organizations that a session opens.
    """
    found = api.post(f"{B2B}/discovery/organizations", token=session_token).data
    return [each["organization"]["organization_name"] for each in found["discovered_organizations"]]


def people(api: Api) -> list[tuple[str, str]]:
    """
    Return the address and status of every member.
    """
    return [
        (member.email_address, member.status) for member in api.emulator._store.members.values()
    ]


# --- At which organization ----------------------------------------------------------------------


def test_breakglass_is_no_proof(api: Api, ada: Member) -> None:
    """
    Who may use any method still has to use one: another organization's says nothing.
    """
    connection = api.emulator.create_sso_connection("Acme")
    api.emulator.create_organization(
        "Other", auth_methods="RESTRICTED", allowed_auth_methods=["password"]
    )
    api.emulator.create_member("Other", ADA, is_breakglass=True)
    session = by_sso(api, connection).data["session_token"]
    data = exchange(api, session, "other").data

    assert data["member_authenticated"] is False
    assert data["session_token"] == ""
    assert data["primary_required"] == {"allowed_auth_methods": ["password"]}


def test_breakglass_widens_the_methods(api: Api, ada: Member) -> None:
    """
    What counts everywhere lets such a member in, allowed or not.
    """
    api.emulator.create_organization(
        "Other", auth_methods="RESTRICTED", allowed_auth_methods=["sso"]
    )
    api.emulator.create_member("Other", ADA, is_breakglass=True)
    session = by_link(api).data["session_token"]

    assert exchange(api, session, "other").data["member_authenticated"] is True


def test_a_second_factor_counts_where_it_was_set_up(api: Api, ada: Member) -> None:
    """
    An app set up at one organization is no second factor at another.
    """
    other = api.emulator.create_organization("Other", mfa_policy="REQUIRED_FOR_ALL")
    api.emulator.enroll_totp(api.emulator.create_member(other, ADA))
    session = api.emulator.create_session(ada).session_token
    api.emulator.enroll_totp(ada)
    prove_app(api, ada, session)
    found = api.post(f"{B2B}/discovery/organizations", token=session).data
    acme, there = found["discovered_organizations"]
    data = exchange(api, session, "other").data

    assert acme["mfa_required"] is None
    assert there["mfa_required"] is not None
    assert data["session_token"] == ""
    assert data["mfa_required"] is not None


@pytest.mark.parametrize("kind", ["phone", "recovery_code"])
def test_every_second_factor_stays_at_home(api: Api, ada: Member, kind: str) -> None:
    """
    The same holds for phones and for recovery codes.
    """
    api.emulator.create_organization("Other", mfa_policy="REQUIRED_FOR_ALL")
    api.emulator.create_member("Other", ADA)
    session = api.emulator.create_session(ada).session_token
    body = {"organization_id": "acme", "member_id": ada.member_id}
    if kind == "phone":
        api.emulator.enroll_phone(ada, PHONE)
        api.post(f"{B2B}/otps/sms/send", body, token=session)
        body["code"] = api.emulator.outbox.last(to=PHONE).code
        reply = api.post(f"{B2B}/otps/sms/authenticate", body, token=session)
    else:
        api.emulator.enroll_totp(ada)
        body["recovery_code"] = ada.recovery_codes[0]
        reply = api.post(f"{B2B}/recovery_codes/recover", body, token=session)

    assert reply.status == 200
    assert exchange(api, session, "other").data["mfa_required"] is not None


def test_sso_opens_no_other_organization(api: Api, ada: Member) -> None:
    """
    An organization's identity provider may claim any address; others are not shown for that.
    """
    connection = api.emulator.create_sso_connection("Acme")
    api.emulator.create_member(api.emulator.create_organization("Other"), ADA)
    by_provider = by_sso(api, connection).data["session_token"]
    by_address = by_link(api).data["session_token"]

    assert ["Acme"] == listed(api, by_provider)
    assert ["Acme", "Other"] == listed(api, by_address)


def test_a_password_for_everywhere_takes_a_proof_for_everywhere(api: Api, ada: Member) -> None:
    """
    An organization's identity provider cannot choose the password of other organizations.
    """
    connection = api.emulator.create_sso_connection("Acme")
    by_provider = by_sso(api, connection).data["session_token"]
    refused = api.post(f"{B2B}/passwords/session/reset", {"password": PASSWORD}, token=by_provider)

    assert refused.error == (401, "insufficient_factors")
    assert by_password(api).error == (404, "member_password_not_found")


def test_a_password_for_one_organization_takes_a_proof_there(api: Api, ada: Member) -> None:
    """
    Where every organization has passwords of its own, its identity provider is enough.
    """
    api.emulator.set_cross_organization_passwords(False)
    connection = api.emulator.create_sso_connection("Acme")
    session = by_sso(api, connection).data["session_token"]
    reply = api.post(f"{B2B}/passwords/session/reset", {"password": PASSWORD}, token=session)

    assert reply.status == 200


# --- What is missing ----------------------------------------------------------------------------


def test_what_is_missing_is_named(api: Api, ada: Member) -> None:
    """
    An organization that restricts nothing says so by naming every method.
    """
    connection = api.emulator.create_sso_connection("Acme")
    api.emulator.create_organization("Other", allowed_auth_methods=["sso"])
    api.emulator.create_member("Other", ADA)
    session = by_sso(api, connection).data["session_token"]
    named = exchange(api, session, "other").data["primary_required"]["allowed_auth_methods"]

    assert ALL_METHODS == set(named)


def test_what_is_missing_is_named_before_a_choice(api: Api, ada: Member) -> None:
    """
    Discovery names the methods as a login does.
    """
    api.emulator.update_organization(
        "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["sso", "password"]
    )
    begun = found_by_link(api)
    (acme,) = begun["discovered_organizations"]

    assert acme["primary_required"] == {"allowed_auth_methods": ["sso", "password"]}
    assert go_on(api, begun).data["primary_required"] == acme["primary_required"]


# --- What it makes of a member ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "is_verified"),
    [
        (by_link, True),
        (by_code, True),
        (by_reset, True),
        (by_google, True),
        (by_password, False),
    ],
)
def test_what_verifies_an_address(api: Api, ada: Member, way: Any, is_verified: bool) -> None:
    """
    Every login makes a member active; only who has shown the address to be theirs has verified it.
    """
    bob = api.emulator.create_member(
        "Acme",
        "bob@example.com",
        status="invited",
        email_address_verified=False,
        password=PASSWORD,
    )
    member = way(api, bob.email_address).data["member"]

    assert member["status"] == "active"
    assert is_verified == member["email_address_verified"]


def test_sso_verifies_no_address(api: Api, ada: Member) -> None:
    """
    Whom an identity provider has brought has no role that goes with a domain.
    """
    connection = api.emulator.create_sso_connection("Acme")
    assignment = {"domain": "example.com", "role_id": "stytch_admin"}
    api.emulator.update_organization("Acme", rbac_email_implicit_role_assignments=[assignment])
    before = by_sso(api, connection, "boss@example.com").data["member"]
    after = by_link(api, "boss@example.com").data["member"]

    assert (before["status"], before["email_address_verified"], before["is_admin"]) == (
        "active",
        False,
        False,
    )
    assert after["email_address_verified"] is True
    assert after["is_admin"] is True


def test_an_account_with_another_address_verifies_none(api: Api, ada: Member) -> None:
    """
    An account that a member has logged in with stays the member's; its address is its own.
    """
    by_google(api)
    api.emulator.update_member(
        ada, email_address="lovelace@example.com", email_address_verified=False
    )
    member = by_google(api).data["member"]

    assert member["member_id"] == ada.member_id
    assert member["email_address_verified"] is False


def test_a_trusted_issuer_verifies_no_address(api: Api, ada: Member) -> None:
    """
    An issuer vouches for a person; that the address is theirs it has not shown.
    """
    profile = api.emulator.create_trusted_token_profile(can_jit_provision=True)
    token = api.emulator.trusted_token(profile, "bob@example.com", organization="Acme")
    body = {"profile_id": profile.profile_id, "token": token}
    member = api.post(f"{B2B}/sessions/attest", body).data["member"]

    assert (member["status"], member["email_address_verified"]) == ("active", False)


def test_a_link_from_discovery_verifies_the_newcomer(api: Api, ada: Member) -> None:
    """
    What was proved before an organization was chosen counts for whoever one becomes there.
    """
    api.emulator.update_organization(
        "Acme", email_jit_provisioning="RESTRICTED", email_allowed_domains=["example.com"]
    )
    member = go_on(api, found_by_link(api, "bob@example.com")).data["member"]

    assert (member["status"], member["email_address_verified"]) == ("active", True)


def test_an_address_stays_verified_by_what_was_proved_again(api: Api, ada: Member) -> None:
    """
    A password that was chosen by e-mail and typed later has not lost its e-mail.
    """
    session = by_reset(api).data["session_token"]
    body = {"organization_id": "acme", "email_address": ADA, "password": "seven.brass.lanterns.hum"}
    api.post(f"{B2B}/passwords/authenticate", body, token=session)
    other = api.emulator.create_organization("Other")
    api.emulator.create_member(other, ADA, status="invited", email_address_verified=False)

    assert exchange(api, session, "other").data["member"]["email_address_verified"] is True


def test_a_link_to_an_address_that_was_given_up(api: Api, ada: Member) -> None:
    """
    Whoever reads an old mailbox is not the member any more.
    """
    body = {"organization_id": "acme", "email_address": ADA}
    api.post(f"{B2B}/magic_links/email/login_or_signup", body)
    link = api.emulator.outbox.last().token
    api.post(f"{B2B}/passwords/email/reset/start", body)
    reset = api.emulator.outbox.last().token
    api.emulator.update_member(ada, email_address="new@example.com", email_address_verified=False)
    opened = api.post(f"{B2B}/magic_links/authenticate", {"magic_links_token": link})
    changed = api.post(
        f"{B2B}/passwords/email/reset", {"password_reset_token": reset, "password": PASSWORD}
    )

    assert opened.error == (400, "unable_to_verify_member_email_update")
    assert changed.error == (401, "unable_to_auth_password_reset_token")
    assert ada.email_address_verified is False


@pytest.mark.parametrize("way", ["google", "sso"])
def test_a_method_that_is_not_allowed_makes_no_member(api: Api, ada: Member, way: str) -> None:
    """
    Who could not log in is not let in.
    """
    connection = api.emulator.create_sso_connection("Acme")
    api.emulator.update_organization(
        "Acme",
        email_jit_provisioning="ALL_ALLOWED",
        auth_methods="RESTRICTED",
        allowed_auth_methods=["magic_link"],
    )
    newcomer = "bob@example.com"
    reply = by_google(api, newcomer) if way == "google" else by_sso(api, connection, newcomer)

    assert reply.error == (400, "operation_restricted_by_organization_auth_methods")
    assert people(api) == [(ADA, "active")]


def test_a_method_that_is_not_allowed_makes_nobody_active(api: Api, ada: Member) -> None:
    """
    An invitation is accepted by a way that the organization allows.
    """
    bob = api.emulator.create_member("Acme", "bob@example.com", status="invited")
    api.emulator.update_organization(
        "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["magic_link"]
    )
    data = by_google(api, bob.email_address).data

    assert data["primary_required"] == {"allowed_auth_methods": ["magic_link"]}
    assert data["member"]["status"] == "invited"
    assert by_link(api, bob.email_address).data["member"]["status"] == "active"


@pytest.mark.parametrize("way", ["google", "sso"])
def test_nobody_is_left_behind_by_a_login_that_is_gone(api: Api, ada: Member, way: str) -> None:
    """
    What a newcomer goes on with is looked at before they become a member; then it may go on.
    """
    connection = api.emulator.create_sso_connection("Acme")
    api.emulator.update_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    newcomer = "bob@example.com"
    known = found_by_link(api, newcomer)["intermediate_session_token"]
    log_in = by_google if way == "google" else partial(by_sso, connection=connection)
    refused = log_in(api, email_address=newcomer, intermediate_session_token="gone")
    before = people(api)
    admitted = log_in(api, email_address=newcomer, intermediate_session_token=known)

    assert refused.error == (404, "intermediate_session_not_found")
    assert before == [(ADA, "active")]
    assert admitted.data["member"]["email_address_verified"] is True


def test_nobody_is_left_behind_by_a_connection_that_is_gone(api: Api, ada: Member) -> None:
    """
    A login that cannot end makes no member of anybody.
    """
    okta = api.emulator.create_sso_connection("Acme")
    other = api.emulator.create_organization("Other")
    borrowing = api.emulator.create_external_sso_connection(other, okta)
    start = f"/v1/public/sso/start?public_token={api.emulator.public_token}"
    url = api.emulator.browser_login(
        f"{start}&connection_id={borrowing.connection_id}", "bob@example.com"
    )
    okta.status = "deleted"
    reply = api.post(f"{B2B}/sso/authenticate", {"sso_token": token_of(url)})

    assert reply.error == (404, "sso_connection_not_found")
    assert people(api) == [(ADA, "active")]
