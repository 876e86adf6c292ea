"""
Print the tables of docs/endpoints.md: ``python docs/endpoint_table.py > docs/endpoints.md``.

A test compares the file with what this prints.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from stytch_b2b import AsyncStytchB2BClient, _async
from stytch_b2b._async._resource import AsyncResource
from stytch_b2b._declare import ENDPOINTS
from stytch_b2b._endpoint import ActsAs, Endpoint
from stytch_b2b.permissions import UNDOCUMENTED

PUBLIC_TOKEN = "public-token-test-3f5e1b06-9b3c-4c6b-8f51-0b9f1d8c7a21"

HEAD = """\
# Endpoints

Made by `docs/endpoint_table.py` from the declarations in `stytch_b2b/_async/`.

- **Acts as**: what must have been proved before. *Optional* where a session or a login under way is
  gone on with if there is one, and none is needed.
- **Permission**: what the Member's roles must grant; a field named below it needs its own instead.
  *Undocumented* where Stytch's documentation is silent.
- **Repeated**: *read* and *idempotent* calls are sent again when their answer was lost; those that
  *create*, *end*, *send a message* or *consume a token* raise `StytchOutcomeUnknownError` instead.
- **State**: what success does to what the client knows of its Member. *Ist* is the intermediate
  session of a login that is under way.

| call | route | acts as | permission | repeated | state |
|---|---|---|---|---|---|
"""

LOCAL_HEAD = """
## Other calls

These are not one request of their own: they build a URL, ask the client's state, or make several of
the calls above.

| call | what it does |
|---|---|
"""

CREDENTIALS = {
    ActsAs.NO_SESSION: "nobody",
    ActsAs.SESSION: "session",
    ActsAs.OPTIONAL_SESSION: "*optional*",
    ActsAs.INTERMEDIATE_SESSION: "ist",
    ActsAs.INTERMEDIATE_OR_FULL_SESSION: "ist or session",
}


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
        CREDENTIALS[endpoint.acts_as],
        permission(endpoint),
        endpoint.retry.value.replace("_", " "),
        endpoint.state_effect.value.replace("_", " "),
    )
    return f"| {' | '.join(cells)} |\n"


def local_calls(owner: object, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield name and first sentence of each method of a resource that is no endpoint."""
    for name, member in inspect.getmembers(type(owner)):
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            resource = getattr(owner, name)
            if isinstance(resource, AsyncResource):
                yield from local_calls(resource, f"{prefix}{name}.")
        elif inspect.isfunction(member) and not hasattr(member, "endpoint"):
            sentence, _, _ = (inspect.getdoc(member) or "").partition("\n\n")
            yield f"{prefix}{name}", sentence.replace("``", "`")


def local_rows() -> str:
    """Return the rows of all calls that are no endpoints."""
    client = AsyncStytchB2BClient(PUBLIC_TOKEN)
    return "".join(f"| `{name}` | {text} |\n" for name, text in local_calls(client, ""))


def table() -> str:
    """Return the whole page."""
    for module in pkgutil.iter_modules(_async.__path__):
        importlib.import_module(f"{_async.__name__}.{module.name}")
    rows = "".join(row(ENDPOINTS[name]) for name in sorted(ENDPOINTS))
    return f"{HEAD}{rows}{LOCAL_HEAD}{local_rows()}"


if __name__ == "__main__":
    print(table(), end="")
