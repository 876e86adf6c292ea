"""Ways to authenticate, and what an authentication still lacks."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

AuthMethod: TypeAlias = (
    Literal[
        "sso",
        "magic_link",
        "email_otp",
        "password",
        "google_oauth",
        "microsoft_oauth",
        "slack_oauth",
        "github_oauth",
        "hubspot_oauth",
    ]
    | str
)
"""A primary way to authenticate."""

MFAMethod: TypeAlias = Literal["sms_otp", "totp"] | str
"""A second factor."""


@frozen(kw_only=True)
class PrimaryRequired:
    """What a Member must still authenticate with before the second factor is asked for."""

    allowed_auth_methods: tuple[str, ...]
    """The primary methods the Organization accepts."""


@frozen(kw_only=True)
class MFAMemberOptions:
    """Second factors the Member has set up."""

    mfa_phone_number: str
    """Phone number that passcodes go to, or an empty string."""
    totp_registration_id: str
    """ID of the authenticator app's registration, or an empty string."""


@frozen(kw_only=True)
class MFARequired:
    """The second factor that a Member must still authenticate with."""

    member_options: MFAMemberOptions | None = None
    """What the Member has set up; nothing where it must enrol first."""
    secondary_auth_initiated: Literal["sms_otp"] | str | None = None
    """The second factor that was already begun: a passcode is on its way."""
