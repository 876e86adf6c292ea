"""Uses one transport from loop after loop and prints how many descriptors are left."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from pathlib import Path

import anyio

from stytch_b2b import _portal
from stytch_b2b._transport import Transport
from stytch_b2b._wire import AttemptTimeout, Request

way, url = sys.argv[1:]
transport = Transport(url)


async def send() -> None:
    """
    Send one request.
    """
    await transport.send(Request("GET", "/", {}, None), AttemptTimeout(9, 9, 9), repeatable=False)


async def use() -> None:
    """
    Open a few connections, whatever the loop.
    """
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(send)


def in_threads() -> None:
    """
    Use it from two loops at the same time.
    """
    barrier = threading.Barrier(2)

    async def together() -> None:
        barrier.wait()
        await use()
        barrier.wait()
        await use()

    threads = [threading.Thread(target=asyncio.run, args=(together(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def once() -> None:
    """
    Use it from one loop, or two, which are gone afterwards.
    """
    if way == "runs":
        asyncio.run(use())
    elif way == "threads":
        in_threads()
    elif way == "uvloop":
        anyio.run(use, backend_options={"use_uvloop": True})
    elif way == "portal":
        _portal.call(use)
    else:
        anyio.run(use, backend={"anyio": "asyncio", "trio": "trio"}[way])


def descriptors() -> int:
    """
    Return how many descriptors this process has open.
    """
    gc.collect()
    return len(list(Path("/dev/fd").iterdir()))


if way in ("trio", "portal", "uvloop"):
    # What the portal, or the loop, keeps for as long as the process lives.
    once()
before = descriptors()
for _ in range(5):
    once()
print(descriptors() - before)
