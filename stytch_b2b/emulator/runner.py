"""The thread that serves: it owns an event loop, and leaves nothing behind when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from asyncio.trsock import TransportSocket as _Socket

RequestHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_GRACE_SECONDS = 0.1
"""For answers that are being written; whoever stalls longer than this is cut off."""


class _TrackingServer(web.Server):
    """
    A server that knows the socket of every transport that is not closed yet.

    aiohttp forgets a transport when it begins to close it, and asyncio no longer aborts a TLS
    transport that was closed twice. Without its socket nobody could end a connection whose peer
    does not answer the TLS farewell.
    """

    def __init__(self, handler: RequestHandler, *, keep_alive_timeout: float) -> None:
        super().__init__(handler, keepalive_timeout=keep_alive_timeout, access_log=None)
        self._sockets: weakref.WeakKeyDictionary[asyncio.Transport, _Socket] = (
            weakref.WeakKeyDictionary()
        )

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Note a connection."""
        super().connection_made(handler, transport)
        self._sockets[transport] = transport.get_extra_info("socket")

    def disconnect(self) -> None:
        """Cut every connection, whatever state it is in."""
        for transport, connection in tuple(self._sockets.items()):
            # The peer may have been faster.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            transport.abort()


class ServerThread:
    """
    One server on one listening socket, in one thread, on one asyncio loop.

    Args:
        listener: Bound and listening; the server closes it.

        handler: Answers the requests.

        keep_alive_timeout: Seconds after which an idle connection is closed.

        ssl_context: Serve HTTPS with it.

        before_stop: Called in the loop when the server is about to stop.
    """

    def __init__(
        self,
        listener: socket.socket,
        handler: RequestHandler,
        *,
        keep_alive_timeout: float,
        ssl_context: ssl.SSLContext | None,
        before_stop: Callable[[], None],
    ) -> None:
        self._listener = listener
        self._handler = handler
        self._keep_alive_timeout = keep_alive_timeout
        self._ssl_context = ssl_context
        self._before_stop = before_stop
        self._started: Future[Callable[[], object]] = Future()
        # A daemon, so that a program that forgot to stop the emulator can still end.
        self._thread = threading.Thread(target=self._run, name="stytch-emulator", daemon=True)

    def start(self) -> None:
        """
        Return when the server takes connections.

        Raises:
            Exception: It cannot serve with these arguments; then nothing of it is left.
        """
        self._thread.start()
        try:
            self._started.result()
        except Exception:
            self._thread.join()
            raise

    def stop(self) -> None:
        """Return when the thread has ended and every socket is closed."""
        request_stop = self._started.result()
        request_stop()
        self._thread.join()

    def _run(self) -> None:
        loop = asyncio.SelectorEventLoop()
        try:
            loop.run_until_complete(self._serve())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        stopping = asyncio.Event()
        server = _TrackingServer(self._handler, keep_alive_timeout=self._keep_alive_timeout)
        try:
            listening = await loop.create_server(server, sock=self._listener, ssl=self._ssl_context)
        except Exception as exc:
            self._listener.close()
            self._started.set_exception(exc)
            return
        self._started.set_result(lambda: loop.call_soon_threadsafe(stopping.set))
        await stopping.wait()

        # asyncio loses the socket of a connection that was accepted and not opened when its server
        # closes: first take no more of them, then open those that are there.
        loop.remove_reader(self._listener)
        await _settle()
        listening.close()
        self._before_stop()
        server.pre_shutdown()
        await server.shutdown(_GRACE_SECONDS)
        server.disconnect()
        await _cancel_others(loop)


async def _cancel_others(loop: asyncio.AbstractEventLoop) -> None:
    """End what is left on the loop, such as connections in the middle of a TLS handshake."""
    # asyncio in debug mode reports each of these handshakes as an error; they end on purpose.
    loop.set_exception_handler(lambda loop, context: None)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    for task in others:
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
    await _settle()


async def _settle() -> None:
    """Let transports open and close: they do it in callbacks, one round after the other."""
    for _ in range(5):
        await asyncio.sleep(0)
