"""The named sets of rows, each row with what it must reach."""

from __future__ import annotations

from dataclasses import dataclass

from elman.bench.case import Case
from elman.errors import DataError

GATED = ("tanh", "gru", "lstm")
CUSTOM = ("peephole", "minimal", "layernorm")


@dataclass(frozen=True)
class Target:
    """What a figure must reach.

    Attributes:
        of: A peer, whose time over elman's is the figure; `best` for the fastest peer; `share` for
            the share of the peak; `keeps` and `keeps least` for MiB kept; `compile` and `cached`
            for seconds before the first result.
        least: The bound.
        aim: What one would like.
    """

    of: str
    least: float
    aim: float

    @property
    def at_most(self) -> bool:
        """Whether less is better."""
        return self.of in ("keeps", "keeps least", "compile", "cached")

    def reached(self, figure: float) -> bool:
        """Whether a figure is within the bound."""
        return figure <= self.least if self.at_most else figure >= self.least


@dataclass(frozen=True)
class Row:
    """One measurement of a set.

    Attributes:
        case: What is measured.
        targets: What it must reach.
        kind: `time`; `memory`, which times nothing; `compile`, the time before the first result.
    """

    case: Case
    targets: tuple[Target, ...] = ()
    kind: str = "time"


def _against_torch(cell: str, shape: tuple[int, int, int, int], last: bool) -> list[Target]:
    """Returns the bounds of a train step against torch.nn."""
    steps, batch, inputs, hidden = shape
    simple = cell in ("tanh", "gru")
    bounds: dict[tuple[object, ...], tuple[float, float]] = {
        (True, 20, 128, 1, 128, False): (2.5, 4),
        (True, 28, 128, 28, 128, False): (2.5, 4),
        (True, 784, 64, 1, 128, False): (4.5, 6),
        (True, 784, 64, 1, 128, True): (8, 10),
        (True, 128, 64, 512, 512, False): (1.3, 1.5),
        (True, 1000, 1, 16, 64, False): (50, 80),
        (False, 28, 128, 28, 128, False): (1.35, 1.6),
        (False, 784, 64, 1, 128, False): (2.5, 3),
        (False, 100, 32, 64, 256, False): (1.2, 1.5),
        (False, 128, 64, 512, 512, False): (1.25, 1.5),
        (False, 1000, 1, 16, 64, False): (3, 4),
    }
    found = bounds.get((simple, steps, batch, inputs, hidden, last))
    return [] if found is None else [Target("torch.nn", *found)]


def _share(shape: tuple[int, int, int, int], last: bool) -> list[Target]:
    """Returns the bound of the share of the peak."""
    steps, batch, _, hidden = shape
    if batch == 1 or last:
        return []
    if hidden >= 512:
        return [Target("share", 0.75, 0.85)]
    if steps >= 100:
        return [Target("share", 0.62, 0.75)]
    return [Target("share", 0.42, 0.60)]


_ANY_CELL = (Target("loop", 2.5, 4), Target("jax", 2.5, 4), Target("torch.compile", 1.3, 2))
_SHAPES = (
    (20, 128, 1, 128),
    (28, 128, 28, 128),
    (784, 64, 1, 128),
    (100, 32, 64, 256),
    (128, 64, 512, 512),
    (1000, 1, 16, 64),
)


def _train() -> list[Row]:
    rows = []
    for shape in _SHAPES:
        for cell in GATED:
            targets = [*_against_torch(cell, shape, False), *_share(shape, False)]
            if shape[1] == 1:
                targets.append(Target("jax", 3, 5))
            if shape == (28, 128, 28, 128):
                targets += _ANY_CELL
            rows.append(Row(Case(cell, *shape), tuple(targets)))
            if shape[0] == 784 and cell != "lstm":
                bounds = tuple(_against_torch(cell, shape, True))
                rows.append(Row(Case(cell, *shape, last=True), bounds))
        if shape == (28, 128, 28, 128):
            rows += [Row(Case(cell, *shape), _ANY_CELL) for cell in CUSTOM]
    return rows


def _inference() -> list[Row]:
    return [
        Row(Case(cell, steps, 1, hidden, hidden, "inference"), (Target("best", 1.0, 1.5),))
        for steps in (1, 28, 1000)
        for hidden in (64, 128, 256, 512, 1024)
        for cell in GATED
    ]


def _memory() -> list[Row]:
    bounded = (Target("keeps", 150, 125), Target("keeps least", 50, 50))
    return [
        Row(Case(cell, *shape), bounded if (cell, shape[0]) == ("lstm", 784) else (), "memory")
        for shape in ((784, 64, 1, 128), (128, 64, 512, 512))
        for cell in GATED
    ]


def _compile() -> list[Row]:
    bounds = (Target("compile", 2, 0.5), Target("cached", 0.05, 0.05))
    shapes = ((10, 128, 28, 128), (20, 128, 28, 128), (40, 128, 28, 128), (20, 32, 28, 128))
    rows = [Row(Case("lstm", *shape), bounds, "compile") for shape in shapes]
    others = ("tanh", "gru", *CUSTOM)
    return rows + [Row(Case(cell, 20, 128, 28, 128), bounds, "compile") for cell in others]


def _sweep() -> list[Row]:
    """Cost against T, B and H, one at a time, around (100, 32, 64, 128)."""
    shapes = [(steps, 32, 64, 128) for steps in (10, 30, 100, 300, 1000)]
    shapes += [(100, batch, 64, 128) for batch in (1, 2, 4, 8, 16, 64, 128, 256)]
    shapes += [(100, 32, 64, hidden) for hidden in (16, 32, 64, 256, 512, 1024)]
    return [Row(Case(cell, *shape)) for shape in shapes for cell in ("tanh", "lstm")]


SETS = {
    "train": _train,
    "inference": _inference,
    "memory": _memory,
    "compile": _compile,
    "sweep": _sweep,
}


def rows_of(name: str) -> list[Row]:
    """Returns the rows of a named set.

    >>> rows_of("memory")[2].case.title
    'train lstm 784,64,1,128'

    Raises:
        DataError: There is no such set.
    """
    if name not in SETS:
        raise DataError(f"there is no set {name!r}\n  Choose among {', '.join(SETS)}.")
    return SETS[name]()


def targets_of(case: Case, kind: str) -> tuple[Target, ...]:
    """Returns what a case must reach by any set; nothing for a case of no set."""
    for make in SETS.values():
        for row in make():
            if (row.case, row.kind) == (case, kind) and row.targets:
                return row.targets
    return ()
