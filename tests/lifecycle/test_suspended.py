"""What waits for long, when its loop ends or is closed, or when its process forks."""

from __future__ import annotations

import os
from functools import partial

import anyio
import pytest

from tests.clocks import MovedClock
from tests.lifecycle.support import client_of


def test_kept_alive_in_five_runs(runner, emulator, signed_in) -> None:
    """
    A session is kept alive by one loop after the other, each of which refreshes it as it is due.
    """
    clock = MovedClock(emulator)
    client = client_of(emulator, clock=clock)
    client.session.update_session(session_token=signed_in.session_token)
    were_running: list[bool] = []
    expiries = []

    async def keep(number: int) -> None:
        async with client.session.keep_alive(extend=60) as kept:
            await clock.wait_number(2 * number + 1)
            clock.move(180)
            await clock.wait_number(2 * number + 2)
            were_running.append(kept.is_running)
            assert client.state.member_session is not None
            expiries.append(client.state.member_session.expires_at)
        were_running.append(kept.is_running)

    for number in range(5):
        runner(partial(keep, number))
        clock.move(180)
    anyio.run(client.aclose)

    assert [True, False] * 5 == were_running
    assert sorted(set(expiries)) == expiries
    assert ["session.authenticate"] * 10 == [each.operation for each in emulator.requests]


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_keep_alive_in_a_closed_loop(run, emulator, kind: str) -> None:
    """
    A loop that was closed in the middle of it keeps nothing alive, and another loop may take over.
    """
    if kind == "uvloop":
        pytest.importorskip("uvloop")

    result = run("suspended.py", emulator, "keep_alive", kind)

    # asyncio itself complains about such loops; what counts is that this package does not.
    assert ("False True None\n0\n", 0) == (result.stdout, result.returncode)
    assert "RuntimeError" not in result.stderr


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_changes_in_a_closed_loop(run, emulator, kind: str) -> None:
    """
    Changes that were waited for in a loop that was closed are given to who waits in another.
    """
    if kind == "uvloop":
        pytest.importorskip("uvloop")

    result = run("suspended.py", emulator, "changes", kind)

    assert ("True False\nFalse True\n0\n", 0) == (result.stdout, result.returncode)
    assert "RuntimeError" not in result.stderr


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("way", "leave"),
    [
        ("asyncio", "_exit"),
        ("asyncio", "exit"),
        ("trio", "_exit"),
        ("trio", "exit"),
        # Not with exit: uvloop alone, without this package, crashes a child that it leaves a
        # connection to.
        ("uvloop", "_exit"),
    ],
)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork_while_kept_alive(run, emulator, secured, scheme: str, way: str, leave: str) -> None:
    """
    A child keeps nothing alive but what it begins itself, and the parent goes on refreshing.
    """
    if way == "uvloop":
        pytest.importorskip("uvloop")
    server = emulator if scheme == "http" else secured

    result = run("kept.py", server, way, leave)
    said = "child False True None\nparent True None\n0\n"

    assert (said, "", 0) == (result.stdout, result.stderr, result.returncode)
    assert ["session.authenticate"] * 4 == [each.operation for each in server.requests]
