"""
The facts of the API that this SDK is written from, for tests to compare with.

``member_api.json`` has the operations and schemas, ``rbac.json`` the permissions, ``errors.json``
the error types. They were gathered from SDKs and documentation that disagree in places;
``corrections.json`` says what this SDK holds there, and `operations` gives the corrected ones.
``retry.json`` is ours: what sending each call a second time would do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, TypedDict, cast


class SelfPermission(TypedDict):
    """
    The permission that serves as well when a Member acts on itself.
    """

    resource: str
    action: str


class Permission(SelfPermission, total=False):
    """
    A resource and an action on it, or ``per_field``: each field has its own.
    """

    or_if_self: SelfPermission


class ParameterDetails(TypedDict, total=False):
    """
    What only some parameters have.
    """

    enum: list[str]
    format: str
    items: str
    items_enum: list[str]
    items_fields: list[Mapping[str, Any]]
    known_values: list[str]
    managed: str | None
    map: bool
    map_values: str
    minimum: int
    ref: str


class Parameter(ParameterDetails):
    """
    A field of a body or of a query.
    """

    name: str
    type: str
    required: bool


class OperationDetails(TypedDict, total=False):
    """
    What only some operations have.
    """

    fields_without_documented_permission: list[str]
    path_alternatives: list[str]
    returns: str
    url: Mapping[str, Any]
    wire_differences: list[str]


class Operation(OperationDetails):
    """
    A method of the SDK; ``method`` and ``path`` are null where it is local.
    """

    name: str
    available_in: list[str]
    deprecated: bool
    local: bool
    method: str | None
    path: str | None
    path_params: list[str]
    query: list[Parameter]
    body: list[Parameter]
    response: str | None
    auth: str
    state_effect: str
    pkce: str | None
    pkce_field: str | None
    dfp_protected: bool
    permission: Permission | None
    field_permissions: Mapping[str, Permission]


class SchemaField(TypedDict):
    """
    A field of a response, or of an object in one.
    """

    name: str
    type: str
    required: bool
    nullable: bool
    format: str | None
    enum: list[str] | None
    ref: str | None
    items_ref: str | None


class ErrorType(TypedDict):
    """
    An ``error_type``; its status is null where no source states one.
    """

    error_type: str
    http_status: int | None
    verified: bool
    unrecoverable: bool


class Correction(TypedDict):
    """
    A value of an operation that this SDK does not hold, and the one it holds instead.
    """

    operation: str
    field: str
    facts: Any
    held: Any
    reason: str


class ResponseCorrection(TypedDict):
    """
    What this SDK holds of a field of a response instead of what the facts say.
    """

    schema: str
    field: str
    facts: Mapping[str, Any]
    held: Mapping[str, Any]
    reason: str


class Settlement(TypedDict):
    """
    A difference between the sources, and the side that this SDK takes.
    """

    operations: list[str]
    difference: str
    held: str
    reason: str


class Repetition(TypedDict):
    """
    The retry class of an operation, and why.
    """

    retry: str
    reason: str


@cache
def document(name: str) -> Any:
    """
    Return the content of ``<name>.json`` as it is.
    """
    return json.loads(Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8"))


@cache
def operations() -> Mapping[str, Operation]:
    """
    Return every operation by name, corrections applied.
    """
    corrected = {one["name"]: deepcopy(one) for one in document("member_api")["operations"]}
    for correction in corrections():
        put(corrected[correction["operation"]], correction["field"], correction["held"])
    return corrected


def http_operations() -> Mapping[str, Operation]:
    """
    Return the operations that are one HTTP call each.
    """
    return {name: operation for name, operation in operations().items() if not operation["local"]}


@cache
def schemas() -> Mapping[str, list[SchemaField]]:
    """
    Return the fields of every schema by its name, corrections applied.
    """
    corrected = {
        name: deepcopy(schema["fields"])
        for name, schema in document("member_api")["schemas"].items()
    }
    for correction in response_corrections():
        (field,) = (
            one for one in corrected[correction["schema"]] if one["name"] == correction["field"]
        )
        field.update(correction["held"])
    return corrected


def retry_classes() -> Mapping[str, Repetition]:
    """
    Return what repeating each HTTP operation would do.
    """
    return cast("Mapping[str, Repetition]", document("retry")["operations"])


def error_types() -> Mapping[str, ErrorType]:
    """
    Return every known error type by name.
    """
    return {one["error_type"]: one for one in document("errors")["errors"]}


def actions() -> Mapping[str, frozenset[str]]:
    """
    Return the known actions of every resource that Stytch defines.
    """
    resources = document("rbac")["resources"]
    return {one["resource_id"]: frozenset(one["action_names"]) for one in resources}


def response_corrections() -> list[ResponseCorrection]:
    """
    Return what differs from the facts in responses.
    """
    return cast("list[ResponseCorrection]", document("corrections")["response_corrections"])


def corrections() -> list[Correction]:
    """
    Return what differs from the facts, in the order in which it is applied.
    """
    return cast("list[Correction]", document("corrections")["corrections"])


def settlements() -> list[Settlement]:
    """
    Return the differences between the sources that are decided.
    """
    return cast("list[Settlement]", document("corrections")["settled"])


def pick(operation: Mapping[str, Any], field: str) -> Any:
    """
    Return what stands at a dotted path, where a parameter goes by its name, or ``None``.
    """
    found: Any = operation
    for step in field.split("."):
        if isinstance(found, list):
            found = next((one for one in found if one["name"] == step), None)
        elif found is not None:
            found = found.get(step)
    return found


def put(operation: dict[str, Any], field: str, value: Any) -> None:
    """
    Replace what stands at a dotted path; ``None`` takes a parameter out.
    """
    where, _, last = field.rpartition(".")
    holder = pick(operation, where) if where else operation
    if isinstance(holder, list):
        holder[:] = [one for one in holder if one["name"] != last] + ([value] if value else [])
    else:
        holder[last] = value
