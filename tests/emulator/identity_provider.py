"""What an identity provider does, with nothing but `http.client`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from stytch_b2b.emulator.scim2.patches import PATCH_URN
from stytch_b2b.emulator.scim2.schemas import GROUP_URN, USER_URN

if TYPE_CHECKING:
    from stytch_b2b.emulator import ScimConnection

    from .conftest import Api, Reply


class IdentityProvider:
    """
    Calls the SCIM server of one connection, with a token of its own.
    """

    def __init__(self, api: Api, connection: ScimConnection) -> None:
        self.api = api
        self.prefix = f"/v1/b2b/scim/{connection.connection_id}"
        self.token = connection.bearer_token.value

    def call(self, method: str, path: str, body: object = None, **headers: str | None) -> Reply:
        """
        Send a request; headers by their names, with underscores for hyphens.
        """
        usual = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/scim+json",
        }
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.api.call(method, f"{self.prefix}{path}", body, headers={**usual, **given})

    def get(self, path: str, **query: object) -> Reply:
        """
        Send a GET.
        """
        return self.call("GET", f"{path}?{urlencode(query)}" if query else path)

    def create_user(self, user_name: str, **attributes: Any) -> Reply:
        """
        Tell of a person.
        """
        body = {"schemas": [USER_URN], "userName": user_name, **attributes}
        return self.call("POST", "/Users", body)

    def replace_user(self, user_id: str, user_name: str, **attributes: Any) -> Reply:
        """
        Tell everything of a person.
        """
        body = {"schemas": [USER_URN], "userName": user_name, **attributes}
        return self.call("PUT", f"/Users/{user_id}", body)

    def create_group(self, name: str, *member_ids: str, **attributes: Any) -> Reply:
        """
        Push a group.
        """
        members = [{"value": member_id} for member_id in member_ids]
        body = {"schemas": [GROUP_URN], "displayName": name, "members": members, **attributes}
        return self.call("POST", "/Groups", body)

    def patch(self, path: str, *operations: dict[str, Any]) -> Reply:
        """
        Change some of a user or of a group.
        """
        return self.call("PATCH", path, {"schemas": [PATCH_URN], "Operations": operations})
