"""What the Member may do, as the project's RBAC policy tells; the server has the last word."""

from __future__ import annotations

from collections.abc import Mapping

from .._policy import Decision, explain
from ..models.rbac import RBACPolicy
from ..permissions import Permission
from ._resource import AsyncResource


class AsyncRBAC(AsyncResource):
    """What the Member may do, as the project's RBAC policy tells; the server has the last word."""

    __slots__ = ()

    async def is_authorized(self, resource_id: str, action: str) -> bool:
        """
        Return whether a role of the Member grants *action* on *resource_id*.

        The policy is fetched if none is held or if it is older than ten minutes. Custom roles of
        the Organization count. ``False`` without a session, for a role or resource that nobody
        knows, and if the policy cannot be had.

        Args:
            resource_id: Such as ``stytch.scim`` or a resource of your own.
            action: Such as ``update``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/rbac/is-authorized
        """
        await self._actor.engine.refresh_policy(self._actor.options)
        return self.is_authorized_sync(resource_id, action)

    def is_authorized_sync(self, resource_id: str, action: str) -> bool:
        """
        Return the same as `is_authorized` by the policy that is held, however old.

        Nothing is fetched; ``False`` if no policy was fetched yet.

        Args:
            resource_id: Such as ``stytch.scim`` or a resource of your own.
            action: Such as ``update``.
        """
        return self._grants(Permission(resource_id, action))

    async def all_permissions(self) -> Mapping[str, Mapping[str, bool]]:
        """
        Return for each resource of the policy which of its actions the Member may take.

        The policy is fetched if none is held or if it is older than ten minutes. Empty if it
        cannot be had; all ``False`` without a session.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/rbac/permissions
        """
        await self._actor.engine.refresh_policy(self._actor.options)
        policy = self._policy
        if policy is None:
            return {}
        return {
            resource.resource_id: {
                action: self._grants(Permission(resource.resource_id, action))
                for action in resource.actions
            }
            for resource in policy.resources
        }

    async def refresh_policy(self) -> None:
        """
        Fetch the policy now, also if the one that is held is not ten minutes old yet.

        All clients made from one share the policy. This is for whoever has just changed it, as in
        the dashboard; otherwise it is fetched when it is needed.

        Raises:
            StytchError: It cannot be had; the one that is held stays.
        """
        await self._actor.engine.refetch_policy(self._actor.options)

    @property
    def _policy(self) -> RBACPolicy | None:
        return self._actor.engine.policies.policy

    def _grants(self, permission: Permission) -> bool:
        explanation = explain((permission,), self._actor.cell.state, self._policy)
        return explanation.decision is Decision.ALLOWED
