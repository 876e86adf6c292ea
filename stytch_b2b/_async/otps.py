"""One-time passcodes: by e-mail they log a person in, by SMS they are a second factor."""

from __future__ import annotations

from .._arguments import ExpirationMinutes, Locale, MFAEnrollment, SessionDurationMinutes
from .._declare import EndpointGroup
from .._endpoint import PROTECTED_AUTH, ActsAs, Fill, Retry
from ..models._response import APIResponse
from ..models.login import DiscoveryResponse, SecondFactorResponse
from ..models.otps import OTPsEmailAuthenticateResponse
from ._resource import AsyncResource

otps_email = EndpointGroup("otps.email")
otps_email_discovery = EndpointGroup("otps.email.discovery")
otps_sms = EndpointGroup("otps.sms")


class AsyncOTPsEmailDiscovery(AsyncResource):
    """Logs people in by e-mailed passcodes before their Organization is chosen."""

    __slots__ = ()

    @otps_email_discovery.post(
        "/sdk/v1/b2b/otps/email/discovery/send",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.SENDS_MESSAGE,
        filled=PROTECTED_AUTH,
    )
    async def send(
        self,
        *,
        email_address: str,
        login_template_id: str | None = None,
        locale: Locale | None = None,
        discovery_expiration_minutes: ExpirationMinutes | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> APIResponse:
        """
        Send a person a passcode that shows which Organizations they can log in to.

        A passcode sent to the same address before works no more. `authenticate` takes the new one,
        on this client or on any other.

        Args:
            email_address: Where to send the passcode.
            login_template_id: Template of the e-mail. Default: the project's.
            locale: Language of the e-mail. Default: English.
            discovery_expiration_minutes: How long the passcode works, in minutes (2 to 15).
                Default: 10.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            BadRequestError: It is no e-mail address.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the e-mail may be on its way.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/email-otps/send-discovery-email
        """
        ...

    @otps_email_discovery.post(
        "/sdk/v1/b2b/otps/email/discovery/authenticate",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled=PROTECTED_AUTH,
    )
    async def authenticate(
        self,
        *,
        email_address: str,
        code: str,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> DiscoveryResponse:
        """
        Show which Organizations a person can log in to, by a passcode from an e-mail.

        The client holds an intermediate session afterwards, good for ten minutes, to be exchanged
        for a session of one of these Organizations, or of a new one. A session held before is
        gone.

        Args:
            email_address: Where the passcode was sent.
            code: The passcode. It works once.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The passcode is wrong, used or expired.
            NotFoundError: No passcode was sent to this address.
            RateLimitedError: Too many wrong passcodes; the address is locked for a while.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the passcode may be used up.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/email-otps/authenticate-discovery-email-otp
        """
        ...


class AsyncOTPsEmail(AsyncResource):
    """Logs people in by passcodes sent by e-mail."""

    __slots__ = ()

    @property
    def discovery(self) -> AsyncOTPsEmailDiscovery:
        """Logs people in by e-mailed passcodes before their Organization is chosen."""
        return AsyncOTPsEmailDiscovery(self._actor)

    @otps_email.post(
        "/sdk/v1/b2b/otps/email/login_or_signup",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.SENDS_MESSAGE,
        filled=PROTECTED_AUTH,
    )
    async def login_or_signup(
        self,
        *,
        organization_id: str,
        email_address: str,
        login_template_id: str | None = None,
        signup_template_id: str | None = None,
        locale: Locale | None = None,
        login_expiration_minutes: ExpirationMinutes | None = None,
        signup_expiration_minutes: ExpirationMinutes | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> APIResponse:
        """
        Send a person a passcode that logs them in, or signs them up.

        A passcode sent to the same address before works no more. `authenticate` takes the new one,
        on this client or on any other.

        Args:
            organization_id: ID, slug or external ID of the Organization.
            email_address: Where to send the passcode.
            login_template_id: Template of the e-mail to a Member. Default: the project's.
            signup_template_id: Template of the e-mail to a new Member. Default: the project's.
            locale: Language of the e-mail. Default: English.
            login_expiration_minutes: How long a Member's passcode works, in minutes (2 to 15).
                Default: 10.
            signup_expiration_minutes: How long a new Member's passcode works, in minutes (2 to
                15). Default: 10.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            BadRequestError: The Organization admits no such e-mail address, or does not accept
                passcodes by e-mail.
            NotFoundError: No such Organization.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the e-mail may be on its way.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/email-otps/login-or-signup
        """
        ...

    @otps_email.post(
        "/sdk/v1/b2b/otps/email/authenticate",
        acts_as=ActsAs.OPTIONAL_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
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
        code: str,
        session_duration_minutes: SessionDurationMinutes,
        locale: Locale | None = None,
        intermediate_session_token: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> OTPsEmailAuthenticateResponse:
        """
        Log a Member in by a passcode from an e-mail.

        The client holds the session afterwards. Where the Organization demands another factor, it
        holds an intermediate session instead, and a session held before is gone. A session of the
        same Member gains the factor.

        Args:
            organization_id: ID, slug or external ID of the Organization.
            email_address: Where the passcode was sent.
            code: The passcode. It works once.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            locale: Language of the message, if a second factor is sent. Default: English.
            intermediate_session_token: Of a login that this continues. Default: the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The passcode is wrong, used or expired.
            BadRequestError: The address is none, the Member is deactivated, or the intermediate
                session is another person's.
            NotFoundError: No such Organization, no passcode was sent to this address, or the
                intermediate session is used or expired.
            RateLimitedError: Too many wrong passcodes; the Member is locked for a while.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the passcode may be used up.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/email-otps/authenticate
        """
        ...


class AsyncOTPsSMS(AsyncResource):
    """Proves a second factor by passcodes sent to the Member's phone."""

    __slots__ = ()

    @otps_sms.post(
        "/sdk/v1/b2b/otps/sms/send",
        acts_as=ActsAs.INTERMEDIATE_OR_FULL_SESSION,
        permission=None,
        retry=Retry.SENDS_MESSAGE,
        filled={
            "intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN,
            **PROTECTED_AUTH,
        },
    )
    async def send(
        self,
        *,
        organization_id: str,
        member_id: str,
        mfa_phone_number: str | None = None,
        locale: Locale | None = None,
        intermediate_session_token: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> APIResponse:
        """
        Send a passcode to the Member's phone, which works for two minutes.

        A passcode sent before works no more. A login that answers `NeedsMFA` with
        ``passcode_sent`` has sent one already.

        Args:
            organization_id: ID, slug or external ID of the Organization.
            member_id: ID of the Member, whom the session or intermediate session belongs to.
            mfa_phone_number: Phone number of a Member who has none yet, as ``+`` and digits; the
                first passcode that `authenticate` accepts verifies it.
            locale: Language of the message. Default: English.
            intermediate_session_token: Of the login that this continues. Default: the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            BadRequestError: What is given is no phone number, or the session or intermediate
                session is another Member's.
            ConflictError: The Member has another phone number.
            PermissionDeniedError: The Organization does not accept passcodes by SMS.
            AuthenticationError: The session has ended, or a second factor that the Member has
                must be proved first.
            NotFoundError: No such Organization or Member, the Member has no phone number and none
                is given, or the intermediate session is used or expired.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            NoSessionError: The client holds neither a session nor an intermediate one.
            StytchOutcomeUnknownError: The answer was lost; the message may be on its way.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/otps/sms-send
        """
        ...

    @otps_sms.post(
        "/sdk/v1/b2b/otps/sms/authenticate",
        acts_as=ActsAs.INTERMEDIATE_OR_FULL_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled={
            "intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN,
            **PROTECTED_AUTH,
        },
    )
    async def authenticate(
        self,
        *,
        organization_id: str,
        member_id: str,
        code: str,
        session_duration_minutes: SessionDurationMinutes,
        set_mfa_enrollment: MFAEnrollment | None = None,
        intermediate_session_token: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> SecondFactorResponse:
        """
        Prove a second factor by a passcode from an SMS.

        The client holds the session afterwards, in place of the intermediate session. A session of
        the same Member gains the factor. The phone number counts as verified.

        Args:
            organization_id: ID, slug or external ID of the Organization.
            member_id: ID of the Member, whom the session or intermediate session belongs to.
            code: The passcode. It works once.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            set_mfa_enrollment: ``"enroll"`` to ask the Member for a second factor at every login,
                ``"unenroll"`` to do so no more. Without effect where the Organization demands one
                of all.
            intermediate_session_token: Of the login that this continues. Default: the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The passcode is wrong, used or expired, or the session has ended.
            PermissionDeniedError: The Organization does not accept passcodes by SMS.
            BadRequestError: The session or intermediate session is another Member's.
            NotFoundError: No such Organization or Member, no passcode was sent, or the
                intermediate session is used or expired.
            RateLimitedError: Too many wrong passcodes; the Member is locked for a while.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            NoSessionError: The client holds neither a session nor an intermediate one.
            StytchOutcomeUnknownError: The answer was lost; the passcode may be used up.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/otps/sms-authenticate
        """
        ...


class AsyncOTPs(AsyncResource):
    """One-time passcodes, by e-mail and by SMS."""

    __slots__ = ()

    @property
    def email(self) -> AsyncOTPsEmail:
        """Logs people in by passcodes sent by e-mail."""
        return AsyncOTPsEmail(self._actor)

    @property
    def sms(self) -> AsyncOTPsSMS:
        """Proves a second factor by passcodes sent to the Member's phone."""
        return AsyncOTPsSMS(self._actor)
