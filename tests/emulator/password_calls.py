"""The calls on passwords, as the tests of them make them."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stytch_b2b.emulator import Message

    from .conftest import Api, Reply

ROOT = "/sdk/v1/b2b/passwords"
ADA = "ada@example.com"
OLD = "violet-tundra-92-kite"
NEW = "seven.brass.lanterns.hum"
VERIFIER = "a" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]
CALLBACK = "http://localhost:3000/authenticate"

# What a password may be refused for, and with which error.
UNFIT = [
    ("zebra", "weak_password"),
    ("", "weak_password"),
    ("adaexample", "weak_password"),
    ("correct horse battery staple", "breached_password"),
    (OLD, "cannot_reset_password_with_existing_password"),
]


def authenticate(
    api: Api,
    password: str = OLD,
    email_address: str = ADA,
    *,
    session: str | None = None,
    **fields: Any,
) -> Reply:
    """
    Log in to Acme.
    """
    body = {
        "organization_id": "acme",
        "email_address": email_address,
        "password": password,
        "session_duration_minutes": 60,
        **fields,
    }
    return api.post(f"{ROOT}/authenticate", body, token=session)


def start(api: Api, email_address: str = ADA, **fields: Any) -> Reply:
    """
    Ask for a reset at Acme.
    """
    body = {"organization_id": "acme", "email_address": email_address, **fields}
    return api.post(f"{ROOT}/email/reset/start", body)


def sent(api: Api, email_address: str = ADA, **fields: Any) -> Message:
    """
    Ask for a reset and return the message.
    """
    assert start(api, email_address, **fields).status == 200
    return api.emulator.outbox.last(to=email_address, kind="reset_password")


def reset(api: Api, token: str, password: str = NEW, **fields: Any) -> Reply:
    """
    Set a password with the token of a message.
    """
    body = {"password_reset_token": token, "password": password, "session_duration_minutes": 60}
    return api.post(f"{ROOT}/email/reset", {**body, **fields})


def exchange(api: Api, new: str = NEW, existing: str = OLD, **fields: Any) -> Reply:
    """
    Set a password with the present one.
    """
    body = {
        "organization_id": "acme",
        "email_address": ADA,
        "existing_password": existing,
        "new_password": new,
        "session_duration_minutes": 60,
        **fields,
    }
    return api.post(f"{ROOT}/existing_password/reset", body)


def by_session(api: Api, token: str | None, password: str = NEW) -> Reply:
    """
    Set a password in a session.
    """
    return api.post(f"{ROOT}/session/reset", {"password": password}, token=token)


def discover(api: Api, password: str = OLD, email_address: str = ADA) -> Reply:
    """
    Log in before an organization is chosen.
    """
    body = {"email_address": email_address, "password": password}
    return api.post(f"{ROOT}/discovery/authenticate", body)


def start_discovery(api: Api, email_address: str = ADA, **fields: Any) -> Reply:
    """
    Ask for a reset before an organization is chosen.
    """
    return api.post(f"{ROOT}/discovery/reset/start", {"email_address": email_address, **fields})


def sent_discovery(api: Api, email_address: str = ADA, **fields: Any) -> Message:
    """
    Ask for a reset before an organization is chosen, and return the message.
    """
    assert start_discovery(api, email_address, **fields).status == 200
    return api.emulator.outbox.last(to=email_address, kind="reset_password")


def reset_discovery(api: Api, token: str, password: str = NEW, **fields: Any) -> Reply:
    """
    Set a password for every organization.
    """
    body = {"password_reset_token": token, "password": password, **fields}
    return api.post(f"{ROOT}/discovery/reset", body)


def is_alive(api: Api, session_token: str) -> bool:
    """
    Tell whether a session stands.
    """
    return api.get("/sdk/v1/b2b/organizations/me", token=session_token).status == 200


def lock(api: Api, email_address: str = ADA) -> None:
    """
    Guess until the member is locked.
    """
    api.emulator.set_lock_policy(attempts=1, minutes=5)
    assert authenticate(api, "guess", email_address).status == 401


def allow_only(api: Api, *methods: str) -> None:
    """
    Close the other ways of logging in to Acme.
    """
    api.emulator.update_organization(
        "Acme", auth_methods="RESTRICTED", allowed_auth_methods=list(methods)
    )
