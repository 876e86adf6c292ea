"""
Who is told what an engine does: the log, and the program's hooks.

Both hang on the same events. The log's DEBUG lines have no more than those: name and method of a
call, the template of its path, how it went; never a header, a body, or a value of an argument.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import msgspec

from ._events import (
    AttemptEvent,
    DriftEvent,
    EventHooks,
    RequestEvent,
    ResponseEvent,
    StateChangeEvent,
)
from ._wire import Response, SendFailure
from .errors import (
    PermissionDeniedError,
    StytchAPIError,
    StytchConfigurationError,
    StytchResponseError,
)

if TYPE_CHECKING:
    from ._clock import Clock
    from ._drift import Drift
    from ._endpoint import Endpoint
    from ._retry import Outcome
    from ._state import Listener, SessionState
    from .models._response import ResponseMeta

_logger = logging.getLogger("stytch_b2b")

E = TypeVar("E")

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Observer:
    """
    Tells the log and the hooks of one engine.

    Args:
        event_hooks: The program's.
        base_url: Where the API is.
        clock: What durations are measured with.

    Raises:
        StytchConfigurationError: *event_hooks* are something else.
    """

    def __init__(self, event_hooks: Sequence[EventHooks], *, base_url: str, clock: Clock) -> None:
        if not isinstance(event_hooks, Sequence) or not all(
            isinstance(each, EventHooks) for each in event_hooks
        ):
            msg = "event_hooks must be a sequence of EventHooks, such as [EventHooks(request=...)]"
            raise StytchConfigurationError(msg)
        hooks = tuple(event_hooks)
        self._requests = [each.request for each in hooks if each.request is not None]
        self._attempts = [each.attempt for each in hooks if each.attempt is not None]
        # Whoever comes first is the outermost, as with context managers.
        self._responses = [each.response for each in hooks[::-1] if each.response is not None]
        self._state_changes = [each.state_change for each in hooks if each.state_change is not None]
        self._drifts = [each.drift for each in hooks if each.drift is not None]
        self._has_call_hooks = bool(self._requests or self._attempts or self._responses)
        address = urlsplit(base_url)
        self.server_address: str = address.hostname or ""
        self.server_port: int = address.port or _DEFAULT_PORTS[address.scheme]
        self.clock = clock

    @property
    def watches_calls(self) -> bool:
        """Whether anybody wants to know of a call that begins now."""
        return self._has_call_hooks or _logger.isEnabledFor(logging.DEBUG)

    @property
    def watches_drift(self) -> bool:
        """Whether anybody wants to know how answers differ from their models."""
        return bool(self._drifts)

    @property
    def state_listeners(self) -> tuple[Listener, ...]:
        """What every cell of the engine is made with."""
        return (self._state_changed,) if self._state_changes else ()

    def request_begun(self, event: RequestEvent) -> None:
        """Tell that a call begins."""
        _tell("request", self._requests, event)

    def attempt_made(self, event: AttemptEvent) -> None:
        """Tell how an attempt went."""
        if _logger.isEnabledFor(logging.DEBUG):
            _log_attempt(event)
        _tell("attempt", self._attempts, event)

    def response_given(self, event: ResponseEvent) -> None:
        """Tell how a call ended."""
        if _logger.isEnabledFor(logging.DEBUG):
            _log_response(event)
        _tell("response", self._responses, event)

    def drift_found(self, call: str, drift: Drift) -> None:
        """Tell of a difference between an answer and its model."""
        _tell("drift", self._drifts, DriftEvent(call=call, drift=drift))

    def _state_changed(self, old: SessionState, new: SessionState) -> None:
        # Calls that share an answer bring the same state, one after the other.
        if old != new:
            _tell("state_change", self._state_changes, StateChangeEvent(old=old, new=new))


class Observation:
    """
    One call under observation.

    Args:
        observer: Who tells of it.
        endpoint: What is called.
        state: What the call acts with.
    """

    def __init__(self, observer: Observer, endpoint: Endpoint, state: SessionState) -> None:
        self._observer = observer
        self._clock = observer.clock
        self._started = observer.clock.monotonic()
        self._attempts = 0
        self._request = RequestEvent(
            call=endpoint.name,
            method=endpoint.method,
            path_template=endpoint.path,
            server_address=observer.server_address,
            server_port=observer.server_port,
            member_id=state.member_id,
        )

    def begin(self) -> None:
        """Tell that the call begins."""
        self._observer.request_begun(self._request)

    async def attempt(self, attempt: Coroutine[object, object, Outcome]) -> Outcome:
        """Make an attempt of the call, and tell how it went."""
        self._attempts += 1
        started = self._clock.monotonic()
        try:
            outcome = await attempt
        except BaseException as error:
            self._attempt_ended(started, failure=type(error).__name__)
            raise
        if isinstance(outcome, SendFailure):
            self._attempt_ended(started, failure=outcome.reason)
        else:
            self._attempt_ended(started, response=outcome)
        return outcome

    def succeed(self, meta: ResponseMeta) -> None:
        """Tell that the call has an answer."""
        self._end(status_code=meta.status_code, request_id=meta.request_id or None)

    def fail(self, error: BaseException) -> None:
        """Tell that the call has none."""
        status_code = request_id = None
        if isinstance(error, StytchAPIError):
            request_id = error.request_id or None
            if not isinstance(error, PermissionDeniedError) or error.sent:
                status_code = error.status_code
        elif isinstance(error, StytchResponseError):
            status_code = error.status_code
        self._end(status_code=status_code, request_id=request_id, error=error)

    def _attempt_ended(
        self, started: float, *, response: Response | None = None, failure: str | None = None
    ) -> None:
        self._observer.attempt_made(
            AttemptEvent(
                request=self._request,
                number=self._attempts,
                status_code=None if response is None else response.status,
                failure=failure,
                elapsed=self._clock.monotonic() - started,
                request_id=None if response is None else _request_id(response.body),
            )
        )

    def _end(
        self,
        *,
        status_code: int | None,
        request_id: str | None,
        error: BaseException | None = None,
    ) -> None:
        self._observer.response_given(
            ResponseEvent(
                request=self._request,
                attempts=self._attempts,
                elapsed=self._clock.monotonic() - self._started,
                status_code=status_code,
                error=error,
                request_id=request_id,
            )
        )


class _Identified(msgspec.Struct, frozen=True):
    request_id: str = ""


class _Enveloped(_Identified, frozen=True):
    data: _Identified = _Identified()


_decoder = msgspec.json.Decoder(_Enveloped)


def _request_id(body: bytes) -> str | None:
    """Return the request ID of an answer or of an error; nothing else of the body is built."""
    try:
        found = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found.request_id or found.data.request_id or None


def _tell(kind: str, hooks: Sequence[Callable[[E], object]], event: E) -> None:
    for hook in hooks:
        try:
            hook(event)
        except Exception:
            # A hook's mistake harms neither the call nor the hooks after it.
            _logger.exception("an event hook for %s raised", kind)


def _log_attempt(event: AttemptEvent) -> None:
    _logger.debug(
        "%s, attempt %d: %s in %.1f ms%s",
        event.request.call,
        event.number,
        event.failure or f"HTTP {event.status_code}",
        1000 * event.elapsed,
        _suffix(event.request_id),
    )


def _log_response(event: ResponseEvent) -> None:
    _logger.debug(
        "%s (%s %s): %s, attempts: %d, %.1f ms%s",
        event.request.call,
        event.request.method,
        event.request.path_template,
        _outcome(event),
        event.attempts,
        1000 * event.elapsed,
        _suffix(event.request_id),
    )


def _outcome(event: ResponseEvent) -> str:
    parts: list[str] = []
    if event.error is not None:
        parts.append(type(event.error).__name__)
    if isinstance(event.error, StytchAPIError):
        parts.append(_printable(event.error.error_type))
    if event.status_code is not None:
        parts.append(f"HTTP {event.status_code}")
    return " ".join(parts)


def _suffix(request_id: str | None) -> str:
    return "" if request_id is None else f", {_printable(request_id)}"


def _printable(text: str) -> str:
    # The server does not decide where a line of a log begins.
    return "".join(char if char.isprintable() else " " for char in text)
