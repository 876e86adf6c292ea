"""A whole file that is encrypted, so that what was changed, moved or is another's is no data."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .whole_file import WholeFile

KEY_SIZE = 32

HEADER = b"stytch_b2b sealed 1\n"
"""Begins every file, so that a later version can tell what it reads."""

_NONCE_SIZE = 12


def generate_key() -> bytes:
    """Return a new random key for AES-256-GCM."""
    return secrets.token_bytes(KEY_SIZE)


def seal(data: bytes, *, key: bytes, name: str) -> bytes:
    """Return *data* encrypted, to be opened by whoever has the key and knows the name."""
    nonce = secrets.token_bytes(_NONCE_SIZE)
    return HEADER + nonce + AESGCM(key).encrypt(nonce, data, _bound_to(name))


def unseal(sealed: bytes, *, key: bytes, name: str) -> bytes | None:
    """Return what was sealed with this key and under this name, or ``None`` if nothing was."""
    rest = sealed.removeprefix(HEADER)
    nonce, encrypted = rest[:_NONCE_SIZE], rest[_NONCE_SIZE:]
    if len(rest) == len(sealed) or len(nonce) < _NONCE_SIZE:
        return None
    try:
        return AESGCM(key).decrypt(nonce, encrypted, _bound_to(name))
    except InvalidTag:
        return None


def _bound_to(name: str) -> bytes:
    # One project's file under another one's name is not that project's session.
    return HEADER + name.encode("utf-8", "surrogatepass")


class SealedFile(WholeFile):
    """The encrypted file of one name in a directory."""

    def read_sealed(self, key: bytes) -> bytes | None:
        """Return what was written with this key, or ``None`` if nothing was."""
        sealed = self.read()
        return None if sealed is None else unseal(sealed, key=key, name=self.name)

    def replace_sealed(self, data: bytes, key: bytes) -> None:
        """Put *data* in the place of what was written before, with whatever key."""
        self.replace(seal(data, key=key, name=self.name))
