"""From a URL that a browser came back with to the call that its token is for."""

from __future__ import annotations

from .._arguments import SessionDurationMinutes
from .._authenticate_urls import (
    Authenticated,
    Discovered,
    NeedsNewPassword,
    NotOurs,
    RedirectOutcome,
    read,
)
from .._engine import Actor
from ..errors import InvalidArgumentError
from ..models.login import LoginResponse
from .impersonation import AsyncImpersonation
from .magic_links import AsyncMagicLinks
from .oauth import AsyncOAuth
from .sso import AsyncSSO


async def authenticate_by_url(
    actor: Actor, url: str | bytes, session_duration_minutes: SessionDurationMinutes | None
) -> RedirectOutcome:
    """
    Do what *url* is for; see `AsyncStytchB2BClient.authenticate_by_url`.

    Whether a new password is wanted is asked first: a token that sets one may be of the type of
    those that log in, and would be used up.
    """
    found = read(url)
    if isinstance(found, NotOurs):
        return found
    token_type, token = found.token_type, found.token
    response: LoginResponse
    match token_type:
        case "multi_tenant_passwords":
            return NeedsNewPassword(flow="organization", token=token)
        case "discovery":
            if found.is_password_reset:
                return NeedsNewPassword(flow="discovery", token=token)
            return Discovered(
                token_type=token_type,
                response=await AsyncMagicLinks(actor).discovery.authenticate(
                    discovery_magic_links_token=token
                ),
            )
        case "discovery_oauth":
            return Discovered(
                token_type=token_type,
                response=await AsyncOAuth(actor).discovery.authenticate(
                    discovery_oauth_token=token
                ),
            )
        case "multi_tenant_impersonation":
            response = await AsyncImpersonation(actor).authenticate(impersonation_token=token)
        case "multi_tenant_magic_links":
            response = await AsyncMagicLinks(actor).authenticate(
                magic_links_token=token,
                session_duration_minutes=_given(session_duration_minutes),
            )
        case "oauth":
            response = await AsyncOAuth(actor).authenticate(
                oauth_token=token, session_duration_minutes=session_duration_minutes
            )
        case "sso":  # pragma: no branch - no type is left
            response = await AsyncSSO(actor).authenticate(
                sso_token=token, session_duration_minutes=_given(session_duration_minutes)
            )
    return Authenticated(
        token_type=token_type, response=response, wants_new_password=found.is_password_reset
    )


def _given(session_duration_minutes: SessionDurationMinutes | None) -> SessionDurationMinutes:
    if session_duration_minutes is None:
        problem = "is needed for this type of token"
        raise InvalidArgumentError(
            endpoint="authenticate_by_url", problems={"session_duration_minutes": problem}
        )
    return session_duration_minutes
