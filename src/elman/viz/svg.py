"""A scene as SVG: self-contained, the same bytes each time, for light, dark and paper."""

from __future__ import annotations

from hashlib import sha256
from html import escape
from math import hypot

from elman.viz.lines import BEND
from elman.viz.scene import Point, Scene, Shape, Stroke, Text
from elman.viz.typeset import Label, glyph_table

# Stands for the prefix until it is known; no label can contain it.
_PREFIX = "\ue000"
_ARROW, _ARROW_HALF = 7.0, 3.1
_LIGHT = {
    "paper": "#ffffff", "ground": "#f3f5f8", "ink": "#20262d", "quiet": "#5b6570",
    "box": "#ffffff", "input": "#dcebfa", "input-line": "#2b6cb0", "parameter": "#fbeccb",
    "parameter-line": "#96650a", "state": "#b3243a", "mark": "#20262d",
    "back": "#5a35a8",
}  # fmt: skip
_DARK = {
    "paper": "#14181d", "ground": "#1c2229", "ink": "#dfe4e9", "quiet": "#9aa5b0",
    "box": "#232a32", "input": "#1d3a57", "input-line": "#7db4ea", "parameter": "#4a3a16",
    "parameter-line": "#d9ab4d", "state": "#ff8b98", "mark": "#dfe4e9",
    "back": "#b9a3f5",
}  # fmt: skip
# Rules by class: attribute -> name of a colour, or what stands there as it is.
_RULES: dict[str, dict[str, str]] = {
    "paper": {"fill": "paper"},
    "ground": {"fill": "ground"},
    "line": {"fill": "none", "stroke": "ink", "stroke-width": "1.3"},
    "line.state": {"stroke": "state", "stroke-width": "1.8"},
    "line.parameter": {"stroke": "parameter-line", "stroke-width": "1"},
    "line.back": {"stroke": "back", "stroke-width": "1.5", "stroke-dasharray": "5 2.5"},
    "line.back-light": {"stroke": "back", "stroke-width": "1", "stroke-dasharray": "4 3"},
    "line.faded": {"stroke-dasharray": "2 3.5"},
    "head": {"fill": "ink", "stroke": "none"},
    "head.state": {"fill": "state"},
    "head.parameter": {"fill": "parameter-line"},
    "head.back": {"fill": "paper", "stroke": "back", "stroke-width": "1.3"},
    "head.back-light": {"fill": "paper", "stroke": "back"},
    "shape": {"fill": "box", "stroke": "ink", "stroke-width": "1.3"},
    "shape.input": {"fill": "input", "stroke": "input-line"},
    "shape.start": {"fill": "box", "stroke": "state"},
    "shape.parameter": {"fill": "parameter", "stroke": "parameter-line"},
    "shape.copy": {"fill": "parameter", "stroke": "parameter-line", "stroke-dasharray": "3 2"},
    "shape.marked": {"stroke-width": "3"},
    "mark": {"fill": "mark", "stroke": "none"},
    "text": {"fill": "ink", "stroke": "none"},
    "text.tag": {"fill": "state"},
    "text.value": {"fill": "quiet"},
    "text.back": {"fill": "back"},
    "text.note": {"fill": "quiet"},
}


def write_svg(scene: Scene) -> str:
    """Returns a scene as an SVG document.

    All identifiers and style rules carry a prefix made from the content, so that several pictures
    can stand in one page.

    Args:
        scene: What to draw.
    """
    body = _Body(scene)
    content = body.write()
    prefix = "e" + sha256(content.encode()).hexdigest()[:8]
    width, height = _number(scene.width), _number(scene.height)
    document = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{_PREFIX}" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="{_PREFIX}-title {_PREFIX}-about">\n'
        f'<title id="{_PREFIX}-title">{escape(scene.title, quote=False)}</title>\n'
        f'<desc id="{_PREFIX}-about">{escape(scene.description, quote=False)}</desc>\n'
        f"<style>\n{_style()}</style>\n{content}</svg>\n"
    )
    return document.replace(_PREFIX, prefix)


def _style() -> str:
    """Light is the default and what is printed; dark is what a dark screen asks for."""
    dark = _rules(_DARK, only_colours=True)
    return f"{_rules(_LIGHT)}@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n"


def _rules(colours: dict[str, str], *, only_colours: bool = False) -> str:
    lines = []
    for name, rule in _RULES.items():
        parts = [
            f"{key}:{colours.get(value, value)}"
            for key, value in rule.items()
            if value in colours or not only_colours
        ]
        if parts:
            lines.append(f".{_PREFIX} .{name}{{{';'.join(parts)}}}\n")
    return "".join(lines)


class _Body:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.labels: dict[str, str] = {}
        self.glyphs: dict[str, str] = {}
        self.definitions: list[str] = []

    def write(self) -> str:
        """Returns everything from the ground to the labels."""
        scene = self.scene
        lines = [(f'<rect class="paper" width="{_number(scene.width)}" '
                 f'height="{_number(scene.height)}"/>\n')]  # fmt: skip
        for panel in scene.panels:
            width, height = panel.right - panel.left, panel.bottom - panel.top
            lines.append(
                f'<rect class="ground" x="{_number(panel.left)}" y="{_number(panel.top)}" '
                f'width="{_number(width)}" height="{_number(height)}" rx="6"/>\n'
            )
        order = ["parameter", "data", "total", "state", "back-light", "back"]
        for stroke in sorted(scene.strokes, key=lambda stroke: order.index(stroke.kind)):
            lines.append(_stroke(stroke))
        lines += [self._shape(shape) for shape in scene.shapes]
        lines += [self._text(text) for text in scene.texts]
        return f"<defs>\n{''.join(self.definitions)}</defs>\n" + "".join(lines)

    def _shape(self, shape: Shape) -> str:
        kind = f"shape {shape.kind}" + (" marked" if shape.marked else "")
        round_shape = shape.shape == "circle"
        if round_shape and shape.width == shape.height:
            drawn = (
                f'<circle class="{kind}" cx="{_number(shape.x)}" cy="{_number(shape.y)}" '
                f'r="{_number(shape.width / 2)}"/>'
            )
        else:
            left, top, _, _ = shape.bounds()
            corner = _number(shape.height / 2) if round_shape else "4"
            drawn = (
                f'<rect class="{kind}" x="{_number(left)}" y="{_number(top)}" '
                f'width="{_number(shape.width)}" height="{_number(shape.height)}" rx="{corner}"/>'
            )
        title = f"<title>{escape(shape.title)}</title>" if shape.title else ""
        mark = _mark(shape) if shape.marked else ""
        return f"<g>{title}{drawn}{mark}{''.join(self._text(t) for t in shape.texts)}</g>\n"

    def _text(self, text: Text) -> str:
        name = self._label(text.label)
        place = f"translate({_number(text.x)} {_number(text.y)}) scale({_number(text.size)})"
        return f'<use class="text {text.kind}" href="#{name}" transform="{place}"/>'

    def _label(self, label: Label) -> str:
        if label.text not in self.labels:
            name = f"{_PREFIX}-l{len(self.labels)}"
            self.labels[label.text] = name
            glyphs = "".join(
                f'<use href="#{self._glyph(glyph.character)}" transform="translate('
                f'{glyph.x:.3f} {glyph.y:.3f}) scale({glyph.scale / 1000:.6f})"/>'
                for glyph in label.glyphs
            )
            spoken = escape(label.text)
            self.definitions.append(f'<g id="{name}" data-label="{spoken}">{glyphs}</g>\n')
        return self.labels[label.text]

    def _glyph(self, character: str) -> str:
        if character not in self.glyphs:
            name = f"{_PREFIX}-g{len(self.glyphs)}"
            self.glyphs[character] = name
            self.definitions.append(f'<path id="{name}" d="{glyph_table()[character][3]}"/>\n')
        return self.glyphs[character]


def _mark(shape: Shape) -> str:
    """Fills the lower right corner of a rectangle; sets a dot at the lower right of a circle."""
    _, _, right, bottom = shape.bounds()
    if shape.shape == "circle":
        down = shape.height / 2 * 0.7071
        across = (shape.width - shape.height) / 2 + down
        x, y = _number(shape.x + across), _number(shape.y + down)
        return f'<circle class="mark" cx="{x}" cy="{y}" r="4"/>'
    points = f"{_number(right)},{_number(bottom - 10)} {_number(right)},{_number(bottom)} "
    return f'<polygon class="mark" points="{points}{_number(right - 10)},{_number(bottom)}"/>'


def _stroke(stroke: Stroke) -> str:
    kind = stroke.kind + (" faded" if stroke.faded else "")
    points = list(stroke.points)
    head = ""
    if stroke.arrow:
        tip, before = points[-1], points[-2]
        points[-1] = _towards(tip, before, _ARROW - 1)
        head = _head(tip, before, stroke.kind)
    return f'<path class="line {kind}" d="{_path(points)}"/>{head}\n'


def _path(points: list[Point]) -> str:
    """Writes a line with rounded bends."""
    parts = [f"M{_pair(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(BEND, _distance(before, corner) / 2, _distance(corner, after) / 2)
        parts.append(f"L{_pair(_towards(corner, before, radius))}")
        parts.append(f"Q{_pair(corner)} {_pair(_towards(corner, after, radius))}")
    parts.append(f"L{_pair(points[-1])}")
    return "".join(parts)


def _head(tip: Point, before: Point, kind: str) -> str:
    base = _towards(tip, before, _ARROW)
    length = _distance(tip, before) or 1.0
    dx, dy = (tip[0] - before[0]) / length, (tip[1] - before[1]) / length
    one = (base[0] - dy * _ARROW_HALF, base[1] + dx * _ARROW_HALF)
    two = (base[0] + dy * _ARROW_HALF, base[1] - dx * _ARROW_HALF)
    return f'<path class="head {kind}" d="M{_pair(tip)}L{_pair(one)}L{_pair(two)}Z"/>'


def _towards(start: Point, goal: Point, reach: float) -> Point:
    length = _distance(start, goal) or 1.0
    reach = min(reach, length)
    return (
        start[0] + (goal[0] - start[0]) / length * reach,
        start[1] + (goal[1] - start[1]) / length * reach,
    )


def _distance(one: Point, two: Point) -> float:
    return hypot(one[0] - two[0], one[1] - two[1])


def _pair(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    """Writes a coordinate to a hundredth of a pixel, without zeros that say nothing."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
