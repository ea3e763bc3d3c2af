"""Where the boxes of a step stand in its grid of columns and rows.

From the bottom to the top: the inputs, what is computed from them alone, the first loop, what is
computed between loops, the next loop, and so on to the outputs. A loop that runs forward goes from
left to right, one that runs backward from right to left; what a loop computes one after the other
stands in a row. What comes from outside stands below the operation that needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from elman.paper.drawing.items import StepItems
from elman.paper.drawing.lanes import assign_lanes

# Rows are sorted by these keys and numbered from the top when all are known.
RowKey: TypeAlias = tuple[float, ...]
_INPUT_ROW: RowKey = (1000.0,)


@dataclass
class StepGrid:
    """The places of a step.

    Attributes:
        columns: How many.
        places: Key of an item -> (column, row key).
        below: Items that stand below the loop operation that needs them.
    """

    columns: int
    places: dict[str, tuple[int, RowKey]]
    below: set[str] = field(default_factory=set)

    def taken(self) -> set[tuple[int, RowKey]]:
        """Returns the places that are in use."""
        return set(self.places.values())


def find_grid(items: StepItems, *, room_below: int = 0) -> StepGrid:
    """Gives every box of a step its place.

    Args:
        items: The boxes.
        room_below: Rows to leave free below each row of a loop.
    """
    return _Placer(items, room_below).run()


class _Placer:
    def __init__(self, items: StepItems, room_below: int) -> None:
        self.items = items
        self.room_below = room_below
        self.consumers = items.consumers()
        self.loops = len(items.directions)
        self.columns = 1
        self.places: dict[str, tuple[int, RowKey]] = {}
        self.below: set[str] = set()
        self.band = self._bands()

    def run(self) -> StepGrid:
        layers = [self._layers(loop) for loop in range(self.loops)]
        depth = [1 + max(layer.values()) for layer in layers]
        self.columns = max([1, *depth])
        for loop in range(self.loops):
            self._place_loop(loop, layers[loop])
        self._place_below()
        for band in range(self.loops + 1):
            self._place_band(band)
        self._place_inputs()
        return StepGrid(self.columns, self.places, self.below)

    # -- bands ---------------------------------------------------------------------------------

    def _bands(self) -> dict[str, int]:
        """Returns, for what is outside the loops, how many loops lie below it."""
        above = {key: self._highest(key, {}) for key in self.items.items}
        found = {}
        for key, item in self.items.items.items():
            if item.loop is None and item.node is not None:
                later = self._first_loop_after(key, {})
                found[key] = self.loops if later is None else above[key]
        return found

    def _highest(self, key: str, known: dict[str, int]) -> int:
        """Returns how many loops must lie below an item for all it needs to be below it."""
        if key not in known:
            item = self.items.items[key]
            known[key] = 0 if item.loop is None else item.loop + 1
            needs = [operand.item for operand in item.operands if operand.item]
            known[key] = max([known[key], *(self._highest(need, known) for need in needs)])
        return known[key]

    def _first_loop_after(self, key: str, known: dict[str, int | None]) -> int | None:
        if key not in known:
            known[key] = None
            found = []
            for other, _ in self.consumers[key]:
                loop = self.items.items[other].loop
                later = self._first_loop_after(other, known) if loop is None else loop
                if later is not None:
                    found.append(later)
            known[key] = min(found, default=None)
        return known[key]

    # -- loops ---------------------------------------------------------------------------------

    def _layers(self, loop: int) -> dict[str, int]:
        """Returns how many operations of the loop come before each one within a step."""
        layers: dict[str, int] = {}
        for key, item in self.items.items.items():
            if item.loop == loop:
                before = [
                    layers[operand.item] + 1
                    for operand in item.operands
                    if operand.lag == 0 and operand.item in layers
                ]
                layers[key] = max(before, default=0)
        return layers

    def _place_loop(self, loop: int, layers: dict[str, int]) -> None:
        lanes = assign_lanes(self.items, loop, layers, self.columns)
        backward = self.items.directions[loop] == "backward"
        for key, layer in layers.items():
            column = self.columns - 1 - layer if backward else layer
            self.places[key] = (column, (*self._loop_row(loop), float(lanes[key]), 0.0))

    def _loop_row(self, loop: int) -> RowKey:
        return (10.0 + 20.0 * (self.loops - 1 - loop),)

    def _place_below(self) -> None:
        """Sets what one loop operation alone needs right below it."""
        for key in self.band:
            loop_users = [other for other, lag in self.consumers[key] if lag == 0]
            only = len(self.consumers[key]) == 1 and len(loop_users) == 1
            user = self.items.items[loop_users[0]] if only else None
            if user is None or user.loop is None:
                continue
            column, row = self.places[user.key]
            for step in range(1, 4):
                place = (column, (*row[:2], float(step + self.room_below)))
                if place not in self.places.values():
                    self.places[key] = place
                    self.below.add(key)
                    break

    # -- bands between loops -------------------------------------------------------------------

    def _place_band(self, band: int) -> None:
        members = [k for k, b in self.band.items() if b == band and k not in self.places]
        if not members:
            return
        rising = band == self.loops
        levels = self._levels(members, rising=rising)
        start = 20.0 * (self.loops - band)
        order = sorted(members, key=lambda key: levels[key] if rising else -levels[key])
        if not rising:
            order = sorted(members, key=lambda key: levels[key])
        for key in order:
            level = levels[key]
            row = (start, -float(level)) if rising else (start, float(level))
            self._put(key, self._wish(key, rising=rising), row)

    def _levels(self, members: list[str], *, rising: bool) -> dict[str, int]:
        """Returns how far each member is from the loop below (rising) or above it."""
        levels: dict[str, int] = {}
        inside = set(members)
        for key in members if rising else reversed(members):
            item = self.items.items[key]
            if rising:
                near = [o.item for o in item.operands if o.item in inside and o.lag == 0]
            else:
                near = [k for k, lag in self.consumers[key] if k in inside and lag == 0]
            levels[key] = 1 + max((levels[other] for other in near), default=0)
        return levels

    def _wish(self, key: str, *, rising: bool) -> int:
        """Returns the column of what an item is computed from, or of what needs it."""
        item = self.items.items[key]
        before = [o.item for o in item.operands if o.item in self.places]
        after = [k for k, _ in self.consumers[key] if k in self.places]
        near = (before or after) if rising else (after or before)
        columns = sorted(self.places[other][0] for other in near)
        return columns[len(columns) // 2] if columns else 0

    def _put(self, key: str, wish: int, row: RowKey) -> None:
        """Sets an item at the free place of a row that is nearest to a column."""
        taken = {column for column, other in self.places.values() if other == row}
        free = [column for column in range(self.columns + 1) if column not in taken]
        column = min(free, key=lambda c: (abs(c - wish), c == self.columns, c))
        if column == self.columns:
            self._widen()
        self.places[key] = (column, row)

    def _widen(self) -> None:
        """Adds a column: loops that run backward begin in the last one."""
        self.columns += 1
        for key, (column, row) in list(self.places.items()):
            loop = self.items.items[key].loop
            user = self._carrier(key)
            loop = self.items.items[user].loop if user else loop
            if loop is not None and self.items.directions[loop] == "backward":
                self.places[key] = (column + 1, row)

    def _carrier(self, key: str) -> str:
        return self.consumers[key][0][0] if key in self.below else ""

    def _place_inputs(self) -> None:
        wishes: dict[str, int] = {}
        for key, item in self.items.items.items():
            if item.node is None:
                users = [self.places[other] for other, _ in self.consumers[key]]
                nearest = max((row for _, row in users), default=())
                columns = sorted(column for column, row in users if row == nearest)
                wishes[key] = columns[len(columns) // 2] if columns else 0
        for key in sorted(wishes, key=lambda key: wishes[key]):
            self._put(key, wishes[key], _INPUT_ROW)
