"""Authenticator apps: an app and the server share a secret, which makes a new code every 30 s."""

from __future__ import annotations

from .._arguments import ExpirationMinutes, MFAEnrollment, SessionDurationMinutes
from .._declare import EndpointGroup
from .._endpoint import PROTECTED_AUTH, ActsAs, Fill, Retry, StateEffect
from ..models.login import SecondFactorResponse
from ..models.totp import TOTPCreateResponse
from ._resource import AsyncResource

totp = EndpointGroup("totp")


class AsyncTOTP(AsyncResource):
    """Sets up authenticator apps, and proves a second factor by their codes."""

    __slots__ = ()

    @totp.post(
        "/sdk/v1/b2b/totp",
        acts_as=ActsAs.INTERMEDIATE_OR_FULL_SESSION,
        permission=None,
        retry=Retry.CREATES,
        state_effect=StateEffect.UPDATE_MEMBER_IF_SELF,
        filled={
            "intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN,
            **PROTECTED_AUTH,
        },
    )
    async def create(
        self,
        *,
        organization_id: str,
        member_id: str,
        expiration_minutes: ExpirationMinutes | None = None,
        intermediate_session_token: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> TOTPCreateResponse:
        """
        Make the secret that sets up a Member's authenticator app.

        The response alone holds the secret and the QR code. The app counts as a second factor once
        `authenticate` accepted one of its codes. If the client holds the Member, it holds it as it
        is afterwards; its session stays as it is.

        Args:
            organization_id: ID, slug or external ID of the Organization.
            member_id: ID of the Member, whom the session or intermediate session belongs to.
            expiration_minutes: How long the app can be set up with the secret, in minutes (5 to
                1440). Default: 60.
            intermediate_session_token: Of the login that this continues. Default: the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            ConflictError: The Member has set up an app already.
            PermissionDeniedError: The Organization does not accept apps as a second factor.
            AuthenticationError: The session has ended, or a second factor that the Member has
                must be proved first.
            BadRequestError: ``expiration_minutes`` is out of range, or the session or intermediate
                session is another Member's.
            NotFoundError: No such Organization or Member, or the intermediate session is used or
                expired.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            NoSessionError: The client holds neither a session nor an intermediate one.
            StytchOutcomeUnknownError: The answer was lost; a secret may have been made.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/totps/create
        """
        ...

    @totp.post(
        "/sdk/v1/b2b/totp/authenticate",
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
        set_default_mfa: bool | None = None,
        intermediate_session_token: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> SecondFactorResponse:
        """
        Prove a second factor by a code of the Member's authenticator app.

        The client holds the session afterwards, in place of the intermediate session. A session of
        the same Member gains the factor. The first code of a new app ends its setup.

        Args:
            organization_id: ID, slug or external ID of the Organization.
            member_id: ID of the Member, whom the session or intermediate session belongs to.
            code: The six digits that the app shows. They work once.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            set_mfa_enrollment: ``"enroll"`` to ask the Member for a second factor at every login,
                ``"unenroll"`` to do so no more. Without effect where the Organization demands one
                of all.
            set_default_mfa: Whether apps become the factor that the Member is asked for first.
            intermediate_session_token: Of the login that this continues. Default: the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The code is wrong, expired or used, the app was not set up in time,
                or the session has ended.
            PermissionDeniedError: The Organization does not accept apps as a second factor.
            BadRequestError: The code has other than six digits, or the session or intermediate
                session is another Member's.
            NotFoundError: No such Organization or Member, the Member has no app, or the
                intermediate session is used or expired.
            RateLimitedError: Too many wrong codes; the Member is locked for a while.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            NoSessionError: The client holds neither a session nor an intermediate one.
            StytchOutcomeUnknownError: The answer was lost; the code may be used up.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/totps/authenticate
        """
        ...
