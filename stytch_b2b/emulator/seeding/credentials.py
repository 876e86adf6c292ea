"""Who vouches for members: connected apps, trusted issuers, and whoever acts in their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from ..rules import access_tokens, connected_apps, impersonation, trusted_tokens
from ..store import Member, Organization
from ..trust import ClientType, ConnectedApp, TrustedTokenProfile
from .people import PeopleSeeding


class CredentialSeeding(PeopleSeeding):
    """Arranges connected apps, and tokens that others have made."""

    def create_connected_app(
        self,
        client_name: str = "Example app",
        client_type: ClientType = "first_party",
        *,
        redirect_urls: Iterable[str] = ("http://localhost:3000/callback",),
        post_logout_redirect_urls: Iterable[str] = ("http://localhost:3000/logout",),
        client_description: str = "",
        full_access_allowed: bool = False,
        bypass_consent_for_offline_access: bool = False,
        logo_url: str | None = None,
    ) -> ConnectedApp:
        """
        Create an application that acts for members, as an OAuth client of the project.

        Args:
            client_name: Shown to members.

            client_type: ``first_party``, ``third_party``, or either with ``_public``: an app that
                can keep no secret.

            redirect_urls: Where its members' browsers may be sent, exactly.

            post_logout_redirect_urls: The same, after a logout.

            client_description: Shown to members.

            full_access_allowed: Whether it may ask for the scope ``full_access``; first-party only.

            bypass_consent_for_offline_access: Whether it gets ``offline_access`` without asking;
                first-party only.

            logo_url: Shown to members.

        Raises:
            ValueError: There is no such type, or the app may not have what it is to have.
        """
        with self._store.lock:
            return connected_apps.create(
                self._store,
                client_name=client_name,
                client_description=client_description,
                client_type=client_type,
                redirect_urls=redirect_urls,
                post_logout_redirect_urls=post_logout_redirect_urls,
                full_access_allowed=full_access_allowed,
                bypass_consent_for_offline_access=bypass_consent_for_offline_access,
                logo_url=logo_url,
            )

    def create_access_token(
        self,
        member: Member | str,
        scopes: Iterable[str] = ("full_access",),
        app: ConnectedApp | str | None = None,
        *,
        expires_in_minutes: int = 60,
    ) -> str:
        """
        Return an access token, as a connected app gets it after a member's consent.

        `session.exchange_access_token` takes it once, for five minutes, with ``full_access``.

        Args:
            member: Whom the app acts for, or its id.

            scopes: What the app may do.

            app: The app, or its client id. A first-party app is created without it.

            expires_in_minutes: From now on.

        Raises:
            LookupError: There is no such member or app.
        """
        with self._store.lock:
            found = self._member(member)
            client = (
                self.create_connected_app(full_access_allowed=True)
                if app is None
                else self._connected_app(app)
            )
            return access_tokens.create(
                self._store,
                found,
                client,
                scopes=scopes,
                lifetime=timedelta(minutes=expires_in_minutes),
            ).token

    def create_id_token(self, member: Member | str, app: ConnectedApp | str) -> str:
        """
        Return an ID token, with which a connected app knows a member.

        Raises:
            LookupError: There is no such member or app.
        """
        with self._store.lock:
            return connected_apps.id_token(
                self._store, self._connected_app(app), self._member(member)
            )

    def create_trusted_token_profile(
        self,
        name: str = "Example issuer",
        *,
        issuer: str = "https://issuer.example.com",
        audience: str | None = None,
        key: str | Mapping[str, Any] | None = None,
        claims: Mapping[str, str] | None = None,
        can_jit_provision: bool = False,
    ) -> TrustedTokenProfile:
        """
        Trust an issuer, whose JWTs `session.attest` then takes.

        Args:
            name: Of the profile.

            issuer: What ``iss`` has to be.

            audience: What ``aud`` has to be; the project id if not given.

            key: Public key of the issuer, in PEM or as a JSON Web Key. Without it the emulator
                makes a pair, and `trusted_token` signs with it.

            claims: Where ``email``, ``organization_id`` and ``token_id`` are in a token, if not in
                ``email``, ``organization_id`` and ``jti``.

            can_jit_provision: Whether somebody new becomes a member.

        Raises:
            ValueError: The key is none, or there is no such attribute.
        """
        with self._store.lock:
            return trusted_tokens.create_profile(
                self._store,
                name=name,
                issuer=issuer,
                audience=audience,
                key=key,
                claims=claims or {},
                can_jit_provision=can_jit_provision,
            )

    def trusted_token(
        self,
        profile: TrustedTokenProfile | str,
        email_address: str,
        *,
        organization: Organization | str | None = None,
        token_id: str | None = None,
        expires_in_minutes: int = 5,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """
        Return a JWT as the issuer of a profile would sign it, good for one `session.attest`.

        Args:
            profile: The profile, or its id.

            email_address: Whom the token is about.

            organization: The organization, or its id, slug or name. Without it the token has none,
                and the call has to name one.

            token_id: A random one if not given.

            expires_in_minutes: From now on.

            claims: Added, or put in the place of the usual ones.

        Raises:
            LookupError: There is no such profile or organization.
            ValueError: The profile was made with a key, so that its private part is not known.
        """
        with self._store.lock:
            place = None if organization is None else self._organization(organization)
            return trusted_tokens.mint(
                self._store,
                self._profile(profile),
                email_address=email_address,
                organization_id=None if place is None else place.organization_id,
                token_id=token_id,
                lifetime_seconds=expires_in_minutes * 60,
                claims=claims or {},
            )

    def create_impersonation_token(
        self, member: Member | str, impersonator: str = "support@example.com"
    ) -> str:
        """
        Return a token to act in a member's place, as the dashboard makes it.

        It is good once, for five minutes; the session that it starts ends after an hour.

        Args:
            member: Who is impersonated, or its id.

            impersonator: E-mail address of who impersonates.

        Raises:
            ActionAvailableOnlyForActiveMembersError: The member is not active.
            LookupError: There is no such member.
        """
        with self._store.lock:
            found = self._member(member)
            return impersonation.create_token(self._store, found, impersonator=impersonator).token

    def _connected_app(self, reference: ConnectedApp | str) -> ConnectedApp:
        client_id = reference if isinstance(reference, str) else reference.client_id
        if client_id not in self._store.connected_apps:
            msg = f"there is no connected app {client_id}"
            raise LookupError(msg)
        return self._store.connected_apps[client_id]

    def _profile(self, reference: TrustedTokenProfile | str) -> TrustedTokenProfile:
        profile_id = reference if isinstance(reference, str) else reference.profile_id
        if profile_id not in self._store.trusted_token_profiles:
            msg = f"there is no trusted token profile {profile_id}"
            raise LookupError(msg)
        return self._store.trusted_token_profiles[profile_id]
