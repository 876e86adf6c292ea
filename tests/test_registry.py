"""Rules over all endpoints: each is whole, says of itself what is so, and agrees with the facts."""

from __future__ import annotations

import builtins
import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any

import attrs
import msgspec
import pytest

from stytch_b2b import AsyncStytchB2BClient, StytchB2BClient, _async, errors
from stytch_b2b._async._resource import AsyncResource
from stytch_b2b._declare import ENDPOINTS
from stytch_b2b._endpoint import (
    ActsAs,
    Endpoint,
    Fill,
    FilledBy,
    PKCEChallenge,
    PKCEVerifier,
    PKCEVerifierByTrial,
    endpoint_of,
)
from stytch_b2b.models import APIResponse
from stytch_b2b.models._shape import typed_fields, wire_name
from stytch_b2b.permissions import RESOURCES, UNDOCUMENTED, Permission
from tests.facts import Operation, Parameter, http_operations, operations, retry_classes, schemas

MODULES = [
    importlib.import_module(f"{_async.__name__}.{module.name}")
    for module in pkgutil.iter_modules(_async.__path__)
]
ALL = list(ENDPOINTS.values())

every_endpoint = pytest.mark.parametrize("endpoint", ALL, ids=lambda one: one.name)


def public_methods() -> Iterator[tuple[Endpoint, Callable[..., Any]]]:
    """
    Yield each endpoint with the public method that stands for it.
    """
    for module in MODULES:
        for cls in vars(module).values():
            is_here = getattr(cls, "__module__", None) == module.__name__
            if isinstance(cls, type) and issubclass(cls, AsyncResource) and is_here:
                for name, method in vars(cls).items():
                    if hasattr(method, "endpoint") and not name.startswith("_"):
                        yield endpoint_of(method), method


METHODS = {endpoint.name: method for endpoint, method in public_methods()}


def facts_of(endpoint: Endpoint) -> Operation:
    """
    Return what the facts say of an endpoint.
    """
    return http_operations()[endpoint.name]


def fields_of(endpoint: Endpoint) -> list[Parameter]:
    """
    Return the fields of the endpoint's query and body, as the facts list them.
    """
    return facts_of(endpoint)["query"] + facts_of(endpoint)["body"]


def sections(endpoint: Endpoint) -> dict[str, str]:
    """
    Return the text of each section in the docstring of the endpoint's method.
    """
    document = inspect.getdoc(METHODS[endpoint.name]) or ""
    pieces = re.split(r"^(Args|Returns|Raises|Permission|See):", document, flags=re.MULTILINE)
    return {
        name: inspect.cleandoc(text) for name, text in zip(pieces[1::2], pieces[2::2], strict=True)
    }


def entries(section: str) -> list[str]:
    """
    Return the names that a section explains.
    """
    return re.findall(r"^(\w+): ", section, flags=re.MULTILINE)


def test_every_endpoint_is_an_operation() -> None:
    """
    Nothing is declared that the facts do not know of.
    """
    assert set() == set(ENDPOINTS) - set(http_operations())


@pytest.mark.parametrize("client_class", [AsyncStytchB2BClient, StytchB2BClient])
def test_operations_are_methods(client_class: Callable[[str], Any]) -> None:
    """
    Each operation of the facts is a method of both clients under its name.
    """
    client = client_class("public-token-test-11111111-2222-3333-4444-555555555555")

    def is_there(name: str) -> bool:
        try:
            return callable(attrgetter(name)(client))
        except AttributeError:
            return False

    assert [] == [name for name in operations() if not is_there(name)]


def test_every_endpoint_has_one_public_method() -> None:
    """
    No endpoint is out of reach, and none is called by two names.
    """
    faces = Counter(endpoint.name for endpoint, _ in public_methods())

    assert dict.fromkeys(ENDPOINTS, 1) == faces


def test_routes_are_unique() -> None:
    """
    No two endpoints have one method and path, except where the facts themselves say so.
    """

    def shared(routes: Mapping[str, tuple[str | None, str | None]]) -> set[frozenset[str]]:
        return {
            frozenset(other for other in routes if routes[other] == routes[name]) for name in routes
        }

    known = {name: one for name, one in http_operations().items() if name in ENDPOINTS}

    assert shared({name: (one["method"], one["path"]) for name, one in known.items()}) == shared(
        {endpoint.name: (endpoint.method, endpoint.path) for endpoint in ALL}
    )


@every_endpoint
def test_route(endpoint: Endpoint) -> None:
    """
    Method and path are those of the facts.
    """
    facts = facts_of(endpoint)

    assert (facts["method"], facts["path"]) == (endpoint.method, endpoint.path)


@every_endpoint
def test_path_fields(endpoint: Endpoint) -> None:
    """
    Each field of the path is a parameter nobody can leave out, or the client fills it in.
    """
    required = {p.name for p in endpoint.parameters if p.place == "path" and p.is_required}
    filled = {name for name, one in endpoint.filled.items() if one is Fill.PUBLIC_TOKEN}

    assert facts_of(endpoint)["path_params"] == list(endpoint.path_fields)
    assert set(endpoint.path_fields) == required | filled
    # A brace that is left is a field misspelt.
    assert not re.search("[{}]", re.sub(r"{\w+}", "", endpoint.path))


@every_endpoint
def test_parameters(endpoint: Endpoint) -> None:
    """
    Query and body have the fields of the facts; what the client fills in may be left out.
    """
    facts = facts_of(endpoint)

    for expected, actual in (
        (facts["query"], endpoint.query_parameters),
        (facts["body"], endpoint.body_parameters),
    ):
        assert {
            one["name"]: one["required"] and one.get("managed") is None for one in expected
        } == {p.wire_name: p.is_required for p in actual}


@every_endpoint
def test_names(endpoint: Endpoint) -> None:
    """
    Parameters are called as on the wire; only the client's own PKCE has one name for both it has.
    """
    managed = {one["name"]: one.get("managed") for one in fields_of(endpoint)}

    assert {
        p.wire_name: f"pkce_{p.wire_name.removeprefix('pkce_')}"
        if managed.get(p.wire_name) == "pkce"
        else p.wire_name
        for p in endpoint.parameters
    } == {p.wire_name: p.name for p in endpoint.parameters}


@every_endpoint
def test_order_of_parameters(endpoint: Endpoint) -> None:
    """
    What names the thing is positional, the rest goes by name, and required ones come first.
    """
    facts: Mapping[str, Any] = facts_of(endpoint)
    positional = [name for name in endpoint.path_fields if name not in endpoint.filled]
    if not positional:
        positional = facts.get("positional_arguments_in_rn", [])
    parameters = list(inspect.signature(endpoint.function).parameters.values())[1:]
    by_name = [one for one in parameters if one.kind is one.KEYWORD_ONLY]

    assert positional == [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    assert len(positional) + len(by_name) == len(parameters)
    # False sorts before True.
    has_default = [one.default is not one.empty for one in by_name]
    assert sorted(has_default) == has_default
    assert {None} >= {one.default for one in parameters if one.default is not one.empty}


@every_endpoint
def test_acts_as(endpoint: Endpoint) -> None:
    """
    A call needs the credentials that the facts say.
    """
    assert facts_of(endpoint)["auth"] == endpoint.acts_as.value


@every_endpoint
def test_permission(endpoint: Endpoint) -> None:
    """
    Permissions are those of the facts; where they are silent, a call of a Member says so.
    """
    facts = facts_of(endpoint)
    silent = UNDOCUMENTED if endpoint.acts_as is ActsAs.SESSION else None

    def recorded(permission: Permission) -> dict[str, Any]:
        return attrs.asdict(permission, filter=lambda _, value: value is not None)

    if facts["permission"] is None or facts["permission"]["action"] == "per_field":
        assert silent is endpoint.permission
    else:
        assert isinstance(endpoint.permission, Permission)
        assert facts["permission"] == recorded(endpoint.permission)
    assert facts["field_permissions"] == {
        name: recorded(one) for name, one in endpoint.field_permissions.items()
    }


@every_endpoint
def test_permissions_are_in_the_catalogue(endpoint: Endpoint) -> None:
    """
    No declaration names a resource or an action that Stytch does not have.
    """
    catalogue = {one.resource_id: one.actions for one in RESOURCES}
    declared = [*endpoint.field_permissions.values()]
    if isinstance(endpoint.permission, Permission):
        declared.append(endpoint.permission)

    assert all(one.action in catalogue[one.resource] for one in declared)


@every_endpoint
def test_state_effect(endpoint: Endpoint) -> None:
    """
    Success changes the client's state as the facts say.
    """
    assert facts_of(endpoint)["state_effect"] == endpoint.state_effect.value


@every_endpoint
def test_retry(endpoint: Endpoint) -> None:
    """
    What repeating a call would do is what `retry.json` says of it.
    """
    assert retry_classes()[endpoint.name]["retry"] == endpoint.retry.value


def kind_of(filler: FilledBy) -> str:
    """
    Return what the facts call what the client fills in.
    """
    if isinstance(filler, PKCEChallenge | PKCEVerifier | PKCEVerifierByTrial):
        return "pkce"
    return {
        Fill.INTERMEDIATE_SESSION_TOKEN: "intermediate_session",
        Fill.DFP_TELEMETRY_ID: "dfp",
        Fill.CAPTCHA_TOKEN: "captcha",
    }[filler]


@every_endpoint
def test_fillers(endpoint: Endpoint) -> None:
    """
    The client fills in what the facts have the SDK manage, and nothing else.
    """
    parameters = {p.name: p for p in endpoint.parameters if p.place != "path"}
    managed = {one["name"]: one.get("managed") for one in fields_of(endpoint)}

    assert {name: kind for name, kind in managed.items() if kind} == {
        parameters[name].wire_name: kind_of(filler)
        for name, filler in endpoint.filled.items()
        if name in parameters
    }


@every_endpoint
def test_pkce(endpoint: Endpoint) -> None:
    """
    A flow's start sends a challenge, its end the verifier, under the name that the facts give.
    """
    facts: Mapping[str, Any] = facts_of(endpoint)
    wire_names = {p.name: p.wire_name for p in endpoint.parameters}
    challenges = [
        wire_names[name] for name, one in endpoint.filled.items() if isinstance(one, PKCEChallenge)
    ]
    verifiers = {wire_names[name]: one for name, one in endpoint.verifiers.items()}
    is_required = ((facts.get("pkce_policy") or {}).get("rn") or "").startswith("required")

    assert ([facts["pkce_field"]] if facts["pkce"] == "create" else []) == challenges
    assert ([facts["pkce_field"]] if facts["pkce"] == "consume" else []) == list(verifiers)
    assert all(
        is_required is (isinstance(one, PKCEVerifier) and one.is_required)
        for one in verifiers.values()
    )


def test_flows_begin_and_end() -> None:
    """
    A verifier is only asked for where some call, or the start of a login, made its challenge.
    """
    begun = {
        one.flow for e in ALL for one in e.filled.values() if isinstance(one, PKCEChallenge)
    } | {"sso", "oauth"}
    ended = {
        flow
        for e in ALL
        for one in e.verifiers.values()
        for flow in (one.flows if isinstance(one, PKCEVerifierByTrial) else (one.flow,))
    }

    assert set() == ended - begun


JSON_TYPES = {"string", "integer", "boolean", "array", "object"}


def alternatives(endpoint: Endpoint, name: str) -> list[dict[str, Any]]:
    """
    Return what a parameter takes besides ``None``, as JSON Schema.
    """
    schema = msgspec.json.schema(endpoint.hints[name])
    definitions = schema.get("$defs", {})

    def resolved(one: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in one:
            one = definitions[one["$ref"].rpartition("/")[2]]
        return {**one, "items": resolved(one["items"])} if "items" in one else one

    # Numbers, arrays and objects of a union stand side by side with null.
    return [resolved(one) for one in schema.get("anyOf", [schema]) if one != {"type": "null"}]


@every_endpoint
def test_types(endpoint: Endpoint) -> None:
    """
    Each parameter takes what the facts say: types, closed and open sets, and what objects have.
    """
    names = {p.wire_name: p.name for p in endpoint.parameters}
    for one in fields_of(endpoint):
        taken = alternatives(endpoint, names[one["name"]])
        where = f"{endpoint.name}: {one['name']}"

        assert {one["type"]} == {each.get("type", "string") for each in taken}, where
        closed = [{"enum": sorted(one["enum"])}] if "enum" in one else None
        if closed:
            assert closed == taken, where
        if "known_values" in one:
            assert [{"enum": sorted(one["known_values"])}, {"type": "string"}] == taken, where
        if "items_enum" in one:
            assert sorted(one["items_enum"]) == taken[0]["items"]["enum"], where
        elif "items_fields" in one:
            item = taken[0]["items"]
            assert {each["name"] for each in one["items_fields"]} == set(item["properties"]), where
            assert {each["name"] for each in one["items_fields"] if each["required"]} == set(
                item.get("required", [])
            ), where
        elif "items" in one:
            assert one["items"] == taken[0]["items"]["type"], where


@every_endpoint
def test_limits(endpoint: Endpoint) -> None:
    """
    Sessions last 5 to 527040 minutes, and whatever the facts give a minimum has it.
    """
    names = {p.wire_name: p.name for p in endpoint.parameters}
    for one in fields_of(endpoint):
        where = f"{endpoint.name}: {one['name']}"
        if one["name"] == "session_duration_minutes":
            taken = alternatives(endpoint, names[one["name"]])
            assert [{"type": "integer", "minimum": 5, "maximum": 527040}] == taken, where
        elif "minimum" in one:
            (taken_number,) = alternatives(endpoint, names[one["name"]])
            assert one["minimum"] == taken_number.get("minimum"), where


@every_endpoint
def test_response(endpoint: Endpoint) -> None:
    """
    Annotations resolve, and the response is a model that has the fields of the facts' schema.
    """
    schema = {one["name"] for one in schemas()[facts_of(endpoint)["response"] or ""]}
    fields = {wire_name(attribute) for attribute, _ in typed_fields(endpoint.response)}

    assert issubclass(endpoint.response, APIResponse)
    assert {p.name for p in endpoint.parameters} | {"return"} == set(endpoint.hints)
    # Some schemas leave out what every answer has, or every login; the models' tests say which.
    unmentioned = {"request_id", "status_code", "primary_required"}
    assert schema | unmentioned == fields | unmentioned


@every_endpoint
def test_arguments_are_documented(endpoint: Endpoint) -> None:
    """
    `Args:` explains every parameter, in the order of the signature, and nothing else.
    """
    signature = inspect.signature(METHODS[endpoint.name])

    assert list(signature.parameters)[1:] == entries(sections(endpoint).get("Args", ""))


@every_endpoint
def test_docstring_is_whole(endpoint: Endpoint) -> None:
    """
    A docstring begins with one sentence and tells errors, permission and the page of the docs.
    """
    document = inspect.getdoc(METHODS[endpoint.name]) or ""
    first, _, _ = document.partition("\n\n")
    expected = {"Raises", "Permission", "See"}
    if endpoint.name == "bootstrap.get":
        expected.remove("See")

    assert re.fullmatch(r"[A-Z][^\n]*\.", first)
    assert expected == set(sections(endpoint)) - {"Args", "Returns"}
    if "See" in expected:
        assert re.fullmatch(r"https://stytch\.com/docs/\S+", sections(endpoint)["See"])


@every_endpoint
def test_permission_is_documented(endpoint: Endpoint) -> None:
    """
    `Permission:` says what the declaration says, of the call and of each field.
    """
    text = " ".join(sections(endpoint)["Permission"].split())

    def about_oneself(permission: Permission) -> str:
        enough = permission.or_if_self
        return "" if enough is None else f", or on ``{enough.resource}`` about oneself,"

    fields = "".join(
        f" {name}: ``{one.action}`` on ``{one.resource}``{about_oneself(one)} instead."
        for name, one in endpoint.field_permissions.items()
    )
    if isinstance(endpoint.permission, Permission):
        call = f"``{endpoint.permission.action}`` on ``{endpoint.permission.resource}``."
    else:
        call = "None." if endpoint.permission is None else "Undocumented."

    assert call + fields == text


@every_endpoint
def test_errors_are_documented(endpoint: Endpoint) -> None:
    """
    `Raises:` names errors there are, and every one that follows from the declaration.
    """
    raised = set(entries(sections(endpoint)["Raises"]))
    needs_someone = endpoint.acts_as not in (ActsAs.NO_SESSION, ActsAs.OPTIONAL_SESSION)
    has_permissions = bool(endpoint.field_permissions) or isinstance(
        endpoint.permission, Permission
    )
    verifiers = [one for one in endpoint.filled.values() if isinstance(one, PKCEVerifier)]

    assert all(hasattr(errors, name) or hasattr(builtins, name) for name in raised)
    assert needs_someone is ("NoSessionError" in raised)
    assert endpoint.retry.is_repeatable is ("StytchOutcomeUnknownError" not in raised)
    assert any(one.is_required for one in verifiers) is ("MissingPKCEError" in raised)
    assert has_permissions <= ("PermissionDeniedError" in raised)
    assert (Fill.CAPTCHA_TOKEN in endpoint.filled.values()) is ("CaptchaRequiredError" in raised)
