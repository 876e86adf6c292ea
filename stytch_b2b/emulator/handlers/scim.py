"""Administration of the SCIM connection of the calling member's organization."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import scim
from ..schema import Field
from .operation import Call, operation

MOST_GROUPS_ON_A_PAGE = 1000
DEFAULT_GROUPS_ON_A_PAGE = 100

_CONNECTION_ID = Field("string", required=True)


@operation(
    "scim.create_connection",
    # The schema of the API requires a name and the SDKs do not, so calls without one exist.
    display_name=Field("string"),
    identity_provider=Field("string"),
)
def create_connection(call: Call) -> dict[str, Any]:
    """Create the connection, and show its bearer token this once."""
    connection = scim.create(
        call.store,
        call.organization,
        display_name=call.body.get("display_name", ""),
        identity_provider=call.body.get("identity_provider", "generic"),
    )
    shape = shapes.scim_connection_with_token(connection, base_url=call.base_url)
    return {"connection": shape}


@operation(
    "scim.update_connection",
    identity_provider=Field("string"),
    display_name=Field("string"),
    scim_group_implicit_role_assignments=Field(
        "array",
        items=Field(
            "object",
            fields={
                "role_id": Field("string", required=True),
                "group_id": Field("string", required=True),
            },
        ),
    ),
)
def update_connection(call: Call) -> dict[str, Any]:
    """Change the fields given."""
    connection = scim.update(
        call.store,
        call.organization,
        call.parameters["connection_id"],
        display_name=call.body.get("display_name"),
        identity_provider=call.body.get("identity_provider"),
        role_assignments=call.body.get("scim_group_implicit_role_assignments"),
    )
    return {"connection": shapes.scim_connection(connection, base_url=call.base_url)}


@operation("scim.delete_connection")
def delete_connection(call: Call) -> dict[str, Any]:
    """Delete the connection."""
    connection = scim.delete(call.store, call.organization, call.parameters["connection_id"])
    return {"connection_id": connection.connection_id}


@operation("scim.get_connection")
def get_connection(call: Call) -> dict[str, Any]:
    """Answer with the active connection."""
    connection = scim.get(call.store, call.organization)
    return {"connection": shapes.scim_connection(connection, base_url=call.base_url)}


@operation(
    "scim.get_connection_groups",
    cursor=Field("string"),
    limit=Field("integer", minimum=0, maximum=MOST_GROUPS_ON_A_PAGE),
)
def get_connection_groups(call: Call) -> dict[str, Any]:
    """Answer with a page of the groups that the identity provider has pushed."""
    page = scim.groups(
        call.store,
        call.organization,
        cursor=call.body.get("cursor"),
        limit=call.body.get("limit") or DEFAULT_GROUPS_ON_A_PAGE,
    )
    return {
        "scim_groups": [shapes.scim_group(group) for group in page.groups],
        "next_cursor": page.next_cursor,
    }


@operation("scim.rotate_start", connection_id=_CONNECTION_ID)
def rotate_start(call: Call) -> dict[str, Any]:
    """Make the next bearer token, and show it this once."""
    rotating, following = scim.rotate_start(
        call.store, call.organization, call.body["connection_id"]
    )
    shape = shapes.scim_connection_with_next_token(rotating, following, base_url=call.base_url)
    return {"connection": shape}


@operation("scim.rotate_complete", connection_id=_CONNECTION_ID)
def rotate_complete(call: Call) -> dict[str, Any]:
    """Make the next bearer token the only one."""
    connection = scim.rotate_complete(call.store, call.organization, call.body["connection_id"])
    return {"connection": shapes.scim_connection(connection, base_url=call.base_url)}


@operation("scim.rotate_cancel", connection_id=_CONNECTION_ID)
def rotate_cancel(call: Call) -> dict[str, Any]:
    """Forget the next bearer token."""
    connection = scim.rotate_cancel(call.store, call.organization, call.body["connection_id"])
    return {"connection": shapes.scim_connection(connection, base_url=call.base_url)}
