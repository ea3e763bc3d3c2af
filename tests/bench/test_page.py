"""The figures of the documentation come from files of records."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.samples import record
from elman.bench import page
from elman.bench.records import append_record
from elman.cli.main import main
from elman.errors import DataError

MARKS = f"before\n\n{page.BEGIN}\nold\n{page.END}\n\nafter\n"
RECORDS = [
    record(elman=0.002, torch_nn=0.006, loop=0.005, jax=0.004),
    record(process=1, elman=0.001, torch_nn=0.004, loop=0.003, jax=0.002),
    record("gru", elman=0.001, torch_nn=0.0024),
    record("lstm", (784, 64, 1, 128), "memory", elman=0.002, least=0.003),
    record("lstm", (10, 128, 28, 128), "compile", elman=0.4, cached=0.06),
    record("lstm", (20, 128, 28, 128), "compile", elman=0.5, cached=0.04),
    record("lstm", (100, 32, 64, 128), elman=0.01, torch_nn=0.02),
    record("lstm", (300, 32, 64, 128), elman=0.03, torch_nn=0.06),
]


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs" / "measurements").mkdir(parents=True)
    for name in ("README.md", "docs/performance.md"):
        (tmp_path / name).write_text(MARKS, encoding="utf-8")
    for each in RECORDS:
        append_record(tmp_path / "docs" / "measurements" / "some.jsonl", each)
    return tmp_path


def test_figures_are_written_between_the_marks(places):
    assert main(["bench", "write"]) == 0
    text = (places / "docs/performance.md").read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "\nold\n" not in text
    assert "a chip" in text and "torch 2.13" in text and "2026-11-26" in text
    # tanh: the median of the processes' ratios 3 and 4, with their range
    assert "3.50 (3.00–4.00) ≥ 2.5" in text
    assert "**2.40 (2.40–2.40) < 2.5**" in text
    # What is saved in memory has its price in time.
    assert "MiB kept between forward and backward, and times" in text
    lines = iter(text.splitlines())
    head = next(line for line in lines if line.startswith("| cell |") and "least memory" in line)
    row = next(line for line in lines if line.startswith("| lstm | 784,64,1,128 |"))
    assert head.endswith("| elman, least memory: time |") and row.endswith("| 1.50 |")
    # The core has a lower bound for the same figure, which is reached.
    line = next(line for line in text.splitlines() if "against torch.nn, T ≤ 28" in line)
    assert "| ≥ 2.30 × |" in line and "| 2.40 × | gru 28,128,28,128 | 2 of 2 |" in line
    for name in ("compiling", "sweep", "speed"):
        assert (places / "docs" / "images" / f"{name}.svg").read_text().startswith("<?xml")
    short = (places / "README.md").read_text(encoding="utf-8")
    assert "| gru | 28,128,28,128 | 2.40 |" in short
    assert "docs/images/speed.svg" in short and "(docs/performance.md)" in short


def test_the_same_records_give_the_same_files(places):
    files = ["README.md", "docs/performance.md", "docs/images/sweep.svg"]
    assert main(["bench", "write"]) == 0
    first = [(places / name).read_bytes() for name in files]
    assert main(["bench", "write"]) == 0
    assert [(places / name).read_bytes() for name in files] == first


def test_a_page_without_a_place_is_refused(places, capsys):
    (places / "README.md").write_text("nothing", encoding="utf-8")
    assert main(["bench", "write"]) == 2
    assert "README.md has no place for figures" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "says"), [("{", "is no JSON"), ('{"format": 0}', "is no measurement of this version")]
)
def test_other_files_are_refused(places, line, says, capsys):
    Path("other.jsonl").write_text(line + "\n", encoding="utf-8")
    assert main(["bench", "write", "other.jsonl"]) == 2
    assert f"other.jsonl, line 1 {says}" in capsys.readouterr().err


def test_no_records_are_refused(places):
    with pytest.raises(DataError, match="there is no record in these files"):
        page.write_pages([], places / "docs/performance.md", places / "README.md")


def test_wrong_results_are_named():
    wrong = record()
    wrong["red"] = {"jax": "h is wrong by 1.0e-01"}
    text = page.full_text([wrong], Path("images"))
    assert "- train tanh 28,128,28,128, jax: h is wrong by 1.0e-01" in text
