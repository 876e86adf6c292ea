"""Flows that begin with an e-mail, and the PKCE pair that ties their two ends."""

from __future__ import annotations

import http.client
import itertools
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import frozen

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    InvalidArgumentError,
    NotFoundError,
    PKCEPair,
    RateLimitedError,
    ServerError,
    SessionState,
    StytchAPIError,
    StytchError,
    StytchOutcomeUnknownError,
    StytchResponseError,
)
from stytch_b2b.emulator import Emulator, Message
from tests.api.support import logged, operations

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
PASSWORD = "violet-tundra-92-kite"
CHALLENGES = {"pkce_code_challenge", "code_challenge"}
VERIFIERS = {"pkce_code_verifier", "code_verifier"}

new_passwords = (f"seven.brass.lanterns.hum.{number}" for number in itertools.count())

Client = AsyncStytchB2BClient
Refusal = tuple[type[StytchAPIError], int, str]


@frozen(kw_only=True)
class Flow:
    """
    A flow that begins with an e-mail and ends with what the e-mail brought.
    """

    pair: str
    """The name under which its PKCE pair is kept."""
    begins: str
    ends: str
    challenge: str
    """The name of the challenge on the wire."""
    verifier: str
    start: Callable[..., Awaitable[Any]]
    token: Callable[[Message], str]
    finish: Callable[..., Awaitable[Any]]
    unknown: Refusal
    """How a token is refused that was never issued."""
    spent: Refusal
    """How one is refused that was used, or is too old."""
    is_discovery: bool = False


def login_token(message: Message) -> str:
    """
    Return the token of a reset message's other link, which logs in without a password.
    """
    (token,) = parse_qs(urlsplit(message.login_url).query)["token"]
    return token


def ask_for_link(client: Client, **options: Any) -> Awaitable[Any]:
    """
    Have a link sent to Ada at Acme.
    """
    return client.magic_links.email.login_or_signup(
        email_address=ADA, organization_id="acme", **options
    )


def open_link(client: Client, token: str, **options: Any) -> Awaitable[Any]:
    """
    Log in with the token of a link.
    """
    return client.magic_links.authenticate(
        magic_links_token=token, session_duration_minutes=60, **options
    )


def ask_for_reset(client: Client, **options: Any) -> Awaitable[Any]:
    """
    Have an e-mail sent to Ada at Acme that offers a new password.
    """
    return client.passwords.reset_by_email_start(
        email_address=ADA, organization_id="acme", **options
    )


NO_LINK: Refusal = (NotFoundError, 404, "magic_link_not_found")
SPENT_LINK: Refusal = (AuthenticationError, 401, "unable_to_auth_magic_link")
NO_RESET: Refusal = (AuthenticationError, 401, "unable_to_auth_password_reset_token")

FLOWS = {
    "link": Flow(
        pair="magic_links",
        begins="magic_links.email.login_or_signup",
        ends="magic_links.authenticate",
        challenge="pkce_code_challenge",
        verifier="pkce_code_verifier",
        start=ask_for_link,
        token=lambda message: message.token,
        finish=open_link,
        unknown=NO_LINK,
        spent=SPENT_LINK,
    ),
    "discovery link": Flow(
        pair="magic_links",
        begins="magic_links.email.discovery.send",
        ends="magic_links.discovery.authenticate",
        challenge="pkce_code_challenge",
        verifier="pkce_code_verifier",
        start=lambda client, **options: client.magic_links.email.discovery.send(
            email_address=ADA, **options
        ),
        token=lambda message: message.token,
        finish=lambda client, token, **options: client.magic_links.discovery.authenticate(
            discovery_magic_links_token=token, **options
        ),
        unknown=NO_LINK,
        spent=SPENT_LINK,
        is_discovery=True,
    ),
    "reset": Flow(
        pair="passwords",
        begins="passwords.reset_by_email_start",
        ends="passwords.reset_by_email",
        challenge="code_challenge",
        verifier="code_verifier",
        start=ask_for_reset,
        token=lambda message: message.token,
        finish=lambda client, token, **options: client.passwords.reset_by_email(
            password_reset_token=token,
            password=next(new_passwords),
            session_duration_minutes=60,
            **options,
        ),
        unknown=NO_RESET,
        spent=NO_RESET,
    ),
    "reset, without a password": Flow(
        pair="passwords",
        begins="passwords.reset_by_email_start",
        ends="magic_links.authenticate",
        challenge="code_challenge",
        verifier="pkce_code_verifier",
        start=ask_for_reset,
        token=login_token,
        finish=open_link,
        unknown=NO_LINK,
        spent=SPENT_LINK,
    ),
    "discovery reset": Flow(
        pair="passwords",
        begins="passwords.discovery.reset_by_email_start",
        ends="passwords.discovery.reset_by_email",
        challenge="pkce_code_challenge",
        verifier="pkce_code_verifier",
        start=lambda client, **options: client.passwords.discovery.reset_by_email_start(
            email_address=ADA, **options
        ),
        token=lambda message: message.token,
        finish=lambda client, token, **options: client.passwords.discovery.reset_by_email(
            password_reset_token=token, password=next(new_passwords), **options
        ),
        unknown=NO_RESET,
        spent=NO_RESET,
        is_discovery=True,
    ),
    "discovery reset, without a password": Flow(
        pair="passwords",
        begins="passwords.discovery.reset_by_email_start",
        ends="magic_links.discovery.authenticate",
        challenge="pkce_code_challenge",
        verifier="pkce_code_verifier",
        start=lambda client, **options: client.passwords.discovery.reset_by_email_start(
            email_address=ADA, **options
        ),
        token=login_token,
        finish=lambda client, token, **options: client.magic_links.discovery.authenticate(
            discovery_magic_links_token=token, **options
        ),
        unknown=NO_LINK,
        spent=SPENT_LINK,
        is_discovery=True,
    ),
}

every_flow = pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Any:
    """
    Ada, who has a password.
    """
    return emulator.create_member(
        "Acme", ADA, "Ada", roles=["stytch_admin"], password=PASSWORD
    ).member_id


async def begin(client: Client, emulator: Emulator, flow: Flow, **options: Any) -> str:
    """
    Begin *flow* and return the token that came by e-mail.
    """
    await flow.start(client, **options)
    return flow.token(emulator.outbox.last(to=ADA))


def begin_without_pkce(emulator: Emulator, flow: Flow) -> str:
    """
    Begin *flow* as a backend does that knows no PKCE, and return the token that came by e-mail.
    """
    begun = logged(emulator, flow.begins)[-1]
    body = {name: value for name, value in begun.json().items() if name != flow.challenge}
    connection = http.client.HTTPConnection(urlsplit(emulator.url).netloc, timeout=10)
    try:
        connection.request(
            "POST",
            begun.path,
            body=json.dumps(body),
            headers={
                "Authorization": begun.headers["Authorization"],
                "Content-Type": "application/json",
            },
        )
        assert connection.getresponse().status == 200
    finally:
        connection.close()
    return flow.token(emulator.outbox.last(to=ADA))


def is_logged_in(client: Client, flow: Flow) -> bool:
    """
    Tell whether *client* holds what the end of *flow* brings, and nothing else.
    """
    state = client.state
    held = (state.session_token is not None, state.intermediate_session_token is not None)
    return held == (not flow.is_discovery, flow.is_discovery)


def facts(error: StytchAPIError) -> Refusal:
    """
    Return what programs look at in an error of the API.
    """
    return type(error), error.status_code, error.error_type


@every_flow
class TestPair:
    """
    The pair of a flow is made at its beginning, presented at its end, and then forgotten.
    """

    async def test_from_start_to_state(self, client, emulator, flow: Flow) -> None:
        """
        The two ends carry challenge and verifier of one pair, each under its own name.
        """
        token = await begin(client, emulator, flow)
        pairs = client.state.pkce_pairs
        response = await flow.finish(client, token)
        started, finished = (logged(emulator, name)[-1].json() for name in (flow.begins, flow.ends))

        assert [flow.begins, flow.ends] == operations(emulator)
        assert [flow.pair] == list(pairs)
        assert {flow.challenge: pairs[flow.pair].code_challenge} == {
            name: value for name, value in started.items() if name in CHALLENGES
        }
        assert {flow.verifier: pairs[flow.pair].code_verifier} == {
            name: value for name, value in finished.items() if name in VERIFIERS
        }
        assert {} == dict(client.state.pkce_pairs)
        assert is_logged_in(client, flow)
        assert 1 == response.meta.attempts

    async def test_other_flows(self, client, emulator, flow: Flow) -> None:
        """
        Neither end of a flow disturbs what another flow waits for.
        """
        names = {"magic_links", "oauth", "passwords", "sso"} - {flow.pair}
        others = {name: PKCEPair.generate() for name in names}
        acting = client.with_state(SessionState(pkce_pairs=others))
        token = await begin(acting, emulator, flow)
        waiting = dict(acting.state.pkce_pairs)
        await flow.finish(acting, token)

        assert {*others, flow.pair} == set(waiting)
        assert others == {name: waiting[name] for name in others}
        assert others == acting.state.pkce_pairs
        assert is_logged_in(acting, flow)

    async def test_waiting_pair(self, client, emulator, flow: Flow) -> None:
        """
        A flow begun again has the same pair, so that the first e-mail works like the second.
        """
        token = await begin(client, emulator, flow)
        waiting = client.state
        await begin(client, emulator, flow)
        challenges = [request.json()[flow.challenge] for request in logged(emulator, flow.begins)]
        kept = client.state
        await flow.finish(client, token)

        assert waiting is kept
        assert [waiting.pkce_pairs[flow.pair].code_challenge] * 2 == challenges
        assert is_logged_in(client, flow)

    async def test_next_flow(self, client, emulator, flow: Flow) -> None:
        """
        Once a flow has succeeded, the next one has a pair of its own.
        """
        for _ in range(2):
            await flow.finish(client, await begin(client, emulator, flow))
        challenges = {request.json()[flow.challenge] for request in logged(emulator, flow.begins)}

        assert 2 == len(challenges)

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ({"status": 500}, ServerError),
            ({"status": 503}, ServerError),
            ({"status": 400}, BadRequestError),
            ({"status": 401}, AuthenticationError),
            ({"status": 200, "body": "<p>"}, StytchResponseError),
            ({"cut_body": True}, StytchOutcomeUnknownError),
            ({"drop": "before_read"}, StytchOutcomeUnknownError),
            ({"drop": "after_read"}, StytchOutcomeUnknownError),
            ({"delay": 600, "handle": False}, StytchOutcomeUnknownError),
        ],
        ids=[
            *("500", "503", "400", "401", "no JSON"),
            *("cut off", "dropped unread", "dropped", "silence"),
        ],
    )
    async def test_failure(
        self, client, emulator, flow: Flow, fault: dict[str, Any], error: type[StytchError]
    ) -> None:
        """
        An end that failed, however it did, can be tried again with the same verifier.
        """
        token = await begin(client, emulator, flow)
        waiting = client.state
        emulator.faults.add(operation=flow.ends, **fault)

        with pytest.raises(error) as caught:
            await flow.finish(client.with_options(timeout=0.1), token)
        kept = client.state
        await flow.finish(client, token)

        assert error is type(caught.value)
        assert 2 == len(logged(emulator, flow.ends))
        assert waiting is kept
        assert is_logged_in(client, flow)

    async def test_failed_start(self, client, emulator, flow: Flow) -> None:
        """
        A start whose answer was lost keeps the pair: the e-mail may be on its way.
        """
        emulator.faults.add(operation=flow.begins, drop="after_read", handle=True)

        with pytest.raises(StytchOutcomeUnknownError, match=flow.begins):
            await flow.start(client)
        await flow.finish(client, flow.token(emulator.outbox.last(to=ADA)))

        assert 1 == len(emulator.outbox)
        assert is_logged_in(client, flow)

    async def test_callers_own_pair(self, client, emulator, flow: Flow) -> None:
        """
        Challenge and verifier of the caller go before the client's, which stay as they were.
        """
        own = PKCEPair.generate()
        await begin(client, emulator, flow)
        waiting = dict(client.state.pkce_pairs)
        token = await begin(client, emulator, flow, pkce_code_challenge=own.code_challenge)
        await flow.finish(client, token, pkce_code_verifier=own.code_verifier)

        assert own.code_challenge == logged(emulator, flow.begins)[1].json()[flow.challenge]
        assert [own.code_verifier] == [
            request.json()[flow.verifier] for request in logged(emulator, flow.ends)
        ]
        assert waiting == client.state.pkce_pairs
        assert is_logged_in(client, flow)

    async def test_callers_own_challenge(self, client, emulator, flow: Flow) -> None:
        """
        A client whose caller keeps the pair keeps none.
        """
        own = PKCEPair.generate()

        await begin(client, emulator, flow, pkce_code_challenge=own.code_challenge)

        assert {} == dict(client.state.pkce_pairs)


@every_flow
class TestOtherVerifiers:
    """
    Only the verifier that a flow began with ends it.
    """

    async def test_wrong(self, client, make_client, emulator, flow: Flow) -> None:
        """
        Another client's pair does not open a link, and does not use it up either.
        """
        token = await begin(client, emulator, flow)
        stranger = make_client()
        await begin(stranger, emulator, flow)
        waiting = stranger.state

        with pytest.raises(BadRequestError) as caught:
            await flow.finish(stranger, token)
        await flow.finish(client, token)

        assert (BadRequestError, 400, "pkce_mismatch") == facts(caught.value)
        assert waiting is stranger.state
        assert is_logged_in(client, flow)

    async def test_missing(self, client, make_client, emulator, flow: Flow) -> None:
        """
        A client without pair sends no verifier, and is told that one was expected.
        """
        token = await begin(client, emulator, flow)
        stranger = make_client()

        with pytest.raises(BadRequestError) as caught:
            await flow.finish(stranger, token)
        (refused,) = logged(emulator, flow.ends)
        await flow.finish(client, token)

        assert (BadRequestError, 400, "pkce_expected_code_verifier") == facts(caught.value)
        assert VERIFIERS.isdisjoint(refused.json())
        assert SessionState() == stranger.state
        assert is_logged_in(client, flow)

    async def test_superfluous(self, client, make_client, emulator, flow: Flow) -> None:
        """
        A link that began without PKCE takes no verifier; a client without pair opens it.

        Of these links one that logs in at an Organization may be an invitation, so there, and
        only there, the client that holds a pair comes back without.
        """
        await begin(client, emulator, flow)
        token = begin_without_pkce(emulator, flow)
        waiting = dict(client.state.pkce_pairs)
        opener = client

        if flow.ends != "magic_links.authenticate":
            with pytest.raises(BadRequestError) as caught:
                await flow.finish(client, token)
            assert (400, "pkce_did_not_expect_code_verifier") == facts(caught.value)[1:]
            opener = make_client()
        await flow.finish(opener, token)

        assert [True, False] == [
            flow.verifier in request.json() for request in logged(emulator, flow.ends)
        ]
        assert waiting == client.state.pkce_pairs
        assert is_logged_in(opener, flow)

    async def test_of_the_caller(self, client, emulator, flow: Flow) -> None:
        """
        If the caller's verifier is wrong, the client's own is not tried after it.
        """
        token = await begin(client, emulator, flow)
        waiting = client.state

        with pytest.raises(BadRequestError) as caught:
            await flow.finish(client, token, pkce_code_verifier="own" * 16)

        assert (BadRequestError, 400, "pkce_mismatch") == facts(caught.value)
        assert 1 == caught.value.attempts
        assert waiting is client.state


@every_flow
class TestElsewhere:
    """
    A flow can end in another client than the one it began in.
    """

    async def test_by_state(self, client, make_client, emulator, flow: Flow) -> None:
        """
        A state that was kept as JSON ends the flow in another process.
        """
        token = await begin(client, emulator, flow)
        kept = client.state.to_json()
        elsewhere = make_client().with_state(SessionState.from_json(kept))
        await flow.finish(elsewhere, token)

        assert is_logged_in(elsewhere, flow)
        assert {} == dict(elsewhere.state.pkce_pairs)
        assert [flow.pair] == list(client.state.pkce_pairs)

    async def test_by_verifier(self, client, make_client, emulator, flow: Flow) -> None:
        """
        So does the verifier alone, handed over.
        """
        token = await begin(client, emulator, flow)
        pair = client.utils.get_pkce_pair(flow.pair)
        assert pair is not None
        elsewhere = make_client()
        await flow.finish(elsewhere, token, pkce_code_verifier=pair.code_verifier)

        assert is_logged_in(elsewhere, flow)
        assert {flow.pair: pair} == client.state.pkce_pairs

    async def test_after_other_logins(self, client, emulator, flow: Flow) -> None:
        """
        A pair waits through a login by other means and through a logout.
        """
        token = await begin(client, emulator, flow)
        waiting = dict(client.state.pkce_pairs)
        await client.passwords.authenticate(
            organization_id="acme",
            email_address=ADA,
            password=PASSWORD,
            session_duration_minutes=60,
        )
        logged_in = dict(client.state.pkce_pairs)
        await client.session.revoke()
        logged_out = client.state
        await flow.finish(client, token)

        assert waiting == logged_in
        assert SessionState(pkce_pairs=waiting) == logged_out
        assert is_logged_in(client, flow)


@every_flow
class TestTokens:
    """
    What came by e-mail works once, for its time, and for nothing else.
    """

    async def test_unknown(self, client, emulator, flow: Flow) -> None:
        """
        A token that was never issued is refused, and nothing is forgotten for it.
        """
        await begin(client, emulator, flow)
        waiting = client.state

        with pytest.raises(StytchAPIError) as caught:
            await flow.finish(client, "nobody")

        assert flow.unknown == facts(caught.value)
        assert 1 == caught.value.attempts
        assert waiting is client.state

    async def test_used(self, client, emulator, flow: Flow) -> None:
        """
        The second time a token is refused, and whoever it logged in stays logged in.
        """
        token = await begin(client, emulator, flow)
        verifier = client.state.pkce_pairs[flow.pair].code_verifier
        await flow.finish(client, token)
        state = client.state

        with pytest.raises(StytchAPIError) as caught:
            await flow.finish(client, token, pkce_code_verifier=verifier)

        assert flow.spent == facts(caught.value)
        assert state is client.state

    async def test_expired(self, client, emulator, flow: Flow) -> None:
        """
        An hour later a token is worth nothing, and the pair waits for the next one.
        """
        token = await begin(client, emulator, flow)
        waiting = client.state
        emulator.clock.advance(hours=1)

        with pytest.raises(StytchAPIError) as caught:
            await flow.finish(client, token)
        kept = client.state
        await flow.finish(client, await begin(client, emulator, flow))

        assert flow.spent == facts(caught.value)
        assert waiting is kept
        assert is_logged_in(client, flow)

    async def test_locked(self, client, make_client, emulator, flow: Flow) -> None:
        """
        Who guessed too often waits, though the e-mail has come; it is as good as before then.

        A choice of Organizations by a link is nobody's login yet, so it is not kept from anybody.
        """
        emulator.set_lock_policy(attempts=1, minutes=5)
        token = await begin(client, emulator, flow)
        waiting = client.state
        with pytest.raises(AuthenticationError):
            await make_client().passwords.authenticate(
                organization_id="acme",
                email_address=ADA,
                password="guess",
                session_duration_minutes=60,
            )

        if flow.ends != "magic_links.discovery.authenticate":
            with pytest.raises(RateLimitedError) as caught:
                await flow.finish(client, token)
            assert (RateLimitedError, 429, "user_lock_limit_reached") == facts(caught.value)
            assert 1 == caught.value.attempts
            assert waiting is client.state
            emulator.clock.advance(minutes=5)
        await flow.finish(client, token)

        assert is_logged_in(client, flow)

    async def test_of_another_flow(self, client, emulator, flow: Flow) -> None:
        """
        The tokens of the flows that end otherwise are unknown here, and remain good there.
        """
        others = [other for other in FLOWS.values() if other.ends != flow.ends]
        for other in others:
            token = await begin(client, emulator, other)
            verifier = client.state.pkce_pairs[other.pair].code_verifier
            with pytest.raises(StytchAPIError) as caught:
                await flow.finish(client, token, pkce_code_verifier=verifier)
            refused = facts(caught.value)
            await other.finish(client, token, pkce_code_verifier=verifier)

            assert flow.unknown == refused
            assert is_logged_in(client, other)


class TestBothFlows:
    """
    A magic link does not tell which of two flows it belongs to; the client finds out.
    """

    @pytest.mark.parametrize(
        ("link", "reset"),
        [
            (FLOWS["link"], FLOWS["reset, without a password"]),
            (FLOWS["discovery link"], FLOWS["discovery reset, without a password"]),
        ],
        ids=["organization", "discovery"],
    )
    @pytest.mark.parametrize("first", ["magic_links", "passwords"])
    async def test_both_wait(self, client, emulator, first: str, link: Flow, reset: Flow) -> None:
        """
        Each of two waiting links opens, in any order, and only the fitting pair is forgotten.
        """
        flows = {"magic_links": link, "passwords": reset}
        tokens = {name: await begin(client, emulator, flow) for name, flow in flows.items()}
        (second,) = flows.keys() - {first}
        both = dict(client.state.pkce_pairs)
        await flows[first].finish(client, tokens[first])
        remaining = dict(client.state.pkce_pairs)
        await flows[second].finish(client, tokens[second])

        assert set(flows) == set(both)
        assert {second: both[second]} == remaining
        assert {} == dict(client.state.pkce_pairs)
        assert is_logged_in(client, flows[second])

    async def test_reset_after_its_login_link(self, client, emulator) -> None:
        """
        Both links of an e-mail have one pair: the login forgets it, a kept state still has it.
        """
        await ask_for_reset(client)
        message = emulator.outbox.last()
        kept = SessionState.from_json(client.state.to_json())
        await open_link(client, login_token(message))
        with pytest.raises(BadRequestError) as caught:
            await FLOWS["reset"].finish(client, message.token)
        elsewhere = client.with_state(kept)
        await FLOWS["reset"].finish(elsewhere, message.token)

        assert (BadRequestError, 400, "pkce_expected_code_verifier") == facts(caught.value)
        assert is_logged_in(elsewhere, FLOWS["reset"])

    async def test_new_password_after_its_login_link(self, client, emulator) -> None:
        """
        Who came in by the other link may set a password by the session that it brought.
        """
        await ask_for_reset(client)
        await open_link(client, login_token(emulator.outbox.last()))
        session_token = client.state.session_token
        await client.passwords.reset_by_session(password="seven.brass.lanterns.hum")

        assert session_token == client.state.session_token


class TestGetPKCEPair:
    """
    The pair that waits can be looked at, for a backend that is to end the flow.
    """

    @every_flow
    async def test_while_waiting(self, client, emulator, flow: Flow) -> None:
        """
        There is one from the beginning of its flow to its end; looking makes and sends nothing.
        """
        before = client.utils.get_pkce_pair(flow.pair)
        token = await begin(client, emulator, flow)
        waiting = client.utils.get_pkce_pair(flow.pair)
        others = [
            client.utils.get_pkce_pair(name)
            for name in ("magic_links", "oauth", "passwords", "sso")
            if name != flow.pair
        ]
        await flow.finish(client, token)

        assert before is None
        assert waiting is not None
        assert waiting.code_challenge == logged(emulator, flow.begins)[0].json()[flow.challenge]
        assert [None] * 3 == others
        assert client.utils.get_pkce_pair(flow.pair) is None
        assert [flow.begins, flow.ends] == operations(emulator)

    async def test_unknown_flow(self, client) -> None:
        """
        A flow that does not exist is a mistake, and the names of those that do are told.
        """
        with pytest.raises(InvalidArgumentError, match="magic_links, oauth, passwords, sso") as one:
            client.utils.get_pkce_pair("otps")

        assert ("utils.get_pkce_pair", ["flow"]) == (one.value.endpoint, list(one.value.problems))
