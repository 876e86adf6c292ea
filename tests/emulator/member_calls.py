"""What the tests of members have in common: who calls, and on whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stytch_b2b.emulator import Member, SignedIn

    from .conftest import Api, Reply

ORGANIZATION = "/sdk/v1/b2b/organizations/me"
MEMBERS = "/sdk/v1/b2b/organizations/members"
SELF = f"{MEMBERS}/me"
DENIED = (403, "session_authorization_error")

MEMBER_ACTIONS = (
    "create",
    "search",
    "delete",
    "update.info.name",
    "update.info.untrusted-metadata",
    "update.info.mfa-phone",
    "update.info.email",
    "update.info.delete.mfa-phone",
    "update.info.delete.password",
    "update.info.delete.mfa-totp",
    "update.info.unlink.retired-email",
    "update.settings.mfa-enrolled",
    "update.settings.default-mfa-method",
    "update.settings.is-breakglass",
    "update.settings.roles",
    "get.connected-apps",
    "revoke.connected-app",
)


def permitted(api: Api, email_address: str, *permissions: tuple[str, str]) -> SignedIn:
    """
    Sign in a member of Acme who has just these permissions, not even those on oneself.
    """
    grants = [{"resource_id": resource, "actions": [action]} for resource, action in permissions]
    roles: list[dict[str, Any]] = [
        {"role_id": "stytch_member", "permissions": []},
        {"role_id": "custom", "permissions": grants},
    ]
    api.emulator.set_policy({"roles": roles})
    return api.emulator.sign_in(email_address, "Acme", roles=["custom"])


def update(api: Api, caller: SignedIn, member: Member | SignedIn, **body: Any) -> Reply:
    """
    Change a member.
    """
    path = f"{MEMBERS}/{member.member_id}"
    return api.call("PUT", path, body, token=caller.session_token)


def remove(api: Api, caller: SignedIn, path: str) -> Reply:
    """
    Delete what is below the members.
    """
    return api.call("DELETE", f"{MEMBERS}/{path}", token=caller.session_token)


def me(api: Api, caller: SignedIn) -> dict[str, Any]:
    """
    Return how the caller looks to itself.
    """
    found: dict[str, Any] = api.get(SELF, token=caller.session_token).data["member"]
    return found
