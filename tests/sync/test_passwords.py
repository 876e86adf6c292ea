"""Passwords by the blocking client: logging in, being refused, and setting another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from stytch_b2b import (
    AuthenticationError,
    BadRequestError,
    ChooseOrganization,
    LoggedIn,
    NeedsMFA,
    NoSessionError,
    RateLimitedError,
    SessionState,
    StytchB2BClient,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import Emulator, Member
from tests.api.support import logged, printed

ADA = "ada@acme.example"
OLD = "violet-tundra-92-kite"
NEW = "seven.brass.lanterns.hum"
GUESS = "guess-canary-0123456789"


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Member:
    """
    Ada of Acme, who has a password.
    """
    emulator.create_organization("Acme", slug="acme")
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"], password=OLD)


@pytest.fixture
def client(emulator: Emulator) -> Iterator[StytchB2BClient]:
    """
    A client that is logged out, and shares the emulator's clock.
    """
    with StytchB2BClient(
        emulator.public_token, base_url=emulator.url, clock=emulator.clock
    ) as client:
        yield client


def log_in(client: StytchB2BClient, password: str = OLD) -> Any:
    """
    Log Ada in to Acme.
    """
    return client.passwords.authenticate(
        organization_id="acme", email_address=ADA, password=password, session_duration_minutes=60
    )


def by_email(client: StytchB2BClient, emulator: Emulator, password: str = NEW) -> Any:
    """
    Set a password by a link.
    """
    client.passwords.reset_by_email_start(organization_id="acme", email_address=ADA)
    return client.passwords.reset_by_email(
        password_reset_token=emulator.outbox.last().token,
        password=password,
        session_duration_minutes=60,
    )


def by_email_everywhere(client: StytchB2BClient, emulator: Emulator, password: str = NEW) -> Any:
    """
    Set a password by a link before an Organization is chosen.
    """
    client.passwords.discovery.reset_by_email_start(email_address=ADA)
    return client.passwords.discovery.reset_by_email(
        password_reset_token=emulator.outbox.last().token, password=password
    )


def by_existing(client: StytchB2BClient, emulator: Emulator, password: str = NEW) -> Any:
    """
    Set a password by means of the present one.
    """
    return client.passwords.reset_by_existing_password(
        organization_id="acme",
        email_address=ADA,
        existing_password=OLD,
        new_password=password,
        session_duration_minutes=60,
    )


def by_session(client: StytchB2BClient, emulator: Emulator, password: str = NEW) -> Any:
    """
    Set a password by a session.
    """
    client.session.update_session(session_token=emulator.sign_in(ADA, "Acme").session_token)
    return client.passwords.reset_by_session(password=password)


Reset = Callable[..., Any]
RESETS: list[Reset] = [by_email, by_email_everywhere, by_existing, by_session]


def test_logs_in(client: StytchB2BClient) -> None:
    """
    A password brings a session, by which the client acts from then on.
    """
    response = log_in(client)

    assert isinstance(response.outcome, LoggedIn)
    assert response.session_token == client.state.session_token
    assert response.member == client.self.get().member
    assert client.session.get_sync() == response.member_session


def test_discovery(client: StytchB2BClient) -> None:
    """
    Before an Organization is chosen it brings the choice.
    """
    found = client.passwords.discovery.authenticate(email_address=ADA, password=OLD)
    client.discovery.intermediate_sessions.exchange(
        organization_id="acme", session_duration_minutes=60
    )

    assert isinstance(found.outcome, ChooseOrganization)
    assert ADA == client.self.get().member.email_address


def test_second_factor(emulator: Emulator, client: StytchB2BClient, ada: Member) -> None:
    """
    The code of an app completes what a password began; the session of before is gone.
    """
    log_in(client)
    emulator.enroll_totp(ada)
    outcome = log_in(client.with_state(SessionState())).outcome
    begun = client.with_state(SessionState())
    log_in(begun)
    pending = begun.state
    begun.totp.authenticate(
        organization_id=outcome.organization_id,
        member_id=outcome.member_id,
        code=emulator.totp_code(ada),
        session_duration_minutes=60,
    )

    assert isinstance(outcome, NeedsMFA)
    assert pending.session_token is None
    assert begun.state.session_token is not None
    assert client.state.session_token not in (None, begun.state.session_token)


def test_wrong_password(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    It is an error without the guess in it, and logs nobody out.
    """
    log_in(client)
    before = client.state
    with pytest.raises(AuthenticationError) as caught:
        log_in(client, GUESS)

    assert (401, "unauthorized_credentials") == (caught.value.status_code, caught.value.error_type)
    assert GUESS not in printed(caught.value)
    assert before is client.state
    assert ADA == client.self.get().member.email_address


def test_locked(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    Who guessed too often waits, and is asked only once for it.
    """
    emulator.set_lock_policy(attempts=1, minutes=5)
    with pytest.raises(AuthenticationError):
        log_in(client, GUESS)
    with pytest.raises(RateLimitedError) as caught:
        log_in(client)
    emulator.clock.advance(minutes=5)
    log_in(client)

    assert (429, "user_lock_limit_reached") == (caught.value.status_code, caught.value.error_type)
    assert 3 == len(logged(emulator, "passwords.authenticate"))


@pytest.mark.parametrize("reset", RESETS)
def test_reset(emulator: Emulator, client: StytchB2BClient, reset: Reset) -> None:
    """
    The new password counts from then on; other clients are logged out when they ask.
    """
    other = client.with_session(session_token=emulator.sign_in(ADA, "Acme").session_token)
    reset(client, emulator)
    fresh = client.with_state(SessionState())
    log_in(fresh, NEW)

    with pytest.raises(AuthenticationError) as caught:
        other.session.authenticate()
    with pytest.raises(AuthenticationError):
        log_in(fresh, OLD)
    assert (404, "session_not_found") == (caught.value.status_code, caught.value.error_type)
    assert SessionState() == other.state
    assert client.state.session_token or client.state.intermediate_session_token
    assert {} == dict(client.state.pkce_pairs)


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize(
    ("password", "error_type"),
    [
        ("zebra-canary", "weak_password"),
        ("correct horse battery staple", "breached_password"),
        (OLD, "cannot_reset_password_with_existing_password"),
    ],
)
def test_unfit(
    emulator: Emulator, client: StytchB2BClient, reset: Reset, password: str, error_type: str
) -> None:
    """
    A password that is refused is not shown, and the one of before stays.
    """
    if error_type == "weak_password":
        emulator.set_bootstrap(password_config={"luds_complexity": 4, "luds_minimum_count": 8})

    with pytest.raises(BadRequestError) as caught:
        reset(client, emulator, password)
    log_in(client.with_state(SessionState()))

    assert (400, error_type) == (caught.value.status_code, caught.value.error_type)
    assert password not in printed(caught.value)


def test_reset_elsewhere(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    A reset ends in another client by the verifier, which the wire calls otherwise.
    """
    client.passwords.reset_by_email_start(organization_id="acme", email_address=ADA)
    token = emulator.outbox.last().token
    pair = client.utils.get_pkce_pair("passwords")
    assert pair is not None
    elsewhere = client.with_state(SessionState())
    arguments: dict[str, Any] = {
        "password_reset_token": token,
        "password": NEW,
        "session_duration_minutes": 60,
    }
    with pytest.raises(BadRequestError) as caught:
        elsewhere.passwords.reset_by_email(**arguments)
    elsewhere.passwords.reset_by_email(**arguments, pkce_code_verifier=pair.code_verifier)
    (started,) = logged(emulator, "passwords.reset_by_email_start")
    refused, finished = logged(emulator, "passwords.reset_by_email")

    assert (400, "pkce_expected_code_verifier") == (
        caught.value.status_code,
        caught.value.error_type,
    )
    assert pair.code_challenge == started.json()["code_challenge"]
    assert arguments == refused.json()
    assert {**arguments, "code_verifier": pair.code_verifier} == finished.json()
    assert ADA == elsewhere.self.get().member.email_address


def test_expired_link(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    After half an hour a link sets no password, and the pair waits for the next one.
    """
    client.passwords.reset_by_email_start(organization_id="acme", email_address=ADA)
    waiting = client.state
    emulator.clock.advance(minutes=30)

    with pytest.raises(AuthenticationError) as caught:
        client.passwords.reset_by_email(
            password_reset_token=emulator.outbox.last().token,
            password=NEW,
            session_duration_minutes=60,
        )

    assert (401, "unable_to_auth_password_reset_token") == (
        caught.value.status_code,
        caught.value.error_type,
    )
    assert waiting is client.state


def test_nobody_is_logged_in(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    Without a session there is none to set a password by, and nothing is sent.
    """
    with pytest.raises(NoSessionError):
        client.passwords.reset_by_session(password=NEW)

    assert [] == list(emulator.requests)


def test_lost_answer(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    A login whose answer was lost is not repeated, and logs nobody out.
    """
    log_in(client)
    before = client.state
    emulator.faults.add(operation="passwords.authenticate", drop="after_read")

    with pytest.raises(StytchOutcomeUnknownError):
        log_in(client)

    assert before is client.state
    assert client.state.session_token == client.session.authenticate().session_token


def test_strength(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    A password can be judged before it is set, by either policy.
    """
    weak = client.passwords.strength_check(password="zebra")
    good = client.passwords.strength_check(password=NEW, email_address=ADA)
    emulator.set_bootstrap(password_config={"luds_complexity": 3, "luds_minimum_count": 8})
    short = client.passwords.strength_check(password="Abc-123")

    assert [False, True, False] == [each.valid_password for each in (weak, good, short)]
    assert ["zxcvbn", "zxcvbn", "luds"] == [each.strength_policy for each in (weak, good, short)]
    assert weak.zxcvbn_feedback is not None
    assert weak.zxcvbn_feedback.warning
    assert short.luds_feedback is not None
    assert (0, 1) == (
        short.luds_feedback.missing_complexity,
        short.luds_feedback.missing_characters,
    )
