"""Impersonation: one of the project's own staff acts in a member's place, for an hour at most."""

from __future__ import annotations

from datetime import timedelta

from ..errors import ActionAvailableOnlyForActiveMembersError, UnableToAuthImpersonationTokenError
from ..store import Member, Store
from ..trust import ImpersonationToken
from . import factors, logins, proofs, sessions

TOKEN_TYPE = "multi_tenant_impersonation"
TOKEN_LIFETIME = timedelta(minutes=5)


def create_token(store: Store, member: Member, *, impersonator: str) -> ImpersonationToken:
    """
    Make the token that the dashboard makes.

    Args:
        store: Where everything is.

        member: Who is impersonated.

        impersonator: E-mail address of who impersonates.

    Raises:
        ActionAvailableOnlyForActiveMembersError: The member is not active.
    """
    _check_active(member)
    token = ImpersonationToken(
        token=store.ids.token(),
        member_id=member.member_id,
        impersonator_id=store.ids.id("workspace-member"),
        impersonator_email_address=impersonator,
        expires_at=store.clock.now() + TOKEN_LIFETIME,
    )
    store.impersonation_tokens[token.token] = token
    return token


def authenticate(store: Store, token: str) -> logins.Login:
    """
    Start a session in a member's place; whatever session the caller has is left alone.

    Raises:
        UnableToAuthImpersonationTokenError: The token is unknown, was used or has expired.
        ActionAvailableOnlyForActiveMembersError: The member is no longer active.
    """
    found = store.impersonation_tokens.get(token)
    if found is None or found.used or found.expires_at <= store.clock.now():
        raise UnableToAuthImpersonationTokenError
    member = store.members[found.member_id]
    _check_active(member)
    factor = factors.impersonated(
        store,
        impersonator_id=found.impersonator_id,
        email_address=found.impersonator_email_address,
        organization_id=member.organization_id,
    )
    login = logins.complete(
        store,
        member,
        proved=[factor],
        duration_minutes=sessions.DEFAULT_DURATION_MINUTES,
        earlier=proofs.Earlier(),
    )
    found.used = True
    return login


def _check_active(member: Member) -> None:
    # An impersonator proves nothing about the address of somebody who has yet to do so.
    if member.status != "active":
        raise ActionAvailableOnlyForActiveMembersError
