"""
What type checkers know of the public API; never run.

Each ``type: ignore`` claims that the line is an error: mypy and pyright both report those that are
not needed.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any

from typing_extensions import assert_type

import stytch_b2b
from stytch_b2b import (
    AsyncStytchB2BClient,
    Clock,
    Decision,
    InvalidArgumentError,
    NoSessionError,
    Permission,
    PermissionDeniedError,
    RateLimitedError,
    SessionState,
    Software,
    StytchAPIError,
    StytchB2BClient,
    StytchConnectionError,
    StytchError,
    StytchOutcomeUnknownError,
    StytchResponseError,
    SystemClock,
    Timeout,
)
from stytch_b2b._async.scim import AsyncSCIM
from stytch_b2b._async.session import SessionInfo, SessionTokens
from stytch_b2b._sync.scim import SCIM
from stytch_b2b.models.magic_links import MagicLinksAuthenticateResponse
from stytch_b2b.models.member import Member, MemberResponse
from stytch_b2b.models.member_session import MemberSession
from stytch_b2b.models.organization import Organization
from stytch_b2b.models.scim import SCIMConnectionDeletedResponse, SCIMConnectionResponse


async def making_clients() -> None:
    AsyncStytchB2BClient()
    AsyncStytchB2BClient("public-token", base_url="https://a", timeout=3, retries=0)
    AsyncStytchB2BClient(timeout=Timeout(connect=1, read=2.5), permission_checks="enforce")
    AsyncStytchB2BClient(app="shop", sdk=Software("sdk", "1"), clock=SystemClock())
    AsyncStytchB2BClient("public-token", "https://a")  # type: ignore[call-arg]
    AsyncStytchB2BClient(permission_checks="sometimes")  # type: ignore[arg-type]
    AsyncStytchB2BClient(retries="2")  # type: ignore[arg-type]
    AsyncStytchB2BClient(timeout="3")  # type: ignore[arg-type]
    AsyncStytchB2BClient(clock=datetime.now)  # type: ignore[arg-type]
    Timeout(5)  # type: ignore[call-arg]

    async with AsyncStytchB2BClient() as client:
        assert_type(client, AsyncStytchB2BClient)
    with StytchB2BClient() as blocking:
        assert_type(blocking, StytchB2BClient)
    with AsyncStytchB2BClient():  # type: ignore[attr-defined]
        pass


async def calling(client: AsyncStytchB2BClient) -> None:
    assert_type(client.scim, AsyncSCIM)
    response = await client.scim.update_connection(
        "id",
        display_name="name",
        identity_provider="okta",
        scim_group_implicit_role_assignments=[{"group_id": "g", "role_id": "r"}],
    )
    assert_type(response, SCIMConnectionResponse)
    assert_type(response.connection.display_name, str)
    assert_type(response.request_id, str)
    assert_type(response.meta.headers, Mapping[str, str])
    assert_type(response.raw, dict[str, Any])
    assert_type(
        await client.scim.delete_connection(connection_id="id"), SCIMConnectionDeletedResponse
    )
    assert_type(await client.self.get(), MemberResponse)

    # An open set: names that the SDK does not know are fine.
    await client.scim.create_connection(identity_provider="brand-new")

    await client.scim.update_connection()  # type: ignore[call-arg]
    await client.scim.update_connection("id", "name")  # type: ignore[call-arg]
    await client.scim.update_connection("id", dispaly_name="name")  # type: ignore[call-arg]
    await client.scim.update_connection("id", display_name=5)  # type: ignore[arg-type]
    await client.scim.update_connection(
        "id",
        scim_group_implicit_role_assignments=[{"group_id": "g"}],  # type: ignore[typeddict-item]
    )
    await client.scim.get_connection_groups(limit="5")  # type: ignore[arg-type]
    await client.scim.remove_connection("id")  # type: ignore[attr-defined]
    response.connection.display_name = "other"  # type: ignore[misc]
    response.no_such_field  # type: ignore[attr-defined]

    login = await client.magic_links.authenticate(
        magic_links_token="t", session_duration_minutes=60
    )
    assert_type(login, MagicLinksAuthenticateResponse)
    # The Organization may demand another factor first.
    assert_type(login.member_session, MemberSession | None)
    login.member_session.roles  # type: ignore[union-attr]
    await client.magic_links.authenticate(magic_links_token="t")  # type: ignore[call-arg]


async def tasks(client: AsyncStytchB2BClient) -> None:
    # A call is a coroutine, so that a task can be made of it, and one not awaited is noticed.
    task = asyncio.create_task(client.scim.get_connection_groups(limit=10))
    assert_type((await task).scim_groups[0].group_id, str)
    coroutine: Coroutine[Any, Any, MemberResponse] = client.self.get()
    await coroutine
    client.scim.rotate_start("id")  # type: ignore[unused-coroutine]
    client.scim.get_connection().connection  # type: ignore[attr-defined]


def blocking(client: StytchB2BClient) -> None:
    assert_type(client.scim, SCIM)
    assert_type(client.scim.update_connection("id", display_name="name"), SCIMConnectionResponse)
    assert_type(client.self.get().member, Member)
    assert_type(client.with_session(session_token="t"), StytchB2BClient)
    assert_type(client.can(client.scim.get_connection), Decision)
    client.scim.update_connection("id", dispaly_name="name")  # type: ignore[call-arg]


async def deriving(client: AsyncStytchB2BClient) -> None:
    assert_type(client.with_session(session_token="t", session_jwt="j"), AsyncStytchB2BClient)
    assert_type(client.with_session(session_token="t").state, SessionState)
    assert_type(client.with_state(SessionState.from_json(b"{}")), AsyncStytchB2BClient)
    assert_type(client.with_options(timeout=3, retries=0), AsyncStytchB2BClient)
    client.with_session("t")  # type: ignore[call-arg]
    client.with_session(session_jwt="j")  # type: ignore[call-arg]
    client.with_session(session_token=None)  # type: ignore[arg-type]
    client.with_options(base_url="https://a")  # type: ignore[call-arg]


async def permissions(client: AsyncStytchB2BClient) -> None:
    assert_type(await client.can(client.scim.update_connection, fields=["a"]), Decision)
    assert_type(await client.rbac.is_authorized("documents", "read"), bool)
    assert_type(await client.rbac.all_permissions(), Mapping[str, Mapping[str, bool]])
    await client.can("scim.update_connection")  # type: ignore[arg-type]


def state(client: AsyncStytchB2BClient) -> None:
    assert_type(client.state.member, Member | None)
    assert_type(client.state.organization, Organization | None)
    assert_type(client.state.session_token, str | None)
    assert_type(client.state.to_json(), bytes)
    assert_type(client.session.get_sync(), MemberSession | None)
    assert_type(client.session.get_info(), SessionInfo)
    assert_type(client.session.get_tokens(), SessionTokens | None)
    assert_type(client.session.on_change(lambda old, new: (old, new)), Callable[[], None])
    client.state.session_token = "t"  # type: ignore[misc]
    client.state = SessionState()  # type: ignore[misc]
    client.session.on_change(lambda new: (new,))  # type: ignore[arg-type, misc]


def errors(error: StytchError) -> None:
    match error:
        case PermissionDeniedError():
            assert_type(error.missing_permissions, tuple[Permission, ...])
            assert_type(error.held_roles, tuple[str, ...] | None)
            assert_type(error.status_code, int)
        case RateLimitedError():
            assert_type(error.retry_after, float | None)
        case StytchAPIError():
            assert_type(error.error_type, str)
            assert_type(error.headers["Retry-After"], str)
            assert_type(error.error_details, Mapping[str, Any] | None)
        case StytchOutcomeUnknownError():
            assert_type(error.timed_out, bool)
        case StytchConnectionError():
            assert_type(error.attempts, int)
            error.timed_out  # type: ignore[attr-defined]
        case StytchResponseError():
            assert_type(error.body, bytes)
        case InvalidArgumentError():
            assert_type(error.problems["name"], str)
        case NoSessionError():
            assert_type(error.endpoint, str)
        case _:
            error.endpoint  # type: ignore[attr-defined]


class MyClock:
    def now(self) -> datetime:
        raise NotImplementedError

    def monotonic(self) -> float:
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


clock: Clock = MyClock()
stytch_b2b.StytchB2CClient  # type: ignore[attr-defined]
