"""A storage in encrypted files, for programs that have a key of their own."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ..errors import StytchConfigurationError
from .extras import needs_extra

if TYPE_CHECKING:
    from .sealed_file import SealedFile


class EncryptedFileStorage:
    """
    Keeps the state in an encrypted file, which a key of the program's own opens.

    Several processes may use one directory. What was encrypted with another key counts as nothing,
    and is left where it is until something is saved in its place. Needs the extra ``storage``.

    Args:
        directory: Where the files are, one for each project. It is made when the first one is
            saved, for this user alone.
        key: 32 random bytes, such as `generate_key` makes. Keep them where you keep secrets, and
            not beside the files: together they are the Member's session.

    Raises:
        StytchConfigurationError: The key is none, or the extra is not installed.
    """

    __slots__ = ("_directory", "_file", "_key")

    def __init__(self, directory: str | os.PathLike[str], *, key: bytes) -> None:
        with needs_extra("storage"):
            from .sealed_file import KEY_SIZE, SealedFile  # noqa: PLC0415 - only if it is used
        given: object = key
        if not isinstance(given, bytes) or len(given) != KEY_SIZE:
            msg = f"key must be {KEY_SIZE} bytes, such as EncryptedFileStorage.generate_key() makes"
            raise StytchConfigurationError(msg)
        self._directory = Path(directory).absolute()
        self._file: Callable[[str], SealedFile] = partial(SealedFile, self._directory)
        self._key = key

    @staticmethod
    def generate_key() -> bytes:
        """Return a new random key."""
        with needs_extra("storage"):
            from .sealed_file import generate_key  # noqa: PLC0415 - only if it is used
        return generate_key()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._directory)!r})"

    def __reduce__(self) -> NoReturn:
        msg = f"cannot pickle {type(self).__name__!r} object, which holds a key"
        raise TypeError(msg)

    def load(self, key: str) -> bytes | None:
        """
        Return what was saved with this storage's key, or ``None``.

        Raises:
            StorageUnavailableError: The file cannot be read, or another process does not let go.
        """
        file = self._file(key)
        if not file.exists():
            return None
        with file.held():
            return file.read_sealed(self._key)

    def save(self, key: str, data: bytes) -> None:
        """
        Put *data* in the place of what was saved before.

        Raises:
            StorageUnavailableError: The file cannot be written, or another process does not let go;
                what was saved before is still there.
        """
        file = self._file(key)
        with file.held():
            file.replace_sealed(data, self._key)

    def delete(self, key: str) -> None:
        """
        Forget what was saved, with whatever key.

        Raises:
            StorageUnavailableError: The file cannot be removed, or another process does not let go.
        """
        file = self._file(key)
        if not file.has_directory():
            return
        with file.held():
            file.remove()
