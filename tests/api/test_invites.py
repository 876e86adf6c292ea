"""Invitations: sent by one Member's client, opened by whoever was invited in another."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    Decision,
    LoggedIn,
    NeedsMFA,
    NoSessionError,
    PermissionDeniedError,
    PKCEPair,
    SessionState,
)
from stytch_b2b.emulator import Emulator
from tests.api.support import logged, operations, sent_as

pytestmark = pytest.mark.anyio

EVE = "eve@elsewhere.example"
INVITE = "magic_links.email.invite"
AUTHENTICATE = "magic_links.authenticate"
VERIFIER = "pkce_code_verifier"


async def open_link(client: AsyncStytchB2BClient, emulator: Emulator, **options: Any) -> Any:
    """
    Open the last link that Eve got.
    """
    return await client.magic_links.authenticate(
        magic_links_token=emulator.outbox.last(to=EVE).token,
        session_duration_minutes=60,
        **options,
    )


class TestInviting:
    """
    What sending an invitation does.
    """

    async def test_everything_is_sent(self, admin, emulator, admin_session) -> None:
        """
        The new Member is there at once, with all that was said of it, and the link on its way.
        """
        emulator.register_redirect_url("https://acme.example/welcome", "invite")
        response = await admin.magic_links.email.invite(
            email_address="Eve@Elsewhere.example",
            invite_redirect_url="https://acme.example/welcome",
            invite_template_id="template",
            name="Eve",
            untrusted_metadata={"team": "blue"},
            locale="es",
            roles=["stytch_admin"],
            invite_expiration_minutes=60,
        )
        (request,) = logged(emulator, INVITE)
        message = emulator.outbox.last()

        assert admin_session.session_token == sent_as(request)
        assert {
            "email_address": "Eve@Elsewhere.example",
            "invite_redirect_url": "https://acme.example/welcome",
            "invite_template_id": "template",
            "name": "Eve",
            "untrusted_metadata": {"team": "blue"},
            "locale": "es",
            "roles": ["stytch_admin"],
            "invite_expiration_minutes": 60,
        } == request.json()
        assert ("invite", EVE) == (message.kind, message.to)
        assert message.url.startswith("https://acme.example/welcome?")
        assert ["multi_tenant_magic_links"] == parse_qs(urlsplit(message.url).query)[
            "stytch_token_type"
        ]
        assert (EVE, "invited", "Eve") == (
            response.member.email_address,
            response.member.status,
            response.member.name,
        )
        assert response.member_id == response.member.member_id
        assert {"team": "blue"} == response.member.untrusted_metadata
        assert "stytch_admin" in {role.role_id for role in response.member.roles}
        assert "Acme" == response.organization.organization_name

    async def test_changes_nothing_here(self, admin) -> None:
        """
        The inviting client stays who it was, and makes no PKCE pair: the link is not for it.
        """
        await admin.session.authenticate()
        before = admin.state

        await admin.magic_links.email.invite(email_address=EVE)

        assert before is admin.state
        assert {} == dict(admin.state.pkce_pairs)

    async def test_permission(self, member, admin, emulator) -> None:
        """
        A Member without the permission is refused, and told which one it lacks.
        """
        with pytest.raises(PermissionDeniedError) as caught:
            await member.magic_links.email.invite(email_address=EVE)
        error = caught.value

        assert (403, "session_authorization_error") == (error.status_code, error.error_type)
        assert [("stytch.member", "create")] == [
            (each.resource, each.action) for each in error.missing_permissions
        ]
        assert error.sent
        assert 0 == len(emulator.outbox)
        assert Decision.DENIED is await member.can(member.magic_links.email.invite)
        assert Decision.ALLOWED is await admin.can(admin.magic_links.email.invite)

    async def test_permission_enforced(self, member, emulator) -> None:
        """
        A client that enforces permissions does not even send it.
        """
        await member.session.authenticate()
        careful = member.with_options(permission_checks="enforce")

        with pytest.raises(PermissionDeniedError) as caught:
            await careful.magic_links.email.invite(email_address=EVE)

        assert not caught.value.sent
        assert INVITE not in operations(emulator)

    async def test_nobody(self, client, emulator) -> None:
        """
        Without a session nobody invites.
        """
        with pytest.raises(NoSessionError) as caught:
            await client.magic_links.email.invite(email_address=EVE)

        assert INVITE == caught.value.endpoint
        assert [] == operations(emulator)

    async def test_session_that_ended(self, admin, emulator, admin_session) -> None:
        """
        Nor does a session that has ended; the client keeps it until it asks about the session.
        """
        emulator.clock.advance(hours=1)

        with pytest.raises(AuthenticationError) as caught:
            await admin.magic_links.email.invite(email_address=EVE)

        assert (404, "session_not_found") == (caught.value.status_code, caught.value.error_type)
        assert admin_session.session_token == admin.state.session_token

    async def test_active_member(self, admin, emulator, member_session) -> None:
        """
        Who is a Member already is not invited.
        """
        with pytest.raises(ConflictError) as caught:
            await admin.magic_links.email.invite(email_address="bob@acme.example")

        assert (400, "duplicate_member_email") == (
            caught.value.status_code,
            caught.value.error_type,
        )
        assert 0 == len(emulator.outbox)

    @pytest.mark.parametrize(
        ("settings", "arguments", "error_type"),
        [
            ({"email_invites": "NOT_ALLOWED"}, {}, "invalid_email_for_invites"),
            (
                {"email_invites": "RESTRICTED", "email_allowed_domains": ["acme.example"]},
                {},
                "invalid_email_for_invites",
            ),
            (
                {"auth_methods": "RESTRICTED", "allowed_auth_methods": ["sso"]},
                {},
                "operation_restricted_by_organization_auth_methods",
            ),
            ({}, {"email_address": "eve"}, "invalid_email"),
            ({}, {"roles": ["emperor"]}, "invalid_rbac_role_id"),
            ({}, {"roles": ["stytch_member"]}, "cannot_assign_default_rbac_role_id"),
            ({}, {"invite_redirect_url": "welcome"}, "invalid_invite_redirect_url"),
            (
                {},
                {"invite_redirect_url": "https://elsewhere.example"},
                "no_match_for_provided_magic_link_url",
            ),
            ({}, {"invite_expiration_minutes": 4}, "invalid_expiration"),
        ],
    )
    async def test_refused(
        self,
        admin,
        emulator,
        settings: dict[str, Any],
        arguments: dict[str, Any],
        error_type: str,
    ) -> None:
        """
        What the Organization or the project does not allow is a bad request, and invites nobody.
        """
        emulator.update_organization("Acme", **settings)

        with pytest.raises(BadRequestError) as caught:
            await admin.magic_links.email.invite(**{"email_address": EVE, **arguments})

        assert (BadRequestError, 400, error_type) == (
            type(caught.value),
            caught.value.status_code,
            caught.value.error_type,
        )
        assert 0 == len(emulator.outbox)

    async def test_deactivated_member(self, admin, emulator) -> None:
        """
        Who was deactivated is not invited, either.
        """
        emulator.create_member("Acme", EVE, status="deleted")

        with pytest.raises(BadRequestError) as caught:
            await admin.magic_links.email.invite(email_address=EVE)

        assert 400 == caught.value.status_code
        assert "action_available_only_for_active_members" == caught.value.error_type


class TestAccepting:
    """
    What opening the link does, in the client of whoever was invited.
    """

    @pytest.fixture(autouse=True)
    async def invited(self, admin: AsyncStytchB2BClient) -> Any:
        """
        Eve, who is invited to Acme.
        """
        return await admin.magic_links.email.invite(email_address=EVE, roles=["stytch_admin"])

    async def test_joins(self, make_client, emulator, invited) -> None:
        """
        Another client logs in by the link; the Member is active and has its roles.
        """
        theirs = make_client()
        response = await open_link(theirs, emulator)
        (request,) = logged(emulator, AUTHENTICATE)

        assert isinstance(response.outcome, LoggedIn)
        assert (invited.member_id, "active") == (
            theirs.state.member.member_id,
            theirs.state.member.status,
        )
        assert response.session_token == theirs.state.session_token
        assert VERIFIER not in request.json()
        assert emulator.public_token == sent_as(request)
        assert Decision.ALLOWED is await theirs.can(theirs.magic_links.email.invite)

    @pytest.mark.parametrize(
        "flows", [["magic_links"], ["passwords"], ["magic_links", "passwords"], ["oauth", "sso"]]
    )
    async def test_left_over_pairs(self, make_client, emulator, flows: list[str]) -> None:
        """
        Pairs of flows that wait do not stand in the way, and wait on.
        """
        pairs = {flow: PKCEPair.generate() for flow in flows}
        theirs = make_client().with_state(SessionState(pkce_pairs=pairs))
        response = await open_link(theirs, emulator)
        tried = [VERIFIER in request.json() for request in logged(emulator, AUTHENTICATE)]

        assert ([False] if flows == ["oauth", "sso"] else [True, False]) == tried
        assert len(tried) == response.meta.attempts
        assert response.session_token == theirs.state.session_token
        assert pairs == theirs.state.pkce_pairs

    async def test_pairs_of_the_real_flows(self, make_client, emulator) -> None:
        """
        Nor do those of a link and a reset that Eve asked for; both open afterwards.
        """
        invitation = emulator.outbox.last(to=EVE)
        theirs = make_client()
        await theirs.passwords.reset_by_email_start(email_address=EVE, organization_id="acme")
        await theirs.magic_links.email.login_or_signup(email_address=EVE, organization_id="acme")
        reset, link = emulator.outbox[-2:]
        waiting = dict(theirs.state.pkce_pairs)
        for token in (invitation.token, link.token):
            await theirs.magic_links.authenticate(
                magic_links_token=token, session_duration_minutes=60
            )
        remaining = set(theirs.state.pkce_pairs)
        await theirs.passwords.reset_by_email(
            password_reset_token=reset.token,
            password="seven.brass.lanterns.hum",
            session_duration_minutes=60,
        )

        assert {"magic_links", "passwords"} == set(waiting)
        assert {"passwords"} == remaining
        assert {} == dict(theirs.state.pkce_pairs)
        assert EVE == theirs.state.member.email_address

    async def test_verifier_of_the_caller(self, client, emulator) -> None:
        """
        A verifier that the caller insists on is superfluous, and does not use the link up.
        """
        with pytest.raises(BadRequestError) as caught:
            await open_link(client, emulator, pkce_code_verifier="v" * 43)
        refused = client.state
        await open_link(client, emulator)

        assert (400, "pkce_did_not_expect_code_verifier") == (
            caught.value.status_code,
            caught.value.error_type,
        )
        assert SessionState() == refused
        assert EVE == client.state.member.email_address

    async def test_invited_again(self, admin, make_client, emulator, invited) -> None:
        """
        A second invitation is another link to the same Member; each of the two works once.
        """
        again = await admin.magic_links.email.invite(email_address=EVE, name="Eve")
        tokens = [message.token for message in emulator.outbox]
        members = []
        for token in tokens:
            response = await make_client().magic_links.authenticate(
                magic_links_token=token, session_duration_minutes=60
            )
            members.append(response.member_id)

        assert 2 == len(set(tokens))
        assert [invited.member_id] * 2 == members == [again.member_id] * 2

    @pytest.mark.parametrize("spent", ["used", "expired"])
    async def test_spent_link(self, make_client, emulator, spent: str) -> None:
        """
        The link works once, and for a week.
        """
        emulator.clock.advance(minutes=7 * 24 * 60 - 1)
        if spent == "used":
            await open_link(make_client(), emulator)
        else:
            emulator.clock.advance(minutes=1)
        late = make_client()

        with pytest.raises(AuthenticationError) as caught:
            await open_link(late, emulator)

        assert (401, "unable_to_auth_magic_link") == (
            caught.value.status_code,
            caught.value.error_type,
        )
        assert SessionState() == late.state

    async def test_by_another_member(self, member, emulator, member_session) -> None:
        """
        A client that acts as somebody else becomes the invited Member; the other session lives.
        """
        await member.session.authenticate()
        before = member.state
        await open_link(member, emulator)

        assert EVE == member.state.member.email_address
        assert member_session.session_token != member.state.session_token
        renewed = await member.with_state(before).session.authenticate()
        assert before.session_token == renewed.session_token

    async def test_second_factor(self, client, emulator) -> None:
        """
        Where the Organization demands a second factor, the invited have to enrol first.
        """
        emulator.update_organization("Acme", mfa_policy="REQUIRED_FOR_ALL")
        response = await open_link(client, emulator)
        outcome = response.outcome

        assert isinstance(outcome, NeedsMFA)
        assert ((), ("totp", "sms_otp")) == (outcome.enrolled, outcome.enrollable)
        assert response.intermediate_session_token == client.state.intermediate_session_token
        assert client.state.session_token is None

    @pytest.mark.parametrize(
        "fault", [{"status": 500}, {"drop": "after_read"}, {"delay": 600, "handle": False}]
    )
    async def test_can_be_tried_again(self, make_client, emulator, fault: dict[str, Any]) -> None:
        """
        After a failure of the server or the network the link can be opened again.
        """
        pairs = {"magic_links": PKCEPair.generate()}
        theirs = make_client(timeout=0.1).with_state(SessionState(pkce_pairs=pairs))
        emulator.faults.add(operation=AUTHENTICATE, **fault)
        with pytest.raises(Exception, match=AUTHENTICATE):
            await open_link(theirs, emulator)
        failed = theirs.state
        await open_link(theirs.with_options(timeout=10), emulator)

        assert SessionState(pkce_pairs=pairs) == failed
        assert EVE == theirs.state.member.email_address
