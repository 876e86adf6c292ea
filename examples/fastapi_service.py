"""
Serve Members with FastAPI: each request acts by the session that it brings.

One client lives as long as the service and holds the connections. A dependency binds it to the
session of each request, by bearer token or cookie, and exception handlers say once what a refusal
by Stytch means to a visitor. To be started with the public token of a project in the environment:

    STYTCH_B2B_PUBLIC_TOKEN=public-token-... uvicorn fastapi_service:app

Run as a program it has visitors of its own, and the emulator stands in for the API.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypedDict

import aiohttp
import uvicorn
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    InvalidArgumentError,
    NoSessionError,
    PermissionDeniedError,
    RateLimitedError,
    ServerError,
    StytchAPIError,
    StytchConnectionError,
    StytchResponseError,
    StytchTimeoutError,
)
from stytch_b2b.emulator import Emulator


class Lifespan(TypedDict):
    """What all requests share."""

    stytch: AsyncStytchB2BClient


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[Lifespan]:
    """Hold the connections to Stytch for as long as the service runs."""
    async with AsyncStytchB2BClient() as stytch:
        yield {"stytch": stytch}


async def acting_member(request: Request) -> AsyncStytchB2BClient:
    """Return a client that acts by the session of the request."""
    stytch: AsyncStytchB2BClient = request.state.stytch
    return stytch.with_request(request.headers)


ActingMember = Annotated[AsyncStytchB2BClient, Depends(acting_member)]

app = FastAPI(lifespan=lifespan)


@app.exception_handler(NoSessionError)
@app.exception_handler(AuthenticationError)
async def log_in_first(request: Request, error: Exception) -> JSONResponse:
    """Answer who brings no session, or one that has ended."""
    return JSONResponse({"error": "log_in_first"}, 401, {"WWW-Authenticate": "Bearer"})


@app.exception_handler(PermissionDeniedError)
async def permission_denied(request: Request, error: PermissionDeniedError) -> JSONResponse:
    """Answer a Member who may not do this, and say what is missing."""
    missing = [str(permission) for permission in error.missing_permissions]
    return JSONResponse({"error": "permission_denied", "missing_permissions": missing}, 403)


@app.exception_handler(RateLimitedError)
@app.exception_handler(ServerError)
@app.exception_handler(StytchConnectionError)
@app.exception_handler(StytchResponseError)
@app.exception_handler(StytchTimeoutError)
async def try_later(request: Request, error: Exception) -> JSONResponse:
    """Answer while Stytch is away."""
    # A service whose calls create something answers a StytchOutcomeUnknownError by itself: what
    # may have been done must not be tried again.
    return JSONResponse({"error": "try_later"}, 503, {"Retry-After": "5"})


@app.exception_handler(InvalidArgumentError)
@app.exception_handler(StytchAPIError)
async def not_accepted(request: Request, error: Exception) -> JSONResponse:
    """Answer who asks for what cannot be, such as a connection that is not there."""
    if isinstance(error, StytchAPIError):
        return JSONResponse({"error": error.error_type}, error.status_code)
    return JSONResponse({"error": "invalid_argument"}, 400)


class Name(BaseModel):
    """What a connection is called."""

    display_name: str


@app.get("/me")
async def who_am_i(member: ActingMember) -> dict[str, str]:
    """Say who the visitor is."""
    answer = await member.session.authenticate()
    return {"email_address": answer.member.email_address}


@app.put("/connections/{connection_id}")
async def rename_connection(connection_id: str, name: Name, member: ActingMember) -> Name:
    """Rename the SCIM connection, for which Stytch asks for a permission."""
    answer = await member.scim.update_connection(connection_id, display_name=name.display_name)
    return Name(display_name=answer.connection.display_name)


# From here on it is tried out; a service of yours has no use for this.


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """Run the service on a free port of this machine, and yield its URL."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


async def main() -> None:
    """Visit the service as an admin, as a Member without a role, and as nobody."""
    async with Emulator() as emulator:
        os.environ["STYTCH_B2B_PUBLIC_TOKEN"] = emulator.public_token
        os.environ["STYTCH_B2B_BASE_URL"] = emulator.url
        example = emulator.create_organization("Example")
        connection_id = emulator.create_scim_connection(example).connection_id
        ada = emulator.sign_in("ada@example.com", example, roles=["stytch_admin"])
        bob = emulator.sign_in("bob@example.com", example, roles=[])

        async with serving() as url, aiohttp.ClientSession(url) as http:
            for name, headers in (
                ("ada", {"Authorization": f"Bearer {ada.session_token}"}),
                ("bob", {"Cookie": f"stytch_session={bob.session_token}"}),
                ("nobody", {}),
            ):
                async with http.get("/me", headers=headers) as answer:
                    print(f"{name}, GET /me: {answer.status} {await answer.text()}")
                path, body = f"/connections/{connection_id}", {"display_name": "Okta"}
                async with http.put(path, headers=headers, json=body) as answer:
                    print(f"{name}, PUT /connections: {answer.status} {await answer.text()}")


if __name__ == "__main__":
    asyncio.run(main())
