"""Forks with connections open; parent and child go on calling, and say how many times."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
import threading

from stytch_b2b import AsyncStytchB2BClient, StytchB2BClient

settings, way, leave = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
options = {"base_url": settings["base_url"], "timeout": 5}
if settings["base_url"].startswith("https"):
    options["ssl_context"] = ssl.create_default_context(cafile=settings["authority"])
token = {"session_token": settings["session_token"]}

if way == "sync":
    member = StytchB2BClient(settings["public_token"], **options).with_session(**token)

    def call() -> None:
        """
        Call once.
        """
        member.self.get()

    def call_in_child() -> None:
        """
        Call once.
        """
        call()
else:
    member = AsyncStytchB2BClient(settings["public_token"], **options).with_session(**token)
    loop = asyncio.new_event_loop()

    def call() -> None:
        """
        Call once, in the loop that lives as long as the program.
        """
        loop.run_until_complete(member.self.get())

    def call_in_child() -> None:
        """
        Call once, in a loop of the child's own.
        """
        asyncio.run(member.self.get())


def end() -> None:
    """
    End in good order what `asyncio.run` would end.
    """
    if way == "asyncio":
        loop.run_until_complete(asyncio.sleep(0))
        if tasks := asyncio.all_tasks(loop):
            loop.run_until_complete(asyncio.wait(tasks, timeout=5))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def several_at_once() -> None:
    """
    Call from several threads, so that there are several connections.
    """
    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if way == "sync":
    several_at_once()
call()

child = os.fork()
if child == 0:
    for _ in range(3):
        call_in_child()
    if leave == "_exit":
        os._exit(0)
    # In the child this must not touch what the parent goes on using.
    end()
    sys.exit(0)

# At the same time as the child, and after it has gone.
call()
_, status = os.waitpid(child, 0)
for _ in range(3):
    call()
end()
print(os.waitstatus_to_exitcode(status))
