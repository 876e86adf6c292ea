"""What is known of an identity provider at the other end of an SSO connection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

# What Okta and others send unless somebody changes it.
DEFAULT_ATTRIBUTE_MAPPING: Mapping[str, str] = {
    "email": "NameID",
    "first_name": "firstName",
    "last_name": "lastName",
}


@frozen(kw_only=True)
class Certificate:
    """A certificate of one side of a SAML connection."""

    certificate_id: str
    pem: str
    issuer: str
    created_at: datetime
    expires_at: datetime


@frozen(kw_only=True)
class EncryptionKey:
    """A private key for the encrypted answers of a SAML identity provider."""

    private_key_id: str
    pem: str = field(repr=False)
    created_at: datetime


@frozen(kw_only=True)
class SAMLSettings:
    """How a SAML connection is configured, under the names that the API uses."""

    idp_entity_id: str = ""
    idp_sso_url: str = ""
    attribute_mapping: Mapping[str, str] = field(factory=dict[str, str])
    verification_certificates: tuple[Certificate, ...] = ()
    """What the identity provider signs with."""
    signing_certificates: tuple[Certificate, ...] = ()
    """What requests to the identity provider are signed with."""
    encryption_private_keys: tuple[EncryptionKey, ...] = ()
    alternative_audience_uri: str = ""
    allow_gateway_callback: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing that a login takes."""
        return bool(
            self.idp_entity_id
            and self.idp_sso_url
            and self.attribute_mapping
            and self.verification_certificates
        )


@frozen(kw_only=True)
class OIDCSettings:
    """How an OpenID Connect connection is configured, under the names that the API uses."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    issuer: str = ""
    authorization_url: str = ""
    token_url: str = ""
    userinfo_url: str = ""
    jwks_url: str = ""
    custom_scopes: str = ""
    attribute_mapping: Mapping[str, str] = field(factory=dict[str, str])

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing that a login takes."""
        return bool(
            self.client_id
            and self.client_secret
            and self.issuer
            and self.authorization_url
            and self.token_url
            and self.userinfo_url
            and self.jwks_url
        )
