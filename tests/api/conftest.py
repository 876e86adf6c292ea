"""An emulator for each test, and clients of it that are closed with the test."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from stytch_b2b import AsyncStytchB2BClient
from stytch_b2b.emulator import Emulator, SignedIn
from tests.api.support import Drip, StillClock

if TYPE_CHECKING:
    from stytch_b2b import StytchB2BClient


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Keep settings of whoever runs the tests out of them.
    """
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("STYTCH_B2B_PUBLIC_TOKEN", "STYTCH_B2B_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """
    A running emulator with one organization, ``Acme``.
    """
    with Emulator() as running:
        running.create_organization("Acme", slug="acme")
        yield running


@pytest.fixture
def clock() -> StillClock:
    """
    A clock that records what it was asked to wait, and never waits.
    """
    return StillClock()


@pytest.fixture
async def make_client(emulator: Emulator) -> AsyncIterator[Callable[..., AsyncStytchB2BClient]]:
    """
    Make clients of the emulator, which share its clock unless told otherwise.
    """
    clients: list[AsyncStytchB2BClient] = []

    def make(**options: Any) -> AsyncStytchB2BClient:
        options = {"base_url": emulator.url, "clock": emulator.clock, **options}
        clients.append(AsyncStytchB2BClient(emulator.public_token, **options))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def admin_session(emulator: Emulator) -> SignedIn:
    """
    A session of Ada, who may do everything.
    """
    return emulator.sign_in("ada@acme.example", "Acme", roles=["stytch_admin"])


@pytest.fixture
def member_session(emulator: Emulator) -> SignedIn:
    """
    A session of Bob, who holds no role but the one of everybody.
    """
    return emulator.sign_in("bob@acme.example", "Acme", roles=[])


@pytest.fixture
def client(make_client: Callable[..., AsyncStytchB2BClient]) -> AsyncStytchB2BClient:
    """
    A client that is logged out.
    """
    return make_client()


@pytest.fixture
def admin(client: AsyncStytchB2BClient, admin_session: SignedIn) -> AsyncStytchB2BClient:
    """
    A client that acts as Ada, who may do everything.
    """
    return client.with_session(
        session_token=admin_session.session_token, session_jwt=admin_session.session_jwt
    )


@pytest.fixture
def member(client: AsyncStytchB2BClient, member_session: SignedIn) -> AsyncStytchB2BClient:
    """
    A client that acts as Bob, who holds no role but the one of everybody.
    """
    return client.with_session(
        session_token=member_session.session_token, session_jwt=member_session.session_jwt
    )


@pytest.fixture
def sync_client(emulator: Emulator) -> Iterator[StytchB2BClient]:
    """
    A blocking client that is logged out.
    """
    from stytch_b2b import StytchB2BClient

    with StytchB2BClient(
        emulator.public_token, base_url=emulator.url, clock=emulator.clock
    ) as client:
        yield client


@pytest.fixture
def sync_admin(sync_client: StytchB2BClient, admin_session: SignedIn) -> StytchB2BClient:
    """
    A blocking client that acts as Ada, who may do everything.
    """
    return sync_client.with_session(
        session_token=admin_session.session_token, session_jwt=admin_session.session_jwt
    )


@pytest.fixture
def drip() -> Iterator[Callable[..., Drip]]:
    """
    Start dripping servers, and end them with the test.
    """
    servers: list[Drip] = []

    def start(*pieces: bytes, pause: float = 0) -> Drip:
        servers.append(Drip(*pieces, pause=pause))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """
    Everything that any logger says, down to the smallest detail.
    """
    loggers = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    before = [(each, each.level) for each in loggers]
    for each in loggers:
        each.setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        yield lambda: "\n".join(
            logging.Formatter().format(record) + repr(record.__dict__) for record in caplog.records
        )
    for each, level in before:
        each.setLevel(level)
