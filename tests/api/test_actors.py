"""Whose credentials a call needs, shown on endpoints of the test's own where none is built yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from stytch_b2b import (
    MissingPKCEError,
    NoSessionError,
    NotFoundError,
    PKCEPair,
    SessionState,
)
from stytch_b2b._async._resource import AsyncResource
from stytch_b2b._declare import ENDPOINTS, EndpointGroup
from stytch_b2b._endpoint import ActsAs, Fill, PKCEVerifier, Retry
from stytch_b2b.models._response import APIResponse
from tests.api.support import operations

pytestmark = pytest.mark.anyio


@pytest.fixture
def probe() -> Iterator[Callable[[Any], Any]]:
    """
    Make a resource, for a client, of calls that the API does not have.
    """
    group = EndpointGroup("probe")
    filled = {"intermediate_session_token": Fill.INTERMEDIATE_SESSION_TOKEN}

    class Probe(AsyncResource):
        """
        Calls that the API does not have.
        """

        @group.post(
            "/sdk/v1/probe/intermediate",
            acts_as=ActsAs.INTERMEDIATE_SESSION,
            permission=None,
            retry=Retry.READ,
            filled=filled,
        )
        async def intermediate(
            self, *, intermediate_session_token: str | None = None
        ) -> APIResponse:
            """
            Act in the middle of a login.
            """

        @group.post(
            "/sdk/v1/probe/either",
            acts_as=ActsAs.INTERMEDIATE_OR_FULL_SESSION,
            permission=None,
            retry=Retry.READ,
            filled=filled,
        )
        async def either(self, *, intermediate_session_token: str | None = None) -> APIResponse:
            """
            Act in the middle of a login or after it.
            """

        @group.post(
            "/sdk/v1/probe/flow",
            acts_as=ActsAs.NO_SESSION,
            permission=None,
            retry=Retry.CONSUMES_TOKEN,
            filled={"code_verifier": PKCEVerifier("sso", is_required=True)},
        )
        async def flow(self, *, code_verifier: str | None = None) -> APIResponse:
            """
            End a flow that is pointless without its verifier.
            """

    yield lambda client: Probe(client._actor)
    for name in [name for name in ENDPOINTS if name.startswith("probe.")]:
        del ENDPOINTS[name]


NOBODY = SessionState()
MEMBER = SessionState(session_token="session")
UNFINISHED = SessionState(intermediate_session_token="ist")


@pytest.mark.parametrize(
    ("call", "state", "needs"),
    [
        ("intermediate", NOBODY, "an intermediate session"),
        ("intermediate", MEMBER, "an intermediate session"),
        ("either", NOBODY, "a session or an intermediate session"),
    ],
)
async def test_refused(client, emulator, probe, call: str, state: Any, needs: str) -> None:
    """
    Without the credentials that a call needs nothing is sent, and the error says which.
    """
    with pytest.raises(NoSessionError, match=f"probe.{call}: needs {needs}, "):
        await getattr(probe(client.with_state(state)), call)()

    assert [] == operations(emulator)


@pytest.mark.parametrize(
    ("call", "state", "given", "sent"),
    [
        ("intermediate", UNFINISHED, {}, {"intermediate_session_token": "ist"}),
        (
            "intermediate",
            NOBODY,
            {"intermediate_session_token": "own"},
            {"intermediate_session_token": "own"},
        ),
        (
            "intermediate",
            UNFINISHED,
            {"intermediate_session_token": "own"},
            {"intermediate_session_token": "own"},
        ),
        ("either", MEMBER, {}, {}),
        ("either", UNFINISHED, {}, {"intermediate_session_token": "ist"}),
    ],
)
async def test_sent(client, emulator, probe, call: str, state: Any, given: Any, sent: Any) -> None:
    """
    What is held goes along in the body; what the caller gives goes before it.
    """
    with pytest.raises(NotFoundError, match="route_not_found"):
        await getattr(probe(client.with_state(state)), call)(**given)

    assert [sent] == [request.json() for request in emulator.requests]


@pytest.mark.parametrize("call", ["intermediate", "either"])
async def test_expired_token_is_none(client, emulator, probe, call: str) -> None:
    """
    An intermediate session that has expired is no credential, to the second.
    """
    emulator.clock.freeze()
    now = emulator.clock.now()
    lasting = SessionState(
        intermediate_session_token="ist",
        intermediate_session_token_expires_at=now + timedelta(seconds=1),
    )
    ended = SessionState(
        intermediate_session_token="ist", intermediate_session_token_expires_at=now
    )

    with pytest.raises(NotFoundError):
        await getattr(probe(client.with_state(lasting)), call)()
    with pytest.raises(NoSessionError):
        await getattr(probe(client.with_state(ended)), call)()

    assert 1 == len(emulator.requests)


async def test_missing_verifier(client, emulator, probe) -> None:
    """
    A flow that needs its verifier fails without one before anything is sent, and says which flow.
    """
    other = client.with_state(SessionState(pkce_pairs={"magic_links": PKCEPair.generate()}))

    for each in (client, other):
        with pytest.raises(MissingPKCEError) as caught:
            await probe(each).flow()

    assert ("probe.flow", "sso") == (caught.value.endpoint, caught.value.flow)
    assert [] == operations(emulator)


async def test_verifier(client, emulator, probe) -> None:
    """
    The pair of its own flow will do, and so will a verifier of the caller's.
    """
    pair = PKCEPair.generate()
    view = client.with_state(SessionState(pkce_pairs={"sso": pair}))

    for given in ({}, {"code_verifier": "own"}):
        with pytest.raises(NotFoundError):
            await probe(view).flow(**given)

    assert [pair.code_verifier, "own"] == [
        request.json()["code_verifier"] for request in emulator.requests
    ]
