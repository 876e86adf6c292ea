"""Following what changes in the state of a client, at the pace of whoever follows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import ref

from attrs import frozen

from .._portal import Wakeup
from .._state import SessionState, StateCell, Unsubscribe

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

T = TypeVar("T")


@frozen
class Change(Generic[T]):
    """One change, or several that followed each other while nobody took them."""

    old: T
    """What there was before."""
    new: T
    """What there is since then."""


class AsyncChanges(Generic[T]):
    """
    What changes from now on, one after the other: use it with ``async for``.

    Changes may be made by any task or thread. No more than one is kept: those that follow before it
    is taken are merged into it, and if they lead back to where it began, there is none. So nobody
    has to keep up, and what was new in one `Change` is what was old in the next.

    It ends when `aclose` is called, or with the block if it is used as ``async with``; whoever just
    leaves the loop need not do either. It is gone through by one task or thread at a time.
    """

    __slots__ = (
        "__weakref__",
        "_at_hand",
        "_compared",
        "_is_closed",
        "_part",
        "_unsubscribe",
        "_wakeup",
    )

    def __init__(
        self,
        cell: StateCell,
        part: Callable[[SessionState], T],
        *,
        compared: Callable[[T], object] = lambda value: value,
    ) -> None:
        self._part = part
        self._compared = compared
        self._at_hand: deque[Change[T]] = deque()
        self._is_closed = False
        self._wakeup: Wakeup | None = None
        self._unsubscribe = _subscribe_while_alive(cell, self)

    def __aiter__(self) -> AsyncChanges[T]:
        return self

    async def __anext__(self) -> Change[T]:
        """
        Return the change that has not been taken yet, or wait for the next one.

        Raises:
            RuntimeError: Another task or thread is waiting for it.
        """
        while True:
            # Not looked at before: a thread that merges or closes may be faster.
            with suppress(IndexError):
                return self._at_hand.popleft()
            await self._replenish()

    async def aclose(self) -> None:
        """
        End the changes, also for whoever is waiting for the next one.

        A change that was not taken is lost. Closing twice is harmless.
        """
        self._is_closed = True
        self._unsubscribe()
        self._at_hand.clear()
        self._wake()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _replenish(self) -> None:
        if self._wakeup is not None and not self._wakeup.is_orphaned:
            msg = "another task or thread is waiting for the next change"
            raise RuntimeError(msg)
        self._wakeup = wakeup = Wakeup()
        try:
            # Looked at once more, for only from now on is anybody woken.
            if not self._at_hand and not self._is_closed:
                await wakeup.wait()
        finally:
            self._waits_no_longer(wakeup)
        if self._is_closed:
            raise StopAsyncIteration

    def _waits_no_longer(self, wakeup: Wakeup) -> None:
        # One whose loop was closed comes here when it is collected, and another may wait by then.
        if self._wakeup is wakeup:
            self._wakeup = None

    def _note(self, before: SessionState, after: SessionState) -> None:
        old, new = self._part(before), self._part(after)
        with suppress(IndexError):  # There is none, or the reader was faster.
            old = self._at_hand.popleft().old
        if self._compared(old) == self._compared(new):
            return
        self._at_hand.append(Change(old, new))
        if self._is_closed:
            # By another thread, while this one was telling.
            self._at_hand.clear()
        self._wake()

    def _wake(self) -> None:
        wakeup = self._wakeup
        if wakeup is not None:
            wakeup.set()


def _subscribe_while_alive(cell: StateCell, changes: AsyncChanges[T]) -> Unsubscribe:
    """Have *changes* note what happens in *cell*, which does not keep them alive for that."""

    def note(before: SessionState, after: SessionState) -> None:
        noting = alive()
        if noting is not None:
            noting._note(before, after)

    alive = ref(changes, lambda _: unsubscribe())
    unsubscribe = cell.subscribe(note)
    return unsubscribe
