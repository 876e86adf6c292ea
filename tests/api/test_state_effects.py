"""What each call does to the state of the client: on success, on failure, and never."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from operator import attrgetter
from typing import Any

import pytest
from attrs import evolve, fields

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    PKCEPair,
    SessionState,
    StytchError,
    _async,
)
from stytch_b2b._declare import ENDPOINTS
from stytch_b2b._endpoint import StateEffect
from stytch_b2b.emulator import Emulator, SignedIn
from tests.api.browsing import browse, logged_in, token_of, unfinished
from tests.api.support import StillClock, logged, printed
from tests.api.test_wire_table import arguments, value_of
from tests.facts import http_operations

pytestmark = pytest.mark.anyio

for module in pkgutil.iter_modules(_async.__path__):
    importlib.import_module(f"{_async.__name__}.{module.name}")

ADA = "ada@acme.example"
FLOWS = ("magic_links", "passwords", "oauth", "sso")

UNRECOVERABLE = (
    "invalid_secret_authentication",
    "session_not_found",
    "unauthorized_credentials",
    "user_unauthenticated",
)

End = Callable[[], Awaitable[Any]]
Begin = Callable[[AsyncStytchB2BClient, Emulator], Awaitable[End]]


async def oauth(client: AsyncStytchB2BClient, emulator: Emulator) -> End:
    """
    Begin a login by OAuth.
    """
    token = token_of(
        await browse(emulator, client.oauth.google.start(organization_slug="acme"), ADA)
    )
    return lambda: client.oauth.authenticate(oauth_token=token)


async def oauth_discovery(client: AsyncStytchB2BClient, emulator: Emulator) -> End:
    """
    Begin a login by OAuth, the Organization to be chosen later.
    """
    token = token_of(await browse(emulator, client.oauth.google.discovery.start(), ADA))
    return lambda: client.oauth.discovery.authenticate(discovery_oauth_token=token)


async def sso(client: AsyncStytchB2BClient, emulator: Emulator) -> End:
    """
    Begin a login by SSO.
    """
    connection = emulator.create_sso_connection("Acme")
    url = client.sso.start(connection_id=connection.connection_id)
    token = token_of(await browse(emulator, url, ADA))
    return lambda: client.sso.authenticate(sso_token=token, session_duration_minutes=60)


async def discovered(client: AsyncStytchB2BClient, emulator: Emulator) -> str:
    """
    Return an intermediate token of Ada's that another client got.
    """
    other = client.with_state(SessionState())
    end = await oauth_discovery(other, emulator)
    return (await end()).intermediate_session_token


async def create_organization(client: AsyncStytchB2BClient, emulator: Emulator) -> End:
    """
    Begin to found an Organization.
    """
    token = await discovered(client, emulator)
    return lambda: client.discovery.organizations.create(
        session_duration_minutes=60, intermediate_session_token=token
    )


async def exchange_intermediate(client: AsyncStytchB2BClient, emulator: Emulator) -> End:
    """
    Begin to choose an Organization.
    """
    token = await discovered(client, emulator)
    return lambda: client.discovery.intermediate_sessions.exchange(
        organization_id="acme", session_duration_minutes=60, intermediate_session_token=token
    )


async def exchange_session(client: AsyncStytchB2BClient, emulator: Emulator) -> End:
    """
    Begin to exchange the session for one in an Organization that both have accounts in.
    """
    return lambda: client.session.exchange(organization_id="other", session_duration_minutes=60)


async def exchange_access_token(client: AsyncStytchB2BClient, emulator: Emulator) -> End:
    """
    Begin to exchange an access token.
    """
    token = emulator.create_access_token(emulator.sign_in(ADA, "Acme").member_id)
    return lambda: client.session.exchange_access_token(
        access_token=token, session_duration_minutes=60
    )


async def attest(client: AsyncStytchB2BClient, emulator: Emulator) -> End:
    """
    Begin to exchange a trusted token.
    """
    profile = emulator.create_trusted_token_profile()
    token = emulator.trusted_token(profile, ADA, organization="acme")
    return lambda: client.session.attest(profile_id=profile.profile_id, token=token)


async def impersonate(client: AsyncStytchB2BClient, emulator: Emulator) -> End:
    """
    Begin to act in Ada's place.
    """
    token = emulator.create_impersonation_token(emulator.sign_in(ADA, "Acme").member_id)
    return lambda: client.impersonation.authenticate(impersonation_token=token)


async def authenticate(client: AsyncStytchB2BClient, emulator: Emulator) -> End:
    """
    Begin to refresh the session.
    """
    return client.session.authenticate


LOGINS: dict[str, Begin] = {
    "discovery.intermediate_sessions.exchange": exchange_intermediate,
    "discovery.organizations.create": create_organization,
    "impersonation.authenticate": impersonate,
    "oauth.authenticate": oauth,
    "oauth.discovery.authenticate": oauth_discovery,
    "session.attest": attest,
    "session.authenticate": authenticate,
    "session.exchange": exchange_session,
    "session.exchange_access_token": exchange_access_token,
    "sso.authenticate": sso,
}

MAY_LACK_A_FACTOR = {
    "discovery.intermediate_sessions.exchange",
    "oauth.authenticate",
    "session.exchange",
    "sso.authenticate",
}

ENDS_FLOW = {
    "oauth.authenticate": "oauth",
    "oauth.discovery.authenticate": "oauth",
    "sso.authenticate": "sso",
}

every_login = pytest.mark.parametrize("name", LOGINS)


@pytest.fixture(autouse=True)
def accounts(emulator: Emulator) -> None:
    """
    Ada and Bob have accounts in two Organizations.
    """
    emulator.create_organization("Other", slug="other")
    for organization in ("Acme", "Other"):
        for person in (ADA, "bob@acme.example"):
            emulator.create_member(organization, person)


@pytest.fixture
async def bob(
    client: AsyncStytchB2BClient, member_session: SignedIn, accounts: None
) -> AsyncStytchB2BClient:
    """
    A client with everything that a state can hold: Bob's session, a login, and waiting flows.
    """
    view = client.with_session(session_token=member_session.session_token)
    await view.session.authenticate()
    pairs = {flow: PKCEPair.generate() for flow in FLOWS}
    state = evolve(view.state, pkce_pairs=pairs, from_cache=True)
    return client.with_state(state)


class TestSuccess:
    """
    What a login leaves, whatever there was before.
    """

    @every_login
    async def test_field_by_field(self, bob, emulator, name: str) -> None:
        """
        Of what was held before nothing is left but the pairs of other flows.
        """
        end = await LOGINS[name](bob, emulator)
        waiting = dict(bob.state.pkce_pairs)
        waiting.pop(ENDS_FLOW.get(name, ""), None)
        response = await end()
        expected = (
            unfinished(response, bob, pkce_pairs=waiting)
            if name == "oauth.discovery.authenticate"
            else logged_in(response, pkce_pairs=waiting)
        )

        assert {"member_session", "member", "organization", "session_token", "session_jwt"} < {
            field.name for field in fields(SessionState)
        }
        for field in fields(SessionState):
            assert (field.name, getattr(expected, field.name)) == (
                field.name,
                getattr(bob.state, field.name),
            )

    @pytest.mark.parametrize("name", sorted(MAY_LACK_A_FACTOR))
    @pytest.mark.parametrize(
        "settings",
        [
            {"mfa_policy": "REQUIRED_FOR_ALL"},
            {"auth_methods": "RESTRICTED", "allowed_auth_methods": ["hubspot_oauth"]},
        ],
        ids=["mfa", "primary"],
    )
    async def test_something_is_lacking(
        self, bob, emulator, name: str, settings: dict[str, Any]
    ) -> None:
        """
        A login that lacks a factor leaves an intermediate session and the pairs of other flows.
        """
        end = await LOGINS[name](bob, emulator)
        for organization in ("Acme", "Other"):
            emulator.update_organization(organization, **settings)
        waiting = dict(bob.state.pkce_pairs)
        waiting.pop(ENDS_FLOW.get(name, ""), None)
        response = await end()

        assert "" == response.session_token
        assert bob.state.intermediate_session_token
        assert unfinished(response, bob, pkce_pairs=waiting) == bob.state

    @every_login
    async def test_listeners(self, bob, emulator, name: str) -> None:
        """
        Who listens is told once, of the session before and the one after.
        """
        end = await LOGINS[name](bob, emulator)
        before = bob.state.member_session
        told: list[Any] = []
        bob.session.on_change(lambda old, new: told.append((old, new)))
        emulator.clock.advance(seconds=1)
        await end()

        assert [(before, bob.state.member_session)] == told

    async def test_revoke(self, bob) -> None:
        """
        A logout leaves the pairs of flows that wait, and nothing else.
        """
        waiting = bob.state.pkce_pairs

        await bob.session.revoke()

        assert SessionState(pkce_pairs=waiting) == bob.state

    async def test_no_effect(self, bob, emulator) -> None:
        """
        Calls that only ask or prepare leave the state as it is.
        """
        emulator.set_google_client_id("id")
        before = bob.state
        await bob.oauth.google_one_tap.get_client_id()
        await bob.oauth.google_one_tap.start(
            id_token=emulator.google_id_token(ADA), organization_id="acme"
        )
        await bob.oauth.google_one_tap.discovery.start(id_token=emulator.google_id_token(ADA))
        await bob.sso.discover_connections(ADA)
        await bob.discovery.organizations.list()

        assert before is bob.state


class TestSecrets:
    """
    What logs somebody in is never shown.
    """

    @every_login
    async def test_nothing_is_shown(self, bob, emulator, caplog, name: str) -> None:
        """
        Neither answer, client, state, log nor the errors of failures quote a token.
        """
        caplog.set_level(logging.DEBUG)
        end = await LOGINS[name](bob, emulator)
        verifiers = [pair.code_verifier for pair in bob.state.pkce_pairs.values()]
        shown: list[str] = []
        for fault in ({"status": 500}, {"status": 400}, {"cut_body": True}, {"body": "..."}):
            emulator.faults.add(operation=name, times=9, **fault)
            with pytest.raises(StytchError) as caught:
                await end()
            emulator.faults.clear()
            shown.append(printed(caught.value))
        response = await end()
        (*_, request) = logged(emulator, name)
        shown += [f"{each!r}{each}" for each in (response, bob, bob.state, bob.session)]
        shown += [repr(record.__dict__) + caplog.text for record in caplog.records]
        held = bob.state
        sent = request.json()
        secrets = {
            *verifiers,
            *(held.session_token, held.session_jwt, held.intermediate_session_token),
            *(value for field, value in sent.items() if "token" in field),
            *_provider_secrets(response),
        } - {None, ""}

        assert 5 <= len(secrets)
        assert [] == [secret[:6] for secret in secrets if secret in "".join(shown)]


def _provider_secrets(response: Any) -> Iterator[str]:
    values = getattr(response, "provider_values", None)
    if values is not None:
        yield from (values.access_token, values.refresh_token, values.id_token)


async def test_redirect_urls_are_not_shown(bob, emulator, caplog) -> None:
    """
    An answer that leads a browser on hides the token that is in the URL.
    """
    caplog.set_level(logging.DEBUG)
    emulator.set_google_client_id("id")
    app = emulator.create_connected_app()
    first, second = (emulator.google_id_token(ADA) for _ in range(2))
    answers = [
        await bob.oauth.google_one_tap.start(id_token=first, organization_id="acme"),
        await bob.oauth.google_one_tap.discovery.start(id_token=second),
    ]
    granted = await bob.idp.oauth_authorize_submit(
        client_id=app.client_id,
        redirect_uri=app.redirect_urls[0],
        response_type="code",
        scopes=["openid"],
        consent_granted=True,
    )
    shown = f"{answers!r}{granted!r}{granted}{caplog.text}"

    assert granted.authorization_code
    for secret in (
        *(token_of(answer.redirect_url) for answer in answers),
        granted.authorization_code,
        first,
        second,
    ):
        assert secret not in shown


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    """
    Run one emulator for the whole table; each of its answers is spoilt.
    """
    with Emulator() as running:
        yield running


@pytest.fixture
async def full(server: Emulator) -> AsyncIterator[AsyncStytchB2BClient]:
    """
    A client with everything that a state can hold, all at once.
    """
    server.reset()
    server.create_organization("Acme", slug="acme")
    session = server.sign_in(ADA, "Acme")
    async with AsyncStytchB2BClient(
        server.public_token, base_url=server.url, clock=StillClock()
    ) as client:
        view = client.with_session(
            session_token=session.session_token, session_jwt=session.session_jwt
        )
        await view.session.authenticate()
        yield client.with_state(
            evolve(
                view.state,
                intermediate_session_token="intermediate-token",
                pkce_pairs={flow: PKCEPair.generate() for flow in FLOWS},
            )
        )


async def call(client: AsyncStytchB2BClient, name: str) -> Any:
    """
    Call an operation by its name, with a value that fits for every argument.
    """
    operation = http_operations()[name]
    values = {one["name"]: value_of(one) for one in operation["query"] + operation["body"]}
    path = {one: f"{one}-1" for one in operation["path_params"] if one != "public_token"}
    return await attrgetter(name)(client)(**path, **arguments(operation, values))


WITH_EFFECT = sorted(
    name
    for name, endpoint in ENDPOINTS.items()
    if endpoint.state_effect is not StateEffect.NONE or endpoint.verifiers
)

TRANSIENT: dict[str, dict[str, Any]] = {
    "server error": {"status": 500},
    "rate limit": {"status": 429},
    "dropped unread": {"drop": "before_read"},
    "dropped read": {"drop": "after_read"},
    "cut": {"status": 200, "cut_body": True},
    "page of a proxy": {"status": 401, "body": "<html>who are you</html>"},
    "silence": {"delay": 60, "status": 200},
}


def operation_of(name: str) -> str:
    """
    Return what the emulator calls an operation: where two share a route, it knows them as one.
    """
    return {"self.delete_password": "organization.members.delete_password"}.get(name, name)


class TestFailures:
    """
    What no call does, for every operation that there is.
    """

    @pytest.mark.parametrize("name", WITH_EFFECT)
    async def test_transient(self, full, server, name: str) -> None:
        """
        A failure that says nothing about the session changes nothing of the state.
        """
        before = full.state
        for fault in TRANSIENT.values():
            client = full.with_options(timeout=0.05) if "delay" in fault else full
            server.faults.add(operation=operation_of(name), times=9, **fault)
            with pytest.raises(StytchError):
                await call(client, name)
            server.faults.clear()

            assert before is full.state

        # A retry counts as well, so there are at least as many requests as faults.
        assert len(TRANSIENT) <= len(logged(server, operation_of(name)))

    @pytest.mark.parametrize("name", sorted(ENDPOINTS))
    async def test_unrecoverable(self, full, server, name: str) -> None:
        """
        That a session is gone clears the state where the session itself was asked about only.
        """
        before = full.state
        cleared = {
            "session.authenticate": before.without_session(),
            "session.revoke": before.logged_out(),
        }
        for error_type in UNRECOVERABLE:
            client = full.with_state(before)
            body = {"status_code": 401, "error_type": error_type, "error_message": "m"}
            server.faults.add(operation=operation_of(name), status=401, body=body)
            with pytest.raises(AuthenticationError) as caught:
                await call(client, name)

            assert (401, error_type) == (caught.value.status_code, caught.value.error_type)
            assert cleared.get(name, before) == client.state
            assert (name in cleared) is (before is not client.state)
