"""Answers of the calls on recovery codes."""

from __future__ import annotations

from attrs import field, frozen

from ._response import APIResponse
from ._types import redacted
from .login import SecondFactorResponse
from .member import Member
from .organization import Organization


@frozen(kw_only=True)
class RecoveryCodesResponse(APIResponse):
    """The recovery codes that the Member can still use."""

    member_id: str
    member: Member
    organization: Organization
    recovery_codes: tuple[str, ...] = field(repr=redacted)
    """Each proves the second factor once, should the authenticator app be lost."""


@frozen(kw_only=True)
class RecoveryCodesRecoverResponse(SecondFactorResponse):
    """A session from a recovery code, which is used up."""

    recovery_codes_remaining: int
    """How many codes the Member has left."""
