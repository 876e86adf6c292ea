"""
Stytch B2B authentication: clients that act as one Member, async and sync.

Names are imported when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from ._arguments import SCIMGroupRole
    from ._async.client import AsyncStytchB2BClient
    from ._async.session import SessionInfo, SessionTokens
    from ._clock import Clock, SystemClock
    from ._config import PermissionChecks, Software, Timeout
    from ._drift import Drift, DriftKind
    from ._pkce import PKCEPair
    from ._policy import Decision
    from ._state import SessionState
    from ._sync.client import StytchB2BClient
    from .errors import (
        AuthenticationError,
        BadRequestError,
        CaptchaRequiredError,
        ClientClosedError,
        ConflictError,
        InvalidArgumentError,
        MissingPKCEError,
        NoSessionError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitedError,
        ServerError,
        StytchAPIError,
        StytchConfigurationError,
        StytchConnectionError,
        StytchError,
        StytchOutcomeUnknownError,
        StytchResponseError,
        StytchTimeoutError,
    )
    from .permissions import Permission

__all__ = [
    # Clients
    "AsyncStytchB2BClient",
    "StytchB2BClient",
    # What they take and give
    "Clock",
    "Decision",
    "Drift",
    "DriftKind",
    "PKCEPair",
    "Permission",
    "PermissionChecks",
    "SCIMGroupRole",
    "SessionInfo",
    "SessionState",
    "SessionTokens",
    "Software",
    "SystemClock",
    "Timeout",
    # Errors
    "AuthenticationError",
    "BadRequestError",
    "CaptchaRequiredError",
    "ClientClosedError",
    "ConflictError",
    "InvalidArgumentError",
    "MissingPKCEError",
    "NoSessionError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitedError",
    "ServerError",
    "StytchAPIError",
    "StytchConfigurationError",
    "StytchConnectionError",
    "StytchError",
    "StytchOutcomeUnknownError",
    "StytchResponseError",
    "StytchTimeoutError",
    # The package
    "__version__",
]

_HOMES = {
    "AsyncStytchB2BClient": "._async.client",
    "StytchB2BClient": "._sync.client",
    "Clock": "._clock",
    "Decision": "._policy",
    "Drift": "._drift",
    "DriftKind": "._drift",
    "PKCEPair": "._pkce",
    "Permission": ".permissions",
    "PermissionChecks": "._config",
    "SCIMGroupRole": "._arguments",
    "SessionInfo": "._async.session",
    "SessionState": "._state",
    "SessionTokens": "._async.session",
    "Software": "._config",
    "SystemClock": "._clock",
    "Timeout": "._config",
}
"""Where a name is found; every other one is an error, and found in `errors`."""


if not TYPE_CHECKING:  # a checker that sees it takes every misspelt name for an object

    def __getattr__(name: str) -> object:
        if name not in __all__:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        value = getattr(import_module(_HOMES.get(name, ".errors"), __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
