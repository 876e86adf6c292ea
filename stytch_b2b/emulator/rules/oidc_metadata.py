"""What an OpenID Connect issuer publishes about itself, and the URLs of its connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from attrs import field, frozen

from ..documents import Document
from ..errors import (
    ApiError,
    OidcConnectionAuthorizationUrlInvalidFormatError,
    OidcConnectionAuthorizationUrlRequiredError,
    OidcConnectionClientIdRequiredError,
    OidcConnectionClientSecretRequiredError,
    OidcConnectionIssuerRequiredError,
    OidcConnectionIssuerUrlInvalidFormatError,
    OidcConnectionJwksUrlInvalidFormatError,
    OidcConnectionJwksUrlRequiredError,
    OidcConnectionTokenUrlInvalidFormatError,
    OidcConnectionTokenUrlRequiredError,
    OidcConnectionUserinfoUrlInvalidFormatError,
)
from . import web_urls

_ENDPOINTS: Mapping[str, str] = {
    "authorization_url": "authorization_endpoint",
    "token_url": "token_endpoint",
    "userinfo_url": "userinfo_endpoint",
    "jwks_url": "jwks_uri",
}
"""What the API calls the URLs, and what the metadata calls them."""

_REQUIRED: Mapping[str, type[ApiError]] = {
    "client_id": OidcConnectionClientIdRequiredError,
    "client_secret": OidcConnectionClientSecretRequiredError,
    "issuer": OidcConnectionIssuerRequiredError,
    "authorization_url": OidcConnectionAuthorizationUrlRequiredError,
    "token_url": OidcConnectionTokenUrlRequiredError,
    "jwks_url": OidcConnectionJwksUrlRequiredError,
}

_INVALID: Mapping[str, type[ApiError]] = {
    "issuer": OidcConnectionIssuerUrlInvalidFormatError,
    "authorization_url": OidcConnectionAuthorizationUrlInvalidFormatError,
    "token_url": OidcConnectionTokenUrlInvalidFormatError,
    "userinfo_url": OidcConnectionUserinfoUrlInvalidFormatError,
    "jwks_url": OidcConnectionJwksUrlInvalidFormatError,
}


@frozen(kw_only=True)
class Inference:
    """What an issuer says of itself, or why that is not known."""

    urls: Mapping[str, str] = field(factory=dict[str, str])
    """Under the names that the API uses."""
    warning: str | None = None


def check(given: Mapping[str, Any]) -> None:
    """
    Check what somebody says of an identity provider.

    Args:
        given: Under the names that the API uses.

    Raises:
        ApiError: Something that a login takes is empty, or a URL is none that may be trusted.
    """
    for name, error in _REQUIRED.items():
        if given.get(name) == "":
            raise error
    for name, error in _INVALID.items():
        if given.get(name) and not web_urls.is_safe(given[name]):
            raise error


def url(issuer: str) -> str:
    """Return where an issuer publishes its metadata."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def infer(issuer: str, document: Document) -> Inference:
    """Return the URLs of an issuer, from what was found where it publishes them."""
    if document.content is None:
        return _warning(issuer, document.problem)
    try:
        metadata: object = json.loads(document.content)
    except (ValueError, RecursionError):
        return _warning(issuer, "it is not JSON")
    if not isinstance(metadata, dict):
        return _warning(issuer, "it is no JSON object")
    values = cast("dict[str, object]", metadata)
    if values.get("issuer") != issuer:
        # Otherwise anybody could send logins to the endpoints of somebody else.
        return _warning(issuer, "it is the metadata of another issuer")
    found = {name: values.get(endpoint) for name, endpoint in _ENDPOINTS.items()}
    urls = {
        name: value
        for name, value in found.items()
        if isinstance(value, str) and web_urls.is_safe(value)
    }
    missing = [_ENDPOINTS[name] for name in found if name not in urls]
    if missing:
        warning = _warning(issuer, f"it has no usable {', '.join(missing)}").warning
        return Inference(urls=urls, warning=warning)
    return Inference(urls=urls)


def _warning(issuer: str, problem: str) -> Inference:
    return Inference(warning=f"The metadata at {url(issuer)} could not be used: {problem}.")
