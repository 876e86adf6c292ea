"""Filters, patches and values of SCIM, as identity providers write them."""

from __future__ import annotations

from typing import Any

import pytest

from stytch_b2b.emulator.scim2 import filters, patches, values
from stytch_b2b.emulator.scim2.errors import ScimError
from stytch_b2b.emulator.scim2.schemas import ENTERPRISE_URN, GROUP, GROUP_URN, USER, USER_URN

ADA: dict[str, Any] = {
    "id": "1",
    "userName": "Ada@example.com",
    "externalId": "Ext",
    "name": {"givenName": "Ada", "familyName": "Lovelace"},
    "active": True,
    "emails": [
        {"value": "ada@example.com", "type": "work", "primary": True},
        {"value": "ada@home.example", "type": "home"},
    ],
    ENTERPRISE_URN: {"department": "Engines", "manager": {"value": "7"}},
    "meta": {"created": "2026-01-01T00:00:00+00:00"},
}


def patch(*operations: dict[str, Any], resource: dict[str, Any] | None = None) -> dict[str, Any]:
    """
    Return Ada, or another user, after a patch.
    """
    message = {"schemas": [patches.PATCH_URN], "Operations": list(operations)}
    return patches.apply(USER, ADA if resource is None else resource, message)


@pytest.mark.parametrize(
    "text",
    [
        'userName eq "ada@EXAMPLE.com"',
        'username Eq "ada@example.com"',
        'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada@example.com"',
        'externalId eq "Ext"',
        "active eq true",
        "active eq True",
        'active eq "True"',
        "active ne false",
        "title eq null",
        "title ne null or userName pr",
        'not (userName eq "bob")',
        'name.familyName sw "love" and name.givenName co "D"',
        'userName eq "x" and userName eq "y" or active eq true',
        'active eq true and (userName eq "x" or userName ew ".com")',
        'emails eq "ada@home.example"',
        'emails.value eq "ada@home.example"',
        'emails[type eq "home" and value co "home"]',
        'emails[type eq "work"].value eq "ada@example.com"',
        'emails.type eq "home"',
        "emails[not (type pr)] or name pr",
        f'{ENTERPRISE_URN}:department eq "engines"',
        f'{ENTERPRISE_URN}:manager eq "7"',
        f'{ENTERPRISE_URN}:manager.value eq "7"',
        f"{ENTERPRISE_URN} pr",
        'meta.created gt "2025-12-31T23:00:00Z"',
        'meta.created le "2026-01-01T00:00:00"',
        'meta.created ge "2026-01-01T01:00:00+01:00"',
        'userName lt "b"',
        r'userName ne "a\"b"',
        "userName ne 5",
    ],
)
def test_filters_that_hold(text: str) -> None:
    """
    Names and operators are found in any case, values are compared as their attribute says.
    """
    assert filters.parse(USER, text).holds(ADA)


@pytest.mark.parametrize(
    "text",
    [
        'userName eq "bob"',
        'externalId eq "ext"',
        'active eq "perhaps"',
        "active eq false",
        "userName eq null",
        "title pr",
        'title co "x"',
        'emails[type eq "work" and value eq "ada@home.example"]',
        'emails[type eq "work"].value eq "ada@home.example"',
        'meta.created gt "yesterday"',
        'meta.created eq "yesterday"',
    ],
)
def test_filters_that_do_not_hold(text: str) -> None:
    """
    Conditions on one value must all hold of the same value, and ids know upper and lower case.
    """
    assert not filters.parse(USER, text).holds(ADA)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "userName",
        'userName is "x"',
        "userName eq",
        "userName eq x",
        "userName eq {}",
        'userName eq "x',
        'userName eq "x" userName',
        'nobody eq "x"',
        'name.nobody eq "x"',
        'userName[type eq "x"]',
        'emails[nobody eq "x"]',
        'emails[emails[value eq "x"]]',
        'emails[type eq "x"',
        'emails[type eq "x"].nobody eq "x"',
        '(userName eq "x"',
        'not userName eq "x"',
        'name eq "Ada"',
        'active gt "x"',
        'active co "x"',
        'meta.created co "2026"',
        "userName co 5",
        "userName gt 5",
        "(" * 51 + "active pr" + ")" * 51,
    ],
)
def test_filters_that_are_none(text: str) -> None:
    """
    What is not understood is refused, and so is what cannot be compared.
    """
    with pytest.raises(ScimError) as caught:
        filters.parse(USER, text)

    assert (400, "invalidFilter") == (caught.value.status, caught.value.scim_type)


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ({"op": "replace", "path": "active", "value": False}, {"active": False}),
        ({"op": "Replace", "path": "active", "value": "False"}, {"active": False}),
        ({"op": "replace", "value": {"active": False, "id": "9"}}, {"active": False}),
        ({"op": "add", "path": "title", "value": "Countess"}, {"title": "Countess"}),
        ({"op": "add", "value": {"nobody": 1, "title": "Countess"}}, {"title": "Countess"}),
        ({"op": "replace", "path": "externalId", "value": None}, {"externalId": None}),
        ({"op": "add", "path": "title", "value": None}, {}),
        ({"op": "remove", "path": "externalId"}, {"externalId": None}),
        ({"op": "remove", "path": "title"}, {}),
        (
            {"op": "add", "path": "name.middleName", "value": "King"},
            {"name": {"givenName": "Ada", "familyName": "Lovelace", "middleName": "King"}},
        ),
        (
            {"op": "Add", "value": {"name.givenName": "A", "displayName": "A L"}},
            {"name": {"givenName": "A", "familyName": "Lovelace"}, "displayName": "A L"},
        ),
        (
            {"op": "replace", "path": "name", "value": {"givenName": "A"}},
            {"name": {"givenName": "A", "familyName": "Lovelace"}},
        ),
        ({"op": "remove", "path": "name.givenName"}, {"name": {"familyName": "Lovelace"}}),
        (
            {"op": "replace", "value": {f"{ENTERPRISE_URN}:department": "Looms"}},
            {ENTERPRISE_URN: {"department": "Looms", "manager": {"value": "7"}}},
        ),
        (
            {"op": "add", "path": ENTERPRISE_URN, "value": {"division": "North"}},
            {
                ENTERPRISE_URN: {
                    "department": "Engines",
                    "division": "North",
                    "manager": {"value": "7"},
                }
            },
        ),
        (
            {"op": "replace", "path": f"{ENTERPRISE_URN}:manager", "value": "8"},
            {ENTERPRISE_URN: {"department": "Engines", "manager": {"value": "8"}}},
        ),
        (
            {"op": "add", "path": f"{ENTERPRISE_URN}:manager.displayName", "value": "B"},
            {
                ENTERPRISE_URN: {
                    "department": "Engines",
                    "manager": {"value": "7", "displayName": "B"},
                }
            },
        ),
        (
            {"op": "replace", "path": 'emails[type eq "work"].value', "value": "al@example.com"},
            {"emails": [{**ADA["emails"][0], "value": "al@example.com"}, ADA["emails"][1]]},
        ),
        (
            {"op": "replace", "path": 'emails[type eq "work"]', "value": {"value": "x@y.example"}},
            {"emails": [{"value": "x@y.example"}, ADA["emails"][1]]},
        ),
        (
            {"op": "add", "path": 'emails[type eq "home"]', "value": {"primary": True}},
            {
                "emails": [
                    {**ADA["emails"][0], "primary": False},
                    {**ADA["emails"][1], "primary": True},
                ]
            },
        ),
        (
            {
                "op": "Add",
                "path": 'emails[type eq "other" and primary eq true].value',
                "value": "al@example.com",
            },
            {
                "emails": [
                    {**ADA["emails"][0], "primary": False},
                    ADA["emails"][1],
                    {"type": "other", "primary": True, "value": "al@example.com"},
                ]
            },
        ),
        (
            {"op": "add", "path": "emails", "value": [ADA["emails"][1], {"value": "x@y.example"}]},
            {"emails": [*ADA["emails"], {"value": "x@y.example"}]},
        ),
        (
            {"op": "add", "path": "roles", "value": {"value": "admin"}},
            {"roles": [{"value": "admin"}]},
        ),
        ({"op": "remove", "path": 'emails[type eq "home"]'}, {"emails": ADA["emails"][:1]}),
        ({"op": "remove", "path": 'emails[type eq "fax"]'}, {}),
        (
            {"op": "remove", "path": 'emails[type eq "work"].primary'},
            {
                "emails": [
                    {"value": "ada@example.com", "type": "work"},
                    ADA["emails"][1],
                ]
            },
        ),
        (
            {"op": "remove", "path": "emails.type"},
            {
                "emails": [
                    {"value": "ada@example.com", "primary": True},
                    {"value": "ada@home.example"},
                ]
            },
        ),
        (
            {"op": "Remove", "path": "emails", "value": [{"value": "ada@home.example"}]},
            {"emails": ADA["emails"][:1]},
        ),
        ({"op": "remove", "path": "emails"}, {"emails": None}),
        ({"op": "remove", "path": "roles.value"}, {}),
    ],
)
def test_patches(operation: dict[str, Any], changed: dict[str, Any]) -> None:
    """
    A step changes what it names, in the ways that Okta and Microsoft Entra write it.
    """
    expected = {key: value for key, value in {**ADA, **changed}.items() if value is not None}

    assert expected == patch(operation)


def test_patches_of_what_is_not_there_yet() -> None:
    """
    A part of something that was never told of makes a new whole.
    """
    operation = {"op": "add", "path": f"{ENTERPRISE_URN}:manager.value", "value": "7"}

    assert {"userName": "bob", ENTERPRISE_URN: {"manager": {"value": "7"}}} == patch(
        operation, resource={"userName": "bob"}
    )


def test_long_filters() -> None:
    """
    A filter may go on for as long as a URL can.
    """
    text = " or ".join(["title pr"] * 5000 + ["active eq true"])

    assert filters.parse(USER, text).holds(ADA)


def test_a_patch_leaves_what_it_was_given() -> None:
    """
    The resource before the patch is not touched, so that a failure changes nothing.
    """
    before = repr(ADA)
    patch({"op": "add", "path": "name.middleName", "value": "King"})

    assert before == repr(ADA)


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ("nothing", "invalidSyntax"),
        ({"op": "move", "path": "title"}, "invalidSyntax"),
        ({"op": "add", "path": "title"}, "invalidValue"),
        ({"op": "add", "value": "x"}, "invalidValue"),
        ({"op": "add", "path": 5, "value": "x"}, "invalidPath"),
        ({"op": "add", "path": "nobody", "value": "x"}, "invalidPath"),
        ({"op": "add", "path": "emails[", "value": "x"}, "invalidFilter"),
        ({"op": "add", "path": "emails (", "value": "x"}, "invalidPath"),
        ({"op": "add", "path": 'title[value eq "x"]', "value": "x"}, "invalidPath"),
        ({"op": "add", "path": 'emails[type eq "x"].nobody', "value": "x"}, "invalidPath"),
        ({"op": "add", "path": 'emails[type eq "x"].value x', "value": "x"}, "invalidPath"),
        ({"op": "add", "path": 'emails[type is "x"]', "value": "x"}, "invalidFilter"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "add", "path": "roles.value", "value": "x"}, "noTarget"),
        ({"op": "replace", "path": 'emails[type eq "x"].value', "value": "x"}, "noTarget"),
        ({"op": "add", "path": "emails[display pr].value", "value": "x"}, "noTarget"),
        (
            {"op": "add", "path": 'emails[type ne "home" and type ne "work"]', "value": {}},
            "noTarget",
        ),
        ({"op": "add", "path": "emails[not (type pr)].value", "value": "x"}, "noTarget"),
        ({"op": "add", "path": 'emails[type eq "x" or type eq "y"]', "value": {}}, "noTarget"),
        ({"op": "add", "path": 'emails[type eq "work"]', "value": None}, "invalidValue"),
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "replace", "path": "meta.created", "value": "x"}, "mutability"),
        ({"op": "remove", "path": "groups"}, "mutability"),
        ({"op": "add", "path": "schemas", "value": "x"}, "mutability"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "replace", "path": "userName", "value": None}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": " "}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "replace", "path": "title", "value": 5}, "invalidValue"),
        ({"op": "replace", "path": "name", "value": "Ada"}, "invalidValue"),
    ],
)
def test_patches_that_are_refused(operation: Any, scim_type: str) -> None:
    """
    The RFC's word for it tells what is wrong with a step.
    """
    with pytest.raises(ScimError) as caught:
        patch(operation)

    assert (400, scim_type) == (caught.value.status, caught.value.scim_type)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"schemas": [USER_URN], "Operations": [{}]},
        {"schemas": [patches.PATCH_URN]},
        {"schemas": [patches.PATCH_URN], "Operations": []},
    ],
)
def test_messages_that_are_no_patches(message: dict[str, Any]) -> None:
    """
    A patch says that it is one, and has steps.
    """
    with pytest.raises(ScimError) as caught:
        patches.apply(USER, ADA, message)

    assert "invalidSyntax" == caught.value.scim_type


def test_reading() -> None:
    """
    Names get their case; what is empty, unknown or not to be written is left out.
    """
    given = {
        "Schemas": [USER_URN],
        "USERNAME": "ada",
        "id": "9",
        "active": "true",
        "title": None,
        "name": {},
        "emails": [],
        "photos": [{"value": "https://example.com/a.png"}, None],
        "x509Certificates": [{"value": "AAAA"}],
        "password": "secret",
        ENTERPRISE_URN.lower(): {"manager": ""},
    }

    assert {
        "userName": "ada",
        "active": True,
        "photos": [{"value": "https://example.com/a.png"}],
        "x509Certificates": [{"value": "AAAA"}],
    } == values.read(USER, given)


@pytest.mark.parametrize(
    "wrong",
    [
        {"schemas": None},
        {"schemas": [GROUP_URN]},
        {"userName": None},
        {"userName": ""},
        {"name": []},
        {"addresses": ["Rome"]},
        {"active": 1},
        {"x509Certificates": [{"value": "?"}]},
        {"emails": [{"value": "a", "primary": True}, {"value": "b", "primary": True}]},
    ],
)
def test_values_that_do_not_fit(wrong: dict[str, Any]) -> None:
    """
    A value of another type is refused, and so is a resource without what it must have.
    """
    with pytest.raises(ScimError) as caught:
        values.read(USER, {"schemas": [USER_URN], "userName": "ada", **wrong})

    assert (400, "invalidValue") == (caught.value.status, caught.value.scim_type)


def test_what_is_asked_for() -> None:
    """
    Attributes can be asked for by name, whole or in part; the id comes along.
    """
    asked = values.project(
        USER, ADA, attributes=f"userName, emails.type,nobody,{ENTERPRISE_URN}", excluded=None
    )

    assert {
        "id": "1",
        "userName": "Ada@example.com",
        "emails": [{"type": "work"}, {"type": "home"}],
        ENTERPRISE_URN: ADA[ENTERPRISE_URN],
    } == asked


def test_what_is_not_asked_for() -> None:
    """
    Attributes can be left out by name, whole or in part, but not the id.
    """
    excluded = f"id,meta,emails,externalId,name.givenName,{ENTERPRISE_URN}:manager"

    assert {
        "id": "1",
        "userName": "Ada@example.com",
        "name": {"familyName": "Lovelace"},
        "active": True,
        ENTERPRISE_URN: {"department": "Engines"},
    } == values.project(USER, ADA, attributes=None, excluded=excluded)


def test_members_of_groups_go_by_their_ids() -> None:
    """
    Okta names who leaves in the path, Microsoft Entra in the value.
    """
    group = {"displayName": "G", "members": [{"value": "1"}, {"value": "2"}, {"value": "3"}]}
    operations = [
        {"op": "remove", "path": 'members[value eq "1"]'},
        {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "2"}]},
        {"op": "Add", "path": "members", "value": [{"$ref": None, "value": "4"}]},
    ]
    message = {"schemas": [patches.PATCH_URN], "Operations": operations}

    assert [{"value": "3"}, {"value": "4"}] == patches.apply(GROUP, group, message)["members"]
