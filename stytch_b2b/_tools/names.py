"""The names of one async module: what they mean there, and how its twin comes by them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping

from .docstrings import translate
from .errors import RefusedError
from .imports import Import, imports_of

HELPERS = {
    "Blocking": Import("from .._blocking", "Blocking"),
    "BlockingScope": Import("from .._blocking", "BlockingScope"),
    "call": Import("from .._portal", "call"),
    "next_of": Import("from .._blocking", "next_of"),
    "stands_for": Import("from .._declare", "stands_for"),
}
"""What the twins are made with."""

RENAMED_METHODS = {
    "aclose": "close",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
}
"""Sync names of methods, where they differ."""


class Names:
    """
    The names of one async module, and those of them that its twin uses.

    Args:
        file: The module's file name.
        tree: The module.
        twins: The sync class of every mirrored async class of the package.
    """

    def __init__(self, file: str, tree: ast.Module, twins: Mapping[str, str]) -> None:
        self.twins = twins
        self.used: set[Import] = set()
        self.endpoint_groups = set(_endpoint_groups(tree))
        self._home = f"from .._async.{file.removesuffix('.py')}"
        self._imports = imports_of(tree)
        self._defined = {name for node in tree.body for name in _defined_by(node)}

    def use(self, name: str, line: int) -> None:
        """
        Note that the twin uses *name* with the meaning it has here.

        Raises:
            RefusedError: It has none, or the twin means something else by it.
        """
        if any(name == self.twins.get(defined) for defined in self._defined):
            reason = f"{name} is the name of a class on the sync side; import it as something else"
            raise RefusedError(reason, line=line)
        if name in self._imports:
            imported = self._imports[name]
            self.used.add(imported)
            if imported.typing_only:
                self.used.add(self._imports["TYPE_CHECKING"])
        elif name in self._defined:
            self.used.add(Import(self._home, name))
        elif name not in dir(builtins):
            reason = f"{name} is neither imported nor defined at the top of the module"
            raise RefusedError(reason, line=line)

    def is_for_checkers(self, name: str) -> bool:
        """Tell whether *name* is imported for type checkers alone."""
        return name in self._imports and self._imports[name].typing_only

    def use_helper(self, name: str, line: int) -> None:
        """
        Note that the twin is made with one of `HELPERS`.

        Raises:
            RefusedError: The module means something else by that name.
        """
        meant = self._imports.get(name, HELPERS[name])
        if name in self._defined or meant.source != HELPERS[name].source:
            reason = f"{name} is the name of what the sync side is made with; choose another"
            raise RefusedError(reason, line=line)
        self.used.add(HELPERS[name])

    def use_twin(self, async_name: str, line: int) -> tuple[str, str | None]:
        """
        Note that the twin uses another twin.

        Returns:
            The name under which it does, and the statement that imports it where it is needed, if
            nothing at the top of the module does at run time.

        Raises:
            RefusedError: The module does not import its model.
        """
        twin = self.twins[async_name]
        if async_name in self._defined:
            return twin, None
        if async_name not in self._imports:
            reason = f"{async_name} is not imported at the top of the module"
            raise RefusedError(reason, line=line)
        imported = self._imports[async_name]
        # Self is a type as well as the twin of AsyncSelf.
        name = f"Sync{twin}" if twin in self._imports or twin in self._defined else twin
        what = twin if name == twin else f"{twin} as {name}"
        self.used.add(Import(imported.source, what, imported.typing_only, imported.group))
        if not imported.typing_only:
            return name, None
        self.used.add(self._imports["TYPE_CHECKING"])
        return name, f"{imported.source} import {what}"

    def translated(self, docstring: str, line: int) -> str:
        """
        Return the text of a docstring as it reads on the sync side.

        Raises:
            RefusedError: It does not hold there.
        """
        try:
            return translate(docstring, {**RENAMED_METHODS, **self.twins})
        except RefusedError as refused:
            refused.line = line
            raise


def last_name(node: ast.AST) -> str:
    """Return the last part of a dotted name; of anything else, nothing."""
    match node:
        case ast.Name(name) | ast.Attribute(_, name):
            return name
        case _:
            return ""


def _endpoint_groups(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        match node:
            case ast.Assign([ast.Name(name)], ast.Call(function)):
                if last_name(function) == "EndpointGroup":
                    yield name
            case _:
                pass


def _defined_by(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.ClassDef(name) | ast.FunctionDef(name) | ast.AsyncFunctionDef(name):
            yield name
        case ast.Assign(targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(ast.Name(name)):
            yield name
        case _:
            pass
