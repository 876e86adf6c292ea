"""
The decorators that declare endpoints.

An endpoint is an ``async def`` whose signature and docstring are the whole definition; its body
is ``...``. A verb decorator compiles it into an `Endpoint`, which can be asked everything, and
into a coroutine function that binds the arguments and hands them to the client::

    scim = EndpointGroup("scim")

    class AsyncSCIM(AsyncResource):
        @scim.put(
            "/sdk/v1/b2b/scim/{connection_id}",
            acts_as=ActsAs.SESSION,
            permission=SCIM["update"],
            retry=Retry.IDEMPOTENT,
        )
        async def update_connection(
            self, connection_id: str, *, display_name: str | None = None
        ) -> SCIMConnectionResponse:
            '''Update a SCIM connection.'''
            ...

A parameter that the path names goes there; any other goes into the query of a GET or DELETE and
into the JSON body of a POST or PUT. ``None`` means not given. What can be checked without
resolving types fails when the class is made; types resolve at the first call.
"""

from __future__ import annotations

import functools
import inspect
import linecache
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any, Literal, NoReturn, ParamSpec, Protocol, TypeAlias, TypeVar, cast

from attrs import frozen

from ._endpoint import (
    PATH_FIELD,
    ActsAs,
    Endpoint,
    Fill,
    FilledBy,
    Method,
    OnRejection,
    Parameter,
    Retry,
    StateEffect,
    endpoint_of,
)
from .permissions import Permission, Undocumented

P = ParamSpec("P")
R = TypeVar("R")


class _Resource(Protocol):
    """What a method of an endpoint needs of its ``self``."""

    @property
    def _actor(self) -> _Actor: ...


class _Actor(Protocol):
    """Takes a bound call through the request path."""

    def call(
        self, endpoint: Endpoint, arguments: Mapping[str, Any]
    ) -> Coroutine[Any, Any, Any]: ...


ENDPOINTS: dict[str, Endpoint] = {}
"""Every endpoint of the resources imported so far, by name."""


class DeclarationError(TypeError):
    """An endpoint's declaration contradicts itself; raised at import."""


class EndpointGroup:
    """
    The verb decorators for the endpoints of one resource.

    Args:
        name: The resource as Stytch's documentation calls it, such as ``magic_links.email``.
    """

    def __init__(self, name: str) -> None:
        self.get = Verb(name, "GET")
        self.post = Verb(name, "POST")
        self.put = Verb(name, "PUT")
        self.delete = Verb(name, "DELETE")


@frozen
class Verb:
    """A decorator that declares an endpoint of one HTTP method."""

    _resource: str
    _method: Method

    def __call__(
        self,
        path: str,
        *,
        acts_as: ActsAs,
        permission: Permission | Undocumented | None,
        retry: Retry,
        field_permissions: Mapping[str, Permission] = MappingProxyType({}),
        state_effect: StateEffect = StateEffect.NONE,
        on_rejection: OnRejection = OnRejection.KEEP,
        repeats_if_superseded: bool = False,
        shares_flight: bool = False,
        filled: Mapping[str, FilledBy] = MappingProxyType({}),
        wire_names: Mapping[str, str] = MappingProxyType({}),
        shares_route_with: str = "",
    ) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]]:
        """
        Declare an endpoint.

        Args:
            path: Template of the path; each ``{field}`` is a parameter, or filled by the client.
            acts_as: Whose credentials the call needs.
            permission: What the call needs; ``None`` where the documentation says that it needs
                none, `UNDOCUMENTED` where it is silent.
            retry: What repeating the call would do.
            field_permissions: Permissions of single parameters, instead of the call's for them.
            state_effect: What success does to the client's state, unless the fields of the
                response say it.
            on_rejection: What the answer that the session is gone does to the client's state.
            repeats_if_superseded: Whether the call is repeated once when another session took
                the place of the one it was sent with.
            shares_flight: Whether those who send the same at the same time, in one event loop,
                share one request.
            filled: What the client fills in where the caller gives nothing.
            wire_names: Names in the request that differ from those of the parameters.
            shares_route_with: Name of the one other endpoint that has the same method and path,
                and needs another permission.

        Raises:
            DeclarationError: The declaration contradicts the signature or another endpoint.
        """

        def declare(
            function: Callable[P, Coroutine[Any, Any, R]],
        ) -> Callable[P, Coroutine[Any, Any, R]]:
            endpoint = Endpoint(
                name=f"{self._resource}.{function.__name__.lstrip('_')}",
                method=self._method,
                path=path,
                parameters=_parameters(function, self._method, path, wire_names),
                acts_as=acts_as,
                permission=permission,
                field_permissions=field_permissions,
                retry=retry,
                declared_effect=state_effect,
                on_rejection=on_rejection,
                repeats_if_superseded=repeats_if_superseded,
                shares_flight=shares_flight,
                filled=filled,
                function=function,
            )
            _check_declaration(endpoint, wire_names, shares_route_with)
            ENDPOINTS[endpoint.name] = endpoint
            bind = _compile_binder(function, endpoint.name)

            @functools.wraps(function)
            async def call(*args: P.args, **kwargs: P.kwargs) -> R:
                resource, arguments = bind(*args, **kwargs)
                return cast("R", await resource._actor.call(endpoint, arguments))

            cast("Any", call).endpoint = endpoint
            return call

        return declare


def stands_for(declared: Callable[..., Any]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a method with a body of its own as the face of the endpoint that it calls."""

    def mark(method: Callable[P, R]) -> Callable[P, R]:
        cast("Any", method).endpoint = endpoint_of(declared)
        return method

    return mark


def _parameters(
    function: Callable[..., Any], method: Method, path: str, wire_names: Mapping[str, str]
) -> tuple[Parameter, ...]:
    fields = PATH_FIELD.findall(path)
    elsewhere: Literal["query", "body"] = "query" if method in ("GET", "DELETE") else "body"
    return tuple(
        Parameter(
            name=parameter.name,
            place="path" if parameter.name in fields else elsewhere,
            wire_name=wire_names.get(parameter.name, parameter.name),
            is_required=parameter.default is parameter.empty,
        )
        for parameter in list(inspect.signature(function).parameters.values())[1:]
    )


def _check_declaration(
    endpoint: Endpoint, wire_names: Mapping[str, str], shares_route_with: str
) -> None:
    function = endpoint.function

    def refuse(problem: str) -> NoReturn:
        msg = f"{function.__module__}.{function.__qualname__}: {problem}"
        raise DeclarationError(msg)

    if endpoint.shares_flight and not endpoint.retry.is_repeatable:
        refuse("a flight can be shared only where once does for many")
    names = {parameter.name for parameter in endpoint.parameters}
    without_fields = PATH_FIELD.sub("", endpoint.path)
    if "{" in without_fields or "}" in without_fields:
        refuse(f"the path {endpoint.path} has a field that is no name")
    for name in endpoint.path_fields:
        if name not in names and endpoint.filled.get(name) is not Fill.PUBLIC_TOKEN:
            refuse(f"the path names {{{name}}}, which is no parameter")
    for parameter in endpoint.parameters:
        if parameter.place == "path" and not parameter.is_required:
            refuse(f"the path needs {parameter.name!r}, which has a default")
    for what, mentioned, known in (
        ("a permission", endpoint.field_permissions, names),
        ("a wire name", wire_names, names),
        ("a filler", endpoint.filled, names | set(endpoint.path_fields)),
    ):
        for name in mentioned:
            if name not in known:
                refuse(f"{what} is declared for {name!r}, which is no parameter")
    on_the_wire = Counter(parameter.wire_name for parameter in endpoint.parameters)
    for name, count in on_the_wire.items():
        if count > 1:
            refuse(f"{name!r} is sent by more than one parameter")
    for each in inspect.signature(function).parameters.values():
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            refuse(f"{each} cannot be placed in a request; name each parameter")
    if not function.__doc__:
        refuse("an endpoint is documented by its docstring, which is missing")
    for other in ENDPOINTS.values():
        is_same_route = _route(other) == _route(endpoint) and other.name != shares_route_with
        if other.name == endpoint.name or is_same_route:
            theirs = f"{other.function.__module__}.{other.function.__qualname__}"
            refuse(f"{endpoint} is declared already, by {theirs}")


def _route(endpoint: Endpoint) -> tuple[str, str]:
    return endpoint.method, PATH_FIELD.sub("{}", endpoint.path)


_Binder: TypeAlias = Callable[..., tuple[_Resource, dict[str, Any]]]


def _compile_binder(function: Callable[..., Any], name: str) -> _Binder:
    """
    Return a function of the same signature that returns its arguments.

    Python itself binds them, at the speed and with the errors of an ordinary call; binding with
    `inspect` costs a tenth of a call. The source is registered, so that a debugger can show it.
    """
    signature = inspect.signature(function)
    defaults: dict[str, Any] = {}
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        bare = parameter.replace(annotation=parameter.empty)
        if parameter.default is not parameter.empty:
            defaults[f"_{parameter.name}"] = parameter.default
            bare = bare.replace(default=_Verbatim(f"_{parameter.name}"))
        parameters.append(bare)
    owner, *others = (parameter.name for parameter in parameters)
    bound = ", ".join(f"{other!r}: {other}" for other in others)
    header = signature.replace(parameters=parameters, return_annotation=signature.empty)
    source = f"def {function.__name__}{header}:\n    return {owner}, {{{bound}}}\n"
    filename = f"<arguments of {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), defaults)  # noqa: S102 - made of our own signature
    binder = defaults[function.__name__]
    # Python's errors about arguments name the function by this.
    binder.__qualname__ = function.__qualname__
    return cast("_Binder", binder)


class _Verbatim(str):
    """Text that a signature prints as it is."""

    __slots__ = ()

    __repr__ = str.__str__
