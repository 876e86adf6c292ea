"""Processes that fork while connections are open, in processes of their own."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from stytch_b2b import _portal

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

PROGRAM = Path(__file__).parent / "programs" / "fork.py"


class Server(ThreadingHTTPServer):
    """
    A server that tells each client which connection it uses.
    """

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Name)
        self.url = f"http://localhost:{self.server_port}"
        if context is not None:
            self.url = self.url.replace("http:", "https:")
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
        self.arrived = threading.Event()
        self.go_on = threading.Event()


class Name(BaseHTTPRequestHandler):
    """
    Answers with the name of the connection, and to one request only when another one says so.
    """

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        name = str(self.client_address[1])
        if self.path == "/slowly":
            self.server.arrived.set()
            self.server.go_on.wait(30)
            name = "slow"
        elif self.path == "/until-slow-request-arrived":
            self.server.arrived.wait(30)
        elif self.path == "/go-on":
            self.server.go_on.set()
        self.send_response(200)
        self.send_header("Content-Length", str(len(name)))
        self.end_headers()
        self.wfile.write(name.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """
    An authority that vouches for the tests' server.
    """
    return trustme.CA()


@pytest.fixture(params=["HTTP", "TLS"])
def server(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[Server]:
    """
    A server in this process, which does not fork.
    """
    context = None
    if request.param == "TLS":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
    with Server(context) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("where", "leaving"),
    [
        ("portal", "_exit"),
        ("portal", "sys.exit"),
        ("asyncio", "_exit"),
        ("asyncio", "sys.exit"),
        # Not with sys.exit: uvloop alone, without this package, crashes a child that it leaves
        # a connection to.
        ("uvloop", "_exit"),
    ],
)
def test_fork(
    server: Server, authority: trustme.CA, tmp_path: Path, where: str, leaving: str
) -> None:
    """
    Children, theirs too, open connections of their own, and the parent's stay as they were.
    """
    if where == "uvloop":
        pytest.importorskip("uvloop")
    trusted = ""
    if server.url.startswith("https:"):
        trusted = str(tmp_path / "authority.pem")
        authority.cert_pem.write_to_path(trusted)
    command = [sys.executable, "-W", "error", str(PROGRAM), where, leaving, server.url, trusted]
    env = {**os.environ, "PYTHONPATH": str(Path(_portal.__file__).parents[1])}

    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)

    assert ("", 0) == (done.stderr, done.returncode)
    assert {"same": True, "statuses": True, "slow": ["slow"]} == json.loads(done.stdout)
