"""SCIM connections: created, read, updated, rotated, deleted, by those who may."""

from __future__ import annotations

from typing import Any

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    BadRequestError,
    ConflictError,
    InvalidArgumentError,
    NoSessionError,
    NotFoundError,
    Permission,
    PermissionDeniedError,
)
from stytch_b2b.emulator import Emulator, ScimConnection
from tests.api.support import logged, operations, sent_as

pytestmark = pytest.mark.anyio

CALLS: dict[str, tuple[str, Any]] = {
    "scim.create_connection": ("create", lambda c: c.scim.create_connection(display_name="x")),
    "scim.update_connection": ("update", lambda c: c.scim.update_connection("id")),
    "scim.delete_connection": ("delete", lambda c: c.scim.delete_connection("id")),
    "scim.get_connection": ("get", lambda c: c.scim.get_connection()),
    "scim.get_connection_groups": ("get", lambda c: c.scim.get_connection_groups()),
    "scim.rotate_start": ("update", lambda c: c.scim.rotate_start("id")),
    "scim.rotate_complete": ("update", lambda c: c.scim.rotate_complete("id")),
    "scim.rotate_cancel": ("update", lambda c: c.scim.rotate_cancel("id")),
}


@pytest.fixture
def connection(emulator: Emulator) -> ScimConnection:
    """
    The connection of Acme.
    """
    return emulator.create_scim_connection("Acme", "Directory")


class TestHappyPath:
    """
    What each call brings, and that none of them touches the client's state.
    """

    @pytest.fixture(autouse=True)
    async def _state_is_untouched(self, admin: AsyncStytchB2BClient) -> Any:
        before = admin.state
        yield
        assert before is admin.state

    async def test_create(self, admin, emulator, admin_session) -> None:
        """
        The new connection comes with the whole bearer token.
        """
        response = await admin.scim.create_connection(display_name="Okta", identity_provider="okta")
        (request,) = logged(emulator, "scim.create_connection")

        assert ("Okta", "okta", "active") == (
            response.connection.display_name,
            response.connection.identity_provider,
            response.connection.status,
        )
        assert 44 == len(response.connection.bearer_token)
        assert {"display_name": "Okta", "identity_provider": "okta"} == request.json()
        assert admin_session.session_token == sent_as(request)

    async def test_default_provider(self, admin, emulator) -> None:
        """
        What is not given is not sent.
        """
        response = await admin.scim.create_connection(display_name="Okta")

        assert {"display_name": "Okta"} == logged(emulator, "scim.create_connection")[0].json()
        assert "generic" == response.connection.identity_provider

    async def test_get(self, admin, connection) -> None:
        """
        The connection comes back, its token by the last four characters.
        """
        response = await admin.scim.get_connection()

        assert connection.connection_id == response.connection.connection_id
        assert connection.bearer_token.value[-4:] == response.connection.bearer_token_last_four

    async def test_update(self, admin, emulator, connection) -> None:
        """
        Only what is given is sent and changes; the id travels in the path alone.
        """
        group = emulator.create_scim_group(connection, "Engineers")
        response = await admin.scim.update_connection(
            connection.connection_id,
            display_name="New",
            scim_group_implicit_role_assignments=[
                {"group_id": group.group_id, "role_id": "stytch_admin"}
            ],
        )
        (request,) = logged(emulator, "scim.update_connection")
        (assignment,) = response.connection.scim_group_implicit_role_assignments

        assert ("New", "okta") == (
            response.connection.display_name,
            response.connection.identity_provider,
        )
        assert ("stytch_admin", "Engineers") == (assignment.role_id, assignment.group_name)
        assert {"display_name", "scim_group_implicit_role_assignments"} == set(request.json())
        assert request.path.endswith(f"/scim/{connection.connection_id}")

    async def test_delete(self, admin, connection) -> None:
        """
        The answer names what is gone, and it is gone.
        """
        response = await admin.scim.delete_connection(connection.connection_id)

        assert connection.connection_id == response.connection_id
        with pytest.raises(NotFoundError):
            await admin.scim.get_connection()

    async def test_groups(self, admin, emulator, connection) -> None:
        """
        Pages follow one another by their cursor until there is none.
        """
        for name in ("a", "b", "c"):
            emulator.create_scim_group(connection, name)

        first = await admin.scim.get_connection_groups(limit=2)
        second = await admin.scim.get_connection_groups(limit=2, cursor=first.next_cursor)

        assert [["a", "b"], ["c"]] == [
            [group.group_name for group in page.scim_groups] for page in (first, second)
        ]
        assert first.next_cursor
        assert second.next_cursor is None

    async def test_rotation(self, admin, connection) -> None:
        """
        A completed rotation leaves the next token as the only one.
        """
        started = await admin.scim.rotate_start(connection.connection_id)
        completed = await admin.scim.rotate_complete(connection.connection_id)

        assert started.connection.next_bearer_token == connection.bearer_token.value
        assert (
            started.connection.next_bearer_token[-4:] == completed.connection.bearer_token_last_four
        )
        assert "" == completed.connection.next_bearer_token_last_four

    async def test_cancelled_rotation(self, admin, connection) -> None:
        """
        A cancelled rotation leaves the old token as the only one.
        """
        old = connection.bearer_token.value

        await admin.scim.rotate_start(connection.connection_id)
        cancelled = await admin.scim.rotate_cancel(connection.connection_id)

        assert old[-4:] == cancelled.connection.bearer_token_last_four
        assert "" == cancelled.connection.next_bearer_token_last_four


class TestErrors:
    """
    Each documented error, by what provokes it.
    """

    @pytest.mark.parametrize("name", CALLS)
    async def test_no_session(self, client, emulator, name: str) -> None:
        """
        Without a session nothing is sent.
        """
        with pytest.raises(NoSessionError) as caught:
            await CALLS[name][1](client)

        assert name == caught.value.endpoint
        assert [] == operations(emulator)

    @pytest.mark.parametrize("name", CALLS)
    async def test_no_permission(self, member, emulator, name: str) -> None:
        """
        A refusal names the permission, the roles held and the roles that would do.
        """
        action, call = CALLS[name]

        with pytest.raises(PermissionDeniedError) as caught:
            await call(member)
        error = caught.value

        assert (Permission("stytch.scim", action),) == error.missing_permissions
        assert error.missing_permissions == error.required_permissions
        assert ("stytch_member",) == error.held_roles
        assert ("stytch_admin",) == error.granting_roles
        assert (name, 403, True) == (error.endpoint, error.status_code, error.sent)
        assert f"missing {action} on stytch.scim; held roles: stytch_member" in str(error)
        assert [name, "bootstrap.get"] == operations(emulator)

    async def test_second_connection(self, admin, connection) -> None:
        """
        A second active connection is a conflict.
        """
        with pytest.raises(ConflictError) as caught:
            await admin.scim.create_connection(display_name="Second")

        assert "active_scim_connection_exists" == caught.value.error_type

    @pytest.mark.parametrize("name", [name for name in CALLS if name != "scim.create_connection"])
    async def test_no_such_connection(self, admin, name: str) -> None:
        """
        A connection that is not there is not found.
        """
        with pytest.raises(NotFoundError) as caught:
            await CALLS[name][1](admin)

        assert "no_active_scim_connection" == caught.value.error_type

    @pytest.mark.parametrize("name", ["rotate_complete", "rotate_cancel"])
    async def test_no_rotation(self, admin, connection, name: str) -> None:
        """
        What has not begun can be neither completed nor cancelled.
        """
        with pytest.raises(BadRequestError) as caught:
            await getattr(admin.scim, name)(connection.connection_id)

        assert "scim_connection_not_rotating_token" == caught.value.error_type

    async def test_unknown_provider_is_sent(self, admin) -> None:
        """
        The set of identity providers is the server's: what is unknown here is refused there.
        """
        with pytest.raises(BadRequestError) as caught:
            await admin.scim.create_connection(display_name="x", identity_provider="new-one")

        assert "invalid_scim_idp" == caught.value.error_type

    @pytest.mark.parametrize("connection_id", ["", ".", "..", None, 7])
    async def test_connection_id(self, admin, emulator, connection_id: Any) -> None:
        """
        An id that would make another path is refused before anything is sent.
        """
        with pytest.raises(InvalidArgumentError, match="connection_id"):
            await admin.scim.delete_connection(connection_id)

        assert [] == operations(emulator)

    async def test_connection_id_is_encoded(self, admin, emulator) -> None:
        """
        Whatever an id holds, it stays one segment of the path.
        """
        with pytest.raises(NotFoundError):
            await admin.scim.delete_connection("../a b?c=%2e#d/ü")

        assert "/sdk/v1/b2b/scim/..%2Fa%20b%3Fc%3D%252e%23d%2F%C3%BC" == emulator.requests[0].path

    @pytest.mark.parametrize("limit", [-1, 1001, 1.5, "many"])
    async def test_limit(self, admin, emulator, limit: Any) -> None:
        """
        A page size outside of the API's range is refused before anything is sent.
        """
        with pytest.raises(InvalidArgumentError, match="limit"):
            await admin.scim.get_connection_groups(limit=limit)

        assert [] == operations(emulator)

    async def test_assignments(self, admin, emulator) -> None:
        """
        A role assignment without its parts is refused before anything is sent.
        """
        with pytest.raises(InvalidArgumentError, match="scim_group_implicit_role_assignments"):
            await admin.scim.update_connection(
                "id", scim_group_implicit_role_assignments=[{"group_id": "g"}]
            )

        assert [] == operations(emulator)


def test_sync(sync_admin: Any, emulator: Emulator) -> None:
    """
    The blocking client makes all eight calls.
    """
    scim = sync_admin.scim
    created = scim.create_connection(display_name="Okta").connection
    updated = scim.update_connection(created.connection_id, display_name="New").connection
    fetched = scim.get_connection().connection
    groups = scim.get_connection_groups(limit=5)
    scim.rotate_start(created.connection_id)
    cancelled = scim.rotate_cancel(created.connection_id).connection
    started = scim.rotate_start(created.connection_id).connection
    completed = scim.rotate_complete(created.connection_id).connection
    deleted = scim.delete_connection(created.connection_id)

    assert "New" == updated.display_name == fetched.display_name
    assert () == groups.scim_groups
    assert created.bearer_token[-4:] == cancelled.bearer_token_last_four
    assert started.next_bearer_token[-4:] == completed.bearer_token_last_four
    assert created.connection_id == deleted.connection_id
    assert set(CALLS) == set(operations(emulator))


def test_sync_refusal(sync_client: Any, member_session: Any) -> None:
    """
    The blocking client explains a refusal, too.
    """
    member = sync_client.with_session(session_token=member_session.session_token)
    with pytest.raises(PermissionDeniedError) as caught:
        member.scim.get_connection()

    assert (Permission("stytch.scim", "get"),) == caught.value.required_permissions
    assert caught.value.held_roles is None
    assert ("stytch_admin",) == caught.value.granting_roles
