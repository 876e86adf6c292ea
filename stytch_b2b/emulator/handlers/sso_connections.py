"""Administration of the SSO connections of the calling member's organization."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..errors import InvalidSamlMetadataUrlError
from ..rules import oidc_metadata, sso_connections
from ..schema import Field
from .operation import Call, operation

_CONNECTION_ROLES = Field(
    "array", items=Field("object", fields={"role_id": Field("string", required=True)})
)
_GROUP_ROLES = Field(
    "array",
    items=Field(
        "object",
        fields={
            "role_id": Field("string", required=True),
            "group": Field("string", required=True),
        },
    ),
)


@operation("sso.get_connections")
def get_connections(call: Call) -> dict[str, Any]:
    """Answer with all connections, those that are not active yet included."""

    def shaped(protocol: Any, shape: Any, **options: Any) -> list[dict[str, Any]]:
        found = sso_connections.existing(call.store, call.organization, protocol)
        return [shape(connection, **options) for connection in found]

    return {
        "saml_connections": shaped("saml", shapes.saml_connection, base_url=call.base_url),
        "oidc_connections": shaped("oidc", shapes.oidc_connection, base_url=call.base_url),
        "external_connections": shaped("external", shapes.external_connection),
    }


@operation("sso.delete_connection")
def delete_connection(call: Call) -> dict[str, Any]:
    """Delete a connection of any kind."""
    deleted = sso_connections.delete(
        call.store, call.organization, call.parameters["connection_id"]
    )
    return {"connection_id": deleted.connection_id}


@operation(
    "sso.saml.create_connection",
    display_name=Field("string"),
    identity_provider=Field("string"),
)
def create_saml_connection(call: Call) -> dict[str, Any]:
    """Create a connection that has yet to be configured."""
    connection = sso_connections.create(
        call.store,
        call.organization,
        "saml",
        display_name=call.body.get("display_name", ""),
        identity_provider=call.body.get("identity_provider", "generic"),
    )
    return {"connection": shapes.saml_connection(connection, base_url=call.base_url)}


@operation(
    "sso.saml.update_connection",
    idp_entity_id=Field("string"),
    display_name=Field("string"),
    attribute_mapping=Field("object"),
    x509_certificate=Field("string"),
    idp_sso_url=Field("string"),
    saml_connection_implicit_role_assignments=_CONNECTION_ROLES,
    saml_group_implicit_role_assignments=_GROUP_ROLES,
    alternative_audience_uri=Field("string"),
    identity_provider=Field("string"),
    signing_private_key=Field("string"),
    allow_gateway_callback=Field("boolean"),
    saml_encryption_private_key=Field("string"),
)
def update_saml_connection(call: Call) -> dict[str, Any]:
    """Change the fields given."""
    connection = sso_connections.update_saml(
        call.store, call.organization, call.parameters["connection_id"], call.body
    )
    return {"connection": shapes.saml_connection(connection, base_url=call.base_url)}


@operation("sso.saml.update_connection_by_url", metadata_url=Field("string", required=True))
def update_saml_connection_by_url(call: Call) -> dict[str, Any]:
    """Change what the metadata of the identity provider tells."""
    connection_id = call.parameters["connection_id"]
    # Whoever has no such connection does not make the emulator fetch anything.
    sso_connections.get_saml(call.store, call.organization, connection_id)
    document = call.document(call.body["metadata_url"])
    if document.content is None:
        message = f"The SAML metadata could not be fetched: {document.problem}."
        raise InvalidSamlMetadataUrlError(message)
    connection = sso_connections.update_saml_from_metadata(
        call.store, call.organization, connection_id, document.content
    )
    return {"connection": shapes.saml_connection(connection, base_url=call.base_url)}


@operation("sso.saml.delete_verification_certificate")
def delete_verification_certificate(call: Call) -> dict[str, Any]:
    """Delete a certificate that is not the last."""
    certificate_id = call.parameters["certificate_id"]
    sso_connections.delete_verification_certificate(
        call.store, call.organization, call.parameters["connection_id"], certificate_id
    )
    return {"certificate_id": certificate_id}


@operation("sso.saml.delete_encryption_private_key")
def delete_encryption_private_key(call: Call) -> dict[str, Any]:
    """Delete a key for encrypted answers."""
    private_key_id = call.parameters["private_key_id"]
    sso_connections.delete_encryption_private_key(
        call.store, call.organization, call.parameters["connection_id"], private_key_id
    )
    return {"private_key_id": private_key_id}


@operation(
    "sso.oidc.create_connection",
    display_name=Field("string"),
    identity_provider=Field("string"),
)
def create_oidc_connection(call: Call) -> dict[str, Any]:
    """Create a connection that has yet to be configured."""
    connection = sso_connections.create(
        call.store,
        call.organization,
        "oidc",
        display_name=call.body.get("display_name", ""),
        identity_provider=call.body.get("identity_provider", "generic"),
    )
    return {"connection": shapes.oidc_connection(connection, base_url=call.base_url)}


@operation(
    "sso.oidc.update_connection",
    display_name=Field("string"),
    client_id=Field("string"),
    client_secret=Field("string"),
    issuer=Field("string"),
    authorization_url=Field("string"),
    token_url=Field("string"),
    userinfo_url=Field("string"),
    jwks_url=Field("string"),
    identity_provider=Field("string"),
    custom_scopes=Field("string"),
    attribute_mapping=Field("object"),
)
def update_oidc_connection(call: Call) -> dict[str, Any]:
    """Change the fields given, and with another issuer what its metadata tells."""
    connection_id = call.parameters["connection_id"]
    before = sso_connections.get_oidc(call.store, call.organization, connection_id)
    oidc_metadata.check(call.body)
    issuer = call.body.get("issuer", before.oidc.issuer)
    inference = oidc_metadata.Inference()
    if issuer != before.oidc.issuer:
        document = call.document(oidc_metadata.url(issuer))
        inference = oidc_metadata.infer(issuer, document)
    connection = sso_connections.update_oidc(
        call.store, call.organization, connection_id, call.body, inferred=inference.urls
    )
    shape = shapes.oidc_connection(connection, base_url=call.base_url)
    return {"connection": shape, "warning": inference.warning}


@operation(
    "sso.external.create_connection",
    external_connection_id=Field("string", required=True),
    external_organization_id=Field("string", required=True),
    display_name=Field("string"),
)
def create_external_connection(call: Call) -> dict[str, Any]:
    """Borrow the connection of another organization."""
    connection = sso_connections.create_external(
        call.store,
        call.organization,
        external_organization_id=call.body["external_organization_id"],
        external_connection_id=call.body["external_connection_id"],
        display_name=call.body.get("display_name", ""),
    )
    return {"connection": shapes.external_connection(connection)}


@operation(
    "sso.external.update_connection",
    display_name=Field("string"),
    external_connection_implicit_role_assignments=_CONNECTION_ROLES,
    external_group_implicit_role_assignments=_GROUP_ROLES,
)
def update_external_connection(call: Call) -> dict[str, Any]:
    """Change the fields given."""
    connection = sso_connections.update_external(
        call.store,
        call.organization,
        call.parameters["connection_id"],
        display_name=call.body.get("display_name"),
        connection_roles=call.body.get("external_connection_implicit_role_assignments"),
        group_roles=call.body.get("external_group_implicit_role_assignments"),
    )
    return {"connection": shapes.external_connection(connection)}
