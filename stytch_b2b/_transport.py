"""
Requests out, responses in, over aiohttp.

One attempt, as it is told: no retries, no redirects, no cookies. What fails is a `SendFailure`
that says whether the server may have seen the request; which of them to repeat is the engine's
decision.
"""

from __future__ import annotations

import asyncio
import io
import math
import ssl
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import aiohttp
from yarl import URL

from . import _portal
from ._pool import NoAnswerError, Pool, UnusableProxyError
from ._wire import AttemptTimeout, Request, Response, SendFailure
from .errors import ClientClosedError

_LARGE_BODY = 2**20
"""Bytes from which aiohttp wants a body as a stream, and warns if it is none."""

_AUTOMATIC = frozenset({"Accept", "Content-Type", "User-Agent"})
"""Headers that aiohttp would add where the request has none; what goes out is the request's."""

_CLOSED = "the client was closed"


class Transport:
    """
    The way to one server, from any number of event loops at once.

    Nothing is opened before the first request. Every loop that sends has connections of its own,
    which end with that loop if nobody closes the transport before.
    """

    __slots__ = (
        "__weakref__",
        "_base",
        "_base_url",
        "_is_closed",
        "_pool_size",
        "_pools",
        "_ssl_context",
        "_trust_env",
    )

    def __init__(
        self,
        base_url: str,
        *,
        ssl_context: ssl.SSLContext | None = None,
        pool_size: int = 100,
        trust_env: bool = True,
    ) -> None:
        """
        Prepare the way to a server.

        Args:
            base_url: Scheme, host, port if any, and a path prefix if any.
            ssl_context: Whom to trust; by default whom the system trusts.
            pool_size: How many connections each event loop may have.
            trust_env: Whether proxies are taken from the environment.
        """
        self._base = base_url.rstrip("/")
        self._base_url = URL(self._base, encoded=True)
        self._ssl_context = ssl_context
        self._pool_size = pool_size
        self._trust_env = trust_env
        # Every step on it is one operation of a dict, so no lock is needed, nor renewed by forks.
        self._pools: dict[asyncio.AbstractEventLoop, Pool] = {}
        self._is_closed = False

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else f"open_connections={self.open_connections}"
        return f"<{type(self).__name__} to {_host(self._base_url)}, {state}>"

    @property
    def open_connections(self) -> int:
        """How many connections are open, in use and idle, in all loops."""
        return sum(pool.open_connections for pool in self._pools.copy().values())

    def require_open(self) -> None:
        """
        Do nothing, unless nothing can be sent any more.

        Raises:
            ClientClosedError: When the transport was closed before.
        """
        if self._is_closed:
            raise ClientClosedError(_CLOSED)

    def send(
        self, request: Request, timeout: AttemptTimeout, *, repeatable: bool
    ) -> Coroutine[Any, Any, Response]:
        """
        Send *request* once and return the whole response.

        Args:
            request: What to send, target and headers as they are.
            timeout: How long it may take.
            repeatable: Whether the caller could send it again. Where not, a moment is spent on
                making sure that the server has not just closed the connection.

        Raises:
            SendFailure: When no whole response came back.
            ClientClosedError: When the transport was closed before.
        """
        self.require_open()
        # Handing the coroutine on instead of awaiting it here spares every call a frame.
        if _portal.on_asyncio():
            return self._send(request, timeout, repeatable)
        return _portal.run(self._send, request, timeout, repeatable)

    async def aclose(self) -> None:
        """
        Close all connections, those of other loops as soon as these loops run.

        Calls in flight fail. Closing twice is harmless.
        """
        self._is_closed = True
        if not self._pools:
            return
        if not _portal.on_asyncio():
            await _portal.run(self.aclose)
            return
        own = self._pools.pop(asyncio.get_running_loop(), None)
        self.abandon()
        if own is not None:
            await own.aclose()

    def abandon(self) -> None:
        """Have all connections closed without waiting; any thread may ask, also in `__del__`."""
        self._is_closed = True
        while self._pools:
            with suppress(KeyError):  # another thread was faster
                self._pools.popitem()[1].close_soon()

    async def _send(self, request: Request, timeout: AttemptTimeout, repeatable: bool) -> Response:
        if timeout.total <= 0:
            reason = "no time left"
            raise SendFailure(reason, maybe_sent=False, timed_out=True)
        pool = self._pools.get(asyncio.get_running_loop())
        sent = False
        try:
            if pool is None or pool.connector.is_over or len(self._pools) > 1:
                pool = await self._open_pool()
            if not repeatable:
                # The first round reads what came from the network, the second acts upon it.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            headers, body, proxy = request.headers, request.body, pool.proxy
            if proxy is not None and self._base_url.scheme == "http":
                headers = {**headers, **proxy.headers}
            answer = await pool.session.request(
                request.method,
                URL(self._base + request.target, encoded=True),
                headers=headers,
                # Seldom needed, and then one of the more expensive options.
                skip_auto_headers=None if headers.keys() >= _AUTOMATIC else _AUTOMATIC,
                data=io.BytesIO(body) if body and len(body) > _LARGE_BODY else body,
                allow_redirects=False,
                proxy=proxy and proxy.url,
                proxy_headers=proxy and proxy.headers,
                timeout=aiohttp.ClientTimeout(
                    total=timeout.total,
                    sock_connect=timeout.connect,
                    sock_read=timeout.read,
                    # By default limits of 5 seconds and more are rounded up.
                    ceil_threshold=math.inf,
                ),
            )
            sent = True
            # Releases the connection at its end, and closes it if there is none.
            body = await answer.read()
            return Response(answer.status, answer.headers, body)
        except SendFailure:
            raise
        except NoAnswerError as exc:
            failure, cause = self._failure(exc.__cause__, maybe_sent=True)
        except asyncio.CancelledError:
            # Closing a pool cancels what waits in it. Python 3.10 cannot tell that from a caller
            # who is cancelled at this very moment.
            cancelling = getattr(asyncio.current_task(), "cancelling", int)
            if pool is None or not pool.is_closed or cancelling():
                raise
            raise SendFailure(_CLOSED, maybe_sent=sent, is_final=True) from None
        except Exception as exc:
            failure, cause = self._failure(exc, maybe_sent=sent)
        try:
            raise failure from cause
        finally:
            # Their tracebacks know this frame: without this the two would keep each other, and
            # the request, until the next garbage collection.
            del failure, cause

    async def _open_pool(self) -> Pool:
        for loop, pool in self._pools.copy().items():
            if pool.is_closed:
                self._pools.pop(loop, None)
                pool.close_soon()
        loop = asyncio.get_running_loop()
        own = self._pools.get(loop)
        if own is None:
            own = self._pools[loop] = await Pool.open(
                self._base_url,
                ssl_context=self._ssl_context,
                size=self._pool_size,
                trust_env=self._trust_env,
            )
            if self._is_closed:
                # By another thread and just now, so that it may have missed this pool.
                self.abandon()
                raise SendFailure(_CLOSED, maybe_sent=False, is_final=True)
        return own

    def _failure(
        self, exc: BaseException | None, *, maybe_sent: bool
    ) -> tuple[SendFailure, BaseException | None]:
        """Return what to raise for *exc*, and from what."""
        if isinstance(exc, aiohttp.ClientConnectorCertificateError):
            why = getattr(exc.certificate_error, "verify_message", "not trusted")
            reason = f"the certificate of {_host(self._base_url)} is refused: {why}"
            return SendFailure(reason, maybe_sent=False, is_final=True), exc
        failure = SendFailure(
            _reason(exc, self._base_url),
            maybe_sent=maybe_sent,
            timed_out=isinstance(exc, asyncio.TimeoutError),
            is_final=self._is_closed,
        )
        return failure, _printable(exc)


def _reason(exc: BaseException | None, url: URL) -> str:
    """Say in words of our own what happened: theirs quote URLs and what the server sent."""
    if isinstance(exc, aiohttp.ConnectionTimeoutError):
        return f"no connection to {_host(url)} in time"
    if isinstance(exc, aiohttp.SocketTimeoutError):
        return "the server fell silent"
    if isinstance(exc, asyncio.TimeoutError):
        return "out of time"
    if isinstance(exc, UnusableProxyError):
        return "the proxy that the environment names is no http or https URL"
    if isinstance(exc, aiohttp.ClientHttpProxyError):
        return f"the proxy refused to connect (HTTP {exc.status})"
    if isinstance(exc, aiohttp.ClientConnectorDNSError):
        return f"cannot resolve {url.host}"
    if isinstance(exc, aiohttp.ClientProxyConnectionError):
        return f"cannot connect to the proxy: {_detail(exc.os_error)}"
    if isinstance(exc, aiohttp.ClientConnectorError):
        return f"cannot connect to {_host(url)}: {_detail(exc.os_error)}"
    if isinstance(exc, aiohttp.ServerDisconnectedError):
        return "the server closed the connection without an answer"
    if isinstance(exc, OSError):
        return f"the connection broke: {_detail(exc)}"
    if isinstance(exc, aiohttp.ClientPayloadError):
        return "the answer is cut off or cannot be decoded"
    if isinstance(exc, aiohttp.ClientResponseError):
        return "the answer is not HTTP"
    return f"the connection failed ({type(exc).__name__})"


def _printable(exc: BaseException | None) -> BaseException | None:
    """Return *exc*, unless its text quotes the server: no token may end in a traceback."""
    if type(exc) is aiohttp.ClientResponseError:
        return None  # what is wrong with the HTTP, body included
    if isinstance(exc, aiohttp.ServerDisconnectedError) and not isinstance(exc.message, str):
        return None  # the headers that came before the end
    return exc


def _detail(exc: OSError) -> str:
    return exc.strerror or type(exc).__name__


def _host(url: URL) -> str:
    return f"{url.host_subcomponent}:{url.port}"
