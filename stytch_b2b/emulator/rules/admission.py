"""Who may begin to log in, or to sign up, by an e-mail address."""

from __future__ import annotations

from ..errors import ActionAvailableOnlyForActiveMembersError
from ..store import Member, Organization, Store
from . import members, organizations


def admit(store: Store, organization: Organization, email_address: str, *, method: str) -> Member:
    """
    Return the member with an address, or a pending one for somebody whom the organization lets in.

    Args:
        store: Where everything is.

        organization: Where to.

        email_address: In its normal form.

        method: How the person will prove the address, as in the settings of organizations.

    Raises:
        ActionAvailableOnlyForActiveMembersError: The member is deactivated.
        EmailJitProvisioningNotAllowedError: The address is new, and the organization lets in
            nobody by it.
        InvalidEmailForJitProvisioningError: The same, but for other domains.
        AuthMethodNotAllowedError: The organization does not allow the method.
        RetiredMemberEmailError: The address is new, but another member had it.
        OrganizationSuspendedError: The organization is suspended.
    """
    organizations.check_not_suspended(organization)
    member = members.find_by_email(store, organization, email_address)
    if member is not None and member.status == "deleted":
        raise ActionAvailableOnlyForActiveMembersError
    if member is None:
        organizations.check_lets_in_by_email(organization, email_address)
    organizations.check_may_use(organization, member, method)
    if member is None:
        member = members.create_pending(store, organization, email_address=email_address)
    return member
