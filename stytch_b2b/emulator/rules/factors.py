"""The proofs of identity that sessions rest on."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from attrs import evolve

from ..store import Factor, Store


def magic_link(store: Store, *, email_id: str, email_address: str) -> Factor:
    """Return the factor of somebody who opened a link in an e-mail."""
    factor = _primary(store, "magic_link", "email", _email(email_id, email_address))
    return evolve(factor, proved_address=email_address)


def email_otp(store: Store, *, email_id: str, email_address: str) -> Factor:
    """Return the factor of somebody who read a passcode in an e-mail."""
    factor = _primary(store, "email_otp", "email", _email(email_id, email_address))
    return evolve(factor, proved_address=email_address)


def password(store: Store, *, proved_address: str | None = None) -> Factor:
    """
    Return the factor of somebody who knows a password.

    Args:
        store: Where everything is.

        proved_address: Where the link was sent that the password was set by, if it was now.
    """
    return evolve(_primary(store, "password", "knowledge", {}), proved_address=proved_address)


def oauth(
    store: Store, provider: str, details: dict[str, Any], *, proved_address: str | None
) -> Factor:
    """
    Return the factor of somebody whom an OAuth provider has authenticated.

    Args:
        store: Where everything is.

        provider: As paths have it.

        details: Who that is at the provider.

        proved_address: The address that the provider vouches for, if it does.
    """
    factor = _primary(
        store, "oauth", f"oauth_{provider}", {f"{provider}_oauth_factor": dict(details)}
    )
    return evolve(factor, proved_address=proved_address)


def sso(
    store: Store,
    protocol: Literal["saml", "oidc"],
    details: dict[str, Any],
    *,
    organization_id: str,
) -> Factor:
    """Return the factor of somebody whom an organization's SSO connection has authenticated."""
    factor = _primary(store, "sso", f"sso_{protocol}", {f"{protocol}_sso_factor": dict(details)})
    return evolve(factor, organization_id=organization_id)


def impersonated(
    store: Store, *, impersonator_id: str, email_address: str, organization_id: str
) -> Factor:
    """Return the factor of somebody who acts in a member's place."""
    details = {"impersonator_id": impersonator_id, "impersonator_email_address": email_address}
    factor = _primary(store, "impersonated", "impersonation", {"impersonated_factor": details})
    return evolve(factor, organization_id=organization_id)


def trusted_auth_token(store: Store, *, token_id: str, organization_id: str) -> Factor:
    """Return the factor of somebody for whom a trusted issuer vouches."""
    details = {"trusted_auth_token_factor": {"token_id": token_id}}
    factor = _primary(store, "trusted_auth_token", "trusted_token_exchange", details)
    return evolve(factor, organization_id=organization_id)


def access_token(store: Store, *, client_id: str, organization_id: str) -> Factor:
    """Return the factor of somebody who gave a connected app an access token."""
    details = {"oauth_access_token_exchange_factor": {"client_id": client_id}}
    factor = _primary(store, "oauth", "oauth_access_token_exchange", details)
    return evolve(factor, organization_id=organization_id)


def sms_otp(store: Store, *, phone_id: str, phone_number: str, organization_id: str) -> Factor:
    """Return the factor of somebody who read a passcode on a phone."""
    details = {"phone_number_factor": {"phone_id": phone_id, "phone_number": phone_number}}
    return _secondary(store, "otp", "sms", details, organization_id)


def totp(store: Store, *, totp_id: str, organization_id: str) -> Factor:
    """Return the factor of somebody who has an authenticator app."""
    details = {"authenticator_app_factor": {"totp_id": totp_id}}
    return _secondary(store, "totp", "authenticator_app", details, organization_id)


def recovery_code(store: Store, *, recovery_code_id: str, organization_id: str) -> Factor:
    """Return the factor of somebody who has a recovery code left."""
    details = {"recovery_code_factor": {"totp_recovery_code_id": recovery_code_id}}
    return _secondary(store, "recovery_codes", "recovery_code", details, organization_id)


def auth_method(factor: Factor) -> str:
    """Return the name that a primary factor's method has in the settings of an organization."""
    if factor.type == "oauth":
        return f"{factor.delivery_method.removeprefix('oauth_')}_oauth"
    return factor.type


def mfa_method(factor: Factor) -> str:
    """
    Return the name that a second factor's method has in the settings of an organization.

    Recovery codes stand in for the authenticator app that they come with.
    """
    return {"otp": "sms_otp", "recovery_codes": "totp"}.get(factor.type, factor.type)


def _email(email_id: str, email_address: str) -> dict[str, dict[str, Any]]:
    return {"email_factor": {"email_id": email_id, "email_address": email_address}}


def _primary(
    store: Store, kind: str, delivery_method: str, details: dict[str, dict[str, Any]]
) -> Factor:
    return _factor(store.clock.now(), kind, delivery_method, "PRIMARY", details)


def _secondary(
    store: Store,
    kind: str,
    delivery_method: str,
    details: dict[str, dict[str, Any]],
    organization_id: str,
) -> Factor:
    # A member sets it up, so it says nothing of who the same person is elsewhere.
    factor = _factor(store.clock.now(), kind, delivery_method, "SECONDARY", details)
    return evolve(factor, organization_id=organization_id)


def _factor(
    now: datetime,
    kind: str,
    delivery_method: str,
    sequence_order: Literal["PRIMARY", "SECONDARY"],
    details: dict[str, dict[str, Any]],
) -> Factor:
    return Factor(
        type=kind,
        delivery_method=delivery_method,
        sequence_order=sequence_order,
        created_at=now,
        updated_at=now,
        last_authenticated_at=now,
        details=details,
    )
