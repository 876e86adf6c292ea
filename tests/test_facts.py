"""The facts are whole, agree with each other, and the catalogue of permissions follows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from stytch_b2b.permissions import RESOURCES
from tests.facts import (
    Operation,
    Permission,
    ResponseCorrection,
    actions,
    corrections,
    document,
    error_types,
    http_operations,
    operations,
    pick,
    response_corrections,
    retry_classes,
    schemas,
    settlements,
)

RECORDED = {one["name"]: one for one in document("member_api")["operations"]}


def permissions_of(
    name: str, *, among: Mapping[str, Operation] | None = None
) -> Iterator[tuple[str, Permission]]:
    """
    Yield the uses (``operation`` or ``operation#field``) and permissions of an operation.
    """
    operation = (operations() if among is None else among)[name]
    if operation["permission"] is not None:
        yield name, operation["permission"]
    for field, permission in operation["field_permissions"].items():
        yield f"{name}#{field}", permission


def test_operations_are_complete() -> None:
    """
    No operation is listed twice, and there are as many as the facts claim.
    """
    counts = document("member_api")["counts"]

    assert counts["operations"] == len(document("member_api")["operations"]) == len(RECORDED)
    assert counts["http_operations"] == len(http_operations())
    assert counts["schemas"] == len(schemas())


def test_path_parameters() -> None:
    """
    The parameters a path names are the ones its operation lists.
    """
    for name, operation in http_operations().items():
        path = operation["path"] or ""

        assert operation["path_params"] == [
            part[1:-1] for part in path.split("/") if part.startswith("{")
        ], name


def test_responses_have_schemas() -> None:
    """
    Every HTTP operation answers with a schema there is, and schemas refer to schemas there are.
    """
    referred = {
        reference
        for fields in schemas().values()
        for field in fields
        for reference in (field["ref"], field["items_ref"])
        if reference is not None
    }

    assert {one["response"] for one in http_operations().values()} <= set(schemas())
    assert referred <= set(schemas())


def test_states_are_explained() -> None:
    """
    Who may call and what becomes of the state are among the values that the facts explain.
    """
    facts = document("member_api")

    assert {one["auth"] for one in operations().values()} <= set(facts["auth_values"])
    assert {one["state_effect"] for one in operations().values()} <= set(
        facts["state_effect_values"]
    )


def test_every_call_has_a_retry_class() -> None:
    """
    Each HTTP operation has one of the explained retry classes and a reason for it.
    """
    explained = set(document("retry")["classes"])

    assert list(http_operations()) == list(retry_classes())
    assert explained == {one["retry"] for one in retry_classes().values()}
    for name, repetition in retry_classes().items():
        assert repetition["reason"].endswith("."), name


def test_reads_change_nothing() -> None:
    """
    Every GET is a read, five reads are POSTs, and no read touches more than what it has read.
    """
    methods = Counter(
        http_operations()[name]["method"]
        for name, repetition in retry_classes().items()
        if repetition["retry"] == "read"
    )

    assert {"POST": 5, "GET": 13} == methods
    for name, operation in http_operations().items():
        if operation["method"] == "GET":
            assert "read" == retry_classes()[name]["retry"], name


def test_deletions_are_not_repeated() -> None:
    """
    A deletion whose answer was lost is not sent again: the second would be told 404.
    """
    deletions = {name for name, one in http_operations().items() if one["method"] == "DELETE"}

    assert deletions
    assert {"ends"} == {retry_classes()[name]["retry"] for name in deletions}


def test_what_authenticates_with_a_secret_is_not_repeated() -> None:
    """
    No login is sent twice; renewing the session one has is the exception.
    """
    logins = {name for name, one in http_operations().items() if one["pkce"] == "consume"} | {
        name for name in http_operations() if name.endswith("authenticate")
    }

    assert {"session.authenticate"} == {
        name for name in logins if retry_classes()[name]["retry"] in ("read", "idempotent")
    }


@pytest.mark.parametrize(
    "correction", corrections(), ids=lambda one: f"{one['operation']}-{one['field']}"
)
def test_corrections_correct(correction: dict[str, str]) -> None:
    """
    A correction quotes the facts, changes what it quotes, has a reason and is applied.
    """
    name, field = correction["operation"], correction["field"]

    assert correction["facts"] is not None
    assert correction["facts"] == pick(RECORDED[name], field)
    assert correction["held"] != correction["facts"]
    assert correction["held"] == pick(operations()[name], field)
    assert correction["reason"].endswith(".")


def test_corrections_are_said_once() -> None:
    """
    No field is corrected twice.
    """
    fields = Counter((one["operation"], one["field"]) for one in corrections())

    assert {1} == set(fields.values())


@pytest.mark.parametrize(
    "correction", response_corrections(), ids=lambda one: f"{one['schema']}-{one['field']}"
)
def test_corrections_of_responses_change_what_the_facts_say(
    correction: ResponseCorrection,
) -> None:
    """
    A correction of a response names a field that is there, as it is, and changes it with a reason.
    """
    fields = document("member_api")["schemas"][correction["schema"]]["fields"]
    (field,) = (one for one in fields if one["name"] == correction["field"])

    assert correction["facts"] == {name: field[name] for name in correction["held"]}
    assert correction["facts"] != correction["held"]
    assert correction["reason"]


def test_every_wire_difference_is_settled() -> None:
    """
    Wherever the sources differ on the wire, a side is taken, once and with a reason.
    """
    recorded = Counter(
        (name, difference)
        for name, operation in RECORDED.items()
        for difference in operation.get("wire_differences", [])
    )
    settled = Counter(
        (name, one["difference"]) for one in settlements() for name in one["operations"]
    )

    assert recorded == settled
    assert all(one["held"].endswith(".") and one["reason"].endswith(".") for one in settlements())


@pytest.mark.parametrize("name", operations())
def test_permissions_exist(name: str) -> None:
    """
    Each permission of an operation is in rbac.json, and its fields are parameters.
    """
    operation = operations()[name]
    parameters = {one["name"] for one in operation["body"] + operation["query"]}

    assert set(operation["field_permissions"]) <= parameters
    for use, permission in permissions_of(name):
        for one in filter(None, (permission, permission.get("or_if_self"))):
            known = actions()[one["resource"]]
            assert one["action"] == "per_field" or one["action"] in known, use


def test_permissions_are_used_as_recorded() -> None:
    """
    rbac.json and the operations, both as recorded, name the same uses of every verified action.
    """
    recorded = {
        (resource["resource_id"], action["action"]): set(action["used_by"])
        for resource in document("rbac")["resources"]
        for action in resource["actions"]
        if action["status"] == "verified"
    }
    used: dict[tuple[str, str], set[str]] = {key: set() for key in recorded}
    for name in RECORDED:
        for use, permission in permissions_of(name, among=RECORDED):
            if permission["action"] != "per_field":
                used[permission["resource"], permission["action"]].add(use)
            if "or_if_self" in permission:
                own = permission["or_if_self"]
                used[own["resource"], own["action"]].add(f"{use} (own member_id)")

    assert recorded == used


def test_catalogue_of_permissions() -> None:
    """
    `stytch_b2b.permissions` has the resources and actions of rbac.json, row by row.
    """
    catalogue = [(one.resource_id, sorted(one.actions)) for one in RESOURCES]

    assert [(resource, sorted(known)) for resource, known in actions().items()] == catalogue


def test_unrecoverable_errors_exist() -> None:
    """
    The error types that end a session are known ones, and the two lists of them agree.
    """
    unrecoverable = {name for name, one in error_types().items() if one["unrecoverable"]}

    assert set(document("errors")["unrecoverable_error_types"]) == unrecoverable
    assert (
        set(document("member_api")["session_rules"]["unrecoverable_error_types"]) == unrecoverable
    )
