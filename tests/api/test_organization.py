"""The Organization of the Member that the client acts as."""

from __future__ import annotations

from typing import Any

import pytest

from stytch_b2b import AuthenticationError, NoSessionError
from stytch_b2b.emulator import Emulator
from tests.api.support import operations

pytestmark = pytest.mark.anyio


async def test_get(admin, emulator) -> None:
    """
    The Organization comes back and is kept; nothing else of the state changes.
    """
    await admin.session.authenticate()
    before = admin.state
    emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")

    response = await admin.organization.get()

    assert "REQUIRED_FOR_ALL" == response.organization.mfa_policy
    assert response.organization == admin.state.organization
    assert before.member_session is admin.state.member_session
    assert before.member is admin.state.member
    assert before.credentials == admin.state.credentials


async def test_needs_a_session(client, emulator) -> None:
    """
    Without a session nothing is sent, and the error names the call.
    """
    with pytest.raises(NoSessionError) as caught:
        await client.organization.get()

    assert "organization.get" == caught.value.endpoint
    assert [] == operations(emulator)


async def test_revoked_session(admin, emulator) -> None:
    """
    A revoked session is an authentication error; a mere read does not log the Member out.
    """
    other = admin.with_state(admin.state)
    await other.session.revoke()
    before = admin.state

    with pytest.raises(AuthenticationError) as caught:
        await admin.organization.get()

    assert "session_not_found" == caught.value.error_type
    assert before is admin.state


async def test_custom_roles_count_from_now_on(member, emulator) -> None:
    """
    Custom roles that the Organization got meanwhile are known after the call.
    """
    await member.session.authenticate()
    emulator.set_custom_roles(
        "Acme",
        [
            {
                "role_id": "stytch_member",
                "permissions": [{"resource_id": "stytch.scim", "actions": ["get"]}],
            }
        ],
    )
    before = await member.rbac.is_authorized("stytch.scim", "get")

    await member.organization.get()
    after = await member.rbac.is_authorized("stytch.scim", "get")

    assert (False, True) == (before, after)


def test_sync(sync_admin: Any, emulator: Emulator) -> None:
    """
    The blocking client keeps the Organization, too.
    """
    response = sync_admin.organization.get()

    assert response.organization == sync_admin.state.organization
    assert ["organization.get"] == operations(emulator)
