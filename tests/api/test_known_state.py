"""What the client knows of its Member and Organization: asked for, and listened to."""

from __future__ import annotations

from typing import Any

import pytest

from stytch_b2b import AsyncStytchB2BClient, ServerError, SessionState, StytchB2BClient
from stytch_b2b.emulator import Emulator, SignedIn
from tests.api.support import operations

pytestmark = pytest.mark.anyio

RESOURCES = {"self": "member", "organization": "organization"}

every_resource = pytest.mark.parametrize(("resource", "part"), RESOURCES.items())


@pytest.fixture
def told(admin: AsyncStytchB2BClient) -> dict[str, list[Any]]:
    """
    What listeners were told, by what they listen to.
    """
    told: dict[str, list[Any]] = {"member": [], "organization": [], "state": []}
    admin.self.on_change(lambda old, new: told["member"].append((old, new)))
    admin.organization.on_change(lambda old, new: told["organization"].append((old, new)))
    admin.on_state_change(lambda old, new: told["state"].append((old, new)))
    return told


@every_resource
async def test_nothing_is_known_without_asking(client, emulator, resource: str, part: str) -> None:
    """
    Without a session there is nothing, and nothing is sent to find out.
    """
    known = getattr(client, resource)

    assert known.get_sync() is None
    assert getattr(known.get_info(), part) is None
    assert not known.get_info().from_cache
    assert [] == operations(emulator)


@every_resource
async def test_what_is_known(admin, resource: str, part: str) -> None:
    """
    What an answer told is there, and confirmed by the server.
    """
    response = await admin.session.authenticate()
    known = getattr(admin, resource)

    assert getattr(response, part) == known.get_sync() == getattr(known.get_info(), part)
    assert not known.get_info().from_cache


@every_resource
async def test_known_from_storage(admin, client, resource: str, part: str) -> None:
    """
    A state that says it comes from storage says so here as well.
    """
    await admin.session.authenticate()
    state = admin.state
    stored = SessionState(
        member_session=state.member_session,
        member=state.member,
        organization=state.organization,
        from_cache=True,
    )
    known = getattr(client.with_state(stored), resource)

    assert getattr(state, part) == known.get_sync()
    assert known.get_info().from_cache


async def test_login_and_logout_are_told(admin, told) -> None:
    """
    Everything comes with the first answer, goes with the logout, and each is told once.
    """
    before = admin.state
    await admin.session.authenticate()
    known = admin.state
    await admin.session.revoke()

    assert [(None, known.member), (known.member, None)] == told["member"]
    assert [(None, known.organization), (known.organization, None)] == told["organization"]
    assert [(before, known), (known, admin.state)] == told["state"]


async def test_only_its_own_changes_are_told(
    admin, emulator: Emulator, admin_session: SignedIn, told
) -> None:
    """
    A new name of the Member is no news of the Organization, and the other way round.
    """
    await admin.session.authenticate()
    for each in told.values():
        each.clear()
    emulator.update_member(admin_session.member_id, name="Countess")
    await admin.self.get()
    emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    await admin.organization.get()
    await admin.organization.get()

    assert ["Countess"] == [new.name for _, new in told["member"]]
    assert ["REQUIRED_FOR_ALL"] == [new.mfa_policy for _, new in told["organization"]]
    assert 2 == len(told["state"])


async def test_subscriptions_end(admin) -> None:
    """
    Whoever has ended the subscription hears nothing any more.
    """
    told: list[Any] = []

    def tell(*change: object) -> None:
        told.append(change)

    for end in (admin.self.on_change(tell), admin.organization.on_change(tell)):
        end()
    admin.on_state_change(tell)()
    await admin.session.authenticate()

    assert [] == told


async def test_deprecated_names_know_the_same(admin) -> None:
    """
    The names that `self` has taken over still work.
    """
    told: list[Any] = []
    with pytest.warns(DeprecationWarning, match=r"client\.self\.on_change"):
        admin.member.on_change(lambda old, new: told.append((old, new)))
    with pytest.warns(DeprecationWarning, match=r"client\.self\.get$"):
        pending = admin.member.get()
    response = await pending
    with pytest.warns(DeprecationWarning, match=r"client\.self\.get_sync"):
        known = admin.member.get_sync()

    assert response.member == known == admin.state.member
    assert [(None, known)] == told


async def test_deprecated_update_hands_everything_on(admin, emulator: Emulator) -> None:
    """
    What is given arrives under its name, and what is not stays away.
    """
    given = {
        "name": "Countess",
        "mfa_enrolled": False,
        "mfa_phone_number": "+15005550006",
        "untrusted_metadata": {"theme": "dark"},
        "default_mfa_method": "totp",
    }
    emulator.faults.add(operation="self.update", status=503, times=2)
    for arguments in (given, {"name": ""}):
        with pytest.warns(DeprecationWarning, match=r"client\.self\.update"):
            pending = admin.with_options(retries=0).member.update(**arguments)
        with pytest.raises(ServerError):
            await pending

    assert [given, {"name": ""}] == [one.json() for one in emulator.requests]


def test_blocking_client_tells_too(emulator: Emulator) -> None:
    """
    Listeners of a blocking client are told before the call returns.
    """
    session = emulator.sign_in()
    told: list[Any] = []
    with StytchB2BClient(emulator.public_token, base_url=emulator.url) as client:
        client.session.update_session(session_token=session.session_token)
        client.on_state_change(lambda old, new: told.append((old.member, new.member)))
        response = client.self.get()

        assert [(None, response.member)] == told
        assert response.member == client.self.get_sync()
