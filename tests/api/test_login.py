"""Logging in from a program: a browser goes out and comes back, and others come, too."""

from __future__ import annotations

import http.client
import inspect
import re
import threading
from collections.abc import Awaitable, Callable
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
    ClientClosedError,
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
        response = await client.login.discovery_oauth(
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
            response = await client.login.discovery_magic_link(
                email_address=ADA, locale="fr", redirect_url=redirect_url
            )
        (sent,) = logged(emulator, "magic_links.email.discovery.send")

        assert "fr" == sent.json()["locale"]
        assert isinstance(response.outcome, ChooseOrganization)
        assert [200] == [page.status for page in shown]

    async def test_options(self, emulator, log_in) -> None:
        """
        What the person's session is to be is told to the API when they are back.
        """
        await log_in(Browser(emulator), session_duration_minutes=7, locale="fr")
        (request,) = logged(emulator, "oauth.authenticate")

        assert 7 == request.json()["session_duration_minutes"]
        assert "fr" == request.json()["locale"]

    async def test_opener_that_is_awaited(self, emulator, log_in) -> None:
        """
        An opener may be a coroutine function, or return what is to be awaited.
        """
        browser = Browser(emulator)

        async def open_url(url: str) -> None:
            await to_thread.run_sync(browser, url)

        def begin_to_open(url: str) -> Awaitable[None]:
            return open_url(url)

        for opener in (open_url, begin_to_open):
            assert isinstance((await log_in(opener)).outcome, LoggedIn)

    async def test_opener_that_hangs(self, emulator, log_in) -> None:
        """
        Nobody waits for a browser that blocks until it is closed, not even the program's end.
        """
        is_closed = threading.Event()
        threads: list[threading.Thread] = []
        browser = Browser(emulator)

        def block(url: str) -> None:
            threads.append(threading.current_thread())
            browser(url)
            is_closed.wait()

        response = await log_in(block)

        assert isinstance(response.outcome, LoggedIn)
        assert [(True, True)] == [(each.is_alive(), each.daemon) for each in threads]
        is_closed.set()

    async def test_page_is_loaded_twice(self, emulator, redirect_url) -> None:
        """
        Who loads the last page once more while the token is presented reads that all is done, too.
        """
        again: list[http.client.HTTPConnection] = []

        class LoadsAgain:
            """
            Is asked for a token just before the API is.
            """

            def get_token(self) -> None:
                parts = urlsplit(redirect_url)
                again.append(http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=10))
                again[-1].request("GET", parts.path, headers={"Host": parts.netloc})

        async with AsyncStytchB2BClient(
            emulator.public_token, base_url=emulator.url, captcha_provider=LoadsAgain()
        ) as client:
            await client.login.discovery_oauth(
                "google", open_url=Browser(emulator), redirect_url=redirect_url
            )
        (connection,) = again
        answer = await to_thread.run_sync(connection.getresponse)
        text = answer.read().decode()
        connection.close()

        assert 200 == answer.status
        assert "You may close this page" in text

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

    @pytest.mark.parametrize(
        "method", ["oauth", "discovery_oauth", "sso", "magic_link", "discovery_magic_link"]
    )
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

    async def test_verifier_that_does_not_fit(self, emulator, log_in) -> None:
        """
        A token that another verifier belongs to is somebody else's, in whatever words it is said.
        """
        shown: list[Shown] = []

        def slip_in(url: str) -> None:
            emulator.faults.add(
                operation="oauth.authenticate",
                status=400,
                body={
                    "status_code": 400,
                    "request_id": "r",
                    "error_type": "invalid_pkce_code_verifier",
                    "error_message": "",
                },
            )
            shown.append(send(f"{url}?stytch_token_type=oauth&token=theirs"))

        response = await log_in(Browser(emulator, before=slip_in))

        assert isinstance(response.outcome, LoggedIn)
        assert [400] == [page.status for page in shown]

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

    @pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()], ids=repr)
    async def test_end_of_the_program(self, log_in, port, error) -> None:
        """
        What ends a program is no group of errors, on whatever backend.
        """

        def end(url: str) -> None:
            raise error

        with pytest.raises(type(error)) as caught:
            await log_in(end)

        assert caught.value is error
        assert is_free(port)

    async def test_closed(self, client, redirect_url) -> None:
        """
        A client that is closed opens nothing, for nothing could come of it.
        """
        opened: list[str] = []
        await client.aclose()

        with pytest.raises(ClientClosedError):
            await client.login.discovery_oauth(
                "google", open_url=opened.append, redirect_url=redirect_url
            )
        with pytest.raises(ClientClosedError):
            await client.login.discovery_magic_link(email_address=ADA, redirect_url=redirect_url)

        assert [] == opened

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
                await client.login.discovery_magic_link(
                    email_address=ADA, redirect_url=redirect_url
                )

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
            ("oauth", {}, "organization_id: is needed, or else organization_slug"),
            ("oauth", {"organization_id": "a", "session_duration_minutes": 4}, "minutes"),
            ("oauth", {"custom_scopes": "openid"}, "custom_scopes"),
            ("oauth", {"timeout": 0}, "timeout"),
            ("oauth", {"timeout": float("nan")}, "timeout"),
            ("oauth", {"redirect_url": "http://localhost:0/"}, "redirect_url"),
            ("oauth", {"redirect_url": "https://acme.example/"}, "redirect_url"),
            ("sso", {"session_duration_minutes": 60}, "connection_id"),
            ("sso", {"connection_id": "c", "session_duration_minutes": 4}, "minutes"),
            ("discovery_oauth", {"redirect_url": 3000}, "redirect_url"),
            ("discovery_oauth", {"provider": ["google"]}, "provider"),
            ("magic_link", {"organization_id": "a", "session_duration_minutes": 4}, "minutes"),
            (
                "magic_link",
                {"organization_id": None, "session_duration_minutes": 5},
                "organization",
            ),
            ("discovery_magic_link", {"email_address": None}, "email_address"),
            ("discovery_magic_link", {"timeout": "5"}, "timeout: must be a number of seconds"),
            ("discovery_magic_link", {"timeout": True}, "timeout"),
        ],
    )
    async def test_wrong(self, client, emulator, port, method, arguments, problem) -> None:
        """
        The error names the argument, and the call.
        """
        opened: list[str] = []
        arguments = {"redirect_url": f"http://localhost:{port}/", **arguments}
        if "magic_link" in method:
            arguments.setdefault("email_address", ADA)
        else:
            arguments["open_url"] = opened.append
        if "oauth" in method:
            arguments.setdefault("provider", "google")
        if method == "oauth" and not problem.startswith("organization"):
            arguments.setdefault("organization_id", "acme")

        with pytest.raises(InvalidArgumentError, match=problem) as caught:
            await getattr(client.login, method)(**arguments)

        assert f"login.{method}" == caught.value.endpoint
        assert 1 == len(caught.value.problems)
        assert [] == opened
        assert [] == operations(emulator)

    @pytest.mark.parametrize(
        ("method", "arguments"),
        [
            (
                "oauth",
                {
                    "provider": "myspace",
                    "session_duration_minutes": 4,
                    "locale": 5,
                    "organization_slug": 5,
                    "custom_scopes": "openid",
                    "provider_params": "prompt",
                },
            ),
            ("discovery_oauth", {"provider": "myspace", "custom_scopes": "openid"}),
            ("sso", {"connection_id": 5, "session_duration_minutes": 4, "locale": 5}),
            (
                "magic_link",
                {
                    "email_address": 5,
                    "organization_id": None,
                    "session_duration_minutes": "60",
                    "locale": 5,
                },
            ),
            ("discovery_magic_link", {"email_address": None, "locale": 5}),
        ],
    )
    async def test_all_at_once(self, client, method, arguments) -> None:
        """
        All that is wrong is said together, under the names that the caller used.
        """
        arguments = {**arguments, "redirect_url": 3000, "timeout": "5"}

        with pytest.raises(InvalidArgumentError) as caught:
            await getattr(client.login, method)(**arguments)

        assert f"login.{method}" == caught.value.endpoint
        assert set(arguments) == set(caught.value.problems)


class TestOpeningABrowser:
    """
    What is done unless an opener is given.
    """

    async def test_opens(self, monkeypatch, capsys) -> None:
        """
        The person's browser gets the URL.
        """
        opened: list[str] = []
        monkeypatch.setattr("webbrowser.open", opened.append)

        open_in_browser("http://localhost/")

        assert ["http://localhost/"] == opened

    async def test_prints(self, monkeypatch, capsys) -> None:
        """
        The URL is printed before, and not among what the program itself says.

        Whether a browser shows it cannot be known: one may be started, and then fail.
        """
        printed: list[tuple[str, str]] = []
        monkeypatch.setattr("webbrowser.open", lambda url: printed.append(capsys.readouterr()))

        open_in_browser("http://localhost/")

        ((out, err),) = printed
        assert "" == out
        assert err.endswith(" http://localhost/\n")
