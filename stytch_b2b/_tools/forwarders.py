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

_DUNDERS = {"__init__", "__repr__", "__aenter__", "__aexit__"}
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
    """

    def __init__(self, node: Function, owner: str, source: SourceText, names: Names) -> None:
        self.name = RENAMED_METHODS.get(node.name, node.name)
        self._node = node
        self._owner = owner
        self._source = source
        self._names = names

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
        if self._returned_class is None:
            self._use_names(returns)
        lines = [f"    {self._header(returns)}:"]
        docstring = self._source.docstring(self._node)
        if docstring is not None:
            lines.append(f"        {self._names.translated(docstring, self._node.lineno)}")
        kinds = set(self._decorators())
        if kinds & {"verb", "stands_for"}:
            self._use_helper("stands_for")
            lines.insert(0, f"    @stands_for({self._owner}.{self._node.name})")
        if "property" in kinds:
            lines.insert(0, "    @property")
        lines += (f"        {line}" for line in self._body(is_property="property" in kinds))
        return "\n".join(lines)

    def _decorators(self) -> Iterator[Literal["verb", "stands_for", "property"]]:
        for decorator in self._node.decorator_list:
            match decorator:
                case ast.Name("property") if isinstance(self._node, ast.FunctionDef):
                    yield "property"
                case ast.Call(ast.Name("stands_for")):
                    yield "stands_for"
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
            case ast.Name(name) if name in self._names.twins:
                return name
            case _:
                return None

    def _header(self, returns: ast.expr) -> str:
        signature = self._source.before(self._node, returns)
        parameters = signature[signature.index("(") :]
        result = self._source.of(returns)
        if self._returned_class is not None:
            result, _ = self._names.use_twin(self._returned_class, self._node.lineno)
        return f"def {self.name}{parameters}{result}"

    def _body(self, *, is_property: bool) -> Iterator[str]:
        own_name = self._node.name
        if own_name == "__init__":
            yield f"self._async = {self._owner}({', '.join(self._passed_on())})"
            return
        if own_name == "__repr__":
            yield f'return repr(self._async).replace("{self._owner}", type(self).__name__, 1)'
            return
        forwarded = f"self._async.{own_name}"
        if isinstance(self._node, ast.AsyncFunctionDef):
            self._use_helper("call")
            forwarded = f"call({', '.join([forwarded, *self._passed_on()])})"
        elif not is_property:
            forwarded = f"{forwarded}({', '.join(self._passed_on())})"
        if own_name == "__aenter__":
            yield forwarded
            yield "return self"
        elif self._returned_class is not None:
            twin, import_ = self._names.use_twin(self._returned_class, self._node.lineno)
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
