"""Processes that fork with connections open: neither side disturbs the other."""

from __future__ import annotations

import os

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

CALLS = {"sync": 4 + 1 + 1 + 3 + 3, "asyncio": 1 + 1 + 3 + 3}
"""What the program makes of them, in both processes."""


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("way", "leave"),
    [("sync", "_exit"), ("sync", "exit"), ("asyncio", "_exit"), ("asyncio", "exit")],
)
def test_fork(run, emulator, secured, scheme: str, way: str, leave: str) -> None:
    """
    Parent and child both call, at once and one after the other, and each call is sent once.
    """
    server = emulator if scheme == "http" else secured

    result = run("fork.py", server, way, leave)

    assert ("0\n", "", 0) == (result.stdout, result.stderr, result.returncode)
    assert CALLS[way] == len(server.requests)
