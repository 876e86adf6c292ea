"""
Stytch B2B authentication: clients that act as one Member, async and sync.

Names are imported when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from ._arguments import PKCEFlow, SCIMGroupRole, SSOConnectionRole, SSOGroupRole
    from ._async.changes import AsyncChanges, Change
    from ._async.client import AsyncStytchB2BClient
    from ._async.keep_alive import AsyncKeepAlive
    from ._async.results import AsyncResults
    from ._async.session import SessionInfo, SessionTokens
    from ._authenticate_urls import (
        Authenticated,
        AuthenticateURL,
        Discovered,
        NeedsNewPassword,
        NotOurs,
        RedirectOutcome,
        TokenType,
    )
    from ._browser import OpenURL, open_in_browser
    from ._browser_dfp import BrowserDFPProvider
    from ._clock import Clock, SystemClock
    from ._config import PermissionChecks, Software, Timeout
    from ._drift import Drift, DriftKind
    from ._events import (
        AttemptEvent,
        DriftEvent,
        EventHooks,
        RequestEvent,
        ResponseEvent,
        StateChangeEvent,
    )
    from ._pkce import PKCEPair
    from ._policy import Decision
    from ._protected_auth import CaptchaProvider, DFPProvider
    from ._start_urls import OAuthProviderName
    from ._state import SessionState
    from ._storage.encrypted_file import EncryptedFileStorage
    from ._storage.keyring_storage import KeyringStorage
    from ._storage.memory import MemoryStorage
    from ._storage.protocol import Storage
    from ._sync.changes import Changes
    from ._sync.client import StytchB2BClient
    from ._sync.keep_alive import KeepAlive
    from ._sync.results import Results
    from .errors import (
        AuthenticationError,
        BadRequestError,
        CaptchaRequiredError,
        ClientClosedError,
        ConflictError,
        CursorLoopError,
        InvalidArgumentError,
        MissingPKCEError,
        NoSessionError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitedError,
        ServerError,
        StorageUnavailableError,
        StytchAPIError,
        StytchConfigurationError,
        StytchConnectionError,
        StytchError,
        StytchOutcomeUnknownError,
        StytchResponseError,
        StytchTimeoutError,
    )
    from .models.login import (
        ChooseOrganization,
        LoggedIn,
        LoginOutcome,
        NeedsMFA,
        NeedsPrimaryFactor,
    )
    from .permissions import Permission
    from .search import MemberFilter, MemberFilterDict, MemberQuery, MemberQueryDict

__all__ = [
    # Clients
    "AsyncStytchB2BClient",
    "StytchB2BClient",
    # What a login comes to
    "ChooseOrganization",
    "LoggedIn",
    "LoginOutcome",
    "NeedsMFA",
    "NeedsPrimaryFactor",
    # What a URL comes to that a browser was sent to
    "Authenticated",
    "AuthenticateURL",
    "Discovered",
    "NeedsNewPassword",
    "NotOurs",
    "RedirectOutcome",
    "TokenType",
    # What they take and give
    "AsyncChanges",
    "AsyncKeepAlive",
    "AsyncResults",
    "BrowserDFPProvider",
    "CaptchaProvider",
    "Change",
    "Changes",
    "Clock",
    "DFPProvider",
    "Decision",
    "Drift",
    "DriftKind",
    "KeepAlive",
    "MemberFilter",
    "MemberFilterDict",
    "MemberQuery",
    "MemberQueryDict",
    "OAuthProviderName",
    "OpenURL",
    "PKCEFlow",
    "PKCEPair",
    "Permission",
    "PermissionChecks",
    "Results",
    "SCIMGroupRole",
    "SSOConnectionRole",
    "SSOGroupRole",
    "SessionInfo",
    "SessionState",
    "SessionTokens",
    "Software",
    "SystemClock",
    "Timeout",
    "open_in_browser",
    # Where they keep a session
    "EncryptedFileStorage",
    "KeyringStorage",
    "MemoryStorage",
    "Storage",
    # What happens, for those who watch
    "AttemptEvent",
    "DriftEvent",
    "EventHooks",
    "RequestEvent",
    "ResponseEvent",
    "StateChangeEvent",
    # Errors
    "AuthenticationError",
    "BadRequestError",
    "CaptchaRequiredError",
    "ClientClosedError",
    "ConflictError",
    "CursorLoopError",
    "InvalidArgumentError",
    "MissingPKCEError",
    "NoSessionError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitedError",
    "ServerError",
    "StorageUnavailableError",
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
    "AsyncChanges": "._async.changes",
    "Change": "._async.changes",
    "Changes": "._sync.changes",
    "AsyncKeepAlive": "._async.keep_alive",
    "KeepAlive": "._sync.keep_alive",
    "AsyncResults": "._async.results",
    "Results": "._sync.results",
    "AsyncStytchB2BClient": "._async.client",
    "StytchB2BClient": "._sync.client",
    "ChooseOrganization": ".models.login",
    "LoggedIn": ".models.login",
    "LoginOutcome": ".models.login",
    "NeedsMFA": ".models.login",
    "NeedsPrimaryFactor": ".models.login",
    "Authenticated": "._authenticate_urls",
    "AuthenticateURL": "._authenticate_urls",
    "Discovered": "._authenticate_urls",
    "NeedsNewPassword": "._authenticate_urls",
    "NotOurs": "._authenticate_urls",
    "RedirectOutcome": "._authenticate_urls",
    "TokenType": "._authenticate_urls",
    "BrowserDFPProvider": "._browser_dfp",
    "CaptchaProvider": "._protected_auth",
    "Clock": "._clock",
    "DFPProvider": "._protected_auth",
    "Decision": "._policy",
    "Drift": "._drift",
    "DriftKind": "._drift",
    "AttemptEvent": "._events",
    "DriftEvent": "._events",
    "EventHooks": "._events",
    "RequestEvent": "._events",
    "ResponseEvent": "._events",
    "StateChangeEvent": "._events",
    "MemberFilter": ".search",
    "MemberFilterDict": ".search",
    "MemberQuery": ".search",
    "MemberQueryDict": ".search",
    "OAuthProviderName": "._start_urls",
    "OpenURL": "._browser",
    "PKCEFlow": "._arguments",
    "PKCEPair": "._pkce",
    "Permission": ".permissions",
    "PermissionChecks": "._config",
    "SCIMGroupRole": "._arguments",
    "SSOConnectionRole": "._arguments",
    "SSOGroupRole": "._arguments",
    "SessionInfo": "._async.session",
    "SessionState": "._state",
    "SessionTokens": "._async.session",
    "Software": "._config",
    "SystemClock": "._clock",
    "EncryptedFileStorage": "._storage.encrypted_file",
    "KeyringStorage": "._storage.keyring_storage",
    "MemoryStorage": "._storage.memory",
    "Storage": "._storage.protocol",
    "Timeout": "._config",
    "open_in_browser": "._browser",
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
