"""Gives the parameters of a module a random start; `elman.paper.start.schemes` has the schemes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from elman.paper.start.schemes import Init, draw_parameters

if TYPE_CHECKING:
    from elman.nn.module import RecurrentModule


def initialize(
    module: RecurrentModule, init: Init = None, generator: torch.Generator | None = None
) -> None:
    """Draws all parameters of a module anew.

    >>> import elman
    >>> cell = elman.module("h_t = tanh(W h_{t-1} + U x_t + b)", sizes={"x": 2, "h": 3})
    >>> initialize(cell, {"*": "orthogonal", "b": 1.0})
    >>> cell.b.tolist()
    [1.0, 1.0, 1.0]

    Args:
        module: Whose parameters.
        init: A scheme such as `"orthogonal"`, or schemes by parameter, as in
            `{"*": "orthogonal", "b_f": 3.0}`. None: what the text says, else `"torch"`.
        generator: Where random numbers come from; torch's default generator without it, so that
            `torch.manual_seed` makes the start repeatable.

    Raises:
        ValueError: A scheme or a parameter is unknown.
    """
    seed = int(torch.randint(2**63 - 1, (1,), generator=generator).item())
    drawn = draw_parameters(module.recurrence, module.sizes, init, np.random.default_rng(seed))
    with torch.no_grad():
        for key, parameter in module.named_parameters():
            parameter.copy_(torch.from_numpy(np.asarray(drawn[key])))
