"""
What the API answers with: frozen attrs classes, by noun.

A name's module is loaded when the name is first used, so that a program pays for the models of
the resources it calls and no others.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._response import (
        APIResponse as APIResponse,
        ResponseMeta as ResponseMeta,
    )
    from ._types import (
        JSONObject as JSONObject,
        Timestamp as Timestamp,
    )
    from .authentication import (
        AuthMethod as AuthMethod,
        MFAMemberOptions as MFAMemberOptions,
        MFAMethod as MFAMethod,
        MFARequired as MFARequired,
        PrimaryRequired as PrimaryRequired,
    )
    from .bootstrap import (
        BootstrapResponse as BootstrapResponse,
        CaptchaSettings as CaptchaSettings,
        PasswordConfig as PasswordConfig,
    )
    from .device import (
        DeviceAttributeDetails as DeviceAttributeDetails,
        DeviceInfo as DeviceInfo,
    )
    from .discovery import (
        DiscoveredMembership as DiscoveredMembership,
        DiscoveredOrganization as DiscoveredOrganization,
        DiscoveredOrganizationsResponse as DiscoveredOrganizationsResponse,
        MembershipType as MembershipType,
    )
    from .factors import (
        AuthenticationFactor as AuthenticationFactor,
        AuthenticationFactorDeliveryMethod as AuthenticationFactorDeliveryMethod,
        AuthenticationFactorType as AuthenticationFactorType,
        AuthenticatorAppFactor as AuthenticatorAppFactor,
        BiometricFactor as BiometricFactor,
        CryptoWalletFactor as CryptoWalletFactor,
        EmailFactor as EmailFactor,
        EmbeddableMagicLinkFactor as EmbeddableMagicLinkFactor,
        GithubOAuthFactor as GithubOAuthFactor,
        ImpersonatedFactor as ImpersonatedFactor,
        OAuthAccessTokenExchangeFactor as OAuthAccessTokenExchangeFactor,
        OAuthExchangeFactor as OAuthExchangeFactor,
        OAuthFactor as OAuthFactor,
        OAuthTenantFactor as OAuthTenantFactor,
        PhoneNumberFactor as PhoneNumberFactor,
        RecoveryCodeFactor as RecoveryCodeFactor,
        SSOFactor as SSOFactor,
        TrustedAuthTokenFactor as TrustedAuthTokenFactor,
        WebAuthnFactor as WebAuthnFactor,
    )
    from .idp import (
        ConnectedAppPublic as ConnectedAppPublic,
        IDPOAuthAuthorizeStartResponse as IDPOAuthAuthorizeStartResponse,
        IDPOAuthAuthorizeSubmitResponse as IDPOAuthAuthorizeSubmitResponse,
        IDPOAuthLogoutStartResponse as IDPOAuthLogoutStartResponse,
        ScopeResult as ScopeResult,
    )
    from .impersonation import (
        ImpersonationAuthenticateResponse as ImpersonationAuthenticateResponse,
    )
    from .login import (
        ChooseOrganization as ChooseOrganization,
        DiscoveryResponse as DiscoveryResponse,
        LoggedIn as LoggedIn,
        LoginOutcome as LoginOutcome,
        LoginResponse as LoginResponse,
        NeedsMFA as NeedsMFA,
        NeedsPrimaryFactor as NeedsPrimaryFactor,
        SecondFactorResponse as SecondFactorResponse,
        SessionResponse as SessionResponse,
    )
    from .magic_links import (
        MagicLinksAuthenticateResponse as MagicLinksAuthenticateResponse,
    )
    from .member import (
        Member as Member,
        MemberChangedResponse as MemberChangedResponse,
        MemberResponse as MemberResponse,
        MemberRole as MemberRole,
        MemberRoleSource as MemberRoleSource,
        MemberRoleSourceType as MemberRoleSourceType,
        MemberStatus as MemberStatus,
        OAuthProviderTenant as OAuthProviderTenant,
        OAuthRegistration as OAuthRegistration,
        RetiredEmailAddress as RetiredEmailAddress,
        SCIMRegistration as SCIMRegistration,
        SSORegistration as SSORegistration,
    )
    from .member_session import (
        MemberSession as MemberSession,
    )
    from .oauth import (
        GoogleOneTapClientIDResponse as GoogleOneTapClientIDResponse,
        GoogleOneTapStartResponse as GoogleOneTapStartResponse,
        OAuthAuthenticateResponse as OAuthAuthenticateResponse,
        OAuthDiscoveryAuthenticateResponse as OAuthDiscoveryAuthenticateResponse,
        OAuthProviderValues as OAuthProviderValues,
    )
    from .organization import (
        Admission as Admission,
        EmailImplicitRoleAssignment as EmailImplicitRoleAssignment,
        MethodRestriction as MethodRestriction,
        Organization as Organization,
        OrganizationResponse as OrganizationResponse,
        SCIMActiveConnection as SCIMActiveConnection,
        SSOActiveConnection as SSOActiveConnection,
    )
    from .otps import (
        OTPsEmailAuthenticateResponse as OTPsEmailAuthenticateResponse,
    )
    from .passwords import (
        LUDSFeedback as LUDSFeedback,
        PasswordAuthenticateResponse as PasswordAuthenticateResponse,
        PasswordResetByEmailResponse as PasswordResetByEmailResponse,
        PasswordResetResponse as PasswordResetResponse,
        PasswordStrengthCheckResponse as PasswordStrengthCheckResponse,
        PasswordStrengthPolicy as PasswordStrengthPolicy,
        ZxcvbnFeedback as ZxcvbnFeedback,
    )
    from .rbac import (
        RBACPermission as RBACPermission,
        RBACPolicy as RBACPolicy,
        RBACPolicyResource as RBACPolicyResource,
        RBACPolicyRole as RBACPolicyRole,
        RBACPolicyScope as RBACPolicyScope,
    )
    from .recovery_codes import (
        RecoveryCodesRecoverResponse as RecoveryCodesRecoverResponse,
        RecoveryCodesResponse as RecoveryCodesResponse,
    )
    from .scim import (
        SCIMConnection as SCIMConnection,
        SCIMConnectionDeletedResponse as SCIMConnectionDeletedResponse,
        SCIMConnectionResponse as SCIMConnectionResponse,
        SCIMConnectionStatus as SCIMConnectionStatus,
        SCIMConnectionWithNextToken as SCIMConnectionWithNextToken,
        SCIMConnectionWithNextTokenResponse as SCIMConnectionWithNextTokenResponse,
        SCIMConnectionWithToken as SCIMConnectionWithToken,
        SCIMConnectionWithTokenResponse as SCIMConnectionWithTokenResponse,
        SCIMGetConnectionResponse as SCIMGetConnectionResponse,
        SCIMGroup as SCIMGroup,
        SCIMGroupImplicitRoleAssignment as SCIMGroupImplicitRoleAssignment,
        SCIMGroupsResponse as SCIMGroupsResponse,
    )
    from .scim_attributes import (
        SCIMAddress as SCIMAddress,
        SCIMAttributes as SCIMAttributes,
        SCIMEnterpriseExtension as SCIMEnterpriseExtension,
        SCIMManager as SCIMManager,
        SCIMName as SCIMName,
        SCIMUserGroup as SCIMUserGroup,
        SCIMValue as SCIMValue,
    )
    from .session import (
        AuthorizationVerdict as AuthorizationVerdict,
        SessionAuthenticateResponse as SessionAuthenticateResponse,
    )
    from .sso import (
        SSOAuthenticateResponse as SSOAuthenticateResponse,
        SSODiscoverConnectionsResponse as SSODiscoverConnectionsResponse,
    )
    from .totp import (
        TOTPCreateResponse as TOTPCreateResponse,
    )

_MODULES = {
    "_response": (
        "APIResponse",
        "ResponseMeta",
    ),
    "_types": (
        "JSONObject",
        "Timestamp",
    ),
    "authentication": (
        "AuthMethod",
        "MFAMemberOptions",
        "MFAMethod",
        "MFARequired",
        "PrimaryRequired",
    ),
    "bootstrap": (
        "BootstrapResponse",
        "CaptchaSettings",
        "PasswordConfig",
    ),
    "device": (
        "DeviceAttributeDetails",
        "DeviceInfo",
    ),
    "discovery": (
        "DiscoveredMembership",
        "DiscoveredOrganization",
        "DiscoveredOrganizationsResponse",
        "MembershipType",
    ),
    "factors": (
        "AuthenticationFactor",
        "AuthenticationFactorDeliveryMethod",
        "AuthenticationFactorType",
        "AuthenticatorAppFactor",
        "BiometricFactor",
        "CryptoWalletFactor",
        "EmailFactor",
        "EmbeddableMagicLinkFactor",
        "GithubOAuthFactor",
        "ImpersonatedFactor",
        "OAuthAccessTokenExchangeFactor",
        "OAuthExchangeFactor",
        "OAuthFactor",
        "OAuthTenantFactor",
        "PhoneNumberFactor",
        "RecoveryCodeFactor",
        "SSOFactor",
        "TrustedAuthTokenFactor",
        "WebAuthnFactor",
    ),
    "idp": (
        "ConnectedAppPublic",
        "IDPOAuthAuthorizeStartResponse",
        "IDPOAuthAuthorizeSubmitResponse",
        "IDPOAuthLogoutStartResponse",
        "ScopeResult",
    ),
    "impersonation": ("ImpersonationAuthenticateResponse",),
    "login": (
        "ChooseOrganization",
        "DiscoveryResponse",
        "LoggedIn",
        "LoginOutcome",
        "LoginResponse",
        "NeedsMFA",
        "NeedsPrimaryFactor",
        "SecondFactorResponse",
        "SessionResponse",
    ),
    "magic_links": ("MagicLinksAuthenticateResponse",),
    "member": (
        "Member",
        "MemberChangedResponse",
        "MemberResponse",
        "MemberRole",
        "MemberRoleSource",
        "MemberRoleSourceType",
        "MemberStatus",
        "OAuthProviderTenant",
        "OAuthRegistration",
        "RetiredEmailAddress",
        "SCIMRegistration",
        "SSORegistration",
    ),
    "member_session": ("MemberSession",),
    "oauth": (
        "GoogleOneTapClientIDResponse",
        "GoogleOneTapStartResponse",
        "OAuthAuthenticateResponse",
        "OAuthDiscoveryAuthenticateResponse",
        "OAuthProviderValues",
    ),
    "organization": (
        "Admission",
        "EmailImplicitRoleAssignment",
        "MethodRestriction",
        "Organization",
        "OrganizationResponse",
        "SCIMActiveConnection",
        "SSOActiveConnection",
    ),
    "otps": ("OTPsEmailAuthenticateResponse",),
    "passwords": (
        "LUDSFeedback",
        "PasswordAuthenticateResponse",
        "PasswordResetByEmailResponse",
        "PasswordResetResponse",
        "PasswordStrengthCheckResponse",
        "PasswordStrengthPolicy",
        "ZxcvbnFeedback",
    ),
    "rbac": (
        "RBACPermission",
        "RBACPolicy",
        "RBACPolicyResource",
        "RBACPolicyRole",
        "RBACPolicyScope",
    ),
    "recovery_codes": (
        "RecoveryCodesRecoverResponse",
        "RecoveryCodesResponse",
    ),
    "scim": (
        "SCIMConnection",
        "SCIMConnectionDeletedResponse",
        "SCIMConnectionResponse",
        "SCIMConnectionStatus",
        "SCIMConnectionWithNextToken",
        "SCIMConnectionWithNextTokenResponse",
        "SCIMConnectionWithToken",
        "SCIMConnectionWithTokenResponse",
        "SCIMGetConnectionResponse",
        "SCIMGroup",
        "SCIMGroupImplicitRoleAssignment",
        "SCIMGroupsResponse",
    ),
    "scim_attributes": (
        "SCIMAddress",
        "SCIMAttributes",
        "SCIMEnterpriseExtension",
        "SCIMManager",
        "SCIMName",
        "SCIMUserGroup",
        "SCIMValue",
    ),
    "session": (
        "AuthorizationVerdict",
        "SessionAuthenticateResponse",
    ),
    "sso": (
        "SSOAuthenticateResponse",
        "SSODiscoverConnectionsResponse",
    ),
    "totp": ("TOTPCreateResponse",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "APIResponse",
    "Admission",
    "AuthMethod",
    "AuthenticationFactor",
    "AuthenticationFactorDeliveryMethod",
    "AuthenticationFactorType",
    "AuthenticatorAppFactor",
    "AuthorizationVerdict",
    "BiometricFactor",
    "BootstrapResponse",
    "CaptchaSettings",
    "ChooseOrganization",
    "ConnectedAppPublic",
    "CryptoWalletFactor",
    "DeviceAttributeDetails",
    "DeviceInfo",
    "DiscoveredMembership",
    "DiscoveredOrganization",
    "DiscoveredOrganizationsResponse",
    "DiscoveryResponse",
    "EmailFactor",
    "EmailImplicitRoleAssignment",
    "EmbeddableMagicLinkFactor",
    "GithubOAuthFactor",
    "GoogleOneTapClientIDResponse",
    "GoogleOneTapStartResponse",
    "IDPOAuthAuthorizeStartResponse",
    "IDPOAuthAuthorizeSubmitResponse",
    "IDPOAuthLogoutStartResponse",
    "ImpersonatedFactor",
    "ImpersonationAuthenticateResponse",
    "JSONObject",
    "LUDSFeedback",
    "LoggedIn",
    "LoginOutcome",
    "LoginResponse",
    "MFAMemberOptions",
    "MFAMethod",
    "MFARequired",
    "MagicLinksAuthenticateResponse",
    "Member",
    "MemberChangedResponse",
    "MemberResponse",
    "MemberRole",
    "MemberRoleSource",
    "MemberRoleSourceType",
    "MemberSession",
    "MemberStatus",
    "MembershipType",
    "MethodRestriction",
    "NeedsMFA",
    "NeedsPrimaryFactor",
    "OAuthAccessTokenExchangeFactor",
    "OAuthAuthenticateResponse",
    "OAuthDiscoveryAuthenticateResponse",
    "OAuthExchangeFactor",
    "OAuthFactor",
    "OAuthProviderTenant",
    "OAuthProviderValues",
    "OAuthRegistration",
    "OAuthTenantFactor",
    "OTPsEmailAuthenticateResponse",
    "Organization",
    "OrganizationResponse",
    "PasswordAuthenticateResponse",
    "PasswordConfig",
    "PasswordResetByEmailResponse",
    "PasswordResetResponse",
    "PasswordStrengthCheckResponse",
    "PasswordStrengthPolicy",
    "PhoneNumberFactor",
    "PrimaryRequired",
    "RBACPermission",
    "RBACPolicy",
    "RBACPolicyResource",
    "RBACPolicyRole",
    "RBACPolicyScope",
    "RecoveryCodeFactor",
    "RecoveryCodesRecoverResponse",
    "RecoveryCodesResponse",
    "ResponseMeta",
    "RetiredEmailAddress",
    "SCIMActiveConnection",
    "SCIMAddress",
    "SCIMAttributes",
    "SCIMConnection",
    "SCIMConnectionDeletedResponse",
    "SCIMConnectionResponse",
    "SCIMConnectionStatus",
    "SCIMConnectionWithNextToken",
    "SCIMConnectionWithNextTokenResponse",
    "SCIMConnectionWithToken",
    "SCIMConnectionWithTokenResponse",
    "SCIMEnterpriseExtension",
    "SCIMGetConnectionResponse",
    "SCIMGroup",
    "SCIMGroupImplicitRoleAssignment",
    "SCIMGroupsResponse",
    "SCIMManager",
    "SCIMName",
    "SCIMRegistration",
    "SCIMUserGroup",
    "SCIMValue",
    "SSOActiveConnection",
    "SSOAuthenticateResponse",
    "SSODiscoverConnectionsResponse",
    "SSOFactor",
    "SSORegistration",
    "ScopeResult",
    "SecondFactorResponse",
    "SessionAuthenticateResponse",
    "SessionResponse",
    "TOTPCreateResponse",
    "Timestamp",
    "TrustedAuthTokenFactor",
    "WebAuthnFactor",
    "ZxcvbnFeedback",
]


def __getattr__(name: str) -> object:
    try:
        module = _MODULE_OF[name]
    except KeyError:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg) from None
    value = globals()[name] = getattr(import_module(f".{module}", __name__), name)
    return value


def __dir__() -> list[str]:
    return __all__
