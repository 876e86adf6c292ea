"""
Ten thousand calls at once: whether all of them end, each with its own answer, and what they hold.

All calls are begun before the first is answered. Each updates a connection of its own, and the
server (``programs/server.py``) answers with the ID it was asked for. A call that fails, or gets the
answer to another, ends the program with its error. Memory is the peak of the process, read after
each size, from the smallest to the largest. A hundred calls have a connection at any time, as many
as a client opens; the others wait for one.

Seen on 2026-11-23 on two shared cores, with Python 3.11.7, aiohttp 3.14.5, msgspec 0.22.0: all
10 000 ended, each with its own answer, in 2.1 s, and memory grows linearly.

======  =========  =======  =======  =========
calls   in flight  seconds  RSS, MB  kB a call
======  =========  =======  =======  =========
1       1                   40.4
1 000   1 000      0.16     53.2     12.9
5 000   5 000      0.93     103.0    12.5
10 000  10 000     2.09     164.7    12.4
======  =========  =======  =======  =========
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from stytch_b2b import AsyncStytchB2BClient

PUBLIC_TOKEN = "public-token-test-3f5e1b06-9b3c-4c6b-8f51-0b9f1d8c7a21"
SESSION_TOKEN = "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFhTBB8y5vJdW1"


class Load:
    """Calls made at once, and how many of them are on their way."""

    def __init__(self, client: AsyncStytchB2BClient) -> None:
        self._client = client
        self._in_flight = 0
        self.peak = 0

    async def call(self, number: int) -> None:
        self._in_flight += 1
        self.peak = max(self.peak, self._in_flight)
        connection_id = f"scim-connection-test-{number}"
        answer = await self._client.scim.update_connection(connection_id, display_name="Okta")
        self._in_flight -= 1
        assert answer.connection.connection_id == connection_id


async def run(url: str, sizes: list[int]) -> None:
    async with AsyncStytchB2BClient(PUBLIC_TOKEN, base_url=url) as client:
        member = client.with_session(session_token=SESSION_TOKEN)
        await Load(member).call(0)
        before = peak_memory()
        print(f"{'calls':>8}{'in flight':>12}{'seconds':>10}{'RSS, MB':>10}{'kB a call':>12}")
        print(f"{'one':>8}{'':22}{before / 1e6:10.1f}")
        for calls in sizes:
            load = Load(member)
            start = perf_counter()
            await asyncio.gather(*map(load.call, range(calls)))
            seconds, memory = perf_counter() - start, peak_memory()
            each = (memory - before) / calls / 1e3
            print(f"{calls:8}{load.peak:12}{seconds:10.2f}{memory / 1e6:10.1f}{each:12.2f}")


def peak_memory() -> int:
    """Return the most memory that the process has had so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@contextmanager
def server() -> Iterator[str]:
    """Run the server in a process of its own and yield its URL."""
    with subprocess.Popen(
        [sys.executable, Path(__file__).parent / "programs" / "server.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, nargs="*", default=[1_000, 5_000, 10_000])
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    with server() as url:
        asyncio.run(run(url, sorted(options.calls)))


if __name__ == "__main__":
    main()
