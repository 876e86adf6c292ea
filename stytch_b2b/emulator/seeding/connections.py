"""Whom members come from: SSO connections, SCIM connections, and Google."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ..rules import one_tap, provisioning, scim, sso
from ..store import Member, Organization, ScimConnection, ScimGroup, SSOConnection
from .people import PeopleSeeding


class ConnectionSeeding(PeopleSeeding):
    """Arranges connections to identity providers."""

    def create_sso_connection(
        self,
        organization: Organization | str,
        display_name: str = "SSO",
        *,
        protocol: Literal["saml", "oidc"] = "saml",
        identity_provider: str = "okta",
        status: Literal["pending", "active"] = "active",
    ) -> SSOConnection:
        """
        Connect an organization to its identity provider, which the emulator plays as well.

        The first active connection becomes the default of the organization.

        Args:
            organization: The organization, or its id, slug or name.

            display_name: Of the connection.

            protocol: ``saml`` or ``oidc``.

            identity_provider: ``okta``, ``microsoft-entra``, ``google-workspace``, ``generic``, …

            status: Nobody can log in by a pending one.

        Raises:
            LookupError: There is no such organization.
        """
        with self._store.lock:
            return sso.create(
                self._store,
                self._organization(organization),
                display_name=display_name,
                protocol=protocol,
                identity_provider=identity_provider,
                status=status,
            )

    def create_external_sso_connection(
        self,
        organization: Organization | str,
        connection: SSOConnection | str,
        display_name: str = "External",
    ) -> SSOConnection:
        """
        Let the members of an organization log in by the connection of another.

        Args:
            organization: The organization, or its id, slug or name.

            connection: The other's connection, or its id.

            display_name: Of the new connection.

        Raises:
            LookupError: There is no such organization or connection.
        """
        with self._store.lock:
            connection_id = connection if isinstance(connection, str) else connection.connection_id
            if connection_id not in self._store.sso_connections:
                msg = f"there is no SSO connection {connection_id}"
                raise LookupError(msg)
            return sso.create_external(
                self._store,
                self._organization(organization),
                self._store.sso_connections[connection_id],
                display_name=display_name,
            )

    def create_scim_connection(
        self,
        organization: Organization | str,
        display_name: str = "Directory",
        identity_provider: str = "okta",
    ) -> ScimConnection:
        """
        Create the SCIM connection of an organization.

        Args:
            organization: The organization, or its id, slug or name.

            display_name: Of the connection.

            identity_provider: One that the API knows.

        Raises:
            ActiveScimConnectionExistsError: The organization has a connection.
            LookupError: There is no such organization.
        """
        with self._store.lock:
            return scim.create(
                self._store,
                self._organization(organization),
                display_name=display_name,
                identity_provider=identity_provider,
            )

    def create_scim_group(
        self,
        connection: ScimConnection | str,
        name: str,
        members: Iterable[Member | str] = (),
    ) -> ScimGroup:
        """
        Add a group to a SCIM connection, as its identity provider would.

        Members whom the identity provider has not provisioned so far become its users.

        Args:
            connection: The connection, or its id.

            name: Of the group.

            members: Who is in it, as members or their ids.

        Raises:
            LookupError: There is no such connection, or its organization has no such member.
        """
        with self._store.lock:
            connection_id = connection if isinstance(connection, str) else connection.connection_id
            if connection_id not in self._store.scim_connections:
                msg = f"there is no SCIM connection {connection_id}"
                raise LookupError(msg)
            found = self._store.scim_connections[connection_id]
            users = [self._scim_user(found, self._member(member)) for member in members]
            group = {"displayName": name, "members": [{"value": user} for user in users]}
            return provisioning.create_group(self._store, found, group)

    def _scim_user(self, connection: ScimConnection, member: Member) -> str:
        if member.organization_id != connection.organization_id:
            msg = f"{member.email_address} is no member of the connection's organization"
            raise LookupError(msg)
        return provisioning.ensure_user(self._store, connection, member).member_id

    def set_google_client_id(self, client_id: str) -> None:
        """
        Set up Google One Tap.

        Args:
            client_id: What Google knows the project by; empty where One Tap is not to be had.
        """
        with self._store.lock:
            self._store.project.google_client_id = client_id

    def google_id_token(
        self,
        email_address: str,
        name: str = "",
        *,
        email_verified: bool = True,
        client_id: str | None = None,
    ) -> str:
        """
        Return an ID token as Google's script hands it to a page for One Tap; it lives an hour.

        Args:
            email_address: Of the person's account.

            name: Full name.

            email_verified: Whether Google vouches for the address.

            client_id: Which application it is for; this one without it.

        Raises:
            InvalidEmailError: The address is none.
        """
        with self._store.lock:
            return one_tap.id_token(
                self._store,
                email_address=email_address,
                name=name,
                email_verified=email_verified,
                audience=client_id,
            )
