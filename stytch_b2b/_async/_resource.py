"""What all resources have in common."""

from __future__ import annotations

from .._engine import Actor


class AsyncResource:
    """A group of calls, bound to who makes them."""

    __slots__ = ("_actor",)

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
