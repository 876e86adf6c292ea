"""Passwords."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import password_resets, passwords, strength
from ..schema import Field
from .operation import Call, operation


@operation(
    "passwords.authenticate",
    organization_id=Field("string", required=True),
    email_address=Field("string", required=True),
    password=Field("string", required=True),
    session_duration_minutes=Field("integer"),
    locale=Field("string"),
    intermediate_session_token=Field("string"),
)
def authenticate(call: Call) -> dict[str, Any]:
    """Log in with a password."""
    login = passwords.authenticate(
        call.store,
        organization_id=call.body["organization_id"],
        email_address=call.body["email_address"],
        password=call.body["password"],
        duration_minutes=call.duration_minutes,
        earlier=call.earlier,
    )
    return shapes.login(call.store, login)


@operation(
    "passwords.reset_by_email_start",
    organization_id=Field("string", required=True),
    email_address=Field("string", required=True),
    login_redirect_url=Field("string"),
    reset_password_redirect_url=Field("string"),
    reset_password_expiration_minutes=Field("integer"),
    reset_password_template_id=Field("string"),
    verify_email_template_id=Field("string"),
    code_challenge=Field("string"),
    locale=Field("string"),
)
def reset_by_email_start(call: Call) -> dict[str, Any]:
    """Send a member a link to set a new password."""
    password_resets.start(
        call.store,
        organization_id=call.body["organization_id"],
        email_address=call.body["email_address"],
        login_redirect_url=call.body.get("login_redirect_url"),
        reset_password_redirect_url=call.body.get("reset_password_redirect_url"),
        expiration_minutes=call.body.get("reset_password_expiration_minutes"),
        pkce_code_challenge=call.body.get("code_challenge"),
    )
    return {}


@operation(
    "passwords.reset_by_email",
    password_reset_token=Field("string", required=True),
    password=Field("string", required=True),
    session_duration_minutes=Field("integer"),
    code_verifier=Field("string"),
    locale=Field("string"),
    intermediate_session_token=Field("string"),
)
def reset_by_email(call: Call) -> dict[str, Any]:
    """Set a new password with the token of a link."""
    login = password_resets.finish(
        call.store,
        token=call.body["password_reset_token"],
        password=call.body["password"],
        pkce_code_verifier=call.body.get("code_verifier"),
        duration_minutes=call.duration_minutes,
        intermediate_session_token=call.earlier.intermediate_session_token,
    )
    return {**shapes.login(call.store, login), "member_email_id": login.member.email_id}


@operation(
    "passwords.reset_by_existing_password",
    organization_id=Field("string", required=True),
    email_address=Field("string", required=True),
    existing_password=Field("string", required=True),
    new_password=Field("string", required=True),
    session_duration_minutes=Field("integer"),
    locale=Field("string"),
)
def reset_by_existing_password(call: Call) -> dict[str, Any]:
    """Exchange a password for another one."""
    login = passwords.reset_by_existing_password(
        call.store,
        organization_id=call.body["organization_id"],
        email_address=call.body["email_address"],
        existing_password=call.body["existing_password"],
        new_password=call.body["new_password"],
        duration_minutes=call.duration_minutes,
    )
    answer = shapes.login(call.store, login)
    del answer["organization_id"]
    return answer


@operation(
    "passwords.reset_by_session",
    password=Field("string", required=True),
)
def reset_by_session(call: Call) -> dict[str, Any]:
    """Set a new password for the calling member."""
    login = passwords.reset_by_session(call.store, call.member_session, call.body["password"])
    answer = shapes.login(call.store, login)
    # There is a session already, so no other primary factor can be missing.
    del answer["organization_id"], answer["primary_required"]
    return answer


@operation(
    "passwords.strength_check",
    password=Field("string", required=True),
    email_address=Field("string"),
)
def strength_check(call: Call) -> dict[str, Any]:
    """Judge a password, without setting it."""
    found = strength.judge(
        call.store, call.body["password"], email_address=call.body.get("email_address")
    )
    return shapes.password_strength(found)


@operation(
    "passwords.discovery.authenticate",
    email_address=Field("string", required=True),
    password=Field("string", required=True),
)
def authenticate_discovery(call: Call) -> dict[str, Any]:
    """Begin a login with the password that a person has for every organization."""
    found = passwords.authenticate_discovery(
        call.store,
        email_address=call.body["email_address"],
        password=call.body["password"],
    )
    return shapes.discovery(call.store, found)


@operation(
    "passwords.discovery.reset_by_email_start",
    email_address=Field("string", required=True),
    discovery_redirect_url=Field("string"),
    reset_password_redirect_url=Field("string"),
    reset_password_expiration_minutes=Field("integer"),
    reset_password_template_id=Field("string"),
    verify_email_template_id=Field("string"),
    pkce_code_challenge=Field("string"),
    locale=Field("string"),
)
def reset_discovery_by_email_start(call: Call) -> dict[str, Any]:
    """Send somebody a link to set a password for every organization."""
    password_resets.start_discovery(
        call.store,
        email_address=call.body["email_address"],
        discovery_redirect_url=call.body.get("discovery_redirect_url"),
        reset_password_redirect_url=call.body.get("reset_password_redirect_url"),
        expiration_minutes=call.body.get("reset_password_expiration_minutes"),
        pkce_code_challenge=call.body.get("pkce_code_challenge"),
    )
    return {}


@operation(
    "passwords.discovery.reset_by_email",
    password_reset_token=Field("string", required=True),
    password=Field("string", required=True),
    pkce_code_verifier=Field("string"),
    intermediate_session_token=Field("string"),
)
def reset_discovery_by_email(call: Call) -> dict[str, Any]:
    """
    Set a password for every organization with the token of a link.

    An intermediate session changes nothing: the API's own description does not know the field.
    """
    found = password_resets.finish_discovery(
        call.store,
        token=call.body["password_reset_token"],
        password=call.body["password"],
        pkce_code_verifier=call.body.get("pkce_code_verifier"),
    )
    return shapes.discovery(call.store, found)
