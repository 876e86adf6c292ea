"""The project's settings, as far as the public token may read them."""

from __future__ import annotations

from .._declare import EndpointGroup
from .._endpoint import ActsAs, Fill, Retry
from ..models.bootstrap import BootstrapResponse
from ._resource import AsyncResource

bootstrap = EndpointGroup("bootstrap")


class AsyncBootstrap(AsyncResource):
    """Settings of the project: its RBAC policy, and what its flows demand."""

    __slots__ = ()

    @bootstrap.get(
        "/sdk/v1/projects/bootstrap/{public_token}",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.READ,
        filled={"public_token": Fill.PUBLIC_TOKEN},
    )
    async def get(self) -> BootstrapResponse:
        """
        Get the project's settings.

        The client fetches them by itself where it needs them; call this to look at them.

        Raises:
            AuthenticationError: The API does not know the public token.

        Permission:
            None.
        """
        ...
