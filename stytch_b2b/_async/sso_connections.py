"""SSO connections by kind: SAML, OpenID Connect, and those of other Organizations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._arguments import SSOConnectionRole, SSOGroupRole, SSOIdentityProvider
from .._declare import EndpointGroup
from .._endpoint import ActsAs, Retry
from ..models.sso_connections import (
    ExternalConnectionResponse,
    OIDCConnectionResponse,
    OIDCConnectionUpdatedResponse,
    SAMLConnectionResponse,
    SAMLEncryptionPrivateKeyDeletedResponse,
    SAMLVerificationCertificateDeletedResponse,
)
from ..permissions import ORGANIZATION, SSO
from ._resource import AsyncResource

sso_saml = EndpointGroup("sso.saml")
sso_oidc = EndpointGroup("sso.oidc")
sso_external = EndpointGroup("sso.external")

IMPLICIT_ROLES = ORGANIZATION["update.settings.implicit-roles"]


class AsyncSSOSAML(AsyncResource):
    """Connections of the Organization to identity providers that speak SAML."""

    __slots__ = ()

    @sso_saml.post(
        "/sdk/v1/b2b/sso/saml",
        acts_as=ActsAs.SESSION,
        permission=SSO["create"],
        retry=Retry.CREATES,
    )
    async def create_connection(
        self,
        *,
        display_name: str | None = None,
        identity_provider: SSOIdentityProvider | None = None,
    ) -> SAMLConnectionResponse:
        """
        Create a SAML connection.

        It is pending: enter its ``acs_url`` and ``audience_uri`` at the identity provider, and
        what that shows in return with `update_connection`.

        Args:
            display_name: Name that people see. Default: none.
            identity_provider: What is at the other end. Default: ``generic``.

        Raises:
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the connection may exist.

        Permission:
            ``create`` on ``stytch.sso``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/create-saml-connection
        """
        ...

    @sso_saml.put(
        "/sdk/v1/b2b/sso/saml/{connection_id}",
        acts_as=ActsAs.SESSION,
        permission=SSO["update"],
        field_permissions={
            "saml_connection_implicit_role_assignments": IMPLICIT_ROLES,
            "saml_group_implicit_role_assignments": IMPLICIT_ROLES,
        },
        retry=Retry.CREATES,
    )
    async def update_connection(
        self,
        connection_id: str,
        *,
        idp_entity_id: str | None = None,
        display_name: str | None = None,
        attribute_mapping: Mapping[str, str] | None = None,
        x509_certificate: str | None = None,
        idp_sso_url: str | None = None,
        saml_connection_implicit_role_assignments: Sequence[SSOConnectionRole] | None = None,
        saml_group_implicit_role_assignments: Sequence[SSOGroupRole] | None = None,
        alternative_audience_uri: str | None = None,
        identity_provider: SSOIdentityProvider | None = None,
        signing_private_key: str | None = None,
        allow_gateway_callback: bool | None = None,
        saml_encryption_private_key: str | None = None,
    ) -> SAMLConnectionResponse:
        """
        Update a SAML connection.

        Only what is given changes. The connection is active once it has ``idp_entity_id``,
        ``idp_sso_url``, ``attribute_mapping`` and a certificate.

        Args:
            connection_id: ID of the connection.
            idp_entity_id: What the identity provider calls itself.
            display_name: Name that people see.
            attribute_mapping: What the identity provider calls ``email`` and either ``full_name``
                or ``first_name`` and ``last_name``; ``groups``, if it sends groups. Replaces the
                mapping there was.
            x509_certificate: Certificate of the identity provider, in PEM. It is added to those
                there are, five at most.
            idp_sso_url: Where the identity provider takes logins; ``https``.
            saml_connection_implicit_role_assignments: Roles of everybody who logs in by the
                connection, ``{"role_id": ...}`` each. Replaces all that were assigned before.
            saml_group_implicit_role_assignments: Roles by group, ``{"group": ..., "role_id":
                ...}`` each. Replaces all that were assigned before.
            alternative_audience_uri: Audience that is accepted besides ``audience_uri``.
            identity_provider: What is at the other end, such as ``okta``.
            signing_private_key: RSA key in PKCS #1 to sign requests with; its certificate is in
                ``signing_certificates`` of the answer.
            allow_gateway_callback: Whether answers may come by way of a gateway.
            saml_encryption_private_key: RSA key in PKCS #1 to read encrypted answers with. It is
                added to those there are.

        Raises:
            BadRequestError: A certificate, key, URL or mapping is invalid, there is no such role,
                or there are too many certificates.
            PermissionDeniedError: The Member lacks a permission named below.
            NotFoundError: The Organization has no such connection.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; a certificate or key may be added.

        Permission:
            ``update`` on ``stytch.sso``.
            saml_connection_implicit_role_assignments: ``update.settings.implicit-roles`` on
            ``stytch.organization`` instead.
            saml_group_implicit_role_assignments: ``update.settings.implicit-roles`` on
            ``stytch.organization`` instead.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/update-saml-connection
        """
        ...

    @sso_saml.put(
        "/sdk/v1/b2b/sso/saml/{connection_id}/url",
        acts_as=ActsAs.SESSION,
        permission=SSO["update"],
        retry=Retry.CREATES,
    )
    async def update_connection_by_url(
        self, connection_id: str, *, metadata_url: str
    ) -> SAMLConnectionResponse:
        """
        Update a SAML connection from the metadata that its identity provider publishes.

        Stytch reads ``idp_entity_id``, ``idp_sso_url`` and certificates, which are added to those
        there are. The attribute mapping is not among them: give it to `update_connection`.

        Args:
            connection_id: ID of the connection.
            metadata_url: Where the metadata is.

        Raises:
            BadRequestError: There is no metadata at the URL, or it is not that of an identity
                provider.
            PermissionDeniedError: The Member lacks the permission named below.
            NotFoundError: The Organization has no such connection.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; certificates may be added.

        Permission:
            ``update`` on ``stytch.sso``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/update-saml-connection-url
        """
        ...

    @sso_saml.delete(
        "/sdk/v1/b2b/sso/saml/{connection_id}/verification_certificates/{certificate_id}",
        acts_as=ActsAs.SESSION,
        permission=SSO["delete"],
        retry=Retry.ENDS,
    )
    async def delete_verification_certificate(
        self, connection_id: str, certificate_id: str
    ) -> SAMLVerificationCertificateDeletedResponse:
        """
        Delete a certificate that answers of the identity provider are checked with.

        Args:
            connection_id: ID of the connection.
            certificate_id: ID of the certificate.

        Raises:
            BadRequestError: It is the only one; add another before.
            PermissionDeniedError: The Member lacks the permission named below.
            NotFoundError: The Organization has no such connection, or it has no such certificate.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the certificate may be deleted.

        Permission:
            ``delete`` on ``stytch.sso``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/delete-verification-certificate
        """
        ...

    @sso_saml.delete(
        "/sdk/v1/b2b/sso/saml/{connection_id}/encryption_private_keys/{private_key_id}",
        acts_as=ActsAs.SESSION,
        permission=SSO["delete"],
        retry=Retry.ENDS,
    )
    async def delete_encryption_private_key(
        self, connection_id: str, private_key_id: str
    ) -> SAMLEncryptionPrivateKeyDeletedResponse:
        """
        Delete a key that encrypted answers of the identity provider are read with.

        Args:
            connection_id: ID of the connection.
            private_key_id: ID of the key.

        Raises:
            PermissionDeniedError: The Member lacks the permission named below.
            NotFoundError: The Organization has no such connection, or it has no such key.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the key may be deleted.

        Permission:
            ``delete`` on ``stytch.sso``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/delete-encryption-private-key
        """
        ...


class AsyncSSOOIDC(AsyncResource):
    """Connections of the Organization to identity providers that speak OpenID Connect."""

    __slots__ = ()

    @sso_oidc.post(
        "/sdk/v1/b2b/sso/oidc",
        acts_as=ActsAs.SESSION,
        permission=SSO["create"],
        retry=Retry.CREATES,
    )
    async def create_connection(
        self,
        *,
        display_name: str | None = None,
        identity_provider: SSOIdentityProvider | None = None,
    ) -> OIDCConnectionResponse:
        """
        Create an OpenID Connect connection.

        It is pending: enter its ``redirect_url`` at the identity provider, and what that shows in
        return with `update_connection`.

        Args:
            display_name: Name that people see. Default: none.
            identity_provider: What is at the other end. Default: ``generic``.

        Raises:
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the connection may exist.

        Permission:
            ``create`` on ``stytch.sso``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/create-oidc-connection
        """
        ...

    @sso_oidc.put(
        "/sdk/v1/b2b/sso/oidc/{connection_id}",
        acts_as=ActsAs.SESSION,
        permission=SSO["update"],
        retry=Retry.IDEMPOTENT,
    )
    async def update_connection(
        self,
        connection_id: str,
        *,
        display_name: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        issuer: str | None = None,
        authorization_url: str | None = None,
        token_url: str | None = None,
        userinfo_url: str | None = None,
        jwks_url: str | None = None,
        identity_provider: SSOIdentityProvider | None = None,
        custom_scopes: str | None = None,
        attribute_mapping: Mapping[str, str] | None = None,
    ) -> OIDCConnectionUpdatedResponse:
        """
        Update an OpenID Connect connection.

        Only what is given changes. With another issuer Stytch looks for its metadata and takes the
        four URLs from there, but for those that are given; ``warning`` of the answer says if there
        is none. The connection is active once it has client, issuer and all four URLs.

        Args:
            connection_id: ID of the connection.
            display_name: Name that people see.
            client_id: What the identity provider knows Stytch by.
            client_secret: What Stytch proves it with.
            issuer: What the identity provider calls itself; ``https``.
            authorization_url: Where logins begin.
            token_url: Where tokens are had.
            userinfo_url: Where it is said who has logged in.
            jwks_url: Where the keys are that tokens are checked with.
            identity_provider: What is at the other end, such as ``okta``.
            custom_scopes: Scopes to ask for besides those that a login takes, separated by spaces.
            attribute_mapping: What the identity provider calls the claims that Stytch keeps.
                Replaces the mapping there was.

        Raises:
            BadRequestError: A URL is invalid, or something that a login takes is empty.
            PermissionDeniedError: The Member lacks the permission named below.
            NotFoundError: The Organization has no such connection.
            NoSessionError: The client holds no session.

        Permission:
            ``update`` on ``stytch.sso``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/update-oidc-connection
        """
        ...


class AsyncSSOExternal(AsyncResource):
    """Connections of other Organizations that the Organization uses as well."""

    __slots__ = ()

    @sso_external.post(
        "/sdk/v1/b2b/sso/external",
        acts_as=ActsAs.SESSION,
        permission=SSO["create"],
        retry=Retry.CREATES,
    )
    async def create_connection(
        self,
        *,
        external_connection_id: str,
        external_organization_id: str,
        display_name: str | None = None,
    ) -> ExternalConnectionResponse:
        """
        Let the Members log in by the connection of another Organization.

        Args:
            external_connection_id: ID of the connection. It must be active.
            external_organization_id: ID of the Organization whose connection it is.
            display_name: Name that people see. Default: none.

        Raises:
            BadRequestError: The connection is not active, or is not that Organization's, or that
                Organization is this one.
            ConflictError: The Organization uses the connection already.
            PermissionDeniedError: The Member lacks the permission named below.
            NotFoundError: There is no such Organization or connection.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the connection may exist.

        Permission:
            ``create`` on ``stytch.sso``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/create-external-connection
        """
        ...

    @sso_external.put(
        "/sdk/v1/b2b/sso/external/{connection_id}",
        acts_as=ActsAs.SESSION,
        permission=SSO["update"],
        field_permissions={
            "external_connection_implicit_role_assignments": IMPLICIT_ROLES,
            "external_group_implicit_role_assignments": IMPLICIT_ROLES,
        },
        retry=Retry.IDEMPOTENT,
    )
    async def update_connection(
        self,
        connection_id: str,
        *,
        display_name: str | None = None,
        external_connection_implicit_role_assignments: Sequence[SSOConnectionRole] | None = None,
        external_group_implicit_role_assignments: Sequence[SSOGroupRole] | None = None,
    ) -> ExternalConnectionResponse:
        """
        Update an external connection.

        Only what is given changes.

        Args:
            connection_id: ID of the connection.
            display_name: Name that people see.
            external_connection_implicit_role_assignments: Roles of everybody who logs in by the
                connection, ``{"role_id": ...}`` each. Replaces all that were assigned before.
            external_group_implicit_role_assignments: Roles by group, ``{"group": ..., "role_id":
                ...}`` each. Replaces all that were assigned before.

        Raises:
            BadRequestError: There is no such role, or it is everybody's.
            PermissionDeniedError: The Member lacks a permission named below.
            NotFoundError: The Organization has no such connection.
            NoSessionError: The client holds no session.

        Permission:
            ``update`` on ``stytch.sso``.
            external_connection_implicit_role_assignments: ``update.settings.implicit-roles`` on
            ``stytch.organization`` instead.
            external_group_implicit_role_assignments: ``update.settings.implicit-roles`` on
            ``stytch.organization`` instead.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/sso/update-external-connection
        """
        ...
