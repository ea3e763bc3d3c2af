"""elman: write the equations of a recurrent network, get everything one needs of it.

>>> import elman
>>> recurrence = elman.parse("h_t = tanh(W h_{t-1} + U x_t + b)")
>>> recurrence.states
('h',)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from elman.errors import (
        BackendUnavailableError,
        CausalityError,
        CheckpointError,
        CompileError,
        DataError,
        DifferentiationError,
        EquationSyntaxError,
        EvaluationError,
        NameResolutionError,
        PlanError,
        RecurrenceError,
        ShapeError,
        SourceError,
        SourceErrorGroup,
        TrainingError,
        UnsupportedError,
    )
    from elman.ir import evaluate
    from elman.nn import RecurrentModule, initialize, load, module
    from elman.recurrence import Recurrence, parse

__version__ = "0.1.0"

__all__ = [
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
]

# Everything is imported when it is first used, so that `import elman` costs nothing and the
# commands that need no network never load torch. What is not listed is an exception.
_HOMES = {
    "Recurrence": "elman.recurrence",
    "RecurrentModule": "elman.nn",
    "evaluate": "elman.ir",
    "initialize": "elman.nn",
    "load": "elman.nn",
    "module": "elman.nn",
    "parse": "elman.recurrence",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'elman' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "elman.errors")), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
