"""One-time passcodes: sent by e-mail or to a phone, typed once."""

from __future__ import annotations

import hmac
from datetime import timedelta

from ..errors import OtpCodeNotFoundError, UnableToAuthOtpCodeError
from ..outbox import Message
from ..store import Member, Passcode, Store

EMAIL_LIFETIME = timedelta(minutes=10)
SMS_LIFETIME = timedelta(minutes=2)


def send(
    store: Store,
    *,
    to: str,
    member: Member | None,
    lifetime: timedelta,
) -> Message:
    """
    Send a code; an older one for the same purpose is good no longer.

    Args:
        store: Where everything is.

        to: The e-mail address, or the phone number.

        member: Whom it is for, or nobody where the organization is to be chosen.

        lifetime: How long it may be typed.
    """
    member_id = None if member is None else member.member_id
    store.passcodes[:] = [
        code for code in store.passcodes if (code.to, code.member_id) != (to, member_id)
    ]
    passcode = Passcode(
        code=store.ids.passcode(),
        to=to,
        member_id=member_id,
        expires_at=store.clock.now() + lifetime,
    )
    store.passcodes.append(passcode)
    message = Message(
        kind="passcode",
        to=to,
        organization_id="" if member is None else member.organization_id,
        code=passcode.code,
        sent_at=store.clock.now(),
    )
    store.outbox.add(message)
    return message


def check(store: Store, code: str, *, to: str, member: Member | None) -> Passcode:
    """
    Find the passcode that was typed; the caller marks it as used when the login goes on.

    Raises:
        OtpCodeNotFoundError: None was sent there.
        UnableToAuthOtpCodeError: It is another one, was used before, or has expired.
    """
    member_id = None if member is None else member.member_id
    for passcode in reversed(store.passcodes):
        if (passcode.to, passcode.member_id) != (to, member_id):
            continue
        is_right = hmac.compare_digest(passcode.code.encode(), code.encode())
        if not is_right or passcode.used or passcode.expires_at <= store.clock.now():
            raise UnableToAuthOtpCodeError
        return passcode
    raise OtpCodeNotFoundError
