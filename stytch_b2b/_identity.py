"""How a client introduces itself: the ``X-SDK-Client`` and ``User-Agent`` headers."""

from __future__ import annotations

import json
import platform
from base64 import b64encode
from binascii import b2a_base64
from datetime import datetime
from os import urandom
from uuid import uuid4

from ._config import Software


class SDKClientHeader:
    """
    Makes the values of ``X-SDK-Client``: the base64 of a JSON object.

    Only the id and the time of the event differ from call to call. Base64 turns three bytes into
    four characters, so the rest is padded to a multiple of three and encoded once; a new encoding
    for every call would cost a fifth of its time.
    """

    def __init__(self, app: Software, sdk: Software) -> None:
        constant = {
            "app_session_id": f"app-session-id-{uuid4()}",
            "persistent_id": f"persistent-id-{uuid4()}",
            "app": _described(app),
            "sdk": _described(sdk),
            "os": _described(Software(platform.system(), platform.release())),
        }
        # Open at the end; blanks between members are allowed in JSON.
        head = json.dumps(constant).removesuffix("}").encode() + b","
        head += b" " * (-len(head) % 3)
        self._head = b64encode(head).decode("ascii")
        # The ids of events have to be unique, not secret, so they share what costs most to make.
        self._event_ids = f"event-id-{str(uuid4())[:24]}"

    def value(self, now: datetime) -> str:
        """Return the header's value for a call made *now*."""
        sent_at = now.isoformat(timespec="milliseconds").removesuffix("+00:00")
        event_id = f"{self._event_ids}{urandom(6).hex()}"
        tail = f'"event_id": "{event_id}", "client_sent_at": "{sent_at}Z"}}'
        return self._head + b2a_base64(tail.encode("ascii"), newline=False).decode("ascii")


def user_agent(sdk: Software) -> str:
    """Return the ``User-Agent`` of *sdk*."""
    return f"{sdk.identifier}/{sdk.version} Python/{platform.python_version()}"


def _described(software: Software) -> dict[str, str]:
    described = {"identifier": software.identifier}
    if software.version:
        described["version"] = software.version
    return described
