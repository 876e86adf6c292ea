"""What identity providers send, made to fit the schemas; and what they ask to see of it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, cast

from .errors import InvalidValueError
from .schemas import Attribute, Json, ResourceType

Steps = tuple[Attribute, ...]

_ALWAYS_RETURNED = frozenset({"schemas", "id"})


def read(resource_type: ResourceType, given: Mapping[str, Any]) -> Json:
    """
    Return what of a resource can be written, under the names that the schema has for it.

    What no schema mentions is left out, and what is the service provider's own, too: identity
    providers send back what they were told.

    Raises:
        InvalidValueError: A value does not fit, or a required one is missing.
    """
    named = {name.lower(): value for name, value in given.items()}
    schemas = named.get("schemas")
    if not isinstance(schemas, list) or resource_type.schema.urn not in schemas:
        msg = f"schemas must have {resource_type.schema.urn}."
        raise InvalidValueError(msg)
    return _read_attributes(resource_type.attributes, given)


def read_value(attribute: Attribute, given: object) -> Any:
    """
    Return a value as its attribute has it; nothing if it is none.

    Raises:
        InvalidValueError: The value does not fit.
    """
    if not attribute.multi_valued:
        return _read_one(attribute, given)
    values = [value for value in (_read_one(attribute, each) for each in _several(given)) if value]
    if sum(is_primary(each) for each in values) > 1:
        msg = f"Only one of {attribute.name} can be the primary one."
        raise InvalidValueError(msg)
    return values or None


def is_primary(value: object) -> bool:
    """Return whether one of several values is the preferred one."""
    return isinstance(value, dict) and cast("Json", value).get("primary") is True


def values_at(steps: Iterable[Attribute], resource: Mapping[str, Any]) -> list[Any]:
    """Return all that is found where some steps lead, each of several values by itself."""
    found: list[Any] = [resource]
    for step in steps:
        children = [each.get(step.name) for each in found]
        found = [value for child in children for value in _several(child)]
    return found


def project(
    resource_type: ResourceType, resource: Json, *, attributes: str | None, excluded: str | None
) -> Json:
    """
    Return of a resource what was asked for (RFC 7644, section 3.9).

    Args:
        resource_type: What it is.

        resource: All of it.

        attributes: Names to be returned alone, with commas between them; all without it.

        excluded: Names not to be returned.
    """
    if attributes:
        wanted = _resolved(resource_type, attributes)
        kept = _only(resource, wanted)
        return {**{name: resource[name] for name in _ALWAYS_RETURNED & resource.keys()}, **kept}
    if excluded:
        unwanted = _resolved(resource_type, excluded)
        return _without(
            resource, [steps for steps in unwanted if steps[0].name not in _ALWAYS_RETURNED]
        )
    return resource


def as_boolean(given: object) -> bool | None:
    """Return the truth value that is meant, also by a word: Microsoft Entra sends ``"False"``."""
    if isinstance(given, str):
        return {"true": True, "false": False}.get(given.lower())
    return given if isinstance(given, bool) else None


def _several(value: object) -> list[Any]:
    if isinstance(value, list):
        return [*cast("Sequence[Any]", value)]
    return [] if value is None else [value]


def _read_attributes(attributes: Iterable[Attribute], given: Mapping[str, Any]) -> Json:
    by_name = {name.lower(): value for name, value in given.items()}
    values: Json = {}
    for attribute in attributes:
        if attribute.mutability == "readOnly":
            continue
        value = read_value(attribute, by_name.get(attribute.name.lower()))
        if value is not None:
            values[attribute.name] = value
        elif attribute.required:
            msg = f"{attribute.name} is required."
            raise InvalidValueError(msg)
    return values


def _read_one(attribute: Attribute, given: object) -> Any:
    if given is None:
        return None
    if attribute.type == "complex":
        # A manager, or a member of a group, is often sent as its id alone.
        if isinstance(given, str) and attribute.find("value"):
            given = {"value": given} if given else {}
        if isinstance(given, dict):
            return _read_attributes(attribute.attributes, cast("Json", given)) or None
        raise _misfit(attribute, "an object")
    if attribute.type == "boolean":
        truth = as_boolean(given)
        if truth is None:
            raise _misfit(attribute, "true or false")
        return truth
    if not isinstance(given, str):
        raise _misfit(attribute, "a string")
    if attribute.type == "binary":
        _check_base64(attribute, given)
    if attribute.required and not given.strip():
        msg = f"{attribute.name} must not be empty."
        raise InvalidValueError(msg)
    return given


def _check_base64(attribute: Attribute, given: str) -> None:
    try:
        base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raise _misfit(attribute, "in base 64") from None


def _misfit(attribute: Attribute, expected: str) -> InvalidValueError:
    return InvalidValueError(f"{attribute.name} must be {expected}.")


def _resolved(resource_type: ResourceType, names: str) -> list[Steps]:
    found = (resource_type.resolve(name.strip()) for name in names.split(","))
    return [steps for steps in found if steps is not None]


def _only(resource: Json, wanted: Sequence[Steps]) -> Json:
    kept: Json = {}
    for name, value in resource.items():
        below = [steps[1:] for steps in wanted if steps[0].name == name]
        if () in below:
            kept[name] = value
        elif below:
            kept[name] = _each(value, partial(_only, wanted=below))
    return kept


def _without(resource: Json, unwanted: Sequence[Steps]) -> Json:
    kept: Json = {}
    for name, value in resource.items():
        below = [steps[1:] for steps in unwanted if steps[0].name == name]
        if not below:
            kept[name] = value
        elif () not in below:
            kept[name] = _each(value, partial(_without, unwanted=below))
    return kept


def _each(value: Any, change: Callable[[Json], Json]) -> Any:
    if isinstance(value, list):
        return [change(inner) for inner in cast("list[Json]", value)]
    return change(value)
