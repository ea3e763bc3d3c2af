"""`elman train`: one run from words to weights."""

from __future__ import annotations

import json
import signal
import sys

import pytest
import torch
from safetensors.torch import load_file

from elman.cli.main import main

CELL = "h_t = tanh(W h_{t-1} + U x_t + b); y_t = V h_t + c"
SMALL = ["--cell", CELL, "--hidden", "4", "--batch-size", "4"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(monkeypatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["elman", "train", *words])
    return main(["train", *words])


def test_a_run_tells_its_accuracy_and_leaves_weights_and_figures(monkeypatch, capsys, elsewhere):
    assert run(monkeypatch, "palindrome", "--length", "4", "--steps", "30", *SMALL) == 0
    shown = capsys.readouterr().out
    assert "palindrome: test accuracy" in shown
    folder = elsewhere / "elman-runs" / "palindrome-1"
    figures = json.loads((folder / "result.json").read_text())
    assert figures["steps"] == 30 and figures["chance"] == 0.1
    assert figures["config"]["batch_size"] == 4
    assert (folder / "weights.safetensors").is_file()
    assert (folder / "checkpoint.json").is_file()


def test_series_of_ones_own_are_learned_with_settings_by_name(monkeypatch, capsys, elsewhere):
    rows = ["series,step,value,label"]
    for number in range(12):
        rows += [
            f"s{number},{step},{number % 2},{'high' if number % 2 else 'low'}"
            for step in range(2 + number % 3)
        ]
    (elsewhere / "own.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    words = ["series", "--data", "own.csv", "--steps", "60", "--set", "batch_size=6,clip_norm=none"]
    assert run(monkeypatch, *words, "--set", "standardise=false,split=3", *SMALL[:4]) == 0
    assert "series: test accuracy 1.000" in capsys.readouterr().out
    figures = json.loads((elsewhere / "elman-runs" / "series-1" / "result.json").read_text())
    assert figures["config"]["batch_size"] == 6 and figures["config"]["clip_norm"] is None
    assert "2 to 4 steps, 1 feature, 2 labels" in figures["notes"][0]


def test_the_same_seed_gives_the_same_figures_in_a_folder_of_its_own(monkeypatch, elsewhere):
    for _ in range(2):
        assert run(monkeypatch, "digits", "--steps", "5", "--clip", "0", *SMALL) == 0
    first, second = (
        json.loads((elsewhere / "elman-runs" / f"digits-{n}" / "result.json").read_text())
        for n in (1, 2)
    )
    assert first.pop("seconds") > 0 and second.pop("seconds") > 0
    assert first == second
    assert first["config"]["clip_norm"] is None


def test_resume_goes_on_to_the_same_weights(monkeypatch):
    words = ["palindrome", "--length", "4", *SMALL]
    assert run(monkeypatch, *words, "--steps", "50", "--out", "whole") == 0
    assert run(monkeypatch, *words, "--steps", "25", "--out", "parts") == 0
    assert run(monkeypatch, *words, "--steps", "50", "--out", "parts", "--resume") == 0
    whole, parts = (load_file(f"{name}/weights.safetensors") for name in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[key], parts[key]) for key in whole)


def test_ctrl_c_leaves_a_checkpoint_and_the_command_to_go_on(monkeypatch, capsys, elsewhere):
    from elman.train.progress import LineProgress

    def interrupt(self, report):
        if report.step == 7:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(LineProgress, "step", interrupt)
    assert run(monkeypatch, "palindrome", "--length", "4", "--steps", "30", *SMALL) == 130
    shown = capsys.readouterr().out
    assert "--out elman-runs/palindrome-1 --resume" in shown
    checkpoint = elsewhere / "elman-runs" / "palindrome-1" / "checkpoint.json"
    assert json.loads(checkpoint.read_text())["step"] == 7


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["palindrom"], "did you mean 'palindrome'?"),
        (["digits", "--length", "4"], "has no option 'length'"),
        (["characters"], "Name it: --data FILE."),
        (["series", "--data", "none.csv"], "cannot read none.csv"),
        (["palindrome", "--set", "length=4"], "Use --length."),
        (["palindrome", "--set", "bacth_size=4"], "did you mean 'batch_size'?"),
        (["palindrome", "--length", "1"], "length of palindrome is 1"),
        (["palindrome", "--encoding", "binary"], "encoding of palindrome is 'binary'"),
        (["digits", "--cell", "missing.eq"], "there is no file 'missing.eq'"),
        (["digits", "--cell", "lstn"], "Did you mean 'lstm'?"),
        (["digits", "--sizes", "x=5"], "the size x=5 does not fit the task"),
        (["digits", "--sizes", "h=0"], "cannot read 'h=0'"),
        (["digits", "--hidden", "0"], "--hidden 0 is out of range"),
        (["digits", "--init", "xavir"], "did you mean 'xavier'?"),
        (["digits", "--init", "+"], "cannot read the start '+'"),
        (["digits", "--optimizer", "adm"], "optimizer is 'adm'"),
        (["digits", "--lr", "-1"], "learning_rate is -1.0"),
        (["digits", "--steps", "0"], "max_steps is 0"),
        (["digits", "--clip", "nan"], "clip_norm is nan"),
        (["digits", "--resume"], "--resume needs the folder of the run"),
        (["digits", "--resume", "--out", "nowhere"], "there is no checkpoint to go on from"),
        (["digits", "--out", "file/out"], "cannot write checkpoints to the folder file/out"),
    ],
)
def test_bad_input_is_told_without_a_traceback(words, message, monkeypatch, capsys, elsewhere):
    (elsewhere / "file").touch()
    assert run(monkeypatch, *words) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert "Traceback" not in shown
    assert not (elsewhere / "elman-runs").exists()


def test_a_full_disk_is_told_and_keeps_the_checkpoint(monkeypatch, capsys, elsewhere):
    words = ["palindrome", "--length", "4", *SMALL, "--out", "run"]
    assert run(monkeypatch, *words, "--steps", "10") == 0
    before = (elsewhere / "run" / "checkpoint.json").read_bytes()

    def fill(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fill)
    assert run(monkeypatch, *words, "--steps", "20", "--resume") == 2
    assert "No space left on device" in capsys.readouterr().err
    assert (elsewhere / "run" / "checkpoint.json").read_bytes() == before


def test_a_loss_that_is_not_finite_is_told_with_its_step(monkeypatch, capsys):
    words = ["digits", *SMALL, "--optimizer", "sgd", "--lr", "3e38", "--clip", "0"]
    assert run(monkeypatch, *words) == 1
    assert "at step" in capsys.readouterr().err
