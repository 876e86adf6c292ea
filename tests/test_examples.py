"""The examples do what they say; that they run at all is shown by `nox -s examples`."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

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
    "discovery_and_mfa.py": [
        "ada@example.com may enter Example.",
        "A second factor is needed. To set up: totp or sms_otp.",
        "Logged in by email_otp and otp.",
    ],
    "permissions.py": ["  refused by:   the client", "  requests:     0"],
    "quickstart.py": ["  Now it is called 'Okta, updated again'.", "  It is deleted."],
    "service.py": [
        "The policy was fetched 1 time(s).",
        "The service's own client acts as nobody: None.",
    ],
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
