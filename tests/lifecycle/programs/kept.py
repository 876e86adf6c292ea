"""Forks in the middle of a block that keeps a session alive; both processes go on."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
import threading
import traceback
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from stytch_b2b import AsyncStytchB2BClient
from stytch_b2b.emulator import Clock

# Python warns whoever forks with threads, from 3.12 on. Doing it all the same is the point here.
warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)

settings, way, leave = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
options: dict[str, Any] = {"base_url": settings["base_url"]}
if settings["base_url"].startswith("https"):
    options["ssl_context"] = ssl.create_default_context(cafile=settings["authority"])


class WatchedClock(Clock):
    """
    A clock that stands still, and counts who waits for it to be moved.
    """

    waits = 0

    async def sleep(self, seconds: float) -> None:
        # First of all, or whoever sees the wait and moves the clock would make it longer.
        deadline = self.monotonic() + seconds
        self.waits += 1
        await self.sleep_until(deadline)

    async def wait_number(self, number: int) -> None:
        """
        Return when somebody waits that often.
        """
        with anyio.fail_after(60):
            while self.waits < number:  # noqa: ASYNC110 - nobody tells
                await anyio.sleep(0.001)


clock = WatchedClock()
clock.freeze()
client = AsyncStytchB2BClient(settings["public_token"], clock=clock, **options)
client.session.update_session(session_token=settings["session_token"])

RUNNERS: dict[str, dict[str, Any]] = {
    "asyncio": {},
    "uvloop": {"backend_options": {"use_uvloop": True}},
    "trio": {"backend": "trio"},
}


def run(function: Callable[[], Awaitable[None]]) -> None:
    """
    Run a loop of the kind that was asked for.
    """
    anyio.run(function, **RUNNERS[way])


async def keep() -> None:
    """
    Keep the session alive; in the middle of it the main thread forks.
    """
    async with client.session.keep_alive(extend=60) as kept:
        await clock.wait_number(1)
        held.append(kept)
        begun.set()
        await anyio.to_thread.run_sync(has_forked.wait, abandon_on_cancel=True)
        for number in (2, 3):
            clock.advance(minutes=3)
            await clock.wait_number(number)
        print("parent", kept.is_running, kept.error)


async def keep_in_child() -> None:
    """
    Keep the same session alive in a process of its own.
    """
    before = held[0].is_running
    # As in a process that finds its session in a storage, nobody has confirmed it yet.
    client.session.update_session(session_token="none")
    client.session.update_session(session_token=settings["session_token"])
    async with client.session.keep_alive() as kept:
        await clock.wait_number(2)
        print("child", before, kept.is_running, kept.error, flush=True)


held: list[Any] = []
begun, has_forked = threading.Event(), threading.Event()
in_background = threading.Thread(target=run, args=(keep,))
in_background.start()
if not begun.wait(60):
    sys.exit("nothing was kept alive")
child = os.fork()
if child == 0:
    try:
        run(keep_in_child)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    if leave == "_exit":
        os._exit(0)
    sys.exit(0)
_, status = os.waitpid(child, 0)
has_forked.set()
in_background.join()
asyncio.run(client.aclose())
print(os.waitstatus_to_exitcode(status))
