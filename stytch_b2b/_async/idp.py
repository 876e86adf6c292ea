"""The project as an identity provider: Connected Apps ask Members to let them act for them."""

from __future__ import annotations

from collections.abc import Sequence

from .._declare import EndpointGroup
from .._endpoint import ActsAs, Retry
from ..models.idp import (
    IDPOAuthAuthorizeStartResponse,
    IDPOAuthAuthorizeSubmitResponse,
    IDPOAuthLogoutStartResponse,
)
from ..permissions import UNDOCUMENTED
from ._resource import AsyncResource

idp = EndpointGroup("idp")


class AsyncIDP(AsyncResource):
    """
    Lets Connected Apps act for the Member, who is asked first.

    A program that shows its Members who asks, and for what, answers the authorization requests of
    OAuth with these calls. Their arguments come from the query of such a request.
    """

    __slots__ = ()

    @idp.post(
        "/sdk/v1/idp/b2b/oauth/authorize/start",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.IDEMPOTENT,
    )
    async def oauth_authorize_start(
        self,
        *,
        client_id: str,
        redirect_uri: str,
        response_type: str,
        scopes: Sequence[str],
        prompt: str | None = None,
    ) -> IDPOAuthAuthorizeStartResponse:
        """
        Check the request of a Connected App, and get what the Member is to be asked.

        Nothing is granted before `oauth_authorize_submit`.

        Args:
            client_id: ID of the application.
            redirect_uri: Where the application wants the answer. It must be registered with it.
            response_type: What the application wants: ``code``.
            scopes: What the application asks for.
            prompt: ``consent`` to have the Member asked in any case. Default: only where the
                Member has not allowed the same before.

        Raises:
            AuthenticationError: The session is expired or revoked, or the redirect URI is not
                registered.
            BadRequestError: The application asks for something that there is not.
            NotFoundError: No such application.
            PermissionDeniedError: The Organization does not allow the application.
            NoSessionError: The client holds no session.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/sdks/connected-apps-consent-management/oauth-authorize-start
        """
        ...

    @idp.post(
        "/sdk/v1/idp/b2b/oauth/authorize/submit",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.CREATES,
    )
    async def oauth_authorize_submit(
        self,
        *,
        client_id: str,
        redirect_uri: str,
        response_type: str,
        scopes: Sequence[str],
        consent_granted: bool,
        state: str | None = None,
        nonce: str | None = None,
        code_challenge: str | None = None,
        prompt: str | None = None,
    ) -> IDPOAuthAuthorizeSubmitResponse:
        """
        Answer the request of a Connected App with what the Member decided.

        Send the browser to the redirect URI of the response in any case: it holds a code with
        which the application gets its tokens, or tells the application that it gets none.

        Args:
            client_id: ID of the application.
            redirect_uri: Where the application wants the answer. It must be registered with it.
            response_type: What the application wants: ``code``.
            scopes: What the Member grants, which may be less than was asked for.
            consent_granted: Whether the Member agreed.
            state: What the application wants back with the answer.
            nonce: What the application wants back in its ID token.
            code_challenge: PKCE challenge of the application; the client's own pairs have nothing
                to do with it.
            prompt: As in `oauth_authorize_start`.

        Raises:
            AuthenticationError: The session is expired or revoked, or the redirect URI is not
                registered.
            BadRequestError: The request is not one that may be granted: consent or a challenge is
                missing, or a scope may not be granted by the Member.
            NotFoundError: No such application.
            PermissionDeniedError: The Organization does not allow the application.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the consent may be recorded, and a code
                issued that nobody will use.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/sdks/connected-apps-consent-management/oauth-authorize-submit
        """
        ...

    @idp.post(
        "/sdk/v1/b2b/oauth/logout/start",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.IDEMPOTENT,
    )
    async def oauth_logout_start(
        self,
        *,
        client_id: str,
        post_logout_redirect_uri: str,
        state: str,
        id_token_hint: str | None = None,
    ) -> IDPOAuthLogoutStartResponse:
        """
        Check the request of a Connected App to log the Member out.

        Nobody is logged out by this: where no consent is required, or once the Member has agreed,
        end the session with `AsyncSession.revoke` and send the browser to the redirect URI of the
        response.

        Args:
            client_id: ID of the application.
            post_logout_redirect_uri: Where the application wants the browser afterwards. It must
                be registered with it.
            state: What the application wants back.
            id_token_hint: ID token that the application holds of the Member, which makes asking
                superfluous. One that is not good counts as none.

        Raises:
            AuthenticationError: The session is expired or revoked, or the redirect URI is not
                registered.
            NotFoundError: No such application.
            NoSessionError: The client holds no session.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/sdks/connected-apps-consent-management/oauth-logout-start
        """
        ...
