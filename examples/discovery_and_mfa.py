"""
Log in without naming an Organization: prove an e-mail address, choose, prove a second factor.

Runs on the embedded emulator, whose outbox stands for the mailbox and the phone.
"""

from __future__ import annotations

import asyncio
import sys

from stytch_b2b import AsyncStytchB2BClient, LoggedIn, NeedsMFA, NeedsPrimaryFactor
from stytch_b2b.emulator import Emulator

ADA, PHONE = "ada@example.com", "+15005550006"


async def log_in(client: AsyncStytchB2BClient, emulator: Emulator) -> LoggedIn:
    """Walk from an e-mail address to a session."""
    await client.otps.email.discovery.send(email_address=ADA)
    discovery = await client.otps.email.discovery.authenticate(
        email_address=ADA, code=emulator.outbox.last(to=ADA).code
    )
    found = [each.organization for each in discovery.outcome.discovered_organizations]
    print(f"{ADA} may enter {', '.join(organization.organization_name for organization in found)}.")
    login = await client.discovery.intermediate_sessions.exchange(
        organization_id=found[0].organization_id, session_duration_minutes=60
    )
    match login.outcome:
        case LoggedIn() as logged_in:
            return logged_in
        case NeedsPrimaryFactor(allowed_auth_methods=allowed):
            sys.exit(f"{ADA} must log in another way first: {', '.join(allowed)}.")
        case NeedsMFA(organization_id=organization_id, member_id=member_id) as mfa:
            print(f"A second factor is needed. To set up: {' or '.join(mfa.enrollable)}.")
            await client.otps.sms.send(
                organization_id=organization_id, member_id=member_id, mfa_phone_number=PHONE
            )
            answer = await client.otps.sms.authenticate(
                organization_id=organization_id,
                member_id=member_id,
                code=emulator.outbox.last(to=PHONE).code,
                session_duration_minutes=60,
            )
            return answer.outcome


async def main() -> None:
    """Log in where a second factor is demanded of everybody."""
    with Emulator() as emulator:
        emulator.create_member(emulator.create_organization(mfa_policy="REQUIRED_FOR_ALL"), ADA)
        async with AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url) as client:
            logged_in = await log_in(client, emulator)
    factors = [factor.type for factor in logged_in.member_session.authentication_factors]
    print(f"Logged in by {' and '.join(factors)}.")


if __name__ == "__main__":
    asyncio.run(main())
