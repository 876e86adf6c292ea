"""Logging in with an account at a provider, from the start URL to the stored session."""

from __future__ import annotations

from datetime import timedelta
from operator import attrgetter
from typing import Any

import anyio
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    BadRequestError,
    InvalidArgumentError,
    NotFoundError,
    PKCEPair,
    SessionState,
)
from stytch_b2b.emulator import Emulator, Member
from stytch_b2b.models import ChooseOrganization, LoggedIn, NeedsMFA, NeedsPrimaryFactor
from tests.api.browsing import browse, cancel, logged_in, query, token_of, turned_away, unfinished
from tests.api.support import hold, logged, operations, refusal, release, sent_as, until

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
DEFAULT_REDIRECT = "http://localhost:3000/authenticate"
ELSEWHERE = "https://acme.example/callback?from=here"
PROVIDERS = {
    "github": "GitHub",
    "google": "Google",
    "hubspot": "HubSpot",
    "microsoft": "Microsoft",
    "slack": "Slack",
}
OPENID = {"google", "microsoft", "slack"}

NOT_FOUND = (NotFoundError, 404, "oauth_token_not_found")

every_provider = pytest.mark.parametrize("provider", PROVIDERS)


class Flow:
    """
    A login by OAuth, at an Organization or at one to be chosen later.
    """

    def __init__(self, name: str) -> None:
        self.is_discovery = name == "discovery"
        self.prefix = "oauth.discovery" if self.is_discovery else "oauth"
        self.token_type = "discovery_oauth" if self.is_discovery else "oauth"
        self.operation = f"{self.prefix}.authenticate"

    def __repr__(self) -> str:
        return self.prefix

    def start(self, client: AsyncStytchB2BClient, provider: str = "google", **options: Any) -> str:
        """
        Begin it, at Acme unless the Organization is chosen later.
        """
        starter = attrgetter(f"oauth.{provider}")(client)
        if self.is_discovery:
            return starter.discovery.start(**options)
        return starter.start(organization_slug="acme", **options)

    async def finish(self, client: AsyncStytchB2BClient, token: str, **options: Any) -> Any:
        """
        End it.
        """
        if self.is_discovery:
            return await client.oauth.discovery.authenticate(discovery_oauth_token=token, **options)
        return await client.oauth.authenticate(
            oauth_token=token, session_duration_minutes=60, **options
        )

    async def token(
        self, client: AsyncStytchB2BClient, emulator: Emulator, email_address: str = ADA
    ) -> str:
        """
        Begin it, go through the provider's page and return the token.
        """
        return token_of(await browse(emulator, self.start(client), email_address))


ORGANIZATION, DISCOVERY = Flow("organization"), Flow("discovery")

every_flow = pytest.mark.parametrize("flow", [ORGANIZATION, DISCOVERY], ids=repr)


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has an account.
    """
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"])


async def log_in(
    client: AsyncStytchB2BClient,
    emulator: Emulator,
    email_address: str = ADA,
    provider: str = "google",
    **person: Any,
) -> Any:
    """
    Log somebody in at Acme, all the way.
    """
    url = ORGANIZATION.start(client, provider)
    token = token_of(await browse(emulator, url, email_address, **person))
    return await ORGANIZATION.finish(client, token)


class TestStarting:
    """
    What the start URL tells the server, and what it does to the client.
    """

    @every_provider
    async def test_everything_is_told(self, client, emulator, provider: str) -> None:
        """
        Each argument reaches the server, by the name that it has there, with the challenge.
        """
        emulator.register_redirect_url(ELSEWHERE, "login", "signup")
        url = ORGANIZATION.start(
            client,
            provider,
            login_redirect_url=ELSEWHERE,
            signup_redirect_url=ELSEWHERE,
            custom_scopes=["drive read", "ü&="],
            provider_params={"login_hint": "a+b@acme.example", "prompt": "select account"},
        )
        await browse(emulator, url, ADA)
        (request,) = logged(emulator, "oauth.start")

        assert url == f"{emulator.url}{request.path}"
        assert f"/v1/b2b/public/oauth/{provider}/start" == request.path.partition("?")[0]
        assert {
            "public_token": emulator.public_token,
            "slug": "acme",
            "login_redirect_url": ELSEWHERE,
            "signup_redirect_url": ELSEWHERE,
            "custom_scopes": "drive read ü&=",
            "provider_login_hint": "a+b@acme.example",
            "provider_prompt": "select account",
            "pkce_code_challenge": client.state.pkce_pairs["oauth"].code_challenge,
        } == query(request.path)

    @every_provider
    async def test_everything_is_told_to_discovery(self, client, emulator, provider: str) -> None:
        """
        The same holds where the Organization is chosen later, with one redirect URL.
        """
        emulator.register_redirect_url(ELSEWHERE, "discovery")
        url = DISCOVERY.start(
            client,
            provider,
            discovery_redirect_url=ELSEWHERE,
            custom_scopes=["drive"],
            provider_params={"login_hint": ADA},
        )
        await browse(emulator, url, ADA)
        (request,) = logged(emulator, "oauth.discovery.start")

        assert f"/v1/b2b/public/oauth/{provider}/discovery/start" == request.path.partition("?")[0]
        assert {
            "public_token": emulator.public_token,
            "discovery_redirect_url": ELSEWHERE,
            "custom_scopes": "drive",
            "provider_login_hint": ADA,
            "pkce_code_challenge": client.state.pkce_pairs["oauth"].code_challenge,
        } == query(request.path)

    async def test_organization_by_id(self, client, emulator, ada) -> None:
        """
        The Organization may be named by its ID instead of its slug.
        """
        url = client.oauth.google.start(organization_id=ada.organization_id)
        response = await ORGANIZATION.finish(client, token_of(await browse(emulator, url, ADA)))

        assert ada.organization_id == query(url)["organization_id"]
        assert "slug" not in query(url)
        assert ada.member_id == response.member_id

    async def test_only_the_pair_changes(self, admin, emulator) -> None:
        """
        A start sends nothing and touches nothing of a session but the PKCE pair.
        """
        await admin.session.authenticate()
        before, sent = admin.state, operations(emulator)

        ORGANIZATION.start(admin)

        assert sent == operations(emulator)
        assert before.with_pkce_pair("oauth", admin.state.pkce_pairs["oauth"]) == admin.state

    @pytest.mark.parametrize(
        ("arguments", "problems"),
        [
            ({}, {"organization_id"}),
            ({"organization_id": "o", "organization_slug": "s"}, {"organization_slug"}),
            ({"organization_slug": "s", "custom_scopes": "read"}, {"custom_scopes"}),
            ({"organization_slug": "s", "provider_params": {"prompt": 1}}, {"provider_params"}),
        ],
    )
    async def test_mistakes(
        self, client, emulator, arguments: dict[str, Any], problems: set[str]
    ) -> None:
        """
        Arguments that do not fit are refused, and no pair is made.
        """
        with pytest.raises(InvalidArgumentError) as caught:
            client.oauth.google.start(**arguments)

        assert "oauth.google.start" == caught.value.endpoint
        assert problems == set(caught.value.problems)
        assert SessionState() == client.state
        assert [] == operations(emulator)

    @pytest.mark.parametrize(
        ("flow", "argument", "needed"),
        [
            (ORGANIZATION, "login_redirect_url", "login"),
            (ORGANIZATION, "signup_redirect_url", "signup"),
            (DISCOVERY, "discovery_redirect_url", "discovery"),
        ],
        ids=str,
    )
    async def test_unregistered_redirect(
        self, client, emulator, flow: Flow, argument: str, needed: str
    ) -> None:
        """
        A browser is sent only where the project has registered it, for this very purpose.
        """
        others = {"login", "signup", "invite", "reset_password", "discovery"} - {needed}
        emulator.register_redirect_url(ELSEWHERE, *others)
        url = flow.start(client, **{argument: ELSEWHERE})

        assert (400, "no_match_for_provided_oauth_url") == await turned_away(emulator, url)

    async def test_unknown_organization(self, client, emulator) -> None:
        """
        At an Organization that nobody knows no login starts.
        """
        url = client.oauth.google.start(organization_slug="nobody")

        assert (404, "organization_not_found") == await turned_away(emulator, url)

    async def test_unknown_project(self, emulator) -> None:
        """
        Nor for a project that nobody knows.
        """
        stranger = AsyncStytchB2BClient(
            f"public-token-test-{'0' * 8}-0000-0000-0000-{'0' * 12}", base_url=emulator.url
        )
        async with stranger:
            url = ORGANIZATION.start(stranger)

        assert (404, "public_token_not_found") == await turned_away(emulator, url)


class TestComingBack:
    """
    Where the browser is led, and with what.
    """

    @every_flow
    async def test_default_redirect(self, client, emulator, flow: Flow) -> None:
        """
        Without a redirect URL the browser is led to the project's, with a token of the flow.
        """
        url = await browse(emulator, flow.start(client), ADA)

        assert DEFAULT_REDIRECT == url.partition("?")[0]
        assert flow.token_type == query(url)["stytch_token_type"]

    @pytest.mark.parametrize("who", [ADA, "new@acme.example"])
    async def test_custom_redirects(self, client, emulator, who: str) -> None:
        """
        Members are led to the login URL and newcomers to the signup URL, whose query survives.
        """
        emulator.update_organization(
            "Acme", email_jit_provisioning="RESTRICTED", email_allowed_domains=["acme.example"]
        )
        emulator.register_redirect_url("https://acme.example/login?a=1", "login")
        emulator.register_redirect_url("myapp://signup?b=2", "signup")
        start = ORGANIZATION.start(
            client,
            login_redirect_url="https://acme.example/login?a=1",
            signup_redirect_url="myapp://signup?b=2",
        )
        url = await browse(emulator, start, who)
        response = await ORGANIZATION.finish(client, token_of(url))
        expected = "https://acme.example/login?a=1&" if who == ADA else "myapp://signup?b=2&"

        assert url.startswith(expected)
        assert "acme" == query(url)["slug"]
        assert who == response.member.email_address

    async def test_custom_discovery_redirect(self, client, emulator) -> None:
        """
        A login whose Organization is chosen later is led to the discovery URL.
        """
        emulator.register_redirect_url("myapp://choose", "discovery")
        start = DISCOVERY.start(client, discovery_redirect_url="myapp://choose")
        url = await browse(emulator, start, "new@acme.example")
        response = await DISCOVERY.finish(client, token_of(url))

        assert url.startswith("myapp://choose?")
        assert "new@acme.example" == response.email_address

    @every_flow
    async def test_cancelled(self, client, emulator, flow: Flow) -> None:
        """
        Who cancels at the provider comes back without a token, and can begin anew.
        """
        url = await cancel(emulator, flow.start(client))
        held = client.state
        await flow.finish(client, await flow.token(client, emulator))

        assert "access_denied" == query(url)["error"]
        assert {"token", "stytch_token_type"}.isdisjoint(query(url))
        assert SessionState(pkce_pairs=held.pkce_pairs) == held
        assert ["oauth"] == list(held.pkce_pairs)
        assert {} == dict(client.state.pkce_pairs)


class TestLoggingIn:
    """
    What a login brings, by every provider.
    """

    @every_provider
    async def test_session(self, client, emulator, ada, provider: str) -> None:
        """
        The client holds the session, the Member and the Organization, and no pair any more.
        """
        response = await log_in(client, emulator, provider=provider)
        (factor,) = response.member_session.authentication_factors

        assert LoggedIn(
            member_session=response.member_session,
            member=response.member,
            organization=response.organization,
        ) == (response.outcome)
        assert logged_in(response) == client.state
        assert ada.member_id == response.member_id == client.state.member.member_id
        assert ada.organization_id == response.organization_id
        assert PROVIDERS[provider] == response.provider_type
        assert ("oauth", f"oauth_{provider}") == (factor.type, factor.delivery_method)
        assert response.provider_subject == (
            getattr(factor, f"{provider}_oauth_factor").provider_subject
        )

    @every_provider
    async def test_provider_values(self, client, emulator, provider: str) -> None:
        """
        The answer holds what the provider handed over: the scopes, tokens and their end.
        """
        url = ORGANIZATION.start(client, provider, custom_scopes=["more"])
        values = (
            await ORGANIZATION.finish(client, token_of(await browse(emulator, url, ADA)))
        ).provider_values

        assert "more" == values.scopes[-1]
        assert 2 <= len(values.scopes)
        assert values.access_token
        assert (provider in OPENID) is bool(values.id_token)
        # GitHub's tokens last until they are revoked.
        assert (provider != "github") is bool(values.refresh_token)
        if provider == "github":
            assert values.expires_at is None
        else:
            assert timedelta() < values.expires_at - emulator.clock.now() <= timedelta(hours=1)

    @every_provider
    async def test_discovery(self, client, emulator, ada, provider: str) -> None:
        """
        Where the Organization is chosen later the client holds an intermediate session.
        """
        url = DISCOVERY.start(client, provider)
        token = token_of(await browse(emulator, url, ADA, name="Ada L"))
        response = await DISCOVERY.finish(client, token)
        (found,) = response.discovered_organizations
        lifetime = client.state.intermediate_session_token_expires_at - emulator.clock.now()

        assert ChooseOrganization(email_address=ADA, discovered_organizations=(found,)) == (
            response.outcome
        )
        assert ada.organization_id == found.organization.organization_id
        assert ("active_member", ada.member_id) == (
            found.membership.type,
            found.membership.member.member_id,
        )
        assert (PROVIDERS[provider], "Ada L") == (response.provider_type, response.full_name)
        assert unfinished(response, client) == client.state
        assert timedelta(minutes=9, seconds=30) < lifetime <= timedelta(minutes=10)

    async def test_discovery_drops_the_session(self, admin, emulator) -> None:
        """
        Who looks for Organizations anew is in none of them until one is chosen.
        """
        await admin.session.authenticate()

        response = await DISCOVERY.finish(admin, await DISCOVERY.token(admin, emulator))

        assert unfinished(response, admin) == admin.state

    async def test_default_duration(self, client, emulator) -> None:
        """
        Without a duration a new session lasts an hour.
        """
        response = await client.oauth.authenticate(
            oauth_token=await ORGANIZATION.token(client, emulator)
        )
        session = response.member_session

        assert "session_duration_minutes" not in logged(emulator, "oauth.authenticate")[0].json()
        assert timedelta(hours=1) == session.expires_at - session.started_at

    async def test_step_up(self, admin, emulator, admin_session) -> None:
        """
        A session of the same Member gains the factor and stays the same session.
        """
        response = await log_in(admin, emulator)
        factors = response.member_session.authentication_factors

        assert admin_session.session_token == sent_as(logged(emulator, "oauth.authenticate")[0])
        assert admin_session.session_token == admin.state.session_token
        assert admin_session.member_session_id == response.member_session.member_session_id
        assert ["magic_link", "oauth"] == [factor.type for factor in factors]
        assert logged_in(response) == admin.state

    async def test_another_person(self, member, emulator, ada, member_session) -> None:
        """
        A login of somebody else takes the place of the session that was held.
        """
        await member.session.authenticate()

        response = await log_in(member, emulator)

        assert member_session.session_token != response.session_token
        assert ada.member_id == member.state.member.member_id
        assert logged_in(response) == member.state

    async def test_jit_by_domain(self, client, emulator) -> None:
        """
        Somebody new from a domain of the Organization becomes a Member by logging in.
        """
        emulator.update_organization(
            "Acme", email_jit_provisioning="RESTRICTED", email_allowed_domains=["acme.example"]
        )

        response = await log_in(client, emulator, "new@acme.example", name="New")

        assert ("new@acme.example", "New", "active") == (
            response.member.email_address,
            response.member.name,
            response.member.status,
        )
        assert logged_in(response) == client.state

    @pytest.mark.parametrize("provider", ["github", "hubspot", "slack"])
    async def test_jit_by_tenant(self, client, emulator, provider: str) -> None:
        """
        So does somebody from a tenant that the Organization lets in, whatever the domain.
        """
        emulator.update_organization(
            "Acme",
            oauth_tenant_jit_provisioning="RESTRICTED",
            allowed_oauth_tenants={provider: ["T1"]},
        )

        response = await log_in(client, emulator, "new@else.example", provider, tenant_id="T1")

        assert "new@else.example" == client.state.member.email_address
        assert logged_in(response) == client.state

    async def test_second_factor(self, admin, emulator) -> None:
        """
        Where a second factor is missing the session is gone and an intermediate one is held.
        """
        emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")

        response = await log_in(admin, emulator)

        assert isinstance(response.outcome, NeedsMFA)
        assert unfinished(response, admin) == admin.state

    async def test_method_not_allowed(self, client, emulator, ada) -> None:
        """
        Where the Organization does not accept the provider, another way must follow.
        """
        emulator.update_organization(
            "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["password", "slack_oauth"]
        )

        response = await log_in(client, emulator)
        held = client.state
        slack = await log_in(client, emulator, provider="slack")
        second = logged(emulator, "oauth.authenticate")[1].json()

        assert NeedsPrimaryFactor(
            member=response.member,
            organization=response.organization,
            allowed_auth_methods=("password", "slack_oauth"),
        ) == (response.outcome)
        assert (None, "") == (response.member_session, response.session_token)
        assert held.intermediate_session_token == response.intermediate_session_token
        assert held.session_token is None
        assert held.intermediate_session_token == second["intermediate_session_token"]
        assert ["oauth_google", "oauth_slack"] == [
            factor.delivery_method for factor in slack.member_session.authentication_factors
        ]
        assert logged_in(slack) == client.state


class TestRefusals:
    """
    Tokens and people that are not accepted, by class, status and type; the state stays.
    """

    @every_flow
    async def test_expired(self, client, emulator, flow: Flow) -> None:
        """
        A token that is too old is none.
        """
        token = await flow.token(client, emulator)
        before = client.state
        emulator.clock.advance(minutes=5)

        assert NOT_FOUND == await refusal(flow.finish(client, token))
        assert before is client.state

    @every_flow
    async def test_reused(self, client, emulator, flow: Flow) -> None:
        """
        A token works once, and using it again logs nobody out.
        """
        token = await flow.token(client, emulator)
        verifier = client.state.pkce_pairs["oauth"].code_verifier
        await flow.finish(client, token)
        before = client.state

        assert NOT_FOUND == await refusal(flow.finish(client, token, pkce_code_verifier=verifier))
        assert before is client.state

    @every_flow
    async def test_unknown(self, admin, flow: Flow) -> None:
        """
        A token that nobody issued logs nobody in, and nobody out.
        """
        await admin.session.authenticate()
        before = admin.state

        assert NOT_FOUND == await refusal(flow.finish(admin, "nobody's"))
        assert before is admin.state

    @every_flow
    async def test_of_the_other_flow(self, client, emulator, flow: Flow) -> None:
        """
        A token of the one flow does not end the other, and is good afterwards.
        """
        other = DISCOVERY if flow is ORGANIZATION else ORGANIZATION
        token = await other.token(client, emulator)

        assert NOT_FOUND == await refusal(flow.finish(client, token))
        assert 200 == (await other.finish(client, token)).status_code
        assert {} == dict(client.state.pkce_pairs)

    @every_flow
    async def test_wrong_verifier(self, client, emulator, flow: Flow) -> None:
        """
        The verifier of another flow does not fit; the token is good for the right one still.
        """
        token = await flow.token(client, emulator)
        before = client.state
        wrong = PKCEPair.generate().code_verifier

        assert (BadRequestError, 400, "pkce_mismatch") == await refusal(
            flow.finish(client, token, pkce_code_verifier=wrong)
        )
        assert before is client.state
        assert 200 == (await flow.finish(client, token)).status_code

    @every_flow
    async def test_other_client(self, client, make_client, emulator, flow: Flow) -> None:
        """
        A client that did not begin the login cannot end it.
        """
        token = await flow.token(client, emulator)
        stranger = make_client()

        assert (BadRequestError, 400, "pkce_expected_code_verifier") == await refusal(
            flow.finish(stranger, token)
        )
        assert "pkce_code_verifier" not in logged(emulator, flow.operation)[0].json()
        assert SessionState() == stranger.state

    @every_flow
    async def test_slipped_in(self, client, emulator, flow: Flow) -> None:
        """
        A token that an attacker got without a challenge is refused, and never tried without.
        """
        url = flow.start(client)
        challenge = client.state.pkce_pairs["oauth"].code_challenge
        bare = url.replace(f"pkce_code_challenge={challenge}", "")
        token = token_of(await browse(emulator, bare, "eve@evil.example"))
        before = client.state

        assert (BadRequestError, 400, "pkce_did_not_expect_code_verifier") == await refusal(
            flow.finish(client, token)
        )
        assert 1 == len(logged(emulator, flow.operation))
        assert before is client.state

    @pytest.mark.parametrize(
        ("settings", "person", "error_type"),
        [
            ({}, {}, "email_jit_provisioning_not_allowed"),
            (
                {"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": ["acme.example"]},
                {},
                "invalid_email_for_jit_provisioning",
            ),
            (
                {
                    "oauth_tenant_jit_provisioning": "RESTRICTED",
                    "allowed_oauth_tenants": {"slack": ["T1"]},
                },
                {"tenant_id": "T2"},
                "invalid_oauth_tenant_for_jit_provisioning",
            ),
            (
                {"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": ["evil.example"]},
                {"email_verified": False},
                "oauth_unverified_email",
            ),
        ],
    )
    async def test_not_admitted(
        self, member, emulator, settings: Any, person: Any, error_type: str
    ) -> None:
        """
        Whom the Organization does not admit gets no account, and the caller's session stays.
        """
        await member.session.authenticate()
        emulator.update_organization("Acme", **settings)
        url = ORGANIZATION.start(member, "slack")
        token = token_of(await browse(emulator, url, "eve@evil.example", **person))
        before = member.state

        assert (BadRequestError, 400, error_type) == await refusal(
            ORGANIZATION.finish(member, token)
        )
        assert before is member.state

    async def test_unverified_discovery(self, client, emulator) -> None:
        """
        An address that the provider did not check finds no Organizations.
        """
        url = DISCOVERY.start(client)
        token = token_of(await browse(emulator, url, ADA, email_verified=False))

        assert (BadRequestError, 400, "oauth_unverified_email") == await refusal(
            DISCOVERY.finish(client, token)
        )
        assert client.state.intermediate_session_token is None

    async def test_deactivated(self, client, emulator, ada) -> None:
        """
        A Member who was deactivated is not let in.
        """
        token = await ORGANIZATION.token(client, emulator)
        emulator.update_member(ada, status="deleted")

        assert (BadRequestError, 400, "action_available_only_for_active_members") == (
            await refusal(ORGANIZATION.finish(client, token))
        )
        assert client.state.session_token is None

    async def test_refused_newcomer(self, client, emulator) -> None:
        """
        Somebody new whose login is refused has not become a Member by it.
        """
        emulator.update_organization(
            "Acme", email_jit_provisioning="RESTRICTED", email_allowed_domains=["acme.example"]
        )
        token = await ORGANIZATION.token(client, emulator, "new@acme.example")
        answer = await refusal(
            ORGANIZATION.finish(client, token, intermediate_session_token="nobody's")
        )
        emulator.update_organization("Acme", email_jit_provisioning="NOT_ALLOWED")

        assert (NotFoundError, 404, "intermediate_session_not_found") == answer
        assert (BadRequestError, 400, "email_jit_provisioning_not_allowed") == await refusal(
            ORGANIZATION.finish(client, token)
        )

    async def test_duration(self, client, emulator) -> None:
        """
        A duration outside of the API's range is refused before anything is sent.
        """
        with pytest.raises(InvalidArgumentError, match="session_duration_minutes"):
            await client.oauth.authenticate(oauth_token="t", session_duration_minutes=4)

        assert [] == operations(emulator)


class TestPKCE:
    """
    The pair ties the start to the end, and belongs to nothing else.
    """

    @pytest.mark.parametrize("provider", PROVIDERS)
    @every_flow
    async def test_each_start_makes_a_pair(self, client, flow: Flow, provider: str) -> None:
        """
        Each start has a challenge of its own, and the client keeps the last pair.
        """
        challenges = [query(flow.start(client, provider))["pkce_code_challenge"] for _ in range(3)]

        assert 3 == len(set(challenges))
        assert challenges[-1] == client.state.pkce_pairs["oauth"].code_challenge

    @every_flow
    async def test_the_last_start_counts(self, client, emulator, flow: Flow) -> None:
        """
        A login that began before the last start cannot be ended any more; the last one can.
        """
        first = await flow.token(client, emulator)
        last = await flow.token(client, emulator)

        assert (BadRequestError, 400, "pkce_mismatch") == await refusal(flow.finish(client, first))
        assert 200 == (await flow.finish(client, last)).status_code
        assert {} == dict(client.state.pkce_pairs)

    @every_flow
    @pytest.mark.parametrize(
        "fault", [{"status": 500}, {"status": 400}, {"drop": "after_read"}, {"cut_body": True}]
    )
    async def test_failure_keeps_the_pair(self, client, emulator, flow: Flow, fault: Any) -> None:
        """
        A login that failed can be tried again; success alone forgets the pair.
        """
        token = await flow.token(client, emulator)
        before = client.state
        emulator.faults.add(operation=flow.operation, **fault)

        with pytest.raises(Exception, match=flow.operation):
            await flow.finish(client, token)
        kept = client.state
        await flow.finish(client, token)

        assert before is kept
        assert 2 == len(logged(emulator, flow.operation))
        assert {} == dict(client.state.pkce_pairs)

    @every_flow
    async def test_other_client_finishes(self, client, make_client, emulator, flow: Flow) -> None:
        """
        The state, carried as JSON into another client, ends the login there.
        """
        token = await flow.token(client, emulator)
        callback = make_client().with_state(SessionState.from_json(client.state.to_json()))

        response = await flow.finish(callback, token)

        assert 200 == response.status_code
        assert {} == dict(callback.state.pkce_pairs)
        assert ["oauth"] == list(client.state.pkce_pairs)

    @every_flow
    async def test_views_do_not_share_pairs(self, client, emulator, flow: Flow) -> None:
        """
        Two people who log in by one program at a time do not disturb each other.
        """
        views = [client.with_state(SessionState()) for _ in range(2)]
        tokens = [await flow.token(view, emulator) for view in views]

        for view, token in zip(views, tokens, strict=True):
            await flow.finish(view, token)

        assert SessionState() == client.state
        assert views[0].state != views[1].state

    @every_flow
    async def test_callers_own_pair(self, client, emulator, flow: Flow) -> None:
        """
        A pair of the caller's goes before the client's, which stays as it was.
        """
        flow.start(client)
        waiting = client.state.pkce_pairs
        own = PKCEPair.generate()
        url = flow.start(client, pkce_code_challenge=own.code_challenge)
        token = token_of(await browse(emulator, url, ADA))
        await flow.finish(client, token, pkce_code_verifier=own.code_verifier)

        assert own.code_challenge == query(url)["pkce_code_challenge"]
        assert own.code_verifier == logged(emulator, flow.operation)[0].json()["pkce_code_verifier"]
        assert waiting == client.state.pkce_pairs

    @every_flow
    async def test_start_during_the_end(self, client, emulator, flow: Flow) -> None:
        """
        The pair of a login that begins while another one ends is not dropped with that one's.
        """
        token = await flow.token(client, emulator)
        hold(emulator, flow.operation)

        async with anyio.create_task_group() as group:
            group.start_soon(flow.finish, client, token)
            await until(lambda: logged(emulator, flow.operation))
            url = flow.start(client)
            release(emulator)
        challenge = client.state.pkce_pairs["oauth"].code_challenge
        response = await flow.finish(client, token_of(await browse(emulator, url, ADA)))

        assert query(url)["pkce_code_challenge"] == challenge
        assert 200 == response.status_code
        assert {} == dict(client.state.pkce_pairs)
