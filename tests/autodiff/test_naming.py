"""Names of residuals and cotangents come from the user's own."""

from __future__ import annotations

from elman.autodiff import differentiate
from elman.autodiff.naming import NameBook
from elman.ir import parse


def names(text, **more):
    graph = parse(text).typed()
    return differentiate(graph, outputs=["h"], **more)


def test_residuals_keep_the_names_of_the_text():
    assert set(names("tau_t = w h_{t-1} + x_t; h_t = tanh(tau_t)", by="inputs").residuals) == {
        "tau",
        "h",
    }


def test_unnamed_residuals_say_where_they_stand():
    text = "c_t = a c_{t-1} + x_t; h_t = x_t * tanh(c_t)"
    assert "tanh_c" in names(text).residuals
    assert "h_in" in names("h_t = tanh(w h_{t-1} + x_t)", by="inputs").residuals


def test_a_name_of_the_text_is_never_taken():
    adjoint = names("h_t = tanh(w h_{t-1} + x_t) * dh + dw; dh: scalar; dw: scalar")
    assert len({*adjoint.graph.definitions, *adjoint.graph.totals}) == len(
        adjoint.graph.definitions
    ) + len(adjoint.graph.totals)
    assert adjoint.gradients["w"] not in ("dw", "dh")
    book = NameBook(adjoint.forward)
    assert book.unique("dh") == "dh_2"
    assert book.unique("dh") == "dh_3"
