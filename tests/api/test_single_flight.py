"""Many who ask about one session at the same time: one request, and everybody has the answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    ServerError,
    StytchConnectionError,
    StytchError,
    StytchTimeoutError,
    Timeout,
)
from stytch_b2b._portal import call
from stytch_b2b.emulator import Emulator, SignedIn
from tests.api.support import HOLD, hold, logged, release, until

pytestmark = pytest.mark.anyio

AUTHENTICATE = "session.authenticate"
PASSWORD = "six tall larches, one kite"
ALL = 200
FOR_EVER = 3600


@pytest.fixture
def make_view(
    client: AsyncStytchB2BClient, admin_session: SignedIn
) -> Callable[[], AsyncStytchB2BClient]:
    """
    Make clients that act by Ada's session, each with a state of its own.
    """
    return lambda: client.with_session(session_token=admin_session.session_token)


async def all_ask(
    views: list[AsyncStytchB2BClient], emulator: Emulator, **arguments: Any
) -> list[Any]:
    """
    Have all *views* ask while the first answer is held back; return responses and errors.
    """
    outcomes: list[Any] = [None] * len(views)

    async def ask(number: int) -> None:
        try:
            outcomes[number] = await views[number].session.authenticate(**arguments)
        except StytchError as error:
            outcomes[number] = error

    before = len(logged(emulator, AUTHENTICATE))
    async with anyio.create_task_group() as group:
        for number in range(len(views)):
            group.start_soon(ask, number)
        await until(lambda: len(logged(emulator, AUTHENTICATE)) > before)
        await anyio.wait_all_tasks_blocked()
        release(emulator)
    return outcomes


async def test_one_request_for_all(make_view, emulator) -> None:
    """
    Two hundred clients of one session that ask at once send one request, and all are settled.
    """
    views = [make_view() for _ in range(ALL)]
    hold(emulator, AUTHENTICATE)

    responses = await all_ask(views, emulator)

    assert 1 == len(logged(emulator, AUTHENTICATE))
    for view, response in zip(views, responses, strict=True):
        assert response.member_session == view.session.get_sync()
        assert response.member == view.self.get_sync()
        assert response.session_jwt == view.state.session_jwt
        assert (200, 1, response.request_id) == (
            response.meta.status_code,
            response.meta.attempts,
            response.meta.request_id,
        )
    assert ALL == len({id(response) for response in responses})
    assert ALL == len({id(response.meta) for response in responses})


async def test_one_client(admin, emulator, admin_session) -> None:
    """
    Calls of one and the same client share a request as well, and its listeners hear of one change.
    """
    changes: list[Any] = []
    admin.session.on_change(lambda *change: changes.append(change))
    hold(emulator, AUTHENTICATE)

    responses = await all_ask([admin] * ALL, emulator)

    assert 1 == len(logged(emulator, AUTHENTICATE))
    assert [(None, responses[0].member_session)] == changes


async def test_second_wave(make_view, emulator) -> None:
    """
    Who asks after an answer has come asks anew: nothing is kept.
    """
    first, second = [[make_view() for _ in range(5)] for _ in range(2)]
    for wave in (first, second):
        hold(emulator, AUTHENTICATE)
        await all_ask(wave, emulator)

    await first[0].session.authenticate()

    assert 3 == len(logged(emulator, AUTHENTICATE))


async def test_different_questions(make_view, emulator, client, member_session) -> None:
    """
    Other arguments, another session and another call are requests of their own.
    """
    other = client.with_session(session_token=member_session.session_token)
    emulator.faults.add(delay=HOLD, times=5)
    async with anyio.create_task_group() as group:
        group.start_soon(make_view().session.authenticate)
        group.start_soon(lambda: make_view().session.authenticate(session_duration_minutes=5))
        group.start_soon(lambda: make_view().session.authenticate(session_duration_minutes=6))
        group.start_soon(other.session.authenticate)
        group.start_soon(make_view().self.get)
        await until(lambda: len(emulator.requests) == 5)
        release(emulator)

    assert 4 == len(logged(emulator, AUTHENTICATE))


async def test_other_calls_share_nothing(make_view, emulator) -> None:
    """
    Any other call is sent as often as it is made.
    """
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(make_view().self.get)

    assert 5 == len(logged(emulator, "self.get"))


async def test_session_that_is_gone(make_view, emulator) -> None:
    """
    When the session is gone everybody is told by an error of their own, and every client forgets.
    """
    views = [make_view() for _ in range(ALL)]
    hold(emulator, AUTHENTICATE)
    emulator.clock.advance(hours=24 * 365)

    errors = await all_ask(views, emulator)

    assert 1 == len(logged(emulator, AUTHENTICATE))
    assert {AuthenticationError} == set(map(type, errors))
    assert ALL == len(set(map(id, errors)))
    assert {None} == {view.state.session_token for view in views}


async def test_leader_that_fails(make_view, emulator) -> None:
    """
    When the API is away everybody has an error, after as many attempts as one caller makes.
    """
    views = [make_view() for _ in range(ALL)]
    at_once: dict[str, Any] = {"status": 503, "headers": {"Retry-After": "0"}}
    emulator.faults.add(operation=AUTHENTICATE, delay=HOLD, **at_once)
    emulator.faults.add(operation=AUTHENTICATE, times=ALL, **at_once)

    errors = await all_ask(views, emulator)

    assert 3 == len(logged(emulator, AUTHENTICATE))
    assert {ServerError} == set(map(type, errors))
    assert [3] * ALL == [error.attempts for error in errors]
    assert ALL == len(set(map(id, errors)))
    assert all(view.state.session_token is not None for view in views)


async def test_answer_after_a_retry(make_view, emulator) -> None:
    """
    The attempts of the one who sends count for all who get the answer.
    """
    emulator.faults.add(
        operation=AUTHENTICATE, status=503, headers={"Retry-After": "0"}, delay=HOLD
    )

    responses = await all_ask([make_view() for _ in range(5)], emulator)

    assert [2] * 5 == [response.meta.attempts for response in responses]


async def test_connection_that_breaks(make_view, emulator) -> None:
    """
    When the connection breaks everybody has an error of their own that says so.
    """
    views = [make_view().with_options(retries=0) for _ in range(ALL)]
    emulator.faults.add(operation=AUTHENTICATE, drop="after_read", delay=HOLD)

    errors = await all_ask(views, emulator)

    assert 1 == len(logged(emulator, AUTHENTICATE))
    assert {StytchConnectionError} == set(map(type, errors))
    assert ALL == len(set(map(id, errors)))
    assert [1] * ALL == [error.attempts for error in errors]


async def test_cancelled_leader_hands_over(make_view, emulator) -> None:
    """
    If the one who sends is cancelled, the next sends anew for all who wait.
    """
    views = [make_view() for _ in range(50)]
    responses: list[Any] = []
    leader = anyio.CancelScope()
    emulator.faults.add(operation=AUTHENTICATE, delay=HOLD, times=2)

    async def lead() -> None:
        with leader:
            await make_view().session.authenticate()

    async def follow(view: AsyncStytchB2BClient) -> None:
        responses.append(await view.session.authenticate())

    async with anyio.create_task_group() as group:
        group.start_soon(lead)
        await until(lambda: len(logged(emulator, AUTHENTICATE)) == 1)
        for view in views:
            group.start_soon(follow, view)
        await anyio.wait_all_tasks_blocked()
        leader.cancel()
        await until(lambda: len(logged(emulator, AUTHENTICATE)) == 2)
        await anyio.wait_all_tasks_blocked()
        release(emulator)

    assert leader.cancelled_caught
    assert 50 == len(responses)
    assert 2 == len(logged(emulator, AUTHENTICATE))
    assert [1] * 50 == [response.meta.attempts for response in responses]


async def test_all_are_cancelled(make_view, emulator) -> None:
    """
    If all are cancelled all end at once, and whoever asks then is answered.
    """
    emulator.faults.add(operation=AUTHENTICATE, delay=FOR_EVER)
    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(make_view().session.authenticate)
        await until(lambda: logged(emulator, AUTHENTICATE))
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()

    assert 200 == (await make_view().session.authenticate()).meta.status_code


async def test_waiter_with_less_time(make_view, emulator) -> None:
    """
    Who has less time than the one who sends is out of time by its own deadline.
    """
    hold(emulator, AUTHENTICATE)
    responses: list[Any] = []

    async def lead() -> None:
        responses.append(await make_view().session.authenticate())

    async with anyio.create_task_group() as group:
        group.start_soon(lead)
        await until(lambda: logged(emulator, AUTHENTICATE))
        with pytest.raises(StytchTimeoutError) as caught:
            await make_view().with_options(timeout=0.1).session.authenticate()
        release(emulator)

    assert "session.authenticate: out of time" in str(caught.value)
    assert 1 == len(responses) == len(logged(emulator, AUTHENTICATE))


async def test_leader_with_less_time(make_view, emulator) -> None:
    """
    Who has more time than the one who sends does not share its giving up, but sends once more.
    """
    emulator.faults.add(operation=AUTHENTICATE, delay=FOR_EVER)
    hurried = [make_view().with_options(timeout=0.2) for _ in range(10)]
    patient = [make_view() for _ in range(10)]
    outcomes: list[Any] = []

    async def ask(view: AsyncStytchB2BClient) -> None:
        try:
            outcomes.append(await view.session.authenticate())
        except StytchTimeoutError as error:
            outcomes.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(ask, hurried[0])
        await until(lambda: logged(emulator, AUTHENTICATE))
        for view in (*hurried[1:], *patient):
            group.start_soon(ask, view)

    assert 2 == len(logged(emulator, AUTHENTICATE))
    assert 10 == sum(isinstance(outcome, StytchTimeoutError) for outcome in outcomes)
    assert [1] * 10 == [one.meta.attempts for one in outcomes if not isinstance(one, StytchError)]


async def test_late_to_a_flight_that_fails(make_client, admin_session, emulator) -> None:
    """
    Who came while the one who sends was running out of time is not out of time with it.
    """
    emulator.clock.freeze()
    emulator.faults.add(operation=AUTHENTICATE, delay=FOR_EVER)
    client = make_client(timeout=Timeout(read=0.2), retries=0)
    outcomes: dict[str, Any] = {}

    async def ask(name: str) -> None:
        view = client.with_session(session_token=admin_session.session_token)
        try:
            outcomes[name] = await view.session.authenticate()
        except StytchTimeoutError as error:
            outcomes[name] = error

    async with anyio.create_task_group() as group:
        group.start_soon(ask, "leader")
        group.start_soon(ask, "early")
        await until(lambda: logged(emulator, AUTHENTICATE))
        emulator.clock.advance(seconds=20)
        group.start_soon(ask, "late")

    assert {"leader": StytchTimeoutError, "early": StytchTimeoutError} == {
        name: type(outcomes[name]) for name in ("leader", "early")
    }
    assert 200 == outcomes["late"].meta.status_code
    assert 2 == len(logged(emulator, AUTHENTICATE))


async def test_answer_older_than_what_is_known(client, emulator) -> None:
    """
    Who knows more of the session than the one who sends did shares no answer that knows less.
    """
    member = emulator.create_member("Acme", "eve@acme.example", password=PASSWORD)
    session = emulator.sign_in("eve@acme.example", "Acme")
    upgraded, other = (client.with_session(session_token=session.session_token) for _ in range(2))
    hold(emulator, AUTHENTICATE)

    async with anyio.create_task_group() as group:
        group.start_soon(other.session.authenticate)
        await until(lambda: logged(emulator, AUTHENTICATE))
        await upgraded.passwords.authenticate(
            organization_id=member.organization_id,
            email_address="eve@acme.example",
            password=PASSWORD,
            session_duration_minutes=60,
        )
        group.start_soon(upgraded.session.authenticate)
        await until(lambda: len(logged(emulator, AUTHENTICATE)) == 2)
        release(emulator)

    assert session.session_token == upgraded.state.session_token
    assert 2 == len(upgraded.session.get_sync().authentication_factors)


async def test_another_session_took_the_place(admin, emulator, member_session) -> None:
    """
    Calls that find another session in the client repeat for that one, and share that flight too.
    """
    emulator.faults.add(operation=AUTHENTICATE, delay=HOLD, times=2)
    responses: list[Any] = []

    async def ask() -> None:
        responses.append(await admin.session.authenticate())

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(ask)
        await until(lambda: len(logged(emulator, AUTHENTICATE)) == 1)
        await anyio.wait_all_tasks_blocked()
        admin.session.update_session(session_token=member_session.session_token)
        release(emulator)
        await until(lambda: len(logged(emulator, AUTHENTICATE)) == 2)
        await anyio.wait_all_tasks_blocked()
        release(emulator)

    assert 2 == len(logged(emulator, AUTHENTICATE))
    assert {"bob@acme.example"} == {one.member.email_address for one in responses}
    assert [2] * 20 == [one.meta.attempts for one in responses]


def test_two_loops(emulator, admin_session) -> None:
    """
    Loops in two threads send a request each: neither waits for the other.
    """
    client = AsyncStytchB2BClient(
        emulator.public_token, base_url=emulator.url, clock=emulator.clock
    )
    emulator.faults.add(operation=AUTHENTICATE, delay=HOLD, times=2)
    members: list[str] = []

    async def ask() -> None:
        view = client.with_session(session_token=admin_session.session_token)
        members.append((await view.session.authenticate()).member.email_address)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(ask)

    async def wait_and_release() -> None:
        await until(lambda: len(logged(emulator, AUTHENTICATE)) == 2)
        release(emulator)

    threads = [
        threading.Thread(target=lambda one=one: anyio.run(main, backend=one))
        for one in ("asyncio", "trio")
    ]
    for thread in threads:
        thread.start()
    anyio.run(wait_and_release)
    for thread in threads:
        thread.join()
    anyio.run(client.aclose)

    assert ["ada@acme.example"] * 20 == members
    assert 2 == len(logged(emulator, AUTHENTICATE))


def test_threads_of_the_blocking_client(emulator, sync_client, admin_session) -> None:
    """
    Blocking callers in many threads share a request too: their calls meet in one loop.
    """
    views = [sync_client.with_session(session_token=admin_session.session_token) for _ in range(20)]
    hold(emulator, AUTHENTICATE)
    members: list[str] = []

    async def number_of_tasks() -> int:
        return len(asyncio.all_tasks())

    def ask(view: Any) -> None:
        members.append(view.session.authenticate().member.email_address)

    async def wait_and_release() -> None:
        await until(lambda: call(number_of_tasks) > len(views))
        await until(lambda: logged(emulator, AUTHENTICATE))
        call(anyio.wait_all_tasks_blocked)
        release(emulator)

    threads = [threading.Thread(target=ask, args=(view,)) for view in views]
    for thread in threads:
        thread.start()
    anyio.run(wait_and_release)
    for thread in threads:
        thread.join()

    assert ["ada@acme.example"] * 20 == members
    assert {"ada@acme.example"} == {view.self.get_sync().email_address for view in views}
    assert 1 == len(logged(emulator, AUTHENTICATE))
