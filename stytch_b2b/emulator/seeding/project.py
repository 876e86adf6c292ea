"""What the dashboard configures: policy, settings, redirect URLs, locks and protection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ..policy import checked_policy
from ..rules import lockout, passwords, project, protected_auth, redirects, sandbox
from ..store import CaptchaChallenge, RedirectType, Verdict
from .people import PeopleSeeding


class ProjectSeeding(PeopleSeeding):
    """Arranges the settings of the project."""

    def set_policy(self, policy: Mapping[str, Any]) -> None:
        """
        Replace the RBAC policy of the project.

        Args:
            policy: In the shape of bootstrap's ``rbac_policy``.

        Raises:
            ValueError: The mapping is no policy.
        """
        with self._store.lock:
            self._store.project.policy = checked_policy(policy)

    def set_bootstrap(self, **flags: Any) -> None:
        """
        Change fields of the bootstrap answer; those not named stay.

        Args:
            **flags: ``pkce_required_for_email_magic_links``, ``captcha_settings``, …

        Raises:
            ValueError: Bootstrap has no such field.
        """
        with self._store.lock:
            project.set_bootstrap(self._store, flags)

    def set_cross_organization_passwords(self, enabled: bool) -> None:
        """
        Choose whether a person has one password for every organization, or one for each.

        Args:
            enabled: One for every organization, as it is from the start. Otherwise the password
                calls of discovery are refused.

        Raises:
            ValueError: There are passwords already.
        """
        with self._store.lock:
            passwords.set_cross_organization(self._store, enabled)

    def set_lock_policy(self, *, attempts: int | None = None, minutes: float | None = None) -> None:
        """
        Change when members are locked and for how long; what is not named stays.

        Args:
            attempts: Wrong codes and passwords in a row, 1 to 100; 10 in a new project.

            minutes: How long a lock lasts, 5 minutes to 7 days; an hour in a new project.

        Raises:
            ValueError: A value is outside of that.
        """
        with self._store.lock:
            lockout.set_policy(self._store, attempts=attempts, minutes=minutes)

    def register_redirect_url(self, url: str, *types: RedirectType) -> None:
        """
        Register where flows may lead, as the dashboard does it.

        Args:
            url: Matched exactly, query included.

            *types: ``login``, ``signup``, ``invite``, ``reset_password``, ``discovery``. Without
                them it is registered for all.

        Raises:
            ValueError: There is no such type, or the URL leads nowhere.
        """
        with self._store.lock:
            redirects.register(self._store, url, types)

    def unregister_redirect_url(self, url: str, *types: RedirectType) -> None:
        """
        Take a redirect URL out again; harmless if it is not there.

        Args:
            url: Also the one that a new project has, ``http://localhost:3000/authenticate``.

            *types: As for `register_redirect_url`.

        Raises:
            ValueError: There is no such type.
        """
        with self._store.lock:
            redirects.unregister(self._store, url, types)

    def enable_sandbox_values(self) -> None:
        """
        Take the sandbox values that Stytch documents for magic links.

        The organization and the member that they belong to are created. Stytch itself does not
        take these values from member clients.
        """
        with self._store.lock:
            sandbox.enable(self._store)

    def set_protected_auth(
        self,
        mode: Literal["OBSERVATION", "DECISIONING"] | None = None,
        *,
        captcha: bool = True,
        challenge: CaptchaChallenge = "json",
    ) -> None:
        """
        Protect logins from machines, and tell clients so in the bootstrap answer.

        In ``DECISIONING`` a protected call needs a telemetry id of `create_telemetry_id`. Without
        a good one a CAPTCHA is demanded, and the call succeeds with a token of
        `create_captcha_token`. Device fingerprinting that is off leaves the CAPTCHA, for each call.

        Args:
            mode: What device fingerprinting does: it looks (``OBSERVATION``), or it also decides
                (``DECISIONING``); None switches it off.

            captcha: Whether clients are told to get CAPTCHA tokens.

            challenge: How a CAPTCHA is demanded, both with status 403: as an error in JSON, or as
                the text ``Captcha required``.

        Raises:
            ValueError: There is no such mode or challenge.
        """
        with self._store.lock:
            protected_auth.configure(self._store, mode=mode, captcha=captcha, challenge=challenge)

    def create_telemetry_id(
        self, verdict: Verdict = "ALLOW", telemetry_id: str | None = None
    ) -> str:
        """
        Return a telemetry id that is good for one call, as the script in a browser gets it.

        Args:
            verdict: On the device: ``ALLOW``, ``CHALLENGE`` (a CAPTCHA is demanded, as for an
                unknown id) or ``BLOCK``.

            telemetry_id: A random one if not given.

        Raises:
            ValueError: There is no such verdict.
        """
        with self._store.lock:
            return protected_auth.add_telemetry_id(self._store, telemetry_id, verdict=verdict)

    def create_captcha_token(self, captcha_token: str | None = None) -> str:
        """
        Return a CAPTCHA token that is good for one call; every other one is wrong.

        Args:
            captcha_token: A random one if not given.
        """
        with self._store.lock:
            return protected_auth.add_captcha_token(self._store, captcha_token)
