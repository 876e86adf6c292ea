"""
Keep the sessions of two hundred Members alive for an hour, in seconds and in bad weather.

One client holds the connections; each Member has a view of it. Sessions end after five minutes
unless they are extended, and again and again the server fails. The emulator's clock moves on when
everybody waits for it, so nothing is left to chance, and each request can be counted.
"""

from __future__ import annotations

import gc
import sys
import time
from contextlib import AsyncExitStack
from datetime import datetime
from itertools import cycle
from typing import Any

import anyio

from stytch_b2b import AsyncStytchB2BClient
from stytch_b2b.emulator import Clock, Emulator

MEMBERS = 200
HOUR = 3600.0
REFRESH = 180.0
SESSION_MINUTES = 5
FAULTS_AT_A_TIME = 5

BAD_WEATHER: list[dict[str, Any]] = [
    {"status": 500},
    {"cut_body": True},
    {"drop": "before_read"},
    {"status": 429, "headers": {"Retry-After": "7"}},
    {"drop": "after_read"},
    {"status": 503},
]
"""What becomes of the answers that are spoilt."""


class StepClock:
    """The emulator's clock, which moves from one alarm to the next when everybody is asleep."""

    def __init__(self, clock: Clock, sleepers: int) -> None:
        clock.freeze()
        self._clock = clock
        self._sleepers = sleepers
        self._alarms: dict[anyio.Event, float] = {}
        self._all_asleep = anyio.Event()

    def now(self) -> datetime:
        """Return the emulator's time."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return the emulator's seconds."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait until the steps have come that far."""
        alarm = anyio.Event()
        self._alarms[alarm] = self.monotonic() + seconds
        if len(self._alarms) == self._sleepers:
            self._all_asleep.set()
        try:
            await alarm.wait()
        finally:
            self._alarms.pop(alarm, None)

    async def settle(self) -> float:
        """Wait until everybody is asleep, and return when the first alarm is due."""
        with anyio.fail_after(60):
            await self._all_asleep.wait()
        return min(self._alarms.values())

    def step(self, until: float) -> None:
        """Move on, and wake whose time has come."""
        self._all_asleep = anyio.Event()
        self._clock.advance(seconds=until - self.monotonic())
        for alarm in [alarm for alarm, due in self._alarms.items() if due <= until]:
            del self._alarms[alarm]
            alarm.set()


def memory() -> int:
    """Return how many blocks of memory are in use, each of which is an object or a part of one."""
    gc.collect()
    return sys.getallocatedblocks()


async def soak(emulator: Emulator, client: AsyncStytchB2BClient, clock: StepClock) -> None:
    """Keep all sessions alive for an hour, and report."""
    began, started = time.monotonic(), clock.monotonic()
    signed_in = [
        emulator.sign_in(f"member-{number:03}@example.com", duration_minutes=SESSION_MINUTES)
        for number in range(MEMBERS)
    ]
    views = [client.with_session(session_token=each.session_token) for each in signed_in]
    weather = cycle(BAD_WEATHER)
    requests = faults = 0
    blocks_in_use: list[int] = []
    async with AsyncExitStack() as blocks:
        kept = [
            await blocks.enter_async_context(view.session.keep_alive(extend=SESSION_MINUTES))
            for view in views
        ]
        while (due := await clock.settle()) < started + HOUR:
            requests += len(emulator.requests)
            emulator.requests.clear()
            if len(blocks_in_use) < (due - started) // 600:
                blocks_in_use.append(memory())
            if due - clock.monotonic() > REFRESH / 2:  # everybody has been refreshed
                emulator.faults.add(times=FAULTS_AT_A_TIME, **next(weather))
                faults += FAULTS_AT_A_TIME
            clock.step(due)
        requests += len(emulator.requests)
        blocks_in_use.append(memory())
        lost = [each.error for each in kept if not each.is_running]
        sessions = [view.state.member_session for view in views]

    planned = MEMBERS * int(HOUR / REFRESH) + faults  # each spoilt answer is asked for once more
    print(f"{MEMBERS} sessions of {SESSION_MINUTES} minutes, kept alive for an hour:")
    print(f"  faults:    {faults}")
    print(f"  requests:  {requests}, planned {planned}")
    print(f"  memory:    {blocks_in_use} blocks in use, every ten minutes")
    print(f"  took:      {time.monotonic() - began:.1f} s")
    assert not lost, lost
    assert all(session and session.expires_at > clock.now() for session in sessions)
    assert requests == planned
    # Whatever a request left behind would be there four thousand times.
    assert blocks_in_use[-1] < blocks_in_use[0] + requests
    print("No session was lost, and no request was one too many.")


async def main() -> None:
    """Start the emulator and one client for everybody."""
    async with Emulator() as emulator:
        clock = StepClock(emulator.clock, MEMBERS)
        async with AsyncStytchB2BClient(
            emulator.public_token, base_url=emulator.url, clock=clock
        ) as client:
            await soak(emulator, client, clock)


if __name__ == "__main__":
    anyio.run(main)
