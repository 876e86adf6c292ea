"""Programs that forgot to close their client end all the same, quietly and with their status."""

from __future__ import annotations

import pytest

WAYS = [
    "unused",
    "sync",
    "sync view",
    "sync thread",
    "asyncio",
    "asyncio locally",
    "trio",
    "trio locally",
    "both",
]


@pytest.mark.parametrize("way", WAYS)
def test_exit(run, emulator, way: str) -> None:
    """
    With every warning an error, the program ends with status 0 and without a word.
    """
    result = run("exit.py", emulator, way)

    assert ("done\n", "", 0) == (result.stdout, result.stderr, result.returncode)


def test_own_status(run, emulator) -> None:
    """
    The status that a program asks for is the one it gets.
    """
    result = run("exit.py", emulator, "sync error")

    assert ("", "", 3) == (result.stdout, result.stderr, result.returncode)


def test_call_in_flight(run, emulator) -> None:
    """
    A call of a daemon thread that is still on its way does not keep the program alive.
    """
    emulator.faults.add(operation="self.get", delay=3600)

    result = run("exit.py", emulator, "sync in flight")

    assert ("waiting\ndone\n", "", 0) == (result.stdout, result.stderr, result.returncode)
