"""Pieces of a module as they are written, which no two Pythons would print the same."""

from __future__ import annotations

import ast


class SourceText:
    """
    The source text of a module, by the positions that `ast` gives.

    Args:
        text: The whole module.
    """

    def __init__(self, text: str) -> None:
        # Columns count bytes, and lines end at newlines alone.
        self._lines = text.encode().split(b"\n")

    def of(self, node: ast.expr | ast.stmt) -> str:
        """Return the text of *node*."""
        return self._between(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)

    def before(self, start: ast.stmt, end: ast.expr) -> str:
        """Return the text from the beginning of *start* to that of *end*."""
        return self._between(start.lineno, start.col_offset, end.lineno, end.col_offset)

    def docstring(
        self, node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    ) -> str | None:
        """Return the text of the docstring of *node*, with its quotes."""
        return self.of(node.body[0]) if ast.get_docstring(node) is not None else None

    def _between(self, line: int, column: int, end_line: int | None, end_column: int | None) -> str:
        lines = self._lines[line - 1 : end_line]
        lines[-1] = lines[-1][:end_column]
        lines[0] = lines[0][column:]
        return b"\n".join(lines).decode()
