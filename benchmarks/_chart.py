"""Bars with a limit, as a picture for the documents. Needs the extra `peers` (matplotlib)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

INK, BAR, OVER, LIMIT = "#1d273b", "#206bc4", "#d63939", "#f59f00"


def bars(
    path: Path,
    *,
    title: str,
    names: Sequence[str],
    values: Sequence[float],
    unit: str,
    limit: float,
    lying: bool = False,
) -> None:
    """Write an SVG: a bar for each value, a line at `limit`, the bars past it in another colour.

    `lying`: bars to the right with the names beside them, for long names.
    """
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "sapa"  # the same figures make the same file
    from matplotlib import pyplot as plt

    height = 0.32 * len(names) + 1.4 if lying else 3.6
    figure, axes = plt.subplots(figsize=(9, height))
    colours = [OVER if value > limit else BAR for value in values]
    if lying:
        axes.barh(range(len(names)), values, color=colours, height=0.6)
        axes.set_yticks(range(len(names)), names, fontsize=8)
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.axvline(limit, color=LIMIT)
        axes.set_xlabel(unit, color=INK)
    else:
        axes.bar(names, values, color=colours)
        axes.axhline(limit, color=LIMIT)
        axes.set_ylabel(unit, color=INK)
    axes.set_title(title, color=INK, fontsize=11, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
