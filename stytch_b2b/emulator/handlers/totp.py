"""Authenticator apps."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import totp
from ..schema import Field
from .operation import MFA_ENROLLMENT, Call, operation


@operation(
    "totp.create",
    organization_id=Field("string", required=True),
    member_id=Field("string", required=True),
    expiration_minutes=Field("integer"),
    intermediate_session_token=Field("string"),
)
def create(call: Call) -> dict[str, Any]:
    """Begin to set up an authenticator app."""
    member = call.named_member
    registration, qr_code = totp.create(
        call.store,
        member,
        expiration_minutes=call.body.get("expiration_minutes"),
        earlier=call.earlier,
    )
    organization = call.store.organizations[member.organization_id]
    return {
        "member_id": member.member_id,
        "totp_registration_id": registration.registration_id,
        "secret": registration.secret,
        "qr_code": qr_code,
        "recovery_codes": member.recovery_codes,
        "member": shapes.member(call.store, member),
        "organization": shapes.organization(call.store, organization),
    }


@operation(
    "totp.authenticate",
    organization_id=Field("string", required=True),
    member_id=Field("string", required=True),
    code=Field("string", required=True),
    session_duration_minutes=Field("integer"),
    intermediate_session_token=Field("string"),
    set_mfa_enrollment=MFA_ENROLLMENT,
    set_default_mfa=Field("boolean"),
)
def authenticate(call: Call) -> dict[str, Any]:
    """Prove the second factor with a code of the app."""
    session = totp.authenticate(
        call.store,
        call.named_member,
        code=call.body["code"],
        duration_minutes=call.duration_minutes,
        earlier=call.earlier,
        set_mfa_enrollment=call.body.get("set_mfa_enrollment"),
        set_default_mfa=call.body.get("set_default_mfa", False),
    )
    return shapes.second_factor(call.store, session)
