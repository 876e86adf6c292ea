"""Passwords that are reset by a link in an e-mail, at an organization or before one is chosen."""

from __future__ import annotations

from ..errors import (
    ActionAvailableOnlyForActiveMembersError,
    MemberNotFoundError,
    UnableToAuthPasswordResetTokenError,
)
from ..outbox import Message
from ..store import MagicLink, Store
from . import (
    discovery,
    factors,
    lockout,
    logins,
    magic_links,
    members,
    organizations,
    passwords,
    pkce,
    proofs,
    redirects,
)

TOKEN_TYPE = "multi_tenant_passwords"
REDIRECT_TYPE = "reset_password"
DEFAULT_EXPIRATION_MINUTES = 30


def start(
    store: Store,
    *,
    organization_id: str,
    email_address: str,
    login_redirect_url: str | None,
    reset_password_redirect_url: str | None,
    expiration_minutes: int | None,
    pkce_code_challenge: str | None,
) -> Message:
    """
    Send a member a link to set a new password, and one to log in without.

    Both are tied to the same challenge. It does not matter whether there is a password yet.

    Raises:
        OrganizationNotFoundError: There is no such organization.
        MemberNotFoundError: It has no member with the address.
        ActionAvailableOnlyForActiveMembersError: The member is deactivated.
        AuthMethodNotAllowedError: The organization does not allow passwords.
        ApiError: Any other argument does not fit.
    """
    organization = organizations.get(store, organization_id)
    email_address = members.normal_email(email_address)
    login_url = magic_links.checked_url(store, login_redirect_url, "login")
    reset_url = magic_links.checked_url(store, reset_password_redirect_url, "reset_password")
    pkce.check_challenge(
        store, pkce_code_challenge, flow="password_resets", redirect_urls=(login_url, reset_url)
    )
    lifetime = magic_links.checked_lifetime(expiration_minutes, default=DEFAULT_EXPIRATION_MINUTES)
    member = members.find_by_email(store, organization, email_address)
    if member is None:
        raise MemberNotFoundError
    if member.status == "deleted":
        raise ActionAvailableOnlyForActiveMembersError
    passwords.check_method(store, member)

    reset = magic_links.issue(
        store,
        store.password_resets,
        email_address=email_address,
        member=member,
        pkce_code_challenge=pkce_code_challenge,
        lifetime=lifetime,
    )
    login = magic_links.issue(
        store,
        store.magic_links,
        email_address=email_address,
        member=member,
        pkce_code_challenge=pkce_code_challenge,
        lifetime=lifetime,
    )
    message = Message(
        kind="reset_password",
        to=email_address,
        organization_id=organization.organization_id,
        url=redirects.with_query(
            reset_url,
            public_token=store.project.public_token,
            slug=organization.organization_slug,
            stytch_token_type=TOKEN_TYPE,
            token=reset.token,
        ),
        token=reset.token,
        login_url=redirects.with_query(
            login_url,
            public_token=store.project.public_token,
            slug=organization.organization_slug,
            stytch_token_type=magic_links.TOKEN_TYPE,
            stytch_redirect_type=REDIRECT_TYPE,
            token=login.token,
        ),
        sent_at=store.clock.now(),
    )
    store.outbox.add(message)
    return message


def finish(
    store: Store,
    *,
    token: str,
    password: str,
    pkce_code_verifier: str | None,
    duration_minutes: int,
    intermediate_session_token: str | None,
) -> logins.Login:
    """
    Set a new password with the token of a link, and log in with it.

    Every session of the member ends, also the caller's, and so does what else may rest on the old
    password: other logins that have begun with it, and other links like this. A password that is
    refused does not use the link up.

    Raises:
        UnableToAuthPasswordResetTokenError: The token is unknown, used or expired, or was sent to
            an address that is the member's no longer.
        UserLockLimitReachedError: The member is locked.
        BreachedPasswordError: The new password is known from a breach.
        WeakPasswordError: It does not satisfy the policy of the project.
        CannotResetPasswordWithExistingPasswordError: It is the present one.
        ApiError: The verifier, the duration or the intermediate session does not fit.
    """
    link = _get(store, token)
    if link.member_id is None:
        raise UnableToAuthPasswordResetTokenError
    member = store.members[link.member_id]
    if link.email_address != member.email_address:
        # Whoever reads the mail of the old address may be a stranger.
        raise UnableToAuthPasswordResetTokenError
    pkce.check_verifier(link.pkce_code_challenge, pkce_code_verifier)
    passwords.check_new(
        store, password, email_address=member.email_address, present=passwords.of(store, member)
    )
    login = logins.complete(
        store,
        member,
        proved=[factors.password(store, proved_address=link.email_address)],
        duration_minutes=duration_minutes,
        earlier=proofs.Earlier(intermediate_session_token=intermediate_session_token),
    )
    passwords.change(store, member, password, keep=login)
    link.used = True
    return login


def start_discovery(
    store: Store,
    *,
    email_address: str,
    discovery_redirect_url: str | None,
    reset_password_redirect_url: str | None,
    expiration_minutes: int | None,
    pkce_code_challenge: str | None,
) -> Message:
    """
    Send somebody a link to set a password for every organization, and one to log in without.

    Whether anybody has the address makes no difference: it is also how newcomers begin.

    Raises:
        CrossOrgPasswordsNotEnabledError: The project has one password for each organization.
        ApiError: Any other argument does not fit.
    """
    passwords.check_cross_organization(store)
    email_address = members.normal_email(email_address)
    login_url = magic_links.checked_url(store, discovery_redirect_url, "discovery")
    reset_url = magic_links.checked_url(store, reset_password_redirect_url, "reset_password")
    pkce.check_challenge(
        store, pkce_code_challenge, flow="password_resets", redirect_urls=(login_url, reset_url)
    )
    lifetime = magic_links.checked_lifetime(expiration_minutes, default=DEFAULT_EXPIRATION_MINUTES)
    reset = magic_links.issue(
        store,
        store.password_resets,
        email_address=email_address,
        member=None,
        pkce_code_challenge=pkce_code_challenge,
        lifetime=lifetime,
    )
    login = magic_links.issue(
        store,
        store.magic_links,
        email_address=email_address,
        member=None,
        pkce_code_challenge=pkce_code_challenge,
        lifetime=lifetime,
    )
    message = Message(
        kind="reset_password",
        to=email_address,
        url=redirects.with_query(
            reset_url,
            public_token=store.project.public_token,
            stytch_token_type=magic_links.DISCOVERY_TOKEN_TYPE,
            stytch_redirect_type=REDIRECT_TYPE,
            token=reset.token,
        ),
        token=reset.token,
        login_url=redirects.with_query(
            login_url,
            public_token=store.project.public_token,
            stytch_token_type=magic_links.DISCOVERY_TOKEN_TYPE,
            token=login.token,
        ),
        sent_at=store.clock.now(),
    )
    store.outbox.add(message)
    return message


def finish_discovery(
    store: Store, *, token: str, password: str, pkce_code_verifier: str | None
) -> discovery.Discovery:
    """
    Set a password for every organization with the token of a link, and begin a login with it.

    Every session of the person ends, and so does what else may rest on the old password.

    Raises:
        CrossOrgPasswordsNotEnabledError: The project has one password for each organization.
        UnableToAuthPasswordResetTokenError: The token is unknown, used or expired.
        UserLockLimitReachedError: A member with the address is locked, or the address itself.
        BreachedPasswordError: The password is known from a breach.
        WeakPasswordError: It does not satisfy the policy of the project.
        CannotResetPasswordWithExistingPasswordError: It is the present one.
        ApiError: The verifier does not fit.
    """
    passwords.check_cross_organization(store)
    link = _get(store, token)
    if link.member_id is not None:
        raise UnableToAuthPasswordResetTokenError
    for each in lockout.guessed(store, link.email_address):
        lockout.check(store, each)
    pkce.check_verifier(link.pkce_code_challenge, pkce_code_verifier)
    present = store.passwords.get(link.email_address)
    passwords.check_new(store, password, email_address=link.email_address, present=present)
    passwords.change_everywhere(store, link.email_address, password)
    link.used = True
    factor = factors.password(store, proved_address=link.email_address)
    return discovery.begin(store, email_address=link.email_address, proved=[factor])


def _get(store: Store, token: str) -> MagicLink:
    link = store.password_resets.get(token)
    if link is None or link.used or link.expires_at <= store.clock.now():
        raise UnableToAuthPasswordResetTokenError
    return link
