"""How answers differ from their models, told once for each difference."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from stytch_b2b._drift import Drift, DriftKind, find_drift
from stytch_b2b.models import (
    APIResponse,
    BootstrapResponse,
    MemberResponse,
    OrganizationResponse,
    SCIMConnectionResponse,
    SCIMGroupsResponse,
)

GROUP = {"group_id": "g", "group_name": "n", "organization_id": "o", "connection_id": "c"}


def drifts(body: Any, model: type, **options: Any) -> list[str]:
    """Return the differences as their texts."""
    return [str(drift) for drift in find_drift(json.dumps(body).encode(), model, **options)]


def groups(*items: Any, **fields: Any) -> dict[str, Any]:
    """Return an answer that lists groups."""
    return {"data": {"request_id": "r", "status_code": 200, "scim_groups": items, **fields}}


def test_none():
    """An answer that is what its model says does not drift; null stands for what may be missing."""
    assert [] == drifts(groups(GROUP, next_cursor=None), SCIMGroupsResponse)


def test_unknown_field():
    """A field the model lacks is reported wherever it stands."""
    body = {**groups({**GROUP, "size": 5}, total=1.5), "warnings": []}

    assert [
        "unknown_field at $.warnings: array",
        "unknown_field at $.data.scim_groups[].size: integer",
        "unknown_field at $.data.total: number",
    ] == drifts(body, SCIMGroupsResponse)


def test_missing_field():
    """A required field that is missing is reported, one that may be missing is not."""
    body = groups({"group_id": "g", "group_name": "n", "organization_id": "o"})

    assert ["missing_field at $.data.scim_groups[].connection_id: nothing"] == (
        drifts(body, SCIMGroupsResponse)
    )


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, "null"),
        (True, "boolean"),
        (5, "integer"),
        (1.5, "number"),
        ([], "array"),
        ({}, "object"),
    ],
)
def test_wrong_type(value, found):
    """What is of another type is reported with the type it has."""
    body = groups({**GROUP, "group_id": value})

    assert [f"wrong_type at $.data.scim_groups[].group_id: {found}"] == (
        drifts(body, SCIMGroupsResponse)
    )


@pytest.mark.parametrize("value", [None, "x", 5, {}])
def test_wrong_type_of_array(value):
    """What should be an array and is none is reported."""
    (drift,) = drifts(groups(scim_groups=value), SCIMGroupsResponse)

    assert drift.startswith("wrong_type at $.data.scim_groups: ")


def test_wrong_type_of_item():
    """What should be an object in an array and is none is reported."""
    assert ["wrong_type at $.data.scim_groups[]: null"] == (
        drifts(groups(GROUP, None), SCIMGroupsResponse)
    )


def test_each_difference_once():
    """However many items differ alike, the difference is one."""
    body = groups(*({**GROUP, "size": size, "group_id": size} for size in range(9)))

    assert 2 == len(drifts(body, SCIMGroupsResponse))


def connection(**fields: Any) -> dict[str, Any]:
    """Return an answer with a connection of which all is right but for *fields*."""
    right = {
        "organization_id": "o",
        "connection_id": "c",
        "status": "active",
        "display_name": "d",
        "identity_provider": "okta",
        "base_url": "u",
        "bearer_token_last_four": "1234",
        "scim_group_implicit_role_assignments": [],
        "next_bearer_token_last_four": "",
    }
    return {"data": {"request_id": "r", "status_code": 200, "connection": {**right, **fields}}}


def test_unknown_value():
    """A value that an open enum lacks is reported, cut where it is long; an empty one is not."""
    assert ["unknown_value at $.data.connection.status: paused"] == (
        drifts(connection(status="paused"), SCIMConnectionResponse)
    )
    assert [f"unknown_value at $.data.connection.status: {'p' * 64}"] == (
        drifts(connection(status="p" * 65), SCIMConnectionResponse)
    )
    assert [] == drifts(connection(status=""), SCIMConnectionResponse)


@pytest.mark.parametrize("text", ["yesterday", "", "2026-05-04T03:02:01"])
def test_wrong_timestamp(text):
    """A text that is no point in time, or one without an offset, is of a wrong type."""
    assert ["wrong_type at $.data.connection.bearer_token_expires_at: string"] == (
        drifts(connection(bearer_token_expires_at=text), SCIMConnectionResponse)
    )


def test_deep_path():
    """A path leads through models and arrays."""
    member = {"roles": [{"role_id": "r", "sources": [{"type": "magic"}]}]}
    body = {"data": {"request_id": "r", "status_code": 200, "member": member}}

    assert "unknown_value at $.data.member.roles[].sources[].type: magic" in (
        drifts(body, MemberResponse)
    )


def test_maps():
    """Names in a map are the customer's and no part of the path; its values have a type."""
    organization = {
        "allowed_oauth_tenants": {"slack": ["T1", 5], "github": None},
        "trusted_metadata": {"a": [None]},
    }
    body = {"data": {"request_id": "r", "status_code": 200, "organization": organization}}
    found = [drift for drift in drifts(body, OrganizationResponse) if "missing" not in drift]

    assert [
        "wrong_type at $.data.organization.allowed_oauth_tenants.*[]: integer",
        "wrong_type at $.data.organization.allowed_oauth_tenants.*: null",
    ] == found


def test_names_are_those_of_the_wire():
    """Paths and fields speak of the API's names."""
    body = {"data": {"captcha_settings": {"enabled": True, "siteKey": 5, "provider_type": "p"}}}
    found = [drift for drift in drifts(body, BootstrapResponse) if "missing" not in drift]

    assert [
        "wrong_type at $.data.captcha_settings.siteKey: integer",
        "unknown_field at $.data.captcha_settings.provider_type: string",
    ] == found


@pytest.mark.parametrize(
    ("body", "drift"),
    [
        ({}, "missing_field at $.data: nothing"),
        ({"data": None}, "wrong_type at $.data: null"),
        ({"data": []}, "wrong_type at $.data: array"),
        ([], "wrong_type at $: no JSON object"),
    ],
)
def test_envelope(body, drift):
    """An answer without its envelope is one difference."""
    assert [drift] == drifts(body, APIResponse)


def test_without_envelope():
    """An answer may stand in the body itself."""
    body = {"request_id": "r", "status_code": 200, "data": {}}

    assert ["unknown_field at $.data: object"] == drifts(body, APIResponse, envelope=False)


def test_no_json():
    """What cannot be read at all is one difference, and raises nothing."""
    assert (Drift(DriftKind.WRONG_TYPE, "$", "no JSON object"),) == find_drift(b"<", APIResponse)


def test_deep_nesting():
    """Nesting too deep to be read does not matter where it is not looked at."""
    body = b'{"data": {"request_id": "r", "status_code": 200, "x": %s}}'
    deep = b"[" * 50_000 + b"]" * 50_000

    assert (Drift(DriftKind.UNKNOWN_FIELD, "$.data.x", "array"),) == (
        find_drift(body % deep, APIResponse)
    )


def test_is_a_value():
    """A difference can be counted, sent elsewhere and told by a name."""
    drift = Drift(DriftKind.UNKNOWN_FIELD, "$.data.x", "array")

    assert {drift} == {pickle.loads(pickle.dumps(drift))}
    assert "unknown_field" == drift.kind
