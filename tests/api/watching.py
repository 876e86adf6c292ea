"""Hooks that remember what they were told, and a short way to write it down."""

from __future__ import annotations

import inspect
from typing import Any

from stytch_b2b import (
    AttemptEvent,
    DriftEvent,
    EventHooks,
    RequestEvent,
    ResponseEvent,
    SessionState,
    StateChangeEvent,
)

Event = RequestEvent | AttemptEvent | ResponseEvent | StateChangeEvent | DriftEvent


class Recorder:
    """
    Remembers all events in the order in which they came.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.hooks = EventHooks(
            request=self.events.append,
            attempt=self.events.append,
            response=self.events.append,
            state_change=self.events.append,
        )

    @property
    def lines(self) -> list[str]:
        """
        What happened, a line for each event.
        """
        return [line(event) for event in self.events]

    def of_calls(self, call: str) -> list[RequestEvent | AttemptEvent | ResponseEvent]:
        """
        Return the events of all calls of a name.
        """
        return [
            event
            for event in self.events
            if isinstance(event, RequestEvent | AttemptEvent | ResponseEvent)
            and (event if isinstance(event, RequestEvent) else event.request).call == call
        ]


def line(event: Event) -> str:
    """
    Say in a few words what an event tells.
    """
    match event:
        case RequestEvent():
            return f"{event.call}: {event.method}"
        case AttemptEvent():
            return f"{event.request.call}: #{event.number} {event.status_code or event.failure}"
        case ResponseEvent():
            error = "" if event.error is None else f"{type(event.error).__name__} "
            return f"{event.request.call}: {error}{event.status_code} after {event.attempts}"
        case StateChangeEvent():
            return f"{holding(event.old)} -> {holding(event.new)}"
        case DriftEvent():
            return f"{event.call}: {event.drift}"


def holding(state: SessionState) -> str:
    """
    Say what a state holds.
    """
    if state.session_token is not None:
        return "session" if state.member_session is not None else "tokens"
    return "unfinished login" if state.intermediate_session_token is not None else "nothing"


async def settle(result: Any) -> Any:
    """
    Return what a call of either kind of client comes to.
    """
    return await result if inspect.isawaitable(result) else result
