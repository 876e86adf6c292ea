"""Logging in with an account at Google, Microsoft, HubSpot, Slack or GitHub."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import field, frozen

from .. import id_tokens
from ..errors import (
    InvalidOauthProviderError,
    InvalidOauthTenantForJitProvisioningError,
    MissingOauthOrganizationLocatorError,
    NoMatchForProvidedOauthUrlError,
    OauthTokenNotFoundError,
    OauthUnverifiedEmailError,
    TooManyOauthOrganizationLocatorsError,
)
from ..store import (
    Assertion,
    AuthorizationFlow,
    AuthorizationRequest,
    Factor,
    Identity,
    Member,
    Organization,
    RedirectType,
    Store,
)
from . import (
    authorization,
    discovery,
    factors,
    logins,
    members,
    organizations,
    pkce,
    proofs,
    redirects,
    registrations,
    sessions,
)

ACCESS_TOKEN_LIFETIME = timedelta(hours=1)


@frozen(kw_only=True)
class Provider:
    """An OAuth provider."""

    display_name: str
    """Also its ``provider_type``."""
    scopes: tuple[str, ...]
    """Those that logging in takes."""
    issuer: str = ""
    """Of its ID tokens, if it is an OpenID Connect provider."""
    has_tenants: bool = False
    """Whether organizations can let people in by their tenant there."""
    tokens_expire: bool = True


PROVIDERS: Mapping[str, Provider] = {
    "github": Provider(
        display_name="GitHub",
        scopes=("read:user", "user:email"),
        has_tenants=True,
        tokens_expire=False,
    ),
    "google": Provider(
        display_name="Google",
        scopes=("openid", "email", "profile"),
        issuer=id_tokens.GOOGLE_ISSUER,
    ),
    "hubspot": Provider(display_name="HubSpot", scopes=("oauth",), has_tenants=True),
    "microsoft": Provider(
        display_name="Microsoft",
        scopes=("openid", "email", "profile", "User.Read"),
        issuer="https://login.microsoftonline.com/common/v2.0",
    ),
    "slack": Provider(
        display_name="Slack",
        scopes=("openid", "email", "profile"),
        issuer="https://slack.com",
        has_tenants=True,
    ),
}


@frozen(kw_only=True)
class ProviderValues:
    """What the provider hands over, to act there in the person's name."""

    scopes: tuple[str, ...]
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    id_token: str = field(repr=False)
    expires_at: datetime | None


@frozen(kw_only=True)
class OAuthLogin:
    """A login, and the account that it was made with."""

    login: logins.Login
    provider: Provider
    identity: Identity
    values: ProviderValues


@frozen(kw_only=True)
class OAuthDiscovery:
    """A login whose organization is to be chosen, and the account that it was made with."""

    discovery: discovery.Discovery
    provider: Provider
    identity: Identity


def start(
    store: Store,
    provider: str,
    *,
    organization_id: str | None,
    slug: str | None,
    login_redirect_url: str | None,
    signup_redirect_url: str | None,
    pkce_code_challenge: str | None,
    scopes: tuple[str, ...] = (),
    login_hint: str = "",
) -> AuthorizationRequest:
    """
    Begin a login at one organization.

    Args:
        store: Where everything is.

        provider: As paths have it.

        organization_id: Id, slug or external id; or else *slug*.

        slug: The organization's slug.

        login_redirect_url: Where a member is led.

        signup_redirect_url: Where somebody new is led.

        pkce_code_challenge: The token then needs the verifier.

        scopes: Asked for beyond what logging in takes.

        login_hint: Who it will probably be.

    Raises:
        MissingOauthOrganizationLocatorError: The organization is not named.
        TooManyOauthOrganizationLocatorsError: It is named twice.
        OrganizationNotFoundError: There is no such organization.
        ApiError: Any other argument does not fit.
    """
    _check_provider(provider)
    if organization_id and slug:
        raise TooManyOauthOrganizationLocatorsError
    locator = organization_id or slug
    if not locator:
        raise MissingOauthOrganizationLocatorError
    organization = organizations.get(store, locator)
    login_url = _checked_url(store, login_redirect_url, "login")
    signup_url = _checked_url(store, signup_redirect_url, "signup")
    pkce.check_challenge(
        store, pkce_code_challenge, flow="oauth", redirect_urls=(login_url, signup_url)
    )
    return authorization.begin(
        store,
        flow="oauth",
        provider=provider,
        organization_id=organization.organization_id,
        login_redirect_url=login_url,
        signup_redirect_url=signup_url,
        pkce_code_challenge=pkce_code_challenge,
        scopes=scopes,
        login_hint=login_hint,
    )


def start_discovery(
    store: Store,
    provider: str,
    *,
    discovery_redirect_url: str | None,
    pkce_code_challenge: str | None,
    scopes: tuple[str, ...] = (),
    login_hint: str = "",
) -> AuthorizationRequest:
    """
    Begin a login whose organization is chosen afterwards.

    Args:
        store: Where everything is.

        provider: As paths have it.

        discovery_redirect_url: Where the person is led.

        pkce_code_challenge: The token then needs the verifier.

        scopes: Asked for beyond what logging in takes.

        login_hint: Who it will probably be.

    Raises:
        ApiError: An argument does not fit.
    """
    _check_provider(provider)
    url = _checked_url(store, discovery_redirect_url, "discovery")
    pkce.check_challenge(store, pkce_code_challenge, flow="oauth", redirect_urls=(url,))
    return authorization.begin(
        store,
        flow="discovery_oauth",
        provider=provider,
        login_redirect_url=url,
        signup_redirect_url=url,
        pkce_code_challenge=pkce_code_challenge,
        scopes=scopes,
        login_hint=login_hint,
    )


def authenticate(
    store: Store,
    *,
    token: str,
    pkce_code_verifier: str | None,
    duration_minutes: int,
    earlier: proofs.Earlier,
) -> OAuthLogin:
    """
    Log in with the token that a provider's login has ended with.

    Args:
        store: Where everything is.

        token: From the redirect URL.

        pkce_code_verifier: Whose digest the challenge was.

        duration_minutes: Life of the session.

        earlier: What the caller had proved before.

    Raises:
        OauthTokenNotFoundError: The token is unknown, was used, or is too old.
        OauthUnverifiedEmailError: The provider does not vouch for the address, and nobody has
            logged in with the account before.
        ApiError: The organization does not let the person in, or the verifier, the duration or
            the intermediate session does not fit.
    """
    sessions.check_duration(duration_minutes)
    assertion = _redeem(store, token, "oauth", pkce_code_verifier)
    provider, who = str(assertion.request.provider), assertion.identity
    factor = _factor(store, provider, who)
    member = _member(store, assertion, factor, earlier)
    login = logins.complete(
        store,
        member,
        proved=[factor],
        duration_minutes=duration_minutes,
        earlier=earlier,
    )
    assertion.used = True
    return OAuthLogin(
        login=login,
        provider=PROVIDERS[provider],
        identity=who,
        values=_values(store, PROVIDERS[provider], assertion),
    )


def authenticate_discovery(
    store: Store, *, token: str, pkce_code_verifier: str | None
) -> OAuthDiscovery:
    """
    Find the organizations that an account at a provider opens.

    Raises:
        OauthTokenNotFoundError: The token is unknown, was used, or is too old.
        OauthUnverifiedEmailError: The provider does not vouch for the address.
        ApiError: The verifier does not fit.
    """
    assertion = _redeem(store, token, "discovery_oauth", pkce_code_verifier)
    provider, who = str(assertion.request.provider), assertion.identity
    if not who.email_verified:
        raise OauthUnverifiedEmailError
    assertion.used = True
    found = discovery.begin(
        store,
        email_address=who.email_address,
        proved=[_factor(store, provider, who)],
        oauth_tenants={provider: who.tenant_id} if who.tenant_id else None,
    )
    return OAuthDiscovery(discovery=found, provider=PROVIDERS[provider], identity=who)


def client_id(store: Store) -> str:
    """Return what providers know the project by."""
    return store.project.google_client_id or store.project.project_id


def _redeem(store: Store, token: str, flow: AuthorizationFlow, verifier: str | None) -> Assertion:
    return authorization.redeem(
        store, token, flow, pkce_code_verifier=verifier, not_found=OauthTokenNotFoundError
    )


def _member(store: Store, assertion: Assertion, factor: Factor, earlier: proofs.Earlier) -> Member:
    """Return the member with an account, who may become one just now."""
    request, who = assertion.request, assertion.identity
    organization = organizations.get(store, str(request.organization_id))
    member = registrations.find(store, request, who)
    if member is not None:
        return member
    # Anybody can open an account with somebody else's address, as long as nobody checks it.
    if not who.email_verified:
        raise OauthUnverifiedEmailError
    member = members.find_by_email(store, organization, who.email_address)
    if member is not None:
        return member
    if not organizations.lets_in_by_tenant(organization, str(request.provider), who.tenant_id):
        _check_lets_in(organization, who)
    organizations.check_may_use(organization, None, factors.auth_method(factor))
    logins.check_earlier(store, organization, who.email_address, earlier)
    return members.create_pending(
        store, organization, email_address=who.email_address, name=who.name
    )


def _check_lets_in(organization: Organization, who: Identity) -> None:
    if (
        who.tenant_id
        and organization.oauth_tenant_jit_provisioning == "RESTRICTED"
        and not organizations.lets_in_by_email(organization, who.email_address)
    ):
        raise InvalidOauthTenantForJitProvisioningError
    organizations.check_lets_in_by_email(organization, who.email_address)


def _factor(store: Store, provider: str, who: Identity) -> Factor:
    details: dict[str, Any] = {"provider_subject": who.subject}
    if who.tenant_id and provider == "github":
        # A person has one workspace at Slack and HubSpot, and any number of them here.
        details["provider_tenant_ids"] = [who.tenant_id]
    elif who.tenant_id:
        details["provider_tenant_id"] = who.tenant_id
    return factors.oauth(
        store,
        provider,
        details,
        proved_address=who.email_address if who.email_verified else None,
    )


def _values(store: Store, provider: Provider, assertion: Assertion) -> ProviderValues:
    now = store.clock.now()
    who = assertion.identity
    id_token = ""
    if provider.issuer:
        id_token = id_tokens.sign(
            who,
            issuer=provider.issuer,
            audience=client_id(store),
            token_id=store.ids.uuid(),
            issued_at=now,
        )
    return ProviderValues(
        scopes=tuple(dict.fromkeys((*provider.scopes, *assertion.request.scopes))),
        access_token=store.ids.token(),
        refresh_token=store.ids.token() if provider.tokens_expire else "",
        id_token=id_token,
        expires_at=now + ACCESS_TOKEN_LIFETIME if provider.tokens_expire else None,
    )


def _check_provider(provider: str) -> None:
    if provider not in PROVIDERS:
        raise InvalidOauthProviderError


def _checked_url(store: Store, url: str | None, kind: RedirectType) -> str:
    return redirects.checked(store, url, kind, unregistered=NoMatchForProvidedOauthUrlError)
