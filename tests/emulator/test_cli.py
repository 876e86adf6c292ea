"""The program: `python -m stytch_b2b.emulator`."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stytch_b2b.emulator import Emulator
from stytch_b2b.emulator.__main__ import introduction, main
from stytch_b2b.emulator.routes import BROWSER_ROUTES


@contextmanager
def program(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """
    Run the program, and make sure that it ends.
    """
    command = [sys.executable, "-m", "stytch_b2b.emulator", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    """
    It prints how to connect, serves, and ends cleanly on Ctrl-C and on SIGTERM.
    """
    with program("--port", "0") as process:
        assert process.stdout is not None
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
        text = "".join(lines)
        url = re.search(r"STYTCH_B2B_BASE_URL=(http://127\.0\.0\.1:\d+)\n", text)
        assert url is not None
        with urllib.request.urlopen(f"{url[1]}/_emulator/outbox", timeout=10) as answer:
            outbox = answer.read()
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)

    assert process.returncode == 0
    assert (output, errors) == ("", "")
    assert outbox == b'{"messages": []}'
    assert re.search(r"STYTCH_B2B_PUBLIC_TOKEN=public-token-test-[0-9a-f-]{36}\n", text)
    assert re.search(r"project id +project-test-", text)
    assert re.search(r"secret +secret-test-", text)
    assert f"curl {url[1]}/_emulator/outbox" in text


def test_the_introduction_tells_how_to_connect(emulator: Emulator) -> None:
    """
    Everything that a client needs can be copied from it.
    """
    text = introduction(emulator)

    for needed in (emulator.url, emulator.public_token, emulator.project_id, emulator.secret):
        assert needed in text


def test_a_port_in_use_is_one_line(emulator: Emulator) -> None:
    """
    Nothing but a message is printed, and the exit status says that it failed.
    """
    port = emulator.url.rpartition(":")[2]
    with program("--port", port) as process:
        output, errors = process.communicate(timeout=10)

    assert process.returncode == 1
    assert output == ""
    assert errors == f"cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_the_help_shows_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    """
    Whoever asks learns where the commands are listed, and where browsers start.
    """
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out

    assert "/_emulator/ " in text
    for route in BROWSER_ROUTES:
        if route.operation in ("oauth.start", "sso.start"):
            assert route.path in text
