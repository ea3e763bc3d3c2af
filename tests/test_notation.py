"""docs/notation.md is true: what it shows is read, and what it calls refused is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from elman.errors import RecurrenceError
from elman.ir import parse, print_graph

PAGE = (Path(__file__).parents[1] / "docs" / "notation.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(equations|refused)\n(.*?)^```", PAGE, re.M | re.S)
READ = [text for kind, text in BLOCKS if kind == "equations"]
REFUSED = [text for kind, text in BLOCKS if kind == "refused"]

VANILLA = "h_t = tanh(W h_{t-1} + U x_t + b)"


@pytest.mark.parametrize("text", READ)
def test_what_the_page_shows_is_read_and_reads_back(text):
    recurrence = parse(text)
    for spelling in (recurrence.plain(), recurrence.latex()):
        assert parse(spelling).statements == recurrence.statements


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_page_calls_refused_is(text):
    with pytest.raises(RecurrenceError):
        parse(text)


# Pairs of spellings that mean the same, item by item of the page.
SAME = [
    # text
    ("h_t = a h_{t-1} + x_t; y_t = h_t", "h_t = a h_{t-1} + x_t\ny_t = h_t"),
    (r"h_t = a h_{t-1} + x_t \\ y_t = h_t", "h_t = a h_{t-1} + x_t\ny_t = h_t"),
    ("h_t = a h_{t-1} % comment\n # another\n+ x_t", "h_t = a h_{t-1} + x_t"),
    (r"\begin{gather*} y_t = x_t, \end{gather*}", "y_t = x_t"),
    (r"\[ y_t = \displaystyle x_t \label{eq:y} \tag{2} . \]", "y_t = x_t"),
    (r"y_t \gets x_t", "y_t = x_t"),
    (r"y_t = x_t, \quad \text{for } t = 1, \dots, T", "y_t = x_t"),
    (r"\text{for } t = 1, \dots, T: y_t = x_t", "y_t = x_t"),
    (r"y_t = x_t \quad \forall t \in [1, T]", "y_t = x_t"),
    ("(3.1) y_t = x_t", "y_t = x_t"),
    ("y_t = x_t (3)", "y_t = x_t"),
    ("- y_t = h_t\n- h_t = 2 x_t", "y_t = h_t; h_t = 2 x_t"),
    ("1. y_t = h_t\n2. h_t = 2 x_t", "y_t = h_t; h_t = 2 x_t"),
    (r"y_t = h_t \intertext{where} h_t = 2 x_t", "y_t = h_t; h_t = 2 x_t"),
    (r"{\displaystyle y_{t}={\tilde {x}}_{t}}", r"y_t = \tilde{x}_t"),
    (r"y_t = \underbrace{W x_t}_{\text{input}} + b", "y_t = W x_t + b"),
    ("y_t = h_t = 2 x_t", "y_t = h_t\nh_t = 2 x_t"),
    ("**Output:**\n$$y_t = x_t$$", "y_t = x_t"),
    (r"- Output: \( y_t = x_t \)", "y_t = x_t"),
    ("Output gate: y_t = x_t", "y_t = x_t"),
    ("We have $y_t = x_t$, where $x_t$ is the input.", "y_t = x_t"),
    ("where:\n`y_t = x_t`", "y_t = x_t"),
    ("```latex\ny_t = x_t\n```", "y_t = x_t"),
    (".. math::\n    y_t = x_t", "y_t = x_t"),
    (r"y_t = h_t \qquad h_t = 2 x_t", "y_t = h_t; h_t = 2 x_t"),
    (r"y_t &= x_t & \text{output} \\", "y_t = x_t"),
    (r"y_t &= h_t & h_t &= 2 x_t", "y_t = h_t; h_t = 2 x_t"),
    ("It is\n\\begin{equation}\ny_t = x_t\n\\end{equation}\nfor all steps.", "y_t = x_t"),
    (":<math>y_t = x_t</math>", "y_t = x_t"),
    ("- **Output**: $y_t = x_t$", "y_t = x_t"),
    ("y_t = µ x_t", r"y_t = \mu x_t"),
    # time
    ("h_(t) = a h_(t - 1) + x_(t)", "h_t = a h_{t-1} + x_t"),
    (r"\mathbf{h}^t = a \mathbf{h}^{t-1} + x^{t}", "h_t = a h_{t-1} + x_t"),
    (r"y_t = x_t; L = \sum_{1 \le t \le T} y_t", r"y_t = x_t; L = \sum_t y_t"),
    ("h[t] = a h[t-1] + x[t]", "h_t = a h_{t-1} + x_t"),
    ("h_{(t)} = a h_{(t-1)} + x_{(t)}", "h_t = a h_{t-1} + x_t"),
    ("h(t) = a h(t-1) + x(t)", "h_t = a h_{t-1} + x_t"),
    ("h^{(t)} = a h^{(t-1)} + x^{(t)}; h^{(0)} = 1", "h_t = a h_{t-1} + x_t; h_0 = 1"),
    ("a^{<t>} = w a^{<t-1>} + x^{<t>}", "a_t = w a_{t-1} + x_t"),
    (r"a^{\langle t\rangle} = w a^{\langle t-1\rangle}", "a_t = w a_{t-1}"),
    (r"e^{(t)} = a e^{(t-1)} + x^{(t)}", "e_t = a e_{t-1} + x_t"),
    ("k_t = a k_{t+1} + x_t; k_{T+1} = 0", "k_t = a k_{t+1} + x_t"),
    ("hₜ = a hₜ₋₁ + xₜ", "h_t = a h_{t-1} + x_t"),
    ("h_t = a h_{t-12}", "h_t = a h[t-12]"),
    ("L = sum_t y_t^2; y_t = x_t", r"L = \sum_{t=1}^{T} y_t^2; y_t = x_t"),
    ("L = sum(y)\ny_t = x_t", r"L = ∑_t y_t; y_t = x_t"),
    # names
    (r"y_t = A_1 x_t", r"y_t = A_{1} x_t"),
    (r"y_t = \mathbf{W}_{xh} \bm{x}_t", "y_t = W_{xh} x_t"),
    (r"y_t = W_{\text{xh}} x_t", "y_t = W_{xh} x_t"),
    (r"y_t = \widetilde{x}_t + x'_t", r"y_t = \tilde x_t + x_t'"),
    ("h̃ₜ = xₜ", r"\tilde{h}_t = x_t"),
    (r"y_t = \mathbf{W x}_t", "y_t = W x_t"),
    ("𝐲_t = 𝐖 𝑥_t + 𝒃", "y_t = W x_t + b"),
    (r"h^{[1]}_t = W^{[1]} h^{[1]}_{t-1}", "h^{(1)}_t = W_1 h^{(1)}_{t-1}"),
    (r"y_t = \boldsymbol{\sigma}(x_t)", r"y_t = \sigma(x_t)"),
    (r"y_t = W^{xh} x_t", "y_t = W_{xh} x_t"),
    (r"y_t = \alpha\beta x_t", "y_t = alpha beta x_t"),
    ("Wx: scalar\ny_t = Wx x_t", "Wx: scalar\ny_t = W_x x_t"),
    ("y_t = b0 x_t + b12", "y_t = b_0 x_t + b_{12}"),
    ("h1_t = W1 h1_{t-1} + x_t", "h^{(1)}_t = W_1 h^{(1)}_{t-1} + x_t"),
    ("y_t = W_h2 x_t", "y_t = W_{h2} x_t"),
    ("h_t = a h_{t-1} + x_t; h0 = 1", "h_t = a h_{t-1} + x_t; h_0 = 1"),
    # products and functions
    (r"y_t = \sigma\left[ x_t + b \right]", r"y_t = \sigma(x_t + b)"),
    ("y_t = a ◦ x_t", "y_t = a * x_t"),
    (r"y_t = W \left[\begin{array}{c} x_t \\ u_t \end{array}\right]", "y_t = W [x_t, u_t]"),
    (r"y_t = a \cdot b \times x_t", "y_t = a @ b @ x_t"),
    (r"y_t = a \circ x_t ⊙ b_t * c", r"y_t = a * x_t \odot b_t * c"),
    ("y_t = a * b x_t + c", "y_t = (a * (b x_t)) + c"),
    (r"y_t = \tanh x_t + 1", "y_t = tanh(x_t) + 1"),
    (r"y_t = \tanh^2 x_t", "y_t = (tanh(x_t))^2"),
    (r"y_t = \tanh(x_t)^2", "y_t = (tanh(x_t))^2"),
    (r"y_t = \operatorname{ReLU}(x_t) + \ln x_t", "y_t = relu(x_t) + log(x_t)"),
    (r"y_t = \frac12 x_t", "y_t = 1/2 x_t"),
    ("y_t = √(x_t)", r"y_t = \sqrt{x_t}"),
    (r"y_t = \lVert x_t \rVert_2", r"y_t = \|x_t\|"),
    (r"y_t = [x_t, u_t]", r"y_t = [x_t; u_t]"),
    (r"y_t = \begin{bmatrix} x_t \\ u_t \end{bmatrix}", "y_t = [x_t, u_t]"),
    (r"y_t = \langle w, x_t \rangle", "y_t = w^T x_t"),
    ("y_t = W(x_t + u_t)", "y_t = W @ (x_t + u_t)"),
    (r"y_t = \phi(x_t); \phi(z) = \tanh(z)", "y_t = phi(x_t); phi = tanh"),
    (r"y_t = \sigma(x_t)", "y_t = sigmoid(x_t)"),
    (r"y_t = \sum_{k=0}^{2} a_k x_{t-k}", "y_t = a_0 x_t + a_1 x_{t-1} + a_2 x_{t-2}"),
    (r"y_t = \prod_{k=1}^{2} x_{t-k}", "y_t = x_{t-1} * x_{t-2}"),
    (r"y_t = \phi(x_t); \phi(z) = \max(0, z)", "y_t = phi(x_t); phi = relu"),
    (r"y_t = \sigma(x_t); \sigma(z) = \frac{1}{1+e^{-z}}", "y_t = sigmoid(x_t); sigma = sigmoid"),
    ("y_t = [x_t - b]_+", "y_t = relu(x_t - b)"),
    (r"y_t^{\prime} = x_t", "y_t' = x_t"),
    # declarations
    (r"W \in \mathbb{R}^{4 \times 3}; y_t = W x_t", "W: [4, 3]; y_t = W x_t"),
    (r"y_t \in \mathbb{R}; y_t = a x_t", "y: scalar; y_t = a x_t"),
    (r"y_t = a x_t \in \mathbb{R}^{3}", "y: [3]; y_t = a x_t"),
    (r"y_t = \sigma(a x_t) \in (0, 1)^{3}", r"y: [3]; y_t = \sigma(a x_t)"),
    (r"x_t, u_t \in ℝ^3; y_t = x_t + u_t", "x: [3]; u: [3]; y_t = x_t + u_t"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_the_same(one, other):
    assert print_graph(parse(one).scalar_graph) == print_graph(parse(other).scalar_graph)


def test_keys_of_names():
    text = (
        r"y_t = A_1 + W_{xh} + \tilde W + x' + p_i + b_\eta + \mathcal{W} + \Delta t + \hat{W}_{xh}"
    )
    keys = ("A1", "Wxh", "W_tilde", "x_prime", "p_i", "b_eta", "W_cal", "dt", "W_hatxh")
    assert parse(text).parameters == keys


def test_letters_side_by_side():
    assert parse(r"h_t = \tanh(ax_t + bh_{t-1} + c)").parameters == ("a", "b", "c")
    assert parse("h[t] = ax x[t] + bh h[t-1]").parameters == ("ax", "bh")
    assert parse("h_t = Wh h_{t-1} + x_t\nWh = 2").parameters == ()


def test_numbers_with_names():
    assert parse(r"y_t = \sin(2 \pi x_t)").parameters == ()
    assert parse("pi: scalar\ny_t = pi x_t").parameters == ("pi",)
    assert parse("y_t = e^{x_t}").parameters == ()
    assert parse("e = 2\ny_t = e^{x_t}").roles.constants == ("e",)
    assert parse("v_t = a v_{t-1} + I").parameters == ("a", "I")
    assert parse("h_t = (W - I) h_{t-1} + x_t").parameters == ("W",)


def test_the_identity_acts_on_vectors():
    plain = parse("h_t = (W - 2 I) h_{t-1} + x_t").typed({"x": 3})
    by_hand = parse("h_t = W h_{t-1} - 2 h_{t-1} + x_t").typed({"x": 3})
    assert print_graph(plain) == print_graph(by_hand)
    matrix = r"S: [v, k]; S_t = S_{t-1} (I - k_t k_t^\top) + v_t k_t^\top"
    by_hand = r"S: [v, k]; S_t = S_{t-1} - S_{t-1} (k_t k_t^\top) + v_t k_t^\top"
    sizes = {"k": 3, "v": 2}
    assert print_graph(parse(matrix).typed(sizes)) == print_graph(parse(by_hand).typed(sizes))
    rows = parse("h_t = h_{t-1} (W + I) + x_t").typed({"x": 3})
    assert print_graph(rows) == print_graph(
        parse("h_t = h_{t-1} W + h_{t-1} + x_t").typed({"x": 3})
    )
    diagonal = parse("h_t = diag(w) h_{t-1} + x_t").typed({"x": 3})
    assert print_graph(diagonal) == print_graph(parse("h_t = w * h_{t-1} + x_t").typed({"x": 3}))


@pytest.mark.parametrize(
    ("text", "sizes", "shapes"),
    [
        (VANILLA, {"x": 3, "h": 4}, {"W": "44", "U": "43", "b": "4"}),
        ("h_t = x_t W_x + h_{t-1} W_h + U u_t", {"x": 3, "h": 4, "u": 2}, {"Wx": "34", "U": "42"}),
        ("h_t = alpha h_{t-1} + beta * x_t + 2", {"x": 3}, {"alpha": "", "beta": "", "h": "3"}),
        ("h_t = nu h_{t-1} + x_t + mu", {"x": 3}, {"nu": "", "mu": "3"}),
        (r"h_t = (1 - 1/\tau) h_{t-1} + W x_t", {"x": 3, "h": 4}, {"tau": "", "W": "43"}),
        (r"h_t = \rho h_{t-1} + W x_t", {"x": 3, "h": 4}, {"rho": ""}),
        ("y_t = softmax(V x_t)", {"x": 3, "y": 2}, {"V": "23"}),
        ("y_t = w^T x_t + b", {"x": 3}, {"w": "3", "b": "", "y": ""}),
        ("S_t = S_{t-1} + v_t k_t^T\nv_t = V x_t\nk_t = K x_t", {"x": 3, "v": 2, "k": 4},
         {"S": "24", "V": "23", "K": "43"}),
        ("h_t = A k_t + h_{t-1}\nk_t = B h_{t-1} + C x_t + k_{t-1}", {"x": 3, "h": 4, "k": 2},
         {"A": "42", "B": "24", "C": "23"}),
        ("h_t = u * h_{t-1} + W [x_t, h_{t-1}]", {"x": 3, "h": 4}, {"u": "4", "W": "47"}),
        ("h_0 = s\nh_t = W h_{t-1} + x_t", {"x": 3}, {"s": "3"}),
    ],
)  # fmt: skip
def test_shapes_without_declarations(text, sizes, shapes):
    found = parse(text).shapes(sizes)
    for key, expected in shapes.items():
        assert "".join(str(dim) for dim in found[key]) == expected, key


def test_notes_on_a_scalar_beside_vectors():
    recurrence = parse("h_t = W h_{t-1} + U x_t\nx: scalar")
    assert recurrence.notes({"h": 4}) == (
        (
            "U is read as a scalar, as x is one; declare its shape, such as U: [h], "
            "for a weight per entry."
        ),
    )
