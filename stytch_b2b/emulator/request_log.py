"""Every request that reached the server, exactly as it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from attrs import field, frozen


@frozen(kw_only=True)
class LoggedRequest:
    """One HTTP request; headers and body carry credentials and stay out of the repr."""

    method: str

    path: str
    """Path and query as sent: not decoded, not normalised."""

    operation: str | None
    """The operation that the path and method belong to, if any."""

    headers: Mapping[str, str] = field(repr=False)
    """Case-insensitive."""

    body: bytes = field(repr=False)
    """Empty also if the body was never read, as a dropped connection has it."""

    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.body)


class RequestLog(Sequence[LoggedRequest]):
    """The requests since the start or the last `clear()`, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[LoggedRequest] = []

    def __repr__(self) -> str:
        return f"<RequestLog {len(self)} requests>"

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[LoggedRequest]:
        with self._lock:
            return iter(tuple(self._requests))

    @overload
    def __getitem__(self, index: int) -> LoggedRequest: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[LoggedRequest]: ...

    def __getitem__(self, index: int | slice) -> LoggedRequest | Sequence[LoggedRequest]:
        with self._lock:
            return self._requests[index]

    def append(self, request: LoggedRequest) -> None:
        """Log a request."""
        with self._lock:
            self._requests.append(request)

    def clear(self) -> None:
        """Forget the requests logged so far."""
        with self._lock:
            self._requests.clear()
