"""
Every permission that a call or one of its fields needs: enough by itself, and never dispensable.

The calls come from the registry, so that a new one without arguments here is an error. Each is
made by Grace, whose one role grants either just the permission or everything but it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

import pytest
from attrs import evolve, frozen

from stytch_b2b import (
    AsyncStytchB2BClient,
    Decision,
    Permission,
    PermissionDeniedError,
    StytchAPIError,
    _async,
)
from stytch_b2b._declare import ENDPOINTS
from stytch_b2b.emulator import Emulator
from stytch_b2b.permissions import MEMBER, RESOURCES
from tests.api.support import logged

pytestmark = pytest.mark.anyio

for module in pkgutil.iter_modules(_async.__path__):
    importlib.import_module(f"{_async.__name__}.{module.name}")

EVERYTHING = [
    Permission(resource.resource_id, action)
    for resource in RESOURCES
    for action in sorted(resource.actions)
]

PHONE = "+12025550162"
PASSWORD = "violet-tundra-92-kite"


@frozen
class Case:
    """
    A permission, and the call that needs it and nothing else.
    """

    call: str
    field: str | None
    """The field whose own permission it is, if it is not the call's."""
    permission: Permission

    def __str__(self) -> str:
        return self.call if self.field is None else f"{self.call}({self.field})"


CASES = [
    Case(name, field, permission)
    for name, endpoint in ENDPOINTS.items()
    for field, permission in [(None, endpoint.permission), *endpoint.field_permissions.items()]
    if isinstance(permission, Permission)
]
ABOUT_ONESELF = [case for case in CASES if case.permission.or_if_self is not None]

every_case = pytest.mark.parametrize("case", CASES, ids=str)
every_case_about_oneself = pytest.mark.parametrize("case", ABOUT_ONESELF, ids=str)
both_modes = pytest.mark.parametrize("checks", ["explain", "enforce"])

ALSO_ENOUGH = {"self.delete_password": MEMBER["update.info.delete.password"]}
"""Two calls are one route: to the server, whoever may do it to everybody may do it here."""

FAILING = {
    "organization.members.unlink_retired_email": 404,
    "self.unlink_retired_email": 404,
    "scim.create_connection": 400,
    "scim.rotate_cancel": 400,
    "scim.rotate_complete": 400,
    "sso.saml.delete_encryption_private_key": 404,
    "sso.saml.delete_verification_certificate": 404,
    "sso.saml.update_connection(saml_group_implicit_role_assignments)": 400,
    "sso.saml.update_connection_by_url": 400,
}
"""Calls that what Acme has, or has not, stands against; only the permitted are told so."""


@frozen(kw_only=True)
class World:
    """
    What Acme has for calls to be about.
    """

    grace: str
    """The Member who calls."""
    grace_password: str
    bob: str
    bob_password: str
    carol: str
    """A Member who was deleted."""
    app: str
    saml: str
    oidc: str
    external: str
    scim: str
    group: str
    lent: Mapping[str, str]
    """What names a connection that another Organization lends."""


def arguments_of_calls(world: World) -> dict[str, dict[str, Any]]:
    """
    Return what each call is given beside the field that a case is about.
    """
    bob = {"member_id": world.bob}
    app = {"connected_app_id": world.app}
    saml = {"connection_id": world.saml}
    scim = {"connection_id": world.scim}
    return {
        "magic_links.email.invite": {"email_address": "new@acme.example"},
        "organization.delete": {},
        "organization.update": {},
        "organization.members.create": {"email_address": "new@acme.example"},
        "organization.members.delete": bob,
        "organization.members.delete_mfa_phone_number": bob,
        "organization.members.delete_mfa_totp": bob,
        "organization.members.delete_password": {"member_password_id": world.bob_password},
        "organization.members.get_connected_apps": bob,
        "organization.members.reactivate": {"member_id": world.carol},
        "organization.members.revoke_connected_app": {**bob, **app},
        "organization.members.search": {},
        "organization.members.start_email_update": {**bob, "email_address": "new@acme.example"},
        "organization.members.unlink_retired_email": {**bob, "email_address": "old@acme.example"},
        "organization.members.update": bob,
        "scim.create_connection": {},
        "scim.delete_connection": scim,
        "scim.get_connection": {},
        "scim.get_connection_groups": {},
        "scim.rotate_cancel": scim,
        "scim.rotate_complete": scim,
        "scim.rotate_start": scim,
        "scim.update_connection": scim,
        "self.delete_mfa_phone_number": {},
        "self.delete_mfa_totp": {},
        "self.delete_password": {"member_password_id": world.grace_password},
        "self.get_connected_apps": {},
        "self.revoke_connected_app": app,
        "self.start_email_update": {"email_address": "new@acme.example"},
        "self.unlink_retired_email": {"email_address": "old@acme.example"},
        "self.update": {},
        "session.revoke_for_member": bob,
        "sso.delete_connection": {"connection_id": world.oidc},
        "sso.external.create_connection": world.lent,
        "sso.external.update_connection": {"connection_id": world.external},
        "sso.get_connections": {},
        "sso.oidc.create_connection": {},
        "sso.oidc.update_connection": {"connection_id": world.oidc},
        "sso.saml.create_connection": {},
        "sso.saml.delete_encryption_private_key": {**saml, "private_key_id": "none"},
        "sso.saml.delete_verification_certificate": {**saml, "certificate_id": "none"},
        "sso.saml.update_connection": saml,
        "sso.saml.update_connection_by_url": {**saml, "metadata_url": "nowhere"},
    }


def values_of_fields(world: World) -> dict[str, Any]:
    """
    Return a value for each field that has a permission of its own.
    """
    role = [{"role_id": "only"}]
    group_role = [{"role_id": "only", "group": "Engineers"}]
    return {
        "allowed_auth_methods": ["sso"],
        "allowed_mfa_methods": ["totp"],
        "allowed_oauth_tenants": {"slack": ["T1"]},
        "auth_methods": "ALL_ALLOWED",
        "default_mfa_method": "totp",
        "email_address": "new@acme.example",
        "email_allowed_domains": ["acme.example"],
        "email_invites": "ALL_ALLOWED",
        "email_jit_provisioning": "NOT_ALLOWED",
        "external_connection_implicit_role_assignments": role,
        "external_group_implicit_role_assignments": group_role,
        "is_breakglass": True,
        "mfa_enrolled": True,
        "mfa_methods": "ALL_ALLOWED",
        "mfa_phone_number": "+12025550199",
        "mfa_policy": "OPTIONAL",
        "name": "Robert",
        "oauth_tenant_jit_provisioning": "NOT_ALLOWED",
        "organization_logo_url": "https://acme.example/logo.png",
        "organization_name": "Acme Corporation",
        "organization_slug": "acme-corporation",
        "rbac_email_implicit_role_assignments": [{"domain": "acme.example", "role_id": "only"}],
        "roles": ["only"],
        "saml_connection_implicit_role_assignments": role,
        "saml_group_implicit_role_assignments": group_role,
        "scim_group_implicit_role_assignments": [{"group_id": world.group, "role_id": "only"}],
        "sso_default_connection_id": world.saml,
        "sso_jit_provisioning": "NOT_ALLOWED",
        "sso_jit_provisioning_allowed_connections": [world.saml],
        "untrusted_metadata": {"theme": "dark"},
    }


def set_roles(emulator: Emulator, permission: Permission, *also_missing: Permission) -> None:
    """
    Have two roles: `only` grants the permission, and `rest` every other; being a Member, nothing.
    """

    def role(role_id: str, *permissions: Permission) -> dict[str, Any]:
        grants = [{"resource_id": one.resource, "actions": [one.action]} for one in permissions]
        return {"role_id": role_id, "permissions": grants}

    missing = {permission, *also_missing}
    rest = [one for one in EVERYTHING if one not in missing]
    roles = [role("stytch_member"), role("only", permission), role("rest", *rest)]
    emulator.set_policy({"roles": roles})


@pytest.fixture
def world(emulator: Emulator) -> World:
    """
    Acme, with something for each call to be about.
    """
    emulator.set_cross_organization_passwords(False)
    grace, bob = (
        emulator.create_member("Acme", f"{name}@acme.example", password=PASSWORD)
        for name in ("grace", "bob")
    )
    carol = emulator.create_member("Acme", "carol@acme.example", status="deleted")
    app = emulator.create_connected_app()
    for each in (grace, bob):
        emulator.enroll_totp(each)
        emulator.create_access_token(each, ["openid"], app)
    assert grace.password is not None
    assert bob.password is not None
    lender = emulator.create_organization("Lender")
    lent, borrowed = (emulator.create_sso_connection("Lender", name) for name in ("1", "2"))
    scim = emulator.create_scim_connection("Acme")
    return World(
        grace=grace.member_id,
        grace_password=grace.password.password_id,
        bob=bob.member_id,
        bob_password=bob.password.password_id,
        carol=carol.member_id,
        app=app.client_id,
        saml=emulator.create_sso_connection("Acme", "SAML").connection_id,
        oidc=emulator.create_sso_connection("Acme", "OIDC", protocol="oidc").connection_id,
        external=emulator.create_external_sso_connection("Acme", borrowed).connection_id,
        scim=scim.connection_id,
        group=emulator.create_scim_group(scim, "Engineers").group_id,
        lent={
            "external_organization_id": lender.organization_id,
            "external_connection_id": lent.connection_id,
        },
    )


@pytest.fixture
def _phones(emulator: Emulator, world: World, case: Case) -> None:
    """
    Phones of Grace and Bob, if the case is about deleting them.
    """
    if case.call.endswith("delete_mfa_phone_number"):
        emulator.enroll_phone(world.grace, PHONE)
        emulator.enroll_phone(world.bob, "+12025550163")


@pytest.fixture
def grace_with(
    emulator: Emulator, client: AsyncStytchB2BClient
) -> Callable[..., AsyncStytchB2BClient]:
    """
    Make a client that acts as Grace, who holds one role.
    """

    def make(role: str, **options: Any) -> AsyncStytchB2BClient:
        signed_in = emulator.sign_in("grace@acme.example", "Acme", roles=[role])
        return client.with_session(
            session_token=signed_in.session_token, session_jwt=signed_in.session_jwt
        ).with_options(**options)

    return make


def arguments_of(case: Case, world: World, **others: Any) -> dict[str, Any]:
    """
    Return what the call of a case is given.
    """
    given = {**arguments_of_calls(world)[case.call], **others}
    if case.field is not None:
        given[case.field] = values_of_fields(world)[case.field]
    return given


def also_enough(case: Case) -> list[Permission]:
    """
    Return what the server takes for the permission of a case.
    """
    return [ALSO_ENOUGH[case.call]] if case.call in ALSO_ENOUGH else []


def on_oneself(case: Case) -> Permission:
    """
    Return what is enough for the call of a case about the Member who makes it.
    """
    assert case.permission.or_if_self is not None
    return case.permission.or_if_self


def sent_to(case: Case) -> str:
    """
    Return the name that the server has for the call of a case.
    """
    shared = {"self.delete_password": "organization.members.delete_password"}
    return shared.get(case.call, case.call)


async def decide(client: AsyncStytchB2BClient, case: Case, given: Mapping[str, Any]) -> Decision:
    """
    Ask the client whether it may make the call of a case.
    """
    fields = [name for name in given if name not in ENDPOINTS[case.call].path_fields]
    method = attrgetter(case.call)(client)
    return await client.can(method, fields=fields, member_id=given.get("member_id"))


async def status_of(client: AsyncStytchB2BClient, case: Case, given: Mapping[str, Any]) -> int:
    """
    Make the call of a case, and return the status of the answer.
    """
    try:
        response = await attrgetter(case.call)(client)(**given)
    except StytchAPIError as error:
        return error.status_code
    status: int = response.status_code
    return status


@every_case
@both_modes
@pytest.mark.usefixtures("_phones")
async def test_enough(emulator, grace_with, world, case: Case, checks: str) -> None:
    """
    Whoever holds just the permission may make the call, and the client knows.
    """
    set_roles(emulator, case.permission)
    grace = grace_with("only", permission_checks=checks)
    given = arguments_of(case, world)
    decision = await decide(grace, case, given)
    status = await status_of(grace, case, given)

    assert Decision.ALLOWED is decision
    assert FAILING.get(str(case), 200) == status
    assert 1 == len(logged(emulator, sent_to(case)))


@every_case
@both_modes
async def test_missing(emulator, grace_with, world, case: Case, checks: str) -> None:
    """
    Whoever holds everything but the permission is refused, and told just that.
    """
    set_roles(emulator, case.permission, *also_enough(case))
    grace = grace_with("rest", permission_checks=checks)
    given = arguments_of(case, world)
    decision = await decide(grace, case, given)
    with pytest.raises(PermissionDeniedError) as caught:
        await attrgetter(case.call)(grace)(**given)
    error = caught.value

    assert Decision.DENIED is decision
    assert (case.permission,) == error.missing_permissions == error.required_permissions
    assert {"stytch_member", "rest"} == set(error.held_roles or ())
    assert ("only",) == error.granting_roles
    assert (403, checks == "explain") == (error.status_code, error.sent)
    assert int(error.sent) == len(logged(emulator, sent_to(case)))


@every_case_about_oneself
@both_modes
async def test_enough_about_oneself(emulator, grace_with, world, case: Case, checks: str) -> None:
    """
    A Member may change itself with the action on ``stytch.self`` alone.
    """
    set_roles(emulator, on_oneself(case))
    grace = grace_with("only", permission_checks=checks)
    given = arguments_of(case, world, member_id=world.grace)
    decision = await decide(grace, case, given)
    status = await status_of(grace, case, given)

    assert Decision.ALLOWED is decision
    assert 200 == status


@every_case_about_oneself
@both_modes
async def test_not_enough_about_others(
    emulator, grace_with, world, case: Case, checks: str
) -> None:
    """
    With that action a Member changes nobody else; which one is needed is told.
    """
    set_roles(emulator, on_oneself(case))
    grace = grace_with("only", permission_checks=checks)
    given = arguments_of(case, world)
    decision = await decide(grace, case, given)
    undecided = await decide(grace, case, {**given, "member_id": None})
    with pytest.raises(PermissionDeniedError) as caught:
        await attrgetter(case.call)(grace)(**given)
    error = caught.value

    assert Decision.DENIED is decision is undecided
    assert (case.permission,) == error.missing_permissions
    assert ("rest",) == error.granting_roles
    assert (checks == "explain") == error.sent


@every_case_about_oneself
@both_modes
async def test_missing_about_oneself(emulator, grace_with, world, case: Case, checks: str) -> None:
    """
    Without either action a Member cannot change itself; a role with either one would do.
    """
    set_roles(emulator, on_oneself(case), evolve(case.permission, or_if_self=None))
    grace = grace_with("rest", permission_checks=checks)
    given = arguments_of(case, world, member_id=world.grace)
    decision = await decide(grace, case, given)
    with pytest.raises(PermissionDeniedError) as caught:
        await attrgetter(case.call)(grace)(**given)

    assert Decision.DENIED is decision
    assert (case.permission,) == caught.value.missing_permissions
    assert ("only",) == caught.value.granting_roles
    assert (checks == "explain") == caught.value.sent


async def test_fields_together(emulator, grace_with, world) -> None:
    """
    Of several fields each needs its own permission, and those that are missing are named at once.
    """
    set_roles(emulator, MEMBER["update.info.name"], MEMBER["update.settings.roles"])
    given = {"name": "Robert", "roles": ["only"], "is_breakglass": True}
    with pytest.raises(PermissionDeniedError) as caught:
        await grace_with("rest").organization.members.update(world.bob, **given)

    assert {MEMBER["update.info.name"], MEMBER["update.settings.roles"]} == set(
        caught.value.missing_permissions
    )
    assert 3 == len(caught.value.required_permissions)
    assert () == caught.value.granting_roles


@every_case
def test_sync(emulator, sync_client, world, case: Case) -> None:
    """
    The blocking client agrees.
    """
    set_roles(emulator, case.permission, *also_enough(case))
    given = arguments_of(case, world)
    fields = [name for name in given if name not in ENDPOINTS[case.call].path_fields]
    decisions: list[Decision] = []
    for role in ("only", "rest"):
        signed_in = emulator.sign_in("grace@acme.example", "Acme", roles=[role])
        grace = sync_client.with_session(
            session_token=signed_in.session_token, session_jwt=signed_in.session_jwt
        )
        method = attrgetter(case.call)(grace)
        decisions.append(grace.can(method, fields=fields, member_id=given.get("member_id")))
    with pytest.raises(PermissionDeniedError) as caught:
        method(**given)

    assert [Decision.ALLOWED, Decision.DENIED] == decisions
    assert (case.permission,) == caught.value.missing_permissions
