"""Secrets stay out of everything that a program prints, logs or shows when it fails."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import pickle
from collections.abc import Awaitable, Callable
from operator import attrgetter
from typing import Any

import aiohttp
import anyio
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from stytch_b2b import (
    AsyncStytchB2BClient,
    EventHooks,
    PKCEPair,
    SessionState,
    StytchAPIError,
    StytchB2BClient,
    StytchConfigurationError,
    StytchError,
    StytchOutcomeUnknownError,
    StytchResponseError,
    errors,
)
from stytch_b2b._declare import ENDPOINTS
from stytch_b2b.emulator import Emulator
from stytch_b2b.otel import tracing_hooks
from tests.api.support import StillClock, hold, logged, printed, release, until
from tests.api.test_wire_table import arguments, flows_of, value_of
from tests.facts import http_operations

pytestmark = pytest.mark.anyio

LOGIN = "magic_links.authenticate"

SECRET = "canary-argument-0123456789"


class Canaries:
    """
    The secrets of a test, by what they are.
    """

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    def add(self, **secrets: str | None) -> None:
        """
        Watch out for these from now on.
        """
        self._secrets.update({name: value for name, value in secrets.items() if value})

    def names(self) -> set[str]:
        """
        Return what is watched out for.
        """
        return set(self._secrets)

    def in_text(self, text: str) -> set[str]:
        """
        Return which of them, or what part of them would do, is in *text*.
        """
        return {name for name, secret in self._secrets.items() if secret[:16] in text}

    def document(self) -> str:
        """
        Return an answer that is full of them.
        """
        return json.dumps({"data": dict(self._secrets)})


@pytest.fixture
def canaries(emulator: Emulator) -> Canaries:
    """
    Secrets that a test collects.
    """
    return Canaries()


async def login(client: AsyncStytchB2BClient, emulator: Emulator, canaries: Canaries) -> Any:
    """
    Log Ada in by a link and collect what must not be seen.
    """
    await client.magic_links.email.login_or_signup(
        email_address="ada@acme.example", organization_id="acme"
    )
    token = emulator.outbox.last().token
    verifier = client.state.pkce_pairs["magic_links"].code_verifier
    canaries.add(link=token, verifier=verifier)
    response = await client.magic_links.authenticate(
        magic_links_token=token, session_duration_minutes=60
    )
    canaries.add(
        session_token=response.session_token,
        session_jwt=response.session_jwt,
        intermediate=response.intermediate_session_token,
    )
    return response


@pytest.fixture
def ada(emulator: Emulator) -> Any:
    """
    Ada, who has an account.
    """
    return emulator.create_member("Acme", "ada@acme.example", "Ada", roles=["stytch_admin"])


async def test_objects(client, emulator, canaries, ada, records) -> None:
    """
    Neither clients, states, responses nor what hangs on them show a secret.
    """
    response = await login(client, emulator, canaries)
    created = await client.scim.create_connection(display_name="x")
    rotated = await client.scim.rotate_start(created.connection.connection_id)
    canaries.add(
        bearer=created.connection.bearer_token, following=rotated.connection.next_bearer_token
    )
    refreshed = await client.session.authenticate()
    canaries.add(renewed_jwt=refreshed.session_jwt)
    objects: list[object] = [
        *(response, created, rotated, refreshed),
        *(response.meta, created.meta, refreshed.meta),
        *(created.connection, rotated.connection, client, client.state, client.session),
        *(client.session.get_info(), client.session.get_tokens(), client.state.pkce_pairs),
        client.with_session(session_token=response.session_token),
        client.with_options(retries=0),
        PKCEPair("challenge", client.state.session_token or ""),
    ]
    shown = "".join(f"{each!r}{each}" for each in objects) + repr(tuple(objects))

    assert 7 <= len(canaries.names())
    assert set() == canaries.in_text(shown)
    assert set() == canaries.in_text(records())


async def test_objects_in_the_middle(client, emulator, canaries, ada, records) -> None:
    """
    Nor does any object of the package that exists while a login is on its way.
    """
    emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
    await login(client, emulator, canaries)
    await client.magic_links.email.login_or_signup(
        email_address="ada@acme.example", organization_id="acme"
    )
    canaries.add(
        link=emulator.outbox.last().token,
        verifier=client.state.pkce_pairs["magic_links"].code_verifier,
    )
    hold(emulator, LOGIN)

    async def finish() -> None:
        await client.magic_links.authenticate(
            magic_links_token=emulator.outbox.last().token, session_duration_minutes=60
        )

    async with anyio.create_task_group() as group:
        group.start_soon(finish)
        await until(lambda: len(logged(emulator, LOGIN)) == 2)
        # Clients that other tests failed to make, on purpose, have nothing to show.
        gc.collect()
        shown = {
            type(each).__name__: repr(each)
            for each in gc.get_objects()
            if str(type(each).__module__).startswith("stytch_b2b.")
            and not type(each).__module__.startswith("stytch_b2b.emulator")
            # Showing one before its answer has begun breaks it: it remembers to have no headers.
            and not isinstance(each, aiohttp.ClientResponse)
        }
        release(emulator)

    assert {"Exchange", "Request", "SessionState", "StateCell", "Engine"} <= set(shown)
    assert {"intermediate", "verifier", "link"} <= canaries.names()
    assert {} == {name: text for name, text in shown.items() if canaries.in_text(text)}


FAULTS: dict[str, dict[str, Any]] = {
    "cut in the middle": {"cut_body": True, "handle": True},
    "dropped": {"drop": "after_read", "handle": True},
    "silence": {"delay": 600},
    "no JSON": {"status": 200, "body": "<p>..."},
    "no object": {"status": 200, "body": "[...]"},
    "page with an error": {"status": 502, "body": ...},
    "bad request": {"status": 400, "body": ...},
    "unauthorized": {"status": 401, "body": ...},
    "forbidden": {"status": 403, "body": ...},
    "not found": {"status": 404, "body": ...},
    "conflict": {"status": 409, "body": ...},
    "rate limit": {"status": 429, "body": ...},
    "captcha": {"status": 403, "body": "Captcha required ..."},
    "redirect": {"status": 302, "headers": {"Location": "https://elsewhere.example/?..."}},
    "cookie": {"status": 400, "headers": {"Set-Cookie": "stytch_session=..."}, "body": ...},
    "content type": {"status": 200, "body": "x", "headers": {"Content-Type": "text/plain"}},
    "error fields of other types": {
        "status": 400,
        "body": {"error_type": ["..."], "error_message": {"a": "..."}, "error_details": "..."},
    },
}
"""Answers that no client expects; ``...`` stands for what holds the secrets."""


def filled(value: Any, secrets: str) -> Any:
    """
    Return a fault with the secrets in it.
    """
    if value is ...:
        return secrets
    if isinstance(value, str):
        return value.replace("...", secrets)
    if isinstance(value, list):
        return [filled(each, secrets) for each in value]
    if isinstance(value, dict):
        return {key: filled(each, secrets) for key, each in value.items()}
    return value


CALLS: dict[str, Callable[[Any, Canaries], Awaitable[Any]]] = {
    LOGIN: lambda client, canaries: client.magic_links.authenticate(
        magic_links_token=canaries._secrets["link"],
        session_duration_minutes=60,
        pkce_code_verifier=canaries._secrets["verifier"],
        intermediate_session_token=canaries._secrets["intermediate"],
        captcha_token=canaries._secrets["captcha"],
        dfp_telemetry_id=canaries._secrets["fingerprint"],
    ),
    "session.authenticate": lambda client, canaries: client.session.authenticate(),
    "session.revoke": lambda client, canaries: client.session.revoke(),
    "scim.create_connection": lambda client, canaries: client.scim.create_connection(
        display_name="x"
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", CALLS)
async def test_failures(
    make_client, emulator, canaries, admin_session, records, fault: str, name: str
) -> None:
    """
    However a call fails, its error, all that led to it, and the log keep the secrets.
    """
    canaries.add(
        session_token=admin_session.session_token,
        session_jwt=admin_session.session_jwt,
        link="canary-link-0123456789",
        verifier="canary-verifier-0123456789-0123456789-0123456789",
        intermediate="canary-intermediate-0123456789",
        captcha="canary-captcha-0123456789",
        fingerprint="canary-fingerprint-0123456789",
    )
    client = make_client(clock=StillClock(), timeout=0.5, retries=1).with_session(
        session_token=admin_session.session_token, session_jwt=admin_session.session_jwt
    )
    settings = filled(FAULTS[fault], canaries.document())
    if fault == "silence":
        client = client.with_options(timeout=0.03)
    emulator.faults.add(times=9, **settings)

    with pytest.raises(StytchError) as caught:
        await CALLS[name](client, canaries)
    shown = printed(caught.value)
    copied = pickle.loads(pickle.dumps(caught.value))

    assert name in shown
    assert set() == canaries.in_text(shown)
    assert set() == canaries.in_text(printed(copied))
    assert str(caught.value) == str(copied)
    assert set() == canaries.in_text(records())


@pytest.mark.parametrize(
    "answer",
    [
        "HTTP/1.1 200 OK\r\nContent-Length: {secret}\r\n\r\n",
        "HTTP/1.1 200 OK\r\n{secret}\r\n\r\n",
        "HTTP/1.1 {secret}\r\n\r\n",
        "{secret}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{secret}\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{secret}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 40\r\n\r\n{secret}{secret}",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Long: " + "{secret}" * 600 + "\r\n\r\n",
    ],
)
async def test_broken_http(make_client, drip, canaries, records, answer: str) -> None:
    """
    An answer that is no HTTP is not quoted.
    """
    canaries.add(session_token=SECRET)
    server = drip(answer.replace("{secret}", SECRET).encode())
    client = make_client(base_url=server.url, timeout=0.3, retries=0)

    with pytest.raises(StytchError) as caught:
        await client.with_session(session_token=SECRET).self.get()

    assert set() == canaries.in_text(printed(caught.value))
    assert set() == canaries.in_text(records())


MISTAKES: dict[str, Callable[[AsyncStytchB2BClient], Any]] = {
    "empty": lambda c: c.session.update_session(session_token=SECRET, session_jwt=""),
    "surrogate in a session token": lambda c: c.with_session(session_token=f"{SECRET}\ud800"),
    "line end in a session token": lambda c: c.session.update_session(session_token=f"{SECRET}\n"),
    "positional": lambda c: c.magic_links.authenticate(SECRET),
    "unknown argument": lambda c: c.magic_links.authenticate(token=SECRET),
    "type": lambda c: c.magic_links.authenticate(
        magic_links_token=[SECRET], session_duration_minutes=SECRET
    ),
    "bytes": lambda c: c.magic_links.authenticate(
        magic_links_token=SECRET.encode(), session_duration_minutes=60
    ),
    "surrogate": lambda c: c.magic_links.authenticate(
        magic_links_token=f"{SECRET}\ud800", session_duration_minutes=60
    ),
    "path": lambda c: c.scim.delete_connection(f"{SECRET}\ud800"),
    "list": lambda c: c.scim.update_connection("id", scim_group_implicit_role_assignments=[SECRET]),
    "field": lambda c: c.can(c.scim.update_connection, fields=[3]),
    "method": lambda c: c.can(c.state),
    "no session": lambda c: c.with_state(
        SessionState(intermediate_session_token=SECRET)
    ).self.get(),
    "state cut off": lambda c: SessionState.from_json(
        SessionState(session_token=SECRET).to_json()[:-1]
    ),
    "state of other types": lambda c: SessionState.from_json(
        json.dumps({"session_token": [SECRET], "from_cache": SECRET})
    ),
    "state of another time": lambda c: SessionState.from_json(
        json.dumps({"intermediate_session_token_expires_at": SECRET})
    ),
    "state that is none": lambda c: SessionState.from_json(json.dumps(SECRET)),
    "pairs that are none": lambda c: SessionState.from_json(
        json.dumps({"pkce_pairs": {"magic_links": SECRET}})
    ),
    "public token": lambda c: AsyncStytchB2BClient(SECRET),
    "password in the URL": lambda c: AsyncStytchB2BClient(
        f"public-token-test-{'0' * 8}-0000-0000-0000-{'0' * 12}",
        base_url=f"https://user:{SECRET}@host",
    ),
    "password with a slash": lambda c: AsyncStytchB2BClient(
        f"public-token-test-{'0' * 8}-0000-0000-0000-{'0' * 12}",
        base_url=f"https://user:{SECRET}/x@host",
    ),
    "password without scheme": lambda c: AsyncStytchB2BClient(
        f"public-token-test-{'0' * 8}-0000-0000-0000-{'0' * 12}",
        base_url=f"user:{SECRET}@host",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_mistakes(client, canaries, records, mistake: str) -> None:
    """
    An argument that does not fit is described, not quoted.
    """
    canaries.add(argument=SECRET)

    async def make() -> None:
        result = MISTAKES[mistake](client)
        if inspect.isawaitable(result):
            await result

    with pytest.raises((StytchError, TypeError, ValueError)) as caught:
        await make()

    # The line of this file that made the mistake is in the traceback, by name.
    assert set() == canaries.in_text(printed(caught.value))
    assert set() == canaries.in_text(records())


async def test_listener(admin, canaries, records, admin_session) -> None:
    """
    The log of a listener that raised shows nothing of the session.
    """
    canaries.add(session_token=admin_session.session_token, session_jwt=admin_session.session_jwt)

    def broken(old: object, new: object) -> None:
        raise ValueError(repr(new), admin.state)

    admin.session.on_change(broken)
    response = await admin.session.authenticate()
    canaries.add(renewed=response.session_jwt)

    assert "a listener" in records()
    assert set() == canaries.in_text(records())


async def test_asyncio_in_debug_mode(
    anyio_backend, client, emulator, canaries, ada, records
) -> None:
    """
    Asyncio's own remarks, when it is asked for them, quote nothing either.
    """
    if anyio_backend[0] != "asyncio":
        pytest.skip("asyncio only")
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0

    await login(client, emulator, canaries)
    loop.set_debug(False)

    assert "Executing" in records()
    assert set() == canaries.in_text(records())


async def test_policy_failure_is_logged_without_secrets(
    make_client, emulator, canaries, records, member_session
) -> None:
    """
    The warning that the policy could not be had does not quote the answer.
    """
    canaries.add(session_token=member_session.session_token)
    client = make_client(clock=StillClock()).with_session(
        session_token=member_session.session_token
    )
    emulator.faults.add(operation="bootstrap.get", body=f"<p>{canaries.document()}")
    emulator.faults.add(operation="bootstrap.get", status=400, body=f"<p>{canaries.document()}")

    for _ in range(2):
        await client.rbac.is_authorized("stytch.scim", "get")

    assert "the RBAC policy could not be fetched" in records()
    assert set() == canaries.in_text(records())


class Prover:
    """
    Provides a telemetry id and a CAPTCHA token, or fails with both in its hands.
    """

    def __init__(self, *, fails: bool) -> None:
        self.fails = fails

    async def get_telemetry_id(self) -> str:
        return self._give("canary-telemetry-0123456789")

    def get_token(self) -> str:
        return self._give("canary-token-0123456789")

    def _give(self, value: str) -> str:
        if self.fails:
            raise ValueError(value)
        return value


@pytest.mark.parametrize("fails", [False, True], ids=["given", "failed"])
@pytest.mark.parametrize("fault", ["captcha", "dropped", "bad request", "no JSON"])
async def test_proofs(make_client, emulator, canaries, records, fault: str, fails: bool) -> None:
    """
    What the providers give, or fail with, is in no error, log or object.
    """
    canaries.add(telemetry="canary-telemetry-0123456789", token="canary-token-0123456789")
    emulator.set_bootstrap(
        dfp_protected_auth_enabled=True,
        captcha_settings={"enabled": True, "siteKey": "key", "providerType": "recaptcha"},
    )
    prover = Prover(fails=fails)
    client = make_client(clock=StillClock(), dfp_provider=prover, captcha_provider=prover)
    await client.rbac.is_authorized("stytch.scim", "get")
    emulator.faults.add(operation=LOGIN, times=9, **filled(FAULTS[fault], canaries.document()))
    shown: list[str] = []

    async def log_in() -> None:
        with pytest.raises(StytchError) as caught:
            await client.magic_links.authenticate(
                magic_links_token="token", session_duration_minutes=60
            )
        shown.append(printed(caught.value))

    await log_in()
    emulator.faults.clear()
    hold(emulator, LOGIN)
    async with anyio.create_task_group() as group:
        group.start_soon(log_in)
        already = len(logged(emulator, LOGIN))
        await until(lambda: len(logged(emulator, LOGIN)) > already)
        gc.collect()
        shown += [
            repr(each)
            for each in gc.get_objects()
            if type(each).__module__ in ("stytch_b2b._exchange", "stytch_b2b._protected_auth")
        ]
        release(emulator)
    sent = logged(emulator, LOGIN)[-1].json()

    assert [not fails] * 2 == [name in sent for name in ("dfp_telemetry_id", "captcha_token")]
    assert {"Exchange", "Providers"} <= {text.partition("(")[0] for text in shown}
    assert fails is ("its provider failed: ValueError" in records())
    assert set() == canaries.in_text("".join(shown))
    assert set() == canaries.in_text(records())


def with_secret(value: Any) -> Any:
    """
    Return a value of an argument with a secret in all its text.
    """
    if isinstance(value, str):
        return f"canary-argument-{value}"
    if isinstance(value, list):
        return [with_secret(each) for each in value]
    if isinstance(value, dict):
        return {key: with_secret(each) for key, each in value.items()}
    return value


def is_closed(field: Any) -> bool:
    """
    Return whether a field takes some values only.
    """
    return {"enum", "items_enum"} & set(field) != set() or field.get("ref") == "MemberSearchQuery"


@pytest.mark.parametrize("name", sorted(ENDPOINTS))
async def test_events(make_client, emulator, canaries, records, name: str) -> None:
    """
    What a call brings and is given is in no event, line of the log or span, whatever comes of it.
    """
    canaries.add(
        argument="canary-argument-0123456789",
        session_token="canary-session-0123456789",
        session_jwt="canary-jwt-0123456789",
        intermediate_session_token="canary-intermediate-0123456789",
        verifier="canary-verifier-0123456789",
    )
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    events: list[object] = []
    look = EventHooks(
        request=events.append,
        attempt=events.append,
        response=events.append,
        state_change=events.append,
        drift=events.append,
    )
    client = make_client(event_hooks=[look, tracing_hooks(provider)], clock=StillClock(), retries=1)
    operation = http_operations()[name]
    given = {
        one["name"]: value_of(one) if is_closed(one) else with_secret(value_of(one))
        for one in operation["query"] + operation["body"]
    }
    path = {one: SECRET for one in operation["path_params"] if one != "public_token"}
    secrets = json.loads(canaries.document())["data"]
    pair = PKCEPair("challenge", "canary-verifier-0123456789")
    state = SessionState(
        session_token=secrets["session_token"],
        session_jwt=secrets["session_jwt"],
        intermediate_session_token=secrets["intermediate_session_token"],
        pkce_pairs=dict.fromkeys(flows_of(ENDPOINTS[name]), pair),
    )
    session = {"member_session": {"member_session_id": "member-session-1"}}
    answers: list[dict[str, Any]] = [
        {"status": 200, "body": {"data": {**session, **secrets}}},
        {"status": 400, "body": {"error_details": secrets, **secrets}},
        {"status": 401, "body": {"error_type": "session_not_found", **secrets}},
        {"cut_body": True, "status": 200, "body": canaries.document()},
    ]
    failures = 0
    for answer in answers:
        emulator.faults.clear()
        emulator.faults.add(times=9, **answer)
        try:
            await attrgetter(name)(client.with_state(state))(**path, **arguments(operation, given))
        except StytchError:
            failures += 1
    spans = "".join(span.to_json() for span in exporter.get_finished_spans())
    shown = "".join(f"{event!r}{event}" for event in events)

    assert 3 == failures
    assert f"{name} (" in records()
    assert name in spans
    assert {"RequestEvent", "AttemptEvent", "ResponseEvent"} <= {
        type(event).__name__ for event in events
    }
    assert set() == canaries.in_text(shown)
    assert set() == canaries.in_text(spans)
    assert set() == canaries.in_text(records())


def test_every_error_class_is_provoked() -> None:
    """
    The errors that hold an answer keep it where only who asks for it finds it.
    """
    body = json.dumps({"session_token": SECRET}).encode()
    headers = {"Set-Cookie": SECRET, "Content-Type": "application/json"}
    facts: dict[str, Any] = {"endpoint": "e", "status_code": 400, "headers": headers, "body": body}
    api = [
        cls(error_type="t", error_message="m", **facts)
        for cls in vars(errors).values()
        if isinstance(cls, type) and issubclass(cls, StytchAPIError)
    ]
    shown = "".join(printed(error) for error in [*api, StytchResponseError(**facts)])

    assert 9 == len(api)
    assert SECRET not in shown
    assert [body] * 9 == [error.body for error in api]


def test_sync(emulator: Emulator, canaries: Canaries, records: Any, admin_session: Any) -> None:
    """
    The blocking client keeps them, too.
    """
    canaries.add(session_token=admin_session.session_token, session_jwt=admin_session.session_jwt)
    emulator.faults.add(cut_body=True, handle=True)
    with StytchB2BClient(emulator.public_token, base_url=emulator.url) as client:
        view = client.with_session(
            session_token=admin_session.session_token, session_jwt=admin_session.session_jwt
        )
        with pytest.raises(StytchOutcomeUnknownError) as caught:
            view.session.exchange(organization_id="acme", session_duration_minutes=60)
        shown = printed(caught.value) + f"{client!r}{view!r}{view.state!r}{view.session!r}"

    assert set() == canaries.in_text(shown)
    assert set() == canaries.in_text(records())


def test_configuration_error_is_a_value_error() -> None:
    """
    A public token that is none, perhaps a secret of another kind, is refused unseen.
    """
    with pytest.raises(StytchConfigurationError) as caught:
        AsyncStytchB2BClient("secret-test-" + SECRET)

    assert SECRET not in str(caught.value)
