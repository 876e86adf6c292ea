"""Telemetry ids from the person's own browser, for programs that have none inside."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import anyio

from . import _loopback_pages as pages
from ._beside import wait_beside
from ._browser import OpenURL, open_in_browser, show
from ._config import find_public_token, is_duration, is_loopback
from ._loopback import Address, Loopback
from .errors import StytchConfigurationError, StytchConnectionError, StytchTimeoutError

SCRIPT_URL = "https://elements.stytch.com/telemetry.js"
SUBMIT_URL = "https://telemetry.stytch.com/submit"

_CALLER = "BrowserDFPProvider.get_telemetry_id"
_LONGEST_ID = 256

_POLL = 0.05
"""Seconds between looks whether a port is free again."""

_turns: dict[tuple[int, int], object] = {}
"""
Whose turn it is at a port, in which process: a forked child owes nothing to its parent.

Calls come from any loop and thread. Every step is one operation of a dict, so no lock is needed.
"""


class BrowserDFPProvider:
    """
    Gets telemetry ids through the person's own browser: a `DFPProvider` for programs.

    For each id a page of this program is opened at ``http://localhost``. It loads Stytch's script,
    which takes the fingerprint of the browser, and hands the id back. The project may have to
    allow pages of ``localhost`` first. During a login half of the time that the call has left is
    given to it, so give the client a long enough ``timeout``.

    Args:
        public_token: The project's public token. Default: ``STYTCH_B2B_PUBLIC_TOKEN`` of the
            environment.
        script_url: Where the script is.
        submit_url: Where the script sends the fingerprint.
        port: Port of the page, where the project allows only one; calls then take turns. Default:
            any that is free.
        open_url: Opens the page. Default: the person's browser.
        timeout: How long the browser may take once it is its turn, in seconds.

    Raises:
        StytchConfigurationError: A setting is missing or wrong; the text says what to change.
    """

    __slots__ = ("_open_url", "_port", "_public_token", "_script_url", "_submit_url", "_timeout")

    def __init__(
        self,
        public_token: str | None = None,
        *,
        script_url: str = SCRIPT_URL,
        submit_url: str = SUBMIT_URL,
        port: int | None = None,
        open_url: OpenURL = open_in_browser,
        timeout: float = 60.0,
    ) -> None:
        self._public_token = find_public_token(public_token)
        self._script_url = _checked(script_url, "script_url")
        self._submit_url = _checked(submit_url, "submit_url")
        self._port = _checked_port(port)
        self._open_url = open_url
        if not is_duration(timeout):
            msg = f"timeout must be a number of seconds above 0, got {timeout!r}"
            raise StytchConfigurationError(msg)
        self._timeout = timeout

    async def get_telemetry_id(self) -> str:
        """
        Open the page in the browser and return a new telemetry id, good for one call.

        Raises:
            StytchConnectionError: Another program uses the port, or the browser could make no id.
            StytchTimeoutError: The browser did not hand one back in time.
        """
        if self._port is None:
            reported = await self._ask_browser(Address("localhost", 0))
        else:
            async with _turn_at(self._port):
                reported = await self._ask_browser(Address("localhost", self._port))
        telemetry_id = reported.decode(errors="replace")
        if not (telemetry_id.isprintable() and 0 < len(telemetry_id) <= _LONGEST_ID):
            reason = f"the browser could not make a telemetry id with {self._script_url}"
            raise StytchConnectionError(endpoint=_CALLER, reason=reason, attempts=1)
        return telemetry_id

    async def _ask_browser(self, address: Address) -> bytes:
        # Only who was sent the page can know its path, and nobody can guess where the id goes.
        page_path, report_path = (f"/{secrets.token_urlsafe(16)}" for _ in range(2))
        page = pages.telemetry(
            script_url=self._script_url,
            submit_url=self._submit_url,
            public_token=self._public_token,
            report_path=report_path,
        )
        async with Loopback(
            address, {page_path: "GET", report_path: "POST"}, caller=_CALLER
        ) as loopback:

            async def wait() -> bytes:
                while True:
                    visit = await loopback.next_visit()
                    if visit.path == report_path:
                        await visit.answer(pages.NOTED)
                        return visit.body
                    await visit.answer(page)

            url = f"{loopback.origin}{page_path}"
            reported: bytes | None = None
            with anyio.move_on_after(self._timeout):
                reported = await wait_beside(lambda: show(url, self._open_url), wait)
        if reported is None:
            reason = f"no telemetry id came from the browser within {self._timeout:g} seconds"
            raise StytchTimeoutError(endpoint=_CALLER, reason=reason, attempts=1)
        return reported


@asynccontextmanager
async def _turn_at(port: int) -> AsyncGenerator[None, None]:
    """Keep *port* for the calls within, and wait until nobody else does."""
    place, turn = (os.getpid(), port), object()
    while _turns.setdefault(place, turn) is not turn:  # noqa: ASYNC110 - of any loop and thread
        await anyio.sleep(_POLL)
    try:
        yield
    finally:
        del _turns[place]


def _checked_port(port: int | None) -> int | None:
    value: object = port
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if port is not None and not (is_whole and 0 < port < 2**16):
        msg = f"port must be a whole number from 1 to 65535, got {port!r}"
        raise StytchConfigurationError(msg)
    return port


def _checked(url: str, name: str) -> str:
    malformed = f"{name} must look like https://host[:port]/path, without credentials"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - a port that is no number is found by asking for it
    except ValueError:
        raise StytchConfigurationError(malformed) from None
    # Both become part of a page and of its policy, where some characters have a meaning.
    is_plain = url.isascii() and url.isprintable() and not set(url) & set(" \"'<>\\,;@#")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not (host and is_plain and is_safe):
        raise StytchConfigurationError(malformed)
    return url
