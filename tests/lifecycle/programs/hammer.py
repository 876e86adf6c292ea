"""Forks while calls are on their way; parent and children all go on calling at the same time."""

from __future__ import annotations

import gc
import json
import os
import ssl
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import anyio

from stytch_b2b import AsyncStytchB2BClient, StytchB2BClient, Timeout

# Python warns whoever forks with threads, from 3.12 on. Doing it all the same is the point here.
warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)

CALLS_OF_A_WORKER = 8

settings, way, leave = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
options: dict[str, Any] = {
    "base_url": settings["base_url"],
    "timeout": Timeout(connect=60, read=60, deadline=90),
}
if settings["base_url"].startswith("https"):
    options["ssl_context"] = ssl.create_default_context(cafile=settings["authority"])

# Made once, before any fork and any loop, as in the module of a web service.
make = StytchB2BClient if way == "sync" else AsyncStytchB2BClient
client: Any = make(settings["public_token"], **options)
members = [
    (member_id, client.with_session(session_token=session_token))
    for session_token, member_id in settings["members"].items()
]
# Everything that a call imports is there before a fork: a child could not end an import for a
# thread that it does not have.
members[0][1].self  # noqa: B018

RUNNERS: dict[str, dict[str, Any]] = {
    "asyncio": {},
    "uvloop": {"backend_options": {"use_uvloop": True}},
    "trio": {"backend": "trio"},
}


def names(process: str, worker: int, goes_on: Callable[[], bool]) -> Iterator[str]:
    """
    Yield names that nobody else ever gives a Member, for as long as wanted.
    """
    number = 0
    while goes_on():
        number += 1
        yield f"{process} {os.getpid()} {worker} {number}"


def matches(answer: Any, member_id: str, name: str) -> bool:
    """
    Tell whether an answer belongs to the call of this Member that gave this name.
    """
    return bool((member_id, name) == (answer.member.member_id, answer.member.name))


def work(own_names: list[Iterator[str]]) -> int:
    """
    Have every Member call in a thread of its own until its names are used up; count the calls.
    """
    counts: list[int] = []

    def worker(member_id: str, member: StytchB2BClient, given: Iterator[str]) -> None:
        done = 0
        for name in given:
            assert matches(member.self.update(name=name), member_id, name)
            done += 1
        counts.append(done)

    threads = [
        threading.Thread(target=worker, args=(*member, given))
        for member, given in zip(members, own_names, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == len(members)
    return sum(counts)


async def work_in_a_loop(own_names: list[Iterator[str]]) -> int:
    """
    Do the same in tasks.
    """
    done = 0

    async def worker(member_id: str, member: AsyncStytchB2BClient, given: Iterator[str]) -> None:
        nonlocal done
        for name in given:
            assert matches(await member.self.update(name=name), member_id, name)
            done += 1

    async with anyio.create_task_group() as group:
        for member, given in zip(members, own_names, strict=True):
            group.start_soon(worker, *member, given)
    return done


def hammer(process: str, goes_on: Callable[[], bool], *, most: int | None) -> int:
    """
    Call as all Members at once, from threads or from a new loop, and return how many times.
    """
    given = [islice(names(process, worker, goes_on), most) for worker in range(len(members))]
    if way == "sync":
        return work(given)
    return anyio.run(work_in_a_loop, given, **RUNNERS[way])


def fork_child() -> int:
    """
    Start a child that hammers, and return its process ID.
    """
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        done = hammer("child", lambda: True, most=CALLS_OF_A_WORKER)
        # In the child this must not touch what the parent goes on using, nor must its exit.
        close()
        status = 0 if done == CALLS_OF_A_WORKER * len(members) else 1
    except BaseException:
        traceback.print_exc()
    if leave == "_exit" or status:
        sys.stderr.flush()
        os._exit(status)
    sys.exit(0)


def close() -> None:
    """
    Close the client, and collect what is left of it.
    """
    if way == "sync":
        client.close()
    else:
        anyio.run(client.aclose, **RUNNERS[way])
    gc.collect()


is_warm = threading.Event()
children_have_ended = threading.Event()
calls: list[int] = []


def hammer_in_parent() -> None:
    """
    Call without a pause from before the first fork until after the last child has ended.
    """

    def goes_on() -> bool:
        if client_connections() >= len(members):
            is_warm.set()
        return not children_have_ended.is_set()

    calls.append(hammer("parent", goes_on, most=None))


def client_connections() -> int:
    """
    Return how many connections this process has open.
    """
    actor = client._async._actor if way == "sync" else client._actor
    return int(actor.engine._transport.open_connections)


in_background = threading.Thread(target=hammer_in_parent)
in_background.start()
if not is_warm.wait(60):
    sys.exit("the pool did not warm up")
children = [fork_child(), fork_child()]
statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
children_have_ended.set()
in_background.join()
# All of the parent's connections are as good as before.
calls.append(hammer("parent again", lambda: True, most=2))
close()
calls.append(len(children) * CALLS_OF_A_WORKER * len(members))
print(json.dumps({"statuses": statuses, "calls": sum(calls)}))
