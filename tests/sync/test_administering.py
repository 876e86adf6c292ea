"""Administering an Organization by the blocking client: settings, Members, and oneself."""

from __future__ import annotations

import pytest

from stytch_b2b import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    SessionState,
    StytchB2BClient,
)
from stytch_b2b.emulator import Emulator

BOB = "bob@example.com"
NEW = "robert@example.com"


def acting_as(emulator: Emulator, client: StytchB2BClient, email_address: str) -> StytchB2BClient:
    """
    Return a client that acts as an existing Member.
    """
    session = emulator.sign_in(email_address)
    return client.with_session(session_token=session.session_token, session_jwt=session.session_jwt)


def test_journey(emulator: Emulator, client: StytchB2BClient, admin: StytchB2BClient) -> None:
    """
    An admin makes a Member, changes and deletes it, and at last the Organization.
    """
    admin.session.authenticate()
    admin.organization.update(organization_name="Acme", organization_slug="acme")
    renamed = admin.organization.get_sync()
    members = admin.organization.members
    bob = members.create(email_address=BOB, roles=["stytch_admin"]).member
    with pytest.raises(ConflictError) as duplicate:
        members.create(email_address=BOB)
    demoted = members.update(bob.member_id, roles=[], name="Bob").member
    as_bob = acting_as(emulator, client, BOB)
    with pytest.raises(PermissionDeniedError) as refused:
        as_bob.organization.members.update(bob.member_id, roles=["stytch_admin"])
    as_bob.organization.members.update(bob.member_id, name="Robert")
    found = [one.name for one in members.search_all() if one.member_id == bob.member_id]
    members.delete(bob.member_id)
    kept = admin.state
    admin.organization.delete()

    assert renamed is not None
    assert ("Acme", "acme") == (renamed.organization_name, renamed.organization_slug)
    assert "duplicate_member_email" == duplicate.value.error_type
    assert (False, "Bob") == (demoted.is_admin, demoted.name)
    assert ("stytch_admin",) == refused.value.granting_roles
    assert ["Robert"] == found
    assert kept.session_token is not None
    assert SessionState() == admin.state
    assert client.organization.get_by_slug(organization_slug="acme").organization is None


def test_oneself(emulator: Emulator, client: StytchB2BClient, admin: StytchB2BClient) -> None:
    """
    A Member changes itself, its address with proof; what it deletes is gone, itself at last.
    """
    emulator.create_member(admin.organization.get().organization.organization_id, BOB)
    bob = acting_as(emulator, client, BOB)
    bob.self.update(name="Robert", mfa_phone_number="+12025550162")
    named = bob.self.get_sync()
    bob.self.delete_mfa_phone_number()
    with pytest.raises(NotFoundError) as gone:
        bob.self.delete_mfa_phone_number()
    bob.self.start_email_update(email_address=NEW)
    bob.magic_links.authenticate(
        magic_links_token=emulator.outbox.last().token, session_duration_minutes=60
    )
    moved = bob.self.get().member
    bob.self.unlink_retired_email(email_address=BOB)

    assert named is not None
    assert ("Robert", "+12025550162") == (named.name, named.mfa_phone_number)
    assert "member_phone_number_not_found" == gone.value.error_type
    assert (NEW, [BOB]) == (
        moved.email_address,
        [one.email_address for one in moved.retired_email_addresses],
    )
    assert () == bob.self.get().member.retired_email_addresses


def test_deleting_oneself(emulator: Emulator, admin: StytchB2BClient) -> None:
    """
    The last admin may not go; with another one the client is logged out and forgets everything.
    """
    me = admin.self.get().member
    with pytest.raises(BadRequestError, match="without an active member"):
        admin.organization.members.delete(me.member_id)
    emulator.sign_in(BOB)
    admin.organization.members.delete(me.member_id)

    assert SessionState() == admin.state


def test_deprecated_names(admin: StytchB2BClient) -> None:
    """
    The names that `self` has taken over change the Member, and warn.
    """
    with pytest.warns(DeprecationWarning, match=r"client\.self\.update"):
        response = admin.member.update(name="Countess")

    assert "Countess" == response.member.name
    assert response.member == admin.self.get_sync()
