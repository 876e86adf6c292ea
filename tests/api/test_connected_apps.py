"""Connected Apps that Members let act for them: who sees them, and who ends it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    NoSessionError,
    NotFoundError,
    PermissionDeniedError,
)
from stytch_b2b.emulator import ConnectedApp, Emulator, SignedIn
from tests.api.support import operations

pytestmark = pytest.mark.anyio


@pytest.fixture
def app(emulator: Emulator, member_session: SignedIn) -> ConnectedApp:
    """
    An app that Bob lets act for him, beside one that nobody uses.
    """
    emulator.create_connected_app("Unused")
    calendar = emulator.create_connected_app(
        "Calendar",
        full_access_allowed=True,
        client_description="Plans days",
        logo_url="https://calendar.example/logo.png",
    )
    emulator.create_access_token(member_session.member_id, ["openid", "email"], calendar)
    return calendar


def described(app: ConnectedApp, **more: Any) -> dict[str, Any]:
    """
    Return how an app looks to whoever asks for it.
    """
    return {
        "connected_app_id": app.client_id,
        "name": "Calendar",
        "description": "Plans days",
        "client_type": "first_party",
        "logo_url": "https://calendar.example/logo.png",
        **more,
    }


async def test_of_oneself(member, admin, app) -> None:
    """
    A Member sees its own apps and what each may do; the client's state stays.
    """
    await member.session.authenticate()
    before = member.state
    own = await member.self.get_connected_apps()
    others = await admin.self.get_connected_apps()

    assert [described(app, scopes_granted="email openid")] == [
        attrs.asdict(one) for one in own.connected_apps
    ]
    assert () == others.connected_apps
    assert before is member.state


async def test_of_another(admin, member_session, app) -> None:
    """
    Admins see the apps of a Member.
    """
    found = await admin.organization.members.get_connected_apps(member_session.member_id)

    assert [described(app, scopes_granted="email openid")] == [
        attrs.asdict(one) for one in found.connected_apps
    ]


async def test_of_the_organization(member, member_session, app) -> None:
    """
    Each app that somebody uses is there once, and tells who uses it.
    """
    everything = await member.organization.get_connected_apps()
    one = await member.organization.get_connected_app(app.client_id)

    assert [described(app)] == [attrs.asdict(each) for each in everything.connected_apps]
    assert ("Calendar", app.client_id) == (one.name, one.connected_app_id)
    assert [(member_session.member_id, {"email", "openid"})] == [
        (each.member_id, set(each.granted_scopes)) for each in one.active_members
    ]


@pytest.mark.parametrize("by", ["self", "admin"])
async def test_revoke(
    client: AsyncStytchB2BClient,
    member: AsyncStytchB2BClient,
    admin: AsyncStytchB2BClient,
    member_session: SignedIn,
    emulator: Emulator,
    app: ConnectedApp,
    by: str,
) -> None:
    """
    An app whose access is revoked is used by nobody, and its tokens are worthless.
    """
    token = emulator.create_access_token(member_session.member_id, ["full_access"], app)
    if by == "self":
        await member.self.revoke_connected_app(app.client_id)
    else:
        await admin.organization.members.revoke_connected_app(
            member_session.member_id, app.client_id
        )
    left = await member.self.get_connected_apps()
    with pytest.raises(AuthenticationError) as refused:
        await client.session.exchange_access_token(access_token=token, session_duration_minutes=60)
    with pytest.raises(NotFoundError) as again:
        await member.self.revoke_connected_app(app.client_id)

    assert () == left.connected_apps
    assert "connected_app_consent_revoked" == refused.value.error_type
    assert (404, "connected_app_not_found") == (again.value.status_code, again.value.error_type)


@pytest.mark.parametrize("client_id", ["none", None])
async def test_no_such_app(admin, member_session, emulator, app, client_id: str | None) -> None:
    """
    An app that there is not, and one that nobody uses, are not found.
    """
    known = emulator.create_connected_app().client_id if client_id is None else client_id
    for call in (
        lambda: admin.organization.get_connected_app(known),
        lambda: admin.self.revoke_connected_app(known),
        lambda: admin.organization.members.revoke_connected_app(member_session.member_id, known),
    ):
        with pytest.raises(NotFoundError) as caught:
            await call()

        assert "connected_app_not_found" == caught.value.error_type


async def test_others_apps_are_for_admins(member, admin_session, app) -> None:
    """
    A Member neither sees nor ends what another one lets an app do.
    """
    members = member.organization.members
    for call in (
        lambda: members.get_connected_apps(admin_session.member_id),
        lambda: members.revoke_connected_app(admin_session.member_id, app.client_id),
    ):
        with pytest.raises(PermissionDeniedError) as caught:
            await call()

        assert ("stytch_admin",) == caught.value.granting_roles


async def test_needs_a_session(client, emulator) -> None:
    """
    Without a session nothing is sent.
    """
    with pytest.raises(NoSessionError):
        await client.self.get_connected_apps()

    assert [] == operations(emulator)
