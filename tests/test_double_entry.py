"""The emulator's own tables and the facts, row by row: a fake that is wrong agrees with nobody."""

from __future__ import annotations

from typing import Any

import pytest

from stytch_b2b.emulator.routes import ROUTES, Permission, Route
from tests.facts import http_operations

BY_OPERATION = {route.operation: route for route in ROUTES}


def described(permission: Permission | None) -> dict[str, Any] | None:
    """
    Return *permission* as the facts write it.
    """
    if permission is None:
        return None
    facts: dict[str, Any] = {"resource": permission.resource, "action": permission.action}
    if permission.or_if_self is not None:
        facts["or_if_self"] = described(permission.or_if_self)
    return facts


def test_every_operation_has_a_row() -> None:
    """
    The emulator knows every operation over HTTP, also those that it answers with 501.
    """
    assert len(ROUTES) == len(BY_OPERATION)
    assert set(http_operations()) == set(BY_OPERATION)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_row(route: Route) -> None:
    """
    Route, actor, permissions and protection are those of the facts, as the client's are.
    """
    facts = http_operations()[route.operation]
    permission = facts["permission"]
    if permission is not None and permission["action"] == "per_field":
        permission = None

    assert (facts["method"], facts["path"], facts["auth"]) == (
        route.method,
        route.path,
        route.auth,
    )
    assert facts["dfp_protected"] is route.dfp_protected
    assert permission == described(route.permission)
    assert facts["field_permissions"] == {
        name: described(own) for name, own in route.field_permissions.items()
    }
