"""Google One Tap: Google's own script hands over an ID token, and no page is visited."""

from __future__ import annotations

from .. import id_tokens
from ..errors import IdTokenInvalidError, OauthConfigNotFoundError
from ..store import Identity, Store
from . import authorization, members, oauth


def start(
    store: Store,
    *,
    id_token: str,
    organization_id: str,
    login_redirect_url: str | None,
    signup_redirect_url: str | None,
    pkce_code_challenge: str | None,
) -> str:
    """
    Begin and end a login at one organization; return where the browser is led.

    Args:
        store: Where everything is.

        id_token: From Google.

        organization_id: Id, slug or external id.

        login_redirect_url: Where a member is led.

        signup_redirect_url: Where somebody new is led.

        pkce_code_challenge: The token in the redirect URL then needs the verifier.

    Raises:
        OauthConfigNotFoundError: One Tap is not set up.
        IdTokenInvalidError: Google did not issue the token, or it was used before.
        IdTokenIncorrectAudienceError: Google issued it to another application.
        IdTokenExpiredError: It is too old.
        ApiError: Any other argument does not fit.
    """
    who, spent = _identity(store, id_token)
    request = oauth.start(
        store,
        "google",
        organization_id=organization_id,
        slug=None,
        login_redirect_url=login_redirect_url,
        signup_redirect_url=signup_redirect_url,
        pkce_code_challenge=pkce_code_challenge,
    )
    store.spent_id_tokens.add(spent)
    return authorization.finish(store, request, who)


def start_discovery(
    store: Store,
    *,
    id_token: str,
    discovery_redirect_url: str | None,
    pkce_code_challenge: str | None,
) -> str:
    """
    Begin and end a login whose organization is chosen afterwards; return where it leads.

    Raises:
        OauthConfigNotFoundError: One Tap is not set up.
        IdTokenInvalidError: Google did not issue the token, or it was used before.
        IdTokenIncorrectAudienceError: Google issued it to another application.
        IdTokenExpiredError: It is too old.
        ApiError: Any other argument does not fit.
    """
    who, spent = _identity(store, id_token)
    request = oauth.start_discovery(
        store,
        "google",
        discovery_redirect_url=discovery_redirect_url,
        pkce_code_challenge=pkce_code_challenge,
    )
    store.spent_id_tokens.add(spent)
    return authorization.finish(store, request, who)


def id_token(
    store: Store,
    *,
    email_address: str,
    name: str,
    email_verified: bool,
    audience: str | None,
) -> str:
    """
    Return an ID token as Google issues it.

    Args:
        store: Where everything is.

        email_address: Of the person's account.

        name: Full name.

        email_verified: Whether Google vouches for the address.

        audience: Which application it is for; this one without it.

    Raises:
        InvalidEmailError: The address is none.
    """
    address = members.normal_email(email_address)
    who = Identity(
        subject=authorization.subject("google", address),
        email_address=address,
        name=name,
        email_verified=email_verified,
    )
    return id_tokens.sign(
        who,
        issuer=id_tokens.GOOGLE_ISSUER,
        audience=audience or oauth.client_id(store),
        token_id=store.ids.uuid(),
        issued_at=store.clock.now(),
    )


def _identity(store: Store, id_token: str) -> tuple[Identity, str]:
    """Return whom an ID token is about, and what is spent with it."""
    if not store.project.google_client_id:
        raise OauthConfigNotFoundError
    who = id_tokens.read(
        id_token,
        issuer=id_tokens.GOOGLE_ISSUER,
        audience=store.project.google_client_id,
        now=store.clock.now(),
    )
    # A signature can be written in more than one way; what it signs cannot.
    signed = id_token.rpartition(".")[0]
    if signed in store.spent_id_tokens:
        raise IdTokenInvalidError
    return who, signed
