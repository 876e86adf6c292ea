"""A client for a request that came to a service: whose it is, by the headers of any framework."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from starlette.datastructures import Headers as StarletteHeaders
from starlette.requests import Request as StarletteRequest

from stytch_b2b import NoSessionError
from stytch_b2b._headers import Headers
from tests.api.support import logged, printed, sent_as

pytestmark = pytest.mark.anyio


class WSGIHeaders(Mapping[str, str]):
    """
    Headers as the frameworks on WSGI show them: a view of the environment.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._environ = {f"HTTP_{name.upper()}": value for name, value in fields.items()}

    def __getitem__(self, name: str) -> str:
        return self._environ[f"HTTP_{name.upper()}"]

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix("HTTP_").title() for name in self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def starlette_headers(fields: Mapping[str, str]) -> Mapping[str, str]:
    """
    Return headers as a request of Starlette or FastAPI has them.
    """
    raw = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    return StarletteRequest({"type": "http", "headers": raw}).headers


KINDS: dict[str, Any] = {
    "dict": dict,
    "lower": lambda fields: {name.lower(): value for name, value in fields.items()},
    "aiohttp": lambda fields: CIMultiDictProxy(CIMultiDict(fields)),
    "starlette": starlette_headers,
    "wsgi": WSGIHeaders,
    "own": Headers,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["bearer", "cookie"])
async def test_headers_of_any_framework(client, emulator, admin_session, kind, place) -> None:
    """
    Whatever mapping the headers come in, calls act by the session that is in them.
    """
    token = admin_session.session_token
    headers = KINDS[kind](
        {"Host": "example.com", "Authorization": f"Bearer {token}"}
        if place == "bearer"
        else {"Host": "example.com", "Cookie": f"theme=dark; stytch_session={token}"}
    )

    answer = await client.with_request(headers).session.authenticate()

    assert "ada@acme.example" == answer.member.email_address
    assert [token] == [sent_as(request) for request in logged(emulator, "session.authenticate")]


async def test_several_cookie_fields(client, admin_session) -> None:
    """
    Cookies may be spread over several fields, as HTTP/2 has it.
    """
    cookie = f"stytch_session={admin_session.session_token}"
    of_aiohttp = CIMultiDict([("Cookie", "a=1"), ("Cookie", cookie)])
    of_starlette = StarletteHeaders(raw=[(b"cookie", b"a=1"), (b"cookie", cookie.encode())])

    for headers in (of_aiohttp, of_starlette):
        bound = client.with_request(headers)

        assert admin_session.session_token == bound.state.session_token


async def test_client_is_a_view(client, admin_session) -> None:
    """
    The service's own client stays logged out, and closing the new one closes nothing.
    """
    headers = {"Authorization": f"Bearer {admin_session.session_token}"}

    async with client.with_request(headers) as bound:
        await bound.session.authenticate()
    again = await client.with_request(headers).self.get()

    assert client.state.session_token is None
    assert "ada@acme.example" == again.member.email_address


async def test_roles_of_the_jwt(client, admin_session, emulator) -> None:
    """
    The JWT among the cookies tells the roles before the first answer does.
    """
    token, jwt = admin_session.session_token, admin_session.session_jwt
    bound = client.with_request({"Cookie": f"stytch_session={token}; stytch_session_jwt={jwt}"})

    assert await bound.can(bound.scim.create_connection)
    assert [] == logged(emulator, "session.authenticate")


async def test_named_cookies(client, admin_session) -> None:
    """
    Cookies may have other names.
    """
    headers = {"Cookie": f"__Host-session={admin_session.session_token}"}

    bound = client.with_request(headers, session_cookie="__Host-session")
    with pytest.raises(NoSessionError, match="'stytch_session'"):
        client.with_request(headers)

    assert admin_session.session_token == bound.state.session_token


async def test_jwt_is_not_enough(client, emulator, admin_session) -> None:
    """
    A request with nothing but a JWT is refused before anything is sent, and the JWT is not shown.
    """
    jwt = admin_session.session_jwt
    for headers in (
        {"Authorization": f"Bearer {jwt}"},
        {"Cookie": f"stytch_session_jwt={jwt}"},
    ):
        with pytest.raises(NoSessionError, match="session JWT") as caught:
            client.with_request(headers)

        assert jwt[:20] not in printed(caught.value)
    assert [] == list(emulator.requests)


async def test_blocking_client(sync_client, admin_session) -> None:
    """
    The blocking client reads a request in the same way.
    """
    headers = {"Authorization": f"bearer {admin_session.session_token}"}

    bound = sync_client.with_request(headers)
    with pytest.raises(NoSessionError, match="with_request"):
        sync_client.with_request({})

    assert type(sync_client) is type(bound)
    assert "ada@acme.example" == bound.session.authenticate().member.email_address
