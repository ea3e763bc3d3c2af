"""All tensors of a call have one type and one device; an error names the one that differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def without_autocast(tensors: Sequence[Tensor]) -> AbstractContextManager[object]:
    """Returns a context in which a recurrence computes in the type of its tensors."""
    if not tensors or not _is_autocast(tensors[0]):
        return nullcontext()
    context: AbstractContextManager[object] = torch.autocast(tensors[0].device.type, enabled=False)
    return context


def make_alike(*groups: tuple[str, Mapping[str, Tensor]]) -> list[Mapping[str, Tensor]]:
    """Returns groups of tensors, all of the type and on the device of the very first.

    Under `torch.autocast` all but the first group are converted: a recurrence feeds its own results
    back at every step, so it computes in the type of its parameters, as losses do in torch's list
    of operations that stay in float32.

    Args:
        groups: What to call a tensor in an error, such as "the input {}", and tensors by name.

    Raises:
        ValueError: A tensor has another type or device.
    """
    first = next(((words.format(k), v) for words, group in groups for k, v in group.items()), None)
    if first is None:
        return [group for _, group in groups]
    like_name, like = first
    convert = _is_autocast(like)
    found = []
    for i, (words, group) in enumerate(groups):
        if convert and i:
            group = {key: value.to(like.dtype) for key, value in group.items()}
        for key, value in group.items():
            if value.dtype != like.dtype:
                raise ValueError(
                    f"{words.format(key)} has dtype {value.dtype}, {like_name} has {like.dtype}; "
                    f"convert it with .to({like.dtype}), or the module with .to({value.dtype})"
                )
            if value.device != like.device:
                raise ValueError(
                    f"{words.format(key)} is on {value.device}, {like_name} on {like.device}; "
                    f'move it with .to("{like.device}"), or the module with .to("{value.device}")'
                )
        found.append(group)
    return found


def _is_autocast(like: Tensor) -> bool:
    kind = like.device.type
    return bool(torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind))
