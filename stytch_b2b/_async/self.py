"""The Member whose session the client holds."""

from __future__ import annotations

from .._declare import EndpointGroup
from .._endpoint import ActsAs, Retry, StateEffect
from ..models.member import MemberResponse
from ..permissions import UNDOCUMENTED
from ._resource import AsyncResource

self_ = EndpointGroup("self")


class AsyncSelf(AsyncResource):
    """The Member whose session the client holds."""

    __slots__ = ()

    @self_.get(
        "/sdk/v1/b2b/organizations/members/me",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.READ,
        state_effect=StateEffect.UPDATE_MEMBER,
    )
    async def get(self) -> MemberResponse:
        """
        Get the Member, and keep it as the client's.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NoSessionError: The client holds no session.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/get-member
        """
        ...
