"""
Serve Members with aiohttp: each request acts by the session that it brings.

One client lives as long as the service and holds the connections. A handler binds it to the session
of its request, by bearer token or cookie, and a middleware says once what a refusal by Stytch means
to a visitor. To be started with the public token of a project in the environment:

    STYTCH_B2B_PUBLIC_TOKEN=public-token-... python -m aiohttp.web aiohttp_service:make_app

Run as a program it has visitors of its own, and the emulator stands in for the API.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

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

STYTCH = web.AppKey("STYTCH", AsyncStytchB2BClient)

TRY_LATER = (
    RateLimitedError,
    ServerError,
    StytchConnectionError,
    StytchResponseError,
    StytchTimeoutError,
)


async def connections(app: web.Application) -> AsyncIterator[None]:
    """Hold the connections to Stytch for as long as the service runs."""
    async with AsyncStytchB2BClient() as stytch:
        app[STYTCH] = stytch
        yield


def acting_member(request: web.Request) -> AsyncStytchB2BClient:
    """Return a client that acts by the session of the request."""
    return request.app[STYTCH].with_request(request.headers)


@web.middleware
async def explain_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what Stytch refuses into an answer to the visitor."""
    try:
        return await handler(request)
    except (NoSessionError, AuthenticationError):
        headers = {"WWW-Authenticate": "Bearer"}
        return web.json_response({"error": "log_in_first"}, status=401, headers=headers)
    except PermissionDeniedError as error:
        missing = [str(permission) for permission in error.missing_permissions]
        answer = {"error": "permission_denied", "missing_permissions": missing}
        return web.json_response(answer, status=403)
    except TRY_LATER:
        # A service whose calls create something answers a StytchOutcomeUnknownError by itself:
        # what may have been done must not be tried again.
        headers = {"Retry-After": "5"}
        return web.json_response({"error": "try_later"}, status=503, headers=headers)
    except InvalidArgumentError:
        return web.json_response({"error": "invalid_argument"}, status=400)
    except StytchAPIError as error:
        # Such as 404: there is no such connection.
        return web.json_response({"error": error.error_type}, status=error.status_code)


routes = web.RouteTableDef()


@routes.get("/me")
async def who_am_i(request: web.Request) -> web.Response:
    """Say who the visitor is."""
    answer = await acting_member(request).session.authenticate()
    return web.json_response({"email_address": answer.member.email_address})


@routes.put("/connections/{connection_id}")
async def rename_connection(request: web.Request) -> web.Response:
    """Rename the SCIM connection, for which Stytch asks for a permission."""
    member = acting_member(request)
    try:
        display_name = str((await request.json())["display_name"])
    except (ValueError, LookupError, TypeError):
        raise web.HTTPBadRequest(text="needs JSON with a display_name") from None
    connection_id = request.match_info["connection_id"]
    answer = await member.scim.update_connection(connection_id, display_name=display_name)
    return web.json_response({"display_name": answer.connection.display_name})


def make_app(arguments: Sequence[str] = ()) -> web.Application:
    """Return the service; `python -m aiohttp.web` calls this."""
    app = web.Application(middlewares=[explain_refusals])
    app.cleanup_ctx.append(connections)
    app.add_routes(routes)
    return app


# From here on it is tried out; a service of yours has no use for this.


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """Run the service on a free port of this machine, and yield its URL."""
    runner = web.AppRunner(make_app())
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


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
