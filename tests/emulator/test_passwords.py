"""Passwords: what opens with one, at an organization or before one is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emulator.password_calls import (
    ADA,
    NEW,
    OLD,
    allow_only,
    authenticate,
    discover,
    exchange,
    is_alive,
    lock,
    reset_discovery,
    sent_discovery,
    start_discovery,
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


class TestAuthenticate:
    """
    Logging in with a password.
    """

    def test_it_starts_a_session(self, api: Api) -> None:
        """
        The answer has the session, which rests on what the member knows.
        """
        data = authenticate(api, email_address="Ada@Example.com").data
        (factor,) = data["member_session"]["authentication_factors"]

        assert data["member_authenticated"] is True
        assert data["member"]["member_password_id"].startswith("member-password-test-")
        assert data["organization_id"] == data["organization"]["organization_id"]
        assert (factor["type"], factor["delivery_method"]) == ("password", "knowledge")
        assert factor["sequence_order"] == "PRIMARY"
        assert is_alive(api, data["session_token"])
        assert OLD not in repr(api.emulator.create_member("Acme", "b@example.com", password=OLD))

    def test_it_strengthens_the_session_of_the_same_member(self, api: Api) -> None:
        """
        A member who is logged in gets one factor more, and keeps the session.
        """
        ada = api.emulator.sign_in(ADA, "Acme")
        data = authenticate(api, session=ada.session_token).data
        factors = data["member_session"]["authentication_factors"]

        assert data["session_token"] == ada.session_token
        assert [factor["type"] for factor in factors] == ["magic_link", "password"]

    def test_a_wrong_password(self, api: Api) -> None:
        """
        Another password is refused, and the right one still opens.
        """
        assert authenticate(api, NEW).error == (401, "unauthorized_credentials")
        assert authenticate(api).status == 200

    @pytest.mark.parametrize("status", [None, "active", "deleted"])
    def test_who_has_no_password_cannot_be_told_apart(self, api: Api, status: str | None) -> None:
        """
        A stranger, a member without a password, and a deactivated one all get one answer.
        """
        if status is not None:
            password = OLD if status == "deleted" else None
            api.emulator.create_member("Acme", "bob@example.com", status=status, password=password)

        reply = authenticate(api, email_address="bob@example.com")

        assert reply.error == (404, "member_password_not_found")
        assert reply.json["error_message"] == "Member password not found."

    def test_an_unknown_organization(self, api: Api) -> None:
        """
        Somewhere the login must lead.
        """
        reply = authenticate(api, organization_id="nowhere")

        assert reply.error == (404, "organization_not_found")

    def test_a_member_of_another_organization(self, api: Api) -> None:
        """
        A password opens no organization that its owner is not a member of.
        """
        api.emulator.create_organization("Beta")

        reply = authenticate(api, organization_id="beta")

        assert reply.error == (404, "member_password_not_found")

    def test_a_locked_member(self, api: Api) -> None:
        """
        After too many guesses also the right password is refused, until the lock ends.
        """
        lock(api)
        locked = authenticate(api)
        api.emulator.clock.advance(minutes=5)

        assert locked.error == (429, "user_lock_limit_reached")
        assert authenticate(api).status == 200

    def test_the_right_password_ends_the_count(self, api: Api) -> None:
        """
        Only guesses in a row lock.
        """
        api.emulator.set_lock_policy(attempts=2)
        for password in ("guess", OLD, "guess"):
            authenticate(api, password)

        assert authenticate(api).status == 200

    def test_a_password_that_leaked_later(self, api: Api) -> None:
        """
        A right password that is known from a breach has to be replaced.
        """
        api.emulator.set_password(authenticate(api).data["member_id"], "password")

        assert authenticate(api, "password").error == (400, "member_reset_password")
        assert authenticate(api, "passwore").error == (401, "unauthorized_credentials")

    def test_passwords_do_not_suffice_everywhere(self, api: Api) -> None:
        """
        Where passwords are not allowed the login goes on with another method.
        """
        allow_only(api, "magic_link")
        data = authenticate(api).data

        assert data["member_session"] is None
        assert data["primary_required"] == {"allowed_auth_methods": ["magic_link"]}
        assert len(data["intermediate_session_token"]) == 44

    def test_a_breakglass_member(self, api: Api) -> None:
        """
        Who must always get in does.
        """
        allow_only(api, "sso")
        api.emulator.create_member("Acme", "b@example.com", is_breakglass=True, password=OLD)

        assert authenticate(api, email_address="b@example.com").data["member_authenticated"] is True

    def test_mfa_required(self, api: Api) -> None:
        """
        A second factor is asked for as with every other method.
        """
        api.emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
        data = authenticate(api).data

        assert data["member_session"] is None
        assert data["mfa_required"] is not None

    def test_an_intermediate_session_counts(self, api: Api) -> None:
        """
        What was proved before goes into the session.
        """
        allow_only(api, "magic_link")
        begun = authenticate(api).data["intermediate_session_token"]
        allow_only(api, "password")
        data = authenticate(api, intermediate_session_token=begun).data
        again = authenticate(api, intermediate_session_token=begun)

        assert data["member_authenticated"] is True
        assert again.error == (404, "intermediate_session_not_found")

    def test_a_session_has_limits(self, api: Api) -> None:
        """
        A duration out of range is refused.
        """
        reply = authenticate(api, session_duration_minutes=4)

        assert reply.error == (400, "invalid_session_duration_minutes")


class TestDiscovery:
    """
    One password for every organization.
    """

    def test_it_finds_the_organizations(self, api: Api) -> None:
        """
        The answer has what the address opens, and a token to go on with.
        """
        api.emulator.create_organization("Beta")
        api.emulator.create_member("Beta", ADA)
        data = discover(api, email_address="Ada@example.com").data
        found = data["discovered_organizations"]
        token = data["intermediate_session_token"]
        body = {"intermediate_session_token": token, "organization_id": "beta"}
        session = api.post("/sdk/v1/b2b/discovery/intermediate_sessions/exchange", body).data

        assert data["email_address"] == ADA
        assert [one["organization"]["organization_slug"] for one in found] == ["acme", "beta"]
        (factor,) = session["member_session"]["authentication_factors"]
        assert factor["type"] == "password"

    def test_one_password_for_every_organization(self, api: Api) -> None:
        """
        What is set at one organization counts at the other, and ends sessions there too.
        """
        api.emulator.create_organization("Beta")
        elsewhere = api.emulator.sign_in(ADA, "Beta").session_token
        exchange(api)

        assert not is_alive(api, elsewhere)
        assert authenticate(api, NEW, organization_id="beta").status == 200

    def test_guesses_count_everywhere(self, api: Api) -> None:
        """
        A guess before an organization is chosen counts for each member it would have logged in.
        """
        api.emulator.set_lock_policy(attempts=1, minutes=5)

        assert discover(api, "guess").error == (401, "unauthorized_credentials")
        assert discover(api).error == (429, "user_lock_limit_reached")
        assert authenticate(api).error == (429, "user_lock_limit_reached")

    def test_who_has_no_password(self, api: Api) -> None:
        """
        There must be one to compare with.
        """
        assert discover(api, OLD, "eve@example.com").error == (404, "member_password_not_found")

    def test_a_password_that_leaked_later(self, api: Api) -> None:
        """
        A right password that is known from a breach has to be replaced.
        """
        api.emulator.set_password(authenticate(api).data["member_id"], "password")

        assert discover(api, "password").error == (400, "member_reset_password")

    def test_one_password_for_each_organization(self, api: Api) -> None:
        """
        A project may choose so; then a password counts at one organization only.
        """
        api.emulator.reset()
        api.emulator.set_cross_organization_passwords(False)
        for name in ("Acme", "Beta"):
            api.emulator.create_organization(name)
            api.emulator.create_member(name, ADA, password=OLD)
        elsewhere = api.emulator.sign_in(ADA, "Beta").session_token
        exchange(api)

        assert is_alive(api, elsewhere)
        assert authenticate(api, NEW, organization_id="beta").status == 401
        assert authenticate(api, NEW).status == 200
        assert authenticate(api, OLD, organization_id="beta").status == 200

    def test_no_password_before_an_organization(self, api: Api) -> None:
        """
        Where passwords belong to organizations there is none before one is chosen.
        """
        api.emulator.reset()
        token = sent_discovery(api).token
        api.emulator.set_cross_organization_passwords(False)
        refused = (400, "cross_org_passwords_not_enabled")

        assert discover(api).error == refused
        assert start_discovery(api).error == refused
        assert reset_discovery(api, token).error == refused

    @pytest.mark.parametrize("enabled", [True, False])
    def test_the_choice_is_final(self, api: Api, enabled: bool) -> None:
        """
        Once there are passwords the choice stands.
        """
        api.emulator.reset()
        api.emulator.set_cross_organization_passwords(enabled)
        api.emulator.create_organization("Acme")
        api.emulator.create_member("Acme", ADA, password=OLD)
        api.emulator.set_cross_organization_passwords(enabled)

        with pytest.raises(ValueError, match="cannot change"):
            api.emulator.set_cross_organization_passwords(not enabled)

    def test_a_reset_of_the_emulator_brings_the_default_back(self, api: Api) -> None:
        """
        After a reset passwords hold across organizations, and there are none.
        """
        api.emulator.reset()

        assert discover(api).error == (404, "member_password_not_found")
