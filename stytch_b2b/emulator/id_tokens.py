"""ID tokens: what OpenID Connect providers say about people, signed."""

from __future__ import annotations

import functools
import threading
from datetime import datetime
from typing import Any

from . import tokens
from .errors import IdTokenExpiredError, IdTokenIncorrectAudienceError, IdTokenInvalidError
from .store import Identity

GOOGLE_ISSUER = "https://accounts.google.com"
LIFETIME_SECONDS = 60 * 60

_key_lock = threading.Lock()


def sign(who: Identity, *, issuer: str, audience: str, token_id: str, issued_at: datetime) -> str:
    """
    Sign an ID token.

    Args:
        who: Whom it is about.

        issuer: Of the provider.

        audience: Which application it is for.

        token_id: Sets it apart from another one of the same second.

        issued_at: Now, by the emulator's clock.
    """
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": who.subject,
        "jti": token_id,
        "email": who.email_address,
        "email_verified": who.email_verified,
        "name": who.name,
    }
    return tokens.sign_as_issuer(
        claims, _key(), issued_at=issued_at, lifetime_seconds=LIFETIME_SECONDS
    )


def read(token: str, *, issuer: str, audience: str, now: datetime) -> Identity:
    """
    Verify an ID token that `sign` has made, and return whom it is about.

    Args:
        token: The ID token.

        issuer: Who must have issued it.

        audience: Which application it must be for.

        now: By the emulator's clock.

    Raises:
        IdTokenIncorrectAudienceError: It is for another application.
        IdTokenExpiredError: It is too old.
        IdTokenInvalidError: It is no token, or somebody else has issued it.
    """
    try:
        claims = tokens.verified(
            token, _key().public_key(), issuer=issuer, audience=audience, now=now
        )
    except tokens.WrongAudienceError:
        raise IdTokenIncorrectAudienceError from None
    except tokens.ExpiredTokenError:
        raise IdTokenExpiredError from None
    except tokens.UnverifiedTokenError:
        raise IdTokenInvalidError from None
    return Identity(
        subject=claims["sub"],
        email_address=claims["email"],
        name=claims["name"],
        email_verified=claims["email_verified"],
    )


def _key() -> Any:
    with _key_lock:
        return _make_key()


@functools.cache
def _make_key() -> Any:
    """Make the key that all providers share, which is not the project's own."""
    return tokens.new_issuer_key()
