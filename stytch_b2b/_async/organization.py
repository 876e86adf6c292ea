"""The Organization of the Member whose session the client holds."""

from __future__ import annotations

from .._declare import EndpointGroup
from .._endpoint import ActsAs, Retry, StateEffect
from ..models.organization import OrganizationResponse
from ..permissions import UNDOCUMENTED
from ._resource import AsyncResource

organization = EndpointGroup("organization")


class AsyncOrganization(AsyncResource):
    """The Organization of the Member whose session the client holds."""

    __slots__ = ()

    @organization.get(
        "/sdk/v1/b2b/organizations/me",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.READ,
        state_effect=StateEffect.UPDATE_ORGANIZATION,
    )
    async def get(self) -> OrganizationResponse:
        """
        Get the Organization, and keep it as the client's.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NoSessionError: The client holds no session.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/organizations/get-organization
        """
        ...
