"""Values from outside, compared with annotations: a string is no array of letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints, is_typeddict


def fits(value: object, hint: Any) -> bool:
    """
    Tell whether a value is what an annotation says, all the way down.

    Args:
        value: Made of what JSON has; a tuple counts as an array.

        hint: A class, or made of ``Any``, ``|``, ``Literal``, ``Iterable``, ``Sequence``,
            ``Mapping`` and ``TypedDict``. A ``TypedDict`` may have more than it names.
    """
    if hint is Any:
        return True
    if is_typeddict(hint):
        return isinstance(value, Mapping) and _has_fields(cast("Mapping[str, Any]", value), hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in arguments)
    if origin is Literal:
        return value in arguments
    if origin in (Iterable, Sequence):
        return isinstance(value, (list, tuple)) and all(
            fits(one, arguments[0]) for one in cast("Sequence[object]", value)
        )
    if origin is Mapping:
        return isinstance(value, Mapping) and all(
            fits(inner, arguments[1]) for inner in cast("Mapping[str, object]", value).values()
        )
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, (int, float) if hint is float else hint)


def _has_fields(value: Mapping[str, Any], hint: Any) -> bool:
    hints = get_type_hints(hint)
    return hint.__required_keys__ <= value.keys() and all(
        fits(value[name], hints[name]) for name in hints if name in value
    )
