"""
How a call is sent: the attempts that it takes, by itself or together with others.

What comes of it is an `Outcome`. Only `answer` makes an error of one, so that whoever shares an
outcome raises an error of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ._exchange import Exchange
from ._retry import Outcome, is_worth_repeating, repeat
from ._single_flight import SingleFlight
from ._wire import JSON_CONTENT_TYPE, AttemptTimeout, Request, Response, SendFailure
from .errors import (
    StytchConnectionError,
    StytchError,
    StytchOutcomeUnknownError,
    StytchTimeoutError,
)

if TYPE_CHECKING:
    from ._clock import Clock
    from ._config import Options
    from ._identity import SDKClientHeader
    from ._protected_auth import Providers
    from ._state import SessionState
    from ._transport import Transport


class Sender:
    """
    Sends the calls of one engine.

    Args:
        transport: Makes the attempts.
        authorization: Makes the ``Authorization`` header for the state that a call acts with.
        clock: The only source of time.
        identity: Makes the ``X-SDK-Client`` header.
        user_agent: The ``User-Agent`` header.
        providers: Make the proofs that each attempt of a protected call carries.
    """

    def __init__(
        self,
        *,
        transport: Transport,
        authorization: Callable[[SessionState], str],
        clock: Clock,
        identity: SDKClientHeader,
        user_agent: str,
        providers: Providers,
    ) -> None:
        self._transport = transport
        self._authorization = authorization
        self._clock = clock
        self._identity = identity
        self._user_agent = user_agent
        self._providers = providers
        self._flights = SingleFlight[_Landed]()

    def send(self, exchange: Exchange) -> Coroutine[Any, Any, Outcome]:
        """Send a call, again where that may help, and return what came of it."""
        if exchange.endpoint.shares_flight:
            return self._send_together(exchange)
        return self._send_alone(exchange)

    async def _send_together(self, exchange: Exchange) -> Outcome:
        """Return the outcome of the one flight of all who send the same in this event loop."""
        endpoint, arguments = exchange.endpoint, exchange.arguments
        session = exchange.state.member_session
        sent_before = exchange.attempts
        key = (
            endpoint,
            self._authorization(exchange.state),
            endpoint.target(arguments),
            endpoint.body(arguments),
            # Who has heard of the session meanwhile must not be told how it was before.
            session and session.last_accessed_at,
        )

        async def lead() -> _Landed:
            began = self._clock.monotonic()
            outcome = await self._send_alone(exchange)
            return _Landed(outcome, exchange.attempts - sent_before, exchange.options, began)

        while True:
            came = self._clock.monotonic()
            try:
                landed = await self._flights.share(key, lead, patience=exchange.seconds_left)
            except TimeoutError:
                reason = "out of time while another caller waited for the same answer"
                return SendFailure(reason, maybe_sent=True, timed_out=True)
            if not landed.leaves_open(exchange, came, now=self._clock.monotonic()):
                exchange.attempts = sent_before + landed.attempts
                return landed.outcome

    async def _send_alone(self, exchange: Exchange) -> Outcome:
        endpoint = exchange.endpoint
        outcome = await self._attempt(exchange)
        retries = exchange.options.retries
        failed = isinstance(outcome, SendFailure) or not outcome.is_success
        if failed and retries and is_worth_repeating(outcome, endpoint.retry):
            outcome = await repeat(
                outcome,
                lambda: self._attempt_again(exchange),
                retry=endpoint.retry,
                retries=retries,
                clock=self._clock,
                deadline=exchange.deadline,
            )
        return outcome

    async def _attempt_again(self, exchange: Exchange) -> Outcome:
        if exchange.endpoint.proofs:
            await self._providers.prove(exchange)
        return await self._attempt(exchange)

    def _attempt(self, exchange: Exchange) -> Coroutine[Any, Any, Outcome]:
        exchange.attempts += 1
        attempt = self._send_once(exchange)
        return attempt if exchange.observation is None else exchange.observation.attempt(attempt)

    async def _send_once(self, exchange: Exchange) -> Outcome:
        endpoint, arguments = exchange.endpoint, exchange.arguments
        headers = {
            "Authorization": self._authorization(exchange.state),
            "Content-Type": JSON_CONTENT_TYPE,
            "Accept": JSON_CONTENT_TYPE,
            "X-SDK-Client": self._identity.value(self._clock.now()),
            "User-Agent": self._user_agent,
        }
        timeout = exchange.options.timeout
        try:
            return await self._transport.send(
                Request(
                    method=endpoint.method,
                    target=endpoint.target(arguments),
                    headers=headers,
                    body=endpoint.body(arguments),
                ),
                AttemptTimeout(
                    connect=timeout.connect, read=timeout.read, total=exchange.seconds_left
                ),
                repeatable=endpoint.retry.is_repeatable,
            )
        except SendFailure as failure:
            return failure


@frozen
class _Landed:
    """What a flight brought to all who shared it."""

    outcome: Outcome
    attempts: int
    options: Options
    """Those of the leader, which say when it gave up."""
    began: float
    """When the flight did, on the clock's monotonic time."""

    def leaves_open(self, exchange: Exchange, came: float, *, now: float) -> bool:
        """
        Tell whether one who waited might get more out of it.

        So it is where the leader gave up, and another has more time or more attempts: by its
        options, or because it came when the leader's time was mostly over.

        Args:
            exchange: The call that waited.
            came: Since when, on the clock's monotonic time.
            now: The clock's monotonic time.
        """
        if not is_worth_repeating(self.outcome, exchange.endpoint.retry):
            return False
        out_of_time = isinstance(self.outcome, SendFailure) and self.outcome.timed_out
        came_late = now - came < (now - self.began) / 2
        return exchange.options != self.options or (out_of_time and came_late)


def answer(exchange: Exchange, outcome: Outcome) -> Response:
    """
    Return the answer that *outcome* is.

    Raises:
        StytchError: There is none.
    """
    if isinstance(outcome, SendFailure):
        raise _lost(exchange, outcome) from outcome
    return outcome


def _lost(exchange: Exchange, failure: SendFailure) -> StytchError:
    """Return the error for a call that got no answer."""
    name, attempts = exchange.endpoint.name, exchange.attempts
    if failure.maybe_sent and not exchange.endpoint.retry.is_repeatable:
        return StytchOutcomeUnknownError(
            endpoint=name, reason=failure.reason, attempts=attempts, timed_out=failure.timed_out
        )
    if failure.timed_out:
        return StytchTimeoutError(endpoint=name, reason=failure.reason, attempts=attempts)
    return StytchConnectionError(endpoint=name, reason=failure.reason, attempts=attempts)
