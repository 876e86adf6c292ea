"""One-time passcodes, by e-mail and by text message."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..rules import otps
from ..schema import Field
from .operation import MFA_ENROLLMENT, Call, operation


@operation(
    "otps.email.login_or_signup",
    organization_id=Field("string", required=True),
    email_address=Field("string", required=True),
    login_template_id=Field("string"),
    signup_template_id=Field("string"),
    locale=Field("string"),
    login_expiration_minutes=Field("integer"),
    signup_expiration_minutes=Field("integer"),
)
def login_or_signup(call: Call) -> dict[str, Any]:
    """Send a passcode that logs in a member or signs up somebody new."""
    otps.send_email(
        call.store,
        email_address=call.body["email_address"],
        organization_id=call.body["organization_id"],
        login_expiration_minutes=call.body.get("login_expiration_minutes"),
        signup_expiration_minutes=call.body.get("signup_expiration_minutes"),
    )
    return {}


@operation(
    "otps.email.authenticate",
    organization_id=Field("string", required=True),
    email_address=Field("string", required=True),
    code=Field("string", required=True),
    session_duration_minutes=Field("integer"),
    intermediate_session_token=Field("string"),
    locale=Field("string"),
)
def authenticate_email(call: Call) -> dict[str, Any]:
    """Log in with a passcode from an e-mail."""
    login = otps.authenticate_email(
        call.store,
        email_address=call.body["email_address"],
        organization_id=call.body["organization_id"],
        code=call.body["code"],
        duration_minutes=call.duration_minutes,
        earlier=call.earlier,
    )
    return {**shapes.login(call.store, login), "method_id": login.member.email_id}


@operation(
    "otps.email.discovery.send",
    email_address=Field("string", required=True),
    login_template_id=Field("string"),
    locale=Field("string"),
    discovery_expiration_minutes=Field("integer"),
)
def send_discovery_email(call: Call) -> dict[str, Any]:
    """Send a passcode to somebody who has not chosen an organization yet."""
    otps.send_discovery_email(
        call.store,
        email_address=call.body["email_address"],
        expiration_minutes=call.body.get("discovery_expiration_minutes"),
    )
    return {}


@operation(
    "otps.email.discovery.authenticate",
    email_address=Field("string", required=True),
    code=Field("string", required=True),
)
def authenticate_discovery_email(call: Call) -> dict[str, Any]:
    """Find the organizations of somebody who types a passcode from an e-mail."""
    found = otps.authenticate_discovery_email(
        call.store, email_address=call.body["email_address"], code=call.body["code"]
    )
    return shapes.discovery(call.store, found)


@operation(
    "otps.sms.send",
    organization_id=Field("string", required=True),
    member_id=Field("string", required=True),
    mfa_phone_number=Field("string"),
    locale=Field("string"),
    intermediate_session_token=Field("string"),
    # Mobile systems read the message for the person; nothing differs for the API.
    enable_autofill=Field("boolean"),
    autofill_session_duration_minutes=Field("integer"),
)
def send_sms(call: Call) -> dict[str, Any]:
    """Send a passcode to a member's phone."""
    otps.send_sms(
        call.store,
        call.named_member,
        phone_number=call.body.get("mfa_phone_number"),
        earlier=call.earlier,
    )
    return {}


@operation(
    "otps.sms.authenticate",
    organization_id=Field("string", required=True),
    member_id=Field("string", required=True),
    code=Field("string", required=True),
    session_duration_minutes=Field("integer"),
    intermediate_session_token=Field("string"),
    set_mfa_enrollment=MFA_ENROLLMENT,
)
def authenticate_sms(call: Call) -> dict[str, Any]:
    """Prove the second factor with a passcode from a phone."""
    session = otps.authenticate_sms(
        call.store,
        call.named_member,
        code=call.body["code"],
        duration_minutes=call.duration_minutes,
        earlier=call.earlier,
        set_mfa_enrollment=call.body.get("set_mfa_enrollment"),
    )
    return shapes.second_factor(call.store, session)
