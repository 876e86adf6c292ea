"""Uses one client, made at module level, from loop after loop; prints what was left open."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
import warnings
from contextlib import suppress
from pathlib import Path

import anyio

from stytch_b2b import AsyncStytchB2BClient, StytchB2BClient

with suppress(ImportError):  # it has no Windows port
    import uvloop

# As an error, uvloop's word about connections in a loop that is closed keeps the loop from closing.
warnings.filterwarnings("ignore", "unclosed resource", ResourceWarning)

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
    if way in ("sync", "mixed"):
        in_blocking_code()
    if way == "abandoned":
        # A loop that is closed without an orderly end, and the next use, which finds what it left.
        loop = asyncio.new_event_loop()
        loop.run_until_complete(use())
        loop.close()
        asyncio.run(use())
    if way.startswith("in mid-request"):
        close_in_mid_request()
        asyncio.run(use())
    if way == "while another runs":
        asyncio.run(use_before_and_after_another_loop())


def in_blocking_code() -> None:
    """
    Call by a blocking client, from a thread of a loop's and from within the loop.
    """

    async def inside() -> None:
        await asyncio.to_thread(blocking.self.get)
        blocking.self.get()

    with StytchB2BClient(settings["public_token"], base_url=settings["base_url"]) as made:
        blocking = made.with_session(session_token=settings["session_token"])
        asyncio.run(inside())


async def wait_for_answers_that_never_come() -> None:
    """
    Return when several requests wait in this loop.
    """
    for _ in range(3):
        waiting.add(asyncio.create_task(member.organization.get()))
    while client._actor.engine._transport.open_connections < 3:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0)
    # A whole call later they have gone out, too.
    await member.self.get()


def close_in_mid_request() -> None:
    """
    Close a loop, as no runner does, while its requests wait for their answers.
    """
    loop = uvloop.new_event_loop() if "uvloop" in way else asyncio.new_event_loop()
    loop.run_until_complete(wait_for_answers_that_never_come())
    loop.close()
    waiting.clear()


async def use_before_and_after_another_loop() -> None:
    """
    Call in a loop that lives while another one dies.
    """
    await use()
    await asyncio.to_thread(close_in_mid_request)
    await use()


waiting: set[asyncio.Task[object]] = set()


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
