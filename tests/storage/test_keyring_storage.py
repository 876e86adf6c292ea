"""Sessions whose key is in a keyring that is locked, absent, forgetful, slow or small."""

from __future__ import annotations

import base64
import copy
import os
import pickle
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from keyring.backends import fail, null
from keyring.errors import InitError, KeyringLocked, NoKeyringError

from stytch_b2b import KeyringStorage, StorageUnavailableError, StytchConfigurationError
from stytch_b2b._storage import whole_file
from tests.storage.keyrings import (
    CREDENTIAL_MANAGER_LIMIT,
    ClingingKeyring,
    ForgetfulKeyring,
    Keyring,
    LockableKeyring,
    SlowKeyring,
    TellingKeyring,
    set_keyring,
)

NAME = "stytch_sdk_state_public-token-test-11111111-2222-3333-4444-555555555555"
SERVICE = "tests"
ENTRY = SERVICE, NAME


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """
    A directory that is not there yet.
    """
    return tmp_path / "state"


@pytest.fixture
def storage(directory: Path) -> KeyringStorage:
    """
    A storage with nothing in it.
    """
    return KeyringStorage(SERVICE, directory=directory)


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> LockableKeyring:
    """
    A keyring that works, until it is locked.
    """
    backend = LockableKeyring()
    set_keyring(backend, monkeypatch)
    return backend


def attempts(storage: KeyringStorage) -> tuple[Callable[[], object], ...]:
    """
    Return everything that can be done with a storage.
    """
    return (
        lambda: storage.load(NAME),
        lambda: storage.save(NAME, b"Bob"),
        lambda: storage.delete(NAME),
    )


def files(directory: Path) -> list[str]:
    """
    Return what is in a directory.
    """
    return sorted(path.suffix for path in directory.iterdir())


def test_only_the_key_is_in_the_keyring(storage: KeyringStorage, backend: LockableKeyring) -> None:
    """
    The keyring gets a key and no more, however large the session, so that Windows can keep it.
    """
    session = os.urandom(100 * CREDENTIAL_MANAGER_LIMIT)
    storage.save(NAME, session)

    assert session == storage.load(NAME)
    assert [ENTRY] == list(backend.entries)
    assert 32 == len(base64.b64decode(backend.entries[ENTRY]))


def test_key_stays_until_deleted(storage: KeyringStorage, backend: LockableKeyring) -> None:
    """
    One key serves a session and its changes, and goes with it, so that copies become useless.
    """
    storage.save(NAME, b"Ada")
    first = backend.entries[ENTRY]
    storage.save(NAME, b"Bob")
    assert first == backend.entries[ENTRY]
    storage.delete(NAME)

    assert {} == backend.entries
    storage.save(NAME, b"Cid")
    assert first != backend.entries[ENTRY]


def test_copy_of_a_deleted_session(
    storage: KeyringStorage, backend: LockableKeyring, directory: Path
) -> None:
    """
    Who has kept a copy of the file cannot bring a deleted session back.
    """
    storage.save(NAME, b"Ada")
    (path,) = directory.glob("*.session")
    kept = path.read_bytes()
    storage.delete(NAME)
    path.write_bytes(kept)

    assert storage.load(NAME) is None
    storage.save(NAME, b"Bob")
    path.write_bytes(kept)
    assert storage.load(NAME) is None


@pytest.mark.parametrize(
    "entry",
    [
        None,
        "",
        "rubbish",
        "rubbish!",
        "schlüssel",
        base64.b64encode(bytes(16)).decode(),
        base64.b64encode(bytes(32)).decode(),
    ],
    ids=["gone", "empty", "rubbish", "not base64", "not ASCII", "too short", "another key"],
)
def test_lost_key(
    storage: KeyringStorage, backend: LockableKeyring, directory: Path, entry: str | None
) -> None:
    """
    Without its key a session is gone, silently; the file stays until the next one takes its place.
    """
    storage.save(NAME, b"Ada")
    key = backend.entries.pop(ENTRY)
    if entry is not None:
        backend.entries[ENTRY] = entry

    assert storage.load(NAME) is None
    assert [".lock", ".session"] == files(directory)
    backend.entries[ENTRY] = key
    assert b"Ada" == storage.load(NAME)
    backend.entries.pop(ENTRY)
    if entry is not None:
        backend.entries[ENTRY] = entry
    storage.save(NAME, b"Bob")
    assert b"Bob" == storage.load(NAME)


def test_lost_file(storage: KeyringStorage, backend: LockableKeyring, directory: Path) -> None:
    """
    A key without a file is nothing to load, and nobody is asked for it.
    """
    storage.save(NAME, b"Ada")
    (path,) = directory.glob("*.session")
    path.unlink()
    backend.lock()

    assert storage.load(NAME) is None
    backend.unlock()
    storage.delete(NAME)
    assert {} == backend.entries


FAILURES = [
    KeyringLocked("Failed to unlock the collection!"),
    NoKeyringError("No recommended backend was available."),
    InitError("Failed to create the collection."),
    ConnectionRefusedError(111, "Connection refused"),
    AssertionError(),
    RuntimeError("two\nlines"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda one: type(one).__name__)
def test_keyring_that_fails(
    storage: KeyringStorage, backend: LockableKeyring, directory: Path, failure: Exception
) -> None:
    """
    Whatever keeps a keyring from working, it is said in one line, and nothing is lost.
    """
    storage.save(NAME, b"Ada")
    backend.failure = failure

    for attempt in attempts(storage)[:2]:
        with pytest.raises(StorageUnavailableError) as caught:
            attempt()
        assert caught.value.reason.startswith(f"the keyring failed: {type(failure).__name__}")
        assert "\n" not in str(caught.value)
    backend.unlock()
    assert b"Ada" == storage.load(NAME)


def test_first_save_with_a_locked_keyring(
    storage: KeyringStorage, backend: LockableKeyring, directory: Path
) -> None:
    """
    What cannot be encrypted is not written.
    """
    backend.lock()

    with pytest.raises(StorageUnavailableError, match="KeyringLocked"):
        storage.save(NAME, b"Ada")
    assert [".lock"] == files(directory)


def test_logging_out_while_the_keyring_is_locked(
    storage: KeyringStorage, backend: LockableKeyring, directory: Path
) -> None:
    """
    The session goes even if its key cannot, which is told, and made up for by trying again.
    """
    storage.save(NAME, b"Ada")
    backend.lock()

    with pytest.raises(StorageUnavailableError, match="KeyringLocked"):
        storage.delete(NAME)
    assert [".lock"] == files(directory)
    backend.unlock()
    storage.delete(NAME)
    assert {} == backend.entries


def test_logging_out_while_the_keyring_asks(
    storage: KeyringStorage, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The session is gone before anybody is asked to unlock the keyring, who may never answer.
    """
    slow = SlowKeyring()
    set_keyring(slow, monkeypatch)
    slow.answered.set()
    storage.save(NAME, b"Ada")
    slow.asked.clear()
    slow.answered.clear()

    deleting = threading.Thread(target=storage.delete, args=(NAME,))
    deleting.start()
    assert slow.asked.wait(30)
    left = files(directory)
    slow.answered.set()
    deleting.join()

    assert [".lock"] == left
    assert {} == slow.entries


def test_no_keyring(
    storage: KeyringStorage, backend: LockableKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A system without a keyring, as many servers are, is told what keyring advises.
    """
    storage.save(NAME, b"Ada")
    set_keyring(fail.Keyring(), monkeypatch)

    for attempt in attempts(storage)[:2]:
        with pytest.raises(StorageUnavailableError, match=r"NoKeyringError: No recommended"):
            attempt()
    set_keyring(backend, monkeypatch)
    assert b"Ada" == storage.load(NAME)


@pytest.mark.parametrize(
    "pretender",
    [null.Keyring(), ForgetfulKeyring(None), ForgetfulKeyring("something else")],
    ids=["null", "forgets", "changes"],
)
def test_keyring_that_keeps_nothing(
    storage: KeyringStorage, directory: Path, monkeypatch: pytest.MonkeyPatch, pretender: Keyring
) -> None:
    """
    A keyring that only pretends is found out before a session is encrypted with a lost key.
    """
    set_keyring(pretender, monkeypatch)

    with pytest.raises(StorageUnavailableError, match="does not keep"):
        storage.save(NAME, b"Ada")
    assert [".lock"] == files(directory)


def test_keyring_that_does_not_delete(
    storage: KeyringStorage, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A key that stays although it was deleted is told of.
    """
    set_keyring(ClingingKeyring(), monkeypatch)
    storage.save(NAME, b"Ada")

    with pytest.raises(StorageUnavailableError, match="does not delete"):
        storage.delete(NAME)
    assert storage.load(NAME) is None


def test_slow_keyring(
    storage: KeyringStorage, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    While a keyring asks a person, others are told to wait; the answer comes to who has asked.
    """
    slow = SlowKeyring()
    set_keyring(slow, monkeypatch)
    monkeypatch.setattr(whole_file, "PATIENCE", 0)
    saving = threading.Thread(target=storage.save, args=(NAME, b"Ada"))
    saving.start()
    assert slow.asked.wait(30)

    for attempt in attempts(KeyringStorage(SERVICE, directory=directory))[1:]:
        with pytest.raises(StorageUnavailableError, match="does not let go"):
            attempt()
    slow.answered.set()
    saving.join()
    assert b"Ada" == storage.load(NAME)


def test_key_is_not_shown(
    storage: KeyringStorage, directory: Path, backend: LockableKeyring
) -> None:
    """
    A storage and its copies hold no key; they know where to ask for it.
    """
    storage.save(NAME, b"Ada")
    pickled = pickle.dumps(storage)

    assert backend.entries[ENTRY].encode() not in pickled
    assert f"KeyringStorage('tests', directory={str(directory)!r})" == repr(storage)
    for copied in (pickle.loads(pickled), copy.copy(storage), copy.deepcopy(storage)):
        assert b"Ada" == copied.load(NAME)


def test_key_is_not_told_by_errors(
    storage: KeyringStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A keyring that tells what it was given is not quoted.
    """
    telling = TellingKeyring()
    set_keyring(telling, monkeypatch)

    with pytest.raises(StorageUnavailableError, match="PasswordSetError") as caught:
        storage.save(NAME, b"Ada")
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert telling.given not in shown
    assert telling.given.encode() not in pickle.dumps(caught.value, 0)


def test_default_directory(
    backend: LockableKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Without a directory, the files are where the system wants such things to be.
    """
    monkeypatch.setattr("platformdirs.user_state_path", lambda name, appauthor: tmp_path / name)
    storage = KeyringStorage("my-program")
    storage.save(NAME, b"Ada")

    assert [".lock", ".session"] == files(tmp_path / "my-program" / "stytch_b2b")


@pytest.mark.parametrize("service", ["", ".", "..", "a/b", "a\\b", "C:x", "a\0b"])
def test_services_without_a_directory(service: str) -> None:
    """
    A service whose name leads elsewhere needs a directory given.
    """
    with pytest.raises(StytchConfigurationError, match="service"):
        KeyringStorage(service)


def test_any_service_with_a_directory(backend: LockableKeyring, directory: Path) -> None:
    """
    With a directory given, a service may be called anything but nothing.
    """
    KeyringStorage("a/b", directory=directory).save(NAME, b"Ada")

    assert [("a/b", NAME)] == list(backend.entries)
    with pytest.raises(StytchConfigurationError, match="service"):
        KeyringStorage("", directory=directory)
