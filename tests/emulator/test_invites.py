"""Invitations: who may be invited, what the link is worth, and who becomes a member by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from .conftest import Api, Reply

INVITE = "/sdk/v1/b2b/magic_links/email/invite"
AUTHENTICATE = "/sdk/v1/b2b/magic_links/authenticate"
BOB = "bob@example.com"


@pytest.fixture
def admin(api: Api) -> str:
    """
    Return the session token of Ada, who may invite to Acme.
    """
    return api.emulator.sign_in("ada@example.com", "Acme", roles=["stytch_admin"]).session_token


def invite(api: Api, session: str | None, email_address: str = BOB, **fields: Any) -> Reply:
    """
    Invite somebody.
    """
    return api.post(INVITE, {"email_address": email_address, **fields}, token=session)


def accept(api: Api, email_address: str = BOB, **fields: Any) -> Reply:
    """
    Open the last link that somebody got.
    """
    token = api.emulator.outbox.last(to=email_address).token
    body = {"magic_links_token": token, "session_duration_minutes": 60, **fields}
    return api.post(AUTHENTICATE, body)


def test_an_invitation_makes_an_invited_member(api: Api, admin: str) -> None:
    """
    The member is there at once, with everything that was said about it.
    """
    data = invite(
        api,
        admin,
        "Bob@Example.com",
        name="Bob",
        roles=["stytch_admin"],
        untrusted_metadata={"team": "blue"},
    ).data
    member = data["member"]

    assert set(data) == {"request_id", "status_code", "member_id", "member", "organization"}
    assert data["member_id"] == member["member_id"]
    assert data["organization"]["organization_slug"] == "acme"
    assert (member["status"], member["email_address"]) == ("invited", BOB)
    assert member["email_address_verified"] is False
    assert (member["name"], member["untrusted_metadata"]) == ("Bob", {"team": "blue"})
    assert "stytch_admin" in {role["role_id"] for role in member["roles"]}


def test_the_link_logs_in(api: Api, admin: str) -> None:
    """
    It is an ordinary link; whoever opens it is an active member.
    """
    invite(api, admin)
    message = api.emulator.outbox.last()
    query = parse_qs(urlsplit(message.url).query)
    data = accept(api).data

    assert (message.kind, message.to) == ("invite", BOB)
    assert query["stytch_token_type"] == ["multi_tenant_magic_links"]
    assert query["slug"] == ["acme"]
    assert data["member_authenticated"] is True
    assert data["member"]["status"] == "active"
    assert data["member"]["email_address_verified"] is True


def test_an_invitation_opens_once(api: Api, admin: str) -> None:
    """
    The second time the token is refused.
    """
    invite(api, admin)
    accept(api)

    assert accept(api).error == (401, "unable_to_auth_magic_link")


def test_an_invitation_takes_no_verifier(api: Api, admin: str) -> None:
    """
    Who is invited has started nothing.
    """
    invite(api, admin)

    reply = accept(api, pkce_code_verifier="a" * 64)

    assert reply.error == (400, "pkce_did_not_expect_code_verifier")
    assert accept(api).status == 200


def test_an_invitation_lives_a_week(api: Api, admin: str) -> None:
    """
    On the seventh day it still opens, and not after.
    """
    invite(api, admin, "early@example.com")
    invite(api, admin, "late@example.com")
    api.emulator.clock.advance(hours=7 * 24 - 1)
    early = accept(api, "early@example.com")
    api.emulator.clock.advance(hours=1)

    assert early.status == 200
    assert accept(api, "late@example.com").error == (401, "unable_to_auth_magic_link")


def test_the_lifetime_can_be_chosen(api: Api, admin: str) -> None:
    """
    An invitation lives as long as it was asked to, and not out of range.
    """
    invite(api, admin, invite_expiration_minutes=5)
    api.emulator.clock.advance(minutes=5)

    assert accept(api).error == (401, "unable_to_auth_magic_link")
    reply = invite(api, admin, invite_expiration_minutes=10081)
    assert reply.error == (400, "invalid_expiration")


def test_an_invitation_can_be_repeated(api: Api, admin: str) -> None:
    """
    Who is invited already gets another link, and what is said anew counts.
    """
    first = invite(api, admin, name="Bob", untrusted_metadata={"team": "blue"}).data
    second = invite(api, admin, name="Robert").data

    assert first["member_id"] == second["member_id"]
    assert (second["member"]["name"], second["member"]["status"]) == ("Robert", "invited")
    assert second["member"]["untrusted_metadata"] == {"team": "blue"}
    assert len(api.emulator.outbox) == 2
    assert accept(api).status == 200


def test_a_pending_member_becomes_invited(api: Api, admin: str) -> None:
    """
    Who had only begun to sign up is invited from then on.
    """
    api.emulator.create_member("Acme", BOB, status="pending")

    assert invite(api, admin).data["member"]["status"] == "invited"


@pytest.mark.parametrize(
    ("status", "error_type"),
    [
        ("active", "duplicate_member_email"),
        ("deleted", "action_available_only_for_active_members"),
    ],
)
def test_who_is_not_invited(api: Api, admin: str, status: Any, error_type: str) -> None:
    """
    Neither is a member again, nor somebody who was deactivated.
    """
    api.emulator.create_member("Acme", BOB, status=status)

    assert invite(api, admin).error == (400, error_type)
    assert len(api.emulator.outbox) == 0


@pytest.mark.parametrize(
    ("settings", "address", "is_allowed"),
    [
        ({"email_invites": "ALL_ALLOWED"}, "bob@else.where", True),
        ({"email_invites": "NOT_ALLOWED", "email_allowed_domains": ["a.com"]}, "b@a.com", False),
        ({"email_invites": "RESTRICTED", "email_allowed_domains": ["A.com"]}, "b@a.com", True),
        ({"email_invites": "RESTRICTED", "email_allowed_domains": ["a.com"]}, "b@else.co", False),
        ({"email_invites": "RESTRICTED"}, "b@acme.com", False),
    ],
)
def test_whom_the_organization_invites(
    api: Api, admin: str, settings: dict[str, Any], address: str, is_allowed: bool
) -> None:
    """
    Invitations go to everybody, to nobody, or to some domains.
    """
    api.emulator.update_organization("Acme", **settings)
    reply = invite(api, admin, address)

    assert (reply.status == 200) is is_allowed
    if not is_allowed:
        assert reply.error == (400, "invalid_email_for_invites")


def test_an_invitation_does_not_need_jit_provisioning(api: Api, admin: str) -> None:
    """
    An organization that nobody may join unasked can still ask.
    """
    api.emulator.update_organization("Acme", email_jit_provisioning="NOT_ALLOWED")
    invite(api, admin)

    assert accept(api).status == 200


@pytest.mark.parametrize(
    ("role_id", "error_type"),
    [
        ("nothing", "invalid_rbac_role_id"),
        ("stytch_member", "cannot_assign_default_rbac_role_id"),
    ],
)
def test_roles_are_checked(api: Api, admin: str, role_id: str, error_type: str) -> None:
    """
    Only a role that exists can be assigned, and none that everybody has.
    """
    assert invite(api, admin, roles=[role_id]).error == (400, error_type)
    assert len(api.emulator.outbox) == 0


def test_roles_are_a_list_of_names(api: Api, admin: str) -> None:
    """
    Anything else does not fit the shape of the call.
    """
    (issue,) = invite(api, admin, roles=[1]).json["body"]

    assert issue["dataPath"] == ".roles[0]"


def test_an_organization_can_refuse_magic_links(api: Api, admin: str) -> None:
    """
    Where links do not log in, none are sent.
    """
    api.emulator.update_organization(
        "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["sso"]
    )

    reply = invite(api, admin)

    assert reply.error == (400, "operation_restricted_by_organization_auth_methods")


def test_inviting_needs_permission(api: Api) -> None:
    """
    Only who may create members invites, and only when logged in.
    """
    carl = api.emulator.sign_in("carl@example.com", "Acme", roles=()).session_token

    assert invite(api, carl).error == (403, "session_authorization_error")
    assert invite(api, None).error == (401, "user_unauthenticated")


def test_the_redirect_url_must_be_registered(api: Api, admin: str) -> None:
    """
    A URL that is registered for logins only is not one for invitations.
    """
    api.emulator.register_redirect_url("https://acme.com/in", "login")
    api.emulator.register_redirect_url("https://acme.com/welcome", "invite")
    refused = invite(api, admin, invite_redirect_url="https://acme.com/in")
    accepted = invite(api, admin, invite_redirect_url="https://acme.com/welcome")

    assert refused.error == (400, "no_match_for_provided_magic_link_url")
    assert accepted.status == 200
    assert api.emulator.outbox.last().url.startswith("https://acme.com/welcome?")


def test_without_a_default_a_redirect_url_must_be_given(api: Api, admin: str) -> None:
    """
    An invitation has to lead somewhere.
    """
    api.emulator.unregister_redirect_url("http://localhost:3000/authenticate", "invite")

    assert invite(api, admin).error == (400, "no_default_invite_redirect_url_set")
    reply = invite(api, admin, invite_redirect_url="/welcome")
    assert reply.error == (400, "invalid_invite_redirect_url")


def test_what_is_no_address(api: Api, admin: str) -> None:
    """
    Mail is sent to addresses only.
    """
    assert invite(api, admin, "bob").error == (400, "invalid_email")
