import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from elman.report.page import render_page
from elman.report.rows import Row
from elman.report.summary import summarise
from report.fakes import fail, look_at, make_lab, make_row, make_rows

VOID = {"meta", "br", "link", "img"}


class Page(HTMLParser):
    """Reads a page strictly: every element closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.strip())


@pytest.fixture(scope="module")
def rows():
    return make_rows()


@pytest.fixture(scope="module")
def text(rows):
    return render_page(make_lab(rows), rows, look_at([rows[6], rows[15], rows[27]]))


def test_nothing_is_fetched(text):
    page = Page(text)
    for tag, attributes in page.tags:
        assert tag not in {"script", "link", "img", "iframe", "object", "base"}
        for name in ("src", "href", "action", "data", "poster"):
            assert (attributes.get(name) or "#").startswith("#")
    assert all(place[0] == "#" or place == "data:" for place in re.findall(r"url\((.{5})", text))
    images = re.findall(r'<image [^>]*xlink:href="(.{11})', text)
    assert images and set(images) == {"data:image/"}
    assert "@import" not in text and "http" not in re.sub(r"base64,[^)\"]*", "", text)


def test_identifiers_are_unique(text):
    found = re.findall(r'\bid="([^"]*)"', text)
    assert len(found) == len(set(found))


def test_the_page_has_its_parts(text, rows):
    page = Page(text)
    headings = [
        page.texts[page.texts.index(title)]
        for title in (
            "Summary",
            "The tasks",
            "The models",
            "Highest accuracy against length",
            "The loss, length by length",
            "Time against length",
            "The task digits",
            "The gradient while training",
            "What reaches the first step: the gradient over time",
            "The states while a sequence is read",
            "Which units hold the answer",
            "What is kept: the spectrum of the recurrent Jacobian",
            "Saturation",
            "Time against batch size, and what kernels save",
            "Notes on the tasks",
            "Set-up",
            "Every run",
        )
    ]
    assert len(headings) == 17
    assert ": Predict the <last> digit." in page.texts
    assert "Runs without a result" not in page.texts
    assert page.texts.count("palindrome: short lengths overlap") == 1
    for sentence in summarise(rows, look_at([rows[6], rows[15], rows[27]])):
        assert sentence in page.texts


def test_each_figure_comes_in_two_widths(text):
    classes = [attributes.get("class") for tag, attributes in Page(text).tags if tag == "svg"]
    assert classes.count("wide") == classes.count("narrow") == 13


def test_what_the_user_wrote_is_escaped(text):
    assert "<h1>Recall &amp; &lt;length&gt;</h1>" in text
    row = make_row()
    odd = replace(row.spec, cell="<script>alert(1)</script>", start='"><b>', task="<i>")
    odd_row = fail(Row(odd, replace(row.record, spec=odd)), reason="<img src=x>")
    for rows in ([odd_row], [Row(odd, replace(row.record, spec=odd))]):
        page = Page(render_page(make_lab(rows), rows))
        assert not {"script", "i", "img"} & {tag for tag, _ in page.tags}


def test_failed_and_missing_runs_are_shown():
    rows = make_rows()
    rows[8], rows[17] = fail(rows[8]), Row(rows[17].spec, None)
    page = Page(render_page(make_lab(rows), rows))
    assert "Runs without a result" in page.texts
    assert "the loss is nan at step 7" in page.texts
    assert "not run yet" in page.texts
    assert any(text.startswith("Of 36 runs, 34 finished, 1 failed and 1 missing")
               for text in page.texts)  # fmt: skip


@pytest.mark.parametrize("make", [fail, lambda row: Row(row.spec, None)])
def test_a_lab_of_which_nothing_finished_has_a_page(make):
    rows = [make(row) for row in make_rows()]
    page = Page(render_page(make_lab(rows), rows))
    assert "Highest accuracy against length" not in page.texts
    assert "No run of this task finished." in page.texts
