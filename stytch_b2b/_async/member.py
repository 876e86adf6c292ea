"""The Member under the names that `AsyncSelf` has taken over."""

from __future__ import annotations

from collections.abc import Callable

from .._arguments import MFAMethodName
from .._deprecated import deprecated
from .._state import Unsubscribe
from ..models._types import JSONObject
from ..models.member import Member as MemberModel, MemberChangedResponse, MemberResponse
from ._resource import AsyncResource
from .self import AsyncSelf


class AsyncMember(AsyncResource):
    """The Member under the names that `AsyncSelf` has taken over; each call warns of that."""

    __slots__ = ()

    @property
    def _instead(self) -> AsyncSelf:
        return AsyncSelf(self._actor)

    @deprecated("client.member.get_sync is deprecated: call client.self.get_sync")
    def get_sync(self) -> MemberModel | None:
        """Return the Member that the client holds; deprecated for `AsyncSelf.get_sync`."""
        return self._instead.get_sync()

    @deprecated("client.member.on_change is deprecated: call client.self.on_change")
    def on_change(
        self, callback: Callable[[MemberModel | None, MemberModel | None], object]
    ) -> Unsubscribe:
        """
        Call *callback* when the Member changes; deprecated for `AsyncSelf.on_change`.

        Args:
            callback: Takes the Member before and after, ``None`` for none.

        Returns:
            A function that ends the subscription.
        """
        return self._instead.on_change(callback)

    @deprecated("client.member.get is deprecated: call client.self.get")
    async def get(self) -> MemberResponse:
        """Get the Member, and keep it as the client's; deprecated for `AsyncSelf.get`."""
        return await self._instead.get()

    @deprecated("client.member.update is deprecated: call client.self.update")
    async def update(
        self,
        *,
        name: str | None = None,
        mfa_enrolled: bool | None = None,
        mfa_phone_number: str | None = None,
        untrusted_metadata: JSONObject | None = None,
        default_mfa_method: MFAMethodName | None = None,
    ) -> MemberChangedResponse:
        """
        Update the Member; deprecated for `AsyncSelf.update`, which explains all this.

        Args:
            name: Name that people see.
            mfa_enrolled: Whether a second factor is asked for even where it is optional.
            mfa_phone_number: Phone number that passcodes go to.
            untrusted_metadata: Facts about the Member that it may change itself.
            default_mfa_method: The second factor that is asked for first.
        """
        return await self._instead.update(
            name=name,
            mfa_enrolled=mfa_enrolled,
            mfa_phone_number=mfa_phone_number,
            untrusted_metadata=untrusted_metadata,
            default_mfa_method=default_mfa_method,
        )

    @deprecated(
        "client.member.delete_mfa_phone_number is deprecated: "
        "call client.self.delete_mfa_phone_number"
    )
    async def delete_mfa_phone_number(self) -> MemberChangedResponse:
        """Delete the Member's phone number; deprecated for `AsyncSelf.delete_mfa_phone_number`."""
        return await self._instead.delete_mfa_phone_number()
