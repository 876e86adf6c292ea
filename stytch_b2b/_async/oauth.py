"""OAuth: an account at Google, Microsoft, HubSpot, Slack or GitHub says who a person is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from .._arguments import Locale, PKCEFlow, SessionDurationMinutes
from .._declare import EndpointGroup
from .._endpoint import PROTECTED_AUTH, ActsAs, Fill, PKCEChallenge, PKCEVerifier, Retry
from .._engine import Actor
from .._start_urls import OAuthProviderName, oauth_discovery_start, oauth_start
from ..models.oauth import (
    GoogleOneTapClientIDResponse,
    GoogleOneTapStartResponse,
    OAuthAuthenticateResponse,
    OAuthDiscoveryAuthenticateResponse,
)
from ._resource import AsyncResource

oauth = EndpointGroup("oauth")
oauth_discovery = EndpointGroup("oauth.discovery")
google_one_tap = EndpointGroup("oauth.google_one_tap")
google_one_tap_discovery = EndpointGroup("oauth.google_one_tap.discovery")

FLOW: Final[PKCEFlow] = "oauth"
"""The flow under which the PKCE pair of a login by OAuth is kept, whatever the provider."""


class _OfProvider(AsyncResource):
    """What concerns the accounts at one provider."""

    __slots__ = ("_provider",)

    def __init__(self, actor: Actor, provider: OAuthProviderName) -> None:
        super().__init__(actor)
        self._provider: OAuthProviderName = provider


class AsyncOAuthProviderDiscovery(_OfProvider):
    """Begins logins with an account of one provider, the Organization to be chosen later."""

    __slots__ = ()

    def start(
        self,
        *,
        discovery_redirect_url: str | None = None,
        custom_scopes: Sequence[str] | None = None,
        provider_params: Mapping[str, str] | None = None,
        pkce_code_challenge: str | None = None,
    ) -> str:
        """
        Return the URL at which a person's browser logs in, to find their Organizations.

        Nothing is sent. A new PKCE pair is made and kept for `AsyncOAuthDiscovery.authenticate`,
        in place of one that was kept before, whatever provider that was for: a login that began
        with that one can only be ended by whoever has its verifier.

        The URL begins with the client's ``base_url``. The project's own host name, which is
        ``cname_domain`` in the answer of `AsyncBootstrap.get`, is never used by itself; make the
        client with ``base_url=`` to have it used.

        Args:
            discovery_redirect_url: Where the browser is sent with the token. It must be
                registered. Default: the project's.
            custom_scopes: Scopes to ask the provider for, besides those that a login needs.
            provider_params: What else the provider is told, such as ``login_hint`` or ``prompt``,
                under the provider's own names.
            pkce_code_challenge: Challenge of a pair that the caller keeps, instead of the
                client's; no pair is made.

        Returns:
            The URL, to be opened in a browser once. An argument that is empty is no part of it.

        Raises:
            InvalidArgumentError: An argument is no text, or holds something else than texts. No
                pair is made.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/oauth/discovery-start
        """
        page = oauth_discovery_start(
            self._provider,
            discovery_redirect_url=discovery_redirect_url,
            custom_scopes=custom_scopes,
            provider_params=provider_params,
            pkce_code_challenge=pkce_code_challenge,
        )
        return self._actor.start_url(page, flow=FLOW)


class AsyncOAuthProvider(_OfProvider):
    """Begins logins with an account of one provider."""

    __slots__ = ()

    @property
    def discovery(self) -> AsyncOAuthProviderDiscovery:
        """Begins logins whose Organization is to be chosen later."""
        return AsyncOAuthProviderDiscovery(self._actor, self._provider)

    def start(
        self,
        *,
        organization_id: str | None = None,
        organization_slug: str | None = None,
        login_redirect_url: str | None = None,
        signup_redirect_url: str | None = None,
        custom_scopes: Sequence[str] | None = None,
        provider_params: Mapping[str, str] | None = None,
        pkce_code_challenge: str | None = None,
    ) -> str:
        """
        Return the URL at which a person's browser begins a login at an Organization.

        Nothing is sent. A new PKCE pair is made and kept for `AsyncOAuth.authenticate`, in place
        of one that was kept before, whatever provider that was for: a login that began with that
        one can only be ended by whoever has its verifier.

        The URL begins with the client's ``base_url``. The project's own host name, which is
        ``cname_domain`` in the answer of `AsyncBootstrap.get`, is never used by itself; make the
        client with ``base_url=`` to have it used.

        Args:
            organization_id: ID of the Organization. Give either this or ``organization_slug``.
            organization_slug: Slug of the Organization.
            login_redirect_url: Where a Member's browser is sent with the token. It must be
                registered. Default: the project's.
            signup_redirect_url: Where a new Member's browser is sent with the token. It must be
                registered. Default: the project's.
            custom_scopes: Scopes to ask the provider for, besides those that a login needs.
            provider_params: What else the provider is told, such as ``login_hint`` or ``prompt``,
                under the provider's own names.
            pkce_code_challenge: Challenge of a pair that the caller keeps, instead of the
                client's; no pair is made.

        Returns:
            The URL, to be opened in a browser once. An argument that is empty is no part of it.

        Raises:
            InvalidArgumentError: Neither ``organization_id`` nor ``organization_slug`` is given,
                or both are, or an argument is no text. No pair is made.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/oauth/start
        """
        page = oauth_start(
            self._provider,
            organization_id=organization_id,
            organization_slug=organization_slug,
            login_redirect_url=login_redirect_url,
            signup_redirect_url=signup_redirect_url,
            custom_scopes=custom_scopes,
            provider_params=provider_params,
            pkce_code_challenge=pkce_code_challenge,
        )
        return self._actor.start_url(page, flow=FLOW)


class AsyncGoogleOneTapDiscovery(AsyncResource):
    """Takes over logins by Google One Tap whose Organization is to be chosen later."""

    __slots__ = ()

    @google_one_tap_discovery.post(
        "/sdk/v1/b2b/oauth/google/onetap/discovery/submit",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.CREATES,
        filled={"pkce_code_challenge": PKCEChallenge(FLOW)},
    )
    async def start(
        self,
        *,
        id_token: str,
        discovery_redirect_url: str | None = None,
        pkce_code_challenge: str | None = None,
    ) -> GoogleOneTapStartResponse:
        """
        Take over a login by Google One Tap, to find the person's Organizations.

        The response holds a redirect URL with a token for `AsyncOAuthDiscovery.authenticate`. The
        flow's PKCE pair is made here and kept until that succeeds; a pair that waits for its
        answer is used again.

        Args:
            id_token: Google's ID token, the ``credential`` that its script hands over.
            discovery_redirect_url: Where the redirect URL leads. It must be registered. Default:
                the project's.
            pkce_code_challenge: Challenge of a pair that the caller keeps, instead of the client's.

        Raises:
            BadRequestError: Google's token is not good, or the redirect URL is not registered.
            NotFoundError: One Tap is not set up.
            StytchOutcomeUnknownError: The answer was lost, and the redirect URL with it.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/sdks/oauth/google-one-tap
        """
        ...


class AsyncGoogleOneTap(AsyncResource):
    """
    Takes over logins by Google One Tap, which a web page of the project offers.

    The page runs Google's script, which hands over an ID token.
    """

    __slots__ = ()

    @property
    def discovery(self) -> AsyncGoogleOneTapDiscovery:
        """Takes over logins whose Organization is to be chosen later."""
        return AsyncGoogleOneTapDiscovery(self._actor)

    @google_one_tap.get(
        "/sdk/v1/b2b/oauth/google/onetap/start",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.READ,
    )
    async def get_client_id(self) -> GoogleOneTapClientIDResponse:
        """
        Get the client ID that Google's script is set up with.

        It is empty where the project has not set up Google One Tap.

        Raises:
            AuthenticationError: The API does not know the public token.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/sdks/oauth/google-one-tap
        """
        ...

    @google_one_tap.post(
        "/sdk/v1/b2b/oauth/google/onetap/submit",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.CREATES,
        filled={"pkce_code_challenge": PKCEChallenge(FLOW)},
    )
    async def start(
        self,
        *,
        id_token: str,
        organization_id: str,
        login_redirect_url: str | None = None,
        signup_redirect_url: str | None = None,
        pkce_code_challenge: str | None = None,
    ) -> GoogleOneTapStartResponse:
        """
        Take over a login by Google One Tap at an Organization.

        The response holds a redirect URL with a token for `AsyncOAuth.authenticate`. The flow's
        PKCE pair is made here and kept until that succeeds; a pair that waits for its answer is
        used again.

        Args:
            id_token: Google's ID token, the ``credential`` that its script hands over.
            organization_id: ID, slug or external ID of the Organization.
            login_redirect_url: Where the redirect URL of a Member leads. It must be registered.
                Default: the project's.
            signup_redirect_url: Where the redirect URL of a new Member leads. It must be
                registered. Default: the project's.
            pkce_code_challenge: Challenge of a pair that the caller keeps, instead of the client's.

        Raises:
            BadRequestError: Google's token is not good, or the redirect URL is not registered.
                Whether the Organization admits the person is only asked when the login ends.
            NotFoundError: No such Organization, or One Tap is not set up.
            StytchOutcomeUnknownError: The answer was lost, and the redirect URL with it.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/sdks/oauth/google-one-tap
        """
        ...


class AsyncOAuthDiscovery(AsyncResource):
    """Ends logins by OAuth whose Organization is to be chosen later."""

    __slots__ = ()

    @oauth_discovery.post(
        "/sdk/v1/b2b/oauth/discovery/authenticate",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled={
            "pkce_code_verifier": PKCEVerifier(FLOW),
            **PROTECTED_AUTH,
        },
    )
    async def authenticate(
        self,
        *,
        discovery_oauth_token: str,
        pkce_code_verifier: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> OAuthDiscoveryAuthenticateResponse:
        """
        Find the Organizations of a person, by the token that the browser came back with.

        The client holds an intermediate session afterwards, for ten minutes, and a session held
        before is gone: the person has yet to choose an Organization. Success forgets the flow's
        PKCE pair.

        Args:
            discovery_oauth_token: The ``token`` of the redirect whose ``stytch_token_type`` is
                ``discovery_oauth``. It works once.
            pkce_code_verifier: Verifier of the caller's own pair. Default: the client's, if the
                flow began with it.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            NotFoundError: The token is unknown, used or expired.
            BadRequestError: The verifier is missing, superfluous or wrong.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the token may be used up.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/oauth/discovery-authenticate
        """
        ...


class AsyncOAuth(AsyncResource):
    """Logs people in by accounts they have elsewhere."""

    __slots__ = ()

    @property
    def discovery(self) -> AsyncOAuthDiscovery:
        """Ends logins whose Organization is to be chosen later."""
        return AsyncOAuthDiscovery(self._actor)

    @property
    def github(self) -> AsyncOAuthProvider:
        """Begins logins with a GitHub account."""
        return AsyncOAuthProvider(self._actor, "github")

    @property
    def google(self) -> AsyncOAuthProvider:
        """Begins logins with a Google account."""
        return AsyncOAuthProvider(self._actor, "google")

    @property
    def google_one_tap(self) -> AsyncGoogleOneTap:
        """Takes over logins by Google One Tap."""
        return AsyncGoogleOneTap(self._actor)

    @property
    def hubspot(self) -> AsyncOAuthProvider:
        """Begins logins with a HubSpot account."""
        return AsyncOAuthProvider(self._actor, "hubspot")

    @property
    def microsoft(self) -> AsyncOAuthProvider:
        """Begins logins with a Microsoft account."""
        return AsyncOAuthProvider(self._actor, "microsoft")

    @property
    def slack(self) -> AsyncOAuthProvider:
        """Begins logins with a Slack account."""
        return AsyncOAuthProvider(self._actor, "slack")

    @oauth.post(
        "/sdk/v1/b2b/oauth/authenticate",
        acts_as=ActsAs.OPTIONAL_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled={
            "pkce_code_verifier": PKCEVerifier(FLOW),
            "intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN,
            **PROTECTED_AUTH,
        },
    )
    async def authenticate(
        self,
        *,
        oauth_token: str,
        session_duration_minutes: SessionDurationMinutes | None = None,
        locale: Locale | None = None,
        pkce_code_verifier: str | None = None,
        intermediate_session_token: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> OAuthAuthenticateResponse:
        """
        Log a Member in by the token that the browser came back with from a provider.

        The client holds the session afterwards. Where the Organization demands another factor, it
        holds an intermediate session instead, and a session held before is gone. A session of the
        same Member gains the factor. Success forgets the flow's PKCE pair. The response alone
        holds the provider's tokens; the client does not keep them.

        Args:
            oauth_token: The ``token`` of the redirect whose ``stytch_token_type`` is ``oauth``. It
                works once.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040). Default:
                60 for a new session; the end of one that is held stays where it is.
            locale: Language of the message, if a second factor is sent. Default: English.
            pkce_code_verifier: Verifier of the caller's own pair. Default: the client's, if the
                flow began with it.
            intermediate_session_token: Of a login that this continues. Default: the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            NotFoundError: The token or the intermediate session is unknown, used or expired.
            BadRequestError: The verifier is missing, superfluous or wrong, or the Organization
                does not admit the person.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the token may be used up.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/oauth/authenticate
        """
        ...
