"""Logging in by a magic link, with the PKCE pair that ties its two halves together."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import anyio
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    CaptchaRequiredError,
    InvalidArgumentError,
    NotFoundError,
    PKCEPair,
    SessionState,
    StytchAPIError,
)
from stytch_b2b.emulator import Emulator
from tests.api.support import logged, operations, sent_as

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
SEND = "magic_links.email.login_or_signup"
AUTHENTICATE = "magic_links.authenticate"


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Any:
    """
    Ada, who has an account.
    """
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"])


def challenge_of(verifier: str) -> str:
    """
    Return the S256 challenge of *verifier*, as RFC 7636 makes it.
    """
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


async def send_link(client: AsyncStytchB2BClient, emulator: Emulator, **options: Any) -> str:
    """
    Ask for a link to Ada and return the token in it.
    """
    await client.magic_links.email.login_or_signup(
        email_address=ADA, organization_id="acme", **options
    )
    return emulator.outbox.last(to=ADA).token


async def open_link(client: AsyncStytchB2BClient, token: str, **options: Any) -> Any:
    """
    Log in with the token of a link.
    """
    return await client.magic_links.authenticate(
        magic_links_token=token, session_duration_minutes=60, **options
    )


class TestSending:
    """
    What asking for a link does.
    """

    async def test_sends_a_message(self, client, emulator) -> None:
        """
        The message goes to the address given, without anybody's session.
        """
        emulator.register_redirect_url("https://acme.example/callback", "login")
        response = await client.magic_links.email.login_or_signup(
            email_address=ADA,
            organization_id="acme",
            login_redirect_url="https://acme.example/callback",
            locale="pt-br",
            login_expiration_minutes=30,
        )
        (request,) = logged(emulator, SEND)
        challenge = request.json().pop("pkce_code_challenge")

        assert "login" == emulator.outbox.last(to=ADA).kind
        assert emulator.outbox[-1].url.startswith("https://acme.example/callback?")
        assert emulator.public_token == sent_as(request)
        assert {
            "email_address": ADA,
            "organization_id": "acme",
            "login_redirect_url": "https://acme.example/callback",
            "locale": "pt-br",
            "login_expiration_minutes": 30,
            "pkce_code_challenge": challenge,
        } == request.json()
        assert (200, 1) == (response.status_code, response.meta.attempts)

    async def test_changes_no_session(self, admin, emulator) -> None:
        """
        Of the state, only the PKCE pair changes.
        """
        await admin.session.authenticate()
        before = admin.state

        await send_link(admin, emulator)

        assert {} == dict(before.pkce_pairs)
        assert ["magic_links"] == list(admin.state.pkce_pairs)
        assert before.member_session is admin.state.member_session
        assert before.credentials == admin.state.credentials

    async def test_unknown_organization(self, client) -> None:
        """
        An Organization that nobody knows is not found.
        """
        with pytest.raises(NotFoundError) as caught:
            await client.magic_links.email.login_or_signup(
                email_address=ADA, organization_id="nobody"
            )

        assert "organization_not_found" == caught.value.error_type
        assert (SEND, 404) == (caught.value.endpoint, caught.value.status_code)

    async def test_not_admitted(self, client) -> None:
        """
        An address that the Organization does not admit is a bad request.
        """
        with pytest.raises(BadRequestError) as caught:
            await client.magic_links.email.login_or_signup(
                email_address="eve@evil.example", organization_id="acme"
            )

        assert "email_jit_provisioning_not_allowed" == caught.value.error_type

    async def test_bad_redirect_url(self, client) -> None:
        """
        A redirect URL that is none is a bad request.
        """
        with pytest.raises(BadRequestError) as caught:
            await client.magic_links.email.login_or_signup(
                email_address=ADA, organization_id="acme", login_redirect_url="callback"
            )

        assert "invalid_login_redirect_url" == caught.value.error_type

    async def test_all_problems_at_once(self, client, emulator) -> None:
        """
        Arguments that do not fit are named all at once, before anything is sent.
        """
        with pytest.raises(InvalidArgumentError) as caught:
            await client.magic_links.email.login_or_signup(
                email_address=7,
                organization_id=None,
                signup_expiration_minutes="soon",
            )

        assert {
            "email_address",
            "organization_id",
            "signup_expiration_minutes",
        } == set(caught.value.problems)
        assert [] == operations(emulator)
        assert {} == dict(client.state.pkce_pairs)


class TestAuthenticating:
    """
    What opening a link does.
    """

    async def test_logs_in(self, client, emulator) -> None:
        """
        The client holds the session, the Member, the Organization and both tokens.
        """
        response = await open_link(client, await send_link(client, emulator))

        assert response.member_authenticated
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
        assert ADA == client.state.member.email_address
        assert "Acme" == client.state.organization.organization_name

    async def test_used_link(self, client, emulator) -> None:
        """
        A link works once; the second try fails and leaves the session alone.
        """
        token = await send_link(client, emulator, pkce_code_challenge=challenge_of("v" * 43))
        await open_link(client, token, pkce_code_verifier="v" * 43)
        state = client.state

        with pytest.raises(AuthenticationError) as caught:
            await open_link(client, token, pkce_code_verifier="v" * 43)

        assert "unable_to_auth_magic_link" == caught.value.error_type
        assert state is client.state

    async def test_expired_link(self, client, emulator) -> None:
        """
        A link that is too old does not log in.
        """
        token = await send_link(client, emulator, login_expiration_minutes=5)
        emulator.clock.advance(minutes=5)

        with pytest.raises(AuthenticationError):
            await open_link(client, token)

        assert client.state.session_token is None

    async def test_unknown_token(self, client) -> None:
        """
        A token that was never issued is not found.
        """
        with pytest.raises(NotFoundError) as caught:
            await open_link(client, "nobody")

        assert "magic_link_not_found" == caught.value.error_type

    async def test_captcha(self, client, emulator) -> None:
        """
        A demand for a CAPTCHA is an error of its own, as JSON and as plain text.
        """
        emulator.faults.add(status=403, body="Captcha required")
        emulator.faults.add(
            status=403, body={"error_type": "captcha_required", "error_message": "m"}
        )

        for _ in range(2):
            with pytest.raises(CaptchaRequiredError):
                await open_link(client, "token")

        assert 2 == len(logged(emulator, AUTHENTICATE))

    async def test_fingerprints_are_passed_on(self, client, emulator) -> None:
        """
        Device fingerprint and CAPTCHA token are sent if the caller has them, and else left out.
        """
        for options in ({}, {"dfp_telemetry_id": "dfp", "captcha_token": "captcha"}):
            with pytest.raises(StytchAPIError):
                await open_link(client, "token", **options)

        without, with_both = (request.json() for request in logged(emulator, AUTHENTICATE))
        assert {"magic_links_token": "token", "session_duration_minutes": 60} == without
        assert {**without, "dfp_telemetry_id": "dfp", "captcha_token": "captcha"} == with_both

    @pytest.mark.parametrize("minutes", [4, 527_041])
    async def test_duration(self, client, emulator, minutes: int) -> None:
        """
        A session duration outside of the API's range is refused before anything is sent.
        """
        with pytest.raises(InvalidArgumentError, match="session_duration_minutes"):
            await client.magic_links.authenticate(
                magic_links_token="token", session_duration_minutes=minutes
            )

        assert [] == operations(emulator)

    async def test_gains_a_factor(self, admin, emulator, admin_session) -> None:
        """
        A session of the same Member is sent along and survives.
        """
        await open_link(admin, await send_link(admin, emulator))

        assert admin_session.session_token == sent_as(logged(emulator, AUTHENTICATE)[0])
        assert admin_session.session_token == admin.state.session_token
        assert admin_session.member_session_id == admin.state.member_session.member_session_id


class TestPKCE:
    """
    The pair is made with the flow, sent, and forgotten when the flow has ended.
    """

    async def test_pair_is_made_sent_and_cleared(self, client, emulator) -> None:
        """
        The challenge sent is the one of the verifier sent later, and success clears the pair.
        """
        token = await send_link(client, emulator)
        pair = client.state.pkce_pairs["magic_links"]
        await open_link(client, token)
        sent = logged(emulator, SEND)[0].json()["pkce_code_challenge"]

        assert pair.code_challenge == sent == challenge_of(pair.code_verifier)
        assert pair.code_verifier == logged(emulator, AUTHENTICATE)[0].json()["pkce_code_verifier"]
        assert {} == dict(client.state.pkce_pairs)

    async def test_pair_is_reused_while_waiting(self, client, emulator) -> None:
        """
        The second link of a flow has the same challenge, so that either of the links works.
        """
        first = await send_link(client, emulator)
        await send_link(client, emulator)
        challenges = {request.json()["pkce_code_challenge"] for request in logged(emulator, SEND)}
        await open_link(client, first)

        assert 1 == len(challenges)
        assert client.state.session_token is not None

    async def test_next_flow_has_another_pair(self, client, emulator) -> None:
        """
        After a login the next flow begins with a pair of its own.
        """
        await open_link(client, await send_link(client, emulator))
        await open_link(client, await send_link(client, emulator))
        challenges = [request.json()["pkce_code_challenge"] for request in logged(emulator, SEND)]

        assert 2 == len(set(challenges))

    @pytest.mark.parametrize(
        "fault", [{"status": 500}, {"status": 400}, {"drop": "after_read"}, {"cut_body": True}]
    )
    async def test_failure_keeps_the_pair(self, client, emulator, fault: dict[str, Any]) -> None:
        """
        A login that failed can be tried again with the same verifier.
        """
        token = await send_link(client, emulator)
        state = client.state
        emulator.faults.add(operation=AUTHENTICATE, **fault)

        with pytest.raises(Exception, match=AUTHENTICATE):
            await open_link(client, token)
        kept = client.state
        await open_link(client, token)

        assert state is kept
        assert client.state.session_token is not None

    async def test_failed_start_keeps_the_pair(self, client, emulator) -> None:
        """
        A start whose answer was lost keeps the pair: the message may be on its way.
        """
        emulator.faults.add(operation=SEND, drop="after_read", handle=True)

        with pytest.raises(Exception, match="may have taken effect"):
            await send_link(client, emulator)
        await open_link(client, emulator.outbox[-1].token)

        assert client.state.session_token is not None

    async def test_callers_own_pair(self, client, emulator) -> None:
        """
        Challenge and verifier of the caller go before the client's, which stay as they were.
        """
        await send_link(client, emulator)
        waiting = client.state.pkce_pairs
        own = PKCEPair.generate()
        token = await send_link(client, emulator, pkce_code_challenge=own.code_challenge)
        await open_link(client, token, pkce_code_verifier=own.code_verifier)

        assert own.code_challenge == logged(emulator, SEND)[1].json()["pkce_code_challenge"]
        assert own.code_verifier == logged(emulator, AUTHENTICATE)[0].json()["pkce_code_verifier"]
        assert waiting == client.state.pkce_pairs

    async def test_callers_challenge_makes_no_pair(self, client, emulator) -> None:
        """
        A client whose caller keeps the pair keeps none.
        """
        own = PKCEPair.generate()

        await send_link(client, emulator, pkce_code_challenge=own.code_challenge)

        assert {} == dict(client.state.pkce_pairs)

    async def test_no_pair(self, client, emulator) -> None:
        """
        Without a pair no verifier is sent, and the server says that it expected one.
        """
        token = await send_link(client, emulator)
        stranger = client.with_state(SessionState())

        with pytest.raises(BadRequestError) as caught:
            await open_link(stranger, token)

        assert "pkce_expected_code_verifier" == caught.value.error_type
        assert "pkce_code_verifier" not in logged(emulator, AUTHENTICATE)[0].json()

    async def test_wrong_pair(self, client, emulator) -> None:
        """
        The verifier of another client does not open the link.
        """
        stranger = client.with_state(SessionState())
        token = await send_link(client, emulator)
        await send_link(stranger, emulator)

        with pytest.raises(BadRequestError) as caught:
            await open_link(stranger, token)

        assert "pkce_mismatch" == caught.value.error_type

    async def test_other_process_finishes(self, client, emulator, make_client) -> None:
        """
        The state, carried as JSON into another client, finishes the flow there.
        """
        token = await send_link(client, emulator)
        carried = client.state.to_json()
        callback = make_client().with_state(SessionState.from_json(carried))

        await open_link(callback, token)

        assert ADA == callback.state.member.email_address
        assert {} == dict(callback.state.pkce_pairs)

    async def test_concurrent_starts_share_a_pair(self, client, emulator) -> None:
        """
        Two starts at once use one pair, so neither link is worthless.
        """
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(send_link, client, emulator)
        challenges = {request.json()["pkce_code_challenge"] for request in logged(emulator, SEND)}

        assert {client.state.pkce_pairs["magic_links"].code_challenge} == challenges


class TestSecondFactor:
    """
    A login that the Organization does not accept yet leaves an intermediate session.
    """

    @pytest.fixture
    def mfa(self, emulator: Emulator) -> None:
        """
        Have the Organization demand a second factor from now on.
        """
        emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")

    async def test_drops_the_old_session(self, admin, emulator, mfa) -> None:
        """
        The session held before is gone; the intermediate token is held for ten minutes.
        """
        await admin.session.authenticate()

        response = await open_link(admin, await send_link(admin, emulator))
        lifetime = admin.state.intermediate_session_token_expires_at - emulator.clock.now()

        assert not response.member_authenticated
        assert response.mfa_required is not None
        assert (
            SessionState(
                intermediate_session_token=response.intermediate_session_token,
                intermediate_session_token_expires_at=(
                    admin.state.intermediate_session_token_expires_at
                ),
            )
            == admin.state
        )
        assert timedelta(minutes=9, seconds=30) < lifetime <= timedelta(minutes=10)

    async def test_tells_listeners(self, admin, emulator, mfa) -> None:
        """
        Who listens for sessions learns that there is none any more.
        """
        await admin.session.authenticate()
        held = admin.session.get_sync()
        changes: list[Any] = []
        admin.session.on_change(lambda old, new: changes.append((old, new)))

        await open_link(admin, await send_link(admin, emulator))

        assert [(held, None)] == changes

    async def test_token_is_sent_along(self, client, emulator, mfa) -> None:
        """
        The next login carries the intermediate token, and a session takes its place.
        """
        await open_link(client, await send_link(client, emulator))
        held = client.state.intermediate_session_token
        emulator.update_organization("Acme", mfa_policy="OPTIONAL")
        await open_link(client, await send_link(client, emulator))

        assert held == logged(emulator, AUTHENTICATE)[1].json()["intermediate_session_token"]
        assert client.state.intermediate_session_token is None
        assert client.state.intermediate_session_token_expires_at is None
        assert client.state.session_token is not None

    async def test_expired_token_is_not_sent(self, client, emulator, mfa) -> None:
        """
        Ten minutes later the token is worthless and stays at home.
        """
        await open_link(client, await send_link(client, emulator))
        emulator.update_organization("Acme", mfa_policy="OPTIONAL")
        emulator.clock.advance(minutes=10)
        await open_link(client, await send_link(client, emulator))

        assert "intermediate_session_token" not in logged(emulator, AUTHENTICATE)[1].json()
        assert client.state.session_token is not None

    async def test_expiry_survives_json(self, client, emulator, mfa, make_client) -> None:
        """
        The expiry travels with the state: who restores it gets no fresh ten minutes.
        """
        await open_link(client, await send_link(client, emulator))
        restored = make_client().with_state(SessionState.from_json(client.state.to_json()))
        emulator.clock.advance(minutes=10)
        with pytest.raises(StytchAPIError):
            await open_link(restored, "token")

        assert client.state == restored.state
        assert "intermediate_session_token" not in logged(emulator, AUTHENTICATE)[-1].json()

    async def test_callers_own_token(self, client, emulator, mfa) -> None:
        """
        An intermediate token of the caller goes before the client's.
        """
        await open_link(client, await send_link(client, emulator))

        with pytest.raises(StytchAPIError):
            await open_link(client, "token", intermediate_session_token="own")

        assert "own" == logged(emulator, AUTHENTICATE)[-1].json()["intermediate_session_token"]

    async def test_primary_required(self, admin, emulator) -> None:
        """
        Where the Organization does not accept magic links, the login is incomplete too.
        """
        token = await send_link(admin, emulator)
        emulator.update_organization(
            "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["password"]
        )
        stranger = admin.with_state(SessionState(pkce_pairs=admin.state.pkce_pairs))

        response = await open_link(stranger, token)

        assert ("password",) == response.primary_required.allowed_auth_methods
        assert response.intermediate_session_token == stranger.state.intermediate_session_token
        assert stranger.state.session_token is None


def test_sync(sync_client: Any, emulator: Emulator) -> None:
    """
    The blocking client logs in the same way, in another client if need be.
    """
    sync_client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")
    callback = sync_client.with_state(SessionState.from_json(sync_client.state.to_json()))
    response = callback.magic_links.authenticate(
        magic_links_token=emulator.outbox[-1].token, session_duration_minutes=60
    )

    assert response.session_token == callback.state.session_token
    assert ADA == callback.state.member.email_address
    assert sync_client.state.session_token is None
