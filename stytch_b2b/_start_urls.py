"""
The URLs at which a browser begins a login by OAuth or SSO: values in, values out.

A `StartPage` is made of a caller's arguments before a PKCE pair is, so that arguments that are
refused change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, TypeGuard, get_args
from urllib.parse import quote

from attrs import frozen

from .errors import InvalidArgumentError

OAuthProviderName: TypeAlias = Literal["github", "google", "hubspot", "microsoft", "slack"]
"""Whose accounts people log in with, as paths have it."""

_CHALLENGE = "pkce_code_challenge"


@frozen
class ProjectAddress:
    """Where a browser finds the API, and which project it means."""

    base_url: str
    public_token: str


@frozen
class StartPage:
    """A page at which a browser begins a login, and what the page is told."""

    path: str
    query: Mapping[str, str]

    @property
    def has_challenge(self) -> bool:
        """Whether the caller gave the code challenge of a pair of its own."""
        return _CHALLENGE in self.query

    def url(self, address: ProjectAddress, *, code_challenge: str = "") -> str:
        """
        Return the URL of the page, everything in its query percent-encoded.

        Args:
            address: The project that is logged in to.
            code_challenge: Of the client's own pair, where the caller has none.
        """
        query = {"public_token": address.public_token, _CHALLENGE: code_challenge, **self.query}
        encoded = "&".join(
            # The encoding of forms has a plus for a blank, which not every reader understands.
            f"{quote(name, safe='')}={quote(value, safe='')}"
            for name, value in query.items()
            if value
        )
        return f"{address.base_url}{self.path}?{encoded}"


def oauth_start(
    provider: OAuthProviderName,
    *,
    organization_id: str | None = None,
    organization_slug: str | None = None,
    login_redirect_url: str | None = None,
    signup_redirect_url: str | None = None,
    custom_scopes: Sequence[str] | None = None,
    provider_params: Mapping[str, str] | None = None,
    pkce_code_challenge: str | None = None,
) -> StartPage:
    """
    Return the page for a login at one Organization with an account of *provider*.

    Raises:
        InvalidArgumentError: An argument does not fit, or not exactly one names the Organization.
    """
    query = _Query(f"oauth.{provider}.start")
    query.one_of("provider", provider, get_args(OAuthProviderName))
    query.exactly_one(organization_id=organization_id, organization_slug=organization_slug)
    query.text("organization_id", organization_id)
    query.text("organization_slug", organization_slug, sent_as="slug")
    query.text("login_redirect_url", login_redirect_url)
    query.text("signup_redirect_url", signup_redirect_url)
    query.scopes(custom_scopes)
    query.provider_params(provider_params)
    query.text(_CHALLENGE, pkce_code_challenge)
    return query.page(f"/v1/b2b/public/oauth/{provider}/start")


def oauth_discovery_start(
    provider: OAuthProviderName,
    *,
    discovery_redirect_url: str | None = None,
    custom_scopes: Sequence[str] | None = None,
    provider_params: Mapping[str, str] | None = None,
    pkce_code_challenge: str | None = None,
) -> StartPage:
    """
    Return the page for a login with an account of *provider*, the Organization to be chosen later.

    Raises:
        InvalidArgumentError: An argument does not fit.
    """
    query = _Query(f"oauth.{provider}.discovery.start")
    query.one_of("provider", provider, get_args(OAuthProviderName))
    query.text("discovery_redirect_url", discovery_redirect_url)
    query.scopes(custom_scopes)
    query.provider_params(provider_params)
    query.text(_CHALLENGE, pkce_code_challenge)
    return query.page(f"/v1/b2b/public/oauth/{provider}/discovery/start")


def sso_start(
    *,
    connection_id: str | None = None,
    organization_id: str | None = None,
    login_redirect_url: str | None = None,
    signup_redirect_url: str | None = None,
    custom_scopes: Sequence[str] | None = None,
    pkce_code_challenge: str | None = None,
) -> StartPage:
    """
    Return the page for a login at the identity provider of an Organization.

    Raises:
        InvalidArgumentError: An argument does not fit, or not exactly one names the connection.
    """
    query = _Query("sso.start")
    query.exactly_one(connection_id=connection_id, organization_id=organization_id)
    query.text("connection_id", connection_id)
    query.text("organization_id", organization_id)
    query.text("login_redirect_url", login_redirect_url)
    query.text("signup_redirect_url", signup_redirect_url)
    query.scopes(custom_scopes)
    query.text(_CHALLENGE, pkce_code_challenge)
    return query.page("/v1/public/sso/start")


class _Query:
    """
    Gathers what a page is told, and what is wrong with the arguments.

    Args:
        caller: Name of the call, for the error.
    """

    def __init__(self, caller: str) -> None:
        self._caller = caller
        self._query: dict[str, str] = {}
        self._problems: dict[str, str] = {}

    def exactly_one(self, **arguments: object) -> None:
        """Note a problem unless one of two *arguments* is given, and not the other."""
        (first, has_first), (second, has_second) = (
            (name, value not in (None, "")) for name, value in arguments.items()
        )
        if not (has_first or has_second):
            self._problems[first] = f"is needed, or else {second}"
        if has_first and has_second:
            self._problems[second] = f"cannot be given along with {first}"

    def one_of(self, name: str, value: object, choices: Sequence[str]) -> None:
        """Note a problem unless *value* is one of *choices*; it travels in the path."""
        if value not in choices:
            self._problems[name] = f"must be one of {', '.join(choices)}"

    def text(self, name: str, value: object, *, sent_as: str = "") -> None:
        """Take over an argument that is text; whether it is given is not asked."""
        if value is None or value == "":
            return
        if _is_text(value):
            self._query[sent_as or name] = value
        else:
            self._problems[name] = "must be text"

    def scopes(self, value: object) -> None:
        """Take over the scopes to ask a provider for, which travel as one text."""
        if value is None:
            return
        # A text is a sequence as well, and each of its letters would be a scope.
        if _is_sequence(value) and all(map(_is_text, value)):
            self.text("custom_scopes", " ".join(filter(None, value)))
        else:
            self._problems["custom_scopes"] = "must be a list of texts"

    def provider_params(self, value: object) -> None:
        """Take over what a provider is told, each under a name that says so."""
        if value is None:
            return
        if _is_mapping(value) and all(map(_is_text, (*value, *value.values()))) and "" not in value:
            for name, text in value.items():
                self.text(f"provider_{name}", text)
        else:
            self._problems["provider_params"] = "must be a mapping of names to texts"

    def page(self, path: str) -> StartPage:
        """
        Return the page at *path* that is told all this.

        Raises:
            InvalidArgumentError: There were problems.
        """
        if self._problems:
            raise InvalidArgumentError(endpoint=self._caller, problems=self._problems)
        return StartPage(path, self._query)


def _is_text(value: object) -> TypeGuard[str]:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _is_sequence(value: object) -> TypeGuard[Sequence[str]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))


def _is_mapping(value: object) -> TypeGuard[Mapping[str, str]]:
    return isinstance(value, Mapping)
