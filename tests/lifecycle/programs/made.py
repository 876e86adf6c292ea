"""Makes a thousand clients, then uses one; prints what descriptors and threads each step cost."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
from pathlib import Path
from typing import Any

from stytch_b2b import AsyncStytchB2BClient, StytchB2BClient

settings, way = json.loads(sys.argv[1]), sys.argv[2]


def costs() -> tuple[int, int]:
    """
    Return how many descriptors are open more than before, and how many threads run.
    """
    gc.collect()
    return len(list(Path("/dev/fd").iterdir())) - before, threading.active_count()


def make(number: int) -> Any:
    """
    Make a client and a view of it, and do with the view what needs no server.
    """
    client: Any
    if way == "sync":
        client = StytchB2BClient(settings["public_token"], base_url=settings["base_url"])
    else:
        client = AsyncStytchB2BClient(settings["public_token"], base_url=settings["base_url"])
    view = client.with_session(session_token=f"token-{number}")
    view.on_state_change(print)
    assert view.session.get_sync() is None
    return client, view


# What the modules that a client imports open for themselves counts for nobody.
make(0)
before = 0
before = costs()[0]
clients = [make(number) for number in range(1000)]
made = costs()
member = clients[-1][0].with_session(session_token=settings["session_token"])
used: list[int] = []
if way == "sync":
    member.self.get()
    used.append(threading.active_count())
    member.session.authenticate()
    used.append(threading.active_count())
else:

    async def use() -> None:
        """
        Call, and see how many threads run meanwhile.
        """
        await member.self.get()
        used.append(threading.active_count())
        await member.session.authenticate()
        used.append(threading.active_count())

    asyncio.run(use())
print(json.dumps({"made": made, "used": used}))
