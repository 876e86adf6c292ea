"""The background loop: what goes in, what comes out, and how it ends."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import signal
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import trio

from stytch_b2b import _portal

PROGRAMS = Path(__file__).parent / "programs"

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")


async def add(left: int, *, right: int = 0) -> int:
    """
    Do something without waiting.
    """
    return left + right


class Fault(Exception):  # noqa: N818 - no error, but what a test does on purpose
    """
    What a coroutine fails with.
    """


async def fail(error: BaseException | None = None) -> None:
    """
    Fail, with an error of the caller's if there is one.
    """
    raise error or Fault


NOTHING = (None, None, None)


@pytest.fixture
def interrupt_when() -> Iterator[Callable[[threading.Event], None]]:
    """
    Have Ctrl-C pressed in this thread as soon as an event is set.
    """
    this_thread = threading.get_ident()

    def interrupt_when(begun: threading.Event) -> None:
        def press() -> None:
            begun.wait(10)
            signal.pthread_kill(this_thread, signal.SIGINT)

        threading.Thread(target=press, daemon=True).start()

    # Whoever started the tests in the background may have had the signal ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield interrupt_when
    signal.signal(signal.SIGINT, before)


async def until(condition: Callable[[], bool]) -> None:
    """
    Look again and again, for at most ten seconds, at what another thread does.
    """
    with anyio.fail_after(10):
        while not condition():
            await anyio.lowlevel.checkpoint()


class TestCall:
    """
    Blocking calls.
    """

    def test_result(self) -> None:
        """
        Arguments go in and the result comes out.
        """
        result = _portal.call(add, 1, right=2)

        assert 3 == result

    def test_thread(self) -> None:
        """
        Every call runs in the same thread, a daemon.
        """

        async def thread() -> threading.Thread:
            return threading.current_thread()

        threads = {_portal.call(thread) for _ in range(3)}

        assert [True] == [each.daemon for each in threads]
        assert threading.current_thread() not in threads

    def test_calls_overlap(self) -> None:
        """
        Fifty threads wait for each other inside the portal, and cost no further thread there.
        """
        arrived: list[asyncio.Future[None]] = []
        names: set[str] = set()

        async def meet() -> None:
            arrived.append(asyncio.get_running_loop().create_future())
            if len(arrived) == 50:
                for each in arrived:
                    each.set_result(None)
            await arrived[-1]
            names.add(threading.current_thread().name)

        _portal.call(add, 0)
        before = threading.active_count()
        threads = [threading.Thread(target=_portal.call, args=(meet,)) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

        assert 50 == len(arrived)
        assert 1 == len(names)
        assert before == threading.active_count()

    def test_no_more_threads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Where no thread can be had, the call says so, and the next one may have more luck.
        """

        def start(thread: threading.Thread) -> None:
            msg = "can't start new thread"
            raise RuntimeError(msg)

        process = _portal._Process()
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", start)
            with pytest.raises(RuntimeError, match="can't start new thread"):
                _ = process.portal
        gc.collect()

        assert process.portal.thread.is_alive()
        process.stop()

    def test_from_the_portal_itself(self) -> None:
        """
        A call that would wait for itself is refused at once.
        """

        async def inner() -> int:
            return _portal.call(add, 1)

        with pytest.raises(RuntimeError, match="would have to answer it"):
            _portal.call(inner)

    def test_context(self) -> None:
        """
        The caller's context variables are seen, and not changed.
        """

        async def read_and_write() -> str:
            value = variable.get()
            variable.set("changed")
            return value

        token = variable.set("the caller's")
        seen = _portal.call(read_and_write)
        after = variable.get()
        variable.reset(token)

        assert "the caller's" == seen == after

    @pytest.mark.parametrize("error", [ValueError(), SystemExit(3), KeyboardInterrupt()])
    def test_error(self, error: BaseException) -> None:
        """
        Whatever is raised reaches the caller, and the portal goes on.
        """
        with pytest.raises(type(error)) as caught:
            _portal.call(fail, error)

        assert error is caught.value
        assert 1 == _portal.call(add, 1)

    def test_wrong_arguments(self) -> None:
        """
        A call that does not even begin fails like any other.
        """
        with pytest.raises(TypeError, match="surplus"):
            _portal.call(add, 1, surplus=2)  # type: ignore[call-arg]  # that is the point

    def test_traceback(self) -> None:
        """
        The traceback leads from the caller to the fault, with nothing of the hop at its end.
        """

        async def outer() -> None:
            await fail()

        with pytest.raises(Fault) as caught:
            _portal.call(outer)
        names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]

        assert ["test_traceback", "call", "result"] == names[:3]
        assert ["outer", "fail"] == names[-2:]
        assert "_run" not in names

    def test_interrupted_before_it_began(self) -> None:
        """
        A call that is interrupted on its way into the portal does not wait for an end.
        """
        woken = threading.Event()
        hop = _portal._Hop(_portal._process.portal, lambda: add(1), woken.set)

        hop.cancel()

        assert woken.is_set()

    def test_shared_error(self) -> None:
        """
        An error that many callers are told of has for each the same traceback.
        """
        shared: list[asyncio.Future[None]] = []

        async def leader() -> None:
            shared.append(asyncio.get_running_loop().create_future())
            shared[0].set_exception(ValueError("shared"))

        async def follower() -> None:
            await shared[0]

        _portal.call(leader)
        lengths = set()
        for _ in range(5):
            with pytest.raises(ValueError, match="shared") as caught:
                _portal.call(follower)
            lengths.add(len(traceback.extract_tb(caught.value.__traceback__)))

        # Up to Python 3.10 asyncio's own futures let theirs grow.
        assert sys.version_info < (3, 11) or len(lengths) == 1

    def test_no_cycle(self) -> None:
        """
        An error that was dealt with is gone without the garbage collector.
        """
        gc.collect()
        gc.disable()
        try:
            try:
                _portal.call(fail)
            except Fault as error:
                gone = weakref.ref(error)
            # The portal's thread lets go of its own frames a moment later.
            _portal.call(add, 0)
            left = gone()
        finally:
            gc.enable()

        assert left is None


class Scope:
    """
    A context manager that the task that entered it has to leave, and that says what happens to it.
    """

    def __init__(self, *, holds_back: bool = False) -> None:
        self.holds_back = holds_back
        self.events: list[object] = []
        self.tasks: list[object] = []

    async def __aenter__(self) -> Scope:
        self.tasks.append(asyncio.current_task())
        self.events.append("entered")
        return self

    async def __aexit__(self, *exc_info: object) -> bool:
        self.tasks.append(asyncio.current_task())
        self.events.append(exc_info[1])
        return self.holds_back


class TestHold:
    """
    Context managers that a task of the portal enters, stays in and leaves.
    """

    def test_one_task(self) -> None:
        """
        The task that has entered a scope leaves it, whichever threads ask for that.
        """
        scope = Scope()

        held = _portal.hold(scope)
        leaving = threading.Thread(target=held.leave, args=(NOTHING,))
        leaving.start()
        leaving.join(10)

        assert ["entered", None] == scope.events
        assert 1 == len(set(scope.tasks))

    def test_calls_go_on_meanwhile(self) -> None:
        """
        What a held scope does and what is called meanwhile runs in one loop, side by side.
        """
        told: asyncio.Event

        class Listening(Scope):
            async def __aenter__(self) -> Scope:
                nonlocal told
                told = asyncio.Event()
                self.group = anyio.create_task_group()
                await self.group.__aenter__()
                self.group.start_soon(self.listen)
                return self

            async def listen(self) -> None:
                await told.wait()
                self.events.append("heard")

            async def __aexit__(self, *exc_info: Any) -> bool:
                await self.group.__aexit__(*exc_info)
                return False

        async def tell() -> None:
            told.set()

        scope = Listening()
        held = _portal.hold(scope)
        _portal.call(tell)
        held.leave(NOTHING)

        assert ["heard"] == scope.events

    def test_context(self) -> None:
        """
        The scope sees the context variables of whoever entered it.
        """
        seen: list[str] = []

        class Reading(Scope):
            async def __aexit__(self, *exc_info: object) -> bool:
                seen.append(variable.get())
                return False

        token = variable.set("the caller's")
        held = _portal.hold(Reading())
        variable.reset(token)
        held.leave(NOTHING)

        assert ["the caller's"] == seen

    @pytest.mark.parametrize("holds_back", [True, False])
    def test_error_of_the_block(self, holds_back: bool) -> None:
        """
        The scope is told of the error that ends the block, and says whether it goes further.
        """
        error, scope = Fault(), Scope(holds_back=holds_back)

        result = _portal.hold(scope).leave((Fault, error, None))

        assert holds_back == result
        assert ["entered", error] == scope.events

    @pytest.mark.parametrize("error", [Fault(), SystemExit(3), KeyboardInterrupt()])
    def test_error_on_entering(self, error: BaseException) -> None:
        """
        What cannot be entered says so to the caller, and the portal goes on.
        """

        class Closed(Scope):
            async def __aenter__(self) -> Scope:
                raise error

        with pytest.raises(type(error)) as caught:
            _portal.hold(Closed())

        assert error is caught.value
        assert 1 == _portal.call(add, 1)

    @pytest.mark.parametrize("error", [Fault(), SystemExit(3), KeyboardInterrupt()])
    def test_error_on_leaving(self, error: BaseException) -> None:
        """
        What fails on being left says so to the caller, and the portal goes on.
        """

        class Stuck(Scope):
            async def __aexit__(self, *exc_info: object) -> bool:
                raise error

        held = _portal.hold(Stuck())
        with pytest.raises(type(error)) as caught:
            held.leave(NOTHING)

        assert error is caught.value
        assert 1 == _portal.call(add, 1)

    def test_failure_meanwhile(self) -> None:
        """
        What goes wrong in a scope while the block runs is raised when the block ends.
        """

        class Failing(Scope):
            async def __aenter__(self) -> Scope:
                self.group = anyio.create_task_group()
                await self.group.__aenter__()
                self.group.start_soon(fail)
                return self

            async def __aexit__(self, *exc_info: Any) -> bool:
                self.events.append(exc_info[0])
                try:
                    await self.group.__aexit__(*exc_info)
                except BaseException as group:
                    raise Fault from group
                return False

        scope = Failing()
        held = _portal.hold(scope)
        with pytest.raises(Fault):
            held.leave(NOTHING)

        assert [asyncio.CancelledError] == scope.events

    def test_end_meanwhile(self) -> None:
        """
        A scope that has ended by itself while the block runs keeps no error of the block back.
        """

        class Ending(Scope):
            async def __aenter__(self) -> Scope:
                self.group = anyio.create_task_group()
                await self.group.__aenter__()
                self.group.cancel_scope.cancel()
                return self

            # As the group says it, which is less than the other scopes say.
            async def __aexit__(self, *exc_info: Any) -> bool | None:  # type: ignore[override]
                self.events.append(exc_info[0])
                return await self.group.__aexit__(*exc_info)

        scope = Ending()
        held = _portal.hold(scope)
        result = held.leave((Fault, Fault(), None))

        assert result is None
        assert [asyncio.CancelledError] == scope.events

    def test_interrupted_on_entering(self, interrupt_when: Any) -> None:
        """
        Whoever is interrupted while the scope is entered leaves nothing behind in the portal.
        """
        begun, ended = threading.Event(), threading.Event()

        class Slow(Scope):
            async def __aenter__(self) -> Scope:
                begun.set()
                try:
                    await asyncio.sleep(60)
                finally:
                    ended.set()
                return self

        interrupt_when(begun)
        with pytest.raises(KeyboardInterrupt):
            _portal.hold(Slow())

        assert ended.is_set()
        assert 0 == len(_portal._process.portal.holding)

    @pytest.mark.usefixtures("interrupt_when")
    def test_interrupted_when_just_entered(self) -> None:
        """
        Nor does one who is interrupted at the very moment when the scope has been entered.
        """
        this_thread = threading.get_ident()

        class Quick(Scope):
            async def __aenter__(self) -> Scope:
                signal.pthread_kill(this_thread, signal.SIGINT)
                return await super().__aenter__()

        scope = Quick()
        with pytest.raises(KeyboardInterrupt):
            _portal.hold(scope)

        assert 2 == len(scope.events)
        assert 0 == len(_portal._process.portal.holding)

    def test_interrupted_on_leaving(self, interrupt_when: Any) -> None:
        """
        Whoever is interrupted while the scope is left does not wait for what it waits for.
        """
        begun, ended = threading.Event(), threading.Event()

        class Slow(Scope):
            async def __aexit__(self, *exc_info: object) -> bool:
                begun.set()
                try:
                    await asyncio.sleep(60)
                finally:
                    ended.set()
                return False

        held = _portal.hold(Slow())
        interrupt_when(begun)
        with pytest.raises(KeyboardInterrupt):
            held.leave(NOTHING)

        assert ended.is_set()
        assert 0 == len(_portal._process.portal.holding)

    def test_never_left(self) -> None:
        """
        A scope stays entered until it is left, though nobody remembers it.
        """
        scope = Scope()
        _portal.hold(scope)
        gc.collect()
        _portal.call(add, 0)

        assert ["entered"] == scope.events
        assert 1 == len(_portal._process.portal.holding)

        for task in list(_portal._process.portal.holding):
            _portal._process.portal.loop.call_soon_threadsafe(task.cancel)

    def test_nothing_is_kept(self) -> None:
        """
        A scope that was left is gone without the garbage collector, and so is the block's error.
        """
        gc.collect()
        gc.disable()
        try:
            scope = Scope()
            held = _portal.hold(scope)
            try:
                raise Fault
            except Fault as error:
                held.leave((Fault, error, error.__traceback__))
                gone = weakref.ref(error), weakref.ref(scope)
            del held, scope
            # The portal's thread lets go of its own frames a moment later.
            _portal.call(add, 0)
            left = [each() for each in gone]
        finally:
            gc.enable()

        assert [None, None] == left

    def test_from_the_portal_itself(self) -> None:
        """
        To enter or leave a scope in the thread that would do it is refused at once.
        """
        scope = Scope()
        held = _portal.hold(scope)

        async def enter() -> None:
            _portal.hold(scope)

        async def leave() -> None:
            held.leave(NOTHING)

        for function in (enter, leave):
            with pytest.raises(RuntimeError, match="would have to answer it"):
                _portal.call(function)
        held.leave(NOTHING)

        assert ["entered", None] == scope.events


@pytest.mark.anyio
class TestWakeup:
    """
    Waking a task from any thread.
    """

    async def test_other_thread(self) -> None:
        """
        Whoever waits goes on when another thread says so.
        """
        wakeup = _portal.Wakeup()

        async with anyio.create_task_group() as group:
            group.start_soon(wakeup.wait)
            await anyio.wait_all_tasks_blocked()
            await _portal.in_daemon_thread(wakeup.set)

    async def test_before(self) -> None:
        """
        Whoever is woken before waiting does not wait.
        """
        wakeup = _portal.Wakeup()
        wakeup.set()

        with anyio.fail_after(10):
            await wakeup.wait()

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_loop_that_is_gone(self, backend: str) -> None:
        """
        To wake somebody whose loop has ended does nothing, and one can tell who that is.
        """

        async def make() -> tuple[_portal.Wakeup, bool]:
            wakeup = _portal.Wakeup()
            return wakeup, wakeup.is_orphaned

        wakeup, before = anyio.run(make, backend=backend)
        wakeup.set()

        assert (False, True) == (before, wakeup.is_orphaned)

    def test_loop_that_stands_still(self) -> None:
        """
        However often somebody is woken whose loop stands still, nothing piles up there.
        """

        async def make() -> _portal.Wakeup:
            return _portal.Wakeup()

        loop: Any = asyncio.new_event_loop()
        wakeup = loop.run_until_complete(make())
        before = len(loop._ready)
        for _ in range(3):
            wakeup.set()
        after = len(loop._ready)
        loop.run_until_complete(wakeup.wait())
        loop.close()

        assert 1 == after - before


@pytest.mark.anyio
class TestRun:
    """
    Awaiting the portal from other loops.
    """

    async def test_result(self) -> None:
        """
        Arguments go in and the result comes out.
        """
        result = await _portal.run(add, 1, right=2)

        assert 3 == result

    async def test_concurrency(self) -> None:
        """
        Other tasks run while one waits.
        """
        reached = threading.Event()

        async def wait_for_it() -> bool:
            return await asyncio.to_thread(reached.wait, 10)

        results: list[bool] = []

        async def call() -> None:
            results.append(await _portal.run(wait_for_it))

        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await anyio.wait_all_tasks_blocked()
            reached.set()

        assert [True] == results

    async def test_error(self) -> None:
        """
        An error reaches the caller, and its traceback ends at the fault.
        """
        with pytest.raises(Fault) as caught:
            await _portal.run(fail)

        assert "fail" == traceback.extract_tb(caught.value.__traceback__)[-1].name

    async def test_backend(self) -> None:
        """
        Inside the portal it is asyncio, whatever the caller runs on.
        """

        async def use_anyio() -> bool:
            await anyio.lowlevel.checkpoint()
            return _portal.on_asyncio()

        inside = await _portal.run(use_anyio)

        assert inside

    async def test_cancelled(self) -> None:
        """
        A cancelled caller has the coroutine cancelled, and waits until it has ended.
        """
        events: list[str] = []

        async def work() -> None:
            events.append("begun")
            try:
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(0.01)
                events.append("ended")

        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(_portal.run, work)
                await until(lambda: bool(events))
                scope.cancel()

        assert scope.cancelled_caught
        assert ["begun", "ended"] == events

    async def test_cancelled_before_it_began(self) -> None:
        """
        A caller cancelled at once does not wait for a coroutine that never runs.
        """
        with anyio.move_on_after(10) as limit, anyio.CancelScope() as scope:
            scope.cancel()
            await _portal.run(asyncio.sleep, 60)

        assert scope.cancelled_caught
        assert not limit.cancelled_caught

    async def test_result_after_all(self) -> None:
        """
        What was done in spite of the cancellation is returned, so that nobody does it again.
        """
        begun = threading.Event()
        results: list[str] = []

        async def work() -> str:
            begun.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                return "done"
            return "never"

        async with anyio.create_task_group() as group:

            async def call() -> None:
                results.append(await _portal.run(work))

            group.start_soon(call)
            await until(begun.is_set)
            group.cancel_scope.cancel()

        assert ["done"] == results

    async def test_error_after_all(self) -> None:
        """
        A cancelled caller is told of its cancellation, not of what failed because of it.
        """
        begun = threading.Event()

        async def work() -> None:
            begun.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                raise ValueError from None

        async with anyio.create_task_group() as group:
            group.start_soon(_portal.run, work)
            await until(begun.is_set)
            group.cancel_scope.cancel()

        assert group.cancel_scope.cancelled_caught


@pytest.mark.anyio
class TestDaemonThread:
    """
    Blocking functions get a thread that nobody has to wait for.
    """

    async def test_result(self) -> None:
        """
        The caller gets what the function returns, and its context goes along.
        """
        word = contextvars.ContextVar("word", default="")
        word.set("here")

        assert ("here", True) == await _portal.in_daemon_thread(
            lambda: (word.get(), threading.current_thread().daemon)
        )

    async def test_error(self) -> None:
        """
        What the function raises is raised to the caller.
        """

        def fail_at_once() -> None:
            raise Fault

        with pytest.raises(Fault):
            await _portal.in_daemon_thread(fail_at_once)

    async def test_cancelled(self) -> None:
        """
        Who is cancelled waits no longer, and the function may end when it likes.
        """
        go_on, has_ended = threading.Event(), threading.Event()

        def block() -> None:
            go_on.wait()
            has_ended.set()

        with anyio.move_on_after(0.01) as scope:
            await _portal.in_daemon_thread(block)
        cancelled = scope.cancelled_caught
        go_on.set()

        assert cancelled
        assert await _portal.in_daemon_thread(lambda: has_ended.wait(10))


class TestBackend:
    """
    Knowing what the caller runs on.
    """

    def test_nothing(self) -> None:
        """
        Blocking code is no asyncio task.
        """
        assert not _portal.on_asyncio()

    def test_guest(self) -> None:
        """
        Trio as a guest of an asyncio loop is trio, and is served.
        """

        async def guest() -> tuple[bool, int]:
            return _portal.on_asyncio(), await _portal.run(add, 1)

        async def host() -> Any:
            loop = asyncio.get_running_loop()
            ended: asyncio.Future[Any] = loop.create_future()
            trio.lowlevel.start_guest_run(
                guest,
                run_sync_soon_threadsafe=loop.call_soon_threadsafe,
                done_callback=ended.set_result,
            )
            return (await ended).unwrap()

        assert (False, 1) == asyncio.run(host())


class Server(ThreadingHTTPServer):
    """
    A server for many connections at once.
    """

    daemon_threads = True
    request_queue_size = 100


class Target(BaseHTTPRequestHandler):
    """
    Answers with the target of the request, but for the one that it never answers.
    """

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/silence":
            self.rfile.read(1)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """
    Where a server listens.
    """
    with Server(("127.0.0.1", 0), Target) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class TestProcess:
    """
    The portal and the end of the interpreter, in processes of their own.
    """

    @pytest.mark.parametrize(
        ("way", "output"),
        [
            ("idle", "/"),
            ("in a cycle", "/"),
            ("finaliser", "/"),
            ("asyncio", "/"),
            ("in flight", "/"),
            ("orderly", "cancelled\nclosed"),
            ("stubborn", "/"),
            ("leisurely", "/"),
            ("always beginning", "/"),
            pytest.param(
                "call at exit",
                "/",
                marks=pytest.mark.skipif(
                    (3, 12) <= sys.version_info < (3, 12, 2),
                    reason="starts no threads that late (fixed in 3.12.2)",
                ),
            ),
            ("interrupt", "/ 1"),
            ("fifty at once", "['stytch_b2b portal']"),
            ("held", "entered\nleft"),
            pytest.param(
                "fork while held",
                "entered\nchild goes on\nleft",
                marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
            ),
        ],
    )
    def test_exit(self, url: str, way: str, output: str) -> None:
        """
        A program that closes nothing ends by itself, with status 0 and without a word.
        """
        command = [sys.executable, "-W", "error", str(PROGRAMS / "exits.py"), way, url]
        env = {**os.environ, "PYTHONPATH": str(Path(_portal.__file__).parents[1])}

        done = subprocess.run(
            command, env=env, capture_output=True, text=True, timeout=30, check=False
        )

        assert (f"{output}\n", "", 0) == (done.stdout, done.stderr, done.returncode)
