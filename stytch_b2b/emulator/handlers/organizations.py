"""The organization: found by anybody, looked at by its members, changed by its admins."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import consents, organization_settings, organizations
from ..schema import Field
from .operation import ALL_OR_SOME, SOME_OR_NONE, Call, operation

_STRINGS = Field("array", items=Field("string"))


@operation("organization.get")
def get_organization(call: Call) -> dict[str, Any]:
    """Answer with the organization of the calling member."""
    return {"organization": shapes.organization(call.store, call.organization)}


@operation("organization.get_by_slug", organization_slug=Field("string", required=True))
def get_by_slug(call: Call) -> dict[str, Any]:
    """Answer with what anybody may know of an organization."""
    found = organizations.find_by_slug(call.store, call.body["organization_slug"])
    shape = None if found is None else shapes.organization_by_slug(call.store, found)
    return {"organization": shape}


@operation(
    "organization.update",
    organization_name=Field("string"),
    organization_slug=Field("string"),
    organization_logo_url=Field("string"),
    organization_external_id=Field("string"),
    sso_default_connection_id=Field("string"),
    sso_jit_provisioning=SOME_OR_NONE,
    sso_jit_provisioning_allowed_connections=_STRINGS,
    email_allowed_domains=_STRINGS,
    email_jit_provisioning=SOME_OR_NONE,
    email_invites=SOME_OR_NONE,
    auth_methods=ALL_OR_SOME,
    allowed_auth_methods=_STRINGS,
    mfa_policy=Field("string", choices=("OPTIONAL", "REQUIRED_FOR_ALL")),
    mfa_methods=ALL_OR_SOME,
    allowed_mfa_methods=_STRINGS,
    rbac_email_implicit_role_assignments=Field(
        "array",
        items=Field(
            "object",
            fields={
                "domain": Field("string", required=True),
                "role_id": Field("string", required=True),
            },
        ),
    ),
    oauth_tenant_jit_provisioning=Field("string", choices=("RESTRICTED", "NOT_ALLOWED")),
    allowed_oauth_tenants=Field("object"),
    first_party_connected_apps_allowed_type=SOME_OR_NONE,
    allowed_first_party_connected_apps=_STRINGS,
    third_party_connected_apps_allowed_type=SOME_OR_NONE,
    allowed_third_party_connected_apps=_STRINGS,
)
def update(call: Call) -> dict[str, Any]:
    """Change the settings given."""
    organization_settings.check(call.store, call.body, organization=call.organization)
    organizations.update(call.store, call.organization, call.body)
    return {"organization": shapes.organization(call.store, call.organization)}


@operation("organization.delete")
def delete(call: Call) -> dict[str, Any]:
    """Delete the organization of the calling member, and everything in it."""
    organization = call.organization
    organizations.delete(call.store, organization)
    return {"organization_id": organization.organization_id}


@operation("organization.get_connected_apps")
def get_connected_apps(call: Call) -> dict[str, Any]:
    """Answer with the apps that the organization's members use."""
    used = consents.of_organization(call.store, call.organization)
    return {"connected_apps": [shapes.used_app(app) for app, _ in used.values()]}


@operation("organization.get_connected_app")
def get_connected_app(call: Call) -> dict[str, Any]:
    """Answer with one of these apps, and who uses it."""
    app, its_consents = consents.get_of_organization(
        call.store, call.organization, call.parameters["connected_app_id"]
    )
    return shapes.used_app_of_organization(app, its_consents)
