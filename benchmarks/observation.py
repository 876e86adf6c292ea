"""
What it costs to watch calls: by hooks, by the log, by traces.

Clients that are watched in different ways update a SCIM connection on a server that costs next to
nothing (``programs/server.py``), 50 calls in flight, for a third of a second each, and take turns.
CPU time of this process per call; "more" is what a way costs beyond the same round's calls that
nobody watches. The hooks do nothing, the log is formatted and thrown away, and so are the spans of
OpenTelemetry's SDK.

Seen on 2026-11-23 on two shared cores, with Python 3.11.7, opentelemetry-sdk 1.45.2, in 15 rounds
(median, and from least to most):

==============  ===========  ====================
watched by      CPU us       more
==============  ===========  ====================
nobody          125
hooks           137          13 (4 to 22)
log at DEBUG    169          42 (36 to 59)
otel, no SDK    142          20 (9 to 37)
otel, SDK       196          71 (61 to 110)
==============  ===========  ====================

For those whom nobody watches, a call chooses its coroutine by one look at the hooks and one at the
log's level; beside the version without either, that was lost in the noise.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import NoOpTracerProvider

from stytch_b2b import AsyncStytchB2BClient, EventHooks
from stytch_b2b.otel import tracing_hooks

SERVER = Path(__file__).parent / "programs" / "server.py"
PUBLIC_TOKEN = "public-token-test-3f5e1b06-9b3c-4c6b-8f51-0b9f1d8c7a21"
SESSION_TOKEN = "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFhTBB8y5vJdW1"
CONNECTION_ID = "scim-connection-test-cdd5415a-c470-42be-8369-5c90cf7762dc"
IN_FLIGHT = 50

LOGGER = logging.getLogger("stytch_b2b")


class Formatting(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        self.format(record)


def ignore(event: object) -> None:
    pass


WAYS: dict[str, list[EventHooks]] = {
    "nobody": [],
    "hooks": [EventHooks(request=ignore, attempt=ignore, response=ignore)],
    "log at DEBUG": [],
    "otel, no SDK": [tracing_hooks(NoOpTracerProvider())],
    "otel, SDK": [tracing_hooks(TracerProvider())],
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}", end=", ")
    print(f"opentelemetry-sdk {version('opentelemetry-sdk')}")
    with server() as url:
        samples = asyncio.run(measure(url, rounds))
    print(f"{'min / median / max':16}{'CPU us/call':>24}{'more':>24}")
    for way, values in samples.items():
        more = [ours - bare for ours, bare in zip(values, samples["nobody"], strict=True)]
        shown = "" if way == "nobody" else spread(more)
        print(f"{way:16}{spread(values):>24}{shown:>24}")


async def measure(url: str, rounds: int) -> dict[str, list[float]]:
    LOGGER.addHandler(Formatting())
    LOGGER.propagate = False
    samples: dict[str, list[float]] = {way: [] for way in WAYS}
    clients = {
        way: AsyncStytchB2BClient(PUBLIC_TOKEN, base_url=url, event_hooks=hooks)
        for way, hooks in WAYS.items()
    }
    ways = list(WAYS)
    for number in range(-1, rounds):
        shift = number % len(ways)
        for way in ways[shift:] + ways[:shift]:
            LOGGER.setLevel(logging.DEBUG if way == "log at DEBUG" else logging.WARNING)
            sample = await cpu_per_call(clients[way], 0.35)
            if number >= 0:  # the round before the first one warms up
                samples[way].append(sample)
    for client in clients.values():
        await client.aclose()
    return samples


async def cpu_per_call(client: AsyncStytchB2BClient, seconds: float) -> float:
    member = client.with_session(session_token=SESSION_TOKEN)
    calls = 0

    async def work() -> None:
        nonlocal calls
        while perf_counter() < end:
            await member.scim.update_connection(CONNECTION_ID, display_name="Okta (production)")
            calls += 1

    gc.collect()
    start, end = process_time(), perf_counter() + seconds
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return 1e6 * (process_time() - start) / calls


def spread(values: list[float]) -> str:
    return " / ".join(f"{f(values):.1f}" for f in (min, median, max))


@contextmanager
def server() -> Iterator[str]:
    """Run the server in a process of its own and yield its URL."""
    with subprocess.Popen(
        [sys.executable, SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


if __name__ == "__main__":
    main()
