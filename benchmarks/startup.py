"""
What starting costs: importing, making the first client, and starting the emulator.

Each program runs in fresh interpreters that take turns; the first round, which fills the caches of
the disk and of compiled modules, does not count. Time and peak memory are those beyond what the
interpreter had taken before the program's first line. The memory of a started emulator includes its
import, the time does not, where the line does not say so.

Seen on 2026-11-23 on two shared cores, with Python 3.11.7, aiohttp 3.14.5, stytch 15.3.0, in nine
rounds (median, and from best to worst):

================================  ====================  ======  ===================================
what                              ms                    MB      aim
================================  ====================  ======  ===================================
import stytch_b2b                 4 (4 to 4)            0       60 ms
... and the first client          187 (181 to 198)      24.7    half of the official SDK
import the emulator and start it  181 (168 to 194)      25.2
start the emulator                1 (1 to 2)            25.3    50 ms
... and make its first session    66 (40 to 95)         35.1
import stytch                     382 (371 to 391)      54.4
... and its first B2BClient       377 (355 to 406)      54.5
================================  ====================  ======  ===================================

Round by round, the official SDK takes 2.04 times as long to its first client (1.91 to 2.15). The
first session of an emulator makes its RSA key, and the time for that varies with luck.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

MEASURE = """
import json, resource, sys
from time import perf_counter

peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
    1e6 if sys.platform == "darwin" else 1e3
)
bare, start = peak(), perf_counter()
{program}
print(json.dumps({{"ms": 1e3 * (perf_counter() - start), "MB": peak() - bare}}))
"""

IMPORT = "import stytch_b2b"

FIRST_CLIENT = """
import stytch_b2b
stytch_b2b.StytchB2BClient("public-token-test-3f5e1b06-9b3c-4c6b-8f51-0b9f1d8c7a21")
"""

OFFICIAL_FIRST_CLIENT = """
import stytch
stytch.B2BClient("project-test-3f5e1b06", "secret-test-0b9f", "http://127.0.0.1:1/")
"""

EMULATOR = """
from stytch_b2b.emulator import Emulator
{restart}
emulator = Emulator().start()
"""

SIGN_IN = 'emulator.sign_in("ada@example.com")'

RESTART = "start = perf_counter()"

OURS = {
    "import stytch_b2b": IMPORT,
    "... and the first client": FIRST_CLIENT,
    "import the emulator and start it": EMULATOR.format(restart=""),
    "start the emulator": EMULATOR.format(restart=RESTART),
    "... and make its first session": EMULATOR.format(restart=RESTART) + SIGN_IN,
}
OFFICIAL = {
    "import stytch": "import stytch",
    "... and its first B2BClient": OFFICIAL_FIRST_CLIENT,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--official-python",
        metavar="PATH",
        help="of an environment with stytch; without it, one is made",
    )
    options = parser.parse_args()
    with official_python(options.official_python) as official:
        programs = [(title, sys.executable, program) for title, program in OURS.items()]
        programs += [(title, official, program) for title, program in OFFICIAL.items()]
        samples: dict[str, list[dict[str, float]]] = {title: [] for title, _, _ in programs}
        # The first round fills the caches of the disk and of compiled modules.
        for number in range(options.rounds + 1):
            for title, python, program in programs:
                sample = run(python, program)
                if number > 0:
                    samples[title].append(sample)
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    print(f"{'beyond a bare interpreter':34}{'ms, min / median / max':>24}{'MB':>7}")
    for title, measured in samples.items():
        times = [sample["ms"] for sample in measured]
        memory = median(sample["MB"] for sample in measured)
        spread = " / ".join(f"{f(times):.0f}" for f in (min, median, max))
        print(f"{title:34}{spread:>24}{memory:7.1f}")
    ratios = [
        theirs["ms"] / ours["ms"]
        for ours, theirs in zip(
            samples["... and the first client"],
            samples["... and its first B2BClient"],
            strict=True,
        )
    ]
    low, middle, high = (f"{f(ratios):.2f}" for f in (min, median, max))
    print(f"first client, official SDK / ours: {low} / {middle} / {high}")


def run(python: str, program: str) -> dict[str, float]:
    """Run *program* in a fresh interpreter and return what it took."""
    code = MEASURE.format(program=program)
    output = subprocess.run([python, "-c", code], check=True, stdout=subprocess.PIPE).stdout
    sample: dict[str, float] = json.loads(output)
    return sample


@contextmanager
def official_python(given: str | None) -> Iterator[str]:
    """Yield the Python *given*, or one of an environment made for as long as it is needed."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.executable, "-m", "venv", directory], check=True)
        python = next(one for one in Path(directory).glob("*/python*") if one.is_file())
        subprocess.run([python, "-m", "pip", "install", "--quiet", "stytch"], check=True)
        yield str(python)


if __name__ == "__main__":
    main()
