"""Sessions that come of other tokens, that somebody else ends, or that get stronger."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    InvalidArgumentError,
    NoSessionError,
    NotFoundError,
    Permission,
    PermissionDeniedError,
    SessionState,
    StytchOutcomeUnknownError,
)
from stytch_b2b.emulator import Emulator, Member, TrustedTokenProfile
from stytch_b2b.models import LoggedIn, NeedsMFA, NeedsPrimaryFactor
from tests.api.browsing import browse, logged_in, token_of, unfinished
from tests.api.support import logged, operations, refusal, sent_as

pytestmark = pytest.mark.anyio

ADA = "ada@acme.example"
BOB = "bob@acme.example"
ATTEST = "session.attest"
EXCHANGE_ACCESS_TOKEN = "session.exchange_access_token"
REVOKE_FOR_MEMBER = "session.revoke_for_member"


@pytest.fixture
def ada(emulator: Emulator) -> Member:
    """
    Ada, who has an account and is logged in nowhere.
    """
    return emulator.create_member("Acme", ADA, "Ada")


@pytest.fixture
def profile(emulator: Emulator) -> TrustedTokenProfile:
    """
    An issuer that the project trusts.
    """
    return emulator.create_trusted_token_profile()


def factor_types(response: Any) -> list[str]:
    """
    Return what the session of an answer rests on.
    """
    return [factor.type for factor in response.member_session.authentication_factors]


async def exchange(client: AsyncStytchB2BClient, token: str) -> Any:
    """
    Exchange an access token for a session.
    """
    return await client.session.exchange_access_token(
        access_token=token, session_duration_minutes=30
    )


async def attest(client: AsyncStytchB2BClient, profile: Any, token: str, **options: Any) -> Any:
    """
    Exchange a trusted token for a session.
    """
    return await client.session.attest(profile_id=profile.profile_id, token=token, **options)


class TestExchange:
    """
    One session is exchanged for one in another Organization.
    """

    @pytest.fixture(autouse=True)
    def elsewhere(self, emulator: Emulator) -> Member:
        """
        Ada has an account in another Organization, too.
        """
        emulator.create_organization("Other", slug="other")
        return emulator.create_member("Other", ADA)

    async def test_there_and_back(self, admin, emulator, admin_session, elsewhere) -> None:
        """
        Of each Organization the client knows its own Member; the first session lives on.
        """
        there = await admin.session.exchange(organization_id="other", session_duration_minutes=30)
        after = admin.state
        back = await admin.session.exchange(organization_id="acme", session_duration_minutes=30)
        first = admin.with_session(session_token=admin_session.session_token)

        assert logged_in(there) == after
        assert elsewhere.member_id == there.member_id
        assert logged_in(back) == admin.state
        assert admin_session.member_id == back.member_id
        assert admin_session.session_token != back.session_token
        assert admin_session.member_id == (await first.session.authenticate()).member.member_id

    async def test_method_not_allowed(self, admin, emulator) -> None:
        """
        What was proved here may not do there: another way must follow, and the session is gone.
        """
        emulator.update_organization(
            "Other", auth_methods="RESTRICTED", allowed_auth_methods=["google_oauth"]
        )
        response = await admin.session.exchange(
            organization_id="other", session_duration_minutes=30
        )
        between = unfinished(response, admin), admin.state
        url = admin.oauth.google.start(organization_slug="other")
        completed = await admin.oauth.authenticate(
            oauth_token=token_of(await browse(emulator, url, ADA))
        )

        assert isinstance(response.outcome, NeedsPrimaryFactor)
        assert ("google_oauth",) == response.outcome.allowed_auth_methods
        assert between[0] == between[1]
        assert ["magic_link", "oauth"] == factor_types(completed)
        assert logged_in(completed) == admin.state

    async def test_second_factor(self, admin, emulator) -> None:
        """
        Nor is a session there to be had without the second factor that is demanded there.
        """
        emulator.update_organization("Other", mfa_policy="REQUIRED_FOR_ALL")

        response = await admin.session.exchange(
            organization_id="other", session_duration_minutes=30
        )

        assert isinstance(response.outcome, NeedsMFA)
        assert unfinished(response, admin) == admin.state

    async def test_deactivated_there(self, admin, emulator, elsewhere) -> None:
        """
        Who was deactivated there stays who they are here.
        """
        emulator.update_member(elsewhere, status="deleted")
        before = admin.state

        answer = await refusal(
            admin.session.exchange(organization_id="other", session_duration_minutes=30)
        )

        assert (NotFoundError, 404, "member_not_found") == answer
        assert before is admin.state


class TestAccessTokens:
    """
    The access token of a Connected App is exchanged for a session.
    """

    async def test_session(self, client, emulator, ada) -> None:
        """
        The client holds a session of the Member whom the token is about.
        """
        response = await exchange(client, emulator.create_access_token(ada))
        session = response.member_session

        assert LoggedIn(
            member_session=session, member=response.member, organization=response.organization
        ) == (response.outcome)
        assert ada.member_id == response.member_id
        assert timedelta(minutes=30) == session.expires_at - session.started_at
        assert logged_in(response) == client.state

    async def test_another_session(self, member, emulator, ada, member_session) -> None:
        """
        It takes the place of a session that was held, with all that was known of it.
        """
        await member.session.authenticate()

        response = await exchange(member, emulator.create_access_token(ada))

        assert member_session.member_id != response.member_id
        assert logged_in(response) == member.state

    async def test_keeps_what_waits(self, client, emulator, ada) -> None:
        """
        A login by OAuth that waits for its token can be ended afterwards.
        """
        url = client.oauth.google.start(organization_slug="acme")
        pairs = client.state.pkce_pairs
        response = await exchange(client, emulator.create_access_token(ada))
        kept = client.state
        await client.oauth.authenticate(oauth_token=token_of(await browse(emulator, url, ADA)))

        assert logged_in(response, pkce_pairs=pairs) == kept
        assert {} == dict(client.state.pkce_pairs)

    async def test_nothing_more_is_asked_for(self, client, emulator, ada) -> None:
        """
        Whoever gave the app its token was asked for everything then.
        """
        emulator.update_organization(
            "Acme",
            mfa_policy="REQUIRED_FOR_ALL",
            auth_methods="RESTRICTED",
            allowed_auth_methods=["sso"],
        )

        response = await exchange(client, emulator.create_access_token(ada))

        assert logged_in(response) == client.state

    @pytest.mark.parametrize(
        ("case", "expected"),
        [
            ("unknown", (NotFoundError, 404, "idp_access_token_not_found")),
            ("used", (NotFoundError, 404, "idp_access_token_could_not_be_exchanged")),
            ("expired", (AuthenticationError, 401, "idp_access_token_expired")),
            ("old", (AuthenticationError, 401, "oauth_access_token_exchange_token_too_old")),
            (
                "narrow",
                (PermissionDeniedError, 403, "oauth_access_token_exchange_missing_full_access"),
            ),
            ("deactivated", (BadRequestError, 400, "action_available_only_for_active_members")),
        ],
    )
    async def test_refusals(
        self, member, make_client, emulator, ada, case: str, expected: Any
    ) -> None:
        """
        A token that is not good logs nobody in, and nobody out.
        """
        await member.session.authenticate()
        token = emulator.create_access_token(
            ada, scopes=["openid"] if case == "narrow" else ["full_access"]
        )
        match case:
            case "unknown":
                token = "nobody's"
            case "used":
                await exchange(make_client(), token)
            case "expired":
                emulator.clock.advance(minutes=60)
            case "old":
                emulator.clock.advance(minutes=5)
            case "deactivated":
                emulator.update_member(ada, status="deleted")
        before = member.state

        assert expected == await refusal(exchange(member, token))
        assert before is member.state

    async def test_missing_scope_is_no_missing_permission(self, client, emulator, ada) -> None:
        """
        A token for less than everything is explained by the API's words, not by roles.
        """
        with pytest.raises(PermissionDeniedError) as caught:
            await exchange(client, emulator.create_access_token(ada, scopes=["openid"]))

        assert () == caught.value.missing_permissions == caught.value.required_permissions
        assert caught.value.sent

    async def test_lost_answer(self, client, emulator, ada) -> None:
        """
        A lost answer is an unknown outcome, and the call is not repeated.
        """
        emulator.faults.add(operation=EXCHANGE_ACCESS_TOKEN, drop="after_read", handle=True)

        with pytest.raises(StytchOutcomeUnknownError):
            await exchange(client, emulator.create_access_token(ada))

        assert SessionState() == client.state
        assert [EXCHANGE_ACCESS_TOKEN] == operations(emulator)

    async def test_duration(self, client, emulator) -> None:
        """
        A duration outside of the API's range is refused before anything is sent.
        """
        with pytest.raises(InvalidArgumentError, match="session_duration_minutes"):
            await client.session.exchange_access_token(access_token="t", session_duration_minutes=4)

        assert [] == operations(emulator)


class TestAttest:
    """
    A JWT of an issuer whom the project trusts is exchanged for a session.
    """

    @pytest.mark.parametrize("named_by", ["token", "argument"])
    async def test_logged_out(self, client, emulator, ada, profile, named_by: str) -> None:
        """
        Whoever is logged out gets a session of the Member whom the token names, for an hour.
        """
        by_token = named_by == "token"
        token = emulator.trusted_token(profile, ADA, organization="acme" if by_token else None)
        options = {} if by_token else {"organization_id": "acme"}
        response = await attest(client, profile, token, **options)
        session = response.member_session

        assert {"profile_id": profile.profile_id, "token": token, **options} == (
            logged(emulator, ATTEST)[0].json()
        )
        assert ada.member_id == response.member_id
        assert ["trusted_auth_token"] == factor_types(response)
        assert timedelta(hours=1) == session.expires_at - session.started_at
        assert logged_in(response) == client.state

    async def test_strengthens(self, admin, emulator, profile, admin_session) -> None:
        """
        A session of the same Member gains the factor and ends when it would have.
        """
        before = (await admin.session.authenticate()).member_session
        emulator.clock.advance(minutes=10)
        response = await attest(admin, profile, emulator.trusted_token(profile, ADA))

        assert admin_session.session_token == sent_as(logged(emulator, ATTEST)[0])
        assert admin_session.session_token == response.session_token
        assert ["magic_link", "trusted_auth_token"] == factor_types(response)
        assert before.expires_at == response.member_session.expires_at
        assert logged_in(response) == admin.state

    async def test_new_end(self, admin, emulator, profile) -> None:
        """
        With a duration the session ends that long from now on.
        """
        response = await attest(
            admin, profile, emulator.trusted_token(profile, ADA), session_duration_minutes=120
        )

        assert (
            (timedelta(minutes=119))
            < (response.member_session.expires_at - emulator.clock.now())
            <= timedelta(minutes=120)
        )

    async def test_another_member(self, member, emulator, ada, profile, member_session) -> None:
        """
        A token about somebody else takes the place of the session that was held.
        """
        await member.session.authenticate()

        response = await attest(
            member, profile, emulator.trusted_token(profile, ADA, organization="acme")
        )

        assert ada.member_id == response.member_id
        assert member_session.session_token != response.session_token
        assert logged_in(response) == member.state

    async def test_newcomer(self, client, emulator) -> None:
        """
        A profile may say that somebody new becomes a Member.
        """
        generous = emulator.create_trusted_token_profile(can_jit_provision=True)
        token = emulator.trusted_token(generous, "new@else.example", organization="acme")

        response = await attest(client, generous, token)

        assert "new@else.example" == client.state.member.email_address
        assert logged_in(response) == client.state

    @pytest.mark.parametrize(
        ("case", "expected"),
        [
            ("unknown profile", (NotFoundError, 404, "trusted_token_profile_not_found")),
            ("unknown organization", (NotFoundError, 404, "organization_not_found")),
            ("unknown member", (NotFoundError, 404, "member_not_found")),
            ("no organization", (BadRequestError, 400, "token_missing_organization_id_claim")),
            ("two organizations", (BadRequestError, 400, "invalid_token_organization_id_claim")),
            ("forged", (AuthenticationError, 401, "invalid_trusted_auth_token")),
            ("expired", (AuthenticationError, 401, "invalid_trusted_auth_token")),
            ("used", (AuthenticationError, 401, "invalid_trusted_auth_token")),
            ("another audience", (AuthenticationError, 401, "invalid_trusted_auth_token")),
            ("deactivated", (BadRequestError, 400, "action_available_only_for_active_members")),
        ],
    )
    async def test_refusals(
        self, client, make_client, emulator, ada, profile, case: str, expected: Any
    ) -> None:
        """
        A token that is not good logs nobody in.
        """
        emulator.create_organization("Other", slug="other")
        token = emulator.trusted_token(
            profile,
            "nobody@acme.example" if case == "unknown member" else ADA,
            organization=None if case == "no organization" else "acme",
            claims={"aud": "another"} if case == "another audience" else None,
        )
        options: dict[str, Any] = {}
        match case:
            case "unknown profile":
                options["profile_id"] = "nobody's"
            case "unknown organization":
                options["organization_id"] = "nobody's"
            case "two organizations":
                options["organization_id"] = "other"
            case "forged":
                stranger = emulator.create_trusted_token_profile("Stranger")
                token = emulator.trusted_token(stranger, ADA, organization="acme")
            case "expired":
                emulator.clock.advance(minutes=10)
            case "used":
                await attest(make_client(), profile, token)
            case "deactivated":
                emulator.update_member(ada, status="deleted")
        arguments = {"profile_id": profile.profile_id, "token": token, **options}

        assert expected == await refusal(client.session.attest(**arguments))
        assert SessionState() == client.state

    async def test_refusal_keeps_the_session(self, member, emulator, profile) -> None:
        """
        A token that is not good logs nobody out either.
        """
        await member.session.authenticate()
        before = member.state

        assert (AuthenticationError, 401, "invalid_trusted_auth_token") == await refusal(
            attest(member, profile, "no.jwt.at-all")
        )
        assert before is member.state

    async def test_lost_answer(self, client, emulator, ada, profile) -> None:
        """
        A lost answer is an unknown outcome: the token may be used up.
        """
        token = emulator.trusted_token(profile, ADA, organization="acme")
        emulator.faults.add(operation=ATTEST, drop="after_read", handle=True)

        with pytest.raises(StytchOutcomeUnknownError):
            await attest(client, profile, token)

        assert SessionState() == client.state
        assert (AuthenticationError, 401, "invalid_trusted_auth_token") == await refusal(
            attest(client, profile, token)
        )


class TestRevokeForMember:
    """
    Somebody ends all sessions of somebody else.
    """

    async def test_ends_all_sessions(self, admin, member, emulator, member_session) -> None:
        """
        Every session of the Member ends; the one who ended them keeps theirs.
        """
        another = emulator.create_session(member_session.member_id)
        await admin.session.authenticate()
        before = admin.state

        response = await admin.session.revoke_for_member(member_session.member_id)

        assert 200 == response.status_code
        assert before is admin.state
        assert (await admin.session.authenticate()).status_code == 200
        for view in (member, admin.with_session(session_token=another.session_token)):
            assert (AuthenticationError, 404, "session_not_found") == await refusal(
                view.session.authenticate()
            )

    async def test_own_sessions(self, admin, emulator, admin_session) -> None:
        """
        Whoever ends their own learns of it at the next call, not before.
        """
        await admin.session.authenticate()
        before = admin.state

        await admin.session.revoke_for_member(admin_session.member_id)
        kept = admin.state

        assert before is kept
        assert (AuthenticationError, 404, "session_not_found") == await refusal(
            admin.session.authenticate()
        )
        assert SessionState() == admin.state

    async def test_without_permission(self, member, admin_session, emulator) -> None:
        """
        Who may not is told what is missing, and which role would grant it.
        """
        await member.session.authenticate()
        before = member.state

        with pytest.raises(PermissionDeniedError) as caught:
            await member.session.revoke_for_member(admin_session.member_id)
        error = caught.value
        missing = Permission("stytch.member", "revoke-sessions")

        assert (REVOKE_FOR_MEMBER, 403, "session_authorization_error") == (
            error.endpoint,
            error.status_code,
            error.error_type,
        )
        assert (missing,) == error.missing_permissions == error.required_permissions
        assert ("stytch_member",) == error.held_roles
        assert ("stytch_admin",) == error.granting_roles
        assert error.sent
        assert f"missing {missing}" in str(error)
        assert "granted by: stytch_admin" in str(error)
        assert before is member.state

    async def test_refused_by_the_client(self, make_client, emulator, member_session) -> None:
        """
        A client that enforces permissions refuses by itself.
        """
        client = make_client(permission_checks="enforce")
        client.session.update_session(session_token=member_session.session_token)
        await client.session.authenticate()

        with pytest.raises(PermissionDeniedError) as caught:
            await client.session.revoke_for_member("member")

        assert not caught.value.sent
        assert [] == logged(emulator, REVOKE_FOR_MEMBER)

    async def test_unknown_member(self, admin, emulator) -> None:
        """
        A Member of another Organization is as unknown as nobody.
        """
        emulator.create_organization("Other", slug="other")
        stranger = emulator.create_member("Other", "eve@other.example")
        before = admin.state

        for member_id in (stranger.member_id, "nobody"):
            assert (NotFoundError, 404, "member_not_found") == await refusal(
                admin.session.revoke_for_member(member_id)
            )
        assert before is admin.state

    async def test_expired(self, admin, emulator, member_session) -> None:
        """
        With a session that is gone nobody's sessions are ended; the client keeps it.
        """
        before = admin.state
        emulator.clock.advance(hours=2)

        assert (AuthenticationError, 404, "session_not_found") == await refusal(
            admin.session.revoke_for_member(member_session.member_id)
        )
        assert before is admin.state

    async def test_needs_a_session(self, client, emulator) -> None:
        """
        Without a session nothing is sent.
        """
        with pytest.raises(NoSessionError):
            await client.session.revoke_for_member("member")

        assert [] == operations(emulator)


class TestTakingOver:
    """
    A session that was made elsewhere, taken over and then asked about.
    """

    @pytest.mark.parametrize("with_jwt", [False, True])
    async def test_inject_and_authenticate(
        self, member, emulator, admin_session, with_jwt: bool
    ) -> None:
        """
        Nothing is known of it before the server was asked, and everything afterwards.
        """
        await member.session.authenticate()
        jwt = admin_session.session_jwt if with_jwt else None

        member.session.update_session(session_token=admin_session.session_token, session_jwt=jwt)
        injected = member.state
        response = await member.session.authenticate()

        assert SessionState(session_token=admin_session.session_token, session_jwt=jwt) == injected
        assert admin_session.member_id == response.member.member_id
        assert logged_in(response) == member.state

    async def test_injected_in_an_unfinished_login(
        self, client, emulator, admin_session, ada_elsewhere
    ) -> None:
        """
        An unfinished login is forgotten, while a flow that waits for its token goes on.
        """
        url = client.oauth.google.discovery.start()
        await client.oauth.discovery.authenticate(
            discovery_oauth_token=token_of(await browse(emulator, url, ADA))
        )
        client.oauth.google.start(organization_slug="acme")
        pairs = client.state.pkce_pairs

        client.session.update_session(session_token=admin_session.session_token)

        assert SessionState(session_token=admin_session.session_token, pkce_pairs=pairs) == (
            client.state
        )

    async def test_injected_and_worthless(self, client) -> None:
        """
        A token that is worthless is forgotten when the server says so.
        """
        client.session.update_session(session_token="worthless")

        assert (AuthenticationError, 404, "session_not_found") == await refusal(
            client.session.authenticate()
        )
        assert SessionState() == client.state

    @pytest.fixture
    def ada_elsewhere(self, emulator: Emulator) -> Member:
        """
        Ada in another Organization, so that there is something to choose.
        """
        emulator.create_organization("Other", slug="other")
        return emulator.create_member("Other", ADA)


class TestStepUp:
    """
    A login on top of a session strengthens the session.
    """

    async def test_factor_by_factor(self, admin, emulator, admin_session, profile) -> None:
        """
        By link, then OAuth, then SSO, then a trusted token: one session, with all of them.
        """
        connection = emulator.create_sso_connection("Acme")
        url = admin.oauth.google.start(organization_slug="acme")
        await admin.oauth.authenticate(oauth_token=token_of(await browse(emulator, url, ADA)))
        url = admin.sso.start(connection_id=connection.connection_id)
        await admin.sso.authenticate(
            sso_token=token_of(await browse(emulator, url, ADA)), session_duration_minutes=60
        )
        response = await attest(admin, profile, emulator.trusted_token(profile, ADA))

        assert ["magic_link", "oauth", "sso", "trusted_auth_token"] == factor_types(response)
        assert admin_session.session_token == admin.state.session_token
        assert admin_session.member_session_id == response.member_session.member_session_id
        assert logged_in(response) == admin.state

    async def test_the_same_again(self, admin, emulator) -> None:
        """
        A factor that is proved again is there once, with the time of the last proof.
        """
        times = []
        for _ in range(2):
            emulator.clock.advance(minutes=5)
            url = admin.oauth.google.start(organization_slug="acme")
            response = await admin.oauth.authenticate(
                oauth_token=token_of(await browse(emulator, url, ADA))
            )
            times.append(response.member_session.authentication_factors[-1].last_authenticated_at)

        assert ["magic_link", "oauth"] == factor_types(response)
        assert times[0] < times[1]

    async def test_a_session_that_is_gone_gains_nothing(
        self, admin, emulator, admin_session
    ) -> None:
        """
        With a session that is gone the login begins a new one.
        """
        emulator.clock.advance(hours=2)
        url = admin.oauth.google.start(organization_slug="acme")
        response = await admin.oauth.authenticate(
            oauth_token=token_of(await browse(emulator, url, ADA))
        )

        assert ["oauth"] == factor_types(response)
        assert admin_session.session_token != response.session_token
        assert logged_in(response) == admin.state
