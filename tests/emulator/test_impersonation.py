"""Impersonation: in a member's place, once, and for an hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stytch_b2b.emulator.errors import ActionAvailableOnlyForActiveMembersError

if TYPE_CHECKING:
    from stytch_b2b.emulator import Member

    from .conftest import Api, Reply

AUTHENTICATE = "/sdk/v1/b2b/impersonation/authenticate"
SESSION = "/sdk/v1/b2b/sessions/authenticate"
EXCHANGE = "/sdk/v1/b2b/sessions/exchange"


@pytest.fixture
def ada(api: Api) -> Member:
    """
    Ada is a member of Acme; the clock stands still.
    """
    api.emulator.clock.freeze()
    api.emulator.create_organization("Acme")
    return api.emulator.create_member("Acme", "ada@example.com")


def authenticate(api: Api, token: str, *, session: str | None = None) -> Reply:
    """
    Use an impersonation token.
    """
    return api.post(AUTHENTICATE, {"impersonation_token": token}, token=session)


def lives(api: Api, session_token: str, **body: Any) -> bool:
    """
    Tell whether a session stands, extending it if a duration is given.
    """
    return api.post(SESSION, body, token=session_token).status == 200


def test_a_token_starts_a_session(api: Api, ada: Member) -> None:
    """
    The session is the member's, and says who acts in it.
    """
    token = api.emulator.create_impersonation_token(ada, impersonator="eve@stytch.example")
    data = authenticate(api, token).data
    (factor,) = data["member_session"]["authentication_factors"]

    assert (data["member_id"], data["organization_id"]) == (ada.member_id, ada.organization_id)
    assert data["member_authenticated"] is True
    assert data["intermediate_session_token"] == ""
    assert (factor["type"], factor["delivery_method"]) == ("impersonated", "impersonation")
    assert factor["impersonated_factor"]["impersonator_email_address"] == "eve@stytch.example"
    assert factor["impersonated_factor"]["impersonator_id"]
    assert lives(api, data["session_token"])


def test_a_token_is_good_once(api: Api, ada: Member) -> None:
    """
    The second use of a token fails like that of one that never was.
    """
    token = api.emulator.create_impersonation_token(ada)
    first = authenticate(api, token)

    assert first.status == 200
    assert authenticate(api, token).error == (401, "unable_to_auth_impersonation_token")
    assert authenticate(api, "x" * 44).error == (401, "unable_to_auth_impersonation_token")


def test_a_token_is_good_for_five_minutes(api: Api, ada: Member) -> None:
    """
    From the moment of its end on a token is worth nothing.
    """
    early, late = (api.emulator.create_impersonation_token(ada) for _ in range(2))
    api.emulator.clock.advance(minutes=4, seconds=59)
    in_time = authenticate(api, early)
    api.emulator.clock.advance(seconds=1)

    assert in_time.status == 200
    assert authenticate(api, late).error == (401, "unable_to_auth_impersonation_token")


def test_the_session_ends_after_an_hour(api: Api, ada: Member) -> None:
    """
    No use of the session makes it live longer.
    """
    token = api.emulator.create_impersonation_token(ada)
    session = authenticate(api, token).data["session_token"]
    api.emulator.clock.advance(minutes=59)
    extended = lives(api, session, session_duration_minutes=600)
    api.emulator.clock.advance(minutes=1)

    assert extended
    assert not lives(api, session)


def test_an_exchange_does_not_prolong_impersonation(api: Api, ada: Member) -> None:
    """
    In another organization the hour goes on.
    """
    api.emulator.create_organization("Other")
    api.emulator.create_member("Other", "ada@example.com")
    token = api.emulator.create_impersonation_token(ada)
    session = authenticate(api, token).data["session_token"]
    api.emulator.clock.advance(minutes=50)
    body = {"organization_id": "other", "session_duration_minutes": 600}
    other = api.post(EXCHANGE, body, token=session).data["session_token"]
    api.emulator.clock.advance(minutes=10)

    assert not lives(api, other)


def test_nobody_is_asked_for_more(api: Api, ada: Member) -> None:
    """
    Neither login methods nor second factors of the member matter to who acts in its place.
    """
    api.emulator.update_organization(
        "Acme",
        mfa_policy="REQUIRED_FOR_ALL",
        auth_methods="RESTRICTED",
        allowed_auth_methods=["sso"],
    )
    token = api.emulator.create_impersonation_token(ada)

    assert authenticate(api, token).data["member_authenticated"] is True


def test_the_impersonators_own_session_is_left_alone(api: Api, ada: Member) -> None:
    """
    A caller who is logged in as the very member gets a second session.
    """
    own = api.emulator.create_session(ada)
    token = api.emulator.create_impersonation_token(ada)
    data = authenticate(api, token, session=own.session_token).data
    kept = api.post(SESSION, {}, token=own.session_token).data["member_session"]

    assert data["session_token"] != own.session_token
    assert [factor["type"] for factor in kept["authentication_factors"]] == ["magic_link"]


def test_only_active_members_are_impersonated(api: Api, ada: Member) -> None:
    """
    There is no token for somebody who is not active, and none is good for whoever no longer is.
    """
    token = api.emulator.create_impersonation_token(ada)
    api.emulator.update_member(ada, status="deleted")
    late = authenticate(api, token)

    assert late.error == (400, "action_available_only_for_active_members")
    with pytest.raises(ActionAvailableOnlyForActiveMembersError):
        api.emulator.create_impersonation_token(ada)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "passwords/session/reset", {"password": "seven.brass.lanterns.hum"}),
        ("POST", "totp", {"organization_id": "acme"}),
        ("POST", "otps/sms/send", {"organization_id": "acme", "mfa_phone_number": "+12025550162"}),
        ("GET", "recovery_codes", None),
        ("POST", "recovery_codes/rotate", {}),
    ],
)
def test_an_impersonator_changes_no_credentials(
    api: Api, ada: Member, method: str, path: str, body: dict[str, str] | None
) -> None:
    """
    What is left of an impersonation after its hour is nothing that logs in.
    """
    if path.startswith("recovery_codes"):
        api.emulator.enroll_totp(ada)
    session = authenticate(api, api.emulator.create_impersonation_token(ada)).data["session_token"]
    if body and "organization_id" in body:
        body = {**body, "member_id": ada.member_id}
    before = [*ada.recovery_codes]
    reply = api.call(method, f"/sdk/v1/b2b/{path}", body, token=session)

    assert reply.error == (403, "session_not_mutable")
    assert before == ada.recovery_codes
    assert ada.mfa_phone_number == ""
