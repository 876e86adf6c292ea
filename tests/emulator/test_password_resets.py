"""Passwords that are reset by a link, at an organization or before one is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.emulator.password_calls import (
    ADA,
    CALLBACK,
    CHALLENGE,
    NEW,
    OLD,
    UNFIT,
    VERIFIER,
    allow_only,
    authenticate,
    by_session,
    is_alive,
    lock,
    reset,
    reset_discovery,
    sent,
    sent_discovery,
    start,
)

if TYPE_CHECKING:
    from .conftest import Api


@pytest.fixture(autouse=True)
def acme(api: Api) -> None:
    """
    Acme has one member, Ada, who has a password.
    """
    api.emulator.create_organization("Acme")
    api.emulator.create_member("Acme", ADA, password=OLD)


class TestResetByEmail:
    """
    Setting a password with a link.
    """

    def test_the_message_has_two_links(self, api: Api) -> None:
        """
        One leads to a new password, the other logs in without.
        """
        message = sent(api)
        reset_url, login_url = urlsplit(message.url), urlsplit(message.login_url)
        login_query = parse_qs(login_url.query)

        assert reset_url._replace(query="").geturl() == CALLBACK
        assert parse_qs(reset_url.query) == {
            "public_token": [api.emulator.public_token],
            "slug": ["acme"],
            "stytch_token_type": ["multi_tenant_passwords"],
            "token": [message.token],
        }
        assert login_url._replace(query="").geturl() == CALLBACK
        assert login_query.pop("token") != [message.token]
        assert login_query == {
            "public_token": [api.emulator.public_token],
            "slug": ["acme"],
            "stytch_token_type": ["multi_tenant_magic_links"],
            "stytch_redirect_type": ["reset_password"],
        }
        assert message.token not in repr(message)

    def test_it_sets_the_password_and_logs_in(self, api: Api) -> None:
        """
        The new password counts, the old one no longer, and there is a session.
        """
        data = reset(api, sent(api).token).data

        assert data["member_authenticated"] is True
        assert data["member_email_id"].startswith("email-test-")
        assert is_alive(api, data["session_token"])
        assert authenticate(api, OLD).error == (401, "unauthorized_credentials")
        assert authenticate(api, NEW).status == 200

    def test_a_first_password(self, api: Api) -> None:
        """
        Whoever has no password, or was only invited, gets one in the same way.
        """
        api.emulator.create_member("Acme", "bob@example.com", status="invited")
        data = reset(api, sent(api, "bob@example.com").token).data

        assert data["member"]["status"] == "active"
        assert authenticate(api, NEW, "bob@example.com").status == 200

    def test_it_ends_every_other_session(self, api: Api) -> None:
        """
        Whoever got in with the old password is out; others stay.
        """
        ada = api.emulator.sign_in(ADA, "Acme")
        bob = api.emulator.sign_in("bob@example.com", "Acme")
        data = reset(api, sent(api).token).data

        assert not is_alive(api, ada.session_token)
        assert is_alive(api, bob.session_token)
        assert is_alive(api, data["session_token"])

    def test_a_link_opens_once(self, api: Api) -> None:
        """
        The second time a token is refused.
        """
        token = sent(api).token
        reset(api, token)

        reply = reset(api, token, "another.brass.lantern.hums")

        assert reply.error == (401, "unable_to_auth_password_reset_token")

    def test_a_link_expires(self, api: Api) -> None:
        """
        After half an hour a link is worth nothing.
        """
        token = sent(api).token
        api.emulator.clock.advance(minutes=30)

        assert reset(api, token).error == (401, "unable_to_auth_password_reset_token")

    def test_the_lifetime_of_a_link_can_be_chosen(self, api: Api) -> None:
        """
        Both links live as long as they were asked to, and not out of range.
        """
        message = sent(api, reset_password_expiration_minutes=120)
        api.emulator.clock.advance(minutes=119)

        assert reset(api, message.token).status == 200
        assert start(api, reset_password_expiration_minutes=4).error == (400, "invalid_expiration")

    @pytest.mark.parametrize("which", ["unknown", "discovery", "login"])
    def test_other_tokens(self, api: Api, which: str) -> None:
        """
        Only the token of a reset link of an organization is one.
        """
        tokens = {
            "unknown": "x",
            "discovery": sent_discovery(api).token,
            "login": parse_qs(urlsplit(sent(api).login_url).query)["token"][0],
        }

        assert reset(api, tokens[which]).error == (401, "unable_to_auth_password_reset_token")

    def test_a_reset_token_is_no_magic_link(self, api: Api) -> None:
        """
        A link to a new password does not log in without one.
        """
        body = {"magic_links_token": sent(api).token, "session_duration_minutes": 60}

        reply = api.post("/sdk/v1/b2b/magic_links/authenticate", body)

        assert reply.error == (404, "magic_link_not_found")

    def test_logging_in_without(self, api: Api) -> None:
        """
        The other link opens with the same verifier, and its session may set a password.
        """
        message = sent(api, code_challenge=CHALLENGE)
        token = parse_qs(urlsplit(message.login_url).query)["token"][0]
        body = {"magic_links_token": token, "session_duration_minutes": 60}
        path = "/sdk/v1/b2b/magic_links/authenticate"
        without = api.post(path, body)
        data = api.post(path, {**body, "pkce_code_verifier": VERIFIER}).data

        assert without.error == (400, "pkce_expected_code_verifier")
        assert by_session(api, data["session_token"]).data["member_authenticated"] is True
        assert authenticate(api, NEW).status == 200

    def test_pkce(self, api: Api) -> None:
        """
        A wrong or missing verifier does not use the link up; the right one opens it.
        """
        token = sent(api, code_challenge=CHALLENGE).token

        assert reset(api, token).error == (400, "pkce_expected_code_verifier")
        assert reset(api, token, code_verifier="b" * 64).error == (400, "pkce_mismatch")
        assert reset(api, token, code_verifier=VERIFIER).status == 200

    def test_a_verifier_nobody_expects(self, api: Api) -> None:
        """
        A link that was asked for without challenge takes no verifier.
        """
        reply = reset(api, sent(api).token, code_verifier=VERIFIER)

        assert reply.error == (400, "pkce_did_not_expect_code_verifier")

    def test_pkce_can_be_required(self, api: Api) -> None:
        """
        If the project demands PKCE for resets, no link goes out without challenge.
        """
        api.emulator.set_bootstrap(pkce_required_for_password_resets=True)

        assert start(api).error == (400, "invalid_pkce_code_challenge")
        assert start(api, code_challenge=CHALLENGE).status == 200

    @pytest.mark.parametrize(("password", "error_type"), UNFIT)
    def test_an_unfit_password(self, api: Api, password: str, error_type: str) -> None:
        """
        A password that is refused changes nothing, and the link can be used again.
        """
        token = sent(api).token
        session = api.emulator.sign_in(ADA, "Acme").session_token

        assert reset(api, token, password).error == (400, error_type)
        assert is_alive(api, session)
        assert authenticate(api).status == 200
        assert reset(api, token).status == 200

    def test_a_refused_login_changes_nothing(self, api: Api) -> None:
        """
        A bad duration is refused before the password is set.
        """
        token = sent(api).token

        reply = reset(api, token, session_duration_minutes=4)

        assert reply.error == (400, "invalid_session_duration_minutes")
        assert authenticate(api).status == 200
        assert reset(api, token).status == 200

    def test_mfa_required(self, api: Api) -> None:
        """
        The password is set although a second factor is still missing.
        """
        api.emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
        session = api.emulator.sign_in(ADA, "Acme").session_token
        data = reset(api, sent(api).token).data

        assert data["member_session"] is None
        assert data["mfa_required"] is not None
        assert not is_alive(api, session)

    def test_a_locked_member(self, api: Api) -> None:
        """
        Who guessed too often has to wait.
        """
        token = sent(api).token
        lock(api)

        assert reset(api, token).error == (429, "user_lock_limit_reached")

    def test_where_passwords_are_not_allowed(self, api: Api) -> None:
        """
        No link goes out, except to a breakglass member.
        """
        allow_only(api, "sso")
        api.emulator.create_member("Acme", "b@example.com", is_breakglass=True)

        assert start(api).error == (400, "operation_restricted_by_organization_auth_methods")
        assert start(api, "b@example.com").status == 200

    def test_who_gets_no_link(self, api: Api) -> None:
        """
        Strangers and deactivated members are refused, and no mail goes out.
        """
        api.emulator.create_member("Acme", "bob@example.com", status="deleted")
        stranger = start(api, "eve@example.com")
        deactivated = start(api, "bob@example.com")

        assert stranger.error == (404, "member_not_found")
        assert deactivated.error == (400, "action_available_only_for_active_members")
        assert start(api, organization_id="nowhere").error == (404, "organization_not_found")
        assert start(api, "nobody").error == (400, "invalid_email")
        assert len(api.emulator.outbox) == 0


class TestDiscoveryResetByEmail:
    """
    Setting a password for every organization with a link.
    """

    def test_the_message_has_two_links(self, api: Api) -> None:
        """
        One leads to a new password, the other is an ordinary discovery link.
        """
        message = sent_discovery(api)
        login_query = parse_qs(urlsplit(message.login_url).query)

        assert parse_qs(urlsplit(message.url).query) == {
            "public_token": [api.emulator.public_token],
            "stytch_token_type": ["discovery"],
            "stytch_redirect_type": ["reset_password"],
            "token": [message.token],
        }
        assert login_query.pop("token") != [message.token]
        assert login_query == {
            "public_token": [api.emulator.public_token],
            "stytch_token_type": ["discovery"],
        }

    def test_the_other_link_logs_in_without(self, api: Api) -> None:
        """
        It opens with the same verifier.
        """
        message = sent_discovery(api, pkce_code_challenge=CHALLENGE)
        token = parse_qs(urlsplit(message.login_url).query)["token"][0]
        body = {"discovery_magic_links_token": token, "pkce_code_verifier": VERIFIER}

        reply = api.post("/sdk/v1/b2b/magic_links/discovery/authenticate", body)

        assert reply.data["email_address"] == ADA

    def test_a_reset(self, api: Api) -> None:
        """
        The new password counts everywhere, and every session of the person ends.
        """
        api.emulator.create_organization("Beta")
        sessions = [api.emulator.sign_in(ADA, name).session_token for name in ("Acme", "Beta")]
        data = reset_discovery(api, sent_discovery(api).token).data

        assert data["email_address"] == ADA
        assert len(data["discovered_organizations"]) == 2
        assert len(data["intermediate_session_token"]) == 44
        assert [is_alive(api, token) for token in sessions] == [False, False]
        assert authenticate(api, NEW).status == 200

    def test_a_newcomer(self, api: Api) -> None:
        """
        Somebody who is a member nowhere gets a password, and may found an organization.
        """
        message = sent_discovery(api, "eve@example.com")
        data = reset_discovery(api, message.token).data
        body = {"intermediate_session_token": data["intermediate_session_token"]}
        founded = api.post(
            "/sdk/v1/b2b/discovery/organizations/create", {**body, "organization_name": "Eve Ltd"}
        ).data
        slug = founded["organization"]["organization_slug"]

        assert data["discovered_organizations"] == []
        assert authenticate(api, NEW, "eve@example.com", organization_id=slug).status == 200

    @pytest.mark.parametrize(("password", "error_type"), UNFIT)
    def test_an_unfit_password(self, api: Api, password: str, error_type: str) -> None:
        """
        A password that is refused does not use the link up.
        """
        token = sent_discovery(api).token

        assert reset_discovery(api, token, password).error == (400, error_type)
        assert reset_discovery(api, token).status == 200

    @pytest.mark.parametrize("which", ["unknown", "organization", "expired", "used"])
    def test_other_tokens(self, api: Api, which: str) -> None:
        """
        Only a fresh token of a reset before an organization is chosen will do.
        """
        tokens = dict.fromkeys(("expired", "used"), sent_discovery(api).token)
        tokens |= {"unknown": "x", "organization": sent(api).token}
        if which == "expired":
            api.emulator.clock.advance(minutes=30)
        if which == "used":
            reset_discovery(api, tokens["used"])

        reply = reset_discovery(api, tokens[which])

        assert reply.error == (401, "unable_to_auth_password_reset_token")

    def test_pkce(self, api: Api) -> None:
        """
        A wrong or missing verifier does not use the link up, nor does one nobody expects.
        """
        token = sent_discovery(api, pkce_code_challenge=CHALLENGE).token
        plain = sent_discovery(api).token
        unexpected = reset_discovery(api, plain, pkce_code_verifier=VERIFIER)
        wrong = reset_discovery(api, token, pkce_code_verifier="b" * 64)

        assert reset_discovery(api, token).error == (400, "pkce_expected_code_verifier")
        assert wrong.error == (400, "pkce_mismatch")
        assert unexpected.error == (400, "pkce_did_not_expect_code_verifier")
        assert reset_discovery(api, token, pkce_code_verifier=VERIFIER).status == 200

    def test_a_locked_member(self, api: Api) -> None:
        """
        Who guessed too often has to wait.
        """
        token = sent_discovery(api).token
        lock(api)

        assert reset_discovery(api, token).error == (429, "user_lock_limit_reached")
