"""The emulator's only source of time: real time that a test can move, or stop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import anyio
import anyio.lowlevel

# What expires later than now has to fit a datetime, too.
_FARTHEST_SECONDS = 1000 * 365 * 24 * 3600


class Clock:
    """
    Real time plus an offset that only grows.

    One instance is safe to use from any thread and any event loop. Sleepers on asyncio and on
    trio wake as soon as the clock passes their time, whether the time passed or was advanced.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0
        self._frozen_at: float | None = None
        self._origin = time.monotonic()
        self._origin_utc = datetime.now(timezone.utc)
        self._wakers: set[Callable[[], None]] = set()

    def __repr__(self) -> str:
        frozen = ", frozen" if self._frozen_at is not None else ""
        return f"<Clock {self.now():%Y-%m-%dT%H:%M:%SZ}{frozen}>"

    def now(self) -> datetime:
        """Return the current time, aware and in UTC."""
        return self._origin_utc + timedelta(seconds=self.monotonic() - self._origin)

    def monotonic(self) -> float:
        """Return seconds that never go back, for measuring spans."""
        with self._lock:
            return self._read()

    async def sleep(self, seconds: float) -> None:
        """
        Sleep until this clock has moved on.

        Args:
            seconds: How long, by this clock.
        """
        await self.sleep_until(self.monotonic() + seconds)

    async def sleep_until(self, deadline: float) -> None:
        """
        Sleep until this clock shows a time.

        Args:
            deadline: As `monotonic` tells it.
        """
        while True:
            changed = anyio.Event()
            waker = _waker(changed)
            with self._lock:
                remaining = deadline - self._read()
                if remaining <= 0:
                    break
                # A frozen clock moves only by advance(), which wakes us; real time is no limit.
                limit = remaining if self._frozen_at is None else None
                self._wakers.add(waker)

            try:
                with anyio.move_on_after(limit):
                    await changed.wait()
            finally:
                with self._lock:
                    self._wakers.discard(waker)
        await anyio.lowlevel.checkpoint()

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        """
        Move the clock forward and wake every sleeper whose time has come.

        Args:
            seconds: Added to the time.

            minutes: Added to the time.

            hours: Added to the time.

        Raises:
            ValueError: The sum is negative, and expiries already seen cannot be taken back; or it
                leads farther than a thousand years.
        """
        step = seconds + minutes * 60 + hours * 3600
        # NaN is not below zero either.
        if not step >= 0:
            msg = f"the clock only moves forward, but advance() was asked for {step} seconds"
            raise ValueError(msg)

        with self._lock:
            if self._read() - self._origin + step > _FARTHEST_SECONDS:
                msg = f"the clock ends in a thousand years, which {step} seconds would leave behind"
                raise ValueError(msg)
            if self._frozen_at is None:
                self._offset += step
            else:
                self._frozen_at += step
            self._wake_all()

    def freeze(self) -> None:
        """Stop following real time; from now on only `advance()` moves the clock."""
        with self._lock:
            if self._frozen_at is None:
                self._frozen_at = self._read()
            self._wake_all()

    def unfreeze(self) -> None:
        """Follow real time again, from the time shown now."""
        with self._lock:
            if self._frozen_at is not None:
                self._offset = self._frozen_at - time.monotonic()
                self._frozen_at = None
            self._wake_all()

    def _read(self) -> float:
        if self._frozen_at is not None:
            return self._frozen_at
        return time.monotonic() + self._offset

    def _wake_all(self) -> None:
        for waker in self._wakers:
            # A loop that was closed with a sleeper in it has nobody left to wake.
            with contextlib.suppress(RuntimeError):
                waker()


def _waker(event: anyio.Event) -> Callable[[], None]:
    """Return a function that sets *event* from any thread, its own loop's thread included."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        # Only trio is left, so it is installed; asyncio users need not have it.
        import trio  # noqa: PLC0415

        token = trio.lowlevel.current_trio_token()
        return lambda: token.run_sync_soon(event.set)

    def wake() -> None:
        loop.call_soon_threadsafe(event.set)

    return wake
