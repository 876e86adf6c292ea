"""Magic links and invitations by the blocking client, from the e-mail to the session."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from stytch_b2b import (
    AuthenticationError,
    BadRequestError,
    ChooseOrganization,
    Decision,
    LoggedIn,
    NeedsMFA,
    NotFoundError,
    PermissionDeniedError,
    PKCEPair,
    SessionState,
    StytchB2BClient,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import Emulator, Member, Message

ADA = "ada@acme.example"
EVE = "eve@elsewhere.example"


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Member:
    """
    Ada, who may do everything at Acme.
    """
    emulator.create_organization("Acme", slug="acme")
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"])


@pytest.fixture
def client(emulator: Emulator) -> Iterator[StytchB2BClient]:
    """
    A client that is logged out, and shares the emulator's clock.
    """
    with StytchB2BClient(
        emulator.public_token, base_url=emulator.url, clock=emulator.clock
    ) as client:
        yield client


def login_token(message: Message) -> str:
    """
    Return the token of a reset message's other link, which logs in without a password.
    """
    (token,) = parse_qs(urlsplit(message.login_url).query)["token"]
    return token


def test_discovery(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    A link opens the choice of an Organization, and the choice the session.
    """
    client.magic_links.email.discovery.send(email_address=ADA)
    waiting = client.utils.get_pkce_pair("magic_links")
    found = client.magic_links.discovery.authenticate(
        discovery_magic_links_token=emulator.outbox.last().token
    )
    pending = client.state
    response = client.discovery.intermediate_sessions.exchange(
        organization_id="acme", session_duration_minutes=60
    )

    assert waiting is not None
    assert isinstance(found.outcome, ChooseOrganization)
    assert ["Acme"] == [
        each.organization.organization_name for each in found.discovered_organizations
    ]
    assert found.intermediate_session_token == pending.intermediate_session_token
    assert client.utils.get_pkce_pair("magic_links") is None
    assert response.session_token == client.state.session_token
    assert client.state.intermediate_session_token is None


def test_invitation(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    Whoever is invited joins by another client, whatever that one waits for.
    """
    session = emulator.sign_in(ADA, "Acme")
    admin = client.with_session(session_token=session.session_token)
    pairs = {flow: PKCEPair.generate() for flow in ("magic_links", "passwords")}
    theirs = client.with_state(SessionState(pkce_pairs=pairs))
    invited = admin.magic_links.email.invite(email_address=EVE)
    response = theirs.magic_links.authenticate(
        magic_links_token=emulator.outbox.last(to=EVE).token, session_duration_minutes=60
    )

    assert "invited" == invited.member.status
    assert isinstance(response.outcome, LoggedIn)
    assert (invited.member_id, "active") == (response.member_id, response.member.status)
    assert (2, pairs) == (response.meta.attempts, theirs.state.pkce_pairs)
    assert response.session_token == theirs.state.session_token
    assert session.session_token == admin.state.session_token
    assert Decision.DENIED is theirs.can(theirs.magic_links.email.invite)
    with pytest.raises(PermissionDeniedError) as caught:
        theirs.magic_links.email.invite(email_address="mallory@elsewhere.example")
    assert 403 == caught.value.status_code


@pytest.mark.parametrize("first", ["magic_links", "passwords"])
def test_both_flows_wait(emulator: Emulator, client: StytchB2BClient, first: str) -> None:
    """
    The link of a reset and a link by itself both open, each with its own pair.
    """
    client.passwords.reset_by_email_start(email_address=ADA, organization_id="acme")
    client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")
    reset, link = emulator.outbox
    tokens = {"magic_links": link.token, "passwords": login_token(reset)}
    both = dict(client.state.pkce_pairs)
    client.magic_links.authenticate(
        magic_links_token=tokens.pop(first), session_duration_minutes=60
    )
    remaining = dict(client.state.pkce_pairs)
    client.magic_links.authenticate(
        magic_links_token=tokens.popitem()[1], session_duration_minutes=60
    )

    assert {"magic_links", "passwords"} == set(both)
    assert {flow: pair for flow, pair in both.items() if flow != first} == remaining
    assert {} == dict(client.state.pkce_pairs)
    assert ADA == client.self.get().member.email_address


@pytest.mark.parametrize("by", ["state", "verifier"])
def test_flow_ends_elsewhere(emulator: Emulator, client: StytchB2BClient, by: str) -> None:
    """
    A flow ends in another client by the kept state, or by the verifier alone.
    """
    client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")
    token = emulator.outbox.last().token
    pair = client.utils.get_pkce_pair("magic_links")
    assert pair is not None
    stranger = client.with_state(SessionState())
    with pytest.raises(BadRequestError) as caught:
        stranger.magic_links.authenticate(magic_links_token=token, session_duration_minutes=60)
    if by == "state":
        elsewhere = client.with_state(SessionState.from_json(client.state.to_json()))
        elsewhere.magic_links.authenticate(magic_links_token=token, session_duration_minutes=60)
    else:
        elsewhere = client.with_state(SessionState())
        elsewhere.magic_links.authenticate(
            magic_links_token=token,
            session_duration_minutes=60,
            pkce_code_verifier=pair.code_verifier,
        )

    assert (400, "pkce_expected_code_verifier") == (
        caught.value.status_code,
        caught.value.error_type,
    )
    assert {} == dict(elsewhere.state.pkce_pairs)
    assert ADA == elsewhere.self.get().member.email_address
    assert client.state.session_token is None


def test_links_that_do_not_open(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    An unknown, an expired and a used link are errors that leave the state as it was.
    """
    client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")
    waiting = client.state
    with pytest.raises(NotFoundError) as unknown:
        client.magic_links.authenticate(magic_links_token="nobody", session_duration_minutes=60)
    emulator.clock.advance(hours=1)
    with pytest.raises(AuthenticationError) as expired:
        client.magic_links.authenticate(
            magic_links_token=emulator.outbox.last().token, session_duration_minutes=60
        )
    kept = client.state

    assert (404, "magic_link_not_found") == (unknown.value.status_code, unknown.value.error_type)
    assert (401, "unable_to_auth_magic_link") == (
        expired.value.status_code,
        expired.value.error_type,
    )
    assert waiting is kept


def test_lost_answer(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    A login that fails on the way loses no pair, and can be tried again.
    """
    client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")
    token = emulator.outbox.last().token
    waiting = client.state
    emulator.faults.add(operation="magic_links.authenticate", drop="after_read")
    with pytest.raises(StytchOutcomeUnknownError, match=r"magic_links\.authenticate"):
        client.magic_links.authenticate(magic_links_token=token, session_duration_minutes=60)
    kept = client.state
    client.magic_links.authenticate(magic_links_token=token, session_duration_minutes=60)

    assert waiting is kept
    assert ADA == client.self.get().member.email_address


def test_second_factor(emulator: Emulator, client: StytchB2BClient, ada: Member) -> None:
    """
    A link of a Member who has an app begins a login that a code completes.
    """
    emulator.enroll_totp(ada)
    client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")
    outcome = client.magic_links.authenticate(
        magic_links_token=emulator.outbox.last().token, session_duration_minutes=60
    ).outcome
    assert isinstance(outcome, NeedsMFA)
    response = client.totp.authenticate(
        organization_id=outcome.organization_id,
        member_id=outcome.member_id,
        code=emulator.totp_code(ada),
        session_duration_minutes=60,
    )

    assert ("totp",) == outcome.enrolled
    assert response.session_token == client.state.session_token
    assert client.state.intermediate_session_token is None
