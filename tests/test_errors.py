"""Which error an answer is, what errors say, and what they keep to themselves."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from stytch_b2b import AsyncStytchB2BClient, errors
from stytch_b2b._headers import Headers
from stytch_b2b._wire import Response, api_error
from stytch_b2b.emulator import Emulator
from stytch_b2b.errors import (
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
from stytch_b2b.permissions import ORGANIZATION, SCIM
from tests.facts import ErrorType, error_types

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=timezone.utc)
SECRET = "S_hunter2-hunter2"

CLASSES = {
    name: one
    for name, one in vars(errors).items()
    if inspect.isclass(one) and issubclass(one, StytchError)
}


def error_of(
    status: int, body: object = b"", headers: Mapping[str, str] | None = None
) -> StytchAPIError | StytchResponseError:
    """
    Return the error that an answer means.
    """
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = Response(status, Headers(headers or {}), raw)
    return api_error(response, endpoint="scim.get_connection", attempts=2, now=NOW)


def api_error_of(*args: Any, **kwargs: Any) -> StytchAPIError:
    """
    Return the error that an answer means, which comes from the API.
    """
    error = error_of(*args, **kwargs)
    assert isinstance(error, StytchAPIError)
    return error


def body_of(error_type: str, status: int) -> dict[str, Any]:
    """
    Return a body as the API writes it.
    """
    return {
        "status_code": status,
        "request_id": "request-id-test-1",
        "error_type": error_type,
        "error_message": "It went wrong.",
        "error_url": f"https://stytch.com/docs/b2b/api/errors/{status}#{error_type}",
    }


def expected_class(error: ErrorType) -> type[StytchAPIError]:
    """
    Return the class of an error type with a status: by status, but for a few.
    """
    if error["unrecoverable"]:
        return AuthenticationError
    if error["error_type"] == "captcha_required":
        return CaptchaRequiredError
    if error["error_type"] in (
        "active_scim_connection_exists",
        "active_totp_exists",
        "organization_slug_already_used",
    ):
        return ConflictError
    return {
        400: BadRequestError,
        401: AuthenticationError,
        403: PermissionDeniedError,
        404: NotFoundError,
        429: RateLimitedError,
        500: ServerError,
    }[error["http_status"] or 0]


@pytest.mark.parametrize(
    "error",
    [one for one in error_types().values() if one["http_status"]],
    ids=lambda one: one["error_type"],
)
def test_known_error_types(error: ErrorType) -> None:
    """
    Every error type whose status is known becomes the class that a caller decides by.
    """
    status = error["http_status"] or 0
    body = body_of(error["error_type"], status)
    found = api_error_of(status, body)

    assert expected_class(error) is type(found)
    assert (status, error["error_type"]) == (found.status_code, found.error_type)
    assert (body["error_message"], body["error_url"]) == (found.error_message, found.error_url)
    assert "request-id-test-1" == found.request_id


@pytest.mark.parametrize("name", [n for n, one in error_types().items() if one["unrecoverable"]])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_lost_sessions(name: str, status: int) -> None:
    """
    An error type that ends the session means logging in again, whatever the status.
    """
    assert AuthenticationError is type(error_of(status, body_of(name, status)))


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (402, BadRequestError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (418, BadRequestError),
        (422, BadRequestError),
        (429, RateLimitedError),
        (500, ServerError),
        (503, ServerError),
        (599, ServerError),
    ],
)
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Oops</html>", b"[]", b"null", b"{}", b'{"error_type": "new_one"}', b"\xff"],
)
def test_unknown_errors(status: int, cls: type[StytchAPIError], body: bytes) -> None:
    """
    The status alone decides where the body says nothing that is known, and the body is kept.
    """
    found = api_error_of(status, body, {"Content-Type": "text/html"})

    assert cls is type(found)
    assert status == found.status_code
    assert body == found.body
    assert ("new_one" if b"new_one" in body else "unknown_error") == found.error_type


@pytest.mark.parametrize("name", ["duplicate_email", "duplicate_saml_connection"])
def test_conflicts(name: str) -> None:
    """
    What exists already is a conflict, although the API answers with 400.
    """
    assert ConflictError is type(error_of(400, body_of(name, 400)))


@pytest.mark.parametrize("content_type", ["text/plain; charset=utf-8", "text/html", "", "a/b/c"])
def test_label_is_ignored(content_type: str) -> None:
    """
    A JSON error is read whatever its label says.
    """
    found = api_error_of(404, body_of("connection_not_found", 404), {"Content-Type": content_type})

    assert "connection_not_found" == found.error_type


@pytest.mark.parametrize("status", [400, 403, 500])
@pytest.mark.parametrize("body", [b"Captcha required", b"<p>Captcha required</p>"])
def test_captcha_as_text(status: int, body: bytes) -> None:
    """
    The demand for a CAPTCHA is understood as text too.
    """
    found = api_error_of(status, body)

    assert CaptchaRequiredError is type(found)
    assert "captcha_required" == found.error_type


@pytest.mark.parametrize("part", ["body", "params", "query"])
def test_schema_errors(part: str) -> None:
    """
    What does not fit the API's schema is told with the place of each misfit.
    """
    issues = [
        {"keyword": "required", "dataPath": ".a", "message": "is missing", "params": {"x": 1}},
        {"keyword": "type", "dataPath": ".b", "message": "must be text", "params": {}},
    ]
    found = api_error_of(400, {part: issues})

    assert BadRequestError is type(found)
    assert "schema_error" == found.error_type
    assert ".a is missing; .b must be text" == found.error_message
    assert tuple(issues) == found.issues


@pytest.mark.parametrize("issues", [None, "x", {}, [], [5, "x"], [{}], [{"dataPath": 5}]])
def test_broken_schema_errors(issues: object) -> None:
    """
    A schema error that is no such thing is an error all the same.
    """
    assert BadRequestError is type(error_of(400, {"body": issues}))


def test_oauth_errors() -> None:
    """
    OAuth-style errors lose neither type nor description.
    """
    body = {"error": "invalid_grant", "error_description": "Expired.", "error_uri": "https://a/b"}
    found = api_error_of(400, body)

    assert ("invalid_grant", "Expired.", "https://a/b") == (
        found.error_type,
        found.error_message,
        found.error_url,
    )


def test_details() -> None:
    """
    Details are kept where they are an object.
    """
    body = body_of("too_many_requests", 429)

    assert {"a": [1]} == api_error_of(429, body | {"error_details": {"a": [1]}}).error_details
    assert api_error_of(429, body | {"error_details": [1]}).error_details is None


@pytest.mark.parametrize("value", [None, 5, [], {}, ""])
@pytest.mark.parametrize("field", ["error_type", "error_message", "error_url", "request_id"])
def test_broken_fields(field: str, value: object) -> None:
    """
    A field of a wrong type counts as missing.
    """
    found = api_error_of(400, body_of("bad_request", 400) | {field: value})

    assert isinstance(getattr(found, field), str)
    assert str(found)


@pytest.mark.parametrize("status", [100, 204, 301, 302, 304, 307, 308, 399])
def test_redirects(status: int) -> None:
    """
    A status below 400 that is no success is no answer of the API, redirects above all.
    """
    found = error_of(status, body_of("bad_request", status), {"Location": "https://example.com"})

    assert isinstance(found, StytchResponseError)
    assert "https://example.com" == found.headers["Location"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0), ("soon", None), (None, None)],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    """
    A rate limit tells how long to wait, if the server said so.
    """
    headers = {} if value is None else {"retry-after": value}
    found = error_of(429, body_of("too_many_requests", 429), headers)

    assert isinstance(found, RateLimitedError)
    assert seconds == found.retry_after


def test_headers() -> None:
    """
    Headers of an error are found in whatever case, as those of a response are.
    """
    headers = {"x-request-id": "1", "Content-Type": "text/html"}
    for found in (error_of(400, b"", headers), error_of(302, b"", headers)):
        assert "1" == found.headers["X-Request-Id"]
        assert "text/html" == found.headers["content-type"]


@given(
    st.integers(300, 599),
    st.binary()
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["error_type", "error_message", "body", "params", "error", "error_details"]
                ),
                inner,
            )
        ),
    ).map(lambda value: json.dumps(value).encode()),
)
def test_every_answer_is_an_error(status: int, body: bytes) -> None:
    """
    Whatever a server answers, there is an error for it, with a text.
    """
    found = error_of(status, body, {"Retry-After": "x"})

    assert (StytchResponseError if status < 400 else StytchAPIError) in type(found).__mro__
    assert str(found)
    assert body == found.body


FACTS: dict[str, Any] = {
    "endpoint": "scim.update_connection",
    "status_code": 403,
    "error_type": "session_authorization_error",
    "error_message": "Not allowed.",
    "error_url": "https://stytch.com/docs",
    "error_details": {"a": [1]},
    "request_id": "request-id-test-1",
    "issues": [{"dataPath": ".a"}],
    "headers": Headers({"X-Token": SECRET}),
    "body": SECRET.encode(),
    "attempts": 2,
}
SENDING: dict[str, Any] = {"endpoint": "scim.get_connection", "reason": "reset", "attempts": 3}

EXAMPLES: list[StytchError] = [
    StytchError("It went wrong."),
    StytchConfigurationError("retries must be a whole number"),
    InvalidArgumentError(endpoint="a.b", problems={"x": "too long", "y": "too short"}),
    ClientClosedError("the client was closed"),
    NoSessionError(endpoint="a.b", needs="a session"),
    MissingPKCEError(endpoint="sso.authenticate", flow="sso"),
    StorageUnavailableError(reason="the keyring is locked"),
    StytchConnectionError(**SENDING),
    StytchOutcomeUnknownError(**SENDING, timed_out=True),
    StytchTimeoutError(**SENDING),
    StytchResponseError(
        endpoint="a.b",
        status_code=302,
        headers={"Set-Cookie": SECRET, "Content-Type": "text/html"},
        body=SECRET.encode(),
    ),
    CursorLoopError(endpoint="a.b", cursor="c\nd"),
    StytchAPIError(**FACTS),
    BadRequestError(**FACTS),
    AuthenticationError(**FACTS),
    PermissionDeniedError(
        **FACTS,
        missing_permissions=[ORGANIZATION["update.settings.implicit-roles"]],
        required_permissions=[SCIM["update"], ORGANIZATION["update.settings.implicit-roles"]],
        held_roles=["stytch_member"],
        granting_roles=["stytch_admin"],
        sent=False,
    ),
    CaptchaRequiredError(**FACTS),
    NotFoundError(**FACTS),
    ConflictError(**FACTS),
    RateLimitedError(**FACTS, retry_after=7.0),
    ServerError(**FACTS),
]

every_error = pytest.mark.parametrize("error", EXAMPLES, ids=lambda one: type(one).__name__)


def test_examples_are_complete() -> None:
    """
    The errors below are one of each class.
    """
    assert list(CLASSES.values()) == [type(error) for error in EXAMPLES]


@every_error
@pytest.mark.parametrize(
    "copied",
    [
        *(lambda error, p=protocol: pickle.loads(pickle.dumps(error, p)) for protocol in range(6)),
        copy.copy,
        copy.deepcopy,
    ],
    ids=[*(f"pickle-{protocol}" for protocol in range(6)), "copy", "deepcopy"],
)
def test_copies(error: StytchError, copied: Callable[[StytchError], StytchError]) -> None:
    """
    A copy is of the same class, says the same and has every attribute, notes included.
    """
    error.__dict__["__notes__"] = ["seen in a worker"]
    twin = copied(error)
    del error.__dict__["__notes__"]

    assert ["seen in a worker"] == twin.__dict__.pop("__notes__")
    assert type(error) is type(twin)
    assert vars(error) == vars(twin)
    assert (error.args, str(error), repr(error)) == (twin.args, str(twin), repr(twin))


@every_error
def test_texts(error: StytchError) -> None:
    """
    An error says in one line which call failed, and neither text shows headers or body.
    """
    text = str(error)

    assert "\n" not in text
    assert SECRET not in text + repr(error) + str(error.args)
    assert getattr(error, "endpoint", "") in text
    assert f"{type(error).__name__}({text!r})" == repr(error)


REFUSAL = (
    "session_authorization_error: Not allowed. "
    "(scim.update_connection, HTTP 403, request-id-test-1)"
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("InvalidArgumentError", "a.b: x: too long; y: too short"),
        (
            "NotFoundError",
            REFUSAL,
        ),
        (
            "PermissionDeniedError",
            (
                f"{REFUSAL}; missing update.settings.implicit-roles on stytch.organization; "
                "held roles: stytch_member; granted by: stytch_admin"
            ),
        ),
        ("StytchConnectionError", "scim.get_connection: reset (attempts: 3)"),
        (
            "StytchOutcomeUnknownError",
            "scim.get_connection: reset (attempts: 3); the call may have taken effect",
        ),
        ("StytchResponseError", "a.b: unreadable answer (HTTP 302, text/html, 17 bytes)"),
    ],
)
def test_wording(name: str, text: str) -> None:
    """
    The cause comes first, then the place, then the id that support asks for.
    """
    (error,) = (one for one in EXAMPLES if type(one).__name__ == name)

    assert text == str(error)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, ""),
        ({"held_roles": ["a"]}, ""),
        ({"required_permissions": [SCIM["get"]]}, "; needs get on stytch.scim"),
        (
            {"missing_permissions": [SCIM["get"], SCIM["update"]], "held_roles": []},
            "; missing get on stytch.scim and update on stytch.scim; held roles: none",
        ),
        (
            {"missing_permissions": [SCIM["get"]], "granting_roles": ["a", "b"]},
            "; missing get on stytch.scim; granted by: a, b",
        ),
    ],
)
def test_explanations(given: dict[str, Any], text: str) -> None:
    """
    A refusal explains itself as far as anything is known.
    """
    error = PermissionDeniedError(**FACTS, **given)

    assert str(error) == str(StytchAPIError(**FACTS)) + text


def test_server_chooses_no_lines() -> None:
    """
    A sentence of the API that has line breaks does not break the line of a log.
    """
    found = error_of(400, body_of("bad_request", 400) | {"error_message": "a\nERROR b\r\nc"})

    assert not {"\n", "\r"} & set(str(found))


def test_tree() -> None:
    """
    The tree in the module's docstring is the tree of the classes, in the order of the file.
    """
    drawn: dict[str, str] = {}
    parents: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"    ([│├└─ ]*)(\w+Error)\b", line):
            depth = len(found[1]) // 4
            parents[depth:] = [found[2]]
            drawn[found[2]] = parents[depth - 1] if depth else "Exception"

    assert drawn == {
        name: next(base.__name__ for base in one.__mro__[1:] if issubclass(base, Exception))
        for name, one in CLASSES.items()
    }
    assert set(drawn) == set(CLASSES)


def test_errors_of_the_standard_library() -> None:
    """
    Misuse is a `ValueError` too, and running out of time a `TimeoutError`.
    """
    assert issubclass(InvalidArgumentError, ValueError)
    assert issubclass(StytchConfigurationError, ValueError)
    assert issubclass(StytchTimeoutError, TimeoutError)
    # What was sent and failed is never taken for misuse.
    assert not issubclass(StytchAPIError, ValueError)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """
    Run one emulator for these tests.
    """
    with Emulator() as running:
        yield running


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[AsyncStytchB2BClient]:
    """
    Log a client in that repeats nothing, against an emulator that has heard nothing so far.
    """
    emulator.reset()
    signed_in = emulator.sign_in(roles=["stytch_admin"])
    async with AsyncStytchB2BClient(
        emulator.public_token, base_url=emulator.url, retries=0
    ) as client:
        yield client.with_session(session_token=signed_in.session_token)


@pytest.mark.anyio
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(
    emulator: Emulator, client: AsyncStytchB2BClient, status: int
) -> None:
    """
    Credentials go nowhere but to the base URL: a redirect is an error, and no second request.
    """
    emulator.faults.add(status=status, headers={"Location": f"{emulator.url}/elsewhere"})
    with pytest.raises(StytchResponseError) as caught:
        await client.scim.get_connection()

    assert status == caught.value.status_code
    assert "scim.get_connection" == caught.value.endpoint
    assert ["/sdk/v1/b2b/scim"] == [request.path for request in emulator.requests]


@pytest.mark.anyio
async def test_json_labelled_as_text(emulator: Emulator, client: AsyncStytchB2BClient) -> None:
    """
    The API's own JSON errors are understood also when it labels them ``text/plain``.
    """
    emulator.text_plain_errors = True
    with pytest.raises(NotFoundError) as caught:
        await client.scim.delete_connection("scim-connection-test-1")

    assert caught.value.error_type
    assert caught.value.headers["Content-Type"].startswith("text/plain")
    assert caught.value.request_id.startswith("request-id-")


@pytest.mark.anyio
@pytest.mark.parametrize("body", [b"", b"<html>fine</html>", b"[]", b"null", b'"text"', b"{"])
async def test_unreadable_success(
    emulator: Emulator, client: AsyncStytchB2BClient, body: bytes
) -> None:
    """
    A success whose body is no JSON object is unreadable, and its text shows nothing of it.
    """
    emulator.faults.add(status=200, body=body)
    with pytest.raises(StytchResponseError) as caught:
        await client.scim.get_connection()

    assert (200, body) == (caught.value.status_code, caught.value.body)
    assert f"{len(body)} bytes" in str(caught.value)
    # Nor does anything that a traceback would print with it.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.anyio
async def test_page_of_a_proxy(emulator: Emulator, client: AsyncStytchB2BClient) -> None:
    """
    A proxy's error page becomes a server error that keeps the page and shows its size.
    """
    page = b"<html>Bad gateway</html>"
    emulator.faults.add(status=502, body=page, headers={"Content-Type": "text/html"})
    with pytest.raises(ServerError) as caught:
        await client.scim.get_connection()

    assert page == caught.value.body
    assert "text/html" == caught.value.headers["Content-Type"]
    assert "text/html, 24 bytes" in str(caught.value)
