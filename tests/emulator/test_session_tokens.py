"""Sessions for the tokens of others: trusted issuers, and connected apps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519

if TYPE_CHECKING:
    from stytch_b2b.emulator import Member, TrustedTokenProfile

    from .conftest import Api, Reply

ATTEST = "/sdk/v1/b2b/sessions/attest"
EXCHANGE = "/sdk/v1/b2b/sessions/exchange_access_token"
AUTHENTICATE = "/sdk/v1/b2b/sessions/authenticate"


@pytest.fixture
def ada(api: Api) -> Member:
    """
    Ada is a member of Acme; the clock stands still.
    """
    api.emulator.clock.freeze()
    api.emulator.create_organization("Acme")
    return api.emulator.create_member("Acme", "ada@example.com")


@pytest.fixture
def profile(api: Api) -> TrustedTokenProfile:
    """
    An issuer is trusted.
    """
    return api.emulator.create_trusted_token_profile()


def attest(
    api: Api,
    profile: TrustedTokenProfile,
    token: str,
    *,
    session: str | None = None,
    **fields: Any,
) -> Reply:
    """
    Exchange a trusted token.
    """
    return api.post(
        ATTEST, {"profile_id": profile.profile_id, "token": token, **fields}, token=session
    )


def exchange(api: Api, token: str, **fields: Any) -> Reply:
    """
    Exchange an access token.
    """
    return api.post(EXCHANGE, {"access_token": token, "session_duration_minutes": 60, **fields})


def expiry(api: Api, session_token: str) -> str:
    """
    Return when a session ends.
    """
    session = api.post(AUTHENTICATE, {}, token=session_token).data["member_session"]
    end: str = session["expires_at"]
    return end


def types(session: dict[str, Any]) -> list[str]:
    """
    Return the types of a session's factors.
    """
    return [factor["type"] for factor in session["authentication_factors"]]


def pem(key: Any) -> str:
    """
    Write the public part of a key.
    """
    text: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return text.decode()


# --- Trusted tokens ---------------------------------------------------------------------------


def test_a_trusted_token_starts_a_session(
    api: Api, ada: Member, profile: TrustedTokenProfile
) -> None:
    """
    The answer has the session of the member whom the token is about.
    """
    token = api.emulator.trusted_token(profile, "Ada@Example.com", token_id="one")
    data = attest(api, profile, token, organization_id="acme").data
    (factor,) = data["member_session"]["authentication_factors"]

    assert set(data) == {
        "request_id",
        "status_code",
        "member_id",
        "member_session",
        "session_token",
        "session_jwt",
        "member",
        "organization",
    }
    assert data["member_id"] == ada.member_id
    assert (factor["type"], factor["delivery_method"]) == (
        "trusted_auth_token",
        "trusted_token_exchange",
    )
    assert factor["trusted_auth_token_factor"] == {"token_id": "one"}


def test_the_token_may_name_the_organization(
    api: Api, ada: Member, profile: TrustedTokenProfile
) -> None:
    """
    Then the call need not, and both may if they agree.
    """
    tokens = [
        api.emulator.trusted_token(profile, "ada@example.com", organization="Acme")
        for _ in range(2)
    ]

    assert attest(api, profile, tokens[0]).data["member_id"] == ada.member_id
    assert attest(api, profile, tokens[1], organization_id="acme").status == 200


def test_the_organization_has_to_be_clear(
    api: Api, ada: Member, profile: TrustedTokenProfile
) -> None:
    """
    No organization, an unknown one and two different ones are refused; the token stays good.
    """
    api.emulator.create_organization("Other")
    token = api.emulator.trusted_token(profile, "ada@example.com")
    claimed = api.emulator.trusted_token(profile, "ada@example.com", organization="Acme")
    lost = api.emulator.trusted_token(
        profile, "ada@example.com", claims={"organization_id": "nowhere"}
    )

    assert attest(api, profile, token).error == (400, "token_missing_organization_id_claim")
    assert attest(api, profile, token, organization_id="nowhere").error == (
        404,
        "organization_not_found",
    )
    assert attest(api, profile, claimed, organization_id="other").error == (
        400,
        "invalid_token_organization_id_claim",
    )
    assert attest(api, profile, lost).error == (400, "invalid_token_organization_id_claim")
    assert attest(api, profile, token, organization_id="acme").status == 200


def test_a_trusted_token_is_good_once(api: Api, ada: Member, profile: TrustedTokenProfile) -> None:
    """
    What counts is its id: another token with the same one is the same.
    """
    first, second = (
        api.emulator.trusted_token(
            profile, "ada@example.com", organization="Acme", token_id="one", claims={"n": number}
        )
        for number in range(2)
    )
    reply = attest(api, profile, first)

    assert reply.status == 200
    assert attest(api, profile, first).error == (401, "invalid_trusted_auth_token")
    assert attest(api, profile, second).error == (401, "invalid_trusted_auth_token")


def test_a_trusted_token_expires(api: Api, ada: Member, profile: TrustedTokenProfile) -> None:
    """
    Its times are compared with the emulator's clock.
    """
    early, late = (
        api.emulator.trusted_token(
            profile, "ada@example.com", organization="Acme", expires_in_minutes=2
        )
        for _ in range(2)
    )
    api.emulator.clock.advance(seconds=119)
    in_time = attest(api, profile, early)
    api.emulator.clock.advance(seconds=1)

    assert in_time.status == 200
    assert attest(api, profile, late).error == (401, "invalid_trusted_auth_token")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://else.example.com"},
        {"aud": "somebody-else"},
        {"email": None},
        {"email": 5},
        {"jti": ""},
    ],
    ids=["issuer", "audience", "no address", "no text", "no id"],
)
def test_claims_have_to_fit(
    api: Api, ada: Member, profile: TrustedTokenProfile, claims: dict[str, Any]
) -> None:
    """
    A token of another issuer, for others, or about nobody is not trusted.
    """
    token = api.emulator.trusted_token(
        profile, "ada@example.com", organization="Acme", claims=claims
    )

    assert attest(api, profile, token).error == (401, "invalid_trusted_auth_token")


def test_tokens_of_another_key_are_not_trusted(
    api: Api, ada: Member, profile: TrustedTokenProfile
) -> None:
    """
    Neither another issuer's key, nor no signature, nor a text that is no token.
    """
    other = api.emulator.create_trusted_token_profile("Other")
    forged = api.emulator.trusted_token(other, "ada@example.com", organization="Acme")
    claims = jwt.decode(forged, options={"verify_signature": False})

    for token in (forged, jwt.encode(claims, "", algorithm="none"), "x.y.z"):
        assert attest(api, profile, token).error == (401, "invalid_trusted_auth_token")


def test_a_token_that_is_not_good_yet(api: Api, ada: Member) -> None:
    """
    A token from the future has to wait.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    profile = api.emulator.create_trusted_token_profile(key=pem(key), issuer="me", audience="you")
    now = int(api.emulator.clock.now().timestamp())
    claims = {
        "iss": "me",
        "aud": "you",
        "jti": "one",
        "email": "ada@example.com",
        "nbf": now + 60,
        "exp": now + 120,
    }
    token = jwt.encode(claims, key, algorithm="ES256")
    early = attest(api, profile, token, organization_id="acme")
    api.emulator.clock.advance(minutes=1)

    assert early.error == (401, "invalid_trusted_auth_token")
    assert attest(api, profile, token, organization_id="acme").status == 200


@pytest.mark.parametrize("form", ["PEM", "JWK"])
@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (rsa.generate_private_key(65537, 2048), "RS256"),
        (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
    ],
    ids=["RSA", "EC", "Ed25519"],
)
def test_the_key_may_be_the_issuers_own(
    api: Api, ada: Member, key: Any, algorithm: str, form: str
) -> None:
    """
    Public keys are read from PEM and from JSON Web Keys.
    """
    public: Any = pem(key)
    if form == "JWK":
        implementation: Any = jwt.get_algorithm_by_name(algorithm)
        public = json.loads(implementation.to_jwk(key.public_key()))
    profile = api.emulator.create_trusted_token_profile(
        key=public, issuer="me", claims={"token_id": "sid", "email": "mail"}
    )
    claims = {
        "iss": "me",
        "aud": api.emulator.project_id,
        "exp": int(api.emulator.clock.now().timestamp()) + 60,
        "sid": "one",
        "mail": "ada@example.com",
    }
    token = jwt.encode(claims, key, algorithm=algorithm)

    assert attest(api, profile, token, organization_id="acme").status == 200
    with pytest.raises(ValueError, match="sign with the private key"):
        api.emulator.trusted_token(profile, "ada@example.com")


@pytest.mark.parametrize(
    "key",
    [
        "no key",
        pem(x25519.X25519PrivateKey.generate()),
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "XX"},
    ],
    ids=["text", "X25519", "secret", "unknown"],
)
def test_what_is_no_public_key_is_refused(api: Api, key: Any) -> None:
    """
    A key that could not verify a token is a mistake of whoever gives it.
    """
    with pytest.raises(ValueError, match="not a public RSA, EC or Ed25519 key"):
        api.emulator.create_trusted_token_profile(key=key)


def test_unknown_attributes_of_a_profile_are_refused(api: Api) -> None:
    """
    A slip in the name of an attribute does not pass in silence.
    """
    with pytest.raises(ValueError, match="and no phone"):
        api.emulator.create_trusted_token_profile(claims={"phone": "tel"})


def test_seeding_needs_a_profile_that_is_there(api: Api) -> None:
    """
    A profile can be named by its id.
    """
    with pytest.raises(LookupError, match="there is no trusted token profile p-1"):
        api.emulator.trusted_token("p-1", "ada@example.com")


def test_attest_needs_a_profile(api: Api, ada: Member, profile: TrustedTokenProfile) -> None:
    """
    An unknown profile is not found.
    """
    token = api.emulator.trusted_token(profile.profile_id, "ada@example.com")
    body = {"profile_id": "nothing", "token": token, "organization_id": "acme"}

    assert api.post(ATTEST, body).error == (404, "trusted_token_profile_not_found")


def test_attest_needs_a_member(api: Api, ada: Member, profile: TrustedTokenProfile) -> None:
    """
    A stranger is not found, a deactivated member refused, and the token stays good.
    """
    stranger = api.emulator.trusted_token(profile, "bob@example.com", organization="Acme")
    token = api.emulator.trusted_token(profile, "ada@example.com", organization="Acme")
    unknown = attest(api, profile, stranger)
    api.emulator.update_member(ada, status="deleted")
    deactivated = attest(api, profile, token)
    api.emulator.update_member(ada, status="active")

    assert unknown.error == (404, "member_not_found")
    assert deactivated.error == (400, "action_available_only_for_active_members")
    assert attest(api, profile, token).status == 200


def test_a_profile_may_let_people_in(api: Api, ada: Member) -> None:
    """
    Whoever the issuer vouches for becomes a member then.
    """
    profile = api.emulator.create_trusted_token_profile(can_jit_provision=True)
    token = api.emulator.trusted_token(profile, "bob@example.com", organization="Acme")
    member = attest(api, profile, token).data["member"]

    assert (member["email_address"], member["status"]) == ("bob@example.com", "active")


def test_attest_strengthens_the_members_session(
    api: Api, ada: Member, profile: TrustedTokenProfile
) -> None:
    """
    The session gets the factor; without a duration it ends when it would have.
    """
    own = api.emulator.create_session(ada, 600)
    before = expiry(api, own.session_token)
    api.emulator.clock.advance(minutes=1)
    token = api.emulator.trusted_token(profile, "ada@example.com")
    data = attest(api, profile, token, session=own.session_token).data

    assert data["session_token"] == own.session_token
    assert types(data["member_session"]) == ["magic_link", "trusted_auth_token"]
    assert before == data["member_session"]["expires_at"]


def test_attest_with_a_duration_changes_the_end(
    api: Api, ada: Member, profile: TrustedTokenProfile
) -> None:
    """
    A duration is counted from now on, and has its limits.
    """
    own = api.emulator.create_session(ada, 600)
    before = expiry(api, own.session_token)
    token = api.emulator.trusted_token(profile, "ada@example.com", organization="Acme")
    options = {"session": own.session_token}
    refused = attest(api, profile, token, session_duration_minutes=1, **options)
    data = attest(api, profile, token, session_duration_minutes=700, **options).data

    assert refused.error == (400, "invalid_session_duration_minutes")
    assert before < data["member_session"]["expires_at"]


def test_another_members_session_is_left_alone(
    api: Api, ada: Member, profile: TrustedTokenProfile
) -> None:
    """
    A token about somebody else logs in somebody else.
    """
    bob = api.emulator.sign_in("bob@example.com", "Acme")
    token = api.emulator.trusted_token(profile, "ada@example.com", organization="Acme")
    data = attest(api, profile, token, session=bob.session_token).data

    assert data["member_id"] == ada.member_id
    assert data["session_token"] != bob.session_token
    assert types(data["member_session"]) == ["trusted_auth_token"]


def test_whoever_is_vouched_for_is_asked_for_nothing(
    api: Api, ada: Member, profile: TrustedTokenProfile
) -> None:
    """
    The answers of these calls have no place for a login that is not complete.
    """
    api.emulator.update_organization(
        "Acme",
        mfa_policy="REQUIRED_FOR_ALL",
        auth_methods="RESTRICTED",
        allowed_auth_methods=["sso"],
    )
    trusted = api.emulator.trusted_token(profile, "ada@example.com", organization="Acme")
    access = api.emulator.create_access_token(ada)

    assert attest(api, profile, trusted).data["session_token"]
    assert exchange(api, access).data["session_token"]


# --- Access tokens ----------------------------------------------------------------------------


def test_an_access_token_starts_a_session(api: Api, ada: Member) -> None:
    """
    The answer has a session of the member, with the app in its factor.
    """
    app = api.emulator.create_connected_app(full_access_allowed=True)
    token = api.emulator.create_access_token(ada, ["openid", "full_access"], app)
    data = exchange(api, token).data
    (factor,) = data["member_session"]["authentication_factors"]

    assert data["member_id"] == ada.member_id
    assert factor["delivery_method"] == "oauth_access_token_exchange"
    assert factor["oauth_access_token_exchange_factor"] == {"client_id": app.client_id}
    assert api.post(AUTHENTICATE, {}, token=data["session_token"]).status == 200


def test_an_access_token_says_what_it_is_for(api: Api) -> None:
    """
    It is a JWT of the project about the member, with scopes, app and organization.
    """
    member = api.emulator.create_member(api.emulator.create_organization("Acme"), "a@example.com")
    app = api.emulator.create_connected_app()
    token = api.emulator.create_access_token(member, ["openid", "email"], app.client_id)
    (key,) = jwt.PyJWKSet.from_dict(
        api.get(f"/v1/b2b/sessions/jwks/{api.emulator.project_id}").json
    ).keys
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=api.emulator.project_id)

    assert (claims["sub"], claims["client_id"]) == (member.member_id, app.client_id)
    assert claims["scope"] == "openid email"
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["https://stytch.com/organization"]["slug"] == "acme"


def test_an_access_token_is_exchanged_once(api: Api, ada: Member) -> None:
    """
    The second exchange of a token fails, and that of one that never was.
    """
    token = api.emulator.create_access_token(ada)
    first = exchange(api, token)

    assert first.status == 200
    assert exchange(api, token).error == (404, "idp_access_token_could_not_be_exchanged")
    assert exchange(api, "x").error == (404, "idp_access_token_not_found")


def test_an_access_token_is_exchanged_for_five_minutes(api: Api, ada: Member) -> None:
    """
    After that it is too old, though it is good for other things until it expires.
    """
    early, late = (api.emulator.create_access_token(ada) for _ in range(2))
    api.emulator.clock.advance(minutes=4, seconds=59)
    in_time = exchange(api, early)
    api.emulator.clock.advance(seconds=1)
    old = exchange(api, late)
    api.emulator.clock.advance(minutes=55)

    assert in_time.status == 200
    assert old.error == (401, "oauth_access_token_exchange_token_too_old")
    assert exchange(api, late).error == (401, "idp_access_token_expired")


def test_the_exchange_needs_full_access(api: Api, ada: Member) -> None:
    """
    A token for less than everything is no login, and is not used up by trying.
    """
    token = api.emulator.create_access_token(ada, ["openid", "profile"])

    for _ in range(2):
        assert exchange(api, token).error == (
            403,
            "oauth_access_token_exchange_missing_full_access",
        )


def test_a_failed_exchange_keeps_the_token(api: Api, ada: Member) -> None:
    """
    A wrong duration and a deactivated member are found before the token is used up.
    """
    token = api.emulator.create_access_token(ada)
    short = exchange(api, token, session_duration_minutes=1)
    api.emulator.update_member(ada, status="deleted")
    deactivated = exchange(api, token)
    api.emulator.update_member(ada, status="active")

    assert short.error == (400, "invalid_session_duration_minutes")
    assert deactivated.error == (400, "action_available_only_for_active_members")
    assert exchange(api, token).status == 200


def test_seeding_needs_an_app_that_is_there(api: Api, ada: Member) -> None:
    """
    An app can be named by its client id.
    """
    with pytest.raises(LookupError, match="there is no connected app nothing"):
        api.emulator.create_access_token(ada, app="nothing")


@pytest.mark.parametrize("claim", ["exp", "nbf"])
def test_given_times_win(api: Api, ada: Member, profile: TrustedTokenProfile, claim: str) -> None:
    """
    A test that says when a token is good gets such a token.
    """
    minutes = {"exp": -1, "nbf": 1}[claim]
    moment = int(api.emulator.clock.now().timestamp()) + 60 * minutes
    token = api.emulator.trusted_token(
        profile, "ada@example.com", organization="Acme", claims={claim: moment}
    )

    assert attest(api, profile, token).error == (401, "invalid_trusted_auth_token")


def test_a_given_time_of_issue_wins(api: Api, profile: TrustedTokenProfile) -> None:
    """
    The same holds for when a token was made.
    """
    token = api.emulator.trusted_token(profile, "ada@example.com", claims={"iat": 5})

    assert jwt.decode(token, options={"verify_signature": False})["iat"] == 5
