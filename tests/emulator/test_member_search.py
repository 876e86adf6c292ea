"""Searching for members: every filter, what is no filter, and pages that stay right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .member_calls import ORGANIZATION, remove

if TYPE_CHECKING:
    from stytch_b2b.emulator import SignedIn

    from .conftest import Api, Reply

SEARCH = f"{ORGANIZATION}/members/search"
ADA, BOB, EVE, MAY, ZOE = (f"{name}@example.com" for name in ("ada", "bob", "eve", "may", "zoe"))


@pytest.fixture
def ada(api: Api) -> SignedIn:
    """
    Ada administers Acme.
    """
    return api.emulator.sign_in(ADA, "Acme")


@pytest.fixture
def crowd(api: Api, ada: SignedIn) -> SignedIn:
    """
    Acme has members of every kind.
    """
    bob = api.emulator.create_member("Acme", BOB, is_breakglass=True, external_id="b-1")
    api.emulator.enroll_phone(bob, "+12025550162")
    api.emulator.create_member("Acme", EVE, password="swordfish 7!", status="invited")
    api.emulator.create_member("Acme", MAY, status="pending", mfa_phone_number="+442079460000")
    api.emulator.create_member("Acme", ZOE, status="deleted")
    api.emulator.create_member(api.emulator.create_organization("Other"), "bob@other.com")
    return ada


def search(api: Api, caller: SignedIn, *operands: Any, operator: str = "AND", **body: Any) -> Reply:
    """
    Search with operands, or without any query.
    """
    query = {"query": {"operator": operator, "operands": list(operands)}} if operands else {}
    return api.post(SEARCH, {**query, **body}, token=caller.session_token)


def operand(name: Any, value: Any) -> dict[str, Any]:
    """
    Return what is searched by, and for.
    """
    return {"filter_name": name, "filter_value": value}


def addresses(reply: Reply) -> list[str]:
    """
    Return whom a search has found.
    """
    return [member["email_address"] for member in reply.data["members"]]


def test_answer(api: Api, crowd: SignedIn) -> None:
    """
    Members come as they look elsewhere, with their organization and how many there are.
    """
    data = search(api, crowd, limit=1).data
    me = api.get("/sdk/v1/b2b/organizations/members/me", token=crowd.session_token).data
    organization = api.get(ORGANIZATION, token=crowd.session_token).data["organization"]

    assert set(data) == {
        "request_id",
        "status_code",
        "members",
        "organizations",
        "results_metadata",
    }
    assert data["members"] == [me["member"]]
    assert data["organizations"] == {crowd.organization_id: organization}
    assert data["results_metadata"]["total"] == 4


def test_without_a_query_everybody_is_found(api: Api, crowd: SignedIn) -> None:
    """
    But for deleted members, and those of other organizations.
    """
    everybody = [ADA, BOB, EVE, MAY]
    bare: dict[str, Any] = {"operator": "OR", "operands": []}

    assert everybody == addresses(search(api, crowd))
    assert everybody == addresses(search(api, crowd, cursor="", query=bare))
    assert everybody == addresses(search(api, crowd, query={"operator": "AND"}))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("member_ids", ["BOB", "ADA"], [ADA, BOB]),
        ("member_ids", ["b-1"], [BOB]),
        ("member_ids", ["b"], []),
        ("member_emails", ["Bob@Example.com", "nobody@example.com"], [BOB]),
        ("member_emails", ["bob@other.com"], []),
        ("member_email_fuzzy", "A@EX", [ADA]),
        ("member_email_fuzzy", "example", [ADA, BOB, EVE, MAY]),
        ("member_email_fuzzy", "nobody", []),
        ("member_is_breakglass", True, [BOB]),
        ("member_is_breakglass", False, [ADA, EVE, MAY]),
        ("statuses", ["active"], [ADA, BOB]),
        ("statuses", ["invited", "pending"], [EVE, MAY]),
        ("statuses", ["deleted"], [ZOE]),
        ("statuses", ["active", "invited", "pending", "deleted"], [ADA, BOB, EVE, MAY, ZOE]),
        ("member_mfa_phone_numbers", ["+12025550162"], [BOB]),
        ("member_mfa_phone_numbers", ["2025550162"], []),
        ("member_mfa_phone_number_fuzzy", "+44", [MAY]),
        ("member_mfa_phone_number_fuzzy", "20794", [MAY]),
        ("member_phone_numbers", ["+12025550162"], [BOB]),
        ("member_phone_number_fuzzy", "555", [BOB]),
        ("member_password_exists", True, [EVE]),
        ("member_password_exists", False, [ADA, BOB, MAY]),
        ("member_roles", ["stytch_admin"], [ADA]),
        ("member_roles", ["stytch_member"], [ADA, BOB, EVE, MAY]),
        ("member_roles", ["king"], []),
    ],
)
def test_filters(api: Api, crowd: SignedIn, name: str, value: Any, expected: list[str]) -> None:
    """
    Each filter finds those who fit it, in the order they came.
    """
    if name == "member_ids":
        everybody = search(api, crowd).data["members"]
        ids = {member["email_address"][:3].upper(): member["member_id"] for member in everybody}
        value = [ids.get(each, each) for each in value]
    reply = search(api, crowd, operand(name, value))

    assert expected == addresses(reply)
    assert len(expected) == reply.data["results_metadata"]["total"]


@pytest.mark.parametrize(("operator", "expected"), [("AND", [BOB]), ("OR", [ADA, BOB, EVE])])
def test_operators(api: Api, crowd: SignedIn, operator: str, expected: list[str]) -> None:
    """
    Whoever is found fits all operands, or any.
    """
    operands = [operand("statuses", ["active"]), operand("member_emails", [BOB, EVE])]

    assert expected == addresses(search(api, crowd, *operands, operator=operator))


def test_a_deleted_member_is_found_only_if_asked_for(api: Api, crowd: SignedIn) -> None:
    """
    Also one whose address is named.
    """
    named = operand("member_emails", [ZOE])

    assert addresses(search(api, crowd, named)) == []
    assert addresses(search(api, crowd, named, operand("statuses", ["deleted"]))) == [ZOE]


def test_an_implicit_role_is_held(api: Api, crowd: SignedIn) -> None:
    """
    Who has a role by the e-mail domain is found by it.
    """
    assignments = [{"domain": "example.com", "role_id": "stytch_admin"}]
    api.emulator.update_organization("Acme", rbac_email_implicit_role_assignments=assignments)

    assert len(addresses(search(api, crowd, operand("member_roles", ["stytch_admin"])))) == 4


@pytest.mark.parametrize(
    ("operand", "error_type"),
    [
        ({}, "missing_filter_name"),
        ({"filter_value": "x"}, "missing_filter_name"),
        (operand(1, "x"), "filter_name_must_be_string"),
        (operand("member_names", ["x"]), "filter_name_not_recognized"),
        ({"filter_name": "statuses"}, "missing_filter_value"),
        (operand("statuses", None), "missing_filter_value"),
        (operand("member_ids", "x"), "expected_array_of_strings"),
        (operand("member_emails", [1]), "expected_array_of_strings"),
        (operand("statuses", True), "expected_array_of_strings"),
        (operand("member_roles", {"a": "b"}), "expected_array_of_strings"),
        (operand("member_email_fuzzy", ["x"]), "expected_string"),
        (operand("member_mfa_phone_number_fuzzy", 123), "expected_string"),
        (operand("member_is_breakglass", "true"), "expected_boolean"),
        (operand("member_password_exists", 1), "expected_boolean"),
        (operand("member_ids", []), "missing_member_ids"),
        (operand("member_emails", []), "missing_member_emails"),
        (operand("statuses", []), "missing_statuses"),
        (operand("member_roles", []), "missing_member_roles"),
        (operand("member_mfa_phone_numbers", []), "missing_mfa_member_phone_numbers"),
        (operand("member_email_fuzzy", ""), "missing_member_email_fuzzy"),
        (operand("member_mfa_phone_number_fuzzy", ""), "missing_mfa_member_phone_number_fuzzy"),
        (operand("member_email_fuzzy", "ab"), "member_email_fuzzy_too_short"),
        (operand("member_mfa_phone_number_fuzzy", "+1"), "member_mfa_phone_number_fuzzy_too_short"),
        (
            operand("member_ids", ["member-test-1", "b-1"]),
            "cannot_mix_internal_and_external_member_ids",
        ),
    ],
)
def test_operands_that_are_refused(
    api: Api, crowd: SignedIn, operand: dict[str, Any], error_type: str
) -> None:
    """
    What members cannot be searched by has an error of its own, each.
    """
    assert search(api, crowd, operand).error == (400, f"member_search_{error_type}")


def test_an_unknown_status(api: Api, crowd: SignedIn) -> None:
    """
    There are four.
    """
    reply = search(api, crowd, operand("statuses", ["active", "asleep"]))

    assert reply.error == (400, "search_invalid_status_filter")


@pytest.mark.parametrize(
    "body",
    [
        {"limit": -1},
        {"limit": 1001},
        {"limit": "1"},
        {"cursor": 1},
        {"query": {}},
        {"query": {"operator": "XOR", "operands": []}},
        {"query": {"operator": "AND", "operands": ["statuses"]}},
        {"query": {"operator": "AND", "operands": {}}},
        {"query": []},
    ],
)
def test_searches_of_the_wrong_shape(api: Api, ada: SignedIn, body: dict[str, Any]) -> None:
    """
    What is no search is refused before anybody is searched for.
    """
    reply = api.post(SEARCH, body, token=ada.session_token)

    assert reply.status == 400
    assert "body" in reply.json


def test_a_cursor_of_somebody_else(api: Api, crowd: SignedIn) -> None:
    """
    Cursors come from a page of one's own organization.
    """
    stranger = api.emulator.sign_in("eve@other.com", "Other")
    theirs = search(api, stranger, limit=1).data["results_metadata"]["next_cursor"]

    assert theirs
    for cursor in (theirs, "nothing", "ä", "bm90aGluZw=="):
        assert search(api, crowd, cursor=cursor).error == (400, "bad_request")


def pages(api: Api, caller: SignedIn, *operands: Any, limit: int) -> list[list[str]]:
    """
    Return whom every page of a search has.
    """
    found: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        reply = search(api, caller, *operands, cursor=cursor, limit=limit)
        found.append(addresses(reply))
        cursor = reply.data["results_metadata"]["next_cursor"]
    return found


@pytest.mark.parametrize(
    ("count", "limit", "expected"),
    [
        (0, 3, [0]),
        (1, 3, [1]),
        (3, 3, [3]),
        (4, 3, [3, 1]),
        (6, 3, [3, 3]),
        (7, 1, [1] * 7),
        (5, 1000, [5]),
    ],
)
def test_pages(api: Api, ada: SignedIn, count: int, limit: int, expected: list[int]) -> None:
    """
    Pages are full but for the last one, which has no cursor; nobody is missing or there twice.
    """
    everybody = [f"member{number}@example.com" for number in range(count)]
    for address in everybody:
        api.emulator.create_member("Acme", address)
    found = pages(api, ada, operand("member_email_fuzzy", "member"), limit=limit)

    assert expected == [len(page) for page in found]
    assert everybody == [address for page in found for address in page]


def test_nobody_has_no_organization(api: Api, ada: SignedIn) -> None:
    """
    An empty page says nothing about anybody.
    """
    data = search(api, ada, operand("member_emails", ["nobody@example.com"])).data

    assert (data["members"], data["organizations"]) == ([], {})
    assert data["results_metadata"] == {"total": 0, "next_cursor": None}


@pytest.mark.parametrize("limit", [{}, {"limit": 0}, {"limit": None}])
def test_a_page_has_a_hundred(api: Api, ada: SignedIn, limit: dict[str, Any]) -> None:
    """
    Unless another number is wanted.
    """
    for number in range(100):
        api.emulator.create_member("Acme", f"member{number}@example.com")
    data = search(api, ada, **limit).data

    assert len(data["members"]) == 100
    assert data["results_metadata"]["total"] == 101


def test_pages_stay_right(api: Api, ada: SignedIn) -> None:
    """
    Who comes while one reads is found at the end; who goes shifts nobody, even the last one read.
    """
    first_five = [api.emulator.create_member("Acme", f"{n}@example.com") for n in range(5)]
    fits = operand("member_email_fuzzy", "@example")
    first = search(api, ada, fits, limit=3).data
    for member in (first_five[0], first_five[1], first_five[3]):
        remove(api, ada, member.member_id)
    api.emulator.create_member("Acme", "new@example.com")
    cursor = first["results_metadata"]["next_cursor"]
    second = search(api, ada, fits, limit=10, cursor=cursor)

    assert [member["email_address"] for member in first["members"]][1:] == [
        "0@example.com",
        "1@example.com",
    ]
    assert addresses(second) == ["2@example.com", "4@example.com", "new@example.com"]
    assert second.data["results_metadata"] == {"total": 4, "next_cursor": None}


def test_a_cursor_tells_nothing(api: Api, crowd: SignedIn) -> None:
    """
    A cursor is to be handed back, and not to be read.
    """
    page = search(api, crowd, limit=1).data
    cursor = page["results_metadata"]["next_cursor"]

    assert page["members"][0]["member_id"] not in cursor
    assert ADA not in cursor


def test_thousands_of_members(api: Api, ada: SignedIn) -> None:
    """
    2 500 members are found, page by page.
    """
    for number in range(2499):
        api.emulator.create_member("Acme", f"member{number}@example.com")
    found = pages(api, ada, limit=1000)

    assert [len(page) for page in found] == [1000, 1000, 500]
    assert len({address for page in found for address in page}) == 2500
