"""Recovery codes, for whoever has lost the authenticator app."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence

from ..errors import (
    InvalidRecoveryCodeError,
    RecoveryCodesNotFoundError,
    TotpCodeUsedAsRecoveryCodeError,
    UnableToAuthenticateRecoveryCodeError,
)
from ..store import Member, MemberSession, Store
from . import factors, lockout, proofs, second_factors, sessions

CODES_AT_A_TIME = 10

_CODE = re.compile(r"[a-z0-9]{4}(-[a-z0-9]{4}){2}")
_APP_CODE = re.compile(r"[0-9]{6}")


def get(store: Store, session: MemberSession) -> Sequence[str]:
    """
    Return the codes that the member who calls has not used yet.

    Raises:
        SessionNotMutableError: Somebody acts in the member's place, who could keep them.
        RecoveryCodesNotFoundError: The member has no authenticator app.
    """
    sessions.check_mutable(session.factors)
    return _left(store.members[session.member_id])


def rotate(store: Store, session: MemberSession) -> Sequence[str]:
    """
    Replace the codes of the member who calls, used or not.

    Raises:
        SessionNotMutableError: Somebody acts in the member's place.
        RecoveryCodesNotFoundError: The member has no authenticator app.
    """
    get(store, session)
    return renew(store, store.members[session.member_id])


def renew(store: Store, member: Member) -> Sequence[str]:
    """Give a member new codes, and forget the others."""
    member.recovery_codes = [store.ids.recovery_code() for _ in range(CODES_AT_A_TIME)]
    return member.recovery_codes


def recover(
    store: Store,
    member: Member,
    *,
    recovery_code: str,
    duration_minutes: int,
    earlier: proofs.Earlier,
) -> MemberSession:
    """
    Prove the second factor with a code instead of the app, which uses the code up.

    Args:
        store: Where everything is.

        member: Whose code.

        recovery_code: What was typed.

        duration_minutes: Life of the session from now on.

        earlier: The session to strengthen, or the login to complete.

    Raises:
        RecoveryCodesNotFoundError: The member has no authenticator app.
        UserLockLimitReachedError: The member is locked.
        InvalidRecoveryCodeError: It does not look like a recovery code.
        TotpCodeUsedAsRecoveryCodeError: It looks like a code of the app.
        UnableToAuthenticateRecoveryCodeError: It is not the member's, or was used before.
        InvalidSessionDurationError: The duration is outside of what the API allows.
        ApiError: The member may not use one now, for a reason of `second_factors.check`.
    """
    second_factors.check(store, member, "totp", earlier=earlier)
    lockout.check(store, member)
    left = _left(member)
    if _APP_CODE.fullmatch(recovery_code):
        raise TotpCodeUsedAsRecoveryCodeError
    if not looks_like_one(recovery_code):
        raise InvalidRecoveryCodeError
    if not any(hmac.compare_digest(code, recovery_code) for code in left):
        lockout.note_failure(store, member)
        raise UnableToAuthenticateRecoveryCodeError
    session = second_factors.complete(
        store,
        member,
        factors.recovery_code(
            store,
            recovery_code_id=store.ids.id("member-recovery-code"),
            organization_id=member.organization_id,
        ),
        duration_minutes=duration_minutes,
        earlier=earlier,
    )
    member.recovery_codes.remove(recovery_code)
    return session


def looks_like_one(text: str) -> bool:
    """Tell whether something could be a recovery code."""
    return _CODE.fullmatch(text) is not None


def _left(member: Member) -> Sequence[str]:
    if not second_factors.has_totp(member):
        raise RecoveryCodesNotFoundError
    return member.recovery_codes
