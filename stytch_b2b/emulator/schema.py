"""The shape of what requests carry, and what the API says about one that does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from attrs import field, frozen

from .errors import Place, SchemaError

JsonType = Literal["string", "integer", "boolean", "array", "object"]

_PYTHON_TYPES: Mapping[JsonType, type] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}

Issue = dict[str, Any]


@frozen
class Field:
    """One value in a body."""

    type: JsonType
    required: bool = field(default=False, kw_only=True)
    minimum: int | None = field(default=None, kw_only=True)
    maximum: int | None = field(default=None, kw_only=True)
    choices: tuple[str, ...] = field(default=(), kw_only=True)
    """What a string may be; anything without them."""
    items: Field | None = field(default=None, kw_only=True)
    """Shape of the elements of an array."""
    fields: Mapping[str, Field] = field(factory=dict[str, "Field"], kw_only=True)
    """Shape of the values of an object; names that it does not mention are ignored."""


def check(fields: Mapping[str, Field], given: object, *, place: Place = "body") -> dict[str, Any]:
    """
    Return the fields given in a request; one that is null counts as not given.

    Args:
        fields: What the operation understands.

        given: The parsed body, or the query.

        place: Which of them.

    Raises:
        SchemaError: With every issue there is, not only the first.
    """
    issues = list(_issues(Field("object", fields=fields), given, data_path="", schema_path="#"))
    if issues:
        raise SchemaError(issues, place=place)
    values = cast("dict[str, Any]", given)
    return {name: values[name] for name in fields if values.get(name) is not None}


def _issues(shape: Field, value: object, *, data_path: str, schema_path: str) -> Iterator[Issue]:
    expected = _PYTHON_TYPES[shape.type]
    # A bool is an int to Python, but not to JSON.
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        params = {"type": shape.type}
        yield _issue("type", data_path, schema_path, params, f"should be {shape.type}")
        return

    if shape.choices and value not in shape.choices:
        allowed = {"allowedValues": list(shape.choices)}
        message = "should be equal to one of the allowed values"
        yield _issue("enum", data_path, schema_path, allowed, message)
    elif isinstance(value, int):
        yield from _range_issues(shape, value, data_path, schema_path)
    elif isinstance(value, list) and shape.items is not None:
        for index, item in enumerate(cast("list[object]", value)):
            yield from _issues(
                shape.items,
                item,
                data_path=f"{data_path}[{index}]",
                schema_path=f"{schema_path}/items",
            )
    elif isinstance(value, dict):
        yield from _object_issues(shape, cast("dict[str, object]", value), data_path, schema_path)


def _range_issues(shape: Field, value: int, data_path: str, schema_path: str) -> Iterator[Issue]:
    if shape.minimum is not None and value < shape.minimum:
        params = {"comparison": ">=", "limit": shape.minimum, "exclusive": False}
        message = f"should be >= {shape.minimum}"
        yield _issue("minimum", data_path, schema_path, params, message)
    if shape.maximum is not None and value > shape.maximum:
        params = {"comparison": "<=", "limit": shape.maximum, "exclusive": False}
        message = f"should be <= {shape.maximum}"
        yield _issue("maximum", data_path, schema_path, params, message)


def _object_issues(
    shape: Field, value: Mapping[str, object], data_path: str, schema_path: str
) -> Iterator[Issue]:
    for name, inner in shape.fields.items():
        if value.get(name) is not None:
            yield from _issues(
                inner,
                value[name],
                data_path=f"{data_path}.{name}",
                schema_path=f"{schema_path}/properties/{name}",
            )
        elif inner.required:
            params = {"missingProperty": name}
            message = f"should have required property '{name}'"
            yield _issue("required", data_path, schema_path, params, message)


def _issue(
    keyword: str, data_path: str, schema_path: str, params: Mapping[str, Any], message: str
) -> Issue:
    return {
        "keyword": keyword,
        "dataPath": data_path,
        "schemaPath": f"{schema_path}/{keyword}",
        "params": dict(params),
        "message": message,
    }
