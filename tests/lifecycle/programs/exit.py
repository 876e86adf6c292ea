"""Uses a client in one of many ways, forgets to close it, and ends."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import signal
import sys
import threading
import time
import urllib.request
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import trio

from stytch_b2b import AsyncStytchB2BClient, StytchB2BClient

settings, way = json.loads(sys.argv[1]), sys.argv[2]
options: dict[str, Any] = {"base_url": settings["base_url"]}


class LateFile:
    """
    A storage that writes when the main thread has nothing more to do.
    """

    def load(self, key: str) -> bytes | None:
        return None

    def save(self, key: str, data: bytes) -> None:
        threading.main_thread().join()
        Path(settings["directory"], "kept").write_bytes(data)

    def delete(self, key: str) -> None: ...


if "stored" in way:
    options["storage"] = LateFile()
token = {"session_token": settings["session_token"]}

client: Any
if way.startswith("sync"):
    client = StytchB2BClient(settings["public_token"], **options)
else:
    client = AsyncStytchB2BClient(settings["public_token"], **options)
member = client.with_session(**token)


async def use() -> None:
    """
    Call once.
    """
    await member.self.get()


async def use_locally() -> None:
    """
    Call once with a client that is closed.
    """
    async with AsyncStytchB2BClient(settings["public_token"], **options) as local:
        await local.with_session(**token).self.get()


async def use_and_exit() -> None:
    """
    Call once with a client that an exit closes.
    """
    async with AsyncStytchB2BClient(settings["public_token"], **options) as local:
        await local.with_session(**token).self.get()
        sys.exit(3)


async def use_in_background() -> None:
    """
    End while a call is on its way.
    """
    held.append(asyncio.create_task(member.organization.get()))
    await use()


def press_ctrl_c() -> None:
    """
    Interrupt the program when it has nothing to do but wait for an answer.
    """
    log = f"{settings['base_url']}/_emulator/requests"
    while b"organization.get" not in urllib.request.urlopen(log, timeout=30).read():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)


def in_background(function: Callable[[], object]) -> None:
    """
    Run *function* in a thread that nobody waits for.
    """
    threading.Thread(target=function, daemon=True).start()


def call_on_and_on() -> None:
    """
    Call for longer than the main thread lives.
    """
    member.self.get()
    called.set()
    for _ in range(20):
        member.self.get()


def run_for_ever(function: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """
    Run *function* in a loop that nobody ever stops.
    """

    async def call_and_stay() -> None:
        await function()
        called.set()
        await asyncio.Event().wait()

    asyncio.run(call_and_stay())


async def log_in(status: int | None = None) -> None:
    """
    Come to a session that has to be stored, and end.
    """
    client.session.update_session(**token)
    await client.session.authenticate()
    if status is not None:
        sys.exit(status)


async def keep_alive(then: Callable[[], Awaitable[None]]) -> None:
    """
    Do something while the session is kept alive.
    """
    client.session.update_session(**token)
    async with client.session.keep_alive():
        await then()


async def never_leave() -> None:
    """
    Begin to keep the session alive, and end.
    """
    client.session.update_session(**token)
    held.append(await client.session.keep_alive().__aenter__())
    await use()


async def wait_for_changes() -> None:
    """
    Wait for what never happens.
    """
    called.set()
    await anext(client.session.changes())


async def wait_for_ever() -> None:
    """
    Wait for an answer that never comes.
    """
    await member.organization.get()


async def call_and_wait_for_ever() -> None:
    """
    Call once, and then wait for an answer that never comes.
    """
    await use()
    called.set()
    await wait_for_ever()


held: list[object] = []
called = threading.Event()

# Whoever started the tests in the background may have had the signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

match way:
    case "unused":
        pass
    case "sync":
        member.self.get()
    case "sync view":
        del client
        member.self.get()
    case "sync closed":
        with client:
            member.self.get()
    case "sync thread":
        thread = threading.Thread(target=member.self.get)
        thread.start()
        thread.join()
    case "sync thread that outlives the program":
        threading.Thread(target=call_on_and_on).start()
        # Python 3.12.1 starts no threads any more once the main one has ended.
        called.wait()
    case "sync at exit":
        atexit.register(member.self.get)
    case "sync closed at exit":
        atexit.register(client.close)
        member.self.get()
    case "sync in a cycle":
        member.self.get()
        cycle = [client, member]
        cycle.append(cycle)
        del client, member
    case "sync in flight":
        # A daemon that is still waiting for its answer when the program ends.
        in_background(member.organization.get)
        member.self.get()
    case "sync exit":
        member.self.get()
        sys.exit(3)
    case "sync exit inside":
        with client:
            member.self.get()
            sys.exit(3)
    case "sync _exit":
        in_background(member.organization.get)
        member.self.get()
        os._exit(3)
    case "sync failure":
        member.self.get()
        raise LookupError
    case "sync interrupted":
        in_background(press_ctrl_c)
        member.organization.get()
    case "sync terminated":
        in_background(member.organization.get)
        member.self.get()
        os.kill(os.getpid(), signal.SIGTERM)
    case "asyncio":
        asyncio.run(use())
    case "asyncio locally":
        asyncio.run(use_locally())
    case "asyncio in a thread":
        thread = threading.Thread(target=lambda: asyncio.run(use()))
        thread.start()
        thread.join()
    case "asyncio in background":
        asyncio.run(use_in_background())
    case "asyncio for ever":
        in_background(partial(run_for_ever, use))
        called.wait()
    case "asyncio in flight":
        in_background(lambda: asyncio.run(call_and_wait_for_ever()))
        called.wait()
    case "asyncio exit":
        asyncio.run(use_and_exit())
    case "asyncio interrupted":
        in_background(press_ctrl_c)
        asyncio.run(wait_for_ever())
    case "uvloop":
        anyio.run(use, backend_options={"use_uvloop": True})
    case "uvloop locally":
        anyio.run(use_locally, backend_options={"use_uvloop": True})
    case "trio":
        trio.run(use)
    case "trio locally":
        trio.run(use_locally)
    case "trio in flight":
        in_background(partial(trio.run, call_and_wait_for_ever))
        called.wait()
    case "trio exit":
        trio.run(use_and_exit)
    case "trio interrupted":
        in_background(press_ctrl_c)
        trio.run(wait_for_ever)
    case "asyncio kept alive":
        asyncio.run(keep_alive(use))
    case "asyncio kept alive never left":
        asyncio.run(never_leave())
    case "asyncio kept alive in flight":
        in_background(lambda: asyncio.run(keep_alive(call_and_wait_for_ever)))
        called.wait()
    case "asyncio kept alive exit":
        asyncio.run(keep_alive(use_and_exit))
    case "asyncio kept alive interrupted":
        in_background(press_ctrl_c)
        asyncio.run(keep_alive(wait_for_ever))
    case "trio kept alive":
        trio.run(keep_alive, use)
    case "trio kept alive in flight":
        in_background(partial(trio.run, keep_alive, call_and_wait_for_ever))
        called.wait()
    case "trio kept alive exit":
        trio.run(keep_alive, use_and_exit)
    case "trio kept alive interrupted":
        in_background(press_ctrl_c)
        trio.run(keep_alive, wait_for_ever)
    case "sync changes in flight":
        member.self.get()
        in_background(lambda: (called.set(), next(client.session.changes())))
        called.wait()
    case "asyncio changes in flight":
        in_background(lambda: asyncio.run(wait_for_changes()))
        called.wait()
    case "trio changes in flight":
        in_background(partial(trio.run, wait_for_changes))
        called.wait()
    case "sync stored":
        client.session.update_session(**token)
    case "sync stored exit":
        client.session.update_session(**token)
        sys.exit(3)
    case "asyncio stored":
        asyncio.run(log_in())
    case "asyncio stored exit":
        asyncio.run(log_in(3))
    case "trio stored":
        trio.run(log_in)
    case "trio stored exit":
        trio.run(log_in, 3)
    case "both":
        trio.run(use)
        asyncio.run(use())
print("done")
