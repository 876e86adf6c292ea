"""What the emulator has sent: instead of a mailbox, a list that tests can read."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, overload

from attrs import field, frozen

MessageKind = Literal["login", "signup"]


@frozen(kw_only=True)
class Message:
    """One e-mail."""

    kind: MessageKind
    """What the message invites to: log in, or sign up."""

    to: str
    """The e-mail address."""

    organization_id: str

    url: str = field(repr=False)
    """The link in the message, as the person would click it."""

    token: str = field(repr=False)
    """The token in the link."""

    sent_at: datetime


class Outbox(Sequence[Message]):
    """Every message sent, oldest first; safe to read from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: tuple[Message, ...] = ()

    def __repr__(self) -> str:
        return f"<Outbox {len(self)} messages>"

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._messages)

    @overload
    def __getitem__(self, index: int) -> Message: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Message]: ...

    def __getitem__(self, index: int | slice) -> Message | Sequence[Message]:
        return self._messages[index]

    def add(self, message: Message) -> None:
        """Send a message."""
        with self._lock:
            self._messages = (*self._messages, message)

    def clear(self) -> None:
        """Forget every message."""
        with self._lock:
            self._messages = ()

    def last(self, *, email_address: str | None = None, kind: MessageKind | None = None) -> Message:
        """
        Return the newest message.

        Args:
            email_address: Only messages to this address.

            kind: Only messages of this kind.

        Raises:
            LookupError: No such message was sent.
        """
        for message in reversed(self._messages):
            if email_address not in (None, message.to):
                continue
            if kind in (None, message.kind):
                return message
        wanted = " ".join(str(part) for part in (kind, email_address) if part is not None)
        msg = f"no message {wanted} was sent; {len(self)} others were".replace("  ", " ")
        raise LookupError(msg)
