"""What training says while it runs."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from elman.train.progress import (
    LineProgress,
    SilentProgress,
    StepReport,
    describe_step,
    describe_time,
    make_progress,
)
from elman.train.terminal import TerminalProgress
from train.fakes import CONFIG, run

REPORT = StepReport(
    step=50,
    last_step=2000,
    loss=1.23456,
    gradient_norm=3.2,
    clipped_norm=1.0,
    learning_rate=1e-3,
    evaluated=True,
    validation_loss=1.5,
    validation_metric=0.42,
    seconds_left=75.0,
)


def test_a_step_in_one_line():
    assert describe_step(REPORT, "accuracy") == (
        "step 50/2000  loss 1.2346  accuracy 0.420  gradient norm 3.2 clipped to 1  "
        "at most 1 min 15 s left"
    )
    early = replace(REPORT, validation_metric=None, gradient_norm=0.5, clipped_norm=0.5)
    assert describe_step(early, "accuracy") == (
        "step 50/2000  loss 1.2346  gradient norm 0.5  at most 1 min 15 s left"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"), (3600, "1 h 0 min")],
)
def test_durations(seconds, text):
    assert describe_time(seconds) == text


def test_lines_tell_begin_steps_and_end():
    lines = []
    _, result = run(progress=LineProgress(lines.append))
    assert lines[0] == "palindrome: steps 1 to at most 30"
    assert "only 100 different palindromes" in lines[1]
    shown = [line.split()[1] for line in lines[2:8]]
    assert shown == [f"{step}/30" for step in range(5, 31, 5)]
    assert lines[8:] == result.describe().splitlines()


def test_a_long_run_has_about_twenty_lines():
    lines = []
    config = replace(CONFIG, max_steps=300, solved_metric=None, patience_steps=1000)
    run(config, progress=LineProgress(lines.append))
    steps = [line for line in lines if line.startswith("step ")]
    assert 15 <= len(steps) <= 20


def test_plain_lines_where_there_is_no_terminal():
    stream = io.StringIO()
    _, result = run(progress=make_progress(stream))
    text = stream.getvalue()
    assert "\x1b" not in text
    assert "\r" not in text
    assert text.endswith(f"{result.describe()}\n")


def test_standard_error_is_the_default(capsys):
    run(progress=make_progress())
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "steps 1 to at most 30" in captured.err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal():
    assert isinstance(make_progress(Terminal()), TerminalProgress)


def test_silence():
    run(progress=SilentProgress())
