"""
Print the table of docs/endpoints.md: ``python docs/endpoint_table.py > docs/endpoints.md``.

A test compares the file with what this prints.
"""

from __future__ import annotations

import importlib
import pkgutil

from stytch_b2b import _async
from stytch_b2b._declare import ENDPOINTS
from stytch_b2b._endpoint import Endpoint
from stytch_b2b.permissions import UNDOCUMENTED

HEAD = """\
# Endpoints

Made by `docs/endpoint_table.py` from the declarations in `stytch_b2b/_async/`.

- **Permission**: what the Member's roles must grant; a field named below it needs its own instead.
  *Undocumented* where Stytch's documentation is silent.
- **Repeated**: *read* and *idempotent* calls are sent again when their answer was lost; those that
  *create*, *end*, *send a message* or *consume a token* raise `StytchOutcomeUnknownError` instead.
- **State**: what success does to what the client knows of its Member.

| call | route | permission | repeated | state |
|---|---|---|---|---|
"""


def permission(endpoint: Endpoint) -> str:
    """Return what a Member needs for *endpoint*."""
    if endpoint.permission is None:
        parts = ["none"]
    elif endpoint.permission is UNDOCUMENTED:
        parts = ["*undocumented*"]
    else:
        parts = [f"{endpoint.permission}"]
    parts += [f"`{name}`: {needed}" for name, needed in endpoint.field_permissions.items()]
    return "<br>".join(parts)


def row(endpoint: Endpoint) -> str:
    """Return the row of *endpoint*."""
    cells = (
        f"`{endpoint.name}`",
        f"`{endpoint.method} {endpoint.path}`",
        permission(endpoint),
        endpoint.retry.value.replace("_", " "),
        endpoint.state_effect.value.replace("_", " "),
    )
    return f"| {' | '.join(cells)} |\n"


def table() -> str:
    """Return the whole page."""
    for module in pkgutil.iter_modules(_async.__path__):
        importlib.import_module(f"{_async.__name__}.{module.name}")
    return HEAD + "".join(row(ENDPOINTS[name]) for name in sorted(ENDPOINTS))


if __name__ == "__main__":
    print(table(), end="")
