"""Where identifiers, tokens and secrets come from; seeded, they are the same in every run."""

from __future__ import annotations

import base64
import random
import string
import threading
import uuid


class IdSource:
    """
    Make ids and tokens of the shapes that Stytch uses.

    Args:
        seed: Makes every id and token predictable. Without it they come from the operating system.
    """

    def __init__(self, seed: int | str | None = None) -> None:
        self._lock = threading.Lock()
        # The seeded generator is wanted exactly because it is predictable.
        self._random = random.SystemRandom() if seed is None else random.Random(seed)

    def uuid(self) -> str:
        """Return a random UUID, version 4."""
        with self._lock:
            return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def id(self, kind: str) -> str:
        """Return an id such as ``member-test-<uuid>``."""
        return f"{kind}-test-{self.uuid()}"

    def token(self) -> str:
        """Return an opaque token of 44 URL-safe characters, as long as Stytch's."""
        with self._lock:
            octets = self._random.getrandbits(33 * 8).to_bytes(33, "big")
        return base64.urlsafe_b64encode(octets).decode("ascii")

    def passcode(self, digits: int = 6) -> str:
        """Return a code of decimal digits, as people type it."""
        with self._lock:
            return f"{self._random.randrange(10**digits):0{digits}}"

    def totp_secret(self) -> str:
        """Return 20 octets in base 32, as authenticator apps take them."""
        with self._lock:
            octets = self._random.getrandbits(20 * 8).to_bytes(20, "big")
        return base64.b32encode(octets).decode("ascii")

    def recovery_code(self) -> str:
        """Return a code such as ``ckss-2skx-ebow``."""
        with self._lock:
            letters = self._random.choices(string.ascii_lowercase + string.digits, k=12)
        return "-".join("".join(letters[start : start + 4]) for start in (0, 4, 8))
