"""Every peer computes what the cells compute, forward and backward."""

from __future__ import annotations

import pytest
import torch

from elman.bench.case import Case, pose
from elman.bench.cells import CELLS
from elman.bench.measure import WrongResultError
from elman.bench.peers.base import NotComputedError
from elman.bench.peers.registry import OURS, PEERS
from elman.bench.run import Check

# What each peer computes; a peer that leaves out more than it should is found here.
COMPUTED = {
    "torch.nn": {"tanh", "gru", "lstm"},
    "loop": set(CELLS),
    "jax": set(CELLS),
    "torchrecurrent": {"peephole", "minimal"},
    "onnxruntime": {"tanh", "gru", "lstm"},
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("mode", ["train", "inference"])
@pytest.mark.parametrize("peer", list(COMPUTED))
def test_peers_agree(peer, mode):
    if not PEERS[peer].installed():
        pytest.skip(f"{peer} is not installed")
    computed = set()
    for cell in CELLS:
        for last in (False, True) if mode == "train" else (False,):
            problem = pose(Case(cell, 4, 2, 3, 5, mode, last))
            try:
                contender = PEERS[peer].prepare(problem)
            except NotComputedError:
                continue
            Check(problem).error(contender.read(contender.run()))
            computed.add(cell)
    trains = peer != "onnxruntime" or mode == "inference"
    assert computed == (COMPUTED[peer] if trains else set())


@pytest.mark.parametrize(
    "cell", [*CELLS, "jordan", "h_t = tanh(W x_t + U h_{t-1}); y_t = h_t + v_t"]
)
def test_elman_agrees_with_float64(cell):
    problem = pose(Case(cell, 3, 2, 4, 4))
    contender = OURS.prepare(problem)
    assert Check(problem).error(contender.read(contender.run())) <= 2e-6


def test_elman_is_held_to_more_digits_than_its_peers():
    check = Check(pose(Case("tanh", 3, 2, 4, 4)))
    shifted = {key: value + 1e-5 * value.abs().max() for key, value in check.exact.items()}
    assert check.error(shifted, peer=True) == pytest.approx(1e-5, rel=0.01)
    with pytest.raises(WrongResultError, match=r"allowed are 2\.0e-06"):
        check.error(shifted)
    wrong = {key: value * 1.001 for key, value in check.exact.items()}
    with pytest.raises(WrongResultError, match=r"allowed are 1\.0e-04"):
        check.error(wrong, peer=True)


@pytest.mark.slow
@pytest.mark.parametrize("cell", list(CELLS))
def test_loops_written_by_hand_agree(cell):
    if not PEERS["torch.compile"].installed():
        pytest.skip("torch's compiler needs a C++ compiler")
    problem = pose(Case(cell, 3, 2, 4, 5))
    contender = PEERS["torch.compile"].prepare(problem)
    Check(problem).error(contender.read(contender.run()))
    torch.compiler.reset()


@pytest.mark.parametrize("cell", list(CELLS))
def test_loops_written_by_hand_agree_before_they_are_compiled(cell):
    from elman.bench.peers.compiled_loop import LOOPS

    problem = pose(Case(cell, 3, 2, 4, 5, "inference"))
    (x,), (output,) = problem.inputs.values(), problem.cotangents
    Check(problem).error({output: LOOPS[cell](x, problem.parameters)})
