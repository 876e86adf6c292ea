"""Telemetry ids and CAPTCHA tokens: when they are asked for, sent, renewed and left out."""

from __future__ import annotations

import copy
import inspect
import logging
import pickle
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    CaptchaProvider,
    CaptchaRequiredError,
    DFPProvider,
    NotFoundError,
    PKCEPair,
    SessionState,
    StytchAPIError,
    StytchB2BClient,
    StytchConfigurationError,
    StytchTimeoutError,
)
from stytch_b2b.emulator import Emulator
from tests.api.support import StillClock, logged, operations, until

pytestmark = pytest.mark.anyio

BOOTSTRAP = "bootstrap.get"
AUTHENTICATE = "magic_links.authenticate"

CAPTCHA: Mapping[str, Any] = {
    "captcha_settings": {"enabled": True, "siteKey": "key", "providerType": "recaptcha"}
}
DISABLED: Mapping[str, Any] = {**CAPTCHA, "dfp_protected_auth_enabled": False}
OBSERVATION: Mapping[str, Any] = {
    **CAPTCHA,
    "dfp_protected_auth_enabled": True,
    "dfp_protected_auth_mode": "OBSERVATION",
}
DECISIONING: Mapping[str, Any] = {**OBSERVATION, "dfp_protected_auth_mode": "DECISIONING"}

DEMANDS: Mapping[str, Any] = {
    "text": "Captcha required",
    "JSON": {"error_type": "captcha_required", "error_message": "A CAPTCHA is required."},
}

Sent = tuple[str | None, str | None]
"""Telemetry id and CAPTCHA token of a request."""


class Telemetry:
    """
    Gives ``t1``, ``t2`` and so on.
    """

    def __init__(self) -> None:
        self.asked = 0

    async def get_telemetry_id(self) -> str | None:
        self.asked += 1
        telemetry_id = f"t{self.asked}"
        await anyio.lowlevel.checkpoint()
        return telemetry_id


class Captcha:
    """
    Gives ``c1``, ``c2`` and so on.
    """

    def __init__(self) -> None:
        self.asked = 0

    async def get_token(self) -> str | None:
        self.asked += 1
        token = f"c{self.asked}"
        await anyio.lowlevel.checkpoint()
        return token


class Answering:
    """
    Serves as either provider with whatever function it is given.
    """

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.get_telemetry_id = answer
        self.get_token = answer


@pytest.fixture
def telemetry() -> Telemetry:
    """
    A provider of telemetry ids.
    """
    return Telemetry()


@pytest.fixture
def captcha() -> Captcha:
    """
    A provider of CAPTCHA tokens.
    """
    return Captcha()


@pytest.fixture
def equipped(
    make_client: Callable[..., AsyncStytchB2BClient], telemetry: Telemetry, captcha: Captcha
) -> AsyncStytchB2BClient:
    """
    A client that has both providers.
    """
    return make_client(dfp_provider=telemetry, captcha_provider=captcha)


def sent(emulator: Emulator) -> list[Sent]:
    """
    Return what the logins carried that reached the server, in order.
    """
    bodies = [request.json() for request in logged(emulator, AUTHENTICATE)]
    return [(body.get("dfp_telemetry_id"), body.get("captcha_token")) for body in bodies]


def demand(emulator: Emulator, *, times: int = 1, form: str = "text") -> None:
    """
    Have the next logins answered with the demand for a CAPTCHA.
    """
    emulator.faults.add(operation=AUTHENTICATE, status=403, times=times, body=DEMANDS[form])


async def log_in(client: AsyncStytchB2BClient, emulator: Emulator, **options: Any) -> NotFoundError:
    """
    Log in with a token that nobody knows, which the server finds out after everything else.
    """
    emulator.faults.add(
        operation=AUTHENTICATE, status=404, body={"error_type": "magic_link_not_found"}
    )
    with pytest.raises(NotFoundError) as caught:
        await client.magic_links.authenticate(
            magic_links_token="token", session_duration_minutes=60, **options
        )
    return caught.value


async def demanded(client: AsyncStytchB2BClient, **options: Any) -> CaptchaRequiredError:
    """
    Log in where that ends with the demand for a CAPTCHA.
    """
    with pytest.raises(CaptchaRequiredError) as caught:
        await client.magic_links.authenticate(
            magic_links_token="token", session_duration_minutes=60, **options
        )
    return caught.value


class TestModes:
    """
    The project decides what a login carries.
    """

    @pytest.mark.parametrize(
        ("settings", "carried"),
        [
            (DISABLED, (None, "c1")),
            ({**DISABLED, "dfp_protected_auth_mode": "DECISIONING"}, (None, "c1")),
            (OBSERVATION, ("t1", "c1")),
            ({**OBSERVATION, "dfp_protected_auth_mode": None}, ("t1", "c1")),
            ({**OBSERVATION, "dfp_protected_auth_mode": "NEW_ONE"}, ("t1", "c1")),
            (DECISIONING, ("t1", None)),
            ({**DISABLED, "captcha_settings": {"enabled": False}}, (None, None)),
            ({**OBSERVATION, "captcha_settings": {"enabled": False}}, ("t1", None)),
            ({**OBSERVATION, "captcha_settings": None}, ("t1", "c1")),
        ],
    )
    async def test_first_attempt(
        self, equipped, emulator, settings: Mapping[str, Any], carried: Sent
    ) -> None:
        """
        Both proofs, one of them or none, as the project's settings say.
        """
        # Some of these are settings that the emulator would not take.
        emulator.faults.add(operation=BOOTSTRAP, body={"data": {**settings}})

        await log_in(equipped, emulator)

        assert [BOOTSTRAP, AUTHENTICATE] == operations(emulator)
        assert [carried] == sent(emulator)

    async def test_settings_are_fetched_once(self, equipped, emulator) -> None:
        """
        The settings are trusted for ten minutes, by all clients made from one.
        """
        emulator.set_bootstrap(**OBSERVATION)
        for client in (
            equipped,
            equipped.with_session(session_token="token"),
            equipped.with_options(retries=0),
        ):
            await log_in(client, emulator)
        emulator.set_bootstrap(**DECISIONING)
        emulator.clock.advance(minutes=10)
        await log_in(equipped, emulator)

        assert [BOOTSTRAP, *[AUTHENTICATE] * 3] == operations(emulator)[:4]
        assert [BOOTSTRAP, AUTHENTICATE] == operations(emulator)[4:]
        assert [("t1", "c1"), ("t2", "c2"), ("t3", "c3"), ("t4", None)] == sent(emulator)

    async def test_unknown_settings(self, equipped, emulator) -> None:
        """
        Where the settings cannot be had, DFP counts as disabled and the login goes on.
        """
        emulator.set_bootstrap(**OBSERVATION)
        emulator.faults.add(operation=BOOTSTRAP, status=400)

        await log_in(equipped, emulator)

        assert [(None, "c1")] == sent(emulator)

    async def test_stale_settings(self, equipped, emulator) -> None:
        """
        Settings that cannot be renewed serve on.
        """
        emulator.set_bootstrap(**DECISIONING)
        await log_in(equipped, emulator)
        emulator.clock.advance(minutes=10)
        emulator.faults.add(operation=BOOTSTRAP, status=400)
        await log_in(equipped, emulator)

        assert [("t1", None), ("t2", None)] == sent(emulator)

    async def test_hanging_settings(self, equipped, emulator) -> None:
        """
        Settings that do not come take half of the time that a login has, and no more.
        """
        emulator.faults.add(operation=BOOTSTRAP, delay=600)

        with anyio.fail_after(10):
            await log_in(equipped.with_options(timeout=2), emulator)

        assert [(None, "c1")] == sent(emulator)

    async def test_dfp_provider_alone(self, make_client, emulator, telemetry) -> None:
        """
        Without a provider of tokens none is sent.
        """
        emulator.set_bootstrap(**OBSERVATION)

        await log_in(make_client(dfp_provider=telemetry), emulator)

        assert [("t1", None)] == sent(emulator)

    async def test_no_provider(self, client, emulator) -> None:
        """
        Without providers nothing is fetched and nothing is sent.
        """
        emulator.set_bootstrap(**OBSERVATION)

        await log_in(client, emulator)

        assert [AUTHENTICATE] == operations(emulator)
        assert [(None, None)] == sent(emulator)

    async def test_other_calls(self, equipped, emulator, admin_session, telemetry, captcha) -> None:
        """
        Calls that carry no proof ask nobody for any.
        """
        emulator.set_bootstrap(**OBSERVATION)
        emulator.create_member("Acme", "eve@acme.example")
        await equipped.magic_links.email.login_or_signup(
            email_address="eve@acme.example", organization_id="acme"
        )
        await equipped.with_session(session_token=admin_session.session_token).self.get()

        assert ["magic_links.email.login_or_signup", "self.get"] == operations(emulator)
        assert (0, 0) == (telemetry.asked, captcha.asked)


class TestTokensAlone:
    """
    A client that has a provider of tokens and none of telemetry ids.
    """

    @pytest.fixture
    def client(self, make_client, captcha: Captcha) -> AsyncStytchB2BClient:
        """
        A client that can prove no device.
        """
        return make_client(captcha_provider=captcha)

    async def test_no_settings_are_needed(self, client, emulator) -> None:
        """
        The token is sent without asking for settings, however the project protects logins.
        """
        emulator.set_bootstrap(**DECISIONING)

        await log_in(client, emulator)

        assert [AUTHENTICATE] == operations(emulator)
        assert [(None, "c1")] == sent(emulator)

    async def test_settings_that_are_there(self, client, emulator) -> None:
        """
        Where fresh settings say that no token is wanted none is asked for; stale ones say nothing.
        """
        await client.rbac.is_authorized("stytch.scim", "get")
        await log_in(client, emulator)
        emulator.clock.advance(minutes=10)
        await log_in(client, emulator)

        assert [(None, None), (None, "c1")] == sent(emulator)
        assert 1 == len(logged(emulator, BOOTSTRAP))

    async def test_demand(self, client, emulator) -> None:
        """
        A token that was refused is not followed by another: that is for projects with DFP.
        """
        demand(emulator)

        error = await demanded(client)

        assert [(None, "c1")] == sent(emulator)
        assert ("dfp_provider",) == error.missing_providers


class TestDemand:
    """
    The API demands a CAPTCHA.
    """

    @pytest.mark.parametrize("form", DEMANDS)
    @pytest.mark.parametrize(
        ("settings", "carried"),
        [
            (OBSERVATION, [("t1", "c1"), ("t2", "c2")]),
            (DECISIONING, [("t1", None), ("t2", "c1")]),
        ],
    )
    async def test_is_met_once(
        self, equipped, emulator, form: str, settings: Mapping[str, Any], carried: list[Sent]
    ) -> None:
        """
        The login is repeated with new values of both, whichever way the demand is put.
        """
        emulator.set_bootstrap(**settings)
        demand(emulator, form=form)

        error = await log_in(equipped, emulator)

        assert carried == sent(emulator)
        assert 2 == error.attempts

    async def test_logs_in(self, equipped, emulator) -> None:
        """
        The login that met the demand is one like any other.
        """
        emulator.create_member("Acme", "eve@acme.example")
        await equipped.magic_links.email.login_or_signup(
            email_address="eve@acme.example", organization_id="acme"
        )
        emulator.set_bootstrap(**OBSERVATION)
        await equipped.rbac.is_authorized("stytch.scim", "get")
        # What the server itself makes of invented ids is not what this is about.
        emulator.set_protected_auth(None, captcha=False)
        demand(emulator)
        response = await equipped.magic_links.authenticate(
            magic_links_token=emulator.outbox.last().token, session_duration_minutes=60
        )

        assert 2 == response.meta.attempts
        assert response.session_token == equipped.state.session_token
        assert {} == dict(equipped.state.pkce_pairs)

    async def test_second_demand(self, equipped, emulator) -> None:
        """
        A second demand is the end of the call.
        """
        emulator.set_bootstrap(**DECISIONING)
        demand(emulator, times=9)

        error = await demanded(equipped)

        assert [("t1", None), ("t2", "c1")] == sent(emulator)
        assert 2 == error.attempts
        assert () == error.missing_providers
        assert "make the client" not in str(error)

    async def test_without_retries(self, equipped, emulator) -> None:
        """
        Meeting the demand is no retry: who allows none has it met all the same.
        """
        emulator.set_bootstrap(**DECISIONING)
        demand(emulator)

        await log_in(equipped.with_options(retries=0), emulator)

        assert 2 == len(sent(emulator))

    async def test_token_is_wanted_after_all(self, equipped, emulator) -> None:
        """
        The server's demand counts more than settings by which it wants no token.
        """
        emulator.set_bootstrap(**{**OBSERVATION, "captcha_settings": {"enabled": False}})
        demand(emulator)

        await log_in(equipped, emulator)

        assert [("t1", None), ("t2", "c1")] == sent(emulator)

    async def test_disabled(self, equipped, emulator) -> None:
        """
        Where the project has DFP disabled the demand is the answer.
        """
        emulator.set_bootstrap(**DISABLED)
        demand(emulator)

        error = await demanded(equipped)

        assert [(None, "c1")] == sent(emulator)
        assert () == error.missing_providers

    async def test_no_captcha_provider(self, make_client, emulator, telemetry) -> None:
        """
        Without a provider of tokens nothing is repeated, and the error says what is missing.
        """
        emulator.set_bootstrap(**DECISIONING)
        demand(emulator)

        error = await demanded(make_client(dfp_provider=telemetry))

        assert 1 == telemetry.asked == len(sent(emulator))
        assert ("captcha_provider",) == error.missing_providers
        assert "; make the client with captcha_provider=, or pass captcha_token=" in str(error)

    async def test_no_token_to_be_had(self, make_client, emulator, telemetry) -> None:
        """
        If the provider has no token there is nothing to repeat the login with.
        """
        emulator.set_bootstrap(**DECISIONING)
        demand(emulator)

        await demanded(
            make_client(dfp_provider=telemetry, captcha_provider=Answering(lambda: None))
        )

        assert 1 == len(sent(emulator))

    async def test_no_telemetry_to_be_had(self, make_client, emulator, captcha) -> None:
        """
        A token alone is worth a try.
        """
        emulator.set_bootstrap(**DECISIONING)
        demand(emulator)
        client = make_client(dfp_provider=Answering(lambda: None), captcha_provider=captcha)

        await log_in(client, emulator)

        assert [(None, None), (None, "c1")] == sent(emulator)

    async def test_no_provider(self, client, emulator) -> None:
        """
        A client without providers says which it was made without.
        """
        demand(emulator)

        error = await demanded(client)

        assert ("dfp_provider", "captcha_provider") == error.missing_providers
        assert "with dfp_provider= and captcha_provider=, or pass captcha_token=" in str(error)
        for copied in (copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
            assert (str(error), error.missing_providers) == (str(copied), copied.missing_providers)

    async def test_unprotected_call(self, client, emulator) -> None:
        """
        A call that can carry no proof is not helped by a provider, and does not say so.
        """
        emulator.faults.add(status=403, body=DEMANDS["JSON"])

        with pytest.raises(CaptchaRequiredError) as caught:
            await client.bootstrap.get()

        assert () == caught.value.missing_providers


class TestNeverTheSameTwice:
    """
    Each value works once, so whatever is sent again carries new ones.
    """

    @pytest.fixture
    def halfway(self, equipped, emulator) -> AsyncStytchB2BClient:
        """
        A client that holds two verifiers, in a project that wants both proofs.
        """
        emulator.set_bootstrap(**DECISIONING)
        pairs = {"magic_links": PKCEPair.generate(), "passwords": PKCEPair.generate()}
        return equipped.with_state(SessionState(pkce_pairs=pairs))

    @pytest.mark.parametrize(
        ("refusals", "carried"),
        [
            (["pkce_mismatch"], [("t1", None), ("t2", None)]),
            (["captcha_required", "pkce_mismatch"], [("t1", None), ("t2", "c1"), ("t3", "c2")]),
            (["pkce_mismatch", "captcha_required"], [("t1", None), ("t2", None), ("t3", "c1")]),
            (
                ["pkce_mismatch", "captcha_required", "pkce_did_not_expect_code_verifier"],
                [("t1", None), ("t2", None), ("t3", "c1"), ("t4", "c2")],
            ),
        ],
    )
    async def test_another_verifier(
        self, halfway, emulator, refusals: list[str], carried: list[Sent]
    ) -> None:
        """
        The next verifier is tried with new values, before and after a demand.
        """
        for refusal in refusals:
            emulator.faults.add(operation=AUTHENTICATE, status=400, body={"error_type": refusal})

        await log_in(halfway, emulator)

        assert carried == sent(emulator)

    async def test_repeats(self, make_client, emulator, telemetry, captcha, clock) -> None:
        """
        A login that is repeated because the server was busy carries new values, too.
        """
        emulator.set_bootstrap(**OBSERVATION)
        client = make_client(clock=clock, dfp_provider=telemetry, captcha_provider=captcha)
        emulator.faults.add(operation=AUTHENTICATE, status=429, times=2)

        error = await log_in(client, emulator)

        assert [("t1", "c1"), ("t2", "c2"), ("t3", "c3")] == sent(emulator)
        assert 3 == error.attempts

    async def test_logins_at_once(self, equipped, emulator) -> None:
        """
        Logins on their way together have values of their own.
        """
        emulator.set_bootstrap(**OBSERVATION)
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(log_in, equipped, emulator)

        assert 5 == len({telemetry_id for telemetry_id, _ in sent(emulator)})
        assert 5 == len({token for _, token in sent(emulator)})


class TestCallersOwn:
    """
    What the caller gives is sent as it is.
    """

    async def test_both(self, equipped, emulator, telemetry, captcha) -> None:
        """
        With both values given nobody is asked for anything, and the demand is the caller's.
        """
        emulator.set_bootstrap(**OBSERVATION)
        demand(emulator)

        error = await demanded(equipped, dfp_telemetry_id="own", captcha_token="mine")

        assert [AUTHENTICATE] == operations(emulator)
        assert [("own", "mine")] == sent(emulator)
        assert (0, 0) == (telemetry.asked, captcha.asked)
        assert () == error.missing_providers

    async def test_telemetry_id(self, equipped, emulator, telemetry) -> None:
        """
        An id of the caller stays, also where a demand is met with a new token.
        """
        emulator.set_bootstrap(**OBSERVATION)
        demand(emulator)

        await log_in(equipped, emulator, dfp_telemetry_id="own")

        assert [("own", "c1"), ("own", "c2")] == sent(emulator)
        assert 0 == telemetry.asked

    @pytest.mark.parametrize("settings", [DECISIONING, DISABLED])
    async def test_captcha_token(
        self, equipped, emulator, captcha, settings: Mapping[str, Any]
    ) -> None:
        """
        A token of the caller is sent whatever the project wants, and no other takes its place.
        """
        emulator.set_bootstrap(**settings)
        demand(emulator)

        await demanded(equipped, captcha_token="own")

        assert ["own"] == [token for _, token in sent(emulator)]
        assert 0 == captcha.asked

    async def test_without_providers(self, client, emulator) -> None:
        """
        Who brings a token is not told to configure anything.
        """
        demand(emulator)

        error = await demanded(client, captcha_token="own")

        assert () == error.missing_providers


def broken() -> str:
    """
    Fail, and quote a secret.
    """
    msg = "secret-of-the-provider"
    raise RuntimeError(msg)


async def broken_later() -> str:
    """
    Fail after a while, and quote a secret.
    """
    await anyio.lowlevel.checkpoint()
    return broken()


class TestProviders:
    """
    Who provides, and what becomes of a login whose provider fails.
    """

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (broken, "RuntimeError"),
            (broken_later, "RuntimeError"),
            (lambda: 7, "TypeError"),
            (lambda: b"bytes", "TypeError"),
            (lambda: "\ud800", "UnicodeEncodeError"),
            (lambda: {}["missing"], "KeyError"),
            (lambda: None, None),
            (lambda: "", None),
        ],
        ids=["raises", "raises later", "int", "bytes", "surrogate", "key", "none", "empty"],
    )
    async def test_failure(
        self, make_client, emulator, caplog, answer: Callable[[], Any], reason: str | None
    ) -> None:
        """
        A value that cannot be had is left out, with a warning unless the provider says so itself.
        """
        emulator.set_bootstrap(**OBSERVATION)
        provider = Answering(answer)
        client = make_client(dfp_provider=provider, captcha_provider=provider)
        with caplog.at_level(logging.WARNING, "stytch_b2b"):
            await log_in(client, emulator)

        assert [(None, None)] == sent(emulator)
        assert [
            f"{name} is left out, its provider failed: {reason}"
            for name in ("dfp_telemetry_id", "captcha_token")
            if reason
        ] == [record.getMessage() for record in caplog.records]
        assert "secret-of-the-provider" not in caplog.text

    async def test_hanging(self, make_client, emulator, captcha, caplog) -> None:
        """
        A provider that never answers takes half of the time that is left, and no more.
        """
        emulator.set_bootstrap(**OBSERVATION)
        client = make_client(
            dfp_provider=Answering(anyio.sleep_forever), captcha_provider=captcha, timeout=2
        )
        with anyio.fail_after(10), caplog.at_level(logging.WARNING, "stytch_b2b"):
            await log_in(client, emulator)

        assert [(None, "c1")] == sent(emulator)
        assert ["dfp_telemetry_id is left out, its provider failed: ProviderTooSlowError"] == [
            record.getMessage() for record in caplog.records
        ]

    async def test_blocking_and_hanging(self, make_client, emulator) -> None:
        """
        A function that blocks for ever is abandoned in its thread.
        """
        over = threading.Event()
        client = make_client(captcha_provider=Answering(over.wait), timeout=1)
        try:
            with anyio.fail_after(10):
                await log_in(client, emulator)
        finally:
            over.set()

        assert [(None, None)] == sent(emulator)

    async def test_blocking(self, make_client, emulator) -> None:
        """
        A function that blocks does so in a thread of its own, and the loop goes on.
        """
        entered, proceed = threading.Event(), threading.Event()

        def get() -> str:
            entered.set()
            proceed.wait(10)
            return threading.current_thread().name

        client = make_client(captcha_provider=Answering(get))
        async with anyio.create_task_group() as group:
            group.start_soon(log_in, client, emulator)
            await until(entered.is_set)
            proceed.set()
        ((_, token),) = sent(emulator)

        assert token not in (None, threading.current_thread().name)

    async def test_function_that_returns_an_awaitable(self, make_client, emulator, captcha) -> None:
        """
        A function that is asynchronous only by what it returns is awaited as well.
        """

        def get() -> Awaitable[str | None]:
            return captcha.get_token()

        client = make_client(captcha_provider=Answering(get))

        await log_in(client, emulator)

        assert [(None, "c1")] == sent(emulator)

    @pytest.mark.parametrize("hang", [anyio.sleep_forever, None], ids=["async", "blocking"])
    async def test_cancellation(
        self, make_client, emulator, hang: Callable[[], Awaitable[Any]] | None
    ) -> None:
        """
        Who is cancelled while a provider works is cancelled, and nothing is sent.
        """
        over = threading.Event()
        client = make_client(captcha_provider=Answering(hang or over.wait))
        try:
            with anyio.move_on_after(0.05) as scope:
                await client.magic_links.authenticate(
                    magic_links_token="token", session_duration_minutes=60
                )
        finally:
            over.set()

        assert scope.cancelled_caught
        assert [] == operations(emulator)

    async def test_deadline_covers_providers(self, make_client, emulator, captcha) -> None:
        """
        What a provider takes is missing for the call.
        """
        clock = StillClock()

        async def slow() -> str:
            await clock.sleep(30)
            return "late"

        client = make_client(clock=clock, captcha_provider=Answering(slow))

        with pytest.raises(StytchTimeoutError):
            await client.magic_links.authenticate(
                magic_links_token="token", session_duration_minutes=60
            )

        assert [] == sent(emulator)


class TestGetTelemetryID:
    """
    Asking for an id without a login.
    """

    @pytest.mark.parametrize("settings", [OBSERVATION, DECISIONING])
    async def test_enabled(self, equipped, emulator, settings: Mapping[str, Any]) -> None:
        """
        Each time there is a new id, and the settings are fetched once.
        """
        emulator.set_bootstrap(**settings)

        assert ["t1", "t2"] == [await equipped.dfp.get_telemetry_id() for _ in range(2)]
        assert [BOOTSTRAP] == operations(emulator)

    async def test_disabled(self, equipped, emulator, telemetry) -> None:
        """
        Where the project has DFP disabled there is none, and nobody is asked.
        """
        emulator.set_bootstrap(**DISABLED)

        assert await equipped.dfp.get_telemetry_id() is None
        assert 0 == telemetry.asked

    async def test_no_settings(self, equipped, emulator) -> None:
        """
        Nor is there one where the settings cannot be had.
        """
        emulator.set_bootstrap(**OBSERVATION)
        emulator.faults.add(operation=BOOTSTRAP, status=400)

        assert await equipped.dfp.get_telemetry_id() is None

    async def test_no_provider(self, client, emulator) -> None:
        """
        A client without provider says what it was made without, and asks nobody.
        """
        with pytest.raises(StytchConfigurationError, match="make the client with dfp_provider="):
            await client.dfp.get_telemetry_id()

        assert [] == operations(emulator)

    @pytest.mark.parametrize("answer", [broken, broken_later])
    async def test_failure(self, make_client, emulator, answer: Callable[[], Any]) -> None:
        """
        Who asks for an id is told why there is none.
        """
        emulator.set_bootstrap(**OBSERVATION)

        with pytest.raises(RuntimeError, match="secret-of-the-provider"):
            await make_client(dfp_provider=Answering(answer)).dfp.get_telemetry_id()

    async def test_time_out_of_its_own(self, make_client, emulator) -> None:
        """
        A provider that gives up by itself has its own error, not that of the call's deadline.
        """
        emulator.set_bootstrap(**OBSERVATION)

        def give_up() -> str:
            msg = "the phone is off"
            raise TimeoutError(msg)

        with pytest.raises(TimeoutError, match="the phone is off") as caught:
            await make_client(dfp_provider=Answering(give_up)).dfp.get_telemetry_id()

        assert TimeoutError is type(caught.value)

    async def test_hanging(self, make_client, emulator) -> None:
        """
        A provider has no more time than a call may take.
        """
        emulator.set_bootstrap(**OBSERVATION)
        client = make_client(dfp_provider=Answering(anyio.sleep_forever))
        await client.rbac.is_authorized("stytch.scim", "get")

        with anyio.fail_after(10), pytest.raises(StytchTimeoutError) as caught:
            await client.with_options(timeout=0.05).dfp.get_telemetry_id()

        assert "dfp.get_telemetry_id" == caught.value.endpoint


@pytest.mark.parametrize("name", ["dfp_provider", "captcha_provider"])
def test_no_provider_at_all(emulator, name: str) -> None:
    """
    What cannot be asked for a value is refused when the client is made, not at the first login.
    """
    with pytest.raises(StytchConfigurationError, match=f"^{name} has no method get_"):
        AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url, **{name: object()})


def test_providers_are_protocols() -> None:
    """
    Methods of either kind fit the protocols, as far as a type checker is concerned.
    """

    class Blocking:
        def get_telemetry_id(self) -> str:
            return "t"

        def get_token(self) -> str | None:
            return None

    dfp: list[DFPProvider] = [Telemetry(), Blocking()]
    captcha: list[CaptchaProvider] = [Captcha(), Blocking()]

    assert [True, False] == [inspect.iscoroutinefunction(one.get_telemetry_id) for one in dfp]
    assert [True, False] == [inspect.iscoroutinefunction(one.get_token) for one in captcha]


class TestSync:
    """
    The blocking client has the same providers.
    """

    @pytest.fixture(params=["async", "blocking"])
    def client(
        self, request: pytest.FixtureRequest, emulator: Emulator
    ) -> Iterator[StytchB2BClient]:
        """
        A blocking client with providers of one kind or the other.
        """
        telemetry, captcha = iter(("t1", "t2")), iter(("c1", "c2"))
        dfp_provider: DFPProvider
        captcha_provider: CaptchaProvider
        if request.param == "async":
            dfp_provider, captcha_provider = Telemetry(), Captcha()
        else:
            dfp_provider = Answering(lambda: next(telemetry))
            captcha_provider = Answering(lambda: next(captcha))
        with StytchB2BClient(
            emulator.public_token,
            base_url=emulator.url,
            dfp_provider=dfp_provider,
            captcha_provider=captcha_provider,
        ) as client:
            yield client

    def test_demand_is_met(self, client: StytchB2BClient, emulator: Emulator) -> None:
        """
        A demand is met with new values.
        """
        emulator.set_bootstrap(**OBSERVATION)
        demand(emulator)
        emulator.faults.add(operation=AUTHENTICATE, status=404)

        with pytest.raises(StytchAPIError):
            client.magic_links.authenticate(magic_links_token="token", session_duration_minutes=60)

        assert [("t1", "c1"), ("t2", "c2")] == sent(emulator)

    def test_get_telemetry_id(self, client: StytchB2BClient, emulator: Emulator) -> None:
        """
        An id can be asked for.
        """
        emulator.set_bootstrap(**OBSERVATION)

        assert "t1" == client.dfp.get_telemetry_id()
