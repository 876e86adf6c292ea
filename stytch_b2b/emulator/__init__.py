"""
A server that behaves like Stytch's B2B API, for tests and for trying things out.

It is a real HTTP server with state: sessions expire, links work once, permissions are enforced.
In a test:

    with Emulator() as emulator:
        signed_in = emulator.sign_in(roles=["stytch_admin"])
        client = StytchB2BClient(emulator.public_token, base_url=emulator.url)

From a shell: ``python -m stytch_b2b.emulator --port 4010``.
"""

from __future__ import annotations

from .clock import Clock
from .faults import Faults
from .outbox import Message, Outbox
from .request_log import LoggedRequest, RequestLog
from .seeding import SignedIn
from .server import Emulator
from .store import Member, Organization, ScimConnection, ScimGroup, SSOConnection, TOTPRegistration
from .trust import ConnectedApp, TrustedTokenProfile
from .visitor import LoginRefusedError

__all__ = [
    "Clock",
    "ConnectedApp",
    "Emulator",
    "Faults",
    "LoggedRequest",
    "LoginRefusedError",
    "Member",
    "Message",
    "Organization",
    "Outbox",
    "RequestLog",
    "SSOConnection",
    "ScimConnection",
    "ScimGroup",
    "SignedIn",
    "TOTPRegistration",
    "TrustedTokenProfile",
]
