"""What a client asks of a storage."""

from __future__ import annotations

from typing import Protocol


class Storage(Protocol):
    """
    Keeps what a client is to know again after the program was restarted.

    One storage may serve several projects, each of which has a *key*: a name, not a secret. The
    data hold a Member's session, so a storage that outlives the process encrypts them.

    The methods block, and are called from a thread of their own. Each may raise
    `StorageUnavailableError`: the storage cannot be used for now, and nothing in it was lost.
    """

    def load(self, key: str) -> bytes | None:
        """Return what was saved, or ``None`` where nothing was, or nothing that can be read."""
        ...

    def save(self, key: str, data: bytes) -> None:
        """Put *data* in the place of what was saved before, as a whole or not at all."""
        ...

    def delete(self, key: str) -> None:
        """Forget what was saved, if anything was."""
        ...
