"""Patches: what an identity provider adds to a resource, replaces in it and removes from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, cast

from attrs import frozen

from .errors import (
    InvalidPathError,
    InvalidSyntaxError,
    InvalidValueError,
    MutabilityError,
    NoTargetError,
)
from .filters import Path, parse_path
from .schemas import Attribute, Json, ResourceType
from .values import is_primary, read_value

PATCH_URN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@frozen
class Operation:
    """One step of a patch."""

    op: str
    path: Path
    value: Any


def apply(resource_type: ResourceType, resource: Json, message: Mapping[str, Any]) -> Json:
    """
    Return a resource as it is after a patch (RFC 7644, section 3.5.2); all of it, or an error.

    Args:
        resource_type: What is patched.

        resource: As it is before.

        message: What was sent.

    Raises:
        ScimError: The message is no patch, or a step of it leads nowhere.
    """
    patched = deepcopy(resource)
    for operation in _operations(resource_type, message):
        _check_mutability(operation)
        if operation.path.condition is None:
            _apply_to_attribute(patched, operation)
        else:
            _apply_to_values(patched, operation)
    return patched


def _operations(resource_type: ResourceType, message: Mapping[str, Any]) -> Iterable[Operation]:
    schemas, steps = message.get("schemas"), message.get("Operations")
    if not isinstance(schemas, list) or PATCH_URN not in schemas:
        msg = f"schemas must have {PATCH_URN}."
        raise InvalidSyntaxError(msg)
    if not isinstance(steps, list) or not steps:
        msg = "There must be Operations."
        raise InvalidSyntaxError(msg)
    for step in cast("list[object]", steps):
        yield from _of_step(resource_type, step)


def _of_step(resource_type: ResourceType, step: object) -> Iterable[Operation]:
    given = cast("Json", step) if isinstance(step, dict) else {}
    # Microsoft Entra begins the words with capitals.
    op, path, value = str(given.get("op")).lower(), given.get("path"), given.get("value")
    if op not in {"add", "replace", "remove"}:
        msg = "op must be add, replace or remove."
        raise InvalidSyntaxError(msg)
    if path is not None and not isinstance(path, str):
        msg = "A path must be a string."
        raise InvalidPathError(msg)
    if op != "remove" and "value" not in given:
        msg = f"{op} needs a value."
        raise InvalidValueError(msg)
    if path:
        yield Operation(op, parse_path(resource_type, path), value)
    elif op == "remove":
        msg = "remove needs a path."
        raise NoTargetError(msg)
    elif isinstance(value, dict):
        for name, inner in cast("Json", value).items():
            operation = _of_name(resource_type, op, name, inner)
            if operation is not None:
                yield operation
    else:
        msg = "Without a path the value must be an object."
        raise InvalidValueError(msg)


def _of_name(resource_type: ResourceType, op: str, name: str, value: Any) -> Operation | None:
    # Without a path, the names are paths themselves: Microsoft Entra sends "name.givenName". Whole
    # resources come like this, too, with the id and with what no schema knows.
    try:
        path = parse_path(resource_type, name)
    except InvalidPathError:
        return None
    return None if path.steps[0].mutability == "readOnly" else Operation(op, path, value)


def _check_mutability(operation: Operation) -> None:
    path = operation.path
    leaf = path.sub_attribute or path.steps[-1]
    if leaf.mutability == "readOnly" or path.steps[0].mutability == "readOnly":
        msg = f"{leaf.name} cannot be changed."
        raise MutabilityError(msg)
    if leaf.required and operation.op == "remove":
        msg = f"{leaf.name} cannot be removed."
        raise MutabilityError(msg)


def _apply_to_attribute(resource: Json, operation: Operation) -> None:
    """Apply a step whose path has no filter."""
    *outer, leaf = operation.path.steps
    targets = [resource]
    for step in outer:
        targets = [inner for each in targets for inner in _inner(each, step, operation.op)]
    if not targets and operation.op != "remove":
        msg = f"There is none of {outer[-1].name}."
        raise NoTargetError(msg)
    for target in targets:
        if operation.op != "remove":
            _put(target, leaf, operation)
        elif leaf.multi_valued and operation.value is not None:
            _remove_listed(target, leaf, operation.value)
        else:
            target.pop(leaf.name, None)


def _apply_to_values(resource: Json, operation: Operation) -> None:
    """Apply a step whose path has a filter: to the values that match."""
    attribute, sub_attribute = operation.path.steps[-1], operation.path.sub_attribute
    condition = operation.path.condition
    values = cast("list[Json]", resource.setdefault(attribute.name, []))
    matching = [each for each in values if condition is not None and condition.holds(each)]
    if operation.op == "remove":
        # What is not there need not be removed: identity providers repeat themselves.
        for each in matching:
            if sub_attribute is None:
                values.remove(each)
            else:
                each.pop(sub_attribute.name, None)
        return

    if not matching:
        values.append(_made(operation))
        matching = values[-1:]
    for each in matching:
        if sub_attribute is not None:
            _put(each, sub_attribute, operation)
        else:
            changed = _fitting(attribute, operation.value)[0]
            if operation.op == "replace":
                each.clear()
            each.update(changed)
        _keep_one_primary(values, each)


def _made(operation: Operation) -> Json:
    """Return a value that matches a filter which nothing matched: who adds may mean a new one."""
    condition = operation.path.condition
    implied = condition.implied() if operation.op == "add" and condition is not None else None
    if implied is None:
        msg = f"Nothing in {operation.path.steps[-1].name} matches the filter."
        raise NoTargetError(msg)
    return implied


def _inner(target: Json, step: Attribute, op: str) -> list[Json]:
    inner = target.get(step.name)
    if inner is None and op != "remove" and not step.multi_valued:
        inner = target[step.name] = {}
    if inner is None:
        return []
    return cast("list[Json]", inner) if isinstance(inner, list) else [cast("Json", inner)]


def _put(target: Json, attribute: Attribute, operation: Operation) -> None:
    """Add or replace what *target* has for an attribute."""
    value = read_value(attribute, operation.value)
    held: Any = target.get(attribute.name)
    if value is None:
        # Nothing in the place of something: unassigned (RFC 7643, section 2.5).
        if attribute.required:
            msg = f"{attribute.name} is required."
            raise InvalidValueError(msg)
        if operation.op == "replace":
            target.pop(attribute.name, None)
    elif isinstance(held, dict):
        cast("Json", held).update(value)
    elif attribute.multi_valued and operation.op == "add":
        _add(target.setdefault(attribute.name, []), value)
    else:
        target[attribute.name] = value


def _add(held: list[Any], values: Iterable[Any]) -> None:
    for value in values:
        if value not in held:
            held.append(value)
            _keep_one_primary(held, value)


def _remove_listed(target: Json, attribute: Attribute, given: object) -> None:
    # Microsoft Entra names whom to remove from a group in the value, not in the path.
    listed = [each.get("value") for each in _fitting(attribute, given)]
    held = cast("list[Json]", target.get(attribute.name, []))
    target[attribute.name] = [each for each in held if each.get("value") not in listed]


def _fitting(attribute: Attribute, given: object) -> list[Json]:
    values = cast("list[Json] | None", read_value(attribute, given))
    if not values:
        msg = f"There is no value for {attribute.name}."
        raise InvalidValueError(msg)
    return values


def _keep_one_primary(values: Iterable[Any], newest: Any) -> None:
    """Have the newest primary value be the only one (RFC 7644, section 3.5.2)."""
    if not is_primary(newest):
        return
    for each in cast("Iterable[Json]", values):
        if each is not newest and is_primary(each):
            each["primary"] = False
