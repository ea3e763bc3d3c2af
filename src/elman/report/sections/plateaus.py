"""What networks tell apart whose training ended on a plateau of k/C."""

from __future__ import annotations

from elman.report.blocks import Material, Section, show_list
from elman.report.rows import finished


def show_plateaus(material: Material) -> list[Section]:
    """Returns one line for each run whose accuracy is that of k groups of classes."""
    told = [
        f"{row.spec.title}: {metrics.explanation}."
        for row, metrics in finished(material.rows)
        if metrics.groups_told
    ]
    return [Section("Plateaus, explained", show_list(told))] if told else []
