"""
The sandbox values that Stytch documents for magic links.

Stytch takes them from backends only, and documents that they do not work for frontend and mobile
SDKs. So nobody gets them here without asking for them.
"""

from __future__ import annotations

from datetime import timedelta

from ..store import MagicLink, Store
from . import members, organizations

ORGANIZATION_ID = "organization-test-007d9d4a-deac-4a87-ba0a-e6e8afba4d4b"
EMAIL_ADDRESS = "sandbox@stytch.com"
GOOD_TOKEN = "DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU94="
SPENT_TOKEN = "3pzjQpgksDlGKWEwUq2Up--hCHC_0oamfLHyfspKDFU="
UNKNOWN_TOKEN = "CprTtwhnRNiMBiUS2jSLcWYrfuO2POeBNdo5HhW6qTM="
"""No link ever has it; it needs no rule of its own."""


def enable(store: Store) -> None:
    """Take the sandbox values from now on, and create the organization and member they name."""
    store.project.accepts_sandbox_values = True
    if ORGANIZATION_ID in store.organizations:
        return
    organization = organizations.create(
        store, name="Sandbox", settings={}, organization_id=ORGANIZATION_ID
    )
    members.create(store, organization, email_address=EMAIL_ADDRESS, settings={})


def link(store: Store, token: str, *, is_discovery: bool) -> MagicLink | None:
    """
    Return the link that a sandbox token stands for, as if it had just been sent.

    Args:
        store: Where everything is.

        token: Any token.

        is_discovery: Stytch documents the same tokens for organizations and for discovery.
    """
    if not store.project.accepts_sandbox_values or token not in (GOOD_TOKEN, SPENT_TOKEN):
        return None
    organization = organizations.get(store, ORGANIZATION_ID)
    member = members.get_living_by_email(store, organization, EMAIL_ADDRESS)
    return MagicLink(
        token=token,
        email_address=EMAIL_ADDRESS,
        member_id=None if is_discovery else member.member_id,
        pkce_code_challenge=None,
        expires_at=store.clock.now() + timedelta(hours=1),
        used=token == SPENT_TOKEN,
    )
