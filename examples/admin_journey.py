"""
Administer an Organization from its first setting to its end, with await and then without.

The journey is written once, for both clients: ``yield`` stands where a program on an event loop has
``await``, and where a blocking one has nothing. Runs on the embedded emulator.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator
from contextlib import suppress
from typing import Any, TypeAlias
from urllib.request import Request, urlopen

from stytch_b2b import (
    AsyncStytchB2BClient,
    MemberFilter,
    MemberQuery,
    PermissionDeniedError,
    StytchB2BClient,
    StytchError,
)
from stytch_b2b.emulator import Emulator

Client: TypeAlias = AsyncStytchB2BClient | StytchB2BClient
Steps: TypeAlias = Generator[Any, Any, None]

SUPPORT = {
    "role_id": "support",
    "permissions": [{"resource_id": "stytch.member", "actions": ["search", "update.info.name"]}],
}
CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBJTCBy6ADAgECAgEBMAoGCCqGSM49BAMCMBsxGTAXBgNVBAMMEGlkcC5hY21l
LmV4YW1wbGUwIBcNMjYwMTAxMDAwMDAwWhgPMjA1NjAxMDEwMDAwMDBaMBsxGTAX
BgNVBAMMEGlkcC5hY21lLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQ/nKbQW+Pqx6thYL7/RItDZcdw99cE1OFNDGTQQdWSFs8i01N4l284Ow4sN5aC
E6DkH+TIP5cjPRyTegOZJZICMAoGCCqGSM49BAMCA0kAMEYCIQDWIuQyzXf0la4Y
SQpP/GHcGQo7/vOfCuJm+0vdwZca0AIhALwIuzuEnCJNC7yS/0IvBYvWMkvd/AiH
/mowdoozGiU+
-----END CERTIFICATE-----"""


def journey(client: Client, emulator: Emulator) -> Steps:
    """Walk through all that an admin does; Bob is there to be refused, and to edit himself."""
    emulator.create_organization("Example", slug="example", custom_roles=[SUPPORT])
    ada = emulator.sign_in("ada@acme.example", roles=["stytch_admin"])
    bob = emulator.sign_in("bob@acme.example", roles=[])
    admin = client.with_session(session_token=ada.session_token)
    member = client.with_session(session_token=bob.session_token)

    sections = {
        "Organization": organization(admin),
        "Members": members(admin),
        "Roles and permissions": roles(admin, member, bob.member_id),
        "SSO": sso(admin, emulator),
        "SCIM": scim(admin),
        "Connected Apps": connected_apps(admin, member, bob.member_id, emulator),
        "A Member by itself": oneself(member, bob.member_id, emulator),
        "Endings": endings(admin, bob.member_id),
    }
    for title, steps in sections.items():
        print(f"\n  {title}")
        yield from steps


def organization(admin: Client) -> Steps:
    """Say what the Organization is called, and who may become a Member."""
    before = (yield admin.organization.get()).organization
    answer = yield admin.organization.update(
        organization_name="Acme",
        organization_slug="acme",
        email_allowed_domains=["acme.example"],
        email_invites="RESTRICTED",
    )
    after = answer.organization
    say("renamed", f"{before.organization_name} to {after.organization_name}")
    say("invitations", f"{after.email_invites}, to {', '.join(after.email_allowed_domains)}")
    found = (yield admin.organization.get_by_slug(organization_slug="acme")).organization
    say("seen by strangers", found.organization_name)


def members(admin: Client) -> Steps:
    """Invite, create, update and find Members."""
    yield admin.magic_links.email.invite(email_address="iris@acme.example")
    yield admin.organization.members.create(email_address="carl@acme.example", name="Carl")
    dora = yield admin.organization.members.create(email_address="dora@acme.example")
    changed = yield admin.organization.members.update(
        dora.member_id, name="Dora", mfa_phone_number="+14155550123"
    )
    say("updated", f"{changed.member.name}, {changed.member.mfa_phone_number}")
    yield admin.organization.members.delete_mfa_phone_number(dora.member_id)

    invited = MemberQuery.all_of(MemberFilter.statuses("invited"))
    page = yield admin.organization.members.search(query=invited)
    say("invited", addresses(page.members))
    # Three pages, fetched as they are needed.
    say("everybody", addresses((yield admin.organization.members.search_all(limit=2))))


def roles(admin: Client, member: Client, bob: str) -> Steps:
    """Give Bob a role of the Organization's own, and see what it changes."""
    yield member.session.authenticate()
    search = member.organization.members.search
    say("may Bob search?", (yield member.can(search)).value)
    try:
        yield search()
    except PermissionDeniedError as error:
        say("missing", ", ".join(map(str, error.missing_permissions)))
        say("granted by", ", ".join(error.granting_roles))
    yield admin.organization.members.update(bob, roles=["support"])
    yield member.session.authenticate()
    say("and as support?", (yield member.can(search)).value)
    update = member.organization.members.update
    say("may he give roles?", (yield member.can(update, fields=["roles"])).value)
    granted = (yield member.rbac.all_permissions())["stytch.member"]
    say("granted by roles", ", ".join(action for action in granted if granted[action]))


def sso(admin: Client, emulator: Emulator) -> Steps:
    """Connect identity providers in the three ways there are."""
    okta = (yield admin.sso.saml.create_connection(display_name="Okta")).connection
    say("created", f"{okta.display_name} is {okta.status}")
    answer = yield admin.sso.saml.update_connection(
        okta.connection_id,
        idp_entity_id="https://idp.acme.example",
        idp_sso_url="https://idp.acme.example/sso",
        x509_certificate=CERTIFICATE,
        attribute_mapping={"email": "NameID", "full_name": "name", "groups": "groups"},
        saml_group_implicit_role_assignments=[{"group": "Helpdesk", "role_id": "support"}],
    )
    say("configured", f"{okta.display_name} is {answer.connection.status}")

    entra = (yield admin.sso.oidc.create_connection(identity_provider="microsoft-entra")).connection
    answer = yield admin.sso.oidc.update_connection(
        entra.connection_id, display_name="Entra", client_id="acme", client_secret="secret"
    )
    say("half configured", f"{answer.connection.display_name} is {answer.connection.status}")

    theirs = emulator.create_sso_connection(emulator.create_organization("Partner"))
    answer = yield admin.sso.external.create_connection(
        external_connection_id=theirs.connection_id, external_organization_id=theirs.organization_id
    )
    partner = answer.connection
    answer = yield admin.sso.external.update_connection(
        partner.connection_id, display_name="Partner"
    )
    say("borrowed", f"{answer.connection.display_name} is {answer.connection.status}")

    yield admin.organization.update(sso_default_connection_id=okta.connection_id)
    for connection in (partner, entra, okta):  # the default one last
        yield admin.sso.delete_connection(connection.connection_id)
    left = yield admin.sso.get_connections()
    say("left", len(left.saml_connections + left.oidc_connections + left.external_connections))


def scim(admin: Client) -> Steps:
    """Let an identity provider bring and take Members, and replace its token."""
    made = (yield admin.scim.create_connection(display_name="Okta")).connection
    scim_id, base_url = made.connection_id, made.base_url
    grace = provision(base_url, made.bearer_token, "Users", userName="grace@acme.example")
    group = {"displayName": "Helpdesk", "members": [{"value": grace["id"]}]}
    provision(base_url, made.bearer_token, "Groups", **group)

    (helpdesk,) = yield admin.scim.get_all_connection_groups()
    yield admin.scim.update_connection(
        scim_id,
        scim_group_implicit_role_assignments=[
            {"group_id": helpdesk.group_id, "role_id": "support"}
        ],
    )
    found = yield admin.organization.members.search(
        query=MemberQuery.all_of(MemberFilter.roles("support"), MemberFilter.ids(grace["id"]))
    )
    for role in found.members[0].roles:
        say("Grace has", f"{role.role_id}, by {role.sources[0].type}")

    rotating = (yield admin.scim.rotate_start(scim_id)).connection
    provision(base_url, rotating.next_bearer_token, "Users", userName="hugo@acme.example")
    yield admin.scim.rotate_complete(scim_id)
    rotated = (yield admin.scim.get_connection()).connection
    say("token replaced", rotated.bearer_token_last_four == rotating.next_bearer_token[-4:])
    yield admin.scim.delete_connection(scim_id)


def connected_apps(admin: Client, member: Client, bob: str, emulator: Emulator) -> Steps:
    """See what Bob lets an application do, and end it."""
    app = emulator.create_connected_app("Calendar", "third_party")
    asked = {
        "client_id": app.client_id,
        "redirect_uri": app.redirect_urls[0],
        "response_type": "code",
    }
    scopes = ["openid", "email"]
    if (yield member.idp.oauth_authorize_start(**asked, scopes=scopes)).consent_required:
        yield member.idp.oauth_authorize_submit(**asked, scopes=scopes, consent_granted=True)
    for each in (yield member.self.get_connected_apps()).connected_apps:
        say("Bob lets", f"{each.name} have {each.scopes_granted}")
    for each in (yield admin.organization.get_connected_apps()).connected_apps:
        users = yield admin.organization.get_connected_app(each.connected_app_id)
        say(f"{each.name} is used by", len(users.active_members))
    yield admin.organization.members.revoke_connected_app(bob, app.client_id)
    left = yield admin.organization.members.get_connected_apps(bob)
    say("left", len(left.connected_apps))


def oneself(member: Client, bob: str, emulator: Emulator) -> Steps:
    """Be Bob: what one may do about oneself needs no role."""
    # By the call of admins, too: it is allowed to whoever it is about.
    yield member.organization.members.update(bob, untrusted_metadata={"theme": "dark"})
    yield member.self.update(name="Robert")
    yield member.self.start_email_update(email_address="robert@acme.example")
    link = emulator.outbox.last(to="robert@acme.example")
    yield member.magic_links.authenticate(magic_links_token=link.token, session_duration_minutes=60)
    renamed = (yield member.self.get()).member
    say("now", f"{renamed.name}, {renamed.email_address}, {renamed.untrusted_metadata}")
    (retired,) = renamed.retired_email_addresses
    yield member.self.unlink_retired_email(email_id=retired.email_id)
    say("given up", retired.email_address)


def endings(admin: Client, bob: str) -> Steps:
    """Delete a Member, bring it back, and delete everything."""
    deleted = MemberQuery.all_of(MemberFilter.statuses("deleted"))
    yield admin.organization.members.delete(bob)
    page = yield admin.organization.members.search(query=deleted)
    say("deactivated", addresses(page.members))
    back = (yield admin.organization.members.reactivate(bob)).member
    say("reactivated", f"{back.email_address} is {back.status}")
    yield admin.organization.delete()
    say("still logged in", admin.session.get_tokens() is not None)


def provision(base_url: str, bearer_token: str, resource: str, **body: Any) -> Any:
    """Send what an identity provider sends."""
    body["schemas"] = [f"urn:ietf:params:scim:schemas:core:2.0:{resource.removesuffix('s')}"]
    headers = {"Authorization": f"Bearer {bearer_token}", "Content-Type": "application/scim+json"}
    request = Request(f"{base_url}/{resource}", json.dumps(body).encode(), headers)  # noqa: S310
    with urlopen(request) as answer:  # noqa: S310 - it is the emulator
        return json.load(answer)


def addresses(found: Any) -> str:
    """Return the names in the e-mail addresses of Members."""
    return ", ".join(member.email_address.partition("@")[0] for member in found)


def say(what: str, answer: object) -> None:
    """Print a line of a section."""
    print(f"    {what:<22}{answer}")


def count(emulator: Emulator) -> None:
    """Say how many calls there were, those of the identity provider not included."""
    operations = [request.operation or "" for request in emulator.requests]
    calls = [each for each in operations if not each.startswith("scim_provider.")]
    print(f"\n  {len(calls)} calls of {len(set(calls))} operations.")


async def with_await(emulator: Emulator) -> None:
    """Make the journey with the asynchronous client, awaiting each step."""
    async with AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url) as client:
        steps = journey(client, emulator)
        step = next(steps)
        with suppress(StopIteration):
            while True:
                try:
                    if hasattr(step, "__aiter__"):
                        answer = [each async for each in step]
                    else:
                        answer = await step
                except StytchError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)


def without_await(emulator: Emulator) -> None:
    """Make it with the blocking client, where a step has been taken when it is yielded."""
    with StytchB2BClient(emulator.public_token, base_url=emulator.url) as client:
        steps = journey(client, emulator)
        answer = next(steps)
        with suppress(StopIteration):
            while True:
                answer = steps.send(list(answer) if hasattr(answer, "__next__") else answer)


def main() -> None:
    """Make the journey twice, each time with an emulator of its own."""
    with Emulator() as emulator:
        print("With await")
        asyncio.run(with_await(emulator))
        count(emulator)
    with Emulator() as emulator:
        print("\nWithout")
        without_await(emulator)
        count(emulator)


if __name__ == "__main__":
    main()
