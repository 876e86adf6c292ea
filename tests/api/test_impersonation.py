"""Acting as a Member whom one is not, by a token of the dashboard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    CaptchaRequiredError,
    SessionState,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import Emulator, Member
from stytch_b2b.models import LoggedIn
from tests.api.browsing import browse, logged_in, token_of
from tests.api.support import logged, operations, refusal

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
OPERATION = "impersonation.authenticate"

UNABLE = (AuthenticationError, 401, "unable_to_auth_impersonation_token")


@pytest.fixture
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has an account.
    """
    return emulator.create_member("Acme", ADA, "Ada", roles=["stytch_admin"])


async def impersonate(client: AsyncStytchB2BClient, token: str, **options: Any) -> Any:
    """
    Begin to act as somebody.
    """
    return await client.impersonation.authenticate(impersonation_token=token, **options)


async def test_session(client, emulator, ada) -> None:
    """
    The client acts as the Member; the session tells that it is an impersonation, and whose.
    """
    token = emulator.create_impersonation_token(ada, "support@acme.example")
    response = await impersonate(client, token)
    session = response.member_session
    (factor,) = session.authentication_factors

    assert {"impersonation_token": token} == logged(emulator, OPERATION)[0].json()
    assert LoggedIn(
        member_session=session, member=response.member, organization=response.organization
    ) == (response.outcome)
    assert (ada.member_id, ada.organization_id) == (response.member_id, response.organization_id)
    assert "impersonated" == factor.type
    assert "support@acme.example" == factor.impersonated_factor.impersonator_email_address
    assert timedelta(hours=1) == session.expires_at - session.started_at
    assert logged_in(response) == client.state
    assert ada.member_id == (await client.self.get()).member.member_id


async def test_instead_of_another_session(member, emulator, ada, member_session) -> None:
    """
    The session that was held is gone from the client, and lives on at the server.
    """
    await member.session.authenticate()

    response = await impersonate(member, emulator.create_impersonation_token(ada))
    before = member.with_session(session_token=member_session.session_token)

    assert logged_in(response) == member.state
    assert member_session.member_id == (await before.session.authenticate()).member.member_id


async def test_own_session_gains_nothing(admin, emulator, admin_session) -> None:
    """
    Not even a session of the same Member is strengthened: it is the Member's own.
    """
    token = emulator.create_impersonation_token(admin_session.member_id)
    response = await impersonate(admin, token)
    own = admin.with_session(session_token=admin_session.session_token)
    factors = (await own.session.authenticate()).member_session.authentication_factors

    assert admin_session.session_token != response.session_token
    assert ["magic_link"] == [factor.type for factor in factors]


async def test_keeps_what_waits(client, emulator, ada) -> None:
    """
    A login by OAuth that waits for its token is not disturbed.
    """
    url = client.oauth.google.start(organization_slug="acme")
    pairs = client.state.pkce_pairs
    response = await impersonate(client, emulator.create_impersonation_token(ada))
    kept = client.state
    await client.oauth.authenticate(oauth_token=token_of(await browse(emulator, url, ADA)))

    assert logged_in(response, pkce_pairs=pairs) == kept
    assert {} == dict(client.state.pkce_pairs)


async def test_replaces_an_unfinished_login(client, emulator, ada) -> None:
    """
    An intermediate session that was held is gone, and is not sent.
    """
    url = client.oauth.google.discovery.start()
    await client.oauth.discovery.authenticate(
        discovery_oauth_token=token_of(await browse(emulator, url, "eve@evil.example"))
    )
    response = await impersonate(client, emulator.create_impersonation_token(ada))

    assert {"impersonation_token"} == set(logged(emulator, OPERATION)[0].json())
    assert logged_in(response) == client.state


async def test_nothing_more_is_asked_for(client, emulator, ada) -> None:
    """
    How the Member would log in does not matter, and no second factor is asked for.
    """
    emulator.update_organization(
        "Acme",
        mfa_policy="REQUIRED_FOR_ALL",
        auth_methods="RESTRICTED",
        allowed_auth_methods=["sso"],
    )

    response = await impersonate(client, emulator.create_impersonation_token(ada))

    assert logged_in(response) == client.state


async def test_cannot_be_made_longer(client, emulator, ada) -> None:
    """
    However long a session is asked for, an impersonation ends after an hour.
    """
    response = await impersonate(client, emulator.create_impersonation_token(ada))
    refreshed = await client.session.authenticate(session_duration_minutes=600)
    emulator.clock.advance(hours=1)

    assert response.member_session.expires_at == refreshed.member_session.expires_at
    assert (AuthenticationError, 404, "session_not_found") == await refusal(
        client.session.authenticate()
    )
    assert SessionState() == client.state


@pytest.mark.parametrize("case", ["unknown", "used", "expired"])
async def test_tokens_that_are_not_good(member, make_client, emulator, ada, case: str) -> None:
    """
    Such a token logs nobody in, and nobody out.
    """
    await member.session.authenticate()
    token = emulator.create_impersonation_token(ada)
    match case:
        case "unknown":
            token = "nobody's"
        case "used":
            await impersonate(make_client(), token)
        case "expired":
            emulator.clock.advance(minutes=5)
    before = member.state

    assert UNABLE == await refusal(impersonate(member, token))
    assert before is member.state


async def test_member_who_may_not_be_impersonated(client, emulator, ada) -> None:
    """
    Nobody acts as a Member who is active no longer.
    """
    token = emulator.create_impersonation_token(ada)
    emulator.update_member(ada, status="deleted")

    assert (BadRequestError, 400, "action_available_only_for_active_members") == (
        await refusal(impersonate(client, token))
    )
    assert SessionState() == client.state


async def test_protected(client, emulator, ada) -> None:
    """
    Where the project demands a CAPTCHA the token is good for a second attempt with one.
    """
    emulator.set_protected_auth("DECISIONING")
    token = emulator.create_impersonation_token(ada)
    answer = await refusal(impersonate(client, token))
    response = await impersonate(
        client, token, captcha_token=emulator.create_captcha_token(), dfp_telemetry_id="unknown"
    )

    assert (CaptchaRequiredError, 403, "captcha_required") == answer
    assert logged_in(response) == client.state


async def test_lost_answer(client, emulator, ada) -> None:
    """
    A lost answer is an unknown outcome, and the call is not repeated.
    """
    token = emulator.create_impersonation_token(ada)
    emulator.faults.add(operation=OPERATION, drop="after_read", handle=True)

    with pytest.raises(StytchOutcomeUnknownError):
        await impersonate(client, token)

    assert [OPERATION] == operations(emulator)
    assert SessionState() == client.state
    assert UNABLE == await refusal(impersonate(client, token))
