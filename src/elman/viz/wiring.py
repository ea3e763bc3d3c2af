"""The ways and tracks of all wires of a diagram, one wiring per pattern."""

from __future__ import annotations

from dataclasses import dataclass

from elman.viz.diagram import Diagram
from elman.viz.pattern import Pattern, Rail, Route, Wire
from elman.viz.route import route_pattern
from elman.viz.tracks import Runs, set_tracks


@dataclass(frozen=True)
class Wiring:
    """The wires of a pattern.

    Attributes:
        pattern: Whose.
        wires: By key.
        routes: Per wire, its way to each sink.
        runs: The straight parts of the ways, with their tracks.
    """

    pattern: Pattern
    wires: dict[str, Wire]
    routes: dict[str, tuple[Route, ...]]
    runs: Runs

    def rails(self, wire: Wire, sink: int) -> list[tuple[Rail, bool]]:
        """Returns the rails at the ends of a way, each with whether the way leaves it."""
        ends = ((wire.source, True), (wire.sinks[sink], False))
        return [(end, leaves) for end, leaves in ends if isinstance(end, Rail)]


def find_wirings(diagram: Diagram) -> dict[str, Wiring]:
    """Routes the wires of every pattern of a diagram, by region."""
    named = (("main", diagram.main), ("tail", diagram.tail), ("base", diagram.base))
    found = {}
    for region, pattern in named:
        if pattern is not None:
            routes = route_pattern(pattern)
            wires = {wire.key: wire for wire in pattern.wires}
            found[region] = Wiring(pattern, wires, routes, set_tracks(pattern, routes))
    return found
