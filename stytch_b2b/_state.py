"""
What a client knows about its Member: an immutable snapshot, and the cell that holds one.

Snapshots are swapped whole, so no reader ever sees half of a change.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from ._converter import from_json, to_json
from ._lock import ForkSafeLock
from ._pkce import PKCEPair
from .errors import InvalidArgumentError
from .models._types import Timestamp
from .models.member import Member
from .models.member_session import MemberSession
from .models.organization import Organization

_logger = logging.getLogger("stytch_b2b")

T = TypeVar("T")


_TOKEN = re.compile(r"[!-~]+")


def _is_token(token: object) -> bool:
    return isinstance(token, str) and _TOKEN.fullmatch(token) is not None


def _read_only(pairs: Mapping[str, PKCEPair]) -> Mapping[str, PKCEPair]:
    return pairs if isinstance(pairs, MappingProxyType) else MappingProxyType(dict(pairs))


@frozen(kw_only=True)
class SessionState:
    """
    What a client knows about its Member at one moment.

    A web service can start a flow in one request, keep `to_json`, and finish the flow in another
    request with ``client.with_state(SessionState.from_json(kept))``. What is kept holds secrets.
    """

    member_session: MemberSession | None = None
    member: Member | None = None
    organization: Organization | None = None
    session_token: str | None = field(default=None, repr=False)
    session_jwt: str | None = field(default=None, repr=False)
    intermediate_session_token: str | None = field(default=None, repr=False)
    intermediate_session_token_expires_at: Timestamp | None = None
    """When the API stops accepting the token: ten minutes after it was issued."""
    pkce_pairs: Mapping[str, PKCEPair] = field(default={}, converter=_read_only, repr=False)
    """The code verifiers of flows that were started and not finished, by flow."""
    from_cache: bool = False
    """Whether the objects come from storage and were not confirmed by the server since."""

    def to_json(self) -> bytes:
        """Return the state as JSON; it holds secrets."""
        return to_json(self)

    @classmethod
    def from_json(cls, data: bytes | str) -> SessionState:
        """
        Return the state that `to_json` made.

        Raises:
            ValueError: *data* is something else.
        """
        # Decoding knows nothing of converters; a copy is made with them.
        return evolve(from_json(data, cls))

    def __reduce__(self) -> tuple[Any, ...]:
        # Read-only mappings do not pickle.
        return SessionState.from_json, (self.to_json(),)

    @property
    def member_id(self) -> str | None:
        """ID of the Member, as far as an answer has told it."""
        if self.member_session is not None:
            return self.member_session.member_id
        return None if self.member is None else self.member.member_id

    @property
    def credentials(self) -> tuple[str | None, str | None]:
        """The tokens that say who a call acts as: whether two states are of one login."""
        return self.session_token, self.intermediate_session_token

    def without_session(self) -> SessionState:
        """Return the state after the session is gone; an unfinished login survives."""
        return SessionState(
            intermediate_session_token=self.intermediate_session_token,
            intermediate_session_token_expires_at=self.intermediate_session_token_expires_at,
            pkce_pairs=self.pkce_pairs,
        )

    def logged_out(self) -> SessionState:
        """Return the state after everything about the Member was forgotten."""
        return SessionState(pkce_pairs=self.pkce_pairs)

    def with_tokens(
        self, session_token: str, session_jwt: str | None, *, caller: str
    ) -> SessionState:
        """
        Return the state that acts by these tokens; what is known of another session goes.

        Args:
            session_token: Token of the session.
            session_jwt: JWT of the session, if it is known.
            caller: Who takes the tokens, for the error.

        Raises:
            InvalidArgumentError: A token is none: empty, no text, or not of visible ASCII alone.
        """
        problems = {
            name: "must be text without spaces, in ASCII, and not empty"
            for name, token in (("session_token", session_token), ("session_jwt", session_jwt))
            if (token is not None or name == "session_token") and not _is_token(token)
        }
        if problems:
            raise InvalidArgumentError(endpoint=caller, problems=problems)
        if session_token == self.session_token:
            return evolve(self, session_jwt=session_jwt)
        return evolve(self.logged_out(), session_token=session_token, session_jwt=session_jwt)

    def without_intermediate_session(self, token: str | None) -> SessionState:
        """Return the state after the API said that the unfinished login of *token* is gone."""
        if token is None or token != self.intermediate_session_token:
            return self
        return evolve(
            self, intermediate_session_token=None, intermediate_session_token_expires_at=None
        )

    def with_pkce_pair(self, flow: str, pair: PKCEPair) -> SessionState:
        """Return the state that holds *pair* for *flow*."""
        return evolve(self, pkce_pairs={**self.pkce_pairs, flow: pair})

    def without_pkce_verifier(self, verifier: str) -> SessionState:
        """Return the state after a flow that presented *verifier* has ended."""
        kept = {
            flow: pair for flow, pair in self.pkce_pairs.items() if pair.code_verifier != verifier
        }
        return self if len(kept) == len(self.pkce_pairs) else evolve(self, pkce_pairs=kept)


LOGGED_OUT = SessionState()

Listener = Callable[[SessionState, SessionState], object]
"""Called with the state before and after a change."""

Unsubscribe = Callable[[], None]


_lock = ForkSafeLock()


class StateCell:
    """
    Holds the state of one client and of the clients made from it by ``with_options``.

    Reading and replacing the state is guarded by the one lock of all cells, which is held for some
    microseconds and never while anything else runs; listeners are called after its release.
    """

    __slots__ = ("_changes", "_listeners", "_state", "_telling_process")

    def __init__(
        self, state: SessionState = LOGGED_OUT, listeners: tuple[Listener, ...] = ()
    ) -> None:
        self._state = state
        self._listeners: dict[object, Listener] = dict(enumerate(listeners))
        self._changes: list[tuple[SessionState, SessionState]] = []
        # Not a mere yes: after a fork, the thread that tells is in the parent alone.
        self._telling_process: int | None = None

    @property
    def state(self) -> SessionState:
        """The state now."""
        return self._state

    def update(self, change: Callable[[SessionState], SessionState]) -> None:
        """
        Replace the state by what *change* makes of it, and tell the listeners if it did change.

        *change* runs under the lock: what it finds is what it replaces.
        """
        with _lock:
            old = self._state
            self._state = new = change(old)
            if new is old or not self._listeners:
                return
            self._changes.append((old, new))
            # Whoever is telling already, a listener perhaps, tells this one when its turn comes:
            # so changes are told in the order in which they happened.
            process = os.getpid()
            if self._telling_process == process:
                return
            self._telling_process = process
        self._tell_all()

    def subscribe(self, listener: Listener) -> Unsubscribe:
        """Call *listener* after every change, until the returned function is called."""
        # A key of its own, so that each subscription of one function ends by itself.
        key = object()
        self._listeners[key] = listener

        def unsubscribe() -> None:
            # Without the lock: the garbage collector may come here while its thread holds that.
            self._listeners.pop(key, None)

        return unsubscribe

    def _tell_all(self) -> None:
        while True:
            with _lock:
                if not self._changes:
                    self._telling_process = None
                    return
                old, new = self._changes.pop(0)
            try:
                self._tell(old, new)
            except BaseException:
                self._telling_process = None
                raise

    def _tell(self, old: SessionState, new: SessionState) -> None:
        # A list is made of the values in one step, during which none can come or go.
        for listener in list(self._listeners.values()):
            try:
                listener(old, new)
            except Exception:
                # A listener's mistake harms neither the call nor the listeners after it.
                _logger.exception("a listener for changes of the session state raised")


def changes_of(part: Callable[[SessionState], T], listener: Callable[[T, T], object]) -> Listener:
    """Return a `Listener` that calls *listener* with a *part* of the state when that changed."""

    def tell(old: SessionState, new: SessionState) -> None:
        before, after = part(old), part(new)
        if before != after:
            listener(before, after)

    return tell


def changes_of_objects(listener: Listener) -> Listener:
    """Return a `Listener` that calls *listener* when session, Member or Organization changed."""

    def tell(old: SessionState, new: SessionState) -> None:
        if objects_of(old) != objects_of(new):
            listener(old, new)

    return tell


def objects_of(state: SessionState) -> tuple[object, ...]:
    """Return the objects of *state*: whether one state is told after another."""
    return state.member_session, state.member, state.organization
