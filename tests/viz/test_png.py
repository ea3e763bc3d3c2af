"""PNG: as large as asked, not blank, the same bytes each time, and an error that helps."""

from __future__ import annotations

import struct
import sys

import pytest

from elman.errors import BackendUnavailableError
from elman.viz.layout import lay_out
from elman.viz.png import write_png
from elman.viz.svg import write_svg
from viz.test_layout import ring


def test_size_and_repetition():
    scene = lay_out(ring())
    svg = write_svg(scene)
    png = write_png(svg, zoom=2.0)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (2 * scene.width, 2 * scene.height)
    assert png == write_png(svg, zoom=2.0)


def test_it_shows_every_colour_of_the_light_picture():
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(write_png(write_svg(lay_out(ring()))))).convert("RGB")
    colours = {colour for _, colour in image.getcolors(maxcolors=1_000_000)}
    assert (255, 255, 255) in colours and (0xB3, 0x24, 0x3A) in colours


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(BackendUnavailableError, match=r"resvg-py.*\n.*write an \.svg"):
        write_png("<svg/>")
