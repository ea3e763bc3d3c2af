"""The presets of `elman lab published`: tasks of the literature with what others reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from elman.lab.options import HIDDEN_SIZE

LE = "Le, Jaitly and Hinton, 2015, arXiv:1504.00941"
ARJOVSKY = "Arjovsky, Shah and Bengio, 2016, arXiv:1511.06464"
COOIJMANS = "Cooijmans et al., 2017, arXiv:1603.09025"
ATIENZA = "Atienza, github.com/roatienza/Deep-Learning-Experiments"
LECUN = "LeCun, Bottou, Bengio and Haffner, 1998, doi:10.1109/5.726791"


@dataclass(frozen=True)
class Preset:
    """One task of the literature, with settings to begin with.

    Attributes:
        summary: One line of help.
        task: Name of the task.
        cells: As `--cells` takes them, where the user names none.
        published: Model, what it reached, and the source, one triple each.
        options: Options of the task.
        training: Settings beside those of `elman.train.presets`.
        length: T where the user names none, for tasks that have one to choose.
        quick_length: T with `--quick`.
        variant: What sets the runs apart from others of the same task.
        hidden_size: Size of the states.
        data: What the task reads: "folder", "text", or empty where it is made up.
    """

    summary: str
    task: str
    cells: tuple[str, ...]
    published: tuple[tuple[str, str, str], ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    length: int | None = None
    quick_length: int | None = None
    variant: str = ""
    hidden_size: int = HIDDEN_SIZE
    data: str = ""


# Over 784 steps a gate must begin open, or nothing of the first rows arrives.
_PIXEL_CELLS = (
    "gru:orthogonal+b_z=chrono(784)",
    "lstm:orthogonal+b_f=chrono(784)+b_i=chrono(-784)",
)
_PIXEL_TRAINING = {"epochs": 12, "batch_size": 64, "evaluate_every": 430}
_PIXEL_OPTIONS = {"validation_size": 1000}

PRESETS: dict[str, Preset] = {
    "adding": Preset(
        "the adding problem, T = 400",
        "adding",
        ("lstm", "gru"),
        (
            ("always 1", "squared error 0.167", "the variance of the sum"),
            ("LSTM, uRNN", "both below that baseline at T = 400", ARJOVSKY),
        ),
        length=400,
        quick_length=20,
    ),
    "copying": Preset(
        "the copying problem, T = 200",
        "copying",
        ("gru", "lstm"),
        (
            ("no memory", "cross-entropy 10 ln 8 / (T + 20), 0.0945 at T = 200", ARJOVSKY),
            ("LSTM", "about that baseline", ARJOVSKY),
            ("uRNN", "close to 0", ARJOVSKY),
        ),
        length=200,
        quick_length=10,
    ),
    "row": Preset(
        "MNIST row by row, 28 steps of 28",
        "mnist",
        ("lstm", "gru"),
        (
            ("LSTM of 256, Adam, 20 epochs", "accuracy 0.989", ATIENZA),
            ("vanilla RNN of 256, Adam, 20 epochs", "accuracy 0.980", ATIENZA),
        ),
        {"order": "rows"},
        variant="row",
        data="folder",
    ),
    "rowold": Preset(
        "the tutorial's own: LSTM of 64, SGD 0.1, batches of 100, 2 epochs",
        "mnist",
        ("lstm:torch",),
        (("LSTM of 64, SGD 0.1, 2 epochs", "no figure given", "the tutorial"),),
        {"order": "rows"},
        {
            "optimizer": "sgd",
            "learning_rate": 0.1,
            "schedule": "constant",
            "batch_size": 100,
            "epochs": 2,
            "clip_norm": None,
            "evaluate_every": 110,
        },
        variant="rowold",
        hidden_size=64,
        data="folder",
    ),
    "pixel": Preset(
        "MNIST pixel by pixel, 784 steps of 1",
        "mnist",
        _PIXEL_CELLS,
        (
            ("LSTM of 128", "accuracy 0.982", ARJOVSKY),
            ("LSTM of 100", "accuracy 0.989", COOIJMANS),
            ("uRNN of 512", "accuracy 0.951", ARJOVSKY),
            ("IRNN of 100", "accuracy 0.97", LE),
        ),
        {"order": "pixels", **_PIXEL_OPTIONS},
        _PIXEL_TRAINING,
        variant="pixel",
        hidden_size=64,
        data="folder",
    ),
    "permuted": Preset(
        "MNIST pixel by pixel in one fixed random order",
        "mnist",
        _PIXEL_CELLS,
        (
            ("LSTM of 128", "accuracy 0.88", ARJOVSKY),
            ("LSTM of 100", "accuracy 0.902", COOIJMANS),
            ("BN-LSTM of 100", "accuracy 0.954", COOIJMANS),
            ("uRNN of 512", "accuracy 0.914", ARJOVSKY),
        ),
        {"order": "permuted", **_PIXEL_OPTIONS},
        _PIXEL_TRAINING,
        variant="permuted",
        hidden_size=64,
        data="folder",
    ),
    "characters": Preset(
        "the next character of a text of yours (--data FILE)",
        "characters",
        ("lstm", "gru"),
        (
            ("LSTM of 1000", "1.38 bits per character, on Penn Treebank", COOIJMANS),
            ("BN-LSTM of 1000", "1.32 bits per character, on Penn Treebank", COOIJMANS),
        ),
        length=100,
        quick_length=30,
        data="text",
    ),
}
# What is run where the user names no preset: minutes, not hours.
DEFAULT_PRESETS = ("adding", "copying", "row", "rowold")
