"""What is shipped, and what git is told about the repository."""

from __future__ import annotations

import email
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import metadata
from pathlib import Path

import pytest

import stytch_b2b
from stytch_b2b._version import __version__

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """
    Build the wheel of the tree that these tests are in.
    """
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = out.glob("*.whl")
    return zipfile.ZipFile(path)


def test_wheel_has_what_users_need(wheel: zipfile.ZipFile) -> None:
    """
    The wheel has the marker that makes type checkers look, both clients, and the emulator.
    """
    needed = {
        "stytch_b2b/py.typed",
        "stytch_b2b/__init__.py",
        "stytch_b2b/_async/client.py",
        "stytch_b2b/_sync/client.py",
        "stytch_b2b/emulator/__init__.py",
        "stytch_b2b/emulator/__main__.py",
    }

    assert needed == needed.intersection(wheel.namelist())


def test_wheel_has_every_module_of_the_tree(wheel: zipfile.ZipFile) -> None:
    """
    The wheel leaves out no module, whatever .gitignore may say of its name.
    """
    modules = {str(path.relative_to(ROOT).as_posix()) for path in ROOT.glob("stytch_b2b/**/*.py")}

    assert modules == {name for name in wheel.namelist() if name.endswith(".py")}


def test_wheel_has_nothing_else(wheel: zipfile.ZipFile) -> None:
    """
    The wheel puts one package into an environment, and neither tests nor tools beside it.
    """
    top = {name.split("/")[0] for name in wheel.namelist()}

    assert {"stytch_b2b", f"stytch_b2b-{__version__}.dist-info"} == top


def test_version_is_the_one_of_the_metadata(wheel: zipfile.ZipFile) -> None:
    """
    The package states one version, in its metadata and at run time.
    """
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    built = email.message_from_bytes(wheel.read(name))

    assert __version__ == built["Version"]
    assert __version__ == stytch_b2b.__version__


@pytest.mark.skipif(
    not os.environ.get("STYTCH_B2B_TEST_INSTALLED"),
    reason="in a working tree the package may well be that of the tree",
)
def test_suite_runs_on_the_installed_package() -> None:
    """
    Where nox has installed the package, that is what the tests import.
    """
    imported = Path(stytch_b2b.__file__)

    assert ROOT / "stytch_b2b" not in imported.parents
    assert "stytch-b2b" == metadata("stytch-b2b")["Name"]


@pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(),
    reason="an unpacked sdist has no git to ask",
)
def test_mirror_is_marked_as_generated() -> None:
    """
    Git knows every module of the sync mirror, and nothing else of the package, as generated.
    """
    modules = sorted(path.relative_to(ROOT) for path in ROOT.glob("stytch_b2b/**/*.py"))

    answer = subprocess.run(
        ["git", "check-attr", "linguist-generated", "--", *map(str, modules)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    marked = {line.split(":")[0] for line in answer.splitlines() if line.endswith(": set")}
    mirror = {path.as_posix() for path in modules if "_sync" in path.parts}

    assert "stytch_b2b/_sync/client.py" in mirror
    assert mirror == marked
