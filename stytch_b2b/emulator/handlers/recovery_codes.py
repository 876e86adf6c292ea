"""Recovery codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import shapes
from ..rules import recovery_codes
from ..schema import Field
from .operation import Call, operation


@operation("recovery_codes.get")
def get(call: Call) -> dict[str, Any]:
    """Answer with the codes that the calling member has left."""
    return _shaped(call, recovery_codes.get(call.store, call.member_session))


@operation("recovery_codes.rotate")
def rotate(call: Call) -> dict[str, Any]:
    """Replace the codes of the calling member."""
    return _shaped(call, recovery_codes.rotate(call.store, call.member_session))


@operation(
    "recovery_codes.recover",
    organization_id=Field("string", required=True),
    member_id=Field("string", required=True),
    recovery_code=Field("string", required=True),
    session_duration_minutes=Field("integer"),
    intermediate_session_token=Field("string"),
)
def recover(call: Call) -> dict[str, Any]:
    """Prove the second factor with a code instead of the app."""
    member = call.named_member
    session = recovery_codes.recover(
        call.store,
        member,
        recovery_code=call.body["recovery_code"],
        duration_minutes=call.duration_minutes,
        earlier=call.earlier,
    )
    return {
        **shapes.second_factor(call.store, session),
        "recovery_codes_remaining": len(member.recovery_codes),
    }


def _shaped(call: Call, codes: Sequence[str]) -> dict[str, Any]:
    return {
        "member_id": call.member.member_id,
        "member": shapes.member(call.store, call.member),
        "organization": shapes.organization(call.store, call.organization),
        "recovery_codes": list(codes),
    }
