"""What the tests of the API share: a clock that never waits, and sight of what was sent."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

import anyio
import anyio.lowlevel
import pytest

from stytch_b2b import AsyncStytchB2BClient, StytchAPIError
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


class Drip:
    """
    A server that sends what it is given piece by piece, and waits between two pieces.
    """

    def __init__(self, *pieces: bytes, pause: float) -> None:
        self.requests = 0
        self._pieces = pieces
        self._pause = pause
        self._ending = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self._ending.is_set():
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(stream,)))
            self._threads[-1].start()

    def _serve(self, stream: socket.socket) -> None:
        with stream, suppress(OSError):
            stream.recv(65536)
            self.requests += 1
            for piece in self._pieces:
                stream.sendall(piece)
                self._ending.wait(self._pause)
            self._ending.wait()

    def close(self) -> None:
        self._ending.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)


async def until(condition: Callable[[], object]) -> None:
    """
    Ask the operating system again and again, for at most ten seconds.
    """
    with anyio.fail_after(10):
        while not condition():  # noqa: ASYNC110 - nobody tells
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


Refusal = tuple[type[StytchAPIError], int, str]
"""How the API refuses a call: the class of the error, its status and its type."""


async def refusal(call: Awaitable[object]) -> Refusal:
    """
    Return how the API refuses a call.
    """
    with pytest.raises(StytchAPIError) as caught:
        await call
    return type(caught.value), caught.value.status_code, caught.value.error_type


async def refused(client: AsyncStytchB2BClient, call: Awaitable[object]) -> Refusal:
    """
    Return how the API refuses a call, which changes nothing of the state and is not repeated.
    """
    before = client.state
    with pytest.raises(StytchAPIError) as caught:
        await call
    assert before is client.state
    assert 1 == caught.value.attempts
    return type(caught.value), caught.value.status_code, caught.value.error_type
