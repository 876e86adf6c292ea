"""Passwords: logging in by one, and setting another."""

from __future__ import annotations

from typing import Final

from .._arguments import ExpirationMinutes, Locale, PKCEFlow, SessionDurationMinutes
from .._declare import EndpointGroup
from .._endpoint import PROTECTED_AUTH, ActsAs, Fill, PKCEChallenge, PKCEVerifier, Retry
from ..models._response import APIResponse
from ..models.login import DiscoveryResponse
from ..models.passwords import (
    PasswordAuthenticateResponse,
    PasswordResetByEmailResponse,
    PasswordResetResponse,
    PasswordStrengthCheckResponse,
)
from ..permissions import UNDOCUMENTED
from ._resource import AsyncResource

passwords = EndpointGroup("passwords")
passwords_discovery = EndpointGroup("passwords.discovery")

FLOW: Final[PKCEFlow] = "passwords"
"""The flow under which the PKCE pair of a link that resets a password is kept."""


class AsyncPasswordsDiscovery(AsyncResource):
    """Passwords of people whose Organization is not chosen yet: one for all their Organizations."""

    __slots__ = ()

    @passwords_discovery.post(
        "/sdk/v1/b2b/passwords/discovery/authenticate",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.CREATES,
        filled=PROTECTED_AUTH,
    )
    async def authenticate(
        self,
        *,
        email_address: str,
        password: str,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> DiscoveryResponse:
        """
        Show which Organizations a person can log in to, by their password.

        The client holds an intermediate session afterwards, good for ten minutes, to be exchanged
        for a session of one of these Organizations, or of a new one. A session held before is
        gone.

        Args:
            email_address: The person's address.
            password: The person's password.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The password is wrong.
            NotFoundError: Nobody has this address and a password.
            BadRequestError: The project has a password for each Organization, or the password must
                be reset first.
            RateLimitedError: Too many wrong passwords; the address is locked for a while.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; an intermediate session may exist.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/passwords/discovery/authenticate
        """
        ...

    @passwords_discovery.post(
        "/sdk/v1/b2b/passwords/discovery/reset/start",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.SENDS_MESSAGE,
        filled={
            "pkce_code_challenge": PKCEChallenge(FLOW),
            **PROTECTED_AUTH,
        },
    )
    async def reset_by_email_start(
        self,
        *,
        email_address: str,
        discovery_redirect_url: str | None = None,
        reset_password_redirect_url: str | None = None,
        reset_password_expiration_minutes: ExpirationMinutes | None = None,
        reset_password_template_id: str | None = None,
        verify_email_template_id: str | None = None,
        locale: Locale | None = None,
        pkce_code_challenge: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> APIResponse:
        """
        Send a person a link with which they set a password.

        The flow's PKCE pair is made here and kept until `reset_by_email` succeeds, which is why
        the link works only with the client that asked for it, or with one made from its state. A
        pair that waits for its answer is used again.

        Args:
            email_address: Where to send the link.
            discovery_redirect_url: Where the e-mail's other link leads, which logs in without a
                password. It must be registered. Default: the project's.
            reset_password_redirect_url: Where the link leads. It must be registered. Default: the
                project's.
            reset_password_expiration_minutes: How long the link works, in minutes (5 to 10080).
                Default: 30.
            reset_password_template_id: Template of the e-mail. Default: the project's.
            verify_email_template_id: Template of the e-mail to somebody who must prove the address
                first. Default: the project's.
            locale: Language of the e-mail. Default: English.
            pkce_code_challenge: Challenge of a pair that the caller keeps, instead of the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            BadRequestError: The project has a password for each Organization, or a redirect URL is
                not registered.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the e-mail may be on its way.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/passwords/discovery/reset-by-email-start
        """
        ...

    @passwords_discovery.post(
        "/sdk/v1/b2b/passwords/discovery/reset",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled={
            "pkce_code_verifier": PKCEVerifier(FLOW),
            "intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN,
            **PROTECTED_AUTH,
        },
    )
    async def reset_by_email(
        self,
        *,
        password_reset_token: str,
        password: str,
        pkce_code_verifier: str | None = None,
        intermediate_session_token: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> DiscoveryResponse:
        """
        Set a person's password by the token of a link, and show their Organizations.

        The client holds an intermediate session afterwards, good for ten minutes, to be exchanged
        for a session of one of these Organizations, or of a new one. A session held before is
        gone.

        Args:
            password_reset_token: The link's ``token``. It works once.
            password: The new password.
            pkce_code_verifier: Verifier of the caller's own pair. Default: the client's, if the
                flow began with it.
            intermediate_session_token: Of a login that this continues. Default: the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The token is unknown, used or expired.
            BadRequestError: The password is weak, known from a breach or the present one, or the
                verifier is missing, superfluous or wrong; or the project has a password for each
                Organization.
            RateLimitedError: Too many wrong passwords before; the address is locked for a while.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the password may be set.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/passwords/discovery/reset-by-email
        """
        ...


class AsyncPasswords(AsyncResource):
    """Logs Members in by their passwords, and lets them set new ones."""

    __slots__ = ()

    @property
    def discovery(self) -> AsyncPasswordsDiscovery:
        """Passwords of people whose Organization is not chosen yet."""
        return AsyncPasswordsDiscovery(self._actor)

    @passwords.post(
        "/sdk/v1/b2b/passwords/authenticate",
        acts_as=ActsAs.OPTIONAL_SESSION,
        permission=None,
        retry=Retry.CREATES,
        filled={
            "intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN,
            **PROTECTED_AUTH,
        },
    )
    async def authenticate(
        self,
        *,
        organization_id: str,
        email_address: str,
        password: str,
        session_duration_minutes: SessionDurationMinutes,
        locale: Locale | None = None,
        intermediate_session_token: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> PasswordAuthenticateResponse:
        """
        Log a Member in by their password.

        The client holds the session afterwards. Where the Organization demands another factor, it
        holds an intermediate session instead, and a session held before is gone. A session of the
        same Member gains the factor.

        Args:
            organization_id: ID, slug or external ID of the Organization.
            email_address: The Member's address.
            password: The Member's password.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            locale: Language of the message, if a second factor is sent. Default: English.
            intermediate_session_token: Of a login that this continues. Default: the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The password is wrong.
            BadRequestError: The password must be reset first, or the intermediate session is
                another person's.
            NotFoundError: No such Organization, no Member of it has this address and a password, or
                the intermediate session is used or expired.
            RateLimitedError: Too many wrong passwords; the Member is locked for a while.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the session may exist.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/passwords/authenticate
        """
        ...

    @passwords.post(
        "/sdk/v1/b2b/passwords/email/reset/start",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.SENDS_MESSAGE,
        filled={
            "pkce_code_challenge": PKCEChallenge(FLOW),
            **PROTECTED_AUTH,
        },
        wire_names={"pkce_code_challenge": "code_challenge"},
    )
    async def reset_by_email_start(
        self,
        *,
        organization_id: str,
        email_address: str,
        login_redirect_url: str | None = None,
        reset_password_redirect_url: str | None = None,
        reset_password_expiration_minutes: ExpirationMinutes | None = None,
        reset_password_template_id: str | None = None,
        verify_email_template_id: str | None = None,
        locale: Locale | None = None,
        pkce_code_challenge: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> APIResponse:
        """
        Send a Member a link with which they set a password.

        The flow's PKCE pair is made here and kept until `reset_by_email` succeeds, which is why
        the link works only with the client that asked for it, or with one made from its state. A
        pair that waits for its answer is used again. The e-mail's other link logs the Member in
        without a password, by `AsyncMagicLinks.authenticate`.

        Args:
            organization_id: ID, slug or external ID of the Organization.
            email_address: The Member's address.
            login_redirect_url: Where the link leads that logs in without a password. It must be
                registered. Default: the project's.
            reset_password_redirect_url: Where the link leads. It must be registered. Default: the
                project's.
            reset_password_expiration_minutes: How long the link works, in minutes (5 to 10080).
                Default: 30.
            reset_password_template_id: Template of the e-mail. Default: the project's.
            verify_email_template_id: Template of the e-mail to somebody who must prove the address
                first. Default: the project's.
            locale: Language of the e-mail. Default: English.
            pkce_code_challenge: Challenge of a pair that the caller keeps, instead of the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            BadRequestError: A redirect URL is not registered, or the Organization does not accept
                passwords.
            NotFoundError: No such Organization, or no Member of it has this address.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the e-mail may be on its way.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/passwords/reset-by-email-start
        """
        ...

    @passwords.post(
        "/sdk/v1/b2b/passwords/email/reset",
        acts_as=ActsAs.OPTIONAL_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled={
            "pkce_code_verifier": PKCEVerifier(FLOW),
            "intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN,
            **PROTECTED_AUTH,
        },
        wire_names={"pkce_code_verifier": "code_verifier"},
    )
    async def reset_by_email(
        self,
        *,
        password_reset_token: str,
        password: str,
        session_duration_minutes: SessionDurationMinutes,
        locale: Locale | None = None,
        pkce_code_verifier: str | None = None,
        intermediate_session_token: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> PasswordResetByEmailResponse:
        """
        Set a Member's password by the token of a link, and log the Member in.

        All sessions of the Member end, and the client holds a new one afterwards. Where the
        Organization demands another factor, it holds an intermediate session instead.

        Args:
            password_reset_token: The link's ``token``. It works once.
            password: The new password.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            locale: Language of the message, if a second factor is sent. Default: English.
            pkce_code_verifier: Verifier of the caller's own pair. Default: the client's, if the
                flow began with it.
            intermediate_session_token: Of a login that this continues. Default: the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The token is unknown, used or expired.
            BadRequestError: The password is weak, known from a breach or the present one, or the
                verifier is missing, superfluous or wrong.
            RateLimitedError: Too many wrong passwords before; the Member is locked for a while.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the password may be set.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/passwords/reset-by-email
        """
        ...

    @passwords.post(
        "/sdk/v1/b2b/passwords/existing_password/reset",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.CREATES,
        filled=PROTECTED_AUTH,
    )
    async def reset_by_existing_password(
        self,
        *,
        organization_id: str,
        email_address: str,
        existing_password: str,
        new_password: str,
        session_duration_minutes: SessionDurationMinutes,
        locale: Locale | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> PasswordResetResponse:
        """
        Replace a Member's password by means of the old one, and log the Member in.

        The client holds the session afterwards. Where the Organization demands another factor, it
        holds an intermediate session instead, and a session held before is gone.

        Args:
            organization_id: ID, slug or external ID of the Organization.
            email_address: The Member's address.
            existing_password: The password until now.
            new_password: The password from now on.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            locale: Language of the message, if a second factor is sent. Default: English.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The existing password is wrong.
            BadRequestError: The new password is weak, known from a breach or the present one, the
                present one must be reset by e-mail, or the Organization does not accept passwords.
            NotFoundError: No such Organization, or no Member of it has this address and a password.
            RateLimitedError: Too many wrong passwords; the Member is locked for a while.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the password may be set.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/passwords/reset-by-existing-password
        """
        ...

    @passwords.post(
        "/sdk/v1/b2b/passwords/session/reset",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.CREATES,
        filled=PROTECTED_AUTH,
    )
    async def reset_by_session(
        self,
        *,
        password: str,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> PasswordResetResponse:
        """
        Set the password of the Member who is logged in.

        The client holds the session of the answer afterwards. Where the Organization demands
        another factor, it holds an intermediate session instead.

        Args:
            password: The password from now on.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The session is expired or revoked.
            BadRequestError: The password is weak, known from a breach or the present one, the
                Member logged in more than five minutes ago, or the Organization does not accept
                passwords.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the password may be set.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/passwords/reset-by-session
        """
        ...

    @passwords.post(
        "/sdk/v1/b2b/passwords/strength_check",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.READ,
    )
    async def strength_check(
        self, *, password: str, email_address: str | None = None
    ) -> PasswordStrengthCheckResponse:
        """
        Check whether the project would accept a password.

        Nothing is kept, and nobody need be logged in. An answer, also one that finds the password
        wanting, is a success; see `PasswordStrengthCheckResponse.valid_password`.

        Args:
            password: What to check.
            email_address: Whose password it would be; one that resembles it is weaker.

        Raises:
            RateLimitedError: Too many checks in a short time.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/passwords/strength-check
        """
        ...
