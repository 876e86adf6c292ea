"""Answers of the calls on authenticator apps."""

from __future__ import annotations

from attrs import field, frozen

from ._response import APIResponse
from ._types import redacted
from .member import Member
from .organization import Organization


@frozen(kw_only=True)
class TOTPCreateResponse(APIResponse):
    """What sets up an authenticator app, and the Member's recovery codes, both shown this once."""

    member_id: str
    member: Member
    organization: Organization
    totp_registration_id: str
    """ID of the registration, which is good once a code of the app proved it."""
    secret: str = field(repr=redacted)
    """What to type into the app where it cannot scan the QR code."""
    qr_code: str = field(repr=redacted)
    """The secret as a QR code: a ``data:`` URL of an image."""
    recovery_codes: tuple[str, ...] = field(repr=redacted)
    """Each proves the second factor once, should the app be lost."""
