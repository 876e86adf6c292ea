"""A browser, as far as tests need one: what it would send, and what it would show."""

from __future__ import annotations

import http.client
import random
import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

from attrs import frozen


def _addresses() -> dict[str, socket.AddressFamily]:
    addresses = {"127.0.0.1": socket.AF_INET, "::1": socket.AF_INET6}
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:  # no IPv6 here
        del addresses["::1"]
    return addresses


ADDRESSES = _addresses()
"""The addresses of ``localhost`` that this machine has, with their families."""


@frozen
class Shown:
    """
    What a server answered.
    """

    status: int
    headers: http.client.HTTPMessage
    text: str


def send(
    url: str,
    *,
    method: str = "GET",
    body: str | None = None,
    connect_to: str = "127.0.0.1",
    **headers: str,
) -> Shown:
    """
    Send a request and return the answer; names of headers are written with underscores.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(connect_to, parts.port or 80, timeout=10)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    sent = {"Host": parts.netloc}
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    try:
        connection.request(method, target, body=body, headers=sent)
        answer = connection.getresponse()
        return Shown(answer.status, answer.headers, answer.read().decode())
    finally:
        connection.close()


def free_port() -> int:
    """
    Return a port that nobody uses, at none of the addresses of ``localhost``.

    It is not one of those that the system gives to outgoing connections: such a one could be taken
    before the test listens there.
    """
    while True:
        port = random.randrange(20_000, 30_000)
        with ExitStack() as sockets:
            try:
                for host, family in ADDRESSES.items():
                    sockets.enter_context(socket.create_server((host, port), family=family))
            except OSError:
                continue
            return port


def accepts(port: int, host: str) -> bool:
    """
    Tell whether anybody listens at *port* of *host*.
    """
    try:
        socket.create_connection((host, port), timeout=10).close()
    except OSError:
        return False
    return True


def is_free(port: int) -> bool:
    """
    Tell whether nobody listens at *port* of ``localhost``.
    """
    return not any(accepts(port, host) for host in ADDRESSES)
