import io
from dataclasses import replace

import pytest
from rich.console import Console

from elman.lab.progress import BarProgress, LineProgress, RunCounter, describe
from lab.fakes import METRICS, make_record, make_spec


def test_a_record_is_told_in_one_line():
    text = describe(make_record())
    assert text == (
        "palindrome, T = 5, vanilla, start lab, seed 0: "
        "accuracy 0.500, step limit after 30 steps, 2.0 s"
    )
    error = replace(
        METRICS, accuracy=0.0001234, metric_name="squared error", higher_is_better=False
    )
    assert "seed 0: squared error 0.000123, step" in describe(make_record(metrics=error))
    failed = make_record(status="failed", reason="nan at step 3\nmore", metrics=None)
    assert describe(failed).endswith("seed 0: failed: nan at step 3")


def test_the_time_left_follows_the_cost_and_the_speed_of_each_series():
    now = [0.0]
    counter = RunCounter(clock=lambda: now[0])
    long, short = make_spec(100), make_spec(10)
    slow, other = make_spec(100, cell="other"), make_spec(10, cell="other")
    counter.begin([long, short, slow, other], settled=1)
    assert counter.seconds_left() is None
    now[0] = 1.0  # two workers: 2 s were spent in 1
    counter.count(make_record(long, metrics=replace(METRICS, seconds=2.0)))
    assert counter.seconds_left() == pytest.approx((1.1 + 2.0 + 1.1) / 2)
    now[0] = 4.0
    counter.count(make_record(slow, metrics=replace(METRICS, seconds=6.0)))
    assert counter.seconds_left() == pytest.approx((1.1 + 3.3) / 2)
    assert (counter.total, counter.ended) == (5, 2)


def test_lines_without_a_terminal():
    lines: list[str] = []
    with LineProgress(lines.append) as progress:
        progress.begin([make_spec(5), make_spec(6)], settled=3)
        progress.started(make_spec(5))
        progress.ended(make_record(make_spec(5)))
        progress.ended(make_record(make_spec(6)))
    assert lines[0] == "2 runs to do, 3 kept from before"
    assert lines[1].startswith("[4/5] palindrome, T = 5, vanilla")
    assert lines[2].startswith("[5/5]")
    assert len(lines) == 3


def test_the_bar_shows_results_above_it_and_takes_names_literally():
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    record = make_record(make_spec(5, cell="[bold]odd[/wrong]"))
    with BarProgress(console) as progress:
        progress.begin([record.spec], settled=0)
        progress.started(record.spec)
        progress.ended(record)
    text = console.file.getvalue()
    assert "[bold]odd[/wrong], start lab, seed 0: accuracy 0.500" in text
    assert f"{METRICS.steps} steps" in text
