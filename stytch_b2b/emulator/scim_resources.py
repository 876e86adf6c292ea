"""Users and groups as identity providers see them, and users as members show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .rules import provisioning
from .scim2.schemas import ENTERPRISE_URN, GROUP, USER, Json, ResourceType
from .store import ScimConnection, ScimGroup, ScimRegistration, Store

# By the API's name; then SCIM's.
_USER_TEXTS = {
    "user_name": "userName",
    "external_id": "externalId",
    "display_name": "displayName",
    "nick_name": "nickName",
    "profile_url": "profileUrl",
    "user_type": "userType",
    "title": "title",
    "preferred_language": "preferredLanguage",
    "locale": "locale",
    "timezone": "timezone",
}
_NAME_TEXTS = {
    "formatted": "formatted",
    "family_name": "familyName",
    "given_name": "givenName",
    "middle_name": "middleName",
    "honorific_prefix": "honorificPrefix",
    "honorific_suffix": "honorificSuffix",
}
_ADDRESS_TEXTS = {
    "formatted": "formatted",
    "street_address": "streetAddress",
    "locality": "locality",
    "region": "region",
    "postal_code": "postalCode",
    "country": "country",
    "type": "type",
}
_ENTERPRISE_TEXTS = {
    "employee_number": "employeeNumber",
    "cost_center": "costCenter",
    "division": "division",
    "department": "department",
    "organization": "organization",
}
_MANAGER_TEXTS = {"value": "value", "ref": "$ref", "display_name": "displayName"}
_SEVERAL = {
    "emails": "emails",
    "phone_numbers": "phoneNumbers",
    "ims": "ims",
    "photos": "photos",
    "entitlements": "entitlements",
    "roles": "roles",
    "x509certificates": "x509Certificates",
}


def written_user(store: Store, it: ScimRegistration) -> Json:
    """Return what can be changed of a user."""
    return {**it.user, "active": provisioning.is_active(store, it)}


def written_group(it: ScimGroup) -> Json:
    """Return what can be changed of a group."""
    return {
        "displayName": it.group_name,
        **({} if it.external_id is None else {"externalId": it.external_id}),
        "members": [{"value": member_id} for member_id in it.member_ids],
    }


def user(store: Store, connection: ScimConnection, it: ScimRegistration, *, base_url: str) -> Json:
    """Return a user as it is sent; its groups are found from the groups' side."""
    extensions = [ENTERPRISE_URN] if ENTERPRISE_URN in it.user else []
    groups = [
        {
            "value": group.group_id,
            "$ref": f"{base_url}{GROUP.endpoint}/{group.group_id}",
            "display": group.group_name,
            "type": "direct",
        }
        for group in provisioning.groups_of(connection, it.member_id)
    ]
    return {
        "schemas": [USER.schema.urn, *extensions],
        "id": it.member_id,
        **written_user(store, it),
        **({"groups": groups} if groups else {}),
        "meta": _meta(USER, it.member_id, it, base_url),
    }


def group(it: ScimGroup, *, base_url: str) -> Json:
    """Return a group as it is sent."""
    members = [
        {
            "value": member_id,
            "$ref": f"{base_url}{USER.endpoint}/{member_id}",
            "type": "User",
        }
        for member_id in it.member_ids
    ]
    return {
        "schemas": [GROUP.schema.urn],
        "id": it.group_id,
        **written_group(it),
        "members": members,
        "meta": _meta(GROUP, it.group_id, it, base_url),
    }


def attributes(store: Store, connection: ScimConnection, it: ScimRegistration) -> Json:
    """Return what the identity provider has told of a member, as the API shows it."""
    told = it.user
    extension = told.get(ENTERPRISE_URN)
    return {
        "id": it.member_id,
        "active": provisioning.is_active(store, it),
        "groups": [
            {"value": each.group_id, "display": each.group_name}
            for each in provisioning.groups_of(connection, it.member_id)
        ],
        **_texts(told, _USER_TEXTS),
        "name": _texts(told["name"], _NAME_TEXTS) if "name" in told else None,
        "addresses": [
            {**_texts(each, _ADDRESS_TEXTS), "primary": each.get("primary", False)}
            for each in told.get("addresses", ())
        ],
        **{ours: _several(told, theirs) for ours, theirs in _SEVERAL.items()},
        "enterprise_extension": None if extension is None else _enterprise(extension),
    }


def _texts(told: Mapping[str, Any], names: Mapping[str, str]) -> Json:
    return {ours: told.get(theirs, "") for ours, theirs in names.items()}


def _several(told: Mapping[str, Any], name: str) -> list[Json]:
    return [
        {**_texts(each, {"value": "value", "type": "type"}), "primary": each.get("primary", False)}
        for each in told.get(name, ())
    ]


def _enterprise(told: Mapping[str, Any]) -> Json:
    manager = told.get("manager")
    return {
        **_texts(told, _ENTERPRISE_TEXTS),
        "manager": None if manager is None else _texts(manager, _MANAGER_TEXTS),
    }


def _meta(
    resource_type: ResourceType, resource_id: str, it: ScimRegistration | ScimGroup, base_url: str
) -> Json:
    return {
        "resourceType": resource_type.name,
        "created": it.created_at.isoformat(),
        "lastModified": it.updated_at.isoformat(),
        "location": f"{base_url}{resource_type.endpoint}/{resource_id}",
    }
