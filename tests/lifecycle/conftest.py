"""An emulator for each test, and programs that use the package in processes of their own."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import trustme

import stytch_b2b
from stytch_b2b.emulator import Emulator, SignedIn
from tests.lifecycle.support import RUNNERS, Runner

PROGRAMS = Path(__file__).parent / "programs"

NO_MEMBERS: Mapping[str, str] = {}

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Keep settings of whoever runs the tests out of them.
    """
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """
    A running emulator.
    """
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """
    Who vouches for the emulator over TLS.
    """
    return trustme.CA()


@pytest.fixture
def secured(authority: trustme.CA) -> Iterator[Emulator]:
    """
    A running emulator that serves HTTPS.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Emulator(ssl_context=context) as running:
        yield running


@pytest.fixture
def signed_in(emulator: Emulator) -> SignedIn:
    """
    A session of Ada, who may do everything.
    """
    return emulator.sign_in()


@pytest.fixture(params=list(RUNNERS))
def runner(request: pytest.FixtureRequest) -> Runner:
    """
    Something that runs an event loop for as long as a function takes.
    """
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    return RUNNERS[request.param]


@pytest.fixture
def run(authority: trustme.CA, tmp_path: Path) -> Run:
    """
    Run a program against an emulator, with every warning an error, and return how it ended.
    """

    def start(
        program: str, emulator: Emulator, *args: str, members: Mapping[str, str] = NO_MEMBERS
    ) -> subprocess.CompletedProcess[str]:
        certificate = tmp_path / "authority.pem"
        authority.cert_pem.write_to_path(str(certificate))
        settings = {
            "public_token": emulator.public_token,
            "base_url": emulator.url,
            "session_token": emulator.sign_in().session_token,
            "members": dict(members),
            "authority": str(certificate),
            "directory": str(tmp_path),
        }
        return subprocess.run(
            [sys.executable, "-W", "error", str(PROGRAMS / program), json.dumps(settings), *args],
            # The copy of the package that is under test here is under test there.
            env={**os.environ, "PYTHONPATH": str(Path(stytch_b2b.__file__).parents[1])},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    return start
