"""
Serve the emulator from a shell: ``python -m stytch_b2b.emulator --port 4010``.

``/_emulator/`` arranges and inspects it, and lists the commands for that. Logins by OAuth and SSO
start in a browser, at ``/v1/b2b/public/oauth/{provider}/start`` and ``/v1/public/sso/start``.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from .server import Emulator


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Serve until interrupted; return the exit status.

    Args:
        arguments: The command line, without the program's name.
    """
    parser = argparse.ArgumentParser(
        prog="python -m stytch_b2b.emulator",
        description="Serve an emulator of Stytch's B2B API.",
        epilog=(
            "GET /_emulator/ lists the commands that arrange and inspect it. Logins by OAuth and "
            "SSO start in a browser, at /v1/b2b/public/oauth/{provider}/start and "
            "/v1/public/sso/start, with the public token in the query."
        ),
    )
    parser.add_argument("--port", type=int, default=4010, help="port to listen on (default: 4010)")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (default: 127.0.0.1; others let other machines in)",
    )
    options = parser.parse_args(arguments)

    stop = threading.Event()

    def interrupt(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)

    emulator = Emulator(host=options.host, port=options.port)
    try:
        emulator.start()
    except OSError as exc:
        # Python appends the address to the reason, which the message has already.
        reason = str(exc.strerror).partition(" (while")[0]
        print(f"cannot listen on {options.host}:{options.port}: {reason}", file=sys.stderr)
        return 1
    try:
        print(introduction(emulator), flush=True)
        stop.wait()
    finally:
        emulator.stop()
    return 0


def introduction(emulator: Emulator) -> str:
    """Return what somebody needs to know to connect."""
    return f"""\
The Stytch B2B emulator runs at {emulator.url}

  public token  {emulator.public_token}
  project id    {emulator.project_id}
  secret        {emulator.secret}

Point clients at it:

  export STYTCH_B2B_PUBLIC_TOKEN={emulator.public_token}
  export STYTCH_B2B_BASE_URL={emulator.url}

Sign somebody in, and read what was mailed:

  curl -X POST {emulator.url}/_emulator/sessions -d '{{"email_address": "ada@example.com"}}'
  curl {emulator.url}/_emulator/outbox

All commands: curl {emulator.url}/_emulator/

Stop it with Ctrl-C."""


if __name__ == "__main__":
    sys.exit(main())
