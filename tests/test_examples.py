"""The examples do what they say; that they run at all is shown by `nox -s examples`."""

from __future__ import annotations

import asyncio
import os
import runpy
import subprocess
import sys
import threading
from collections.abc import Awaitable
from pathlib import Path

import aiohttp
import pytest

from stytch_b2b import AsyncStytchB2BClient
from stytch_b2b.emulator import Emulator

EXAMPLES = Path(__file__).parent.parent / "examples"


LAST_WORDS = {
    "admin_journey.py": [
        "    deactivated           robert",
        "    reactivated           robert@acme.example is active",
        "    still logged in       False",
        "",
        "  53 calls of 40 operations.",
    ],
    "aiohttp_service.py": [
        (
            'bob, PUT /connections: 403 {"error": "permission_denied", '
            '"missing_permissions": ["update on stytch.scim"]}'
        ),
        'nobody, GET /me: 401 {"error": "log_in_first"}',
        'nobody, PUT /connections: 401 {"error": "log_in_first"}',
    ],
    "discovery_and_mfa.py": [
        "ada@example.com may enter Example.",
        "A second factor is needed. To set up: totp or sms_otp.",
        "Logged in by email_otp and otp.",
    ],
    "fastapi_service.py": [
        (
            'bob, PUT /connections: 403 {"error":"permission_denied",'
            '"missing_permissions":["update on stytch.scim"]}'
        ),
        'nobody, GET /me: 401 {"error":"log_in_first"}',
        'nobody, PUT /connections: 401 {"error":"log_in_first"}',
    ],
    "permissions.py": ["  refused by:   the client", "  requests:     0"],
    "quickstart.py": ["  Now it is called 'Okta, updated again'.", "  It is deleted."],
    "service.py": [
        "The policy was fetched 1 time(s).",
        "The service's own client acts as nobody: None.",
    ],
    "soak.py": ["No session was lost, and no request was one too many."],
    "terminal_login.py": ["You are ada@example.com.", "You are logged in to Example."],
    "web_login.py": [
        "  With Google: Hello, ada@example.com!",
        "  By e-mail:   Open the link in the e-mail.",
        "               Type the code sent to your phone.",
        "               Hello, bob@example.com!",
    ],
}


@pytest.mark.parametrize("example", LAST_WORDS)
def test_ends_well(example: str) -> None:
    """
    Each example says at its end what it set out to show.
    """
    run = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / example)],
        capture_output=True,
        text=True,
        check=False,
    )
    last_words = LAST_WORDS[example]

    assert (0, "") == (run.returncode, run.stderr)
    assert last_words == run.stdout.splitlines()[-len(last_words) :]


async def see_site(emulator: Emulator, client: AsyncStytchB2BClient) -> list[tuple[int, str]]:
    """
    Visit the web service as who was invited, then as a Member whose session ends.
    """
    web_login = runpy.run_path(str(EXAMPLES / "web_login.py"))
    organization = emulator.create_organization("Example")
    eve = emulator.create_member(organization, "eve@example.com", roles=["stytch_admin"])
    site = web_login["Site"](client, organization.organization_id)
    runner = await web_login["serve"](site)
    done = f"{site.url}/login/email/done"
    emulator.register_redirect_url(done)
    session = emulator.create_session(eve)
    await client.with_session(session_token=session.session_token).magic_links.email.invite(
        email_address="mallory@example.com", invite_redirect_url=done
    )
    invitation = emulator.outbox.last(to="mallory@example.com").url
    pages: list[tuple[int, str]] = []

    async def see(answer: Awaitable[aiohttp.ClientResponse]) -> None:
        page = await answer
        pages.append((page.status, await page.text()))

    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(site.url, cookie_jar=jar) as browser:
        await see(browser.get(invitation))
        await see(browser.post("/login/email", data={"email_address": "eve@example.com"}))
        await see(browser.get(emulator.outbox.last(to="eve@example.com").url))
        emulator.clock.advance(hours=2)
        await see(browser.get("/"))
    await runner.cleanup()
    return pages


def test_web_service_logs_in_whoever_began() -> None:
    """
    An invitation that was slipped to a visitor logs nobody in; a session that ended is forgotten.
    """

    async def visit() -> list[tuple[int, str]]:
        async with (
            Emulator() as emulator,
            AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url) as client,
        ):
            return await see_site(emulator, client)

    slipped_in, mailed, home, later = asyncio.run(visit())

    assert (400, "This login did not begin here.") == slipped_in
    assert 200 == mailed[0]
    assert (200, "Hello, eve@example.com!") == home
    assert 200 == later[0]
    assert "Log in with Google" in later[1]


def test_no_example_is_left_out() -> None:
    """
    The endings above are those of all examples.
    """
    assert set(LAST_WORDS) == {path.name for path in EXAMPLES.glob("*.py")}


def test_admin_journey_is_the_same_with_await_and_without() -> None:
    """
    Both clients say the same all the way, and after at least forty calls.
    """
    run = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / "admin_journey.py")],
        capture_output=True,
        text=True,
        check=True,
    )
    with_await, without = run.stdout.removeprefix("With await\n").split("\nWithout\n")
    calls = int(without.split()[-5])

    assert with_await == without
    assert calls >= 40


def test_discovery_and_mfa_take_few_lines() -> None:
    """
    A login without a named Organization and with a second factor fits in less than 60 lines.
    """
    assert len((EXAMPLES / "discovery_and_mfa.py").read_text().splitlines()) < 60


def test_quickstart_elsewhere() -> None:
    """
    With a public token in the environment the quickstart asks, and talks to that server.
    """
    with Emulator() as emulator:
        organization = emulator.create_organization("Elsewhere")
        emulator.create_member(organization, "ada@example.com", roles=("stytch_admin",))
        program = subprocess.Popen(
            [sys.executable, "-u", "-W", "error", str(EXAMPLES / "quickstart.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "STYTCH_B2B_PUBLIC_TOKEN": emulator.public_token,
                "STYTCH_B2B_BASE_URL": emulator.url,
            },
        )
        assert program.stdin is not None
        assert program.stdout is not None
        give_up = threading.Timer(30, program.kill)
        give_up.start()
        try:
            program.stdin.write(f"{organization.organization_id}\nada@example.com\n")
            program.stdin.flush()
            while "on its way" not in program.stdout.readline():
                assert program.poll() is None
            program.stdin.write(emulator.outbox.last(to="ada@example.com").url + "\n")
            program.stdin.close()
            ending = program.stdout.read()
        finally:
            give_up.cancel()
            program.stdout.close()

        assert 0 == program.wait()
        assert ending.endswith("  It is deleted.\n")
