"""E-mail magic links: sent once, opened once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from attrs import frozen

from ..errors import (
    ActionAvailableOnlyForActiveMembersError,
    DuplicateMemberEmailError,
    InvalidExpirationError,
    MagicLinkNotFoundError,
    NoMatchForProvidedMagicLinkUrlError,
    UnableToAuthMagicLinkError,
)
from ..outbox import Message, MessageKind
from ..store import MagicLink, Member, Organization, RedirectType, Store
from . import (
    admission,
    discovery,
    email_addresses,
    factors,
    logins,
    members,
    organizations,
    pkce,
    proofs,
    redirects,
    roles as role_rules,
    sandbox,
)

TOKEN_TYPE = "multi_tenant_magic_links"
DISCOVERY_TOKEN_TYPE = "discovery"
DEFAULT_EXPIRATION_MINUTES = 60
DEFAULT_INVITE_EXPIRATION_MINUTES = 7 * 24 * 60
SHORTEST_EXPIRATION_MINUTES = 5
LONGEST_EXPIRATION_MINUTES = 7 * 24 * 60


@frozen(kw_only=True)
class Letter:
    """What differs between the mail to a member and the mail to somebody new."""

    redirect_url: str | None = None
    expiration_minutes: int | None = None


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
            organization lets in nobody by it.
        InvalidEmailForJitProvisioningError: The same, but for other domains.
        AuthMethodNotAllowedError: The organization does not allow magic links.
        ApiError: Any other argument does not fit.
    """
    organization = organizations.get(store, organization_id)
    email_address = members.normal_email(email_address)
    login_url = checked_url(store, login.redirect_url, "login")
    signup_url = checked_url(store, signup.redirect_url, "signup")
    pkce.check_challenge(
        store,
        pkce_code_challenge,
        flow="email_magic_links",
        redirect_urls=(login_url, signup_url),
    )

    login_lifetime = checked_lifetime(login.expiration_minutes, default=DEFAULT_EXPIRATION_MINUTES)
    signup_lifetime = checked_lifetime(
        signup.expiration_minutes, default=DEFAULT_EXPIRATION_MINUTES
    )

    member = admission.admit(store, organization, email_address, method="magic_link")
    is_login = member.status == "active"
    return send(
        store,
        organization,
        member,
        kind="login" if is_login else "signup",
        redirect_url=login_url if is_login else signup_url,
        lifetime=login_lifetime if is_login else signup_lifetime,
        pkce_code_challenge=pkce_code_challenge,
    )


def invite(
    store: Store,
    organization: Organization,
    *,
    email_address: str,
    letter: Letter,
    settings: Mapping[str, Any],
) -> Member:
    """
    Send a link that makes somebody a member.

    Who is invited already, or has only begun to sign up, gets another link. An invitation is
    opened by somebody else than its sender, so it cannot be tied to a verifier.

    Args:
        store: Where everything is.

        organization: Where to.

        email_address: Whom.

        letter: Where the link leads, and for how long.

        settings: Any of ``name``, ``roles`` and ``untrusted_metadata``.

    Raises:
        InvalidEmailForInvitesError: The organization does not invite such addresses.
        DuplicateMemberEmailError: An active member has the address.
        ActionAvailableOnlyForActiveMembersError: A deactivated member has it.
        AuthMethodNotAllowedError: The organization does not allow magic links.
        ApiError: Any other argument does not fit.
    """
    email_address = members.normal_email(email_address)
    redirect_url = checked_url(store, letter.redirect_url, "invite")
    lifetime = checked_lifetime(
        letter.expiration_minutes, default=DEFAULT_INVITE_EXPIRATION_MINUTES
    )
    role_rules.check_assignable(store, organization, settings.get("roles", ()))
    organizations.check_invites(organization, email_address)
    member = members.find_by_email(store, organization, email_address)
    if member is not None and member.status == "active":
        raise DuplicateMemberEmailError
    if member is not None and member.status == "deleted":
        raise ActionAvailableOnlyForActiveMembersError
    organizations.check_may_use(organization, member, "magic_link")

    invited = {**settings, "status": "invited"}
    if member is None:
        invited["email_address_verified"] = False
        member = members.create(store, organization, email_address=email_address, settings=invited)
    else:
        members.update(store, member, invited)
    send(
        store,
        organization,
        member,
        kind="invite",
        redirect_url=redirect_url,
        lifetime=lifetime,
        pkce_code_challenge=None,
    )
    return member


def send_discovery(
    store: Store, *, email_address: str, letter: Letter, pkce_code_challenge: str | None
) -> Message:
    """
    Send a link to somebody who will choose an organization later.

    Whether the address opens any organization makes no difference.

    Raises:
        ApiError: An argument does not fit.
    """
    email_address = members.normal_email(email_address)
    redirect_url = checked_url(store, letter.redirect_url, "discovery")
    pkce.check_challenge(
        store, pkce_code_challenge, flow="email_magic_links", redirect_urls=(redirect_url,)
    )
    link = issue(
        store,
        store.magic_links,
        email_address=email_address,
        member=None,
        pkce_code_challenge=pkce_code_challenge,
        lifetime=checked_lifetime(letter.expiration_minutes, default=DEFAULT_EXPIRATION_MINUTES),
    )
    message = Message(
        kind="discovery",
        to=email_address,
        url=redirects.with_query(
            redirect_url, stytch_token_type=DISCOVERY_TOKEN_TYPE, token=link.token
        ),
        token=link.token,
        sent_at=store.clock.now(),
    )
    store.outbox.add(message)
    return message


def authenticate(
    store: Store,
    *,
    token: str,
    pkce_code_verifier: str | None,
    duration_minutes: int,
    earlier: proofs.Earlier,
) -> logins.Login:
    """
    Log in with the token of a link; one in the mail to a new address makes it the member's own.

    A wrong verifier does not use the link up: clients try more than one.

    Args:
        store: Where everything is.

        token: The token in the link.

        pkce_code_verifier: Whose digest the challenge was.

        duration_minutes: Life of the session.

        earlier: What the caller had proved before.

    Raises:
        MagicLinkNotFoundError: No link has the token, or only one of a discovery.
        UnableToAuthMagicLinkError: The link was used or has expired.
        UserLockLimitReachedError: The member is locked.
        UnableToVerifyMemberEmailUpdateError: The address that the link was sent to is the member's
            no longer, or cannot become it any more.
        ApiError: The verifier, the duration or the intermediate session does not fit.
    """
    link = _find(store, token)
    if link.member_id is None:
        raise MagicLinkNotFoundError
    _check_fresh(store, link)
    member = store.members[link.member_id]
    pkce.check_verifier(link.pkce_code_challenge, pkce_code_verifier)
    email_id = email_addresses.check_proved(store, member, link.email_address)
    factor = factors.magic_link(store, email_id=email_id, email_address=link.email_address)
    login = logins.complete(
        store, member, proved=[factor], duration_minutes=duration_minutes, earlier=earlier
    )
    link.used = True
    email_addresses.finish_update(store, member, link.email_address, begun=login.intermediate)
    return login


def authenticate_discovery(
    store: Store, *, token: str, pkce_code_verifier: str | None
) -> discovery.Discovery:
    """
    Begin a login with the token of a discovery link.

    Raises:
        MagicLinkNotFoundError: No link has the token, or only one to an organization.
        UnableToAuthMagicLinkError: The link was used or has expired.
        ApiError: The verifier does not fit.
    """
    link = _find(store, token, is_discovery=True)
    if link.member_id is not None:
        raise MagicLinkNotFoundError
    _check_fresh(store, link)
    pkce.check_verifier(link.pkce_code_challenge, pkce_code_verifier)
    link.used = True
    factor = factors.magic_link(
        store, email_id=store.ids.id("email"), email_address=link.email_address
    )
    return discovery.begin(store, email_address=link.email_address, proved=[factor])


def send(
    store: Store,
    organization: Organization,
    member: Member,
    *,
    kind: MessageKind,
    redirect_url: str,
    lifetime: timedelta,
    pkce_code_challenge: str | None,
    to: str | None = None,
) -> Message:
    """Send a member a link to log in by, to another address than the present one if need be."""
    to = member.email_address if to is None else to
    link = issue(
        store,
        store.magic_links,
        email_address=to,
        member=member,
        pkce_code_challenge=pkce_code_challenge,
        lifetime=lifetime,
    )
    message = Message(
        kind=kind,
        to=to,
        organization_id=organization.organization_id,
        url=redirects.with_query(
            redirect_url,
            slug=organization.organization_slug,
            stytch_token_type=TOKEN_TYPE,
            token=link.token,
        ),
        token=link.token,
        sent_at=store.clock.now(),
    )
    store.outbox.add(message)
    return message


def issue(
    store: Store,
    links: dict[str, MagicLink],
    *,
    email_address: str,
    member: Member | None,
    pkce_code_challenge: str | None,
    lifetime: timedelta,
) -> MagicLink:
    """Make a link, in one of the store's tables; sending it is up to the caller."""
    link = MagicLink(
        token=store.ids.token(),
        email_address=email_address,
        member_id=None if member is None else member.member_id,
        pkce_code_challenge=pkce_code_challenge,
        expires_at=store.clock.now() + lifetime,
    )
    links[link.token] = link
    return link


def checked_url(store: Store, url: str | None, kind: RedirectType) -> str:
    """Return where a link in an e-mail will lead; see `redirects.checked`."""
    return redirects.checked(store, url, kind, unregistered=NoMatchForProvidedMagicLinkUrlError)


def checked_lifetime(minutes: int | None, *, default: int) -> timedelta:
    """
    Return how long a link in an e-mail will live.

    Raises:
        InvalidExpirationError: It is outside of what the API allows.
    """
    if minutes is None:
        minutes = default
    if not SHORTEST_EXPIRATION_MINUTES <= minutes <= LONGEST_EXPIRATION_MINUTES:
        raise InvalidExpirationError
    return timedelta(minutes=minutes)


def _find(store: Store, token: str, *, is_discovery: bool = False) -> MagicLink:
    link = sandbox.link(store, token, is_discovery=is_discovery) or store.magic_links.get(token)
    if link is None:
        raise MagicLinkNotFoundError
    return link


def _check_fresh(store: Store, link: MagicLink) -> None:
    if link.used or link.expires_at <= store.clock.now():
        raise UnableToAuthMagicLinkError
