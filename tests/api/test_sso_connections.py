"""SSO connections: created, configured, read, deleted, by those who may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    BadRequestError,
    ConflictError,
    Decision,
    InvalidArgumentError,
    NoSessionError,
    NotFoundError,
    Permission,
    PermissionDeniedError,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import Emulator
from stytch_b2b.emulator.policy import default_policy
from tests.api.support import logged, operations, printed, sent_as
from tests.published import (
    ATTRIBUTE_MAPPING,
    Publisher,
    certificate_pem,
    key_descriptor,
    openid_configuration,
    rsa_key_pem,
    saml_metadata,
)

pytestmark = pytest.mark.anyio

IMPLICIT_ROLES = Permission("stytch.organization", "update.settings.implicit-roles")

CALLS: dict[str, tuple[str, Any]] = {
    "sso.get_connections": ("get", lambda c: c.sso.get_connections()),
    "sso.delete_connection": ("delete", lambda c: c.sso.delete_connection("id")),
    "sso.saml.create_connection": ("create", lambda c: c.sso.saml.create_connection()),
    "sso.saml.update_connection": ("update", lambda c: c.sso.saml.update_connection("id")),
    "sso.saml.update_connection_by_url": (
        "update",
        lambda c: c.sso.saml.update_connection_by_url("id", metadata_url="http://localhost"),
    ),
    "sso.saml.delete_verification_certificate": (
        "delete",
        lambda c: c.sso.saml.delete_verification_certificate("id", "certificate"),
    ),
    "sso.saml.delete_encryption_private_key": (
        "delete",
        lambda c: c.sso.saml.delete_encryption_private_key("id", "key"),
    ),
    "sso.oidc.create_connection": ("create", lambda c: c.sso.oidc.create_connection()),
    "sso.oidc.update_connection": ("update", lambda c: c.sso.oidc.update_connection("id")),
    "sso.external.create_connection": (
        "create",
        lambda c: c.sso.external.create_connection(
            external_connection_id="id", external_organization_id="acme"
        ),
    ),
    "sso.external.update_connection": (
        "update",
        lambda c: c.sso.external.update_connection("id"),
    ),
}

ROLE = [{"role_id": "editor"}]
GROUP_ROLE = [{"role_id": "editor", "group": "Engineers"}]
FIELDS: dict[tuple[str, str], Any] = {
    ("saml", "saml_connection_implicit_role_assignments"): ROLE,
    ("saml", "saml_group_implicit_role_assignments"): GROUP_ROLE,
    ("external", "external_connection_implicit_role_assignments"): ROLE,
    ("external", "external_group_implicit_role_assignments"): GROUP_ROLE,
}

every_call = pytest.mark.parametrize("name", CALLS)
every_field = pytest.mark.parametrize(("kind", "field"), FIELDS)


def role(role_id: str, permission: Permission) -> dict[str, Any]:
    """
    Return a role that grants one permission.
    """
    grant = {"resource_id": permission.resource, "actions": [permission.action]}
    return {"role_id": role_id, "permissions": [grant]}


@pytest.fixture(autouse=True)
def _roles(emulator: Emulator) -> None:
    """
    There is a role for each permission on SSO connections, and one that grants nothing here.
    """
    actions = ("create", "delete", "get", "update")
    policy = default_policy()
    policy["roles"] += [
        *(role(f"sso_{action}", Permission("stytch.sso", action)) for action in actions),
        role("role_mapper", IMPLICIT_ROLES),
        role("editor", Permission("stytch.scim", "get")),
    ]
    emulator.set_policy(policy)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """
    What an identity provider publishes.
    """
    running = Publisher()
    yield running
    running.close()


@pytest.fixture
def lent(emulator: Emulator) -> dict[str, str]:
    """
    What names a connection that another organization lends.
    """
    lender = emulator.create_organization("Lender")
    connection = emulator.create_sso_connection("Lender", "Lent")
    return {
        "external_organization_id": lender.organization_id,
        "external_connection_id": connection.connection_id,
    }


@pytest.fixture
def acting_with(
    emulator: Emulator, client: AsyncStytchB2BClient
) -> Callable[..., AsyncStytchB2BClient]:
    """
    Make a client that acts as somebody who holds the roles given.
    """

    def make(*roles: str, **options: Any) -> AsyncStytchB2BClient:
        signed_in = emulator.sign_in("grace@acme.example", "Acme", roles=roles)
        return client.with_session(
            session_token=signed_in.session_token, session_jwt=signed_in.session_jwt
        )

    return make


class TestSAML:
    """
    A connection by SAML, from its creation to its end.
    """

    async def test_create(self, admin, emulator, admin_session) -> None:
        """
        The new connection says what to enter at the identity provider; the state stays.
        """
        before = admin.state
        made = (
            await admin.sso.saml.create_connection(display_name="Okta", identity_provider="okta")
        ).connection
        (request,) = logged(emulator, "sso.saml.create_connection")

        assert ("Okta", "okta", "pending") == (
            made.display_name,
            made.identity_provider,
            made.status,
        )
        assert f"{emulator.url}/v1/b2b/sso/callback/{made.connection_id}" == made.acs_url
        assert made.acs_url == made.audience_uri
        assert {"display_name": "Okta", "identity_provider": "okta"} == request.json()
        assert admin_session.session_token == sent_as(request)
        assert before is admin.state

    async def test_update(self, admin, emulator) -> None:
        """
        Only what is given is sent and changes; the id travels in the path alone.
        """
        made = (await admin.sso.saml.create_connection(display_name="Okta")).connection
        settings: dict[str, Any] = {
            "idp_entity_id": "https://idp.example.com",
            "idp_sso_url": "https://idp.example.com/sso",
            "attribute_mapping": {**ATTRIBUTE_MAPPING, "groups": "memberOf"},
            "x509_certificate": certificate_pem(),
            "saml_connection_implicit_role_assignments": ROLE,
            "saml_group_implicit_role_assignments": GROUP_ROLE,
            "alternative_audience_uri": "urn:acme",
            "identity_provider": "duo",
            "signing_private_key": rsa_key_pem(),
            "allow_gateway_callback": True,
            "saml_encryption_private_key": rsa_key_pem(2),
        }
        changed = (
            await admin.sso.saml.update_connection(made.connection_id, **settings)
        ).connection
        (request,) = logged(emulator, "sso.saml.update_connection")

        assert settings == request.json()
        assert request.path.endswith(f"/sso/saml/{made.connection_id}")
        assert ("Okta", "duo", "active") == (
            changed.display_name,
            changed.identity_provider,
            changed.status,
        )
        assert settings["attribute_mapping"] == changed.attribute_mapping
        assert certificate_pem() == changed.verification_certificates[0].certificate
        assert 2040 == changed.verification_certificates[0].expires_at.year
        assert 1 == len(changed.signing_certificates)
        assert rsa_key_pem(2) == changed.encryption_private_keys[0].private_key
        assert "editor" == changed.saml_connection_implicit_role_assignments[0].role_id
        assert "Engineers" == changed.saml_group_implicit_role_assignments[0].group

    async def test_update_by_url(self, admin, publisher) -> None:
        """
        What the identity provider publishes is read.
        """
        made = (await admin.sso.saml.create_connection()).connection
        changed = (
            await admin.sso.saml.update_connection_by_url(
                made.connection_id, metadata_url=publisher.put("/metadata", saml_metadata())
            )
        ).connection

        assert "https://idp.example.com/saml" == changed.idp_entity_id
        assert "CN=idp-1.example.com" == changed.verification_certificates[0].issuer

    async def test_delete_certificate(self, admin, publisher) -> None:
        """
        One of two goes, and the answer names it; the last one stays.
        """
        made = (await admin.sso.saml.create_connection()).connection
        metadata = saml_metadata(keys=[key_descriptor(1), key_descriptor(2)])
        changed = (
            await admin.sso.saml.update_connection_by_url(
                made.connection_id, metadata_url=publisher.put("/metadata", metadata)
            )
        ).connection
        first, second = changed.verification_certificates
        deleted = await admin.sso.saml.delete_verification_certificate(
            made.connection_id, first.certificate_id
        )

        assert first.certificate_id == deleted.certificate_id
        with pytest.raises(BadRequestError) as caught:
            await admin.sso.saml.delete_verification_certificate(
                made.connection_id, second.certificate_id
            )
        assert "cannot_delete_last_sso_verification_key" == caught.value.error_type

    async def test_delete_encryption_key(self, admin, emulator) -> None:
        """
        A key goes, by the route of the plural.
        """
        made = (await admin.sso.saml.create_connection()).connection
        changed = await admin.sso.saml.update_connection(
            made.connection_id, saml_encryption_private_key=rsa_key_pem()
        )
        (key,) = changed.connection.encryption_private_keys
        deleted = await admin.sso.saml.delete_encryption_private_key(
            made.connection_id, key.private_key_id
        )
        (request,) = logged(emulator, "sso.saml.delete_encryption_private_key")

        assert key.private_key_id == deleted.private_key_id
        assert f"/encryption_private_keys/{key.private_key_id}" in request.path


class TestOIDC:
    """
    A connection by OpenID Connect.
    """

    async def test_create_and_update(self, admin, emulator, publisher) -> None:
        """
        With its issuer and its client a connection is active, and there is nothing to warn of.
        """
        publisher.put("/.well-known/openid-configuration", openid_configuration(publisher.url))
        made = (await admin.sso.oidc.create_connection(display_name="Entra")).connection
        settings = {
            "issuer": publisher.url,
            "client_id": "stytch",
            "client_secret": "hush",
            "custom_scopes": "groups",
            "attribute_mapping": {"groups": "groups"},
        }
        changed = await admin.sso.oidc.update_connection(made.connection_id, **settings)
        (request,) = logged(emulator, "sso.oidc.update_connection")

        assert settings == request.json()
        assert f"{emulator.url}/v1/b2b/sso/callback/{made.connection_id}" == made.redirect_url
        assert ("pending", "active") == (made.status, changed.connection.status)
        assert "https://idp.example.com/token" == changed.connection.token_url
        assert "hush" == changed.connection.client_secret
        assert changed.warning is None

    async def test_warning(self, admin) -> None:
        """
        An issuer that cannot be asked is taken all the same, and the answer says so.
        """
        made = (await admin.sso.oidc.create_connection()).connection
        changed = await admin.sso.oidc.update_connection(
            made.connection_id, issuer="https://idp.example.com"
        )

        assert "https://idp.example.com" == changed.connection.issuer
        assert changed.warning


class TestExternal:
    """
    A connection of another organization.
    """

    async def test_create_and_update(self, admin, emulator, lent) -> None:
        """
        It can be used at once; name and roles are the borrower's own.
        """
        made = (await admin.sso.external.create_connection(**lent, display_name="A")).connection
        changed = (
            await admin.sso.external.update_connection(
                made.connection_id,
                external_connection_implicit_role_assignments=ROLE,
                external_group_implicit_role_assignments=GROUP_ROLE,
            )
        ).connection
        (request,) = logged(emulator, "sso.external.update_connection")

        assert ("A", "active") == (changed.display_name, changed.status)
        assert lent["external_connection_id"] == changed.external_connection_id
        assert "editor" == changed.external_connection_implicit_role_assignments[0].role_id
        assert "Engineers" == changed.external_group_implicit_role_assignments[0].group
        assert "display_name" not in request.json()

    async def test_twice(self, admin, lent) -> None:
        """
        A connection that is used already is a conflict.
        """
        await admin.sso.external.create_connection(**lent)
        with pytest.raises(ConflictError) as caught:
            await admin.sso.external.create_connection(**lent)

        assert "duplicate_external_sso_connection" == caught.value.error_type


class TestAll:
    """
    What goes for connections of every kind.
    """

    async def test_get_and_delete(self, admin, lent) -> None:
        """
        All are listed by kind, and each can be deleted by its id.
        """
        made = [
            (await admin.sso.saml.create_connection()).connection,
            (await admin.sso.oidc.create_connection()).connection,
            (await admin.sso.external.create_connection(**lent)).connection,
        ]
        listed = await admin.sso.get_connections()

        assert ([made[0]], [made[1]], [made[2]]) == (
            list(listed.saml_connections),
            list(listed.oidc_connections),
            list(listed.external_connections),
        )
        for each in made:
            deleted = await admin.sso.delete_connection(each.connection_id)
            assert each.connection_id == deleted.connection_id
        empty = await admin.sso.get_connections()
        assert () == empty.saml_connections == empty.oidc_connections
        assert () == empty.external_connections

    async def test_default(self, admin, emulator) -> None:
        """
        The default connection cannot be deleted while there is another.
        """
        default = emulator.create_sso_connection("Acme")
        emulator.create_sso_connection("Acme")
        with pytest.raises(BadRequestError) as caught:
            await admin.sso.delete_connection(default.connection_id)

        assert "cannot_delete_default_sso_connection" == caught.value.error_type

    async def test_login_by_what_was_configured(self, admin, client, emulator) -> None:
        """
        A Member who logs in by the connection has its role, and may do what that permits.
        """
        made = (await admin.sso.saml.create_connection()).connection
        await admin.sso.saml.update_connection(
            made.connection_id,
            idp_entity_id="https://idp.example.com",
            idp_sso_url="https://idp.example.com/sso",
            attribute_mapping={**ATTRIBUTE_MAPPING, "groups": "memberOf"},
            x509_certificate=certificate_pem(),
            saml_group_implicit_role_assignments=[{"role_id": "sso_get", "group": "Engineers"}],
        )
        url = client.sso.start(connection_id=made.connection_id)
        came_back = emulator.browser_login(url, "eve@acme.example", groups=["Engineers"])
        await client.authenticate_by_url(came_back, session_duration_minutes=60)

        listed = await client.sso.get_connections()
        assert made.connection_id == listed.saml_connections[0].connection_id
        assert Decision.ALLOWED == await client.can(client.sso.get_connections)
        assert Decision.DENIED == await client.can(client.sso.delete_connection)

    async def test_lost_answer(self, admin, emulator) -> None:
        """
        An update that may have added a certificate is not sent again.
        """
        made = (await admin.sso.saml.create_connection()).connection
        emulator.faults.add(operation="sso.saml.update_connection", drop="after_handle")
        with pytest.raises(StytchOutcomeUnknownError):
            await admin.sso.saml.update_connection(
                made.connection_id, x509_certificate=certificate_pem()
            )

        assert 1 == len(logged(emulator, "sso.saml.update_connection"))


class TestPermissions:
    """
    Who may make each call, and set each field that has a permission of its own.
    """

    @every_call
    async def test_no_session(self, client, emulator, name: str) -> None:
        """
        Without a session nothing is sent.
        """
        with pytest.raises(NoSessionError) as caught:
            await CALLS[name][1](client)

        assert name == caught.value.endpoint
        assert [] == operations(emulator)

    @every_call
    async def test_refused_without_permission(self, acting_with, emulator, name: str) -> None:
        """
        Whoever holds every other permission is refused, and told which one is missing.
        """
        action, call = CALLS[name]
        others = [f"sso_{each}" for each in ("create", "delete", "get", "update") if each != action]

        with pytest.raises(PermissionDeniedError) as caught:
            await call(acting_with(*others, "role_mapper"))
        error = caught.value

        assert (Permission("stytch.sso", action),) == error.missing_permissions
        assert error.missing_permissions == error.required_permissions
        assert {"stytch_member", "role_mapper", *others} == set(error.held_roles or ())
        assert {"stytch_admin", f"sso_{action}"} == set(error.granting_roles)
        assert (name, 403, True) == (error.endpoint, error.status_code, error.sent)
        assert f"missing {action} on stytch.sso" in str(error)
        assert [name, "bootstrap.get"] == operations(emulator)

    @every_call
    async def test_allowed_with_permission(self, acting_with, emulator, name: str) -> None:
        """
        The one permission is enough: what is answered is about the connection, if at all.
        """
        action, call = CALLS[name]
        try:
            await call(acting_with(f"sso_{action}"))
        except (BadRequestError, NotFoundError) as error:
            assert error.error_type in {  # noqa: PT017 - some calls succeed
                "external_organization_id_same_as_organization_id",
                "oidc_connection_not_found",
                "saml_connection_not_found",
                "sso_connection_not_found",
            }

        assert [name] == operations(emulator)

    @every_field
    async def test_field(self, acting_with, admin, emulator, lent, kind: str, field: str) -> None:
        """
        A field with a permission of its own needs that and no other.
        """
        update, arguments = await self.update(admin, lent, kind, field)
        mapper = getattr(acting_with("role_mapper").sso, kind)
        changed = (await mapper.update_connection(update, **arguments)).connection

        assert 1 == len(getattr(changed, field))

    @every_field
    async def test_field_without(
        self, acting_with, admin, emulator, lent, kind: str, field: str
    ) -> None:
        """
        Whoever may update connections may not assign roles by them, and nothing changes.
        """
        update, arguments = await self.update(admin, lent, kind, field)
        editor = acting_with("sso_update")
        resource = getattr(editor.sso, kind)
        with pytest.raises(PermissionDeniedError) as caught:
            await resource.update_connection(update, **arguments)

        assert (IMPLICIT_ROLES,) == caught.value.missing_permissions
        assert Decision.DENIED == await editor.can(resource.update_connection, fields=[field])
        assert Decision.ALLOWED == await editor.can(
            resource.update_connection, fields=["display_name"]
        )
        listed = getattr(await admin.sso.get_connections(), f"{kind}_connections")
        assert () == getattr(listed[0], field)

    @every_field
    async def test_field_with_another(
        self, acting_with, admin, emulator, lent, kind: str, field: str
    ) -> None:
        """
        Together with a field that has none, both permissions are needed.
        """
        update, arguments = await self.update(admin, lent, kind, field)
        mapper = getattr(acting_with("role_mapper").sso, kind)
        with pytest.raises(PermissionDeniedError) as caught:
            await mapper.update_connection(update, display_name="New", **arguments)
        both = getattr(acting_with("role_mapper", "sso_update").sso, kind)
        changed = (await both.update_connection(update, display_name="New", **arguments)).connection

        assert (Permission("stytch.sso", "update"),) == caught.value.missing_permissions
        assert "New" == changed.display_name

    async def update(
        self, admin: AsyncStytchB2BClient, lent: dict[str, str], kind: str, field: str
    ) -> tuple[str, dict[str, Any]]:
        """
        Return the id of a connection to update, and what to update it with.
        """
        if kind == "external":
            made: Any = (await admin.sso.external.create_connection(**lent)).connection
        else:
            made = (await admin.sso.saml.create_connection()).connection
            await admin.sso.saml.update_connection(
                made.connection_id,
                attribute_mapping={**ATTRIBUTE_MAPPING, "groups": "memberOf"},
            )
        return made.connection_id, {field: FIELDS[kind, field]}


class TestArguments:
    """
    What is refused before anything is sent, and what never shows.
    """

    @pytest.mark.parametrize(
        "arguments",
        [
            {"saml_connection_implicit_role_assignments": [{"role": "editor"}]},
            {"saml_group_implicit_role_assignments": [{"role_id": "editor"}]},
            {"attribute_mapping": {"email": 5}},
            {"allow_gateway_callback": "yes"},
            {"display_name": 5},
        ],
        ids=str,
    )
    async def test_types(self, admin, emulator, arguments: dict[str, Any]) -> None:
        """
        An argument of another type is named.
        """
        with pytest.raises(InvalidArgumentError, match=next(iter(arguments))):
            await admin.sso.saml.update_connection("id", **arguments)

        assert [] == operations(emulator)

    @pytest.mark.parametrize("part", ["", ".", "..", None, 7])
    async def test_ids(self, admin, emulator, part: Any) -> None:
        """
        An id that would make another path is refused.
        """
        with pytest.raises(InvalidArgumentError, match="certificate_id"):
            await admin.sso.saml.delete_verification_certificate("id", part)

        assert [] == operations(emulator)

    async def test_unknown_provider_is_sent(self, admin) -> None:
        """
        The set of identity providers is the server's: what is unknown here is refused there.
        """
        with pytest.raises(BadRequestError) as caught:
            await admin.sso.saml.create_connection(identity_provider="new-one")

        assert "invalid_sso_idp" == caught.value.error_type

    async def test_secrets_do_not_show(self, admin, emulator) -> None:
        """
        Neither a model nor an error tells a client secret or a private key.
        """
        secret = "".join(("canary", "-secret"))
        oidc = (await admin.sso.oidc.create_connection()).connection
        saml = (await admin.sso.saml.create_connection()).connection
        with_secret = await admin.sso.oidc.update_connection(
            oidc.connection_id, client_secret=secret
        )
        with_key = await admin.sso.saml.update_connection(
            saml.connection_id, saml_encryption_private_key=rsa_key_pem()
        )
        with pytest.raises(NotFoundError) as no_secret:
            await admin.sso.oidc.update_connection("id", client_secret=secret)
        with pytest.raises(BadRequestError) as no_key:
            await admin.sso.saml.update_connection(
                saml.connection_id, signing_private_key=rsa_key_pem()[:-40]
            )

        shown = f"{with_secret!r} {with_key!r} {printed(no_secret.value)} {printed(no_key.value)}"
        assert secret not in shown
        assert rsa_key_pem()[40:80] not in shown
        assert "client_secret='…'" in shown


def test_sync(sync_admin: Any, emulator: Emulator, publisher: Publisher, lent: Any) -> None:
    """
    The blocking client makes all eleven calls.
    """
    sso = sync_admin.sso
    metadata = saml_metadata(keys=[key_descriptor(1), key_descriptor(2)])
    metadata_url = publisher.put("/metadata", metadata)
    saml_id = sso.saml.create_connection(display_name="Okta").connection.connection_id
    sso.saml.update_connection_by_url(saml_id, metadata_url=metadata_url)
    saml = sso.saml.update_connection(
        saml_id, attribute_mapping=ATTRIBUTE_MAPPING, saml_encryption_private_key=rsa_key_pem()
    ).connection
    sso.saml.delete_verification_certificate(
        saml_id, saml.verification_certificates[0].certificate_id
    )
    sso.saml.delete_encryption_private_key(saml_id, saml.encryption_private_keys[0].private_key_id)
    oidc_id = sso.oidc.create_connection().connection.connection_id
    oidc = sso.oidc.update_connection(oidc_id, client_id="c").connection
    external_id = sso.external.create_connection(**lent).connection.connection_id
    external = sso.external.update_connection(external_id, display_name="New").connection
    deleted = sso.delete_connection(oidc_id)
    listed = sso.get_connections()

    assert ("active", "c", "New") == (saml.status, oidc.client_id, external.display_name)
    assert oidc_id == deleted.connection_id
    assert 1 == len(listed.saml_connections[0].verification_certificates)
    assert () == listed.oidc_connections
    assert (external,) == listed.external_connections
    assert set(CALLS) == set(operations(emulator))


def test_sync_refusal(sync_client: Any, member_session: Any) -> None:
    """
    The blocking client explains a refusal, too.
    """
    member = sync_client.with_session(session_token=member_session.session_token)
    with pytest.raises(PermissionDeniedError) as caught:
        member.sso.saml.create_connection()

    assert (Permission("stytch.sso", "create"),) == caught.value.required_permissions
    assert "stytch_admin" in caught.value.granting_roles
