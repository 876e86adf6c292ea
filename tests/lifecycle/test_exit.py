"""Programs that forgot to close their client end all the same, quietly and with their status."""

from __future__ import annotations

import json
import signal
import sys

import pytest

WAYS = [
    "unused",
    "sync",
    "sync view",
    "sync closed",
    "sync thread",
    "sync thread that outlives the program",
    pytest.param(
        "sync at exit",
        marks=pytest.mark.skipif(
            (3, 12) <= sys.version_info < (3, 12, 2),
            reason="starts no threads that late (fixed in 3.12.2)",
        ),
    ),
    "sync closed at exit",
    "sync in a cycle",
    "sync in flight",
    "asyncio",
    "asyncio locally",
    "asyncio in a thread",
    "asyncio in background",
    "asyncio for ever",
    "asyncio in flight",
    "uvloop",
    "uvloop locally",
    "trio",
    "trio locally",
    "trio in flight",
    "both",
    "asyncio kept alive",
    "asyncio kept alive never left",
    "asyncio kept alive in flight",
    "trio kept alive",
    "trio kept alive in flight",
    "sync changes in flight",
    "asyncio changes in flight",
    "trio changes in flight",
]


@pytest.fixture(autouse=True)
def never_answered(emulator) -> None:
    """
    Leave unanswered what a program has in flight when it ends.
    """
    emulator.faults.add(operation="organization.get", delay=3600, times=99)


@pytest.mark.parametrize("way", WAYS)
def test_exit(run, emulator, way: str) -> None:
    """
    With every warning an error, the program ends with status 0 and without a word.
    """
    if way.startswith("uvloop"):
        pytest.importorskip("uvloop")

    result = run("exit.py", emulator, way)

    assert ("done\n", "", 0) == (result.stdout, result.stderr, result.returncode)


@pytest.mark.parametrize(
    "way",
    [
        "sync exit",
        "sync exit inside",
        "sync _exit",
        "asyncio exit",
        "asyncio kept alive exit",
        "trio exit",
        "trio kept alive exit",
    ],
)
def test_own_status(run, emulator, way: str) -> None:
    """
    The status that a program asks for is the one it gets.
    """
    result = run("exit.py", emulator, way)

    assert ("", "", 3) == (result.stdout, result.stderr, result.returncode)


@pytest.mark.parametrize("way", ["sync stored", "asyncio stored", "trio stored"])
@pytest.mark.parametrize(("end", "said", "status"), [("", "done\n", 0), (" exit", "", 3)])
def test_pending_write(run, emulator, tmp_path, way: str, end: str, said: str, status: int) -> None:
    """
    What a program came to just before its end is stored, whoever forgot to close the client.
    """
    result = run("exit.py", emulator, way + end)
    kept = json.loads((tmp_path / "kept").read_bytes())["state"]

    assert (said, "", status) == (result.stdout, result.stderr, result.returncode)
    assert len(kept["session_token"]) > 20
    assert way.startswith("sync") or kept["member_session"] is not None


def test_failure(run, emulator) -> None:
    """
    Of a program that fails one reads why, and nothing else.
    """
    result = run("exit.py", emulator, "sync failure")

    assert ("", 1) == (result.stdout, result.returncode)
    assert 1 == result.stderr.count("Traceback")
    assert result.stderr.endswith("\nLookupError\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize(
    ("way", "number"),
    [
        ("sync interrupted", signal.SIGINT),
        ("asyncio interrupted", signal.SIGINT),
        ("asyncio kept alive interrupted", signal.SIGINT),
        ("trio interrupted", signal.SIGINT),
        ("trio kept alive interrupted", signal.SIGINT),
        ("sync terminated", signal.SIGTERM),
    ],
)
def test_signal(run, emulator, way: str, number: signal.Signals) -> None:
    """
    A program that is interrupted or terminated in the middle of a call dies of it.
    """
    result = run("exit.py", emulator, way)

    assert ("", -number) == (result.stdout, result.returncode)
    assert "Exception ignored" not in result.stderr
    if number is signal.SIGINT:
        assert result.stderr.endswith("KeyboardInterrupt\n")
