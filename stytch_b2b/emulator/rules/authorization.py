"""The way to an identity provider and back, which OAuth and SSO share."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from ..errors import (
    ApiError,
    ExpiredOauthResponseError,
    OauthInvalidStateError,
    OauthStateUsedError,
)
from ..store import (
    Assertion,
    AuthorizationFlow,
    AuthorizationRequest,
    Identity,
    Store,
)
from . import members, organizations, pkce, redirects, registrations

REQUEST_LIFETIME = timedelta(minutes=10)
TOKEN_LIFETIME = timedelta(minutes=5)
"""The API documents none; the browser only has to be led back to the application."""


def begin(
    store: Store,
    *,
    flow: AuthorizationFlow,
    login_redirect_url: str,
    signup_redirect_url: str,
    pkce_code_challenge: str | None,
    provider: str | None = None,
    connection_id: str | None = None,
    organization_id: str | None = None,
    scopes: tuple[str, ...] = (),
    login_hint: str = "",
) -> AuthorizationRequest:
    """Begin a login at an identity provider; everything is checked already."""
    request = AuthorizationRequest(
        state=store.ids.token(),
        flow=flow,
        provider=provider,
        connection_id=connection_id,
        organization_id=organization_id,
        login_redirect_url=login_redirect_url,
        signup_redirect_url=signup_redirect_url,
        pkce_code_challenge=pkce_code_challenge,
        scopes=scopes,
        login_hint=login_hint,
        expires_at=store.clock.now() + REQUEST_LIFETIME,
    )
    store.authorization_requests[request.state] = request
    return request


def get(store: Store, state: str) -> AuthorizationRequest:
    """
    Find the login that a browser is in the middle of.

    Raises:
        OauthInvalidStateError: None has this state.
        OauthStateUsedError: It has ended, with a login or without.
        ExpiredOauthResponseError: It was begun too long ago.
    """
    request = store.authorization_requests.get(state)
    if request is None:
        raise OauthInvalidStateError
    if request.used:
        raise OauthStateUsedError
    if request.expires_at <= store.clock.now():
        raise ExpiredOauthResponseError
    return request


def identity(
    request: AuthorizationRequest,
    *,
    email_address: str,
    name: str = "",
    email_verified: bool = True,
    tenant_id: str = "",
    groups: tuple[str, ...] = (),
) -> Identity:
    """
    Return what the identity provider of a login knows about somebody.

    Raises:
        InvalidEmailError: The address is none.
    """
    address = members.normal_email(email_address)
    return Identity(
        subject=subject(request.provider or str(request.connection_id), address),
        email_address=address,
        name=name,
        email_verified=email_verified,
        tenant_id=tenant_id,
        groups=groups,
    )


def subject(issuer: str, email_address: str) -> str:
    """Return who the owner of an address is at an identity provider: the same at every login."""
    digest = hashlib.sha256(f"{issuer} {email_address}".encode()).digest()
    return f"{int.from_bytes(digest, 'big') % 10**21:021}"


def finish(store: Store, request: AuthorizationRequest, who: Identity) -> str:
    """End a login with a person; return where the browser is led, with a token for it."""
    request.used = True
    assertion = Assertion(
        token=store.ids.token(),
        request=request,
        identity=who,
        expires_at=store.clock.now() + TOKEN_LIFETIME,
    )
    store.assertions[assertion.token] = assertion

    url, slug = request.login_redirect_url, ""
    if request.organization_id is not None:
        organization = organizations.get(store, request.organization_id)
        slug = organization.organization_slug
        member = registrations.find(store, request, who)
        if member is None:
            member = members.find_by_email(store, organization, who.email_address)
        if member is None or member.status != "active":
            url = request.signup_redirect_url
    return redirects.with_query(
        url, slug=slug, stytch_token_type=request.flow, token=assertion.token
    )


def cancel(request: AuthorizationRequest) -> str:
    """
    End a login without a person; return where the browser is led.

    Identity providers report a refusal as RFC 6749 has it, with ``error=access_denied``. What the
    API makes of it is not documented; the emulator hands it on to the login redirect URL, so that
    applications can be tested with it. There is no ``stytch_token_type``: no token follows it.
    """
    request.used = True
    return redirects.with_query(
        request.login_redirect_url,
        error="access_denied",
        error_description="The login was cancelled at the identity provider.",
    )


def redeem(
    store: Store,
    token: str,
    flow: AuthorizationFlow,
    *,
    pkce_code_verifier: str | None,
    not_found: type[ApiError],
) -> Assertion:
    """
    Find what a token stands for; the caller marks it as used when the login goes on.

    A wrong verifier does not use the token up.

    Args:
        store: Where everything is.

        token: From the redirect URL.

        flow: What the token must be for.

        pkce_code_verifier: Whose digest the challenge was.

        not_found: The error for a token that is unknown, was used, or is too old.

    Raises:
        ApiError: There is no such token, or the verifier does not fit.
    """
    assertion = store.assertions.get(token)
    if assertion is None or assertion.request.flow != flow or assertion.used:
        raise not_found
    if assertion.expires_at <= store.clock.now():
        raise not_found
    pkce.check_verifier(assertion.request.pkce_code_challenge, pkce_code_verifier)
    return assertion
