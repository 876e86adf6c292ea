"""Logging in with the blocking client where one factor is not enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from stytch_b2b import (
    AuthenticationError,
    LoggedIn,
    NeedsMFA,
    NoSessionError,
    RateLimitedError,
    ServerError,
    SessionState,
    StytchB2BClient,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import Emulator, Member

ADA = "ada@acme.example"
PHONE = "+12025550162"


@pytest.fixture
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has a phone and an app set up; time stands still.
    """
    emulator.clock.freeze()
    member = emulator.create_member(emulator.create_organization("Acme", slug="acme"), ADA)
    emulator.enroll_phone(member, PHONE)
    emulator.enroll_totp(member)
    return member


@pytest.fixture
def client(emulator: Emulator, ada: Member) -> Iterator[StytchB2BClient]:
    """
    A client that is logged out and has the emulator's clock.
    """
    with StytchB2BClient(
        emulator.public_token, base_url=emulator.url, clock=emulator.clock
    ) as client:
        yield client


def log_in(client: StytchB2BClient, emulator: Emulator) -> NeedsMFA:
    """
    Log in with a passcode from an e-mail, which is not enough.
    """
    client.otps.email.login_or_signup(organization_id="acme", email_address=ADA)
    response = client.otps.email.authenticate(
        organization_id="acme",
        email_address=ADA,
        code=emulator.outbox.last(to=ADA).code,
        session_duration_minutes=60,
    )
    assert isinstance(response.outcome, NeedsMFA)
    return response.outcome


def by_phone(client: StytchB2BClient, emulator: Emulator, ada: Member) -> Any:
    """
    Prove the phone by the passcode that was sent to it last.
    """
    return client.otps.sms.authenticate(
        organization_id=ada.organization_id,
        member_id=ada.member_id,
        code=emulator.outbox.last(to=PHONE).code,
        session_duration_minutes=60,
    )


def by_app(client: StytchB2BClient, emulator: Emulator, ada: Member) -> Any:
    """
    Prove the app by what it shows.
    """
    return client.totp.authenticate(
        organization_id=ada.organization_id,
        member_id=ada.member_id,
        code=emulator.totp_code(ada),
        session_duration_minutes=60,
    )


def by_recovery_code(client: StytchB2BClient, emulator: Emulator, ada: Member) -> Any:
    """
    Prove the app that is lost by a recovery code.
    """
    return client.recovery_codes.recover(
        organization_id=ada.organization_id,
        member_id=ada.member_id,
        recovery_code=ada.recovery_codes[0],
        session_duration_minutes=60,
    )


Prove = Callable[[StytchB2BClient, Emulator, Member], Any]

every_factor = pytest.mark.parametrize("prove", [by_phone, by_app, by_recovery_code])


@every_factor
def test_from_start_to_session(
    client: StytchB2BClient, emulator: Emulator, ada: Member, prove: Prove
) -> None:
    """
    The first factor leaves an intermediate session, the second one the session.
    """
    outcome = log_in(client, emulator)
    lacking = client.state
    response = prove(client, emulator, ada)

    assert (("sms_otp", "totp"), True) == (outcome.enrolled, outcome.passcode_sent)
    assert (
        SessionState(
            intermediate_session_token=lacking.intermediate_session_token,
            intermediate_session_token_expires_at=lacking.intermediate_session_token_expires_at,
        )
        == lacking
    )
    assert isinstance(response.outcome, LoggedIn)
    assert (
        SessionState(
            member_session=response.member_session,
            member=response.member,
            organization=response.organization,
            session_token=response.session_token,
            session_jwt=response.session_jwt,
        )
        == client.state
    )
    assert ada.member_id == client.self.get().member.member_id


@every_factor
def test_step_up(client: StytchB2BClient, emulator: Emulator, ada: Member, prove: Prove) -> None:
    """
    A session keeps its ID and gains the factor; who listens is told once, on the way.
    """
    session = emulator.create_session(ada)
    acting = client.with_session(session_token=session.session_token)
    before = acting.session.authenticate().member_session
    acting.otps.sms.send(organization_id="acme", member_id=ada.member_id)
    changes: list[object] = []
    acting.session.on_change(lambda old, new: changes.append((old, new)))

    response = prove(acting, emulator, ada)

    assert session.member_session_id == response.member_session.member_session_id
    assert 2 == len(response.member_session.authentication_factors)
    assert session.session_token == acting.state.session_token
    assert [(before, response.member_session)] == changes


def test_sets_an_app_up(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    Who has nothing yet sets an app up while logging in, in another client if need be.
    """
    emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    bob = emulator.create_member("Acme", "bob@acme.example")
    client.otps.email.discovery.send(email_address=bob.email_address)
    client.otps.email.discovery.authenticate(
        email_address=bob.email_address, code=emulator.outbox[-1].code
    )
    restored = client.with_state(SessionState.from_json(client.state.to_json()))
    chosen = restored.discovery.intermediate_sessions.exchange(
        organization_id="acme", session_duration_minutes=60
    )
    created = restored.totp.create(organization_id="acme", member_id=bob.member_id)
    response = by_app(restored, emulator, bob)

    assert isinstance(chosen.outcome, NeedsMFA)
    assert ((), ("totp", "sms_otp")) == (chosen.outcome.enrolled, chosen.outcome.enrollable)
    assert created.totp_registration_id == response.member.totp_registration_id
    assert response.member.mfa_enrolled
    assert restored.recovery_codes.get().recovery_codes == created.recovery_codes
    assert client.state.session_token is None


def test_wrong_code(client: StytchB2BClient, emulator: Emulator, ada: Member) -> None:
    """
    A wrong code leaves the login as it was; too many of them lock Ada for a while.
    """
    # Should it be repeated after all, the wait must come to an end.
    emulator.clock.unfreeze()
    emulator.set_lock_policy(attempts=2, minutes=5)
    log_in(client, emulator)
    before = client.state
    wrong: list[tuple[int, str]] = []
    for _ in range(2):
        with pytest.raises(AuthenticationError) as caught:
            client.otps.sms.authenticate(
                organization_id="acme",
                member_id=ada.member_id,
                code="nope",
                session_duration_minutes=60,
            )
        wrong.append((caught.value.status_code, caught.value.error_type))
    with pytest.raises(RateLimitedError) as locked:
        by_app(client, emulator, ada)
    kept = client.state
    emulator.clock.advance(minutes=5)
    by_app(client, emulator, ada)

    assert [(401, "unable_to_auth_otp_code")] * 2 == wrong
    assert (429, "user_lock_limit_reached") == (locked.value.status_code, locked.value.error_type)
    assert 1 == locked.value.attempts
    assert before is kept
    assert ADA == client.self.get().member.email_address


@every_factor
@pytest.mark.parametrize(
    ("fault", "expected"),
    [({"status": 500}, ServerError), ({"drop": "after_read"}, StytchOutcomeUnknownError)],
)
def test_failure(
    client: StytchB2BClient,
    emulator: Emulator,
    ada: Member,
    prove: Prove,
    fault: dict[str, Any],
    expected: type[Exception],
) -> None:
    """
    A call that fails changes nothing, so that the login goes on.
    """
    log_in(client, emulator)
    before = client.state
    # Should it be repeated after all, the wait must come to an end.
    emulator.clock.unfreeze()
    emulator.faults.add(**fault)

    with pytest.raises(expected):
        prove(client, emulator, ada)
    kept = client.state
    response = prove(client, emulator, ada)

    assert before is kept
    assert response.session_token == client.state.session_token


@every_factor
def test_too_late(client: StytchB2BClient, emulator: Emulator, ada: Member, prove: Prove) -> None:
    """
    After ten minutes nothing is sent, also by who restored the state meanwhile.
    """
    log_in(client, emulator)
    restored = client.with_state(SessionState.from_json(client.state.to_json()))
    emulator.clock.advance(minutes=10)
    already = len(emulator.requests)

    for acting in (client, restored):
        with pytest.raises(NoSessionError):
            prove(acting, emulator, ada)

    assert already == len(emulator.requests)
    assert client.state == restored.state
