"""Logging in from a program: the person uses their own browser, which comes back to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from .._arguments import Locale, SessionDurationMinutes
from .._authenticate_urls import TokenType
from .._browser import OpenURL, open_in_browser, show
from .._browser_login import BrowserLogin
from .._endpoint import endpoint_of
from .._start_urls import (
    OAuthProviderName,
    StartPage,
    oauth_discovery_start,
    oauth_start,
    sso_start,
)
from ..models._response import APIResponse
from ..models.login import DiscoveryResponse
from ..models.magic_links import MagicLinksAuthenticateResponse
from ..models.oauth import OAuthAuthenticateResponse, OAuthDiscoveryAuthenticateResponse
from ..models.sso import SSOAuthenticateResponse
from . import magic_links, oauth, sso
from ._resource import AsyncResource

T = TypeVar("T")

REDIRECT_URL = "http://localhost:3000/authenticate"
"""Where the browser comes back to, unless told otherwise: registered in every test project."""

TIMEOUT = 300.0
"""Seconds that a person is given."""

_PRESENTED_AS: Mapping[TokenType, str] = {
    "discovery": "discovery_magic_links_token",
    "discovery_oauth": "discovery_oauth_token",
    "multi_tenant_magic_links": "magic_links_token",
    "oauth": "oauth_token",
    "sso": "sso_token",
}
"""What the call that ends a login calls the token."""


class AsyncLogin(AsyncResource):
    """
    Logs people in from programs for the terminal or the desktop.

    While a login lasts, the program listens at the host and port of ``redirect_url``, on this
    machine alone. Only a token of the login that was begun ends it: each has a PKCE pair of its
    own, which is no part of the client's state. Anything else is answered with a page that says
    so, and the wait goes on; so does it where an identity provider sends the person back with an
    error, since they may try again. At the end the person reads that they may close the page.
    """

    __slots__ = ()

    async def oauth(
        self,
        provider: OAuthProviderName,
        *,
        organization_id: str | None = None,
        organization_slug: str | None = None,
        session_duration_minutes: SessionDurationMinutes | None = None,
        custom_scopes: Sequence[str] | None = None,
        provider_params: Mapping[str, str] | None = None,
        locale: Locale | None = None,
        redirect_url: str = REDIRECT_URL,
        open_url: OpenURL = open_in_browser,
        timeout: float = TIMEOUT,
    ) -> OAuthAuthenticateResponse:
        """
        Log a person in to an Organization by their account at *provider*.

        The ``outcome`` of the answer tells what is lacking. The client holds the session or an
        intermediate session afterwards, as after `AsyncOAuth.authenticate`.

        Args:
            provider: Whose account: ``github``, ``google``, ``hubspot``, ``microsoft`` or
                ``slack``.
            organization_id: ID of the Organization. Give either this or ``organization_slug``.
            organization_slug: Slug of the Organization.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040). Default:
                60 for a new session; the end of one that is held stays where it is.
            custom_scopes: Scopes to ask the provider for, besides those that a login needs.
            provider_params: What else the provider is told, under the provider's own names.
            locale: Language of the message, if a second factor is sent. Default: English.
            redirect_url: Where the browser comes back to: an ``http://`` URL of ``localhost``
                that is registered as such.
            open_url: Gets the page before the person's eyes; ``print`` will do. Default: opens
                their browser, and prints the URL to standard error.
            timeout: How long the person may take, in seconds.

        Raises:
            InvalidArgumentError: Arguments do not fit. Nothing was opened.
            ClientClosedError: The client was closed before. Nothing was opened.
            StytchConnectionError: The port of the redirect URL is in use. Nothing was opened.
            StytchTimeoutError: The browser did not come back in time. What was wrong with the
                last token that came, if any did, is the error's cause.
            StytchAPIError: The API did not accept the login.
        """
        return await self._at_page(
            "login.oauth",
            "oauth",
            page=partial(
                oauth_start,
                provider,
                organization_id=organization_id,
                organization_slug=organization_slug,
                login_redirect_url=redirect_url,
                signup_redirect_url=redirect_url,
                custom_scopes=custom_scopes,
                provider_params=provider_params,
            ),
            authenticate=partial(
                oauth.AsyncOAuth(self._actor).authenticate,
                session_duration_minutes=session_duration_minutes,
                locale=locale,
            ),
            redirect_url=redirect_url,
            open_url=open_url,
            timeout=timeout,
        )

    async def discovery_oauth(
        self,
        provider: OAuthProviderName,
        *,
        custom_scopes: Sequence[str] | None = None,
        provider_params: Mapping[str, str] | None = None,
        redirect_url: str = REDIRECT_URL,
        open_url: OpenURL = open_in_browser,
        timeout: float = TIMEOUT,
    ) -> OAuthDiscoveryAuthenticateResponse:
        """
        Find the Organizations of a person by their account at *provider*.

        They have yet to choose one. The client holds an intermediate session afterwards, as after
        `AsyncOAuthDiscovery.authenticate`.

        Args:
            provider: Whose account: ``github``, ``google``, ``hubspot``, ``microsoft`` or
                ``slack``.
            custom_scopes: Scopes to ask the provider for, besides those that a login needs.
            provider_params: What else the provider is told, under the provider's own names.
            redirect_url: Where the browser comes back to: an ``http://`` URL of ``localhost``
                that is registered as such.
            open_url: Gets the page before the person's eyes; ``print`` will do. Default: opens
                their browser, and prints the URL to standard error.
            timeout: How long the person may take, in seconds.

        Raises:
            InvalidArgumentError: Arguments do not fit. Nothing was opened.
            ClientClosedError: The client was closed before. Nothing was opened.
            StytchConnectionError: The port of the redirect URL is in use. Nothing was opened.
            StytchTimeoutError: The browser did not come back in time. What was wrong with the
                last token that came, if any did, is the error's cause.
            StytchAPIError: The API did not accept the login.
        """
        return await self._at_page(
            "login.discovery_oauth",
            "discovery_oauth",
            page=partial(
                oauth_discovery_start,
                provider,
                discovery_redirect_url=redirect_url,
                custom_scopes=custom_scopes,
                provider_params=provider_params,
            ),
            authenticate=partial(oauth.AsyncOAuthDiscovery(self._actor).authenticate),
            redirect_url=redirect_url,
            open_url=open_url,
            timeout=timeout,
        )

    async def sso(
        self,
        *,
        session_duration_minutes: SessionDurationMinutes,
        connection_id: str | None = None,
        organization_id: str | None = None,
        custom_scopes: Sequence[str] | None = None,
        locale: Locale | None = None,
        redirect_url: str = REDIRECT_URL,
        open_url: OpenURL = open_in_browser,
        timeout: float = TIMEOUT,
    ) -> SSOAuthenticateResponse:
        """
        Log a person in at the identity provider of their Organization.

        The ``outcome`` of the answer tells what is lacking. The client holds the session or an
        intermediate session afterwards, as after `AsyncSSO.authenticate`.

        Args:
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            connection_id: ID of the SSO connection. Give either this or ``organization_id``.
            organization_id: ID of the Organization whose default connection is used.
            custom_scopes: Scopes to ask an OpenID Connect provider for, besides those of the
                connection.
            locale: Language of the message, if a second factor is sent. Default: English.
            redirect_url: Where the browser comes back to: an ``http://`` URL of ``localhost``
                that is registered as such.
            open_url: Gets the page before the person's eyes; ``print`` will do. Default: opens
                their browser, and prints the URL to standard error.
            timeout: How long the person may take, in seconds.

        Raises:
            InvalidArgumentError: Arguments do not fit. Nothing was opened.
            ClientClosedError: The client was closed before. Nothing was opened.
            StytchConnectionError: The port of the redirect URL is in use. Nothing was opened.
            StytchTimeoutError: The browser did not come back in time. What was wrong with the
                last token that came, if any did, is the error's cause.
            StytchAPIError: The API did not accept the login.
        """
        return await self._at_page(
            "login.sso",
            "sso",
            page=partial(
                sso_start,
                connection_id=connection_id,
                organization_id=organization_id,
                login_redirect_url=redirect_url,
                signup_redirect_url=redirect_url,
                custom_scopes=custom_scopes,
            ),
            authenticate=partial(
                sso.AsyncSSO(self._actor).authenticate,
                session_duration_minutes=session_duration_minutes,
                locale=locale,
            ),
            redirect_url=redirect_url,
            open_url=open_url,
            timeout=timeout,
        )

    async def magic_link(
        self,
        *,
        email_address: str,
        organization_id: str,
        session_duration_minutes: SessionDurationMinutes,
        locale: Locale | None = None,
        redirect_url: str = REDIRECT_URL,
        timeout: float = TIMEOUT,
    ) -> MagicLinksAuthenticateResponse:
        """
        Log a person in to an Organization by a link in an e-mail, opened on this machine.

        The ``outcome`` of the answer tells what is lacking. The client holds the session or an
        intermediate session afterwards, as after `AsyncMagicLinks.authenticate`.

        Args:
            email_address: Where to send the link. Tell the person to look there.
            organization_id: ID, slug or external ID of the Organization.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            locale: Language of the e-mail, and of the message if a second factor is sent. Default:
                English.
            redirect_url: Where the link leads: an ``http://`` URL of ``localhost`` that is
                registered as such.
            timeout: How long the person may take, in seconds.

        Raises:
            InvalidArgumentError: Arguments do not fit. Nothing was sent.
            ClientClosedError: The client was closed before. Nothing was sent.
            StytchConnectionError: The port of the redirect URL is in use, and nothing was sent;
                or the network failed.
            StytchTimeoutError: The link was not opened in time. What was wrong with the last
                token that came, if any did, is the error's cause.
            StytchAPIError: The API did not send the e-mail, or did not accept the login.
        """
        methods = magic_links.AsyncMagicLinks(self._actor)
        return await self._by_email(
            "login.magic_link",
            "multi_tenant_magic_links",
            send=partial(
                methods.email.login_or_signup,
                email_address=email_address,
                organization_id=organization_id,
                login_redirect_url=redirect_url,
                signup_redirect_url=redirect_url,
                locale=locale,
            ),
            authenticate=partial(
                methods.authenticate,
                session_duration_minutes=session_duration_minutes,
                locale=locale,
            ),
            redirect_url=redirect_url,
            timeout=timeout,
        )

    async def discovery_magic_link(
        self,
        *,
        email_address: str,
        locale: Locale | None = None,
        redirect_url: str = REDIRECT_URL,
        timeout: float = TIMEOUT,
    ) -> DiscoveryResponse:
        """
        Find the Organizations of a person by a link in an e-mail, opened on this machine.

        They have yet to choose one. The client holds an intermediate session afterwards, as after
        `AsyncMagicLinksDiscovery.authenticate`.

        Args:
            email_address: Where to send the link. Tell the person to look there.
            locale: Language of the e-mail. Default: English.
            redirect_url: Where the link leads: an ``http://`` URL of ``localhost`` that is
                registered as such.
            timeout: How long the person may take, in seconds.

        Raises:
            InvalidArgumentError: Arguments do not fit. Nothing was sent.
            ClientClosedError: The client was closed before. Nothing was sent.
            StytchConnectionError: The port of the redirect URL is in use, and nothing was sent;
                or the network failed.
            StytchTimeoutError: The link was not opened in time. What was wrong with the last
                token that came, if any did, is the error's cause.
            StytchAPIError: The API did not send the e-mail, or did not accept the login.
        """
        methods = magic_links.AsyncMagicLinks(self._actor)
        return await self._by_email(
            "login.discovery_magic_link",
            "discovery",
            send=partial(
                methods.email.discovery.send,
                email_address=email_address,
                discovery_redirect_url=redirect_url,
                locale=locale,
            ),
            authenticate=partial(methods.discovery.authenticate),
            redirect_url=redirect_url,
            timeout=timeout,
        )

    async def _at_page(
        self,
        caller: str,
        token_type: TokenType,
        *,
        page: Callable[[], StartPage],
        authenticate: partial[Coroutine[Any, Any, T]],
        redirect_url: str,
        open_url: OpenURL,
        timeout: float,
    ) -> T:
        """Log in at a page that a browser opens."""
        address = self._actor.engine.address
        return await self._by_browser(
            caller,
            token_type,
            check=page,
            begin=lambda challenge: show(page().url(address, code_challenge=challenge), open_url),
            authenticate=authenticate,
            redirect_url=redirect_url,
            timeout=timeout,
        )

    async def _by_email(
        self,
        caller: str,
        token_type: TokenType,
        *,
        send: partial[Coroutine[Any, Any, APIResponse]],
        authenticate: partial[Coroutine[Any, Any, T]],
        redirect_url: str,
        timeout: float,
    ) -> T:
        """Log in by a link that is mailed."""
        return await self._by_browser(
            caller,
            token_type,
            check=lambda: _check(send),
            begin=lambda challenge: send(pkce_code_challenge=challenge),
            authenticate=authenticate,
            redirect_url=redirect_url,
            timeout=timeout,
        )

    async def _by_browser(
        self,
        caller: str,
        token_type: TokenType,
        *,
        check: Callable[[], object],
        begin: Callable[[str], Awaitable[object]],
        authenticate: partial[Coroutine[Any, Any, T]],
        redirect_url: str,
        timeout: float,
    ) -> T:
        self._actor.engine.require_open()
        token_argument = _PRESENTED_AS[token_type]
        return await BrowserLogin(
            caller=caller,
            token_type=token_type,
            redirect_url=redirect_url,
            timeout=timeout,
            checks=(check, lambda: _check(authenticate)),
            begin=begin,
            authenticate=lambda token, verifier: authenticate(
                **{token_argument: token}, pkce_code_verifier=verifier
            ),
        ).run()


def _check(call: partial[Any]) -> None:
    """Check now what a call would refuse only when it is made."""
    endpoint_of(call.func).check(call.keywords)
