"""Redirect URLs: registered by type, and matched exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen

from stytch_b2b.emulator.rules.redirects import with_query

if TYPE_CHECKING:
    from .conftest import Api, Reply

CHALLENGE = "a" * 43
DEFAULT = "http://localhost:3000/authenticate"
OURS = "https://acme.com/callback?next=home"

MAGIC_LINKS = "/sdk/v1/b2b/magic_links/email"
PASSWORDS = "/sdk/v1/b2b/passwords"


@frozen
class Flow:
    """
    A call that sends a link to where one of its fields says.
    """

    path: str
    field: str
    kind: str
    challenge: str = "pkce_code_challenge"
    body: tuple[str, ...] = ("email_address", "organization_id")

    def start(self, api: Api, url: str | None = None, **fields: Any) -> Reply:
        """
        Ask for a link.
        """
        known = {"email_address": "ada@example.com", "organization_id": "acme"}
        body = {name: known[name] for name in self.body}
        return api.post(self.path, {**body, self.field: url, **fields})


LOGIN = Flow(f"{MAGIC_LINKS}/login_or_signup", "login_redirect_url", "login")
FLOWS = [
    LOGIN,
    Flow(f"{MAGIC_LINKS}/login_or_signup", "signup_redirect_url", "signup"),
    Flow(
        f"{MAGIC_LINKS}/discovery/send",
        "discovery_redirect_url",
        "discovery",
        body=("email_address",),
    ),
    Flow(f"{PASSWORDS}/email/reset/start", "login_redirect_url", "login", "code_challenge"),
    Flow(
        f"{PASSWORDS}/email/reset/start",
        "reset_password_redirect_url",
        "reset_password",
        "code_challenge",
    ),
    Flow(
        f"{PASSWORDS}/discovery/reset/start",
        "discovery_redirect_url",
        "discovery",
        body=("email_address",),
    ),
    Flow(
        f"{PASSWORDS}/discovery/reset/start",
        "reset_password_redirect_url",
        "reset_password",
        body=("email_address",),
    ),
]
every_flow = pytest.mark.parametrize(
    "flow", FLOWS, ids=[f"{flow.path.removeprefix('/sdk/v1/b2b/')}-{flow.kind}" for flow in FLOWS]
)


@pytest.fixture(autouse=True)
def acme(api: Api) -> None:
    """
    Acme has one member, Ada.
    """
    api.emulator.create_organization("Acme")
    api.emulator.create_member("Acme", "ada@example.com")


@every_flow
def test_the_default_is_registered_for_everything(api: Api, flow: Flow) -> None:
    """
    A new project knows one URL, which may be given or left out.
    """
    assert flow.start(api, DEFAULT).status == 200
    assert flow.start(api).status == 200


@every_flow
def test_other_urls_are_refused(api: Api, flow: Flow) -> None:
    """
    A URL that nobody has registered could be anybody's.
    """
    reply = flow.start(api, OURS)

    assert reply.error == (400, "no_match_for_provided_magic_link_url")
    assert len(api.emulator.outbox) == 0


@every_flow
def test_types_are_told_apart(api: Api, flow: Flow) -> None:
    """
    A URL may be used for what it was registered for, and for nothing else.
    """
    others = {"login", "signup", "invite", "reset_password", "discovery"} - {flow.kind}
    api.emulator.register_redirect_url(OURS, *others)
    before = flow.start(api, OURS)
    api.emulator.register_redirect_url(OURS, flow.kind)
    after = flow.start(api, OURS)

    assert before.error == (400, "no_match_for_provided_magic_link_url")
    assert after.status == 200


@every_flow
def test_a_path_leads_nowhere(api: Api, flow: Flow) -> None:
    """
    What is no absolute URL is told so.
    """
    product = "password_reset" if flow.kind == "reset_password" else flow.kind

    assert flow.start(api, "/callback").error == (400, f"invalid_{product}_redirect_url")
    assert flow.start(api, "http://[").error == (400, f"invalid_{product}_redirect_url")


@every_flow
def test_a_custom_scheme_demands_pkce(api: Api, flow: Flow) -> None:
    """
    Any app can claim a custom scheme, so a link to one needs a challenge.
    """
    url = "acme://auth/callback"
    api.emulator.register_redirect_url(url, flow.kind)

    assert flow.start(api, url).error == (400, "pkce_required_for_native_callback")
    assert flow.start(api, url, **{flow.challenge: CHALLENGE}).status == 200


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.com/callback",
        "https://acme.com/callback?next=home&more",
        "https://acme.com/callback/?next=home",
        "https://ACME.com/callback?next=home",
        "http://acme.com/callback?next=home",
        "https://acme.com:443/callback?next=home",
    ],
)
def test_a_url_must_match_exactly(api: Api, url: str) -> None:
    """
    Almost the same URL is another one.
    """
    api.emulator.register_redirect_url(OURS)

    assert LOGIN.start(api, url).error == (400, "no_match_for_provided_magic_link_url")
    assert LOGIN.start(api, OURS).status == 200


def test_without_types_a_url_is_for_everything(api: Api) -> None:
    """
    Registering once is enough, and twice does no harm.
    """
    api.emulator.register_redirect_url(OURS)
    api.emulator.register_redirect_url(OURS)

    assert [flow.start(api, OURS).status for flow in FLOWS] == [200] * len(FLOWS)


@every_flow
def test_without_a_default_a_url_must_be_given(api: Api, flow: Flow) -> None:
    """
    Of several URLs the one registered first is the default; of none, none is.
    """
    api.emulator.register_redirect_url(OURS, flow.kind)
    api.emulator.unregister_redirect_url(DEFAULT, flow.kind)
    with_default = flow.start(api)
    api.emulator.unregister_redirect_url(OURS)
    without = flow.start(api)
    no_default = f"no_default_{flow.kind}_redirect_url_set"
    if flow.kind == "reset_password":
        no_default = "no_password_reset_redirect_url"

    assert with_default.status == 200
    assert without.error == (400, no_default)


def test_a_reset_of_the_emulator_forgets_them(api: Api) -> None:
    """
    Then only the URL of a new project is left.
    """
    api.emulator.register_redirect_url(OURS)
    api.emulator.reset()
    api.emulator.create_organization("Acme")
    api.emulator.create_member("Acme", "ada@example.com")

    assert LOGIN.start(api, OURS).error == (400, "no_match_for_provided_magic_link_url")
    assert LOGIN.start(api, DEFAULT).status == 200


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/callback",
        "acme.com",
        "http://[",
        "javascript:alert(1)",
        "DATA:text/html,x",
        " https://acme.com/",
        "https://acme.com/a b",
        "https://acme.com/\r\nSet-Cookie: a=b",
        "https://acme.com/\t",
        "https://acme.com/\x00",
        "https://acme.com/\N{NO-BREAK SPACE}",
        "https://acme.com/\ud800",
        "java\nscript:alert(1)",
    ],
)
def test_what_cannot_be_registered(api: Api, url: str) -> None:
    """
    A redirect has to lead to a page or an app of somebody's.
    """
    with pytest.raises(ValueError, match="no URL to redirect to"):
        api.emulator.register_redirect_url(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://acme.com/cb", "https://acme.com/cb?a=1&b=2+3"),
        ("https://acme.com", "https://acme.com?a=1&b=2+3"),
        ("https://acme.com/cb?", "https://acme.com/cb?a=1&b=2+3"),
        ("https://acme.com/cb?x=a%20b&y", "https://acme.com/cb?x=a%20b&y&a=1&b=2+3"),
        ("https://acme.com/cb?x=1&", "https://acme.com/cb?x=1&a=1&b=2+3"),
        ("https://acme.com/cb?x=1#top?", "https://acme.com/cb?x=1&a=1&b=2+3#top?"),
        ("https://acme.com/cb#", "https://acme.com/cb?a=1&b=2+3#"),
        ("acme:///cb", "acme:///cb?a=1&b=2+3"),
        ("acme://", "acme://?a=1&b=2+3"),
        ("acme:cb", "acme:cb?a=1&b=2+3"),
    ],
)
def test_what_is_added_leaves_the_rest_alone(url: str, expected: str) -> None:
    """
    The application finds its URL as it has written it, with more at the end of the query.
    """
    assert expected == with_query(url, a="1", nothing="", b="2 3")
    assert url == with_query(url, nothing="")


def test_an_unknown_type(api: Api) -> None:
    """
    A slip of the pen is told.
    """
    with pytest.raises(ValueError, match="there is no redirect type logout"):
        api.emulator.register_redirect_url(OURS, "login", "logout")


def test_it_can_be_done_from_outside(api: Api) -> None:
    """
    The control plane registers by type, or for everything.
    """
    path = "/_emulator/redirect_urls"
    api.post(path, {"url": OURS, "types": ["login"]})
    login, reset = LOGIN.start(api, OURS), FLOWS[4].start(api, OURS)
    api.post(path, {"url": OURS})

    assert (login.status, reset.status) == (200, 400)
    assert FLOWS[4].start(api, OURS).status == 200
    api.call("DELETE", path, {"url": OURS, "types": ["login"]})
    assert LOGIN.start(api, OURS).status == 400
    assert FLOWS[4].start(api, OURS).status == 200
    assert api.post(path, {"types": ["login"]}).error == (400, "bad_request")
    assert api.post(path, {"url": "nowhere"}).error == (400, "bad_request")
