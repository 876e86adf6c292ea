"""Impersonation: the project's own people act as a Member, to see what the Member sees."""

from __future__ import annotations

from .._declare import EndpointGroup
from .._endpoint import PROTECTED_AUTH, ActsAs, Retry
from ..models.impersonation import ImpersonationAuthenticateResponse
from ._resource import AsyncResource

impersonation = EndpointGroup("impersonation")


class AsyncImpersonation(AsyncResource):
    """Logs somebody in as a Member that they are not."""

    __slots__ = ()

    @impersonation.post(
        "/sdk/v1/b2b/impersonation/authenticate",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled=PROTECTED_AUTH,
    )
    async def authenticate(
        self,
        *,
        impersonation_token: str,
        dfp_telemetry_id: str | None = None,
        captcha_token: str | None = None,
    ) -> ImpersonationAuthenticateResponse:
        """
        Log somebody in as a Member, by a token of the project's dashboard.

        The client holds the session afterwards, instead of one held before. The API says how long
        it lasts, and it cannot be made longer; its factors tell that it is an impersonation.

        Args:
            impersonation_token: The ``token`` of the redirect whose ``stytch_token_type`` is
                ``multi_tenant_impersonation``. It works once.
            dfp_telemetry_id: Device fingerprint, where the project demands one.
            captcha_token: CAPTCHA token, where the project demands one.

        Raises:
            AuthenticationError: The token is unknown, used or expired.
            BadRequestError: The Member may not be impersonated.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the token may be used up.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/sdks/impersonation/authenticate
        """
        ...
