"""Signed session JWTs and the key set that verifies them."""

from __future__ import annotations

import functools
import threading
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from . import strict_json

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

JWT_LIFETIME_SECONDS = 5 * 60
"""The API gives every session JWT this life, whatever the session's own end."""

_key_lock = threading.Lock()


class UnverifiedTokenError(Exception):
    """A JWT is none, is not signed by the key, is not for its reader, or is out of its time."""


class WrongAudienceError(UnverifiedTokenError):
    """A JWT is good, but for another reader."""


class ExpiredTokenError(UnverifiedTokenError):
    """A JWT is good, but too old."""


def sign(
    claims: Mapping[str, Any],
    *,
    issued_at: datetime,
    lifetime_seconds: int = JWT_LIFETIME_SECONDS,
) -> str:
    """
    Sign a JWT with the project's key.

    Args:
        claims: Everything but the times.

        issued_at: Now, by the emulator's clock.

        lifetime_seconds: How long it is good.
    """
    key, key_id = _signing_key()
    timed = _timed(claims, issued_at, lifetime_seconds)
    token: str = _jwt().encode(timed, key, algorithm="RS256", headers={"kid": key_id})
    return token


def sign_as_issuer(
    claims: Mapping[str, Any], key: Any, *, issued_at: datetime, lifetime_seconds: int
) -> str:
    """
    Sign a JWT with the key of somebody else, which `new_issuer_key` has made.

    Times among the claims win over the usual ones: an issuer may say what it likes.
    """
    timed = {**_timed({}, issued_at, lifetime_seconds), **claims}
    token: str = _jwt().encode(timed, key, algorithm="ES256")
    return token


def verified(
    token: str, key: Any, *, issuer: str, audience: str, now: datetime, may_be_old: bool = False
) -> dict[str, Any]:
    """
    Return the claims of a JWT.

    Args:
        token: The JWT.

        key: The public key that it has to be signed with.

        issuer: Who has to have made it.

        audience: Whom it has to be for.

        now: By the emulator's clock, which a JWT library does not know.

        may_be_old: Whether one that has expired will do.

    Raises:
        WrongAudienceError: It is for somebody else.
        ExpiredTokenError: It has expired.
        UnverifiedTokenError: It cannot be relied on, for any other reason.
    """
    jwt = _jwt()
    options = {
        "require": ["exp", "iss", "aud"],
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
    }
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=_algorithms(key),
            issuer=issuer,
            audience=audience,
            options=options,
        )
        strict_json.check(claims)
        is_late = now.timestamp() >= float(claims["exp"])
        is_early = now.timestamp() < float(claims.get("nbf", 0))
    except jwt.InvalidAudienceError:
        raise WrongAudienceError from None
    except (jwt.PyJWTError, OverflowError, TypeError, ValueError):
        raise UnverifiedTokenError from None
    if is_early:
        raise UnverifiedTokenError
    if is_late and not may_be_old:
        raise ExpiredTokenError
    return claims


def own_public_key() -> Any:
    """Return the public part of the key that signs what the project issues."""
    return _signing_key()[0].public_key()


def new_issuer_key() -> Any:
    """Make the private key of an issuer, on a curve: that is a hundred times as fast as RSA."""
    # As below: only who needs a key pays for the import.
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    return ec.generate_private_key(ec.SECP256R1())


def public_key(written: str | Mapping[str, Any]) -> Any:
    """
    Read a public key.

    Args:
        written: In PEM, or as a JSON Web Key.

    Raises:
        ValueError: It is no public key that signs JWTs.
    """
    jwt = _jwt()
    # As below: only who needs a key pays for the import.
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    try:
        if isinstance(written, str):
            key: Any = serialization.load_pem_public_key(written.encode())
        else:
            key = jwt.PyJWK.from_dict(dict(written)).key
        _algorithms(key)
    except (jwt.PyJWTError, ValueError):
        msg = "not a public RSA, EC or Ed25519 key, in PEM or as a JSON Web Key"
        raise ValueError(msg) from None
    return key


def key_set() -> dict[str, Any]:
    """Return the JSON Web Key Set of the keys that sign session JWTs."""
    jwt = _jwt()
    key, key_id = _signing_key()
    jwk: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"keys": [{**jwk, "alg": "RS256", "use": "sig", "kid": key_id}]}


def _timed(claims: Mapping[str, Any], issued_at: datetime, lifetime: int) -> dict[str, Any]:
    now = int(issued_at.timestamp())
    return {**claims, "iat": now, "nbf": now, "exp": now + lifetime}


def _algorithms(key: Any) -> list[str]:
    """Return the algorithms of a public key: what a token says of itself is not to be trusted."""
    # As below: only who needs a key pays for the import.
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415

    if isinstance(key, rsa.RSAPublicKey):
        return ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
    if isinstance(key, ec.EllipticCurvePublicKey):
        return ["ES256", "ES384", "ES512"]
    if isinstance(key, ed25519.Ed25519PublicKey):
        return ["EdDSA"]
    msg = "no algorithm signs JWTs with this key"
    raise ValueError(msg)


def _jwt() -> Any:
    # Loaded on first need: an emulator that nobody logs in to works without it, and starts faster.
    try:
        import jwt  # noqa: PLC0415
    except ImportError as exc:
        msg = "session JWTs need PyJWT with cryptography: pip install 'stytch-b2b[emulator]'"
        raise ImportError(msg) from exc
    return jwt


def _signing_key() -> tuple[RSAPrivateKey, str]:
    with _key_lock:
        return _make_signing_key()


@functools.cache
def _make_signing_key() -> tuple[RSAPrivateKey, str]:
    """Make the key once per process: it takes longer than everything else in a start."""
    # As above: only who needs a key pays for the import.
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key, f"jwk-test-{uuid.uuid4()}"
