"""Telemetry ids from the person's own browser, for programs that have none inside."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

import anyio

from . import _loopback_pages as pages
from ._browser import OpenURL, open_in_browser, show, wait_beside
from ._config import find_public_token, is_loopback
from .errors import StytchConfigurationError, StytchConnectionError, StytchTimeoutError

SCRIPT_URL = "https://elements.stytch.com/telemetry.js"
SUBMIT_URL = "https://telemetry.stytch.com/submit"

_CALLER = "BrowserDFPProvider.get_telemetry_id"
_LONGEST_ID = 256


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
        port: Port of the page, where the project allows only one. Default: any that is free.
        open_url: Opens the page. Default: the person's browser.
        timeout: How long the browser may take, in seconds.

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
        self._port = port
        self._open_url = open_url
        self._timeout = timeout

    async def get_telemetry_id(self) -> str:
        """
        Open the page in the browser and return a new telemetry id, good for one call.

        Raises:
            StytchConnectionError: The port is in use, or the browser could make no id.
            StytchTimeoutError: The browser did not hand one back in time.
        """
        # aiohttp's server is loaded by those who need it.
        from ._loopback import Address, Loopback  # noqa: PLC0415

        # Only who was sent the page can know its path, and nobody can guess where the id goes.
        page_path, report_path = (f"/{secrets.token_urlsafe(16)}" for _ in range(2))
        page = pages.telemetry(
            script_url=self._script_url,
            submit_url=self._submit_url,
            public_token=self._public_token,
            report_path=report_path,
        )
        address = Address("localhost", self._port or 0)
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
        telemetry_id = reported.decode(errors="replace")
        if not (telemetry_id.isprintable() and 0 < len(telemetry_id) <= _LONGEST_ID):
            reason = f"the browser could not make a telemetry id with {self._script_url}"
            raise StytchConnectionError(endpoint=_CALLER, reason=reason, attempts=1)
        return telemetry_id


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
