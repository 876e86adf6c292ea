"""
What a call costs, beside bare HTTP libraries and the official SDK.

Every contender updates a SCIM connection on a server that costs next to nothing
(``programs/server.py``), as often as it can for 0.7 seconds, in a fresh process
(``programs/call.py``): calls per second, and the process's CPU time per call. Bare libraries send
the same request with headers of the same length and read the same answer; aiohttp's session has its
defaults but for the cookie jar, and msgspec decodes into the same model. The official SDK makes the
counterpart call of the backend API, with the shorter headers that this one asks for. The contenders
take turns, in another order each round. "Ours" is how many times better ours was in the same round,
of which the median counts: the machine's mood changes from round to round.

Beside it, what it takes to read a page of 100 Members (``programs/decode.py``) and to make a client
by ``with_session()``, and by ``with_request()`` from the twelve header fields of a browser.

Seen on 2026-11-23 on two shared cores, with Python 3.11.7, aiohttp 3.14.5, msgspec 0.22.0,
requests 2.34.2, httpx 0.28.1, stytch 15.3.0 with pydantic 2.14.3, in seven rounds
(median, and from worst to best round):

==================================  ===========  =======  ====================  =================
what                                calls/s      CPU us   ours                  aim
==================================  ===========  =======  ====================  =================
async, 50 in flight                 9274         108
  aiohttp + msgspec                 12604        79       0.74 (0.68 to 0.76)   0.85
  official SDK                      10418        96       0.87 (0.84 to 0.95)   1.1
async, 1 in flight                  4601         186
  aiohttp + msgspec                 5808         136      0.82 (0.76 to 0.94)
  official SDK                      5028         166      0.92 (0.86 to 0.98)
sync                                3264         256
  requests                          2033         472      1.57 (1.51 to 1.73)   above 1
  httpx                             3170         299      1.03 (0.93 to 1.22)   above 1
  official SDK                      1960         486      1.64 (1.54 to 1.81)   1.7
a page of 100 Members, 122 kB                    327
  msgspec alone                                  321      0.98 (0.96 to 1.04)   1 / 1.2
  official SDK                                   2032     6.26 (5.39 to 8.30)   4
with_session(): 424 B                            3.7                            5 us, 1 kB
with_request(): 517 B                            7.5
==================================  ===========  =======  ====================  =================

Blocking calls hand over to another thread and back, so they depend on how fast the machine wakes a
core. The same benchmark on the same machine with both cores busy gave 2.24 of the official SDK
(1.67 to 2.81); by CPU time, which waiting is no part of, the run above gave 1.89 (1.78 to 2.08).

Asynchronous calls miss their aim. Of the 27 to 31 us of CPU that a call takes beyond bare aiohttp
and msgspec, 21 go to the request path above the transport, found by leaving it out: 5.5 for
``X-SDK-Client``, 2.4 for the credentials, 2.3 for checking the arguments, 1.3 for recording how the
answer came, the rest in pieces too small to tell apart. In a loop by themselves these four take
2.0, 0.3, 0.7 and 0.6 us. That the rest is lost to cold caches is likely, but this machine does not
count their misses. The transport takes the other 6 to 9, of which 2.8 are for the limit on silence,
which bare aiohttp does not keep by default. That is accepted: it is 0.03 ms beside the way
to the API and back. Tried on a copy: one timer for the deadlines of all calls of a pool, in place
of aiohttp's one for each call, saves 8 us. It takes cancelling tasks on our own account, which is
more than 8 us are worth.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

from multidict import CIMultiDict, CIMultiDictProxy

from stytch_b2b import AsyncStytchB2BClient

PROGRAMS = Path(__file__).parent / "programs"
SHOWN = ("aiohttp", "attrs", "httpx", "msgspec", "pydantic", "requests", "stytch", "uvloop")
"""Packages whose versions are printed."""
PUBLIC_TOKEN = "public-token-test-3f5e1b06-9b3c-4c6b-8f51-0b9f1d8c7a21"
SESSION_TOKEN = "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFhTBB8y5vJdW1"
BROWSER_HEADERS = CIMultiDictProxy(
    # As many as a browser sends to a service, in what aiohttp has for them.
    CIMultiDict(
        {
            "Host": "service.example.com",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Accept": "application/json, text/plain, */*",
            "Accept-Language": "en-GB,en;q=0.7,de;q=0.3",
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "Referer": "https://service.example.com/",
            "Connection": "keep-alive",
            "Cookie": f"theme=dark; stytch_session={SESSION_TOKEN}; consent=yes",
            "Sec-Fetch-Dest": "empty",
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Site": "same-origin",
            "Priority": "u=4",
        }
    )
)


@dataclass
class Contender:
    """Somebody who does the same as ours, and what was measured of it, round by round."""

    title: str
    name: str
    is_foreign: bool = False
    """Whether it runs in the environment of the official SDK."""
    samples: dict[str, list[float]] = field(default_factory=dict)

    def add(self, sample: dict[str, float]) -> None:
        for name, value in sample.items():
            self.samples.setdefault(name, []).append(value)


@dataclass
class Race:
    """Contenders that are measured alike; the first one is ours."""

    contenders: list[Contender]
    command: Sequence[str]
    """What to run for a contender, of which the name is still to be added."""

    def run_round(self, number: int, pythons: dict[bool, str]) -> None:
        shift = number % len(self.contenders)
        for contender in self.contenders[shift:] + self.contenders[:shift]:
            program, *arguments = self.command
            output = subprocess.run(
                [pythons[contender.is_foreign], PROGRAMS / program, contender.name, *arguments],
                check=True,
                stdout=subprocess.PIPE,
            ).stdout
            contender.add(json.loads(output))

    def print_table(self, title: str, *columns: Column) -> None:
        print(f"\n{title}, min / median / max")
        ours = self.contenders[0]
        width = max(len(contender.title) for contender in self.contenders)
        print(" " * width + "".join(f"{text:>26}" for c in columns for text in (c.title, "ours")))
        for each in self.contenders:
            line = f"{each.title:{width}}"
            for column in columns:
                values = each.samples[column.sample]
                line += f"{spread(values, column.digits):>26}"
                rounds = zip(ours.samples[column.sample], values, strict=True)
                ratios = [a / b if column.more_is_better else b / a for a, b in rounds]
                line += f"{'' if each is ours else spread(ratios, 2):>26}"
            print(line)


@dataclass
class Column:
    """A measured quantity, shown beside how many times better ours is."""

    title: str
    sample: str
    digits: int
    more_is_better: bool = False


def spread(values: Sequence[float], digits: int) -> str:
    low, middle, high = (f"{f(values):.{digits}f}" for f in (min, median, max))
    return f"{low} / {middle} / {high}"


SPEED = Column("calls/s", "calls_per_second", 0, more_is_better=True)
CPU = Column("CPU us/call", "cpu_us", 0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--official-python",
        metavar="PATH",
        help="of an environment with stytch and httpx (and uvloop, if asked for); else one is made",
    )
    parser.add_argument("--uvloop", action="store_true", help="run asynchronous calls on uvloop")
    options = parser.parse_args()
    with official_python(options.official_python, options.uvloop) as official, server() as url:
        run(url, official, options.rounds, ["--uvloop"] if options.uvloop else [])


def run(url: str, official: str, rounds: int, loop: list[str]) -> None:
    pythons = {False: sys.executable, True: official}

    def asynchronous(in_flight: int) -> Race:
        return Race(
            [
                Contender("stytch_b2b", "stytch_b2b"),
                Contender("aiohttp + msgspec", "aiohttp"),
                Contender("stytch (official)", "stytch", is_foreign=True),
            ],
            ["call.py", url, "--in-flight", str(in_flight), *loop],
        )

    many, single = asynchronous(50), asynchronous(1)
    blocking = Race(
        [
            Contender("stytch_b2b", "stytch_b2b"),
            Contender("requests", "requests", is_foreign=True),
            Contender("httpx", "httpx", is_foreign=True),
            Contender("stytch (official)", "stytch", is_foreign=True),
        ],
        ["call.py", url],
    )
    decoding = Race(
        [
            Contender("stytch_b2b", "stytch_b2b"),
            Contender("msgspec", "msgspec"),
            Contender("stytch (official)", "stytch", is_foreign=True),
        ],
        ["decode.py"],
    )
    print_environment(pythons)
    for number in range(rounds):
        for race in (many, single, blocking, decoding):
            race.run_round(number, pythons)
    many.print_table("async, 50 in flight", SPEED, CPU)
    single.print_table("async, 1 in flight", SPEED, CPU)
    blocking.print_table("sync", SPEED, CPU)
    size = decoding.contenders[0].samples["bytes"][0] / 1000
    decoding.print_table(f"a page of 100 Members, {size:.0f} kB", Column("us", "us", 0))
    print_views()


def print_environment(pythons: dict[bool, str]) -> None:
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    for is_foreign, python in pythons.items():
        print("official SDK:" if is_foreign else "ours:", end=" ")
        freeze = [python, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"]
        installed = subprocess.run(freeze, check=True, stdout=subprocess.PIPE, text=True).stdout
        print(*(one for one in installed.split() if one.partition("==")[0] in SHOWN), sep=", ")


def print_views(clients: int = 10_000) -> None:
    client = AsyncStytchB2BClient(PUBLIC_TOKEN)

    def with_session() -> AsyncStytchB2BClient:
        return client.with_session(session_token=SESSION_TOKEN)

    def with_request() -> AsyncStytchB2BClient:
        return client.with_request(BROWSER_HEADERS)

    print()
    for make in (with_session, with_request):
        seconds = min(duration(make, clients) for _ in range(5))
        tracemalloc.start()
        kept = [make() for _ in range(clients)]
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        size -= sys.getsizeof(kept)
        print(f"{make.__name__}(): {1e6 * seconds / clients:.1f} us, {size / clients:.0f} B")


def duration(function: Callable[[], object], times: int) -> float:
    start = perf_counter()
    for _ in range(times):
        function()
    return perf_counter() - start


@contextmanager
def server() -> Iterator[str]:
    """Run the server in a process of its own and yield its URL."""
    with subprocess.Popen(
        [sys.executable, PROGRAMS / "server.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


@contextmanager
def official_python(given: str | None, uvloop: bool) -> Iterator[str]:
    """Yield the Python *given*, or one of an environment made for as long as it is needed."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.executable, "-m", "venv", directory], check=True)
        python = next(one for one in Path(directory).glob("*/python*") if one.is_file())
        wanted = ["stytch", "httpx", *(["uvloop"] if uvloop else [])]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
        yield str(python)


if __name__ == "__main__":
    main()
