"""The Member whose session the client holds."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from .._arguments import EmailDeliveryMethod, Locale, MFAMethodName
from .._declare import EndpointGroup
from .._endpoint import ActsAs, Retry, StateEffect
from .._state import Unsubscribe, changes_of
from ..models._response import APIResponse
from ..models._types import JSONObject
from ..models.connected_apps import MemberConnectedAppsResponse
from ..models.member import Member, MemberChangedResponse, MemberResponse
from ..permissions import SELF, UNDOCUMENTED
from ._resource import AsyncResource
from .changes import AsyncChanges

self_ = EndpointGroup("self")


@frozen(kw_only=True)
class MemberInfo:
    """The Member as the client knows it."""

    member: Member | None
    from_cache: bool
    """Whether it comes from storage and the server did not confirm it since."""


class AsyncSelf(AsyncResource):
    """The Member whose session the client holds."""

    __slots__ = ()

    def get_sync(self) -> Member | None:
        """
        Return the Member that the client holds, without asking the server.

        ``None`` if nobody is logged in, or if only the tokens of a session are known so far.
        """
        return self._actor.cell.state.member

    def get_info(self) -> MemberInfo:
        """Return the Member that the client holds, and whether the server confirmed it."""
        state = self._actor.cell.state
        return MemberInfo(member=state.member, from_cache=state.from_cache)

    def on_change(self, callback: Callable[[Member | None, Member | None], object]) -> Unsubscribe:
        """
        Call *callback* with the Member before and after whenever the Member changes.

        It is called at once, in the task or thread that made the change, so it must be short; it
        is not called for the Member of now. One that raises is logged and harms nobody.

        Args:
            callback: Takes the Member before and after, ``None`` for none.

        Returns:
            A function that ends the subscription.
        """
        return self._actor.cell.subscribe(changes_of(lambda state: state.member, callback))

    def changes(self) -> AsyncChanges[Member | None]:
        """
        Return the changes of the Member from now on, to be gone through with ``async for``.

        They are those that `on_change` tells, ``None`` standing for none. Whoever is slow is told
        of several at once, from the first ``old`` to the last ``new``.
        """
        return AsyncChanges(self._actor.cell, lambda state: state.member)

    @self_.get(
        "/sdk/v1/b2b/organizations/members/me",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.READ,
        state_effect=StateEffect.UPDATE_MEMBER,
    )
    async def get(self) -> MemberResponse:
        """
        Get the Member, and keep it as the client's.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NoSessionError: The client holds no session.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/get-member
        """
        ...

    @self_.put(
        "/sdk/v1/b2b/organizations/members/update",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        field_permissions={
            "name": SELF["update.info.name"],
            "mfa_enrolled": SELF["update.settings.mfa-enrolled"],
            "mfa_phone_number": SELF["update.info.mfa-phone"],
            "untrusted_metadata": SELF["update.info.untrusted-metadata"],
            "default_mfa_method": SELF["update.settings.default-mfa-method"],
        },
        retry=Retry.IDEMPOTENT,
        state_effect=StateEffect.UPDATE_MEMBER,
    )
    async def update(
        self,
        *,
        name: str | None = None,
        mfa_enrolled: bool | None = None,
        mfa_phone_number: str | None = None,
        untrusted_metadata: JSONObject | None = None,
        default_mfa_method: MFAMethodName | None = None,
    ) -> MemberChangedResponse:
        """
        Update the Member.

        Only what is given changes; ``None`` means not given, and an empty string is a value.

        Args:
            name: Name that people see.
            mfa_enrolled: Whether a second factor is asked for at every login, even where the
                Organization leaves that to its Members.
            mfa_phone_number: Phone number that passcodes go to, as ``+`` and digits. A number that
                the Member has already must be deleted before.
            untrusted_metadata: Facts about the Member that it may change itself: never base a
                decision on them. What is given is merged with what is there, at the top level
                only; a key whose value is ``None`` is deleted.
            default_mfa_method: The second factor that is asked for first where the Member has
                both.

        Raises:
            AuthenticationError: The session is expired or revoked.
            BadRequestError: It is no phone number, the metadata is too large, or the Member lacks
                the factor that is to be asked for.
            ConflictError: The Member has another phone number, or another Member has this one.
            PermissionDeniedError: The Member lacks a permission named below.
            NoSessionError: The client holds no session.

        Permission:
            Undocumented.
            name: ``update.info.name`` on ``stytch.self`` instead.
            mfa_enrolled: ``update.settings.mfa-enrolled`` on ``stytch.self`` instead.
            mfa_phone_number: ``update.info.mfa-phone`` on ``stytch.self`` instead.
            untrusted_metadata: ``update.info.untrusted-metadata`` on ``stytch.self`` instead.
            default_mfa_method: ``update.settings.default-mfa-method`` on ``stytch.self`` instead.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/update-self
        """
        ...

    @self_.delete(
        "/sdk/v1/b2b/organizations/members/passwords/{member_password_id}",
        acts_as=ActsAs.SESSION,
        permission=SELF["update.info.delete.password"],
        retry=Retry.ENDS,
        state_effect=StateEffect.UPDATE_MEMBER,
        shares_route_with="organization.members.delete_password",
    )
    async def delete_password(self, member_password_id: str) -> MemberChangedResponse:
        """
        Delete the Member's password.

        Args:
            member_password_id: `Member.member_password_id`.

        Raises:
            AuthenticationError: The session is expired or revoked.
            BadRequestError: The password is good for other Organizations as well.
            NotFoundError: The Member has no such password.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the password may be deleted.

        Permission:
            ``update.info.delete.password`` on ``stytch.self``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/delete-self-password
        """
        ...

    @self_.delete(
        "/sdk/v1/b2b/organizations/members/deletePhoneNumber",
        acts_as=ActsAs.SESSION,
        permission=SELF["update.info.delete.mfa-phone"],
        retry=Retry.ENDS,
        state_effect=StateEffect.UPDATE_MEMBER,
    )
    async def delete_mfa_phone_number(self) -> MemberChangedResponse:
        """
        Delete the phone number that the Member gets passcodes at.

        That is also the first step of changing it; `update` sets the other.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NotFoundError: The Member has no phone number.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the phone number may be deleted.

        Permission:
            ``update.info.delete.mfa-phone`` on ``stytch.self``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/delete-self-mfa-phone-number
        """
        ...

    @self_.delete(
        "/sdk/v1/b2b/organizations/members/deleteTOTP",
        acts_as=ActsAs.SESSION,
        permission=SELF["update.info.delete.mfa-totp"],
        retry=Retry.ENDS,
        state_effect=StateEffect.UPDATE_MEMBER,
    )
    async def delete_mfa_totp(self) -> MemberChangedResponse:
        """
        Delete the registration of the Member's authenticator app.

        That is also the first step of changing to another one; `AsyncTOTP.create` registers it.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NotFoundError: The Member has no authenticator app.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the registration may be deleted.

        Permission:
            ``update.info.delete.mfa-totp`` on ``stytch.self``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/delete-self-mfa-totp
        """
        ...

    @self_.post(
        "/sdk/v1/b2b/organizations/members/unlink_retired_email",
        acts_as=ActsAs.SESSION,
        permission=SELF["update.info.unlink.retired-email"],
        retry=Retry.ENDS,
        state_effect=StateEffect.UPDATE_MEMBER,
    )
    async def unlink_retired_email(
        self, *, email_id: str | None = None, email_address: str | None = None
    ) -> MemberChangedResponse:
        """
        Give up an e-mail address that the Member had, so that others may take it.

        `Member.retired_email_addresses` has those there are. One of the arguments is needed; if
        both are given, they must mean the same address.

        Args:
            email_id: ID of the address.
            email_address: The address.

        Raises:
            AuthenticationError: The session is expired or revoked.
            BadRequestError: Neither is given.
            NotFoundError: The Member has no such retired address.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the address may be given up.

        Permission:
            ``update.info.unlink.retired-email`` on ``stytch.self``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/unlink-retired-self-email
        """
        ...

    @self_.post(
        "/sdk/v1/b2b/organizations/members/start_email_update",
        acts_as=ActsAs.SESSION,
        permission=SELF["update.info.email"],
        retry=Retry.SENDS_MESSAGE,
        state_effect=StateEffect.UPDATE_MEMBER,
    )
    async def start_email_update(
        self,
        *,
        email_address: str,
        login_redirect_url: str | None = None,
        locale: Locale | None = None,
        login_template_id: str | None = None,
        delivery_method: EmailDeliveryMethod | None = None,
    ) -> MemberChangedResponse:
        """
        Send an e-mail to the address that the Member wants to have instead of its own.

        The Member keeps its address until it logs in by what the e-mail brings.

        Args:
            email_address: The new address.
            login_redirect_url: Where the link leads. It must be registered. Default: the project's.
            locale: Language of the e-mail. Default: English.
            login_template_id: Template of the e-mail. Default: the project's.
            delivery_method: Whether the e-mail brings a link or a passcode. Default: a link.

        Raises:
            AuthenticationError: The session is expired or revoked.
            BadRequestError: It is no e-mail address, another Member had it or is about to have it,
                the Member has not proved its own, or the redirect URL is not registered.
            ConflictError: A Member has the address, this one or another.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the e-mail may be on its way.

        Permission:
            ``update.info.email`` on ``stytch.self``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/members/start-self-email-update
        """
        ...

    @self_.get(
        "/sdk/v1/b2b/organizations/members/connected_apps",
        acts_as=ActsAs.SESSION,
        permission=SELF["get.connected-apps"],
        retry=Retry.READ,
    )
    async def get_connected_apps(self) -> MemberConnectedAppsResponse:
        """
        Get the Connected Apps that the Member lets act for them.

        Raises:
            AuthenticationError: The session is expired or revoked.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.

        Permission:
            ``get.connected-apps`` on ``stytch.self``.

        See: https://stytch.com/docs/b2b/sdks/members/get-self-connected-apps
        """
        ...

    @self_.post(
        "/sdk/v1/b2b/organizations/members/connected_apps/{connected_app_id}/revoke",
        acts_as=ActsAs.SESSION,
        permission=SELF["revoke.connected-app"],
        retry=Retry.ENDS,
    )
    async def revoke_connected_app(self, connected_app_id: str) -> APIResponse:
        """
        Let a Connected App act for the Member no more.

        Its tokens for the Member end with this; the application has to ask again for others.

        Args:
            connected_app_id: ID of the application.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NotFoundError: The Member lets no such application act for them.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the access may be revoked.

        Permission:
            ``revoke.connected-app`` on ``stytch.self``.

        See: https://stytch.com/docs/b2b/sdks/members/revoke-self-connected-app
        """
        ...
