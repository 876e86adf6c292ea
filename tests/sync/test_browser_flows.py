"""Logins that go through a browser, and what stands in for it, with the blocking client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from stytch_b2b import (
    AuthenticationError,
    BadRequestError,
    MissingPKCEError,
    NoSessionError,
    NotFoundError,
    Permission,
    PermissionDeniedError,
    PKCEPair,
    SessionState,
    StytchAPIError,
    StytchB2BClient,
)
from stytch_b2b.emulator import Emulator, LoginRefusedError, Member, SSOConnection
from stytch_b2b.models import ChooseOrganization, LoggedIn, NeedsMFA, NeedsPrimaryFactor

ADA = "ada@acme.example"
PROVIDERS = ("github", "google", "hubspot", "microsoft", "slack")


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has an account at Acme.
    """
    emulator.create_organization("Acme", slug="acme")
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"])


@pytest.fixture
def okta(emulator: Emulator, ada: Member) -> SSOConnection:
    """
    The SSO connection of Acme.
    """
    return emulator.create_sso_connection("Acme", "Okta")


@pytest.fixture
def client(emulator: Emulator) -> Iterator[StytchB2BClient]:
    """
    A client that is logged out, and lives by the emulator's clock.
    """
    with StytchB2BClient(
        emulator.public_token, base_url=emulator.url, clock=emulator.clock
    ) as client:
        yield client


class Flow:
    """
    A login that goes through a browser.
    """

    def __init__(self, name: str, emulator: Emulator, connection: SSOConnection) -> None:
        self.name = name
        self.pair = "sso" if name == "sso" else "oauth"
        self.operation = {"oauth": "oauth.authenticate", "sso": "sso.authenticate"}.get(
            name, "oauth.discovery.authenticate"
        )
        self.not_found = (NotFoundError, 404, f"{self.pair}_token_not_found")
        self._emulator = emulator
        self._connection = connection

    def start(self, client: StytchB2BClient, **options: Any) -> str:
        """
        Begin it.
        """
        match self.name:
            case "oauth":
                return client.oauth.google.start(organization_slug="acme", **options)
            case "sso":
                return client.sso.start(connection_id=self._connection.connection_id, **options)
            case _:
                return client.oauth.google.discovery.start(**options)

    def token(self, client: StytchB2BClient, email_address: str = ADA) -> str:
        """
        Begin it, go through the page and return the token.
        """
        return token_of(self._emulator.browser_login(self.start(client), email_address))

    def finish(self, client: StytchB2BClient, token: str, **options: Any) -> Any:
        """
        End it.
        """
        match self.name:
            case "oauth":
                return client.oauth.authenticate(oauth_token=token, **options)
            case "sso":
                return client.sso.authenticate(
                    sso_token=token, session_duration_minutes=60, **options
                )
            case _:
                return client.oauth.discovery.authenticate(discovery_oauth_token=token, **options)


@pytest.fixture(params=["oauth", "oauth discovery", "sso"])
def flow(request: pytest.FixtureRequest, emulator: Emulator, okta: SSOConnection) -> Flow:
    """
    Each of the flows in turn.
    """
    return Flow(request.param, emulator, okta)


def query(url: str) -> dict[str, str]:
    """
    Return the query of a URL.
    """
    return dict(parse_qsl(urlsplit(url).query))


def token_of(url: str) -> str:
    """
    Return the token that a browser comes back with.
    """
    return query(url)["token"]


def refusal(call: Callable[[], object]) -> tuple[type[StytchAPIError], int, str]:
    """
    Return class, status and error type of the error that a call ends with.
    """
    with pytest.raises(StytchAPIError) as caught:
        call()
    return type(caught.value), caught.value.status_code, caught.value.error_type


def logged_in(response: Any, **kept: Any) -> SessionState:
    """
    Return the state of a client that took over the session of an answer.
    """
    return SessionState(
        member_session=response.member_session,
        member=response.member,
        organization=response.organization,
        session_token=response.session_token,
        session_jwt=response.session_jwt,
        **kept,
    )


@pytest.mark.parametrize("provider", PROVIDERS)
def test_oauth(emulator: Emulator, client: StytchB2BClient, ada: Member, provider: str) -> None:
    """
    Each provider logs the Member in, from the start URL to the stored session.
    """
    url = getattr(client.oauth, provider).start(
        organization_slug="acme",
        custom_scopes=["more"],
        provider_params={"login_hint": ADA},
    )
    response = client.oauth.authenticate(oauth_token=token_of(emulator.browser_login(url, ADA)))

    assert f"/v1/b2b/public/oauth/{provider}/start" == urlsplit(url).path
    assert ("more", ADA) == (query(url)["custom_scopes"], query(url)["provider_login_hint"])
    assert isinstance(response.outcome, LoggedIn)
    assert ada.member_id == response.member_id
    assert response.provider_values is not None
    assert "more" in response.provider_values.scopes
    assert logged_in(response) == client.state


@pytest.mark.parametrize("provider", PROVIDERS)
def test_oauth_discovery(
    emulator: Emulator, client: StytchB2BClient, ada: Member, provider: str
) -> None:
    """
    Each provider finds the person's Organizations, too.
    """
    url = getattr(client.oauth, provider).discovery.start()
    response = client.oauth.discovery.authenticate(
        discovery_oauth_token=token_of(emulator.browser_login(url, ADA))
    )

    assert isinstance(response.outcome, ChooseOrganization)
    assert [ada.organization_id] == [
        found.organization.organization_id for found in response.discovered_organizations
    ]
    assert response.intermediate_session_token == client.state.intermediate_session_token
    assert client.state.session_token is None


@pytest.mark.parametrize("protocol", ["saml", "oidc"])
@pytest.mark.parametrize("locator", ["connection_id", "organization_id"])
def test_sso(
    emulator: Emulator, client: StytchB2BClient, ada: Member, protocol: Any, locator: str
) -> None:
    """
    A connection, or the Organization's default one, logs the Member in.
    """
    connection = emulator.create_sso_connection("Acme", protocol=protocol)
    (found,) = client.sso.discover_connections(ADA).connections
    url = client.sso.start(**{locator: getattr(connection, locator)})
    response = client.sso.authenticate(
        sso_token=token_of(emulator.browser_login(url, ADA)), session_duration_minutes=60
    )
    (factor,) = response.member_session.authentication_factors if response.member_session else ()

    assert connection.connection_id == found.connection_id
    assert f"sso_{protocol}" == factor.delivery_method
    assert ada.member_id == response.member_id
    assert logged_in(response) == client.state


def test_one_tap(emulator: Emulator, client: StytchB2BClient, ada: Member) -> None:
    """
    An ID token of Google's logs the Member in without a page, or finds the Organizations.
    """
    emulator.set_google_client_id("id")
    one_tap = client.oauth.google_one_tap
    found = one_tap.discovery.start(id_token=emulator.google_id_token(ADA))
    discovered = client.oauth.discovery.authenticate(
        discovery_oauth_token=token_of(found.redirect_url)
    )
    started = one_tap.start(id_token=emulator.google_id_token(ADA), organization_id="acme")
    response = client.oauth.authenticate(oauth_token=token_of(started.redirect_url))

    assert "id" == one_tap.get_client_id().google_client_id
    assert ADA == discovered.email_address
    assert ada.member_id == response.member_id
    assert logged_in(response) == client.state
    assert (BadRequestError, 400, "id_token_invalid") == refusal(
        lambda: one_tap.start(id_token="no token", organization_id="acme")
    )


class TestRefusals:
    """
    Logins that are not accepted, in every flow; the state stays.
    """

    def test_cancelled(self, emulator: Emulator, client: StytchB2BClient, flow: Flow) -> None:
        """
        Who cancels comes back without a token, and can begin anew.
        """
        url = emulator.browser_cancel(flow.start(client))
        held = client.state

        assert "access_denied" == query(url)["error"]
        assert "token" not in query(url)
        assert [flow.pair] == list(held.pkce_pairs)
        assert 200 == flow.finish(client, flow.token(client)).status_code
        assert {} == dict(client.state.pkce_pairs)

    def test_expired(self, emulator: Emulator, client: StytchB2BClient, flow: Flow) -> None:
        """
        A token that is too old is none.
        """
        token = flow.token(client)
        before = client.state
        emulator.clock.advance(minutes=5)

        assert flow.not_found == refusal(lambda: flow.finish(client, token))
        assert before is client.state

    def test_reused(self, client: StytchB2BClient, flow: Flow) -> None:
        """
        A token works once, and using it again logs nobody out.
        """
        token = flow.token(client)
        verifier = client.state.pkce_pairs[flow.pair].code_verifier
        flow.finish(client, token)
        before = client.state

        assert flow.not_found == refusal(
            lambda: flow.finish(client, token, pkce_code_verifier=verifier)
        )
        assert before is client.state

    def test_wrong_verifier(self, client: StytchB2BClient, flow: Flow) -> None:
        """
        The verifier of another login does not fit; the right one does afterwards.
        """
        token = flow.token(client)
        before = client.state
        wrong = PKCEPair.generate().code_verifier

        assert (BadRequestError, 400, "pkce_mismatch") == refusal(
            lambda: flow.finish(client, token, pkce_code_verifier=wrong)
        )
        assert before is client.state
        assert 200 == flow.finish(client, token).status_code

    def test_other_client(self, emulator: Emulator, client: StytchB2BClient, flow: Flow) -> None:
        """
        A client that did not begin the login cannot end it, unless it is given the state.
        """
        token = flow.token(client)
        stranger = client.with_state(SessionState())
        callback = client.with_state(SessionState.from_json(client.state.to_json()))
        emulator.requests.clear()

        if flow.name == "sso":
            with pytest.raises(MissingPKCEError):
                flow.finish(stranger, token)
            assert 0 == len(emulator.requests)
        else:
            assert (BadRequestError, 400, "pkce_expected_code_verifier") == refusal(
                lambda: flow.finish(stranger, token)
            )
        assert SessionState() == stranger.state
        assert 200 == flow.finish(callback, token).status_code
        assert {} == dict(callback.state.pkce_pairs)

    def test_unregistered_redirect(
        self, emulator: Emulator, client: StytchB2BClient, flow: Flow
    ) -> None:
        """
        A browser is sent only where the project has registered it.
        """
        kind = "discovery" if flow.name == "oauth discovery" else "login"
        url = flow.start(client, **{f"{kind}_redirect_url": "https://evil.example"})

        with pytest.raises(LoginRefusedError) as caught:
            emulator.browser_login(url, ADA)

        assert (400, f"no_match_for_provided_{flow.pair}_url") == (
            caught.value.status,
            caught.value.error_type,
        )

    def test_stranger(self, emulator: Emulator, client: StytchB2BClient, flow: Flow) -> None:
        """
        Whom the Organization does not admit gets no session.
        """
        emulator.update_organization("Acme", sso_jit_provisioning="NOT_ALLOWED")
        token = flow.token(client, "eve@evil.example")
        before = client.state
        error_type = {
            "oauth": "email_jit_provisioning_not_allowed",
            "sso": "invalid_connection_for_jit_provisioning",
        }

        if flow.name == "oauth discovery":
            assert () == flow.finish(client, token).discovered_organizations
        else:
            assert (BadRequestError, 400, error_type[flow.name]) == refusal(
                lambda: flow.finish(client, token)
            )
            assert before is client.state

    def test_failures_keep_the_pair(
        self, emulator: Emulator, client: StytchB2BClient, flow: Flow
    ) -> None:
        """
        A login whose answer was an error can be ended with the same pair.
        """
        token = flow.token(client)
        before = client.state
        for fault in ({"status": 500}, {"drop": "after_read"}):
            emulator.faults.add(operation=flow.operation, **fault)
            with pytest.raises(Exception, match=flow.operation):
                flow.finish(client, token)

            assert before is client.state

        assert 200 == flow.finish(client, token).status_code
        assert {} == dict(client.state.pkce_pairs)


@pytest.mark.parametrize("name", ["oauth", "sso"])
def test_unfinished_logins(
    emulator: Emulator, client: StytchB2BClient, okta: SSOConnection, name: str
) -> None:
    """
    A factor or a method that is lacking is told by the outcome; no session is held.
    """
    flow = Flow(name, emulator, okta)
    emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    first = flow.finish(client, flow.token(client))
    emulator.update_organization(
        "Acme", auth_methods="RESTRICTED", allowed_auth_methods=["password"]
    )
    second = flow.finish(client, flow.token(client))

    assert isinstance(first.outcome, NeedsMFA)
    assert isinstance(second.outcome, NeedsPrimaryFactor)
    assert ("password",) == second.outcome.allowed_auth_methods
    assert second.intermediate_session_token == client.state.intermediate_session_token
    assert first.intermediate_session_token != second.intermediate_session_token
    assert client.state.session_token is None


def test_flows_leave_each_other_alone(
    emulator: Emulator, client: StytchB2BClient, okta: SSOConnection
) -> None:
    """
    Logins by link, OAuth and SSO that wait at once are all ended, on top of each other.
    """
    client.magic_links.email.login_or_signup(email_address=ADA, organization_id="acme")
    flows = [Flow(name, emulator, okta) for name in ("oauth", "sso")]
    tokens = [flow.token(client) for flow in flows]
    started = set(client.state.pkce_pairs)
    for flow, token in zip(flows, tokens, strict=True):
        flow.finish(client, token)
    between = set(client.state.pkce_pairs)
    response = client.magic_links.authenticate(
        magic_links_token=emulator.outbox.last().token, session_duration_minutes=60
    )

    assert {"magic_links", "oauth", "sso"} == started
    assert {"magic_links"} == between
    assert response.member_session is not None
    assert {"magic_link", "oauth", "sso"} == {
        factor.type for factor in response.member_session.authentication_factors
    }
    assert logged_in(response) == client.state


class TestTokensOfOthers:
    """
    Sessions that come of tokens that others issued.
    """

    def test_impersonation(self, emulator: Emulator, client: StytchB2BClient, ada: Member) -> None:
        """
        A token of the dashboard lets somebody act as the Member, once.
        """
        token = emulator.create_impersonation_token(ada)
        response = client.impersonation.authenticate(impersonation_token=token)
        state = client.state

        assert logged_in(response) == state
        assert (AuthenticationError, 401, "unable_to_auth_impersonation_token") == refusal(
            lambda: client.impersonation.authenticate(impersonation_token=token)
        )
        assert state is client.state

    def test_access_token(self, emulator: Emulator, client: StytchB2BClient, ada: Member) -> None:
        """
        The access token of a Connected App is exchanged for a session, once.
        """
        token = emulator.create_access_token(ada)
        response = client.session.exchange_access_token(
            access_token=token, session_duration_minutes=60
        )
        state = client.state

        assert logged_in(response) == state
        assert (NotFoundError, 404, "idp_access_token_could_not_be_exchanged") == refusal(
            lambda: client.session.exchange_access_token(
                access_token=token, session_duration_minutes=60
            )
        )
        assert state is client.state

    def test_attest(self, emulator: Emulator, client: StytchB2BClient, ada: Member) -> None:
        """
        A trusted token logs the Member in, and strengthens the session the next time.
        """
        profile = emulator.create_trusted_token_profile()
        responses = [
            client.session.attest(
                profile_id=profile.profile_id,
                token=emulator.trusted_token(profile, ADA, organization="acme"),
            )
            for _ in range(2)
        ]

        assert ada.member_id == responses[0].member_id
        assert responses[0].session_token == responses[1].session_token
        assert logged_in(responses[1]) == client.state
        assert (AuthenticationError, 401, "invalid_trusted_auth_token") == refusal(
            lambda: client.session.attest(profile_id=profile.profile_id, token="none")
        )

    def test_revoke_for_member(self, emulator: Emulator, client: StytchB2BClient) -> None:
        """
        Who may ends somebody's sessions; who may not is told what is missing.
        """
        ada, bob = (
            emulator.sign_in(ADA, "Acme"),
            emulator.sign_in("bob@acme.example", "Acme", roles=[]),
        )
        admin = client.with_session(session_token=ada.session_token)
        member = client.with_session(session_token=bob.session_token)
        admin.session.authenticate()
        before = admin.state

        with pytest.raises(PermissionDeniedError) as caught:
            member.session.revoke_for_member(ada.member_id)
        admin.session.revoke_for_member(bob.member_id)

        assert (403, "session_authorization_error") == (
            caught.value.status_code,
            caught.value.error_type,
        )
        assert (Permission("stytch.member", "revoke-sessions"),) == caught.value.missing_permissions
        assert before is admin.state
        assert (AuthenticationError, 404, "session_not_found") == refusal(
            member.session.authenticate
        )
        assert SessionState() == member.state

    def test_connected_app(self, emulator: Emulator, client: StytchB2BClient) -> None:
        """
        A Connected App gets a code where the Member agrees, and an error where not.
        """
        session = emulator.sign_in(ADA, "Acme")
        member = client.with_session(session_token=session.session_token)
        app = emulator.create_connected_app("App", "third_party")
        asked: dict[str, Any] = {
            "client_id": app.client_id,
            "redirect_uri": app.redirect_urls[0],
            "response_type": "code",
            "scopes": ["openid"],
        }
        before = member.state
        started = member.idp.oauth_authorize_start(**asked)
        refused = member.idp.oauth_authorize_submit(**asked, consent_granted=False)
        granted = member.idp.oauth_authorize_submit(**asked, consent_granted=True)
        leaving = member.idp.oauth_logout_start(
            client_id=app.client_id,
            post_logout_redirect_uri=app.post_logout_redirect_urls[0],
            state="s",
        )

        assert started.consent_required
        assert {"error": "access_denied"} == query(refused.redirect_uri)
        assert granted.authorization_code == query(granted.redirect_uri)["code"]
        assert {"state": "s"} == query(leaving.redirect_uri)
        assert before is member.state
        with pytest.raises(NoSessionError):
            client.idp.oauth_authorize_start(**asked)
