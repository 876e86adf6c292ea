"""Impersonation."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import impersonation
from ..schema import Field
from .operation import Call, operation


@operation("impersonation.authenticate", impersonation_token=Field("string", required=True))
def authenticate(call: Call) -> dict[str, Any]:
    """Log in in a member's place."""
    login = impersonation.authenticate(call.store, call.body["impersonation_token"])
    return shapes.login(call.store, login)
