"""
Filters and the paths of patches (RFC 7644, sections 3.4.2.2 and 3.5.2).

A filter becomes a tree of conditions, which are asked whether they hold of a resource, or of one
value of a complex attribute.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NoReturn, Protocol

from attrs import frozen

from .errors import InvalidFilterError, InvalidPathError
from .schemas import Attribute, ResourceType
from .values import Steps, as_boolean, values_at

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[()\[\]])|(?P<word>[^\s()\[\]"]+))"""
)
_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_SUBSTRINGS: Mapping[str, Callable[[str, str], bool]] = {
    "co": operator.contains,
    "sw": str.startswith,
    "ew": str.endswith,
}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {**_SUBSTRINGS, **_ORDERINGS}
_DEEPEST = 50


class Condition(Protocol):
    """What holds of a resource, or does not."""

    def holds(self, resource: Mapping[str, Any]) -> bool:
        """Return whether it holds."""
        ...

    def implied(self) -> dict[str, Any] | None:
        """Return the values that it asks for, if it asks for nothing but values."""
        ...


@frozen
class Comparison:
    """An attribute compared with a literal."""

    steps: Steps
    operator: str
    literal: str | float | bool | None

    def holds(self, resource: Mapping[str, Any]) -> bool:
        """Return whether it holds of any of the values that the attribute has."""
        values = values_at(self.steps, resource)
        if self.operator == "ne":
            return not self._equals(values)
        if self.operator == "eq":
            return self._equals(values)
        literal = self._comparable(self.literal)
        compare = _COMPARE[self.operator]
        comparable = filter(None, map(self._comparable, values))
        return literal is not None and any(compare(value, literal) for value in comparable)

    def implied(self) -> dict[str, Any] | None:
        """Return the value, if it is that of one attribute."""
        if self.operator == "eq" and len(self.steps) == 1:
            return {self.steps[0].name: self.literal}
        return None

    def _equals(self, values: Sequence[Any]) -> bool:
        if self.literal is None:
            return not values
        literal = self._comparable(self.literal)
        return any(self._comparable(value) == literal for value in values)

    def _comparable(self, value: Any) -> Any:
        attribute = self.steps[-1]
        if attribute.type == "boolean":
            return as_boolean(value)
        if attribute.type == "dateTime":
            return _moment(value)
        return value if attribute.case_exact or not isinstance(value, str) else value.lower()


@frozen
class Presence:
    """An attribute that has a value."""

    steps: Steps

    def holds(self, resource: Mapping[str, Any]) -> bool:
        """Return whether there is a value that is not empty."""
        return any(value not in ("", {}) for value in values_at(self.steps, resource))

    def implied(self) -> None:
        """Return nothing: any value will do."""


@frozen
class Within:
    """A condition on one and the same value of a complex attribute."""

    steps: Steps
    condition: Condition

    def holds(self, resource: Mapping[str, Any]) -> bool:
        """Return whether it holds of any of the values."""
        return any(self.condition.holds(value) for value in values_at(self.steps, resource))

    def implied(self) -> None:
        """Return nothing: conditions do not stand within each other in the path of a patch."""


@frozen
class Negation:
    """What must not hold."""

    condition: Condition

    def holds(self, resource: Mapping[str, Any]) -> bool:
        """Return whether it does not hold."""
        return not self.condition.holds(resource)

    def implied(self) -> None:
        """Return nothing: there are many ways not to be something."""


@frozen
class Junction:
    """Conditions all of which must hold, or any."""

    conditions: Sequence[Condition]
    is_and: bool

    def holds(self, resource: Mapping[str, Any]) -> bool:
        """Return whether all hold, or any."""
        held = (condition.holds(resource) for condition in self.conditions)
        return all(held) if self.is_and else any(held)

    def implied(self) -> dict[str, Any] | None:
        """Return the values that all ask for together."""
        merged: dict[str, Any] = {}
        for condition in self.conditions:
            values = condition.implied() if self.is_and else None
            if values is None:
                return None
            merged.update(values)
        return merged


@frozen
class Path:
    """Where a patch applies."""

    steps: Steps
    """The attributes that lead there."""

    condition: Condition | None = None
    """Which of the values are meant, if not all of them."""

    sub_attribute: Attribute | None = None
    """What of those values is meant, if not the whole of them."""


def parse(resource_type: ResourceType, text: str) -> Condition:
    """
    Read a filter.

    Raises:
        InvalidFilterError: It is none, or an attribute is unknown.
    """
    return _Parser(resource_type, text, InvalidFilterError).filter()


def parse_path(resource_type: ResourceType, text: str) -> Path:
    """
    Read the path of a patch, such as ``emails[type eq "work"].value``.

    Raises:
        InvalidPathError: It is none, or an attribute is unknown.
        InvalidFilterError: The filter in it is none.
    """
    return _Parser(resource_type, text, InvalidPathError).path()


class _Parser:
    """Reads one text from left to right; ``and`` binds more closely than ``or``."""

    def __init__(
        self,
        resource_type: ResourceType,
        text: str,
        error: type[InvalidFilterError | InvalidPathError],
    ) -> None:
        self._resource_type = resource_type
        self._error = error
        self._text = text
        self._tokens = self._cut(text)
        self._next = 0
        self._depth = 0
        self._scope: Attribute | None = None

    def filter(self) -> Condition:
        condition = self._either()
        if self._next < len(self._tokens):
            self._refuse()
        return condition

    def path(self) -> Path:
        steps = self._steps(self._take())
        if self._peek() is None:
            return Path(steps)
        if self._take() != "[" or not steps[-1].multi_valued:
            self._refuse()
        self._error = InvalidFilterError
        condition = self._bracketed(steps[-1])
        self._error = InvalidPathError
        if self._peek() is None:
            return Path(steps, condition)
        sub_attribute = self._after_bracket(steps[-1])
        if self._peek() is not None:
            self._refuse()
        return Path(steps, condition, sub_attribute)

    def _either(self) -> Condition:
        # One junction for a row of any length, so that no filter is too long to be asked.
        conditions = [self._both()]
        while self._takes("or"):
            conditions.append(self._both())
        return conditions[0] if len(conditions) == 1 else Junction(conditions, is_and=False)

    def _both(self) -> Condition:
        conditions = [self._one()]
        while self._takes("and"):
            conditions.append(self._one())
        return conditions[0] if len(conditions) == 1 else Junction(conditions, is_and=True)

    def _one(self) -> Condition:
        if self._takes("not"):
            if not self._takes("("):
                self._refuse()
            return Negation(self._group())
        if self._takes("("):
            return self._group()
        return self._comparison()

    def _group(self) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._refuse()
        condition = self._either()
        if not self._takes(")"):
            self._refuse()
        self._depth -= 1
        return condition

    def _comparison(self) -> Condition:
        steps = self._steps(self._take())
        if not self._takes("["):
            return self._compared(steps)
        condition = self._bracketed(steps[-1])
        following = self._peek()
        if following is None or not following.startswith("."):
            return Within(steps, condition)
        # Beyond the RFC, but Microsoft Entra asks: emails[type eq "work"].value eq "…"
        compared = self._compared((self._after_bracket(steps[-1]),))
        return Within(steps, Junction((condition, compared), is_and=True))

    def _bracketed(self, attribute: Attribute) -> Condition:
        if self._scope is not None or attribute.type != "complex":
            self._refuse()
        self._scope = attribute
        condition = self._either()
        self._scope = None
        if not self._takes("]"):
            self._refuse()
        return condition

    def _after_bracket(self, attribute: Attribute) -> Attribute:
        name = self._take()
        found = attribute.find(name[1:]) if name.startswith(".") else None
        if found is None:
            self._refuse()
        return found

    def _compared(self, steps: Steps) -> Condition:
        operation = self._take().lower()
        if operation == "pr":
            return Presence(steps)
        if operation not in {"eq", "ne", *_COMPARE}:
            self._refuse()
        literal = self._literal(self._take())
        if steps[-1].type == "complex":
            # Of a complex attribute the value itself is meant: emails eq "…"
            value = steps[-1].find("value")
            if value is None:
                self._refuse()
            steps = (*steps, value)
        kind = steps[-1].type
        is_text = isinstance(literal, str)
        if operation in _SUBSTRINGS and (kind in {"boolean", "dateTime"} or not is_text):
            self._refuse()
        if operation in _ORDERINGS and (kind in {"boolean", "binary"} or not is_text):
            self._refuse()
        return Comparison(steps, operation, literal)

    def _literal(self, token: str) -> str | float | bool | None:
        try:
            literal = json.loads(token if token.startswith('"') else token.lower())
        except ValueError:
            self._refuse()
        if isinstance(literal, list | dict):
            self._refuse()
        return literal  # type: ignore[no-any-return]

    def _steps(self, name: str) -> Steps:
        if self._scope is None:
            steps = self._resource_type.resolve(name)
        else:
            found = self._scope.find(name)
            steps = None if found is None else (found,)
        if steps is None:
            msg = f"There is no attribute {name}."
            raise self._error(msg)
        return steps

    def _peek(self) -> str | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self) -> str:
        token = self._peek()
        if token is None:
            self._refuse()
        self._next += 1
        return token

    def _takes(self, word: str) -> bool:
        token = self._peek()
        if token is None or token.lower() != word:
            return False
        self._next += 1
        return True

    def _cut(self, text: str) -> list[str]:
        tokens: list[str] = []
        position = 0
        stripped = text.rstrip()
        while position < len(stripped):
            match = _TOKEN.match(stripped, position)
            if match is None:
                self._refuse()
            tokens.append(match.group().lstrip())
            position = match.end()
        return tokens

    def _refuse(self) -> NoReturn:
        msg = f"Not understood: {self._text}"
        raise self._error(msg)


def _moment(value: Any) -> datetime | None:
    try:
        # Only from Python 3.11 on `fromisoformat` knows the letter.
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
