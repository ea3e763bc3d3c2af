"""Kernels for machines that this one is not: they compile to object code."""

from __future__ import annotations

import llvmlite.binding as llvm
import pytest
import torch

from codegen.cells import CELLS, sizes_of
from elman.codegen.compiled import CompiledRecurrence, Wanted
from elman.codegen.emit import emit
from elman.codegen.native import Target
from elman.codegen.program import Form
from elman.ir import parse

# The triple, what code is made for, and the machine's number in an ELF file.
MACHINES = {
    "skylake-avx512": ("x86_64-pc-linux-gnu", Target("skylake-avx512", "", 64, 32, True), 62),
    "haswell": ("x86_64-pc-linux-gnu", Target("haswell", "", 32, 16, True), 62),
    "x86-64": ("x86_64-pc-linux-gnu", Target("x86-64", "", 16, 16, True), 62),
    "aarch64": ("aarch64-unknown-linux-gnu", Target("generic", "", 16, 32, False), 183),
}


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("name", "bits"), [("lstm", 64), ("softmax", 32), ("mixed", 32)])
def test_compiles(machine, name, bits):
    triple, target, number = MACHINES[machine]
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        made = llvm.Target.from_triple(triple).create_target_machine(
            cpu=target.cpu, features=target.features, opt=2, reloc="pic"
        )
    except RuntimeError as error:
        pytest.skip(f"llvmlite was built without this machine: {error}")
    text, output, _ = CELLS[name]
    recurrence = parse(text.replace("h_0 = s", ""))
    graph = recurrence.typed(sizes_of(name, 3, 5))
    dtype = torch.float32 if bits == 32 else torch.float64
    compiled = CompiledRecurrence(graph, [output], recurrence.states, dtype)
    wanted = Wanted(recurrence.parameters, recurrence.inputs, ())
    programs = [
        make(wanted, form=form)
        for make in (compiled.forward_program, compiled.backward_program)
        for form in Form
    ]
    for program in programs:
        module = llvm.parse_assembly(emit(program, target, bits))
        module.verify()
        module.triple = triple
        code = made.emit_object(module)
        assert code[:4] == b"\x7fELF" and int.from_bytes(code[18:20], "little") == number
