"""Every wrong text has an error of its own, whose whole text is a golden file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import elman.errors
from elman.errors import (
    EquationSyntaxError,
    RecurrenceError,
    ShapeError,
    Source,
    SourceError,
    SourceErrorGroup,
    Span,
)
from elman.ir import parse
from wrong import WRONG

DOCS = Path(__file__).parents[1] / "docs" / "errors.md"


def error_of(text: str, sizes: dict[str, int]) -> RecurrenceError:
    """The error that a wrong text raises."""
    with pytest.raises(RecurrenceError) as raised:
        parse(text).typed(sizes)
    return raised.value


@pytest.mark.parametrize("name", WRONG)
def test_the_text_of_an_error(name, golden):
    error = error_of(*WRONG[name])
    golden(f"errors/{name}.txt", f"{error}\n")


@pytest.mark.parametrize("name", WRONG)
def test_an_error_has_a_sentence_a_place_and_a_remedy(name):
    error = error_of(*WRONG[name])
    for single in error.errors if isinstance(error, SourceErrorGroup) else [error]:
        assert isinstance(single, SourceError), f"{single!r}"
        assert single.message and not single.message.endswith(".")
        assert single.remedy, f"{single} has no remedy"
        lines = str(single).splitlines()
        assert all(len(line) <= 200 for line in lines), lines
        if single.span is not None:
            caret = next(line for line in lines if line.lstrip().startswith("^"))
            shown = lines[lines.index(caret) - 1]
            assert len(caret) <= max(len(shown), caret.index("^") + 1)


def test_every_class_has_its_paragraph():
    text = DOCS.read_text(encoding="utf-8")
    classes = re.findall(r"^class (\w+)", Path(elman.errors.__file__).read_text(), re.M)
    for name in classes:
        if name not in ("Source", "Span"):
            assert f"`{name}`" in text, f"docs/errors.md does not speak of {name}"


@pytest.mark.parametrize("name", WRONG)
def test_every_sentence_has_its_paragraph(name):
    """`docs/errors.md` quotes each sentence, with ... for what depends on the text."""
    text = DOCS.read_text(encoding="utf-8")
    quoted = re.findall(r"^\*\*(.+?)\*\*$", text, re.M)
    patterns = [re.compile(re.escape(line).replace(re.escape("..."), ".*")) for line in quoted]
    error = error_of(*WRONG[name])
    for single in error.errors if isinstance(error, SourceErrorGroup) else [error]:
        assert any(p.fullmatch(single.message) for p in patterns), single.message


def test_the_carets_of_a_span():
    source = Source("ab = cd\n\te = ff gg", "net.eq")
    start = source.text.index("ff")
    assert Span(source, start, start + 2).excerpt().splitlines() == [
        "  net.eq:2:6",
        "     e = ff gg",
        "         ^~",
    ]


def test_a_long_line_is_cut_around_the_caret():
    source = Source("x" * 500 + "!" + "y" * 500)
    place, line, caret = Span(source, 500, 501).excerpt().splitlines()
    assert place.endswith(":1:501")
    assert len(line) < 170
    assert line[caret.index("^")] == "!"


def test_errors_in_a_group_come_in_the_order_of_the_text():
    group = SourceErrorGroup([EquationSyntaxError("one"), ShapeError("two", facts=["f"])])
    assert str(group) == "EquationSyntaxError: one\n\nShapeError: two\n  f"
