"""
Provisioning from both ends: an administrator with our client, an identity provider with another's.

The identity provider's side is scim2-client, which holds every answer against the RFCs, and
scim2-tester, which asks for everything in them. Neither runs on Python 3.10. Both ends are blocking
ones: to learn what a server has, the other library's asynchronous client needs asyncio.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, SupportsIndex

import pytest

if TYPE_CHECKING:
    from scim2_client.engines.httpx2 import SyncSCIMClient

    from stytch_b2b import StytchB2BClient
    from stytch_b2b.emulator import Emulator

pytest.importorskip("scim2_client", reason="it needs Python 3.11")


@pytest.fixture
def okta(emulator: Emulator, sync_admin: StytchB2BClient) -> Iterator[SyncSCIMClient]:
    """
    An identity provider that was given the URL and the token of a new connection.
    """
    from httpx2 import Client
    from scim2_client.engines.httpx2 import SyncSCIMClient

    connection = (sync_admin.scim.create_connection(display_name="Okta")).connection
    headers = {"Authorization": f"Bearer {connection.bearer_token}"}
    with Client(base_url=connection.base_url, headers=headers) as http:
        client = SyncSCIMClient(http)
        client.discover()
        yield client


def model(client: Any, name: str) -> Any:
    """
    Return the class that a client has made of the server's schemas.
    """
    found = client.get_resource_model(name)
    assert found is not None
    return found


def patch(client: Any, resource: Any, op: str, path: str, value: Any = None) -> Any:
    """
    Patch a user or a group by one step.
    """
    from scim2_models import PatchOp, PatchOperation

    kind = type(resource)
    step = PatchOperation(op=PatchOperation.Op(op), path=path, value=value)
    return client.modify(kind, resource.id, PatchOp[kind](operations=[step]))


def test_a_person_comes_and_goes(
    emulator: Emulator, sync_admin: StytchB2BClient, okta: SyncSCIMClient
) -> None:
    """
    A person is hired, joins the administrators, leaves them, and leaves the company.
    """
    user_class, group_class = model(okta, "User"), model(okta, "Group")
    connection = (sync_admin.scim.get_connection()).connection
    assert connection is not None

    hired = okta.create(
        user_class(
            user_name="grace@acme.example",
            external_id="00u1",
            display_name="Grace",
            emails=[{"value": "grace@acme.example", "type": "work", "primary": True}],
        )
    )
    group = okta.create(group_class(display_name="Administrators"))
    (shown,) = (sync_admin.scim.get_connection_groups()).scim_groups
    sync_admin.scim.update_connection(
        connection.connection_id,
        scim_group_implicit_role_assignments=[
            {"group_id": shown.group_id, "role_id": "stytch_admin"}
        ],
    )
    session = emulator.create_session(hired.id)
    grace = sync_admin.with_session(session_token=session.session_token)
    new = (grace.self.get()).member
    patch(okta, group, "add", "members", [{"value": hired.id}])
    joined = (grace.self.get()).member
    patch(okta, group, "remove", f'members[value eq "{hired.id}"]')
    left = (grace.self.get()).member
    gone = patch(okta, hired, "replace", "active", value=False)

    assert ("Grace", "grace@acme.example", "active") == (new.name, new.email_address, new.status)
    assert new.scim_registration is not None
    assert new.scim_registration.scim_attributes is not None
    assert "00u1" == new.scim_registration.scim_attributes.external_id
    assert [False, True, False] == [each.is_admin for each in (new, joined, left)]
    assert joined.roles[-1].sources[0].type == "scim_connection_group"
    assert gone.active is False
    assert "deleted" == emulator._store.members[hired.id].status


def test_a_rotation_in_the_middle(sync_admin: StytchB2BClient, okta: SyncSCIMClient) -> None:
    """
    The identity provider works on through a rotation, if it is given the new token in time.
    """
    from scim2_models import UnauthorizedException

    user_class = model(okta, "User")
    connection = (sync_admin.scim.get_connection()).connection
    assert connection is not None
    old = okta.client.headers["Authorization"]

    okta.create(user_class(user_name="one@acme.example"))
    started = (sync_admin.scim.rotate_start(connection.connection_id)).connection
    okta.create(user_class(user_name="two@acme.example"))
    okta.client.headers["Authorization"] = f"Bearer {started.next_bearer_token}"
    okta.create(user_class(user_name="three@acme.example"))
    sync_admin.scim.rotate_complete(connection.connection_id)
    okta.create(user_class(user_name="four@acme.example"))
    everybody = okta.query(user_class)
    okta.client.headers["Authorization"] = old

    with pytest.raises(UnauthorizedException):
        okta.create(user_class(user_name="five@acme.example"))
    assert ["one", "two", "three", "four"] == [
        user.user_name.partition("@")[0] for user in everybody.resources
    ]


def test_conflicts(okta: SyncSCIMClient) -> None:
    """
    What the server refuses is an exception of the other library's, by its type.
    """
    from scim2_models import NotFoundException, UniquenessException

    user_class = model(okta, "User")
    okta.create(user_class(user_name="grace@acme.example"))

    with pytest.raises(UniquenessException):
        okta.create(user_class(user_name="Grace@acme.example"))
    with pytest.raises(NotFoundException):
        okta.query(user_class, "nobody")


class Addresses(list[str]):
    """
    Examples of user names, each of which is new, and an e-mail address.
    """

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        return f"{uuid.uuid4()}@acme.example"


@pytest.fixture
def tested(emulator: Emulator) -> Iterator[Any]:
    """
    A client for the conformance checks, which knows that people log in with an address.
    """
    from httpx2 import Client
    from scim2_client.engines.httpx2 import SyncSCIMClient

    connection = emulator.create_scim_connection("Acme")
    base_url = f"{emulator.url}/v1/b2b/scim/{connection.connection_id}"
    headers = {"Authorization": f"Bearer {connection.bearer_token.value}"}
    with Client(base_url=base_url, headers=headers) as http:
        client = SyncSCIMClient(http)
        client.discover()
        model(client, "User").model_fields["user_name"].examples = Addresses(["one"])
        yield client


def test_conformance(tested: Any) -> None:
    """
    The checks of scim2-tester pass, but for what is not to be had here.

    There is no search by POST, and a member is active or not: that cannot be taken away.
    """
    from scim2_tester import Status, check_server

    results = check_server(tested)
    failed = {
        (result.resource_type, result.title)
        for result in results
        if result.status is not Status.SUCCESS
    }
    reasons = [result.reason for result in results if result.title == "check_remove_attribute"]

    assert {
        ("User", "search_with_attributes"),
        ("Group", "search_with_attributes"),
        ("User", "check_remove_attribute"),
    } == failed
    assert ["active"] == [reason.split("'")[1] for reason in reasons if "did not" in reason]
    assert len(results) > 100
