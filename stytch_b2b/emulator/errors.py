"""
The errors that the emulator answers with: one class per error type of the API.

Where the API's documentation states the HTTP status of a type, the class has that status. Stytch
documents no status for many types; those are marked *status assumed* and follow the documented
types that are closest to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

Place = Literal["body", "query"]
"""Where a request carries its fields."""


class ApiError(Exception):
    """Base of everything that is answered with Stytch's error body."""

    status: ClassVar[int]
    error_type: ClassVar[str]
    message: ClassVar[str]

    def __init__(
        self, message: str | None = None, *, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message or self.message)
        self.details = details

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the error body as the API sends it, not wrapped in ``data``."""
        body: dict[str, Any] = {
            "status_code": self.status,
            "request_id": request_id,
            "error_type": self.error_type,
            "error_message": str(self),
            "error_url": f"https://stytch.com/docs/b2b/api/errors/{self.status}#{self.error_type}",
        }
        if self.details is not None:
            body["error_details"] = dict(self.details)
        return body


class SchemaError(Exception):
    """
    A request that does not have the shape the operation needs.

    Args:
        issues: One entry per thing that does not fit, all of them at once.

        place: Where they are.
    """

    status: ClassVar[int] = 400

    def __init__(self, issues: Sequence[Mapping[str, Any]], *, place: Place = "body") -> None:
        super().__init__(f"{len(issues)} issues in the request {place}")
        self.place = place
        self.issues: tuple[dict[str, Any], ...] = tuple(dict(issue) for issue in issues)

    def body(self) -> dict[str, Any]:
        """Return the body of a schema error, which has none of the fields of other errors."""
        return {self.place: list(self.issues)}


# --- The request itself -----------------------------------------------------------------------


class BadRequestError(ApiError):
    """The request cannot be read."""

    status = 400
    error_type = "bad_request"
    message = "The request could not be read."


class InvalidAuthorizationHeaderError(ApiError):
    """There is no Basic authorization that could be read."""

    status = 400
    error_type = "invalid_authorization_header"
    message = "The Authorization header must be Basic with the public token as user name."


class UnauthorizedCredentialsError(ApiError):
    """The public token is not one of this project, or the password is not the member's."""

    status = 401
    error_type = "unauthorized_credentials"
    message = "Unauthorized credentials."


class UserUnauthenticatedError(ApiError):
    """The operation needs a session and the request has none; status assumed."""

    status = 401
    error_type = "user_unauthenticated"
    message = "This operation needs a member session."


class SessionAuthorizationError(ApiError):
    """The roles of the calling member do not permit the operation."""

    status = 403
    error_type = "session_authorization_error"
    message = "The member session is not authorized to perform this action."


class RouteNotFoundError(ApiError):
    """No operation has this path; status assumed."""

    status = 404
    error_type = "route_not_found"
    message = "The requested route was not found."


class MethodNotAllowedError(ApiError):
    """The path exists, but not for this method; status assumed."""

    status = 405
    error_type = "method_not_allowed"
    message = "The requested method is not allowed for this route."


class InternalServerError(ApiError):
    """The emulator itself failed."""

    status = 500
    error_type = "internal_server_error"
    message = "Oops, something seems to have gone wrong."


class ControlPlaneRefusedError(ApiError):
    """The control plane takes requests from this machine's own programs only."""

    status = 403
    error_type = "emulator_control_refused"
    message = "The control plane answers to loopback hosts and not to other web origins."


class TooManyRequestsError(ApiError):
    """The caller sends more than it may; only injected faults raise it."""

    status = 429
    error_type = "too_many_requests"
    message = "Too many requests have been made."


# --- Project, organization, member ------------------------------------------------------------


class PublicTokenRequiredError(ApiError):
    """A browser was sent without the public token; status assumed."""

    status = 400
    error_type = "public_token_required"
    message = "The public token is missing."


class PublicTokenNotFoundError(ApiError):
    """The public token is another project's; status assumed."""

    status = 404
    error_type = "public_token_not_found"
    message = "The public token could not be found."


class ProjectNotFoundError(ApiError):
    """The project id in the path is not this project's; status assumed."""

    status = 404
    error_type = "project_not_found"
    message = "The project could not be found."


class OrganizationNotFoundError(ApiError):
    """No organization has this id; status assumed."""

    status = 404
    error_type = "organization_not_found"
    message = "The organization could not be found."


class MemberNotFoundError(ApiError):
    """The organization has no such member; status assumed."""

    status = 404
    error_type = "member_not_found"
    message = "The member could not be found."


class ActionAvailableOnlyForActiveMembersError(ApiError):
    """The member was deactivated."""

    status = 400
    error_type = "action_available_only_for_active_members"
    message = "The action is available only for active members."


class EmailJitProvisioningNotAllowedError(ApiError):
    """The organization lets nobody in by this e-mail address; status assumed."""

    status = 400
    error_type = "email_jit_provisioning_not_allowed"
    message = "The organization does not allow JIT provisioning by this email address."


class InvalidEmailForJitProvisioningError(ApiError):
    """The organization lets in other e-mail domains only; status assumed."""

    status = 400
    error_type = "invalid_email_for_jit_provisioning"
    message = "The domain of the email address is not one that the organization lets in."


class InvalidEmailForInvitesError(ApiError):
    """
    The organization invites nobody, or other e-mail domains only; status assumed.

    It is the only type that Stytch's vocabulary has for an invitation that the settings forbid.
    """

    status = 400
    error_type = "invalid_email_for_invites"
    message = "The organization does not allow invitations to this email address."


class DuplicateMemberEmailError(ApiError):
    """The organization has an active member with this address; status assumed."""

    status = 400
    error_type = "duplicate_member_email"
    message = "The organization already has an active member with this email address."


class AuthMethodNotAllowedError(ApiError):
    """The organization does not allow this way of logging in; status assumed."""

    status = 400
    error_type = "operation_restricted_by_organization_auth_methods"
    message = "The organization does not allow this authentication method."


class InvalidEmailError(ApiError):
    """Not an e-mail address."""

    status = 400
    error_type = "invalid_email"
    message = "The email address is invalid."


class InvalidRbacRoleIdError(ApiError):
    """Neither the project nor the organization has this role; status assumed."""

    status = 400
    error_type = "invalid_rbac_role_id"
    message = "The role does not exist."


class CannotAssignDefaultRoleError(ApiError):
    """``stytch_member`` belongs to everyone and cannot be assigned; status assumed."""

    status = 400
    error_type = "cannot_assign_default_rbac_role_id"
    message = "The default role cannot be assigned."


# --- Sessions ---------------------------------------------------------------------------------


class SessionNotFoundError(ApiError):
    """
    The session token is unknown, revoked or expired.

    The documentation gives this type and 404 for all three, and the SDKs drop their session on it.
    """

    status = 404
    error_type = "session_not_found"
    message = "The session could not be found."


class SessionNotMutableError(ApiError):
    """The session is an impersonator's, who may change no credentials; status assumed."""

    status = 403
    error_type = "session_not_mutable"
    message = "An impersonated session cannot change what the member logs in with."


class InvalidSessionDurationError(ApiError):
    """The duration is outside of 5 to 527040 minutes; status assumed."""

    status = 400
    error_type = "invalid_session_duration_minutes"
    message = "session_duration_minutes must be between 5 and 527040."


class IntermediateSessionNotFoundError(ApiError):
    """The intermediate session token is unknown, used or expired; status assumed."""

    status = 404
    error_type = "intermediate_session_not_found"
    message = "The intermediate session could not be found."


class IntermediateSessionForOtherOrganizationError(ApiError):
    """The intermediate session token belongs to another organization; status assumed."""

    status = 400
    error_type = "invalid_intermediate_session_token_for_organization"
    message = "The intermediate session token is not valid for this organization."


# --- Magic links ------------------------------------------------------------------------------


class MagicLinkNotFoundError(ApiError):
    """No link has this token."""

    status = 404
    error_type = "magic_link_not_found"
    message = "The magic link could not be found."


class UnableToAuthMagicLinkError(ApiError):
    """The link was used before, or is too old."""

    status = 401
    error_type = "unable_to_auth_magic_link"
    message = "The magic link could not be authenticated because it was already used or expired."


class InvalidExpirationError(ApiError):
    """The lifetime asked for is outside of 5 to 10080 minutes; status assumed."""

    status = 400
    error_type = "invalid_expiration"
    message = "The expiration must be between 5 and 10080 minutes."


# --- Redirect URLs ------------------------------------------------------------------------------


class InvalidLoginRedirectUrlError(ApiError):
    """The login redirect URL is no absolute URL; status assumed."""

    status = 400
    error_type = "invalid_login_redirect_url"
    message = "The login redirect URL must be an absolute URL."


class InvalidSignupRedirectUrlError(ApiError):
    """The signup redirect URL is no absolute URL; status assumed."""

    status = 400
    error_type = "invalid_signup_redirect_url"
    message = "The signup redirect URL must be an absolute URL."


class InvalidInviteRedirectUrlError(ApiError):
    """The invite redirect URL is no absolute URL; status assumed."""

    status = 400
    error_type = "invalid_invite_redirect_url"
    message = "The invite redirect URL must be an absolute URL."


class InvalidDiscoveryRedirectUrlError(ApiError):
    """The discovery redirect URL is no absolute URL; status assumed."""

    status = 400
    error_type = "invalid_discovery_redirect_url"
    message = "The discovery redirect URL must be an absolute URL."


class InvalidPasswordResetRedirectUrlError(ApiError):
    """The password reset redirect URL is no absolute URL; status assumed."""

    status = 400
    error_type = "invalid_password_reset_redirect_url"
    message = "The password reset redirect URL must be an absolute URL."


class NoMatchForProvidedMagicLinkUrlError(ApiError):
    """The redirect URL of an e-mail is not registered for its type."""

    status = 400
    error_type = "no_match_for_provided_magic_link_url"
    message = "The redirect URL is not registered in the dashboard for this type of redirect."


class NoDefaultLoginRedirectUrlSetError(ApiError):
    """No login redirect URL was given, and none is registered; status assumed."""

    status = 400
    error_type = "no_default_login_redirect_url_set"
    message = "There is no default login redirect URL."


class NoDefaultSignupRedirectUrlSetError(ApiError):
    """No signup redirect URL was given, and none is registered; status assumed."""

    status = 400
    error_type = "no_default_signup_redirect_url_set"
    message = "There is no default signup redirect URL."


class NoDefaultInviteRedirectUrlSetError(ApiError):
    """No invite redirect URL was given, and none is registered; status assumed."""

    status = 400
    error_type = "no_default_invite_redirect_url_set"
    message = "There is no default invite redirect URL."


class NoDefaultDiscoveryRedirectUrlSetError(ApiError):
    """No discovery redirect URL was given, and none is registered; status assumed."""

    status = 400
    error_type = "no_default_discovery_redirect_url_set"
    message = "There is no default discovery redirect URL."


class NoPasswordResetRedirectUrlError(ApiError):
    """No password reset redirect URL was given, and none is registered; status assumed."""

    status = 400
    error_type = "no_password_reset_redirect_url"
    message = "There is no default password reset redirect URL."


# --- PKCE -------------------------------------------------------------------------------------


class InvalidPkceCodeChallengeError(ApiError):
    """The challenge is missing where it is required, or is no S256 challenge; status assumed."""

    status = 400
    error_type = "invalid_pkce_code_challenge"
    message = "The pkce_code_challenge must be the base64url SHA-256 digest of the verifier."


class InvalidPkceCodeVerifierError(ApiError):
    """The verifier is none: too short, too long, or of other characters; status assumed."""

    status = 400
    error_type = "invalid_pkce_code_verifier"
    message = "The pkce_code_verifier must be 43 to 128 unreserved characters."


class PkceRequiredForNativeCallbackError(ApiError):
    """A redirect to a custom scheme is safe only with PKCE; status assumed."""

    status = 400
    error_type = "pkce_required_for_native_callback"
    message = "A redirect URL with a custom scheme needs a pkce_code_challenge."


class PkceExpectedCodeVerifierError(ApiError):
    """The flow was started with a challenge and finished without a verifier; status assumed."""

    status = 400
    error_type = "pkce_expected_code_verifier"
    message = "The pkce_code_verifier is missing, but the flow was started with a challenge."


class PkceDidNotExpectCodeVerifierError(ApiError):
    """The flow was started without a challenge; status assumed."""

    status = 400
    error_type = "pkce_did_not_expect_code_verifier"
    message = "A pkce_code_verifier was sent, but the flow was started without a challenge."


class PkceMismatchError(ApiError):
    """The verifier does not belong to the challenge; status assumed."""

    status = 400
    error_type = "pkce_mismatch"
    message = "The pkce_code_verifier does not match the pkce_code_challenge."


# --- One-time passcodes ----------------------------------------------------------------------


class OtpCodeNotFoundError(ApiError):
    """No passcode was sent there."""

    status = 404
    error_type = "otp_code_not_found"
    message = "The one-time passcode could not be found."


class UnableToAuthOtpCodeError(ApiError):
    """The passcode is wrong, was used before, or is too old."""

    status = 401
    error_type = "unable_to_auth_otp_code"
    message = "The passcode could not be authenticated: it is wrong, already used, or expired."


class InvalidExpirationOtpError(ApiError):
    """The lifetime asked for is outside of 2 to 15 minutes; status assumed."""

    status = 400
    error_type = "invalid_expiration_otp"
    message = "The expiration must be between 2 and 15 minutes."


class InvalidPhoneNumberError(ApiError):
    """Not a phone number in E.164 format; status assumed."""

    status = 400
    error_type = "invalid_phone_number"
    message = "The phone number must be in E.164 format, such as +12025550162."


class MemberPhoneNumberNotFoundError(ApiError):
    """No number was given and the member has none; status assumed."""

    status = 404
    error_type = "member_phone_number_not_found"
    message = "The member has no phone number."


class DuplicateMemberPhoneNumberForMemberError(ApiError):
    """The member has verified another number already; status assumed."""

    status = 400
    error_type = "duplicate_member_phone_number_for_member"
    message = "The member already has another phone number."


# --- Second factors --------------------------------------------------------------------------


class OperationRestrictedByOrganizationMfaMethodsError(ApiError):
    """The organization does not accept this second factor; status assumed."""

    status = 403
    error_type = "operation_restricted_by_organization_mfa_methods"
    message = "The organization does not accept this MFA method."


class InsufficientFactorsError(ApiError):
    """Something else has to be proved before this."""

    status = 401
    error_type = "insufficient_factors"
    message = "What was authenticated so far is not sufficient for this action."


class MemberSessionMemberIdMismatchError(ApiError):
    """The call names another member than its session; status assumed."""

    status = 400
    error_type = "member_session_member_id_mismatch"
    message = "The member session does not belong to the member_id."


class ActiveTotpExistsError(ApiError):
    """The member has an authenticator app already."""

    status = 400
    error_type = "active_totp_exists"
    message = "The member already has an active TOTP registration."


class TotpNotFoundError(ApiError):
    """The member has no authenticator app; status assumed."""

    status = 404
    error_type = "totp_not_found"
    message = "The member has no TOTP registration."


class ExpiredTotpError(ApiError):
    """The first code of a registration came too late; status assumed."""

    status = 401
    error_type = "expired_totp"
    message = "The TOTP registration has expired before its first code."


class InvalidTotpCodeError(ApiError):
    """Not six digits; status assumed."""

    status = 400
    error_type = "invalid_totp_code"
    message = "The TOTP code must be six digits."


class RecoveryCodeUsedAsTotpCodeError(ApiError):
    """Looks like a recovery code where the app's code is wanted; status assumed."""

    status = 400
    error_type = "recovery_code_used_as_totp_code"
    message = "A recovery code was given instead of a TOTP code."


class UnableToAuthenticateTotpError(ApiError):
    """Not what the app shows; status assumed."""

    status = 401
    error_type = "unable_to_authenticate_totp"
    message = "The TOTP code could not be authenticated."


class TotpCodeAlreadyAuthenticatedError(ApiError):
    """The code, or one that came after it, was used before; status assumed."""

    status = 401
    error_type = "totp_code_already_authenticated"
    message = "The TOTP code was already authenticated."


class RecoveryCodesNotFoundError(ApiError):
    """The member has no authenticator app, and so nothing to recover from; status assumed."""

    status = 404
    error_type = "recovery_codes_not_found"
    message = "The member has no recovery codes."


class InvalidRecoveryCodeError(ApiError):
    """Does not look like a recovery code; status assumed."""

    status = 400
    error_type = "invalid_recovery_code"
    message = "A recovery code looks like xxxx-xxxx-xxxx."


class TotpCodeUsedAsRecoveryCodeError(ApiError):
    """Looks like the app's code where a recovery code is wanted; status assumed."""

    status = 400
    error_type = "totp_code_used_as_recovery_code"
    message = "A TOTP code was given instead of a recovery code."


class UnableToAuthenticateRecoveryCodeError(ApiError):
    """The recovery code is not the member's, or was used before; status assumed."""

    status = 401
    error_type = "unable_to_authenticate_recovery_code"
    message = "The recovery code could not be authenticated."


# --- Locks -----------------------------------------------------------------------------------


class UserLockLimitReachedError(ApiError):
    """Too many wrong codes or passwords in a row: the member is locked for a while."""

    status = 429
    error_type = "user_lock_limit_reached"
    message = "The member is locked because of too many failed authentication attempts."


# --- Passwords -------------------------------------------------------------------------------


class MemberPasswordNotFoundError(ApiError):
    """
    There is no password to compare with; status assumed.

    Somebody unknown and a member without a password get the same answer.
    """

    status = 404
    error_type = "member_password_not_found"
    message = "Member password not found."


class MemberResetPasswordError(ApiError):
    """The password is right, but known from a breach; status assumed."""

    status = 400
    error_type = "member_reset_password"
    message = "The member must reset the password: it appears in a list of breached passwords."


class WeakPasswordError(ApiError):
    """The new password does not satisfy the policy of the project; status assumed."""

    status = 400
    error_type = "weak_password"
    message = "The password does not meet the strength requirements."


class BreachedPasswordError(ApiError):
    """The new password is known from a breach; status assumed."""

    status = 400
    error_type = "breached_password"
    message = "The password appears in a list of breached passwords."


class CannotResetPasswordWithExistingPasswordError(ApiError):
    """The new password is the present one; status assumed."""

    status = 400
    error_type = "cannot_reset_password_with_existing_password"
    message = "The new password must differ from the existing one."


class UnableToAuthPasswordResetTokenError(ApiError):
    """
    No reset link has this token, or it was used before, or is too old; status assumed.

    Stytch's vocabulary has no type of its own for a token that does not exist.
    """

    status = 401
    error_type = "unable_to_auth_password_reset_token"
    message = "The password reset token is unknown, already used, or expired."


class SessionTooOldToResetPasswordError(ApiError):
    """No factor of the session was proved in the last five minutes; status assumed."""

    status = 400
    error_type = "session_too_old_to_reset_password"
    message = "The session has no authentication factor from the last 5 minutes."


class CrossOrgPasswordsNotEnabledError(ApiError):
    """Passwords belong to members, so there is none before an organization; status assumed."""

    status = 400
    error_type = "cross_org_passwords_not_enabled"
    message = "The project does not allow passwords to be used between organizations."


# --- Discovery -------------------------------------------------------------------------------


class ActionNotAllowedEmailDomainIsClaimedError(ApiError):
    """An organization has claimed the e-mail domain, so nobody else founds one with it."""

    status = 400
    error_type = "action_not_allowed_email_domain_is_claimed"
    message = "The e-mail domain is claimed by an organization."


class OrganizationSlugAlreadyUsedError(ApiError):
    """Another organization has the slug."""

    status = 400
    error_type = "organization_slug_already_used"
    message = "The organization slug is already in use."


class InvalidOrganizationSlugError(ApiError):
    """The slug has other characters than the API allows, or another length; status assumed."""

    status = 400
    error_type = "invalid_organization_slug"
    message = "An organization slug has 2 to 128 lowercase letters, digits and any of -._~."


class EndpointNotAuthorizedForSdkError(ApiError):
    """
    The project has switched the operation off for its SDKs.

    The vocabulary has no type of its own for `create_organization_enabled`, which is a switch of
    the SDK's configuration like the others that lead here.
    """

    status = 401
    error_type = "endpoint_not_authorized_for_sdk"
    message = "The endpoint is not enabled for the SDK of this project."


class OrganizationNameMissingError(ApiError):
    """The name is empty; status assumed."""

    status = 400
    error_type = "organization_name_missing"
    message = "An organization needs a name."


class InvalidOrganizationNameError(ApiError):
    """The name is too long; status assumed."""

    status = 400
    error_type = "invalid_organization_name"
    message = "An organization name has 1 to 128 characters."


class AllowedAuthMethodsRequiredForRestrictedError(ApiError):
    """Login methods are restricted, and none is allowed."""

    status = 400
    error_type = "allowed_auth_methods_required_for_restricted"
    message = "allowed_auth_methods cannot be empty if auth_methods is RESTRICTED."


class AllowedMfaMethodsRequiredForRestrictedError(ApiError):
    """Second factors are restricted, and none is allowed."""

    status = 400
    error_type = "allowed_mfa_methods_required_for_restricted"
    message = "allowed_mfa_methods cannot be empty if mfa_methods is RESTRICTED."


class InvalidOrganizationAllowedAuthMethodsError(ApiError):
    """There is no such login method; status assumed."""

    status = 400
    error_type = "invalid_organization_allowed_auth_methods"
    message = "allowed_auth_methods has a method that does not exist."


class InvalidOrganizationAllowedMfaMethodsError(ApiError):
    """There is no such second factor; status assumed."""

    status = 400
    error_type = "invalid_organization_allowed_mfa_methods"
    message = "allowed_mfa_methods has a method that does not exist."


class InvalidRestrictedEmailSettingError(ApiError):
    """Addresses are restricted, and no domain is allowed; status assumed."""

    status = 400
    error_type = "invalid_restricted_email_setting"
    message = "email_allowed_domains cannot be empty if an email setting is RESTRICTED."


class InvalidRestrictedOauthTenantsSettingError(ApiError):
    """Tenants are restricted, and none is allowed; status assumed."""

    status = 400
    error_type = "invalid_restricted_oauth_tenants_setting"
    message = "oauth_tenant_jit_provisioning can be RESTRICTED only to tenants that are allowed."


class InvalidRestrictedSsoSettingError(ApiError):
    """Connections are restricted, and none is allowed; status assumed."""

    status = 400
    error_type = "invalid_restricted_sso_setting"
    message = "sso_jit_provisioning can be RESTRICTED only to connections that are allowed."


class InvalidOauthAllowedTenantsFormatError(ApiError):
    """Not lists of tenants by provider; status assumed."""

    status = 400
    error_type = "invalid_oauth_allowed_tenants_format"
    message = "allowed_oauth_tenants must have lists of tenants of slack, hubspot or github."


class OrganizationSettingsInvalidDomainError(ApiError):
    """An allowed e-mail domain is none; status assumed."""

    status = 400
    error_type = "organization_settings_invalid_domain"
    message = "An allowed email domain is not a domain."


class OrganizationSettingsDomainTooCommonError(ApiError):
    """Everybody can have an address at an allowed domain; status assumed."""

    status = 400
    error_type = "organization_settings_domain_too_common"
    message = "An allowed email domain belongs to a common email provider."


class OrganizationSettingsDuplicateDomainError(ApiError):
    """An e-mail domain is allowed twice; status assumed."""

    status = 400
    error_type = "organization_settings_duplicate_domain"
    message = "An allowed email domain is there twice."


class OrganizationSuspendedError(ApiError):
    """The project has suspended the organization, and nobody acts in it."""

    status = 403
    error_type = "organization_suspended"
    message = "The organization is suspended."


class InvalidOrganizationExternalIdError(ApiError):
    """The external id is empty, or too long; status assumed."""

    status = 400
    error_type = "invalid_organization_external_id"
    message = "An organization_external_id has 1 to 128 characters."


class OrganizationExternalIdAlreadyUsedError(ApiError):
    """Another organization has the external id; status assumed."""

    status = 400
    error_type = "organization_external_id_already_used"
    message = "The organization_external_id is already in use."


class OrganizationLogoUrlTooLongError(ApiError):
    """The address of the logo is too long; status assumed."""

    status = 400
    error_type = "organization_logo_url_too_long"
    message = "The organization_logo_url is too long."


class OrganizationSettingsDisposableDomainError(ApiError):
    """An allowed e-mail domain gives addresses to whoever passes by; status assumed."""

    status = 400
    error_type = "organization_settings_disposable_domain"
    message = "An allowed email domain belongs to a provider of disposable addresses."


class RbacInvalidDomainError(ApiError):
    """A role is assigned to what is no e-mail domain; status assumed."""

    status = 400
    error_type = "rbac_invalid_domain"
    message = "The domain of an implicit role assignment is not a domain."


class RbacDomainTooCommonError(ApiError):
    """A role is assigned to everybody at a common provider; status assumed."""

    status = 400
    error_type = "rbac_domain_too_common"
    message = "The domain of an implicit role assignment belongs to a common email provider."


class EmptyRbacRoleIdError(ApiError):
    """A role is assigned that has no name; status assumed."""

    status = 400
    error_type = "empty_rbac_role_id"
    message = "The role_id cannot be empty."


# --- OAuth -----------------------------------------------------------------------------------


class MissingOauthOrganizationLocatorError(ApiError):
    """A login by OAuth names no organization; status assumed."""

    status = 400
    error_type = "missing_oauth_organization_locator"
    message = "Either organization_id or slug is needed."


class TooManyOauthOrganizationLocatorsError(ApiError):
    """A login by OAuth names its organization twice; status assumed."""

    status = 400
    error_type = "too_many_oauth_organization_locators"
    message = "Only one of organization_id and slug may be given."


class InvalidOauthProviderError(ApiError):
    """There is no such OAuth provider; status assumed."""

    status = 400
    error_type = "invalid_oauth_provider"
    message = "The OAuth provider is not supported."


class OauthConfigNotFoundError(ApiError):
    """The project is not set up for this kind of OAuth login; status assumed."""

    status = 404
    error_type = "oauth_config_not_found"
    message = "The OAuth configuration could not be found."


class NoMatchForProvidedOauthUrlError(ApiError):
    """The redirect URL of a login by OAuth is not registered for its type."""

    status = 400
    error_type = "no_match_for_provided_oauth_url"
    message = "The redirect URL is not registered in the dashboard for this type of redirect."


class OauthInvalidStateError(ApiError):
    """The identity provider answers what nobody has asked; status assumed."""

    status = 400
    error_type = "oauth_invalid_state"
    message = "The state is unknown."


class OauthStateUsedError(ApiError):
    """The identity provider has answered before; status assumed."""

    status = 400
    error_type = "oauth_state_used"
    message = "The state was already used."


class ExpiredOauthResponseError(ApiError):
    """The identity provider took too long to answer; status assumed."""

    status = 400
    error_type = "expired_oauth_response"
    message = "The login has expired."


class OauthTokenNotFoundError(ApiError):
    """The token of a login by OAuth is unknown, used or expired; status assumed."""

    status = 404
    error_type = "oauth_token_not_found"
    message = "The OAuth token could not be found."


class OauthUnverifiedEmailError(ApiError):
    """The provider does not vouch for the e-mail address of the account; status assumed."""

    status = 400
    error_type = "oauth_unverified_email"
    message = "The OAuth provider has not verified the email address."


class InvalidOauthTenantForJitProvisioningError(ApiError):
    """The organization lets nobody in from this tenant; status assumed."""

    status = 400
    error_type = "invalid_oauth_tenant_for_jit_provisioning"
    message = "The organization does not allow JIT provisioning from this OAuth tenant."


class IdTokenInvalidError(ApiError):
    """The ID token was not issued by the provider, or says too little; status assumed."""

    status = 400
    error_type = "id_token_invalid"
    message = "The ID token is invalid."


class IdTokenIncorrectAudienceError(ApiError):
    """The ID token was issued to another application; status assumed."""

    status = 400
    error_type = "id_token_incorrect_audience"
    message = "The ID token has another audience."


class IdTokenExpiredError(ApiError):
    """The ID token is too old; status assumed."""

    status = 400
    error_type = "id_token_expired"
    message = "The ID token has expired."


# --- SSO -------------------------------------------------------------------------------------


class MissingSsoConnectionLocatorError(ApiError):
    """A login by SSO names no connection; status assumed."""

    status = 400
    error_type = "missing_sso_connection_locator"
    message = "Either connection_id or organization_id is needed."


class TooManySsoConnectionLocatorsError(ApiError):
    """A login by SSO names its connection twice; status assumed."""

    status = 400
    error_type = "too_many_sso_connection_locators"
    message = "Only one of connection_id and organization_id may be given."


class SsoConnectionNotFoundError(ApiError):
    """There is no active SSO connection with this id; status assumed."""

    status = 404
    error_type = "sso_connection_not_found"
    message = "The SSO connection could not be found."


class NoSsoConnectionExistsForOrganizationError(ApiError):
    """The organization has no active SSO connection; status assumed."""

    status = 404
    error_type = "no_sso_connection_exists_for_organization"
    message = "The organization has no active SSO connection."


class IndeterminateSsoConnectionForOrganizationError(ApiError):
    """The organization has several SSO connections and no default; status assumed."""

    status = 400
    error_type = "indeterminate_sso_connection_for_organization"
    message = "The organization has several SSO connections and none of them is its default."


class NoMatchForProvidedSsoUrlError(ApiError):
    """The redirect URL of a login by SSO is not registered for its type; status assumed."""

    status = 400
    error_type = "no_match_for_provided_sso_url"
    message = "The redirect URL is not registered in the dashboard for this type of redirect."


class SsoTokenNotFoundError(ApiError):
    """The token of a login by SSO is unknown, used or expired; status assumed."""

    status = 404
    error_type = "sso_token_not_found"
    message = "The SSO token could not be found."


class InvalidConnectionForJitProvisioningError(ApiError):
    """The organization lets nobody in by this connection; status assumed."""

    status = 400
    error_type = "invalid_connection_for_jit_provisioning"
    message = "The organization does not allow JIT provisioning by this SSO connection."


class SsoConnectionOrganizationMismatchError(ApiError):
    """The SSO connection is another organization's; status assumed."""

    status = 400
    error_type = "sso_connection_organization_mismatch"
    message = "The SSO connection does not belong to the organization."


# --- Connected apps --------------------------------------------------------------------------


class ConnectedAppNotFoundError(ApiError):
    """No connected app has this client id."""

    status = 404
    error_type = "connected_app_not_found"
    message = "The connected app could not be found."


class ConnectedAppNotAllowedForOrgError(ApiError):
    """The organization does not allow the app; status assumed."""

    status = 403
    error_type = "connected_app_not_allowed_for_org"
    message = "The organization does not allow this connected app."


class ConnectedAppSuppliedRedirectUrlNotFoundInClientError(ApiError):
    """The app has not registered the redirect URL."""

    status = 401
    error_type = "connected_app_supplied_redirect_url_not_found_in_client"
    message = "The redirect URL is not registered for the connected app."


class OauthInvalidScopeRequestedError(ApiError):
    """A scope does not exist, or nothing asked for can be granted; status assumed."""

    status = 400
    error_type = "oauth_invalid_scope_requested"
    message = "The scopes requested are invalid."


class ThirdPartyClientsCannotUseFullAccessError(ApiError):
    """An app of others asks for full access; status assumed."""

    status = 400
    error_type = "third_party_clients_cannot_use_full_access"
    message = "Third party connected apps cannot use the full_access scope."


class PkceRequiredForIdpAuthorizationFlowError(ApiError):
    """A public app sent no code challenge; status assumed."""

    status = 400
    error_type = "pkce_required_for_idp_authorization_flow"
    message = "A public connected app needs a code_challenge."


class IdpAccessTokenNotFoundError(ApiError):
    """No connected app got this access token."""

    status = 404
    error_type = "idp_access_token_not_found"
    message = "The access token could not be found."


class IdpAccessTokenExpiredError(ApiError):
    """The access token has expired; status assumed."""

    status = 401
    error_type = "idp_access_token_expired"
    message = "The access token has expired."


class IdpAccessTokenCouldNotBeExchangedError(ApiError):
    """The access token was exchanged before."""

    status = 404
    error_type = "idp_access_token_could_not_be_exchanged"
    message = "The access token could not be exchanged: it was exchanged before."


class OauthAccessTokenExchangeTokenTooOldError(ApiError):
    """The access token is good, but older than five minutes; status assumed."""

    status = 401
    error_type = "oauth_access_token_exchange_token_too_old"
    message = "An access token can be exchanged for five minutes after it was issued."


class OauthAccessTokenExchangeMissingFullAccessError(ApiError):
    """The access token is for less than everything; status assumed."""

    status = 403
    error_type = "oauth_access_token_exchange_missing_full_access"
    message = "Only an access token with the full_access scope can be exchanged."


class InvalidConnectedAppTypeError(ApiError):
    """An app of others is among one's own, or the other way around; status assumed."""

    status = 400
    error_type = "invalid_connected_app_type"
    message = "The connected app is not of the type that the setting is about."


class ConnectedAppConsentRevokedError(ApiError):
    """The member has withdrawn what the app was granted."""

    status = 401
    error_type = "connected_app_consent_revoked"
    message = "The member has revoked the consent to the connected app."


# --- Trusted tokens and impersonation --------------------------------------------------------


class TrustedTokenProfileNotFoundError(ApiError):
    """No profile has this id; status assumed."""

    status = 404
    error_type = "trusted_token_profile_not_found"
    message = "The trusted token profile could not be found."


class InvalidTrustedAuthTokenError(ApiError):
    """The token is not one to trust, or was used before; status assumed."""

    status = 401
    error_type = "invalid_trusted_auth_token"
    message = "The trusted auth token is invalid, expired or already used."


class TokenMissingOrganizationIdClaimError(ApiError):
    """Neither call nor token say where to log in; status assumed."""

    status = 400
    error_type = "token_missing_organization_id_claim"
    message = "The token has no organization, and none was given."


class InvalidTokenOrganizationIdClaimError(ApiError):
    """The token is for no organization, or for another one; status assumed."""

    status = 400
    error_type = "invalid_token_organization_id_claim"
    message = "The organization in the token is not the one to log in to."


class UnableToAuthImpersonationTokenError(ApiError):
    """The token is unknown, was used before, or is too old; status assumed."""

    status = 401
    error_type = "unable_to_auth_impersonation_token"
    message = "The impersonation token could not be authenticated."


# --- Changes of members -----------------------------------------------------------------------


class DuplicateMemberPhoneNumberError(ApiError):
    """Another member of the organization has the phone number; status assumed."""

    status = 400
    error_type = "duplicate_member_phone_number"
    message = "The phone number belongs to another member."


class InvalidMfaDefaultMethodError(ApiError):
    """There is no such second factor; status assumed."""

    status = 400
    error_type = "invalid_mfa_default_method"
    message = "default_mfa_method must be sms_otp or totp."


class DefaultMfaMemberMissingFactorError(ApiError):
    """The member has not set up this second factor; status assumed."""

    status = 400
    error_type = "default_mfa_member_missing_factor"
    message = "The member does not have the factor that default_mfa_method names."


class MetadataTooManyKeysError(ApiError):
    """There is more in the metadata than 20 keys; status assumed."""

    status = 400
    error_type = "metadata_too_many_keys"
    message = "Metadata has 20 keys at most."


class MetadataTooLargeError(ApiError):
    """The metadata takes more than 4 KB; status assumed."""

    status = 400
    error_type = "metadata_too_large"
    message = "Metadata has 4096 bytes at most."


class NoDeletedMemberFoundForReactivationError(ApiError):
    """Nobody has deleted the member; status assumed."""

    status = 400
    error_type = "no_deleted_member_found_for_reactivation"
    message = "There is no deleted member to reactivate."


class EmailUnverifiedForReactivationError(ApiError):
    """The member has never proved to own the address; status assumed."""

    status = 400
    error_type = "email_unverified_for_reactivation"
    message = "Only a member with a verified email address can be reactivated."


class ReactivationEmailBelongsToAnotherMemberError(ApiError):
    """Another member has got the address since; status assumed."""

    status = 400
    error_type = "reactivation_email_belongs_to_another_member"
    message = "The email address belongs to another member now."


class CrossOrgPasswordsEnabledError(ApiError):
    """Passwords belong to persons, so no organization deletes one; status assumed."""

    status = 400
    error_type = "cross_org_passwords_enabled"
    message = "The project allows passwords to be used between organizations."


# --- E-mail addresses of members --------------------------------------------------------------


class RetiredMemberEmailError(ApiError):
    """Another member had the address, and keeps others from having it; status assumed."""

    status = 400
    error_type = "retired_member_email"
    message = "The email address is a retired address of another member."


class RetiredEmailMissingEmailIdentifiersError(ApiError):
    """The call does not say which address; status assumed."""

    status = 400
    error_type = "retired_email_missing_email_identifiers"
    message = "Either email_id or email_address is needed."


class EmailNotFoundError(ApiError):
    """The member has no such retired address."""

    status = 404
    error_type = "email_not_found"
    message = "The email address could not be found."


class EmailUpdatesAvailableOnlyForActiveMembersError(ApiError):
    """The member is pending, invited or deleted; status assumed."""

    status = 400
    error_type = "email_updates_available_only_for_active_members"
    message = "Only an active member can update the email address."


class MemberHasNoActiveVerifiedEmailError(ApiError):
    """The member has never proved to own the present address; status assumed."""

    status = 400
    error_type = "member_has_no_active_verified_email"
    message = "The member has no active verified email address."


class DesiredEmailDeactivatedByDifferentMemberError(ApiError):
    """Another member had the new address; status assumed."""

    status = 400
    error_type = "desired_email_deactivated_by_different_member"
    message = "The desired email address is a retired address of another member."


class DesiredEmailUpdatingForDifferentMemberError(ApiError):
    """Another member is about to get the new address; status assumed."""

    status = 400
    error_type = "desired_email_updating_for_different_member"
    message = "Another member is updating to the desired email address."


class UnableToVerifyMemberEmailUpdateError(ApiError):
    """The update was given up, or somebody else has got the address; status assumed."""

    status = 400
    error_type = "unable_to_verify_member_email_update"
    message = "The update of the email address could not be verified."


class EmailVerificationRequiredError(ApiError):
    """Nobody has proved to own the address; status assumed."""

    status = 400
    error_type = "email_verification_required"
    message = "The email address has to be verified first."


# --- Searching for members --------------------------------------------------------------------


class MemberSearchMissingFilterNameError(ApiError):
    """An operand does not say what to search by; status assumed."""

    status = 400
    error_type = "member_search_missing_filter_name"
    message = "Each operand needs a filter_name."


class MemberSearchFilterNameMustBeStringError(ApiError):
    """An operand searches by what is no name; status assumed."""

    status = 400
    error_type = "member_search_filter_name_must_be_string"
    message = "A filter_name must be a string."


class MemberSearchFilterNameNotRecognizedError(ApiError):
    """Members cannot be searched by this; status assumed."""

    status = 400
    error_type = "member_search_filter_name_not_recognized"
    message = "The filter_name is not recognized."


class MemberSearchMissingFilterValueError(ApiError):
    """An operand does not say what to search for; status assumed."""

    status = 400
    error_type = "member_search_missing_filter_value"
    message = "Each operand needs a filter_value."


class MemberSearchExpectedArrayOfStringsError(ApiError):
    """The filter takes a list; status assumed."""

    status = 400
    error_type = "member_search_expected_array_of_strings"
    message = "The filter_value must be an array of strings."


class MemberSearchExpectedStringError(ApiError):
    """The filter takes a string; status assumed."""

    status = 400
    error_type = "member_search_expected_string"
    message = "The filter_value must be a string."


class MemberSearchExpectedBooleanError(ApiError):
    """The filter takes true or false; status assumed."""

    status = 400
    error_type = "member_search_expected_boolean"
    message = "The filter_value must be a boolean."


class MemberSearchMissingMemberIdsError(ApiError):
    """There are no ids to search for; status assumed."""

    status = 400
    error_type = "member_search_missing_member_ids"
    message = "member_ids cannot be empty."


class MemberSearchCannotMixInternalAndExternalMemberIdsError(ApiError):
    """Some ids are the API's and some are the project's; status assumed."""

    status = 400
    error_type = "member_search_cannot_mix_internal_and_external_member_ids"
    message = "member_ids must be all internal or all external."


class MemberSearchMissingMemberEmailsError(ApiError):
    """There are no addresses to search for; status assumed."""

    status = 400
    error_type = "member_search_missing_member_emails"
    message = "member_emails cannot be empty."


class MemberSearchMissingMemberEmailFuzzyError(ApiError):
    """There is no part of an address to search for; status assumed."""

    status = 400
    error_type = "member_search_missing_member_email_fuzzy"
    message = "member_email_fuzzy cannot be empty."


class MemberSearchMemberEmailFuzzyTooShortError(ApiError):
    """So little is in too many addresses; status assumed."""

    status = 400
    error_type = "member_search_member_email_fuzzy_too_short"
    message = "member_email_fuzzy needs at least 3 characters."


class MemberSearchMissingStatusesError(ApiError):
    """There are no statuses to search for; status assumed."""

    status = 400
    error_type = "member_search_missing_statuses"
    message = "statuses cannot be empty."


class SearchInvalidStatusFilterError(ApiError):
    """There is no such status; status assumed."""

    status = 400
    error_type = "search_invalid_status_filter"
    message = "statuses can be active, invited, pending and deleted."


class MemberSearchMissingMfaMemberPhoneNumbersError(ApiError):
    """There are no phone numbers to search for; status assumed."""

    status = 400
    error_type = "member_search_missing_mfa_member_phone_numbers"
    message = "member_mfa_phone_numbers cannot be empty."


class MemberSearchMissingMfaMemberPhoneNumberFuzzyError(ApiError):
    """There is no part of a phone number to search for; status assumed."""

    status = 400
    error_type = "member_search_missing_mfa_member_phone_number_fuzzy"
    message = "member_mfa_phone_number_fuzzy cannot be empty."


class MemberSearchMemberMfaPhoneNumberFuzzyTooShortError(ApiError):
    """So little is in too many numbers; status assumed."""

    status = 400
    error_type = "member_search_member_mfa_phone_number_fuzzy_too_short"
    message = "member_mfa_phone_number_fuzzy needs at least 3 characters."


class MemberSearchMissingMemberRolesError(ApiError):
    """There are no roles to search for; status assumed."""

    status = 400
    error_type = "member_search_missing_member_roles"
    message = "member_roles cannot be empty."


# --- DFP and CAPTCHA -------------------------------------------------------------------------


class CaptchaRequiredError(ApiError):
    """Nothing says that no machine calls."""

    status = 403
    error_type = "captcha_required"
    message = "Captcha required"


class CaptchaFailedError(ApiError):
    """The CAPTCHA token is none, or was used before."""

    status = 429
    error_type = "captcha_failed"
    message = "The CAPTCHA could not be verified."


class UnauthorizedActionError(ApiError):
    """The verdict on the caller's device is BLOCK; type and status assumed."""

    status = 403
    error_type = "unauthorized_action"
    message = "The request was blocked because of the device that made it."


# --- SSO connections --------------------------------------------------------------------------


class SamlConnectionNotFoundError(ApiError):
    """The organization has no SAML connection with this id; status assumed."""

    status = 404
    error_type = "saml_connection_not_found"
    message = "The SAML connection could not be found."


class OidcConnectionNotFoundError(ApiError):
    """The organization has no OpenID Connect connection with this id; status assumed."""

    status = 404
    error_type = "oidc_connection_not_found"
    message = "The OIDC connection could not be found."


class InvalidSsoIdpError(ApiError):
    """SSO does not work with this identity provider; status assumed."""

    status = 400
    error_type = "invalid_sso_idp"
    message = "The identity provider is not supported for SSO connections."


class CannotDeleteDefaultSsoConnectionError(ApiError):
    """The default connection goes last, or another becomes the default; status assumed."""

    status = 400
    error_type = "cannot_delete_default_sso_connection"
    message = "The default SSO connection of an organization that has others cannot be deleted."


class InvalidX509CertificateError(ApiError):
    """Not one X.509 certificate in PEM; status assumed."""

    status = 400
    error_type = "invalid_x509_certificate"
    message = "The X.509 certificate is invalid."


class TooManySsoVerificationCertificatesError(ApiError):
    """A connection has five certificates at most; status assumed."""

    status = 400
    error_type = "too_many_sso_verification_certificates"
    message = "The SSO connection cannot have any more verification certificates."


class SsoVerificationKeyNotFoundError(ApiError):
    """The connection has no such certificate; status assumed."""

    status = 404
    error_type = "sso_verification_key_not_found"
    message = "The verification certificate could not be found."


class CannotDeleteLastSsoVerificationKeyError(ApiError):
    """A connection without a certificate could trust no answer; status assumed."""

    status = 400
    error_type = "cannot_delete_last_sso_verification_key"
    message = "The last verification certificate of an SSO connection cannot be deleted."


class TooManyEncryptionCertificatesError(ApiError):
    """A connection has five encryption keys at most; status assumed."""

    status = 400
    error_type = "too_many_encryption_certificates"
    message = "The SSO connection cannot have any more encryption keys."


class SsoEncryptionPrivateKeyNotFoundError(ApiError):
    """The connection has no such encryption key; status assumed."""

    status = 404
    error_type = "sso_encryption_private_key_not_found"
    message = "The encryption private key could not be found."


class SamlSigningPrivateKeyFormatNotSupportedError(ApiError):
    """Not a private RSA key as PKCS #1 in PEM; status assumed."""

    status = 400
    error_type = "saml_signing_private_key_format_not_supported"
    message = "The private key must be an RSA key in PKCS #1 format."


class SamlSigningPrivateKeyInvalidError(ApiError):
    """It only looks like a private key; status assumed."""

    status = 400
    error_type = "saml_signing_private_key_invalid"
    message = "The private key is invalid."


class PrivateKeyTooLongError(ApiError):
    """A private key is longer than anybody needs; status assumed."""

    status = 400
    error_type = "private_key_too_long"
    message = "The private key is too long."


class InvalidIdpEntityIdError(ApiError):
    """The identity provider has no name; status assumed."""

    status = 400
    error_type = "invalid_idp_entity_id"
    message = "The idp_entity_id is invalid."


class SamlConnectionIdpSsoUrlRequiredError(ApiError):
    """The place that takes logins is empty; status assumed."""

    status = 400
    error_type = "saml_connection_idp_sso_url_required"
    message = "The idp_sso_url must not be empty."


class SamlConnectionIdpSsoUrlInvalidFormatError(ApiError):
    """The place that takes logins is no URL; status assumed."""

    status = 400
    error_type = "saml_connection_idp_sso_url_invalid_format"
    message = "The idp_sso_url is not a URL."


class SamlConnectionIdpSsoUrlNotHttpsError(ApiError):
    """The place that takes logins can be listened to; status assumed."""

    status = 400
    error_type = "saml_connection_idp_sso_url_not_https"
    message = "The idp_sso_url must use https."


class SamlConnectionAttributeMappingRequiredError(ApiError):
    """The attribute mapping is empty; status assumed."""

    status = 400
    error_type = "saml_connection_attribute_mapping_required"
    message = "The attribute_mapping must not be empty."


class SamlConnectionEmailMappingRequiredError(ApiError):
    """The attribute mapping does not tell the address; status assumed."""

    status = 400
    error_type = "saml_connection_email_mapping_required"
    message = "The attribute_mapping must have email."


class SamlConnectionNameMappingRequiredError(ApiError):
    """The attribute mapping does not tell the name; status assumed."""

    status = 400
    error_type = "saml_connection_name_mapping_required"
    message = "The attribute_mapping must have full_name, or first_name and last_name."


class SamlConnectionNoNestedKeysInAttributeMappingError(ApiError):
    """The attribute mapping has other values than names; status assumed."""

    status = 400
    error_type = "saml_connection_no_nested_keys_in_attribute_mapping"
    message = "The attribute_mapping must map names to names."


class SamlConnectionAttributeMappingMissingGroupsKeyError(ApiError):
    """Roles by group, and nothing tells the groups; status assumed."""

    status = 400
    error_type = "saml_connection_attribute_mapping_missing_groups_key"
    message = "The attribute_mapping must have groups before roles can be assigned to them."


class SamlGroupRoleAssignmentDoesNotContainMemberGroupError(ApiError):
    """A role assignment names no group; status assumed."""

    status = 400
    error_type = "saml_group_role_assignment_does_not_contain_member_group"
    message = "Each group role assignment must contain a group."


class InvalidSamlMetadataUrlError(ApiError):
    """Nothing could be fetched from the URL of the metadata; status assumed."""

    status = 400
    error_type = "invalid_saml_metadata_url"
    message = "The SAML metadata could not be fetched."


class InvalidXmlFromSamlMetadataUrlError(ApiError):
    """What was fetched is no XML that may be trusted; status assumed."""

    status = 400
    error_type = "invalid_xml_from_saml_metadata_url"
    message = "The SAML metadata is not valid XML."


class SamlConnectionMetadataInvalidFormatError(ApiError):
    """What was fetched tells of no identity provider; status assumed."""

    status = 400
    error_type = "saml_connection_metadata_invalid_format"
    message = "The SAML metadata lacks an identity provider's name, URL or certificate."


class OidcConnectionClientIdRequiredError(ApiError):
    """The client id is empty; status assumed."""

    status = 400
    error_type = "oidc_connection_client_id_required"
    message = "The client_id must not be empty."


class OidcConnectionClientSecretRequiredError(ApiError):
    """The client secret is empty; status assumed."""

    status = 400
    error_type = "oidc_connection_client_secret_required"
    message = "The client_secret must not be empty."


class OidcConnectionIssuerRequiredError(ApiError):
    """The issuer is empty; status assumed."""

    status = 400
    error_type = "oidc_connection_issuer_required"
    message = "The issuer must not be empty."


class OidcConnectionAuthorizationUrlRequiredError(ApiError):
    """The URL is empty; status assumed."""

    status = 400
    error_type = "oidc_connection_authorization_url_required"
    message = "The authorization_url must not be empty."


class OidcConnectionTokenUrlRequiredError(ApiError):
    """The URL is empty; status assumed."""

    status = 400
    error_type = "oidc_connection_token_url_required"
    message = "The token_url must not be empty."


class OidcConnectionJwksUrlRequiredError(ApiError):
    """The URL is empty; status assumed."""

    status = 400
    error_type = "oidc_connection_jwks_url_required"
    message = "The jwks_url must not be empty."


class OidcConnectionIssuerUrlInvalidFormatError(ApiError):
    """The issuer is no URL of https; status assumed."""

    status = 400
    error_type = "oidc_connection_issuer_url_invalid_format"
    message = "The issuer must be an https URL."


class OidcConnectionAuthorizationUrlInvalidFormatError(ApiError):
    """Not a URL of https; status assumed."""

    status = 400
    error_type = "oidc_connection_authorization_url_invalid_format"
    message = "The authorization_url must be an https URL."


class OidcConnectionTokenUrlInvalidFormatError(ApiError):
    """Not a URL of https; status assumed."""

    status = 400
    error_type = "oidc_connection_token_url_invalid_format"
    message = "The token_url must be an https URL."


class OidcConnectionUserinfoUrlInvalidFormatError(ApiError):
    """Not a URL of https; status assumed."""

    status = 400
    error_type = "oidc_connection_userinfo_url_invalid_format"
    message = "The userinfo_url must be an https URL."


class OidcConnectionJwksUrlInvalidFormatError(ApiError):
    """Not a URL of https; status assumed."""

    status = 400
    error_type = "oidc_connection_jwks_url_invalid_format"
    message = "The jwks_url must be an https URL."


class ExternalConnectionIdNotFoundError(ApiError):
    """There is no connection with this id to borrow; status assumed."""

    status = 404
    error_type = "external_connection_id_not_found"
    message = "The external connection could not be found."


class ExternalConnectionNotActiveError(ApiError):
    """Nobody can log in by the connection to borrow; status assumed."""

    status = 400
    error_type = "external_connection_not_active"
    message = "The external connection is not active."


class ExternalOrganizationIdSameAsOrganizationIdError(ApiError):
    """An organization borrows from itself; status assumed."""

    status = 400
    error_type = "external_organization_id_same_as_organization_id"
    message = "The external organization must be another organization."


class DuplicateExternalSsoConnectionError(ApiError):
    """The connection is borrowed already; status assumed."""

    status = 400
    error_type = "duplicate_external_sso_connection"
    message = "The organization uses the external connection already."


# --- SCIM -------------------------------------------------------------------------------------


class ActiveScimConnectionExistsError(ApiError):
    """An organization has one active SCIM connection at most."""

    status = 400
    error_type = "active_scim_connection_exists"
    message = "The organization already has an active SCIM connection."


class NoActiveScimConnectionError(ApiError):
    """
    The organization has no active SCIM connection, or not this one; status assumed.

    It is the only type that Stytch's vocabulary has for a SCIM connection that is not there.
    """

    status = 404
    error_type = "no_active_scim_connection"
    message = "The organization has no such active SCIM connection."


class InvalidScimIdpError(ApiError):
    """SCIM does not work with this identity provider; status assumed."""

    status = 400
    error_type = "invalid_scim_idp"
    message = "The identity provider is not supported for SCIM connections."


class ScimConnectionNotRotatingTokenError(ApiError):
    """There is no rotation to complete or cancel; status assumed."""

    status = 400
    error_type = "scim_connection_not_rotating_token"
    message = "The SCIM connection is not rotating its bearer token."


class ScimGroupIdMissingError(ApiError):
    """A role assignment names no group; status assumed."""

    status = 400
    error_type = "scim_group_role_assignment_does_not_contain_group_id"
    message = "Each SCIM group role assignment must contain a group_id."


class ScimGroupDoesNotExistError(ApiError):
    """A role assignment names a group that the connection does not have; status assumed."""

    status = 400
    error_type = "scim_group_role_assignment_group_does_not_exist"
    message = "The SCIM group of a role assignment does not exist."
