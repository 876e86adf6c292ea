"""Sharing what several want at once: who runs, who waits, and what becomes of those cut short."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, strategies as st

from stytch_b2b._single_flight import SingleFlight, _in_the_air

KEY = "key"


class Source:
    """
    Something that is fetched, and that says when and how often; its gate holds every fetch.
    """

    def __init__(self) -> None:
        self.fetches = 0
        self.asked = anyio.Event()
        self.gate = anyio.Event()

    async def __call__(self) -> str:
        self.fetches += 1
        number = self.fetches
        self.asked.set()
        await self.gate.wait()
        return f"fetch {number}"


async def collect(flights: SingleFlight[str], source: Source, values: list[str]) -> None:
    """
    Want what *source* has, and note what came.
    """
    values.append(await flights.share(KEY, source))


@pytest.mark.anyio
class TestSharing:
    """One flight for all."""

    async def test_one_runs_for_all(self) -> None:
        """
        Those who come while a flight is on its way get the very value that it brings.
        """
        flights, source = SingleFlight[str](), Source()
        values: list[str] = []
        async with anyio.create_task_group() as group:
            for _ in range(200):
                group.start_soon(collect, flights, source, values)
            await source.asked.wait()
            await anyio.wait_all_tasks_blocked()
            source.gate.set()

        assert 1 == source.fetches
        assert 200 == len(values)
        assert {id(values[0])} == set(map(id, values))

    async def test_nobody_waits_in_vain(self) -> None:
        """
        Whoever comes alone is run at once, and one after the other each anew.
        """
        flights, source = SingleFlight[str](), Source()
        source.gate.set()

        assert "fetch 1" == await flights.share(KEY, source)
        assert "fetch 2" == await flights.share(KEY, source)
        assert {} == _in_the_air.get()

    @pytest.mark.parametrize("apart", ["keys", "flights"])
    async def test_who_wants_something_else(self, apart: str) -> None:
        """
        Different keys are different flights, and so are equal keys of different owners.
        """
        flights, source = SingleFlight[str](), Source()
        other = SingleFlight[str]() if apart == "flights" else flights
        other_key = "other" if apart == "keys" else KEY
        async with anyio.create_task_group() as group:
            group.start_soon(flights.share, KEY, source)
            group.start_soon(other.share, other_key, source)
            await anyio.wait_all_tasks_blocked()
            both = source.fetches
            source.gate.set()

        assert 2 == both

    async def test_none_is_a_value(self) -> None:
        """
        A function that has nothing to say is run once like any other.
        """
        flights, gate, runs = SingleFlight[None](), anyio.Event(), []

        async def run() -> None:
            runs.append(None)
            await gate.wait()

        async with anyio.create_task_group() as group:
            group.start_soon(flights.share, KEY, run)
            group.start_soon(flights.share, KEY, run)
            await anyio.wait_all_tasks_blocked()
            gate.set()

        assert [None] == runs


@pytest.mark.anyio
class TestHandingOver:
    """A leader that brings nothing leaves the rest to the next."""

    async def test_cancelled_leader(self) -> None:
        """
        When the leader is cancelled one of those who wait runs instead, for all of them.
        """
        flights, source = SingleFlight[str](), Source()
        values: list[str] = []
        scope = anyio.CancelScope()

        async def lead() -> None:
            with scope:
                await collect(flights, source, values)

        async with anyio.create_task_group() as group:
            group.start_soon(lead)
            await source.asked.wait()
            for _ in range(50):
                group.start_soon(collect, flights, source, values)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
            await anyio.wait_all_tasks_blocked()
            source.gate.set()

        assert 2 == source.fetches
        assert ["fetch 2"] * 50 == values

    async def test_all_are_cancelled(self) -> None:
        """
        When all are cancelled all end, nothing is left behind, and the next one runs.
        """
        flights, source = SingleFlight[str](), Source()
        values: list[str] = []
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(collect, flights, source, values)
            await source.asked.wait()
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        left = dict(_in_the_air.get())
        source.gate.set()
        await collect(flights, source, values)

        assert {} == left
        assert [f"fetch {source.fetches}"] == values

    async def test_cancelled_with_the_leader(self) -> None:
        """
        A waiter that is cancelled together with the leader keeps nobody from taking over.
        """
        flights, source = SingleFlight[str](), Source()
        values: list[str] = []
        async with anyio.create_task_group() as group, anyio.create_task_group() as doomed:
            doomed.start_soon(collect, flights, source, values)
            await source.asked.wait()
            doomed.start_soon(collect, flights, source, values)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(collect, flights, source, values)
            await anyio.wait_all_tasks_blocked()
            doomed.cancel_scope.cancel()
            source.gate.set()

        assert [f"fetch {source.fetches}"] == values

    async def test_what_the_leader_raises(self) -> None:
        """
        What a function raises reaches the one who ran it; the others run their own.
        """
        flights, source = SingleFlight[str](), Source()
        values: list[str] = []
        failed: list[BaseException] = []

        async def fail() -> str:
            await source()
            raise ZeroDivisionError

        async def lead() -> None:
            try:
                await flights.share(KEY, fail)
            except ZeroDivisionError as error:
                failed.append(error)

        async with anyio.create_task_group() as group:
            group.start_soon(lead)
            await source.asked.wait()
            group.start_soon(collect, flights, source, values)
            group.start_soon(collect, flights, source, values)
            await anyio.wait_all_tasks_blocked()
            source.gate.set()

        assert 1 == len(failed)
        assert 2 == len(values)
        assert set(values) <= {"fetch 2", "fetch 3"}

    async def test_patience(self) -> None:
        """
        Who has no more time waits no longer for others, and disturbs nobody.
        """
        flights, source = SingleFlight[str](), Source()
        values: list[str] = []
        async with anyio.create_task_group() as group:
            group.start_soon(collect, flights, source, values)
            await source.asked.wait()
            with pytest.raises(TimeoutError):
                await flights.share(KEY, source, patience=0)
            source.gate.set()

        assert ["fetch 1"] == values

    async def test_patience_is_for_others(self) -> None:
        """
        Patience says nothing about how long one's own function takes.
        """
        flights, source = SingleFlight[str](), Source()
        values: list[str] = []

        async def lead() -> None:
            values.append(await flights.share(KEY, source, patience=0))

        async with anyio.create_task_group() as group:
            group.start_soon(lead)
            await anyio.wait_all_tasks_blocked()
            source.gate.set()

        assert ["fetch 1"] == values


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(cut_short=st.lists(st.booleans(), min_size=1, max_size=12))
def test_whoever_is_cut_short(backend: str, cut_short: list[bool]) -> None:
    """
    Whichever callers are cancelled, one runs at a time, and everybody else gets a value.
    """
    running, most, values = 0, 0, list[int]()

    async def main() -> None:
        flights, gate = SingleFlight[int](), anyio.Event()

        async def fetch() -> int:
            nonlocal running, most
            running += 1
            most = max(most, running)
            try:
                await gate.wait()
            finally:
                running -= 1
            return most

        async def want(scope: anyio.CancelScope) -> None:
            with scope:
                values.append(await flights.share(KEY, fetch))

        scopes = [anyio.CancelScope() for _ in cut_short]
        async with anyio.create_task_group() as group:
            for scope in scopes:
                group.start_soon(want, scope)
            await anyio.wait_all_tasks_blocked()
            for scope, is_cut_short in zip(scopes, cut_short, strict=True):
                if is_cut_short:
                    scope.cancel()
                    await anyio.lowlevel.checkpoint()
            await anyio.wait_all_tasks_blocked()
            gate.set()

    anyio.run(main, backend=backend)

    assert (1, cut_short.count(False)) == (most, len(values))


@pytest.mark.parametrize("backends", [("asyncio", "asyncio"), ("asyncio", "trio")], ids="+".join)
def test_two_loops(backends: tuple[str, str]) -> None:
    """
    Each loop has flights of its own, and neither waits for the other.
    """
    flights = SingleFlight[str]()
    together = threading.Barrier(2, timeout=30)
    values: list[str] = []

    async def fetch() -> str:
        # Both loops are here at once, or the barrier breaks.
        together.wait()
        return threading.current_thread().name

    async def want() -> None:
        values.append(await flights.share(KEY, fetch))

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(want)

    threads = [
        threading.Thread(target=lambda one=one: anyio.run(main, backend=one)) for one in backends
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(thread.name for thread in threads for _ in range(5)) == sorted(values)


def test_loop_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A loop that was closed in the middle of a flight takes leader and waiters along in silence.
    """
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    flights = SingleFlight[str]()
    asked = False

    async def fetch() -> str:
        nonlocal asked
        asked = True
        await asyncio.get_running_loop().create_future()
        return "never"

    def leave_behind() -> Callable[[], object]:
        loop = asyncio.new_event_loop()
        # Asyncio says of itself that tasks are pending, which is not what this is about.
        loop.set_exception_handler(lambda loop, context: None)
        tasks = [loop.create_task(flights.share(KEY, fetch)) for _ in range(3)]
        loop.run_until_complete(asyncio.wait(tasks, timeout=0))
        loop.close()
        return tasks.clear

    leave_behind()()
    gc.collect()

    assert asked
    assert [] == unraisable
    assert "fetched" == asyncio.run(flights.share(KEY, lambda: asyncio.sleep(0, "fetched")))
