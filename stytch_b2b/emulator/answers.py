"""What is sent back, before any of it is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping

from attrs import field, frozen
from multidict import CIMultiDict

JSON = "application/json"


@frozen(kw_only=True)
class Answer:
    """Status, headers and body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @classmethod
    def of_json(
        cls, body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Answer with JSON."""
        labelled = merged_headers({"Content-Type": JSON}, headers or {})
        return cls(status=status, headers=labelled, body=json.dumps(body, allow_nan=False).encode())


def merged_headers(*layers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return headers in which those of later layers replace those of earlier ones."""
    merged: CIMultiDict[str] = CIMultiDict()
    for layer in layers:
        merged.update(layer)
    return merged
