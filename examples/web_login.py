"""
A web service in which people log in with Google, or by a link in an e-mail with a code after it.

A flow begins in one request and ends in another, so what it needs is kept with the visitor's own
session of the site, on the server. With Google that is the client's whole state. With e-mail it is
only what the two calls in the end want: the PKCE verifier and the intermediate session token. A URL
that ends what this visitor did not begin is refused: it may be a stranger's, and lead to a
stranger's account.

Runs on the embedded emulator, and plays a visitor's browser. With --serve it waits for yours.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web
from attrs import define, field

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    LoggedIn,
    NeedsMFA,
    PKCEPair,
    SessionState,
    StytchAPIError,
)
from stytch_b2b.emulator import Emulator

COOKIE = "visit"
SESSION_MINUTES = 60


@define
class Visit:
    """What the site keeps of a visitor between two requests; it holds secrets."""

    state: bytes | None = field(default=None, repr=False)
    pkce_code_verifier: str | None = field(default=None, repr=False)
    intermediate_session_token: str | None = field(default=None, repr=False)
    mfa: NeedsMFA | None = None
    session_token: str | None = field(default=None, repr=False)


class Site:
    """The pages of the service."""

    def __init__(self, client: AsyncStytchB2BClient, organization_id: str) -> None:
        self._client = client
        self._organization_id = organization_id
        self._visits: dict[str, Visit] = {}
        self.url = ""

    def app(self) -> web.Application:
        """Return the pages as an application of aiohttp."""
        app = web.Application()
        app.router.add_get("/", self.home)
        app.router.add_get("/login/google", self.login_with_google)
        app.router.add_get("/login/google/done", self.google_done)
        app.router.add_post("/login/email", self.login_by_email)
        app.router.add_get("/login/email/done", self.email_done)
        app.router.add_post("/login/code", self.code)
        return app

    def visit(self, request: web.Request) -> Visit:
        """Return what is kept of the visitor."""
        return self._visits.get(request.cookies.get(COOKIE, ""), Visit())

    def keep(
        self, request: web.Request, visit: Visit, answer: web.StreamResponse
    ) -> web.StreamResponse:
        """Keep *visit* under a new cookie: an ID from before a login is good for nothing after."""
        self.forget(request)
        visit_id = secrets.token_urlsafe()
        self._visits[visit_id] = visit
        answer.set_cookie(COOKIE, visit_id, httponly=True, samesite="Lax")
        return answer

    def forget(self, request: web.Request) -> None:
        """Keep nothing of the visitor any longer."""
        self._visits.pop(request.cookies.get(COOKIE, ""), None)

    async def home(self, request: web.Request) -> web.StreamResponse:
        """Greet the Member, or offer ways to log in."""
        visit = self.visit(request)
        if visit.session_token is not None:
            member = self._client.with_session(session_token=visit.session_token)
            try:
                answer = await member.session.authenticate()
            except AuthenticationError:
                self.forget(request)
            else:
                return web.Response(text=f"Hello, {answer.member.email_address}!")
        form = (
            '<a href="/login/google">Log in with Google</a> or <form method="post" '
            'action="/login/email"><input name="email_address"><button>by e-mail</button></form>'
        )
        return web.Response(text=form, content_type="text/html")

    async def login_with_google(self, request: web.Request) -> web.StreamResponse:
        """Begin: the PKCE pair travels in the state."""
        visitor = self._client.with_state(SessionState())
        url = visitor.oauth.google.start(
            organization_id=self._organization_id,
            login_redirect_url=f"{self.url}/login/google/done",
            signup_redirect_url=f"{self.url}/login/google/done",
        )
        return self.keep(request, Visit(state=visitor.state.to_json()), to(url))

    async def google_done(self, request: web.Request) -> web.StreamResponse:
        """End, in the state of the request that began."""
        kept = self.visit(request).state
        if kept is None:
            raise web.HTTPBadRequest(text="This login did not begin here.")
        visitor = self._client.with_state(SessionState.from_json(kept))
        answer = await visitor.oauth.authenticate(
            oauth_token=request.query.get("token", ""), session_duration_minutes=SESSION_MINUTES
        )
        match answer.outcome:
            case LoggedIn():
                return self.logged_in(request, answer.session_token)
            case lacking:
                raise web.HTTPForbidden(text=f"Another factor is needed: {type(lacking).__name__}.")

    async def login_by_email(self, request: web.Request) -> web.StreamResponse:
        """Begin: the site makes the PKCE pair itself, and keeps its verifier."""
        form = await request.post()
        pair = PKCEPair.generate()
        await self._client.magic_links.email.login_or_signup(
            organization_id=self._organization_id,
            email_address=str(form.get("email_address", "")),
            login_redirect_url=f"{self.url}/login/email/done",
            signup_redirect_url=f"{self.url}/login/email/done",
            pkce_code_challenge=pair.code_challenge,
        )
        visit = Visit(pkce_code_verifier=pair.code_verifier)
        return self.keep(request, visit, web.Response(text="Open the link in the e-mail."))

    async def email_done(self, request: web.Request) -> web.StreamResponse:
        """Go on with the verifier that was kept; nothing of the client's own state is used."""
        verifier = self.visit(request).pkce_code_verifier
        if verifier is None:
            # Without one an invitation would log in whoever was made to follow it.
            raise web.HTTPBadRequest(text="This login did not begin here.")
        visitor = self._client.with_state(SessionState())
        answer = await visitor.magic_links.authenticate(
            magic_links_token=request.query.get("token", ""),
            session_duration_minutes=SESSION_MINUTES,
            pkce_code_verifier=verifier,
        )
        match answer.outcome:
            case LoggedIn():
                return self.logged_in(request, answer.session_token)
            case NeedsMFA(passcode_sent=True) as mfa:
                visit = Visit(intermediate_session_token=answer.intermediate_session_token, mfa=mfa)
                return self.keep(
                    request, visit, web.Response(text="Type the code sent to your phone.")
                )
            case lacking:
                raise web.HTTPForbidden(text=f"Another factor is needed: {type(lacking).__name__}.")

    async def code(self, request: web.Request) -> web.StreamResponse:
        """End, with the intermediate session token that was kept."""
        visit = self.visit(request)
        if visit.mfa is None:
            raise web.HTTPBadRequest(text="No code was asked for.")
        form = await request.post()
        answer = await self._client.with_state(SessionState()).otps.sms.authenticate(
            organization_id=visit.mfa.organization_id,
            member_id=visit.mfa.member_id,
            code=str(form.get("code", "")),
            session_duration_minutes=SESSION_MINUTES,
            intermediate_session_token=visit.intermediate_session_token,
        )
        return self.logged_in(request, answer.session_token)

    def logged_in(self, request: web.Request, session_token: str) -> web.StreamResponse:
        """Forget the flow, and keep the session."""
        return self.keep(request, Visit(session_token=session_token), to("/"))


def to(url: str) -> web.Response:
    """Send the browser elsewhere."""
    # aiohttp's HTTPFound wants to be raised, and `keep` returns what it was given.
    return web.Response(status=302, headers={"Location": url})


@web.middleware
async def refusals(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Show what the API refuses as a page; the person can try again."""
    try:
        return await handler(request)
    except StytchAPIError as error:
        return web.Response(status=error.status_code, text=error.error_message)


async def serve(site: Site) -> web.AppRunner:
    """Listen on loopback, at a port that is free."""
    app = site.app()
    app.middlewares.append(refusals)
    runner = web.AppRunner(app)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    host, port = runner.addresses[0][:2]
    site.url = f"http://{host}:{port}"
    return runner


async def play(site: Site, emulator: Emulator) -> None:
    """Visit the site twice, as people with browsers do."""
    jar = aiohttp.CookieJar(unsafe=True)  # cookies for an IP address
    async with aiohttp.ClientSession(site.url, cookie_jar=jar) as browser:
        start = await browser.get("/login/google", allow_redirects=False)
        back = await asyncio.to_thread(
            emulator.browser_login, start.headers["Location"], "ada@example.com"
        )
        page = await browser.get(back)
        print(f"  With Google: {await page.text()}")

    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(site.url, cookie_jar=jar) as browser:
        page = await browser.post("/login/email", data={"email_address": "bob@example.com"})
        print(f"  By e-mail:   {await page.text()}")
        page = await browser.get(emulator.outbox.last(to="bob@example.com").url)
        print(f"               {await page.text()}")
        page = await browser.post("/login/code", data={"code": emulator.outbox.last().code})
        print(f"               {await page.text()}")


async def main() -> None:
    """Serve the site, with an emulator behind it."""
    async with (
        Emulator() as emulator,
        AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url) as client,
    ):
        organization = emulator.create_organization("Example")
        emulator.create_member(organization, "ada@example.com", name="Ada")
        bob = emulator.create_member(organization, "bob@example.com", name="Bob")
        emulator.enroll_phone(bob, "+15005550006")
        site = Site(client, organization.organization_id)
        runner = await serve(site)
        emulator.register_redirect_url(f"{site.url}/login/google/done")
        emulator.register_redirect_url(f"{site.url}/login/email/done")
        print(f"The site is at {site.url}.")
        try:
            if "--serve" in sys.argv:
                await watch(emulator)
            await play(site, emulator)
        finally:
            await runner.cleanup()


async def watch(emulator: Emulator) -> None:
    """Show what is mailed, until Ctrl-C."""
    shown = 0
    while True:
        for message in emulator.outbox[shown:]:
            print(f"  To {message.to}: {message.url or message.code}")
            shown += 1
        await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main())
