"""Administration of the members of the calling member's organization."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import consents, email_addresses, email_updates, member_changes, member_search
from ..schema import Field
from .operation import Call, operation

MOST_MEMBERS_ON_A_PAGE = 1000
DEFAULT_MEMBERS_ON_A_PAGE = 100

DELIVERY_METHOD = Field("string", choices=email_updates.DELIVERY_METHODS)

_STRINGS = Field("array", items=Field("string"))


@operation(
    "organization.members.create",
    email_address=Field("string", required=True),
    name=Field("string"),
    is_breakglass=Field("boolean"),
    create_member_as_pending=Field("boolean"),
    roles=_STRINGS,
    mfa_enrolled=Field("boolean"),
    mfa_phone_number=Field("string"),
    untrusted_metadata=Field("object"),
)
def create(call: Call) -> dict[str, Any]:
    """Create a member, without any mail to the person."""
    settings = dict(call.body)
    member = member_changes.create(
        call.store,
        call.organization,
        email_address=settings.pop("email_address"),
        is_pending=settings.pop("create_member_as_pending", False),
        settings=settings,
    )
    return shapes.member_changed(call.store, member)


@operation(
    "organization.members.search",
    cursor=Field("string"),
    limit=Field("integer", minimum=0, maximum=MOST_MEMBERS_ON_A_PAGE),
    query=Field(
        "object",
        fields={
            "operator": Field("string", required=True, choices=member_search.OPERATORS),
            "operands": Field("array", items=Field("object")),
        },
    ),
)
def search(call: Call) -> dict[str, Any]:
    """Answer with a page of the members who fit a query."""
    query = call.body.get("query", {})
    page = member_search.search(
        call.store,
        call.organization,
        operator=query.get("operator", "AND"),
        operands=query.get("operands") or (),
        cursor=call.body.get("cursor"),
        limit=call.body.get("limit") or DEFAULT_MEMBERS_ON_A_PAGE,
    )
    organization = shapes.organization(call.store, call.organization)
    return {
        "members": [shapes.member(call.store, member) for member in page.members],
        "organizations": {call.organization.organization_id: organization} if page.members else {},
        "results_metadata": {"total": page.total, "next_cursor": page.next_cursor},
    }


@operation(
    "organization.members.update",
    name=Field("string"),
    email_address=Field("string"),
    unlink_email=Field("boolean"),
    is_breakglass=Field("boolean"),
    roles=_STRINGS,
    preserve_existing_sessions=Field("boolean"),
    mfa_enrolled=Field("boolean"),
    mfa_phone_number=Field("string"),
    default_mfa_method=Field("string"),
    untrusted_metadata=Field("object"),
)
def update(call: Call) -> dict[str, Any]:
    """Change the fields given."""
    settings = dict(call.body)
    member = member_changes.update(
        call.store,
        call.target,
        unlink_email=settings.pop("unlink_email", False),
        preserve_existing_sessions=settings.pop("preserve_existing_sessions", False),
        settings=settings,
    )
    return shapes.member_changed(call.store, member)


@operation("organization.members.delete")
def delete(call: Call) -> dict[str, Any]:
    """Delete a member."""
    member = call.target
    member_changes.delete(call.store, member)
    return {"member_id": member.member_id}


@operation("organization.members.reactivate")
def reactivate(call: Call) -> dict[str, Any]:
    """Make a deleted member active again."""
    member = call.target
    member_changes.reactivate(call.store, member)
    return shapes.member_changed(call.store, member)


@operation("organization.members.delete_password")
def delete_password(call: Call) -> dict[str, Any]:
    """Delete the password of a member, or one's own."""
    member = member_changes.with_password(
        call.store, call.organization, call.parameters["member_password_id"]
    )
    member_changes.delete_password(call.store, member)
    return shapes.member_changed(call.store, member)


@operation("organization.members.delete_mfa_phone_number")
def delete_mfa_phone_number(call: Call) -> dict[str, Any]:
    """Delete the phone number of a member."""
    member = call.target
    member_changes.delete_phone_number(call.store, member)
    return shapes.member_changed(call.store, member)


@operation("organization.members.delete_mfa_totp")
def delete_mfa_totp(call: Call) -> dict[str, Any]:
    """Delete the authenticator app of a member."""
    member = call.target
    member_changes.delete_totp(call.store, member)
    return shapes.member_changed(call.store, member)


@operation(
    "organization.members.unlink_retired_email",
    email_id=Field("string"),
    email_address=Field("string"),
)
def unlink_retired_email(call: Call) -> dict[str, Any]:
    """Leave an address that a member had to the others."""
    member = call.target
    email_addresses.unlink_retired(
        call.store,
        member,
        email_id=call.body.get("email_id"),
        email_address=call.body.get("email_address"),
    )
    return shapes.member_changed(call.store, member)


@operation(
    "organization.members.start_email_update",
    email_address=Field("string", required=True),
    login_redirect_url=Field("string"),
    locale=Field("string"),
    login_template_id=Field("string"),
    delivery_method=DELIVERY_METHOD,
)
def start_email_update(call: Call) -> dict[str, Any]:
    """Send a link or a passcode to the address that a member is to have."""
    member = call.target
    email_updates.start(
        call.store,
        member,
        email_address=call.body["email_address"],
        login_redirect_url=call.body.get("login_redirect_url"),
        delivery_method=call.body.get("delivery_method", "EMAIL_MAGIC_LINK"),
    )
    return shapes.member_changed(call.store, member)


@operation("organization.members.get_connected_apps")
def get_connected_apps(call: Call) -> dict[str, Any]:
    """Answer with the apps that a member uses."""
    used = consents.of_member(call.store, call.target)
    return {"connected_apps": [shapes.used_app_of_member(each) for each in used]}


@operation("organization.members.revoke_connected_app")
def revoke_connected_app(call: Call) -> dict[str, Any]:
    """Withdraw what a member lets an app do."""
    consents.withdraw(call.store, call.target, call.parameters["connected_app_id"])
    return {}
