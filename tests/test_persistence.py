"""What is kept of a state, when, and what becomes of it where the storage does not do its part."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import anyio
import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from stytch_b2b import PKCEPair, SessionState, StorageUnavailableError, _persistence
from stytch_b2b._converter import decode
from stytch_b2b._persistence import Persistence
from stytch_b2b._portal import call
from stytch_b2b._state import LOGGED_OUT, StateCell
from stytch_b2b.models.member import Member
from stytch_b2b.models.member_session import MemberSession
from tests.api.support import StillClock, printed, until
from tests.storages import Shelf

pytestmark = pytest.mark.anyio

KEY = "stytch_sdk_state_public-token-test-1"
CLOCK = StillClock()
SECRET = "S_hunter2-hunter2"
PAIR = PKCEPair(code_challenge="c", code_verifier=f"{SECRET}.verifier")


def model(cls: Any, **fields: Any) -> Any:
    """
    Return a model that says nothing but *fields*.
    """
    return decode(json.dumps(fields).encode(), cls, envelope=False)


def logged_in(name: str = "ada", *, minutes: float = 60) -> SessionState:
    """
    Return the state of somebody whose session ends in some minutes.
    """
    ends = CLOCK.now() + timedelta(minutes=minutes)
    return SessionState(
        member_session=model(MemberSession, member_session_id=name, expires_at=ends.isoformat()),
        member=model(Member, member_id=name, name="Ü"),
        session_token=f"{SECRET}.{name}",
        session_jwt=f"{SECRET}.jwt",
    )


def halfway(*, minutes: float = 10) -> SessionState:
    """
    Return the state of a login that lacks something, and ends in some minutes.
    """
    return SessionState(
        intermediate_session_token=f"{SECRET}.ist",
        intermediate_session_token_expires_at=CLOCK.now() + timedelta(minutes=minutes),
        pkce_pairs={"sso": PAIR},
    )


BEGUN = LOGGED_OUT.with_pkce_pair("oauth", PAIR)
"""The state of somebody who went off to log in."""


class Run:
    """
    One run of a program, as far as it is about the state.
    """

    def __init__(self, shelf: Shelf) -> None:
        self.cell = StateCell()
        self.told: list[tuple[SessionState, SessionState]] = []
        self.persistence = Persistence(shelf, self.cell, key=KEY, clock=CLOCK)
        self.cell.subscribe(lambda old, new: self.told.append((old, new)))

    @property
    def state(self) -> SessionState:
        return self.cell.state

    async def hydrate(self) -> SessionState:
        await self.persistence.hydrate()
        return self.state

    def become(self, state: SessionState) -> None:
        """
        Have something happen that leads to *state*.
        """
        self.cell.update(lambda _: state)

    async def end(self) -> None:
        await self.persistence.flush()


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """
    A storage without anything in it, which holds nobody up beyond the test.
    """
    shelf = Shelf()
    yield shelf
    shelf.let_go()


@pytest.fixture
def start(shelf: Shelf) -> Callable[[], Run]:
    """
    Begin another run of the program.
    """
    return lambda: Run(shelf)


@pytest.fixture
async def keep(shelf: Shelf, start: Callable[[], Run]) -> Callable[[SessionState], Any]:
    """
    Put a state into the storage, as a run of the program does, and forget how that went.
    """

    async def keep(state: SessionState) -> None:
        run = start()
        await run.hydrate()
        run.become(state)
        await run.end()
        shelf.calls.clear()

    return keep


# What comes back


@pytest.mark.parametrize("state", [logged_in(), halfway(), BEGUN], ids=["session", "IST", "pair"])
async def test_state_comes_back(start, keep, shelf, state: SessionState) -> None:
    """
    The next run begins with what was known, told to those who listen, and nothing is written.
    """
    await keep(state)
    run = start()

    restored = await run.hydrate()
    await run.end()

    assert evolve(state, from_cache=state.session_token is not None) == restored
    assert [(LOGGED_OUT, restored)] == run.told
    assert ["load"] == shelf.calls


async def test_nothing_was_kept(start, shelf) -> None:
    """
    The first run begins logged out, and writes nothing of that.
    """
    run = start()

    assert await run.hydrate() == LOGGED_OUT
    await run.end()
    assert [] == run.told
    assert ["load"] == shelf.calls


async def test_logout_leaves_nothing(start, keep, shelf) -> None:
    """
    Of whoever has logged out nothing stays in the storage.
    """
    await keep(logged_in())
    run = start()
    await run.hydrate()

    run.become(LOGGED_OUT)
    await run.end()

    assert {} == shelf.data
    assert ["load", "delete"] == shelf.calls


async def test_logout_of_who_was_never_restored(start, shelf) -> None:
    """
    A run that read nothing cleans up what it has kept itself.
    """
    run = start()
    run.become(logged_in())
    await run.end()
    run.become(LOGGED_OUT)
    await run.end()

    assert {} == shelf.data
    assert ["save", "delete"] == shelf.calls


async def test_form(keep, shelf) -> None:
    """
    What is kept says how it is to be read.
    """
    await keep(BEGUN)

    assert {"version": 1, "state": json.loads(BEGUN.to_json())} == json.loads(shelf.only)
    assert [KEY] == list(shelf.data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\x00",
        b"null",
        b"{}",
        b"[" * 100_000,
        b'{"version": 1, "state": null}',
        b'{"version": 1, "state": {"session_token": 5}}',
        b'{"version": 1, "state": {"session_token": "S_hunter2-hunter2"',
        b'{"version": 2, "state": {"session_token": "S_hunter2-hunter2"}}',
        b'{"version": true, "state": {"session_token": "S_hunter2-hunter2"}}',
        b'{"state": {"session_token": "S_hunter2-hunter2"}}',
        b'{"version": 1, "state": {"intermediate_session_token_expires_at": "2026-07-01T00:00"}}',
    ],
    ids=lambda data: ascii(data[:70]),
)
async def test_unreadable(start, keep, shelf, caplog, data: bytes) -> None:
    """
    Whoever cannot be read is logged out without a word, and the next login takes the place.
    """
    await keep(logged_in())
    shelf.only = data
    run = start()

    assert await run.hydrate() == LOGGED_OUT
    await run.end()
    assert data == shelf.only
    assert run.persistence.error is None
    assert [] == caplog.records

    run.become(BEGUN)
    await run.end()

    assert await start().hydrate() == BEGUN


@given(st.binary() | st.from_regex(rb'\{"version": ?1, ?"state": ?.*\}', fullmatch=True))
def test_anything(data: bytes) -> None:
    """
    No content of a storage is an error.
    """
    shelf = Shelf()
    shelf.data[KEY] = data
    run = Run(shelf)
    call(run.hydrate)

    assert run.persistence.error is None


async def test_cut_anywhere(start, keep, shelf) -> None:
    """
    Half of what was kept is nothing, wherever it ends.
    """
    await keep(evolve(logged_in(), pkce_pairs={"sso": PAIR}))
    whole = shelf.only

    for length in range(len(whole)):
        shelf.only = whole[:length]

        assert await start().hydrate() == LOGGED_OUT


# What has expired


async def test_expired_session(start, keep, shelf) -> None:
    """
    A session that has ended meanwhile is dropped, here and in the storage.
    """
    await keep(logged_in(minutes=0))
    run = start()

    assert await run.hydrate() == LOGGED_OUT
    await run.end()
    assert [] == run.told
    assert {} == shelf.data


async def test_expired_session_beside_a_pair(start, keep, shelf) -> None:
    """
    What outlives a session stays, and is all that stays.
    """
    await keep(evolve(logged_in(minutes=0), pkce_pairs=BEGUN.pkce_pairs))
    run = start()

    assert await run.hydrate() == BEGUN
    await run.end()
    assert json.loads(BEGUN.to_json()) == json.loads(shelf.only)["state"]


async def test_expired_intermediate_session(start, keep, shelf) -> None:
    """
    A login that took too long has to begin again.
    """
    await keep(halfway(minutes=0))
    run = start()

    assert await run.hydrate() == SessionState(pkce_pairs={"sso": PAIR})
    await run.end()
    assert SECRET not in shelf.only.decode().replace(PAIR.code_verifier, "")


async def test_tokens_alone(start, keep) -> None:
    """
    A session of which only the tokens are known is good until the server says otherwise.
    """
    state = LOGGED_OUT.with_tokens(SECRET, None, caller="")
    await keep(state)

    assert await start().hydrate() == evolve(state, from_cache=True)


async def test_half_a_session(start, keep) -> None:
    """
    Without its token nothing of a session is restored.
    """
    await keep(evolve(logged_in(), session_token=None, pkce_pairs=BEGUN.pkce_pairs))

    assert await start().hydrate() == BEGUN


# Who comes first


async def test_hydrated_once(start, keep, shelf) -> None:
    """
    The storage is read once; afterwards the state is what it has become.
    """
    await keep(logged_in())
    run = start()
    await run.hydrate()
    run.become(LOGGED_OUT)

    assert await run.hydrate() == LOGGED_OUT
    assert 1 == shelf.calls.count("load")


async def test_hydrated_by_many(start, keep, shelf) -> None:
    """
    All who ask at once get what is read once.
    """
    await keep(logged_in())
    shelf.hold_up()
    run = start()
    states: list[SessionState] = []

    async def hydrate() -> None:
        states.append(await run.hydrate())

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(hydrate)
        await until(lambda: shelf.calls)
        shelf.let_go()

    assert [run.state] * 10 == states
    assert run.state.from_cache
    assert ["load"] == shelf.calls
    assert 1 == len(run.told)


async def test_cancelled(start, keep, shelf) -> None:
    """
    Whoever is cancelled in the middle has changed nothing, and what is kept is not lost.
    """
    await keep(logged_in())
    shelf.hold_up()
    run = start()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run.hydrate)
        await until(lambda: shelf.calls)
        tasks.cancel_scope.cancel()
    shelf.let_go()
    run.become(BEGUN)
    await run.end()

    assert BEGUN == run.state

    await run.hydrate()

    assert logged_in().session_token == run.state.session_token
    assert BEGUN.pkce_pairs == run.state.pkce_pairs


async def test_login_comes_first(start, keep, shelf) -> None:
    """
    Who logs in before the storage was read is not replaced by who was logged in before.
    """
    await keep(logged_in("ada"))
    run = start()
    run.become(logged_in("bob"))

    assert logged_in("bob") == await run.hydrate()
    await run.end()
    assert ["save"] == shelf.calls
    assert f"{SECRET}.bob" == (await start().hydrate()).session_token


@pytest.mark.parametrize("then", [None, LOGGED_OUT], ids=["stays", "ends"])
@pytest.mark.parametrize("state", [logged_in("bob"), halfway()], ids=["session", "IST"])
async def test_login_meanwhile(
    start, keep, shelf, state: SessionState, then: SessionState | None
) -> None:
    """
    A login that happens while the storage is read wins, also if it is over by then.
    """
    await keep(logged_in("ada"))
    shelf.hold_up()
    run = start()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run.hydrate)
        await until(lambda: shelf.calls)
        run.become(state)
        if then is not None:
            run.become(then)
        shelf.let_go()
    await run.end()

    assert (state if then is None else then) == run.state
    assert state.credentials == run.told[0][1].credentials
    assert run.state.credentials == (await start().hydrate()).credentials


async def test_login_that_nobody_was_told_of_yet(start, keep) -> None:
    """
    A login wins also while a listener keeps its news from all others.
    """
    await keep(logged_in("ada"))
    run = start()

    def log_in_and_hydrate(_: SessionState, new: SessionState) -> None:
        if new == BEGUN:
            run.become(logged_in("bob"))
            call(run.hydrate)

    run.cell.subscribe(log_in_and_hydrate)
    run.become(BEGUN)
    await run.end()

    assert logged_in("bob") == run.state


async def test_logout_comes_first(start, keep, shelf) -> None:
    """
    Who is to be forgotten at any price before the storage was read does not come back from it.
    """
    await keep(logged_in("ada"))
    shelf.hold_up()
    run = start()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run.hydrate)
        await until(lambda: shelf.calls)
        run.cell.update(SessionState.logged_out)
        shelf.let_go()
    await run.end()

    assert LOGGED_OUT == run.state
    assert {} == shelf.data


async def test_logout_between_those_who_ask(start, keep) -> None:
    """
    What was read is restored once, also where others of those who asked come to it after a logout.
    """
    await keep(logged_in("ada"))
    run = start()

    def log_out_and_hydrate(*_: SessionState) -> None:
        if not run.told:
            run.cell.update(SessionState.logged_out)
            call(run.hydrate)

    # Before the persistence itself hears of it, as the program's hooks do.
    run.cell._listeners = {"first": log_out_and_hydrate, **run.cell._listeners}
    await run.hydrate()

    assert LOGGED_OUT == run.state


async def test_pair_comes_first(start, keep, shelf) -> None:
    """
    A flow that was begun before the storage was read does not cost the session, nor the flow.
    """
    await keep(evolve(logged_in(), pkce_pairs=halfway().pkce_pairs))
    run = start()
    run.become(BEGUN)
    await run.end()

    assert [] == shelf.calls

    restored = await run.hydrate()
    await run.end()

    assert f"{SECRET}.ada" == restored.session_token
    assert {"oauth": PAIR, "sso": PAIR} == restored.pkce_pairs
    assert restored == await start().hydrate()


# Writing


async def test_burst(start, shelf) -> None:
    """
    Of many changes in a row a few are written, and the last is what stays.
    """
    shelf.hold_up()
    run = start()
    for number in range(1000):
        run.become(logged_in(str(number)))
    await until(lambda: shelf.calls)
    shelf.let_go()
    await run.end()

    assert f"{SECRET}.999" == (await start().hydrate()).session_token
    assert shelf.calls.count("save") <= 2


async def test_changes_by_many_threads(start, shelf) -> None:
    """
    What stays is what the state is, whichever thread came last, and one thread at a time writes.
    """
    run = start()

    def change(name: str) -> None:
        for number in range(50):
            run.become(logged_in(f"{name}{number}"))

    threads = [threading.Thread(target=change, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    await run.end()

    assert run.state == evolve(await start().hydrate(), from_cache=False)


async def test_nobody_waits(start, shelf) -> None:
    """
    A storage that hangs holds up neither changes nor those who listen; then all is written.
    """
    shelf.hold_up()
    run = start()
    run.become(logged_in("ada"))
    await until(lambda: shelf.calls)
    run.become(logged_in("bob"))

    assert 2 == len(run.told)
    assert {} == shelf.data

    shelf.let_go()
    await run.end()

    assert f"{SECRET}.bob" == (await start().hydrate()).session_token


async def test_threads_end(start, shelf) -> None:
    """
    The thread that writes is a daemon, has no work of the caller's, and is gone when it is done.
    """
    run = start()
    run.become(logged_in())
    await run.end()
    (thread,) = shelf.threads

    assert thread.daemon
    assert thread is not threading.current_thread()
    await until(lambda: not thread.is_alive())


async def test_slow_end(start, shelf, monkeypatch, caplog) -> None:
    """
    Nobody waits for ever for a storage that hangs; that it was not waited for is said.
    """
    monkeypatch.setattr(_persistence, "_PATIENCE", 0.01)
    shelf.hold_up()
    run = start()
    run.become(logged_in())

    await run.end()

    assert ["the storage of the session is slow; it is not waited for any longer"] == [
        record.getMessage() for record in caplog.records
    ]


async def test_nothing_to_write(start, shelf, caplog) -> None:
    """
    What is only being read holds up nobody's end.
    """
    shelf.hold_up()
    run = start()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run.hydrate)
        await until(lambda: shelf.calls)
        await run.end()
        tasks.cancel_scope.cancel()

    assert [] == caplog.records


async def test_cancelled_end(start, shelf) -> None:
    """
    Who is cancelled waits no longer, and what was about to be written is.
    """
    shelf.hold_up()
    run = start()
    run.become(logged_in())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run.end)
        await until(lambda: shelf.calls)
        tasks.cancel_scope.cancel()
    shelf.let_go()
    await run.end()

    assert SECRET in shelf.only.decode()


# What does not work

LOCKED = StorageUnavailableError(reason="the keyring is locked")


class Hostile(BaseException):
    """
    What no storage should raise.
    """


async def test_locked_at_the_start(start, keep, shelf, caplog) -> None:
    """
    What cannot be read for now is kept, whatever is begun meanwhile; it is there the next time.
    """
    await keep(logged_in())
    before = shelf.only
    shelf.error = LOCKED
    run = start()

    assert await run.hydrate() == LOGGED_OUT
    assert LOCKED == run.persistence.error

    shelf.error = None
    run.become(BEGUN)
    run.become(halfway())
    run.become(LOGGED_OUT)
    await run.end()

    assert before == shelf.only
    assert ["load"] == shelf.calls
    assert ["the session is not kept in its storage: the keyring is locked"] == [
        record.getMessage() for record in caplog.records
    ]
    assert logging.WARNING == caplog.records[0].levelno
    assert f"{SECRET}.ada" == (await start().hydrate()).session_token


async def test_unlocked_later(start, keep, shelf) -> None:
    """
    Who asks again once the storage can be used gets what it has kept.
    """
    await keep(logged_in())
    shelf.error = LOCKED
    run = start()
    await run.hydrate()
    run.become(BEGUN)
    shelf.error = None

    restored = await run.hydrate()

    assert f"{SECRET}.ada" == restored.session_token
    assert BEGUN.pkce_pairs == restored.pkce_pairs
    assert run.persistence.error is None


async def test_login_while_locked(start, keep, shelf, caplog) -> None:
    """
    A session takes the place of what could not be read, as soon as it can be written.
    """
    await keep(logged_in("ada"))
    shelf.error = LOCKED
    run = start()
    await run.hydrate()
    run.become(logged_in("bob"))
    await until(lambda: shelf.calls == ["load", "save"])

    assert LOCKED == run.persistence.error
    assert logged_in("bob") == run.state

    shelf.error = None
    await run.end()

    assert run.persistence.error is None
    assert 1 == len(caplog.records)
    assert f"{SECRET}.bob" == (await start().hydrate()).session_token


async def test_logout_while_locked(start, keep, shelf) -> None:
    """
    Who has logged in and out again is not who was logged in before.
    """
    await keep(logged_in("ada"))
    shelf.error = LOCKED
    run = start()
    await run.hydrate()
    run.become(logged_in("bob"))
    run.become(LOGGED_OUT)
    await run.end()
    shelf.error = None
    await run.end()

    assert {} == shelf.data


class Locking(Shelf):
    """
    A storage that deletes without its key, and does nothing else without it.
    """

    def delete(self, key: str) -> None:
        self.data.pop(key, None)
        self._serve("delete")


async def test_logout_while_locked_in_the_middle_of_a_login() -> None:
    """
    A session that is over leaves a storage that cannot keep what has begun beside it.
    """
    shelf = Locking()
    first, run = Run(shelf), Run(shelf)
    await first.hydrate()
    first.become(evolve(logged_in(), pkce_pairs=BEGUN.pkce_pairs))
    await first.end()
    await run.hydrate()
    shelf.error = LOCKED
    run.become(run.state.logged_out())
    await run.end()

    assert {} == shelf.data
    assert LOCKED == run.persistence.error

    shelf.error = None
    await run.end()

    assert run.persistence.error is None
    assert BEGUN == await Run(shelf).hydrate()


async def test_log_that_raises(start, keep, shelf, monkeypatch) -> None:
    """
    A log that fails leaves nobody waiting for ever, and does not end the writing.
    """

    def refuse(*args: object) -> None:
        raise ZeroDivisionError

    await keep(logged_in("ada"))
    shelf.error = LOCKED
    run = start()
    with monkeypatch.context() as patched:
        patched.setattr(logging.Logger, "callHandlers", refuse)

        assert await run.hydrate() == LOGGED_OUT
        run.become(logged_in("bob"))
        await run.end()

    shelf.error = None
    await run.end()

    assert run.persistence.error is None
    assert f"{SECRET}.bob" == (await start().hydrate()).session_token


async def test_breaks_later(start, shelf, caplog) -> None:
    """
    Each time that the storage stops working is told once, and each change is another try.
    """
    run = start()
    await run.hydrate()
    for name in ("ada", "bob"):
        shelf.error = LOCKED
        for number in range(3):
            run.become(logged_in(f"{name}{number}"))
            await until(lambda: run.persistence.error is not None)
            await run.end()
        shelf.error = None
        run.become(logged_in(name))
        await run.end()

        assert run.persistence.error is None
        assert f"{SECRET}.{name}" == (await start().hydrate()).session_token
    assert 2 == len(caplog.records)


@pytest.mark.parametrize(
    "error", [KeyError(SECRET), Hostile(SECRET), SystemExit(SECRET)], ids=lambda e: type(e).__name__
)
async def test_storage_raises_anything(start, shelf, caplog, capsys, error: BaseException) -> None:
    """
    Whatever a storage raises is a storage that cannot be used, and what it says stays private.
    """
    shelf.error = error
    run = start()
    await run.hydrate()
    run.become(logged_in())
    await run.end()

    found = run.persistence.error
    assert isinstance(found, StorageUnavailableError)
    assert f"the storage cannot be used now: it raised {type(error).__name__}" == str(found)
    assert found.__cause__ is error
    assert 1 == len(caplog.records)
    assert SECRET not in caplog.text
    assert ("", "") == capsys.readouterr()

    shelf.error = None
    await run.end()

    assert run.persistence.error is None
    assert f"{SECRET}.ada" == (await start().hydrate()).session_token


@pytest.mark.parametrize("data", [5, {}, object()], ids=["number", "dict", "object"])
async def test_storage_returns_anything(start, keep, shelf, data: Any) -> None:
    """
    A storage that returns what it was never given is broken, and is not written to.
    """
    await keep(logged_in())
    shelf.only = data
    run = start()

    assert await run.hydrate() == LOGGED_OUT
    assert run.persistence.error is not None

    run.become(BEGUN)
    await run.end()

    assert data is shelf.only


async def test_state_that_is_no_json(start, shelf) -> None:
    """
    What cannot be written is not, and tells nothing of what it is.
    """
    run = start()
    run.become(evolve(logged_in(), session_jwt=f"{SECRET}\ud800"))
    await run.end()

    assert run.persistence.error is not None
    assert SECRET not in printed(run.persistence.error)
    assert {} == shelf.data


async def test_no_threads(start, shelf, monkeypatch) -> None:
    """
    Where no thread is to be had the storage is not used, until there is one again.
    """
    run = start()

    def refuse(thread: threading.Thread) -> None:
        msg = "can't start new thread"
        raise RuntimeError(msg)

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)

        assert await run.hydrate() == LOGGED_OUT
        run.become(logged_in())
        await run.end()

        assert run.persistence.error is not None
        assert [] == shelf.calls
    await run.end()

    assert run.persistence.error is None
    assert f"{SECRET}.ada" == (await start().hydrate()).session_token


async def test_error_keeps_nothing(start, shelf) -> None:
    """
    An error shows the storage's own code alone, and holds on to nothing of the client.
    """
    shelf.error = KeyError("x")
    run = start()
    await run.hydrate()

    found = run.persistence.error
    assert found is not None
    assert found.__traceback__ is None
    assert found.__cause__ is not None
    names = []
    frames = found.__cause__.__traceback__
    while frames is not None:
        names.append(frames.tb_frame.f_code.co_name)
        frames = frames.tb_next
    assert ["load", "_serve"] == names
