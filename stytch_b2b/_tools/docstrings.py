"""
How a docstring of the async side reads on the sync side.

Classes and methods have their sync names, code in double backticks and in examples loses ``async``
and ``await``. A docstring that speaks of such things anywhere else is refused: it would be wrong
for the sync side. Reword it so that it holds for both, or add the phrase to `WORDING`.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from .errors import RefusedError

LINE_LENGTH = 100

WORDING: Mapping[str, str] = {
    "The async clients and their resources, written by hand; `stytch_b2b._sync` is made of them.": (
        "The blocking clients and their resources, made of `stytch_b2b._async`."
    ),
    "at any time, also before there is an event loop, and used from several loops and threads, on "
    "asyncio and on trio": (
        "at any time and used from several threads, also where an event loop runs, which waits as "
        "long as a call takes"
    ),
}
"""Phrases that hold for the async side alone, each with what stands there on the sync side."""

_LITERAL = re.compile(r"``.+?``", re.DOTALL)
_KEYWORD = re.compile(r"\b(?:async|await)\s+")
_ASYNC_WORD = re.compile(r"\b(?:async|await|coroutine|aclose)\w*", re.IGNORECASE)
_SECTION = re.compile(r"\s*(?:Args|Attributes|Permission|Raises|Returns|Yields):")


@dataclass
class _Block:
    """Lines that are wrapped together, or code, whose lines stand as they are."""

    lines: list[str]
    is_code: bool = False
    hangs: bool = False
    """Whether the lines after the first are indented deeper."""


def translate(docstring: str, renames: Mapping[str, str]) -> str:
    """
    Return *docstring*, which is source text with its quotes, as it reads on the sync side.

    Args:
        docstring: The source text; its lines after the first are indented as in the file.
        renames: Sync names by async names.

    Raises:
        RefusedError: A word is left that is true of the async side alone.
    """
    first, *others = docstring.split("\n")
    translated = [_translated_text(first, renames, is_code=False)]
    for block in _blocks(others):
        translated += _translated_block(block, renames)
    return "\n".join(translated)


def unused_wording(docstrings: Collection[str]) -> list[str]:
    """Return the phrases of `WORDING` that occur in none of *docstrings*."""
    return [
        phrase
        for phrase in WORDING
        if not any(_flexible(phrase).search(docstring) for docstring in docstrings)
    ]


def _blocks(lines: list[str]) -> Iterator[_Block]:
    block: _Block | None = None
    section: int | None = None  # indentation of the entries of a section
    code: int | None = None  # indentation of the paragraph that announced the code
    after_header = False
    for line in lines:
        indent = _indent(line)
        if code is not None and (not line.strip() or indent > code):
            yield _Block([line], is_code=True)
            continue
        code = None
        if after_header and line.strip():
            section = indent
        elif section is not None and line.strip() and indent < section:
            section = None
        continues = (
            block is not None
            and bool(line.strip(' "'))
            and (indent > section if section is not None else indent >= _indent(block.lines[0]))
        )
        if block is not None and continues:
            block.lines.append(line)
        else:
            if block is not None:
                yield block
            block = _Block([line], is_code=line.lstrip().startswith(">>> "))
        block.hangs = section is not None
        after_header = _SECTION.fullmatch(line) is not None
        if after_header or not line.strip(' "') or block.is_code:
            yield block
            block = None
        elif line.endswith("::"):
            yield block
            block, code = None, indent
    if block is not None:
        yield block


def _translated_block(block: _Block, renames: Mapping[str, str]) -> list[str]:
    text = "\n".join(block.lines)
    translated = _translated_text(text, renames, is_code=block.is_code)
    if translated == text or block.is_code:
        return translated.split("\n")
    indent = " " * _indent(block.lines[0])
    return textwrap.wrap(
        " ".join(translated.split()),
        width=LINE_LENGTH,
        initial_indent=indent,
        subsequent_indent=indent + " " * 4 * block.hangs,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _translated_text(text: str, renames: Mapping[str, str], *, is_code: bool) -> str:
    inserted: list[str] = []
    for phrase, replacement in WORDING.items():
        text, count = _flexible(phrase).subn(lambda _, new=replacement: new, text)
        inserted += [replacement] * count
    text = (
        _KEYWORD.sub("", text)
        if is_code
        else _LITERAL.sub(lambda literal: _KEYWORD.sub("", literal.group()), text)
    )
    text = re.sub(r"\b\w+\b", lambda word: renames.get(word.group(), word.group()), text)
    checked = text
    for replacement in inserted:
        checked = checked.replace(replacement, "")
    left_over = _ASYNC_WORD.search(checked)
    if left_over:
        reason = (
            f"the docstring says {left_over.group()!r}, which the sync side would repeat; reword"
            " it so that it holds for both, or add the phrase to WORDING of _tools/docstrings.py"
        )
        raise RefusedError(reason)
    return text


def _flexible(phrase: str) -> re.Pattern[str]:
    """Return a pattern that finds *phrase* wherever its lines are broken."""
    return re.compile(r"\s+".join(map(re.escape, phrase.split())))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
