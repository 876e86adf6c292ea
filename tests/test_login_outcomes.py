"""What a login comes to, from what the answer says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stytch_b2b import ChooseOrganization, LoggedIn, NeedsMFA, NeedsPrimaryFactor
from stytch_b2b._converter import decode
from stytch_b2b.models import DiscoveryResponse, LoginResponse, SessionResponse

SESSION = {"member_session_id": "member-session-1"}


def login(
    *,
    member: dict[str, Any] | None = None,
    organization: dict[str, Any] | None = None,
    **fields: Any,
) -> LoginResponse:
    """Return the answer of a login that says what is given, and of everything else nothing."""
    body = {
        "member": {"member_id": "member-1", **(member or {})},
        "organization": {"organization_id": "organization-1", **(organization or {})},
        **fields,
    }
    return decode(json.dumps({"data": body}).encode(), LoginResponse, envelope=True)


def needs_mfa(**fields: Any) -> NeedsMFA:
    """Return the outcome of a login that lacks a second factor."""
    sent = fields.pop("secondary_auth_initiated", None)
    response = login(mfa_required={"secondary_auth_initiated": sent}, **fields)
    assert isinstance(response.outcome, NeedsMFA)
    return response.outcome


def test_a_session_is_a_login():
    """With a session, nothing is lacking."""
    response = login(member_session=SESSION)

    assert (
        LoggedIn(
            member_session=response.member_session,
            member=response.member,
            organization=response.organization,
        )
        == response.outcome
    )


def test_an_empty_session_is_none():
    """A session without an ID is no session, as it is none for the state of the client."""
    assert isinstance(login(member_session={}).outcome, NeedsPrimaryFactor)


def test_a_second_factor_is_missing():
    """The outcome has the IDs that the calls on second factors want."""
    outcome = needs_mfa()

    assert ("organization-1", "member-1") == (outcome.organization_id, outcome.member_id)


def test_a_primary_factor_comes_first():
    """Where both are missing, the second factor is asked for when the first is there."""
    response = login(
        mfa_required={}, primary_required={"allowed_auth_methods": ["sso", "password"]}
    )

    assert (
        NeedsPrimaryFactor(
            member=response.member,
            organization=response.organization,
            allowed_auth_methods=("sso", "password"),
        )
        == response.outcome
    )


def test_an_answer_that_explains_nothing():
    """An answer with neither session nor reason asks for another way to log in, none in mind."""
    outcome = login(intermediate_session_token="token").outcome

    assert isinstance(outcome, NeedsPrimaryFactor)
    assert () == outcome.allowed_auth_methods


@pytest.mark.parametrize(
    ("member", "enrolled", "enrollable"),
    [
        ({}, (), ("totp", "sms_otp")),
        ({"totp_registration_id": "totp-1"}, ("totp",), ("sms_otp",)),
        ({"mfa_phone_number_verified": True}, ("sms_otp",), ("totp",)),
        (
            {"totp_registration_id": "totp-1", "mfa_phone_number_verified": True},
            ("totp", "sms_otp"),
            (),
        ),
        (
            {
                "totp_registration_id": "totp-1",
                "mfa_phone_number_verified": True,
                "default_mfa_method": "sms_otp",
            },
            ("sms_otp", "totp"),
            (),
        ),
        (
            {"totp_registration_id": "totp-1", "default_mfa_method": "sms_otp"},
            ("totp",),
            ("sms_otp",),
        ),
        ({"mfa_phone_number": "+15005550006"}, (), ("totp", "sms_otp")),
    ],
)
def test_what_is_set_up_comes_first(member, enrolled, enrollable):
    """What the Member prefers stands in front, then the app; an unverified phone counts not."""
    outcome = needs_mfa(member=member)

    assert enrolled == outcome.enrolled
    assert enrollable == outcome.enrollable


def test_only_what_the_organization_accepts():
    """A restricted Organization narrows both lists, and may know methods that are new to us."""
    outcome = needs_mfa(
        member={"totp_registration_id": "totp-1", "mfa_phone_number_verified": True},
        organization={"mfa_methods": "RESTRICTED", "allowed_mfa_methods": ["sms_otp", "passkey"]},
    )

    assert ("sms_otp",) == outcome.enrolled
    assert ("passkey",) == outcome.enrollable


def test_a_passcode_on_its_way():
    """A passcode that was sent is the one to type, whatever the Member prefers."""
    outcome = needs_mfa(
        member={"totp_registration_id": "totp-1", "default_mfa_method": "totp"},
        secondary_auth_initiated="sms_otp",
    )

    assert outcome.passcode_sent
    assert ("sms_otp", "totp") == outcome.enrolled


def test_no_passcode_on_its_way():
    """Nothing is said to be sent unless the API says so."""
    assert not needs_mfa(member={"mfa_phone_number_verified": True}).passcode_sent


def test_a_second_factor_logs_in():
    """The answer to a second factor has one outcome only."""
    body = {"member_session": SESSION, "member": {"member_id": "member-1"}}
    response = decode(json.dumps({"data": body}).encode(), SessionResponse, envelope=True)

    assert "member-session-1" == response.outcome.member_session.member_session_id
    assert "member-1" == response.outcome.member.member_id


def test_discovery_leaves_a_choice():
    """Who has proved an e-mail address chooses an Organization."""
    found = {
        "organization": {"organization_id": "organization-1"},
        "membership": {"type": "active_member"},
    }
    body = {"email_address": "ada@example.com", "discovered_organizations": [found]}
    response = decode(json.dumps({"data": body}).encode(), DiscoveryResponse, envelope=True)

    assert (
        ChooseOrganization(
            email_address="ada@example.com",
            discovered_organizations=response.discovered_organizations,
        )
        == response.outcome
    )
    assert "organization-1" == (
        response.outcome.discovered_organizations[0].organization.organization_id
    )
