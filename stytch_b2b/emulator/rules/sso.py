"""SSO connections, and logging in by them."""

from __future__ import annotations

from typing import Any, Literal, cast

from ..errors import (
    IndeterminateSsoConnectionForOrganizationError,
    InvalidConnectionForJitProvisioningError,
    MissingSsoConnectionLocatorError,
    NoMatchForProvidedSsoUrlError,
    NoSsoConnectionExistsForOrganizationError,
    SsoConnectionNotFoundError,
    SsoTokenNotFoundError,
    TooManySsoConnectionLocatorsError,
)
from ..federation import DEFAULT_ATTRIBUTE_MAPPING, OIDCSettings, SAMLSettings
from ..store import (
    Assertion,
    AuthorizationRequest,
    Factor,
    Identity,
    Member,
    Organization,
    RedirectType,
    SSOConnection,
    Store,
)
from . import (
    authorization,
    factors,
    logins,
    members,
    organizations,
    pkce,
    proofs,
    redirects,
    registrations,
    sessions,
)


def create(
    store: Store,
    organization: Organization,
    *,
    display_name: str,
    protocol: Literal["saml", "oidc"],
    identity_provider: str,
    status: Literal["pending", "active"],
) -> SSOConnection:
    """
    Create a connection; the first active one is the organization's default.

    Args:
        store: Where.

        organization: Whose.

        display_name: For people.

        protocol: How it works.

        identity_provider: What is at the other end: ``okta``, ``generic``, …

        status: A connection is pending until somebody has configured it. One that is active from
            the beginning is configured for a provider that nobody can reach, but for the
            emulator itself.
    """
    connection = SSOConnection(
        connection_id=store.ids.id(f"{protocol}-connection"),
        organization_id=organization.organization_id,
        display_name=display_name,
        protocol=protocol,
        identity_provider=identity_provider,
        status=status,
    )
    if status == "active":
        _fill_in(connection)
    return _add(store, connection)


def create_external(
    store: Store, organization: Organization, borrowed: SSOConnection, *, display_name: str
) -> SSOConnection:
    """Create a connection that borrows the identity provider of another organization."""
    connection = SSOConnection(
        connection_id=store.ids.id("external-connection"),
        organization_id=organization.organization_id,
        display_name=display_name,
        protocol="external",
        identity_provider=borrowed.identity_provider,
        external_organization_id=borrowed.organization_id,
        external_connection_id=borrowed.connection_id,
    )
    return _add(store, connection)


def activate(store: Store, connection: SSOConnection) -> None:
    """Let people log in by a connection; the first active one is the organization's default."""
    connection.status = "active"
    organization = store.organizations[connection.organization_id]
    if organization.sso_default_connection_id is None:
        organization.sso_default_connection_id = connection.connection_id


def active(store: Store, organization: Organization) -> list[SSOConnection]:
    """Return the connections that an organization uses, in the order they came."""
    return [
        connection
        for connection in store.sso_connections.values()
        if connection.organization_id == organization.organization_id
        and connection.status == "active"
    ]


def start(
    store: Store,
    *,
    connection_id: str | None,
    organization_id: str | None,
    login_redirect_url: str | None,
    signup_redirect_url: str | None,
    pkce_code_challenge: str | None,
    scopes: tuple[str, ...] = (),
    login_hint: str = "",
) -> AuthorizationRequest:
    """
    Begin a login by a connection.

    Args:
        store: Where everything is.

        connection_id: Which one; or else *organization_id*.

        organization_id: Whose default connection.

        login_redirect_url: Where a member is led.

        signup_redirect_url: Where somebody new is led.

        pkce_code_challenge: The token then needs the verifier.

        scopes: Asked for beyond what logging in takes.

        login_hint: Who it will probably be.

    Raises:
        MissingSsoConnectionLocatorError: The connection is not named.
        TooManySsoConnectionLocatorsError: It is named twice.
        ApiError: There is no such connection, or another argument does not fit.
    """
    if connection_id and organization_id:
        raise TooManySsoConnectionLocatorsError
    if connection_id:
        connection = _get_active(store, connection_id)
    elif organization_id:
        connection = _default(store, organizations.get(store, organization_id))
    else:
        raise MissingSsoConnectionLocatorError
    # Nobody is sent to an identity provider that is not there.
    source(store, connection)
    login_url = _checked_url(store, login_redirect_url, "login")
    signup_url = _checked_url(store, signup_redirect_url, "signup")
    pkce.check_challenge(
        store, pkce_code_challenge, flow="sso", redirect_urls=(login_url, signup_url)
    )
    return authorization.begin(
        store,
        flow="sso",
        connection_id=connection.connection_id,
        organization_id=connection.organization_id,
        login_redirect_url=login_url,
        signup_redirect_url=signup_url,
        pkce_code_challenge=pkce_code_challenge,
        scopes=scopes,
        login_hint=login_hint,
    )


def authenticate(
    store: Store,
    *,
    token: str,
    pkce_code_verifier: str | None,
    duration_minutes: int,
    earlier: proofs.Earlier,
) -> logins.Login:
    """
    Log in with the token that a login at an identity provider has ended with.

    Args:
        store: Where everything is.

        token: From the redirect URL.

        pkce_code_verifier: Whose digest the challenge was.

        duration_minutes: Life of the session.

        earlier: What the caller had proved before.

    Raises:
        SsoTokenNotFoundError: The token is unknown, was used, or is too old.
        SsoConnectionNotFoundError: The connection is active no longer.
        InvalidConnectionForJitProvisioningError: The person is new, and the organization lets
            nobody in by this connection.
        AuthMethodNotAllowedError: The person is new, and the organization does not allow SSO.
        ApiError: The verifier, the duration or the intermediate session does not fit.
    """
    sessions.check_duration(duration_minutes)
    assertion = authorization.redeem(
        store,
        token,
        "sso",
        pkce_code_verifier=pkce_code_verifier,
        not_found=SsoTokenNotFoundError,
    )
    who = assertion.identity
    connection = _get_active(store, str(assertion.request.connection_id))
    # Nobody becomes a member by a connection that borrows what is gone.
    lender = source(store, connection)
    factor = _factor(store, connection, who)
    member = _member(store, assertion, earlier)
    login = logins.complete(
        store,
        member,
        proved=[factor],
        duration_minutes=duration_minutes,
        earlier=earlier,
    )
    assertion.used = True
    registration = registrations.with_connection(
        store, member, connection.connection_id, who.subject
    )
    registration.sso_attributes = _attributes(lender, who)
    return login


def discover(store: Store, email_address: str) -> list[SSOConnection]:
    """
    Return the connections by which the owner of an address may log in.

    They are those of the organizations that have the person as a member; or, if there is none,
    those that would make a member of somebody whose address has this domain.

    Raises:
        InvalidEmailError: The address is none.
    """
    address = members.normal_email(email_address)
    domain = address.rpartition("@")[2]
    of_member: list[SSOConnection] = []
    of_domain: list[SSOConnection] = []
    for organization in store.organizations.values():
        member = members.find_by_email(store, organization, address)
        if member is not None and member.status != "deleted":
            of_member += active(store, organization)
        domains = (*organization.email_allowed_domains, *organization.claimed_email_domains)
        if domain in {one.lower() for one in domains}:
            of_domain += [
                connection
                for connection in active(store, organization)
                if organizations.lets_in_by_sso(organization, connection.connection_id)
            ]
    return of_member or of_domain


def source(store: Store, connection: SSOConnection) -> SSOConnection:
    """
    Return the connection that logs in: itself, or the one that an external one borrows.

    Raises:
        SsoConnectionNotFoundError: What it borrows is not there any more.
    """
    if connection.external_connection_id is None:
        return connection
    return _get_active(store, connection.external_connection_id)


def _add(store: Store, connection: SSOConnection) -> SSOConnection:
    store.sso_connections[connection.connection_id] = connection
    if connection.status == "active":
        activate(store, connection)
    return connection


def _fill_in(connection: SSOConnection) -> None:
    issuer = f"https://idp.example.com/{connection.connection_id}"
    if connection.protocol == "saml":
        connection.saml = SAMLSettings(
            idp_entity_id=issuer,
            idp_sso_url=f"{issuer}/sso",
            attribute_mapping=DEFAULT_ATTRIBUTE_MAPPING,
        )
    else:
        connection.oidc = OIDCSettings(
            client_id=connection.connection_id,
            issuer=issuer,
            authorization_url=f"{issuer}/authorize",
            token_url=f"{issuer}/token",
            userinfo_url=f"{issuer}/userinfo",
            jwks_url=f"{issuer}/jwks",
        )


def _get_active(store: Store, connection_id: str) -> SSOConnection:
    connection = store.sso_connections.get(connection_id)
    if connection is None or connection.status != "active":
        raise SsoConnectionNotFoundError
    return connection


def _default(store: Store, organization: Organization) -> SSOConnection:
    connections = active(store, organization)
    if not connections:
        raise NoSsoConnectionExistsForOrganizationError
    if len(connections) == 1:
        return connections[0]
    for connection in connections:
        if connection.connection_id == organization.sso_default_connection_id:
            return connection
    raise IndeterminateSsoConnectionForOrganizationError


def _member(store: Store, assertion: Assertion, earlier: proofs.Earlier) -> Member:
    """Return the member with an account, who may become one just now."""
    request, who = assertion.request, assertion.identity
    organization = organizations.get(store, str(request.organization_id))
    member = registrations.find(store, request, who)
    if member is None:
        member = members.find_by_email(store, organization, who.email_address)
    if member is not None:
        return member
    if not organizations.lets_in_by_sso(organization, str(request.connection_id)):
        raise InvalidConnectionForJitProvisioningError
    organizations.check_may_use(organization, None, "sso")
    logins.check_earlier(store, organization, who.email_address, earlier)
    return members.create_pending(
        store, organization, email_address=who.email_address, name=who.name
    )


def _factor(store: Store, connection: SSOConnection, who: Identity) -> Factor:
    protocol = cast("Literal['saml', 'oidc']", source(store, connection).protocol)
    details = {"provider_id": connection.connection_id, "external_id": who.subject}
    return factors.sso(store, protocol, details, organization_id=connection.organization_id)


def _attributes(connection: SSOConnection, who: Identity) -> dict[str, Any]:
    attributes: dict[str, Any] = {"email": who.email_address, "name": who.name}
    settings = connection.saml if connection.protocol == "saml" else connection.oidc
    if settings.attribute_mapping.get("groups"):
        # Groups are kept only where the connection says what the provider calls them.
        attributes["groups"] = list(who.groups)
    return attributes


def _checked_url(store: Store, url: str | None, kind: RedirectType) -> str:
    return redirects.checked(store, url, kind, unregistered=NoMatchForProvidedSsoUrlError)
