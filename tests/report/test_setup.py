from dataclasses import replace

from elman.report.rows import Row
from elman.report.setup import describe_rule, show_setup
from report.fakes import make_lab, make_row, make_rows


def test_the_setup_names_seeds_versions_and_the_command():
    rows = make_rows()
    other = replace(rows[0].record, machine={"torch": "1.2.4", "processor": "abacus"})
    rows[0] = replace(rows[0], record=other)
    text = show_setup(make_lab(rows), rows)
    assert "<pre>elman lab --cells &#x27;a &amp; b&#x27;</pre>" in text
    assert "<dt>seeds</dt><dd>0, 1, 2</dd>" in text
    assert "<dt>torch</dt><dd>1.2.4, 1.2.3</dd>" in text
    assert "2,000 test sequences, version 1" in text


def with_settings(row: Row, **settings: object) -> Row:
    spec = replace(row.spec, training={**row.spec.training, **settings})
    return replace(row, spec=spec)


def test_training_is_told_by_model():
    rows = [make_row(0), make_row(1), with_settings(make_row(2), learning_rate=0.01)]
    rows.append(
        with_settings(
            make_row(length=None),
            optimizer="sgd",
            momentum=0.9,
            epsilon=1e-4,
            schedule="cosine",
            warmup_steps=10,
            epochs=2,
            clip_norm=None,
        )
    )
    rows.append(with_settings(make_row(2), clip_value=0.1))
    text = show_setup(make_lab(rows), rows)
    assert "<td>entries 0.1, norm 1</td>" in text
    cells = "<td>adam</td><td>{}</td><td>128</td><td>2000</td><td>norm 1</td></tr>"
    assert text.count(f"<tr><td>palindrome</td><td>vanilla</td>{cells.format('0.001')}") == 1
    assert text.count(f"<tr><td>palindrome</td><td>gated</td>{cells.format('0.01')}") == 1
    assert (
        "<td>sgd, momentum 0.9, epsilon 0.0001</td>"
        "<td>0.001, cosine, 10 steps of warm-up</td><td>128</td>"
        "<td>2 epochs</td><td>not clipped</td>"
    ) in text


def test_the_rule_of_convergence_is_told_once_or_by_task():
    one = describe_rule([make_row(), make_row(1)])
    assert one.endswith(
        "Solved: the validation accuracy was at least 1 at 3 evaluations in a row, 25 steps "
        "apart. Plateau: the validation loss has not fallen by another 1 % of itself in 500 steps."
    )
    other = with_settings(make_row(length=None), patience_steps=900, solved_metric=None)
    two = describe_rule([make_row(), other])
    assert "in 500 steps. (palindrome)" in two
    assert two.endswith("in 900 steps. (digits)")
    assert two.count("Solved:") == 1
