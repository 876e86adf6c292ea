"""
The connections to the server that one event loop holds.

A pool is opened by the loop that first needs it and closed by that loop's own shutdown: an
asynchronous generator suspended in the loop owns the connections, and every runner of loops ends
what is suspended. So nobody has to close a client, and nothing is left if nobody does.
"""

from __future__ import annotations

import asyncio
import base64
import errno
import functools
import os
import socket
import ssl
import sys
import weakref
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from . import _portal

if TYPE_CHECKING:
    from aiohttp.connector import Connection

_KEEP_ALIVE = 15.0
"""
Seconds that an idle connection is kept.

Load balancers and web servers close theirs after 60 seconds or more. A quarter of that leaves no
doubt about who closes first, and still spans the pauses of a busy program.
"""


class UnusableProxyError(Exception):
    """The environment names a proxy that is no http or https URL."""


class NoAnswerError(Exception):
    """The request went out, and its cause kept the answer from coming in."""


class Pool:
    """Connections of one loop, made by `Pool.open` in that loop."""

    def __init__(
        self, connector: _Connector, owner: AsyncGenerator[None, None], proxy: Proxy | None
    ) -> None:
        self.loop = connector.pool_loop
        self.proxy = proxy
        self.session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), response_class=_Answer
        )
        self.connector = connector
        # Keeps session and owner out of any garbage, so that neither is finalised on its own.
        finalizer = weakref.finalize(self, _let_go, connector, self.session, owner)
        # At exit the portal ends its calls before the connections that they wait for. A loop of
        # the program's own that still waits then will never end anything.
        finalizer.atexit = not _portal.inside()
        _pools.add(self)

    @classmethod
    async def open(
        cls, base_url: URL, *, ssl_context: ssl.SSLContext | None, size: int, trust_env: bool
    ) -> Pool:
        """Return a new pool of the running loop; never waits."""
        proxy = Proxy.from_environment(base_url) if trust_env else None
        connector = _Connector(ssl_context, size)
        owner = _owner(connector)
        await owner.__anext__()
        return cls(connector, owner, proxy)

    @property
    def is_closed(self) -> bool:
        """Whether the pool was closed, or its loop was, or it belongs to the parent process."""
        return self.connector.is_over or self.loop.is_closed()

    @property
    def open_connections(self) -> int:
        """How many sockets are open, in use and idle; any thread may ask."""
        return self.connector.left_open or len(self.connector.sockets.open_ones())

    async def aclose(self) -> None:
        """Close all connections; called in the pool's loop. Calls in flight fail."""
        await _close(self.connector)

    def close_soon(self) -> None:
        """Have all connections closed by their loop; any thread may ask."""
        _close_soon(self.connector)

    def leave_to_parent(self) -> None:
        """Give up what a forked child inherited, without a trace in the parent."""
        self.connector.is_over = True
        self.connector.sockets.leave_to_parent()


class Proxy:
    """A proxy by its address and the credentials for it, which never meet in one text."""

    def __init__(self, address: str) -> None:
        try:
            url = URL(address if "://" in address else f"http://{address}")
        except ValueError:
            raise UnusableProxyError from None
        if url.scheme not in ("http", "https") or not url.host:
            raise UnusableProxyError
        self.url = url.with_user(None)
        self.headers: dict[str, str] = {}
        if url.user is not None:
            credentials = f"{url.user}:{url.password or ''}".encode()
            value = f"Basic {base64.b64encode(credentials).decode()}"
            self.headers["Proxy-Authorization"] = value

    @classmethod
    def from_environment(cls, base_url: URL) -> Proxy | None:
        """Return the proxy that the environment asks for on the way to *base_url*."""
        address = getproxies().get(base_url.scheme)
        if not address or proxy_bypass(f"{base_url.host}:{base_url.port}"):
            return None
        return cls(address)


class _Sockets:
    """The sockets a pool has opened, by weak reference."""

    def __init__(self) -> None:
        self._references: set[weakref.ref[socket.socket]] = set()
        self._is_shut_down = False

    def open(self, address: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
        if self._is_shut_down:
            # A connection in the making would go on to the next address of the host.
            raise OSError(errno.ESHUTDOWN, os.strerror(errno.ESHUTDOWN))
        family, kind, protocol, _, _ = address
        opened = socket.socket(family, kind, protocol)
        self._references.add(weakref.ref(opened, self._references.discard))
        return opened

    def open_ones(self) -> list[socket.socket]:
        # The one copy that is made in one step: other threads open and drop sockets meanwhile, and
        # a tuple's memory may be what the garbage collector comes for, which drops some, too.
        sockets = (reference() for reference in self._references.copy())
        return [each for each in sockets if each is not None and each.fileno() != -1]

    def shut_down(self) -> None:
        """End connections that are still being made, which a connector does not know."""
        self._is_shut_down = True
        for each in self.open_ones():
            with suppress(OSError):  # it was just about to fail by itself
                each.shutdown(socket.SHUT_RDWR)

    def leave_to_parent(self) -> None:
        _portal.overwrite([each.fileno() for each in self.open_ones()])
        self._references.clear()


class _Connector(aiohttp.TCPConnector):
    """aiohttp's connections, with what it does on its own account taken out."""

    def __init__(self, ssl_context: ssl.SSLContext | None, size: int) -> None:
        self.pool_loop = asyncio.get_running_loop()
        self.sockets = _Sockets()
        self.is_over = False
        self.left_open = 0
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - aiohttp's gap
            ssl=True if ssl_context is None else ssl_context,
            limit=size,
            keepalive_timeout=_KEEP_ALIVE,
            socket_factory=self.sockets.open,
        )
        self._factory = functools.partial(_Stream, loop=self.pool_loop)  # type: ignore[assignment]

    @property
    def closed(self) -> bool:
        # A session that is collected asks this before it complains.
        return self._closed or sys.is_finalizing()

    def __del__(self, *_: object) -> None:
        """Say nothing: a pool that was let go is closed by its loop, and a client warns itself."""


class _Stream(ResponseHandler):
    """
    What arrives on one connection.

    The limit on silence is kept by one timer that looks when it is due whether there was any.
    Started and stopped twice for every answer, as aiohttp does it, it takes a twentieth of the
    time that a call takes.
    """

    _silent_until: float | None = None
    _alarm: asyncio.TimerHandle | None = None

    def is_connected(self) -> bool:
        # Something that arrived while the connection was idle would be taken for the answer to
        # the next request, which may be another Member's.
        transport = self.transport
        return not (transport is None or transport.is_closing() or self.should_close)

    def _reschedule_timeout(self) -> None:
        if self._read_timeout is None:
            self._silent_until = None
            return
        self._silent_until = self._loop.time() + self._read_timeout
        if self._alarm is None or self._alarm.when() > self._silent_until:
            self._set_alarm(self._silent_until)

    def _drop_timeout(self) -> None:
        self._silent_until = None

    def _set_alarm(self, when: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        self._alarm = None
        if self._silent_until is None:
            return
        if self._silent_until > self._loop.time():
            self._set_alarm(self._silent_until)
        else:
            self._on_read_timeout()


class _Answer(aiohttp.ClientResponse):
    """
    An answer that tells failures after the request went out from those before.

    aiohttp repeats a request whose connection broke, unless the error is none that it knows.
    """

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        try:
            return await super().start(connection)
        except Exception as exc:
            raise NoAnswerError from exc


async def _owner(connector: _Connector) -> AsyncGenerator[None, None]:
    """Hold *connector* open until the loop ends its asynchronous generators."""
    try:
        yield
    finally:
        await _close(connector)


async def _close(connector: _Connector) -> None:
    connector.is_over = True
    await connector.close()
    connector.sockets.shut_down()


def _close_soon(connector: _Connector) -> None:
    loop = connector.pool_loop
    if connector.is_over and not loop.is_closed():
        # The loop is at it already, and may end before it comes to anything else.
        return
    try:
        loop.call_soon_threadsafe(lambda: loop.create_task(_close(connector)))
    except RuntimeError:
        # The loop is closed already and will never do it.
        for each in connector.sockets.open_ones():
            each.close()


def _let_go(
    connector: _Connector, session: aiohttp.ClientSession, owner: AsyncGenerator[None, None]
) -> None:
    # A client in a cycle is finalised after its pool, and has to know what it did not close, also
    # if another thread is closing it by then.
    connector.left_open = len(connector.sockets.open_ones())
    # Without its connector a session has nothing left to complain about.
    session.detach()
    _close_soon(connector)


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for pool in list(_pools):
        pool.leave_to_parent()


if hasattr(os, "register_at_fork"):  # pragma: no branch - not on Windows
    os.register_at_fork(after_in_child=_after_fork_in_child)
