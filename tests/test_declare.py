"""Declaring an endpoint: what it becomes, which mistakes fail at import, and how a call reads."""

from __future__ import annotations

import inspect
import linecache
import pydoc
import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from stytch_b2b import AsyncStytchB2BClient, _declare, errors
from stytch_b2b._async.scim import AsyncSCIM
from stytch_b2b._async.session import AsyncSession
from stytch_b2b._declare import DeclarationError, EndpointGroup, stands_for
from stytch_b2b._endpoint import ActsAs, Fill, PKCEVerifier, Retry, endpoint_of
from stytch_b2b.models import APIResponse
from stytch_b2b.permissions import SCIM

TOKEN = "public-token-test-11111111-2222-3333-4444-555555555555"

things = EndpointGroup("things")
USUAL: Any = {"acts_as": ActsAs.NO_SESSION, "permission": None, "retry": Retry.READ}


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """
    Keep the endpoints of these tests out of the registry of the real ones.
    """
    registry: dict[str, Any] = {}
    monkeypatch.setattr(_declare, "ENDPOINTS", registry)
    return registry


def path_field_that_is_no_parameter() -> None:
    """
    Leave out the parameter that the path names.
    """

    class Things:
        @things.get("/things/{thing_id}", **USUAL)
        async def get(self) -> APIResponse:
            """Get a thing."""


def path_field_that_may_be_left_out() -> None:
    """
    Give a default to the parameter that the path names.
    """

    class Things:
        @things.get("/things/{thing_id}", **USUAL)
        async def get(self, thing_id: str | None = None) -> APIResponse:
            """Get a thing."""


def path_field_misspelt() -> None:
    """
    Write a field of the path that is no name.
    """

    class Things:
        @things.get("/things/{thing-id}", **USUAL)
        async def get(self) -> APIResponse:
            """Get a thing."""


def permission_of_no_parameter() -> None:
    """
    Declare a permission for a parameter that there is not.
    """

    class Things:
        @things.put("/things", **USUAL, field_permissions={"nmae": SCIM["update"]})
        async def update(self, *, name: str) -> APIResponse:
            """Update a thing."""


def wire_name_of_no_parameter() -> None:
    """
    Declare a wire name for a parameter that there is not.
    """

    class Things:
        @things.put("/things", **USUAL, wire_names={"nmae": "n"})
        async def update(self, *, name: str) -> APIResponse:
            """Update a thing."""


def wire_name_given_twice() -> None:
    """
    Give two parameters one name on the wire.
    """

    class Things:
        @things.put("/things", **USUAL, wire_names={"title": "name"})
        async def update(self, *, name: str, title: str) -> APIResponse:
            """Update a thing."""


def filler_of_no_parameter() -> None:
    """
    Fill in a parameter that there is not.
    """

    class Things:
        @things.put("/things", **USUAL, filled={"verifire": PKCEVerifier("magic_links")})
        async def update(self, *, verifier: str) -> APIResponse:
            """Update a thing."""


def public_token_for_nothing() -> None:
    """
    Fill the public token into a path that does not ask for it.
    """

    class Things:
        @things.get("/things", **USUAL, filled={"public_token": Fill.PUBLIC_TOKEN})
        async def get(self) -> APIResponse:
            """Get a thing."""


def arguments_without_names() -> None:
    """
    Take any number of arguments.
    """

    class Things:
        @things.put("/things", **USUAL)
        async def update(self, *names: str) -> APIResponse:
            """Update a thing."""


def keywords_without_names() -> None:
    """
    Take any keyword.
    """

    class Things:
        @things.put("/things", **USUAL)
        async def update(self, **fields: str) -> APIResponse:
            """Update a thing."""


def no_docstring() -> None:
    """
    Forget the docstring.
    """

    class Things:
        @things.get("/things", **USUAL)
        async def get(self) -> APIResponse: ...


def one_name_twice() -> None:
    """
    Declare two endpoints of one name.
    """

    class Things:
        @things.get("/things", **USUAL)
        async def get(self) -> APIResponse:
            """Get a thing."""

    class OtherThings:
        @things.get("/other_things", **USUAL)
        async def get(self) -> APIResponse:
            """Get another thing."""


def one_route_twice() -> None:
    """
    Declare two endpoints of one route.
    """

    class Things:
        @things.get("/things/{thing_id}", **USUAL)
        async def get(self, thing_id: str) -> APIResponse:
            """Get a thing."""

        @things.get("/things/{name}", **USUAL)
        async def get_by_name(self, name: str) -> APIResponse:
            """Get a thing by its name."""


def flight_that_does_too_much() -> None:
    """
    Share among many what has to be done for each.
    """

    class Things:
        @things.post("/things", **{**USUAL, "retry": Retry.CREATES}, shares_flight=True)
        async def create(self) -> APIResponse:
            """Create a thing."""


@pytest.mark.parametrize(
    ("mistake", "method", "name"),
    [
        (path_field_that_is_no_parameter, "Things.get", "thing_id"),
        (path_field_that_may_be_left_out, "Things.get", "thing_id"),
        (path_field_misspelt, "Things.get", "thing-id"),
        (permission_of_no_parameter, "Things.update", "nmae"),
        (wire_name_of_no_parameter, "Things.update", "nmae"),
        (wire_name_given_twice, "Things.update", "name"),
        (filler_of_no_parameter, "Things.update", "verifire"),
        (public_token_for_nothing, "Things.get", "public_token"),
        (arguments_without_names, "Things.update", "*names"),
        (keywords_without_names, "Things.update", "**fields"),
        (no_docstring, "Things.get", "docstring"),
        (one_name_twice, "OtherThings.get", "Things.get"),
        (one_route_twice, "Things.get_by_name", "Things.get"),
        (flight_that_does_too_much, "Things.create", "flight"),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_mistakes(
    mistake: Callable[[], None], method: str, name: str, registry: dict[str, Any]
) -> None:
    """
    A declaration that contradicts itself fails when its class is made, and says where and what.
    """
    with pytest.raises(DeclarationError) as caught:
        mistake()

    where, _, problem = str(caught.value).partition(": ")
    assert f"{__name__}.{mistake.__name__}.<locals>.{method}" == where
    assert name in problem
    assert isinstance(caught.value, TypeError)
    # What was refused is not half registered.
    assert len(registry) <= 1


def test_endpoint_is_asked() -> None:
    """
    The declaration hangs on the method, bound or not, and has everything that was said.
    """
    endpoint = endpoint_of(AsyncSCIM.update_connection)
    client = AsyncStytchB2BClient(TOKEN)

    assert endpoint is endpoint_of(client.scim.update_connection)
    assert "scim.update_connection (PUT /sdk/v1/b2b/scim/{connection_id})" == str(endpoint)
    assert ("connection_id",) == endpoint.path_fields
    assert ["path", "body", "body", "body"] == [p.place for p in endpoint.parameters]
    assert "function" not in repr(endpoint)


@pytest.mark.parametrize("stranger", [len, AsyncSession.get_sync, None, "scim.update_connection"])
def test_what_is_no_call(stranger: object) -> None:
    """
    What stands for no call to the API is refused, with an example of what does.
    """
    with pytest.raises(TypeError, match=r"like client\.scim\.update_connection"):
        endpoint_of(stranger)


def test_place_of_parameters() -> None:
    """
    Parameters of GET and DELETE go into the query, those of POST and PUT into the body.
    """

    def declare(verb: Any) -> str:
        @verb("/things/{thing_id}", **USUAL)
        async def do(self: Any, thing_id: str, *, flag: bool) -> APIResponse:
            """Do it."""

        _, flag = endpoint_of(do).parameters
        _declare.ENDPOINTS.clear()
        return flag.place

    assert ["query", "query", "body", "body"] == [
        declare(verb) for verb in (things.get, things.delete, things.post, things.put)
    ]


def test_private_methods_lend_their_name() -> None:
    """
    The endpoint of a private method is called as the public method that stands for it.
    """

    class Things:
        @things.post("/things", **USUAL)
        async def _make(self) -> APIResponse:
            """Make a thing."""

        @stands_for(_make)
        async def make(self, *, twice: bool) -> APIResponse:
            """Make a thing, or two."""
            return await self._make()

    assert "things.make" == endpoint_of(Things.make).name
    assert endpoint_of(Things._make) is endpoint_of(Things.make)
    assert ["self", "twice"] == list(inspect.signature(Things.make).parameters)


def test_is_an_ordinary_method() -> None:
    """
    `inspect` and `help` see the coroutine function that was written.
    """
    method = AsyncSCIM.update_connection
    parameters = inspect.signature(method).parameters

    assert inspect.iscoroutinefunction(method)
    assert "AsyncSCIM.update_connection" == method.__qualname__
    assert "stytch_b2b._async.scim" == method.__module__
    assert ["self", "connection_id"] == list(parameters)[:2]
    assert parameters["display_name"].kind is inspect.Parameter.KEYWORD_ONLY
    assert "Update a SCIM connection." in pydoc.render_doc(method)
    assert "async def update_connection" in inspect.getsource(method)


def test_source_of_the_binder() -> None:
    """
    A debugger that steps into the binding of arguments has source to show.
    """
    filename = "<arguments of scim.update_connection>"
    linecache.checkcache()
    first = linecache.getline(filename, 1)

    assert first.startswith("def update_connection(self, connection_id, *, display_name=")
    assert "return self, {'connection_id': connection_id" in linecache.getline(filename, 2)


def unbound() -> AsyncSCIM:
    """
    Return a resource that is not logged in.
    """
    return AsyncStytchB2BClient(TOKEN).scim


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("arguments", "keywords", "problem"),
    [
        ((), {}, "missing 1 required positional argument: 'connection_id'"),
        (("a",), {"dispaly_name": "x"}, "got an unexpected keyword argument 'dispaly_name'"),
        (("a", "b"), {}, "takes 2 positional arguments but 3 were given"),
        (("a",), {"connection_id": "b"}, "got multiple values for argument 'connection_id'"),
    ],
)
async def test_type_errors(
    arguments: tuple[str, ...], keywords: dict[str, str], problem: str
) -> None:
    """
    Arguments that do not fit the signature raise what Python raises, about the method as named.
    """
    method: Any = unbound().update_connection
    with pytest.raises(
        TypeError, match=f"^{re.escape(f'AsyncSCIM.update_connection() {problem}')}"
    ):
        await method(*arguments, **keywords)


@pytest.mark.anyio
async def test_traceback() -> None:
    """
    Between the caller's line and the engine stands one frame of ours.
    """
    with pytest.raises(errors.NoSessionError) as caught:
        await unbound().update_connection("a")

    files = [frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)]
    places = [re.sub(r".*/", "", name) for name in files]
    assert ["test_declare.py", "_declare.py", "_engine.py"] == places[:3]
    assert "_declare.py" not in places[2:]
