"""Following the changes of a client, on asyncio and on trio."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from functools import partial
from typing import Any

import anyio
import pytest
from attrs import evolve, exceptions
from hypothesis import given, strategies as st

from stytch_b2b import AsyncChanges, Change, SessionState
from stytch_b2b._converter import decode
from stytch_b2b._portal import in_daemon_thread
from stytch_b2b._state import LOGGED_OUT, StateCell, objects_of
from stytch_b2b.models.member import Member
from stytch_b2b.models.member_session import MemberSession

pytestmark = pytest.mark.anyio


def member_of(number: int) -> Member:
    """
    Return a Member of whom nothing is known but the ID.
    """
    return decode(b'{"member_id": "%d"}' % number, Member, envelope=False)


MEMBERS = [None, *map(member_of, range(3))]
SESSION = decode(b'{"member_session_id": "session"}', MemberSession, envelope=False)


def of_member(cell: StateCell) -> AsyncChanges[Member | None]:
    """
    Follow the Member in *cell*.
    """
    return AsyncChanges(cell, lambda state: state.member)


def set_member(cell: StateCell, member: Member | None) -> None:
    """
    Have *member* in *cell*.
    """
    cell.update(lambda state: evolve(state, member=member))


async def taken(changes: AsyncChanges[Any], count: int = 1) -> list[tuple[Any, Any]]:
    """
    Take *count* changes, which are there or are to come.
    """
    with anyio.fail_after(10):
        got = [await changes.__anext__() for _ in range(count)]
    return [(change.old, change.new) for change in got]


async def at_hand(changes: AsyncChanges[Any]) -> Change[Any] | None:
    """
    Take the change that is there, if there is one.
    """
    with anyio.CancelScope() as scope:
        scope.cancel()
        return await changes.__anext__()
    return None


async def elsewhere(function: Callable[[], object]) -> None:
    """
    Run *function* in another thread, which knows nothing of this one's event loop.
    """
    await in_daemon_thread(partial(Context().run, function))


@pytest.fixture
def cell() -> StateCell:
    """
    What a client knows, which is nothing so far.
    """
    return StateCell()


class TestClient:
    """
    What a client has to be followed.
    """

    async def test_session(self, admin, emulator) -> None:
        """
        Login, refresh and logout are changes of the session.
        """
        changes = admin.session.changes()

        first = (await admin.session.authenticate()).member_session
        told = await taken(changes)
        emulator.clock.advance(seconds=5)
        second = (await admin.session.authenticate()).member_session
        told += await taken(changes)
        await admin.session.revoke()
        told += await taken(changes)

        assert [(None, first), (first, second), (second, None)] == told

    async def test_member(self, admin) -> None:
        """
        What calls tell of the Member are changes of it.
        """
        changes = admin.self.changes()

        member = (await admin.self.get()).member
        told = await taken(changes)
        renamed = (await admin.self.update(name="Ada L.")).member
        told += await taken(changes)

        assert [(None, member), (member, renamed)] == told

    async def test_organization(self, admin) -> None:
        """
        What calls tell of the Organization are changes of it.
        """
        changes = admin.organization.changes()

        organization = (await admin.organization.get()).organization
        told = await taken(changes)

        assert [(None, organization)] == told

    async def test_state(self, admin) -> None:
        """
        Changes of the state are those of the three together.
        """
        changes = admin.state_changes()

        before = admin.state
        await admin.self.get()
        told = await taken(changes)
        between = admin.state
        await admin.organization.get()
        told += await taken(changes)

        assert [(before, between), (between, admin.state)] == told

    async def test_what_counts(self, client, admin_session) -> None:
        """
        Nothing is a change of the state that `on_state_change` would not tell.
        """
        told: list[Any] = []
        client.on_state_change(lambda *change: told.append(change))
        changes = client.state_changes()

        client.session.update_session(session_token=admin_session.session_token)
        await client.magic_links.email.login_or_signup(
            email_address="ada@acme.example", organization_id="acme"
        )

        assert [] == told
        assert None is await at_hand(changes)

    async def test_other_parts(self, admin) -> None:
        """
        Who follows the Member is not told of the session and the Organization.
        """
        changes = admin.self.changes()

        member = (await admin.self.get()).member
        await taken(changes)
        await admin.organization.get()

        assert member is not None
        assert None is await at_hand(changes)

    async def test_not_what_was(self, admin) -> None:
        """
        The session of now is no change.
        """
        await admin.session.authenticate()

        assert None is await at_hand(admin.session.changes())

    async def test_with_options(self, admin) -> None:
        """
        Clients that share what they know share its changes.
        """
        changes = admin.with_options(timeout=5).session.changes()

        session = (await admin.session.authenticate()).member_session

        assert [(None, session)] == await taken(changes)

    async def test_views(self, client, admin_session, member_session) -> None:
        """
        A client for another session has changes of its own.
        """
        ada = client.with_session(session_token=admin_session.session_token)
        bob = client.with_session(session_token=member_session.session_token)
        of_ada, of_bob, of_none = (each.self.changes() for each in (ada, bob, client))

        await ada.self.get()
        await bob.self.get()

        assert [(None, ada.state.member)] == await taken(of_ada)
        assert [(None, bob.state.member)] == await taken(of_bob)
        assert None is await at_hand(of_none)


class TestMerging:
    """
    Whoever is slow misses steps, and never where they lead.
    """

    async def test_thousand(self, cell: StateCell) -> None:
        """
        A thousand changes that nobody takes are one, from the first to the last.
        """
        changes = of_member(cell)
        members = [member_of(number) for number in range(1000)]

        for member in members:
            set_member(cell, member)

        assert [(None, members[-1])] == await taken(changes)
        assert None is await at_hand(changes)

    async def test_there_and_back(self, cell: StateCell) -> None:
        """
        What is again as it was did not change, as far as it matters to whoever was away.
        """
        changes = of_member(cell)

        set_member(cell, MEMBERS[1])
        set_member(cell, MEMBERS[2])
        set_member(cell, None)

        assert None is await at_hand(changes)

    async def test_there_and_back_with_other_tokens(self, cell: StateCell) -> None:
        """
        A state with the same session, Member and Organization is the same, whatever its tokens.
        """
        changes = AsyncChanges(cell, lambda state: state, compared=objects_of)

        set_member(cell, MEMBERS[1])
        cell.update(lambda state: evolve(state, member=None, session_token="another"))

        assert None is await at_hand(changes)

    async def test_newest_state(self, cell: StateCell) -> None:
        """
        A state that was not taken yet is told with the tokens that came after it.
        """
        changes = AsyncChanges(cell, lambda state: state, compared=objects_of)

        set_member(cell, MEMBERS[1])
        cell.update(lambda state: evolve(state, session_token="another"))

        assert [(LOGGED_OUT, cell.state)] == await taken(changes)

    async def test_back_before_the_reader_looked(self, cell: StateCell) -> None:
        """
        Who was woken for a change that is none any more waits for the next one.
        """
        changes = of_member(cell)
        got: list[Any] = []

        async def read() -> None:
            got.extend(await taken(changes))

        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await anyio.wait_all_tasks_blocked()
            set_member(cell, MEMBERS[1])
            set_member(cell, None)
            await anyio.wait_all_tasks_blocked()
            set_member(cell, MEMBERS[2])

        assert [(None, MEMBERS[2])] == got

    async def test_each_follower_at_its_own_pace(self, cell: StateCell) -> None:
        """
        What one has taken is there for the other.
        """
        quick, slow = of_member(cell), of_member(cell)

        set_member(cell, MEMBERS[1])
        told = await taken(quick)
        set_member(cell, MEMBERS[2])
        told += await taken(quick)

        assert [(None, MEMBERS[1]), (MEMBERS[1], MEMBERS[2])] == told
        assert [(None, MEMBERS[2])] == await taken(slow)


STEPS = st.lists(st.sampled_from([*range(4), "session", "token", "take"]), max_size=30)


@given(steps=STEPS)
async def test_chain_of_members(steps: list[int | str]) -> None:
    """
    What was new in one change is what was old in the next, from the first Member to the last.
    """
    cell = StateCell()
    changes = of_member(cell)

    chain = await story(cell, changes, steps)

    assert [None, *(each.new for each in chain)] == [
        *(each.old for each in chain),
        cell.state.member,
    ]
    assert all(each.old != each.new for each in chain)


@given(steps=STEPS)
async def test_chain_of_states(steps: list[int | str]) -> None:
    """
    So it is with states, as far as session, Member and Organization go.
    """
    cell = StateCell()
    changes = AsyncChanges(cell, lambda state: state, compared=objects_of)

    chain = await story(cell, changes, steps)

    assert [objects_of(state) for state in [LOGGED_OUT, *(each.new for each in chain)]] == [
        objects_of(state) for state in [*(each.old for each in chain), cell.state]
    ]
    assert all(objects_of(each.old) != objects_of(each.new) for each in chain)


async def story(
    cell: StateCell, changes: AsyncChanges[Any], steps: list[int | str]
) -> list[Change[Any]]:
    """
    Change *cell* step by step, and return what was taken on the way and at the end.
    """
    chain: list[Change[Any] | None] = []
    for step in [*steps, "take"]:
        if isinstance(step, int):
            set_member(cell, MEMBERS[step])
        elif step == "session":
            cell.update(lambda state: evolve(state, member_session=SESSION))
        elif step == "token":
            cell.update(lambda state: evolve(state, session_token=f"{state.session_token}+"))
        else:
            chain.append(await at_hand(changes))
    return [change for change in chain if change is not None]


class TestWaiting:
    """
    Whoever waits for a change is woken, wherever it is made.
    """

    async def test_other_task(self, cell: StateCell) -> None:
        """
        A change by another task wakes the one that waits.
        """
        changes = of_member(cell)

        async with anyio.create_task_group() as group:

            @group.start_soon
            async def change() -> None:
                await anyio.wait_all_tasks_blocked()
                set_member(cell, MEMBERS[1])

            got = await taken(changes)

        assert [(None, MEMBERS[1])] == got

    async def test_other_thread(self, cell: StateCell) -> None:
        """
        A change by another thread wakes the task that waits.
        """
        changes = of_member(cell)

        async with anyio.create_task_group() as group:

            @group.start_soon
            async def change() -> None:
                await anyio.wait_all_tasks_blocked()
                await elsewhere(partial(set_member, cell, MEMBERS[1]))

            got = await taken(changes)

        assert [(None, MEMBERS[1])] == got

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    async def test_other_loop(self, client, admin_session, backend: str) -> None:
        """
        A call in another event loop wakes the task that waits in this one.
        """
        changes = client.session.changes()
        client.session.update_session(session_token=admin_session.session_token)

        async with anyio.create_task_group() as group:

            @group.start_soon
            async def call() -> None:
                await anyio.wait_all_tasks_blocked()
                await elsewhere(partial(anyio.run, client.session.authenticate, backend=backend))

            got = await taken(changes)

        assert [(None, client.state.member_session)] == got

    async def test_many_threads(self, cell: StateCell) -> None:
        """
        The chain is whole and leads to the last change, though threads make them at once.
        """
        members = [member_of(number) for number in range(401)]
        changes = of_member(cell)
        chain: list[Change[Member | None]] = []

        def change(part: list[Member]) -> None:
            for member in part:
                set_member(cell, member)

        async def change_all() -> None:
            async with anyio.create_task_group() as group:
                for start in range(4):
                    group.start_soon(elsewhere, partial(change, members[start:400:4]))
            set_member(cell, members[400])

        async with anyio.create_task_group() as group:
            group.start_soon(change_all)
            with anyio.fail_after(60):
                while not chain or chain[-1].new != members[400]:
                    chain.append(await changes.__anext__())

        assert [None, *(each.new for each in chain)] == [
            *(each.old for each in chain),
            members[400],
        ]

    async def test_cancelled(self, cell: StateCell) -> None:
        """
        Who is cancelled while waiting has taken nothing, even if the change is there already.
        """
        changes = of_member(cell)

        async with anyio.create_task_group() as group:
            group.start_soon(changes.__anext__)
            await anyio.wait_all_tasks_blocked()
            set_member(cell, MEMBERS[1])
            group.cancel_scope.cancel()

        assert [(None, MEMBERS[1])] == await taken(changes)

    async def test_two_at_a_time(self, cell: StateCell) -> None:
        """
        A second task that waits is refused, and the first goes on waiting.
        """
        changes = of_member(cell)
        got: list[Any] = []

        async def read() -> None:
            got.extend(await taken(changes))

        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(RuntimeError, match="another task or thread is waiting"):
                await changes.__anext__()
            set_member(cell, MEMBERS[1])

        assert [(None, MEMBERS[1])] == got


class TestEnd:
    """
    Who follows no longer costs nothing.
    """

    async def test_loop_ends(self, cell: StateCell) -> None:
        """
        To close the changes ends the loop over them, and closing twice is harmless.
        """
        changes = of_member(cell)
        told: list[Any] = []
        set_member(cell, MEMBERS[1])

        async for change in changes:
            told.append(change)
            await changes.aclose()
            await changes.aclose()
            set_member(cell, MEMBERS[2])

        assert [Change(None, MEMBERS[1])] == told
        assert {} == cell._listeners

    async def test_what_was_not_taken(self, cell: StateCell) -> None:
        """
        Nothing is given after the end, not even what was there before.
        """
        changes = of_member(cell)
        set_member(cell, MEMBERS[1])
        await changes.aclose()

        assert [] == [change async for change in changes]

    @pytest.mark.parametrize("in_thread", [False, True], ids=["task", "thread"])
    async def test_waiter(self, cell: StateCell, in_thread: bool) -> None:
        """
        Whoever waits when the changes are closed, by a task or a thread, comes to the end.
        """
        changes = of_member(cell)

        async with anyio.create_task_group() as group:

            @group.start_soon
            async def close() -> None:
                await anyio.wait_all_tasks_blocked()
                if in_thread:
                    await elsewhere(partial(anyio.run, changes.aclose))
                else:
                    await changes.aclose()

            with anyio.fail_after(10):
                told = [change async for change in changes]

        assert [] == told

    async def test_block(self, cell: StateCell) -> None:
        """
        The changes end with the block, also if it fails.
        """
        changes = of_member(cell)

        async def fail() -> None:
            async with changes as entered:
                assert changes is entered
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()

        assert {} == cell._listeners
        assert [] == [change async for change in changes]

    async def test_told_while_closed(self, cell: StateCell) -> None:
        """
        A change that is being told while the changes are closed is not given after that.
        """
        changes: AsyncChanges[object]

        def close_meanwhile(state: SessionState) -> object:
            # As another thread would, in one go.
            with suppress(StopIteration):
                changes.aclose().send(None)
            return state.member

        changes = AsyncChanges(cell, close_meanwhile)
        set_member(cell, MEMBERS[1])

        assert [] == [change async for change in changes]

    async def test_taken_while_closed(self, cell: StateCell) -> None:
        """
        A change that is just being taken while the changes are closed is not given either.
        """
        changes = of_member(cell)

        class ClosedMeanwhile(deque[Change[Any]]):
            def popleft(self) -> Change[Any]:
                # As another thread would, in one go.
                with suppress(StopIteration):
                    changes.aclose().send(None)
                return super().popleft()

        set_member(cell, MEMBERS[1])
        changes._at_hand = ClosedMeanwhile(changes._at_hand)

        assert [] == [change async for change in changes]

    async def test_forgotten(self, cell: StateCell) -> None:
        """
        Changes that nobody refers to are gone at once, and the client knows nothing of them.
        """
        changes = of_member(cell)
        before = len(cell._listeners)
        del changes

        assert 1 == before
        assert {} == cell._listeners

    async def test_left(self, cell: StateCell) -> None:
        """
        To leave the loop is enough.
        """
        set_member(cell, MEMBERS[1])

        async with anyio.create_task_group() as group:

            @group.start_soon
            async def change() -> None:
                await anyio.wait_all_tasks_blocked()
                set_member(cell, MEMBERS[2])

            async for _ in of_member(cell):
                break

        assert {} == cell._listeners

    async def test_forgotten_in_a_cycle(self, cell: StateCell) -> None:
        """
        The garbage collector ends them too, even while the cell is being changed.
        """
        cycle: list[Any] = [of_member(cell)]
        cycle.append(cycle)
        del cycle

        def change(state: SessionState) -> SessionState:
            gc.collect()
            return evolve(state, member=MEMBERS[1])

        before = len(cell._listeners)
        cell.update(change)

        assert 1 == before
        assert {} == cell._listeners

    async def test_forgotten_while_told(self, cell: StateCell, caplog) -> None:
        """
        A change that is being told while the changes are forgotten harms nobody.
        """
        followed: list[AsyncChanges[Any]] = []
        cell.subscribe(lambda *_: followed.clear())
        followed.append(of_member(cell))
        last = of_member(cell)
        set_member(cell, MEMBERS[1])

        assert [(None, MEMBERS[1])] == await taken(last)
        assert 2 == len(cell._listeners)
        assert [] == caplog.records

    async def test_cell_is_not_kept(self, cell: StateCell) -> None:
        """
        Neither keeps the other: without the garbage collector both are gone.
        """
        gc.collect()
        gc.disable()
        try:
            own = StateCell()
            changes = of_member(own)
            set_member(own, MEMBERS[1])
            await taken(changes)
            before = sum(isinstance(each, StateCell) for each in gc.get_objects())
            del changes, own
            after = sum(isinstance(each, StateCell) for each in gc.get_objects())
        finally:
            gc.enable()

        assert 1 == before - after


def test_loop_that_was_closed(cell: StateCell) -> None:
    """
    A loop that was closed under somebody who waited leaves the changes to another loop.
    """
    changes = of_member(cell)
    loop = asyncio.new_event_loop()
    waiting: Any = loop.create_task(changes.__anext__())
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()

    async def go_on() -> list[tuple[Any, Any]]:
        nonlocal waiting
        # It has no end but this, and asyncio would complain.
        waiting._log_destroy_pending = False
        task = asyncio.create_task(taken(changes))
        await asyncio.sleep(0)
        del waiting
        gc.collect()
        set_member(cell, MEMBERS[1])
        return await task

    assert [(None, MEMBERS[1])] == asyncio.run(go_on())


def test_change() -> None:
    """
    A change can be taken apart with ``match``, compared, and not be changed.
    """
    change: Any = Change("old", "new")
    match change:
        case Change("old", new):
            found = new

    assert "new" == found
    assert Change(old="old", new="new") == change
    with pytest.raises(exceptions.FrozenInstanceError):
        change.new = "newer"
