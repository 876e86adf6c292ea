"""The URLs at which a browser begins a login: what is in them, and what making one does."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given, strategies as st

from stytch_b2b import AsyncStytchB2BClient, InvalidArgumentError, PKCEPair, StytchB2BClient
from stytch_b2b._arguments import PKCEFlow
from stytch_b2b._start_urls import (
    OAuthProviderName,
    ProjectAddress,
    StartPage,
    oauth_discovery_start,
    oauth_start,
    sso_start,
)
from tests.facts import operations

TOKEN = "public-token-test-11111111-2222-3333-4444-555555555555"
PROVIDERS = get_args(OAuthProviderName)
STARTS = [
    "sso.start",
    *(f"oauth.{provider}.start" for provider in PROVIDERS),
    *(f"oauth.{provider}.discovery.start" for provider in PROVIDERS),
]
ORGANIZATION_STARTS = [name for name in STARTS if "discovery" not in name]

every_start = pytest.mark.parametrize("name", STARTS)

ADDRESS = ProjectAddress("https://api.example", TOKEN)

CHOICE: dict[str, Any] = {"organization_id": "organization-1"}
REDIRECTS: dict[str, Any] = {
    "login_redirect_url": "https://app.example/login?next=/a b&x=1#top",
    "signup_redirect_url": "shop://signup",
}
SCOPES: dict[str, Any] = {"custom_scopes": ["calendar.read", "https://a.example/auth/drive"]}
PARAMS: dict[str, Any] = {
    "provider_params": {"login_hint": "ada+1@acme.example", "prompt": "select_account"}
}


@pytest.fixture
def client() -> AsyncStytchB2BClient:
    """
    A client that never sends anything.
    """
    return AsyncStytchB2BClient(TOKEN, base_url="https://login.shop.example/prefix/")


def start_of(client: object, name: str) -> Callable[..., str]:
    """
    Return the method that begins logins.
    """
    method: Callable[..., str] = attrgetter(name)(client)
    return method


def required(name: str) -> dict[str, Any]:
    """
    Return what a start cannot do without.
    """
    return CHOICE if name in ORGANIZATION_STARTS else {}


def url_facts(name: str) -> Mapping[str, Any]:
    """
    Return what the facts say of the URL of a start.
    """
    url = operations()[name].get("url")
    assert url is not None
    return url


def query_of(url: str) -> dict[str, str]:
    """
    Return what a reader of forms makes of the query, in which nothing may stand twice.
    """
    pairs = parse_qsl(urlsplit(url).query, strict_parsing=True, keep_blank_values=True)
    query = dict(pairs)

    assert len(query) == len(pairs)
    return query


class TestQuery:
    """
    What a URL tells the page.
    """

    @every_start
    def test_path(self, client: AsyncStytchB2BClient, name: str) -> None:
        """
        The URL is the client's base URL, prefix included, with the path of the facts.
        """
        template = url_facts(name)["template"]
        url = start_of(client, name)(**required(name))

        assert (
            template.replace("{api_base}", "https://login.shop.example/prefix")
            == (url.partition("?")[0])
        )

    @pytest.mark.parametrize(
        ("token", "host"),
        [(TOKEN, "test.stytch.com"), (TOKEN.replace("test", "live"), "api.stytch.com")],
    )
    def test_host(self, token: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Without a base URL the browser is sent to the API that the public token is for.
        """
        monkeypatch.delenv("STYTCH_B2B_BASE_URL", raising=False)
        url = AsyncStytchB2BClient(token).sso.start(connection_id="c")

        assert ("https", host) == urlsplit(url)[:2]

    @every_start
    def test_only_what_is_required(self, client: AsyncStytchB2BClient, name: str) -> None:
        """
        With nothing else given, the page is told the project and the challenge.
        """
        query = query_of(start_of(client, name)(**required(name)))
        challenge = query.pop("pkce_code_challenge")

        assert re.fullmatch("[A-Za-z0-9_-]{43}", challenge)
        assert {"public_token": TOKEN, **required(name)} == query

    def test_oauth(self) -> None:
        """
        Every argument of a login at an Organization has its place.
        """
        page = oauth_start(
            "google", **CHOICE, **REDIRECTS, **SCOPES, **PARAMS, pkce_code_challenge="challenge"
        )

        assert {
            "public_token": TOKEN,
            **CHOICE,
            **REDIRECTS,
            "custom_scopes": "calendar.read https://a.example/auth/drive",
            "provider_login_hint": "ada+1@acme.example",
            "provider_prompt": "select_account",
            "pkce_code_challenge": "challenge",
        } == query_of(page.url(ADDRESS))

    def test_slug(self) -> None:
        """
        The slug of an Organization goes by the name that the page has for it.
        """
        page = oauth_start("slack", organization_slug="acme", pkce_code_challenge="c")

        assert {"public_token": TOKEN, "slug": "acme", "pkce_code_challenge": "c"} == query_of(
            page.url(ADDRESS)
        )

    def test_oauth_discovery(self) -> None:
        """
        Every argument of a login without an Organization has its place.
        """
        page = oauth_discovery_start(
            "github",
            discovery_redirect_url="https://app.example/d",
            **SCOPES,
            **PARAMS,
            pkce_code_challenge="challenge",
        )

        assert {
            "public_token": TOKEN,
            "discovery_redirect_url": "https://app.example/d",
            "custom_scopes": "calendar.read https://a.example/auth/drive",
            "provider_login_hint": "ada+1@acme.example",
            "provider_prompt": "select_account",
            "pkce_code_challenge": "challenge",
        } == query_of(page.url(ADDRESS))

    @pytest.mark.parametrize("choice", [CHOICE, {"connection_id": "saml-connection-1"}])
    def test_sso(self, choice: dict[str, Any]) -> None:
        """
        Every argument of a login by SSO has its place, by connection and by Organization.
        """
        page = sso_start(**choice, **REDIRECTS, **SCOPES, pkce_code_challenge="challenge")

        assert {
            "public_token": TOKEN,
            **choice,
            **REDIRECTS,
            "custom_scopes": "calendar.read https://a.example/auth/drive",
            "pkce_code_challenge": "challenge",
        } == query_of(page.url(ADDRESS))

    def test_parameters_are_those_of_the_facts(self) -> None:
        """
        No page is told anything that the facts do not list, and everything that they do.
        """
        # The one of two that does not go with the other is added.
        page = sso_start(**CHOICE, **REDIRECTS, **SCOPES)
        told = {"sso.start": {*page.query, "connection_id"}}
        for provider in PROVIDERS:
            page = oauth_start(provider, **CHOICE, **REDIRECTS, **SCOPES, **PARAMS)
            told[f"oauth.{provider}.start"] = {*page.query, "slug"}
            page = oauth_discovery_start(provider, discovery_redirect_url="u", **SCOPES, **PARAMS)
            told[f"oauth.{provider}.discovery.start"] = set(page.query)

        for name, found in told.items():
            facts = {one["name"] for one in url_facts(name)["query"]}
            expected = facts - {"public_token", "pkce_code_challenge", "provider_{key}"}
            if name == "sso.start":
                # By the documentation; the SDKs know of neither.
                expected |= {"organization_id", "custom_scopes"}

            assert expected == {one for one in found if not one.startswith("provider_")}, name
            assert ("provider_{key}" in facts) is any(one.startswith("provider_") for one in found)

    @pytest.mark.parametrize(
        "nothing",
        [
            {"login_redirect_url": ""},
            {"organization_slug": ""},
            {"custom_scopes": []},
            {"custom_scopes": ["", ""]},
            {"provider_params": {}},
            {"provider_params": {"prompt": ""}},
            {"pkce_code_challenge": ""},
        ],
    )
    def test_empty_values_are_left_out(self, nothing: dict[str, Any]) -> None:
        """
        What is empty is as good as not given.
        """
        assert oauth_start("google", **CHOICE) == oauth_start("google", **CHOICE, **nothing)


class TestEncoding:
    """
    Nothing in a value can change what the URL says elsewhere.
    """

    def test_percent_encoding(self) -> None:
        """
        A blank is ``%20``, which every reader understands, and nothing is left that separates.
        """
        page = oauth_start("google", **CHOICE, custom_scopes=["a&b=c", "d/e?f#g+h%20"])
        query = page.url(ADDRESS).partition("?")[2]

        assert "custom_scopes=a%26b%3Dc%20d%2Fe%3Ff%23g%2Bh%2520" in query.split("&")

    @given(
        values=st.fixed_dictionaries(
            {"organization_id": st.text(st.characters(exclude_categories=["Cs"]), min_size=1)},
            optional={
                name: st.text(st.characters(exclude_categories=["Cs"]))
                for name in (*REDIRECTS, "pkce_code_challenge")
            },
        ),
        scopes=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=4),
        params=st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
            st.text(st.characters(exclude_categories=["Cs"])),
            max_size=4,
        ),
    )
    def test_what_is_put_in_comes_out(
        self, values: Mapping[str, Any], scopes: list[str], params: Mapping[str, str]
    ) -> None:
        """
        Whatever the texts are, a reader of the URL finds each where it belongs, and no others.
        """
        page = oauth_start("google", **values, custom_scopes=scopes, provider_params=params)
        url = page.url(ADDRESS, code_challenge="the client's")

        expected = {
            "public_token": TOKEN,
            "pkce_code_challenge": "the client's",
            **{name: value for name, value in values.items() if value},
            **{f"provider_{name}": value for name, value in params.items() if value},
        }
        if scopes:
            expected["custom_scopes"] = " ".join(scopes)
        assert expected == query_of(url)
        # A reader that does not take a plus for a blank finds the same.
        pairs = (pair.split("=") for pair in urlsplit(url).query.split("&"))
        assert expected == {unquote(name): unquote(value) for name, value in pairs}
        assert re.fullmatch(r"[A-Za-z0-9._~%&=?:/-]+", url)


class TestRefusals:
    """
    Arguments that make no sense are refused by name, and change nothing.
    """

    @pytest.mark.parametrize("name", ORGANIZATION_STARTS)
    @pytest.mark.parametrize("given_values", [{}, {"both": ""}, {"both": "x"}])
    def test_exactly_one(
        self, client: AsyncStytchB2BClient, name: str, given_values: dict[str, str]
    ) -> None:
        """
        Not exactly one of the two that say where to log in is refused, the call named.
        """
        choices = ["connection_id", "organization_id"]
        if name != "sso.start":
            choices = ["organization_id", "organization_slug"]
        arguments = dict.fromkeys(choices, given_values["both"]) if given_values else {}
        with pytest.raises(InvalidArgumentError) as caught:
            start_of(client, name)(**arguments)

        assert name == caught.value.endpoint
        (blamed,) = caught.value.problems
        assert (choices[1] if any(arguments.values()) else choices[0]) == blamed
        assert all(choice in str(caught.value) for choice in choices)

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            ("organization_id", 5),
            ("login_redirect_url", b"https://app.example"),
            ("signup_redirect_url", "half of a pair: \ud800"),
            ("pkce_code_challenge", PKCEPair.generate()),
            ("custom_scopes", "openid email"),
            ("custom_scopes", b"openid"),
            ("custom_scopes", ["openid", None]),
            ("custom_scopes", 5),
            ("provider_params", ["prompt"]),
            ("provider_params", {"prompt": None}),
            ("provider_params", {5: "prompt"}),
            ("provider_params", {"": "prompt"}),
            ("provider_params", {"prompt": "\udfff"}),
        ],
    )
    def test_wrong_types(self, client: AsyncStytchB2BClient, argument: str, value: Any) -> None:
        """
        A value that is no text, or holds none, is refused; one text is no list of scopes.
        """
        with pytest.raises(InvalidArgumentError) as caught:
            client.oauth.google.start(**{**CHOICE, argument: value})

        assert {argument} == caught.value.problems.keys()

    @pytest.mark.parametrize("provider", ["../google", "", None, ["google"]])
    @pytest.mark.parametrize("start", [partial(oauth_start, **CHOICE), oauth_discovery_start])
    def test_unknown_provider(self, start: Callable[..., StartPage], provider: Any) -> None:
        """
        The provider is part of the path, and so it must be one of those that are known.
        """
        with pytest.raises(InvalidArgumentError, match="provider: must be one of github, google"):
            start(provider)

    def test_all_problems_at_once(self, client: AsyncStytchB2BClient) -> None:
        """
        Whoever makes two mistakes is told of both.
        """
        with pytest.raises(InvalidArgumentError) as caught:
            client.sso.start(custom_scopes="openid", login_redirect_url=5)  # type: ignore[arg-type]

        assert {
            "connection_id": "is needed, or else organization_id",
            "login_redirect_url": "must be text",
            "custom_scopes": "must be a list of texts",
        } == caught.value.problems

    @every_start
    def test_values_are_not_shown(self, client: AsyncStytchB2BClient, name: str) -> None:
        """
        The error does not repeat what was given, which may be somebody's secret.
        """
        with pytest.raises(InvalidArgumentError) as caught:
            start_of(client, name)(**required(name), custom_scopes="a secret")

        assert "a secret" not in str(caught.value)

    @every_start
    def test_state_stays(self, client: AsyncStytchB2BClient, name: str) -> None:
        """
        A refused start spoils no login that waits for its browser.
        """
        start_of(client, name)(**required(name))
        before = client.state
        with pytest.raises(InvalidArgumentError):
            start_of(client, name)(**required(name), custom_scopes="openid")

        assert client.state is before


class TestPKCE:
    """
    The pair that ties the end of a login to its start.
    """

    @every_start
    def test_pair_is_kept(self, client: AsyncStytchB2BClient, name: str) -> None:
        """
        The URL has the challenge, and the client's state the verifier that belongs to it.
        """
        flow: PKCEFlow = "sso" if name == "sso.start" else "oauth"
        url = start_of(client, name)(**required(name))
        pair = client.utils.get_pkce_pair(flow)

        assert pair is not None
        digest = hashlib.sha256(pair.code_verifier.encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        assert challenge == query_of(url)["pkce_code_challenge"]
        assert {flow: pair} == client.state.pkce_pairs
        assert pair.code_verifier not in url

    @every_start
    def test_each_start_has_a_pair_of_its_own(
        self, client: AsyncStytchB2BClient, name: str
    ) -> None:
        """
        A second start replaces the pair, and leaves those of other flows alone.
        """
        other = PKCEPair.generate()
        client = client.with_state(client.state.with_pkce_pair("magic_links", other))
        urls = [start_of(client, name)(**required(name)) for _ in range(2)]
        challenges = [query_of(url)["pkce_code_challenge"] for url in urls]

        assert challenges[0] != challenges[1]
        assert {challenges[1], other.code_challenge} == {
            pair.code_challenge for pair in client.state.pkce_pairs.values()
        }

    @every_start
    def test_challenge_of_the_caller(self, client: AsyncStytchB2BClient, name: str) -> None:
        """
        A caller's own challenge is the one that is used, and no pair is made.
        """
        before = client.state
        url = start_of(client, name)(**required(name), pkce_code_challenge="the caller's")

        assert "the caller's" == query_of(url)["pkce_code_challenge"]
        assert client.state is before

    def test_state_travels(self, client: AsyncStytchB2BClient) -> None:
        """
        The pair is part of the state, so that another client can end the login.
        """
        client.oauth.google.start(organization_slug="acme")
        other = client.with_state(type(client.state).from_json(client.state.to_json()))

        assert other.utils.get_pkce_pair("oauth") == client.utils.get_pkce_pair("oauth")

    @pytest.mark.parametrize("flow", get_args(PKCEFlow))
    def test_no_pair(self, client: AsyncStytchB2BClient, flow: PKCEFlow) -> None:
        """
        A flow that nobody began has no pair.
        """
        assert client.utils.get_pkce_pair(flow) is None

    @pytest.mark.parametrize("flow", ["magic-links", "", None, ["oauth"]])
    def test_unknown_flow(self, client: AsyncStytchB2BClient, flow: Any) -> None:
        """
        A flow misspelt is an error, not a flow without a pair.
        """
        with pytest.raises(InvalidArgumentError, match="magic_links, oauth, passwords, sso"):
            client.utils.get_pkce_pair(flow)


@every_start
def test_sync(name: str) -> None:
    """
    The blocking client makes the same URLs and keeps the pair.
    """
    client = StytchB2BClient(TOKEN, base_url="https://login.shop.example")
    url = start_of(client, name)(**required(name))
    (pair,) = client.state.pkce_pairs.values()

    assert {
        "public_token": TOKEN,
        **required(name),
        "pkce_code_challenge": pair.code_challenge,
    } == query_of(url)


def test_page_shows_no_challenge_of_its_own() -> None:
    """
    A page whose caller gave no challenge has none until its URL is made.
    """
    page = sso_start(connection_id="c")

    assert StartPage("/v1/public/sso/start", {"connection_id": "c"}) == page
    assert not page.has_challenge
    assert sso_start(connection_id="c", pkce_code_challenge="x").has_challenge
