"""The administration of SSO connections: configured, deleted, and what their roles permit."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography import x509

from stytch_b2b.emulator import LoginRefusedError, Organization
from stytch_b2b.emulator.documents import LARGEST, Document, fetch
from tests.api.support import Drip
from tests.published import (
    ATTRIBUTE_MAPPING,
    POST,
    REDIRECT,
    Publisher,
    certificate_pem,
    key_descriptor,
    openid_configuration,
    rsa_key,
    rsa_key_pem,
    saml_metadata,
)

if TYPE_CHECKING:
    from .conftest import Api, Reply

SSO = "/sdk/v1/b2b/sso"
SAML = f"{SSO}/saml"
OIDC = f"{SSO}/oidc"
EXTERNAL = f"{SSO}/external"
ADA = "ada@acme.example"
EVE = "eve@acme.example"
GROUPS_MAPPING = {**ATTRIBUTE_MAPPING, "groups": "memberOf"}
ROLES = [
    {
        "role_id": name,
        "permissions": [{"resource_id": "stytch.scim", "actions": ["get"]}],
    }
    for name in ("editor", "auditor")
]


class Admin:
    """
    Ada, who may do everything in her organization.
    """

    def __init__(self, api: Api, organization: Organization, address: str = ADA) -> None:
        self.api = api
        self.organization = organization
        signed_in = api.emulator.sign_in(
            address, organization.organization_slug, roles=["stytch_admin"]
        )
        self.token = signed_in.session_token

    def post(self, path: str, **body: Any) -> Reply:
        return self.api.call("POST", path, body, token=self.token)

    def put(self, path: str, **body: Any) -> Reply:
        return self.api.call("PUT", path, body, token=self.token)

    def delete(self, path: str) -> Reply:
        return self.api.call("DELETE", path, token=self.token)

    def saml(self, **settings: Any) -> Any:
        """
        Create a SAML connection, change what is given, and return it.
        """
        created = self.post(SAML, display_name="Okta", identity_provider="okta").data["connection"]
        if not settings:
            return created
        return self.put(f"{SAML}/{created['connection_id']}", **settings).data["connection"]

    def active_saml(self, **settings: Any) -> Any:
        """
        Return a SAML connection that people can log in by.
        """
        return self.saml(**{**configuration(), **settings})

    def oidc(self, **settings: Any) -> Any:
        """
        Create an OpenID Connect connection, change what is given, and return it.
        """
        created = self.post(OIDC, display_name="Entra").data["connection"]
        if not settings:
            return created
        return self.put(f"{OIDC}/{created['connection_id']}", **settings).data["connection"]

    def connections(self) -> Any:
        """
        Return all connections.
        """
        answer = self.api.get(SSO, token=self.token).data
        return {name: answer[name] for name in answer if name.endswith("_connections")}

    def shape(self) -> Any:
        """
        Return the organization as it shows.
        """
        return self.api.get("/sdk/v1/b2b/organizations/me", token=self.token).data["organization"]


def configuration(**other: Any) -> dict[str, Any]:
    """
    Return all that a SAML connection needs.
    """
    return {
        "idp_entity_id": "https://idp.example.com",
        "idp_sso_url": "https://idp.example.com/sso",
        "attribute_mapping": ATTRIBUTE_MAPPING,
        "x509_certificate": certificate_pem(),
        **other,
    }


def client_settings(**other: Any) -> dict[str, Any]:
    """
    Return all that an OpenID Connect connection needs.
    """
    return {
        "client_id": "stytch",
        "client_secret": "hush",
        "issuer": "https://idp.example.com",
        "authorization_url": "https://idp.example.com/authorize",
        "token_url": "https://idp.example.com/token",
        "userinfo_url": "https://idp.example.com/userinfo",
        "jwks_url": "https://idp.example.com/jwks",
        **other,
    }


@pytest.fixture
def admin(api: Api) -> Admin:
    """
    Ada of Acme, which has two roles of its own.
    """
    acme = api.emulator.create_organization("Acme")
    api.emulator.set_custom_roles("Acme", ROLES)
    return Admin(api, acme)


@pytest.fixture
def stranger(api: Api, admin: Admin) -> Admin:
    """
    Zoe of Zeta, another organization.
    """
    return Admin(api, api.emulator.create_organization("Zeta"), "zoe@zeta.example")


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """
    What an identity provider publishes.
    """
    running = Publisher()
    yield running
    running.close()


# --- Creating -----------------------------------------------------------------------------------


def test_a_new_saml_connection_says_what_to_enter_at_the_identity_provider(admin: Admin) -> None:
    """
    It is pending and knows nothing of the other side.
    """
    made = admin.saml()

    assert made["connection_id"].startswith("saml-connection-test-")
    assert made["organization_id"] == admin.organization.organization_id
    assert (made["display_name"], made["identity_provider"]) == ("Okta", "okta")
    assert made["status"] == "pending"
    callback_url = f"{admin.api.emulator.url}/v1/b2b/sso/callback/{made['connection_id']}"
    assert made["acs_url"] == made["audience_uri"] == callback_url
    assert made["idp_entity_id"] == made["idp_sso_url"] == ""
    assert made["verification_certificates"] == []


def test_a_new_oidc_connection_says_what_to_enter_at_the_identity_provider(admin: Admin) -> None:
    """
    It is pending, of a generic provider, and has a redirect URL.
    """
    made = admin.oidc()

    assert made["connection_id"].startswith("oidc-connection-test-")
    assert (made["identity_provider"], made["status"]) == ("generic", "pending")
    callback_url = f"{admin.api.emulator.url}/v1/b2b/sso/callback/{made['connection_id']}"
    assert made["redirect_url"] == callback_url


@pytest.mark.parametrize("path", [SAML, OIDC])
def test_an_identity_provider_must_be_known(admin: Admin, path: str) -> None:
    """
    What the API does not know is refused, when it is created and when it is changed.
    """
    created = admin.post(path).data["connection"]
    changed = f"{path}/{created['connection_id']}"

    assert admin.post(path, identity_provider="x").error == (400, "invalid_sso_idp")
    assert admin.put(changed, identity_provider="x").error == (400, "invalid_sso_idp")
    assert admin.put(changed, identity_provider="duo").data["connection"] == {
        **created,
        "identity_provider": "duo",
    }


def test_all_kinds_are_listed_by_kind(admin: Admin, stranger: Admin) -> None:
    """
    Those of other organizations and those that were deleted are not among them.
    """
    lent = stranger.active_saml()
    saml, deleted, oidc = admin.saml(), admin.saml(), admin.oidc()
    external = admin.post(
        EXTERNAL,
        external_connection_id=lent["connection_id"],
        external_organization_id=stranger.organization.organization_id,
    ).data["connection"]
    assert admin.delete(f"{SSO}/{deleted['connection_id']}").status == 200

    assert admin.connections() == {
        "saml_connections": [saml],
        "oidc_connections": [oidc],
        "external_connections": [external],
    }


# --- SAML ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", configuration())
def test_a_saml_connection_is_active_once_nothing_is_missing(admin: Admin, missing: str) -> None:
    """
    Until then it is pending, and the organization does not show it.
    """
    settings = configuration()
    last = {missing: settings.pop(missing)}
    pending = admin.saml(**settings)
    before = admin.shape()
    active = admin.put(f"{SAML}/{pending['connection_id']}", **last).data["connection"]
    after = admin.shape()

    assert (pending["status"], active["status"]) == ("pending", "active")
    assert before["sso_active_connections"] == []
    assert before["sso_default_connection_id"] is None
    assert [each["connection_id"] for each in after["sso_active_connections"]] == [
        active["connection_id"]
    ]
    assert after["sso_default_connection_id"] == active["connection_id"]


def test_the_second_active_connection_is_no_default(admin: Admin) -> None:
    """
    Whoever was first stays the default.
    """
    first = admin.active_saml()
    second = admin.active_saml(display_name="Second")

    assert second["status"] == "active"
    assert admin.shape()["sso_default_connection_id"] == first["connection_id"]


def test_only_what_is_given_changes(admin: Admin) -> None:
    """
    Everything else stays as it was.
    """
    before = admin.active_saml()
    changes = {
        "display_name": "New",
        "alternative_audience_uri": "urn:acme",
        "allow_gateway_callback": True,
        "idp_sso_url": "http://localhost:8080/sso",
    }
    path = f"{SAML}/{before['connection_id']}"

    assert admin.put(path).data["connection"] == before
    assert admin.put(path, **changes).data["connection"] == {**before, **changes}


UNFIT = [
    ({"idp_entity_id": ""}, "invalid_idp_entity_id"),
    ({"idp_sso_url": ""}, "saml_connection_idp_sso_url_required"),
    ({"idp_sso_url": "sso"}, "saml_connection_idp_sso_url_invalid_format"),
    ({"idp_sso_url": "https://[::1"}, "saml_connection_idp_sso_url_invalid_format"),
    ({"idp_sso_url": "https://x:x/"}, "saml_connection_idp_sso_url_invalid_format"),
    ({"idp_sso_url": "ftp://idp.example.com"}, "saml_connection_idp_sso_url_invalid_format"),
    ({"idp_sso_url": "http://idp.example.com"}, "saml_connection_idp_sso_url_not_https"),
    ({"idp_sso_url": "http://127.0.0.1.nip.io"}, "saml_connection_idp_sso_url_not_https"),
    ({"attribute_mapping": {}}, "saml_connection_attribute_mapping_required"),
    (
        {"attribute_mapping": {"full_name": "name"}},
        "saml_connection_email_mapping_required",
    ),
    (
        {"attribute_mapping": {"email": "NameID", "first_name": "firstName"}},
        "saml_connection_name_mapping_required",
    ),
    (
        {"attribute_mapping": {"email": "NameID", "full_name": {"a": "b"}}},
        "saml_connection_no_nested_keys_in_attribute_mapping",
    ),
    ({"x509_certificate": ""}, "invalid_x509_certificate"),
    ({"x509_certificate": "MIIB"}, "invalid_x509_certificate"),
    (
        {"x509_certificate": certificate_pem().replace("M", "A", 3)},
        "invalid_x509_certificate",
    ),
    (
        {"x509_certificate": certificate_pem(1) + certificate_pem(2)},
        "invalid_x509_certificate",
    ),
    (
        {"saml_connection_implicit_role_assignments": [{"role_id": "none"}]},
        "invalid_rbac_role_id",
    ),
    (
        {"saml_connection_implicit_role_assignments": [{"role_id": "stytch_member"}]},
        "cannot_assign_default_rbac_role_id",
    ),
    (
        {"saml_group_implicit_role_assignments": [{"role_id": "editor", "group": "g"}]},
        "saml_connection_attribute_mapping_missing_groups_key",
    ),
    (
        {
            "attribute_mapping": GROUPS_MAPPING,
            "saml_group_implicit_role_assignments": [{"role_id": "none", "group": "g"}],
        },
        "invalid_rbac_role_id",
    ),
    (
        {
            "attribute_mapping": GROUPS_MAPPING,
            "saml_group_implicit_role_assignments": [{"role_id": "editor", "group": ""}],
        },
        "saml_group_role_assignment_does_not_contain_member_group",
    ),
]


@pytest.mark.parametrize(
    ("given", "error_type"),
    UNFIT,
    # Certificates are made anew by each process, and would make other names there.
    ids=[f"{number}-{error_type}" for number, (_, error_type) in enumerate(UNFIT)],
)
def test_what_does_not_fit_changes_nothing(
    admin: Admin, given: dict[str, Any], error_type: str
) -> None:
    """
    A refusal has the API's own error type, and leaves the connection as it was.
    """
    before = admin.active_saml()
    reply = admin.put(f"{SAML}/{before['connection_id']}", display_name="New", **given)

    assert reply.error == (400, error_type)
    assert admin.connections()["saml_connections"] == [before]


def test_the_groups_key_stays_as_long_as_groups_have_roles(admin: Admin) -> None:
    """
    A mapping without it is refused; when the roles are gone it is not.
    """
    roles = [{"role_id": "editor", "group": "engineers"}]
    made = admin.active_saml(
        attribute_mapping=GROUPS_MAPPING, saml_group_implicit_role_assignments=roles
    )
    path = f"{SAML}/{made['connection_id']}"
    refused = admin.put(path, attribute_mapping=ATTRIBUTE_MAPPING)
    taken = admin.put(
        path, attribute_mapping=ATTRIBUTE_MAPPING, saml_group_implicit_role_assignments=[]
    )

    assert made["saml_group_implicit_role_assignments"] == roles
    assert refused.error == (400, "saml_connection_attribute_mapping_missing_groups_key")
    assert taken.data["connection"]["saml_group_implicit_role_assignments"] == []


def test_a_certificate_shows_with_what_it_says(admin: Admin) -> None:
    """
    Issuer and end are those of the certificate; its PEM is as given.
    """
    (shown,) = admin.saml(x509_certificate=certificate_pem())["verification_certificates"]

    assert shown["certificate"] == certificate_pem()
    assert shown["issuer"] == "CN=idp-1.example.com"
    assert shown["expires_at"] == "2040-01-02T03:04:05Z"


def test_a_connection_has_five_certificates_at_most(admin: Admin) -> None:
    """
    One that is there already does not count again, and keeps its id.
    """
    path = f"{SAML}/{admin.saml()['connection_id']}"
    for number in range(1, 6):
        assert admin.put(path, x509_certificate=certificate_pem(number)).status == 200
    (before,) = admin.connections()["saml_connections"]
    again = admin.put(path, x509_certificate=certificate_pem(3)).data["connection"]
    refused = admin.put(path, x509_certificate=certificate_pem(6))

    assert again == before
    assert [each["issuer"] for each in again["verification_certificates"]] == [
        f"CN=idp-{number}.example.com" for number in range(1, 6)
    ]
    assert refused.error == (400, "too_many_sso_verification_certificates")


def test_the_last_certificate_cannot_be_deleted(admin: Admin) -> None:
    """
    The others can, once.
    """
    made = admin.saml(x509_certificate=certificate_pem(1))
    path = f"{SAML}/{made['connection_id']}"
    second = admin.put(path, x509_certificate=certificate_pem(2)).data["connection"]
    first_id, second_id = (each["certificate_id"] for each in second["verification_certificates"])
    certificates = f"{path}/verification_certificates"
    deleted = admin.delete(f"{certificates}/{first_id}")

    assert deleted.data["certificate_id"] == first_id
    assert admin.delete(f"{certificates}/{first_id}").error == (
        404,
        "sso_verification_key_not_found",
    )
    assert admin.delete(f"{certificates}/{second_id}").error == (
        400,
        "cannot_delete_last_sso_verification_key",
    )
    (left,) = admin.connections()["saml_connections"]
    assert [each["certificate_id"] for each in left["verification_certificates"]] == [second_id]


def test_a_signing_key_gets_a_certificate(admin: Admin) -> None:
    """
    The identity provider can check with it; the key itself shows nowhere.
    """
    reply = admin.put(f"{SAML}/{admin.saml()['connection_id']}", signing_private_key=rsa_key_pem())
    (shown,) = reply.data["connection"]["signing_certificates"]
    certificate = x509.load_pem_x509_certificate(shown["certificate"].encode())

    assert certificate.public_key() == rsa_key(2048, 1).public_key()
    assert b"PRIVATE KEY" not in reply.body


def test_encryption_keys_come_and_go(admin: Admin) -> None:
    """
    One is added once; it can be deleted though it is the last.
    """
    path = f"{SAML}/{admin.saml()['connection_id']}"
    for _ in range(2):
        reply = admin.put(path, saml_encryption_private_key=rsa_key_pem())
    (key,) = reply.data["connection"]["encryption_private_keys"]
    keys = f"{path}/encryption_private_keys"
    deleted = admin.delete(f"{keys}/{key['private_key_id']}")

    assert key["private_key"] == rsa_key_pem()
    assert deleted.data["private_key_id"] == key["private_key_id"]
    assert admin.connections()["saml_connections"][0]["encryption_private_keys"] == []
    assert admin.delete(f"{keys}/{key['private_key_id']}").error == (
        404,
        "sso_encryption_private_key_not_found",
    )


def test_a_connection_has_five_encryption_keys_at_most(admin: Admin) -> None:
    """
    The sixth is refused.
    """
    path = f"{SAML}/{admin.saml()['connection_id']}"
    replies = [
        admin.put(path, saml_encryption_private_key=rsa_key_pem(number, bits=1024))
        for number in range(6)
    ]

    assert [reply.status for reply in replies[:5]] == [200] * 5
    assert replies[5].error == (400, "too_many_encryption_certificates")


@pytest.mark.parametrize("name", ["signing_private_key", "saml_encryption_private_key"])
@pytest.mark.parametrize(
    ("pem", "error_type"),
    [
        (rsa_key_pem(is_pkcs1=False), "saml_signing_private_key_format_not_supported"),
        ("", "saml_signing_private_key_format_not_supported"),
        (certificate_pem(), "saml_signing_private_key_format_not_supported"),
        (rsa_key_pem()[:400], "saml_signing_private_key_invalid"),
        (rsa_key_pem(password=b"hush"), "saml_signing_private_key_invalid"),
        (rsa_key_pem()[:40] + "A" * 9000, "private_key_too_long"),
    ],
    ids=["PKCS 8", "empty", "certificate", "cut", "encrypted", "long"],
)
def test_private_keys_are_checked(admin: Admin, name: str, pem: str, error_type: str) -> None:
    """
    Only RSA keys in PKCS #1 are taken.
    """
    path = f"{SAML}/{admin.saml()['connection_id']}"

    assert admin.put(path, **{name: pem}).error == (400, error_type)


def test_connections_of_others_are_not_there(admin: Admin, stranger: Admin) -> None:
    """
    Neither those of another organization nor those of another kind can be changed or deleted.
    """
    saml, oidc = stranger.saml()["connection_id"], stranger.oidc()["connection_id"]
    own_oidc = admin.oidc()["connection_id"]
    saml_missing, oidc_missing = (
        (404, "saml_connection_not_found"),
        (404, "oidc_connection_not_found"),
    )
    missing = (404, "sso_connection_not_found")

    assert admin.put(f"{SAML}/{saml}", display_name="x").error == saml_missing
    assert admin.put(f"{SAML}/{own_oidc}", display_name="x").error == saml_missing
    assert admin.put(f"{SAML}/{saml}/url", metadata_url="http://localhost").error == saml_missing
    assert admin.delete(f"{SAML}/{saml}/verification_certificates/x").error == saml_missing
    assert admin.delete(f"{SAML}/{saml}/encryption_private_keys/x").error == saml_missing
    assert admin.put(f"{OIDC}/{oidc}", display_name="x").error == oidc_missing
    assert admin.put(f"{EXTERNAL}/{saml}", display_name="x").error == missing
    assert admin.delete(f"{SSO}/{saml}").error == missing
    assert len(stranger.connections()["saml_connections"]) == 1


# --- Metadata -----------------------------------------------------------------------------------


def by_url(admin: Admin, made: Any, url: str) -> Reply:
    """
    Update a connection from metadata.
    """
    return admin.put(f"{SAML}/{made['connection_id']}/url", metadata_url=url)


def test_metadata_configures_a_connection(admin: Admin, publisher: Publisher) -> None:
    """
    Name, place and certificates are read; the attribute mapping makes the connection active.
    """
    keys = [key_descriptor(1), key_descriptor(2, None), key_descriptor(3, "encryption")]
    url = publisher.put("/metadata", saml_metadata(keys=keys))
    made = admin.saml()
    changed = by_url(admin, made, url).data["connection"]
    path = f"{SAML}/{made['connection_id']}"
    active = admin.put(path, attribute_mapping=ATTRIBUTE_MAPPING).data["connection"]

    assert changed["idp_entity_id"] == "https://idp.example.com/saml"
    assert changed["idp_sso_url"] == "https://idp.example.com/saml/sso"
    assert [each["certificate"] for each in changed["verification_certificates"]] == [
        certificate_pem(1),
        certificate_pem(2),
    ]
    assert (changed["status"], active["status"]) == ("pending", "active")


def test_metadata_that_is_read_again_adds_only_what_is_new(
    admin: Admin, publisher: Publisher
) -> None:
    """
    A provider that changes its certificate is trusted with both, until somebody deletes the old.
    """
    made = admin.saml()
    for keys in ([1], [1, 2]):
        metadata = saml_metadata(keys=[key_descriptor(number) for number in keys])
        reply = by_url(admin, made, publisher.put("/metadata", metadata))

    shown = reply.data["connection"]["verification_certificates"]
    assert [each["issuer"] for each in shown] == ["CN=idp-1.example.com", "CN=idp-2.example.com"]


def test_the_redirect_binding_is_preferred(admin: Admin, publisher: Publisher) -> None:
    """
    Where there is none, that of a form does.
    """
    form, redirect = (POST, "https://idp.example.com/post"), (REDIRECT, "https://idp.example.com/r")
    made = admin.saml()
    places = []
    for locations in ([form, redirect], [form]):
        url = publisher.put("/metadata", saml_metadata(locations=locations))
        places.append(by_url(admin, made, url).data["connection"]["idp_sso_url"])

    assert places == ["https://idp.example.com/r", "https://idp.example.com/post"]


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("metadata", "error_type"),
    [
        (b"", "invalid_xml_from_saml_metadata_url"),
        (b'{"not": "XML"}', "invalid_xml_from_saml_metadata_url"),
        (saml_metadata()[:-5], "invalid_xml_from_saml_metadata_url"),
        (saml_metadata(before=BOMB), "invalid_xml_from_saml_metadata_url"),
        (
            saml_metadata(before='<!DOCTYPE a SYSTEM "file:///etc/passwd">'),
            "invalid_xml_from_saml_metadata_url",
        ),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "invalid_xml_from_saml_metadata_url"),
        (b'<?xml version="1.0" encoding="none"?><a/>', "invalid_xml_from_saml_metadata_url"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, "saml_connection_metadata_invalid_format"),
        (b"<html/>", "saml_connection_metadata_invalid_format"),
        (saml_metadata(role="SPSSODescriptor"), "saml_connection_metadata_invalid_format"),
        (saml_metadata(entity_id=""), "saml_connection_metadata_invalid_format"),
        (saml_metadata(locations=()), "saml_connection_metadata_invalid_format"),
        (
            saml_metadata(locations=[("urn:other", "https://idp.example.com")]),
            "saml_connection_metadata_invalid_format",
        ),
        (saml_metadata(keys=()), "saml_connection_metadata_invalid_format"),
        (
            saml_metadata(keys=[key_descriptor(1, "encryption")]),
            "saml_connection_metadata_invalid_format",
        ),
        (
            saml_metadata(keys=[key_descriptor(1).replace("MII", "AAA")]),
            "invalid_x509_certificate",
        ),
        (
            saml_metadata(keys=[key_descriptor(1).replace("MII", "?")]),
            "invalid_x509_certificate",
        ),
        (
            saml_metadata(keys=[key_descriptor(number) for number in range(1, 7)]),
            "too_many_sso_verification_certificates",
        ),
        (
            saml_metadata(locations=[(REDIRECT, "http://idp.example.com")]),
            "saml_connection_idp_sso_url_not_https",
        ),
    ],
    ids=range(19),
)
def test_metadata_that_does_not_fit_changes_nothing(
    admin: Admin, publisher: Publisher, metadata: bytes, error_type: str
) -> None:
    """
    What is no XML, might do harm, or tells of no identity provider is refused.
    """
    made = admin.saml()
    url = publisher.put("/metadata", metadata)

    assert by_url(admin, made, url).error == (400, error_type)
    assert admin.connections()["saml_connections"] == [made]


def test_of_several_providers_the_first_counts(admin: Admin, publisher: Publisher) -> None:
    """
    A federation lists services as well, which are passed over.
    """
    entities = b"".join(
        entity.partition(b"?>")[2]
        for entity in (
            saml_metadata(entity_id="urn:service", role="SPSSODescriptor"),
            saml_metadata(entity_id="urn:first"),
            saml_metadata(entity_id="urn:second"),
        )
    )
    url = publisher.put("/metadata", b"<all>" + entities + b"</all>")

    assert by_url(admin, admin.saml(), url).data["connection"]["idp_entity_id"] == "urn:first"


def test_a_url_without_metadata(admin: Admin, publisher: Publisher) -> None:
    """
    What cannot be fetched from this machine, in one step and in time, is no metadata.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed_port = listener.getsockname()[1]
    elsewhere = publisher.put("/metadata", saml_metadata())
    urls = [
        f"{publisher.url}/none",
        publisher.put("/moved", b"", 302, Location=elsewhere),
        publisher.put("/large", b"<a>" + b" " * LARGEST + b"</a>"),
        publisher.put("/cut", saml_metadata(), **{"Content-Length": "100000"}),
        f"http://127.0.0.1:{closed_port}/",
        "http://idp.example.com/metadata",
        "http://169.254.169.254/latest",
        "http://127.0.0.1.nip.io/metadata",
        "http://127.0.0.1@idp.example.com/metadata",
        "file:///etc/passwd",
        "http://[::1",
        "metadata",
        "",
    ]
    made = admin.saml()
    replies = [by_url(admin, made, url) for url in urls]

    assert [reply.error for reply in replies] == [(400, "invalid_saml_metadata_url")] * len(urls)
    assert "302" in replies[1].json["error_message"]
    assert "too large" in replies[2].json["error_message"]
    assert "loopback" in replies[5].json["error_message"]
    assert by_url(admin, made, elsewhere).status == 200


def test_localhost_is_this_machine(admin: Admin, publisher: Publisher) -> None:
    """
    Names that can only mean loopback are taken for it without asking anybody.
    """
    path = publisher.put("/metadata", saml_metadata()).removeprefix("http://127.0.0.1")

    for name in ("localhost", "idp.localhost"):
        assert by_url(admin, admin.saml(), f"http://{name}{path}").status == 200


def test_a_silent_provider_is_not_waited_for() -> None:
    """
    There is a limit to the time that a document may take.
    """
    server = Drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<", pause=60)
    try:
        found = asyncio.run(fetch(server.url, timeout_seconds=0.05))
    finally:
        server.close()

    assert found == Document(problem="it did not answer in time")


def test_compressed_documents_stay_small(publisher: Publisher) -> None:
    """
    A document is asked for as it is, and taken as it comes.
    """
    url = publisher.put("/zipped", b"\x1f\x8b", **{"Content-Encoding": "gzip"})

    assert asyncio.run(fetch(url)) == Document(content=b"\x1f\x8b")


def test_the_emulator_can_be_asked_for_metadata_itself(admin: Admin) -> None:
    """
    A URL of its own is fetched as any other: nothing waits for itself.
    """
    made = admin.saml()
    url = admin.api.emulator.url

    assert by_url(admin, made, f"{url}/_emulator/").error == (
        400,
        "invalid_xml_from_saml_metadata_url",
    )
    assert by_url(admin, made, f"{url}{SAML}").error == (400, "invalid_saml_metadata_url")


def test_others_are_served_while_metadata_is_fetched(admin: Admin, publisher: Publisher) -> None:
    """
    The provider itself may call the emulator before it answers, and what it does counts.
    """
    made = admin.saml()
    url = publisher.put("/metadata", saml_metadata())
    seen: list[Any] = []

    def meanwhile() -> None:
        seen.append(admin.connections()["saml_connections"])
        with admin.api.emulator._store.lock:
            seen.append("locked")
        assert admin.delete(f"{SSO}/{made['connection_id']}").status == 200

    publisher.before_answering(meanwhile)

    assert by_url(admin, made, url).error == (404, "saml_connection_not_found")
    assert seen == [[made], "locked"]
    assert admin.connections()["saml_connections"] == []


def test_nothing_is_fetched_for_those_who_may_not(admin: Admin, publisher: Publisher) -> None:
    """
    Without the connection, or without the permission, the provider hears nothing.
    """
    made = admin.saml()
    url = publisher.put("/metadata", saml_metadata())
    eve = admin.api.emulator.sign_in(EVE, "Acme", roles=[])
    path = f"{SAML}/{made['connection_id']}/url"
    refused = admin.api.call("PUT", path, {"metadata_url": url}, token=eve.session_token)

    assert refused.error == (403, "session_authorization_error")
    assert by_url(admin, {"connection_id": "x"}, url).error == (404, "saml_connection_not_found")
    assert publisher.requests == []


# --- OpenID Connect -----------------------------------------------------------------------------


@pytest.mark.parametrize("missing", client_settings())
def test_an_oidc_connection_is_active_once_nothing_is_missing(admin: Admin, missing: str) -> None:
    """
    Until then it is pending.
    """
    settings = client_settings()
    last = {missing: settings.pop(missing)}
    pending = admin.oidc(**settings)
    active = admin.put(f"{OIDC}/{pending['connection_id']}", **last).data["connection"]

    assert (pending["status"], active["status"]) == ("pending", "active")
    assert active == {**pending, **last, "status": "active"}


def test_an_issuer_tells_its_urls(admin: Admin, publisher: Publisher) -> None:
    """
    They come from its metadata, but for those that are given; one that stays is not asked again.
    """
    issuer = f"{publisher.url}/acme"
    publisher.put("/acme/.well-known/openid-configuration", openid_configuration(issuer))
    made = admin.oidc()
    path = f"{OIDC}/{made['connection_id']}"
    given = {"client_id": "c", "client_secret": "s", "token_url": "https://proxy.example/token"}
    changed = admin.put(path, issuer=issuer, **given).data
    again = admin.put(path, issuer=issuer, custom_scopes="groups").data

    assert changed["warning"] is again["warning"] is None
    assert changed["connection"] == {
        **made,
        **given,
        "issuer": issuer,
        "authorization_url": "https://idp.example.com/authorize",
        "userinfo_url": "https://idp.example.com/userinfo",
        "jwks_url": "https://idp.example.com/jwks",
        "status": "active",
    }
    assert again["connection"] == {**changed["connection"], "custom_scopes": "groups"}
    assert publisher.requests == ["/acme/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (None, "status 404"),
        (b"<html/>", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no JSON object"),
        (openid_configuration("https://other.example"), "another issuer"),
    ],
    ids=["none", "html", "deep", "array", "other"],
)
def test_an_issuer_that_tells_nothing_is_a_warning(
    admin: Admin, publisher: Publisher, metadata: bytes | None, reason: str
) -> None:
    """
    The connection is changed all the same, with what is given.
    """
    if metadata is not None:
        publisher.put("/.well-known/openid-configuration", metadata)
    made = admin.oidc()
    path = f"{OIDC}/{made['connection_id']}"
    changed = admin.put(path, issuer=publisher.url, client_id="c").data

    assert reason in changed["warning"]
    assert changed["connection"] == {**made, "issuer": publisher.url, "client_id": "c"}


def test_an_issuer_may_tell_some_of_its_urls(admin: Admin, publisher: Publisher) -> None:
    """
    What is missing, or may not be trusted, is named.
    """
    metadata = openid_configuration(
        publisher.url, token_endpoint="http://idp.example.com/token", userinfo_endpoint=None
    )
    publisher.put("/.well-known/openid-configuration", metadata)
    changed = admin.put(f"{OIDC}/{admin.oidc()['connection_id']}", issuer=publisher.url).data

    assert "token_endpoint, userinfo_endpoint" in changed["warning"]
    assert changed["connection"]["token_url"] == changed["connection"]["userinfo_url"] == ""
    assert changed["connection"]["jwks_url"] == "https://idp.example.com/jwks"


def test_issuers_elsewhere_are_not_asked(admin: Admin) -> None:
    """
    The emulator stays on this machine, and says so.
    """
    path = f"{OIDC}/{admin.oidc()['connection_id']}"
    changed = admin.put(path, issuer="https://idp.example.com").data

    assert "loopback" in changed["warning"]
    assert changed["connection"]["issuer"] == "https://idp.example.com"


@pytest.mark.parametrize(
    ("given", "error_type"),
    [
        *(
            ({name: ""}, f"oidc_connection_{name}_required")
            for name in ("client_id", "client_secret", "issuer")
        ),
        *(
            ({name: ""}, f"oidc_connection_{name}_required")
            for name in ("authorization_url", "token_url", "jwks_url")
        ),
        *(
            ({name: "http://idp.example.com"}, f"oidc_connection_{name}_invalid_format")
            for name in ("authorization_url", "token_url", "userinfo_url", "jwks_url")
        ),
        ({"issuer": "http://idp.example.com"}, "oidc_connection_issuer_url_invalid_format"),
        ({"issuer": "idp"}, "oidc_connection_issuer_url_invalid_format"),
        ({"attribute_mapping": {"email": ["a"]}}, "bad_request"),
    ],
    ids=str,
)
def test_oidc_settings_that_do_not_fit_change_nothing(
    admin: Admin, given: dict[str, Any], error_type: str
) -> None:
    """
    A refusal has the API's own error type, and leaves the connection as it was.
    """
    before = admin.oidc(**client_settings())
    reply = admin.put(f"{OIDC}/{before['connection_id']}", display_name="New", **given)

    assert reply.error == (400, error_type)
    assert admin.connections()["oidc_connections"] == [before]


# --- External connections -----------------------------------------------------------------------


def borrow(admin: Admin, lender: Admin, lent: Any) -> Reply:
    """
    Use a connection of another organization.
    """
    return admin.post(
        EXTERNAL,
        external_connection_id=lent["connection_id"],
        external_organization_id=lender.organization.organization_id,
        display_name="Zeta's",
    )


def test_an_external_connection_is_active_at_once(admin: Admin, stranger: Admin) -> None:
    """
    It says whose it is, and is the default where there is none.
    """
    lent = stranger.active_saml()
    made = borrow(admin, stranger, lent).data["connection"]

    assert made["connection_id"].startswith("external-connection-test-")
    assert {**made, "connection_id": ""} == {
        "organization_id": admin.organization.organization_id,
        "connection_id": "",
        "external_organization_id": stranger.organization.organization_id,
        "external_connection_id": lent["connection_id"],
        "display_name": "Zeta's",
        "status": "active",
        "external_connection_implicit_role_assignments": [],
        "external_group_implicit_role_assignments": [],
    }
    assert admin.shape()["sso_default_connection_id"] == made["connection_id"]


def test_what_cannot_be_borrowed(admin: Admin, stranger: Admin) -> None:
    """
    Each reason has the API's own error type.
    """
    third = Admin(admin.api, admin.api.emulator.create_organization("Third"), "t@third.example")
    lent, own, pending = stranger.active_saml(), admin.active_saml(), stranger.saml()
    borrowed = borrow(admin, stranger, lent).data["connection"]
    nobody = {"connection_id": "none"}

    assert borrow(admin, stranger, lent).error == (400, "duplicate_external_sso_connection")
    assert borrow(admin, stranger, pending).error == (400, "external_connection_not_active")
    assert borrow(admin, stranger, nobody).error == (404, "external_connection_id_not_found")
    assert borrow(third, admin, borrowed).error == (404, "external_connection_id_not_found")
    assert borrow(third, admin, lent).error == (400, "sso_connection_organization_mismatch")
    assert borrow(admin, admin, own).error == (
        400,
        "external_organization_id_same_as_organization_id",
    )
    assert admin.post(EXTERNAL, external_connection_id="x", external_organization_id="x").error == (
        404,
        "organization_not_found",
    )


def test_an_external_connection_changes_what_is_its_own(admin: Admin, stranger: Admin) -> None:
    """
    Name and roles change, each alone, and roles that do not fit are refused.
    """
    made = borrow(admin, stranger, stranger.active_saml()).data["connection"]
    path = f"{EXTERNAL}/{made['connection_id']}"
    roles = {"external_connection_implicit_role_assignments": [{"role_id": "editor"}]}
    groups = {
        "external_group_implicit_role_assignments": [{"role_id": "auditor", "group": "audit"}]
    }
    for given in ({"display_name": "New"}, roles, groups):
        made = {**made, **given}
        assert admin.put(path, **given).data["connection"] == made
    wrong = [{"role_id": "none"}]

    assert admin.put(path, external_connection_implicit_role_assignments=wrong).error == (
        400,
        "invalid_rbac_role_id",
    )
    assert admin.connections()["external_connections"] == [made]


# --- Logging in, and roles ----------------------------------------------------------------------


def start(api: Api, connection: Any, address: str = EVE, groups: tuple[str, ...] = ()) -> str:
    """
    Log in at the identity provider, and return the token that comes back.
    """
    query = {
        "public_token": api.emulator.public_token,
        "connection_id": connection["connection_id"],
    }
    url = api.emulator.browser_login(
        f"/v1/public/sso/start?{urlencode(query)}", address, groups=groups
    )
    return parse_qs(urlsplit(url).query)["token"][0]


def finish(api: Api, token: str, *, session: str | None = None) -> Reply:
    """
    Present the token.
    """
    body = {"sso_token": token, "session_duration_minutes": 60}
    return api.post(f"{SSO}/authenticate", body, token=session)


def sources(member: Any, role_id: str) -> Any:
    """
    Return why a member has a role.
    """
    return [
        source
        for role in member["roles"]
        if role["role_id"] == role_id
        for source in role["sources"]
    ]


def test_a_configured_connection_lets_people_in(admin: Admin) -> None:
    """
    What was configured through the API can be logged in by.
    """
    for made in (admin.active_saml(), admin.oidc(**client_settings())):
        answer = finish(admin.api, start(admin.api, made)).data

        assert answer["member_authenticated"] is True


@pytest.mark.parametrize("kind", ["saml", "oidc"])
def test_a_pending_connection_lets_nobody_in(admin: Admin, kind: str) -> None:
    """
    A login by it cannot start.
    """
    pending = getattr(admin, kind)()
    with pytest.raises(LoginRefusedError) as caught:
        start(admin.api, pending)

    assert caught.value.error_type == "sso_connection_not_found"


def test_whoever_logs_in_by_a_connection_has_its_roles(admin: Admin) -> None:
    """
    The session has them, and they permit what they permit.
    """
    made = admin.active_saml(saml_connection_implicit_role_assignments=[{"role_id": "editor"}])
    answer = finish(admin.api, start(admin.api, made)).data
    admin.api.emulator.create_scim_connection("Acme")
    allowed = admin.api.get("/sdk/v1/b2b/scim", token=answer["session_token"])

    assert answer["member_session"]["roles"] == ["stytch_member", "editor"]
    assert sources(answer["member"], "editor") == [
        {"type": "sso_connection", "details": {"connection_id": made["connection_id"]}}
    ]
    assert allowed.status == 200


def test_a_session_by_other_means_lacks_them(admin: Admin) -> None:
    """
    The member shows the role, for there was a login once; but what counts is how one has come now.
    """
    made = admin.active_saml(saml_connection_implicit_role_assignments=[{"role_id": "editor"}])
    finish(admin.api, start(admin.api, made))
    eve = admin.api.emulator.sign_in(EVE, "Acme")
    answer = admin.api.post("/sdk/v1/b2b/sessions/authenticate", token=eve.session_token).data
    admin.api.emulator.create_scim_connection("Acme")
    refused = admin.api.get("/sdk/v1/b2b/scim", token=eve.session_token)

    assert answer["member_session"]["roles"] == ["stytch_member"]
    assert sources(answer["member"], "editor") != []
    assert refused.error == (403, "session_authorization_error")


def test_groups_have_roles(admin: Admin) -> None:
    """
    They are those of the last login, and only those that somebody assigned a role to matter.
    """
    made = admin.active_saml(
        attribute_mapping=GROUPS_MAPPING,
        saml_group_implicit_role_assignments=[{"role_id": "auditor", "group": "Audit"}],
    )
    first = finish(admin.api, start(admin.api, made, groups=("Audit", "Chess"))).data
    second = finish(admin.api, start(admin.api, made, groups=("Chess",))).data

    assert first["member_session"]["roles"] == ["stytch_member", "auditor"]
    assert sources(first["member"], "auditor") == [
        {
            "type": "sso_connection_group",
            "details": {"connection_id": made["connection_id"], "group": "Audit"},
        }
    ]
    (registration,) = first["member"]["sso_registrations"]
    assert registration["sso_attributes"]["groups"] == ["Audit", "Chess"]
    assert second["member_session"]["roles"] == ["stytch_member"]


def test_groups_are_not_kept_where_nothing_maps_them(admin: Admin) -> None:
    """
    Without the key in the attribute mapping, nobody knows what the provider calls them.
    """
    answer = finish(admin.api, start(admin.api, admin.active_saml(), groups=("Audit",))).data
    (registration,) = answer["member"]["sso_registrations"]

    assert "groups" not in registration["sso_attributes"]


def test_roles_by_an_external_connection(admin: Admin, stranger: Admin) -> None:
    """
    They are the borrower's: whoever logs in at the lender has none of them.
    """
    lent = stranger.active_saml(attribute_mapping=GROUPS_MAPPING)
    made = borrow(admin, stranger, lent).data["connection"]
    reply = admin.put(
        f"{EXTERNAL}/{made['connection_id']}",
        external_connection_implicit_role_assignments=[{"role_id": "editor"}],
        external_group_implicit_role_assignments=[{"role_id": "auditor", "group": "Audit"}],
    )
    assert reply.status == 200
    here = finish(admin.api, start(admin.api, made, groups=("Audit",))).data
    there = finish(admin.api, start(admin.api, lent, groups=("Audit",))).data

    assert here["member_session"]["roles"] == ["stytch_member", "editor", "auditor"]
    assert there["member_session"]["roles"] == ["stytch_member"]


# --- Deleting -----------------------------------------------------------------------------------


def test_the_default_connection_is_deleted_last(admin: Admin) -> None:
    """
    While there is another, pending ones included, it stays; alone it goes.
    """
    default, other = admin.active_saml(), admin.oidc()
    path = f"{SSO}/{default['connection_id']}"
    refused = admin.delete(path)
    admin.delete(f"{SSO}/{other['connection_id']}")
    deleted = admin.delete(path)

    assert refused.error == (400, "cannot_delete_default_sso_connection")
    assert deleted.data["connection_id"] == default["connection_id"]
    assert admin.delete(path).error == (404, "sso_connection_not_found")
    shape = admin.shape()
    assert shape["sso_default_connection_id"] is None
    assert shape["sso_active_connections"] == []


def test_a_deleted_connection_lets_nobody_in_any_more(admin: Admin) -> None:
    """
    Neither who starts now nor who has come half way; nobody becomes a member by it.
    """
    made = admin.active_saml()
    token = start(admin.api, made)
    admin.delete(f"{SSO}/{made['connection_id']}")

    assert finish(admin.api, token).error == (404, "sso_connection_not_found")
    with pytest.raises(LoginRefusedError):
        start(admin.api, made)
    assert EVE not in {each.email_address for each in admin.api.emulator._store.members.values()}


def test_what_was_borrowed_is_gone_with_the_lender(admin: Admin, stranger: Admin) -> None:
    """
    The external connection is there still, but nobody can log in by it, nor become a member.
    """
    lent = stranger.active_saml()
    made = borrow(admin, stranger, lent).data["connection"]
    path = f"{EXTERNAL}/{made['connection_id']}"
    roles = [{"role_id": "editor"}]
    made = admin.put(path, external_connection_implicit_role_assignments=roles).data["connection"]
    ida = finish(admin.api, start(admin.api, made, "ida@acme.example")).data
    token = start(admin.api, made)
    stranger.delete(f"{SSO}/{lent['connection_id']}")
    shape = admin.shape()
    later = admin.api.post("/sdk/v1/b2b/sessions/authenticate", token=ida["session_token"]).data[
        "member_session"
    ]

    assert ida["member_session"]["roles"] == ["stytch_member", "editor"]
    assert later["roles"] == ["stytch_member"]
    assert finish(admin.api, token).error == (404, "sso_connection_not_found")
    assert admin.connections()["external_connections"] == [{**made, "status": "pending"}]
    assert shape["sso_active_connections"] == []
    assert shape["sso_default_connection_id"] is None
    assert EVE not in {each.email_address for each in admin.api.emulator._store.members.values()}


def test_accounts_and_roles_go_with_the_connection(admin: Admin) -> None:
    """
    A session that was begun by it goes on without them, and does not bring them back.
    """
    made = admin.active_saml(saml_connection_implicit_role_assignments=[{"role_id": "editor"}])
    eve = finish(admin.api, start(admin.api, made)).data
    admin.delete(f"{SSO}/{made['connection_id']}")
    other = admin.active_saml()
    after = finish(admin.api, start(admin.api, other), session=eve["session_token"]).data

    assert (
        after["member_session"]["member_session_id"] == (eve["member_session"]["member_session_id"])
    )
    assert after["member_session"]["roles"] == ["stytch_member"]
    assert [each["connection_id"] for each in after["member"]["sso_registrations"]] == [
        other["connection_id"]
    ]


def test_a_login_that_lacks_a_factor_lacks_both_afterwards(admin: Admin) -> None:
    """
    A second factor does not complete a login whose connection was deleted meanwhile.
    """
    emulator = admin.api.emulator
    eve = emulator.create_member("Acme", EVE, mfa_enrolled=True)
    emulator.enroll_totp(eve)
    made = admin.active_saml()
    begun = finish(admin.api, start(admin.api, made)).data
    admin.delete(f"{SSO}/{made['connection_id']}")
    reply = admin.api.post(
        "/sdk/v1/b2b/totp/authenticate",
        {
            "organization_id": admin.organization.organization_id,
            "member_id": begun["member_id"],
            "code": emulator.totp_code(eve),
            "session_duration_minutes": 60,
            "intermediate_session_token": begun["intermediate_session_token"],
        },
    )

    assert begun["member_authenticated"] is False
    assert reply.error == (401, "insufficient_factors")


def test_a_deleted_connection_admits_no_newcomers(admin: Admin) -> None:
    """
    It is no longer on the list of those that may.
    """
    made, kept = admin.active_saml(), admin.active_saml()
    ids = [made["connection_id"], kept["connection_id"]]
    admin.api.emulator.update_organization(
        "Acme",
        sso_jit_provisioning="RESTRICTED",
        sso_jit_provisioning_allowed_connections=list(ids),
        sso_default_connection_id=ids[1],
    )
    admin.delete(f"{SSO}/{ids[0]}")

    assert admin.shape()["sso_jit_provisioning_allowed_connections"] == ids[1:]


def test_without_the_extra(
    admin: Admin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """
    Whoever installed the package without its extra reads what is missing.
    """
    path = f"{SAML}/{admin.saml()['connection_id']}"
    certificate = certificate_pem()
    monkeypatch.setitem(sys.modules, "cryptography", None)
    reply = admin.put(path, x509_certificate=certificate)

    assert reply.error == (500, "internal_server_error")
    assert "pip install 'stytch-b2b[emulator]'" in caplog.text
