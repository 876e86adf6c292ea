"""A person at a browser, for tests on any event loop, and what comes of a call in short."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import anyio.to_thread
import pytest

from stytch_b2b import AsyncStytchB2BClient, SessionState
from stytch_b2b.emulator import Emulator, LoginRefusedError


async def browse(emulator: Emulator, start_url: str, email_address: str, **person: Any) -> str:
    """
    Log in at the identity provider; return where the browser is led.
    """
    visit = partial(emulator.browser_login, start_url, email_address, **person)
    return await anyio.to_thread.run_sync(visit)


async def cancel(emulator: Emulator, start_url: str) -> str:
    """
    Cancel at the identity provider; return where the browser is led.
    """
    return await anyio.to_thread.run_sync(emulator.browser_cancel, start_url)


async def turned_away(emulator: Emulator, start_url: str) -> tuple[int, str]:
    """
    Return status and error type of a page where a login cannot start.
    """
    with pytest.raises(LoginRefusedError) as caught:
        await browse(emulator, start_url, "ada@acme.example")
    return caught.value.status, caught.value.error_type


def query(url: str) -> dict[str, str]:
    """
    Return the query of a URL.
    """
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def token_of(url: str) -> str:
    """
    Return the token that a browser comes back with.
    """
    return query(url)["token"]


def logged_in(response: Any, **kept: Any) -> SessionState:
    """
    Return the state of a client that took over the session of an answer, and nothing else.
    """
    return SessionState(
        member_session=response.member_session,
        member=response.member,
        organization=response.organization,
        session_token=response.session_token,
        session_jwt=response.session_jwt,
        **kept,
    )


def unfinished(response: Any, client: AsyncStytchB2BClient, **kept: Any) -> SessionState:
    """
    Return the state of a client that took over the intermediate session of an answer.
    """
    return SessionState(
        intermediate_session_token=response.intermediate_session_token,
        # Its value is asserted where it is the subject: ten minutes after the answer.
        intermediate_session_token_expires_at=client.state.intermediate_session_token_expires_at,
        **kept,
    )
