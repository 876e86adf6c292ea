"""
What type checkers know of the public API; never run.

Each ``type: ignore`` claims that the line is an error: mypy and pyright both report those that are
not needed.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any

from typing_extensions import assert_never, assert_type

import stytch_b2b
from stytch_b2b import (
    AsyncChanges,
    AsyncKeepAlive,
    AsyncStytchB2BClient,
    AttemptEvent,
    Change,
    Changes,
    Clock,
    Decision,
    EncryptedFileStorage,
    EventHooks,
    InvalidArgumentError,
    KeepAlive,
    KeyringStorage,
    MemberFilter,
    MemberQuery,
    MemberQueryDict,
    MemoryStorage,
    NoSessionError,
    Permission,
    PermissionDeniedError,
    PKCEPair,
    RateLimitedError,
    SessionState,
    Software,
    Storage,
    StorageUnavailableError,
    StytchAPIError,
    StytchB2BClient,
    StytchConnectionError,
    StytchError,
    StytchOutcomeUnknownError,
    StytchResponseError,
    SystemClock,
    Timeout,
)
from stytch_b2b._async.members import AsyncOrganizationMembers
from stytch_b2b._async.oauth import AsyncOAuthProvider
from stytch_b2b._async.organization import OrganizationInfo
from stytch_b2b._async.otps import AsyncOTPsEmailDiscovery
from stytch_b2b._async.scim import AsyncSCIM
from stytch_b2b._async.self import MemberInfo
from stytch_b2b._async.session import SessionInfo, SessionTokens
from stytch_b2b._sync.passwords import PasswordsDiscovery
from stytch_b2b._sync.scim import SCIM
from stytch_b2b.models._response import APIResponse
from stytch_b2b.models.authentication import AuthMethod, MFAMethod
from stytch_b2b.models.connected_apps import (
    ConnectedAppActiveMember,
    MemberConnectedAppsResponse,
    OrganizationConnectedApp,
)
from stytch_b2b.models.discovery import (
    DiscoveredMembership,
    DiscoveredOrganization,
    DiscoveredOrganizationsResponse,
)
from stytch_b2b.models.idp import IDPOAuthAuthorizeStartResponse, IDPOAuthAuthorizeSubmitResponse
from stytch_b2b.models.impersonation import ImpersonationAuthenticateResponse
from stytch_b2b.models.login import (
    ChooseOrganization,
    DiscoveryResponse,
    LoggedIn,
    LoginOutcome,
    LoginResponse,
    NeedsMFA,
    NeedsPrimaryFactor,
    SecondFactorResponse,
    SessionResponse,
)
from stytch_b2b.models.magic_links import MagicLinksAuthenticateResponse
from stytch_b2b.models.member import (
    Member,
    MemberChangedResponse,
    MemberDeletedResponse,
    MemberResponse,
    MemberSearchResponse,
)
from stytch_b2b.models.member_session import MemberSession
from stytch_b2b.models.oauth import (
    GoogleOneTapStartResponse,
    OAuthAuthenticateResponse,
    OAuthDiscoveryAuthenticateResponse,
    OAuthProviderValues,
)
from stytch_b2b.models.organization import (
    Organization,
    OrganizationDeletedResponse,
    OrganizationResponse,
    PublicOrganization,
    SSOActiveConnection,
)
from stytch_b2b.models.otps import OTPsEmailAuthenticateResponse
from stytch_b2b.models.passwords import PasswordResetResponse, PasswordStrengthCheckResponse
from stytch_b2b.models.recovery_codes import RecoveryCodesRecoverResponse, RecoveryCodesResponse
from stytch_b2b.models.scim import (
    SCIMConnectionDeletedResponse,
    SCIMConnectionResponse,
    SCIMGroup,
)
from stytch_b2b.models.sso import SSOAuthenticateResponse
from stytch_b2b.models.sso_connections import (
    OIDCConnection,
    SAMLConnectionResponse,
    X509Certificate,
)


async def making_clients() -> None:
    AsyncStytchB2BClient()
    AsyncStytchB2BClient("public-token", base_url="https://a", timeout=3, retries=0)
    AsyncStytchB2BClient(timeout=Timeout(connect=1, read=2.5), permission_checks="enforce")
    AsyncStytchB2BClient(app="shop", sdk=Software("sdk", "1"), clock=SystemClock())
    client = AsyncStytchB2BClient(storage=MemoryStorage())
    assert_type(await client.hydrate(), SessionState)
    assert_type(client.storage_error, StorageUnavailableError | None)
    AsyncStytchB2BClient(storage="directory")  # type: ignore[arg-type]
    AsyncStytchB2BClient("public-token", "https://a")  # type: ignore[call-arg]
    AsyncStytchB2BClient(permission_checks="sometimes")  # type: ignore[arg-type]
    AsyncStytchB2BClient(retries="2")  # type: ignore[arg-type]
    AsyncStytchB2BClient(timeout="3")  # type: ignore[arg-type]
    AsyncStytchB2BClient(clock=datetime.now)  # type: ignore[arg-type]
    Timeout(5)  # type: ignore[call-arg]

    async with AsyncStytchB2BClient() as client:
        assert_type(client, AsyncStytchB2BClient)
    with StytchB2BClient() as blocking:
        assert_type(blocking, StytchB2BClient)
    with AsyncStytchB2BClient():  # type: ignore[attr-defined]
        pass


async def calling(client: AsyncStytchB2BClient) -> None:
    assert_type(client.scim, AsyncSCIM)
    response = await client.scim.update_connection(
        "id",
        display_name="name",
        identity_provider="okta",
        scim_group_implicit_role_assignments=[{"group_id": "g", "role_id": "r"}],
    )
    assert_type(response, SCIMConnectionResponse)
    assert_type(response.connection.display_name, str)
    assert_type(response.request_id, str)
    assert_type(response.meta.headers, Mapping[str, str])
    assert_type(response.raw, dict[str, Any])
    assert_type(
        await client.scim.delete_connection(connection_id="id"), SCIMConnectionDeletedResponse
    )
    assert_type(await client.self.get(), MemberResponse)

    # An open set: names that the SDK does not know are fine.
    await client.scim.create_connection(identity_provider="brand-new")

    await client.scim.update_connection()  # type: ignore[call-arg]
    await client.scim.update_connection("id", "name")  # type: ignore[call-arg]
    await client.scim.update_connection("id", dispaly_name="name")  # type: ignore[call-arg]
    await client.scim.update_connection("id", display_name=5)  # type: ignore[arg-type]
    await client.scim.update_connection(
        "id",
        scim_group_implicit_role_assignments=[{"group_id": "g"}],  # type: ignore[typeddict-item]
    )
    await client.scim.get_connection_groups(limit="5")  # type: ignore[arg-type]
    await client.scim.remove_connection("id")  # type: ignore[attr-defined]
    response.connection.display_name = "other"  # type: ignore[misc]
    response.no_such_field  # type: ignore[attr-defined]

    login = await client.magic_links.authenticate(
        magic_links_token="t", session_duration_minutes=60
    )
    assert_type(login, MagicLinksAuthenticateResponse)
    # The Organization may demand another factor first.
    assert_type(login.member_session, MemberSession | None)
    login.member_session.roles  # type: ignore[union-attr]
    await client.magic_links.authenticate(magic_links_token="t")  # type: ignore[call-arg]


async def logging_in(client: AsyncStytchB2BClient) -> None:
    assert_type(client.otps.email.discovery, AsyncOTPsEmailDiscovery)
    by_passcode = await client.otps.email.authenticate(
        organization_id="o", email_address="e", code="c", session_duration_minutes=60
    )
    assert_type(by_passcode, OTPsEmailAuthenticateResponse)
    assert_type(by_passcode.outcome, LoginOutcome)
    second = await client.totp.authenticate(
        organization_id="o",
        member_id="m",
        code="c",
        session_duration_minutes=60,
        set_mfa_enrollment="enroll",
    )
    assert_type(second, SecondFactorResponse)
    # A second factor is the last: nothing can be lacking after it.
    assert_type(second.member_session, MemberSession)
    assert_type(second.outcome, LoggedIn)
    recovered = await client.recovery_codes.recover(
        organization_id="o", member_id="m", recovery_code="c", session_duration_minutes=60
    )
    assert_type(recovered, RecoveryCodesRecoverResponse)
    assert_type((await client.recovery_codes.get()).recovery_codes, tuple[str, ...])
    assert_type(await client.recovery_codes.rotate(), RecoveryCodesResponse)
    assert_type(
        await client.magic_links.email.invite(
            email_address="e", roles=["r"], untrusted_metadata={"a": [1]}
        ),
        MemberChangedResponse,
    )
    assert_type(
        await client.magic_links.discovery.authenticate(discovery_magic_links_token="t"),
        DiscoveryResponse,
    )
    strength = await client.passwords.strength_check(password="p")
    assert_type(strength, PasswordStrengthCheckResponse)
    assert_type(await client.passwords.reset_by_session(password="p"), PasswordResetResponse)

    await client.otps.sms.authenticate(
        organization_id="o",
        member_id="m",
        code="c",
        session_duration_minutes=60,
        # A closed set.
        set_mfa_enrollment="maybe",  # type: ignore[arg-type]
    )
    await client.otps.sms.send(organization_id="o")  # type: ignore[call-arg]
    await client.passwords.strength_check("p")  # type: ignore[call-arg]
    by_passcode.outcome.member_session  # type: ignore[union-attr]


async def logging_in_by_browser(client: AsyncStytchB2BClient) -> None:
    # The beginnings are no calls: their URLs are there at once.
    assert_type(client.oauth.google, AsyncOAuthProvider)
    assert_type(client.oauth.slack.start(organization_slug="acme", custom_scopes=["a"]), str)
    assert_type(client.oauth.github.discovery.start(provider_params={"prompt": "login"}), str)
    assert_type(client.sso.start(connection_id="c"), str)
    assert_type(client.utils.get_pkce_pair("oauth"), PKCEPair | None)
    by_oauth = await client.oauth.authenticate(oauth_token="t")
    assert_type(by_oauth, OAuthAuthenticateResponse)
    assert_type(by_oauth.provider_values, OAuthProviderValues | None)
    assert_type(by_oauth.outcome, LoginOutcome)
    found = await client.oauth.discovery.authenticate(discovery_oauth_token="t")
    assert_type(found, OAuthDiscoveryAuthenticateResponse)
    assert_type(found.outcome, ChooseOrganization)
    assert_type(
        await client.oauth.google_one_tap.discovery.start(id_token="t"), GoogleOneTapStartResponse
    )
    assert_type((await client.oauth.google_one_tap.get_client_id()).google_client_id, str)
    by_sso = await client.sso.authenticate(sso_token="t", session_duration_minutes=60)
    assert_type(by_sso, SSOAuthenticateResponse)
    connections = (await client.sso.discover_connections("e")).connections
    assert_type(connections, tuple[SSOActiveConnection, ...])

    saml = await client.sso.saml.update_connection(
        "id",
        identity_provider="brand-new",
        attribute_mapping={"email": "NameID"},
        saml_connection_implicit_role_assignments=[{"role_id": "r"}],
        saml_group_implicit_role_assignments=[{"group": "g", "role_id": "r"}],
    )
    assert_type(saml, SAMLConnectionResponse)
    assert_type(saml.connection.verification_certificates, tuple[X509Certificate, ...])
    oidc = await client.sso.oidc.update_connection("id", issuer="i")
    assert_type(oidc.warning, str | None)
    assert_type((await client.sso.get_connections()).oidc_connections, tuple[OIDCConnection, ...])
    await client.sso.saml.update_connection_by_url("id")  # type: ignore[call-arg]
    await client.sso.oidc.update_connection("id", attribute_mapping=["email"])  # type: ignore[arg-type]
    await client.sso.external.update_connection(
        "id",
        external_group_implicit_role_assignments=[{"role_id": "r"}],  # type: ignore[typeddict-item]
    )

    client.oauth.google.start("organization-id")  # type: ignore[call-arg]
    client.oauth.google.start(provider_params=["prompt"])  # type: ignore[arg-type]
    client.oauth.google.discovery.start(organization_id="o")  # type: ignore[call-arg]
    client.sso.start(provider_params={})  # type: ignore[call-arg]
    client.utils.get_pkce_pair()  # type: ignore[call-arg]
    client.utils.get_pkce_pair("magic-links")  # type: ignore[arg-type]
    await client.sso.authenticate(sso_token="t")  # type: ignore[call-arg]


async def choosing_an_organization(client: AsyncStytchB2BClient) -> None:
    listed = await client.discovery.organizations.list()
    assert_type(listed, DiscoveredOrganizationsResponse)
    assert_type(listed.discovered_organizations[0].membership, DiscoveredMembership)
    made = await client.discovery.organizations.create(
        session_duration_minutes=60,
        organization_name="Acme",
        mfa_policy="REQUIRED_FOR_ALL",
        allowed_auth_methods=["sso"],
        allowed_oauth_tenants={"slack": ["T1"]},
    )
    assert_type(made, LoginResponse)
    chosen = await client.discovery.intermediate_sessions.exchange(
        organization_id="o", session_duration_minutes=60
    )
    assert_type(chosen, LoginResponse)
    await client.discovery.organizations.create(
        session_duration_minutes=60,
        mfa_policy="SOMETIMES",  # type: ignore[arg-type]
    )
    await client.discovery.organizations.create()  # type: ignore[call-arg]


async def other_sessions(client: AsyncStytchB2BClient) -> None:
    assert_type(await client.session.attest(profile_id="p", token="t"), SessionResponse)
    exchanged = await client.session.exchange_access_token(
        access_token="t", session_duration_minutes=60
    )
    assert_type(exchanged.member_session, MemberSession)
    assert_type(await client.session.revoke_for_member("m"), APIResponse)
    assert_type(
        await client.impersonation.authenticate(impersonation_token="t"),
        ImpersonationAuthenticateResponse,
    )
    asked = await client.idp.oauth_authorize_start(
        client_id="c", redirect_uri="u", response_type="code", scopes=["openid"]
    )
    assert_type(asked, IDPOAuthAuthorizeStartResponse)
    assert_type(
        await client.idp.oauth_authorize_submit(
            client_id="c",
            redirect_uri="u",
            response_type="code",
            scopes=["openid"],
            consent_granted=True,
        ),
        IDPOAuthAuthorizeSubmitResponse,
    )
    ending = await client.idp.oauth_logout_start(
        client_id="c", post_logout_redirect_uri="u", state="s"
    )
    assert_type(ending.consent_required, bool)


async def searching(client: AsyncStytchB2BClient, blocking: StytchB2BClient) -> None:
    members = client.organization.members
    query = MemberQuery.all_of(
        MemberFilter.statuses("active", "invited"),
        MemberFilter.email_fuzzy("ada"),
        MemberFilter.is_breakglass(False),
    )
    assert_type(query, MemberQuery)
    assert_type(query.as_dict(), MemberQueryDict)
    page = await members.search(query=query, limit=10)
    assert_type(page, MemberSearchResponse)
    assert_type(page.members, tuple[Member, ...])
    assert_type(page.organizations, Mapping[str, Organization])
    assert_type(page.results_metadata.next_cursor, str | None)
    await members.search(query=query.as_dict(), cursor=page.results_metadata.next_cursor)
    # A filter that is unknown here.
    await members.search(
        query={"operator": "AND", "operands": [{"filter_name": "new", "filter_value": True}]}
    )

    results = members.search_all(query=query, limit=10)
    assert_type(results.cursor, str | None)
    async for member in results:
        assert_type(member, Member)
    iterator: AsyncIterator[Member] = results
    assert_type([each.email_address async for each in iterator], list[str])
    async for group in client.scim.get_all_connection_groups():
        assert_type(group, SCIMGroup)
    for member in blocking.organization.members.search_all(query=query, cursor="c"):
        assert_type(member, Member)
    assert_type(next(blocking.scim.get_all_connection_groups()), SCIMGroup)
    assert_type(list(blocking.organization.members.search_all()), list[Member])

    for member in members.search_all():  # type: ignore[attr-defined]
        pass
    await members.search_all()  # type: ignore[misc]
    MemberFilter.statuses("activ")  # type: ignore[arg-type]
    MemberFilter.statuses(["active"])  # type: ignore[arg-type]
    MemberFilter.email_fuzzy()  # type: ignore[call-arg]
    MemberFilter.email_fuzzy("a", "b")  # type: ignore[call-arg]
    MemberFilter.roles(5)  # type: ignore[arg-type]
    MemberFilter.password_exists("yes")  # type: ignore[arg-type]
    MemberFilter.member_ids("m")  # type: ignore[attr-defined]
    MemberQuery.any_of("ada")  # type: ignore[arg-type]
    await members.search(query=MemberFilter.roles("r"))  # type: ignore[arg-type]
    await members.search(query={"operator": "XOR", "operands": []})  # type: ignore[arg-type]
    await members.search(query=query, page=1)  # type: ignore[call-arg]
    query.operator = "OR"  # type: ignore[misc]


def what_a_login_came_to(response: LoginResponse) -> None:
    outcome = response.outcome
    match outcome:
        case LoggedIn(member_session=member_session, member=member):
            assert_type(member_session, MemberSession)
            assert_type(member, Member)
        case NeedsMFA(enrolled=enrolled) as needed:
            assert_type(enrolled, tuple[MFAMethod, ...])
            assert_type(needed.organization_id, str)
        case NeedsPrimaryFactor(allowed_auth_methods=allowed):
            assert_type(allowed, tuple[AuthMethod, ...])
        case _:
            assert_never(outcome)


def what_a_second_factor_came_to(response: SessionResponse) -> None:
    outcome = response.outcome
    match outcome:
        case LoggedIn(organization=organization):
            assert_type(organization, Organization)
        case _:
            assert_never(outcome)


def what_a_discovery_came_to(response: DiscoveryResponse) -> None:
    outcome = response.outcome
    match outcome:
        case ChooseOrganization(discovered_organizations=discovered):
            assert_type(discovered, tuple[DiscoveredOrganization, ...])
        case _:
            assert_never(outcome)


def what_one_forgets(response: LoginResponse) -> None:
    outcome = response.outcome
    match outcome:
        case LoggedIn() | NeedsMFA():
            pass
        case _:
            assert_never(outcome)  # type: ignore[arg-type]


async def administering(client: AsyncStytchB2BClient) -> None:
    assert_type(client.organization.members, AsyncOrganizationMembers)
    assert_type(
        await client.organization.update(
            auth_methods="RESTRICTED",
            allowed_auth_methods=["sso", "google_oauth"],
            rbac_email_implicit_role_assignments=[{"domain": "acme.example", "role_id": "r"}],
            allowed_oauth_tenants={"slack": ["T1"]},
        ),
        OrganizationResponse,
    )
    by_slug = await client.organization.get_by_slug(organization_slug="acme")
    assert_type(by_slug.organization, PublicOrganization | None)
    assert_type(await client.organization.delete(), OrganizationDeletedResponse)
    apps = await client.organization.get_connected_apps()
    assert_type(apps.connected_apps, tuple[OrganizationConnectedApp, ...])
    app = await client.organization.get_connected_app("app")
    assert_type(app.active_members, tuple[ConnectedAppActiveMember, ...])
    assert_type(
        await client.organization.members.update("id", roles=["r"], untrusted_metadata={"a": None}),
        MemberChangedResponse,
    )
    assert_type(await client.organization.members.delete("id"), MemberDeletedResponse)
    assert_type(await client.self.get_connected_apps(), MemberConnectedAppsResponse)
    assert_type(await client.self.revoke_connected_app("app"), APIResponse)
    assert_type(
        await client.self.start_email_update(email_address="e", delivery_method="EMAIL_OTP"),
        MemberChangedResponse,
    )

    await client.organization.update(mfa_policy="SOMETIMES")  # type: ignore[arg-type]
    await client.organization.update(
        rbac_email_implicit_role_assignments=[{"domain": "d"}],  # type: ignore[typeddict-item]
    )
    await client.organization.members.update(roles=["r"])  # type: ignore[call-arg]
    await client.organization.members.create("e")  # type: ignore[call-arg]
    await client.self.update(default_mfa_method="email")  # type: ignore[arg-type]
    await client.self.update(is_breakglass=True)  # type: ignore[call-arg]
    by_slug.organization.organization_name  # type: ignore[union-attr]


async def deprecated_names(client: AsyncStytchB2BClient, blocking: StytchB2BClient) -> None:
    # Checkers say what to call instead, and know the types all the same.
    assert_type(await client.member.get(), MemberResponse)  # type: ignore[deprecated]
    assert_type(blocking.member.get(), MemberResponse)  # type: ignore[deprecated]
    assert_type(blocking.member.get_sync(), Member | None)  # type: ignore[deprecated]
    blocking.member.update(name=5)  # type: ignore[deprecated, arg-type]


async def tasks(client: AsyncStytchB2BClient) -> None:
    # A call is a coroutine, so that a task can be made of it, and one not awaited is noticed.
    task = asyncio.create_task(client.scim.get_connection_groups(limit=10))
    assert_type((await task).scim_groups[0].group_id, str)
    coroutine: Coroutine[Any, Any, MemberResponse] = client.self.get()
    await coroutine
    client.scim.rotate_start("id")  # type: ignore[unused-coroutine]
    client.scim.get_connection().connection  # type: ignore[attr-defined]


def blocking(client: StytchB2BClient) -> None:
    assert_type(client.scim, SCIM)
    assert_type(client.scim.update_connection("id", display_name="name"), SCIMConnectionResponse)
    assert_type(client.self.get().member, Member)
    assert_type(client.passwords.discovery, PasswordsDiscovery)
    login = client.passwords.discovery.authenticate(email_address="e", password="p")
    assert_type(login.outcome, ChooseOrganization)
    assert_type(client.oauth.hubspot.start(organization_id="o"), str)
    assert_type(client.discovery.organizations.list(), DiscoveredOrganizationsResponse)
    assert_type(client.with_session(session_token="t"), StytchB2BClient)
    assert_type(client.with_request({"Cookie": "a=b"}), StytchB2BClient)
    assert_type(client.hydrate(), SessionState)
    assert_type(client.can(client.scim.get_connection), Decision)
    client.scim.update_connection("id", dispaly_name="name")  # type: ignore[call-arg]


def watching(attempt: Callable[[AttemptEvent], None]) -> None:
    AsyncStytchB2BClient(event_hooks=[EventHooks(attempt=attempt), EventHooks(drift=print)])
    StytchB2BClient(event_hooks=(EventHooks(response=lambda e: assert_type(e.attempts, int)),))
    EventHooks(attempt=lambda event: assert_type(event.status_code, int | None))
    EventHooks(state_change=lambda event: assert_type(event.new, SessionState))
    EventHooks(request=attempt)  # type: ignore[arg-type]
    AsyncStytchB2BClient(event_hooks=EventHooks())  # type: ignore[arg-type]


async def keeping_alive(client: AsyncStytchB2BClient, blocking: StytchB2BClient) -> None:
    async with client.session.keep_alive(extend=60) as kept:
        assert_type(kept, AsyncKeepAlive)
        assert_type(await kept.wait_stopped(), StytchError | None)
        assert_type(kept.error, StytchError | None)
        assert_type(kept.is_running, bool)
    with blocking.session.keep_alive() as blocking_kept:
        assert_type(blocking_kept, KeepAlive)
        assert_type(blocking_kept.wait_stopped(), StytchError | None)
    with client.session.keep_alive():  # type: ignore[attr-defined]
        pass
    client.session.keep_alive(60)  # type: ignore[call-arg]


async def following(client: AsyncStytchB2BClient, blocking: StytchB2BClient) -> None:
    async with client.session.changes() as changes:
        assert_type(changes, AsyncChanges[MemberSession | None])
    async for change in client.self.changes():
        assert_type(change, Change[Member | None])
        assert_type(change.old, Member | None)
    async for state_change in client.state_changes():
        assert_type(state_change.new, SessionState)
    with blocking.organization.changes() as blocking_changes:
        assert_type(blocking_changes, Changes[Organization | None])
    for blocking_change in blocking.state_changes():
        assert_type(blocking_change, Change[SessionState])
        blocking_change.new = SessionState()  # type: ignore[misc]


async def deriving(client: AsyncStytchB2BClient) -> None:
    assert_type(client.with_session(session_token="t", session_jwt="j"), AsyncStytchB2BClient)
    assert_type(client.with_session(session_token="t").state, SessionState)
    assert_type(client.with_state(SessionState.from_json(b"{}")), AsyncStytchB2BClient)
    assert_type(client.with_request({"Cookie": "a=b"}, session_cookie="a"), AsyncStytchB2BClient)
    client.with_request({b"Cookie": b"a=b"})  # type: ignore[dict-item]
    assert_type(client.with_options(timeout=3, retries=0), AsyncStytchB2BClient)
    client.with_session("t")  # type: ignore[call-arg]
    client.with_session(session_jwt="j")  # type: ignore[call-arg]
    client.with_session(session_token=None)  # type: ignore[arg-type]
    client.with_options(base_url="https://a")  # type: ignore[call-arg]


async def permissions(client: AsyncStytchB2BClient) -> None:
    assert_type(await client.can(client.scim.update_connection, fields=["a"]), Decision)
    assert_type(await client.rbac.is_authorized("documents", "read"), bool)
    assert_type(await client.rbac.all_permissions(), Mapping[str, Mapping[str, bool]])
    await client.can("scim.update_connection")  # type: ignore[arg-type]


def state(client: AsyncStytchB2BClient) -> None:
    assert_type(client.state.member, Member | None)
    assert_type(client.state.organization, Organization | None)
    assert_type(client.state.session_token, str | None)
    assert_type(client.state.to_json(), bytes)
    assert_type(client.session.get_sync(), MemberSession | None)
    assert_type(client.session.get_info(), SessionInfo)
    assert_type(client.session.get_tokens(), SessionTokens | None)
    assert_type(client.session.on_change(lambda old, new: (old, new)), Callable[[], None])
    assert_type(client.self.get_sync(), Member | None)
    assert_type(client.self.get_info(), MemberInfo)
    assert_type(client.self.on_change(lambda old, new: (old, new)), Callable[[], None])
    assert_type(client.organization.get_sync(), Organization | None)
    assert_type(client.organization.get_info(), OrganizationInfo)
    assert_type(client.organization.on_change(lambda old, new: (old, new)), Callable[[], None])
    assert_type(
        client.on_state_change(lambda old, new: (old.member, new.organization)),
        Callable[[], None],
    )
    client.state.session_token = "t"  # type: ignore[misc]
    client.state = SessionState()  # type: ignore[misc]
    client.session.on_change(lambda new: (new,))  # type: ignore[arg-type, misc]
    client.on_state_change(lambda new: (new,))  # type: ignore[arg-type, misc]


def errors(error: StytchError) -> None:
    match error:
        case PermissionDeniedError():
            assert_type(error.missing_permissions, tuple[Permission, ...])
            assert_type(error.held_roles, tuple[str, ...] | None)
            assert_type(error.status_code, int)
        case RateLimitedError():
            assert_type(error.retry_after, float | None)
        case StytchAPIError():
            assert_type(error.error_type, str)
            assert_type(error.headers["Retry-After"], str)
            assert_type(error.error_details, Mapping[str, Any] | None)
        case StytchOutcomeUnknownError():
            assert_type(error.timed_out, bool)
        case StytchConnectionError():
            assert_type(error.attempts, int)
            error.timed_out  # type: ignore[attr-defined]
        case StytchResponseError():
            assert_type(error.body, bytes)
        case InvalidArgumentError():
            assert_type(error.problems["name"], str)
        case NoSessionError():
            assert_type(error.endpoint, str)
        case StorageUnavailableError():
            assert_type(error.reason, str)
        case _:
            error.endpoint  # type: ignore[attr-defined]


class MyClock:
    def now(self) -> datetime:
        raise NotImplementedError

    def monotonic(self) -> float:
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


clock: Clock = MyClock()


class MyStorage:
    def load(self, key: str) -> bytes | None:
        raise NotImplementedError

    def save(self, key: str, data: bytes) -> None:
        raise NotImplementedError

    def delete(self, key: str) -> None:
        raise NotImplementedError


storages: list[Storage] = [
    MyStorage(),
    MemoryStorage(),
    EncryptedFileStorage("directory", key=EncryptedFileStorage.generate_key()),
    KeyringStorage("program", directory="directory"),
    MyClock(),  # type: ignore[list-item]
]
stytch_b2b.StytchB2CClient  # type: ignore[attr-defined]
