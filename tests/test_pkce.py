"""Proof Key for Code Exchange."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64decode

from stytch_b2b._pkce import PKCEPair


def test_pair() -> None:
    """
    The challenge is the SHA-256 of the verifier's text, both base64url without padding.
    """
    pair = PKCEPair.generate()
    digest = urlsafe_b64decode(pair.code_challenge + "=")

    assert hashlib.sha256(pair.code_verifier.encode()).digest() == digest
    assert re.fullmatch("[A-Za-z0-9_-]{43}", pair.code_challenge)
    # RFC 7636 allows 43 to 128 of these characters.
    assert re.fullmatch("[A-Za-z0-9._~-]{43,128}", pair.code_verifier)


def test_pairs_differ() -> None:
    """
    Every pair has a verifier of its own.
    """
    assert 100 == len({PKCEPair.generate().code_verifier for _ in range(100)})


def test_repr() -> None:
    """
    The verifier is a secret; the challenge is not.
    """
    pair = PKCEPair.generate()

    assert pair.code_verifier not in repr(pair)
    assert pair.code_challenge in repr(pair)
