"""A storage for a person's own machine: the key in the keyring, the rest in an encrypted file."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StytchConfigurationError
from .extras import needs_extra

if TYPE_CHECKING:
    from .keyring_entry import KeyringEntry
    from .sealed_file import SealedFile


class KeyringStorage:
    """
    Keeps the state in an encrypted file, whose key the operating system's keyring keeps.

    That is the Keychain on macOS, the Credential Manager on Windows, and the Secret Service or
    KWallet on Linux. Several processes may use one storage. If the key is gone, or is another one,
    there is nothing to load. If the keyring is locked or absent, `StorageUnavailableError` is
    raised and the file is kept. A keyring may ask the person to unlock it, for as long as it takes.
    Needs the extra ``keyring``.

    Args:
        service: The program's name, under which the keyring shows its entries.
        directory: Where the files are, one for each project, and for one service alone. It is made
            when the first one is saved, for this user alone. Default: the place that the
            system has for what a program of this name remembers.

    Raises:
        StytchConfigurationError: The service has no name, or one that is no name of a directory
            where it has to be, or the extra is not installed.
    """

    __slots__ = ("_directory", "_entry", "_file", "_service")

    def __init__(self, service: str, *, directory: str | os.PathLike[str] | None = None) -> None:
        with needs_extra("keyring"):
            from .keyring_entry import KeyringEntry  # noqa: PLC0415 - only if it is used
            from .sealed_file import SealedFile  # noqa: PLC0415 - only if it is used
        if not service:
            msg = "service must be the program's name"
            raise StytchConfigurationError(msg)
        self._service = service
        self._directory = _default(service) if directory is None else Path(directory).absolute()
        self._entry: Callable[[str], KeyringEntry] = partial(KeyringEntry, service)
        self._file: Callable[[str], SealedFile] = partial(SealedFile, self._directory)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._service!r}, directory={str(self._directory)!r})"

    def load(self, key: str) -> bytes | None:
        """
        Return what was saved, or ``None`` if there is nothing, or no key to it any more.

        Raises:
            StorageUnavailableError: The keyring is locked or absent, the file cannot be read, or
                another process does not let go.
        """
        file = self._file(key)
        # Nobody is asked to unlock a keyring for the sake of nothing.
        if not file.exists():
            return None
        with file.held():
            secret = self._entry(key).read()
            return None if secret is None else file.read_sealed(secret)

    def save(self, key: str, data: bytes) -> None:
        """
        Put *data* in the place of what was saved before.

        Raises:
            StorageUnavailableError: The keyring is locked or absent, the file cannot be written, or
                another process does not let go; what was saved before is still there.
        """
        file = self._file(key)
        entry = self._entry(key)
        # The keyring is asked in the lock too, or two processes would both make a key.
        with file.held():
            file.replace_sealed(data, entry.read() or entry.make())

    def delete(self, key: str) -> None:
        """
        Forget what was saved, and the key, so that no copy of the file can be read either.

        Raises:
            StorageUnavailableError: The keyring is locked or absent, and still has the key; the
                file is gone. Or the file cannot be removed, or another process does not let go.
        """
        file = self._file(key)
        if not file.has_directory():
            return
        with file.held():
            # The file first: a keyring may ask a person, who may never answer.
            try:
                file.remove()
            finally:
                self._entry(key).remove()


def _default(service: str) -> Path:
    if service in (".", "..") or any(character in service for character in "/\\:\0"):
        msg = f"service {service!r} is no name of a directory: pass directory="
        raise StytchConfigurationError(msg)
    with needs_extra("keyring"):
        from platformdirs import user_state_path  # noqa: PLC0415 - only if it is used
    return user_state_path(service, appauthor=False) / "stytch_b2b"
