"""Closes a loop in which something of the package waits, as no runner does; goes on in others."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import warnings
from contextlib import suppress
from typing import Any

import anyio

from stytch_b2b import AsyncStytchB2BClient

with suppress(ImportError):  # it has no Windows port
    import uvloop

# As an error, uvloop's word about connections in a loop that is closed keeps the loop from closing.
warnings.filterwarnings("ignore", "unclosed resource", ResourceWarning)

settings, way, kind = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
client = AsyncStytchB2BClient(settings["public_token"], base_url=settings["base_url"])
client.session.update_session(session_token=settings["session_token"])


async def answered() -> None:
    """
    Return when the server has confirmed the session, which a keep-alive asks for at once.
    """
    with anyio.fail_after(60):
        async with client.state_changes() as changes:
            if client.state.member_session is None:
                await anext(changes)


async def suspend() -> tuple[Any, asyncio.Task[Any] | None]:
    """
    Begin something that has no end, and return it.
    """
    if way == "keep_alive":
        kept = client.session.keep_alive(extend=60)
        await kept.__aenter__()
        await answered()
        return kept, None
    changes = client.session.changes()
    task = asyncio.create_task(anext(changes))
    await asyncio.sleep(0)
    return changes, task


async def go_on(suspended: Any) -> None:
    """
    Do in this loop what was being done in the closed one.
    """
    if way == "keep_alive":
        before = suspended.is_running
        async with client.session.keep_alive() as kept:
            await client.session.authenticate()
            print(before, kept.is_running, kept.error)
    else:
        async with anyio.create_task_group() as group:
            group.start_soon(client.session.authenticate)
            with anyio.fail_after(60):
                change = await anext(suspended)
            print(change.old is None, change.new is None)
        # What the closed loop left is collected while somebody waits in this one.
        waiting = asyncio.create_task(anext(suspended))
        await asyncio.sleep(0)
        left.clear()
        gc.collect()
        await client.session.revoke()
        with anyio.fail_after(60):
            change = await waiting
        print(change.old is None, change.new is None)


loop = uvloop.new_event_loop() if kind == "uvloop" else asyncio.new_event_loop()
suspended, *left = loop.run_until_complete(suspend())
loop.close()
del loop
gc.collect()
asyncio.run(go_on(suspended))
del suspended
gc.collect()
# What waited in the closed loop is gone, and disturbs nobody at the next change.
client.session.update_session(session_token="another")
asyncio.run(client.aclose())
print(client._actor.engine._transport.open_connections)
