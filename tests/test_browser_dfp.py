"""Telemetry ids through a browser: the page that makes one, and the way back."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from anyio import to_thread

from stytch_b2b import (
    BrowserDFPProvider,
    StytchConfigurationError,
    StytchConnectionError,
    StytchTimeoutError,
)
from tests.api.support import until
from tests.browsers import Shown, free_port, is_free, send

pytestmark = pytest.mark.anyio

TOKEN = "public-token-test-11111111-2222-3333-4444-555555555555"
CHROMIUM = shutil.which("chromium")


class Browser:
    """
    Opens the page, reads in it where the id goes, and posts one as the script would.
    """

    def __init__(self, *ids: str) -> None:
        self._ids = list(ids)
        self.urls: list[str] = []
        self.pages: list[Shown] = []
        self._answers: list[Shown] = []
        self._has_answer = threading.Event()

    def __call__(self, url: str) -> None:
        self.urls.append(url)
        self.pages.append(send(url, Sec_Fetch_Dest="document"))
        self._answers.append(self.post(setting("reportPath", self.pages[-1]), self._ids.pop(0)))
        self._has_answer.set()

    @property
    def answer(self) -> Shown:
        """
        What was answered to the last report; nobody waits for the browser to read it.
        """
        assert self._has_answer.wait(10)
        return self._answers[-1]

    def post(self, path: str, telemetry_id: str) -> Shown:
        parts = urlsplit(self.urls[-1])
        origin = f"{parts.scheme}://{parts.netloc}"
        return send(f"{origin}{path}", method="POST", body=telemetry_id, Origin=origin)


def setting(name: str, page: Shown) -> str:
    """
    Return what the page's script was told.
    """
    (value,) = re.findall(f'"{name}": "(.*?)"', page.text)
    return str(value)


class TestProvider:
    """
    From the call to the id.
    """

    async def test_gets_an_id(self) -> None:
        """
        The id that the page reports is the one that is returned; then nobody listens any more.
        """
        browser = Browser("telemetry-id")

        telemetry_id = await BrowserDFPProvider(TOKEN, open_url=browser).get_telemetry_id()

        assert "telemetry-id" == telemetry_id
        assert 204 == browser.answer.status
        assert is_free(urlsplit(browser.urls[0]).port or 0)

    async def test_page(self) -> None:
        """
        The page is told whose script to load, what to call it with, and may load nothing else.
        """
        browser = Browser("id")
        await BrowserDFPProvider(
            TOKEN,
            script_url="https://cdn.example/telemetry.js",
            submit_url="https://submit.example/submit",
            open_url=browser,
        ).get_telemetry_id()
        (page,) = browser.pages
        policy = dict(
            directive.split(" ", 1)
            for directive in page.headers["Content-Security-Policy"].split("; ")
        )

        assert "GetTelemetryID(settings.publicToken, settings.submitURL)" in page.text
        assert TOKEN == setting("publicToken", page)
        assert "https://cdn.example/telemetry.js" == setting("scriptURL", page)
        assert "https://submit.example/submit" == setting("submitURL", page)
        assert "'none'" == policy["default-src"]
        assert policy["script-src"].endswith("' https://cdn.example")
        assert "'self' https://cdn.example https://submit.example" == policy["connect-src"]
        assert "no-store" == page.headers["Cache-Control"]
        assert "origin" == page.headers["Referrer-Policy"]

    async def test_defaults(self) -> None:
        """
        Without another word it is Stytch's script, and Stytch that it reports to.
        """
        browser = Browser("id")
        await BrowserDFPProvider(TOKEN, open_url=browser).get_telemetry_id()

        assert "https://elements.stytch.com/telemetry.js" == setting("scriptURL", browser.pages[0])
        assert "https://telemetry.stytch.com/submit" == setting("submitURL", browser.pages[0])

    async def test_each_call_is_new(self) -> None:
        """
        Every call opens another page, which reports to another path.
        """
        browser = Browser("first", "second")
        provider = BrowserDFPProvider(TOKEN, open_url=browser, port=free_port())

        ids = [await provider.get_telemetry_id() for _ in range(2)]

        assert ["first", "second"] == ids
        assert 2 == len(set(browser.urls))
        assert 1 == len({urlsplit(url).port for url in browser.urls})
        assert 2 == len({setting("reportPath", page) for page in browser.pages})

    async def test_calls_at_once(self) -> None:
        """
        Calls do not get into each other's way.
        """
        ids: set[str] = set()

        async def get(telemetry_id: str) -> None:
            provider = BrowserDFPProvider(TOKEN, open_url=Browser(telemetry_id))
            ids.add(await provider.get_telemetry_id())

        async with anyio.create_task_group() as tasks:
            for telemetry_id in ("a", "b", "c"):
                tasks.start_soon(get, telemetry_id)

        assert {"a", "b", "c"} == ids

    @pytest.mark.parametrize("providers", [1, 2])
    async def test_calls_at_once_at_one_port(self, providers: int) -> None:
        """
        Where there is but one port, one call waits for the other, in whatever loop that is.
        """
        port = free_port()
        browser = Browser("a", "b", "c", "d")
        made = [
            BrowserDFPProvider(TOKEN, open_url=browser, port=port, timeout=10)
            for _ in range(providers)
        ]
        ids: set[str] = set()

        async def get(number: int) -> None:
            ids.add(await made[number % providers].get_telemetry_id())

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(to_thread.run_sync, lambda: anyio.run(get, 0))
            for number in range(1, 4):
                tasks.start_soon(get, number)

        assert {"a", "b", "c", "d"} == ids

    async def test_turn_of_a_call_that_is_cancelled(self) -> None:
        """
        Whoever is cancelled, while it waits or is waited for, keeps nobody from going on.
        """
        port = free_port()
        idle = BrowserDFPProvider(TOKEN, open_url=lambda url: None, port=port)

        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(idle.get_telemetry_id)
            await until(lambda: not is_free(port))
            tasks.cancel_scope.cancel()
        provider = BrowserDFPProvider(TOKEN, open_url=Browser("id"), port=port)

        assert "id" == await provider.get_telemetry_id()

    async def test_page_may_be_opened_again(self) -> None:
        """
        Whoever reloads the page gets it again.
        """
        browser = Browser("id")

        def open_twice(url: str) -> None:
            assert 200 == send(url).status
            browser(url)

        assert "id" == await BrowserDFPProvider(TOKEN, open_url=open_twice).get_telemetry_id()

    async def test_forged_report(self) -> None:
        """
        A report from elsewhere, or to a path that was guessed, is refused and changes nothing.
        """
        browser = Browser("id")
        refused: list[int] = []

        def open_after_others(url: str) -> None:
            page = send(url)
            report = f"{url.rpartition('/')[0]}{setting('reportPath', page)}"
            refused.append(send(report, method="POST", body="forged").status)
            refused.append(
                send(report, method="POST", body="forged", Origin="http://evil.example").status
            )
            refused.append(send(f"{report}x", method="POST", body="forged").status)
            browser(url)

        provider = BrowserDFPProvider(TOKEN, open_url=open_after_others)

        assert "id" == await provider.get_telemetry_id()
        assert [403, 403, 404] == refused

    @pytest.mark.parametrize("reported", ["", "two\nlines", "x" * 257])
    async def test_no_id(self, reported: str) -> None:
        """
        Where the script could not be loaded, failed, or reports what is no id, the call says so.
        """
        provider = BrowserDFPProvider(TOKEN, open_url=Browser(reported))

        with pytest.raises(StytchConnectionError, match="could not make a telemetry id"):
            await provider.get_telemetry_id()

    async def test_timeout(self) -> None:
        """
        A browser that never reports is waited for as long as was said.
        """
        port = free_port()
        provider = BrowserDFPProvider(TOKEN, open_url=lambda url: None, port=port, timeout=0.05)

        with pytest.raises(StytchTimeoutError, match=r"within 0\.05 seconds"):
            await provider.get_telemetry_id()

        assert is_free(port)

    async def test_opener_that_fails(self) -> None:
        """
        What the opener raises is raised, as it is.
        """

        def fail(url: str) -> None:
            raise LookupError(url)

        with pytest.raises(LookupError, match="http://localhost:"):
            await BrowserDFPProvider(TOKEN, open_url=fail).get_telemetry_id()


class TestSettings:
    """
    What the provider is made with.
    """

    @pytest.mark.parametrize("name", ["script_url", "submit_url"])
    @pytest.mark.parametrize(
        "url",
        [
            "",
            "telemetry.js",
            "http://cdn.example/telemetry.js",
            "ftp://cdn.example/telemetry.js",
            "https:///telemetry.js",
            "https://user@cdn.example/telemetry.js",
            "https://cdn.example; script-src */telemetry.js",
            "https://cdn.example/'\"",
            "https://cdn.example:port/",
        ],
    )
    async def test_urls(self, name: str, url: str) -> None:
        """
        A script of somebody in between is not run, and no URL changes the page's policy.
        """
        with pytest.raises(StytchConfigurationError, match=name):
            BrowserDFPProvider(TOKEN, **{name: url})  # type: ignore[arg-type]

    @pytest.mark.parametrize("port", [70000, 0, -1, "80", 80.0, True])
    async def test_port(self, port: Any) -> None:
        """
        A port that nothing can listen at is refused at once.
        """
        with pytest.raises(StytchConfigurationError, match="port must be a whole number"):
            BrowserDFPProvider(TOKEN, port=port)

    @pytest.mark.parametrize("seconds", [0, -1, float("nan"), "60", None, True])
    async def test_time(self, seconds: Any) -> None:
        """
        So is a timeout that is no time.
        """
        with pytest.raises(StytchConfigurationError, match="timeout must be a number of seconds"):
            BrowserDFPProvider(TOKEN, timeout=seconds)

    async def test_public_token(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        The token may come from the environment, and must be one.
        """
        monkeypatch.setenv("STYTCH_B2B_PUBLIC_TOKEN", TOKEN)
        browser = Browser("id")
        await BrowserDFPProvider(open_url=browser).get_telemetry_id()

        assert TOKEN == setting("publicToken", browser.pages[0])
        with pytest.raises(StytchConfigurationError, match="public_token"):
            BrowserDFPProvider("secret-test-1")


SCRIPT = b"""
window.GetTelemetryID = async (publicToken, submitURL) => {
  const answer = await fetch(submitURL, { method: "POST", body: publicToken });
  return await answer.text();
};
"""


class StandIn(BaseHTTPRequestHandler):
    """
    Serves a script that behaves like Stytch's, and takes what it submits.
    """

    def do_GET(self) -> None:
        self._answer(SCRIPT, "text/javascript")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b"id-for-" + body[-4:], "text/plain")

    def _answer(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as it is called there
        pass


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
async def test_in_a_real_browser(tmp_path: Path) -> None:
    """
    Chromium runs the page under its policy: it loads the script, and the id comes back.
    """
    server = HTTPServer(("127.0.0.1", 0), StandIn)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    browsers: list[subprocess.Popen[bytes]] = []
    try:
        provider = BrowserDFPProvider(
            TOKEN,
            script_url=f"{base}/telemetry.js",
            submit_url=f"{base}/submit",
            open_url=headless(tmp_path, browsers),
        )
        telemetry_id = await provider.get_telemetry_id()
    finally:
        for browser in browsers:
            browser.kill()
            browser.wait()
        server.shutdown()
        server.server_close()
        thread.join()

    assert "id-for-5555" == telemetry_id


def headless(profile: Path, browsers: list[subprocess.Popen[bytes]]) -> Callable[[str], object]:
    """
    Return an opener that shows a page to a Chromium without a window.
    """

    def open_url(url: str) -> None:
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
        # A debugging port keeps it from ending as soon as the page is loaded.
        options.append("--remote-debugging-port=0")
        browsers.append(
            subprocess.Popen(
                [str(CHROMIUM), *options, url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        )

    return open_url
