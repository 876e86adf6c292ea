"""Closing a client: from anywhere, at any time, more than once, or not at all."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    ClientClosedError,
    StytchB2BClient,
    StytchConnectionError,
    StytchError,
    Timeout,
    _portal,
)
from tests.lifecycle.support import (
    LONG,
    RUNNERS,
    at_once,
    client_of,
    descriptors,
    open_connections,
    until,
)

UNHURRIED = Timeout(connect=60, read=100, deadline=110)
"""Limits that end no call of these tests."""


def collect() -> None:
    """
    Collect what nobody holds, once the package's own thread has let go of what it was told.
    """
    _portal.call(asyncio.sleep, 0)
    gc.collect()


def test_closing_twice(runner, emulator) -> None:
    """
    Closing again, in the same loop and in others, is harmless.
    """
    pytest.importorskip("uvloop")
    client = client_of(emulator)

    async def use() -> None:
        await client.bootstrap.get()
        await client.aclose()
        await client.aclose()

    runner(use)
    for other in RUNNERS.values():
        other(client.aclose)

    assert "closed" in repr(client)


def test_closing_without_ever_having_called(runner, emulator) -> None:
    """
    A client that was never used is closed like any other.
    """
    client = client_of(emulator)

    async def use() -> None:
        async with client:
            pass
        with pytest.raises(ClientClosedError):
            await client.bootstrap.get()

    runner(use)

    assert [] == list(emulator.requests)


@pytest.mark.parametrize("other", ["asyncio", "uvloop", "trio"])
def test_closing_from_another_loop(runner, emulator, other: str) -> None:
    """
    A client can be closed in another loop and thread than those that hold its connections.
    """
    if other == "uvloop":
        pytest.importorskip("uvloop")
    client = client_of(emulator)
    opened: list[int] = []

    async def use() -> None:
        await client.bootstrap.get()
        opened.append(open_connections(client))
        await anyio.to_thread.run_sync(RUNNERS[other], client.aclose)
        await until(lambda: open_connections(client) == 0)
        with pytest.raises(ClientClosedError):
            await client.bootstrap.get()

    runner(use)

    assert [1] == opened


def test_closing_what_a_closed_loop_left(emulator) -> None:
    """
    Closing ends the connections of a loop that was closed without an orderly end, too.
    """
    client = client_of(emulator)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(client.bootstrap.get())
    loop.close()
    left = open_connections(client)
    anyio.run(client.aclose)

    assert (1, 0) == (left, open_connections(client))
    del loop
    with pytest.warns(ResourceWarning, match="unclosed"):
        gc.collect()  # asyncio's own word about such a loop


@pytest.mark.parametrize("closer", ["same loop", "another loop", "trio"])
def test_closed_while_calls_are_in_flight(runner, emulator, signed_in, closer: str) -> None:
    """
    Calls on their way fail as the network would fail them, at once and without a repeat.
    """
    emulator.faults.add(delay=3600, times=99)
    errors: list[StytchConnectionError] = []
    client = client_of(emulator, timeout=UNHURRIED)
    member = client.with_session(session_token=signed_in.session_token)

    async def call(function: Callable[[], Awaitable[Any]]) -> None:
        try:
            await function()
        except StytchConnectionError as error:
            errors.append(error)

    async def use() -> None:
        with anyio.fail_after(LONG):
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
                    backend = "trio" if closer == "trio" else "asyncio"
                    run = partial(anyio.run, client.aclose, backend=backend)
                    await anyio.to_thread.run_sync(run)

    runner(use)

    assert [1] * 4 == [error.attempts for error in errors]
    assert 4 == len(emulator.requests)
    # A loop that was asked by another one does it a moment later.
    anyio.run(until, lambda: open_connections(client) == 0)


def test_closed_by_all_who_use_it(emulator, signed_in) -> None:
    """
    Loops of every kind that call and close one client at the same time end, and leave nothing.
    """
    pytest.importorskip("uvloop")
    emulator.faults.add(delay=3600, times=999)
    client = client_of(emulator, timeout=UNHURRIED)
    member = client.with_session(session_token=signed_in.session_token)
    errors: list[StytchError] = []

    async def call() -> None:
        try:
            await member.self.get()
        except StytchError as error:
            errors.append(error)

    async def use() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(call)
            # Some are still connecting, some not even that.
            await until(lambda: emulator.requests)
            for _ in range(3):
                group.start_soon(client.aclose)

    raised = at_once([partial(runner, use) for runner in RUNNERS.values()])

    assert [] == raised
    assert 12 == len(errors)
    # A loop that was asked by another one does it a moment later.
    anyio.run(until, lambda: open_connections(client) == 0)


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
        collect()

    def test_names_the_line(self, runner, emulator, said) -> None:
        """
        One warning tells where the client was made.
        """

        async def use() -> None:
            client = AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url)
            await client.bootstrap.get()
            await client.with_options(retries=0).bootstrap.get()
            del client
            collect()

        runner(use)
        (warning,) = said()
        place, _, line = str(warning.message).rpartition(":")

        assert place.endswith(f" {__file__}")
        assert use.__code__.co_firstlineno + 1 == int(line)

    def test_blocking_client(self, emulator, said) -> None:
        """
        The same holds for a blocking client, whose connections outlive every loop of the caller.
        """
        client = StytchB2BClient(emulator.public_token, base_url=emulator.url)
        client.bootstrap.get()
        view = client.with_options(retries=0)
        del client
        collect()
        while_a_view_lives = len(said())
        del view
        collect()

        assert (0, 1) == (while_a_view_lives, len(said()))
        assert f"{__file__}:" in str(said()[0].message)

    def test_blocking_client_in_a_cycle(self, emulator, said) -> None:
        """
        A client that only the garbage collector finds is spoken of, whoever is faster to close it.
        """
        # What is there already need not be looked through each time.
        gc.freeze()
        for _ in range(20):
            cycle: list[Any] = [StytchB2BClient(emulator.public_token, base_url=emulator.url)]
            cycle[0].bootstrap.get()
            cycle.append(cycle)
            del cycle
            collect()
        gc.unfreeze()

        assert 20 == len(said())

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
            collect()
            await until(lambda: descriptors() <= before)
            return before

        anyio.run(use)

        assert 2 == len(said())

    def test_loop_that_was_just_closed(self, emulator, said) -> None:
        """
        The same holds for connections of a loop that was closed without an orderly end.
        """
        client = client_of(emulator)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(client.bootstrap.get())
        loop.close()
        collect()
        before = len(said())
        # The loop, and asyncio's own word about it, stay until the connections are closed.
        del client
        collect()
        ours = [each for each in said()[before:] if "Stytch" in str(each.message)]

        assert 1 == len(ours)

    def test_one_word_for_each_client(self, runner, emulator, said) -> None:
        """
        Clients made in one place are spoken of one by one, also from within a cycle.
        """

        async def use() -> None:
            clients: list[Any] = [client_of(emulator) for _ in range(3)]
            for number in range(3):
                await clients[number].bootstrap.get()
            clients.append(clients)
            del clients
            collect()

        runner(use)

        assert 3 == len(said())

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
                collect()
            elif case == "held by a view":
                kept.append(client.with_state(client.state))
                del client
                await kept[0].bootstrap.get()
            else:
                kept.append(client)
                await client.bootstrap.get()
            collect()

        runner(use)
        inside = list(said())
        if case == "ended" and runner is not RUNNERS["trio"]:
            # The loop that held the connections has closed them.
            kept.clear()
            collect()
            inside += said()

        assert [] == inside
        for each in kept:
            anyio.run(each.aclose)
