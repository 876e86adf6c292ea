"""A storage for as long as the process lives."""

from __future__ import annotations


class MemoryStorage:
    """
    Keeps the state in memory, where clients that are made one after the other find it.

    Nothing is written anywhere, and a fork takes a copy.
    """

    def __init__(self) -> None:
        # Each method is one step of the dictionary, and needs no lock.
        self._saved: dict[str, bytes] = {}

    def load(self, key: str) -> bytes | None:
        """Return what was saved, or ``None``."""
        return self._saved.get(key)

    def save(self, key: str, data: bytes) -> None:
        """Put *data* in the place of what was saved before."""
        self._saved[key] = data

    def delete(self, key: str) -> None:
        """Forget what was saved, if anything was."""
        self._saved.pop(key, None)
