"""Which values from outside an annotation admits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Optional, TypedDict

import pytest

from stytch_b2b.emulator.typed import fits


class Point(TypedDict):
    """
    Something with two numbers.
    """

    x: int
    y: int


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ([{}, None], Any),
        ("a", str),
        (True, bool),
        (1, int),
        (1, float),
        (1.5, float),
        (None, str | None),
        (None, Optional[str]),  # noqa: UP045
        ("a", int | str),
        ("b", Literal["a", "b"]),
        ([], Sequence[str]),
        (["a"], Iterable[str]),
        (("a", "b"), Sequence[str]),
        ({"a": 1}, Mapping[str, int]),
        ([{"a": {}}], Iterable[Mapping[str, Any]]),
        ({"x": 1, "y": 2, "z": "3"}, Point),
    ],
    ids=str,
)
def test_what_fits(value: object, hint: Any) -> None:
    """
    A value that has the type is taken, however deep it is.
    """
    assert fits(value, hint)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (1, str),
        (None, str),
        (1, bool),
        (True, int),
        (True, float),
        (1.0, int),
        ("1", float),
        (1, str | None),
        ("c", Literal["a", "b"]),
        ("ab", Sequence[str]),
        ("ab", Iterable[str]),
        ({"a": 1}, Sequence[str]),
        ([1], Sequence[str]),
        ([], Mapping[str, int]),
        ({"a": "1"}, Mapping[str, int]),
        ({"x": 1}, Point),
        ({"x": 1, "y": "2"}, Point),
        ([], Point),
    ],
    ids=str,
)
def test_what_does_not_fit(value: object, hint: Any) -> None:
    """
    Nothing is converted, and a string is no array of letters.
    """
    assert not fits(value, hint)
