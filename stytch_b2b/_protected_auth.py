"""
Protected authentication: proof that a login comes from a person and not from a bot.

A project can have its logins carry two proofs: a telemetry id, which is the fingerprint of the
device (DFP), and a CAPTCHA token. The program's providers make them; which of them a call carries
is the project's decision, as its bootstrap data tells. Each value works once.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

import anyio
from attrs import field, frozen

from ._endpoint import PROOFS, Fill
from ._exchange import Exchange, ProofPlan
from ._portal import in_daemon_thread
from .errors import StytchConfigurationError

if TYPE_CHECKING:
    from .models.bootstrap import BootstrapResponse

_logger = logging.getLogger("stytch_b2b")


class DFPProvider(Protocol):
    """
    Gets telemetry ids: fingerprints of the device that a person logs in on.

    The method is either ``async def``, and runs in the event loop of the call, or an ordinary
    function that may block, and runs in a thread of its own. Both serve both clients. It may be
    called several times at once, and several times for one call.

    What it raises during a login is logged without its text, and the login goes on without an id;
    so it does if half of the time that the call has left was not enough.
    """

    def get_telemetry_id(self) -> Awaitable[str | None] | str | None:
        """Return a new telemetry id, which will be sent once, or ``None`` if there is none."""
        ...


class CaptchaProvider(Protocol):
    """
    Gets CAPTCHA tokens: proof that a person was there.

    The method is either ``async def``, and runs in the event loop of the call, or an ordinary
    function that may block, and runs in a thread of its own. Both serve both clients. It may be
    called several times at once, and several times for one call.

    What it raises during a login is logged without its text, and the login goes on without a token;
    so it does if half of the time that the call has left was not enough.
    """

    def get_token(self) -> Awaitable[str | None] | str | None:
        """Return a new CAPTCHA token, which will be sent once, or ``None`` if there is none."""
        ...


_Ask: TypeAlias = Callable[[], Awaitable[str | None] | str | None]


class ProviderTooSlowError(Exception):
    """A provider was not done when its time was over: no error of the provider's own."""


@frozen(kw_only=True)
class Providers:
    """The providers of a client, and of all clients made from it."""

    dfp: DFPProvider | None = field(default=None, repr=False)
    captcha: CaptchaProvider | None = field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        for name, provider, method in (
            ("dfp_provider", self.dfp, "get_telemetry_id"),
            ("captcha_provider", self.captcha, "get_token"),
        ):
            if provider is not None and not callable(getattr(provider, method, None)):
                msg = f"{name} has no method {method}(): {provider!r}"
                raise StytchConfigurationError(msg)

    @property
    def are_there(self) -> bool:
        """Whether calls carry proofs at all."""
        return self.dfp is not None or self.captcha is not None

    @property
    def need_bootstrap(self) -> bool:
        """Whether it depends on the project's settings which proofs a call carries."""
        return self.dfp is not None

    def plan(self, bootstrap: BootstrapResponse | None) -> ProofPlan:
        """
        Return the proofs of a call.

        Args:
            bootstrap: The project's settings, if they are known.
        """
        settings = None if bootstrap is None else bootstrap.captcha_settings
        has_captcha = settings is None or settings.enabled
        captcha = frozenset({Fill.CAPTCHA_TOKEN} if has_captcha else ())
        has_both = self.dfp is not None and self.captcha is not None
        on_demand = PROOFS if has_both else frozenset[Fill]()
        if bootstrap is None:
            # The project may protect itself, though it could not be asked.
            return ProofPlan(captcha, on_demand)
        if self.dfp is None or not bootstrap.dfp_protected_auth_enabled:
            return ProofPlan(captcha)
        telemetry = frozenset({Fill.DFP_TELEMETRY_ID})
        # Any other mode counts as the default one, OBSERVATION.
        is_deciding = bootstrap.dfp_protected_auth_mode == "DECISIONING"
        return ProofPlan(
            first=telemetry if is_deciding else telemetry | captcha,
            on_demand=on_demand,
        )

    async def prove(self, exchange: Exchange) -> None:
        """Present new proofs with a call, in place of those it was sent with."""
        for proof, name in exchange.endpoint.proofs.items():
            if name in exchange.given:
                continue
            value = None
            if proof in exchange.proofs.first:
                # A provider that hangs leaves some time for the call itself.
                value = await self.ask_if_possible(proof, max(0, exchange.seconds_left / 2))
            exchange.present(name, value)

    async def meet_demand(self, exchange: Exchange) -> bool:
        """Present new proofs after the API demanded a CAPTCHA, and return whether that was met."""
        on_demand = exchange.proofs.on_demand
        captcha_token = exchange.endpoint.proofs.get(Fill.CAPTCHA_TOKEN)
        if not on_demand or captcha_token in exchange.given:
            return False
        exchange.proofs = ProofPlan(on_demand)
        await self.prove(exchange)
        return captcha_token in exchange.arguments

    def missing_for(
        self, exchange: Exchange, bootstrap: BootstrapResponse | None
    ) -> tuple[str, ...]:
        """Return which arguments of the client would have let it meet the demand for a CAPTCHA."""
        captcha_token = exchange.endpoint.proofs.get(Fill.CAPTCHA_TOKEN)
        if captcha_token is None or captcha_token in exchange.given:
            return ()
        wants_dfp = bootstrap is None or bootstrap.dfp_protected_auth_enabled
        return tuple(
            name
            for name, is_missing in (
                ("dfp_provider", self.dfp is None and wants_dfp),
                ("captcha_provider", self.captcha is None),
            )
            if is_missing
        )

    async def ask(self, proof: Fill, seconds: float) -> str | None:
        """
        Return a new value of *proof*, or ``None`` if its provider has none.

        Args:
            proof: One of `PROOFS`.
            seconds: How long the provider may take.

        Raises:
            ProviderTooSlowError: It takes longer.
            Exception: Whatever the provider raises.
        """
        ask = self._method(proof)
        if ask is None:
            return None
        with anyio.move_on_after(seconds):
            return await _answer(ask)
        raise ProviderTooSlowError

    async def ask_if_possible(self, proof: Fill, seconds: float) -> str | None:
        """Return the same as `ask`; a failure is logged, and ``None`` as well."""
        try:
            return await self.ask(proof, seconds)
        except Exception as error:
            # By its class alone: a provider's text may quote what it got.
            name = type(error).__name__
            _logger.warning("%s is left out, its provider failed: %s", proof.value, name)
            return None

    def _method(self, proof: Fill) -> _Ask | None:
        if proof is Fill.DFP_TELEMETRY_ID:
            return None if self.dfp is None else self.dfp.get_telemetry_id
        return None if self.captcha is None else self.captcha.get_token


NO_PROVIDERS = Providers()


async def _answer(ask: _Ask) -> str | None:
    answer: object
    if inspect.iscoroutinefunction(ask):
        answer = await ask()
    else:
        answer = await in_daemon_thread(ask)
        if inspect.isawaitable(answer):
            answer = await answer
    if answer is None or answer == "":
        return None
    if not isinstance(answer, str):
        msg = f"a provider returned {type(answer).__name__}, not text"
        raise TypeError(msg)
    # What cannot be sent is the provider's failure, not the login's.
    answer.encode()
    return answer
