"""
One contender of ``calls.py``, alone in its process: updates a SCIM connection as often as it can.

Prints what the calls took as JSON. Nothing is imported but what the contender needs, so that this
runs in any environment that has it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from time import perf_counter, process_time

PUBLIC_TOKEN = "public-token-test-3f5e1b06-9b3c-4c6b-8f51-0b9f1d8c7a21"
SESSION_TOKEN = "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFhTBB8y5vJdW1"
PROJECT_ID = "project-test-c5f1b0a2-6d0e-4ad5-8e3c-8a2b8f5e9d10"
SECRET = "secret-test-Vb0M7mYb1sQvOa3GkqTfXw0pRz4uNcHj6LdE="
ORGANIZATION_ID = "organization-test-07971b06-ac8b-4cdb-9c15-63b17e653931"
CONNECTION_ID = "scim-connection-test-cdd5415a-c470-42be-8369-5c90cf7762dc"
DISPLAY_NAME = "Okta (production)"

PATH = f"/sdk/v1/b2b/scim/{CONNECTION_ID}"
HEADERS = {
    # As many and as long as those that the frontend API asks for.
    "Authorization": f"Basic {'a' * 132}",
    "Content-Type": "application/json",
    "Accept": "application/json",
    "X-SDK-Client": "a" * 572,
    "User-Agent": "stytch_b2b/0.1.0 Python/3.11.7",
}
WARM_UP = 0.25

Call = Callable[[], object]
AsyncCall = Callable[[], Awaitable[object]]


@asynccontextmanager
async def stytch_b2b_async(url: str) -> AsyncIterator[AsyncCall]:
    stytch_b2b = import_module("stytch_b2b")
    async with stytch_b2b.AsyncStytchB2BClient(PUBLIC_TOKEN, base_url=url) as client:
        member = client.with_session(session_token=SESSION_TOKEN)
        yield lambda: member.scim.update_connection(CONNECTION_ID, display_name=DISPLAY_NAME)


@asynccontextmanager
async def aiohttp_and_msgspec(url: str) -> AsyncIterator[AsyncCall]:
    aiohttp, msgspec = import_module("aiohttp"), import_module("msgspec")
    model = import_module("stytch_b2b.models.scim").SCIMConnectionResponse
    decoder = msgspec.json.Decoder(msgspec.defstruct("Envelope", [("data", model)]))
    encode = msgspec.json.Encoder().encode
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def call() -> object:
            body = encode({"display_name": DISPLAY_NAME})
            async with session.put(url + PATH, headers=HEADERS, data=body) as answer:
                return decoder.decode(await answer.read()).data

        yield call


@asynccontextmanager
async def official_async(url: str) -> AsyncIterator[AsyncCall]:
    async with import_module("stytch").B2BClient(PROJECT_ID, SECRET, f"{url}/") as client:
        yield lambda: client.scim.connection.update_async(
            ORGANIZATION_ID, CONNECTION_ID, display_name=DISPLAY_NAME
        )


@contextmanager
def stytch_b2b_sync(url: str) -> Iterator[Call]:
    stytch_b2b = import_module("stytch_b2b")
    with stytch_b2b.StytchB2BClient(PUBLIC_TOKEN, base_url=url) as client:
        member = client.with_session(session_token=SESSION_TOKEN)
        yield lambda: member.scim.update_connection(CONNECTION_ID, display_name=DISPLAY_NAME)


@contextmanager
def requests_and_json(url: str) -> Iterator[Call]:
    with import_module("requests").Session() as session:

        def call() -> object:
            body = json.dumps({"display_name": DISPLAY_NAME})
            return session.put(url + PATH, headers=HEADERS, data=body).json()

        yield call


@contextmanager
def httpx_and_json(url: str) -> Iterator[Call]:
    with import_module("httpx").Client() as client:

        def call() -> object:
            body = json.dumps({"display_name": DISPLAY_NAME})
            return client.put(url + PATH, headers=HEADERS, content=body).json()

        yield call


@contextmanager
def official_sync(url: str) -> Iterator[Call]:
    client = import_module("stytch").B2BClient(PROJECT_ID, SECRET, f"{url}/")
    yield lambda: client.scim.connection.update(
        ORGANIZATION_ID, CONNECTION_ID, display_name=DISPLAY_NAME
    )


ASYNC = {
    "stytch_b2b": stytch_b2b_async,
    "aiohttp": aiohttp_and_msgspec,
    "stytch": official_async,
}
SYNC = {
    "stytch_b2b": stytch_b2b_sync,
    "requests": requests_and_json,
    "httpx": httpx_and_json,
    "stytch": official_sync,
}


class Count:
    """Calls made since it was created, and what they took."""

    def __init__(self, seconds: float) -> None:
        gc.collect()
        self.calls = 0
        self._cpu = process_time()
        self._start = perf_counter()
        self.end = self._start + seconds

    def result(self) -> dict[str, float]:
        wall, cpu = perf_counter() - self._start, process_time() - self._cpu
        return {"calls_per_second": self.calls / wall, "cpu_us": 1e6 * cpu / self.calls}


async def measure_async(
    contender: str, url: str, seconds: float, in_flight: int
) -> dict[str, float]:
    async with ASYNC[contender](url) as call:

        async def work(count: Count) -> None:
            while perf_counter() < count.end:
                await call()
                count.calls += 1

        warm_up = Count(WARM_UP)
        await asyncio.gather(*(work(warm_up) for _ in range(in_flight)))
        count = Count(seconds)
        await asyncio.gather(*(work(count) for _ in range(in_flight)))
        return count.result()


def measure_sync(contender: str, url: str, seconds: float) -> dict[str, float]:
    with SYNC[contender](url) as call:

        def work(count: Count) -> None:
            while perf_counter() < count.end:
                call()
                count.calls += 1

        work(Count(WARM_UP))
        count = Count(seconds)
        work(count)
        return count.result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=sorted({*ASYNC, *SYNC}))
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=0.7)
    parser.add_argument("--in-flight", type=int, help="asynchronous calls; without it, they block")
    parser.add_argument("--uvloop", action="store_true")
    options = parser.parse_args()

    arguments = options.contender, options.url, options.seconds
    if options.in_flight:
        run = import_module("uvloop").run if options.uvloop else asyncio.run
        result = run(measure_async(*arguments, options.in_flight))
    else:
        result = measure_sync(*arguments)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
