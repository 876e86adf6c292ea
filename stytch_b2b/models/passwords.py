"""Answers of the calls on passwords, and what is wrong with a password."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

from ._response import APIResponse
from .device import DeviceInfo
from .login import LoginResponse

PasswordStrengthPolicy: TypeAlias = Literal["luds", "zxcvbn"] | str
"""How the project judges passwords: by kinds of characters, or by how hard they are to guess."""


@frozen(kw_only=True)
class LUDSFeedback:
    """What a password has of lower case, upper case, digits and symbols, and what it lacks."""

    has_lower_case: bool
    has_upper_case: bool
    has_digit: bool
    has_symbol: bool
    missing_complexity: int
    """How many more kinds of characters the project wants."""
    missing_characters: int
    """How many more characters the project wants."""


@frozen(kw_only=True)
class ZxcvbnFeedback:
    """Why a password is easy to guess, in English, as zxcvbn puts it."""

    warning: str
    """What is wrong, or an empty string."""
    suggestions: tuple[str, ...]
    """What would make it better."""


@frozen(kw_only=True)
class PasswordAuthenticateResponse(LoginResponse):
    """A session from a password, or what the Member still lacks for one."""

    organization_id: str
    member_device: DeviceInfo | None = None


@frozen(kw_only=True)
class PasswordResetByEmailResponse(LoginResponse):
    """A session from the link that reset a password, or what the Member still lacks for one."""

    organization_id: str
    member_email_id: str
    """ID of the e-mail address that the link was sent to."""
    member_device: DeviceInfo | None = None


@frozen(kw_only=True)
class PasswordResetResponse(LoginResponse):
    """A session for a Member who changed the password, or what is still lacking for one."""

    member_device: DeviceInfo | None = None


@frozen(kw_only=True)
class PasswordStrengthCheckResponse(APIResponse):
    """Whether the project would accept a password, and why not."""

    valid_password: bool
    """Whether the password is good enough."""
    score: int
    """How hard the password is to guess, 0 to 4; the project's policy decides if that counts."""
    breached_password: bool
    """Whether the password is known from a data breach."""
    strength_policy: PasswordStrengthPolicy
    breach_detection_on_create: bool
    """Whether the project refuses passwords known from breaches."""
    luds_feedback: LUDSFeedback | None = None
    zxcvbn_feedback: ZxcvbnFeedback | None = None
