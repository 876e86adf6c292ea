"""
Those who want the same thing at the same time share one flight that fetches it.

Nothing is shared between event loops: each has flights of its own, so that no loop ever waits for
another, which may have ended or be stuck.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from typing import Any, Generic, TypeVar

import anyio
from anyio.lowlevel import RunVar

V = TypeVar("V")


class _Flight(Generic[V]):
    """One flight on its way, and what it brought once it has landed."""

    __slots__ = ("ended", "has_landed", "value")

    def __init__(self) -> None:
        self.ended = anyio.Event()
        self.has_landed = False
        self.value: V


# An entry lives as long as its flight; the loop takes along what it left unfinished.
_in_the_air: RunVar[dict[tuple[object, Hashable], _Flight[Any]]] = RunVar("stytch_b2b flights")


class SingleFlight(Generic[V]):
    """
    Runs what several callers want at once a single time in each event loop.

    Whoever comes first leads: it runs its function, in its own task and within its own limits, and
    the others wait for the value. Only values are shared; what a leader raises is its own. A leader
    that is cancelled, or fails, hands over: the next of those who wait runs its function instead.
    """

    async def share(
        self,
        key: Hashable,
        function: Callable[[], Awaitable[V]],
        *,
        patience: float | None = None,
    ) -> V:
        """
        Return what *function* returns, or what somebody else's brings who came first.

        Args:
            key: What is wanted. Whoever comes with an equal one wants the same.
            function: Fetches it.
            patience: How many seconds to wait for others. Default: as long as it takes.

        Raises:
            TimeoutError: It took the others longer than *patience*.
        """
        flights = _flights_of_this_loop()
        place = (self, key)
        flight: _Flight[V] | None
        with anyio.fail_after(patience):
            while (flight := flights.get(place)) is not None:
                await flight.ended.wait()
                if flight.has_landed:
                    return flight.value
        # From the look until the entry nobody else runs: there is one leader.
        flights[place] = flight = _Flight[V]()
        try:
            flight.value = await function()
            flight.has_landed = True
            return flight.value
        finally:
            del flights[place]
            # The loop may be gone by now, and all who waited with it.
            with suppress(RuntimeError):
                flight.ended.set()


def _flights_of_this_loop() -> dict[tuple[object, Hashable], _Flight[Any]]:
    try:
        return _in_the_air.get()
    except LookupError:
        flights: dict[tuple[object, Hashable], _Flight[Any]] = {}
        _in_the_air.set(flights)
        return flights
