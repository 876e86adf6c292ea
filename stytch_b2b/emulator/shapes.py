"""How the things in the store look on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from attrs import asdict

from . import scim_resources, tokens
from .federation import Certificate
from .policy import ADMIN_ROLE
from .rules import (
    connected_apps,
    consents,
    discovery as discovery_rules,
    logins,
    oauth,
    organizations,
    passwords,
    roles,
    scim,
    sso,
    strength,
)
from .store import (
    BearerToken,
    Factor,
    Member,
    MemberSession,
    OAuthRegistration,
    Organization,
    ScimConnection,
    ScimGroup,
    SSOConnection,
    SSORegistration,
    Store,
)
from .trust import ConnectedApp

Json = dict[str, Any]


def timestamp(moment: datetime) -> str:
    """Return a moment as the API writes it: RFC 3339, UTC, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def organization(store: Store, it: Organization) -> Json:
    """Shape an organization."""
    connection = scim.active(store, it)
    return {
        "organization_id": it.organization_id,
        "organization_name": it.organization_name,
        "organization_logo_url": it.organization_logo_url,
        "organization_slug": it.organization_slug,
        "organization_external_id": it.organization_external_id,
        "sso_jit_provisioning": it.sso_jit_provisioning,
        "sso_jit_provisioning_allowed_connections": it.sso_jit_provisioning_allowed_connections,
        "sso_active_connections": [active_sso_connection(each) for each in sso.active(store, it)],
        "sso_default_connection_id": it.sso_default_connection_id,
        "scim_active_connection": None if connection is None else _active_scim(connection),
        "email_allowed_domains": it.email_allowed_domains,
        "email_jit_provisioning": it.email_jit_provisioning,
        "email_invites": it.email_invites,
        "auth_methods": it.auth_methods,
        "allowed_auth_methods": it.allowed_auth_methods,
        "mfa_policy": it.mfa_policy,
        "mfa_methods": it.mfa_methods,
        "allowed_mfa_methods": it.allowed_mfa_methods,
        "rbac_email_implicit_role_assignments": it.rbac_email_implicit_role_assignments,
        "oauth_tenant_jit_provisioning": it.oauth_tenant_jit_provisioning,
        "allowed_oauth_tenants": it.allowed_oauth_tenants,
        "claimed_email_domains": it.claimed_email_domains,
        "first_party_connected_apps_allowed_type": it.first_party_connected_apps_allowed_type,
        "allowed_first_party_connected_apps": it.allowed_first_party_connected_apps,
        "third_party_connected_apps_allowed_type": it.third_party_connected_apps_allowed_type,
        "allowed_third_party_connected_apps": it.allowed_third_party_connected_apps,
        "custom_roles": it.custom_roles,
        "trusted_metadata": it.trusted_metadata,
        "created_at": timestamp(it.created_at),
        "updated_at": timestamp(it.updated_at),
    }


def organization_by_slug(store: Store, it: Organization) -> Json:
    """Shape what anybody may know of an organization, to find out how to log in there."""
    return {
        "organization_id": it.organization_id,
        "organization_name": it.organization_name,
        "organization_logo_url": it.organization_logo_url,
        "organization_slug": it.organization_slug,
        "sso_active_connections": [active_sso_connection(each) for each in sso.active(store, it)],
        "sso_default_connection_id": it.sso_default_connection_id,
        "email_jit_provisioning": it.email_jit_provisioning,
        "email_allowed_domains": it.email_allowed_domains,
        "auth_methods": it.auth_methods,
        "allowed_auth_methods": it.allowed_auth_methods,
        "mfa_policy": it.mfa_policy,
        "oauth_tenant_jit_provisioning": it.oauth_tenant_jit_provisioning,
        "allowed_oauth_tenants": it.allowed_oauth_tenants,
    }


def member_changed(store: Store, it: Member) -> Json:
    """Shape a member that a call has made or changed, with its organization."""
    return {
        "member_id": it.member_id,
        "member": member(store, it),
        "organization": organization(store, store.organizations[it.organization_id]),
    }


def member(store: Store, it: Member) -> Json:
    """Shape a member."""
    held = roles.held(store, it)
    password = passwords.of(store, it)
    return {
        "organization_id": it.organization_id,
        "member_id": it.member_id,
        "external_id": it.external_id,
        "email_address": it.email_address,
        "email_address_verified": it.email_address_verified,
        "status": it.status,
        "name": it.name,
        "sso_registrations": [_sso_registration(each) for each in it.sso_registrations],
        "oauth_registrations": [_oauth_registration(each) for each in it.oauth_registrations],
        "scim_registration": _scim_registration(store, it),
        "is_breakglass": it.is_breakglass,
        "is_admin": ADMIN_ROLE in held,
        "member_password_id": "" if password is None else password.password_id,
        "totp_registration_id": _totp_registration_id(it),
        "retired_email_addresses": [asdict(retired) for retired in it.retired_email_addresses],
        **_lock(store, it),
        "mfa_enrolled": it.mfa_enrolled,
        "mfa_phone_number": it.mfa_phone_number,
        "mfa_phone_number_verified": it.mfa_phone_number_verified,
        "default_mfa_method": it.default_mfa_method,
        "roles": [{"role_id": role_id, "sources": sources} for role_id, sources in held.items()],
        "trusted_metadata": it.trusted_metadata,
        "untrusted_metadata": it.untrusted_metadata,
        "created_at": timestamp(it.created_at),
        "updated_at": timestamp(it.updated_at),
    }


def member_session(store: Store, it: MemberSession) -> Json:
    """Shape a session; its roles are those that the member holds now."""
    return {
        "member_session_id": it.member_session_id,
        "member_id": it.member_id,
        "organization_id": it.organization_id,
        "organization_slug": store.organizations[it.organization_id].organization_slug,
        "started_at": timestamp(it.started_at),
        "last_accessed_at": timestamp(it.last_accessed_at),
        "expires_at": timestamp(it.expires_at),
        "authentication_factors": [_factor(factor) for factor in it.factors],
        "roles": list(roles.held(store, store.members[it.member_id], session=it)),
        "custom_claims": it.custom_claims,
    }


def session_jwt(store: Store, it: MemberSession) -> str:
    """Return a fresh JWT of a session."""
    wire = member_session(store, it)
    described = (
        "started_at",
        "last_accessed_at",
        "expires_at",
        "authentication_factors",
        "roles",
    )
    claims = {
        **it.custom_claims,
        "iss": f"stytch.com/{store.project.project_id}",
        "aud": [store.project.project_id],
        "sub": it.member_id,
        "https://stytch.com/session": {
            "id": it.member_session_id,
            "attributes": {"user_agent": "", "ip_address": ""},
            **{name: wire[name] for name in described},
        },
        "https://stytch.com/organization": {
            "organization_id": it.organization_id,
            "slug": wire["organization_slug"],
        },
    }
    return tokens.sign(claims, issued_at=store.clock.now())


def session_tokens(store: Store, it: MemberSession) -> Json:
    """Shape a session with its tokens, its member and its organization."""
    return {
        "member_session": member_session(store, it),
        "session_token": it.token,
        "session_jwt": session_jwt(store, it),
        "member": member(store, store.members[it.member_id]),
        "organization": organization(store, store.organizations[it.organization_id]),
    }


def second_factor(store: Store, it: MemberSession) -> Json:
    """Shape the session that a second factor strengthened, or that it completed."""
    return {"member_id": it.member_id, **session_tokens(store, it), "member_device": None}


def login(store: Store, it: logins.Login) -> Json:
    """Shape the end of a login, with its session or with what is missing."""
    common = {
        "member_id": it.member.member_id,
        "organization_id": it.organization.organization_id,
        "member_authenticated": it.session is not None,
        "intermediate_session_token": "" if it.intermediate is None else it.intermediate.token,
        "mfa_required": mfa_required(it.member, it.passcode_sent) if it.mfa_required else None,
        "primary_required": None
        if it.primary_required is None
        else {"allowed_auth_methods": list(it.primary_required)},
        "member_device": None,
    }
    if it.session is not None:
        return {**common, **session_tokens(store, it.session)}
    return {
        **common,
        "member_session": None,
        "session_token": "",
        "session_jwt": "",
        "member": member(store, it.member),
        "organization": organization(store, it.organization),
    }


def discovery(store: Store, it: discovery_rules.Discovery) -> Json:
    """Shape a login whose organization is to be chosen."""
    return {
        "email_address": it.email_address,
        "intermediate_session_token": it.intermediate.token,
        "discovered_organizations": [discovered(store, each) for each in it.found],
    }


def discovered(store: Store, it: discovery_rules.Discovered) -> Json:
    """Shape an organization that an e-mail address opens."""
    primary, mfa = it.primary_required, it.mfa_required
    allowed = {"allowed_auth_methods": list(organizations.allowed_auth_methods(it.organization))}
    nobody = {"member_options": None, "secondary_auth_initiated": None}
    return {
        "organization": organization(store, it.organization),
        "membership": {
            "type": it.membership_type,
            "details": it.details,
            "member": None if it.member is None else member(store, it.member),
        },
        "member_authenticated": not primary and not mfa,
        "primary_required": allowed if primary else None,
        "mfa_required": None
        if not mfa
        else nobody
        if it.member is None
        else mfa_required(it.member, passcode_sent=False),
    }


def mfa_required(it: Member, passcode_sent: bool) -> Json:
    """Shape what a member who lacks a second factor can go on with."""
    totp_registration_id = _totp_registration_id(it)
    options = {
        "mfa_phone_number": it.mfa_phone_number if it.mfa_phone_number_verified else "",
        "totp_registration_id": totp_registration_id,
    }
    return {
        "member_options": options if any(options.values()) else None,
        "secondary_auth_initiated": "sms_otp" if passcode_sent else None,
    }


def password_strength(it: strength.Strength) -> Json:
    """Shape what is good and bad about a password; only the project's policy has feedback."""
    return {
        "valid_password": it.is_valid,
        "score": it.score,
        "breached_password": it.is_breached,
        "strength_policy": it.policy,
        "breach_detection_on_create": True,
        "luds_feedback": None if it.kinds is None else asdict(it.kinds),
        "zxcvbn_feedback": None
        if it.guessing is None
        else {"warning": it.guessing.warning, "suggestions": list(it.guessing.suggestions)},
    }


def provider_values(it: oauth.ProviderValues) -> Json:
    """Shape what an OAuth provider has handed over."""
    return {
        "scopes": list(it.scopes),
        "access_token": it.access_token,
        "refresh_token": it.refresh_token,
        "id_token": it.id_token,
        "expires_at": None if it.expires_at is None else timestamp(it.expires_at),
    }


def active_sso_connection(it: SSOConnection) -> Json:
    """Shape an SSO connection for those who may log in by it."""
    return {
        "connection_id": it.connection_id,
        "display_name": it.display_name,
        "identity_provider": it.identity_provider,
    }


def saml_connection(it: SSOConnection, *, base_url: str) -> Json:
    """Shape a SAML connection."""
    callback_url = _callback_url(it, base_url)
    return {
        **_sso_common(it),
        "identity_provider": it.identity_provider,
        "idp_entity_id": it.saml.idp_entity_id,
        "idp_sso_url": it.saml.idp_sso_url,
        "acs_url": callback_url,
        "audience_uri": callback_url,
        "alternative_audience_uri": it.saml.alternative_audience_uri,
        "alternative_acs_url": "",
        "nameid_format": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        "idp_initiated_auth_disabled": False,
        "allow_gateway_callback": it.saml.allow_gateway_callback,
        "attribute_mapping": dict(it.saml.attribute_mapping),
        "signing_certificates": [_certificate(each) for each in it.saml.signing_certificates],
        "verification_certificates": [
            _certificate(each) for each in it.saml.verification_certificates
        ],
        "encryption_private_keys": [
            {
                "private_key_id": key.private_key_id,
                "private_key": key.pem,
                "created_at": timestamp(key.created_at),
            }
            for key in it.saml.encryption_private_keys
        ],
        "saml_connection_implicit_role_assignments": it.role_assignments,
        "saml_group_implicit_role_assignments": it.group_role_assignments,
    }


def oidc_connection(it: SSOConnection, *, base_url: str) -> Json:
    """Shape an OpenID Connect connection."""
    return {
        **_sso_common(it),
        "identity_provider": it.identity_provider,
        "redirect_url": _callback_url(it, base_url),
        "client_id": it.oidc.client_id,
        "client_secret": it.oidc.client_secret,
        "issuer": it.oidc.issuer,
        "authorization_url": it.oidc.authorization_url,
        "token_url": it.oidc.token_url,
        "userinfo_url": it.oidc.userinfo_url,
        "jwks_url": it.oidc.jwks_url,
        "custom_scopes": it.oidc.custom_scopes,
        "attribute_mapping": dict(it.oidc.attribute_mapping),
    }


def external_connection(it: SSOConnection) -> Json:
    """Shape a connection that is borrowed from another organization."""
    return {
        **_sso_common(it),
        "external_organization_id": it.external_organization_id,
        "external_connection_id": it.external_connection_id,
        "external_connection_implicit_role_assignments": it.role_assignments,
        "external_group_implicit_role_assignments": it.group_role_assignments,
    }


def connected_app(it: ConnectedApp) -> Json:
    """Shape a connected app as it shows to a member who is to consent."""
    return {
        "client_id": it.client_id,
        "client_name": it.client_name,
        "client_description": it.client_description,
        "client_type": it.client_type,
        "logo_url": it.logo_url,
    }


def used_app(it: ConnectedApp) -> Json:
    """Shape a connected app as it shows to those who look after it."""
    return {
        "connected_app_id": it.client_id,
        "name": it.client_name,
        "description": it.client_description,
        "client_type": it.client_type,
        "logo_url": it.logo_url,
    }


def used_app_of_member(it: consents.Consent) -> Json:
    """Shape a connected app with what a member lets it do."""
    return {**used_app(it.app), "scopes_granted": " ".join(it.scopes)}


def used_app_of_organization(app: ConnectedApp, its: Iterable[consents.Consent]) -> Json:
    """Shape a connected app with what each member lets it do."""
    return {
        **used_app(app),
        "active_members": [
            {"member_id": each.member.member_id, "granted_scopes": list(each.scopes)}
            for each in its
        ],
    }


def scope_result(it: connected_apps.ScopeResult) -> Json:
    """Shape a scope that a connected app asks for."""
    return {
        "scope": it.scope,
        "description": it.description,
        "is_grantable": it.is_grantable,
    }


def scim_connection(it: ScimConnection, *, base_url: str) -> Json:
    """Shape a SCIM connection; of its bearer tokens only the last four characters show."""
    following = it.next_bearer_token
    return {
        **_scim_common(it, base_url),
        "bearer_token_last_four": it.bearer_token.value[-4:],
        "next_bearer_token_last_four": following.value[-4:] if following else "",
        "next_bearer_token_expires_at": timestamp(following.expires_at) if following else None,
    }


def scim_connection_with_token(it: ScimConnection, *, base_url: str) -> Json:
    """Shape a new SCIM connection, the only time that its bearer token shows."""
    return {**_scim_common(it, base_url), "bearer_token": it.bearer_token.value}


def scim_connection_with_next_token(
    it: ScimConnection, following: BearerToken, *, base_url: str
) -> Json:
    """Shape a rotating SCIM connection, the only time that its next bearer token shows."""
    return {
        **_scim_common(it, base_url),
        "bearer_token_last_four": it.bearer_token.value[-4:],
        "next_bearer_token": following.value,
        "next_bearer_token_expires_at": timestamp(following.expires_at),
    }


def scim_group(it: ScimGroup) -> Json:
    """Shape a SCIM group."""
    return {
        "group_id": it.group_id,
        "group_name": it.group_name,
        "organization_id": it.organization_id,
        "connection_id": it.connection_id,
    }


def _totp_registration_id(it: Member) -> str:
    # A registration counts from its first code on.
    return it.totp.registration_id if it.totp is not None and it.totp.is_verified else ""


def _lock(store: Store, it: Member) -> Json:
    if it.locked_at is None or it.lock_expires_at is None:
        return {"is_locked": False, "lock_created_at": None, "lock_expires_at": None}
    if it.lock_expires_at <= store.clock.now():
        return {"is_locked": False, "lock_created_at": None, "lock_expires_at": None}
    return {
        "is_locked": True,
        "lock_created_at": timestamp(it.locked_at),
        "lock_expires_at": timestamp(it.lock_expires_at),
    }


def _factor(it: Factor) -> Json:
    return {
        "type": it.type,
        "delivery_method": it.delivery_method,
        "sequence_order": it.sequence_order,
        "created_at": timestamp(it.created_at),
        "updated_at": timestamp(it.updated_at),
        "last_authenticated_at": timestamp(it.last_authenticated_at),
        **it.details,
    }


def _oauth_registration(it: OAuthRegistration) -> Json:
    return {
        "provider_type": oauth.PROVIDERS[it.provider].display_name,
        "provider_subject": it.provider_subject,
        "member_oauth_registration_id": it.registration_id,
        "profile_picture_url": None,
        "locale": None,
        "provider_tenants": [
            {"tenant_id": tenant_id, "tenant_name": tenant_id} for tenant_id in it.tenant_ids
        ],
    }


def _sso_registration(it: SSORegistration) -> Json:
    return {
        "connection_id": it.connection_id,
        "external_id": it.external_id,
        "registration_id": it.registration_id,
        "sso_attributes": it.sso_attributes,
    }


def _sso_common(it: SSOConnection) -> Json:
    return {
        "organization_id": it.organization_id,
        "connection_id": it.connection_id,
        "status": it.status,
        "display_name": it.display_name,
    }


def _callback_url(it: SSOConnection, base_url: str) -> str:
    return f"{base_url}/v1/b2b/sso/callback/{it.connection_id}"


def _certificate(it: Certificate) -> Json:
    return {
        "certificate_id": it.certificate_id,
        "certificate": it.pem,
        "issuer": it.issuer,
        "created_at": timestamp(it.created_at),
        "expires_at": timestamp(it.expires_at),
        "updated_at": timestamp(it.created_at),
    }


def _active_scim(it: ScimConnection) -> Json:
    return {
        "connection_id": it.connection_id,
        "display_name": it.display_name,
        "bearer_token_last_four": it.bearer_token.value[-4:],
        "bearer_token_expires_at": timestamp(it.bearer_token.expires_at),
    }


def _scim_common(it: ScimConnection, base_url: str) -> Json:
    return {
        "organization_id": it.organization_id,
        "connection_id": it.connection_id,
        "status": it.status,
        "display_name": it.display_name,
        "identity_provider": it.identity_provider,
        "base_url": f"{base_url}/v1/b2b/scim/{it.connection_id}",
        "bearer_token_expires_at": timestamp(it.bearer_token.expires_at),
        "scim_group_implicit_role_assignments": [
            {**assignment, "group_name": it.groups[assignment["group_id"]].group_name}
            for assignment in it.role_assignments
        ],
    }


def _scim_registration(store: Store, it: Member) -> Json | None:
    connection = scim.active(store, store.organizations[it.organization_id])
    if connection is None or it.member_id not in connection.registrations:
        return None
    registration = connection.registrations[it.member_id]
    return {
        "connection_id": connection.connection_id,
        "registration_id": registration.registration_id,
        "external_id": registration.user.get("externalId"),
        "scim_attributes": scim_resources.attributes(store, connection, registration),
    }
