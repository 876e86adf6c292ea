"""A session is kept alive behind blocking code: by the portal, while the block runs."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from stytch_b2b import (
    AuthenticationError,
    ClientClosedError,
    InvalidArgumentError,
    StytchB2BClient,
)
from stytch_b2b.emulator import Emulator
from tests.clocks import MovedClock

AUTHENTICATE = "session.authenticate"
INTERVAL = pytest.approx(180)


def refreshes(emulator: Emulator) -> int:
    """
    Return how many refreshes reached the server.
    """
    return [request.operation for request in emulator.requests].count(AUTHENTICATE)


def until(condition: Callable[[], object]) -> None:
    """
    Ask again and again, for at most ten seconds.
    """
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.fixture
def clock(emulator: Emulator) -> MovedClock:
    """
    The emulator's clock, standing still.
    """
    return MovedClock(emulator)


@pytest.fixture
def base(emulator: Emulator, clock: MovedClock) -> Any:
    """
    A client that is logged out.
    """
    with StytchB2BClient(
        emulator.public_token, base_url=emulator.url, clock=clock, retries=0
    ) as client:
        yield client


@pytest.fixture
def ada(emulator: Emulator, base: StytchB2BClient) -> StytchB2BClient:
    """
    A client that holds the tokens of a session, and nothing else.
    """
    return base.with_session(session_token=emulator.sign_in().session_token)


def test_refreshes_while_the_block_runs(ada, emulator, clock) -> None:
    """
    At once, then every three minutes, while the program does something else; then no more.
    """
    with ada.session.keep_alive(extend=5) as kept:
        for count in range(1, 6):
            until(lambda count=count: count == len(clock.waits))
            assert ada.bootstrap.get().status_code == 200
            clock.move(180)
        until(lambda: len(clock.waits) == 6)
        assert kept.is_running

    clock.move(3600)
    assert [INTERVAL] * 6 == clock.waits
    assert (6, False, None) == (refreshes(emulator), kept.is_running, kept.error)
    assert kept.wait_stopped() is None


def test_login_in_the_block(base, emulator, clock) -> None:
    """
    A client that is logged out is waited for, whichever thread it is logged in by.
    """
    token = emulator.sign_in().session_token
    with base.session.keep_alive():
        thread = threading.Thread(
            target=base.session.update_session, kwargs={"session_token": token}
        )
        thread.start()
        thread.join()
        until(lambda: clock.waits)

    assert 1 == refreshes(emulator)
    assert INTERVAL == clock.waits[0]


def test_passing_failure(ada, emulator, clock) -> None:
    """
    A failure that may pass is tried again after a pause.
    """
    emulator.faults.add(operation=AUTHENTICATE, status=500)

    with ada.session.keep_alive() as kept:
        until(lambda: len(clock.waits) == 1)
        clock.move(4)
        until(lambda: len(clock.waits) == 2)
        assert kept.is_running

    assert 2 <= clock.waits[0] <= 4
    assert INTERVAL == clock.waits[1]


def test_end_of_the_session(ada, emulator, clock) -> None:
    """
    A session that is revoked at the server ends it, and the program is told why.
    """
    token = ada.state.session_token
    with ada.session.keep_alive() as kept:
        until(lambda: len(clock.waits) == 1)
        ada.with_session(session_token=token).session.revoke()
        clock.move(180)
        error = kept.wait_stopped()
        assert not kept.is_running

    assert isinstance(error, AuthenticationError)
    assert error is kept.error
    assert ada.session.get_tokens() is None


def test_client_closed(base, ada, clock) -> None:
    """
    A client that is closed under it ends it too.
    """
    with ada.session.keep_alive() as kept:
        until(lambda: len(clock.waits) == 1)
        base.close()
        clock.move(180)
        assert isinstance(kept.wait_stopped(), ClientClosedError)


def test_one_at_a_time(ada) -> None:
    """
    A second one for the same state is refused; after the first there may be another.
    """
    with ada.session.keep_alive(), pytest.raises(RuntimeError, match="kept alive already"):
        ada.session.keep_alive().__enter__()
    with ada.session.keep_alive() as kept:
        assert kept.is_running


def test_left_by_another_thread(ada, emulator) -> None:
    """
    Any thread may leave what one has entered, also in the middle of a request.
    """
    emulator.faults.add(operation=AUTHENTICATE, delay=3600)
    kept = ada.session.keep_alive()
    kept.__enter__()
    until(lambda: refreshes(emulator) == 1)

    thread = threading.Thread(target=kept.__exit__, args=(None, None, None))
    thread.start()
    thread.join(10)

    assert (False, False) == (thread.is_alive(), kept.is_running)


def test_exceptions_of_the_block(ada) -> None:
    """
    What is raised in the block leaves it as it is, what ends a program too.
    """
    for mistake in (LookupError("own"), KeyboardInterrupt(), SystemExit(3)):
        kept = ada.session.keep_alive()
        with pytest.raises(type(mistake)) as caught, kept:
            raise mistake

        assert mistake is caught.value
        assert mistake.__context__ is None
        assert not kept.is_running


def test_unforeseen_failure(ada, emulator, clock) -> None:
    """
    A failure that nobody foresaw is raised when the block is left, as itself.
    """
    mistake = RuntimeError("the clock is broken")

    async def broken(seconds: float) -> None:
        raise mistake

    clock.sleep = broken
    kept = ada.session.keep_alive()
    kept.__enter__()
    until(lambda: not kept.is_running)

    with pytest.raises(RuntimeError) as caught:
        kept.__exit__(None, None, None)
    assert mistake is caught.value


def test_extend_is_checked(ada) -> None:
    """
    A lifetime that cannot be is refused at once.
    """
    with pytest.raises(InvalidArgumentError, match="extend"):
        ada.session.keep_alive(extend=1)


ENDINGS = {
    "in the block": "with client.session.keep_alive():\n    sys.exit(0)",
    "never left": "kept = client.session.keep_alive().__enter__()",
    "in a daemon thread": """
def keep():
    with client.session.keep_alive():
        entered.set()
        threading.Event().wait()
entered = threading.Event()
threading.Thread(target=keep, daemon=True).start()
entered.wait()
""",
    "in a request": """
kept = client.session.keep_alive().__enter__()
client.with_session(session_token=client.state.session_token).bootstrap.get()
""",
}


@pytest.mark.parametrize("way", ENDINGS)
def test_exit(run_script, emulator, way: str) -> None:
    """
    A program that ends in the block ends at once, with status 0 and without a word.
    """
    if way == "in a request":
        emulator.faults.add(operation=AUTHENTICATE, delay=3600)

    done = run_script(f"import sys, threading\n{ENDINGS[way]}")

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="no signal of one process interrupts another")
def test_interrupt(run_script) -> None:
    """
    Ctrl-C in the block ends the block, and the client is good for more.
    """
    script = """
import os, signal, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    with client.session.keep_alive() as kept:
        threading.Timer(0, os.kill, (os.getpid(), signal.SIGINT)).start()
        kept.wait_stopped()
except KeyboardInterrupt:
    print(kept.is_running, client.organization.get().organization.organization_name)
"""
    done = run_script(script)

    assert (0, "False Example\n", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")
def test_fork(run_script) -> None:
    """
    A child does not keep alive what its parent does, may leave the block, and begin one of its own.
    """
    script = """
import os, sys
with client.session.keep_alive() as kept:
    child = os.fork()
    if not child:
        before = kept.is_running, kept.wait_stopped()
        client.session.authenticate()
        with client.session.keep_alive() as own:
            after = own.is_running, kept.is_running
if not child:
    os.write(1, f"{before} {after} {own.error}\\n".encode())
    sys.exit()
_, status = os.waitpid(child, 0)
print(status, kept.is_running, kept.error, client.organization.get().status_code)
"""
    # A process with threads is warned about forks, from Python 3.12 on: hence this test.
    done = run_script(script, "-W", "ignore:This process:DeprecationWarning")

    assert (0, "(False, None) (True, False) None\n0 False None 200\n", "") == (
        done.returncode,
        done.stdout,
        done.stderr,
    )
