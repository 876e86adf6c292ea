"""
Does with a storage what it is told line by line, and answers each line with one of JSON.

Usage: secret_service.py DIRECTORY
"""

from __future__ import annotations

import faulthandler
import json
import sys
from contextlib import closing
from pathlib import Path

import keyring
import secretstorage

from stytch_b2b import KeyringStorage, StorageUnavailableError

SERVICE, NAME = "stytch_b2b tests", "stytch_sdk_state"


def lock() -> None:
    """
    Lock what the storage's entries are in.
    """
    with closing(secretstorage.dbus_init()) as connection:
        secretstorage.get_default_collection(connection).lock()


def main(directory: Path) -> None:
    """
    Obey until there are no more lines.
    """
    storage = KeyringStorage(SERVICE, directory=directory)
    for line in sys.stdin:
        # Who waits for a person here waits for ever.
        faulthandler.dump_traceback_later(30, exit=True)
        command, *arguments = line.split()
        answer: object = None
        try:
            if command == "save":
                storage.save(NAME, arguments[0].encode())
            elif command == "load":
                found = storage.load(NAME)
                answer = None if found is None else found.decode()
            elif command == "delete":
                storage.delete(NAME)
            elif command == "lock":
                lock()
            elif command == "entry":
                answer = keyring.get_password(SERVICE, NAME) is not None
            elif command == "forget":
                keyring.delete_password(SERVICE, NAME)
            elif command == "backend":
                answer = type(keyring.get_keyring()).__module__
        except StorageUnavailableError as error:
            answer = {"unavailable": error.reason}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
