"""
The errors that the emulator answers with: one class per error type of the API.

Where the API's documentation states the HTTP status of a type, the class has that status. Stytch
documents no status for many types; those are marked *status assumed* and follow the documented
types that are closest to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


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
    A request body that does not have the shape the operation needs.

    Args:
        issues: One entry per thing that does not fit, all of them at once.
    """

    status: ClassVar[int] = 400

    def __init__(self, issues: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(f"{len(issues)} issues in the request body")
        self.issues: tuple[dict[str, Any], ...] = tuple(dict(issue) for issue in issues)

    def body(self) -> dict[str, Any]:
        """Return the body of a schema error, which has none of the fields of other errors."""
        return {"body": list(self.issues)}


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
    """The public token is not one of this project."""

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


class NotImplementedByEmulatorError(ApiError):
    """The operation exists at Stytch, but this emulator cannot do it; no type of Stytch's."""

    status = 501
    error_type = "emulator_not_implemented"
    message = "The emulator does not implement this operation."


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


class PublicTokenNotFoundError(ApiError):
    """Bootstrap was asked about another project; status assumed."""

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


class InvalidPkceCodeChallengeError(ApiError):
    """The challenge is missing where it is required, or is no S256 challenge; status assumed."""

    status = 400
    error_type = "invalid_pkce_code_challenge"
    message = "The pkce_code_challenge must be the base64url SHA-256 digest of the verifier."


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
