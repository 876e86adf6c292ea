"""
Every HTTP operation of the member API: its route, who may call it, and what it needs.

This is data. The table names operations as the React Native SDK does, in snake_case. Rows that
share method and path are two names of one endpoint; the first row is the one that answers, and what
the second needs is enough there for a call about the calling member.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal
from urllib.parse import unquote

from attrs import evolve, field, frozen

Auth = Literal[
    "none",
    "session",
    "session_optional",
    "intermediate_session",
    "intermediate_session_or_session",
]


@frozen
class Permission:
    """An action on a resource."""

    resource: str
    action: str
    or_if_self: Permission | None = field(default=None, kw_only=True)
    """Also enough, if the call is about the calling member."""


@frozen
class Route:
    """One operation over HTTP."""

    operation: str
    method: str
    path: str
    """Template; a parameter fills one whole segment."""

    auth: Auth = "session"
    permission: Permission | None = None
    """
    What the call needs.

    Without it the call needs nothing, apart from what its fields need.
    """

    field_permissions: Mapping[str, Permission] = field(factory=dict[str, Permission])
    """What a field of the body needs *instead of* what the call needs."""

    dfp_protected: bool = field(default=False, kw_only=True)
    """Whether the project may want to know what makes the call: a person, or a machine."""

    @property
    def segments(self) -> tuple[str, ...]:
        """The path, cut at its slashes."""
        return tuple(self.path.split("/"))


def _organization(action: str) -> Permission:
    return Permission("stytch.organization", action)


def _member(action: str) -> Permission:
    return Permission("stytch.member", action)


def _self(action: str) -> Permission:
    return Permission("stytch.self", action)


def _member_or_self(action: str) -> Permission:
    return Permission("stytch.member", action, or_if_self=_self(action))


def _sso(action: str) -> Permission:
    return Permission("stytch.sso", action)


def _scim(action: str) -> Permission:
    return Permission("stytch.scim", action)


ROUTES: tuple[Route, ...] = (
    # bootstrap
    Route("bootstrap.get", "GET", "/sdk/v1/projects/bootstrap/{public_token}", auth="none"),
    # organization
    Route("organization.get", "GET", "/sdk/v1/b2b/organizations/me"),
    Route("organization.get_by_slug", "POST", "/sdk/v1/b2b/organizations/search", auth="none"),
    Route(
        "organization.update",
        "PUT",
        "/sdk/v1/b2b/organizations/me",
        field_permissions={
            "organization_name": _organization("update.info.name"),
            "organization_slug": _organization("update.info.slug"),
            "organization_logo_url": _organization("update.info.logo-url"),
            "sso_default_connection_id": _organization("update.settings.default-sso-connection"),
            "sso_jit_provisioning": _organization("update.settings.sso-jit-provisioning"),
            "sso_jit_provisioning_allowed_connections": _organization(
                "update.settings.sso-jit-provisioning"
            ),
            "email_allowed_domains": _organization("update.settings.allowed-domains"),
            "email_jit_provisioning": _organization("update.settings.email-jit-provisioning"),
            "email_invites": _organization("update.settings.email-invites"),
            "auth_methods": _organization("update.settings.allowed-auth-methods"),
            "allowed_auth_methods": _organization("update.settings.allowed-auth-methods"),
            "mfa_policy": _organization("update.settings.mfa-policy"),
            "rbac_email_implicit_role_assignments": _organization("update.settings.implicit-roles"),
            "mfa_methods": _organization("update.settings.allowed-mfa-methods"),
            "allowed_mfa_methods": _organization("update.settings.allowed-mfa-methods"),
            "oauth_tenant_jit_provisioning": _organization(
                "update.settings.oauth-tenant-jit-provisioning"
            ),
            "allowed_oauth_tenants": _organization("update.settings.allowed-oauth-tenants"),
        },
    ),
    Route(
        "organization.delete",
        "DELETE",
        "/sdk/v1/b2b/organizations/me",
        permission=_organization("delete"),
    ),
    Route("organization.get_connected_apps", "GET", "/sdk/v1/b2b/organizations/connected_apps"),
    Route(
        "organization.get_connected_app",
        "GET",
        "/sdk/v1/b2b/organizations/connected_apps/{connected_app_id}",
    ),
    Route(
        "organization.members.create",
        "POST",
        "/sdk/v1/b2b/organizations/members",
        permission=_member("create"),
    ),
    Route(
        "organization.members.search",
        "POST",
        "/sdk/v1/b2b/organizations/me/members/search",
        permission=_member("search"),
    ),
    Route(
        "organization.members.update",
        "PUT",
        "/sdk/v1/b2b/organizations/members/{member_id}",
        field_permissions={
            "name": _member_or_self("update.info.name"),
            "untrusted_metadata": _member_or_self("update.info.untrusted-metadata"),
            "is_breakglass": _member("update.settings.is-breakglass"),
            "mfa_phone_number": _member_or_self("update.info.mfa-phone"),
            "mfa_enrolled": _member_or_self("update.settings.mfa-enrolled"),
            "roles": _member("update.settings.roles"),
            "default_mfa_method": _member_or_self("update.settings.default-mfa-method"),
            "email_address": _member("update.info.email"),
        },
    ),
    Route(
        "organization.members.delete",
        "DELETE",
        "/sdk/v1/b2b/organizations/members/{member_id}",
        permission=_member("delete"),
    ),
    Route(
        "organization.members.reactivate",
        "PUT",
        "/sdk/v1/b2b/organizations/members/{member_id}/reactivate",
        permission=_member("create"),
    ),
    Route(
        "organization.members.delete_password",
        "DELETE",
        "/sdk/v1/b2b/organizations/members/passwords/{member_password_id}",
        permission=_member("update.info.delete.password"),
    ),
    Route(
        "organization.members.delete_mfa_phone_number",
        "DELETE",
        "/sdk/v1/b2b/organizations/members/mfa_phone_numbers/{member_id}",
        permission=_member("update.info.delete.mfa-phone"),
    ),
    Route(
        "organization.members.delete_mfa_totp",
        "DELETE",
        "/sdk/v1/b2b/organizations/members/totp/{member_id}",
        permission=_member("update.info.delete.mfa-totp"),
    ),
    Route(
        "organization.members.unlink_retired_email",
        "POST",
        "/sdk/v1/b2b/organizations/members/{member_id}/unlink_retired_email",
        permission=_member("update.info.unlink.retired-email"),
    ),
    Route(
        "organization.members.start_email_update",
        "POST",
        "/sdk/v1/b2b/organizations/members/{member_id}/start_email_update",
        permission=_member("update.info.email"),
    ),
    Route(
        "organization.members.get_connected_apps",
        "GET",
        "/sdk/v1/b2b/organizations/members/{member_id}/connected_apps",
        permission=_member("get.connected-apps"),
    ),
    Route(
        "organization.members.revoke_connected_app",
        "POST",
        "/sdk/v1/b2b/organizations/members/{member_id}/connected_apps/{connected_app_id}/revoke",
        permission=_member("revoke.connected-app"),
    ),
    # self
    Route("self.get", "GET", "/sdk/v1/b2b/organizations/members/me"),
    Route(
        "self.update",
        "PUT",
        "/sdk/v1/b2b/organizations/members/update",
        field_permissions={
            "name": _self("update.info.name"),
            "untrusted_metadata": _self("update.info.untrusted-metadata"),
            "mfa_phone_number": _self("update.info.mfa-phone"),
            "mfa_enrolled": _self("update.settings.mfa-enrolled"),
            "default_mfa_method": _self("update.settings.default-mfa-method"),
        },
    ),
    Route(
        "self.delete_password",
        "DELETE",
        "/sdk/v1/b2b/organizations/members/passwords/{member_password_id}",
        permission=_self("update.info.delete.password"),
    ),
    Route(
        "self.delete_mfa_phone_number",
        "DELETE",
        "/sdk/v1/b2b/organizations/members/deletePhoneNumber",
        permission=_self("update.info.delete.mfa-phone"),
    ),
    Route(
        "self.delete_mfa_totp",
        "DELETE",
        "/sdk/v1/b2b/organizations/members/deleteTOTP",
        permission=_self("update.info.delete.mfa-totp"),
    ),
    Route(
        "self.unlink_retired_email",
        "POST",
        "/sdk/v1/b2b/organizations/members/unlink_retired_email",
        permission=_self("update.info.unlink.retired-email"),
    ),
    Route(
        "self.start_email_update",
        "POST",
        "/sdk/v1/b2b/organizations/members/start_email_update",
        permission=_self("update.info.email"),
    ),
    Route(
        "self.get_connected_apps",
        "GET",
        "/sdk/v1/b2b/organizations/members/connected_apps",
        permission=_self("get.connected-apps"),
    ),
    Route(
        "self.revoke_connected_app",
        "POST",
        "/sdk/v1/b2b/organizations/members/connected_apps/{connected_app_id}/revoke",
        permission=_self("revoke.connected-app"),
    ),
    # member
    Route(
        "member.update",
        "PUT",
        "/sdk/v1/b2b/organizations/members/update",
        field_permissions={
            "name": _self("update.info.name"),
            "untrusted_metadata": _self("update.info.untrusted-metadata"),
            "mfa_phone_number": _self("update.info.mfa-phone"),
            "mfa_enrolled": _self("update.settings.mfa-enrolled"),
            "default_mfa_method": _self("update.settings.default-mfa-method"),
        },
    ),
    Route(
        "member.delete_mfa_phone_number",
        "DELETE",
        "/sdk/v1/b2b/organizations/members/deletePhoneNumber",
        permission=_self("update.info.delete.mfa-phone"),
    ),
    Route("member.get", "GET", "/sdk/v1/b2b/organizations/members/me"),
    # session
    Route("session.authenticate", "POST", "/sdk/v1/b2b/sessions/authenticate"),
    Route("session.revoke", "POST", "/sdk/v1/b2b/sessions/revoke"),
    Route(
        "session.revoke_for_member",
        "POST",
        "/sdk/v1/b2b/sessions/revoke/{member_id}",
        permission=_member("revoke-sessions"),
    ),
    Route("session.exchange", "POST", "/sdk/v1/b2b/sessions/exchange"),
    Route(
        "session.exchange_access_token",
        "POST",
        "/sdk/v1/b2b/sessions/exchange_access_token",
        auth="none",
    ),
    Route("session.attest", "POST", "/sdk/v1/b2b/sessions/attest", auth="session_optional"),
    # magic_links
    Route(
        "magic_links.email.login_or_signup",
        "POST",
        "/sdk/v1/b2b/magic_links/email/login_or_signup",
        auth="none",
    ),
    Route(
        "magic_links.email.invite",
        "POST",
        "/sdk/v1/b2b/magic_links/email/invite",
        permission=_member("create"),
    ),
    Route(
        "magic_links.authenticate",
        "POST",
        "/sdk/v1/b2b/magic_links/authenticate",
        auth="session_optional",
        dfp_protected=True,
    ),
    Route(
        "magic_links.email.discovery.send",
        "POST",
        "/sdk/v1/b2b/magic_links/email/discovery/send",
        auth="none",
        dfp_protected=True,
    ),
    Route(
        "magic_links.discovery.authenticate",
        "POST",
        "/sdk/v1/b2b/magic_links/discovery/authenticate",
        auth="none",
        dfp_protected=True,
    ),
    # otps
    Route(
        "otps.sms.send",
        "POST",
        "/sdk/v1/b2b/otps/sms/send",
        auth="intermediate_session_or_session",
        dfp_protected=True,
    ),
    Route(
        "otps.sms.authenticate",
        "POST",
        "/sdk/v1/b2b/otps/sms/authenticate",
        auth="intermediate_session_or_session",
        dfp_protected=True,
    ),
    Route(
        "otps.email.login_or_signup",
        "POST",
        "/sdk/v1/b2b/otps/email/login_or_signup",
        auth="none",
        dfp_protected=True,
    ),
    Route(
        "otps.email.authenticate",
        "POST",
        "/sdk/v1/b2b/otps/email/authenticate",
        auth="session_optional",
        dfp_protected=True,
    ),
    Route(
        "otps.email.discovery.send",
        "POST",
        "/sdk/v1/b2b/otps/email/discovery/send",
        auth="none",
        dfp_protected=True,
    ),
    Route(
        "otps.email.discovery.authenticate",
        "POST",
        "/sdk/v1/b2b/otps/email/discovery/authenticate",
        auth="none",
        dfp_protected=True,
    ),
    # passwords
    Route(
        "passwords.authenticate",
        "POST",
        "/sdk/v1/b2b/passwords/authenticate",
        auth="session_optional",
        dfp_protected=True,
    ),
    Route(
        "passwords.reset_by_email_start",
        "POST",
        "/sdk/v1/b2b/passwords/email/reset/start",
        auth="none",
        dfp_protected=True,
    ),
    Route(
        "passwords.reset_by_email",
        "POST",
        "/sdk/v1/b2b/passwords/email/reset",
        auth="session_optional",
        dfp_protected=True,
    ),
    Route(
        "passwords.reset_by_existing_password",
        "POST",
        "/sdk/v1/b2b/passwords/existing_password/reset",
        auth="none",
        dfp_protected=True,
    ),
    Route(
        "passwords.reset_by_session",
        "POST",
        "/sdk/v1/b2b/passwords/session/reset",
        dfp_protected=True,
    ),
    Route("passwords.strength_check", "POST", "/sdk/v1/b2b/passwords/strength_check", auth="none"),
    Route(
        "passwords.discovery.authenticate",
        "POST",
        "/sdk/v1/b2b/passwords/discovery/authenticate",
        auth="none",
        dfp_protected=True,
    ),
    Route(
        "passwords.discovery.reset_by_email_start",
        "POST",
        "/sdk/v1/b2b/passwords/discovery/reset/start",
        auth="none",
        dfp_protected=True,
    ),
    Route(
        "passwords.discovery.reset_by_email",
        "POST",
        "/sdk/v1/b2b/passwords/discovery/reset",
        auth="none",
        dfp_protected=True,
    ),
    # oauth
    Route(
        "oauth.authenticate",
        "POST",
        "/sdk/v1/b2b/oauth/authenticate",
        auth="session_optional",
        dfp_protected=True,
    ),
    Route(
        "oauth.discovery.authenticate",
        "POST",
        "/sdk/v1/b2b/oauth/discovery/authenticate",
        auth="none",
        dfp_protected=True,
    ),
    Route(
        "oauth.google_one_tap.get_client_id",
        "GET",
        "/sdk/v1/b2b/oauth/google/onetap/start",
        auth="none",
    ),
    Route(
        "oauth.google_one_tap.start", "POST", "/sdk/v1/b2b/oauth/google/onetap/submit", auth="none"
    ),
    Route(
        "oauth.google_one_tap.discovery.start",
        "POST",
        "/sdk/v1/b2b/oauth/google/onetap/discovery/submit",
        auth="none",
    ),
    # sso
    Route(
        "sso.authenticate",
        "POST",
        "/sdk/v1/b2b/sso/authenticate",
        auth="session_optional",
        dfp_protected=True,
    ),
    Route("sso.get_connections", "GET", "/sdk/v1/b2b/sso", permission=_sso("get")),
    Route("sso.discover_connections", "GET", "/sdk/v1/b2b/sso/discovery/connections", auth="none"),
    Route(
        "sso.delete_connection",
        "DELETE",
        "/sdk/v1/b2b/sso/{connection_id}",
        permission=_sso("delete"),
    ),
    Route("sso.saml.create_connection", "POST", "/sdk/v1/b2b/sso/saml", permission=_sso("create")),
    Route(
        "sso.saml.update_connection",
        "PUT",
        "/sdk/v1/b2b/sso/saml/{connection_id}",
        permission=_sso("update"),
        field_permissions={
            "saml_connection_implicit_role_assignments": _organization(
                "update.settings.implicit-roles"
            ),
            "saml_group_implicit_role_assignments": _organization("update.settings.implicit-roles"),
        },
    ),
    Route(
        "sso.saml.update_connection_by_url",
        "PUT",
        "/sdk/v1/b2b/sso/saml/{connection_id}/url",
        permission=_sso("update"),
    ),
    Route(
        "sso.saml.delete_verification_certificate",
        "DELETE",
        "/sdk/v1/b2b/sso/saml/{connection_id}/verification_certificates/{certificate_id}",
        permission=_sso("delete"),
    ),
    Route(
        "sso.saml.delete_encryption_private_key",
        "DELETE",
        "/sdk/v1/b2b/sso/saml/{connection_id}/encryption_private_keys/{private_key_id}",
        permission=_sso("delete"),
    ),
    Route("sso.oidc.create_connection", "POST", "/sdk/v1/b2b/sso/oidc", permission=_sso("create")),
    Route(
        "sso.oidc.update_connection",
        "PUT",
        "/sdk/v1/b2b/sso/oidc/{connection_id}",
        permission=_sso("update"),
    ),
    Route(
        "sso.external.create_connection",
        "POST",
        "/sdk/v1/b2b/sso/external",
        permission=_sso("create"),
    ),
    Route(
        "sso.external.update_connection",
        "PUT",
        "/sdk/v1/b2b/sso/external/{connection_id}",
        permission=_sso("update"),
        field_permissions={
            "external_connection_implicit_role_assignments": _organization(
                "update.settings.implicit-roles"
            ),
            "external_group_implicit_role_assignments": _organization(
                "update.settings.implicit-roles"
            ),
        },
    ),
    # totp
    Route(
        "totp.create",
        "POST",
        "/sdk/v1/b2b/totp",
        auth="intermediate_session_or_session",
        dfp_protected=True,
    ),
    Route(
        "totp.authenticate",
        "POST",
        "/sdk/v1/b2b/totp/authenticate",
        auth="intermediate_session_or_session",
        dfp_protected=True,
    ),
    # recovery_codes
    Route(
        "recovery_codes.recover",
        "POST",
        "/sdk/v1/b2b/recovery_codes/recover",
        auth="intermediate_session_or_session",
        dfp_protected=True,
    ),
    Route("recovery_codes.rotate", "POST", "/sdk/v1/b2b/recovery_codes/rotate", dfp_protected=True),
    Route("recovery_codes.get", "GET", "/sdk/v1/b2b/recovery_codes"),
    # discovery
    Route(
        "discovery.organizations.list",
        "POST",
        "/sdk/v1/b2b/discovery/organizations",
        auth="intermediate_session_or_session",
    ),
    Route(
        "discovery.organizations.create",
        "POST",
        "/sdk/v1/b2b/discovery/organizations/create",
        auth="intermediate_session",
    ),
    Route(
        "discovery.intermediate_sessions.exchange",
        "POST",
        "/sdk/v1/b2b/discovery/intermediate_sessions/exchange",
        auth="intermediate_session",
    ),
    # scim
    Route("scim.create_connection", "POST", "/sdk/v1/b2b/scim", permission=_scim("create")),
    Route(
        "scim.update_connection",
        "PUT",
        "/sdk/v1/b2b/scim/{connection_id}",
        permission=_scim("update"),
        field_permissions={
            "scim_group_implicit_role_assignments": _organization("update.settings.implicit-roles"),
        },
    ),
    Route(
        "scim.delete_connection",
        "DELETE",
        "/sdk/v1/b2b/scim/{connection_id}",
        permission=_scim("delete"),
    ),
    Route("scim.get_connection", "GET", "/sdk/v1/b2b/scim", permission=_scim("get")),
    Route("scim.get_connection_groups", "POST", "/sdk/v1/b2b/scim/groups", permission=_scim("get")),
    Route("scim.rotate_start", "POST", "/sdk/v1/b2b/scim/rotate/start", permission=_scim("update")),
    Route(
        "scim.rotate_complete",
        "POST",
        "/sdk/v1/b2b/scim/rotate/complete",
        permission=_scim("update"),
    ),
    Route(
        "scim.rotate_cancel", "POST", "/sdk/v1/b2b/scim/rotate/cancel", permission=_scim("update")
    ),
    # impersonation
    Route(
        "impersonation.authenticate",
        "POST",
        "/sdk/v1/b2b/impersonation/authenticate",
        auth="none",
        dfp_protected=True,
    ),
    # idp
    Route("idp.oauth_authorize_start", "POST", "/sdk/v1/idp/b2b/oauth/authorize/start"),
    Route("idp.oauth_authorize_submit", "POST", "/sdk/v1/idp/b2b/oauth/authorize/submit"),
    Route("idp.oauth_logout_start", "POST", "/sdk/v1/b2b/oauth/logout/start"),
)

BACKEND_ROUTES: tuple[Route, ...] = (
    # The key set is public; it is asked for without any authorization.
    Route("sessions.get_jwks", "GET", "/v1/b2b/sessions/jwks/{project_id}", auth="none"),
)

BROWSER_ROUTES: tuple[Route, ...] = (
    # People's browsers go there: the public token is in the query, and nobody is logged in yet.
    Route("oauth.start", "GET", "/v1/b2b/public/oauth/{provider}/start", auth="none"),
    Route(
        "oauth.discovery.start",
        "GET",
        "/v1/b2b/public/oauth/{provider}/discovery/start",
        auth="none",
    ),
    Route("sso.start", "GET", "/v1/public/sso/start", auth="none"),
    # The emulator's own: it stands in for the sites of Google and all others.
    Route("identity_provider.show", "GET", "/identity_provider", auth="none"),
    Route("identity_provider.answer", "POST", "/identity_provider", auth="none"),
)


SCIM_ROUTES: tuple[Route, ...] = (
    # Identity providers go there, with the bearer token of the connection.
    *(
        Route(f"scim_provider.{operation}", method, f"/v1/b2b/scim/{{connection_id}}{path}", "none")
        for operation, method, path in (
            ("create_user", "POST", "/Users"),
            ("list_users", "GET", "/Users"),
            ("get_user", "GET", "/Users/{resource_id}"),
            ("replace_user", "PUT", "/Users/{resource_id}"),
            ("patch_user", "PATCH", "/Users/{resource_id}"),
            ("delete_user", "DELETE", "/Users/{resource_id}"),
            ("create_group", "POST", "/Groups"),
            ("list_groups", "GET", "/Groups"),
            ("get_group", "GET", "/Groups/{resource_id}"),
            ("replace_group", "PUT", "/Groups/{resource_id}"),
            ("patch_group", "PATCH", "/Groups/{resource_id}"),
            ("delete_group", "DELETE", "/Groups/{resource_id}"),
            ("get_config", "GET", "/ServiceProviderConfig"),
            ("list_resource_types", "GET", "/ResourceTypes"),
            ("get_resource_type", "GET", "/ResourceTypes/{resource_id}"),
            ("list_schemas", "GET", "/Schemas"),
            ("get_schema", "GET", "/Schemas/{resource_id}"),
        )
    ),
)


@frozen
class Match:
    """A route, and what the path has where the template has parameters."""

    route: Route
    parameters: Mapping[str, str] = field(repr=False)


class Router:
    """
    Find the route of a request by its raw path.

    Segments are compared as they were sent and decoded once, one by one, when they fill a
    parameter: an id of ``%2e%2e`` or ``a%2Fb`` is an id, and never leads to another route.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_length: dict[int, list[Route]] = {}
        for route in _endpoints(routes):
            self._by_length.setdefault(len(route.segments), []).append(route)
        for same_length in self._by_length.values():
            # Literal segments win over parameters; sorting keeps the table's order otherwise.
            same_length.sort(key=lambda route: [_is_parameter(s) for s in route.segments])

    def match(self, method: str, raw_path: str) -> Match | None:
        """Return the route of a method and path without query, if there is one."""
        segments = raw_path.split("/")
        for route in self._by_length.get(len(segments), ()):
            if route.method == method and _fits(route, segments):
                return Match(route, _parameters(route, segments))
        return None

    def methods(self, raw_path: str) -> tuple[str, ...]:
        """Return the methods that the path can be called with; none if there is no such path."""
        segments = raw_path.split("/")
        routes = self._by_length.get(len(segments), ())
        return tuple(sorted({route.method for route in routes if _fits(route, segments)}))


def _endpoints(routes: Iterable[Route]) -> Iterable[Route]:
    """Return one row for each method and path."""
    known: dict[tuple[str, str], Route] = {}
    for route in routes:
        key = (route.method, route.path)
        first = known.setdefault(key, route)
        if first.permission is not None and route.permission not in (None, first.permission):
            permission = evolve(first.permission, or_if_self=route.permission)
            known[key] = evolve(first, permission=permission)
    return known.values()


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def _fits(route: Route, segments: list[str]) -> bool:
    return all(
        sent != "" if _is_parameter(wanted) else sent == wanted
        for wanted, sent in zip(route.segments, segments, strict=True)
    )


def _parameters(route: Route, segments: list[str]) -> dict[str, str]:
    pairs = zip(route.segments, segments, strict=True)
    return {wanted[1:-1]: unquote(sent) for wanted, sent in pairs if _is_parameter(wanted)}
