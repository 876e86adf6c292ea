"""What README and docs show is true: each block of Python in them runs, each table is current."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks_of_python_run(block: str, tmp_path: Path) -> None:
    """A block can be copied into a file and run there, without a warning."""
    program = tmp_path / "block.py"
    program.write_text(block)

    run = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert (0, "") == (run.returncode, run.stderr)


def test_other_blocks_are_the_two_commands_and_the_map() -> None:
    """Nothing is shown that neither this file nor continuous integration runs."""
    others = [
        (page.name, kind)
        for page in PAGES
        for kind in re.findall(r"^```(\w+)$", page.read_text(), re.MULTILINE)
        if kind != "python"
    ]

    assert [("README.md", "sh"), ("README.md", "sh"), ("architecture.md", "text")] == others


def test_table_of_endpoints_is_current() -> None:
    """docs/endpoints.md is what docs/endpoint_table.py prints."""
    page = runpy.run_path(str(ROOT / "docs" / "endpoint_table.py"))["table"]()

    assert page == (ROOT / "docs" / "endpoints.md").read_text()


def test_map_shows_every_room() -> None:
    """The picture in docs/architecture.md names each module and package."""
    picture = (ROOT / "docs" / "architecture.md").read_text().split("```")[1]
    rooms = {
        path.name if path.is_dir() else path.stem
        for path in (ROOT / "stytch_b2b").iterdir()
        if path.suffix == ".py" or (path.is_dir() and (path / "__init__.py").exists())
    }

    assert set() == {room for room in rooms if not re.search(rf"(?<!\w){room}(?!\w)", picture)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """A relative link names a file that is there."""
    links = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text())

    assert [] == [link for link in links if not (page.parent / link).exists()]
