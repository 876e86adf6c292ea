"""Magic links that lead to a choice of Organizations, from the e-mail to a session of one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    BadRequestError,
    ChooseOrganization,
    InvalidArgumentError,
    LoggedIn,
    NeedsMFA,
    NeedsPrimaryFactor,
    NotFoundError,
    StytchAPIError,
)
from stytch_b2b.emulator import Emulator
from tests.api.support import logged, operations, sent_as

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
SEND = "magic_links.email.discovery.send"
AUTHENTICATE = "magic_links.discovery.authenticate"
EXCHANGE = "discovery.intermediate_sessions.exchange"

Client = AsyncStytchB2BClient


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Any:
    """
    Ada, who is a Member of Acme and invited to Beta.
    """
    emulator.create_organization("Beta", slug="beta")
    emulator.create_member("Beta", ADA, status="invited")
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"])


async def discover(
    client: Client, emulator: Emulator, email_address: str = ADA, **options: Any
) -> Any:
    """
    Have a link sent and open it.
    """
    await client.magic_links.email.discovery.send(email_address=email_address, **options)
    return await client.magic_links.discovery.authenticate(
        discovery_magic_links_token=emulator.outbox.last(to=email_address, kind="discovery").token
    )


class TestSending:
    """
    What asking for a link does.
    """

    async def test_message(self, client, emulator) -> None:
        """
        The e-mail has a link to where it was asked to lead, and names no Organization.
        """
        emulator.register_redirect_url("https://acme.example/choose?from=mail", "discovery")
        response = await client.magic_links.email.discovery.send(
            email_address=ADA,
            discovery_redirect_url="https://acme.example/choose?from=mail",
            login_template_id="template",
            locale="fr",
            discovery_expiration_minutes=10,
        )
        message = emulator.outbox.last()
        (request,) = logged(emulator, SEND)

        assert ("discovery", ADA, "") == (message.kind, message.to, message.organization_id)
        assert message.url.startswith("https://acme.example/choose?from=mail&")
        assert {
            "from": ["mail"],
            "stytch_token_type": ["discovery"],
            "token": [message.token],
        } == parse_qs(urlsplit(message.url).query)
        assert emulator.public_token == sent_as(request)
        assert {
            "email_address": ADA,
            "discovery_redirect_url": "https://acme.example/choose?from=mail",
            "login_template_id": "template",
            "locale": "fr",
            "discovery_expiration_minutes": 10,
            "pkce_code_challenge": client.state.pkce_pairs["magic_links"].code_challenge,
        } == request.json()
        assert 200 == response.status_code

    @pytest.mark.parametrize(
        ("options", "error_type"),
        [
            ({"email_address": "nobody"}, "invalid_email"),
            ({"discovery_redirect_url": "choose"}, "invalid_discovery_redirect_url"),
            (
                {"discovery_redirect_url": "https://elsewhere.example"},
                "no_match_for_provided_magic_link_url",
            ),
            ({"discovery_expiration_minutes": 4}, "invalid_expiration"),
            ({"discovery_expiration_minutes": 10_081}, "invalid_expiration"),
        ],
    )
    async def test_refused(
        self, client, emulator, options: dict[str, Any], error_type: str
    ) -> None:
        """
        What the API does not accept is a bad request, and no mail goes out.
        """
        with pytest.raises(BadRequestError) as caught:
            await client.magic_links.email.discovery.send(**{"email_address": ADA, **options})

        assert (400, error_type) == (caught.value.status_code, caught.value.error_type)
        assert 0 == len(emulator.outbox)

    async def test_no_default(self, client, emulator) -> None:
        """
        Where no URL is registered for discovery, none can be left out.
        """
        emulator.unregister_redirect_url("http://localhost:3000/authenticate", "discovery")

        with pytest.raises(BadRequestError) as caught:
            await client.magic_links.email.discovery.send(email_address=ADA)

        assert 400 == caught.value.status_code
        assert "no_default_discovery_redirect_url_set" == caught.value.error_type

    @pytest.mark.parametrize("minutes", [-1, "soon", 1.5])
    async def test_no_lifetime(self, client, emulator, minutes: Any) -> None:
        """
        A lifetime that can be none is refused before anything is sent or made.
        """
        with pytest.raises(InvalidArgumentError, match="discovery_expiration_minutes"):
            await client.magic_links.email.discovery.send(
                email_address=ADA, discovery_expiration_minutes=minutes
            )

        assert [] == operations(emulator)
        assert {} == dict(client.state.pkce_pairs)


class TestAuthenticating:
    """
    What opening a link does.
    """

    async def test_organizations(self, client, emulator) -> None:
        """
        The answer has every Organization that the address opens, and how it does.
        """
        emulator.create_organization("Gamma", slug="gamma")
        emulator.create_organization(
            "Delta",
            email_jit_provisioning="RESTRICTED",
            email_allowed_domains=["acme.example"],
        )
        response = await discover(client, emulator)
        outcome = response.outcome

        assert isinstance(outcome, ChooseOrganization)
        assert ADA == outcome.email_address == response.email_address
        assert {
            "Acme": ("active_member", True),
            "Beta": ("invited_member", True),
            "Delta": ("eligible_to_join_by_email_domain", True),
        } == {
            each.organization.organization_name: (each.membership.type, each.member_authenticated)
            for each in outcome.discovered_organizations
        }

    async def test_stranger(self, client, emulator) -> None:
        """
        Who is a Member nowhere proves the address all the same, and may found an Organization.
        """
        found = await discover(client, emulator, "eve@evil.example")
        founded = await client.discovery.organizations.create(
            organization_name="Eve", session_duration_minutes=60
        )

        assert () == found.discovered_organizations
        assert isinstance(founded.outcome, LoggedIn)
        assert "Eve" == client.state.organization.organization_name
        assert founded.session_token == client.state.session_token
        assert client.state.intermediate_session_token is None

    @pytest.mark.parametrize("slug", ["acme", "beta"])
    async def test_chosen(self, client, emulator, slug: str) -> None:
        """
        The choice of an Organization completes the login; the link counts as the factor.
        """
        await discover(client, emulator)
        intermediate = client.state.intermediate_session_token
        response = await client.discovery.intermediate_sessions.exchange(
            organization_id=slug, session_duration_minutes=60
        )
        (factor,) = response.member_session.authentication_factors

        assert intermediate == logged(emulator, EXCHANGE)[0].json()["intermediate_session_token"]
        assert ("magic_link", "email") == (factor.type, factor.delivery_method)
        assert (slug, "active") == (
            client.state.organization.organization_slug,
            client.state.member.status,
        )
        assert response.session_token == client.state.session_token
        assert client.state.intermediate_session_token is None
        assert client.state.intermediate_session_token_expires_at is None

    @pytest.mark.parametrize(
        ("settings", "outcome"),
        [
            ({"mfa_policy": "REQUIRED_FOR_ALL"}, NeedsMFA),
            (
                {"auth_methods": "RESTRICTED", "allowed_auth_methods": ["sso"]},
                NeedsPrimaryFactor,
            ),
        ],
    )
    async def test_not_enough(
        self, client, emulator, settings: dict[str, Any], outcome: type
    ) -> None:
        """
        Where the Organization wants more, the list says so, and a new intermediate session is held.
        """
        emulator.update_organization("Acme", **settings)
        found = await discover(client, emulator)
        response = await client.discovery.intermediate_sessions.exchange(
            organization_id="acme", session_duration_minutes=60
        )
        enough = {
            each.organization.organization_slug: each.member_authenticated
            for each in found.discovered_organizations
        }

        assert {"acme": False, "beta": True} == enough
        assert outcome is type(response.outcome)
        assert found.intermediate_session_token != response.intermediate_session_token
        assert response.intermediate_session_token == client.state.intermediate_session_token
        assert client.state.session_token is None

    async def test_drops_the_session(self, admin, emulator) -> None:
        """
        Who was logged in is no longer, and whoever listens is told; the server's session lives.
        """
        await admin.session.authenticate()
        before = admin.state
        changes: list[Any] = []
        admin.session.on_change(lambda old, new: changes.append((old, new)))
        await discover(admin, emulator)
        (request,) = logged(emulator, AUTHENTICATE)

        assert [(before.member_session, None)] == changes
        assert (None, None, None) == (
            admin.state.session_token,
            admin.state.member,
            admin.state.organization,
        )
        assert before.session_token == sent_as(request)
        renewed = await admin.with_state(before).session.authenticate()
        assert before.session_token == renewed.session_token

    async def test_takes_no_earlier_login(self, client, emulator) -> None:
        """
        An intermediate session held before is not sent, and is replaced.
        """
        first = await discover(client, emulator)
        second = await discover(client, emulator)
        bodies = [request.json() for request in logged(emulator, AUTHENTICATE)]

        assert [{"discovery_magic_links_token", "pkce_code_verifier"}] * 2 == list(map(set, bodies))
        assert first.intermediate_session_token != second.intermediate_session_token
        assert second.intermediate_session_token == client.state.intermediate_session_token

    async def test_ten_minutes(self, client, emulator) -> None:
        """
        The choice must be made within ten minutes, of which the state keeps the end.
        """
        emulator.clock.freeze()
        response = await discover(client, emulator)
        end = client.state.intermediate_session_token_expires_at
        emulator.clock.advance(minutes=10)
        with pytest.raises(NotFoundError) as caught:
            await client.discovery.intermediate_sessions.exchange(
                organization_id="acme",
                session_duration_minutes=60,
                intermediate_session_token=response.intermediate_session_token,
            )

        assert timedelta() == end - emulator.clock.now()
        assert 404 == caught.value.status_code
        assert "intermediate_session_not_found" == caught.value.error_type

    async def test_lifetime(self, client, emulator) -> None:
        """
        A link lives as long as it was asked to.
        """
        await client.magic_links.email.discovery.send(
            email_address=ADA, discovery_expiration_minutes=10_080
        )
        emulator.clock.advance(minutes=10_079)
        await client.magic_links.discovery.authenticate(
            discovery_magic_links_token=emulator.outbox.last().token
        )

        assert client.state.intermediate_session_token is not None

    @pytest.mark.parametrize("use", ["discovery", "organization"])
    async def test_other_kind_of_link(self, client, emulator, use: str) -> None:
        """
        A link of an Organization leads to no choice, and one of discovery to no session.
        """
        if use == "discovery":
            await client.magic_links.email.login_or_signup(
                email_address=ADA, organization_id="acme"
            )
            call = client.magic_links.discovery.authenticate(
                discovery_magic_links_token=emulator.outbox.last().token
            )
        else:
            await client.magic_links.email.discovery.send(email_address=ADA)
            call = client.magic_links.authenticate(
                magic_links_token=emulator.outbox.last().token, session_duration_minutes=60
            )
        waiting = client.state

        with pytest.raises(NotFoundError) as caught:
            await call

        assert (404, "magic_link_not_found") == (caught.value.status_code, caught.value.error_type)
        assert waiting is client.state

    @pytest.mark.parametrize("token", [None, 7, b"token"])
    async def test_no_text(self, client, emulator, token: Any) -> None:
        """
        A token that is no text is refused before anything is sent.
        """
        with pytest.raises(InvalidArgumentError, match="discovery_magic_links_token"):
            await client.magic_links.discovery.authenticate(discovery_magic_links_token=token)

        assert [] == operations(emulator)

    async def test_empty_token(self, client) -> None:
        """
        An empty token is one that nobody knows.
        """
        with pytest.raises(StytchAPIError) as caught:
            await client.magic_links.discovery.authenticate(discovery_magic_links_token="")

        assert (404, "magic_link_not_found") == (caught.value.status_code, caught.value.error_type)
