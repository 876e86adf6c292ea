"""
Lets processes save at the same time, reads meanwhile, and tells what there was to read.

Usage: writers.py KIND DIRECTORY
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import keyring

from stytch_b2b import EncryptedFileStorage, KeyringStorage, Storage

sys.path.insert(0, str(Path(__file__).parents[1]))
from keyrings import SharedKeyring

NAME = "stytch_sdk_state"
WRITERS = ("Ada", "Bob", "Cid")
TIMES = 40


def content(writer: str, number: int) -> bytes:
    """
    Return what a writer saves, in such a way that a mixture would show.
    """
    return f"{writer} {number}\n".encode() * 5_000


WHOLE = {content(writer, number) for writer in WRITERS for number in range(TIMES)}
LAST = {content(writer, TIMES - 1) for writer in WRITERS}


def start_writer(storage: Storage, writer: str, gate: int) -> int:
    """
    Return the id of a process that saves as soon as there is a byte for it at the gate.
    """
    child = os.fork()
    if not child:
        os.read(gate, 1)
        for number in range(TIMES):
            storage.save(NAME, content(writer, number))
        os._exit(0)
    return child


def main(kind: str, root: Path) -> None:
    """
    Print how the writers ended, what was read meanwhile, and what stayed.
    """
    storage: Storage
    if kind == "keyring":
        keyring.set_keyring(SharedKeyring(root / "keys"))
        storage = KeyringStorage("tests", directory=root / "files")
    else:
        storage = EncryptedFileStorage(root / "files", key=bytes(32))
    gate, outside = os.pipe()
    running = {start_writer(storage, writer, gate) for writer in WRITERS}
    os.write(outside, bytes(len(WRITERS)))

    endings, read = [], []
    while running:
        for child in list(running):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                running.remove(child)
                endings.append(os.waitstatus_to_exitcode(status))
        read.append(storage.load(NAME))
    seen = [one for one in read if one is not None]
    print(
        json.dumps(
            {
                "endings": endings,
                "torn": sum(one not in WHOLE for one in seen),
                "lost": read[len(read) - len(seen) :] != seen,
                "writers seen": len({one.split()[0] for one in seen}),
                "last": seen[-1] in LAST,
                "left": sorted(path.suffix for path in (root / "files").iterdir()),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
