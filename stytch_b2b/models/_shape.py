"""What the annotations of a model say about its fields; read by the converter and for drift."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from attrs import Attribute, fields, has

LEAVES = (str, int, float, bool)
"""The plain values of JSON."""


@cache
def typed_fields(model: Any) -> tuple[tuple[Attribute[Any], Any], ...]:
    """Return the fields of *model*, each with its type."""
    hints = get_type_hints(model, include_extras=True)
    return tuple((attribute, hints[attribute.name]) for attribute in fields(model))


def wire_name(attribute: Attribute[Any]) -> str:
    """Return the name that the API has for a field."""
    name: str = attribute.metadata.get("wire_name", attribute.name)
    return name


def models_in(hint: Any) -> tuple[Any, ...]:
    """Return the models that *hint* names, at whatever depth of unions and containers."""
    if is_model(hint):
        return (hint,)
    return tuple(model for part in get_args(hint) for model in models_in(part))


def nullable(hint: Any) -> tuple[Any, bool]:
    """Return *hint* without ``None``, and whether it had it."""
    if not is_union(hint):
        return hint, False
    members = tuple(member for member in get_args(hint) if member is not type(None))
    return Union[members], len(members) < len(get_args(hint))  # noqa: UP007 - made at run time


def known_values(hint: Any) -> frozenset[str]:
    """Return the values that an open enum names."""
    literals = (member for member in get_args(hint) if get_origin(member) is Literal)
    return frozenset(value for literal in literals for value in get_args(literal))


def is_model(hint: Any) -> bool:
    """Return whether *hint* is a model."""
    return isinstance(hint, type) and has(hint)


def is_union(hint: Any) -> bool:
    """Return whether *hint* is a union, in either of its spellings."""
    return get_origin(hint) in (Union, UnionType)


def is_open_enum(hint: Any) -> bool:
    """Return whether *hint* is ``Literal[...] | str``."""
    kinds = {str if member is str else get_origin(member) for member in get_args(hint)}
    return is_union(hint) and kinds == {str, Literal}


def is_timestamp(hint: Any) -> bool:
    """Return whether *hint* is a `Timestamp`."""
    return get_origin(hint) is Annotated and get_args(hint)[0] is datetime


def is_tuple(hint: Any) -> bool:
    """Return whether *hint* is a tuple of items of one type."""
    origin: object = get_origin(hint)
    return origin is tuple and get_args(hint)[1:] == (...,)


def is_map(hint: Any) -> bool:
    """Return whether *hint* is a mapping, of values of one type or of free-form JSON."""
    origin: object = get_origin(hint)
    return origin is Mapping


def is_free_form(hint: Any) -> bool:
    """Return whether *hint* is any JSON at all."""
    return hint is Any
