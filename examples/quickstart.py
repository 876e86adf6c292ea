"""
Log a Member in by magic link and update a SCIM connection, first with await and then without.

Runs on the embedded emulator. With STYTCH_B2B_PUBLIC_TOKEN set it runs on the real API instead,
and asks for the Organization, the e-mail address, and the link that arrives there. It creates a
SCIM connection and deletes it at the end, so choose an Organization that has none.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from stytch_b2b import AsyncStytchB2BClient, StytchB2BClient
from stytch_b2b.emulator import Emulator


async def log_in(
    client: AsyncStytchB2BClient,
    organization_id: str,
    email_address: str,
    link_from_inbox: Callable[[], str],
) -> None:
    """Ask for a magic link and follow it."""
    await client.magic_links.email.login_or_signup(
        organization_id=organization_id, email_address=email_address
    )
    print(f"  A magic link is on its way to {email_address}.")
    (token,) = parse_qs(urlsplit(link_from_inbox()).query)["token"]
    answer = await client.magic_links.authenticate(
        magic_links_token=token, session_duration_minutes=60
    )
    print(f"  {answer.member.email_address} is logged in.")


async def with_await(client: AsyncStytchB2BClient) -> str:
    """Create a connection and update it, and return its ID."""
    created = await client.scim.create_connection(display_name="Okta")
    connection_id = created.connection.connection_id
    print(f"  The SCIM connection is called {created.connection.display_name!r}.")
    updated = await client.scim.update_connection(connection_id, display_name="Okta, updated")
    print(f"  Now it is called {updated.connection.display_name!r}.")
    return connection_id


def without_await(client: StytchB2BClient, connection_id: str) -> None:
    """Make the same calls, blocking."""
    updated = client.scim.update_connection(connection_id, display_name="Okta, updated again")
    print(f"  Now it is called {updated.connection.display_name!r}.")
    client.scim.delete_connection(connection_id)
    print("  It is deleted.")


async def journey(
    public_token: str | None,
    base_url: str | None,
    organization_id: str,
    email_address: str,
    link_from_inbox: Callable[[], str],
) -> None:
    """Log in and update a connection, with await and without."""
    async with AsyncStytchB2BClient(public_token, base_url=base_url) as client:
        print("With await:")
        await log_in(client, organization_id, email_address, link_from_inbox)
        connection_id = await with_await(client)
        state = client.state

    with StytchB2BClient(public_token, base_url=base_url) as blocking:
        print("Without:")
        without_await(blocking.with_state(state), connection_id)


def main() -> None:
    """Walk through it, on the real API if there is a public token for it."""
    if "STYTCH_B2B_PUBLIC_TOKEN" in os.environ:
        organization_id = input("ID of the Organization: ")
        email_address = input("E-mail address of one of its admins: ")
        asyncio.run(
            journey(None, None, organization_id, email_address, lambda: input("The link: "))
        )
        return
    with Emulator() as emulator:
        print(f"An emulator of the API runs at {emulator.url}.")
        organization = emulator.create_organization("Example")
        emulator.create_member(organization, "ada@example.com", roles=("stytch_admin",))
        asyncio.run(
            journey(
                emulator.public_token,
                emulator.url,
                organization.organization_id,
                "ada@example.com",
                lambda: emulator.outbox.last(to="ada@example.com").url,
            )
        )


if __name__ == "__main__":
    main()
