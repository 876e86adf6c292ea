"""The Members of the Organization, for those who administer them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from .._arguments import EmailDeliveryMethod, Locale, MFAMethodName
from .._declare import EndpointGroup, stands_for
from .._endpoint import ActsAs, Retry, StateEffect
from ..models._response import APIResponse
from ..models._types import JSONObject
from ..models.connected_apps import MemberConnectedAppsResponse
from ..models.member import (
    Member,
    MemberChangedResponse,
    MemberDeletedResponse,
    MemberSearchResponse,
)
from ..permissions import MEMBER, UNDOCUMENTED
from ..search import MemberQuery, MemberQueryDict
from ._resource import AsyncResource
from .results import AsyncResults, Page

organization_members = EndpointGroup("organization.members")


class AsyncOrganizationMembers(AsyncResource):
    """
    The Members of the Organization, for those who administer them.

    The Member who makes a call may be the one it is about: then the client's state follows.
    """

    __slots__ = ()

    @organization_members.post(
        "/sdk/v1/b2b/organizations/members",
        acts_as=ActsAs.SESSION,
        permission=MEMBER["create"],
        retry=Retry.CREATES,
    )
    async def create(
        self,
        *,
        email_address: str,
        is_breakglass: bool | None = None,
        create_member_as_pending: bool | None = None,
        roles: Sequence[str] | None = None,
        name: str | None = None,
        mfa_enrolled: bool | None = None,
        mfa_phone_number: str | None = None,
        untrusted_metadata: JSONObject | None = None,
    ) -> MemberChangedResponse:
        """
        Create a Member of the Organization.

        No e-mail is sent; `AsyncMagicLinksEmail.invite` creates a Member and tells the person.

        Args:
            email_address: Address of the person; no other Member of the Organization has it.
            is_breakglass: Whether the Member may log in by any method, whatever the Organization
                restricts. Default: no.
            create_member_as_pending: Whether the Member is ``pending`` until the first login, not
                ``active`` at once. Default: no.
            roles: IDs of the roles that the Member gets besides those that it has by its e-mail
                domain or its identity provider. Default: none.
            name: Name that people see.
            mfa_enrolled: Whether a second factor is asked for at every login, even where the
                Organization leaves that to its Members. Default: no.
            mfa_phone_number: Phone number that passcodes go to, as ``+`` and digits.
            untrusted_metadata: Facts about the Member that it may change itself: never base a
                decision on them.

        Raises:
            AuthenticationError: The session is expired or revoked.
            BadRequestError: It is no e-mail address or no phone number, a deleted Member has the
                address, or there is no such role.
            ConflictError: Another Member has the e-mail address or the phone number.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the Member may exist.

        Permission:
            ``create`` on ``stytch.member``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/create-member
        """
        ...

    @organization_members.put(
        "/sdk/v1/b2b/organizations/members/{member_id}",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        field_permissions={
            "name": MEMBER["update.info.name"].or_self,
            "mfa_enrolled": MEMBER["update.settings.mfa-enrolled"].or_self,
            "mfa_phone_number": MEMBER["update.info.mfa-phone"].or_self,
            "untrusted_metadata": MEMBER["update.info.untrusted-metadata"].or_self,
            "is_breakglass": MEMBER["update.settings.is-breakglass"],
            "roles": MEMBER["update.settings.roles"],
            "default_mfa_method": MEMBER["update.settings.default-mfa-method"].or_self,
            "email_address": MEMBER["update.info.email"],
        },
        retry=Retry.IDEMPOTENT,
        state_effect=StateEffect.UPDATE_MEMBER_IF_SELF,
    )
    async def update(
        self,
        member_id: str,
        *,
        preserve_existing_sessions: bool | None = None,
        name: str | None = None,
        mfa_enrolled: bool | None = None,
        mfa_phone_number: str | None = None,
        untrusted_metadata: JSONObject | None = None,
        is_breakglass: bool | None = None,
        roles: Sequence[str] | None = None,
        default_mfa_method: MFAMethodName | None = None,
        email_address: str | None = None,
        unlink_email: bool | None = None,
    ) -> MemberChangedResponse:
        """
        Update a Member of the Organization.

        Only what is given changes; ``None`` means not given, and an empty string or list is a
        value.

        Args:
            member_id: ID or external ID of the Member.
            preserve_existing_sessions: Whether sessions go on that the Member began by SSO, when
                ``roles`` takes away a role that the SSO connection assigns too. Default: they end.
            name: Name that people see.
            mfa_enrolled: Whether a second factor is asked for at every login, even where the
                Organization leaves that to its Members.
            mfa_phone_number: Phone number that passcodes go to, as ``+`` and digits. A number that
                the Member has already must be deleted before.
            untrusted_metadata: Facts about the Member that it may change itself: never base a
                decision on them. What is given is merged with what is there, at the top level
                only; a key whose value is ``None`` is deleted.
            is_breakglass: Whether the Member may log in by any method, whatever the Organization
                restricts.
            roles: IDs of the roles that are assigned to the Member directly. Replaces all that
                were; those by its e-mail domain or its identity provider stay.
            default_mfa_method: The second factor that is asked for first where the Member has
                both.
            email_address: Address of the person; no other Member of the Organization has it. The
                old one is retired.
            unlink_email: Whether the old address is given up at once, so that others may take it,
                when ``email_address`` is given. Default: no.

        Raises:
            AuthenticationError: The session is expired or revoked.
            BadRequestError: Something is not what it has to be, such as an e-mail address, a phone
                number, or a role that there is; or the Member is deleted, or is the last that may
                administer the Organization.
            ConflictError: Another Member has the e-mail address or the phone number, or the Member
                has another phone number.
            NotFoundError: The Organization has no such Member.
            PermissionDeniedError: The Member who makes the call lacks a permission named below.
            NoSessionError: The client holds no session.

        Permission:
            Undocumented.
            name: ``update.info.name`` on ``stytch.member``, or on ``stytch.self`` about oneself,
            instead.
            mfa_enrolled: ``update.settings.mfa-enrolled`` on ``stytch.member``, or on
            ``stytch.self`` about oneself, instead.
            mfa_phone_number: ``update.info.mfa-phone`` on ``stytch.member``, or on ``stytch.self``
            about oneself, instead.
            untrusted_metadata: ``update.info.untrusted-metadata`` on ``stytch.member``, or on
            ``stytch.self`` about oneself, instead.
            is_breakglass: ``update.settings.is-breakglass`` on ``stytch.member`` instead.
            roles: ``update.settings.roles`` on ``stytch.member`` instead.
            default_mfa_method: ``update.settings.default-mfa-method`` on ``stytch.member``, or on
            ``stytch.self`` about oneself, instead.
            email_address: ``update.info.email`` on ``stytch.member`` instead.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/update-member
        """
        ...

    @organization_members.delete(
        "/sdk/v1/b2b/organizations/members/{member_id}",
        acts_as=ActsAs.SESSION,
        permission=MEMBER["delete"],
        retry=Retry.ENDS,
        state_effect=StateEffect.CLEAR_ALL_IF_SELF,
    )
    async def delete(self, member_id: str) -> MemberDeletedResponse:
        """
        Delete a Member of the Organization, whose sessions and invitations end with this.

        `reactivate` brings the Member back. Whoever deletes the Member that the client acts as is
        logged out: the client forgets all about it.

        Args:
            member_id: ID or external ID of the Member.

        Raises:
            AuthenticationError: The session is expired or revoked.
            BadRequestError: The Member is deleted already, or is the last that may administer the
                Organization.
            NotFoundError: The Organization has no such Member.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the Member may be deleted.

        Permission:
            ``delete`` on ``stytch.member``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/delete-member
        """
        ...

    @organization_members.put(
        "/sdk/v1/b2b/organizations/members/{member_id}/reactivate",
        acts_as=ActsAs.SESSION,
        permission=MEMBER["create"],
        retry=Retry.CREATES,
    )
    async def reactivate(self, member_id: str) -> MemberChangedResponse:
        """
        Bring back a Member who was deleted.

        Args:
            member_id: ID or external ID of the Member.

        Raises:
            AuthenticationError: The session is expired or revoked.
            BadRequestError: The Member is not deleted, has never proved its e-mail address, or
                somebody else has it by now.
            NotFoundError: The Organization never had such a Member.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the Member may be back.

        Permission:
            ``create`` on ``stytch.member``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/reactivate-member
        """
        ...

    @organization_members.delete(
        "/sdk/v1/b2b/organizations/members/passwords/{member_password_id}",
        acts_as=ActsAs.SESSION,
        permission=MEMBER["update.info.delete.password"],
        retry=Retry.ENDS,
        state_effect=StateEffect.UPDATE_MEMBER_IF_SELF,
        shares_route_with="self.delete_password",
    )
    async def delete_password(self, member_password_id: str) -> MemberChangedResponse:
        """
        Delete the password of a Member of the Organization.

        Args:
            member_password_id: `Member.member_password_id` of the Member.

        Raises:
            AuthenticationError: The session is expired or revoked.
            BadRequestError: The password is good for other Organizations as well.
            NotFoundError: No Member of the Organization has such a password.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the password may be deleted.

        Permission:
            ``update.info.delete.password`` on ``stytch.member``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/delete-member-password
        """
        ...

    @organization_members.delete(
        "/sdk/v1/b2b/organizations/members/mfa_phone_numbers/{member_id}",
        acts_as=ActsAs.SESSION,
        permission=MEMBER["update.info.delete.mfa-phone"],
        retry=Retry.ENDS,
        state_effect=StateEffect.UPDATE_MEMBER_IF_SELF,
    )
    async def delete_mfa_phone_number(self, member_id: str) -> MemberChangedResponse:
        """
        Delete the phone number that a Member of the Organization gets passcodes at.

        That is also the first step of changing it; `update` sets the other.

        Args:
            member_id: ID or external ID of the Member.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NotFoundError: The Organization has no such Member, or the Member has no phone number.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the phone number may be deleted.

        Permission:
            ``update.info.delete.mfa-phone`` on ``stytch.member``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/delete-member-mfa-phone-number
        """
        ...

    @organization_members.delete(
        "/sdk/v1/b2b/organizations/members/totp/{member_id}",
        acts_as=ActsAs.SESSION,
        permission=MEMBER["update.info.delete.mfa-totp"],
        retry=Retry.ENDS,
        state_effect=StateEffect.UPDATE_MEMBER_IF_SELF,
    )
    async def delete_mfa_totp(self, member_id: str) -> MemberChangedResponse:
        """
        Delete the registration of the authenticator app of a Member of the Organization.

        Args:
            member_id: ID or external ID of the Member.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NotFoundError: The Organization has no such Member, or the Member has no authenticator
                app.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the registration may be deleted.

        Permission:
            ``update.info.delete.mfa-totp`` on ``stytch.member``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/delete-member-mfa-totp
        """
        ...

    @organization_members.post(
        "/sdk/v1/b2b/organizations/members/{member_id}/unlink_retired_email",
        acts_as=ActsAs.SESSION,
        permission=MEMBER["update.info.unlink.retired-email"],
        retry=Retry.ENDS,
        state_effect=StateEffect.UPDATE_MEMBER_IF_SELF,
    )
    async def unlink_retired_email(
        self, member_id: str, *, email_id: str | None = None, email_address: str | None = None
    ) -> MemberChangedResponse:
        """
        Give up an e-mail address that a Member had, so that others may take it.

        `Member.retired_email_addresses` has those there are. One of the last two arguments is
        needed; if both are given, they must mean the same address.

        Args:
            member_id: ID or external ID of the Member.
            email_id: ID of the address.
            email_address: The address.

        Raises:
            AuthenticationError: The session is expired or revoked.
            BadRequestError: Neither is given.
            NotFoundError: The Organization has no such Member, or the Member has no such retired
                address.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the address may be given up.

        Permission:
            ``update.info.unlink.retired-email`` on ``stytch.member``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/unlink-retired-member-email
        """
        ...

    @organization_members.post(
        "/sdk/v1/b2b/organizations/members/{member_id}/start_email_update",
        acts_as=ActsAs.SESSION,
        permission=MEMBER["update.info.email"],
        retry=Retry.SENDS_MESSAGE,
        state_effect=StateEffect.UPDATE_MEMBER_IF_SELF,
    )
    async def start_email_update(
        self,
        member_id: str,
        *,
        email_address: str,
        login_redirect_url: str | None = None,
        locale: Locale | None = None,
        login_template_id: str | None = None,
        delivery_method: EmailDeliveryMethod | None = None,
    ) -> MemberChangedResponse:
        """
        Send an e-mail to the address that a Member is to have instead of its own.

        The Member keeps its address until it logs in by what the e-mail brings.

        Args:
            member_id: ID or external ID of the Member.
            email_address: The new address.
            login_redirect_url: Where the link leads. It must be registered. Default: the project's.
            locale: Language of the e-mail. Default: English.
            login_template_id: Template of the e-mail. Default: the project's.
            delivery_method: Whether the e-mail brings a link or a passcode. Default: a link.

        Raises:
            AuthenticationError: The session is expired or revoked.
            BadRequestError: It is no e-mail address, another Member had it or is about to have it,
                the Member is not active or has not proved its own, or the redirect URL is not
                registered.
            ConflictError: A Member has the address, this one or another.
            NotFoundError: The Organization has no such Member.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the e-mail may be on its way.

        Permission:
            ``update.info.email`` on ``stytch.member``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/start-member-email-update
        """
        ...

    @organization_members.get(
        "/sdk/v1/b2b/organizations/members/{member_id}/connected_apps",
        acts_as=ActsAs.SESSION,
        permission=MEMBER["get.connected-apps"],
        retry=Retry.READ,
    )
    async def get_connected_apps(self, member_id: str) -> MemberConnectedAppsResponse:
        """
        Get the Connected Apps that a Member of the Organization lets act for them.

        Args:
            member_id: ID or external ID of the Member.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NotFoundError: The Organization has no such Member.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.

        Permission:
            ``get.connected-apps`` on ``stytch.member``.

        See: https://stytch.com/docs/b2b/sdks/members/get-member-connected-apps
        """
        ...

    @organization_members.post(
        "/sdk/v1/b2b/organizations/members/{member_id}/connected_apps/{connected_app_id}/revoke",
        acts_as=ActsAs.SESSION,
        permission=MEMBER["revoke.connected-app"],
        retry=Retry.ENDS,
    )
    async def revoke_connected_app(self, member_id: str, connected_app_id: str) -> APIResponse:
        """
        Let a Connected App act for a Member of the Organization no more.

        Its tokens for the Member end with this; the application has to ask again for others.

        Args:
            member_id: ID or external ID of the Member.
            connected_app_id: ID of the application.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NotFoundError: The Organization has no such Member, or the Member lets no such
                application act for them.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the access may be revoked.

        Permission:
            ``revoke.connected-app`` on ``stytch.member``.

        See: https://stytch.com/docs/b2b/sdks/members/revoke-member-connected-app
        """
        ...

    @organization_members.post(
        "/sdk/v1/b2b/organizations/me/members/search",
        acts_as=ActsAs.SESSION,
        permission=MEMBER["search"],
        retry=Retry.READ,
    )
    async def _search(
        self,
        *,
        query: MemberQueryDict | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Meta(ge=0, le=1000)] | None = None,
    ) -> MemberSearchResponse:
        """Search for Members."""
        ...

    @stands_for(_search)
    async def search(
        self,
        *,
        query: MemberQuery | MemberQueryDict | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Meta(ge=0, le=1000)] | None = None,
    ) -> MemberSearchResponse:
        """
        Get a page of the Members whom a search finds.

        Args:
            query: Whom to find, made of `MemberFilter`, or as a dictionary. Default: all Members.
            cursor: `ResultsMetadata.next_cursor` of the page before; without it, the first page.
            limit: Members to a page, 0 to 1000. Default: 100.

        Raises:
            BadRequestError: The API does not know a filter, or a part of an e-mail address or
                phone number to search by is too short for it.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.

        Permission:
            ``search`` on ``stytch.member``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/search-members
        """
        as_sent = query.as_dict() if isinstance(query, MemberQuery) else query
        return await self._search(query=as_sent, cursor=cursor, limit=limit)

    def search_all(
        self,
        *,
        query: MemberQuery | MemberQueryDict | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Meta(ge=0, le=1000)] | None = None,
    ) -> AsyncResults[Member]:
        """
        Go through all Members whom a search finds.

        Nothing is sent before the first is asked for; each page is one `search`, with its errors
        and its permission::

            active = MemberQuery.all_of(MemberFilter.statuses("active"))
            async for member in client.organization.members.search_all(query=active):
                print(member.email_address)

        Args:
            query: Whom to find, made of `MemberFilter`, or as a dictionary. Default: all Members.
            cursor: `AsyncResults.cursor` of where to go on; without it, the first page.
            limit: Members to a page, 0 to 1000. Default: 100.
        """

        async def fetch(cursor: str | None) -> Page[Member]:
            page = await self.search(query=query, cursor=cursor, limit=limit)
            return page.members, page.results_metadata.next_cursor

        return AsyncResults(fetch, call="organization.members.search", cursor=cursor)
