"""What every operation has in common: credentials, content types, shapes, errors, the log."""

from __future__ import annotations

import base64
import http.client
import json
import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from stytch_b2b.emulator.errors import ApiError, SchemaError, UserUnauthenticatedError
from stytch_b2b.emulator.handlers import HANDLERS, Call, Handler
from stytch_b2b.emulator.routes import ROUTES

if TYPE_CHECKING:
    from .conftest import Api

UNKNOWN_TOKEN = "x" * 44

# Where Stytch's documentation states the status of an error type, this is it.
DOCUMENTED_STATUS = {
    "action_available_only_for_active_members": 400,
    "active_scim_connection_exists": 400,
    "internal_server_error": 500,
    "invalid_authorization_header": 400,
    "session_authorization_error": 403,
    "session_not_found": 404,
    "too_many_requests": 429,
    "unauthorized_credentials": 401,
}


def basic(pair: str) -> str:
    """
    Return a Basic Authorization header.
    """
    return "Basic " + base64.b64encode(pair.encode()).decode()


def error_classes() -> list[type[ApiError]]:
    """
    Return every error that the emulator answers with.
    """
    return ApiError.__subclasses__()


def test_error_types_have_the_documented_status() -> None:
    """
    Each type is one class, with the status of the documentation if that states one.
    """
    statuses = {error.error_type: error.status for error in error_classes()}

    assert len(error_classes()) == len(statuses)
    assert DOCUMENTED_STATUS == {name: statuses[name] for name in DOCUMENTED_STATUS}


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.error_type)
def test_an_error_body_has_every_field(error: type[ApiError]) -> None:
    """
    The body of an error has the five fields of the API, and details only if there are any.
    """
    body = error("Told so.", details={"hint": 1}).body("request-id-test-1")

    assert body.pop("error_details") == {"hint": 1}
    assert error().message
    assert {
        "status_code": error.status,
        "request_id": "request-id-test-1",
        "error_type": error.error_type,
        "error_message": "Told so.",
        "error_url": f"https://stytch.com/docs/b2b/api/errors/{error.status}#{error.error_type}",
    } == body


def test_a_schema_error_counts_its_issues() -> None:
    """
    The text of a schema error tells how much is wrong.
    """
    assert str(SchemaError([{}, {}])) == "2 issues in the request body"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer abc",
        "Basic",
        "Basic %%%",
        "Basic /w==",
        basic("without-colon"),
    ],
)
def test_unreadable_credentials(api: Api, header: str | None) -> None:
    """
    Without Basic authorization that can be read the caller is told so.
    """
    reply = api.get("/sdk/v1/b2b/organizations/me", headers={"Authorization": header})

    assert reply.error == (400, "invalid_authorization_header")


def test_wrong_public_token(api: Api) -> None:
    """
    The public token of another project opens nothing.
    """
    reply = api.get(
        f"/sdk/v1/projects/bootstrap/{api.emulator.public_token}",
        headers={"Authorization": basic("public-token-test-other:x")},
    )

    assert reply.error == (401, "unauthorized_credentials")


@pytest.mark.parametrize("password", ["", None])
def test_no_session_where_one_is_needed(api: Api, password: str | None) -> None:
    """
    The public token twice, or alone, is a caller without session.
    """
    token = api.emulator.public_token
    header = basic(f"{token}:{token if password is None else password}")
    reply = api.get("/sdk/v1/b2b/organizations/me", headers={"Authorization": header})

    assert reply.error == (401, "user_unauthenticated")


def test_a_handler_that_needs_a_session_says_so(api: Api) -> None:
    """
    An operation that may be called without session can still ask for one.
    """
    call = Call(store=api.emulator._store, session=None, parameters={}, body={}, base_url="")

    with pytest.raises(UserUnauthenticatedError):
        _ = call.member


def test_unknown_session(api: Api) -> None:
    """
    A session token that nobody issued is no session.
    """
    reply = api.get("/sdk/v1/b2b/organizations/me", token=UNKNOWN_TOKEN)

    assert reply.error == (404, "session_not_found")


def test_a_dead_session_is_no_hindrance_where_none_is_needed(api: Api) -> None:
    """
    Somebody whose session has ended can still call what needs no session.
    """
    path = f"/sdk/v1/projects/bootstrap/{api.emulator.public_token}"

    assert api.get(path, token=UNKNOWN_TOKEN).status == 200


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/plain", None])
def test_content_type_must_be_exact(api: Api, content_type: str | None) -> None:
    """
    A body is read only if it is labelled as JSON, without any parameter.
    """
    signed_in = api.emulator.sign_in()
    reply = api.post(
        "/sdk/v1/b2b/scim",
        {"display_name": "Okta"},
        token=signed_in.session_token,
        headers={"Content-Type": content_type},
    )

    assert reply.error == (400, "bad_request")
    assert "exactly application/json" in reply.json["error_message"]


def test_a_request_without_body_needs_no_content_type(api: Api) -> None:
    """
    Where there is nothing to label no label is asked for.
    """
    path = f"/sdk/v1/projects/bootstrap/{api.emulator.public_token}"

    assert api.get(path, headers={"Content-Type": None}).status == 200


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json(api: Api, body: bytes) -> None:
    """
    Text that cannot be parsed is a bad request.
    """
    reply = api.post("/sdk/v1/b2b/magic_links/authenticate", body)

    assert reply.error == (400, "bad_request")
    assert reply.json["error_message"] == "The request body is not JSON."


def test_a_body_that_is_too_large(api: Api) -> None:
    """
    More than a megabyte is not read.
    """
    reply = api.post("/sdk/v1/b2b/magic_links/authenticate", b" " * 2_000_000)

    assert reply.error == (400, "bad_request")
    assert reply.json["error_message"] == "The request body is too large."
    assert api.emulator.requests[0].body == b""


def test_a_body_that_does_not_fit(api: Api) -> None:
    """
    A schema error lists every issue, in a body of its own shape.
    """
    reply = api.post(
        "/sdk/v1/b2b/magic_links/email/login_or_signup",
        {"email_address": 5, "login_expiration_minutes": True},
    )

    assert reply.status == 400
    assert reply.json == {
        "body": [
            {
                "keyword": "type",
                "dataPath": ".email_address",
                "schemaPath": "#/properties/email_address/type",
                "params": {"type": "string"},
                "message": "should be string",
            },
            {
                "keyword": "required",
                "dataPath": "",
                "schemaPath": "#/required",
                "params": {"missingProperty": "organization_id"},
                "message": "should have required property 'organization_id'",
            },
            {
                "keyword": "type",
                "dataPath": ".login_expiration_minutes",
                "schemaPath": "#/properties/login_expiration_minutes/type",
                "params": {"type": "integer"},
                "message": "should be integer",
            },
        ]
    }


def test_a_body_that_is_no_object(api: Api) -> None:
    """
    JSON that is no object has one issue.
    """
    reply = api.post("/sdk/v1/b2b/magic_links/authenticate", [])

    assert reply.status == 400
    assert [issue["message"] for issue in reply.json["body"]] == ["should be object"]


def test_null_and_unknown_fields_count_as_not_given(api: Api) -> None:
    """
    Clients may send null for what they leave out, and fields that are news to the emulator.
    """
    signed_in = api.emulator.sign_in()
    reply = api.post(
        "/sdk/v1/b2b/sessions/authenticate",
        {"session_duration_minutes": None, "news": 1},
        token=signed_in.session_token,
    )

    assert reply.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sdk/v1/b2b/nothing",
        "/sdk/v1/b2b/scim/",
        "/sdk/v1/b2b/scim/../organizations/me",
        "/_emulator",
    ],
)
def test_unknown_route(api: Api, path: str) -> None:
    """
    What is in no table is not found; dots in a path are not resolved.
    """
    reply = api.get(path)

    assert reply.error == (404, "route_not_found")
    assert reply.headers["Content-Type"] == "application/json"


def test_wrong_method(api: Api) -> None:
    """
    A known path called with another method says which ones it takes.
    """
    reply = api.call("PATCH", "/sdk/v1/b2b/scim")

    assert reply.error == (405, "method_not_allowed")
    assert reply.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize("segment", ["..", "%2e%2e", "a%2Fb", "%2F..%2Frotate"])
def test_an_id_is_never_a_path(api: Api, segment: str) -> None:
    """
    Whatever an id contains, the operation stays the same and does not find the object.
    """
    signed_in = api.emulator.sign_in()
    path = f"/sdk/v1/b2b/scim/{segment}"
    reply = api.call("PUT", path, {"display_name": "x"}, token=signed_in.session_token)

    assert reply.error == (404, "no_active_scim_connection")
    assert path == api.emulator.requests[-1].path
    assert api.emulator.requests[-1].operation == "scim.update_connection"


def test_every_route_is_answered() -> None:
    """
    No operation of the API is missing; a second name of a route is answered by the first.
    """
    answered = {(one.method, one.path) for one in ROUTES if one.operation in HANDLERS}

    assert answered == {(one.method, one.path) for one in ROUTES}


def test_a_defect_of_the_emulator_is_an_error_500(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """
    A handler that fails is answered for, and what went wrong is in the log.
    """

    def fails(call: object) -> dict[str, object]:
        msg = "a defect"
        raise ZeroDivisionError(msg)

    monkeypatch.setitem(HANDLERS, "self.get", Handler(fails, {}))
    signed_in = api.emulator.sign_in()
    with caplog.at_level(logging.ERROR, logger="stytch_b2b.emulator"):
        reply = api.get("/sdk/v1/b2b/organizations/members/me", token=signed_in.session_token)

    assert reply.error == (500, "internal_server_error")
    assert "a defect" in caplog.text
    assert signed_in.session_token not in caplog.text


def test_success_is_wrapped_and_numbered(api: Api) -> None:
    """
    A good answer has one field, and in it a request id of its own.
    """
    path = f"/sdk/v1/projects/bootstrap/{api.emulator.public_token}"
    replies = [api.get(path), api.get(path)]
    request_ids = {reply.data["request_id"] for reply in replies}

    assert [["data"]] * 2 == [list(reply.json) for reply in replies]
    assert len(request_ids) == 2
    assert all(re.fullmatch(r"request-id-test-[0-9a-f-]{36}", one) for one in request_ids)
    assert [200, 200] == [reply.data["status_code"] for reply in replies]


def test_errors_can_be_labelled_text(api: Api) -> None:
    """
    The API sometimes labels its JSON errors as plain text; the emulator can do it, too.
    """
    api.emulator.text_plain_errors = True
    error = api.get("/nothing")
    schema_error = api.post("/sdk/v1/b2b/magic_links/authenticate", [])

    assert api.emulator.text_plain_errors
    assert error.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert error.error == (404, "route_not_found")
    assert schema_error.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_the_log_has_requests_as_they_were_sent(api: Api) -> None:
    """
    Path, query, headers and body are logged untouched, and shown in no repr.
    """
    log = api.emulator.requests
    api.post("/sdk/v1/b2b/sso/%2e%2e?a=%20b&a", {"secret": "s3cret"})

    (logged,) = log
    assert [logged] == list(log[0:1])
    assert logged.method == "POST"
    assert logged.path == "/sdk/v1/b2b/sso/%2e%2e?a=%20b&a"
    assert logged.operation is None
    assert logged.headers["authorization"] == api.credentials()
    assert json.dumps({"secret": "s3cret"}).encode() == logged.body
    assert logged.json() == {"secret": "s3cret"}
    assert "s3cret" not in repr(logged)
    assert "Basic" not in repr(logged)
    assert repr(log) == "<RequestLog 1 requests>"

    log.clear()
    assert len(log) == 0


def test_a_connection_serves_many_requests(api: Api) -> None:
    """
    Errors, too, leave the connection open for the next request.
    """
    connection = http.client.HTTPConnection(urlsplit(api.emulator.url).netloc, timeout=10)
    statuses = []
    for path in ("/nothing", f"/sdk/v1/projects/bootstrap/{api.emulator.public_token}", "/"):
        connection.request("GET", path, headers={"Authorization": api.credentials()})
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    local_ports = connection.sock is not None
    connection.close()

    assert [404, 200, 404] == statuses
    assert local_ports


def test_importing_the_emulator_imports_no_client() -> None:
    """
    The emulator shares no code with the client that it is to test.
    """
    import sys
    from subprocess import run

    code = (
        "import sys, stytch_b2b.emulator;"
        "print([m for m in sys.modules if m.startswith('stytch_b2b.')"
        " and not m.startswith('stytch_b2b.emulator')])"
    )
    answer = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() in ("[]", "['stytch_b2b._version']")
