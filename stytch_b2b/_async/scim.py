"""SCIM connections: an identity provider tells Stytch who the Members of an Organization are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from .._arguments import SCIMGroupRole, SCIMIdentityProvider
from .._declare import EndpointGroup
from .._endpoint import ActsAs, Retry
from ..models.scim import (
    SCIMConnectionDeletedResponse,
    SCIMConnectionResponse,
    SCIMConnectionWithNextTokenResponse,
    SCIMConnectionWithTokenResponse,
    SCIMGetConnectionResponse,
    SCIMGroup,
    SCIMGroupsResponse,
)
from ..permissions import ORGANIZATION, SCIM
from ._resource import AsyncResource
from .results import AsyncResults, Page

scim = EndpointGroup("scim")


class AsyncSCIM(AsyncResource):
    """The SCIM connection of the Member's Organization, of which one can be active."""

    __slots__ = ()

    @scim.post(
        "/sdk/v1/b2b/scim",
        acts_as=ActsAs.SESSION,
        permission=SCIM["create"],
        retry=Retry.CREATES,
    )
    async def create_connection(
        self,
        *,
        display_name: str | None = None,
        identity_provider: SCIMIdentityProvider | None = None,
    ) -> SCIMConnectionWithTokenResponse:
        """
        Create the SCIM connection of the Organization.

        The response alone holds the whole bearer token: hand it to the identity provider now.

        Args:
            display_name: Name that people see. Default: none.
            identity_provider: Where the users come from. Default: ``generic``.

        Raises:
            ConflictError: The Organization has an active connection already.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the connection may exist, and its token
                can only be had by `rotate_start`.

        Permission:
            ``create`` on ``stytch.scim``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/scim/create-connection
        """
        ...

    @scim.put(
        "/sdk/v1/b2b/scim/{connection_id}",
        acts_as=ActsAs.SESSION,
        permission=SCIM["update"],
        field_permissions={
            "scim_group_implicit_role_assignments": ORGANIZATION["update.settings.implicit-roles"],
        },
        retry=Retry.IDEMPOTENT,
    )
    async def update_connection(
        self,
        connection_id: str,
        *,
        display_name: str | None = None,
        identity_provider: SCIMIdentityProvider | None = None,
        scim_group_implicit_role_assignments: Sequence[SCIMGroupRole] | None = None,
    ) -> SCIMConnectionResponse:
        """
        Update a SCIM connection.

        Only what is given changes.

        Args:
            connection_id: ID of the connection.
            display_name: Name that people see.
            identity_provider: Where the users come from, such as ``okta``.
            scim_group_implicit_role_assignments: Roles by group, ``{"group_id": ..., "role_id":
                ...}`` each. Replaces all that were assigned before.

        Raises:
            PermissionDeniedError: The Member lacks a permission named below.
            NotFoundError: The Organization has no such connection.
            NoSessionError: The client holds no session.

        Permission:
            ``update`` on ``stytch.scim``.
            scim_group_implicit_role_assignments: ``update.settings.implicit-roles`` on
            ``stytch.organization`` instead.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/scim/update-connection
        """
        ...

    @scim.delete(
        "/sdk/v1/b2b/scim/{connection_id}",
        acts_as=ActsAs.SESSION,
        permission=SCIM["delete"],
        retry=Retry.ENDS,
    )
    async def delete_connection(self, connection_id: str) -> SCIMConnectionDeletedResponse:
        """
        Delete a SCIM connection.

        Args:
            connection_id: ID of the connection.

        Raises:
            PermissionDeniedError: The Member lacks the permission named below.
            NotFoundError: The Organization has no such connection.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the connection may be deleted.

        Permission:
            ``delete`` on ``stytch.scim``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/scim/delete-connection
        """
        ...

    @scim.get(
        "/sdk/v1/b2b/scim",
        acts_as=ActsAs.SESSION,
        permission=SCIM["get"],
        retry=Retry.READ,
    )
    async def get_connection(self) -> SCIMGetConnectionResponse:
        """
        Get the SCIM connection of the Organization.

        Raises:
            PermissionDeniedError: The Member lacks the permission named below.
            NotFoundError: The Organization has no connection.
            NoSessionError: The client holds no session.

        Permission:
            ``get`` on ``stytch.scim``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/scim/get-connection
        """
        ...

    @scim.post(
        "/sdk/v1/b2b/scim/groups",
        acts_as=ActsAs.SESSION,
        permission=SCIM["get"],
        retry=Retry.READ,
    )
    async def get_connection_groups(
        self,
        *,
        cursor: str | None = None,
        limit: Annotated[int, Meta(ge=0, le=1000)] | None = None,
    ) -> SCIMGroupsResponse:
        """
        Get a page of the groups that the identity provider sent.

        Args:
            cursor: `SCIMGroupsResponse.next_cursor` of the page before; without it, the first page.
            limit: Groups to a page, 0 to 1000. Default: 100.

        Raises:
            PermissionDeniedError: The Member lacks the permission named below.
            NotFoundError: The Organization has no connection.
            NoSessionError: The client holds no session.

        Permission:
            ``get`` on ``stytch.scim``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/scim/get-connection-groups
        """
        ...

    def get_all_connection_groups(
        self,
        *,
        cursor: str | None = None,
        limit: Annotated[int, Meta(ge=0, le=1000)] | None = None,
    ) -> AsyncResults[SCIMGroup]:
        """
        Go through all groups that the identity provider sent.

        Nothing is sent before the first is asked for; each page is one `get_connection_groups`,
        with its errors and its permission.

        Args:
            cursor: `AsyncResults.cursor` of where to go on; without it, the first page.
            limit: Groups to a page, 0 to 1000. Default: 100.
        """

        async def fetch(cursor: str | None) -> Page[SCIMGroup]:
            page = await self.get_connection_groups(cursor=cursor, limit=limit)
            return page.scim_groups, page.next_cursor

        return AsyncResults(fetch, call="scim.get_connection_groups", cursor=cursor)

    @scim.post(
        "/sdk/v1/b2b/scim/rotate/start",
        acts_as=ActsAs.SESSION,
        permission=SCIM["update"],
        retry=Retry.CREATES,
    )
    async def rotate_start(self, connection_id: str) -> SCIMConnectionWithNextTokenResponse:
        """
        Begin to replace the bearer token of a connection.

        The response alone holds the whole next token. Both tokens are accepted until
        `rotate_complete` ends the old one, or `rotate_cancel` the next.

        Args:
            connection_id: ID of the connection.

        Raises:
            PermissionDeniedError: The Member lacks the permission named below.
            NotFoundError: The Organization has no such connection.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; a rotation may have begun.

        Permission:
            ``update`` on ``stytch.scim``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/scim/rotate-token-start
        """
        ...

    @scim.post(
        "/sdk/v1/b2b/scim/rotate/complete",
        acts_as=ActsAs.SESSION,
        permission=SCIM["update"],
        retry=Retry.ENDS,
    )
    async def rotate_complete(self, connection_id: str) -> SCIMConnectionResponse:
        """
        Make the next bearer token of a connection the only one.

        Args:
            connection_id: ID of the connection.

        Raises:
            BadRequestError: No rotation has begun.
            PermissionDeniedError: The Member lacks the permission named below.
            NotFoundError: The Organization has no such connection.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the old token may be refused by now.

        Permission:
            ``update`` on ``stytch.scim``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/scim/rotate-token-complete
        """
        ...

    @scim.post(
        "/sdk/v1/b2b/scim/rotate/cancel",
        acts_as=ActsAs.SESSION,
        permission=SCIM["update"],
        retry=Retry.ENDS,
    )
    async def rotate_cancel(self, connection_id: str) -> SCIMConnectionResponse:
        """
        Give up the next bearer token of a connection and keep the old one.

        Args:
            connection_id: ID of the connection.

        Raises:
            BadRequestError: No rotation has begun.
            PermissionDeniedError: The Member lacks the permission named below.
            NotFoundError: The Organization has no such connection.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the next token may be refused by now.

        Permission:
            ``update`` on ``stytch.scim``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/scim/rotate-token-cancel
        """
        ...
