"""Accounts at identity providers that members have logged in with."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from ..store import (
    AuthorizationRequest,
    Factor,
    Identity,
    Member,
    OAuthRegistration,
    SSOConnection,
    SSORegistration,
    Store,
)


def attach(store: Store, member: Member, factor: Factor) -> Factor:
    """
    Register the account that a factor rests on, if it rests on one.

    A factor may be older than its member: who has yet to choose an organization is a member of
    none. So it gets its ids here.

    Returns:
        The factor, with the ids of the registration and of the member's address.
    """
    details = {
        name: _oauth(store, member, factor, value)
        if name.endswith("_oauth_factor")
        else _sso(store, member, value)
        if name.endswith("_sso_factor")
        else value
        for name, value in factor.details.items()
    }
    return evolve(factor, details=details)


def find(store: Store, request: AuthorizationRequest, who: Identity) -> Member | None:
    """Return the member who has logged in with an account before, whatever the address is now."""
    issuer = request.provider or request.connection_id
    for member in store.members_of(str(request.organization_id)):
        accounts = {
            *((each.provider, each.provider_subject) for each in member.oauth_registrations),
            *((each.connection_id, each.external_id) for each in member.sso_registrations),
        }
        if (issuer, who.subject) in accounts:
            return member
    return None


def with_connection(
    store: Store, member: Member, connection_id: str, external_id: str
) -> SSORegistration:
    """Return the registration of an account at a connection with a member; make it if need be."""
    for registration in member.sso_registrations:
        if (registration.connection_id, registration.external_id) == (connection_id, external_id):
            return registration
    registration = SSORegistration(
        registration_id=store.ids.id("sso-registration"),
        connection_id=connection_id,
        external_id=external_id,
    )
    member.sso_registrations.append(registration)
    return registration


def connection_of(factor: Factor) -> str | None:
    """Return the id of the SSO connection that a factor rests on, if it rests on one."""
    for name, value in factor.details.items():
        if name.endswith("_sso_factor"):
            return str(value["provider_id"])
    return None


def forget_connection(store: Store, connection: SSOConnection) -> None:
    """Take every account at an SSO connection from its member."""
    for member in store.members_of(connection.organization_id):
        member.sso_registrations = [
            each
            for each in member.sso_registrations
            if each.connection_id != connection.connection_id
        ]


def _oauth(store: Store, member: Member, factor: Factor, details: dict[str, Any]) -> dict[str, Any]:
    provider, subject = factor.delivery_method.removeprefix("oauth_"), details["provider_subject"]
    for registration in member.oauth_registrations:
        if (registration.provider, registration.provider_subject) == (provider, subject):
            break
    else:
        registration = OAuthRegistration(
            registration_id=store.ids.id("oauth-member"),
            provider=provider,
            provider_subject=subject,
        )
        member.oauth_registrations.append(registration)
    tenant_ids = (*registration.tenant_ids, *_tenant_ids(details))
    registration.tenant_ids = tuple(dict.fromkeys(tenant_ids))
    return {**details, "id": registration.registration_id, "email_id": member.email_id}


def _tenant_ids(details: dict[str, Any]) -> tuple[str, ...]:
    if "provider_tenant_id" in details:
        return (details["provider_tenant_id"],)
    return tuple(details.get("provider_tenant_ids", ()))


def _sso(store: Store, member: Member, details: dict[str, Any]) -> dict[str, Any]:
    connection_id, external_id = details["provider_id"], details["external_id"]
    if store.sso_connections[connection_id].status == "deleted":
        # A session may be older than the end of the connection that it was begun by.
        return details
    registration = with_connection(store, member, connection_id, external_id)
    return {**details, "id": registration.registration_id}
