"""
Everything that can go wrong, one class for each decision a caller takes.

::

    StytchError
    ├── StytchConfigurationError       the client cannot be built or used like this
    ├── InvalidArgumentError           an argument is wrong; nothing was sent
    ├── ClientClosedError              the client was closed; nothing was sent
    ├── NoSessionError                 the call needs a Member's session; nothing was sent
    ├── MissingPKCEError               no code verifier for the flow; nothing was sent
    ├── StorageUnavailableError        the storage cannot be used now; nothing was lost
    ├── StytchTimeoutError             out of time; sending the call again is safe
    ├── StytchConnectionError          the network failed; sending the call again is safe
    │   └── StytchOutcomeUnknownError  the answer was lost; the call may have taken effect
    ├── StytchResponseError            an answer nobody can read
    ├── CursorLoopError                pages that lead back to one that was read
    └── StytchAPIError                 the API answered with an error
        ├── BadRequestError            400 and what has no class of its own
        ├── AuthenticationError        401, or the session is gone: log in again
        ├── PermissionDeniedError      403: a permission is missing
        ├── CaptchaRequiredError       the project demands a CAPTCHA token
        ├── NotFoundError              404
        ├── ConflictError              409, or something of that name exists already
        ├── RateLimitedError           429
        └── ServerError                500 and above

Every error pickles and deep-copies. Secrets appear in no text of an error: what the server sent
is kept in `body` and `headers`, which neither `str` nor `repr` show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._headers import Headers

if TYPE_CHECKING:
    from .permissions import Permission


class StytchError(Exception):
    """Base of all errors of this package."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Subclasses take keyword arguments, which the stock reduction does not know of.
        return _restore, (type(self), self.args, self.__dict__.copy())


def _restore(
    cls: type[StytchError], args: tuple[object, ...], attributes: dict[str, object]
) -> StytchError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(attributes)
    return error


class StytchConfigurationError(StytchError, ValueError):
    """A client was given settings it cannot work with; the text says what to change."""


class InvalidArgumentError(StytchError, ValueError):
    """
    Arguments of a call are wrong; nothing was sent.

    Attributes:
        endpoint: Name of the call, such as ``scim.update_connection``.
        problems: What is wrong, by the name of the argument; all problems of the call at once.
    """

    def __init__(self, *, endpoint: str, problems: Mapping[str, str]) -> None:
        lines = "; ".join(f"{name}: {problem}" for name, problem in problems.items())
        super().__init__(f"{endpoint}: {lines}")
        self.endpoint = endpoint
        self.problems: dict[str, str] = dict(problems)


class ClientClosedError(StytchError, RuntimeError):
    """The client was closed before the call; nothing was sent."""


class NoSessionError(StytchError):
    """
    The call acts as a Member and the client holds no session; nothing was sent.

    `AsyncStytchB2BClient.with_request` raises it for a request that brings none.

    Attributes:
        endpoint: Name of the call.
    """

    def __init__(
        self, *, endpoint: str, needs: str, but: str = "the client holds none; log in first"
    ) -> None:
        super().__init__(f"{endpoint}: needs {needs}, and {but}")
        self.endpoint = endpoint


class MissingPKCEError(StytchError):
    """
    The flow needs the code verifier it was started with, and the client holds none.

    Nothing was sent. A flow that began in another process continues with
    `AsyncStytchB2BClient.with_state`, or with ``pkce_code_verifier=``.

    Attributes:
        endpoint: Name of the call.
        flow: The flow, such as ``sso``.
    """

    def __init__(self, *, endpoint: str, flow: str) -> None:
        super().__init__(
            f"{endpoint}: no PKCE code verifier is held for the flow {flow!r}; go on from the "
            "state in which the flow began, or pass pkce_code_verifier="
        )
        self.endpoint = endpoint
        self.flow = flow


class StorageUnavailableError(StytchError):
    """
    The storage cannot be used for now; what is in it is still there.

    A keyring that is locked or absent, a directory that cannot be written to, another process that
    does not let go.

    Attributes:
        reason: What stands in the way.
    """

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"the storage cannot be used now: {reason}")
        self.reason = reason


class StytchConnectionError(StytchError):
    """
    The network failed, and the call certainly or harmlessly did not take effect.

    Attributes:
        endpoint: Name of the call.
        reason: What failed, in the words of the transport.
        attempts: How many times the call was tried.
    """

    def __init__(self, *, endpoint: str, reason: str, attempts: int) -> None:
        super().__init__(f"{endpoint}: {reason} (attempts: {attempts})")
        self.endpoint = endpoint
        self.reason = reason
        self.attempts = attempts


class StytchOutcomeUnknownError(StytchConnectionError):
    """
    The answer was lost after the call may have reached the server.

    Raised for calls that create something, send a message or consume a token: repeating them
    blindly could do it twice, so they are never repeated. Look first, then decide.

    Attributes:
        timed_out: Whether it was a timeout that ended the wait.
    """

    def __init__(self, *, endpoint: str, reason: str, attempts: int, timed_out: bool) -> None:
        super().__init__(endpoint=endpoint, reason=reason, attempts=attempts)
        self.timed_out = timed_out

    def __str__(self) -> str:
        return f"{self.message}; the call may have taken effect"


class StytchTimeoutError(StytchError, TimeoutError):
    """
    The call ran out of time and certainly or harmlessly did not take effect.

    Attributes:
        endpoint: Name of the call.
        reason: Which limit was reached.
        attempts: How many times the call was tried.
    """

    def __init__(self, *, endpoint: str, reason: str, attempts: int) -> None:
        super().__init__(f"{endpoint}: {reason} (attempts: {attempts})")
        self.endpoint = endpoint
        self.reason = reason
        self.attempts = attempts


class StytchResponseError(StytchError):
    """
    The server answered with something that is no answer of this API.

    A proxy's page, a redirect, a body that is no JSON object.

    Attributes:
        endpoint: Name of the call.
        status_code: HTTP status.
        headers: Headers of the response.
        body: The body as it came. It may hold secrets and is never part of the error's text.
    """

    def __init__(
        self, *, endpoint: str, status_code: int, headers: Mapping[str, str], body: bytes
    ) -> None:
        content_type = headers.get("Content-Type", "no content type")
        super().__init__(
            f"{endpoint}: unreadable answer (HTTP {status_code}, {content_type}, {len(body)} bytes)"
        )
        self.endpoint = endpoint
        self.status_code = status_code
        self.headers: Headers = Headers(headers)
        self.body = body


class CursorLoopError(StytchError):
    """
    The pages of a result lead back to one that was read: going on would never end.

    Everything up to there was handed out.

    Attributes:
        endpoint: Name of the call.
        cursor: The cursor that the server gave again.
    """

    def __init__(self, *, endpoint: str, cursor: str) -> None:
        super().__init__(f"{endpoint}: the next page, {cursor!r}, was read already")
        self.endpoint = endpoint
        self.cursor = cursor


class StytchAPIError(StytchError):
    """
    The API refused the call.

    Attributes:
        endpoint: Name of the call, such as ``scim.update_connection``.
        status_code: HTTP status.
        error_type: The API's name for the error, such as ``session_not_found``. The set is open.
        error_message: The API's sentence about it.
        error_url: Page of the documentation, or an empty string.
        error_details: More facts, where the API gives any.
        request_id: What Stytch's support asks for, or an empty string.
        issues: Where the body of the request does not fit the API's schema: the misfits.
        headers: Headers of the response.
        body: The body as it came.
        attempts: How many times the call was sent.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        status_code: int,
        error_type: str,
        error_message: str,
        error_url: str = "",
        error_details: Mapping[str, Any] | None = None,
        request_id: str = "",
        issues: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        attempts: int = 1,
    ) -> None:
        super().__init__(error_message)
        self.endpoint = endpoint
        self.status_code = status_code
        self.error_type = error_type
        self.error_message = error_message
        self.error_url = error_url
        self.error_details = error_details
        self.request_id = request_id
        self.issues: tuple[Mapping[str, Any], ...] = tuple(issues)
        self.headers: Headers = Headers(headers or {})
        self.body = body
        self.attempts = attempts

    def __str__(self) -> str:
        where = ", ".join(
            part for part in (self.endpoint, f"HTTP {self.status_code}", self.request_id) if part
        )
        text = f"{self.error_type}: {self.error_message} ({where})"
        # The server does not decide where a line of a log begins.
        return "".join(char if char.isprintable() else " " for char in text)


class BadRequestError(StytchAPIError):
    """The API does not accept the request as it is; also any 4xx without a class of its own."""


class AuthenticationError(StytchAPIError):
    """The credentials are wrong, or the session is expired or revoked: log in again."""


class PermissionDeniedError(StytchAPIError):
    """
    The Member lacks a permission, or the project forbids the call.

    Attributes:
        missing_permissions: The permissions the call needed and no role held grants; empty where
            that is not known, and for refusals that are not about permissions.
        required_permissions: All permissions the call needed with the arguments given.
        held_roles: Role IDs of the Member, or ``None`` where they are unknown.
        granting_roles: Role IDs of the policy that would grant what is missing.
        sent: Whether the server refused. ``False`` where the client refused before sending, as it
            does with ``permission_checks="enforce"``.
    """

    def __init__(
        self,
        *,
        missing_permissions: Sequence[Permission] = (),
        required_permissions: Sequence[Permission] = (),
        held_roles: Sequence[str] | None = None,
        granting_roles: Sequence[str] = (),
        sent: bool = True,
        **facts: Any,
    ) -> None:
        super().__init__(**facts)
        self.missing_permissions: tuple[Permission, ...] = tuple(missing_permissions)
        self.required_permissions: tuple[Permission, ...] = tuple(required_permissions)
        self.held_roles: tuple[str, ...] | None = None if held_roles is None else tuple(held_roles)
        self.granting_roles: tuple[str, ...] = tuple(granting_roles)
        self.sent = sent

    def __str__(self) -> str:
        text = super().__str__()
        if self.missing_permissions:
            text += f"; missing {' and '.join(map(str, self.missing_permissions))}"
        elif self.required_permissions:
            text += f"; needs {' and '.join(map(str, self.required_permissions))}"
        else:
            return text
        if self.held_roles is not None:
            text += f"; held roles: {', '.join(self.held_roles) or 'none'}"
        if self.granting_roles:
            text += f"; granted by: {', '.join(self.granting_roles)}"
        return text


class CaptchaRequiredError(StytchAPIError):
    """
    The project protects this call, and no acceptable CAPTCHA token came with it.

    Attributes:
        missing_providers: Arguments of the client that it was made without and that would let it
            meet the demand; empty where the caller gave a token.
    """

    def __init__(self, *, missing_providers: Sequence[str] = (), **facts: Any) -> None:
        super().__init__(**facts)
        self.missing_providers: tuple[str, ...] = tuple(missing_providers)

    def __str__(self) -> str:
        text = super().__str__()
        if self.missing_providers:
            arguments = " and ".join(f"{name}=" for name in self.missing_providers)
            text += f"; make the client with {arguments}, or pass captcha_token="
        return text


class NotFoundError(StytchAPIError):
    """The API knows no such thing, or does not show it to this Member."""


class ConflictError(StytchAPIError):
    """Something of that name, or in that place, exists already."""


class RateLimitedError(StytchAPIError):
    """
    Too many requests, or an account locked after too many failures.

    Attributes:
        retry_after: Seconds to wait by the server's word, or ``None`` where it gave none.
    """

    def __init__(self, *, retry_after: float | None = None, **facts: Any) -> None:
        super().__init__(**facts)
        self.retry_after = retry_after


class ServerError(StytchAPIError):
    """The API failed; the request may be fine."""
