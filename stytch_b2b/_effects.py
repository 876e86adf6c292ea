"""What an answer does to the state of a client: values in, values out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from ._endpoint import Endpoint, OnRejection, StateEffect
from ._policy import own_member_id
from ._state import SessionState

INTERMEDIATE_SESSION_LIFETIME = timedelta(minutes=10)


def after_success(
    endpoint: Endpoint, response: Any, state: SessionState, *, now: datetime
) -> SessionState:
    """Return the *state* after *endpoint* was answered with *response*."""
    match endpoint.state_effect:
        case StateEffect.NONE:
            return state
        case StateEffect.CLEAR_ALL:
            return state.logged_out()
        case StateEffect.CLEAR_ALL_IF_SELF:
            return state.logged_out() if response.member_id == own_member_id(state) else state
        case StateEffect.UPDATE_MEMBER:
            # An answer without a Member is read as an empty one.
            if not response.member.member_id:
                return state
            return evolve(state, member=response.member)
        case StateEffect.UPDATE_MEMBER_IF_SELF:
            if state.member is None or state.member_id != response.member.member_id:
                return state
            return evolve(state, member=response.member)
        case StateEffect.UPDATE_ORGANIZATION:
            if not response.organization.organization_id:
                return state
            return evolve(state, organization=response.organization)
        case (  # pragma: no branch - no effect is left
            StateEffect.SESSION
            | StateEffect.SESSION_OR_INTERMEDIATE
            | StateEffect.INTERMEDIATE_ONLY
        ):
            return _after_login(response, state, now=now)


def lacks_session(endpoint: Endpoint, response: Any) -> bool:
    """
    Return whether *response* has no session, though *endpoint* is answered with one or not at all.

    Where a login may be incomplete an answer without one is no fault.
    """
    is_meant = endpoint.state_effect is StateEffect.SESSION
    return is_meant and not response.member_session.member_session_id


def after_rejection(endpoint: Endpoint, state: SessionState) -> SessionState:
    """Return the *state* after the API said that the session is gone for good."""
    match endpoint.on_rejection:
        case OnRejection.KEEP:
            return state
        case OnRejection.CLEAR_SESSION:
            return state.without_session()
        case OnRejection.CLEAR_ALL:  # pragma: no branch - nothing else is left
            return state.logged_out()


def _after_login(response: Any, state: SessionState, *, now: datetime) -> SessionState:
    session = getattr(response, "member_session", None)
    if session is not None and session.member_session_id:
        return SessionState(
            member_session=session,
            member=response.member,
            organization=response.organization,
            session_token=response.session_token or None,
            session_jwt=response.session_jwt or None,
            pkce_pairs=state.pkce_pairs,
        )
    # A login that needs another factor ends the session that was held before.
    token = getattr(response, "intermediate_session_token", None)
    if not token:
        return state.logged_out()
    return evolve(
        state.logged_out(),
        intermediate_session_token=token,
        intermediate_session_token_expires_at=now + INTERMEDIATE_SESSION_LIFETIME,
    )
