"""The page that stands in for identity providers: what it shows, and where it leads."""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import anyio.to_thread
import pytest
import trustme

from stytch_b2b.emulator import Emulator, LoginRefusedError
from stytch_b2b.emulator.browser import PAGES
from stytch_b2b.emulator.routes import BROWSER_ROUTES

if TYPE_CHECKING:
    from .conftest import Api, Reply

START = "/v1/b2b/public/oauth/google/start"
DISCOVERY_START = "/v1/b2b/public/oauth/google/discovery/start"
PAGE = "/identity_provider"
ANONYMOUS = {"Authorization": None, "Content-Type": None}
HOSTILE = '"><script>alert(1)</script>&amp;'


def is_radio(attrs: dict[str, str | None]) -> bool:
    """
    Tell whether an input is one of a choice.
    """
    return attrs.get("type") == "radio"


class Elements(HTMLParser):
    """
    Notes the elements of a page, as a browser would understand them.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def people(self) -> list[str | None]:
        """
        Return the addresses of those who are offered.
        """
        return [one["value"] for one in self.named("input", "email_address") if is_radio(one)]

    def linked(self) -> str:
        """
        Return where the one link of the page leads.
        """
        (link,) = [attrs for kind, attrs in self.found if kind == "a"]
        return str(link["href"])

    def named(self, tag: str, name: str) -> list[dict[str, str | None]]:
        """
        Return the elements with a tag and a name.
        """
        return [attrs for kind, attrs in self.found if kind == tag and attrs.get("name") == name]


def visit(api: Api, path: str) -> Reply:
    """
    Go somewhere, as a browser does it: without credentials, and without following redirects.
    """
    return api.get(path, headers=ANONYMOUS)


def page_url(api: Api, start: str = START, **query: str) -> str:
    """
    Start a login, and return where it leads.
    """
    if start == START:
        query.setdefault("slug", "acme")
    query["public_token"] = api.emulator.public_token
    reply = visit(api, f"{start}?{urlencode(query)}")
    assert reply.status == 302, reply.body
    return str(reply.headers["Location"])


def state_of(url: str) -> str:
    """
    Return the state that a URL carries.
    """
    return parse_qs(urlsplit(url).query)["state"][0]


def shown(api: Api, start: str = START, **query: str) -> Elements:
    """
    Start a login, and return the page.
    """
    reply = visit(api, page_url(api, start, **query))
    assert reply.status == 200, reply.body
    return Elements(reply.body.decode())


def answer(api: Api, **form: str) -> Reply:
    """
    Post the form of the page.
    """
    headers = {**ANONYMOUS, "Content-Type": "application/x-www-form-urlencoded"}
    return api.post(PAGE, urlencode(form).encode(), headers=headers)


@pytest.fixture(autouse=True)
def acme(api: Api) -> None:
    """
    Acme has two members, and a third one who was deactivated; Other has members too.
    """
    api.emulator.create_organization("Acme")
    api.emulator.create_member("Acme", "ada@example.com", name="Ada Lovelace")
    api.emulator.create_member("Acme", "bob@example.com")
    api.emulator.create_member("Acme", "cat@example.com", status="deleted")
    api.emulator.create_organization("Other")
    api.emulator.create_member("Other", "ada@example.com", name="A. King")
    api.emulator.create_member("Other", "dan@example.com")


def test_a_person_can_click_through(api: Api) -> None:
    """
    A start URL leads to the page, a choice on the page to the application, with a token.
    """
    page = shown(api)
    ada = page.named("input", "email_address")[0]
    state = page.named("input", "state")[0]
    reply = answer(api, state=str(state["value"]), email_address=str(ada["value"]))
    url = urlsplit(reply.headers["Location"])

    assert reply.status == 303
    assert url._replace(query="").geturl() == "http://localhost:3000/authenticate"
    assert parse_qs(url.query).keys() == {"slug", "stytch_token_type", "token"}
    (form,) = [attrs for kind, attrs in page.found if kind == "form"]
    assert form == {"method": "post", "action": PAGE}


def test_it_lists_the_members_of_the_organization(api: Api) -> None:
    """
    At one organization its members are offered, but for those who were deactivated.
    """
    page = shown(api)

    assert page.people() == ["ada@example.com", "bob@example.com"]
    assert "Ada Lovelace (ada@example.com)" in page.text
    assert "Log in with Google" in page.text
    assert "Emulated project asks who you are, to log you in to Acme." in page.text


def test_it_lists_everybody_where_no_organization_is_chosen(api: Api) -> None:
    """
    A person with several memberships is offered once.
    """
    page = shown(api, DISCOVERY_START)

    assert page.people() == ["ada@example.com", "bob@example.com", "dan@example.com"]
    assert "asks who you are, to log you in." in page.text


def test_it_has_nothing_to_offer(api: Api) -> None:
    """
    Where nobody is known anybody can still type an address.
    """
    api.emulator.create_organization("Empty")
    page = shown(api, slug="empty")

    (address,) = page.named("input", "email_address")
    assert address["type"] == "email"
    assert not [attrs for kind, attrs in page.found if kind == "a"]


def test_somebody_else(api: Api) -> None:
    """
    From the list it is one step to an address of one's own, and one step back.
    """
    page = shown(api)
    other = Elements(visit(api, page.linked()).body.decode())
    back = Elements(visit(api, other.linked()).body.decode())
    (address,) = other.named("input", "email_address")
    form = {"email_address": "new@example.com", "name": "New"}
    reply = answer(api, state=str(other.named("input", "state")[0]["value"]), **form)

    assert (address["type"], address["value"]) == ("email", "")
    assert "required" in address
    assert other.named("input", "name")
    assert back.found == page.found
    assert reply.status == 303


@pytest.mark.parametrize("start", [START, "/v1/b2b/public/oauth/slack/start"])
@pytest.mark.parametrize("hint", ["", "ada@example.com", "new@example.com"])
def test_enter_logs_in_and_nothing_else(api: Api, start: str, hint: str) -> None:
    """
    The first button of the form, which Enter presses in every field, logs in as was chosen.
    """
    page = shown(api, start, slug="acme", provider_login_hint=hint)
    first, second = [attrs for kind, attrs in page.found if kind == "button"]

    assert first == {"class": "primary"}
    assert (second["name"], second["value"]) == ("cancel", "true")
    assert "formnovalidate" in second
    assert all("required" in one for one in page.named("input", "email_address"))


def test_known_people_can_be_unverified(api: Api) -> None:
    """
    Whether the provider has checked the address can be said of everybody, and is asked once.
    """
    page = shown(api)
    (unverified,) = page.named("input", "email_verified")
    state = str(page.named("input", "state")[0]["value"])
    reply = answer(api, state=state, email_address="ada@example.com", email_verified="false")
    token = parse_qs(urlsplit(reply.headers["Location"]).query)["token"][0]

    assert page.people()
    assert (unverified["type"], unverified["value"]) == ("checkbox", "false")
    assert api.post("/sdk/v1/b2b/oauth/authenticate", {"oauth_token": token}).error == (
        400,
        "oauth_unverified_email",
    )


def test_a_tenant_is_explained(api: Api) -> None:
    """
    The field stands there once, says that it may stay empty, and what it is for.
    """
    page = shown(api, "/v1/b2b/public/oauth/slack/start", slug="acme")
    (tenant,) = page.named("input", "tenant_id")
    described = [attrs for _, attrs in page.found if attrs.get("id") == tenant["aria-describedby"]]

    assert "ID of the tenant (optional)" in page.text
    assert len(described) == 1
    assert "Your workspace or company at Slack" in page.text


def test_it_follows_the_colours_of_the_system(api: Api) -> None:
    """
    Who works in the dark is not dazzled.
    """
    assert "color-scheme: light dark" in visit(api, page_url(api)).body.decode()


@pytest.mark.parametrize(
    ("provider", "title", "has_tenants"),
    [
        ("github", "GitHub", True),
        ("google", "Google", False),
        ("hubspot", "HubSpot", True),
        ("microsoft", "Microsoft", False),
        ("slack", "Slack", True),
    ],
)
def test_it_stands_in_for_every_provider(
    api: Api, provider: str, title: str, has_tenants: bool
) -> None:
    """
    The page says whom it plays, and asks for a tenant where people have one.
    """
    page = shown(api, f"/v1/b2b/public/oauth/{provider}/discovery/start")

    assert f"Log in with {title}" in page.text
    assert has_tenants == bool(page.named("input", "tenant_id"))
    assert page.named("input", "email_verified")


def test_it_stands_in_for_sso_connections(api: Api) -> None:
    """
    The page names the connection, what it speaks, and what is at the other end.
    """
    connection = api.emulator.create_sso_connection(
        "Acme", "Acme's Okta", protocol="oidc", identity_provider="okta"
    )
    page = shown(api, "/v1/public/sso/start", connection_id=connection.connection_id)

    assert "Log in with Acme's Okta (OIDC, okta)" in page.text
    assert page.named("input", "tenant_id") == []
    assert page.named("input", "email_verified") == []


def test_a_hint_selects_a_known_person(api: Api) -> None:
    """
    Whoever is hinted at only has to press enter.
    """
    page = shown(api, provider_login_hint="Bob@example.com")
    focused = [one["value"] for _, one in page.found if "autofocus" in one]
    checked = [one["value"] for _, one in page.found if "checked" in one]

    assert focused == checked == ["bob@example.com"]
    assert [one for _, one in shown(api).found if "checked" in one] == []


def test_a_hint_fills_in_an_unknown_address(api: Api) -> None:
    """
    Somebody who is not listed finds the address typed already.
    """
    page = shown(api, provider_login_hint="new@example.com")

    (address,) = page.named("input", "email_address")
    assert address["value"] == "new@example.com"
    assert [one for _, one in page.found if "autofocus" in one] == [address]


@pytest.mark.parametrize("hint", ["", "new@example.com"])
def test_every_control_has_a_name_for_people(api: Api, hint: str) -> None:
    """
    Inputs stand in labels, choices in a group, and the page has a language and a title.
    """
    start = "/v1/b2b/public/oauth/slack/discovery/start"
    html = visit(api, page_url(api, start, provider_login_hint=hint)).body.decode()
    page = Elements(html)
    kinds = [kind for kind, _ in page.found]
    visible = [one for kind, one in page.found if kind == "input" and one.get("type") != "hidden"]

    assert kinds.count("label") == len(visible)
    assert kinds.count("fieldset") == kinds.count("legend") == 1
    assert ("html", {"lang": "en"}) in page.found
    assert "title" in kinds


def test_hostile_names_stay_text(api: Api) -> None:
    """
    Markup in the names of people, organizations, connections and projects is shown, not obeyed.
    """
    address = '"<b>"@example.com'
    api.emulator.create_organization(HOSTILE, slug="evil")
    api.emulator.create_member("evil", address, name=HOSTILE)
    api.emulator.set_bootstrap(project_name=HOSTILE)
    connection = api.emulator.create_sso_connection("evil", HOSTILE, identity_provider=HOSTILE)
    form = shown(
        api,
        "/v1/public/sso/start",
        connection_id=connection.connection_id,
        login_hint=HOSTILE,
    )
    people = Elements(visit(api, form.linked()).body.decode())

    for page in (form, people):
        assert {kind for kind, _ in page.found}.isdisjoint({"script", "b"})
        assert page.text.count(HOSTILE) >= 5
    assert people.people() == [address]
    assert form.named("input", "email_address")[0]["value"] == HOSTILE


def test_the_browser_is_told_to_be_careful(api: Api) -> None:
    """
    The page runs nothing, loads nothing, is framed nowhere, stored nowhere, and leaks no URL.
    """
    headers = visit(api, page_url(api)).headers
    policy = headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_policy_allows_the_style_of_the_page(api: Api) -> None:
    """
    The one style sheet is named by its digest, so that no other is applied.
    """
    reply = visit(api, page_url(api))
    style = reply.body.decode().partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert f"style-src 'sha256-{digest}';" in reply.headers["Content-Security-Policy"]


def test_every_page_has_a_route() -> None:
    """
    No page is out of reach, and no route leads nowhere.
    """
    assert set(PAGES) == {route.operation for route in BROWSER_ROUTES}


def test_a_state_is_used_once(api: Api) -> None:
    """
    Going back and clicking again makes no second token.
    """
    url = page_url(api)
    state = state_of(url)
    answer(api, state=state, email_address="ada@example.com")

    assert answer(api, state=state, email_address="ada@example.com").error == (
        400,
        "oauth_state_used",
    )
    assert visit(api, url).error == (400, "oauth_state_used")


def test_a_state_expires(api: Api) -> None:
    """
    After ten minutes the login has to begin again.
    """
    url = page_url(api)
    api.emulator.clock.advance(minutes=10)

    assert visit(api, url).error == (400, "expired_oauth_response")
    assert answer(api, state=state_of(url), email_address="ada@example.com").error == (
        400,
        "expired_oauth_response",
    )


@pytest.mark.parametrize("form", [{}, {"state": "x"}, {"state": ""}])
def test_an_unknown_state(api: Api, form: dict[str, str]) -> None:
    """
    The page answers those only whom it has asked.
    """
    assert answer(api, email_address="ada@example.com", **form).error == (
        400,
        "oauth_invalid_state",
    )
    assert visit(api, f"{PAGE}?{urlencode(form)}").error == (400, "oauth_invalid_state")


@pytest.mark.parametrize("address", ["", "ada", "ada@nowhere"])
def test_what_is_no_address_does_not_use_the_state_up(api: Api, address: str) -> None:
    """
    Who has mistyped can go back.
    """
    state = state_of(page_url(api))
    wrong = answer(api, state=state, email_address=address)
    right = answer(api, state=state, email_address="ada@example.com")

    assert wrong.error == (400, "invalid_email")
    assert right.status == 303


def test_cancelling(api: Api) -> None:
    """
    Who cancels is led back without a token, with the error that identity providers report.
    """
    state = state_of(page_url(api))
    reply = answer(api, state=state, cancel="true")
    url = urlsplit(reply.headers["Location"])

    assert reply.status == 303
    assert url._replace(query="").geturl() == "http://localhost:3000/authenticate"
    assert parse_qs(url.query).keys() == {"error", "error_description"}
    assert parse_qs(url.query)["error"] == ["access_denied"]
    assert answer(api, state=state, email_address="ada@example.com").error == (
        400,
        "oauth_state_used",
    )


def test_forgotten_with_everything_else(api: Api) -> None:
    """
    A reset ends the logins that are under way.
    """
    url = page_url(api)
    api.emulator.reset()

    assert visit(api, url).error == (400, "oauth_invalid_state")


def test_an_answer_has_one_value_for_each_name(api: Api) -> None:
    """
    A second public token cannot stand in for the first.
    """
    token = api.emulator.public_token

    assert visit(api, f"{DISCOVERY_START}?public_token=x&public_token={token}").error == (
        404,
        "public_token_not_found",
    )


def test_requests_of_browsers_are_logged(api: Api) -> None:
    """
    The log names what a browser does, as it names the operations of the API.
    """
    api.emulator.browser_login(
        f"{DISCOVERY_START}?public_token={api.emulator.public_token}", "ada@example.com"
    )

    assert [request.operation for request in api.emulator.requests] == [
        "oauth.discovery.start",
        "identity_provider.show",
        "identity_provider.answer",
    ]


def test_faults_strike_browsers_too(api: Api) -> None:
    """
    A page can fail like any other answer.
    """
    api.emulator.faults.add(status=500, operation="identity_provider.show")
    url = page_url(api)

    assert visit(api, url).error == (500, "internal_server_error")
    assert visit(api, url).status == 200


def test_other_methods_are_refused(api: Api) -> None:
    """
    A start URL is for browsers to go to, not to post to.
    """
    reply = api.post(START)

    assert reply.error == (405, "method_not_allowed")
    assert reply.headers["Allow"] == "GET"


def test_the_helper_goes_where_a_browser_would(api: Api) -> None:
    """
    Only path and query of the start URL matter; the answer is the URL with the token.
    """
    query = urlencode({"public_token": api.emulator.public_token, "slug": "acme"})
    url = api.emulator.browser_login(f"https://elsewhere.example{START}?{query}", "ada@example.com")
    back = api.emulator.browser_cancel(f"https://elsewhere.example{START}?{query}")

    assert url.startswith("http://localhost:3000/authenticate?slug=acme&stytch_token_type=oauth&")
    assert back.startswith("http://localhost:3000/authenticate?error=access_denied&")


def test_the_helper_says_what_is_wrong(api: Api) -> None:
    """
    A login that cannot start raises what the browser would have shown.
    """
    with pytest.raises(
        LoginRefusedError, match=r"^missing_oauth_organization_locator \(400\)"
    ) as caught:
        api.emulator.browser_login(
            f"{START}?public_token={api.emulator.public_token}", "ada@example.com"
        )

    assert (caught.value.status, caught.value.error_type) == (
        400,
        "missing_oauth_organization_locator",
    )


def test_the_helper_shows_what_it_cannot_read(api: Api) -> None:
    """
    An answer that is no error of the API has no type.
    """
    api.emulator.faults.add(status=502, body="Bad gateway")

    with pytest.raises(LoginRefusedError, match="Bad gateway") as caught:
        api.emulator.browser_login(START, "ada@example.com")

    assert (caught.value.status, caught.value.error_type) == (502, "")


def test_the_helper_wants_a_start_url(api: Api) -> None:
    """
    Where no login starts nobody can log in.
    """
    path = f"/sdk/v1/projects/bootstrap/{api.emulator.public_token}"
    api.emulator.faults.add(status=200, operation="bootstrap.get")

    with pytest.raises(ValueError, match="no login starts at /sdk/v1/projects/bootstrap/"):
        api.emulator.browser_login(path, "ada@example.com")


def test_the_helper_wants_a_running_emulator() -> None:
    """
    An emulator that was never started has no pages.
    """
    with pytest.raises(RuntimeError, match="no URL before it is started"):
        Emulator().browser_login(START, "ada@example.com")


@pytest.fixture(scope="module")
def secure() -> Iterator[Emulator]:
    """
    An emulator that serves HTTPS, with a certificate that nobody knows.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with Emulator(ssl_context=context) as running:
        yield running


def test_the_helper_speaks_https(secure: Emulator) -> None:
    """
    The emulator's own certificate is good enough for its own helper.
    """
    secure.create_organization("Acme")
    query = urlencode({"public_token": secure.public_token, "slug": "acme"})

    assert "token=" in secure.browser_login(f"{START}?{query}", "ada@example.com")


@pytest.mark.anyio
async def test_the_helper_works_beside_an_event_loop(emulator: Emulator) -> None:
    """
    It can be called in a coroutine, or in a thread next to it.
    """
    start = f"{DISCOVERY_START}?public_token={emulator.public_token}"
    here = emulator.browser_login(start, "ada@example.com")
    there = await anyio.to_thread.run_sync(emulator.browser_login, start, "ada@example.com")

    assert here != there
    assert urlsplit(here)._replace(query="") == urlsplit(there)._replace(query="")
