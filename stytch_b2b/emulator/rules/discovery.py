"""Discovery: who has proved an e-mail address chooses an organization, or founds one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from attrs import field, frozen

from ..errors import (
    ActionNotAllowedEmailDomainIsClaimedError,
    EndpointNotAuthorizedForSdkError,
    IntermediateSessionForOtherOrganizationError,
)
from ..policy import ADMIN_ROLE
from ..store import Factor, IntermediateSession, Member, MemberSession, Organization, Store
from . import (
    logins,
    members,
    organization_settings,
    organizations,
    project,
    proofs,
    second_factors,
    sessions,
)

MembershipType = Literal[
    "active_member",
    "pending_member",
    "invited_member",
    "eligible_to_join_by_email_domain",
    "eligible_to_join_by_oauth_tenant",
]


@frozen(kw_only=True)
class Discovered:
    """An organization that an e-mail address opens."""

    organization: Organization
    membership_type: MembershipType
    member: Member | None = None
    """Whom the person is, or nothing while they are only eligible."""
    details: Mapping[str, str] | None = None
    """Why they are eligible."""
    primary_required: bool
    mfa_required: bool


@frozen(kw_only=True)
class Discovery:
    """A person who has proved an e-mail address, and what it opens."""

    email_address: str
    intermediate: IntermediateSession
    found: Sequence[Discovered] = field(factory=tuple)


def begin(
    store: Store,
    *,
    email_address: str,
    proved: Iterable[Factor],
    oauth_tenants: Mapping[str, str] | None = None,
) -> Discovery:
    """
    Keep what a person has proved, and find the organizations that it opens.

    Args:
        store: Where everything is.

        email_address: Whose it is.

        proved: How.

        oauth_tenants: Tenants that OAuth providers have vouched for, by provider.
    """
    intermediate = sessions.start_intermediate(
        store,
        email_address=email_address,
        organization_id=None,
        factors=proved,
        oauth_tenants=oauth_tenants,
    )
    return resume(store, intermediate)


def resume(store: Store, intermediate: IntermediateSession) -> Discovery:
    """Find the organizations that an unfinished login opens."""
    return Discovery(
        email_address=intermediate.email_address,
        intermediate=intermediate,
        found=tuple(
            _find(
                store, intermediate.email_address, intermediate.factors, intermediate.oauth_tenants
            )
        ),
    )


def of_session(store: Store, session: MemberSession) -> tuple[str, Sequence[Discovered]]:
    """Return the e-mail address behind a session, and the organizations that it opens."""
    member = store.members[session.member_id]
    found = _find(store, member.email_address, session.factors, {})
    # An address that an admin has given the member says nothing about whose it is elsewhere.
    is_known = member.email_address_verified
    return member.email_address, tuple(one for one in found if is_known or one.member is member)


def exchange(
    store: Store, token: str, organization_id: str, *, duration_minutes: int
) -> logins.Login:
    """
    Go on with an unfinished login at an organization.

    Who is only eligible becomes a member.

    Raises:
        IntermediateSessionNotFoundError: The intermediate session is unknown, used or expired.
        IntermediateSessionForOtherOrganizationError: It goes on at another organization.
        OrganizationNotFoundError: There is no such organization.
        EmailJitProvisioningNotAllowedError: It is closed to the person.
        InvalidEmailForJitProvisioningError: It is open to other e-mail domains only.
        InvalidSessionDurationError: The duration is outside of what the API allows.
    """
    sessions.check_duration(duration_minutes)
    intermediate = sessions.get_intermediate(store, token)
    organization = organizations.get(store, organization_id)
    email_address = intermediate.email_address
    # Looked at before somebody becomes a member, which would stay.
    sessions.check_goes_on(intermediate, organization.organization_id, email_address)
    member = members.find_by_email(store, organization, email_address)
    if member is None:
        if _tenant(organization, intermediate.oauth_tenants) is None:
            organizations.check_lets_in_by_email(organization, email_address)
        member = members.create_pending(store, organization, email_address=email_address)
    return _go_on(store, member, intermediate, duration_minutes=duration_minutes)


def create(
    store: Store,
    token: str,
    *,
    name: str | None,
    slug: str | None,
    settings: Mapping[str, Any],
    duration_minutes: int,
) -> logins.Login:
    """
    Found an organization, with the person behind an unfinished login as its admin.

    Raises:
        EndpointNotAuthorizedForSdkError: The project lets nobody found organizations.
        IntermediateSessionNotFoundError: The intermediate session is unknown, used or expired.
        IntermediateSessionForOtherOrganizationError: It goes on at an organization.
        ActionNotAllowedEmailDomainIsClaimedError: The person's domain belongs to an organization.
        InvalidSessionDurationError: The duration is outside of what the API allows.
        ApiError: The name, the slug or a setting is none that the API accepts.
    """
    if not project.setting(store, "create_organization_enabled"):
        raise EndpointNotAuthorizedForSdkError
    sessions.check_duration(duration_minutes)
    intermediate = sessions.get_intermediate(store, token)
    if intermediate.organization_id is not None:
        raise IntermediateSessionForOtherOrganizationError
    domain = intermediate.email_address.rpartition("@")[2]
    for other in store.organizations.values():
        if domain in {claimed.lower() for claimed in other.claimed_email_domains}:
            raise ActionNotAllowedEmailDomainIsClaimedError
    names = {"organization_name": name, "organization_slug": slug}
    organization_settings.check(
        store, {**settings, **{key: value for key, value in names.items() if value is not None}}
    )
    organization = organizations.create(
        store,
        name=_default_name(intermediate.email_address) if name is None else name,
        slug=slug,
        settings=settings,
    )
    member = members.create_pending(store, organization, email_address=intermediate.email_address)
    members.update(store, member, {"roles": [ADMIN_ROLE]})
    return _go_on(store, member, intermediate, duration_minutes=duration_minutes)


def _go_on(
    store: Store, member: Member, intermediate: IntermediateSession, *, duration_minutes: int
) -> logins.Login:
    return logins.complete(
        store,
        member,
        proved=(),
        duration_minutes=duration_minutes,
        earlier=proofs.Earlier(intermediate_session_token=intermediate.token),
    )


def _find(
    store: Store, email_address: str, proved: Sequence[Factor], oauth_tenants: Mapping[str, str]
) -> Iterator[Discovered]:
    """
    Yield the organizations that somebody may enter.

    Where a person has proved nothing that counts there, it says nothing, not even that there is a
    member: an identity provider may claim any address, but only to its own organization.
    """
    for organization in store.organizations.values():
        if not proofs.is_known_at(organization, proved):
            continue
        member = members.find_by_email(store, organization, email_address)
        details: Mapping[str, str] | None = None
        membership_type: MembershipType
        if member is None:
            eligibility = _eligibility(organization, email_address, oauth_tenants)
            if eligibility is None:
                continue
            membership_type, details = eligibility
        elif member.status == "active":
            membership_type = "active_member"
        elif member.status == "pending":
            membership_type = "pending_member"
        elif member.status == "invited":
            membership_type = "invited_member"
        else:
            continue
        primary_required = proofs.lacks_primary(organization, member, proved)
        yield Discovered(
            organization=organization,
            membership_type=membership_type,
            member=member,
            details=details,
            primary_required=primary_required,
            mfa_required=not primary_required
            and second_factors.is_missing(organization, member, proved),
        )


def _eligibility(
    organization: Organization, email_address: str, oauth_tenants: Mapping[str, str]
) -> tuple[MembershipType, Mapping[str, str]] | None:
    """Return how somebody may join, and why; nothing if they may not."""
    # Open to everybody, an organization would show up at every login of every stranger.
    if organization.email_jit_provisioning == "RESTRICTED" and organizations.lets_in_by_email(
        organization, email_address
    ):
        return "eligible_to_join_by_email_domain", {"domain": email_address.rpartition("@")[2]}
    tenant = _tenant(organization, oauth_tenants)
    if tenant is not None:
        return "eligible_to_join_by_oauth_tenant", tenant
    return None


def _tenant(
    organization: Organization, oauth_tenants: Mapping[str, str]
) -> Mapping[str, str] | None:
    """Return the tenant that opens an organization, with the provider that vouches for it."""
    for provider, tenant in oauth_tenants.items():
        if organizations.lets_in_by_tenant(organization, provider, tenant):
            return {"provider": provider, "tenant": tenant}
    return None


def _default_name(email_address: str) -> str:
    """Return the name of an organization whose founder gave none."""
    person, _, domain = email_address.rpartition("@")
    # As the API documents it: a common provider's name would say nothing.
    if domain in organization_settings.COMMON_DOMAINS or domain.endswith(".edu"):
        return person
    return domain.partition(".")[0]
