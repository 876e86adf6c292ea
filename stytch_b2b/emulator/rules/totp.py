"""Authenticator apps, which show another code every thirty seconds (RFC 6238)."""

from __future__ import annotations

import hmac
import re
from datetime import timedelta
from typing import Any

from ..errors import (
    ActiveTotpExistsError,
    ExpiredTotpError,
    InvalidExpirationError,
    InvalidTotpCodeError,
    RecoveryCodeUsedAsTotpCodeError,
    TotpCodeAlreadyAuthenticatedError,
    TotpNotFoundError,
    UnableToAuthenticateTotpError,
)
from ..store import Member, MemberSession, Store, TOTPRegistration
from . import factors, lockout, members, proofs, recovery_codes, second_factors

STEP_SECONDS = 30
DRIFT_STEPS = 1
DEFAULT_EXPIRATION_MINUTES = 60
SHORTEST_EXPIRATION_MINUTES = 5
LONGEST_EXPIRATION_MINUTES = 1440

_CODE = re.compile(r"[0-9]{6}")
_MODULE_PIXELS = 5

# A QR code takes 2953 bytes. Of each name, the issuer's twice, a character may take twelve.
_MOST_CHARACTERS_SHOWN = 64


def create(
    store: Store, member: Member, *, expiration_minutes: int | None, earlier: proofs.Earlier
) -> tuple[TOTPRegistration, str]:
    """
    Begin to set up an authenticator app, with new recovery codes; return also its QR code.

    One that was begun before and not finished is forgotten: whoever lost sight of its secret
    begins again.

    Args:
        store: Where everything is.

        member: Whose app.

        expiration_minutes: How long the first code may take.

        earlier: A session or a login that has begun.

    Raises:
        ActiveTotpExistsError: The member has an app.
        InvalidExpirationError: The lifetime is outside of what the API allows.
        ApiError: The member may not set one up, for a reason of `second_factors.check`.
    """
    is_new = not second_factors.has_totp(member)
    second_factors.check(store, member, "totp", earlier=earlier, is_new=is_new)
    if not is_new:
        raise ActiveTotpExistsError
    minutes = DEFAULT_EXPIRATION_MINUTES if expiration_minutes is None else expiration_minutes
    if not SHORTEST_EXPIRATION_MINUTES <= minutes <= LONGEST_EXPIRATION_MINUTES:
        message = (
            "The expiration must be between "
            f"{SHORTEST_EXPIRATION_MINUTES} and {LONGEST_EXPIRATION_MINUTES} minutes."
        )
        raise InvalidExpirationError(message)
    registration = _registration(store, timedelta(minutes=minutes))
    # Drawn before it is kept: if that fails, nothing has changed.
    image = qr_code(
        registration,
        issuer=store.organizations[member.organization_id].organization_name,
        account=member.email_address,
    )
    _keep(store, member, registration)
    return registration, image


def register(store: Store, member: Member, *, lifetime: timedelta) -> TOTPRegistration:
    """Give a member a registration that waits for its first code, and recovery codes."""
    registration = _registration(store, lifetime)
    _keep(store, member, registration)
    return registration


def authenticate(
    store: Store,
    member: Member,
    *,
    code: str,
    duration_minutes: int,
    earlier: proofs.Earlier,
    set_mfa_enrollment: second_factors.MFAEnrollment | None,
    set_default_mfa: bool,
) -> MemberSession:
    """
    Prove the second factor with a code of the app; the first code finishes its setup.

    Args:
        store: Where everything is.

        member: Whose app.

        code: What was typed. It may be one step late or early, for clocks and fingers differ.

        duration_minutes: Life of the session from now on.

        earlier: The session to strengthen, or the login to complete.

        set_mfa_enrollment: As `second_factors.complete` has it.

        set_default_mfa: Whether the app is what the member is asked for first from now on.

    Raises:
        TotpNotFoundError: The member has no app.
        ExpiredTotpError: The first code came too late.
        UserLockLimitReachedError: The member is locked.
        InvalidTotpCodeError: The code is not six digits.
        RecoveryCodeUsedAsTotpCodeError: It looks like a recovery code.
        UnableToAuthenticateTotpError: It is not what the app shows.
        TotpCodeAlreadyAuthenticatedError: It, or one that came after it, was used before.
        InvalidSessionDurationError: The duration is outside of what the API allows.
        ApiError: The member may not use an app now, for a reason of `second_factors.check`.
    """
    is_new = not second_factors.has_totp(member)
    second_factors.check(store, member, "totp", earlier=earlier, is_new=is_new)
    lockout.check(store, member)
    registration = member.totp
    if registration is None:
        raise TotpNotFoundError
    if not registration.is_verified and registration.expires_at <= store.clock.now():
        raise ExpiredTotpError
    if recovery_codes.looks_like_one(code):
        raise RecoveryCodeUsedAsTotpCodeError
    if not _CODE.fullmatch(code):
        raise InvalidTotpCodeError
    step = _step_of(store, registration, code)
    if step is None:
        lockout.note_failure(store, member)
        raise UnableToAuthenticateTotpError
    if step <= registration.last_step:
        raise TotpCodeAlreadyAuthenticatedError
    session = second_factors.complete(
        store,
        member,
        factors.totp(
            store,
            totp_id=registration.registration_id,
            organization_id=member.organization_id,
        ),
        duration_minutes=duration_minutes,
        earlier=earlier,
        set_mfa_enrollment=set_mfa_enrollment,
    )
    registration.is_verified = True
    registration.last_step = step
    if set_default_mfa:
        members.update(store, member, {"default_mfa_method": "totp"})
    return session


def current_code(store: Store, registration: TOTPRegistration) -> str:
    """Return what the app shows now."""
    return _code(registration.secret, _current_step(store))


def qr_code(registration: TOTPRegistration, *, issuer: str, account: str) -> str:
    """
    Return the image that the app scans, as a ``data:`` URL of a PNG.

    Args:
        registration: What the app is to know.

        issuer: The organization's name, which the app shows.

        account: The member's address, likewise.
    """
    # Loaded on first need: an emulator that nobody sets an app up with starts faster.
    try:
        import segno  # noqa: PLC0415
    except ImportError as exc:
        msg = "QR codes need segno: pip install 'stytch-b2b[emulator]'"
        raise ImportError(msg) from exc
    app = _pyotp().TOTP(registration.secret)
    uri = app.provisioning_uri(
        name=account[:_MOST_CHARACTERS_SHOWN], issuer_name=issuer[:_MOST_CHARACTERS_SHOWN]
    )
    return segno.make_qr(uri).png_data_uri(scale=_MODULE_PIXELS)


def _registration(store: Store, lifetime: timedelta) -> TOTPRegistration:
    return TOTPRegistration(
        registration_id=store.ids.id("member-totp"),
        secret=store.ids.totp_secret(),
        expires_at=store.clock.now() + lifetime,
    )


def _keep(store: Store, member: Member, registration: TOTPRegistration) -> None:
    member.totp = registration
    recovery_codes.renew(store, member)


def _step_of(store: Store, registration: TOTPRegistration, code: str) -> int | None:
    """Return the time step of a code, the newest if there are more; None if it is wrong."""
    now = _current_step(store)
    for step in range(now + DRIFT_STEPS, now - DRIFT_STEPS - 1, -1):
        if hmac.compare_digest(_code(registration.secret, step), code):
            return step
    return None


def _current_step(store: Store) -> int:
    return int(store.clock.now().timestamp()) // STEP_SECONDS


def _code(secret: str, step: int) -> str:
    code: str = _pyotp().TOTP(secret, interval=STEP_SECONDS).at(step * STEP_SECONDS)
    return code


def _pyotp() -> Any:
    # Loaded on first need, as above.
    try:
        import pyotp  # noqa: PLC0415
    except ImportError as exc:
        msg = "TOTP codes need pyotp: pip install 'stytch-b2b[emulator]'"
        raise ImportError(msg) from exc
    return pyotp
