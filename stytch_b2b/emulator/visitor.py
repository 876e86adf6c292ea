"""A person at a browser, without the browser: what tests walk through login pages with."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

from .browser import PAGE_PATH

_TIMEOUT_SECONDS = 30


class LoginRefusedError(Exception):
    """
    A browser was answered with an error where it should have been led on.

    Args:
        status: HTTP status.

        error_type: As the API names it; empty if the answer names none.

        message: What the person would read.
    """

    def __init__(self, status: int, error_type: str, message: str) -> None:
        super().__init__(f"{error_type} ({status}): {message}")
        self.status = status
        self.error_type = error_type


def visit(base_url: str, start_url: str, answer: Mapping[str, str]) -> str:
    """
    Start a login, answer at the identity provider, and return where the browser would be led.

    Args:
        base_url: Where the emulator is.

        start_url: Where the login starts, whatever its host.

        answer: The fields of the form.

    Raises:
        LoginRefusedError: The login could not start, or the answer was not taken.
        ValueError: No login starts at the URL.
    """
    parts = urlsplit(start_url)
    page = _request(base_url, "GET", f"{parts.path}?{parts.query}")
    if not page.startswith(f"{PAGE_PATH}?"):
        msg = f"no login starts at {parts.path}"
        raise ValueError(msg)
    _request(base_url, "GET", page)
    state = parse_qs(urlsplit(page).query)["state"][0]
    return _request(base_url, "POST", PAGE_PATH, {"state": state, **answer})


def _request(base_url: str, method: str, target: str, form: Mapping[str, str] | None = None) -> str:
    """Send a request; return where it leads, which is nowhere if it is answered with a page."""
    headers = {} if form is None else {"Content-Type": "application/x-www-form-urlencoded"}
    connection = _connection(base_url)
    try:
        connection.request(method, target, body=urlencode(form or {}), headers=headers)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status >= 400:
        raise _refusal(response.status, body)
    return response.headers.get("Location", "")


def _refusal(status: int, body: bytes) -> LoginRefusedError:
    try:
        error = json.loads(body)
        return LoginRefusedError(status, error["error_type"], error["error_message"])
    except (KeyError, TypeError, ValueError):
        # A fault has been at it.
        return LoginRefusedError(status, "", body.decode(errors="replace"))


def _connection(base_url: str) -> http.client.HTTPConnection:
    parts = urlsplit(base_url)
    if parts.scheme == "http":
        return http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_SECONDS)
    # It is the emulator's own certificate, and this process that serves it.
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(parts.netloc, timeout=_TIMEOUT_SECONDS, context=trusting)
