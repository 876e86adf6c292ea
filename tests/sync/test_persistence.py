"""One run of a program after the other with the blocking client, some in their own processes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import evolve

import stytch_b2b
from stytch_b2b import (
    AuthenticationError,
    EncryptedFileStorage,
    SessionState,
    StorageUnavailableError,
    StytchB2BClient,
)
from stytch_b2b.emulator import Emulator, Member
from tests.storages import Shelf

PROGRAM = Path(__file__).parents[1] / "programs" / "persistence.py"
PUBLIC_TOKEN = "public-token-test-11111111-2222-3333-4444-555555555555"

ADA = "ada@acme.example"
PASSWORD = "correct horse battery staple 4"


@pytest.fixture
def shelf() -> Shelf:
    """
    A storage without anything in it.
    """
    return Shelf()


@pytest.fixture
def start(emulator: Emulator, shelf: Shelf) -> Iterator[Callable[[], StytchB2BClient]]:
    """
    Make the client of another run of the program, which is closed with the test.
    """
    clients: list[StytchB2BClient] = []

    def start() -> StytchB2BClient:
        client = StytchB2BClient(
            emulator.public_token, base_url=emulator.url, clock=emulator.clock, storage=shelf
        )
        clients.append(client)
        return client

    yield start
    for client in clients:
        client.close()


@pytest.fixture
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has a password.
    """
    emulator.create_organization("Acme", slug="acme")
    ada = emulator.create_member("Acme", ADA, "Ada")
    emulator.set_password(ada, PASSWORD)
    return ada


@pytest.fixture
def last_time(start, emulator, shelf, ada) -> SessionState:
    """
    What a run of the program knew that logged Ada in for an hour and was closed.
    """
    with start() as client:
        client.passwords.authenticate(
            organization_id="acme",
            email_address=ADA,
            password=PASSWORD,
            session_duration_minutes=60,
        )
    emulator.requests.clear()
    shelf.calls.clear()
    return client.state


def test_restart(start, last_time, emulator, ada) -> None:
    """
    The Member is there at once, and who listens is told what the server says then.
    """
    emulator.update_member(ada, name="Augusta")
    client = start()
    told = []
    client.self.on_change(lambda old, new: told.append((old and old.name, new.name)))

    restored = client.hydrate()

    assert evolve(last_time, from_cache=True) == restored == client.state
    assert [] == [*emulator.requests]

    client.session.authenticate()

    assert not client.session.get_info().from_cache
    assert [(None, "Ada"), ("Ada", "Augusta")] == told
    client.close()
    with start() as another:
        assert "Augusta" == another.self.get_sync().name


def test_revoked_meanwhile(start, last_time, shelf, client) -> None:
    """
    A session that was ended elsewhere is over as soon as the server says so.
    """
    client.with_session(session_token=last_time.session_token).session.revoke()
    with start() as restarted:
        with pytest.raises(AuthenticationError):
            restarted.session.authenticate()

        assert restarted.session.get_tokens() is None
    assert {} == shelf.data


def test_expired_meanwhile(start, last_time, emulator, shelf) -> None:
    """
    A session that ran out is dropped, here and in the storage, and nobody has to be asked.
    """
    emulator.clock.advance(minutes=60)
    with start() as client:
        assert client.session.get_tokens() is None
    assert {} == shelf.data
    assert [] == [*emulator.requests]


def test_intermediate_session(start, emulator, ada) -> None:
    """
    Half a login keeps the minutes that it has: one after nine, none after ten.
    """
    with start() as client:
        client.magic_links.email.discovery.send(email_address=ADA)
        client.magic_links.discovery.authenticate(
            discovery_magic_links_token=emulator.outbox.last().token
        )
    emulator.clock.advance(minutes=9)
    with start() as client:
        assert client.discovery.organizations.list().discovered_organizations
    emulator.clock.advance(minutes=1)
    with start() as client:
        assert client.state.intermediate_session_token is None


def test_login_goes_on_in_another_run(start, emulator, ada) -> None:
    """
    What began a login in one run, its secret included, ends it in the next.
    """
    with start() as client:
        client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")
    with start() as client:
        client.magic_links.authenticate(
            magic_links_token=emulator.outbox.last().token, session_duration_minutes=60
        )

        assert "Ada" == client.self.get_sync().name


def test_slow_storage(start, shelf) -> None:
    """
    A storage that hangs holds up no call, and closing waits until it has done its part.
    """
    shelf.hold_up()
    client = start()
    client.session.update_session(session_token="kept")

    assert {} == shelf.data

    shelf.let_go()
    client.close()

    assert "kept" == start().hydrate().session_token


def test_locked_storage(start, last_time, shelf) -> None:
    """
    With a keyring that is locked the program goes on, says so, and loses nothing of before.
    """
    shelf.error = StorageUnavailableError(reason="the keyring is locked")
    with start() as client:
        assert shelf.error is client.storage_error
        assert client.session.get_tokens() is None

        shelf.error = None
    assert last_time.session_token == start().hydrate().session_token


def test_inside_a_running_loop(start, last_time) -> None:
    """
    A program that has a loop of its own may block it to be restored.
    """

    async def restore() -> str | None:
        with start() as client:
            return client.state.session_token

    assert last_time.session_token == asyncio.run(restore())


# In processes of their own


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """
    Where the programs keep their sessions, and by what key.
    """
    key = EncryptedFileStorage.generate_key()
    return {
        "public_token": PUBLIC_TOKEN,
        "directory": str(tmp_path / "sessions"),
        "key": key.hex(),
    }


@pytest.fixture
def spawn(files: dict[str, str]) -> Callable[..., subprocess.Popen[str]]:
    """
    Start a program, with every warning an error.
    """
    return lambda *args: subprocess.Popen(
        [sys.executable, "-W", "error", str(PROGRAM), json.dumps(files), *args],
        # The copy of the package that is under test here is under test there.
        env={**os.environ, "PYTHONPATH": str(Path(stytch_b2b.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def run(spawn: Callable[..., subprocess.Popen[str]]) -> Callable[..., list[str]]:
    """
    Run a program to its quiet end, and return the lines that it printed.
    """

    def run(*args: str) -> list[str]:
        program = spawn(*args)
        output, errors = program.communicate(timeout=60)

        assert ("", 0) == (errors, program.returncode)
        return output.splitlines()

    return run


@pytest.fixture
def kept(files: dict[str, str]) -> Callable[[], str | None]:
    """
    Return the session token that a program would find now.
    """
    storage = EncryptedFileStorage(files["directory"], key=bytes.fromhex(files["key"]))

    def kept() -> str | None:
        with StytchB2BClient(PUBLIC_TOKEN, storage=storage) as client:
            return client.state.session_token

    return kept


@pytest.mark.parametrize("way", ["forgotten", "dropped", "threadless"])
def test_program_that_never_closes(run, kept, way: str) -> None:
    """
    A login is kept though the program ends before it is written, and nobody closes the client.
    """
    assert ["done"] == run(way)
    assert way == kept()


@pytest.mark.parametrize("way", ["hanging", "abandoned", "interrupted"])
def test_program_with_a_storage_that_hangs(run, kept, way: str) -> None:
    """
    A program ends though its storage does not, and at once where nothing has to be written.
    """
    assert ["done"] == run(way)
    assert kept() is None


def test_two_programs(spawn, kept) -> None:
    """
    Two programs that write again and again leave what one of them wrote last, as a whole.
    """
    programs = [spawn("again and again", name) for name in ("one", "two")]
    ends = [(*program.communicate(timeout=60), program.returncode) for program in programs]

    assert [("done\n", "", 0)] * 2 == ends
    assert kept() in ("one-19", "two-19")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork(run, kept) -> None:
    """
    A child that was forked in the middle of a write keeps its own, and so does the parent.
    """
    assert ["None", "child", "parent", "done"] == run("fork")
    assert "parent-again" == kept()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork_while_a_change_is_told(run, kept) -> None:
    """
    A child that was forked while a thread of the parent told of a change tells of its own.
    """
    assert ["child", "done"] == run("fork while told")
    assert "parent" == kept()
