"""The cells that are measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elman.cells import read_equations
from elman.errors import DataError
from elman.ir import parse
from elman.nn import RecurrentModule, module

TANH = "h_t = tanh(W x_t + U h_{t-1} + b)"
GRU = """
r_t = sigmoid(W_r x_t + U_r h_{t-1} + b_r)
z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)
n_t = tanh(W_n x_t + b_n + r_t * (U_n h_{t-1} + c_n))
h_t = (1 - z_t) * n_t + z_t * h_{t-1}
"""
LSTM = """
i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)
f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)
o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)
c_t = f_t * c_{t-1} + i_t * g_t
h_t = o_t * tanh(c_t)
"""
PEEPHOLE = """
i_t = sigmoid(W_i x_t + U_i h_{t-1} + p_i * c_{t-1} + b_i)
f_t = sigmoid(W_f x_t + U_f h_{t-1} + p_f * c_{t-1} + b_f)
c_t = f_t * c_{t-1} + i_t * tanh(W_c x_t + U_c h_{t-1} + b_c)
o_t = sigmoid(W_o x_t + U_o h_{t-1} + p_o * c_t + b_o)
h_t = o_t * tanh(c_t)
p_i: [h]; p_f: [h]; p_o: [h]
"""
MINIMAL = """
f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
g_t = tanh(W_h x_t + U_h (f_t * h_{t-1}) + b_h)
h_t = (1 - f_t) * h_{t-1} + f_t * g_t
"""
LAYERNORM = "h_t = tanh(layernorm(W x_t + U h_{t-1}) + b)"


@dataclass(frozen=True)
class Cell:
    """A recurrence to measure.

    Attributes:
        text: Its equations.
        name: Where they come from, for messages.
        vectors: Name -> whether it is as long as the inputs, for names that need a size; None
            for inputs, states and outputs.
    """

    text: str
    name: str = ""
    vectors: dict[str, bool] | None = None

    def module(self, inputs: int, hidden: int, backend: str, memory: str = "") -> RecurrentModule:
        """Makes the module: inputs of size I, everything else of size H, torch's start.

        Args:
            inputs: I.
            hidden: H.
            backend: As in `elman.module`.
            memory: What is kept for the backward pass, as in `elman.module`; "" for its default.
        """
        recurrence = parse(self.text, self.name)
        vectors = self.vectors
        if vectors is None:
            names = (*recurrence.inputs, *recurrence.states, *recurrence.outputs)
            vectors = {name: name in recurrence.inputs for name in names}
        sizes = {name: inputs if wide else hidden for name, wide in vectors.items()}
        for shape in recurrence.shapes(sizes).values():
            # A vector between input and state, such as Jordan's h, is as long as the state.
            sizes.update({dim.symbol: hidden for dim in shape if dim.size is None})
        outputs = recurrence.outputs[0] if len(recurrence.outputs) == 1 else recurrence.outputs
        options: dict[str, Any] = {"memory": memory} if memory else {}
        return module(recurrence, sizes, outputs, init="torch", backend=backend, **options)


_CORPUS = "corpus/"
CELLS = {
    "tanh": Cell(TANH),
    "gru": Cell(GRU),
    "lstm": Cell(LSTM),
    "peephole": Cell(PEEPHOLE),
    "minimal": Cell(MINIMAL),
    "layernorm": Cell(LAYERNORM),
}


def find_cell(word: str) -> Cell:
    """Returns the cell of a name, a file or a text.

    Raises:
        DataError: There is no such cell or file.
    """
    if word in CELLS:
        return CELLS[word]
    if word.startswith(_CORPUS):
        return _corpus_cell(word.removeprefix(_CORPUS))
    text, name = read_equations(word)
    return Cell(text, name)


def corpus_texts() -> dict[str, tuple[str, dict[str, int]]]:
    """Returns the texts of the project's corpus by name, each with example sizes of its vectors.

    They are there in a checkout only.
    """
    folder = Path(__file__).parents[3] / "tests" / "corpus"
    found = {}
    for path in sorted(folder.glob("*.tex")):
        text = path.read_text(encoding="utf-8")
        heads = [line for line in text.splitlines() if line.startswith("# sizes:")]
        pairs = [pair.split("=") for head in heads for pair in head.split(":", 1)[1].split()]
        found[path.stem] = (text, {name: int(size) for name, size in pairs})
    return found


def _corpus_cell(name: str) -> Cell:
    """Returns a cell of the corpus; what is as long as its first vector, the input, has size I."""
    texts = corpus_texts()
    if name not in texts:
        raise DataError(
            f"there is no text {name!r} in the corpus\n  It is in a checkout only, at tests/corpus."
        )
    text, sizes = texts[name]
    first = next(iter(sizes.values()), 0)
    return Cell(text, name, {key: size == first for key, size in sizes.items()})


def loop(of: RecurrentModule) -> RecurrentModule:
    """Returns the same cell, with the same weights, as a loop of torch operations."""
    outputs = of.outputs[0] if len(of.outputs) == 1 else of.outputs
    made = module(of.recurrence, of.sizes, outputs, backend="eager")
    made.load_state_dict(of.state_dict())
    return made
