"""Where flows may lead: the redirect URLs that the project has registered, by type."""

from __future__ import annotations

from typing import get_args
from urllib.parse import urlencode, urlsplit

from ..errors import (
    ApiError,
    InvalidDiscoveryRedirectUrlError,
    InvalidInviteRedirectUrlError,
    InvalidLoginRedirectUrlError,
    InvalidPasswordResetRedirectUrlError,
    InvalidSignupRedirectUrlError,
    NoDefaultDiscoveryRedirectUrlSetError,
    NoDefaultInviteRedirectUrlSetError,
    NoDefaultLoginRedirectUrlSetError,
    NoDefaultSignupRedirectUrlSetError,
    NoPasswordResetRedirectUrlError,
)
from ..store import RedirectType, Store

_INVALID: dict[RedirectType, type[ApiError]] = {
    "login": InvalidLoginRedirectUrlError,
    "signup": InvalidSignupRedirectUrlError,
    "invite": InvalidInviteRedirectUrlError,
    "reset_password": InvalidPasswordResetRedirectUrlError,
    "discovery": InvalidDiscoveryRedirectUrlError,
}
_NO_DEFAULT: dict[RedirectType, type[ApiError]] = {
    "login": NoDefaultLoginRedirectUrlSetError,
    "signup": NoDefaultSignupRedirectUrlSetError,
    "invite": NoDefaultInviteRedirectUrlSetError,
    "reset_password": NoPasswordResetRedirectUrlError,
    "discovery": NoDefaultDiscoveryRedirectUrlSetError,
}


# What a browser does with these is not to open an app or a page of somebody's.
_NO_PLACE = {"about", "blob", "data", "file", "javascript", "vbscript"}


def checked(
    store: Store, url: str | None, kind: RedirectType, *, unregistered: type[ApiError]
) -> str:
    """
    Return the URL that a flow will lead to.

    Args:
        store: Where everything is.

        url: What the caller asks for. It must be registered, exactly. Without it the first URL
            that is registered for the type counts.

        kind: What the flow leads to.

        unregistered: The error for a URL that is not registered, which differs by product.

    Raises:
        ApiError: The URL is none, is not registered, or there is no default.
    """
    registered = store.project.redirect_urls[kind]
    if url is None:
        if not registered:
            raise _NO_DEFAULT[kind]
        return registered[0]
    if not _is_absolute(url):
        raise _INVALID[kind]
    if url not in registered:
        raise unregistered
    return url


def register(store: Store, url: str, kinds: tuple[RedirectType, ...]) -> None:
    """
    Register a URL, as the dashboard does it.

    Args:
        store: Where.

        url: Absolute. Any scheme that an app can claim will do; one that browsers act on
            themselves will not.

        kinds: What it may be used for; everything if there are none.

    Raises:
        ValueError: There is no such type, or the URL leads nowhere.
    """
    if not _is_absolute(url) or urlsplit(url).scheme in _NO_PLACE:
        msg = f"{url!r} is no URL to redirect to"
        raise ValueError(msg)
    for kind in _checked_kinds(kinds):
        if url not in store.project.redirect_urls[kind]:
            store.project.redirect_urls[kind].append(url)


def unregister(store: Store, url: str, kinds: tuple[RedirectType, ...]) -> None:
    """
    Take a URL out again; harmless if it is not there.

    Raises:
        ValueError: There is no such type.
    """
    for kind in _checked_kinds(kinds):
        if url in store.project.redirect_urls[kind]:
            store.project.redirect_urls[kind].remove(url)


def with_query(url: str, **added: str) -> str:
    """
    Return *url* with more at the end of its query; what is empty is left out.

    The rest stays as the application has written it: it may compare the text.
    """
    query = urlencode({name: value for name, value in added.items() if value})
    if not query:
        return url
    page, hash_sign, fragment = url.partition("#")
    mark = "?" if "?" not in page else "" if page.endswith(("?", "&")) else "&"
    return f"{page}{mark}{query}{hash_sign}{fragment}"


def _checked_kinds(kinds: tuple[RedirectType, ...]) -> tuple[RedirectType, ...]:
    unknown = sorted(set(kinds) - set(get_args(RedirectType)))
    if unknown:
        msg = f"there is no redirect type {', '.join(unknown)}"
        raise ValueError(msg)
    return kinds or get_args(RedirectType)


def _is_absolute(url: str) -> bool:
    # `urlsplit` overlooks some of what would end a header, or a line of a mail.
    if not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path))
