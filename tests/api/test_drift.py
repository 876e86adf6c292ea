"""Whoever wants to know how answers differ from the models is told, each difference once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from stytch_b2b import AsyncStytchB2BClient, Drift, DriftEvent, DriftKind, EventHooks
from stytch_b2b.emulator import Emulator, SignedIn

pytestmark = pytest.mark.anyio

DELETED = {
    "data": {"request_id": "r", "status_code": 200, "connection_id": "c", "moved_to": "the attic"}
}
MOVED = Drift(DriftKind.UNKNOWN_FIELD, "$.data.moved_to", "string")


@pytest.fixture
def told() -> list[DriftEvent]:
    """
    What the hook was told.
    """
    return []


@pytest.fixture
def client(
    make_client: Callable[..., AsyncStytchB2BClient],
    admin_session: SignedIn,
    told: list[DriftEvent],
) -> AsyncStytchB2BClient:
    """
    A client of an admin with a hook for drift.
    """
    client = make_client(event_hooks=[EventHooks(drift=told.append)])
    return client.with_session(session_token=admin_session.session_token)


async def test_answers_that_keep_their_promises(client: Any, told: Any) -> None:
    """
    Nothing is told of the emulator's own answers.
    """
    await client.session.authenticate()
    await client.scim.create_connection(display_name="Okta")
    await client.bootstrap.get()

    assert [] == told


async def test_each_difference_once(client: Any, emulator: Emulator, told: Any) -> None:
    """
    A field that nobody knows is told of with the call that brought it, and not again.
    """
    emulator.faults.add(status=200, body=DELETED, times=2)
    for _ in range(2):
        response = await client.scim.delete_connection("c")

    assert [DriftEvent(call="scim.delete_connection", drift=MOVED)] == told
    assert "the attic" == response.raw["data"]["moved_to"]


async def test_hook_that_raises(
    make_client: Callable[..., AsyncStytchB2BClient],
    emulator: Emulator,
    admin_session: SignedIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    A hook's own mistake is logged, and the call has its answer all the same.
    """

    def hook(event: DriftEvent) -> None:
        raise ZeroDivisionError

    client = make_client(event_hooks=[EventHooks(drift=hook)]).with_session(
        session_token=admin_session.session_token
    )
    emulator.faults.add(status=200, body=DELETED)
    with caplog.at_level(logging.ERROR, "stytch_b2b"):
        response = await client.scim.delete_connection("c")

    assert "c" == response.connection_id
    assert ["an event hook for drift raised"] == [record.message for record in caplog.records]


async def test_nobody_asked(make_client: Callable[..., AsyncStytchB2BClient]) -> None:
    """
    Without a hook for it no answer is compared with its model.
    """
    with_others = make_client(event_hooks=[EventHooks(response=print)])

    assert [None, None] == [client._actor.engine._drift for client in (make_client(), with_others)]
