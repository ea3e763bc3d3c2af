"""`--set`: training settings and options of tasks, by name.

--set batch_size=64,learning_rate=0.01      settings of the training
--set clip_norm=none                        switched off
--set encoding=one-hot                      an option of the task
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from elman.errors import DataError
from elman.train.config import TrainConfig

_WORDS = {"none": None, "true": True, "false": False}
# Decided elsewhere: each by an option of its own.
_ELSEWHERE = {"seed": "--seeds", "length": "--lengths", "data": "--data"}


@dataclass(frozen=True)
class Settings:
    """What `--set` gave.

    Attributes:
        training: Fields of `TrainConfig`.
        task: Options of tasks; each goes to the tasks that have it.
    """

    training: Mapping[str, Any] = field(default_factory=dict)
    task: Mapping[str, Any] = field(default_factory=dict)


def read_settings(
    words: Iterable[str],
    task_options: Iterable[str],
    elsewhere: Mapping[str, str] = _ELSEWHERE,
) -> Settings:
    """Reads the words of `--set`.

    >>> read_settings(["batch_size=64,clip_norm=none", "encoding=one-hot"], ["encoding"])
    Settings(training={'batch_size': 64, 'clip_norm': None}, task={'encoding': 'one-hot'})

    Args:
        words: Each `NAME=VALUE`, or several with commas between.
        task_options: Names of the options that some task has.
        elsewhere: What has an option of its own, with that option.
    Raises:
        DataError: A word is not of this form, or nothing has that name.
    """
    training_names = {item.name for item in fields(TrainConfig)}
    task_names = set(task_options)
    training: dict[str, Any] = {}
    task: dict[str, Any] = {}
    for part in (part.strip() for word in words for part in word.split(",")):
        name, equals, text = (piece.strip() for piece in part.partition("="))
        if not (name and equals and text):
            raise DataError(f"cannot read --set {part!r}\n  Write NAME=VALUE, as in batch_size=64.")
        if name in elsewhere:
            raise DataError(f"--set {name} is not possible\n  Use {elsewhere[name]}.")
        if name in training_names:
            training[name] = _read_value(text)
        elif name in task_names:
            task[name] = _read_value(text)
        else:
            raise DataError(_unknown(name, sorted(training_names | task_names)))
    return Settings(training, task)


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    listed = ", ".join(key for key in known if key not in _ELSEWHERE)
    return f"there is no setting {name!r}{hint}\n  The settings: {listed}."


def _read_value(text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
