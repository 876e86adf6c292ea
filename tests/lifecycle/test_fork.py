"""Processes that fork with connections open: neither side disturbs the other."""

from __future__ import annotations

import json
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


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("way", "leave"),
    [
        ("sync", "_exit"),
        ("sync", "exit"),
        ("asyncio", "_exit"),
        ("asyncio", "exit"),
        ("trio", "_exit"),
        ("trio", "exit"),
        # Not with exit: uvloop alone, without this package, crashes a child that it leaves a
        # connection to.
        ("uvloop", "_exit"),
    ],
)
def test_processes_that_call_at_the_same_time(
    run, emulator, secured, scheme: str, way: str, leave: str
) -> None:
    """
    Forked in the middle of calls, three processes go on calling, and each call gets its answer.
    """
    if way == "uvloop":
        pytest.importorskip("uvloop")
    server = emulator if scheme == "http" else secured
    people = [server.sign_in(f"member-{number}@example.com") for number in range(4)]

    result = run(
        "hammer.py",
        server,
        way,
        leave,
        members={person.session_token: person.member_id for person in people},
    )

    assert ("", 0) == (result.stderr, result.returncode)
    assert {"statuses": [0, 0], "calls": len(server.requests)} == json.loads(result.stdout)
