"""Magic links: an e-mail holds a link, and the token in it logs its reader in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .._arguments import ExpirationMinutes, Locale, PKCEFlow, SessionDurationMinutes
from .._declare import EndpointGroup
from .._endpoint import (
    PROTECTED_AUTH,
    ActsAs,
    Fill,
    PKCEChallenge,
    PKCEVerifierByTrial,
    Retry,
)
from ..models._response import APIResponse
from ..models._types import JSONObject
from ..models.login import DiscoveryResponse
from ..models.magic_links import MagicLinksAuthenticateResponse
from ..models.member import MemberChangedResponse
from ..permissions import MEMBER
from ._resource import AsyncResource

magic_links = EndpointGroup("magic_links")
magic_links_discovery = EndpointGroup("magic_links.discovery")
magic_links_email = EndpointGroup("magic_links.email")
magic_links_email_discovery = EndpointGroup("magic_links.email.discovery")

FLOW: Final[PKCEFlow] = "magic_links"
"""The flow under which the PKCE pair of a magic link is kept."""

RESET_FLOW: Final[PKCEFlow] = "passwords"
"""That of e-mails which offer a new password; the other link in them is a magic link, too."""


class AsyncMagicLinksEmailDiscovery(AsyncResource):
    """Sends magic links to people whose Organization is not chosen yet."""

    __slots__ = ()

    @magic_links_email_discovery.post(
        "/sdk/v1/b2b/magic_links/email/discovery/send",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.SENDS_MESSAGE,
        filled={
            "pkce_code_challenge": PKCEChallenge(FLOW),
            **PROTECTED_AUTH,
        },
    )
    async def send(
        self,
        *,
        email_address: str,
        discovery_redirect_url: str | None = None,
        login_template_id: str | None = None,
        locale: Locale | None = None,
        discovery_expiration_minutes: ExpirationMinutes | None = None,
        pkce_code_challenge: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> APIResponse:
        """
        Send a person a link that shows which Organizations they can log in to.

        The flow's PKCE pair is made here and kept until `AsyncMagicLinksDiscovery.authenticate`
        succeeds, which is why the link works only with the client that asked for it, or with one
        made from its state. A pair that waits for its answer is used again.

        Args:
            email_address: Where to send the link.
            discovery_redirect_url: Where the link leads. It must be registered. Default: the
                project's.
            login_template_id: Template of the e-mail. Default: the project's.
            locale: Language of the e-mail. Default: English.
            discovery_expiration_minutes: How long the link works, in minutes (5 to 10080).
                Default: 60.
            pkce_code_challenge: Challenge of a pair that the caller keeps, instead of the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            BadRequestError: It is no e-mail address, or the redirect URL is not registered.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the e-mail may be on its way.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/email-magic-links/send-discovery-email
        """
        ...


class AsyncMagicLinksEmail(AsyncResource):
    """Sends magic links by e-mail."""

    __slots__ = ()

    @property
    def discovery(self) -> AsyncMagicLinksEmailDiscovery:
        """Sends magic links to people whose Organization is not chosen yet."""
        return AsyncMagicLinksEmailDiscovery(self._actor)

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
        login_expiration_minutes: ExpirationMinutes | None = None,
        signup_expiration_minutes: ExpirationMinutes | None = None,
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

    @magic_links_email.post(
        "/sdk/v1/b2b/magic_links/email/invite",
        acts_as=ActsAs.SESSION,
        permission=MEMBER["create"],
        retry=Retry.SENDS_MESSAGE,
    )
    async def invite(
        self,
        *,
        email_address: str,
        invite_redirect_url: str | None = None,
        invite_template_id: str | None = None,
        name: str | None = None,
        untrusted_metadata: JSONObject | None = None,
        locale: Locale | None = None,
        roles: Sequence[str] | None = None,
        invite_expiration_minutes: ExpirationMinutes | None = None,
    ) -> MemberChangedResponse:
        """
        Invite a person into the Organization of the session.

        They become a Member with the status ``invited`` and active when they open the link, which
        works in any browser: an invitation has no PKCE pair. Inviting them again sends another
        link.

        Args:
            email_address: Where to send the link.
            invite_redirect_url: Where the link leads. It must be registered. Default: the
                project's.
            invite_template_id: Template of the e-mail. Default: the project's.
            name: Name of the new Member.
            untrusted_metadata: Facts about the Member that it may change itself: never base a
                decision on them.
            locale: Language of the e-mail. Default: English.
            roles: IDs of the roles that the Member gets.
            invite_expiration_minutes: How long the link works, in minutes (5 to 10080).

        Raises:
            BadRequestError: The Organization allows no invitations to such an e-mail address, the
                redirect URL is not registered, or there is no such role.
            ConflictError: There is an active Member with this e-mail address.
            AuthenticationError: The session is expired or revoked.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the e-mail may be on its way.

        Permission:
            ``create`` on ``stytch.member``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/email-magic-links/invite
        """
        ...


class AsyncMagicLinksDiscovery(AsyncResource):
    """Logs people in whose Organization is not chosen yet, by the token of a magic link."""

    __slots__ = ()

    @magic_links_discovery.post(
        "/sdk/v1/b2b/magic_links/discovery/authenticate",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled={
            "pkce_code_verifier": PKCEVerifierByTrial((RESET_FLOW, FLOW), may_do_without=False),
            **PROTECTED_AUTH,
        },
    )
    async def authenticate(
        self,
        *,
        discovery_magic_links_token: str,
        pkce_code_verifier: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> DiscoveryResponse:
        """
        Show which Organizations a person can log in to, by the token of a magic link.

        The client holds an intermediate session afterwards, good for ten minutes, to be exchanged
        for a session of one of these Organizations, or of a new one. A session held before is
        gone.

        The link may come from an e-mail that offers a new password, and does not say so. The
        client tries the verifiers that it holds for passwords and for magic links; a wrong one
        does not use the link up.

        Args:
            discovery_magic_links_token: The link's ``token``. It works once.
            pkce_code_verifier: Verifier of the caller's own pair; no other is tried then. Default:
                the client's.
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

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/email-magic-links/authenticate-discovery-magic-link
        """
        ...


class AsyncMagicLinks(AsyncResource):
    """Logs people in by the token of a magic link."""

    __slots__ = ()

    @property
    def discovery(self) -> AsyncMagicLinksDiscovery:
        """Logs people in whose Organization is not chosen yet, by the token of a magic link."""
        return AsyncMagicLinksDiscovery(self._actor)

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
            "pkce_code_verifier": PKCEVerifierByTrial((RESET_FLOW, FLOW), may_do_without=True),
            "intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN,
            **PROTECTED_AUTH,
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

        The link may come from an e-mail that offers a new password, or be an invitation, and does
        not say so. The client tries the verifiers that it holds for passwords and for magic links,
        and none where none is expected; a wrong one does not use the link up.

        In a web service, check first that the login began in this visitor's own session: without
        a kept PKCE pair any invitation logs the visitor in, also one to a stranger's Organization.

        Args:
            magic_links_token: The link's ``token``. It works once.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            locale: Language of the message, if a second factor is sent. Default: English.
            pkce_code_verifier: Verifier of the caller's own pair; no other is tried then. Default:
                the client's.
            intermediate_session_token: Of a login that this continues. Default: the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The token is used or expired.
            NotFoundError: No such token.
            BadRequestError: The verifier is missing, superfluous or wrong.
            RateLimitedError: The Member is locked after too many wrong passwords or codes.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the token may be used up.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/email-magic-links/authenticate
        """
        ...
