"""What answers do to the state of a client."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from stytch_b2b import AsyncStytchB2BClient, PKCEPair, SessionState
from stytch_b2b._converter import decode
from stytch_b2b._effects import after_rejection, after_success
from stytch_b2b._endpoint import Endpoint, OnRejection, StateEffect, endpoint_of
from stytch_b2b.models.member import Member
from stytch_b2b.models.member_session import MemberSession
from stytch_b2b.models.organization import Organization

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=timezone.utc)
CLIENT = AsyncStytchB2BClient("public-token-test-11111111-2222-3333-4444-555555555555")


def model(cls: Any, **fields: Any) -> Any:
    """
    Return a model that says nothing but *fields*.
    """
    return decode(json.dumps(fields).encode(), cls, envelope=False)


PAIRS = {"magic_links": PKCEPair.generate()}
BEFORE = SessionState(
    member_session=model(MemberSession, member_session_id="session-before"),
    member=model(Member, member_id="member-before"),
    organization=model(Organization, organization_id="organization-before"),
    session_token="token-before",
    session_jwt="jwt-before",
    intermediate_session_token="intermediate-before",
    intermediate_session_token_expires_at=NOW,
    pkce_pairs=PAIRS,
    from_cache=True,
)
FORGOTTEN = SessionState(pkce_pairs=PAIRS)


def answer(endpoint: Endpoint, **data: Any) -> Any:
    """
    Return the response of *endpoint* whose body says nothing but *data*.
    """
    return model(endpoint.response, **data)


LOGIN = endpoint_of(CLIENT.magic_links.authenticate)
REFRESH = endpoint_of(CLIENT.session.authenticate)
SESSION = {
    "member_session": {"member_session_id": "session-after"},
    "member": {"member_id": "member-after"},
    "organization": {"organization_id": "organization-after"},
    "session_token": "token-after",
    "session_jwt": "jwt-after",
}


@pytest.mark.parametrize("endpoint", [LOGIN, REFRESH], ids=str)
def test_session(endpoint: Endpoint) -> None:
    """
    A session takes the place of all that was known; an intermediate one is over, pairs are kept.
    """
    response = answer(endpoint, **SESSION, intermediate_session_token="")

    assert SessionState(
        member_session=response.member_session,
        member=response.member,
        organization=response.organization,
        session_token="token-after",
        session_jwt="jwt-after",
        pkce_pairs=PAIRS,
    ) == after_success(endpoint, response, BEFORE, now=NOW)
    assert "member-after" == response.member.member_id


def test_tokens_that_stay_with_the_browser() -> None:
    """
    A session whose tokens come back empty is held without tokens.
    """
    response = answer(REFRESH, **SESSION | {"session_token": "", "session_jwt": ""})
    after = after_success(REFRESH, response, BEFORE, now=NOW)

    assert (None, None) == (after.session_token, after.session_jwt)


@pytest.mark.parametrize("session", [None, {}, {"member_session_id": ""}], ids=str)
def test_intermediate_session(session: object) -> None:
    """
    A login that lacks a factor ends the session before it, and its token lasts ten minutes.
    """
    data = {"member_session": session, "intermediate_session_token": "intermediate-after"}
    response = answer(LOGIN, **SESSION | data)

    assert SessionState(
        intermediate_session_token="intermediate-after",
        intermediate_session_token_expires_at=NOW + timedelta(minutes=10),
        pkce_pairs=PAIRS,
    ) == after_success(LOGIN, response, BEFORE, now=NOW)


@pytest.mark.parametrize("endpoint", [LOGIN, REFRESH], ids=str)
def test_neither(endpoint: Endpoint) -> None:
    """
    An authentication that brings no session of either kind leaves nobody logged in.
    """
    response = answer(endpoint, member_session=None)

    assert FORGOTTEN == after_success(endpoint, response, BEFORE, now=NOW)


def test_revoked() -> None:
    """
    After a logout nothing of the Member is left; flows that were begun are another matter.
    """
    endpoint = endpoint_of(CLIENT.session.revoke)

    assert FORGOTTEN == after_success(endpoint, answer(endpoint), BEFORE, now=NOW)


@pytest.mark.parametrize(
    ("method", "field", "id_field"),
    [
        (CLIENT.self.get, "member", "member_id"),
        (CLIENT.organization.get, "organization", "organization_id"),
    ],
    ids=["member", "organization"],
)
def test_one_object(method: Any, field: str, id_field: str) -> None:
    """
    What was read anew is kept, everything else stays as it was.
    """
    endpoint = endpoint_of(method)
    response = answer(endpoint, **{field: {id_field: "after"}})
    after = after_success(endpoint, response, BEFORE, now=NOW)

    assert "after" == getattr(getattr(after, field), id_field)
    for name in SessionState.__attrs_attrs__:
        if name.name != field:
            assert getattr(BEFORE, name.name) == getattr(after, name.name), name.name


@pytest.mark.parametrize(
    "method", [CLIENT.self.get, CLIENT.organization.get], ids=["member", "organization"]
)
def test_no_object(method: Any) -> None:
    """
    An answer without the object it is about changes nothing.
    """
    endpoint = endpoint_of(method)

    assert BEFORE is after_success(endpoint, answer(endpoint), BEFORE, now=NOW)


def test_no_effect() -> None:
    """
    Most calls leave the state as it is, the very same object.
    """
    endpoint = endpoint_of(CLIENT.scim.get_connection)

    assert StateEffect.NONE is endpoint.state_effect
    assert BEFORE is after_success(endpoint, answer(endpoint), BEFORE, now=NOW)


@pytest.mark.parametrize(
    ("method", "reaction", "after"),
    [
        (CLIENT.scim.get_connection, OnRejection.KEEP, BEFORE),
        (
            CLIENT.session.authenticate,
            OnRejection.CLEAR_SESSION,
            SessionState(
                intermediate_session_token="intermediate-before",
                intermediate_session_token_expires_at=NOW,
                pkce_pairs=PAIRS,
            ),
        ),
        (CLIENT.session.revoke, OnRejection.CLEAR_ALL, FORGOTTEN),
    ],
    ids=["other calls", "authenticate", "revoke"],
)
def test_rejection(method: Any, reaction: OnRejection, after: SessionState) -> None:
    """
    What a lost session takes along: nothing, the session, or an unfinished login too.
    """
    endpoint = endpoint_of(method)

    assert reaction is endpoint.on_rejection
    assert after == after_rejection(endpoint, BEFORE)
