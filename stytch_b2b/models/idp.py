"""Connected Apps, and answers of the calls that let them act for a Member."""

from __future__ import annotations

from attrs import field, frozen

from ._response import APIResponse
from ._types import redacted


@frozen(kw_only=True)
class ConnectedAppPublic:
    """An application that wants to act for Members, as they may see it."""

    client_id: str
    client_name: str
    client_description: str
    client_type: str
    """Whose the application is and whether it can keep a secret, such as ``third_party``."""
    logo_url: str | None = None
    client_logo_url: str | None = None
    """The logo too: some descriptions of the API call it by this name."""


@frozen(kw_only=True)
class ScopeResult:
    """A scope that the application asks for."""

    scope: str
    description: str
    """What it allows, in words for the Member."""
    is_grantable: bool
    """Whether the Member may grant it."""


@frozen(kw_only=True)
class IDPOAuthAuthorizeStartResponse(APIResponse):
    """What to show the Member who is to allow an application to act for them."""

    consent_required: bool
    """Whether the Member has to be asked."""
    client: ConnectedAppPublic
    scope_results: tuple[ScopeResult, ...]


@frozen(kw_only=True)
class IDPOAuthAuthorizeSubmitResponse(APIResponse):
    """Where the browser goes on after the Member's decision."""

    # The authorization code is in it.
    redirect_uri: str = field(repr=redacted)
    """Address at the application, which holds the authorization code or says what is wrong."""
    authorization_code: str | None = field(default=None, repr=redacted)
    """What the application gets its tokens for, or nothing where consent was denied."""


@frozen(kw_only=True)
class IDPOAuthLogoutStartResponse(APIResponse):
    """Where the browser goes on to log the Member out for an application."""

    # The API promises no request ID here.
    request_id: str = ""
    """What Stytch's support asks for, or an empty string."""
    consent_required: bool
    """Whether the Member has to be asked."""
    redirect_uri: str
