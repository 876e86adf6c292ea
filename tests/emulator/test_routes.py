"""The table of routes, and how raw paths find their way in it."""

from __future__ import annotations

import re

import pytest

from stytch_b2b.emulator.handlers import HANDLERS
from stytch_b2b.emulator.policy import default_policy
from stytch_b2b.emulator.routes import BACKEND_ROUTES, ROUTES, Permission, Route, Router

ROUTER = Router((*ROUTES, *BACKEND_ROUTES))


def operation(method: str, path: str) -> str | None:
    """
    Return what a method and path lead to.
    """
    match = ROUTER.match(method, path)
    return match.route.operation if match else None


def test_every_http_operation_of_the_member_api_has_a_row() -> None:
    """
    The API has 95 of them, and each is named once.
    """
    names = [route.operation for route in ROUTES]

    assert len(names) == 95
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("route", ROUTES, ids=[route.operation for route in ROUTES])
def test_a_row_is_complete(route: Route) -> None:
    """
    Paths and methods are well formed, and whoever needs a permission needs a session.
    """
    assert route.path.startswith("/sdk/v1/")
    assert route.method in {"GET", "POST", "PUT", "DELETE"}
    assert all(re.fullmatch(r"[\w.]+|\{\w+\}|", segment) for segment in route.segments)
    if route.permission or route.field_permissions:
        assert route.auth == "session"


def test_every_permission_is_in_the_default_policy() -> None:
    """
    The policy that clients are told knows every action that is enforced.
    """
    known = {
        (resource["resource_id"], action)
        for resource in default_policy()["resources"]
        for action in resource["actions"]
    }
    needed: set[Permission] = set()
    for route in ROUTES:
        needed.update(filter(None, [route.permission, *route.field_permissions.values()]))
    needed.update([one.or_if_self for one in tuple(needed) if one.or_if_self])

    assert {(one.resource, one.action) for one in needed} <= known


def test_every_handler_has_a_route() -> None:
    """
    No handler is out of reach because of a slip in its name.
    """
    assert set(HANDLERS) <= {route.operation for route in (*ROUTES, *BACKEND_ROUTES)}


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/sdk/v1/b2b/organizations/me", "organization.get"),
        ("PUT", "/sdk/v1/b2b/organizations/members/update", "self.update"),
        ("PUT", "/sdk/v1/b2b/organizations/members/member-1", "organization.members.update"),
        ("PUT", "/sdk/v1/b2b/organizations/members/me", "organization.members.update"),
        ("GET", "/sdk/v1/b2b/organizations/members/me", "self.get"),
        ("PUT", "/sdk/v1/b2b/sso/saml/a/url", "sso.saml.update_connection_by_url"),
        ("GET", "/v1/b2b/sessions/jwks/project-test-1", "sessions.get_jwks"),
        ("GET", "/sdk/v1/b2b/organizations/me/", None),
        ("PUT", "/sdk/v1/b2b/scim/", None),
        ("GET", "/sdk/v1/b2b//organizations/me", None),
        ("GET", "/sdk/v1/b2b/organizations/%6de", None),
        ("GET", "", None),
    ],
)
def test_literal_segments_win(method: str, path: str, expected: str | None) -> None:
    """
    A path leads to the row that names most of its segments, and empty segments to none.
    """
    assert expected == operation(method, path)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("%2e%2e", ".."),
        ("..", ".."),
        ("a%2Fb", "a/b"),
        ("%252F", "%2F"),
        ("a+b", "a+b"),
        ("gr%C3%BCn", "grün"),
        ("%ff", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_parameters_are_decoded_once(sent: str, expected: str) -> None:
    """
    Whatever is encoded in an id stays in the id.
    """
    match = ROUTER.match("PUT", f"/sdk/v1/b2b/scim/{sent}")

    assert match is not None
    assert match.route.operation == "scim.update_connection"
    assert {"connection_id": expected} == match.parameters


def test_two_names_of_one_endpoint() -> None:
    """
    The first row answers, and about oneself the permission of the second is enough.
    """
    match = ROUTER.match("DELETE", "/sdk/v1/b2b/organizations/members/passwords/one")
    alone = ROUTER.match("DELETE", "/sdk/v1/b2b/organizations/members/totp/member-1")

    assert match is not None
    assert match.route.operation == "organization.members.delete_password"
    assert match.route.permission == Permission(
        "stytch.member",
        "update.info.delete.password",
        or_if_self=Permission("stytch.self", "update.info.delete.password"),
    )
    assert alone is not None
    assert alone.route.permission == Permission("stytch.member", "update.info.delete.mfa-totp")


def test_methods_of_a_path() -> None:
    """
    A path knows with which methods it can be called.
    """
    assert ROUTER.methods("/sdk/v1/b2b/scim") == ("GET", "POST")
    assert ROUTER.methods("/sdk/v1/b2b/nothing") == ()
