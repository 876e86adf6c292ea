"""Permissions: of each call, of each field, and from every kind of role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stytch_b2b.emulator.errors import SessionAuthorizationError
from stytch_b2b.emulator.policy import allows
from stytch_b2b.emulator.routes import Permission, Route
from stytch_b2b.emulator.rules.roles import authorize

if TYPE_CHECKING:
    from stytch_b2b.emulator import ScimConnection

    from .conftest import Api

SCIM = "/sdk/v1/b2b/scim"
DENIED = (403, "session_authorization_error")


def grant(role_id: str, *permissions: tuple[str, str]) -> dict[str, Any]:
    """
    Return a role with these permissions.
    """
    return {
        "role_id": role_id,
        "permissions": [
            {"resource_id": resource, "actions": [action]} for resource, action in permissions
        ],
    }


@pytest.fixture
def connection(api: Api) -> ScimConnection:
    """
    Acme has a SCIM connection.
    """
    api.emulator.create_organization("Acme")
    return api.emulator.create_scim_connection("Acme")


def signed_in(api: Api, *permissions: tuple[str, str]) -> str:
    """
    Return the token of somebody who has just these permissions, by a custom role.
    """
    api.emulator.set_custom_roles("Acme", [grant("custom", *permissions)])
    return api.emulator.sign_in("bob@example.com", "Acme", roles=["custom"]).session_token


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("POST", SCIM, "create"),
        ("GET", SCIM, "get"),
        ("POST", f"{SCIM}/groups", "get"),
        ("PUT", f"{SCIM}/ID", "update"),
        ("POST", f"{SCIM}/rotate/start", "update"),
        ("POST", f"{SCIM}/rotate/complete", "update"),
        ("POST", f"{SCIM}/rotate/cancel", "update"),
        ("DELETE", f"{SCIM}/ID", "delete"),
    ],
)
def test_each_call_needs_its_permission(
    api: Api, connection: ScimConnection, method: str, path: str, action: str
) -> None:
    """
    With the permission of the call it is not denied, with the others of the resource it is.
    """
    others = {"create", "get", "update", "delete"} - {action}
    path = path.replace("ID", connection.connection_id)
    body = None if method in ("GET", "DELETE") else {"connection_id": connection.connection_id}
    without = signed_in(api, *(("stytch.scim", other) for other in others))
    denied = api.call(method, path, body, token=without)
    allowed = api.call(method, path, body, token=signed_in(api, ("stytch.scim", action)))

    assert denied.error == DENIED
    assert f"perform {action} on stytch.scim" in denied.json["error_message"]
    assert allowed.status in (200, 400)


UPDATE = ("stytch.scim", "update")
IMPLICIT = ("stytch.organization", "update.settings.implicit-roles")


@pytest.mark.parametrize(
    ("permissions", "fields", "status"),
    [
        ([UPDATE], {"display_name": "x"}, 200),
        ([IMPLICIT], {"display_name": "x"}, 403),
        ([IMPLICIT], {"scim_group_implicit_role_assignments": []}, 200),
        ([UPDATE], {"scim_group_implicit_role_assignments": []}, 403),
        ([UPDATE], {"display_name": "x", "scim_group_implicit_role_assignments": []}, 403),
        ([IMPLICIT], {"display_name": "x", "scim_group_implicit_role_assignments": []}, 403),
        (
            [UPDATE, IMPLICIT],
            {"display_name": "x", "scim_group_implicit_role_assignments": []},
            200,
        ),
        ([UPDATE], {}, 200),
        ([IMPLICIT], {}, 403),
        ([IMPLICIT], {"scim_group_implicit_role_assignments": None}, 403),
        ([IMPLICIT], {"connection_id": "x", "scim_group_implicit_role_assignments": []}, 200),
    ],
)
def test_a_field_has_a_permission_of_its_own(
    api: Api,
    connection: ScimConnection,
    permissions: list[tuple[str, str]],
    fields: dict[str, Any],
    status: int,
) -> None:
    """
    It stands instead of the call's, which is needed if another field is given, or none.
    """
    token = signed_in(api, *permissions)
    reply = api.call("PUT", f"{SCIM}/{connection.connection_id}", fields, token=token)

    assert status == reply.status


def test_permission_is_checked_before_existence(api: Api, connection: ScimConnection) -> None:
    """
    Who may not look is not told what is there.
    """
    reply = api.call("PUT", f"{SCIM}/other", {"display_name": "x"}, token=signed_in(api))

    assert reply.error == DENIED


def test_the_default_roles(api: Api, connection: ScimConnection) -> None:
    """
    Administrators may do everything with SCIM, other members nothing.
    """
    admin = api.emulator.sign_in("ada@example.com", "Acme")
    member = api.emulator.sign_in("bob@example.com", "Acme", roles=())

    assert api.get(SCIM, token=admin.session_token).status == 200
    assert api.get(SCIM, token=member.session_token).error == DENIED


def test_a_role_change_counts_at_once(api: Api, connection: ScimConnection) -> None:
    """
    Permissions are those that the member's roles give at the time of the call.
    """
    ada = api.emulator.sign_in("ada@example.com", "Acme")
    api.emulator.update_member(ada.member_id, roles=[])

    assert api.get(SCIM, token=ada.session_token).error == DENIED


def test_a_role_by_email_domain(api: Api, connection: ScimConnection) -> None:
    """
    Verified addresses of a domain give a role, others do not.
    """
    api.emulator.update_organization(
        "Acme",
        rbac_email_implicit_role_assignments=[
            {"domain": "Acme.com", "role_id": "stytch_admin"},
        ],
    )
    insider = api.emulator.sign_in("eve@acme.com", "Acme", roles=())
    outsider = api.emulator.sign_in("bob@example.com", "Acme", roles=())
    claimed = api.emulator.create_member("Acme", "may@acme.com", email_address_verified=False)
    unverified = api.emulator.create_session(claimed)
    me = api.get("/sdk/v1/b2b/organizations/members/me", token=insider.session_token).data

    assert api.get(SCIM, token=insider.session_token).status == 200
    assert api.get(SCIM, token=outsider.session_token).error == DENIED
    assert api.get(SCIM, token=unverified.session_token).error == DENIED
    assert me["member"]["roles"][1]["sources"] == [
        {"type": "email_assignment", "details": {"email_domain": "Acme.com"}}
    ]


def test_one_role_may_have_many_sources(api: Api, connection: ScimConnection) -> None:
    """
    A role is listed once, with every reason for holding it.
    """
    api.emulator.update_organization(
        "Acme",
        rbac_email_implicit_role_assignments=[
            {"domain": "acme.com", "role_id": "stytch_admin"},
        ],
    )
    eve = api.emulator.sign_in("eve@acme.com", "Acme", roles=["stytch_member", "stytch_admin"])
    me = api.get("/sdk/v1/b2b/organizations/members/me", token=eve.session_token).data["member"]

    assert [
        ("stytch_member", ["direct_assignment"]),
        ("stytch_admin", ["direct_assignment", "email_assignment"]),
    ] == [(role["role_id"], [source["type"] for source in role["sources"]]) for role in me["roles"]]


def test_groups_of_others_give_no_role(api: Api, connection: ScimConnection) -> None:
    """
    Only members of the group, in the organization of the connection, hold its role.
    """
    group = api.emulator.create_scim_group(connection, "Engineers")
    connection.role_assignments.append({"role_id": "stytch_admin", "group_id": group.group_id})
    bob = api.emulator.sign_in("bob@example.com", "Acme", roles=())
    api.emulator.create_organization("Other")
    stranger = api.emulator.sign_in("bob@example.com", "Other", roles=())

    for somebody in (bob, stranger):
        assert api.get(SCIM, token=somebody.session_token).error == DENIED


def test_a_replaced_policy_is_enforced(api: Api, connection: ScimConnection) -> None:
    """
    Roles mean what the policy of the moment says; unknown ones mean nothing.
    """
    ada = api.emulator.sign_in("ada@example.com", "Acme")
    api.emulator.set_policy({"roles": [grant("stytch_member", ("stytch.scim", "get"))]})
    reading = api.get(SCIM, token=ada.session_token)
    creating = api.post(SCIM, token=ada.session_token)

    assert reading.status == 200
    assert creating.error == DENIED


@pytest.mark.parametrize(
    ("held", "resource", "action", "expected"),
    [
        (["all"], "documents", "read", True),
        (["reader"], "documents", "read", True),
        (["reader"], "documents", "write", False),
        (["reader"], "folders", "read", False),
        (["unknown"], "documents", "read", False),
        (["unknown", "reader"], "documents", "read", True),
        ([], "documents", "read", False),
        (["twice"], "documents", "read", False),
    ],
)
def test_allows(held: list[str], resource: str, action: str, expected: bool) -> None:
    """
    Any role held may grant an action or all; of two roles with one id the later one counts.
    """
    roles = [
        grant("all", ("documents", "*")),
        grant("reader", ("documents", "read")),
        grant("twice", ("documents", "read")),
        grant("twice"),
    ]

    assert expected == allows(roles, held, resource=resource, action=action)


def test_a_permission_on_oneself(api: Api) -> None:
    """
    A permission on the calling member is enough if the call is about that member.
    """
    member = api.emulator.create_member(api.emulator.create_organization(), "ada@example.com")
    needed = Permission(
        "stytch.member",
        "update.info.name",
        or_if_self=Permission("stytch.self", "update.info.name"),
    )
    route = Route("x", "PUT", "/x", field_permissions={"name": needed})

    def attempt(target_member_id: str | None) -> None:
        authorize(
            api.emulator._store, member, route, given=["name"], target_member_id=target_member_id
        )

    attempt(member.member_id)
    with pytest.raises(SessionAuthorizationError):
        attempt("member-test-other")
    with pytest.raises(SessionAuthorizationError):
        attempt(None)
