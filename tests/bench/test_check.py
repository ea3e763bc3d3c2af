"""`elman bench check`: two versions in two processes, and what counts as slower."""

from __future__ import annotations

import subprocess

import pytest

from elman.bench import check
from elman.bench.case import Case
from elman.bench.measure import Timing
from elman.cli.main import main
from elman.errors import DataError

CASE = Case("tanh", 2, 2, 1, 3)
# A version that computes something else with its kernels.
WRONG = """
import torch

class Wrong(torch.nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.full((3, 1), 0.5))
        self.factor = factor

    def forward(self, x):
        return self.factor * torch.tanh(x @ self.weight.t()), {}

def module(text, sizes, output, init, backend):
    return Wrong(FACTOR if backend == "auto" else 1.0)
"""


def version(folder, source):
    (folder / "elman").mkdir(parents=True)
    (folder / "elman" / "__init__.py").touch()
    (folder / "elman" / "nn.py").write_text(source, encoding="utf-8")
    return folder


def run(before, after):
    return check.check_folders(before, after, [CASE], 1, rounds=2, seconds=0.0)


def test_both_versions_are_measured(capfd, monkeypatch):
    monkeypatch.setattr(check.Compared, "slower", property(lambda _: False))
    assert run(check._SOURCE, check._SOURCE) == 0
    assert "0 of 1 cases became slower or wrong" in capfd.readouterr().out


def test_what_looks_slower_is_measured_again(capfd, monkeypatch):
    calls = []

    def compare(case, *_):
        calls.append(case)
        slow = 2.0 if len(calls) == 1 else 1.0
        return check.Compared(case, Timing((1.0, 1.0)), Timing((slow, slow)))

    monkeypatch.setattr(check, "compare", compare)
    assert run(None, None) == 0 and len(calls) == 2
    calls[:] = [CASE, CASE]
    assert run(None, None) == 0 and len(calls) == 3


def test_wrong_results_are_not_timed(tmp_path, capfd):
    right = version(tmp_path / "right", WRONG.replace("FACTOR", "1.0"))
    wrong = version(tmp_path / "wrong", WRONG.replace("FACTOR", "1.001"))
    assert run(right, wrong) == 1
    assert "wrong, not timed" in capfd.readouterr().out


def test_a_version_that_does_not_run_is_named(tmp_path, capfd):
    broken = version(tmp_path, "raise ImportError('broken')")
    with pytest.raises(DataError, match="a version does not run"):
        run(broken, broken)
    assert "broken" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("after", "slower", "faster"),
    [
        ((1.1, 1.2, 1.1, 1.2), True, False),
        ((1.01, 1.01, 1.01, 1.01), False, False),  # less than what is told from chance
        ((1.3, 1.3, 0.9, 0.9), False, False),  # the spread is larger than the difference
        ((0.8, 0.9, 0.8, 0.9), False, True),
    ],
)
def test_slower_is_beyond_the_spread(after, slower, faster):
    found = check.Compared(CASE, Timing((1.0,) * 4), Timing(after))
    assert (found.slower, found.faster) == (slower, faster)


def test_a_ref_is_read_from_git(tmp_path):
    checkout = tmp_path / "checkout"
    (checkout / "src").mkdir(parents=True)
    (checkout / "src" / "a.py").write_text("old", encoding="utf-8")
    git = ["git", "-C", str(checkout), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "src"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *words], check=True)
    (checkout / "src" / "a.py").write_text("new", encoding="utf-8")
    check.extract("HEAD", tmp_path / "out", checkout)
    assert (tmp_path / "out" / "src" / "a.py").read_text(encoding="utf-8") == "old"
    with pytest.raises(DataError, match="cannot read 'nonsense' from git"):
        check.extract("nonsense", tmp_path / "out", checkout)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "name one git ref"),
        (["a", "b"], "name one git ref"),
        (["HEAD", "--cells", "nonsense"], "there is no cell 'nonsense'"),
    ],
)
def test_refusals(words, says, capsys):
    assert main(["bench", "check", *words]) == 2
    assert says in capsys.readouterr().err


def test_cases_can_be_chosen():
    assert {case.cell for case in check.choose_cases(["minimal"], None)} == {"minimal"}
    assert check.choose_cases(["gru"], ["3,2,1,4"]) == [Case("gru", 3, 2, 1, 4)]
