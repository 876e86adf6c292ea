"""Sessions in encrypted files: what comes back, what does not, and who may look at it."""

from __future__ import annotations

import copy
import os
import pickle
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from stytch_b2b import (
    EncryptedFileStorage,
    StorageUnavailableError,
    StytchConfigurationError,
)
from stytch_b2b._storage import whole_file
from stytch_b2b._storage.sealed_file import HEADER, seal, unseal
from stytch_b2b._storage.whole_file import WholeFile

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
NAME = "stytch_sdk_state_public-token-test-11111111-2222-3333-4444-555555555555"

posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """
    A directory that is not there yet.
    """
    return tmp_path / "state" / "program"


@pytest.fixture
def storage(directory: Path) -> EncryptedFileStorage:
    """
    A storage with nothing in it.
    """
    return EncryptedFileStorage(directory, key=KEY)


def session_file(directory: Path) -> Path:
    """
    Return the one file with a session.
    """
    (path,) = directory.glob("*.session")
    return path


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> EncryptedFileStorage:
    """
    A storage that many examples share.
    """
    return EncryptedFileStorage(tmp_path_factory.mktemp("scratch"), key=KEY)


@given(name=st.text(st.characters(codec=None)), data=st.binary())
def test_every_name_and_all_data(scratch: EncryptedFileStorage, name: str, data: bytes) -> None:
    """
    Whatever is saved under whatever name is loaded from it as it was.
    """
    scratch.save(name, data)

    assert data == scratch.load(name)
    scratch.delete(name)
    assert scratch.load(name) is None


@given(data=st.data())
def test_changed_files(scratch: EncryptedFileStorage, data: st.DataObject) -> None:
    """
    A file of which one byte is changed, cut off or added is no session.
    """
    scratch.save(NAME, b"Ada's session")
    path = session_file(scratch._directory)
    sealed = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(sealed) - 1))
    kind = data.draw(st.sampled_from(["change", "cut", "add"]))
    if kind == "change":
        sealed[place] ^= data.draw(st.integers(1, 255))
    elif kind == "cut":
        del sealed[place:]
    else:
        sealed.insert(place, data.draw(st.integers(0, 255)))
        if sealed == path.read_bytes():
            sealed.append(0)
    path.write_bytes(sealed)

    assert scratch.load(NAME) is None
    scratch.save(NAME, b"Bob's")
    assert b"Bob's" == scratch.load(NAME)


@given(name=st.text(), other=st.text(), key=st.binary(min_size=32, max_size=32), data=st.binary())
def test_seal(name: str, other: str, key: bytes, data: bytes) -> None:
    """
    What is sealed is opened by its key and its name alone.
    """
    sealed = seal(data, key=key, name=name)

    assert data == unseal(sealed, key=key, name=name)
    assert (data if other == name else None) == unseal(sealed, key=key, name=other)
    assert (data if key == KEY else None) == unseal(sealed, key=KEY, name=name)


@given(st.binary())
def test_what_is_not_sealed(rubbish: bytes) -> None:
    """
    Rubbish is nothing, also where it begins as it should.
    """
    assert unseal(rubbish, key=KEY, name=NAME) is None
    assert unseal(HEADER + rubbish, key=KEY, name=NAME) is None


def test_files_are_encrypted(storage: EncryptedFileStorage, directory: Path) -> None:
    """
    The file shows neither data nor key nor name, and the same data look different each time.
    """
    storage.save(NAME, b"session token of Ada")
    first = session_file(directory).read_bytes()
    storage.save(NAME, b"session token of Ada")
    second = session_file(directory).read_bytes()

    assert first != second
    for secret in (b"session", KEY[:16], NAME.encode()):
        assert secret not in second
    assert NAME not in str(list(directory.iterdir()))


def test_wrong_key(storage: EncryptedFileStorage, directory: Path) -> None:
    """
    Who has another key finds nothing, and destroys nothing by looking; by saving, one replaces.
    """
    storage.save(NAME, b"Ada")
    stranger = EncryptedFileStorage(directory, key=OTHER_KEY)

    assert stranger.load(NAME) is None
    assert b"Ada" == storage.load(NAME)
    stranger.save(NAME, b"Bob")
    assert b"Bob" == stranger.load(NAME)
    assert storage.load(NAME) is None


def test_another_projects_file(storage: EncryptedFileStorage, directory: Path) -> None:
    """
    A file in the place of another project's is not its session.
    """
    storage.save(NAME, b"Ada")
    mine = session_file(directory)
    storage.save("other", b"Bob")
    (other,) = set(directory.glob("*.session")) - {mine}
    mine.replace(other)

    assert storage.load("other") is None


@posix_only
def test_modes(storage: EncryptedFileStorage, directory: Path) -> None:
    """
    Files and directories are for the user alone, whatever the umask allows.
    """
    before = os.umask(0)
    try:
        storage.save(NAME, b"Ada")
    finally:
        os.umask(before)

    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert [".lock", ".session"] == sorted(path.suffix for path in modes)
    assert {0o600} == set(modes.values())
    assert 0o700 == stat.S_IMODE(directory.stat().st_mode)
    assert 0o700 == stat.S_IMODE(directory.parent.stat().st_mode)


@posix_only
def test_modes_of_what_was_there(storage: EncryptedFileStorage, directory: Path) -> None:
    """
    A directory that somebody else made stays as it is; a file that was opened up is closed again.
    """
    directory.mkdir(parents=True, mode=0o700)
    before = stat.S_IMODE(directory.parent.stat().st_mode)
    storage.save(NAME, b"Ada")
    session_file(directory).chmod(0o700)
    storage.save(NAME, b"Bob")

    assert before == stat.S_IMODE(directory.parent.stat().st_mode)
    assert 0o600 == stat.S_IMODE(session_file(directory).stat().st_mode)


def test_left_over_of_a_write(storage: EncryptedFileStorage, directory: Path) -> None:
    """
    What a killed writer left is not read, and cleaned up by the next one and by deleting.
    """
    storage.save(NAME, b"Ada")
    unfinished = session_file(directory).with_suffix(".new")

    unfinished.write_bytes(b"half of it")
    assert b"Ada" == storage.load(NAME)
    storage.save(NAME, b"Bob")
    assert not unfinished.exists()
    unfinished.write_bytes(b"half of it")
    storage.delete(NAME)
    assert [".lock"] == [path.suffix for path in directory.iterdir()]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="this system has no links")
def test_links_are_not_followed(
    storage: EncryptedFileStorage, directory: Path, tmp_path: Path
) -> None:
    """
    A link in the place of a file is replaced; what it leads to is not written to.
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"untouched")
    storage.save(NAME, b"Ada")
    path = session_file(directory)
    for link in (path, path.with_suffix(".new")):
        link.unlink(missing_ok=True)
        link.symlink_to(elsewhere)
    storage.save(NAME, b"Bob")

    assert b"Bob" == storage.load(NAME)
    assert not path.is_symlink()
    assert b"untouched" == elsewhere.read_bytes()


def test_order_of_a_write(
    storage: EncryptedFileStorage, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The content is on the disk before it gets its name, and the name before `save` returns.
    """
    storage.save(NAME, b"Ada")
    path = session_file(directory)
    done: list[str] = []
    fsync = os.fsync

    def noting_fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        kind = "directory" if stat.S_ISDIR(status.st_mode) else "file"
        is_named = path.stat().st_ino == status.st_ino
        renamed = path.read_bytes() != before
        done.append(f"{kind} {is_named} {renamed}")
        fsync(descriptor)

    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", noting_fsync)
    storage.save(NAME, b"Bob")

    assert "file False False" == done[0]
    assert ["directory False True"][: os.name != "nt"] == done[1:]


def test_disk_that_refuses_to_flush_names(
    storage: EncryptedFileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A file system that cannot flush a directory keeps sessions all the same.
    """
    fsync = os.fsync

    def fsync_of_files(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync_of_files)
    storage.save(NAME, b"Ada")

    assert b"Ada" == storage.load(NAME)


def test_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    """
    Where there can be no directory, nothing is saved, and there is nothing.
    """
    (tmp_path / "file").touch()
    storage = EncryptedFileStorage(tmp_path / "file" / "below", key=KEY)

    with pytest.raises(StorageUnavailableError, match="below"):
        storage.save(NAME, b"Ada")
    assert storage.load(NAME) is None


def test_file_that_cannot_be_read(storage: EncryptedFileStorage, directory: Path) -> None:
    """
    What the system does not let read, write or delete is unavailable, and stays.
    """
    storage.save(NAME, b"Ada")
    path = session_file(directory)
    path.unlink()
    (path / "inside").mkdir(parents=True)

    for refused in (
        lambda: storage.load(NAME),
        lambda: storage.save(NAME, b"Bob"),
        lambda: storage.delete(NAME),
    ):
        with pytest.raises(StorageUnavailableError) as caught:
            refused()
        assert str(path) in caught.value.reason
    assert (path / "inside").exists()


def test_another_process_does_not_let_go(
    storage: EncryptedFileStorage, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Who is kept out says so after a while; when it is over, all is as before.
    """
    monkeypatch.setattr(whole_file, "PATIENCE", 0)
    storage.save(NAME, b"Ada")

    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with WholeFile(directory, NAME).held():
            entered.set()
            assert leave.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    assert entered.wait(30)
    for refused in (
        lambda: storage.load(NAME),
        lambda: storage.save(NAME, b"Bob"),
        lambda: storage.delete(NAME),
    ):
        with pytest.raises(StorageUnavailableError, match="does not let go"):
            refused()
    storage.save("another name", b"Cid")
    leave.set()
    holder.join()
    assert b"Ada" == storage.load(NAME)


def test_file_that_went_before_the_lock_came(directory: Path) -> None:
    """
    Where another process has just deleted the session there is nothing to read.
    """
    file = WholeFile(directory, NAME)

    with file.held():
        assert file.read() is None


def test_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A relative directory is the one of the moment when the storage was made.
    """
    monkeypatch.chdir(tmp_path)
    storage = EncryptedFileStorage("state", key=KEY)
    storage.save(NAME, b"Ada")
    monkeypatch.chdir("/")

    assert b"Ada" == storage.load(NAME)
    assert [tmp_path / "state"] == list(tmp_path.iterdir())


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(33), "0" * 32, bytearray(32), None])
def test_wrong_kinds_of_key(tmp_path: Path, key: bytes) -> None:
    """
    A key of another size or type is refused at once, and not shown.
    """
    with pytest.raises(StytchConfigurationError, match=r"32 bytes.*generate_key") as caught:
        EncryptedFileStorage(tmp_path, key=key)

    assert "000" not in str(caught.value)


def test_generated_keys(tmp_path: Path) -> None:
    """
    A generated key is one, and no two are alike.
    """
    one, other = EncryptedFileStorage.generate_key(), EncryptedFileStorage.generate_key()

    assert one != other
    EncryptedFileStorage(tmp_path, key=one).save(NAME, b"Ada")
    assert EncryptedFileStorage(tmp_path, key=other).load(NAME) is None


def test_key_is_not_shown(storage: EncryptedFileStorage, directory: Path) -> None:
    """
    The text of a storage shows where it is, and no copy of it is made by accident.
    """
    assert f"EncryptedFileStorage({str(directory)!r})" == repr(storage) == str(storage)
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="holds a key") as caught:
            copied(storage)
        assert repr(KEY) not in str(caught.value)
