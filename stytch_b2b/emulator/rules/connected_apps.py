"""Connected apps: what they ask for, what members grant them, and where the browser goes then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import get_args

from attrs import frozen

from .. import tokens
from ..errors import (
    ConnectedAppNotAllowedForOrgError,
    ConnectedAppNotFoundError,
    ConnectedAppSuppliedRedirectUrlNotFoundInClientError,
    OauthInvalidScopeRequestedError,
    PkceRequiredForIdpAuthorizationFlowError,
    ThirdPartyClientsCannotUseFullAccessError,
)
from ..policy import allows
from ..store import Member, Organization, Store
from ..trust import AuthorizationCode, ClientType, ConnectedApp
from . import pkce, redirects, roles

FULL_ACCESS = "full_access"
OFFLINE_ACCESS = "offline_access"
CODE_LIFETIME = timedelta(minutes=10)

STANDARD_SCOPES = {
    "openid": "Know who you are.",
    "profile": "See your name.",
    "email": "See your email address.",
    "phone": "See your phone number.",
    OFFLINE_ACCESS: "Act for you while you are away.",
    FULL_ACCESS: "Do everything that you may do.",
}
"""Scopes that every project has; the policy adds others."""


@frozen(kw_only=True)
class ScopeResult:
    """A scope that an app asks for."""

    scope: str
    description: str
    is_grantable: bool
    """Whether the member may do everything that the scope would let the app do."""


@frozen(kw_only=True)
class Request:
    """What an app asks a member for, once it is known to be in order."""

    app: ConnectedApp
    scope_results: Sequence[ScopeResult]
    consent_required: bool


@frozen(kw_only=True)
class Decision:
    """Where the browser goes after the member's decision."""

    redirect_uri: str
    code: str | None


def create(
    store: Store,
    *,
    client_name: str,
    client_description: str,
    client_type: ClientType,
    redirect_urls: Iterable[str],
    post_logout_redirect_urls: Iterable[str],
    full_access_allowed: bool,
    bypass_consent_for_offline_access: bool,
    logo_url: str | None,
) -> ConnectedApp:
    """
    Create a connected app.

    Raises:
        ValueError: There is no such type, or an app of others is to have what only own apps may.
    """
    if client_type not in get_args(ClientType):
        msg = f"a client type is one of {', '.join(get_args(ClientType))}, and not {client_type!r}"
        raise ValueError(msg)
    app = ConnectedApp(
        client_id=store.ids.id("connected-app"),
        client_name=client_name,
        client_description=client_description,
        client_type=client_type,
        redirect_urls=[*redirect_urls],
        post_logout_redirect_urls=[*post_logout_redirect_urls],
        full_access_allowed=full_access_allowed,
        bypass_consent_for_offline_access=bypass_consent_for_offline_access,
        logo_url=logo_url,
    )
    if not app.is_first_party and (full_access_allowed or bypass_consent_for_offline_access):
        msg = "only a first-party app may have full access or bypass consent"
        raise ValueError(msg)
    store.connected_apps[app.client_id] = app
    return app


def get(store: Store, client_id: str) -> ConnectedApp:
    """
    Find a connected app.

    Raises:
        ConnectedAppNotFoundError: There is none.
    """
    if client_id not in store.connected_apps:
        raise ConnectedAppNotFoundError
    return store.connected_apps[client_id]


def begin(
    store: Store,
    member: Member,
    *,
    client_id: str,
    redirect_uri: str,
    scopes: Sequence[str],
    prompt: str | None,
) -> Request:
    """
    Check what an app asks a member for.

    Args:
        store: Where everything is.

        member: Who is asked.

        client_id: Which app.

        redirect_uri: One that the app has registered, exactly.

        scopes: Standard ones, or of the project's policy.

        prompt: ``consent`` asks the member even if that is not needed.

    Raises:
        ConnectedAppNotFoundError: There is no such app.
        ConnectedAppNotAllowedForOrgError: The member's organization does not allow it.
        ConnectedAppSuppliedRedirectUrlNotFoundInClientError: The URL is not registered.
        OauthInvalidScopeRequestedError: A scope does not exist, or is not for the app.
        ThirdPartyClientsCannotUseFullAccessError: An app of others asks for full access.
    """
    app = get(store, client_id)
    organization = store.organizations[member.organization_id]
    if not _is_allowed(organization, app):
        raise ConnectedAppNotAllowedForOrgError
    _check_registered(redirect_uri, app.redirect_urls)
    if FULL_ACCESS in scopes and not app.is_first_party:
        raise ThirdPartyClientsCannotUseFullAccessError
    if FULL_ACCESS in scopes and not app.full_access_allowed:
        raise OauthInvalidScopeRequestedError
    results = [_result(store, organization, member, scope) for scope in dict.fromkeys(scopes)]
    return Request(
        app=app,
        scope_results=results,
        consent_required=prompt == "consent" or _needs_consent(store, member, app, results),
    )


def decide(
    store: Store,
    member: Member,
    request: Request,
    *,
    redirect_uri: str,
    consent_granted: bool,
    state: str | None,
    nonce: str | None,
    code_challenge: str | None,
) -> Decision:
    """
    Send the browser back to the app with a member's decision.

    The code is for those of the scopes that the member may grant.

    Args:
        store: Where everything is.

        member: Who decides.

        request: What was asked, from `begin`.

        redirect_uri: As for `begin`.

        consent_granted: The decision.

        state: The app's own, handed back.

        nonce: The app's own, for its ID token.

        code_challenge: S256; an app that can keep no secret has to send one.

    Raises:
        PkceRequiredForIdpAuthorizationFlowError: A public app sent no challenge.
        InvalidPkceCodeChallengeError: The challenge is none.
        OauthInvalidScopeRequestedError: The member may grant nothing of what was asked.
    """
    if code_challenge is not None:
        pkce.check_format(code_challenge)
    elif request.app.is_public:
        raise PkceRequiredForIdpAuthorizationFlowError
    if not consent_granted:
        url = redirects.with_query(redirect_uri, error="access_denied", state=state or "")
        return Decision(redirect_uri=url, code=None)
    granted = [result.scope for result in request.scope_results if result.is_grantable]
    if request.scope_results and not granted:
        raise OauthInvalidScopeRequestedError
    consent(store, member, request.app, granted)
    code = AuthorizationCode(
        code=store.ids.token(),
        client_id=request.app.client_id,
        member_id=member.member_id,
        scopes=tuple(granted),
        redirect_uri=redirect_uri,
        nonce=nonce,
        code_challenge=code_challenge,
        expires_at=store.clock.now() + CODE_LIFETIME,
    )
    store.authorization_codes[code.code] = code
    url = redirects.with_query(redirect_uri, code=code.code, state=state or "")
    return Decision(redirect_uri=url, code=code.code)


def consent(store: Store, member: Member, app: ConnectedApp, scopes: Iterable[str]) -> None:
    """Note what a member lets an app do, beyond what it may do already."""
    store.consents.setdefault(_key(member, app), set()).update(scopes)


def begin_logout(
    store: Store,
    member: Member,
    *,
    client_id: str,
    post_logout_redirect_uri: str,
    state: str,
    id_token_hint: str | None,
) -> tuple[bool, str]:
    """
    Return whether a member has to be asked before an app logs them out, and where it leads.

    An ID token of the app about this very member makes asking needless, also an old one.

    Raises:
        ConnectedAppNotFoundError: There is no such app.
        ConnectedAppSuppliedRedirectUrlNotFoundInClientError: The URL is not registered.
    """
    app = get(store, client_id)
    _check_registered(post_logout_redirect_uri, app.post_logout_redirect_urls)
    subject = None if id_token_hint is None else _subject(store, app, id_token_hint)
    url = redirects.with_query(post_logout_redirect_uri, state=state)
    return subject != member.member_id, url


def id_token(store: Store, app: ConnectedApp, member: Member) -> str:
    """Sign an ID token, with which an app knows a member."""
    claims = {
        "iss": _issuer(store),
        "aud": app.client_id,
        "sub": member.member_id,
        "email": member.email_address,
        "email_verified": member.email_address_verified,
    }
    return tokens.sign(claims, issued_at=store.clock.now(), lifetime_seconds=60 * 60)


def _issuer(store: Store) -> str:
    return f"stytch.com/{store.project.project_id}"


def _subject(store: Store, app: ConnectedApp, token: str) -> object:
    try:
        claims = tokens.verified(
            token,
            tokens.own_public_key(),
            issuer=_issuer(store),
            audience=app.client_id,
            now=store.clock.now(),
            may_be_old=True,
        )
    except tokens.UnverifiedTokenError:
        return None
    return claims.get("sub")


def _is_allowed(organization: Organization, app: ConnectedApp) -> bool:
    if app.is_first_party:
        kind = organization.first_party_connected_apps_allowed_type
        allowed = organization.allowed_first_party_connected_apps
    else:
        kind = organization.third_party_connected_apps_allowed_type
        allowed = organization.allowed_third_party_connected_apps
    return kind == "ALL_ALLOWED" or (kind == "RESTRICTED" and app.client_id in allowed)


def _check_registered(url: str, registered: Iterable[str]) -> None:
    if url not in registered:
        raise ConnectedAppSuppliedRedirectUrlNotFoundInClientError


def _result(store: Store, organization: Organization, member: Member, scope: str) -> ScopeResult:
    if scope in STANDARD_SCOPES:
        return ScopeResult(scope=scope, description=STANDARD_SCOPES[scope], is_grantable=True)
    for known in store.project.policy["scopes"]:
        if known["scope"] == scope:
            break
    else:
        raise OauthInvalidScopeRequestedError
    existing, held = roles.existing(store, organization), roles.held(store, member)
    is_grantable = all(
        allows(existing, held, resource=permission["resource_id"], action=action)
        for permission in known["permissions"]
        for action in permission["actions"]
    )
    return ScopeResult(
        scope=scope, description=known.get("description", ""), is_grantable=is_grantable
    )


def _needs_consent(
    store: Store, member: Member, app: ConnectedApp, results: Iterable[ScopeResult]
) -> bool:
    granted = store.consents.get(_key(member, app))
    wanted = {result.scope for result in results if result.is_grantable}
    if not app.is_first_party:
        return granted is None or not wanted <= granted
    # The project trusts its own apps, but for what they do while nobody watches.
    is_offline = OFFLINE_ACCESS in wanted and OFFLINE_ACCESS not in (granted or ())
    return is_offline and not app.bypass_consent_for_offline_access


def _key(member: Member, app: ConnectedApp) -> tuple[str, str]:
    return member.member_id, app.client_id
