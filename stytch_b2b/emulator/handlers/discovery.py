"""Discovery: choosing an organization, or founding one."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..errors import UserUnauthenticatedError
from ..rules import discovery, sessions
from ..schema import Field
from .operation import ALL_OR_SOME, SOME_OR_NONE, Call, operation


@operation("discovery.organizations.list", intermediate_session_token=Field("string"))
def list_organizations(call: Call) -> dict[str, Any]:
    """List the organizations that the person behind a login or a session may enter."""
    token = call.body.get("intermediate_session_token")
    if token:
        resumed = discovery.resume(call.store, sessions.get_intermediate(call.store, token))
        email_address, found = resumed.email_address, resumed.found
    elif call.session is not None:
        email_address, found = discovery.of_session(call.store, call.session)
    else:
        raise UserUnauthenticatedError
    return {
        "email_address": email_address,
        "discovered_organizations": [shapes.discovered(call.store, each) for each in found],
        "organization_id_hint": None,
    }


@operation(
    "discovery.organizations.create",
    intermediate_session_token=Field("string", required=True),
    session_duration_minutes=Field("integer"),
    organization_name=Field("string"),
    organization_slug=Field("string"),
    organization_logo_url=Field("string"),
    sso_jit_provisioning=SOME_OR_NONE,
    email_allowed_domains=Field("array", items=Field("string")),
    email_jit_provisioning=SOME_OR_NONE,
    email_invites=SOME_OR_NONE,
    auth_methods=ALL_OR_SOME,
    allowed_auth_methods=Field("array", items=Field("string")),
    mfa_methods=ALL_OR_SOME,
    allowed_mfa_methods=Field("array", items=Field("string")),
    mfa_policy=Field("string", choices=("OPTIONAL", "REQUIRED_FOR_ALL")),
    oauth_tenant_jit_provisioning=Field("string", choices=("RESTRICTED", "NOT_ALLOWED")),
    allowed_oauth_tenants=Field("object"),
)
def create_organization(call: Call) -> dict[str, Any]:
    """Found an organization."""
    ours = {
        "intermediate_session_token",
        "session_duration_minutes",
        "organization_name",
        "organization_slug",
    }
    login = discovery.create(
        call.store,
        call.body["intermediate_session_token"],
        name=call.body.get("organization_name"),
        slug=call.body.get("organization_slug"),
        settings={name: value for name, value in call.body.items() if name not in ours},
        duration_minutes=call.duration_minutes,
    )
    return shapes.login(call.store, login)


@operation(
    "discovery.intermediate_sessions.exchange",
    intermediate_session_token=Field("string", required=True),
    organization_id=Field("string", required=True),
    session_duration_minutes=Field("integer"),
    locale=Field("string"),
)
def exchange(call: Call) -> dict[str, Any]:
    """Go on at the organization that was chosen."""
    login = discovery.exchange(
        call.store,
        call.body["intermediate_session_token"],
        call.body["organization_id"],
        duration_minutes=call.duration_minutes,
    )
    return shapes.login(call.store, login)
