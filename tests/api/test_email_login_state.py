"""What each call on magic links and passwords does to a client's state, and what it shows of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve, frozen

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    PKCEPair,
    ServerError,
    SessionState,
    StytchConnectionError,
    StytchError,
    StytchOutcomeUnknownError,
    StytchTimeoutError,
)
from stytch_b2b.emulator import Emulator
from tests.api.support import printed

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
BOB = "bob@acme.example"
PASSWORD = "violet-tundra-92-kite"
NEW = "copper.walnut.drifts.away"

Client = AsyncStytchB2BClient


@frozen(kw_only=True)
class Scene:
    """
    Ada logged in, with both flows begun and two more of another kind.
    """

    client: Client
    tokens: Mapping[str, str]
    """What came by e-mail, by flow."""
    pairs: Mapping[str, PKCEPair]

    def tell(self) -> set[str]:
        """
        Return what must be in no text.
        """
        state = self.client.state
        held = (state.session_token, state.session_jwt, state.intermediate_session_token)
        return {
            *(token for token in (*self.tokens.values(), *held) if token),
            *(pair.code_verifier for pair in self.pairs.values()),
            PASSWORD,
            NEW,
        }


def ask_for_link(client: Client) -> Awaitable[Any]:
    """
    Have a link sent to Ada at Acme.
    """
    return client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")


def ask_for_reset(client: Client) -> Awaitable[Any]:
    """
    Have an e-mail sent to Ada at Acme that offers a new password.
    """
    return client.passwords.reset_by_email_start(email_address=ADA, organization_id="acme")


CALLS: dict[str, Callable[[Scene], Awaitable[Any]]] = {
    "magic_links.email.login_or_signup": lambda scene: ask_for_link(scene.client),
    "magic_links.email.discovery.send": lambda scene: scene.client.magic_links.email.discovery.send(
        email_address=ADA
    ),
    "magic_links.email.invite": lambda scene: scene.client.magic_links.email.invite(
        email_address=BOB
    ),
    "magic_links.authenticate": lambda scene: scene.client.magic_links.authenticate(
        magic_links_token=scene.tokens["link"], session_duration_minutes=60
    ),
    "magic_links.discovery.authenticate": (
        lambda scene: scene.client.magic_links.discovery.authenticate(
            discovery_magic_links_token=scene.tokens["discovery link"]
        )
    ),
    "passwords.authenticate": lambda scene: scene.client.passwords.authenticate(
        organization_id="acme", email_address=ADA, password=PASSWORD, session_duration_minutes=60
    ),
    "passwords.reset_by_email_start": lambda scene: ask_for_reset(scene.client),
    "passwords.reset_by_email": lambda scene: scene.client.passwords.reset_by_email(
        password_reset_token=scene.tokens["reset"], password=NEW, session_duration_minutes=60
    ),
    "passwords.reset_by_existing_password": (
        lambda scene: scene.client.passwords.reset_by_existing_password(
            organization_id="acme",
            email_address=ADA,
            existing_password=PASSWORD,
            new_password=NEW,
            session_duration_minutes=60,
        )
    ),
    "passwords.reset_by_session": lambda scene: scene.client.passwords.reset_by_session(
        password=NEW
    ),
    "passwords.strength_check": lambda scene: scene.client.passwords.strength_check(password=NEW),
    "passwords.discovery.authenticate": (
        lambda scene: scene.client.passwords.discovery.authenticate(
            email_address=ADA, password=PASSWORD
        )
    ),
    "passwords.discovery.reset_by_email_start": (
        lambda scene: scene.client.passwords.discovery.reset_by_email_start(email_address=ADA)
    ),
    "passwords.discovery.reset_by_email": (
        lambda scene: scene.client.passwords.discovery.reset_by_email(
            password_reset_token=scene.tokens["discovery reset"], password=NEW
        )
    ),
}
"""Every call on magic links and passwords."""

LOGINS = {
    "magic_links.authenticate": "magic_links",
    "passwords.authenticate": "",
    "passwords.reset_by_email": "passwords",
    "passwords.reset_by_existing_password": "",
    "passwords.reset_by_session": "",
}
"""Those that end with a session, with the flow that ends by each."""

DISCOVERIES = {
    "magic_links.discovery.authenticate": "magic_links",
    "passwords.discovery.authenticate": "",
    "passwords.discovery.reset_by_email": "passwords",
}
"""Those that end with an intermediate session, with the flow that ends by each."""


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Any:
    """
    Ada, who has a password.
    """
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"], password=PASSWORD)


@pytest.fixture
async def scene(client: Client, emulator: Emulator) -> Scene:
    """
    Ada logged in, with flows of both kinds begun, at a time that stands still.
    """
    emulator.clock.freeze()
    session = emulator.sign_in(ADA, "Acme")
    acting = client.with_session(
        session_token=session.session_token, session_jwt=session.session_jwt
    )
    await acting.session.authenticate()
    other = {"oauth": PKCEPair.generate(), "sso": PKCEPair.generate()}
    acting = acting.with_state(evolve(acting.state, pkce_pairs=other))
    await ask_for_link(acting)
    await acting.magic_links.email.discovery.send(email_address=ADA)
    await ask_for_reset(acting)
    await acting.passwords.discovery.reset_by_email_start(email_address=ADA)
    names = ("link", "discovery link", "reset", "discovery reset")
    tokens = {name: message.token for name, message in zip(names, emulator.outbox, strict=True)}
    emulator.requests.clear()
    return Scene(client=acting, tokens=tokens, pairs=acting.state.pkce_pairs)


class TestState:
    """
    What each call does to the state of a client that is logged in.
    """

    @pytest.mark.parametrize("name", sorted(CALLS.keys() - LOGINS.keys() - DISCOVERIES.keys()))
    async def test_no_login(self, scene: Scene, name: str) -> None:
        """
        A call that logs nobody in changes nothing.
        """
        before = scene.client.state
        await CALLS[name](scene)

        assert before is scene.client.state

    @pytest.mark.parametrize(("name", "ended"), LOGINS.items())
    async def test_login(self, scene: Scene, name: str, ended: str) -> None:
        """
        The session of the answer takes the place of the old one; only a pair that was used goes.
        """
        before = scene.client.state
        response = await CALLS[name](scene)
        session = response.member_session

        assert (
            SessionState(
                member_session=session,
                member=response.member,
                organization=response.organization,
                session_token=response.session_token,
                session_jwt=response.session_jwt,
                pkce_pairs={flow: pair for flow, pair in scene.pairs.items() if flow != ended},
            )
            == scene.client.state
        )
        assert ADA == response.member.email_address
        assert session == (await scene.client.session.authenticate()).member_session
        # What a new password ends is every other session, and the caller's where it is not asked.
        renewed = name in ("passwords.reset_by_email", "passwords.reset_by_existing_password")
        assert renewed is (before.session_token != response.session_token)

    @pytest.mark.parametrize(("name", "ended"), DISCOVERIES.items())
    async def test_discovery(self, scene: Scene, emulator, name: str, ended: str) -> None:
        """
        The intermediate session takes the place of everything but the other flows' pairs.
        """
        response = await CALLS[name](scene)

        assert (
            SessionState(
                intermediate_session_token=response.intermediate_session_token,
                intermediate_session_token_expires_at=emulator.clock.now() + timedelta(minutes=10),
                pkce_pairs={flow: pair for flow, pair in scene.pairs.items() if flow != ended},
            )
            == scene.client.state
        )
        assert response.intermediate_session_token

    @pytest.mark.parametrize(
        ("name", "ended"),
        [each for each in LOGINS.items() if each[0] != "passwords.reset_by_session"],
    )
    async def test_second_factor(self, scene: Scene, emulator, name: str, ended: str) -> None:
        """
        A login that lacks a second factor drops the old session, too.
        """
        emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
        response = await CALLS[name](scene)

        assert (
            SessionState(
                intermediate_session_token=response.intermediate_session_token,
                intermediate_session_token_expires_at=emulator.clock.now() + timedelta(minutes=10),
                pkce_pairs={flow: pair for flow, pair in scene.pairs.items() if flow != ended},
            )
            == scene.client.state
        )
        assert (None, "", "") == (
            response.member_session,
            response.session_token,
            response.session_jwt,
        )
        assert response.intermediate_session_token

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ({"status": 401, "type": "unauthorized_credentials"}, AuthenticationError),
            ({"status": 401, "type": "user_unauthenticated"}, AuthenticationError),
            ({"status": 401, "type": "invalid_secret_authentication"}, AuthenticationError),
            ({"status": 404, "type": "session_not_found"}, AuthenticationError),
            ({"status": 500}, ServerError),
            ({"drop": "before_read"}, StytchOutcomeUnknownError),
            ({"drop": "after_read"}, StytchOutcomeUnknownError),
            ({"delay": 600, "handle": False}, StytchOutcomeUnknownError),
        ],
        ids=lambda one: "-".join(map(str, one.values())) if isinstance(one, dict) else one.__name__,
    )
    @pytest.mark.parametrize("name", CALLS)
    async def test_failure(
        self, scene: Scene, emulator, name: str, fault: dict[str, Any], error: type[StytchError]
    ) -> None:
        """
        No failure of these calls logs anybody out or loses a pair, whatever its type says.
        """
        settings = dict(fault)
        if error_type := settings.pop("type", None):
            settings["body"] = {"error_type": error_type, "error_message": "m"}
        if error is StytchOutcomeUnknownError and name == "passwords.strength_check":
            # It changes nothing, so that its answer was lost leaves nothing in doubt.
            error = StytchTimeoutError if "delay" in fault else StytchConnectionError
        before = scene.client.state
        emulator.faults.add(operation=name, **settings)
        hurried = scene.client.with_options(retries=0, timeout=0.1)

        with pytest.raises(error) as caught:
            await CALLS[name](evolve(scene, client=hurried))
        after = scene.client.state

        assert error is type(caught.value)
        assert name in str(caught.value)
        assert before is after
        assert before.member == (await scene.client.session.authenticate()).member


class TestSecrets:
    """
    Passwords and tokens are in no text, whatever becomes of a call.
    """

    @pytest.mark.parametrize("name", CALLS)
    async def test_success(self, scene: Scene, caplog, name: str) -> None:
        """
        Neither answer, outcome, client nor log shows any.
        """
        secrets = scene.tell()
        with caplog.at_level(logging.DEBUG):
            response = await CALLS[name](scene)
        secrets |= scene.tell()
        things = [response, response.meta, getattr(response, "outcome", None)]
        things += [scene.client, scene.client.state, scene.client.passwords]
        shown = "".join(f"{each!r}{each}" for each in things)
        said = "".join(f"{record.getMessage()}{record.__dict__!r}" for record in caplog.records)

        assert 12 <= len(secrets)
        assert set() == {secret for secret in secrets if secret in shown}
        assert set() == {secret for secret in secrets if secret in said}

    @pytest.mark.parametrize("fault", ["refused", "unreadable", "lost"])
    @pytest.mark.parametrize("name", CALLS)
    async def test_failure(self, scene: Scene, emulator, caplog, name: str, fault: str) -> None:
        """
        Nor does an error, or anything that led to it, though the answer be full of them.
        """
        secrets = scene.tell()
        faults: dict[str, dict[str, Any]] = {
            "refused": {
                "status": 400,
                "body": {"error_type": "bad_request", "error_details": {"all": sorted(secrets)}},
            },
            "unreadable": {"status": 200, "body": f"<p>{sorted(secrets)}"},
            "lost": {"cut_body": True, "handle": True},
        }
        emulator.faults.add(operation=name, **faults[fault])
        scene = evolve(scene, client=scene.client.with_options(retries=0))

        with caplog.at_level(logging.DEBUG), pytest.raises(StytchError) as caught:
            await CALLS[name](scene)
        shown = printed(caught.value)
        said = "".join(f"{record.getMessage()}{record.__dict__!r}" for record in caplog.records)

        assert name in shown
        assert set() == {secret for secret in secrets if secret in shown}
        assert set() == {secret for secret in secrets if secret in said}
