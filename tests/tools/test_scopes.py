"""A scope that the generator has made a twin of works from blocking code."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from stytch_b2b._tools.mirror import mirror

ROOM = '''\
"""Rooms."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


class AsyncRoom:
    """A room with somebody in it, who goes when the last guest does."""

    def __init__(self, events: list[object]) -> None:
        self._events = events

    @property
    def is_open(self) -> bool:
        return self._events[-1:] == ["entered"]

    async def __aenter__(self) -> Self:
        if self.is_open:
            raise RuntimeError("the room is open")
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        self._tasks.start_soon(self._live)
        self._rung = anyio.Event()
        self._events.append("entered")
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._tasks.cancel_scope.cancel()
        await self._tasks.__aexit__(None, None, None)
        self._events.append(exc_value)

    async def ring(self) -> int:
        self._rung.set()
        await asyncio.sleep(0)
        return len(self._events)

    async def _live(self) -> None:
        try:
            await self._rung.wait()
            self._events.append("rung")
            await anyio.sleep_forever()
        finally:
            self._events.append("gone")


class AsyncHouse:
    """A house."""

    def __init__(self, events: list[object]) -> None:
        self._events = events

    def room(self) -> AsyncRoom:
        return AsyncRoom(self._events)
'''


@pytest.fixture
def events() -> list[object]:
    """
    What happened in the room.
    """
    return []


@pytest.fixture
def house(events: list[object], monkeypatch: pytest.MonkeyPatch) -> Any:
    """
    A blocking house, from the text that the generator makes.
    """
    for package, text in (("_async", ROOM), ("_sync", mirror({"rooms.py": ROOM})["rooms.py"])):
        module = ModuleType(f"stytch_b2b.{package}.rooms")
        module.__package__ = f"stytch_b2b.{package}"
        monkeypatch.setitem(sys.modules, module.__name__, module)
        # In brackets, or whoever measures coverage would look for a file of that name.
        exec(compile(text, f"<{module.__name__}>", "exec"), vars(module))
    return vars(module)["House"](events)


def test_block(house: Any, events: list[object]) -> None:
    """
    Inside the block the scope lives beside it in the portal, and with the block it ends.
    """
    with house.room() as room:
        is_open = room.is_open
        room.ring()

    assert is_open
    assert "Room" == type(room).__name__
    assert ["entered", "rung", "gone", None] == events


def test_error(house: Any, events: list[object]) -> None:
    """
    An error of the block ends the scope, and reaches the caller as it is.
    """
    error = ValueError("of the block")

    with pytest.raises(ValueError, match="of the block") as caught, house.room():
        raise error

    assert error is caught.value
    assert ["entered", "gone", error] == events


def test_refusal(house: Any, events: list[object]) -> None:
    """
    What cannot be entered again stays entered, and is left in its time.
    """
    with house.room() as room:
        with pytest.raises(RuntimeError, match="the room is open"), room:
            pytest.fail("entered")
        refused = list(events)

    assert ["entered"] == refused
    assert ["entered", "gone", None] == events


def test_one_block_after_the_other(house: Any, events: list[object]) -> None:
    """
    A scope can be entered again if its model can.
    """
    room = house.room()
    for _ in range(2):
        with room:
            pass

    assert ["entered", "gone", None] * 2 == events
