"""SCIM: one connection, its tokens, its groups, and the roles that groups give."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from stytch_b2b.emulator import ScimConnection, SignedIn

    from .conftest import Api, Reply

SCIM = "/sdk/v1/b2b/scim"
GROUPS = f"{SCIM}/groups"
NOTHING = (404, "no_active_scim_connection")


@pytest.fixture
def ada(api: Api) -> SignedIn:
    """
    Ada administers Acme.
    """
    return api.emulator.sign_in("ada@example.com", "Acme")


@pytest.fixture
def connection(api: Api, ada: SignedIn) -> ScimConnection:
    """
    Acme has a connection.
    """
    return api.emulator.create_scim_connection("Acme")


def rotate(api: Api, ada: SignedIn, step: str, connection_id: str) -> Reply:
    """
    Take a step of a token rotation.
    """
    body = {"connection_id": connection_id}
    return api.post(f"{SCIM}/rotate/{step}", body, token=ada.session_token)


def update(api: Api, ada: SignedIn, connection_id: str, **body: Any) -> Reply:
    """
    Change a connection.
    """
    return api.call("PUT", f"{SCIM}/{connection_id}", body, token=ada.session_token)


def current(api: Api, ada: SignedIn) -> dict[str, Any]:
    """
    Return the connection as it is.
    """
    found: dict[str, Any] = api.get(SCIM, token=ada.session_token).data["connection"]
    return found


def test_create(api: Api, ada: SignedIn) -> None:
    """
    A new connection shows its bearer token.
    """
    body = {"display_name": "Okta", "identity_provider": "okta"}
    data = api.post(SCIM, body, token=ada.session_token).data
    created = data["connection"]

    assert set(data) == {"request_id", "status_code", "connection"}
    assert set(created) == {
        "organization_id",
        "connection_id",
        "status",
        "display_name",
        "identity_provider",
        "base_url",
        "bearer_token",
        "bearer_token_expires_at",
        "scim_group_implicit_role_assignments",
    }
    assert created["display_name"] == "Okta"
    assert created["identity_provider"] == "okta"
    assert created["status"] == "active"
    assert f"{api.emulator.url}/v1/b2b/scim/{created['connection_id']}" == created["base_url"]
    assert len(created["bearer_token"]) == 44
    assert current(api, ada)["bearer_token_last_four"] == created["bearer_token"][-4:]


def test_create_needs_no_fields(api: Api, ada: SignedIn) -> None:
    """
    Name and identity provider have defaults.
    """
    created = api.post(SCIM, token=ada.session_token).data["connection"]

    assert (created["display_name"], created["identity_provider"]) == ("", "generic")


def test_an_organization_has_one_connection(
    api: Api, ada: SignedIn, connection: ScimConnection
) -> None:
    """
    A second connection is refused as long as the first is active.
    """
    first = api.post(SCIM, token=ada.session_token)
    api.call("DELETE", f"{SCIM}/{connection.connection_id}", token=ada.session_token)
    second = api.post(SCIM, token=ada.session_token)

    assert first.error == (400, "active_scim_connection_exists")
    assert second.status == 200


@pytest.mark.parametrize("method", ["create", "update"])
def test_unknown_identity_providers(api: Api, ada: SignedIn, method: str) -> None:
    """
    SCIM works with some identity providers only.
    """
    body = {"identity_provider": "nobody"}
    if method == "create":
        reply = api.post(SCIM, body, token=ada.session_token)
    else:
        made = api.emulator.create_scim_connection("Acme")
        reply = update(api, ada, made.connection_id, **body)

    assert reply.error == (400, "invalid_scim_idp")


def test_get(api: Api, ada: SignedIn, connection: ScimConnection) -> None:
    """
    Of the bearer token only the last four characters are shown.
    """
    shown = current(api, ada)
    token = connection.bearer_token.value

    assert set(shown) == {
        "organization_id",
        "connection_id",
        "status",
        "display_name",
        "identity_provider",
        "base_url",
        "bearer_token_last_four",
        "bearer_token_expires_at",
        "next_bearer_token_last_four",
        "next_bearer_token_expires_at",
        "scim_group_implicit_role_assignments",
    }
    assert token[-4:] == shown["bearer_token_last_four"]
    assert shown["next_bearer_token_last_four"] == ""
    assert shown["next_bearer_token_expires_at"] is None
    assert token not in repr(connection)


def test_the_organization_shows_its_connection(
    api: Api, ada: SignedIn, connection: ScimConnection
) -> None:
    """
    The active connection is part of the organization.
    """
    reply = api.get("/sdk/v1/b2b/organizations/me", token=ada.session_token)

    assert reply.data["organization"]["scim_active_connection"] == {
        "connection_id": connection.connection_id,
        "display_name": "Directory",
        "bearer_token_last_four": connection.bearer_token.value[-4:],
        "bearer_token_expires_at": current(api, ada)["bearer_token_expires_at"],
    }


def test_without_a_connection_nothing_is_found(api: Api, ada: SignedIn) -> None:
    """
    Every operation on a connection that is not there has the same error.
    """
    options = {"token": ada.session_token}

    assert api.get(SCIM, **options).error == NOTHING
    assert api.post(GROUPS, **options).error == NOTHING
    assert update(api, ada, "other", display_name="x").error == NOTHING
    assert api.call("DELETE", f"{SCIM}/other", **options).error == NOTHING
    for step in ("start", "complete", "cancel"):
        assert rotate(api, ada, step, "other").error == NOTHING


def test_connections_of_others_are_not_found(api: Api, ada: SignedIn) -> None:
    """
    An organization knows no connection but its own.
    """
    api.emulator.create_organization("Other")
    foreign = api.emulator.create_scim_connection("Other").connection_id
    own = api.emulator.create_scim_connection("Acme").connection_id

    assert update(api, ada, foreign, display_name="x").error == NOTHING
    assert rotate(api, ada, "start", foreign).error == NOTHING
    assert own == current(api, ada)["connection_id"]


def test_update(api: Api, ada: SignedIn, connection: ScimConnection) -> None:
    """
    Fields given are changed, the others stay; an id repeated in the body does no harm.
    """
    body = {"display_name": "Entra", "connection_id": connection.connection_id}
    path = f"{SCIM}/{connection.connection_id}"
    first = api.call("PUT", path, body, token=ada.session_token).data["connection"]
    second = update(api, ada, connection.connection_id, identity_provider="microsoft-entra").data[
        "connection"
    ]

    assert (first["display_name"], first["identity_provider"]) == ("Entra", "okta")
    assert second["display_name"] == "Entra"
    assert second["identity_provider"] == "microsoft-entra"
    assert second == current(api, ada)


def test_update_assigns_roles_to_groups(
    api: Api, ada: SignedIn, connection: ScimConnection
) -> None:
    """
    Members of the group hold the role from then on, and the answer names the group.
    """
    bob = api.emulator.sign_in("bob@example.com", "Acme", roles=())
    group = api.emulator.create_scim_group(connection, "Engineers", members=[bob.member_id])
    assignment = {"role_id": "stytch_admin", "group_id": group.group_id}
    connection_id = connection.connection_id
    data = update(api, ada, connection_id, scim_group_implicit_role_assignments=[assignment]).data
    session = api.post("/sdk/v1/b2b/sessions/authenticate", token=bob.session_token).data

    assert data["connection"]["scim_group_implicit_role_assignments"] == [
        {**assignment, "group_name": "Engineers"}
    ]
    assert session["member_session"]["roles"] == ["stytch_member", "stytch_admin"]
    assert session["member"]["roles"][1] == {
        "role_id": "stytch_admin",
        "sources": [
            {
                "type": "scim_connection_group",
                "details": {"connection_id": connection_id, "group_id": group.group_id},
            }
        ],
    }
    assert session["member"]["scim_registration"]["connection_id"] == connection_id
    assert session["member"]["scim_registration"]["registration_id"].startswith(
        "scim-registration-test-"
    )


def test_assignments_end_with_the_connection(
    api: Api, ada: SignedIn, connection: ScimConnection
) -> None:
    """
    A deleted connection gives no roles.
    """
    bob = api.emulator.sign_in("bob@example.com", "Acme", roles=())
    group = api.emulator.create_scim_group(connection, "Engineers", members=[bob.member_id])
    assignment = {"role_id": "stytch_admin", "group_id": group.group_id}
    update(api, ada, connection.connection_id, scim_group_implicit_role_assignments=[assignment])
    path = f"{SCIM}/{connection.connection_id}"
    deleted = api.call("DELETE", path, token=bob.session_token).data
    me = api.get("/sdk/v1/b2b/organizations/members/me", token=bob.session_token).data["member"]

    assert connection.connection_id == deleted["connection_id"]
    assert [role["role_id"] for role in me["roles"]] == ["stytch_member"]
    assert me["scim_registration"] is None
    assert api.call("DELETE", path, token=ada.session_token).error == NOTHING


@pytest.mark.parametrize(
    ("role_id", "group_id", "error"),
    [
        ("stytch_admin", "", "scim_group_role_assignment_does_not_contain_group_id"),
        ("stytch_admin", "x", "scim_group_role_assignment_group_does_not_exist"),
        ("unknown", None, "invalid_rbac_role_id"),
        ("stytch_member", None, "cannot_assign_default_rbac_role_id"),
    ],
)
def test_assignments_must_exist(
    api: Api,
    ada: SignedIn,
    connection: ScimConnection,
    role_id: str,
    group_id: str | None,
    error: str,
) -> None:
    """
    A role or group that is not there is refused, and nothing else of the call is done either.
    """
    group = api.emulator.create_scim_group(connection, "Engineers")
    assignment = {
        "role_id": role_id,
        "group_id": group.group_id if group_id is None else group_id,
    }
    reply = update(
        api,
        ada,
        connection.connection_id,
        display_name="changed",
        scim_group_implicit_role_assignments=[assignment],
    )

    assert reply.error == (400, error)
    assert current(api, ada)["display_name"] == "Directory"


def test_assignments_have_a_shape(api: Api, ada: SignedIn, connection: ScimConnection) -> None:
    """
    Issues name the element and the property that do not fit.
    """
    reply = update(
        api,
        ada,
        connection.connection_id,
        scim_group_implicit_role_assignments=["x", {"role_id": "stytch_admin"}],
    )

    name = "scim_group_implicit_role_assignments"
    assert [
        (f".{name}[0]", "should be object"),
        (f".{name}[1]", "should have required property 'group_id'"),
    ] == [(issue["dataPath"], issue["message"]) for issue in reply.json["body"]]
    assert reply.json["body"][1]["schemaPath"] == f"#/properties/{name}/items/required"


def test_rotation(api: Api, ada: SignedIn, connection: ScimConnection) -> None:
    """
    The next token is shown once, and takes the place of the old one on completion.
    """
    connection_id = connection.connection_id
    old = connection.bearer_token.value
    started = rotate(api, ada, "start", connection_id).data["connection"]
    between = current(api, ada)
    completed = rotate(api, ada, "complete", connection_id).data["connection"]
    token = started["next_bearer_token"]

    assert "next_bearer_token_last_four" not in started
    assert "bearer_token" not in started
    assert old[-4:] == started["bearer_token_last_four"] == between["bearer_token_last_four"]
    assert token[-4:] == between["next_bearer_token_last_four"]
    assert started["next_bearer_token_expires_at"] == between["next_bearer_token_expires_at"]
    assert token[-4:] == completed["bearer_token_last_four"]
    assert completed["next_bearer_token_last_four"] == ""
    assert completed["next_bearer_token_expires_at"] is None
    assert completed == current(api, ada)


def test_a_rotation_can_be_cancelled(api: Api, ada: SignedIn, connection: ScimConnection) -> None:
    """
    Cancelling keeps the token that was good before.
    """
    before = current(api, ada)
    rotate(api, ada, "start", connection.connection_id)
    cancelled = rotate(api, ada, "cancel", connection.connection_id).data["connection"]

    assert before == cancelled


def test_starting_again_replaces_the_next_token(
    api: Api, ada: SignedIn, connection: ScimConnection
) -> None:
    """
    Of two starts the second counts.
    """
    first, second = (
        rotate(api, ada, "start", connection.connection_id).data["connection"] for _ in range(2)
    )
    completed = rotate(api, ada, "complete", connection.connection_id).data["connection"]

    assert first["next_bearer_token"] != second["next_bearer_token"]
    assert second["next_bearer_token"][-4:] == completed["bearer_token_last_four"]


@pytest.mark.parametrize("step", ["complete", "cancel"])
def test_there_must_be_a_rotation(
    api: Api, ada: SignedIn, connection: ScimConnection, step: str
) -> None:
    """
    What was not started cannot be ended.
    """
    reply = rotate(api, ada, step, connection.connection_id)

    assert reply.error == (400, "scim_connection_not_rotating_token")


def test_groups_come_in_pages(api: Api, ada: SignedIn, connection: ScimConnection) -> None:
    """
    Following the cursors gives every group once, in order.
    """
    names = [f"group {number}" for number in range(5)]
    for name in names:
        api.emulator.create_scim_group(connection.connection_id, name)
    seen: list[str] = []
    sizes: list[int] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        page = api.post(GROUPS, {"limit": 2, "cursor": cursor}, token=ada.session_token).data
        seen += [group["group_name"] for group in page["scim_groups"]]
        sizes.append(len(page["scim_groups"]))
        cursor = page["next_cursor"]

    assert names == seen
    assert [2, 2, 1] == sizes
    assert set(page) == {"request_id", "status_code", "scim_groups", "next_cursor"}
    assert set(page["scim_groups"][0]) == {
        "group_id",
        "group_name",
        "organization_id",
        "connection_id",
    }


@pytest.mark.parametrize("body", [{}, {"limit": 0}, {"cursor": ""}])
def test_the_first_page_has_a_hundred_groups(
    api: Api, ada: SignedIn, connection: ScimConnection, body: dict[str, Any]
) -> None:
    """
    Without limit, or with zero, a page has a hundred groups.
    """
    for number in range(101):
        api.emulator.create_scim_group(connection, str(number))
    page = api.post(GROUPS, body, token=ada.session_token).data

    assert len(page["scim_groups"]) == 100
    assert page["next_cursor"]


@pytest.mark.parametrize(
    ("limit", "message"), [(-1, "should be >= 0"), (1001, "should be <= 1000")]
)
def test_pages_have_limits(
    api: Api, ada: SignedIn, connection: ScimConnection, limit: int, message: str
) -> None:
    """
    A page has at most a thousand groups.
    """
    reply = api.post(GROUPS, {"limit": limit}, token=ada.session_token)

    assert reply.status == 400
    assert [message] == [issue["message"] for issue in reply.json["body"]]


@pytest.mark.parametrize("cursor", ["x", "grün", base64.b64encode(b"other:2").decode()])
def test_cursors_are_not_made_up(
    api: Api, ada: SignedIn, connection: ScimConnection, cursor: str
) -> None:
    """
    Only a cursor of this connection leads anywhere.
    """
    reply = api.post(GROUPS, {"cursor": cursor}, token=ada.session_token)

    assert reply.error == (400, "bad_request")
    assert reply.json["error_message"] == "The cursor is invalid."
