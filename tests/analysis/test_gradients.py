import numpy as np
import pytest
import torch

from analysis.fakes import TWO_LAGS, TWO_STATES, VANILLA, Stored, make_module
from elman.analysis.gradients import StateGradients, measure_gradients, round_digits
from elman.analysis.network import read_network


def by_hand(module, batch):
    """The norms of the derivatives of each sequence's loss, by torch's own differentiation."""
    p = {name: item.detach().double() for name, item in module.named_parameters()}
    equations = module.recurrence.plain()
    states = {name: [] for name in module.recurrence.states}
    size = len(batch)

    def past(state, lag):
        width = p["W"].shape[0] if state == "h" else p["P"].shape[0]
        found = states[state]
        return found[-lag] if len(found) >= lag else torch.zeros(size, width).double()

    for x in batch.inputs.double():
        if "g_t" in equations:
            g = torch.sigmoid(past("g", 1) @ p["P"].T + x @ p["Q"].T).requires_grad_()
            h = torch.tanh(past("h", 1) @ p["W"].T + past("g", 1) @ p["R"].T)
            states["g"].append(g)
        elif "h_{t-2}" in equations:
            h = torch.tanh(past("h", 1) @ p["W"].T + past("h", 2) @ p["P"].T + x @ p["U"].T)
        else:
            h = torch.tanh(past("h", 1) @ p["W"].T + x @ p["U"].T + p["b"])
        states["h"].append(h.requires_grad_())
    y = states["h"][-1] @ p["V"].T + p.get("c", 0.0)
    loss = torch.nn.functional.cross_entropy(y, batch.targets, reduction="sum")
    norms = {}
    for name, steps in states.items():
        found = torch.autograd.grad(loss, steps, retain_graph=True, allow_unused=True)
        found = [torch.zeros(size, 1) if item is None else item for item in found]
        norms[name] = np.array([item.norm(dim=1).numpy() for item in found])
    return norms


@pytest.mark.parametrize("equations", [VANILLA, TWO_LAGS, TWO_STATES])
def test_norms_are_those_of_torch(equations):
    module, task = make_module(equations), Stored(size=20)
    wanted = by_hand(module, task.test())
    found = measure_gradients(read_network(module), task, task.test())
    assert {item.state for item in found} == set(wanted)
    for item in found:
        norms = wanted[item.state]
        assert item.steps == tuple(range(1, 7))
        np.testing.assert_allclose(item.middle, np.median(norms, axis=1), rtol=1e-4, atol=1e-12)
        np.testing.assert_allclose(item.low, np.quantile(norms, 0.1, axis=1), rtol=1e-4, atol=1e-12)
        np.testing.assert_allclose(
            item.high, np.quantile(norms, 0.9, axis=1), rtol=1e-4, atol=1e-12
        )


def test_a_state_that_nothing_reads_has_no_gradient():
    equations = "h_t = tanh(W h_{t-1} + U x_t); g_t = tanh(P g_{t-1} + Q x_t); y_t = V h_t"
    module, task = make_module(equations), Stored(size=4)
    found = {
        item.state: item for item in measure_gradients(read_network(module), task, task.test())
    }
    assert set(found["g"].middle) == {0.0} and found["g"].first_to_last is None
    assert found["h"].first_to_last > 0


def test_the_share_of_the_first_step():
    assert StateGradients("h", (1, 2), (0, 0), (1.0, 4.0), (9, 9)).first_to_last == 0.25


def test_long_sequences_are_thinned():
    module, task = make_module(VANILLA), Stored(steps=450, size=2)
    (found,) = measure_gradients(read_network(module), task, task.test())
    assert len(found.steps) == 200 and found.steps[0] == 1 and found.steps[-1] == 450


def test_digits_of_a_figure():
    assert round_digits(1 / 3) == 0.33333
