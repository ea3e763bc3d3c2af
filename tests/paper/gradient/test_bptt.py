"""The equations of BPTT are those of the literature, and they evaluate to what torch computes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from autodiff.corpus import TUTORIAL_2, TUTORIAL_5
from elman.autodiff import differentiate
from elman.equations.syntax import Index
from elman.errors import DataError, DifferentiationError
from elman.ir import evaluate, parse
from elman.ir.graph import reachable
from elman.ir.values import compute
from elman.paper.gradient.bptt import derive_bptt
from elman.paper.gradient.bptt_equations import EquationBuilder, Symbol
from oracles import relative_error
from paper.derivatives import LIMIT, reference, texts, values_of, with_total
from strategies import recurrences


class Run:
    """Evaluates equations as a person would: each symbol at its step, 0 beyond the ends."""

    def __init__(self, adjoint, builder, forward):
        self.adjoint = adjoint
        self.builder = builder
        self.forward = forward
        self.equations = {equation.left.key: equation.node for equation in builder.defined()}
        self.known = {}

    def at(self, index, now):
        if index is None:
            return None
        return index.offset + (self.forward.steps if index.letter == "T" else now or 0) * (
            index.letter is not None
        )

    def symbol(self, symbol, now, like):
        step = self.at(symbol.index, now)
        shape = tuple(dim.size for dim in like.shape)
        if symbol.note is not None and symbol.note.kind == "start":
            return self.start(symbol.note.key, step, shape)
        if symbol.note is not None:
            body = symbol.note.node.args[0]
            series = [
                self.node(self.builder.forward_term(body, Index("t")).node, t)
                for t in range(1, self.forward.steps + 1)
            ]
            if symbol.note.kind == "others":
                return np.prod([v for t, v in enumerate(series, 1) if t != step], axis=0)
            extreme = getattr(np, symbol.note.node.key)(series, axis=0)
            return (series[step - 1] == extreme) / np.sum(series == extreme, axis=0)
        if symbol.key in self.equations:
            inside = 1 <= step <= self.forward.steps
            return self.node(self.equations[symbol.key], step) if inside else np.zeros(shape)
        if step is None:
            return self.forward.values[symbol.key]
        try:
            return self.forward.at(symbol.key, step)
        except KeyError:
            # An input is 0 outside of its steps; a state there is multiplied by a cotangent of 0.
            return np.full(shape, float(symbol.key not in self.adjoint.forward.inputs))

    def start(self, state, step, shape):
        terms = self.adjoint.start_terms(state, step, self.forward.steps)
        lags = {name: lag for (_, lag), name in self.adjoint.lagged.items()}
        found = np.zeros(shape)
        for name, _ in terms:
            equation = self.builder.start(state, [lags[name]], Index(None, step))
            found = found + self.node(equation.node, None)
        return found

    def node(self, node, now):
        for inner in reachable([node]):
            key = (inner.number, now)
            if key in self.known:
                continue
            if inner.op == "number":
                value = np.asarray(inner.value)
            elif inner.op == "steps":
                value = np.asarray(float(self.forward.steps))
            elif inner.op == "parameter":
                value = self.symbol(self.builder.symbols[inner.key], now, inner)
            elif inner.op == "over_time":
                steps = range(1, self.forward.steps + 1)
                value = sum(self.node(inner.args[0], t) for t in steps)
            elif self.is_summed(node, inner):
                continue
            else:
                args = [self.node(arg, now) for arg in inner.args]
                with np.errstate(all="ignore"):
                    value = compute(inner.op, args, tuple(arg.shape for arg in inner.args))
            self.known[key] = value
        return self.known[node.number, now]

    def is_summed(self, root, inner):
        """What stands below a sum over time is evaluated at its steps, not without one."""
        return root is not inner and any(n.op == "over_time" for n in reachable([root]))


def check(text, sizes, steps):
    recurrence, total = with_total(text, sizes)
    pairs, values = values_of(recurrence, sizes, steps)
    graph = recurrence.typed(sizes)
    expected = reference(recurrence, sizes, total, values, steps)
    adjoint = differentiate(graph, total=total)
    builder = EquationBuilder(adjoint)
    run = Run(adjoint, builder, evaluate(graph, values, steps))
    for key, equation in builder.totals():
        found = run.node(equation.node, None) + np.zeros_like(expected[key])
        assert relative_error(found, expected[key]) <= LIMIT, key
    for key in recurrence.inputs:
        name = adjoint.cotangents.get(key)
        like = next(n for n in graph.nodes if n.op == "read" and n.key == key)
        for t in range(1, steps + 1):
            wanted = expected[key][t - 1]
            found = run.symbol(Symbol(name, Index("t")), t, like) if name else np.zeros_like(wanted)
            assert relative_error(found + np.zeros_like(wanted), wanted) <= LIMIT, (key, t)
    for state, step in pairs:
        name = f"{state}_m{-step}" if step < 0 else f"{state}_{step}"
        found = run.start(state, step, expected[name].shape)
        assert relative_error(found, expected[name]) <= LIMIT, name


@pytest.mark.parametrize("name", texts())
def test_equations_evaluate_to_what_torch_computes(name):
    check(*texts()[name], 4)


@settings(max_examples=12)
@given(case=recurrences(smooth=True))
def test_equations_of_random_recurrences(case):
    check(*case, 3)


# The vanilla LSTM of Greff, Srivastava, Koutnik, Steunebrink and Schmidhuber, 2017, "LSTM: A search
# space odyssey", doi:10.1109/TNNLS.2016.2582924, section II-A without peepholes. Its section II-B
# gives the deltas: of y, o, c, f, i, z, x, and the gradients of W, R and b.
LSTM = r"""
\bar{z}_t = W_z x_t + R_z y_{t-1} + b_z
z_t = \tanh(\bar{z}_t)
\bar{i}_t = W_i x_t + R_i y_{t-1} + b_i
i_t = \sigma(\bar{i}_t)
\bar{f}_t = W_f x_t + R_f y_{t-1} + b_f
f_t = \sigma(\bar{f}_t)
c_t = z_t \odot i_t + c_{t-1} \odot f_t
\bar{o}_t = W_o x_t + R_o y_{t-1} + b_o
o_t = \sigma(\bar{o}_t)
y_t = \tanh(c_t) \odot o_t
"""

# The gated recurrent unit of Cho et al., 2014, "Learning phrase representations using RNN
# encoder-decoder", doi:10.3115/v1/D14-1179, equations (5) to (8). The paper leaves its gradients
# open; `test_literature.py` holds them against those that TensorFlow publishes, and these printed
# equations of an LSTM with peepholes against the deltas of Greff and others.
GRU = r"""
r_t = \sigma(W_r x_t + U_r h_{t-1})
z_t = \sigma(W_z x_t + U_z h_{t-1})
\tilde{h}_t = \tanh(W x_t + U(r_t \odot h_{t-1}))
h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde{h}_t
"""


@pytest.mark.parametrize(("name", "text"), [("lstm", LSTM), ("gru", GRU)])
def test_equations_of_the_literature(name, text, golden):
    bptt = derive_bptt(parse(text))
    golden(f"bptt/{name}.txt", f"{bptt.text()}\n\n{bptt.latex()}\n")


@pytest.mark.parametrize("name", ["lab_vanilla", "tutorial_bidirectional", "three lags, vectors"])
def test_equations_of_other_recurrences(name, golden):
    bptt = derive_bptt(parse(texts()[name][0]))
    golden(f"bptt/{name.replace(', ', '_').replace(' ', '_')}.txt", f"{bptt.text()}\n")


def test_the_equations_of_the_issue():
    text = r"\tau_t = W h_{t-1} + U x_t; h_t = \tanh(\tau_t); y_t = V h_t"
    latex = derive_bptt(parse(text)).latex()
    assert r"\delta \tau_t &= (1 - h_t \odot h_t) \odot \delta h_t" in latex
    assert r"\frac{\partial L}{\partial W} &= \sum_{t=1}^{T} \delta \tau_t\,h_{t-1}^\top" in latex


def test_a_scalar_total_makes_inputs_scalars():
    bptt = derive_bptt(parse(TUTORIAL_2), "z")
    assert "dy_t = (prod_{s != t} y_s)" in [line.plain for line in bptt.steps]
    assert "dW = sum_t dtau_t * h_{t-1}" in [line.plain for line in bptt.parameters]


def test_both_directions_end_in_their_own_start():
    bptt = derive_bptt(parse(TUTORIAL_5))
    assert [line.plain for line in bptt.starts] == [
        "dh_0 = B1^T dh_in_1",
        "dk_{T+1} = B2^T dk_in_T",
    ]


def test_unknown_names_and_sequences():
    with pytest.raises(DataError, match="'Q' is no name"):
        derive_bptt(parse(TUTORIAL_2), "Q")
    with pytest.raises(DifferentiationError, match="h is no scalar"):
        derive_bptt(parse(TUTORIAL_2), "h")


def test_json_has_every_equation():
    shown = derive_bptt(parse(TUTORIAL_2), "z").to_dict()
    assert {"plain", "latex"} == set(shown["equations"][0])
    assert shown["of"] == "z"
