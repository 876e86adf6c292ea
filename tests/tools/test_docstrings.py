"""How docstrings of the async side read on the sync side."""

from __future__ import annotations

import pytest

from stytch_b2b._tools.docstrings import LINE_LENGTH, WORDING, translate, unused_wording
from stytch_b2b._tools.errors import RefusedError

RENAMES = {"AsyncThing": "Thing", "aclose": "close"}


def test_names_are_those_of_the_sync_side() -> None:
    """
    Classes and methods have their sync names, where they are whole words.
    """
    docstring = '"""Like `AsyncThing.get`, until `aclose`; not MyAsyncThing."""'

    assert '"""Like `Thing.get`, until `close`; not MyAsyncThing."""' == translate(
        docstring, RENAMES
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("``async with client:``", "``with client:``"),
        ("``async\n    with``", "``with``"),
        ("``await client.get()``", "``client.get()``"),
        ("``x = await get(await y())``", "``x = get(y())``"),
    ],
    ids=["with", "broken", "await", "twice"],
)
def test_code_in_a_sentence_blocks(code: str, expected: str) -> None:
    """
    Code in double backticks loses its keywords, wherever its line is broken.
    """
    assert f'"""\n    Use {expected}.\n    """' == translate(f'"""\n    Use {code}.\n    """', {})


@pytest.mark.parametrize("announced", ["In short::", "In short:"], ids=["literal", "doctest"])
def test_examples_block_and_keep_their_lines(announced: str) -> None:
    """
    Examples lose their keywords and nothing of their form.
    """
    prompt = "" if announced.endswith("::") else ">>> "
    lines = [
        '"""',
        "    Do it.",
        "",
        f"    {announced}",
        f"        {prompt}async with thing:",
        "",
        f"        {prompt}    await thing.get()",
        "",
        "    Text again.",
        '    """',
    ]
    docstring = "\n".join(lines)

    assert docstring.replace("async ", "").replace("await ", "") == translate(docstring, {})


def test_changed_paragraph_is_wrapped_anew() -> None:
    """
    A paragraph that a name made shorter fills its lines again, and no other is touched.
    """
    words = "word " * 12
    docstring = f'''"""
    Do it.

    Once ``async with`` {words}and
    more.

    This is
    as it was.

    Args:
        first: Short
            lines.
        second: An `AsyncThing` {words}and
            more.
        third: An `AsyncThing`; {words}with more words.
    """'''

    assert f'''"""
    Do it.

    Once ``with`` {words}and more.

    This is
    as it was.

    Args:
        first: Short
            lines.
        second: An `Thing` {words}and more.
        third: An `Thing`; {words}with more
            words.
    """''' == translate(docstring, RENAMES)
    assert 100 == LINE_LENGTH


def test_quotes_may_follow_the_text() -> None:
    """
    Text on the lines of the quotes is text like any other.
    """
    docstring = '"""Do it.\n\n    Then `aclose`."""'

    assert '"""Do it.\n\n    Then `close`."""' == translate(docstring, RENAMES)


@pytest.mark.parametrize("phrase", WORDING)
def test_known_phrases_are_replaced(phrase: str) -> None:
    """
    A phrase that holds for the async side alone is replaced, wherever its lines are broken.
    """
    broken = phrase.replace(" ", "\n    ")

    actual = translate(f'"""\n    So it is: {broken}\n    """', {})

    assert f"So it is: {WORDING[phrase]}" in " ".join(actual.split())


@pytest.mark.parametrize(
    "sentence",
    [
        "Await it.",
        "Runs on asyncio.",
        "An asynchronous call.",
        "Returns a coroutine.",
        "See `AsyncOther`.",
        "Then ``client.aclose()``.",
        "Wrapped in ``asyncio.run(main())``.",
    ],
    ids=lambda sentence: str(sentence.split()[-1]),
)
def test_what_is_true_of_the_async_side_alone_is_refused(sentence: str) -> None:
    """
    A word that would mislead on the sync side is named, with what can be done about it.
    """
    with pytest.raises(RefusedError, match="reword it so that it holds for both, or add"):
        translate(f'"""{sentence}"""', {})


def test_phrases_that_nobody_says_are_found() -> None:
    """
    A known phrase that no docstring has any more is reported; one that is used is not.
    """
    used, *others = WORDING

    assert others == unused_wording([f"It is said: {used}"])
    assert list(WORDING) == unused_wording([])
