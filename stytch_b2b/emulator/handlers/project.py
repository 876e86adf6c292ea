"""Bootstrap, and the keys that verify session JWTs."""

from __future__ import annotations

from typing import Any

from .. import tokens
from ..rules import project
from .operation import Call, operation


@operation("bootstrap.get")
def get_bootstrap(call: Call) -> dict[str, Any]:
    """Answer with the project's settings and its RBAC policy."""
    return project.bootstrap(call.store, call.parameters["public_token"])


@operation("sessions.get_jwks")
def get_jwks(call: Call) -> dict[str, Any]:
    """Answer with the key set of the project."""
    project.check_project(call.store, call.parameters["project_id"])
    return tokens.key_set()
