"""
One way to log in, for ``logins.py``, again and again in a process of its own.

Prints as JSON how many milliseconds each walk took, and how many it took before them to make the
key of the emulator; without arguments, which ways there are. A walk is written once for both
clients: it yields what a method returns, and is sent the answer, awaited where that is needed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Generator
from time import perf_counter
from typing import Any, TypeAlias, cast

from stytch_b2b import AsyncStytchB2BClient, SessionState, StytchB2BClient
from stytch_b2b.emulator import Emulator, Member

Client: TypeAlias = AsyncStytchB2BClient | StytchB2BClient
Walk: TypeAlias = Generator[Any, Any, None]
Way: TypeAlias = Callable[[Client, Emulator, Member], Walk]

MINUTES = 60
PASSWORD = "six tall larches, one kite"
NEW_PASSWORD = "nine old boats, no harbour"
PHONE = "+15005550006"

WAYS: dict[str, Way] = {}


def way(title: str) -> Callable[[Way], Way]:
    def register(walk: Way) -> Way:
        WAYS[title] = walk
        return walk

    return register


def token_in(url: str, client: Client) -> str:
    found = client.parse_authenticate_url(url)
    assert found is not None
    return found.token


def choose(client: Client, answer: Any) -> Walk:
    """Enter the Organization that was discovered."""
    (found,) = answer.outcome.discovered_organizations
    yield client.discovery.intermediate_sessions.exchange(
        organization_id=found.organization.organization_id, session_duration_minutes=MINUTES
    )


# Before its first `yield` a walk arranges what is not measured, such as a phone that is enrolled or
# a token that somebody else makes.


@way("magic link")
def magic_link(client: Client, emulator: Emulator, member: Member) -> Walk:
    yield None
    yield client.magic_links.email.login_or_signup(
        organization_id=member.organization_id, email_address=member.email_address
    )
    yield client.magic_links.authenticate(
        magic_links_token=emulator.outbox.last(to=member.email_address).token,
        session_duration_minutes=MINUTES,
    )


@way("discovery by magic link")
def discovery(client: Client, emulator: Emulator, member: Member) -> Walk:
    yield None
    yield client.magic_links.email.discovery.send(email_address=member.email_address)
    answer = yield client.magic_links.discovery.authenticate(
        discovery_magic_links_token=emulator.outbox.last(to=member.email_address).token
    )
    yield from choose(client, answer)


@way("passcode by e-mail")
def email_otp(client: Client, emulator: Emulator, member: Member) -> Walk:
    yield None
    yield client.otps.email.login_or_signup(
        organization_id=member.organization_id, email_address=member.email_address
    )
    yield client.otps.email.authenticate(
        organization_id=member.organization_id,
        email_address=member.email_address,
        code=emulator.outbox.last(to=member.email_address).code,
        session_duration_minutes=MINUTES,
    )


@way("... and one by SMS")
def email_and_sms_otp(client: Client, emulator: Emulator, member: Member) -> Walk:
    emulator.enroll_phone(member, PHONE)
    yield from email_otp(client, emulator, member)
    yield client.otps.sms.authenticate(
        organization_id=member.organization_id,
        member_id=member.member_id,
        code=emulator.outbox.last(to=PHONE).code,
        session_duration_minutes=MINUTES,
    )


@way("password")
def password(client: Client, emulator: Emulator, member: Member) -> Walk:
    emulator.set_password(member, PASSWORD)
    yield None
    yield client.passwords.authenticate(
        organization_id=member.organization_id,
        email_address=member.email_address,
        password=PASSWORD,
        session_duration_minutes=MINUTES,
    )


@way("... and authenticator app")
def password_and_totp(client: Client, emulator: Emulator, member: Member) -> Walk:
    emulator.enroll_totp(member)
    yield from password(client, emulator, member)
    yield client.totp.authenticate(
        organization_id=member.organization_id,
        member_id=member.member_id,
        code=emulator.totp_code(member),
        session_duration_minutes=MINUTES,
    )


@way("... and recovery code")
def password_and_recovery_code(client: Client, emulator: Emulator, member: Member) -> Walk:
    emulator.enroll_totp(member)
    yield from password(client, emulator, member)
    yield client.recovery_codes.recover(
        organization_id=member.organization_id,
        member_id=member.member_id,
        recovery_code=member.recovery_codes[0],
        session_duration_minutes=MINUTES,
    )


@way("password reset by e-mail")
def password_reset(client: Client, emulator: Emulator, member: Member) -> Walk:
    emulator.set_password(member, PASSWORD)
    yield None
    yield client.passwords.reset_by_email_start(
        organization_id=member.organization_id, email_address=member.email_address
    )
    yield client.passwords.reset_by_email(
        password_reset_token=emulator.outbox.last(to=member.email_address).token,
        password=NEW_PASSWORD,
        session_duration_minutes=MINUTES,
    )


@way("OAuth")
def oauth(client: Client, emulator: Emulator, member: Member) -> Walk:
    yield None
    url = client.oauth.google.start(organization_id=member.organization_id)
    back = emulator.browser_login(url, member.email_address)
    yield client.oauth.authenticate(
        oauth_token=token_in(back, client), session_duration_minutes=MINUTES
    )


@way("OAuth discovery")
def oauth_discovery(client: Client, emulator: Emulator, member: Member) -> Walk:
    yield None
    url = client.oauth.google.discovery.start()
    back = emulator.browser_login(url, member.email_address)
    answer = yield client.oauth.discovery.authenticate(discovery_oauth_token=token_in(back, client))
    yield from choose(client, answer)


@way("SSO")
def sso(client: Client, emulator: Emulator, member: Member) -> Walk:
    connection = emulator.create_sso_connection(member.organization_id)
    yield None
    url = client.sso.start(connection_id=connection.connection_id)
    back = emulator.browser_login(url, member.email_address)
    yield client.sso.authenticate(
        sso_token=token_in(back, client), session_duration_minutes=MINUTES
    )


@way("impersonation")
def impersonation(client: Client, emulator: Emulator, member: Member) -> Walk:
    token = emulator.create_impersonation_token(member)
    yield None
    yield client.impersonation.authenticate(impersonation_token=token)


@way("access token")
def access_token(client: Client, emulator: Emulator, member: Member) -> Walk:
    token = emulator.create_access_token(member)
    yield None
    yield client.session.exchange_access_token(access_token=token, session_duration_minutes=MINUTES)


@way("attestation")
def attestation(client: Client, emulator: Emulator, member: Member) -> Walk:
    profile = emulator.create_trusted_token_profile()
    token = emulator.trusted_token(
        profile, member.email_address, organization=member.organization_id
    )
    yield None
    yield client.session.attest(
        profile_id=profile.profile_id, token=token, session_duration_minutes=MINUTES
    )


class Walker:
    """Somebody new in an Organization of their own, who has arranged a walk and not begun it."""

    def __init__(self, title: str, number: int, client: Client, emulator: Emulator) -> None:
        organization = emulator.create_organization(f"Example {number}")
        member = emulator.create_member(organization, f"ada-{number}@example.com")
        self._client = client.with_state(SessionState())
        self.walk = WAYS[title](self._client, emulator, member)
        next(self.walk)

    def check(self, answer: Any) -> None:
        assert answer.outcome.member_session == self._client.session.get_sync()


async def walk_async(title: str, emulator: Emulator, walks: int) -> list[float]:
    samples: list[float] = []
    async with AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url) as client:
        for number in range(walks):
            walker = Walker(title, number, client, emulator)
            answer = None
            start = perf_counter()
            try:
                while True:
                    answer = await cast("Awaitable[Any]", walker.walk.send(answer))
            except StopIteration:
                samples.append(1e3 * (perf_counter() - start))
            walker.check(answer)
    return samples


def walk_sync(title: str, emulator: Emulator, walks: int) -> list[float]:
    samples: list[float] = []
    with StytchB2BClient(emulator.public_token, base_url=emulator.url) as client:
        for number in range(walks):
            walker = Walker(title, number, client, emulator)
            answer = None
            start = perf_counter()
            try:
                while True:
                    answer = walker.walk.send(answer)
            except StopIteration:
                samples.append(1e3 * (perf_counter() - start))
            walker.check(answer)
    return samples


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("title", nargs="?", choices=WAYS)
    parser.add_argument("--blocking", action="store_true")
    parser.add_argument("--walks", type=int, default=20, help="beyond the first one")
    options = parser.parse_args()
    if options.title is None:
        print(json.dumps(list(WAYS)))
        return
    with Emulator() as emulator:
        start = perf_counter()
        emulator.sign_in("somebody@example.com", "Elsewhere")
        key = 1e3 * (perf_counter() - start)
        if options.blocking:
            first, *others = walk_sync(options.title, emulator, options.walks + 1)
        else:
            first, *others = asyncio.run(walk_async(options.title, emulator, options.walks + 1))
    print(json.dumps({"key": key, "first": first, "others": others}))


if __name__ == "__main__":
    main()
