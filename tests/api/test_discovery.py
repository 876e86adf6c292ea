"""Choosing an Organization after a login, or founding one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InvalidArgumentError,
    NoSessionError,
    NotFoundError,
    SessionState,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import Emulator, Member
from stytch_b2b.models import LoggedIn, NeedsMFA, NeedsPrimaryFactor
from tests.api.browsing import browse, logged_in, token_of, unfinished
from tests.api.support import logged, operations, refusal

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
LIST = "discovery.organizations.list"
CREATE = "discovery.organizations.create"
EXCHANGE = "discovery.intermediate_sessions.exchange"

NOT_FOUND = (NotFoundError, 404, "intermediate_session_not_found")

Call = Callable[..., Awaitable[Any]]

CALLS: dict[str, Callable[[AsyncStytchB2BClient], Call]] = {
    LIST: lambda client: client.discovery.organizations.list,
    CREATE: lambda client: (
        lambda **options: client.discovery.organizations.create(
            session_duration_minutes=60, **options
        )
    ),
    EXCHANGE: lambda client: (
        lambda **options: client.discovery.intermediate_sessions.exchange(
            organization_id="acme", session_duration_minutes=60, **options
        )
    ),
}

every_call = pytest.mark.parametrize("name", CALLS)


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has an account.
    """
    return emulator.create_member("Acme", ADA, "Ada")


async def discover(
    client: AsyncStytchB2BClient,
    emulator: Emulator,
    email_address: str = ADA,
    provider: str = "google",
    **person: Any,
) -> Any:
    """
    Log somebody in with the Organization to be chosen later.
    """
    url = getattr(client.oauth, provider).discovery.start()
    token = token_of(await browse(emulator, url, email_address, **person))
    return await client.oauth.discovery.authenticate(discovery_oauth_token=token)


async def exchange(client: AsyncStytchB2BClient, organization_id: str = "acme") -> Any:
    """
    Choose an Organization.
    """
    return await client.discovery.intermediate_sessions.exchange(
        organization_id=organization_id, session_duration_minutes=60
    )


async def create(client: AsyncStytchB2BClient, **settings: Any) -> Any:
    """
    Found an Organization.
    """
    return await client.discovery.organizations.create(session_duration_minutes=60, **settings)


class TestListing:
    """
    Which Organizations are open to whom.
    """

    @pytest.fixture
    def everywhere(self, emulator: Emulator) -> None:
        """
        Let Ada be, or be eligible to be, a Member of one Organization in each way.
        """
        emulator.create_organization("Invited", slug="invited")
        emulator.create_member("Invited", ADA, status="invited")
        emulator.create_organization("Pending", slug="pending")
        emulator.create_member("Pending", ADA, status="pending")
        emulator.create_organization(
            "Domain",
            slug="domain",
            email_jit_provisioning="RESTRICTED",
            email_allowed_domains=["acme.example"],
        )
        emulator.create_organization(
            "Tenant",
            slug="tenant",
            oauth_tenant_jit_provisioning="RESTRICTED",
            allowed_oauth_tenants={"slack": ["T1"]},
        )
        emulator.create_organization("Closed", slug="closed")
        emulator.create_organization("Deactivated", slug="deactivated")
        emulator.create_member("Deactivated", ADA, status="deleted")

    async def test_by_intermediate_session(self, client, emulator, everywhere) -> None:
        """
        Each Organization says how the person stands to it; listing uses nothing up.
        """
        response = await discover(client, emulator, provider="slack", tenant_id="T1")
        before = client.state
        listed = await client.discovery.organizations.list()
        again = await client.discovery.organizations.list()
        memberships = {
            found.organization.organization_name: (found.membership.type, found.membership.details)
            for found in listed.discovered_organizations
        }

        assert {
            "Acme": ("active_member", None),
            "Invited": ("invited_member", None),
            "Pending": ("pending_member", None),
            "Domain": ("eligible_to_join_by_email_domain", {"domain": "acme.example"}),
            "Tenant": (
                "eligible_to_join_by_oauth_tenant",
                {"provider": "slack", "tenant": "T1"},
            ),
        } == memberships
        assert ADA == listed.email_address
        assert response.discovered_organizations == listed.discovered_organizations
        assert listed.discovered_organizations == again.discovered_organizations
        assert before is client.state
        assert {"intermediate_session_token": before.intermediate_session_token} == (
            logged(emulator, LIST)[0].json()
        )

    async def test_by_session(self, admin, emulator, everywhere) -> None:
        """
        A session does as well; only a provider's tenant is not known to it.
        """
        await admin.session.authenticate()
        before = admin.state
        listed = await admin.discovery.organizations.list()

        assert {"Acme", "Invited", "Pending", "Domain"} == {
            found.organization.organization_name for found in listed.discovered_organizations
        }
        assert before is admin.state
        assert {} == logged(emulator, LIST)[0].json()

    async def test_what_is_lacking(self, client, emulator) -> None:
        """
        Each Organization says what it would ask for beyond what was proved.
        """
        emulator.create_organization("MFA", mfa_policy="REQUIRED_FOR_ALL")
        emulator.create_member("MFA", ADA)
        emulator.create_organization("SSO", auth_methods="RESTRICTED", allowed_auth_methods=["sso"])
        emulator.create_member("SSO", ADA)
        response = await discover(client, emulator)
        lacking = {
            found.organization.organization_name: (
                found.member_authenticated,
                found.mfa_required is not None,
                found.primary_required and found.primary_required.allowed_auth_methods,
            )
            for found in response.discovered_organizations
        }

        assert {
            "Acme": (True, False, None),
            "MFA": (False, True, None),
            "SSO": (False, False, ("sso",)),
        } == lacking

    async def test_nobody(self, client, emulator) -> None:
        """
        Somebody whom no Organization knows finds none.
        """
        await discover(client, emulator, "eve@evil.example")

        assert () == (await client.discovery.organizations.list()).discovered_organizations

    async def test_session_that_is_gone(self, admin, emulator) -> None:
        """
        With a session that is gone nothing is listed; the client keeps it.
        """
        before = admin.state
        emulator.clock.advance(hours=2)

        assert (AuthenticationError, 401, "user_unauthenticated") == await refusal(
            admin.discovery.organizations.list()
        )
        assert before is admin.state


class TestExchanging:
    """
    Choosing one of the Organizations.
    """

    @pytest.mark.parametrize("status", ["active", "pending", "invited"])
    async def test_members(self, client, emulator, ada, status: str) -> None:
        """
        Whoever is a Member, or is to become one, is logged in as that one.
        """
        emulator.update_member(ada, status=status)
        await discover(client, emulator)

        response = await exchange(client)

        assert LoggedIn(
            member_session=response.member_session,
            member=response.member,
            organization=response.organization,
        ) == (response.outcome)
        assert (ada.member_id, "active") == (response.member_id, response.member.status)
        assert ["oauth"] == [
            factor.type for factor in response.member_session.authentication_factors
        ]
        assert logged_in(response) == client.state

    async def test_eligible_by_domain(self, client, emulator) -> None:
        """
        Whoever may join by the domain becomes a Member.
        """
        emulator.update_organization(
            "Acme", email_jit_provisioning="RESTRICTED", email_allowed_domains=["acme.example"]
        )
        await discover(client, emulator, "new@acme.example")

        response = await exchange(client)

        assert "new@acme.example" == response.member.email_address
        assert logged_in(response) == client.state

    @pytest.mark.parametrize("provider", ["github", "hubspot", "slack"])
    async def test_eligible_by_tenant(self, client, emulator, provider: str) -> None:
        """
        So does whoever may join by the tenant at the provider.
        """
        emulator.update_organization(
            "Acme",
            oauth_tenant_jit_provisioning="RESTRICTED",
            allowed_oauth_tenants={provider: ["T1"]},
        )
        await discover(client, emulator, "new@else.example", provider, tenant_id="T1")

        response = await exchange(client)

        assert "new@else.example" == response.member.email_address
        assert logged_in(response) == client.state

    @pytest.mark.parametrize("locator", ["organization_id", "organization_slug"])
    async def test_organization_by_its_names(self, client, emulator, locator: str) -> None:
        """
        The Organization may be named by its ID or its slug, as the list has them.
        """
        response = await discover(client, emulator)
        (found,) = response.discovered_organizations

        chosen = await exchange(client, getattr(found.organization, locator))

        assert found.organization.organization_id == chosen.organization.organization_id

    async def test_second_factor(self, client, emulator) -> None:
        """
        Where a second factor is missing another intermediate session is held.
        """
        emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
        await discover(client, emulator)
        first = client.state.intermediate_session_token
        emulator.clock.advance(minutes=5)

        response = await exchange(client)
        lifetime = client.state.intermediate_session_token_expires_at - emulator.clock.now()

        assert isinstance(response.outcome, NeedsMFA)
        assert first != client.state.intermediate_session_token
        assert unfinished(response, client) == client.state
        assert timedelta(minutes=9, seconds=30) < lifetime <= timedelta(minutes=10)

    async def test_primary_factor(self, client, emulator) -> None:
        """
        Where the Organization wants another way that one completes the login.
        """
        emulator.update_organization(
            "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["magic_link"]
        )
        await discover(client, emulator)
        response = await exchange(client)
        held = client.state
        await client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")
        completed = await client.magic_links.authenticate(
            magic_links_token=emulator.outbox.last().token, session_duration_minutes=60
        )

        assert NeedsPrimaryFactor(
            member=response.member,
            organization=response.organization,
            allowed_auth_methods=("magic_link",),
        ) == (response.outcome)
        assert response.intermediate_session_token == held.intermediate_session_token
        assert {"oauth", "magic_link"} == {
            factor.type for factor in completed.member_session.authentication_factors
        }
        assert logged_in(completed) == client.state

    @pytest.mark.parametrize(
        ("settings", "error_type"),
        [
            ({}, "email_jit_provisioning_not_allowed"),
            (
                {"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": ["b.example"]},
                "invalid_email_for_jit_provisioning",
            ),
        ],
    )
    async def test_not_admitted(self, client, emulator, settings: Any, error_type: str) -> None:
        """
        Whom the Organization does not admit may choose another one.
        """
        emulator.update_organization("Acme", **settings)
        await discover(client, emulator, "eve@evil.example")
        before = client.state
        answer = await refusal(exchange(client))
        kept = client.state
        response = await create(client)

        assert (BadRequestError, 400, error_type) == answer
        assert before is kept
        assert logged_in(response) == client.state

    async def test_deactivated(self, client, emulator, ada) -> None:
        """
        Who was deactivated finds the Organization no more, and is not let in by its name.
        """
        emulator.update_member(ada, status="deleted")
        response = await discover(client, emulator)
        before = client.state

        assert () == response.discovered_organizations
        assert (BadRequestError, 400, "action_available_only_for_active_members") == (
            await refusal(exchange(client))
        )
        assert before is client.state

    async def test_unknown_organization(self, client, emulator) -> None:
        """
        An Organization that nobody knows is not found, and nothing is used up.
        """
        await discover(client, emulator)
        before = client.state

        assert (NotFoundError, 404, "organization_not_found") == await refusal(
            exchange(client, "nobody")
        )
        assert before is client.state
        assert 200 == (await exchange(client)).status_code

    async def test_chosen_already(self, client, emulator) -> None:
        """
        A login that waits for a second factor at the one goes on at no other.
        """
        emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
        emulator.create_organization("Other", slug="other")
        emulator.create_member("Other", ADA)
        await discover(client, emulator)
        await exchange(client)
        before = client.state

        assert (BadRequestError, 400, "invalid_intermediate_session_token_for_organization") == (
            await refusal(exchange(client, "other"))
        )
        assert before is client.state


class TestCreating:
    """
    Founding an Organization.
    """

    async def test_all_settings(self, client, emulator) -> None:
        """
        Each setting is the new Organization's, and its founder administers it.
        """
        settings: dict[str, Any] = {
            "organization_name": "New & Co",
            "organization_slug": "new-co",
            "organization_logo_url": "https://new.example/logo.png",
            "sso_jit_provisioning": "NOT_ALLOWED",
            "email_allowed_domains": ["new.example"],
            "email_jit_provisioning": "RESTRICTED",
            "email_invites": "RESTRICTED",
            "auth_methods": "RESTRICTED",
            "allowed_auth_methods": ["google_oauth", "sso"],
            "mfa_methods": "RESTRICTED",
            "allowed_mfa_methods": ["totp"],
            "mfa_policy": "OPTIONAL",
            "oauth_tenant_jit_provisioning": "RESTRICTED",
            "allowed_oauth_tenants": {"slack": ["T1"]},
        }
        await discover(client, emulator, "new@new.example")
        token = client.state.intermediate_session_token
        response = await create(client, **settings)
        organization = response.organization

        assert {
            **settings,
            "intermediate_session_token": token,
            "session_duration_minutes": 60,
        } == logged(emulator, CREATE)[0].json()
        assert {
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in settings.items()
            },
            "allowed_oauth_tenants": {"slack": ("T1",)},
        } == {name: getattr(organization, name) for name in settings}
        assert isinstance(response.outcome, LoggedIn)
        assert ("new@new.example", "active") == (
            response.member.email_address,
            response.member.status,
        )
        assert "stytch_admin" in response.member_session.roles
        assert logged_in(response) == client.state

    @pytest.mark.parametrize(
        ("email_address", "name"), [("x@founders.example", "founders"), ("yo@gmail.com", "yo")]
    )
    async def test_defaults(self, client, emulator, email_address: str, name: str) -> None:
        """
        Without a name one is made of the e-mail address; nothing is sent that was not given.
        """
        await discover(client, emulator, email_address)
        response = await create(client)

        assert (name, name) == (
            response.organization.organization_name,
            response.organization.organization_slug,
        )
        assert {"intermediate_session_token", "session_duration_minutes"} == set(
            logged(emulator, CREATE)[0].json()
        )

    async def test_second_factor(self, client, emulator) -> None:
        """
        A founder whose own Organization demands a second factor has to give one.
        """
        await discover(client, emulator)

        response = await create(client, mfa_policy="REQUIRED_FOR_ALL")

        assert isinstance(response.outcome, NeedsMFA)
        assert ("totp", "sms_otp") == response.outcome.enrollable
        assert unfinished(response, client) == client.state

    async def test_primary_factor(self, client, emulator) -> None:
        """
        A founder whose own Organization does not accept the way in needs another one.
        """
        await discover(client, emulator)

        response = await create(
            client, auth_methods="RESTRICTED", allowed_auth_methods=["password"]
        )

        assert isinstance(response.outcome, NeedsPrimaryFactor)
        assert ("password",) == response.outcome.allowed_auth_methods
        assert unfinished(response, client) == client.state

    @pytest.mark.parametrize(
        ("settings", "expected"),
        [
            (
                {"organization_slug": "acme"},
                (ConflictError, 400, "organization_slug_already_used"),
            ),
            (
                {"organization_slug": "no slug"},
                (BadRequestError, 400, "invalid_organization_slug"),
            ),
            ({"organization_name": " "}, (BadRequestError, 400, "organization_name_missing")),
            (
                {"auth_methods": "RESTRICTED"},
                (BadRequestError, 400, "allowed_auth_methods_required_for_restricted"),
            ),
            (
                {"mfa_methods": "RESTRICTED"},
                (BadRequestError, 400, "allowed_mfa_methods_required_for_restricted"),
            ),
            (
                {"email_jit_provisioning": "RESTRICTED"},
                (BadRequestError, 400, "invalid_restricted_email_setting"),
            ),
            (
                {"oauth_tenant_jit_provisioning": "RESTRICTED"},
                (BadRequestError, 400, "invalid_restricted_oauth_tenants_setting"),
            ),
            (
                {"email_allowed_domains": ["gmail.com"]},
                (BadRequestError, 400, "organization_settings_domain_too_common"),
            ),
            (
                {"allowed_oauth_tenants": {"google": ["T1"]}},
                (BadRequestError, 400, "invalid_oauth_allowed_tenants_format"),
            ),
        ],
    )
    async def test_settings_that_are_refused(
        self, client, emulator, settings: Any, expected: Any
    ) -> None:
        """
        A setting that does not fit is refused, and the person may try again.
        """
        await discover(client, emulator)
        before = client.state
        answer = await refusal(create(client, **settings))
        kept = client.state
        response = await create(client)

        assert expected == answer
        assert before is kept
        assert logged_in(response) == client.state

    async def test_claimed_domain(self, client, emulator) -> None:
        """
        Whose domain another Organization has claimed may found none.
        """
        emulator.update_organization("Acme", claimed_email_domains=["acme.example"])
        await discover(client, emulator, "new@acme.example")
        before = client.state

        assert (BadRequestError, 400, "action_not_allowed_email_domain_is_claimed") == (
            await refusal(create(client))
        )
        assert before is client.state

    async def test_disabled(self, client, emulator) -> None:
        """
        A project may let nobody found Organizations; the person may still choose one.
        """
        emulator.set_bootstrap(create_organization_enabled=False)
        await discover(client, emulator)
        before = client.state
        answer = await refusal(create(client))
        kept = client.state
        response = await exchange(client)

        assert (AuthenticationError, 401, "endpoint_not_authorized_for_sdk") == answer
        assert before is kept
        assert logged_in(response) == client.state

    @pytest.mark.parametrize(
        "argument",
        [
            {"mfa_policy": "SOMETIMES"},
            {"auth_methods": "NOT_ALLOWED"},
            {"email_allowed_domains": "acme.example"},
            {"organization_name": 3},
        ],
    )
    async def test_mistakes(self, client, emulator, argument: dict[str, Any]) -> None:
        """
        A value that no setting has is refused before anything is sent.
        """
        with pytest.raises(InvalidArgumentError) as caught:
            await create(client, intermediate_session_token="t", **argument)

        assert set(argument) == set(caught.value.problems)
        assert [] == operations(emulator)


class TestIntermediateSessions:
    """
    The token that stands for what was proved.
    """

    @every_call
    async def test_nothing_is_held(self, client, emulator, name: str) -> None:
        """
        Who has not begun a login is told so before anything is sent.
        """
        with pytest.raises(NoSessionError, match="log in first") as caught:
            await CALLS[name](client)()

        assert name == caught.value.endpoint
        assert [] == operations(emulator)

    @pytest.mark.parametrize("name", [CREATE, EXCHANGE])
    async def test_a_session_does_not_do(self, admin, emulator, name: str) -> None:
        """
        Choosing and founding take an unfinished login; a session is exchanged in another way.
        """
        before = admin.state

        with pytest.raises(NoSessionError):
            await CALLS[name](admin)()

        assert before is admin.state
        assert [] == operations(emulator)

    @every_call
    async def test_expired_here(self, client, emulator, name: str) -> None:
        """
        Ten minutes later the client knows that its token is worthless, and sends nothing.
        """
        await discover(client, emulator)
        emulator.clock.advance(minutes=10)
        sent = operations(emulator)

        with pytest.raises(NoSessionError):
            await CALLS[name](client)()

        assert sent == operations(emulator)

    @every_call
    async def test_expired_there(self, client, emulator, name: str) -> None:
        """
        A token of the caller's that is too old is none to the server; what is held stays.
        """
        other = client.with_state(SessionState())
        token = (await discover(other, emulator)).intermediate_session_token
        emulator.clock.advance(minutes=9)
        await discover(client, emulator)
        emulator.clock.advance(minutes=1)
        before = client.state

        assert NOT_FOUND == await refusal(CALLS[name](client)(intermediate_session_token=token))
        assert before is client.state
        assert 200 == (await client.discovery.organizations.list()).status_code

    @every_call
    async def test_used_up_elsewhere(self, client, emulator, name: str) -> None:
        """
        A token that is held, and is none to the server, is forgotten: the login has to begin anew.
        """
        await discover(client, emulator)
        client.oauth.google.start(organization_slug="acme")
        pairs = client.state.pkce_pairs
        await exchange(client.with_state(client.state))
        answer = await refusal(CALLS[name](client)())
        sent = operations(emulator)

        assert NOT_FOUND == answer
        assert SessionState(pkce_pairs=pairs) == client.state
        with pytest.raises(NoSessionError):
            await CALLS[name](client)()
        assert sent == operations(emulator)

    @every_call
    async def test_reused(self, client, emulator, name: str) -> None:
        """
        A token that became a session is used up; the session stays.
        """
        token = (await discover(client, emulator)).intermediate_session_token
        await exchange(client)
        before = client.state

        assert NOT_FOUND == await refusal(CALLS[name](client)(intermediate_session_token=token))
        assert before is client.state

    async def test_another_persons(self, client, make_client, emulator) -> None:
        """
        Ada's unfinished login completes no login of Eve's.
        """
        emulator.create_member("Acme", "eve@acme.example")
        adas = (await discover(client, emulator)).intermediate_session_token
        eve = make_client()
        url = eve.oauth.google.start(organization_slug="acme")
        token = token_of(await browse(emulator, url, "eve@acme.example"))
        before = eve.state

        assert (BadRequestError, 400, "invalid_intermediate_session_token_for_organization") == (
            await refusal(
                eve.oauth.authenticate(oauth_token=token, intermediate_session_token=adas)
            )
        )
        assert before is eve.state

    async def test_opens_what_is_its_owners(self, client, make_client, emulator) -> None:
        """
        Eve's token at Ada's Organization is Eve's still: she is not let in.
        """
        eves = (await discover(client, emulator, "eve@evil.example")).intermediate_session_token
        ada = make_client()
        await discover(ada, emulator)
        before = ada.state

        assert (BadRequestError, 400, "email_jit_provisioning_not_allowed") == await refusal(
            ada.discovery.intermediate_sessions.exchange(
                organization_id="acme", session_duration_minutes=60, intermediate_session_token=eves
            )
        )
        assert before is ada.state

    async def test_callers_own(self, client, make_client, emulator) -> None:
        """
        A token of the caller's goes before the client's.
        """
        own = (await discover(make_client(), emulator)).intermediate_session_token
        await discover(client, emulator, "eve@evil.example")

        listed = await client.discovery.organizations.list(intermediate_session_token=own)

        assert ADA == listed.email_address

    async def test_carried(self, client, make_client, emulator) -> None:
        """
        The state, carried as JSON into another client, chooses there; the first one waits on.
        """
        await discover(client, emulator)
        callback = make_client().with_state(SessionState.from_json(client.state.to_json()))

        response = await exchange(callback)

        assert logged_in(response) == callback.state
        assert client.state.intermediate_session_token is not None

    @pytest.mark.parametrize("name", [CREATE, EXCHANGE])
    async def test_lost_answer(self, client, emulator, name: str) -> None:
        """
        A lost answer keeps the token and says that it may be used up; it is not repeated.
        """
        await discover(client, emulator)
        before = client.state
        emulator.faults.add(operation=name, drop="after_read", handle=True)

        with pytest.raises(StytchOutcomeUnknownError):
            await CALLS[name](client)()

        assert before is client.state
        assert 1 == len(logged(emulator, name))
        assert NOT_FOUND == await refusal(CALLS[name](client)())
