"""
Going through everything that a search finds, page by page.

Most pages are put into the server's mouth, lest a test depend on what it finds; the server's own
are those of the last two classes.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Sequence
from itertools import islice
from typing import Any

import anyio
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    BadRequestError,
    ClientClosedError,
    CursorLoopError,
    InvalidArgumentError,
    MemberFilter,
    MemberQuery,
    NoSessionError,
    PermissionDeniedError,
    StytchB2BClient,
)
from stytch_b2b._portal import call
from stytch_b2b.emulator import Emulator
from tests.api.support import HOLD, logged, operations, release, until

pytestmark = pytest.mark.anyio

SEARCH = "organization.members.search"
COUNTS = [0, 1, 100, 101, 2500]
LIMIT = 100
ORGANIZATION_ID = "organization-test-1"

ACTIVE = MemberQuery.all_of(MemberFilter.statuses("active"))


def member(number: int) -> dict[str, Any]:
    """
    Return a Member as the API writes it, who can be told from the others by the number.
    """
    texts = dict.fromkeys(
        (
            "name",
            "member_password_id",
            "totp_registration_id",
            "mfa_phone_number",
            "default_mfa_method",
        ),
        "",
    )
    flags = dict.fromkeys(
        (
            "is_breakglass",
            "email_address_verified",
            "mfa_phone_number_verified",
            "is_admin",
            "is_locked",
            "mfa_enrolled",
        ),
        False,
    )
    lists = dict.fromkeys(
        ("sso_registrations", "oauth_registrations", "retired_email_addresses", "roles"), ()
    )
    return {
        **texts,
        **flags,
        **lists,
        "organization_id": ORGANIZATION_ID,
        "member_id": f"member-{number}",
        "email_address": f"{number}@acme.example",
        "status": "active",
    }


def add_page(
    emulator: Emulator, numbers: Sequence[int], next_cursor: str | None = None, **fault: Any
) -> None:
    """
    Have the server answer a search with a page of Members.
    """
    page = {
        "request_id": "request-id-1",
        "status_code": 200,
        "members": [member(number) for number in numbers],
        "organizations": {},
        "results_metadata": {"total": -1, "next_cursor": next_cursor},
    }
    emulator.faults.add(operation=SEARCH, body={"data": page}, **fault)


def add_pages(emulator: Emulator, count: int) -> int:
    """
    Have the server answer as many searches as it takes to name *count* Members; return how many.
    """
    starts = range(0, max(count, 1), LIMIT)
    for start in starts:
        end = min(start + LIMIT, count)
        add_page(emulator, range(start, end), f"cursor-{end}" if end < count else None)
    return len(starts)


def cursors(emulator: Emulator) -> list[str | None]:
    """
    Return the cursors that the server was asked with.
    """
    return [request.json().get("cursor") for request in logged(emulator, SEARCH)]


def number_of(found: Any) -> int:
    """
    Return the number by which a Member is told from the others.
    """
    return int(found.member_id.removeprefix("member-"))


async def take(results: AsyncIterator[Any], count: int) -> list[int]:
    """
    Return the numbers of the next Members.
    """
    return [number_of(await results.__anext__()) for _ in range(count)]


class TestSearch:
    """
    One page.
    """

    async def test_typed_query(self, admin, emulator) -> None:
        """
        A query of filters is sent as the facts have it, and the page comes back whole.
        """
        add_page(emulator, [1, 2], "cursor-2")

        page = await admin.organization.members.search(query=ACTIVE, cursor="cursor-0", limit=2)
        (request,) = logged(emulator, SEARCH)

        operand = {"filter_name": "statuses", "filter_value": ["active"]}
        assert {
            "query": {"operator": "AND", "operands": [operand]},
            "cursor": "cursor-0",
            "limit": 2,
        } == request.json()
        assert ["member-1", "member-2"] == [found.member_id for found in page.members]
        assert ("cursor-2", -1) == (page.results_metadata.next_cursor, page.results_metadata.total)
        assert {} == page.organizations

    async def test_dictionary(self, admin, emulator) -> None:
        """
        A dictionary is sent as it is, with filters that are unknown here.
        """
        add_page(emulator, [])
        query = {"operator": "OR", "operands": [{"filter_name": "shoe_size", "filter_value": "9"}]}

        await admin.organization.members.search(query=query)
        (request,) = logged(emulator, SEARCH)

        assert {"query": query} == request.json()

    async def test_dictionary_of_a_query(self, admin, emulator) -> None:
        """
        A query and the dictionary that it stands for are one and the same to the server.
        """
        add_page(emulator, [], times=2)

        await admin.organization.members.search(query=ACTIVE)
        await admin.organization.members.search(query=ACTIVE.as_dict())
        one, other = logged(emulator, SEARCH)

        assert one.json() == other.json()

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            ({"query": {"operator": "XOR", "operands": []}}, "query: is none of the values"),
            ({"query": {"operator": "AND"}}, "missing required field operands"),
            ({"query": {"operator": "AND", "operands": [{"filter_name": "statuses"}]}}, "query: "),
            ({"query": MemberFilter.roles("a")}, "query: expected dict | None, got MemberFilter"),
            ({"limit": -1}, "limit: expected int >= 0"),
            ({"limit": 1001}, "limit: expected int <= 1000"),
            ({"cursor": 5}, "cursor: expected str"),
        ],
        ids=["operator", "operands", "operand", "filter", "negative", "many", "cursor"],
    )
    async def test_wrong_arguments(
        self, admin, emulator, arguments: dict[str, Any], problem: str
    ) -> None:
        """
        What does not fit is refused under the argument's name, by the page and by the iterator.
        """
        results = admin.organization.members.search_all(**arguments)

        for make in (lambda: admin.organization.members.search(**arguments), results.__anext__):
            with pytest.raises(InvalidArgumentError) as caught:
                await make()
            assert SEARCH == caught.value.endpoint
            assert problem in str(caught.value)
        assert [] == operations(emulator)


class TestSearchAll:
    """
    All pages.
    """

    @pytest.mark.parametrize("count", COUNTS)
    async def test_every_member_comes_once(self, admin, emulator, count: int) -> None:
        """
        However many there are, they come in order, and every page is asked for once.
        """
        pages = add_pages(emulator, count)

        results = admin.organization.members.search_all(query=ACTIVE, limit=LIMIT)
        found = [number_of(each) async for each in results]

        assert list(range(count)) == found
        assert [None, *(f"cursor-{LIMIT * page}" for page in range(1, pages))] == cursors(emulator)
        assert all(
            (LIMIT, ACTIVE.as_dict()) == (request.json()["limit"], request.json()["query"])
            for request in logged(emulator, SEARCH)
        )

    async def test_page_is_fetched_when_it_is_needed(self, admin, emulator) -> None:
        """
        Nothing is sent before the first Member is asked for, and no page before its first is.
        """
        add_pages(emulator, 101)
        results = admin.organization.members.search_all(limit=LIMIT)

        sent_at = [len(emulator.requests)]
        for count in (1, 99, 1):
            await take(results, count)
            sent_at.append(len(emulator.requests))

        assert [0, 1, 1, 2] == sent_at

    async def test_end_is_final(self, admin, emulator) -> None:
        """
        Who asks on after the last one is told that again, and nothing is sent for it.
        """
        add_pages(emulator, 1)
        results = admin.organization.members.search_all()
        await take(results, 1)

        for _ in range(2):
            with pytest.raises(StopAsyncIteration):
                await results.__anext__()
        assert 1 == len(emulator.requests)

    @pytest.mark.parametrize("end", [None, ""], ids=["null", "empty"])
    async def test_empty_pages(self, admin, emulator, end: str | None) -> None:
        """
        A page without Members is passed over; the end is where there is no cursor.
        """
        add_page(emulator, [1], "a")
        add_page(emulator, [], "b")
        add_page(emulator, [2], "c")
        add_page(emulator, [], end)

        found = [number_of(each) async for each in admin.organization.members.search_all()]

        assert [1, 2] == found
        assert [None, "a", "b", "c"] == cursors(emulator)

    async def test_leaving_in_the_middle(self, admin, emulator) -> None:
        """
        Who has seen enough just goes: nothing is fetched any more, and nothing is left behind.
        """
        add_pages(emulator, 250)
        results = admin.organization.members.search_all(limit=LIMIT)
        async for each in results:
            if number_of(each) == 120:
                break
        left = weakref.ref(results)

        del results
        assert left() is None
        assert [None, "cursor-100"] == cursors(emulator)

    async def test_going_on_after_leaving(self, admin, emulator) -> None:
        """
        A second loop goes on where the first one stopped.
        """
        add_pages(emulator, 101)
        results = admin.organization.members.search_all(limit=LIMIT)
        async for each in results:
            if number_of(each) == 98:
                break

        assert [99, 100] == [number_of(each) async for each in results]

    async def test_what_was_handed_out_is_not_kept(self, admin, emulator) -> None:
        """
        A Member whom the program has forgotten is gone, even while the page is gone through.
        """
        add_pages(emulator, 2)
        results = admin.organization.members.search_all(limit=LIMIT)

        first = weakref.ref(await results.__anext__())
        await results.__anext__()

        assert first() is None

    async def test_cursor_is_that_of_the_page(self, admin, emulator) -> None:
        """
        The cursor is that of the page whose Members come, from the first to the last of them.
        """
        add_page(emulator, [1, 2], "a")
        add_page(emulator, [3], None)
        results = admin.organization.members.search_all()

        seen = [results.cursor]
        async for _ in results:
            seen.append(results.cursor)

        assert [None, None, None, "a"] == seen
        assert "a" == results.cursor

    async def test_resuming_from_a_cursor(self, admin, emulator) -> None:
        """
        Who begins from a cursor gets that page whole, and what comes after it.
        """
        add_page(emulator, [3, 4], "b")
        add_page(emulator, [5], None)
        results = admin.organization.members.search_all(cursor="a")

        assert "a" == results.cursor
        assert [3, 4, 5] == [number_of(each) async for each in results]
        assert ["a", "b"] == cursors(emulator)

    async def test_error_in_the_middle(self, admin, emulator) -> None:
        """
        After an error another iterator gets the rest from the cursor of the page that failed.
        """
        add_page(emulator, [1, 2], "a")
        emulator.faults.add(operation=SEARCH, status=400)
        add_page(emulator, [3], "b")
        add_page(emulator, [4], None)
        results = admin.organization.members.search_all()
        before = await take(results, 2)

        with pytest.raises(BadRequestError) as caught:
            await results.__anext__()
        rest = admin.organization.members.search_all(cursor=results.cursor)

        assert SEARCH == caught.value.endpoint
        assert [1, 2, 3, 4] == before + [number_of(each) async for each in rest]
        assert [None, "a", "a", "b"] == cursors(emulator)

    async def test_trying_again_after_an_error(self, admin, emulator) -> None:
        """
        After an error the same iterator fetches the page that failed, and goes on.
        """
        add_page(emulator, [1], "a")
        emulator.faults.add(operation=SEARCH, status=400)
        add_page(emulator, [2], None)
        results = admin.organization.members.search_all()

        with pytest.raises(BadRequestError):
            await take(results, 2)

        assert [2] == [number_of(each) async for each in results]

    @pytest.mark.parametrize(
        ("start", "given"),
        [(None, ["a", "a"]), (None, ["a", "b", "a"]), (None, ["a", "b", "b"]), ("a", ["a"])],
        ids=["same", "around", "later", "resumed"],
    )
    async def test_cursor_loop(
        self, admin, emulator, start: str | None, given: Sequence[str]
    ) -> None:
        """
        Pages that lead back end in an error, after what they had, instead of never.
        """
        for number, next_cursor in enumerate(given):
            add_page(emulator, [number], next_cursor)
        results = admin.organization.members.search_all(cursor=start)
        before = await take(results, len(given))

        for _ in range(2):
            with pytest.raises(CursorLoopError) as caught:
                await results.__anext__()

        assert list(range(len(given))) == before
        assert (SEARCH, given[-1]) == (caught.value.endpoint, caught.value.cursor)
        assert f"{SEARCH}: the next page, {given[-1]!r}, was read already" == str(caught.value)
        assert [start, *given[:-1]] == cursors(emulator)

    async def test_refusal(self, admin, emulator) -> None:
        """
        What refuses a search refuses the iterator in the same words.
        """
        emulator.faults.add(operation=SEARCH, status=403)

        with pytest.raises(PermissionDeniedError) as caught:
            await take(admin.organization.members.search_all(), 1)

        assert SEARCH == caught.value.endpoint
        assert ["search on stytch.member"] == list(map(str, caught.value.required_permissions))

    async def test_no_session(self, client, emulator) -> None:
        """
        Without a session nothing is sent.
        """
        with pytest.raises(NoSessionError, match=SEARCH):
            await take(client.organization.members.search_all(), 1)

        assert [] == operations(emulator)

    async def test_two_tasks(self, admin, emulator) -> None:
        """
        A second task that asks while a page is fetched is told so, and the first gets its page.
        """
        add_page(emulator, [1], delay=HOLD)
        results = admin.organization.members.search_all()
        found: list[int] = []

        async def first() -> None:
            found.extend(await take(results, 1))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first)
            await until(lambda: emulator.requests)
            with pytest.raises(RuntimeError, match=f"fetching the next page of {SEARCH}"):
                await results.__anext__()
            release(emulator)

        assert [1] == found
        assert 1 == len(emulator.requests)

    async def test_cancelling(self, admin, emulator) -> None:
        """
        A page whose fetch was cancelled is fetched anew by whoever asks next.
        """
        add_page(emulator, [1], delay=HOLD)
        add_page(emulator, [1])
        results = admin.organization.members.search_all()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(results.__anext__)
            await until(lambda: emulator.requests)
            tasks.cancel_scope.cancel()

        assert [1] == [number_of(each) async for each in results]
        assert [None, None] == cursors(emulator)


class TestSync:
    """
    The blocking twin.
    """

    @pytest.mark.parametrize("count", COUNTS)
    def test_every_member_comes_once(
        self, sync_admin: StytchB2BClient, emulator: Emulator, count: int
    ) -> None:
        """
        However many there are, they come in order, and every page is asked for once.
        """
        pages = add_pages(emulator, count)

        results = sync_admin.organization.members.search_all(query=ACTIVE, limit=LIMIT)

        assert list(range(count)) == [number_of(each) for each in results]
        assert pages == len(logged(emulator, SEARCH))
        assert [] == list(results)

    def test_leaving_and_resuming(self, sync_admin: StytchB2BClient, emulator: Emulator) -> None:
        """
        The loop can be left, gone on with, and begun anew from the cursor.
        """
        add_pages(emulator, 101)
        add_page(emulator, [100])
        results = sync_admin.organization.members.search_all(limit=LIMIT)
        first = [number_of(each) for each in islice(results, 99)]
        rest = [number_of(each) for each in results]
        again = sync_admin.organization.members.search_all(cursor=results.cursor)

        assert list(range(101)) == first + rest
        assert iter(results) is results
        assert [100] == [number_of(each) for each in again]
        assert [None, "cursor-100", "cursor-100"] == cursors(emulator)

    def test_only_a_page_goes_through_the_portal(
        self, sync_admin: StytchB2BClient, emulator: Emulator
    ) -> None:
        """
        Members of a page that is there come even where a call through the portal is refused.
        """
        add_pages(emulator, 101)
        results = sync_admin.organization.members.search_all(limit=LIMIT)
        next(results)

        async def in_the_portal(count: int) -> list[int]:
            return [number_of(each) for each in islice(results, count)]

        assert list(range(1, 100)) == call(in_the_portal, 99)
        with pytest.raises(RuntimeError, match="blocking call"):
            call(in_the_portal, 1)
        assert [100] == [number_of(each) for each in results]

    def test_error_in_the_middle(self, sync_admin: StytchB2BClient, emulator: Emulator) -> None:
        """
        An error keeps the place, and is what it is, without an end of the iteration beside it.
        """
        add_page(emulator, [1], "a")
        emulator.faults.add(operation=SEARCH, status=400)
        add_page(emulator, [2], "a")
        results = sync_admin.organization.members.search_all()
        next(results)

        with pytest.raises(BadRequestError) as caught:
            next(results)

        assert caught.value.__context__ is None
        assert "a" == results.cursor
        assert 2 == number_of(next(results))
        with pytest.raises(CursorLoopError):
            next(results)

    def test_closed_client(
        self, sync_client: StytchB2BClient, sync_admin: StytchB2BClient, emulator: Emulator
    ) -> None:
        """
        What was fetched still comes after the client is closed, and nothing is fetched any more.
        """
        add_pages(emulator, 101)
        results = sync_admin.organization.members.search_all(limit=LIMIT)
        next(results)

        sync_client.close()

        assert list(range(1, 100)) == [number_of(each) for each in islice(results, 99)]
        with pytest.raises(ClientClosedError):
            next(results)


class TestServer:
    """
    Searches that the server itself answers.
    """

    @pytest.fixture(params=COUNTS)
    def addresses(self, request: pytest.FixtureRequest, emulator: Emulator) -> list[str]:
        """
        The addresses of the Members whom the search below is for; there are others.
        """
        addresses = [f"{number}@wanted.example" for number in range(request.param)]
        for address in addresses:
            emulator.create_member("Acme", address)
        return addresses

    async def test_async(self, admin, emulator, addresses: list[str]) -> None:
        """
        Everybody who is wanted comes once, and nobody else.
        """
        query = MemberQuery.all_of(MemberFilter.email_fuzzy("@wanted."))

        results = admin.organization.members.search_all(query=query, limit=LIMIT)
        found = [each.email_address async for each in results]

        assert addresses == found
        assert max(1, -(-len(addresses) // LIMIT)) == len(logged(emulator, SEARCH))

    def test_sync(
        self, sync_admin: StytchB2BClient, emulator: Emulator, addresses: list[str]
    ) -> None:
        """
        The blocking twin brings the same.
        """
        query = MemberQuery.all_of(MemberFilter.email_fuzzy("@wanted."))

        results = sync_admin.organization.members.search_all(query=query, limit=LIMIT)

        assert addresses == [each.email_address for each in results]

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (MemberFilter.emails("eve@acme.example", "bob@acme.example"), {"bob", "eve"}),
            (MemberFilter.email_fuzzy("VE@A"), {"eve"}),
            (MemberFilter.is_breakglass(), {"eve"}),
            (MemberFilter.is_breakglass(False), {"ada", "bob", "zoe"}),
            (MemberFilter.statuses("pending", "deleted"), {"zoe"}),
            (MemberFilter.mfa_phone_numbers("+14155550123"), {"eve"}),
            (MemberFilter.mfa_phone_number_fuzzy("5550"), {"eve"}),
            (MemberFilter.password_exists(), {"bob"}),
            (MemberFilter.roles("stytch_admin"), {"ada"}),
            (MemberFilter.ids("bob-1", "eve-1"), {"bob"}),
        ],
        ids=[
            "emails",
            "email_fuzzy",
            "is_breakglass",
            "is_no_breakglass",
            "statuses",
            "mfa_phone_numbers",
            "mfa_phone_number_fuzzy",
            "password_exists",
            "roles",
            "ids",
        ],
    )
    async def test_filters(self, admin, emulator, wanted: MemberFilter, expected: set[str]) -> None:
        """
        Every filter is one that the server knows, and finds those it is about.
        """
        emulator.create_member(
            "Acme", "bob@acme.example", password="correct horse battery", external_id="bob-1"
        )
        emulator.create_member(
            "Acme", "eve@acme.example", is_breakglass=True, mfa_phone_number="+14155550123"
        )
        emulator.create_member("Acme", "zoe@acme.example", status="pending")

        page = await admin.organization.members.search(query=MemberQuery.all_of(wanted))
        (organization,) = page.organizations.values()

        assert expected == {each.email_address.partition("@")[0] for each in page.members}
        assert len(expected) == page.results_metadata.total
        assert {organization.organization_id} == {each.organization_id for each in page.members}

    async def test_all_and_any(self, admin, emulator) -> None:
        """
        A Member fits all filters, or at least one, whichever the query asks for.
        """
        emulator.create_member("Acme", "bob@acme.example", is_breakglass=True)
        emulator.create_member("Acme", "eve@acme.example")
        filters = MemberFilter.is_breakglass(), MemberFilter.emails("eve@acme.example")
        search = admin.organization.members.search

        both = await search(query=MemberQuery.all_of(*filters))
        either = await search(query=MemberQuery.any_of(*filters))
        everybody = await search(query=MemberQuery.all_of())

        assert [0, 2, 3] == [len(page.members) for page in (both, either, everybody)]

    async def test_refusal(self, member, emulator) -> None:
        """
        Who may not search is told what is missing, before the first Member.
        """
        with pytest.raises(PermissionDeniedError) as caught:
            await take(member.organization.members.search_all(), 1)

        assert ["search on stytch.member"] == list(map(str, caught.value.missing_permissions))

    async def test_filter_that_the_server_does_not_know(self, admin) -> None:
        """
        What a dictionary says that the server does not know is refused by it.
        """
        query = {"operator": "AND", "operands": [{"filter_name": "shoe", "filter_value": "9"}]}

        with pytest.raises(BadRequestError) as caught:
            await take(admin.organization.members.search_all(query=query), 1)

        assert "member_search_filter_name_not_recognized" == caught.value.error_type


class TestGroups:
    """
    The groups of a SCIM connection come in pages as well.
    """

    @pytest.fixture(params=[0, 1, 2, 3, 5])
    def names(self, request: pytest.FixtureRequest, emulator: Emulator) -> list[str]:
        """
        The names of the groups that there are.
        """
        connection = emulator.create_scim_connection("Acme", "Directory")
        names = [f"group {number}" for number in range(request.param)]
        for name in names:
            emulator.create_scim_group(connection, name)
        return names

    async def test_async(self, admin: AsyncStytchB2BClient, names: list[str]) -> None:
        """
        All groups come, two to a page, and from a cursor those that are left.
        """
        results = admin.scim.get_all_connection_groups(limit=2)
        found = [group.group_name async for group in results]
        rest = admin.scim.get_all_connection_groups(limit=2, cursor=results.cursor)

        assert names == found
        last = max(0, (len(names) - 1) // 2 * 2)
        assert names[last:] == [group.group_name async for group in rest]

    def test_sync(self, sync_admin: StytchB2BClient, names: list[str]) -> None:
        """
        The blocking twin brings the same.
        """
        results = sync_admin.scim.get_all_connection_groups(limit=2)

        assert names == [group.group_name for group in results]
