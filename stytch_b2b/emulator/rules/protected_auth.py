"""
Protected auth: is it a person who calls, or a machine?

The settings of bootstrap decide. `dfp_protected_auth_enabled` with `dfp_protected_auth_mode`
``DECISIONING`` asks for a telemetry id whose device is known and good, or else for a CAPTCHA;
``OBSERVATION`` looks and blocks nobody. Without device fingerprinting `captcha_settings.enabled`
asks for a CAPTCHA at every call. Telemetry ids and CAPTCHA tokens are good for one call.
"""

from __future__ import annotations

from ..errors import CaptchaFailedError, CaptchaRequiredError, UnauthorizedActionError
from ..store import CaptchaChallenge, Store, Verdict
from . import project

VERDICTS = ("ALLOW", "CHALLENGE", "BLOCK")
MODES = ("OBSERVATION", "DECISIONING")
CHALLENGES = ("json", "text")


def check(store: Store, *, telemetry_id: str | None, captcha_token: str | None) -> None:
    """
    Check the proof that comes with a protected call.

    Args:
        store: Where everything is.

        telemetry_id: Names the caller's device. One that is missing or not known is as good as
            a device that has to be challenged.

        captcha_token: Says that a person was there.

    Raises:
        UnauthorizedActionError: The device is to be blocked.
        CaptchaRequiredError: The device is to be challenged, and no CAPTCHA token came.
        CaptchaFailedError: The CAPTCHA token is none, or was used before.
    """
    verdict = store.telemetry_ids.pop(telemetry_id or "", "CHALLENGE")
    if project.setting(store, "dfp_protected_auth_enabled"):
        if project.setting(store, "dfp_protected_auth_mode") != "DECISIONING":
            return
        if verdict == "ALLOW":
            return
        if verdict == "BLOCK":
            raise UnauthorizedActionError
    elif not project.setting(store, "captcha_settings").get("enabled"):
        return
    if not captcha_token:
        raise CaptchaRequiredError
    if captcha_token not in store.captcha_tokens:
        raise CaptchaFailedError
    store.captcha_tokens.discard(captcha_token)


def configure(
    store: Store, *, mode: str | None, captcha: bool, challenge: CaptchaChallenge
) -> None:
    """
    Set what the project asks for, as the dashboard does it.

    Args:
        store: Where everything is.

        mode: ``OBSERVATION`` or ``DECISIONING``; None switches device fingerprinting off.

        captcha: Whether clients get CAPTCHA tokens.

        challenge: How a CAPTCHA is demanded.

    Raises:
        ValueError: There is no such mode or challenge.
    """
    if mode not in (None, *MODES):
        msg = f"the mode is one of {', '.join(MODES)}, or None, and not {mode!r}"
        raise ValueError(msg)
    if challenge not in CHALLENGES:
        msg = f"the challenge is one of {', '.join(CHALLENGES)}, and not {challenge!r}"
        raise ValueError(msg)
    store.project.captcha_challenge = challenge
    project.set_bootstrap(
        store,
        {
            "dfp_protected_auth_enabled": mode is not None,
            "dfp_protected_auth_mode": mode or "OBSERVATION",
            "captcha_settings": {
                "enabled": captcha,
                "siteKey": "emulated-site-key" if captcha else "",
                "providerType": "RECAPTCHA_V3" if captcha else "",
            },
        },
    )


def add_telemetry_id(store: Store, telemetry_id: str | None, *, verdict: Verdict) -> str:
    """
    Make a telemetry id known, as the script in a browser would.

    Raises:
        ValueError: There is no such verdict.
    """
    if verdict not in VERDICTS:
        msg = f"the verdict is one of {', '.join(VERDICTS)}, and not {verdict!r}"
        raise ValueError(msg)
    known = telemetry_id or store.ids.uuid()
    store.telemetry_ids[known] = verdict
    return known


def add_captcha_token(store: Store, captcha_token: str | None) -> str:
    """Make a CAPTCHA token good, as if somebody had solved one."""
    good = captcha_token or store.ids.token()
    store.captcha_tokens.add(good)
    return good
