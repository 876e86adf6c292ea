"""
How a docstring of the async side reads on the sync side.

Classes and methods have their sync names, code in double backticks and in examples loses ``async``
and ``await``. A docstring that speaks of such things anywhere else is refused: it would be wrong
for the sync side. Reword it so that it holds for both, or add the phrase to `WORDING`.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping

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
    "in the task or thread that made the change, so it must be short": (
        "in the thread that made the change, which for calls to the API is the package's own, so "
        "it must be short and can make no blocking call"
    ),
    "Enter and leave it in the same task.": "Any thread may leave it.",
}
"""Phrases that hold for the async side alone, each with what stands there on the sync side."""

_LITERAL = re.compile(r"``.+?``", re.DOTALL)
_KEYWORD = re.compile(r"\b(?:async|await)\s+")
_ASYNC_WORD = re.compile(r"\b(?:async|await|coroutine|aclose)\w*", re.IGNORECASE)
_ALONE = re.compile(r'\s*(?:"""|[A-Z]\w+:)?')
"""A line that is no part of a paragraph: empty, the closing quotes, the header of a section."""
_ENTRY = re.compile(r"\s+[\w*]+: ")
"""The beginning of an entry in a section."""


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
    translated = [_translated_text(first, renames)]
    for block, is_code in _blocks(others):
        if is_code:
            translated += (_translated_text(_KEYWORD.sub("", line), renames) for line in block)
        else:
            translated += _translated_paragraph(block, renames)
    return "\n".join(translated)


def unused_wording(docstrings: Collection[str]) -> list[str]:
    """Return the phrases of `WORDING` that occur in none of *docstrings*."""
    return [
        phrase
        for phrase in WORDING
        if not any(_flexible(phrase).search(docstring) for docstring in docstrings)
    ]


def _blocks(lines: Iterable[str]) -> Iterator[tuple[list[str], bool]]:
    """Yield the lines of each paragraph or piece of code, and whether it is code."""
    block: list[str] = []
    announced: int | None = None  # the indentation of the line that announced code
    for line in lines:
        if announced is not None and (_indent(line) > announced or not line.strip()):
            yield [line], True
            continue
        announced = _indent(line) if line.endswith("::") else None
        is_alone = _ALONE.fullmatch(line) is not None
        is_code = line.lstrip().startswith(">>> ")
        begins = is_alone or is_code or _ENTRY.match(line)
        if block and (begins or _indent(line) < _indent(block[-1])):
            yield block, False
            block = []
        block.append(line)
        if is_alone or is_code or announced is not None:
            yield block, is_code
            block = []
    if block:
        yield block, False


def _translated_paragraph(lines: list[str], renames: Mapping[str, str]) -> list[str]:
    text = "\n".join(lines)
    translated = _translated_text(text, renames)
    if translated == text:
        return lines
    first = _indent(lines[0])
    rest = _indent(lines[1]) if lines[1:] else first + 4 * bool(_ENTRY.match(text))
    return textwrap.wrap(
        " ".join(translated.split()),
        width=LINE_LENGTH,
        initial_indent=" " * first,
        subsequent_indent=" " * rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _translated_text(text: str, renames: Mapping[str, str]) -> str:
    held_true: list[str] = []
    for phrase, replacement in WORDING.items():
        if _flexible(phrase).search(text):
            text = _flexible(phrase).sub(replacement, text)
            held_true.append(replacement)
    text = _LITERAL.sub(lambda literal: _KEYWORD.sub("", literal.group()), text)
    text = re.sub(r"\w+", lambda word: renames.get(word.group(), word.group()), text)
    doubtful = text
    for replacement in held_true:
        doubtful = doubtful.replace(replacement, "")
    left_over = _ASYNC_WORD.search(doubtful)
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
