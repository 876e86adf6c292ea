"""Logging in from a program: a browser goes out and comes back, and others come, too."""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest
from anyio import to_thread

from stytch_b2b import (
    AsyncStytchB2BClient,
    BadRequestError,
    ChooseOrganization,
    InvalidArgumentError,
    LoggedIn,
    NeedsMFA,
    NotFoundError,
    PKCEPair,
    StytchConnectionError,
    StytchTimeoutError,
    open_in_browser,
)
from stytch_b2b.emulator import Emulator
from tests.api.support import logged, operations, until
from tests.browsers import Shown, free_port, is_free, send

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
PATH = "/authenticate"


class Browser:
    """
    A person at a browser, who logs in at the identity provider and is sent back.

    Args:
        emulator: Whose identity provider it is.
        before: What somebody else does before that, given the URL to come back to.
    """

    def __init__(
        self,
        emulator: Emulator,
        *,
        email_address: str = ADA,
        before: Callable[[str], object] = lambda url: None,
    ) -> None:
        self.opened: list[str] = []
        self._emulator = emulator
        self._email_address = email_address
        self._before = before
        self._shown: list[Shown] = []
        self._has_page = threading.Event()

    def __call__(self, url: str) -> None:
        self.opened.append(url)
        query = parse_qs(urlsplit(url).query)
        for name in ("login_redirect_url", "discovery_redirect_url"):
            for back in query.get(name, ()):
                self._before(back)
        back = self._emulator.browser_login(url, self._email_address)
        self._shown.append(send(back, Sec_Fetch_Dest="document"))
        self._has_page.set()

    @property
    def page(self) -> Shown:
        """
        What the person sees at the end; the program does not wait until they have read it.
        """
        assert self._has_page.wait(10)
        return self._shown[0]


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Any:
    """
    Ada, who has an account.
    """
    return emulator.create_member("Acme", ADA, "Ada")


@pytest.fixture
def port() -> int:
    """
    A port that nobody uses.
    """
    return free_port()


@pytest.fixture
def redirect_url(emulator: Emulator, port: int) -> str:
    """
    A redirect URL at that port, which is registered.
    """
    url = f"http://localhost:{port}{PATH}"
    emulator.register_redirect_url(url)
    return url


@pytest.fixture
def log_in(client: AsyncStytchB2BClient, redirect_url: str) -> Callable[..., Any]:
    """
    Log in to Acme with an account at Google.
    """

    def begin(open_url: Callable[[str], object], **options: Any) -> Any:
        arguments = {"organization_slug": "acme", "session_duration_minutes": 60, **options}
        return client.login.oauth(
            "google", open_url=open_url, redirect_url=redirect_url, **arguments
        )

    return begin


async def open_link(emulator: Emulator, shown: list[Shown]) -> None:
    """
    Open the link in the e-mail as soon as it is there.
    """
    await until(lambda: emulator.outbox)
    shown.append(await to_thread.run_sync(send, emulator.outbox[-1].url))


class TestLogin:
    """
    The way there and back.
    """

    async def test_oauth(self, client, emulator, log_in, port) -> None:
        """
        With an Organization the person is logged in there, and sees a page that ends it.
        """
        browser = Browser(emulator)

        response = await log_in(browser)

        assert isinstance(response.outcome, LoggedIn)
        assert ADA == client.state.member.email_address
        assert response.session_token == client.state.session_token
        assert 200 == browser.page.status
        assert "You may close this page" in browser.page.text
        assert is_free(port)

    async def test_oauth_discovery(self, client, emulator, redirect_url) -> None:
        """
        Without one the person has yet to choose.
        """
        response = await client.login.oauth(
            "github", open_url=Browser(emulator), redirect_url=redirect_url
        )

        assert isinstance(response.outcome, ChooseOrganization)
        assert ADA == response.email_address
        assert client.state.intermediate_session_token

    @pytest.mark.parametrize("named_by", ["connection_id", "organization_id"])
    async def test_sso(self, client, emulator, redirect_url, named_by) -> None:
        """
        The identity provider of an Organization logs the person in as well.
        """
        connection = emulator.create_sso_connection("Acme")
        response = await client.login.sso(
            **{named_by: getattr(connection, named_by)},
            session_duration_minutes=60,
            open_url=Browser(emulator),
            redirect_url=redirect_url,
        )

        assert isinstance(response.outcome, LoggedIn)
        assert ADA == client.state.member.email_address

    async def test_magic_link(self, client, emulator, redirect_url) -> None:
        """
        So does the link in an e-mail.
        """
        shown: list[Shown] = []

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(open_link, emulator, shown)
            response = await client.login.magic_link(
                email_address=ADA,
                organization_id="acme",
                session_duration_minutes=60,
                locale="fr",
                redirect_url=redirect_url,
            )
        (sent,) = logged(emulator, "magic_links.email.login_or_signup")

        assert isinstance(response.outcome, LoggedIn)
        assert ADA == client.state.member.email_address
        assert [200] == [page.status for page in shown]
        assert "fr" == sent.json()["locale"]

    async def test_magic_link_of_discovery(self, client, emulator, redirect_url) -> None:
        """
        Without an Organization the link shows which there are.
        """
        shown: list[Shown] = []

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(open_link, emulator, shown)
            response = await client.login.magic_link(email_address=ADA, redirect_url=redirect_url)

        assert isinstance(response.outcome, ChooseOrganization)
        assert [200] == [page.status for page in shown]

    async def test_second_factor(self, emulator, log_in) -> None:
        """
        A login that lacks a factor comes back as well; its outcome says what is lacking.
        """
        emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")

        response = await log_in(Browser(emulator))

        assert isinstance(response.outcome, NeedsMFA)

    async def test_one_address_by_number(self, client, emulator, port) -> None:
        """
        The redirect URL may name the address, the path and a query of its own.
        """
        url = f"http://127.0.0.1:{port}/a/b?app=cli"
        emulator.register_redirect_url(url)

        response = await client.login.oauth(
            "google", organization_slug="acme", open_url=Browser(emulator), redirect_url=url
        )

        assert isinstance(response.outcome, LoggedIn)

    @pytest.mark.parametrize("method", ["oauth", "sso", "magic_link"])
    async def test_default(self, client, method) -> None:
        """
        Without another word the browser comes back to what every test project has registered.
        """
        parameters = inspect.signature(getattr(client.login, method)).parameters

        assert "http://localhost:3000/authenticate" == parameters["redirect_url"].default

    async def test_pair_is_its_own(self, client, emulator, log_in) -> None:
        """
        Each login has a PKCE pair of its own, and those of the client are left alone.
        """
        client.oauth.google.start(organization_slug="acme")
        held = client.state.pkce_pairs
        browsers = [Browser(emulator), Browser(emulator)]
        for browser in browsers:
            await log_in(browser)
        challenges = {
            parse_qs(urlsplit(browser.opened[0]).query)["pkce_code_challenge"][0]
            for browser in browsers
        }

        assert held == client.state.pkce_pairs
        assert 2 == len(challenges)
        assert held["oauth"].code_challenge not in challenges

    async def test_page_keeps_the_secret(self, client, emulator, log_in) -> None:
        """
        The last page holds nothing of the login, is kept nowhere, and clears the address bar.
        """
        browser = Browser(emulator)
        response = await log_in(browser)
        (request,) = logged(emulator, "oauth.authenticate")
        page = browser.page

        for secret in (request.json()["oauth_token"], response.session_token, ADA):
            assert secret not in page.text
        assert "no-store" == page.headers["Cache-Control"]
        assert "no-referrer" == page.headers["Referrer-Policy"]
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "history.replaceState" in page.text


class TestForeignVisitors:
    """
    Whoever else comes neither ends the login nor gets in by it.
    """

    @pytest.mark.parametrize(
        ("status", "query", "options"),
        [
            (400, "", {}),
            (400, "stytch_token_type=oauth", {}),
            (400, "stytch_token_type=sso&token=forged", {}),
            (400, "stytch_token_type=discovery_oauth&token=forged", {}),
            (400, "stytch_token_type=oauth&token=forged", {}),
            (400, "stytch_token_type=oauth&token=a&token=b", {}),
            (400, "stytch_token_type=oauth&token=t&stytch_redirect_type=reset_password", {}),
            (400, "error=access_denied", {}),
            (404, "stytch_token_type=oauth&token=forged", {"method": "POST"}),
            (421, "stytch_token_type=oauth&token=forged", {"Host": "evil.example"}),
            (403, "stytch_token_type=oauth&token=forged", {"Sec_Fetch_Dest": "image"}),
        ],
    )
    async def test_forged(self, emulator, log_in, status, query, options) -> None:
        """
        A callback that nobody at the provider sent gets an error page, and the wait goes on.
        """
        shown: list[Shown] = []

        def forge(url: str) -> None:
            shown.append(send(f"{url}?{query}", **options))

        response = await log_in(Browser(emulator, before=forge))

        assert isinstance(response.outcome, LoggedIn)
        assert [status] == [page.status for page in shown]
        assert "forged" not in shown[0].text

    async def test_other_path(self, emulator, log_in) -> None:
        """
        Nothing else is served at the port.
        """
        shown: list[Shown] = []

        def wander(url: str) -> None:
            shown.append(send(url.replace(PATH, "/favicon.ico")))

        await log_in(Browser(emulator, before=wander))

        assert [404] == [page.status for page in shown]

    @pytest.mark.parametrize("has_pair", [True, False])
    async def test_token_of_another_login(
        self, client, emulator, log_in, redirect_url, has_pair
    ) -> None:
        """
        A token of somebody else's login is refused by the API, with a pair of theirs or with none.
        """
        emulator.create_member("Acme", "mallory@acme.example")
        theirs = client.oauth.google.start(
            organization_slug="acme",
            login_redirect_url=redirect_url,
            signup_redirect_url=redirect_url,
            pkce_code_challenge=PKCEPair.generate().code_challenge,
        )
        if not has_pair:
            theirs = re.sub(r"&pkce_code_challenge=[^&]+", "", theirs)
        slipped_in = emulator.browser_login(theirs, "mallory@acme.example")
        shown: list[Shown] = []

        response = await log_in(
            Browser(emulator, before=lambda url: shown.append(send(slipped_in)))
        )

        assert ADA == response.member.email_address
        assert ADA == client.state.member.email_address
        assert [400] == [page.status for page in shown]
        assert 2 == len(logged(emulator, "oauth.authenticate"))

    async def test_cancelled_at_the_provider(self, emulator, log_in) -> None:
        """
        Who cancels at the identity provider is told so, and may begin again.
        """
        shown: list[Shown] = []

        def change_mind(url: str) -> None:
            shown.append(send(emulator.browser_cancel(url)))
            browser(url)

        browser = Browser(emulator)
        response = await log_in(change_mind)

        assert isinstance(response.outcome, LoggedIn)
        assert "You were not let in" in shown[0].text


class TestFailure:
    """
    Logins that come to nothing.
    """

    async def test_refused(self, client, emulator, log_in) -> None:
        """
        What the API refuses for another reason ends the login; the person is told, too.
        """
        browser = Browser(emulator, email_address="eve@evil.example")

        with pytest.raises(BadRequestError):
            await log_in(browser)

        assert 502 == browser.page.status
        assert "You are not logged in" in browser.page.text
        assert client.state.session_token is None

    async def test_opener(self, emulator, log_in, port) -> None:
        """
        What the opener raises is raised as it is.
        """

        def fail(url: str) -> None:
            raise LookupError(url)

        with pytest.raises(LookupError, match="/v1/b2b/public/oauth/google/start"):
            await log_in(fail)

        assert is_free(port)

    async def test_mail(self, client, emulator, redirect_url, port) -> None:
        """
        An e-mail that cannot be sent ends the login.
        """
        with pytest.raises(NotFoundError):
            await client.login.magic_link(
                email_address=ADA,
                organization_id="unknown",
                session_duration_minutes=60,
                redirect_url=redirect_url,
            )

        assert is_free(port)

    async def test_timeout(self, client, emulator, log_in, port) -> None:
        """
        A person who does not come back is waited for as long as was said.
        """
        with pytest.raises(StytchTimeoutError, match=r"login\.oauth: .* within 0\.05 s") as caught:
            await log_in(lambda url: None, timeout=0.05)

        assert caught.value.__cause__ is None
        assert is_free(port)
        assert [] == logged(emulator, "oauth.authenticate")

    async def test_timeout_tells_what_came(self, log_in, redirect_url) -> None:
        """
        The error knows what was wrong with what came instead.
        """

        def forge(url: str) -> None:
            send(f"{redirect_url}?stytch_token_type=oauth&token=forged")
            send(f"{redirect_url}?error=access_denied")

        with pytest.raises(StytchTimeoutError, match="but for the error 'access_denied'") as caught:
            await log_in(forge, timeout=2)

        assert isinstance(caught.value.__cause__, NotFoundError)
        assert 1 == caught.value.attempts
        assert "forged" not in str(caught.value)

    async def test_cancelled(self, log_in, port) -> None:
        """
        Whoever is cancelled during the wait listens no more.
        """
        opened = threading.Event()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(log_in, lambda url: opened.set()))
            await to_thread.run_sync(opened.wait, 10)
            assert not is_free(port)
            tasks.cancel_scope.cancel()

        assert is_free(port)

    async def test_two_at_once(self, emulator, log_in, port) -> None:
        """
        Of two logins at one port the second is refused before anything is opened.
        """
        opened: list[str] = []
        errors: list[Exception] = []
        refused = threading.Event()

        async def second() -> None:
            try:
                await log_in(opened.append)
            except StytchConnectionError as error:
                errors.append(error)
            refused.set()

        def wait(url: str) -> None:
            assert refused.wait(10)

        browser = Browser(emulator, before=wait)
        async with anyio.create_task_group() as tasks:

            async def first() -> None:
                await log_in(browser)

            tasks.start_soon(first)
            await until(lambda: not is_free(port))
            await second()

        assert [] == opened
        assert [True] == [f"http://localhost:{port}" in str(error) for error in errors]
        assert 200 == browser.page.status

    async def test_port_in_use(self, client, emulator, redirect_url, port) -> None:
        """
        No e-mail is sent that could not be answered.
        """
        async with await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port):
            with pytest.raises(StytchConnectionError, match="cannot listen"):
                await client.login.magic_link(email_address=ADA, redirect_url=redirect_url)

        assert [] == operations(emulator)
        assert [] == list(emulator.outbox)


class TestArguments:
    """
    What does not fit is found before anything is opened or sent.
    """

    @pytest.mark.parametrize(
        ("method", "arguments", "problem"),
        [
            ("oauth", {"provider": "../google"}, "provider"),
            ("oauth", {"organization_id": "a", "organization_slug": "b"}, "organization_slug"),
            ("oauth", {"organization_id": ""}, "organization_id"),
            ("oauth", {"organization_id": "a", "session_duration_minutes": 4}, "minutes"),
            ("oauth", {"custom_scopes": "openid"}, "custom_scopes"),
            ("oauth", {"timeout": 0}, "timeout"),
            ("oauth", {"timeout": float("nan")}, "timeout"),
            ("oauth", {"redirect_url": "http://localhost:0/"}, "redirect_url"),
            ("oauth", {"redirect_url": "https://acme.example/"}, "redirect_url"),
            ("sso", {"session_duration_minutes": 60}, "connection_id"),
            ("sso", {"connection_id": "c", "session_duration_minutes": 4}, "minutes"),
            ("magic_link", {"organization_id": "acme"}, "session_duration_minutes: is needed"),
            ("magic_link", {"organization_id": "a", "session_duration_minutes": 4}, "minutes"),
        ],
    )
    async def test_wrong(self, client, emulator, port, method, arguments, problem) -> None:
        """
        The error names the argument.
        """
        opened: list[str] = []
        arguments = {"redirect_url": f"http://localhost:{port}/", **arguments}
        if method == "magic_link":
            arguments["email_address"] = ADA
        else:
            arguments["open_url"] = opened.append
        if method == "oauth":
            arguments.setdefault("provider", "google")

        with pytest.raises(InvalidArgumentError, match=problem):
            await getattr(client.login, method)(**arguments)

        assert [] == opened
        assert [] == operations(emulator)


class TestOpeningABrowser:
    """
    What is done unless an opener is given.
    """

    async def test_opens(self, monkeypatch, capsys) -> None:
        """
        The person's browser gets the URL, and nothing is printed.
        """
        opened: list[str] = []
        monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)

        open_in_browser("http://localhost/")

        assert ["http://localhost/"] == opened
        assert ("", "") == capsys.readouterr()

    async def test_prints(self, monkeypatch, capsys) -> None:
        """
        Where there is none, the URL is printed, and not among what the program itself says.
        """
        monkeypatch.setattr("webbrowser.open", lambda url: False)

        open_in_browser("http://localhost/")

        printed = capsys.readouterr()
        assert "" == printed.out
        assert "http://localhost/" in printed.err
