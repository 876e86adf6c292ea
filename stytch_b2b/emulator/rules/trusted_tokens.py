"""Trusted tokens: JWTs of an issuer that the project relies on, exchanged for sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import tokens
from ..errors import (
    InvalidTokenOrganizationIdClaimError,
    InvalidTrustedAuthTokenError,
    MemberNotFoundError,
    OrganizationNotFoundError,
    TokenMissingOrganizationIdClaimError,
    TrustedTokenProfileNotFoundError,
)
from ..store import Member, MemberSession, Organization, Store
from ..trust import TRUSTED_CLAIMS, TrustedTokenProfile
from . import factors, logins, members, organizations, sessions


def create_profile(
    store: Store,
    *,
    name: str,
    issuer: str,
    audience: str | None,
    key: str | Mapping[str, Any] | None,
    claims: Mapping[str, str],
    can_jit_provision: bool,
) -> TrustedTokenProfile:
    """
    Trust an issuer, as the dashboard does it.

    Args:
        store: Where everything is.

        name: Of the profile.

        issuer: What ``iss`` has to be.

        audience: What ``aud`` has to be; the project id if not given.

        key: Public key of the issuer. Without it the profile gets a pair of its own.

        claims: Where ``email``, ``organization_id`` and ``token_id`` are in a token, if they are
            elsewhere than usual.

        can_jit_provision: Whether somebody new becomes a member.

    Raises:
        ValueError: The key is none, or there is no such attribute.
    """
    unknown = sorted(set(claims) - set(TRUSTED_CLAIMS))
    if unknown:
        msg = f"a trusted token has {', '.join(TRUSTED_CLAIMS)}, and no {', '.join(unknown)}"
        raise ValueError(msg)
    private_key: Any = None
    if key is None:
        private_key = tokens.new_issuer_key()
        public_key = private_key.public_key()
    else:
        public_key = tokens.public_key(key)
    profile = TrustedTokenProfile(
        profile_id=store.ids.id("trusted-token-profile"),
        name=name,
        issuer=issuer,
        audience=audience or store.project.project_id,
        public_key=public_key,
        private_key=private_key,
        claims={attribute: claims.get(attribute, usual) for attribute, usual in _USUAL},
        can_jit_provision=can_jit_provision,
    )
    store.trusted_token_profiles[profile.profile_id] = profile
    return profile


def mint(
    store: Store,
    profile: TrustedTokenProfile,
    *,
    email_address: str,
    organization_id: str | None,
    token_id: str | None,
    lifetime_seconds: int,
    claims: Mapping[str, Any],
) -> str:
    """
    Sign a token as the issuer would.

    Args:
        store: Where everything is.

        profile: Whose token.

        email_address: Whom it is about.

        organization_id: Where the person logs in; in the token only if given.

        token_id: A random one if not given.

        lifetime_seconds: From now on.

        claims: Added, or put in the place of the usual ones.

    Raises:
        ValueError: The issuer's private key is not known here.
    """
    if profile.private_key is None:
        msg = f"{profile.name} has a public key of its own; sign with the private key that fits it"
        raise ValueError(msg)
    usual = {
        "iss": profile.issuer,
        "aud": profile.audience,
        "sub": email_address,
        profile.claims["email"]: email_address,
        profile.claims["token_id"]: token_id or store.ids.uuid(),
    }
    if organization_id is not None:
        usual[profile.claims["organization_id"]] = organization_id
    return tokens.sign_as_issuer(
        {**usual, **claims},
        profile.private_key,
        issued_at=store.clock.now(),
        lifetime_seconds=lifetime_seconds,
    )


def attest(
    store: Store,
    *,
    profile_id: str,
    token: str,
    organization_id: str | None,
    duration_minutes: int | None,
    session: MemberSession | None,
) -> MemberSession:
    """
    Exchange a trusted token for a session.

    Args:
        store: Where everything is.

        profile_id: Whose token.

        token: The JWT, good for one exchange.

        organization_id: Where to log in. If the token has an organization too, it is the same; if
            there is neither, it is that of the session.

        duration_minutes: Life of the session from now on. Without it a session that is there
            ends when it would have.

        session: The caller's. If the token is about the same member, it is strengthened.

    Raises:
        InvalidSessionDurationError: The duration is outside of what the API allows.
        TrustedTokenProfileNotFoundError: There is no such profile.
        InvalidTrustedAuthTokenError: The token cannot be relied on, or was used before.
        OrganizationNotFoundError: There is no such organization.
        TokenMissingOrganizationIdClaimError: Nothing says where to log in.
        InvalidTokenOrganizationIdClaimError: The token is for no organization, or another one.
        MemberNotFoundError: The organization has no such member.
    """
    if duration_minutes is not None:
        sessions.check_duration(duration_minutes)
    profile = store.trusted_token_profiles.get(profile_id)
    if profile is None:
        raise TrustedTokenProfileNotFoundError
    claims = _trusted(store, profile, token)
    token_id = claims[profile.claims["token_id"]]
    organization = _organization(
        store, organization_id, claims.get(profile.claims["organization_id"]), session
    )
    email_address = members.normal_email(claims[profile.claims["email"]])
    attested = logins.complete_vouched(
        store,
        _member(store, profile, organization, email_address),
        factors.trusted_auth_token(
            store, token_id=token_id, organization_id=organization.organization_id
        ),
        duration_minutes=duration_minutes,
        session=session,
    )
    profile.used_token_ids.add(token_id)
    return attested


_USUAL = tuple(TRUSTED_CLAIMS.items())


def _trusted(store: Store, profile: TrustedTokenProfile, token: str) -> dict[str, Any]:
    try:
        claims = tokens.verified(
            token,
            profile.public_key,
            issuer=profile.issuer,
            audience=profile.audience,
            now=store.clock.now(),
        )
    except tokens.UnverifiedTokenError:
        raise InvalidTrustedAuthTokenError from None
    for attribute in ("email", "token_id"):
        said = claims.get(profile.claims[attribute])
        if not said or not isinstance(said, str):
            message = f"The trusted auth token has no {profile.claims[attribute]}."
            raise InvalidTrustedAuthTokenError(message)
    if claims[profile.claims["token_id"]] in profile.used_token_ids:
        raise InvalidTrustedAuthTokenError
    return claims


def _organization(
    store: Store, given: str | None, claimed: object, session: MemberSession | None
) -> Organization:
    wanted = None if given is None else organizations.get(store, given)
    if claimed is None:
        if wanted is not None:
            return wanted
        if session is not None:
            return store.organizations[session.organization_id]
        raise TokenMissingOrganizationIdClaimError
    try:
        said = organizations.get(store, str(claimed))
    except OrganizationNotFoundError:
        raise InvalidTokenOrganizationIdClaimError from None
    if wanted not in (None, said):
        raise InvalidTokenOrganizationIdClaimError
    return said


def _member(
    store: Store, profile: TrustedTokenProfile, organization: Organization, email_address: str
) -> Member:
    member = members.find_by_email(store, organization, email_address)
    if member is not None:
        return member
    if not profile.can_jit_provision:
        raise MemberNotFoundError
    return members.create_pending(store, organization, email_address=email_address)
