"""The loop: what it computes, when it ends, and that pauses leave no trace."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from elman.errors import TrainingError
from elman.tasks import make
from elman.train.config import TrainConfig
from elman.train.loop import train
from elman.train.state import RunState
from train.fakes import (
    CONFIG,
    TASK,
    Recorder,
    TinyNetwork,
    figures,
    press_ctrl_c,
    run,
    same_weights,
)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_a_step_is_plain_gradient_descent():
    """Against the loop that everyone writes: forward, backward, clip, step."""
    config = replace(CONFIG, optimizer="sgd", learning_rate=0.3, clip_norm=0.05, max_steps=4)
    _, result = run(config)

    network = TinyNetwork()
    losses, norms = [], []
    for step in range(4):
        batch = TASK.training_batch(step, 8, seed=0)
        loss = torch.nn.functional.cross_entropy(network(batch.inputs)[0][-1], batch.targets)
        network.zero_grad()
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(network.parameters(), 0.05)))
        with torch.no_grad():
            for item in network.parameters():
                item -= 0.3 * item.grad
        losses.append(float(loss.detach()))
    assert result.curves.loss == pytest.approx(losses, rel=1e-5)
    assert result.curves.gradient_norm == pytest.approx(norms, rel=1e-5)
    assert result.curves.clipped_norm == [0.05] * 4
    assert min(norms) > 0.05


def test_it_learns():
    task = make("palindrome", length=5, encoding="one-hot")
    config = replace(CONFIG, batch_size=32, max_steps=1000)
    result = train(TinyNetwork(hidden=16, inputs=10), task, config)
    assert result.reason == "solved"
    assert result.test_metric >= 0.99
    assert result.steps < 1000


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "sgd"])
def test_the_same_seed_gives_the_same_bits(optimizer):
    config = replace(CONFIG, optimizer=optimizer, seed=5)
    (left, first), (right, second) = (run(config, dropout=0.3) for _ in range(2))
    assert figures(first) == figures(second)
    assert same_weights(left, right)


def test_another_seed_gives_other_figures():
    (_, first), (_, second) = (run(replace(CONFIG, seed=seed)) for seed in (1, 2))
    assert first.curves.loss != second.curves.loss


def test_the_callers_random_numbers_are_left_alone():
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    run(dropout=0.5)
    assert torch.equal(torch.rand(3), expected)


def test_the_result_is_of_the_state_that_was_best_on_validation():
    config = replace(CONFIG, learning_rate=0.3, max_steps=40)
    network, result = run(config)
    metrics = result.curves.validation_metric
    assert result.validation_metric == max(metrics)
    assert result.best_step < result.steps, "the test needs a run whose last state is not its best"

    stopped, _ = run(replace(config, max_steps=result.best_step))
    assert same_weights(network, stopped)
    with torch.no_grad():
        output, _ = network(TASK.test().inputs)
    assert result.test_metric == TASK.metric(output, TASK.test())


def test_the_result_has_all_figures():
    _, result = run()
    assert (result.task, result.metric_name, result.chance) == ("palindrome", "accuracy", 0.1)
    assert (result.steps, result.test_size) == (30, 10)
    assert result.parameters == 36 + 6 + 60 + 6
    assert result.curves.evaluation_step == [5, 10, 15, 20, 25, 30]
    assert len(result.curves.loss) == len(result.curves.gradient_norm) == 30
    assert result.loss == pytest.approx(sum(result.curves.loss[-5:]) / 5)
    assert result.seconds > 0
    assert result.notes == TASK.notes
    assert (result.reason, result.converged_at) == ("step limit", None)
    assert not result.interrupted


def test_the_last_step_is_evaluated():
    _, result = run(replace(CONFIG, max_steps=7))
    assert result.curves.evaluation_step == [5, 7]


def test_a_plateau_ends_it():
    config = replace(CONFIG, learning_rate=1e-9, max_steps=500, patience_steps=20)
    _, result = run(config)
    assert (result.reason, result.converged_at, result.steps) == ("plateau", 5, 25)


def test_epochs_set_the_limit():
    config = TrainConfig(epochs=1, batch_size=200, evaluate_every=3, patience_steps=100)
    assert train(TinyNetwork(inputs=8), make("digits"), config).steps == 7  # 1,266 images


def test_rates_follow_the_schedule():
    config = replace(CONFIG, schedule="linear", warmup_steps=10, max_steps=20)
    _, result = run(config)
    assert result.curves.learning_rate[:2] == pytest.approx([0.001, 0.002])
    assert result.curves.learning_rate[9] == pytest.approx(0.01)
    assert result.curves.learning_rate[-1] == pytest.approx(0.001)


@pytest.mark.parametrize("pause", [1, 7, 10, 15, 29])
def test_a_paused_run_is_the_run_without_a_pause(tmp_path, pause):
    straight, expected = run(dropout=0.3)
    listener = Recorder(pause, press_ctrl_c)
    _, partial = run(checkpoint_folder=tmp_path, progress=listener, dropout=0.3)
    assert partial.interrupted
    assert partial.steps == pause
    assert partial.explanation == f"interrupted after step {pause}"
    assert listener.result is partial

    network, result = run(checkpoint_folder=tmp_path, resume=True, dropout=0.3)
    assert figures(result) == figures(expected)
    assert same_weights(network, straight)
    assert result.seconds > partial.seconds


def test_many_pauses_are_as_good_as_one(tmp_path):
    straight, expected = run()
    for pause in (3, 4, 12, 22):
        resume = pause > 3
        run(checkpoint_folder=tmp_path, resume=resume, progress=Recorder(pause, press_ctrl_c))
    network, result = run(checkpoint_folder=tmp_path, resume=True)
    assert figures(result) == figures(expected)
    assert same_weights(network, straight)


def test_a_keyboard_interrupt_of_the_listener_is_a_pause(tmp_path):
    def interrupt():
        raise KeyboardInterrupt

    _, partial = run(checkpoint_folder=tmp_path, progress=Recorder(12, interrupt))
    assert (partial.reason, partial.steps) == ("interrupted", 12)
    assert partial.test_metric is not None
    _, result = run(checkpoint_folder=tmp_path, resume=True)
    assert figures(result) == figures(run()[1])


def test_an_interrupt_before_any_evaluation_has_no_test_figure():
    _, partial = run(progress=Recorder(2, press_ctrl_c))
    assert partial.best_step is partial.test_metric is partial.validation_metric is None
    assert "no state was evaluated" in partial.describe()


def test_an_interrupt_at_the_last_step_is_no_interrupt():
    _, result = run(progress=Recorder(30, press_ctrl_c))
    assert result.reason == "step limit"
    assert figures(result) == figures(run()[1])


def test_a_second_ctrl_c_keeps_the_checkpoint_before(tmp_path):
    class Pressed(TinyNetwork):
        calls = 0

        def forward(self, x, initial_state=None):
            self.calls += self.training
            if self.calls == 13:
                press_ctrl_c()
                press_ctrl_c()
            return super().forward(x)

    with pytest.raises(KeyboardInterrupt):
        train(Pressed(), TASK, CONFIG, checkpoint_folder=tmp_path)
    network, result = run(checkpoint_folder=tmp_path, resume=True)
    straight, expected = run()
    assert figures(result) == figures(expected)
    assert same_weights(network, straight)


class Exploding(TinyNetwork):
    """A network whose output takes a factor from a step on."""

    def __init__(self, call: int, value: float) -> None:
        super().__init__()
        self.calls, self.call, self.value = 0, call, value

    def forward(self, x, initial_state=None):
        self.calls += self.training
        output, state = super().forward(x)
        return (output * self.value if self.calls >= self.call else output), state


def test_a_loss_that_is_not_finite_stops_with_what_to_try():
    with pytest.raises(TrainingError, match="the loss is nan at step 12") as error:
        train(Exploding(12, math.nan), TASK, CONFIG)
    message = str(error.value)
    losses = run()[1].curves.loss
    assert f"last finite loss: {losses[10]:.4g} at step 11, where the norm of the gra" in message
    assert "adam at a learning rate of 0.01, clipping of the norm at 1" in message
    assert "Try a learning rate ten times smaller, another start" in message


def test_a_first_step_that_is_not_finite_has_no_loss_to_show():
    with pytest.raises(TrainingError, match="the loss is nan at step 1\n  adam") as error:
        train(Exploding(1, math.nan), TASK, replace(CONFIG, clip_norm=None))
    assert "no clipping" in str(error.value)
    assert "clipping (clip_norm 1)" in str(error.value)


def test_a_gradient_that_is_not_finite_stops_before_the_update():
    class Steep(TinyNetwork):
        def forward(self, x, initial_state=None):
            output, state = super().forward(x)
            return output + 0 * torch.sqrt(self.b.clamp(max=0)).sum(), state

    network = Steep()
    before = network.W.detach().clone()
    with pytest.raises(TrainingError, match="norm of the gradient is nan at step 1"):
        train(network, TASK, CONFIG)
    assert torch.equal(network.W, before)


def test_a_validation_loss_that_is_not_finite_stops():
    class Brittle(TinyNetwork):
        def forward(self, x, initial_state=None):
            output, state = super().forward(x)
            return output if self.training else output * math.nan, state

    with pytest.raises(TrainingError, match="the validation loss is nan at step 5"):
        train(Brittle(), TASK, CONFIG)


def test_a_run_that_breaks_leaves_its_checkpoint_and_closes_its_listener(tmp_path):
    listener = Recorder()
    with pytest.raises(TrainingError):
        train(Exploding(13, math.nan), TASK, CONFIG, checkpoint_folder=tmp_path, progress=listener)
    assert listener.closed
    assert listener.result is None
    network = TinyNetwork()
    result = train(network, TASK, CONFIG, checkpoint_folder=tmp_path, resume=True)
    assert figures(result) == figures(run()[1])


def test_listeners_hear_every_step():
    listener = Recorder()
    _, result = run(progress=listener)
    assert (listener.begun.first_step, listener.begun.last_step) == (1, 30)
    assert [report.step for report in listener.reports] == list(range(1, 31))
    assert [report.loss for report in listener.reports] == result.curves.loss
    evaluated = [report.step for report in listener.reports if report.evaluated]
    assert evaluated == [5, 10, 15, 20, 25, 30]
    assert listener.reports[3].validation_metric is None
    assert listener.reports[7].validation_metric == result.curves.validation_metric[0]
    assert listener.reports[-1].seconds_left == 0
    assert listener.closed


def test_a_resumed_listener_hears_the_rest(tmp_path):
    run(replace(CONFIG, max_steps=20), checkpoint_folder=tmp_path)
    listener = Recorder()
    run(checkpoint_folder=tmp_path, resume=True, progress=listener)
    assert listener.begun.first_step == 21
    assert [report.step for report in listener.reports] == list(range(21, 31))


def test_a_network_on_a_device_and_in_its_type(device):
    network = TinyNetwork().to(device).double()
    result = train(network, TASK, replace(CONFIG, max_steps=5))
    assert network.W.dtype == torch.float64
    assert math.isfinite(result.loss)


def test_a_size_that_does_not_fit_is_said():
    with pytest.raises(ValueError, match="does not fit the task palindrome"):
        train(TinyNetwork(outputs=3), TASK, CONFIG)


def test_module_mode_is_training_only_in_steps():
    network = TinyNetwork().eval()
    train(network, TASK, replace(CONFIG, max_steps=5))
    assert not network.training


def test_best_weights_are_a_state_of_their_own():
    """The module holds the best weights at the end, and going on would not change them."""
    state = RunState(TinyNetwork(), torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))]))
    state.keep_if_best(1, 1.0, 0.5)
    assert state.best.weights["W"].data_ptr() != state.module.W.data_ptr()
