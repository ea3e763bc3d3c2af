"""HTML for notebooks: equations, the table of names, nothing that runs."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from elman.ir import parse
from elman.paper.structure.page import write_page


def test_equations_and_names():
    page = write_page(parse("h_t = tanh(W h_{t-1} + U x_t); y_t = V h_t"))
    root = ElementTree.fromstring(page)
    rows = [[cell.text or "" for cell in row] for row in root.iter("tr")]
    assert rows[0] == ["name", "role", "shape", "definition"]
    assert ["W", "parameter", "scalar", ""] in rows
    assert len(list(root.iter("math"))) == 2
    assert "<script" not in page


def test_what_users_write_is_escaped(monkeypatch):
    from elman.paper.structure import page

    monkeypatch.setattr(
        "latex2mathml.converter.convert", lambda latex: (_ for _ in ()).throw(ValueError)
    )
    written = page.write_page(parse("h_t = h_{t-1} + x_t # a < b"))
    assert "<code>" in written
    ElementTree.fromstring(written)
