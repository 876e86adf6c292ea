"""A clock that stands still until a test moves it, and remembers what it was asked to wait."""

from __future__ import annotations

from datetime import datetime

import anyio

from stytch_b2b.emulator import Emulator


class MovedClock:
    """
    The emulator's clock, frozen; what waits for it waits for `move`.
    """

    def __init__(self, emulator: Emulator) -> None:
        emulator.clock.freeze()
        # The API's times are whole seconds: in the middle of one, nothing is rounded by chance.
        emulator.clock.advance(seconds=1.5 - emulator.clock.now().microsecond / 1e6)
        self.waits: list[float] = []
        self._clock = emulator.clock

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        # First of all, or whoever sees the wait and moves the clock would make it longer.
        deadline = self._clock.monotonic() + seconds
        self.waits.append(seconds)
        await self._clock.sleep_until(deadline)

    def move(self, seconds: float) -> None:
        """
        Let time pass.
        """
        self._clock.advance(seconds=seconds)

    async def pass_wait(self, seconds: float | None = None) -> float:
        """
        Let what is being waited for pass, or less, and return for how long is waited next.
        """
        count = len(self.waits)
        self.move(self.waits[-1] if seconds is None else seconds)
        return await self.wait_number(count + 1)

    async def wait_number(self, count: int) -> float:
        """
        Return how long the wait of this number is, once it has begun.
        """
        with anyio.fail_after(10):
            while len(self.waits) < count:  # noqa: ASYNC110 - nobody tells
                await anyio.sleep(0.001)
        return self.waits[count - 1]
