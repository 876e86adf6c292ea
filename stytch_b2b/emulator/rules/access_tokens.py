"""Access tokens of connected apps, and their exchange for sessions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from .. import tokens
from ..errors import (
    ActionAvailableOnlyForActiveMembersError,
    ConnectedAppConsentRevokedError,
    IdpAccessTokenCouldNotBeExchangedError,
    IdpAccessTokenExpiredError,
    IdpAccessTokenNotFoundError,
    OauthAccessTokenExchangeMissingFullAccessError,
    OauthAccessTokenExchangeTokenTooOldError,
)
from ..store import Member, MemberSession, Store
from ..trust import AccessToken, ConnectedApp
from . import connected_apps, factors, logins, sessions

EXCHANGEABLE_FOR = timedelta(minutes=5)


def create(
    store: Store,
    member: Member,
    app: ConnectedApp,
    *,
    scopes: Iterable[str],
    lifetime: timedelta,
) -> AccessToken:
    """Sign an access token, with which an app acts for a member who has consented to it."""
    now = store.clock.now()
    granted = tuple(scopes)
    claims = {
        "iss": f"stytch.com/{store.project.project_id}",
        "aud": [store.project.project_id],
        "sub": member.member_id,
        "client_id": app.client_id,
        "scope": " ".join(granted),
        # Two tokens that were issued in one second must not be the same.
        "jti": store.ids.uuid(),
        "https://stytch.com/organization": {
            "organization_id": member.organization_id,
            "slug": store.organizations[member.organization_id].organization_slug,
        },
    }
    token = AccessToken(
        token=tokens.sign(claims, issued_at=now, lifetime_seconds=int(lifetime.total_seconds())),
        client_id=app.client_id,
        member_id=member.member_id,
        scopes=granted,
        issued_at=now,
        expires_at=now + lifetime,
    )
    store.access_tokens[token.token] = token
    connected_apps.consent(store, member, app, granted)
    return token


def exchange(store: Store, token: str, *, duration_minutes: int) -> MemberSession:
    """
    Start a session of the member whom an access token is about.

    The API documents that this is possible once and for five minutes, and that nobody is asked for
    a second factor: the member has logged in to give the token to the app.

    Raises:
        InvalidSessionDurationError: The duration is outside of what the API allows.
        IdpAccessTokenNotFoundError: No app got the token.
        ConnectedAppConsentRevokedError: The member has withdrawn it.
        IdpAccessTokenExpiredError: It has expired.
        OauthAccessTokenExchangeMissingFullAccessError: It is for less than everything.
        IdpAccessTokenCouldNotBeExchangedError: It was exchanged before.
        OauthAccessTokenExchangeTokenTooOldError: It was issued too long ago.
        ActionAvailableOnlyForActiveMembersError: The member is not active.
    """
    sessions.check_duration(duration_minutes)
    found = store.access_tokens.get(token)
    if found is None:
        raise IdpAccessTokenNotFoundError
    if found.is_revoked:
        raise ConnectedAppConsentRevokedError
    if found.expires_at <= store.clock.now():
        raise IdpAccessTokenExpiredError
    if connected_apps.FULL_ACCESS not in found.scopes:
        raise OauthAccessTokenExchangeMissingFullAccessError
    if found.is_exchanged:
        raise IdpAccessTokenCouldNotBeExchangedError
    if found.issued_at + EXCHANGEABLE_FOR <= store.clock.now():
        raise OauthAccessTokenExchangeTokenTooOldError
    member = store.members[found.member_id]
    if member.status != "active":
        raise ActionAvailableOnlyForActiveMembersError
    session = logins.complete_vouched(
        store,
        member,
        factors.access_token(
            store, client_id=found.client_id, organization_id=member.organization_id
        ),
        duration_minutes=duration_minutes,
    )
    found.is_exchanged = True
    return session
