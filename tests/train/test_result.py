"""The outcome in words."""

from __future__ import annotations

from dataclasses import replace

from train.fakes import CONFIG, run


def test_the_outcome_says_figures_and_why_it_ended():
    _, result = run()
    first, second = replace(result, test_metric=0.98765, seconds=1.26).describe().splitlines()
    assert first == (
        f"palindrome: test accuracy 0.9877 (chance 0.1), of the state after step {result.best_step}"
    )
    assert second == (
        "  30 steps, 1.3 s, 108 parameters; ended (step limit): the limit of 30 steps was reached."
    )


def test_a_plateau_says_its_rule():
    config = replace(CONFIG, learning_rate=1e-9, max_steps=500, patience_steps=20)
    assert "has not fallen by another 1 % in 20 steps" in run(config)[1].describe()
