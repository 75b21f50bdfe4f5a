"""Writes results.md and its chart from the figures that benchmarks left.

    SAPA_FIGURES=build/figures.jsonl make bench
    python -m benchmarks.report build/figures.jsonl

A figure that was measured again replaces the one before. The chart shows how near each is to its
goal: 1 is the goal, shorter is better.
"""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

import psutil

from benchmarks._chart import bars
from benchmarks.figures import Figure

HERE = Path(__file__).parent


def main(source: str) -> None:
    figures = read(Path(source))
    (HERE / "results.md").write_text(page(figures))
    with_goal = [each for each in figures if each.goal]
    bars(
        HERE / "results.svg",
        title="How near each figure is to its goal",
        names=[f"{each.area}: {each.name} / {each.peer}" for each in with_goal],
        values=[distance(each) for each in with_goal],
        unit="1 is the goal, shorter is better",
        limit=1,
        lying=True,
    )
    print(f"{len(figures)} figures, {sum(not each.is_reached for each in figures)} past their goal")


def read(source: Path) -> list[Figure]:
    """The last figure of each name, in the order of areas and names."""
    found = {}
    for line in source.read_text().splitlines():
        values = json.loads(line)
        figure = Figure(**{**values, "ratios": tuple(values["ratios"])})
        found[figure.area, figure.name, figure.peer] = figure
    return [found[key] for key in sorted(found)]


def distance(figure: Figure) -> float:
    """1 at the goal, below where it is better than that."""
    assert figure.goal  # noqa: S101 - the caller asked
    return figure.median / figure.goal if figure.at_most else figure.goal / figure.median


def page(figures: list[Figure]) -> str:
    """The table, with the machine it was made on."""
    memory = psutil.virtual_memory().total / 2**30
    lines = [
        "# What the benchmarks measured",
        "",
        "Written by `python -m benchmarks.report`. Each ratio is of two things measured in turn in",
        "one run; the spread is of its rounds. The absolute figures are of this machine only:",
        f"{psutil.cpu_count()} shared cores, {memory:.0f} GiB, Python {platform.python_version()}.",
        "",
        "![How near each figure is to its goal](results.svg)",
        "",
        "| Area | What | Median | Spread | Against | Goal | Reached | In absolute terms |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*lines, *map(row, figures)]) + "\n"


def row(figure: Figure) -> str:
    goal = "" if figure.goal is None else f"{'≤' if figure.at_most else '≥'} {figure.goal:g}"
    reached = "" if figure.goal is None else "yes" if figure.is_reached else "**no**"
    spread = f"{min(figure.ratios):.2f} to {max(figure.ratios):.2f}"
    cells = (
        figure.area,
        figure.name,
        f"{figure.median:.2f}",
        spread,
        figure.peer,
        goal,
        reached,
        figure.detail,
    )
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main(*sys.argv[1:])
