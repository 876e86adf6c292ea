"""Faults that a test injects: what becomes of the next answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any, Literal

from attrs import define, evolve, field

from .errors import (
    ApiError,
    BadRequestError,
    InternalServerError,
    RouteNotFoundError,
    SessionAuthorizationError,
    TooManyRequestsError,
    UnauthorizedCredentialsError,
)

Drop = Literal["before_read", "after_read"]

_ERROR_OF_STATUS: Mapping[int, type[ApiError]] = {
    400: BadRequestError,
    401: UnauthorizedCredentialsError,
    403: SessionAuthorizationError,
    404: RouteNotFoundError,
    429: TooManyRequestsError,
}


@define(kw_only=True)
class Fault:
    """One injected fault; `Faults.add` says what the fields mean."""

    times: int
    status: int | None
    headers: Mapping[str, str]
    body: bytes | None = field(repr=False)
    delay: float | None
    cut_body: bool
    drop: Drop | None
    operation: str | None
    handle: bool

    def matches(self, *, operation: str | None, path: str) -> bool:
        """Tell whether the fault is meant for this request."""
        if self.operation is None:
            return True
        if self.operation.startswith("/"):
            return path.startswith(self.operation)
        return self.operation == operation

    def own_body(self, request_id: str) -> bytes:
        """Return the body of an answer that was not made by handling the request."""
        if self.body is not None:
            return self.body
        status = self.status if self.status is not None else 200
        if status < 300:
            data = {"request_id": request_id, "status_code": status}
            return json.dumps({"data": data}).encode()
        error = _ERROR_OF_STATUS.get(status, InternalServerError)()
        return json.dumps({**error.body(request_id), "status_code": status}).encode()


class Faults:
    """The faults that wait for a request; safe to change from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def __repr__(self) -> str:
        return f"<Faults {len(self)} waiting>"

    def __len__(self) -> int:
        return len(self._faults)

    def add(
        self,
        *,
        times: int = 1,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | Mapping[str, Any] | None = None,
        delay: float | None = None,
        cut_body: bool = False,
        drop: Drop | None = None,
        operation: str | None = None,
        handle: bool | None = None,
    ) -> None:
        """
        Spoil the next matching answers.

        Args:
            times: How many answers.

            status: HTTP status of the answer. Without *body* the answer is an error body of that
                status.

            headers: Headers of the answer, added to or replacing the usual ones.

            body: Body of the answer. A mapping is sent as JSON; text and bytes are sent as they
                are, labelled ``text/plain`` unless *headers* say otherwise.

            delay: Seconds, by the emulator's clock, for which the answer is held. Stopping the
                emulator releases it.

            cut_body: Announce the whole body, send half of it, and close the connection.

            drop: Close the connection without an answer: ``"before_read"`` as soon as the headers
                are there, ``"after_read"`` when the whole request was read.

            operation: Only this operation (``"scim.update_connection"``), or only paths that begin
                like this (``"/sdk/v1/b2b/scim"``). Any request without it.

            handle: Whether the request takes effect although its answer is spoilt. By default
                it does only if the fault delays the answer or adds headers and does nothing else.

        Raises:
            ValueError: The arguments contradict each other.
        """
        if times < 1:
            msg = f"times must be at least 1, but got {times}"
            raise ValueError(msg)
        if drop == "before_read" and handle:
            msg = "a request dropped before it was read cannot be handled; use 'after_read'"
            raise ValueError(msg)

        labelled = {name: str(value) for name, value in (headers or {}).items()}
        if body is not None and not any(name.lower() == "content-type" for name in labelled):
            plain = "text/plain; charset=utf-8"
            labelled["Content-Type"] = "application/json" if isinstance(body, Mapping) else plain
        spoilt = status is not None or body is not None or cut_body or drop is not None
        fault = Fault(
            times=times,
            status=status,
            headers=labelled,
            body=_encoded(body),
            delay=None if delay is None else float(delay),
            cut_body=cut_body,
            drop=drop,
            operation=operation,
            handle=not spoilt if handle is None else handle,
        )
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Take back every fault that has not struck yet."""
        with self._lock:
            self._faults.clear()

    def take(self, *, operation: str | None, path: str) -> Fault | None:
        """Use up one time of the first fault that matches."""
        with self._lock:
            for fault in self._faults:
                if fault.matches(operation=operation, path=path):
                    fault.times -= 1
                    if fault.times == 0:
                        self._faults.remove(fault)
                    return evolve(fault)
        return None


def _encoded(body: bytes | str | Mapping[str, Any] | None) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    text = body if isinstance(body, str) else json.dumps(body)
    return text.encode()
