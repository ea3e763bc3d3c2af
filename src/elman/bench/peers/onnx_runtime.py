"""ONNX Runtime's RNN, GRU and LSTM operators, in inference."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import torch

from elman.bench.case import Problem
from elman.bench.peers.base import Contender, NotComputedError, Peer, Results

# Operator, the suffixes of elman's parameters in ONNX's order, and its own attributes.
_OPERATORS: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "tanh": ("RNN", ("",), {}),
    "gru": ("GRU", ("z", "r", "n"), {"linear_before_reset": 1}),
    "lstm": ("LSTM", ("i", "o", "f", "g"), {}),
}
_OPSET = 17


def _model(problem: Problem) -> bytes:
    """Returns an ONNX model of one operator, weights inside."""
    from onnx import TensorProto, checker, helper, numpy_helper

    case = problem.case
    operator, gates, attributes = _OPERATORS[case.cell]
    own = {key: value.numpy() for key, value in problem.parameters.items()}
    zero = np.zeros(case.hidden, np.float32)
    stacked = {
        "W": [own["W" + gate] for gate in gates],
        "R": [own["U" + gate] for gate in gates],
        "B": [own["b" + gate] for gate in gates] + [own.get("c" + gate, zero) for gate in gates],
    }
    weights = [
        numpy_helper.from_array(np.concatenate(parts)[None], name)
        for name, parts in stacked.items()
    ]
    node = helper.make_node(
        operator, ["X", "W", "R", "B"], ["Y"], hidden_size=case.hidden, **attributes
    )
    shape_in = [case.steps, case.batch, case.inputs]
    shape_out = [case.steps, 1, case.batch, case.hidden]
    graph = helper.make_graph(
        [node],
        case.cell,
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, shape_in)],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, shape_out)],
        weights,
    )
    # The oldest format that has this opset, so that every runtime reads it.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    checker.check_model(model)
    return bytes(model.SerializeToString())


def _prepare(problem: Problem) -> Contender:
    if problem.case.mode != "inference":
        raise NotComputedError("ONNX Runtime does not train")
    if problem.case.cell not in _OPERATORS:
        raise NotComputedError(f"ONNX has no {problem.case.cell}")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        _model(problem), options, providers=["CPUExecutionProvider"]
    )
    # Tensors bound once, so that a call copies nothing.
    (value,) = problem.inputs.values()
    case = problem.case
    given = onnxruntime.OrtValue.ortvalue_from_numpy(value.numpy())
    made = onnxruntime.OrtValue.ortvalue_from_shape_and_type(
        [case.steps, 1, case.batch, case.hidden], np.float32
    )
    binding = session.io_binding()
    binding.bind_ortvalue_input("X", given)
    binding.bind_ortvalue_output("Y", made)

    def run() -> Any:
        session.run_with_iobinding(binding)
        return made

    def read(result: Any) -> Results:
        (output,) = problem.cotangents
        return {output: torch.from_numpy(result.numpy()[:, 0].copy())}

    return Contender(run, read)


PEER = Peer(
    "onnxruntime",
    "onnxruntime",
    lambda: find_spec("onnxruntime") is not None and find_spec("onnx") is not None,
    _prepare,
)
