"""The way to the server, against servers that send exactly the bytes a test wants."""

from __future__ import annotations

import asyncio
import base64
import gc
import gzip
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import traceback
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
import trustme

from stytch_b2b import _pool, _portal, _transport
from stytch_b2b._transport import Transport
from stytch_b2b._wire import AttemptTimeout, Request, Response, SendFailure

pytestmark = pytest.mark.anyio

GENEROUS = AttemptTimeout(connect=30, read=30, total=60)
PROGRAMS = Path(__file__).parent / "programs"


class Connection:
    """
    The server's end of one connection.
    """

    def __init__(self, server: Server, stream: socket.socket) -> None:
        self._server = server
        self._stream = stream
        self._received = b""

    def receive(self) -> bytes:
        """
        Return the next request, head and body, or nothing at the connection's end.
        """
        while b"\r\n\r\n" not in self._received:
            chunk = self._stream.recv(65536)
            if not chunk:
                return b""
            self._received += chunk
        head, _, rest = self._received.partition(b"\r\n\r\n")
        length = int(header(head, "content-length") or 0)
        while len(rest) < length:
            rest += self._stream.recv(65536)
        self._received = rest[length:]
        request = head + b"\r\n\r\n" + rest[:length]
        self._server.requests.append(request)
        return request

    def send(self, data: bytes) -> None:
        self._stream.sendall(data)

    def wait_for_end(self) -> None:
        """
        Wait until the client closes.
        """
        while self._stream.recv(65536):
            pass

    def reset(self) -> None:
        """
        Close without a farewell.
        """
        self._stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._stream.close()

    def start_tls(self, context: ssl.SSLContext) -> None:
        self._stream = context.wrap_socket(self._stream, server_side=True)


class Server:
    """
    A server that plays a script on every connection.
    """

    def __init__(self, script: Callable[[Connection], object], context: ssl.SSLContext | None):
        self.requests: list[bytes] = []
        self.connections = 0
        self._script = script
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://localhost:{self.port}"
        self._streams: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._streams.append(stream)
            self._threads.append(threading.Thread(target=self._play, args=(stream,)))
            self._threads[-1].start()

    def _play(self, stream: socket.socket) -> None:
        connection = Connection(self, stream)
        with suppress(OSError):
            if self._context is not None:
                connection.start_tls(self._context)
            self._script(connection)
        with suppress(OSError):
            connection._stream.shutdown(socket.SHUT_RDWR)
        connection._stream.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for stream in self._streams:
            with suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)


def answer(body: bytes = b"{}", *lines: str, status: str = "200 OK") -> bytes:
    """
    Return the bytes of a response.
    """
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def answering(data: bytes) -> Callable[[Connection], None]:
    """
    Return a script that answers every request with *data*.
    """

    def script(connection: Connection) -> None:
        while connection.receive():
            connection.send(data)

    return script


def answering_once(data: bytes) -> Callable[[Connection], None]:
    """
    Return a script that answers one request with *data* and closes.
    """

    def script(connection: Connection) -> None:
        connection.receive()
        connection.send(data)

    return script


def echo_target(connection: Connection) -> None:
    """
    Answer every request with its own target.
    """
    while request := connection.receive():
        connection.send(answer(request.split(b" ")[1]))


def silent(connection: Connection) -> None:
    """
    Read requests and answer none.
    """
    while connection.receive():
        pass


def header(request: bytes, name: str) -> str | None:
    """
    Return a header of *request*.
    """
    for line in request.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        key, _, value = line.decode().partition(":")
        if key.lower() == name:
            return value.strip()
    return None


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """
    Start servers, and end them with the test.
    """
    with ExitStack() as servers:

        def start(
            script: Callable[[Connection], object] = echo_target,
            context: ssl.SSLContext | None = None,
        ) -> Server:
            server = Server(script, context)
            servers.callback(server.close)
            return server

        yield start


@pytest.fixture
def transport_to() -> Iterator[Callable[..., Transport]]:
    """
    Make transports, and close them with the test.
    """
    with ExitStack() as transports:

        def make(server: Server | str, **options: Any) -> Transport:
            url = server if isinstance(server, str) else server.url
            transport = Transport(url, **options)
            transports.callback(_portal.call, transport.aclose)
            return transport

        yield make


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """
    An authority that vouches for the tests' servers.
    """
    return trustme.CA()


@pytest.fixture(scope="module")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """
    TLS of a server that is localhost.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def client_context(authority: trustme.CA) -> ssl.SSLContext:
    """
    TLS of a client that trusts the tests' authority.
    """
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Keep the proxies of whoever runs the tests out of them.
    """
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def send(
    transport: Transport,
    target: str = "/",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: AttemptTimeout = GENEROUS,  # noqa: ASYNC109 - what is tested takes one
    repeatable: bool = True,
) -> Response:
    """
    Send one request.
    """
    request = Request(method, target, headers or {}, body)
    return await transport.send(request, timeout, repeatable=repeatable)


async def failure_of(transport: Transport, **options: Any) -> SendFailure:
    """
    Return how one request fails.
    """
    with pytest.raises(SendFailure) as caught:
        await send(transport, **options)
    return caught.value


def descriptors() -> int:
    """
    Return how many descriptors this process has open.
    """
    return len(list(Path("/dev/fd").iterdir()))


async def until(condition: Callable[[], bool]) -> None:
    """
    Ask the operating system again and again, for at most ten seconds.
    """
    with anyio.fail_after(10):
        while not condition():  # noqa: ASYNC110 - nobody reports it
            await anyio.sleep(0.001)


class TestWire:
    """
    What goes out is what the request says.
    """

    @pytest.mark.parametrize(
        "target",
        [
            "/v1/%2e%2e/%2E%2E/x",
            "/a%2Fb%2fc",
            "/%C3%BC%c3%bc",
            "/a%20b+c?q=a+b%20c&r=%2B&s=",
            "/%25%7E~!$&'()*,;=:@",
            "/?cursor=a%3D%3D&limit=5",
            "//double//slash/",
        ],
    )
    async def test_target(self, serve, transport_to, target: str) -> None:
        """
        The target reaches the wire byte for byte.
        """
        server = serve()

        await send(transport_to(server), target)

        assert f"GET {target} HTTP/1.1" == server.requests[0].decode().split("\r\n")[0]

    @pytest.mark.parametrize("base", ["/stytch", "/stytch/"])
    async def test_path_prefix(self, serve, transport_to, base: str) -> None:
        """
        A path prefix of the base URL stays in front of every target.
        """
        server = serve()

        response = await send(transport_to(server.url + base), "/v1/b2b")

        assert b"/stytch/v1/b2b" == response.body

    @pytest.mark.parametrize(
        ("method", "body", "needed"),
        [
            ("GET", None, {}),
            ("DELETE", None, {"Content-Length": "0"}),
            ("POST", None, {"Content-Length": "0"}),
            ("POST", b"{}", {"Content-Length": "2"}),
            ("PUT", b"{}", {"Content-Length": "2"}),
            ("DELETE", b"{}", {"Content-Length": "2"}),
        ],
    )
    @pytest.mark.parametrize("own", [{}, {"Content-Type": "application/json", "X-Own": "1"}])
    async def test_headers(
        self, serve, transport_to, method: str, body: bytes | None, needed: Any, own: Any
    ) -> None:
        """
        The request's headers go out, and of others only what HTTP needs.
        """
        server = serve()

        await send(transport_to(server), method=method, headers=own, body=body)
        head, _, content = server.requests[0].partition(b"\r\n\r\n")
        sent = dict(line.split(": ") for line in head.decode().split("\r\n")[1:])

        assert sent.pop("Accept-Encoding").startswith("gzip, deflate")
        assert {"Host": f"localhost:{server.port}", **needed, **own} == sent
        assert (body or b"") == content

    async def test_cookies(self, serve, transport_to) -> None:
        """
        A cookie that the server sets is not sent back.
        """
        server = serve(answering(answer(b"{}", "Set-Cookie: session=1")))
        transport = transport_to(server.url.replace("localhost", "127.0.0.1"))

        await send(transport)
        await send(transport)

        assert [None, None] == [header(each, "cookie") for each in server.requests]

    @pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect"])
    async def test_redirects(self, serve, transport_to, status: str) -> None:
        """
        A redirect is an answer like any other.
        """
        server = serve(answering(answer(b"{}", "Location: /elsewhere", status=status)))

        response = await send(transport_to(server))

        assert int(status[:3]) == response.status
        assert "/elsewhere" == response.headers["location"]
        assert 1 == len(server.requests)

    async def test_netrc(self, serve, transport_to, tmp_path: Path, monkeypatch) -> None:
        """
        Credentials that lie around for other programs are not used.
        """
        (tmp_path / "netrc").write_text("default login somebody password secret")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        server = serve()

        await send(transport_to(server))

        assert header(server.requests[0], "authorization") is None

    async def test_response(self, serve, transport_to) -> None:
        """
        Status, body and headers come back, the headers whatever their case.
        """
        server = serve(answering(answer(b'{"a": 1}', "X-Request: r-1", status="403 Forbidden")))

        response = await send(transport_to(server))

        assert (403, b'{"a": 1}') == (response.status, response.body)
        assert "r-1" == response.headers["x-request"] == response.headers["X-REQUEST"]

    async def test_compressed_answer(self, serve, transport_to) -> None:
        """
        A compressed body comes back plain.
        """
        server = serve(answering(answer(gzip.compress(b"{}"), "Content-Encoding: gzip")))

        response = await send(transport_to(server))

        assert b"{}" == response.body

    async def test_large_body(self, serve, transport_to) -> None:
        """
        A body of megabytes goes out whole and without a warning.
        """
        server = serve()
        body = os.urandom(3 * 2**20)

        await send(transport_to(server), method="POST", body=body)

        assert body == server.requests[0].partition(b"\r\n\r\n")[2]
        assert str(len(body)) == header(server.requests[0], "content-length")


class TestConnections:
    """
    Connections are kept, and given up when they are no longer good.
    """

    async def test_reuse(self, serve, transport_to) -> None:
        """
        One call after the other uses one connection.
        """
        server = serve()
        transport = transport_to(server)

        for repeatable in (True, False):
            await send(transport, repeatable=repeatable)

        assert 1 == server.connections == transport.open_connections

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
    async def test_sent_once(self, serve, transport_to, method: str) -> None:
        """
        A request whose connection breaks is not sent again behind the caller's back.
        """

        def script(connection: Connection) -> None:
            connection.receive()
            connection.send(answer())
            connection.receive()

        server = serve(script)
        transport = transport_to(server)
        await send(transport)

        failure = await failure_of(transport, method=method)

        assert failure.maybe_sent
        assert not failure.timed_out
        assert 2 == len(server.requests)

    async def test_pending_close(self, serve, transport_to) -> None:
        """
        A call that must not be repeated sees that the server has just closed the connection.
        """
        received = threading.Event()
        closed = threading.Event()

        def script(connection: Connection) -> None:
            connection.receive()
            connection.send(answer())
            received.wait(10)
            received.clear()
            connection._stream.shutdown(socket.SHUT_RDWR)
            closed.set()

        server = serve(script)
        transport = transport_to(server)
        for _ in range(5):
            closed.clear()
            await send(transport, method="POST", repeatable=False)
            received.set()
            # The loop is held here, so that it cannot notice by itself.
            assert closed.wait(10)

        assert 5 == len(server.requests) == server.connections

    async def test_answer_nobody_asked_for(self, serve, transport_to) -> None:
        """
        What arrives on an idle connection is not taken for the answer to the next call.
        """
        went_on = threading.Event()
        sent = threading.Event()

        def script(connection: Connection) -> None:
            target = connection.receive().split(b" ")[1]
            connection.send(answer(target))
            went_on.wait(10)
            connection.send(answer(b"somebody else's"))
            sent.set()
            connection.wait_for_end()

        server = serve(script)
        transport = transport_to(server)
        await send(transport, "/first")
        went_on.set()
        assert sent.wait(10)

        response = await send(transport, "/second", repeatable=False)

        assert b"/second" == response.body

    async def test_idle(self, serve, transport_to, monkeypatch) -> None:
        """
        A connection that nobody uses is closed after a while, before the server does it.
        """
        monkeypatch.setattr(_pool, "_KEEP_ALIVE", 0.05)
        server = serve()
        transport = transport_to(server)

        await send(transport)
        await until(lambda: transport.open_connections == 0)
        await send(transport)

        assert 2 == server.connections

    async def test_pool_size(self, serve, transport_to) -> None:
        """
        No more connections are opened than the pool may have.
        """
        server = serve()
        transport = transport_to(server, pool_size=2)

        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(send, transport, f"/{number}")

        assert 20 == len(server.requests)
        assert 2 == server.connections

    async def test_tls(self, serve, transport_to, server_context, client_context) -> None:
        """
        A server whose certificate is trusted is spoken to.
        """
        server = serve(context=server_context)

        response = await send(transport_to(server, ssl_context=client_context), "/tls")

        assert b"/tls" == response.body

    def test_never_used(self) -> None:
        """
        A transport that sends nothing opens nothing.
        """
        before = descriptors()
        transports = [Transport("https://localhost") for _ in range(1000)]

        assert before == descriptors()
        assert 0 == sum(transport.open_connections for transport in transports)

    def test_counted_while_garbage_is_collected(self) -> None:
        """
        Sockets that the garbage collector finds while they are counted disturb nobody.
        """
        sockets = _pool._Sockets()
        address = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ())
        thresholds = gc.get_threshold()
        counts: list[int] = []
        # What is there already need not be looked through each time.
        gc.freeze()
        # One after the other, at each of the allocations that counting them takes.
        for allocation in range(12):
            gc.collect()
            gc.disable()
            for _ in range(50):
                cycle: list[Any] = [sockets.open(address)]
                cycle[0].close()
                cycle.append(cycle)
                del cycle
            gc.set_threshold(gc.get_count()[0] + allocation)
            gc.enable()
            try:
                counts.append(len(sockets.open_ones()))
            finally:
                gc.set_threshold(*thresholds)
        gc.unfreeze()

        assert [0] * 12 == counts

    async def test_repr(self, serve, transport_to) -> None:
        """
        A transport shows its server, its state and no secrets.
        """
        server = serve()
        transport = transport_to(server.url.replace("//", "//user:secret@"))
        unused = repr(transport)
        await send(transport)
        used = repr(transport)
        await transport.aclose()

        assert f"<Transport to localhost:{server.port}, open_connections=0>" == unused
        assert f"<Transport to localhost:{server.port}, open_connections=1>" == used
        assert f"<Transport to localhost:{server.port}, closed>" == repr(transport)


class TestFailures:
    """
    Every failure says whether the server may have seen the request.
    """

    async def test_refused(self, transport_to) -> None:
        """
        A refused connection has sent nothing.
        """
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]

        failure = await failure_of(transport_to(f"http://127.0.0.1:{port}"))

        assert not failure.maybe_sent
        assert not failure.timed_out
        assert failure.reason.startswith(f"cannot connect to 127.0.0.1:{port}: ")
        assert isinstance(failure.__cause__, aiohttp.ClientConnectorError)

    async def test_unknown_host(self, transport_to, monkeypatch) -> None:
        """
        A name that does not resolve has sent nothing.
        """

        def nowhere(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        monkeypatch.setattr(socket, "getaddrinfo", nowhere)

        failure = await failure_of(transport_to("https://nowhere.invalid"))

        assert not failure.maybe_sent
        assert not failure.timed_out
        assert "cannot resolve nowhere.invalid" == failure.reason

    async def test_connect_timeout(self, serve, transport_to) -> None:
        """
        A connection that is not made in time, TLS included, has sent nothing.
        """
        server = serve(Connection.wait_for_end)
        transport = transport_to(server.url.replace("http:", "https:"))

        failure = await failure_of(transport, timeout=AttemptTimeout(0.05, 30, 60))

        assert not failure.maybe_sent
        assert failure.timed_out
        assert f"no connection to localhost:{server.port} in time" == failure.reason

    async def test_total_while_connecting(self, serve, transport_to) -> None:
        """
        The deadline ends an attempt that is still connecting.
        """
        server = serve(Connection.wait_for_end)
        transport = transport_to(server.url.replace("http:", "https:"))

        failure = await failure_of(transport, timeout=AttemptTimeout(30, 30, 0.05))

        assert not failure.maybe_sent
        assert failure.timed_out

    async def test_total_while_waiting_for_the_pool(self, serve, transport_to) -> None:
        """
        Waiting for a free connection counts against the deadline, not as connecting.
        """
        server = serve(silent)
        transport = transport_to(server, pool_size=1)
        async with anyio.create_task_group() as group:
            group.start_soon(failure_of, transport)
            await until(lambda: len(server.requests) == 1)

            failure = await failure_of(transport, timeout=AttemptTimeout(0.01, 0.01, 0.2))
            await transport.aclose()

        assert not failure.maybe_sent
        assert failure.timed_out
        assert "out of time" == failure.reason
        assert 1 == len(server.requests)

    @pytest.mark.parametrize(
        ("limits", "reason"),
        [
            (AttemptTimeout(30, 0.05, 60), "the server fell silent"),
            (AttemptTimeout(30, 30, 0.05), "out of time"),
        ],
    )
    @pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
    async def test_no_answer_in_time(
        self, serve, transport_to, limits: AttemptTimeout, reason: str, beginning: bytes
    ) -> None:
        """
        An answer that does not come, or does not go on, may stand for a request that was seen.
        """
        server = serve(answering(beginning))

        failure = await failure_of(transport_to(server), timeout=limits)

        assert failure.maybe_sent
        assert failure.timed_out
        assert reason == failure.reason

    async def test_shorter_limit(self, serve, transport_to) -> None:
        """
        The limit on silence is that of the call, not of the one before on the same connection.
        """

        def script(connection: Connection) -> None:
            connection.receive()
            connection.send(answer())
            silent(connection)

        server = serve(script)
        transport = transport_to(server)
        await send(transport)

        failure = await failure_of(transport, timeout=AttemptTimeout(30, 0.05, 10))

        assert failure.timed_out
        assert "the server fell silent" == failure.reason
        assert 1 == server.connections

    async def test_slow_answer(self, serve, transport_to) -> None:
        """
        An answer that keeps coming is not silence, however long it takes.
        """
        pause = threading.Event()

        def script(connection: Connection) -> None:
            connection.receive()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
            for _ in range(6):
                pause.wait(0.2)
                connection.send(b"x")

        server = serve(script)

        response = await send(transport_to(server), timeout=AttemptTimeout(30, 0.8, 60))

        assert b"xxxxxx" == response.body

    @pytest.mark.parametrize("total", [0, -1])
    async def test_no_time_left(self, serve, transport_to, total: float) -> None:
        """
        A deadline that has passed sends nothing, although aiohttp takes zero for no limit.
        """
        server = serve()

        failure = await failure_of(transport_to(server), timeout=AttemptTimeout(1, 1, total))

        assert not failure.maybe_sent
        assert failure.timed_out
        assert 0 == server.connections

    def test_limits_are_not_rounded(self, serve) -> None:
        """
        Limits of many seconds end when they say, not at the next full second.
        """

        class Recorder(asyncio.SelectorEventLoop):
            def call_at(self, when: float, *args: Any, **kwargs: Any) -> asyncio.TimerHandle:
                due.append(when)
                return super().call_at(when, *args, **kwargs)

        due: list[float] = []
        transport = Transport(serve().url)
        loop = Recorder()
        timeout = AttemptTimeout(connect=1000.25, read=2000.25, total=3000.25)
        start = loop.time()
        loop.run_until_complete(send(transport, timeout=timeout))
        end = loop.time()
        loop.run_until_complete(transport.aclose())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

        for limit in (1000.25, 2000.25, 3000.25):
            assert [when for when in due if start <= when - limit <= end]

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"", id="no answer"),
            pytest.param(b"HTTP/1.1 200 OK\r\nSet-Cookie: TOKEN\r\n", id="cut head"),
            pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nTOKEN", id="cut body"),
            pytest.param(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n99\r\nTOKEN",
                id="cut chunk",
            ),
            pytest.param(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxTOKEN\r\n",
                id="no chunk size",
            ),
            pytest.param(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nTOKEN\r\n",
                id="no chunk end",
            ),
            pytest.param(answer(b"TOKEN", "Content-Encoding: gzip"), id="no gzip"),
            pytest.param(answer(b"TOKEN", "Content-Encoding: br"), id="no brotli"),
            pytest.param(b"TOKEN" * 9 + b"\r\n\r\n", id="no HTTP"),
            pytest.param(b"HTTP/1.1 TOKEN OK\r\n\r\n", id="no status"),
            pytest.param(answer(b"", "A TOKEN: 1"), id="no header"),
            pytest.param(answer(b"", f"A: TOKEN{'x' * 20000}"), id="large header"),
            pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: TOKEN\r\n\r\n", id="no length"),
        ],
    )
    async def test_unreadable_answer(self, serve, transport_to, data: bytes) -> None:
        """
        An answer that is cut or no HTTP is a failure, and no traceback shows what it said.
        """
        server = serve(answering_once(data))

        failure = await failure_of(transport_to(server))

        assert failure.maybe_sent
        assert not failure.timed_out
        assert "TOKEN" not in "".join(traceback.format_exception(failure))
        assert 1 == len(server.requests)

    async def test_reset(self, serve, transport_to) -> None:
        """
        A connection that is reset after the request may stand for a request that was seen.
        """

        def script(connection: Connection) -> None:
            connection.receive()
            connection.reset()

        failure = await failure_of(transport_to(serve(script)))

        assert failure.maybe_sent
        assert failure.reason.startswith("the connection broke: ")
        assert isinstance(failure.__cause__, aiohttp.ClientOSError)

    async def test_no_tls(self, serve, transport_to) -> None:
        """
        A server that does not speak TLS is a connection that could not be made.
        """
        server = serve(lambda connection: connection.send(answer()))

        failure = await failure_of(transport_to(server.url.replace("http:", "https:")))

        assert not failure.maybe_sent
        assert not failure.is_final

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
    async def test_certificate(
        self, serve, transport_to, server_context, client_context, host: str
    ) -> None:
        """
        A certificate of a stranger, or for another name, is a failure of its own kind.
        """
        server = serve(context=server_context)
        trust = client_context if host == "127.0.0.1" else ssl.create_default_context()
        transport = transport_to(server.url.replace("localhost", host), ssl_context=trust)

        failure = await failure_of(transport)

        assert failure.is_final
        assert not failure.maybe_sent
        assert failure.reason.startswith(f"the certificate of {host}:{server.port} is refused: ")
        assert [] == server.requests

    def test_no_cycle(self, serve) -> None:
        """
        A failure that was dealt with is gone, and the request with it, without garbage collection.
        """
        transport = Transport(serve(answering_once(b"")).url)

        async def fail_and_forget() -> bool:
            try:
                await send(transport)
            except SendFailure as failure:
                gone = weakref.ref(failure)
            return gone() is None

        gc.collect()
        gc.disable()
        is_gone = asyncio.run(fail_and_forget())
        gc.enable()

        assert is_gone

    async def test_anything_else(self, serve, transport_to) -> None:
        """
        What nobody foresaw is a failure as well.
        """
        server = serve()

        failure = await failure_of(transport_to(server), headers={"X": "a\r\nInjected: 1"})

        assert "the connection failed (ValueError)" == failure.reason
        assert [] == server.requests


class TestProxies:
    """
    Proxies of the environment are used, their credentials kept.
    """

    @staticmethod
    def tunnel(context: ssl.SSLContext) -> Callable[[Connection], None]:
        def script(connection: Connection) -> None:
            connection.receive()
            connection.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            connection.start_tls(context)
            echo_target(connection)

        return script

    async def test_plain(self, serve, transport_to, monkeypatch) -> None:
        """
        A plain request goes to the proxy whole, with the credentials of the proxy's URL.
        """
        proxy = serve()
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//me%40x:s%2Fs@"))
        transport = transport_to("http://api.example/prefix")

        await send(transport, "/a%2e%2e?x=1", headers={"X-Own": "1"})
        await send(transport, "/again")
        credentials = base64.b64encode(b"me@x:s/s").decode()

        assert proxy.requests[0].startswith(b"GET http://api.example/prefix/a%2e%2e?x=1 HTTP/1.1")
        assert 2 == len(proxy.requests)
        for request in proxy.requests:
            assert f"Basic {credentials}" == header(request, "proxy-authorization")
            assert "api.example" == header(request, "host")
        assert "1" == header(proxy.requests[0], "x-own")

    async def test_no_credentials(self, serve, transport_to, monkeypatch) -> None:
        """
        A proxy that asks for no credentials is told none.
        """
        proxy = serve()
        monkeypatch.setenv("HTTP_PROXY", proxy.url)

        await send(transport_to("http://api.example"), "/x")

        assert proxy.requests[0].startswith(b"GET http://api.example/x HTTP/1.1")
        assert header(proxy.requests[0], "proxy-authorization") is None

    @pytest.mark.parametrize("scheme", ["http://", ""])
    async def test_tunnel(
        self, serve, transport_to, server_context, client_context, monkeypatch, scheme: str
    ) -> None:
        """
        A TLS request goes through a tunnel, and only the proxy sees the proxy's credentials.
        """
        proxy = serve(self.tunnel(server_context))
        monkeypatch.setenv("https_proxy", f"{scheme}me:secret@localhost:{proxy.port}")
        transport = transport_to("https://localhost:1", ssl_context=client_context)

        response = await send(transport, "/through")
        await send(transport, "/again")
        credentials = base64.b64encode(b"me:secret").decode()

        assert b"/through" == response.body
        assert proxy.requests[0].startswith(b"CONNECT localhost:1 HTTP/1.1")
        assert f"Basic {credentials}" == header(proxy.requests[0], "proxy-authorization")
        assert 3 == len(proxy.requests)
        for request in proxy.requests[1:]:
            assert header(request, "proxy-authorization") is None

    @pytest.mark.parametrize("no_proxy", ["localhost", "localhost:{port}", "*"])
    async def test_exceptions(self, serve, transport_to, monkeypatch, no_proxy: str) -> None:
        """
        Hosts that the environment excepts are reached directly.
        """
        server = serve()
        monkeypatch.setenv("HTTP_PROXY", "http://localhost:1")
        monkeypatch.setenv("NO_PROXY", no_proxy.format(port=server.port))

        response = await send(transport_to(server), "/direct")

        assert b"/direct" == response.body

    async def test_untrusted_environment(self, serve, transport_to, monkeypatch) -> None:
        """
        Proxies are ignored where the environment is not to be trusted.
        """
        server = serve()
        monkeypatch.setenv("HTTP_PROXY", "http://localhost:1")

        response = await send(transport_to(server, trust_env=False), "/direct")

        assert b"/direct" == response.body

    @pytest.mark.parametrize(
        "address", ["socks5://me:secret@localhost:1", "http://me:secret@[", "http://me:secret@"]
    )
    async def test_unusable(self, serve, transport_to, monkeypatch, address: str) -> None:
        """
        A proxy that cannot be used is a failure, not a direct connection.
        """
        server = serve()
        monkeypatch.setenv("HTTP_PROXY", address)

        failure = await failure_of(transport_to(server))

        assert "the proxy that the environment names is no http or https URL" == failure.reason
        assert not failure.maybe_sent
        assert "secret" not in "".join(traceback.format_exception(failure))
        assert 0 == server.connections

    async def test_refusal(self, serve, transport_to, monkeypatch) -> None:
        """
        A proxy that refuses the tunnel has sent nothing on.
        """
        proxy = serve(answering_once(answer(status="407 Proxy Authentication Required")))
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//me:secret@"))

        failure = await failure_of(transport_to("https://localhost:1"))

        assert "the proxy refused to connect (HTTP 407)" == failure.reason
        assert "secret" not in "".join(traceback.format_exception(failure))
        assert not failure.maybe_sent
        assert not failure.timed_out

    async def test_unreachable(self, transport_to, monkeypatch) -> None:
        """
        A proxy that cannot be reached is named as such, without its credentials.
        """
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{port}")

        failure = await failure_of(transport_to("https://localhost:1"))

        assert failure.reason.startswith("cannot connect to the proxy: ")
        assert "secret" not in "".join(traceback.format_exception(failure))
        assert "secret" not in repr(failure.__cause__)


class TestCancellation:
    """
    A cancelled call leaves nothing behind that another call could trip over.
    """

    async def test_connection_is_not_reused(self, serve, transport_to) -> None:
        """
        An answer to a cancelled call is never taken for the answer to the next one.
        """
        went_on = threading.Event()

        def script(connection: Connection) -> None:
            first = connection.receive().split(b" ")[1]
            if first == b"/cancelled":
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
                went_on.wait(10)
                connection.send(first[:10])
                connection.wait_for_end()
            connection.send(answer(first))

        server = serve(script)
        transport = transport_to(server, pool_size=1)
        async with anyio.create_task_group() as group:
            group.start_soon(send, transport, "/cancelled")
            await until(lambda: len(server.requests) == 1)
            group.cancel_scope.cancel()
        went_on.set()

        response = await send(transport, "/next")

        assert b"/next" == response.body
        await until(lambda: transport.open_connections <= 1)

    async def test_waiting_for_the_pool(self, serve, transport_to) -> None:
        """
        A call cancelled before it had a connection frees its place in the queue.
        """
        released = threading.Event()

        def script(connection: Connection) -> None:
            while request := connection.receive():
                released.wait(10)
                connection.send(answer(request.split(b" ")[1]))

        server = serve(script)
        transport = transport_to(server, pool_size=1)
        async with anyio.create_task_group() as first:
            first.start_soon(send, transport, "/1")
            await until(lambda: len(server.requests) == 1)
            with anyio.move_on_after(0.05) as scope:
                await send(transport, "/2")
            released.set()

        response = await send(transport, "/3")

        assert scope.cancelled_caught
        assert b"/3" == response.body
        assert 2 == len(server.requests)
        assert 1 == server.connections


class TestClosing:
    """
    A transport can be closed from anywhere, at any time, and any number of times.
    """

    async def test_aclose(self, serve, transport_to) -> None:
        """
        Closing closes the connections, twice is harmless, and sending ends.
        """
        server = serve()
        transport = transport_to(server)
        await send(transport)

        await transport.aclose()
        await transport.aclose()

        assert 0 == transport.open_connections
        with pytest.raises(RuntimeError, match="closed"):
            await send(transport)
        assert 1 == len(server.requests)

    async def test_never_used(self) -> None:
        """
        A transport that was never used is closed as well.
        """
        transport = Transport("https://localhost")
        await transport.aclose()

        with pytest.raises(RuntimeError, match="closed"):
            await send(transport)

    @pytest.mark.parametrize("script", [silent, answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9")])
    async def test_call_in_flight(self, serve, transport_to, script) -> None:
        """
        A call that waits for its answer fails when the transport is closed.
        """
        server = serve(script)
        transport = transport_to(server)
        failures: list[SendFailure] = []

        async def call() -> None:
            failures.append(await failure_of(transport))

        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await until(lambda: len(server.requests) == 1)
            await transport.aclose()

        assert failures[0].maybe_sent

    async def test_call_in_the_queue(self, serve, transport_to) -> None:
        """
        A call that waits for a connection fails, and is not taken for a cancelled one.
        """
        server = serve(silent)
        transport = transport_to(server, pool_size=1)
        failures: list[SendFailure] = []

        async def call() -> None:
            failures.append(await failure_of(transport))

        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await until(lambda: len(server.requests) == 1)
            for _ in range(3):
                group.start_soon(call)
            await anyio.wait_all_tasks_blocked()
            await transport.aclose()

        assert [False, False, False, True] == sorted(each.maybe_sent for each in failures)
        assert not any(each.timed_out for each in failures)

    async def test_call_that_connects(self, serve, transport_to, monkeypatch) -> None:
        """
        A call that is still connecting fails when the transport is closed, to any address.
        """
        server = serve(Connection.wait_for_end)
        address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address, address])
        transport = transport_to(server.url.replace("http:", "https:"))
        failures: list[SendFailure] = []

        async def call() -> None:
            failures.append(await failure_of(transport))

        with anyio.fail_after(10):
            async with anyio.create_task_group() as group:
                group.start_soon(call)
                await until(lambda: server.connections == 1)
                await transport.aclose()

        assert not failures[0].maybe_sent
        assert not failures[0].timed_out
        assert 1 == server.connections

    @pytest.mark.skipif(sys.version_info < (3, 11), reason="cannot tell the two apart")
    def test_cancelled_at_the_same_time(self, serve) -> None:
        """
        A caller cancelled while the transport is closed under it is cancelled.
        """
        server = serve(silent)
        transport = Transport(server.url, pool_size=1)

        async def close_and_cancel() -> list[Any]:
            tasks = [asyncio.create_task(send(transport)) for _ in range(2)]
            await until(lambda: len(server.requests) == 1)
            await anyio.wait_all_tasks_blocked()
            tasks[1].cancel()
            await transport.aclose()
            return await asyncio.gather(*tasks, return_exceptions=True)

        first, second = asyncio.run(close_and_cancel())

        assert isinstance(first, SendFailure)
        assert isinstance(second, asyncio.CancelledError)

    def test_call_on_its_way(self, serve) -> None:
        """
        A call that had not reached its loop yet fails, and leaves nothing open.
        """
        transport = Transport(serve().url)
        arrived = threading.Event()
        went_on = threading.Event()

        async def hold_the_portal() -> None:
            arrived.set()
            went_on.wait(10)

        async def close_meanwhile() -> SendFailure:
            failures: list[SendFailure] = []

            async def call() -> None:
                failures.append(await failure_of(transport))

            async with anyio.create_task_group() as group:
                group.start_soon(_portal.run, hold_the_portal)
                await until(arrived.is_set)
                group.start_soon(call)
                await anyio.wait_all_tasks_blocked()
                await transport.aclose()
                went_on.set()
            return failures[0]

        failure = anyio.run(close_meanwhile, backend="trio")

        assert "the client was closed" == failure.reason
        assert not failure.maybe_sent
        assert 0 == transport.open_connections

    async def test_from_blocking_code(self, serve, transport_to) -> None:
        """
        Another thread may close what a loop has opened.
        """
        server = serve()
        transport = transport_to(server)
        await send(transport)

        await anyio.to_thread.run_sync(_portal.call, transport.aclose)

        await until(lambda: transport.open_connections == 0)

    @pytest.mark.parametrize("other", ["asyncio", "trio"])
    async def test_from_another_loop(self, serve, transport_to, other: str) -> None:
        """
        Another loop may close what a loop has opened.
        """
        server = serve()
        transport = transport_to(server)
        await send(transport)

        await anyio.to_thread.run_sync(lambda: anyio.run(transport.aclose, backend=other))

        await until(lambda: transport.open_connections == 0)
        with pytest.raises(RuntimeError, match="closed"):
            await send(transport)

    async def test_abandon(self, serve, transport_to) -> None:
        """
        Connections can be given up without waiting, as a finaliser has to.
        """
        server = serve()
        transport = transport_to(server)
        await send(transport)

        transport.abandon()

        await until(lambda: transport.open_connections == 0)

    @pytest.mark.parametrize("in_a_cycle", [False, True])
    async def test_forgotten(self, serve, in_a_cycle: bool) -> None:
        """
        A transport that is simply forgotten closes its connections, without a word.
        """
        ended = threading.Event()

        def script(connection: Connection) -> None:
            echo_target(connection)
            ended.set()

        transport = Transport(serve(script).url)
        await send(transport)
        if in_a_cycle:
            cycle: list[Any] = [transport]
            cycle.append(cycle)
            del cycle
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            del transport
            gc.collect()
            await until(ended.is_set)
            gc.collect()

        assert [] == caught


class TestLoops:
    """
    One transport serves any loop, and leaves nothing in any.
    """

    def test_loop_on_its_way_out(self, serve) -> None:
        """
        A loop that has closed its connections and is about to end is given nothing more to do.
        """
        transport = Transport(serve().url)
        ending = asyncio.SelectorEventLoop()
        ending.run_until_complete(send(transport))
        ending.run_until_complete(ending.shutdown_asyncgens())

        async def use() -> None:
            await send(transport)
            await transport.aclose()

        asyncio.run(use())
        # One more round, which may begin something, and none to end it.
        ending.call_soon(ending.stop)
        ending.run_forever()
        left = asyncio.all_tasks(ending)
        ending.run_until_complete(asyncio.sleep(0))
        ending.close()

        assert set() == left

    def test_closed_without_shutdown(self, serve, caplog) -> None:
        """
        What a loop leaves that was just closed is gone with the next use of another loop.
        """
        transport = Transport(serve().url)

        def use_and_close() -> None:
            loop = asyncio.SelectorEventLoop()
            loop.run_until_complete(send(transport))
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

        async def use() -> list[int]:
            await send(transport)
            before = descriptors()
            await asyncio.to_thread(use_and_close)
            counts = [descriptors() - before, transport.open_connections]
            await send(transport)
            # The server is in this process as well, and closes its end when it gets to it.
            with anyio.move_on_after(10):
                while descriptors() > before:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.001)
            return [*counts, descriptors() - before, transport.open_connections]

        with warnings.catch_warnings():
            # asyncio's word about the connection in the loop that nobody shut down.
            warnings.simplefilter("ignore", ResourceWarning)
            gc.disable()
            counts = asyncio.run(use())
            gc.enable()
            gc.collect()

        assert [0, 1] == counts[2:]
        assert 2 == counts[1]
        assert counts[0] > 0
        assert [] == caplog.records

    async def test_idle_loop(self, serve) -> None:
        """
        Closing does not wait for a loop that does not run, and takes effect when it does.
        """
        transport = Transport(serve().url)
        idle = asyncio.SelectorEventLoop()
        await anyio.to_thread.run_sync(idle.run_until_complete, send(transport))

        await transport.aclose()
        left = transport.open_connections
        await anyio.to_thread.run_sync(idle.run_until_complete, idle.shutdown_asyncgens())
        await anyio.to_thread.run_sync(idle.run_until_complete, idle.shutdown_default_executor())
        idle.close()
        gc.collect()

        assert 0 == transport.open_connections
        assert 0 == left

    @pytest.mark.parametrize("way", ["runs", "threads", "anyio", "trio", "uvloop", "portal"])
    def test_nothing_is_left(self, serve, way: str) -> None:
        """
        A client used from loop after loop, and never closed, leaves no descriptor and no warning.
        """
        if way == "uvloop":
            pytest.importorskip("uvloop")
        done = run_program("loops.py", way, serve().url)

        assert ("0\n", "", 0) == (done.stdout, done.stderr, done.returncode)


def run_program(name: str, *args: str) -> subprocess.CompletedProcess[str]:
    """
    Run one of the programs beside the tests, with warnings as errors.
    """
    command = [sys.executable, "-W", "error", str(PROGRAMS / name), *args]
    # The copy of the package that is under test here is under test there.
    env = {**os.environ, "PYTHONPATH": str(Path(_transport.__file__).parents[1])}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
