"""A key in the keyring of the operating system."""

from __future__ import annotations

import base64
from collections.abc import Generator
from contextlib import contextmanager

import keyring

from ..errors import StorageUnavailableError
from .sealed_file import KEY_SIZE, generate_key


class KeyringEntry:
    """
    The entry of one name, which holds a key and nothing more: a keyring may take 2.5 kB at most.

    Raises:
        StorageUnavailableError: From every method, where the keyring is locked, absent, or fails.
    """

    def __init__(self, service: str, name: str) -> None:
        self._service = service
        self._name = name

    def read(self) -> bytes | None:
        """Return the key, or ``None`` if there is no entry or it holds no key."""
        with _failures_explained():
            text = keyring.get_password(self._service, self._name)
        return None if text is None else _key_of(text)

    def make(self) -> bytes:
        """
        Put a new key in the place of what was there, and return it.

        Raises:
            StorageUnavailableError: Also if the keyring only pretends to keep it.
        """
        key = generate_key()
        text = base64.b64encode(key).decode("ascii")
        with _failures_explained(text):
            keyring.set_password(self._service, self._name, text)
        if self.read() != key:
            raise StorageUnavailableError(reason="the keyring does not keep what it is given")
        return key

    def remove(self) -> None:
        """
        Leave no key.

        Raises:
            StorageUnavailableError: Also if the keyring still has one then.
        """
        with _failures_explained():
            # Backends refuse to delete what is not there, by the error that they fail with.
            if keyring.get_password(self._service, self._name) is None:
                return
            keyring.delete_password(self._service, self._name)
            gone = keyring.get_password(self._service, self._name) is None
        if not gone:
            raise StorageUnavailableError(reason="the keyring does not delete what it has")


@contextmanager
def _failures_explained(secret: str | None = None) -> Generator[None, None, None]:
    try:
        yield
    except Exception as error:  # a backend is anybody's, and raises anything
        reason = type(error).__name__
        text = " ".join(str(error).split())
        if text and (secret is None or secret not in text):
            reason += f": {text}"
        # Not chained: a traceback would show the text all the same.
        raise StorageUnavailableError(reason=f"the keyring failed: {reason}") from None


def _key_of(text: str) -> bytes | None:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return key if len(key) == KEY_SIZE else None
