"""`elman lab`: from words to a report."""

from __future__ import annotations

import csv
import shlex
import sys

import pytest

from elman.cli import lab as verb
from elman.cli.main import main
from elman.errors import DataError
from elman.lab.named.registry import LABS
from lab.fakes import make_lab, make_record, make_spec

OWN = "h_t = tanh(W h_{t-1} + U x_t); y_t = V h_t"


@pytest.fixture
def tiny(monkeypatch):
    """Palindromes and digits of a few steps."""
    settings = {"max_steps": 4, "evaluate_every": 2, "batch_size": 4}
    monkeypatch.setattr("elman.lab.plan.preset", lambda *_: settings)


def test_a_lab_leaves_its_report_and_repeats_no_run(tiny, tmp_path, capsys, monkeypatch):
    out = tmp_path / "out"
    words = ["lab", "--cells", OWN, "--lengths", "4", "--seeds", "2", "--hidden", "4"]
    words += ["--no-digits", "--workers", "1", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["elman", *words])
    assert main(words) == 0
    shown = capsys.readouterr()
    assert "2 runs to do" in shown.err and "[2/2] palindrome, T = 4, equations" in shown.err
    assert "- All 2 runs finished." in shown.out
    assert f"Report: {out / 'report.html'}" in shown.out
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<math" in page and "elman lab --cells" in page
    with (out / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == ["finished", "finished"]
    assert main([*words[:-4], *words[-2:]]) == 0
    assert "0 runs to do, 2 kept from before" in capsys.readouterr().err


def test_help_has_examples_and_does_not_need_torch(capsys):
    assert main(["lab", "--help"]) == 0
    assert "\n    elman lab --quick\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--cells", "lsmt"], "Did you mean 'lstm'?"),
        (["--cells", "missing.eq"], "there is no file 'missing.eq'"),
        (["--cells", "vanilla,"], "nothing between two commas"),
        (["--cells", "h_t = ("], "EquationSyntaxError"),
        (["--cells", "vanilla:orthogonol"], "did you mean 'orthogonal'?"),
        (["--cells", "h_t = tanh(W h_{t-1} + U x_t + V u_t)"], "one input"),
        (["--lengths", "5,1"], "Write different whole numbers from 2"),
        (["--lengths", "5,5"], "Write different whole numbers from 2"),
        (["--lengths", "five"], "cannot read --lengths 'five'"),
        (["--seeds", "0"], "--seeds 0 is out of range"),
        (["--workers", "-1"], "--workers -1 is out of range"),
        (["--hidden", "0"], "--hidden 0 is out of range"),
        (["--budget", "0"], "--budget 0 is out of range"),
        (["--set", "batchsize=3"], "did you mean 'batch_size'?"),
        (["--set", "encoding=two-hot"], "encoding of palindrome is 'two-hot'"),
        (["lenght"], "did you mean 'length'?"),
    ],
)
def test_bad_input_is_told_before_anything_is_written(words, message, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["lab", "--quick", "--out", str(out), *words]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["lab", "--quick", "--out", str(tmp_path / "file" / "out")]) == 2
    assert "Give a folder with --out" in capsys.readouterr().err


def test_a_damaged_store_is_told_and_kept(tmp_path, capsys):
    store = tmp_path / "runs.sqlite"
    store.write_text("no database at all " * 100)
    assert main(["lab", "--quick", "--out", str(tmp_path)]) == 2
    assert "damaged" in capsys.readouterr().err
    assert store.read_text() == "no database at all " * 100


def make_session(folder):
    return verb.Session(folder, verb.WorkerPool(1), "code 1", {}, verb.execute)


def test_ctrl_c_reports_what_is_there(tmp_path, capsys, monkeypatch):
    specs = [make_spec(5), make_spec(6)]
    record = make_record(specs[0])

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(verb, "run_lab", interrupt)
    monkeypatch.setattr(verb, "read_lab", lambda *_: {record.key: record})
    assert verb.run_and_report(make_lab(specs), make_session(tmp_path)) == 130
    shown = capsys.readouterr().out
    assert "Stopped with 1 of 2 runs. To go on:\n  elman lab --test" in shown
    assert "not run yet" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("status", "code"), [("failed", 0), ("crashed", 1)])
def test_runs_that_broke_off_are_told_by_the_exit_code(status, code, tmp_path, capsys, monkeypatch):
    record = make_record(status=status, reason="a reason", metrics=None)
    monkeypatch.setattr(verb, "run_lab", lambda *_: {record.key: record})
    assert verb.run_and_report(make_lab([record.spec]), make_session(tmp_path)) == code
    assert "Of 1 runs, 0 finished and 1 failed" in capsys.readouterr().out
    assert "a reason" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_cells_are_split_and_texts_are_not():
    assert verb.split_cells(["a,b:lab", "c:orthogonal+b=3"]) == ["a", "b:lab", "c:orthogonal+b=3"]
    text = "h_t = max(h_{t-1}, x_t)"
    assert verb.split_cells([text]) == [text]
    with pytest.raises(DataError, match="nothing between"):
        verb.split_cells([""])


def test_a_command_survives_a_shell(tiny, tmp_path, capsys, monkeypatch):
    words = [
        "lab",
        "--cells",
        OWN,
        "--lengths",
        "2",
        "--seeds",
        "1",
        "--out",
        str(tmp_path / "a b"),
    ]
    monkeypatch.setattr(sys, "argv", ["elman", *words])
    seen = []
    monkeypatch.setattr(verb, "run_and_report", lambda lab, _: seen.append(lab.command) or 0)
    assert main(words) == 0
    assert shlex.split(seen[0]) == ["elman", *words]


def test_a_budget_tells_what_was_not_reached(tmp_path, capsys, monkeypatch):
    specs = [make_spec(length) for length in range(5, 18)]
    record = make_record(specs[0])
    monkeypatch.setattr(verb, "run_lab", lambda *_: {record.key: record})
    session = verb.Session(tmp_path, verb.WorkerPool(1), "code 1", {}, verb.execute, 90.0)
    assert verb.run_and_report(make_lab(specs), session) == 0
    shown = capsys.readouterr().out
    assert "1.5 minutes were not enough for 12 runs:\n  palindrome, T = 6, vanilla" in shown
    assert "  and 2 more\nTo go on:\n  elman lab --test" in shown


def test_labs_have_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = []
    monkeypatch.setattr(verb, "run_and_report", lambda _, session: seen.append(session.folder) or 0)
    assert main(["lab", "--quick"]) == main(["lab", "clipping", "--quick"]) == 0
    assert [str(folder) for folder in seen] == ["lab-report", "lab-report-clipping"]


def test_help_names_every_lab(capsys):
    assert main(["lab", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for named in LABS:
        assert f"{named.name} {named.summary}" in shown
