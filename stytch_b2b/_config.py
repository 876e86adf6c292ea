"""Settings of a client: what is accepted, the defaults, and what is wrong with the rest."""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from attrs import evolve, field, frozen

from ._version import __version__
from .errors import StytchConfigurationError

PUBLIC_TOKEN_VARIABLE = "STYTCH_B2B_PUBLIC_TOKEN"
BASE_URL_VARIABLE = "STYTCH_B2B_BASE_URL"

TEST_URL = "https://test.stytch.com"
LIVE_URL = "https://api.stytch.com"

_PUBLIC_TOKEN = re.compile(r"public-token-(test|live)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

PermissionChecks: TypeAlias = Literal["explain", "enforce"]
"""
What a client does about permissions.

``"explain"`` sends every call and explains a refusal; ``"enforce"`` refuses by itself what a fresh
policy denies.
"""


def is_duration(value: object) -> bool:
    """Tell whether *value* is a number of seconds above 0."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


def _seconds(instance: object, attribute: object, value: object) -> None:
    if not is_duration(value):
        name = getattr(attribute, "name", "")
        msg = f"timeout: {name} must be a number of seconds above 0, got {value!r}"
        raise StytchConfigurationError(msg)


@frozen(kw_only=True)
class Timeout:
    """How long a call may take, in seconds."""

    connect: float = field(default=5.0, validator=_seconds)
    """Until a new connection stands."""
    read: float = field(default=10.0, validator=_seconds)
    """Between two pieces of an answer."""
    deadline: float = field(default=30.0, validator=_seconds)
    """For the whole call: all attempts, and the waits between them."""

    def changed(self, value: float | Timeout) -> Timeout:
        """Return *value*, or these limits with that number as deadline."""
        return value if isinstance(value, Timeout) else evolve(self, deadline=value)


DEFAULT_TIMEOUT = Timeout()


@frozen
class Software:
    """A program and its version, as it introduces itself to the API."""

    identifier: str
    version: str = ""

    def __attrs_post_init__(self) -> None:
        for name, value in (("identifier", self.identifier), ("version", self.version)):
            # Both travel in headers.
            if not (value.isascii() and value.isprintable()):
                msg = f"{name} must be printable ASCII, got {value!r}"
                raise StytchConfigurationError(msg)


SDK = Software("stytch_b2b", __version__)


@frozen(kw_only=True)
class Options:
    """The settings that may differ between the clients of one engine."""

    timeout: Timeout = DEFAULT_TIMEOUT
    retries: int = 2
    permission_checks: PermissionChecks = "explain"

    def __attrs_post_init__(self) -> None:
        retries: object = self.retries
        if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
            msg = f"retries must be a whole number, 0 or more, got {self.retries!r}"
            raise StytchConfigurationError(msg)
        if self.permission_checks not in ("explain", "enforce"):
            msg = f"permission_checks is 'explain' or 'enforce', got {self.permission_checks!r}"
            raise StytchConfigurationError(msg)

    def within(self, seconds: float) -> Options:
        """Return these options with a deadline that is *seconds* away."""
        return evolve(self, timeout=evolve(self.timeout, deadline=seconds))

    def changed(
        self,
        *,
        timeout: float | Timeout | None,
        retries: int | None,
        permission_checks: PermissionChecks | None,
    ) -> Options:
        """Return these options with those replaced that are given."""
        return evolve(
            self,
            timeout=self.timeout if timeout is None else self.timeout.changed(timeout),
            retries=self.retries if retries is None else retries,
            permission_checks=(
                self.permission_checks if permission_checks is None else permission_checks
            ),
        )


def find_public_token(public_token: str | None) -> str:
    """
    Return the public token given, else that of the environment.

    Raises:
        StytchConfigurationError: There is none, or it is malformed. The value is not shown.
    """
    source = "public_token"
    if public_token is None:
        source = PUBLIC_TOKEN_VARIABLE
        public_token = os.environ.get(PUBLIC_TOKEN_VARIABLE)
    if not public_token:
        msg = f"a public token is needed: pass public_token or set {PUBLIC_TOKEN_VARIABLE}"
        raise StytchConfigurationError(msg)
    if not _PUBLIC_TOKEN.fullmatch(str(public_token)):
        msg = (
            f"{source} must look like public-token-test-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx "
            "(or public-token-live-...), in lower case; it is not shown here, in case it is "
            "a secret of another kind"
        )
        raise StytchConfigurationError(msg)
    return public_token


def find_base_url(base_url: str | None, *, public_token: str, allow_insecure_http: bool) -> str:
    """
    Return the base URL given, else that of the environment, else that of the token's environment.

    Raises:
        StytchConfigurationError: It is no URL that credentials may be sent to.
    """
    if base_url is None:
        base_url = os.environ.get(BASE_URL_VARIABLE) or None
    if base_url is None:
        return TEST_URL if public_token.startswith("public-token-test-") else LIVE_URL
    # The value is not shown: what does not belong there may be a password.
    malformed = "base_url must look like https://host[:port][/prefix]"
    if any(char.isspace() or not char.isprintable() for char in base_url):
        msg = f"{malformed}, without blanks"
        raise StytchConfigurationError(msg)
    if any(char in base_url for char in "@?#"):
        msg = f"{malformed}, without credentials, query or fragment"
        raise StytchConfigurationError(msg)
    try:
        parts = urlsplit(base_url)
        parts.port  # noqa: B018 - a port that is no number is found by asking for it
    except ValueError:
        raise StytchConfigurationError(malformed) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StytchConfigurationError(malformed)
    if parts.scheme == "http" and not (allow_insecure_http or is_loopback(parts.hostname)):
        msg = (
            "base_url would send credentials unencrypted; use https://, or pass "
            "allow_insecure_http=True where nobody can listen"
        )
        raise StytchConfigurationError(msg)
    return base_url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether *host*, a name or an address, is this machine alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
