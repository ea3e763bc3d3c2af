"""Tasks of the literature, each a preset, with what others reached beside what is reached here."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from elman.errors import DataError
from elman.lab.models import read_models
from elman.lab.named.presets import DEFAULT_PRESETS, PRESETS, Preset
from elman.lab.named.texts import TASKS
from elman.lab.options import LabOptions
from elman.lab.plan import Block, plan_runs
from elman.lab.spec import Lab, Published

TITLE = "Beside published figures"
QUESTION = (
    "How do recurrent networks do on the tasks by which they are compared in the literature, and "
    "how far is that from what was published?"
)
SEEDS = 1
ALL = "all"


def make_lab(options: LabOptions) -> Lab:
    """Returns the lab: each preset with its cells, or with those of the user's.

    Raises:
        DataError: A preset is unknown, its data are not given, or data are given that none reads.
    """
    folder, text = _sort_data(options.data)
    names = _chosen(options.presets, text)
    _check_data(names, folder, text)
    blocks, published = [], []
    for name in names:
        preset = PRESETS[name]
        models = read_models(options.cells or preset.cells)
        for length in _lengths(preset, options):
            task_options: dict[str, Any] = dict(preset.options)
            if length is not None:
                task_options["length"] = length
            if preset.data and (folder or text):
                task_options["data"] = folder if preset.data == "folder" else text
            blocks.append(
                Block(
                    preset.task,
                    task_options,
                    models,
                    preset.training,
                    variant=preset.variant,
                    hidden_size=preset.hidden_size,
                )
            )
        published += [
            Published(preset.task, preset.variant, *reached) for reached in preset.published
        ]
    specs = plan_runs(blocks, options, SEEDS)
    return Lab("published", TITLE, QUESTION, specs, options.command, TASKS, tuple(published))


def _chosen(names: Sequence[str], text: str) -> list[str]:
    """The presets that were named, each once; the short ones where none was."""
    if not names:
        return [*DEFAULT_PRESETS, *(["characters"] if text else [])]
    chosen: dict[str, None] = {}
    for name in names:
        if name == ALL:
            chosen |= {one: None for one in PRESETS if one != "characters" or text}
        elif name in PRESETS:
            chosen[name] = None
        else:
            near = difflib.get_close_matches(name, PRESETS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise DataError(
                f"there is no preset {name!r}{hint}\n  The presets: {', '.join(PRESETS)}, {ALL}."
            )
    return list(chosen)


def _sort_data(paths: Sequence[str]) -> tuple[str, str]:
    """Returns the folder with MNIST and the text, each empty where it was not given."""
    found = {"folder": "", "text": ""}
    for word in paths:
        path = Path(word).expanduser().resolve()
        if not path.exists():
            raise DataError(f"--data {word} does not exist\n  Give a folder or a file that does.")
        kind = "folder" if path.is_dir() else "text"
        if found[kind]:
            raise DataError(
                f"--data names two of a kind: {found[kind]} and {path}\n"
                "  Give one folder with the files of MNIST, and one text."
            )
        found[kind] = str(path)
    return found["folder"], found["text"]


def _check_data(names: Sequence[str], folder: str, text: str) -> None:
    read = {PRESETS[name].data for name in names}
    if "text" in read and not text:
        raise DataError(
            "the preset characters reads a text of yours, and none is given\n"
            "  Name it: --data FILE."
        )
    for kind, given in (("folder", folder), ("text", text)):
        if given and kind not in read:
            raise DataError(
                f"--data {given} is read by none of the presets {', '.join(names)}\n"
                "  A folder holds the files of MNIST, a file is the text of characters."
            )


def _lengths(preset: Preset, options: LabOptions) -> tuple[int | None, ...]:
    if preset.length is None:
        return (None,)
    return options.lengths or ((preset.quick_length if options.quick else preset.length),)
