"""The tables of characters, commands and functions agree with each other."""

from __future__ import annotations

import pytest

from elman.equations import symbols


def test_aliases_name_functions():
    assert set(symbols.FUNCTION_ALIASES.values()) <= set(symbols.FUNCTIONS) | symbols.STRUCTURES


def test_no_command_has_two_meanings():
    groups = [
        symbols.FUNCTION_COMMANDS,
        set(symbols.ACCENTS),
        symbols.FONT_COMMANDS,
        symbols.IGNORED_COMMANDS,
        symbols.AMBIGUOUS_COMMANDS,
        set(symbols.OPERATOR_COMMANDS),
        set(symbols.GREEK),
        set(symbols.VARIANT_GREEK),
    ]
    for position, group in enumerate(groups):
        for other in groups[position + 1 :]:
            assert not set(group) & set(other), set(group) & set(other)


@pytest.mark.parametrize(
    ("word", "near"), [("tanhh", "tanh"), ("sigmiod", "sigmoid"), ("qqqq", "")]
)
def test_the_nearest_function(word, near):
    assert symbols.nearest_function(word) == near


@pytest.mark.parametrize(("character", "meant"), [("а", "a"), ("＝", "="), ("☃", None)])
def test_characters_that_look_alike(character, meant):
    assert symbols.lookalike(character) == meant
