"""Proof Key for Code Exchange (RFC 7636), method S256."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode

from attrs import field, frozen

WRONG_VERIFIER = frozenset({"pkce_mismatch", "invalid_pkce_code_verifier"})
"""What the API says to a verifier that does not belong to the challenge of the flow."""

SUPERFLUOUS_VERIFIER = "pkce_did_not_expect_code_verifier"
"""What it says to one where the flow began without a challenge."""


@frozen
class PKCEPair:
    """A code verifier, which stays secret, and the challenge that a flow is started with."""

    code_challenge: str
    code_verifier: str = field(repr=False)

    @classmethod
    def generate(cls) -> PKCEPair:
        """Make a pair from 32 random bytes, as much as RFC 7636 recommends."""
        verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode("ascii")).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
        return cls(code_challenge=challenge, code_verifier=verifier)
