"""Time limits, with small real budgets and bounds that only a hanging call reaches."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from stytch_b2b import (
    StytchB2BClient,
    StytchError,
    StytchOutcomeUnknownError,
    StytchTimeoutError,
    Timeout,
)
from stytch_b2b.emulator import Emulator
from tests.api.support import logged, until

pytestmark = pytest.mark.anyio

GENEROUS = 10
FOR_EVER = 3600

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


@pytest.fixture(params=["client", "view", "number"])
def impatient(request: pytest.FixtureRequest, make_client: Any, admin_session: Any) -> Any:
    """
    A client with two tenths of a second, in each of the ways to say so.
    """
    tokens = {"session_token": admin_session.session_token}
    match request.param:
        case "client":
            return make_client(timeout=Timeout(deadline=0.2)).with_session(**tokens)
        case "view":
            return make_client().with_session(**tokens).with_options(timeout=Timeout(deadline=0.2))
        case _:
            return make_client(timeout=0.2).with_session(**tokens)


async def test_deadline(impatient, emulator) -> None:
    """
    The deadline ends the call, and no attempt is begun after it.
    """
    emulator.faults.add(delay=FOR_EVER, times=9)

    with anyio.fail_after(GENEROUS), pytest.raises(StytchTimeoutError) as caught:
        await impatient.scim.get_connection()

    assert 1 == len(emulator.requests)
    assert "scim.get_connection" == caught.value.endpoint


async def test_deadline_of_what_must_not_be_repeated(impatient, emulator) -> None:
    """
    If the deadline passes after the request was sent, the outcome is unknown.
    """
    emulator.faults.add(delay=FOR_EVER, times=9)

    with anyio.fail_after(GENEROUS), pytest.raises(StytchOutcomeUnknownError) as caught:
        await impatient.scim.create_connection(display_name="x")

    assert caught.value.timed_out


async def test_options_of_a_view_are_its_own(admin, emulator) -> None:
    """
    The client that a view with a shorter time was made from keeps its own.
    """
    admin.with_options(timeout=0.001)
    emulator.faults.add(delay=0.02)

    assert (await admin.self.get()).member is not None


async def test_deadline_covers_real_waits(admin, emulator) -> None:
    """
    Waits between attempts count: a server that is away does not make the call longer.
    """
    emulator.faults.add(times=99, status=503, headers={"Retry-After": "1"})

    with anyio.fail_after(GENEROUS), pytest.raises(StytchError, match="HTTP 503"):
        await admin.with_options(timeout=0.5).scim.get_connection()

    assert 1 == len(emulator.requests)


async def test_read_timeout_is_between_pieces(make_client, drip) -> None:
    """
    An answer that keeps coming is not cut off by the read timeout.
    """
    body = b'{"data": {"member": null, "request_id": "r", "status_code": 200}}'
    head = HEAD.replace(b"1000", str(len(body)).encode())
    server = drip(head, *(body[i : i + 8] for i in range(0, len(body), 8)), pause=0.02)
    client = make_client(base_url=server.url, timeout=Timeout(read=5, deadline=GENEROUS))

    response = await client.with_session(session_token="t").self.get()

    assert "r" == response.request_id


async def test_deadline_is_for_the_whole_answer(make_client, drip) -> None:
    """
    An answer that keeps coming is cut off by the deadline.
    """
    server = drip(HEAD, *([b" "] * 900), pause=0.01)
    client = make_client(base_url=server.url, timeout=Timeout(read=5, deadline=0.1), retries=0)

    with anyio.fail_after(GENEROUS), pytest.raises(StytchTimeoutError):
        await client.with_session(session_token="t").self.get()

    assert 1 == server.requests


async def test_silence_in_the_middle(make_client, drip) -> None:
    """
    A server that falls silent in the middle of an answer is no longer waited for.
    """
    server = drip(HEAD + b'{"data": {')
    client = make_client(base_url=server.url, timeout=Timeout(read=0.05), retries=0)
    view = client.with_session(session_token="t")

    with anyio.fail_after(GENEROUS):
        with pytest.raises(StytchTimeoutError):
            await view.self.get()
        with pytest.raises(StytchOutcomeUnknownError) as caught:
            await view.scim.create_connection(display_name="x")

    assert caught.value.timed_out


async def test_waiting_for_a_connection(admin, emulator) -> None:
    """
    Who never got a connection was not sent: out of time, and nothing happened.
    """
    emulator.faults.add(operation="self.get", delay=FOR_EVER, times=200)

    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(admin.self.get)
        await until(lambda: len(logged(emulator, "self.get")) == 100)
        with anyio.fail_after(GENEROUS), pytest.raises(StytchTimeoutError):
            await admin.with_options(timeout=0.05).scim.create_connection(display_name="x")
        group.cancel_scope.cancel()

    assert [] == logged(emulator, "scim.create_connection")


async def test_client_works_after_timeouts(impatient, admin, emulator) -> None:
    """
    A call that timed out harms none of the calls after it.
    """
    emulator.faults.add(delay=FOR_EVER)
    with pytest.raises(StytchTimeoutError):
        await impatient.self.get()

    response = await impatient.with_options(timeout=GENEROUS).self.get()

    assert "ada@acme.example" == response.member.email_address


def test_sync(emulator: Emulator, admin_session: Any) -> None:
    """
    The blocking client keeps to the same limits.
    """
    emulator.faults.add(delay=FOR_EVER, times=9)
    with StytchB2BClient(emulator.public_token, base_url=emulator.url, timeout=0.2) as client:
        view = client.with_session(session_token=admin_session.session_token)

        with pytest.raises(StytchTimeoutError):
            view.self.get()
        with pytest.raises(StytchOutcomeUnknownError):
            view.scim.create_connection(display_name="x")
