"""Uses a client in one of several ways, forgets to close it, and ends."""

from __future__ import annotations

import asyncio
import json
import sys
import threading

import trio

from stytch_b2b import AsyncStytchB2BClient, StytchB2BClient

settings, way = json.loads(sys.argv[1]), sys.argv[2]
options = {"base_url": settings["base_url"]}
token = {"session_token": settings["session_token"]}

if way in ("sync", "sync view", "sync thread", "sync in flight", "sync error"):
    client = StytchB2BClient(settings["public_token"], **options)
    member = client.with_session(**token)
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


match way:
    case "unused":
        pass
    case "sync":
        member.self.get()
    case "sync view":
        del client
        member.self.get()
    case "sync thread":
        thread = threading.Thread(target=member.self.get)
        thread.start()
        thread.join()
    case "sync in flight":
        # A daemon that is still waiting for its answer when the program ends.
        threading.Thread(target=member.self.get, daemon=True).start()
        print("waiting", flush=True)
        member.organization.get()
    case "sync error":
        member.self.get()
        sys.exit(3)
    case "asyncio":
        asyncio.run(use())
    case "asyncio locally":
        asyncio.run(use_locally())
    case "trio":
        trio.run(use)
    case "trio locally":
        trio.run(use_locally)
    case "both":
        trio.run(use)
        asyncio.run(use())
print("done")
