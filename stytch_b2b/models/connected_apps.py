"""Connected Apps that Members let act for them, and answers of the calls about them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

from ._response import APIResponse

ConnectedAppType: TypeAlias = (
    Literal["first_party", "first_party_public", "third_party", "third_party_public"] | str
)
"""Whose an application is, and whether it is public: unable to keep a secret."""


@frozen(kw_only=True)
class OrganizationConnectedApp:
    """An application that at least one Member of the Organization lets act for them."""

    connected_app_id: str
    name: str
    description: str
    client_type: ConnectedAppType
    logo_url: str | None = None


@frozen(kw_only=True)
class MemberConnectedApp:
    """An application that the Member lets act for them, and how far."""

    connected_app_id: str
    name: str
    description: str
    client_type: ConnectedAppType
    scopes_granted: str
    """The scopes that the Member granted, separated by spaces."""
    logo_url: str | None = None


@frozen(kw_only=True)
class ConnectedAppActiveMember:
    """A Member who lets an application act for them, and how far."""

    member_id: str
    granted_scopes: tuple[str, ...]


@frozen(kw_only=True)
class OrganizationConnectedAppsResponse(APIResponse):
    """The applications that Members of the Organization let act for them."""

    connected_apps: tuple[OrganizationConnectedApp, ...]


@frozen(kw_only=True)
class OrganizationConnectedAppResponse(APIResponse):
    """One application, and the Members of the Organization who let it act for them."""

    connected_app_id: str
    name: str
    description: str
    client_type: ConnectedAppType
    active_members: tuple[ConnectedAppActiveMember, ...]
    logo_url: str | None = None


@frozen(kw_only=True)
class MemberConnectedAppsResponse(APIResponse):
    """The applications that one Member lets act for them."""

    connected_apps: tuple[MemberConnectedApp, ...]
