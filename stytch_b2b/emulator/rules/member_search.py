"""Searching for the members of an organization."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast, get_args

from attrs import frozen

from ..errors import (
    ApiError,
    BadRequestError,
    MemberSearchCannotMixInternalAndExternalMemberIdsError,
    MemberSearchExpectedArrayOfStringsError,
    MemberSearchExpectedBooleanError,
    MemberSearchExpectedStringError,
    MemberSearchFilterNameMustBeStringError,
    MemberSearchFilterNameNotRecognizedError,
    MemberSearchMemberEmailFuzzyTooShortError,
    MemberSearchMemberMfaPhoneNumberFuzzyTooShortError,
    MemberSearchMissingFilterNameError,
    MemberSearchMissingFilterValueError,
    MemberSearchMissingMemberEmailFuzzyError,
    MemberSearchMissingMemberEmailsError,
    MemberSearchMissingMemberIdsError,
    MemberSearchMissingMemberRolesError,
    MemberSearchMissingMfaMemberPhoneNumberFuzzyError,
    MemberSearchMissingMfaMemberPhoneNumbersError,
    MemberSearchMissingStatusesError,
    SearchInvalidStatusFilterError,
)
from ..store import Member, MemberStatus, Organization, Store
from . import passwords, roles

OPERATORS = ("AND", "OR")

SHORTEST_FUZZY = 3

Test = Callable[[Store, Member], bool]
"""Tells whether a member is looked for."""

_INTERNAL_ID = re.compile(r"member-(test|live)-.+")


@frozen(kw_only=True)
class Page:
    """Some of the members that were found."""

    members: Sequence[Member]
    total: int
    """How many there are on all pages."""
    next_cursor: str | None


def search(
    store: Store,
    organization: Organization,
    *,
    operator: str,
    operands: Sequence[Mapping[str, Any]],
    cursor: str | None,
    limit: int,
) -> Page:
    """
    Return a page of the members who fit, in the order they came.

    Deleted members are found only by an operand that asks for their status. A cursor names the
    last member of the page before, so that whoever comes or goes meanwhile shifts nobody.

    Args:
        store: Where everything is.

        organization: Whose members.

        operator: ``AND`` or ``OR``.

        operands: Each with ``filter_name`` and ``filter_value``; everybody fits none at all.

        cursor: Where the page begins, from the page before.

        limit: Most members on the page.

    Raises:
        BadRequestError: The cursor is none of ours.
        ApiError: An operand has no name that is known, or a value that its name does not take.
    """
    tests = [_test(operand) for operand in operands]
    fits = any if operator == "OR" and tests else all
    wants_deleted = any(
        operand["filter_name"] == "statuses" and "deleted" in operand["filter_value"]
        for operand in operands
    )
    last = _last(store, organization, cursor) if cursor else None

    found: list[Member] = []
    total, is_before = 0, last is not None
    for member in store.members_of(organization.organization_id):
        is_visible = member.status != "deleted" or wants_deleted
        if is_visible and fits(test(store, member) for test in tests):
            total += 1
            # One more than fits on the page, to know whether there is another page.
            if not is_before and len(found) <= limit:
                found.append(member)
        if member is last:
            is_before = False
    page = found[:limit]
    following = _cursor(page[-1]) if len(found) > limit else None
    return Page(members=page, total=total, next_cursor=following)


def _test(operand: Mapping[str, Any]) -> Test:
    name, value = operand.get("filter_name"), operand.get("filter_value")
    if name is None:
        raise MemberSearchMissingFilterNameError
    if not isinstance(name, str):
        raise MemberSearchFilterNameMustBeStringError
    if name not in _FILTERS:
        raise MemberSearchFilterNameNotRecognizedError
    if value is None:
        raise MemberSearchMissingFilterValueError
    return _FILTERS[name](value)


def _flag(read: Callable[[Store, Member], bool]) -> Callable[[object], Test]:
    def test(value: object) -> Test:
        if not isinstance(value, bool):
            raise MemberSearchExpectedBooleanError
        return lambda store, member: read(store, member) is value

    return test


def _part(
    read: Callable[[Member], str], *, missing: type[ApiError], too_short: type[ApiError]
) -> Callable[[object], Test]:
    def test(value: object) -> Test:
        if not isinstance(value, str):
            raise MemberSearchExpectedStringError
        if not value:
            raise missing
        if len(value) < SHORTEST_FUZZY:
            raise too_short
        wanted = value.lower()
        return lambda store, member: wanted in read(member)

    return test


def _any_of(
    read: Callable[[Store, Member], set[str]],
    *,
    missing: type[ApiError],
    normal: Callable[[Sequence[str]], Sequence[str]] = lambda values: values,
) -> Callable[[object], Test]:
    def test(value: object) -> Test:
        if not isinstance(value, list):
            raise MemberSearchExpectedArrayOfStringsError
        values = cast("list[object]", value)
        if not all(isinstance(each, str) for each in values):
            raise MemberSearchExpectedArrayOfStringsError
        if not values:
            raise missing
        wanted = frozenset(normal(cast("list[str]", values)))
        return lambda store, member: not wanted.isdisjoint(read(store, member))

    return test


def _ids(store: Store, member: Member) -> set[str]:
    return {one for one in (member.member_id, member.external_id) if one is not None}


def _checked_ids(values: Sequence[str]) -> Sequence[str]:
    are_internal = {_INTERNAL_ID.fullmatch(value) is not None for value in values}
    if len(are_internal) > 1:
        raise MemberSearchCannotMixInternalAndExternalMemberIdsError
    return values


def _checked_statuses(values: Sequence[str]) -> Sequence[str]:
    if not set(get_args(MemberStatus)).issuperset(values):
        raise SearchInvalidStatusFilterError
    return values


def _lowered(values: Sequence[str]) -> Sequence[str]:
    return [value.lower() for value in values]


_PHONE_NUMBERS = _any_of(
    lambda store, member: {member.mfa_phone_number},
    missing=MemberSearchMissingMfaMemberPhoneNumbersError,
)
_PHONE_NUMBER_FUZZY = _part(
    lambda member: member.mfa_phone_number,
    missing=MemberSearchMissingMfaMemberPhoneNumberFuzzyError,
    too_short=MemberSearchMemberMfaPhoneNumberFuzzyTooShortError,
)

_FILTERS: Mapping[str, Callable[[object], Test]] = {
    "member_ids": _any_of(_ids, missing=MemberSearchMissingMemberIdsError, normal=_checked_ids),
    "member_emails": _any_of(
        lambda store, member: {member.email_address},
        missing=MemberSearchMissingMemberEmailsError,
        normal=_lowered,
    ),
    "member_email_fuzzy": _part(
        lambda member: member.email_address,
        missing=MemberSearchMissingMemberEmailFuzzyError,
        too_short=MemberSearchMemberEmailFuzzyTooShortError,
    ),
    "member_is_breakglass": _flag(lambda store, member: member.is_breakglass),
    "statuses": _any_of(
        lambda store, member: {member.status},
        missing=MemberSearchMissingStatusesError,
        normal=_checked_statuses,
    ),
    "member_mfa_phone_numbers": _PHONE_NUMBERS,
    "member_mfa_phone_number_fuzzy": _PHONE_NUMBER_FUZZY,
    # What the backend's API calls the same.
    "member_phone_numbers": _PHONE_NUMBERS,
    "member_phone_number_fuzzy": _PHONE_NUMBER_FUZZY,
    "member_password_exists": _flag(lambda store, member: passwords.of(store, member) is not None),
    "member_roles": _any_of(
        lambda store, member: set(roles.held(store, member)),
        missing=MemberSearchMissingMemberRolesError,
    ),
}


def _cursor(member: Member) -> str:
    return base64.urlsafe_b64encode(member.member_id.encode()).decode("ascii")


def _last(store: Store, organization: Organization, cursor: str) -> Member:
    try:
        member = store.members.get(base64.urlsafe_b64decode(cursor.encode()).decode())
    except (binascii.Error, ValueError):
        member = None
    if member is None or member.organization_id != organization.organization_id:
        message = "The cursor is invalid."
        raise BadRequestError(message)
    return member
