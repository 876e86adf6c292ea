"""E-mail magic links: who gets one, what is in it, and what it takes to open it."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from stytch_b2b.emulator import Message

    from .conftest import Api, Reply

SEND = "/sdk/v1/b2b/magic_links/email/login_or_signup"
AUTHENTICATE = "/sdk/v1/b2b/magic_links/authenticate"
VERIFIER = "a" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]


def send(api: Api, email_address: str = "ada@example.com", **fields: Any) -> Reply:
    """
    Ask for a link to the organization Acme.
    """
    body = {"email_address": email_address, "organization_id": "acme", **fields}
    return api.post(SEND, body)


def sent(api: Api, email_address: str = "ada@example.com", **fields: Any) -> Message:
    """
    Ask for a link and return the message that has it.
    """
    assert send(api, email_address, **fields).status == 200
    return api.emulator.outbox.last(to=email_address.lower())


def authenticate(api: Api, token: str, *, session: str | None = None, **fields: Any) -> Reply:
    """
    Open a link.
    """
    body = {"magic_links_token": token, "session_duration_minutes": 60, **fields}
    return api.post(AUTHENTICATE, body, token=session)


@pytest.fixture(autouse=True)
def acme(api: Api) -> None:
    """
    Acme has one member, Ada.
    """
    api.emulator.create_organization("Acme")
    api.emulator.create_member("Acme", "ada@example.com")


def test_a_member_gets_a_login_link(api: Api) -> None:
    """
    The message leads to the default redirect URL, with everything a client needs there.
    """
    reply = send(api)
    message = api.emulator.outbox.last()
    url = urlsplit(message.url)

    assert set(reply.data) == {"request_id", "status_code"}
    assert (message.kind, message.to) == ("login", "ada@example.com")
    assert url._replace(query="").geturl() == "http://localhost:3000/authenticate"
    assert parse_qs(url.query) == {
        "slug": ["acme"],
        "stytch_token_type": ["multi_tenant_magic_links"],
        "token": [message.token],
    }
    assert message.token not in repr(message)


def test_the_redirect_url_keeps_its_query(api: Api) -> None:
    """
    What the redirect URL carried before it still carries.
    """
    redirect_url = "https://app.example.com/in?next=%2Fhome&empty="
    api.emulator.register_redirect_url(redirect_url, "login")
    url = urlsplit(sent(api, login_redirect_url=redirect_url).url)

    assert (url.netloc, url.path) == ("app.example.com", "/in")
    assert parse_qs(url.query, keep_blank_values=True)["next"] == ["/home"]
    assert parse_qs(url.query, keep_blank_values=True)["empty"] == [""]


def test_email_addresses_do_not_mind_case(api: Api) -> None:
    """
    A member is found however the address was typed.
    """
    assert sent(api, "Ada@Example.com").kind == "login"


def test_opening_a_link_starts_a_session(api: Api) -> None:
    """
    The answer has the session, both tokens, the member and the organization.
    """
    data = authenticate(api, sent(api).token).data

    assert data["member_authenticated"] is True
    assert data["intermediate_session_token"] == ""
    assert data["mfa_required"] is None
    assert data["primary_required"] is None
    assert data["reset_sessions"] is False
    assert data["method_id"].startswith("email-test-")
    assert data["member_id"] == data["member"]["member_id"]
    assert data["organization_id"] == data["organization"]["organization_id"]
    assert data["session_jwt"].count(".") == 2
    session = data["member_session"]
    assert session["member_id"] == data["member_id"]
    assert session["organization_slug"] == "acme"
    assert session["roles"] == ["stytch_member"]
    (factor,) = session["authentication_factors"]
    assert factor["type"] == "magic_link"
    assert factor["delivery_method"] == "email"
    assert factor["sequence_order"] == "PRIMARY"
    assert factor["email_factor"]["email_address"] == "ada@example.com"
    me = api.get("/sdk/v1/b2b/organizations/members/me", token=data["session_token"]).data
    assert me["member"] == data["member"]


def test_a_link_opens_once(api: Api) -> None:
    """
    The second time a token is refused.
    """
    token = sent(api).token
    authenticate(api, token)

    assert authenticate(api, token).error == (401, "unable_to_auth_magic_link")


def test_a_link_expires(api: Api) -> None:
    """
    After an hour a link is worth nothing.
    """
    token = sent(api).token
    api.emulator.clock.advance(minutes=60)

    assert authenticate(api, token).error == (401, "unable_to_auth_magic_link")


def test_the_lifetime_of_a_link_can_be_chosen(api: Api) -> None:
    """
    A link lives as long as it was asked to.
    """
    token = sent(api, login_expiration_minutes=120).token
    api.emulator.clock.advance(minutes=119)

    assert authenticate(api, token).status == 200


@pytest.mark.parametrize("minutes", [4, 10081])
def test_the_lifetime_of_a_link_has_limits(api: Api, minutes: int) -> None:
    """
    Less than five minutes and more than a week are refused.
    """
    assert send(api, login_expiration_minutes=minutes).error == (400, "invalid_expiration")


def test_an_unknown_token(api: Api) -> None:
    """
    A token that no link has is not found.
    """
    assert authenticate(api, "x").error == (404, "magic_link_not_found")


@pytest.mark.parametrize("minutes", [4, 527041])
def test_a_session_has_limits(api: Api, minutes: int) -> None:
    """
    A duration out of range is refused, and does not use the link up.
    """
    token = sent(api).token
    reply = authenticate(api, token, session_duration_minutes=minutes)

    assert reply.error == (400, "invalid_session_duration_minutes")
    assert authenticate(api, token).status == 200


def test_the_default_duration_is_an_hour(api: Api) -> None:
    """
    Who gives no duration gets sixty minutes.
    """
    api.emulator.clock.freeze()
    data = authenticate(api, sent(api).token, session_duration_minutes=None).data
    api.emulator.clock.advance(minutes=59)
    early = api.get("/sdk/v1/b2b/organizations/me", token=data["session_token"])
    api.emulator.clock.advance(minutes=1)
    late = api.get("/sdk/v1/b2b/organizations/me", token=data["session_token"])

    assert early.status == 200
    assert late.error == (404, "session_not_found")


def test_pkce(api: Api) -> None:
    """
    A link that was asked for with a challenge opens with the verifier.
    """
    token = sent(api, pkce_code_challenge=CHALLENGE).token

    assert authenticate(api, token, pkce_code_verifier=VERIFIER).status == 200


def test_a_wrong_verifier_does_not_use_the_link_up(api: Api) -> None:
    """
    Clients that keep more than one verifier try them one after the other.
    """
    token = sent(api, pkce_code_challenge=CHALLENGE).token
    without = authenticate(api, token)
    wrong = authenticate(api, token, pkce_code_verifier="b" * 64)
    right = authenticate(api, token, pkce_code_verifier=VERIFIER)

    assert without.error == (400, "pkce_expected_code_verifier")
    assert wrong.error == (400, "pkce_mismatch")
    assert "pkce" in wrong.json["error_message"]
    assert right.status == 200


@pytest.mark.parametrize("verifier", ["b" * 42, "b" * 129, "b" * 63 + "+", "b" * 63 + "\u0662"])
def test_what_is_no_verifier(api: Api, verifier: str) -> None:
    """
    A verifier has 43 to 128 unreserved characters; the link stays as it was.
    """
    token = sent(api, pkce_code_challenge=CHALLENGE).token
    reply = authenticate(api, token, pkce_code_verifier=verifier)

    assert reply.error == (400, "invalid_pkce_code_verifier")
    assert authenticate(api, token, pkce_code_verifier=VERIFIER).status == 200


def test_a_verifier_nobody_expects(api: Api) -> None:
    """
    A link that was asked for without challenge takes no verifier.
    """
    reply = authenticate(api, sent(api).token, pkce_code_verifier=VERIFIER)

    assert reply.error == (400, "pkce_did_not_expect_code_verifier")


def test_a_challenge_must_be_one(api: Api) -> None:
    """
    Only the digest of SHA-256 in base64url is taken.
    """
    reply = send(api, pkce_code_challenge="short")

    assert reply.error == (400, "invalid_pkce_code_challenge")


def test_pkce_can_be_required(api: Api) -> None:
    """
    If the project demands PKCE, a link without challenge is not sent.
    """
    api.emulator.set_bootstrap(pkce_required_for_email_magic_links=True)

    assert send(api).error == (400, "invalid_pkce_code_challenge")
    assert send(api, pkce_code_challenge=CHALLENGE).status == 200


def test_a_custom_scheme_demands_pkce(api: Api) -> None:
    """
    Any app can claim a custom scheme, so a link to one needs a challenge.
    """
    url = "myapp://auth/callback"
    api.emulator.register_redirect_url(url, "login")

    assert send(api, login_redirect_url=url).error == (400, "pkce_required_for_native_callback")
    assert send(api, login_redirect_url=url, pkce_code_challenge=CHALLENGE).status == 200


@pytest.mark.parametrize("kind", ["login", "signup"])
def test_redirect_urls_are_absolute(api: Api, kind: str) -> None:
    """
    A path leads nowhere from an e-mail.
    """
    reply = send(api, **{f"{kind}_redirect_url": "/authenticate"})

    assert reply.error == (400, f"invalid_{kind}_redirect_url")


def test_an_unknown_organization(api: Api) -> None:
    """
    Somebody must be asked for a link.
    """
    reply = send(api, organization_id="organization-test-none")

    assert reply.error == (404, "organization_not_found")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "a b@example.com",
        "ada@example",
        "ada@example..com",
        f"{'a' * 243}@example.com",
        # A pattern that tries every dot anew would not come to an end of this one.
        f"ada@{'.' * 100_000} ",
    ],
)
def test_what_is_no_address(api: Api, address: str) -> None:
    """
    Mail is sent to addresses only.
    """
    assert send(api, address).error == (400, "invalid_email")


def test_a_deactivated_member_gets_no_link(api: Api) -> None:
    """
    Who was deactivated cannot log in, nor sign up again.
    """
    api.emulator.create_member("Acme", "bob@example.com", status="deleted")

    assert send(api, "bob@example.com").error == (400, "action_available_only_for_active_members")


def test_a_link_does_not_outlive_its_member(api: Api) -> None:
    """
    Deactivated between mail and click, a member stays outside.
    """
    bob = api.emulator.create_member("Acme", "bob@example.com")
    token = sent(api, "bob@example.com").token
    api.emulator.update_member(bob, status="deleted")

    assert authenticate(api, token).error == (400, "action_available_only_for_active_members")


def test_a_locked_member_has_to_wait(api: Api) -> None:
    """
    Who guessed passwords too often cannot log in by a link either, until the lock ends.
    """
    api.emulator.set_lock_policy(attempts=1, minutes=5)
    bob = api.emulator.create_member("Acme", "bob@example.com", password="violet-tundra-92-kite")
    token = sent(api, "bob@example.com").token
    guess = {"organization_id": "acme", "email_address": "bob@example.com", "password": "guess"}
    api.post("/sdk/v1/b2b/passwords/authenticate", guess)
    locked = authenticate(api, token)
    api.emulator.clock.advance(minutes=5)

    assert locked.error == (429, "user_lock_limit_reached")
    assert authenticate(api, token).data["member_id"] == bob.member_id


def test_strangers_are_kept_out(api: Api) -> None:
    """
    By default an organization lets nobody in by e-mail address.
    """
    reply = send(api, "eve@example.com")

    assert reply.error == (400, "email_jit_provisioning_not_allowed")
    assert len(api.emulator.outbox) == 0


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({"email_jit_provisioning": "ALL_ALLOWED"}, "eve@else.where"),
        (
            {"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": ["Acme.com"]},
            "eve@acme.com",
        ),
    ],
)
def test_who_may_sign_up(api: Api, settings: dict[str, Any], address: str) -> None:
    """
    Just-in-time provisioning is open to everybody, or to some domains.
    """
    api.emulator.update_organization("Acme", **settings)

    assert send(api, address).status == 200


def test_who_may_not_sign_up(api: Api) -> None:
    """
    A domain that is not listed is told so, and not that nobody may sign up.
    """
    api.emulator.update_organization(
        "Acme", email_jit_provisioning="RESTRICTED", email_allowed_domains=["acme.com"]
    )

    assert send(api, "eve@sub.acme.com").error == (400, "invalid_email_for_jit_provisioning")
    assert len(api.emulator.outbox) == 0


def test_signing_up(api: Api) -> None:
    """
    A newcomer is pending until the link is opened, and an active member then.
    """
    api.emulator.update_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    api.emulator.register_redirect_url("https://app.example.com/up", "signup")
    first = sent(api, "eve@example.com", signup_redirect_url="https://app.example.com/up")
    again = sent(api, "eve@example.com")
    data = authenticate(api, first.token).data

    assert (first.kind, again.kind) == ("signup", "signup")
    assert first.url.startswith("https://app.example.com/up?")
    assert data["member"]["status"] == "active"
    assert data["member"]["email_address_verified"] is True
    assert sent(api, "eve@example.com").kind == "login"


def test_a_link_strengthens_the_session_of_the_same_member(api: Api) -> None:
    """
    The factor goes into the session in the header, once, with the time it was last proved.
    """
    api.emulator.clock.freeze()
    first = authenticate(api, sent(api).token).data
    api.emulator.clock.advance(minutes=10)
    second = authenticate(api, sent(api).token, session=first["session_token"]).data
    before, after = (data["member_session"] for data in (first, second))
    (factor,) = after["authentication_factors"]

    assert first["session_token"] == second["session_token"]
    assert before["member_session_id"] == after["member_session_id"]
    assert before["started_at"] == after["started_at"]
    assert before["expires_at"] < after["expires_at"]
    assert factor["created_at"] == before["started_at"]
    assert factor["last_authenticated_at"] > before["started_at"]


def test_a_link_leaves_the_session_of_somebody_else_alone(api: Api) -> None:
    """
    Another member's link starts another session.
    """
    bob = api.emulator.sign_in("bob@example.com", "Acme", roles=())
    data = authenticate(api, sent(api).token, session=bob.session_token).data

    assert data["session_token"] != bob.session_token
    me = api.get("/sdk/v1/b2b/organizations/members/me", token=bob.session_token)
    assert me.data["member"]["email_address"] == "bob@example.com"


def test_a_dead_session_does_not_keep_anyone_from_logging_in(api: Api) -> None:
    """
    A link is opened although the session in the header has expired.
    """
    ada = api.emulator.sign_in("ada@example.com", "Acme", duration_minutes=5)
    api.emulator.clock.advance(minutes=5)

    assert authenticate(api, sent(api).token, session=ada.session_token).status == 200


@pytest.mark.parametrize("who", ["organization", "member"])
def test_mfa_required(api: Api, who: str) -> None:
    """
    If the organization or the member asks for a second factor, there is no session yet.
    """
    message = sent(api)
    if who == "organization":
        api.emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    else:
        member_id = authenticate(api, sent(api).token).data["member_id"]
        api.emulator.update_member(member_id, mfa_enrolled=True)
    data = authenticate(api, message.token).data

    assert data["member_authenticated"] is False
    assert data["member_session"] is None
    assert (data["session_token"], data["session_jwt"]) == ("", "")
    assert len(data["intermediate_session_token"]) == 44
    assert data["mfa_required"] == {"member_options": None, "secondary_auth_initiated": None}
    assert data["primary_required"] is None


def test_mfa_options(api: Api) -> None:
    """
    What the member has enrolled is offered; a phone number only if it is verified.
    """
    bob = api.emulator.create_member("Acme", "bob@example.com", mfa_phone_number="+15005550006")
    registration = api.emulator.enroll_totp(bob)
    options = authenticate(api, sent(api, "bob@example.com").token).data["mfa_required"]
    api.emulator.create_member(
        "Acme",
        "cat@example.com",
        mfa_enrolled=True,
        mfa_phone_number="+15005550006",
        mfa_phone_number_verified=True,
    )
    others = authenticate(api, sent(api, "cat@example.com").token).data["mfa_required"]

    assert options["member_options"] == {
        "mfa_phone_number": "",
        "totp_registration_id": registration.registration_id,
    }
    assert others["member_options"] == {
        "mfa_phone_number": "+15005550006",
        "totp_registration_id": "",
    }


def test_primary_required(api: Api) -> None:
    """
    A link that was sent before the organization closed that way does not suffice any more.
    """
    token = sent(api).token
    api.emulator.update_organization(
        "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["sso"]
    )
    data = authenticate(api, token).data

    assert data["member_session"] is None
    assert data["primary_required"] == {"allowed_auth_methods": ["sso"]}
    assert data["mfa_required"] is None
    assert len(data["intermediate_session_token"]) == 44


def test_an_organization_can_refuse_magic_links(api: Api) -> None:
    """
    Where links are not allowed none are sent, except to breakglass members.
    """
    api.emulator.update_organization(
        "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["sso"]
    )
    api.emulator.create_member("Acme", "boss@example.com", is_breakglass=True)

    assert send(api).error == (400, "operation_restricted_by_organization_auth_methods")
    token = sent(api, "boss@example.com").token
    assert authenticate(api, token).data["member_authenticated"] is True


def test_an_intermediate_session_counts(api: Api) -> None:
    """
    What was proved before goes into the session, and the intermediate token is used up.
    """
    tokens = [sent(api).token for _ in range(3)]
    api.emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    intermediate = authenticate(api, tokens[0]).data["intermediate_session_token"]
    api.emulator.update_organization("Acme", mfa_policy="OPTIONAL")
    data = authenticate(api, tokens[1], intermediate_session_token=intermediate).data
    again = authenticate(api, tokens[2], intermediate_session_token=intermediate)

    assert data["member_authenticated"] is True
    assert len(data["member_session"]["authentication_factors"]) == 1
    assert again.error == (404, "intermediate_session_not_found")


def test_an_intermediate_session_lives_ten_minutes(api: Api) -> None:
    """
    Who takes longer has to begin again.
    """
    tokens = [sent(api).token for _ in range(2)]
    api.emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    intermediate = authenticate(api, tokens[0]).data["intermediate_session_token"]
    api.emulator.clock.advance(minutes=10)
    late = authenticate(api, tokens[1], intermediate_session_token=intermediate)

    assert late.error == (404, "intermediate_session_not_found")


def test_an_intermediate_session_belongs_to_one_member(api: Api) -> None:
    """
    Nobody continues what somebody else has begun.
    """
    api.emulator.create_member("Acme", "bob@example.com")
    ada, bob = sent(api).token, sent(api, "bob@example.com").token
    api.emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    intermediate = authenticate(api, ada).data["intermediate_session_token"]
    reply = authenticate(api, bob, intermediate_session_token=intermediate)

    assert reply.error == (400, "invalid_intermediate_session_token_for_organization")
