"""What makes a password good enough: hard to guess or of many kinds of characters, and unleaked."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from ..errors import BreachedPasswordError, WeakPasswordError
from ..store import Store
from . import project

LOWEST_VALID_SCORE = 3

# What zxcvbn does grows faster than the password, and fastest where characters may stand for
# letters: the worst of this length takes 0.2 seconds, of 32 characters 0.5, of 100 more than 4. The
# rest of a longer password makes it no weaker.
_MOST_CHARACTERS = 24

BREACHED = frozenset(
    {
        "123456",
        "12345678",
        "123456789",
        "iloveyou",
        "letmein",
        "password",
        "qwerty",
        # Good enough for the usual rules about kinds of characters.
        "P@ssw0rd",
        "P@ssword123",
        "Password1!",
        # Good enough for zxcvbn: known to everybody, though hard to guess for an algorithm.
        "correct horse battery staple",
        "correcthorsebatterystaple",
    }
)
"""
The passwords that the emulator knows from data breaches.

Stytch asks a service with hundreds of millions of them. The emulator asks nobody.
"""


@frozen(kw_only=True)
class KindsFeedback:
    """What a password has of lower case, upper case, digits and symbols, and what it lacks."""

    has_lower_case: bool
    has_upper_case: bool
    has_digit: bool
    has_symbol: bool
    missing_complexity: int
    missing_characters: int


@frozen(kw_only=True)
class GuessingFeedback:
    """Why a password is easy to guess."""

    warning: str
    suggestions: tuple[str, ...]


@frozen(kw_only=True)
class Strength:
    """How good a password is, by the policy of the project."""

    is_valid: bool
    is_breached: bool
    score: int
    policy: Literal["luds", "zxcvbn"]
    kinds: KindsFeedback | None = None
    guessing: GuessingFeedback | None = None


def judge(store: Store, password: str, *, email_address: str | None) -> Strength:
    """
    Judge a password by the policy of the project.

    It is zxcvbn, unless bootstrap has a ``password_config`` with the minimums of LUDS.

    Args:
        store: Where the policy is.

        password: In clear.

        email_address: Whose it is to be; a password made from it is easy to guess.
    """
    breached = is_breached(password)
    score, guessing = _guessing(password, email_address)
    config = project.password_config(store)
    if config is None:
        return Strength(
            is_valid=score >= LOWEST_VALID_SCORE and not breached,
            is_breached=breached,
            score=score,
            policy="zxcvbn",
            guessing=guessing,
        )
    kinds = _kinds(
        password,
        complexity=config["luds_complexity"],
        minimum_count=config["luds_minimum_count"],
    )
    return Strength(
        is_valid=not (kinds.missing_complexity or kinds.missing_characters or breached),
        is_breached=breached,
        score=score,
        policy="luds",
        kinds=kinds,
    )


def check(store: Store, password: str, *, email_address: str) -> None:
    """
    Check that a password is good enough to be set.

    Raises:
        BreachedPasswordError: It is known from a breach.
        WeakPasswordError: It does not satisfy the policy of the project.
    """
    found = judge(store, password, email_address=email_address)
    if found.is_breached:
        raise BreachedPasswordError
    if not found.is_valid:
        raise WeakPasswordError


def is_breached(password: str) -> bool:
    """Tell whether a password is known from a breach."""
    return password in BREACHED


def _guessing(password: str, email_address: str | None) -> tuple[int, GuessingFeedback]:
    # Loaded on first need: an emulator without passwords works without it, and starts faster.
    try:
        from zxcvbn import zxcvbn  # noqa: PLC0415
    except ImportError as exc:
        msg = "the strength of passwords needs zxcvbn: pip install 'stytch-b2b[emulator]'"
        raise ImportError(msg) from exc
    related = [] if email_address is None else [email_address, *email_address.split("@")]
    # zxcvbn fails on an empty password; one character is as bad.
    judged = password[:_MOST_CHARACTERS] or " "
    result = zxcvbn(judged, user_inputs=related, max_length=_MOST_CHARACTERS)
    feedback = result["feedback"]
    return result["score"], GuessingFeedback(
        warning=feedback["warning"], suggestions=tuple(feedback["suggestions"])
    )


def _kinds(password: str, *, complexity: int, minimum_count: int) -> KindsFeedback:
    has = {
        "has_lower_case": any(character.islower() for character in password),
        "has_upper_case": any(character.isupper() for character in password),
        "has_digit": any(character.isdigit() for character in password),
        "has_symbol": any(not character.isalnum() for character in password),
    }
    return KindsFeedback(
        **has,
        missing_complexity=max(0, complexity - sum(has.values())),
        missing_characters=max(0, minimum_count - len(password)),
    )
