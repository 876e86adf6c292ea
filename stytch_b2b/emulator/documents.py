"""
What identity providers publish, fetched from this machine.

A handler that needs a document asks its call for it. If nobody has fetched it yet, the handler is
left by `DocumentNeededError`, the document is fetched while the store is free for others, and the
handler is run again from its beginning. So it asks before it changes anything.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from attrs import field, frozen
from yarl import URL

TIMEOUT_SECONDS = 5.0
"""In real time, whatever the emulator's clock shows: the other side has a clock of its own."""

LARGEST = 1024 * 1024
"""Octets; the metadata of one identity provider is a fiftieth of it."""


@frozen(kw_only=True)
class Document:
    """What was found at a URL, or why nothing was."""

    content: bytes | None = field(default=None, repr=False)
    problem: str = ""


class DocumentNeededError(Exception):
    """
    A handler cannot go on before somebody has fetched a document.

    Args:
        url: Where it is.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, by its address or by a name that can be no other's."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


async def fetch(url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Document:
    """
    Fetch a document from this machine; redirects are not followed.

    Args:
        url: Where it is.

        timeout_seconds: How long all of it may take.
    """
    try:
        place = URL(url)
    except ValueError:
        return Document(problem="it is no URL")
    if place.scheme not in {"http", "https"} or not place.host:
        return Document(problem="it is no URL of HTTP")
    if not is_loopback(place.host):
        return Document(problem="the emulator fetches from loopback addresses only")
    # Nobody has a certificate for loopback that others would trust.
    connector = aiohttp.TCPConnector(resolver=_LoopbackResolver(), ssl=False)
    session = aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=timeout_seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        # Nothing small can become large on its way here.
        auto_decompress=False,
        headers={"Accept-Encoding": "identity"},
    )
    try:
        async with session, session.get(place, allow_redirects=False) as response:
            return await _read(response)
    except asyncio.TimeoutError:
        return Document(problem="it did not answer in time")
    except (aiohttp.ClientError, OSError):
        return Document(problem="it could not be reached")


async def _read(response: aiohttp.ClientResponse) -> Document:
    if response.status != 200:
        return Document(problem=f"it answered with status {response.status}")
    content = bytearray()
    async for piece in response.content.iter_any():
        content += piece
        if len(content) > LARGEST:
            return Document(problem="it is too large")
    return Document(content=bytes(content))


class _LoopbackResolver(AbstractResolver):
    """Takes every name for this machine, whatever a name server says."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=kind,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, address in addresses
        ]

    async def close(self) -> None:
        """Nothing was opened."""
