"""What `import elman` offers: these names and no others, each documented."""

from __future__ import annotations

import inspect
from importlib.metadata import version

import pytest

import elman

# A name added here is a promise; one taken away is a breaking change for CHANGELOG.md.
PUBLIC = {
    "BackendUnavailableError",
    "CausalityError",
    "CheckpointError",
    "CompileError",
    "DataError",
    "DifferentiationError",
    "EquationSyntaxError",
    "EvaluationError",
    "NameResolutionError",
    "PlanError",
    "Recurrence",
    "RecurrenceError",
    "RecurrentModule",
    "ShapeError",
    "SourceError",
    "SourceErrorGroup",
    "TrainingError",
    "UnsupportedError",
    "evaluate",
    "initialize",
    "load",
    "module",
    "parse",
}


def test_public_names():
    assert set(elman.__all__) == PUBLIC
    assert len(elman.__all__) == len(PUBLIC), "a name stands twice"


def test_dir_shows_the_public_names():
    assert set(dir(elman)) >= PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_has_a_docstring(name):
    documentation = inspect.getdoc(getattr(elman, name))
    assert documentation, f"elman.{name} has no docstring"
    first = documentation.splitlines()[0]
    assert first.endswith("."), f"elman.{name}: the first line is no sentence: {first}"
    assert len(first) <= 100


def test_version_is_that_of_the_distribution():
    assert elman.__version__ == version("elman")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = elman.no_such_name
