"""Logging in at the identity provider of an Organization, from the start URL to the session."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    BadRequestError,
    InvalidArgumentError,
    MissingPKCEError,
    NotFoundError,
    PKCEPair,
    SessionState,
)
from stytch_b2b.emulator import Emulator, Member, SSOConnection
from stytch_b2b.models import LoggedIn, NeedsMFA, NeedsPrimaryFactor
from tests.api.browsing import browse, cancel, logged_in, query, token_of, turned_away, unfinished
from tests.api.support import logged, operations, refusal, sent_as

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
ELSEWHERE = "https://acme.example/callback?from=here"
AUTHENTICATE = "sso.authenticate"

NOT_FOUND = (NotFoundError, 404, "sso_token_not_found")


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has an account.
    """
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"])


@pytest.fixture(autouse=True)
def okta(emulator: Emulator) -> SSOConnection:
    """
    The connection of Acme, which is its default.
    """
    return emulator.create_sso_connection("Acme", "Okta")


async def finish(client: AsyncStytchB2BClient, token: str, **options: Any) -> Any:
    """
    End a login with its token.
    """
    return await client.sso.authenticate(sso_token=token, session_duration_minutes=60, **options)


async def token_for(
    client: AsyncStytchB2BClient,
    emulator: Emulator,
    connection: SSOConnection,
    email_address: str = ADA,
    **person: Any,
) -> str:
    """
    Begin a login by a connection, go through its page and return the token.
    """
    url = client.sso.start(connection_id=connection.connection_id)
    return token_of(await browse(emulator, url, email_address, **person))


async def log_in(
    client: AsyncStytchB2BClient,
    emulator: Emulator,
    connection: SSOConnection,
    email_address: str = ADA,
) -> Any:
    """
    Log somebody in by a connection, all the way.
    """
    return await finish(client, await token_for(client, emulator, connection, email_address))


class TestStarting:
    """
    What the start URL tells the server, and what it does to the client.
    """

    @pytest.mark.parametrize("locator", ["connection_id", "organization_id"])
    async def test_everything_is_told(self, client, emulator, okta, locator: str) -> None:
        """
        Each argument reaches the server, with the challenge; a connection or its owner is named.
        """
        emulator.register_redirect_url(ELSEWHERE, "login", "signup")
        url = client.sso.start(
            **{locator: getattr(okta, locator)},
            login_redirect_url=ELSEWHERE,
            signup_redirect_url=ELSEWHERE,
            custom_scopes=["groups", "ü&="],
        )
        redirect = await browse(emulator, url, ADA)
        (request,) = logged(emulator, "sso.start")

        assert url == f"{emulator.url}{request.path}"
        assert "/v1/public/sso/start" == request.path.partition("?")[0]
        assert {
            "public_token": emulator.public_token,
            locator: getattr(okta, locator),
            "login_redirect_url": ELSEWHERE,
            "signup_redirect_url": ELSEWHERE,
            "custom_scopes": "groups ü&=",
            "pkce_code_challenge": client.state.pkce_pairs["sso"].code_challenge,
        } == query(request.path)
        assert redirect.startswith(f"{ELSEWHERE}&")
        assert ("sso", "acme") == (query(redirect)["stytch_token_type"], query(redirect)["slug"])

    async def test_default_connection(self, client, emulator, okta) -> None:
        """
        Of several connections the default one is meant where the Organization is named.
        """
        emulator.create_sso_connection("Acme", "Other", protocol="oidc")
        url = client.sso.start(organization_id=okta.organization_id)
        response = await finish(client, token_of(await browse(emulator, url, ADA)))
        (factor,) = response.member_session.authentication_factors

        assert okta.connection_id == factor.saml_sso_factor.provider_id

    async def test_only_the_pair_changes(self, admin, emulator, okta) -> None:
        """
        A start sends nothing and touches nothing of a session but the PKCE pair.
        """
        await admin.session.authenticate()
        before, sent = admin.state, operations(emulator)

        admin.sso.start(connection_id=okta.connection_id)

        assert sent == operations(emulator)
        assert before.with_pkce_pair("sso", admin.state.pkce_pairs["sso"]) == admin.state

    @pytest.mark.parametrize(
        ("arguments", "problems"),
        [
            ({}, {"connection_id"}),
            ({"connection_id": "c", "organization_id": "o"}, {"organization_id"}),
            ({"connection_id": 3}, {"connection_id"}),
            ({"connection_id": "c", "custom_scopes": "read"}, {"custom_scopes"}),
        ],
    )
    async def test_mistakes(
        self, client, emulator, arguments: dict[str, Any], problems: set[str]
    ) -> None:
        """
        Arguments that do not fit are refused, and no pair is made.
        """
        with pytest.raises(InvalidArgumentError) as caught:
            client.sso.start(**arguments)

        assert "sso.start" == caught.value.endpoint
        assert problems == set(caught.value.problems)
        assert SessionState() == client.state
        assert [] == operations(emulator)

    @pytest.mark.parametrize("kind", ["login", "signup"])
    async def test_unregistered_redirect(self, client, emulator, okta, kind: str) -> None:
        """
        A browser is sent only where the project has registered it, for this very purpose.
        """
        emulator.register_redirect_url(ELSEWHERE, *({"login", "signup", "discovery"} - {kind}))
        url = client.sso.start(
            connection_id=okta.connection_id, **{f"{kind}_redirect_url": ELSEWHERE}
        )

        assert (400, "no_match_for_provided_sso_url") == await turned_away(emulator, url)

    async def test_nowhere_to_log_in(self, client, emulator) -> None:
        """
        Without an active connection no login starts.
        """
        empty = emulator.create_organization("Empty")
        pending = emulator.create_sso_connection("Empty", status="pending")
        answers = [
            await turned_away(emulator, client.sso.start(**arguments))
            for arguments in (
                {"organization_id": empty.organization_id},
                {"organization_id": "nobody"},
                {"connection_id": pending.connection_id},
                {"connection_id": "nobody"},
            )
        ]

        assert [
            (404, "no_sso_connection_exists_for_organization"),
            (404, "organization_not_found"),
            (404, "sso_connection_not_found"),
            (404, "sso_connection_not_found"),
        ] == answers

    async def test_cancelled(self, client, emulator, okta) -> None:
        """
        Who cancels comes back without a token, and can begin anew.
        """
        url = await cancel(emulator, client.sso.start(connection_id=okta.connection_id))
        held = client.state
        await log_in(client, emulator, okta)

        assert "access_denied" == query(url)["error"]
        assert {"token", "stytch_token_type"}.isdisjoint(query(url))
        assert SessionState(pkce_pairs=held.pkce_pairs) == held
        assert ["sso"] == list(held.pkce_pairs)
        assert ADA == client.state.member.email_address


class TestLoggingIn:
    """
    What a login brings, by every protocol.
    """

    @pytest.mark.parametrize("protocol", ["saml", "oidc"])
    @pytest.mark.parametrize("locator", ["connection_id", "organization_id"])
    async def test_session(self, client, emulator, protocol: Any, locator: str) -> None:
        """
        The client holds the session, the Member and the Organization, and no pair any more.
        """
        emulator.create_organization("Other")
        bea = emulator.create_member("Other", "bea@other.example")
        connection = emulator.create_sso_connection("Other", protocol=protocol)
        url = client.sso.start(**{locator: getattr(connection, locator)})
        token = token_of(await browse(emulator, url, "bea@other.example"))
        response = await finish(client, token)
        (factor,) = response.member_session.authentication_factors

        assert isinstance(response.outcome, LoggedIn)
        assert logged_in(response) == client.state
        assert bea.member_id == response.member_id == client.state.member.member_id
        assert bea.organization_id == response.organization_id
        assert ("sso", f"sso_{protocol}") == (factor.type, factor.delivery_method)
        assert connection.connection_id == getattr(factor, f"{protocol}_sso_factor").provider_id

    async def test_step_up(self, admin, emulator, okta, admin_session) -> None:
        """
        A session of the same Member gains the factor and stays the same session.
        """
        response = await log_in(admin, emulator, okta)
        factors = response.member_session.authentication_factors

        assert admin_session.session_token == sent_as(logged(emulator, AUTHENTICATE)[0])
        assert admin_session.session_token == admin.state.session_token
        assert ["magic_link", "sso"] == [factor.type for factor in factors]
        assert logged_in(response) == admin.state

    @pytest.mark.parametrize("restricted", [False, True])
    async def test_jit(self, client, emulator, okta, restricted: bool) -> None:
        """
        Somebody new becomes a Member where all connections, or this one, may make Members.
        """
        if restricted:
            emulator.update_organization(
                "Acme",
                sso_jit_provisioning="RESTRICTED",
                sso_jit_provisioning_allowed_connections=[okta.connection_id],
            )
        token = await token_for(client, emulator, okta, "new@else.example", name="New")
        response = await finish(client, token)

        assert ("new@else.example", "New", "active") == (
            response.member.email_address,
            response.member.name,
            response.member.status,
        )
        assert logged_in(response) == client.state

    async def test_second_factor(self, admin, emulator, okta) -> None:
        """
        Where a second factor is missing the session is gone and an intermediate one is held.
        """
        emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")

        response = await log_in(admin, emulator, okta)
        lifetime = admin.state.intermediate_session_token_expires_at - emulator.clock.now()

        assert isinstance(response.outcome, NeedsMFA)
        assert unfinished(response, admin) == admin.state
        assert timedelta(minutes=9, seconds=30) < lifetime <= timedelta(minutes=10)

    async def test_method_not_allowed(self, client, emulator, okta) -> None:
        """
        Where the Organization does not accept SSO, another way must follow.
        """
        emulator.update_organization(
            "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["password"]
        )

        response = await log_in(client, emulator, okta)

        assert NeedsPrimaryFactor(
            member=response.member,
            organization=response.organization,
            allowed_auth_methods=("password",),
        ) == (response.outcome)
        assert unfinished(response, client) == client.state


class TestOrganizationsThatDemandSSO:
    """
    What was proved to the identity provider of one Organization counts at that one alone.
    """

    @pytest.fixture(autouse=True)
    def other(self, emulator: Emulator) -> SSOConnection:
        """
        The connection of another Organization, which demands SSO of Ada, too.
        """
        emulator.create_organization(
            "Other", slug="other", auth_methods="RESTRICTED", allowed_auth_methods=["sso"]
        )
        emulator.create_member("Other", ADA)
        return emulator.create_sso_connection("Other")

    async def test_exchange(self, client, emulator, okta, other) -> None:
        """
        A session by SSO is exchanged for less than a session; its own SSO completes the login.
        """
        await log_in(client, emulator, okta)
        response = await client.session.exchange(
            organization_id="other", session_duration_minutes=60
        )
        between = client.state
        completed = await log_in(client, emulator, other)

        assert ("sso",) == response.outcome.allowed_auth_methods
        assert unfinished(response, client).intermediate_session_token == (
            between.intermediate_session_token
        )
        assert between.session_token is None
        assert "Other" == completed.organization.organization_name
        assert logged_in(completed) == client.state

    async def test_session_at_the_other(self, client, emulator, okta, other) -> None:
        """
        A login at the one does not strengthen a session at the other.
        """
        theirs = await log_in(client, emulator, other)
        ours = await log_in(client, emulator, okta)
        factors = ours.member_session.authentication_factors

        assert theirs.session_token != ours.session_token
        assert [okta.connection_id] == [factor.saml_sso_factor.provider_id for factor in factors]
        assert logged_in(ours) == client.state

    async def test_oauth_does_not_do(self, client, emulator) -> None:
        """
        Nor does another way to log in.
        """
        url = client.oauth.google.start(organization_slug="other")
        token = token_of(await browse(emulator, url, ADA))

        response = await client.oauth.authenticate(oauth_token=token)

        assert ("sso",) == response.outcome.allowed_auth_methods
        assert unfinished(response, client) == client.state


class TestRefusals:
    """
    Tokens and people that are not accepted, by class, status and type; the state stays.
    """

    async def test_expired(self, client, emulator, okta) -> None:
        """
        A token that is too old is none.
        """
        token = await token_for(client, emulator, okta)
        before = client.state
        emulator.clock.advance(minutes=5)

        assert NOT_FOUND == await refusal(finish(client, token))
        assert before is client.state

    async def test_reused(self, client, emulator, okta) -> None:
        """
        A token works once, and using it again logs nobody out.
        """
        token = await token_for(client, emulator, okta)
        verifier = client.state.pkce_pairs["sso"].code_verifier
        await finish(client, token)
        before = client.state

        assert NOT_FOUND == await refusal(finish(client, token, pkce_code_verifier=verifier))
        assert before is client.state

    async def test_unknown(self, admin, okta) -> None:
        """
        A token that nobody issued logs nobody in, and nobody out.
        """
        await admin.session.authenticate()
        admin.sso.start(connection_id=okta.connection_id)
        before = admin.state

        assert NOT_FOUND == await refusal(finish(admin, "nobody's"))
        assert before is admin.state

    async def test_token_of_oauth(self, client, emulator) -> None:
        """
        A token of a login by OAuth is none of SSO.
        """
        url = client.oauth.google.start(organization_slug="acme")
        token = token_of(await browse(emulator, url, ADA))
        verifier = client.state.pkce_pairs["oauth"].code_verifier

        assert NOT_FOUND == await refusal(finish(client, token, pkce_code_verifier=verifier))
        assert ["oauth"] == list(client.state.pkce_pairs)

    async def test_wrong_verifier(self, client, emulator, okta) -> None:
        """
        The verifier of another login does not fit; the token is good for the right one still.
        """
        token = await token_for(client, emulator, okta)
        before = client.state
        wrong = PKCEPair.generate().code_verifier

        assert (BadRequestError, 400, "pkce_mismatch") == await refusal(
            finish(client, token, pkce_code_verifier=wrong)
        )
        assert before is client.state
        assert 200 == (await finish(client, token)).status_code

    async def test_slipped_in(self, client, emulator, okta) -> None:
        """
        A token that an attacker got without a challenge is refused, and never tried without.
        """
        url = client.sso.start(connection_id=okta.connection_id)
        challenge = client.state.pkce_pairs["sso"].code_challenge
        bare = url.replace(f"pkce_code_challenge={challenge}", "")
        token = token_of(await browse(emulator, bare, "eve@evil.example"))
        before = client.state

        assert (BadRequestError, 400, "pkce_did_not_expect_code_verifier") == await refusal(
            finish(client, token)
        )
        assert 1 == len(logged(emulator, AUTHENTICATE))
        assert before is client.state

    @pytest.mark.parametrize(
        "settings",
        [
            {"sso_jit_provisioning": "NOT_ALLOWED"},
            {
                "sso_jit_provisioning": "RESTRICTED",
                "sso_jit_provisioning_allowed_connections": ["another"],
            },
        ],
    )
    async def test_not_admitted(self, member, emulator, okta, settings: Any) -> None:
        """
        Whom the Organization does not admit gets no account, and the caller's session stays.
        """
        await member.session.authenticate()
        emulator.update_organization("Acme", **settings)
        token = await token_for(member, emulator, okta, "eve@evil.example")
        before = member.state

        assert (BadRequestError, 400, "invalid_connection_for_jit_provisioning") == (
            await refusal(finish(member, token))
        )
        assert before is member.state

    async def test_deactivated(self, client, emulator, okta, ada) -> None:
        """
        A Member who was deactivated is not let in.
        """
        token = await token_for(client, emulator, okta)
        emulator.update_member(ada, status="deleted")

        assert (BadRequestError, 400, "action_available_only_for_active_members") == (
            await refusal(finish(client, token))
        )
        assert client.state.session_token is None

    async def test_refused_newcomer(self, client, emulator, okta) -> None:
        """
        Somebody new whose login is refused has not become a Member by it.
        """
        token = await token_for(client, emulator, okta, "new@acme.example")
        answer = await refusal(finish(client, token, intermediate_session_token="nobody's"))
        emulator.update_organization("Acme", sso_jit_provisioning="NOT_ALLOWED")

        assert (NotFoundError, 404, "intermediate_session_not_found") == answer
        assert (BadRequestError, 400, "invalid_connection_for_jit_provisioning") == (
            await refusal(finish(client, token))
        )

    @pytest.mark.parametrize("minutes", [4, 527_041])
    async def test_duration(self, client, emulator, minutes: int) -> None:
        """
        A duration outside of the API's range is refused before anything is sent.
        """
        with pytest.raises(InvalidArgumentError, match="session_duration_minutes"):
            await client.sso.authenticate(
                sso_token="t", session_duration_minutes=minutes, pkce_code_verifier="v"
            )

        assert [] == operations(emulator)


class TestPKCE:
    """
    Here a verifier is always needed, and the pair ties the start to the end.
    """

    async def test_no_flow_was_started(self, client, emulator, okta) -> None:
        """
        A client that began no login by SSO is told so before anything is sent.
        """
        client.oauth.google.start(organization_slug="acme")
        before = client.state

        with pytest.raises(MissingPKCEError) as caught:
            await finish(client, "token")

        assert (AUTHENTICATE, "sso") == (caught.value.endpoint, caught.value.flow)
        assert [] == operations(emulator)
        assert before is client.state

    async def test_other_client(self, client, make_client, emulator, okta) -> None:
        """
        So is a client that did not begin this login; the token is good for the one that did.
        """
        token = await token_for(client, emulator, okta)

        with pytest.raises(MissingPKCEError):
            await finish(make_client(), token)
        await finish(client, token)

        assert 1 == len(logged(emulator, AUTHENTICATE))

    async def test_callers_own_verifier(self, client, make_client, emulator, okta) -> None:
        """
        A verifier of the caller's ends a login that another client began.
        """
        own = PKCEPair.generate()
        url = client.sso.start(
            connection_id=okta.connection_id, pkce_code_challenge=own.code_challenge
        )
        token = token_of(await browse(emulator, url, ADA))
        callback = make_client()
        response = await finish(callback, token, pkce_code_verifier=own.code_verifier)

        assert SessionState() == client.state
        assert logged_in(response) == callback.state
        assert own.code_verifier == logged(emulator, AUTHENTICATE)[0].json()["pkce_code_verifier"]

    async def test_each_start_makes_a_pair(self, client, emulator, okta) -> None:
        """
        Each start has a challenge of its own; the last login can be ended, and no other.
        """
        first = await token_for(client, emulator, okta)
        between = client.state.pkce_pairs["sso"]
        last = await token_for(client, emulator, okta)

        assert between != client.state.pkce_pairs["sso"]
        assert (BadRequestError, 400, "pkce_mismatch") == await refusal(finish(client, first))
        assert 200 == (await finish(client, last)).status_code

    @pytest.mark.parametrize(
        "fault", [{"status": 500}, {"status": 400}, {"drop": "after_read"}, {"cut_body": True}]
    )
    async def test_failure_keeps_the_pair(self, client, emulator, okta, fault: Any) -> None:
        """
        A login that failed can be tried again; success alone forgets the pair.
        """
        token = await token_for(client, emulator, okta)
        before = client.state
        emulator.faults.add(operation=AUTHENTICATE, **fault)

        with pytest.raises(Exception, match=AUTHENTICATE):
            await finish(client, token)
        kept = client.state
        await finish(client, token)

        assert before is kept
        assert {} == dict(client.state.pkce_pairs)

    async def test_other_client_finishes(self, client, make_client, emulator, okta) -> None:
        """
        The state, carried as JSON into another client, ends the login there.
        """
        token = await token_for(client, emulator, okta)
        callback = make_client().with_state(SessionState.from_json(client.state.to_json()))

        response = await finish(callback, token)

        assert logged_in(response) == callback.state
        assert ["sso"] == list(client.state.pkce_pairs)

    @pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 1, 0)])
    async def test_flows_leave_each_other_alone(
        self, client, emulator, okta, order: tuple[int, ...]
    ) -> None:
        """
        Logins by link, OAuth and SSO that wait at once are ended in any order.
        """
        await client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")
        link = emulator.outbox.last(to=ADA).token
        oauth_url = client.oauth.google.start(organization_slug="acme")
        sso_token = await token_for(client, emulator, okta)
        oauth_token = token_of(await browse(emulator, oauth_url, ADA))
        started = dict(client.state.pkce_pairs)
        ends = [
            (
                "magic_links",
                lambda: client.magic_links.authenticate(
                    magic_links_token=link, session_duration_minutes=60
                ),
            ),
            ("oauth", lambda: client.oauth.authenticate(oauth_token=oauth_token)),
            ("sso", lambda: finish(client, sso_token)),
        ]
        left = [started]

        for index in order:
            name, end = ends[index]
            await end()
            left.append({flow: pair for flow, pair in left[-1].items() if flow != name})
            assert left[-1] == dict(client.state.pkce_pairs)

        assert {"magic_links", "oauth", "sso"} == set(started)
        assert {} == dict(client.state.pkce_pairs)
        assert {"magic_link", "oauth", "sso"} == {
            factor.type for factor in client.state.member_session.authentication_factors
        }


class TestDiscoveringConnections:
    """
    Which connections a person can log in with, by the e-mail address alone.
    """

    async def test_members_and_domains(self, client, emulator, okta) -> None:
        """
        A Member finds the active connections of the Organization, as do its domain's people.
        """
        emulator.update_organization("Acme", email_allowed_domains=["acme.example"])
        emulator.create_sso_connection("Acme", "Draft", status="pending")
        found = {
            who: (await client.sso.discover_connections(who)).connections
            for who in (ADA, "new@acme.example", "eve@evil.example")
        }

        assert [(okta.connection_id, "Okta", "okta")] == [
            (each.connection_id, each.display_name, each.identity_provider) for each in found[ADA]
        ]
        assert found[ADA] == found["new@acme.example"]
        assert () == found["eve@evil.example"]
        assert SessionState() == client.state

    async def test_membership_before_domain(self, client, emulator, okta) -> None:
        """
        Whoever is a Member somewhere is not shown what the domain alone would open.
        """
        emulator.create_organization("Same", email_allowed_domains=["acme.example"])
        emulator.create_sso_connection("Same", "Same")
        response = await client.sso.discover_connections(ADA)

        assert [okta.connection_id] == [each.connection_id for each in response.connections]

    async def test_domain_that_makes_no_members(self, client, emulator, okta) -> None:
        """
        A connection that would not make a Member of somebody new is not shown to them.
        """
        emulator.update_organization(
            "Acme", email_allowed_domains=["acme.example"], sso_jit_provisioning="NOT_ALLOWED"
        )
        response = await client.sso.discover_connections("new@acme.example")

        assert () == response.connections

    async def test_keeps_the_session(self, admin, emulator) -> None:
        """
        Looking for connections changes nothing of the state.
        """
        await admin.session.authenticate()
        before = admin.state

        await admin.sso.discover_connections(ADA)

        assert before is admin.state

    async def test_no_address(self, client) -> None:
        """
        What is no e-mail address is refused.
        """
        assert (BadRequestError, 400, "invalid_email") == await refusal(
            client.sso.discover_connections("nobody")
        )
