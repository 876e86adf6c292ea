"""
Kills a process at every step of its work with a storage, and tells what each has left.

For each step a child is forked, which is killed before it; or when it has written that much. The
steps are the lines of the storages, and what they and the libraries below ask of the system, as far
as Python's audit events tell.

Usage: killed.py DIRECTORY
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import keyring

from stytch_b2b import EncryptedFileStorage, KeyringStorage, Storage, StorageUnavailableError
from stytch_b2b._storage import whole_file

sys.path.insert(0, str(Path(__file__).parents[1]))
from keyrings import SharedKeyring

STORAGES = str(Path(whole_file.__file__).parent)
ASKING_THE_SYSTEM = ("open", "os.", "fcntl.")
NAME = "stytch_sdk_state"
OLD, NEW = b"old" * 20_000, b"new" * 20_000
FULL_DISK = 3


def die_at_step(step: int) -> None:
    """
    Have this process killed before the step of that number.
    """
    steps = itertools.count(1)

    def count() -> None:
        if next(steps) == step:
            signal.raise_signal(signal.SIGKILL)

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(STORAGES):
            return None
        if event == "line":
            count()
        return trace

    def audit(event: str, arguments: object) -> None:
        if event.startswith(ASKING_THE_SYSTEM):
            count()

    sys.settrace(trace)
    sys.addaudithook(audit)


def die_at_size(size: int) -> None:
    """
    Have this process killed when a file of its own is larger than that.
    """
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def fail_at_size(size: int) -> None:
    """
    Let this process write no file larger than that, as if the disk were full.
    """
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def in_child(prepare: Callable[[], None], work: Callable[[], None]) -> int:
    """
    Return how a child ended: its status, or that of `subprocess` for one that was killed.
    """
    child = os.fork()
    if not child:
        prepare()
        try:
            work()
        except StorageUnavailableError:
            os._exit(FULL_DISK)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Scenario:
    """
    A storage with something in it, or nothing, and what a child does with it.
    """

    def __init__(self, root: Path, storage: Storage, *, first: bool, work: str) -> None:
        self.files, self.keys = root / "files", root / "keys"
        self.storage = storage
        self.first = first
        self.work = {
            "save": lambda: storage.save(NAME, NEW),
            "delete": lambda: storage.delete(NAME),
            "load": lambda: storage.load(NAME),
        }[work]
        self.found: set[str] = set()
        self.left: set[str] = set()

    def arrange(self) -> None:
        """
        Begin with what was saved when the last child was looked after, or with nothing at all.
        """
        if self.first:
            shutil.rmtree(self.files, ignore_errors=True)
            for entry in self.keys.iterdir():
                entry.unlink()
        elif not self.files.exists():
            self.save_again()

    def look(self) -> None:
        """
        Note what is there now, and what is left over when the next one has saved.
        """
        found = self.storage.load(NAME)
        self.found.add({OLD: "old", NEW: "new", None: "nothing"}.get(found, "neither"))
        self.save_again()
        self.left.add(" ".join(sorted(path.suffix for path in self.files.iterdir())))

    def save_again(self) -> None:
        """
        Save as if nothing had happened, over whatever the last child has left.
        """
        self.storage.save(NAME, OLD)
        assert self.storage.load(NAME) == OLD

    def run(self) -> dict[str, Any]:
        """
        Kill a child at every step until one comes to its end.
        """
        for step in itertools.count(1):
            self.arrange()
            ending = in_child(lambda step=step: die_at_step(step), self.work)
            self.look()
            if ending != -signal.SIGKILL:
                break
        return {
            "ending": ending,
            "steps": step,
            "found": sorted(self.found),
            "left": sorted(self.left),
        }

    def run_out_of_space(self) -> dict[str, Any]:
        """
        Have a child write no more than some bytes, killed there, or told so.
        """
        endings = set()
        for size, limit in itertools.product((0, 1, 100, 50_000), (die_at_size, fail_at_size)):
            self.arrange()
            endings.add(in_child(lambda size=size, limit=limit: limit(size), self.work))
            self.look()
        return {
            "endings": sorted(endings),
            "found": sorted(self.found),
            "left": sorted(self.left),
        }


def scenarios(root: Path) -> Iterator[tuple[str, Scenario]]:
    """
    Yield each storage with each kind of work.
    """
    keyring.set_keyring(SharedKeyring(root / "keys"))
    storages = {
        "file": EncryptedFileStorage(root / "files", key=bytes(32)),
        "keyring": KeyringStorage("tests", directory=root / "files"),
    }
    for kind, storage in storages.items():
        yield f"{kind}: first save", Scenario(root, storage, first=True, work="save")
        for work in ("save", "delete", "load"):
            yield f"{kind}: {work}", Scenario(root, storage, first=False, work=work)
            shutil.rmtree(root / "files")


def main(root: Path) -> None:
    """
    Print what the children have left, by scenario.
    """
    report = {name: scenario.run() for name, scenario in scenarios(root)}
    storage = EncryptedFileStorage(root / "files", key=bytes(32))
    space = Scenario(root, storage, first=False, work="save")
    report["out of space"] = space.run_out_of_space()
    print(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
