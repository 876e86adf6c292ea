"""Keyrings that behave, and keyrings that do not, by the interface of keyring's own backends."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import keyring.core
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError, PasswordSetError

CREDENTIAL_MANAGER_LIMIT = 2560
"""Bytes of UTF-16 that Windows keeps in an entry."""


class Keyring(KeyringBackend):
    """
    A keyring in memory, as small as that of Windows.
    """

    priority = 0.1

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.failure: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        self.fail_if_told()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.fail_if_told()
        if len(password.encode("utf-16-le")) > CREDENTIAL_MANAGER_LIMIT:
            raise PasswordSetError(str(len(password)))
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.fail_if_told()
        if (service, username) not in self.entries:
            raise PasswordDeleteError(username)
        del self.entries[service, username]

    def fail_if_told(self) -> None:
        """
        Raise what the test wants.
        """
        if self.failure is not None:
            raise self.failure


class LockableKeyring(Keyring):
    """
    A keyring whose owner can lock it.
    """

    def lock(self) -> None:
        """
        Keep everybody out.
        """
        self.failure = KeyringLocked("Failed to unlock the collection!")

    def unlock(self) -> None:
        """
        Let everybody in.
        """
        self.failure = None


class SlowKeyring(Keyring):
    """
    A keyring that has to ask a person.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.answered = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.set()
        assert self.answered.wait(30)
        return super().get_password(service, username)


class ForgetfulKeyring(Keyring):
    """
    A keyring that takes what it is given and keeps another thing, or nothing.
    """

    def __init__(self, keeps: str | None) -> None:
        super().__init__()
        self.keeps = keeps

    def get_password(self, service: str, username: str) -> str | None:
        return self.keeps


class ClingingKeyring(Keyring):
    """
    A keyring that does not delete.
    """

    def delete_password(self, service: str, username: str) -> None:
        pass


class TellingKeyring(Keyring):
    """
    A keyring whose errors tell what it was given.
    """

    def set_password(self, service: str, username: str, password: str) -> None:
        self.given = password
        msg = f"cannot store {password!r}"
        raise PasswordSetError(msg)


class SharedKeyring(Keyring):
    """
    A keyring that processes share, and that is never caught in the middle of something.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory
        directory.mkdir(exist_ok=True)

    def path(self, service: str, username: str) -> Path:
        """
        Return where an entry is.
        """
        return self.directory / hashlib.sha256(f"{service}\0{username}".encode()).hexdigest()

    def get_password(self, service: str, username: str) -> str | None:
        try:
            return self.path(service, username).read_text()
        except FileNotFoundError:
            return None

    def set_password(self, service: str, username: str, password: str) -> None:
        path = self.path(service, username)
        unfinished = path.with_suffix(f".{threading.get_native_id()}")
        unfinished.write_text(password)
        unfinished.replace(path)

    def delete_password(self, service: str, username: str) -> None:
        self.path(service, username).unlink()


def set_keyring(backend: KeyringBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Make *backend* the system's keyring until the end of a test.
    """
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    keyring.set_keyring(backend)
