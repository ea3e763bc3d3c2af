"""What `elman.parse` returns: the recurrence of the stages, and what is built on top of it."""

from __future__ import annotations

import elman
from elman import ir


def test_it_is_a_recurrence_of_the_stages():
    recurrence = elman.parse("h_t = tanh(W h_{t-1} + U x_t)")
    assert isinstance(recurrence, ir.Recurrence) and isinstance(recurrence, elman.Recurrence)
    assert recurrence.states == ("h",)
    assert repr(recurrence) == repr(ir.parse("h_t = tanh(W h_{t-1} + U x_t)"))


def test_unrolling_shows_a_picture():
    graph = elman.parse("h_t = tanh(W h_{t-1} + U x_t)").unroll(2)
    assert graph.value("h", 2).op == "tanh"
    svg = graph._repr_svg_()
    assert svg.startswith("<svg") and "tanh(W h_{t-1} + U x_t) over 2 steps</title>" in svg


def test_notebooks_show_equations_and_roles():
    recurrence = elman.parse("h_t = tanh(W h_{t-1} + U x_t)")
    assert "<table" in recurrence._repr_html_()
    assert recurrence._repr_latex_().startswith("$")
