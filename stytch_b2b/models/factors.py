"""What a session was authenticated by."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

from ._types import Timestamp

AuthenticationFactorType: TypeAlias = (
    Literal[
        "magic_link",
        "otp",
        "oauth",
        "webauthn",
        "totp",
        "crypto",
        "password",
        "signature_challenge",
        "sso",
        "imported",
        "recovery_codes",
        "email_otp",
        "impersonated",
        "trusted_auth_token",
    ]
    | str
)
"""What kind of proof a factor is."""

AuthenticationFactorDeliveryMethod: TypeAlias = (
    Literal[
        "email",
        "sms",
        "whatsapp",
        "embedded",
        "oauth_google",
        "oauth_microsoft",
        "oauth_apple",
        "webauthn_registration",
        "authenticator_app",
        "oauth_github",
        "recovery_code",
        "oauth_facebook",
        "crypto_wallet",
        "oauth_amazon",
        "oauth_bitbucket",
        "oauth_coinbase",
        "oauth_discord",
        "oauth_figma",
        "oauth_gitlab",
        "oauth_instagram",
        "oauth_linkedin",
        "oauth_shopify",
        "oauth_slack",
        "oauth_snapchat",
        "oauth_spotify",
        "oauth_steam",
        "oauth_tiktok",
        "oauth_twitch",
        "oauth_twitter",
        "knowledge",
        "biometric",
        "sso_saml",
        "sso_oidc",
        "oauth_salesforce",
        "oauth_yahoo",
        "oauth_hubspot",
        "imported_auth0",
        "oauth_exchange_slack",
        "oauth_exchange_hubspot",
        "oauth_exchange_github",
        "oauth_exchange_google",
        "impersonation",
        "oauth_access_token_exchange",
        "trusted_token_exchange",
    ]
    | str
)
"""By which way the proof came; it tells which of a factor's details are present."""


@frozen(kw_only=True)
class EmailFactor:
    """An e-mail address that a link or a passcode was sent to."""

    email_id: str
    email_address: str


@frozen(kw_only=True)
class PhoneNumberFactor:
    """A phone number that a passcode was sent to."""

    phone_id: str
    phone_number: str


@frozen(kw_only=True)
class OAuthFactor:
    """An account at an OAuth provider."""

    id: str
    """ID of the Member's registration with the provider."""
    provider_subject: str
    """ID of the account at the provider."""
    email_id: str | None = None


@frozen(kw_only=True)
class OAuthTenantFactor(OAuthFactor):
    """An account at an OAuth provider where accounts belong to one tenant."""

    provider_tenant_id: str | None = None


@frozen(kw_only=True)
class GithubOAuthFactor(OAuthFactor):
    """An account at GitHub, which may belong to several tenants."""

    provider_tenant_ids: tuple[str, ...] | None = None


@frozen(kw_only=True)
class OAuthExchangeFactor:
    """An OAuth login that was carried over from a session in another Organization."""

    email_id: str


@frozen(kw_only=True)
class OAuthAccessTokenExchangeFactor:
    """An access token that a connected app exchanged for the session."""

    client_id: str


@frozen(kw_only=True)
class SSOFactor:
    """An account at an SSO identity provider."""

    id: str
    """ID of the Member's registration with the connection."""
    provider_id: str
    """ID of the connection."""
    external_id: str
    """ID of the account at the identity provider."""


@frozen(kw_only=True)
class WebAuthnFactor:
    """A passkey or a security key."""

    webauthn_registration_id: str
    domain: str
    user_agent: str | None = None


@frozen(kw_only=True)
class AuthenticatorAppFactor:
    """An authenticator app that shows time-based passcodes."""

    totp_id: str


@frozen(kw_only=True)
class RecoveryCodeFactor:
    """A recovery code, used in place of an authenticator app."""

    totp_recovery_code_id: str


@frozen(kw_only=True)
class CryptoWalletFactor:
    """A crypto wallet that signed a challenge."""

    crypto_wallet_id: str
    crypto_wallet_address: str
    crypto_wallet_type: str


@frozen(kw_only=True)
class EmbeddableMagicLinkFactor:
    """A magic link that the project delivered itself."""

    embedded_id: str


@frozen(kw_only=True)
class BiometricFactor:
    """A key that a device releases by fingerprint or face."""

    biometric_registration_id: str


@frozen(kw_only=True)
class ImpersonatedFactor:
    """A person of the project's staff who acts as the Member."""

    impersonator_id: str
    impersonator_email_address: str


@frozen(kw_only=True)
class TrustedAuthTokenFactor:
    """A token of another system that the project trusts."""

    token_id: str


@frozen(kw_only=True)
class AuthenticationFactor:
    """One proof of who the Member is, with the details of its delivery method."""

    type: AuthenticationFactorType
    delivery_method: AuthenticationFactorDeliveryMethod
    last_authenticated_at: Timestamp | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None
    email_factor: EmailFactor | None = None
    phone_number_factor: PhoneNumberFactor | None = None
    google_oauth_factor: OAuthFactor | None = None
    microsoft_oauth_factor: OAuthFactor | None = None
    apple_oauth_factor: OAuthFactor | None = None
    webauthn_factor: WebAuthnFactor | None = None
    authenticator_app_factor: AuthenticatorAppFactor | None = None
    github_oauth_factor: GithubOAuthFactor | None = None
    recovery_code_factor: RecoveryCodeFactor | None = None
    facebook_oauth_factor: OAuthFactor | None = None
    crypto_wallet_factor: CryptoWalletFactor | None = None
    amazon_oauth_factor: OAuthFactor | None = None
    bitbucket_oauth_factor: OAuthFactor | None = None
    coinbase_oauth_factor: OAuthFactor | None = None
    discord_oauth_factor: OAuthFactor | None = None
    figma_oauth_factor: OAuthFactor | None = None
    git_lab_oauth_factor: OAuthFactor | None = None
    instagram_oauth_factor: OAuthFactor | None = None
    linked_in_oauth_factor: OAuthFactor | None = None
    shopify_oauth_factor: OAuthFactor | None = None
    slack_oauth_factor: OAuthTenantFactor | None = None
    snapchat_oauth_factor: OAuthFactor | None = None
    spotify_oauth_factor: OAuthFactor | None = None
    steam_oauth_factor: OAuthFactor | None = None
    tik_tok_oauth_factor: OAuthFactor | None = None
    twitch_oauth_factor: OAuthFactor | None = None
    twitter_oauth_factor: OAuthFactor | None = None
    embeddable_magic_link_factor: EmbeddableMagicLinkFactor | None = None
    biometric_factor: BiometricFactor | None = None
    saml_sso_factor: SSOFactor | None = None
    oidc_sso_factor: SSOFactor | None = None
    salesforce_oauth_factor: OAuthFactor | None = None
    yahoo_oauth_factor: OAuthFactor | None = None
    hubspot_oauth_factor: OAuthTenantFactor | None = None
    slack_oauth_exchange_factor: OAuthExchangeFactor | None = None
    hubspot_oauth_exchange_factor: OAuthExchangeFactor | None = None
    github_oauth_exchange_factor: OAuthExchangeFactor | None = None
    google_oauth_exchange_factor: OAuthExchangeFactor | None = None
    impersonated_factor: ImpersonatedFactor | None = None
    oauth_access_token_exchange_factor: OAuthAccessTokenExchangeFactor | None = None
    trusted_auth_token_factor: TrustedAuthTokenFactor | None = None
    sequence_order: Literal["PRIMARY", "SECONDARY"] | str | None = None
    """Whether the factor was the first or the second of its login."""
