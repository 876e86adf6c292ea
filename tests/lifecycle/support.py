"""What the tests of lifecycles share: kinds of event loops, and sight of what is open."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio

from stytch_b2b import AsyncStytchB2BClient
from stytch_b2b.emulator import Emulator

Runner = Callable[[Callable[[], Awaitable[Any]]], Any]

RUNNERS: dict[str, Runner] = {
    "asyncio": anyio.run,
    "uvloop": lambda function: anyio.run(function, backend_options={"use_uvloop": True}),
    "trio": lambda function: anyio.run(function, backend="trio"),
}

LONG = 60.0
"""Seconds after which a busy machine is no excuse any more."""


def client_of(emulator: Emulator, **options: Any) -> AsyncStytchB2BClient:
    """
    Return a client of the emulator.
    """
    return AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url, **options)


def open_connections(client: AsyncStytchB2BClient) -> int:
    """
    Return how many connections the client has open, in all loops.
    """
    return client._actor.engine._transport.open_connections


def descriptors() -> int:
    """
    Return how many descriptors this process has open.
    """
    return len(list(Path("/dev/fd").iterdir()))


async def until(condition: Callable[[], object]) -> None:
    """
    Ask the operating system again and again.
    """
    with anyio.fail_after(LONG):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await anyio.sleep(0.001)


def at_once(functions: list[Callable[[], object]]) -> list[BaseException]:
    """
    Run functions in threads of their own that start together, and return what they raised.
    """
    barrier = threading.Barrier(len(functions))
    raised: list[BaseException] = []

    def run(function: Callable[[], object]) -> None:
        barrier.wait()
        try:
            function()
        except BaseException as error:
            raised.append(error)

    # Daemons, so that one that is stuck for ever does not keep the test run.
    threads = [threading.Thread(target=run, args=(each,), daemon=True) for each in functions]
    for thread in threads:
        thread.start()
    give_up_at = time.monotonic() + LONG
    for thread in threads:
        thread.join(max(0, give_up_at - time.monotonic()))

    assert not any(thread.is_alive() for thread in threads)
    return raised
