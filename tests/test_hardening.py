"""Random and mutated texts are read or refused, whatever they hold; long ones early."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corpus
from elman.equations.tokens import MAX_CHARACTERS
from elman.errors import RecurrenceError, SourceError, SourceErrorGroup
from elman.ir import parse, print_graph

WORDS = r"""
h_t h_{t-1} x_t y_{t+1} W_{xh} W \tanh \sigma( tanh( \sum_t \prod_i \frac{ \sqrt{ \odot ^\top
^{-1} \tilde{h} \hat \mathbf{ \begin{align} \end{align} \\ & = := : [h,x] \in\mathbb{R}^{ h_0
e^{ init share freeze \left( \right) | \| ∑ σ ₜ₋₁ ᵀ ⊙ [t-1] ^{(2)} ^{(t)} ' 1e9 # % ; diag(
\Delta \langle \rangle \overrightarrow{h} \begin{bmatrix} \end{bmatrix} \text{for} \pi T t i
$ $$ ` \( \) \quad ** _(t-1) ^t ^{t-1} 1_t b1 <math> ]_+ \begin{array}{c} where Output: ^{\prime}
+ - * / ( ) [ ] { } , . 0 1 2 h x
""".split()


def check(text: str) -> None:
    """A text is refused with an error of ours, or its print reads back as the same graph."""
    try:
        recurrence = parse(text)
        graph = print_graph(recurrence.typed({}))
    except RecurrenceError as error:
        assert isinstance(error, SourceError | SourceErrorGroup)
        assert str(error)
        return
    for spelling in (recurrence.plain(), recurrence.latex()):
        again = parse(spelling)
        assert again.statements == recurrence.statements, spelling
        assert print_graph(again.typed({})) == graph


@settings(max_examples=300)
@given(st.text(max_size=200))
def test_any_characters(text):
    check(text)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_any_words_of_the_notation(words):
    check(" ".join(words))


@settings(max_examples=200)
@given(st.lists(st.sampled_from(WORDS), max_size=12), st.lists(st.sampled_from(WORDS), max_size=12))
def test_any_right_hand_side(words, more):
    check(f"h_t = h_{{t-1}} + {' '.join(words)}\ny_t = h_t {''.join(more)}")


@settings(max_examples=300)
@given(st.data())
def test_mutated_texts_of_the_corpus(data):
    text = data.draw(st.sampled_from(corpus.load())).text
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 12))
        inserted = data.draw(st.sampled_from(["", *WORDS]))
        text = text[:at] + inserted + text[at + length :]
    check(text)


def filled(unit: str, head: str = "", tail: str = "") -> str:
    """A text as long as any that is read."""
    return head + unit * ((MAX_CHARACTERS - len(head) - len(tail)) // len(unit)) + tail


def lines(form: str, count: int = 900) -> str:
    """Many statements; `@` is the number of the line, `+` the next one, `-` the one before."""
    return "\n".join(
        form.replace("@", str(i)).replace("+", str(i + 1)).replace("-", str(i - 1))
        for i in range(1, count)
    )


NASTY = {
    "parentheses": filled("(", "h_t = "),
    "balanced": "h_t = " + "(" * 30_000 + "x_t" + ")" * 30_000,
    "signs": "h_t = " + "-(" * 190 + "x_t" + ")" * 190,
    "sum": filled("+ x_t ", "h_t = h_{t-1} "),
    "product": filled("x_t ", "h_t = h_{t-1} "),
    "elementwise": filled("* x_t ", "h_t = h_{t-1} "),
    "quotient": filled("/x", "h_t = x"),
    "letters": filled("a", "h_t = h_{t-1} x_t + "),
    "newlines": "\n" * 65_000 + "h_t = h_{t-1}",
    "semicolons": ";" * 65_000 + "h_t = h_{t-1}",
    "long_name": filled("a", "h_t = h_{t-1} W_{", "} x_t"),
    "digits": filled("9", "h_t = h_{t-1} + "),
    "long_lag": filled("9", "h_t = h_{t-", "}"),
    "long_step": filled("9", "h_t = h_{t-1} + h_{", "}"),
    "commas": filled("a,"),
    "equal_signs": filled("a=", "", "1"),
    "roots": filled("√", "h_t = "),
    "bars": filled("|", "h_t = "),
    "functions": filled("\\tanh ", "h_t = "),
    "hats": filled("\\hat", "h_t = "),
    "fractions": filled("\\frac", "h_t = "),
    "powers": filled("^2", "h_t = x_t"),
    "exponentials": filled("e^", "h_t = "),
    "primes": filled("'", "h_t = x"),
    "subscripts": filled("_A", "h_t = x"),
    "backslashes": filled("\\"),
    "environments": filled("\\begin{bmatrix}"),
    "sums_of_sums": filled("\\sum_{a=1}^{50}", "h_t = "),
    "small_letters": filled("ₜ", "h_t = x"),
    "nulls": filled("\0"),
    "parts": filled("x_t,", "h_t = W [", "x_t] + h_{t-1}"),
    "arguments": filled("x_t,", "h_t = max(", "x_t)"),
    "dimensions": filled("h,", "h_t = W x_t\nW: [h", "]"),
    "bold": filled("**a", "h_t = x_t\n"),
    "headings": filled("**ab**: "),
    "labels": filled("ab: ", "\n"),
    "label_lines": filled("\nabc: ", "", "= x"),
    "mentions": filled("is $x$ "),
    "opened": filled(r"\( "),
    "displays": filled(r"\[ "),
    "dollars": filled("$"),
    "fences": filled("\n```"),
    "quads": filled(r"\quad", "h_t = x_t"),
    "quads_and_names": filled(r"\quad x ", "h_t = x_t"),
    "quads_and_equations": filled(r"\quad x = ", "h_t = x_t"),
    "times_above": filled("x^t ", "h^t = "),
    "lines_with_time_above": filled("\na^t", "", "="),
    "numbered_letters": filled("a1"),
    "arrays": filled(r"(\begin{array}{c}"),
    "round_scripts": filled("_(t", "h_t = x"),
    "chain": lines("a_{@,t} = tanh(W_{@} a_{+,t})"),
    "chain_back": lines("a_{@,t} = tanh(W_{@} a_{-,t})") + "\na_{0,t} = a_{0,t-1} | x_t |",
    "doubling": lines("a_{@,t} = [a_{-,t}, a_{-,t}]") + "\na_{0,t} = tanh(x_t)",
    "cycle": lines("a_{@,t} = a_{+,t}") + "\na_{900,t} = a_{1,t}",
    "many_errors": lines("a_{@,t} = foo(x_t)"),
    "many_twice": "a_t = x_t\n" * 999,
}


@pytest.mark.parametrize("name", NASTY)
def test_long_texts_are_read_or_refused(name):
    text = NASTY[name]
    assert len(text) <= MAX_CHARACTERS
    try:
        recurrence = parse(text)
        print_graph(recurrence.typed({}))
    except RecurrenceError as error:
        assert len(str(error)) < 20_000
