"""SVG to PNG, without anything that has to be installed beside Python packages."""

from __future__ import annotations

from elman.errors import BackendUnavailableError


def write_png(svg: str, zoom: float = 2.0) -> bytes:
    """Returns an SVG document as a PNG, in its light colours on white.

    Args:
        svg: The document; it may not contain text that needs a font.
        zoom: Pixels of the PNG per pixel of the SVG.

    Raises:
        BackendUnavailableError: The package resvg-py is missing.
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise BackendUnavailableError(
            "a PNG needs the package resvg-py, which cannot be imported\n"
            "  Install it (pip install resvg-py), or write an .svg."
        ) from error
    return bytes(svg_to_bytes(svg_string=svg, zoom=zoom, skip_system_fonts=True))
