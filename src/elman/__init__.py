"""elman: write the equations of a recurrent network, get everything one needs of it.

>>> import elman
>>> recurrence = elman.parse("h_t = tanh(W h_{t-1} + U x_t + b)")
>>> recurrence.states
('h',)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from elman.errors import RecurrenceError
from elman.ir import evaluate
from elman.recurrence import Recurrence, parse

if TYPE_CHECKING:
    from elman.nn import RecurrentModule, module

__version__ = "0.1.0"

# What needs torch is imported when it is first used, so that `import elman` stays quick.
_LAZY = {"RecurrentModule": "elman.nn", "module": "elman.nn"}

__all__ = [
    "Recurrence",
    "RecurrenceError",
    "RecurrentModule",
    "evaluate",
    "module",
    "parse",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'elman' has no attribute {name!r}")
