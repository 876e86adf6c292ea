"""Arranging state: what is created, what is found, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stytch_b2b.emulator import Emulator, Outbox
from stytch_b2b.emulator.errors import ActiveScimConnectionExistsError, InvalidEmailError

if TYPE_CHECKING:
    from .conftest import Api


@pytest.fixture
def quiet() -> Emulator:
    """
    An emulator need not run to be filled.
    """
    return Emulator()


def test_slugs_are_made_from_names(quiet: Emulator) -> None:
    """
    A slug is readable, and no two organizations have the same.
    """
    names = ["Acme Corp.", "Acme Corp.", "acme corp.", "Grün", "!"]
    slugs = [quiet.create_organization(name).organization_slug for name in names]

    assert ["acme-corp.", "acme-corp.-2", "acme-corp.-3", "gr-n", "organization"] == slugs


def test_a_slug_belongs_to_one_organization(quiet: Emulator) -> None:
    """
    A slug that was asked for and is taken is refused.
    """
    quiet.create_organization("Acme", slug="acme")

    with pytest.raises(ValueError, match="the slug 'acme' belongs to another"):
        quiet.create_organization("Other", slug="acme")


def test_settings_have_the_names_of_the_api(quiet: Emulator) -> None:
    """
    Known settings are taken, others are refused on creation and on update.
    """
    organization = quiet.create_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")

    assert organization.mfa_policy == "REQUIRED_FOR_ALL"
    with pytest.raises(ValueError, match="an organization has no mfa_polizy"):
        quiet.create_organization("Other", mfa_polizy="OPTIONAL")
    with pytest.raises(ValueError, match="an organization has no created_at, organization_id"):
        quiet.update_organization(organization, organization_id="x", created_at="y")


def test_updates_leave_their_time(quiet: Emulator) -> None:
    """
    What was changed says when.
    """
    quiet.clock.freeze()
    organization = quiet.create_organization("Acme")
    member = quiet.create_member(organization, "ada@example.com")
    quiet.clock.advance(hours=1)
    quiet.update_organization(organization, organization_logo_url="https://example.com/logo")
    quiet.update_member(member, name="Ada")

    assert quiet.clock.now() == organization.updated_at == member.updated_at
    assert organization.created_at < organization.updated_at


@pytest.mark.parametrize("by", ["organization_id", "organization_slug", "organization_name"])
def test_organizations_are_found_by_any_name(quiet: Emulator, by: str) -> None:
    """
    Id, slug and name all lead to the organization.
    """
    organization = quiet.create_organization("Acme Inc")

    assert organization is quiet.update_organization(getattr(organization, by))


def test_what_is_not_there_is_a_lookup_error(quiet: Emulator) -> None:
    """
    References that lead nowhere are named.
    """
    stranger = Emulator().create_organization("Elsewhere")

    with pytest.raises(LookupError, match="no organization 'Acme'"):
        quiet.create_member("Acme", "ada@example.com")
    with pytest.raises(LookupError, match="no organization"):
        quiet.sign_in(organization=stranger)
    with pytest.raises(LookupError, match="no member nobody"):
        quiet.create_session("nobody")
    with pytest.raises(LookupError, match="no SCIM connection nothing"):
        quiet.create_scim_group("nothing", "Engineers")


def test_members(quiet: Emulator) -> None:
    """
    A member has what was given, and an address that is nobody else's.
    """
    quiet.create_organization("Acme")
    member = quiet.create_member(
        "Acme", "Ada@Example.com", name="Ada", roles=["stytch_admin"], external_id="ada-1"
    )

    assert member.email_address == "ada@example.com"
    assert (member.name, member.external_id) == ("Ada", "ada-1")
    assert member.roles == ["stytch_admin"]
    with pytest.raises(ValueError, match=r"Acme already has a member ada@example.com"):
        quiet.create_member("Acme", "ada@example.com")
    with pytest.raises(ValueError, match="a member has no nick_name"):
        quiet.create_member("Acme", "bob@example.com", nick_name="Bob")
    with pytest.raises(ValueError, match="no role boss; there are stytch_admin, stytch_member"):
        quiet.create_member("Acme", "bob@example.com", roles=["boss"])
    with pytest.raises(InvalidEmailError):
        quiet.create_member("Acme", "bob")


def test_sign_in_needs_nothing(quiet: Emulator) -> None:
    """
    One call makes an organization, an administrator and a session.
    """
    first = quiet.sign_in()
    second = quiet.sign_in("bob@example.com")

    assert first.organization_id == second.organization_id
    assert first.member_id != second.member_id
    assert quiet._store.members[first.member_id].roles == ["stytch_admin"]


def test_sign_in_keeps_what_is_there(quiet: Emulator) -> None:
    """
    A member who exists signs in again, with the same roles unless others are given.
    """
    first = quiet.sign_in(organization="Acme", roles=())
    second = quiet.sign_in(organization="Acme")
    roles_kept = list(quiet._store.members[first.member_id].roles)
    third = quiet.sign_in(organization="Acme", roles=["stytch_admin"])

    assert first.member_id == second.member_id == third.member_id
    assert len({one.session_token for one in (first, second, third)}) == 3
    assert roles_kept == []
    assert quiet._store.members[first.member_id].roles == ["stytch_admin"]


def test_a_session_that_was_seeded_shows_no_token(quiet: Emulator) -> None:
    """
    The repr has the ids and not the credentials.
    """
    signed_in = quiet.sign_in()

    assert signed_in.member_id in repr(signed_in)
    assert signed_in.session_token not in repr(signed_in)
    assert signed_in.session_jwt not in repr(signed_in)


def test_scim_seeding(quiet: Emulator) -> None:
    """
    Groups have members, and an organization has one connection here, too.
    """
    ada = quiet.create_member(quiet.create_organization("Acme"), "ada@example.com")
    connection = quiet.create_scim_connection("Acme", "Okta", "okta")
    first = quiet.create_scim_group(connection, "Engineers", members=[ada])
    second = quiet.create_scim_group(connection.connection_id, "Admins", members=[ada.member_id])

    assert [ada.member_id] == first.member_ids == second.member_ids
    assert len(connection.registrations) == 1
    with pytest.raises(ActiveScimConnectionExistsError):
        quiet.create_scim_connection("Acme")


def test_the_outbox_finds_messages(api: Api) -> None:
    """
    The newest message is found, of an address and of a kind.
    """
    outbox = api.emulator.outbox
    api.emulator.create_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    api.emulator.create_member("Acme", "ada@example.com")
    for address in ("ada@example.com", "bob@example.com", "ada@example.com"):
        api.post(
            "/sdk/v1/b2b/magic_links/email/login_or_signup",
            {"email_address": address, "organization_id": "acme"},
        )

    assert repr(outbox) == "<Outbox 3 messages>"
    assert list(outbox) == list(outbox[0:3])
    assert outbox.last() is outbox[2]
    assert outbox.last(to="bob@example.com") is outbox[1]
    assert outbox.last(kind="signup") is outbox[1]
    assert outbox.last(to="ada@example.com", kind="login") is outbox[2]
    with pytest.raises(LookupError, match=r"no message signup ada@example.com was sent; 3 others"):
        outbox.last(to="ada@example.com", kind="signup")

    outbox.clear()
    with pytest.raises(LookupError, match="no message was sent; 0 others"):
        outbox.last()


def test_an_outbox_starts_empty() -> None:
    """
    Nothing is sent before anybody asks.
    """
    assert len(Outbox()) == 0
