"""Who may do what: decisions, the roles they rest on, and the policy they are taken by."""

from __future__ import annotations

import json
import logging
import threading
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from attrs import evolve
from hypothesis import example, given, strategies as st

from stytch_b2b import AsyncStytchB2BClient, Decision, SessionState
from stytch_b2b._converter import decode
from stytch_b2b._policy import (
    PolicyCache,
    all_roles,
    explain,
    held_roles,
)
from stytch_b2b.emulator import Emulator
from stytch_b2b.errors import ServerError, StytchConnectionError, StytchError
from stytch_b2b.models.bootstrap import BootstrapResponse
from stytch_b2b.models.member import Member
from stytch_b2b.models.member_session import MemberSession
from stytch_b2b.models.organization import Organization
from stytch_b2b.models.rbac import RBACPermission, RBACPolicy, RBACPolicyRole
from stytch_b2b.permissions import Permission

READ, WRITE = Permission("documents", "read"), Permission("documents", "write")
ELSEWHERE = Permission("images", "read")


def role(role_id: str, **grants: Sequence[str]) -> RBACPolicyRole:
    """
    Return a role that grants these actions by resource.
    """
    permissions = tuple(
        RBACPermission(resource_id=resource, actions=tuple(actions))
        for resource, actions in grants.items()
    )
    return RBACPolicyRole(role_id=role_id, description="", permissions=permissions)


POLICY = RBACPolicy(
    roles=(
        role("reader", documents=["read"]),
        role("writer", documents=["write"]),
        role("editor", documents=["read", "write"]),
        role("owner", documents=["*"]),
        role("nobody"),
    ),
    resources=(),
    scopes=(),
)


def state_of(*roles: str, custom_roles: Sequence[RBACPolicyRole] = ()) -> SessionState:
    """
    Return the state of a Member who holds these roles.
    """
    session = decode(json.dumps({"roles": roles}).encode(), MemberSession, envelope=False)
    organization = decode(b"{}", Organization, envelope=False)
    return SessionState(
        member_session=session,
        session_token="t",
        organization=evolve(organization, custom_roles=tuple(custom_roles)),
    )


def jwt_of(claims: object) -> str:
    """
    Return a JWT without a signature that anybody could check.
    """
    payload = urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJSUzI1NiJ9.{payload}.signature"


def with_jwt(jwt: str | None) -> SessionState:
    """
    Return the state of a client that knows nothing but tokens.
    """
    return SessionState(session_token="t", session_jwt=jwt)


CLAIM = "https://stytch.com/session"


@pytest.mark.parametrize(
    ("required", "state", "policy", "decision", "missing", "granting"),
    [
        # Nothing is needed.
        ((), state_of(), POLICY, "allowed", (), ()),
        ((), SessionState(), None, "allowed", (), ()),
        # One role, several roles, the role that may everything.
        ((READ,), state_of("reader"), POLICY, "allowed", (), ("reader", "editor", "owner")),
        ((WRITE,), state_of("reader"), POLICY, "denied", (WRITE,), ("writer", "editor", "owner")),
        ((READ, WRITE), state_of("reader", "writer"), POLICY, "allowed", (), ("editor", "owner")),
        ((READ, WRITE), state_of("owner"), POLICY, "allowed", (), ("editor", "owner")),
        ((READ, WRITE), state_of("nobody"), POLICY, "denied", (READ, WRITE), ("editor", "owner")),
        (
            (READ, WRITE),
            state_of("writer"),
            POLICY,
            "denied",
            (READ,),
            ("reader", "editor", "owner"),
        ),
        # What no role grants.
        ((ELSEWHERE,), state_of("owner"), POLICY, "denied", (ELSEWHERE,), ()),
        # A role the policy does not know grants nothing, and is no error.
        ((READ,), state_of("unheard-of"), POLICY, "denied", (READ,), ("reader", "editor", "owner")),
        (
            (READ,),
            state_of("unheard-of", "reader"),
            POLICY,
            "allowed",
            (),
            ("reader", "editor", "owner"),
        ),
        # Roles of the Organization add to those of the project, and go before them.
        (
            (READ,),
            state_of("guest", custom_roles=[role("guest", documents=["read"])]),
            POLICY,
            "allowed",
            (),
            ("reader", "editor", "owner", "guest"),
        ),
        (
            (READ,),
            state_of("reader", custom_roles=[role("reader", images=["read"])]),
            POLICY,
            "denied",
            (READ,),
            ("editor", "owner"),
        ),
        # Without a session there are no roles.
        ((READ,), SessionState(), POLICY, "denied", (READ,), ("reader", "editor", "owner")),
        # Roles by the JWT.
        (
            (READ,),
            with_jwt(jwt_of({CLAIM: {"roles": ["reader"]}})),
            POLICY,
            "allowed",
            (),
            ("reader", "editor", "owner"),
        ),
        (
            (READ,),
            with_jwt(jwt_of({CLAIM: {"roles": []}})),
            POLICY,
            "denied",
            (READ,),
            ("reader", "editor", "owner"),
        ),
        # Unknown roles, unknown policy.
        ((READ,), with_jwt(None), POLICY, "unknown", (), ("reader", "editor", "owner")),
        ((READ,), with_jwt("garbage"), POLICY, "unknown", (), ("reader", "editor", "owner")),
        ((READ,), state_of("owner"), None, "unknown", (), ()),
        ((READ,), SessionState(), None, "unknown", (), ()),
    ],
)
def test_decisions(
    required: tuple[Permission, ...],
    state: SessionState,
    policy: RBACPolicy | None,
    decision: str,
    missing: tuple[Permission, ...],
    granting: tuple[str, ...],
) -> None:
    """
    What is known decides; what is unknown is said to be unknown, never taken for a no.
    """
    explanation = explain(required, state, policy)

    assert Decision(decision) is explanation.decision
    assert missing == explanation.missing
    assert granting == explanation.granting_roles
    assert required == explanation.required
    assert held_roles(state) == explanation.held_roles


def test_decision_in_a_condition() -> None:
    """
    Only what is allowed is true; what is unknown is not.
    """
    assert [True, False, False] == [
        bool(one) for one in (Decision.ALLOWED, Decision.DENIED, Decision.UNKNOWN)
    ]


def test_roles_keep_their_order() -> None:
    """
    A role of the Organization takes the place of the project's role of the same id.
    """
    roles = all_roles(POLICY, state_of(custom_roles=[role("reader"), role("guest")]))

    assert ["reader", "writer", "editor", "owner", "nobody", "guest"] == list(roles)
    assert () == roles["reader"].permissions


NAME = Permission("stytch.member", "update", or_if_self=Permission("stytch.self", "update"))
ABOUT_SELF = RBACPolicy(
    roles=(role("plain", **{"stytch.self": ["update"]}), role("admin", **{"stytch.member": ["*"]})),
    resources=(),
    scopes=(),
)
ADA = "member-test-ada"


@pytest.mark.parametrize("roles", [("plain",), ("admin",)])
@pytest.mark.parametrize(
    ("member_id", "knows_member", "by_plain"),
    [
        (ADA, False, "allowed"),
        ("member-test-bob", False, "denied"),
        (None, False, "denied"),
        # The project's own ID of somebody: whose it is, an answer has told or not.
        ("ada-7", True, "allowed"),
        ("bob-8", True, "denied"),
        ("ada-7", False, "unknown"),
    ],
)
def test_about_oneself(
    roles: tuple[str, ...], member_id: str | None, knows_member: bool, by_plain: str
) -> None:
    """
    With itself a Member may do more than with others; who is meant decides, if that is known.
    """
    claims = {"sub": ADA, CLAIM: {"roles": roles}}
    member = evolve(decode(b"{}", Member, envelope=False), member_id=ADA, external_id="ada-7")
    state = evolve(with_jwt(jwt_of(claims)), member=member if knows_member else None)
    explanation = explain((NAME,), state, ABOUT_SELF, member_id=member_id)
    decision = by_plain if roles == ("plain",) else "allowed"

    assert decision == explanation.decision.value
    assert ((NAME,) if decision == "denied" else ()) == explanation.missing


def test_session_goes_before_jwt() -> None:
    """
    What the server said of the session counts, whatever a JWT claims.
    """
    state = evolve(state_of("reader"), session_jwt=jwt_of({CLAIM: {"roles": ["owner"]}}))

    assert ("reader",) == held_roles(state)


@pytest.mark.parametrize(
    "jwt",
    [
        "",
        "a",
        "a.b",
        "a..c",
        "a.*.c",
        "a.ü.c",
        "a.\ud800.c",
        f"a.{urlsafe_b64encode(b'[' * 100_000).decode()}.c",
        f"a.{urlsafe_b64encode(bytes([255])).decode()}.c",
        jwt_of(None),
        jwt_of([]),
        jwt_of({}),
        jwt_of({CLAIM: None}),
        jwt_of({CLAIM: []}),
        jwt_of({CLAIM: {}}),
        jwt_of({CLAIM: {"roles": None}}),
        jwt_of({CLAIM: {"roles": "reader"}}),
        jwt_of({CLAIM: {"roles": {"reader": 1}}}),
    ],
    ids=lambda one: ascii(one[-30:]),
)
def test_malformed_jwts(jwt: str) -> None:
    """
    A JWT that does not tell the roles leaves them unknown.
    """
    assert held_roles(with_jwt(jwt)) is None


def test_roles_that_are_no_text() -> None:
    """
    Of the roles in a JWT those count that are role ids.
    """
    assert ("a", "b") == held_roles(with_jwt(jwt_of({CLAIM: {"roles": ["a", 5, None, [], "b"]}})))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([CLAIM, "roles", "x"]), inner, max_size=3)
    ),
)


@given(st.text(st.characters(exclude_categories=())) | JSON.map(jwt_of))
@example("a.eyJh.c")
def test_any_jwt(jwt: str) -> None:
    """
    No JWT, however broken, breaks a decision.
    """
    roles = held_roles(with_jwt(jwt))

    assert roles is None or all(isinstance(one, str) for one in roles)


class ManualClock:
    """
    A clock that moves by being told.
    """

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, timezone.utc)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def bootstrap(name: str) -> BootstrapResponse:
    """
    Return bootstrap data that can be told apart.
    """
    body = json.dumps({"data": {"project_name": name, "rbac_policy": {}}}).encode()
    return decode(body, BootstrapResponse)


class Source:
    """
    Where the cache fetches from: counts, and answers or fails as told.
    """

    def __init__(self) -> None:
        self.fetches = 0
        self.failure: Exception | None = None

    async def __call__(self) -> BootstrapResponse:
        self.fetches += 1
        await anyio.lowlevel.checkpoint()
        if self.failure is not None:
            raise self.failure
        return bootstrap(f"fetch {self.fetches}")


class GatedSource(Source):
    """
    A source that answers when its gate is opened.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gate = anyio.Event()
        self.asked = anyio.Event()

    async def __call__(self) -> BootstrapResponse:
        self.asked.set()
        self.fetches += 1
        await self.gate.wait()
        return bootstrap(f"fetch {self.fetches}")


def name_in(cache: PolicyCache) -> str | None:
    """
    Return which fetch the cache holds.
    """
    return None if cache.bootstrap is None else cache.bootstrap.project_name


@pytest.mark.anyio
async def test_fresh_for_ten_minutes() -> None:
    """
    What was fetched is trusted for ten minutes, and then fetched again.
    """
    clock, source = ManualClock(), Source()
    cache = PolicyCache(clock)
    assert (None, None, False) == (cache.bootstrap, cache.policy, cache.is_fresh)

    seen = []
    for step in (0, 599, 1, 599.9, 0.1):
        clock.seconds += step
        await cache.refresh(source)
        seen.append(name_in(cache))

    assert ["fetch 1", "fetch 1", "fetch 2", "fetch 2", "fetch 3"] == seen
    assert cache.is_fresh
    assert isinstance(cache.policy, RBACPolicy)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "failure",
    [
        ServerError(
            endpoint="bootstrap.get",
            status_code=500,
            error_type="internal_server_error",
            error_message="Oops.",
        ),
        StytchConnectionError(endpoint="bootstrap.get", reason="reset", attempts=3),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_stale_is_better_than_none(
    failure: StytchError, caplog: pytest.LogCaptureFixture
) -> None:
    """
    A refresh that fails is logged and leaves what was held, which is no longer fresh.
    """
    clock, source = ManualClock(), Source()
    cache = PolicyCache(clock)
    await cache.refresh(source)
    clock.seconds += 600
    source.failure = failure
    with caplog.at_level(logging.WARNING, "stytch_b2b"):
        await cache.refresh(source)
    stale = name_in(cache), cache.is_fresh
    source.failure = None
    await cache.refresh(source)

    assert ("fetch 1", False) == stale
    assert ("fetch 3", True) == (name_in(cache), cache.is_fresh)
    assert [str(failure) in record.getMessage() for record in caplog.records] == [True]


@pytest.mark.anyio
async def test_nothing_held() -> None:
    """
    A first fetch that fails leaves nothing, and the next call tries again.
    """
    source = Source()
    source.failure = StytchConnectionError(endpoint="bootstrap.get", reason="reset", attempts=1)
    cache = PolicyCache(ManualClock())
    await cache.refresh(source)
    await cache.refresh(source)

    assert (2, None) == (source.fetches, cache.policy)


@pytest.mark.anyio
async def test_single_flight() -> None:
    """
    Those who ask while a fetch is on its way share its outcome.
    """
    source, cache = GatedSource(), PolicyCache(ManualClock())
    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(cache.refresh, source)
        await source.asked.wait()
        await anyio.wait_all_tasks_blocked()
        source.gate.set()

    assert (1, "fetch 1") == (source.fetches, name_in(cache))


@pytest.mark.anyio
async def test_single_flight_of_a_failure() -> None:
    """
    A failure is shared too: fifty callers do not try fifty times one after the other.
    """
    source, cache = Source(), PolicyCache(ManualClock())
    source.failure = StytchConnectionError(endpoint="bootstrap.get", reason="reset", attempts=1)
    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(cache.refresh, source)

    assert (1, None) == (source.fetches, cache.policy)


@pytest.mark.anyio
async def test_cancelled_leader_hands_over() -> None:
    """
    If the one who fetches is cancelled, the next who waits fetches instead.
    """
    source, cache = GatedSource(), PolicyCache(ManualClock())
    leader = anyio.CancelScope()
    ended: list[str] = []

    async def lead() -> None:
        with leader:
            await cache.refresh(source)
            ended.append("leader")

    async def follow() -> None:
        await cache.refresh(source)
        ended.append("follower")

    async with anyio.create_task_group() as group:
        group.start_soon(lead)
        await source.asked.wait()
        group.start_soon(follow)
        group.start_soon(follow)
        await anyio.wait_all_tasks_blocked()
        leader.cancel()
        await anyio.wait_all_tasks_blocked()
        source.gate.set()

    assert ["follower", "follower"] == ended
    assert (2, "fetch 2") == (source.fetches, name_in(cache))


@pytest.mark.anyio
async def test_late_answer_replaces_nothing_newer() -> None:
    """
    What somebody else fetched meanwhile stays: the answer may be from before the policy changed.
    """
    source, cache = GatedSource(), PolicyCache(ManualClock())
    async with anyio.create_task_group() as group:
        group.start_soon(cache.refresh, source)
        await source.asked.wait()
        cache.hold(bootstrap("changed"))
        source.gate.set()

    assert ("changed", True) == (name_in(cache), cache.is_fresh)


@pytest.mark.anyio
async def test_cancelled_waiter_disturbs_nobody() -> None:
    """
    One who stops waiting stops waiting, and the fetch goes on.
    """
    source, cache = GatedSource(), PolicyCache(ManualClock())
    async with anyio.create_task_group() as group:
        group.start_soon(cache.refresh, source)
        await source.asked.wait()
        with anyio.move_on_after(0) as waited:
            await cache.refresh(source)
        source.gate.set()

    assert waited.cancelled_caught
    assert (1, "fetch 1") == (source.fetches, name_in(cache))


@pytest.mark.parametrize("backends", [("asyncio", "asyncio"), ("asyncio", "trio")])
def test_two_loops_at_once(backends: tuple[str, str]) -> None:
    """
    Loops in two threads refresh one cache at the same time, and neither waits for the other.
    """
    cache = PolicyCache(ManualClock())
    together = threading.Barrier(2, timeout=30)
    fetches: list[str] = []

    async def fetch() -> BootstrapResponse:
        # Both loops are here at once, or the barrier breaks.
        together.wait()
        fetches.append(threading.current_thread().name)
        return bootstrap("fetched")

    async def refresh() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(cache.refresh, fetch)

    threads = [
        threading.Thread(target=lambda one=one: anyio.run(refresh, backend=one)) for one in backends
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(thread.name for thread in threads) == sorted(fetches)
    assert "fetched" == name_in(cache)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """
    Run one emulator for these tests.
    """
    with Emulator() as running:
        yield running


@pytest.fixture
async def root(emulator: Emulator) -> AsyncIterator[AsyncStytchB2BClient]:
    """
    Make a client that is not logged in, against an emulator that has heard nothing so far.
    """
    emulator.reset()
    async with AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url) as client:
        yield client


def acting(root: AsyncStytchB2BClient, emulator: Emulator, *roles: str) -> AsyncStytchB2BClient:
    """
    Return a client that acts as a Member with these roles.
    """
    signed_in = emulator.sign_in(roles=roles)
    return root.with_session(
        session_token=signed_in.session_token, session_jwt=signed_in.session_jwt
    )


CALLS: Mapping[str, Callable[[AsyncStytchB2BClient], Callable[..., Any]]] = {
    "documented": lambda client: client.scim.get_connection,
    "undocumented": lambda client: client.session.exchange,
    "free": lambda client: client.magic_links.authenticate,
}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("call", "roles", "decision"),
    [
        ("documented", ["stytch_admin"], Decision.ALLOWED),
        ("documented", [], Decision.DENIED),
        # Nobody wrote down what the call needs, so nobody knows whether it is allowed.
        ("undocumented", ["stytch_admin"], Decision.UNKNOWN),
        ("free", [], Decision.ALLOWED),
    ],
)
async def test_can(
    root: AsyncStytchB2BClient,
    emulator: Emulator,
    call: str,
    roles: Sequence[str],
    decision: Decision,
) -> None:
    """
    `can` answers for a Member by its roles, as far as anything is known of the call.
    """
    client = acting(root, emulator, *roles)

    assert decision is await client.can(CALLS[call](client))


@pytest.mark.anyio
@pytest.mark.parametrize("call", ["documented", "undocumented"])
async def test_can_without_a_session(root: AsyncStytchB2BClient, call: str) -> None:
    """
    Who is not logged in may not make a call that needs a session.
    """
    assert Decision.DENIED is await root.can(CALLS[call](root))


@pytest.mark.anyio
async def test_can_asks_once(root: AsyncStytchB2BClient, emulator: Emulator) -> None:
    """
    The policy is fetched for the first question, by whichever client, and not for the next ones.
    """
    first, second = acting(root, emulator, "stytch_admin"), acting(root, emulator)
    for client in (first, second, first):
        await client.can(client.scim.update_connection, fields=["display_name"])
        await client.rbac.is_authorized("stytch.scim", "get")

    assert ["bootstrap.get"] == [request.operation for request in emulator.requests]


@pytest.mark.anyio
async def test_can_by_fields(root: AsyncStytchB2BClient, emulator: Emulator) -> None:
    """
    Fields with permissions of their own decide by those.
    """
    emulator.set_policy(
        {
            "roles": [
                {
                    "role_id": "assigner",
                    "permissions": [
                        {
                            "resource_id": "stytch.organization",
                            "actions": ["update.settings.implicit-roles"],
                        }
                    ],
                }
            ],
            "resources": [],
        }
    )
    client = acting(root, emulator, "assigner")
    update = client.scim.update_connection
    own = "scim_group_implicit_role_assignments"

    assert Decision.ALLOWED is await client.can(update, fields=[own])
    assert Decision.DENIED is await client.can(update)
    assert Decision.DENIED is await client.can(update, fields=[own, "display_name"])
