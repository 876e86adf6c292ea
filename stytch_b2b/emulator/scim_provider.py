"""
The SCIM service provider that a connection's ``base_url`` leads to.

Who calls is an identity provider, with the connection's bearer token. Errors have the form that
SCIM gives them, not that of the API.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from attrs import field, frozen

from . import scim_resources
from .answers import Answer
from .rules import provisioning
from .scim2 import filters, patches, values
from .scim2.errors import InvalidSyntaxError, InvalidValueError, ResourceNotFoundError, ScimError
from .scim2.schemas import GROUP, RESOURCE_TYPES, SCHEMAS, USER, Json, ResourceType
from .store import ScimConnection, ScimGroup, ScimRegistration, Store

PREFIX = "/v1/b2b/scim/"
CONTENT_TYPE = "application/scim+json"
MOST_ON_A_PAGE = 200
DEFAULT_ON_A_PAGE = 100

_LIST_URN = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_CONFIG_URN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
_READABLE = {CONTENT_TYPE, "application/json"}


@frozen(kw_only=True)
class ScimRequest:
    """One request of an identity provider, as it came."""

    operation: str | None
    """What the path and the method lead to, or nothing."""
    methods: Sequence[str]
    """What the path can be called with."""
    parameters: Mapping[str, str] = field(repr=False)
    """What the path names."""
    query: Mapping[str, str] = field(repr=False)
    authorization: str = field(repr=False)
    content_type: str
    body: bytes = field(repr=False)
    origin: str
    """The emulator's own URL."""


@frozen(kw_only=True)
class Call:
    """One request of an identity provider that may make it."""

    store: Store
    connection: ScimConnection
    base_url: str
    resource_id: str
    query: Mapping[str, str] = field(repr=False)
    body: Json = field(repr=False)


Operation = Callable[[Call], Answer]

OPERATIONS: dict[str, Operation] = {}
"""By operation, as the table of routes names them."""


def answer(store: Store, request: ScimRequest) -> Answer:
    """Answer an identity provider."""
    try:
        if request.operation is None:
            if request.methods:
                msg = "The method is not allowed here."
                raise ScimError(msg, status=405)
            msg = "There is nothing here."
            raise ScimError(msg, status=404)
        connection_id = request.parameters["connection_id"]
        call = Call(
            store=store,
            connection=provisioning.authenticate(store, connection_id, _bearer(request)),
            base_url=f"{request.origin}{PREFIX}{connection_id}",
            resource_id=request.parameters.get("resource_id", ""),
            query=request.query,
            body=_parsed(request) if request.body else {},
        )
        return OPERATIONS[request.operation](call)
    except ScimError as exc:
        headers: dict[str, str] = {}
        if exc.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if exc.status == 405:
            headers["Allow"] = ", ".join(request.methods)
        return _answer(exc.body(), status=exc.status, headers=headers)


def operation(name: str, /) -> Callable[[Operation], Operation]:
    """Make a function the one that answers an operation."""

    def register(function: Operation) -> Operation:
        OPERATIONS[name] = function
        return function

    return register


@operation("scim_provider.create_user")
def create_user(call: Call) -> Answer:
    """Provision a user."""
    user = values.read(USER, call.body)
    return _created(
        call, USER, _user(call, provisioning.create_user(call.store, call.connection, user))
    )


@operation("scim_provider.list_users")
def list_users(call: Call) -> Answer:
    """Answer with the users that a filter is about."""
    found = (_user(call, each) for each in call.connection.registrations.values())
    return _page(call, USER, found)


@operation("scim_provider.get_user")
def get_user(call: Call) -> Answer:
    """Answer with one user."""
    return _shown(call, USER, _user(call, _registration(call)))


@operation("scim_provider.replace_user")
def replace_user(call: Call) -> Answer:
    """Take all that is said of a user for all there is to say."""
    registration = _registration(call)
    user = values.read(USER, call.body)
    provisioning.replace_user(call.store, call.connection, registration, user)
    return _shown(call, USER, _user(call, registration))


@operation("scim_provider.patch_user")
def patch_user(call: Call) -> Answer:
    """Change some of what is known of a user."""
    registration = _registration(call)
    written = scim_resources.written_user(call.store, registration)
    patched = _patched(USER, written, call.body)
    provisioning.replace_user(call.store, call.connection, registration, patched)
    return _shown(call, USER, _user(call, registration))


@operation("scim_provider.delete_user")
def delete_user(call: Call) -> Answer:
    """Deprovision a user."""
    provisioning.delete_user(call.store, _registration(call))
    return Answer(status=204, headers={}, body=b"")


@operation("scim_provider.create_group")
def create_group(call: Call) -> Answer:
    """Keep a group."""
    group = values.read(GROUP, call.body)
    return _created(
        call, GROUP, _group(call, provisioning.create_group(call.store, call.connection, group))
    )


@operation("scim_provider.list_groups")
def list_groups(call: Call) -> Answer:
    """Answer with the groups that a filter is about."""
    return _page(call, GROUP, (_group(call, each) for each in call.connection.groups.values()))


@operation("scim_provider.get_group")
def get_group(call: Call) -> Answer:
    """Answer with one group."""
    return _shown(call, GROUP, _group(call, _known_group(call)))


@operation("scim_provider.replace_group")
def replace_group(call: Call) -> Answer:
    """Take all that is said of a group for all there is to say."""
    known = _known_group(call)
    group = values.read(GROUP, call.body)
    provisioning.replace_group(call.store, call.connection, known, group)
    return _shown(call, GROUP, _group(call, known))


@operation("scim_provider.patch_group")
def patch_group(call: Call) -> Answer:
    """Change some of what is known of a group, most often who is in it."""
    known = _known_group(call)
    patched = _patched(GROUP, scim_resources.written_group(known), call.body)
    provisioning.replace_group(call.store, call.connection, known, patched)
    return _shown(call, GROUP, _group(call, known))


@operation("scim_provider.delete_group")
def delete_group(call: Call) -> Answer:
    """Forget a group."""
    provisioning.delete_group(call.connection, _known_group(call))
    return Answer(status=204, headers={}, body=b"")


@operation("scim_provider.get_config")
def get_config(call: Call) -> Answer:
    """Answer with what this service provider can do."""
    return _answer(
        {
            "schemas": [_CONFIG_URN],
            "patch": {"supported": True},
            "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": True, "maxResults": MOST_ON_A_PAGE},
            "changePassword": {"supported": False},
            "sort": {"supported": False},
            "etag": {"supported": False},
            "authenticationSchemes": [
                {
                    "type": "oauthbearertoken",
                    "name": "Bearer token",
                    "description": "The bearer token of the SCIM connection.",
                    "primary": True,
                }
            ],
            "meta": {
                "resourceType": "ServiceProviderConfig",
                "location": f"{call.base_url}/ServiceProviderConfig",
            },
        }
    )


@operation("scim_provider.list_resource_types")
def list_resource_types(call: Call) -> Answer:
    """Answer with what there is to be had."""
    return _catalogue(call, [each.as_json(call.base_url) for each in RESOURCE_TYPES])


@operation("scim_provider.get_resource_type")
def get_resource_type(call: Call) -> Answer:
    """Answer with one kind of what there is to be had."""
    return _answer(_by_id(call, [each.as_json(call.base_url) for each in RESOURCE_TYPES]))


@operation("scim_provider.list_schemas")
def list_schemas(call: Call) -> Answer:
    """Answer with what users and groups consist of."""
    return _catalogue(call, [each.as_json(call.base_url) for each in SCHEMAS])


@operation("scim_provider.get_schema")
def get_schema(call: Call) -> Answer:
    """Answer with one schema."""
    return _answer(_by_id(call, [each.as_json(call.base_url) for each in SCHEMAS]))


def _bearer(request: ScimRequest) -> str:
    scheme, _, token = request.authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _parsed(request: ScimRequest) -> Json:
    if request.content_type not in _READABLE:
        msg = f"The Content-Type must be {CONTENT_TYPE}."
        raise ScimError(msg, status=415)
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        msg = "The request body is not JSON."
        raise InvalidSyntaxError(msg) from None
    if not isinstance(body, dict):
        msg = "The request body is no object."
        raise InvalidSyntaxError(msg)
    return cast("Json", body)


def _registration(call: Call) -> ScimRegistration:
    return provisioning.get_user(call.connection, call.resource_id)


def _known_group(call: Call) -> ScimGroup:
    return provisioning.get_group(call.connection, call.resource_id)


def _user(call: Call, it: ScimRegistration) -> Json:
    return scim_resources.user(call.store, call.connection, it, base_url=call.base_url)


def _group(call: Call, it: ScimGroup) -> Json:
    return scim_resources.group(it, base_url=call.base_url)


def _patched(resource_type: ResourceType, written: Json, message: Json) -> Json:
    patched = patches.apply(resource_type, written, message)
    # Read like something new: a patch must not leave what could not have been sent.
    return values.read(resource_type, {**patched, "schemas": [resource_type.schema.urn]})


def _projected(call: Call, resource_type: ResourceType, resource: Json) -> Json:
    return values.project(
        resource_type,
        resource,
        attributes=call.query.get("attributes"),
        excluded=call.query.get("excludedAttributes"),
    )


def _created(call: Call, resource_type: ResourceType, resource: Json) -> Answer:
    headers = {"Location": resource["meta"]["location"]}
    return _answer(_projected(call, resource_type, resource), status=201, headers=headers)


def _shown(call: Call, resource_type: ResourceType, resource: Json) -> Answer:
    return _answer(_projected(call, resource_type, resource))


def _page(call: Call, resource_type: ResourceType, everything: Iterable[Json]) -> Answer:
    text = call.query.get("filter")
    condition = filters.parse(resource_type, text) if text is not None else None
    found = [each for each in everything if condition is None or condition.holds(each)]
    # Out of range is not wrong, but taken for the nearest that is not (RFC 7644, 3.4.2.4).
    start = max(_number(call, "startIndex", 1), 1)
    count = min(max(_number(call, "count", DEFAULT_ON_A_PAGE), 0), MOST_ON_A_PAGE)
    page = found[start - 1 : start - 1 + count]
    return _listed([_projected(call, resource_type, each) for each in page], len(found), start)


def _number(call: Call, name: str, default: int) -> int:
    try:
        return int(call.query.get(name, default))
    except ValueError:
        msg = f"{name} must be a number."
        raise InvalidValueError(msg) from None


def _catalogue(call: Call, everything: Sequence[Json]) -> Answer:
    if "filter" in call.query:
        # As the RFC wants it (7644, section 4).
        msg = "There is no filter here."
        raise ScimError(msg, status=403)
    return _listed(everything, len(everything), 1)


def _by_id(call: Call, everything: Iterable[Json]) -> Json:
    for each in everything:
        if each["id"] == call.resource_id:
            return each
    raise ResourceNotFoundError(call.resource_id)


def _listed(page: Sequence[Json], total: int, start: int) -> Answer:
    return _answer(
        {
            "schemas": [_LIST_URN],
            "totalResults": total,
            "startIndex": start,
            "itemsPerPage": len(page),
            "Resources": list(page),
        }
    )


def _answer(
    body: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    labelled = {"Content-Type": CONTENT_TYPE, **(headers or {})}
    return Answer.of_json(body, status=status, headers=labelled)
