"""Logging in by way of the person's browser: from its start to the token that comes back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeGuard, TypeVar
from urllib.parse import urlsplit

import anyio
from attrs import field, frozen

from . import _loopback_pages as pages
from ._authenticate_urls import AuthenticateURL, NotOurs, TokenType, read
from ._beside import wait_beside
from ._config import is_duration
from ._loopback import Address, Loopback, Visit
from ._pkce import SUPERFLUOUS_VERIFIER, WRONG_VERIFIER, PKCEPair
from .errors import InvalidArgumentError, StytchAPIError, StytchTimeoutError

T = TypeVar("T")

_NOT_OF_THIS_LOGIN = frozenset(
    {
        *WRONG_VERIFIER,
        SUPERFLUOUS_VERIFIER,
        "magic_link_not_found",
        "oauth_token_not_found",
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
    """One login that a program begins and a browser brings back, by a PKCE pair of its own."""

    caller: str
    """Name of the call, for errors."""
    token_type: TokenType
    """What kind of token the browser brings, if it comes from this login."""
    redirect_url: str
    """Where it comes back to."""
    timeout: float
    checks: Sequence[Callable[[], object]] = field(repr=False)
    """Each raises `InvalidArgumentError` if one of the steps below would."""
    begin: Callable[[str], Awaitable[object]] = field(repr=False)
    """Gets the login before the eyes of the person, given the code challenge."""
    authenticate: Callable[[str, str], Awaitable[T]] = field(repr=False)
    """Presents the token, and the code verifier."""

    async def run(self) -> T:
        """
        Begin the login and return what comes of it.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was begun. All problems are named.
            StytchConnectionError: Nothing can listen there; nothing was begun.
            StytchTimeoutError: The browser did not come back in time.
            Exception: Whatever *begin* raises, or *authenticate* with the token of this login.
        """
        self._check()
        pair = PKCEPair.generate()
        path = urlsplit(self.redirect_url).path or "/"
        async with Loopback(
            Address.of(self.redirect_url), {path: "GET"}, caller=self.caller
        ) as loopback:
            return await wait_beside(
                lambda: self.begin(pair.code_challenge),
                lambda: self._finish(loopback, pair.code_verifier),
            )

    def _check(self) -> None:
        problems: dict[str, str] = {}
        for check in self.checks:
            try:
                check()
            except InvalidArgumentError as error:
                for name, problem in error.problems.items():
                    # One URL is given for whatever the steps call it.
                    own = "redirect_url" if name.endswith("_redirect_url") else name
                    problems[own] = problem
        try:
            Address.of(self.redirect_url)
        except ValueError as error:
            problems["redirect_url"] = str(error)
        if not is_duration(self.timeout):
            problems["timeout"] = "must be a number of seconds above 0"
        if problems:
            raise InvalidArgumentError(endpoint=self.caller, problems=problems)

    async def _finish(self, loopback: Loopback, code_verifier: str) -> T:
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
                result = await self.authenticate(found.token, code_verifier)
            except Exception as error:
                if isinstance(error, StytchAPIError) and error.error_type in _NOT_OF_THIS_LOGIN:
                    refusal = error
                    await visit.answer(pages.FOREIGN)
                    continue
                await visit.answer(pages.FAILED)
                raise
            loopback.farewell = pages.DONE
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
