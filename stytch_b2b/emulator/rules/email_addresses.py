"""E-mail addresses of members: free, changed, retired, and given up."""

from __future__ import annotations

from ..errors import (
    ApiError,
    DuplicateMemberEmailError,
    EmailNotFoundError,
    RetiredEmailMissingEmailIdentifiersError,
    RetiredMemberEmailError,
    UnableToVerifyMemberEmailUpdateError,
)
from ..store import EmailUpdate, IntermediateSession, Member, Organization, RetiredEmail, Store
from . import members, passwords


def check_free(
    store: Store,
    organization: Organization,
    email_address: str,
    *,
    taker: Member | None,
    retired: type[ApiError] = RetiredMemberEmailError,
) -> None:
    """
    Check that nobody else of an organization has an address, or had it.

    A deleted member leaves all addresses to others.

    Args:
        store: Where everything is.

        organization: Where the address is to be used.

        email_address: In its normal form.

        taker: Who wants it, or nobody if it is for a new member.

        retired: The error for an address that somebody else had.

    Raises:
        DuplicateMemberEmailError: Somebody else has it.
        ApiError: Somebody else had it.
    """
    holder = members.find_by_email(store, organization, email_address)
    if holder is not None and holder is not taker and holder.status != "deleted":
        raise DuplicateMemberEmailError
    if members.retired_by(store, organization, email_address) not in (None, taker):
        raise retired


def change(
    store: Store,
    member: Member,
    email_address: str,
    *,
    is_verified: bool,
    unlink: bool = False,
    email_id: str | None = None,
) -> None:
    """
    Give a member another address, which is known to be free.

    Whatever is on its way to the old address is good no longer: its mailbox is not what the member
    logs in by any more.

    Args:
        store: Where everything is.

        member: Whose address.

        email_address: In its normal form. One that the member had before keeps its id.

        is_verified: Whether the member has proved to read its mail.

        unlink: Leave the old address to others, instead of retiring it.

        email_id: Of the new address; a random one if not given.
    """
    old = RetiredEmail(email_id=member.email_id, email_address=member.email_address)
    before = find_retired(member, email_address=email_address)
    if before is not None:
        member.retired_email_addresses.remove(before)
        email_id = before.email_id
    member.email_id = email_id or store.ids.id("email")
    member.email_address = email_address
    if not unlink:
        member.retired_email_addresses.append(old)
    members.update(store, member, {"email_address_verified": is_verified})
    passwords.follow(store, member, old_address=old.email_address)
    forget_mail(store, member, to=old.email_address)


def forget_mail(store: Store, member: Member, *, to: str | None = None) -> None:
    """Make worthless what was sent to a member and not used yet, to one address or to all."""
    for links in (store.magic_links, store.password_resets):
        for link in [*links.values()]:
            if link.member_id == member.member_id and to in (None, link.email_address):
                del links[link.token]
    store.passcodes[:] = [
        code
        for code in store.passcodes
        if code.member_id != member.member_id or to not in (None, code.to)
    ]


def unlink_retired(
    store: Store, member: Member, *, email_id: str | None, email_address: str | None
) -> None:
    """
    Leave an address that a member had to the others.

    Args:
        store: Where everything is.

        member: Who had it.

        email_id: Its id; or else *email_address*, or both of the same.

        email_address: The address.

    Raises:
        RetiredEmailMissingEmailIdentifiersError: The address is not named.
        EmailNotFoundError: The member had no such address.
    """
    if not email_id and not email_address:
        raise RetiredEmailMissingEmailIdentifiersError
    found = find_retired(
        member,
        email_id=email_id or None,
        email_address=members.normal_email(email_address) if email_address else None,
    )
    if found is None:
        raise EmailNotFoundError
    member.retired_email_addresses.remove(found)
    member.updated_at = store.clock.now()


def updating(store: Store, organization: Organization, email_address: str) -> Member | None:
    """Return the member whose own an address is about to become."""
    for update in store.email_updates.values():
        member = store.members[update.member_id]
        is_due = update.expires_at > store.clock.now() and member.status != "deleted"
        if is_due and (member.organization_id, update.email_address) == (
            organization.organization_id,
            email_address,
        ):
            return member
    return None


def check_proved(store: Store, member: Member, email_address: str) -> str:
    """
    Return the id of an address that a member has proved to read the mail of.

    Args:
        store: Where everything is.

        member: Who has proved it.

        email_address: The present address, or the one that is to follow it.

    Raises:
        UnableToVerifyMemberEmailUpdateError: It is to follow no longer, or somebody else has got
            it meanwhile.
    """
    if email_address == member.email_address:
        return member.email_id
    return _update(store, member, email_address).email_id


def finish_update(
    store: Store, member: Member, email_address: str, *, begun: IntermediateSession | None
) -> None:
    """
    Give a member the address that was proved; nothing happens if it is the present one.

    Args:
        store: Where everything is.

        member: Who has proved it.

        email_address: As `check_proved` has let it through.

        begun: The login that proved it, if it has to go on: it does so under the new address.
    """
    if email_address == member.email_address:
        return
    update = _update(store, member, email_address)
    del store.email_updates[member.member_id]
    change(store, member, email_address, is_verified=True, email_id=update.email_id)
    if begun is not None:
        begun.email_address = email_address


def find_retired(
    member: Member, *, email_id: str | None = None, email_address: str | None = None
) -> RetiredEmail | None:
    """Return the address that a member had, by whatever of it is given."""
    for retired in member.retired_email_addresses:
        if email_id in (None, retired.email_id) and email_address in (None, retired.email_address):
            return retired
    return None


def _update(store: Store, member: Member, email_address: str) -> EmailUpdate:
    update = store.email_updates.get(member.member_id)
    if update is None or update.email_address != email_address:
        raise UnableToVerifyMemberEmailUpdateError
    organization = store.organizations[member.organization_id]
    try:
        check_free(store, organization, email_address, taker=member)
    except (DuplicateMemberEmailError, RetiredMemberEmailError):
        raise UnableToVerifyMemberEmailUpdateError from None
    return update
