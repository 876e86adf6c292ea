"""The member client: it acts as one Member, with the permissions of that Member."""

from __future__ import annotations

import ssl
from binascii import b2a_base64
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from .._arguments import SessionDurationMinutes
from .._clock import Clock, SystemClock
from .._config import (
    DEFAULT_TIMEOUT,
    SDK,
    Options,
    PermissionChecks,
    Software,
    Timeout,
    find_base_url,
    find_public_token,
)
from .._endpoint import Fill, endpoint_of
from .._engine import Actor, Dialect, Engine
from .._identity import SDKClientHeader, user_agent
from .._observation import Observer
from .._policy import Decision
from .._protected_auth import CaptchaProvider, DFPProvider, Providers
from .._request_credentials import read_credentials
from .._start_urls import ProjectAddress
from .._state import (
    LOGGED_OUT,
    SessionState,
    StateCell,
    Unsubscribe,
    changes_of_objects,
    objects_of,
)
from ..errors import InvalidArgumentError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from .._authenticate_urls import AuthenticateURL, RedirectOutcome
    from .._drift import DriftReporter
    from .._events import EventHooks
    from .._persistence import Persistence
    from .._storage.protocol import Storage
    from ..errors import StorageUnavailableError
    from ..models.bootstrap import BootstrapResponse
    from .bootstrap import AsyncBootstrap
    from .changes import AsyncChanges
    from .dfp import AsyncDFP
    from .discovery import AsyncDiscovery
    from .idp import AsyncIDP
    from .impersonation import AsyncImpersonation
    from .login import AsyncLogin
    from .magic_links import AsyncMagicLinks
    from .member import AsyncMember
    from .oauth import AsyncOAuth
    from .organization import AsyncOrganization
    from .otps import AsyncOTPs
    from .passwords import AsyncPasswords
    from .rbac import AsyncRBAC
    from .recovery_codes import AsyncRecoveryCodes
    from .scim import AsyncSCIM
    from .self import AsyncSelf
    from .session import AsyncSession
    from .sso import AsyncSSO
    from .totp import AsyncTOTP
    from .utils import AsyncUtils


class AsyncStytchB2BClient:
    """
    Client of Stytch's B2B API that acts as one Member.

    It logs the Member in, holds the session, and sends it with every call. Use it as ``async
    with``, or call `aclose` at the end. It may be made at any time, also before there is an event
    loop, and used from several loops and threads, on asyncio and on trio.

    Args:
        public_token: The project's public token. Default: ``STYTCH_B2B_PUBLIC_TOKEN`` of the
            environment.
        base_url: Where the API is. Default: ``STYTCH_B2B_BASE_URL`` of the environment, else the
            test or live API, whichever the token is for. ``http://`` is accepted for loopback.
        timeout: Limits of a call, as a `Timeout` or as the seconds until its deadline. Default: 5
            seconds to connect, 10 without a byte, 30 for everything.
        retries: How often a call may be sent again (0 or more) when that can do no harm.
        permission_checks: ``"explain"`` to let the server decide and explain its refusal;
            ``"enforce"`` to refuse, before sending, what a fresh policy denies.
        app: The program that uses the client, as registered in the project's dashboard.
        sdk: What the client says it is.
        ssl_context: Which certificates are trusted. Default: the system's.
        allow_insecure_http: Accept ``http://`` beyond loopback, where nobody can listen.
        clock: Source of time.
        storage: Where the client keeps what it knows for the next run of the program; `hydrate`
            reads it. Default: nowhere.
        dfp_provider: Gets telemetry ids, which are sent with the calls that log people in where
            the project protects those by device fingerprinting.
        captcha_provider: Gets CAPTCHA tokens, which are sent with the same calls where the project
            wants them.
        event_hooks: Called when something happens: calls, changes of the state, answers that
            differ from their models; see `EventHooks`.

    Raises:
        StytchConfigurationError: A setting is missing or wrong; the text says what to change.
    """

    __slots__ = ("__weakref__", "_actor", "_owns_engine", "_persistence")

    def __init__(
        self,
        public_token: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | Timeout = DEFAULT_TIMEOUT,
        retries: int = 2,
        permission_checks: PermissionChecks = "explain",
        app: Software | str | None = None,
        sdk: Software | None = None,
        ssl_context: ssl.SSLContext | None = None,
        allow_insecure_http: bool = False,
        clock: Clock | None = None,
        storage: Storage | None = None,
        dfp_provider: DFPProvider | None = None,
        captcha_provider: CaptchaProvider | None = None,
        event_hooks: Sequence[EventHooks] = (),
    ) -> None:
        options = Options().changed(
            timeout=timeout, retries=retries, permission_checks=permission_checks
        )
        public_token = find_public_token(public_token)
        base_url = find_base_url(
            base_url, public_token=public_token, allow_insecure_http=allow_insecure_http
        )
        # aiohttp takes 190 ms to import: here, and neither with the package nor within a call.
        from .._transport import Transport

        sdk = SDK if sdk is None else sdk
        app = sdk if app is None else Software(app) if isinstance(app, str) else app
        clock = SystemClock() if clock is None else clock
        observer = Observer(event_hooks, base_url=base_url, clock=clock)
        engine = Engine(
            transport=Transport(base_url, ssl_context=ssl_context),
            dialect=_member_dialect(ProjectAddress(base_url, public_token)),
            clock=clock,
            identity=SDKClientHeader(app, sdk),
            user_agent=user_agent(sdk),
            fetch_bootstrap=_fetch_bootstrap,
            observer=observer,
            providers=Providers(dfp=dfp_provider, captcha=captcha_provider),
            drift=_drift_reporter(observer) if observer.watches_drift else None,
        )
        self._actor = Actor(engine, StateCell(LOGGED_OUT, engine.state_listeners), options)
        self._owns_engine = True
        self._persistence: Persistence | None = None
        if storage is not None:
            from .._persistence import Persistence

            key = f"stytch_sdk_state_{public_token}"
            self._persistence = Persistence(storage, self._actor.cell, key=key, clock=clock)

    def __repr__(self) -> str:
        state = self.state
        if state.session_token is not None:
            member = state.member_session and state.member_session.member_id
            who = f"acting as {member or 'an unknown Member'}"
        elif state.intermediate_session_token is not None:
            who = "in the middle of a login"
        else:
            who = "logged out"
        return f"<{type(self).__name__} {who}, {self._actor.engine!r}>"

    @property
    def bootstrap(self) -> AsyncBootstrap:
        """The project's settings."""
        from .bootstrap import AsyncBootstrap

        return AsyncBootstrap(self._actor)

    @property
    def dfp(self) -> AsyncDFP:
        """Device fingerprinting, where the project protects its logins by it."""
        from .dfp import AsyncDFP

        return AsyncDFP(self._actor)

    @property
    def discovery(self) -> AsyncDiscovery:
        """The Organizations that a person may log in to."""
        from .discovery import AsyncDiscovery

        return AsyncDiscovery(self._actor)

    @property
    def idp(self) -> AsyncIDP:
        """Letting other applications act for the Member."""
        from .idp import AsyncIDP

        return AsyncIDP(self._actor)

    @property
    def impersonation(self) -> AsyncImpersonation:
        """Logging in as a Member that one is not."""
        from .impersonation import AsyncImpersonation

        return AsyncImpersonation(self._actor)

    @property
    def login(self) -> AsyncLogin:
        """Logging in from a program for the terminal or the desktop."""
        from .login import AsyncLogin

        return AsyncLogin(self._actor)

    @property
    def magic_links(self) -> AsyncMagicLinks:
        """Logging in by a link in an e-mail."""
        from .magic_links import AsyncMagicLinks

        return AsyncMagicLinks(self._actor)

    @property
    def member(self) -> AsyncMember:
        """The Member under the names that `self` has taken over."""
        from .member import AsyncMember

        return AsyncMember(self._actor)

    @property
    def oauth(self) -> AsyncOAuth:
        """Logging in with an account at Google, Microsoft, HubSpot, Slack or GitHub."""
        from .oauth import AsyncOAuth

        return AsyncOAuth(self._actor)

    @property
    def organization(self) -> AsyncOrganization:
        """The Member's Organization."""
        from .organization import AsyncOrganization

        return AsyncOrganization(self._actor)

    @property
    def otps(self) -> AsyncOTPs:
        """One-time passcodes, by e-mail and by SMS."""
        from .otps import AsyncOTPs

        return AsyncOTPs(self._actor)

    @property
    def passwords(self) -> AsyncPasswords:
        """Logging in by a password, and setting another."""
        from .passwords import AsyncPasswords

        return AsyncPasswords(self._actor)

    @property
    def rbac(self) -> AsyncRBAC:
        """What the Member may do."""
        from .rbac import AsyncRBAC

        return AsyncRBAC(self._actor)

    @property
    def recovery_codes(self) -> AsyncRecoveryCodes:
        """What stands in for an authenticator app that is lost."""
        from .recovery_codes import AsyncRecoveryCodes

        return AsyncRecoveryCodes(self._actor)

    @property
    def scim(self) -> AsyncSCIM:
        """The Organization's SCIM connection."""
        from .scim import AsyncSCIM

        return AsyncSCIM(self._actor)

    @property
    def self(self) -> AsyncSelf:
        """The Member."""
        from .self import AsyncSelf

        return AsyncSelf(self._actor)

    @property
    def session(self) -> AsyncSession:
        """The Member's session."""
        from .session import AsyncSession

        return AsyncSession(self._actor)

    @property
    def sso(self) -> AsyncSSO:
        """Logging in at the identity provider of an Organization, and its connections there."""
        from .sso import AsyncSSO

        return AsyncSSO(self._actor)

    @property
    def state(self) -> SessionState:
        """What the client knows of its Member: an immutable snapshot, which holds secrets."""
        return self._actor.cell.state

    @property
    def storage_error(self) -> StorageUnavailableError | None:
        """Why the storage does not keep the state at the moment; ``None`` while all is well."""
        return None if self._persistence is None else self._persistence.error

    @property
    def totp(self) -> AsyncTOTP:
        """Authenticator apps, as a second factor."""
        from .totp import AsyncTOTP

        return AsyncTOTP(self._actor)

    @property
    def utils(self) -> AsyncUtils:
        """What belongs to no flow alone."""
        from .utils import AsyncUtils

        return AsyncUtils(self._actor)

    def on_state_change(
        self, callback: Callable[[SessionState, SessionState], object]
    ) -> Unsubscribe:
        """
        Call *callback* whenever the session, the Member or the Organization changes.

        It is called at once, in the task or thread that made the change, so it must be short; it
        is not called for the state of now, nor when nothing but tokens and unfinished logins
        changed. One that raises is logged and harms nobody.

        Args:
            callback: Takes the state before and after: immutable snapshots, which hold secrets.

        Returns:
            A function that ends the subscription.
        """
        return self._actor.cell.subscribe(changes_of_objects(callback))

    def state_changes(self) -> AsyncChanges[SessionState]:
        """
        Return the changes of the state from now on, to be gone through with ``async for``.

        They are those that `on_state_change` tells. Whoever is slow is told of several at once,
        from the first ``old`` to the last ``new``. Both are snapshots, which hold secrets.
        """
        from .changes import AsyncChanges

        return AsyncChanges(self._actor.cell, lambda state: state, compared=objects_of)

    def parse_authenticate_url(self, url: str | bytes) -> AuthenticateURL | None:
        """
        Return what a URL says that Stytch has sent a browser to, or ``None`` if it is another.

        Nothing is sent, and no URL is an error. Scheme, host and path do not matter: what is
        needed stands in the query.

        Args:
            url: The URL that the browser came with, or its path and query.
        """
        from .._authenticate_urls import NotOurs, read

        found = read(url)
        return None if isinstance(found, NotOurs) else found

    async def authenticate_by_url(
        self, url: str | bytes, *, session_duration_minutes: SessionDurationMinutes | None = None
    ) -> RedirectOutcome:
        """
        Do what a URL is for that Stytch has sent a browser to, and return what came of it.

        Tell the outcomes apart with ``match``: `Authenticated`, `Discovered`, `NeedsNewPassword`
        and `NotOurs`. A token that sets a password is handed back and stays good, whatever its
        type; a URL that is not Stytch's is an outcome as well, and nothing is sent for it.

        Anybody can have made the URL. In a web service, check first that the login began in this
        visitor's own session, and call from the state that was kept there: without a kept PKCE
        pair any invitation logs the visitor in, also one to a stranger's Organization.

        Args:
            url: The URL that the browser came with, or its path and query.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040). Needed for
                magic links and SSO. Tokens of discovery and impersonation take none.

        Raises:
            InvalidArgumentError: ``session_duration_minutes`` is missing or out of range. Nothing
                was sent.
            MissingPKCEError: The token is of SSO, and the client did not begin that login.
            AuthenticationError: The token is used or expired.
            NotFoundError: No such token.
            BadRequestError: The PKCE pair does not fit, or the Organization does not admit the
                person.
            CaptchaRequiredError: The project demands a CAPTCHA token.
            StytchOutcomeUnknownError: The answer was lost; the token may be used up.
        """
        from ._by_url import authenticate_by_url

        return await authenticate_by_url(self._actor, url, session_duration_minutes)

    async def can(
        self,
        method: Callable[..., Any],
        *,
        fields: Collection[str] = (),
        member_id: str | None = None,
    ) -> Decision:
        """
        Return whether the Member may make a call, as far as the policy tells.

        The policy is fetched if none is held or if it is older than ten minutes. `Decision` is
        true in a condition only if the call is allowed; the server has the last word.

        Args:
            method: The call, such as ``client.scim.update_connection``.
            fields: Names of the arguments that would be given, which may need permissions of
                their own.
            member_id: Whom the call would be about, if about a Member: with itself a Member may do
                more than with others.

        Raises:
            InvalidArgumentError: The call takes no such field.
            TypeError: *method* stands for no call to the API.
        """
        endpoint = endpoint_of(method)
        unknown = set(fields) - {parameter.name for parameter in endpoint.parameters}
        if unknown:
            problem = f"{endpoint.name} has no such field: {', '.join(sorted(unknown))}"
            raise InvalidArgumentError(endpoint="can", problems={"fields": problem})
        return await self._actor.engine.can(
            endpoint, fields, self.state, self._actor.options, member_id=member_id
        )

    def with_session(
        self, *, session_token: str, session_jwt: str | None = None
    ) -> AsyncStytchB2BClient:
        """
        Return a client that acts by another session and shares everything else.

        Making one is cheap, so that a service can have one for each request. It needs no closing.

        Args:
            session_token: Token of the session.
            session_jwt: JWT of the session, which tells the roles of the Member before the first
                answer does.

        Raises:
            InvalidArgumentError: A token is empty, or what no token can be.
        """
        state = LOGGED_OUT.with_tokens(session_token, session_jwt, caller="with_session")
        return self.with_state(state)

    def with_request(
        self,
        headers: Mapping[str, str],
        *,
        session_cookie: str = "stytch_session",
        session_jwt_cookie: str = "stytch_session_jwt",
    ) -> AsyncStytchB2BClient:
        """
        Return a client that acts by the session of a request that came to a service.

        The session token is the bearer token of ``Authorization``; cookies are read if there is
        none. Nothing is verified and nothing sent: the API judges the session with the first call,
        and until then `can` takes the visitor's word for the roles in the JWT. Like `with_session`
        it is cheap, and the client needs no closing.

        Args:
            headers: Those of the request, as the framework has them or as a plain dictionary.
            session_cookie: Name of the cookie that holds the session token.
            session_jwt_cookie: Name of the cookie that holds the session JWT.

        Raises:
            NoSessionError: The request brings no session token; a session JWT does not do.
        """
        credentials = read_credentials(
            headers,
            session_cookie=session_cookie,
            session_jwt_cookie=session_jwt_cookie,
            caller="with_request",
        )
        return self.with_session(
            session_token=credentials.session_token, session_jwt=credentials.session_jwt
        )

    def with_state(self, state: SessionState) -> AsyncStytchB2BClient:
        """
        Return a client that goes on from *state* and shares everything else.

        It needs no closing.

        Args:
            state: What is known of the Member, such as a login that began in another request.
        """
        engine = self._actor.engine
        cell = StateCell(state, engine.state_listeners)
        return self._derived(Actor(engine, cell, self._actor.options))

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        retries: int | None = None,
        permission_checks: PermissionChecks | None = None,
    ) -> AsyncStytchB2BClient:
        """
        Return a client with other options, for the same Member.

        What one of the two learns, the other knows. It needs no closing.

        Args:
            timeout: Limits of a call, as a `Timeout` or as the seconds until its deadline.
            retries: How often a call may be sent again (0 or more).
            permission_checks: ``"explain"`` or ``"enforce"``.

        Raises:
            StytchConfigurationError: An option is wrong.
        """
        options = self._actor.options.changed(
            timeout=timeout, retries=retries, permission_checks=permission_checks
        )
        return self._derived(evolve(self._actor, options=options), self._persistence)

    def _derived(
        self, actor: Actor, persistence: Persistence | None = None
    ) -> AsyncStytchB2BClient:
        derived = AsyncStytchB2BClient.__new__(AsyncStytchB2BClient)
        derived._actor = actor
        derived._owns_engine = False
        derived._persistence = persistence
        return derived

    async def hydrate(self) -> SessionState:
        """
        Take over what the storage has kept, and return the state.

        ``async with`` does it. Nothing is sent: the state of a session says ``from_cache`` until
        `session.authenticate` has confirmed it. What has expired is dropped. The storage is read
        once, and what it has kept does not take the place of a login that came first.

        This never fails. Whoever cannot be read is logged out; where the storage cannot be used,
        `storage_error` says so, the client goes on without it, and the next `hydrate` tries again.
        """
        if self._persistence is not None:
            await self._persistence.hydrate()
        return self.state

    async def aclose(self) -> None:
        """
        Close the connections; calls on their way fail.

        What the storage does not have yet is written first, if that takes no more than some
        seconds. Clients made from this one can call no more either; closing one of those closes
        nothing. Closing twice is harmless.
        """
        if self._owns_engine:
            await self._actor.engine.aclose()
            if self._persistence is not None:
                await self._persistence.flush()

    async def __aenter__(self) -> Self:
        await self.hydrate()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


def _member_dialect(address: ProjectAddress) -> Dialect:
    public_token = address.public_token

    def authorization(state: SessionState) -> str:
        credentials = f"{public_token}:{state.session_token or public_token}".encode()
        return f"Basic {b2a_base64(credentials, newline=False).decode('ascii')}"

    return Dialect(
        authorization=authorization,
        envelope=True,
        fills={Fill.PUBLIC_TOKEN: public_token},
        address=address,
    )


def _drift_reporter(observer: Observer) -> DriftReporter:
    from .._drift import DriftReporter

    return DriftReporter(observer.drift_found)


def _fetch_bootstrap(engine: Engine, options: Options) -> Coroutine[Any, Any, BootstrapResponse]:
    from .bootstrap import AsyncBootstrap

    # Nobody's session is needed to read the settings, so none is sent.
    return AsyncBootstrap(Actor(engine, StateCell(), options)).get()
