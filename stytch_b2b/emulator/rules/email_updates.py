"""Changing an e-mail address by proving the new one: begun here, ended by logging in with it."""

from __future__ import annotations

from datetime import timedelta

from ..errors import (
    DesiredEmailDeactivatedByDifferentMemberError,
    DesiredEmailUpdatingForDifferentMemberError,
    DuplicateMemberEmailError,
    EmailUpdatesAvailableOnlyForActiveMembersError,
    MemberHasNoActiveVerifiedEmailError,
)
from ..store import EmailUpdate, Member, Store
from . import email_addresses, magic_links, members, passcodes

DELIVERY_METHODS = ("EMAIL_MAGIC_LINK", "EMAIL_OTP")

LINK_LIFETIME = timedelta(minutes=5)
"""The address is kept from others for as long, so it is shorter than for a login."""


def start(
    store: Store,
    member: Member,
    *,
    email_address: str,
    login_redirect_url: str | None,
    delivery_method: str,
) -> None:
    """
    Send a link or a passcode to the address that a member wants to have.

    It becomes the member's own with the login that the link or the passcode is good for. Starting
    again gives up what was begun before.

    Args:
        store: Where everything is.

        member: Whose address.

        email_address: The new one.

        login_redirect_url: Where the link leads.

        delivery_method: ``EMAIL_MAGIC_LINK`` or ``EMAIL_OTP``.

    Raises:
        EmailUpdatesAvailableOnlyForActiveMembersError: The member is not active.
        MemberHasNoActiveVerifiedEmailError: Nobody has proved the present address.
        InvalidEmailError: The new address is none.
        DuplicateMemberEmailError: It is the present one, or another member has it.
        DesiredEmailDeactivatedByDifferentMemberError: Another member had it.
        DesiredEmailUpdatingForDifferentMemberError: Another member is about to have it.
        ApiError: The redirect URL is not registered.
    """
    organization = store.organizations[member.organization_id]
    if member.status != "active":
        raise EmailUpdatesAvailableOnlyForActiveMembersError
    if not member.email_address_verified:
        raise MemberHasNoActiveVerifiedEmailError
    email_address = members.normal_email(email_address)
    if email_address == member.email_address:
        raise DuplicateMemberEmailError
    email_addresses.check_free(
        store,
        organization,
        email_address,
        taker=member,
        retired=DesiredEmailDeactivatedByDifferentMemberError,
    )
    if email_addresses.updating(store, organization, email_address) not in (None, member):
        raise DesiredEmailUpdatingForDifferentMemberError

    by_link = delivery_method == "EMAIL_MAGIC_LINK"
    redirect_url = magic_links.checked_url(store, login_redirect_url, "login") if by_link else ""
    _give_up(store, member)
    lifetime = LINK_LIFETIME if by_link else passcodes.EMAIL_LIFETIME
    before = email_addresses.find_retired(member, email_address=email_address)
    store.email_updates[member.member_id] = EmailUpdate(
        member_id=member.member_id,
        email_id=store.ids.id("email") if before is None else before.email_id,
        email_address=email_address,
        expires_at=store.clock.now() + lifetime,
    )
    if by_link:
        magic_links.send(
            store,
            organization,
            member,
            kind="verify_email",
            redirect_url=redirect_url,
            lifetime=lifetime,
            pkce_code_challenge=None,
            to=email_address,
        )
    else:
        passcodes.send(store, to=email_address, member=member, lifetime=lifetime)


def _give_up(store: Store, member: Member) -> None:
    update = store.email_updates.pop(member.member_id, None)
    if update is not None:
        email_addresses.forget_mail(store, member, to=update.email_address)
