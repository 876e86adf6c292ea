"""HTTP as values: segments of paths, waits that headers ask for, and what a repr shows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from urllib.parse import unquote

import pytest
from hypothesis import example, given, strategies as st

from stytch_b2b._headers import Headers
from stytch_b2b._wire import Request, Response, json_object, path_segment, retry_after

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=timezone.utc)


@given(st.text())
@example("a/b")
@example("%2e%2e")
@example("ü?#;\n")
def test_path_segment(value: str) -> None:
    """
    A segment has no character that could end it, and means the value it was made of.
    """
    segment = path_segment(value)

    assert segment.isascii()
    assert not set("/?#;\\ \n\r\t") & set(segment)
    assert value == unquote(segment)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 13:00:30 +0100", 30.0),
        ("Mon, 23 Nov 2026 12:00:30", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("1.5", None),
        ("-1", None),
        ("٣", None),
        ("²", None),
        ("Mon, 32 Nov 2026 12:00:30 GMT", None),
        ("Mon, 23 Nov 99999 12:00:30 GMT", None),
        ("Mon, 23 Nov 2026 12:00:30 +9999", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    """
    Seconds and dates are understood, a past date means now, and anything else counts as absent.
    """
    assert seconds == retry_after(Headers({"retry-after": value}), now=NOW)


def test_no_retry_after() -> None:
    """
    Without the header there is no word of the server.
    """
    assert retry_after(Headers({}), now=NOW) is None


@given(
    st.text() | st.datetimes().map(str) | st.from_regex(r"\w{3}, [\d-]+ \w{3} \d+ [\d:]+ .{0,6}")
)
@example(" ")
@example("9" * 5000)
@example("Mon, 23 Nov 2026 12:00:30 -2400")
@example("Mon, 01 Jan 0001 00:00:00 +2359")
def test_retry_after_survives_anything(value: str) -> None:
    """
    Whatever the header says, it is a number of seconds that are not negative, or nothing.
    """
    seconds = retry_after({"Retry-After": value}, now=NOW)

    assert seconds is None or seconds >= 0


@given(st.integers(0, 10**8))
def test_retry_after_date(seconds: int) -> None:
    """
    A date as HTTP writes it says how long to wait from now.
    """
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)

    assert float(seconds) == retry_after({"Retry-After": date}, now=NOW)


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"5", b'"text"', b"{", b"\xff", b"\xef\xbb\xbf", b"[" * 100_000, b"{}x"],
    ids=lambda one: ascii(one[:8]),
)
def test_no_json_object(body: bytes) -> None:
    """
    A body that is no JSON object is none, however it is broken.
    """
    assert json_object(body) is None


def test_json_object() -> None:
    """
    A JSON object is a dict.
    """
    assert {"a": [1, None]} == json_object(b' {"a": [1, null]} ')


@pytest.mark.parametrize(
    ("status", "is_success"), [(199, False), (200, True), (299, True), (300, False), (404, False)]
)
def test_success(status: int, is_success: bool) -> None:
    """
    A status of 2xx is success, and no other.
    """
    assert is_success is Response(status, {}, b"").is_success


def test_reprs_hold_no_secrets() -> None:
    """
    Headers and bodies carry tokens, so no repr shows them.
    """
    headers = {"Authorization": "Basic hunter2"}
    shown = repr(Request("GET", "/a", headers, b"hunter2")) + repr(
        Response(200, headers, b"hunter2")
    )

    assert "hunter2" not in shown
    assert "/a" in shown
