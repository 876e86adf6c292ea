"""The person's own browser: how a URL gets there, and what waits meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

import anyio
from anyio import to_thread

T = TypeVar("T")

OpenURL: TypeAlias = Callable[[str], object]
"""
Gets a URL before the eyes of a person: opens a browser, or prints it.

An ordinary function. It runs in a thread of its own and may take its time; what it raises ends
what it was called for.
"""


def open_in_browser(url: str) -> None:
    """
    Open *url* in the person's browser; where there is none, print it to standard error.

    Args:
        url: What to open. It holds no secret.
    """
    # Looks for browsers as soon as it is imported.
    import webbrowser  # noqa: PLC0415

    if not webbrowser.open(url):
        print("Open this page in a browser:", url, file=sys.stderr)  # noqa: T201


async def show(url: str, open_url: OpenURL) -> None:
    """
    Open *url* in a thread.

    Some browsers block until they are closed; whoever is cancelled does not wait for that.
    """
    await to_thread.run_sync(open_url, url, abandon_on_cancel=True)


async def wait_beside(
    begin: Callable[[], Awaitable[object]], wait: Callable[[], Awaitable[T]]
) -> T:
    """
    Return what *wait* returns, while *begin* runs beside it.

    Raises:
        Exception: Whatever is raised first by one of the two, which ends the other.
    """
    results: list[T] = []
    failures: list[Exception] = []

    async def guarded(function: Callable[[], Awaitable[object]], *, ends_all: bool) -> None:
        try:
            await function()
        except Exception as error:
            # By hand, since a task group would raise a group of errors.
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
