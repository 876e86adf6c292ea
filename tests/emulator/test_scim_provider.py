"""The SCIM server behind a connection's ``base_url``: what identity providers ask and are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stytch_b2b.emulator.routes import SCIM_ROUTES
from stytch_b2b.emulator.scim2.schemas import ENTERPRISE_URN, GROUP_URN, USER_URN
from stytch_b2b.emulator.scim_provider import OPERATIONS

from .identity_provider import IdentityProvider

if TYPE_CHECKING:
    from stytch_b2b.emulator import ScimConnection, SignedIn

    from .conftest import Api, Reply

ERROR_URN = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST_URN = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


@pytest.fixture
def admin(api: Api) -> SignedIn:
    """
    Ada administers Acme.
    """
    return api.emulator.sign_in("ada@example.com", "Acme")


@pytest.fixture
def connection(api: Api, admin: SignedIn) -> ScimConnection:
    """
    Acme has a connection.
    """
    return api.emulator.create_scim_connection("Acme")


@pytest.fixture
def okta(api: Api, connection: ScimConnection) -> IdentityProvider:
    """
    The identity provider of Acme.
    """
    return IdentityProvider(api, connection)


def rotate(api: Api, admin: SignedIn, step: str, connection: ScimConnection) -> Any:
    """
    Take a step of a token rotation, and return the connection.
    """
    body = {"connection_id": connection.connection_id}
    path = f"/sdk/v1/b2b/scim/rotate/{step}"
    return api.post(path, body, token=admin.session_token).data["connection"]


def error(reply: Reply) -> tuple[int, str | None]:
    """
    Return status and SCIM type of an error, of which the body repeats the status.
    """
    assert reply.json["schemas"] == [ERROR_URN]
    assert reply.json["status"] == str(reply.status)
    assert reply.headers["Content-Type"] == "application/scim+json"
    return reply.status, reply.json.get("scimType")


def test_every_route_is_answered() -> None:
    """
    The table of routes and the operations are the same.
    """
    assert set(OPERATIONS) == {route.operation for route in SCIM_ROUTES}


def test_the_base_url_leads_here(api: Api, admin: SignedIn, okta: IdentityProvider) -> None:
    """
    What administrators are shown is where identity providers find the server.
    """
    shown = api.get("/sdk/v1/b2b/scim", token=admin.session_token).data["connection"]
    config = okta.get("/ServiceProviderConfig")

    assert f"{api.emulator.url}{okta.prefix}" == shown["base_url"]
    assert f"{shown['base_url']}/ServiceProviderConfig" == config.json["meta"]["location"]


@pytest.mark.parametrize("token", ["", "x", "grün"])
def test_wrong_tokens(okta: IdentityProvider, token: str) -> None:
    """
    Nobody gets in without the token of the connection.
    """
    okta.token = token
    reply = okta.get("/Users")

    assert error(reply) == (401, None)
    assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_other_credentials(api: Api, okta: IdentityProvider) -> None:
    """
    The token has to come as a bearer token.
    """
    without = okta.call("GET", "/Users", Authorization=None)
    basic = okta.call("GET", "/Users", Authorization=api.credentials(okta.token))

    assert error(without) == error(basic) == (401, None)


def test_tokens_open_their_own_connection(api: Api, okta: IdentityProvider) -> None:
    """
    The token of another organization's connection is as good as none.
    """
    api.emulator.create_organization("Other")
    other = api.emulator.create_scim_connection("Other")
    okta.token = other.bearer_token.value

    assert error(okta.get("/Users")) == (401, None)


def test_a_rotation(
    api: Api, admin: SignedIn, connection: ScimConnection, okta: IdentityProvider
) -> None:
    """
    In a rotation both tokens are good, and after its completion the new one only.
    """
    old = okta.token
    new = rotate(api, admin, "start", connection)["next_bearer_token"]
    during = {}
    for token in (old, new):
        okta.token = token
        during[token] = okta.get("/Users").status
    rotate(api, admin, "complete", connection)
    after = {}
    for token in (old, new):
        okta.token = token
        after[token] = okta.get("/Users").status

    assert {old: 200, new: 200} == during
    assert {old: 401, new: 200} == after


def test_a_cancelled_rotation(
    api: Api, admin: SignedIn, connection: ScimConnection, okta: IdentityProvider
) -> None:
    """
    The new token of a rotation that was cancelled is good no longer, and the old one still is.
    """
    new = rotate(api, admin, "start", connection)["next_bearer_token"]
    rotate(api, admin, "cancel", connection)
    old_status = okta.get("/Users").status
    okta.token = new

    assert old_status == 200
    assert error(okta.get("/Users")) == (401, None)


def test_tokens_expire(
    api: Api, admin: SignedIn, connection: ScimConnection, okta: IdentityProvider
) -> None:
    """
    Each token lives a year: one that was rotated in is good when the old one has expired.
    """
    api.emulator.clock.advance(hours=364 * 24)
    admin = api.emulator.sign_in("ada@example.com", "Acme")
    new = rotate(api, admin, "start", connection)["next_bearer_token"]
    api.emulator.clock.advance(hours=24)
    expired = okta.get("/Users")
    okta.token = new

    assert error(expired) == (401, None)
    assert okta.get("/Users").status == 200


def test_connections_that_are_not_there(
    api: Api, admin: SignedIn, connection: ScimConnection, okta: IdentityProvider
) -> None:
    """
    A connection that was deleted is gone for the identity provider, too.
    """
    path = f"/sdk/v1/b2b/scim/{connection.connection_id}"
    api.call("DELETE", path, token=admin.session_token)
    deleted = okta.get("/Users")
    okta.prefix = "/v1/b2b/scim/other"

    assert error(deleted) == error(okta.get("/Users")) == (404, None)


def test_paths_and_methods(okta: IdentityProvider) -> None:
    """
    What is not there is said in the words of SCIM.
    """
    method = okta.call("DELETE", "/Users")

    assert error(okta.get("/Bulk")) == (404, None)
    assert error(okta.get("")) == (404, None)
    assert error(method) == (405, None)
    assert method.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/scim+json", 201),
        ("application/scim+json; charset=utf-8", 201),
        ("application/json", 201),
        ("text/plain", 415),
        (None, 415),
    ],
)
def test_content_types(okta: IdentityProvider, content_type: str | None, status: int) -> None:
    """
    Identity providers send SCIM's own type or JSON, and get SCIM's.
    """
    body = {"schemas": [USER_URN], "userName": "bob@example.com"}
    reply = okta.call("POST", "/Users", body, Content_Type=content_type)

    assert status == reply.status
    assert reply.headers["Content-Type"] == "application/scim+json"


@pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 100_000])
def test_bodies_that_are_none(okta: IdentityProvider, body: bytes) -> None:
    """
    A body that is no JSON object has no syntax.
    """
    assert error(okta.call("POST", "/Users", body)) == (400, "invalidSyntax")


def test_requests_are_logged(api: Api, okta: IdentityProvider) -> None:
    """
    The log names the operation, and faults can have it.
    """
    okta.get("/Users")
    api.emulator.faults.add(operation="scim_provider.list_users", status=503)

    assert api.emulator.requests[-1].operation == "scim_provider.list_users"
    assert okta.token not in repr(api.emulator.requests[-1])
    assert okta.get("/Users").status == 503


def test_config(okta: IdentityProvider) -> None:
    """
    The server says what it can do.
    """
    config = okta.get("/ServiceProviderConfig").json
    supported = {
        name for name, value in config.items() if isinstance(value, dict) and value.get("supported")
    }

    assert supported == {"patch", "filter"}
    assert config["filter"]["maxResults"] == 200
    assert [scheme["type"] for scheme in config["authenticationSchemes"]] == ["oauthbearertoken"]


def test_resource_types(okta: IdentityProvider) -> None:
    """
    There are users, with an extension, and groups; each can be asked for by name.
    """
    listed = okta.get("/ResourceTypes").json

    assert listed["schemas"] == [LIST_URN]
    assert [each["id"] for each in listed["Resources"]] == ["User", "Group"]
    assert listed["Resources"][0]["schemaExtensions"] == [
        {"schema": ENTERPRISE_URN, "required": False}
    ]
    assert okta.get("/ResourceTypes/Group").json == listed["Resources"][1]
    assert error(okta.get("/ResourceTypes/Robot")) == (404, None)


def test_schemas(okta: IdentityProvider) -> None:
    """
    Schemas say of each attribute what it may be.
    """
    listed = okta.get("/Schemas").json["Resources"]
    user = {each["name"]: each for each in listed[0]["attributes"]}

    assert [each["id"] for each in listed] == [USER_URN, ENTERPRISE_URN, GROUP_URN]
    assert (user["userName"]["required"], user["userName"]["uniqueness"]) == (True, "server")
    assert user["groups"]["mutability"] == "readOnly"
    assert user["emails"]["multiValued"]
    assert okta.get(f"/Schemas/{GROUP_URN}").json == listed[2]
    assert error(okta.get("/Schemas/urn:nothing")) == (404, None)


@pytest.mark.parametrize("path", ["/ResourceTypes", "/Schemas"])
def test_catalogues_have_no_filter(okta: IdentityProvider, path: str) -> None:
    """
    Whoever filters what is there to read as a whole is told not to.
    """
    assert error(okta.get(path, filter='id eq "User"')) == (403, None)


def test_a_user(okta: IdentityProvider) -> None:
    """
    A user comes back as it was told of, with an id, and is found where it is said to be.
    """
    told = {
        "externalId": "00u1",
        "name": {"givenName": "Bob", "familyName": "Babbage"},
        "emails": [{"value": "bob@example.com", "type": "work", "primary": True}],
        ENTERPRISE_URN: {"department": "Engines"},
    }
    created = okta.create_user("bob@example.com", **told, groups=[{"value": "x"}])
    location = created.headers["Location"]

    assert created.status == 201
    assert {
        "schemas": [USER_URN, ENTERPRISE_URN],
        "id": created.json["id"],
        "userName": "bob@example.com",
        "active": True,
        **told,
        "meta": created.json["meta"],
    } == created.json
    assert created.json["meta"]["resourceType"] == "User"
    assert location == created.json["meta"]["location"]
    assert location.endswith(f"{okta.prefix}/Users/{created.json['id']}")
    assert okta.get(f"/Users/{created.json['id']}").json == created.json


def test_a_replaced_user(api: Api, okta: IdentityProvider) -> None:
    """
    What is not told again is forgotten.
    """
    created = okta.create_user("bob@example.com", title="Clerk", nickName="B").json
    api.emulator.clock.advance(seconds=60)
    replaced = okta.replace_user(created["id"], "bob@example.com", title="Chief")

    assert replaced.status == 200
    assert (replaced.json["title"], "nickName" in replaced.json) == ("Chief", False)
    assert replaced.json["meta"]["created"] == created["meta"]["created"]
    assert replaced.json["meta"]["lastModified"] > created["meta"]["lastModified"]
    assert okta.get(f"/Users/{created['id']}").json == replaced.json


def test_a_patched_user(okta: IdentityProvider) -> None:
    """
    A patch is answered with the whole user, and one that fails changes nothing.
    """
    path = f"/Users/{okta.create_user('bob@example.com', title='Clerk').json['id']}"
    patched = okta.patch(path, {"op": "replace", "path": "title", "value": "Chief"})
    failed = okta.patch(
        path,
        {"op": "replace", "path": "title", "value": "King"},
        {"op": "replace", "path": "crown", "value": "gold"},
    )

    assert (patched.status, patched.json["title"]) == (200, "Chief")
    assert error(failed) == (400, "invalidPath")
    assert okta.get(path).json == patched.json


def test_a_patch_must_leave_what_could_have_been_sent(okta: IdentityProvider) -> None:
    """
    What steps make together is looked at like something new.
    """
    path = f"/Users/{okta.create_user('bob@example.com').json['id']}"
    add = {"op": "add", "path": "emails[primary eq 5].value", "value": "b@example.com"}

    assert error(okta.patch(path, add)) == (400, "invalidValue")


def test_a_deleted_user(okta: IdentityProvider) -> None:
    """
    Deleting answers with nothing, and afterwards there is nothing.
    """
    path = f"/Users/{okta.create_user('bob@example.com').json['id']}"
    deleted = okta.call("DELETE", path)

    assert (deleted.status, deleted.body) == (204, b"")
    assert error(okta.get(path)) == (404, None)
    assert error(okta.call("DELETE", path)) == (404, None)
    assert error(okta.replace_user("other", "bob@example.com")) == (404, None)
    assert error(okta.patch("/Users/other")) == (404, None)


@pytest.mark.parametrize(
    "text",
    [
        'userName eq "BOB@example.com"',
        'externalId eq "00u1"',
        'displayName eq "bob"',
        'emails.value eq "bob@example.com"',
        'emails[type eq "work"].value eq "bob@example.com"',
        'groups.display eq "Engineers"',
    ],
)
def test_users_are_found(okta: IdentityProvider, text: str) -> None:
    """
    A filter finds users by what identity providers know them by.
    """
    okta.create_user("eve@example.com")
    bob = okta.create_user(
        "bob@example.com",
        externalId="00u1",
        displayName="Bob",
        emails=[{"value": "bob@example.com", "type": "work"}],
    ).json
    okta.create_group("Engineers", bob["id"])
    found = okta.get("/Users", filter=text).json

    assert (found["schemas"], found["totalResults"]) == ([LIST_URN], 1)
    assert [each["id"] for each in found["Resources"]] == [bob["id"]]


def test_nobody_is_found(okta: IdentityProvider) -> None:
    """
    A filter that nobody fits is answered with an empty page.
    """
    assert okta.get("/Users", filter='userName eq "x"').json == {
        "schemas": [LIST_URN],
        "totalResults": 0,
        "startIndex": 1,
        "itemsPerPage": 0,
        "Resources": [],
    }


@pytest.mark.parametrize("text", ["x", 'nobody eq "x"'])
def test_filters_that_are_none(okta: IdentityProvider, text: str) -> None:
    """
    A filter that is not understood is refused, also where there is nobody to find.
    """
    assert error(okta.get("/Users", filter=text)) == (400, "invalidFilter")


@pytest.mark.parametrize(
    ("query", "expected", "start"),
    [
        ({}, [0, 1, 2, 3, 4], 1),
        ({"startIndex": 2, "count": 2}, [1, 2], 2),
        ({"startIndex": 5, "count": 2}, [4], 5),
        ({"startIndex": 9}, [], 9),
        ({"startIndex": 0, "count": 1}, [0], 1),
        ({"count": 0}, [], 1),
        ({"count": -3}, [], 1),
    ],
)
def test_pages(
    okta: IdentityProvider, query: dict[str, int], expected: list[int], start: int
) -> None:
    """
    Pages begin where they are asked to, counted from one.
    """
    ids = [okta.create_user(f"{number}@example.com").json["id"] for number in range(5)]
    page = okta.get("/Users", **query).json

    assert [ids[index] for index in expected] == [each["id"] for each in page["Resources"]]
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (
        5,
        start,
        len(expected),
    )


def test_pages_have_limits(api: Api, connection: ScimConnection, okta: IdentityProvider) -> None:
    """
    A page has a hundred groups unless more are wanted, and two hundred at most.
    """
    for number in range(201):
        api.emulator.create_scim_group(connection, str(number))

    assert okta.get("/Groups").json["itemsPerPage"] == 100
    assert okta.get("/Groups", count=1000).json["itemsPerPage"] == 200
    assert error(okta.get("/Groups", count="many")) == (400, "invalidValue")


def test_parts_of_users(okta: IdentityProvider) -> None:
    """
    Whoever wants less is sent less, whatever was asked.
    """
    created = okta.call(
        "POST",
        "/Users?attributes=userName",
        {"schemas": [USER_URN], "userName": "bob@example.com", "title": "Clerk"},
    ).json
    listed = okta.get("/Users", excludedAttributes="meta,title").json["Resources"]

    assert set(created) == {"schemas", "id", "userName"}
    assert [set(each) for each in listed] == [{"schemas", "id", "userName", "active"}]


def test_a_group(okta: IdentityProvider) -> None:
    """
    A group has its members, and members have their groups.
    """
    bob = okta.create_user("bob@example.com").json
    created = okta.create_group("Engineers", bob["id"], bob["id"], externalId="g1")
    group = created.json
    shown = okta.get(f"/Users/{bob['id']}").json

    assert created.status == 201
    assert {
        "schemas": [GROUP_URN],
        "id": group["id"],
        "displayName": "Engineers",
        "externalId": "g1",
        "members": [{"value": bob["id"], "$ref": bob["meta"]["location"], "type": "User"}],
        "meta": group["meta"],
    } == group
    assert created.headers["Location"] == group["meta"]["location"]
    assert [
        {
            "value": group["id"],
            "$ref": group["meta"]["location"],
            "display": "Engineers",
            "type": "direct",
        }
    ] == shown["groups"]
    assert okta.get(f"/Groups/{group['id']}").json == group
    found = okta.get("/Groups", filter='displayName eq "engineers"', excludedAttributes="members")
    assert [set(each) for each in found.json["Resources"]] == [set(group) - {"members"}]


def test_a_changed_group(okta: IdentityProvider) -> None:
    """
    A group is replaced as a whole, or patched as Okta and Microsoft Entra do it.
    """
    bob, eve = (okta.create_user(f"{name}@example.com").json["id"] for name in ("bob", "eve"))
    path = f"/Groups/{okta.create_group('Engineers', bob, externalId='g1').json['id']}"
    put = {"schemas": [GROUP_URN], "displayName": "Builders", "members": [{"value": eve}]}
    replaced = okta.call("PUT", path, put).json
    joined = okta.patch(path, {"op": "Add", "path": "members", "value": [{"value": bob}]}).json
    left = okta.patch(path, {"op": "remove", "path": f'members[value eq "{eve}"]'}).json
    renamed = okta.patch(path, {"op": "replace", "value": {"id": "x", "displayName": "Crew"}}).json
    empty = okta.patch(path, {"op": "remove", "path": "members"}).json

    assert (replaced["displayName"], "externalId" in replaced) == ("Builders", False)
    assert [each["value"] for each in joined["members"]] == [eve, bob]
    assert [each["value"] for each in left["members"]] == [bob]
    assert renamed["displayName"] == "Crew"
    assert empty["members"] == []


def test_groups_of_strangers(okta: IdentityProvider) -> None:
    """
    Only users can be in a group, and it has to have a name.
    """
    group = okta.create_group("Engineers").json

    assert error(okta.create_group("Engineers", "nobody")) == (400, "invalidValue")
    assert error(okta.create_group("")) == (400, "invalidValue")
    add = {"op": "add", "path": "members", "value": [{"type": "User"}]}
    assert error(okta.patch(f"/Groups/{group['id']}", add)) == (400, "invalidValue")


def test_a_deleted_group(okta: IdentityProvider) -> None:
    """
    A group that was deleted is gone, and its members stay.
    """
    bob = okta.create_user("bob@example.com").json
    path = f"/Groups/{okta.create_group('Engineers', bob['id']).json['id']}"
    deleted = okta.call("DELETE", path)

    assert (deleted.status, deleted.body) == (204, b"")
    assert error(okta.get(path)) == (404, None)
    assert okta.get(f"/Users/{bob['id']}").json == bob
