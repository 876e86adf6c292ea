"""Names that live on for programs that know them, and tell what took their place."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

__all__ = ["deprecated"]

P = ParamSpec("P")
R = TypeVar("R")

if TYPE_CHECKING:
    # The one that type checkers know, so that editors strike the names out. At run time the
    # package does without that library.
    from typing_extensions import deprecated
else:

    def deprecated(message: str, /) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """
        Mark a method as deprecated: whoever calls it is told *message*.

        A coroutine function warns when it is called, not when it is awaited: only then is the
        caller's line on the stack, also where the coroutine becomes a task.

        Args:
            message: The name that goes, and the one to use instead.
        """

        def mark(method: Callable[P, R]) -> Callable[P, R]:
            @functools.wraps(method)
            def call(*args: P.args, **kwargs: P.kwargs) -> R:
                warnings.warn(message, DeprecationWarning, stacklevel=2)
                return method(*args, **kwargs)

            return call

        return mark
