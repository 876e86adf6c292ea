"""Sessions: their JWTs, their end, and their exchange for one in another organization."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from stytch_b2b.emulator import tokens
from stytch_b2b.emulator.rules import factors
from stytch_b2b.emulator.store import Factor

if TYPE_CHECKING:
    from stytch_b2b.emulator import SignedIn

    from .conftest import Api, Reply

AUTHENTICATE = "/sdk/v1/b2b/sessions/authenticate"
REVOKE = "/sdk/v1/b2b/sessions/revoke"
EXCHANGE = "/sdk/v1/b2b/sessions/exchange"
SELF = "/sdk/v1/b2b/organizations/members/me"
ORGANIZATION = "/sdk/v1/b2b/organizations/me"


@pytest.fixture
def ada(api: Api) -> SignedIn:
    """
    Ada is signed in to Acme; the clock stands still.
    """
    api.emulator.clock.freeze()
    return api.emulator.sign_in("ada@example.com", "Acme")


def authenticate(api: Api, token: str, **body: Any) -> Reply:
    """
    Renew a session.
    """
    return api.post(AUTHENTICATE, body, token=token)


def moment(text: str) -> datetime:
    """
    Parse a time of the API.
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def verified(api: Api, token: str) -> dict[str, Any]:
    """
    Return the claims of a JWT that the key set verifies; its times are the emulator's.
    """
    keys = api.get(f"/v1/b2b/sessions/jwks/{api.emulator.project_id}").json
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        audience=api.emulator.project_id,
        issuer=f"stytch.com/{api.emulator.project_id}",
    )
    return claims


def test_authenticate_answers_with_everything(api: Api, ada: SignedIn) -> None:
    """
    Session, tokens, member and organization are in the answer, and nothing else.
    """
    data = authenticate(api, ada.session_token).data

    assert set(data) == {
        "request_id",
        "status_code",
        "member_session",
        "session_token",
        "session_jwt",
        "member",
        "organization",
    }
    assert ada.session_token == data["session_token"]
    assert ada.member_session_id == data["member_session"]["member_session_id"]
    assert ada.member_id == data["member"]["member_id"]
    assert ada.organization_id == data["organization"]["organization_id"]


def test_authenticate_without_duration_does_not_extend(api: Api, ada: SignedIn) -> None:
    """
    The session was used, and ends when it would have ended.
    """
    before = authenticate(api, ada.session_token).data["member_session"]
    api.emulator.clock.advance(minutes=30)
    after = authenticate(api, ada.session_token).data["member_session"]

    assert before["expires_at"] == after["expires_at"]
    assert moment(before["last_accessed_at"]) + timedelta(minutes=30) == moment(
        after["last_accessed_at"]
    )


def test_authenticate_with_duration_extends(api: Api, ada: SignedIn) -> None:
    """
    The new life is counted from now on.
    """
    api.emulator.clock.advance(minutes=30)
    session = authenticate(api, ada.session_token, session_duration_minutes=90).data[
        "member_session"
    ]
    life = moment(session["expires_at"]) - moment(session["started_at"])

    assert timedelta(minutes=120) == life


@pytest.mark.parametrize("minutes", [4, 527041])
def test_durations_have_limits(api: Api, ada: SignedIn, minutes: int) -> None:
    """
    A duration out of range changes nothing.
    """
    reply = authenticate(api, ada.session_token, session_duration_minutes=minutes)

    assert reply.error == (400, "invalid_session_duration_minutes")


@pytest.mark.parametrize("minutes", [5, 527040])
def test_durations_at_their_limits(api: Api, ada: SignedIn, minutes: int) -> None:
    """
    Five minutes and 366 days are both allowed.
    """
    assert authenticate(api, ada.session_token, session_duration_minutes=minutes).status == 200


def test_a_session_expires(api: Api, ada: SignedIn) -> None:
    """
    From the moment of its end on a session is not found.
    """
    api.emulator.clock.advance(minutes=59, seconds=59)
    early = authenticate(api, ada.session_token)
    api.emulator.clock.advance(seconds=1)
    late = authenticate(api, ada.session_token)

    assert early.status == 200
    assert late.error == (404, "session_not_found")


def test_a_revoked_session_is_gone(api: Api, ada: SignedIn) -> None:
    """
    Revoking ends this session, and no other of the same member.
    """
    other = api.emulator.create_session(ada.member_id)
    reply = api.post(REVOKE, token=ada.session_token)

    assert set(reply.data) == {"request_id", "status_code"}
    assert api.post(REVOKE, token=ada.session_token).error == (404, "session_not_found")
    assert authenticate(api, other.session_token).status == 200


def revoke_for(api: Api, caller: SignedIn, member_id: str) -> Reply:
    """
    End the sessions of a member.
    """
    return api.post(f"{REVOKE}/{member_id}", token=caller.session_token)


def test_an_admin_ends_the_sessions_of_a_member(api: Api, ada: SignedIn) -> None:
    """
    All of that member's sessions end, and those of nobody else.
    """
    bob = api.emulator.sign_in("bob@example.com", "Acme")
    others = [api.emulator.create_session(bob.member_id) for _ in range(2)]
    reply = revoke_for(api, ada, bob.member_id)

    assert set(reply.data) == {"request_id", "status_code"}
    for gone in (bob, *others):
        assert authenticate(api, gone.session_token).error == (404, "session_not_found")
    assert authenticate(api, ada.session_token).status == 200
    assert revoke_for(api, ada, bob.member_id).status == 200


def test_an_admin_may_end_its_own_sessions(api: Api, ada: SignedIn) -> None:
    """
    The call itself still succeeds.
    """
    assert revoke_for(api, ada, ada.member_id).status == 200
    assert authenticate(api, ada.session_token).error == (404, "session_not_found")


def test_ending_sessions_needs_the_permission(api: Api, ada: SignedIn) -> None:
    """
    Who is no admin ends no sessions of others.
    """
    bob = api.emulator.sign_in("bob@example.com", "Acme", roles=[])

    assert revoke_for(api, bob, ada.member_id).error == (403, "session_authorization_error")
    assert authenticate(api, ada.session_token).status == 200


def test_sessions_of_other_organizations_are_out_of_reach(api: Api, ada: SignedIn) -> None:
    """
    A member of another organization is as unknown as one that never was.
    """
    other = api.emulator.sign_in("bob@example.com", "Other")

    assert revoke_for(api, ada, other.member_id).error == (404, "member_not_found")
    assert revoke_for(api, ada, "nobody").error == (404, "member_not_found")
    assert authenticate(api, other.session_token).status == 200


def test_the_session_of_a_deactivated_member_is_gone(api: Api, ada: SignedIn) -> None:
    """
    Who is no longer a member acts no more.
    """
    api.emulator.update_member(ada.member_id, status="deleted")

    assert authenticate(api, ada.session_token).error == (404, "session_not_found")


def test_the_jwt_describes_the_session(api: Api) -> None:
    """
    The claims are those that Stytch documents, signed with a key of the key set.
    """
    ada = api.emulator.sign_in("ada@example.com", "Acme")
    data = authenticate(api, ada.session_token).data
    claims = verified(api, data["session_jwt"])
    session = claims["https://stytch.com/session"]

    assert jwt.get_unverified_header(data["session_jwt"])["typ"] == "JWT"
    assert ada.member_id == claims["sub"]
    assert [api.emulator.project_id] == claims["aud"]
    assert claims["exp"] - claims["iat"] == 300
    assert claims["nbf"] == claims["iat"]
    assert claims["https://stytch.com/organization"] == {
        "organization_id": ada.organization_id,
        "slug": "acme",
    }
    assert ada.member_session_id == session["id"]
    assert session["roles"] == ["stytch_member", "stytch_admin"]
    assert session["attributes"] == {"user_agent": "", "ip_address": ""}
    for name in ("started_at", "last_accessed_at", "expires_at", "authentication_factors"):
        assert data["member_session"][name] == session[name]


def test_the_jwt_follows_the_emulators_clock(api: Api, ada: SignedIn) -> None:
    """
    A renewed JWT begins when it was renewed, by the emulator's clock.
    """
    issued = jwt.decode(ada.session_jwt, options={"verify_signature": False})["iat"]
    api.emulator.clock.advance(minutes=4)
    renewed = authenticate(api, ada.session_token).data["session_jwt"]

    assert issued + 240 == jwt.decode(renewed, options={"verify_signature": False})["iat"]
    assert issued == int(api.emulator.clock.now().timestamp()) - 240


def test_custom_claims_stand_at_the_top(api: Api, ada: SignedIn) -> None:
    """
    Claims of the session are in the JWT, except those with names that are reserved.
    """
    session = api.emulator._store.sessions[ada.session_token]
    session.custom_claims = {"plan": "pro", "sub": "somebody-else"}
    data = authenticate(api, ada.session_token).data
    claims = jwt.decode(data["session_jwt"], options={"verify_signature": False})

    assert data["member_session"]["custom_claims"] == {"plan": "pro", "sub": "somebody-else"}
    assert (claims["plan"], claims["sub"]) == ("pro", ada.member_id)


def test_the_signing_key_is_made_once() -> None:
    """
    Every emulator of a process signs with the same key, because making one takes long.
    """
    assert tokens._signing_key() is tokens._signing_key()


def test_self_get(api: Api, ada: SignedIn) -> None:
    """
    The calling member is answered with every field that clients expect.
    """
    data = api.get(SELF, token=ada.session_token).data
    member = data["member"]

    assert set(data) == {"request_id", "status_code", "member"}
    assert member["email_address"] == "ada@example.com"
    assert member["is_admin"] is True
    assert member["status"] == "active"
    assert member["scim_registration"] is None
    assert member["roles"] == [
        {
            "role_id": "stytch_member",
            "sources": [{"type": "direct_assignment", "details": {}}],
        },
        {
            "role_id": "stytch_admin",
            "sources": [{"type": "direct_assignment", "details": {}}],
        },
    ]


def test_organization_get(api: Api, ada: SignedIn) -> None:
    """
    The caller's organization is answered with its settings.
    """
    api.emulator.update_organization("Acme", trusted_metadata={"tier": 1})
    data = api.get(ORGANIZATION, token=ada.session_token).data
    organization = data["organization"]

    assert set(data) == {"request_id", "status_code", "organization"}
    assert organization["organization_name"] == "Acme"
    assert organization["organization_slug"] == "acme"
    assert organization["email_jit_provisioning"] == "NOT_ALLOWED"
    assert organization["trusted_metadata"] == {"tier": 1}
    assert organization["scim_active_connection"] is None
    assert organization["created_at"].endswith("Z")


def exchange(api: Api, ada: SignedIn, organization_id: str, **body: Any) -> Reply:
    """
    Ask for a session in another organization.
    """
    body = {"organization_id": organization_id, "session_duration_minutes": 60, **body}
    return api.post(EXCHANGE, body, token=ada.session_token)


def test_exchange(api: Api, ada: SignedIn) -> None:
    """
    The same person gets a session as the other member, with what was proved before.
    """
    other = api.emulator.create_organization("Other")
    api.emulator.create_member(other, "ada@example.com", roles=["stytch_admin"])
    data = exchange(api, ada, other.organization_id).data
    factors = data["member_session"]["authentication_factors"]

    assert data["member_authenticated"] is True
    assert other.organization_id == data["organization"]["organization_id"]
    assert data["member_id"] != ada.member_id
    assert data["session_token"] != ada.session_token
    assert [factor["type"] for factor in factors] == ["magic_link"]
    assert data["intermediate_session_token"] == ""
    assert authenticate(api, ada.session_token).status == 200


def test_exchange_accepts_an_invitation(api: Api, ada: SignedIn) -> None:
    """
    Somebody who was invited becomes active; the address has been proved.
    """
    other = api.emulator.create_organization("Other", organization_external_id="other-1")
    api.emulator.create_member(
        other, "ada@example.com", status="invited", email_address_verified=False
    )
    data = exchange(api, ada, "other-1").data

    assert data["member"]["status"] == "active"
    assert data["member"]["email_address_verified"] is True


def test_exchange_may_end_in_mfa(api: Api, ada: SignedIn) -> None:
    """
    The other organization's rules hold.
    """
    api.emulator.create_organization("Other", mfa_policy="REQUIRED_FOR_ALL")
    api.emulator.create_member("Other", "ada@example.com")
    data = exchange(api, ada, "other").data

    assert data["member_authenticated"] is False
    assert data["member_session"] is None
    assert data["session_token"] == ""
    assert data["mfa_required"] is not None
    assert len(data["intermediate_session_token"]) == 44


def test_a_second_factor_is_carried_over(api: Api, ada: SignedIn) -> None:
    """
    Who has proved a second factor already need not prove it again.
    """
    api.emulator.create_organization("Other", mfa_policy="REQUIRED_FOR_ALL")
    api.emulator.create_member("Other", "ada@example.com")
    now = api.emulator.clock.now()
    session = api.emulator._store.sessions[ada.session_token]
    session.factors.append(
        Factor(
            type="totp",
            delivery_method="authenticator_app",
            sequence_order="SECONDARY",
            created_at=now,
            updated_at=now,
            last_authenticated_at=now,
        )
    )

    assert exchange(api, ada, "other").data["member_authenticated"] is True


@pytest.mark.parametrize("status", [None, "deleted"])
def test_exchange_needs_a_member(api: Api, ada: SignedIn, status: str | None) -> None:
    """
    Without an active member of the same address there is nobody to become.
    """
    api.emulator.create_organization("Other")
    if status:
        api.emulator.create_member("Other", "ada@example.com", status=status)

    assert exchange(api, ada, "other").error == (404, "member_not_found")


def test_exchange_needs_an_organization(api: Api, ada: SignedIn) -> None:
    """
    An unknown organization is not found.
    """
    assert exchange(api, ada, "nowhere").error == (404, "organization_not_found")


def test_exchange_checks_the_duration(api: Api, ada: SignedIn) -> None:
    """
    Durations have the same limits everywhere.
    """
    reply = exchange(api, ada, "acme", session_duration_minutes=1)

    assert reply.error == (400, "invalid_session_duration_minutes")


def test_exchange_has_a_default_duration(api: Api, ada: SignedIn) -> None:
    """
    Who gives no duration gets sixty minutes.
    """
    session = exchange(api, ada, "acme", session_duration_minutes=None).data["member_session"]
    life = moment(session["expires_at"]) - moment(session["started_at"])

    assert timedelta(minutes=60) == life


@pytest.mark.parametrize(
    ("kind", "delivery_method", "expected"),
    [
        ("magic_link", "email", "magic_link"),
        ("email_otp", "email", "email_otp"),
        ("oauth", "oauth_google", "google_oauth"),
        ("password", "knowledge", "password"),
        ("sso", "sso_saml", "sso"),
    ],
)
def test_factors_are_methods(api: Api, kind: str, delivery_method: str, expected: str) -> None:
    """
    Organization settings name the factors of a session in their own way.
    """
    now = api.emulator.clock.now()
    factor = Factor(
        type=kind,
        delivery_method=delivery_method,
        sequence_order="PRIMARY",
        created_at=now,
        updated_at=now,
        last_authenticated_at=now,
    )

    assert expected == factors.auth_method(factor)
