"""Small networks and sequences, and what a plain torch loop makes of them."""

from __future__ import annotations

import torch

from elman.nn import module
from elman.nn.module import RecurrentModule
from elman.tasks.base import AbstractTask, Batch

VANILLA = "h_t = tanh(W h_{t-1} + U x_t + b); y_t = V h_t + c"
TWO_LAGS = "h_t = tanh(W h_{t-1} + P h_{t-2} + U x_t); y_t = V h_t"
TWO_STATES = "g_t = sigmoid(P g_{t-1} + Q x_t)\nh_t = tanh(W h_{t-1} + R g_{t-1})\ny_t = V h_t"


def make_module(equations: str, hidden: int = 4, backend: str = "eager") -> RecurrentModule:
    torch.manual_seed(3)
    sizes = {"x": 2, "h": hidden, "y": 3}
    if "g_t" in equations:
        sizes["g"] = 2
    return module(equations, sizes=sizes, init="xavier", backend=backend)


class Stored(AbstractTask):
    """The class of a sequence is the sign pattern of what comes first; the rest is noise."""

    name = "stored"
    data_version = "1"
    input_size = 2
    output_size = 3
    chance = 1 / 3

    def __init__(self, steps: int = 6, size: int = 120) -> None:
        self.steps, self.size = steps, size

    def _make(self, seed: int, size: int) -> Batch:
        random = torch.Generator().manual_seed(seed)
        inputs = torch.randn(self.steps, size, 2, generator=random)
        classes = torch.randint(0, 3, (size,), generator=random)
        inputs[0, :, 0] = classes.float() - 1
        return Batch(inputs, classes)

    def training_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        return self._make(1000 * seed + step + 2, batch_size)

    def validation(self) -> Batch:
        return self._make(0, self.size)

    def test(self) -> Batch:
        return self._make(1, self.size)
