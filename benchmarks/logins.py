"""
How long a whole login takes, from its first call to the session that the client holds.

The emulator and the client share a process, so the work of both counts. Each way to log in has a
fresh process for each client (``programs/login.py``), in which one person after the other walks it:
the first, then 20 others. What is mailed is read from the outbox, and ``browser_login()`` is the
person at the identity provider's page. What others do before a login begins does not count, such as
enrolling a phone, or making a token in the dashboard or at a trusted issuer.

Seen on 2026-11-23 on two shared cores, with Python 3.11.7, aiohttp 3.14.5, cryptography 50.0.2,
msgspec 0.22.0, zxcvbn 4.5.0, in ms: the first, then median and worst of the others. The aim is 100.

=========================  ====================  ====================
way                        async                 sync
=========================  ====================  ====================
magic link                 20.4 / 1.3 / 2.9      22.0 / 1.6 / 2.8
discovery by magic link    32.2 / 2.9 / 6.0      29.2 / 1.9 / 4.6
passcode by e-mail         22.0 / 1.2 / 2.9      24.4 / 1.4 / 3.0
... and one by SMS         27.3 / 2.5 / 4.1      22.6 / 1.8 / 3.1
password                   26.6 / 0.9 / 1.9      33.2 / 1.6 / 2.4
... and authenticator app  30.3 / 1.5 / 3.2      29.4 / 1.6 / 2.6
... and recovery code      26.7 / 1.4 / 2.4      29.9 / 1.8 / 2.7
password reset by e-mail   48.7 / 4.5 / 6.1      55.6 / 5.4 / 7.3
OAuth                      29.1 / 4.6 / 8.6      29.4 / 2.8 / 5.3
OAuth discovery            38.9 / 4.2 / 5.9      43.5 / 5.0 / 12.4
SSO                        28.2 / 3.9 / 5.1      28.2 / 3.4 / 5.6
impersonation              21.9 / 1.2 / 2.2      21.0 / 1.0 / 3.1
access token               20.8 / 1.3 / 2.1      25.9 / 1.2 / 2.5
attestation                22.6 / 1.3 / 2.5      24.9 / 1.6 / 2.9
=========================  ====================  ====================

A login of one call takes about 1 ms, and each further call about half of one. At OAuth and SSO half
of the time is ``browser_login()``, which sends three requests with a connection for each; at the
reset of a password half is zxcvbn, which judges the new one in 2 ms.

The first login of a process takes 20 to 30 ms more: 10 to import the resource and its models, 3 for
msgspec to learn the model of the answer, the rest for all that runs for the first time. The reset
of a password adds 17 ms for importing zxcvbn.

That is without the key by which the emulator signs JWTs, which is made once in a process, for its
first session, and was made before the first login here. With it the first login misses the aim in
most processes:

=========================  ====================
once in a process          min / median / max
=========================  ====================
key of the emulator        62.0 / 88.9 / 142.2
... and the first login    85.1 / 118.6 / 174.3
=========================  ====================

About 25 ms of the key are the import of PyJWT and cryptography, 20 a collection of garbage that
happens to fall into it, and the rest the search for two primes, which takes 8 to 140 ms as luck has
it. An emulator that is new for each test does not make it again.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

PROGRAM = Path(__file__).parent / "programs" / "login.py"
SHOWN = ("aiohttp", "cryptography", "msgspec", "zxcvbn")
"""Packages whose versions are printed."""

CLIENTS: dict[str, list[str]] = {"async": [], "sync": ["--blocking"]}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--walks", type=int, default=20, help="of each way, beyond the first one")
    walks = parser.parse_args().walks
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}", end=", ")
    print(*(f"{name} {version(name)}" for name in SHOWN), sep=", ")
    print(f"{'ms, first / median / worst':27}" + "".join(f"{name:>24}" for name in CLIENTS))
    keys: list[float] = []
    sums: list[float] = []
    for title in run():
        print(f"{title:27}", end="", flush=True)
        for arguments in CLIENTS.values():
            sample = run(title, "--walks", str(walks), *arguments)
            first, others = sample["first"], sample["others"]
            print(f"{in_a_row(first, median(others), max(others)):>24}", end="", flush=True)
            keys.append(sample["key"])
            sums.append(sample["key"] + first)
        print()
    print(f"\n{'ms, min / median / max':27}{f'of {len(keys)} processes':>24}")
    for title, values in (("key of the emulator", keys), ("... and the first login", sums)):
        print(f"{title:27}{in_a_row(min(values), median(values), max(values)):>24}")


def run(*arguments: str) -> Any:
    """Run the program in a fresh interpreter and return what it reports."""
    command = [sys.executable, str(PROGRAM), *arguments]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def in_a_row(*values: float) -> str:
    return " / ".join(f"{value:.1f}" for value in values)


if __name__ == "__main__":
    main()
