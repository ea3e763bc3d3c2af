"""The notebook of a lab trains what the lab trained, and comes to the same figures."""

import json
from dataclasses import replace

import pytest

from elman.errors import DataError
from elman.lab.execute import execute
from elman.lab.named.registry import find_lab
from elman.lab.options import LabOptions
from elman.lab.record import FINISHED, RunRecord
from elman.lab.settings import Settings
from elman.report.notebook.cells import SECONDS, choose_runs, make_cells
from elman.report.notebook.document import is_executed
from elman.report.notebook.write import NOTEBOOK_NAME, write_notebook
from elman.report.rows import Row, rows_of
from report.fakes import fail, make_lab, make_rows

STEPS = Settings(training={"max_steps": 20})
NAME = "q'uo\"te, {x} \\"


@pytest.fixture(scope="module")
def finished_lab():
    """A lab of one cell with an odd name, at two lengths, which trained for twenty steps."""
    options = LabOptions(
        cells=("vanilla",), lengths=(4, 5), seeds=1, hidden_size=5, settings=STEPS, digits=False
    )
    planned = find_lab("length").make(options)
    specs = tuple(replace(spec, cell=NAME) for spec in planned.specs)
    records = {}
    for spec in specs:
        key = spec.key("code")
        records[key] = RunRecord(key, spec, FINISHED, "", execute(spec), "code", {}, "")
    lab = replace(planned, specs=specs)
    return lab, rows_of(lab, records, "code")


def test_it_trains_from_scratch_and_comes_to_the_same_figures(finished_lab, tmp_path):
    lab, rows = finished_lab
    assert write_notebook(lab, rows, tmp_path, lambda: "meanwhile") == ("meanwhile", "")
    path = tmp_path / NOTEBOOK_NAME
    assert is_executed(path.read_text(encoding="utf-8"), make_cells(lab, rows))
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    printed = [line for output in outputs for line in output.get("text", [])]
    for row, line in zip(rows, printed, strict=True):
        figure = f"{row.metrics.accuracy:.4g}"
        assert line.startswith(f"{NAME}, start orthogonal, T = {row.spec.length}, seed 0: ")
        assert f"accuracy {figure} (in the report {figure})" in line
    kinds = [kind for output in outputs for kind in output.get("data", {})]
    assert kinds.count("image/png") == 3 and kinds.count("image/svg+xml") == 1

    before = path.stat().st_mtime_ns
    write_notebook(lab, rows, tmp_path, lambda: None)
    assert path.stat().st_mtime_ns == before, "the same cells were executed again"


def test_a_cell_that_fails_is_told_and_shown(finished_lab, tmp_path):
    lab, rows = finished_lab
    bad = [Row(replace(row.spec, options={"length": 4, "no": 1}), row.record) for row in rows]
    _, trouble = write_notebook(lab, bad, tmp_path, lambda: None)
    assert "no option" in trouble.splitlines()[0]
    assert '"output_type": "error"' in (tmp_path / NOTEBOOK_NAME).read_text(encoding="utf-8")


def test_where_nothing_finished_there_is_no_notebook(tmp_path):
    rows = [fail(row) for row in make_rows()]
    assert write_notebook(make_lab(rows), rows, tmp_path, lambda: 3) == (3, "")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_file_is_told(finished_lab, tmp_path):
    (tmp_path / NOTEBOOK_NAME).mkdir()
    with pytest.raises(DataError, match=r"lab\.ipynb"):
        write_notebook(*finished_lab, tmp_path, lambda: None)


def test_the_shortest_runs_of_one_seed_are_chosen():
    rows = make_rows()
    chosen = choose_runs(rows)
    assert [row.spec.length for row in chosen[:2]] == [5, 5]
    assert {row.spec.seed for row in chosen} == {0}
    assert sum(row.metrics.seconds for row in chosen) <= SECONDS
    assert "CUT = {}" in code_of(rows)


def code_of(rows):
    return "\n".join(cell.source for cell in make_cells(make_lab(rows), rows))


def test_of_runs_that_all_took_long_the_quickest_is_chosen_and_cut_off():
    first, second = [row for row in make_rows() if row.spec.seed == 0][:2]
    rows = [
        Row(
            row.spec,
            replace(row.record, metrics=replace(row.metrics, seconds=seconds, steps=12_000)),
        )
        for row, seconds in ((first, 1200.0), (second, 600.0))
    ]
    assert choose_runs(rows) == [rows[1]]
    source = code_of(rows)
    assert "CUT = {'max_steps': 1200, 'epochs': None}" in source
    assert "It took 10 min 0 s there; here `CUT` ends it after 1,200 of its 12,000 steps" in source


def test_tasks_without_a_length_have_series_of_their_own():
    rows = [row for row in make_rows() if row.spec.length is None]
    cells = make_cells(make_lab(rows), rows)
    source = "\n".join(cell.source for cell in cells)
    assert "'digits: vanilla, start lab'" in source
    assert "Accuracy against length" not in source
