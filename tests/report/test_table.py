import csv
import io
import json

from elman.report.rows import Row
from elman.report.table import COLUMNS, to_csv
from report.fakes import fail, make_row


def read(rows: list[Row]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(rows))))


def test_every_run_is_a_line_with_its_figures_in_full():
    row = make_row(series=2, length=10, seed=1, accuracy=1 / 3)
    (line,) = read([row])
    assert list(line) == list(COLUMNS)
    assert float(line["accuracy"]) == 1 / 3
    assert (line["task"], line["length"], line["seed"]) == ("palindrome", "10", "1")
    assert json.loads(line["init"]) == {"*": "orthogonal", "b_f": 3.0}
    assert line["equations"] == row.spec.equations
    assert line["key"] == row.record.key


def test_missing_values_are_empty():
    failed, missing = read([fail(make_row()), Row(make_row(seed=1).spec, None)])
    assert failed["status"] == "failed" and failed["reason"] == "the loss is nan at step 7"
    assert failed["accuracy"] == ""
    assert missing["status"] == "missing" and missing["key"] == ""


def test_without_rows_the_head_remains():
    assert to_csv([]) == ",".join(COLUMNS) + "\n"
