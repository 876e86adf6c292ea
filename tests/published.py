"""What identity providers publish and hand out: metadata on loopback, certificates, keys."""

from __future__ import annotations

import base64
import functools
import http.server
import json
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
EXPIRES_AT = datetime(2040, 1, 2, 3, 4, 5, tzinfo=timezone.utc)

ATTRIBUTE_MAPPING = {"email": "NameID", "first_name": "firstName", "last_name": "lastName"}


class Publisher:
    """
    A server on loopback that answers each path with what was put there.
    """

    def __init__(self) -> None:
        self.requests: list[str] = []
        self._answers: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self._before: Callable[[], object] | None = None
        publisher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.requests.append(self.path)
                if publisher._before is not None:
                    publisher._before()
                status, body, headers = publisher._answers.get(self.path, (404, b"", {}))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def put(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        """
        Answer a path from now on, and return its URL.
        """
        self._answers[path] = (status, body, headers)
        return self.url + path

    def before_answering(self, action: Callable[[], object]) -> None:
        """
        Do something whenever somebody asks, before the answer.
        """
        self._before = action

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@functools.cache
def certificate(number: int = 1) -> x509.Certificate:
    """
    Return the certificate of an identity provider, another one for each number.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"idp-{number}.example.com")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(number)
        .not_valid_before(EXPIRES_AT - timedelta(days=7300))
        .not_valid_after(EXPIRES_AT)
        .sign(key, hashes.SHA256())
    )


def certificate_pem(number: int = 1) -> str:
    """
    Return a certificate as administrators paste it.
    """
    return certificate(number).public_bytes(serialization.Encoding.PEM).decode()


@functools.cache
def rsa_key(bits: int, number: int) -> rsa.RSAPrivateKey:
    """
    Return a private key, another one for each number.
    """
    del number
    return rsa.generate_private_key(65537, bits)


def rsa_key_pem(
    number: int = 1, *, bits: int = 2048, is_pkcs1: bool = True, password: bytes = b""
) -> str:
    """
    Return a private key as administrators paste it.
    """
    formats = serialization.PrivateFormat
    encryption = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return (
        rsa_key(bits, number)
        .private_bytes(
            serialization.Encoding.PEM,
            formats.TraditionalOpenSSL if is_pkcs1 else formats.PKCS8,
            encryption,
        )
        .decode()
    )


def key_descriptor(number: int, use: str | None = "signing") -> str:
    """
    Return a certificate as metadata has it.
    """
    der = certificate(number).public_bytes(serialization.Encoding.DER)
    purpose = f' use="{use}"' if use else ""
    return (
        f"<md:KeyDescriptor{purpose}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>"
        f"\n  {base64.encodebytes(der).decode()}"
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )


def saml_metadata(
    *,
    entity_id: str = "https://idp.example.com/saml",
    keys: Sequence[str] | None = None,
    locations: Sequence[tuple[str, str]] = ((REDIRECT, "https://idp.example.com/saml/sso"),),
    role: str = "IDPSSODescriptor",
    before: str = "",
) -> bytes:
    """
    Return metadata as an identity provider publishes it.
    """
    services = "".join(
        f'<md:SingleSignOnService Binding="{binding}" Location="{location}"/>'
        for binding, location in locations
    )
    return (
        f'<?xml version="1.0"?>{before}'
        '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'
        f' xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{entity_id}">'
        f"<md:{role}>{''.join(keys if keys is not None else [key_descriptor(1)])}{services}"
        f"</md:{role}></md:EntityDescriptor>"
    ).encode()


def openid_configuration(issuer: str, **other: Any) -> bytes:
    """
    Return metadata as an OpenID Connect issuer publishes it; what is None is left out.
    """
    metadata = {
        "issuer": issuer,
        "authorization_endpoint": "https://idp.example.com/authorize",
        "token_endpoint": "https://idp.example.com/token",
        "userinfo_endpoint": "https://idp.example.com/userinfo",
        "jwks_uri": "https://idp.example.com/jwks",
        **other,
    }
    return json.dumps({name: value for name, value in metadata.items() if value}).encode()
