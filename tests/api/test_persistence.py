"""One run of a program after the other: the Member stays logged in, if the server agrees."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest
from attrs import evolve

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    MemoryStorage,
    NoSessionError,
    SessionState,
    StorageUnavailableError,
)
from stytch_b2b._state import LOGGED_OUT
from stytch_b2b.emulator import Emulator, Member
from tests.api.support import hold, logged, operations, release, until
from tests.storages import Shelf

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
PASSWORD = "correct horse battery staple 4"


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """
    A storage without anything in it, which holds nobody up beyond the test.
    """
    shelf = Shelf()
    yield shelf
    shelf.let_go()


@pytest.fixture
def start(make_client, shelf) -> Callable[..., AsyncStytchB2BClient]:
    """
    Make the client of another run of the program.
    """
    return lambda **options: make_client(**{"storage": shelf, **options})


@pytest.fixture
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has a password.
    """
    ada = emulator.create_member("Acme", ADA, "Ada")
    emulator.set_password(ada, PASSWORD)
    return ada


async def log_in(client: AsyncStytchB2BClient) -> Any:
    """
    Log Ada in for an hour.
    """
    return await client.passwords.authenticate(
        organization_id="acme",
        email_address=ADA,
        password=PASSWORD,
        session_duration_minutes=60,
    )


@pytest.fixture
async def last_time(start, shelf, emulator, ada) -> SessionState:
    """
    What a run of the program knew that logged Ada in and was closed.
    """
    async with start() as client:
        await log_in(client)
    shelf.calls.clear()
    emulator.requests.clear()
    return client.state


def listen(client: AsyncStytchB2BClient) -> list[Any]:
    """
    Return a list that grows with each change of the client's Member.
    """
    told: list[Any] = []
    client.self.on_change(lambda old, new: told.append((old and old.name, new and new.name)))
    return told


async def test_restart(start, last_time, emulator) -> None:
    """
    The next client knows at once what the last one knew, without a request, and says from where.
    """
    client = start()
    told = listen(client)

    restored = await client.hydrate()

    assert evolve(last_time, from_cache=True) == restored == client.state
    assert last_time.member == client.self.get_sync()
    assert client.session.get_info().from_cache
    assert client.self.get_info().from_cache
    assert client.organization.get_info().from_cache
    assert [(None, "Ada")] == told
    assert [] == operations(emulator)


async def test_entering_the_client(start, last_time, emulator) -> None:
    """
    Whoever enters the client is restored.
    """
    async with start() as client:
        assert evolve(last_time, from_cache=True) == client.state
    assert [] == operations(emulator)


async def test_server_agrees(start, last_time, emulator, shelf) -> None:
    """
    What the server confirms is no news of the cache any more, here and in the storage.
    """
    async with start() as client:
        await client.session.authenticate()

        assert not client.session.get_info().from_cache
        assert last_time.session_token == client.state.session_token
    assert json.loads(client.state.to_json()) == json.loads(shelf.only)["state"]
    assert ["session.authenticate"] == operations(emulator)


async def test_server_disagrees(start, last_time, emulator, ada) -> None:
    """
    Who listens hears of what has changed meanwhile, and the run after that begins with it.
    """
    emulator.update_member(ada, name="Augusta")
    async with start() as client:
        told = listen(client)
        await client.session.authenticate()

        assert [("Ada", "Augusta")] == told
    async with start() as another:
        assert "Augusta" == another.self.get_sync().name


async def test_revoked_meanwhile(start, last_time, shelf, make_client) -> None:
    """
    A session that was ended elsewhere is over as soon as the server says so.
    """
    elsewhere = make_client().with_session(session_token=last_time.session_token)
    await elsewhere.session.revoke()
    async with start() as client:
        told = listen(client)
        with pytest.raises(AuthenticationError):
            await client.session.authenticate()

        assert LOGGED_OUT == client.state
        assert [("Ada", None)] == told
    assert {} == shelf.data


async def test_expired_meanwhile(start, last_time, emulator, shelf) -> None:
    """
    A session that ran out is dropped, here and in the storage, and nobody has to be asked.
    """
    emulator.clock.advance(minutes=60)
    async with start() as client:
        assert LOGGED_OUT == client.state
    assert {} == shelf.data
    assert [] == operations(emulator)


async def test_logging_out(start, last_time, shelf) -> None:
    """
    Whoever logs out is logged out in the next run too.
    """
    async with start() as client:
        await client.session.revoke()
    async with start() as another:
        assert LOGGED_OUT == another.state
    assert {} == shelf.data


async def test_logging_out_before_the_storage_is_read(start, last_time, shelf) -> None:
    """
    Who is to be forgotten even if nothing is known of a session is not there in the next run.
    """
    client = start()
    with pytest.raises(NoSessionError):
        await client.session.revoke(force_clear=True)
    await client.aclose()

    assert {} == shelf.data
    assert LOGGED_OUT == await client.hydrate() == await start().hydrate()


async def test_intermediate_session(start, emulator, ada) -> None:
    """
    Half a login keeps the minutes that it has: one after nine, none after ten.
    """
    async with start() as client:
        await client.magic_links.email.discovery.send(email_address=ADA)
        await client.magic_links.discovery.authenticate(
            discovery_magic_links_token=emulator.outbox.last().token
        )
        ends = client.state.intermediate_session_token_expires_at

    emulator.clock.advance(minutes=9)
    async with start() as client:
        found = await client.discovery.organizations.list()

        assert ends == client.state.intermediate_session_token_expires_at
        assert "Acme" == found.discovered_organizations[0].organization.organization_name
    emulator.clock.advance(minutes=1)
    async with start() as client:
        assert client.state.intermediate_session_token is None


async def test_login_goes_on_in_another_run(start, emulator, ada) -> None:
    """
    What began a login in one run, its secret included, ends it in the next.
    """
    async with start() as client:
        await client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")
    token = emulator.outbox.last().token
    async with start() as client:
        await client.magic_links.authenticate(magic_links_token=token, session_duration_minutes=60)

        assert "Ada" == client.self.get_sync().name
        assert {} == client.state.pkce_pairs
    (begun,) = logged(emulator, "magic_links.email.login_or_signup")
    (ended,) = logged(emulator, "magic_links.authenticate")
    assert begun.json()["pkce_code_challenge"]
    assert ended.json()["pkce_code_verifier"]


async def test_projects_do_not_mix(start, last_time, emulator, shelf) -> None:
    """
    One storage serves several projects, each of which has its own state.
    """
    other = AsyncStytchB2BClient(
        "public-token-test-11111111-2222-3333-4444-555555555555",
        base_url=emulator.url,
        clock=emulator.clock,
        storage=shelf,
    )
    async with other:
        other.session.update_session(session_token="another")

        assert "another" == other.state.session_token
    assert last_time.session_token == (await start().hydrate()).session_token
    assert [
        f"stytch_sdk_state_{emulator.public_token}",
        "stytch_sdk_state_public-token-test-11111111-2222-3333-4444-555555555555",
    ] == list(shelf.data)


async def test_views_are_not_kept(start, last_time, emulator, shelf) -> None:
    """
    What clients learn that act by other sessions is theirs, and leaves the storage alone.
    """
    client = start()
    bob = emulator.sign_in("bob@acme.example", "Acme")
    view = client.with_session(session_token=bob.session_token)
    another = client.with_state(LOGGED_OUT)
    await view.session.authenticate()
    await view.hydrate()
    await log_in(another)
    await another.session.revoke()
    await client.aclose()

    assert "bob@acme.example" == view.self.get_sync().email_address
    assert view.storage_error is None
    assert [] == shelf.calls
    assert last_time.session_token == (await start().hydrate()).session_token


async def test_other_options_are_kept_together(start, last_time, shelf) -> None:
    """
    A client with other options is the same Member's, in the storage too.
    """
    client = start()
    patient = client.with_options(timeout=60)
    await patient.hydrate()

    assert last_time.session_token == client.state.session_token

    shelf.error = StorageUnavailableError(reason="locked")
    await patient.session.authenticate()
    await until(lambda: client.storage_error)

    assert client.storage_error is patient.storage_error


async def test_without_a_storage(client) -> None:
    """
    Who names no storage has nothing to hydrate, and nothing that could fail.
    """
    assert LOGGED_OUT == await client.hydrate()
    assert client.storage_error is None


async def test_memory(make_client, ada) -> None:
    """
    A storage in memory serves one client after the other.
    """
    storage = MemoryStorage()
    async with make_client(storage=storage) as client:
        await log_in(client)
    async with make_client(storage=storage) as another:
        assert "Ada" == another.self.get_sync().name


async def test_cancelled_call(start, emulator, shelf, ada) -> None:
    """
    A caller who is cancelled after the answer is logged in all the same, and that is kept.
    """
    client = start()
    client.on_state_change(lambda old, new: tasks.cancel_scope.cancel())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(log_in, client)
    await client.aclose()

    assert client.state.session_token is not None
    assert client.state.session_token in shelf.only.decode()


async def test_closed_while_a_call_is_on_its_way(start, emulator, shelf, last_time) -> None:
    """
    A logout that is cut off is not one, so the session is there in the next run.
    """
    client = start()
    await client.hydrate()
    hold(emulator, "session.authenticate")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.session.authenticate)
        await until(lambda: logged(emulator, "session.authenticate"))
        tasks.cancel_scope.cancel()
    await client.aclose()
    release(emulator)

    assert last_time.session_token == (await start().hydrate()).session_token


async def test_slow_storage(start, emulator, shelf, ada) -> None:
    """
    A storage that hangs holds up neither a login nor the calls after it.
    """
    client = start()
    shelf.hold_up()
    await log_in(client)
    await client.self.get()
    await until(lambda: shelf.calls)

    assert ["save"] == shelf.calls
    assert {} == shelf.data

    shelf.let_go()
    await client.aclose()

    assert client.state.session_token in shelf.only.decode()


LOCKED = StorageUnavailableError(reason="the keyring is locked")


async def test_locked_storage(start, last_time, shelf, caplog) -> None:
    """
    With a keyring that is locked the program goes on, says so, and loses nothing of before.
    """
    shelf.error = LOCKED
    async with start() as client:
        assert LOGGED_OUT == client.state
        assert LOCKED is client.storage_error

        shelf.error = None
        await client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")

        assert client.state.pkce_pairs
    assert ["the session is not kept in its storage: the keyring is locked"] == [
        record.getMessage() for record in caplog.records if record.levelname == "WARNING"
    ]
    assert last_time.session_token == (await start().hydrate()).session_token


async def test_login_with_a_locked_storage(start, last_time, shelf) -> None:
    """
    Who logs in meanwhile is kept as soon as the keyring is unlocked, at the latest at the end.
    """
    shelf.error = LOCKED
    async with start() as client:
        await log_in(client)
        await until(lambda: "save" in shelf.calls)

        assert last_time.session_token in shelf.only.decode()
        assert LOCKED is client.storage_error

        shelf.error = None
    assert client.storage_error is None
    assert client.state.session_token == (await start().hydrate()).session_token


async def test_two_clients(start, ada, shelf) -> None:
    """
    Of two clients that write at once the last one wins, as a whole.
    """
    first, second = start(), start()
    await first.hydrate()
    await second.hydrate()
    await log_in(first)
    await log_in(second)
    await first.aclose()
    await second.aclose()

    states = [json.loads(client.state.to_json()) for client in (first, second)]
    assert json.loads(shelf.only)["state"] in states


class Quoting(Shelf):
    """
    A storage that fails, and says with what.
    """

    def save(self, key: str, data: bytes) -> None:
        raise KeyError(data.decode())


async def test_secrets(start, ada, records) -> None:
    """
    Nothing of what is kept shows, even where the storage is one that quotes it.
    """
    client = start(storage=Quoting())
    await client.hydrate()
    await log_in(client)
    await until(lambda: client.storage_error)

    error = client.storage_error
    shown = f"{records()} {client!r} {client.state!r} {error!r} {error}"
    assert "KeyError" in shown
    assert client.state.session_token not in shown
    assert client.state.session_jwt not in shown


async def test_secrets_of_what_cannot_be_read(start, last_time, shelf, records) -> None:
    """
    What is found half shows nothing of itself either.
    """
    shelf.only = shelf.only[:-2]
    client = start()
    await client.hydrate()

    assert LOGGED_OUT == client.state
    assert last_time.session_token not in records()
