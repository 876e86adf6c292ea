"""How the tools say no."""

from __future__ import annotations


class RefusedError(Exception):
    """
    The tool does not do it.

    Args:
        reason: What is wrong, and what would be right.
        file: Where it is wrong, as far as that is known.
        line: Line in that file.
    """

    def __init__(self, reason: str, *, file: str = "", line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.file = file
        self.line = line

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.file else self.reason
