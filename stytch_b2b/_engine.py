"""
The request path: what happens between a bound call and its result.

Five stages, top to bottom in `Engine._call`: validate, authorise, enrich, send, settle; the fourth
is `_sending`'s. Nothing here knows which API it serves; a `Dialect` says how that API is spoken to.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

import anyio
from attrs import frozen

from ._converter import NotAJSONObject, decode
from ._effects import after_rejection, after_success, lacks_session
from ._endpoint import (
    ActsAs,
    Endpoint,
    Fill,
    PKCEChallenge,
    PKCEVerifier,
    PKCEVerifierByTrial,
    StateEffect,
)
from ._exchange import NO_PROOFS, Exchange, ProofPlan, held_verifiers
from ._observation import Observation
from ._pkce import PKCEPair
from ._policy import Decision, PolicyCache, explain
from ._protected_auth import NO_PROVIDERS, Providers
from ._sending import Sender, answer
from ._start_urls import ProjectAddress, StartPage
from ._state import SessionState, StateCell
from ._wire import (
    UNRECOVERABLE_ERROR_TYPES,
    Response,
    api_error,
)
from .errors import (
    CaptchaRequiredError,
    MissingPKCEError,
    NoSessionError,
    PermissionDeniedError,
    StytchAPIError,
    StytchError,
    StytchResponseError,
)
from .models._response import ResponseMeta, attach
from .permissions import UNDOCUMENTED

if TYPE_CHECKING:
    from ._clock import Clock
    from ._config import Options
    from ._drift import DriftReporter
    from ._identity import SDKClientHeader
    from ._observation import Observer
    from ._state import Listener
    from ._transport import Transport
    from .models.bootstrap import BootstrapResponse

_PACKAGE = __name__.partition(".")[0] + "."

_NOBODY = (None, None)
_LACKS_PERMISSION = "session_authorization_error"
_INTERMEDIATE_SESSION_GONE = "intermediate_session_not_found"
_FORBIDDEN = frozenset({_LACKS_PERMISSION, "session_authorization_tenancy_error"})


@frozen(kw_only=True)
class Dialect:
    """How one of Stytch's APIs is spoken to."""

    authorization: Callable[[SessionState], str]
    """Makes the ``Authorization`` header for the state that a call acts with."""
    envelope: bool
    """Whether a successful answer stands under ``data``."""
    fills: Mapping[Fill, str]
    """What the client fills in that never changes."""
    address: ProjectAddress
    """Where browsers are sent to begin a login."""


class Engine:
    """
    Takes calls through the request path; shared by all clients made from one.

    Args:
        transport: Sends requests.
        dialect: How the API is spoken to.
        clock: The only source of time.
        identity: Makes the ``X-SDK-Client`` header.
        user_agent: The ``User-Agent`` header.
        fetch_bootstrap: Fetches the project's bootstrap data through this engine.
        observer: Tells the log and the program's hooks.
        providers: Make the proofs that protected authentication asks for.
        drift: Compares answers with their models, where somebody wants to know.
    """

    def __init__(
        self,
        *,
        transport: Transport,
        dialect: Dialect,
        clock: Clock,
        identity: SDKClientHeader,
        user_agent: str,
        fetch_bootstrap: Callable[[Engine, Options], Awaitable[BootstrapResponse]],
        observer: Observer,
        providers: Providers = NO_PROVIDERS,
        drift: DriftReporter | None = None,
    ) -> None:
        self._transport = transport
        self._dialect = dialect
        self._clock = clock
        self._fetch_bootstrap = fetch_bootstrap
        self._observer = observer
        self._drift = drift
        self._made_at = _place_of_construction()
        self.state_listeners: tuple[Listener, ...] = observer.state_listeners
        self.providers = providers
        self.policies: PolicyCache = PolicyCache(clock)
        self._sender = Sender(
            transport=transport,
            authorization=dialect.authorization,
            clock=clock,
            identity=identity,
            user_agent=user_agent,
            providers=providers,
        )

    def __repr__(self) -> str:
        return repr(self._transport)

    def __del__(self) -> None:
        # At the end of the interpreter connections are closed in good order without this.
        if sys.is_finalizing() or not self._transport.open_connections:
            return
        self._transport.abandon()
        msg = f"a Stytch client was not closed; it was made at {self._made_at}"
        warnings.warn(msg, ResourceWarning, source=self, stacklevel=1)

    @property
    def address(self) -> ProjectAddress:
        """Where browsers are sent to begin a login."""
        return self._dialect.address

    @property
    def clock(self) -> Clock:
        """The only source of time."""
        return self._clock

    def require_open(self) -> None:
        """
        Do nothing, unless no call can be made any more.

        Raises:
            ClientClosedError: The client was closed.
        """
        self._transport.require_open()

    async def aclose(self) -> None:
        """Close all connections; calls on their way fail."""
        await self._transport.aclose()

    async def refresh_policy(self, options: Options, *, seconds: float | None = None) -> None:
        """
        Fetch the RBAC policy unless the one held is fresh; see `PolicyCache.refresh`.

        Args:
            options: Those of the call that needs the policy.
            seconds: What is left of its time. Default: all that *options* give.
        """
        seconds = options.timeout.deadline if seconds is None else seconds
        if seconds <= 0 or self.policies.is_fresh:
            return
        # Somebody else's fetch, which may have more time, is not waited for any longer either.
        with anyio.move_on_after(seconds):
            await self.policies.refresh(
                lambda: self._fetch_bootstrap(self, options.within(seconds))
            )

    async def refetch_policy(self, options: Options) -> None:
        """
        Fetch the RBAC policy, also if the one held is fresh.

        Raises:
            StytchError: It cannot be had; the one held stays.
        """
        self.policies.hold(await self._fetch_bootstrap(self, options))

    async def can(
        self,
        endpoint: Endpoint,
        given: Collection[str],
        state: SessionState,
        options: Options,
        *,
        member_id: str | None = None,
    ) -> Decision:
        """Return whether the Member of *state* may call *endpoint* with the arguments *given*."""
        if endpoint.acts_as is ActsAs.SESSION and state.session_token is None:
            return Decision.DENIED
        required = endpoint.required_permissions(given)
        if required:
            await self.refresh_policy(options)
        decision = explain(required, state, self.policies.policy, member_id=member_id).decision
        # Fields with permissions of their own need nothing of the call's.
        fields = set(given) - set(endpoint.path_fields)
        is_silent = endpoint.permission is UNDOCUMENTED and not (
            fields and fields <= endpoint.field_permissions.keys()
        )
        if decision is Decision.ALLOWED and is_silent:
            return Decision.UNKNOWN
        return decision

    def call(
        self,
        endpoint: Endpoint,
        arguments: Mapping[str, Any],
        cell: StateCell,
        options: Options,
    ) -> Coroutine[Any, Any, Any]:
        """
        Make one call and return its response.

        Raises:
            StytchError: Any of them; see `stytch_b2b.errors`.
        """
        # Handing a coroutine on instead of awaiting it here spares a call that nobody observes
        # the frame.
        if self._observer.watches_calls:
            return self._observed_call(endpoint, arguments, cell, options)
        return self._call(endpoint, arguments, cell, options)

    async def _observed_call(
        self,
        endpoint: Endpoint,
        arguments: Mapping[str, Any],
        cell: StateCell,
        options: Options,
    ) -> Any:
        observation = Observation(self._observer, endpoint, cell.state)
        try:
            observation.begin()
            response = await self._call(endpoint, arguments, cell, options, observation)
        except BaseException as error:
            observation.fail(error)
            raise
        observation.succeed(response.meta)
        return response

    async def _call(
        self,
        endpoint: Endpoint,
        arguments: Mapping[str, Any],
        cell: StateCell,
        options: Options,
        observation: Observation | None = None,
    ) -> Any:
        started = self._clock.monotonic()
        # The whole call acts as one Member, whoever logs in while it waits.
        state = cell.state
        given = endpoint.check(arguments)
        self._require_session(endpoint, given, state)
        if options.permission_checks == "enforce":
            await self._enforce(endpoint, given, state, options)
        exchange = Exchange(
            endpoint=endpoint,
            given=given,
            arguments=self._fill(endpoint, given, state, cell),
            options=options,
            clock=self._clock,
            started=started,
            state=state,
            observation=observation,
        )
        if endpoint.proofs and self.providers.are_there:
            exchange.proofs = await self._plan_proofs(exchange)
            await self.providers.prove(exchange)
        send = self._sender.send
        response = answer(exchange, await send(exchange))
        while not response.is_success and await self._presents_another(exchange, response):
            response = answer(exchange, await send(exchange))
        if endpoint.repeats_if_superseded and _is_superseded(state, by=cell.state):
            # Another session took the place of this one: the answer is about a session that
            # nobody holds any more.
            exchange.state = cell.state
            response = answer(exchange, await send(exchange))
        if not response.is_success:
            raise await self._refusal(exchange, response, cell)
        # No await from here on: whoever is cancelled after the answer keeps what it brought.
        return self._settle(exchange, response, cell)

    def _require_session(
        self, endpoint: Endpoint, given: Collection[str], state: SessionState
    ) -> None:
        acts_as = endpoint.acts_as
        if acts_as in (ActsAs.NO_SESSION, ActsAs.OPTIONAL_SESSION):
            return
        if state.session_token is not None and acts_as is not ActsAs.INTERMEDIATE_SESSION:
            return
        if acts_as is ActsAs.SESSION:
            raise NoSessionError(endpoint=endpoint.name, needs="a session")
        if "intermediate_session_token" in given or self._intermediate_token(state) is not None:
            return
        needs = "an intermediate session"
        if acts_as is ActsAs.INTERMEDIATE_OR_FULL_SESSION:
            needs = f"a session or {needs}"
        raise NoSessionError(endpoint=endpoint.name, needs=needs)

    async def _enforce(
        self, endpoint: Endpoint, given: Mapping[str, Any], state: SessionState, options: Options
    ) -> None:
        required = endpoint.required_permissions(given)
        if not required:
            return
        await self.refresh_policy(options)
        explanation = explain(
            required, state, self.policies.policy, member_id=given.get("member_id")
        )
        if explanation.decision is Decision.DENIED and self.policies.is_fresh:
            raise PermissionDeniedError(
                endpoint=endpoint.name,
                status_code=403,
                error_type=_LACKS_PERMISSION,
                error_message="the policy denies this call, so it was not sent",
                attempts=0,
                sent=False,
                missing_permissions=explanation.missing,
                required_permissions=explanation.required,
                held_roles=explanation.held_roles,
                granting_roles=explanation.granting_roles,
            )

    def _fill(
        self, endpoint: Endpoint, given: dict[str, Any], state: SessionState, cell: StateCell
    ) -> dict[str, Any]:
        if not endpoint.filled:
            return given
        filled = dict(given)
        for name, filler in endpoint.filled.items():
            if name in given:
                continue
            value: str | None
            match filler:
                case PKCEChallenge():
                    value = _pkce_pair(filler.flow, cell).code_challenge
                case PKCEVerifier():
                    pair = state.pkce_pairs.get(filler.flow)
                    if pair is None and filler.is_required:
                        raise MissingPKCEError(endpoint=endpoint.name, flow=filler.flow)
                    value = None if pair is None else pair.code_verifier
                case PKCEVerifierByTrial():
                    value = next(iter(held_verifiers(filler, state)), None)
                case Fill.INTERMEDIATE_SESSION_TOKEN:
                    value = self._intermediate_token(state)
                case _:
                    value = self._dialect.fills.get(filler)
            if value is not None:
                filled[name] = value
        return filled

    def _intermediate_token(self, state: SessionState) -> str | None:
        expires_at = state.intermediate_session_token_expires_at
        if expires_at is not None and expires_at <= self._clock.now():
            return None
        return state.intermediate_session_token

    async def _plan_proofs(self, exchange: Exchange) -> ProofPlan:
        if exchange.given.keys() >= set(exchange.endpoint.proofs.values()):
            return NO_PROOFS
        if self.providers.need_bootstrap:
            # If it hangs, what is left of the time is still enough for the call itself.
            await self.refresh_policy(exchange.options, seconds=exchange.seconds_left / 2)
            return self.providers.plan(self.policies.bootstrap)
        # Nothing is fetched for a token alone; but settings of yesterday are no reason to keep back
        # what the project may demand today.
        return self.providers.plan(self.policies.bootstrap if self.policies.is_fresh else None)

    async def _presents_another(self, exchange: Exchange, response: Response) -> bool:
        """Replace what *response* refuses, and return whether there was anything to replace it."""
        if not exchange.has_alternatives:
            return False
        error = self._error(exchange, response)
        if isinstance(error, CaptchaRequiredError):
            return await self.providers.meet_demand(exchange)
        if not exchange.present_next_verifier(error):
            return False
        await self.providers.prove(exchange)
        return True

    def _error(
        self, exchange: Exchange, response: Response
    ) -> StytchAPIError | StytchResponseError:
        return api_error(
            response,
            endpoint=exchange.endpoint.name,
            attempts=exchange.attempts,
            now=self._clock.now(),
        )

    async def _refusal(
        self, exchange: Exchange, response: Response, cell: StateCell
    ) -> StytchError:
        error = self._error(exchange, response)
        if not isinstance(error, StytchAPIError):
            return error
        if error.error_type in UNRECOVERABLE_ERROR_TYPES:
            cell.update(
                lambda state: (
                    after_rejection(exchange.endpoint, state)
                    if state.credentials == exchange.state.credentials
                    else state
                )
            )
        if error.error_type == _INTERMEDIATE_SESSION_GONE:
            # Or the token would be sent along, and refused, with every further try to log in.
            token = exchange.arguments.get("intermediate_session_token")
            cell.update(lambda state: state.without_intermediate_session(token))
        if isinstance(error, PermissionDeniedError) and error.error_type in _FORBIDDEN:
            await self._explain(error, exchange)
        if isinstance(error, CaptchaRequiredError):
            bootstrap = self.policies.bootstrap
            error.missing_providers = self.providers.missing_for(exchange, bootstrap)
        return error

    async def _explain(self, error: PermissionDeniedError, exchange: Exchange) -> None:
        required = exchange.endpoint.required_permissions(exchange.given)
        if required:
            # The refusal is what the caller waits for: its explanation gets the time that is left.
            await self.refresh_policy(exchange.options, seconds=exchange.seconds_left)
        explanation = explain(
            required,
            exchange.state,
            self.policies.policy,
            member_id=exchange.given.get("member_id"),
        )
        error.missing_permissions = explanation.missing
        lacks_one = error.error_type == _LACKS_PERMISSION and len(required) == 1
        if lacks_one and explanation.held_roles is None:
            # The Member's roles are not known; but the server refused, and for want of this one.
            error.missing_permissions = required
        error.required_permissions = explanation.required
        error.held_roles = explanation.held_roles
        error.granting_roles = explanation.granting_roles

    def _settle(self, exchange: Exchange, response: Response, cell: StateCell) -> Any:
        endpoint = exchange.endpoint
        try:
            model = decode(response.body, endpoint.response, envelope=self._dialect.envelope)
        except NotAJSONObject:
            raise _unreadable(endpoint, response) from None
        if self._drift is not None:
            self._drift.check(response.body, endpoint, envelope=self._dialect.envelope)
        if lacks_session(endpoint, model):
            raise _unreadable(endpoint, response)
        attach(
            model,
            ResponseMeta(
                status_code=response.status,
                headers=response.headers,
                request_id=model.request_id,
                body=response.body,
                attempts=exchange.attempts,
                elapsed=self._clock.monotonic() - exchange.started,
            ),
        )
        verifiers = [
            exchange.arguments[name] for name in endpoint.verifiers if name in exchange.arguments
        ]
        if endpoint.state_effect is StateEffect.NONE and not verifiers:
            return model

        def change(state: SessionState) -> SessionState:
            # Who logs in does so also if the session of before was found to be gone meanwhile.
            is_current = state.credentials == exchange.state.credentials
            is_login = (
                state.credentials == _NOBODY
                and endpoint.acts_as is not ActsAs.SESSION
                and not _continues(model, exchange.state)
            )
            if is_current or is_login:
                state = after_success(endpoint, model, state, now=self._clock.now())
            for verifier in verifiers:
                state = state.without_pkce_verifier(verifier)
            return state

        cell.update(change)
        return model


@frozen
class Actor:
    """Who calls: an engine, the state that it acts with, and the options of its calls."""

    engine: Engine
    cell: StateCell
    options: Options

    def call(self, endpoint: Endpoint, arguments: Mapping[str, Any]) -> Coroutine[Any, Any, Any]:
        """Take a bound call through the request path."""
        return self.engine.call(endpoint, arguments, self.cell, self.options)

    def start_url(self, page: StartPage, *, flow: str) -> str:
        """
        Return the URL of *page*, for a browser to begin a login at.

        Unless the page has a challenge, a new PKCE pair takes the place of the one that is kept
        for *flow*.
        """
        if page.has_challenge:
            return page.url(self.engine.address)
        pair = PKCEPair.generate()
        self.cell.update(lambda state: state.with_pkce_pair(flow, pair))
        return page.url(self.engine.address, code_challenge=pair.code_challenge)


def _place_of_construction() -> str:
    """Return file and line of the code outside this package that is making a client."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _pkce_pair(flow: str, cell: StateCell) -> PKCEPair:
    """Return the pair of *flow*; one that waits for its answer is used again."""
    pair = PKCEPair.generate()

    def change(state: SessionState) -> SessionState:
        nonlocal pair
        if flow in state.pkce_pairs:
            pair = state.pkce_pairs[flow]
            return state
        return state.with_pkce_pair(flow, pair)

    cell.update(change)
    return pair


def _unreadable(endpoint: Endpoint, response: Response) -> StytchResponseError:
    """Return the error for an answer that is not what such a call is answered with."""
    return StytchResponseError(
        endpoint=endpoint.name,
        status_code=response.status,
        headers=response.headers,
        body=response.body,
    )


def _continues(response: Any, state: SessionState) -> bool:
    """
    Tell whether *response* is about the session of *state*, and not about a new one.

    Who has logged out meanwhile does not get that session back.
    """
    session = getattr(response, "member_session", None)
    if session is None or state.session_token is None:
        return False
    return bool(
        response.session_token == state.session_token
        or (
            state.member_session is not None
            and session.member_session_id == state.member_session.member_session_id
        )
    )


def _is_superseded(state: SessionState, *, by: SessionState) -> bool:
    return by.session_token is not None and by.credentials != state.credentials
