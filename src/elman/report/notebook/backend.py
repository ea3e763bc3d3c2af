"""A backend of matplotlib for `plt.show()` in a notebook that is executed without Jupyter."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import ClassVar

from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg


class Manager(FigureManagerBase):
    """Hands every open figure to the listener, as PNG, and closes it.

    Attributes:
        listener: Who is told; set once in the process that executes a notebook.
    """

    listener: ClassVar[Callable[[bytes], None]]

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        """Is what `plt.show()` does."""
        for manager in Gcf.get_all_fig_managers():
            image = io.BytesIO()
            manager.canvas.figure.savefig(image, format="png", dpi=110, bbox_inches="tight")
            cls.listener(image.getvalue())
        Gcf.destroy_all()


class FigureCanvas(FigureCanvasAgg):
    """The canvas that belongs to it."""

    manager_class = Manager


FigureManager = Manager
