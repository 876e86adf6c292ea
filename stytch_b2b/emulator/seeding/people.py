"""Who there is: organizations, members, what they log in with, and their sessions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from attrs import field, frozen

from .. import shapes
from ..errors import OrganizationNotFoundError
from ..policy import ADMIN_ROLE
from ..rules import (
    factors,
    members,
    organizations,
    otps,
    passwords,
    second_factors,
    sessions,
    totp,
)
from ..store import Member, Organization, Store, TOTPRegistration

DEFAULT_ORGANIZATION_NAME = "Example"


@frozen(kw_only=True)
class SignedIn:
    """A session that was seeded, with everything a client needs to act in it."""

    organization_id: str
    member_id: str
    member_session_id: str
    session_token: str = field(repr=False)
    session_jwt: str = field(repr=False)


class PeopleSeeding:
    """Arranges organizations and members."""

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
                With ``is_suspended`` its members are shut out.

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
        *,
        password: str | None = None,
        **settings: Any,
    ) -> Member:
        """
        Create an active member.

        Args:
            organization: The organization, or its id, slug or name.

            email_address: At most one member of an organization has it.

            name: Full name.

            roles: Ids of the roles to assign, beyond ``stytch_member``.

            password: As for `set_password`.

            **settings: Any other field of the API's member: ``mfa_enrolled``, ``status``, …

        Raises:
            ValueError: A setting or role is unknown, or the address is taken.
            LookupError: There is no such organization.
        """
        with self._store.lock:
            member = members.create(
                self._store,
                self._organization(organization),
                email_address=email_address,
                settings={"name": name, "roles": roles, **settings},
            )
            if password is not None:
                passwords.put(self._store, member, password)
            return member

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

    def set_password(self, member: Member | str, password: str) -> None:
        """
        Set the password of a member; sessions stay.

        It holds in every organization where somebody has the same e-mail address, unless
        `set_cross_organization_passwords` says otherwise.

        Args:
            member: The member, or its id.

            password: Also one that the API would refuse, such as ``password``.

        Raises:
            LookupError: There is no such member.
        """
        with self._store.lock:
            passwords.put(self._store, self._member(member), password)

    def enroll_totp(self, member: Member | str) -> TOTPRegistration:
        """
        Give a member an authenticator app that has shown its first code, and recovery codes.

        The member then needs a second factor at every login.

        Args:
            member: The member, or its id.

        Raises:
            LookupError: There is no such member.
        """
        with self._store.lock:
            found = self._member(member)
            registration = totp.register(self._store, found, lifetime=timedelta())
            registration.is_verified = True
            self._enroll(found, "totp")
            return registration

    def totp_code(self, member: Member | str) -> str:
        """
        Return what a member's authenticator app shows, by the emulator's clock.

        A code works once: who needs another moves the clock by 30 seconds.

        Args:
            member: The member, or its id.

        Raises:
            LookupError: There is no such member, or it has no app.
        """
        with self._store.lock:
            found = self._member(member)
            if found.totp is None:
                msg = f"{found.email_address} has no authenticator app"
                raise LookupError(msg)
            return totp.current_code(self._store, found.totp)

    def enroll_phone(self, member: Member | str, phone_number: str) -> None:
        """
        Give a member a phone that has received its first passcode.

        The member then needs a second factor at every login.

        Args:
            member: The member, or its id.

            phone_number: In E.164 format.

        Raises:
            InvalidPhoneNumberError: It is not.
            LookupError: There is no such member.
        """
        with self._store.lock:
            otps.check_phone_number(phone_number)
            found = self._member(member)
            numbers = {"mfa_phone_number": phone_number, "mfa_phone_number_verified": True}
            members.update(self._store, found, numbers)
            self._enroll(found, "sms_otp")

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
            factor = factors.magic_link(
                self._store, email_id=found.email_id, email_address=found.email_address
            )
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

    def _enroll(self, member: Member, method: second_factors.MFAMethod) -> None:
        default = member.default_mfa_method or method
        changes = {"mfa_enrolled": True, "default_mfa_method": default}
        members.update(self._store, member, changes)

    def _member(self, reference: Member | str) -> Member:
        member_id = reference if isinstance(reference, str) else reference.member_id
        if member_id not in self._store.members:
            msg = f"there is no member {member_id}"
            raise LookupError(msg)
        return self._store.members[member_id]
