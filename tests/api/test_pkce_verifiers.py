"""Links that do not tell which flow they belong to: the client tries the verifiers it holds."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    BadRequestError,
    NotFoundError,
    PKCEPair,
    SessionState,
    StytchAPIError,
    StytchB2BClient,
    StytchOutcomeUnknownError,
    StytchTimeoutError,
)
from stytch_b2b._declare import ENDPOINTS
from stytch_b2b._endpoint import PKCEVerifierByTrial
from stytch_b2b.emulator import Emulator
from tests.api.support import StillClock, hold, logged, release, until

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
AUTHENTICATE = "magic_links.authenticate"
RESET, LINK = PKCEPair.generate(), PKCEPair.generate()
BOTH = {"magic_links": LINK, "passwords": RESET}


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Any:
    """
    Ada, who has an account.
    """
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"])


def link(emulator: Emulator, pair: PKCEPair | None) -> str:
    """
    Have a link sent whose flow began with *pair*, or without PKCE as invitations do.
    """
    body = {"email_address": ADA, "organization_id": "acme"}
    if pair is not None:
        body["pkce_code_challenge"] = pair.code_challenge
    credentials = f"{emulator.public_token}:{emulator.public_token}".encode()
    connection = http.client.HTTPConnection(urlsplit(emulator.url).netloc, timeout=10)
    try:
        connection.request(
            "POST",
            "/sdk/v1/b2b/magic_links/email/login_or_signup",
            body=json.dumps(body),
            headers={
                "Authorization": f"Basic {base64.b64encode(credentials).decode()}",
                "Content-Type": "application/json",
            },
        )
        assert connection.getresponse().status == 200
    finally:
        connection.close()
    return emulator.outbox.last(to=ADA).token


async def open_link(client: AsyncStytchB2BClient, token: str, **options: Any) -> Any:
    """
    Log in with the token of a link.
    """
    return await client.magic_links.authenticate(
        magic_links_token=token, session_duration_minutes=60, **options
    )


def tried(emulator: Emulator) -> list[str | None]:
    """
    Return the verifiers that were sent, in order; ``None`` for none.
    """
    requests = logged(emulator, AUTHENTICATE)
    return [request.json().get("pkce_code_verifier") for request in requests]


@pytest.mark.parametrize(
    ("pair", "held", "sent", "kept"),
    [
        (RESET, BOTH, [RESET], ["magic_links"]),
        (LINK, BOTH, [RESET, LINK], ["passwords"]),
        (None, BOTH, [RESET, None], ["magic_links", "passwords"]),
        (RESET, {"passwords": RESET}, [RESET], []),
        (LINK, {"magic_links": LINK}, [LINK], []),
        (None, {"magic_links": LINK}, [LINK, None], ["magic_links"]),
        (None, {}, [None], []),
        (LINK, {**BOTH, "oauth": RESET, "sso": LINK}, [RESET, LINK], ["oauth", "passwords"]),
    ],
    ids=[
        "reset, both held",
        "link, both held",
        "invitation, both held",
        "reset",
        "link",
        "invitation, one held",
        "invitation, none held",
        "link, others held",
    ],
)
async def test_the_one_that_fits(
    client: AsyncStytchB2BClient,
    emulator: Emulator,
    pair: PKCEPair | None,
    held: dict[str, PKCEPair],
    sent: list[PKCEPair | None],
    kept: list[str],
) -> None:
    """
    That of passwords is tried first, then that of magic links; the one that fitted is forgotten.
    """
    acting = client.with_state(SessionState(pkce_pairs=held))
    response = await open_link(acting, link(emulator, pair))

    assert [one and one.code_verifier for one in sent] == tried(emulator)
    assert len(sent) == response.meta.attempts
    assert response.session_token == acting.state.session_token
    assert kept == sorted(acting.state.pkce_pairs)


async def test_none_fits(client, emulator) -> None:
    """
    If no verifier opens the link the last refusal is raised, and all of them are kept.
    """
    acting = client.with_state(SessionState(pkce_pairs=BOTH))
    state = acting.state

    with pytest.raises(BadRequestError) as caught:
        await open_link(acting, link(emulator, PKCEPair.generate()))

    assert "pkce_mismatch" == caught.value.error_type
    assert [RESET.code_verifier, LINK.code_verifier] == tried(emulator)
    assert 2 == caught.value.attempts
    assert state is acting.state


@pytest.mark.parametrize("pair", [LINK, None])
async def test_callers_own_verifier(client, emulator, pair: PKCEPair | None) -> None:
    """
    Where the caller gives a verifier nothing else is tried, neither another nor none.
    """
    acting = client.with_state(SessionState(pkce_pairs=BOTH))

    with pytest.raises(BadRequestError):
        await open_link(acting, link(emulator, pair), pkce_code_verifier="own")

    assert ["own"] == tried(emulator)


async def test_one_pair_in_two_flows(client, emulator) -> None:
    """
    A verifier that was refused is not sent again under the name of another flow.
    """
    acting = client.with_state(SessionState(pkce_pairs=dict.fromkeys(BOTH, LINK)))

    with pytest.raises(BadRequestError):
        await open_link(acting, link(emulator, PKCEPair.generate()))

    assert [LINK.code_verifier] == tried(emulator)


async def test_malformed_verifier(client, emulator) -> None:
    """
    That a verifier is malformed is a reason to go on, too.
    """
    emulator.faults.add(
        operation=AUTHENTICATE, status=400, body={"error_type": "invalid_pkce_code_verifier"}
    )
    acting = client.with_state(SessionState(pkce_pairs=BOTH))
    await open_link(acting, link(emulator, LINK))

    assert [RESET.code_verifier, LINK.code_verifier] == tried(emulator)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 404, "body": {"error_type": "magic_link_not_found"}},
        {"status": 400, "body": {"error_type": "pkce_expected_code_verifier"}},
        {"status": 500, "body": {"error_type": "pkce_mismatch"}},
        {"status": 302, "body": {"error_type": "pkce_mismatch"}},
        {"status": 400, "body": "pkce_mismatch"},
        {"drop": "after_read"},
    ],
    ids=lambda one: str(sorted(one.values(), key=str))[:50],
)
async def test_other_failures(client, emulator, fault: dict[str, Any]) -> None:
    """
    Only the refusal of a verifier is a reason to try another.
    """
    token = link(emulator, LINK)
    acting = client.with_state(SessionState(pkce_pairs=BOTH))
    emulator.faults.add(operation=AUTHENTICATE, **fault)

    with pytest.raises(Exception, match=AUTHENTICATE):
        await open_link(acting, token)

    assert [RESET.code_verifier] == tried(emulator)


async def test_lost_answer(client, emulator) -> None:
    """
    If the answer to the verifier that fits is lost, the call ends there: it may have succeeded.
    """
    token = link(emulator, LINK)
    acting = client.with_state(SessionState(pkce_pairs=BOTH))
    emulator.faults.add(operation=AUTHENTICATE, delay=0)
    emulator.faults.add(operation=AUTHENTICATE, drop="after_read", handle=True)

    with pytest.raises(StytchOutcomeUnknownError) as caught:
        await open_link(acting, token)

    assert 2 == caught.value.attempts
    assert BOTH == acting.state.pkce_pairs


async def test_without_retries(client, emulator) -> None:
    """
    The trials are no retries: who allows none has them all the same.
    """
    acting = client.with_state(SessionState(pkce_pairs=BOTH)).with_options(retries=0)
    response = await open_link(acting, link(emulator, None))

    assert 2 == response.meta.attempts


async def test_one_deadline(make_client, emulator) -> None:
    """
    All trials share the deadline of the call.
    """
    clock = StillClock()
    acting = make_client(clock=clock).with_state(SessionState(pkce_pairs=BOTH))
    token = link(emulator, LINK)
    hold(emulator, AUTHENTICATE)

    async def call() -> None:
        with pytest.raises(StytchTimeoutError) as caught:
            await open_link(acting, token)
        assert 2 == caught.value.attempts

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await until(lambda: logged(emulator, AUTHENTICATE))
        await clock.sleep(30)
        release(emulator)

    assert [RESET.code_verifier] == tried(emulator)


ENDS: dict[str, Callable[[AsyncStytchB2BClient], Any]] = {
    "oauth.authenticate": lambda c: c.oauth.authenticate(
        oauth_token="token", session_duration_minutes=60
    ),
    "oauth.discovery.authenticate": lambda c: c.oauth.discovery.authenticate(
        discovery_oauth_token="token"
    ),
    "sso.authenticate": lambda c: c.sso.authenticate(
        sso_token="token", session_duration_minutes=60
    ),
}
"""The calls that end a flow and whose token tells which."""


@pytest.mark.parametrize("refusal", ["pkce_did_not_expect_code_verifier", "pkce_mismatch"])
@pytest.mark.parametrize("name", ENDS)
async def test_no_trial_elsewhere(client, emulator, name: str, refusal: str) -> None:
    """
    No other token is accepted without the verifier of its flow: it may be an attacker's own.
    """
    pairs = dict.fromkeys(("magic_links", "oauth", "passwords", "sso"), LINK) | {"passwords": RESET}
    acting = client.with_state(SessionState(pkce_pairs=pairs))
    emulator.faults.add(status=400, body={"error_type": refusal})

    with pytest.raises(BadRequestError) as caught:
        await ENDS[name](acting)

    assert refusal == caught.value.error_type
    assert [LINK.code_verifier] == [
        request.json()["pkce_code_verifier"] for request in emulator.requests
    ]
    assert pairs == acting.state.pkce_pairs


async def test_discovery_goes_not_without(client, emulator) -> None:
    """
    A discovery link is no invitation: one that expects no verifier may be an attacker's own.
    """
    acting = client.with_state(SessionState(pkce_pairs=BOTH))
    emulator.faults.add(status=400, body={"error_type": "pkce_mismatch"})
    emulator.faults.add(status=400, body={"error_type": "pkce_did_not_expect_code_verifier"})

    with pytest.raises(BadRequestError) as caught:
        await acting.magic_links.discovery.authenticate(discovery_magic_links_token="token")

    assert "pkce_did_not_expect_code_verifier" == caught.value.error_type
    assert [RESET.code_verifier, LINK.code_verifier] == [
        request.json()["pkce_code_verifier"] for request in emulator.requests
    ]


def test_only_magic_links_are_tried() -> None:
    """
    Magic links alone do not tell their flow, and of those only an invitation needs no verifier.
    """
    assert {AUTHENTICATE: True, "magic_links.discovery.authenticate": False} == {
        name: one.may_do_without
        for name, endpoint in ENDPOINTS.items()
        for one in endpoint.filled.values()
        if isinstance(one, PKCEVerifierByTrial)
    }


async def test_unknown_link(client, emulator) -> None:
    """
    A link that nobody knows is not tried twice.
    """
    acting = client.with_state(SessionState(pkce_pairs=BOTH))

    with pytest.raises(NotFoundError):
        await open_link(acting, "nobody")

    assert 1 == len(tried(emulator))


def test_sync(sync_client: StytchB2BClient, emulator: Emulator) -> None:
    """
    The blocking client tries them, too.
    """
    acting = sync_client.with_state(SessionState(pkce_pairs=BOTH))
    with pytest.raises(StytchAPIError):
        acting.magic_links.authenticate(
            magic_links_token=link(emulator, PKCEPair.generate()), session_duration_minutes=60
        )
    response = acting.magic_links.authenticate(
        magic_links_token=link(emulator, None), session_duration_minutes=60
    )

    assert 2 == response.meta.attempts
    assert response.session_token == acting.state.session_token
    assert BOTH == acting.state.pkce_pairs
