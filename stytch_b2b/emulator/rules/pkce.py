"""Proof Key for Code Exchange, method S256: who started a flow must finish it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlsplit

from ..errors import (
    InvalidPkceCodeChallengeError,
    InvalidPkceCodeVerifierError,
    PkceDidNotExpectCodeVerifierError,
    PkceExpectedCodeVerifierError,
    PkceMismatchError,
    PkceRequiredForNativeCallbackError,
)
from ..store import Store
from . import project

Flow = Literal["email_magic_links", "password_resets", "oauth", "sso"]
"""A flow that the dashboard can demand PKCE for."""

# The digest of SHA-256 has 32 octets, so an S256 challenge has 43 characters.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
# As RFC 7636 has it.
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def check_challenge(
    store: Store, challenge: str | None, *, flow: Flow, redirect_urls: Iterable[str]
) -> None:
    """
    Check the challenge that a flow is started with.

    Args:
        store: Where everything is.

        challenge: As given, if it was.

        flow: Which flow.

        redirect_urls: Where the flow may lead: a custom scheme is safe only with PKCE.

    Raises:
        InvalidPkceCodeChallengeError: It is missing and the dashboard demands it, or it is none.
        PkceRequiredForNativeCallbackError: It is missing and a redirect has a custom scheme.
    """
    if challenge is not None:
        check_format(challenge)
        return
    if project.requires_pkce(store, flow):
        raise InvalidPkceCodeChallengeError
    if not {urlsplit(url).scheme for url in redirect_urls} <= {"http", "https"}:
        raise PkceRequiredForNativeCallbackError


def check_format(challenge: str) -> None:
    """
    Check that a challenge can be one.

    Raises:
        InvalidPkceCodeChallengeError: It is none.
    """
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidPkceCodeChallengeError


def check_verifier(challenge: str | None, verifier: str | None) -> None:
    """
    Check the verifier that a flow is finished with against the challenge it was started with.

    Raises:
        PkceDidNotExpectCodeVerifierError: The flow was started without a challenge.
        PkceExpectedCodeVerifierError: The flow was started with one, and no verifier came.
        InvalidPkceCodeVerifierError: It can be none.
        PkceMismatchError: The two do not belong together.
    """
    if challenge is None:
        if verifier:
            raise PkceDidNotExpectCodeVerifierError
        return
    if not verifier:
        raise PkceExpectedCodeVerifierError
    if not _VERIFIER.fullmatch(verifier):
        raise InvalidPkceCodeVerifierError
    digest = hashlib.sha256(verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    if not hmac.compare_digest(expected, challenge):
        raise PkceMismatchError
