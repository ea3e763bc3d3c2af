"""Which definitions need which at the same step: an order to build them in, and the cycles."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from elman.equations.syntax import Equation, Expression, Name, OverTime, children


def needs(equation: Equation, timed: Collection[str], defined: Collection[str]) -> list[str]:
    """Returns the defined names that an equation reads at its own step, in order of appearance."""
    shift = 0 if equation.left.index is None else equation.left.index.offset
    found: dict[str, None] = {}
    for name, base in _names(equation.right, shift):
        if name.key not in defined:
            continue
        reads_time = name.index is not None and name.index.letter is not None
        same_step = reads_time and name.index is not None and name.index.offset == base
        if (name.key in timed and same_step) or (name.key not in timed and name.index is None):
            found[name.key] = None
    return list(found)


def _names(expression: Expression, shift: int) -> Iterator[tuple[Name, int]]:
    """Yields every name with the offset that is this step where it stands."""
    waiting: list[tuple[Expression, int]] = [(expression, shift)]
    while waiting:
        node, base = waiting.pop()
        if isinstance(node, Name):
            yield node, base
        inside = 0 if isinstance(node, OverTime) else base
        waiting.extend((child, inside) for child in reversed(children(node)))


def depth_of_chains(links: Mapping[str, Sequence[str]], order: Sequence[str]) -> int:
    """Returns how many definitions the longest chain has; `order` puts the needed first."""
    depth: dict[str, int] = {}
    for key in order:
        depth[key] = 1 + max((depth.get(other, 0) for other in links[key]), default=0)
    return max(depth.values(), default=0)


def dependency_order(links: Mapping[str, Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Returns the names, each after those it needs, and a cycle for each group that has one.

    Names on a cycle, and those that need them, are left out of the order.
    """
    order: list[str] = []
    cycles: list[list[str]] = []
    on_cycle: set[str] = set()
    state: dict[str, str] = {}  # open: on the path; done: in the order; bad: needs a cycle
    for root in links:
        if root in state:
            continue
        path: list[tuple[str, int]] = [(root, 0)]
        state[root] = "open"
        while path:
            key, at = path.pop()
            needed = links[key]
            if at < len(needed):
                path.append((key, at + 1))
                other = needed[at]
                if state.get(other) == "open":
                    names = [name for name, _ in path]
                    cycles.append([*names[names.index(other) :], other])
                    on_cycle.update(cycles[-1])
                elif other not in state:
                    state[other] = "open"
                    path.append((other, 0))
                continue
            bad = key in on_cycle or any(state[other] != "done" for other in needed)
            state[key] = "bad" if bad else "done"
            if not bad:
                order.append(key)
    return order, cycles
