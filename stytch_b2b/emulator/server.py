"""The emulator as tests use it: start, stop, and everything it offers while it runs."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from aiohttp import web

from . import visitor
from .app import App
from .clock import Clock
from .control import CONTROL_PREFIX, ControlPlane
from .faults import Faults
from .ids import IdSource
from .outbox import Outbox
from .request_log import RequestLog
from .runner import ServerThread
from .seeding import Seeding
from .store import Project, Store

if TYPE_CHECKING:
    from typing_extensions import Self

_PUBLIC_TOKEN = re.compile(
    r"public-token-(test|live)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
DEFAULT_KEEP_ALIVE_SECONDS = 75.0


class Emulator(Seeding):
    """
    A server that behaves like Stytch's B2B API, with state of its own.

    It runs in a thread of its own, so that blocking clients and clients on any event loop can use
    it from the same process. Use it as a context manager, with `with` or with `async with`.

    Args:
        host: Where to listen. Anything but loopback lets other machines in.

        port: 0 lets the system choose one.

        public_token: ``public-token-test-<uuid>``; made up if not given.

        project_id: Made up if not given.

        secret: Made up if not given.

        ssl_context: Serve HTTPS with it.

        seed: Makes ids and tokens the same in every run.

    Raises:
        ValueError: The public token does not look like one.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        public_token: str | None = None,
        project_id: str | None = None,
        secret: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        seed: int | str | None = None,
    ) -> None:
        if public_token is not None and not _PUBLIC_TOKEN.fullmatch(public_token):
            msg = f"a public token looks like public-token-test-<uuid>, not like {public_token!r}"
            raise ValueError(msg)
        ids = IdSource(seed)
        self.clock: Clock = Clock()
        self.outbox: Outbox = Outbox()
        self.requests: RequestLog = RequestLog()
        self.faults: Faults = Faults()
        self.keep_alive_timeout = DEFAULT_KEEP_ALIVE_SECONDS
        """Seconds after which idle connections are closed; read when the emulator starts."""
        super().__init__(
            Store(
                project=Project(
                    project_id=project_id or ids.id("project"),
                    public_token=public_token or ids.id("public-token"),
                    secret=secret or f"secret-test-{ids.token()}",
                ),
                clock=self.clock,
                ids=ids,
                outbox=self.outbox,
            )
        )
        self._host = host
        self._port = port
        self._ssl_context = ssl_context
        self._thread: ServerThread | None = None
        self._app = App(self._store, clock=self.clock, faults=self.faults, requests=self.requests)
        self._control = ControlPlane(self)

    def __repr__(self) -> str:
        return f"<Emulator {self.url if self._thread else 'not running'}>"

    @property
    def url(self) -> str:
        """
        The base URL for clients, without a slash at its end.

        Raises:
            RuntimeError: The port is not known before the first start.
        """
        if self._port == 0:
            msg = "the emulator has no URL before it is started"
            raise RuntimeError(msg)
        scheme = "http" if self._ssl_context is None else "https"
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{scheme}://{host}:{self._port}"

    @property
    def public_token(self) -> str:
        """What a member client is made with."""
        return self._store.project.public_token

    @property
    def project_id(self) -> str:
        """What a backend client is made with, and the audience of session JWTs."""
        return self._store.project.project_id

    @property
    def secret(self) -> str:
        """The secret that goes with the project id."""
        return self._store.project.secret

    @property
    def text_plain_errors(self) -> bool:
        """Whether errors are labelled ``text/plain``, as the API sometimes does it."""
        return self._app.text_plain_errors

    @text_plain_errors.setter
    def text_plain_errors(self, value: bool) -> None:
        self._app.text_plain_errors = value

    def start(self) -> Self:
        """
        Listen, and return when the server takes connections.

        After `stop` the emulator can be started again: it has the same state and the same port.

        Raises:
            RuntimeError: It runs already.
            OSError: The port is in use, or the host is none of this machine's.
        """
        if self._thread is not None:
            msg = f"the emulator already runs at {self.url}"
            raise RuntimeError(msg)
        listener = _listen(self._host, self._port)
        self._port = listener.getsockname()[1]
        thread = ServerThread(
            listener,
            self._handle,
            keep_alive_timeout=self.keep_alive_timeout,
            ssl_context=self._ssl_context,
            before_stop=self._app.release,
        )
        thread.start()
        self._thread = thread
        return self

    def stop(self) -> None:
        """
        Close every connection and end the thread; harmless if the emulator does not run.

        Answers that a fault holds are released first.
        """
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.stop()

    def browser_login(
        self,
        start_url: str,
        email_address: str,
        *,
        name: str = "",
        tenant_id: str = "",
        groups: Iterable[str] = (),
        email_verified: bool = True,
    ) -> str:
        """
        Walk through a login at an identity provider, as a person with a browser would.

            url = client.oauth.google.start(organization_slug="acme")
            redirect_url = emulator.browser_login(url, "ada@example.com")

        It takes real requests, which the emulator logs and faults can spoil. They block; they
        may come from any thread, also from that of an event loop.

        Args:
            start_url: Where the login by OAuth or SSO starts. Only its path and query matter.

            email_address: Who logs in; the provider need not have heard of the person.

            name: Full name. Without it the provider knows the name of a member.

            tenant_id: Where the person belongs at GitHub, HubSpot or Slack.

            groups: Names of the groups that an SSO identity provider has the person in, none of
                them with a comma. They matter where the connection's attribute mapping has
                ``groups``.

            email_verified: Whether the OAuth provider has checked the address.

        Returns:
            The URL that the browser is led to, with the token that ends the login.

        Raises:
            LoginRefusedError: The login cannot start, or the address is none.
            ValueError: No login starts at the URL.
            RuntimeError: The emulator was never started.
        """
        answer = {
            "email_address": email_address,
            "name": name,
            "tenant_id": tenant_id,
            "groups": ",".join(groups),
            "email_verified": "true" if email_verified else "false",
        }
        return visitor.visit(self.url, start_url, answer)

    def browser_cancel(self, start_url: str) -> str:
        """
        Start a login and cancel it at the identity provider; return where the browser is led.

        Args:
            start_url: Where the login by OAuth or SSO starts. Only its path and query matter.

        Raises:
            LoginRefusedError: The login cannot start.
            ValueError: No login starts at the URL.
            RuntimeError: The emulator was never started.
        """
        return visitor.visit(self.url, start_url, {"cancel": "true"})

    def reset(self) -> None:
        """Forget all state, faults and logged requests; keep the tokens, the clock and the port."""
        with self._store.lock:
            self._store.reset()
        self.faults.clear()
        self.requests.clear()
        self.text_plain_errors = False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        # Shielded: a start that was cancelled half way would leave a server that nobody stops.
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self.start)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self.stop)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.raw_path.startswith(CONTROL_PREFIX):
            return await self._control.handle(request)
        return await self._app.handle(request)


def _listen(host: str, port: int) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family, backlog=1024)
