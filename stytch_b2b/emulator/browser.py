"""
What people's browsers visit: where a login starts, and the page of the identity provider.

These routes are no API. A browser brings no credentials, so the public token stands in the query;
it is answered with a redirect or with a page. Errors are JSON all the same, as the API shows them
to people, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from attrs import field, frozen

from . import identity_provider_page
from .answers import Answer
from .errors import PublicTokenNotFoundError, PublicTokenRequiredError
from .identity_provider_page import Choice, Question, is_hinted
from .rules import authorization, oauth, project, sso
from .store import AuthorizationRequest, Store

PAGE_PATH = "/identity_provider"

# A token stands in most of these URLs, and what is shown is good once.
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@frozen(kw_only=True)
class Visit:
    """One request of a browser; what is empty in query and form was not given."""

    store: Store

    parameters: Mapping[str, str] = field(repr=False)
    """What the path names."""

    query: Mapping[str, str] = field(repr=False)

    form: Mapping[str, str] = field(repr=False)

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that a login asks for, beyond those it needs."""
        return tuple(self.query.get("custom_scopes", "").split())


Page = Callable[[Visit], Answer]

PAGES: dict[str, Page] = {}
"""By operation, as the table of routes names them."""


def page(operation: str, /) -> Callable[[Page], Page]:
    """Make a function the one that answers an operation."""

    def register(function: Page) -> Page:
        PAGES[operation] = function
        return function

    return register


@page("oauth.start")
def start_oauth(visit: Visit) -> Answer:
    """Take a login at an organization to an OAuth provider."""
    _check_public_token(visit)
    request = oauth.start(
        visit.store,
        visit.parameters["provider"],
        organization_id=visit.query.get("organization_id"),
        slug=visit.query.get("slug"),
        login_redirect_url=visit.query.get("login_redirect_url"),
        signup_redirect_url=visit.query.get("signup_redirect_url"),
        pkce_code_challenge=visit.query.get("pkce_code_challenge"),
        scopes=visit.scopes,
        login_hint=visit.query.get("provider_login_hint", ""),
    )
    return _to_identity_provider(visit.store, request)


@page("oauth.discovery.start")
def start_oauth_discovery(visit: Visit) -> Answer:
    """Take a login whose organization is chosen afterwards to an OAuth provider."""
    _check_public_token(visit)
    request = oauth.start_discovery(
        visit.store,
        visit.parameters["provider"],
        discovery_redirect_url=visit.query.get("discovery_redirect_url"),
        pkce_code_challenge=visit.query.get("pkce_code_challenge"),
        scopes=visit.scopes,
        login_hint=visit.query.get("provider_login_hint", ""),
    )
    return _to_identity_provider(visit.store, request)


@page("sso.start")
def start_sso(visit: Visit) -> Answer:
    """Take a login to the identity provider of an organization."""
    _check_public_token(visit)
    request = sso.start(
        visit.store,
        connection_id=visit.query.get("connection_id"),
        organization_id=visit.query.get("organization_id"),
        login_redirect_url=visit.query.get("login_redirect_url"),
        signup_redirect_url=visit.query.get("signup_redirect_url"),
        pkce_code_challenge=visit.query.get("pkce_code_challenge"),
        scopes=visit.scopes,
        login_hint=visit.query.get("login_hint", ""),
    )
    return _to_identity_provider(visit.store, request)


@page("identity_provider.show")
def show_identity_provider(visit: Visit) -> Answer:
    """Ask who is at the browser."""
    request = authorization.get(visit.store, visit.query.get("state", ""))
    is_somebody_else = bool(visit.query.get("somebody_else"))
    question = _question(visit.store, request, is_somebody_else=is_somebody_else)
    html = identity_provider_page.render(question)
    headers = {
        **_PRIVATE,
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": identity_provider_page.CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    return Answer(status=200, headers=headers, body=html.encode())


@page("identity_provider.answer")
def answer_identity_provider(visit: Visit) -> Answer:
    """Lead the browser back to the application, with a token or with a refusal."""
    request = authorization.get(visit.store, visit.form.get("state", ""))
    if visit.form.get("cancel"):
        return _redirect(authorization.cancel(request), status=303)
    address = visit.form.get("email_address", "")
    names = {choice.email_address: choice.name for choice in _people(visit.store, request)}
    who = authorization.identity(
        request,
        email_address=address,
        name=visit.form.get("name") or names.get(address.lower(), ""),
        email_verified=visit.form.get("email_verified") != "false",
        tenant_id=visit.form.get("tenant_id", "") if _has_tenants(request) else "",
        groups=_groups(visit.form.get("groups", "")) if _has_groups(request) else (),
    )
    return _redirect(authorization.finish(visit.store, request, who), status=303)


def _check_public_token(visit: Visit) -> None:
    public_token = visit.query.get("public_token")
    if public_token is None:
        raise PublicTokenRequiredError
    if public_token != visit.store.project.public_token:
        raise PublicTokenNotFoundError


def _to_identity_provider(store: Store, request: AuthorizationRequest) -> Answer:
    """Lead a browser to the page, where people are offered unless somebody else is expected."""
    people = _people(store, request)
    is_known = any(is_hinted(one, request.login_hint) for one in people)
    is_somebody_else = bool(request.login_hint) and not is_known
    return _redirect(_page_url(request, is_somebody_else=is_somebody_else), status=302)


def _page_url(request: AuthorizationRequest, *, is_somebody_else: bool) -> str:
    query = {"state": request.state, **({"somebody_else": "true"} if is_somebody_else else {})}
    return f"{PAGE_PATH}?{urlencode(query)}"


def _redirect(url: str, *, status: int) -> Answer:
    return Answer(status=status, headers={**_PRIVATE, "Location": url}, body=b"")


def _question(store: Store, request: AuthorizationRequest, *, is_somebody_else: bool) -> Question:
    organization = store.organizations.get(request.organization_id or "")
    if request.provider is not None:
        title = oauth.PROVIDERS[request.provider].display_name
    else:
        connection = store.sso_connections[str(request.connection_id)]
        source = sso.source(store, connection)
        kind = f"{source.protocol.upper()}, {source.identity_provider}"
        title = f"{connection.display_name} ({kind})"
    people = _people(store, request)
    return Question(
        action=PAGE_PATH,
        state=request.state,
        provider=title,
        application=project.name(store),
        organization=None if organization is None else organization.organization_name,
        people=() if is_somebody_else else people,
        other=_page_url(request, is_somebody_else=not is_somebody_else) if people else "",
        login_hint=request.login_hint,
        has_tenants=_has_tenants(request),
        has_groups=_has_groups(request),
        may_be_unverified=request.provider is not None,
    )


def _has_tenants(request: AuthorizationRequest) -> bool:
    return request.provider is not None and oauth.PROVIDERS[request.provider].has_tenants


def _has_groups(request: AuthorizationRequest) -> bool:
    return request.flow == "sso"


def _groups(written: str) -> tuple[str, ...]:
    """Return the groups that somebody has written, separated by commas."""
    return tuple(filter(None, (name.strip() for name in written.split(","))))


def _people(store: Store, request: AuthorizationRequest) -> Sequence[Choice]:
    """Return everybody who may be meant, each address once."""
    choices: dict[str, Choice] = {}
    for member in store.members.values():
        is_near = request.organization_id in (None, member.organization_id)
        if is_near and member.status != "deleted":
            choice = Choice(email_address=member.email_address, name=member.name)
            choices.setdefault(member.email_address, choice)
    return tuple(choices.values())
