"""The state of a client: an immutable snapshot, and the cell that swaps it."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from attrs import evolve, exceptions
from hypothesis import given, strategies as st

from stytch_b2b import InvalidArgumentError, PKCEPair, SessionState
from stytch_b2b._converter import decode
from stytch_b2b._state import LOGGED_OUT, StateCell, changes_of, changes_of_objects
from stytch_b2b.models.member import Member
from stytch_b2b.models.member_session import MemberSession
from stytch_b2b.models.organization import Organization

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=timezone.utc)
SECRET = "S_hunter2-hunter2"


def model(cls: Any, **fields: Any) -> Any:
    """
    Return a model that says nothing but *fields*.
    """
    return decode(json.dumps(fields).encode(), cls, envelope=False)


FULL = SessionState(
    member_session=model(MemberSession, member_session_id="s", roles=["a", "b"]),
    member=model(Member, member_id="m", name="Ü", trusted_metadata={"a": [1, None]}),
    organization=model(Organization, organization_id="o"),
    session_token=SECRET,
    session_jwt=f"{SECRET}.jwt",
    intermediate_session_token=f"{SECRET}.ist",
    intermediate_session_token_expires_at=NOW,
    pkce_pairs={"sso": PKCEPair(code_challenge="c", code_verifier=f"{SECRET}.v")},
    from_cache=True,
)


@pytest.mark.parametrize("state", [FULL, LOGGED_OUT], ids=["full", "logged out"])
def test_json(state: SessionState) -> None:
    """
    A state that was kept as JSON is the state it was, from text as from bytes.
    """
    kept = state.to_json()

    assert state == SessionState.from_json(kept)
    assert state == SessionState.from_json(kept.decode())
    assert isinstance(json.loads(kept), dict)


@given(
    st.builds(
        SessionState,
        session_token=st.none() | st.text(st.characters(codec="utf-8")),
        session_jwt=st.none() | st.text(st.characters(codec="utf-8")),
        intermediate_session_token_expires_at=st.none()
        | st.datetimes(timezones=st.just(timezone.utc)),
        pkce_pairs=st.dictionaries(
            st.text(st.characters(codec="utf-8")),
            st.builds(
                PKCEPair,
                code_challenge=st.text(st.characters(codec="utf-8")),
                code_verifier=st.text(st.characters(codec="utf-8")),
            ),
            max_size=3,
        ),
        from_cache=st.booleans(),
    )
)
def test_json_of_any_state(state: SessionState) -> None:
    """
    Whatever tokens and times are held, nothing is lost on the way to JSON and back.
    """
    assert state == SessionState.from_json(state.to_json())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"{",
        f'{{"session_token": ["{SECRET}"]}}'.encode(),
        f'{{"session_token": "{SECRET}", "from_cache": "yes"}}'.encode(),
        f'{{"session_token": "{SECRET}"'.encode(),
        f'{{"pkce_pairs": {{"sso": {{"code_verifier": "{SECRET}"}}}}}}'.encode(),
        b'{"a":' * 100_000,
    ],
    ids=lambda one: ascii(one[-30:]),
)
def test_no_state(data: bytes) -> None:
    """
    What is no state is a `ValueError` that shows nothing of what was kept.
    """
    with pytest.raises(ValueError, match="SessionState") as caught:
        SessionState.from_json(data)

    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None


def test_repr_hides_secrets() -> None:
    """
    A state tells who is logged in, and none of the tokens.
    """
    assert SECRET not in repr(FULL)
    assert "member_session_id='s'" in repr(FULL)


def test_immutable() -> None:
    """
    A snapshot is never changed, only replaced.
    """
    state: Any = FULL
    with pytest.raises(exceptions.FrozenInstanceError):
        state.session_token = None


@pytest.mark.parametrize("state", [FULL, LOGGED_OUT], ids=["full", "logged out"])
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))], ids=["copy", "pickle"]
)
def test_copies(state: SessionState, copied: Callable[[SessionState], SessionState]) -> None:
    """
    A state copies and pickles like the models it holds.
    """
    assert state == copied(state)


def test_without_session() -> None:
    """
    When the session is gone, a login that is under way goes on.
    """
    assert (
        evolve(
            LOGGED_OUT,
            intermediate_session_token=f"{SECRET}.ist",
            intermediate_session_token_expires_at=NOW,
            pkce_pairs=FULL.pkce_pairs,
        )
        == FULL.without_session()
    )


def test_logged_out() -> None:
    """
    After a logout only flows that were begun are left.
    """
    assert SessionState(pkce_pairs=FULL.pkce_pairs) == FULL.logged_out()
    assert LOGGED_OUT == LOGGED_OUT.logged_out()


def test_with_tokens_of_another_session() -> None:
    """
    Nothing that is known of one session is kept with the tokens of another.
    """
    assert SessionState(
        session_token="other", session_jwt="other.jwt", pkce_pairs=FULL.pkce_pairs
    ) == FULL.with_tokens("other", "other.jwt", caller="a.b")


def test_with_tokens_of_the_same_session() -> None:
    """
    A new JWT of the session that is held changes the JWT alone.
    """
    assert evolve(FULL, session_jwt="new.jwt") == FULL.with_tokens(SECRET, "new.jwt", caller="a.b")


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a\n", "\x00", "a\x7f", "a\ud800", "ä", b"a", 5, ["a"]], ids=ascii
)
@pytest.mark.parametrize("name", ["session_token", "session_jwt"])
def test_what_is_no_token(name: str, text: Any) -> None:
    """
    What no token can be is refused by the name of the argument, and not shown.
    """
    tokens = {"session_token": "token", "session_jwt": "jwt", name: text}
    with pytest.raises(InvalidArgumentError) as caught:
        FULL.with_tokens(**tokens, caller="a.b")

    problems = dict(caught.value.problems)
    assert {name: "must be text without spaces, in ASCII, and not empty"} == problems


def test_pkce_pairs() -> None:
    """
    Each flow has a pair of its own, which ends with the verifier that was presented.
    """
    one, other = PKCEPair.generate(), PKCEPair.generate()
    state = LOGGED_OUT.with_pkce_pair("sso", one).with_pkce_pair("oauth", other)

    assert {"sso": one, "oauth": other} == dict(state.pkce_pairs)
    assert {"oauth": other} == dict(state.without_pkce_verifier(one.code_verifier).pkce_pairs)
    assert state is state.without_pkce_verifier("of nobody")
    assert {} == dict(LOGGED_OUT.pkce_pairs)


def test_credentials() -> None:
    """
    Two states are of one login if they have its tokens, whatever the JWT.
    """
    assert FULL.credentials == evolve(FULL, session_jwt=None, member=None).credentials
    assert FULL.credentials != FULL.without_session().credentials
    assert FULL.credentials != FULL.with_tokens("other", None, caller="a.b").credentials


def log_of(cell: StateCell) -> list[tuple[SessionState, SessionState]]:
    """
    Return what a new listener of *cell* is told, as it is told.
    """
    told: list[tuple[SessionState, SessionState]] = []
    cell.subscribe(lambda old, new: told.append((old, new)))
    return told


def test_changes_are_told() -> None:
    """
    A listener is told each change, before and after, once, and not what was before it came.
    """
    cell = StateCell()
    told = log_of(cell)
    before = list(told)
    cell.update(lambda _: FULL)
    cell.update(lambda state: state)
    cell.update(SessionState.logged_out)

    assert [] == before
    assert [(LOGGED_OUT, FULL), (FULL, FULL.logged_out())] == told
    assert FULL.logged_out() == cell.state


def test_subscriptions_end_one_by_one() -> None:
    """
    Each subscription of one function ends by itself, and ending it twice is harmless.
    """
    cell, told = StateCell(), []

    def listener(old: SessionState, new: SessionState) -> None:
        told.append(new)

    first, second = cell.subscribe(listener), cell.subscribe(listener)
    first()
    first()
    cell.update(lambda _: FULL)
    second()
    cell.update(lambda _: LOGGED_OUT)

    assert [FULL] == told


def test_listener_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    """
    A listener's mistake is logged and harms neither the change nor the listeners after it.
    """
    cell = StateCell()

    def listener(old: SessionState, new: SessionState) -> None:
        msg = "a mistake"
        raise ZeroDivisionError(msg)

    cell.subscribe(listener)
    told = log_of(cell)
    with caplog.at_level(logging.ERROR, "stytch_b2b"):
        cell.update(lambda _: FULL)

    assert [(LOGGED_OUT, FULL)] == told
    assert ["stytch_b2b"] == [record.name for record in caplog.records]
    assert SECRET not in caplog.text


def test_change_that_raises() -> None:
    """
    A change that fails changes nothing, and the cell goes on.
    """
    cell = StateCell(FULL)
    told = log_of(cell)
    with pytest.raises(ZeroDivisionError):
        cell.update(lambda _: 1 / 0)
    cell.update(SessionState.logged_out)

    assert [(FULL, FULL.logged_out())] == told


def test_no_change_is_lost() -> None:
    """
    Changes from many threads at once all take effect, each on what the one before left.
    """
    cell = StateCell()
    pairs = [PKCEPair.generate() for _ in range(400)]

    def change(part: list[PKCEPair]) -> None:
        for pair in part:
            cell.update(lambda state, pair=pair: state.with_pkce_pair(pair.code_challenge, pair))

    threads = [threading.Thread(target=change, args=(pairs[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {pair.code_challenge: pair for pair in pairs} == dict(cell.state.pkce_pairs)


def test_listener_that_changes_the_state() -> None:
    """
    A listener may change the state: the lock is not held while it runs.
    """
    cell = StateCell()

    def log_out_again(old: SessionState, new: SessionState) -> None:
        if new is FULL:
            cell.update(SessionState.logged_out)

    cell.subscribe(log_out_again)
    cell.update(lambda _: FULL)

    assert FULL.logged_out() == cell.state


def test_last_word() -> None:
    """
    Changes are told in the order in which they happen: the last one told is the state held.
    """
    cell = StateCell()

    def log_out_again(old: SessionState, new: SessionState) -> None:
        if new is FULL:
            cell.update(SessionState.logged_out)

    cell.subscribe(log_out_again)
    told = log_of(cell)
    cell.update(lambda _: FULL)

    assert [(LOGGED_OUT, FULL), (FULL, FULL.logged_out())] == told


def test_listener_that_ends_the_program() -> None:
    """
    What ends a program goes through, and later changes are told of, those left over first.
    """
    cell = StateCell()

    def interrupt(old: SessionState, new: SessionState) -> None:
        if old is LOGGED_OUT:
            cell.update(lambda _: FULL.without_session())
            raise KeyboardInterrupt

    cell.subscribe(interrupt)
    told = log_of(cell)
    with pytest.raises(KeyboardInterrupt):
        cell.update(lambda _: FULL)
    cell.update(lambda _: FULL)

    assert [(FULL, FULL.without_session()), (FULL.without_session(), FULL)] == told


def test_changes_of_a_part() -> None:
    """
    Who listens for the session hears of sessions, not of tokens, Members and flows.
    """
    cell, told = StateCell(), []
    cell.subscribe(
        changes_of(lambda state: state.member_session, lambda old, new: told.append((old, new)))
    )
    cell.update(lambda state: state.with_pkce_pair("sso", PKCEPair.generate()))
    cell.update(lambda state: state.with_tokens("token", None, caller="a.b"))
    cell.update(lambda _: FULL)
    cell.update(lambda state: evolve(state, session_jwt="new.jwt"))
    cell.update(lambda state: state.without_session())

    assert [(None, FULL.member_session), (FULL.member_session, None)] == told


def test_changes_of_objects() -> None:
    """
    Who listens for all three hears of each of them, and not of tokens and flows.
    """
    without_organization = evolve(FULL, organization=None)
    cell, told = StateCell(), []
    cell.subscribe(changes_of_objects(lambda old, new: told.append((old, new))))
    cell.update(lambda _: LOGGED_OUT.with_pkce_pair("sso", PKCEPair.generate()))
    cell.update(lambda _: LOGGED_OUT.with_tokens("token", None, caller="a.b"))
    before = cell.state
    cell.update(lambda _: without_organization)
    cell.update(lambda _: FULL)
    cell.update(lambda state: evolve(state, session_jwt="new.jwt"))
    renewed = cell.state
    cell.update(lambda state: evolve(state, member=None))

    assert [
        (before, without_organization),
        (without_organization, FULL),
        (renewed, evolve(renewed, member=None)),
    ] == told
