"""Logging in from a program: the person uses their own browser, which comes back to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar, get_args

from .._arguments import Locale, SessionDurationMinutes
from .._browser import OpenURL, open_in_browser, show
from .._endpoint import endpoint_of
from .._pkce import PKCEPair
from .._redirects import TokenType
from .._start_urls import OAuthProviderName, oauth_discovery_start, oauth_start, sso_start
from ..errors import InvalidArgumentError
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
    ) -> OAuthAuthenticateResponse | OAuthDiscoveryAuthenticateResponse:
        """
        Log a person in by their account at *provider*.

        With an Organization they are logged in there, otherwise they have yet to choose one; the
        ``outcome`` of the answer tells, and what else is lacking. The client holds the session
        or the intermediate session afterwards, as after `AsyncOAuth.authenticate` or
        `AsyncOAuthDiscovery.authenticate`.

        Args:
            provider: Whose account: ``github``, ``google``, ``hubspot``, ``microsoft`` or
                ``slack``.
            organization_id: ID of the Organization. Give at most this or ``organization_slug``.
            organization_slug: Slug of the Organization.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040). Default:
                the project's.
            custom_scopes: Scopes to ask the provider for, besides those that a login needs.
            provider_params: What else the provider is told, under the provider's own names.
            locale: Language of the message, if a second factor is sent. Default: English.
            redirect_url: Where the browser comes back to: an ``http://`` URL of ``localhost``
                that is registered as such.
            open_url: Gets the page before the person's eyes; ``print`` will do. Default: opens
                their browser, and prints the URL to standard error where there is none.
            timeout: How long the person may take, in seconds.

        Raises:
            InvalidArgumentError: An argument does not fit. Nothing was opened.
            StytchConnectionError: The port of the redirect URL is in use. Nothing was opened.
            StytchTimeoutError: The browser did not come back in time. What was wrong with the
                last token that came, if any did, is the error's cause.
            StytchAPIError: The API did not accept the login.
        """
        if provider not in get_args(OAuthProviderName):
            problems = {"provider": f"must be one of {', '.join(get_args(OAuthProviderName))}"}
            raise InvalidArgumentError(endpoint="login.oauth", problems=problems)
        pair = PKCEPair.generate()
        methods = oauth.AsyncOAuth(self._actor)
        if organization_id is None and organization_slug is None:
            page = oauth_discovery_start(
                provider,
                discovery_redirect_url=redirect_url,
                custom_scopes=custom_scopes,
                provider_params=provider_params,
                pkce_code_challenge=pair.code_challenge,
            )
            return await _by_browser(
                "login.oauth",
                "discovery_oauth",
                begin=lambda: show(page.url(self._actor.engine.address), open_url),
                authenticate=lambda token: methods.discovery.authenticate(
                    discovery_oauth_token=token, pkce_code_verifier=pair.code_verifier
                ),
                redirect_url=redirect_url,
                timeout=timeout,
            )
        _check(
            methods.authenticate,
            oauth_token="",
            session_duration_minutes=session_duration_minutes,
            locale=locale,
        )
        page = oauth_start(
            provider,
            organization_id=organization_id,
            organization_slug=organization_slug,
            login_redirect_url=redirect_url,
            signup_redirect_url=redirect_url,
            custom_scopes=custom_scopes,
            provider_params=provider_params,
            pkce_code_challenge=pair.code_challenge,
        )
        return await _by_browser(
            "login.oauth",
            "oauth",
            begin=lambda: show(page.url(self._actor.engine.address), open_url),
            authenticate=lambda token: methods.authenticate(
                oauth_token=token,
                session_duration_minutes=session_duration_minutes,
                locale=locale,
                pkce_code_verifier=pair.code_verifier,
            ),
            redirect_url=redirect_url,
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
                their browser, and prints the URL to standard error where there is none.
            timeout: How long the person may take, in seconds.

        Raises:
            InvalidArgumentError: An argument does not fit. Nothing was opened.
            StytchConnectionError: The port of the redirect URL is in use. Nothing was opened.
            StytchTimeoutError: The browser did not come back in time. What was wrong with the
                last token that came, if any did, is the error's cause.
            StytchAPIError: The API did not accept the login.
        """
        pair = PKCEPair.generate()
        authenticate = sso.AsyncSSO(self._actor).authenticate
        _check(
            authenticate,
            sso_token="",
            session_duration_minutes=session_duration_minutes,
            locale=locale,
        )
        page = sso_start(
            connection_id=connection_id,
            organization_id=organization_id,
            login_redirect_url=redirect_url,
            signup_redirect_url=redirect_url,
            custom_scopes=custom_scopes,
            pkce_code_challenge=pair.code_challenge,
        )
        return await _by_browser(
            "login.sso",
            "sso",
            begin=lambda: show(page.url(self._actor.engine.address), open_url),
            authenticate=lambda token: authenticate(
                sso_token=token,
                session_duration_minutes=session_duration_minutes,
                locale=locale,
                pkce_code_verifier=pair.code_verifier,
            ),
            redirect_url=redirect_url,
            timeout=timeout,
        )

    async def magic_link(
        self,
        *,
        email_address: str,
        organization_id: str | None = None,
        session_duration_minutes: SessionDurationMinutes | None = None,
        locale: Locale | None = None,
        redirect_url: str = REDIRECT_URL,
        timeout: float = TIMEOUT,
    ) -> MagicLinksAuthenticateResponse | DiscoveryResponse:
        """
        Log a person in by a link in an e-mail, which they open on this machine.

        With an Organization they are logged in there, otherwise they have yet to choose one; the
        ``outcome`` of the answer tells, and what else is lacking. The client holds the session
        or the intermediate session afterwards, as after `AsyncMagicLinks.authenticate` or
        `AsyncMagicLinksDiscovery.authenticate`.

        Args:
            email_address: Where to send the link. Tell the person to look there.
            organization_id: ID, slug or external ID of the Organization.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040). Needed
                with an Organization.
            locale: Language of the e-mail. Default: English.
            redirect_url: Where the link leads: an ``http://`` URL of ``localhost`` that is
                registered as such.
            timeout: How long the person may take, in seconds.

        Raises:
            InvalidArgumentError: An argument does not fit. Nothing was sent.
            StytchConnectionError: The port of the redirect URL is in use, and nothing was sent;
                or the network failed.
            StytchTimeoutError: The link was not opened in time. What was wrong with the last
                token that came, if any did, is the error's cause.
            StytchAPIError: The API did not send the e-mail, or did not accept the login.
        """
        pair = PKCEPair.generate()
        methods = magic_links.AsyncMagicLinks(self._actor)
        if organization_id is None:
            return await _by_browser(
                "login.magic_link",
                "discovery",
                begin=lambda: methods.email.discovery.send(
                    email_address=email_address,
                    discovery_redirect_url=redirect_url,
                    locale=locale,
                    pkce_code_challenge=pair.code_challenge,
                ),
                authenticate=lambda token: methods.discovery.authenticate(
                    discovery_magic_links_token=token, pkce_code_verifier=pair.code_verifier
                ),
                redirect_url=redirect_url,
                timeout=timeout,
            )
        if session_duration_minutes is None:
            problem = "is needed to log in to an Organization"
            raise InvalidArgumentError(
                endpoint="login.magic_link", problems={"session_duration_minutes": problem}
            )
        minutes = session_duration_minutes
        _check(
            methods.authenticate,
            magic_links_token="",
            session_duration_minutes=minutes,
            locale=locale,
        )
        return await _by_browser(
            "login.magic_link",
            "multi_tenant_magic_links",
            begin=lambda: methods.email.login_or_signup(
                email_address=email_address,
                organization_id=organization_id,
                login_redirect_url=redirect_url,
                signup_redirect_url=redirect_url,
                locale=locale,
                pkce_code_challenge=pair.code_challenge,
            ),
            authenticate=lambda token: methods.authenticate(
                magic_links_token=token,
                session_duration_minutes=minutes,
                locale=locale,
                pkce_code_verifier=pair.code_verifier,
            ),
            redirect_url=redirect_url,
            timeout=timeout,
        )


async def _by_browser(
    caller: str,
    token_type: TokenType,
    *,
    begin: Callable[[], Awaitable[object]],
    authenticate: Callable[[str], Awaitable[T]],
    redirect_url: str,
    timeout: float,
) -> T:
    # aiohttp's server is loaded by those who need it.
    from .._browser_login import BrowserLogin  # noqa: PLC0415

    login = BrowserLogin(
        caller=caller,
        redirect_url=redirect_url,
        token_type=token_type,
        begin=begin,
        authenticate=authenticate,
        timeout=timeout,
    )
    return await login.run()


def _check(method: Callable[..., object], **arguments: object) -> None:
    """Check now what *method* would refuse only when the person is back."""
    endpoint = endpoint_of(method)
    unset = dict.fromkeys(parameter.name for parameter in endpoint.parameters)
    endpoint.check({**unset, **arguments})
