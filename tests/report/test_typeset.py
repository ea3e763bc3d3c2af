from elman.errors import EquationSyntaxError
from elman.report.typeset import typeset_equations, typeset_line


def test_an_equation_becomes_mathml():
    text = typeset_line(r"h_t = \tanh(W h_{t-1} + U x_t)")
    assert text.startswith('<div class="equation"><math')
    assert "<msub><mi>h</mi>" in text
    assert "http" not in text


def test_what_cannot_be_typeset_is_shown():
    assert typeset_line(r"a < \frac{") == "<pre>a &lt; \\frac{</pre>"


def test_every_equation_has_its_line():
    text = typeset_equations("h_t = tanh(W h_{t-1} + U x_t)\ny_t = V h_t")
    assert text.count("<math") == 2
    assert "tanh" in text


def test_a_text_that_is_not_read_is_shown_as_it_stands(monkeypatch):
    def refuse(_):
        raise EquationSyntaxError("no")

    monkeypatch.setattr("elman.report.typeset.parse", refuse)
    assert typeset_equations("a < b") == "<pre>a &lt; b</pre>"
