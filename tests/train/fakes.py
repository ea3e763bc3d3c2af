"""A small network, a quick task, and listeners for the tests of training."""

from __future__ import annotations

import signal

import torch
from torch import Tensor

from elman.tasks import make
from elman.train.config import TrainConfig
from elman.train.loop import train
from elman.train.progress import AbstractProgress, RunReport, StepReport
from elman.train.result import TrainResult

TASK = make("palindrome", length=3, validation_size=20, test_size=20)
CONFIG = TrainConfig(
    max_steps=30, batch_size=8, evaluate_every=5, checkpoint_every=10, learning_rate=0.01
)


class TinyNetwork(torch.nn.Module):
    """A tanh network with the interface of `elman.module`, and optional dropout."""

    def __init__(
        self, hidden: int = 6, inputs: int = 1, outputs: int = 10, dropout: float = 0.0
    ) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(11)

        def draw(*shape: int) -> torch.nn.Parameter:
            return torch.nn.Parameter(0.4 * torch.randn(*shape, generator=random))

        self.W, self.U, self.V = draw(hidden, hidden), draw(inputs, hidden), draw(hidden, outputs)
        self.b = torch.nn.Parameter(torch.zeros(hidden))
        self.dropout = dropout

    def forward(self, x: Tensor, initial_state: object = None) -> tuple[Tensor, dict[str, Tensor]]:
        h = x.new_zeros(x.shape[1], len(self.b))
        states = []
        for step in x:
            h = torch.tanh(h @ self.W + step @ self.U + self.b)
            states.append(torch.nn.functional.dropout(h, self.dropout, self.training))
        return torch.stack(states) @ self.V, {"h": h}


class Recorder(AbstractProgress):
    """Keeps what it is told; optionally acts at a step."""

    def __init__(self, at_step: int = 0, action: object = None) -> None:
        self.reports: list[StepReport] = []
        self.begun: RunReport | None = None
        self.result: TrainResult | None = None
        self.closed = False
        self._at_step, self._action = at_step, action

    def begin(self, report: RunReport) -> None:
        self.begun = report

    def step(self, report: StepReport) -> None:
        self.reports.append(report)
        if report.step == self._at_step:
            self._action()

    def end(self, result: TrainResult) -> None:
        self.result = result

    def close(self) -> None:
        self.closed = True


def press_ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def run(config: TrainConfig = CONFIG, **options: object) -> tuple[TinyNetwork, TrainResult]:
    """Trains a fresh tiny network."""
    network = TinyNetwork(dropout=options.pop("dropout", 0.0))
    return network, train(network, options.pop("task", TASK), config, **options)


def figures(result: TrainResult) -> dict[str, object]:
    """All figures that the same seed must repeat: everything but the seconds."""
    content = dict(vars(result))
    del content["seconds"]
    return content


def same_weights(left: torch.nn.Module, right: torch.nn.Module) -> bool:
    pairs = zip(left.state_dict().items(), right.state_dict().items(), strict=True)
    return all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)
