"""The caller's own organization and member."""

from __future__ import annotations

from typing import Any

from .. import shapes
from .operation import Call, operation


@operation("organization.get")
def get_organization(call: Call) -> dict[str, Any]:
    """Answer with the organization of the calling member."""
    return {"organization": shapes.organization(call.store, call.organization)}


@operation("self.get")
def get_self(call: Call) -> dict[str, Any]:
    """Answer with the calling member."""
    return {"member": shapes.member(call.store, call.member)}
