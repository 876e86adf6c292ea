"""The calling member: looked at and changed by themselves."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import consents, email_addresses, email_updates, member_changes
from ..schema import Field
from .members import DELIVERY_METHOD
from .operation import Call, operation


@operation("self.get")
def get_self(call: Call) -> dict[str, Any]:
    """Answer with the calling member."""
    return {"member": shapes.member(call.store, call.member)}


@operation(
    "self.update",
    name=Field("string"),
    mfa_enrolled=Field("boolean"),
    mfa_phone_number=Field("string"),
    default_mfa_method=Field("string"),
    untrusted_metadata=Field("object"),
)
def update(call: Call) -> dict[str, Any]:
    """Change the fields given."""
    member = member_changes.update(call.store, call.member, call.body)
    return shapes.member_changed(call.store, member)


@operation("self.delete_mfa_phone_number")
def delete_mfa_phone_number(call: Call) -> dict[str, Any]:
    """Delete the calling member's phone number."""
    member_changes.delete_phone_number(call.store, call.member)
    return shapes.member_changed(call.store, call.member)


@operation("self.delete_mfa_totp")
def delete_mfa_totp(call: Call) -> dict[str, Any]:
    """Delete the calling member's authenticator app."""
    member_changes.delete_totp(call.store, call.member)
    return shapes.member_changed(call.store, call.member)


@operation(
    "self.unlink_retired_email",
    email_id=Field("string"),
    email_address=Field("string"),
)
def unlink_retired_email(call: Call) -> dict[str, Any]:
    """Leave an address that the calling member had to the others."""
    email_addresses.unlink_retired(
        call.store,
        call.member,
        email_id=call.body.get("email_id"),
        email_address=call.body.get("email_address"),
    )
    return shapes.member_changed(call.store, call.member)


@operation(
    "self.start_email_update",
    email_address=Field("string", required=True),
    login_redirect_url=Field("string"),
    locale=Field("string"),
    login_template_id=Field("string"),
    delivery_method=DELIVERY_METHOD,
)
def start_email_update(call: Call) -> dict[str, Any]:
    """Send a link or a passcode to the address that the calling member wants to have."""
    email_updates.start(
        call.store,
        call.member,
        email_address=call.body["email_address"],
        login_redirect_url=call.body.get("login_redirect_url"),
        delivery_method=call.body.get("delivery_method", "EMAIL_MAGIC_LINK"),
    )
    return shapes.member_changed(call.store, call.member)


@operation("self.get_connected_apps")
def get_connected_apps(call: Call) -> dict[str, Any]:
    """Answer with the apps that the calling member uses."""
    used = consents.of_member(call.store, call.member)
    return {"connected_apps": [shapes.used_app_of_member(each) for each in used]}


@operation("self.revoke_connected_app")
def revoke_connected_app(call: Call) -> dict[str, Any]:
    """Withdraw what the calling member lets an app do."""
    consents.withdraw(call.store, call.member, call.parameters["connected_app_id"])
    return {}
