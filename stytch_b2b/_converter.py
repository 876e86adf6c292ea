"""
Bytes to models and values to bytes: every decision about the wire is taken here.

Reading an answer:

- msgspec decodes straight into the attrs classes. What it refuses is read leniently instead, by
  `json` and a cattrs converter that has a hook for every kind of field and none of the stock
  ones. Both give the same on an answer that keeps its promises; decoding a JSON object never
  fails.
- Fields the models do not know are ignored; `APIResponse.raw` has them.
- A field that is missing, null or of a wrong type takes its default; one without a default takes
  the empty value of its type: ``""``, ``0``, ``False``, ``()``, ``{}``, `EPOCH`, or the nested
  model with all of its fields empty. Nothing is converted: 5 is no text, ``"5"`` no number.
- An item of a list, or a value of a map, that is of a wrong type is left out: an empty one in its
  place would be an invention, such as a role without a name. An object among objects stays, with
  what fits.
- Strings of a known set are ``Literal[...] | str``: a value the set lacks is kept.
- Points in time are aware. One without an offset counts as UTC, as the API writes no other.
- JSON arrays are tuples. Free-form JSON stays as it is, in a dict.
- An envelope whose ``data`` is missing or no object counts as one with empty data.
- What JSON text that is not quite JSON is read as stands in `_json`.
- Where the wire has another name than Python, the field's metadata says so under ``wire_name``.
  msgspec knows nothing of it, so such a model, and each that contains one, is always read
  leniently: `is_read_directly` tells.

Writing a request:

- In a model, ``None`` means not given and is left out; in a mapping it is null, as a null in
  metadata deletes a key.
- Points in time are RFC 3339, in UTC, with ``Z``. One without an offset is refused.
- What JSON cannot hold is refused: NaN, infinities, lone surrogates, bytes, sets.

Keeping state: `to_json` writes every field by its Python name, and `from_json` refuses what does
not fit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeGuard, TypeVar, cast, get_args

import msgspec
from attrs import NOTHING, Attribute, AttrsInstance, fields

from ._json import is_array, is_object, parse
from ._lock import ForkSafeLock
from .models._shape import (
    LEAVES,
    is_free_form,
    is_map,
    is_model,
    is_open_enum,
    is_timestamp,
    is_tuple,
    is_union,
    models_in,
    nullable,
    typed_fields,
    wire_name,
)

if TYPE_CHECKING:
    import cattrs

M = TypeVar("M")

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
"""The empty value of a point in time: long past, so that what expires then has expired."""

_REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class NotAJSONObject(ValueError):  # noqa: N818 - the engine decides what it means
    """A body is no JSON object. Tells nothing of the body, which may hold secrets."""

    def __init__(self) -> None:
        super().__init__("the body is no JSON object")


class _Envelope(msgspec.Struct, Generic[M]):
    data: M


def decode(body: bytes, model: type[M], *, envelope: bool = True) -> M:
    """
    Return *body* as a *model*.

    Args:
        body: The body of a successful answer.
        model: The class of the answer.
        envelope: Whether the answer stands under ``data``.

    Raises:
        NotAJSONObject: The body is no JSON object.
    """
    if is_read_directly(model):  # type: ignore[arg-type]  # mypy: no class is hashable
        try:
            return decode_directly(body, model, envelope=envelope)
        except _REFUSALS:
            pass  # The rest stands outside, lest its error drag along this one and the body.
    return decode_leniently(body, model, envelope=envelope)


def decode_directly(body: bytes, model: type[M], *, envelope: bool) -> M:
    """Return *body* as a *model*, or raise what msgspec has against it."""
    decoder = _decoder(model, envelope)  # type: ignore[arg-type]  # mypy: no class is hashable
    decoded: M = decoder.decode(body).data if envelope else decoder.decode(body)
    return decoded


def decode_leniently(body: bytes, model: type[M], *, envelope: bool) -> M:
    """
    Return what fits of *body* as a *model*.

    Raises:
        NotAJSONObject: The body is no JSON object.
    """
    value = json_object(body)
    if envelope:
        data = value.get("data")
        value = data if is_object(data) else {}
    return _lenient_converter().structure(value, model)


def json_object(body: bytes) -> dict[str, Any]:
    """
    Return *body* as plain JSON.

    Raises:
        NotAJSONObject: The body is no JSON object.
    """
    value = parse(body)
    if not is_object(value):
        raise NotAJSONObject
    return value


# msgspec shares what it learns of a class between threads before it has learnt all of it: another
# thread that uses it then crashes the interpreter.
_learning = ForkSafeLock()


@cache
def _decoder(model: Any, envelope: bool) -> msgspec.json.Decoder[Any]:
    with _learning:
        return msgspec.json.Decoder(_Envelope[model] if envelope else model)


def convert(value: object, hint: Any) -> Any:
    """
    Return *value*, an argument, as the plain value of type *hint* that it is.

    Raises:
        msgspec.ValidationError: It is none.
    """
    with _learning:
        return msgspec.convert(value, hint)


@cache
def is_read_directly(model: Any) -> bool:
    """Return whether msgspec can read *model*: no field in it has another name on the wire."""
    return all(
        wire_name(attribute) == attribute.name and all(map(is_read_directly, models_in(hint)))
        for attribute, hint in typed_fields(model)
    )


_Hook = Callable[[Any, Any], Any]


@cache
def _lenient_converter() -> cattrs.Converter:
    import cattrs  # noqa: PLC0415 - answers that keep their promises never need it

    converter = cattrs.Converter(detailed_validation=False)
    # The stock rules for these come before all others, and turn null into "None" and 5 into "5".
    for leaf in LEAVES:
        converter.register_structure_hook(leaf, msgspec.convert)
    # Of the rules that apply to a type, the one registered last makes its hook.
    for applies, factory in (
        (_is_anything, _refuse),
        (is_union, _nullable_hook),
        (is_open_enum, _open_enum_hook),
        (is_timestamp, _timestamp_hook),
        (is_tuple, _tuple_hook),
        (is_map, _map_hook),
        (is_free_form, _free_form_hook),
        (is_model, _model_hook),
    ):
        converter.register_structure_hook_factory(applies, factory)
    return converter


# Hooks refuse what does not fit with `msgspec.ValidationError`; models, tuples and maps decide
# what becomes of the place it had.


def _is_anything(_: Any) -> bool:
    return True


def _refuse(hint: Any, _: cattrs.Converter) -> _Hook:
    msg = f"no rule how to read {hint!r} from JSON"
    raise TypeError(msg)


def _open_enum_hook(_hint: Any, _: cattrs.Converter) -> _Hook:
    return lambda value, _: msgspec.convert(value, str)


def _free_form_hook(_hint: Any, _: cattrs.Converter) -> _Hook:
    return lambda value, _: value


def _timestamp_hook(_hint: Any, _: cattrs.Converter) -> _Hook:
    def structure(value: Any, _: Any) -> datetime:
        moment = msgspec.convert(value, datetime)
        return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)

    return structure


def _nullable_hook(hint: Any, converter: cattrs.Converter) -> _Hook:
    inner, has_none = nullable(hint)
    if not has_none:
        return _refuse(hint, converter)
    hook: _Hook = converter.get_structure_hook(inner)
    return lambda value, _: None if value is None else hook(value, inner)


def _tuple_hook(hint: Any, converter: cattrs.Converter) -> _Hook:
    item = get_args(hint)[0]
    hook: _Hook = converter.get_structure_hook(item)

    def structure(value: Any, _: Any) -> tuple[Any, ...]:
        kept: list[Any] = []
        for element in _array(value):
            try:
                kept.append(hook(element, item))
            except msgspec.ValidationError:
                continue
        return tuple(kept)

    return structure


def _map_hook(hint: Any, converter: cattrs.Converter) -> _Hook:
    item = get_args(hint)[1]
    hook: _Hook = converter.get_structure_hook(item)

    def structure(value: Any, _: Any) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, element in _object(value).items():
            try:
                kept[key] = hook(element, item)
            except msgspec.ValidationError:
                continue
        return kept

    return structure


def _model_hook(model: Any, converter: cattrs.Converter) -> _Hook:
    plan = [
        (
            attribute.name,
            wire_name(attribute),
            hint,
            converter.get_structure_hook(hint),
            _empty(attribute, hint, converter),
        )
        for attribute, hint in typed_fields(model)
    ]

    def structure(value: Any, _: Any) -> Any:
        found = _object(value)
        values: dict[str, Any] = {}
        for name, wire, hint, hook, empty in plan:
            try:
                values[name] = hook(found[wire], hint) if wire in found else empty()
            except msgspec.ValidationError:
                values[name] = empty()
        return model(**values)

    return structure


def _object(value: Any) -> dict[str, Any]:
    if not is_object(value):
        raise msgspec.ValidationError
    return value


def _array(value: Any) -> list[Any]:
    if not is_array(value):
        raise msgspec.ValidationError
    return value


def _empty(attribute: Attribute[Any], hint: Any, converter: cattrs.Converter) -> Callable[[], Any]:
    if attribute.default is not NOTHING:
        return lambda: attribute.default
    if is_model(hint):
        return lambda: converter.structure({}, hint)
    if is_timestamp(hint):
        return lambda: EPOCH
    if is_tuple(hint):
        return tuple
    if is_map(hint):
        return dict
    # What is left is a leaf, which is its own factory, or an open enum.
    return hint if hint in LEAVES else str


def encode_json(value: object) -> bytes:
    """
    Return *value* as the body of a request.

    Raises:
        TypeError: A value in it is of a type that JSON does not have.
        ValueError: A value in it is one that JSON does not have.
    """
    if _is_plain_text(value):
        try:
            return _encode_text(value)
        except UnicodeEncodeError:
            pass  # What is wrong is said below, outside of this error, which drags along the text.
    return _encoded(_REQUEST_ENCODER, value)


def to_json(value: object) -> bytes:
    """
    Return *value* as JSON that `from_json` reads back.

    Raises:
        TypeError: A value in it is of a type that JSON does not have.
        ValueError: A value in it is one that JSON does not have.
    """
    return _encoded(_STATE_ENCODER, value)


def from_json(data: bytes | str, type_: type[M]) -> M:
    """
    Return what `to_json` wrote of a value of *type_*.

    Raises:
        ValueError: The data is no JSON, or does not fit the type.
    """
    try:
        value: M = _decoder(type_, False).decode(data)  # type: ignore[arg-type]  # as above
    except UnicodeError:
        problem = "no UTF-8"
    except (msgspec.MsgspecError, RecursionError) as error:
        problem = str(error)
    else:
        return value
    # Outside, lest the error drag along the data.
    msg = f"cannot be read as {type_.__name__}: {problem}"
    raise ValueError(msg)


def _encoded(encoder: json.JSONEncoder, value: object) -> bytes:
    try:
        return encoder.encode(value).encode()
    except UnicodeEncodeError:
        problem = "a text holds a lone surrogate"
    except RecursionError:
        problem = "it is nested too deeply"
    except (ValueError, OverflowError) as error:
        problem = str(error)
    # Outside, lest the error drag along the text.
    msg = f"cannot be written as JSON: {problem}"
    raise ValueError(msg)


def _request_value(value: object) -> object:
    if is_model(type(value)):
        items = ((wire_name(attribute), item) for attribute, item in _items(value))
        return {name: item for name, item in items if item is not None}
    if isinstance(value, datetime):
        if value.tzinfo is None:
            msg = "a datetime has no time zone"
            raise ValueError(msg)
        return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    return _plain(value)


def _state_value(value: object) -> object:
    if is_model(type(value)):
        return {attribute.name: item for attribute, item in _items(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    return _plain(value)


def _items(value: object) -> Iterator[tuple[Attribute[Any], object]]:
    for attribute in fields(cast("type[AttrsInstance]", type(value))):
        yield attribute, getattr(value, attribute.name)


def _is_plain_text(value: object) -> bool:
    # Most bodies are nothing else, and msgspec writes those in a third of the time.
    return is_object(value) and all(
        type(name) is str and type(item) is str for name, item in value.items()
    )


def _plain(value: object) -> object:
    if _is_mapping(value):
        return dict(value)
    msg = f"cannot be written as JSON: {type(value).__name__}"
    raise TypeError(msg)


def _is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(value, Mapping)


def _json_encoder(default: Callable[[object], object]) -> json.JSONEncoder:
    return json.JSONEncoder(
        allow_nan=False, default=default, ensure_ascii=False, separators=(",", ":")
    )


_REQUEST_ENCODER = _json_encoder(_request_value)
_encode_text = msgspec.json.Encoder().encode
_STATE_ENCODER = _json_encoder(_state_value)
