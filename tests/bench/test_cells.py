"""Peers compute what the cells compute."""

from __future__ import annotations

import pytest
import torch

from elman.bench.cells import CELLS, fused, loop, peer


@pytest.mark.parametrize("name", [name for name, cell in CELLS.items() if cell.peer])
def test_peers_agree(name):
    ours = fused(CELLS[name], 3, 5)
    x = torch.randn(4, 2, 3)
    expected = ours(x)[0]
    torch.testing.assert_close(peer(CELLS[name], ours)(x)[0], expected)
    torch.testing.assert_close(loop(ours)(x)[0], expected)
