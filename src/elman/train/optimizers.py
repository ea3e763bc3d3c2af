"""The optimizers by name, one step of them, and their state as tensors by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from elman.train.config import TrainConfig


def make_optimizer(module: torch.nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """Returns the optimizer of a configuration over all parameters that are trained.

    Raises:
        ValueError: The module has nothing to train.
    """
    parameters = list(trained_parameters(module).values())
    if not parameters:
        raise ValueError(
            "the module has no parameter that is trained\n"
            "  Its parameters are missing, or all have requires_grad=False."
        )
    rate, momentum, epsilon = config.learning_rate, config.momentum, config.epsilon
    if config.optimizer == "adam":
        fused = all(item.device.type in ("cpu", "cuda") for item in parameters)
        return torch.optim.Adam(parameters, lr=rate, eps=epsilon, fused=fused)
    if config.optimizer == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=rate, momentum=momentum, eps=epsilon)
    assert config.optimizer == "sgd", f"internal: optimizer {config.optimizer}"
    return torch.optim.SGD(parameters, lr=rate, momentum=momentum)


def trained_parameters(module: torch.nn.Module) -> dict[str, Tensor]:
    """Returns the parameters that are trained, by name."""
    return {name: item for name, item in module.named_parameters() if item.requires_grad}


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Sets the rate of the next step."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def clip_gradients(
    module: torch.nn.Module, bound: float | None, entry_bound: float | None = None
) -> tuple[float, float]:
    """Scales all gradients by one factor so that their global norm is at most a bound.

    .. math:: g <- g min(1, bound / |g|)

    A bound on the entries is applied before that, to each by itself: :math:`g_i <- min(max(g_i,
    -v), v)`. The first keeps the direction of the gradient, the second does not.

    The gradients must be there already: clipping comes after the backward pass and before the
    update.

    Args:
        module: Its parameters' gradients are changed in place.
        bound: The largest norm, or None.
        entry_bound: The largest size of an entry, or None.
    Returns:
        The norm before and after. A norm that is not finite is returned as it is.
    References: Pascanu, Mikolov & Bengio, 2013, arXiv:1211.5063, algorithm 1; for the entries
    Mikolov, 2012: Statistical language models based on neural networks, Brno.
    """
    gradients = [item.grad for item in module.parameters() if item.grad is not None]
    norm = clipped = float(torch.nn.utils.get_total_norm(gradients))
    if not norm < float("inf"):
        return norm, norm
    if entry_bound is not None:
        for gradient in gradients:
            gradient.clamp_(-entry_bound, entry_bound)
        clipped = float(torch.nn.utils.get_total_norm(gradients))
    if bound is not None and clipped > bound:
        for gradient in gradients:
            gradient.mul_(bound / clipped)
        clipped = bound
    return norm, clipped


def describe_clipping(config: TrainConfig) -> str:
    """Returns in words how gradients are clipped.

    >>> describe_clipping(TrainConfig(clip_norm=1.0, clip_value=0.1))
    'clipping of each entry at 0.1 and of the norm at 1'
    """
    parts = []
    if config.clip_value is not None:
        parts.append(f"of each entry at {config.clip_value:g}")
    if config.clip_norm is not None:
        parts.append(f"of the norm at {config.clip_norm:g}")
    return f"clipping {' and '.join(parts)}" if parts else "no clipping"


def optimizer_tensors(
    optimizer: torch.optim.Optimizer, module: torch.nn.Module
) -> dict[str, Tensor]:
    """Returns the optimizer's state by names such as `exp_avg.W`."""
    tensors = {}
    for name, parameter in trained_parameters(module).items():
        for key, value in optimizer.state.get(parameter, {}).items():
            if value is not None:
                tensors[f"{key}.{name}"] = torch.as_tensor(value)
    return tensors


def restore_optimizer(
    optimizer: torch.optim.Optimizer, module: torch.nn.Module, tensors: Mapping[str, Tensor]
) -> None:
    """Gives an optimizer the state that `optimizer_tensors` returned.

    Raises:
        KeyError: A tensor belongs to no parameter of the module.
    """
    content = optimizer.state_dict()
    states: dict[int, dict[str, Any]] = {}
    places = {name: place for place, name in enumerate(trained_parameters(module))}
    for full_name, tensor in tensors.items():
        key, _, name = full_name.partition(".")
        states.setdefault(places[name], {})[key] = tensor.clone()
    optimizer.load_state_dict({**content, "state": states})
