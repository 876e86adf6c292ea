"""What becomes of the URL that a browser was sent to: one call for all of them."""

from __future__ import annotations

from typing import Any

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    Authenticated,
    AuthenticateURL,
    ChooseOrganization,
    Discovered,
    InvalidArgumentError,
    LoggedIn,
    MissingPKCEError,
    NeedsNewPassword,
    NotFoundError,
    NotOurs,
)
from stytch_b2b.emulator import Emulator
from tests.api.support import logged, operations

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
PASSWORD = "nine purple llamas hum in Utrecht"


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Any:
    """
    Ada, who has an account.
    """
    return emulator.create_member("Acme", ADA, "Ada")


async def follow(client: AsyncStytchB2BClient, url: str | bytes) -> Any:
    """
    Do what a URL is for, for an hour.
    """
    return await client.authenticate_by_url(url, session_duration_minutes=60)


async def start_reset(client: AsyncStytchB2BClient, emulator: Emulator) -> Any:
    """
    Ask for the e-mail by which Ada sets a new password.
    """
    await client.passwords.reset_by_email_start(organization_id="acme", email_address=ADA)
    return emulator.outbox.last(to=ADA)


class TestLogsIn:
    """
    URLs whose token logs a Member in.
    """

    async def test_magic_link(self, client, emulator) -> None:
        """
        A link that was asked for logs in, and the client holds the session.
        """
        await client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")

        outcome = await follow(client, emulator.outbox.last(to=ADA).url)

        assert isinstance(outcome, Authenticated)
        assert "multi_tenant_magic_links" == outcome.token_type
        assert isinstance(outcome.response.outcome, LoggedIn)
        assert not outcome.wants_new_password
        assert ADA == client.state.member.email_address

    async def test_invitation(self, client, admin, emulator) -> None:
        """
        So does an invitation, which was not asked for.
        """
        await admin.magic_links.email.invite(email_address="bob@acme.example")

        outcome = await follow(client, emulator.outbox.last(to="bob@acme.example").url)

        assert "bob@acme.example" == outcome.response.member.email_address

    async def test_bytes(self, client, emulator) -> None:
        """
        A URL may come as bytes, as some servers hand it on.
        """
        await client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")

        outcome = await follow(client, emulator.outbox.last(to=ADA).url.encode())

        assert isinstance(outcome, Authenticated)

    async def test_oauth(self, client, emulator) -> None:
        """
        An account at a provider logs in, for as long as the project says if nobody else does.
        """
        url = emulator.browser_login(client.oauth.google.start(organization_slug="acme"), ADA)

        outcome = await client.authenticate_by_url(url)
        (request,) = logged(emulator, "oauth.authenticate")

        assert isinstance(outcome, Authenticated)
        assert "oauth" == outcome.token_type
        assert "session_duration_minutes" not in request.json()
        assert ADA == client.state.member.email_address

    async def test_sso(self, client, emulator) -> None:
        """
        So does the identity provider of the Organization.
        """
        connection = emulator.create_sso_connection("Acme")
        url = emulator.browser_login(client.sso.start(connection_id=connection.connection_id), ADA)

        outcome = await follow(client, url)

        assert isinstance(outcome, Authenticated)
        assert "sso" == outcome.token_type
        assert ADA == client.state.member.email_address

    async def test_impersonation(self, client, emulator, ada) -> None:
        """
        So does a token of the dashboard, for as long as the API says.
        """
        token = emulator.create_impersonation_token(ada)
        url = f"https://acme.example/?stytch_token_type=multi_tenant_impersonation&token={token}"

        outcome = await client.authenticate_by_url(url)

        assert isinstance(outcome, Authenticated)
        assert "multi_tenant_impersonation" == outcome.token_type
        assert ADA == client.state.member.email_address


class TestDiscovers:
    """
    URLs whose token shows which Organizations there are.
    """

    async def test_magic_link(self, client, emulator) -> None:
        """
        A link of discovery leaves an Organization to be chosen.
        """
        await client.magic_links.email.discovery.send(email_address=ADA)

        outcome = await client.authenticate_by_url(emulator.outbox.last(to=ADA).url)

        assert isinstance(outcome, Discovered)
        assert "discovery" == outcome.token_type
        assert isinstance(outcome.response.outcome, ChooseOrganization)
        assert client.state.intermediate_session_token

    async def test_oauth(self, client, emulator) -> None:
        """
        So does an account at a provider.
        """
        url = emulator.browser_login(client.oauth.github.discovery.start(), ADA)

        outcome = await client.authenticate_by_url(url)

        assert isinstance(outcome, Discovered)
        assert "discovery_oauth" == outcome.token_type
        assert ADA == outcome.response.email_address


class TestResetsPassword:
    """
    URLs that a person came by to set a new password.
    """

    async def test_of_a_member(self, client, emulator) -> None:
        """
        The token is handed back unused, and sets the password.
        """
        message = await start_reset(client, emulator)
        sent = operations(emulator)

        outcome = await follow(client, message.url)

        assert NeedsNewPassword(flow="organization", token=message.token) == outcome
        assert sent == operations(emulator)
        response = await client.passwords.reset_by_email(
            password_reset_token=outcome.token, password=PASSWORD, session_duration_minutes=60
        )
        assert isinstance(response.outcome, LoggedIn)

    async def test_of_discovery(self, client, emulator) -> None:
        """
        A token that is of discovery's type is not spent on a login either.
        """
        await client.passwords.discovery.reset_by_email_start(email_address=ADA)
        message = emulator.outbox.last(to=ADA)
        sent = operations(emulator)

        outcome = await follow(client, message.url)

        assert "stytch_token_type=discovery&" in message.url
        assert NeedsNewPassword(flow="discovery", token=message.token) == outcome
        assert sent == operations(emulator)
        response = await client.passwords.discovery.reset_by_email(
            password_reset_token=outcome.token, password=PASSWORD
        )
        assert ADA == response.email_address

    async def test_by_session(self, client, emulator) -> None:
        """
        The e-mail's second link logs in without a password, and the outcome passes the wish on.
        """
        message = await start_reset(client, emulator)

        outcome = await follow(client, message.login_url)

        assert "stytch_redirect_type=reset_password" in message.login_url
        assert isinstance(outcome, Authenticated)
        assert outcome.wants_new_password
        response = await client.passwords.reset_by_session(password=PASSWORD)
        assert isinstance(response.outcome, LoggedIn)


class TestLeavesAlone:
    """
    URLs that are not Stytch's, and calls that cannot be made.
    """

    @pytest.mark.parametrize(
        ("url", "outcome"),
        [
            ("https://acme.example/?code=1", NotOurs()),
            (b"\xff", NotOurs()),
            ("/?stytch_token_type=news&token=t", NotOurs(token_type="news")),
            (
                "/?error=access_denied&error_description=No",
                NotOurs(error="access_denied", error_description="No"),
            ),
        ],
    )
    async def test_foreign(self, client, emulator, url, outcome) -> None:
        """
        Nothing is sent for a URL that ends no flow.
        """
        assert outcome == await client.authenticate_by_url(url)
        assert client.parse_authenticate_url(url) is None
        assert [] == operations(emulator)

    async def test_cancelled_at_the_provider(self, client, emulator) -> None:
        """
        Where the person was not let in, the outcome says why.
        """
        url = emulator.browser_cancel(client.oauth.google.start(organization_slug="acme"))

        outcome = await follow(client, url)

        assert isinstance(outcome, NotOurs)
        assert "access_denied" == outcome.error

    async def test_parsing_sends_nothing(self, client, emulator) -> None:
        """
        Parsing tells what would be done, and does not do it.
        """
        found = client.parse_authenticate_url("/cb?stytch_token_type=sso&token=t&slug=acme")

        assert AuthenticateURL(token_type="sso", token="t") == found
        assert [] == operations(emulator)

    @pytest.mark.parametrize("token_type", ["multi_tenant_magic_links", "sso"])
    @pytest.mark.parametrize("minutes", [None, 4])
    async def test_duration(self, client, emulator, token_type, minutes) -> None:
        """
        A duration that is missing where it is needed, or too short, is found before sending.
        """
        url = f"/?stytch_token_type={token_type}&token=t"

        with pytest.raises(InvalidArgumentError, match="session_duration_minutes"):
            await client.authenticate_by_url(url, session_duration_minutes=minutes)

        assert [] == operations(emulator)

    async def test_sso_of_somebody_else(self, client, emulator) -> None:
        """
        A login by SSO that this client did not begin is not ended by it.
        """
        with pytest.raises(MissingPKCEError):
            await follow(client, "/?stytch_token_type=sso&token=t")

        assert [] == operations(emulator)

    async def test_unknown_token(self, client, emulator) -> None:
        """
        What the API says to a token is raised as it is.
        """
        with pytest.raises(NotFoundError):
            await follow(client, "/?stytch_token_type=multi_tenant_magic_links&token=t")


def test_sync(sync_client: Any, emulator: Emulator) -> None:
    """
    The blocking client does the same.
    """
    sync_client.magic_links.email.discovery.send(email_address=ADA)
    url = emulator.outbox.last(to=ADA).url

    assert "discovery" == sync_client.parse_authenticate_url(url).token_type
    assert isinstance(sync_client.authenticate_by_url(url), Discovered)
    assert NotOurs() == sync_client.authenticate_by_url("/")
