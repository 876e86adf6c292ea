"""Google One Tap: an ID token of Google's becomes a redirect URL, and that a session."""

from __future__ import annotations

from typing import Any

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    BadRequestError,
    NotFoundError,
    SessionState,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import Emulator, Member
from tests.api.browsing import browse, logged_in, query, token_of, unfinished
from tests.api.support import logged, operations, refusal

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
CLIENT_ID = "1234.apps.googleusercontent.com"
ELSEWHERE = "https://acme.example/callback"


class Flow:
    """
    A login by One Tap, at an Organization or at one to be chosen later.
    """

    def __init__(self, name: str) -> None:
        self.is_discovery = name == "discovery"
        self.operation = f"oauth.google_one_tap{'.discovery' if self.is_discovery else ''}.start"
        self.redirects = ["discovery"] if self.is_discovery else ["login", "signup"]

    def __repr__(self) -> str:
        return "discovery" if self.is_discovery else "organization"

    async def start(self, client: AsyncStytchB2BClient, id_token: str, **options: Any) -> Any:
        """
        Hand the ID token over, for Acme unless the Organization is chosen later.
        """
        one_tap = client.oauth.google_one_tap
        if self.is_discovery:
            return await one_tap.discovery.start(id_token=id_token, **options)
        return await one_tap.start(id_token=id_token, organization_id="acme", **options)

    async def finish(self, client: AsyncStytchB2BClient, token: str) -> Any:
        """
        End the login that the redirect URL belongs to.
        """
        if self.is_discovery:
            return await client.oauth.discovery.authenticate(discovery_oauth_token=token)
        return await client.oauth.authenticate(oauth_token=token)


ORGANIZATION, DISCOVERY = Flow("organization"), Flow("discovery")

every_flow = pytest.mark.parametrize("flow", [ORGANIZATION, DISCOVERY], ids=repr)


@pytest.fixture(autouse=True)
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has an account, in a project that has set One Tap up.
    """
    emulator.set_google_client_id(CLIENT_ID)
    return emulator.create_member("Acme", ADA, "Ada")


async def test_client_id(client, emulator) -> None:
    """
    The page learns what to set Google's script up with, and an empty text where there is nothing.
    """
    there = (await client.oauth.google_one_tap.get_client_id()).google_client_id
    emulator.set_google_client_id("")
    nothing = (await client.oauth.google_one_tap.get_client_id()).google_client_id

    assert (CLIENT_ID, "") == (there, nothing)
    assert SessionState() == client.state


async def test_session(client, emulator, ada) -> None:
    """
    The token in the redirect URL logs the Member in, as one of any login by Google.
    """
    started = await ORGANIZATION.start(client, emulator.google_id_token(ADA))
    pair = client.state.pkce_pairs["oauth"]
    response = await ORGANIZATION.finish(client, token_of(started.redirect_url))

    assert "oauth" == query(started.redirect_url)["stytch_token_type"]
    assert (
        pair.code_challenge
        == logged(emulator, ORGANIZATION.operation)[0].json()["pkce_code_challenge"]
    )
    assert ("Google", ada.member_id) == (response.provider_type, response.member_id)
    assert logged_in(response) == client.state


async def test_discovery(client, emulator, ada) -> None:
    """
    Where the Organization is chosen later, the person's Organizations are found.
    """
    started = await DISCOVERY.start(client, emulator.google_id_token(ADA, "Ada L"))
    response = await DISCOVERY.finish(client, token_of(started.redirect_url))
    (found,) = response.outcome.discovered_organizations

    assert "discovery_oauth" == query(started.redirect_url)["stytch_token_type"]
    assert (ADA, "Ada L") == (response.email_address, response.full_name)
    assert ada.organization_id == found.organization.organization_id
    assert unfinished(response, client) == client.state


@every_flow
async def test_redirect_urls(client, emulator, flow: Flow) -> None:
    """
    The redirect URL leads where the caller says, if it is registered.
    """
    urls = {f"{kind}_redirect_url": f"{ELSEWHERE}/{kind}" for kind in flow.redirects}
    unregistered = await refusal(flow.start(client, emulator.google_id_token(ADA), **urls))
    for kind in flow.redirects:
        emulator.register_redirect_url(f"{ELSEWHERE}/{kind}", kind)
    started = await flow.start(client, emulator.google_id_token(ADA), **urls)

    assert (BadRequestError, 400, "no_match_for_provided_oauth_url") == unregistered
    assert f"{ELSEWHERE}/{flow.redirects[0]}" == started.redirect_url.partition("?")[0]
    assert urls.items() <= logged(emulator, flow.operation)[-1].json().items()


async def test_newcomer(client, emulator) -> None:
    """
    Somebody whom the Organization lets in is led to the signup URL, and becomes a Member.
    """
    emulator.update_organization(
        "Acme", email_jit_provisioning="RESTRICTED", email_allowed_domains=["acme.example"]
    )
    emulator.register_redirect_url(ELSEWHERE, "signup")
    started = await ORGANIZATION.start(
        client, emulator.google_id_token("new@acme.example"), signup_redirect_url=ELSEWHERE
    )
    response = await ORGANIZATION.finish(client, token_of(started.redirect_url))

    assert ELSEWHERE == started.redirect_url.partition("?")[0]
    assert "new@acme.example" == response.member.email_address
    assert logged_in(response) == client.state


@every_flow
async def test_stranger(client, emulator, flow: Flow) -> None:
    """
    Whom the Organization does not admit is refused; discovery finds nothing for them.
    """
    started = await flow.start(client, emulator.google_id_token("eve@evil.example"))
    token = token_of(started.redirect_url)

    if flow.is_discovery:
        assert () == (await flow.finish(client, token)).discovered_organizations
    else:
        before = client.state
        assert (BadRequestError, 400, "email_jit_provisioning_not_allowed") == await refusal(
            flow.finish(client, token)
        )
        assert before is client.state


@every_flow
@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        ("not set up", (NotFoundError, 404, "oauth_config_not_found")),
        ("no token", (BadRequestError, 400, "id_token_invalid")),
        ("another application's", (BadRequestError, 400, "id_token_incorrect_audience")),
        ("expired", (BadRequestError, 400, "id_token_expired")),
    ],
)
async def test_refusals(admin, emulator, flow: Flow, refused: str, expected: Any) -> None:
    """
    An ID token that cannot be relied on is refused, and the caller's session stays.
    """
    await admin.session.authenticate()
    id_token = emulator.google_id_token(
        ADA, client_id="another" if refused == "another application's" else None
    )
    match refused:
        case "not set up":
            emulator.set_google_client_id("")
        case "no token":
            id_token = f"{id_token[:-8]}AAAAAAAA"
        case "expired":
            emulator.clock.advance(hours=1, seconds=1)
    before = admin.state

    assert expected == await refusal(flow.start(admin, id_token))
    # The pair is kept: who tries again goes on with it.
    assert before.with_pkce_pair("oauth", admin.state.pkce_pairs["oauth"]) == admin.state


async def test_unknown_organization(client, emulator) -> None:
    """
    An Organization that nobody knows is not found.
    """
    assert (NotFoundError, 404, "organization_not_found") == await refusal(
        client.oauth.google_one_tap.start(
            id_token=emulator.google_id_token(ADA), organization_id="nobody"
        )
    )


@every_flow
async def test_token_works_once(client, emulator, flow: Flow) -> None:
    """
    The token in the redirect URL works once, and for five minutes.
    """
    not_found = (NotFoundError, 404, "oauth_token_not_found")
    first = token_of((await flow.start(client, emulator.google_id_token(ADA))).redirect_url)
    verifier = client.state.pkce_pairs["oauth"].code_verifier
    await flow.finish(client, first)
    second = token_of((await flow.start(client, emulator.google_id_token(ADA))).redirect_url)
    emulator.clock.advance(minutes=5)

    assert verifier != client.state.pkce_pairs["oauth"].code_verifier
    assert not_found == await refusal(flow.finish(client, first))
    assert not_found == await refusal(flow.finish(client, second))


@every_flow
async def test_other_client(client, make_client, emulator, flow: Flow) -> None:
    """
    A client that did not begin the login cannot end it, unless it is given the state.
    """
    token = token_of((await flow.start(client, emulator.google_id_token(ADA))).redirect_url)
    stranger = make_client()
    callback = stranger.with_state(SessionState.from_json(client.state.to_json()))

    assert (BadRequestError, 400, "pkce_expected_code_verifier") == await refusal(
        flow.finish(stranger, token)
    )
    assert 200 == (await flow.finish(callback, token)).status_code
    assert {} == dict(callback.state.pkce_pairs)


@every_flow
async def test_waiting_pair_is_used_again(client, emulator, flow: Flow) -> None:
    """
    A second attempt has the challenge of the first, so that either redirect URL works.
    """
    started = [await flow.start(client, emulator.google_id_token(ADA)) for _ in range(2)]
    challenges = {
        request.json()["pkce_code_challenge"] for request in logged(emulator, flow.operation)
    }
    response = await flow.finish(client, token_of(started[0].redirect_url))

    assert 1 == len(challenges)
    assert 200 == response.status_code


@every_flow
async def test_lost_answer(client, emulator, flow: Flow) -> None:
    """
    A lost answer is an unknown outcome; the call is not repeated, and the pair is kept.
    """
    emulator.faults.add(operation=flow.operation, drop="after_read", handle=True)

    with pytest.raises(StytchOutcomeUnknownError) as caught:
        await flow.start(client, emulator.google_id_token(ADA))

    assert flow.operation == caught.value.endpoint
    assert [flow.operation] == operations(emulator)
    assert ["oauth"] == list(client.state.pkce_pairs)


async def test_page_and_one_tap_share_the_flow(client, emulator) -> None:
    """
    A start URL that is made afterwards takes the pair of the flow over.
    """
    started = await ORGANIZATION.start(client, emulator.google_id_token(ADA))
    url = client.oauth.google.start(organization_slug="acme")

    assert (BadRequestError, 400, "pkce_mismatch") == await refusal(
        ORGANIZATION.finish(client, token_of(started.redirect_url))
    )
    response = await ORGANIZATION.finish(client, token_of(await browse(emulator, url, ADA)))
    assert logged_in(response) == client.state
