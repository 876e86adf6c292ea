"""Going through what a call finds, however many pages the API gives it in."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from ..errors import CursorLoopError

T = TypeVar("T")

Page: TypeAlias = tuple[Sequence[T], str | None]
"""What is on a page, and the cursor of the next one, if any."""


class AsyncResults(Generic[T]):
    """
    What a call finds, one after the other: use it with ``async for``.

    A page is fetched when something on it is asked for, and not before; no more than one is kept.
    The loop can be left wherever one likes, for there is nothing to close. After an error it can be
    gone on with, or begun anew from `cursor`. It is gone through once, by one task or thread.
    """

    __slots__ = (
        "__weakref__",
        "_at_hand",
        "_call",
        "_cursor",
        "_fetch",
        "_is_fetched",
        "_is_fetching",
        "_next_cursor",
        "_seen",
    )

    def __init__(
        self,
        fetch: Callable[[str | None], Coroutine[Any, Any, Page[T]]],
        *,
        call: str,
        cursor: str | None,
    ) -> None:
        self._fetch = fetch
        self._call = call
        self._cursor = cursor
        self._is_fetched = False
        self._is_fetching = False
        self._next_cursor: str | None = None
        self._at_hand: deque[T] = deque()
        self._seen: set[str | None] = set()

    @property
    def cursor(self) -> str | None:
        """
        The cursor of the page that is being gone through, or is fetched next; none for the first.

        Who begins anew from it is given that whole page again, and misses nothing.
        """
        return self._cursor

    def __aiter__(self) -> AsyncResults[T]:
        return self

    async def __anext__(self) -> T:
        """
        Return what comes next.

        Raises:
            CursorLoopError: The next page is one that was gone through already.
            RuntimeError: Another task or thread is fetching the next page.
            StytchError: The next page cannot be had, for the reasons that the call gives.
        """
        while not self._at_hand:
            await self._replenish()
        return self._at_hand.popleft()

    async def _replenish(self) -> None:
        if self._is_fetching:
            msg = f"another task or thread is fetching the next page of {self._call}"
            raise RuntimeError(msg)
        if self._is_fetched:
            # An empty text is how the API writes that there is nothing.
            if not self._next_cursor:
                raise StopAsyncIteration
            if self._next_cursor in self._seen:
                raise CursorLoopError(endpoint=self._call, cursor=self._next_cursor)
            self._cursor, self._is_fetched = self._next_cursor, False
        self._is_fetching = True
        try:
            items, self._next_cursor = await self._fetch(self._cursor)
        finally:
            self._is_fetching = False
        self._is_fetched = True
        self._seen.add(self._cursor)
        self._at_hand.extend(items)
