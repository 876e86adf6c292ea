"""How a client introduces itself."""

from __future__ import annotations

import json
import random
import re
from base64 import b64decode
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from stytch_b2b._config import SDK, Software
from stytch_b2b._identity import SDKClientHeader, user_agent
from stytch_b2b._version import __version__
from stytch_b2b.errors import StytchConfigurationError

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=timezone.utc)
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def decoded(value: str) -> Any:
    """
    Return what a header says, read by the strict rules of base64 and JSON.
    """
    return json.loads(b64decode(value, validate=True))


def test_fields() -> None:
    """
    The header says which program calls, by which SDK, on which system, and when.
    """
    said = decoded(SDKClientHeader(Software("shop", "1.2"), SDK).value(NOW))

    assert {"identifier": "shop", "version": "1.2"} == said["app"]
    assert {"identifier": "stytch_b2b", "version": __version__} == said["sdk"]
    assert {"identifier", "version"} == set(said["os"])
    assert "2026-11-23T12:00:00.123Z" == said["client_sent_at"]
    for field, prefix in (
        ("event_id", "event-id-"),
        ("app_session_id", "app-session-id-"),
        ("persistent_id", "persistent-id-"),
    ):
        assert re.fullmatch(prefix + UUID, said[field]), field
    assert {
        "app",
        "app_session_id",
        "client_sent_at",
        "event_id",
        "os",
        "persistent_id",
        "sdk",
    } == set(said)


def test_no_version() -> None:
    """
    A program that tells no version is introduced without one.
    """
    said = decoded(SDKClientHeader(Software("shop"), SDK).value(NOW))

    assert {"identifier": "shop"} == said["app"]


def test_events_differ() -> None:
    """
    Each call is an event of its own, in one session of one program.
    """
    header = SDKClientHeader(SDK, SDK)
    first, second = decoded(header.value(NOW)), decoded(header.value(NOW))

    assert first.pop("event_id") != second.pop("event_id")
    assert first == second


def test_events_differ_whatever_the_seed() -> None:
    """
    A program that seeds `random`, as tests and simulations do, still tells its events apart.
    """
    header = SDKClientHeader(SDK, SDK)
    state = random.getstate()
    values = []
    for _ in range(2):
        random.seed(1)
        values.append(decoded(header.value(NOW))["event_id"])
    random.setstate(state)

    assert values[0] != values[1]


def test_clients_differ() -> None:
    """
    Two clients are two sessions.
    """
    one, other = (decoded(SDKClientHeader(SDK, SDK).value(NOW)) for _ in range(2))

    assert one["app_session_id"] != other["app_session_id"]


printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


@given(identifier=printable, version=printable)
@example(identifier='"}', version="\\")
def test_any_name(identifier: str, version: str) -> None:
    """
    Whatever a program calls itself, at whatever length, the header is one base64 of one object.
    """
    value = SDKClientHeader(Software(identifier, version), SDK).value(NOW)

    assert identifier == decoded(value)["app"]["identifier"]
    assert re.fullmatch("[A-Za-z0-9+/]+={0,2}", value)


@pytest.mark.parametrize("name", ["ü", "a\nb", "a\rHost: b", "\ud800", "\x7f"])
@pytest.mark.parametrize("place", ["identifier", "version"])
def test_name_that_no_header_can_carry(name: str, place: str) -> None:
    """
    A name that would break the header it travels in is refused at once.
    """
    with pytest.raises(StytchConfigurationError, match=f"{place} must be printable ASCII"):
        Software(**{"identifier": "a", "version": "1", place: name})


def test_user_agent() -> None:
    """
    The user agent names the SDK and its version first.
    """
    assert user_agent(SDK).startswith(f"stytch_b2b/{__version__} Python/3.")
