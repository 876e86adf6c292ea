"""What the generated classes of `stytch_b2b._sync` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from typing_extensions import Self

A = TypeVar("A")


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
