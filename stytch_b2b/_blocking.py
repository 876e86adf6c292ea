"""What the generated classes of `stytch_b2b._sync` have in common."""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ._portal import call

if TYPE_CHECKING:
    from typing_extensions import Self

A = TypeVar("A")
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


class Iterates(Protocol[T]):
    """What an async iterator shows of itself to its blocking twin."""

    @property
    def _at_hand(self) -> deque[T]:
        """What it gives next without waiting for anything."""
        ...

    def __anext__(self) -> Coroutine[Any, Any, T]: ...


def next_of(iterator: Iterates[T]) -> T:
    """
    Return what comes next, by way of the portal only if it is not at hand.

    Raises:
        StopIteration: Nothing does.
    """
    try:
        return iterator._at_hand.popleft()
    except IndexError:
        pass  # The rest stands outside, lest this be the context of whatever happens there.
    try:
        return call(iterator.__anext__)
    except StopAsyncIteration:
        pass
    raise StopIteration
