"""Traces: a span for each call, in the place where the call was made."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind, StatusCode, Tracer

import stytch_b2b
from stytch_b2b import (
    AsyncStytchB2BClient,
    EventHooks,
    PermissionDeniedError,
    StytchB2BClient,
    StytchError,
)
from stytch_b2b.emulator import Emulator
from stytch_b2b.otel import tracing_hooks
from tests.api.support import StillClock, hold, logged, release, until
from tests.api.watching import settle

pytestmark = pytest.mark.anyio

MakeClient = Callable[..., Any]

GET = "scim.get_connection"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    """
    Where ended spans go.
    """
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> Iterator[TracerProvider]:
    """
    A program's tracing.
    """
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider
    provider.shutdown()


@pytest.fixture
def tracer(provider: TracerProvider) -> Tracer:
    """
    What the program makes its own spans with.
    """
    return provider.get_tracer("program")


@pytest.fixture(params=["async", "sync"])
def make(
    request: pytest.FixtureRequest,
    make_client: MakeClient,
    emulator: Emulator,
    provider: TracerProvider,
) -> Iterator[MakeClient]:
    """
    Make clients of either kind whose calls are traced.
    """
    blocking: list[StytchB2BClient] = []

    def make(**options: Any) -> Any:
        options = {"event_hooks": [tracing_hooks(provider)], **options}
        if request.param == "async":
            return make_client(**options)
        options = {"base_url": emulator.url, "clock": emulator.clock, **options}
        blocking.append(StytchB2BClient(emulator.public_token, **options))
        return blocking[-1]

    yield make
    for client in blocking:
        client.close()


def span_of(exporter: InMemorySpanExporter, name: str) -> ReadableSpan:
    """
    Return the one ended span of a name.
    """
    (found,) = (span for span in exporter.get_finished_spans() if span.name == name)
    return found


def parent_of(span: ReadableSpan) -> int | None:
    """
    Return the ID of a span's parent.
    """
    return None if span.parent is None else span.parent.span_id


async def test_span(make, emulator: Emulator, admin_session, exporter) -> None:
    """
    A call is a span of its name, described by OpenTelemetry's conventions for HTTP.
    """
    view = make().with_session(session_token=admin_session.session_token)
    answer = await settle(view.session.authenticate())
    span = span_of(exporter, "session.authenticate")

    assert SpanKind.CLIENT is span.kind
    assert StatusCode.UNSET is span.status.status_code
    assert None is span.parent
    assert ("stytch_b2b", stytch_b2b.__version__) == (
        span.instrumentation_scope.name,
        span.instrumentation_scope.version,
    )
    assert {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
        "server.port": int(emulator.url.rpartition(":")[2]),
        "stytch.attempts": 1,
        "stytch.request_id": answer.request_id,
        "url.template": "/sdk/v1/b2b/sessions/authenticate",
    } == dict(span.attributes)


async def test_who_acts(make, admin_session, exporter) -> None:
    """
    Who acts is told as soon as an answer has told it.
    """
    view = make().with_session(session_token=admin_session.session_token)
    await settle(view.session.authenticate())
    await settle(view.self.get())

    assert "stytch.member_id" not in span_of(exporter, "session.authenticate").attributes
    assert admin_session.member_id == (span_of(exporter, "self.get").attributes["stytch.member_id"])


async def test_attempts(make, emulator: Emulator, exporter) -> None:
    """
    Each attempt is an event of the span.
    """
    emulator.faults.add(status=503)
    emulator.faults.add(drop="after_read")
    answer = await settle(make(clock=StillClock()).bootstrap.get())
    span = span_of(exporter, "bootstrap.get")
    unavailable, lost, good = (dict(event.attributes) for event in span.events)

    assert ["stytch.attempt"] * 3 == [event.name for event in span.events]
    assert (1, 503) == (
        unavailable["stytch.attempt.number"],
        unavailable["http.response.status_code"],
    )
    assert {
        "stytch.attempt.number": 2,
        "stytch.attempt.elapsed": 0,
        "stytch.attempt.failure": "the server closed the connection without an answer",
    } == lost
    assert {
        "stytch.attempt.number": 3,
        "stytch.attempt.elapsed": 0,
        "http.response.status_code": 200,
        "stytch.request_id": answer.request_id,
    } == good
    assert 3 == span.attributes["stytch.attempts"]


async def test_parent(make, admin_session, tracer, exporter) -> None:
    """
    The span is a child of the caller's, which is current again afterwards.
    """
    view = make().with_session(session_token=admin_session.session_token)
    with tracer.start_as_current_span("program") as own:
        await settle(view.self.get())
        still = trace.get_current_span()
        with pytest.raises(StytchError):
            await settle(view.scim.delete_connection("none"))

        assert own is still is trace.get_current_span()
    for name in ("self.get", "scim.delete_connection"):
        assert own.get_span_context().span_id == parent_of(span_of(exporter, name))
        assert own.get_span_context().trace_id == span_of(exporter, name).context.trace_id


async def test_current_during_the_call(make, provider, exporter) -> None:
    """
    What happens within a call happens within its span.
    """
    seen: list[trace.Span] = []
    look = EventHooks(
        request=lambda event: seen.append(trace.get_current_span()),
        attempt=lambda event: seen.append(trace.get_current_span()),
        response=lambda event: seen.append(trace.get_current_span()),
    )
    await settle(make(event_hooks=[tracing_hooks(provider), look]).bootstrap.get())

    assert [span_of(exporter, "bootstrap.get").context.span_id] * 3 == [
        span.get_span_context().span_id for span in seen
    ]


async def test_call_within_a_call(make, member_session, exporter) -> None:
    """
    What a call fetches for itself is a child of its span.
    """
    view = make().with_session(session_token=member_session.session_token)
    with pytest.raises(PermissionDeniedError):
        await settle(view.scim.get_connection())

    assert span_of(exporter, GET).context.span_id == parent_of(span_of(exporter, "bootstrap.get"))


async def test_calls_at_once(make_client, provider, tracer, exporter) -> None:
    """
    Each of many calls at once is a child of its own caller's span.
    """
    client = make_client(event_hooks=[tracing_hooks(provider)])
    parents: set[int] = set()

    async def call(number: int) -> None:
        with tracer.start_as_current_span(f"program {number}") as own:
            parents.add(own.get_span_context().span_id)
            await client.bootstrap.get()

            assert own is trace.get_current_span()

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(call, number)
    calls = [span for span in exporter.get_finished_spans() if span.name == "bootstrap.get"]

    assert 20 == len(calls) == len(parents)
    assert parents == {parent_of(span) for span in calls}


def test_threads(emulator: Emulator, provider, tracer, exporter) -> None:
    """
    The same from threads, by the blocking client.
    """

    def call(number: int) -> int:
        with tracer.start_as_current_span(f"program {number}") as own:
            client.bootstrap.get()

            assert own is trace.get_current_span()
        return own.get_span_context().span_id

    with (
        StytchB2BClient(
            emulator.public_token, base_url=emulator.url, event_hooks=[tracing_hooks(provider)]
        ) as client,
        ThreadPoolExecutor(4) as pool,
    ):
        parents = set(pool.map(call, range(12)))
    calls = [span for span in exporter.get_finished_spans() if span.name == "bootstrap.get"]

    assert 12 == len(calls) == len(parents)
    assert parents == {parent_of(span) for span in calls}


FAILURES: dict[str, tuple[Any, str, int | None]] = {
    "refusal": (
        lambda client: client.scim.create_connection(display_name="x"),
        "session_authorization_error",
        403,
    ),
    "argument": (
        lambda client: client.session.authenticate(session_duration_minutes=1),
        "stytch_b2b.errors.InvalidArgumentError",
        None,
    ),
    "no session": (
        lambda client: client.with_state(stytch_b2b.SessionState()).self.get(),
        "stytch_b2b.errors.NoSessionError",
        None,
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_errors(make, member_session, exporter, failure: str) -> None:
    """
    A call that fails has the status of an error, its kind, and its text.
    """
    call, kind, status_code = FAILURES[failure]
    view = make().with_session(session_token=member_session.session_token)
    with pytest.raises(StytchError) as caught:
        await settle(call(view))
    span = span_of(exporter, caught.value.endpoint)

    assert StatusCode.ERROR is span.status.status_code
    assert str(caught.value) == span.status.description
    assert kind == span.attributes["error.type"]
    assert status_code == span.attributes.get("http.response.status_code")


async def test_cancellation(
    make_client, emulator: Emulator, provider, tracer, admin_session, exporter
) -> None:
    """
    The span of a call that is cancelled ends, as an error, and its caller's is current again.
    """
    view = make_client(event_hooks=[tracing_hooks(provider)]).with_session(
        session_token=admin_session.session_token
    )
    hold(emulator, GET)
    found: list[tuple[trace.Span, trace.Span]] = []

    async def call() -> None:
        with tracer.start_as_current_span("program") as own:
            try:
                await view.scim.get_connection()
            finally:
                found.append((own, trace.get_current_span()))

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await until(lambda: logged(emulator, GET))
        group.cancel_scope.cancel()
    release(emulator)
    span, cancellation = span_of(exporter, GET), anyio.get_cancelled_exc_class()
    ((own, current),) = found

    assert own is current
    assert StatusCode.ERROR is span.status.status_code
    assert None is span.status.description
    assert f"{cancellation.__module__}.{cancellation.__qualname__}" == span.attributes["error.type"]
    assert [cancellation.__name__] == [
        event.attributes["stytch.attempt.failure"] for event in span.events
    ]


def test_call_that_is_thrown_away(
    emulator: Emulator, provider, exporter, caplog: pytest.LogCaptureFixture
) -> None:
    """
    The span of a call whose event loop was closed ends without complaint, wherever that is.
    """
    client = AsyncStytchB2BClient(
        emulator.public_token,
        base_url=emulator.url,
        clock=StillClock(),
        event_hooks=[tracing_hooks(provider)],
    )
    call = client.bootstrap.get()
    loop = asyncio.new_event_loop()
    ran = contextvars.copy_context()

    async def begin() -> None:
        ran.run(call.send, None)

    loop.run_until_complete(begin())
    loop.run_until_complete(client.aclose())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    call.close()
    gc.collect()

    assert "builtins.GeneratorExit" == (span_of(exporter, "bootstrap.get").attributes["error.type"])
    assert trace.INVALID_SPAN is trace.get_current_span()
    assert [] == caplog.records


async def test_span_that_never_began(make_client, provider, exporter, caplog) -> None:
    """
    A call that a hook before this one leaves has no span, and nobody complains of that.
    """

    def leave(event: object) -> None:
        raise SystemExit(3)

    client = make_client(event_hooks=[EventHooks(request=leave), tracing_hooks(provider)])
    with pytest.raises(SystemExit):
        await client.bootstrap.get()

    assert () == exporter.get_finished_spans()
    assert [] == caplog.records


async def test_not_sampled(make, emulator: Emulator, tracer, exporter) -> None:
    """
    A program that samples no span pays with nothing but silence.
    """
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    emulator.faults.add(status=400)

    with pytest.raises(StytchError):
        await settle(make(event_hooks=[tracing_hooks(provider)]).bootstrap.get())

    assert () == exporter.get_finished_spans()


def run(program: str) -> str:
    """
    Return what a program prints in an interpreter of its own.
    """
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


def test_without_an_sdk() -> None:
    """
    With OpenTelemetry's API alone, calls are as ever and spans go nowhere.
    """
    program = """
import sys
sys.modules["opentelemetry.sdk"] = None
from stytch_b2b import StytchB2BClient, StytchError
from stytch_b2b.emulator import Emulator
from stytch_b2b.otel import tracing_hooks

with Emulator() as emulator, StytchB2BClient(
    emulator.public_token, base_url=emulator.url, event_hooks=[tracing_hooks()]
) as client:
    print(client.bootstrap.get().project_name)
    try:
        client.self.get()
    except StytchError as error:
        print(type(error).__name__)
"""

    assert "Emulated project\nNoSessionError\n" == run(program)


def test_without_opentelemetry() -> None:
    """
    Without OpenTelemetry the error says what to install.
    """
    program = """
import sys
sys.modules["opentelemetry"] = None
import stytch_b2b
try:
    import stytch_b2b.otel
except ImportError as error:
    print(error)
"""

    assert "stytch_b2b.otel needs OpenTelemetry: pip install 'stytch-b2b[otel]'\n" == run(program)


def test_who_does_not_trace_does_not_load_it() -> None:
    """
    Neither the package nor a client with hooks of the program's own loads OpenTelemetry.
    """
    program = """
import sys
from stytch_b2b import EventHooks, StytchB2BClient
token = "public-token-test-11111111-2222-3333-4444-555555555555"
StytchB2BClient(token, event_hooks=[EventHooks(request=print)])
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""

    assert "[]\n" == run(program)
