"""
One background event loop for callers that have none to offer.

A blocking client and a client under trio both need an asyncio loop. They share one: it runs in a
daemon thread, is started by the first call that needs it, and is this process's own, also after a
fork. This is the only module of the client that knows threads.
"""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from selectors import DefaultSelector
from types import TracebackType
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar

import anyio

P = ParamSpec("P")
T = TypeVar("T")

ExcInfo: TypeAlias = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]
"""The error that ended a ``with`` block, as ``__exit__`` is told of it."""

_GRACE = 1.0
"""Seconds that a cancelled call, and the whole portal at exit, get for an orderly end."""

_POLL = 0.5
"""Seconds between looks at pending signals: Windows delivers none to a thread that waits."""


def call(function: Callable[P, Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """
    Run a coroutine function in the portal and block until it has ended.

    Whatever interrupts the wait, such as Ctrl-C, cancels the coroutine, gives it a moment to end,
    and goes on.

    Raises:
        RuntimeError: When called from the portal's own thread, which would wait for itself.
    """
    portal = _process.portal
    if inside():
        msg = "a blocking call from the thread that would have to answer it"
        raise RuntimeError(msg)
    ended = threading.Lock()
    ended.acquire()
    hop = _Hop(portal, lambda: function(*args, **kwargs), ended.release)
    try:
        portal.start(hop)
        while not ended.acquire(timeout=_POLL):
            pass
    except BaseException:
        portal.loop.call_soon_threadsafe(hop.cancel)
        ended.acquire(timeout=_GRACE)
        raise
    return hop.result()


async def run(
    function: Callable[P, Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """
    Run a coroutine function in the portal and await its end, from trio or from any other loop.

    A cancelled caller cancels the coroutine and waits for its end, since what it does may already
    have taken effect: if it has a result after all, that is returned and the cancellation is left
    to the caller's next checkpoint.
    """
    portal = _process.portal
    ended = Wakeup()
    hop = _Hop(portal, lambda: function(*args, **kwargs), ended.set)
    portal.start(hop)
    try:
        await ended.wait()
    except BaseException:
        portal.loop.call_soon_threadsafe(hop.cancel)
        with anyio.CancelScope(shield=True):
            await ended.wait()
        if hop.failed:
            raise
    return hop.result()


def hold(scope: AbstractAsyncContextManager[object]) -> Held:
    """
    Enter *scope* in a task of the portal that stays in it, and block until it is entered.

    What may be left by the task alone that entered it, as a task group may, is so left by that
    task, from whichever thread `Held.leave` is called. Whatever interrupts the wait ends the task.

    Raises:
        RuntimeError: When called from the portal's own thread, which would wait for itself.
    """
    held = Held(_process.portal, scope)
    try:
        call(held.enter)
    except BaseException:
        # The interrupt may have come too late to keep the task from entering.
        if held.is_entered:
            call(held.abandon)
        raise
    return held


async def in_daemon_thread(function: Callable[[], T], /) -> T:
    """
    Run a function that may block in a thread of its own, and await its end.

    Whoever is cancelled waits no longer; the thread is left to its fate, and holds up neither the
    end of the program nor the threads that the program itself has for such work.
    """
    ended = Wakeup()
    values: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            values.append(function())
        except BaseException as error:  # whatever it is concerns the caller
            errors.append(error)
        ended.set()

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), name="stytch_b2b", daemon=True).start()
    await ended.wait()
    if errors:
        raise errors[0]
    return values[0]


def start_daemon_thread(function: Callable[[], object], /) -> None:
    """
    Run a function that may block in a thread of its own, which nobody waits for.

    Raises:
        RuntimeError: There are no more threads to be had.
    """
    threading.Thread(target=function, name="stytch_b2b", daemon=True).start()


class Wakeup:
    """An event for one task, on asyncio or trio, that may be set in any thread."""

    def __init__(self) -> None:
        self._event = anyio.Event()
        self._hand_over = _callback_for_this_loop()
        self._process = os.getpid()
        self._is_set = False

    def set(self) -> None:
        # Once is enough: more would pile up in a loop that is busy or stands still. And a parent's
        # loop is not touched, as a thread that held its lock may not exist here.
        if self._is_set or self._process != os.getpid():
            return
        self._is_set = True
        # The waiter's loop may be gone by now, and then nobody waits.
        with suppress(RuntimeError):
            self._hand_over(self._event.set)

    async def wait(self) -> None:
        await self._event.wait()

    @property
    def is_orphaned(self) -> bool:
        """Whether the waiter's loop is gone, or the parent's, and the waiter with it."""
        if self._process != os.getpid():
            return True
        try:
            self._hand_over(_nothing)
        except RuntimeError:
            return True
        return False


def _nothing() -> None: ...


def inside() -> bool:
    """Tell whether the caller is in the portal's own thread."""
    portal = _process.running
    return portal is not None and threading.get_ident() == portal.thread.ident


def on_asyncio() -> bool:
    """
    Tell whether the caller is an asyncio task, on whichever loop.

    A trio task is none, also where trio runs as a guest of an asyncio loop.
    """
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False


def overwrite(descriptors: Iterable[int]) -> None:
    """
    Point *descriptors* to the null device, so that using or closing them touches nobody.

    A forked child does this with what it inherited. The sockets, and even the set of watched
    descriptors inside a selector, are the parent's own: an orderly close here would end them there.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(null, descriptor, inheritable=False)
    os.close(null)


class _Hop(Generic[T]):
    """
    One coroutine on its way through the portal.

    `start` and `cancel` run in the portal's thread. *wake* is called there once, at the very end;
    from then on the hop is the caller's.
    """

    def __init__(
        self,
        portal: _Portal,
        function: Callable[[], Coroutine[Any, Any, T]],
        wake: Callable[[], object],
    ) -> None:
        self._portal = portal
        self._function = function
        self._wake = wake
        self._task: asyncio.Task[None] | None = None
        self._error: BaseException | None = None
        self._traceback: TracebackType | None = None
        self._value: T

    @property
    def failed(self) -> bool:
        return self._error is not None

    def start(self) -> asyncio.Task[None]:
        # The context came along from the caller, and with it the word that this is trio.
        if "sniffio" in sys.modules:
            sys.modules["sniffio"].current_async_library_cvar.set("asyncio")
        self._task = asyncio.get_running_loop().create_task(self._run())
        return self._task

    def cancel(self) -> None:
        if self._task is None:
            self._wake()
        else:
            # One round later than asked: a task cancelled before its first step never takes it,
            # and nobody would wake the caller.
            asyncio.get_running_loop().call_soon(self._task.cancel)

    async def _run(self) -> None:
        try:
            self._value = await self._function()
        except BaseException as error:
            # Whatever it is concerns the caller. A SystemExit let through would end the portal.
            self._error = error
            self._traceback = error.__traceback__ and error.__traceback__.tb_next
        finally:
            # At exit only daemon threads still wait, and there is nothing left to tell them.
            if not self._portal.is_ending:
                self._wake()

    def result(self) -> T:
        error, self._error = self._error, None
        if error is None:
            return self._value
        try:
            # An error that several callers share must not collect the frames of all of them.
            raise error.with_traceback(self._traceback)
        finally:
            # The error knows this frame by its traceback: without this the two keep each other.
            del error, self._traceback


class Held:
    """
    An async context manager that a task of the portal is in, or will be after `enter`.

    `enter` and `abandon` run in the portal; `leave` is for the thread that has something to leave.
    """

    def __init__(self, portal: _Portal, scope: AbstractAsyncContextManager[object]) -> None:
        self._portal = portal
        self._entered = asyncio.Event()
        self._left: asyncio.Future[ExcInfo] = portal.loop.create_future()
        # Of what the task is told nothing leads back here, so that no cycle keeps it.
        stay = partial(_stay, scope, self._entered, self._left)
        self._hop = _Hop(portal, stay, self._entered.set)
        self._task: asyncio.Task[None]

    @property
    def is_entered(self) -> bool:
        return self._entered.is_set() and not self._task.done()

    async def enter(self) -> None:
        self._task = self._hop.start()
        # Nobody else may hold it: a loop has weak references to its tasks.
        self._portal.holding.add(self._task)
        self._task.add_done_callback(self._portal.holding.discard)
        await self._cancelling(self._entered.wait())
        if self._hop.failed:
            self._hop.result()

    async def abandon(self) -> None:
        self._hop.cancel()
        await asyncio.wait([self._task])

    def leave(self, exc_info: ExcInfo) -> bool | None:
        """
        Leave the context manager, and block until it is left.

        After a fork there is nothing to leave in the child, and after the end of the portal it was
        left.

        Args:
            exc_info: What ended the block.

        Returns:
            What the context manager says of the error: whether it goes no further.
        """
        return call(self._leave, exc_info) if _process.running is self._portal else None

    async def _leave(self, exc_info: ExcInfo) -> bool | None:
        if not self._left.done():
            self._left.set_result(exc_info)
        await self._cancelling(asyncio.wait([self._task]))
        return self._hop.result()

    async def _cancelling(self, wait: Awaitable[object]) -> None:
        try:
            await wait
        except BaseException:
            await self.abandon()
            raise


async def _stay(
    scope: AbstractAsyncContextManager[object],
    entered: asyncio.Event,
    left: asyncio.Future[ExcInfo],
) -> bool | None:
    await scope.__aenter__()
    entered.set()
    try:
        exc_info = await left
    except BaseException:
        # A task group in there has failed, or nobody is there any more who would leave.
        if await scope.__aexit__(*sys.exc_info()):
            return None
        raise
    return await scope.__aexit__(*exc_info)


class _Portal:
    """The loop and its thread."""

    def __init__(self) -> None:
        # A selector of our own making, since a forked child must know its descriptor.
        self._selector = DefaultSelector()
        self.loop = asyncio.SelectorEventLoop(self._selector)
        self.is_ending = False
        self.holding: set[asyncio.Task[None]] = set()
        self.thread = threading.Thread(target=self._main, name="stytch_b2b portal", daemon=True)
        try:
            self.thread.start()
        except RuntimeError:  # no more threads, or not at this late hour
            self.loop.close()
            raise

    def start(self, hop: _Hop[Any]) -> None:
        # In a copy of the caller's context, which is what asyncio takes by default.
        self.loop.call_soon_threadsafe(hop.start)

    def stop(self) -> None:
        self.is_ending = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(_GRACE)

    def leave_to_parent(self) -> None:
        ends = (getattr(self.loop, name, None) for name in ("_ssock", "_csock"))
        descriptors = [end.fileno() for end in ends if end is not None]
        with suppress(AttributeError):  # a selector without a descriptor is not shared either
            descriptors.append(self._selector.fileno())
        overwrite(descriptors)

    def _main(self) -> None:
        try:
            self.loop.run_forever()
            self.loop.run_until_complete(self._wind_down())
        finally:
            self.loop.close()

    async def _wind_down(self) -> None:
        while pending := asyncio.all_tasks() - {asyncio.current_task()}:
            # A task that is cancelled before its first step never takes it, and Python warns of
            # the coroutine that it was to await; so each takes it first.
            await asyncio.sleep(0)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
        await self.loop.shutdown_asyncgens()


class _Process:
    """What this process has one of."""

    def __init__(self) -> None:
        self.running: _Portal | None = None
        self._starting = threading.Lock()

    @property
    def portal(self) -> _Portal:
        if self.running is None:
            with self._starting:
                if self.running is None:
                    self.running = _Portal()
        return self.running

    def stop(self) -> None:
        portal, self.running = self.running, None
        if portal is not None:
            portal.stop()

    def after_fork_in_child(self) -> None:
        # The thread that held the lock may not exist here.
        self._starting = threading.Lock()
        portal, self.running = self.running, None
        if portal is not None:
            portal.leave_to_parent()


def _callback_for_this_loop() -> Callable[[Callable[[], object]], object]:
    """Return what other threads call to have a function called in the caller's loop."""
    if on_asyncio():
        return asyncio.get_running_loop().call_soon_threadsafe
    # Not among the dependencies: whoever runs on trio has it loaded.
    import trio  # noqa: PLC0415

    return trio.lowlevel.current_trio_token().run_sync_soon


_process = _Process()
atexit.register(_process.stop)
if hasattr(os, "register_at_fork"):  # pragma: no branch - not on Windows
    os.register_at_fork(after_in_child=_process.after_fork_in_child)
