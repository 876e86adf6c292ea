"""
Serve many Members at once with one client, as a web service does.

One client holds the connections; each request gets a cheap one of its own, bound to the session
that came with it. Runs on the embedded emulator.
"""

from __future__ import annotations

import anyio

from stytch_b2b import AsyncStytchB2BClient, PermissionDeniedError
from stytch_b2b.emulator import Emulator

MEMBERS = 100


async def handle(client: AsyncStytchB2BClient, session_token: str, names: list[str]) -> None:
    """Answer one request: say who it is, and what the Member sees of the SCIM connection."""
    bound = client.with_session(session_token=session_token)
    answer = await bound.session.authenticate()
    try:
        await bound.scim.get_connection()
        sees = "sees the connection"
    except PermissionDeniedError as error:
        sees = f"lacks {error.missing_permissions[0]}"
    names.append(f"{answer.member.email_address} {sees}")


async def main() -> None:
    """Handle a hundred requests at once, half of them of admins."""
    async with (
        Emulator() as emulator,
        AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url) as client,
    ):
        organization = emulator.create_organization("Example")
        emulator.create_scim_connection(organization)
        sessions = [
            emulator.sign_in(
                f"member-{number:02}@example.com",
                organization,
                roles=("stytch_admin",) if number % 2 else (),
            )
            for number in range(MEMBERS)
        ]

        names: list[str] = []
        async with anyio.create_task_group() as tasks:
            for session in sessions:
                tasks.start_soon(handle, client, session.session_token, names)

        print(f"{len(names)} requests of {MEMBERS} Members are answered, for example:")
        for name in sorted(names)[:2]:
            print(f"  {name}")
        print(f"The policy was fetched {count_fetches(emulator)} time(s).")
        print(f"The service's own client acts as nobody: {client.session.get_sync()}.")


def count_fetches(emulator: Emulator) -> int:
    """Return how often the project's settings were asked for."""
    return sum(request.operation == "bootstrap.get" for request in emulator.requests)


if __name__ == "__main__":
    anyio.run(main)
