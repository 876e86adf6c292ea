"""The project as an identity provider: what Connected Apps ask, and what Members answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    NoSessionError,
    NotFoundError,
    PermissionDeniedError,
    PKCEPair,
    SessionState,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import ConnectedApp, Emulator
from tests.api.browsing import query
from tests.api.support import logged, operations, refusal

pytestmark = pytest.mark.anyio

CALLBACK = "https://app.example/callback?keep=1"
AFTERWARDS = "https://app.example/bye?keep=1"
START = "idp.oauth_authorize_start"
SUBMIT = "idp.oauth_authorize_submit"
LOGOUT = "idp.oauth_logout_start"


@pytest.fixture
def app(emulator: Emulator) -> ConnectedApp:
    """
    An app of somebody else.
    """
    return emulator.create_connected_app(
        "Calendar",
        "third_party",
        redirect_urls=[CALLBACK],
        post_logout_redirect_urls=[AFTERWARDS],
        client_description="Plans your day",
        logo_url="https://app.example/logo.png",
    )


async def start(client: AsyncStytchB2BClient, app: Any, *scopes: str, **options: Any) -> Any:
    """
    Check what an app asks for.
    """
    arguments = {
        "client_id": app.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scopes": scopes or ("openid", "email"),
        **options,
    }
    return await client.idp.oauth_authorize_start(**arguments)


async def submit(client: AsyncStytchB2BClient, app: Any, *scopes: str, **options: Any) -> Any:
    """
    Answer what an app asks for; the Member agrees unless told otherwise.
    """
    arguments = {
        "client_id": app.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scopes": scopes or ("openid", "email"),
        "consent_granted": True,
        **options,
    }
    return await client.idp.oauth_authorize_submit(**arguments)


async def log_out(client: AsyncStytchB2BClient, app: Any, **options: Any) -> Any:
    """
    Check whether an app may log the Member out.
    """
    arguments = {
        "client_id": app.client_id,
        "post_logout_redirect_uri": AFTERWARDS,
        "state": "s&=ü",
        **options,
    }
    return await client.idp.oauth_logout_start(**arguments)


CALLS: dict[str, Callable[..., Awaitable[Any]]] = {START: start, SUBMIT: submit, LOGOUT: log_out}

every_call = pytest.mark.parametrize("name", CALLS)
every_request = pytest.mark.parametrize("name", [START, SUBMIT])


async def test_what_the_member_is_shown(member, emulator, app) -> None:
    """
    Who asks, for what, and whether the Member has to be asked at all.
    """
    response = await start(member, app, "openid", "email", prompt="consent")
    client = response.client

    assert {
        "client_id": app.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scopes": ["openid", "email"],
        "prompt": "consent",
    } == logged(emulator, START)[0].json()
    assert response.consent_required
    assert (app.client_id, "Calendar", "Plans your day", "third_party") == (
        client.client_id,
        client.client_name,
        client.client_description,
        client.client_type,
    )
    assert [("openid", True), ("email", True)] == [
        (scope.scope, scope.is_grantable) for scope in response.scope_results
    ]


async def test_consent(member, emulator, app) -> None:
    """
    The browser goes back with a code and with what the app wants back; next time nobody asks.
    """
    challenge = PKCEPair.generate().code_challenge
    response = await submit(
        member, app, "openid", "email", state="s&=ü", nonce="n", code_challenge=challenge
    )
    again = await start(member, app, "openid")
    more = await start(member, app, "openid", "phone")
    anyway = await start(member, app, "openid", prompt="consent")

    assert {
        "client_id": app.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scopes": ["openid", "email"],
        "consent_granted": True,
        "state": "s&=ü",
        "nonce": "n",
        "code_challenge": challenge,
    } == logged(emulator, SUBMIT)[0].json()
    assert response.redirect_uri.startswith(CALLBACK)
    assert {"keep": "1", "code": response.authorization_code, "state": "s&=ü"} == (
        query(response.redirect_uri)
    )
    assert response.authorization_code
    assert [False, True, True] == [one.consent_required for one in (again, more, anyway)]


async def test_consent_refused(member, app) -> None:
    """
    The browser goes back with an error and without a code, and the next request is asked about.
    """
    response = await submit(member, app, consent_granted=False, state="s")

    assert {"keep": "1", "error": "access_denied", "state": "s"} == query(response.redirect_uri)
    assert response.authorization_code is None
    assert (await start(member, app)).consent_required


async def test_consent_of_one_member(admin, member, app) -> None:
    """
    What one Member has granted says nothing about another.
    """
    await submit(admin, app)

    assert [False, True] == [(await start(one, app)).consent_required for one in (admin, member)]


async def test_own_app(member, emulator) -> None:
    """
    For an app of the project's own the Member need not be asked.
    """
    own = emulator.create_connected_app(redirect_urls=[CALLBACK], full_access_allowed=True)

    assert not (await start(member, own, "openid", "full_access")).consent_required
    assert (await start(member, own, "offline_access")).consent_required


async def test_scopes_that_the_member_may_not_grant(admin, member, emulator, app) -> None:
    """
    A scope of the policy is granted by whoever may do what it allows.
    """
    write = [{"resource_id": "documents", "actions": ["write"]}]
    scope = {"scope": "write:documents", "description": "May write.", "permissions": write}
    emulator.set_policy(
        {"roles": [{"role_id": "stytch_admin", "permissions": write}], "scopes": [scope]}
    )
    results = [
        (await start(one, app, "openid", "write:documents")).scope_results
        for one in (admin, member)
    ]
    partly = await submit(member, app, "openid", "write:documents")

    assert [True, False] == [scopes[1].is_grantable for scopes in results]
    assert partly.authorization_code
    assert (BadRequestError, 400, "oauth_invalid_scope_requested") == await refusal(
        submit(member, app, "write:documents")
    )


@every_request
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"client_id": "nobody"}, (NotFoundError, 404, "connected_app_not_found")),
        (
            {"redirect_uri": "https://evil.example"},
            (
                AuthenticationError,
                401,
                "connected_app_supplied_redirect_url_not_found_in_client",
            ),
        ),
        ({"scopes": ["unheard.of"]}, (BadRequestError, 400, "oauth_invalid_scope_requested")),
        (
            {"scopes": ["full_access"]},
            (BadRequestError, 400, "third_party_clients_cannot_use_full_access"),
        ),
    ],
)
async def test_requests_that_are_refused(
    member, app, name: str, arguments: Any, expected: Any
) -> None:
    """
    An app gets nothing that it may not have, and the Member's session stays.
    """
    await member.session.authenticate()
    before = member.state

    assert expected == await refusal(CALLS[name](member, app, **arguments))
    assert before is member.state


@every_request
async def test_response_type(member, app, name: str) -> None:
    """
    Only codes are given out.
    """
    error, status, _ = await refusal(CALLS[name](member, app, response_type="token"))

    assert (BadRequestError, 400) == (error, status)


@every_request
async def test_organization_refuses_the_app(member, emulator, app, name: str) -> None:
    """
    An Organization that does not allow the app keeps its Members from it.
    """
    emulator.update_organization("Acme", third_party_connected_apps_allowed_type="NOT_ALLOWED")

    with pytest.raises(PermissionDeniedError) as caught:
        await CALLS[name](member, app)

    assert (403, "connected_app_not_allowed_for_org") == (
        caught.value.status_code,
        caught.value.error_type,
    )
    # It is the app that may not, whatever the Member's roles.
    assert () == caught.value.missing_permissions


async def test_public_app_needs_a_challenge(member, emulator) -> None:
    """
    An app that can keep no secret has to send a challenge.
    """
    app = emulator.create_connected_app("Phone", "third_party_public", redirect_urls=[CALLBACK])
    challenge = PKCEPair.generate().code_challenge

    assert (BadRequestError, 400, "pkce_required_for_idp_authorization_flow") == await refusal(
        submit(member, app)
    )
    assert (BadRequestError, 400, "invalid_pkce_code_challenge") == await refusal(
        submit(member, app, code_challenge="short")
    )
    assert (await submit(member, app, code_challenge=challenge)).authorization_code


async def test_logout(member, emulator, app, member_session) -> None:
    """
    The Member is asked unless the app proves by an ID token that it knows them.
    """
    asked = await log_out(member, app)
    known = await log_out(
        member, app, id_token_hint=emulator.create_id_token(member_session.member_id, app)
    )

    assert [True, False] == [asked.consent_required, known.consent_required]
    assert asked.redirect_uri == known.redirect_uri
    assert asked.redirect_uri.startswith(AFTERWARDS)
    assert {"keep": "1", "state": "s&=ü"} == query(asked.redirect_uri)


@pytest.mark.parametrize("whose", ["another member's", "another app's", "nobody's"])
async def test_logout_with_a_hint_that_proves_nothing(
    member, emulator, app, member_session, admin_session, whose: str
) -> None:
    """
    Any other ID token leaves the question open.
    """
    another = emulator.create_connected_app("Another")
    hint = {
        "another member's": emulator.create_id_token(admin_session.member_id, app),
        "another app's": emulator.create_id_token(member_session.member_id, another),
        "nobody's": "no.id.token",
    }[whose]

    assert (await log_out(member, app, id_token_hint=hint)).consent_required


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"client_id": "nobody"}, (NotFoundError, 404, "connected_app_not_found")),
        (
            {"post_logout_redirect_uri": "https://evil.example"},
            (
                AuthenticationError,
                401,
                "connected_app_supplied_redirect_url_not_found_in_client",
            ),
        ),
    ],
)
async def test_logouts_that_are_refused(member, app, arguments: Any, expected: Any) -> None:
    """
    The browser is sent nowhere but where the app has registered it; nobody is logged out.
    """
    before = member.state

    assert expected == await refusal(log_out(member, app, **arguments))
    assert before is member.state


@every_call
async def test_state_stays(member, app, name: str) -> None:
    """
    None of these calls changes anything of the client's state; nobody is logged out by them.
    """
    await member.session.authenticate()
    member.oauth.google.start(organization_slug="acme")
    before = member.state

    await CALLS[name](member, app)

    assert before is member.state
    assert 200 == (await member.session.authenticate()).status_code


@every_call
async def test_needs_a_session(client, emulator, app, name: str) -> None:
    """
    Without a session nothing is sent.
    """
    with pytest.raises(NoSessionError, match="log in first"):
        await CALLS[name](client, app)

    assert [] == operations(emulator)
    assert SessionState() == client.state


@every_call
async def test_session_that_is_gone(member, emulator, app, name: str) -> None:
    """
    A session that is gone is refused; the client keeps it until it asks about the session.
    """
    before = member.state
    emulator.clock.advance(hours=2)

    assert (AuthenticationError, 404, "session_not_found") == await refusal(
        CALLS[name](member, app)
    )
    assert before is member.state


async def test_lost_answer(member, emulator, app) -> None:
    """
    A lost answer to a consent is an unknown outcome; the consent is recorded.
    """
    emulator.faults.add(operation=SUBMIT, drop="after_read", handle=True)

    with pytest.raises(StytchOutcomeUnknownError):
        await submit(member, app)

    assert 1 == len(logged(emulator, SUBMIT))
    assert not (await start(member, app)).consent_required
