"""`elman worksheet`: a page, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from elman.cli.main import main

LOSS = r"h_t = \tanh(ax_t + bh_{t-1} + c); y_t = h_t; L = \sum_t y_t^2"


def test_a_page_is_written(tmp_path, capsys):
    target = tmp_path / "sheet.html"
    cases = ["--case", "a=20,b=1,c=1", "--case", "a=1,b=1,c=0", "--input", "x=0.5,-1"]
    words = ["--seed", "7", "--title", "Week <3>", *cases, "-o", str(target)]
    assert main(["worksheet", LOSS, *words]) == 0
    page = target.read_text(encoding="utf-8")
    assert "<h1>Week &lt;3&gt;</h1>" in page and "<h1>Solutions</h1>" in page
    assert capsys.readouterr().out == f"{target}: exercises, and solutions on pages after them\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "where to write is not said"),
        (["-o", "sheet.pdf"], "cannot write to sheet.pdf"),
        (["-o", "s.html", "--steps", "0"], "--steps 0 is out of range"),
        (["-o", "s.html", "--steps", "9"], "--steps 9 is out of range"),
        (["-o", "s.html", "--wrt", "q"], "'q' is no name"),
        (["-o", "s.html", "--of", "h"], "h is no total"),
        (["-o", "no/such/folder/s.html"], "No such file or directory"),
    ],
)
def test_bad_questions(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["worksheet", LOSS, *words]) == 2
    assert message in capsys.readouterr().err


def test_torch_is_not_imported(tmp_path):
    code = (
        "import sys; from elman.cli.main import main; "
        f"main(['worksheet', {LOSS!r}, '-o', {str(tmp_path / 's.html')!r}]); "
        "assert not {'torch', 'matplotlib', 'sympy'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
