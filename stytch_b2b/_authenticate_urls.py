"""
The URLs that Stytch sends browsers back to: what they say, and what following one comes to.

Everything that is needed stands in the query, so any scheme, host and path will do. What is
missing, empty, unknown or there twice makes a URL somebody else's, and never an error: whoever
asks has been called with a URL that anybody could have made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, TypeGuard, get_args
from urllib.parse import parse_qsl, urlsplit

from attrs import field, frozen

from .models.login import DiscoveryResponse, LoginResponse

TokenType: TypeAlias = Literal[
    "discovery",
    "discovery_oauth",
    "multi_tenant_impersonation",
    "multi_tenant_magic_links",
    "multi_tenant_passwords",
    "oauth",
    "sso",
]
"""What a token is for, which decides the call that it is presented with."""

_RESET_PASSWORD: Final = "reset_password"
_PARAMETERS = ("stytch_token_type", "token", "stytch_redirect_type", "error", "error_description")


@frozen(kw_only=True)
class AuthenticateURL:
    """What a URL says that ends a flow of Stytch's."""

    token_type: TokenType
    token: str = field(repr=False)
    """What is presented to the API. It works once."""
    is_password_reset: bool = False
    """Whether the person came to set a new password, whatever else the token can do."""


@frozen(kw_only=True)
class Authenticated:
    """The token was presented: the Member is logged in, or has a factor less to prove."""

    token_type: TokenType
    response: LoginResponse
    """The answer; its ``outcome`` tells what the login came to."""
    wants_new_password: bool = False
    """
    Whether the person came to set a new password, though this token logs in without one.

    Ask for one and pass it to ``passwords.reset_by_session``, once the Member is logged in.
    """


@frozen(kw_only=True)
class Discovered:
    """The token was presented: the person is known, and an Organization is to be chosen."""

    token_type: TokenType
    response: DiscoveryResponse


@frozen(kw_only=True)
class NeedsNewPassword:
    """
    The token was *not* presented: it is good for setting a new password only.

    Ask the person for one and pass both to ``passwords.reset_by_email``, or, where the flow is
    ``"discovery"``, to ``passwords.discovery.reset_by_email``.
    """

    flow: Literal["organization", "discovery"]
    """Whether the password is that of a Member, or of a person in all their Organizations."""
    token: str = field(repr=False)
    """The ``password_reset_token``. It works once."""


@frozen(kw_only=True)
class NotOurs:
    """Nothing was presented: the URL ends no flow that this package knows."""

    token_type: str | None = None
    """The type of its token, where it has one that is not known."""
    error: str | None = None
    """Why there is no token, where somebody on the way said so: an identity provider, perhaps."""
    error_description: str | None = None
    """The same in a sentence. Anybody can write one, so show it as text, if at all."""


RedirectOutcome: TypeAlias = Authenticated | Discovered | NeedsNewPassword | NotOurs
"""What following a URL comes to."""


def read(url: str | bytes) -> AuthenticateURL | NotOurs:
    """Return what *url* says, which may be anything."""
    found = _parameters(url)
    token_type, token = found.get("stytch_token_type"), found.get("token")
    if token is None or not _is_known(token_type):
        return NotOurs(
            token_type=token_type,
            error=found.get("error"),
            error_description=found.get("error_description"),
        )
    return AuthenticateURL(
        token_type=token_type,
        token=token,
        is_password_reset=(
            token_type == "multi_tenant_passwords"
            or found.get("stytch_redirect_type") == _RESET_PASSWORD
        ),
    )


def _is_known(token_type: str | None) -> TypeGuard[TokenType]:
    return token_type in get_args(TokenType)


def _parameters(url: str | bytes) -> Mapping[str, str]:
    # The URL objects of web frameworks print as what they stand for.
    text = url.decode(errors="replace") if isinstance(url, bytes) else str(url)
    try:
        text.encode()
        query = urlsplit(text).query
    except ValueError:  # half of a surrogate pair, or half of an IPv6 address
        return {}
    found: dict[str, str] = {}
    for name, value in parse_qsl(query):
        # Of two that differ it would be a matter of luck which one counts, here and elsewhere.
        if name in _PARAMETERS and found.setdefault(name, value) != value:
            return {}
    return found
