"""What the Member may do, by the policy; and the bootstrap data that it comes with."""

from __future__ import annotations

from typing import Any

import pytest

from stytch_b2b import AsyncStytchB2BClient, AuthenticationError, NotFoundError
from stytch_b2b.emulator import Emulator
from tests.api.support import operations, sent_as

pytestmark = pytest.mark.anyio

POLICY: dict[str, Any] = {
    "roles": [
        {
            "role_id": "stytch_member",
            "permissions": [{"resource_id": "documents", "actions": ["read"]}],
        },
        {
            "role_id": "editor",
            "permissions": [{"resource_id": "documents", "actions": ["*"]}],
        },
    ],
    "resources": [
        {"resource_id": "documents", "description": "", "actions": ["read", "write"]},
        {"resource_id": "images", "description": "", "actions": ["read"]},
    ],
}


@pytest.fixture(autouse=True)
def policy(emulator: Emulator) -> None:
    """
    A policy over resources of the project's own.
    """
    emulator.set_policy(POLICY)


@pytest.fixture
def editor(client: Any, emulator: Emulator) -> Any:
    """
    A client of somebody who may do everything with documents.
    """
    signed_in = emulator.sign_in("eve@acme.example", "Acme", roles=["editor"])
    return client.with_session(
        session_token=signed_in.session_token, session_jwt=signed_in.session_jwt
    )


class TestIsAuthorized:
    """
    One question, one answer.
    """

    @pytest.mark.parametrize(
        ("resource", "action", "bob", "eve"),
        [
            ("documents", "read", True, True),
            ("documents", "write", False, True),
            ("documents", "invent", False, True),
            ("images", "read", False, False),
            ("nothing", "read", False, False),
        ],
    )
    async def test_roles(self, member, editor, resource, action, bob: bool, eve: bool) -> None:
        """
        A role grants what it names, ``*`` every action; nobody may what no role grants.
        """
        assert bob is await member.rbac.is_authorized(resource, action)
        assert eve is await editor.rbac.is_authorized(resource, action)
        assert bob is member.rbac.is_authorized_sync(resource, action)

    async def test_logged_out(self, client) -> None:
        """
        Without a session nothing is granted.
        """
        assert False is await client.rbac.is_authorized("documents", "read")

    async def test_without_asking(self, editor, emulator) -> None:
        """
        The blocking form fetches nothing, and says no until a policy was fetched.
        """
        before = editor.rbac.is_authorized_sync("documents", "write")
        silent = operations(emulator)
        await editor.rbac.all_permissions()

        assert False is before
        assert [] == silent
        assert True is editor.rbac.is_authorized_sync("documents", "write")

    async def test_custom_roles(self, editor, emulator) -> None:
        """
        A custom role of the Organization goes before a project's role of the same id.
        """
        emulator.set_custom_roles(
            "Acme",
            [
                {
                    "role_id": "editor",
                    "permissions": [{"resource_id": "images", "actions": ["read"]}],
                }
            ],
        )
        await editor.session.authenticate()

        assert False is await editor.rbac.is_authorized("documents", "write")
        assert True is await editor.rbac.is_authorized("images", "read")

    async def test_unknown_role(self, client, emulator) -> None:
        """
        A role that the policy does not know grants nothing.
        """
        emulator.set_custom_roles("Acme", [{"role_id": "ghost", "permissions": []}])
        signed_in = emulator.sign_in("gus@acme.example", "Acme", roles=["ghost"])
        view = client.with_session(
            session_token=signed_in.session_token, session_jwt=signed_in.session_jwt
        )

        assert True is await view.rbac.is_authorized("documents", "read")
        assert False is await view.rbac.is_authorized("documents", "write")

    async def test_no_policy(self, editor, emulator) -> None:
        """
        If the policy cannot be had the answer is no, not an error.
        """
        emulator.faults.add(times=9, status=500)

        assert False is await editor.rbac.is_authorized("documents", "read")
        assert {} == await editor.rbac.all_permissions()

    async def test_roles_change_with_the_session(self, editor, emulator) -> None:
        """
        A role that was taken away counts until the session is refreshed.
        """
        await editor.session.authenticate()
        emulator.update_member(editor.state.member.member_id, roles=[])
        before = await editor.rbac.is_authorized("documents", "write")
        await editor.session.authenticate()

        assert (True, False) == (before, await editor.rbac.is_authorized("documents", "write"))


class TestAllPermissions:
    """
    The whole table at once.
    """

    async def test_table(self, member, editor) -> None:
        """
        Every action of every resource of the policy is there.
        """
        assert {
            "documents": {"read": True, "write": False},
            "images": {"read": False},
        } == await member.rbac.all_permissions()
        assert {
            "documents": {"read": True, "write": True},
            "images": {"read": False},
        } == await editor.rbac.all_permissions()

    async def test_logged_out(self, client) -> None:
        """
        Without a session everything is refused.
        """
        assert {
            "documents": {"read": False, "write": False},
            "images": {"read": False},
        } == await client.rbac.all_permissions()


class TestBootstrap:
    """
    The project's settings.
    """

    async def test_get(self, editor, emulator) -> None:
        """
        They come with the policy; the state stays as it is.
        """
        before = editor.state
        emulator.set_bootstrap(
            pkce_required_for_sso=True, captcha_settings={"enabled": True, "siteKey": "key"}
        )

        response = await editor.bootstrap.get()

        assert response.pkce_required_for_sso
        assert "key" == response.captcha_settings.site_key
        assert ["stytch_member", "editor"] == [role.role_id for role in response.rbac_policy.roles]
        assert before is editor.state
        assert f"/sdk/v1/projects/bootstrap/{emulator.public_token}" == emulator.requests[0].path

    async def test_needs_no_session(self, client, emulator) -> None:
        """
        Whoever is logged out may read them.
        """
        await client.bootstrap.get()

        assert emulator.public_token == sent_as(emulator.requests[0])

    async def test_unknown_project(self, emulator, make_client) -> None:
        """
        A public token that the API does not know is an authentication error.
        """
        stranger = "public-token-test-00000000-0000-0000-0000-000000000000"
        async with AsyncStytchB2BClient(stranger, base_url=emulator.url) as client:
            with pytest.raises(AuthenticationError) as caught:
                await client.bootstrap.get()

        assert "unauthorized_credentials" == caught.value.error_type

    async def test_absence_is_an_error_of_its_own(self, client, emulator) -> None:
        """
        A project that the API cannot find is not found.
        """
        emulator.faults.add(
            status=404, body={"error_type": "public_token_not_found", "error_message": "m"}
        )

        with pytest.raises(NotFoundError):
            await client.bootstrap.get()


class TestRefresh:
    """
    Whoever has changed the policy need not wait until it is old.
    """

    async def test_at_once(self, editor, emulator) -> None:
        """
        The policy is fetched though the one held is fresh, and all clients of an engine have it.
        """
        before = await editor.rbac.is_authorized("documents", "write")
        emulator.set_policy({**POLICY, "roles": []})
        held = await editor.rbac.is_authorized("documents", "write")
        await editor.with_options(retries=0).rbac.refresh_policy()

        assert (True, True) == (before, held)
        assert not editor.rbac.is_authorized_sync("documents", "write")
        assert 2 == operations(emulator).count("bootstrap.get")

    async def test_failure(self, editor, emulator) -> None:
        """
        A failure is raised, and what is held stays.
        """
        await editor.rbac.is_authorized("documents", "write")
        emulator.faults.add(operation="bootstrap.get", status=404)

        with pytest.raises(NotFoundError):
            await editor.rbac.refresh_policy()

        assert editor.rbac.is_authorized_sync("documents", "write")


def test_sync(sync_client: Any, emulator: Emulator) -> None:
    """
    The blocking client knows the same.
    """
    signed_in = emulator.sign_in("eve@acme.example", "Acme", roles=["editor"])
    view = sync_client.with_session(
        session_token=signed_in.session_token, session_jwt=signed_in.session_jwt
    )

    assert False is view.rbac.is_authorized_sync("documents", "write")
    assert True is view.rbac.is_authorized("documents", "write")
    assert True is view.rbac.is_authorized_sync("documents", "write")
    assert {"documents", "images"} == set(view.rbac.all_permissions())
    assert "Emulated project" == view.bootstrap.get().project_name
