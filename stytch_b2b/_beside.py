"""Beginning something elsewhere, and waiting meanwhile for what comes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

T = TypeVar("T")


async def wait_beside(
    begin: Callable[[], Awaitable[object]], wait: Callable[[], Awaitable[T]]
) -> T:
    """
    Return what *wait* returns, while *begin* runs beside it.

    Raises:
        BaseException: Whatever is raised first by one of the two, which ends the other.
    """
    results: list[T] = []
    failures: list[BaseException] = []

    async def guarded(function: Callable[[], Awaitable[object]], *, ends_all: bool) -> None:
        try:
            await function()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:
            # By hand, since a task group would raise a group of errors; and what ends a program
            # must not end the event loop that other calls share.
            failures.append(error)
            ends_all = True
        if ends_all:
            tasks.cancel_scope.cancel()

    async def finish() -> None:
        results.append(await wait())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: guarded(begin, ends_all=False))
        await guarded(finish, ends_all=True)
    if failures:
        raise failures[0]
    return results[0]
