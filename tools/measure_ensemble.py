"""Is training three seeds in one run faster than training them apart? Prints a table.

Apart: each seed by itself, as `elman lab` does it. Together: one forward and backward pass for all
seeds by `torch.func.vmap` over stacked parameters, one call of the optimizer; batches, clipping and
figures are those of each seed. On one thread, in processor time, the two in turn.

    python tools/measure_ensemble.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor

import elman
from elman.cells import read_equations
from elman.tasks import make
from elman.tasks.base import AbstractTask, Batch
from elman.train.config import TrainConfig
from elman.train.optimizers import clip_gradients, make_optimizer
from elman.train.truncation import backward_through_time

SEEDS, HIDDEN, CONFIG = 3, 128, TrainConfig(batch_size=64)
ROUNDS = 20


def make_networks(cell: str, task: AbstractTask) -> list[elman.RecurrentModule]:
    networks = []
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        sizes = {"x": task.input_size, "h": HIDDEN, "y": task.output_size}
        networks.append(elman.module(read_equations(cell)[0], sizes=sizes, init="orthogonal"))
    return networks


def draw(task: AbstractTask, step: int) -> list[Batch]:
    return [task.training_batch(step, CONFIG.batch_size, seed) for seed in range(SEEDS)]


def apart(cell: str, task: AbstractTask) -> tuple[Callable[[int], None], Callable[[], Tensor]]:
    """Returns a step of each seed by itself, and what gives the parameters."""
    networks = make_networks(cell, task)
    optimizers = [make_optimizer(network, CONFIG) for network in networks]

    def step(number: int) -> None:
        for network, optimizer, batch in zip(networks, optimizers, draw(task, number), strict=True):
            optimizer.zero_grad()
            backward_through_time(network, task, batch, None)
            clip_gradients(network, CONFIG.clip_norm)
            optimizer.step()

    def parameters() -> Tensor:
        return torch.stack(
            [torch.cat([p.detach().flatten() for p in n.parameters()]) for n in networks]
        )

    return step, parameters


def together(cell: str, task: AbstractTask) -> tuple[Callable[[int], None], Callable[[], Tensor]]:
    """Returns a step of all seeds at once, and what gives the parameters."""
    networks = make_networks(cell, task)
    stacked, _ = torch.func.stack_module_state(list(networks))
    network = networks[0]
    optimizer = torch.optim.Adam(stacked.values(), lr=CONFIG.learning_rate, fused=True)

    def loss_of(parameters: dict[str, Tensor], inputs: Tensor, targets: Tensor) -> Tensor:
        output, _ = torch.func.functional_call(network, parameters, (inputs,))
        return task.loss(output, Batch(inputs, targets))

    gradients_of = torch.func.vmap(torch.func.grad(loss_of), in_dims=(0, 0, 0))

    def step(number: int) -> None:
        batches = draw(task, number)
        inputs = torch.stack([batch.inputs for batch in batches])
        targets = torch.stack([batch.targets for batch in batches])
        found = gradients_of(stacked, inputs, targets)
        norms = torch.stack([g.flatten(1).norm(dim=1) for g in found.values()]).norm(dim=0)
        factors = ((CONFIG.clip_norm or 1.0) / norms).clamp(max=1.0)
        for name, parameter in stacked.items():
            shape = (-1,) + (1,) * (parameter.dim() - 1)
            parameter.grad = found[name] * factors.view(shape)
        optimizer.step()

    def parameters() -> Tensor:
        return torch.cat([item.detach().flatten(1) for item in stacked.values()], dim=1)

    return step, parameters


def measure(cell: str, length: int) -> str:
    """Returns one line: milliseconds a step of all seeds, both ways, and how far they differ."""
    task = make("palindrome", length=length)
    ways = {"apart": apart(cell, task), "together": together(cell, task)}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS):
        for name, (step, _) in ways.items():
            started = time.process_time()
            step(number)
            times[name].append(1000 * (time.process_time() - started))
    one, other = (parameters() for _, parameters in ways.values())
    middle = {name: median(values[3:]) for name, values in times.items()}
    differ = float((one - other).abs().max())
    return (
        f"{cell:8} T = {length:4}  apart {middle['apart']:7.2f} ms  together "
        f"{middle['together']:7.2f} ms  {middle['apart'] / middle['together']:.2f} times as fast  "
        f"parameters differ by {differ:.1e}"
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    for cell in ("vanilla", "lstm"):
        for length in (5, 10, 30, 100):
            print(measure(cell, length), flush=True)
