"""
Sessions of `nox <https://nox.thea.codes>`_; ``nox`` alone runs what continuous integration runs.

The Pythons are those of the classifiers in pyproject.toml. One that the machine does not have is
skipped with a word. Virtual environments are made anew every time, and the suite runs on the
package as pip builds and installs it, never on the working tree.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox
from nox.project import dependency_groups, load_toml, python_versions
from packaging.requirements import Requirement

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_external_run = True
# Under a `CI` variable nox would take a missing Python for a failure.
nox.options.error_on_missing_interpreters = False
nox.options.reuse_venv = "never"
nox.options.sessions = ["lint", "typing", "build", "tests", "tests_floors", "coverage", "examples"]

ROOT = Path(__file__).parent
PYPROJECT = load_toml("pyproject.toml")
PYTHONS = python_versions(PYPROJECT)
LOWEST, HIGHEST = PYTHONS[0], PYTHONS[-1]

# Emptied at the start: what an earlier run of nox left says nothing about the code of today.
MEASUREMENTS = ROOT / ".nox" / "measurements"
shutil.rmtree(MEASUREMENTS, ignore_errors=True)

# One more than there are processors, for tests also wait: for sockets, and for other processes.
WORKERS = min(4, (os.cpu_count() or 1) + 1)

# With every extra: the suite tests them all.
PACKAGE = f".[{','.join(PYPROJECT['project']['optional-dependencies'])}]"


@nox.session
def lint(session: nox.Session) -> None:
    """
    Check style, formatting, and that `_sync` is what the generator makes of `_async`.
    """
    session.install(*dependency_groups(PYPROJECT, "lint"))

    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    run_generator(session, "--check")


@nox.session
def typing(session: nox.Session) -> None:
    """
    Check the types of the package and of all that uses it, and that all public names have one.
    """
    session.install(PACKAGE, *dependency_groups(PYPROJECT, "typing"))

    session.run("mypy", "stytch_b2b", "noxfile.py")
    for users in ("tests/typing", "examples", "benchmarks", "docs"):
        # One at a time: they are programs, and programs may share names.
        for path in sorted(Path(users).rglob("*.py")):
            session.run("mypy", str(path))
    session.run("pyright")
    session.run("pyright", "--verifytypes", "stytch_b2b", "--ignoreexternal")


@nox.session
def build(session: nox.Session) -> None:
    """
    Build the sdist, the wheel from it, and check what an index would check.
    """
    session.install("build", "twine")
    out = session.create_tmp()
    for left_over in Path(out).glob("stytch_b2b-*"):
        left_over.unlink()

    session.run("python", "-m", "build", "--outdir", out)
    distributions = sorted(str(path) for path in Path(out).glob("stytch_b2b-*"))
    session.run("twine", "check", "--strict", *distributions)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """
    Run the suite on the installed package; arguments go to pytest.
    """
    session.install(PACKAGE, *dependency_groups(PYPROJECT, "test"))

    # Measuring slows a run down by half, and no line is there for newer Pythons alone.
    run_suite(session, measure=session.python == LOWEST, uvloop=session.python == HIGHEST)


@nox.session(python=LOWEST)
def tests_floors(session: nox.Session) -> None:
    """
    Run the suite on the oldest dependencies that pyproject.toml admits.
    """
    floors = Path(session.create_tmp()) / "floors.txt"
    floors.write_text("".join(f"{floor}\n" for floor in lowest_dependencies()))
    session.install(PACKAGE, *dependency_groups(PYPROJECT, "test"), "--constraint", str(floors))

    run_suite(session, measure=False, uvloop=False)


@nox.session
def coverage(session: nox.Session) -> None:
    """
    Combine what the measured run of the suite left and ask for all of it.
    """
    if not MEASUREMENTS.exists():
        session.skip(f"No run of the suite was measured: ask for `tests coverage`, with {LOWEST}")
    session.install(*(one for one in dependency_groups(PYPROJECT, "test") if "coverage" in one))

    session.run("coverage", "combine", "--quiet", str(MEASUREMENTS))
    session.run("coverage", "report")


@nox.session
def examples(session: nox.Session) -> None:
    """
    Run each example as its reader would.
    """
    session.install(PACKAGE, *dependency_groups(PYPROJECT, "examples"))
    session.chdir(session.create_tmp())

    for example in sorted((ROOT / "examples").glob("*.py")):
        session.run("python", str(example))


@nox.session
def generate(session: nox.Session) -> None:
    """
    Write `stytch_b2b/_sync`; with ``-- --check`` only compare.
    """
    session.install(*dependency_groups(PYPROJECT, "format"))

    run_generator(session, *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """
    Print the figures of benchmarks/; give a file's name to run only that.
    """
    session.install(PACKAGE, "opentelemetry-sdk", "uvloop; sys_platform != 'win32'")
    session.chdir(session.create_tmp())

    chosen = session.posargs or [path.name for path in sorted((ROOT / "benchmarks").glob("*.py"))]
    for name in chosen:
        session.run("python", str(ROOT / "benchmarks" / name))


def run_suite(session: nox.Session, *, measure: bool, uvloop: bool) -> None:
    """
    Run pytest in a way that cannot import the package from the working tree.
    """
    pytest = Path(session.bin) / "pytest"  # as a script: `-m` would put the tree on the path
    environment = {
        "PYTHONSAFEPATH": "1",  # and so would the subprocesses of tests, from Python 3.11 on
        "STYTCH_B2B_TEST_INSTALLED": "1",
        "STYTCH_B2B_TEST_UVLOOP": "1" if uvloop else "",
    }
    arguments = session.posargs or ["-p", "xdist", f"--numprocesses={WORKERS}"]
    if measure:
        MEASUREMENTS.mkdir(exist_ok=True)
        environment["COVERAGE_FILE"] = str(MEASUREMENTS / f".coverage.{session.python}")
        session.run("coverage", "run", str(pytest), *arguments, env=environment)
    else:
        session.run(str(pytest), *arguments, env=environment)


def run_generator(session: nox.Session, *arguments: str) -> None:
    """
    Run the tree's own generator, which asks for nothing but the pinned formatter.
    """
    session.run(
        "python", "-m", "stytch_b2b._tools.generate_sync", *arguments, env={"PYTHONPATH": "."}
    )


def lowest_dependencies() -> list[str]:
    """
    Turn each ``name>=version`` of the package and its extras into ``name==version``.
    """
    project = PYPROJECT["project"]
    stated = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    floors = set()
    for requirement in map(Requirement, stated):
        (floor,) = (one for one in requirement.specifier if one.operator == ">=")
        floors.add(f"{requirement.name}=={floor.version}")
    return sorted(floors)
