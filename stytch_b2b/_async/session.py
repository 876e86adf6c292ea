"""The session of the Member that the client acts as."""

from __future__ import annotations

from collections.abc import Callable

from attrs import field, frozen

from .._arguments import Locale, SessionDurationMinutes
from .._declare import EndpointGroup, stands_for
from .._endpoint import ActsAs, OnRejection, Retry, StateEffect, endpoint_of
from .._state import Unsubscribe, changes_of
from ..errors import InvalidArgumentError
from ..models._response import APIResponse
from ..models.login import LoginResponse, SessionResponse
from ..models.member_session import MemberSession
from ..models.session import SessionAuthenticateResponse
from ..permissions import MEMBER, UNDOCUMENTED
from ._resource import AsyncResource
from .changes import AsyncChanges
from .keep_alive import AsyncKeepAlive

session = EndpointGroup("session")


@frozen(kw_only=True)
class SessionInfo:
    """The Member's session as the client knows it."""

    session: MemberSession | None
    from_cache: bool
    """Whether it comes from storage and the server did not confirm it since."""


@frozen(kw_only=True)
class SessionTokens:
    """The credentials of a session."""

    session_token: str = field(repr=False)
    session_jwt: str | None = field(repr=False)


class AsyncSession(AsyncResource):
    """The session of the Member that the client acts as."""

    __slots__ = ()

    def get_sync(self) -> MemberSession | None:
        """
        Return the session that the client holds, without asking the server.

        ``None`` if there is none, or if only its tokens are known so far.
        """
        return self._actor.cell.state.member_session

    def get_info(self) -> SessionInfo:
        """Return the session that the client holds, and whether the server confirmed it."""
        state = self._actor.cell.state
        return SessionInfo(session=state.member_session, from_cache=state.from_cache)

    def get_tokens(self) -> SessionTokens | None:
        """
        Return the tokens of the session that the client holds, or ``None``.

        They are secrets: whoever has the session token acts as the Member.
        """
        state = self._actor.cell.state
        if state.session_token is None:
            return None
        return SessionTokens(session_token=state.session_token, session_jwt=state.session_jwt)

    def update_session(self, *, session_token: str, session_jwt: str | None = None) -> None:
        """
        Take over a session that was made elsewhere, such as on a backend.

        Nothing is sent. What the client knew of another session is forgotten, an unfinished login
        too; call `authenticate` to learn who the Member is.

        Args:
            session_token: Token of the session.
            session_jwt: JWT of the session; whoever has none leaves it out.

        Raises:
            InvalidArgumentError: A token is empty, or what no token can be.
        """
        self._actor.cell.update(
            lambda state: state.with_tokens(
                session_token, session_jwt, caller="session.update_session"
            )
        )

    def on_change(
        self, callback: Callable[[MemberSession | None, MemberSession | None], object]
    ) -> Unsubscribe:
        """
        Call *callback* with the old and the new session whenever the session changes.

        It is called at once, in the task or thread that made the change, so it must be short; it
        is not called for the session of now. One that raises is logged and harms nobody.

        Args:
            callback: Takes the session before and after, ``None`` for none.

        Returns:
            A function that ends the subscription.
        """
        return self._actor.cell.subscribe(changes_of(lambda state: state.member_session, callback))

    def changes(self) -> AsyncChanges[MemberSession | None]:
        """
        Return the changes of the session from now on, to be gone through with ``async for``.

        They are those that `on_change` tells, ``None`` standing for none. Whoever is slow is told
        of several at once, from the first ``old`` to the last ``new``.
        """
        return AsyncChanges(self._actor.cell, lambda state: state.member_session)

    @session.post(
        "/sdk/v1/b2b/sessions/authenticate",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.IDEMPOTENT,
        on_rejection=OnRejection.CLEAR_SESSION,
        repeats_if_superseded=True,
        shares_flight=True,
    )
    async def authenticate(
        self, *, session_duration_minutes: SessionDurationMinutes | None = None
    ) -> SessionAuthenticateResponse:
        """
        Ask the server whether the session is good, and refresh what the client knows of it.

        The session's JWT, the Member and the Organization are renewed. If the server says that the
        session is gone, the client forgets it. If another session took its place while the call
        was on its way, the call is repeated once for that one. Those who ask about one session at
        the same time, in one event loop and by whatever clients made from one, share one request.

        Args:
            session_duration_minutes: New lifetime of the session from now, in minutes (5 to
                527040). Default: its end stays where it is.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NoSessionError: The client holds no session.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/session-management/authenticate-session
        """
        ...

    def keep_alive(self, *, extend: SessionDurationMinutes | None = None) -> AsyncKeepAlive:
        """
        Return what keeps the session alive while it is used as ``async with``.

        In the background the session is refreshed by `authenticate`: at once if it comes from
        storage or only its tokens are known, later every three minutes and shortly before it ends.

        Args:
            extend: Lifetime that each refresh gives the session, in minutes from then on (5 to
                527040). Default: its end stays where it is, and only the JWT and what is known of
                the Member are renewed.

        Raises:
            InvalidArgumentError: ``extend`` is out of range.
        """
        try:
            endpoint_of(self.authenticate).check({"session_duration_minutes": extend})
        except InvalidArgumentError as error:
            problems = {"extend": error.problems["session_duration_minutes"]}
            raise InvalidArgumentError(endpoint="session.keep_alive", problems=problems) from None
        return AsyncKeepAlive(
            self._actor,
            lambda actor: AsyncSession(actor).authenticate(session_duration_minutes=extend),
        )

    @session.post(
        "/sdk/v1/b2b/sessions/exchange",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.CREATES,
    )
    async def exchange(
        self,
        *,
        organization_id: str,
        session_duration_minutes: SessionDurationMinutes,
        locale: Locale | None = None,
    ) -> LoginResponse:
        """
        Exchange the session for one in another Organization of the same person.

        The client holds the new session afterwards. Where the other Organization demands another
        factor, it holds an intermediate session instead, and the old session is forgotten. The old
        session lives on at the server until it expires or is revoked.

        Args:
            organization_id: ID, slug or external ID of the other Organization.
            session_duration_minutes: Lifetime of the new session, in minutes (5 to 527040).
            locale: Language of the message, if a second factor is sent. Default: English.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NotFoundError: No such Organization, or the person is no Member of it.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the new session may exist.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/session-management/exchange-session
        """
        ...

    @session.post(
        "/sdk/v1/b2b/sessions/exchange_access_token",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.CREATES,
    )
    async def exchange_access_token(
        self, *, access_token: str, session_duration_minutes: SessionDurationMinutes
    ) -> SessionResponse:
        """
        Log a Member in by an access token that the project issued to a Connected App.

        That is a way to log in for programs without a browser of their own. The client holds the
        session afterwards, instead of one held before. An access token can be exchanged once,
        within five minutes of its issue.

        Args:
            access_token: Access token of a Connected App, with the scope ``full_access``.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).

        Raises:
            AuthenticationError: The access token is expired, or too old for this.
            NotFoundError: The access token is unknown, or was exchanged before.
            PermissionDeniedError: The access token lacks the scope.
            StytchOutcomeUnknownError: The answer was lost; the session may exist.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/session-management/exchange-access-token
        """
        ...

    @session.post(
        "/sdk/v1/b2b/sessions/attest",
        acts_as=ActsAs.OPTIONAL_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
    )
    async def attest(
        self,
        *,
        profile_id: str,
        token: str,
        organization_id: str | None = None,
        session_duration_minutes: SessionDurationMinutes | None = None,
    ) -> SessionResponse:
        """
        Log a Member in by a JWT of somebody whom the project trusts.

        The client holds the session afterwards. A session of the same Member gains the factor.

        Args:
            profile_id: ID of the project's trusted token profile, which says whose tokens are
                trusted and how they name Members.
            token: The JWT. The profile may accept it once only.
            organization_id: ID, slug or external ID of the Organization. Default: the one that
                the token names.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040). Default:
                60 for a new session; the end of one that is held stays where it is.

        Raises:
            AuthenticationError: The token is not good, or was used before.
            BadRequestError: The token names no Organization, and none is given.
            NotFoundError: No such profile, Organization or Member.
            StytchOutcomeUnknownError: The answer was lost; the token may be used up.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/session-management/attest-session
        """
        ...

    @session.post(
        "/sdk/v1/b2b/sessions/revoke",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.ENDS,
        state_effect=StateEffect.CLEAR_ALL,
        on_rejection=OnRejection.CLEAR_ALL,
    )
    async def _revoke(self) -> APIResponse:
        """Revoke the session."""
        ...

    @stands_for(_revoke)
    async def revoke(self, *, force_clear: bool = False) -> APIResponse:
        """
        Log the Member out: end the session, and forget all about it.

        If the server says that the session is gone already, it is forgotten too; after any other
        failure the client keeps it, and the call can be made again.

        Args:
            force_clear: Forget the session even if the server could not be told to end it.

        Raises:
            AuthenticationError: The session was expired or revoked already.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the session may be revoked.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/session-management/revoke-session
        """
        sent = self._actor.cell.state.credentials
        try:
            return await self._revoke()
        except BaseException:  # a cancelled logout is one as well
            if force_clear:
                self._actor.cell.update(
                    lambda state: state.logged_out() if state.credentials == sent else state
                )
            raise

    @session.post(
        "/sdk/v1/b2b/sessions/revoke/{member_id}",
        acts_as=ActsAs.SESSION,
        permission=MEMBER["revoke-sessions"],
        retry=Retry.IDEMPOTENT,
    )
    async def revoke_for_member(self, member_id: str) -> APIResponse:
        """
        End all sessions of a Member of the Organization.

        The client's state stays as it is: whoever names the Member that the client acts as is
        told at the next call that the session is gone.

        Args:
            member_id: ID or external ID of the Member.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NotFoundError: The Organization has no such Member.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.

        Permission:
            ``revoke-sessions`` on ``stytch.member``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/session-management/revoke-sessions-for-member
        """
        ...
