"""The session: taken over, refreshed, exchanged, observed, ended."""

from __future__ import annotations

import logging
from typing import Any

import anyio
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    InvalidArgumentError,
    NoSessionError,
    NotFoundError,
    PKCEPair,
    SessionState,
    StytchAPIError,
    StytchConnectionError,
    StytchError,
    StytchOutcomeUnknownError,
    StytchTimeoutError,
)
from stytch_b2b.emulator import Emulator, SignedIn
from tests.api.support import StillClock, logged, operations, release, sent_as, until

pytestmark = pytest.mark.anyio

AUTHENTICATE = "session.authenticate"
REVOKE = "session.revoke"

UNRECOVERABLE = (
    "invalid_secret_authentication",
    "session_not_found",
    "unauthorized_credentials",
    "user_unauthenticated",
)

TRANSIENT: dict[str, dict[str, Any]] = {
    "rate limit": {"status": 429},
    "server error": {"status": 500},
    "bad gateway": {"status": 502},
    "unavailable": {"status": 503},
    "gateway timeout": {"status": 504},
    "page of a proxy": {"status": 503, "body": "<html>later</html>"},
    "401 of a proxy": {"status": 401, "body": "<html>who are you</html>"},
    "404 of a proxy": {"status": 404, "body": "not here"},
    "403": {"status": 403},
    "redirect": {"status": 302, "headers": {"Location": "/elsewhere"}},
    "no JSON": {"status": 200, "body": "fine"},
    "no object": {"status": 200, "body": "[]"},
    "dropped unread": {"drop": "before_read"},
    "dropped read": {"drop": "after_read"},
    "cut": {"cut_body": True, "handle": True},
}
"""Failures that say nothing about the session."""


def error_body(error_type: str) -> dict[str, Any]:
    """
    Return the body of an error of a type.
    """
    return {"status_code": 401, "error_type": error_type, "error_message": "m"}


class TestUpdateSession:
    """
    A session that was made elsewhere is taken over.
    """

    async def test_token_and_jwt(self, client, emulator, admin_session) -> None:
        """
        Nothing is sent; the next call goes out with the token.
        """
        client.session.update_session(
            session_token=admin_session.session_token, session_jwt=admin_session.session_jwt
        )
        silent = operations(emulator)
        await client.session.authenticate()

        assert [] == silent
        assert admin_session.session_token == sent_as(emulator.requests[0])
        assert admin_session.member_id == client.state.member.member_id

    async def test_forgets_the_other_session(self, admin, member_session) -> None:
        """
        What was known of another session goes, an unfinished login too.
        """
        await admin.session.authenticate()

        admin.session.update_session(session_token=member_session.session_token)

        assert SessionState(session_token=member_session.session_token) == admin.state

    async def test_same_token(self, admin, admin_session) -> None:
        """
        A renewed JWT of the same session leaves what is known of it.
        """
        await admin.session.authenticate()
        before = admin.state

        admin.session.update_session(
            session_token=admin_session.session_token, session_jwt="renewed"
        )

        assert "renewed" == admin.state.session_jwt
        assert before.member_session is admin.state.member_session

    @pytest.mark.parametrize(
        ("tokens", "wrong"),
        [
            ({"session_token": ""}, {"session_token"}),
            ({"session_token": "t", "session_jwt": ""}, {"session_jwt"}),
            ({"session_token": "", "session_jwt": ""}, {"session_token", "session_jwt"}),
        ],
    )
    async def test_empty_tokens(self, client, tokens: Any, wrong: set[str]) -> None:
        """
        An empty token, as a web server's cookie jar gives it, is refused.
        """
        with pytest.raises(InvalidArgumentError) as caught:
            client.session.update_session(**tokens)

        assert wrong == set(caught.value.problems)
        assert SessionState() == client.state

    async def test_empty_token_of_a_view(self, client) -> None:
        """
        A view by an empty token is refused in the same way.
        """
        with pytest.raises(InvalidArgumentError):
            client.with_session(session_token="")


class TestReading:
    """
    What is held can be had without asking the server.
    """

    async def test_logged_out(self, client, emulator) -> None:
        """
        Without a session there is nothing.
        """
        info = client.session.get_info()

        assert client.session.get_sync() is None
        assert client.session.get_tokens() is None
        assert (None, False) == (info.session, info.from_cache)
        assert [] == operations(emulator)

    async def test_token_alone_suffices(self, client) -> None:
        """
        The tokens are there although no JWT is known.
        """
        client.session.update_session(session_token="opaque")
        tokens = client.session.get_tokens()

        assert ("opaque", None) == (tokens.session_token, tokens.session_jwt)

    async def test_after_authenticate(self, admin, admin_session) -> None:
        """
        The server's answer is what is held.
        """
        response = await admin.session.authenticate()
        tokens = admin.session.get_tokens()

        assert response.member_session == admin.session.get_sync()
        assert response.member_session == admin.session.get_info().session
        assert admin_session.session_token == tokens.session_token
        assert response.session_jwt == tokens.session_jwt

    async def test_from_cache(self, client, admin_session) -> None:
        """
        What came from storage says so until the server has confirmed it.
        """
        stored = SessionState(session_token=admin_session.session_token, from_cache=True)
        restored = client.with_state(stored)
        before = restored.session.get_info().from_cache
        await restored.session.authenticate()

        assert (True, False) == (before, restored.session.get_info().from_cache)


class TestAuthenticate:
    """
    The session is refreshed, or found to be gone.
    """

    async def test_refreshes(self, admin, emulator, admin_session) -> None:
        """
        Session, JWT, Member and Organization are those of the answer.
        """
        response = await admin.session.authenticate(session_duration_minutes=120)
        (request,) = logged(emulator, AUTHENTICATE)

        assert {"session_duration_minutes": 120} == request.json()
        assert (
            SessionState(
                member_session=response.member_session,
                member=response.member,
                organization=response.organization,
                session_token=response.session_token,
                session_jwt=response.session_jwt,
            )
            == admin.state
        )

    async def test_no_duration(self, admin, emulator) -> None:
        """
        Without a duration the body is an empty object, and the end stays where it is.
        """
        first = await admin.session.authenticate()
        second = await admin.session.authenticate()

        assert {} == logged(emulator, AUTHENTICATE)[0].json()
        assert first.member_session.expires_at == second.member_session.expires_at

    async def test_needs_a_session(self, client, emulator) -> None:
        """
        Without a session nothing is sent.
        """
        with pytest.raises(NoSessionError, match="log in first"):
            await client.session.authenticate()

        assert [] == operations(emulator)

    async def test_expired(self, admin, emulator) -> None:
        """
        A session that is gone is forgotten, with all that was known of its Member.
        """
        await admin.session.authenticate()
        emulator.clock.advance(hours=2)

        with pytest.raises(AuthenticationError) as caught:
            await admin.session.authenticate()

        assert "session_not_found" == caught.value.error_type
        assert SessionState() == admin.state

    @pytest.mark.parametrize("error_type", UNRECOVERABLE)
    @pytest.mark.parametrize("status", [400, 401, 404, 500])
    async def test_unrecoverable(self, admin, emulator, error_type: str, status: int) -> None:
        """
        Each type that says that the session is gone clears it, whatever the HTTP status.
        """
        emulator.faults.add(status=status, body=error_body(error_type))

        with pytest.raises(AuthenticationError):
            await admin.session.authenticate()

        assert SessionState() == admin.state

    async def test_unfinished_login_survives(self, client, emulator, clock) -> None:
        """
        A session that is gone takes nothing of an unfinished login with it.
        """
        pairs = client.state.with_pkce_pair("magic_links", PKCEPair.generate()).pkce_pairs
        state = SessionState(
            session_token="gone", intermediate_session_token="ist", pkce_pairs=pairs
        )
        view = client.with_state(state)

        with pytest.raises(AuthenticationError):
            await view.session.authenticate()

        assert SessionState(intermediate_session_token="ist", pkce_pairs=pairs) == view.state

    @pytest.mark.parametrize("failure", TRANSIENT)
    async def test_transient_failures(
        self, make_client, emulator, admin_session, failure: str
    ) -> None:
        """
        A failure that says nothing about the session logs nobody out.
        """
        client = make_client(clock=StillClock())
        client.session.update_session(session_token=admin_session.session_token)
        await client.session.authenticate()
        before = client.state
        emulator.faults.add(operation=AUTHENTICATE, times=9, **TRANSIENT[failure])

        with pytest.raises(StytchError):
            await client.session.authenticate()

        assert before is client.state

    async def test_timeout(self, admin, emulator) -> None:
        """
        Nor does silence.
        """
        await admin.session.authenticate()
        before = admin.state
        emulator.faults.add(operation=AUTHENTICATE, delay=60, times=9)

        with pytest.raises(StytchTimeoutError):
            await admin.with_options(timeout=0.05).session.authenticate()

        assert before is admin.state


class TestExchange:
    """
    One session is exchanged for one in another Organization.
    """

    @pytest.fixture(autouse=True)
    def elsewhere(self, emulator: Emulator) -> None:
        """
        Ada has an account in another Organization, too.
        """
        emulator.create_organization("Other", slug="other")
        emulator.create_member("Other", "ada@acme.example")

    async def test_exchanges(self, admin, emulator, admin_session) -> None:
        """
        The client holds the new session, Member and Organization.
        """
        response = await admin.session.exchange(
            organization_id="other", session_duration_minutes=30
        )

        assert "Other" == admin.state.organization.organization_name
        assert response.session_token == admin.state.session_token != admin_session.session_token
        assert response.member == admin.state.member
        assert response.member_session == admin.state.member_session

    async def test_second_factor(self, admin, emulator) -> None:
        """
        Where another factor is missing the old session is forgotten.
        """
        emulator.update_organization("Other", mfa_policy="REQUIRED_FOR_ALL")

        response = await admin.session.exchange(
            organization_id="other", session_duration_minutes=30
        )

        assert not response.member_authenticated
        assert response.intermediate_session_token == admin.state.intermediate_session_token
        assert (None, None, None) == (
            admin.state.session_token,
            admin.state.member_session,
            admin.state.member,
        )

    async def test_no_member_there(self, member) -> None:
        """
        Who is no Member there stays who he is.
        """
        before = member.state
        with pytest.raises(NotFoundError) as caught:
            await member.session.exchange(organization_id="other", session_duration_minutes=30)

        assert "member_not_found" == caught.value.error_type
        assert before is member.state

    async def test_unknown_organization(self, admin) -> None:
        """
        An Organization that nobody knows is not found.
        """
        with pytest.raises(NotFoundError, match="organization_not_found"):
            await admin.session.exchange(organization_id="nobody", session_duration_minutes=30)

    async def test_expired(self, admin, emulator) -> None:
        """
        An expired session cannot be exchanged; the client keeps it.
        """
        before = admin.state
        emulator.clock.advance(hours=2)

        with pytest.raises(AuthenticationError):
            await admin.session.exchange(organization_id="other", session_duration_minutes=30)

        assert before is admin.state

    async def test_needs_a_session(self, client, emulator) -> None:
        """
        Without a session nothing is sent.
        """
        with pytest.raises(NoSessionError):
            await client.session.exchange(organization_id="other", session_duration_minutes=30)

        assert [] == operations(emulator)

    async def test_lost_answer(self, admin, emulator) -> None:
        """
        A lost answer keeps the old session and says that a new one may exist.
        """
        before = admin.state
        emulator.faults.add(drop="after_read", handle=True)

        with pytest.raises(StytchOutcomeUnknownError):
            await admin.session.exchange(organization_id="other", session_duration_minutes=30)

        assert before is admin.state


class TestRevoke:
    """
    Logging out, in every outcome.
    """

    @pytest.fixture(params=[False, True], ids=["", "force_clear"])
    def force_clear(self, request: pytest.FixtureRequest) -> bool:
        """
        Whether the session is to be forgotten in any case.
        """
        return bool(request.param)

    async def test_success(self, admin, emulator, force_clear: bool) -> None:
        """
        The session ends at the server, and nothing of the Member is left here.
        """
        await admin.session.authenticate()
        token = admin.state.session_token

        await admin.session.revoke(force_clear=force_clear)

        assert SessionState() == admin.state
        with pytest.raises(AuthenticationError):
            await admin.with_session(session_token=token).session.authenticate()

    @pytest.mark.parametrize("error_type", UNRECOVERABLE)
    async def test_gone_already(self, admin, emulator, force_clear: bool, error_type: str) -> None:
        """
        A session that is gone already is forgotten, and the caller learns of it.
        """
        emulator.faults.add(status=401, body=error_body(error_type))

        with pytest.raises(AuthenticationError):
            await admin.session.revoke(force_clear=force_clear)

        assert SessionState() == admin.state

    @pytest.mark.parametrize("failure", TRANSIENT)
    async def test_transient_failures(
        self, make_client, admin_session, emulator, force_clear: bool, failure: str
    ) -> None:
        """
        After any other failure the session is kept, unless it is to be forgotten in any case.
        """
        client = make_client(clock=StillClock())
        client.session.update_session(session_token=admin_session.session_token)
        before = client.state
        emulator.faults.add(operation=REVOKE, times=9, **TRANSIENT[failure])

        with pytest.raises(StytchError):
            await client.session.revoke(force_clear=force_clear)

        assert (SessionState() if force_clear else before) == client.state

    async def test_no_connection(self, make_client, force_clear: bool) -> None:
        """
        The same holds where there is no network.
        """
        client = make_client(base_url="http://127.0.0.1:9", clock=StillClock())
        client.session.update_session(session_token="token")
        before = client.state

        with pytest.raises(StytchConnectionError):
            await client.session.revoke(force_clear=force_clear)

        assert (SessionState() if force_clear else before) == client.state

    async def test_lost_answer(self, admin, emulator) -> None:
        """
        A lost answer is an unknown outcome, and the call can be made again.
        """
        emulator.faults.add(operation=REVOKE, drop="after_read", handle=True)

        with pytest.raises(StytchOutcomeUnknownError):
            await admin.session.revoke()
        with pytest.raises(AuthenticationError):
            await admin.session.revoke()

        assert 2 == len(logged(emulator, REVOKE))
        assert SessionState() == admin.state

    async def test_needs_a_session(self, client, emulator, force_clear: bool) -> None:
        """
        Who is logged out cannot log out.
        """
        with pytest.raises(NoSessionError):
            await client.session.revoke(force_clear=force_clear)

        assert [] == operations(emulator)

    async def test_unfinished_login_goes_too(self, client, admin_session) -> None:
        """
        Logging out forgets an unfinished login; a flow that waits for its link goes on.
        """
        pairs = {"magic_links": PKCEPair.generate()}
        view = client.with_state(
            SessionState(
                session_token=admin_session.session_token,
                intermediate_session_token="ist",
                pkce_pairs=pairs,
            )
        )

        await view.session.revoke()

        assert SessionState(pkce_pairs=pairs) == view.state

    async def test_force_clear_of_a_closed_client(self, client) -> None:
        """
        The session is forgotten also if the client cannot send any more.
        """
        client.session.update_session(session_token="token")
        await client.aclose()

        with pytest.raises(Exception, match="closed"):
            await client.session.revoke(force_clear=True)

        assert SessionState() == client.state

    async def test_force_clear_spares_the_next_session(
        self, make_client, emulator, admin_session, member_session
    ) -> None:
        """
        A logout that failed forgets its own session, not one that came meanwhile.
        """
        client = make_client()
        client.session.update_session(session_token=admin_session.session_token)
        emulator.faults.add(operation=REVOKE, status=500, delay=20)

        async def log_out() -> None:
            with pytest.raises(StytchAPIError):
                await client.session.revoke(force_clear=True)

        async with anyio.create_task_group() as group:
            group.start_soon(log_out)
            await until(lambda: logged(emulator, REVOKE))
            client.session.update_session(session_token=member_session.session_token)
            release(emulator)

        assert member_session.session_token == client.state.session_token


class TestOnChange:
    """
    Whoever listens learns of each change of the session, and of nothing else.
    """

    @pytest.fixture
    def changes(self, admin: AsyncStytchB2BClient) -> list[Any]:
        """
        What a listener was told.
        """
        told: list[Any] = []
        admin.session.on_change(lambda old, new: told.append((old, new)))
        return told

    async def test_login_refresh_logout(self, admin, emulator, changes) -> None:
        """
        Each change is told once, with the session before and after it.
        """
        first = (await admin.session.authenticate()).member_session
        emulator.clock.advance(seconds=5)
        second = (await admin.session.authenticate()).member_session
        await admin.session.revoke()

        assert [(None, first), (first, second), (second, None)] == changes

    async def test_not_on_subscription(self, admin) -> None:
        """
        The session of now is not told.
        """
        await admin.session.authenticate()
        told: list[Any] = []

        admin.session.on_change(lambda *change: told.append(change))

        assert [] == told

    async def test_not_without_a_change(self, admin, changes) -> None:
        """
        Calls that leave the session alone tell nothing.
        """
        await admin.self.get()
        await admin.organization.get()
        await admin.magic_links.email.login_or_signup(
            email_address="ada@acme.example", organization_id="acme"
        )
        with pytest.raises(NotFoundError):
            await admin.scim.get_connection()

        assert [] == changes

    async def test_state_is_new_when_told(self, admin) -> None:
        """
        A listener that looks at the client finds the new state.
        """
        found: list[Any] = []
        admin.session.on_change(lambda old, new: found.append(admin.session.get_sync()))

        await admin.session.authenticate()

        assert [admin.session.get_sync()] == found

    async def test_raising_listener(self, admin, caplog) -> None:
        """
        A listener that raises is logged; the call, and the listeners after it, go on.
        """
        told: list[Any] = []

        def broken(old: object, new: object) -> None:
            raise ZeroDivisionError

        admin.session.on_change(broken)
        admin.session.on_change(lambda *change: told.append(change))

        with caplog.at_level(logging.ERROR, "stytch_b2b"):
            response = await admin.session.authenticate()

        assert [(None, response.member_session)] == told
        assert [ZeroDivisionError] == [
            record.exc_info[0] for record in caplog.records if record.exc_info
        ]

    async def test_unsubscribe(self, admin, changes) -> None:
        """
        Who has unsubscribed is told nothing more; doing it twice is harmless.
        """
        told: list[Any] = []
        unsubscribe = admin.session.on_change(lambda *change: told.append(change))

        unsubscribe()
        unsubscribe()
        await admin.session.authenticate()

        assert [] == told
        assert 1 == len(changes)

    async def test_subscribed_twice(self, admin) -> None:
        """
        One function subscribed twice is told twice, and each subscription ends by itself.
        """
        told: list[Any] = []

        def listener(old: object, new: object) -> None:
            told.append(new)

        first = admin.session.on_change(listener)
        admin.session.on_change(listener)
        await admin.session.authenticate()
        twice = len(told)
        first()
        await admin.session.revoke()

        assert (2, 3) == (twice, len(told))

    async def test_unsubscribe_while_told(self, admin) -> None:
        """
        A listener may unsubscribe itself without anybody missing the change.
        """
        told: list[str] = []

        def once(old: object, new: object) -> None:
            told.append("once")
            end()

        end = admin.session.on_change(once)
        admin.session.on_change(lambda old, new: told.append("always"))
        await admin.session.authenticate()
        await admin.session.revoke()

        assert ["once", "always", "always"] == told

    async def test_listener_changes_the_session(self, admin, member_session) -> None:
        """
        A listener may change the session itself; nothing waits for itself.
        """
        end = admin.session.on_change(
            lambda old, new: (
                end(),
                admin.session.update_session(session_token=member_session.session_token),
            )
        )

        await admin.session.authenticate()

        assert SessionState(session_token=member_session.session_token) == admin.state

    async def test_views(self, admin, client, changes, admin_session) -> None:
        """
        A client with other options is of the same Member; a view by another session is not.
        """
        await client.with_session(session_token=admin_session.session_token).session.authenticate()
        others = len(changes)
        await admin.with_options(timeout=20).session.authenticate()

        assert (0, 1) == (others, len(changes))
        assert admin.session.get_sync() is not None


def test_sync(sync_client: Any, admin_session: SignedIn, emulator: Emulator) -> None:
    """
    The blocking client takes over, refreshes, tells and ends a session.
    """
    told: list[Any] = []
    end = sync_client.session.on_change(lambda *change: told.append(change))
    sync_client.session.update_session(session_token=admin_session.session_token)
    session = sync_client.session.authenticate(session_duration_minutes=60).member_session
    tokens = sync_client.session.get_tokens()
    held = sync_client.session.get_info().session
    end()
    sync_client.session.revoke()

    assert [(None, session)] == told
    assert session == held
    assert admin_session.session_token == tokens.session_token
    assert SessionState() == sync_client.state
    with pytest.raises(NoSessionError):
        sync_client.session.authenticate()


def test_sync_force_clear(sync_admin: Any, emulator: Emulator) -> None:
    """
    The blocking client forgets a session in any case, too.
    """
    emulator.faults.add(operation=REVOKE, status=500)
    with pytest.raises(StytchAPIError):
        sync_admin.session.revoke(force_clear=True)

    assert SessionState() == sync_admin.state
