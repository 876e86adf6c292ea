"""
What a program can be told of a client's doings: hooks, and the events they are called with.

Events are values. None shows a secret, but what a state or an error holds can be asked for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from ._drift import Drift
    from ._state import SessionState


@frozen(kw_only=True, eq=False)
class RequestEvent:
    """
    A call begins.

    All that follows of this call carries the same object, by whose identity calls that overlap are
    told apart; it can be the key of a dictionary.
    """

    call: str
    """Name of the call, such as ``scim.update_connection``."""
    method: str
    """HTTP method."""
    path_template: str
    """Path of the request, with the names of its fields in braces in place of their values."""
    server_address: str
    """Host of the API."""
    server_port: int
    """Port of the API."""
    member_id: str | None
    """Who acts, as far as an answer of the API has told it."""


@frozen(kw_only=True)
class AttemptEvent:
    """The call was sent, and was answered or failed; perhaps it is sent again."""

    request: RequestEvent
    number: int
    """Which attempt of the call it was, from 1 on."""
    status_code: int | None
    """HTTP status; ``None`` where no whole answer came."""
    failure: str | None
    """Why no whole answer came."""
    elapsed: float
    """Seconds that the attempt took."""
    request_id: str | None
    """What Stytch's support asks for, if the answer has it."""


@frozen(kw_only=True)
class ResponseEvent:
    """
    A call has ended, in whatever way.

    It follows on every `RequestEvent`: also where the call was cancelled, or refused before
    anything was sent.
    """

    request: RequestEvent
    attempts: int
    """How often the call was sent; 0 if it was refused before, or shared another call's answer."""
    elapsed: float
    """Seconds from the call to its end, waits between attempts included."""
    status_code: int | None
    """HTTP status of the answer that decided; ``None`` where there was none."""
    error: BaseException | None
    """What the caller gets in place of an answer: a `StytchError`, or the cancellation."""
    request_id: str | None
    """What Stytch's support asks for, if the answer has it."""


@frozen(kw_only=True)
class StateChangeEvent:
    """What a client knows of its Member has changed, were it only a token."""

    old: SessionState
    """The state before: an immutable snapshot, which holds secrets."""
    new: SessionState
    """The state after."""


@frozen(kw_only=True)
class DriftEvent:
    """An answer differs from its model in a way that none did before."""

    call: str
    """Name of the call that was answered."""
    drift: Drift


@frozen(kw_only=True)
class EventHooks:
    """
    Functions that a client calls when something happens; any of them may be left out.

    They are called at once, in the task that makes the call (for the blocking client in its
    background thread), so they must be short and must not block. One that raises is logged and
    harms nobody. Of several hooks, those for responses are called in the opposite order.
    """

    request: Callable[[RequestEvent], object] | None = None
    """A call begins; nothing was checked or sent yet."""
    attempt: Callable[[AttemptEvent], object] | None = None
    """A call was sent, once or once more, and was answered or failed."""
    response: Callable[[ResponseEvent], object] | None = None
    """A call has ended, in whatever way."""
    state_change: Callable[[StateChangeEvent], object] | None = None
    """The state of the client, or of one made from it, has changed."""
    drift: Callable[[DriftEvent], object] | None = None
    """An answer differs from its model. With such a hook each answer is read twice."""
