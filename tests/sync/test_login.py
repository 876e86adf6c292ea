"""Logging in from a program that does not await: the same, and the program waits."""

from __future__ import annotations

import sys
from threading import Thread
from typing import Any

import pytest

from stytch_b2b import (
    ChooseOrganization,
    LoggedIn,
    StytchB2BClient,
    StytchConnectionError,
    StytchTimeoutError,
)
from stytch_b2b.emulator import Emulator
from tests.browsers import free_port, is_free, send

ADA = "ada@acme.example"
TOKEN = "public-token-test-11111111-2222-3333-4444-555555555555"


@pytest.fixture
def port() -> int:
    """
    A port that nobody uses.
    """
    return free_port()


@pytest.fixture
def redirect_url(emulator: Emulator, port: int) -> str:
    """
    A redirect URL at that port, which is registered.
    """
    emulator.create_organization("Acme", slug="acme")
    emulator.create_member("Acme", ADA)
    url = f"http://localhost:{port}/authenticate"
    emulator.register_redirect_url(url)
    return url


def test_organization(emulator: Emulator, client: StytchB2BClient, redirect_url: str) -> None:
    """
    With an Organization the person is logged in there.
    """
    response = client.login.oauth(
        "google",
        organization_slug="acme",
        session_duration_minutes=60,
        redirect_url=redirect_url,
        open_url=lambda url: send(emulator.browser_login(url, ADA)),
    )

    assert isinstance(response.outcome, LoggedIn)
    assert client.state.member is not None
    assert ADA == client.state.member.email_address


def test_discovery(emulator: Emulator, client: StytchB2BClient, redirect_url: str) -> None:
    """
    Without one they have yet to choose.
    """
    response = client.login.discovery_oauth(
        "google",
        redirect_url=redirect_url,
        open_url=lambda url: send(emulator.browser_login(url, ADA)),
    )

    assert isinstance(response.outcome, ChooseOrganization)


def test_timeout(client: StytchB2BClient, redirect_url: str, port: int) -> None:
    """
    The program goes on when nobody comes back, and nothing is left listening.
    """
    with pytest.raises(StytchTimeoutError):
        client.login.discovery_magic_link(
            email_address=ADA, redirect_url=redirect_url, timeout=0.05
        )

    assert is_free(port)


def test_interrupted(run_script: Any, port: int) -> None:
    """
    Ctrl-C during the wait ends the program at once.
    """
    done = run_script(f"""
import os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    client.login.discovery_oauth(
        "google",
        redirect_url="http://localhost:{port}/",
        open_url=lambda url: os.kill(os.getpid(), signal.SIGINT),
    )
except KeyboardInterrupt:
    print("interrupted")
""")

    assert ("interrupted\n", "", 0) == (done.stdout, done.stderr, done.returncode)
    assert is_free(port)


def test_awaited_opener(emulator: Emulator, client: StytchB2BClient, redirect_url: str) -> None:
    """
    An opener may have to be awaited, though the program does not await.
    """

    async def open_url(url: str) -> None:
        Thread(target=lambda: send(emulator.browser_login(url, ADA))).start()

    response = client.login.discovery_oauth("google", redirect_url=redirect_url, open_url=open_url)

    assert isinstance(response.outcome, ChooseOrganization)


def test_opener_that_ends_the_program(client: StytchB2BClient, redirect_url: str) -> None:
    """
    What an opener raises to end the program ends nothing that other calls need.
    """

    def give_up(url: str) -> None:
        sys.exit("no browser")

    with pytest.raises(SystemExit, match="no browser"):
        client.login.discovery_oauth("google", redirect_url=redirect_url, open_url=give_up)

    assert client.bootstrap.get()


def test_opener_that_hangs(run_script: Any, port: int) -> None:
    """
    A browser that blocks holds up neither the call nor the end of the program.
    """
    done = run_script(f"""
import asyncio, threading
from stytch_b2b import AsyncStytchB2BClient, StytchTimeoutError

async def main():
    async with AsyncStytchB2BClient({TOKEN!r}, base_url="http://localhost:9") as client:
        await client.login.discovery_oauth(
            "google",
            redirect_url="http://localhost:{port}/",
            open_url=lambda url: threading.Event().wait(),
            timeout=0.05,
        )

try:
    asyncio.run(main())
except StytchTimeoutError:
    print("too late")
""")

    assert ("too late\n", "", 0) == (done.stdout, done.stderr, done.returncode)


def test_port_in_use(client: StytchB2BClient, redirect_url: str) -> None:
    """
    A second login at the port is refused, in whatever thread.
    """

    def begin_another(url: str) -> None:
        client.login.discovery_oauth("google", redirect_url=redirect_url)

    with pytest.raises(StytchConnectionError, match="cannot listen"):
        client.login.discovery_oauth("google", redirect_url=redirect_url, open_url=begin_another)
