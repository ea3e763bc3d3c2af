r"""The equations of BPTT that elman prints for LSTM and GRU are those of the literature.

- LSTM with peepholes: Greff, Srivastava, Koutnik, Steunebrink and Schmidhuber, 2017, "LSTM: A
  search space odyssey", doi:10.1109/TNNLS.2016.2582924, arXiv:1503.04069; the forward pass of its
  section II-A, the deltas and gradients of its section II-B ("Backpropagation through time").
- GRU: Cho and others, 2014, doi:10.3115/v1/D14-1179, equations (5) to (8) for the forward pass,
  which leaves the gradients open. Their published form is the "mathematical equations" of
  `GRUBlockCellGrad` in the documentation of TensorFlow's raw operations.

Here both are written in NumPy as they stand there, in their own order and signs, and give the same
gradients as elman's adjoint; the printed equations are compared with them line by line.
"""

from __future__ import annotations

import numpy as np
import pytest

from elman.autodiff import differentiate, gradients
from elman.ir import parse
from elman.paper.gradient.bptt import derive_bptt
from oracles import relative_error

STEPS, SIZES = 5, {"x": 3, "y": 4, "h": 4}
LIMIT = 1e-12

LSTM = r"""
\bar{z}_t = W_z x_t + R_z y_{t-1} + b_z
z_t = \tanh(\bar{z}_t)
\bar{i}_t = W_i x_t + R_i y_{t-1} + p_i \odot c_{t-1} + b_i
i_t = \sigma(\bar{i}_t)
\bar{f}_t = W_f x_t + R_f y_{t-1} + p_f \odot c_{t-1} + b_f
f_t = \sigma(\bar{f}_t)
c_t = z_t \odot i_t + c_{t-1} \odot f_t
\bar{o}_t = W_o x_t + R_o y_{t-1} + p_o \odot c_t + b_o
o_t = \sigma(\bar{o}_t)
y_t = \tanh(c_t) \odot o_t
"""

GRU = r"""
r_t = \sigma(W_r x_t + U_r h_{t-1})
z_t = \sigma(W_z x_t + U_z h_{t-1})
\tilde{h}_t = \tanh(W x_t + U(r_t \odot h_{t-1}))
h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde{h}_t
"""


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def random_values(recurrence, sizes):
    generator = np.random.default_rng(3)
    shapes = {
        node.key: tuple(dim.size for dim in node.shape)
        for node in recurrence.typed(sizes).nodes
        if node.op in ("parameter", "read")
    }
    values = {key: generator.normal(size=shapes[key]) for key in recurrence.parameters}
    return values | {"x": generator.normal(size=(STEPS, 3))}


def greff(p, x, delta):
    """Section II-A and II-B of Greff and others; `delta` is what comes from the layer above."""
    n, zero = len(x), np.zeros(4)
    y, c = [zero], [zero]
    bars, gates = [], []
    for t in range(n):
        z_bar = p["Wz"] @ x[t] + p["Rz"] @ y[t] + p["bz"]
        i_bar = p["Wi"] @ x[t] + p["Ri"] @ y[t] + p["p_i"] * c[t] + p["bi"]
        f_bar = p["Wf"] @ x[t] + p["Rf"] @ y[t] + p["pf"] * c[t] + p["bf"]
        z, i, f = np.tanh(z_bar), sigmoid(i_bar), sigmoid(f_bar)
        c.append(z * i + c[t] * f)
        o_bar = p["Wo"] @ x[t] + p["Ro"] @ y[t] + p["po"] * c[t + 1] + p["bo"]
        o = sigmoid(o_bar)
        y.append(np.tanh(c[t + 1]) * o)
        bars.append({"z": z_bar, "i": i_bar, "f": f_bar, "o": o_bar})
        gates.append({"z": z, "i": i, "f": f, "o": o})

    def slope(bar):
        return sigmoid(bar) * (1 - sigmoid(bar))

    d = [dict.fromkeys("zifoc", zero) for _ in range(n + 1)]
    gates.append(dict.fromkeys("zifo", zero))
    dx = []
    for t in reversed(range(n)):
        after, now = d[t + 1], d[t]
        dy = delta[t] + sum(p[f"R{k}"].T @ after[k] for k in "zifo")
        now["o"] = dy * np.tanh(c[t + 1]) * slope(bars[t]["o"])
        now["c"] = (
            dy * gates[t]["o"] * (1 - np.tanh(c[t + 1]) ** 2)
            + p["po"] * now["o"]
            + p["p_i"] * after["i"]
            + p["pf"] * after["f"]
            + after["c"] * gates[t + 1]["f"]
        )
        now["f"] = now["c"] * c[t] * slope(bars[t]["f"])
        now["i"] = now["c"] * gates[t]["z"] * slope(bars[t]["i"])
        now["z"] = now["c"] * gates[t]["i"] * (1 - np.tanh(bars[t]["z"]) ** 2)
        dx.insert(0, sum(p[f"W{k}"].T @ now[k] for k in "zifo"))
    found = {"x": np.array(dx)}
    for k in "zifo":
        found[f"W{k}"] = sum(np.outer(d[t][k], x[t]) for t in range(n))
        found[f"R{k}"] = sum(np.outer(d[t + 1][k], y[t + 1]) for t in range(n - 1))
        found[f"b{k}"] = sum(d[t][k] for t in range(n))
    for k, key in (("i", "p_i"), ("f", "pf")):
        found[key] = sum(c[t + 1] * d[t + 1][k] for t in range(n - 1))
    found["po"] = sum(c[t + 1] * d[t]["o"] for t in range(n))
    return found


def tensorflow(p, x, delta):
    """The equations of `GRUBlockCellGrad`: r, u and c are its gates and candidate."""
    n = len(x)
    h, steps = [np.zeros(4)], []
    for t in range(n):
        r = sigmoid(p["Wr"] @ x[t] + p["Ur"] @ h[t])
        u = sigmoid(p["Wz"] @ x[t] + p["Uz"] @ h[t])
        c = np.tanh(p["W"] @ x[t] + p["U"] @ (r * h[t]))
        steps.append((r, u, c))
        h.append(u * h[t] + (1 - u) * c)
    found = {key: np.zeros_like(value) for key, value in p.items()}
    found["x"] = np.zeros_like(x)
    d_h_prev = np.zeros(4)
    for t in reversed(range(n)):
        r, u, c = steps[t]
        d_h = delta[t] + d_h_prev
        d_c_bar = d_h * (1 - u) * (1 - c * c)
        d_u_bar = d_h * (h[t] - c) * u * (1 - u)
        d_h_prevr = p["U"].T @ d_c_bar
        d_r_bar = d_h_prevr * h[t] * r * (1 - r)
        found["x"][t] = p["Wr"].T @ d_r_bar + p["Wz"].T @ d_u_bar + p["W"].T @ d_c_bar
        d_h_prev = p["Ur"].T @ d_r_bar + p["Uz"].T @ d_u_bar + d_h_prevr * r + d_h * u
        for key, bar in (("r", d_r_bar), ("z", d_u_bar)):
            found[f"W{key}"] += np.outer(bar, x[t])
            found[f"U{key}"] += np.outer(bar, h[t])
        found["W"] += np.outer(d_c_bar, x[t])
        found["U"] += np.outer(d_c_bar, r * h[t])
    return found


@pytest.mark.parametrize(
    ("text", "written", "output"), [(LSTM, greff, "y"), (GRU, tensorflow, "h")]
)
def test_the_adjoint_gives_what_the_published_equations_give(text, written, output):
    recurrence = parse(text)
    sizes = {"x": 3, output: 4}
    values = random_values(recurrence, sizes)
    delta = np.random.default_rng(4).normal(size=(STEPS, 4))
    adjoint = differentiate(recurrence.typed(sizes), outputs=[output])
    found = gradients(adjoint, values, {output: delta})
    parameters = {key: values[key] for key in recurrence.parameters}
    expected = written(parameters, values["x"], delta)
    assert set(expected) == {*recurrence.parameters, "x"}
    for key, value in expected.items():
        assert relative_error(found[key], value) <= LIMIT, key


def terms(line):
    """The right side of a printed equation as its summands, each as its factors, in any order."""
    right = line.split(" = ", 1)[1]
    return {frozenset(term.replace("^T ", "^T*").split("*")) for term in summands(right)}


def summands(text):
    found, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "({[") - (letter in ")}]")
        if text.startswith(" + ", place) and not depth:
            found.append(text[start:place])
            start = place + 3
    return [part.replace(" ", "") if "^T" not in part else part.replace(" * ", "*")
            for part in [*found, text[start:]]]  # fmt: skip


# The deltas of section II-B, with elman's two-step form: do_t is the cotangent of the gate,
# do_bar_t that of its argument, and f'(f_bar) is f (1 - f).
GREFF = [
    (
        "dy_t = dy_out_t + Rz^T dz_bar_{t+1} + Ri^T di_bar_{t+1} + Rf^T df_bar_{t+1}"
        " + Ro^T do_bar_{t+1}"
    ),
    "do_t = dy_t * tanh(c_t)",
    "do_bar_t = o_t * (1 - o_t) * do_t",
    (
        "dc_t = dy_t * o_t * (1 - tanh(c_t) * tanh(c_t)) + po * do_bar_t + p_i * di_bar_{t+1}"
        " + pf * df_bar_{t+1} + dc_{t+1} * f_{t+1}"
    ),
    "df_t = dc_t * c_{t-1}",
    "df_bar_t = f_t * (1 - f_t) * df_t",
    "di_t = dc_t * z_t",
    "di_bar_t = i_t * (1 - i_t) * di_t",
    "dz_t = dc_t * i_t",
    "dz_bar_t = (1 - z_t * z_t) * dz_t",
    "dx_t = Wz^T dz_bar_t + Wi^T di_bar_t + Wf^T df_bar_t + Wo^T do_bar_t",
    *[f"dW{k} = sum_t d{k}_bar_t x_t^T" for k in "zifo"],
    *[f"dR{k} = sum_t d{k}_bar_t y_{{t-1}}^T" for k in "zifo"],
    *[f"db{k} = sum_t d{k}_bar_t" for k in "zifo"],
    "dp_i = sum_t di_bar_t * c_{t-1}",
    "dpf = sum_t df_bar_t * c_{t-1}",
    "dpo = sum_t do_bar_t * c_t",
]


def test_the_printed_lstm_has_the_terms_of_the_paper(golden):
    bptt = derive_bptt(parse(LSTM))
    golden("bptt/lstm_greff_2017.txt", f"{bptt.text()}\n\n{bptt.latex()}\n")
    printed = {line.plain.split(" = ")[0]: line.plain for line in bptt.lines}
    for line in GREFF:
        assert terms(printed[line.split(" = ")[0]]) == terms(line), line
    assert set(printed) - {line.split(" = ")[0] for line in GREFF} == {"dy_0", "dc_0"}
