"""Stytch B2B authentication: clients that act as one Member, async and sync."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__ as __version__

if TYPE_CHECKING:
    from ._async.client import AsyncStytchB2BClient as AsyncStytchB2BClient
    from ._config import Software as Software, Timeout as Timeout
    from ._policy import Decision as Decision
    from ._state import SessionState as SessionState

_HOMES = {
    "AsyncStytchB2BClient": "._async.client",
    "Decision": "._policy",
    "SessionState": "._state",
    "Software": "._config",
    "Timeout": "._config",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value
