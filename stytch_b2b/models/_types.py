"""Types that recur in the models of every noun."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeAlias

import msgspec

Timestamp: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
"""A point in time: always aware."""

JSONObject: TypeAlias = Mapping[str, Any]
"""Free-form JSON, as the project or an identity provider shaped it."""

HIDDEN = "…"


def redacted(secret: str | tuple[str, ...] | None) -> str:
    """
    Return how a secret, or several, show in the repr of their model.

    Whether there is one and how many there are is told, as that decides what to do next; nothing
    else about them is. Given to every secret field as ``field(repr=redacted)``.
    """
    if isinstance(secret, tuple):
        return repr((HIDDEN,) * len(secret))
    return repr(HIDDEN if secret else secret)
