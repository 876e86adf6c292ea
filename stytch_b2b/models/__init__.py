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
    from .magic_links import (
        MagicLinksAuthenticateResponse as MagicLinksAuthenticateResponse,
    )
    from .member import (
        Member as Member,
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
    from .organization import (
        Admission as Admission,
        EmailImplicitRoleAssignment as EmailImplicitRoleAssignment,
        MethodRestriction as MethodRestriction,
        Organization as Organization,
        OrganizationResponse as OrganizationResponse,
        SCIMActiveConnection as SCIMActiveConnection,
        SSOActiveConnection as SSOActiveConnection,
    )
    from .rbac import (
        RBACPermission as RBACPermission,
        RBACPolicy as RBACPolicy,
        RBACPolicyResource as RBACPolicyResource,
        RBACPolicyRole as RBACPolicyRole,
        RBACPolicyScope as RBACPolicyScope,
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
        SessionExchangeResponse as SessionExchangeResponse,
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
    "magic_links": ("MagicLinksAuthenticateResponse",),
    "member": (
        "Member",
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
    "organization": (
        "Admission",
        "EmailImplicitRoleAssignment",
        "MethodRestriction",
        "Organization",
        "OrganizationResponse",
        "SCIMActiveConnection",
        "SSOActiveConnection",
    ),
    "rbac": (
        "RBACPermission",
        "RBACPolicy",
        "RBACPolicyResource",
        "RBACPolicyRole",
        "RBACPolicyScope",
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
        "SessionExchangeResponse",
    ),
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
    "CryptoWalletFactor",
    "DeviceAttributeDetails",
    "DeviceInfo",
    "EmailFactor",
    "EmailImplicitRoleAssignment",
    "EmbeddableMagicLinkFactor",
    "GithubOAuthFactor",
    "ImpersonatedFactor",
    "JSONObject",
    "MFAMemberOptions",
    "MFAMethod",
    "MFARequired",
    "MagicLinksAuthenticateResponse",
    "Member",
    "MemberResponse",
    "MemberRole",
    "MemberRoleSource",
    "MemberRoleSourceType",
    "MemberSession",
    "MemberStatus",
    "MethodRestriction",
    "OAuthAccessTokenExchangeFactor",
    "OAuthExchangeFactor",
    "OAuthFactor",
    "OAuthProviderTenant",
    "OAuthRegistration",
    "OAuthTenantFactor",
    "Organization",
    "OrganizationResponse",
    "PasswordConfig",
    "PhoneNumberFactor",
    "PrimaryRequired",
    "RBACPermission",
    "RBACPolicy",
    "RBACPolicyResource",
    "RBACPolicyRole",
    "RBACPolicyScope",
    "RecoveryCodeFactor",
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
    "SSOFactor",
    "SSORegistration",
    "SessionAuthenticateResponse",
    "SessionExchangeResponse",
    "Timestamp",
    "TrustedAuthTokenFactor",
    "WebAuthnFactor",
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
