"""Device fingerprinting, where a project protects its logins by it."""

from __future__ import annotations

from .._endpoint import Fill
from .._protected_auth import ProviderTooSlowError
from ..errors import StytchConfigurationError, StytchTimeoutError
from ._resource import AsyncResource


class AsyncDFP(AsyncResource):
    """Device fingerprinting, where a project protects its logins by it."""

    __slots__ = ()

    async def get_telemetry_id(self) -> str | None:
        """
        Return a new telemetry id of the device, or ``None`` where the project has DFP disabled.

        Calls that need one ask the client's provider by themselves; this is for requests of your
        own. An id works once. What the provider raises is raised here, too.

        The project's settings are fetched if none are held or if they are older than ten minutes;
        if they cannot be had, DFP counts as disabled.

        Raises:
            StytchConfigurationError: The client was made without ``dfp_provider=``.
            StytchTimeoutError: The provider took longer than a call may take.
        """
        engine, options = self._actor.engine, self._actor.options
        if engine.providers.dfp is None:
            msg = "dfp.get_telemetry_id needs a DFP provider; make the client with dfp_provider="
            raise StytchConfigurationError(msg)
        await engine.refresh_policy(options)
        bootstrap = engine.policies.bootstrap
        if bootstrap is None or not bootstrap.dfp_protected_auth_enabled:
            return None
        try:
            return await engine.providers.ask(Fill.DFP_TELEMETRY_ID, options.timeout.deadline)
        except ProviderTooSlowError as error:
            raise StytchTimeoutError(
                endpoint="dfp.get_telemetry_id",
                reason="the DFP provider was out of time",
                attempts=1,
            ) from error
