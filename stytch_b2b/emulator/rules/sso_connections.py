"""The administration of SSO connections: created, configured, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from attrs import evolve

from .. import certificates
from ..errors import (
    ApiError,
    BadRequestError,
    CannotDeleteDefaultSsoConnectionError,
    CannotDeleteLastSsoVerificationKeyError,
    DuplicateExternalSsoConnectionError,
    ExternalConnectionIdNotFoundError,
    ExternalConnectionNotActiveError,
    ExternalOrganizationIdSameAsOrganizationIdError,
    InvalidIdpEntityIdError,
    InvalidSsoIdpError,
    InvalidX509CertificateError,
    OidcConnectionNotFoundError,
    PrivateKeyTooLongError,
    SamlConnectionAttributeMappingMissingGroupsKeyError,
    SamlConnectionAttributeMappingRequiredError,
    SamlConnectionEmailMappingRequiredError,
    SamlConnectionIdpSsoUrlInvalidFormatError,
    SamlConnectionIdpSsoUrlNotHttpsError,
    SamlConnectionIdpSsoUrlRequiredError,
    SamlConnectionNameMappingRequiredError,
    SamlConnectionNoNestedKeysInAttributeMappingError,
    SamlConnectionNotFoundError,
    SamlGroupRoleAssignmentDoesNotContainMemberGroupError,
    SamlSigningPrivateKeyFormatNotSupportedError,
    SamlSigningPrivateKeyInvalidError,
    SsoConnectionNotFoundError,
    SsoConnectionOrganizationMismatchError,
    SsoEncryptionPrivateKeyNotFoundError,
    SsoVerificationKeyNotFoundError,
    TooManyEncryptionCertificatesError,
    TooManySsoVerificationCertificatesError,
)
from ..federation import Certificate, EncryptionKey
from ..store import Organization, Protocol, SSOConnection, Store
from . import (
    oidc_metadata,
    organizations,
    registrations,
    roles,
    saml_metadata,
    scim,
    sso,
    web_urls,
)

MOST_CERTIFICATES = 5
"""Of a connection; the same goes for its encryption keys."""

RoleAssignments = Sequence[Mapping[str, str]]


def create(
    store: Store,
    organization: Organization,
    protocol: Literal["saml", "oidc"],
    *,
    display_name: str,
    identity_provider: str,
) -> SSOConnection:
    """
    Create a connection that nobody can log in by until it is configured.

    Raises:
        InvalidSsoIdpError: The identity provider is unknown.
    """
    _check_identity_provider(identity_provider)
    return sso.create(
        store,
        organization,
        display_name=display_name,
        protocol=protocol,
        identity_provider=identity_provider,
        status="pending",
    )


def create_external(
    store: Store,
    organization: Organization,
    *,
    external_organization_id: str,
    external_connection_id: str,
    display_name: str,
) -> SSOConnection:
    """
    Borrow the connection of another organization; it can be used at once.

    Raises:
        OrganizationNotFoundError: There is no such organization.
        ExternalOrganizationIdSameAsOrganizationIdError: It is the one that borrows.
        ExternalConnectionIdNotFoundError: There is no such connection, or it is borrowed itself.
        SsoConnectionOrganizationMismatchError: It is a third organization's.
        ExternalConnectionNotActiveError: Nobody can log in by it.
        DuplicateExternalSsoConnectionError: It is borrowed already.
    """
    lender = organizations.get(store, external_organization_id)
    if lender is organization:
        raise ExternalOrganizationIdSameAsOrganizationIdError
    borrowed = store.sso_connections.get(external_connection_id)
    if borrowed is None or borrowed.status == "deleted" or borrowed.protocol == "external":
        raise ExternalConnectionIdNotFoundError
    if borrowed.organization_id != lender.organization_id:
        raise SsoConnectionOrganizationMismatchError
    if borrowed.status != "active":
        raise ExternalConnectionNotActiveError
    for connection in existing(store, organization):
        if connection.external_connection_id == external_connection_id:
            raise DuplicateExternalSsoConnectionError
    return sso.create_external(store, organization, borrowed, display_name=display_name)


def existing(
    store: Store, organization: Organization, protocol: Protocol | None = None
) -> list[SSOConnection]:
    """Return the connections of an organization, of one kind or of all, in the order they came."""
    return [
        connection
        for connection in store.sso_connections.values()
        if connection.organization_id == organization.organization_id
        and connection.status != "deleted"
        and protocol in (None, connection.protocol)
    ]


def get_saml(store: Store, organization: Organization, connection_id: str) -> SSOConnection:
    """
    Find a SAML connection of an organization.

    Raises:
        SamlConnectionNotFoundError: It has none with this id.
    """
    return _get(store, organization, connection_id, "saml", SamlConnectionNotFoundError)


def update_saml(
    store: Store, organization: Organization, connection_id: str, given: Mapping[str, Any]
) -> SSOConnection:
    """
    Change a SAML connection, which becomes active when nothing is missing any more.

    Args:
        store: Where everything is.

        organization: Whose connection.

        connection_id: Which.

        given: What is to change, under the names that the API uses.

    Raises:
        SamlConnectionNotFoundError: The organization has no such connection.
        ApiError: Something given does not fit. Nothing is changed then.
    """
    connection = get_saml(store, organization, connection_id)
    settings = connection.saml
    changes = {
        name: given[name]
        for name in (
            "idp_entity_id",
            "idp_sso_url",
            "attribute_mapping",
            "alternative_audience_uri",
            "allow_gateway_callback",
        )
        if name in given
    }
    if given.get("idp_entity_id") == "":
        raise InvalidIdpEntityIdError
    if "idp_sso_url" in given:
        _check_sso_url(given["idp_sso_url"])
    if "attribute_mapping" in given:
        _check_attribute_mapping(given["attribute_mapping"])
    if "identity_provider" in given:
        _check_identity_provider(given["identity_provider"])
    connection_roles = given.get("saml_connection_implicit_role_assignments")
    group_roles = given.get("saml_group_implicit_role_assignments")
    _check_role_assignments(store, organization, connection_roles or (), group_roles or ())
    has_group_roles = connection.group_role_assignments if group_roles is None else group_roles
    mapping = given.get("attribute_mapping", settings.attribute_mapping)
    if has_group_roles and not mapping.get("groups"):
        raise SamlConnectionAttributeMappingMissingGroupsKeyError
    if "x509_certificate" in given:
        read = _certificate(given["x509_certificate"])
        changes["verification_certificates"] = _with_certificates(store, connection, [read])
    if "signing_private_key" in given:
        made = _signing_certificate(store, connection, given["signing_private_key"])
        changes["signing_certificates"] = (*settings.signing_certificates, made)
    if "saml_encryption_private_key" in given:
        changes["encryption_private_keys"] = _with_encryption_key(
            store, connection, given["saml_encryption_private_key"]
        )

    connection.saml = evolve(settings, **changes)
    _assign_roles(connection, connection_roles, group_roles)
    return _described(store, connection, given)


def update_saml_from_metadata(
    store: Store, organization: Organization, connection_id: str, content: bytes
) -> SSOConnection:
    """
    Change a SAML connection as the metadata of its identity provider says.

    Its certificates are added to those there are. One that is there already is not added again,
    so that the metadata can be read as often as it changes.

    Args:
        store: Where everything is.

        organization: Whose connection.

        connection_id: Which.

        content: The metadata.

    Raises:
        SamlConnectionNotFoundError: The organization has no such connection.
        ApiError: The metadata does not fit. Nothing is changed then.
    """
    connection = get_saml(store, organization, connection_id)
    metadata = saml_metadata.parse(content)
    _check_sso_url(metadata.sso_url)
    try:
        read = [certificates.read_der(octets) for octets in metadata.certificates]
    except ValueError:
        raise InvalidX509CertificateError from None
    connection.saml = evolve(
        connection.saml,
        idp_entity_id=metadata.entity_id,
        idp_sso_url=metadata.sso_url,
        verification_certificates=_with_certificates(store, connection, read),
    )
    return _described(store, connection, {})


def delete_verification_certificate(
    store: Store, organization: Organization, connection_id: str, certificate_id: str
) -> None:
    """
    Trust a certificate of an identity provider no longer.

    Raises:
        SamlConnectionNotFoundError: The organization has no such connection.
        SsoVerificationKeyNotFoundError: The connection has no such certificate.
        CannotDeleteLastSsoVerificationKeyError: It has no other.
    """
    connection = get_saml(store, organization, connection_id)
    before = connection.saml.verification_certificates
    left = tuple(each for each in before if each.certificate_id != certificate_id)
    if len(left) == len(before):
        raise SsoVerificationKeyNotFoundError
    if not left:
        raise CannotDeleteLastSsoVerificationKeyError
    connection.saml = evolve(connection.saml, verification_certificates=left)


def delete_encryption_private_key(
    store: Store, organization: Organization, connection_id: str, private_key_id: str
) -> None:
    """
    Forget a key for encrypted answers; it may be the last, for not all of them are encrypted.

    Raises:
        SamlConnectionNotFoundError: The organization has no such connection.
        SsoEncryptionPrivateKeyNotFoundError: The connection has no such key.
    """
    connection = get_saml(store, organization, connection_id)
    before = connection.saml.encryption_private_keys
    left = tuple(each for each in before if each.private_key_id != private_key_id)
    if len(left) == len(before):
        raise SsoEncryptionPrivateKeyNotFoundError
    connection.saml = evolve(connection.saml, encryption_private_keys=left)


def get_oidc(store: Store, organization: Organization, connection_id: str) -> SSOConnection:
    """
    Find an OpenID Connect connection of an organization.

    Raises:
        OidcConnectionNotFoundError: It has none with this id.
    """
    return _get(store, organization, connection_id, "oidc", OidcConnectionNotFoundError)


def update_oidc(
    store: Store,
    organization: Organization,
    connection_id: str,
    given: Mapping[str, Any],
    *,
    inferred: Mapping[str, str],
) -> SSOConnection:
    """
    Change an OpenID Connect connection, which becomes active when nothing is missing any more.

    Args:
        store: Where everything is.

        organization: Whose connection.

        connection_id: Which.

        given: What is to change, under the names that the API uses.

        inferred: What the issuer says of itself; what is given counts more.

    Raises:
        OidcConnectionNotFoundError: The organization has no such connection.
        ApiError: Something given does not fit. Nothing is changed then.
    """
    connection = get_oidc(store, organization, connection_id)
    oidc_metadata.check(given)
    if "identity_provider" in given:
        _check_identity_provider(given["identity_provider"])
    mapping = given.get("attribute_mapping", {})
    if not all(isinstance(value, str) for value in mapping.values()):
        message = "attribute_mapping must map names to names."
        raise BadRequestError(message)
    changes = {
        name: value
        for name, value in {**inferred, **given}.items()
        if name not in ("display_name", "identity_provider")
    }
    connection.oidc = evolve(connection.oidc, **changes)
    return _described(store, connection, given)


def update_external(
    store: Store,
    organization: Organization,
    connection_id: str,
    *,
    display_name: str | None,
    connection_roles: RoleAssignments | None,
    group_roles: RoleAssignments | None,
) -> SSOConnection:
    """
    Change a borrowed connection; what is not given stays.

    Whether the lender's identity provider sends groups is nothing that the borrower can change, so
    roles may be assigned to groups in any case.

    Raises:
        SsoConnectionNotFoundError: The organization has no such connection.
        ApiError: A role does not exist, or no group is named. Nothing is changed then.
    """
    connection = _get(store, organization, connection_id, "external", SsoConnectionNotFoundError)
    _check_role_assignments(store, organization, connection_roles or (), group_roles or ())
    _assign_roles(connection, connection_roles, group_roles)
    if display_name is not None:
        connection.display_name = display_name
    return connection


def delete(store: Store, organization: Organization, connection_id: str) -> SSOConnection:
    """
    Delete a connection of any kind, and whatever rests on it.

    Its members are registered with it no longer, logins that have begun by it lack the proof, and
    those who borrow it cannot use it any more. Sessions go on: they are over when they are over.

    Raises:
        SsoConnectionNotFoundError: The organization has no such connection.
        CannotDeleteDefaultSsoConnectionError: It is the default, and there are others.
    """
    connection = _get(store, organization, connection_id, None, SsoConnectionNotFoundError)
    is_default = organization.sso_default_connection_id == connection_id
    if is_default and len(existing(store, organization)) > 1:
        raise CannotDeleteDefaultSsoConnectionError
    _withdraw(store, connection, "deleted")
    allowed = organization.sso_jit_provisioning_allowed_connections
    organization.sso_jit_provisioning_allowed_connections = [
        each for each in allowed if each != connection_id
    ]
    for other in store.sso_connections.values():
        if other.external_connection_id == connection_id and other.status == "active":
            _withdraw(store, other, "pending")
    registrations.forget_connection(store, connection)
    return connection


def _withdraw(
    store: Store, connection: SSOConnection, status: Literal["pending", "deleted"]
) -> None:
    connection.status = status
    organization = store.organizations[connection.organization_id]
    if organization.sso_default_connection_id == connection.connection_id:
        organization.sso_default_connection_id = None
    for begun in store.intermediate_sessions.values():
        begun.factors = [
            factor
            for factor in begun.factors
            if registrations.connection_of(factor) != connection.connection_id
        ]


def _get(
    store: Store,
    organization: Organization,
    connection_id: str,
    protocol: Protocol | None,
    not_found: type[ApiError],
) -> SSOConnection:
    for connection in existing(store, organization, protocol):
        if connection.connection_id == connection_id:
            return connection
    raise not_found


def _described(store: Store, connection: SSOConnection, given: Mapping[str, Any]) -> SSOConnection:
    """Finish a change with what connections of both protocols have in common."""
    connection.display_name = given.get("display_name", connection.display_name)
    connection.identity_provider = given.get("identity_provider", connection.identity_provider)
    settings = connection.saml if connection.protocol == "saml" else connection.oidc
    if connection.status == "pending" and settings.is_complete:
        sso.activate(store, connection)
    return connection


def _check_identity_provider(identity_provider: str) -> None:
    # SSO and SCIM know the same ones.
    if identity_provider not in scim.IDENTITY_PROVIDERS:
        raise InvalidSsoIdpError


def _check_sso_url(url: str) -> None:
    if not url:
        raise SamlConnectionIdpSsoUrlRequiredError
    if not web_urls.is_absolute(url):
        raise SamlConnectionIdpSsoUrlInvalidFormatError
    if not web_urls.is_safe(url):
        raise SamlConnectionIdpSsoUrlNotHttpsError


def _check_attribute_mapping(mapping: Mapping[str, object]) -> None:
    if not mapping:
        raise SamlConnectionAttributeMappingRequiredError
    if not all(isinstance(value, str) for value in mapping.values()):
        raise SamlConnectionNoNestedKeysInAttributeMappingError
    if not mapping.get("email"):
        raise SamlConnectionEmailMappingRequiredError
    has_parts = mapping.get("first_name") and mapping.get("last_name")
    if not (mapping.get("full_name") or has_parts):
        raise SamlConnectionNameMappingRequiredError


def _check_role_assignments(
    store: Store,
    organization: Organization,
    connection_roles: RoleAssignments,
    group_roles: RoleAssignments,
) -> None:
    if not all(assignment["group"] for assignment in group_roles):
        raise SamlGroupRoleAssignmentDoesNotContainMemberGroupError
    role_ids = [assignment["role_id"] for assignment in (*connection_roles, *group_roles)]
    roles.check_assignable(store, organization, role_ids)


def _assign_roles(
    connection: SSOConnection,
    connection_roles: RoleAssignments | None,
    group_roles: RoleAssignments | None,
) -> None:
    if connection_roles is not None:
        connection.role_assignments = [{"role_id": each["role_id"]} for each in connection_roles]
    if group_roles is not None:
        connection.group_role_assignments = [
            {"role_id": each["role_id"], "group": each["group"]} for each in group_roles
        ]


def _certificate(pem: str) -> certificates.Read:
    try:
        return certificates.read_pem(pem)
    except ValueError:
        raise InvalidX509CertificateError from None


def _with_certificates(
    store: Store, connection: SSOConnection, added: Iterable[certificates.Read]
) -> tuple[Certificate, ...]:
    """Return the certificates of a connection with others, none of them twice."""
    known = {each.pem: each for each in connection.saml.verification_certificates}
    for read in added:
        if read.pem not in known:
            known[read.pem] = _stored(store, "saml-verification-key", read)
    if len(known) > MOST_CERTIFICATES:
        raise TooManySsoVerificationCertificatesError
    return tuple(known.values())


def _stored(store: Store, kind: str, read: certificates.Read) -> Certificate:
    return Certificate(
        certificate_id=store.ids.id(kind),
        pem=read.pem,
        issuer=read.issuer,
        created_at=store.clock.now(),
        expires_at=read.expires_at,
    )


def _signing_certificate(store: Store, connection: SSOConnection, private_key: str) -> Certificate:
    # The key itself is not kept: the emulator's identity provider asks for no signature.
    try:
        made = certificates.self_signed(
            private_key, common_name=connection.connection_id, now=store.clock.now()
        )
    except ValueError as exc:
        raise _key_error(exc) from None
    return _stored(store, "saml-signing-key", made)


def _with_encryption_key(
    store: Store, connection: SSOConnection, private_key: str
) -> tuple[EncryptionKey, ...]:
    """Return the encryption keys of a connection with another, unless it is there already."""
    try:
        pem = certificates.check_private_key(private_key)
    except ValueError as exc:
        raise _key_error(exc) from None
    known = connection.saml.encryption_private_keys
    if pem in {each.pem for each in known}:
        return known
    if len(known) == MOST_CERTIFICATES:
        raise TooManyEncryptionCertificatesError
    added = EncryptionKey(
        private_key_id=store.ids.id("saml-encryption-key"), pem=pem, created_at=store.clock.now()
    )
    return (*known, added)


def _key_error(exc: ValueError) -> ApiError:
    # The API's vocabulary has these for signing keys alone; encryption keys share them.
    if isinstance(exc, certificates.KeyFormatError):
        return SamlSigningPrivateKeyFormatNotSupportedError()
    if isinstance(exc, certificates.KeyTooLongError):
        return PrivateKeyTooLongError()
    return SamlSigningPrivateKeyInvalidError()
