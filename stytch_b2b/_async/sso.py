"""SSO: the identity provider of an Organization says who its Members are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .._arguments import Locale, PKCEFlow, SessionDurationMinutes
from .._declare import EndpointGroup
from .._endpoint import PROTECTED_AUTH, ActsAs, Fill, PKCEVerifier, Retry
from .._start_urls import sso_start
from ..models.sso import SSOAuthenticateResponse, SSODiscoverConnectionsResponse
from ..models.sso_connections import SSOConnectionDeletedResponse, SSOConnectionsResponse
from ..permissions import SSO
from ._resource import AsyncResource
from .sso_connections import AsyncSSOExternal, AsyncSSOOIDC, AsyncSSOSAML

sso = EndpointGroup("sso")

FLOW: Final[PKCEFlow] = "sso"
"""The flow under which the PKCE pair of a login by SSO is kept."""


class AsyncSSO(AsyncResource):
    """Logs people in at the identity provider of their Organization, and administers that way."""

    __slots__ = ()

    @property
    def saml(self) -> AsyncSSOSAML:
        """The Organization's connections by SAML."""
        return AsyncSSOSAML(self._actor)

    @property
    def oidc(self) -> AsyncSSOOIDC:
        """The Organization's connections by OpenID Connect."""
        return AsyncSSOOIDC(self._actor)

    @property
    def external(self) -> AsyncSSOExternal:
        """The connections that the Organization has of other Organizations."""
        return AsyncSSOExternal(self._actor)

    def start(
        self,
        *,
        connection_id: str | None = None,
        organization_id: str | None = None,
        login_redirect_url: str | None = None,
        signup_redirect_url: str | None = None,
        custom_scopes: Sequence[str] | None = None,
        pkce_code_challenge: str | None = None,
    ) -> str:
        """
        Return the URL at which a person's browser begins a login by SSO.

        Nothing is sent. A new PKCE pair is made and kept for `authenticate`, in place of one that
        was kept before: a login that began with that one can only be ended by whoever has its
        verifier.

        The URL begins with the client's ``base_url``. The project's own host name, which is
        ``cname_domain`` in the answer of `AsyncBootstrap.get`, is never used by itself; make the
        client with ``base_url=`` to have it used.

        Args:
            connection_id: ID of the SSO connection. Give either this or ``organization_id``.
            organization_id: ID of the Organization whose default connection is used.
            login_redirect_url: Where a Member's browser is sent with the token. It must be
                registered. Default: the project's.
            signup_redirect_url: Where a new Member's browser is sent with the token. It must be
                registered. Default: the project's.
            custom_scopes: Scopes to ask an OpenID Connect provider for, besides those of the
                connection.
            pkce_code_challenge: Challenge of a pair that the caller keeps, instead of the
                client's; no pair is made.

        Returns:
            The URL, to be opened in a browser once. An argument that is empty is no part of it.

        Raises:
            InvalidArgumentError: Neither ``connection_id`` nor ``organization_id`` is given, or
                both are, or an argument is no text. No pair is made.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/start
        """
        page = sso_start(
            connection_id=connection_id,
            organization_id=organization_id,
            login_redirect_url=login_redirect_url,
            signup_redirect_url=signup_redirect_url,
            custom_scopes=custom_scopes,
            pkce_code_challenge=pkce_code_challenge,
        )
        return self._actor.start_url(page, flow=FLOW)

    @sso.post(
        "/sdk/v1/b2b/sso/authenticate",
        acts_as=ActsAs.OPTIONAL_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled={
            "pkce_code_verifier": PKCEVerifier(FLOW, is_required=True),
            "intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN,
            **PROTECTED_AUTH,
        },
    )
    async def authenticate(
        self,
        *,
        sso_token: str,
        session_duration_minutes: SessionDurationMinutes,
        locale: Locale | None = None,
        pkce_code_verifier: str | None = None,
        intermediate_session_token: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> SSOAuthenticateResponse:
        """
        Log a Member in by the token that the browser came back with from SSO.

        The client holds the session afterwards. Where the Organization demands another factor, it
        holds an intermediate session instead, and a session held before is gone. A session of the
        same Member gains the factor. Success forgets the flow's PKCE pair.

        Args:
            sso_token: The ``token`` of the redirect whose ``stytch_token_type`` is ``sso``. It
                works once.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            locale: Language of the message, if a second factor is sent. Default: English.
            pkce_code_verifier: Verifier of the caller's own pair. Default: the client's.
            intermediate_session_token: Of a login that this continues. Default: the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            MissingPKCEError: The client did not begin a login by SSO, and no verifier is given.
            NotFoundError: The token or the intermediate session is unknown, used or expired.
            BadRequestError: The verifier is wrong, or the Organization does not admit the person.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the token may be used up.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/authenticate
        """
        ...

    @sso.get(
        "/sdk/v1/b2b/sso/discovery/connections",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.READ,
    )
    async def discover_connections(self, email_address: str) -> SSODiscoverConnectionsResponse:
        """
        List the SSO connections that a person can log in with.

        These are the active connections of the Organizations that the person is a Member of. Where
        there is none, these are the connections that would make a Member of the person, by the
        domain of the e-mail address. The client's state stays as it is.

        Args:
            email_address: E-mail address of the person.

        Raises:
            BadRequestError: The project does not let its clients look for connections, or this is
                no e-mail address.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/discover-connections
        """
        ...

    @sso.get(
        "/sdk/v1/b2b/sso",
        acts_as=ActsAs.SESSION,
        permission=SSO["get"],
        retry=Retry.READ,
    )
    async def get_connections(self) -> SSOConnectionsResponse:
        """
        Get all SSO connections of the Organization, those that are not active yet included.

        Raises:
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.

        Permission:
            ``get`` on ``stytch.sso``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/get-connections
        """
        ...

    @sso.delete(
        "/sdk/v1/b2b/sso/{connection_id}",
        acts_as=ActsAs.SESSION,
        permission=SSO["delete"],
        retry=Retry.ENDS,
    )
    async def delete_connection(self, connection_id: str) -> SSOConnectionDeletedResponse:
        """
        Delete an SSO connection of any kind.

        Nobody can log in by it any more, and the roles that it gave are gone.

        Args:
            connection_id: ID of the connection.

        Raises:
            BadRequestError: It is the Organization's default connection, and there are others.
            PermissionDeniedError: The Member lacks the permission named below.
            NotFoundError: The Organization has no such connection.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the connection may be deleted.

        Permission:
            ``delete`` on ``stytch.sso``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/delete-connection
        """
        ...
