"""
What a SAML identity provider publishes about itself, and how it is read.

The parser is Python's own expat, which loads nothing from anywhere. A document type declaration
is all that could make a small document large or let it name files, and SAML forbids it: so every
document that has one is refused, and no other library has to be trusted with the rest.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from xml.etree import ElementTree as ET
from xml.parsers import expat

from attrs import frozen

from ..errors import (
    InvalidX509CertificateError,
    InvalidXmlFromSamlMetadataUrlError,
    SamlConnectionMetadataInvalidFormatError,
)

_METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}"
_BINDINGS = (
    "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
    "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
)
"""The ways to send a browser with a login, the simpler one first."""


@frozen(kw_only=True)
class Metadata:
    """What a connection needs to know of its identity provider."""

    entity_id: str
    sso_url: str
    certificates: tuple[bytes, ...]
    """In DER, each once."""


def parse(content: bytes) -> Metadata:
    """
    Read the metadata of an identity provider; of several the first one counts.

    Raises:
        InvalidXmlFromSamlMetadataUrlError: It is no XML, or has a document type declaration.
        SamlConnectionMetadataInvalidFormatError: It is no metadata of an identity provider, or
            lacks its name, where it takes logins, or its certificate.
        InvalidX509CertificateError: A certificate is not even base 64.
    """
    for entity in _tree(content).iter(f"{_METADATA}EntityDescriptor"):
        provider = entity.find(f"{_METADATA}IDPSSODescriptor")
        if provider is not None:
            entity_id = entity.get("entityID", "").strip()
            sso_url = _sso_url(provider)
            certificates = tuple(dict.fromkeys(_certificates(provider)))
            if entity_id and sso_url and certificates:
                return Metadata(entity_id=entity_id, sso_url=sso_url, certificates=certificates)
            break
    raise SamlConnectionMetadataInvalidFormatError


def _tree(content: bytes) -> ET.Element:
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda name, attributes: builder.start(_tag(name), attributes)
    parser.EndElementHandler = lambda name: builder.end(_tag(name))
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError):
        # The last two are about encodings that expat or Python do not know.
        raise InvalidXmlFromSamlMetadataUrlError from None
    return builder.close()


def _tag(name: str) -> str:
    return f"{{{name}" if "}" in name else name


def _refuse(*_: object) -> None:
    raise InvalidXmlFromSamlMetadataUrlError


def _sso_url(provider: ET.Element) -> str:
    services = provider.findall(f"{_METADATA}SingleSignOnService")
    locations = {each.get("Binding"): each.get("Location", "").strip() for each in services}
    return next(filter(None, map(locations.get, _BINDINGS)), "")


def _certificates(provider: ET.Element) -> Iterator[bytes]:
    for key in provider.findall(f"{_METADATA}KeyDescriptor"):
        # One without a purpose serves all.
        if key.get("use", "signing") == "signing":
            for written in key.iter(f"{_SIGNATURE}X509Certificate"):
                try:
                    yield base64.b64decode("".join((written.text or "").split()), validate=True)
                except (binascii.Error, ValueError):
                    raise InvalidX509CertificateError from None
