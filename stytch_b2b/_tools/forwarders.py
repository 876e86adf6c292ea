"""From one method of an async class to the method of its twin that forwards to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Literal, NoReturn, TypeAlias

from .errors import RefusedError
from .names import HELPERS, RENAMED_METHODS, Names, last_name
from .source_text import SourceText

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

_DUNDERS = {"__init__", "__repr__", "__aenter__", "__aexit__", "__aiter__", "__anext__"}
_OF_SCOPES = {"__aenter__": "_enter", "__aexit__": "_exit"}
_VERBS = {"get", "post", "put", "delete"}
_NEVER_SYNC = re.compile(r"(Abstract)?Async\w*|Awaitable|Coroutine|Future|Task")


class Forwarder:
    """
    Makes one method of a twin.

    Args:
        node: The method of the async class.
        owner: The name of that class.
        source: The text of its module.
        names: The names of its module.
        in_scope: Whether one and the same task has to enter and leave the class.
    """

    def __init__(
        self, node: Function, owner: str, source: SourceText, names: Names, *, in_scope: bool
    ) -> None:
        self.name = RENAMED_METHODS.get(node.name, node.name)
        self._node = node
        self._owner = owner
        self._source = source
        self._names = names
        self._in_scope = in_scope

    @property
    def is_mirrored(self) -> bool:
        """
        Whether the twin has this method; what is private is the async side's own.

        Raises:
            RefusedError: It is one of Python's own that has no sync form yet.
        """
        name = self._node.name
        if name.startswith("__") and name not in _DUNDERS:
            self._refuse("has no sync form that is known")
        is_awaited = isinstance(self._node, ast.AsyncFunctionDef)
        if name in ("__aiter__", "__anext__") and is_awaited is not (name == "__anext__"):
            self._refuse("of an iterator, __anext__ alone is awaited")
        if name == "__aiter__" and self._returned_class != self._owner:
            self._refuse("an iterator gives itself, and has to say so")
        if name == "__aenter__" and last_name(self._node.returns or self._node) != "Self":
            self._refuse("what is entered gives itself, and has to say so: Self")
        return not name.startswith("_") or name in _DUNDERS

    def check_body(self) -> None:
        """
        Check that an endpoint is declared without a body, and that nothing else is.

        Raises:
            RefusedError: It is the other way round.
        """
        body = self._node.body[ast.get_docstring(self._node) is not None :]
        is_left_out = [self._source.of(statement) for statement in body] == ["..."]
        is_endpoint = "verb" in self._decorators()
        if is_endpoint and not is_left_out:
            self._refuse("a verb decorator supplies the body, so `...` has to stand for it")
        if (is_left_out or not body) and not is_endpoint:
            self._refuse("no body, and no verb decorator that would supply one")

    def text(self) -> str:
        """
        Return the source text of the forwarding method.

        Raises:
            RefusedError: The method has no sync form that is known.
        """
        self._check_parameters()
        returns = self._node.returns
        if returns is None:
            self._refuse("no return annotation")
        self._use_names(returns if self._returned_class is None else self._returned_parameters)
        lines = [f"    {self._header(returns)}:"]
        docstring = self._source.docstring(self._node)
        if docstring is not None:
            lines.append(f"        {self._names.translated(docstring, self._node.lineno)}")
        kinds = set(self._decorators())
        if "deprecated" in kinds:
            (mark,) = self._node.decorator_list
            self._use_names(mark)
            lines.insert(0, f"    @{self._source.of(mark)}")
        if kinds & {"verb", "stands_for"}:
            self._use_helper("stands_for")
            lines.insert(0, f"    @stands_for({self._owner}.{self._node.name})")
        if "property" in kinds:
            lines.insert(0, "    @property")
        lines += (f"        {line}" for line in self._body(is_property="property" in kinds))
        return "\n".join(lines)

    def _decorators(self) -> Iterator[Literal["verb", "stands_for", "property", "deprecated"]]:
        for decorator in self._node.decorator_list:
            match decorator:
                case ast.Name("property") if isinstance(self._node, ast.FunctionDef):
                    yield "property"
                case ast.Call(ast.Name("stands_for")):
                    yield "stands_for"
                case ast.Call(ast.Name("deprecated")) if len(self._node.decorator_list) == 1:
                    yield "deprecated"
                case ast.Call(ast.Attribute(ast.Name(group), verb)) if (
                    group in self._names.endpoint_groups and verb in _VERBS
                ):
                    yield "verb"
                case _:
                    self._refuse(f"decorated with {self._source.of(decorator)}")

    def _check_parameters(self) -> None:
        arguments = self._node.args
        first = [*arguments.posonlyargs, *arguments.args][:1]
        if [parameter.arg for parameter in first] != ["self"]:
            self._refuse("not a method: the first parameter is not self")
        for parameter in _parameters(arguments):
            if parameter.arg in HELPERS:
                self._refuse(f"a parameter would hide what is called {parameter.arg} there")
            self._use_names(parameter.annotation)
        for default in [*arguments.defaults, *arguments.kw_defaults]:
            self._use_names(default)

    def _use_names(self, expression: ast.expr | None) -> None:
        for node in ast.walk(expression) if expression is not None else ():
            name = last_name(node)
            if _NEVER_SYNC.fullmatch(name):
                self._refuse(f"{name} in the signature has no sync form that is known")
            if name == "Self" and self._node.name != "__aenter__":
                self._refuse("Self would be the async class; name the class")
            if isinstance(node, ast.Name):
                self._names.use(name, self._node.lineno)

    @property
    def _returned_class(self) -> str | None:
        match self._node.returns:
            case ast.Name(name) | ast.Subscript(ast.Name(name)) if name in self._names.twins:
                return name
            case _:
                return None

    @property
    def _returned_parameters(self) -> ast.expr | None:
        """What stands in the brackets of a class that is returned."""
        returns = self._node.returns
        return returns.slice if isinstance(returns, ast.Subscript) else None

    def _returned_twin(self, async_name: str) -> tuple[str, str | None]:
        """Return the twin of a class that is returned, and how it is imported where it is made."""
        twin, import_ = self._names.use_twin(async_name, self._node.lineno)
        parameters = self._returned_parameters
        if parameters is None:
            return twin, import_
        for node in ast.walk(parameters):
            if isinstance(node, ast.Name) and self._names.is_for_checkers(node.id):
                self._refuse(f"{node.id} is not there at run time, and the twin is made of it")
        return f"{twin}[{self._source.of(parameters)}]", import_

    def _header(self, returns: ast.expr) -> str:
        signature = self._source.before(self._node, returns)
        parameters = signature[signature.index("(") :]
        result = self._source.of(returns)
        if self._returned_class is not None:
            result, _ = self._returned_twin(self._returned_class)
        return f"def {self.name}{parameters}{result}"

    def _body(self, *, is_property: bool) -> Iterator[str]:
        own_name = self._node.name
        if own_name == "__init__":
            yield f"self._async = {self._owner}({', '.join(self._passed_on())})"
            return
        if own_name == "__repr__":
            yield f'return repr(self._async).replace("{self._owner}", type(self).__name__, 1)'
            return
        if own_name == "__anext__":
            self._use_helper("next_of")
            yield "return next_of(self._async)"
            return
        forwarded = f"self._async.{own_name}"
        if "deprecated" in self._decorators():
            # The twin warns its own caller; what it calls has to be silent.
            forwarded = f"self._async._instead.{own_name}"
        if self._in_scope and own_name in ("__aenter__", "__aexit__"):
            forwarded = f"self.{_OF_SCOPES[own_name]}({', '.join(self._passed_on())})"
        elif isinstance(self._node, ast.AsyncFunctionDef):
            self._use_helper("call")
            forwarded = f"call({', '.join([forwarded, *self._passed_on()])})"
        elif not is_property:
            forwarded = f"{forwarded}({', '.join(self._passed_on())})"
        if own_name in ("__aenter__", "__aiter__"):
            yield forwarded
            yield "return self"
        elif self._returned_class is not None:
            twin, import_ = self._returned_twin(self._returned_class)
            if import_ is not None:
                yield f"{import_}\n"
            yield f"return {twin}._around({forwarded})"
        elif isinstance(self._node.returns, ast.Constant):
            yield forwarded
        else:
            yield f"return {forwarded}"

    def _passed_on(self) -> Iterator[str]:
        arguments = self._node.args
        for parameter in [*arguments.posonlyargs, *arguments.args][1:]:
            yield parameter.arg
        if arguments.vararg is not None:
            yield f"*{arguments.vararg.arg}"
        for parameter in arguments.kwonlyargs:
            yield f"{parameter.arg}={parameter.arg}"
        if arguments.kwarg is not None:
            yield f"**{arguments.kwarg.arg}"

    def _use_helper(self, name: str) -> None:
        self._names.use_helper(name, self._node.lineno)

    def _refuse(self, reason: str) -> NoReturn:
        msg = f"{self._owner}.{self._node.name}: {reason}"
        raise RefusedError(msg, line=self._node.lineno)


def _parameters(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from arguments.posonlyargs
    yield from arguments.args
    yield from arguments.kwonlyargs
    yield from (each for each in (arguments.vararg, arguments.kwarg) if each is not None)
