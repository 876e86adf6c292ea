"""The last step of every login: is what the person has proved enough for a session?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import evolve, frozen

from ..store import Factor, IntermediateSession, Member, MemberSession, Organization, Store
from . import members, organizations, sessions


@frozen(kw_only=True)
class Login:
    """How a login ended: with a session, or with what is still missing."""

    member: Member
    organization: Organization
    session: MemberSession | None = None
    intermediate: IntermediateSession | None = None
    mfa_required: bool = False
    primary_required: Sequence[str] | None = None
    """The methods that the organization allows, none of which was used."""


def complete(
    store: Store,
    member: Member,
    *,
    factors: Iterable[Factor],
    duration_minutes: int,
    session: MemberSession | None = None,
) -> Login:
    """
    Start or strengthen a session, if the organization asks for no more proof.

    Args:
        store: Where everything is.

        member: Who logs in.

        factors: What the member has proved now.

        duration_minutes: Life of the session from now on.

        session: A session of the same member, which then gets the factors.

    Raises:
        InvalidSessionDurationError: The duration is outside of what the API allows.
    """
    sessions.check_duration(duration_minutes)
    organization = store.organizations[member.organization_id]
    proved = _merged([*(session.factors if session else ()), *factors])

    primary_missing = not member.is_breakglass and not any(
        organizations.allows_auth_method(organization, _method(factor)) for factor in proved
    )
    mfa_missing = needs_mfa(organization, member) and not any(
        factor.sequence_order == "SECONDARY" for factor in proved
    )
    if primary_missing or mfa_missing:
        return Login(
            member=member,
            organization=organization,
            intermediate=sessions.start_intermediate(store, member, factors=proved),
            mfa_required=mfa_missing and not primary_missing,
            primary_required=organization.allowed_auth_methods if primary_missing else None,
        )

    if session is None:
        session = sessions.start(store, member, factors=proved, duration_minutes=duration_minutes)
    else:
        session.factors = proved
        sessions.touch(store, session, duration_minutes=duration_minutes)
    return Login(member=member, organization=organization, session=session)


def exchange(
    store: Store, session: MemberSession, organization_id: str, *, duration_minutes: int
) -> Login:
    """
    Log the person behind a session in to another organization.

    Both members have the same e-mail address; what was proved counts for both. The session
    exchanged stays as it is.

    Raises:
        OrganizationNotFoundError: There is no such organization.
        MemberNotFoundError: It has no member with the address.
        InvalidSessionDurationError: The duration is outside of what the API allows.
    """
    organization = organizations.get(store, organization_id)
    email_address = store.members[session.member_id].email_address
    member = members.get_living_by_email(store, organization, email_address)
    carried = [evolve(factor) for factor in session.factors]
    login = complete(store, member, factors=carried, duration_minutes=duration_minutes)
    members.activate(store, member)
    return login


def needs_mfa(organization: Organization, member: Member) -> bool:
    """Tell whether a primary factor alone is not enough for this member."""
    return organization.mfa_policy == "REQUIRED_FOR_ALL" or member.mfa_enrolled


def email_factor(member: Member, *, now: datetime) -> Factor:
    """Return the factor of somebody who opened a link in an e-mail."""
    return Factor(
        type="magic_link",
        delivery_method="email",
        sequence_order="PRIMARY",
        created_at=now,
        updated_at=now,
        last_authenticated_at=now,
        details={
            "email_factor": {
                "email_id": member.email_id,
                "email_address": member.email_address,
            }
        },
    )


def _merged(factors: Iterable[Factor]) -> list[Factor]:
    """Return the factors with those proved again only once, as last proved."""
    merged: list[Factor] = []
    for factor in factors:
        for index, earlier in enumerate(merged):
            if _identity(earlier) == _identity(factor):
                merged[index] = evolve(factor, created_at=earlier.created_at)
                break
        else:
            merged.append(factor)
    return merged


def _identity(factor: Factor) -> tuple[object, ...]:
    return (factor.type, factor.delivery_method, factor.details)


def _method(factor: Factor) -> str:
    """Return the name of a factor's authentication method in organization settings."""
    if factor.delivery_method.startswith("oauth_"):
        return f"{factor.delivery_method.removeprefix('oauth_')}_oauth"
    return factor.type
