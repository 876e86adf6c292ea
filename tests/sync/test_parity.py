"""Each blocking class is what its async twin is, but for the waiting."""

from __future__ import annotations

import inspect
import pkgutil
import re
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any, cast

import pytest

from stytch_b2b import AsyncStytchB2BClient, StytchB2BClient, _async, _sync
from stytch_b2b._declare import ENDPOINTS
from stytch_b2b._endpoint import endpoint_of
from stytch_b2b._tools.docstrings import WORDING

RENAMED = {
    "aclose": "close",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
}

HELP = {"__anext__": "next_of", "__aenter__": "_enter", "__aexit__": "_exit"}


def modules(package: ModuleType) -> dict[str, ModuleType]:
    """
    Import what is public of a package.
    """
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return {
        name: import_module(f"{package.__name__}.{name}")
        for name in names
        if not name.startswith("_")
    }


ASYNC, SYNC = modules(_async), modules(_sync)


def classes(module: ModuleType) -> dict[str, type[object]]:
    """
    Return the classes that a module defines.
    """
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__
    }


def members(cls: type) -> dict[str, Any]:
    """
    Return what a class has for its users: public methods, properties, and context management.
    """
    return {
        name: member
        for name, member in vars(cls).items()
        if not name.startswith("_")
        or name in (*RENAMED, *RENAMED.values())
        or (name == "__init__" and cls in (AsyncStytchB2BClient, StytchB2BClient))
    }


def function(member: Any) -> Callable[..., Any]:
    """
    Return the function of a method or property.
    """
    return cast("Callable[..., Any]", getattr(member, "fget", member))


def is_property(member: object) -> bool:
    """
    Tell a property from a method.
    """
    return isinstance(member, property)


def pairs() -> Iterator[tuple[type[object], type[object]]]:
    """
    Pair the async classes with the blocking ones.
    """
    for name, module in ASYNC.items():
        for cls in classes(module).values():
            if cls.__name__.startswith("Async"):
                yield cls, getattr(SYNC[name], cls.__name__.removeprefix("Async"))


PAIRS = list(pairs())
MEMBERS = [
    pytest.param(
        function(member),
        function(members(twin)[RENAMED.get(name, name)]),
        id=f"{twin.__name__}.{name}",
    )
    for cls, twin in PAIRS
    for name, member in members(cls).items()
]


def plain(text: str | None) -> str | None:
    """
    Return a text as the blocking side has it, whatever its line breaks.
    """
    if text is None:
        return None
    text = " ".join(text.split())
    for phrase, replacement in WORDING.items():
        text = text.replace(phrase, replacement)
    text = re.sub(r"\b(?:Async|Sync)([A-Z]\w+)", r"\1", text)
    return re.sub(r"\basync (?=with\b|for\b)", "", text).replace("aclose", "close")


def twin_of(hint: Any) -> Any:
    """
    Return what stands on the blocking side where the other has *hint*.
    """
    origin = typing.get_origin(hint)
    if origin in dict(PAIRS):
        return dict(PAIRS)[origin][typing.get_args(hint)]
    return dict(PAIRS).get(hint, hint)


def test_modules_are_the_same() -> None:
    """
    Every public async module has a blocking one of its name, and there are no others.
    """
    assert ASYNC.keys() == SYNC.keys()


@pytest.mark.parametrize("name", ASYNC)
def test_classes_are_the_same(name: str) -> None:
    """
    A blocking module defines the twins of the async classes; the other classes are shared.
    """
    expected = {each.removeprefix("Async") for each in classes(ASYNC[name]) if "Async" in each}

    assert expected == classes(SYNC[name]).keys()


@pytest.mark.parametrize(("cls", "twin"), PAIRS, ids=[twin.__name__ for _, twin in PAIRS])
def test_members_are_the_same(cls: type, twin: type) -> None:
    """
    A blocking class has the methods and properties of its twin in the same order, and no others.
    """
    expected = [(RENAMED.get(name, name), is_property(each)) for name, each in members(cls).items()]

    assert expected == [(name, is_property(each)) for name, each in members(twin).items()]


@pytest.mark.parametrize(("method", "twin"), MEMBERS)
def test_signatures_are_the_same(method: Callable[..., Any], twin: Callable[..., Any]) -> None:
    """
    Names, kinds, defaults and annotations of all parameters agree, and the result does.
    """
    expected, actual = inspect.signature(method), inspect.signature(twin)

    assert [
        (each.name, each.kind, each.default, plain(str(each.annotation)))
        for each in expected.parameters.values()
    ] == [
        (each.name, each.kind, each.default, plain(str(each.annotation)))
        for each in actual.parameters.values()
    ]
    assert plain(expected.return_annotation) == plain(actual.return_annotation)


@pytest.mark.parametrize(("method", "twin"), MEMBERS)
def test_methods_block(method: Callable[..., Any], twin: Callable[..., Any]) -> None:
    """
    Nothing on the blocking side has to be awaited, and every method is a function of its file.
    """
    # A deprecated method is wrapped in its warning.
    written = inspect.unwrap(twin)

    assert not inspect.iscoroutinefunction(written)
    assert "_sync" in written.__code__.co_filename
    assert method.__module__.replace("._async.", "._sync.") == twin.__module__


@pytest.mark.parametrize(
    ("method", "twin"), [each for each in MEMBERS if "__init__" not in str(each.id)]
)
def test_methods_forward_to_their_own_twin(
    method: Callable[..., Any], twin: Callable[..., Any]
) -> None:
    """
    What a blocking method calls has its own name; iterators and scopes have help.
    """
    name = method.__name__

    assert {name, HELP.get(name)} & {*inspect.unwrap(twin).__code__.co_names}


@pytest.mark.parametrize(("method", "twin"), MEMBERS)
def test_docstrings_are_the_same(method: Callable[..., Any], twin: Callable[..., Any]) -> None:
    """
    A method is documented on both sides in the same words, but for the names.
    """
    assert plain(inspect.getdoc(method)) == plain(inspect.getdoc(twin))


@pytest.mark.parametrize(("cls", "twin"), PAIRS, ids=[twin.__name__ for _, twin in PAIRS])
def test_docstrings_of_classes_are_the_same(cls: type, twin: type) -> None:
    """
    A class is documented on both sides in the same words, but for the names.
    """
    assert plain(cls.__doc__) == plain(twin.__doc__)


@pytest.mark.parametrize(("method", "twin"), MEMBERS)
def test_endpoints_are_the_same(method: Callable[..., Any], twin: Callable[..., Any]) -> None:
    """
    A blocking method stands for the very endpoint of its twin, or for none either.
    """
    assert getattr(method, "endpoint", None) is getattr(twin, "endpoint", None)


def test_every_endpoint_can_be_asked_for() -> None:
    """
    All declared endpoints have a method on the blocking side that stands for them.
    """
    found = {
        endpoint_of(member).name
        for _, twin in PAIRS
        for member in members(twin).values()
        if hasattr(member, "endpoint")
    }

    assert ENDPOINTS.keys() == found


@pytest.mark.parametrize(
    ("method", "twin"),
    [each for each in MEMBERS if not re.search(r"Client\.|__a(?:enter|exit)__", str(each.id))],
)
def test_annotations_of_resources_resolve(
    method: Callable[..., Any], twin: Callable[..., Any]
) -> None:
    """
    The types of a resource's methods can be asked for at run time, and are those of its twin.
    """
    expected = {name: twin_of(hint) for name, hint in typing.get_type_hints(method).items()}

    assert expected == typing.get_type_hints(twin)


def test_resources_are_loaded_when_they_are_used() -> None:
    """
    Importing the blocking client imports no resource, on either side.
    """
    script = """
import sys
import stytch_b2b._sync.client
print(sorted(name for name in sys.modules if "._sync." in name or name.endswith(".scim")))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert "['stytch_b2b._sync.client']" == done.stdout.strip()


def test_blocking_views_are_small() -> None:
    """
    A resource has no dictionary of its own: a view of it is made at every access.
    """
    for _, twin in PAIRS:
        assert not hasattr(object.__new__(twin), "__dict__")
