"""One client and many event loops: one after the other, at once, of every kind."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    SessionState,
    StytchB2BClient,
    StytchConnectionError,
    Timeout,
)
from stytch_b2b.emulator import Emulator

RUNNERS: dict[str, Callable[[Callable[[], Awaitable[Any]]], Any]] = {
    "asyncio": anyio.run,
    "uvloop": lambda function: anyio.run(function, backend_options={"use_uvloop": True}),
    "trio": lambda function: anyio.run(function, backend="trio"),
}


@pytest.fixture(params=RUNNERS)
def runner(request: pytest.FixtureRequest) -> Callable[[Callable[[], Awaitable[Any]]], Any]:
    """
    Something that runs an event loop for as long as a function takes.
    """
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    return RUNNERS[request.param]


def client_of(emulator: Emulator, **options: Any) -> AsyncStytchB2BClient:
    """
    Return a client of the emulator.
    """
    return AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url, **options)


def descriptors() -> int:
    """
    Return how many descriptors this process has open.
    """
    return len(list(Path("/dev/fd").iterdir()))


async def until(condition: Callable[[], object]) -> None:
    """
    Ask the operating system again and again, for at most ten seconds.
    """
    with anyio.fail_after(10):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await anyio.sleep(0.001)


def at_once(functions: list[Callable[[], object]]) -> None:
    """
    Run functions in threads of their own, and wait ten seconds at most for all of them.
    """
    # Daemons, so that one that is stuck for ever does not keep the test run.
    threads = [threading.Thread(target=each, daemon=True) for each in functions]
    for thread in threads:
        thread.start()
    give_up_at = time.monotonic() + 10
    for thread in threads:
        thread.join(max(0, give_up_at - time.monotonic()))

    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("way", ["asyncio", "threads", "uvloop", "trio", "mixed"])
def test_module_level_client(run, emulator, way: str) -> None:
    """
    A client made before any loop works in all of them, leaves nothing open, and says nothing.
    """
    result = run("loops.py", emulator, way)

    assert ("0\n", "", 0) == (result.stdout, result.stderr, result.returncode)


def test_loops_that_end_in_disorder(run, emulator) -> None:
    """
    What a loop left that was closed without an orderly end is closed at the next use.
    """
    result = run("loops.py", emulator, "abandoned")

    # asyncio itself complains about such loops, so only the result counts.
    assert ("0\n", 0) == (result.stdout, result.returncode)


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
        barrier.wait()
        for _ in range(5):
            view = client.with_session(session_token=signed_in.session_token)
            answers.append((await view.self.get()).member.member_id)

    at_once([lambda each=each: each(use) for each in RUNNERS.values()])
    anyio.run(client.aclose)

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
        barrier.wait()
        answers.append(await client.rbac.is_authorized("stytch.scim", "get"))
        answers.append(await client.rbac.is_authorized("stytch.scim", "get"))

    at_once([lambda: asyncio.run(ask())] * 4)

    assert [True] * 8 == answers
    assert 1 <= sum(each.operation == "bootstrap.get" for each in emulator.requests) <= 4


def test_closing_twice(runner, emulator, signed_in) -> None:
    """
    Closing again, in the same loop and in others, is harmless.
    """
    client = client_of(emulator)

    async def use() -> None:
        await client.bootstrap.get()
        await client.aclose()
        await client.aclose()

    runner(use)
    for other in RUNNERS.values():
        other(client.aclose)

    assert "closed" in repr(client)


def test_closing_from_another_loop(runner, emulator) -> None:
    """
    A client can be closed in another loop than the one that holds its connections.
    """
    client = client_of(emulator)
    opened: list[int] = []

    async def use() -> None:
        before = descriptors()
        await client.bootstrap.get()
        opened.append(descriptors() - before)
        await anyio.to_thread.run_sync(lambda: asyncio.run(client.aclose()))
        await until(lambda: "closed" in repr(client))
        with pytest.raises(Exception, match="closed"):
            await client.bootstrap.get()

    runner(use)

    assert opened[0] > 0


@pytest.mark.parametrize("closer", ["same loop", "another thread"])
def test_closed_while_calls_are_in_flight(runner, emulator, signed_in, closer: str) -> None:
    """
    Calls on their way fail as the network would fail them, at once and without a repeat.
    """
    emulator.faults.add(delay=3600, times=99)
    errors: list[Exception] = []
    client = client_of(emulator)
    member = client.with_session(session_token=signed_in.session_token)

    async def call(function: Callable[[], Awaitable[Any]]) -> None:
        try:
            await function()
        except Exception as error:
            errors.append(error)

    async def use() -> None:
        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                for function in (
                    member.self.get,
                    member.session.revoke,
                    lambda: member.scim.create_connection(display_name="x"),
                    lambda: member.scim.update_connection("id"),
                ):
                    group.start_soon(call, function)
                await until(lambda: len(emulator.requests) == 4)
                if closer == "same loop":
                    await client.aclose()
                else:
                    await anyio.to_thread.run_sync(lambda: asyncio.run(client.aclose()))

    runner(use)

    assert 4 == len(errors)
    assert all(isinstance(error, StytchConnectionError) for error in errors), errors
    assert [1] * 4 == [error.attempts for error in errors]


def test_nothing_is_open_before_the_first_call(emulator) -> None:
    """
    A thousand clients that were only made hold no descriptor and no connection.
    """
    client_of(emulator)
    gc.collect()
    before = descriptors()
    clients = [client_of(emulator) for _ in range(1000)]
    views = [client.with_session(session_token="t") for client in clients]
    blocking = [StytchB2BClient(emulator.public_token, base_url=emulator.url) for _ in range(1000)]
    opened = descriptors() - before

    assert (1000, 1000, 0) == (len(views), len(blocking), opened)
    assert [] == list(emulator.requests)


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


class TestForgotten:
    """
    A client that nobody closed is spoken of once, if it holds connections.
    """

    @pytest.fixture
    def said(self) -> Iterator[Callable[[], list[warnings.WarningMessage]]]:
        """
        Every warning so far about something that was not closed.
        """
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield lambda: [each for each in caught if each.category is ResourceWarning]
        gc.collect()

    def test_names_the_line(self, runner, emulator, said) -> None:
        """
        One warning tells where the client was made.
        """
        lines: list[int] = []

        async def use() -> None:
            client = client_of(emulator)
            lines.append(client_of.__code__.co_firstlineno)
            await client.bootstrap.get()
            await client.with_options(retries=0).bootstrap.get()
            del client
            gc.collect()

        runner(use)
        (warning,) = said()

        assert f"{__file__}:" in str(warning.message)
        line = int(str(warning.message).rpartition(":")[2])
        assert 0 < line - lines[0] < 6

    def test_blocking_client(self, emulator, said) -> None:
        """
        The same holds for a blocking client, whose connections outlive every loop of the caller.
        """
        client = StytchB2BClient(emulator.public_token, base_url=emulator.url)
        client.bootstrap.get()
        view = client.with_options(retries=0)
        del client
        gc.collect()
        while_a_view_lives = len(said())
        del view
        gc.collect()

        assert (0, 1) == (while_a_view_lives, len(said()))
        assert f"{__file__}:" in str(said()[0].message)

    def test_connections_are_closed_all_the_same(self, emulator, said) -> None:
        """
        The connections of a forgotten client do not stay open.
        """

        async def use() -> int:
            await client_of(emulator).bootstrap.get()
            before = descriptors()
            client = client_of(emulator)
            await client.bootstrap.get()
            del client
            gc.collect()
            await until(lambda: descriptors() <= before)
            return before

        anyio.run(use)

        assert 2 == len(said())

    @pytest.mark.parametrize("case", ["closed", "unused", "view", "ended", "held by a view"])
    def test_silence(self, runner, emulator, said, case: str) -> None:
        """
        Closed, unused and derived clients say nothing, nor do those whose loop has ended.
        """
        kept: list[Any] = []

        async def use() -> None:
            client = client_of(emulator)
            if case == "unused":
                del client
            elif case == "closed":
                await client.bootstrap.get()
                await client.aclose()
            elif case == "view":
                kept.append(client)
                await client.with_options(retries=0).bootstrap.get()
                await client.with_session(session_token="t").bootstrap.get()
                gc.collect()
            elif case == "held by a view":
                kept.append(client.with_state(client.state))
                del client
                await kept[0].bootstrap.get()
            else:
                kept.append(client)
                await client.bootstrap.get()
            gc.collect()

        runner(use)
        inside = list(said())
        if case == "ended" and runner is not RUNNERS["trio"]:
            # The loop that held the connections has closed them.
            kept.clear()
            gc.collect()
            inside += said()

        assert [] == inside
        for each in kept:
            anyio.run(each.aclose)
