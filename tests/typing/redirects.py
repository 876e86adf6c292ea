"""What a checker knows of a login by way of a browser; never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing_extensions import assert_never, assert_type

from stytch_b2b import (
    AsyncStytchB2BClient,
    Authenticated,
    AuthenticateURL,
    BrowserDFPProvider,
    ChooseOrganization,
    Discovered,
    LoggedIn,
    LoginOutcome,
    NeedsMFA,
    NeedsNewPassword,
    NeedsPrimaryFactor,
    NotOurs,
    OAuthProviderName,
    OpenURL,
    PKCEFlow,
    PKCEPair,
    RedirectOutcome,
    StytchB2BClient,
    TokenType,
)
from stytch_b2b.models.oauth import OAuthAuthenticateResponse


async def by_url(client: AsyncStytchB2BClient, url: str) -> None:
    assert_type(client.parse_authenticate_url(url), AuthenticateURL | None)
    outcome = await client.authenticate_by_url(url, session_duration_minutes=60)
    assert_type(outcome, RedirectOutcome)
    match outcome:
        case Authenticated():
            assert_type(outcome.response.outcome, LoginOutcome)
            assert_type(outcome.wants_new_password, bool)
        case Discovered():
            assert_type(outcome.response.outcome, ChooseOrganization)
        case NeedsNewPassword(flow="organization"):
            assert_type(outcome.token, str)
        case NeedsNewPassword():
            assert_type(outcome.token, str)
        case NotOurs():
            assert_type(outcome.error, str | None)
        case _:
            assert_never(outcome)


def from_a_terminal(client: StytchB2BClient) -> str:
    found = client.login.discovery_oauth("google", open_url=print)
    assert_type(found.outcome, ChooseOrganization)
    assert_type(client.login.discovery_magic_link(email_address="a").outcome, ChooseOrganization)
    answer = client.login.oauth("google", organization_id="o", open_url=print)
    assert_type(answer, OAuthAuthenticateResponse)
    outcome = answer.outcome
    match outcome:
        case LoggedIn():
            return outcome.member.member_id
        case NeedsMFA() | NeedsPrimaryFactor():
            return outcome.organization.organization_id
    assert_never(outcome)


def names_that_callers_write(client: StytchB2BClient) -> None:
    provider: OAuthProviderName = "google"
    flow: PKCEFlow = "oauth"

    async def open_url(url: str) -> None:
        print(url)

    opener: OpenURL = open_url
    client.login.discovery_oauth(provider, open_url=opener)
    token_type: TokenType = "discovery_oauth"
    AuthenticateURL(token_type=token_type, token="t")
    assert_type(client.utils.get_pkce_pair(flow), PKCEPair | None)


def misuse(client: StytchB2BClient) -> None:
    client.login.oauth("myspace")  # type: ignore[arg-type]
    client.login.sso(connection_id="c")  # type: ignore[call-arg]
    client.login.magic_link("ada@example.com")  # type: ignore[call-arg]
    client.login.magic_link(email_address="a", organization_id="o")  # type: ignore[call-arg]
    client.login.discovery_oauth("google", organization_id="o")  # type: ignore[call-arg]
    client.login.oauth("google", open_url="https://a")  # type: ignore[arg-type]
    client.authenticate_by_url("/", 60)  # type: ignore[call-arg]


AsyncStytchB2BClient(dfp_provider=BrowserDFPProvider())
