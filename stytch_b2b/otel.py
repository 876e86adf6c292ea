"""
Tracing with OpenTelemetry: a span for each call, its attempts as events of the span.

Needs the extra ``otel``, which has OpenTelemetry's API. Where spans go is the program's decision:
without an SDK they go nowhere.

::

    client = AsyncStytchB2BClient(event_hooks=[tracing_hooks()])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._events import AttemptEvent, EventHooks, RequestEvent, ResponseEvent
from ._version import __version__
from .errors import StytchAPIError, StytchError

try:
    from opentelemetry import context, trace
except ImportError as _error:
    _msg = "stytch_b2b.otel needs OpenTelemetry: pip install 'stytch-b2b[otel]'"
    raise ImportError(_msg) from _error

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry.context import Context
    from opentelemetry.trace import Span, TracerProvider

__all__ = ["tracing_hooks"]

_SCHEMA = "https://opentelemetry.io/schemas/1.27.0"
"""The version of the semantic conventions that names the attributes."""


def tracing_hooks(tracer_provider: TracerProvider | None = None) -> EventHooks:
    """
    Return hooks that make a span for each call.

    The span is a child of the span that is current where the call is made, of kind ``CLIENT``,
    named after the call, and current itself until the call has ended. Its attributes follow the
    semantic conventions for HTTP, but for the URL, of which it has the template only: values of
    arguments are not recorded.

    Args:
        tracer_provider: Makes the tracer. Default: the global one.
    """
    spans = _Spans(trace.get_tracer("stytch_b2b", __version__, tracer_provider, _SCHEMA))
    return EventHooks(request=spans.begin, attempt=spans.note, response=spans.end)


class _Spans:
    """The spans of the calls that are on their way."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer
        # Every step on it is one operation of a dict, so no lock is needed.
        self._open: dict[RequestEvent, tuple[Span, Context, Token[Context]]] = {}

    def begin(self, event: RequestEvent) -> None:
        span = self._tracer.start_span(
            event.call,
            kind=trace.SpanKind.CLIENT,
            attributes={
                "http.request.method": event.method,
                "server.address": event.server_address,
                "server.port": event.server_port,
                "url.template": event.path_template,
            },
        )
        if event.member_id is not None:
            span.set_attribute("stytch.member_id", event.member_id)
        current = trace.set_span_in_context(span)
        self._open[event] = span, current, context.attach(current)

    def note(self, event: AttemptEvent) -> None:
        attributes: dict[str, str | int | float] = {
            "stytch.attempt.number": event.number,
            "stytch.attempt.elapsed": event.elapsed,
        }
        if event.status_code is not None:
            attributes["http.response.status_code"] = event.status_code
        if event.failure is not None:
            attributes["stytch.attempt.failure"] = event.failure
        if event.request_id is not None:
            attributes["stytch.request_id"] = event.request_id
        self._open[event.request][0].add_event("stytch.attempt", attributes)

    def end(self, event: ResponseEvent) -> None:
        if event.request not in self._open:
            return  # whoever was told before has left the call
        span, current, token = self._open.pop(event.request)
        span.set_attribute("stytch.attempts", event.attempts)
        if event.status_code is not None:
            span.set_attribute("http.response.status_code", event.status_code)
        if event.request_id is not None:
            span.set_attribute("stytch.request_id", event.request_id)
        if event.error is not None:
            span.set_attribute("error.type", _error_type(event.error))
            text = str(event.error) if isinstance(event.error, StytchError) else None
            span.set_status(trace.StatusCode.ERROR, text)
        # A call that is thrown away with its event loop ends where its span was never current.
        if context.get_current() is current:
            context.detach(token)
        span.end()


def _error_type(error: BaseException) -> str:
    """Return the API's name for *error* if it is the API's, else that of its class."""
    if isinstance(error, StytchAPIError):
        return error.error_type
    return f"{type(error).__module__}.{type(error).__qualname__}"
