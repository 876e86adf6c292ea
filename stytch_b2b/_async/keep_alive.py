"""Refreshing a session in the background, for as long as a block runs."""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
from attrs import evolve

from .._beside import wait_beside
from .._engine import Actor
from .._keep_alive import Schedule, may_pass
from .._lock import ForkSafeLock
from .._portal import Wakeup
from .._state import LOGGED_OUT, SessionState, StateCell, Unsubscribe
from ..errors import ClientClosedError, RateLimitedError, StytchError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from ..models.member_session import MemberSession

_logger = logging.getLogger("stytch_b2b")

_lock = ForkSafeLock()
_keepers: dict[StateCell, AsyncKeepAlive] = {}
"""Who keeps the session of a cell alive at present."""


class AsyncKeepAlive:
    """
    Keeps the session that a client holds alive: use it with ``async with``.

    While the block runs, the session is refreshed in the background: at once if the server has not
    confirmed it yet, else three minutes after its last answer or shortly before the session ends,
    whichever is sooner. A refresh or login by the program counts as an answer as well. A client
    that is logged out is waited for, and the session of its next login is kept alive too.

    Failures that may pass are met with patience. When the server refuses for good, or the client is
    closed, it is over: `error` says why, a warning is logged, and the block goes on. Leaving the
    block ends it at once. Enter and leave it in the same task.
    """

    __slots__ = (
        "__weakref__",
        "_actor",
        "_authenticate",
        "_changed",
        "_clock",
        "_error",
        "_failure",
        "_is_begun",
        "_is_entered",
        "_schedule",
        "_scope",
        "_state",
        "_tasks",
        "_unsubscribe",
        "_waiting",
    )

    def __init__(self, actor: Actor, authenticate: Callable[[Actor], Awaitable[object]]) -> None:
        self._actor = actor
        self._authenticate = authenticate
        self._clock = actor.engine.clock
        self._error: StytchError | None = None
        self._failure: BaseException | None = None
        self._is_entered = False
        self._is_begun = False
        self._schedule = Schedule()
        self._state = LOGGED_OUT
        self._unsubscribe: Unsubscribe
        self._waiting: set[Wakeup] = set()

    @property
    def is_running(self) -> bool:
        """Whether the session is being kept alive."""
        # What a child inherited by a fork does not run there, and nothing runs in a closed loop.
        return self._is_begun and not self._changed.is_orphaned

    @property
    def error(self) -> StytchError | None:
        """Why it ended by itself; ``None`` while it is running, and if the block was left."""
        return self._error

    async def wait_stopped(self) -> StytchError | None:
        """
        Wait until the session is kept alive no longer, and return why.

        Returns:
            What `error` says then: ``None`` if the block was left.

        Raises:
            RuntimeError: It has not begun yet.
        """
        if not self._is_entered:
            msg = "nothing is kept alive yet; enter the block first"
            raise RuntimeError(msg)
        # For each their own, since one may wait in another event loop than the other.
        ended = Wakeup()
        self._waiting.add(ended)
        try:
            if self.is_running:
                await ended.wait()
        finally:
            self._waiting.discard(ended)
        return self._error

    async def __aenter__(self) -> Self:
        """
        Begin to keep the session alive.

        Raises:
            RuntimeError: Somebody does so already, for this client or one that shares its state;
                or this one was entered before.
        """
        if self._is_entered:
            msg = "this one was entered before; session.keep_alive() makes another"
            raise RuntimeError(msg)
        self._changed = Wakeup()
        with _lock:
            keeper = _keepers.get(self._actor.cell)
            if keeper is not None:
                if keeper.is_running:
                    msg = "the session is being kept alive already; one keep_alive() is enough"
                    raise RuntimeError(msg)
                keeper._unsubscribe()
            self._unsubscribe = self._actor.cell.subscribe(self._notice)
            _keepers[self._actor.cell] = self
            self._is_entered = self._is_begun = True
        self._scope = anyio.CancelScope()
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        self._tasks.start_soon(self._run)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._scope.cancel()
        try:
            # Told of no exception, the group has nothing to make a group of exceptions of.
            await self._tasks.__aexit__(None, None, None)
        finally:
            self._end()
        if self._failure is not None:
            raise self._failure

    def _notice(self, _old: SessionState, _new: SessionState) -> None:
        self._changed.set()

    def _end(self) -> None:
        self._unsubscribe()
        with _lock:
            if _keepers.get(self._actor.cell) is self:
                del _keepers[self._actor.cell]
        self._is_begun = False
        for ended in list(self._waiting):
            ended.set()

    async def _run(self) -> None:
        try:
            with self._scope:
                # A block that is left at once sends nothing.
                await anyio.lowlevel.checkpoint()
                await self._keep()
        except StytchError as error:
            self._error = error
            _logger.warning("the session is no longer kept alive: %s", error)
        except (Exception, KeyboardInterrupt, SystemExit) as failure:
            # Nobody foresaw it, so it is no reason to go on as if nothing were. The group would
            # wrap it, hence by hand.
            self._failure = failure
            self._tasks.cancel_scope.cancel()
        finally:
            self._end()

    async def _keep(self) -> None:
        self._look()
        session = self._state.member_session
        if session is not None and not self._state.from_cache:
            # Nobody saw when the server answered with it; but that stands in the answer.
            age = max(0.0, (self._clock.now() - session.last_accessed_at).total_seconds())
            self._confirm(session, age=age)
        while True:
            # Before the look, so that no change falls between it and the wait.
            changed = self._changed = Wakeup()
            self._look()
            if self._state.session_token is None:
                await changed.wait()
                continue
            seconds = self._schedule.due_at - self._clock.monotonic()
            await (self._wait(seconds, changed) if seconds > 0 else self._refresh())

    async def _wait(self, seconds: float, changed: Wakeup) -> None:
        async def ring() -> None:
            await self._clock.sleep(seconds)
            changed.set()

        await wait_beside(ring, changed.wait)

    def _look(self) -> None:
        before, state = self._state, self._actor.cell.state
        self._state = state
        session = state.member_session
        if session is None or session is before.member_session:
            if state.session_token != before.session_token:
                self._schedule = Schedule()
        elif state.from_cache:
            left = (session.expires_at - self._clock.now()).total_seconds()
            self._schedule = Schedule(expires_at=self._clock.monotonic() + left)
        else:
            self._confirm(session)

    def _confirm(self, session: MemberSession, *, age: float = 0.0) -> None:
        # By the server's own clock, since that of this machine may be wrong.
        lifetime = (session.expires_at - session.last_accessed_at).total_seconds()
        self._schedule = self._schedule.confirmed(self._clock.monotonic() - age, lifetime=lifetime)

    async def _refresh(self) -> None:
        tried = self._schedule = self._schedule.tried(self._clock.monotonic())
        token = self._state.session_token
        cell = CallCell(self._actor.cell)
        try:
            await self._authenticate(evolve(self._actor, cell=cell))
        except StytchError as error:
            self._look()
            if may_pass(error):
                if self._schedule is tried:
                    self._back_off(error)
                return
            is_closed = isinstance(error, ClientClosedError)
            if is_closed or cell.has_ended_session or self._state.session_token == token:
                raise
            # Meanwhile somebody has logged out or in, and that session was not refused.

    def _back_off(self, error: StytchError) -> None:
        self._schedule = self._schedule.failed(
            self._clock.monotonic(),
            share=random.uniform(0.5, 1),
            retry_after=error.retry_after if isinstance(error, RateLimitedError) else None,
        )


class CallCell(StateCell):
    """
    The cell of a client as one call sees it; it knows whether that call has ended the session.

    Whether a session is gone because the server refused it, or because somebody has logged out
    while the refusal was on its way, the state alone does not tell.
    """

    __slots__ = ("_cell", "has_ended_session")

    def __init__(self, cell: StateCell) -> None:
        # Without the parent's: state and listeners are those of the client's cell alone.
        self._cell = cell
        self.has_ended_session = False

    @property
    def state(self) -> SessionState:
        """The state now."""
        return self._cell.state

    def update(self, change: Callable[[SessionState], SessionState]) -> None:
        """Replace the state of the client's cell."""

        def noted(state: SessionState) -> SessionState:
            new = change(state)
            if state.session_token is not None and new.session_token is None:
                self.has_ended_session = True
            return new

        self._cell.update(noted)
