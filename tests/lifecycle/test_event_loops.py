"""One client and many event loops: one after the other, at once, of every kind."""

from __future__ import annotations

import asyncio
import json
import threading
from functools import partial

import anyio
import pytest

from stytch_b2b import SessionState, Timeout
from tests.lifecycle.support import LONG, RUNNERS, at_once, client_of, open_connections, until


@pytest.mark.parametrize("way", ["asyncio", "threads", "uvloop", "trio", "sync", "mixed"])
def test_module_level_client(run, emulator, way: str) -> None:
    """
    A client made before any loop works in all of them, leaves nothing open, and says nothing.
    """
    if way in ("uvloop", "mixed"):
        pytest.importorskip("uvloop")

    result = run("loops.py", emulator, way)

    assert ("0\n", "", 0) == (result.stdout, result.stderr, result.returncode)


@pytest.mark.parametrize(
    "way", ["abandoned", "in mid-request", "in mid-request on uvloop", "while another runs"]
)
def test_loops_that_end_in_disorder(run, emulator, way: str) -> None:
    """
    What a loop left that was closed without an orderly end is closed at the next use.
    """
    if "uvloop" in way:
        pytest.importorskip("uvloop")
    emulator.faults.add(operation="organization.get", delay=3600, times=99)

    result = run("loops.py", emulator, way)

    # asyncio itself complains about such loops; what counts is that this package does not.
    assert ("0\n", 0) == (result.stdout, result.returncode)
    # So does uvloop, of connections that were still being made.
    assert "uvloop" in way or "RuntimeError" not in result.stderr


def test_journey(runner, emulator) -> None:
    """
    A Member logs in, works and logs out, on every kind of loop.
    """
    emulator.create_organization("Acme", slug="acme")
    emulator.create_member("Acme", "ada@acme.example", roles=["stytch_admin"])

    async def journey() -> SessionState:
        async with client_of(emulator, clock=emulator.clock) as client:
            await client.magic_links.email.login_or_signup(
                email_address="ada@acme.example", organization_id="acme"
            )
            await client.magic_links.authenticate(
                magic_links_token=emulator.outbox[-1].token, session_duration_minutes=60
            )
            created = await client.scim.create_connection(display_name="Okta")
            connection_id = created.connection.connection_id
            await client.scim.update_connection(connection_id, display_name="New")
            assert await client.rbac.is_authorized("stytch.scim", "delete")
            await client.scim.delete_connection(connection_id)
            await client.session.authenticate()
            await client.session.revoke()
            return client.state

    assert SessionState() == runner(journey)


def test_loops_at_once(emulator, signed_in) -> None:
    """
    Loops of every kind, in threads of their own, use one client at the same time.
    """
    pytest.importorskip("uvloop")
    client = client_of(emulator)
    barrier = threading.Barrier(len(RUNNERS))
    answers: list[str] = []

    async def use() -> None:
        barrier.wait(LONG)
        for _ in range(5):
            view = client.with_session(session_token=signed_in.session_token)
            answers.append((await view.self.get()).member.member_id)

    raised = at_once([lambda each=each: each(use) for each in RUNNERS.values()])
    anyio.run(client.aclose)

    assert [] == raised
    assert [signed_in.member_id] * 15 == answers


def test_policy_is_shared_between_loops(emulator, signed_in) -> None:
    """
    Loops that ask for the policy at once neither wait for one another nor break anything.
    """
    client = client_of(emulator).with_session(
        session_token=signed_in.session_token, session_jwt=signed_in.session_jwt
    )
    barrier = threading.Barrier(4)
    answers: list[bool] = []

    async def ask() -> None:
        barrier.wait(LONG)
        answers.append(await client.rbac.is_authorized("stytch.scim", "get"))
        answers.append(await client.rbac.is_authorized("stytch.scim", "get"))

    raised = at_once([lambda: asyncio.run(ask())] * 4)

    assert [] == raised
    assert [True] * 8 == answers
    assert 1 <= sum(each.operation == "bootstrap.get" for each in emulator.requests) <= 4


@pytest.mark.parametrize("way", ["sync", "asyncio"])
def test_nothing_is_open_before_the_first_call(run, emulator, way: str) -> None:
    """
    A thousand clients that were only made hold no descriptor, no thread and no connection.
    """
    result = run("made.py", emulator, way)
    # Only blocking calls need a thread, and all of them the same one.
    threads = 2 if way == "sync" else 1

    assert ("", 0) == (result.stderr, result.returncode)
    assert {"made": [0, 1], "used": [threads, threads]} == json.loads(result.stdout)
    assert ["self.get", "session.authenticate"] == [each.operation for each in emulator.requests]


def test_five_runs_in_a_row(runner, emulator, signed_in) -> None:
    """
    A state that one loop has changed is that of the next loop, and each loop closes after itself.
    """
    client = client_of(emulator)
    client.session.update_session(session_token=signed_in.session_token)
    found: list[str] = []

    async def use(number: int) -> None:
        state = client.state
        found.append(state.member.name if state.member else "nobody")
        await client.self.update(name=str(number))

    for number in range(5):
        runner(partial(use, number))
        # A loop of trio's has none; they are the background loop's, which lives on.
        assert open_connections(client) == (runner is RUNNERS["trio"])
    anyio.run(client.aclose)

    assert ["nobody", "0", "1", "2", "3"] == found


@pytest.mark.parametrize(
    "kinds",
    [("asyncio", "asyncio"), ("trio", "trio"), ("uvloop", "uvloop"), ("asyncio", "trio")],
    ids="+".join,
)
def test_two_loops_in_two_threads(emulator, kinds: tuple[str, str]) -> None:
    """
    Loops that use one client, and the same sessions, at the same time get each its own answers.
    """
    if "uvloop" in kinds:
        pytest.importorskip("uvloop")
    people = [emulator.sign_in(f"member-{number}@example.com") for number in range(4)]
    client = client_of(emulator, timeout=Timeout(connect=LONG, read=LONG, deadline=LONG))
    barrier = threading.Barrier(len(kinds))
    strangers: list[tuple[str, str]] = []
    answers: list[str] = []

    async def use(loop: int) -> None:
        async def worker(number: int) -> None:
            person = people[number % len(people)]
            member = client.with_session(session_token=person.session_token)
            for call in range(6):
                name = f"{loop} {number} {call}"
                answer = await member.self.update(name=name)
                answers.append(name)
                if (answer.member.member_id, answer.member.name) != (person.member_id, name):
                    strangers.append((name, answer.member.name))

        barrier.wait(LONG)
        async with anyio.create_task_group() as group:
            for number in range(8):
                group.start_soon(worker, number)

    raised = at_once(
        [partial(RUNNERS[kind], partial(use, loop)) for loop, kind in enumerate(kinds)]
    )
    anyio.run(client.aclose)

    assert [] == raised
    assert [] == strangers
    assert 2 * 8 * 6 == len(set(answers)) == len(emulator.requests)


def test_where_listeners_are_called(runner, emulator, signed_in) -> None:
    """
    A caller's listeners run in the caller's own thread, also where its requests go elsewhere.
    """
    client = client_of(emulator)
    client.session.update_session(session_token=signed_in.session_token)
    threads: list[threading.Thread] = []
    client.on_state_change(lambda old, new: threads.append(threading.current_thread()))

    async def use() -> None:
        async with client:
            await client.session.authenticate()

    runner(use)

    assert [threading.current_thread()] == threads


def test_loop_that_ends_in_mid_request(runner, emulator, signed_in) -> None:
    """
    A request that its loop cancels at its end is given up, and the next loop has a client as new.
    """
    client = client_of(emulator)
    member = client.with_session(session_token=signed_in.session_token)

    class Stop(Exception):  # noqa: N818 - nothing went wrong
        """
        What ends the loop.
        """

    async def call_and_fail() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(member.self.get)
            await until(lambda: len(emulator.requests) == 3)
            raise Stop

    for _ in range(3):
        emulator.faults.add(operation="self.get", delay=3600, times=3)
        with pytest.raises(BaseException) as caught:  # noqa: PT011 - a group of the one below
            runner(call_and_fail)
        assert [Stop] == [type(each) for each in getattr(caught.value, "exceptions", ())]
        # The background loop, which serves trio, closes them a moment later.
        anyio.run(until, lambda: open_connections(client) == 0)
        emulator.requests.clear()

    answer = runner(member.self.get)
    anyio.run(client.aclose)

    assert signed_in.member_id == answer.member.member_id
    assert 1 == len(emulator.requests)


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_run_that_leaves_requests_behind(emulator, signed_in, kind: str) -> None:
    """
    Tasks that nobody waits for are cancelled with their loop, in the middle of their requests.
    """
    if kind == "uvloop":
        pytest.importorskip("uvloop")
    client = client_of(emulator)
    member = client.with_session(session_token=signed_in.session_token)
    emulator.faults.add(operation="self.get", delay=3600, times=3)
    tasks: list[asyncio.Task[object]] = []

    async def leave() -> None:
        tasks.extend(asyncio.create_task(member.self.get()) for _ in range(3))
        await until(lambda: len(emulator.requests) == 3)

    RUNNERS[kind](leave)

    assert [True] * 3 == [task.cancelled() for task in tasks]
    assert 0 == open_connections(client)
    assert signed_in.member_id == asyncio.run(member.self.get()).member.member_id


def test_ten_thousand_calls_in_flight(emulator, signed_in) -> None:
    """
    All of ten thousand calls that begin at once are answered, none twice.
    """

    async def use() -> list[str]:
        answers: list[str] = []
        async with client_of(emulator, timeout=Timeout(deadline=120, read=60)) as client:
            member = client.with_session(session_token=signed_in.session_token)

            async def call() -> None:
                answers.append((await member.self.get()).member.member_id)

            async with anyio.create_task_group() as group:
                for _ in range(10_000):
                    group.start_soon(call)
        return answers

    answers = anyio.run(use)

    assert 10_000 == answers.count(signed_in.member_id) == len(emulator.requests)
