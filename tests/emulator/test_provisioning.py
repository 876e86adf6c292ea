"""What identity providers do by SCIM to members: provisioned, changed, deprovisioned, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stytch_b2b.emulator.scim2.schemas import ENTERPRISE_URN

from .identity_provider import IdentityProvider

if TYPE_CHECKING:
    from stytch_b2b.emulator import Member, ScimConnection, SignedIn

    from .conftest import Api, Reply

SCIM = "/sdk/v1/b2b/scim"
ME = "/sdk/v1/b2b/organizations/members/me"
UNIQUENESS = (409, "uniqueness")


@pytest.fixture
def admin(api: Api) -> SignedIn:
    """
    Ada administers Acme, and no identity provider knows of her.
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


def error(reply: Reply) -> tuple[int, str]:
    """
    Return status and SCIM type of an error.
    """
    return reply.status, reply.json["scimType"]


def me(api: Api, user_id: str) -> dict[str, Any]:
    """
    Return a member as it sees itself in a session that is new.
    """
    token = api.emulator.create_session(user_id).session_token
    found: dict[str, Any] = api.get(ME, token=token).data["member"]
    return found


def stored(api: Api, user_id: str) -> Member:
    """
    Return a member, be it that it cannot log in.
    """
    return api.emulator._store.members[user_id]


def set_active(okta: IdentityProvider, user_id: str, value: object) -> Reply:
    """
    Deactivate a user, or activate it again.
    """
    return okta.patch(f"/Users/{user_id}", {"op": "replace", "value": {"active": value}})


def assign_role(api: Api, admin: SignedIn, connection: ScimConnection, group_id: str) -> Reply:
    """
    Let whoever is in a group administer Acme.
    """
    assignment = {"role_id": "stytch_admin", "group_id": group_id}
    body = {"scim_group_implicit_role_assignments": [assignment]}
    return api.call("PUT", f"{SCIM}/{connection.connection_id}", body, token=admin.session_token)


def test_a_new_member(api: Api, okta: IdentityProvider) -> None:
    """
    A person whom the identity provider tells of is an active member at once.
    """
    emails = [{"value": "bob@home.example"}, {"value": "Bob@Example.com", "primary": True}]
    user = okta.create_user("bob", displayName="Bob", emails=emails).json
    member = me(api, user["id"])

    assert ("bob@example.com", "Bob", "active") == (
        member["email_address"],
        member["name"],
        member["status"],
    )
    assert member["email_address_verified"]
    assert member["external_id"] is None


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"displayName": "Bob"}, "Bob"),
        ({"name": {"formatted": "Mr. Bob", "givenName": "Bob"}}, "Mr. Bob"),
        ({"name": {"givenName": "Bob", "familyName": "Babbage"}}, "Bob Babbage"),
        ({"name": {"familyName": "Babbage"}}, "Babbage"),
        ({}, ""),
    ],
)
def test_names(api: Api, okta: IdentityProvider, attributes: dict[str, Any], expected: str) -> None:
    """
    The name is what is there to show, or else made of its parts.
    """
    user = okta.create_user("bob@example.com", **attributes).json

    assert expected == stored(api, user["id"]).name


@pytest.mark.parametrize(
    ("emails", "expected"),
    [
        ([], "bob@example.com"),
        ([{"display": "Bob"}], "bob@example.com"),
        ([{"value": "a@b.example"}, {"value": "c@d.example"}], "a@b.example"),
        ([{"value": "a@b.example"}, {"value": "c@d.example", "type": "work"}], "c@d.example"),
        (
            [{"value": "a@b.example", "type": "work"}, {"value": "c@d.example", "primary": True}],
            "c@d.example",
        ),
    ],
)
def test_addresses(
    api: Api, okta: IdentityProvider, emails: list[dict[str, Any]], expected: str
) -> None:
    """
    Of several addresses the primary one counts, then one for work; of none, the user name.
    """
    user = okta.create_user("bob@example.com", emails=emails).json

    assert expected == stored(api, user["id"]).email_address


def test_members_need_an_address(okta: IdentityProvider) -> None:
    """
    Without an e-mail address nobody becomes a member.
    """
    assert error(okta.create_user("bob")) == (400, "invalidValue")
    assert error(okta.create_user("bob", emails=[{"value": "bob"}])) == (400, "invalidValue")
    assert okta.get("/Users").json["totalResults"] == 0


def test_the_registration(api: Api, connection: ScimConnection, okta: IdentityProvider) -> None:
    """
    Members show all that the identity provider has told of them, under the API's names.
    """
    user = okta.create_user(
        "bob@example.com",
        externalId="00u1",
        displayName="Bob",
        name={"givenName": "Bob", "familyName": "Babbage"},
        title="Clerk",
        emails=[{"value": "bob@example.com", "type": "work", "primary": True}],
        addresses=[{"streetAddress": "1 Mill Road", "postalCode": "1", "type": "work"}],
        phoneNumbers=[{"value": "+1"}],
        x509Certificates=[{"value": "AAAA"}],
        **{ENTERPRISE_URN: {"costCenter": "9", "manager": {"value": "7", "$ref": "../Users/7"}}},
    ).json
    group = okta.create_group("Engineers", user["id"]).json
    registration = me(api, user["id"])["scim_registration"]
    shown = registration["scim_attributes"]

    assert registration["registration_id"].startswith("scim-registration-test-")
    assert connection.connection_id == registration["connection_id"]
    assert registration["external_id"] == "00u1"
    assert (shown["user_name"], shown["external_id"]) == ("bob@example.com", "00u1")
    assert (shown["id"], shown["active"], shown["title"]) == (user["id"], True, "Clerk")
    assert shown["nick_name"] == ""
    assert shown["name"]["family_name"] == "Babbage"
    assert shown["emails"] == [{"value": "bob@example.com", "type": "work", "primary": True}]
    assert shown["phone_numbers"] == [{"value": "+1", "type": "", "primary": False}]
    assert shown["x509certificates"] == [{"value": "AAAA", "type": "", "primary": False}]
    assert shown["photos"] == []
    assert shown["groups"] == [{"value": group["id"], "display": "Engineers"}]
    assert shown["addresses"][0]["street_address"] == "1 Mill Road"
    assert shown["enterprise_extension"] == {
        "employee_number": "",
        "cost_center": "9",
        "division": "",
        "department": "",
        "organization": "",
        "manager": {"value": "7", "ref": "../Users/7", "display_name": ""},
    }


def test_a_bare_registration(api: Api, okta: IdentityProvider) -> None:
    """
    Where nothing was told there is nothing to show.
    """
    without_manager = {ENTERPRISE_URN: {"division": "North"}}
    bob = okta.create_user("bob@example.com").json["id"]
    eve = okta.create_user("eve@example.com", **without_manager).json["id"]
    bare = me(api, bob)["scim_registration"]

    assert bare["external_id"] is None
    assert bare["scim_attributes"]["name"] is None
    assert bare["scim_attributes"]["enterprise_extension"] is None
    extension = me(api, eve)["scim_registration"]["scim_attributes"]["enterprise_extension"]
    assert extension["manager"] is None


def test_a_member_is_adopted(api: Api, admin: SignedIn, okta: IdentityProvider) -> None:
    """
    Who is a member already becomes a user with sessions, roles and name unharmed.
    """
    api.emulator.update_member(admin.member_id, name="Ada")
    user = okta.create_user("ADA@example.com").json
    member = api.get(ME, token=admin.session_token).data["member"]

    assert admin.member_id == user["id"]
    assert member["name"] == "Ada"
    assert member["is_admin"]
    assert member["scim_registration"]["scim_attributes"]["user_name"] == "ADA@example.com"


@pytest.mark.parametrize("status", ["pending", "invited", "deleted"])
def test_adopted_members_are_active(api: Api, okta: IdentityProvider, status: str) -> None:
    """
    Whoever the identity provider tells of is active, whatever it was before.
    """
    bob = api.emulator.create_member("Acme", "bob@example.com", status=status)
    user = okta.create_user("bob@example.com").json

    assert bob.member_id == user["id"]
    assert bob.status == "active"


def test_members_elsewhere_stay(api: Api, okta: IdentityProvider) -> None:
    """
    A connection reaches no member of another organization.
    """
    api.emulator.create_organization("Other")
    other = api.emulator.create_member("Other", "bob@example.com", name="Robert")
    user = okta.create_user("bob@example.com", displayName="Bob").json

    assert other.member_id != user["id"]
    assert other.name == "Robert"
    assert okta.get(f"/Users/{other.member_id}").status == 404


def test_users_are_unique(api: Api, okta: IdentityProvider) -> None:
    """
    User names and addresses belong to one user each, and a conflict changes nothing.
    """
    okta.create_user("bob@example.com", emails=[{"value": "b@example.com"}])
    eve = okta.create_user("eve@example.com").json
    path = f"/Users/{eve['id']}"
    taken = {"op": "replace", "path": "userName", "value": "BOB@example.com"}
    address = [{"value": "b@example.com"}]

    assert error(okta.create_user("Bob@Example.com")) == UNIQUENESS
    assert error(okta.create_user("bobby@example.com", emails=address)) == UNIQUENESS
    assert error(okta.patch(path, taken)) == UNIQUENESS
    assert error(okta.replace_user(eve["id"], "eve@example.com", emails=address)) == UNIQUENESS
    assert okta.get(path).json == eve


def test_addresses_of_other_members(api: Api, admin: SignedIn, okta: IdentityProvider) -> None:
    """
    Nobody gets the address of a member who is no user, nor one that somebody had.
    """
    bob = okta.create_user("bob@example.com").json
    okta.replace_user(bob["id"], "bob@new.example")
    eve = okta.create_user("eve@example.com").json

    assert error(okta.replace_user(eve["id"], "ada@example.com")) == UNIQUENESS
    assert error(okta.create_user("bob@example.com")) == UNIQUENESS
    assert stored(api, eve["id"]).email_address == "eve@example.com"


def test_a_changed_member(api: Api, okta: IdentityProvider) -> None:
    """
    Name and address of the member follow what is told; sessions stay.
    """
    user = okta.create_user("bob@example.com", displayName="Bob").json
    session = api.emulator.create_session(user["id"])
    okta.replace_user(user["id"], "bob@new.example", displayName="Robert")
    member = api.get(ME, token=session.session_token).data["member"]

    assert (member["email_address"], member["name"]) == ("bob@new.example", "Robert")
    assert member["email_address_verified"]


def test_what_is_not_told_stays(api: Api, okta: IdentityProvider) -> None:
    """
    A member keeps name, address and status where the identity provider no longer says any.
    """
    emails = [{"value": "bob@example.com"}]
    user = okta.create_user("bob", displayName="Bob", emails=emails, active=False).json
    replaced = okta.replace_user(user["id"], "bob")
    member = stored(api, user["id"])

    assert (replaced.status, replaced.json["active"]) == (200, False)
    assert (member.email_address, member.name) == ("bob@example.com", "Bob")


@pytest.mark.parametrize("value", [False, "False"], ids=["okta", "entra"])
def test_deprovisioning(api: Api, okta: IdentityProvider, value: object) -> None:
    """
    Who is not active any more is a deleted member, without sessions and roles; the user stays.
    """
    user = okta.create_user("bob@example.com").json
    api.emulator.update_member(user["id"], roles=["stytch_admin"])
    session = api.emulator.create_session(user["id"])
    patched = set_active(okta, user["id"], value)
    member = stored(api, user["id"])

    assert (patched.status, patched.json["active"]) == (200, False)
    assert (member.status, member.roles) == ("deleted", [])
    assert api.get(ME, token=session.session_token).error == (404, "session_not_found")
    assert okta.get("/Users", filter="active eq false").json["totalResults"] == 1


def test_coming_back(
    api: Api, admin: SignedIn, connection: ScimConnection, okta: IdentityProvider
) -> None:
    """
    Who is active again has the roles of the groups, and none of those that were assigned.
    """
    user = okta.create_user("bob@example.com").json
    group = okta.create_group("Engineers", user["id"]).json
    assign_role(api, admin, connection, group["id"])
    api.emulator.update_member(user["id"], roles=["stytch_admin"])
    set_active(okta, user["id"], False)
    back = set_active(okta, user["id"], True)
    (role,) = [role for role in me(api, user["id"])["roles"] if role["role_id"] == "stytch_admin"]

    assert back.json["active"]
    assert [source["type"] for source in role["sources"]] == ["scim_connection_group"]


def test_nobody_comes_back_to_an_address_that_is_taken(api: Api, okta: IdentityProvider) -> None:
    """
    An address that a deleted member left to somebody else stays with that one.
    """
    user = okta.create_user("bob@example.com").json
    set_active(okta, user["id"], False)
    api.emulator.create_member("Acme", "bob@example.com")

    assert error(set_active(okta, user["id"], True)) == UNIQUENESS
    assert set_active(okta, user["id"], False).status == 200
    assert stored(api, user["id"]).status == "deleted"


def test_new_users_may_be_inactive(api: Api, okta: IdentityProvider) -> None:
    """
    A person can be told of before the first day at work.
    """
    user = okta.create_user("bob@example.com", active=False).json

    assert not user["active"]
    assert stored(api, user["id"]).status == "deleted"


def test_deleted_users(api: Api, okta: IdentityProvider) -> None:
    """
    A deleted user is a deleted member in no group, and the same one when told of again.
    """
    user = okta.create_user("bob@example.com").json
    session = api.emulator.create_session(user["id"])
    group = okta.create_group("Engineers", user["id"]).json
    okta.create_group("Others")
    okta.call("DELETE", f"/Users/{user['id']}")
    status = stored(api, user["id"]).status
    again = okta.create_user("bob@example.com").json

    assert status == "deleted"
    assert api.get(ME, token=session.session_token).status == 404
    assert okta.get(f"/Groups/{group['id']}").json["members"] == []
    assert user["id"] == again["id"]


def test_deleting_who_is_not_active(api: Api, okta: IdentityProvider) -> None:
    """
    Identity providers deactivate first and delete afterwards.
    """
    user = okta.create_user("bob@example.com", active=False).json

    assert okta.call("DELETE", f"/Users/{user['id']}").status == 204
    assert stored(api, user["id"]).status == "deleted"


def test_members_deleted_by_an_admin(api: Api, admin: SignedIn, okta: IdentityProvider) -> None:
    """
    Of a member whom an admin deletes, the identity provider has to tell anew.
    """
    user = okta.create_user("bob@example.com").json
    group = okta.create_group("Engineers", user["id"]).json
    path = f"/sdk/v1/b2b/organizations/members/{user['id']}"
    deleted = api.call("DELETE", path, token=admin.session_token)

    assert deleted.status == 200
    assert okta.get(f"/Users/{user['id']}").status == 404
    assert okta.get(f"/Groups/{group['id']}").json["members"] == []


def test_groups_are_shown_to_admins(
    api: Api, admin: SignedIn, connection: ScimConnection, okta: IdentityProvider
) -> None:
    """
    Administrators see the groups that the identity provider has pushed.
    """
    group = okta.create_group("Engineers").json
    groups = api.post(f"{SCIM}/groups", token=admin.session_token).data["scim_groups"]

    assert groups == [
        {
            "group_id": group["id"],
            "group_name": "Engineers",
            "organization_id": connection.organization_id,
            "connection_id": connection.connection_id,
        }
    ]


def test_roles_by_groups(
    api: Api, admin: SignedIn, connection: ScimConnection, okta: IdentityProvider
) -> None:
    """
    Members have the roles of their groups, from the moment they join until they leave.
    """
    user = okta.create_user("bob@example.com").json
    group = okta.create_group("Engineers").json
    assign_role(api, admin, connection, group["id"])
    path = f"/Groups/{group['id']}"
    before = me(api, user["id"])["roles"]
    okta.patch(path, {"op": "add", "path": "members", "value": [{"value": user["id"]}]})
    joined = me(api, user["id"])["roles"]
    okta.patch(path, {"op": "remove", "path": f'members[value eq "{user["id"]}"]'})
    left = me(api, user["id"])["roles"]

    assert [role["role_id"] for role in before] == ["stytch_member"]
    assert joined[1:] == [
        {
            "role_id": "stytch_admin",
            "sources": [
                {
                    "type": "scim_connection_group",
                    "details": {
                        "connection_id": connection.connection_id,
                        "group_id": group["id"],
                    },
                }
            ],
        }
    ]
    assert left == before


def test_roles_of_groups_that_are_gone(
    api: Api, admin: SignedIn, connection: ScimConnection, okta: IdentityProvider
) -> None:
    """
    A deleted group takes its role assignments along.
    """
    user = okta.create_user("bob@example.com").json
    group = okta.create_group("Engineers", user["id"]).json
    assign_role(api, admin, connection, group["id"])
    okta.call("DELETE", f"/Groups/{group['id']}")
    shown = api.get(SCIM, token=admin.session_token).data["connection"]

    assert shown["scim_group_implicit_role_assignments"] == []
    assert [role["role_id"] for role in me(api, user["id"])["roles"]] == ["stytch_member"]


def test_the_end_of_a_connection(
    api: Api, admin: SignedIn, connection: ScimConnection, okta: IdentityProvider
) -> None:
    """
    Members stay, without registrations, and the next connection adopts them.
    """
    user = okta.create_user("bob@example.com").json
    api.call("DELETE", f"{SCIM}/{connection.connection_id}", token=admin.session_token)
    alone = me(api, user["id"])
    following = IdentityProvider(api, api.emulator.create_scim_connection("Acme"))
    nobody = following.get("/Users").json["totalResults"]
    adopted = following.create_user("bob@example.com").json

    assert (alone["status"], alone["scim_registration"]) == ("active", None)
    assert nobody == 0
    assert user["id"] == adopted["id"]


def test_seeded_groups(api: Api, connection: ScimConnection, okta: IdentityProvider) -> None:
    """
    Groups that a test arranges are like those of the identity provider, and so are their members.
    """
    api.emulator.create_organization("Other")
    stranger = api.emulator.create_member("Other", "bob@example.com")
    bob = api.emulator.create_member("Acme", "bob@example.com", name="Bob")
    gone = api.emulator.create_member("Acme", "eve@example.com", status="deleted")
    group = api.emulator.create_scim_group(connection, "Engineers", [bob, gone])
    again = api.emulator.create_scim_group(connection, "Builders", [bob.member_id])
    user = okta.get(f"/Users/{bob.member_id}").json

    assert (user["userName"], user["displayName"]) == ("bob@example.com", "Bob")
    assert [group.group_id, again.group_id] == [each["value"] for each in user["groups"]]
    assert okta.get("/Users").json["totalResults"] == 2
    assert gone.status == "deleted"
    with pytest.raises(LookupError, match="no member of the connection's organization"):
        api.emulator.create_scim_group(connection, "Strangers", [stranger])
