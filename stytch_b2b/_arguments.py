"""Types of arguments that recur; their limits are checked before a call is sent."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, TypedDict

from msgspec import Meta

SessionDurationMinutes: TypeAlias = Annotated[int, Meta(ge=5, le=527_040)]
"""Minutes, from five to 366 days."""

Locale: TypeAlias = Literal["en", "es", "pt-br", "fr", "it", "de-DE", "zh-Hans", "ca-ES"] | str
"""Language of an e-mail; the API may know more than these."""

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


class SCIMGroupRole(TypedDict):
    """The role that the Members of a group of the identity provider hold."""

    group_id: str
    role_id: str
