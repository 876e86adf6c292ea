"""Forks while connections are open, and prints whose connections were used for what."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import stat
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from stytch_b2b import _portal
from stytch_b2b._transport import Transport
from stytch_b2b._wire import AttemptTimeout, Request

where, leaving, url, authority = sys.argv[1:]
# Python warns whoever forks with threads, from 3.12 on. Doing it all the same is the point here.
warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)

context = ssl.create_default_context(cafile=authority) if authority else None
transport = Transport(url, ssl_context=context)


def loop_in_a_thread(loop: asyncio.AbstractEventLoop) -> Callable[..., Any]:
    """
    Return what runs a coroutine function in *loop*, which runs for ever.
    """
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return lambda function, *args: asyncio.run_coroutine_threadsafe(function(*args), loop).result()


def make_uvloop() -> asyncio.AbstractEventLoop:
    """
    Make a loop of the other kind.
    """
    import uvloop

    return uvloop.new_event_loop()


call: Callable[..., Any] = {
    "portal": lambda: _portal.call,
    "asyncio": lambda: loop_in_a_thread(asyncio.SelectorEventLoop()),
    "uvloop": lambda: loop_in_a_thread(make_uvloop()),
}[where]()


async def send(target: str = "/") -> str:
    """
    Return the name of the connection that was used, or what else the server says.
    """
    request = Request("GET", target, {}, None)
    response = await transport.send(request, AttemptTimeout(9, 9, 9), repeatable=True)
    return response.body.decode()


def leave(status: int) -> NoReturn:
    """
    End this process, at once or in good order.
    """
    sys.stdout.flush()
    if leaving == "_exit":
        os._exit(status)
    sys.exit(status)


def as_child(function: Callable[[], None]) -> int:
    """
    Run *function* in a child and return the child's exit status.
    """
    pid = os.fork()
    if pid == 0:
        try:
            function()
        except Exception:
            traceback.print_exc()
            leave(1)
        leave(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def descriptors() -> set[tuple[str, int]]:
    """
    Return what this process has open of what it could share: sockets and selectors.
    """
    found = set()
    for entry in Path("/dev/fd").iterdir():
        with suppress(OSError):  # the directory itself, while it was read
            if stat.S_ISSOCK(entry.stat().st_mode):
                found.add(("socket", entry.stat().st_ino))
            elif "eventpoll" in str(entry.readlink()):
                found.add(("selector", 0))
    return found


def child_that_only_closes() -> None:
    """
    Close the transport without having used it here.
    """
    assert transport.open_connections == 0
    asyncio.run(transport.aclose())
    assert threading.active_count() == 1


def child() -> None:
    """
    Use the transport in a child process, and have the first child fork as well.
    """
    assert transport.open_connections == 0
    assert not descriptors() & ours
    # The parent's loop lives in a thread that does not exist here: the child needs the portal.
    mine = _portal.call(send)
    assert mine not in parents
    assert mine == _portal.call(send)
    assert transport.open_connections == 1
    if depth:
        depth.pop()
        parents.add(mine)
        ours.update(descriptors() - others)
        assert as_child(child) == 0
        # The child's connection has outlived its own child.
        assert mine == _portal.call(send)
    _portal.call(transport.aclose)
    assert transport.open_connections == 0


depth = [1]
others = descriptors()
first = call(send)
ours = descriptors() - others
assert ours
parents = {first}
statuses = []
from_a_thread = threading.Thread(target=lambda: statuses.append(as_child(child)))
if leaving == "_exit":
    from_a_thread.start()
    from_a_thread.join()
statuses.append(as_child(child))
statuses.append(as_child(child_that_only_closes))
# A thread that is just starting the portal holds this, and does not exist in the child.
with _portal._process._starting:
    statuses.append(as_child(child))
after = call(send)

# A child while the parent waits for an answer.
answers: list[str] = []
waiting = threading.Thread(target=lambda: answers.append(call(send, "/slowly")))
waiting.start()
call(send, "/until-slow-request-arrived")
parents.add(call(send))
statuses.append(as_child(child))
call(send, "/go-on")
waiting.join()
call(transport.aclose)
print(json.dumps({"same": first == after, "statuses": set(statuses) == {0}, "slow": answers}))
