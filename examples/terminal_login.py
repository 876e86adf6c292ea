"""
Log in from a terminal: a browser opens, and the program goes on when the person is back.

Runs on the embedded emulator and plays the person as well. With STYTCH_B2B_PUBLIC_TOKEN set it
runs on the real API and opens a browser; the project must have logins with Google, and
http://localhost:3000/authenticate among its discovery redirect URLs.
"""

from __future__ import annotations

import os
import socket
import sys
from urllib.request import urlopen

from stytch_b2b import (
    LoggedIn,
    NeedsMFA,
    NeedsPrimaryFactor,
    OpenURL,
    StytchB2BClient,
    StytchConnectionError,
    StytchTimeoutError,
    open_in_browser,
)
from stytch_b2b.emulator import Emulator

REDIRECT_URL = "http://localhost:3000/authenticate"


def log_in(client: StytchB2BClient, redirect_url: str, open_url: OpenURL) -> LoggedIn:
    """Send the person to Google, and to the first of their Organizations."""
    print("Log in with Google in your browser.")
    found = client.login.discovery_oauth(
        "google", redirect_url=redirect_url, open_url=open_url, timeout=120
    ).outcome
    print(f"You are {found.email_address}.")
    if not found.discovered_organizations:
        sys.exit("You may enter no Organization.")
    outcome = client.discovery.intermediate_sessions.exchange(
        organization_id=found.discovered_organizations[0].organization.organization_id,
        session_duration_minutes=60,
    ).outcome
    match outcome:
        case LoggedIn():
            return outcome
        case NeedsMFA(organization=organization):
            sys.exit(f"{organization.organization_name} asks for a second factor.")
        case NeedsPrimaryFactor(organization=organization):
            sys.exit(f"{organization.organization_name} does not accept Google.")


def run(client: StytchB2BClient, redirect_url: str, open_url: OpenURL = open_in_browser) -> None:
    """Log in, and say who did."""
    try:
        logged_in = log_in(client, redirect_url, open_url)
    except StytchTimeoutError:
        sys.exit("You did not come back in time.")
    except StytchConnectionError as error:
        sys.exit(f"This cannot work now: {error.reason}.")
    print(f"You are logged in to {logged_in.organization.organization_name}.")


def main() -> None:
    """Walk through it, on the real API if there is a public token for it."""
    if "STYTCH_B2B_PUBLIC_TOKEN" in os.environ:
        with StytchB2BClient() as client:
            run(client, REDIRECT_URL)
        return
    with socket.create_server(("localhost", 0)) as free:
        redirect_url = REDIRECT_URL.replace("3000", str(free.getsockname()[1]))
    with Emulator() as emulator:
        emulator.create_member(emulator.create_organization("Example"), "ada@example.com")
        emulator.register_redirect_url(redirect_url, "discovery")

        def play_the_person(url: str) -> None:
            back = emulator.browser_login(url, "ada@example.com")
            urlopen(back).close()  # noqa: S310 - it is the redirect URL

        with StytchB2BClient(emulator.public_token, base_url=emulator.url) as client:
            run(client, redirect_url, play_the_person)


if __name__ == "__main__":
    main()
