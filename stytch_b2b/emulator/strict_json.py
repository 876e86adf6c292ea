"""
JSON that can be handed on: written as it was read, in UTF-8, and from within another value.

Python reads more than that: NaN and Infinity, numbers that overflow, and halves of surrogate pairs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

# Far below what Python's own reader and writer can do, for answers nest what was sent.
_DEEPEST_NESTING = 100


def parsed(text: bytes) -> Any:
    """
    Return the value of a JSON document.

    Raises:
        ValueError: It is none, or has something in it that could not be handed on.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        msg = "the JSON nests too deeply"
        raise ValueError(msg) from None
    check(value)
    return value


def check(value: object) -> None:
    """
    Check a value that was parsed elsewhere.

    Raises:
        ValueError: Something in it could not be handed on.
    """
    _check_nesting(value, _DEEPEST_NESTING)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _check_nesting(value: object, levels: int) -> None:
    if not levels:
        msg = "the JSON nests too deeply"
        raise ValueError(msg)
    inner: Iterable[object] = ()
    if isinstance(value, dict):
        inner = cast("dict[str, object]", value).values()
    elif isinstance(value, list):
        inner = cast("list[object]", value)
    for one in inner:
        _check_nesting(one, levels - 1)
