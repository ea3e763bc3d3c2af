"""The named sets of rows, each row with what it must reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from elman.bench.case import Case
from elman.bench.cells import corpus_texts
from elman.errors import DataError

GATED = ("tanh", "gru", "lstm")
CUSTOM = ("peephole", "minimal", "layernorm")
# Bounds of seconds are written in these units.
_AT_MOST = ("keeps", "keeps least", "compile", "cached", "call")

Shape = tuple[int, int, int, int]


@dataclass(frozen=True)
class Target:
    """What a figure must reach.

    Attributes:
        of: A peer, whose time over elman's is the figure; `best` for the fastest peer; `share` for
            the share of the peak; `keeps` and `keeps least` for MiB kept; `compile` and `cached`
            for seconds before the first result; `call` for seconds of a call without arithmetic.
        least: The bound.
        aim: What one would like.
        goal: The line of the table of goals that this is a part of.
    """

    of: str
    least: float
    aim: float
    goal: str = ""

    @property
    def at_most(self) -> bool:
        """Whether less is better."""
        return self.of in _AT_MOST

    def reached(self, figure: float) -> bool:
        """Whether a figure is within the bound."""
        return figure <= self.least if self.at_most else figure >= self.least


@dataclass(frozen=True)
class Row:
    """One measurement of a set.

    Attributes:
        case: What is measured.
        targets: What it must reach.
        kind: `time`; `memory`, what is kept and the time of elman's settings of it; `compile`, the
            time before the first result.
    """

    case: Case
    targets: tuple[Target, ...] = ()
    kind: str = "time"


_GATE_TEXT = "train, tanh and GRU against torch.nn"
_LSTM_TEXT = "train, LSTM against torch.nn"
_SHORT: tuple[Shape, ...] = ((20, 128, 1, 128), (28, 128, 28, 128))
_LONG: Shape = (784, 64, 1, 128)
_WIDE: Shape = (128, 64, 512, 512)
_ONE: Shape = (1000, 1, 16, 64)
# Against torch.nn, by whether the cell is tanh or GRU: goal, shapes, loss at the last step, bounds.
_TORCH: tuple[tuple[str, tuple[str, ...], tuple[Shape, ...], bool, float, float], ...] = (
    (f"{_GATE_TEXT}, T ≤ 28", ("tanh", "gru"), _SHORT, False, 2.5, 4),
    (f"{_GATE_TEXT}, 784 steps", ("tanh", "gru"), (_LONG,), False, 4.5, 6),
    (f"{_GATE_TEXT}, loss at the last of 784", ("tanh", "gru"), (_LONG,), True, 8, 10),
    (f"{_GATE_TEXT}, H = 512", ("tanh", "gru"), (_WIDE,), False, 1.3, 1.5),
    (f"{_GATE_TEXT}, B = 1", ("tanh", "gru"), (_ONE,), False, 50, 80),
    (f"{_LSTM_TEXT}, T = 28", ("lstm",), ((28, 128, 28, 128),), False, 1.35, 1.6),
    (f"{_LSTM_TEXT}, 784 steps", ("lstm",), (_LONG,), False, 2.5, 3),
    (f"{_LSTM_TEXT}, H = 256", ("lstm",), ((100, 32, 64, 256),), False, 1.2, 1.5),
    (f"{_LSTM_TEXT}, H = 512", ("lstm",), (_WIDE,), False, 1.25, 1.5),
    (f"{_LSTM_TEXT}, B = 1", ("lstm",), (_ONE,), False, 3, 4),
)
_SHARES = {
    (20, 128, 1, 128): Target("share", 0.42, 0.60, "share of the peak, T ≤ 28"),
    (28, 128, 28, 128): Target("share", 0.42, 0.60, "share of the peak, T ≤ 28"),
    (784, 64, 1, 128): Target("share", 0.62, 0.75, "share of the peak, H = 128 to 256, T ≥ 100"),
    (100, 32, 64, 256): Target("share", 0.62, 0.75, "share of the peak, H = 128 to 256, T ≥ 100"),
    (128, 64, 512, 512): Target("share", 0.75, 0.85, "share of the peak, H = 512"),
}
_ANY_CELL = (
    Target("loop", 2.5, 4, "train, any cell against the loop in torch"),
    Target("jax", 2.5, 4, "train, any cell against JAX"),
    Target("torch.compile", 1.3, 2, "train, any cell against torch.compile"),
)
_COMPILING = (
    Target("compile", 2, 0.5, "seconds of compiling from nothing"),
    Target("cached", 0.05, 0.05, "seconds of compiling from the cache"),
)


def _core() -> Iterator[Row]:
    """The smallest table that says whether compiled kernels are worth it."""
    bounds = (
        (f"{_GATE_TEXT}, T ≤ 28", ("tanh", "gru"), _SHORT, False, "torch.nn", 2.3),
        (f"{_GATE_TEXT}, 784 steps", ("tanh", "gru"), (_LONG,), False, "torch.nn", 4.5),
        (f"{_GATE_TEXT}, loss at the last of 784", ("tanh", "gru"), (_LONG,), True, "torch.nn", 8),
        (f"{_LSTM_TEXT}, T = 28", ("lstm",), ((28, 128, 28, 128),), False, "torch.nn", 1.2),
        (f"{_LSTM_TEXT}, 784 steps", ("lstm",), (_LONG,), False, "torch.nn", 2.3),
        ("train, other cells against the loop in torch", CUSTOM, _SHORT[1:], False, "loop", 2.3),
    )  # fmt: skip
    for goal, cells, shapes, last, peer, least in bounds:
        target = Target(peer, least, least, goal)
        yield from _rows(cells, shapes, (target,), last)
    for cell in (*GATED, *CUSTOM):
        yield Row(Case(cell, 20, 128, 28, 128), _COMPILING, "compile")


def _rows(
    cells: Iterable[str], shapes: Iterable[Shape], targets: tuple[Target, ...], last: bool = False
) -> Iterator[Row]:
    for shape in shapes:
        for cell in cells:
            yield Row(Case(cell, *shape, last=last), targets)


def _train() -> Iterator[Row]:
    for goal, cells, shapes, last, least, aim in _TORCH:
        yield from _rows(cells, shapes, (Target("torch.nn", least, aim, goal),), last)
    for shape, share in _SHARES.items():
        yield from _rows(GATED, (shape,), (share,))
    yield from _rows(GATED, (_ONE,), (Target("jax", 3, 5, "train, B = 1, against JAX"),))
    yield from _rows((*GATED, *CUSTOM), _SHORT[1:], _ANY_CELL)


def _inference() -> Iterator[Row]:
    target = Target("best", 1.0, 1.5, "inference, B = 1, against the best peer")
    for steps in (1, 28, 1000):
        for hidden in (64, 128, 256, 512, 1024):
            for cell in GATED:
                yield Row(Case(cell, steps, 1, hidden, hidden, "inference"), (target,))


def _corpus() -> Iterator[Row]:
    """Every text of the project's corpus that has vectors."""
    for name, (_, sizes) in corpus_texts().items():
        if sizes:
            inputs = 128 if len(set(sizes.values())) == 1 else 28
            yield Row(Case(f"corpus/{name}", 28, 128, inputs, 128), _ANY_CELL)


def _memory() -> Iterator[Row]:
    goal = "MiB kept, LSTM, 784 steps"
    bounded = (Target("keeps", 150, 125, goal), Target("keeps least", 50, 50, f"{goal}, least"))
    for shape in (_LONG, _WIDE):
        for cell in GATED:
            targets = bounded if (cell, shape) == ("lstm", _LONG) else ()
            yield Row(Case(cell, *shape), targets, "memory")


def _compile() -> Iterator[Row]:
    for shape in ((10, 128, 28, 128), (20, 128, 28, 128), (40, 128, 28, 128), (20, 32, 28, 128)):
        yield Row(Case("lstm", *shape), _COMPILING, "compile")
    for cell in ("tanh", "gru", *CUSTOM):
        yield Row(Case(cell, 20, 128, 28, 128), _COMPILING, "compile")


def _call() -> Iterator[Row]:
    """Sizes without arithmetic: what is left is what a call costs."""
    for cell in GATED:
        target = Target("call", 60e-6, 60e-6, "a call of T = B = I = H = 1, forward")
        yield Row(Case(cell, 1, 1, 1, 1, "inference"), (target,))
        target = Target("call", 120e-6, 120e-6, "two calls, forward and backward")
        yield Row(Case(cell, 1, 1, 1, 1), (target,))


def _sweep() -> Iterator[Row]:
    """Cost against T, B and H, one at a time, around (100, 32, 64, 128)."""
    shapes = [(steps, 32, 64, 128) for steps in (10, 30, 100, 300, 1000)]
    shapes += [(100, batch, 64, 128) for batch in (1, 2, 4, 8, 16, 64, 128, 256)]
    shapes += [(100, 32, 64, hidden) for hidden in (16, 32, 64, 256, 512, 1024)]
    return _rows(("tanh", "lstm"), shapes, ())


def _wide() -> Iterator[Row]:
    for make in (_train, _call, _memory, _compile, _inference):
        yield from make()


SETS: dict[str, Callable[[], Iterator[Row]]] = {
    "core": _core,
    "wide": _wide,
    "train": _train,
    "call": _call,
    "inference": _inference,
    "memory": _memory,
    "compile": _compile,
    "corpus": _corpus,
    "sweep": _sweep,
}


def rows_of(name: str) -> list[Row]:
    """Returns the rows of a named set.

    >>> rows_of("memory")[2].case.title
    'train lstm 784,64,1,128'

    Raises:
        DataError: There is no such set, or its texts are not here.
    """
    if name not in SETS:
        raise DataError(f"there is no set {name!r}\n  Choose among {', '.join(SETS)}.")
    rows = merged(SETS[name]())
    if not rows:
        raise DataError(f"the texts of the set {name!r} are in a checkout only, at tests/corpus")
    return rows


def merged(rows: Iterable[Row]) -> list[Row]:
    """Joins the targets of rows that measure the same, in the order in which they first occur."""
    found: dict[tuple[Case, str], Row] = {}
    for row in rows:
        key = (row.case, row.kind)
        before = found.get(key, replace(row, targets=()))
        new = tuple(target for target in row.targets if target not in before.targets)
        found[key] = replace(before, targets=before.targets + new)
    return list(found.values())
