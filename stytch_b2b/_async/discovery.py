"""Discovery: a person who is known chooses an Organization, or makes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._arguments import (
    AdmissionSetting,
    Locale,
    MethodsSetting,
    MFAMethodName,
    MFAPolicySetting,
    OAuthTenantSetting,
    PrimaryMethodName,
    SessionDurationMinutes,
)
from .._declare import EndpointGroup
from .._endpoint import ActsAs, Fill, Retry
from ..models.discovery import DiscoveredOrganizationsResponse
from ..models.login import LoginResponse
from ._resource import AsyncResource

discovery_organizations = EndpointGroup("discovery.organizations")
discovery_intermediate_sessions = EndpointGroup("discovery.intermediate_sessions")


class AsyncDiscoveryOrganizations(AsyncResource):
    """Finds the Organizations of a person, and makes new ones."""

    __slots__ = ()

    @discovery_organizations.post(
        "/sdk/v1/b2b/discovery/organizations",
        acts_as=ActsAs.INTERMEDIATE_OR_FULL_SESSION,
        permission=None,
        retry=Retry.READ,
        filled={"intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN},
    )
    async def list(
        self, *, intermediate_session_token: str | None = None
    ) -> DiscoveredOrganizationsResponse:
        """
        List the Organizations that a person belongs to, is invited to, or may join.

        The person is the one of the intermediate session, where there is one, and otherwise the
        Member of the session. Neither is used up, and the client's state stays as it is.

        Args:
            intermediate_session_token: Of a login that is under way. Default: the client's.

        Raises:
            AuthenticationError: The session is expired or revoked.
            NotFoundError: The intermediate session is expired or used up.
            NoSessionError: The client holds neither a session nor an intermediate session, and
                none is given.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/discovery/list-discovered-organizations
        """
        ...

    @discovery_organizations.post(
        "/sdk/v1/b2b/discovery/organizations/create",
        acts_as=ActsAs.INTERMEDIATE_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled={"intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN},
    )
    async def create(
        self,
        *,
        session_duration_minutes: SessionDurationMinutes,
        organization_name: str | None = None,
        organization_slug: str | None = None,
        organization_logo_url: str | None = None,
        sso_jit_provisioning: AdmissionSetting | None = None,
        email_allowed_domains: Sequence[str] | None = None,
        email_jit_provisioning: AdmissionSetting | None = None,
        email_invites: AdmissionSetting | None = None,
        auth_methods: MethodsSetting | None = None,
        allowed_auth_methods: Sequence[PrimaryMethodName] | None = None,
        mfa_methods: MethodsSetting | None = None,
        allowed_mfa_methods: Sequence[MFAMethodName] | None = None,
        mfa_policy: MFAPolicySetting | None = None,
        oauth_tenant_jit_provisioning: OAuthTenantSetting | None = None,
        allowed_oauth_tenants: Mapping[str, Sequence[str]] | None = None,
        intermediate_session_token: str | None = None,
    ) -> LoginResponse:
        """
        Create an Organization and log the person in as its first Member.

        The Member has the role ``stytch_admin``. The intermediate session is used up, and the
        client holds the session afterwards; where the new Organization demands another factor, it
        holds another intermediate session instead.

        Args:
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            organization_name: Name that people see. Default: made of the e-mail address.
            organization_slug: Name for URLs, unique in the project: 2 to 128 letters, digits, and
                characters of ``-._~``. Default: made of the name.
            organization_logo_url: Where its logo is. Default: none.
            sso_jit_provisioning: Whether a login by SSO creates a Member: by all connections, by
                those that are allowed, or by none.
            email_allowed_domains: Domains of e-mail addresses that restricted invites and
                provisioning accept; none that everybody can have an address of.
            email_jit_provisioning: Whether a login by e-mail creates a Member: ``RESTRICTED`` for
                the domains that are allowed, or ``NOT_ALLOWED``.
            email_invites: Who may be invited by e-mail: all, addresses of the domains that are
                allowed, or nobody.
            auth_methods: Whether Members may log in by all primary methods, or by those of
                ``allowed_auth_methods``.
            allowed_auth_methods: The primary methods, where they are restricted.
            mfa_methods: Whether all second factors are accepted, or those of
                ``allowed_mfa_methods``.
            allowed_mfa_methods: The second factors, where they are restricted.
            mfa_policy: Whether every Member needs a second factor, this one included.
            oauth_tenant_jit_provisioning: Whether a login by OAuth from a tenant of
                ``allowed_oauth_tenants`` creates a Member.
            allowed_oauth_tenants: IDs of the tenants, by provider: ``slack``, ``hubspot`` or
                ``github``.
            intermediate_session_token: Of the login that this continues. Default: the client's.

        Raises:
            AuthenticationError: The project lets nobody create Organizations from its clients.
            BadRequestError: A setting is refused, or needs a list that is missing; or an
                Organization has claimed the domain of the person's e-mail address.
            ConflictError: Another Organization has the slug.
            NotFoundError: The intermediate session is expired or used up.
            NoSessionError: The client holds no intermediate session, and none is given.
            StytchOutcomeUnknownError: The answer was lost; the Organization may exist.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/discovery/create-organization-via-discovery
        """
        ...


class AsyncDiscoveryIntermediateSessions(AsyncResource):
    """Turns the intermediate session of a person into a session of a Member."""

    __slots__ = ()

    @discovery_intermediate_sessions.post(
        "/sdk/v1/b2b/discovery/intermediate_sessions/exchange",
        acts_as=ActsAs.INTERMEDIATE_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled={"intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN},
    )
    async def exchange(
        self,
        *,
        organization_id: str,
        session_duration_minutes: SessionDurationMinutes,
        locale: Locale | None = None,
        intermediate_session_token: str | None = None,
    ) -> LoginResponse:
        """
        Log a person in to one of the Organizations that were discovered.

        Whoever was invited becomes an active Member, and whoever may join becomes a Member. The
        intermediate session is used up, and the client holds the session afterwards; where the
        Organization demands another factor, it holds another intermediate session instead.

        Args:
            organization_id: ID, slug or external ID of the Organization.
            session_duration_minutes: Lifetime of the session, in minutes (5 to 527040).
            locale: Language of the message, if a second factor is sent. Default: English.
            intermediate_session_token: Of the login that this continues. Default: the client's.

        Raises:
            BadRequestError: The Organization does not admit the person.
            NotFoundError: The intermediate session is expired or used up, or there is no such
                Organization.
            NoSessionError: The client holds no intermediate session, and none is given.
            StytchOutcomeUnknownError: The answer was lost; the intermediate session may be used
                up.

        Permission:
            None.

        See: https://stytch.com/docs/b2b/mobile-sdks/react-native-sdk/discovery/exchange-intermediate-session
        """
        ...


class AsyncDiscovery(AsyncResource):
    """What follows on proving an e-mail address: choosing an Organization, or making one."""

    __slots__ = ()

    @property
    def intermediate_sessions(self) -> AsyncDiscoveryIntermediateSessions:
        """Turns the intermediate session of a person into a session of a Member."""
        return AsyncDiscoveryIntermediateSessions(self._actor)

    @property
    def organizations(self) -> AsyncDiscoveryOrganizations:
        """Finds the Organizations of a person, and makes new ones."""
        return AsyncDiscoveryOrganizations(self._actor)
