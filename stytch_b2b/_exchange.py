"""One call on its way, and what it presents once something else was refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from ._endpoint import Endpoint, Fill, PKCEVerifierByTrial
from ._pkce import SUPERFLUOUS_VERIFIER, WRONG_VERIFIER
from .errors import ServerError, StytchAPIError, StytchError

if TYPE_CHECKING:
    from ._clock import Clock
    from ._config import Options
    from ._observation import Observation
    from ._state import SessionState


@frozen
class ProofPlan:
    """Which proofs a call carries."""

    first: frozenset[Fill] = frozenset()
    """With what the call is sent."""
    on_demand: frozenset[Fill] = frozenset()
    """With what the call is repeated, once, if the API demands a CAPTCHA."""


NO_PROOFS = ProofPlan()


@define(kw_only=True)
class Exchange:
    """One call on its way: what is sent, as whom, and how often it was."""

    endpoint: Endpoint
    given: Mapping[str, Any] = field(repr=False)
    """The arguments of the caller, which nothing replaces."""
    arguments: dict[str, Any] = field(repr=False)
    """What is sent: those, and what the client filled in."""
    options: Options
    clock: Clock
    started: float
    """When the call began, on the clock's monotonic time."""
    state: SessionState
    """What the call acts with."""
    observation: Observation | None = field(default=None, repr=False)
    """Who is told of the attempts, if anybody is."""
    proofs: ProofPlan = NO_PROOFS
    attempts: int = 0

    @property
    def deadline(self) -> float:
        """When the call must be over, on the clock's monotonic time."""
        return self.started + self.options.timeout.deadline

    @property
    def seconds_left(self) -> float:
        """How long it is until the deadline; below zero when that has passed."""
        return self.deadline - self.clock.monotonic()

    @property
    def has_alternatives(self) -> bool:
        """Whether there may be something else to present after a refusal."""
        return bool(self.endpoint.verifiers or self.proofs.on_demand)

    def present(self, name: str, value: str | None) -> None:
        """Send *value* as the argument *name* from now on, or nothing where it is ``None``."""
        self.arguments.pop(name, None)
        if value is not None:
            self.arguments[name] = value

    def present_next_verifier(self, error: StytchError) -> bool:
        """
        Go on to the next code verifier, or to none, and return whether *error* called for that.

        What the caller gave is left alone, and so is a flow whose verifier is known.
        """
        if not isinstance(error, StytchAPIError) or isinstance(error, ServerError):
            return False
        for name, filler in self.endpoint.verifiers.items():
            sent = self.arguments.get(name)
            if sent is None or name in self.given or not isinstance(filler, PKCEVerifierByTrial):
                continue
            if error.error_type == SUPERFLUOUS_VERIFIER and filler.may_do_without:
                self.present(name, None)
                return True
            held = held_verifiers(filler, self.state)
            untried = held[held.index(sent) + 1 :]
            if error.error_type in WRONG_VERIFIER and untried:
                self.present(name, untried[0])
                return True
        return False


def held_verifiers(filler: PKCEVerifierByTrial, state: SessionState) -> list[str]:
    """Return the code verifiers that may be tried, in order and each once."""
    pairs = (state.pkce_pairs.get(flow) for flow in filler.flows)
    return list(dict.fromkeys(pair.code_verifier for pair in pairs if pair is not None))
