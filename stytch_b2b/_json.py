"""
Reading JSON text that others wrote, without refusing what can be read.

Every value that comes out can be written as JSON again:

- bytes that are no UTF-8 and lone surrogates become U+FFFD; a byte order mark is skipped;
- ``NaN``, infinities, numbers beyond a float and integers too long for Python become null;
- what is nested too deeply for the interpreter becomes null, from the level `DEEPEST` on;
- control characters in strings stay;
- of a repeated key the last value counts.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, TypeGuard

DEEPEST = 64
"""Levels that are kept of a text which is nested too deeply to be read whole."""

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse(body: bytes) -> Any:
    """
    Return the value that *body* holds, or ``None`` where it holds none.

    Args:
        body: JSON text, in UTF-8.
    """
    text = body.decode("utf-8-sig", errors="replace")
    try:
        try:
            return _parse(text)
        except RecursionError:
            return _parse(_shallow(text))
    except ValueError:
        return None


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether *value*, which was parsed, is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Return whether *value*, which was parsed, is a JSON array."""
    return isinstance(value, list)


def _parse(text: str) -> Any:
    value = json.loads(text, strict=False, parse_constant=_null, parse_float=_float, parse_int=_int)
    return _scrubbed(value) if _ESCAPED_SURROGATE.search(text) else value


def _shallow(text: str) -> str:
    """Return *text* with null for all that lies deeper than `DEEPEST`."""
    kept: list[str] = []
    depth = start = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in "[{":
            depth += 1
            if depth == DEEPEST + 1:
                kept += (text[start : match.start()], "null")
        elif token in "]}":
            if depth == DEEPEST + 1:
                start = match.end()
            depth -= 1
    # Text that ends inside what was cut is incomplete: so is what is returned, then.
    return "".join([*kept, text[start:]]) if depth <= DEEPEST else "".join(kept)


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if is_array(value):
        return [_scrubbed(item) for item in value]
    if is_object(value):
        return {_scrubbed(name): _scrubbed(member) for name, member in value.items()}
    return value


def _null(_: str) -> None:
    return None


def _float(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _int(digits: str) -> int | None:
    try:
        return int(digits)
    except ValueError:  # longer than the interpreter converts
        return None
