"""Magic links: an e-mail holds a link, and the token in it logs its reader in."""

from __future__ import annotations

from .._arguments import Locale, SessionDurationMinutes
from .._declare import EndpointGroup
from .._endpoint import ActsAs, Fill, PKCEChallenge, PKCEVerifier, Retry
from ..models._response import APIResponse
from ..models.magic_links import MagicLinksAuthenticateResponse
from ._resource import AsyncResource

magic_links = EndpointGroup("magic_links")
magic_links_email = EndpointGroup("magic_links.email")

FLOW = "magic_links"
"""The flow under which the PKCE pair of a magic link is kept."""


class AsyncMagicLinksEmail(AsyncResource):
    """Sends magic links by e-mail."""

    __slots__ = ()

    @magic_links_email.post(
        "/sdk/v1/b2b/magic_links/email/login_or_signup",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.SENDS_MESSAGE,
        filled={"pkce_code_challenge": PKCEChallenge(FLOW)},
    )
    async def login_or_signup(
        self,
        *,
        email_address: str,
        organization_id: str,
        login_redirect_url: str | None = None,
        signup_redirect_url: str | None = None,
        login_template_id: str | None = None,
        signup_template_id: str | None = None,
        locale: Locale | None = None,
        login_expiration_minutes: int | None = None,
        signup_expiration_minutes: int | None = None,
        pkce_code_challenge: str | None = None,
    ) -> APIResponse:
        """
        Send a person a link that logs them in, or signs them up.

        The flow's PKCE pair is made here and kept until `AsyncMagicLinks.authenticate` succeeds,
        which is why the link works only with the client that asked for it, or with one made from
        its state. A pair that waits for its answer is used again.

        Args:
            email_address: Where to send the link.
            organization_id: ID, slug or external ID of the Organization.
            login_redirect_url: Where the link of a Member leads. It must be registered. Default:
                the project's.
            signup_redirect_url: Where the link of a new Member leads. It must be registered.
                Default: the project's.
            login_template_id: Template of the e-mail to a Member. Default: the project's.
            signup_template_id: Template of the e-mail to a new Member. Default: the project's.
            locale: Language of the e-mail. Default: English.
            login_expiration_minutes: How long a Member's link works, in minutes.
            signup_expiration_minutes: How long a new Member's link works, in minutes.
            pkce_code_challenge: Challenge of a pair that the caller keeps, instead of the client's.

        Raises:
            BadRequestError: The Organization admits no such e-mail address, or a redirect URL is
                not registered.
            NotFoundError: No such Organization.
            StytchOutcomeUnknownError: The answer was lost; the e-mail may be on its way.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/email-magic-links/login-or-signup
        """
        ...


class AsyncMagicLinks(AsyncResource):
    """Logs people in by the token of a magic link."""

    __slots__ = ()

    @property
    def email(self) -> AsyncMagicLinksEmail:
        """Sends magic links by e-mail."""
        return AsyncMagicLinksEmail(self._actor)

    @magic_links.post(
        "/sdk/v1/b2b/magic_links/authenticate",
        acts_as=ActsAs.OPTIONAL_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled={
            "pkce_code_verifier": PKCEVerifier(FLOW),
            "intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN,
            "dfp_telemetry_id": Fill.DFP_TELEMETRY_ID,
            "captcha_token": Fill.CAPTCHA_TOKEN,
        },
    )
    async def authenticate(
        self,
        *,
        magic_links_token: str,
        session_duration_minutes: SessionDurationMinutes,
        locale: Locale | None = None,
        pkce_code_verifier: str | None = None,
        intermediate_session_token: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> MagicLinksAuthenticateResponse:
        """
        Log a Member in by the token of a magic link.

        The client holds the session afterwards. Where the Organization demands another factor, it
        holds an intermediate session instead, and a session held before is gone. A session of the
        same Member gains the factor.

        Args:
            magic_links_token: The link's ``token``. It works once.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            locale: Language of the message, if a second factor is sent. Default: English.
            pkce_code_verifier: Verifier of the caller's own pair. Default: the client's, if the
                flow began with it.
            intermediate_session_token: Of a login that this continues. Default: the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The token is used or expired.
            NotFoundError: No such token.
            BadRequestError: The verifier is missing, superfluous or wrong.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the token may be used up.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/email-magic-links/authenticate
        """
        ...
