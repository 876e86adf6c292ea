"""The examples of web services, run by their servers and visited by a real HTTP client."""

from __future__ import annotations

import asyncio
import runpy
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from attrs import frozen
from yarl import URL

from stytch_b2b.emulator import Emulator, SignedIn

EXAMPLES = Path(__file__).parent.parent / "examples"

LOG_IN_FIRST = {"error": "log_in_first"}
TRY_LATER = {"error": "try_later"}


@frozen
class Answer:
    """
    What a visitor was answered.
    """

    status: int
    json: Mapping[str, Any]
    headers: Mapping[str, str]


@frozen
class Visitor:
    """
    Somebody who visits the service, with some session or none.
    """

    http: aiohttp.ClientSession
    headers: Mapping[str, str]

    async def get(self, path: str) -> Answer:
        async with self.http.get(path, headers=self.headers) as answer:
            return Answer(answer.status, await answer.json(), answer.headers)

    async def put(self, path: str | URL, **body: object) -> Answer:
        async with self.http.put(path, headers=self.headers, json=body) as answer:
            return Answer(answer.status, await answer.json(), answer.headers)


Visit = Callable[[Callable[[Visitor], Awaitable[Any]], Mapping[str, str]], Any]


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """
    An emulator that the environment points to.
    """
    with Emulator() as running:
        monkeypatch.setenv("STYTCH_B2B_PUBLIC_TOKEN", running.public_token)
        monkeypatch.setenv("STYTCH_B2B_BASE_URL", running.url)
        running.create_organization("Example")
        yield running


@pytest.fixture
def connection(emulator: Emulator) -> str:
    """
    The path of a SCIM connection in the service.
    """
    return f"/connections/{emulator.create_scim_connection('Example').connection_id}"


@pytest.fixture
def admin(emulator: Emulator) -> SignedIn:
    """
    A session of Ada, who may do everything.
    """
    return emulator.sign_in("ada@example.com", "Example", roles=["stytch_admin"])


@pytest.fixture
def member(emulator: Emulator) -> SignedIn:
    """
    A session of Bob, who may not change the connection.
    """
    return emulator.sign_in("bob@example.com", "Example", roles=[])


@pytest.fixture(params=["aiohttp_service", "fastapi_service"])
def visit(request: pytest.FixtureRequest, emulator: Emulator) -> Visit:
    """
    Run a service, and somebody who visits it.
    """
    serving = runpy.run_path(str(EXAMPLES / f"{request.param}.py"))["serving"]

    def run(doing: Callable[[Visitor], Awaitable[Any]], headers: Mapping[str, str]) -> Any:
        async def main() -> Any:
            async with serving() as url, aiohttp.ClientSession(url) as http:
                return await doing(Visitor(http, headers))

        return asyncio.run(main())

    return run


def bearer(session: SignedIn) -> dict[str, str]:
    """
    Return the headers of a request that acts by *session*.
    """
    return {"Authorization": f"Bearer {session.session_token}"}


def cookie(session: SignedIn) -> dict[str, str]:
    """
    Return the headers of a browser that is logged in by *session*.
    """
    return {
        "Cookie": f"stytch_session={session.session_token}; "
        f"stytch_session_jwt={session.session_jwt}"
    }


@pytest.mark.parametrize("credentials", [bearer, cookie], ids=["bearer", "cookie"])
def test_acts_as_the_visitor(visit, admin, connection, credentials) -> None:
    """
    The service acts by the visitor's session, and its client keeps nothing of it.
    """

    async def doing(visitor: Visitor) -> list[Answer]:
        stranger = Visitor(visitor.http, {})
        return [
            await visitor.get("/me"),
            await visitor.put(connection, display_name="Okta"),
            await stranger.get("/me"),
        ]

    me, renamed, afterwards = visit(doing, credentials(admin))

    assert (200, {"email_address": "ada@example.com"}) == (me.status, me.json)
    assert (200, {"display_name": "Okta"}) == (renamed.status, renamed.json)
    assert (401, LOG_IN_FIRST) == (afterwards.status, afterwards.json)


def test_missing_permission_is_named(visit, member, connection) -> None:
    """
    A Member who lacks a permission is told which, with a 403.
    """
    answer = visit(lambda visitor: visitor.put(connection, display_name="Okta"), cookie(member))

    assert 403 == answer.status
    assert {
        "error": "permission_denied",
        "missing_permissions": ["update on stytch.scim"],
    } == answer.json


@pytest.mark.parametrize(
    "headers",
    [{}, {"Cookie": "theme=dark"}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}],
    ids=["none", "other_cookie", "empty_bearer", "unknown_token"],
)
def test_no_session(visit, connection, headers) -> None:
    """
    Who brings no session, or one that nobody knows, is asked to log in, whatever the page.
    """

    async def doing(visitor: Visitor) -> list[Answer]:
        return [await visitor.get("/me"), await visitor.put(connection, display_name="Okta")]

    answers = visit(doing, headers)

    assert [(401, LOG_IN_FIRST)] * 2 == [(one.status, one.json) for one in answers]
    assert ["Bearer"] * 2 == [one.headers["WWW-Authenticate"] for one in answers]


def test_jwt_alone(visit, admin, emulator) -> None:
    """
    A session JWT in place of the token is no session, and nothing is sent for it.
    """
    jwt = {"Authorization": f"Bearer {admin.session_jwt}"}

    answer = visit(lambda visitor: visitor.get("/me"), jwt)

    assert (401, LOG_IN_FIRST) == (answer.status, answer.json)
    assert [] == list(emulator.requests)


def test_session_that_expired(visit, admin, emulator) -> None:
    """
    Who was logged in is asked to log in again when the session has ended.
    """

    async def doing(visitor: Visitor) -> list[int]:
        before = await visitor.get("/me")
        emulator.clock.advance(hours=24 * 365)
        return [before.status, (await visitor.get("/me")).status]

    assert [200, 401] == visit(doing, bearer(admin))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_api_is_away(visit, admin, emulator, status) -> None:
    """
    While the API is away visitors are asked to come back, and nobody is logged out.
    """
    emulator.faults.add(status=status, times=3, headers={"Retry-After": "0"})

    async def doing(visitor: Visitor) -> list[Answer]:
        answers = []
        while len(emulator.faults):
            answers.append(await visitor.get("/me"))
        return [*answers, await visitor.get("/me")]

    *away, back = visit(doing, bearer(admin))

    assert {503} == {one.status for one in away}
    assert all(TRY_LATER == one.json and "Retry-After" in one.headers for one in away)
    assert 200 == back.status


@pytest.mark.parametrize("answer", [{"body": "<p>"}, {"status": 302}], ids=["html", "redirect"])
def test_somebody_else_answers(visit, admin, connection, emulator, answer) -> None:
    """
    Visitors are asked to come back as well when what answers is not the API.
    """
    emulator.faults.add(**{"status": 200, **answer})

    found = visit(lambda visitor: visitor.put(connection, display_name="Okta"), bearer(admin))

    assert (503, TRY_LATER) == (found.status, found.json)


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/connections/unknown", 404, "no_active_scim_connection"),
        ("/connections/%2e%2e", 400, "invalid_argument"),
    ],
    ids=["unknown", "dots"],
)
def test_what_is_not_accepted(visit, admin, path, status, error) -> None:
    """
    What a visitor got wrong is no failure of the service.
    """
    url = URL(path, encoded=True)

    answer = visit(lambda visitor: visitor.put(url, display_name="Okta"), bearer(admin))

    assert (status, {"error": error}) == (answer.status, answer.json)


def test_fastapi_service_takes_few_lines() -> None:
    """
    The example that most will copy fits in less than 165 lines, its own visitors included.
    """
    assert len((EXAMPLES / "fastapi_service.py").read_text().splitlines()) < 165
