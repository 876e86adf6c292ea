"""A file that is written as a whole or not at all, by one process at a time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import StorageUnavailableError

PATIENCE = 10.0
"""Seconds to wait for another process. Only one whose keyring asks a person takes that long."""


class WholeFile:
    """
    The file of one name in a directory, with a lock beside it.

    Whoever reads it gets what one call of `replace` wrote, however many processes write and
    wherever one of them is killed. All but `exists` and `has_directory` is for a block of `held`.

    Raises:
        StorageUnavailableError: From every method, where the system refuses something.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self.name = name
        # A name may have any length and characters, and differ from another in case alone.
        stem = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        self._directory = directory
        self._path = directory / f"{stem}.session"
        self._unfinished = directory / f"{stem}.new"
        self._lock = directory / f"{stem}.lock"

    def has_directory(self) -> bool:
        """Return whether there is a directory, without which nothing was ever written."""
        with _refusals_explained():
            return self._directory.exists()

    def exists(self) -> bool:
        """Return whether there is something to read."""
        with _refusals_explained():
            return self._path.exists()

    @contextmanager
    def held(self) -> Generator[None, None, None]:
        """
        Keep all other processes and threads out; makes the directory, if need be.

        Raises:
            StorageUnavailableError: Also if somebody else does not let go of the file.
        """
        with _refusals_explained():
            _make_private(self._directory)
            # A lock object for each time, so that threads have to wait too. The system itself takes
            # the lock from a process that is killed.
            with FileLock(self._lock, timeout=PATIENCE, mode=0o600):
                yield

    def read(self) -> bytes | None:
        """Return what was written, or ``None`` if nothing was."""
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None

    def replace(self, content: bytes) -> None:
        """Put *content* in the place of what was written before."""
        # One that was killed while it wrote has left this behind.
        self._unfinished.unlink(missing_ok=True)
        with open(self._unfinished, "xb", opener=_open_private) as file:
            file.write(content)
            file.flush()
            # The name must not reach the disk before the content.
            os.fsync(file.fileno())
        self._unfinished.replace(self._path)
        _flush_names(self._directory)

    def remove(self) -> None:
        """Leave nothing of what was written."""
        self._path.unlink(missing_ok=True)
        self._unfinished.unlink(missing_ok=True)
        _flush_names(self._directory)


@contextmanager
def _refusals_explained() -> Generator[None, None, None]:
    try:
        yield
    except Timeout as error:
        reason = f"another process does not let go of {error.lock_file!r}"
        raise StorageUnavailableError(reason=reason) from None
    except (OSError, NotImplementedError) as error:  # the latter of a file system without locks
        raise StorageUnavailableError(reason=str(error)) from error


def _make_private(directory: Path) -> None:
    missing = [one for one in (directory, *directory.parents) if not one.exists()]
    for one in reversed(missing):  # `parents=True` would make all but the last one for everybody
        one.mkdir(mode=0o700, exist_ok=True)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _flush_names(directory: Path) -> None:
    """Have the disk know what the directory's files are called now, where that can be asked for."""
    if hasattr(os, "O_DIRECTORY"):  # pragma: no branch - Windows opens no directories
        # Some file systems refuse it; by now the file is in its place.
        with suppress(OSError):
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
