"""
HTTP as values: what is sent, what came back, and which error an answer means.

No I/O happens here, and nothing knows who sends. The values are not frozen only because that would
double the cost of making one, and each call makes three; nobody changes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from attrs import define, field

from ._json import is_array, is_object, parse
from .errors import (
    AuthenticationError,
    BadRequestError,
    CaptchaRequiredError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    ServerError,
    StytchAPIError,
    StytchResponseError,
)

JSON_CONTENT_TYPE = "application/json"
"""Sent without a charset on every request: the API refuses a suffix."""

UNRECOVERABLE_ERROR_TYPES = frozenset(
    {
        "invalid_secret_authentication",
        "session_not_found",
        "unauthorized_credentials",
        "user_unauthenticated",
    }
)
"""Error types that mean the session is gone for good, whatever the HTTP status."""

_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")

_CONFLICT_ERROR_TYPES = frozenset(
    {
        "active_scim_connection_exists",
        "active_totp_exists",
        "duplicate_biometric_registration",
        "duplicate_custom_hostname_found",
        "duplicate_email",
        "duplicate_email_for_user",
        "duplicate_email_template_vanity_id",
        "duplicate_external_sso_connection",
        "duplicate_m2m_client_id",
        "duplicate_member_email",
        "duplicate_member_external_id",
        "duplicate_member_phone_number",
        "duplicate_member_phone_number_for_member",
        "duplicate_organization",
        "duplicate_organization_user",
        "duplicate_phone_number",
        "duplicate_phone_number_for_user",
        "duplicate_project_user",
        "duplicate_redirect_url",
        "duplicate_saml_connection",
        "duplicate_user_external_id",
        "duplicate_wallet_address",
        "duplicate_wallet_address_for_user",
        "duplicate_webauthn_registration",
        "organization_external_id_already_used",
        "organization_slug_already_used",
        "password_already_exists",
        "pending_totp_exists",
        "recovery_codes_already_exist",
        "user_already_invited",
    }
)


@define
class Request:
    """
    One HTTP request.

    *target* is path and query, percent-encoded; nobody decodes or normalises it on the way.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


@define
class AttemptTimeout:
    """Limits of one attempt in seconds; *total* is what remains of the whole call's deadline."""

    connect: float
    read: float
    total: float


@define
class Response:
    """One HTTP response, read whole. *headers* is case-insensitive."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the status says that the call took effect."""
        return 200 <= self.status < 300


class SendFailure(Exception):  # noqa: N818 - not an error a user ever sees; the engine decides
    """
    No whole response came back.

    Attributes:
        reason: What failed, in words that may be shown.
        maybe_sent: Whether the server may have seen the request: a connection was handed out.
        timed_out: Whether a timeout ended the wait.
        is_final: Whether trying again cannot help: a certificate is refused, the client closed.
    """

    def __init__(
        self, reason: str, *, maybe_sent: bool, timed_out: bool = False, is_final: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.maybe_sent = maybe_sent
        self.timed_out = timed_out
        self.is_final = is_final


def path_segment(value: str) -> str:
    """
    Percent-encode *value* as one segment of a path.

    Nothing is safe, so neither ``/`` nor ``%`` can end the segment; the dots of ``.`` and ``..``
    cannot be encoded away and are refused where arguments are checked.
    """
    # Most ids need no encoding, and finding that out is four times faster.
    return value if _UNRESERVED.fullmatch(value) else quote(value, safe="")


def api_error(
    response: Response, *, endpoint: str, attempts: int, now: datetime
) -> StytchAPIError | StytchResponseError:
    """
    Return the error that *response* means.

    The content type is not asked: the API labels some JSON errors as text.
    """
    if response.status < 400:
        return StytchResponseError(
            endpoint=endpoint,
            status_code=response.status,
            headers=response.headers,
            body=response.body,
        )
    parsed = json_object(response.body)
    facts: dict[str, Any] = {
        "endpoint": endpoint,
        "status_code": response.status,
        "headers": response.headers,
        "body": response.body,
        "attempts": attempts,
        **(_unreadable(response) if parsed is None else _error_fields(parsed)),
    }
    cls = _error_class(response.status, facts["error_type"])
    if cls is RateLimitedError:
        facts["retry_after"] = retry_after(response.headers, now=now)
    return cls(**facts)


def json_object(body: bytes) -> dict[str, Any] | None:
    """Return *body* as a JSON object, or ``None`` if it is none."""
    value = parse(body)
    return value if is_object(value) else None


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """
    Return the seconds to wait that a ``Retry-After`` header asks for.

    Both forms of RFC 9110 are understood, seconds and a date; anything else counts as absent.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    return max(0.0, (date - now).total_seconds())


def _error_fields(parsed: dict[str, Any]) -> dict[str, Any]:
    schema_issues = [
        issue
        for part in ("body", "params", "query")
        for issue in _list(parsed.get(part))
        if is_object(issue)
    ]
    if schema_issues and "error_type" not in parsed:
        places = (f"{_text(each, 'dataPath')} {_text(each, 'message')}" for each in schema_issues)
        return {
            "error_type": "schema_error",
            "error_message": "; ".join(place.strip() for place in places),
            "issues": schema_issues,
        }
    details = parsed.get("error_details")
    return {
        # OAuth-style endpoints answer with the field names of RFC 6749.
        "error_type": _text(parsed, "error_type", "error") or "unknown_error",
        "error_message": _text(parsed, "error_message", "error_description") or "no message",
        "error_url": _text(parsed, "error_url", "error_uri"),
        "request_id": _text(parsed, "request_id"),
        "error_details": details if is_object(details) else None,
    }


def _unreadable(response: Response) -> dict[str, Any]:
    # The text is looked at, never shown: it may be anything.
    if b"Captcha required" in response.body:
        return {"error_type": "captcha_required", "error_message": "Captcha required"}
    content_type = response.headers.get("Content-Type", "no content type")
    return {
        "error_type": "unknown_error",
        "error_message": f"no JSON in the answer ({content_type}, {len(response.body)} bytes)",
    }


def _error_class(status: int, error_type: str) -> type[StytchAPIError]:
    if error_type == "captcha_required":
        return CaptchaRequiredError
    if error_type in UNRECOVERABLE_ERROR_TYPES:
        return AuthenticationError
    if error_type in _CONFLICT_ERROR_TYPES:
        return ConflictError
    if status >= 500:
        return ServerError
    return {
        401: AuthenticationError,
        403: PermissionDeniedError,
        404: NotFoundError,
        409: ConflictError,
        429: RateLimitedError,
    }.get(status, BadRequestError)


def _text(parsed: dict[str, Any], *names: str) -> str:
    for name in names:
        value = parsed.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def _list(value: object) -> list[Any]:
    return value if is_array(value) else []
