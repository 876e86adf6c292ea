"""What every test shares: the event loops it runs on, and what the report says of the run."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import settings

import stytch_b2b

# The same examples in every run, and a slow machine is no failure.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")

BACKENDS: dict[str, tuple[str, dict[str, bool]]] = {
    "asyncio": ("asyncio", {"use_uvloop": False}),
    "trio": ("trio", {}),
}
# Off unless asked for: it runs what asyncio runs once more, to find the loop's own peculiarities.
if os.environ.get("STYTCH_B2B_TEST_UVLOOP"):
    BACKENDS["uvloop"] = ("asyncio", {"use_uvloop": True})


@pytest.fixture(params=list(BACKENDS.values()), ids=list(BACKENDS), scope="module")
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """
    Name the event loop that anyio's plugin runs a test on.
    """
    backend: tuple[str, dict[str, bool]] = request.param
    return backend


def pytest_report_header() -> list[str]:
    """
    Say which versions decide how this run behaves, and which copy of the package it tests.
    """
    names = ("aiohttp", "anyio", "attrs", "cattrs", "msgspec", "tenacity")
    return [
        f"{platform.python_implementation()} {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in names),
        f"backends: {', '.join(BACKENDS)}; package: {Path(stytch_b2b.__file__).parent}",
    ]
