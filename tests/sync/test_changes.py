"""Following the changes of a client from blocking code."""

from __future__ import annotations

import os
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from stytch_b2b import Change, Changes, StytchB2BClient
from stytch_b2b._blocking import next_of
from stytch_b2b._portal import call
from stytch_b2b.emulator import Emulator

RunScript = Callable[..., "subprocess.CompletedProcess[str]"]


class Reader:
    """
    A thread that goes through changes until they end, and what it was given.
    """

    def __init__(self, changes: Changes[Any]) -> None:
        self.told: list[Change[Any]] = []
        self._changes = changes
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """
        Look again and again, for at most ten seconds, at what the thread does.
        """

        async def look() -> None:
            with anyio.fail_after(10):
                while not condition():
                    await anyio.lowlevel.checkpoint()

        call(look)

    def wait_until_it_waits(self) -> None:
        """
        Return when the thread waits for a change.
        """
        self.wait_until(lambda: self._changes._async._wakeup is not None)

    def end(self) -> list[Change[Any]]:
        """
        Return what the thread was given before it came to the end, which it does now.
        """
        self._thread.join(10)

        assert not self._thread.is_alive()
        return self.told

    def _read(self) -> None:
        for change in self._changes:
            self.told.append(change)


def test_session(admin: StytchB2BClient) -> None:
    """
    A loop over the changes gets those that calls make, and those of before at once.
    """
    told = []
    changes = admin.session.changes()
    session = admin.session.authenticate().member_session
    for change in changes:
        told.append(change)
        if change.new is None:
            break
        admin.session.revoke()

    assert [Change(None, session), Change(session, None)] == told


def test_parts(admin: StytchB2BClient) -> None:
    """
    Session, Member and Organization can be followed, and the state of them all.
    """
    before = admin.state
    followed = (
        admin.session.changes(),
        admin.self.changes(),
        admin.organization.changes(),
        admin.state_changes(),
    )
    admin.session.authenticate()
    after = admin.state

    assert [
        Change(None, after.member_session),
        Change(None, after.member),
        Change(None, after.organization),
        Change(before, after),
    ] == [next(changes) for changes in followed]


def test_views(client: StytchB2BClient, emulator: Emulator) -> None:
    """
    A client for another session has changes of its own.
    """
    admin = client.with_session(session_token=emulator.sign_in().session_token)
    own, others = admin.session.changes(), client.session.changes()
    session = admin.session.authenticate().member_session
    others.close()

    assert Change(None, session) == next(own)
    assert [] == list(others)


def test_merged(admin: StytchB2BClient, emulator: Emulator) -> None:
    """
    Changes that nobody takes are one.
    """
    changes = admin.session.changes()
    for _ in range(5):
        emulator.clock.advance(seconds=1)
        session = admin.session.authenticate().member_session

    assert Change(None, session) == next(changes)


def test_other_thread(admin: StytchB2BClient) -> None:
    """
    A thread that waits is woken by what another one calls, and ended by `close`.
    """
    changes = admin.session.changes()
    reader = Reader(changes)
    reader.wait_until_it_waits()
    session = admin.session.authenticate().member_session
    reader.wait_until(lambda: bool(reader.told))
    reader.wait_until_it_waits()
    changes.close()

    assert [Change(None, session)] == reader.end()


def test_plain_change(admin: StytchB2BClient, emulator: Emulator) -> None:
    """
    A change that needs no call, made in this very thread, wakes the one that waits.
    """
    changes = admin.session.changes()
    session = admin.session.authenticate().member_session
    next(changes)
    reader = Reader(changes)
    reader.wait_until_it_waits()
    admin.session.update_session(session_token=emulator.sign_in().session_token)
    reader.wait_until(lambda: bool(reader.told))
    changes.close()

    assert [Change(session, None)] == reader.end()


def test_block(admin: StytchB2BClient) -> None:
    """
    With the block the changes end, also for a thread that waits for one.
    """
    with admin.session.changes() as changes:
        reader = Reader(changes)
        reader.wait_until_it_waits()

    assert [] == reader.end()
    assert [] == list(changes)


def test_two_threads(admin: StytchB2BClient) -> None:
    """
    While one thread waits, another that would wait too is refused.
    """
    with admin.session.changes() as changes:
        reader = Reader(changes)
        reader.wait_until_it_waits()
        with pytest.raises(RuntimeError, match="another task or thread is waiting"):
            next(changes)

    assert [] == reader.end()


def test_forgotten(admin: StytchB2BClient) -> None:
    """
    A loop that was left leaves nothing behind in the client.
    """
    cell = admin._async._actor.cell
    changes = admin.session.changes()
    before = len(cell._listeners)
    admin.session.authenticate()
    for _ in changes:
        break
    del changes

    assert 1 == before
    assert {} == cell._listeners


def test_interrupted_with_something_at_hand() -> None:
    """
    Whoever is interrupted when something has just come is given it the next time.
    """

    class Interrupted:
        def __init__(self) -> None:
            self._at_hand: deque[str] = deque()

        async def _replenish(self) -> None:
            self._at_hand.append("change")
            raise KeyboardInterrupt

    iterator = Interrupted()

    with pytest.raises(KeyboardInterrupt):
        next_of(iterator)
    assert "change" == next_of(iterator)


def test_interrupted(run_script: RunScript) -> None:
    """
    Ctrl-C ends the wait at once, and the changes can be gone on with.
    """
    done = run_script("""
import os, signal, threading

# Whoever started the tests in the background may have had the signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
changes = client.session.changes()

def interrupt():
    while changes._async._wakeup is None:
        pass
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt).start()
try:
    for change in changes:
        print("not so")
except KeyboardInterrupt:
    print("interrupted")
client.session.authenticate()
for change in changes:
    print(change.old, change.new == client.session.get_sync())
    break
base.close()
""")

    assert ("interrupted\nNone True\n", "", 0) == (done.stdout, done.stderr, done.returncode)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_fork(run_script: RunScript) -> None:
    """
    A forked child may wait for changes for which a thread of the parent waits, and so may that.
    """
    done = run_script("""
import os, threading

def read():
    try:
        for change in changes:
            print(change.old, change.new == client.session.get_sync(), flush=True)
            break
    except RuntimeError:
        print("refused", flush=True)

def reading():
    before = changes._async._wakeup
    reader = threading.Thread(target=read)
    reader.start()
    while reader.is_alive() and changes._async._wakeup is before:
        pass
    return reader

changes = client.session.changes()
reader = reading()
child = os.fork()
if child:
    assert os.waitpid(child, 0)[1] == 0
else:
    reader = reading()
client.session.authenticate()
reader.join()
base.close()
""")

    assert ("None True\n" * 2, "", 0) == (done.stdout, done.stderr, done.returncode)


def test_exit(run_script: RunScript) -> None:
    """
    A daemon thread that waits for a change does not hold up the end of the program.
    """
    done = run_script("""
import threading

changes = client.session.changes()
threading.Thread(target=list, args=(changes,), daemon=True).start()
while changes._async._wakeup is None:
    pass
base.close()
print("end")
""")

    assert ("end\n", "", 0) == (done.stdout, done.stderr, done.returncode)
