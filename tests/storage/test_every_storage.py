"""What all storages have in common, and what each of them needs."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import stytch_b2b
from stytch_b2b import EncryptedFileStorage, KeyringStorage, MemoryStorage, Storage
from tests.storage.keyrings import Keyring, set_keyring

NAME = "stytch_sdk_state_public-token-test-11111111-2222-3333-4444-555555555555"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """
    A directory that is not there yet.
    """
    return tmp_path / "state" / "program"


MAKERS: dict[str, Callable[[Path], Storage]] = {
    "memory": lambda _: MemoryStorage(),
    "file": lambda directory: EncryptedFileStorage(directory, key=bytes(32)),
    "keyring": lambda directory: KeyringStorage("tests", directory=directory),
}


@pytest.fixture(params=list(MAKERS))
def any_storage(
    request: pytest.FixtureRequest, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> Storage:
    """
    A storage of each kind, with nothing in it.
    """
    set_keyring(Keyring(), monkeypatch)
    return MAKERS[request.param](directory)


def test_nothing_saved(any_storage: Storage, directory: Path) -> None:
    """
    Where nothing was saved there is nothing to load or delete, and nothing is made for it.
    """
    any_storage.delete(NAME)

    assert any_storage.load(NAME) is None
    assert not directory.exists()


def test_life_of_a_session(any_storage: Storage) -> None:
    """
    What was saved is loaded until something else is saved or it is deleted.
    """
    any_storage.save(NAME, b"Ada")

    assert b"Ada" == any_storage.load(NAME)
    any_storage.save(NAME, b"Bob")
    assert b"Bob" == any_storage.load(NAME)
    any_storage.delete(NAME)
    assert any_storage.load(NAME) is None
    any_storage.delete(NAME)
    any_storage.save(NAME, b"Cid")
    assert b"Cid" == any_storage.load(NAME)


def test_projects_are_apart(any_storage: Storage) -> None:
    """
    Each name has its own, though it differs in case alone.
    """
    any_storage.save(NAME, b"Ada")
    any_storage.save(NAME.upper(), b"Bob")
    any_storage.delete("unknown")

    assert (b"Ada", b"Bob") == (any_storage.load(NAME), any_storage.load(NAME.upper()))
    any_storage.delete(NAME)
    assert (None, b"Bob") == (any_storage.load(NAME), any_storage.load(NAME.upper()))


def test_many_threads(any_storage: Storage) -> None:
    """
    Threads that save at the same time wait for each other, and the last one wins.
    """
    written = [bytes([number]) * 10_000 for number in range(8)]
    threads = [threading.Thread(target=any_storage.save, args=(NAME, one)) for one in written]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert any_storage.load(NAME) in written


MISSING = """
import sys
sys.modules[{module!r}] = None
from stytch_b2b import {storage}, MemoryStorage, StytchConfigurationError
MemoryStorage().save("name", b"data")
try:
    {call}
except StytchConfigurationError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("module", "call", "extra"),
    [
        ("cryptography", "EncryptedFileStorage('.', key=bytes(32))", "storage"),
        ("cryptography", "EncryptedFileStorage.generate_key()", "storage"),
        ("filelock", "EncryptedFileStorage('.', key=bytes(32))", "storage"),
        ("filelock", "KeyringStorage('tests')", "keyring"),
        ("keyring", "KeyringStorage('tests')", "keyring"),
        ("platformdirs", "KeyringStorage('tests')", "keyring"),
    ],
)
def test_extra_that_is_not_installed(module: str, call: str, extra: str) -> None:
    """
    A storage that lacks a library says at once how to get it; memory lacks nothing.
    """
    storage = call.partition("(")[0].partition(".")[0]
    done = subprocess.run(
        [sys.executable, "-c", MISSING.format(module=module, storage=storage, call=call)],
        cwd=Path(stytch_b2b.__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"{module} is not installed: install 'stytch-b2b[{extra}]'\n" == done.stdout, done.stderr
