"""What the log says of calls, to those who ask for DEBUG; and that nobody else pays for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from stytch_b2b import AsyncStytchB2BClient, EventHooks, StytchError
from stytch_b2b._endpoint import endpoint_of
from stytch_b2b._engine import Engine
from stytch_b2b._sending import Sender
from stytch_b2b._state import StateCell
from stytch_b2b.emulator import Emulator
from tests.api.support import StillClock

pytestmark = pytest.mark.anyio

MakeClient = Callable[..., AsyncStytchB2BClient]

ERROR = {"status_code": 400, "error_type": "odd\nname", "error_message": "m", "request_id": "a\nb"}


@pytest.fixture
def client(make_client: MakeClient, admin_session: Any) -> AsyncStytchB2BClient:
    """
    A client of an admin whose waits take no time.
    """
    return make_client(clock=StillClock()).with_session(session_token=admin_session.session_token)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """
    Return what was logged, but for what it was logged of.
    """
    return [record.getMessage() for record in caplog.records if record.name == "stytch_b2b"]


async def test_debug(client, emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    """
    A line for each attempt and one for the call: name, route, how it went, how long, request ID.
    """
    emulator.faults.add(status=503, headers={"Retry-After": "2"}, body="")
    with caplog.at_level(logging.DEBUG, "stytch_b2b"):
        answer = await client.session.authenticate()

    assert [
        "session.authenticate, attempt 1: HTTP 503 in 0.0 ms",
        f"session.authenticate, attempt 2: HTTP 200 in 0.0 ms, {answer.request_id}",
        (
            "session.authenticate (POST /sdk/v1/b2b/sessions/authenticate): HTTP 200, "
            f"attempts: 2, 2000.0 ms, {answer.request_id}"
        ),
    ] == lines(caplog)
    assert {"DEBUG"} == {record.levelname for record in caplog.records}


async def test_failures(client, emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    """
    An error is told by its class and the API's name for it, on one line whatever the API says.
    """
    emulator.faults.add(status=400, body=ERROR)
    emulator.faults.add(drop="after_read")
    with caplog.at_level(logging.DEBUG, "stytch_b2b"):
        for call in (client.scim.get_connection, client.session.revoke):
            with pytest.raises(StytchError):
                await call()
        with pytest.raises(StytchError):
            await client.with_state(type(client.state)()).self.get()
    first, second, third, fourth, fifth = lines(caplog)

    assert first.endswith("attempt 1: HTTP 400 in 0.0 ms, a b")
    assert second.endswith(": BadRequestError odd name HTTP 400, attempts: 1, 0.0 ms, a b")
    assert third == (
        "session.revoke, attempt 1: the server closed the connection without an answer in 0.0 ms"
    )
    assert fourth.endswith(": StytchOutcomeUnknownError, attempts: 1, 0.0 ms")
    assert fifth.startswith("self.get (GET /sdk/v1/b2b/organizations/members/me): ")
    assert fifth.endswith(": NoSessionError, attempts: 0, 0.0 ms")


async def test_values_of_arguments(client, caplog: pytest.LogCaptureFixture) -> None:
    """
    A path is shown as its template.
    """
    with caplog.at_level(logging.DEBUG, "stytch_b2b"), pytest.raises(StytchError):
        await client.scim.delete_connection("scim-connection-of-somebody")

    assert "(DELETE /sdk/v1/b2b/scim/{connection_id})" in caplog.text
    assert "of-somebody" not in caplog.text


def chosen(client: AsyncStytchB2BClient) -> str:
    """
    Return the name of the coroutine function that a call of *client* would run.
    """
    coroutine = client._actor.call(endpoint_of(client.bootstrap.get), {})
    coroutine.close()
    return coroutine.__qualname__


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (logging.WARNING, Engine._call),
        (logging.INFO, Engine._call),
        (logging.DEBUG, Engine._observed_call),
    ],
    ids=["WARNING", "INFO", "DEBUG"],
)
async def test_path_by_level(client, caplog, level: int, expected: Any) -> None:
    """
    Above DEBUG a call is the very coroutine that nobody observes: nothing is there to format.
    """
    with caplog.at_level(level, "stytch_b2b"):
        assert expected.__qualname__ == chosen(client)


@pytest.mark.parametrize(
    ("hooks", "expected"),
    [
        (EventHooks(), Engine._call),
        (EventHooks(state_change=print, drift=print), Engine._call),
        (EventHooks(request=print), Engine._observed_call),
        (EventHooks(attempt=print), Engine._observed_call),
        (EventHooks(response=print), Engine._observed_call),
    ],
    ids=["none", "of other things", "request", "attempt", "response"],
)
async def test_path_by_hooks(make_client: MakeClient, hooks: EventHooks, expected: Any) -> None:
    """
    Only hooks for calls have calls observed.
    """
    client = make_client(event_hooks=[hooks])

    assert expected.__qualname__ == chosen(client)


async def test_attempts_of_unobserved_calls(make_client: MakeClient, monkeypatch) -> None:
    """
    Nor is there a frame around the attempts of a call that nobody observes.
    """
    frames: list[str] = []
    client = make_client()
    sender = client._actor.engine._sender
    attempt = sender._attempt

    def look(exchange: Any) -> Any:
        coroutine = attempt(exchange)
        frames.append(coroutine.__qualname__)
        return coroutine

    monkeypatch.setattr(sender, "_attempt", look)
    await client.bootstrap.get()

    assert [Sender._send_once.__qualname__] == frames


async def test_cells_of_clients_without_hooks(make_client: MakeClient) -> None:
    """
    A view has no listener of its own, unless there is a hook for changes of the state.
    """
    cells: list[StateCell] = [
        make_client(event_hooks=hooks).with_session(session_token="t")._actor.cell
        for hooks in ([], [EventHooks(response=print)], [EventHooks(state_change=print)])
    ]

    assert [0, 0, 1] == [len(cell._listeners) for cell in cells]
