"""What a module imports, and the imports that its twin needs."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from .errors import RefusedError


@dataclass(frozen=True)
class Import:
    """One name that an import statement brings."""

    source: str
    """What comes before ``import``: ``from ..models.scim``, or nothing."""
    what: str
    """What comes after it, with ``as`` if the name differs."""
    typing_only: bool = False
    group: int = 0
    """Imports that no empty line separates are one group; those from this package are the last."""


def imports_of(tree: ast.Module) -> dict[str, Import]:
    """
    Return what stands at the top of a module, by the name it brings.

    Raises:
        RefusedError: A condition on module level is not for type checkers, or not about imports.
    """
    imports: dict[str, Import] = {}
    group, last_line = 0, 0
    for statement, typing_only in _import_statements(tree):
        group += statement.lineno > last_line + 1
        last_line = statement.end_lineno or statement.lineno
        source = ""
        if isinstance(statement, ast.ImportFrom):
            source = f"from {'.' * statement.level}{statement.module or ''}"
        for alias in statement.names:
            what = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
            imports[alias.asname or alias.name] = Import(source, what, typing_only, group)
    return imports


def import_block(imports: Collection[Import]) -> str:
    """Return the statements that import *imports*, sorted as ruff sorts them."""
    always = _statements(each for each in imports if not each.typing_only)
    for_checkers = _statements(each for each in imports if each.typing_only)
    block = f"from __future__ import annotations\n\n{always}\n"
    if for_checkers:
        block += f"\nif TYPE_CHECKING:\n{textwrap.indent(for_checkers, '    ')}\n"
    return block


def _import_statements(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node, False
        elif isinstance(node, ast.If):
            is_for_checkers = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
            for inner in [*node.body, *node.orelse]:
                if not (is_for_checkers and isinstance(inner, (ast.Import, ast.ImportFrom))):
                    reason = "under a condition stand only imports, and only for TYPE_CHECKING"
                    raise RefusedError(reason, line=inner.lineno)
                yield inner, True


def _statements(imports: Iterator[Import]) -> str:
    groups: dict[float, dict[str, set[str]]] = {}
    for each in imports:
        group = float("inf") if each.source.startswith("from .") else each.group
        groups.setdefault(group, {}).setdefault(each.source, set()).add(each.what)
    return "\n\n".join("\n".join(_group(sources)) for _, sources in sorted(groups.items()))


def _group(sources: Mapping[str, Collection[str]]) -> Iterator[str]:
    for what in sorted(sources.get("", ())):
        yield f"import {what}"
    # From the farthest to the nearest: "." sorts before letters, and more of them before fewer.
    for source in sorted(filter(None, sources), key=lambda source: source.replace(".", "\0")):
        yield f"{source} import ({', '.join(sorted(sources[source], key=_order))})"


def _order(name: str) -> tuple[int, str]:
    """Sort constants before classes, and classes before functions."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name
