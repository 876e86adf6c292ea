"""What the generated classes of `stytch_b2b._sync` have in common."""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ._portal import Held, call, hold

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

A = TypeVar("A")
S = TypeVar("S", bound=AbstractAsyncContextManager[object])
T = TypeVar("T")


class Blocking(Generic[A]):
    """
    The blocking twin of an async class.

    It knows nothing but its twin: a method that awaits there blocks here, and everything else is
    handed on as it is.
    """

    __slots__ = ("__weakref__", "_async")

    _async: A

    @classmethod
    def _around(cls, twin: A) -> Self:
        """Return a twin of *twin*; what the constructor would build is there already."""
        blocking = cls.__new__(cls)
        blocking._async = twin
        return blocking


class BlockingScope(Blocking[S]):
    """
    The blocking twin of a context manager that is entered and left by one and the same task.

    Calls are tasks of their own, one for entering and another for leaving; so a task of the portal
    enters, and stays until it is told to leave.
    """

    __slots__ = ("_held",)

    _held: list[Held]

    @classmethod
    def _around(cls, twin: S) -> Self:
        blocking = super()._around(twin)
        blocking._held = []
        return blocking

    def _enter(self) -> None:
        self._held.append(hold(self._async))

    def _exit(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return self._held.pop().leave((exc_type, exc_value, traceback))


class Iterates(Protocol[T]):
    """What an async iterator shows of itself to its blocking twin."""

    @property
    def _at_hand(self) -> deque[T]:
        """What it gives next without waiting for anything."""
        ...

    def _replenish(self) -> Coroutine[Any, Any, None]:
        """
        Wait for more, which is at hand then, unless somebody else has taken it.

        Raises:
            StopAsyncIteration: There is no more.
        """
        ...


def next_of(iterator: Iterates[T]) -> T:
    """
    Return what comes next, by way of the portal only if it is not at hand.

    It is taken here and not there, so that nothing is lost if the wait is interrupted.

    Raises:
        StopIteration: Nothing does.
    """
    while True:
        try:
            return iterator._at_hand.popleft()
        except IndexError:
            pass  # The rest stands outside, lest this be the context of whatever happens there.
        try:
            call(iterator._replenish)
        except StopAsyncIteration:
            break
    raise StopIteration
