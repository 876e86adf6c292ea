"""The Member that the client acts as."""

from __future__ import annotations

from typing import Any

import pytest

from stytch_b2b import AuthenticationError, NoSessionError, SessionState
from stytch_b2b.emulator import Emulator
from tests.api.support import operations

pytestmark = pytest.mark.anyio


async def test_get(admin, emulator, admin_session) -> None:
    """
    The Member comes back and is kept; nothing else of the state changes.
    """
    await admin.session.authenticate()
    before = admin.state
    emulator.update_member(admin_session.member_id, name="Countess")

    response = await admin.self.get()

    assert "Countess" == response.member.name
    assert response.member == admin.state.member
    assert before.member_session is admin.state.member_session
    assert before.organization is admin.state.organization
    assert before.credentials == admin.state.credentials


async def test_get_by_token_alone(admin) -> None:
    """
    A client that knows nothing but the token learns who the Member is, and no session.
    """
    await admin.self.get()

    assert "ada@acme.example" == admin.state.member.email_address
    assert admin.session.get_sync() is None


async def test_tells_no_session_listener(admin, emulator) -> None:
    """
    A new Member is no new session.
    """
    await admin.session.authenticate()
    changes: list[Any] = []
    admin.session.on_change(lambda old, new: changes.append((old, new)))
    emulator.update_member(admin.state.member.member_id, name="Countess")

    await admin.self.get()

    assert [] == changes


async def test_needs_a_session(client, emulator) -> None:
    """
    Without a session nothing is sent, and the error names the call.
    """
    with pytest.raises(NoSessionError) as caught:
        await client.self.get()

    assert "self.get" == caught.value.endpoint
    assert [] == operations(emulator)


async def test_expired_session(admin, emulator) -> None:
    """
    An expired session is an authentication error; a mere read does not log the Member out.
    """
    await admin.session.authenticate()
    before = admin.state
    emulator.clock.advance(hours=2)

    with pytest.raises(AuthenticationError) as caught:
        await admin.self.get()

    assert "session_not_found" == caught.value.error_type
    assert before is admin.state


async def test_intermediate_session_is_no_session(client, emulator) -> None:
    """
    An unfinished login does not make a Member of anybody.
    """
    unfinished = client.with_state(SessionState(intermediate_session_token="token"))

    with pytest.raises(NoSessionError):
        await unfinished.self.get()

    assert [] == operations(emulator)


def test_sync(sync_admin: Any, emulator: Emulator) -> None:
    """
    The blocking client keeps the Member, too.
    """
    response = sync_admin.self.get()

    assert response.member == sync_admin.state.member
    assert ["self.get"] == operations(emulator)
