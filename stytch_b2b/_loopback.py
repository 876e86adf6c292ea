"""
A small HTTP server on the loopback interface, by which a browser comes back to this program.

It answers by itself whatever was not meant for it, and hands the rest out one visit after the
other. Any site can send a browser here, even under a name of its own, so every request is looked
at with suspicion. The server runs where asyncio does, as the transport does: whoever runs on trio
reaches it through the portal.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeAlias, TypeVar
from urllib.parse import urlsplit

import anyio
from attrs import evolve, field, frozen

from . import _loopback_pages as pages, _portal
from ._config import is_loopback
from ._loopback_pages import Page
from .errors import StytchConnectionError

if TYPE_CHECKING:
    from types import TracebackType

    from aiohttp import web
    from typing_extensions import Self

P = ParamSpec("P")
T = TypeVar("T")

Method: TypeAlias = Literal["GET", "POST"]

_GRACE = 1.0
"""Seconds that a browser which still sends its request is given at the end."""

_ROUNDS_TO_CONNECT = 3
"""How often the loop goes round until the server knows of a browser that was let in before."""

_ATTEMPTS = 20
"""How many free ports are tried until one is free at both addresses."""

_NO_IPV6 = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


@frozen
class Address:
    """Where a browser finds the server: a name or address of loopback, and a port or 0 for any."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Address:
        """
        Return the address in *url*.

        Raises:
            ValueError: It is no ``http://`` URL of the loopback interface; the text says why.
        """
        malformed = "must look like http://localhost:3000/path"
        if not isinstance(url, str):
            raise ValueError(malformed)
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", 80 if parts.port is None else parts.port
        except ValueError:
            raise ValueError(malformed) from None
        if parts.scheme != "http" or parts.fragment or "@" in parts.netloc or not url.isascii():
            raise ValueError(malformed)
        if not is_loopback(host):
            msg = "must lead to localhost: nothing listens on other interfaces"
            raise ValueError(msg)
        if not port:
            msg = "must name a port: one that differs every time cannot be registered"
            raise ValueError(msg)
        return cls(host, port)

    @property
    def origin(self) -> str:
        """Scheme, host and port, as browsers write them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}" if self.port == 80 else f"http://{host}:{self.port}"

    def listen(self) -> list[socket.socket]:
        """
        Return sockets that listen wherever a browser may look for this address.

        Raises:
            OSError: The port is in use, or not for everybody.
        """
        if not self.host.endswith("localhost"):
            return [_listen(self.host, self.port)]
        attempts = 0
        while True:
            attempts += 1
            first = _listen("127.0.0.1", self.port)
            try:
                # Left to another program, this one would get what is meant for us.
                return [first, _listen("::1", first.getsockname()[1])]
            except OSError as error:
                if error.errno in _NO_IPV6:
                    return [first]
                first.close()
                if self.port or attempts == _ATTEMPTS:
                    raise


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


@frozen(kw_only=True)
class Visit:
    """A request that was meant for this server, and waits for its answer."""

    path: str
    query: str = field(repr=False)
    body: bytes = field(repr=False)
    _page: asyncio.Future[Page] = field(repr=False, alias="page")
    _is_over: asyncio.Event = field(repr=False, alias="is_over")

    async def answer(self, page: Page) -> None:
        """Answer with *page*, and return when it is on its way, or when nobody takes it."""
        await _on_asyncio(self._answer, page)

    async def _answer(self, page: Page) -> None:
        if not self._page.done():
            self._page.set_result(page)
        await self._is_over.wait()


class Loopback:
    """
    The server; it listens within ``async with``.

    Args:
        address: Where.
        routes: Paths of the requests that are meant for it, with their methods.
        caller: Whose server it is, for the error.

    Raises:
        StytchConnectionError: It cannot listen there.
    """

    def __init__(self, address: Address, routes: Mapping[str, Method], *, caller: str) -> None:
        self._address = address
        self._routes = routes
        self._caller = caller
        self._visits: asyncio.Queue[Visit] = asyncio.Queue()
        self._unanswered: set[asyncio.Future[Page]] = set()
        self._listeners: list[asyncio.Server] = []
        self.farewell = pages.TOO_LATE
        """What those read at the end whom nobody has answered."""

    @property
    def origin(self) -> str:
        """What the URLs of this server begin with."""
        return self._address.origin

    async def __aenter__(self) -> Self:
        # Loading the server takes longer than an event loop should stand still.
        await _portal.in_daemon_thread(lambda: import_module("aiohttp.web"))
        try:
            sockets = self._address.listen()
        except OSError as error:
            reason = f"cannot listen at {self.origin}: {error.strerror}"
            raise StytchConnectionError(endpoint=self._caller, reason=reason, attempts=0) from error
        self._address = evolve(self._address, port=sockets[0].getsockname()[1])
        try:
            await _on_asyncio(self._start, sockets)
        except BaseException:
            for each in sockets:
                each.close()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Whoever is cancelled leaves nothing behind that listens either.
        with anyio.CancelScope(shield=True):
            await _on_asyncio(self._stop)

    async def next_visit(self) -> Visit:
        """Wait for a visit that nobody was given yet."""
        return await _on_asyncio(self._visits.get)

    async def _start(self, sockets: list[socket.socket]) -> None:
        from aiohttp import web  # noqa: PLC0415 - loaded by now

        # What aiohttp logs quotes requests, and there are tokens in those.
        silent = logging.Logger("silent", logging.CRITICAL + 1)  # noqa: LOG001 - for nobody to find
        self._server = web.Server(self._handle, access_log=None, logger=silent)
        loop = asyncio.get_running_loop()
        try:
            for each in sockets:
                self._listeners.append(
                    await loop.create_server(self._server, sock=each, start_serving=False)
                )
                await self._listeners[-1].start_serving()
        except BaseException:
            self._close_listeners()
            raise

    async def _stop(self) -> None:
        try:
            await self._let_in_no_more()
        finally:
            self._close_listeners()
        for page in self._unanswered:
            if not page.done():
                page.set_result(self.farewell)
        self._server.pre_shutdown()
        await self._server.shutdown(_GRACE)
        # Whoever was cancelled just now gets to know it.
        await asyncio.sleep(0)

    async def _let_in_no_more(self) -> None:
        # A listener that closes forgets the browser that it is just letting in, whose connection
        # would stay open. So they are first made deaf.
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            for each in listener.sockets:
                with suppress(NotImplementedError):  # pragma: no branch - Windows listens otherwise
                    loop.remove_reader(each)
        for _ in range(_ROUNDS_TO_CONNECT):
            await asyncio.sleep(0)

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            listener.close()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        status = self._refusal(request, path)
        if status is not None:
            return _response(pages.misdirected(status))
        # The server forgets it before those learn of its end who still write to it.
        transport = request.transport
        body = await request.read()
        page: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
        is_over = asyncio.Event()
        self._unanswered.add(page)
        try:
            self._visits.put_nowait(
                Visit(path=path, query=query, body=body, page=page, is_over=is_over)
            )
            response = _response(await page)
            await response.prepare(request)
            await response.write_eof()
            return response
        except asyncio.CancelledError:
            # The end does not wait for a browser that does not read. What it has not got would
            # otherwise be kept for it, and its connection open.
            if transport is not None:  # pragma: no branch - the request came by it
                transport.abort()
            raise
        finally:
            self._unanswered.discard(page)
            is_over.set()

    def _refusal(self, request: web.BaseRequest, path: str) -> int | None:
        """Return the HTTP status for a request that was not meant for this server."""
        headers = request.headers
        # Any name can be made to lead here (DNS rebinding), and what answers is that site then.
        if f"http://{headers.get('Host', '')}".lower() != self.origin:
            return 421
        if self._routes.get(path) != request.method:
            return 404
        if request.method == "POST" and headers.get("Origin") != self.origin:
            return 403
        # A person comes by following a link, and not within an image or a frame of another page.
        if request.method == "GET" and headers.get("Sec-Fetch-Dest", "document") != "document":
            return 403
        return None


def _response(page: Page) -> web.Response:
    from aiohttp import web  # noqa: PLC0415 - loaded by now

    response = web.Response(
        status=page.status,
        body=page.html.encode(),
        headers=page.headers,
        content_type="text/html",
        charset="utf-8",
    )
    response.force_close()
    return response


async def _on_asyncio(
    function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
) -> T:
    if _portal.on_asyncio():
        return await function(*args, **kwargs)
    return await _portal.run(function, *args, **kwargs)
