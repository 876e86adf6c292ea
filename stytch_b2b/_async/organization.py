"""The Organization of the Member whose session the client holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from .._arguments import (
    AdmissionSetting,
    EmailDomainRole,
    MethodsSetting,
    MFAMethodName,
    MFAPolicySetting,
    OAuthTenantSetting,
    PrimaryMethodName,
)
from .._declare import EndpointGroup
from .._endpoint import ActsAs, Retry, StateEffect
from .._state import Unsubscribe, changes_of
from ..models.connected_apps import (
    OrganizationConnectedAppResponse,
    OrganizationConnectedAppsResponse,
)
from ..models.organization import (
    Organization as OrganizationModel,
    OrganizationBySlugResponse,
    OrganizationDeletedResponse,
    OrganizationResponse,
)
from ..permissions import ORGANIZATION, UNDOCUMENTED
from ._resource import AsyncResource
from .changes import AsyncChanges
from .members import AsyncOrganizationMembers

organization = EndpointGroup("organization")


@frozen(kw_only=True)
class OrganizationInfo:
    """The Organization as the client knows it."""

    organization: OrganizationModel | None
    from_cache: bool
    """Whether it comes from storage and the server did not confirm it since."""


class AsyncOrganization(AsyncResource):
    """The Organization of the Member whose session the client holds."""

    __slots__ = ()

    @property
    def members(self) -> AsyncOrganizationMembers:
        """The Members of the Organization, for those who administer them."""
        return AsyncOrganizationMembers(self._actor)

    def get_sync(self) -> OrganizationModel | None:
        """
        Return the Organization that the client holds, without asking the server.

        ``None`` if nobody is logged in, or if only the tokens of a session are known so far.
        """
        return self._actor.cell.state.organization

    def get_info(self) -> OrganizationInfo:
        """Return the Organization that the client holds, and whether the server confirmed it."""
        state = self._actor.cell.state
        return OrganizationInfo(organization=state.organization, from_cache=state.from_cache)

    def on_change(
        self, callback: Callable[[OrganizationModel | None, OrganizationModel | None], object]
    ) -> Unsubscribe:
        """
        Call *callback* with the Organization before and after whenever the Organization changes.

        It is called at once, in the task or thread that made the change, so it must be short; it
        is not called for the Organization of now. One that raises is logged and harms nobody.

        Args:
            callback: Takes the Organization before and after, ``None`` for none.

        Returns:
            A function that ends the subscription.
        """
        return self._actor.cell.subscribe(changes_of(lambda state: state.organization, callback))

    def changes(self) -> AsyncChanges[OrganizationModel | None]:
        """
        Return the changes of the Organization from now on, to be gone through with ``async for``.

        They are those that `on_change` tells, ``None`` standing for none. Whoever is slow is told
        of several at once, from the first ``old`` to the last ``new``.
        """
        return AsyncChanges(self._actor.cell, lambda state: state.organization)

    @organization.get(
        "/sdk/v1/b2b/organizations/me",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.READ,
        state_effect=StateEffect.UPDATE_ORGANIZATION,
    )
    async def get(self) -> OrganizationResponse:
        """
        Get the Organization, and keep it as the client's.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NoSessionError: The client holds no session.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/organizations/get-organization
        """
        ...

    @organization.post(
        "/sdk/v1/b2b/organizations/search",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.READ,
    )
    async def get_by_slug(self, *, organization_slug: str) -> OrganizationBySlugResponse:
        """
        Get what anybody may know of the Organization with a slug, before logging in to it.

        A slug that no Organization has is no error: the response holds no Organization then.

        Args:
            organization_slug: The Organization's name for URLs.

        Raises:
            AuthenticationError: The API does not know the public token.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/organizations/get-organization-by-slug
        """
        ...

    @organization.put(
        "/sdk/v1/b2b/organizations/me",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        field_permissions={
            "organization_name": ORGANIZATION["update.info.name"],
            "organization_slug": ORGANIZATION["update.info.slug"],
            "organization_logo_url": ORGANIZATION["update.info.logo-url"],
            "sso_default_connection_id": ORGANIZATION["update.settings.default-sso-connection"],
            "sso_jit_provisioning": ORGANIZATION["update.settings.sso-jit-provisioning"],
            "sso_jit_provisioning_allowed_connections": ORGANIZATION[
                "update.settings.sso-jit-provisioning"
            ],
            "email_allowed_domains": ORGANIZATION["update.settings.allowed-domains"],
            "email_jit_provisioning": ORGANIZATION["update.settings.email-jit-provisioning"],
            "email_invites": ORGANIZATION["update.settings.email-invites"],
            "auth_methods": ORGANIZATION["update.settings.allowed-auth-methods"],
            "allowed_auth_methods": ORGANIZATION["update.settings.allowed-auth-methods"],
            "mfa_policy": ORGANIZATION["update.settings.mfa-policy"],
            "rbac_email_implicit_role_assignments": ORGANIZATION["update.settings.implicit-roles"],
            "mfa_methods": ORGANIZATION["update.settings.allowed-mfa-methods"],
            "allowed_mfa_methods": ORGANIZATION["update.settings.allowed-mfa-methods"],
            "oauth_tenant_jit_provisioning": ORGANIZATION[
                "update.settings.oauth-tenant-jit-provisioning"
            ],
            "allowed_oauth_tenants": ORGANIZATION["update.settings.allowed-oauth-tenants"],
        },
        retry=Retry.IDEMPOTENT,
        state_effect=StateEffect.UPDATE_ORGANIZATION,
    )
    async def update(
        self,
        *,
        organization_name: str | None = None,
        organization_slug: str | None = None,
        organization_logo_url: str | None = None,
        sso_default_connection_id: str | None = None,
        sso_jit_provisioning: AdmissionSetting | None = None,
        sso_jit_provisioning_allowed_connections: Sequence[str] | None = None,
        email_allowed_domains: Sequence[str] | None = None,
        email_jit_provisioning: AdmissionSetting | None = None,
        email_invites: AdmissionSetting | None = None,
        auth_methods: MethodsSetting | None = None,
        allowed_auth_methods: Sequence[PrimaryMethodName] | None = None,
        mfa_policy: MFAPolicySetting | None = None,
        rbac_email_implicit_role_assignments: Sequence[EmailDomainRole] | None = None,
        mfa_methods: MethodsSetting | None = None,
        allowed_mfa_methods: Sequence[MFAMethodName] | None = None,
        oauth_tenant_jit_provisioning: OAuthTenantSetting | None = None,
        allowed_oauth_tenants: Mapping[str, Sequence[str]] | None = None,
        first_party_connected_apps_allowed_type: AdmissionSetting | None = None,
        allowed_first_party_connected_apps: Sequence[str] | None = None,
        third_party_connected_apps_allowed_type: AdmissionSetting | None = None,
        allowed_third_party_connected_apps: Sequence[str] | None = None,
        organization_external_id: str | None = None,
    ) -> OrganizationResponse:
        """
        Update the Organization.

        Only what is given changes; ``None`` means not given, and an empty string or list is a
        value. A list that is given replaces the one there is.

        Args:
            organization_name: Name that people see, up to 128 characters.
            organization_slug: Name for URLs, unique in the project: 2 to 128 letters, digits, and
                characters of ``-._~``.
            organization_logo_url: Where its logo is.
            sso_default_connection_id: ID of the connection used where a login names none.
            sso_jit_provisioning: Whether a login by SSO creates a Member: by all connections, by
                those that are allowed, or by none.
            sso_jit_provisioning_allowed_connections: IDs of the connections, where they are
                restricted.
            email_allowed_domains: Domains of e-mail addresses that restricted invites and
                provisioning accept; none that everybody can have an address of.
            email_jit_provisioning: Whether a login by e-mail creates a Member: ``RESTRICTED`` for
                the domains that are allowed, or ``NOT_ALLOWED``.
            email_invites: Who may be invited by e-mail: all, addresses of the domains that are
                allowed, or nobody.
            auth_methods: Whether Members may log in by all primary methods, or by those of
                ``allowed_auth_methods``.
            allowed_auth_methods: The primary methods, where they are restricted.
            mfa_policy: Whether every Member needs a second factor.
            rbac_email_implicit_role_assignments: Roles by e-mail domain, ``{"domain": ...,
                "role_id": ...}`` each.
            mfa_methods: Whether all second factors are accepted, or those of
                ``allowed_mfa_methods``.
            allowed_mfa_methods: The second factors, where they are restricted.
            oauth_tenant_jit_provisioning: Whether a login by OAuth from a tenant of
                ``allowed_oauth_tenants`` creates a Member.
            allowed_oauth_tenants: IDs of the tenants, by provider: ``slack``, ``hubspot`` or
                ``github``.
            first_party_connected_apps_allowed_type: Which of the project's own Connected Apps may
                act for Members: all, those that are allowed, or none.
            allowed_first_party_connected_apps: IDs of these applications, where they are
                restricted.
            third_party_connected_apps_allowed_type: Which Connected Apps of others may act for
                Members: all, those that are allowed, or none.
            allowed_third_party_connected_apps: IDs of these applications, where they are
                restricted.
            organization_external_id: The project's own ID for the Organization, up to 128
                characters.

        Raises:
            AuthenticationError: The session is expired or revoked.
            BadRequestError: A setting is refused, or needs a list that is missing.
            ConflictError: Another Organization has the slug or the external ID.
            PermissionDeniedError: The Member lacks a permission named below.
            NoSessionError: The client holds no session.

        Permission:
            Undocumented.
            organization_name: ``update.info.name`` on ``stytch.organization`` instead.
            organization_slug: ``update.info.slug`` on ``stytch.organization`` instead.
            organization_logo_url: ``update.info.logo-url`` on ``stytch.organization`` instead.
            sso_default_connection_id: ``update.settings.default-sso-connection`` on
            ``stytch.organization`` instead.
            sso_jit_provisioning: ``update.settings.sso-jit-provisioning`` on
            ``stytch.organization`` instead.
            sso_jit_provisioning_allowed_connections: ``update.settings.sso-jit-provisioning`` on
            ``stytch.organization`` instead.
            email_allowed_domains: ``update.settings.allowed-domains`` on ``stytch.organization``
            instead.
            email_jit_provisioning: ``update.settings.email-jit-provisioning`` on
            ``stytch.organization`` instead.
            email_invites: ``update.settings.email-invites`` on ``stytch.organization`` instead.
            auth_methods: ``update.settings.allowed-auth-methods`` on ``stytch.organization``
            instead.
            allowed_auth_methods: ``update.settings.allowed-auth-methods`` on
            ``stytch.organization`` instead.
            mfa_policy: ``update.settings.mfa-policy`` on ``stytch.organization`` instead.
            rbac_email_implicit_role_assignments: ``update.settings.implicit-roles`` on
            ``stytch.organization`` instead.
            mfa_methods: ``update.settings.allowed-mfa-methods`` on ``stytch.organization`` instead.
            allowed_mfa_methods: ``update.settings.allowed-mfa-methods`` on ``stytch.organization``
            instead.
            oauth_tenant_jit_provisioning: ``update.settings.oauth-tenant-jit-provisioning`` on
            ``stytch.organization`` instead.
            allowed_oauth_tenants: ``update.settings.allowed-oauth-tenants`` on
            ``stytch.organization`` instead.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/organizations/update-organization
        """
        ...

    @organization.delete(
        "/sdk/v1/b2b/organizations/me",
        acts_as=ActsAs.SESSION,
        permission=ORGANIZATION["delete"],
        retry=Retry.ENDS,
        state_effect=StateEffect.CLEAR_ALL,
    )
    async def delete(self) -> OrganizationDeletedResponse:
        """
        Delete the Organization with all its Members, for good.

        The client is logged out and forgets all about the Member.

        Raises:
            AuthenticationError: The session is expired or revoked.
            PermissionDeniedError: The Member lacks the permission named below.
            NoSessionError: The client holds no session.
            StytchOutcomeUnknownError: The answer was lost; the Organization may be deleted.

        Permission:
            ``delete`` on ``stytch.organization``.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/organizations/delete-organization
        """
        ...

    @organization.get(
        "/sdk/v1/b2b/organizations/connected_apps",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.READ,
    )
    async def get_connected_apps(self) -> OrganizationConnectedAppsResponse:
        """
        Get the Connected Apps that at least one Member of the Organization lets act for them.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NoSessionError: The client holds no session.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/sdks/organizations/get-organization-connected-apps
        """
        ...

    @organization.get(
        "/sdk/v1/b2b/organizations/connected_apps/{connected_app_id}",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.READ,
    )
    async def get_connected_app(self, connected_app_id: str) -> OrganizationConnectedAppResponse:
        """
        Get a Connected App, and the Members of the Organization who let it act for them.

        Args:
            connected_app_id: ID of the application.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NotFoundError: No such application.
            NoSessionError: The client holds no session.

        Permission:
            Undocumented.

        See: https://stytch.com/docs/b2b/sdks/organizations/get-organization-connected-app
        """
        ...
