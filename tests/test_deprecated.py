"""Deprecated names: whoever calls one is told, at their own line, what to call instead."""

from __future__ import annotations

import inspect
import typing
from contextlib import nullcontext
from operator import attrgetter
from typing import Any

import pytest

from stytch_b2b import AsyncStytchB2BClient, NoSessionError, StytchB2BClient
from tests.facts import operations

TOKEN = "public-token-test-11111111-2222-3333-4444-555555555555"

NAMES = [name for name, one in operations().items() if one["deprecated"]]
ARGUMENTS = {"member.on_change": [print]}

every_name = pytest.mark.parametrize("name", NAMES)


def successor(name: str) -> str:
    """
    Return the name that took the place of a deprecated one.
    """
    return name.replace("member.", "self.")


def test_there_are_some() -> None:
    """
    The facts have deprecated operations, and all of one resource.
    """
    assert {"member"} == {name.partition(".")[0] for name in NAMES}


@every_name
def test_async_method_warns_when_it_is_called(name: str) -> None:
    """
    The caller's own line is blamed, whoever awaits the coroutine later.
    """
    method = attrgetter(name)(AsyncStytchB2BClient(TOKEN))
    with pytest.warns(DeprecationWarning, match=successor(name)) as warned:
        called = method(*ARGUMENTS.get(name, []))
    if inspect.iscoroutine(called):
        called.close()

    assert [__file__] == [one.filename for one in warned]
    assert [f"client.{name} is deprecated: call client.{successor(name)}"] == [
        str(one.message) for one in warned
    ]


@every_name
def test_blocking_method_warns_once(name: str) -> None:
    """
    The caller's own line is blamed; the thread that makes the other call is silent.
    """
    with (
        StytchB2BClient(TOKEN) as client,
        pytest.warns(DeprecationWarning, match=successor(name)) as warned,
        # The error of a call names the call that was made.
        nullcontext()
        if operations()[name]["local"]
        else pytest.raises(NoSessionError, match=f"^{successor(name)}:"),
    ):
        attrgetter(name)(client)(*ARGUMENTS.get(name, []))

    assert [__file__] == [one.filename for one in warned]
    assert [f"client.{name} is deprecated: call client.{successor(name)}"] == [
        str(one.message) for one in warned
    ]


@every_name
@pytest.mark.parametrize("client_class", [AsyncStytchB2BClient, StytchB2BClient])
def test_signature_is_the_same(client_class: type[Any], name: str) -> None:
    """
    A deprecated name has the parameters and the result of the one to call instead.
    """
    client = client_class(TOKEN)
    old, new = (attrgetter(each)(client) for each in (name, successor(name)))

    def shape(method: Any) -> list[tuple[str, Any, Any]]:
        parameters = inspect.signature(method).parameters.values()
        return [(one.name, one.kind, one.default) for one in parameters]

    assert shape(new) == shape(old)
    assert typing.get_type_hints(new) == typing.get_type_hints(old)


@every_name
def test_no_endpoint_of_its_own(name: str) -> None:
    """
    What may be asked of a call is asked of the name to call instead.
    """
    assert not hasattr(attrgetter(name)(AsyncStytchB2BClient(TOKEN)), "endpoint")
