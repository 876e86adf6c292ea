"""What a SCIM service provider refuses, and how it says so (RFC 7644, section 3.12)."""

from __future__ import annotations

from typing import Any, Literal

ScimType = Literal[
    "invalidFilter",
    "invalidPath",
    "invalidSyntax",
    "invalidValue",
    "mutability",
    "noTarget",
    "uniqueness",
]

ERROR_URN = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """
    A request that is refused.

    Args:
        detail: For whoever reads the identity provider's log.

        status: Of the HTTP answer.

        scim_type: For the identity provider itself, where the RFC has a word for it.
    """

    def __init__(
        self, detail: str, *, status: int = 400, scim_type: ScimType | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.scim_type = scim_type

    def body(self) -> dict[str, Any]:
        """Return the error as it is sent."""
        body: dict[str, Any] = {
            "schemas": [ERROR_URN],
            # A string, as the RFC has it.
            "status": str(self.status),
            "detail": str(self),
        }
        if self.scim_type is not None:
            body["scimType"] = self.scim_type
        return body


class ConnectionNotFoundError(ScimError):
    """There is no such connection any more, or there never was."""

    def __init__(self) -> None:
        super().__init__("There is no such SCIM connection.", status=404)


class UnauthorizedError(ScimError):
    """The bearer token is missing, wrong or expired."""

    def __init__(self) -> None:
        super().__init__("The bearer token is not valid for this connection.", status=401)


class ResourceNotFoundError(ScimError):
    """There is no such user, group, schema or type of resource."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(f"Resource {resource_id} not found.", status=404)


class UniquenessError(ScimError):
    """Somebody else has the name or the address."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, status=409, scim_type="uniqueness")


class InvalidFilterError(ScimError):
    """The filter cannot be read, or compares what cannot be compared."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, scim_type="invalidFilter")


class InvalidPathError(ScimError):
    """The path of a patch cannot be read, or leads nowhere."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, scim_type="invalidPath")


class InvalidSyntaxError(ScimError):
    """The body is no message of SCIM's."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, scim_type="invalidSyntax")


class InvalidValueError(ScimError):
    """A value does not fit its attribute, or a required one is missing."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, scim_type="invalidValue")


class MutabilityError(ScimError):
    """The attribute is the service provider's own, or cannot be without a value."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, scim_type="mutability")


class NoTargetError(ScimError):
    """Nothing matches the filter in the path of a patch."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, scim_type="noTarget")
