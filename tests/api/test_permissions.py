"""Permissions: refusals explained, calls denied before they are sent, questions answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anyio
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    Decision,
    InvalidArgumentError,
    NoSessionError,
    NotFoundError,
    Permission,
    PermissionDeniedError,
    SessionState,
    StytchError,
)
from stytch_b2b.emulator import Emulator, ScimConnection, SignedIn
from tests.api.support import hold, logged, operations, release, sent_as, until

pytestmark = pytest.mark.anyio

SCIM_UPDATE = Permission("stytch.scim", "update")
IMPLICIT_ROLES = Permission("stytch.organization", "update.settings.implicit-roles")

ROLES = [
    {
        "role_id": "scim_editor",
        "permissions": [{"resource_id": "stytch.scim", "actions": ["update"]}],
    },
    {
        "role_id": "role_mapper",
        "permissions": [
            {
                "resource_id": "stytch.organization",
                "actions": ["update.settings.implicit-roles"],
            }
        ],
    },
]

BOOTSTRAP = "bootstrap.get"
GET = "scim.get_connection"
UPDATE = "scim.update_connection"


@pytest.fixture(autouse=True)
def connection(emulator: Emulator) -> ScimConnection:
    """
    The connection of Acme, which has two roles of its own.
    """
    emulator.set_custom_roles("Acme", ROLES)
    return emulator.create_scim_connection("Acme")


@pytest.fixture
def acting_with(
    emulator: Emulator, client: AsyncStytchB2BClient
) -> Callable[[Sequence[str]], AsyncStytchB2BClient]:
    """
    Make a client that acts as somebody who holds the roles given.
    """

    def make(roles: Sequence[str], **options: Any) -> AsyncStytchB2BClient:
        signed_in = emulator.sign_in("grace@acme.example", "Acme", roles=roles)
        return client.with_session(
            session_token=signed_in.session_token, session_jwt=signed_in.session_jwt
        ).with_options(**options)

    return make


def fields(connection: ScimConnection, emulator: Emulator, *names: str) -> dict[str, Any]:
    """
    Return values for the named arguments of an update.
    """
    group = emulator.create_scim_group(connection, "Engineers")
    assignment = {"group_id": group.group_id, "role_id": "stytch_admin"}
    values = {
        "display_name": "New",
        "identity_provider": "okta",
        "scim_group_implicit_role_assignments": [assignment],
    }
    return {name: values[name] for name in names}


NAME = ("display_name",)
MAP = ("scim_group_implicit_role_assignments",)
BOTH = NAME + MAP


class TestFields:
    """
    A field's own permission stands instead of the call's for that field.
    """

    @pytest.mark.parametrize(
        ("roles", "given"),
        [
            (["scim_editor"], NAME),
            (["scim_editor"], ()),
            (["role_mapper"], MAP),
            (["scim_editor", "role_mapper"], BOTH),
            (["scim_editor", "role_mapper"], ("identity_provider", *BOTH)),
            (["stytch_admin"], BOTH),
        ],
    )
    @pytest.mark.parametrize("checks", ["explain", "enforce"])
    async def test_granted(
        self, acting_with, emulator, connection, roles, given, checks: Any
    ) -> None:
        """
        Whoever holds just what the fields given need may make the call, in either mode.
        """
        grace = acting_with(roles, permission_checks=checks)
        await grace.session.authenticate()

        response = await grace.scim.update_connection(
            connection.connection_id, **fields(connection, emulator, *given)
        )
        decision = await grace.can(grace.scim.update_connection, fields=given)

        assert connection.connection_id == response.connection.connection_id
        assert Decision.ALLOWED is decision

    @pytest.mark.parametrize(
        ("roles", "given", "missing", "granting"),
        [
            ([], NAME, [SCIM_UPDATE], ["stytch_admin", "scim_editor"]),
            ([], (), [SCIM_UPDATE], ["stytch_admin", "scim_editor"]),
            ([], MAP, [IMPLICIT_ROLES], ["stytch_admin", "role_mapper"]),
            ([], BOTH, [SCIM_UPDATE, IMPLICIT_ROLES], ["stytch_admin"]),
            (["scim_editor"], MAP, [IMPLICIT_ROLES], ["stytch_admin", "role_mapper"]),
            (["scim_editor"], BOTH, [IMPLICIT_ROLES], ["stytch_admin", "role_mapper"]),
            (["role_mapper"], NAME, [SCIM_UPDATE], ["stytch_admin", "scim_editor"]),
            (["role_mapper"], (), [SCIM_UPDATE], ["stytch_admin", "scim_editor"]),
            (["role_mapper"], BOTH, [SCIM_UPDATE], ["stytch_admin", "scim_editor"]),
        ],
    )
    @pytest.mark.parametrize("checks", ["explain", "enforce"])
    async def test_refused(
        self, acting_with, emulator, connection, roles, given, missing, granting, checks: Any
    ) -> None:
        """
        Whoever lacks one of them is told just that one; `enforce` and the server agree.
        """
        grace = acting_with(roles, permission_checks=checks)
        await grace.session.authenticate()

        with pytest.raises(PermissionDeniedError) as caught:
            await grace.scim.update_connection(
                connection.connection_id, **fields(connection, emulator, *given)
            )
        error = caught.value
        decision = await grace.can(grace.scim.update_connection, fields=given)

        assert tuple(missing) == error.missing_permissions
        assert set(missing) <= set(error.required_permissions)
        assert {"stytch_member", *roles} == set(error.held_roles)
        assert tuple(granting) == error.granting_roles
        assert (checks == "explain") == error.sent
        assert (1 if error.sent else 0) == len(logged(emulator, UPDATE)) == error.attempts
        assert Decision.DENIED is decision


class TestExplanation:
    """
    A refusal of the server is explained as well as can be, and always raised.
    """

    async def test_custom_roles_of_the_organization(self, member) -> None:
        """
        Custom roles are merged in once the Organization is known.
        """
        with pytest.raises(PermissionDeniedError) as before:
            await member.scim.rotate_start("id")
        await member.organization.get()
        with pytest.raises(PermissionDeniedError) as after:
            await member.scim.rotate_start("id")

        assert ("stytch_admin",) == before.value.granting_roles
        assert ("stytch_admin", "scim_editor") == after.value.granting_roles

    async def test_roles_from_the_jwt(self, acting_with) -> None:
        """
        Of a session that was taken over, the JWT tells the roles.
        """
        grace = acting_with(["scim_editor"])

        with pytest.raises(PermissionDeniedError) as caught:
            await grace.scim.get_connection()

        assert {"stytch_member", "scim_editor"} == set(caught.value.held_roles)

    @pytest.mark.parametrize(
        "jwt", [None, "opaque", "a.b.c", "a.W10.c", "a.eyJodHRwczovL3N0eXRjaC5jb20vc2Vzc2lvbiI6MX0"]
    )
    async def test_unknown_roles(self, client, member_session, jwt: str | None) -> None:
        """
        Without a JWT that can be read the roles are unknown: all that was needed may be missing.
        """
        view = client.with_session(session_token=member_session.session_token, session_jwt=jwt)

        with pytest.raises(PermissionDeniedError) as caught:
            await view.scim.get_connection()
        error = caught.value

        assert error.held_roles is None
        assert (Permission("stytch.scim", "get"),) == error.required_permissions
        assert error.required_permissions == error.missing_permissions
        assert ("stytch_admin",) == error.granting_roles
        assert "get on stytch.scim; granted by: stytch_admin" in str(error)

    @pytest.mark.parametrize(
        "fault",
        [
            {"status": 500},
            {"status": 403},
            {"status": 429},
            {"status": 200, "body": "no JSON"},
            {"status": 200, "body": {"data": {"rbac_policy": None}}},
            {"status": 302, "headers": {"Location": "/elsewhere"}},
            {"drop": "after_read"},
            {"cut_body": True},
        ],
    )
    async def test_failing_bootstrap(
        self, make_client, emulator, clock, member_session, fault: dict[str, Any]
    ) -> None:
        """
        If the policy cannot be had the refusal says what was needed, and no more.
        """
        member = make_client(clock=clock).with_session(session_token=member_session.session_token)
        emulator.faults.add(operation=BOOTSTRAP, times=9, **fault)

        with pytest.raises(PermissionDeniedError) as caught:
            await member.scim.get_connection()

        assert (Permission("stytch.scim", "get"),) == caught.value.required_permissions
        assert caught.value.required_permissions == caught.value.missing_permissions
        assert () == caught.value.granting_roles
        assert caught.value.sent

    async def test_hanging_bootstrap(self, member, emulator) -> None:
        """
        The refusal waits for its explanation no longer than the call may take.
        """
        emulator.faults.add(operation=BOOTSTRAP, delay=600)

        with anyio.fail_after(5), pytest.raises(PermissionDeniedError) as caught:
            await member.with_options(timeout=0.5).scim.get_connection()

        assert () == caught.value.granting_roles

    async def test_closed_meanwhile(self, make_client, emulator, member_session) -> None:
        """
        A client that is closed before the explanation still raises the refusal.
        """
        client = make_client()
        client.session.update_session(session_token=member_session.session_token)
        emulator.faults.add(operation=BOOTSTRAP, delay=600)
        errors: list[Exception] = []

        async def call() -> None:
            try:
                await client.scim.get_connection()
            except Exception as error:
                errors.append(error)

        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(call)
                await until(lambda: logged(emulator, BOOTSTRAP))
                await client.aclose()

        assert [PermissionDeniedError] == [type(error) for error in errors]

    async def test_of_the_member_who_called(
        self, client, emulator, member_session, admin_session
    ) -> None:
        """
        The roles named are those of the Member who was refused, whoever has logged in since.
        """
        client.session.update_session(
            session_token=member_session.session_token, session_jwt=member_session.session_jwt
        )
        hold(emulator, GET)
        errors: list[PermissionDeniedError] = []

        async def call() -> None:
            with pytest.raises(PermissionDeniedError) as caught:
                await client.scim.get_connection()
            errors.append(caught.value)

        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await until(lambda: logged(emulator, GET))
            client.session.update_session(
                session_token=admin_session.session_token, session_jwt=admin_session.session_jwt
            )
            release(emulator)

        assert ("stytch_member",) == errors[0].held_roles

    @pytest.mark.parametrize("error_type", ["captcha_required", "action_not_allowed"])
    async def test_other_refusals(self, member, emulator, error_type: str) -> None:
        """
        A 403 that is not about permissions is not explained by them, and fetches nothing.
        """
        emulator.faults.add(
            status=403, body={"error_type": error_type, "error_message": "m"}, operation=GET
        )

        with pytest.raises(StytchError) as caught:
            await member.scim.get_connection()

        assert not getattr(caught.value, "required_permissions", ())
        assert [GET] == operations(emulator)

    async def test_tenancy(self, admin, emulator) -> None:
        """
        A refusal because of the wrong Organization is explained as far as the policy goes.
        """
        body = {"error_type": "session_authorization_tenancy_error", "error_message": "m"}
        emulator.faults.add(status=403, body=body, operation=GET)

        with pytest.raises(PermissionDeniedError) as caught:
            await admin.scim.get_connection()

        assert () == caught.value.missing_permissions
        assert (Permission("stytch.scim", "get"),) == caught.value.required_permissions


class TestEnforce:
    """
    What a fresh policy denies is not sent; everything else is left to the server.
    """

    @pytest.fixture
    async def enforcing(self, member: AsyncStytchB2BClient) -> AsyncStytchB2BClient:
        """
        A client of Bob, who may nothing, that enforces.
        """
        await member.session.authenticate()
        return member.with_options(permission_checks="enforce")

    async def test_denies_before_network(self, enforcing, emulator) -> None:
        """
        The call does not reach the server; the policy is fetched once for all of them.
        """
        emulator.requests.clear()
        for _ in range(2):
            with pytest.raises(PermissionDeniedError) as caught:
                await enforcing.scim.get_connection()

        assert [BOOTSTRAP] == operations(emulator)
        assert (False, 0, 403) == (
            caught.value.sent,
            caught.value.attempts,
            caught.value.status_code,
        )

    async def test_stale_policy_denies_nothing(self, enforcing, emulator) -> None:
        """
        If the policy is old and no newer one can be had, the server decides.
        """
        with pytest.raises(PermissionDeniedError):
            await enforcing.scim.get_connection()
        emulator.clock.advance(minutes=11)
        emulator.faults.add(operation=BOOTSTRAP, times=9, status=500)
        with pytest.raises(PermissionDeniedError) as caught:
            await enforcing.scim.get_connection()

        assert caught.value.sent
        assert 1 == len(logged(emulator, GET))
        assert ("stytch_admin",) == caught.value.granting_roles

    async def test_no_policy_denies_nothing(self, enforcing, emulator) -> None:
        """
        If there is no policy at all, the server decides.
        """
        emulator.faults.add(operation=BOOTSTRAP, times=9, status=500)

        with pytest.raises(PermissionDeniedError) as caught:
            await enforcing.scim.get_connection()

        assert caught.value.sent

    async def test_unknown_roles_deny_nothing(self, client, emulator, member_session) -> None:
        """
        If the roles are unknown, the server decides.
        """
        view = client.with_session(session_token=member_session.session_token)

        with pytest.raises(PermissionDeniedError) as caught:
            await view.with_options(permission_checks="enforce").scim.get_connection()

        assert caught.value.sent

    async def test_no_session_comes_first(self, client, emulator) -> None:
        """
        Without a session not even the policy is fetched.
        """
        with pytest.raises(NoSessionError):
            await client.with_options(permission_checks="enforce").scim.get_connection()

        assert [] == operations(emulator)

    async def test_undocumented_permission_is_left_to_the_server(self, enforcing, emulator) -> None:
        """
        A call whose permission nobody documents is sent, without a look at the policy.
        """
        emulator.requests.clear()
        await enforcing.self.get()

        assert ["self.get"] == operations(emulator)

    async def test_deadline_covers_the_policy(self, enforcing, emulator) -> None:
        """
        A policy that does not come takes no more than the call's own time.
        """
        emulator.faults.add(operation=BOOTSTRAP, delay=600, times=9)

        with anyio.fail_after(3), pytest.raises(StytchError):
            await enforcing.with_options(timeout=0.1, retries=0).scim.get_connection()


class TestPolicy:
    """
    The policy is fetched when it is needed, and then for ten minutes not again.
    """

    async def test_not_fetched_without_need(self, admin, emulator) -> None:
        """
        Calls that succeed, or fail for other reasons, do not fetch it.
        """
        await admin.session.authenticate()
        await admin.scim.get_connection()
        with pytest.raises(NotFoundError):
            await admin.scim.delete_connection("id")
        await admin.session.revoke()

        assert [] == logged(emulator, BOOTSTRAP)

    async def test_once_in_ten_minutes(self, member, client, emulator) -> None:
        """
        All that need it share one, whichever client asks.
        """
        for _ in range(2):
            with pytest.raises(PermissionDeniedError):
                await member.scim.get_connection()
        await member.rbac.is_authorized("stytch.scim", "get")
        await client.rbac.all_permissions()
        await client.can(client.scim.get_connection)
        first = len(logged(emulator, BOOTSTRAP))
        emulator.clock.advance(minutes=9)
        await client.rbac.all_permissions()
        before_ten = len(logged(emulator, BOOTSTRAP))
        emulator.clock.advance(minutes=1)
        await client.rbac.all_permissions()

        assert (1, 1, 2) == (first, before_ten, len(logged(emulator, BOOTSTRAP)))

    async def test_fetched_as_nobody(self, member, emulator) -> None:
        """
        Nobody's session is sent for it.
        """
        await member.can(member.scim.get_connection)

        assert [emulator.public_token] == [sent_as(each) for each in logged(emulator, BOOTSTRAP)]

    async def test_single_flight(self, member, emulator) -> None:
        """
        Those who need it at once share one fetch.
        """
        hold(emulator, BOOTSTRAP)
        answers: list[bool] = []

        async def ask() -> None:
            answers.append(await member.rbac.is_authorized("stytch.self", "delete"))

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(ask)
            await until(lambda: logged(emulator, BOOTSTRAP))
            release(emulator)

        assert [True] * 5 == answers
        assert 1 == len(logged(emulator, BOOTSTRAP))

    async def test_cancelled_leader(self, member, emulator) -> None:
        """
        If the one who fetches is cancelled, the next who waits takes over.
        """
        emulator.faults.add(operation=BOOTSTRAP, delay=600)
        answers: list[bool] = []
        leader = anyio.CancelScope()

        async def lead() -> None:
            with leader:
                await member.rbac.is_authorized("stytch.self", "delete")

        async def follow() -> None:
            answers.append(await member.rbac.is_authorized("stytch.self", "delete"))

        async with anyio.create_task_group() as group:
            group.start_soon(lead)
            await until(lambda: logged(emulator, BOOTSTRAP))
            group.start_soon(follow)
            await anyio.wait_all_tasks_blocked()
            leader.cancel()

        assert [True] == answers
        assert 2 == len(logged(emulator, BOOTSTRAP))

    async def test_failed_refresh_serves_the_stale_one(self, member, emulator) -> None:
        """
        An old policy is better than none.
        """
        await member.rbac.is_authorized("stytch.self", "delete")
        emulator.clock.advance(minutes=11)
        emulator.faults.add(operation=BOOTSTRAP, times=9, status=500)

        assert await member.rbac.is_authorized("stytch.self", "delete")

    async def test_timeout_of_the_client(self, make_client, emulator) -> None:
        """
        The fetch is a call like any other: the client's timeout counts.
        """
        client = make_client(timeout=0.1, retries=0)
        emulator.faults.add(operation=BOOTSTRAP, delay=600, times=9)

        with anyio.fail_after(3):
            answer = await client.rbac.is_authorized("stytch.self", "delete")

        assert not answer


class TestCan:
    """
    A client can be asked before a call is made.
    """

    async def test_members(self, member, admin) -> None:
        """
        Bob is denied what Ada is allowed.
        """
        assert Decision.DENIED is await member.can(member.scim.get_connection)
        assert Decision.ALLOWED is await admin.can(admin.scim.get_connection)
        assert not await member.can(admin.scim.get_connection)
        assert await admin.can(member.scim.get_connection)

    async def test_logged_out(self, client) -> None:
        """
        Who is logged out holds no role.
        """
        assert Decision.DENIED is await client.can(client.scim.get_connection)

    async def test_unknown(self, client, emulator, member_session) -> None:
        """
        Without roles, or without a policy, the answer is that nobody knows.
        """
        view = client.with_session(session_token=member_session.session_token)
        without_roles = await view.can(view.scim.get_connection)
        emulator.clock.advance(minutes=11)
        emulator.faults.add(operation=BOOTSTRAP, times=9, status=500)
        fresh = client.with_state(SessionState())

        assert Decision.UNKNOWN is without_roles
        assert Decision.DENIED is await fresh.can(view.scim.get_connection)

    async def test_no_policy(self, member, emulator) -> None:
        """
        Without a policy the answer is that nobody knows.
        """
        emulator.faults.add(operation=BOOTSTRAP, times=9, status=500)

        assert Decision.UNKNOWN is await member.can(member.scim.get_connection)

    async def test_needs_no_permission(self, client, emulator) -> None:
        """
        A call that needs no permission is allowed to all, without a look at the policy.
        """
        decision = await client.can(client.magic_links.authenticate)

        assert Decision.ALLOWED is decision
        assert [] == operations(emulator)

    async def test_revoke_has_a_face(self, admin) -> None:
        """
        A method with a body of its own answers for the call that it makes.
        """
        assert isinstance(await admin.can(admin.session.revoke), Decision)

    async def test_no_such_field(self, admin, emulator) -> None:
        """
        A field that the call does not take is a mistake.
        """
        with pytest.raises(InvalidArgumentError, match="nickname"):
            await admin.can(admin.scim.update_connection, fields=["nickname"])

        assert [] == operations(emulator)

    @pytest.mark.parametrize("method", [print, "scim.get_connection", None])
    async def test_no_call(self, admin, method: Any) -> None:
        """
        What is no call to the API is a mistake.
        """
        with pytest.raises(TypeError, match="expected a method"):
            await admin.can(method)

    async def test_local_method(self, admin) -> None:
        """
        A method that sends nothing is a mistake, too.
        """
        with pytest.raises(TypeError):
            await admin.can(admin.session.get_sync)


class TestSync:
    """
    The blocking client knows the same.
    """

    def test_can(self, sync_admin: Any, sync_client: Any, member_session: SignedIn) -> None:
        """
        It can be asked, by its own methods.
        """
        bob = sync_client.with_session(
            session_token=member_session.session_token, session_jwt=member_session.session_jwt
        )

        assert Decision.ALLOWED is sync_admin.can(
            sync_admin.scim.update_connection, fields=["display_name"]
        )
        assert Decision.DENIED is bob.can(bob.scim.update_connection)

    def test_enforce(self, sync_client: Any, member_session: SignedIn, emulator: Emulator) -> None:
        """
        It denies before network.
        """
        bob = sync_client.with_session(
            session_token=member_session.session_token, session_jwt=member_session.session_jwt
        ).with_options(permission_checks="enforce")

        with pytest.raises(PermissionDeniedError) as caught:
            bob.scim.rotate_start("id")

        assert not caught.value.sent
        assert [BOOTSTRAP] == operations(emulator)
