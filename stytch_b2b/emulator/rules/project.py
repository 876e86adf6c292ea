"""The project: what bootstrap tells a client about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ..errors import ProjectNotFoundError, PublicTokenNotFoundError
from ..store import Store
from ..typed import fits

BOOTSTRAP_DEFAULTS: Mapping[str, Any] = {
    "project_name": "Emulated project",
    "disable_sdk_watermark": False,
    "cname_domain": None,
    "email_domains": ["stytch.com"],
    "captcha_settings": {"enabled": False, "siteKey": "", "providerType": ""},
    "pkce_required_for_email_magic_links": False,
    "pkce_required_for_password_resets": False,
    "pkce_required_for_oauth": False,
    "pkce_required_for_sso": False,
    "slug_pattern": None,
    "create_organization_enabled": True,
    "password_config": None,
    "dfp_protected_auth_enabled": False,
    "dfp_protected_auth_mode": "OBSERVATION",
    "siwe_required_for_crypto_wallets": False,
    "opaque_errors": False,
    "vertical": "B2B",
}


class CaptchaSettings(TypedDict, total=False):
    """What clients are told about CAPTCHAs."""

    enabled: bool
    siteKey: str
    providerType: str


class PasswordConfig(TypedDict):
    """The minimums of LUDS."""

    luds_complexity: int
    luds_minimum_count: int


_HINTS: Mapping[str, Any] = {
    **dict.fromkeys(BOOTSTRAP_DEFAULTS, bool),
    "project_name": str,
    "cname_domain": str | None,
    "email_domains": Sequence[str],
    "captcha_settings": CaptchaSettings,
    "slug_pattern": str | None,
    "password_config": PasswordConfig | None,
    "dfp_protected_auth_mode": str,
    "vertical": str,
    "rbac_policy": Mapping[str, Any] | None,
}
"""What each field may be: the rules rely on it."""


def bootstrap(store: Store, public_token: str) -> dict[str, Any]:
    """
    Return the settings and the policy of the project.

    Raises:
        PublicTokenNotFoundError: The token in the path is not the project's.
    """
    if public_token != store.project.public_token:
        raise PublicTokenNotFoundError
    policy = {"rbac_policy": store.project.policy}
    return {**BOOTSTRAP_DEFAULTS, **policy, **store.project.bootstrap}


def set_bootstrap(store: Store, flags: Mapping[str, Any]) -> None:
    """
    Change fields of the bootstrap answer; those not named stay.

    Raises:
        ValueError: Bootstrap has no such field, or the field no such value.
    """
    unknown = sorted(set(flags) - set(_HINTS))
    if unknown:
        msg = f"bootstrap has no {', '.join(unknown)}"
        raise ValueError(msg)
    for flag, value in flags.items():
        if not fits(value, _HINTS[flag]):
            msg = f"{flag} of bootstrap cannot be {value!r}"
            raise ValueError(msg)
    store.project.bootstrap.update(flags)


def name(store: Store) -> str:
    """Return what the project is called."""
    return str(store.project.bootstrap.get("project_name", BOOTSTRAP_DEFAULTS["project_name"]))


def setting(store: Store, flag: str) -> Any:
    """Return a field of the bootstrap answer that changes what the API does."""
    return store.project.bootstrap.get(flag, BOOTSTRAP_DEFAULTS[flag])


def requires_pkce(store: Store, flow: str) -> bool:
    """Tell whether the dashboard demands PKCE for a flow, such as ``email_magic_links``."""
    return bool(setting(store, f"pkce_required_for_{flow}"))


def password_config(store: Store) -> Mapping[str, int] | None:
    """Return the minimums of LUDS, or nothing if the project judges passwords by zxcvbn."""
    config: Mapping[str, int] | None = store.project.bootstrap.get("password_config")
    return config


def check_project(store: Store, project_id: str) -> None:
    """
    Check an id that a path names.

    Raises:
        ProjectNotFoundError: It is not this project's.
    """
    if project_id != store.project.project_id:
        raise ProjectNotFoundError
