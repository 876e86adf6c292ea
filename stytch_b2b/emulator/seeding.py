"""State that tests arrange: organizations, members, sessions, groups, roles and settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from . import shapes
from .errors import OrganizationNotFoundError
from .policy import ADMIN_ROLE, checked_policy
from .rules import logins, members, organizations, project, scim, sessions
from .store import Member, Organization, ScimConnection, ScimGroup, Store

DEFAULT_ORGANIZATION_NAME = "Example"


@frozen(kw_only=True)
class SignedIn:
    """A session that was seeded, with everything a client needs to act in it."""

    organization_id: str
    member_id: str
    member_session_id: str
    session_token: str = field(repr=False)
    session_jwt: str = field(repr=False)


class Seeding:
    """
    Arrange state from any thread.

    Organizations and members that the methods return are the emulator's own, to be read; what
    changes them is `update_organization` and `update_member`, and the API itself.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def create_organization(
        self, name: str = DEFAULT_ORGANIZATION_NAME, slug: str | None = None, **settings: Any
    ) -> Organization:
        """
        Create an organization.

        Args:
            name: Display name.

            slug: Made from the name if not given.

            **settings: Any field of the API's organization: ``mfa_policy``, ``custom_roles``, …

        Raises:
            ValueError: A setting is unknown, or the slug is taken.
        """
        with self._store.lock:
            return organizations.create(self._store, name=name, slug=slug, settings=settings)

    def update_organization(
        self, organization: Organization | str, **settings: Any
    ) -> Organization:
        """
        Change settings of an organization, whoever would be permitted to do so.

        Args:
            organization: The organization, or its id, slug or name.

            **settings: As for `create_organization`.

        Raises:
            ValueError: A setting is unknown.
            LookupError: There is no such organization.
        """
        with self._store.lock:
            found = self._organization(organization)
            organizations.update(self._store, found, settings)
            return found

    def create_member(
        self,
        organization: Organization | str,
        email_address: str,
        name: str = "",
        roles: Sequence[str] = (),
        **settings: Any,
    ) -> Member:
        """
        Create an active member.

        Args:
            organization: The organization, or its id, slug or name.

            email_address: At most one member of an organization has it.

            name: Full name.

            roles: Ids of the roles to assign, beyond ``stytch_member``.

            **settings: Any other field of the API's member: ``mfa_enrolled``, ``status``, …

        Raises:
            ValueError: A setting or role is unknown, or the address is taken.
            LookupError: There is no such organization.
        """
        with self._store.lock:
            return members.create(
                self._store,
                self._organization(organization),
                email_address=email_address,
                settings={"name": name, "roles": roles, **settings},
            )

    def update_member(self, member: Member | str, **settings: Any) -> Member:
        """
        Change fields of a member, whoever would be permitted to do so.

        Args:
            member: The member, or its id.

            **settings: As for `create_member`.

        Raises:
            ValueError: A setting or role is unknown.
            LookupError: There is no such member.
        """
        with self._store.lock:
            found = self._member(member)
            members.update(self._store, found, settings)
            return found

    def create_session(self, member: Member | str, duration_minutes: int = 60) -> SignedIn:
        """
        Start a session of a member, as if a magic link had been opened.

        Args:
            member: The member, or its id.

            duration_minutes: 5 to 527040.

        Raises:
            InvalidSessionDurationError: The duration is outside of that.
            LookupError: There is no such member.
        """
        with self._store.lock:
            found = self._member(member)
            factor = logins.email_factor(found, now=self._store.clock.now())
            session = sessions.start(
                self._store, found, factors=[factor], duration_minutes=duration_minutes
            )
            return SignedIn(
                organization_id=session.organization_id,
                member_id=session.member_id,
                member_session_id=session.member_session_id,
                session_token=session.token,
                session_jwt=shapes.session_jwt(self._store, session),
            )

    def sign_in(
        self,
        email_address: str = "ada@example.com",
        organization: Organization | str | None = None,
        roles: Sequence[str] | None = None,
        *,
        duration_minutes: int = 60,
    ) -> SignedIn:
        """
        Start a session in one call; whatever is not there yet is created.

        Args:
            email_address: Of the member.

            organization: The organization, or its id, slug or name. The first one without it.

            roles: Ids of the roles to assign. Without it somebody new gets ``stytch_admin``, and
                a member's roles stay as they are.

            duration_minutes: 5 to 527040.

        Raises:
            ValueError: A role is unknown.
        """
        with self._store.lock:
            place = self._organization_or_new(organization)
            address = members.normal_email(email_address)
            member = members.find_by_email(self._store, place, address)
            if member is None:
                assigned = (ADMIN_ROLE,) if roles is None else roles
                member = self.create_member(place, address, roles=assigned)
            elif roles is not None:
                members.update(self._store, member, {"roles": roles})
            return self.create_session(member, duration_minutes)

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

        Args:
            connection: The connection, or its id.

            name: Of the group.

            members: Who is in it, as members or their ids.

        Raises:
            LookupError: There is no such connection or member.
        """
        with self._store.lock:
            connection_id = connection if isinstance(connection, str) else connection.connection_id
            if connection_id not in self._store.scim_connections:
                msg = f"there is no SCIM connection {connection_id}"
                raise LookupError(msg)
            return scim.add_group(
                self._store,
                self._store.scim_connections[connection_id],
                name=name,
                members=[self._member(member) for member in members],
            )

    def set_custom_roles(
        self, organization: Organization | str, roles: Iterable[Mapping[str, Any]]
    ) -> None:
        """
        Replace the roles that an organization has of its own.

        Args:
            organization: The organization, or its id, slug or name.

            roles: Each ``{"role_id": …, "permissions": [{"resource_id": …, "actions": […]}]}``.

        Raises:
            LookupError: There is no such organization.
        """
        self.update_organization(organization, custom_roles=roles)

    def set_policy(self, policy: Mapping[str, Any]) -> None:
        """
        Replace the RBAC policy of the project.

        Args:
            policy: In the shape of bootstrap's ``rbac_policy``.

        Raises:
            ValueError: The mapping is no policy.
        """
        with self._store.lock:
            self._store.project.policy = checked_policy(policy)

    def set_bootstrap(self, **flags: Any) -> None:
        """
        Change fields of the bootstrap answer; those not named stay.

        Args:
            **flags: ``pkce_required_for_email_magic_links``, ``captcha_settings``, …

        Raises:
            ValueError: Bootstrap has no such field.
        """
        with self._store.lock:
            project.set_bootstrap(self._store, flags)

    def _organization(self, reference: Organization | str) -> Organization:
        if isinstance(reference, Organization):
            return self._organization(reference.organization_id)
        for organization in self._store.organizations.values():
            if organization.organization_name == reference:
                return organization
        try:
            return organizations.get(self._store, reference)
        except OrganizationNotFoundError:
            msg = f"there is no organization {reference!r}"
            raise LookupError(msg) from None

    def _organization_or_new(self, reference: Organization | str | None) -> Organization:
        if reference is None:
            first = next(iter(self._store.organizations.values()), None)
            return first or self.create_organization()
        try:
            return self._organization(reference)
        except LookupError:
            if isinstance(reference, Organization):
                raise
            return self.create_organization(reference)

    def _member(self, reference: Member | str) -> Member:
        member_id = reference if isinstance(reference, str) else reference.member_id
        if member_id not in self._store.members:
            msg = f"there is no member {member_id}"
            raise LookupError(msg)
        return self._store.members[member_id]
