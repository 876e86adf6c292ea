"""One blocking client and many threads: nobody waits for ever, nobody sees half a change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
import pytest

from stytch_b2b import NoSessionError, SessionState, StytchB2BClient, StytchError
from stytch_b2b.emulator import Emulator, SignedIn
from tests.lifecycle.support import at_once


@pytest.fixture
def client(emulator: Emulator) -> Iterator[StytchB2BClient]:
    """
    A blocking client that is logged out.
    """
    with StytchB2BClient(emulator.public_token, base_url=emulator.url) as made:
        yield made


def test_views_are_apart(client, emulator) -> None:
    """
    Each thread acts as its own Member, whatever the others do.
    """
    people = [emulator.sign_in(f"member-{number}@example.com") for number in range(8)]
    found: dict[str, set[str]] = {}

    def act(person: SignedIn) -> None:
        view = client.with_session(session_token=person.session_token)
        found[person.member_id] = {
            view.session.authenticate().member.member_id,
            *(view.self.get().member.member_id for _ in range(10)),
            view.state.member.member_id,
        }

    raised = at_once([partial(act, person) for person in people])

    assert [] == raised
    assert {person.member_id: {person.member_id} for person in people} == found


def test_no_mixed_state(client, emulator) -> None:
    """
    Threads that change, refresh and read one state find all of it about one Member.
    """
    people = {
        each.session_token: each.member_id
        for each in (emulator.sign_in(f"m-{number}@example.com") for number in range(3))
    }
    mixed: list[SessionState] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            state = client.state
            known = {
                each.member_id for each in (state.member, state.member_session) if each is not None
            }
            if not known <= {people.get(state.session_token or "")}:
                mixed.append(state)

    def change() -> None:
        for _ in range(8):
            for token in people:
                client.session.update_session(session_token=token)
                client.session.authenticate()
                client.self.get()

    def all_changes() -> None:
        try:
            raised.extend(at_once([change] * 3))
        finally:
            done.set()

    raised: list[BaseException] = []
    raised += at_once([all_changes, read])

    assert [] == raised
    assert [] == mixed


def test_one_logout_counts(client, emulator, signed_in) -> None:
    """
    Of threads that log out at once all end logged out, and nothing else is raised.
    """
    client.session.update_session(session_token=signed_in.session_token)

    raised = at_once([client.session.revoke] * 5)

    assert SessionState() == client.state
    assert 4 >= len(raised)
    assert all(isinstance(error, StytchError) for error in raised)


def test_pkce_pair_survives_a_race(client, emulator) -> None:
    """
    Threads that start a flow while others end it get a pair each time, and no surprise.
    """
    emulator.create_organization("Acme", slug="acme")
    emulator.create_member("Acme", "ada@acme.example")

    def flow() -> None:
        for _ in range(10):
            client.magic_links.email.login_or_signup(
                email_address="ada@acme.example", organization_id="acme"
            )
            # Another thread may have used the link, or the pair.
            with suppress(StytchError):
                client.magic_links.authenticate(
                    magic_links_token=emulator.outbox[-1].token, session_duration_minutes=60
                )

    assert [] == at_once([flow] * 3)


def test_inside_a_running_loop(client, signed_in) -> None:
    """
    A blocking call works, and blocks, where an event loop runs.
    """

    async def use() -> str:
        view = client.with_session(session_token=signed_in.session_token)
        return str(view.self.get().member.member_id)

    assert signed_in.member_id == anyio.run(use)
    assert signed_in.member_id == anyio.run(use, backend="trio")


def test_blocking_call_in_a_listener(client, signed_in, caplog) -> None:
    """
    A blocking call in a listener, which would wait for itself, fails at once.
    """
    client.session.update_session(session_token=signed_in.session_token)
    raised: list[BaseException] = []

    def listener(old: object, new: object) -> None:
        try:
            client.self.get()
        except RuntimeError as error:
            raised.append(error)

    client.session.on_change(listener)
    with caplog.at_level(logging.ERROR):
        client.session.authenticate()

    assert ["a blocking call from the thread that would have to answer it"] == [
        str(error) for error in raised
    ]
    assert client.state.member is not None


def test_closing_while_others_call(emulator, signed_in) -> None:
    """
    Threads whose client is closed under them fail, and none waits for ever.
    """
    emulator.faults.add(delay=3600, times=99)
    client = StytchB2BClient(emulator.public_token, base_url=emulator.url)
    view = client.with_session(session_token=signed_in.session_token)

    def close() -> None:
        while len(emulator.requests) < 4:
            pass
        client.close()

    raised = at_once([*[view.session.revoke] * 4, close])

    assert [StytchError] * 4 == [
        StytchError if isinstance(error, StytchError) else type(error) for error in raised
    ]


def test_no_session_is_told_to_every_thread(client) -> None:
    """
    What fails before anything is sent fails in each thread by itself.
    """
    raised: list[Any] = at_once([client.self.get] * 4)

    assert [NoSessionError] * 4 == [type(error) for error in raised]
