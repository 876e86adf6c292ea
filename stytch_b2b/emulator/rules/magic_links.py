"""E-mail magic links: sent once, opened once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import timedelta
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from attrs import frozen

from ..errors import (
    ActionAvailableOnlyForActiveMembersError,
    ApiError,
    AuthMethodNotAllowedError,
    EmailJitProvisioningNotAllowedError,
    InvalidExpirationError,
    InvalidLoginRedirectUrlError,
    InvalidPkceCodeChallengeError,
    InvalidSignupRedirectUrlError,
    MagicLinkNotFoundError,
    PkceDidNotExpectCodeVerifierError,
    PkceExpectedCodeVerifierError,
    PkceMismatchError,
    PkceRequiredForNativeCallbackError,
    UnableToAuthMagicLinkError,
)
from ..outbox import Message
from ..store import (
    DEFAULT_REDIRECT_URL,
    MagicLink,
    Member,
    MemberSession,
    Organization,
    Store,
)
from . import logins, members, organizations, project, sessions

TOKEN_TYPE = "multi_tenant_magic_links"
DEFAULT_EXPIRATION_MINUTES = 60
SHORTEST_EXPIRATION_MINUTES = 5
LONGEST_EXPIRATION_MINUTES = 7 * 24 * 60

# The digest of SHA-256 has 32 octets, so an S256 challenge has 43 characters.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@frozen(kw_only=True)
class Letter:
    """What differs between the mail to a member and the mail to somebody new."""

    redirect_url: str | None = None
    expiration_minutes: int | None = None


@frozen(kw_only=True)
class Opened:
    """A link that was opened, and how the login ended."""

    link: MagicLink
    login: logins.Login


def login_or_signup(
    store: Store,
    *,
    email_address: str,
    organization_id: str,
    login: Letter,
    signup: Letter,
    pkce_code_challenge: str | None,
) -> Message:
    """
    Send a link to a member, or to somebody whom the organization lets in.

    Args:
        store: Where everything is.

        email_address: To whom.

        organization_id: Id, slug or external id.

        login: Used if the address belongs to an active member.

        signup: Used otherwise.

        pkce_code_challenge: The link then opens only with the verifier.

    Raises:
        OrganizationNotFoundError: There is no such organization.
        EmailJitProvisioningNotAllowedError: The address is new, and the
            organization is closed to it.
        ApiError: Any other argument does not fit.
    """
    organization = organizations.get(store, organization_id)
    email_address = members.normal_email(email_address)
    _check_challenge(store, pkce_code_challenge, login, signup)

    member = members.find_by_email(store, organization, email_address)
    if member is not None and member.status == "deleted":
        raise ActionAvailableOnlyForActiveMembersError
    if member is None and not organizations.lets_in_by_email(organization, email_address):
        raise EmailJitProvisioningNotAllowedError
    if not organizations.allows_auth_method(organization, "magic_link") and not (
        member is not None and member.is_breakglass
    ):
        raise AuthMethodNotAllowedError

    is_login = member is not None and member.status == "active"
    letter = login if is_login else signup
    minutes = _checked_expiration(letter)
    if member is None:
        settings = {"status": "pending", "email_address_verified": False}
        member = members.create(store, organization, email_address=email_address, settings=settings)
    return _send(
        store,
        organization,
        member,
        kind="login" if is_login else "signup",
        redirect_url=letter.redirect_url or DEFAULT_REDIRECT_URL,
        expires_in=timedelta(minutes=minutes),
        pkce_code_challenge=pkce_code_challenge,
    )


def authenticate(
    store: Store,
    *,
    token: str,
    pkce_code_verifier: str | None,
    duration_minutes: int,
    session: MemberSession | None,
    intermediate_session_token: str | None,
) -> Opened:
    """
    Log in with the token of a link.

    A wrong verifier does not use the link up: clients try more than one.

    Args:
        store: Where everything is.

        token: The token in the link.

        pkce_code_verifier: Whose digest the challenge was.

        duration_minutes: Life of the session.

        session: The caller's session; if it is the same member's, it gets the factor.

        intermediate_session_token: What the caller has proved before counts too.

    Raises:
        MagicLinkNotFoundError: No link has the token.
        UnableToAuthMagicLinkError: The link was used or has expired.
        ApiError: The verifier, the duration or the intermediate session does not fit.
    """
    sessions.check_duration(duration_minutes)
    link = store.magic_links.get(token)
    if link is None:
        raise MagicLinkNotFoundError
    if link.used or link.expires_at <= store.clock.now():
        raise UnableToAuthMagicLinkError
    _check_verifier(link, pkce_code_verifier)
    member = store.members[link.member_id]
    if member.status == "deleted":
        raise ActionAvailableOnlyForActiveMembersError

    proved = [logins.email_factor(member, now=store.clock.now())]
    if intermediate_session_token:
        earlier = sessions.take_intermediate(store, intermediate_session_token, member)
        proved = [*earlier.factors, *proved]

    link.used = True
    members.activate(store, member)
    same_member = session is not None and session.member_id == member.member_id
    outcome = logins.complete(
        store,
        member,
        factors=proved,
        duration_minutes=duration_minutes,
        session=session if same_member else None,
    )
    return Opened(link=link, login=outcome)


def _send(
    store: Store,
    organization: Organization,
    member: Member,
    *,
    kind: Literal["login", "signup"],
    redirect_url: str,
    expires_in: timedelta,
    pkce_code_challenge: str | None,
) -> Message:
    link = MagicLink(
        token=store.ids.token(),
        method_id=member.email_id,
        member_id=member.member_id,
        organization_id=organization.organization_id,
        pkce_code_challenge=pkce_code_challenge,
        expires_at=store.clock.now() + expires_in,
    )
    store.magic_links[link.token] = link
    message = Message(
        kind=kind,
        to=member.email_address,
        organization_id=organization.organization_id,
        url=_link_url(redirect_url, link, organization),
        token=link.token,
        sent_at=store.clock.now(),
    )
    store.outbox.add(message)
    return message


def _link_url(redirect_url: str, link: MagicLink, organization: Organization) -> str:
    parts = urlsplit(redirect_url)
    query = [
        *parse_qsl(parts.query, keep_blank_values=True),
        ("slug", organization.organization_slug),
        ("stytch_token_type", TOKEN_TYPE),
        ("token", link.token),
    ]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _check_challenge(store: Store, challenge: str | None, login: Letter, signup: Letter) -> None:
    schemes = {
        _checked_scheme(login.redirect_url, InvalidLoginRedirectUrlError),
        _checked_scheme(signup.redirect_url, InvalidSignupRedirectUrlError),
    }
    if challenge is None:
        if project.requires_pkce(store, "email_magic_links"):
            raise InvalidPkceCodeChallengeError
        if not schemes <= {"http", "https"}:
            raise PkceRequiredForNativeCallbackError
    elif not _CHALLENGE.fullmatch(challenge):
        raise InvalidPkceCodeChallengeError


def _checked_scheme(url: str | None, error: type[ApiError]) -> str:
    if url is None:
        return "http"
    parts = urlsplit(url)
    if not parts.scheme or not parts.netloc:
        raise error
    return parts.scheme


def _checked_expiration(letter: Letter) -> int:
    if letter.expiration_minutes is None:
        return DEFAULT_EXPIRATION_MINUTES
    if not SHORTEST_EXPIRATION_MINUTES <= letter.expiration_minutes <= LONGEST_EXPIRATION_MINUTES:
        raise InvalidExpirationError
    return letter.expiration_minutes


def _check_verifier(link: MagicLink, verifier: str | None) -> None:
    if link.pkce_code_challenge is None:
        if verifier:
            raise PkceDidNotExpectCodeVerifierError
        return
    if not verifier:
        raise PkceExpectedCodeVerifierError
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    if not hmac.compare_digest(challenge, link.pkce_code_challenge):
        raise PkceMismatchError
