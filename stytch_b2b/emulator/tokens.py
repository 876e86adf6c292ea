"""Signed session JWTs and the key set that verifies them."""

from __future__ import annotations

import functools
import threading
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

JWT_LIFETIME_SECONDS = 5 * 60
"""The API gives every session JWT this life, whatever the session's own end."""

_key_lock = threading.Lock()


def sign(claims: dict[str, Any], *, issued_at: datetime) -> str:
    """
    Sign a session JWT.

    Args:
        claims: Everything but the times.

        issued_at: Now, by the emulator's clock.
    """
    jwt = _jwt()
    key, key_id = _signing_key()
    now = int(issued_at.timestamp())
    times = {"iat": now, "nbf": now, "exp": now + JWT_LIFETIME_SECONDS}
    token: str = jwt.encode({**claims, **times}, key, algorithm="RS256", headers={"kid": key_id})
    return token


def key_set() -> dict[str, Any]:
    """Return the JSON Web Key Set of the keys that sign session JWTs."""
    jwt = _jwt()
    key, key_id = _signing_key()
    jwk: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"keys": [{**jwk, "alg": "RS256", "use": "sig", "kid": key_id}]}


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
