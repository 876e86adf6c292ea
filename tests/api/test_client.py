"""The client itself: how it is made, introduces itself, is derived from, and closed."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    SessionState,
    Software,
    StytchB2BClient,
    StytchConfigurationError,
    StytchError,
    StytchResponseError,
    Timeout,
    __version__,
)
from stytch_b2b.emulator import Emulator
from tests.api.support import operations, sent_as

pytestmark = pytest.mark.anyio

TOKEN = "public-token-test-00000000-0000-4000-8000-000000000000"


def introduction(request: Any) -> dict[str, Any]:
    """
    Return what the ``X-SDK-Client`` header of a request says.
    """
    decoded: dict[str, Any] = json.loads(
        base64.b64decode(request.headers["X-SDK-Client"], validate=True)
    )
    return decoded


class TestMaking:
    """
    Settings that cannot work are refused when the client is made.
    """

    def test_environment(self, emulator, monkeypatch) -> None:
        """
        What is not given comes from the environment, and what is given goes before it.
        """
        monkeypatch.setenv("STYTCH_B2B_PUBLIC_TOKEN", emulator.public_token)
        monkeypatch.setenv("STYTCH_B2B_BASE_URL", emulator.url)
        with StytchB2BClient() as client:
            client.bootstrap.get()
        monkeypatch.setenv("STYTCH_B2B_PUBLIC_TOKEN", "nonsense")
        with StytchB2BClient(emulator.public_token) as client:
            client.bootstrap.get()

        assert ["bootstrap.get"] * 2 == operations(emulator)

    @pytest.mark.parametrize("token", [None, "", "public-token-test-1", TOKEN.upper(), 7])
    def test_public_token(self, token: Any) -> None:
        """
        A token that is missing or malformed is refused, with a word about what to do.
        """
        with pytest.raises(StytchConfigurationError, match="public_token") as caught:
            AsyncStytchB2BClient(token)

        assert isinstance(caught.value, ValueError)

    @pytest.mark.parametrize(
        "url",
        [
            "http://api.example",
            "ftp://api.example",
            "api.example",
            "https://",
            "https://user:pass@api.example",
            "https://api.example/?a=b",
            "https://api.example/#a",
            "https://api.example:many",
            "http://127.0.0.1.example",
        ],
    )
    def test_base_url(self, url: str) -> None:
        """
        A URL that credentials may not be sent to is refused.
        """
        with pytest.raises(StytchConfigurationError, match="base_url"):
            AsyncStytchB2BClient(TOKEN, base_url=url)

    @pytest.mark.parametrize(
        "url", ["http://localhost:1", "http://a.localhost", "http://127.8.0.1/x", "http://[::1]:1"]
    )
    def test_loopback(self, url: str) -> None:
        """
        Unencrypted HTTP is for this machine, and for who says that nobody can listen.
        """
        AsyncStytchB2BClient(TOKEN, base_url=url)
        AsyncStytchB2BClient(TOKEN, base_url="http://stytch:4010", allow_insecure_http=True)

    @pytest.mark.parametrize(
        ("options", "name"),
        [
            ({"timeout": 0}, "deadline"),
            ({"timeout": -1}, "deadline"),
            ({"timeout": True}, "deadline"),
            ({"timeout": float("nan")}, "deadline"),
            ({"timeout": "10"}, "deadline"),
            ({"retries": -1}, "retries"),
            ({"retries": 1.5}, "retries"),
            ({"retries": True}, "retries"),
            ({"permission_checks": "maybe"}, "permission_checks"),
        ],
    )
    def test_options(self, options: dict[str, Any], name: str) -> None:
        """
        Options that make no sense are refused, also for a view.
        """
        client = AsyncStytchB2BClient(TOKEN)

        with pytest.raises(StytchConfigurationError, match=name):
            AsyncStytchB2BClient(TOKEN, **options)
        with pytest.raises(StytchConfigurationError, match=name):
            client.with_options(**options)

    @pytest.mark.parametrize("name", ["connect", "read", "deadline"])
    def test_timeout(self, name: str) -> None:
        """
        Each limit of a timeout is checked.
        """
        with pytest.raises(StytchConfigurationError, match=name):
            Timeout(**{name: 0})

    async def test_path_prefix(self, make_client, emulator) -> None:
        """
        A path in the base URL goes before the API's own.
        """
        client = make_client(base_url=f"{emulator.url}/behind/")

        with pytest.raises(StytchError):
            await client.bootstrap.get()

        assert emulator.requests[0].path.startswith("/behind/sdk/v1/projects/bootstrap/")


class TestIntroducing:
    """
    What each request says of who sends it.
    """

    async def test_headers(self, admin, emulator, admin_session) -> None:
        """
        Credentials, content type and user agent are those that the API wants.
        """
        await admin.self.get()
        (request,) = emulator.requests
        decoded = base64.b64decode(request.headers["Authorization"].split()[1]).decode()

        assert f"{emulator.public_token}:{admin_session.session_token}" == decoded
        assert "application/json" == request.headers["Content-Type"]
        assert request.headers["User-Agent"].startswith(f"stytch_b2b/{__version__} Python/3.")
        assert b"" == request.body

    async def test_logged_out(self, client, emulator) -> None:
        """
        Without a session the public token stands in both places.
        """
        await client.bootstrap.get()

        assert emulator.public_token == sent_as(emulator.requests[0])

    async def test_introduction(self, make_client, emulator) -> None:
        """
        Program, SDK and system are named; ids of client and event have their prefixes.
        """
        client = make_client(app="com.example.app", sdk=Software("mine", "1.2"))

        await client.bootstrap.get()
        await client.bootstrap.get()
        first, second = map(introduction, emulator.requests)

        assert {"identifier": "com.example.app"} == first["app"]
        assert {"identifier": "mine", "version": "1.2"} == first["sdk"]
        assert re.fullmatch(r"event-id-[0-9a-f-]{36}", first["event_id"])
        assert re.fullmatch(r"app-session-id-[0-9a-f-]{36}", first["app_session_id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["client_sent_at"])
        assert first["event_id"] != second["event_id"]
        assert first["app_session_id"] == second["app_session_id"]

    async def test_app_with_version(self, make_client, emulator) -> None:
        """
        The program can be named with its version; the SDK names itself.
        """
        await make_client(app=Software("com.example.app", "7")).bootstrap.get()
        said = introduction(emulator.requests[0])

        assert {"identifier": "com.example.app", "version": "7"} == said["app"]
        assert {"identifier": "stytch_b2b", "version": __version__} == said["sdk"]


class TestAnswers:
    """
    What every answer brings along.
    """

    async def test_meta_and_raw(self, admin, emulator) -> None:
        """
        How the answer came is there, and what the models do not know is not lost.
        """
        body = {"data": {"member": None, "request_id": "r", "status_code": 200, "new": [1]}}
        emulator.faults.add(body=body, status=200, headers={"X-Answer": "yes"})

        response = await admin.self.get()

        assert ("r", 200, 1) == (
            response.meta.request_id,
            response.meta.status_code,
            response.meta.attempts,
        )
        assert "yes" == response.meta.headers["x-answer"]
        assert body == json.loads(response.meta.body)
        assert [1] == response.raw["data"]["new"]
        assert response.meta.elapsed >= 0

    @pytest.mark.parametrize("body", ["", "null", "[]", "<html>", '"x"', "{", b"\xff"])
    async def test_no_object(self, admin, emulator, body: Any) -> None:
        """
        An answer that is no JSON object is an error, also with status 200; nothing changes.
        """
        before = admin.state
        emulator.faults.add(body=body, status=200)

        with pytest.raises(StytchResponseError) as caught:
            await admin.session.authenticate()

        assert 200 == caught.value.status_code
        assert before is admin.state

    async def test_errors_by_any_name(self, admin, emulator) -> None:
        """
        The label of an error is not asked: JSON called text is JSON.
        """
        emulator.text_plain_errors = True

        with pytest.raises(StytchError, match="no_active_scim_connection"):
            await admin.scim.get_connection()

    async def test_schema_error(self, admin, emulator) -> None:
        """
        Misfits that the API's schema finds are named.
        """
        issue = {"dataPath": ".limit", "message": "must be integer", "keyword": "type"}
        emulator.faults.add(status=400, body={"body": [issue]})

        with pytest.raises(StytchError, match=r"\.limit must be integer") as caught:
            await admin.scim.get_connection_groups()

        assert (issue,) == caught.value.issues


class TestViews:
    """
    Clients made from a client.
    """

    async def test_sessions_are_apart(self, client, admin_session, member_session) -> None:
        """
        Two views act as two Members, and neither changes the client.
        """
        ada = client.with_session(session_token=admin_session.session_token)
        bob = client.with_session(session_token=member_session.session_token)
        await ada.session.authenticate()
        await bob.session.authenticate()

        assert "ada@acme.example" == ada.state.member.email_address
        assert "bob@acme.example" == bob.state.member.email_address
        assert SessionState() == client.state

    async def test_options_share_the_state(self, client, admin_session) -> None:
        """
        What one of two clients with different options learns, the other knows.
        """
        other = client.with_options(timeout=5)
        other.session.update_session(session_token=admin_session.session_token)
        await client.session.authenticate()
        await other.session.revoke()

        assert SessionState() == client.state == other.state

    async def test_state_is_a_snapshot(self, admin) -> None:
        """
        A state that was taken does not change with the client.
        """
        before = admin.state
        await admin.session.authenticate()

        assert before.member is None
        with pytest.raises(AttributeError):
            before.session_token = "other"
        with pytest.raises(TypeError):
            before.pkce_pairs["magic_links"] = None

    async def test_closing_a_view_closes_nothing(self, client, admin, emulator) -> None:
        """
        The client and its other views go on.
        """
        async with client.with_options(retries=0) as view:
            await view.bootstrap.get()
        async with admin.with_state(admin.state) as view:
            await view.self.get()
        await view.self.get()
        await client.bootstrap.get()

        assert 4 == len(emulator.requests)

    async def test_connections_are_shared(self, client, admin, member) -> None:
        """
        Views use the connections of their client.
        """
        await admin.self.get()
        await member.self.get()

        assert "open_connections=1>" in repr(client)

    async def test_repr(self, client, admin, admin_session) -> None:
        """
        The text tells who the client is, as far as it knows.
        """
        before = repr(admin)
        await admin.session.authenticate()
        unfinished = client.with_state(SessionState(intermediate_session_token="t"))

        assert "logged out" in repr(client)
        assert "acting as an unknown Member" in before
        assert f"acting as {admin_session.member_id}" in repr(admin)
        assert "in the middle of a login" in repr(unfinished)


class TestClosing:
    """
    The end of a client.
    """

    async def test_closed(self, client, admin, emulator) -> None:
        """
        Neither the client nor its views can call any more; closing again is harmless.
        """
        async with client:
            await client.bootstrap.get()
        await client.aclose()

        for closed in (client, admin):
            with pytest.raises(Exception, match="closed"):
                await closed.bootstrap.get()
        assert 1 == len(emulator.requests)
        assert "closed" in repr(client)

    async def test_before_the_first_call(self, make_client) -> None:
        """
        A client that was never used can be closed.
        """
        client = make_client()
        await client.aclose()
        await client.aclose()

        assert "closed" in repr(client)

    def test_sync(self, emulator: Emulator) -> None:
        """
        The blocking client closes in the same way.
        """
        with StytchB2BClient(emulator.public_token, base_url=emulator.url) as client:
            view = client.with_state(client.state)
            with client.with_options(retries=0) as other:
                other.bootstrap.get()
            view.bootstrap.get()
        client.close()

        with pytest.raises(Exception, match="closed"):
            view.bootstrap.get()
        assert 2 == len(emulator.requests)
