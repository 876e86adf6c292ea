"""Certificates and private keys of SAML connections: read, checked, made."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SIGNING_LIFETIME = timedelta(days=3650)

_PKCS1 = "-----BEGIN RSA PRIVATE KEY-----"
_MOST_CHARACTERS = 3600
"""Of a private key: one of 4096 bits has 3247."""


class KeyFormatError(ValueError):
    """A private key is not written as PKCS #1 in PEM."""


class KeyTooLongError(ValueError):
    """A private key is longer than anybody needs."""


@frozen(kw_only=True)
class Read:
    """What a certificate says."""

    pem: str
    issuer: str
    expires_at: datetime


def read_pem(text: str) -> Read:
    """
    Read a certificate in PEM.

    Raises:
        ValueError: It is none, or there are several.
    """
    x509 = _x509()
    found = x509.load_pem_x509_certificates(text.encode())
    if len(found) != 1:
        msg = "more than one certificate"
        raise ValueError(msg)
    return _read(found[0])


def read_der(octets: bytes) -> Read:
    """
    Read a certificate in DER.

    Raises:
        ValueError: It is none.
    """
    return _read(_x509().load_der_x509_certificate(octets))


def check_private_key(text: str) -> str:
    """
    Return a private RSA key as PKCS #1 in PEM, without what stood around it.

    Raises:
        KeyFormatError: It is not written like that.
        KeyTooLongError: It is too long.
        ValueError: It is no key, or is encrypted.
    """
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - see `_x509`

    pem = _private_key(text).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return pem.decode("ascii")


def self_signed(private_key: str, *, common_name: str, now: datetime) -> Read:
    """
    Make the certificate of a key that requests are signed with.

    Args:
        private_key: As PKCS #1 in PEM.

        common_name: Whose it is, and who vouches for it.

        now: When it begins to be good.

    Raises:
        KeyFormatError: The key is not written like that.
        KeyTooLongError: It is too long.
        ValueError: It is no key, or is encrypted.
    """
    x509 = _x509()
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - see `_x509`

    key = _private_key(private_key)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + SIGNING_LIFETIME)
    )
    return _read(builder.sign(key, hashes.SHA256()))


def _private_key(text: str) -> RSAPrivateKey:
    _x509()
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - see `_x509`

    if len(text) > _MOST_CHARACTERS:
        raise KeyTooLongError
    if not text.lstrip().startswith(_PKCS1):
        raise KeyFormatError
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except TypeError:
        msg = "the key is encrypted"
        raise ValueError(msg) from None
    # Nothing else is ever written with this heading.
    return cast("RSAPrivateKey", key)


def _read(certificate: Any) -> Read:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - see `_x509`

    return Read(
        pem=certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
        issuer=certificate.issuer.rfc4514_string(),
        expires_at=certificate.not_valid_after_utc,
    )


def _x509() -> Any:
    # Loaded on first need: only who configures a SAML connection pays for it.
    try:
        from cryptography import x509  # noqa: PLC0415
    except ImportError as exc:
        msg = "SAML connections need cryptography: pip install 'stytch-b2b[emulator]'"
        raise ImportError(msg) from exc
    return x509
