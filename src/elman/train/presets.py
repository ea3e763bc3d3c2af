"""Settings that were found to work: by task, and where it matters by cell.

Measured with 128 hidden units; the figures are in `docs/training.md`.

**Palindromes** are learned from short ones to long ones; see `elman.train.curriculum`. The rate
falls with the length, because a gradient through more steps is steeper. A length is mastered where
at most two answers in 640 are wrong: what is not yet exact at 10 steps, where training is cheap,
falls apart at 300, where it is not.

`ONE_LENGTH` is for palindromes of one length from the lab's start. Every weight is so small that
the last output hardly feels the first digit, and its gradient is below 1e-6. Adam divides by that,
keeps its full step, and throws the recurrent weights past the point where the network begins to
remember: most such runs end on a plateau. An `epsilon` of 1e-4 takes the division away, small
batches and a low `clip_norm` keep the steps after that point small. The plateau before it lasts
some 800 steps at T = 10, hence the patience.

**Adding** and **copying** grow like palindromes. Their figures are errors, so the bounds are what
an error must come below: a length of the copying problem is mastered at 0.03 nats, when nearly all
symbols are right and the blanks certain. Copying begins at a pause of 10 with a large rate, and
never goes back: at a pause of two to four steps networks learn to count to the answer, and unlearn
it at the next length; at ten they learn to wait for the signal, and soon wait for any time.

Those of characters and series are to begin with: they follow from those above and from the
literature, and whole runs of them have hardly been measured yet.
"""

from __future__ import annotations

from typing import Any

# Cells with a path on which a state is carried along unchanged stand larger steps.
_GATED = ("gru", "lstm")

ONE_LENGTH: dict[str, Any] = {
    "grow_from": None,
    "rate_length": None,
    "learning_rate": 2e-3,
    "batch_size": 32,
    "epsilon": 1e-4,
    "clip_norm": 0.2,
    "max_steps": 2000,
    "patience_steps": 1000,
    "evaluate_every": 25,
    "solved_evaluations": 3,
}


def preset(task: str, cell: str | None = None) -> dict[str, Any]:
    """Returns fields of `TrainConfig` for a task and a cell; those not named keep their defaults.

    >>> preset("digits", "lstm")["learning_rate"], preset("digits")["learning_rate"]
    (0.005, 0.002)

    Args:
        task: Name of the task; an unknown one has no settings of its own.
        cell: Name of the cell in the catalogue, or None for equations of one's own.
    """
    if task == "palindrome":
        return {**_PALINDROME, **({"learning_rate": 3e-3} if cell in _GATED else {})}
    if task == "digits":
        settings = {"learning_rate": 2e-3, "batch_size": 64}
        settings |= {"max_steps": 1500, "patience_steps": 300}
        if cell in _GATED:
            settings |= {"learning_rate": 5e-3, "batch_size": 32}
        return settings
    return dict(_OTHERS.get(task, {}))


_PALINDROME: dict[str, Any] = {
    "learning_rate": 1e-3,
    "batch_size": 64,
    "clip_norm": 1.0,
    "rate_length": 30,
    "grow_from": 10,
    "grow_metric": 0.997,
    "max_steps": 6000,
    "patience_steps": 3000,
    "solved_metric": 0.995,
    "evaluate_every": 50,
    "solved_evaluations": 1,
}

_OTHERS: dict[str, dict[str, Any]] = {
    "adding": {
        "learning_rate": 2e-3,
        "batch_size": 64,
        "rate_length": 50,
        "grow_from": 10,
        "grow_metric": 2e-3,
        "collapse_metric": 0.1,
        "max_steps": 10_000,
        "patience_steps": 2500,
        "solved_metric": 5e-4,
        "solved_evaluations": 2,
        "evaluate_every": 100,
    },
    "copying": {
        "learning_rate": 3e-3,
        "batch_size": 64,
        "grow_from": 10,
        "grow_metric": 0.03,
        "grow_factor": 1.25,
        "grow_patience": None,
        "collapse_metric": None,
        "max_steps": 20_000,
        "patience_steps": 5000,
        "solved_metric": 2e-3,
        "solved_evaluations": 2,
        "evaluate_every": 100,
    },
    "mnist": {
        "learning_rate": 2e-3,
        "batch_size": 128,
        "schedule": "cosine",
        "epochs": 10,
        "patience_steps": 5000,
        "solved_metric": None,
        "evaluate_every": 200,
    },
    "characters": {
        "learning_rate": 3e-3,
        "batch_size": 64,
        "schedule": "cosine",
        "max_steps": 3000,
        "patience_steps": 3000,
        "solved_metric": None,
        "evaluate_every": 250,
    },
    "series": {
        "learning_rate": 2e-3,
        "batch_size": 32,
        "max_steps": 2000,
        "patience_steps": 500,
        "solved_evaluations": 10,
        "evaluate_every": 25,
    },
}
