"""What belongs to no flow alone."""

from __future__ import annotations

from typing import get_args

from .._arguments import PKCEFlow
from .._pkce import PKCEPair
from ..errors import InvalidArgumentError
from ._resource import AsyncResource


class AsyncUtils(AsyncResource):
    """What belongs to no flow alone."""

    __slots__ = ()

    def get_pkce_pair(self, flow: PKCEFlow) -> PKCEPair | None:
        """
        Return the PKCE pair that is kept for a flow, or ``None``.

        Nothing is sent, and no pair is made: a flow's pair is made by the call that begins the
        flow and forgotten when the flow has succeeded. Hand its verifier, which is a secret, to a
        backend that is to end a flow which this client began.

        React Native keeps one pair for all flows and so asks for none. Here each flow has its
        own, and which one is meant has to be said: the wrong verifier ends no login.

        Args:
            flow: ``magic_links``, ``oauth``, ``passwords`` or ``sso``. A flow's discovery variant
                shares its pair, and Google One Tap that of ``oauth``.

        Raises:
            InvalidArgumentError: There is no such flow.
        """
        if flow not in get_args(PKCEFlow):
            problem = f"is none of {', '.join(get_args(PKCEFlow))}"
            raise InvalidArgumentError(endpoint="utils.get_pkce_pair", problems={"flow": problem})
        return self._actor.cell.state.pkce_pairs.get(flow)
