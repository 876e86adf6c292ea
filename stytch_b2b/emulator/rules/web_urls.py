"""Which URLs of an identity provider may be trusted with a login."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..documents import is_loopback


def is_absolute(url: str) -> bool:
    """Tell whether something is a URL of the Web, with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_safe(url: str) -> bool:
    """Tell whether nobody can listen on the way: by TLS, or because there is no way."""
    if not is_absolute(url):
        return False
    parts = urlsplit(url)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")
