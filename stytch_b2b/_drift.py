"""
How an answer differs from the model it is read as.

Reading is lenient, so nobody notices when the API grows or breaks a promise. Whoever wants to
know compares answers in full, here; it costs a second reading of the body.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any, get_args

import msgspec
from attrs import NOTHING, frozen

from ._converter import M, NotAJSONObject, json_object
from ._json import is_array, is_object
from .models._shape import (
    is_free_form,
    is_map,
    is_model,
    is_open_enum,
    is_tuple,
    known_values,
    nullable,
    typed_fields,
    wire_name,
)

if TYPE_CHECKING:
    from ._endpoint import Endpoint

_LONGEST_VALUE = 64
"""Characters shown of an unknown value."""


class DriftKind(str, Enum):
    """In which way an answer differs."""

    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_VALUE = "unknown_value"


@frozen
class Drift:
    """
    One difference between an answer and its model.

    Two answers that differ alike give equal values, so that each difference can be told once.
    """

    kind: DriftKind
    path: str
    """Where, as in ``$.data.member.roles[].sources[].type``; places in lists do not count."""
    found: str
    """
    The type of JSON that stands there, or ``nothing``; of an unknown value the value itself.

    Only fields with a known set of values show theirs, and no secret is one of those.
    """

    def __str__(self) -> str:
        return f"{self.kind.value} at {self.path}: {self.found}"


def find_drift(body: bytes, model: type[M], *, envelope: bool = True) -> tuple[Drift, ...]:
    """
    Return every difference between *body* and *model*, each once, in the order of the body.

    Args:
        body: The body of a successful answer.
        model: The class of the answer.
        envelope: Whether the answer stands under ``data``.
    """
    try:
        value = json_object(body)
    except NotAJSONObject:
        return (Drift(DriftKind.WRONG_TYPE, "$", "no JSON object"),)
    drifts = _in_envelope(value, model) if envelope else _in_model(value, model, "$")
    return tuple(dict.fromkeys(drifts))


class DriftReporter:
    """
    Tells of each difference once, however many answers have it.

    Args:
        tell: Called with the name of the call and the difference.
    """

    def __init__(self, tell: Callable[[str, Drift], object]) -> None:
        self._tell = tell
        self._told: set[tuple[str, Drift]] = set()

    def check(self, body: bytes, endpoint: Endpoint, *, envelope: bool) -> None:
        """Tell of what is new in how *body* differs from the model of *endpoint*."""
        for drift in find_drift(body, endpoint.response, envelope=envelope):
            if (endpoint.name, drift) in self._told:
                continue
            self._told.add((endpoint.name, drift))
            self._tell(endpoint.name, drift)


def _in_envelope(value: dict[str, Any], model: Any) -> Iterator[Drift]:
    for name, item in value.items():
        if name != "data":
            yield Drift(DriftKind.UNKNOWN_FIELD, f"$.{name}", _json_type(item))
    if "data" in value:
        yield from _in_value(value["data"], model, "$.data")
    else:
        yield Drift(DriftKind.MISSING_FIELD, "$.data", "nothing")


def _in_model(value: dict[str, Any], model: Any, path: str) -> Iterator[Drift]:
    expected = {wire_name(attribute): (attribute, hint) for attribute, hint in typed_fields(model)}
    for name, item in value.items():
        if name in expected:
            yield from _in_value(item, expected[name][1], f"{path}.{name}")
        else:
            yield Drift(DriftKind.UNKNOWN_FIELD, f"{path}.{name}", _json_type(item))
    for name, (attribute, _) in expected.items():
        if name not in value and attribute.default is NOTHING:
            yield Drift(DriftKind.MISSING_FIELD, f"{path}.{name}", "nothing")


def _in_value(value: Any, hint: Any, path: str) -> Iterator[Drift]:
    hint, has_none = nullable(hint)
    if is_free_form(hint) or (has_none and value is None):
        return
    if is_model(hint) and is_object(value):
        yield from _in_model(value, hint, path)
    elif is_tuple(hint) and is_array(value):
        for item in value:
            yield from _in_value(item, get_args(hint)[0], f"{path}[]")
    elif is_map(hint) and is_object(value):
        for member in value.values():
            yield from _in_value(member, get_args(hint)[1], f"{path}.*")
    elif is_open_enum(hint) and isinstance(value, str):
        # An empty string is how the API writes that a field has no value.
        if value and value not in known_values(hint):
            yield Drift(DriftKind.UNKNOWN_VALUE, path, value[:_LONGEST_VALUE])
    elif not _fits(value, hint):
        yield Drift(DriftKind.WRONG_TYPE, path, _json_type(value))


def _fits(value: Any, hint: Any) -> bool:
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError:
        return False
    return True


def _json_type(value: Any) -> str:
    names = {
        type(None): "null",
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        list: "array",
        dict: "object",
    }
    return names[type(value)]
