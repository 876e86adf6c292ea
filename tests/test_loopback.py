"""The server that a browser comes back to: what it hears, whom it answers, and how it ends."""

from __future__ import annotations

import base64
import errno
import hashlib
import logging
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
import pytest
from anyio import to_thread

from stytch_b2b import StytchConnectionError, _loopback_pages as pages
from stytch_b2b._loopback import Address, Loopback
from tests.browsers import ADDRESSES, Shown, accepts, free_port, is_free, send

pytestmark = pytest.mark.anyio

ROUTES: Any = {"/back": "GET", "/report": "POST"}


@pytest.fixture
async def loopback() -> AsyncIterator[Loopback]:
    """
    A server that waits for a visit of each kind.
    """
    async with Loopback(Address("localhost", free_port()), ROUTES, caller="test") as running:
        yield running


async def ask(url: str, **options: Any) -> Shown:
    """
    Send a request while the loop goes on.
    """
    return await to_thread.run_sync(partial(send, url, **options))


async def visit(loopback: Loopback, target: str, **options: Any) -> tuple[Any, Shown]:
    """
    Send a request that is meant for the server, and return what came there and came back.
    """
    visits: list[Any] = []
    shown: list[Shown] = []

    async def browse() -> None:
        shown.append(await ask(f"{loopback.origin}{target}", **options))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(browse)
        visits.append(await loopback.next_visit())
        await visits[0].answer(pages.DONE)
    return visits[0], shown[0]


class TestAddress:
    """
    Where the server listens.
    """

    @pytest.mark.parametrize(
        ("url", "origin"),
        [
            ("http://localhost:3000/authenticate", "http://localhost:3000"),
            ("http://LOCALHOST:3000/?app=cli", "http://localhost:3000"),
            ("http://acme.localhost:1", "http://acme.localhost:1"),
            ("http://127.0.0.1:65535/", "http://127.0.0.1:65535"),
            ("http://[::1]:3000/", "http://[::1]:3000"),
            ("http://localhost/", "http://localhost"),
            ("http://localhost:80/", "http://localhost"),
        ],
    )
    async def test_of_loopback(self, url: str, origin: str) -> None:
        """
        Every name and address of loopback will do, written as a browser writes it.
        """
        assert origin == Address.of(url).origin

    @pytest.mark.parametrize(
        "url",
        [
            "https://localhost:3000/",
            "http://acme.example:3000/",
            "http://localhost.acme.example:3000/",
            "http://notlocalhost:3000/",
            "http://0.0.0.0:3000/",
            "http://[::]:3000/",
            "http://192.168.0.1:3000/",
            "http://localhost:0/",
            "http://localhost:65536/",
            "http://localhost:port/",
            "http://user@localhost:3000/",
            "http://localhost:3000/#fragment",
            "http://localhost:3000/wörd",
            "http://[::1",
            "/authenticate",
            "",
        ],
    )
    async def test_of_anything_else(self, url: str) -> None:
        """
        Nothing listens beyond loopback, nor at a port that cannot be registered.
        """
        with pytest.raises(ValueError, match="must"):
            Address.of(url)

    async def test_both_addresses_of_localhost(self, loopback: Loopback) -> None:
        """
        A browser may take the name for either address, and finds the server at both.
        """
        port = Address.of(loopback.origin).port

        assert {404} == {
            (await ask(f"{loopback.origin}/", connect_to=host)).status for host in ADDRESSES
        }
        assert not accepts(port, _address_beyond_loopback())

    @pytest.mark.parametrize("host", ADDRESSES)
    async def test_one_address(self, host: str) -> None:
        """
        An address that is given by number is the only one.
        """
        port = free_port()

        async with Loopback(Address(host, port), ROUTES, caller="test"):
            assert [host] == [each for each in ADDRESSES if accepts(port, each)]

    async def test_any_port(self) -> None:
        """
        Port 0 is a port that is free under both addresses, and the origin names it.
        """
        async with (
            Loopback(Address("localhost", 0), ROUTES, caller="test") as first,
            Loopback(Address("localhost", 0), ROUTES, caller="test") as second,
        ):
            ports = {Address.of(each.origin).port for each in (first, second)}

            assert 2 == len(ports)
            assert all(accepts(port, host) for port in ports for host in ADDRESSES)

    @pytest.mark.parametrize(
        ("number", "listens_at"),
        [(errno.EADDRNOTAVAIL, ["127.0.0.1"]), (errno.EADDRINUSE, list(ADDRESSES))],
    )
    async def test_second_address_fails(
        self, monkeypatch: pytest.MonkeyPatch, number: int, listens_at: list[str]
    ) -> None:
        """
        A machine without IPv6 does without; a port that is free at one address only is another.
        """
        create_server, failures = socket.create_server, [number]

        def listen(address: tuple[str, int], *, family: socket.AddressFamily) -> socket.socket:
            if address[0] == "::1" and failures:
                raise OSError(failures.pop(), "not now")
            return create_server(address, family=family)

        monkeypatch.setattr(socket, "create_server", listen)
        async with Loopback(Address("localhost", 0), ROUTES, caller="test") as loopback:
            port = Address.of(loopback.origin).port

            assert listens_at == [each for each in ADDRESSES if accepts(port, each)]

    async def test_no_port_is_free(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Where no port is free at both addresses, the search ends, with nothing left behind.
        """
        create_server, sockets = socket.create_server, list[socket.socket]()

        def listen(address: tuple[str, int], *, family: socket.AddressFamily) -> socket.socket:
            if address[0] == "::1":
                raise OSError(errno.EADDRINUSE, "in use")
            sockets.append(create_server(address, family=family))
            return sockets[-1]

        monkeypatch.setattr(socket, "create_server", listen)
        with pytest.raises(StytchConnectionError, match="in use"):
            await Loopback(Address("localhost", 0), ROUTES, caller="test").__aenter__()

        assert sockets
        assert {-1} == {each.fileno() for each in sockets}

    @pytest.mark.parametrize(("host", "family"), ADDRESSES.items(), ids=ADDRESSES)
    async def test_port_in_use(self, host: str, family: socket.AddressFamily) -> None:
        """
        A port that another program has, at whichever address, is an error that names it.
        """
        port = free_port()

        with socket.create_server((host, port), family=family):
            with pytest.raises(StytchConnectionError) as caught:
                await Loopback(Address("localhost", port), {}, caller="login").__aenter__()

            assert f"login: cannot listen at http://localhost:{port}" in str(caught.value)
            assert "in use" in caught.value.reason
            assert [host] == [each for each in ADDRESSES if accepts(port, each)]


class TestRequests:
    """
    What is handed out, and what is not.
    """

    async def test_visit(self, loopback: Loopback) -> None:
        """
        A request that is meant for the server comes with its query, and gets the answer.
        """
        came, shown = await visit(loopback, "/back?token=a%20b", Sec_Fetch_Dest="document")

        assert ("/back", "token=a%20b", b"") == (came.path, came.query, came.body)
        assert "token" not in repr(came)
        assert (200, pages.DONE.html) == (shown.status, shown.text)

    async def test_report(self, loopback: Loopback) -> None:
        """
        What a page of the server posts comes with its body.
        """
        came, shown = await visit(
            loopback, "/report", method="POST", body="id", Origin=loopback.origin
        )

        assert ("/report", b"id") == (came.path, came.body)
        assert 200 == shown.status

    @pytest.mark.parametrize(
        ("status", "target", "options"),
        [
            (404, "/", {}),
            (404, "/back/", {}),
            (404, "/favicon.ico", {}),
            (404, "/back", {"method": "POST"}),
            (404, "/back", {"method": "HEAD"}),
            (404, "/report", {}),
            (421, "/back", {"Host": "evil.example"}),
            (421, "/back", {"Host": "localhost"}),
            (421, "/back", {"Host": "localhost:1"}),
            (403, "/back", {"Sec_Fetch_Dest": "image"}),
            (403, "/back", {"Sec_Fetch_Dest": "iframe"}),
            (403, "/report", {"method": "POST", "body": "id"}),
            (403, "/report", {"method": "POST", "body": "id", "Origin": "null"}),
            (403, "/report", {"method": "POST", "body": "id", "Origin": "http://evil.example"}),
        ],
    )
    async def test_not_meant_for_it(
        self, loopback: Loopback, status: int, target: str, options: dict[str, Any]
    ) -> None:
        """
        Another path, method, name or origin is refused, and the next visit is somebody else's.
        """
        shown = await ask(f"{loopback.origin}{target}?foreign", **options)
        came, _ = await visit(loopback, "/back?ours")

        assert status == shown.status
        assert "ours" == came.query

    async def test_one_after_the_other(self, loopback: Loopback) -> None:
        """
        Visits that come at once are handed out in turn, each with its own answer.
        """
        shown: dict[str, int] = {}

        async def browse(query: str) -> None:
            shown[query] = (await ask(f"{loopback.origin}/back?{query}")).status

        async with anyio.create_task_group() as tasks:
            for query in ("first", "second", "third"):
                tasks.start_soon(browse, query)
            visits = [await loopback.next_visit() for _ in range(3)]
            for status, each in enumerate(visits, start=200):
                await each.answer(pages.Page(status))

        assert {each.query: status for status, each in enumerate(visits, start=200)} == shown

    async def test_browser_that_is_gone(self, loopback: Loopback) -> None:
        """
        Whoever does not wait for the answer harms nobody; a second answer changes nothing.
        """
        address = Address.of(loopback.origin)
        with socket.create_connection((address.host, address.port)) as browser:
            browser.sendall(
                f"GET /back HTTP/1.1\r\nHost: localhost:{address.port}\r\n\r\n".encode()
            )
            came = await loopback.next_visit()
        await came.answer(pages.DONE)
        await came.answer(pages.FAILED)
        _, shown = await visit(loopback, "/back")

        assert 200 == shown.status

    async def test_nothing_is_logged(
        self, loopback: Loopback, caplog: pytest.LogCaptureFixture
    ) -> None:
        """
        Neither a request nor what is no HTTP at all is logged: there are tokens in them.
        """
        caplog.set_level(logging.DEBUG)
        await visit(loopback, "/back?token=hush")
        address = Address.of(loopback.origin)
        with socket.create_connection((address.host, address.port)) as browser:
            browser.sendall(b"GET /back?token=hush NONSENSE\r\n\r\n")
            await to_thread.run_sync(browser.recv, 1000)

        assert "hush" not in caplog.text


class TestEnd:
    """
    Nothing stays behind.
    """

    async def test_port_is_free(self) -> None:
        """
        When the block is left the port is free, also while browsers are still connected.
        """
        port = free_port()
        async with Loopback(Address("localhost", port), ROUTES, caller="test") as loopback:
            idle = socket.create_connection(("127.0.0.1", port))
            await visit(loopback, "/back")
        with idle:
            rest = await to_thread.run_sync(idle.recv, 1)

            assert b"" == rest
        assert is_free(port)

    async def test_browser_that_does_not_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Whoever asks and never reads the answer holds up the end for no more than a moment.
        """
        monkeypatch.setattr("stytch_b2b._loopback._GRACE", 0.01)
        port = free_port()

        with socket.socket() as browser:
            async with Loopback(Address("localhost", port), ROUTES, caller="test") as loopback:
                browser.connect(("127.0.0.1", port))
                browser.sendall(f"GET /back HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
                came = await loopback.next_visit()
                with anyio.move_on_after(0.05):
                    await came.answer(pages.Page(200, "x" * 2**24))
            received = 0
            browser.settimeout(10)
            with suppress(ConnectionResetError):
                while chunk := await to_thread.run_sync(browser.recv, 2**16):
                    received += len(chunk)

        assert is_free(port)
        assert received < 2**24

    async def test_late_visit(self) -> None:
        """
        Whoever came and was not attended to is told that nobody waits any more.
        """
        shown: list[Shown] = []

        async def browse(url: str) -> None:
            shown.append(await ask(url))

        async with anyio.create_task_group() as tasks:
            address = Address("localhost", free_port())
            async with Loopback(address, ROUTES, caller="test") as loopback:
                tasks.start_soon(browse, f"{loopback.origin}/back")
                await loopback.next_visit()

        assert [410] == [each.status for each in shown]

    async def test_farewell(self) -> None:
        """
        What they are told is what was said last, be it that all is well.
        """
        shown: list[Shown] = []

        async def browse(url: str) -> None:
            shown.append(await ask(url))

        async with anyio.create_task_group() as tasks:
            address = Address("localhost", free_port())
            async with Loopback(address, ROUTES, caller="test") as loopback:
                tasks.start_soon(browse, f"{loopback.origin}/back")
                await loopback.next_visit()
                loopback.farewell = pages.DONE

        assert [200] == [each.status for each in shown]

    @pytest.mark.parametrize("first_steps", range(8))
    async def test_cancelled(self, first_steps: int) -> None:
        """
        Whoever is cancelled, at whatever moment, leaves the port free.
        """
        port = free_port()

        async def listen() -> None:
            async with Loopback(Address("localhost", port), ROUTES, caller="test") as loopback:
                await loopback.next_visit()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen)
            for _ in range(first_steps):
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()

        assert is_free(port)


class TestStart:
    """
    What it takes to listen.
    """

    async def test_loop_goes_on(self, anyio_backend_name: str) -> None:
        """
        Loading aiohttp's server takes its time, so it happens in another thread.
        """
        program = f"""
import anyio, sys, threading
from stytch_b2b._loopback import Address, Loopback

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "aiohttp.web":
            print(threading.current_thread() is threading.main_thread())

async def main():
    async with Loopback(Address("localhost", 0), {{}}, caller="test"):
        pass

sys.meta_path.insert(0, Watch())
anyio.run(main, backend={anyio_backend_name!r})
"""
        done = await anyio.run_process([sys.executable, "-W", "error", "-c", program])

        assert (b"False\n", b"") == (done.stdout, done.stderr)


class TestPages:
    """
    What people see.
    """

    @pytest.mark.parametrize(
        "page",
        [
            pages.DONE,
            pages.FAILED,
            pages.FOREIGN,
            pages.REFUSED,
            pages.TOO_LATE,
            pages.misdirected(404),
        ],
        ids=["done", "failed", "foreign", "refused", "too late", "misdirected"],
    )
    async def test_pages_keep_to_themselves(self, page: pages.Page) -> None:
        """
        A page loads nothing, is kept nowhere, tells nobody, and forgets how it was reached.
        """
        policy = page.headers["Content-Security-Policy"]

        assert "default-src 'none'" in policy
        assert "http" not in policy
        assert "http" not in page.html
        assert "no-store" == page.headers["Cache-Control"]
        assert "no-referrer" == page.headers["Referrer-Policy"]
        assert 'history.replaceState(null, "", location.pathname)' in page.html

    async def test_policy_allows_what_is_in_the_page(self) -> None:
        """
        The style and the script in a page are those whose digests are in its policy.
        """
        page = pages.telemetry(
            script_url="https://cdn.example/t.js",
            submit_url="https://submit.example/submit",
            public_token="</script><p>",
            report_path="/report",
        )

        for kind in ("style", "script"):
            (inline,) = re.findall(f"<{kind}>(.*?)</{kind}>", page.html, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
            assert f"{kind}-src 'sha256-{digest}'" in page.headers["Content-Security-Policy"]


def _address_beyond_loopback() -> str:
    """
    Return an address of this machine that others can reach, or one that nobody has.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: this only asks which interface would be taken.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "192.0.2.1"
        return str(probe.getsockname()[0])
