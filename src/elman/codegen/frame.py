"""What one running call of a kernel owns: its arguments, its workspace, its packed matrices."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from elman.codegen.layout import packed_word
from elman.codegen.pack import PACK_WORDS
from elman.codegen.signature import Signer
from elman.codegen.statics import StaticValues

if TYPE_CHECKING:
    from elman.codegen.call import PreparedCall
    from elman.codegen.kernel import Kernel


class Frame:
    """Memory of a call that the next one uses again.

    Between calls frames wait in a list of their kernel, so threads that call the same kernel at the
    same time have one each.

    Packed matrices are kept with a signature of the parameters that they were made from: as long as
    a call's parameters have the same signature, their content is the same, however it got there.
    torch's version counters would be quicker to compare but miss changes made through `.data`,
    NumPy or another tensor on the same memory.

    Attributes:
        words: The arguments of the compiled code.
        address: Where they begin.
        derived: (word, address) of static values that are computed from parameters.
        bytes: Size of the workspace.
        signature: Of the parameters that the packed matrices were made from.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.derived: list[tuple[int, int]] = []
        self.bytes = 0
        self.words = (ctypes.c_int64 * 0)()
        self.address = 0
        self._block = torch.empty(0, dtype=torch.uint8)
        self._call: PreparedCall | None = None
        self._packed = torch.empty(kernel.packed[-1], dtype=kernel.dtype)
        self._jobs = _pack_jobs(kernel, self._packed.data_ptr())
        self.signature = b""
        self._signer: Signer | None = None
        self._kept: list[Tensor] = []

    # -- workspace -----------------------------------------------------------------------------

    def adopt(self, call: PreparedCall) -> None:
        """Makes the workspace that of a call; nothing is left to do where it was that already."""
        if self._call is call:
            return
        tables = call.tables
        if self.bytes < tables.workspace:
            self._block = torch.empty(tables.workspace, dtype=torch.uint8)
            self.bytes = tables.workspace
        base = self._block.data_ptr()
        words = self.words = (ctypes.c_int64 * len(tables.constants))(*tables.constants)
        for word, offset in tables.workspace_words:
            words[word] = base + offset
        for index in range(len(self.kernel.program.packed)):
            place = self._packed.data_ptr() + self.kernel.packed[index] * self.kernel.lanes.size
            words[packed_word(self.kernel.program, index)] = place
        self.address = ctypes.addressof(words)
        call.clear(self)
        self._call = call

    def tensor(self, offset: int, shape: tuple[int, ...]) -> Tensor:
        """Returns a part of the workspace."""
        count = 1
        for size in shape:
            count *= size
        size = count * self.kernel.lanes.size
        return self._block[offset : offset + size].view(self.kernel.dtype).view(shape)

    # -- parameters ----------------------------------------------------------------------------

    def read_parameters(self, parameters: Sequence[Tensor], steps: int) -> list[int]:
        """Packs the matrices of parameters anew if they differ from those of the last call.

        Args:
            parameters: In the kernel's order, contiguous.
            steps: T, on which static values may depend.

        Returns:
            The addresses of the parameters.
        """
        kernel = self.kernel
        addresses = [*map(Tensor.data_ptr, parameters)]
        if not kernel.prepares:
            return addresses
        if self._signer is None:
            watched = [parameters[i] for i in kernel.watched]
            self._signer = Signer(*kernel.sign, kernel.lanes, watched)
        signature = self._signer.sign([addresses[i] for i in kernel.watched])
        if kernel.depends_on_steps:
            signature += steps.to_bytes(8)
        if signature != self.signature:
            self.signature = b""  # in case this fails half-way
            self._prepare(parameters, addresses, steps)
            self.signature = signature
        return addresses

    def _prepare(self, parameters: Sequence[Tensor], addresses: list[int], steps: int) -> None:
        kernel, size = self.kernel, self.kernel.lanes.size
        named = dict(zip(kernel.parameters, parameters, strict=True))
        static = StaticValues(named, steps, kernel.dtype)
        computed: list[Tensor] = []
        for i, matrix in enumerate(kernel.matrices):
            job = i * len(PACK_WORDS)
            if matrix.view is not None:
                source = addresses[matrix.view.parameter] + matrix.view.first * size
            else:
                value = static.of(matrix.node).contiguous()
                computed.append(value)
                source = value.data_ptr()
            self._jobs[job + 1] = source
        kernel.pack(ctypes.addressof(self._jobs), len(kernel.matrices))
        self.derived, self._kept = [], []
        for word, node in kernel.derived:
            value = static.of(node).contiguous()
            self._kept.append(value)
            self.derived.append((word, value.data_ptr()))


def _pack_jobs(kernel: Kernel, packed: int) -> ctypes.Array[ctypes.c_int64]:
    """Returns the arguments of `pack`, but for where the parameters lie."""
    jobs: list[int] = []
    for matrix in kernel.matrices:
        if matrix.view is not None:
            steps = matrix.view.strides
        else:
            steps = (matrix.shape[1], 1)
        jobs += [packed + matrix.target * kernel.lanes.size, 0, *steps, *matrix.shape]
    return (ctypes.c_int64 * len(jobs))(*jobs)
