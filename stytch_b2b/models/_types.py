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


def redacted(secret: str | None) -> str:
    """
    Return how a secret shows in the repr of its model.

    Whether there is one is told, as that decides what to do next; nothing else about it is. Given
    to every secret field as ``field(repr=redacted)``.
    """
    return repr(HIDDEN if secret else secret)
