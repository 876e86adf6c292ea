"""What all answers of the API have in common, and how an answer came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import field, fields_dict, frozen

from .. import _json
from .._headers import Headers


@frozen(kw_only=True)
class ResponseMeta:
    """How an answer came: what HTTP says of it, and what it took."""

    status_code: int
    """HTTP status."""
    headers: Mapping[str, str] = field(repr=False)
    """Header fields; names match in whatever case."""
    request_id: str
    """What Stytch's support asks for, or an empty string."""
    body: bytes = field(repr=False)
    """The body as it came. It may hold secrets."""
    attempts: int
    """How many times the call was sent."""
    elapsed: float
    """Seconds from the call to its answer, waits between attempts included."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The header mappings of HTTP libraries may refuse to pickle or to be copied.
        values = {name: getattr(self, name) for name in fields_dict(type(self))}
        return _build, (type(self), {**values, "headers": Headers(self.headers)})


class _HasMeta:
    # No attrs field, so neither equality, repr and hash nor a ``meta`` sent by the server touch it.
    __slots__ = ("_meta",)

    _meta: ResponseMeta


@frozen(kw_only=True)
class APIResponse(_HasMeta):
    """
    What every answer says; the whole of an answer that reports nothing but success.

    Fields the server sends and the models do not know are in `raw`.
    """

    request_id: str
    """What Stytch's support asks for."""
    status_code: int
    """HTTP status, as the body repeats it."""

    @property
    def meta(self) -> ResponseMeta:
        """
        How this answer came.

        Raises:
            AttributeError: The response was made by hand, not received.
        """
        try:
            return self._meta
        except AttributeError:
            msg = f"this {type(self).__name__} was not received from a server: it has no meta"
            raise AttributeError(msg) from None

    @property
    def raw(self) -> dict[str, Any]:
        """
        The whole body as plain JSON, decoded anew at each access.

        Raises:
            AttributeError: The response was made by hand, not received.
        """
        value = _json.parse(self.meta.body)
        return value if _json.is_object(value) else {}

    def __reduce__(self) -> tuple[Any, ...]:
        values = {name: getattr(self, name) for name in fields_dict(type(self))}
        return _build_response, (type(self), values, getattr(self, "_meta", None))


R = TypeVar("R", bound=APIResponse)


def attach(response: R, meta: ResponseMeta) -> R:
    """Set *meta* on a *response* that was just decoded and that nobody else holds yet."""
    object.__setattr__(response, "_meta", meta)
    return response


def _build(cls: type[Any], values: dict[str, Any]) -> Any:
    return cls(**values)


def _build_response(cls: type[R], values: dict[str, Any], meta: ResponseMeta | None) -> R:
    response = cls(**values)
    return response if meta is None else attach(response, meta)
