"""The Organization of the Member that the client acts as."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from stytch_b2b import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InvalidArgumentError,
    NoSessionError,
    NotFoundError,
    PermissionDeniedError,
    SessionState,
    StytchAPIError,
)
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


SETTINGS: dict[str, Any] = {
    "organization_name": "Acme Corporation",
    "organization_slug": "acme-corporation",
    "organization_logo_url": "https://acme.example/logo.png",
    "organization_external_id": "customer-7",
    "sso_jit_provisioning": "NOT_ALLOWED",
    "email_allowed_domains": ("acme.example",),
    "email_jit_provisioning": "NOT_ALLOWED",
    "email_invites": "NOT_ALLOWED",
    "auth_methods": "ALL_ALLOWED",
    "allowed_auth_methods": ("magic_link", "sso"),
    "mfa_policy": "REQUIRED_FOR_ALL",
    "mfa_methods": "ALL_ALLOWED",
    "allowed_mfa_methods": ("totp",),
    "oauth_tenant_jit_provisioning": "NOT_ALLOWED",
    "allowed_oauth_tenants": {"slack": ("T1", "T2")},
    "first_party_connected_apps_allowed_type": "NOT_ALLOWED",
    "third_party_connected_apps_allowed_type": "NOT_ALLOWED",
}


@pytest.mark.parametrize("setting", SETTINGS)
async def test_update(admin, setting: str) -> None:
    """
    A setting changes alone; the Organization is kept as it is now, and nothing else changes.
    """
    await admin.session.authenticate()
    before = admin.state
    response = await admin.organization.update(**{setting: SETTINGS[setting]})
    after = attrs.asdict(response.organization, recurse=False)
    changed = {
        name
        for name, value in attrs.asdict(before.organization, recurse=False).items()
        if value != after[name]
    }

    assert SETTINGS[setting] == after[setting]
    assert changed <= {setting, "updated_at"}
    assert response.organization == admin.state.organization
    assert before.member_session is admin.state.member_session
    assert before.member is admin.state.member
    assert before.credentials == admin.state.credentials


async def test_update_everything(admin) -> None:
    """
    All settings may change at once.
    """
    response = await admin.organization.update(**SETTINGS)

    assert SETTINGS == {name: getattr(response.organization, name) for name in SETTINGS}


async def test_update_of_connections_and_roles(admin, emulator) -> None:
    """
    Connections and roles are named by their IDs, and have to be there.
    """
    connection = emulator.create_sso_connection("Acme").connection_id
    role = {"domain": "acme.example", "role_id": "stytch_admin"}
    response = await admin.organization.update(
        sso_default_connection_id=connection,
        sso_jit_provisioning="RESTRICTED",
        sso_jit_provisioning_allowed_connections=[connection],
        rbac_email_implicit_role_assignments=[role],
    )
    organization = response.organization

    assert connection == organization.sso_default_connection_id
    assert (connection,) == organization.sso_jit_provisioning_allowed_connections
    assert [role] == [
        attrs.asdict(one) for one in organization.rbac_email_implicit_role_assignments
    ]


REFUSED = [
    ({"organization_slug": "other"}, ConflictError, 400, "organization_slug_already_used"),
    (
        {"organization_external_id": "customer-1"},
        ConflictError,
        400,
        "organization_external_id_already_used",
    ),
    ({"organization_slug": "No Slug"}, BadRequestError, 400, "invalid_organization_slug"),
    (
        {"email_allowed_domains": ["acme.example", "gmail.com"]},
        BadRequestError,
        400,
        "organization_settings_domain_too_common",
    ),
    (
        {"rbac_email_implicit_role_assignments": [{"domain": "acme.example", "role_id": "none"}]},
        BadRequestError,
        400,
        "invalid_rbac_role_id",
    ),
    (
        {
            "rbac_email_implicit_role_assignments": [
                {"domain": "gmail.com", "role_id": "stytch_admin"}
            ]
        },
        BadRequestError,
        400,
        "rbac_domain_too_common",
    ),
    ({"sso_default_connection_id": "none"}, NotFoundError, 404, "sso_connection_not_found"),
]


@pytest.mark.parametrize(("given", "error_class", "status", "error_type"), REFUSED)
async def test_refused_update(
    admin, emulator, given: dict[str, Any], error_class: type, status: int, error_type: str
) -> None:
    """
    If one setting does not fit none changes, and the client keeps what it knows.
    """
    emulator.create_organization("Other", slug="other", organization_external_id="customer-1")
    await admin.session.authenticate()
    before = admin.state
    with pytest.raises(StytchAPIError) as caught:
        await admin.organization.update(mfa_policy="REQUIRED_FOR_ALL", **given)
    kept = admin.state
    current = await admin.organization.get()

    assert (error_class, status, error_type) == (
        type(caught.value),
        caught.value.status_code,
        caught.value.error_type,
    )
    assert before is kept
    assert before.organization == current.organization


async def test_no_such_choice(admin, emulator) -> None:
    """
    A setting that there is not is found before anything is sent.
    """
    with pytest.raises(InvalidArgumentError, match="mfa_policy"):
        await admin.organization.update(mfa_policy="SOMETIMES")

    assert [] == operations(emulator)


async def test_get_by_slug(client, emulator) -> None:
    """
    Anybody learns of an Organization how one logs in to it, and the client keeps nothing of it.
    """
    emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    before = client.state
    response = await client.organization.get_by_slug(organization_slug="acme")

    assert ("Acme", "acme", "REQUIRED_FOR_ALL") == (
        response.organization.organization_name,
        response.organization.organization_slug,
        response.organization.mfa_policy,
    )
    assert before is client.state


async def test_no_such_slug(client) -> None:
    """
    That no Organization has a slug is an answer, and no error.
    """
    response = await client.organization.get_by_slug(organization_slug="nobody")

    assert response.organization is None
    assert 200 == response.status_code


async def test_delete(admin, member, client) -> None:
    """
    With the Organization all that the client knows is gone, and so are the sessions of others.
    """
    await admin.session.authenticate()
    organization_id = admin.state.organization.organization_id
    told: list[Any] = []
    admin.on_state_change(lambda old, new: told.append(new))
    response = await admin.organization.delete()
    with pytest.raises(AuthenticationError) as caught:
        await member.self.get()
    gone = await client.organization.get_by_slug(organization_slug="acme")

    assert organization_id == response.organization_id
    assert SessionState() == admin.state
    assert [SessionState()] == told
    assert "session_not_found" == caught.value.error_type
    assert gone.organization is None


async def test_refused_delete(member) -> None:
    """
    Whoever may not delete the Organization stays logged in.
    """
    await member.session.authenticate()
    before = member.state
    with pytest.raises(PermissionDeniedError):
        await member.organization.delete()

    assert before is member.state


async def test_suspended(admin, emulator) -> None:
    """
    In a suspended Organization nobody acts; that is no matter of permissions, and no logout.
    """
    await admin.session.authenticate()
    before = admin.state
    emulator.update_organization("Acme", is_suspended=True)
    with pytest.raises(StytchAPIError) as caught:
        await admin.organization.update(organization_name="Acme Corporation")

    assert (403, "organization_suspended") == (caught.value.status_code, caught.value.error_type)
    assert () == getattr(caught.value, "required_permissions", ())
    assert before is admin.state


def test_sync(sync_admin: Any, emulator: Emulator) -> None:
    """
    The blocking client keeps the Organization, too.
    """
    response = sync_admin.organization.get()

    assert response.organization == sync_admin.state.organization
    assert ["organization.get"] == operations(emulator)
