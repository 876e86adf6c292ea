"""Uses one client, made at module level, from loop after loop; prints what was left open."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
from pathlib import Path

import anyio

from stytch_b2b import AsyncStytchB2BClient

settings, way = json.loads(sys.argv[1]), sys.argv[2]
client = AsyncStytchB2BClient(settings["public_token"], base_url=settings["base_url"])
member = client.with_session(session_token=settings["session_token"])


async def use() -> None:
    """
    Call several times at once.
    """
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(member.self.get)
            group.start_soon(member.session.authenticate)


def in_threads() -> None:
    """
    Call from two loops at once.
    """
    barrier = threading.Barrier(2)

    async def together() -> None:
        for _ in range(2):
            barrier.wait()
            await use()

    threads = [threading.Thread(target=asyncio.run, args=(together(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def once() -> None:
    """
    Call from a loop, or several, that end afterwards.
    """
    if way in ("asyncio", "mixed"):
        asyncio.run(use())
    if way in ("threads", "mixed"):
        in_threads()
    if way in ("uvloop", "mixed"):
        anyio.run(use, backend_options={"use_uvloop": True})
    if way in ("trio", "mixed"):
        anyio.run(use, backend="trio")
    if way == "abandoned":
        # A loop that is closed without an orderly end, and the next use, which finds what it left.
        loop = asyncio.new_event_loop()
        loop.run_until_complete(use())
        loop.close()
        asyncio.run(use())


def descriptors() -> int:
    """
    Return how many descriptors this process has open, but for the connections it may keep.
    """
    gc.collect()
    # Those of the package's own loop, which lives on: one for each of the six calls at a time, or
    # fewer, as it happened.
    kept = min(6, client._actor.engine._transport.open_connections)
    return len(list(Path("/dev/fd").iterdir())) - kept


# What a loop of some kind, or the package's own thread, keeps for as long as the process lives.
once()
before = descriptors()
for _ in range(5):
    once()
print(descriptors() - before)
