"""Logging in by way of the person's browser: from its start to the token that comes back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeGuard, TypeVar
from urllib.parse import urlsplit

import anyio
from attrs import field, frozen

from . import _loopback_pages as pages
from ._browser import wait_beside
from ._loopback import Address, Loopback, Visit
from ._redirects import AuthenticateURL, NotOurs, TokenType, read
from .errors import InvalidArgumentError, StytchAPIError, StytchTimeoutError

T = TypeVar("T")

_NOT_OF_THIS_LOGIN = frozenset(
    {
        "magic_link_not_found",
        "oauth_token_not_found",
        "pkce_did_not_expect_code_verifier",
        "pkce_mismatch",
        "sso_token_not_found",
        "unable_to_auth_magic_link",
    }
)
"""
What the API says to a token that did not come of the login that was begun.

Anybody can bring one: it must neither log the person in nor keep the right one from doing so.
"""


@frozen(kw_only=True)
class BrowserLogin(Generic[T]):
    """One login that a program begins and a browser brings back."""

    caller: str
    """Name of the call, for errors."""
    redirect_url: str
    """Where the browser comes back to."""
    token_type: TokenType
    """What kind of token it brings, if it comes from this login."""
    begin: Callable[[], Awaitable[object]] = field(repr=False)
    """Gets the login before the eyes of the person."""
    authenticate: Callable[[str], Awaitable[T]] = field(repr=False)
    """Presents the token, and the verifier of this very login."""
    timeout: float

    async def run(self) -> T:
        """
        Begin the login and return what comes of it.

        Raises:
            InvalidArgumentError: The redirect URL or the timeout is wrong.
            StytchConnectionError: Nothing can listen there; nothing was begun.
            StytchTimeoutError: The browser did not come back in time.
            Exception: Whatever *begin* raises, or *authenticate* with the token of this login.
        """
        address = self._address()
        path = urlsplit(self.redirect_url).path or "/"
        async with Loopback(address, {path: "GET"}, caller=self.caller) as loopback:
            return await wait_beside(self.begin, lambda: self._finish(loopback))

    def _address(self) -> Address:
        problems: dict[str, str] = {}
        address: Address | None = None
        try:
            address = Address.of(self.redirect_url)
        except ValueError as error:
            problems["redirect_url"] = str(error)
        if not self.timeout > 0:
            problems["timeout"] = "must be a number of seconds above 0"
        if address is None or problems:
            raise InvalidArgumentError(endpoint=self.caller, problems=problems)
        return address

    async def _finish(self, loopback: Loopback) -> T:
        deadline = anyio.current_time() + self.timeout
        refusal: Exception | None = None
        error_of_redirect: str | None = None
        attempts = 0
        while True:
            visit: Visit | None = None
            with anyio.move_on_after(deadline - anyio.current_time()):
                visit = await loopback.next_visit()
            if visit is None:
                raise self._too_late(error_of_redirect, attempts) from refusal
            found = read(f"?{visit.query}")
            if isinstance(found, NotOurs) and found.error is not None:
                # It may be forged, and the person may try again: no reason to give up.
                error_of_redirect = found.error
                await visit.answer(pages.REFUSED)
                continue
            if not self._is_of_this_login(found):
                await visit.answer(pages.FOREIGN)
                continue
            attempts += 1
            try:
                result = await self.authenticate(found.token)
            except Exception as error:
                if isinstance(error, StytchAPIError) and error.error_type in _NOT_OF_THIS_LOGIN:
                    refusal = error
                    await visit.answer(pages.FOREIGN)
                    continue
                await visit.answer(pages.FAILED)
                raise
            await visit.answer(pages.DONE)
            return result

    def _is_of_this_login(self, found: AuthenticateURL | NotOurs) -> TypeGuard[AuthenticateURL]:
        return (
            isinstance(found, AuthenticateURL)
            and found.token_type == self.token_type
            and not found.is_password_reset
        )

    def _too_late(self, error_of_redirect: str | None, attempts: int) -> StytchTimeoutError:
        reason = f"the browser did not come back within {self.timeout:g} seconds"
        if error_of_redirect is not None:
            # Anybody can have written it: no more of it than an error's name needs.
            reason = f"{reason}, but for the error {error_of_redirect[:80]!r}"
        return StytchTimeoutError(endpoint=self.caller, reason=reason, attempts=attempts)
