"""The Members of an Organization, administered: what changes, what the client keeps, what fails."""

from __future__ import annotations

from typing import Any

import pytest

from stytch_b2b import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    NoSessionError,
    NotFoundError,
    SessionState,
    StytchAPIError,
)
from stytch_b2b.emulator import Emulator, Member
from tests.api.support import operations

pytestmark = pytest.mark.anyio

PHONE = "+12025550162"
PASSWORD = "violet-tundra-92-kite"
BOB = "bob@acme.example"
NEW = "robert@acme.example"
UNKNOWN = "member-test-0"

# What may be changed of somebody, and how it looks afterwards.
CHANGES: dict[str, tuple[Any, Any]] = {
    "name": ("Robert", "Robert"),
    "mfa_enrolled": (True, True),
    "mfa_phone_number": (PHONE, PHONE),
    "untrusted_metadata": ({"theme": "dark"}, {"theme": "dark"}),
    "is_breakglass": (True, True),
    "email_address": ("Robert@Acme.Example", NEW),
}

# What is deleted of somebody who has it, and what is left in the field.
DELETIONS: dict[str, str] = {
    "delete_mfa_phone_number": "mfa_phone_number",
    "delete_mfa_totp": "totp_registration_id",
    "delete_password": "member_password_id",
}

every_change = pytest.mark.parametrize("field", CHANGES)
every_deletion = pytest.mark.parametrize("method", DELETIONS)


@pytest.fixture
def bob(emulator: Emulator) -> Member:
    """
    Bob, whom Ada administers: with a password, a phone and an app.
    """
    emulator.set_cross_organization_passwords(False)
    return equipped(emulator, emulator.create_member("Acme", BOB, password=PASSWORD), PHONE)


def equipped(emulator: Emulator, member: Member, phone_number: str) -> Member:
    """
    Give a Member a phone and an app.
    """
    emulator.enroll_phone(member, phone_number)
    emulator.enroll_totp(member)
    return member


def target_of(method: str, member: Member) -> str:
    """
    Return what names a Member, or its password, in a call that deletes.
    """
    if method != "delete_password":
        return member.member_id
    assert member.password is not None
    return member.password.password_id


def summary(error: pytest.ExceptionInfo[Any]) -> tuple[type, int, str]:
    """
    Return what tells a caller what went wrong.
    """
    assert isinstance(error.value, StytchAPIError)
    return type(error.value), error.value.status_code, error.value.error_type


class TestCreate:
    """
    Somebody becomes a Member without a message.
    """

    async def test_everything_given(self, admin, emulator) -> None:
        """
        The Member is as it was asked for, and the client's own one stays.
        """
        await admin.session.authenticate()
        before = admin.state
        response = await admin.organization.members.create(
            email_address="New@Acme.Example",
            name="Newton",
            roles=["stytch_admin"],
            is_breakglass=True,
            mfa_enrolled=True,
            mfa_phone_number=PHONE,
            untrusted_metadata={"theme": "dark"},
        )
        member = response.member

        assert response.member_id == member.member_id
        assert before.organization.organization_id == response.organization.organization_id
        assert ("new@acme.example", "Newton", "active", False) == (
            member.email_address,
            member.name,
            member.status,
            member.email_address_verified,
        )
        assert {"stytch_member", "stytch_admin"} == {role.role_id for role in member.roles}
        assert (True, True, True) == (member.is_admin, member.is_breakglass, member.mfa_enrolled)
        assert (PHONE, {"theme": "dark"}) == (member.mfa_phone_number, member.untrusted_metadata)
        assert before is admin.state
        assert [] == [*emulator.outbox]

    async def test_pending(self, admin) -> None:
        """
        A Member may wait for its first login.
        """
        response = await admin.organization.members.create(
            email_address=NEW, create_member_as_pending=True
        )

        assert "pending" == response.member.status

    @pytest.mark.parametrize(
        ("given", "error"),
        [
            ({"email_address": BOB}, (ConflictError, 400, "duplicate_member_email")),
            ({"email_address": "bob"}, (BadRequestError, 400, "invalid_email")),
            ({"roles": ["none"]}, (BadRequestError, 400, "invalid_rbac_role_id")),
            (
                {"roles": ["stytch_member"]},
                (BadRequestError, 400, "cannot_assign_default_rbac_role_id"),
            ),
            ({"mfa_phone_number": "555"}, (BadRequestError, 400, "invalid_phone_number")),
            (
                {"mfa_phone_number": PHONE},
                (ConflictError, 400, "duplicate_member_phone_number"),
            ),
            (
                {"untrusted_metadata": dict.fromkeys("abcdefghijklmnopqrstu", 1)},
                (BadRequestError, 400, "metadata_too_many_keys"),
            ),
        ],
    )
    async def test_refused(self, admin, bob, given: dict[str, Any], error: object) -> None:
        """
        What does not fit is refused, and nobody is created.
        """
        with pytest.raises(StytchAPIError) as caught:
            await admin.organization.members.create(**{"email_address": NEW, **given})
        found = await admin.organization.members.search()

        assert error == summary(caught)
        assert {"ada@acme.example", BOB} == {member.email_address for member in found.members}


class TestUpdate:
    """
    What is given of a Member changes, and nothing else.
    """

    @every_change
    async def test_another(self, admin, emulator, field: str) -> None:
        """
        The change of somebody else is in the answer; the client's own Member stays.
        """
        await admin.session.authenticate()
        before = admin.state
        member = emulator.create_member("Acme", BOB)
        value, expected = CHANGES[field]
        response = await admin.organization.members.update(member.member_id, **{field: value})

        assert member.member_id == response.member_id == response.member.member_id
        assert expected == getattr(response.member, field)
        assert before is admin.state

    @every_change
    async def test_oneself(self, admin, admin_session, emulator, field: str) -> None:
        """
        The change of oneself becomes the client's, and the session stays.
        """
        emulator.create_member("Acme", "eve@acme.example", roles=["stytch_admin"])
        await admin.session.authenticate()
        before = admin.state
        value, expected = CHANGES[field]
        response = await admin.organization.members.update(
            admin_session.member_id, **{field: value}
        )

        assert expected == getattr(admin.state.member, field)
        assert response.member == admin.state.member
        assert before.member_session is admin.state.member_session
        assert before.organization is admin.state.organization
        assert before.credentials == admin.state.credentials

    async def test_roles(self, admin, bob) -> None:
        """
        Roles are replaced; an empty list leaves the role of everybody.
        """
        update = admin.organization.members.update
        given = await update(bob.member_id, roles=["stytch_admin"])
        taken = await update(bob.member_id, roles=[])

        assert given.member.is_admin
        assert ["stytch_member"] == [role.role_id for role in taken.member.roles]

    async def test_metadata_is_merged(self, admin, bob) -> None:
        """
        A key is replaced, another is kept, and one whose value is ``None`` goes.
        """
        update = admin.organization.members.update
        await update(bob.member_id, untrusted_metadata={"a": 1, "b": {"x": 1}, "c": 3})
        response = await update(bob.member_id, untrusted_metadata={"b": {"y": 2}, "c": None})

        assert {"a": 1, "b": {"y": 2}} == response.member.untrusted_metadata

    async def test_default_method(self, admin, bob) -> None:
        """
        The second factor asked for first is one that the Member has.
        """
        response = await admin.organization.members.update(bob.member_id, default_mfa_method="totp")

        assert "totp" == response.member.default_mfa_method

    async def test_by_an_external_id(self, admin, emulator) -> None:
        """
        A Member is found by the ID that the project gave it.
        """
        member = emulator.create_member("Acme", BOB, external_id="employee-7")
        response = await admin.organization.members.update("employee-7", name="Robert")

        assert (member.member_id, "Robert") == (response.member_id, response.member.name)

    @pytest.mark.parametrize("unlink", [False, True])
    async def test_old_address(self, admin, bob, unlink: bool) -> None:
        """
        The old address is retired and kept from others, unless it is given up at once.
        """
        members = admin.organization.members
        response = await members.update(bob.member_id, email_address=NEW, unlink_email=unlink)
        retired = [one.email_address for one in response.member.retired_email_addresses]
        outcome: object = None
        try:
            await members.create(email_address=BOB)
        except BadRequestError as error:
            outcome = error.error_type

        assert (NEW, False) == (
            response.member.email_address,
            response.member.email_address_verified,
        )
        expected = ([], None) if unlink else ([BOB], "retired_member_email")
        assert expected == (retired, outcome)

    @pytest.mark.parametrize(
        ("given", "error"),
        [
            (
                {"email_address": "eve@acme.example"},
                (ConflictError, 400, "duplicate_member_email"),
            ),
            ({"email_address": "eve"}, (BadRequestError, 400, "invalid_email")),
            ({"roles": ["none"]}, (BadRequestError, 400, "invalid_rbac_role_id")),
            ({"mfa_phone_number": "555"}, (BadRequestError, 400, "invalid_phone_number")),
            (
                {"default_mfa_method": "totp"},
                (BadRequestError, 400, "default_mfa_member_missing_factor"),
            ),
        ],
    )
    async def test_refused(self, admin, emulator, given: dict[str, Any], error: object) -> None:
        """
        If one thing does not fit nothing changes.
        """
        emulator.create_member("Acme", "eve@acme.example")
        member = emulator.create_member("Acme", BOB)
        with pytest.raises(StytchAPIError) as caught:
            await admin.organization.members.update(member.member_id, name="Robert", **given)

        assert error == summary(caught)
        assert (BOB, "") == (member.email_address, member.name)

    async def test_last_admin(self, admin, admin_session, emulator) -> None:
        """
        The last who administers the Organization stays; with another one it may go.
        """
        await admin.session.authenticate()
        before = admin.state
        members = admin.organization.members
        refused: list[object] = []
        for call in (
            lambda: members.update(admin_session.member_id, roles=[]),
            lambda: members.delete(admin_session.member_id),
        ):
            with pytest.raises(StytchAPIError) as caught:
                await call()
            refused.append(summary(caught))
        kept = admin.state
        emulator.create_member("Acme", "eve@acme.example", roles=["stytch_admin"])
        response = await members.update(admin_session.member_id, roles=[])

        assert [(BadRequestError, 400, "bad_request")] * 2 == refused
        assert before is kept
        assert not response.member.is_admin


class TestDelete:
    """
    A Member is deleted, and may come back.
    """

    async def test_another(self, admin, member, member_session) -> None:
        """
        Who is deleted is logged out; the client of who deletes keeps all it knows.
        """
        await admin.session.authenticate()
        before = admin.state
        response = await admin.organization.members.delete(member_session.member_id)
        with pytest.raises(AuthenticationError) as caught:
            await member.self.update(name="Robert")

        assert member_session.member_id == response.member_id
        assert before is admin.state
        assert (AuthenticationError, "session_not_found") == (
            type(caught.value),
            caught.value.error_type,
        )

    async def test_oneself_by_tokens_alone(self, client, admin_session, emulator) -> None:
        """
        The JWT is enough to know that it is oneself whom one deletes.
        """
        emulator.create_member("Acme", "eve@acme.example", roles=["stytch_admin"])
        acting = client.with_session(
            session_token=admin_session.session_token, session_jwt=admin_session.session_jwt
        )
        await acting.organization.members.delete(admin_session.member_id)

        assert SessionState() == acting.state

    @pytest.mark.parametrize("is_known", [True, False])
    async def test_oneself(self, admin, admin_session, emulator, is_known: bool) -> None:
        """
        The client of who deletes itself is logged out once it knows whom it acts as.
        """
        emulator.create_member("Acme", "eve@acme.example", roles=["stytch_admin"])
        if is_known:
            await admin.session.authenticate()
        else:
            await admin.self.get()
        told: list[Any] = []
        admin.on_state_change(lambda old, new: told.append(new))
        await admin.organization.members.delete(admin_session.member_id)

        assert SessionState() == admin.state
        assert [SessionState()] == told
        with pytest.raises(NoSessionError):
            await admin.self.get()

    async def test_twice(self, admin, bob) -> None:
        """
        A deleted Member cannot be deleted or changed.
        """
        members = admin.organization.members
        await members.delete(bob.member_id)
        errors: list[object] = []
        for call in (
            lambda: members.delete(bob.member_id),
            lambda: members.update(bob.member_id, name="Robert"),
        ):
            with pytest.raises(StytchAPIError) as caught:
                await call()
            errors.append(summary(caught))

        assert [(BadRequestError, 400, "action_available_only_for_active_members")] * 2 == errors

    async def test_reactivate(self, admin, bob) -> None:
        """
        A Member who comes back is who it was.
        """
        await admin.session.authenticate()
        before = admin.state
        members = admin.organization.members
        await members.delete(bob.member_id)
        response = await members.reactivate(bob.member_id)

        assert (bob.member_id, BOB, "active") == (
            response.member_id,
            response.member.email_address,
            response.member.status,
        )
        assert before is admin.state

    @pytest.mark.parametrize(
        ("settings", "taken", "error_type"),
        [
            ({}, False, "no_deleted_member_found_for_reactivation"),
            (
                {"status": "deleted", "email_address_verified": False},
                False,
                "email_unverified_for_reactivation",
            ),
            ({"status": "deleted"}, True, "reactivation_email_belongs_to_another_member"),
        ],
    )
    async def test_no_way_back(
        self, admin, emulator, settings: dict[str, Any], taken: bool, error_type: str
    ) -> None:
        """
        Who was not deleted, or has no address of its own, cannot come back.
        """
        member = emulator.create_member("Acme", NEW, **settings)
        if taken:
            emulator.create_member("Acme", NEW)
        with pytest.raises(StytchAPIError) as caught:
            await admin.organization.members.reactivate(member.member_id)

        assert (BadRequestError, 400, error_type) == summary(caught)


class TestWhatIsDeletedOfThem:
    """
    Passwords and second factors go one by one.
    """

    @every_deletion
    async def test_of_another(self, admin, bob, method: str) -> None:
        """
        What is deleted is gone, for good; the client's own Member stays.
        """
        await admin.session.authenticate()
        before = admin.state
        target = target_of(method, bob)
        delete = getattr(admin.organization.members, method)
        response = await delete(target)
        with pytest.raises(NotFoundError):
            await delete(target)

        assert bob.member_id == response.member_id
        assert "" == getattr(response.member, DELETIONS[method])
        assert before is admin.state

    @every_deletion
    async def test_of_oneself(self, admin, admin_session, emulator, method: str) -> None:
        """
        What is deleted of oneself is gone from the client's Member as well.
        """
        emulator.set_cross_organization_passwords(False)
        ada = emulator.update_member(admin_session.member_id)
        emulator.set_password(ada, PASSWORD)
        equipped(emulator, ada, PHONE)
        await admin.session.authenticate()
        before = admin.state
        await getattr(admin.organization.members, method)(target_of(method, ada))

        assert "" != getattr(before.member, DELETIONS[method])
        assert "" == getattr(admin.state.member, DELETIONS[method])
        assert before.member_session is admin.state.member_session

    async def test_password_for_all_organizations(self, admin, admin_session, emulator) -> None:
        """
        A password that is good elsewhere as well is no Organization's to delete.
        """
        emulator.set_password(admin_session.member_id, PASSWORD)
        me = (await admin.self.get()).member
        with pytest.raises(StytchAPIError) as caught:
            await admin.organization.members.delete_password(me.member_password_id)

        assert (BadRequestError, 400, "cross_org_passwords_enabled") == summary(caught)


class TestAddresses:
    """
    Addresses of others are changed by proof, and retired ones given up.
    """

    async def test_start(self, admin, bob, emulator) -> None:
        """
        The message goes to the new address, and the Member keeps the old one until then.
        """
        response = await admin.organization.members.start_email_update(
            bob.member_id, email_address=NEW, delivery_method="EMAIL_OTP"
        )
        message = emulator.outbox.last()

        assert (BOB, bob.member_id) == (response.member.email_address, response.member_id)
        assert (NEW, "passcode") == (message.to, message.kind)

    async def test_unlink(self, admin, bob) -> None:
        """
        A retired address that is given up is free for others.
        """
        members = admin.organization.members
        await members.update(bob.member_id, email_address=NEW)
        response = await members.unlink_retired_email(bob.member_id, email_address=BOB)
        other = await members.create(email_address=BOB)

        assert () == response.member.retired_email_addresses
        assert BOB == other.member.email_address

    @pytest.mark.parametrize(
        ("given", "error"),
        [
            ({}, (BadRequestError, 400, "retired_email_missing_email_identifiers")),
            ({"email_address": BOB}, (NotFoundError, 404, "email_not_found")),
            ({"email_id": "email-test-0"}, (NotFoundError, 404, "email_not_found")),
        ],
    )
    async def test_nothing_to_unlink(self, admin, bob, given: Any, error: object) -> None:
        """
        Only a retired address can be given up, and it has to be named.
        """
        with pytest.raises(StytchAPIError) as caught:
            await admin.organization.members.unlink_retired_email(bob.member_id, **given)

        assert error == summary(caught)

    async def test_only_of_the_active(self, admin, emulator) -> None:
        """
        Who has never logged in has no address to change.
        """
        waiting = emulator.create_member("Acme", BOB, status="pending")
        with pytest.raises(StytchAPIError) as caught:
            await admin.organization.members.start_email_update(
                waiting.member_id, email_address=NEW
            )

        assert (BadRequestError, 400, "email_updates_available_only_for_active_members") == (
            summary(caught)
        )


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("update", {"name": "Robert"}),
        ("delete", {}),
        ("reactivate", {}),
        ("delete_mfa_phone_number", {}),
        ("delete_mfa_totp", {}),
        ("unlink_retired_email", {"email_address": BOB}),
        ("start_email_update", {"email_address": NEW}),
        ("get_connected_apps", {}),
        ("revoke_connected_app", {"connected_app_id": "none"}),
    ],
)
async def test_nobody(admin, emulator, method: str, given: dict[str, Any]) -> None:
    """
    Whom the Organization does not have is not found, though another one has it.
    """
    emulator.create_organization("Other")
    stranger = emulator.create_member("Other", BOB)
    errors: list[object] = []
    for member_id in (UNKNOWN, stranger.member_id):
        with pytest.raises(StytchAPIError) as caught:
            await getattr(admin.organization.members, method)(member_id, **given)
        errors.append(summary(caught))

    assert [(NotFoundError, 404, "member_not_found")] * 2 == errors


async def test_needs_a_session(client, emulator) -> None:
    """
    Without a session nothing is sent, and the error names the call.
    """
    with pytest.raises(NoSessionError) as caught:
        await client.organization.members.delete(UNKNOWN)

    assert "organization.members.delete" == caught.value.endpoint
    assert [] == operations(emulator)
