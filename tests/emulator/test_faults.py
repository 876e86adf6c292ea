"""Injected faults: what clients see, and what takes effect nevertheless."""

from __future__ import annotations

import http.client
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Api

SCIM = "/sdk/v1/b2b/scim"
LOST = (http.client.RemoteDisconnected, ConnectionResetError)


@pytest.fixture
def token(api: Api) -> str:
    """
    Somebody is signed in.
    """
    return api.emulator.sign_in("ada@example.com", "Acme").session_token


def exists(api: Api, token: str) -> bool:
    """
    Tell whether a connection was created.
    """
    return api.get(SCIM, token=token).status == 200


@pytest.mark.parametrize(
    ("status", "error_type"),
    [
        (400, "bad_request"),
        (401, "unauthorized_credentials"),
        (403, "session_authorization_error"),
        (404, "route_not_found"),
        (429, "too_many_requests"),
        (500, "internal_server_error"),
        (503, "internal_server_error"),
    ],
)
def test_a_status_brings_an_error_body(api: Api, token: str, status: int, error_type: str) -> None:
    """
    The next answer has the status and an error body; the request has no effect.
    """
    api.emulator.faults.add(status=status)
    reply = api.post(SCIM, token=token)

    assert reply.error == (status, error_type)
    assert not exists(api, token)


def test_a_fault_strikes_as_often_as_said(api: Api, token: str) -> None:
    """
    After that the emulator is well again.
    """
    api.emulator.faults.add(status=503, times=2)
    assert repr(api.emulator.faults) == "<Faults 1 waiting>"
    statuses = [api.get("/sdk/v1/b2b/organizations/me", token=token).status for _ in range(3)]

    assert [503, 503, 200] == statuses
    assert len(api.emulator.faults) == 0


def test_faults_strike_in_order(api: Api) -> None:
    """
    The first fault that matches is the one.
    """
    api.emulator.faults.add(status=503)
    api.emulator.faults.add(status=429, headers={"Retry-After": "2"})
    first, second = api.get("/"), api.get("/")

    assert (first.status, second.status) == (503, 429)
    assert second.headers["Retry-After"] == "2"


@pytest.mark.parametrize("where", ["scim.get_connection", "/sdk/v1/b2b/scim"])
def test_a_fault_may_be_for_one_operation(api: Api, token: str, where: str) -> None:
    """
    Others are spared.
    """
    api.emulator.faults.add(status=503, operation=where)
    other = api.get("/sdk/v1/b2b/organizations/me", token=token)
    struck = api.get(SCIM, token=token)

    assert (other.status, struck.status) == (200, 503)


def test_faults_can_be_taken_back(api: Api, token: str) -> None:
    """
    What was cleared does not strike.
    """
    api.emulator.faults.add(status=503)
    api.emulator.faults.clear()

    assert api.get("/sdk/v1/b2b/organizations/me", token=token).status == 200


@pytest.mark.parametrize(
    ("body", "headers", "content_type", "expected"),
    [
        ("Captcha required", None, "text/plain; charset=utf-8", b"Captcha required"),
        (b"\xff\x00", None, "text/plain; charset=utf-8", b"\xff\x00"),
        ("<html>", {"content-type": "text/html"}, "text/html", b"<html>"),
        ({"a": [1]}, None, "application/json", b'{"a": [1]}'),
    ],
)
def test_bodies_may_be_anything(
    api: Api, body: Any, headers: dict[str, str] | None, content_type: str, expected: bytes
) -> None:
    """
    Text, bytes and JSON are sent as they are, labelled as asked.
    """
    api.emulator.faults.add(status=403, body=body, headers=headers)
    reply = api.get("/")

    assert reply.status == 403
    assert content_type == reply.headers["Content-Type"]
    assert expected == reply.body


def test_a_body_alone_is_a_good_answer(api: Api) -> None:
    """
    Without a status the answer has 200.
    """
    api.emulator.faults.add(body={"data": {}})

    assert api.get("/").data == {}


def test_a_success_without_body_is_made_up(api: Api) -> None:
    """
    A good status alone brings an envelope with nothing in it.
    """
    api.emulator.faults.add(status=202)
    reply = api.get("/")

    assert reply.status == 202
    assert set(reply.json["data"]) == {"request_id", "status_code"}


def test_headers_alone_leave_the_answer(api: Api, token: str) -> None:
    """
    A fault that adds headers only lets the request take effect.
    """
    api.emulator.faults.add(headers={"X-Extra": "1"})
    reply = api.post(SCIM, token=token)

    assert reply.headers["X-Extra"] == "1"
    assert reply.status == 200
    assert exists(api, token)


@pytest.mark.parametrize("drop", ["before_read", "after_read"])
def test_a_dropped_connection(api: Api, token: str, drop: Any) -> None:
    """
    The client gets nothing, nothing has happened, and the request is in the log.
    """
    api.emulator.faults.add(drop=drop)
    with pytest.raises(LOST):
        api.post(SCIM, {"display_name": "x"}, token=token)
    (logged,) = api.emulator.requests

    assert logged.operation == "scim.create_connection"
    assert (b"" if drop == "before_read" else b'{"display_name": "x"}') == logged.body
    assert not exists(api, token)


def test_dropped_after_it_was_handled(api: Api, token: str) -> None:
    """
    The answer is lost, and the request has taken effect.
    """
    api.emulator.faults.add(drop="after_read", handle=True)
    with pytest.raises(LOST):
        api.post(SCIM, token=token)

    assert exists(api, token)


@pytest.mark.parametrize("handle", [False, True])
def test_a_cut_body(api: Api, token: str, handle: bool) -> None:
    """
    More was announced than is sent; whether the request takes effect is a choice.
    """
    api.emulator.faults.add(cut_body=True, handle=handle)
    with pytest.raises(http.client.IncompleteRead) as caught:
        api.post(SCIM, token=token)

    assert caught.value.partial.startswith(b'{"data": {')
    assert handle == exists(api, token)


def test_a_handled_request_with_another_answer(api: Api, token: str) -> None:
    """
    A gateway may answer for itself after the request has taken effect.
    """
    api.emulator.faults.add(
        status=502, body="<html>", headers={"Content-Type": "text/html"}, handle=True
    )
    reply = api.post(SCIM, token=token)

    assert (reply.status, reply.body) == (502, b"<html>")
    assert reply.headers["Content-Type"] == "text/html"
    assert exists(api, token)


def test_a_delay_ends_when_the_clock_has_moved(api: Api, token: str) -> None:
    """
    A held answer takes effect at once and arrives when its time has come.
    """
    api.emulator.clock.freeze()
    api.emulator.faults.add(delay=30, operation="scim.create_connection")
    replies: list[int] = []
    caller = threading.Thread(target=lambda: replies.append(api.post(SCIM, token=token).status))
    caller.start()
    while not exists(api, token):
        pass
    early = list(replies)
    api.emulator.clock.advance(seconds=30)
    caller.join(10)

    assert [] == early
    assert [200] == replies


def test_stopping_releases_held_answers(api: Api) -> None:
    """
    Nobody waits for an emulator that is going away.
    """
    api.emulator.faults.add(status=504, delay=3600)
    replies: list[int] = []
    caller = threading.Thread(target=lambda: replies.append(api.get("/").status))
    caller.start()
    while not api.emulator.requests:
        pass
    api.emulator.stop()
    caller.join(10)

    assert [504] == replies


def test_contradictions_are_refused(api: Api) -> None:
    """
    A fault that cannot be is not taken.
    """
    with pytest.raises(ValueError, match="times must be at least 1, but got 0"):
        api.emulator.faults.add(times=0, status=500)
    with pytest.raises(ValueError, match="cannot be handled; use 'after_read'"):
        api.emulator.faults.add(drop="before_read", handle=True)


def test_the_control_plane_is_spared(api: Api) -> None:
    """
    Faults are for the API; the control plane works, and is not logged.
    """
    api.emulator.faults.add(status=500)
    reply = api.get("/_emulator/clock", headers={"Authorization": None})

    assert reply.status == 200
    assert len(api.emulator.requests) == 0
    assert json.loads(reply.body)["now"]
