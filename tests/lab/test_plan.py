import pytest

from elman.errors import DataError, ShapeError
from elman.lab.models import read_models
from elman.lab.options import LabOptions
from elman.lab.plan import Block, plan_runs
from elman.lab.settings import Settings


def plan(*blocks, seeds=1, **options):
    return plan_runs(blocks, LabOptions(hidden_size=4, **options), seeds)


def palindromes(cell="vanilla", length=5, **changes):
    return Block("palindrome", {"length": length}, read_models([cell]), **changes)


def test_every_model_runs_with_every_seed():
    block = Block("palindrome", {"length": 5}, read_models(["vanilla", "gru:lab"]), variant="mine")
    specs = plan(block, seeds=2)
    assert [spec.title for spec in specs] == [
        "palindrome, T = 5, vanilla, start orthogonal, mine, seed 0",
        "palindrome, T = 5, vanilla, start orthogonal, mine, seed 1",
        "palindrome, T = 5, gru, start lab, mine, seed 0",
        "palindrome, T = 5, gru, start lab, mine, seed 1",
    ]
    assert {spec.sizes["h"] for spec in specs} == {4}
    assert all("seed" not in spec.training for spec in specs)


def test_the_number_of_seeds_is_the_users():
    assert [spec.seed for spec in plan_runs([palindromes()], LabOptions(seeds=3), 1)] == [0, 1, 2]


def test_later_settings_win():
    lab, user, variation = {"batch_size": 2}, {"batch_size": 3}, {"batch_size": 4}
    settings = Settings(training=user)
    (from_lab,) = plan(palindromes(training=lab))
    (from_user,) = plan(palindromes(training=lab), settings=settings)
    (varied,) = plan(palindromes(training=lab, variation=variation), settings=settings)
    sizes = [spec.training["batch_size"] for spec in (from_lab, from_user, varied)]
    assert sizes == [2, 3, 4]


def test_an_option_goes_to_the_tasks_that_have_it():
    digits = Block("digits", {}, read_models(["vanilla"]))
    settings = Settings(training={"grow_from": 3}, task={"encoding": "one-hot"})
    first, second = plan(palindromes(), digits, settings=settings)
    assert first.options == {"length": 5, "encoding": "one-hot"} and first.sizes["x"] == 10
    assert second.options == {}
    assert (first.training["grow_from"], second.training["grow_from"]) == (3, None)


def test_runs_that_are_the_same_are_planned_once():
    assert len(plan(palindromes(), palindromes(variant="again"))) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(task={"encodng": 1}), "no task of this lab has the option 'encodng'"),
        (Settings(task={"encoding": "none"}), "encoding of palindrome is 'none'"),
        (Settings(training={"epochs": 3}), "palindrome never repeats a sequence"),
        (Settings(training={"batch_size": 0}), "batch_size is 0"),
    ],
)
def test_bad_settings_are_refused_before_anything_runs(settings, message):
    with pytest.raises((DataError, ValueError), match=message):
        plan(palindromes(), settings=settings)


def test_a_curriculum_needs_a_task_with_lengths():
    digits = Block("digits", {}, read_models(["vanilla"]))
    with pytest.raises(DataError, match="grow_from is set, and digits has no length"):
        plan(digits, settings=Settings(training={"grow_from": 3}))
    (spec,) = plan(digits, settings=Settings(training={"grow_from": None, "epochs": 3}))
    assert spec.training["epochs"] == 3


def test_bad_models_are_refused_before_anything_runs():
    with pytest.raises(ShapeError, match="one input"):
        plan(palindromes("h_t = tanh(W h_{t-1} + x_t + u_t)"))
    with pytest.raises(ValueError, match="length of palindrome is 1"):
        plan(palindromes(length=1))
    with pytest.raises(ValueError, match="ortogonal"):
        plan(palindromes("vanilla:ortogonal"))
    with pytest.raises(ValueError, match="not a parameter"):
        plan(palindromes("vanilla:orthogonal+b_f=3"))
