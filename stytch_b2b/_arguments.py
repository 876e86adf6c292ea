"""Types of arguments that recur; their limits are checked before a call is sent."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, TypedDict

from msgspec import Meta

SessionDurationMinutes: TypeAlias = Annotated[int, Meta(ge=5, le=527_040)]
"""Minutes, from five to 366 days."""

ExpirationMinutes: TypeAlias = Annotated[int, Meta(ge=0)]
"""Minutes until a link or passcode works no more; the API has limits of its own."""

Locale: TypeAlias = Literal["en", "es", "pt-br", "fr", "it", "de-DE", "zh-Hans", "ca-ES"] | str
"""Language of an e-mail; the API may know more than these."""

MFAEnrollment: TypeAlias = Literal["enroll", "unenroll"]
"""Whether a second factor is asked for at every login from now on."""

PKCEFlow: TypeAlias = Literal["magic_links", "oauth", "passwords", "sso"]
"""A flow that has a PKCE pair of its own; its discovery variant shares it."""

AdmissionSetting: TypeAlias = Literal["ALL_ALLOWED", "RESTRICTED", "NOT_ALLOWED"]
"""Whether all are let in, those on the list that goes with the setting, or nobody."""

MethodsSetting: TypeAlias = Literal["ALL_ALLOWED", "RESTRICTED"]
"""Whether all methods may be used, or those on the list that goes with the setting."""

OAuthTenantSetting: TypeAlias = Literal["RESTRICTED", "NOT_ALLOWED"]
"""Whether users of the tenants on the list that goes with the setting are let in, or nobody."""

MFAPolicySetting: TypeAlias = Literal["OPTIONAL", "REQUIRED_FOR_ALL"]
"""Whether Members choose for themselves if a second factor is asked for, or it always is."""

PrimaryMethodName: TypeAlias = Literal[
    "sso",
    "magic_link",
    "email_otp",
    "password",
    "google_oauth",
    "microsoft_oauth",
    "slack_oauth",
    "github_oauth",
    "hubspot_oauth",
]
"""A primary way to authenticate that an Organization can be restricted to."""

MFAMethodName: TypeAlias = Literal["sms_otp", "totp"]
"""A second factor: one an Organization can be restricted to, or the one a Member is asked for."""

EmailDeliveryMethod: TypeAlias = Literal["EMAIL_MAGIC_LINK", "EMAIL_OTP"]
"""What an e-mail brings: a link or a passcode."""

SCIMIdentityProvider: TypeAlias = (
    Literal[
        "classlink",
        "cyberark",
        "duo",
        "generic",
        "google-workspace",
        "jumpcloud",
        "keycloak",
        "microsoft-entra",
        "miniorange",
        "okta",
        "onelogin",
        "pingfederate",
        "rippling",
        "salesforce",
        "shibboleth",
    ]
    | str
)
"""Where the users of a SCIM connection come from; the API may know more than these."""


class EmailDomainRole(TypedDict):
    """The role that the Members with an e-mail address of a domain hold."""

    domain: str
    role_id: str


SSOIdentityProvider: TypeAlias = SCIMIdentityProvider
"""What is at the other end of an SSO connection: the same ones that users can come from."""


class SSOConnectionRole(TypedDict):
    """The role that the Members hold who log in by an SSO connection."""

    role_id: str


class SSOGroupRole(TypedDict):
    """The role that those of them hold who are in a group of the identity provider."""

    group: str
    role_id: str


class SCIMGroupRole(TypedDict):
    """The role that the Members of a group of the identity provider hold."""

    group_id: str
    role_id: str
