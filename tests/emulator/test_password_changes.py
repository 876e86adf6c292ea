"""Passwords that are replaced by whoever knows the present one, or is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emulator.password_calls import (
    ADA,
    NEW,
    OLD,
    UNFIT,
    allow_only,
    authenticate,
    by_session,
    exchange,
    is_alive,
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


class TestResetByExistingPassword:
    """
    Setting a password with the present one.
    """

    def test_it_sets_the_password_and_logs_in(self, api: Api) -> None:
        """
        The new password counts, and only the new session is left.
        """
        session = api.emulator.sign_in(ADA, "Acme").session_token
        data = exchange(api).data

        assert data["member_authenticated"] is True
        assert "organization_id" not in data
        assert is_alive(api, data["session_token"])
        assert not is_alive(api, session)
        assert authenticate(api, OLD).error == (401, "unauthorized_credentials")
        assert authenticate(api, NEW).status == 200

    @pytest.mark.parametrize(("password", "error_type"), UNFIT)
    def test_an_unfit_password(self, api: Api, password: str, error_type: str) -> None:
        """
        A password that is refused changes nothing.
        """
        assert exchange(api, password).error == (400, error_type)
        assert authenticate(api).status == 200

    def test_a_wrong_password(self, api: Api) -> None:
        """
        A guess is refused, and counts as one.
        """
        api.emulator.set_lock_policy(attempts=2)

        assert exchange(api, existing="guess").error == (401, "unauthorized_credentials")
        assert exchange(api, existing="guess").error == (401, "unauthorized_credentials")
        assert exchange(api).error == (429, "user_lock_limit_reached")

    def test_who_has_no_password(self, api: Api) -> None:
        """
        There must be one to exchange.
        """
        reply = exchange(api, email_address="eve@example.com")

        assert reply.error == (404, "member_password_not_found")

    def test_where_passwords_are_not_allowed(self, api: Api) -> None:
        """
        Who knows the password is told that it is of no use.
        """
        allow_only(api, "sso")

        assert exchange(api).error == (400, "operation_restricted_by_organization_auth_methods")


class TestResetBySession:
    """
    Setting a password while logged in.
    """

    def test_it_keeps_the_session(self, api: Api) -> None:
        """
        The caller stays logged in; every other session of the member ends.
        """
        other = api.emulator.sign_in(ADA, "Acme").session_token
        ada = api.emulator.sign_in(ADA, "Acme")
        data = by_session(api, ada.session_token).data

        assert data["session_token"] == ada.session_token
        assert data["member_authenticated"] is True
        assert {"organization_id", "primary_required"}.isdisjoint(data)
        assert is_alive(api, ada.session_token)
        assert not is_alive(api, other)
        assert authenticate(api, NEW).status == 200

    def test_the_session_must_be_young(self, api: Api) -> None:
        """
        A factor older than five minutes does not suffice; proving it again does.
        """
        api.emulator.clock.freeze()
        token = authenticate(api).data["session_token"]
        api.emulator.clock.advance(minutes=5)
        in_time = by_session(api, token)
        api.emulator.clock.advance(seconds=1)
        late = by_session(api, token, "another.brass.lantern.hums")
        authenticate(api, NEW, session=token)

        assert in_time.status == 200
        assert late.error == (400, "session_too_old_to_reset_password")
        assert by_session(api, token, "another.brass.lantern.hums").status == 200

    @pytest.mark.parametrize(("password", "error_type"), UNFIT)
    def test_an_unfit_password(self, api: Api, password: str, error_type: str) -> None:
        """
        A password that is refused changes nothing.
        """
        ada = api.emulator.sign_in(ADA, "Acme")

        assert by_session(api, ada.session_token, password).error == (400, error_type)
        assert authenticate(api).status == 200

    def test_it_needs_a_session(self, api: Api) -> None:
        """
        Nobody sets the password of nobody.
        """
        assert by_session(api, None).error == (401, "user_unauthenticated")

    def test_where_passwords_are_not_allowed(self, api: Api) -> None:
        """
        Nobody gets a password that is of no use.
        """
        allow_only(api, "magic_link")
        ada = api.emulator.sign_in(ADA, "Acme")

        reply = by_session(api, ada.session_token)

        assert reply.error == (400, "operation_restricted_by_organization_auth_methods")
