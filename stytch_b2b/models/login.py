"""
Answers of the calls that log in, and what they come to.

The answer of a call that logs somebody in has an `outcome`, made to be told apart with ``match``:
a login ends with a session, or it says what it still lacks for one.
"""

from __future__ import annotations

from typing import TypeAlias

from attrs import field, frozen

from ._response import APIResponse
from ._types import redacted
from .authentication import AuthMethod, MFAMethod, MFARequired, PrimaryRequired
from .device import DeviceInfo
from .discovery import DiscoveredOrganization
from .member import Member
from .member_session import MemberSession
from .organization import Organization

_MFA_METHODS = ("totp", "sms_otp")


@frozen(kw_only=True)
class LoggedIn:
    """The Member is logged in, and the client holds the session."""

    member_session: MemberSession
    member: Member
    organization: Organization


@frozen(kw_only=True)
class NeedsMFA:
    """
    A second factor is missing; the client holds an intermediate session for ten minutes.

    It is proved with ``totp.authenticate``, ``otps.sms.authenticate`` or
    ``recovery_codes.recover``.
    """

    member: Member
    organization: Organization
    enrolled: tuple[MFAMethod, ...]
    """
    What the Member has set up and the Organization accepts, the one to offer first in front.

    Empty where the Member must enrol now, in one of `enrollable`.
    """
    enrollable: tuple[MFAMethod, ...]
    """What the Organization accepts and the Member has not set up."""
    passcode_sent: bool
    """Whether a passcode is on its way to the Member's phone already."""

    @property
    def organization_id(self) -> str:
        """ID of the Organization, which the calls that prove a second factor want."""
        return self.organization.organization_id

    @property
    def member_id(self) -> str:
        """ID of the Member, which the calls that prove a second factor want."""
        return self.member.member_id


@frozen(kw_only=True)
class NeedsPrimaryFactor:
    """
    The Organization does not accept how the Member authenticated: another way must follow.

    The client holds an intermediate session for ten minutes, so what was proved counts.
    """

    member: Member
    organization: Organization
    allowed_auth_methods: tuple[AuthMethod, ...]
    """What the Organization accepts, or nothing where the API does not say."""


@frozen(kw_only=True)
class ChooseOrganization:
    """
    The person is known, and none of their Organizations chosen yet.

    The client holds an intermediate session for ten minutes, which
    ``discovery.intermediate_sessions.exchange`` turns into a session of one of them and
    ``discovery.organizations.create`` into one of a new Organization.
    """

    email_address: str
    discovered_organizations: tuple[DiscoveredOrganization, ...]


LoginOutcome: TypeAlias = LoggedIn | NeedsMFA | NeedsPrimaryFactor
"""What a login at an Organization comes to."""


@frozen(kw_only=True)
class LoginResponse(APIResponse):
    """A session, or what the Member still lacks for one."""

    member_id: str
    member: Member
    organization: Organization
    member_session: MemberSession | None = None
    session_token: str = field(repr=redacted)
    """The session's token, or an empty string while something is lacking."""
    session_jwt: str = field(repr=redacted)
    """The session's JWT, or an empty string while something is lacking."""
    intermediate_session_token: str = field(repr=redacted)
    """What proves the login so far, or an empty string once the Member is logged in."""
    member_authenticated: bool
    """Whether the Member is logged in, with nothing lacking."""
    mfa_required: MFARequired | None = None
    primary_required: PrimaryRequired | None = None

    @property
    def outcome(self) -> LoginOutcome:
        """What the login came to, for ``match``."""
        if self.member_session is not None and self.member_session.member_session_id:
            return LoggedIn(
                member_session=self.member_session,
                member=self.member,
                organization=self.organization,
            )
        if self.mfa_required is not None and self.primary_required is None:
            return _needs_mfa(self.mfa_required, self.member, self.organization)
        required = self.primary_required
        return NeedsPrimaryFactor(
            member=self.member,
            organization=self.organization,
            allowed_auth_methods=() if required is None else required.allowed_auth_methods,
        )


@frozen(kw_only=True)
class SessionResponse(APIResponse):
    """A session; this call needs nothing more than what it was given."""

    member_id: str
    member: Member
    organization: Organization
    member_session: MemberSession
    session_token: str = field(repr=redacted)
    session_jwt: str = field(repr=redacted)

    @property
    def outcome(self) -> LoggedIn:
        """What the login came to: the Member is logged in."""
        return LoggedIn(
            member_session=self.member_session,
            member=self.member,
            organization=self.organization,
        )


@frozen(kw_only=True)
class SecondFactorResponse(SessionResponse):
    """A session of a Member who proved a second factor."""

    member_device: DeviceInfo | None = None


@frozen(kw_only=True)
class DiscoveryResponse(APIResponse):
    """A person who has proved an e-mail address, and the Organizations it opens."""

    email_address: str
    intermediate_session_token: str = field(repr=redacted)
    """What proves the login so far."""
    discovered_organizations: tuple[DiscoveredOrganization, ...]

    @property
    def outcome(self) -> ChooseOrganization:
        """What the login came to: an Organization is to be chosen."""
        return ChooseOrganization(
            email_address=self.email_address,
            discovered_organizations=self.discovered_organizations,
        )


def _needs_mfa(required: MFARequired, member: Member, organization: Organization) -> NeedsMFA:
    accepted: tuple[str, ...] = _MFA_METHODS
    if organization.mfa_methods == "RESTRICTED":
        accepted = organization.allowed_mfa_methods
    passcode_sent = required.secondary_auth_initiated == "sms_otp"
    has = {
        "totp": bool(member.totp_registration_id),
        # Where a passcode is on its way, the phone is good enough to answer it.
        "sms_otp": passcode_sent or member.mfa_phone_number_verified,
    }
    # A passcode that was sent comes first, then what the Member prefers, then the app.
    preferred = ("sms_otp" if passcode_sent else "", member.default_mfa_method, *_MFA_METHODS)
    enrolled = [method for method in accepted if has.get(method, False)]
    enrolled.sort(key=preferred.index)
    return NeedsMFA(
        member=member,
        organization=organization,
        enrolled=tuple(enrolled),
        enrollable=tuple(method for method in accepted if not has.get(method, False)),
        passcode_sent=passcode_sent,
    )
