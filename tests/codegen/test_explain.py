"""Loop programs as they print; their golden files show every decision of the schedule."""

from __future__ import annotations

import pytest
import torch

from codegen.cells import CELLS, sizes_of
from elman.codegen.compiled import CompiledRecurrence, Wanted
from elman.codegen.explain import print_program
from elman.ir import parse


@pytest.mark.parametrize("name", ["lab", "lstm", "gru", "minimal_gated", "layernorm", "mixed"])
def test_programs(name, golden):
    text, output, _ = CELLS[name]
    recurrence = parse(text.replace("h_0 = s", ""))  # modules give starts as values
    graph = recurrence.typed(sizes_of(name, 28, 128))
    compiled = CompiledRecurrence(graph, [output], recurrence.states, torch.float32)
    wanted = Wanted(recurrence.parameters, recurrence.inputs, ())
    forward = print_program(compiled.forward_program(wanted))
    backward = print_program(compiled.backward_program(wanted))
    golden(f"codegen/{name}.txt", f"forward\n\n{forward}\nbackward\n\n{backward}")
