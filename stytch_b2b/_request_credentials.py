"""
Whose session a request brings that arrived at a service: its header fields, read.

Nothing here judges whether a session is good; the API does that. What no session token can be is
left aside, so that no stranger's header makes a call fail in a way of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from attrs import field, frozen

from .errors import NoSessionError

_BEARER = re.compile(r"bearer[ \t]+(.*)", re.IGNORECASE | re.DOTALL)

# What RFC 6750 admits as a bearer token; what stands in a cookie is no more than that either.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")

# The first part is a JSON object in base64url, and so begins with `{"`.
_JWT = re.compile(r"eyJ[\w-]*\.[\w-]+\.[\w-]*", re.ASCII)

# Python's own idea of white space is wider than that of browsers, for which such a cookie has
# another name: with it, any subdomain could put one in the place of a ``__Host-`` cookie.
_WHITE_SPACE = " \t"

_WHY_NO_JWT = "the API authenticates Members by the token that was issued together with it"


@frozen
class RequestCredentials:
    """The session that a request brings."""

    session_token: str = field(repr=False)
    session_jwt: str | None = field(repr=False)


def read_credentials(
    headers: Mapping[str, str], *, session_cookie: str, session_jwt_cookie: str, caller: str
) -> RequestCredentials:
    """
    Return the session that a request brings, by its header fields.

    A bearer token in ``Authorization`` decides, and cookies are read where there is none: a
    request that says who it acts as must not act as whoever the browser was left logged in as.

    Args:
        headers: Names in whatever case; a field that came several times may be there as often.
        session_cookie: Name of the cookie that holds the session token.
        session_jwt_cookie: Name of the one that holds the session JWT.
        caller: Who asks, for the error.

    Raises:
        NoSessionError: There is no session token; the text says what there is instead.
    """
    authorization, cookie_header = _fields(headers)
    bearers = _bearer_tokens(authorization)
    if len(bearers) > 1:
        # Whoever looked at the request before may have read another one than we would.
        raise _needs_token(caller, "the request has several bearer tokens")
    if bearers:
        return RequestCredentials(_session_token(bearers.pop(), "the bearer token", caller), None)
    cookies = list(_cookies(cookie_header))
    # Browsers send the cookie of the longest path first, and keep empty ones.
    tokens = [value for name, value in cookies if name == session_cookie and value]
    jwts = [
        value for name, value in cookies if name == session_jwt_cookie and _JWT.fullmatch(value)
    ]
    if tokens:
        place = f"what the cookie {session_cookie!r} holds"
        return RequestCredentials(
            _session_token(tokens[0], place, caller), jwts[0] if jwts else None
        )
    if jwts:
        raise _needs_token(caller, f"the request has a session JWT alone; {_WHY_NO_JWT}")
    raise _needs_token(
        caller, f"the request has neither a bearer token nor the cookie {session_cookie!r}"
    )


def _fields(headers: Mapping[str, str]) -> tuple[list[str], str]:
    """Return the values of ``Authorization``, and the cookies of all ``Cookie`` fields."""
    authorization: list[str] = []
    cookies: list[str] = []
    for name, value in headers.items():
        match name.lower():
            case "authorization":
                authorization.append(value)
            case "cookie":
                # HTTP/2 may send each cookie in a field of its own.
                cookies.append(value)
            case _:
                pass
    return authorization, ";".join(cookies)


def _bearer_tokens(authorization: list[str]) -> set[str]:
    found = (_BEARER.fullmatch(value.strip(_WHITE_SPACE)) for value in authorization)
    return {each[1] for each in found if each is not None}


def _session_token(text: str, place: str, caller: str) -> str:
    """
    Return *text* as it is.

    Raises:
        NoSessionError: It is no session token.
    """
    if _JWT.fullmatch(text):
        raise _needs_token(caller, f"{place} is a session JWT; {_WHY_NO_JWT}")
    if not _TOKEN.fullmatch(text):
        raise _needs_token(caller, f"{place} cannot be one")
    return text


def _cookies(header: str) -> Iterator[tuple[str, str]]:
    # Not by `http.cookies`, which gives up at the first cookie that it does not like. Browsers put
    # no ``;`` into a value, quoted or not, so that splitting there is safe (RFC 6265, 5.2).
    for pair in header.split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            value = value.strip(_WHITE_SPACE)
            if len(value) > 1 and value[0] == value[-1] == '"':
                value = value[1:-1]
            yield name.strip(_WHITE_SPACE), value


def _needs_token(caller: str, but: str) -> NoSessionError:
    # What was found instead is left out of the text: it may be a secret after all.
    return NoSessionError(endpoint=caller, needs="a session token", but=but)
