"""What the tests of the API share: a clock that never waits, and sight of what was sent."""

from __future__ import annotations

import base64
import http.client
import json
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

import anyio
import anyio.lowlevel

from stytch_b2b.emulator import Emulator, LoggedRequest

HOLD = 20.0
"""Seconds, by the emulator's clock, for which `hold` holds an answer: less than a deadline."""


class StillClock:
    """
    Time that passes only while somebody waits, and then at once.
    """

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._elapsed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 7, 1, tzinfo=timezone.utc) + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return 1000.0 + self._elapsed

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._elapsed += seconds
        await anyio.lowlevel.checkpoint()


async def until(condition: Callable[[], object]) -> None:
    """
    Ask the operating system again and again, for at most ten seconds.
    """
    with anyio.fail_after(10):
        while not condition():
            await anyio.sleep(0.001)


def logged(emulator: Emulator, operation: str) -> list[LoggedRequest]:
    """
    Return the requests of one operation that reached the server.
    """
    return [request for request in emulator.requests if request.operation == operation]


def operations(emulator: Emulator) -> list[str | None]:
    """
    Return which operations reached the server, in order.
    """
    return [request.operation for request in emulator.requests]


def sent_as(request: LoggedRequest) -> str:
    """
    Return the session token that *request* was sent with; the public token if with none.
    """
    encoded = request.headers["Authorization"].removeprefix("Basic ")
    return base64.b64decode(encoded).decode().partition(":")[2]


def hold(emulator: Emulator, operation: str) -> None:
    """
    Have the next request of *operation* take effect and its answer wait for `release`.
    """
    emulator.faults.add(operation=operation, delay=HOLD)


def release(emulator: Emulator) -> None:
    """
    Let the answers go that are held for requests that were logged.

    The clock is advanced by the emulator's own loop: there, whoever was logged is asleep by then.
    """
    connection = http.client.HTTPConnection(urlsplit(emulator.url).netloc, timeout=10)
    try:
        connection.request("POST", "/_emulator/clock", body=json.dumps({"seconds": HOLD}))
        assert connection.getresponse().status == 200
    finally:
        connection.close()


def printed(error: BaseException) -> str:
    """
    Return everything that a program could print of *error* and of what led to it.
    """
    return "".join(traceback.format_exception(error)) + "".join(
        f"{each!r} {each} {each.args!r} {getattr(each, '__notes__', '')}" for each in chain(error)
    )


def chain(error: BaseException) -> Iterator[BaseException]:
    """
    Iterate over *error*, its causes and its contexts.
    """
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [link for link in (each.__cause__, each.__context__) if link is not None]
