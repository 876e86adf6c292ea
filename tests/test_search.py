"""What a search is made of, and what becomes of it on the wire."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given, strategies as st

from stytch_b2b import InvalidArgumentError, MemberFilter, MemberQuery
from stytch_b2b._converter import encode_json
from stytch_b2b.search import MemberFilterName, Operator, SearchableStatus
from tests.facts import schemas

FACTS: dict[str, Any] = {one["name"]: one for one in schemas()["MemberSearchQueryOperand"]}
FILTERS: dict[str, str] = FACTS["filter_name"]["known_values"]

EXAMPLES: dict[str, tuple[MemberFilter, Any]] = {
    "member_ids": (MemberFilter.ids("member-1", "member-2"), ["member-1", "member-2"]),
    "member_emails": (MemberFilter.emails("ada@acme.example"), ["ada@acme.example"]),
    "member_email_fuzzy": (MemberFilter.email_fuzzy("ada"), "ada"),
    "member_is_breakglass": (MemberFilter.is_breakglass(), True),
    "statuses": (MemberFilter.statuses("active", "invited"), ["active", "invited"]),
    "member_mfa_phone_numbers": (MemberFilter.mfa_phone_numbers("+14155550123"), ["+14155550123"]),
    "member_mfa_phone_number_fuzzy": (MemberFilter.mfa_phone_number_fuzzy("0123"), "0123"),
    "member_password_exists": (MemberFilter.password_exists(False), False),
    "member_roles": (MemberFilter.roles("stytch_admin"), ["stytch_admin"]),
}

TYPES: dict[str, Callable[[Any], bool]] = {
    "array of string": lambda value: isinstance(value, list) and isinstance(value[0], str),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
}


def constructor(filter_name: str) -> Callable[..., MemberFilter]:
    """
    Return what makes the filter that the API calls *filter_name*.
    """
    made: Callable[..., MemberFilter] = getattr(MemberFilter, filter_name.removeprefix("member_"))
    return made


texts = st.lists(st.text(min_size=1), min_size=1)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "array of string": texts,
    "string": st.text(min_size=1),
    "boolean": st.booleans(),
}


@st.composite
def filters(draw: st.DrawFn) -> MemberFilter:
    """
    Make filters of every name with every value that they can have.
    """
    name = draw(st.sampled_from(sorted(FILTERS)))
    if name == "statuses":
        known = st.sampled_from(get_args(SearchableStatus))
        return MemberFilter.statuses(*draw(st.lists(known, min_size=1)))
    value = draw(VALUES[FILTERS[name]])
    return constructor(name)(*value) if isinstance(value, list) else constructor(name)(value)


queries = st.builds(lambda some: MemberQuery.all_of(*some), st.lists(filters())) | st.builds(
    lambda some: MemberQuery.any_of(*some), st.lists(filters(), min_size=1)
)


def test_filters_are_those_of_the_facts() -> None:
    """
    Each filter of the facts has a name, a constructor and an example below, and no other has.
    """
    constructors = {
        name
        for name, member in vars(MemberFilter).items()
        if isinstance(member, classmethod) and not name.startswith("_")
    }

    assert FILTERS.keys() == set(get_args(MemberFilterName)) == EXAMPLES.keys()
    assert {name.removeprefix("member_") for name in FILTERS} == constructors


@pytest.mark.parametrize("name", FILTERS)
def test_filter_on_the_wire(name: str) -> None:
    """
    A filter has the fields of the facts, its name, and a value of the type that the facts give it.
    """
    made, value = EXAMPLES[name]
    (sent,) = json.loads(encode_json(MemberQuery.all_of(made).as_dict()))["operands"]

    assert {"filter_name": name, "filter_value": value} == sent
    assert FACTS.keys() == sent.keys()
    assert TYPES[FILTERS[name]](sent["filter_value"])


def test_queries_on_the_wire() -> None:
    """
    A query has the fields and operators of the facts, and its filters in their order.
    """
    active, ada = MemberFilter.statuses("active"), MemberFilter.email_fuzzy("ada")
    operands = [
        {"filter_name": "statuses", "filter_value": ["active"]},
        {"filter_name": "member_email_fuzzy", "filter_value": "ada"},
    ]
    facts: dict[str, Any] = {one["name"]: one for one in schemas()["MemberSearchQuery"]}

    both, either, everybody = (
        dict(query.as_dict())
        for query in (
            MemberQuery.all_of(active, ada),
            MemberQuery.any_of(active, ada),
            MemberQuery.all_of(),
        )
    )

    assert {"operator": "AND", "operands": operands} == both
    assert {"operator": "OR", "operands": operands} == either
    assert {"operator": "AND", "operands": []} == everybody
    assert facts.keys() == everybody.keys()
    assert set(facts["operator"]["enum"]) == set(get_args(Operator))


@given(queries)
def test_nothing_is_lost_on_the_wire(query: MemberQuery) -> None:
    """
    From what is sent of a query the same query can be made again.
    """
    sent = json.loads(encode_json(query.as_dict()))
    operands = [
        MemberFilter(
            one["filter_name"],
            tuple(one["filter_value"])
            if isinstance(one["filter_value"], list)
            else one["filter_value"],
        )
        for one in sent["operands"]
    ]

    assert query == MemberQuery(sent["operator"], tuple(operands))


@given(queries)
def test_queries_are_values(query: MemberQuery) -> None:
    """
    A query is equal to its copies, hashes like them, and never changes.
    """
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        query.operator = "OR"  # type: ignore[misc]

    assert query == copy.deepcopy(query) == pickle.loads(pickle.dumps(query))
    assert hash(query) == hash(copy.deepcopy(query))


@pytest.mark.parametrize("name", [name for name, kind in FILTERS.items() if "array" in kind])
@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ((), "needs at least one value"),
        (("",), "is empty"),
        (("active", 5), "expected str, got int"),
        ((["active"],), "expected str, got list"),
    ],
    ids=["none", "empty", "number", "list"],
)
def test_lists_of_texts(name: str, values: tuple[Any, ...], problem: str) -> None:
    """
    A filter by several values has some, all of them text that is not empty.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        constructor(name)(*values)

    assert {name: problem} == caught.value.problems
    assert "MemberFilter" == caught.value.endpoint


@pytest.mark.parametrize("name", [name for name, kind in FILTERS.items() if kind == "string"])
@pytest.mark.parametrize(
    ("value", "problem"),
    [("", "is empty"), (5, "expected str, got int"), (None, "expected str, got NoneType")],
)
def test_texts(name: str, value: Any, problem: str) -> None:
    """
    A filter by a part of something has a text that is not empty; the server knows how long.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        constructor(name)(value)

    assert {name: problem} == caught.value.problems


@pytest.mark.parametrize("name", [name for name, kind in FILTERS.items() if kind == "boolean"])
@pytest.mark.parametrize("value", [1, "true", None])
def test_flags(name: str, value: Any) -> None:
    """
    A filter by yes or no takes nothing that is merely true or false in a condition.
    """
    with pytest.raises(InvalidArgumentError, match=f"{name}: expected bool, got "):
        constructor(name)(value)


def test_unknown_status() -> None:
    """
    A status that is misspelt is refused at once, with those that there are.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        MemberFilter.statuses("active", "activ")  # type: ignore[arg-type]

    assert (
        "MemberFilter: statuses: expected active or invited or pending or deleted, got 'activ'"
        == str(caught.value)
    )


def test_unknown_filter() -> None:
    """
    A filter that is made by its name has to have one of the names there are.
    """
    with pytest.raises(InvalidArgumentError, match="filter_name: there is no 'member_email'"):
        MemberFilter("member_email", "ada")  # type: ignore[arg-type]


def test_values_by_name_are_checked_too() -> None:
    """
    A filter that is made by its name is no way around the checks.
    """
    with pytest.raises(InvalidArgumentError, match="statuses: expected tuple, got list"):
        MemberFilter("statuses", ["active"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (MemberQuery.any_of, "operands: any of no filters fits nobody"),
        (lambda: MemberQuery.all_of("ada"), "operands: expected MemberFilter, got str"),  # type: ignore[arg-type]
        (lambda: MemberQuery("and", ()), "operator: expected AND or OR, got 'and'"),  # type: ignore[arg-type]
    ],
    ids=["nothing", "text", "operator"],
)
def test_queries_that_make_no_sense(make: Callable[[], MemberQuery], problem: str) -> None:
    """
    A query is made of filters, and asks for any of some or for all.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        make()

    assert f"MemberQuery: {problem}" == str(caught.value)
