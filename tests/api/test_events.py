"""Hooks are told what a client does: of every call from its beginning to its end."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AttemptEvent,
    EventHooks,
    PermissionDeniedError,
    RequestEvent,
    ResponseEvent,
    ServerError,
    StateChangeEvent,
    StytchB2BClient,
    StytchConfigurationError,
    StytchError,
)
from stytch_b2b.emulator import Emulator
from tests.api.support import StillClock, hold, logged, release, until
from tests.api.watching import Recorder, line, settle

pytestmark = pytest.mark.anyio

MakeClient = Callable[..., Any]

GET = "scim.get_connection"
CREATE = "scim.create_connection"
AUTHENTICATE = "session.authenticate"
PASSWORD = "six tall larches, one kite"


@pytest.fixture
def recorder() -> Recorder:
    """
    Hooks that remember.
    """
    return Recorder()


@pytest.fixture(params=["async", "sync"])
def make(
    request: pytest.FixtureRequest, make_client: MakeClient, emulator: Emulator, recorder: Recorder
) -> Iterator[MakeClient]:
    """
    Make clients of either kind that tell the recorder of everything.
    """
    blocking: list[StytchB2BClient] = []

    def make(**options: Any) -> Any:
        options = {"event_hooks": [recorder.hooks], **options}
        if request.param == "async":
            return make_client(**options)
        options = {"base_url": emulator.url, "clock": emulator.clock, **options}
        blocking.append(StytchB2BClient(emulator.public_token, **options))
        return blocking[-1]

    yield make
    for client in blocking:
        client.close()


class TestOrder:
    """
    What is told of one call, on either client.
    """

    async def test_success(self, make, admin_session, recorder) -> None:
        """
        A call begins, is sent and ends.
        """
        view = make().with_session(session_token=admin_session.session_token)

        await settle(view.self.get())

        assert ["self.get: GET", "self.get: #1 200", "self.get: 200 after 1"] == [
            each for each in recorder.lines if each.startswith("self.get")
        ]

    async def test_success_after_a_repeat(self, make, emulator, admin_session, recorder) -> None:
        """
        Each attempt is told, and the end counts them.
        """
        view = make(clock=StillClock()).with_session(session_token=admin_session.session_token)
        emulator.faults.add(status=503)
        emulator.faults.add(drop="after_read")

        await settle(view.rbac.all_permissions())

        assert [
            "bootstrap.get: GET",
            "bootstrap.get: #1 503",
            "bootstrap.get: #2 the server closed the connection without an answer",
            "bootstrap.get: #3 200",
            "bootstrap.get: 200 after 3",
        ] == recorder.lines

    async def test_refusal(self, make, member_session, recorder) -> None:
        """
        A refusal is an end, and what is fetched to explain it is a call of its own within.
        """
        view = make().with_session(session_token=member_session.session_token)

        with pytest.raises(PermissionDeniedError) as caught:
            await settle(view.scim.create_connection(display_name="x"))

        assert [
            f"{CREATE}: POST",
            f"{CREATE}: #1 403",
            "bootstrap.get: GET",
            "bootstrap.get: #1 200",
            "bootstrap.get: 200 after 1",
            f"{CREATE}: PermissionDeniedError 403 after 1",
        ] == recorder.lines
        assert caught.value is recorder.events[-1].error

    async def test_no_connection(self, make, admin_session, recorder) -> None:
        """
        Attempts that reach nobody have a failure in place of a status.
        """
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        client = make(base_url=f"http://127.0.0.1:{port}", clock=StillClock(), retries=1)

        with pytest.raises(StytchError) as caught:
            await settle(client.with_session(session_token="t").scim.get_connection())

        assert [
            f"{GET}: GET",
            f"{GET}: #1 {caught.value.reason}",
            f"{GET}: #2 {caught.value.reason}",
            f"{GET}: StytchConnectionError None after 2",
        ] == recorder.lines
        assert ("127.0.0.1", port) == (
            recorder.events[0].server_address,
            recorder.events[0].server_port,
        )

    async def test_timeout(self, make, emulator, admin_session, recorder) -> None:
        """
        A call that runs out of time ends.
        """
        view = make(timeout=0.2).with_session(session_token=admin_session.session_token)
        emulator.faults.add(delay=600)

        with pytest.raises(StytchError) as caught:
            await settle(view.scim.get_connection())

        assert [
            f"{GET}: GET",
            f"{GET}: #1 {caught.value.reason}",
            f"{GET}: StytchTimeoutError None after 1",
        ] == recorder.lines

    async def test_unreadable_answer(self, make, emulator, admin_session, recorder) -> None:
        """
        An answer that nobody can read has a status all the same.
        """
        view = make().with_session(session_token=admin_session.session_token)
        emulator.faults.add(status=200, body="<p>")

        with pytest.raises(StytchError):
            await settle(view.scim.get_connection())

        assert [f"{GET}: #1 200", f"{GET}: StytchResponseError 200 after 1"] == recorder.lines[1:]
        assert None is recorder.events[1].request_id

    async def test_refused_before_it_is_sent(self, make, emulator, recorder) -> None:
        """
        A call that the client refuses begins and ends without an attempt.
        """
        client = make()

        for call in (client.session.authenticate, client.self.get):
            with pytest.raises(StytchError):
                await settle(call())
        with pytest.raises(StytchError):
            await settle(client.session.authenticate(session_duration_minutes=1))

        assert [
            f"{AUTHENTICATE}: POST",
            f"{AUTHENTICATE}: NoSessionError None after 0",
            "self.get: GET",
            "self.get: NoSessionError None after 0",
            f"{AUTHENTICATE}: POST",
            f"{AUTHENTICATE}: InvalidArgumentError None after 0",
        ] == recorder.lines
        assert 0 == len(emulator.requests)

    async def test_denied_before_it_is_sent(self, make, member_session, recorder) -> None:
        """
        What the policy denies, when the client enforces it, has no status: nobody answered.
        """
        view = make(permission_checks="enforce").with_session(
            session_token=member_session.session_token, session_jwt=member_session.session_jwt
        )

        with pytest.raises(PermissionDeniedError):
            await settle(view.scim.create_connection(display_name="x"))

        assert [
            f"{CREATE}: POST",
            "bootstrap.get: GET",
            "bootstrap.get: #1 200",
            "bootstrap.get: 200 after 1",
            f"{CREATE}: PermissionDeniedError None after 0",
        ] == recorder.lines

    async def test_closed_client(self, make, recorder) -> None:
        """
        An attempt that a closed client cannot make fails by the name of its error.
        """
        client = make()
        await settle(client.aclose() if hasattr(client, "aclose") else client.close())

        with pytest.raises(StytchError):
            await settle(client.bootstrap.get())

        assert [
            "bootstrap.get: #1 ClientClosedError",
            "bootstrap.get: ClientClosedError None after 1",
        ] == recorder.lines[1:]

    async def test_login_with_a_second_factor(self, make, emulator, recorder) -> None:
        """
        Each step of a login is a call, and what it leaves the client with is told before its end.
        """
        emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
        ada = emulator.create_member("Acme", "ada@acme.example", password=PASSWORD)
        emulator.enroll_totp(ada)
        client = make()

        first = await settle(
            client.passwords.authenticate(
                organization_id=ada.organization_id,
                email_address="ada@acme.example",
                password=PASSWORD,
                session_duration_minutes=60,
            )
        )
        await settle(
            client.totp.authenticate(
                organization_id=ada.organization_id,
                member_id=first.member_id,
                code=emulator.totp_code(ada),
                session_duration_minutes=60,
            )
        )

        assert [
            "passwords.authenticate: POST",
            "passwords.authenticate: #1 200",
            "nothing -> unfinished login",
            "passwords.authenticate: 200 after 1",
            "totp.authenticate: POST",
            "totp.authenticate: #1 200",
            "unfinished login -> session",
            "totp.authenticate: 200 after 1",
        ] == recorder.lines

    async def test_calls_in_pages(self, make, admin_session, recorder) -> None:
        """
        Each page of a search is a call.
        """
        view = make().with_session(session_token=admin_session.session_token)
        search = view.organization.members.search_all()

        if isinstance(view, StytchB2BClient):
            found = list(search)
        else:
            found = [each async for each in search]

        assert 1 == len(found)
        assert ["POST", "#1 200", "200 after 1"] == [
            line.partition(": ")[2] for line in recorder.lines
        ]


class TestContent:
    """
    What an event tells.
    """

    async def test_request(self, make, admin_session, emulator, recorder) -> None:
        """
        A call is told by its name and its path's template; who acts, once that is known.
        """
        view = make().with_session(
            session_token=admin_session.session_token, session_jwt=admin_session.session_jwt
        )
        await settle(view.session.authenticate())
        with pytest.raises(StytchError):
            await settle(view.scim.delete_connection("one-of-them"))

        before, after = (event for event in recorder.events if isinstance(event, RequestEvent))

        assert None is before.member_id
        assert admin_session.member_id == after.member_id
        assert ("scim.delete_connection", "DELETE", "/sdk/v1/b2b/scim/{connection_id}") == (
            after.call,
            after.method,
            after.path_template,
        )

    async def test_request_ids(self, make, emulator, admin_session, recorder) -> None:
        """
        Attempts and ends have the ID of the answer, be it an error.
        """
        view = make(clock=StillClock()).with_session(session_token=admin_session.session_token)
        answer = await settle(view.session.authenticate())
        with pytest.raises(StytchError) as caught:
            await settle(view.scim.delete_connection("none"))

        _, attempt, end, _, refused, failed = (
            event for event in recorder.events if not isinstance(event, StateChangeEvent)
        )

        assert {answer.request_id} == {attempt.request_id, end.request_id}
        assert {caught.value.request_id} == {refused.request_id, failed.request_id}
        assert "" not in {answer.request_id, caught.value.request_id}

    @pytest.mark.parametrize(
        "body", ["{}", "[]", '{"request_id": 5}', '{"data": null}', "\ud800", "[" * 5000]
    )
    async def test_no_request_id(self, make, emulator, recorder, body: str) -> None:
        """
        An answer without one is told without one.
        """
        emulator.faults.add(status=400, body=body.encode("utf-8", "surrogatepass"))

        with pytest.raises(StytchError):
            await settle(make().bootstrap.get())

        assert [None, None] == [event.request_id for event in recorder.events[1:]]

    async def test_elapsed(self, make, emulator, recorder) -> None:
        """
        An attempt lasts as long as itself, a call as long as its waits as well.
        """
        clock = StillClock()
        emulator.faults.add(status=503, headers={"Retry-After": "3"})

        await settle(make(clock=clock).bootstrap.get())

        assert [0, 0, 3] == [event.elapsed for event in recorder.events[1:]]

    async def test_default_port(self, recorder) -> None:
        """
        A URL without a port means that of its scheme.
        """
        client = AsyncStytchB2BClient(
            "public-token-test-11111111-2222-3333-4444-555555555555",
            base_url="https://stytch.example/prefix",
            event_hooks=[recorder.hooks],
        )

        with pytest.raises(StytchError):
            await client.self.get()

        assert ("stytch.example", 443) == (
            recorder.events[0].server_address,
            recorder.events[0].server_port,
        )


class TestCancellation:
    """
    A call that its caller gives up ends, too.
    """

    async def test_in_the_middle(self, make_client, emulator, admin_session, recorder) -> None:
        """
        The attempt under way and the call end by the cancellation.
        """
        view = make_client(event_hooks=[recorder.hooks]).with_session(
            session_token=admin_session.session_token
        )
        hold(emulator, GET)

        async with anyio.create_task_group() as group:
            group.start_soon(view.scim.get_connection)
            await until(lambda: logged(emulator, GET))
            group.cancel_scope.cancel()
        release(emulator)
        name = anyio.get_cancelled_exc_class().__name__

        assert [f"{GET}: GET", f"{GET}: #1 {name}", f"{GET}: {name} None after 1"] == recorder.lines
        assert isinstance(recorder.events[-1].error, anyio.get_cancelled_exc_class())

    async def test_between_two_attempts(self, make_client, emulator, recorder) -> None:
        """
        A call that is cancelled while it waits counts the attempts it made.
        """
        emulator.faults.add(status=503, headers={"Retry-After": "20"})
        client = make_client(event_hooks=[recorder.hooks])

        async with anyio.create_task_group() as group:
            group.start_soon(client.bootstrap.get)
            await until(lambda: len(recorder.events) == 2)
            group.cancel_scope.cancel()

        assert recorder.lines[2].endswith("None after 1")
        assert 3 == len(recorder.lines)

    def test_blocking_call_that_is_interrupted(self, tmp_path: Path) -> None:
        """
        So does a blocking call that Ctrl-C ends.
        """
        done = subprocess.run(
            [sys.executable, "-c", INTERRUPTED],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )

        assert "CancelledError 1\n" == done.stdout


INTERRUPTED = """
import os
import signal
from stytch_b2b import EventHooks, StytchB2BClient
from stytch_b2b.emulator import Emulator

signal.signal(signal.SIGINT, signal.default_int_handler)


def interrupt(event):
    os.kill(os.getpid(), signal.SIGINT)


def end(event):
    print(type(event.error).__name__, event.attempts)


with Emulator() as emulator:
    emulator.faults.add(status=503, headers={"Retry-After": "20"})
    hooks = EventHooks(attempt=interrupt, response=end)
    with StytchB2BClient(
        emulator.public_token, base_url=emulator.url, event_hooks=[hooks]
    ) as client:
        try:
            client.bootstrap.get()
        except KeyboardInterrupt:
            pass
"""


class TestHooks:
    """
    Several hooks, and hooks that fail.
    """

    async def test_one_that_raises(
        self, make, emulator, admin_session, recorder, caplog: pytest.LogCaptureFixture
    ) -> None:
        """
        A hook's own mistake is logged; the call, the state and the other hooks are as ever.
        """

        def broken(event: object) -> None:
            raise ZeroDivisionError

        hooks = EventHooks(request=broken, attempt=broken, response=broken, state_change=broken)
        client = make(event_hooks=[hooks, recorder.hooks, hooks])
        view = client.with_session(session_token=admin_session.session_token)
        with caplog.at_level(logging.ERROR, "stytch_b2b"):
            answer = await settle(view.session.authenticate())

        assert answer.member_session == view.state.member_session
        assert 4 == len(recorder.events)
        assert [
            f"an event hook for {kind} raised"
            for kind in ("request", "attempt", "state_change", "response")
            for _ in range(2)
        ] == [record.message for record in caplog.records]
        assert {ZeroDivisionError} == {record.exc_info[0] for record in caplog.records}

    async def test_one_that_ends_the_program(self, make_client, recorder) -> None:
        """
        Whoever leaves by a hook leaves the call, which ends for the hooks, too.
        """

        def leave(event: object) -> None:
            raise SystemExit(3)

        client = make_client(event_hooks=[recorder.hooks, EventHooks(request=leave)])
        with pytest.raises(SystemExit):
            await client.bootstrap.get()

        assert ["bootstrap.get: GET", "bootstrap.get: SystemExit None after 0"] == recorder.lines

    async def test_order(self, make) -> None:
        """
        The first of several hooks is the outermost.
        """
        told: list[str] = []
        hooks = [
            EventHooks(
                request=lambda event, name=name: told.append(f"{name} begins"),
                response=lambda event, name=name: told.append(f"{name} ends"),
            )
            for name in ("outer", "inner")
        ]

        await settle(make(event_hooks=hooks).bootstrap.get())

        assert ["outer begins", "inner begins", "inner ends", "outer ends"] == told

    async def test_calls_at_once(self, make_client, admin_session, recorder) -> None:
        """
        Calls that overlap are told apart by their requests.
        """
        view = make_client(event_hooks=[recorder.hooks]).with_session(
            session_token=admin_session.session_token
        )
        answers: set[str] = set()

        async def get() -> None:
            with pytest.raises(StytchError) as caught:
                await view.scim.delete_connection("none")
            answers.add(caught.value.request_id)

        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(get)
        requests = {event for event in recorder.events if isinstance(event, RequestEvent)}
        attempts = {e.request: e for e in recorder.events if isinstance(e, AttemptEvent)}
        ends = {e.request: e for e in recorder.events if isinstance(e, ResponseEvent)}

        assert 20 == len(requests) == len(answers)
        assert requests == set(attempts) == set(ends)
        assert answers == {end.request_id for end in ends.values()}
        assert all(attempts[each].request_id == ends[each].request_id for each in requests)
        assert isinstance(next(iter(ends.values())).error, StytchError)

    async def test_answer_of_another_call(
        self, make_client, emulator, admin_session, recorder
    ) -> None:
        """
        Who shares the answer that another call waits for begins and ends without an attempt.
        """
        view = make_client(event_hooks=[recorder.hooks]).with_session(
            session_token=admin_session.session_token
        )
        hold(emulator, AUTHENTICATE)

        async with anyio.create_task_group() as group:
            group.start_soon(view.session.authenticate)
            await until(lambda: logged(emulator, AUTHENTICATE))
            group.start_soon(view.session.authenticate)
            await until(lambda: len(recorder.events) == 2)
            await anyio.wait_all_tasks_blocked()
            release(emulator)

        assert 1 == len(logged(emulator, AUTHENTICATE))
        assert [
            f"{AUTHENTICATE}: #1 200",
            f"{AUTHENTICATE}: 200 after 0",
            f"{AUTHENTICATE}: 200 after 1",
            f"{AUTHENTICATE}: POST",
            f"{AUTHENTICATE}: POST",
        ] == sorted(line(event) for event in recorder.of_calls(AUTHENTICATE))

    async def test_state_that_stays(self, make_client, emulator, admin_session, recorder) -> None:
        """
        Several calls that bring one client the same news are one change.
        """
        view = make_client(event_hooks=[recorder.hooks]).with_session(
            session_token=admin_session.session_token
        )
        hold(emulator, AUTHENTICATE)

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(view.session.authenticate)
            await until(lambda: logged(emulator, AUTHENTICATE))
            await anyio.wait_all_tasks_blocked()
            release(emulator)

        assert ["tokens -> session"] == [
            line(event) for event in recorder.events if isinstance(event, StateChangeEvent)
        ]

    async def test_blocking_call_in_a_hook(
        self, sync_client, emulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        """
        A hook of a blocking client that calls the client itself is told so, and does not hang.
        """

        def call(event: object) -> None:
            sync_client.bootstrap.get()

        with StytchB2BClient(
            emulator.public_token, base_url=emulator.url, event_hooks=[EventHooks(response=call)]
        ) as client:
            assert client.bootstrap.get()

        assert [RuntimeError] == [record.exc_info[0] for record in caplog.records]

    async def test_only_what_was_asked_for(self, make, emulator) -> None:
        """
        A hook for one kind of event is told of no other.
        """
        told: list[object] = []
        emulator.faults.add(status=400)
        client = make(event_hooks=[EventHooks(), EventHooks(attempt=told.append)])

        with pytest.raises(StytchError):
            await settle(client.bootstrap.get())

        assert [AttemptEvent] == [type(event) for event in told]

    @pytest.mark.parametrize(
        "wrong", [EventHooks(), [print], None], ids=["no list", "a function", "None"]
    )
    async def test_something_else(self, make, wrong: Any) -> None:
        """
        What are no hooks is found when the client is made.
        """
        with pytest.raises(StytchConfigurationError, match="event_hooks must be"):
            make(event_hooks=wrong)


class TestStateChanges:
    """
    The hooks of a client are told of the states of all that are made from it.
    """

    async def test_views(self, make, admin_session, member_session, recorder) -> None:
        """
        Each view's changes are told, with its own states.
        """
        client = make(event_hooks=[EventHooks(state_change=recorder.events.append)])
        ada = client.with_session(session_token=admin_session.session_token)
        bob = client.with_state(ada.state).with_options(retries=0)
        bob.session.update_session(session_token=member_session.session_token)
        before = ada.state
        await settle(ada.session.authenticate())
        await settle(bob.session.authenticate())
        client.session.update_session(session_token=admin_session.session_token)

        assert [
            "tokens -> tokens",
            "tokens -> session",
            "tokens -> session",
            "nothing -> tokens",
        ] == recorder.lines
        assert (before, ada.state) == (recorder.events[1].old, recorder.events[1].new)
        assert bob.state is recorder.events[2].new

    async def test_rejection(self, make, emulator, admin_session, recorder) -> None:
        """
        A session that the API no longer knows is gone, also where nothing but its token was held.
        """
        view = make().with_session(session_token=admin_session.session_token)
        emulator.clock.advance(hours=1000)

        with pytest.raises(StytchError):
            await settle(view.session.authenticate())

        assert [
            f"{AUTHENTICATE}: POST",
            f"{AUTHENTICATE}: #1 404",
            "tokens -> nothing",
            f"{AUTHENTICATE}: AuthenticationError 404 after 1",
        ] == recorder.lines

    async def test_logout(self, make, admin_session, recorder) -> None:
        """
        So is one that its Member ends.
        """
        view = make().with_session(session_token=admin_session.session_token)

        await settle(view.session.revoke())

        assert "tokens -> nothing" in recorder.lines

    async def test_listeners_of_a_view(self, make, admin_session, recorder) -> None:
        """
        Listeners come and go beside the hooks.
        """
        view = make().with_session(session_token=admin_session.session_token)
        told: list[object] = []
        unsubscribe = view.session.on_change(lambda old, new: told.append(new))
        unsubscribe()
        await settle(view.session.authenticate())

        assert [] == told
        assert "tokens -> session" in recorder.lines


async def test_hook_sees_the_outcome_before_the_caller(make_client, emulator) -> None:
    """
    When the caller goes on, everything was told.
    """
    told: list[ResponseEvent] = []
    emulator.faults.add(status=500, times=9)
    client = make_client(event_hooks=[EventHooks(response=told.append)], retries=0)

    with pytest.raises(ServerError) as caught:
        await client.bootstrap.get()

    assert [caught.value] == [event.error for event in told]
