"""An emulator and a blocking client of it for each test."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from stytch_b2b import StytchB2BClient
from stytch_b2b.emulator import Emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """
    A running emulator without anything in it.
    """
    with Emulator() as running:
        yield running


@pytest.fixture
def client(emulator: Emulator) -> Iterator[StytchB2BClient]:
    """
    A client that is logged out.
    """
    with StytchB2BClient(emulator.public_token, base_url=emulator.url) as client:
        yield client


@pytest.fixture
def admin(emulator: Emulator, client: StytchB2BClient) -> StytchB2BClient:
    """
    A client that acts as an administrator, and is closed with the one that is logged out.
    """
    session = emulator.sign_in()
    return client.with_session(session_token=session.session_token, session_jwt=session.session_jwt)


@pytest.fixture
def run_script(emulator: Emulator) -> Callable[..., subprocess.CompletedProcess[str]]:
    """
    Runs a program in which ``client`` acts as an administrator and ``base`` owns the connections.
    """
    preamble = f"""
from stytch_b2b import StytchB2BClient
base = StytchB2BClient({emulator.public_token!r}, base_url={emulator.url!r})
client = base.with_session(session_token={emulator.sign_in().session_token!r})
"""

    def run(script: str, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", *options, "-c", preamble + script],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
