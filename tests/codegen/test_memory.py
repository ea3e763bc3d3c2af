"""Memory that is used again."""

from __future__ import annotations

import torch

from elman.codegen.memory import Pool


def test_a_block_comes_back_only_when_its_last_view_is_gone():
    pool = Pool()
    tensor = pool.tensor((3, 5), torch.float32)
    view, address = tensor[1:], tensor.data_ptr()
    del tensor
    assert pool.tensor((3, 5), torch.float32).data_ptr() != address
    del view
    assert address in {pool.tensor((3, 5), torch.float32).data_ptr() for _ in range(1)}


def test_blocks_are_aligned_and_of_the_right_type():
    tensor = Pool().tensor((7, 3), torch.float64)
    assert tensor.data_ptr() % 64 == 0 and tensor.shape == (7, 3) and tensor.dtype == torch.float64


def test_what_exceeds_the_limit_is_not_kept():
    pool = Pool(limit=0)
    del_me = pool.tensor((4,), torch.float32)
    del del_me
    assert pool.kept == 0


def test_empty_tensors_need_no_block():
    assert Pool().tensor((0, 4), torch.float32).shape == (0, 4)
