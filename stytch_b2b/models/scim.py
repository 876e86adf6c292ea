"""The SCIM connection of an Organization, its token and its groups."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import field, frozen

from ._response import APIResponse
from ._types import Timestamp, redacted

SCIMConnectionStatus: TypeAlias = Literal["active", "deleted"] | str


@frozen(kw_only=True)
class SCIMGroupImplicitRoleAssignment:
    """A role that every Member in a group of the identity provider has."""

    role_id: str
    group_id: str
    group_name: str


@frozen(kw_only=True)
class SCIMConnection:
    """A SCIM connection, its tokens shown by their last four characters only."""

    organization_id: str
    connection_id: str
    status: SCIMConnectionStatus
    display_name: str
    identity_provider: str
    """The provider, such as ``okta``, or ``generic``."""
    base_url: str
    """What to enter at the identity provider as the address of the SCIM server."""
    bearer_token_last_four: str
    scim_group_implicit_role_assignments: tuple[SCIMGroupImplicitRoleAssignment, ...]
    next_bearer_token_last_four: str
    """Last four characters of the token being rotated in, or an empty string."""
    bearer_token_expires_at: Timestamp | None = None
    next_bearer_token_expires_at: Timestamp | None = None


@frozen(kw_only=True)
class SCIMConnectionWithToken:
    """A new SCIM connection with its token, which is shown this once."""

    organization_id: str
    connection_id: str
    status: SCIMConnectionStatus
    display_name: str
    identity_provider: str
    """The provider, such as ``okta``, or ``generic``."""
    base_url: str
    """What to enter at the identity provider as the address of the SCIM server."""
    bearer_token: str = field(repr=redacted)
    """What to enter at the identity provider as its credential."""
    scim_group_implicit_role_assignments: tuple[SCIMGroupImplicitRoleAssignment, ...]
    bearer_token_expires_at: Timestamp | None = None


@frozen(kw_only=True)
class SCIMConnectionWithNextToken:
    """A SCIM connection with the token being rotated in, which is shown this once."""

    organization_id: str
    connection_id: str
    status: SCIMConnectionStatus
    display_name: str
    base_url: str
    """What to enter at the identity provider as the address of the SCIM server."""
    identity_provider: str
    """The provider, such as ``okta``, or ``generic``."""
    bearer_token_last_four: str
    next_bearer_token: str = field(repr=redacted)
    """What to enter at the identity provider before the rotation is completed."""
    scim_group_implicit_role_assignments: tuple[SCIMGroupImplicitRoleAssignment, ...]
    bearer_token_expires_at: Timestamp | None = None
    next_bearer_token_expires_at: Timestamp | None = None


@frozen(kw_only=True)
class SCIMGroup:
    """A group of the identity provider, as the SCIM connection provisions it."""

    group_id: str
    group_name: str
    organization_id: str
    connection_id: str


@frozen(kw_only=True)
class SCIMConnectionResponse(APIResponse):
    """An answer that holds the SCIM connection as it is now."""

    connection: SCIMConnection


@frozen(kw_only=True)
class SCIMGetConnectionResponse(APIResponse):
    """An answer that holds the SCIM connection, if there is one."""

    connection: SCIMConnection | None = None


@frozen(kw_only=True)
class SCIMConnectionWithTokenResponse(APIResponse):
    """An answer that holds a new SCIM connection and its token."""

    connection: SCIMConnectionWithToken


@frozen(kw_only=True)
class SCIMConnectionWithNextTokenResponse(APIResponse):
    """An answer that holds the SCIM connection and the token being rotated in."""

    connection: SCIMConnectionWithNextToken


@frozen(kw_only=True)
class SCIMConnectionDeletedResponse(APIResponse):
    """An answer that tells which SCIM connection is gone."""

    connection_id: str


@frozen(kw_only=True)
class SCIMGroupsResponse(APIResponse):
    """One page of the groups that a SCIM connection provisions."""

    # The API promises no request ID on this page.
    request_id: str = ""
    """What Stytch's support asks for, or an empty string."""
    scim_groups: tuple[SCIMGroup, ...]
    next_cursor: str | None = None
    """What to ask the next page with; nothing on the last one."""
