"""The generator as a program: what it writes, what it checks, and what it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import stytch_b2b
from stytch_b2b._tools.docstrings import WORDING
from stytch_b2b._tools.generate_sync import FIX, main

ROOT = Path(__file__).parents[2]
ASYNC, SYNC = Path("stytch_b2b", "_async"), Path("stytch_b2b", "_sync")

THING = '''
class AsyncThing:
    """A thing."""

    async def get(self) -> int:
        """Get it."""
        return 1
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """
    A small project in the state that the generator leaves it in.
    """
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / ASYNC).mkdir(parents=True)
    phrases = "\n\n".join(WORDING)
    (tmp_path / ASYNC / "__init__.py").write_text(f'"""\n{phrases}\n"""\n')
    (tmp_path / ASYNC / "things.py").write_text(THING)
    assert 0 == main([], tmp_path)
    return tmp_path


def test_project_is_up_to_date() -> None:
    """
    What stands in ``_sync`` is what the generator makes of ``_async``.
    """
    assert 0 == main(["--check"], ROOT)


def test_twins_are_written_and_formatted(tree: Path) -> None:
    """
    Each public async module gets a twin of its name, formatted like all code.
    """
    assert ["__init__.py", "things.py"] == sorted(path.name for path in (tree / SYNC).iterdir())
    assert (
        (tree / SYNC / "things.py")
        .read_text()
        .endswith(
            '''
from __future__ import annotations

from .._async.things import AsyncThing
from .._blocking import Blocking
from .._portal import call


class Thing(Blocking[AsyncThing]):
    """A thing."""

    __slots__ = ()

    def get(self) -> int:
        """Get it."""
        return call(self._async.get)
'''
        )
    )


def test_only_what_changed_is_written(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A second run writes what is different, removes what has no source, and says so.
    """
    capsys.readouterr()
    (tree / SYNC / "things.py").write_text("# edited\n")
    (tree / SYNC / "gone.py").write_text("")

    assert 0 == main([], tree)
    assert (
        "wrote stytch_b2b/_sync/things.py\nremoved stytch_b2b/_sync/gone.py\n"
        == capsys.readouterr().out
    )
    assert 0 == main([], tree)
    assert "" == capsys.readouterr().out


def test_check_passes_beside_what_python_caches(tree: Path) -> None:
    """
    Compiled files are no part of what is checked.
    """
    (tree / SYNC / "__pycache__").mkdir()
    (tree / SYNC / "__pycache__" / "things.pyc").write_bytes(b"")

    assert 0 == main(["--check"], tree)


@pytest.mark.parametrize("text", ["# edited\n", "\n", "\r\n"], ids=["all", "appended", "ending"])
def test_check_finds_a_difference(
    tree: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A twin that differs anywhere, at its very end too, is named with what repairs it.
    """
    twin = tree / SYNC / "things.py"
    generated = twin.read_bytes()
    edited = text.encode() if text.startswith("#") else generated + text.encode()
    twin.write_bytes(edited)

    assert 1 == main(["--check"], tree)
    assert f"stytch_b2b/_sync/things.py differs\nrun `{FIX}`\n" == capsys.readouterr().err
    assert edited == twin.read_bytes()


def test_check_finds_what_is_missing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    An async module without a twin is named, and nothing is written.
    """
    (tree / ASYNC / "others.py").write_text(THING.replace("Thing", "Other"))

    assert 1 == main(["--check"], tree)
    assert f"stytch_b2b/_sync/others.py is missing\nrun `{FIX}`\n" == capsys.readouterr().err
    assert not (tree / SYNC / "others.py").exists()


@pytest.mark.parametrize("name", ["extra.py", "notes.txt", "deep/extra.py"])
def test_check_finds_what_nobody_generated(
    tree: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Any file that the generator would not have written is named.
    """
    extra = tree / SYNC / name
    extra.parent.mkdir(exist_ok=True)
    extra.write_text("")

    assert 1 == main(["--check"], tree)
    assert f"stytch_b2b/_sync/{name} is not generated\nrun `{FIX}`\n" == capsys.readouterr().err


def test_refusal_is_an_error_message(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A source that cannot be mirrored is an error with file and line, and no twin is touched.
    """
    (tree / ASYNC / "things.py").write_text(THING.replace("return 1", "..."))
    before = (tree / SYNC / "things.py").read_text()

    assert 1 == main([], tree)
    assert capsys.readouterr().err.startswith(
        "stytch_b2b/_async/things.py:5: AsyncThing.get: no body"
    )
    assert before == (tree / SYNC / "things.py").read_text()


def test_phrase_without_a_docstring_is_an_error(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A phrase that the tool knows and nobody says any more has to go.
    """
    (tree / ASYNC / "__init__.py").write_text('"""Nothing of the kind."""')

    assert 1 == main([], tree)
    assert "has a phrase that no docstring has" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pyproject", "message"),
    [
        ('"ruff==0.0.1"', "ruff 0.0.1 has to format what is generated, but ruff "),
        ('"ruff>=1"', "pyproject.toml pins no ruff"),
    ],
    ids=["other_version", "no_pin"],
)
def test_formatter_is_the_one_that_is_pinned(
    tree: Path, pyproject: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Another version of the formatter might write something else, so it is not used.
    """
    (tree / "pyproject.toml").write_text(pyproject)

    assert 1 == main(["--check"], tree)
    assert message in capsys.readouterr().err


def test_missing_formatter_is_an_error(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Without a formatter the tool says what it needs.
    """
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(tree / "python"))

    assert 1 == main([], tree)
    assert "none is on the path" in capsys.readouterr().err


def test_program_runs_without_anything_of_the_package(tree: Path) -> None:
    """
    The module is a program that needs no dependency of the package.
    """
    site = Path(stytch_b2b.__file__).parents[1]
    isolated = tree / "alone"
    shutil.copytree(site / "stytch_b2b" / "_tools", isolated / "stytch_b2b" / "_tools")
    shutil.copytree(tree / ASYNC, isolated / ASYNC)
    shutil.copytree(tree / SYNC, isolated / SYNC)
    shutil.copy(tree / "pyproject.toml", isolated)
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    assert ruff is not None

    done = subprocess.run(
        [sys.executable, "-S", "-m", "stytch_b2b._tools.generate_sync", "--check"],
        cwd=isolated,
        env={**os.environ, "PYTHONPATH": str(isolated), "PATH": str(Path(ruff).parent)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


def test_program_says_what_it_does() -> None:
    """
    Asked for help, the program tells in a line what it is for, and what it takes.
    """
    done = subprocess.run(
        [sys.executable, "-m", "stytch_b2b._tools.generate_sync", "--help"],
        cwd=Path(stytch_b2b.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "Write `stytch_b2b._sync`" in done.stdout
    assert "--check" in done.stdout
