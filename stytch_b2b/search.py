"""
What a search for Members looks for: filters that cannot be misspelt, and a query made of them.

::

    MemberQuery.all_of(MemberFilter.statuses("active"), MemberFilter.email_fuzzy("ada"))

Wherever a `MemberQuery` is taken, so is the dictionary that it stands for, a `MemberQueryDict`. A
dictionary may have filters that are unknown here: the server decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal, TypeAlias, TypedDict, cast, get_args

from attrs import frozen

from .errors import InvalidArgumentError

MemberFilterName: TypeAlias = Literal[
    "member_ids",
    "member_emails",
    "member_email_fuzzy",
    "member_is_breakglass",
    "statuses",
    "member_mfa_phone_numbers",
    "member_mfa_phone_number_fuzzy",
    "member_password_exists",
    "member_roles",
]
"""What the API calls a filter."""

SearchableStatus: TypeAlias = Literal["active", "invited", "pending", "deleted"]
"""Where a Member can stand."""

Operator: TypeAlias = Literal["AND", "OR"]


class MemberFilterDict(TypedDict):
    """A `MemberFilter` as a plain dictionary, or a filter that is unknown here."""

    filter_name: MemberFilterName | str
    filter_value: Sequence[str] | str | bool


class MemberQueryDict(TypedDict):
    """A `MemberQuery` as a plain dictionary."""

    operator: Operator
    operands: Sequence[MemberFilterDict]


@frozen
class MemberFilter:
    """
    One thing that Members are searched by; each has a constructor of its name.

    Raises:
        InvalidArgumentError: There is no such filter, or the value is none that it can have.
    """

    filter_name: MemberFilterName
    filter_value: tuple[str, ...] | str | bool

    def __attrs_post_init__(self) -> None:
        check = _CHECKS.get(self.filter_name)
        if check is None:
            raise _invalid(self, "filter_name", f"there is no {self.filter_name!r}")
        problem = check(self.filter_value)
        if problem is not None:
            raise _invalid(self, self.filter_name, problem)

    @classmethod
    def ids(cls, *member_ids: str) -> MemberFilter:
        """
        Find Members by their IDs.

        Args:
            member_ids: IDs of Members, or their external IDs, but not of both kinds.
        """
        return cls("member_ids", member_ids)

    @classmethod
    def emails(cls, *email_addresses: str) -> MemberFilter:
        """
        Find Members by their e-mail addresses.

        Args:
            email_addresses: Whole addresses.
        """
        return cls("member_emails", email_addresses)

    @classmethod
    def email_fuzzy(cls, part: str) -> MemberFilter:
        """
        Find Members by a part of the e-mail address.

        Args:
            part: What the address has in it. The API refuses one that is too short.
        """
        return cls("member_email_fuzzy", part)

    @classmethod
    def is_breakglass(cls, value: bool = True) -> MemberFilter:
        """
        Find Members who may log in by any method, whatever the Organization restricts.

        Args:
            value: ``False`` to find the others.
        """
        return cls("member_is_breakglass", value)

    @classmethod
    def statuses(cls, *statuses: SearchableStatus) -> MemberFilter:
        """
        Find Members by where they stand.

        Args:
            statuses: ``active``, ``invited``, ``pending`` or ``deleted``.
        """
        return cls("statuses", statuses)

    @classmethod
    def mfa_phone_numbers(cls, *phone_numbers: str) -> MemberFilter:
        """
        Find Members by the phone numbers that their passcodes go to.

        Args:
            phone_numbers: Whole numbers, such as ``+14155550123``.
        """
        return cls("member_mfa_phone_numbers", phone_numbers)

    @classmethod
    def mfa_phone_number_fuzzy(cls, part: str) -> MemberFilter:
        """
        Find Members by a part of the phone number that their passcodes go to.

        Args:
            part: What the number has in it. The API refuses one that is too short.
        """
        return cls("member_mfa_phone_number_fuzzy", part)

    @classmethod
    def password_exists(cls, value: bool = True) -> MemberFilter:
        """
        Find Members who have a password.

        Args:
            value: ``False`` to find the others.
        """
        return cls("member_password_exists", value)

    @classmethod
    def roles(cls, *role_ids: str) -> MemberFilter:
        """
        Find Members by the roles that they hold.

        Args:
            role_ids: IDs of roles, such as ``stytch_admin``.
        """
        return cls("member_roles", role_ids)


@frozen
class MemberQuery:
    """
    Filters, and whether a Member has to fit all of them or any; made by `all_of` or `any_of`.

    Raises:
        InvalidArgumentError: It is made of something else, or asks for any of no filters.
    """

    operator: Operator
    operands: tuple[MemberFilter, ...]

    def __attrs_post_init__(self) -> None:
        if self.operator not in get_args(Operator):
            raise _invalid(self, "operator", f"expected AND or OR, got {self.operator!r}")
        for operand in self.operands:
            if not isinstance(operand, MemberFilter):
                problem = f"expected MemberFilter, got {type(operand).__name__}"
                raise _invalid(self, "operands", problem)
        if self.operator == "OR" and not self.operands:
            raise _invalid(self, "operands", "any of no filters fits nobody")

    @classmethod
    def all_of(cls, *filters: MemberFilter) -> MemberQuery:
        """
        Find the Members who fit all filters; with none, all Members.

        Args:
            filters: What to search by.
        """
        return cls("AND", filters)

    @classmethod
    def any_of(cls, *filters: MemberFilter) -> MemberQuery:
        """
        Find the Members who fit at least one filter.

        Stytch may end this: its backend API calls the operator deprecated.

        Args:
            filters: What to search by; at least one.
        """
        return cls("OR", filters)

    def as_dict(self) -> MemberQueryDict:
        """Return the query as it is sent."""
        return {
            "operator": self.operator,
            "operands": [_filter_as_dict(operand) for operand in self.operands],
        }


def _filter_as_dict(operand: MemberFilter) -> MemberFilterDict:
    value = operand.filter_value
    return {
        "filter_name": operand.filter_name,
        "filter_value": list(value) if isinstance(value, tuple) else value,
    }


def _problem_of_text(value: object, known: Sequence[str] = ()) -> str | None:
    if not isinstance(value, str):
        return f"expected str, got {type(value).__name__}"
    if not value:
        return "is empty"
    return f"expected {' or '.join(known)}, got {value!r}" if known and value not in known else None


def _problem_of_texts(values: object, known: Sequence[str] = ()) -> str | None:
    if not isinstance(values, tuple):
        return f"expected tuple, got {type(values).__name__}"
    # Everybody, or nobody? The API refuses to guess, too.
    if not values:
        return "needs at least one value"
    problems = (_problem_of_text(value, known) for value in cast("tuple[object, ...]", values))
    return next(filter(None, problems), None)


def _problem_of_flag(value: object) -> str | None:
    return None if isinstance(value, bool) else f"expected bool, got {type(value).__name__}"


_CHECKS: Mapping[str, Callable[[object], str | None]] = {
    "member_ids": _problem_of_texts,
    "member_emails": _problem_of_texts,
    "member_email_fuzzy": _problem_of_text,
    "member_is_breakglass": _problem_of_flag,
    "statuses": partial(_problem_of_texts, known=get_args(SearchableStatus)),
    "member_mfa_phone_numbers": _problem_of_texts,
    "member_mfa_phone_number_fuzzy": _problem_of_text,
    "member_password_exists": _problem_of_flag,
    "member_roles": _problem_of_texts,
}
"""Says what is wrong with a filter's value."""


def _invalid(made: object, name: str, problem: str) -> InvalidArgumentError:
    return InvalidArgumentError(endpoint=type(made).__name__, problems={name: problem})
