"""
The state of a client, kept in a storage from one run of the program to the next.

Nobody waits for a write. A change of the state wakes a thread that saves what the state is by
then, so a burst of changes is one write or two, and a storage that hangs holds up no call. The
same thread loads, so the storage is asked one thing at a time; when there is nothing more to do
it ends.
"""

from __future__ import annotations

import atexit
import logging
import os
import weakref
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

import anyio
from attrs import evolve, frozen

from ._converter import from_json, to_json
from ._lock import ForkSafeLock
from ._portal import Wakeup, start_daemon_thread
from ._state import LOGGED_OUT, SessionState, StateCell
from .errors import StorageUnavailableError

if TYPE_CHECKING:
    from ._clock import Clock
    from ._storage.protocol import Storage

_logger = logging.getLogger("stytch_b2b")

_PATIENCE = 5.0
"""Seconds that closing a client, and the end of the program, wait for a write."""

_NOBODY = LOGGED_OUT.credentials


@frozen
class _Kept:
    """What is saved."""

    version: Literal[1]
    state: SessionState


_lock = ForkSafeLock()


class Persistence:
    """
    Keeps the state of *cell* in *storage*.

    What the storage holds is precious until it was read: before that, only a session is written
    over it, or a logout of nobody else. So a keyring that was locked at the start loses nothing to
    a login that was begun.

    Args:
        storage: Where the state is kept.
        cell: Whose state.
        key: The name of the project's state in the storage.
        clock: Tells what has expired.
    """

    def __init__(self, storage: Storage, cell: StateCell, *, key: str, clock: Clock) -> None:
        self._storage = storage
        self._cell = cell
        self._key = key
        self._clock = clock
        self.error: StorageUnavailableError | None = None
        """Why the state is not kept at the moment."""
        self._is_ours = False  # whether anything may be written over what the storage holds
        self._comes_late = False  # whether what is stored must not be restored any more
        self._has_session = True  # whether a session may be stored
        self._restored: SessionState | None = None  # what need not be written, as it was read
        self._is_behind = False  # whether the storage lacks the latest change
        self._loading: Future[SessionState | None] | None = None
        self._worker: Future[None] | None = None  # done when the thread at work ends
        self._hanging: Future[None] | None = None  # the one that was waited for long enough
        cell.subscribe(self._note)
        with _lock:
            _all.add(self)

    @property
    def writing(self) -> Future[None] | None:
        """Done when all is written; ``None`` if nothing has to be, or if it takes too long."""
        is_reading = self._loading is not None and not self._is_behind
        return None if is_reading or self._worker is self._hanging else self._worker

    async def hydrate(self) -> None:
        """
        Put what the storage holds into the cell, unless that was done or somebody has logged in.

        Where the storage cannot be used, nothing happens but that `error` says so.
        """
        with _lock:
            if self._is_ours:
                return
            loading = self._loading = self._loading or Future()
        self._start()
        await _done(loading)
        found = loading.result()
        if found is not None:
            self._restore(found)

    async def flush(self) -> None:
        """Wait some seconds for what is to be written; what failed is tried once more."""
        with _lock:
            if self._is_ours and self.error is not None:
                self._is_behind = True
        self._start()
        writing = self.writing
        if writing is None:
            return
        with anyio.move_on_after(_PATIENCE) as limit:
            await _done(writing)
        if limit.cancelled_caught:
            self._hanging = writing
            _logger.warning("the storage of the session is slow; it is not waited for any longer")

    def finish(self) -> None:
        """Write here and now what no thread was to be had for."""
        with _lock:
            if self._worker is not None or not self._is_behind:
                return
            worker = self._worker = Future()
        self._work(worker)

    def _note(self, old: SessionState, new: SessionState) -> None:
        is_login = new.credentials != _NOBODY
        # Whoever forgets a login while none is known means the one that is stored.
        is_logout = not is_login and new == old
        with _lock:
            if is_login or is_logout:
                self._comes_late = True
            if new.session_token is not None or is_logout:
                self._is_ours = True
            if new is self._restored or not self._is_ours:
                return
            self._is_behind = True
        self._start()

    def _restore(self, found: SessionState) -> None:
        kept = self._restored = _without_expired(found, self._clock)

        def change(state: SessionState) -> SessionState:
            if self._comes_late or state.credentials != _NOBODY:
                return state
            # At once, so that nobody else who has asked restores it after a logout.
            self._comes_late = True
            if kept == LOGGED_OUT:
                return state
            if not state.pkce_pairs:
                return kept
            return evolve(kept, pkce_pairs={**kept.pkce_pairs, **state.pkce_pairs})

        # In the task that asked for it, and not in the thread that has loaded it: so listeners
        # are called where they are after any other change.
        self._cell.update(change)
        with _lock:
            self._restored = None
            self._is_ours = True
            if self._cell.state != evolve(found, from_cache=kept.from_cache):
                self._is_behind = True
        self._start()

    def _start(self) -> None:
        with _lock:
            if self._worker is not None or not (self._is_behind or self._loading):
                return
            worker = self._worker = Future()
        try:
            start_daemon_thread(lambda: self._work(worker))
        except RuntimeError as error:  # no more threads, or not at this late hour
            self._break(error)
            with _lock:
                self._worker = None
                loading, self._loading = self._loading, None
            worker.set_result(None)
            if loading is not None:
                loading.set_result(None)

    def _work(self, worker: Future[None]) -> None:
        while True:
            with _lock:
                loading = self._loading
                if loading is None:
                    if not self._is_behind:
                        self._worker = None
                        break
                    self._is_behind = False
            if loading is None:
                self._save()
            else:
                self._load(loading)
        worker.set_result(None)

    def _load(self, loading: Future[SessionState | None]) -> None:
        found = None
        try:
            data = self._storage.load(self._key)
            found = LOGGED_OUT if data is None else _read(data)
        except BaseException as error:  # whatever it is, nobody waits for it in this thread
            self._break(error)
        else:
            self.error = None
            self._has_session = found.session_token is not None
        with _lock:
            self._loading = None
        loading.set_result(found)

    def _save(self) -> None:
        # Not the state that came with the change: this one is never older than what was saved.
        state = self._cell.state
        try:
            is_logged_in = state.session_token is not None
            # A session that is over must go, also where what is left of the state cannot be saved.
            if state == LOGGED_OUT or (self._has_session and not is_logged_in):
                self._storage.delete(self._key)
            self._has_session = is_logged_in
            if state != LOGGED_OUT:
                self._storage.save(self._key, to_json(_Kept(1, state)))
        except BaseException as error:  # as above
            self._break(error)
        else:
            self.error = None

    def _break(self, error: BaseException) -> None:
        # Without our own frame, through which the error would keep this object, and it the error.
        error = error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)
        if not isinstance(error, StorageUnavailableError):
            # The text of a stranger's error may quote what was to be stored, so it is not logged.
            cause, error = (
                error,
                StorageUnavailableError(reason=f"it raised {type(error).__name__}"),
            )
            error.__cause__ = cause
        is_news, self.error = self.error is None, error
        if is_news:
            # A log that fails must not end the thread, for which others wait.
            with suppress(Exception):
                _logger.warning("the session is not kept in its storage: %s", error.reason)

    def _leave_to_parent(self) -> None:
        # The thread is the parent's, and so is what it was about to write.
        self._worker = self._loading = None
        self._is_behind = False


async def _done(future: Future[Any]) -> None:
    """Wait until *future* is done, whichever thread does it."""
    done = Wakeup()
    future.add_done_callback(lambda _: done.set())
    await done.wait()


def _read(data: bytes) -> SessionState:
    """Return the state of what was saved; whoever cannot be understood is logged out."""
    try:
        return from_json(data, _Kept).state
    except ValueError:
        return LOGGED_OUT


def _without_expired(state: SessionState, clock: Clock) -> SessionState:
    """Return what of *state* is good for something, as far as the *clock* tells."""
    now = clock.now()
    session, expires_at = state.member_session, state.intermediate_session_token_expires_at
    if state.session_token is None or (session is not None and session.expires_at <= now):
        state = state.without_session()
    else:
        state = evolve(state, from_cache=True)
    if expires_at is not None and expires_at <= now:
        state = state.without_intermediate_session(state.intermediate_session_token)
    return state


_all: weakref.WeakSet[Persistence] = weakref.WeakSet()


def _wait_at_exit() -> None:
    with _lock:  # a daemon thread may be making clients yet
        everyone = list(_all)
    for each in everyone:
        each.finish()
    writing = (each.writing for each in everyone)
    wait([each for each in writing if each is not None], timeout=_PATIENCE)


def _after_fork_in_child() -> None:
    for each in list(_all):
        each._leave_to_parent()


atexit.register(_wait_at_exit)
if hasattr(os, "register_at_fork"):  # pragma: no branch - not on Windows
    os.register_at_fork(after_in_child=_after_fork_in_child)
