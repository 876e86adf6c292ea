"""The person's own browser, and how a URL gets there."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from ._portal import in_daemon_thread

OpenURL: TypeAlias = Callable[[str], Awaitable[object] | object]
"""
Gets a URL before the eyes of a person: opens a browser, or prints it.

Either ``async def``, and it runs in the event loop of the call, or an ordinary function that may
block, and runs in a thread of its own. Nobody waits for its end once the person is back; what it
raises before ends what it was called for.
"""


def open_in_browser(url: str) -> None:
    """
    Print *url* to standard error, and open it in the person's browser.

    It is always printed: nobody can tell whether a browser that was started shows anything. Where
    there is none but one for the terminal, that one is opened.

    Args:
        url: What to open. It holds no secret.
    """
    # Looks for browsers as soon as it is imported.
    import webbrowser  # noqa: PLC0415

    print("Open this page, if your browser does not show it:", url, file=sys.stderr)  # noqa: T201
    webbrowser.open(url)


async def show(url: str, open_url: OpenURL) -> None:
    """
    Open *url*.

    Some browsers block until they are closed; whoever is cancelled does not wait for that.
    """
    if inspect.iscoroutinefunction(open_url):
        await open_url(url)
        return
    shown = await in_daemon_thread(lambda: open_url(url))
    if inspect.isawaitable(shown):
        await shown
