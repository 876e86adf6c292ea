"""
Write `stytch_b2b._sync`, the blocking twin of `stytch_b2b._async`.

Run by ``nox -s generate``; with ``--check`` nothing is written, and whatever would be is an error.
It reads source text and imports nothing of the package, so it needs no more than Python and the
formatter.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .docstrings import LINE_LENGTH
from .errors import RefusedError
from .mirror import check_wording, mirror

ROOT = Path(__file__).parents[2]
FIX = "nox -s generate"


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """
    Run the program and return its exit status.

    Args:
        arguments: Of the command line.
        root: Where ``pyproject.toml`` and the package are.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if there is need")
    options = parser.parse_args(arguments)
    try:
        generated = generate(root)
    except RefusedError as refused:
        print(refused, file=sys.stderr)
        return 1
    if not options.check:
        for done in write(root, generated):
            print(done)
        return 0
    differences = compare(root, generated)
    for difference in differences:
        print(difference, file=sys.stderr)
    if differences:
        print(f"run `{FIX}`", file=sys.stderr)
    return int(bool(differences))


def generate(root: Path) -> dict[str, str]:
    """
    Return the text of each file of ``_sync``, by file name.

    Raises:
        RefusedError: A source cannot be carried over, or the formatter is not the one to use.
    """
    directory = root / "stytch_b2b" / "_async"
    sources = {
        path.name: path.read_text(encoding="utf-8") for path in sorted(directory.glob("*.py"))
    }
    ruff = find_ruff(root)
    check_wording(sources)
    return {file: formatted(ruff, text) for file, text in mirror(sources).items()}


def find_ruff(root: Path) -> str:
    """
    Return the path of the formatter, in the version that ``pyproject.toml`` names.

    Raises:
        RefusedError: There is none, or another one.
    """
    pyproject = (root / "pyproject.toml").read_text(encoding="utf-8")
    pin = re.search(r'"ruff==([^"]+)"', pyproject)
    if pin is None:
        reason = "pyproject.toml pins no ruff, and each version formats in its own way"
        raise RefusedError(reason)
    beside_python = str(Path(sys.executable).parent)
    ruff = shutil.which("ruff", path=beside_python) or shutil.which("ruff")
    found = (
        "none is on the path"
        if ruff is None
        else subprocess.run(
            [ruff, "--version"], check=True, capture_output=True, text=True
        ).stdout.strip()
    )
    if ruff is None or found != f"ruff {pin[1]}":
        reason = f"ruff {pin[1]} has to format what is generated, but {found}; run `{FIX}`"
        raise RefusedError(reason)
    return ruff


def formatted(ruff: str, text: str) -> str:
    """Return *text* as the project formats its code, whatever settings lie around."""
    settings = ["--isolated", f"--line-length={LINE_LENGTH}", "--target-version=py310"]
    return subprocess.run(
        [ruff, "format", *settings, "-"],
        input=text,
        check=True,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ).stdout


def compare(root: Path, generated: dict[str, str]) -> list[str]:
    """Return a line for each file of ``_sync`` that is not what it should be."""
    there = _files(root)
    return [
        *(
            f"stytch_b2b/_sync/{file} {'differs' if file in there else 'is missing'}"
            for file, text in generated.items()
            if there.get(file) != text.encode()
        ),
        *(f"stytch_b2b/_sync/{file} is not generated" for file in there.keys() - generated),
    ]


def write(root: Path, generated: dict[str, str]) -> list[str]:
    """Make ``_sync`` what it should be, and return a line for each file that was changed."""
    directory = root / "stytch_b2b" / "_sync"
    directory.mkdir(exist_ok=True)
    there = _files(root)
    done: list[str] = []
    for file, text in generated.items():
        if there.get(file) != text.encode():
            (directory / file).write_bytes(text.encode())
            done.append(f"wrote stytch_b2b/_sync/{file}")
    for file in sorted(there.keys() - generated):
        (directory / file).unlink()
        done.append(f"removed stytch_b2b/_sync/{file}")
    return done


def _files(root: Path) -> dict[str, bytes]:
    """Return what ``_sync`` holds, by the path in it; what Python caches is no part of it."""
    directory = root / "stytch_b2b" / "_sync"
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


if __name__ == "__main__":
    sys.exit(main())
