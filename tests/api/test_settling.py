"""What becomes of the state when answers come late, calls are cancelled and logins race."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    SessionState,
    StytchError,
    StytchResponseError,
)
from stytch_b2b.emulator import Emulator, SignedIn
from tests.api.support import hold, logged, release, sent_as, until

pytestmark = pytest.mark.anyio

AUTHENTICATE = "session.authenticate"
LOGIN = "magic_links.authenticate"


@pytest.fixture
def on_asyncio(anyio_backend: Any) -> None:
    """
    Skip a test of asyncio's own ways to cancel where there is no asyncio.
    """
    if anyio_backend[0] != "asyncio":
        pytest.skip("asyncio only")


@pytest.fixture
def elsewhere(emulator: Emulator) -> SignedIn:
    """
    A session of Eve, in another Organization.
    """
    emulator.create_organization("Other", slug="other")
    return emulator.sign_in("eve@other.example", "Other", roles=["stytch_admin"])


@pytest.fixture
def ada(client: AsyncStytchB2BClient, admin_session: SignedIn) -> AsyncStytchB2BClient:
    """
    A client that acts as Ada, and can become somebody else.
    """
    client.session.update_session(
        session_token=admin_session.session_token, session_jwt=admin_session.session_jwt
    )
    return client


def is_of(state: SessionState, owner: SignedIn) -> bool:
    """
    Tell whether everything in a state that names somebody names *owner*.
    """
    members = {each.member_id for each in (state.member, state.member_session) if each is not None}
    organizations = {
        each.organization_id
        for each in (state.member, state.member_session, state.organization)
        if each is not None
    }
    return (
        members <= {owner.member_id}
        and organizations <= {owner.organization_id}
        and (state.session_token is not None or not members | organizations)
    )


async def link_for(emulator: Emulator, client: AsyncStytchB2BClient, who: str, where: str) -> str:
    """
    Have a link sent and return its token.
    """
    await client.magic_links.email.login_or_signup(email_address=who, organization_id=where)
    return emulator.outbox.last(to=who).token


class InFlight:
    """
    A call whose answer is held while something else happens.
    """

    def __init__(self, emulator: Emulator, operation: str) -> None:
        self._emulator = emulator
        self._operation = operation
        self._already = len(logged(emulator, operation))
        hold(emulator, operation)
        self.result: Any = None

    async def run(self, call: Callable[[], Awaitable[Any]]) -> None:
        try:
            self.result = await call()
        except StytchError as error:
            self.result = error

    async def has_arrived(self) -> None:
        await until(lambda: len(logged(self._emulator, self._operation)) > self._already)


async def meanwhile(
    emulator: Emulator,
    operation: str,
    call: Callable[[], Awaitable[Any]],
    act: Callable[[], Any],
) -> Any:
    """
    Return what *call* brings when *act* happens between its request and its answer.
    """
    flying = InFlight(emulator, operation)
    async with anyio.create_task_group() as group:
        group.start_soon(flying.run, call)
        await flying.has_arrived()
        acted = act()
        if inspect.isawaitable(acted):
            await acted
        release(emulator)
    return flying.result


class TestLateAnswers:
    """
    An answer changes the state only if it is about the session that is held.
    """

    @pytest.mark.parametrize(
        ("operation", "call"),
        [
            ("self.get", lambda c: c.self.get()),
            ("organization.get", lambda c: c.organization.get()),
        ],
    )
    async def test_of_another_member(
        self, ada, emulator, admin_session, elsewhere, operation: str, call: Any
    ) -> None:
        """
        A late answer about Ada is returned, and changes nothing of Eve.
        """

        def become_eve() -> None:
            ada.session.update_session(session_token=elsewhere.session_token)

        response = await meanwhile(emulator, operation, lambda: call(ada), become_eve)

        assert SessionState(session_token=elsewhere.session_token) == ada.state
        thing = getattr(response, operation.partition(".")[0].replace("self", "member"))
        assert admin_session.organization_id == thing.organization_id

    async def test_refresh_is_repeated(self, ada, emulator, admin_session, elsewhere) -> None:
        """
        A refresh that came too late is made once more, for who is held by then.
        """

        def become_eve() -> None:
            ada.session.update_session(session_token=elsewhere.session_token)

        response = await meanwhile(emulator, AUTHENTICATE, ada.session.authenticate, become_eve)

        assert [admin_session.session_token, elsewhere.session_token] == [
            sent_as(request) for request in logged(emulator, AUTHENTICATE)
        ]
        assert elsewhere.member_id == response.member.member_id == ada.state.member.member_id
        assert is_of(ada.state, elsewhere)
        assert 2 == response.meta.attempts

    async def test_refresh_is_repeated_once(
        self, ada, emulator, admin_session, elsewhere, member_session
    ) -> None:
        """
        If that is too late as well, the refresh leaves it at that and the state alone.
        """
        sessions = [elsewhere.session_token, member_session.session_token]
        flying = InFlight(emulator, AUTHENTICATE)
        hold(emulator, AUTHENTICATE)

        async with anyio.create_task_group() as group:
            group.start_soon(flying.run, ada.session.authenticate)
            for number, token in enumerate(sessions, start=1):
                await until(lambda number=number: len(logged(emulator, AUTHENTICATE)) == number)
                ada.session.update_session(session_token=token)
                release(emulator)

        assert 2 == len(logged(emulator, AUTHENTICATE))
        assert SessionState(session_token=member_session.session_token) == ada.state

    async def test_rejection_is_of_its_own_session(
        self, ada, emulator, admin_session, elsewhere
    ) -> None:
        """
        That Ada's session is gone does not log Eve out.
        """
        await ada.with_state(ada.state).session.revoke()

        def become_eve() -> None:
            ada.session.update_session(session_token=elsewhere.session_token)

        response = await meanwhile(emulator, AUTHENTICATE, ada.session.authenticate, become_eve)

        assert elsewhere.member_id == response.member.member_id
        assert is_of(ada.state, elsewhere)
        assert ada.state.member_session is not None

    async def test_late_logout(self, ada, emulator, elsewhere) -> None:
        """
        Ada's logout does not log Eve out.
        """

        def become_eve() -> None:
            ada.session.update_session(session_token=elsewhere.session_token)

        await meanwhile(emulator, "session.revoke", ada.session.revoke, become_eve)

        assert SessionState(session_token=elsewhere.session_token) == ada.state

    async def test_late_rejected_logout(self, ada, emulator, elsewhere) -> None:
        """
        That Ada's session was gone already does not log Eve out.
        """
        await ada.with_state(ada.state).session.revoke()

        def become_eve() -> None:
            ada.session.update_session(session_token=elsewhere.session_token)

        error = await meanwhile(emulator, "session.revoke", ada.session.revoke, become_eve)

        assert isinstance(error, AuthenticationError)
        assert SessionState(session_token=elsewhere.session_token) == ada.state

    async def test_renewed_jwt_is_the_same_session(self, ada, emulator, admin_session) -> None:
        """
        Another JWT of the same session is no other session.
        """

        def renew() -> None:
            ada.session.update_session(
                session_token=admin_session.session_token, session_jwt="renewed"
            )

        await meanwhile(emulator, "self.get", ada.self.get, renew)

        assert admin_session.member_id == ada.state.member.member_id


@pytest.mark.parametrize("session", [{}, {"member_session": None}, {"member_session": {}}])
async def test_answer_without_its_session(ada, emulator, session: dict[str, Any]) -> None:
    """
    A refresh that is answered without a session is no answer, and logs nobody out.
    """
    await ada.session.authenticate()
    before = ada.state
    emulator.faults.add(operation=AUTHENTICATE, body={"data": {"member": {}, **session}})

    with pytest.raises(StytchResponseError):
        await ada.session.authenticate()

    assert before is ada.state


class TestLogout:
    """
    Who has logged out stays logged out.
    """

    async def test_while_a_refresh_is_in_flight(self, ada, emulator) -> None:
        """
        A refresh that was answered before the logout does not bring the session back.
        """
        await meanwhile(emulator, AUTHENTICATE, ada.session.authenticate, ada.session.revoke)

        assert SessionState() == ada.state
        assert 1 == len(logged(emulator, AUTHENTICATE))

    @pytest.mark.parametrize("name", ["self", "organization"])
    async def test_while_a_read_is_in_flight(self, ada, emulator, name: str) -> None:
        """
        Nor does a Member or an Organization come back.
        """
        await meanwhile(emulator, f"{name}.get", getattr(ada, name).get, ada.session.revoke)

        assert SessionState() == ada.state

    @pytest.mark.parametrize("is_known", [True, False])
    async def test_while_a_factor_is_added(self, ada, client, emulator, is_known: bool) -> None:
        """
        Nor does a factor that the session gained before the logout bring the session back.
        """
        if is_known:
            await ada.session.authenticate()
        member = ada.state.member or (await ada.self.get()).member
        token = await link_for(emulator, ada, member.email_address, member.organization_id)

        async def step_up() -> Any:
            return await ada.magic_links.authenticate(
                magic_links_token=token, session_duration_minutes=60
            )

        await meanwhile(emulator, LOGIN, step_up, ada.session.revoke)

        assert ada.state.session_token is None
        assert ada.state.member_session is None

    async def test_view_with_options(self, ada, emulator) -> None:
        """
        Logging out in one of two clients of a Member logs out the other.
        """
        await ada.with_options(timeout=20).session.revoke()

        assert SessionState() == ada.state


class TestLogins:
    """
    Logins that race leave one Member, and the login that counts is not lost.
    """

    async def test_two_at_once(self, client, emulator, elsewhere) -> None:
        """
        Whichever is answered first, the client is wholly that Member afterwards.
        """
        emulator.create_member("Acme", "ada@acme.example")
        tokens = [
            await link_for(emulator, client, "ada@acme.example", "acme"),
            await link_for(emulator, client, "eve@other.example", "other"),
        ]
        flights = [InFlight(emulator, LOGIN) for _ in tokens]

        async with anyio.create_task_group() as group:
            for flying, token in zip(flights, tokens, strict=True):

                async def login(token: str = token) -> Any:
                    return await client.magic_links.authenticate(
                        magic_links_token=token, session_duration_minutes=60
                    )

                group.start_soon(flying.run, login)
            await until(lambda: len(logged(emulator, LOGIN)) == 2)
            release(emulator)
        state, results = client.state, [flying.result for flying in flights]

        assert [True, True] == [result.member_authenticated for result in results]
        assert any(
            (result.member_session, result.member, result.organization, result.session_token)
            == (state.member_session, state.member, state.organization, state.session_token)
            for result in results
        )
        assert state.intermediate_session_token is None

    async def test_login_during_a_refresh(self, ada, emulator, admin_session, elsewhere) -> None:
        """
        A login that overtakes a refresh of the old session stays.
        """
        token = await link_for(emulator, ada, "eve@other.example", "other")

        async def become_eve() -> None:
            await ada.magic_links.authenticate(magic_links_token=token, session_duration_minutes=60)

        response = await meanwhile(emulator, AUTHENTICATE, ada.session.authenticate, become_eve)

        assert is_of(ada.state, elsewhere)
        assert elsewhere.member_id == response.member.member_id

    async def test_refresh_during_a_login(self, ada, emulator, elsewhere) -> None:
        """
        A refresh of the old session that overtakes a login does not lose the login.
        """
        token = await link_for(emulator, ada, "eve@other.example", "other")

        async def login() -> Any:
            return await ada.magic_links.authenticate(
                magic_links_token=token, session_duration_minutes=60
            )

        await meanwhile(emulator, LOGIN, login, ada.session.authenticate)

        assert elsewhere.member_id == ada.state.member.member_id
        assert is_of(ada.state, elsewhere)

    async def test_end_of_the_old_session_during_a_login(
        self, ada, emulator, admin_session, elsewhere
    ) -> None:
        """
        That the old session is found to be gone meanwhile does not lose the login.
        """
        token = await link_for(emulator, ada, "eve@other.example", "other")
        await ada.with_state(ada.state).session.revoke()

        async def login() -> Any:
            return await ada.magic_links.authenticate(
                magic_links_token=token, session_duration_minutes=60
            )

        async def find_out() -> None:
            with pytest.raises(AuthenticationError):
                await ada.session.authenticate()

        response = await meanwhile(emulator, LOGIN, login, find_out)

        assert response.session_token == ada.state.session_token
        assert is_of(ada.state, elsewhere)

    async def test_losing_login_still_ends_its_flow(self, client, emulator, elsewhere) -> None:
        """
        The verifier of a login whose answer came too late is used up all the same.
        """
        token = await link_for(emulator, client, "eve@other.example", "other")

        async def login() -> Any:
            return await client.magic_links.authenticate(
                magic_links_token=token, session_duration_minutes=60
            )

        def take_over() -> None:
            client.session.update_session(session_token="other")

        await meanwhile(emulator, LOGIN, login, take_over)

        assert SessionState(session_token="other") == client.state


class TestListeners:
    """
    Whoever listens is told what is.
    """

    async def test_last_word_is_the_state(self, ada, elsewhere) -> None:
        """
        What a listener is told last is what the client holds, whatever other listeners do.
        """
        told: list[Any] = []

        def takes_over(old: object, new: object) -> None:
            end()
            ada.session.update_session(session_token=elsewhere.session_token)

        end = ada.session.on_change(takes_over)
        ada.session.on_change(lambda old, new: told.append((old, new)))

        await ada.session.authenticate()

        assert ada.session.get_sync() == told[-1][1]
        assert [old for old, _ in told[1:]] == [new for _, new in told[:-1]]


class TestCancellation:
    """
    A caller that goes away leaves the state as it was, or as the answer made it.
    """

    async def test_while_waiting(self, ada, emulator, admin_session) -> None:
        """
        Cancelled before the answer: the state is the old one, and the client works.
        """
        before = ada.state
        hold(emulator, AUTHENTICATE)

        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(ada.session.authenticate)
                await until(lambda: logged(emulator, AUTHENTICATE))
                scope.cancel()
        after = ada.state
        await ada.session.authenticate()

        assert scope.cancelled_caught
        assert before is after
        assert is_of(ada.state, admin_session)

    async def test_while_waiting_to_repeat(self, make_client, emulator, admin_session) -> None:
        """
        Cancelled between two attempts: none of them comes after.
        """
        client = make_client().with_session(session_token=admin_session.session_token)
        emulator.faults.add(times=9, status=503, headers={"Retry-After": "20"})

        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(client.self.get)
                await until(lambda: logged(emulator, "self.get"))
                await anyio.wait_all_tasks_blocked()
                scope.cancel()

        assert 1 == len(emulator.requests)

    async def test_after_the_answer(self, ada, admin_session) -> None:
        """
        Cancelled once the answer is there: the state is the new one, and the answer returned.
        """
        responses: list[Any] = []
        with anyio.CancelScope() as scope:
            ada.session.on_change(lambda old, new: scope.cancel())
            responses.append(await ada.session.authenticate())
            await anyio.lowlevel.checkpoint()

        assert scope.cancelled_caught
        assert responses[0].member_session == ada.state.member_session
        assert is_of(ada.state, admin_session)

    async def test_task_cancelled_after_the_answer(self, on_asyncio, ada, admin_session) -> None:
        """
        The same holds for asyncio's own cancellation.
        """
        task = asyncio.create_task(ada.session.authenticate())
        ada.session.on_change(lambda old, new: task.cancel())

        with suppress(asyncio.CancelledError):
            await task

        assert ada.state.member_session is not None
        assert is_of(ada.state, admin_session)

    @pytest.mark.parametrize("way", ["cancel", "wait_for", "timeout"])
    async def test_asyncio(self, on_asyncio, ada, emulator, admin_session, way: str) -> None:
        """
        Asyncio's ways to give up leave the old state and a client that works.
        """
        before = ada.state
        emulator.faults.add(operation=AUTHENTICATE, delay=600)

        if way == "cancel":
            task = asyncio.create_task(ada.session.authenticate())
            await until(lambda: logged(emulator, AUTHENTICATE))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        elif way == "wait_for":
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(ada.session.authenticate(), 0.03)
        elif sys.version_info >= (3, 11):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.03):
                    await ada.session.authenticate()
        after = ada.state
        await ada.session.authenticate()

        assert before is after
        assert is_of(ada.state, admin_session)

    async def test_at_any_moment(self, client, emulator, admin_session, elsewhere) -> None:
        """
        Wherever a cancellation hits, the state is wholly of one Member.
        """
        for moment in range(40):
            owner = (admin_session, elsewhere)[moment % 2]
            client.session.update_session(session_token=owner.session_token)
            seen = len(emulator.requests)
            async with anyio.create_task_group() as group:
                group.start_soon(client.session.authenticate)
                if moment > 4:
                    await until(lambda seen=seen: len(emulator.requests) > seen)
                for _ in range(moment):
                    await anyio.lowlevel.checkpoint()
                group.cancel_scope.cancel()

            assert is_of(client.state, owner)
            assert owner.session_token == client.state.session_token

    async def test_of_a_login(self, client, emulator, elsewhere) -> None:
        """
        A login cancelled while its answer is awaited leaves the verifier, and nobody logged in.
        """
        token = await link_for(emulator, client, "eve@other.example", "other")
        before = client.state
        hold(emulator, LOGIN)

        async with anyio.create_task_group() as group:

            async def login() -> None:
                await client.magic_links.authenticate(
                    magic_links_token=token, session_duration_minutes=60
                )

            group.start_soon(login)
            await until(lambda: logged(emulator, LOGIN))
            group.cancel_scope.cancel()

        assert before is client.state

    async def test_force_clear(self, ada, emulator) -> None:
        """
        A logout that was cancelled forgets the session if it is to be forgotten in any case.
        """
        hold(emulator, "session.revoke")

        async with anyio.create_task_group() as group:

            async def log_out() -> None:
                await ada.session.revoke(force_clear=True)

            group.start_soon(log_out)
            await until(lambda: logged(emulator, "session.revoke"))
            group.cancel_scope.cancel()

        assert SessionState() == ada.state


class TestWire:
    """
    What the server must not be able to do.
    """

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_redirects(self, ada, emulator, status: int) -> None:
        """
        A redirect is not followed: the session would go wherever it points.
        """
        location = {"Location": f"{emulator.url}/sdk/v1/b2b/organizations/me"}
        emulator.faults.add(status=status, headers=location, body="")

        with pytest.raises(StytchResponseError) as caught:
            await ada.organization.get()

        assert status == caught.value.status_code
        assert 1 == len(emulator.requests)

    async def test_cookies(self, ada, emulator) -> None:
        """
        A cookie is not kept: it would be another Member's in the next call.
        """
        emulator.faults.add(headers={"Set-Cookie": "stytch_session=1; Path=/"})

        await ada.self.get()
        await ada.self.get()

        assert [None, None] == [request.headers.get("Cookie") for request in emulator.requests]
