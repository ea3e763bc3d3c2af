"""Identifiers are the users' names wherever Python lets them be."""

from __future__ import annotations

import keyword

from hypothesis import given
from hypothesis import strategies as st

from elman.paper.code.names import choose_identifiers


def test_names_stay_or_get_a_mark_at_their_end():
    keys = ["h", "lambda", "np", "T", "sum", "forward", "Wxh", "h_tilde"]
    assert choose_identifiers(keys) == {
        "h": "h", "lambda": "lambda_", "np": "np_", "T": "T_", "sum": "sum_",
        "forward": "forward_", "Wxh": "Wxh", "h_tilde": "h_tilde",
    }  # fmt: skip


def test_a_mark_never_takes_the_name_of_another():
    assert choose_identifiers(["lambda", "lambda_"]) == {"lambda": "lambda__", "lambda_": "lambda_"}
    assert choose_identifiers(["part_1"], parts=1) == {"part_1": "part_1_"}


@given(st.lists(st.text(min_size=1, max_size=6), unique=True, max_size=8))
def test_any_names_become_distinct_identifiers(keys):
    names = choose_identifiers(keys)
    assert list(names) == keys
    assert len(set(names.values())) == len(keys)
    for name in names.values():
        assert name.isidentifier() and name.isascii()
        assert not keyword.iskeyword(name) and not name.startswith("__")
