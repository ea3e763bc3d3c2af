"""Hypothesis strategies: random recurrences, as texts with the sizes they need.

`recurrences()` yields `(text, sizes)`. The text is in plain spelling, one statement a line, in any
order, and defines

- one to three states over time (`h`, `k`, `s`), scalars, or vectors of sizes 2 to 4 beside
  scalars; they are read at lags 1 to `max_lag`, forward, backward, or both (then every state that
  runs backward may read those that run forward, and never the other way round);
- up to one intermediate (`q`), an output `y` in most cases, and a total `L` in some;
- one or two inputs (`x`, `u`), at least one of them, read at this step and at other ones;
- parameters: matrices in column and in row form, vectors, and scalars.

`sizes` holds a size for every vector and is empty where all is scalar; `elman.parse(text)` and
`.typed(sizes)` succeed for every example. Every value stays finite for parameters and inputs of
about 1, and with `smooth=True` every operation is differentiable everywhere.
"""

from __future__ import annotations

from hypothesis import strategies as st

from elman.ir import Recurrence

SMOOTH = ("tanh", "sigmoid", "sin", "cos", "softplus", "silu", "gelu")
KINKED = ("relu", "leaky_relu", "abs", "elu", "hard_sigmoid", "softsign")
BOUNDED = ("tanh", "sigmoid", "sin", "cos", "softsign")

Recurrences = st.SearchStrategy[tuple[str, dict[str, int]]]


class _Writer:
    """Draws one recurrence; `sizes` holds 0 for a scalar."""

    def __init__(self, draw: st.DrawFn, smooth: bool, max_lag: int, vectors: bool) -> None:
        self.draw = draw
        self.functions = SMOOTH if smooth else SMOOTH + KINKED
        self.bounded = [name for name in BOUNDED if name in self.functions]
        self.max_lag = max_lag
        self.vectors = vectors
        self.letter = draw(st.sampled_from("tni"))
        self.sizes: dict[str, int] = {}
        self.parameters = 0
        self.declared: list[str] = []
        # What an expression may read now: name -> the lags allowed.
        self.readable: dict[str, list[int]] = {}

    def pick(self, *choices):
        return self.draw(st.sampled_from(choices))

    def chance(self) -> bool:
        return self.draw(st.booleans())

    def size(self) -> int:
        return self.pick(0, 2, 3, 4) if self.vectors else 0

    def parameter(self, letter: str) -> str:
        self.parameters += 1
        return f"{letter}_{self.parameters}"

    def read(self, key: str, lag: int) -> str:
        return f"{key}_{self.letter}" if lag == 0 else f"{key}_{{{self.letter}{-lag:+d}}}"

    def sequence(self, size: int | None = None) -> tuple[str, int]:
        """A sequence at some step, of a given size if any has it, and its size."""
        fitting = [key for key in self.readable if size is None or self.sizes[key] == size]
        key = self.draw(st.sampled_from(sorted(fitting or self.readable)))
        return self.read(key, self.pick(*self.readable[key])), self.sizes[key]

    def weighted(self, size: int) -> str:
        """A sequence brought to a size by a parameter."""
        text, found = self.sequence()
        if size and found:
            matrix = self.parameter("W")
            return self.pick(f"{matrix} {text}", f"{text} {matrix}")
        if not size and found:
            return f"{self.pick('sum', 'mean')}({self.parameter('v')} * {text})"
        if size:
            vector = self.parameter("p")
            self.declared.append(f"{vector}: [{size}]")
            return f"{vector} {text}"
        return f"{self.parameter('a')} {text}"

    def leaf(self, size: int) -> str:
        fitting = any(self.sizes[key] == size for key in self.readable)
        if fitting and self.chance():
            return self.sequence(size)[0]
        return self.weighted(size)

    def expression(self, size: int, depth: int) -> str:
        if depth == 0:
            return self.leaf(size)
        inside = self.expression(size, depth - 1)
        match self.draw(st.integers(0, 8)):
            case 0:
                return f"{self.pick(*self.functions)}({inside})"
            case 1:
                return f"{inside} + {self.leaf(size)}"
            case 2:
                return f"({inside}) - {self.leaf(size)}"
            case 3:
                return f"sigmoid({self.leaf(size)}) * ({inside})"
            case 4:
                return f"{self.pick('0.5', '-0.25', '1.5')} ({inside})"
            case 5:
                return f"({inside}) / (2 + ({self.leaf(size)})^2)"
            case 6 if size and any(self.sizes[key] for key in self.readable):
                vectors = [key for key in self.readable if self.sizes[key]]
                keys = [self.draw(st.sampled_from(vectors)) for _ in range(2)]
                parts = [self.read(key, self.pick(*self.readable[key])) for key in keys]
                return f"{inside} + {self.parameter('W')} [{', '.join(parts)}]"
            case 7:
                return f"{inside} + {self.weighted(size)} + {self.parameter('b')}"
            case _:
                return f"(1 - ({inside})) * tanh({self.leaf(size)})"

    def definition(self, key: str, depth: int, bounded: bool) -> str:
        """One equation; a bounded one keeps a state from growing."""
        size = self.sizes[key]
        body = self.expression(size, depth)
        if size and not any(self.sizes[read] == size for read in self.readable):
            body += f" + {self.weighted(size)}"
        if bounded:
            body = f"{self.pick(*self.bounded)}({body})"
        return f"{self.read(key, 0)} = {body}"

    def states(self, keys: str, direction: int) -> list[str]:
        """The equations of states that run one way: 1 forward, -1 backward."""
        for key in keys:
            self.sizes[key] = self.size()
        before = dict(self.readable)
        lags = [direction * lag for lag in range(1, self.max_lag + 1)]
        lines = []
        for position, key in enumerate(keys):
            # What is defined above may be read at this step, the rest at other ones only.
            group = {k: lags if k in keys[position:] else [0, *lags] for k in keys}
            self.readable = before | group
            line = self.definition(key, self.draw(st.integers(0, 2)), True)
            own = self.read(key, self.pick(*lags))
            weight = self.pick("0.5", "-0.5")
            lines.append(f"{line} + {weight} {own}")
        self.readable = before | {key: [0, direction] for key in keys}
        return lines

    def text(self, direction: str) -> tuple[str, dict[str, int]]:
        inputs = "xu"[: self.draw(st.integers(1, 2))]
        for key in inputs:
            self.sizes[key] = self.size()
            self.readable[key] = [0, 1] if direction == "forward" else [0, 1, -1]
        keys = "hks"[: self.draw(st.integers(2 if direction == "both" else 1, 3))]
        if direction == "both":
            lines = self.states(keys[:1], 1) + self.states(keys[1:], -1)
        else:
            lines = self.states(keys, 1 if direction == "forward" else -1)
        if self.chance():
            self.sizes["q"] = self.size()
            lines.append(self.definition("q", 1, False))
            self.readable["q"] = [0]
        output = keys[-1]
        if self.draw(st.integers(0, 3)):
            output = "y"
            self.sizes["y"] = self.size()
            lines.append(self.definition("y", 1, False))
        if self.draw(st.integers(0, 2)) == 0:
            kind = self.pick("sum", "mean", "prod")
            lines.append(f"L = {kind}_{{{self.letter}}} {self.read(output, 0)}^2")
        if not any(self.occurs(key, lines) for key in inputs):
            self.readable = {"x": [0]}
            lines[0] += f" + {self.weighted(self.sizes[keys[0]])}"
        lines = self.draw(st.permutations(lines))
        used = {key: size for key, size in self.sizes.items() if self.occurs(key, lines)}
        if any(used.values()):
            lines += [f"{key}: scalar" for key, size in used.items() if not size]
        lines += self.declared
        return "\n".join(lines), {key: size for key, size in used.items() if size}

    def occurs(self, key: str, lines: list[str]) -> bool:
        return any(f"{key}_{self.letter}" in line or f"{key}_{{" in line for line in lines)


@st.composite
def recurrences(
    draw: st.DrawFn,
    *,
    smooth: bool = False,
    max_lag: int = 3,
    vectors: bool | None = None,
    directions: tuple[str, ...] = ("forward", "backward", "both"),
) -> tuple[str, dict[str, int]]:
    """Random recurrences, as `(text, sizes)`; the module's docstring says what they hold.

    Args:
        draw: Given by Hypothesis.
        smooth: Leave out functions that have a kink, such as relu.
        max_lag: The largest lag at which a state is read.
        vectors: Whether vectors may occur; None for either.
        directions: Which way the states may run: `forward`, `backward`, `both`.
    """
    with_vectors = draw(st.booleans()) if vectors is None else vectors
    writer = _Writer(draw, smooth, max_lag, with_vectors)
    return writer.text(draw(st.sampled_from(directions)))


@st.composite
def dims(draw: st.DrawFn) -> tuple[int, int]:
    """Numbers of steps T from 1 to 6 and batch sizes B from 1 to 3."""
    return draw(st.integers(1, 6)), draw(st.integers(1, 3))


def parameters_of(recurrence: Recurrence, sizes: dict[str, int]) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter, as NumPy wants it."""
    shapes = recurrence.shapes(sizes)
    return {key: tuple(dim.size or 0 for dim in shapes[key]) for key in recurrence.parameters}
