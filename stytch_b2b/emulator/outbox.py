"""What the emulator has sent: instead of a mailbox, a list that tests can read."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, overload

from attrs import field, frozen

MessageKind = Literal[
    "login",
    "signup",
    "invite",
    "discovery",
    "reset_password",
    "verify_email",
    "passcode",
]


@frozen(kw_only=True)
class Message:
    """One e-mail, or one text message."""

    kind: MessageKind
    """What the message is for."""

    to: str
    """The e-mail address, or the phone number."""

    organization_id: str = ""
    """Whose Organization the message is about; empty where none is chosen yet."""

    url: str = field(default="", repr=False)
    """The link in the message, as the person would click it; empty if there is none."""

    token: str = field(default="", repr=False)
    """The token in the link."""

    login_url: str = field(default="", repr=False)
    """The second link of a reset message: to log in without a password."""

    code: str = field(default="", repr=False)
    """The passcode in the message; empty if there is none."""

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

    def last(self, *, to: str | None = None, kind: MessageKind | None = None) -> Message:
        """
        Return the newest message.

        Args:
            to: Only messages to this e-mail address or phone number.

            kind: Only messages of this kind.

        Raises:
            LookupError: No such message was sent.
        """
        for message in reversed(self._messages):
            if to not in (None, message.to):
                continue
            if kind in (None, message.kind):
                return message
        wanted = " ".join(str(part) for part in (kind, to) if part is not None)
        msg = f"no message {wanted} was sent; {len(self)} others were".replace("  ", " ")
        raise LookupError(msg)
