"""Which lengths are learned, and that a pause does not change them."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
import torch

from elman.tasks import make
from elman.train.config import TrainConfig
from elman.train.curriculum import FALLEN, GROWN, Curriculum, GoodState, start_curriculum
from elman.train.loop import train
from train.fakes import Recorder, TinyNetwork, figures, press_ctrl_c, same_weights

CONFIG = TrainConfig(grow_from=10, grow_batches=2, grow_patience=20)
GOOD = GoodState(10, {}, {})


def note(curriculum: Curriculum, *metrics: float, higher: bool = True) -> list[str | None]:
    return [curriculum.note(curriculum.length, metric, CONFIG, higher) for metric in metrics]


def test_it_grows_when_the_running_figure_passes_the_bound():
    curriculum = Curriculum(10, 100, 1.12)
    assert note(curriculum, 1.0, 0.9, 0.99, 0.99) == [None, None, None, GROWN]
    curriculum.advance(CONFIG, GOOD)
    assert (curriculum.length, curriculum.steps, curriculum.recent) == (11, 0, [])
    assert curriculum.mastered == 10


def test_what_is_mastered_at_once_lengthens_the_stride():
    curriculum = Curriculum(10, 1000, 1.12)
    lengths = []
    while curriculum.length < 1000:
        curriculum.advance(CONFIG, replace(GOOD, length=curriculum.length))
        lengths.append(curriculum.length)
    assert lengths == [11, 13, 16, 22, 33, 57, 114, 228, 456, 1000]
    assert curriculum.stride == 2.0


def test_what_took_long_shortens_the_stride():
    curriculum = Curriculum(100, 1000, 2.0, steps=9)
    curriculum.advance(CONFIG, replace(GOOD, length=100))
    assert (curriculum.length, curriculum.stride) == (112, 1.12)


def test_shorter_batches_do_not_count():
    curriculum = Curriculum(10, 100, 1.12)
    assert [curriculum.note(7, 1.0, CONFIG, True) for _ in range(9)] == [None] * 9
    assert curriculum.recent == [] and curriculum.steps == 9


def test_a_collapse_goes_back_at_a_lower_rate():
    curriculum = Curriculum(40, 100, 2.0, good=GoodState(20, {}, {}))
    assert note(curriculum, 0.4, 0.4, 0.8, 0.8, 0.3, 0.3) == [None] * 5 + [FALLEN]
    assert curriculum.go_back(CONFIG).length == 20
    assert (curriculum.length, curriculum.rate, curriculum.stride) == (22, 0.6, 1.12)


def test_a_length_that_begins_badly_is_no_collapse():
    curriculum = Curriculum(40, 100, 2.0, good=GoodState(20, {}, {}))
    assert note(curriculum, 0.1, 0.2, 0.3, 0.2, 0.5, 0.3) == [None] * 6


def test_patience_ends():
    curriculum = Curriculum(40, 100, 2.0, good=GoodState(20, {}, {}))
    assert note(curriculum, *[0.6] * 20)[-2:] == [None, FALLEN]
    first = Curriculum(10, 100, 1.12)
    assert set(note(first, *[0.6] * 30)) == {None}


def test_where_lower_is_better_the_bounds_turn_around():
    config = replace(CONFIG, grow_metric=0.01, collapse_metric=0.1)
    curriculum = Curriculum(10, 100, 1.12, good=GoodState(5, {}, {}))
    seen = [curriculum.note(10, value, config, False) for value in (0.02, 0.02, 0.3, 0.3)]
    assert seen == [None, None, FALLEN, FALLEN]
    curriculum.go_back(config)
    assert [curriculum.note(6, value, config, False) for value in (0.005, 0.009)][-1] == GROWN


def test_half_of_the_batches_are_shorter():
    curriculum = Curriculum(100, 1000, 1.12)
    drawn = [curriculum.draw_length(CONFIG, step) for step in range(400)]
    assert drawn == [curriculum.draw_length(CONFIG, step) for step in range(400)]
    assert min(drawn) >= 50 and max(drawn) == 100
    assert 0.4 < sum(length == 100 for length in drawn) / 400 < 0.6
    alone = replace(CONFIG, shorter_share=0.0)
    assert {curriculum.draw_length(alone, step) for step in range(50)} == {100}


def test_plain_values_and_back():
    curriculum = Curriculum(10, 100, 1.3, 0.6, [0.1, 1 / 3], 0.25, 7, GoodState(9, {}, {}))
    content = json.loads(json.dumps(curriculum.to_dict()))
    assert Curriculum.from_dict(content, {}, {}) == curriculum


def test_a_task_of_given_length_has_no_curriculum():
    assert start_curriculum(make("digits"), TrainConfig()) is None
    with pytest.raises(ValueError, match="the task digits has no length to choose"):
        start_curriculum(make("digits"), CONFIG)


TASK = make("palindrome", length=14, validation_size=20, test_size=20)
# Bounds that chance passes now and then, so that 40 steps see growth and collapse.
WILD = TrainConfig(
    grow_from=2,
    grow_batches=1,
    grow_metric=0.2,
    collapse_metric=0.05,
    max_steps=40,
    batch_size=8,
    evaluate_every=5,
    checkpoint_every=7,
    learning_rate=0.01,
    rate_length=3,
    seed=1,
)


def learn(config: TrainConfig = WILD, **options: object):
    network = TinyNetwork()
    return network, train(network, TASK, config, **options)


def test_a_run_grows_falls_and_says_so():
    _, result = learn()
    lengths = result.curves.length
    assert lengths[0] == 2 and max(lengths) > 6
    assert any(after < before for before, after in itertools.pairwise(lengths))
    assert result.length == 14 and 2 < result.mastered < 14
    rates = dict(zip(lengths, result.curves.learning_rate, strict=True))
    assert rates[max(lengths)] < rates[2] <= 0.01


@pytest.mark.parametrize("step", [1, 6, 13, 21, 29, 38])
def test_a_run_with_a_curriculum_goes_on_to_the_same_bits(step, tmp_path):
    expected, whole = learn()
    recorder = Recorder(step, press_ctrl_c)
    _, paused = learn(checkpoint_folder=tmp_path, progress=recorder)
    assert paused.interrupted and paused.steps == step
    network, result = learn(checkpoint_folder=tmp_path, resume=True)
    assert figures(result) == figures(whole)
    assert same_weights(network, expected)


def test_the_best_state_is_one_of_the_longest_length():
    _, result = learn()
    evaluated = result.curves.evaluation_length
    best = result.curves.evaluation_step.index(result.best_step)
    assert evaluated[best] == max(evaluated)


def test_a_palindrome_is_learned_from_short_to_long():
    import elman

    torch.manual_seed(0)
    task = make("palindrome", length=60, test_size=300)
    network = elman.module(
        "h_t = tanh(W h_{t-1} + U x_t + b)\ny_t = V h_t + c",
        {"x": 10, "h": 32, "y": 10},
        init="orthogonal",
    )
    task = replace(task, encoding="one-hot")
    config = TrainConfig(grow_from=5, rate_length=30, batch_size=64, learning_rate=3e-3)
    result = train(network, task, replace(config, solved_metric=0.98, patience_steps=1000))
    assert result.mastered == 60 and result.test_metric > 0.95
