"""Choosing or founding an Organization after a login, with the blocking client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stytch_b2b import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    NoSessionError,
    NotFoundError,
    SessionState,
    StytchAPIError,
    StytchB2BClient,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import Emulator, Member
from stytch_b2b.models import LoggedIn, NeedsMFA, NeedsPrimaryFactor

ADA = "ada@acme.example"
NOT_FOUND = (NotFoundError, 404, "intermediate_session_not_found")


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has an account at Acme.
    """
    emulator.create_organization("Acme", slug="acme")
    return emulator.create_member("Acme", ADA, "Ada")


@pytest.fixture
def client(emulator: Emulator) -> Iterator[StytchB2BClient]:
    """
    A client that is logged out, and lives by the emulator's clock.
    """
    with StytchB2BClient(
        emulator.public_token, base_url=emulator.url, clock=emulator.clock
    ) as client:
        yield client


def discover(
    client: StytchB2BClient, emulator: Emulator, email_address: str = ADA, **person: Any
) -> Any:
    """
    Log somebody in by Slack, with the Organization to be chosen later.
    """
    start = client.oauth.slack.discovery.start()
    url = emulator.browser_login(start, email_address, **person)
    return client.oauth.discovery.authenticate(
        discovery_oauth_token=parse_qs(urlsplit(url).query)["token"][0]
    )


def choose(client: StytchB2BClient, organization_id: str = "acme", **options: Any) -> Any:
    """
    Choose an Organization.
    """
    return client.discovery.intermediate_sessions.exchange(
        organization_id=organization_id, session_duration_minutes=60, **options
    )


def create(client: StytchB2BClient, **settings: Any) -> Any:
    """
    Found an Organization.
    """
    return client.discovery.organizations.create(session_duration_minutes=60, **settings)


def list_(client: StytchB2BClient, **options: Any) -> Any:
    """
    List what there is to choose.
    """
    return client.discovery.organizations.list(**options)


every_call = pytest.mark.parametrize("call", [list_, create, choose])


def refusal(call: Callable[[], object]) -> tuple[type[StytchAPIError], int, str]:
    """
    Return class, status and error type of the error that a call ends with.
    """
    with pytest.raises(StytchAPIError) as caught:
        call()
    return type(caught.value), caught.value.status_code, caught.value.error_type


def is_logged_in(client: StytchB2BClient, response: Any) -> bool:
    """
    Tell whether a client holds the session of an answer, and nothing else.
    """
    return isinstance(response.outcome, LoggedIn) and client.state == SessionState(
        member_session=response.member_session,
        member=response.member,
        organization=response.organization,
        session_token=response.session_token,
        session_jwt=response.session_jwt,
    )


@pytest.mark.parametrize("status", ["active", "pending", "invited"])
def test_member_chooses(
    emulator: Emulator, client: StytchB2BClient, ada: Member, status: str
) -> None:
    """
    Whoever is a Member, or is to become one, chooses from the list and is logged in.
    """
    emulator.update_member(ada, status=status)
    discover(client, emulator)
    before = client.state
    (found,) = client.discovery.organizations.list().discovered_organizations
    listed = client.state
    response = choose(client, found.organization.organization_id)

    assert f"{status}_member" == found.membership.type
    assert before is listed
    assert ada.member_id == response.member_id
    assert is_logged_in(client, response)


@pytest.mark.parametrize(
    ("settings", "membership"),
    [
        (
            {"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": ["new.example"]},
            "eligible_to_join_by_email_domain",
        ),
        (
            {
                "oauth_tenant_jit_provisioning": "RESTRICTED",
                "allowed_oauth_tenants": {"slack": ["T1"]},
            },
            "eligible_to_join_by_oauth_tenant",
        ),
    ],
)
def test_newcomer_joins(
    emulator: Emulator, client: StytchB2BClient, settings: Any, membership: str
) -> None:
    """
    Whoever may join by domain or tenant becomes a Member by choosing.
    """
    emulator.update_organization("Acme", **settings)
    (found,) = discover(
        client, emulator, "eve@new.example", tenant_id="T1"
    ).discovered_organizations
    response = choose(client)

    assert membership == found.membership.type
    assert "eve@new.example" == response.member.email_address
    assert is_logged_in(client, response)


def test_founding(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    A founder is the first Member of the new Organization, and administers it.
    """
    discover(client, emulator, "eve@new.example")
    response = create(
        client, organization_name="New", organization_slug="new", mfa_policy="OPTIONAL"
    )

    assert ("New", "new") == (
        response.organization.organization_name,
        response.organization.organization_slug,
    )
    assert "stytch_admin" in response.member_session.roles
    assert is_logged_in(client, response)
    assert [response.organization.organization_id] == [
        found.organization.organization_id for found in list_(client).discovered_organizations
    ]


@pytest.mark.parametrize(
    ("settings", "outcome"),
    [
        ({"mfa_policy": "REQUIRED_FOR_ALL"}, NeedsMFA),
        (
            {"auth_methods": "RESTRICTED", "allowed_auth_methods": ["password"]},
            NeedsPrimaryFactor,
        ),
    ],
)
@pytest.mark.parametrize("call", [create, choose])
def test_something_is_lacking(
    emulator: Emulator, client: StytchB2BClient, call: Any, settings: Any, outcome: type
) -> None:
    """
    Where a factor is lacking another intermediate session takes the place of the first.
    """
    first = discover(client, emulator).intermediate_session_token
    if call is create:
        response = create(client, **settings)
    else:
        emulator.update_organization("Acme", **settings)
        response = choose(client)

    assert isinstance(response.outcome, outcome)
    assert first != response.intermediate_session_token == client.state.intermediate_session_token
    assert client.state.session_token is None


@pytest.mark.parametrize(
    ("arrange", "call", "expected"),
    [
        (
            lambda emulator: None,
            lambda client: create(client, organization_slug="acme"),
            (ConflictError, 400, "organization_slug_already_used"),
        ),
        (
            lambda emulator: emulator.update_organization(
                "Acme", claimed_email_domains=["new.example"]
            ),
            create,
            (BadRequestError, 400, "action_not_allowed_email_domain_is_claimed"),
        ),
        (
            lambda emulator: emulator.set_bootstrap(create_organization_enabled=False),
            create,
            (AuthenticationError, 401, "endpoint_not_authorized_for_sdk"),
        ),
        (
            lambda emulator: None,
            choose,
            (BadRequestError, 400, "email_jit_provisioning_not_allowed"),
        ),
        (
            lambda emulator: None,
            lambda client: choose(client, "nobody"),
            (NotFoundError, 404, "organization_not_found"),
        ),
    ],
    ids=["slug taken", "domain claimed", "creation disabled", "not admitted", "unknown"],
)
def test_refusals(
    emulator: Emulator, client: StytchB2BClient, arrange: Any, call: Any, expected: Any
) -> None:
    """
    What is refused uses nothing up and leaves the state as it is.
    """
    discover(client, emulator, "eve@new.example")
    before = client.state
    arrange(emulator)

    assert expected == refusal(lambda: call(client))
    assert before is client.state
    assert "eve@new.example" == list_(client).email_address


@every_call
def test_nothing_is_held(emulator: Emulator, client: StytchB2BClient, call: Any) -> None:
    """
    Who has not begun a login is told so before anything is sent.
    """
    with pytest.raises(NoSessionError):
        call(client)

    assert 0 == len(emulator.requests)


@every_call
def test_worthless_tokens(emulator: Emulator, client: StytchB2BClient, call: Any) -> None:
    """
    A token that is used up or expired is none to the server, and the session stays.
    """
    used = discover(client, emulator).intermediate_session_token
    choose(client)
    expired = discover(client.with_state(SessionState()), emulator).intermediate_session_token
    emulator.clock.advance(minutes=10)
    before = client.state

    for token in (used, expired):
        assert NOT_FOUND == refusal(partial(call, client, intermediate_session_token=token))
    assert before is client.state


@every_call
def test_expired_here(emulator: Emulator, client: StytchB2BClient, call: Any) -> None:
    """
    Ten minutes later the client knows that its token is worthless, and sends nothing.
    """
    discover(client, emulator)
    emulator.clock.advance(minutes=10)
    emulator.requests.clear()

    with pytest.raises(NoSessionError):
        call(client)

    assert 0 == len(emulator.requests)


@pytest.mark.parametrize("call", [create, choose])
def test_lost_answer(emulator: Emulator, client: StytchB2BClient, call: Any) -> None:
    """
    A lost answer keeps the token and says that it may be used up.
    """
    discover(client, emulator)
    before = client.state
    emulator.faults.add(drop="after_read", handle=True)

    with pytest.raises(StytchOutcomeUnknownError):
        call(client)

    assert before is client.state
    assert NOT_FOUND == refusal(lambda: call(client))
