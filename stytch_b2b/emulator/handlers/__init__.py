"""
The operations that the emulator implements: one module per resource group.

A handler takes a parsed call, asks the rules, and shapes the answer. A new operation is one
function decorated with `operation` in the module of its group; a new group is one module, imported
here.
"""

from __future__ import annotations

from . import (
    discovery,
    idp,
    impersonation,
    magic_links,
    members,
    oauth,
    organizations,
    otps,
    passwords,
    project,
    recovery_codes,
    scim,
    self,
    sessions,
    sso,
    sso_connections,
    totp,
)
from .operation import HANDLERS, Call, Handler

__all__ = [
    "HANDLERS",
    "Call",
    "Handler",
    "discovery",
    "idp",
    "impersonation",
    "magic_links",
    "members",
    "oauth",
    "organizations",
    "otps",
    "passwords",
    "project",
    "recovery_codes",
    "scim",
    "self",
    "sessions",
    "sso",
    "sso_connections",
    "totp",
]
