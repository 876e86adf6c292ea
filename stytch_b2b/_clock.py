"""
The engine's only source of time.

A client takes a `Clock` as argument, so that a test moves time instead of waiting for it; the
emulator's clock is one.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Protocol

import anyio


class Clock(Protocol):
    """What the engine asks about time."""

    def now(self) -> datetime:
        """Return the wall clock's time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back, from any start."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait, on whatever backend the caller runs."""
        ...


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Return the wall clock's time, aware, in UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Return seconds since some start; they never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the backend the caller runs."""
        await anyio.sleep(seconds)
