"""Recovery codes: they stand in for an authenticator app that is lost, each of them once."""

from __future__ import annotations

from .._arguments import SessionDurationMinutes
from .._declare import EndpointGroup
from .._endpoint import PROTECTED_AUTH, ActsAs, Fill, Retry
from ..models.recovery_codes import RecoveryCodesRecoverResponse, RecoveryCodesResponse
from ..permissions import UNDOCUMENTED
from ._resource import AsyncResource

recovery_codes = EndpointGroup("recovery_codes")


class AsyncRecoveryCodes(AsyncResource):
    """The Member's recovery codes, which `AsyncTOTP.create` makes."""

    __slots__ = ()

    @recovery_codes.get(
        "/sdk/v1/b2b/recovery_codes",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.READ,
    )
    async def get(self) -> RecoveryCodesResponse:
        """
        Get the recovery codes that the Member has left.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NotFoundError: The Member has no recovery codes.
            NoSessionError: The client holds no session.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/recovery-codes/get
        """
        ...

    @recovery_codes.post(
        "/sdk/v1/b2b/recovery_codes/rotate",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.CREATES,
        filled=PROTECTED_AUTH,
    )
    async def rotate(
        self, *, dfp_telemetry_id: str | None = None, captcha_token: str | None = None
    ) -> RecoveryCodesResponse:
        """
        Replace the Member's recovery codes by new ones.

        The old ones work no more.

        Args:
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NotFoundError: The Member has no recovery codes.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the old codes may be void. `get` tells
                the new ones.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/recovery-codes/rotate
        """
        ...

    @recovery_codes.post(
        "/sdk/v1/b2b/recovery_codes/recover",
        acts_as=ActsAs.INTERMEDIATE_OR_FULL_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled={
            "intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN,
            **PROTECTED_AUTH,
        },
    )
    async def recover(
        self,
        *,
        organization_id: str,
        member_id: str,
        recovery_code: str,
        session_duration_minutes: SessionDurationMinutes,
        intermediate_session_token: str | None = None,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> RecoveryCodesRecoverResponse:
        """
        Prove a second factor by a recovery code, instead of a code of the authenticator app.

        The client holds the session afterwards, in place of the intermediate session. A session of
        the same Member gains the factor.

        Args:
            organization_id: ID, slug or external ID of the Organization.
            member_id: ID of the Member, whom the session or intermediate session belongs to.
            recovery_code: One of the Member's recovery codes. It works once.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            intermediate_session_token: Of the login that this continues. Default: the client's.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The code is wrong or used, or the session has ended.
            PermissionDeniedError: The Organization does not accept apps as a second factor.
            BadRequestError: The code is one of the authenticator app or looks like none, or the
                session or intermediate session is another Member's.
            NotFoundError: No such Organization or Member, the Member has no recovery codes, or the
                intermediate session is used or expired.
            RateLimitedError: Too many wrong codes; the Member is locked for a while.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            NoSessionError: The client holds neither a session nor an intermediate one.
            StytchOutcomeUnknownError: The answer was lost; the code may be used up.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/recovery-codes/recover
        """
        ...
