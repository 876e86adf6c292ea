"""
Who may do what, as far as a client can know: the RBAC policy and how it is read.

Every answer is advice. The server decides, and it alone knows roles that changed since.
"""

from __future__ import annotations

import json
import logging
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ._json import is_array, is_object
from ._single_flight import SingleFlight
from .errors import StytchError
from .permissions import Permission

if TYPE_CHECKING:
    from ._clock import Clock
    from ._state import SessionState
    from .models.bootstrap import BootstrapResponse
    from .models.rbac import RBACPolicy, RBACPolicyRole

_logger = logging.getLogger("stytch_b2b")

FRESH_FOR = 600.0
"""Seconds for which a fetched policy is trusted without asking again."""

_SESSION_CLAIM = "https://stytch.com/session"


class Decision(Enum):
    """
    Whether a Member may make a call.

    True in a condition only if it is `ALLOWED`.
    """

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"
    """The Member's roles or the policy are not known; the server will decide."""

    def __bool__(self) -> bool:
        return self is Decision.ALLOWED


@frozen
class Explanation:
    """How a decision about the permissions of one call came about."""

    decision: Decision
    required: tuple[Permission, ...]
    missing: tuple[Permission, ...]
    held_roles: tuple[str, ...] | None
    granting_roles: tuple[str, ...]
    """Those that grant all that is missing, or all that is required if nothing is known to be."""


def held_roles(state: SessionState) -> tuple[str, ...] | None:
    """
    Return the role IDs of the Member, or ``None`` if they are unknown.

    Without a session there are none. A session of which only the tokens are held tells them in
    its JWT, whose signature is not verified here: nothing is granted on the strength of it.
    """
    if state.member_session is not None:
        return tuple(state.member_session.roles)
    if state.session_token is None:
        return ()
    return _roles_in_jwt(state.session_jwt) if state.session_jwt is not None else None


def own_member_id(state: SessionState) -> str | None:
    """Return the ID of the Member, or ``None`` if it is unknown; advisory, as `held_roles` is."""
    if state.member_id is not None:
        return state.member_id
    claims = {} if state.session_jwt is None else _claims(state.session_jwt)
    subject = claims.get("sub")
    return subject if isinstance(subject, str) else None


def _is_own(member_id: str, state: SessionState) -> bool | None:
    """Return whether an ID, also the project's own, is that of the Member, if it is known."""
    if member_id == own_member_id(state):
        return True
    if state.member is not None:
        return member_id == state.member.external_id
    return False if member_id.startswith("member-") else None


def all_roles(policy: RBACPolicy, state: SessionState) -> dict[str, RBACPolicyRole]:
    """Return the roles of the project and of the Member's Organization, by ID."""
    custom = () if state.organization is None else state.organization.custom_roles
    return {role.role_id: role for role in (*policy.roles, *custom)}


def grants(role: RBACPolicyRole, permission: Permission, *, about_self: bool = False) -> bool:
    """
    Return whether *role* grants *permission*; ``*`` stands for every action.

    Args:
        role: As the policy has it.
        permission: What is needed.
        about_self: Whether the call is about the Member who makes it, who needs less then.
    """
    if about_self and permission.or_if_self is not None and grants(role, permission.or_if_self):
        return True
    return any(
        granted.resource_id == permission.resource
        and (permission.action in granted.actions or "*" in granted.actions)
        for granted in role.permissions
    )


def explain(
    required: Sequence[Permission],
    state: SessionState,
    policy: RBACPolicy | None,
    *,
    member_id: str | None = None,
) -> Explanation:
    """
    Return whether the Member of *state* holds all *required* permissions, and why.

    Args:
        required: What the call needs.
        state: Who makes it.
        policy: Which roles there are, if that is known.
        member_id: Whom the call is about, if it is about a Member.
    """
    held = held_roles(state)
    about_self = False if member_id is None else _is_own(member_id, state)
    if policy is None:
        decision = Decision.UNKNOWN if required else Decision.ALLOWED
        return Explanation(decision, tuple(required), (), held, ())
    roles = all_roles(policy, state)
    known = [roles[role_id] for role_id in held or () if role_id in roles]

    def lacking(*, about_self: bool) -> tuple[Permission, ...]:
        return tuple(
            permission
            for permission in required
            if not any(grants(role, permission, about_self=about_self) for role in known)
        )

    missing = lacking(about_self=about_self is True)
    if not missing:
        decision = Decision.ALLOWED
    elif held is None or (about_self is None and not lacking(about_self=True)):
        decision, missing = Decision.UNKNOWN, ()
    else:
        decision = Decision.DENIED
    wanted = missing or required
    granting = tuple(
        role_id
        for role_id, role in roles.items()
        if wanted
        and all(grants(role, permission, about_self=about_self is True) for permission in wanted)
    )
    return Explanation(decision, tuple(required), missing, held, granting)


def _roles_in_jwt(jwt: str) -> tuple[str, ...] | None:
    try:
        roles = _claims(jwt)[_SESSION_CLAIM]["roles"]
    except (LookupError, TypeError):
        return None
    return tuple(role for role in roles if isinstance(role, str)) if is_array(roles) else None


def _claims(jwt: str) -> dict[str, Any]:
    """Return what a JWT says, its signature unseen; nothing where it cannot be read."""
    try:
        payload = jwt.split(".")[1]
        claims: object = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, LookupError, RecursionError):
        return {}
    return claims if is_object(claims) else {}


class PolicyCache:
    """
    The project's bootstrap data, RBAC policy included, shared by all clients of an engine.

    Fetched when first asked for and fresh for ten minutes; a refresh that fails leaves the stale
    one. One fetch at a time runs in each event loop: those who come meanwhile share its outcome,
    and if it is cancelled the next of them takes over.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Replaced whole, so that readers in other threads need no lock.
        self._fetched: tuple[float, BootstrapResponse] | None = None
        self._flights = SingleFlight[None]()

    @property
    def bootstrap(self) -> BootstrapResponse | None:
        """What was fetched last, however old."""
        return None if self._fetched is None else self._fetched[1]

    @property
    def policy(self) -> RBACPolicy | None:
        """The policy that was fetched last, however old."""
        return None if self.bootstrap is None else self.bootstrap.rbac_policy

    @property
    def is_fresh(self) -> bool:
        """Whether what is held may be trusted without asking again."""
        fetched = self._fetched
        return fetched is not None and self._clock.monotonic() - fetched[0] < FRESH_FOR

    def hold(self, bootstrap: BootstrapResponse) -> None:
        """Take over what was just fetched."""
        self._fetched = (self._clock.monotonic(), bootstrap)

    async def refresh(self, fetch: Callable[[], Awaitable[BootstrapResponse]]) -> None:
        """Call *fetch* unless what is held is fresh; its failure is logged, not raised."""
        if self.is_fresh:
            return
        await self._flights.share("bootstrap", lambda: self._try(fetch))

    async def _try(self, fetch: Callable[[], Awaitable[BootstrapResponse]]) -> None:
        before = self._fetched
        try:
            bootstrap = await fetch()
        except StytchError as error:
            _logger.warning("settings and the RBAC policy could not be fetched: %s", error)
        else:
            # Who fetched meanwhile may have done so because the policy has changed.
            if self._fetched is before:
                self.hold(bootstrap)
