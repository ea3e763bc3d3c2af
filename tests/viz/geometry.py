"""An oracle for pictures: what overlaps, and which lines run through something."""

from __future__ import annotations

import itertools

from elman.viz.scene import Scene, Shape, Stroke

Bounds = tuple[float, float, float, float]
Segment = tuple[float, float, float, float]


def find_faults(scene: Scene) -> list[str]:
    """Returns a sentence for each overlap of boxes or labels and each line through one of them."""
    return [
        *_overlaps(scene),
        *_lines_through_shapes(scene),
        *_lines_through_texts(scene),
        *_lines_on_lines(scene),
        *_outside(scene),
        *_ends_in_the_air(scene),
    ]


def _overlaps(scene: Scene) -> list[str]:
    solid: list[tuple[str, Bounds]] = []
    for shape in scene.shapes:
        solid.append((shape.title, shape.bounds()))
        for text in shape.texts:
            if text.kind == "tag":
                solid.append((f"tag of {shape.title}", text.bounds()))
            elif not _contains(shape.bounds(), text.bounds()):
                solid.append((f"label sticks out of {shape.title}", shape.bounds()))
    solid += [(text.label.text, text.bounds()) for text in scene.texts]
    solid.sort(key=lambda item: item[1][0])
    found = []
    for place, (one, a) in enumerate(solid):
        for two, b in solid[place + 1 :]:
            if b[0] >= a[2]:
                break
            if _meet(a, b):
                found.append(f"{one} and {two} overlap")
    return found


def _lines_through_shapes(scene: Scene) -> list[str]:
    found = []
    for stroke in scene.strokes:
        for segment in _segments(stroke):
            found += [
                f"{stroke.line} runs through {shape.title}"
                for shape in scene.shapes
                if _meet(_shrunk(shape), _as_bounds(segment))
            ]
    return found


def _lines_through_texts(scene: Scene) -> list[str]:
    tags = [text for shape in scene.shapes for text in shape.texts if text.kind == "tag"]
    return [
        f"{stroke.line} runs through {text.label.text}"
        for stroke in scene.strokes
        for segment in _segments(stroke)
        for text in [*tags, *scene.texts]
        if _meet(text.bounds(), _as_bounds(segment))
    ]


def _lines_on_lines(scene: Scene) -> list[str]:
    """Different lines may cross, but not run on each other; a rail is run on by all of its own."""
    rails = {
        segment[1]
        for s in scene.strokes
        if s.line.removeprefix("back:").startswith("rail:")
        for segment in _segments(s)
    }
    parts = [
        (segment, stroke.line)
        for stroke in scene.strokes
        for segment in _segments(stroke)
        if segment[1] != segment[3] or segment[1] not in rails
    ]
    found = []
    for flat in (True, False):
        # By the coordinate that they share, so that only neighbours are compared.
        alike = [(p[1] if flat else p[0], p, line) for p, line in parts if (p[1] == p[3]) == flat]
        alike.sort(key=lambda item: item[0])
        for place, (at, a, one) in enumerate(alike):
            for beside, b, two in alike[place + 1 :]:
                if beside - at >= 1.5:
                    break
                low, high = (0, 2) if flat else (1, 3)
                if one != two and min(a[high], b[high]) - max(a[low], b[low]) > 1.0:
                    found.append(f"{one} and {two} run on each other at {a}")
    return found


def _outside(scene: Scene) -> list[str]:
    page = (0.0, 0.0, scene.width, scene.height)
    bounds = [(shape.title, shape.bounds()) for shape in scene.shapes]
    bounds += [(t.label.text, t.bounds()) for s in scene.shapes for t in s.texts]
    bounds += [(text.label.text, text.bounds()) for text in scene.texts]
    bounds += [(s.line, _as_bounds(part)) for s in scene.strokes for part in _segments(s)]
    return [f"{name} reaches beyond the page" for name, b in bounds if not _contains(page, b)]


def _ends_in_the_air(scene: Scene) -> list[str]:
    """Every arrow ends at the edge of a shape."""
    found = []
    for stroke in scene.strokes:
        x, y = stroke.points[-1]
        sample = stroke.line.startswith("legend:")
        if stroke.arrow and not (sample or any(_is_on_edge(s, x, y) for s in scene.shapes)):
            found.append(f"{stroke.line} ends in the air at {x}, {y}")
    return found


def _is_on_edge(shape: Shape, x: float, y: float) -> bool:
    across, down = abs(x - shape.x), abs(y - shape.y)
    if shape.shape == "circle":
        across = max(0.0, across - (shape.width - shape.height) / 2)
        return abs((across**2 + down**2) ** 0.5 - shape.height / 2) < 0.1
    on_side = abs(across - shape.width / 2) < 0.1 and down <= shape.height / 2
    return on_side or (abs(down - shape.height / 2) < 0.1 and across <= shape.width / 2)


def _segments(stroke: Stroke) -> list[Segment]:
    """Returns the straight parts, from left to right and from top to bottom."""
    points = stroke.points
    pairs = itertools.pairwise(points)
    return [(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])) for a, b in pairs]


def _as_bounds(segment: Segment) -> Bounds:
    return segment


def _shrunk(shape: Shape) -> Bounds:
    """Returns the inside of a shape: of a circle, the largest square whose corners are in it."""
    across, down = shape.width / 2 - 0.6, shape.height / 2 - 0.6
    if shape.shape == "circle":
        down = shape.height / 2 * 0.7
        across = (shape.width - shape.height) / 2 + down
    return shape.x - across, shape.y - down, shape.x + across, shape.y + down


def _meet(a: Bounds, b: Bounds) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _contains(outer: Bounds, inner: Bounds) -> bool:
    slack = 0.6
    return (
        outer[0] <= inner[0] + slack
        and outer[1] <= inner[1] + slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )
