"""Runs a kernel on tensors by name."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from elman.codegen.call import PreparedCall
from elman.codegen.kernel import Kernel
from elman.codegen.tables import Request


def run_kernel(
    kernel: Kernel,
    parameters: dict[str, Tensor],
    inputs: dict[str, Tensor],
    outputs: Sequence[str],
    *,
    steps: int,
    batch: int,
) -> list[Tensor]:
    """Returns the values of some kept names, [T, B, size] each."""
    buffers = [kernel.program.sequences[name].buffer for name in outputs]
    request = Request([(0, 0)] * len(kernel.inputs), returned=buffers)
    call = PreparedCall(kernel, steps, batch, kernel.shares(steps, batch), request)
    given = [parameters[key].contiguous() for key in kernel.parameters]
    found = call.run(given, [inputs[key] for key in kernel.inputs], [])
    return [
        memory[buffer.before : buffer.before + steps]
        for memory, buffer in zip(found.returned, buffers, strict=True)
    ]
