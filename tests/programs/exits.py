"""Forgets to close a transport, in one of many ways, and ends."""

from __future__ import annotations

import asyncio
import atexit
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncGenerator
from typing import Any

way, url = sys.argv[1:]
callers: list[threading.Thread] = []


def give_time() -> None:
    """
    Let callers in other threads print what they are told of.
    """
    for caller in callers:
        caller.join(0.2)


@atexit.register
def last_of_all() -> None:
    """
    Run after everything that the modules imported below have registered.
    """
    if way == "call at exit":
        print(call_once())
    give_time()


import anyio  # noqa: E402

from stytch_b2b import _portal  # noqa: E402
from stytch_b2b._transport import Transport  # noqa: E402
from stytch_b2b._wire import AttemptTimeout, Request  # noqa: E402

# Runs after what the first pool registers, and before all of the above.
atexit.register(give_time)

transport = Transport(url)


async def send(target: str = "/") -> str:
    """
    Send one request and return the body of the answer.
    """
    timeout = AttemptTimeout(30, 30, 30)
    response = await transport.send(Request("GET", target, {}, None), timeout, repeatable=True)
    return response.body.decode()


def call_once(target: str = "/") -> str:
    """
    Do the same from blocking code.
    """
    return _portal.call(send, target)


class Holder:
    """
    A client as it looks from here: something that gives up its transport when it is collected.
    """

    def __init__(self) -> None:
        self.transport = transport

    def __del__(self) -> None:
        self.transport.abandon()


async def stubborn() -> None:
    """
    Never end, cancelled or not.
    """
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            continue


async def pieces() -> AsyncGenerator[None, None]:
    """
    Hold something that has to be closed.
    """
    try:
        yield
    finally:
        await asyncio.sleep(0)
        print("closed")


async def work() -> None:
    """
    Be in the middle of something.
    """
    generator = pieces()
    await generator.__anext__()
    held.append(generator)
    try:
        await asyncio.sleep(60)
    finally:
        print("cancelled")


async def leisurely() -> None:
    """
    Take longer to end than the portal waits.
    """
    held.append(leisurely)
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.05)


async def always_beginning() -> None:
    """
    Have a task at any moment that has not made its first step.
    """
    async with anyio.create_task_group() as group:
        while True:
            group.start_soon(asyncio.sleep, 0)
            held.append(group)
            await asyncio.sleep(0)


class Scope:
    """
    Something that is entered and left.
    """

    async def __aenter__(self) -> None:
        print("entered", flush=True)

    async def __aexit__(self, *exc_info: object) -> None:
        print("left")


held: list[Any] = []


def in_background(function: Any, *args: Any) -> threading.Thread:
    """
    Run *function* in a thread that nobody waits for.
    """
    thread = threading.Thread(target=function, args=args, daemon=True)
    thread.start()
    return thread


def until_connected() -> None:
    """
    Wait until there is a connection.
    """
    end = time.monotonic() + 10
    while transport.open_connections == 0 and time.monotonic() < end:
        time.sleep(0.001)


if way == "idle":
    print(call_once())
elif way == "in a cycle":
    print(call_once())
    cycle: list[Any] = [Holder()]
    cycle.append(cycle)
elif way == "finaliser":
    print(call_once())
    holder = Holder()
elif way == "asyncio":
    print(asyncio.run(send()))
elif way == "in flight":
    callers.append(in_background(call_once, "/silence"))
    until_connected()
    print("/")
elif way == "orderly":
    in_background(_portal.call, work)
    while not held:
        _portal.call(asyncio.sleep, 0)
elif way == "stubborn":
    in_background(_portal.call, stubborn)
    print(call_once())
elif way == "always beginning":
    in_background(_portal.call, always_beginning)
    while not held:
        _portal.call(asyncio.sleep, 0)
    print(call_once())
elif way == "leisurely":
    _portal._GRACE = 0.001
    callers.append(in_background(_portal.call, leisurely))
    while not held:
        _portal.call(asyncio.sleep, 0)
    print(call_once())
elif way == "call at exit":
    call_once()
elif way == "interrupt":
    # Whoever started the tests in the background may have had the signal ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    in_background(lambda: (until_connected(), os.kill(os.getpid(), signal.SIGINT)))
    try:
        call_once("/silence")
    except KeyboardInterrupt:
        print(call_once(), end="")
        print(f" {transport.open_connections}")
elif way == "fifty at once":
    barrier = threading.Barrier(50)

    def at_once() -> None:
        """
        Make the portal's first call together with all others.
        """
        barrier.wait()
        call_once()

    threads = [threading.Thread(target=at_once) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print([each.name for each in threading.enumerate() if "portal" in each.name])
elif way == "held":
    _portal.hold(Scope())
    gc.collect()
elif way == "fork while held":
    scope = _portal.hold(Scope())
    child = os.fork()
    if child == 0:
        _portal.call(asyncio.sleep, 0)
        print("child goes on")
    elif os.waitpid(child, 0)[1] != 0:
        print("child has failed")
    scope.leave((None, None, None))
