"""Every operation over a real socket: what the server receives is what the facts say."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator, Mapping
from operator import attrgetter
from typing import Any
from urllib.parse import parse_qsl

import pytest

from stytch_b2b import AsyncStytchB2BClient, PKCEPair, SessionState, _async
from stytch_b2b._declare import ENDPOINTS
from stytch_b2b._endpoint import (
    ActsAs,
    Endpoint,
    Fill,
    PKCEChallenge,
    PKCEVerifier,
    PKCEVerifierByTrial,
)
from stytch_b2b.emulator import Emulator, LoggedRequest
from tests.facts import Operation, Parameter, http_operations

pytestmark = pytest.mark.anyio

for module in pkgutil.iter_modules(_async.__path__):
    importlib.import_module(f"{_async.__name__}.{module.name}")

every_operation = pytest.mark.parametrize(
    "operation", [http_operations()[name] for name in ENDPOINTS], ids=lambda one: one["name"]
)

SESSION_TOKEN = "session-token-1"
INTERMEDIATE_TOKEN = "intermediate-token-1"
PAIR = PKCEPair.generate()


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    """
    Run one emulator for the whole table; its answers do not matter.
    """
    with Emulator() as running:
        yield running


@pytest.fixture
async def client(server: Emulator) -> AsyncIterator[AsyncStytchB2BClient]:
    """
    Make a client that is logged out, whose next call succeeds whatever it is.
    """
    server.reset()
    # A session is what some calls are made for: without one their answer is none.
    session = {"member_session": {"member_session_id": "member-session-1"}}
    server.faults.add(status=200, body={"data": session})
    async with AsyncStytchB2BClient(server.public_token, base_url=server.url, app="shop") as client:
        yield client


def value_of(field: Parameter) -> Any:
    """
    Return a value that a field takes, as JSON.
    """
    name = field["name"]
    match field["type"]:
        case "integer":
            return 60
        case "boolean":
            return False
        case "object" if field.get("ref") == "MemberSearchQuery":
            return {"operator": "OR", "operands": []}
        case "object" if field.get("map_values") == "array of string":
            return {name: ["a", "ü"]}
        case "object":
            return {name: "a"}
        case "array" if "items_enum" in field:
            return field["items_enum"]
        case "array" if "items_fields" in field:
            return [{one["name"]: f"{one['name']} 1" for one in field["items_fields"]}]
        case "array":
            return ["a", "ü"]
        case _:
            return field["enum"][0] if "enum" in field else f"{name} ü/&?=#"


def endpoint_of(operation: Operation) -> Endpoint:
    """
    Return the endpoint of an operation.
    """
    return ENDPOINTS[operation["name"]]


def arguments(operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return *values*, given by their names on the wire, by the names of parameters.
    """
    names = {p.wire_name: p.name for p in endpoint_of(operation).parameters}
    return {names[name]: value for name, value in values.items()}


async def received(
    server: Emulator, client: AsyncStytchB2BClient, operation: Operation, values: Mapping[str, Any]
) -> LoggedRequest:
    """
    Make a call by the operation's name and return the one request that came of it.
    """
    method = attrgetter(operation["name"])(client)
    path = {name: f"{name} 1/ü" for name in operation["path_params"] if name != "public_token"}
    await method(**path, **arguments(operation, values))
    (request,) = server.requests
    return request


def check_route(server: Emulator, operation: Operation, request: LoggedRequest) -> None:
    """
    Check method and raw path; what was put into the path is encoded.
    """
    segments = {name: f"{name}%201%2F%C3%BC" for name in operation["path_params"]}
    segments["public_token"] = server.public_token

    assert operation["method"] == request.method
    assert (operation["path"] or "").format(**segments) == request.path.partition("?")[0]


def check_headers(server: Emulator, request: LoggedRequest, session_token: str | None) -> None:
    """
    Check everything that a request says beside what it asks for.
    """
    scheme, _, credentials = request.headers["Authorization"].partition(" ")
    host = server.url.removeprefix("http://")

    assert "Basic" == scheme
    assert f"{server.public_token}:{session_token or server.public_token}" == (
        b64decode(credentials, validate=True).decode()
    )
    assert "application/json" == request.headers["Content-Type"]
    assert re.fullmatch(r"stytch_b2b/\S+ Python/\S+", request.headers["User-Agent"])
    assert host == request.headers["Host"]
    described = json.loads(b64decode(request.headers["X-SDK-Client"], validate=True))
    assert {"identifier": "shop"} == described["app"]
    assert "stytch_b2b" == described["sdk"]["identifier"]
    assert described["event_id"].startswith("event-id-")
    assert {
        "accept",
        "accept-encoding",
        "authorization",
        "content-type",
        "host",
        "user-agent",
        "x-sdk-client",
    } == {name.lower() for name in request.headers} - {"content-length"}


def check_content(operation: Operation, request: LoggedRequest, values: Mapping[str, Any]) -> None:
    """
    Check query and body; an operation without fields for a body has none, not even an empty one.
    """
    text = request.path.partition("?")[2]
    # Python 3.10 refuses an empty query, strictly speaking.
    query = parse_qsl(text, keep_blank_values=True, strict_parsing=True) if text else []
    in_query = {one["name"] for one in operation["query"]}

    assert [(name, str(value)) for name, value in values.items() if name in in_query] == query
    if operation["body"]:
        assert {
            name: value for name, value in values.items() if name not in in_query
        } == request.json()
    else:
        assert b"" == request.body
        assert request.headers.get("Content-Length") in (None, "0")


def needs_session(operation: Operation) -> bool:
    """
    Return whether an operation is refused without a session.
    """
    return endpoint_of(operation).acts_as is ActsAs.SESSION


def fields_of(operation: Operation) -> list[Parameter]:
    """
    Return the fields of an operation's query and body.
    """
    return operation["query"] + operation["body"]


def flows_of(endpoint: Endpoint) -> list[str]:
    """
    Return the PKCE flows that a call begins or may end.
    """
    flows: list[str] = []
    for filler in endpoint.filled.values():
        match filler:
            case PKCEChallenge() | PKCEVerifier():
                flows.append(filler.flow)
            case PKCEVerifierByTrial():
                flows.extend(filler.flows)
            case _:
                pass
    return flows


@every_operation
async def test_all_arguments(
    server: Emulator, client: AsyncStytchB2BClient, operation: Operation
) -> None:
    """
    Each argument reaches the wire under its name there, and the caller's word counts everywhere.
    """
    values = {one["name"]: value_of(one) for one in fields_of(operation)}
    pairs = dict.fromkeys(flows_of(endpoint_of(operation)), PAIR)
    acting = client.with_state(
        SessionState(
            session_token=SESSION_TOKEN,
            intermediate_session_token=INTERMEDIATE_TOKEN,
            pkce_pairs=pairs,
        )
    )
    request = await received(server, acting, operation, values)

    check_route(server, operation, request)
    check_headers(server, request, SESSION_TOKEN)
    check_content(operation, request, values)


@every_operation
async def test_required_arguments(
    server: Emulator, client: AsyncStytchB2BClient, operation: Operation
) -> None:
    """
    What is not given is not sent, and what the client has nothing to fill in with is not either.
    """
    endpoint = endpoint_of(operation)
    values = {
        one["name"]: value_of(one)
        for one in fields_of(operation)
        if one["required"] and one.get("managed") is None
    }
    intermediate = endpoint.acts_as in (
        ActsAs.INTERMEDIATE_SESSION,
        ActsAs.INTERMEDIATE_OR_FULL_SESSION,
    )
    token = SESSION_TOKEN if needs_session(operation) else None
    acting = client.with_state(
        SessionState(
            session_token=token,
            intermediate_session_token=INTERMEDIATE_TOKEN if intermediate else None,
            pkce_pairs={
                one.flow: PAIR
                for one in endpoint.filled.values()
                if isinstance(one, PKCEVerifier) and one.is_required
            },
        )
    )
    wire_names = {p.name: p.wire_name for p in endpoint.parameters}
    request = await received(server, acting, operation, values)
    expected: dict[str, Any] = dict(values)
    for name, filler in endpoint.filled.items():
        if isinstance(filler, PKCEChallenge):
            # The pair was made by the call and is kept for the end of the flow.
            expected[wire_names[name]] = acting.state.pkce_pairs[filler.flow].code_challenge
        elif isinstance(filler, PKCEVerifier) and filler.is_required:
            expected[wire_names[name]] = PAIR.code_verifier
        elif filler is Fill.INTERMEDIATE_SESSION_TOKEN and intermediate:
            expected[wire_names[name]] = INTERMEDIATE_TOKEN

    check_route(server, operation, request)
    check_headers(server, request, token)
    check_content(operation, request, expected)


@pytest.mark.parametrize(
    "operation",
    [http_operations()[name] for name, endpoint in ENDPOINTS.items() if endpoint.filled],
    ids=lambda one: one["name"],
)
async def test_filled_in(
    server: Emulator, client: AsyncStytchB2BClient, operation: Operation
) -> None:
    """
    What the client holds for a call is sent with it, where the caller gives nothing.
    """
    endpoint = endpoint_of(operation)
    acting = client.with_state(
        SessionState(
            session_token=SESSION_TOKEN,
            intermediate_session_token=INTERMEDIATE_TOKEN,
            pkce_pairs=dict.fromkeys(flows_of(endpoint), PAIR),
        )
    )
    values = {
        one["name"]: value_of(one)
        for one in fields_of(operation)
        if one["required"] and one.get("managed") is None
    }
    wire_names = {p.name: p.wire_name for p in endpoint.parameters}
    expected: dict[str, Any] = dict(values)
    for name, filler in endpoint.filled.items():
        if isinstance(filler, PKCEChallenge):
            # A flow that waits for its end goes on with the pair that it has.
            expected[wire_names[name]] = PAIR.code_challenge
        elif name in endpoint.verifiers:
            expected[wire_names[name]] = PAIR.code_verifier
        elif filler is Fill.INTERMEDIATE_SESSION_TOKEN:
            expected[wire_names[name]] = INTERMEDIATE_TOKEN
    request = await received(server, acting, operation, values)

    check_route(server, operation, request)
    check_content(operation, request, expected)


async def test_requests_tell_themselves_apart(
    server: Emulator, client: AsyncStytchB2BClient
) -> None:
    """
    Each request is an event of its own in one session of the program; derived clients are in it.
    """
    server.faults.add(status=200, times=2)
    await client.bootstrap.get()
    await client.bootstrap.get()
    await client.with_session(session_token=SESSION_TOKEN).bootstrap.get()
    said = [json.loads(b64decode(one.headers["X-SDK-Client"])) for one in server.requests]

    assert 3 == len({one["event_id"] for one in said})
    assert 1 == len({one["app_session_id"] for one in said})
    assert 1 == len({one["persistent_id"] for one in said})
    assert all(re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}Z", one["client_sent_at"]) for one in said)


async def test_no_cookies(server: Emulator, client: AsyncStytchB2BClient) -> None:
    """
    A cookie that the server sets is never sent back: it would mix two Members.
    """
    server.faults.clear()
    server.faults.add(status=200, headers={"Set-Cookie": "stytch_session=1; Path=/"})
    server.faults.add(status=200)
    await client.bootstrap.get()
    await client.bootstrap.get()

    assert ["Cookie" in request.headers for request in server.requests] == [False, False]


@pytest.mark.parametrize("prefix", ["/stytch", "/a/b/"])
async def test_prefix_of_the_base_url(
    server: Emulator, client: AsyncStytchB2BClient, prefix: str
) -> None:
    """
    A prefix of the base URL stands before the path of every request.
    """
    async with AsyncStytchB2BClient(
        server.public_token, base_url=f"{server.url}{prefix}"
    ) as prefixed:
        await prefixed.with_session(session_token="t").scim.get_connection()

    assert [f"{prefix.rstrip('/')}/sdk/v1/b2b/scim"] == [one.path for one in server.requests]
