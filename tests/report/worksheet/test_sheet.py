"""Worksheets: every solution is what the analysis finds, and the page stands alone."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest

from elman.errors import DataError
from elman.ir import evaluate, parse
from elman.paper.gradient.closed_form import derive
from elman.paper.memory.stored import count_memory
from elman.paper.unroll import write_step
from elman.report.worksheet.choices import find_questions
from elman.report.worksheet.sheet import make_exercises, write_worksheet
from elman.report.worksheet.subject import Request, Subject
from elman.report.worksheet.with_numbers import ask_clipping, ask_start

TUTORIAL = r"h_t = \tanh(Wh_{t-1} + Ux_t); y_t = Vh_t"
BOTH = (
    "h_t = tanh(A_1 x_t + B_1 h_{t-1} + c_1); k_t = tanh(A_2 x_t + B_2 k_{t+1} + c_2); "
    "y_t = h_t + k_t"
)
LOSS = r"h_t = \tanh(ax_t + bh_{t-1} + c); y_t = h_t; L = \sum_t y_t^2"
GRU = (
    "z_t = sigmoid(a x_t + b h_{t-1}); r_t = sigmoid(c x_t + d h_{t-1}); "
    "k_t = tanh(p x_t + q (r_t * h_{t-1})); h_t = (1 - z_t) * h_{t-1} + z_t * k_t"
)
TEXTS = {"tutorial": TUTORIAL, "both": BOTH, "loss": LOSS, "gru": GRU}
EXERCISE_6 = [("one", {"a": 20, "b": 1, "c": 1, "x": [0.5, -1]}),
              ("two", {"a": 1, "b": 1, "c": 0, "x": [0.5, -1]})]  # fmt: skip


def subject(text, **more):
    return Subject(Request(parse(text), **more))


def plain(html):
    """The text of a page, its markup left out."""
    cells = html.replace("</td>", " </td>")
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", "", cells)))


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("seed", [0, 7])
def test_a_page_stands_alone_and_is_the_same_each_time(name, seed):
    page = write_worksheet(Request(parse(TEXTS[name]), seed=seed))
    assert page == write_worksheet(Request(parse(TEXTS[name]), seed=seed))
    tasks, solutions = page.split('<div class="solutions">')
    assert tasks.count('<section class="exercise">') == 8
    assert solutions.count('<section class="solution">') == 8
    assert ".solutions { break-before: page;" in page
    assert not re.search(r"src=|href=\"(?!#)|<script|<pre>|\burl\((?!data:)", page)
    assert "<svg" in solutions and "<svg" not in tasks
    assert "☒" in solutions and "☒" not in tasks


def test_seeds_ask_other_questions():
    pages = {write_worksheet(Request(parse(TUTORIAL), seed=seed)) for seed in range(4)}
    assert len(pages) == 4


def test_the_tutorial_has_its_own_answers():
    found = subject(TUTORIAL + r"; z = \prod_i y_i", of="z", wrt="W")
    solution = plain(make_exercises(found)[1].solution)
    assert "294 more: 299 at T = 100 instead of 5" in solution
    assert "196 more: 200 at T = 100 instead of 4" in solution
    assert "dz/dW = dh_in_1*h_0 + dh_in_2*h_1" in solution
    inputs = plain(make_exercises(found)[2].solution)
    assert "x1 enters through" in inputs and "x2 enters through" in inputs


def test_numbers_of_ones_own_are_used():
    found = subject(LOSS, cases=EXERCISE_6)
    exercise = ask_start(found)
    assert "x1=0.5, x2=−1, h0=0" in plain(exercise.task)
    solution = plain(exercise.solution)
    assert re.search(r"sum over t of .* ?2\.00 ?0\.45", solution), solution
    assert "Choose (2)" in solution


def test_clipped_gradients_have_the_norm_of_the_bound():
    found = subject(LOSS, cases=EXERCISE_6)
    exercise = ask_clipping(found)
    norms = [np.sqrt(sum(v**2 for v in one.values())) for one in found.gradients_of_cases()]
    bound = float(re.search(r"c ?= ?([\d.]+)", plain(exercise.task)).group(1))
    assert min(norms) < bound < max(norms)
    answers = re.findall(r"<li>(.*?)</li>", exercise.solution)
    for answer, norm in zip(answers, norms, strict=True):
        told = plain(answer).replace("−", "-")
        assert f"{norm:.4g}" in told
        if norm <= bound:
            assert "stays as it is" in told
            continue
        entries = [float(v) for v in re.findall(r"[abc] ?: (-?[\d.e-]+?)[, ]", told)]
        assert np.linalg.norm(entries) == pytest.approx(bound, rel=1e-3)


def changed(found, begin, steps):
    """The names whose values change with an input, found by numbers."""
    graph = found.recurrence.typed()
    generator = np.random.default_rng(0)
    values = {key: generator.uniform(0.2, 0.8) for key in graph.parameters}
    values |= {key: generator.uniform(0.2, 0.8, steps) for key in graph.inputs}
    before = evaluate(graph, values).by_name()
    key, _, step = begin.rpartition("_")
    values[key] = values[key].copy()
    values[key][int(step) - 1] += 0.1
    after = evaluate(graph, values).by_name()
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("seed", range(5))
def test_answers_are_right(name, seed):
    found = subject(TEXTS[name], seed=seed)
    questions = find_questions(found)
    assert len(questions) == 6
    assert any(sum(s.right for s in question.statements) > 1 for question in questions)
    for question in questions:
        assert 1 <= len(question.statements) <= 6
        contents = [statement.content for statement in question.statements]
        assert len(set(contents)) == len(contents)
    graph = found.graph
    names = [write_step(k, t) for k in graph.definitions for t in (1, 2, 3)]
    spelled = {found.spelled(name): name for name in names}
    begin = next(
        write_step(k, t)
        for k in graph.inputs
        for t in (1, 2, 3)
        if f"only {found.math(k, t)} is" in questions[1].content
    )
    moved = changed(found, begin, 3)
    for statement in questions[1].statements:
        assert statement.right == (spelled[statement.content] in moved), statement
    form = derive(found.recurrence, found.total, found.wrt, 2)
    used = {found.spelled(variable) for variable in form.variables}
    for statement in questions[4].statements:
        assert statement.right == (statement.content in used)
    memory = count_memory(found.recurrence, found.total, wrt=[found.wrt], steps=100)
    for statement in questions[3].statements:
        number, way = int(statement.content.split()[0]), statement.content.split(", if ")[1]
        convention = memory.conventions["outputs" if way == "results are reused" else "inputs"]
        more = " more at " in statement.content
        expected = convention.count - convention.at_two if more else convention.count
        assert statement.right == (number == expected), statement


def test_what_is_asked_for_must_be_there():
    with pytest.raises(DataError, match="is no total"):
        subject(TUTORIAL, of="y")
    with pytest.raises(DataError, match="'Q' is no name"):
        subject(TUTORIAL, wrt="Q")
    with pytest.raises(DataError, match="no parameter whose gradient"):
        subject("h_t = 0.5 h_{t-1} + x_t")


def test_vectors_leave_out_what_is_not_done_by_hand():
    text = "h_t = tanh(W h_{t-1} + U x_t); y_t = V h_t"
    page = write_worksheet(Request(parse(text), sizes={"x": 2, "h": 3, "y": 2}))
    assert page.count('<section class="exercise">') == 6
    assert "Two starts" not in page
