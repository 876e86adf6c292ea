"""SSO connections of an Organization: by SAML, by OpenID Connect, and of another Organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import field, frozen

from ._response import APIResponse
from ._types import Timestamp, redacted

SSOConnectionStatus: TypeAlias = Literal["pending", "active"] | str
"""Pending until all is there that a login takes."""


@frozen(kw_only=True)
class X509Certificate:
    """A certificate that signatures of SAML messages are checked with."""

    certificate_id: str
    certificate: str
    """In PEM."""
    issuer: str
    created_at: Timestamp | None = None
    expires_at: Timestamp | None = None
    updated_at: Timestamp | None = None


@frozen(kw_only=True)
class EncryptionPrivateKey:
    """A key that encrypted SAML assertions are read with."""

    private_key_id: str
    private_key: str = field(repr=redacted)
    created_at: Timestamp | None = None


@frozen(kw_only=True)
class SSOImplicitRoleAssignment:
    """A role that every Member has who logs in by the connection."""

    role_id: str


@frozen(kw_only=True)
class SSOGroupImplicitRoleAssignment:
    """A role that every Member has who logs in by the connection and is in a group there."""

    role_id: str
    group: str
    """Name of the group, as the identity provider sends it."""


@frozen(kw_only=True)
class SAMLConnection:
    """A connection to an identity provider that speaks SAML."""

    organization_id: str
    connection_id: str
    status: SSOConnectionStatus
    idp_entity_id: str
    """What the identity provider calls itself."""
    display_name: str
    idp_sso_url: str
    """Where logins are sent to."""
    acs_url: str
    """What to enter at the identity provider as the place to answer to."""
    audience_uri: str
    """What to enter at the identity provider as the audience of its answers."""
    signing_certificates: tuple[X509Certificate, ...]
    """What the identity provider checks Stytch's requests with."""
    verification_certificates: tuple[X509Certificate, ...]
    """What Stytch checks the identity provider's answers with."""
    encryption_private_keys: tuple[EncryptionPrivateKey, ...]
    saml_connection_implicit_role_assignments: tuple[SSOImplicitRoleAssignment, ...]
    saml_group_implicit_role_assignments: tuple[SSOGroupImplicitRoleAssignment, ...]
    alternative_audience_uri: str
    identity_provider: str
    """The provider, such as ``okta``, or ``generic``."""
    nameid_format: str
    alternative_acs_url: str
    idp_initiated_auth_disabled: bool
    """Whether a login has to begin here, and not at the identity provider."""
    allow_gateway_callback: bool
    attribute_mapping: Mapping[str, str] | None = None
    """What the identity provider calls ``email``, ``first_name`` and so on."""
    saml_encryption_private_keys: tuple[EncryptionPrivateKey, ...] | None = None
    """Another name for `encryption_private_keys`, which may be the one that is sent."""


@frozen(kw_only=True)
class OIDCConnection:
    """A connection to an identity provider that speaks OpenID Connect."""

    organization_id: str
    connection_id: str
    status: SSOConnectionStatus
    display_name: str
    redirect_url: str
    """What to enter at the identity provider as the place to answer to."""
    client_id: str
    client_secret: str = field(repr=redacted)
    issuer: str
    """What the identity provider calls itself."""
    authorization_url: str
    token_url: str
    userinfo_url: str
    jwks_url: str
    identity_provider: str
    """The provider, such as ``okta``, or ``generic``."""
    custom_scopes: str
    """Scopes to ask for besides those that a login takes, separated by spaces."""
    attribute_mapping: Mapping[str, str] | None = None
    """What the identity provider calls the claims that Stytch keeps."""


@frozen(kw_only=True)
class ExternalConnection:
    """A connection that is another Organization's, used by this one as well."""

    organization_id: str
    connection_id: str
    external_organization_id: str
    """Whose connection it is."""
    external_connection_id: str
    """ID of the connection there."""
    display_name: str
    status: str
    external_connection_implicit_role_assignments: tuple[SSOImplicitRoleAssignment, ...]
    external_group_implicit_role_assignments: tuple[SSOGroupImplicitRoleAssignment, ...]


@frozen(kw_only=True)
class SSOConnectionsResponse(APIResponse):
    """All SSO connections of the Organization, by kind."""

    saml_connections: tuple[SAMLConnection, ...]
    oidc_connections: tuple[OIDCConnection, ...]
    external_connections: tuple[ExternalConnection, ...]


@frozen(kw_only=True)
class SSOConnectionDeletedResponse(APIResponse):
    """An answer that tells which SSO connection is gone."""

    connection_id: str


@frozen(kw_only=True)
class SAMLConnectionResponse(APIResponse):
    """An answer that holds the SAML connection as it is now."""

    connection: SAMLConnection


@frozen(kw_only=True)
class SAMLVerificationCertificateDeletedResponse(APIResponse):
    """An answer that tells which certificate is gone."""

    certificate_id: str


@frozen(kw_only=True)
class SAMLEncryptionPrivateKeyDeletedResponse(APIResponse):
    """An answer that tells which private key is gone."""

    private_key_id: str


@frozen(kw_only=True)
class OIDCConnectionResponse(APIResponse):
    """An answer that holds the OpenID Connect connection as it is now."""

    connection: OIDCConnection


@frozen(kw_only=True)
class OIDCConnectionUpdatedResponse(APIResponse):
    """An answer that holds the connection, and what could not be learnt of its issuer."""

    connection: OIDCConnection
    warning: str | None = None
    """Why the issuer's metadata could not be read, if it could not."""


@frozen(kw_only=True)
class ExternalConnectionResponse(APIResponse):
    """An answer that holds the external connection as it is now."""

    connection: ExternalConnection
