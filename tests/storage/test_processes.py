"""Sessions and processes: killed in the middle of something, and several at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import stytch_b2b

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

PROGRAMS = Path(__file__).parent / "programs"


def run(program: str, *arguments: object) -> dict[str, Any]:
    """
    Run a program in a process of its own, and return what it reports.
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", str(PROGRAMS / program), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(Path(stytch_b2b.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """
    What processes leave that are killed at each step of each thing they do.
    """
    return run("killed.py", tmp_path_factory.mktemp("killed"))


@pytest.mark.parametrize("kind", ["file", "keyring"])
@pytest.mark.parametrize(
    ("work", "found"),
    [
        ("first save", ["new", "nothing"]),
        ("save", ["new", "old"]),
        ("delete", ["nothing", "old"]),
        ("load", ["old"]),
    ],
)
def test_killed_at_every_step(
    killed: dict[str, Any], kind: str, work: str, found: list[str]
) -> None:
    """
    Wherever a process is killed, the old or the new session is there, and the next save cleans up.
    """
    report = killed[f"{kind}: {work}"]

    assert found == report["found"]
    assert [".lock .session"] == report["left"]
    # It went through more than a few steps, and was not killed after the last.
    assert report["steps"] > 30
    assert 0 == report["ending"]


def test_killed_in_the_middle_of_a_write(killed: dict[str, Any]) -> None:
    """
    A process that is killed, or refused more space, when it has written a part leaves the old.
    """
    report = killed["out of space"]

    unavailable = 3
    assert [-signal.SIGXFSZ, unavailable] == report["endings"]
    assert ["old"] == report["found"]
    assert [".lock .session"] == report["left"]


@pytest.mark.parametrize("kind", ["file", "keyring"])
def test_several_processes(tmp_path: Path, kind: str) -> None:
    """
    Processes that begin and save at the same time agree on one key, and each session is whole.
    """
    report = run("writers.py", kind, tmp_path)

    assert [0, 0, 0] == report["endings"]
    assert 0 == report["torn"]
    assert not report["lost"]
    assert report["last"]
    assert [".lock", ".session"] == report["left"]
